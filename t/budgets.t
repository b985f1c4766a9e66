# Budgets: free acts and growing delays, one count for all nodes by Redis, and
# each node's own without it.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;

my $a = ResortBite->new(content => 'none', log_level => 'notice');
my $b = ResortBite->new(content => 'none', log_level => 'notice');
my $redis = $a->redis;


sub config {
    my ($redis) = @_;

    return <<"END";
%%GLOBALS%%
worker_processes 2;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    $redis
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END
}


sub act {
    my ($t, $act, $whose, %with) = @_;

    return $t->get("/test/budget?act=$act&whose=$whose"
                   . join '', map { "&$_=$with{$_}" } sort keys %with);
}


sub spent {
    my ($t, $n, $whose, %with) = @_;

    return scalar grep { act($t, 'spend', $whose, %with)->status == 200 } 1 .. $n;
}


sub redis_ready {
    my ($t) = @_;

    return $t->wait_for(sub {
        $t->get('/test/redis/stats')->json->{answers}
            && $t->get('/test/redis/command?argv=PING')->status == 200
    }, 10);
}


sub redis_gone {
    my ($t) = @_;

    return $t->wait_for(sub { !$t->get('/test/redis/stats')->json->{answers} }, 10);
}


# nodes share the secret: the keys in Redis are made with it
my $config = config('resortbite_redis ' . $redis->address . ' timeout=300ms;');
$a->start($config);
open my $in, '<:raw', $a->secret_file or die;
my $secret = do { local $/; <$in> };
open my $out, '>:raw', $b->secret_file or die;
print $out $secret;
close $out;
$b->start($config);

ok(redis_ready($a) && redis_ready($b), 'two nodes');


# one node

my $r;

is(act($a, 'check', 'one')->status, 200, 'nobody waits at first');
is(spent($a, 5, 'one'), 5, 'five are free');
$r = act($a, 'spend', 'one', delay => 2);
is($r->status, 429, 'the sixth is refused');
is($r->json->{code}, 'too_many_requests', 'by its code');
like($r->header('retry-after'), qr/^[12]$/, 'with when to try again');
is(act($a, 'check', 'one')->status, 429, 'as is said when asked');
is(act($a, 'check', 'two')->status, 200, 'of this one only');

$a->wait_for(sub { act($a, 'check', 'one')->status == 200 }, 5);
is(act($a, 'spend', 'one')->status, 200, 'after the delay one may');
$r = act($a, 'spend', 'one');
is($r->status, 429, 'but one only');
like($r->header('retry-after'), qr/^[34]$/, 'and the next waits twice as long');

act($a, 'forget', 'one');
is(act($b, 'spend', 'one')->status, 200, 'what is forgotten is so everywhere');


# all nodes

is(spent($a, 3, 'both') + spent($b, 3, 'both'), 5, 'two nodes count together');
$r = act($b, 'check', 'both');
is($r->status, 429, 'the other node refuses too');
is(act($a, 'check', 'both')->status, 429, 'and this');

is(spent($a, 5, 'back'), 5, 'spent here');
act($b, 'refund', 'back');
is(spent($b, 2, 'back') + spent($a, 2, 'back'), 1, 'given back there: one may be spent');

my $many = join '', map { chr(97 + rand 26) } 1 .. 500;
is(spent($b, 6, $many), 5, 'a long name is one as well');

is(spent($a, 4, 'window', free => 2, window => 1, delay => 1, delay_max => 1), 2,
   'a short window');
sleep 1.2;
is(spent($b, 4, 'window', free => 2, window => 1, delay => 1, delay_max => 1), 2,
   'and it passes');

my $keys = $a->get('/test/redis/command?argv=KEYS%20rb:budget:*')->json->{reply};
cmp_ok(scalar @$keys, '>', 3, 'Redis counts');
is(scalar(grep { !/^rb:budget:[0-9a-f]{32}$/ } @$keys), 0, 'and is told nobody\'s name');
is(scalar(grep { $a->get("/test/redis/command?argv=PTTL%20$_")->json->{reply} < 1 } @$keys), 0,
   'nothing of it stays for ever');


# two hundred guesses at once

sub at_once {
    my ($whose, @nodes) = @_;

    my @statuses = map { @$_ } $a->parallel(20, sub {
        my ($i) = @_;
        my $t = $nodes[$i % @nodes];
        [ map { act($t, 'spend', $whose, delay => 60)->status } 1 .. 10 ];
    });

    my %seen;
    $seen{$_}++ for @statuses;

    return join ' ', map { "$_:$seen{$_}" } sort keys %seen;
}

is(at_once('race', $a), '200:5 429:195', 'two hundred at once on one node: five pass');
is(at_once('races', $a, $b), '200:5 429:195', 'on two nodes: five pass');


# without Redis

is(spent($a, 5, 'gone'), 5, 'spent with Redis there');
$redis->pause;

my $start = time;
is(act($a, 'spend', 'gone')->status, 429, 'Redis hangs: a node still knows its own');
is(act($a, 'spend', 'new')->status, 200, 'and counts on');
cmp_ok(time - $start, '<', 2, 'with no more delay than a timeout');
redis_gone($a);
$redis->resume;
redis_ready($_) for $a, $b;

$redis->kill9;
redis_gone($_) for $a, $b;
is(spent($a, 7, 'dead'), 5, 'Redis is gone: each node');
is(spent($b, 7, 'dead'), 5, 'counts for itself');
is(at_once('alone', $a), '200:5 429:195', 'and as strictly');

$redis->run;
redis_ready($_) for $a, $b;
is(act($a, 'check', 'dead')->status, 429, 'Redis has forgotten, the node has not');
act($a, 'forget', 'dead');
is(act($a, 'check', 'dead')->status, 200, 'unless told to');


# never any Redis, and a reload

my $c = ResortBite->new(content => 'none');
$c->start(config(''));
is(spent($c, 7, 'c'), 5, 'no Redis configured');
ok($c->reload, 'reloaded');
is(act($c, 'check', 'c')->status, 429, 'what was counted is kept');

done_testing;
