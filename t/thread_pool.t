# What takes CPU for long runs on threads of its own, with less priority than
# the worker: the worker goes on, a full queue is told, and whoever leaves in
# the middle, client or worker, leaves nothing broken.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite::Identity;
use ResortBite::Process qw(wait_until);


sub configuration {
    my ($main, $http) = @_;

    return <<"END";
%%GLOBALS%%
worker_processes 1;
$main
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    $http
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END
}


my $t = ResortBite->new;

# others may keep the processors busy, and these threads give way to them
$t->start(configuration('', 'resortbite_timeout 60s;'));
ok($t->wait_ready, 'ready');


sub sign_in {
    my ($n, %options) = @_;

    return $t->post('/api/v1/sessions', %options,
        json => { email => "crew$n\@example.com", password => $PASSWORD });
}


sub least { return $_[0] < 19 ? $_[0] : 19 }


sub eventually {
    my ($n) = @_;

    return wait_until { sign_in($n)->status == 201 } 20;
}


# Nice values of a process' threads but the main one, and that one's.

sub nice {
    my ($pid) = @_;

    my %nice;

    for my $stat (glob "/proc/$pid/task/*/stat") {
        open my $in, '<', $stat or next;
        my @fields = split ' ', (<$in> =~ s/.*\)//r);
        $nice{ $stat =~ m{task/(\d+)/} ? $1 : 0 } = $fields[16];
    }

    my $main = delete $nice{$pid};

    return ($main, sort { $a <=> $b } values %nice);
}


my ($worker) = $t->workers;
my ($before) = nice($worker);

is(sign_in(1)->status, 201, 'somebody signs in');

my ($main, @threads) = nice($worker);

my $default = @threads;

is($main, $before, 'the worker is as nice as it was');
is(scalar(grep { $_ == least($before + 10) } @threads), 1, 'one thread is nicer');
is(scalar(grep { $_ == $before } @threads), $#threads, 'those that do other things aren\'t');

# half of the processors are left to others

sub processors {
    my ($file) = @_;

    open my $in, '<', $file or return 0;
    my ($hex) = do { local $/; <$in> } =~ /^Cpus_allowed:\s*(\S+)/m;

    return ($hex =~ s/([0-9a-f]|,)/$1 eq ',' ? '' : sprintf '%04b', hex $1/ger) =~ tr/1//;
}

my $all = processors("/proc/$worker/status");
my $half = $all > 1 ? int($all / 2) : $all;

is(scalar(grep { processors($_) == $half } glob "/proc/$worker/task/*/status"),
   $all > 1 ? 1 : $default + 1, 'passwords take half of the processors');

# the event loop goes on meanwhile: as one turn for each log-in it couldn't

my $load = $t->load_start(uri => '/healthz', connections => 2);
my $from = time;
my @codes = $t->parallel(12, sub { sign_in($_[0] + 1)->status });
my $took = time - $from;
my $answers = $t->load_stop($load);

is_deeply([ grep { $_ != 201 } @codes ], [], 'twelve sign in at once');
cmp_ok($answers->{requests}, '>', 100, "meanwhile others are answered ($answers->{requests})");

# a pool that the configuration has

ok($t->reload(configuration('thread_pool resortbite threads=2 max_queue=1;', '')),
   'a pool of two threads');
sign_in($_) for 1 .. 3;
(undef, @threads) = nice(($t->workers)[0]);
cmp_ok(scalar(grep { $_ == least($before + 10) } @threads), '>=', 1, 'is ours');
is(scalar(@threads), $default + 1, 'and has one more');

@codes = $t->parallel(16, sub {
    my $r = sign_in($_[0] + 1);
    return $r->status == 503 ? [ 503, $r->json->{code}, $r->header('retry-after') ] : [ $r->status ];
});

my @busy = grep { $_->[0] == 503 } @codes;

cmp_ok(scalar @busy, '>', 0, 'a queue of one is soon full');
is_deeply($busy[0], [ 503, 'busy', 1 ], 'which is told');
is(scalar(grep { $_->[0] != 503 && $_->[0] != 201 } @codes), 0, 'the others sign in');
is(sign_in(1)->status, 201, 'and later all can');

# a deadline: nobody waits for the thread, and it is heeded no more

ok($t->reload(configuration('', 'resortbite_timeout 400ms;')), 'requests may take 400 ms');
$t->old_workers_gone;
ok($t->wait_ready, 'ready');

@codes = $t->parallel(20, sub { sign_in($_[0] + 1)->status });
my %codes;
$codes{$_}++ for @codes;
delete $codes{403};                     # crew 17
ok($codes{503}, 'some are too late');
ok(!grep({ $_ != 503 && $_ != 201 } keys %codes), 'nothing else happens') or diag(explain(\%codes));
ok(eventually(3), 'then all is well');

# clients that don't wait

for (1 .. 8) {
    my $c = $t->connection;
    $c->send_request('POST', '/api/v1/sessions',
        json => { email => "crew$_\@example.com", password => $PASSWORD });
    $c->reset;
}

ok(eventually(4), 'clients go away in the middle');

# a worker that leaves: on reload it sees its log-ins through, when told to
# end at once it doesn't begin another

ok($t->reload(configuration('', 'resortbite_timeout 20s;')), 'and now 20 s');
$t->old_workers_gone;
ok($t->wait_ready, 'ready');

my @waiting = map {
    my $c = $t->connection;
    $c->send_request('POST', '/api/v1/sessions', close => 1,
        json => { email => "crew$_\@example.com", password => $PASSWORD });
    $c;
} 1 .. 6;

sleep 0.05;
ok($t->reload, 'a reload meanwhile');
is(join(' ', map { my $r = $_->read_response; $r ? $r->status : 'none' } @waiting),
   join(' ', (201) x 6), 'all six sign in');

@waiting = map {
    my $c = $t->connection;
    $c->send_request('POST', '/api/v1/sessions',
        json => { email => "crew$_\@example.com", password => $PASSWORD });
    $c;
} 1 .. 16;

sleep 0.05;
$from = time;
ok($t->stop('TERM'), 'told to end at once it is gone');
cmp_ok(time - $from, '<', $took, 'without working off its queue');

done_testing;
