#!/usr/bin/perl

# Redis away in every way: commands fail at once or at their deadline, never
# later; nginx comes back by itself; an outage is logged once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time sleep);
use ResortBite;
use ResortBite::Process qw(free_port wait_until);
use ResortBite::RedisWorld;

my $t = ResortBite->new(content => 'none', log_level => 'notice');
my $redis = $t->redis;

start_with($t, $redis->address, redis => 'timeout=300ms');
ok(until_ready($t), 'connected');
command($t, 'SET k v');


# killed

$redis->kill9;
ok((wait_until { !stats($t)->{answers} } 5), 'killed: noticed');
quickly('killed', 'GET k', '!redis_unavailable', 0.2);
is(count($t, qr/redis unix:\S+ the server closed/), 2,
   'logged once by each connection');
$redis->run;
ok(until_ready($t), 'comes back');
is(command($t, 'SET k v'), 'OK', 'and works');


# killed with commands in flight

my @waiting = map { $t->connection } 1 .. 20;
$_->send_request('GET', ResortBite::RedisWorld::uri('BLPOP none 0.25'))
    for @waiting;
sleep 0.1;
$redis->kill9;
my @replies = map { ResortBite::RedisWorld::reply($_->read_response) }
    @waiting;
is_deeply([ grep { $_ ne '!redis_unavailable' } @replies ], [],
          'killed with 20 commands in flight: all 20 are told');
$redis->run;
ok(until_ready($t), 'comes back');


# stopped: the kernel still takes what is sent

$redis->pause;
quickly('stopped', 'GET k', '!timed_out', 1);
ok((wait_until { !stats($t)->{answers} } 5), 'the connection is given up');
quickly('stopped, later', 'GET k', '!redis_unavailable', 0.2);
$redis->resume;
ok(until_ready($t), 'comes back');
is(command($t, 'SET k v'), 'OK', 'and works');

$redis->pause;
ok((wait_until { !stats($t)->{answers} } 15), 'stopped while idle: noticed');
$redis->resume;
ok(until_ready($t), 'comes back');


# never there

again('127.0.0.1:' . free_port());
quickly('nobody listens', 'GET k', '!redis_unavailable', 1);
ok($t->wait_log(qr/redis 127\.0\.0\.1:\d+: Connection refused/), 'said so');

again('redis://no-such-name.invalid:6379');
quickly('no such name', 'GET k', '!redis_unavailable', 8);
ok($t->wait_log(qr/redis no-such-name\.invalid:6379: /), 'said so');


# a name, and a password

my $guarded = $t->another_redis(tcp => 1, config => 'requirepass s3same:/');
my $port = $guarded->port;

again("redis://:s3same%3A%2F\@localhost:$port/2");
ok(until_ready($t), 'a name, a password, a database');
is(command($t, 'SET here 1'), 'OK', 'works');
like($guarded->cli('-a', 's3same:/', '--no-auth-warning', '-n', 2, 'keys',
                   '*'), qr/^here$/, 'in that database');

again("redis://:wrong\@127.0.0.1:$port");
quickly('wrong password', 'GET k', '!redis_unavailable', 1);
ok($t->wait_log(qr/AUTH refused: WRONGPASS/), 'said so');
unlike($t->error_log, qr/s3same/, 'no password in the log');

again("127.0.0.1:$port");
quickly('no password', 'GET k', '!redis_unavailable', 1);
ok($t->wait_log(qr/PING refused: NOAUTH/), 'said so');


# servers that are not well

my $flag = $t->prefix . '/loaded';

peer('loading', sub { -f $flag ? "+PONG\r\n" : "-LOADING wait\r\n" });
quickly('loading', 'GET k', '!redis_unavailable', 1);
ok($t->wait_log(qr/PING refused: LOADING wait/), 'said so');
open my $out, '>', $flag or die "$flag: $!\n";
close $out;
ok(until_ready($t), 'when it has loaded, it is used');

peer('garbage', sub { $_[1] ? "what?\r\n" : "+PONG\r\n" });
until_ready($t);
quickly('garbage', 'GET k', '!redis_unavailable', 1);

peer('a line without end', sub { $_[1] ? '+' . 'x' x 70000 : "+PONG\r\n" });
until_ready($t);
quickly('a line without end', 'GET k', '!redis_unavailable', 1);
ok($t->wait_log(qr/a line too long/), 'given up');

peer('a huge array', sub { $_[1] ? "*2000000000\r\n:1\r\n" : "+PONG\r\n" });
until_ready($t);
quickly('a huge array that does not come', 'GET k', '!timed_out', 1);

peer('unasked', sub { "+PONG\r\n+MORE\r\n" });
quickly('more replies than commands', 'GET k', '!redis_unavailable', 2);

peer('depth', sub { $_[1] ? "*1\r\n" x 2000 : "+PONG\r\n" });
until_ready($t);
quickly('an array too deep', 'GET k', '!redis_unavailable', 1);

is(stats($t)->{inflight}, 0, 'nothing is left in flight');


sub again {
    my ($address) = @_;

    $t->stop;
    start_with($t, $address, redis => 'timeout=300ms');
}


sub peer {
    my ($name, $code) = @_;

    my $port = fake_redis($code);

    again("127.0.0.1:$port");
}


# The bound is generous: it is about not waiting, not about speed.

sub quickly {
    my ($name, $argv, $expected, $seconds) = @_;

    my $start = time;

    is(command($t, $argv), $expected, "$name: $expected");
    cmp_ok(time - $start, '<', $seconds + 1, "$name: told in time");
}


sub count {
    my ($t, $what) = @_;

    return scalar grep { /$what/ } split /\n/, $t->error_log;
}

done_testing;
