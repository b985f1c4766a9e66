# Two steps of a log-in, and proving oneself anew.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Digest::SHA qw(hmac_sha1);
use ResortBite::Identity;

my $t = ResortBite::Identity->world;
my $b = ResortBite::Browser->new($t);
my $member = log_in($b, 'crew1@example.com')->json->{session}{member_id};


# RFC 6238, 30 seconds, 6 digits; of a time no code of which was taken

my $step = 0;

sub totp {
    my ($secret) = @_;

    my $bits = join '', map { sprintf '%05b', index 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', $_ }
        split //, $secret;
    my $key = pack 'B*', substr $bits, 0, 8 * int(length($bits) / 8);

    my $now = int(time / 30);
    while ($now <= $step) { sleep 1; $now = int(time / 30) + 1 }   # one ahead is taken
    $step = $now;

    my $mac = hmac_sha1(pack('Q>', $now), $key);
    my $at = ord(substr $mac, -1) & 15;

    return sprintf '%06d', (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1_000_000;
}


sub session {
    return $t->db("SELECT acr || ' ' || array_to_string(amr, ',') FROM sessions
        WHERE member_id = '$member' AND revoked_at IS NULL ORDER BY created_at DESC LIMIT 1");
}


# with no second factor the password does

is(session(), '1 pwd', 'one factor');
is(api($b, POST => '/api/v1/me/step-up', { method => 'password', password => 'not it' })
       ->json->{code}, 'wrong_credentials', 'not with a wrong one');
is(api($b, POST => '/api/v1/me/step-up', { method => 'password' })->json->{errors}[0]{field},
   'password', 'nor with none');
$t->db("UPDATE sessions SET authenticated_at = now() - interval '1 day' WHERE member_id = '$member'");
is(api($b, POST => '/api/v1/me/step-up', { method => 'password', password => $PASSWORD })
       ->status, 204, 'with the right one');
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$member' AND revoked_at IS NULL
              AND authenticated_at > now() - interval '1 minute'"), 1, 'it is recent now');
is(session(), '1 pwd', 'and still one factor');
like(events($t, $member), qr/session\.stepped_up$/, 'the trail');

# an authenticator

my $setup = api($b, POST => '/api/v1/me/factors/totp', {})->json;
my $secret = $setup->{secret};
ok($secret, 'an authenticator is set up') or diag($b->response->body);
my $codes = api($b, POST => '/api/v1/me/factors/totp/confirm', { code => totp($secret) })
    ->json->{recovery_codes};
is(scalar @$codes, 10, 'with recovery codes') or diag($b->response->body);

# from now on a log-in takes two steps

my $second = ResortBite::Browser->new($t);


sub step {
    my ($ticket, $method, $code) = @_;

    return $second->request('POST', '/api/v1/sessions/second', site => 'same-origin',
        json => { ticket => $ticket, method => $method, code => $code });
}


my $r = log_in($second, 'crew1@example.com');
is($r->status, 202, 'the password is not all');
is($r->json->{session}, undef, 'no session');
is_deeply($r->json->{second_factor}{methods}, [ qw(otp rcv) ], 'what will do');
ok(!$second->cookie('__Host-rb_session'), 'no cookie');

my $ticket = $r->json->{second_factor}{ticket};

is(step($ticket, 'otp', '000000')->json->{code}, 'wrong_code', 'a wrong code');
is(step('x', 'otp', '000000')->json->{code}, 'log_in_again', 'a wrong ticket');
$r = step($ticket, 'rcv', $codes->[0]);
is($r->status, 201, 'a recovery code') or diag($r->body);
is(session(), '2 pwd,rcv,mfa', 'two factors');
is($second->get('/api/v1/me')->status, 200, 'in');
is(step($ticket, 'rcv', $codes->[1])->json->{code}, 'log_in_again', 'a ticket is good once');
$ticket = log_in($second, 'crew1@example.com')->json->{second_factor}{ticket};
is(step($ticket, 'rcv', $codes->[0])->json->{code}, 'wrong_code', 'as is a recovery code');
is(step($ticket, 'otp', totp($secret))->status, 201, 'a code of the authenticator');
is(session(), '2 pwd,otp,mfa', 'two factors');
is($t->db("SELECT count(*) FROM security_events WHERE member_id = '$member'
              AND action = 'code.failed'"), 2, 'wrong codes are in the trail');

# an old ticket

$ticket = log_in($second, 'crew1@example.com')->json->{second_factor}{ticket};
$t->db("UPDATE one_time_tokens SET expires_at = now() WHERE purpose = 'login_step'");
is(step($ticket, 'rcv', $codes->[2])->json->{code}, 'log_in_again', 'ten minutes are over');

# proving oneself anew now takes the second factor

is(api($second, POST => '/api/v1/me/step-up', { method => 'password', password => $PASSWORD })
       ->json->{code}, 'second_factor_needed', 'the password alone won\'t do');
is(api($second, POST => '/api/v1/me/step-up', { method => 'rcv', code => $codes->[3] })
       ->status, 204, 'a code does') or diag($second->response->body);

# guessing codes is slowed down, apart from passwords

my $stranger = ResortBite::Browser->new($t);
$ticket = log_in($stranger, 'crew1@example.com')->json->{second_factor}{ticket};
my @statuses = map { step($ticket, 'otp', sprintf '%06d', $_)->status } 1 .. 6;
is($statuses[5], 429, 'after five wrong codes one has to wait');
is(log_in($second, 'crew1@example.com')->status, 202, 'passwords are counted apart');

done_testing;
