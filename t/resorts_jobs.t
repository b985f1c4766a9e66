# GET /api/v1/resorts/{id}/jobs: that resort's open posts; of no resort, 404.

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

my ($resort, $count) = split /\|/, $t->db(<<'SQL');
SELECT resort_id || '|' || count(*)
  FROM posts
 WHERE live
   AND least(deadline, ends_on) >= seoul_today()
 GROUP BY resort_id
 ORDER BY count(*) DESC, resort_id
 LIMIT 1
SQL

cmp_ok($count, '>', 3, 'a resort with some jobs');

for my $order (['newest', 'published_at DESC, id DESC'],
               ['pay', 'pay_hourly_krw DESC, id DESC'],
               ['deadline', 'deadline, id'])
{
    my ($name, $by) = @$order;
    my (@ids, $next);

    do {
        my $page = $t->get("/api/v1/resorts/$resort/jobs?order=$name&limit=2"
                           . (defined $next ? "&cursor=$next" : ''))->json;
        push @ids, map { $_->{id} } @{ $page->{items} };
        $next = $page->{next};
    } while (defined $next && @ids < 1000);

    is_deeply(\@ids, [ split /\n/, $t->db(
        "SELECT id FROM posts WHERE live AND resort_id = '$resort'"
        . " AND least(deadline, ends_on) >= seoul_today() ORDER BY $by") ],
        "order=$name, in pages of two");
}

my $page = $t->get("/api/v1/resorts/$resort/jobs?count=exact")->json;
is($page->{count}, $count, 'counted');
is(scalar(grep { $_->{resort}{id} ne $resort } @{ $page->{items} }), 0,
   'all are its own');

is($t->get("/api/v1/resorts/$resort/jobs?dormitory=true&count=exact")
       ->json->{count},
   $t->db("SELECT count(*) FROM posts WHERE live AND resort_id = '$resort'
            AND least(deadline, ends_on) >= seoul_today()
            AND has_dormitory"), 'filters work here too');

for my $wrong ('order=distance', 'region=jeju', 'resort=' . $resort) {
    is($t->get("/api/v1/resorts/$resort/jobs?$wrong")->status, 400,
       "?$wrong means nothing here");
}

# no jobs is not no resort

$t->db("UPDATE posts SET status = 'paused' WHERE live AND resort_id = '$resort'");

my $r = $t->get("/api/v1/resorts/$resort/jobs?count=exact");
is($r->status, 200, 'a resort without jobs');
is_deeply($r->json, { items => [], next => undef, count => 0 },
          'has an empty list');

is($t->get('/api/v1/resorts/019b76da-0000-7000-8000-000000000000/jobs')
       ->status, 404, 'no such resort');
is($t->get('/api/v1/resorts/019b76da-f238-7989-9de9-ce11d3275682/jobs')
       ->status, 404, 'a resort that is not verified');
is($t->get('/api/v1/resorts/019b76db-6b50-799c-9a99-90f72729525e/jobs')
       ->status, 410, 'a deleted resort');

done_testing;
