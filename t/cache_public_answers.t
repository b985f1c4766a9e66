#!/usr/bin/perl

# Public answers are kept, shared, dropped when what they show changes (on
# every node), and outlive the database.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;

my $config = <<'END';
%%GLOBALS%%
worker_processes 2;
events { worker_connections 4096; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "POSTGRES" timeout=2s connect_timeout=1s;
    resortbite_redis REDIS;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    log_format served '$resortbite_cache $resortbite_route $status';
    access_log %%DIR%%/served.log served;
    gzip on;
    gzip_types application/json;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

# two nodes on one PostgreSQL and one Redis

my $a = ResortBite->new(postgres => {},
                        allow => [ qr/exited on signal 9/ ]);
my $b = ResortBite->new;

my ($postgres, $redis) = ($a->postgres->conninfo, $a->redis->address);
$config =~ s/POSTGRES/$postgres/;
$config =~ s/REDIS/$redis/;

$_->start($config) for $a, $b;
ok($a->wait_ready && $b->wait_ready, 'two nodes are ready');

sub metric {
    my ($t, $pattern) = @_;

    my $sum = 0;
    $sum += $_ for $t->get('/metrics')->body =~ /^$pattern (\d+)/mg;

    return $sum;
}

# Workers publish their figures each second.

sub point_statements {
    sleep 1.3;
    return metric($a, 'resortbite_postgres_statements_total\{lane="point"\}');
}

my @ids = split /\n/, $a->db('SELECT id FROM posts WHERE live
    AND least(deadline, ends_on) >= seoul_today() ORDER BY id LIMIT 20');

my $uri = "/api/v1/jobs/$ids[0]";


# hit, ETag, 304, gzip, HEAD

my $first = $a->get($uri);
is($first->status, 200, 'made');
like($first->header('etag'), qr/^"[^"]+"$/, 'a strong ETag');
like($first->header('cache-control'), qr/stale-if-error/, 'Cache-Control');

my $second = $a->get($uri);
is($second->body, $first->body, 'kept: the same bytes');
is($second->header('etag'), $first->header('etag'), 'kept: the same ETag');
ok(defined $second->header('age'), 'kept: Age');

{
    my $before = point_statements();
    my $r = $a->get($uri, headers => { 'If-None-Match' =>
                                       $first->header('etag') });
    is($r->status, 304, 'If-None-Match: 304');
    is($r->header('etag'), $first->header('etag'), '304 has the ETag');
    is($a->get($uri, headers => { 'If-None-Match' => '"other"' })->status,
       200, 'another ETag: 200');
    is($a->get($uri, headers => { 'If-None-Match' => '*' })->status, 304,
       'If-None-Match: *');
    is(point_statements(), $before, 'none of it asked PostgreSQL');
}

{
    my $r = $a->get($uri, headers => { 'Accept-Encoding' => 'gzip' });
    is($r->header('content-encoding'), 'gzip', 'gzip by nginx');
    like($r->header('etag'), qr/^W\//, 'whose ETag is weak');
    is($a->get($uri, headers => { 'Accept-Encoding' => 'gzip',
                                  'If-None-Match' => $r->header('etag') })
         ->status, 304, 'and matches');

    my $h = $a->request('HEAD', $uri);
    is($h->status, 200, 'HEAD');
    is($h->body, '', 'HEAD has no body');
    is($h->header('content-length'), length $first->body,
       'HEAD has its length');
}


# single flight: the database is held while a hundred ask for one answer

{
    my $before = point_statements();
    my $flight = "/api/v1/jobs/$ids[1]";

    $a->postgres->pause;

    my @c = map { $a->connection } 1 .. 100;
    $_->send_request('GET', $flight) for @c;
    sleep 0.5;
    $a->postgres->resume;

    my %bodies;
    my @r = map { $_->read_response } @c;
    $bodies{ $_->status . $_->body }++ for @r;

    is(scalar(grep { $_->status == 200 } @r), 100, 'all hundred are answered');
    is(scalar keys %bodies, 1, 'all alike');
    is(point_statements(), $before + 1, 'by one statement');
}


# an answer that can't be kept is made for each: a post that isn't there

{
    my $nothing = '/api/v1/jobs/019b76da-0000-7000-8000-000000000000';

    $a->postgres->pause;

    my @c = map { $a->connection } 1 .. 60;
    $_->send_request('GET', $nothing) for @c;
    sleep 0.5;
    $a->postgres->resume;

    is(scalar(grep { $_->read_response->status == 404 } @c), 60,
       'all sixty hear that there is none');
}


# a change is seen on both nodes

sub titles_change {
    my ($what, $number, $seconds) = @_;

    my $uri = "/api/v1/jobs/$ids[$number]";
    my ($old) = map { $_->get($uri)->json->{title} } $a, $b;

    $a->db("UPDATE posts SET title = 'changed: $what' WHERE id =
            '$ids[$number]'");

    for my $t ($a, $b) {
        ok($t->wait_for(sub {
            $t->get($uri)->json->{title} eq "changed: $what"
        }, $seconds), "$what: seen on node " . ($t == $a ? 'a' : 'b'));
    }
}

sleep 1;        # leader found, subscriptions made
titles_change('an update', 2, 2);

{
    my $list = '/api/v1/jobs?limit=100';
    my $id = $a->get($list)->json->{items}[0]{id};
    $b->get($list);
    $a->db("UPDATE posts SET status = 'paused' WHERE id = '$id'");

    for my $t ($a, $b) {
        ok($t->wait_for(sub {
            !grep { $_->{id} eq $id } @{ $t->get($list)->json->{items} }
        }, 2), 'a paused post leaves the list');
        isnt($t->get("/api/v1/jobs/$id")->status, 200, 'and its own page');
    }
}

{
    my $resort = $a->get($uri)->json->{resort}{id};
    $b->get($uri);
    $a->db("UPDATE resorts SET name = 'A New Name' WHERE id = '$resort'");

    for my $t ($a, $b) {
        ok($t->wait_for(sub {
            $t->get($uri)->json->{resort}{name} eq 'A New Name'
        }, 2), "a resort's name changes on its posts");
    }
}


# with Redis away: right all the same

$a->redis->pause;
sleep 2;
is($a->get($uri)->status, 200, 'Redis stopped: answered');
titles_change('Redis stopped', 3, 4);
$a->redis->resume;
sleep 1;
titles_change('Redis back', 4, 4);

$a->redis->kill9;
titles_change('Redis gone', 5, 4);


# an answer of the list goes stale after five seconds: served at once, and
# made anew behind it

{
    my $list = '/api/v1/jobs?limit=3&region=jeju';
    my $before = $a->get($list)->body;
    sleep 6.5;
    is($a->get($list)->body, $before, 'stale: served');
    ok($a->wait_for(sub {
        ($a->get($list)->header('age') // 99) <= 1
    }, 3), 'stale: made anew in the background');
    ok($a->wait_for(sub {
        ResortBite::slurp($a->prefix . '/served.log') =~ /^stale jobs_list 200/m
    }, 3), 'stale: $resortbite_cache says so');
}


# PostgreSQL away

my $changed = "/api/v1/jobs/$ids[6]";

$a->get($changed);
my $kept = $a->get($uri)->body;

my $gone = "/api/v1/jobs/$ids[11]";

is($a->get($gone)->status, 200, 'a post that will be gone');
$a->db("UPDATE posts SET status = 'paused' WHERE id = '$ids[11]'");
ok($a->wait_for(sub { $a->get($gone)->status == 404 }, 3), 'is gone');

$a->db("UPDATE posts SET title = 'never seen' WHERE id = '$ids[6]'");
sleep 0.5;
$a->postgres->kill9;
sleep 1.5;

is($a->get($uri)->status, 200, 'PostgreSQL killed: job pages survive');
is($a->get($uri)->body, $kept, 'with what they showed');
is($a->get("/api/v1/jobs/$ids[7]")->status, 503,
   'what was never made is 503');
is($a->get($changed)->status, 200,
   'what has changed since is served as it was, rather than nothing');
is($a->get('/api/v1/jobs?limit=3&region=jeju')->status, 200,
   'a list survives, too');
is($a->get($gone)->status, 503, 'what was gone does not come back');
ok($a->wait_for(sub {
    ResortBite::slurp($a->prefix . '/served.log')
        =~ /^error_stale jobs_get 200/m
}, 3), 'and called error_stale');

$a->postgres->start;
ok($a->wait_ready && $b->wait_ready, 'PostgreSQL is back');
titles_change('PostgreSQL back', 8, 6);


# a reload keeps what was kept, and goes on hearing of changes

$a->get($uri);
ok($a->reload, 'reloaded');
ok($a->wait_ready, 'ready');
titles_change('after a reload', 9, 4);


# a worker that is killed is replaced

{
    my @workers = $a->workers;
    kill 'KILL', @workers;
    ok($a->wait_for(sub {
        my @now = $a->workers;
        @now == 2 && eval { $a->get('/readyz')->status == 200 };
    }, 10), 'killed workers are replaced');
    is($a->get($uri)->status, 200, 'and the zone is of use');
    titles_change('after a kill', 10, 6);
}

done_testing;
