#!/usr/bin/perl

# Log-in, its second step, proving oneself anew, signing up, links out of
# mails and signing out, on the pages alone: by a browser without a script.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Browser;

use Digest::SHA qw(hmac_sha1 hmac_sha256);
use POSIX ();
use MIME::Base64 qw(encode_base64url);

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

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
    resortbite_password_blocklist %%ROOT%%/conf/common-passwords.txt;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');


sub browser { return ResortBite::Browser->new($t, @_) }


# The token of a link (rb_once_token()).

sub link_token {
    my ($purpose, $id) = @_;

    open my $in, '<:raw', $t->secret_file or die "secret: $!\n";
    my $key = do { local $/; <$in> };
    my $bytes = pack 'H*', $id =~ tr/-//dr;

    return encode_base64url($bytes . substr hmac_sha256("$purpose\0$bytes",
                                                        $key), 0, 16);
}


# ---- signing up

my $b = browser();
my $email = 'somi@example.com';
my $password = 'a chair lift, four geese & one kettle';

$b->get('/signup');
is($b->status, 200, 'the page to sign up');
ok($b->cookie('__Host-rb_device'), 'a device cookie');
is($b->cookie_attributes('__Host-rb_device')->{samesite}, 'Lax', 'Lax');

my %filled = (email => $email, password => $password, display_name => '소미',
              born_on => '2001-05-17', role => 'crew', terms => 1,
              privacy => 1);

$b->submit({ %filled, terms => 0, born_on => '2001-02-30', email => ' ' });
is($b->status, 400, 'with wrong fields');
is($b->value('display_name'), '소미', 'what was right is kept');
unlike($b->text, qr/geese/, 'but not the password');
like($b->text, qr/id="f1-$_-error"/, "what is wrong with $_")
    for qw(terms born_on);

$b->submit({ %filled, password => '12345678' });
is($b->status, 400, 'a password that all have') or diag $b->words;
like($b->text, qr/id="f1-password-error"/, 'is told beside it');

my $born = POSIX::strftime('%Y', localtime) - 13;
$b->submit({ %filled, born_on => "$born-01-01" });
is($b->status, 400, 'too young');
like($b->text, qr/id="f1-born_on-error"/, 'is told, too');

$b->submit(\%filled);
is($b->status, 303, 'right') or diag $b->words;
$b->follow;
is($b->path, '/signup/sent', 'a mail was sent');
is($t->db("SELECT count(*) FROM members WHERE email = '$email'"), 0,
   'there is no account yet');

my $id = $t->db("SELECT id FROM sign_ups WHERE email = '$email'");
like($id, qr/^[0-9a-f-]{36}$/, 'but a sign-up');
# whoever opens all links of a mail changes nothing
my $scanner = browser();
my $link = '/verify-email?token=' . link_token('verify_email', $id);
$scanner->get($link) for 1 .. 3;
is($scanner->status, 200, 'a scanner sees a page');
is($t->db("SELECT count(*) FROM members WHERE email = '$email'"), 0,
   'and nothing happens');

$b->get($link);
$b->submit;
is($b->location, '/login?notice=verified', 'the button does it');
is($t->db("SELECT email_verified_at IS NOT NULL FROM members
           WHERE email = '$email'"), 't', 'an account');
$b->follow;
like($b->words, qr/이메일을 확인했습니다/, 'and it is told');

$scanner->get('/verify-email?token=nonsense');
$scanner->submit;
is($scanner->status, 410, 'no link of ours');
ok((grep { ($_->{href} // '') eq '/signup' } $scanner->links), 'it says where to get one');
is($scanner->get('/verify-email')->status, 410, 'nor one without a token');
ok((grep { ($_->{href} // '') eq '/signup' } $scanner->links), 'which says it, too');

my $member = $t->db("SELECT id FROM members WHERE email = '$email'");

is($t->db("SELECT string_agg(kind::text, ' ' ORDER BY kind) FROM member_consents
           WHERE member_id = '$member' AND given"),
   'terms privacy', 'with the consents that were given');


# ---- signing in

$b->get('/login');
unlike($b->words, qr/이미 로그인/, 'nobody is signed in');
my ($field) = grep { $_->{name} eq 'password' } $b->elements('input');
is($field->{autocomplete}, 'current-password', 'for password managers');

$b->submit({ email => $email, password => 'wrong one' });
is($b->status, 401, 'a wrong password');
is($b->value('email'), $email, 'the address is kept');
is($b->cookie('__Host-rb_session'), undef, 'no session');
my $wrong = $b->words =~ s/somi\S*//r;

$b->submit({ email => 'nobody@example.com', password => 'wrong one' });
is($b->status, 401, 'somebody that there is not');
is($b->words =~ s/nobody\S*//r, $wrong, 'is told the same');

$b->submit({ email => $email, password => $password });
is($b->status, 303, 'the right one') or diag $b->words;
is($b->location, '/account', 'leads to the account');
my $cookie = $b->cookie('__Host-rb_session');
like($cookie, qr/^[\w-]{43}$/, 'a session');

my $has = $b->cookie_attributes('__Host-rb_session');
ok(exists $has->{secure} && exists $has->{httponly}, 'for no script');
is($has->{samesite}, 'Lax', 'nor another site');
is($has->{path}, '/', 'everywhere here');

is($t->db("SELECT acr || ' ' || array_to_string(amr, ',') || ' ' || device
           FROM sessions WHERE member_id = '$member' AND revoked_at IS NULL"),
   '1 pwd Chrome on Linux', 'as it was begun');

$b->get('/login?next=/account/security');
like($b->words, qr/이미 로그인되어 있습니다/, 'who is signed in is told so');
ok((grep { $_->{href} eq '/account/security' } $b->links), 'and can go on');

# somebody else signs in with the same browser, or the same once more
$b->submit({ email => $email, password => $password });
is($b->location, '/account/security', 'where one was going');
isnt($b->cookie('__Host-rb_session'), $cookie, 'a session of its own');
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$member'
           AND revoked_at IS NULL"), 1, 'in place of the old one');


# ---- where to afterwards

for my $evil ('https://evil.example/', '//evil.example/', '/\\evil.example',
              "/a\tb", '/x y', 'account', '', 'javascript:alert(1)')
{
    my $other = browser();
    $other->get('/login?next='
                . ($evil =~ s/(\W)/sprintf '%%%02x', ord $1/ger));
    next if $other->status != 200 && ok(1, 'refused altogether');
    is($other->value('next'), '', "not to '$evil'");
    $other->submit({ email => $email, password => $password });
    is($other->location, '/account', 'but to the account');

    $other->get('/login');
    $other->submit({ email => $email, password => $password,
                     next => $evil });
    isnt($other->location, $evil, 'nor out of the form');
}

my $hinted = browser();
$hinted->get('/login?login_hint=x%40example.com&ui_locales=en');
is($hinted->value('email'), 'x@example.com', 'a hint of who it is');
like($hinted->text, qr/<html lang="en">/, 'and of the language');


# ---- other sites

my $other = browser();
$other->get('/login');
my %right = (email => $email, password => $password);
$other->submit({ %right, csrf => 'x' });
is($other->status, 403, 'a wrong token');
$other->get('/login');
$other->submit(\%right, site => 'cross-site');
is($other->status, 403, 'another site');
$other->get('/login');
my $token = $other->csrf;
$other->forget_cookie('__Host-rb_device');
$other->post_form('/login', { %right, csrf => $token });
is($other->status, 403, "another browser's token");
is($other->cookie('__Host-rb_session'), undef, 'none of them signs in');


# ---- signing out

$b->get('/logout');
$b->submit;
is($b->location, '/login?notice=signed_out', 'out');
is($b->cookie('__Host-rb_session'), undef, 'the cookie is gone');
$b->follow;
like($b->words, qr/로그아웃했습니다/, 'and it is told');
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$member'
           AND token_hash = sha256(convert_to('$cookie', 'UTF8'))
           AND revoked_at IS NULL"), 0, 'and the session over');
$b->get('/logout');
is($b->location, '/login', 'once more is no error');


# ---- a second factor

sub base32 {
    my ($text) = @_;

    my %value;
    @value{ 'A' .. 'Z', 2 .. 7 } = 0 .. 31;

    my $bits = join '', map { sprintf '%05b', $value{$_} } split //, $text;

    return pack 'B' . 8 * int(length($bits) / 8), $bits;
}

sub code {
    my ($secret, $steps) = @_;

    my $mac = hmac_sha1(pack('Q>', int(time / 30) + ($steps // 0)),
                        base32($secret));
    my $at = ord(substr $mac, 19) & 0xf;

    return sprintf '%06d',
        (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1_000_000;
}

$b->get('/login');
$b->submit(\%right);
$b->get('/logout');
$b->csrf;
my $secret = $b->fetch('POST', '/api/v1/me/factors/totp')->json->{secret};
like($secret, qr/^[A-Z2-7]+$/, 'an authenticator') or diag $b->text;

# no code may be of a step that one before was of: the last one's first
my $r = $b->fetch('POST', '/api/v1/me/factors/totp/confirm',
                  json => { code => code($secret, -1) });
is($r->status, 200, 'is set up') or diag $r->body;
my @recovery = @{ $r->json->{recovery_codes} };
is(@recovery, 10, 'with recovery codes');

$b = browser();
$b->get('/login?next=/account/security');
$b->submit(\%right);
is($b->location, '/login/second?next=/account/security', 'a second step');
is($b->cookie('__Host-rb_session'), undef, 'and no session before it');
ok($b->cookie('__Host-rb_ticket'), 'but a ticket');
unlike($t->access_log, qr/\Q@{[ $b->cookie('__Host-rb_ticket') ]}\E/,
       'which no log has');

$b->follow;
is($b->status, 200, 'the page');
my @codes = grep { $_->{action} eq '/login/second' } $b->forms;
is(@codes, 2, 'asks for a code, of one kind or the other');

my $right_code = code($secret);
my $wrong_code = $right_code eq '000000' ? '000001' : '000000';

$b->submit({ code => $wrong_code });
is($b->status, 401, 'a wrong code');
is($b->value('code'), '', 'is not shown again');
is($b->value('next'), '/account/security', 'but where to go is kept');

$b->submit({ code => code($secret) });
is($b->status, 303, 'the right one') or diag $b->words;
is($b->location, '/account/security', 'leads there');
ok($b->cookie('__Host-rb_session'), 'a session');
is($b->cookie('__Host-rb_ticket'), undef, 'and the ticket is gone');
is($t->db("SELECT acr FROM sessions WHERE member_id = '$member'
           ORDER BY id DESC LIMIT 1"), 2, 'by two factors');

# the other way in
my $c = browser();
$c->get('/login');
$c->submit(\%right);
$c->follow;
my $ticket = $c->cookie('__Host-rb_ticket');
my ($recover) = grep { grep { ($_->{value} // '') eq 'rcv' } @{ $_->{fields} } }
    $c->forms;
my %recovery = (csrf => $c->csrf, method => 'rcv', next => '',
                code => $recovery[0]);
$c->post_form('/login/second', { %recovery, code => 'aaaaa-aaaaa' });
is($c->status, 401, 'no recovery code of ours');
$c->post_form('/login/second', \%recovery);
is($c->status, 303, 'one of ours') or diag $c->words;
ok($c->cookie('__Host-rb_session'), 'a session');

$c->set_cookie('__Host-rb_ticket', $ticket);
$c->post_form('/login/second', { %recovery, code => $recovery[1],
                                 csrf => $c->get('/login') && $c->csrf });
is($c->location, '/login?notice=start_over', 'a ticket is good once');
is($c->get('/login/second?next=/x')->header('location'),
   '/login?next=/x&notice=start_over', 'as is its page');
is(browser()->get('/login/second')->header('location'),
   '/login?notice=start_over', 'and nobody has none');


# ---- proving oneself anew

is(browser()->get('/login/again')->header('location'),
   '/login?next=/login/again', 'who is not signed in');

$t->db("UPDATE sessions SET authenticated_at = now() - interval '1 hour'
        WHERE member_id = '$member'");

my $ago = "SELECT round(extract(epoch FROM now() - authenticated_at) / 3600)
           || ' ' || acr FROM sessions WHERE member_id = '$member'
           AND revoked_at IS NULL ORDER BY authenticated_at DESC, id DESC LIMIT 1";
is($t->db($ago), '1 2', 'an hour ago');

$c->get('/login/again?next=/account/security');
is($c->status, 200, 'the page') or diag $c->words;
$c->submit({ password => $password, code => '' });
is($c->status, 400, 'without the code');
like($c->text, qr/id="f\d-code-error"/, 'which is told');
$c->submit({ password => 'wrong', code => $recovery[2] });
is($c->status, 401, 'with a wrong password');
is($t->db($ago), '1 2', 'nothing is proved');
$c->submit({ password => $password, code => $recovery[3] });
is($c->status, 303, 'with both') or diag $c->words;
is($c->location, '/account/security', 'back');
is($t->db($ago), '0 2', 'it is proved');


# ---- a forgotten password

my $f = browser();
$f->get('/forgot-password');
$f->submit({ email => 'nobody@example.com' });
is($f->location, '/forgot-password/sent', 'nobody');
my $nobody = $f->follow->body;
$f->get('/forgot-password');
$f->submit({ email => uc $email });
is($f->location, '/forgot-password/sent', 'and somebody');
is($f->follow->body, $nobody, 'are told the same');

my $reset = $t->wait_for(sub {
    $t->db("SELECT id FROM one_time_tokens WHERE purpose = 'reset_password'
            AND member_id = '$member'");
}, 5);
my $new = 'five other geese, and no kettle at all';

$f->get('/reset-password?token=' . link_token('reset_password', $reset));
is($f->status, 200, 'the link') or diag $f->words;
$f->submit({ password => 'password' });
is($f->status, 400, 'not any password');
$f->submit({ password => $new });
is($f->location, '/login?notice=password_reset', 'a new one') or diag $f->words;
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$member'
           AND revoked_at IS NULL"), 0, 'ends all sessions');
$f->get('/reset-password?token=' . link_token('reset_password', $reset));
is($f->status, 410, 'once');
ok((grep { ($_->{href} // '') eq '/forgot-password' } $f->links), 'and where to get another');
is($f->get('/reset-password?token=x')->status, 410, 'and no other');

$f->get('/login');
$f->submit(\%right);
is($f->status, 401, 'the old password is none any more');
$f->submit({ email => $email, password => $new });
is($f->location, '/login/second', 'the new one is');


# ---- too often

my $g = browser();
$g->get('/login');
my $status;

for (1 .. 12) {
    $g->submit({ email => 'guess@example.com', password => "guess $_" });
    $status = $g->status;
    last if $status == 429;
}

is($status, 429, 'guessing is slowed down');
cmp_ok($g->header('Retry-After'), '>', 0, 'for as long as it says');
ok($g->form('password'), 'and the form is still there');


# ---- files

for my $file ($g->text =~ m{"(/assets/[^"]+)"}g) {
    $r = $t->get($file);
    is($r->status, 200, $file);
    is($r->header('Cache-Control'), 'public, max-age=31536000, immutable',
       'to be kept for ever');
    $r = $t->get($file =~ s{/[0-9a-f]{16}/}{/0123456789abcdef/}r);
    is($r->header('Cache-Control'), 'public, no-cache', 'unless it is another');
}

is($t->get('/assets/x/none.css')->status, 404, 'no others');

for my $page ($t->access_log =~ /"(?:GET|POST) (\S+)/g) {
    unlike($page, qr/geese|kettle/, 'no secret in a log') if $page =~ /geese/;
}

done_testing;
