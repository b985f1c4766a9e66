# PostgreSQL goes away under accounts: who asks is told to come back, nothing is
# done by half, and a link that was followed in vain is good afterwards.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

my $t = ResortBite::Identity->world(postgres => {}, allow => [ qr/\[crit\].*connect/ ]);
my $b = ResortBite::Browser->new($t);
my $member = log_in($b, 'crew1@example.com')->json->{session}{member_id};
my $csrf = csrf($b);

my %sign_up = (
    email => 'new@example.com', password => 'while all is well', display_name => '누구',
    born_on => '1999-09-09', role => 'crew', terms => JSON::PP::true, privacy => JSON::PP::true,
);


sub post {
    my ($method, $uri, $json) = @_;

    return $b->request($method, $uri, site => 'same-origin', json => $json,
                       headers => { 'X-CSRF-Token' => $csrf });
}


sub counts {
    return $t->db("SELECT concat_ws(' ',
        (SELECT count(*) FROM members), (SELECT count(*) FROM sign_ups),
        (SELECT count(*) FROM sessions WHERE revoked_at IS NULL),
        (SELECT count(*) FROM one_time_tokens WHERE used_at IS NULL),
        (SELECT count(*) FROM outbox), (SELECT count(*) FROM security_events),
        (SELECT count(*) FROM member_consents),
        (SELECT md5(string_agg(password_hash, ',' ORDER BY id)) FROM members),
        (SELECT count(*) FROM members WHERE status = 'deleted'))");
}


# what there is before

is(post(POST => '/api/v1/accounts', \%sign_up)->status, 202, 'a sign-up');
is(post(POST => '/api/v1/password-resets', { email => 'crew2@example.com' })->status, 202,
   'a reset');
is(post(PUT => '/api/v1/me/email', { email => 'other@example.com' })->status, 202,
   'another address');

my ($verify) = mails($t, 'verify_email', 'new@example.com');
my ($reset) = mails($t, 'reset_password', 'crew2@example.com');
my ($confirm) = mails($t, 'confirm_email', 'other@example.com');

my @tries = (
    [ 'sign-up', POST => '/api/v1/accounts', { %sign_up, email => 'newer@example.com' }, 202 ],
    [ 'its link', POST => '/api/v1/accounts/verify',
      { token => token($t, 'verify_email', $verify->{token_id}) }, 201 ],
    [ 'log-in', POST => '/api/v1/sessions', { email => 'crew3@example.com',
                                              password => $PASSWORD }, 201 ],
    [ 'reset', POST => '/api/v1/password-resets', { email => 'crew4@example.com' }, 202 ],
    [ 'its link', PUT => '/api/v1/password-resets', {
        token => token($t, 'reset_password', $reset->{token_id}),
        password => 'when it is back' }, 204 ],
    [ 'the link of an address', POST => '/api/v1/accounts/confirm-email',
      { token => token($t, 'confirm_email', $confirm->{token_id}) }, 204 ],
);

# one that is signed in is refused rather than believed
my @own = (
    [ 'one\'s account', GET => '/api/v1/me' ],
    [ 'a password', PUT => '/api/v1/me/password',
      { old_password => $PASSWORD, password => 'when it is back' } ],
    [ 'a consent', PUT => '/api/v1/me/consents/marketing', { given => JSON::PP::true } ],
    [ 'the end', DELETE => '/api/v1/me' ],
);

my $before = counts();
my $cookie = $b->cookie('__Host-rb_session');

$t->postgres->kill9;

for my $try (@tries, @own) {
    my ($what, $method, $uri, $json) = @$try;
    my $r = post($method, $uri, $json);

    is($r->status, 503, "$what: 503") or diag($r->body);
    is($r->json->{code}, 'database_unavailable', "$what: why");
    ok($r->header('retry-after'), "$what: and when to come back");
    unlike($r->body, qr/example\.com|scrypt|SELECT/, "$what: no more than that");
}

is($b->cookie('__Host-rb_session'), $cookie, 'nobody is logged out by it');

$t->postgres->start;
ok($t->wait_ready, 'back');

is(counts(), $before, 'nothing was done by half');

for my $try (@tries) {
    my ($what, $method, $uri, $json, $status) = @$try;
    is(post($method, $uri, $json)->status, $status, "$what: now") or diag($b->response->body);
}

is($b->get('/api/v1/me')->status, 200, 'and whoever was in is in');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0, 'the trail is whole');
unlike($t->error_log, qr/while all is well|when it is back|\$scrypt/, 'the log knows no password');

done_testing;
