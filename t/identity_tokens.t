# Who is asking: cookies, access tokens, tokens bound to a key; and everything
# that is none of them.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Tokens qw(base64url uuid);

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
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $tokens = ResortBite::Tokens->new($t, issuer => $issuer);
my $crew = '019b76da-abe8-7409-b745-9cf1e2829bb1';


sub with {
    my ($authorization, %headers) = @_;

    return $t->get('/test/identity/member', headers => {
        Authorization => $authorization, %headers });
}

sub refused {
    my ($r, $what, $says, $code) = @_;

    is($r->status, 401, "$what: 401");
    is($r->json->{code}, $code // 'invalid_token', "$what: is told so");
    like($r->header('www-authenticate') // '', $says,
         "$what: WWW-Authenticate says why");
}


# nobody

my $r = $t->get('/test/identity/member');
is($r->status, 401, 'nobody may not');
is($r->json->{code}, 'sign_in_required', 'and is told to sign in');
like($r->header('www-authenticate'), qr/^Bearer realm="resortbite", DPoP .*algs=/,
     'and how');
unlike($r->header('www-authenticate'), qr/error=/, 'with no error');

$r = $t->get('/test/identity/optional');
is($r->status, 200, 'what is open to nobody too is');
ok(!exists $r->json->{member}, 'with nobody');
is($r->header('cache-control'), 'no-store', 'and not to be kept');

# a cookie

my $s = $tokens->browser(member => $crew, acr => 2, amr => "'{pwd,otp,mfa}'");
my $cookie = { Cookie => "a=b; __Host-rb_session=$s->{cookie}; c=d" };

for my $turn ('asked for', 'known') {
    $r = $t->get('/test/identity/member', headers => $cookie);
    is($r->status, 200, "a cookie, $turn") or diag $r->body;
    my $who = $r->json;
    delete @$who{qw(device csrf agent place)};
    is_deeply($who, { by => 'cookie', member => $crew, session => $s->{id},
        client => '', roles => 'member crew', acr => 2, second => 0,
        scopes => 'openid profile email offline_access read write',
        amr => 'pwd otp mfa' }, 'is who it is');
}

is($r->header('cache-control'), 'no-store', 'what somebody is told is not kept');
is($t->get('/test/identity/optional', headers => $cookie)->json->{member}, $crew,
   'where it is optional too');

for my $wrong ('', 'x', substr($s->{cookie}, 1), "$s->{cookie}x",
               base64url('x' x 32))
{
    is($t->get('/test/identity/member',
               headers => { Cookie => "__Host-rb_session=$wrong" })->json->{code},
       'sign_in_required', 'a cookie that is none is nobody');
}

is($t->raw("GET /test/identity/member HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Cookie: __Host-rb_session=$s->{cookie}\r\n"
        . "Cookie: __Host-rb_session=$s->{cookie}\r\n\r\n") =~ m{^HTTP/1.1 (\d+)}
   ? $1 : '', 401, 'two of them are none');

for my $ended ([ 'revoked', revoked_at => 'now()', revoke_reason => "'test'" ],
               [ 'expired', expires_at => 'now()' ],
               [ 'long unseen', last_seen_at => "now() - INTERVAL '15 days'" ])
{
    my ($what, @columns) = @$ended;
    my $gone = $tokens->browser(member => $crew, @columns);
    is($t->get('/test/identity/member', headers => {
           Cookie => "__Host-rb_session=$gone->{cookie}" })->status, 401,
       "a session that is $what");
}

$t->db("UPDATE sessions SET last_seen_at = now() - INTERVAL '1 hour'
         WHERE id = '$s->{id}'");
my $idle = $tokens->browser(member => $crew,
                            last_seen_at => "now() - INTERVAL '6 minutes'");
is($t->get('/test/identity/member', headers => {
       Cookie => "__Host-rb_session=$idle->{cookie}" })->status, 200,
   'one that was not seen for minutes');
ok($t->wait_for(sub {
    $t->db("SELECT last_seen_at > now() - INTERVAL '1 minute'
              FROM sessions WHERE id = '$idle->{id}'") =~ /^t/
}, 5), 'is now');

# bearer tokens

my $g = $tokens->grant(member => $crew, scopes => [ 'openid', 'read' ]);

for my $alg ('ES256', 'EdDSA') {
    my $token = $tokens->token($g, alg => $alg);

    for my $turn ('asked for', 'known') {
        $r = with("Bearer $token");
        is($r->status, 200, "a token of $alg, $turn") or diag $r->body;
        my $who = $r->json;
        delete @$who{qw(device csrf agent place)};
        is_deeply($who, { by => 'bearer', member => $crew, session => $g->{id},
            client => 'test-app', roles => 'member crew', acr => 1,
            second => 0, scopes => 'openid read', amr => 'pwd' },
            'is who it is');
    }
}

is(with('bEaReR  ' . $tokens->token($g))->status, 200, 'in any case');
is(with('Bearer ' . $tokens->token($g, claims => { aud => [ 'x', $issuer ] }))
       ->status, 200, 'for us among others');
is(with('Bearer ' . $tokens->token($g, claims => { scope => 'openid' }))->status,
   403, 'a scope that the token lacks');
is(with('Bearer ' . $tokens->token($g, claims => { scope => 'read write' }))
       ->json->{scopes}, 'read', 'it never has more than was granted');
is(with('Bearer ' . $tokens->token($g, claims => { exp => time - 2 }))->status,
   200, 'clocks may differ a little');
is(with('Bearer ' . $tokens->token($g, typ => 'application/at+jwt'))->status,
   200, 'the type in full');
is(with('Basic ' . base64url('x:y'))->json->{code}, 'sign_in_required',
   'another scheme is nobody');

$r = $t->post('/test/identity/member', headers => {
    Authorization => 'Bearer ' . $tokens->token($g) });
is($r->status, 403, 'to write takes its scope');
is($r->json->{code}, 'insufficient_scope', 'as is told');
is($r->header('www-authenticate'), 'Bearer realm="resortbite", '
   . 'error="insufficient_scope", error_description="the token lacks a scope", '
   . 'scope="write"', 'to the client too');

my $service = $tokens->grant(scopes => [ 'read' ]);
$r = with('Bearer ' . $tokens->token($service));
is($r->status, 200, 'a client for itself') or diag $r->body;
is($r->json->{roles}, 'client', 'has that role only');
is($r->json->{member}, '', 'and is no member');

# what is wrong with tokens

my $right = $tokens->token($g);
my ($head, $claims, $signature) = split /\./, $right;

my $other = $tokens->dpop_key->{file};
my ($kid) = $tokens->key('ES256') =~ m{([^/]+)\.pem$};

my %wrong = (
    'no token' => 'x',
    'half a token' => "$head.$claims",
    'claims of another' => join('.', $head, (split /\./,
        $tokens->token($g, claims => { sub => uuid() }))[1], $signature),
    'a header of another' => join('.', (split /\./,
        $tokens->token($g, alg => 'EdDSA'))[0], $claims, $signature),
    'no signature' => "$head.$claims.",
    'alg none' => $tokens->token($g, alg => 'none', key => '',
                                 header => { kid => $kid }),
    'HS256 with a public key' => $tokens->token($g, header => { alg => 'HS256' }),
    'a key that is not ours' => $tokens->token($g, key => $other,
                                               header => { kid => $kid }),
    'a key of another name' => $tokens->token($g, header => { kid => 'other' }),
    'a key of its own' => $tokens->token($g, key => $other, header => {
        kid => $kid, jwk => $tokens->dpop_key->{jwk} }),
    'crit' => $tokens->token($g, header => { crit => [ 'x' ], x => 1 }),
    'an id token' => $tokens->token($g, typ => 'JWT'),
    'a proof' => $tokens->token($g, typ => 'dpop+jwt'),
    'another issuer' => $tokens->token($g, claims => { iss => 'https://x.example' }),
    'another audience' => $tokens->token($g, claims => { aud => 'https://x.example' }),
    'no audience' => $tokens->token($g, claims => { aud => undef }),
    'expired' => $tokens->token($g, claims => { exp => time - 10 }),
    'no expiry' => $tokens->token($g, claims => { exp => undef }),
    'not yet good' => $tokens->token($g, claims => { nbf => time + 60 }),
    'no session' => $tokens->token($g, claims => { sid => undef }),
    'an unknown session' => $tokens->token($g, claims => { sid => uuid() }),
    'a session that is no UUID' => $tokens->token($g, claims => { sid => "1' OR" }),
    'a browser\'s session' => $tokens->token($g, claims => { sid => $s->{id} }),
    'another member' => $tokens->token($g, claims => { sub => uuid() }),
    'another client' => $tokens->token($g, claims => { client_id => 'other' }),
    'a binding that is unknown' => $tokens->token($g, claims => {
        cnf => { 'x5t#S256' => 'x' } }),
    'a cookie' => $s->{cookie},
    'a long one' => "$head." . 'A' x 20000 . ".$signature",
);

for my $what (sort keys %wrong) {
    next if $what eq 'a long one';
    refused(with("Bearer $wrong{$what}"), $what, qr/^Bearer .*error="invalid_token"/);
}

isnt($t->get('/test/identity/member', headers => {
         Authorization => "Bearer $wrong{'a long one'}" })->status, 200,
     'a token without end');

is($t->get('/test/identity/optional',
           headers => { Authorization => 'Bearer x' })->status, 401,
   'a wrong token is refused even where nobody may');

$r = with("Bearer $right", %$cookie);
is($r->json->{by}, 'bearer', 'of a cookie and a token the token counts');
is(with('Bearer x', %$cookie)->status, 401, 'also if it is wrong');
is($t->get('/test/identity/member', headers => {
       Cookie => "__Host-rb_session=$right" })->status, 401,
   'a token is no cookie');

# DPoP

my $key = $tokens->dpop_key;
my $bound = $tokens->grant(member => $crew, dpop_jkt => "'$key->{jkt}'");
my $token = $tokens->token($bound, claims => { cnf => { jkt => $key->{jkt} } });
my $uri = '/test/identity/member';

sub proved {
    my ($proof, $what) = @_;

    return with('DPoP ' . ($what // $token), DPoP => $proof);
}

for my $turn ('asked for', 'known') {
    $r = proved($tokens->proof($key, 'GET', $uri, token => $token));
    is($r->status, 200, "a bound token with its proof, $turn")
        or diag $r->header('www-authenticate');
    is($r->json->{by}, 'dpop', 'is one');
}

my $proof = $tokens->proof($key, 'GET', $uri, token => $token);
is(proved($proof)->status, 200, 'a proof');
refused(proved($proof), 'once more', qr/^DPoP .*invalid_dpop_proof.*used before/,
        'invalid_dpop_proof');
is($t->db("SELECT count(*) FROM used_proofs"), 3, 'each is remembered');

$r = $t->get("$uri?x=" . 'y' x 3000, headers => {
    Authorization => "DPoP $token",
    DPoP => $tokens->proof($key, 'GET', $uri, token => $token) });
is($r->status, 400, 'a proof names no query, be it as long as it may')
    or diag $r->header('www-authenticate');

refused(with("Bearer $token"), 'a bound token as Bearer',
        qr/^DPoP .*error="invalid_token".*bound to a key.*algs="ES256/);
refused(with("DPoP $token"), 'without a proof', qr/^DPoP .*exactly one/,
        'invalid_dpop_proof');
refused(proved($tokens->proof($key, 'GET', $uri, token => $right), $right),
        'a bearer token as DPoP', qr/^Bearer .*not bound/);
refused(proved($tokens->proof($tokens->dpop_key, 'GET', $uri, token => $token)),
        'the proof of another key', qr/another key/);
refused(proved($tokens->proof($key, 'POST', $uri, token => $token)),
        'the proof of another method', qr/htm/, 'invalid_dpop_proof');
refused(proved($tokens->proof($key, 'GET', '/other', token => $token)),
        'the proof of another URI', qr/htu/, 'invalid_dpop_proof');
refused(proved($tokens->proof($key, 'GET', $uri, token => $right)),
        'the proof of another token', qr/ath/, 'invalid_dpop_proof');
refused(proved($tokens->proof($key, 'GET', $uri)),
        'a proof of no token', qr/ath/, 'invalid_dpop_proof');
refused(proved($tokens->proof($key, 'GET', $uri, token => $token,
                              claims => { iat => time - 300 })),
        'an old proof', qr/iat/, 'invalid_dpop_proof');

$proof = $tokens->proof($key, 'GET', $uri, token => $token);
like($t->raw("GET $uri HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
             . "Authorization: DPoP $token\r\nDPoP: $proof\r\nDPoP: $proof\r\n\r\n"),
     qr{^HTTP/1.1 401 .*exactly one DPoP}s, 'two proofs are none');

my $loose = $tokens->token($bound);
refused(with("Bearer $loose"), 'a token of a bound grant without its binding',
        qr/invalid_token/);

my @raced = $t->parallel(8, sub { proved($proof)->status });
is(scalar(grep { $_ == 200 } @raced), 1, 'of eight at once with one proof one passes')
    or diag "@raced";

# a page has no scopes and, for a token, no CSRF token: it is a browser's alone

my $login = $tokens->token($tokens->grant(member => $crew, scopes => [ 'openid' ]));

$r = $t->get('/account/security', headers => { Accept => 'text/html',
    Authorization => "Bearer $login" });
is($r->status, 303, 'who comes to a page by a token');
like($r->header('location') // '', qr{^/login\b}, 'is nobody there');

$r = $t->post('/account/security/totp', body => '', headers => {
    'Content-Type' => 'application/x-www-form-urlencoded', Accept => 'text/html',
    Authorization => "Bearer $login" });
isnt($r->status, 200, 'nor changes anything') or diag $r->body;
is($t->db("SELECT count(*) FROM totp_factors WHERE member_id = '$crew'"), 0,
   'of the account');

# who may

my %staff = map { $_ => $t->db("SELECT id FROM members WHERE email = '$_\@example.com'") }
    qw(moderator admin super_admin);

for my $role (sort keys %staff) {
    my %cookie = map {
        $_ => "__Host-rb_session=" . $tokens->browser(
            member => $staff{$role}, acr => $_)->{cookie}
    } 1, 2;

    my %got = map { $_ => $t->get('/test/identity/staff',
                                  headers => { Cookie => $cookie{$_} }) } 1, 2;

    if ($role eq 'moderator') {
        is($got{2}->status, 403, 'a moderator is no administrator');
        is($got{2}->json->{code}, 'role_missing', 'and is told so');
        is_deeply($got{2}->json->{missing_roles}, [ 'admin', 'super_admin' ],
                  'with the roles that would do');
        next;
    }

    is($got{1}->status, 401, "$role with one factor is asked for the second");
    like($got{1}->header('www-authenticate'),
         qr/error="insufficient_user_authentication".*acr_values="2"/, 'as RFC 9470 says');
    is($got{2}->status, 200, 'and with it may');
}

is($t->get('/test/identity/staff', headers => $cookie)->status, 403,
   'crew is no administrator');

my $old = $tokens->browser(member => $crew,
                           authenticated_at => "now() - INTERVAL '1 hour'");
$r = $t->get('/test/identity/danger', headers => {
    Cookie => "__Host-rb_session=$old->{cookie}" });
is($r->status, 401, 'a dangerous act wants a fresh log-in');
like($r->header('www-authenticate'), qr/acr_values="1", max_age="900"/, 'and says so');
is($t->get('/test/identity/danger', headers => $cookie)->status, 200, 'as this one is');

my $second = $tokens->browser(member => $crew);
$t->db("INSERT INTO totp_factors (member_id, secret_sealed, confirmed_at)
        VALUES ('$crew', 'x', now())");
$r = $t->get('/test/identity/danger', headers => {
    Cookie => "__Host-rb_session=$second->{cookie}" });
is($r->status, 401, 'with a second factor set up it wants both');
like($r->header('www-authenticate'), qr/acr_values="2", max_age="900"/, 'and says so');

# roles in the resort of the path

my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $owner = '019b76da-abe8-7ce8-9d55-434e45bc9954';
my $elsewhere = $t->db("SELECT id FROM resorts WHERE id <> '$resort' ORDER BY id LIMIT 1");
my $o = { Cookie => '__Host-rb_session='
              . $tokens->browser(member => $owner)->{cookie} };

is($t->get("/test/identity/resorts/$resort", headers => $o)->status, 200,
   'the owner of a resort may there');
$r = $t->get("/test/identity/resorts/$elsewhere", headers => $o);
is($r->status, 403, 'and not in another');
is_deeply($r->json->{missing_roles}, [ 'admin', 'owner', 'manager' ], 'which is told');
is($t->get('/test/identity/resorts/' . uuid(), headers => $o)->status, 403,
   'nor in one that there is not');
is($t->get("/test/identity/resorts/$resort", headers => $cookie)->status, 403,
   'crew may not');

$t->db("UPDATE resort_members SET role = 'recruiter'
         WHERE resort_id = '$resort' AND member_id = '$owner'");
is($t->get("/test/identity/resorts/$resort", headers => $o)->status, 403,
   'a role that was taken away is gone at once');

# what is remembered of a browser

$r = $t->get('/test/identity/optional', headers => {
    'User-Agent' => 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 '
        . '(KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36' });
is($r->json->{agent}, 'Chrome on Windows', 'which browser it is');
is($r->json->{place}, '127.0.0.0/24', 'where it is');
like($r->header('set-cookie'), qr/^__Host-rb_device=([\w-]{43}); Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
     'a device cookie is given');
my ($device) = $r->header('set-cookie') =~ /=([\w-]{43});/;
require Digest::SHA;
is($r->json->{device}, '\x' . Digest::SHA::sha256_hex($device), 'its hash is its name');
$r = $t->get('/test/identity/optional', headers => {
    Cookie => "__Host-rb_device=$device",
    'User-Agent' => 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) '
        . 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 '
        . 'Safari/604.1' });
is($r->header('set-cookie'), undef, 'not another one');
is($r->json->{device}, '\x' . Digest::SHA::sha256_hex($device), 'but is known again');
is($r->json->{agent}, 'Safari on iPhone', 'another browser');

done_testing;
