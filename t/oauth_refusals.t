# What the OAuth provider refuses, and in which words.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;

use JSON::PP ();
use MIME::Base64 qw(encode_base64 encode_base64url);

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'ready');

my $member = $o->member(1);
my $browser = $o->browser($member);
my $key = $o->{tokens}->dpop_key;

my $jwks = JSON::PP->new->canonical->encode({ keys => [ $key->{jwk} ] });

$o->client('app');
$o->client('other');
my $web = $o->client('web', auth_method => 'client_secret_basic');
my $form = $o->client('form', auth_method => 'client_secret_post');
$o->client('signed', auth_method => 'private_key_jwt', jwks => $jwks);
$o->client('narrow', scopes => 'openid', grant_types => 'authorization_code');
$o->client('machine', auth_method => 'client_secret_post', secret => 'x' x 43,
           grant_types => 'client_credentials', scopes => 'read');
$o->client('pushing', require_par => 1);
$o->client('bound', require_dpop => 1);
$o->client('gone');
$t->db("UPDATE oauth_clients SET disabled_at = now() WHERE id = 'gone'");


# ---- GET /oauth/authorize: on a page, while nobody may be sent anywhere

for my $case (
    [ 'no client', 400, client_id => undef ],
    [ 'an unknown client', 400, client_id => 'nobody' ],
    [ 'a disabled client', 400, client_id => 'gone' ],
    [ 'no redirect_uri', 400, redirect_uri => undef ],
    [ 'another redirect_uri', 400, redirect_uri => 'https://evil.example/' ],
    [ 'one that begins like it', 400,
      redirect_uri => "$ResortBite::OAuth::CALLBACK/../x" ],
    [ 'one with a query', 400,
      redirect_uri => "$ResortBite::OAuth::CALLBACK?a=b" ],
    [ 'one with a fragment', 400,
      redirect_uri => "$ResortBite::OAuth::CALLBACK#x" ],
    [ 'localhost for 127.0.0.1', 400,
      redirect_uri => 'http://localhost:9/cb' ],
    [ 'another port of a client with a secret', 400, client_id => 'web',
      redirect_uri => 'http://127.0.0.1:10/cb' ],
    [ 'a request_uri that is not ours', 400,
      request_uri => 'https://evil.example/request' ],
    [ 'a request_uri that was never given', 400,
      request_uri => 'urn:ietf:params:oauth:request_uri:p-abc' ],
) {
    my ($name, $status, %given) = @$case;
    my ($verifier, %params) = $o->params(%given);
    my $r = $browser->get($o->request_uri(%params));

    is($r->status, $status, "$name: a page");
    is($r->header('location'), undef, "$name: nobody is sent anywhere");
    like($r->header('content-type'), qr{^text/html}, "$name: of HTML");
}

my ($v, %p) = $o->params;
my $r = $browser->get($o->request_uri(%p) . '&client_id=other');
is($r->status, 400, 'a parameter given twice: a page');
is($r->header('location'), undef, 'and nobody is sent anywhere');

($v, %p) = $o->params(redirect_uri => 'http://127.0.0.1:54321/cb');
is($browser->get($o->request_uri(%p))->status, 200,
   'any port of a native client');


# ---- to the client, with state and iss

for my $case (
    [ 'no PKCE', 'invalid_request', code_challenge => undef,
      code_challenge_method => undef ],
    [ 'plain PKCE', 'invalid_request', code_challenge_method => 'plain' ],
    [ 'PKCE without its method', 'invalid_request',
      code_challenge_method => undef ],
    [ 'a challenge that is none', 'invalid_request',
      code_challenge => 'short' ],
    [ 'no response_type', 'invalid_request', response_type => undef ],
    [ 'response_type=token', 'unsupported_response_type',
      response_type => 'token' ],
    [ 'the implicit flow', 'unsupported_response_type',
      response_type => 'id_token token' ],
    [ 'the hybrid flow', 'unsupported_response_type',
      response_type => 'code id_token' ],
    [ 'response_mode=fragment', 'invalid_request',
      response_mode => 'fragment' ],
    [ 'an unknown scope', 'invalid_scope', scope => 'openid admin' ],
    [ 'a scope that the client may not have', 'invalid_scope',
      client_id => 'narrow', scope => 'openid email' ],
    [ 'prompt=none and more', 'invalid_request', prompt => 'none login' ],
    [ 'an unknown prompt', 'invalid_request', prompt => 'create' ],
    [ 'a max_age that is none', 'invalid_request', max_age => '-1' ],
    [ 'a request object', 'request_not_supported',
      request => 'eyJhbGciOiJub25lIn0.e30.' ],
    [ 'a dpop_jkt that is none', 'invalid_request', dpop_jkt => 'x' ],
    [ 'no pushed request', 'invalid_request', client_id => 'pushing' ],
    [ 'prompt=none without consent', 'consent_required', prompt => 'none' ],
    [ 'prompt=none and an old log-in', 'login_required', prompt => 'none',
      max_age => 0 ],
) {
    my ($name, $error, %given) = @$case;
    my ($verifier, %params) = $o->params(%given);
    my $back = ResortBite::OAuth::back(
        $browser->get($o->request_uri(%params)));

    is($back->{page}, 303, "$name: back to the client");
    is($back->{error}, $error, "$name: $error");
    is($back->{base}, $params{redirect_uri}, "$name: where it is registered");
    is($back->{state}, 'st&a te', "$name: with its state");
    is($back->{iss}, $o->issuer, "$name: and our name");
    is($back->{code}, undef, "$name: no code");
}

my $back = $o->authorize($o->browser, prompt => 'none');
is($back->{error}, 'login_required', 'prompt=none of nobody: login_required');

my $recent = $o->browser($member,
    authenticated_at => "date_trunc('second', now()) + interval '999 ms'");
is($o->authorize($recent, prompt => 'none', max_age => 0)->{error}, 'login_required',
   'max_age=0 and a log-in late in this second: login_required');

is($o->authorize($browser, decision => 'deny')->{error}, 'access_denied',
   'the member says no: access_denied');
is($t->db('SELECT count(*) FROM oauth_consents'), 0, 'which is no consent');
is($t->db('SELECT count(*) FROM authorization_codes'), 0, 'nor a code');


# ---- the consent page's form

($v, %p) = $o->params;
$browser->get($o->request_uri(%p));
my ($page) = $browser->forms;
my %fields = map { $_->{name} => $_->{value} } @{ $page->{fields} };

for my $case (
    [ 'without a token', { csrf => '' }, {} ],
    [ 'with a wrong token', { csrf => 'x' x 64 }, {} ],
    [ 'of another site', {}, { site => 'cross-site' } ],
) {
    my ($name, $changed, $options) = @$case;
    my $r = $browser->post_form('/oauth/authorize',
        { %fields, decision => 'accept', %$changed }, %$options);
    is($r->status, 403, "consent $name is refused");
}

is($t->db('SELECT count(*) FROM authorization_codes'), 0, 'and gives no code');

$r = $browser->post_form('/oauth/authorize',
    { %fields, redirect_uri => 'https://evil.example/', decision => 'accept' });
is($r->status, 400, 'nor does a form with another redirect_uri');


# ---- POST /oauth/token

sub refused {
    my ($name, $error, %form) = @_;

    my $status = delete $form{status} // 400;
    my $r = $o->token(%form);

    is($r->status, $status, "$name: $status") or diag($r->body);
    is($r->json->{error}, $error, "$name: $error");
    like($r->json->{error_description}, qr/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/,
         "$name: described");
    is($r->header('cache-control'), 'no-store', "$name: not to be kept");

    return $r;
}


refused('no grant_type', 'invalid_request', client_id => 'app');
refused('the password grant', 'unsupported_grant_type', client_id => 'app',
        grant_type => 'password', username => 'x', password => 'y');
refused('the implicit grant', 'unsupported_grant_type', client_id => 'app',
        grant_type => 'implicit');
refused('no code', 'invalid_request', client_id => 'app',
        grant_type => 'authorization_code');
refused('an unknown code', 'invalid_grant', client_id => 'app',
        grant_type => 'authorization_code', code => $o->random,
        redirect_uri => $ResortBite::OAuth::CALLBACK,
        code_verifier => $o->random);
refused('a grant that the client has not', 'unauthorized_client',
        client_id => 'narrow', grant_type => 'refresh_token',
        refresh_token => 'x');
refused('client_credentials of a public client', 'unauthorized_client',
        client_id => 'app', grant_type => 'client_credentials');
refused('a scope that the client has not', 'invalid_scope',
        client_id => 'machine', client_secret => 'x' x 43,
        grant_type => 'client_credentials', scope => 'write');
refused('openid of a client for itself', 'invalid_scope',
        basic => $web, grant_type => 'client_credentials',
        scope => 'openid');
refused('no DPoP where it must be', 'invalid_dpop_proof', client_id => 'bound',
        grant_type => 'refresh_token', refresh_token => 'x');
refused('a DPoP proof that is none', 'invalid_dpop_proof', client_id => 'app',
        grant_type => 'refresh_token', refresh_token => 'x',
        headers => { DPoP => 'x.y.z' });
refused('a DPoP proof for another address', 'invalid_dpop_proof',
        client_id => 'app', grant_type => 'refresh_token',
        refresh_token => 'x', headers => {
            DPoP => $o->{tokens}->proof($key, 'POST', '/oauth/par') });

my $proof = $o->{tokens}->proof($key, 'POST', '/oauth/token');
refused('a DPoP proof', 'invalid_grant', client_id => 'app',
        grant_type => 'refresh_token', refresh_token => 'x',
        headers => { DPoP => $proof });
refused('the same one again', 'invalid_dpop_proof', client_id => 'app',
        grant_type => 'refresh_token', refresh_token => 'x',
        headers => { DPoP => $proof });

$r = $t->post('/oauth/token', headers => {
    'Content-Type' => 'application/x-www-form-urlencoded' },
    body => 'client_id=app&grant_type=refresh_token&grant_type=password'
            . '&refresh_token=x');
is($r->status, 400, 'a parameter given twice');
is($r->json->{error}, 'invalid_request', 'is an invalid request');

$r = $t->post('/oauth/token', json => { client_id => 'app' });
is($r->json->{error}, 'invalid_request', 'JSON is an invalid request');

is($t->get('/oauth/token')->status, 405, 'so is GET');


# ---- which client it is

my @any = (grant_type => 'client_credentials', status => 401);

for my $case (
    [ 'nobody' ],
    [ 'an unknown client', client_id => 'nobody' ],
    [ 'a disabled client', client_id => 'gone' ],
    [ 'a public client with a secret', client_id => 'app',
      client_secret => 'x' ],
    [ 'no secret', client_id => 'web' ],
    [ 'a wrong secret', basic => { id => 'web', secret => 'x' } ],
    [ 'the right secret by another way', client_id => 'web',
      client_secret => $web->{secret} ],
    [ 'Basic for a client of client_secret_post', basic => $form ],
    [ 'Basic and another client_id', basic => $web, client_id => 'form' ],
    [ 'a token instead', headers => { Authorization => 'Bearer x' } ],
    [ 'Basic that is none', headers => { Authorization => 'Basic ====' } ],
) {
    my ($name, %form) = @$case;
    my $r = refused($name, 'invalid_client', @any, %form);

    like($r->header('www-authenticate'), qr/^Basic realm=/,
         "$name: with a challenge");
}

refused('Basic and a secret in the form', 'invalid_request',
        grant_type => 'client_credentials', basic => $web,
        client_id => 'web', client_secret => $web->{secret});

my $odd = $o->client('odd', auth_method => 'client_secret_basic',
                     secret => 'a:b+c/d %');
is($o->token(grant_type => 'client_credentials', scope => 'read',
             basic => { id => 'odd', secret => 'a%3Ab%2Bc%2Fd+%25' })->status,
   200, 'id and secret are form-encoded within Basic');


# ---- assertions

my $TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

sub assertion {
    my (%with) = @_;

    my %claims = (iss => 'signed', sub => 'signed', aud => $o->issuer,
                  iat => time, exp => time + 60,
                  jti => ResortBite::Tokens::uuid(),
                  %{ $with{claims} // {} });
    delete @claims{ grep { !defined $claims{$_} } keys %claims };

    return ResortBite::Tokens::jwt(
        { alg => 'ES256', %{ $with{header} // {} } }, \%claims,
        exists $with{file} ? $with{file} : $key->{file});
}


sub asserted {
    my ($assertion, %form) = @_;

    return (grant_type => 'client_credentials', scope => 'read',
            client_assertion_type => $TYPE, client_assertion => $assertion,
            %form);
}


for my $aud ($o->issuer, $o->issuer . '/oauth/token', [ 'x', $o->issuer ]) {
    is($o->token(asserted(assertion(claims => { aud => $aud })))->status, 200,
       'an assertion for us');
}

is($o->token(asserted(assertion(claims => { exp => time + 60.5 })))->status,
   200, 'one that ends within a second');
cmp_ok($t->db('SELECT extract(epoch FROM min(expires_at)) FROM used_proofs'),
       '>', time + 60, 'is kept for as long as it is good');

my $once = assertion();
is($o->token(asserted($once))->status, 200, 'one');
refused('the same again', 'invalid_client', status => 401, asserted($once));

my $foreign = $o->{tokens}->dpop_key;

for my $case (
    [ 'alg none', assertion(header => { alg => 'none' }, file => undef) ],
    [ 'alg HS256', assertion(header => { alg => 'HS256' }) ],
    [ 'another key', assertion(file => $foreign->{file}) ],
    [ 'another audience', assertion(claims => { aud => 'https://x.example' }) ],
    [ 'an old one', assertion(claims => { exp => time - 60 }) ],
    [ 'one without an end', assertion(claims => { exp => undef }) ],
    [ 'one for years', assertion(claims => { exp => time + 86_400 * 365 }) ],
    [ 'one for years and a half',
      assertion(claims => { exp => time + 86_400 * 365 + 0.5 }) ],
    [ 'one without jti', assertion(claims => { jti => undef }) ],
    [ 'another subject', assertion(claims => { sub => 'app' }) ],
    [ "another client's", assertion(claims => { iss => 'web', sub => 'web' }) ],
    [ 'no JWT', 'x' ],
) {
    my ($name, $assertion) = @$case;
    refused("$name", 'invalid_client', status => 401, asserted($assertion));
}

refused('another kind of assertion', 'invalid_client', status => 401,
        asserted(assertion(), client_assertion_type => 'saml'));
refused('an assertion and a secret', 'invalid_request',
        asserted(assertion(), client_id => 'signed', client_secret => 'x'));


# ---- codes

$back = $o->authorize($browser, scope => 'openid offline_access');
ok($back->{code}, 'a code');

for my $case (
    [ 'a wrong verifier', code_verifier => $o->random ],
    [ 'a short verifier', code_verifier => 'x' ],
    [ 'another client', client_id => 'other' ],
    [ 'another redirect_uri',
      redirect_uri => 'http://127.0.0.1:10/cb' ],
) {
    my ($name, %changed) = @$case;
    my $r = $o->redeem($back, %changed);
    is($r->json->{error}, 'invalid_grant', "the code with $name");
}

$r = $o->redeem($back);
is($r->status, 200, 'none of that has used it up');

my $tokens = $r->json;

# who has found the used code without its verifier ends nothing

is($o->redeem($back, code_verifier => $o->random)->json->{error},
   'invalid_grant', 'the used code with a wrong verifier');
is($o->refresh($tokens->{refresh_token})->status, 200, 'ends nothing');

is($o->redeem($back)->json->{error}, 'invalid_grant',
   'the used code with its verifier');
is($t->db("SELECT revoke_reason FROM sessions AS s
             JOIN authorization_codes AS c ON c.session_id = s.id"),
   'code_reused', 'ends what it gave');
is($o->refresh($tokens->{refresh_token})->json->{error}, 'invalid_grant',
   'its refresh tokens are no good');
is($t->db("SELECT count(*) FROM security_events
            WHERE action = 'token.family_revoked'
              AND detail->>'reason' = 'code_reused'"), 1, 'an event tells');

$back = $o->authorize($browser);
my @raced = $t->parallel(8, sub { $o->redeem($back)->status });
is(scalar(grep { $_ == 200 } @raced), 1, 'of eight at once one gets it');

$back = $o->authorize($browser);
$t->db('UPDATE authorization_codes SET expires_at = now()');
is($o->redeem($back)->json->{error}, 'invalid_grant', 'an old code');

$back = $o->authorize($browser);
$t->db("UPDATE oauth_clients SET disabled_at = now() WHERE id = 'app'");
is($o->redeem($back)->json->{error}, 'invalid_client',
   'the code of a client that was disabled');
$t->db("UPDATE oauth_clients SET disabled_at = NULL WHERE id = 'app'");

# what is ended while a code is being used: the one waits for the other

sub redeemed_during {
    my ($sql, @headers) = @_;

    my $back = $o->authorize($browser, scope => 'openid offline_access');
    my (undef, $error) = $t->parallel(2, sub {
        my ($i) = @_;

        return $t->db("BEGIN; $sql; SELECT pg_sleep(2); COMMIT") if $i == 0;

        sleep 1;
        return $o->redeem($back, @headers)->json->{error};
    });

    return $error;
}


is(redeemed_during("LOCK TABLE used_proofs IN EXCLUSIVE MODE;
                    UPDATE oauth_clients SET disabled_at = now()
                     WHERE id = 'app'", headers => { DPoP =>
       $o->{tokens}->proof($key, 'POST', '/oauth/token') }),
   'invalid_grant', 'a client that is disabled meanwhile');
$t->db("UPDATE oauth_clients SET disabled_at = NULL WHERE id = 'app'");

is(redeemed_during("UPDATE sessions SET revoked_at = now(),
                                        revoke_reason = 'test'
                     WHERE id = '$browser->{session}'"),
   'invalid_grant', 'a browser session that ends meanwhile');

$browser = $o->browser($member);

# what a new password ends is not given, nor refreshed, a moment later

$back = $o->authorize($browser, scope => 'openid offline_access');
$tokens = $o->grant($browser, scope => 'openid offline_access');
$t->db("UPDATE members SET password_changed_at = now() WHERE id = '$member'");
is($o->redeem($back)->json->{error}, 'invalid_grant',
   'a code that is older than the password');
is($o->refresh($tokens->{refresh_token})->json->{error}, 'invalid_grant',
   'a refresh token likewise');
is($o->refresh($o->grant($browser)->{refresh_token})->status, 200,
   'newer ones are good');

# what a client may not have any more it is not given again

$o->client('shrinks', auth_method => 'client_secret_basic', secret => 's' x 43);
my %shrinks = (basic => { id => 'shrinks', secret => 's' x 43 });
$tokens = $o->grant($browser, client_id => 'shrinks', %shrinks,
                    scope => 'openid read write');
$back = $o->authorize($browser, client_id => 'shrinks', scope => 'openid write');
$t->db("UPDATE oauth_clients SET scopes = '{openid,read}' WHERE id = 'shrinks'");

is($o->refresh($tokens->{refresh_token}, %shrinks, scope => 'write')
       ->json->{error}, 'invalid_scope', 'a scope that was taken away');
$r = $o->refresh($tokens->{refresh_token}, %shrinks);
is($r->json->{scope}, 'openid read', 'is left out of the next token');
is($o->redeem($back, %shrinks)->json->{scope}, 'openid',
   "and of a code's first");

$back = $o->authorize($browser, dpop_jkt => $foreign->{jkt});
is($o->redeem($back)->json->{error}, 'invalid_grant',
   'a code for a key, without a proof');
is($o->redeem($back, headers => { DPoP =>
       $o->{tokens}->proof($key, 'POST', '/oauth/token') })->json->{error},
   'invalid_grant', 'with the proof of another');
is($o->redeem($back, headers => { DPoP =>
       $o->{tokens}->proof($foreign, 'POST', '/oauth/token') })
       ->json->{token_type}, 'DPoP', 'with its own it is good');


# ---- a refresh token of a public client is bound to the key

$tokens = $o->redeem($o->authorize($browser), headers => {
    DPoP => $o->{tokens}->proof($key, 'POST', '/oauth/token') })->json;

is($o->refresh($tokens->{refresh_token})->json->{error}, 'invalid_grant',
   'a bound refresh token without a proof');
is($o->refresh($tokens->{refresh_token}, headers => { DPoP =>
       $o->{tokens}->proof($foreign, 'POST', '/oauth/token') })
       ->json->{error}, 'invalid_grant', 'with the proof of another key');
is($o->refresh($tokens->{refresh_token}, headers => { DPoP =>
       $o->{tokens}->proof($key, 'POST', '/oauth/token') })->status, 200,
   'with its own it is good');


# ---- PAR

sub push_request {
    my (%given) = @_;

    my %extra = map { $_ => delete $given{$_} }
        grep { exists $given{$_} } qw(basic headers);
    my ($verifier, %params) = $o->params(client_id => 'pushing', %given);

    return $o->post('/oauth/par', %params, %extra);
}


for my $case (
    [ 'another redirect_uri', 'invalid_request',
      redirect_uri => 'https://evil.example/' ],
    [ 'a request_uri', 'invalid_request', request_uri => 'urn:x' ],
    [ 'no PKCE', 'invalid_request', code_challenge => undef ],
    [ 'response_type=token', 'unsupported_response_type',
      response_type => 'token' ],
    [ 'an unknown scope', 'invalid_scope', scope => 'x' ],
    [ 'an unknown client', 'invalid_client', client_id => 'nobody' ],
) {
    my ($name, $error, %given) = @$case;
    is(push_request(%given)->json->{error}, $error, "pushed, $name");
}

$r = push_request();
is($r->status, 201, 'a request is pushed');
is($r->json->{expires_in}, 60, 'for a minute');

my $uri = $r->json->{request_uri};

$r = $browser->get($o->request_uri(client_id => 'app', request_uri => $uri));
is($r->status, 400, "another client can't use it");
$r = $browser->get($o->request_uri(client_id => 'pushing',
                                   request_uri => $uri));
is($r->status, 400, 'and whoever has tried has used it up');

$uri = push_request()->json->{request_uri};
$browser->get($o->request_uri(client_id => 'pushing', request_uri => $uri));
is($browser->get($o->request_uri(client_id => 'pushing',
                                 request_uri => $uri))->status, 400,
   'a pushed request is good once');


# ---- introspection and revocation

$r = $o->post('/oauth/introspect', client_id => 'app', token => 'x');
is($r->status, 401, 'a public client may not introspect');

$tokens = $o->grant($browser);

for my $token ('x', 'a.b.c', $tokens->{access_token},
               $tokens->{refresh_token}) {
    $r = $o->post('/oauth/introspect', basic => $web, token => $token);
    is($r->status, 200, 'what is not its own');
    is_deeply($r->json, { active => JSON::PP::false() }, 'is not active');

    is($o->post('/oauth/revoke', basic => $web, token => $token)->status,
       200, 'and revoking it is 200');
}

$r = $o->post('/oauth/revoke', client_id => 'app', token => $o->grant($browser)->{refresh_token});
is($r->status, 200, 'what is its own, too');
is($r->header('set-cookie'), undef, 'a client is given no cookie to name its device');

$t->db("UPDATE oauth_clients SET first_party = true WHERE id = 'web'");

$r = $o->post('/oauth/introspect', basic => $web,
              token => $tokens->{access_token})->json;
ok($r->{active}, 'a service of ours is told of others\' access tokens');
is($r->{client_id}, 'app', 'and whose they are');
ok(!$o->post('/oauth/introspect', basic => $web,
             token => $tokens->{refresh_token})->json->{active},
   'but not of refresh tokens');
is($o->post('/oauth/revoke', basic => $web,
            token => $tokens->{access_token})->status, 200,
   'and can\'t revoke them');

$t->db("UPDATE oauth_clients SET first_party = false WHERE id = 'web'");

is($o->refresh($tokens->{refresh_token})->status, 200, 'but does nothing');


# ---- too many wrong secrets from one address

my $last;

for (1 .. 60) {
    $last = $o->token(grant_type => 'client_credentials',
                      basic => { id => 'web', secret => "x$_" });
    last if $last->status == 429;
}

is($last->status, 429, 'an address that tries secrets is slowed down');
cmp_ok($last->header('retry-after'), '>', 0, 'and told for how long');

is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the trail is whole');

done_testing;
