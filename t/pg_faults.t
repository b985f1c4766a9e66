#!/usr/bin/perl

# PostgreSQL goes away in every way there is, and comes back.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;

my $t = ResortBite->new(postgres => {}, content => 'empty',
                        allow => [ qr/\[crit\].*connect/ ]);

$t->start(<<'END');
%%GLOBALS%%
worker_processes 1;
events { worker_connections 4096; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%" timeout=2s connect_timeout=1s queue=50;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_timeout 3s;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

$t->db('CREATE TABLE test_writes (id bigint GENERATED ALWAYS AS IDENTITY,
                                  note text);
        GRANT ALL ON test_writes TO resortbite_app');

ok($t->wait_ready, 'ready');

sub written {
    my ($note) = @_;

    return $t->db("SELECT count(*) FROM test_writes WHERE note = '$note'");
}

sub recovers {
    my ($what) = @_;

    ok($t->wait_ready, "$what: ready again by itself");
    is($t->get('/test/pg/sleep?seconds=0')->status, 200, "$what: a read");
    is($t->post('/test/pg/write', json => { note => $what })->status, 200,
       "$what: a write");
    is(written($what), 1, "$what: is in the database");
}


# plain answers and refusals

is($t->get('/test/pg/fail?n=5')->json->{quotient}, '0', 'a statement');
is($t->get('/test/pg/fail?n=0')->json->{sqlstate}, '22012',
   'a refusal that callers foresee');
is($t->get('/test/pg/fail?n=2')->status, 500, 'a statement that is wrong');
is($t->get('/test/pg/fail?n=5')->json->{quotient}, '0',
   'and the next one is right');

{
    # in one turn: the offender must not spoil its neighbours
    my @answers = $t->parallel(40, sub {
        my ($i) = @_;
        my $r = $t->get('/test/pg/fail?n=' . ($i % 4));
        return $i % 4 . ':' . $r->status;
    });

    my %seen;
    $seen{$_}++ for @answers;

    is_deeply(\%seen, { '0:200' => 10, '1:200' => 10, '2:500' => 10,
                        '3:200' => 10 }, 'errors stay with who made them');
}


# a quick read doesn't wait for a slow one that is behind it on the link

{
    my @c = map { $t->connection } 1 .. 4;
    my @seconds = (0.05, 0.05, 1.2, 1.2);
    my $start = time;

    $c[$_]->send_request('GET', "/test/pg/sleep?seconds=$seconds[$_]")
        for 0 .. 3;
    is($c[0]->read_response->status, 200, 'a quick read');
    cmp_ok(time - $start, '<', 1, 'is answered before the slow one is');
    is($_->read_response->status, 200, 'the others') for @c[1 .. 3];
    unlike($t->error_log, qr/stopped answering/, 'and no link was lost');
}


# results over 1 MB

{
    my $r = $t->get('/test/pg/big?n=3000000');
    is(length $r->json->{big}, 3_000_000, 'a result of 3 MB');
}


# a client that goes away in mid-query

{
    my $c = $t->connection;
    $c->send_request('GET', '/test/pg/sleep?seconds=1.5');
    sleep 0.3;
    $c->socket->close;
    ok($t->wait_log(qr/test: cancelled/, 3), 'a GET is given up');
    is($t->get('/test/pg/sleep?seconds=0')->status, 200, 'and others go on');
}

{
    my $c = $t->connection;
    $c->send_request('POST', '/test/pg/write',
                     json => { note => 'left', seconds => 0.7 });
    sleep 0.3;
    $c->socket->close;
    ok($t->wait_for(sub { written('left') == 1 }, 5),
       'a write is seen through');
}

{
    my $c = $t->connection;
    $c->send_request('POST', '/test/pg/transaction',
                     json => { note => 'left tx', seconds => 0.4 });
    sleep 0.6;
    $c->socket->close;
    ok($t->wait_for(sub { written('left tx') == 2 }, 5),
       'a transaction is seen through');
}


# transactions

is($t->post('/test/pg/transaction', json => { note => 'both' })->status, 200,
   'a transaction');
is(written('both'), 2, 'both writes are there');

is($t->post('/test/pg/transaction',
            json => { note => 'none', end => 'rollback' })->status, 200,
   'a transaction rolled back');
is(written('none'), 0, 'neither write is there');

{
    # more at once than connections are lent
    my @answers = $t->parallel(12, sub {
        $t->post('/test/pg/transaction',
                 json => { note => 'many', seconds => 0.05 })->status;
    });

    is(scalar(grep { $_ == 200 } @answers), 12, 'transactions wait in line');
    is(written('many'), 24, 'each wrote twice');
}


# a deadline

{
    my $start = time;
    my $r = $t->get('/test/pg/sleep?seconds=10');

    is($r->status, 503, 'a statement that takes too long');
    ok($r->header('retry-after'), 'Retry-After');
    cmp_ok(time - $start, '<', 5, 'in time');
    ok($t->wait_for(sub {
        $t->db("SELECT count(*) FROM pg_stat_activity WHERE state = 'active'
                   AND usename = 'resortbite_web'") == 0
    }, 3), 'the server gave it up too');
}


# the queue's limit

{
    my @c = map { $t->connection } 1 .. 100;
    $_->send_request('GET', '/test/pg/sleep?seconds=0.3') for @c;

    my %status;
    $status{ $_->read_response->status }++ for @c;

    ok($status{200}, 'some are answered');
    ok($status{503}, 'what does not fit the queue is refused');
    is($status{200} + $status{503}, 100, 'and none is lost');
    like($t->error_log, qr/\[warn\].*the queue is full/, 'the log says so');
}


# restarted

{
    my $c = $t->connection;
    $c->send_request('POST', '/test/pg/write',
                     json => { note => 'cut', seconds => 1.5 });
    sleep 0.3;
    $t->postgres->restart('fast');
    is($c->read_response->status, 503, 'a write cut off: outcome unknown');
    recovers('restart');
}


# killed, and refusing connections

$t->postgres->kill9;

{
    my $start = time;
    my $r = $t->get('/test/pg/sleep?seconds=0');
    is($r->status, 503, 'killed: 503');
    ok($r->header('retry-after'), 'killed: Retry-After');
    is($r->header('content-type'), 'application/problem+json',
       'killed: a problem');
    is($r->json->{code}, 'database_unavailable', 'killed: its code');

    sleep 1;
    $start = time;
    is($t->get('/test/pg/sleep?seconds=0')->status, 503, 'refusing: 503');
    cmp_ok(time - $start, '<', 1, 'refusing: at once');
    is($t->get('/test/hello')->status, 200, 'others answer');
    is($t->get('/healthz')->status, 200, 'the process is healthy');
    is($t->get('/readyz')->status, 503, 'but not ready');
}

$t->postgres->start;
recovers('killed');


# stopped: no byte comes, no connection breaks

$t->postgres->pause;

{
    my $start = time;
    my $c = $t->connection;
    $c->send_request('GET', '/test/pg/sleep?seconds=0');
    is($t->get('/test/hello')->status, 200, 'stopped: the worker goes on');
    is($c->read_response->status, 503, 'stopped: the deadline answers');
    cmp_ok(time - $start, '<', 6, 'stopped: in time');
    ok($t->wait_for(sub { $t->get('/readyz')->status == 503 }, 8),
       'stopped: the node is not ready');
    sleep 1;
}

$t->postgres->resume;
recovers('stopped');


# out of slots

{
    my $pg = $t->postgres;

    $t->db("ALTER ROLE resortbite_web CONNECTION LIMIT 2");
    $pg->restart;
    ok($t->wait_for(sub {
        $t->get('/test/pg/sleep?seconds=0')->status =~ /200|503/
    }, 10), 'out of slots: answers one way or the other');
    is($t->get('/test/hello')->status, 200, 'out of slots: others answer');

    $t->db("ALTER ROLE resortbite_web CONNECTION LIMIT -1");
    recovers('out of slots');
}


# a schema that changes under prepared statements

{
    $t->db('ALTER TABLE test_writes ALTER id TYPE integer');
    is($t->post('/test/pg/write', json => { note => 'altered' })->status, 200,
       'a column has another type: prepared anew');
    is(written('altered'), 1, 'once');

    my %status;
    $status{ $t->post('/test/pg/transaction', json => { note => 'tx' })
               ->status }++ for 1 .. 6;
    cmp_ok($status{200}, '>=', 4,
           'a transaction fails once a link, and is prepared anew then');
}


# reload with a query in flight and with idle connections

{
    my $c = $t->connection;
    $c->send_request('GET', '/test/pg/sleep?seconds=1');
    sleep 0.3;
    ok($t->reload, 'reloaded');
    is($c->read_response->status, 200, 'the query is answered');
    ok($t->old_workers_gone(10), 'the old worker leaves');
}



# a database without the schema

{
    my $other = $t->another_postgres(content => 'none')->conninfo;
    my $config = ResortBite::slurp($t->prefix . '/nginx.conf')
        =~ s/resortbite_postgres "[^"]*"/resortbite_postgres "$other"/r;

    ok($t->reload($config), 'reloaded with a database that is empty');
    ok($t->wait_log(qr/relation "regions" does not exist/, 5),
       'the log says what is missing');
    ok($t->wait_for(sub { $t->get('/readyz')->status == 503 }, 5),
       'and the node is not ready');
}

done_testing;
