#!/usr/bin/perl

# What a node does by itself: idempotency keys are forgotten after a day, and
# only by the leader; months of the audit trail are made in time.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $t = ResortBite->new;

sub key {
    my ($key, $age) = @_;

    $t->db("INSERT INTO idempotency_keys
                   (caller, key, route, request_hash, status, response,
                    created_at)
            SELECT 'anon:' || i, '$key', 'reports_create',
                   decode(repeat('00', 32), 'hex'), 201, '{}',
                   now() - interval '$age'
              FROM generate_series(1, 2500) AS i");
}

sub keys_left {
    my ($key) = @_;

    return $t->db("SELECT count(*) FROM idempotency_keys WHERE key = '$key'");
}

key('old', '25 hours');
key('young', '23 hours');

# a month that nobody has made, and what was written in it

my $month = $t->db("SELECT to_char(now() AT TIME ZONE 'Asia/Seoul' + interval '5 months', 'YYYY_MM')");
$t->db("DROP TABLE audit_events_$month;
        INSERT INTO audit_events (created_at, action, subject_type)
        VALUES (to_timestamp('$month', 'YYYY_MM') + interval '14 days', 'x.y', 'x')");

$t->start(<<'END');
%%GLOBALS%%
worker_processes 2;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_for(sub { keys_left('old') == 0 }, 10),
   'keys older than a day are forgotten, however many');
is(keys_left('young'), 2500, 'younger ones are kept');

ok($t->wait_for(sub { $t->db("SELECT to_regclass('audit_events_$month') IS NOT NULL") eq 't' }, 10),
   'months of the audit trail are made');
is($t->db("SELECT count(*) FROM audit_events_$month"), 1, 'with what the default has caught');

ok($t->reload, 'the fiber that does it delays no reload');
ok($t->old_workers_gone(5), 'the old workers leave at once');

done_testing;
