# Signing up: what is asked for, the mail, the link, and the account it makes.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite::Identity->world(content => 'empty',
    more => 'resortbite_password_blocklist %%ROOT%%/conf/common-passwords.txt;');
my $b = ResortBite::Browser->new($t);

my %person = (
    email => 'Nahyeon@Example.com ', password => '겨울에는 스키장으로', display_name => '서나현',
    born_on => '2000-02-29', role => 'crew', terms => JSON::PP::true,
    privacy => JSON::PP::true,
);


sub sign_up {
    return $b->request('POST', '/api/v1/accounts', site => 'same-origin',
                       json => { %person, @_ });
}


sub follow {
    my ($id) = @_;

    return $b->request('POST', '/api/v1/accounts/verify',
        site => 'same-origin', json => { token => token($t, 'verify_email', $id) });
}


my $r = sign_up();

is($r->status, 202, 'taken') or diag($r->body);
is($r->body, '', 'with nothing to say');
is($t->db('SELECT count(*) FROM members'), 0, 'no account yet');

my ($mail) = mails($t, 'verify_email', 'nahyeon@example.com');

ok($mail, 'a mail goes to the address in lower case');
is($mail->{params}{name}, '서나현', 'to whom');
is($mail->{locale}, 'ko', 'in Korean');

my $id = $mail->{token_id};

is($t->db("SELECT email || ' ' || role || ' ' || (password_hash ~ '^\\\$scrypt\\\$ln=14,r=8,p=5\\\$')
             FROM sign_ups WHERE id = '$id'"), 'nahyeon@example.com crew true',
   'what waits');
is($t->db("SELECT consents FROM sign_ups WHERE id = '$id'"),
   '{"terms": "2026-11-01", "privacy": "2026-11-01"}', 'with what was agreed to');
unlike($t->db('SELECT payload FROM outbox'), qr/스키장/, 'the outbox has no password');

# before the link is followed there is nobody

is(log_in($b, 'nahyeon@example.com', $person{password})->status, 401, 'nobody yet');

# the link

is($b->request('POST', '/api/v1/accounts/verify', site => 'same-origin',
               json => { token => 'AAAA' })->status, 410, 'a made-up link');
is($b->request('POST', '/api/v1/accounts/verify', site => 'same-origin',
               json => { token => token($t, 'reset_password', $id) })->status, 410,
   'one for another purpose');

$r = follow($id);
is($r->status, 201, 'the link makes the account') or diag($r->body);

my $member = $r->json->{id};

is($t->db("SELECT email || ' ' || display_name || ' ' || roles::text || ' ' || born_on || ' '
                  || locale || ' ' || status || ' ' || (email_verified_at IS NOT NULL)
             FROM members WHERE id = '$member'"),
   'nahyeon@example.com 서나현 {crew} 2000-02-29 ko active true', 'as it was asked for');
is($t->db("SELECT string_agg(kind || ' ' || version || ' ' || given, ', ' ORDER BY kind)
             FROM member_consents WHERE member_id = '$member'"),
   'terms 2026-11-01 true, privacy 2026-11-01 true', 'the consents, each a row');
is(events($t, $member), 'account.created', 'the trail');

is(follow($id)->json->{id}, $member, 'following it again is as good');
is($t->db('SELECT count(*) FROM members'), 1, 'and makes no other');
is($t->db("SELECT count(*) FROM member_consents"), 2, 'nor other consents');
is(log_in($b, 'nahyeon@example.com', $person{password})->status, 201, 'it is signed in to');

# the same address once more

is(sign_up()->status, 202, 'an address that has an account: the same answer');
is(scalar mails($t, 'verify_email', 'nahyeon@example.com'), 1, 'but no link');
is((mails($t, 'already_member', 'nahyeon@example.com'))[0]{token_id}, undef,
   'a mail that says so');

# two sign-ups of one address

sign_up(email => 'two@example.com', display_name => $_) for qw(하나 둘);
my ($one, $two) = map { $_->{token_id} } mails($t, 'verify_email', 'two@example.com');

is(follow($two)->status, 201, 'whichever link is followed first');
$r = follow($one);
is($r->status, 409, 'the other says that there is an account');
is($r->json->{code}, 'email_taken', 'by its code');
is($t->db("SELECT string_agg(display_name, ' ') FROM members WHERE email = 'two\@example.com'"),
   '둘', 'it is the first one\'s');

# a link followed by many at once

sign_up(email => 'many@example.com');
my ($many) = map { $_->{token_id} } mails($t, 'verify_email', 'many@example.com');
my @codes = $t->parallel(6, sub { follow($many)->status });

is_deeply(\@codes, [ (201) x 6 ], 'six at once: all are told that it is made');
is($t->db("SELECT count(*) FROM members WHERE email = 'many\@example.com'"), 1, 'once');
is($t->db("SELECT count(*) FROM security_events WHERE action = 'account.created'"), 3,
   'each account once in the trail');

# an old one

sign_up(email => 'late@example.com');
my ($late) = map { $_->{token_id} } mails($t, 'verify_email', 'late@example.com');
$t->db("UPDATE sign_ups SET expires_at = now() - interval '1 second' WHERE id = '$late'");
is(follow($late)->status, 410, 'after a day the link is no good');

# marketing is separate; English; a resort; normal form

sign_up(email => 'resort@example.com', role => 'resort', locale => 'en',
        marketing => JSON::PP::true, display_name => " \x{1112}\x{1161}\x{11ab} ");
($mail) = mails($t, 'verify_email', 'resort@example.com');
is($mail->{locale}, 'en', 'in English, when asked for');
$member = follow($mail->{token_id})->json->{id};
is($t->db("SELECT roles::text || ' ' || display_name || ' ' || locale FROM members
            WHERE id = '$member'"), "{resort} \x{d55c} en", 'a resort, its name composed');
is($t->db("SELECT count(*) FROM member_consents WHERE member_id = '$member'
              AND kind = 'marketing' AND given"), 1, 'marketing, only when wanted');

# so many an hour from one address

is(sign_up(email => "more$_\@example.com")->status, 202, 'more of them') for 1 .. 3;
$r = sign_up(email => 'eleventh@example.com');
is($r->status, 429, 'the eleventh of an hour waits');
cmp_ok($r->header('retry-after'), '>', 0, 'for how long is said');
is(scalar mails($t, 'verify_email', 'eleventh@example.com'), 0, 'no mail of it');

# what is refused; nothing of it counts

my $young = $t->db("SELECT seoul_today() - interval '14 years' + interval '1 day'") =~ s/ .*//r;

my @wrong = (
    [ { email => 'nobody' }, 'email', 'not_an_email' ],
    [ { email => 'a@b' }, 'email', 'not_an_email' ],
    [ { email => 'a@b@example.com' }, 'email', 'not_an_email' ],
    [ { email => 'a b@example.com' }, 'email', 'not_an_email' ],
    [ { password => 'short' }, 'password', 'too_short' ],
    [ { password => 'x' x 129 }, 'password', 'too_long' ],
    [ { password => 'Password1' }, 'password', 'too_common' ],
    [ { password => 'nahyeon@example.com' }, 'password', 'personal' ],
    [ { born_on => $young }, 'born_on', 'too_young' ],
    [ { born_on => '2099-01-01' }, 'born_on', 'out_of_range' ],
    [ { born_on => '1888-01-01' }, 'born_on', 'out_of_range' ],
    [ { born_on => '2001-02-29' }, 'born_on' ],
    [ { terms => JSON::PP::false }, 'terms', 'required' ],
    [ { privacy => JSON::PP::false }, 'privacy', 'required' ],
    [ { role => 'admin' }, 'role', 'not_allowed' ],
    [ { display_name => '' }, 'display_name' ],
    [ { display_name => 'x' x 51 }, 'display_name' ],
);

for my $wrong (@wrong) {
    my ($change, $field, $code) = @$wrong;
    my $r = sign_up(%$change);
    is($r->status, 400, "refused: $field") or diag($r->body);
    is($r->json->{errors}[0]{field}, $field, 'by its name');
    is($r->json->{errors}[0]{code}, $code, 'with why') if $code;
}

$r = sign_up(email => 'x', terms => JSON::PP::false, born_on => $young);
is_deeply([ map { $_->{field} } @{ $r->json->{errors} } ], [ qw(email born_on terms) ],
          'all that is wrong at once');

my $fourteen = $t->db("SELECT (seoul_today() - interval '14 years')::date");
is(sign_up(born_on => $fourteen)->status, 429, 'fourteen today is old enough');

done_testing;
