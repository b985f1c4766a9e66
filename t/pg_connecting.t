#!/usr/bin/perl

# Coming up: TLS, names, a server that isn't there yet, a wrong password.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;

my $t = ResortBite->new(postgres => { tls => 1 }, content => 'empty');

my $config = <<'END';
%%GLOBALS%%
worker_processes 1;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "CONNINFO" timeout=2s connect_timeout=2s;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

sub with {
    my ($conninfo) = @_;

    return $config =~ s/CONNINFO/$conninfo/r;
}

sub big {
    my $r = $t->get('/test/pg/big?n=2000000');
    return $r->status == 200 ? length $r->json->{big} : $r->status;
}

my $pg = $t->postgres;

$t->start(with($pg->conninfo));
ok($t->wait_ready, 'TLS: ready');
is(big(), 2_000_000, 'TLS: 2 MB, however OpenSSL cuts them');
is($t->db("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity
           USING (pid) WHERE usename = 'resortbite_web'"), 't',
   'TLS: on all connections');

my @sizes = $t->parallel(8, sub { big() });
is_deeply(\@sizes, [ (2_000_000) x 8 ], 'TLS: eight at once');


# a name, looked up as the system does

ok($t->reload(with($pg->conninfo(host => 'localhost', sslmode => 'verify-full',
                                 sslrootcert => "$pg->{data}/server.crt"))),
   'reloaded with a name');
ok($t->wait_ready, 'a name: resolved, and verified by TLS');
is($t->get('/test/pg/sleep?seconds=0')->status, 200, 'a name: a read');


# a name that does not resolve: refused in time, and nothing blocks

ok($t->reload(with($pg->conninfo(host => 'no-such-host.invalid'))),
   'reloaded with a name that does not resolve');
ok($t->wait_for(sub {
    $t->get('/test/pg/sleep?seconds=0', timeout => 10)->status == 503
}, 10), 'unresolved: 503');
is($t->get('/test/hello')->status, 200, 'unresolved: others answer');
ok($t->wait_log(qr/postgres \(point\): connecting failed/, 10),
   'unresolved: the error log says so');


# several hosts: the one that accepts writes is found

{
    my $port = $pg->port;

    ok($t->reload(with($pg->conninfo(host => 'no-such-host.invalid,127.0.0.1',
                                     port => "$port,$port"))),
       'reloaded with two hosts');
    ok($t->wait_ready, 'the one that resolves is found');
}


# a wrong password, then the right one

ok($t->reload(with($pg->conninfo(password => 'wrong'))),
   'reloaded with a wrong password');
ok($t->wait_for(sub { $t->get('/test/pg/sleep?seconds=0')->status == 503 },
                10), 'wrong password: 503');
ok($t->wait_log(qr/password authentication failed/, 5),
   'wrong password: the error log says so');
unlike($t->error_log, qr/password=wrong/, 'and does not show it');


# the first connect fails; the server comes later

$pg->stop;
ok($t->reload(with($pg->conninfo)), 'reloaded while the server is away');
ok($t->wait_for(sub { $t->get('/test/pg/sleep?seconds=0')->status == 503 },
                10), 'away: 503');
$pg->start;
ok($t->wait_ready, 'it comes: ready');
is($t->get('/test/pg/sleep?seconds=0')->status, 200, 'it comes: a read');

done_testing;
