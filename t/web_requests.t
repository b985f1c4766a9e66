#!/usr/bin/perl

# What a request must be, what it is told when it isn't, and the header fields
# that every answer has: negotiation, parameters, bodies, conditions, ids.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    gzip on;
    gzip_types application/json;
    client_max_body_size 1k;
    log_format length '$server_protocol $status $request_length';
    access_log %%DIR%%/length.log length;
    limit_req_zone $server_port zone=delay:1m rate=1r/s;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        listen 127.0.0.1:%%PORT_8081%% http2;
        location / { resortbite_api; }
    }
    server {
        listen 127.0.0.1:%%PORT_8082%% http2;
        http2_body_preread_size 256k;
        location / { resortbite_api; limit_req zone=delay burst=9; }
    }
}
END

$t->wait_ready;

my $r;


# ---- negotiation

$r = $t->get('/api/v1/meta');
is($r->status, 200, 'meta');
is($r->json->{language}, 'ko', 'in Korean by default');
is($r->header('Content-Language'), 'ko', 'and it says so');
like($r->header('Vary'), qr/Accept-Language/, 'it varies by language');
is($r->header('X-Content-Type-Options'), 'nosniff', 'no sniffing');
is($r->header('Content-Type'), 'application/json', 'its type');

my $etag = $r->header('ETag');
like($etag, qr/^"[\w-]{22}"$/, 'a strong tag');

$r = $t->get('/api/v1/meta',
    headers => { 'Accept-Language' => 'en-US,en;q=0.9,ko;q=0.8' });
is($r->json->{language}, 'en', 'in English when that is preferred');
isnt($r->header('ETag'), $etag, 'with a tag of its own');

$r = $t->get('/api/v1/meta', headers => { 'Accept-Language' => 'en;q=0' });
is($r->json->{language}, 'ko', 'not when it is refused');

for my $accept ('text/html', 'application/json;q=0, */*') {
    $r = $t->get('/api/v1/meta', headers => { Accept => $accept });
    is($r->status, 406, "406 for $accept");
    is($r->header('Content-Type'), 'application/problem+json', 'a problem');
    is($r->json->{code}, 'not_acceptable', 'its code');
}

$r = $t->get('/api/v1/meta', headers => { Accept => 'text/html, */*;q=0.1' });
is($r->status, 200, 'anything else is enough');

$r = $t->request('HEAD', '/api/v1/meta');
is($r->status, 200, 'HEAD');
is($r->header('ETag'), $etag, "has GET's tag");
cmp_ok($r->header('Content-Length'), '>', 1000, 'and its length');
is($r->body, '', 'and no body');


# ---- conditions

for my $tag ($etag, "W/$etag", '*', qq{"x", $etag}) {
    $r = $t->get('/api/v1/meta', headers => { 'If-None-Match' => $tag });
    is($r->status, 304, "304 for If-None-Match: $tag");
    is($r->body, '', 'without a body');
    is($r->header('ETag'), $etag, 'with the tag');
    like($r->header('Cache-Control'), qr/max-age=\d+/, 'and for how long');
}

$r = $t->get('/api/v1/meta', headers => { 'If-None-Match' => '"x"' });
is($r->status, 200, '200 for another tag');

$r = $t->get('/api/v1/meta', headers => {
    'If-None-Match' => $etag,
    'If-Modified-Since' => 'Mon, 01 Jan 2024 00:00:00 GMT' });
is($r->status, 304, 'If-Modified-Since is ignored');

$r = $t->get('/api/v1/meta', headers => {
    'If-Unmodified-Since' => 'Mon, 01 Jan 2024 00:00:00 GMT' });
is($r->status, 200, 'and If-Unmodified-Since');

$r = $t->get('/api/v1/meta', headers => { 'If-Match' => '"x"' });
is($r->status, 412, '412 when If-Match fails');
is($r->json->{code}, 'precondition_failed', 'as a problem');

$r = $t->get('/api/v1/meta', headers => { 'Accept-Encoding' => 'gzip' });
is($r->header('Content-Encoding'), 'gzip', 'compressed');
is($r->header('ETag'), "W/$etag", 'the tag is weak then');


# ---- parameters

$r = $t->get('/api/v1/jobs?limit=0&regoin=jeju&order=pya&limit=1',
    headers => { 'Accept-Language' => 'en' });
is($r->status, 400, '400 for wrong parameters');

my %told = map { $_->{field} => $_ } @{ $r->json->{errors} };

is($told{regoin}{detail}, 'is not known. Did you mean region?', 'a slip');
like($told{order}{detail}, qr/did you mean pay\?/, 'another');
is($told{limit}{code}, 'repeated', 'twice');
is($r->header('Cache-Control'), 'no-store', 'not to be kept');

for my $query ('q=%00', 'q=%ff', 'q=%zz', 'limit=101', 'limit=1e1', 'cursor=x',
               join('&', map { "a$_=1" } 1 .. 100))
{
    $r = $t->get("/api/v1/jobs?$query");
    is($r->status, 400, '400 for ' . substr($query, 0, 20));
    cmp_ok(@{ $r->json->{errors} }, '>=', 1, 'which says what');
}

is($t->get('/api/v1/jobs?region=&limit=')->status, 200,
   'parameters without a value are absent');

is($t->get('/api/v1/jobs/1')->status, 400, 'an id that is none');


# ---- ids

$r = $t->get('/api/v1/meta', headers => { 'X-Request-Id' => 'client.id-1' });
is($r->header('X-Request-Id'), 'client.id-1', "the client's id");

$r = $t->get('/api/v1/meta', headers => { 'X-Request-Id' => 'a"b\\c d,e' });
like($r->header('X-Request-Id'), qr/^[0-9a-f]{8}-[0-9a-f]{4}-7/,
    'one of ours instead of a bad one');


# ---- pages

my $first = $t->get('/api/v1/jobs?order=newest&limit=2&fields=id')->json;
my $second = $t->get("/api/v1/jobs?limit=3&cursor=$first->{next}")->json;
my $all = $t->get('/api/v1/jobs?limit=5&fields=id')->json;

is_deeply([ map { $_->{id} } @{ $first->{items} }, @{ $second->{items} } ],
    [ map { $_->{id} } @{ $all->{items} } ], 'two pages are one of both');

$r = $t->get('/api/v1/jobs?limit=2');
like($r->header('Link'), qr{^</api/v1/jobs\?limit=2&cursor=[\w-]+>; rel="next"$},
    'Link names the next');

for my $query ("order=pay&cursor=$first->{next}",
               "region=jeju&cursor=$first->{next}",
               'cursor=' . reverse($first->{next}))
{
    $r = $t->get("/api/v1/jobs?$query");
    is($r->status, 400, 'a cursor of something else is refused');
    is($r->json->{errors}[0]{code}, 'invalid_cursor', 'for that reason');
}


# ---- bodies

my $reports = "/api/v1/jobs/$all->{items}[0]{id}/reports";
my %json = ('Content-Type' => 'application/json');

sub post {
    my ($body, %headers) = @_;

    return $t->post($reports, body => $body, headers => { %json, %headers });
}

is(post('{"reason":')->status, 400, 'broken JSON');
is(post('[]')->status, 400, 'no object');
is(post('{"reason":"scam","reason":"wage"}')->status, 400, 'a member twice');
is(post('{"reason":"scam","admin":true}')->status, 400, 'an unknown member');
is(post('')->json->{errors}[0]{code}, 'required', 'nothing');
is(post('{}', 'Content-Encoding' => 'gzip')->status, 415, 'compressed');
is(post('{}', 'Idempotency-Key' => 'a b')->status, 400, 'a key with a space');

$r = post('{}', 'Content-Type' => 'text/plain');
is($r->status, 415, 'not JSON');
is($r->header('Accept-Post'), 'application/json', 'and what would do');

is(post(' ' x 70_000)->status, 413, 'too large');
is(post('{"reason":"' . 'a' x 60_000 . '"}')->status, 400, 'nearly too large');


# ---- what isn't read must not become the next request

my $long = 'GET /stolen HTTP/1.1' . ' ' x 70_000;

my $answers = $t->raw("POST $reports HTTP/1.1\r\nHost: x\r\n"
    . "Content-Type: application/json\r\nContent-Length: " . length($long)
    . "\r\n\r\n$long"
    . "GET /api/v1/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    . "GET /no HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "3\r\nabc\r\n0\r\n\r\n"
    . "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

is_deeply([ $answers =~ m{HTTP/1\.1 (\d+) }g ], [ 413, 200, 404, 200 ],
    'one answer a request');

$answers = $t->raw("POST $reports HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    . "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    . sprintf("%x\r\n%s\r\n0\r\n\r\n", 90_000, ' ' x 90_000));
like($answers, qr{^HTTP/1.1 413}, 'too large without saying so before');


# ---- bodies without end are not read to their end

sub endless {
    my ($method, $uri, $status, %headers) = @_;

    my $c = $t->connection;
    my $sent = 0;
    my $chunk = sprintf "%x\r\n%s\r\n", 16_000, ' ' x 16_000;

    $c->send("$method $uri HTTP/1.1\r\nHost: x\r\n"
        . join('', map { "$_: $headers{$_}\r\n" } sort keys %headers)
        . "Content-Type: application/json\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n");

    while ($sent < 50_000_000 && !$c->readable(0)) {
        $c->send($chunk) or last;
        $sent += length $chunk;
    }

    my $r = $c->read_response;

    is($r->status, $status, "$method $uri, a body without end");
    is($r->header('Content-Type'), 'application/problem+json', 'a problem');
    cmp_ok($sent, '<', 20_000_000, "after $sent bytes");

    return $r;
}

$r = endless('POST', $reports, 413);
is($r->json->{code}, 'content_too_large', 'its code');
is($r->header('Connection'), 'close', 'the rest will not be a request');

endless('PUT', $reports, 405);
endless('POST', '/nowhere', 404);

for my $length (5_000_000, 50_000_000_000) {
    for my $case ([ $reports, 413 ], [ '/api/v1/jobs', 405 ], [ '/no', 404 ]) {
        my $c = $t->connection;
        $c->send("POST $case->[0] HTTP/1.1\r\nHost: x\r\n"
            . "Content-Type: application/json\r\n"
            . "Content-Length: $length\r\n\r\n");
        $r = $c->read_response;
        is($r->status, $case->[1], "$case->[0], $length bytes announced");
        is($r->header('Content-Type'), 'application/problem+json',
            'a problem, not a page of nginx');
    }
}

my $expect = "POST $reports HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
    . "Content-Type: application/json\r\n";
my $c = $t->connection;
$c->send("${expect}Content-Length: 100000\r\n\r\n");
$r = $c->read_response;
is($r->status, 413, 'who asks before sending too much is told at once');
is($r->header('Connection'), 'close', 'and may leave it');

$answers = $t->raw("${expect}Transfer-Encoding: chunked\r\n\r\n"
    . sprintf("%x\r\n%s\r\n", 10_000, ' ' x 10_000) x 20);
is_deeply([ $answers =~ m{HTTP/1\.1 (\d+) }g ], [ 100, 413 ],
    'who does not say how much is told in time');

# the second on 8082 is delayed, so that what nginx reads ahead of it comes
# before it is looked at

my $big = $t->write_file('big', ' ' x 5_000_000);

for my $port (8081, 8082, 8082) {
    my $url = 'http://127.0.0.1:' . $t->port($port) . $reports;
    my @headers = ("-H ':method: POST'", "-H 'content-type: application/json'");
    my $said = `nghttp -nv --no-content-length -d $big @headers '$url' 2>&1`;

    like($said, qr{:status: 413\b.*content-type: application/problem\+json}s,
        'HTTP/2, too large without saying so') or diag(substr $said, -2000);
}

my @lengths;

# one frame that is several times what a body's buffer holds

{
    my $frame = sub {
        my ($type, $flags, $stream, $payload) = @_;
        return substr(pack('N', length $payload), 1)
            . pack('CCN', $type, $flags, $stream) . $payload;
    };
    my @fields = (':method' => 'POST', ':scheme' => 'http', ':path' => $reports,
        ':authority' => 'x', 'content-type' => 'application/json');
    my $c = $t->connection(8081);

    $c->send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . $frame->(4, 0, 0, '')
        . $frame->(1, 4, 1, pack '(xC/aC/a)*', @fields));

    # the window that nginx opens for the body: until then it takes 64 KB
    my $opened = $t->wait_for(sub {
        $c->fill;
        $c->{in} =~ /\x00\x00\x04\x08\x00\x00\x00\x00\x01/;
    }, 5);
    ok($opened, 'HTTP/2 by hand: a body is waited for');

    $c->send($frame->(0, 0, 1, ' ' x 400_000));
    ok($t->wait_for(sub { $c->fill; $c->{in} =~ /"content_too_large"/ }, 5),
        'and is too large');
}

ok($t->wait_for(sub {
    @lengths = ResortBite::slurp($t->prefix . '/length.log')
        =~ /^HTTP\/2\.0 413 (\d+)$/mg;
    return @lengths >= 4;
}, 5), 'they are logged');
cmp_ok($_, '<', 1_000_000, "HTTP/2: $_ bytes were read") for @lengths;

is(post('{}')->json->{errors}[0]{code}, 'required', 'and the next is read');


# ---- methods

$r = $t->request('OPTIONS', '/api/v1/jobs');
is($r->status, 204, 'OPTIONS');
is($r->header('Allow'), 'GET, HEAD, OPTIONS', 'names the methods');

$r = $t->request('PUT', '/api/v1/jobs');
is($r->status, 405, 'another method');
is($r->header('Allow'), 'GET, HEAD, OPTIONS', 'is told them too');

done_testing;
