# A password forgotten, and a password changed.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

my $t = ResortBite::Identity->world;
my $b = ResortBite::Browser->new($t);
my %id = map { split /\|/ } split /\n/,
    $t->db("SELECT split_part(email, '\@', 1) || '|' || id FROM members
             WHERE email ~ '^crew([1-9]|1[0-9])\@'");


sub forgot {
    my ($email) = @_;

    return $b->request('POST', '/api/v1/password-resets', site => 'same-origin',
                       json => { email => $email });
}


sub reset_by {
    my ($id, $password) = @_;

    return $b->request('PUT', '/api/v1/password-resets', site => 'same-origin',
        json => { token => token($t, 'reset_password', $id), password => $password });
}


sub live {
    my ($member) = @_;

    return $t->db("SELECT count(*) FROM sessions
                    WHERE member_id = '$member' AND revoked_at IS NULL");
}


# forgotten

my $thief = ResortBite::Browser->new($t);
log_in($thief, 'crew1@example.com');
log_in($thief, 'crew1@example.com', 'guess') for 1 .. 3;

my $r = forgot('Crew1@example.com');
is($r->status, 202, 'asked for');
is($r->body, '', 'with nothing to say');

my ($first, $second) = do { forgot('crew1@example.com'); mails($t, 'reset_password', 'crew1@example.com') };
ok($first && $second, 'mails with links');

is(reset_by($first->{token_id}, 'short')->json->{errors}[0]{code}, 'too_short',
   'a password that is none');
is(reset_by($first->{token_id}, 'a new one for crew')->status, 204,
   'that didn\'t use up the link') or diag($b->response->body);
is(live($id{crew1}), 0, 'all sessions have ended');
is($thief->get('/api/v1/me')->status, 401, 'whoever was in is out');
is($t->db("SELECT DISTINCT revoke_reason FROM sessions WHERE member_id = '$id{crew1}'"),
   'password_changed', 'for this reason');
is(reset_by($first->{token_id}, 'another one for crew')->status, 410, 'the link is used');
is(reset_by($second->{token_id}, 'another one for crew')->status, 410,
   'the other link is void, too');
is(log_in($b, 'crew1@example.com')->status, 401, 'the old password is wrong');
is(log_in($b, 'crew1@example.com', 'a new one for crew')->status, 201, 'the new one right');
is(scalar mails($t, 'password_changed', 'crew1@example.com'), 1, 'a mail tells');
like(events($t, $id{crew1}), qr/password\.reset /, 'the trail');

# who is locked out by guesses is let in by the link

my $stranger = ResortBite::Browser->new($t);
log_in($stranger, 'crew2@example.com', 'guess') for 1 .. 5;
is(log_in($b, 'crew2@example.com')->status, 429, 'crew 2 has to wait');
forgot('crew2@example.com');
reset_by((mails($t, 'reset_password', 'crew2@example.com'))[0]{token_id}, 'by the link now');
is(log_in($b, 'crew2@example.com', 'by the link now')->status, 201, 'but not after the link');

# the link proves the address

forgot('crew17@example.com');
is(reset_by((mails($t, 'reset_password', 'crew17@example.com'))[0]{token_id}, 'seventeenth one')
       ->status, 204, 'an address that wasn\'t proved');
is(log_in($b, 'crew17@example.com', 'seventeenth one')->status, 201, 'is now');

# old links, other accounts

forgot('crew3@example.com');
my ($old) = mails($t, 'reset_password', 'crew3@example.com');
$t->db("UPDATE one_time_tokens SET expires_at = now() WHERE id = '$old->{token_id}'");
is(reset_by($old->{token_id}, 'much too late')->status, 410, 'after an hour it is no good');

is(forgot('nobody@example.com')->status, 202, 'no account: the same answer');
is($t->db("SELECT count(*) FROM outbox WHERE payload->>'to' = 'nobody\@example.com'"), 0,
   'no mail');
my $nobody = $t->db("SELECT id FROM one_time_tokens WHERE member_id IS NULL
                        AND purpose = 'reset_password'");
is(reset_by($nobody, 'for nobody at all')->status, 410, 'and its token is no good');

# so many mails an hour

is(forgot('crew4@example.com')->status, 202, 'a mail') for 1 .. 5;
is(forgot('crew4@example.com')->status, 429, 'five an hour to one address');
is(forgot('ghost@example.com')->status, 202, 'a mail that isn\'t sent') for 1 .. 5;
is(forgot('ghost@example.com')->status, 429, 'counts as well');

# changed

my $here = ResortBite::Browser->new($t);
my $there = ResortBite::Browser->new($t);
log_in($_, 'crew6@example.com') for $here, $there;

is(api($here, PUT => '/api/v1/me/password', { old_password => 'not it', password => 'a very new one' })
       ->json->{code}, 'wrong_credentials', 'not without the old one');
is(api($here, PUT => '/api/v1/me/password', { password => 'a very new one' })->status, 401,
   'nor with none');
is(api($here, PUT => '/api/v1/me/password',
       { old_password => $PASSWORD, password => 'crew6@example.com' })->json->{errors}[0]{code},
   'personal', 'nor to one that is none');
is(api($here, PUT => '/api/v1/me/password',
       { old_password => $PASSWORD, password => 'a very new one' }, 'X-CSRF-Token' => 'wrong')
       ->status, 403, 'nor by another site');
is(api($here, PUT => '/api/v1/me/password',
       { old_password => $PASSWORD, password => 'a very new one' })->status, 204, 'changed')
    or diag($here->response->body);
is($here->get('/api/v1/me')->status, 200, 'here one stays signed in');
is($there->get('/api/v1/me')->status, 401, 'nowhere else');
is(live($id{crew6}), 1, 'one session is left');
like(events($t, $id{crew6}), qr/password\.changed$/, 'the trail');
is(scalar mails($t, 'password_changed', 'crew6@example.com'), 1, 'a mail tells');

# none so far, as of somebody who came by an account elsewhere

log_in($here, 'crew7@example.com');
$t->db("UPDATE members SET password_hash = NULL WHERE id = '$id{crew7}';
        UPDATE sessions SET authenticated_at = now() - interval '1 hour'
         WHERE member_id = '$id{crew7}'");
is(api($here, PUT => '/api/v1/me/password', { password => 'the first one' })->json->{code},
   'insufficient_user_authentication', 'a first one needs a recent log-in');
$t->db("UPDATE sessions SET authenticated_at = now() WHERE member_id = '$id{crew7}'");
is(api($here, PUT => '/api/v1/me/password', { password => 'the first one' })->status, 204,
   'then it is set');
is(log_in($b, 'crew7@example.com', 'the first one')->status, 201, 'and good');

done_testing;
