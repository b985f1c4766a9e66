#!/usr/bin/perl

# Two sentinels, a master and a replica: the master is found, and found again
# when the replica has taken its place.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use ResortBite;
use ResortBite::Process qw(free_port run_as_user user wait_until);
use ResortBite::RedisWorld;

my $t = ResortBite->new(content => 'none');

my $master = $t->another_redis(tcp => 1);
my $replica = $t->another_redis(
    tcp => 1, config => 'replicaof 127.0.0.1 ' . $master->port
        . "\nrepl-diskless-sync-delay 0");

ok((wait_until {
    $replica->cli('info', 'replication') =~ /master_link_status:up/
} 20), 'a replica');

my $dead = free_port();
my @sentinels = map { sentinel($_) } 1 .. 2;

ok((wait_until {
    asked($sentinels[0], 'sentinel', 'master', 'main')
        =~ /num-slaves\n1\nnum-other-sentinels\n1\n/
} 20), 'the sentinels know of it and of each other');


start_with($t, "sentinel://main\@127.0.0.1:$dead,localhost:$sentinels[0],"
               . "127.0.0.1:$sentinels[1]");

ok(until_ready($t), 'the master is found, though a sentinel is missing');
is(command($t, 'SET k before'), 'OK', 'it takes a write');
is($master->cli('get', 'k'), 'before', 'it is the master');

$t->get('/test/redis/subscribe?channel=c');
ok((wait_until { heard($t)->{up} == 1 } 5), 'subscribed');
wait_until { $replica->cli('get', 'k') eq 'before' } 5;

$master->kill9;

ok((wait_until { (command($t, 'SET k after') // '') eq 'OK' } 30),
   'the master killed: another is found');
is($replica->cli('get', 'k'), 'after', 'it is the one that was the replica');
ok((wait_until { heard($t)->{up} == 2 } 15), 'subscribed there');
$replica->cli('publish', 'c', 'hi');
ok((wait_until { heard($t)->{last} eq 'hi' } 5), 'and hears');


# the old one comes back and is told that it is a replica now

$master->run;
ok((wait_until {
    # which closes its connections
    (eval { $master->cli('info', 'replication') } // '') =~ /role:slave/
} 30), 'the old master is a replica');
is(command($t, 'SET k again'), 'OK', 'writes go on');
is($replica->cli('get', 'k'), 'again', 'to the new master');


# a name the sentinels don't know, and a server that only says it is master

$t->stop;
start_with($t, "sentinel://another\@127.0.0.1:$sentinels[0]");
ok($t->wait_log(qr/redis master "another": no sentinel knows the master/),
   'an unknown name');
is(command($t, 'GET k'), '!redis_unavailable', 'refused');

my $liar = fake_redis(sub {
    return "*2\r\n\$9\r\n127.0.0.1\r\n\$" . length($master->port) . "\r\n"
        . $master->port . "\r\n";
});

$t->stop;
start_with($t, "sentinel://main\@127.0.0.1:$liar");
ok($t->wait_log(qr/the server is not the master/),
   'a replica is not taken for the master');
is(command($t, 'SET k wrong'), '!redis_unavailable', 'refused');


sub sentinel {
    my ($n) = @_;

    my $port = free_port();
    my $dir = $t->dir . "/sentinel-$n";

    mkdir $dir, 0700 or die "$dir: $!\n";

    open my $out, '>', "$dir/sentinel.conf" or die "$dir: $!\n";
    print $out "port $port\nbind 127.0.0.1\ndir $dir\n",
        'sentinel monitor main 127.0.0.1 ', $master->port, " 1\n",
        "sentinel down-after-milliseconds main 700\n",
        "sentinel failover-timeout main 3000\n";
    close $out;

    chown((getpwnam(user()))[2, 3], $dir, "$dir/sentinel.conf") if $> == 0;

    ResortBite::Process->start(
        [ 'redis-server', "$dir/sentinel.conf", '--sentinel' ],
        log => "$dir/log");

    wait_until { asked($port, 'ping') =~ /PONG/ } 20
        or die "no sentinel\n";

    return $port;
}


sub asked {
    my ($port, @words) = @_;
    return eval { run_as_user('redis-cli', '-p', $port, @words) } // '';
}

done_testing;
