#!/usr/bin/perl

# A primary and a streaming replica: reads go on while the primary is away,
# writes wait for whichever host accepts them, and nothing needs a restart.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;
use ResortBite::Process qw(run_as_user user);

my $t = ResortBite->new(postgres => {});
my $primary = $t->postgres;


# the replica: a base backup that follows

my $dir = $t->dir . '/replica';

mkdir $dir, 0700 or die "$dir: $!\n";
chown((getpwnam(user()))[2, 3], $dir) if $> == 0;

run_as_user(ResortBite::Postgres::bin('pg_basebackup'), '-h',
            $primary->socket_dir, '-U', 'postgres', '-D', "$dir/data", '-R',
            '-c', 'fast');

my $replica = ResortBite::Postgres->start_server("$dir/data", $dir, {});
$replica->{database} = $primary->database;

sub conninfo {
    my ($hosts, $more) = @_;

    return "host=$hosts port=" . join(',', (5432) x (1 + $hosts =~ tr/,//))
        . ' user=resortbite_web dbname=' . $primary->database . " $more";
}

my $both = conninfo($primary->socket_dir . ",$dir",
                    'target_session_attrs=read-write');
my $one = conninfo($dir, '');

$t->start(<<"END");
%%GLOBALS%%
worker_processes 1;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "$both" timeout=3s connect_timeout=2s;
    resortbite_postgres_replica "$one";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_cache off;
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
is($t->get('/readyz')->json->{postgresql}, 'ready', 'reads and writes');

my $id = $t->db('SELECT id FROM posts WHERE live
    AND least(deadline, ends_on) >= seoul_today() ORDER BY id LIMIT 1');

sub statements {
    my ($lane) = @_;

    my ($n) = $t->get('/metrics')->body
        =~ /^resortbite_postgres_statements_total\{lane="$lane"\} (\d+)/m;

    return $n;
}

my $before = statements('replica_point');
is($t->get("/api/v1/jobs/$id")->status, 200, 'a post');
is(statements('replica_point'), $before,
   'the replica is not read while the primary is there');

$primary->kill9;

ok($t->wait_for(sub { $t->get("/api/v1/jobs/$id")->status == 200 }, 5),
   'the primary is killed: a post is read from the replica');
is($t->get('/api/v1/jobs?limit=3')->status, 200, 'a list, too');
cmp_ok(statements('replica_point'), '>', $before, 'it was the replica');
ok($t->wait_for(sub {
    my $r = $t->get('/readyz');
    $r->status == 200 && $r->json->{postgresql} eq 'read_only'
}, 5), 'the node is ready, and says that it only reads');

{
    my $r = $t->post('/test/pg/write', json => { note => 'refused' });
    is($r->status, 503, 'a write is refused');
    ok($r->header('retry-after'), 'with Retry-After');
}


# failover: the replica is promoted, and found

run_as_user(ResortBite::Postgres::bin('pg_ctl'), '-D', "$dir/data", '-w',
            'promote');

ok($t->wait_for(sub {
    $t->post('/test/pg/write', json => { note => 'promoted' })->status == 200
}, 15), 'the replica is promoted: writes go there without a restart');

is($replica->psql($primary->database,
                  "SELECT note FROM test_writes ORDER BY id DESC LIMIT 1"),
   'promoted', 'the write is there');
is($replica->psql($primary->database,
                  "SELECT count(*) FROM test_writes WHERE note = 'refused'"),
   0, 'what was refused is not');
ok($t->wait_for(sub {
    ($t->get('/readyz')->json->{postgresql} // '') eq 'ready'
}, 15), 'the node reads and writes again');

$replica->stop;

done_testing;
