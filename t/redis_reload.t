#!/usr/bin/perl

# A reload with commands in flight and with idle connections: what waits gets
# its reply, the old worker leaves at once after that, and leaves nothing
# behind.  (An "open socket left" in the error log fails any test.)

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);
use ResortBite;
use ResortBite::Process qw(free_port wait_until);
use ResortBite::RedisWorld;

my $t = ResortBite->new(content => 'none', log_level => 'notice');

start_with($t, $t->redis->address, redis => 'timeout=5s');
ok(until_ready($t), 'connected');


# in flight

my @waiting = map { $t->connection } 1 .. 3;
$_->send_request('GET', ResortBite::RedisWorld::uri('BLPOP none 0.3'))
    for @waiting;
wait_until { stats($t)->{inflight} >= 3 } 5;

$t->reload;
ok(until_ready($t), 'the new worker is connected');
is(command($t, 'SET k v'), 'OK', 'and works');

is_deeply([ map { ResortBite::RedisWorld::reply($_->read_response) }
            @waiting ],
          [ undef, undef, undef ], 'what waited has its reply');
ok($t->old_workers_gone(10), 'the old worker has left');


# idle

my $start = time;
$t->reload;
ok($t->old_workers_gone(10), 'idle: the old worker has left');
cmp_ok(time - $start, '<', 5, 'soon');


# many, with subscriptions, one after the other

for (1 .. 5) {
    until_ready($t);
    $t->get('/test/redis/subscribe?channel=c');
    $t->reload;
}

ok($t->old_workers_gone(10), 'five reloads: all have left');
cmp_ok($t->redis->cli('client', 'list') =~ tr/\n//, '<', 6,
       'and their connections too');


# while Redis is away: connecting, waiting to connect

$t->redis->kill9;
wait_until { !stats($t)->{answers} } 5;
$t->reload;
ok($t->old_workers_gone(10), 'Redis gone: the old worker has left');

$t->redis->run;
until_ready($t);
$t->redis->pause;
command($t, 'GET k');
$t->reload;
ok($t->old_workers_gone(15), 'Redis stopped: the old worker has left');
$t->redis->resume;
ok(until_ready($t), 'and the new one connects');


# under load: no request fails

my $running = $t->load_start(uri => ResortBite::RedisWorld::uri('SET k v'));
for (1 .. 3) {
    $t->reload;
    $t->old_workers_gone(10);
}
my $load = $t->load_stop($running);

cmp_ok($load->{requests}, '>', 20, 'requests under load');
is_deeply([ keys %{ $load->{statuses} } ], [200], 'all answered with 200');
is_deeply($load->{errors}, [], 'none was lost');


# a cluster

my @nodes = $t->redis_cluster(3);

$t->stop;
start_with($t, ResortBite::Redis::cluster_address(@nodes));
until_ready($t);
command($t, "SET key$_ v") for 1 .. 10;
$t->reload;
ok($t->old_workers_gone(10), 'a cluster: the old worker has left');
is(command($t, 'GET key1'), 'v', 'the new one works at once');


# names that can't be looked up

$t->stop;
start_with($t, 'redis://no-such-name.invalid:6379');
$t->reload;
ok($t->old_workers_gone(30), 'no such name: the old worker has left');

done_testing;
