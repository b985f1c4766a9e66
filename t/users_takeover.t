# Ways to somebody else's account, none of which leads there.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep);
use ResortBite::Identity;
use ResortBite::Tokens;

my $t = ResortBite::Identity->world;
my %id = map { split /\|/ } split /\n/,
    $t->db("SELECT split_part(email, '\@', 1) || '|' || id FROM members
             WHERE email ~ '^crew[1-9]\@'");


sub browser { return ResortBite::Browser->new($t) }

sub post {
    my ($b, $uri, $json, $method) = @_;

    return $b->request($method // 'POST', $uri, site => 'same-origin', json => $json);
}


sub sign_up {
    my ($b, $email, $password) = @_;

    post($b, '/api/v1/accounts', {
        email => $email, password => $password, display_name => '누구', born_on => '1999-09-09',
        role => 'crew', terms => JSON::PP::true, privacy => JSON::PP::true });

    return (mails($t, 'verify_email', $email))[-1]{token_id};
}


sub follow {
    my ($b, $id, $password) = @_;

    return post($b, '/api/v1/accounts/verify', {
        token => token($t, 'verify_email', $id),
        (defined $password ? (password => $password) : ()) });
}


sub forgot {
    my ($email) = @_;

    post(browser(), '/api/v1/password-resets', { email => $email });

    return (mails($t, 'reset_password', $email))[-1]{token_id};
}


sub reset_by {
    my ($id, $password) = @_;

    return post(browser(), '/api/v1/password-resets',
                { token => token($t, 'reset_password', $id), password => $password }, 'PUT');
}


sub live {
    my ($member) = @_;

    return $t->db("SELECT count(*) FROM sessions
                    WHERE member_id = '$member' AND revoked_at IS NULL");
}


sub password_of { return $t->db("SELECT password_hash FROM members WHERE id = '$_[0]'") }


# somebody signs up with another's address, who follows the link

my $attacker = browser();
my $victim = browser();
my $trap = sign_up($attacker, 'victim@example.com', 'known to the attacker');

my $r = follow($victim, $trap);
is($r->status, 400, 'a link from elsewhere asks for the password');
is_deeply([ map { "$_->{field} $_->{code}" } @{ $r->json->{errors} } ], [ 'password required' ],
          'by its name');
$r = follow($victim, $trap, 'the victim\'s own');
is($r->json->{errors}[0]{code}, 'wrong_password', 'which the victim doesn\'t know');
is($t->db("SELECT count(*) FROM members WHERE email = 'victim\@example.com'"), 0, 'no account');
is($t->db("SELECT used_at IS NULL FROM sign_ups WHERE id = '$trap'"), 't', 'nothing is used up');

my $own = sign_up($victim, 'victim@example.com', 'known to the victim');

is(follow($victim, $trap)->status, 400, 'still the one isn\'t the other');
is(follow($victim, $own)->status, 201, 'the victim\'s own link needs none') or diag($r->body);
is(follow($victim, $trap, 'known to the attacker')->json->{code}, 'email_taken',
   'after which the other is no good');
is(log_in($victim, 'victim@example.com', 'known to the victim')->status, 201, 'it is theirs');
is(log_in($attacker, 'victim@example.com', 'known to the attacker')->status, 401, 'theirs alone');

# the same person at another browser, on the page

my $phone = browser();
my $away = sign_up($victim, 'away@example.com', 'typed in again');

$phone->get('/verify-email?token=' . token($t, 'verify_email', $away));
$phone->submit;
is($phone->status, 400, 'on the page, too');
ok(defined $phone->value('password'), 'which asks for it');
$phone->submit({ password => 'typed in wrongly' });
is($phone->status, 400, 'a wrong one');
unlike($phone->text, qr/wrongly/, 'isn\'t shown again');
$phone->submit({ password => 'typed in again' });
is($phone->location, '/login?notice=verified', 'the right one does it');
is($t->db("SELECT email_verified_at IS NOT NULL FROM members
            WHERE email = 'away\@example.com'"), 't', 'an account');
is(follow(browser(), $away)->status, 201, 'once made, the link only tells');

# somebody who has an account asks for another's address, who follows the link

log_in($attacker, 'crew9@example.com');
is(api($attacker, PUT => '/api/v1/me/email', { email => 'bait@example.com' })->status, 202,
   'an attacker asks for another\'s address');
my ($bait) = mails($t, 'confirm_email', 'bait@example.com');


sub confirm {
    my ($b, $password) = @_;

    return post($b, '/api/v1/accounts/confirm-email', {
        token => token($t, 'confirm_email', $bait->{token_id}),
        (defined $password ? (password => $password) : ()) });
}


is(confirm(browser())->json->{errors}[0]{field}, 'password', 'from elsewhere it wants the password');
is(confirm(browser(), 'not theirs')->json->{code}, 'wrong_credentials', 'of the account');
$phone = browser();
$phone->get('/confirm-email?token=' . token($t, 'confirm_email', $bait->{token_id}));
$phone->submit;
is($phone->status, 400, 'on the page, too');
$phone->submit({ password => 'not theirs' });
is($phone->status, 401, 'a wrong one');
is($t->db("SELECT email FROM members WHERE id = '$id{crew9}'"), 'crew9@example.com',
   'the address stays');
like(events($t, $id{crew9}), qr/session\.failed session\.failed$/, 'each guess is in the trail');
$phone->submit({ password => $PASSWORD });
is($phone->location, '/login?notice=email_confirmed', 'who knows it may');
$phone->follow;
like($phone->words, qr/새 주소로 로그인해 주세요/, 'and signs in with it');
$attacker->get('/login?notice=email_confirmed');
unlike($attacker->words, qr/바꾸었습니다\. 새 주소로 로그인/, 'who is signed in need not');
like($attacker->words, qr/다음부터는 새 주소로/, 'until the next time');
is($t->db("SELECT email FROM members WHERE id = '$id{crew9}'"), 'bait@example.com', 'then it changes');

# guesses are counted

my $guessed = sign_up($attacker, 'guessed@example.com', 'not to be guessed');

is(follow($victim, $guessed, "guess $_")->status, 400, 'a guess') for 1 .. 5;
$r = follow($victim, $guessed, 'not to be guessed');
is($r->status, 429, 'the sixth has to wait');
cmp_ok($r->header('retry-after'), '>', 0, 'and is told how long');
is(follow($attacker, $guessed)->status, 201, 'not where it was signed up');

# a link to the thief's own address, asked for while in

for my $way ('by the link', 'by the old one') {
    my $n = $way eq 'by the link' ? 1 : 2;
    my $thief = browser();
    log_in($thief, "crew$n\@example.com");
    is(api($thief, PUT => '/api/v1/me/email', { email => "thief$n\@example.com" })->status, 202,
       'a thief asks for another address');
    my ($mail) = mails($t, 'confirm_email', "thief$n\@example.com");

    if ($n == 1) {
        is(reset_by(forgot('crew1@example.com'), 'the owner is back')->status, 204, $way);
    } else {
        my $owner = browser();
        log_in($owner, 'crew2@example.com');
        is(api($owner, PUT => '/api/v1/me/password',
               { old_password => $PASSWORD, password => 'the owner is back' })->status, 204, $way);
    }

    is(post($thief, '/api/v1/accounts/confirm-email',
            { token => token($t, 'confirm_email', $mail->{token_id}) })->status, 410,
       'a new password voids that link');
    is($t->db("SELECT email FROM members WHERE id = '$id{\"crew$n\"}'"), "crew$n\@example.com",
       'the address stays');
}

# a log-in that is half done

$t->db("INSERT INTO totp_factors (member_id, secret_sealed, confirmed_at)
        VALUES ('$id{crew3}', '\\x00', now())");
my $half = log_in(browser(), 'crew3@example.com')->json->{second_factor}{ticket};
ok($half, 'a log-in waits for its second step');
is(reset_by(forgot('crew3@example.com'), 'the owner is back')->status, 204, 'a new password');
$r = post(browser(), '/api/v1/sessions/second', { ticket => $half, method => 'otp', code => '123456' });
is($r->json->{code}, 'log_in_again', 'voids it');

# a log-in and a new password at once: whichever is first, no session of the
# old password is left

my $other = password_of($id{crew1});
my $forgot = forgot('crew5@example.com');
my $hash = 'a' x 64;

my @codes = $t->parallel(2, sub {
    if ($_[0] == 0) {
        $t->db("BEGIN; UPDATE members SET password_hash = '$other', password_changed_at = now()
                        WHERE id = '$id{crew4}'; SELECT pg_sleep(3); COMMIT");
        return 0;
    }
    sleep 1;
    return log_in(browser(), 'crew4@example.com')->status;
});
is($codes[1], 401, 'a log-in that the new password has overtaken is refused');
is(live($id{crew4}), 0, 'and has no session');

@codes = $t->parallel(2, sub {
    if ($_[0] == 0) {
        $t->db("BEGIN; SELECT FROM members WHERE id = '$id{crew5}' FOR SHARE;
                INSERT INTO sessions (id, kind, member_id, token_hash, acr, amr,
                                      authenticated_at, expires_at)
                VALUES (gen_random_uuid(), 'browser', '$id{crew5}', '\\x$hash', 1, '{pwd}',
                        now(), now() + interval '1 day');
                SELECT pg_sleep(3); COMMIT");
        return 0;
    }
    sleep 1;
    return reset_by($forgot, 'the owner is back')->status;
});
is($codes[1], 204, 'a new password waits for a log-in that is under way');
is(live($id{crew5}), 0, 'and ends its session');

# many who know the old password can't all change it

my @browsers = map { my $b = browser(); log_in($b, 'crew6@example.com'); $b } 1 .. 4;
my @csrf = map { csrf($_) } @browsers;

@codes = $t->parallel(4, sub {
    my ($i) = @_;
    return api($browsers[$i], PUT => '/api/v1/me/password',
               { old_password => $PASSWORD, password => "the new one of $i" },
               'X-CSRF-Token' => $csrf[$i])->status;
});
is_deeply([ sort @codes ], [ 204, 401, 401, 401 ], 'of four changes at once one is made');
is(live($id{crew6}), 1, 'and one session is left');
is(scalar(() = events($t, $id{crew6}) =~ /password\.changed/g), 1, 'one in the trail');

# links used by many at once

$forgot = forgot('crew7@example.com');
my $second = forgot('crew7@example.com');
@codes = $t->parallel(4, sub {
    return reset_by($_[0] % 2 ? $forgot : $second, "one of many, $_[0]")->status;
});
is_deeply([ sort @codes ], [ 204, 410, 410, 410 ], 'of four uses of two links one is good');

# links are for one purpose each

my @purposes = qw(verify_email reset_password confirm_email restore_account);
my %uri = (verify_email => [ POST => '/api/v1/accounts/verify' ],
           reset_password => [ PUT => '/api/v1/password-resets' ],
           confirm_email => [ POST => '/api/v1/accounts/confirm-email' ],
           restore_account => [ POST => '/api/v1/accounts/restore' ]);

$forgot = forgot('crew8@example.com');
my $before = password_of($id{crew8});

for my $signed (@purposes) {
    for my $used (@purposes) {
        next if $signed eq 'reset_password' && $used eq $signed;

        my ($method, $uri) = @{ $uri{$used} };
        is(post(browser(), $uri, { token => token($t, $signed, $forgot),
            ($used eq 'reset_password' ? (password => 'whatever it is') : ()) }, $method)->status,
           410, "a link of a reset, signed for $signed, is none to $used");
    }
}

is(password_of($id{crew8}), $before, 'nothing has changed');
is(reset_by($forgot, 'the owner is back')->status, 204, 'it is good for what it is');

# an application with `write', minutes after the log-in

my $issuer = 'http://localhost:' . $t->port(8080);
my $tokens = ResortBite::Tokens->new($t, issuer => $issuer);

$tokens->client(id => 'theirs', first_party => 0);
$tokens->client(id => 'ours');


sub by_app {
    my ($client, $method, $uri, $json) = @_;

    my $token = $tokens->token($tokens->grant(member => $id{crew9}, client => $client,
                                              scopes => [ 'read', 'write' ]));

    return $t->request($method, $uri, ($json ? (json => $json) : ()),
        headers => { Authorization => "Bearer $token", Host => $issuer =~ s{http://}{}r });
}


$r = by_app('theirs', PATCH => '/api/v1/me', { display_name => '앱에서' });
is($r->status, 200, 'may change a name');
is($r->header('set-cookie'), undef, 'and is given no cookie to name its device');

$t->db("UPDATE members SET password_hash = NULL WHERE id = '$id{crew9}'");
$r = by_app('theirs', PUT => '/api/v1/me/password', { password => 'set by an application' });
is($r->status, 401, 'not set a first password');
is(password_of($id{crew9}), '', 'there is none');

for my $act ([ PUT => '/api/v1/me/email', { email => 'app@example.com' } ],
             [ POST => '/api/v1/me/factors/totp', {} ],
             [ POST => '/api/v1/me/factors/passkeys/options', {} ],
             [ DELETE => '/api/v1/me' ])
{
    $r = by_app('theirs', @$act);
    is($r->status, 403, "nor $act->[0] $act->[1]") or diag($r->body);
    is($r->json->{code}, 'own_application_needed', 'it is no application of ours');
}

is(scalar mails($t, 'confirm_email', 'app@example.com'), 0, 'no link goes out');
is(by_app('ours', PUT => '/api/v1/me/password', { password => 'set by our own' })->status, 204,
   'ours may');
is(by_app('ours', PUT => '/api/v1/me/email', { email => 'app@example.com' })->status, 202,
   'change the address, too');
is(by_app('ours', DELETE => '/api/v1/me')->status, 204, 'and delete the account');
is(by_app('ours', GET => '/api/v1/me')->status, 401, 'which ends all');

# nobody learns of it

unlike($t->error_log, qr/known to the|typed in|guess \d|the owner is back/, 'the log knows nothing');
unlike($t->db('SELECT string_agg(payload::text, $$ $$) FROM outbox'), qr/known to|typed in|scrypt/,
       'nor the outbox');
unlike($t->db('SELECT string_agg(detail::text, $$ $$) FROM security_events'),
       qr/known to|typed in|scrypt|example\.com/, 'nor the trail');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0, 'which is whole');

done_testing;
