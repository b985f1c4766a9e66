#!/usr/bin/perl

# Where nginx has put another URI in the place of the client's, that is what
# is served: rewrites, internal redirects, subrequests, blocks in a location.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $t = ResortBite->new(allow => [ qr/rewrite or internal redirection/ ]);

my $config = <<'END';
%%GLOBALS%%
worker_processes 1;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;

        rewrite ^/metrics$ /healthz last;
        rewrite ^/old/(.*) /api/v1/$1 last;

        location / { resortbite_api; }
        location = /redirected { error_page 418 = /api/v1/meta; return 418; }
        location = /inner { internal; resortbite_api; }
        location = /ssi.html {
            ssi on;
            ssi_types *;
            default_type text/html;
            return 200 '[<!--# include virtual="/healthz" -->]';
        }
        location ~ ^/api/v1/jobs/.*/reports$ {
            resortbite_api;
            limit_except GET { deny 127.0.0.2; }
        }
        location /conditional {
            rewrite ^/conditional(/.*) $1 break;
            resortbite_api;
            if ($http_x_if) { set $seen 1; }
        }
    }
}
END

$t->start($config);
ok($t->wait_ready, 'ready');

is($t->get('/metrics')->json->{status}, 'ok',
   'a rewritten path serves what it is rewritten to');

my $list = $t->get('/api/v1/jobs?limit=3');

{
    my $r = $t->get('/old/jobs?limit=3');
    is($r->status, 200, 'a rewritten path with its query');
    is($r->body, $list->body, 'gives the same answer');
}

is($t->get('/old/jobs?limit=x')->status, 400, 'its query is checked, too');
is($t->get('/redirected')->json->{language}, 'ko', 'an internal redirect');
is($t->get('/inner')->status, 404, 'an internal location');
is($t->get('/ssi.html')->body, '[{"status":"ok"}]', 'a subrequest');

my $id = $list->json->{items}[0]{id};
my $report = { reason => 'scam', detail => 'a' x 1000 };

is($t->post("/api/v1/jobs/$id/reports", json => $report)->status, 201,
   'limit_except');

# 40 KB of spaces: more than nginx keeps in memory by itself
my $body = ' ' x 40_000 . '{"reason":"wage"}';

for my $header ({}, { 'X-If' => '1' }) {
    is($t->post("/conditional/api/v1/jobs/$id/reports", body => $body,
                headers => { 'Content-Type' => 'application/json', %$header })
         ->status, 409, 'a long body is read (and is a second report)');
}


# a reload with other rooms: what is in the zone is not mixed up

SKIP: {
    skip 'the modules are in the binary', 3 if $ENV{RB_NGINX_BIN};

    my $other = $t->expand($config) =~ s/load_module \S+rbtest\S+;//r;

    $t->get("/api/v1/jobs/$id");
    ok($t->reload($other), 'reloaded without a module that brought rooms');
    ok($t->wait_for(sub {
        eval { $t->get("/api/v1/jobs/$id")->status == 200 }
    }, 5), 'a post');
    like($t->get('/old/jobs?limit=1')->body, qr/items/, 'a list');
    unlike($t->error_log, qr/signal 11/, 'no worker died');
}

done_testing;
