#!/usr/bin/perl

# Views of posts: what is one, and that each is counted once, whatever happens
# to workers, nginx or PostgreSQL meanwhile.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $config = <<'END';
%%GLOBALS%%
worker_processes 2;
events { worker_connections 512; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "POSTGRES" timeout=2s connect_timeout=1s;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    # everybody is who they say they are
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

# two nodes on one PostgreSQL

my $a = ResortBite->new(postgres => {}, allow => [ qr/exited on signal 9/ ]);
my $b = ResortBite->new(allow => [ qr/exited on signal 9/ ]);
my $postgres = $a->postgres->conninfo;

$config =~ s/POSTGRES/$postgres/;

$_->start($config) for $a, $b;
ok($a->wait_ready && $b->wait_ready, 'two nodes are ready');

my @ids = split /\n/, $a->db('SELECT id FROM posts WHERE live
    AND least(deadline, ends_on) > seoul_today() + 1 ORDER BY id LIMIT 60');
my $caller = 0;

# an address of the caller's own
sub address { my ($n) = @_; return join '.', 10, ($n >> 16) & 255, ($n >> 8) & 255, $n & 255 }

sub look {
    my ($node, $id, %headers) = @_;

    my $who = delete $headers{who} // ++$caller;
    my $method = delete $headers{method} // 'GET';

    return $node->request($method, "/api/v1/jobs/$id" . (delete $headers{query} // ''),
                          headers => { 'X-Forwarded-For' => address($who), %headers })->status;
}

# since the test began

$a->db('UPDATE post_counters SET views = 0');

sub views {
    return 0 + ($a->db("SELECT coalesce(sum(views), 0) FROM post_counters"
                       . (@_ ? " WHERE post_id = '$_[0]'" : '')));
}

sub become { my ($n, @of) = @_; return $a->wait_for(sub { views(@of) == $n }, 15) }

sub metric {
    my ($node, $name) = @_;

    return $node->get('/metrics')->body =~ /^resortbite_$name (\d+)/m ? $1 : undef;
}


# ---- what is a view

my $id = $ids[0];
is(look($a, $id), 200, 'a job is made');
is(look($a, $id), 200, 'and comes from the cache');
is(look($a, $id, query => '?fields=title'), 200, 'in part');
my $etag = $a->get("/api/v1/jobs/$ids[1]", headers => { 'X-Forwarded-For' => address(1) })
    ->header('etag');
is(look($a, $ids[1], 'If-None-Match' => $etag), 304, 'or is there still');
is(look($a, uc $id), 200, 'by any name');

for my $page ("/jobs/$ids[3]", "/en/jobs/$ids[3]", "/jobs/$ids[3]") {
    is($a->get($page, headers => { Accept => 'text/html',
                                   'X-Forwarded-For' => address(++$caller) })->status,
       200, "$page: a page");
}
is($a->get("/jobs/$ids[3]", headers => { Accept => 'text/html',
                                         'X-Forwarded-For' => address($caller) })->status,
   200, 'again by the same');
is($a->get('/jobs/019b76da-c740-7422-9c93-0a005a0b75a4',
           headers => { Accept => 'text/html' })->status, 410, 'the page of one that has ended');

is(look($a, $id, method => 'HEAD'), 200, 'HEAD');
is(look($a, $ids[4], method => 'HEAD'), 200, 'HEAD of what nobody has looked at');
is(look($a, $ids[4], who => 500_000, Range => 'bytes=0-1'), 200, 'a range is the whole');
is(look($a, '019b76da-afd0-7c5a-a690-0a23b14cfdce'), 404, 'a draft');
is(look($a, '019b76da-c740-7422-9c93-0a005a0b75a4'), 410, 'one that has ended');
is(look($a, $id, query => '?x=1'), 400, 'a question that is wrong');
is($a->get("/api/v1/jobs?resort=$id")->status, 200, 'a list');

ok(become(10), 'ten views') or diag(views());
is(views($ids[3]), 3, 'three of a page');
is(views($ids[4]), 1, 'none by HEAD');
is(views($id), 4, 'four of the one');
is(views($ids[1]), 2, 'two of the other');

is(look($a, $id, who => 1), 200, 'who has been there') for 1 .. 3;
is(look($a, $ids[2], who => 1), 200, 'looks at another');
ok(become(11), 'which is the first view of that');
sleep 2.5;
is(views(), 11, 'and a second within the hour is none');
is($a->db('SELECT count(*) FROM counter_batches') < 11, 1, 'no view has a row of its own');

is($a->db("SELECT count(*) FROM outbox WHERE topic = 'cdn.purge'"), 0,
   'what is counted is no change that anybody is told of');


# ---- many, on both nodes, over reloads

sub many {
    my ($n, $who) = @_;

    my $first = $who * 100_000;

    my @nodes = ($a, $b);
    my $failed = 0;

    for my $i (1 .. $n) {
        my $status = eval { look($nodes[$i % 2], $ids[$i % @ids], who => $first + $i) } // 0;
        $failed++ if $status != 200;
    }

    return $failed;
}

my $sum = 11;

{
    my $pid = open(my $from, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        print STDOUT many(900, 10);
        close STDOUT;
        POSIX::_exit(0);
    }

    for (1 .. 3) {
        ok($_->reload, 'a reload') for $a, $b;
    }

    my $failed = do { local $/; <$from> };
    is($failed, 0, 'none is refused');
    $sum += 900;
    ok(become($sum), 'each is counted') or diag(views());
}


# ---- the whole of nginx, asked to leave in order

is(many(50, 12), 0, 'fifty more');
ok($_->stop, 'it leaves') for $a, $b;
$sum += 50;
is(views(), $sum, 'with nothing that is not written');
$_->start for $a, $b;
ok($a->wait_ready && $b->wait_ready, 'and is back');


# ---- PostgreSQL away

$a->get("/api/v1/jobs/$_", headers => { 'X-Forwarded-For' => address(1) })
    for @ids[0 .. 19];
$b->get("/api/v1/jobs/$_", headers => { 'X-Forwarded-For' => address(1) })
    for @ids[0 .. 19];
$sum += 40;
ok(become($sum), 'known to the caches');

$a->postgres->kill9;

my $ok = 0;
$ok += look($_ % 2 ? $a : $b, $ids[$_ % 20], who => 1_300_000 + $_) == 200 for 1 .. 400;
is($ok, 400, 'looked at while PostgreSQL is away');
ok(metric($a, 'views_pending') + metric($b, 'views_pending') >= 400, 'they wait');
ok($a->reload, 'a reload meanwhile');
ok($a->old_workers_gone(15), 'is not held up');

$a->postgres->restart;
ok($a->wait_ready && $b->wait_ready, 'it is back');
$sum += 400;
ok(become($sum), 'each is counted once') or diag(views() . " of $sum");
is(metric($a, 'views_pending'), 0, 'nothing waits');


# ---- answers that are lost: a batch that was written and not answered for

for my $round (1 .. 4) {
    is(many(100, 20 + $round), 0, 'looked at');
    $sum += 100;
    $a->db(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE query LIKE '%counters_add%' AND pid <> pg_backend_pid()}) for 1 .. 20;
    $a->wait_ready && $b->wait_ready;
}

ok(become($sum), 'connections that are cut lose none and count none twice')
    or diag(views() . " of $sum");


# ---- workers killed

for my $round (1 .. 6) {
    my $n = 100;
    is(many($n, 30 + $round), 0, 'looked at');
    $sum += $n;
    sleep rand 2;
    kill 'KILL', $_->workers for $a, $b;
    ok($a->wait_for(sub { $a->workers && $b->workers }, 10), 'workers are killed');
    ok($a->wait_ready && $b->wait_ready, 'others take their place');
}

ok(become($sum), 'all that was counted before they died is written')
    or diag(views() . " of $sum");
sleep 3;
is(views(), $sum, 'and once');

done_testing;
