#!/usr/bin/perl

# Subscriptions: told when confirmed and when lost, made again by themselves,
# several on one channel, a stopped server noticed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use ResortBite;
use ResortBite::Process qw(wait_until);
use ResortBite::RedisWorld;

my $t = ResortBite->new(content => 'none');
my $redis = $t->redis;

start_with($t, $redis->address, redis => 'timeout=300ms');
ok(until_ready($t), 'connected');

is(subscribe('news'), 0, 'subscribed');
ok((wait_until { heard($t)->{up} == 1 } 5), 'confirmed');

$redis->cli('publish', 'news', 'first');
ok((wait_until { heard($t)->{last} eq 'first' } 5), 'a message from outside');

publish('news', 'second');
ok((wait_until { heard($t)->{last} eq 'second' } 5), 'and from here');

publish('other', 'third');
publish('news', 'fourth');
ok((wait_until { heard($t)->{last} eq 'fourth' } 5), 'and the next');
is(heard($t)->{messages}, 3, 'none of another channel');


# a second subscription of the same channel, and another channel

subscribe('news');
subscribe('weather');
ok((wait_until { heard($t)->{up} == 3 } 5), 'two more, each confirmed once');
publish('news', 'twice');
ok((wait_until { heard($t)->{messages} == 5 } 5), 'both heard it');


# the server goes and comes

$redis->kill9;
ok((wait_until { heard($t)->{down} == 3 } 5), 'killed: all three are told');
publish('news', 'lost');
$redis->run;
ok((wait_until { heard($t)->{up} == 6 } 10), 'all three are back');
until_ready($t);
publish('weather', 'sun');
ok((wait_until { heard($t)->{last} eq 'sun' } 5), 'and hear');
is(heard($t)->{messages}, 6, 'what was published in between is lost');

$redis->pause;
ok((wait_until { heard($t)->{down} == 6 } 10), 'stopped: told by silence');
$redis->resume;
ok((wait_until { heard($t)->{up} == 9 } 15), 'back again');

$redis->cli('client', 'kill', 'type', 'pubsub');
ok((wait_until { heard($t)->{up} == 12 } 10), 'killed by the server: back');

is(stats($t)->{subscribed}, 4, 'counted, with the one of the caches');


sub subscribe {
    my ($channel) = @_;
    return $t->get("/test/redis/subscribe?channel=$channel")->json->{rc};
}


sub publish {
    my ($channel, $message) = @_;
    $t->get("/test/redis/publish?channel=$channel&message=$message");
}

done_testing;
