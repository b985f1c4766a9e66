#!/usr/bin/perl

# Commands and their replies; many at once over one connection; a caller that
# leaves while it waits; a full queue.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use ResortBite;
use ResortBite::RedisWorld;

my $t = ResortBite->new(content => 'none');

start_with($t, $t->redis->address, redis => 'timeout=2s queue=2000');
ok(until_ready($t), 'connected');


# every type of reply

is(command($t, 'SET k v'), 'OK', 'status');
is(command($t, 'GET k'), 'v', 'string');
is(command($t, 'GET none'), undef, 'nil');
is(command($t, 'INCRBY n -7'), -7, 'integer');
is(command($t, 'RPUSH l 1 2 3'), 3, 'list');
is_deeply(command($t, 'LRANGE l 0 -1'), [ 1, 2, 3 ], 'array');
is_deeply(command($t, 'LRANGE none 0 -1'), [], 'empty array');
is_deeply(command($t, 'COMMAND GETKEYS MSET a 1 b 2'), [ 'a', 'b' ], 'nested');
is(command($t, 'SET empty '), 'OK', 'an empty argument');
is(command($t, 'GET empty'), '', 'an empty string');
like(command($t, 'LPUSH k x'), qr/^-WRONGTYPE/, "the server's error");
is($t->redis->cli('get', 'k'), 'v', 'the value is there');

$t->redis->cli('eval', "redis.call('set', 'big', string.rep('x', 3000002))",
               0);
my $big = $t->get(ResortBite::RedisWorld::uri('GETRANGE big 1 -2'));
is($big->status, 200, 'a string of 3 MB');
cmp_ok(length $big->body, '>', 2999999, 'all of it');

is_deeply([ map { command($t, "SET many$_ $_") } 1 .. 5 ], [ ('OK') x 5 ],
          'one after the other');
is(command($t, 'INCR counter', times => 2000), 2000, '2000 in one request');


# 1000 requests wait at once, on one connection

my $before = stats($t)->{commands};
my @waiting = map { $t->connection } 1 .. 1000;

$_->send_request('GET', ResortBite::RedisWorld::uri('INCR shared'))
    for @waiting;

my %seen;
$seen{ ResortBite::RedisWorld::reply($_->read_response) }++ for @waiting;

is(join(',', sort { $a <=> $b } keys %seen), join(',', 1 .. 1000),
   'each of 1000 at once got its own reply');
is(stats($t)->{commands} - $before, 1000, 'each was sent once');
is(stats($t)->{connections}, 2, 'over one connection, beside the subscriber');
is(stats($t)->{reconnects}, 0, 'that was never lost');


# a caller leaves: its reply is dropped, the next one gets its own

my $c = $t->connection;

$c->send_request('GET', ResortBite::RedisWorld::uri('BLPOP nothing 0.7'));
$c->readable(0.2);
$c->reset;
ok($t->wait_log(qr/test: cancelled/), 'the fiber heard of it');
is(command($t, 'GET k'), 'v', 'the next reply is not the one dropped');


# one that takes too long: the deadline, and not one reply too early

start_again($t->redis->address, 'timeout=300ms');

is(command($t, 'BLPOP nothing 0.5'), '!timed_out', 'a command timed out');
is(command($t, 'GET k'), 'v', 'and the one after it is right');
is(stats($t)->{reconnects}, 0, 'on the same connection');


# a full queue refuses, at once

my $port = fake_redis(sub {
    my ($bytes, $times) = @_;
    return $times == 0 ? "+PONG\r\n" : undef;
});

start_again("127.0.0.1:$port", 'timeout=1s queue=10');

@waiting = map { $t->connection } 1 .. 50;
$_->send_request('GET', ResortBite::RedisWorld::uri('GET k')) for @waiting;

%seen = ();
$seen{ ResortBite::RedisWorld::reply($_->read_response) }++ for @waiting;

is_deeply(\%seen, { '!redis_unavailable' => 40, '!timed_out' => 10 },
          'ten wait in a queue of ten, the others are refused');


sub start_again {
    my ($address, $redis) = @_;

    $t->stop;
    start_with($t, $address, redis => $redis);
    until_ready($t);
}

done_testing;
