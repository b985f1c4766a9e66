# What another site has a browser send is refused: cookies need Origin or
# Sec-Fetch-Site of our own pages, and a token that only those can have.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Tokens;

my $t = ResortBite->new;
my $issuer = 'http://localhost:' . $t->port(8080);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity $issuer;
    resortbite_keys %%KEYS%%;
    resortbite_place "\$http_x_city";
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $tokens = ResortBite::Tokens->new($t, issuer => $issuer);
my $crew = '019b76da-abe8-7409-b745-9cf1e2829bb1';
my $s = $tokens->browser(member => $crew);
my $other = $tokens->browser(member => $crew);


sub cookie { return "__Host-rb_session=$_[0]{cookie}" }

sub csrf_of {
    my ($cookie) = @_;

    return $t->get('/test/identity/optional', headers => {
        Cookie => $cookie })->json->{csrf};
}

sub write_with {
    my ($cookie, %headers) = @_;

    return $t->post('/test/identity/member', headers => {
        Cookie => $cookie, %headers });
}

my $token = csrf_of(cookie($s));
like($token, qr/^[\w-]{64}$/, 'a token');
isnt(csrf_of(cookie($s)), $token, 'is another one each time');

my %own = (Origin => $issuer, 'Sec-Fetch-Site' => 'same-origin');

is(write_with(cookie($s), %own, 'X-CSRF-Token' => $token)->status, 200,
   'a page of ours, with its token');
is(write_with(cookie($s), 'X-CSRF-Token' => $token)->status, 200,
   'an old browser, which says nothing');
is(write_with(cookie($s), Origin => 'null', 'Sec-Fetch-Site' => 'same-origin',
              'X-CSRF-Token' => $token)->status, 200,
   'a page that withholds its referrer');

sub refused {
    my ($what, $r) = @_;

    is($r->status, 403, $what);
    is($r->json->{code}, 'cross_site_request', "$what: is told so");
}

{
    my $r = write_with(cookie($s), %own, 'Accept-Language' => 'en');

    refused('no token', $r);
    is($r->json->{errors}[0]{field}, 'X-CSRF-Token', 'the header is named');
    like($r->json->{errors}[0]{detail}, qr{csrf_token of the answer of POST /api/v1/sessions},
         'and where its value is from');
    like(write_with(cookie($s), %own)->json->{errors}[0]{detail},
         qr{POST /api/v1/sessions.*csrf_token}, 'in Korean, too');
    $r = write_with(cookie($s), Origin => 'https://evil.example', 'Accept-Language' => 'en');
    is($r->json->{errors}[0]{field}, 'Origin', 'or that another site asks');
    like($r->json->{errors}[0]{detail}, qr/has to come from \Q$issuer\E\./, 'and which may');
}
refused('another site', write_with(cookie($s), Origin => 'https://evil.example',
    'X-CSRF-Token' => $token));
refused('another port', write_with(cookie($s), Origin => 'http://localhost:1',
    'X-CSRF-Token' => $token));
refused('another scheme', write_with(cookie($s),
    Origin => $issuer =~ s/http/https/r, 'X-CSRF-Token' => $token));
refused('an origin that is withheld', write_with(cookie($s), Origin => 'null',
    'X-CSRF-Token' => $token));
refused("fetched from $_", write_with(cookie($s), Origin => $issuer,
    'Sec-Fetch-Site' => $_, 'X-CSRF-Token' => $token))
    for qw(cross-site same-site none);
refused('the token of another session',
        write_with(cookie($other), %own, 'X-CSRF-Token' => $token));
refused('a token that is none',
        write_with(cookie($s), %own, 'X-CSRF-Token' => 'A' x 64));
refused('half a token',
        write_with(cookie($s), %own, 'X-CSRF-Token' => substr $token, 0, 32));
refused('a changed one', write_with(cookie($s), %own,
    'X-CSRF-Token' => ($token =~ tr/A-Za-z/B-ZAb-za/r)));

is($t->post('/test/identity/no_csrf', headers => { Cookie => cookie($s) })->status,
   200, 'a route that looks for itself');

my $g = $tokens->grant(member => $crew);
is($t->post('/test/identity/member', headers => {
       Authorization => 'Bearer ' . $tokens->token($g),
       Origin => 'https://app.example' })->status, 200,
   'a token in Authorization is no cookie: other sites may have theirs');

# forms

sub form {
    my ($body, %headers) = @_;

    return $t->post('/test/identity/form', body => $body, headers => {
        'Content-Type' => 'application/x-www-form-urlencoded',
        Cookie => cookie($s), %own, %headers });
}

is(form("note=a&csrf=$token")->status, 200, 'a form with its field');
refused('a form without', form('note=a'));
refused('a form with a wrong one', form('csrf=x'));

# before there is a session it is the device's

my $r = $t->get('/test/identity/optional');
my ($device) = $r->header('set-cookie') =~ /^(__Host-rb_device=[\w-]+);/;
my $early = $r->json->{csrf};

like($early, qr/^[\w-]{64}$/, 'a browser that is new gets a token too');
is(write_with("$device; " . cookie($s), %own, 'X-CSRF-Token' => $early)->status,
   200, 'a page from before signing in is still good');
refused('on another device',
        write_with(cookie($s), %own, 'X-CSRF-Token' => $early));
isnt($t->get('/test/identity/optional', headers => { Cookie => $device })
        ->json->{csrf}, '', 'a known device gets one');

# where somebody is, by the operator's own knowledge

sub place {
    return $t->get('/test/identity/optional',
                   headers => { 'X-City' => $_[0] })->json->{place};
}

is(place('Pyeongchang-gun'), 'Pyeongchang-gun', 'a place');
is(place(''), '127.0.0.0/24', 'none: the network');
is(length place('x' x 300), 100, 'a long one is cut');
is(place("\xff\xfe"), '127.0.0.0/24', 'what is no text is not shown');

done_testing;
