# resortbite_auth: any location behind the same sign-in, be it files or a
# service, with who asks in variables and request header fields.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Tokens;
use Time::HiRes qw(sleep);

my $t = ResortBite->new(postgres => {});
my $issuer = 'http://localhost:' . $t->port(8080);

mkdir $t->prefix . "/$_" for qw(html html/files html/open html/staff);
$t->write_file("html/$_", "the file $_\n")
    for qw(files/a.txt open/a.txt staff/a.txt files/ssi.shtml);
$t->write_file('html/open/ssi.shtml', '[<!--#include virtual="/service/ssi" -->]');

my $tells = join '', map { "$_=\$http_x_resortbite_" . lc($_) . ";" }
    qw(Member Roles Scopes Client Session);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%" timeout=2s;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity $issuer;
    resortbite_keys %%KEYS%%;
    underscores_in_headers on;
    root %%DIR%%/html;

    log_format who '\$uri \$resortbite_member|\$resortbite_roles|'
                   '\$resortbite_scopes|\$resortbite_client|'
                   '\$resortbite_session|\$resortbite_acr';
    access_log %%DIR%%/who.log who;

    server {
        listen 127.0.0.1:%%PORT_8080%%;

        location /test/ { resortbite_api; }
        location /files/ { resortbite_auth required; }
        location /staff/ { resortbite_auth required roles=admin,super_admin; }
        location /scoped/ { resortbite_auth required scopes=write; empty_gif; }
        location /open/ { ssi on; }
        location /some/ { resortbite_auth optional; empty_gif; }
        location /moved/ {
            resortbite_auth required login=/other/login;
            proxy_pass http://127.0.0.1:%%PORT_8081%%/;
        }
        location /service/ {
            resortbite_auth required;
            proxy_set_header Cookie \$resortbite_cookie;
            proxy_pass http://127.0.0.1:%%PORT_8081%%/;
        }
        location /maybe/ {
            resortbite_auth optional;
            proxy_pass http://127.0.0.1:%%PORT_8081%%/;
        }
        location /any/ {
            satisfy any;
            resortbite_auth required;
            allow 127.0.0.2;
            deny all;
            alias %%DIR%%/html/files/;
        }
        location /paged/ {
            resortbite_auth required roles=admin;
            error_page 401 403 /denied.html;
        }
        location = /denied.html { return 200 "denied"; }
        location /through/ {
            resortbite_auth required;
            try_files \$uri /service/fallback;
        }
        location /rewritten/ {
            resortbite_auth optional;
            error_page 418 = /staff/a.txt;
            proxy_intercept_errors on;
            proxy_pass http://127.0.0.1:%%PORT_8081%%/teapot/;
        }
        location /guarded/ { resortbite_auth required; resortbite_api; }
        location /nested/ {
            resortbite_auth required;
            location /nested/off/ { resortbite_auth off; empty_gif; }
            empty_gif;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8081%%;
        client_max_body_size 8m;
        location / {
            default_type text/plain;
            return 200 "$tells cookie=\$http_cookie;under=\$http_x_resortbite_member;uri=\$request_uri;";
        }
        location /teapot/ { return 418; }
        location /taken/ {
            proxy_pass http://127.0.0.1:%%PORT_8081%%/length;
            proxy_set_header X-Length \$content_length;
        }
        location /length { return 200 "length=\$http_x_length;"; }
    }
}
END

ok($t->wait_for(sub { eval { $t->get('/test/hello')->status == 200 } }, 20),
   'ready');

my $tokens = ResortBite::Tokens->new($t, issuer => $issuer);
my $crew = '019b76da-abe8-7409-b745-9cf1e2829bb1';
my $admin = $t->db("SELECT id FROM members WHERE email = 'admin\@example.com'");
my $s = $tokens->browser(member => $crew);
my $cookie = "__Host-rb_session=$s->{cookie}";
my $staff = '__Host-rb_session='
    . $tokens->browser(member => $admin, acr => 2)->{cookie};
my $weak = '__Host-rb_session=' . $tokens->browser(member => $admin)->{cookie};
my $g = $tokens->grant(member => $crew, scopes => [ 'read' ]);
my $bearer = 'Bearer ' . $tokens->token($g);
my $html = 'text/html,application/xhtml+xml,*/*;q=0.8';


sub get {
    my ($uri, %headers) = @_;

    return $t->get($uri, headers => \%headers);
}

# files

for my $turn ('asked for', 'known') {
    my $r = get('/files/a.txt', Cookie => $cookie);
    is($r->status, 200, "a file, for who is signed in, $turn");
    is($r->body, "the file files/a.txt\n", 'is the file');
}

is(get('/files/a.txt', Authorization => $bearer)->status, 200, 'by a token too');

my $r = get('/files/a.txt');
is($r->status, 401, 'nobody may not');
is($r->header('content-type'), 'application/problem+json', 'is told in a problem');
is($r->json->{code}, 'sign_in_required', 'why');
like($r->header('www-authenticate'), qr/^Bearer realm/, 'and how to');
is($r->header('cache-control'), 'no-store', 'which is not kept');

is(get('/files/a.txt', Authorization => 'Bearer x')->json->{code},
   'invalid_token', 'a wrong token');
is(get('/files/a.txt', Cookie => '__Host-rb_session=' . 'x' x 43)->status, 401,
   'a cookie that is none');
is($t->request('HEAD', '/files/a.txt')->status, 401, 'HEAD too');
is(get('/files/no-such', Cookie => $cookie)->status, 404, 'what is not there');
is(get('/open/a.txt')->status, 200, 'another location is open');

# a browser is sent to the log-in page

$r = get('/files/a.txt?x=1&y=2', Accept => $html);
is($r->status, 303, 'a browser');
is($r->header('location'), "$issuer/login?next=%2Ffiles%2Fa.txt%3Fx%3D1%26y%3D2",
   'is sent to the log-in page, which leads back');
is($r->header('cache-control'), 'no-store', 'not for ever');
is($r->header('content-type'), undef, 'with no type where there is nothing');
is(get('/files/a.txt', 'Sec-Fetch-Mode' => 'navigate')->status, 303,
   'as it says itself');
is(get('/files/a.txt', 'Sec-Fetch-Mode' => 'cors', Accept => $html)->status, 401,
   'a script of it is not');
is($t->post('/files/a.txt', headers => { Accept => $html })->status, 401,
   'nor is a form');
is(get('/files/a.txt', Accept => $html, Authorization => 'Bearer x')->status, 401,
   'nor one with a token');
like(get('/moved/', Accept => $html)->header('location'),
     qr{^\Q$issuer\E/other/login\?next=%2Fmoved%2F$}, 'a log-in page elsewhere');

# roles and scopes

is(get('/staff/a.txt', Cookie => $staff)->status, 200, 'an administrator');
$r = get('/staff/a.txt', Cookie => $cookie);
is($r->status, 403, 'crew is none');
is_deeply($r->json->{missing_roles}, [ 'admin', 'super_admin' ], 'and told so');
$r = get('/staff/a.txt', Cookie => $cookie, Accept => $html);
is($r->status, 403, 'a browser too: to sign in again is of no use');
is($r->header('content-type'), 'text/html; charset=utf-8', 'but as a page');
like($r->body, qr{<a [^>]*href="/staff/a\.txt\?lang=en"}, 'of this address');
like(get('/staff/a.txt?lang=en', Cookie => $cookie, Accept => $html)->body,
     qr/<html lang="en">.*admin super_admin/s, 'in either language');
is(get('/staff/%7b%22x/%3Cb%3E', Cookie => $cookie, Accept => $html)->status, 403,
   'whatever the address');
$r = get('/staff/a.txt', Cookie => $weak);
is($r->json->{code}, 'insufficient_user_authentication',
   'an administrator with one factor');
is(get('/scoped/', Cookie => $cookie)->status, 200, 'a cookie has all scopes');
$r = get('/scoped/', Authorization => $bearer);
is($r->json->{code}, 'insufficient_scope', 'a token those it was given');

# what the service behind is told

my %told = (Member => $crew, Roles => 'member crew', Client => '',
            Session => $s->{id},
            Scopes => 'openid profile email offline_access read write');

sub told {
    my ($r) = @_;

    return { $r->body =~ /(Member|Roles|Scopes|Client|Session)=([^;]*);/g };
}

$r = get('/service/x', Cookie => "a=1; $cookie; __Host-rb_device=y; b=2");
is_deeply(told($r), \%told, 'who asks') or diag $r->body;
like($r->body, qr/cookie=a=1; b=2;/, 'without the cookies of ours');
like($r->body, qr/uri=\/x;/, 'of what');
$r = get('/service/x', Cookie => join(';', ('a') x 2500, $cookie, 'z'));
is(($r->body =~ /cookie=([^=]*);under=/)[0], join('; ', ('a') x 2500, 'z'),
   'and many that have no space between them');
is_deeply(told(get('/service/x', Authorization => $bearer)),
          { %told, Client => 'test-app', Session => $g->{id}, Scopes => 'read' },
          'by a token');

my %forged = map {
    ($_ => 'forged')
} 'X-ResortBite-Member', 'X-RESORTBITE-ROLES', 'x-resortbite-client',
  'X_ResortBite_Member', 'x-resortbite_session', 'X-ResortBite-Other';

is_deeply(told(get('/service/x', Cookie => $cookie, %forged)), \%told,
          'a client can say nothing of it');
unlike(get('/service/x', Cookie => $cookie, %forged)->body, qr/forged/,
       'in no spelling');

my %nobody = map { $_ => '' } keys %told;
is_deeply(told(get('/maybe/x', %forged)), \%nobody, 'nobody is nobody');
is_deeply(told(get('/maybe/x', Cookie => $cookie, %forged)), \%told,
          'who is optional is told of');
unlike(get('/open/ssi.shtml', %forged)->body, qr/forged/,
       'nor by way of a page that includes the service');

for my $lines ("X-ResortBite-Member: forged\r\n" x 50,
               "X-ResortBite-Member: forged\r\nX-Resortbite-Member: forged\r\n")
{
    my $all = $t->raw("GET /service/x HTTP/1.1\r\n${lines}Host: localhost\r\n$lines"
                      . "Cookie: $cookie\r\n${lines}Connection: close\r\n"
                      . join('', map { "X-Other-$_: $_\r\n" } 1 .. 30)
                      . "$lines\r\n");
    like($all, qr/^HTTP\/1.1 200/, 'many of them');
    unlike($all, qr/forged/, 'are all gone');
    like($all, qr/Member=$crew/, 'and the true one is there');
}

like($t->raw("GET /maybe/x HTTP/1.0\r\nX-ResortBite-Member: forged\r\n\r\n"),
     qr/Member=;/, 'nothing else in a request');

# bodies wait for the verdict

for my $size (10, 300_000) {
    my $fresh = $tokens->grant(member => $crew);
    $r = $t->post('/service/taken/', body => 'x' x $size, headers => {
        Authorization => 'Bearer ' . $tokens->token($fresh) });
    like($r->body, qr/length=$size;/, "a body of $size bytes comes through")
        or diag $r->status;
}

# what another site has a browser send

sub post {
    my (%headers) = @_;

    return $t->post('/service/x', headers => { Cookie => $cookie, %headers });
}

is(post(Origin => $issuer)->status, 200, 'a form of a page of ours');
is(post('Sec-Fetch-Site' => 'same-origin')->status, 200, 'as the browser says');
is(post(Origin => 'https://evil.example')->json->{code}, 'cross_site_request',
   'one of another site');
is(post('Sec-Fetch-Site' => 'cross-site')->status, 403, 'as the browser says');
is(post()->status, 403, 'one that says nothing');
is(post('X-CSRF-Token' => get('/test/identity/optional', Cookie => $cookie)
            ->json->{csrf})->status, 200, 'unless it has the token');
is($t->post('/service/x', headers => { Authorization => $bearer })->status, 200,
   'a token is no cookie');

# with what else nginx has

is(get('/any/a.txt')->status, 401, 'any: neither');
is(get('/any/a.txt', Cookie => $cookie)->status, 200, 'any: the one');
$r = get('/paged/x');
is($r->status, 401, 'a page of the operator');
is($r->body, 'denied', 'is what is sent');
is(get('/paged/x', Cookie => $cookie)->status, 403, 'for each of them');
is(told(get('/through/x', Cookie => $cookie))->{Member}, $crew,
   'over an internal redirection');
is(get('/rewritten/x', Cookie => $staff)->body, "the file staff/a.txt\n",
   'to where more is asked for');
is(get('/rewritten/x', Cookie => $cookie)->status, 403, 'which is looked at');
is(get('/nested/off/')->status, 200, 'off within');
is(get('/nested/')->status, 401, 'required around');
is(get('/guarded/x')->status, 401, 'the API too');
is(get('/guarded/x', Cookie => $cookie)->status, 404, 'which then answers');

my $c = $t->connection;
is($c->request('GET', '/files/a.txt')->status, 401, 'a connection is kept');
is($c->request('POST', '/files/a.txt', body => 'x' x 5000)->status, 401,
   'a body that nobody reads');
is($c->request('GET', '/files/a.txt', headers => { Cookie => $cookie })->status,
   200, 'and can be used on');

ok($t->wait_for(sub {
    ResortBite::slurp($t->prefix . '/who.log') =~ m{^/files/a\.txt \Q$crew|member crew|openid profile email offline_access read write||$s->{id}|1\E$}m
}, 5), 'the variables are in the log');
get('/test/identity/member', Cookie => $cookie);
ok($t->wait_for(sub {
    ResortBite::slurp($t->prefix . '/who.log') =~ m{^/test/identity/member \Q$crew|\E}m
}, 5), 'those of a route of the API too');

# while PostgreSQL is away, and clients that leave meanwhile

$t->postgres->pause;
sleep 1.5;

my @left = map { $t->connection } 1 .. 10;
$_->send_request($_ == $left[0] ? 'POST' : 'GET', '/files/a.txt',
                 headers => { Cookie => $cookie }) for @left;
sleep 0.3;
undef @left;

is(get('/files/a.txt', Cookie => $cookie)->status, 503,
   'PostgreSQL away: nobody gets in');
is(get('/some/', Cookie => $cookie)->status, 503, 'nor is taken for nobody');
is(get('/some/')->status, 200, 'nobody needs none');

$t->postgres->resume;
ok($t->wait_for(sub { get('/files/a.txt', Cookie => $cookie)->status == 200 }, 20),
   'it goes on');

done_testing;
