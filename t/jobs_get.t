# GET /api/v1/jobs/{id}: what a post shows, and in which of its states the
# public sees it.

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

# the demo's posts, by what the public sees of them
my $open = '019b76da-abe8-7c79-a76b-31a250353f75';
my %absent = (
    draft => '019b76da-afd0-7c5a-a690-0a23b14cfdce',
    pending => '019b76da-b3b8-75cf-ac7e-25b1d83a55e9',
    changes_requested => '019b76da-b7a0-7951-9570-d4f9678fbc18',
    rejected => '019b76da-bb88-7609-baeb-d8d032263637',
    paused => '019b76da-bf70-7423-9380-4935d7238011',
    hidden => '019b76da-c358-7b31-9c6f-f02e34f46424',
    unknown => '019b76da-0000-7000-8000-000000000000',
);
my %ended = (
    filled => '019b76da-c740-7422-9c93-0a005a0b75a4',
    expired => '019b76da-cb28-7e0e-9fa9-edbff15ebfef',
    deleted => '019b76da-cf10-73bf-8ecc-7a1efdf4a97a',
);

my $r = $t->get("/api/v1/jobs/$open");
my $job = $r->json;

is($r->status, 200, 'an open post is there');
like($r->header('etag'), qr/^"[\w-]+"$/, 'with an entity tag');
like($r->header('cache-control'), qr/max-age=30\b/, 'for 30 seconds');

my $row = JSON::PP->new->decode($t->db(<<"SQL"));
SELECT to_jsonb(p) || jsonb_build_object('resort', to_jsonb(r))
  FROM posts AS p
  JOIN resorts AS r ON r.id = p.resort_id
 WHERE p.id = '$open'
SQL

is_deeply([ map { $job->{$_} } qw(id title description requirements) ],
          [ map { $row->{$_} } qw(id title description requirements) ],
          'texts are those of the post');
is_deeply($job->{pay}, {
    type => $row->{pay_type}, min => $row->{pay_min_krw},
    max => $row->{pay_max_krw}, hourly => $row->{pay_hourly_krw},
}, 'pay');
is_deeply($job->{period}, {
    from => $row->{starts_on}, until => $row->{ends_on} }, 'period');
is_deeply([ map { $job->{$_} } qw(category employment_type headcount meals
                                  dormitory_id apply_until status) ],
          [ map { $row->{$_} } qw(category_code employment_type headcount
                                  meals_a_day dormitory_id apply_until
                                  status) ], 'what is offered');
ok($job->{dormitory} == JSON::PP::true, 'with a bed');
is_deeply($job->{benefits}, $row->{benefits}, 'benefits');
is_deeply([ @{ $job->{resort} }{qw(id name type region lat lng)} ],
          [ @{ $row->{resort} }{qw(id name type region_code lat lng)} ],
          'the resort');
is($job->{resort}{city}, '평창군', 'its city');
is($job->{workplace}{address}, $row->{address}, 'the place of work');
like($job->{published_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'when');

for my $state (sort keys %absent) {
    $r = $t->get("/api/v1/jobs/$absent{$state}");
    is($r->status, 404, "$state: 404");
    is($r->json->{code}, 'not_found', "$state: its code");
}

for my $state (sort keys %ended) {
    $r = $t->get("/api/v1/jobs/$ended{$state}",
                 headers => { 'Accept-Language' => 'en' });
    is($r->status, 410, "$state: 410");
    is($r->json->{code}, 'job_ended', "$state: its code");
    like($r->json->{title}, qr/has ended/, "$state: in English");
}

# a post whose last day to apply was yesterday has ended before the job that
# expires posts has run; so has one whose period is over

$t->db("UPDATE posts SET apply_until = seoul_today() - 1 WHERE id = '$open'");
is($t->get("/api/v1/jobs/$open")->status, 410, 'past its deadline: 410');

$t->db("UPDATE posts SET apply_until = seoul_today() WHERE id = '$open'");
is($t->get("/api/v1/jobs/$open")->status, 200, 'on its last day: 200');

$t->db("UPDATE posts SET apply_until = NULL, starts_on = seoul_today() - 30,
        ends_on = seoul_today() - 1 WHERE id = '$open'");
is($t->get("/api/v1/jobs/$open")->status, 410, 'after its period: 410');

$t->db("UPDATE posts SET ends_on = NULL WHERE id = '$open'");
$job = $t->get("/api/v1/jobs/$open")->json;
is($job->{period}{until}, undef, 'no last day of work: null');
is($job->{apply_until}, undef, 'no last day to apply: null');

# some of the fields; a wrong id

$job = $t->get("/api/v1/jobs/$open?fields=title,pay")->json;
is_deeply([ sort keys %$job ], [ qw(id pay title) ], 'only these fields');

$r = $t->get("/api/v1/jobs/$open?fields=titel");
is($r->status, 400, 'an unknown field is refused');
like($r->json->{errors}[0]{detail}, qr/title/, 'and the right one told');

$r = $t->get('/api/v1/jobs/17');
is($r->status, 400, 'what is no id is refused');
is($r->json->{errors}[0]{field}, 'id', 'by its name');

is($t->get('/api/v1/jobs/' . uc $open)->status, 200,
   'upper-case ids are as good');

$r = $t->request('HEAD', "/api/v1/jobs/$open");
is($r->status, 200, 'HEAD');
is($r->body, '', 'has no body');

# many at once share statements, and each gets its own post

{
    my @ids = split /\n/, $t->db('SELECT id FROM posts WHERE live'
        . ' AND least(deadline, ends_on) >= seoul_today() LIMIT 40');
    my @connections = map { $t->connection } @ids;

    $connections[$_]->send_request('GET', "/api/v1/jobs/$ids[$_]")
        for 0 .. $#ids;

    is_deeply([ map { $_->read_response->json->{id} } @connections ], \@ids,
              'forty at once get each its own');
}

done_testing;
