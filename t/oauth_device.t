# The device flow's page, its budgets, what polling is told; and logging out
# by a client's wish.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'ready');

my $member = $o->member(1);
my $browser = $o->browser($member);

$o->client('app', name => 'TV', post_logout_redirect_uris => 'https://tv.example/bye');
$o->client('other');
$o->client('web', grant_types => 'authorization_code');


sub begin {
    my $r = $o->post('/oauth/device_authorization', client_id => 'app',
                     scope => 'openid offline_access', @_);
    return $r->json;
}


# Polls as if the interval had passed.

sub poll {
    my ($device, %form) = @_;

    $t->db("UPDATE device_codes SET polled_at = polled_at - interval '70 seconds'")
        if !delete $form{soon};

    return $o->token(grant_type => $ResortBite::OAuth::DEVICE,
                     client_id => 'app', device_code => $device->{device_code},
                     %form);
}


is(begin(client_id => 'web')->{error}, 'unauthorized_client',
   'a client that is not registered for it');
is(begin(scope => 'openid admin')->{error}, 'invalid_scope', 'a wrong scope');

my $device = begin();

like($device->{user_code}, qr/^[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}$/,
     'a code without vowels');
is($device->{verification_uri}, $o->issuer . '/device', 'where to go');
is($device->{interval}, 5, 'how often to ask');
is($t->db("SELECT count(*) FROM device_codes WHERE hash = sha256('$device->{device_code}')"),
   1, "the device's code is kept as a hash");

is(poll($device)->json->{error}, 'authorization_pending', 'pending');
is(poll($device, soon => 1)->json->{error}, 'slow_down', 'too soon');
is($t->db('SELECT interval_s FROM device_codes'), 10, 'five seconds more');
is(poll($device, client_id => 'other')->json->{error}, 'invalid_grant',
   "another client's code");

# the page

my $stranger = $o->browser;
is($stranger->get('/device')->status, 303, 'who is not signed in');
like($stranger->location, qr{^/login\?next=}, 'logs in first');

my $typed = lc $device->{user_code} =~ s/-/ /r;

$browser->get('/device?user_code=' . $device->{user_code});
my ($field) = grep { ($_->{name} // '') eq 'user_code' }
    map { @{ $_->{fields} } } $browser->forms;
is($field->{value}, $device->{user_code}, 'the address fills in the code');
is($t->db('SELECT status FROM device_codes'), 'pending', 'and no more');

$browser->submit({ user_code => 'BBBB-BBBB' });
is($browser->status, 404, 'a code that is none');

$browser->submit({ user_code => $typed });
is($browser->status, 200, 'one that is, however it is typed');
like($browser->words, qr/TV/, 'shows the client');
like($browser->words, qr/로그인한 계정: \S+ \(crew1\@example\.com\)/, 'whose account it is');
ok($browser->form('/logout'), 'and how to sign out');
like($browser->words, qr/로그아웃한 뒤에도 계속/, 'and its scopes');
is($t->db('SELECT status FROM device_codes'), 'pending', 'pending still');

is($browser->post_form('/device', { user_code => $device->{user_code},
                                    decision => 'accept' })->status, 403,
   'a form without our token does nothing');

$browser->get('/device');
$browser->submit({ user_code => $typed });
$browser->submit({}, button => [ decision => 'accept' ]);
is($browser->status, 200, 'allowed');
is($t->db('SELECT status FROM device_codes'), 'approved', 'it is');
is($t->db("SELECT client_id || ' ' || (detail->>'device')
             FROM security_events WHERE action = 'consent.given'"),
   'app true', 'and recorded');

my @answers = $t->parallel(6, sub { poll($device, soon => 1)->json });
my @given = grep { $_->{access_token} } @answers;
cmp_ok(scalar @given, '<=', 1, 'of six at once one at most is given tokens');

my $tokens = $given[0] // poll($device)->json;
ok($tokens->{id_token} && $tokens->{refresh_token}, 'tokens');
is(poll($device)->json->{error}, 'invalid_grant', 'once');
is($o->refresh($tokens->{refresh_token})->status, 200, 'which refresh');

# no, and too late

$device = begin();
$browser->get('/device');
$browser->submit({ user_code => $device->{user_code} });
$browser->submit({}, button => [ decision => 'deny' ]);
is(poll($device)->json->{error}, 'access_denied', 'denied');

$device = begin();
$t->db("UPDATE device_codes SET expires_at = now()
         WHERE user_code = '$device->{user_code}'");
is(poll($device)->json->{error}, 'expired_token', 'expired');
$browser->get('/device');
$browser->submit({ user_code => $device->{user_code} });
is($browser->status, 404, 'and can not be allowed any more');

# the browser session that it was allowed in ends

$device = begin();
$browser->get('/device');
$browser->submit({ user_code => $device->{user_code} });
$browser->submit({}, button => [ decision => 'accept' ]);

my (undef, $ended) = $t->parallel(2, sub {
    my ($i) = @_;

    return $t->db("BEGIN; UPDATE sessions SET revoked_at = now(),
                          revoke_reason = 'test'
                    WHERE id = '$browser->{session}';
                   SELECT pg_sleep(2); COMMIT") if $i == 0;

    sleep 1;
    return poll($device)->json->{error};
});

is($ended, 'invalid_grant',
   'a browser session that ends while the device asks: nothing is given');

$browser = $o->browser($member);

# guessing

my $guesser = $o->browser($o->member(2));
my $status = 0;

$guesser->get('/device');

for (1 .. 10) {
    $guesser->submit({ user_code => 'BBBB-BBBB' });
    $status = $guesser->status;
    last if $status == 429;
}

is($status, 429, 'who guesses is slowed down');


# ---- logging out

sub hint { return $o->grant($_[0], scope => 'openid')->{id_token} }

sub uri {
    my (%params) = @_;

    return '/oauth/logout?' . ResortBite::Browser::encode_form(%params);
}

sub signed_in {
    my ($b) = @_;

    return $t->db("SELECT revoked_at IS NULL FROM sessions
                    WHERE id = '$b->{session}'") eq 't';
}


my $hint = hint($browser);
my %bye = (post_logout_redirect_uri => 'https://tv.example/bye', state => 'x&y');

is($browser->get(uri(id_token_hint => $hint,
                     post_logout_redirect_uri => 'https://evil.example/'))
       ->status, 400, 'an address that is not registered');
is($browser->get(uri(%bye))->status, 400, 'one without its client');
is($browser->get(uri(id_token_hint => "${hint}x", %bye))->status, 400,
   'an ID token that is not ours');
is($browser->get(uri(id_token_hint => $hint, client_id => 'other'))->status,
   400, "another client's");
ok(signed_in($browser), 'none of that logs anybody out');

$browser->get(uri(client_id => 'app', %bye));
is($browser->status, 200, 'without a hint the member is asked');
ok(signed_in($browser), 'first');
is($browser->post_form('/oauth/logout', { confirm => 'true' },
                       site => 'cross-site')->status, 403,
   "another site can't answer");

my $other = $o->browser($o->member(3));
$other->get(uri(id_token_hint => $hint, %bye));
is($other->status, 200, "somebody else's hint: asked");
ok(signed_in($other), 'and signed in still');

$other->submit({});
is($other->location, 'https://tv.example/bye?state=x%26y', 'a yes leads back');
ok(!signed_in($other), 'logged out');

$browser->get(uri(id_token_hint => $hint, %bye));
is($browser->location, 'https://tv.example/bye?state=x%26y',
   'with a hint of their own nobody is asked');
ok(!signed_in($browser), 'and is logged out');
is($browser->cookie('__Host-rb_session'), undef, 'without the cookie');

is($o->browser->get(uri(id_token_hint => $hint, %bye))->status, 303,
   'who was not signed in is sent on');

# nobody is sent on to a client that was disabled

$t->db("UPDATE oauth_clients SET disabled_at = now() WHERE id = 'app'");

my $last = $o->browser($member);
$last->get(uri(id_token_hint => $hint, %bye));
is($last->location, undef, 'a disabled client: nobody is sent there');
$last->get(uri(id_token_hint => $hint));
ok(!signed_in($last), 'though they are logged out');

done_testing;
