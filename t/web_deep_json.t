#!/usr/bin/perl

# JSON nested deeper than is reasonable is refused before anything recurses,
# and brackets within strings don't count.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $t = ResortBite->new(content => 'empty');

$t->start(<<'END');
%%GLOBALS%%
worker_processes 1;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_fibers 100 stack=64k;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

sub post {
    my ($body) = @_;

    return $t->post('/test/json', body => $body,
                    headers => { 'Content-Type' => 'application/json' });
}

my ($worker) = $t->workers;

is(post('{"note":"a"}')->json->{note}, 'a', 'a body');
is(post('{"note":"' . '[' x 150 . '"}')->status, 200,
   'brackets in a string are text');
is(post('{"note":"\\"' . '{' x 150 . '"}')->status, 200,
   'behind an escaped quote, too');

for my $depth (65, 1_000, 30_000) {
    for my $pair ([ '[', ']' ], [ '{"a":', '}' ]) {
        my ($open, $close) = @$pair;
        my $times = $open eq '[' ? $depth : $depth > 9_000 ? 9_000 : $depth;
        my $r = post('{"note":' . $open x $times . '1' . $close x $times
                     . '}');
        is($r->status, 400, "$times of $open");
        is($r->json->{code}, 'invalid_request', 'is a problem');
    }
}

is(post('{"note":' . '[' x 60_000)->status, 400, 'never closed');
is(post('{"note":[1]}')->status, 400, 'a little depth is only a wrong type');
is_deeply([ $t->workers ], [ $worker ], 'the worker has lived through it');

done_testing;
