#!/usr/bin/perl

# nginx -t catches every misconfiguration and says what to write instead.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $t = ResortBite->new(content => 'none');

my %right = (
    postgres => 'resortbite_postgres "host=/nowhere dbname=x";',
    redis => '',
    zone => 'resortbite_zone 16m;',
    secret => 'resortbite_secret_file %%SECRET%%;',
    more => '',
    location => 'resortbite_api;',
);

sub configuration {
    my (%lines) = (%right, @_);

    return <<"END";
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    $lines{postgres}
    $lines{redis}
    $lines{zone}
    $lines{secret}
    $lines{more}
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { $lines{location} }
    }
}
END
}

sub refused {
    my ($what, $says, %lines) = @_;

    my ($ok, $said) = $t->check(configuration(%lines));

    ok(!$ok, "$what is refused");
    like($said, $says, "$what: says what to write instead");
}

my ($ok, $said) = $t->check(configuration());
ok($ok, 'a right configuration') or diag $said;

($ok, $said) = $t->check(configuration(location => 'return 204;',
    postgres => '', zone => '', secret => ''));
ok($ok, 'nothing is needed where nothing is served') or diag $said;

($ok, $said) = $t->check(configuration(location => 'return 204;'));
ok($ok, 'nor does it hurt to be there') or diag $said;

$t->write_file('short', 'too short');
$t->write_file('long', 'x' x 5000);
chmod 0600, map { $t->prefix . "/$_" } qw(short long);

$t->write_file('seen', 'x' x 64);
chmod 0644, $t->prefix . '/seen';
($ok, $said) = $t->check(configuration(
    secret => 'resortbite_secret_file %%DIR%%/seen;'));
ok($ok, 'a secret that others can read');
like($said, qr/\[warn\].*chmod 600/, 'is warned of');

refused('no PostgreSQL', qr/needs.*resortbite_postgres "host=/s,
        postgres => '');
refused('no zone', qr/needs.*resortbite_zone 64m;/s, zone => '');
refused('no secret', qr/needs.*openssl rand/s, secret => '');
refused('a secret that is missing', qr/can't read.*openssl rand -out/,
        secret => 'resortbite_secret_file %%DIR%%/no-such-file;');
refused('a secret that is short', qr/from 32 to/,
        secret => 'resortbite_secret_file %%DIR%%/short;');
refused('a secret that is a folder', qr/can't read.*openssl/,
        secret => 'resortbite_secret_file %%DIR%%;');
refused('a secret without end', qr/can't read.*openssl/,
        secret => 'resortbite_secret_file /dev/zero;');
refused('a secret that is long', qr/from 32 to 4096/,
        secret => 'resortbite_secret_file %%DIR%%/long;');
refused('a time that no request can keep', qr/such as: resortbite_timeout 5s/,
        more => 'resortbite_timeout 1ms;');
refused('a time for requests that is none', qr/such as: resortbite_timeout 5s/,
        more => 'resortbite_timeout 5q;');
refused('the API and a proxy', qr/another handler/,
        location => 'resortbite_api; proxy_pass http://127.0.0.1:1;');
refused('a conninfo that is none', qr/libpq connection string/,
        postgres => 'resortbite_postgres "hots=x";');
refused('an unknown parameter', qr/no parameter of.*timeout=/s,
        postgres => 'resortbite_postgres "host=/x" tmieout=1s;');
refused('a time that is none', qr/from 10 to 600000 milliseconds/,
        postgres => 'resortbite_postgres "host=/x" timeout=soon;');
refused('too many connections', qr/takes a value from 1 to 64/,
        postgres => 'resortbite_postgres "host=/x" point=1000;');
refused('PostgreSQL twice', qr/duplicate/,
        more => 'resortbite_postgres "host=/x";');
refused('a zone that is too small', qr/at least 8m/,
        zone => 'resortbite_zone 64k;');
refused('a zone that is no size', qr/at least 8m/,
        zone => 'resortbite_zone big;');
refused('a zone twice', qr/duplicate/, more => 'resortbite_zone 16m;');
refused('no number of fibers', qr/resortbite_fibers 10000;/,
        more => 'resortbite_fibers many;');
refused('a stack that is too small', qr/"stack=" takes a value/,
        more => 'resortbite_fibers 100 stack=4k;');
refused('the API twice', qr/duplicate/,
        location => 'resortbite_api; resortbite_api;');
refused('another handler', qr/another handler|duplicate/,
        location => 'stub_status; resortbite_api;');
refused('a Redis address that is none', qr/resortbite_redis/,
        redis => 'resortbite_redis http://x;');
refused('Redis over TLS', qr/rediss/,
        redis => 'resortbite_redis rediss://x:1;');

done_testing;
