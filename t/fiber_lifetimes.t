#!/usr/bin/perl

# What a fiber outlives and what it doesn't: clients that go away, reloads,
# upgrades, the limit of fibers, the end of the stack.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;

my $config = <<'END';
%%GLOBALS%%
worker_processes 1;
events { worker_connections 4096; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_fibers 200;
    resortbite_timeout 20s;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        listen 127.0.0.1:%%PORT_8082%% http2;
        location / { resortbite_api; }
    }
}
END

my $t = ResortBite->new(allow => [ qr/exited on signal 11/ ]);

$t->start($config);
ok($t->wait_ready, 'ready');

sub alive {
    my ($name) = @_;

    my $r = $t->get('/metrics');
    my ($n) = $r->body =~ /^resortbite_fibers_alive\S* (\d+)/m;

    return $n;
}


# a client that goes away

{
    my $c = $t->connection;
    $c->send_request('GET', '/test/wait?seconds=15');
    sleep 0.3;
    $c->socket->close;
    ok($t->wait_log(qr/test: cancelled/, 5),
       'a waiting GET is cancelled when its client goes');
}

{
    my $c = $t->connection;
    $c->send_request('GET', '/test/wait?seconds=0.5');
    my $d = $t->connection;
    $d->send_request('GET', '/test/wait?seconds=0.2');
    is($c->read_response->status, 200, 'two wait at once: the longer');
    is($d->read_response->status, 200, 'two wait at once: the shorter');
}


# HTTP/2: streams of one connection wait and end each by itself

{
    my $base = 'http://127.0.0.1:' . $t->port(8082);
    my @curl = qw(curl -s --http2-prior-knowledge);
    my $said = join ' ', map { `@curl $base/test/wait?seconds=$_` } 0.1, 0.2;

    is(() = $said =~ /"waited":"yes"/g, 2, 'HTTP/2: answered');

    my $seen = () = $t->error_log =~ /test: cancelled/g;
    `@curl --max-time 0.5 '$base/test/wait?seconds=15'`;
    ok($t->wait_for(sub {
        (() = $t->error_log =~ /test: cancelled/g) > $seen
    }, 5), 'HTTP/2: a client that goes away cancels its GET');

    `timeout 0.5 nghttp -n -m 6 '$base/test/wait?seconds=15'`;
    ok($t->wait_for(sub {
        (() = $t->error_log =~ /test: cancelled/g) >= $seen + 7
    }, 5), 'HTTP/2: so do six on one connection');
    is($t->get('/test/hello')->status, 200, 'HTTP/2: and others go on');
}


# pipelined requests on one connection

{
    my $c = $t->connection;
    $c->send("GET /test/wait?seconds=0.2 HTTP/1.1\r\nHost: a\r\n\r\n"
           . "GET /test/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    is($c->read_response->json->{waited}, 'yes', 'first of a pipeline');
    is($c->read_response->json->{hello}, 'world', 'second of a pipeline');
}


# the limit

{
    my @c = map { $t->connection } 1 .. 260;
    $_->send_request('GET', '/test/wait?seconds=3') for @c;

    my %status;
    my $retry;

    for my $c (@c) {
        my $r = $c->read_response;
        $status{ $r->status }++;
        $retry = $r->header('retry-after') if $r->status == 503;
    }

    is($status{200}, 197,
       'as many fibers as allowed, but for the three of the node itself');
    is($status{503}, 63, 'the rest is refused at once with 503');
    ok($retry, 'and told when to come again');
    like($t->error_log, qr/\[warn\].*no fiber is free/, 'the log says so');
    is($t->get('/test/hello')->status, 200, 'then there is room again');
}


# reload: what waits is answered by the old worker, which then leaves

{
    my $idle = $t->connection;
    is($idle->get('/test/hello')->status, 200, 'a keep-alive connection');

    my $c = $t->connection;
    $c->send_request('GET', '/test/wait?seconds=2');
    sleep 0.3;

    ok($t->reload, 'reloaded');
    is($t->get('/test/hello')->status, 200, 'the new worker answers');
    is($c->read_response->status, 200, 'what was waiting is answered');
    ok($t->old_workers_gone(10), 'the old worker leaves');
}


# binary upgrade under load

{
    my $load = $t->load_start(uri => '/test/wait?seconds=0.05',
                              connections => 8, keepalive => 0);
    sleep 0.5;
    ok($t->upgrade, 'upgraded');
    sleep 0.5;

    my $result = $t->load_stop($load);

    is_deeply($result->{errors}, [], 'no request failed');
    is_deeply([ keys %{ $result->{statuses} } ], [200],
              "all of $result->{requests} answered 200");
}


# the end of the stack

is($t->get('/test/recurse?n=100')->json->{depth}, 100, 'recursion that fits');

SKIP: {
    skip 'the sanitizer reports overflows by itself', 3 if $ENV{RB_NGINX_BIN};

    my ($worker) = $t->workers;
    my $r = eval { $t->get('/test/recurse?n=100000') };

    ok(!$r, 'an overflow ends the worker, and nothing is answered');
    ok($t->wait_log(qr/a fiber overflowed its stack/, 5),
       'the error log says why');
    ok($t->wait_for(sub {
        my ($now) = $t->workers;
        $now && $now != $worker && eval { $t->get('/test/hello')->status == 200 }
    }, 10), 'another worker takes its place');
}

done_testing;
