# The ETag of what can be edited is its revision: good in If-Match also for who
# accepts compressed answers, and no reason to say 304 when what is shown beside
# the row has changed.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Account;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

$t->start(<<'END_CONF');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    gzip on;
    gzip_min_length 1;
    gzip_types application/json application/problem+json;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END_CONF

ok($t->wait_ready, 'ready');

my $resort = $t->db('SELECT id FROM resorts WHERE open ORDER BY id LIMIT 1');
my $owner = ResortBite::Account->new($t, resort => [ $resort, 'owner' ]);
my $base = "/api/v1/resorts/$resort/dormitories";
my %gzip = ('Accept-Encoding' => 'gzip');

my $made = $owner->post($base, json => { name => '새 집', type => 'studio' }, headers => {%gzip});
is($made->status, 201, 'a dormitory') or diag $made->body;
like($made->header('etag'), qr/^"\d+"$/, 'its ETag, as it was made, is a strong one');
my $uri = "$base/" . (split m{/}, $made->header('location'))[-1];


# ---- compression would make it weak, and If-Match compares strongly

my $r = $owner->get($uri, headers => {%gzip});
is($r->status, 200, 'for who accepts gzip');
is($r->header('etag'), $made->header('etag'), 'the same');
like($r->header('cache-control'), qr/\bno-store\b.*\bno-transform\b/,
     'which nobody on the way may change');

is($owner->get($base, headers => {%gzip})->header('content-encoding'), 'gzip',
   'lists are compressed');

$r = $owner->request('PATCH', $uri, json => { description => '조용합니다.' },
                     headers => { %gzip, 'If-Match' => $r->header('etag') });
is($r->status, 200, 'it is good in If-Match') or diag $r->body;
like($r->header('etag'), qr/^"\d+"$/, 'and so is the next');


# ---- a room is no part of the row

my $etag = $r->header('etag');

$r = $owner->post("$uri/rooms", json => { name => '101', gender => 'any' });
is($r->status, 201, 'a room more') or diag $r->body;

$r = $owner->get($uri, headers => { 'If-None-Match' => $etag });
is($r->status, 200, 'is seen by who asks whether something has changed');
is(scalar @{ $r->json->{rooms} // [] }, 1, 'it is shown');

done_testing();
