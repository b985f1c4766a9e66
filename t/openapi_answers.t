# Answers are what the description of the API says: status, type and JSON
# schema of every operation, and no operation is left out.

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
        resortbite_cache off;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $api = $t->get('/openapi.json')->json;

like($api->{openapi}, qr/^3\.1\./, 'OpenAPI 3.1');


sub resolve {
    my ($schema) = @_;

    while (my $ref = $schema->{'$ref'}) {
        $schema = $api;
        $schema = $schema->{$_} // die "$ref leads nowhere\n"
            for split m{/}, $ref =~ s{^#/}{}r;
    }

    return $schema;
}


my $JSON = JSON::PP->new->canonical->allow_nonref;

sub type_of {
    my ($value) = @_;

    return 'null' if !defined $value;
    return 'boolean' if JSON::PP::is_bool($value);
    return ref $value eq 'HASH' ? 'object' : 'array' if ref $value;

    my $text = $JSON->encode($value);

    return $text =~ /^"/ ? 'string' : $text =~ /^-?\d+$/ ? 'integer' : 'number';
}


# What is wrong with a value; empty if nothing is.

sub faults {
    my ($schema, $value, $at) = @_;

    $schema = resolve($schema);

    my $type = type_of($value);
    my @types = ref $schema->{type} ? @{ $schema->{type} } : $schema->{type} // ();

    if (my $choices = $schema->{anyOf} // $schema->{oneOf}) {
        my @tries = map { [ faults($_, $value, $at) ] } @$choices;
        return (grep { !@$_ } @tries) ? () : @{ $tries[0] };
    }

    if (@types && !grep { $_ eq $type || $_ eq 'number' && $type eq 'integer' }
            @types)
    {
        return "$at is $type, not @types";
    }

    return if $type eq 'null';

    if ($schema->{enum} && !grep { $_ eq $value } @{ $schema->{enum} }) {
        return "$at is $value";
    }

    if ($type eq 'array' && $schema->{items}) {
        return map { faults($schema->{items}, $value->[$_], "$at\[$_]") }
            0 .. $#$value;
    }

    return if $type ne 'object' || !$schema->{properties};

    my %known = %{ $schema->{properties} };

    return (
        (map { "$at.$_ is missing" }
         grep { !exists $value->{$_} } @{ $schema->{required} || [] }),
        (map { "$at.$_ is not described" }
         grep { !$known{$_} && !$schema->{additionalProperties} }
         sort keys %$value),
        map { faults($known{$_}, $value->{$_}, "$at.$_") }
        grep { $known{$_} } sort keys %$value);
}


# the check itself, on what is wrong

{
    my $schema = { type => 'object', required => [ 'id' ], properties => {
        id => { type => 'string' }, n => { type => [ 'integer', 'null' ] } } };

    is_deeply([ faults($schema, { id => 'x', n => undef }, 'it') ], [],
              'right is right');
    is_deeply([ faults($schema, { n => 1 }, 'it') ], [ 'it.id is missing' ],
              'missing is missing');
    is_deeply([ faults($schema, { id => 'x', n => 1.5, z => 1 }, 'it') ],
              [ 'it.z is not described', 'it.n is number, not integer null' ],
              'wrong is wrong');
}


my $id = '019b76da-abe8-7c79-a76b-31a250353f75';
my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $day = $t->db('SELECT seoul_today()');

my $ended = $t->db("SELECT id FROM posts WHERE status = 'filled'
    AND published_at IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT 1");

my $report = $t->post("/api/v1/jobs/$id/reports", json => { reason => 'wage' });

my %calls = (
    'get /api/v1/jobs' => [
        '/api/v1/jobs', '/api/v1/jobs?limit=100&count=exact&lat=37.5&lng=127',
        '/api/v1/jobs?order=distance&lat=37.5&lng=127' ],
    'get /api/v1/jobs/{id}' => [ "/api/v1/jobs/$id" ],
    'get /api/v1/jobs/{id}/reports/{report_id}' => [
        $report->header('location') ],
    'get /api/v1/resorts' => [ '/api/v1/resorts?limit=100&count=planned' ],
    'get /api/v1/resorts/{id}' => [ "/api/v1/resorts/$resort" ],
    'get /api/v1/resorts/{id}/jobs' => [ "/api/v1/resorts/$resort/jobs" ],
    'get /api/v1/resorts/{id}/dorms' => [
        "/api/v1/resorts/$resort/dorms",
        "/api/v1/resorts/$resort/dorms?from=$day&until="
            . $t->db('SELECT seoul_today() + 7') ],
    'get /api/v1/meta' => [ '/api/v1/meta' ],
    'post /api/v1/jobs/{id}/reports' => [ $report ],
);


sub check {
    my ($operation, $r, $what) = @_;

    my $described = resolve($operation->{responses}{ $r->status } // {});

    ok(%$described, "$what: " . $r->status . ' is described')
        or return diag($r->body);

    my ($type) = ($r->header('content-type') // '') =~ /^([^;]+)/;
    my $schema = $described->{content}{$type}{schema};

    ok($schema, "$what: so is $type") or return;

    my @faults = faults($schema, $r->json, 'answer');
    is(scalar @faults, 0, "$what: it is as described")
        or diag(join "\n", @faults[0 .. ($#faults < 9 ? $#faults : 9)]);

    return;
}


for my $path (sort keys %{ $api->{paths} }) {
    next if $path !~ m{^/api/v1/};

    for my $method (grep { /^(get|post|put|patch|delete)$/ }
                    sort keys %{ $api->{paths}{$path} })
    {
        my $calls = delete $calls{"$method $path"};
        my $operation = $api->{paths}{$path}{$method};

        ok($calls, "$method $path has a call here") or next;

        for my $call (@$calls) {
            my $r = ref $call ? $call : $t->get($call);
            check($operation, $r, "$method " . (ref $call ? $path : $call));
        }

        next if $method ne 'get';

        # and an error of each
        check($operation, $t->get(($calls->[0] =~ s/\?.*//r) . '?nonsense=1'),
              "$method $path, wrong");
    }
}

is_deeply([ keys %calls ], [], 'and none is called that is not described');


# what only some routes answer

# a resort that has left (sql/README.md)
my $closed = '019b76db-6b50-799c-9a99-90f72729525e';

my %problems = (
    'get /api/v1/jobs/{id}' => [
        [ 410, $t->get("/api/v1/jobs/$ended") ],
        [ 412, $t->get("/api/v1/jobs/$id", headers => { 'If-Match' => '"x"' }) ],
    ],
    (map { ("get /api/v1/resorts/{id}$_" =>
            [ [ 410, $t->get("/api/v1/resorts/$closed$_") ] ]) }
        '', '/dorms', '/jobs'),
    'post /api/v1/jobs/{id}/reports' => [
        [ 409, $t->post("/api/v1/jobs/$id/reports",
                        json => { reason => 'scam' }) ],
        [ 410, $t->post("/api/v1/jobs/$ended/reports",
                        json => { reason => 'scam' }) ],
    ],
);

for my $call (sort keys %problems) {
    my ($method, $path) = split ' ', $call;
    my $operation = $api->{paths}{$path}{$method};

    for my $problem (@{ $problems{$call} }) {
        my ($status, $r) = @$problem;

        is($r->status, $status, "$call: $status");
        check($operation, $r, $call);

        my $headers = resolve($operation->{responses}{$status} // {})->{headers};
        ok(!$r->header('retry-after') || $headers->{'Retry-After'},
           'and its Retry-After');
    }
}

is_deeply([ sort map { my $path = $_;
                  map { $api->{paths}{$path}{$_}{responses}{409}
                        || $api->{paths}{$path}{$_}{responses}{410}
                        ? "$_ $path" : () } keys %{ $api->{paths}{$path} } }
            keys %{ $api->{paths} } ],
          [ sort keys %problems ], 'no other route says that it answers so');

ok($api->{paths}{'/readyz'}{get}{responses}{503}, 'not ready is described');
ok(!$api->{paths}{'/healthz'}{get}{responses}{503}, 'not to be healthy is not');

done_testing;
