#!/usr/bin/perl

# Forms: what application/x-www-form-urlencoded bodies must be, that they give
# the same values as JSON would, and how OAuth's endpoints are told what is
# wrong.  Header fields and cookies in and out; PUT, PATCH and DELETE.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Browser;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
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

ok($t->wait_ready, 'ready');

my %form = ('Content-Type' => 'application/x-www-form-urlencoded');
my ($r, %told);


sub form {
    my ($body, %headers) = @_;

    $r = $t->post('/test/form', body => $body,
                  headers => { %form, 'Accept-Language' => 'en', %headers });
    %told = $r->status == 400
        ? map { $_->{field} => $_->{code} } reverse @{ $r->json->{errors} }
        : ();

    return $r->status;
}


# ---- what is understood

is(form('name=%EC%8A%A4%ED%82%A4&n=3&colours=green&colours=red&yes=true'
        . '&csrf=t%2Bk&json=%7B%22b%22%3A+1%2C%22a%22%3A%5B%5D%7D'),
   200, 'a form');
is_deeply($r->json, { name => '스키', n => '3', colours => 'red,green',
    yes => 'true', csrf => 't+k', json => '{"a":[],"b":1}',
    password => undef }, 'is decoded, and its values are as JSON\'s');

form('name=a+b%2Bc');
is($r->json->{name}, 'a b+c', 'a plus is a space, %2B a plus');
is($r->json->{n}, '7', 'a preset');

is(form('name=x&n=&yes='), 200, 'fields without a value');
is($r->json->{yes}, undef, 'are absent');
is($r->json->{n}, '7', 'or preset');

is(form('&&name=x&'), 200, 'empty pieces are passed over');
is(form('name=%0D%0Ax'), 200, 'lines are text');

is(form('name=x', 'Content-Type' =>
        'application/x-www-form-urlencoded; charset=UTF-8'), 200, 'a charset');


# ---- what is refused

is(form('name=a&name=b'), 400, 'twice');
is($told{name}, 'repeated', 'is refused');
is(form('name=a&name='), 400, 'the second empty, too');
is(form('name=a&n=1&n=1'), 400, 'the same twice, too');
is(form('name=a&csrf=1&csrf=2'), 400, 'and a second token');
is($told{csrf}, 'repeated', 'by its name');

for my $bad ('%', '%4', '%zz', 'a%4g') {
    is(form("name=$bad"), 400, "an escape that is none: $bad");
    is_deeply(\%told, { name => 'bad_escape' }, 'is told, and nothing else');
}

is(form('name=%FF'), 400, 'no UTF-8');
is($told{name}, 'invalid_text', 'is told');
is(form('name=%C0%80'), 400, 'nor an overlong NUL');
is(form('name=%00'), 400, 'nor a plain one');

is(form('nmae=x'), 400, 'an unknown field');
is_deeply(\%told, { nmae => 'unknown', name => 'required' }, 'and the missing');
is(form(''), 400, 'nothing at all');
is_deeply(\%told, { name => 'required' }, 'is told what it needs');

is(form(join '&', 'name=x', map { "a$_=1" } 1 .. 100), 400, 'too many');
is($told{'?'}, 'too_many', 'are not read to the end');

is(form('json=[&name=x'), 400, 'broken JSON');
is($told{json}, 'wrong_type', 'in a field that is JSON');
is(form('json=1&name=x'), 400, 'JSON that is no object or array');

is(form('name=' . 'x' x 70_000), 413, 'too large');
is($r->json->{code}, 'content_too_large', 'its code');

is($t->post('/test/form', json => { name => 'x' })->status, 415,
   'JSON where a form is expected');
$r = $t->post('/test/form', body => 'name=x',
              headers => { 'Content-Type' => 'text/plain' });
is($r->status, 415, 'and text');
is($r->header('Accept-Post'), 'application/x-www-form-urlencoded',
   'and what would do');
is($t->post('/test/form/json', body => 'name=x', headers => { %form })->status,
   415, 'a form where JSON is expected');
is($t->post('/test/form', body => 'name=x',
            headers => { %form, 'Content-Encoding' => 'gzip' })->status, 415,
   'compressed');


# ---- OAuth

sub oauth {
    my ($body, %headers) = @_;

    return $r = $t->post('/test/form/oauth', body => $body,
                         headers => { %form, %headers });
}

is(oauth('name=x&whatever=1&whatever=2')->status, 200,
   'unknown parameters are not heeded');
is($r->header('Cache-Control'), 'no-store', 'nothing is kept');

is(oauth('name=x&name=y')->status, 400, 'known ones are, twice');
is($r->header('Content-Type'), 'application/json', 'as JSON');
is($r->header('Cache-Control'), 'no-store', 'not kept either');
is($r->json->{error}, 'invalid_request', 'in OAuth\'s words');
like($r->json->{error_description}, qr/^name may be given only once\.$/,
     'and which, in English');
is(oauth('name=%zz')->json->{error}, 'invalid_request', 'bad escapes');
is(oauth('{}', 'Content-Type' => 'application/json')->json->{error},
   'invalid_request', 'another type');
is($r->status, 415, 'with its status');

sub refused {
    my ($uri, $why) = @_;

    return $r = $t->post($uri, body => "why=$why", headers => { %form });
}

refused('/test/oauth/refused', 'g');
is($r->status, 400, 'a problem of the handler\'s');
is_deeply($r->json, { error => 'invalid_grant', error_description =>
    "The 'code' has expired ??? or was used." },
    'by its own code, described in the characters that are allowed');
is($r->header('WWW-Authenticate'), 'Basic realm="x"', 'and its challenge');
is(refused('/test/oauth/refused', 'd')->json->{error},
   'temporarily_unavailable', 'the database away');
is($r->status, 503, 'its status');
cmp_ok($r->header('Retry-After'), '>', 0, 'with when to try again');
is(refused('/test/oauth/refused', 'x')->json->{error}, 'server_error',
   'and what is our fault');

$r = $t->get('/test/refused?why=r');
is($r->status, 403, 'a role is missing');
is_deeply($r->json->{missing_roles}, [ 'admin', 'super_admin' ], 'which');
$r = $t->get('/test/refused?why=g');
is($r->header('WWW-Authenticate'), 'Basic realm="x"', 'an own challenge');
$r = $t->get('/test/refused?why=s');
is($r->header('WWW-Authenticate'), 'Bearer realm="resortbite"', 'or the usual');


# ---- cookies, header fields

sub fields { return $t->get('/test/fields', headers => { @_ })->json }

is(fields(Cookie => 'a=1; __Host-x=v-1; b=2')->{cookie}, 'v-1', 'a cookie');
is(fields(Cookie => '__Host-x=v=1')->{cookie}, 'v=1', 'to its semicolon');
is(fields(Cookie => 'X__Host-x=v; __Host-xx=1')->{cookie}, undef,
   'no other of a like name');
is(fields(Cookie => '__Host-x=a; __Host-x=b')->{cookie}, undef,
   'of two neither');
is(fields(Cookie => [ 'a=1', '__Host-x=c' ])->{cookie}, 'c',
   'in the second of two lines');
is(fields(Cookie => [ '__Host-x=a', '__Host-x=b' ])->{cookie}, undef,
   'not in both');
is(fields('x-thing' => 'y')->{thing}, 'y', 'a field, in any case');
is(fields('X-Thing' => [ 'y', 'z' ])->{thing}, undef, 'of two neither');

$r = $t->get('/test/fields');
is($r->header('X-Test'), 'two', 'a field takes the place of its like');
is_deeply($r->header('Set-Cookie'), [ 'a=1', 'b=2' ], 'cookies add up');

$r = $t->get('/test/fields?why=error');
is($r->status, 403, 'a problem');
is_deeply($r->header('Set-Cookie'), [ 'a=1', 'b=2' ], 'keeps them');

$r = $t->get('/test/fields?why=evil');
is($r->status, 500, 'a line break in one is refused');
unlike(join('', map { ref $_ ? @$_ : $_ } values %{ $r->{headers} }), qr/evil/,
       'and nothing of it sent');

$r = $t->get('/test/fields?why=go');
is($r->status, 303, 'a redirection');
is($r->header('Location'), '/test/page?why=a%20b', 'to there');
is($r->header('Cache-Control'), 'no-store', 'not kept');


# ---- methods

$r = $t->request('PUT', '/test/form/3', json => { name => 'x' },
                 headers => { 'Idempotency-Key' => 'k-1' });
is($r->status, 200, 'PUT');
is($r->json->{key}, 'k-1', 'has its key');
my $hash = $r->json->{hash};

is($t->request('PUT', '/test/form/3', body => ' { "name" : "x" } ',
    headers => { 'Idempotency-Key' => 'k-1',
                 'Content-Type' => 'application/json' })->json->{hash},
   $hash, 'and a hash of what it means');

is($t->request('PATCH', '/test/form/3', json => { name => 'y' })->json->{name},
   'y', 'PATCH');
is($t->request('PATCH', '/test/form/3', json => {})->status, 400,
   'checked as any');

$r = $t->request('DELETE', '/test/form/3',
                 headers => { 'Idempotency-Key' => 'k-1' });
is($r->status, 200, 'DELETE, without a body');
is($r->json->{id}, 3, 'of what is in its path');
isnt($r->json->{hash}, $hash, 'another request');
is($t->request('DELETE', '/test/form/0')->status, 204, 'with nothing to say');
is($t->request('DELETE', '/test/form/x')->status, 400, 'or something wrong');

$r = $t->request('OPTIONS', '/test/form/3');
is($r->header('Allow'), 'PUT, PATCH, DELETE, OPTIONS', 'all are told');
is($t->get('/test/form/3')->status, 405, 'and no other is there');

# what follows a body that nobody asked for is its own request
my $answers = $t->raw("DELETE /test/form/0 HTTP/1.1\r\nHost: x\r\n"
    . "Content-Length: 19\r\n\r\nGET /no HTTP/1.1\r\n\r"
    . "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
is_deeply([ $answers =~ m{HTTP/1\.1 (\d+) }g ], [ 204, 200 ],
    'a body of a DELETE is passed over');

done_testing;
