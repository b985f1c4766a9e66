#!/usr/bin/perl

# Twenty thousand requests waiting at once in one node: it neither crashes
# nor grows without bound.  What fits waits, what doesn't is told to come
# again, and when it is over all is as before.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Socket qw(AF_INET SOCK_STREAM inet_aton pack_sockaddr_in);
use Time::HiRes qw(sleep time);
use ResortBite;

my $WANTED = 20_000;
my $CLIENTS = 4;
my $FIBERS = 9_000;                     # of each of two workers
my $OWN = 3;                            # of the node itself

my $t = ResortBite->new(postgres => {}, content => 'empty');

$t->start(<<"END");
%%GLOBALS%%
worker_processes 2;
worker_rlimit_nofile 20000;
events { worker_connections 14000; }
http {
    %%GLOBALS_HTTP%%
    access_log off;
    resortbite_postgres "%%POSTGRES%%" queue=1000 timeout=60s;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_fibers $FIBERS;
    resortbite_timeout 60s;
    server {
        listen 127.0.0.1:%%PORT_8080%% backlog=20000;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

sub memory {
    my $sum = 0;

    for my $pid ($t->workers) {
        ResortBite::slurp("/proc/$pid/smaps_rollup")
            =~ /^Private_Dirty:\s+(\d+)/m and $sum += $1;
    }

    return $sum;
}

sub fibers {
    my ($n) = $t->get('/metrics')->body =~ /^resortbite_fibers (\d+)/m;

    return $n // 0;
}


# One client process: opens its share, then counts the answers by status.

sub client {
    my ($uri, $opened) = @_;

    my $address = pack_sockaddr_in($t->port, inet_aton('127.0.0.1'));
    my (@sockets, %status);

    for (1 .. $WANTED / $CLIENTS) {
        socket my $s, AF_INET, SOCK_STREAM, 0 or last;
        connect $s, $address or last;
        syswrite $s, "GET $uri HTTP/1.1\r\nHost: localhost\r\n\r\n";
        push @sockets, $s;
    }

    syswrite $opened, '.';

    for my $s (@sockets) {
        my $n = sysread $s, my $answer, 4096;
        $status{ ($answer // '') =~ m{^HTTP/1.1 (\d+)} ? $1 : 'none' }++;
    }

    return \%status;
}


# All clients at once; tells of each status, and of the most fibers seen once
# everything was sent.  `then' is called at that moment.

sub wave {
    my ($uri, $then) = @_;

    pipe my $from, my $to or die "pipe: $!\n";

    my $most = 0;
    my $watcher = fork // die "fork: $!\n";

    if ($watcher == 0) {
        close $to;
        sysread $from, my $dot, 1 for 1 .. $CLIENTS;
        sleep 1.5;
        my $file = $t->write_file('fibers', fibers());
        $then->();
        POSIX::_exit(0);
    }

    my @counts = $t->parallel($CLIENTS, sub { client($uri, $to) });

    waitpid $watcher, 0;

    my %sum;

    for my $count (@counts) {
        $sum{$_} += $count->{$_} for keys %$count;
    }

    return (\%sum, ResortBite::slurp($t->prefix . '/fibers'));
}

sub answered {
    my ($what, $status) = @_;

    is(($status->{200} // 0) + ($status->{503} // 0), $WANTED,
       "$what: each of $WANTED is answered, 200 or 503");
    note join ', ', map { "$_: $status->{$_}" } sort keys %$status;
}

my $before = memory();

{
    my ($status, $fibers) = wave('/test/wait?seconds=40', sub { });

    answered('fibers', $status);
    cmp_ok($fibers, '>=', 2 * $FIBERS * 0.9, "fibers: $fibers waited at once");
    cmp_ok($fibers, '<=', 2 * $FIBERS + 1, 'fibers: and no more than allowed');
    ok($status->{503}, 'fibers: the rest was refused');
}

my $first = memory();

{
    $t->postgres->pause;

    my ($status) = wave('/test/pg/sleep?seconds=0&lane=point',
                        sub { $t->postgres->resume });

    answered('PostgreSQL stopped', $status);
    cmp_ok($status->{200}, '>=', 1000, 'PostgreSQL: what was queued is done');
    cmp_ok($status->{503}, '>=', $WANTED - 2 * (1000 + 256) - 100,
           'PostgreSQL: the queue has a limit');
}

ok($t->wait_for(sub { fibers() <= $OWN }, 10), 'no fiber is left behind');
is($t->get('/test/pg/sleep?seconds=0')->status, 200, 'all is as before');
my $third = memory();
note "private memory, KB: $before, $first after one wave, $third after two";

SKIP: {
    skip 'a sanitizer keeps freed memory back', 1 if $ENV{RB_NGINX_BIN};
    cmp_ok($third, '<', $first * 1.25, 'memory does not grow with each wave');
}

done_testing;
