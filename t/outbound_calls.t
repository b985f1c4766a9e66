#!/usr/bin/perl

# Calls to other services through this nginx's own internal locations: what
# comes back, what is refused, and that nobody else gets in there.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Process qw(free_port);

my $t = ResortBite->new;

my $nobody = free_port();

$t->start(<<"END");
%%GLOBALS%%
worker_processes 2;
events { worker_connections 512; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;

    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_outbound;
        location / { resortbite_api; resortbite_timeout 20s; }
        location /out/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_8081%%/;
            proxy_read_timeout 2s;
            client_max_body_size 1m;
        }
        location /out/none/ {
            internal;
            proxy_pass http://127.0.0.1:$nobody/;
        }
        location /out/here { internal; return 201 'here'; }
        location /open { return 200 'open'; }
    }

    # the service
    server {
        listen 127.0.0.1:%%PORT_8081%%;
        gzip on;
        gzip_min_length 1;
        gzip_types *;
        root %%DIR%%/files;
        location /echo {
            add_header X-Many "a" always;
            default_type text/x-echo;
            return 200 "\$request_method \$request_uri \$server_protocol \$http_x_say \$content_length \$http_accept";
        }
        location /teapot { default_type application/json; return 418 '{"error":"teapot"}'; }
        location /gone { return 302 http://127.0.0.1:1/; }
        location /slow { limit_rate 1; limit_rate_after 10; }
    }
}
END

ok($t->wait_ready, 'ready');

mkdir $t->prefix . '/files', 0755;
$t->write_file("files/$_", 'y' x $_) for 262144, 262145, 100000;
$t->write_file('files/slow', 'z' x 1000);


sub call {
    my ($uri, %options) = @_;

    my $query = join '&', map { "$_=" . escape($options{$_}) } keys %options;

    return $t->get('/test/outbound?uri=' . escape($uri) . "&$query",
                   timeout => 15);
}

sub escape { return $_[0] =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger }


my $r = call('/out/echo?x=y', say => 'hello');
is($r->status, 200, 'a call') or diag($r->body, $t->error_log);
is($r->json->{status}, 200, 'its status');
is($r->json->{type}, 'text/x-echo', 'its type');
is($r->json->{body}, 'GET /echo?x=y HTTP/1.0 hello  application/json',
   'its body, and what the service was sent');

$r = call('/out/echo', method => 'POST', send => 100000);
is($r->json->{body}, 'POST /echo HTTP/1.0 nothing 100000 application/json',
   'a large body is sent') or diag($r->body);

$r = call('/out/teapot');
is($r->json->{status}, 418, 'any status is an answer');
is($r->json->{body}, '{"error":"teapot"}', 'with its body');

$r = call('/out/gone');
is($r->json->{status}, 302, 'nothing is followed');

is(call('/out/here')->json->{status}, 201, 'nginx itself may answer');
is(call('/open')->json->{body}, 'open', 'a location that all may see');
is(call('/out/not/there')->json->{status}, 404, 'what is not there');
is(call('/out/echo', method => 'POST', send => 2_000_000)->json->{status}, 413,
   'more than the location takes');

is(call('/out/100000')->json->{length}, 100000, 'a large answer');
is(call('/out/262144')->json->{length}, 262144, 'the largest');
$r = call('/out/262145');
is($r->status, 502, 'a larger one is refused');
is($r->json->{code}, 'unreachable', 'with a code');
ok($t->wait_log(qr{a call to "/out/262145" failed: .*too large}),
   'the log says why');

is(call('/out/none/x')->json->{status}, 502, 'a service that is down');

my $began = time;
$r = call('/out/slow', timeout => 500);
is($r->status, 503, 'a slow service: the deadline');
is($r->json->{code}, 'timed_out', 'its code');
cmp_ok(time - $began, '<', 5, 'in time');

for my $bad ([ uri => '/out/echo HTTP/1.0' ], [ uri => 'echo' ],
             [ method => 'GE T' ])
{
    my %with = (uri => '/out/echo', @$bad);
    is(call(delete $with{uri}, %with)->status, 502,
       "refused: $bad->[0] that breaks the request");
}

# secrets among a call's arguments are not in the log

call('/out/262145?code=hidden');
unlike($t->error_log, qr/a call to "[^"]*hidden/,
       'arguments are left out of the log');

# nobody else

for my $uri ('/out/echo', '/out/here', '/out/none/x', '/out/../out/echo',
             '//out/echo', '/out/%65cho')
{
    is($t->get($uri)->status, 404, "not from outside: $uri");
}

is($t->raw("GET /out/echo HTTP/1.0\r\nHost: localhost\r\n\r\n")
       =~ /^HTTP\/1\.1 404/, 1, 'nor as a call is written');
is($t->get('/open')->status, 200, 'what is open is');

# many at once; and a reload

my @bodies = $t->parallel(20, sub {
    my $i = $_[0];
    my $r = call("/out/echo?n=$i");
    return $r->json->{body};
});
is(scalar(grep { $bodies[$_] =~ m{^GET /echo\?n=$_ } } 0 .. 19), 20,
   'twenty at once, each its own');

ok($t->reload, 'reload');
ok($t->old_workers_gone(10), 'no old worker stays');
is(call('/out/echo')->status, 200, 'calls go on');

done_testing;
