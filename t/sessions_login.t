# POST /api/v1/sessions: who may come in, what is left behind, and how guessing
# is slowed down without locking anybody out who is known.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

my $t = ResortBite::Identity->world;

my %id = map { split /\|/ } split /\n/,
    $t->db("SELECT split_part(email, '\@', 1) || '|' || id FROM members
             WHERE email ~ '^(crew([1-9]|1[0-9])|owner1)\@'");


# the right password

my $b = ResortBite::Browser->new($t);
my $r = log_in($b, ' Crew1@Example.com ');

is($r->status, 201, 'signed in, however the address is typed') or diag($r->body);
is($r->json->{session}{member_id}, $id{crew1}, 'as whom');
is($r->json->{second_factor}, undef, 'in one step');
ok($r->json->{csrf_token}, 'with a token for what follows');
is($r->header('cache-control'), 'no-store', 'not to be kept');

my $session = $r->json->{session}{id};
my $attributes = $b->cookie_attributes('__Host-rb_session');

ok($b->cookie('__Host-rb_session'), 'a cookie');
ok(exists $attributes->{secure} && exists $attributes->{httponly}
   && $attributes->{samesite} eq 'Lax', 'that no script and no other site has');
is($b->get('/api/v1/me')->json->{email}, 'crew1@example.com', 'it is good');

is($t->db("SELECT kind || ' ' || acr || ' ' || amr::text || ' '
                  || (token_hash = sha256(convert_to('"
          . $b->cookie('__Host-rb_session') . "', 'UTF8')))
             FROM sessions WHERE id = '$session'"), 'browser 1 {pwd} true',
   'the row holds the hash of the cookie');
is($t->db("SELECT count(*) FROM member_devices AS d JOIN sessions AS s
                  USING (member_id, device_hash) WHERE s.id = '$session'"), 1,
   'the browser is known from now on');
is(events($t, $id{crew1}), 'session.started', 'the trail');
is($t->db("SELECT count(*) FROM security_events WHERE session_id = '$session'
              AND octet_length(address_hash) = 32 AND request_id = '"
          . $r->header('x-request-id') . "'"), 1, 'says where from');
is(scalar mails($t, 'new_sign_in', 'crew1@example.com'), 0,
   'no mail about the first browser');

my $other = ResortBite::Browser->new($t);
log_in($other, 'crew1@example.com');
is(scalar mails($t, 'new_sign_in', 'crew1@example.com'), 1,
   'one about another');
log_in($other, 'crew1@example.com');
is(scalar mails($t, 'new_sign_in', 'crew1@example.com'), 1,
   'none when it is known');
is($t->db("SELECT string_agg(coalesce(revoke_reason, '-'), ' ' ORDER BY created_at)
             FROM sessions WHERE member_id = '$id{crew1}'"), '- replaced -',
   'a browser has one session');

# whoever may not

is(log_in($b, 'crew17@example.com')->status, 403, 'an unproved address');
is($b->json->{code}, 'email_not_verified', 'is told why');
$t->db("UPDATE members SET status = 'suspended', suspended_until = now() + interval '1 day'
         WHERE id = '$id{crew3}';
        UPDATE members SET status = 'suspended', suspended_until = now() - interval '1 minute'
         WHERE id = '$id{crew4}';
        UPDATE members SET status = 'deleted', deleted_at = now() WHERE id = '$id{crew5}'");
is(log_in($b, 'crew3@example.com')->json->{code}, 'account_suspended', 'suspended');
is(log_in($b, 'crew3@example.com', 'not it')->json->{code}, 'wrong_credentials',
   'but that is for who knows the password');
is(log_in($b, 'crew4@example.com')->status, 201, 'a suspension that is over');
is(log_in($b, 'crew5@example.com')->json->{code}, 'account_deleted', 'deleted');
is($t->db("SELECT count(*) FROM sessions
            WHERE member_id IN ('$id{crew3}', '$id{crew5}')"), 0, 'no session');

# another site

for my $headers ({ Origin => 'https://evil.example' }, { 'Sec-Fetch-Site' => 'cross-site' }) {
    is($t->post('/api/v1/sessions', headers => $headers,
                json => { email => 'crew1@example.com', password => $PASSWORD })
           ->status, 403, 'no page of another site signs anybody in');
}

# a weak hash is made anew

$t->db("UPDATE members SET password_hash =
    '\$scrypt\$ln=4,r=8,p=1\$AAECAwQFBgcICQoLDA0ODw\$gpi1cl4O8t8dkqkXfM1tTzuwPmP+LCQD0lHzyIb+6Yw' WHERE id = '$id{crew6}'");
is(log_in($b, 'crew6@example.com', 'old and weak')->status, 201, 'a weak hash');
like($t->db("SELECT password_hash FROM members WHERE id = '$id{crew6}'"),
     qr/^\$scrypt\$ln=14,r=8,p=5\$/, 'is made anew');
is(log_in($b, 'crew6@example.com', 'old and weak')->status, 201, 'and good');

# guesses: a stranger's don't lock out a browser that is known

my $mine = ResortBite::Browser->new($t);
is(log_in($mine, 'crew7@example.com')->status, 201, 'crew 7 signs in');

my $stranger = ResortBite::Browser->new($t);
my @guesses = map { log_in($stranger, 'crew7@example.com', "guess $_")->status } 1 .. 5;

is_deeply(\@guesses, [ (401) x 5 ], 'five guesses are free');

$r = log_in($stranger, 'crew7@example.com', 'guess 6');
is($r->status, 429, 'the sixth has to wait');
is($r->json->{code}, 'too_many_requests', 'and is told');
cmp_ok($r->header('retry-after'), '<=', 2, 'two seconds at first');
cmp_ok($r->header('retry-after'), '>=', 1, 'not none');

is(log_in($stranger, 'crew7@example.com')->status, 429,
   'with the right password, too: it isn\'t looked at');
is(log_in($mine, 'crew7@example.com')->status, 201,
   'where crew 7 is known it goes at once');

sleep 3;
is(log_in($stranger, 'crew7@example.com', 'guess 7')->status, 401, 'then one more');
$r = log_in($stranger, 'crew7@example.com', 'guess 8');
is($r->status, 429, 'and to wait');
cmp_ok($r->header('retry-after'), '>', 2, 'for longer');

is($t->db("SELECT count(*) FROM security_events WHERE action = 'session.failed'
              AND member_id = '$id{crew7}'"), 6, 'each guess is in the trail');

# that browser's own guesses count for it

is(log_in($mine, 'crew7@example.com', "guess $_")->status, 401, 'a guess') for 1 .. 5;
is(log_in($mine, 'crew7@example.com', 'guess 6')->status, 429, 'waits as well');

# many at once can't all pass

my @codes = $t->parallel(12, sub {
    my $b = ResortBite::Browser->new($t);
    log_in($b, 'crew8@example.com', 'guess')->status;
});

is_deeply([ sort @codes ], [ (401) x 5, (429) x 7 ], 'of twelve at once five');

# right ones don't count

is(log_in(ResortBite::Browser->new($t), 'crew9@example.com')->status, 201,
   'the right password') for 1 .. 8;

# what is wrong with a request

is($t->post('/api/v1/sessions', json => { email => 'crew1@example.com' })->status, 400,
   'no password');
is(log_in($b, 'crew1@example.com', 'x' x 129)->status, 400, 'too long for one');
is($t->get('/api/v1/me')->status, 401, 'nobody is nobody');

# nothing of a password is anywhere

unlike($t->error_log, qr/resortbite-demo|guess \d/, 'the log knows no password');
unlike($t->db('SELECT string_agg(detail::text, $$ $$) FROM security_events'),
       qr/resortbite-demo|guess \d|example\.com/, 'nor the trail');

done_testing;
