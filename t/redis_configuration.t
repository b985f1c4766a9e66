#!/usr/bin/perl

# What resortbite_redis takes, and what it says to what it doesn't.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use ResortBite;

my $t = ResortBite->new(content => 'none');

my @good = (
    'unix:/run/redis.sock', '127.0.0.1:6379', '[::1]:6379',
    'redis.example.com:6379', 'redis://h', 'redis://h:1', 'redis://h:1/',
    'redis://h/15', 'redis://:secret@h', 'redis://user:secret@[::1]:7/3',
    'redis://us%40er:se%3Acret@h', 'REDIS://h', 'cluster://a:1,b:2,c',
    'cluster://user:secret@a:1,[::2]:2', 'sentinel://main@a:1,b',
    'sentinel://user:secret@main@a:1,b/2',
);

my %bad = (
    'h' => qr/no port: write host:port/,
    'h:0' => qr/a number from 1 to 65535/,
    'h:65536' => qr/a number from 1 to 65535/,
    'h:x' => qr/a number from 1 to 65535/,
    '::1:6379' => qr/no host|in brackets/,
    'redis://[::1' => qr/lacks its "\]"/,
    'redis://[::1]6379' => qr/an IPv6 address goes in brackets/,
    'unix:redis.sock' => qr/must start with "\/"/,
    'unix:' => qr/must start with "\/": write unix:\/path/,
    'redis://' => qr/no host: write redis:\/\/host:port/,
    'cluster://' => qr/no host: write cluster:\/\/host:port,/,
    'cluster://user:secret@' => qr/no host/,
    'sentinel://' => qr/no master name: write sentinel:\/\/master@/,
    'unix:/' . 'x' x 200 => qr/too long/,
    'rediss://h' => qr/TLS.*not supported/,
    'http://h' => qr/unknown scheme: write redis:/,
    'redis://h/x' => qr/number of a database/,
    'redis://h/99999' => qr/number of a database/,
    'redis://a:1,b:1' => qr/write cluster:\/\/ or sentinel:/,
    'redis://:@h' => qr/password is empty/,
    'cluster://a:1,' => qr/no host/,
    'cluster://a:1/2' => qr/only redis:.* take the number of a database/,
    'a:1/2' => qr/only redis:.* take the number of a database/,
    'cluster://' . join(',', map { "h$_:1" } 1 .. 65) => qr/at most 64/,
    'sentinel://a:1' => qr/no master name: write sentinel:/,
    'sentinel://@a:1' => qr/no master name/,
    'redis://' . 'x' x 300 => qr/no host/,
);

for my $url (@good) {
    my ($ok, $said) = $t->check(config($url));
    ok($ok, "taken: $url") or diag $said;
}

for my $url (sort keys %bad) {
    my ($ok, $said) = $t->check(config($url));
    ok(!$ok, 'refused: ' . substr $url, 0, 40);
    like($said, qr/"resortbite_redis" directive is wrong: /, 'and says');
    like($said, $bad{$url}, 'why');
}


sub config {
    my ($url) = @_;

    return <<"END";
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_redis "$url";
}
END
}

done_testing;
