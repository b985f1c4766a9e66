#!/usr/bin/perl

# A cluster of three: keys go to their nodes, MOVED and ASK are followed, the
# map is learnt anew, a node may die, redirections without end come to one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use ResortBite;
use ResortBite::Process qw(free_port wait_until);
use ResortBite::RedisWorld;

my $t = ResortBite->new(content => 'none', log_level => 'info');
my @nodes = $t->redis_cluster(3);
my $dead = '127.0.0.1:' . free_port();

# the first seed isn't there, the second goes by a name

start_with($t, "cluster://$dead,localhost:" . $nodes[1]->port);
ok(until_ready($t), 'connected');
ok((wait_until { stats($t)->{ready} == 4 } 5), 'to all three, and subscribed');

my %stored = map { $_ => command($t, "SET key$_ $_") } 1 .. 60;
is_deeply([ grep { $_ ne 'OK' } values %stored ], [], '60 keys stored');
is_deeply([ map { command($t, "GET key$_") } 1 .. 60 ], [ 1 .. 60 ],
          'and read');
is(stats($t)->{redirects}, 0, 'without a redirection');
cmp_ok($_->cli('dbsize'), '>', 5, 'each node has some') for @nodes;

is(command($t, 'MSET {tag}a 1 {tag}b 2'), 'OK', 'a hash tag');
is_deeply(command($t, 'MGET {tag}a {tag}b'), [ 1, 2 ], 'keeps keys together');
is(command($t, 'EVAL return{KEYS[1],ARGV[1]} 1 key1 x')->[1], 'x',
   'a script by its key');
command($t, 'XADD stream 1-1 a b');
is(command($t, 'XREAD COUNT 1 STREAMS stream 0')->[0][0], 'stream',
   'XREAD by its stream');
is(command($t, 'PING'), 'PONG', 'no key');


# a slot moves, by hand, while it is used

my $slot = $nodes[0]->cli('cluster', 'keyslot', 'wanders');
my $from = int($slot * 3 / 16384);
my ($source, $target) = @nodes[$from, ($from + 1) % 3];
my %id = map { $_ => $_->cli('cluster', 'myid') } $source, $target;

is(command($t, 'SET wanders 1'), 'OK', 'before');

$target->cli('cluster', 'setslot', $slot, 'importing', $id{$source});
$source->cli('cluster', 'setslot', $slot, 'migrating', $id{$target});
$source->cli('migrate', '127.0.0.1', $target->port, 'wanders', 0, 2000);

my $before = stats($t)->{redirects};
is(command($t, 'INCR wanders'), 2, 'ASK is followed');
is(command($t, 'INCR wanders'), 3, 'and again');
is(stats($t)->{redirects} - $before, 2, 'each time: it is not learnt');

# of two keys of a slot that moves one is here and one is there
$target->cli('cluster', 'countkeysinslot', $slot);
like(command($t, 'MGET {wanders}x wanders'), qr/TRYAGAIN|timed_out/,
     'TRYAGAIN comes to an end');

$_->cli('cluster', 'setslot', $slot, 'node', $id{$target})
    for $target, $source;

$before = stats($t)->{redirects};
is(command($t, 'INCR wanders', times => 20), 23, 'MOVED is followed');
is(stats($t)->{redirects} - $before, 1, 'once: it is learnt');


# subscriptions reach every node

$t->get('/test/redis/subscribe?channel=c');
wait_until { heard($t)->{up} } 5;
$_->cli('publish', 'c', 'm' . $_->port) for @nodes;
ok((wait_until { heard($t)->{messages} == 3 } 5), 'heard from every node');
$t->get('/test/redis/publish?channel=c&message=own');
ok((wait_until { heard($t)->{last} eq 'own' } 5), 'and from here');


# a node dies: its keys are gone, the others' are not

my ($mine) = grep { $source->cli('get', "key$_") eq $_ } 1 .. 60;
my ($others) = grep { $target->cli('get', "key$_") eq $_ } 1 .. 60;

$source->kill9;
ok((wait_until { command($t, "GET key$mine") =~ /^!|CLUSTERDOWN/ } 5),
   'of the dead node: refused');
is(command($t, "GET key$others"), $others, 'of another: served');
$source->run;
ok((wait_until { (command($t, "SET key$mine 2") // '') eq 'OK' } 20),
   'when it is back, it is used');


# all of them die

$_->kill9 for @nodes;
ok((wait_until { !stats($t)->{answers} } 5), 'all gone');
is(command($t, 'GET key1'), '!redis_unavailable', 'refused');
$_->run for @nodes;
ok((wait_until { (command($t, 'SET key1 1') // '') eq 'OK' } 30), 'all back');


# one that sends us to itself for ever, and doesn't know its own address

my $peer = fake_redis(sub {
    my ($bytes, $times, $port) = @_;

    return $bytes =~ /PING/ ? "+PONG\r\n"
         : $bytes =~ /CLUSTER/
         ? "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n\$-1\r\n:$port\r\n"
         : "-MOVED 1 :$port\r\n";
});

$t->stop;
start_with($t, "cluster://127.0.0.1:$peer");
ok(until_ready($t), 'a node without an address');
is(command($t, 'GET key1'), "-MOVED 1 :$peer", 'a circle comes to an end');
is(stats($t)->{redirects}, 5, 'after five redirections');

done_testing;
