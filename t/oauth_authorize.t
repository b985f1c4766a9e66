# The way through the browser: log-in, consent, prompts, first-party clients,
# pushed and long requests, and what is left behind.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;

use MIME::Base64 ();

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'ready');

my $member = $o->member(1);
my $browser = $o->browser($member);

my $LOOPBACK = $ResortBite::OAuth::CALLBACK;

$ResortBite::OAuth::CALLBACK = 'https://app.example/cb';

$o->client('app', name => '<b>앱</b>');
$o->client('ours', first_party => 1);
$o->client('pushing', require_par => 1);


sub visit {
    my ($b, %given) = @_;

    my ($verifier, %params) = $o->params(%given);
    my $r = $b->get($o->request_uri(%params));

    return ($r, { %{ ResortBite::OAuth::back($r) }, verifier => $verifier,
                  redirect_uri => $params{redirect_uri} });
}


# An address of ours in Location: its path, and its parameters.

sub next_of {
    my ($r) = @_;

    my ($path, $query) = ($r->header('location') // '') =~ /^([^?]*)\?(.*)$/s
        or return;
    my %query = map { s/%([0-9A-F]{2})/chr hex $1/ger } map { split /=/, $_, 2 }
        split /&/, $query;

    return ($path, \%query);
}


# ---- consent

my ($r, $back) = visit($browser, scope => 'openid email offline_access');

is($r->status, 200, 'the consent page');
like($browser->words, qr/<b>앱<\/b>/, "has the client's name, escaped");
like($browser->words, qr/로그인한 계정: \S+ \(crew1\@example\.com\)/, 'whose account it is');
like($browser->value('next', '/logout') // '', qr{^/oauth/authorize\?.*client_id=app},
     'with a way to sign out and come back');
like($browser->words, qr/이메일 주소 보기/, 'and the scopes in words');
like($browser->words, qr/로그아웃한 뒤에도/, 'all of them');
unlike($browser->words, qr/나를 대신해/, 'and no other');
like($r->header('content-security-policy'), qr{form-action 'self' https://app\.example},
     'its form may lead to the client');
is($r->header('cache-control'), 'no-store', 'it is not kept');

my $english = $o->browser($member, language => 'en');
visit($english, scope => 'openid email');
like($english->words, qr/See your e-mail address/, 'in English, too');

$back = $o->authorize($browser, scope => 'openid email');
ok($back->{code}, 'accepted: a code');
is($back->{state}, 'st&a te', 'with the state');
is($back->{iss}, $o->issuer, 'and the issuer');

is($t->db("SELECT scopes FROM oauth_consents WHERE member_id = '$member'"),
   '{openid,email}', 'the consent is remembered');
is($t->db("SELECT client_id || ' ' || session_id || ' ' || (detail->>'scopes')
             FROM security_events WHERE action = 'consent.given'"),
   qq(app $browser->{session} ["openid", "email"]), 'and recorded');

($r, $back) = visit($browser, scope => 'openid');
is($r->status, 303, 'what was agreed to is not asked again');
ok($back->{code}, 'a code at once');

($r) = visit($browser, scope => 'openid', prompt => 'consent');
is($r->status, 200, 'unless the client wants it to be');
($r) = visit($browser, scope => 'openid read');
is($r->status, 200, 'more than that is');

$o->authorize($browser, scope => 'openid read');
is($t->db("SELECT scopes FROM oauth_consents WHERE member_id = '$member'"),
   '{email,openid,read}', 'and adds up');

($r, $back) = visit($browser, scope => 'openid', prompt => 'none');
ok($back->{code}, 'prompt=none gets a code without a word');

($r, $back) = visit($browser, client_id => 'ours', scope => 'openid write');
ok($back->{code}, 'a client of our own needs no consent');
is($t->db("SELECT count(*) FROM oauth_consents WHERE client_id = 'ours'"), 0,
   'and none is kept');


# anybody can listen at a loopback port, or claim a scheme

$o->client($_->[0], redirect_uris => "$LOOPBACK com.example.app:/cb",
           first_party => $_->[1]) for [ 'native', 0 ], [ 'own_native', 1 ];

for my $client (qw(native own_native)) {
    for my $uri ($LOOPBACK, 'http://127.0.0.1:54321/cb', 'com.example.app:/cb') {
        my %given = (client_id => $client, redirect_uri => $uri);

        ok($o->authorize($browser, %given)->{code}, "$client, $uri: a code");

        ($r) = visit($browser, %given);
        is($r->status, 200, 'the next one is asked for as well');

        ($r, $back) = visit($browser, %given, prompt => 'none');
        is($back->{error}, 'consent_required', 'nor is it given in silence');
    }
}


# ---- the log-in

($r) = visit($o->browser, login_hint => 'a@example.com', ui_locales => 'en');
is($r->status, 303, 'nobody is signed in');

my ($path, $query) = next_of($r);
is($path, '/login', 'so they are to log in');
is($query->{login_hint}, 'a@example.com', 'with the hint');
is($query->{ui_locales}, 'en', 'and the language');
like($query->{next}, qr{^/oauth/authorize\?}, 'and come back here');

$r = $browser->get($query->{next});
is($r->status, 200, 'back from a form: a page');
like($r->header('refresh'), qr{^0;url=https://app\.example/cb\?code=},
     'which leads on by itself');
my ($link) = grep { $_->{href} =~ m{^https://app\.example/cb\?code=} }
    $browser->links;
ok($link, 'or by a link');
is('0;url=' . $link->{href}, $r->header('refresh'), 'to the same address');


# ---- prompts and ages

my $hour = $o->browser($member,
    authenticated_at => "now() - interval '1 hour'");

for my $case ([ 'prompt=login', prompt => 'login' ],
              [ 'select_account', prompt => 'select_account' ],
              [ 'max_age', max_age => 600 ],
              [ 'max_age=0', max_age => 0 ])
{
    my ($name, %given) = @$case;
    my ($r) = visit($hour, %given);
    my ($path, $query) = next_of($r);

    is($path, '/login/again', "$name: the log-in is to be repeated");

    my ($again) = next_of($hour->get($query->{next}));
    is($again, '/login/again', "$name: coming back without it is not enough");

    my $fresh = $o->browser($member,
        authenticated_at => "now() + interval '1 second'");
    like($fresh->get($query->{next})->header('refresh') // '', qr/code=/,
         "$name: with it it is");

    my ($forged) = next_of($hour->get(
        $query->{next} =~ s/auth_after=[^&]*/auth_after=x/r));
    is($forged, '/login/again', "$name: it can't be forged");

    my ($after) = $query->{next} =~ /(auth_after=[^&]*)/;
    my (undef, %other) = $o->params(%given);
    my ($taken) = next_of($fresh->get($o->request_uri(%other) . "&$after"));
    is($taken, '/login/again', "$name: nor taken over by another request")
        if $given{prompt};
}

($r, $back) = visit($hour, max_age => 7200);
ok($back->{code}, 'a max_age that is kept');

# a wish for two factors, where none are set up

($r, $back) = visit($browser, acr_values => '2');
ok($back->{code}, 'who has no second factor goes on without');


# ---- the tokens say how it was

my $two = $o->browser($member, acr => 2, amr => "'{pwd,otp,mfa}'");
my $tokens = $o->redeem($o->authorize($two))->json;
my ($claims) = map { JSON::PP->new->utf8->decode(
    MIME::Base64::decode_base64url((split /\./, $_)[1])) } $tokens->{id_token};

is($claims->{acr}, '2', 'two factors: acr');
is_deeply($claims->{amr}, [ qw(pwd otp mfa) ], 'amr');

is($t->db("SELECT kind || ' ' || client_id || ' ' || (parent_id = '$two->{session}')
             FROM sessions WHERE id = '$claims->{sid}'"), 'grant app true',
   'the grant hangs on the browser session');


# ---- pushed

sub pushed {
    my ($verifier, %params) = $o->params(client_id => 'pushing',
                                         scope => 'openid', @_);
    my $r = $o->post('/oauth/par', %params);

    return ($verifier, $o->request_uri(client_id => 'pushing',
                                       request_uri => $r->json->{request_uri}));
}

my ($verifier, $uri) = pushed();

($path, $query) = next_of($o->browser->get($uri));
is($path, '/login', 'a pushed request of nobody: log in first');
like($query->{next}, qr/request_uri=urn/, 'it waits here meanwhile');
unlike($query->{next}, qr/code_challenge/, 'not in the address');

$browser->get($query->{next});
is($browser->status, 200, 'then the consent page');
is($browser->get($query->{next})->status, 200, 'which can be loaded again');
$back = ResortBite::OAuth::back($browser->submit({}, button => [ decision => 'accept' ]));
ok($back->{code}, 'and the code');
is($o->redeem({ %$back, verifier => $verifier,
                redirect_uri => $ResortBite::OAuth::CALLBACK },
              client_id => 'pushing')->status, 200, 'which is good');
is($browser->get($query->{next})->status, 400, 'the request is used up');

($verifier, $uri) = pushed();
$t->db("UPDATE one_time_tokens SET expires_at = now()");
is($browser->get($uri)->status, 400, 'a pushed request is good for a minute');


# ---- long

($r) = visit($o->browser, state => 'x' x 1900);
($path, $query) = next_of($r);
cmp_ok(length $query->{next}, '<', 2000, 'a long request waits here as well');
$r = $browser->get($query->{next});
like($r->header('refresh') // '', qr/state=x{1900}/, 'and keeps its state');


# of what waits here there is so much an address, whoever begins it

my %statuses;

for (1 .. 250) {
    my ($r) = visit($o->browser, state => 'x' x 1900);
    $statuses{ $r->status }++;
    last if $r->status == 429;
}

is($statuses{429}, 1, 'an address that begins too many is slowed down');
cmp_ok($statuses{303}, '>=', 150, 'but only then');

my $late = $o->post('/oauth/par', client_id => 'pushing');
is($late->status, 429, 'so is what it pushes for a public client');
$late = $o->post('/oauth/device_authorization', client_id => 'app');
is($late->status, 429, 'and the devices that it begins');


# ---- a client's POST

my ($v, %params) = $o->params;
$r = $browser->post_form('/oauth/authorize', \%params, site => 'cross-site');
is($r->status, 303, 'a request by POST');
like($r->header('location'), qr{^/oauth/authorize\?}, 'is asked again by GET');


# ---- a session that ended meanwhile

visit($browser, scope => 'openid', prompt => 'consent');
$t->db("UPDATE sessions SET revoked_at = now(), revoke_reason = 'test'
         WHERE id = '$browser->{session}'");
ok($t->wait_for(sub { ((next_of((visit($browser))[0]))[0] // '') eq '/login' }, 5),
   'after its end there is no code');

is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the trail is whole');

done_testing;
