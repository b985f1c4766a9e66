# GET /api/v1/meta: codes are those of the database and of the API's
# parameters, names are in the caller's language.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_cache on;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $r = $t->get('/api/v1/meta');
is($r->status, 200, 'Korean by default');
is($r->header('content-language'), 'ko', 'and says so');
like($r->header('vary'), qr/Accept-Language/i, 'a cache is told');

my $ko = $r->json;
$r = $t->get('/api/v1/meta', headers => { 'Accept-Language' => 'en-GB,en' });
my $en = $r->json;

is($ko->{language}, 'ko', 'language');
is($en->{language}, 'en', 'English when asked for');
is($t->get('/api/v1/meta')->json->{language}, 'ko', 'one at a time');

sub names { return { map { $_->{code} => $_->{name} } @{ $_[0] } } }

is(names($ko->{regions})->{jeju}, '제주특별자치도', 'a region in Korean');
is(names($en->{regions})->{jeju}, 'Jeju', 'and in English');
is(names($en->{categories})->{cafe}, 'Café and bakery', 'a category');
is(names($en->{pay_types})->{hourly}, 'By the hour', 'a kind of pay');

sub from_db { return [ split /\n/, $t->db($_[0]) ] }
sub codes { return [ map { $_->{code} } @{ $_[0] } ] }

my $description = $t->get('/openapi.json')->json;

sub parameter {
    my ($path, $name) = @_;

    my ($p) = grep { $_->{name} eq $name }
        map {
            my $p = $_;
            $p = $description->{components}{parameters}{$1}
                if ($p->{'$ref'} // '') =~ m{/([^/]+)$};
            $p;
        } @{ $description->{paths}{$path}{get}{parameters} };

    my $schema = $p->{schema};

    return ($schema->{items} // $schema)->{enum};
}

my @lists = (
    [ 'regions', 'SELECT code FROM regions ORDER BY position',
      '/api/v1/jobs', 'region' ],
    [ 'categories', 'SELECT code FROM categories ORDER BY position',
      '/api/v1/jobs', 'category' ],
    [ 'employment_types', 'SELECT unnest(enum_range(NULL::employment_type))',
      '/api/v1/jobs', 'employment_type' ],
    [ 'pay_types', 'SELECT unnest(enum_range(NULL::pay_type))',
      '/api/v1/jobs', 'pay_type' ],
    [ 'resort_types', 'SELECT unnest(enum_range(NULL::resort_type))',
      '/api/v1/resorts', 'type' ],
    [ 'dorm_types', 'SELECT unnest(enum_range(NULL::dormitory_type))' ],
    [ 'report_reasons', 'SELECT unnest(enum_range(NULL::report_reason))' ],
    [ 'job_orders', undef, '/api/v1/jobs', 'order' ],
    [ 'resort_orders', undef, '/api/v1/resorts', 'order' ],
);

for my $list (@lists) {
    my ($name, $sql, $path, $parameter) = @$list;

    is_deeply(codes($ko->{$name}), codes($en->{$name}),
              "$name: the same codes in both languages");
    is_deeply(codes($ko->{$name}), from_db($sql),
              "$name: those of the database") if $sql;
    is_deeply(codes($ko->{$name}), parameter($path, $parameter),
              "$name: those of $path?$parameter=") if $path;
    is(scalar(grep { !length($_->{name} // '') } @{ $ko->{$name} },
              @{ $en->{$name} }), 0, "$name: each has a name");
}

is($ko->{limits}{page_max}, 100, 'limits');
is($t->get("/api/v1/jobs?limit=$ko->{limits}{page_max}")->status, 200,
   'as told');
is(scalar @{ $t->get('/api/v1/jobs')->json->{items} },
   $ko->{limits}{page_default}, 'by default');

done_testing;
