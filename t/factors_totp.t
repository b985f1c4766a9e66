# An authenticator (TOTP) and recovery codes: set up by a code, each code good
# once, the secret sealed, the trail and the mails; and what the staff can't do.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Tokens;
use Digest::SHA qw(hmac_sha1);

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
my $crew = $t->db("SELECT id FROM members WHERE email = 'crew1\@example.com'");
my $other = $t->db("SELECT id FROM members WHERE email = 'crew2\@example.com'");
my $admin = $t->db("SELECT id FROM members WHERE email = 'admin\@example.com'");


# A token of a session that has just proved all of its factors.

sub strong {
    my ($member) = @_;

    return $tokens->token($tokens->grant(member => $member, acr => 2,
                                         amr => "'{pwd,otp}'"));
}

sub call {
    my ($method, $path, $token, $json, %headers) = @_;

    return $t->request($method, "/api/v1/me/factors$path",
        defined $json ? (json => $json) : (),
        headers => { Authorization => "Bearer $token", %headers });
}

sub take {
    my ($member, $method, $code) = @_;

    return $t->post('/test/factors/take', json => {
        member => $member, method => $method, code => $code });
}

sub base32 {
    my ($text) = @_;

    my %value;
    @value{ 'A' .. 'Z', 2 .. 7 } = 0 .. 31;

    my $bits = join '', map { sprintf '%05b', $value{$_} } split //, $text;

    return pack 'B' . 8 * int(length($bits) / 8), $bits;
}

# The code of an authenticator (RFC 6238), `steps' from now.

sub code {
    my ($secret, $steps) = @_;

    my $mac = hmac_sha1(pack('Q>', int(time / 30) + ($steps // 0)),
                        base32($secret));
    my $at = ord(substr $mac, 19) & 0xf;

    return sprintf '%06d',
        (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1_000_000;
}

# Steps must not change in the middle of what follows.

sub early_in_a_step {
    sleep 1 while time % 30 > 20;
}


my $token = strong($crew);
my $r = call(GET => '', $token);

is($r->status, 200, 'what is set up') or diag $r->body;
is_deeply($r->json, { totp_at => undef, recovery_codes => 0, passkeys => [] },
          'nothing');
like($r->header('cache-control'), qr/no-store/, 'nobody keeps that');
is($t->get('/api/v1/me/factors')->status, 401, 'nobody has none');

is(call(POST => '/recovery-codes', $token)->json->{code}, 'no_factor',
   'no recovery codes without a factor');
is(call(POST => '/totp/confirm', $token, { code => '123456' })->json->{code},
   'totp_not_begun', 'nothing to confirm');
is(call(DELETE => '/totp', $token)->status, 404, 'nothing to remove');

# who may

my $read = $tokens->token($tokens->grant(member => $crew, acr => 2,
                                         scopes => [ 'read' ]));
is(call(GET => '', $read)->status, 200, 'read may look');
is(call(POST => '/totp', $read)->status, 403, 'but not change');

my $old = $tokens->token($tokens->grant(member => $crew, acr => 2,
    authenticated_at => "now() - INTERVAL '16 minutes'"));
is(call(POST => '/totp', $old)->json->{code},
   'insufficient_user_authentication', 'nor who proved it long ago');

# begun

$r = call(POST => '/totp', $token, undef, 'Accept-Language' => 'en');
is($r->status, 200, 'begun') or diag $r->body;

my $first = $r->json;
like($first->{secret}, qr/^[A-Z2-7]{32}$/, 'a secret of 160 bits');
like($first->{uri}, qr{^otpauth://totp/ResortBite:crew1\@example\.com\?secret=
                        $first->{secret}&issuer=ResortBite&}x, 'its URI');
ok($first->{qr} =~ m{^<svg .*<title>QR code for your authenticator</title>}
   && $first->{qr} =~ m{<path .*</svg>$}, 'as a QR code');
is(call(GET => '', $token)->json->{totp_at}, undef, 'nothing is set up yet');

$r = call(POST => '/totp', $token);
like($r->json->{qr}, qr/인증 앱/, 'begun again, in Korean');
my $secret = $r->json->{secret};
isnt($secret, $first->{secret}, 'with another secret');

my $sealed = $t->db("SELECT encode(secret_sealed, 'hex') FROM totp_factors
                      WHERE member_id = '$crew'");
is(length($sealed) / 2, 1 + 12 + 20 + 16, 'the secret is sealed');
unlike($sealed, qr/@{[ unpack 'H*', base32($secret) ]}/, 'and not to be read');

early_in_a_step();

$r = call(POST => '/totp/confirm', $token, { code => code($first->{secret}) });
is($r->status, 400, 'a code of the first: wrong');
is($r->json->{errors}[0]{field}, 'code', 'names the field');
is(take($crew, totp => code($secret))->status, 401,
   'what is not confirmed lets nobody in');

# confirmed

my $now = code($secret);
my $spaced = substr($now, 0, 3) . ' ' . substr $now, 3;
$r = call(POST => '/totp/confirm', $token, { code => $spaced });
is($r->status, 200, 'confirmed') or diag $r->body;

my @codes = @{ $r->json->{recovery_codes} };
is(scalar @codes, 10, 'ten recovery codes');
is(scalar(grep { /^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/ } @codes), 10,
   'to be written down');
is(scalar(keys %{ { map { $_ => 1 } @codes } }), 10, 'all different');

$r = call(GET => '', $token);
like($r->json->{totp_at}, qr/^\d{4}-.*Z$/, 'it is set up');
is($r->json->{recovery_codes}, 10, 'with codes');
is(call(POST => '/totp', $token)->json->{code}, 'totp_exists',
   'a second one is refused');
is(call(POST => '/totp/confirm', $token, { code => $now })->json->{code},
   'totp_exists', 'and a second confirmation');

my $weak = $tokens->token($tokens->grant(member => $crew, acr => 1));
is(call(DELETE => '/totp', $weak)->json->{code},
   'insufficient_user_authentication',
   'who has not proved the second factor can not remove it');

is($t->db("SELECT string_agg(action || ' ' || coalesce(detail->>'factor', '-'),
                             ', ' ORDER BY action)
             FROM security_events WHERE member_id = '$crew'
              AND actor_id = '$crew' AND octet_length(address_hash) = 32
              AND session_id IS NOT NULL AND client_id = 'test-app'
              AND request_id IS NOT NULL"),
   'factor.added totp, recovery_codes.made -', 'the trail');
is($t->db("SELECT topic || ' ' || (payload->>'to') || ' '
                  || (payload->'params'->>'factor')
             FROM outbox WHERE topic LIKE 'mail.%'"),
   'mail.factor_added crew1@example.com totp', 'the mail');
my $kept = $t->db("SELECT string_agg(payload::text, ' ') FROM outbox")
    . $t->db("SELECT string_agg(detail::text, ' ') FROM security_events");
unlike($kept, qr/$secret|$codes[0]/, 'tell no secret');

# a code is good once

early_in_a_step();
is(take($crew, totp => $now)->status, 401, 'the code that confirmed is used');

my $next = code($secret, 1);
is(take($crew, totp => '000000')->status, 401, 'a wrong code');
is(take($crew, totp => code($secret, 5))->status, 401, 'one of the future');
is(take($other, totp => $next)->status, 401, 'for another member');
$r = take($crew, totp => $next);
is($r->status, 200, 'the next code is good');
is($r->json->{amr}, 0x02 | 0x04, 'methods: authenticator, recovery codes');
is(take($crew, totp => $next)->status, 401, 'once');

$t->db("UPDATE totp_factors SET last_step = 0 WHERE member_id = '$crew'");
early_in_a_step();
my $race = code($secret);
my @taken = $t->parallel(8, sub { take($crew, totp => $race)->status });

is(scalar(grep { $_ == 200 } @taken), 1, 'of eight with one code one is let in')
    or diag "@taken";

# sealed for its member

$t->db("INSERT INTO totp_factors (member_id, secret_sealed, confirmed_at)
        SELECT '$other', secret_sealed, now() FROM totp_factors
         WHERE member_id = '$crew'");
is(take($other, totp => code($secret))->status, 500,
   'a secret copied to another member is no use');
$t->db("DELETE FROM totp_factors WHERE member_id = '$other'");

# recovery codes

is(take($crew, recovery => 'aaaaa-aaaaa')->status, 401, 'no recovery code');
is(take($crew, recovery => '')->status, 401, 'nothing');
is(take($other, recovery => $codes[0])->status, 401, 'of another member');
is(take($crew, recovery => $codes[0])->status, 200, 'one of them');
is(take($crew, recovery => $codes[0])->status, 401, 'once');

my $sloppy = uc $codes[1];
$sloppy =~ s/-/ /;
$sloppy =~ tr/01/OL/;
is(take($crew, recovery => " $sloppy ")->status, 200, 'as people write it');
is(call(GET => '', $token)->json->{recovery_codes}, 8, 'eight are left');

$r = call(POST => '/recovery-codes', $token);
is($r->status, 200, 'new ones');
my @new = @{ $r->json->{recovery_codes} };
is(scalar @new, 10, 'ten');
is(call(GET => '', $token)->json->{recovery_codes}, 10, 'all good');
is(take($crew, recovery => $codes[2])->status, 401, 'the old ones are void');
is(take($crew, recovery => $new[9])->status, 200, 'the new ones are not');
is($t->db("SELECT count(*) FROM recovery_codes WHERE member_id = '$crew'"), 10,
   'there are never more');
is($t->db("SELECT count(*) FROM outbox
            WHERE topic = 'mail.recovery_codes_made'"), 1, 'the mail');
is($t->db("SELECT count(*) FROM recovery_codes
            WHERE octet_length(hash) = 32"), 10, 'hashes are kept');

# removed

my $session = $tokens->browser(member => $crew);
$r = call(DELETE => '/totp', $token);
is($r->status, 204, 'removed');
is_deeply(call(GET => '', $token)->json,
          { totp_at => undef, recovery_codes => 0, passkeys => [] },
          'with the recovery codes, which stood in for it');
is(take($crew, totp => code($secret, 1))->status, 401, 'its codes are void');
is(take($crew, recovery => $new[0])->status, 401, 'and those');
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$crew'
              AND revoked_at IS NOT NULL"), 0, 'no session ends by it');
is($t->db("SELECT count(*) FROM security_events
            WHERE action = 'factor.removed' AND member_id = '$crew'"), 1,
   'the trail');
is($t->db("SELECT payload->'params'->>'factor' FROM outbox
            WHERE topic = 'mail.factor_removed'"), 'totp', 'the mail');

# the staff must keep one

my $boss = strong($admin);
$secret = call(POST => '/totp', $boss)->json->{secret};
early_in_a_step();
is(call(POST => '/totp/confirm', $boss, { code => code($secret) })->status, 200,
   'an administrator sets one up');
$r = call(DELETE => '/totp', $boss);
is($r->status, 409, 'and has to keep it');
is($r->json->{code}, 'last_factor', 'says why');
is($t->db("SELECT count(*) FROM totp_factors WHERE member_id = '$admin'"), 1,
   'it is still there');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the chain is whole');

done_testing;
