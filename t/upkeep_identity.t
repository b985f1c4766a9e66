#!/usr/bin/perl

# What ends by itself: tokens, codes, sessions, devices, mails and events go
# when their time is over and not before; a member who deleted the account a
# month ago is erased, and what others or the law need of them stays.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

my $crew = '019b76da-abe8-7409-b745-9cf1e2829bb1';

# Rows that have ended long enough ago are called "old", others "young".

sub hash { return "decode(md5('$_[0]' || n) || md5('$_[0]'), 'hex')" }

$t->db(<<"END");
INSERT INTO oauth_clients (id, name, auth_method, grant_types, scopes)
VALUES ('app', 'App', 'none', '{refresh_token}', '{openid}');

INSERT INTO sessions (id, kind, member_id, token_hash, acr, amr,
                      authenticated_at, device, expires_at, revoked_at,
                      revoke_reason)
SELECT gen_random_uuid(), 'browser', '$crew', @{[ hash('s') ]}, 1, '{pwd}',
       now() - interval '200 days', s.name, now() + s.expires,
       now() + s.revoked, CASE WHEN s.revoked IS NOT NULL THEN 'revoked' END
  FROM generate_series(1, 4) AS n
  JOIN (VALUES (1, 'old expired', interval '-31 days', NULL::interval),
               (2, 'young expired', '-29 days', NULL),
               (3, 'old revoked', '1 day', '-31 days'),
               (4, 'young revoked', '1 day', '-29 days'))
    AS s (n, name, expires, revoked) USING (n);

INSERT INTO refresh_tokens (hash, session_id, expires_at)
SELECT @{[ hash('r') ]}, (SELECT id FROM sessions WHERE device = 'young expired'),
       now() + CASE WHEN n = 1 THEN interval '1 day' ELSE '-1 second' END
  FROM generate_series(1, 2100) AS n;

INSERT INTO one_time_tokens (id, purpose, expires_at)
SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'old' ELSE 'young' END,
       now() - CASE WHEN n % 2 = 0 THEN interval '25 hours' ELSE '23 hours' END
  FROM generate_series(1, 4200) AS n;

INSERT INTO sign_ups (id, email, password_hash, display_name, born_on, role,
                      consents, expires_at)
SELECT gen_random_uuid(), n || '\@example.com', '\$scrypt\$', n::text,
       '2000-01-01', 'crew', '{}',
       now() - CASE WHEN n = 1 THEN interval '25 hours' ELSE '23 hours' END
  FROM generate_series(1, 2) AS n;

INSERT INTO authorization_codes (hash, client_id, member_id, parent_id,
                                 redirect_uri, scopes, code_challenge, acr,
                                 amr, authenticated_at, expires_at)
SELECT @{[ hash('c') ]}, 'app', '$crew',
       (SELECT id FROM sessions WHERE device = 'young expired'), n::text, '{}',
       '', 1, '{}', now(),
       now() - CASE WHEN n = 1 THEN interval '25 hours' ELSE '23 hours' END
  FROM generate_series(1, 2) AS n;

INSERT INTO device_codes (hash, user_code, client_id, scopes, expires_at)
SELECT @{[ hash('d') ]}, 'U' || n, 'app', '{}',
       now() - CASE WHEN n = 1 THEN interval '25 hours' ELSE '23 hours' END
  FROM generate_series(1, 2) AS n;

INSERT INTO used_proofs (hash, expires_at)
SELECT @{[ hash('p') ]},
       now() + CASE WHEN n = 1 THEN interval '-1 second' ELSE '1 hour' END
  FROM generate_series(1, 2) AS n;

INSERT INTO member_devices (member_id, device_hash, last_seen_at)
SELECT '$crew', @{[ hash('b') ]},
       now() - CASE WHEN n = 1 THEN interval '366 days' ELSE '364 days' END
  FROM generate_series(1, 2) AS n;

INSERT INTO mails (id, outbox_id, template, recipient, locale, params, status,
                   created_at, sent_at)
SELECT gen_random_uuid(), n + 1000000, m.name, 'x\@example.com', 'ko', '{}',
       m.status::mail_status, now() - m.age,
       CASE WHEN m.status = 'sent' THEN now() END
  FROM generate_series(1, 5) AS n
  JOIN (VALUES (1, 'old sent', 'sent', interval '31 days'),
               (2, 'young sent', 'sent', '29 days'),
               (3, 'old dead', 'dead', '91 days'),
               (4, 'young dead', 'dead', '89 days'),
               (5, 'young queued', 'queued', '100 days'))
    AS m (n, name, status, age) USING (n);

INSERT INTO outbox (topic, key, payload, published_at)
SELECT 'report.created', name, '{}', now() - age
  FROM (VALUES ('old', interval '8 days'), ('young', '6 days'),
               ('young waiting', NULL)) AS o (name, age);
END

# two members who deleted their account, one long enough ago

my ($gone, $going) = split /\n/, $t->db("SELECT id FROM members
    WHERE email IN ('crew11\@example.com', 'crew12\@example.com')
    ORDER BY email");

for my $id ($gone, $going) {
    my $age = $id eq $gone ? 31 : 29;
    $t->db(<<"END");
UPDATE members
   SET status = 'deleted', deleted_at = now() - interval '$age days',
       password_hash = '\$scrypt\$ln=15', born_on = '2000-01-01',
       phone_sealed = '\\x00', email_verified_at = now()
 WHERE id = '$id';
INSERT INTO totp_factors (member_id, secret_sealed) VALUES ('$id', '\\x00');
INSERT INTO recovery_codes (member_id, place, hash)
VALUES ('$id', 1, decode(repeat('00', 32), 'hex'));
INSERT INTO passkeys (id, member_id, credential_id, public_key, aaguid, name)
VALUES (gen_random_uuid(), '$id', decode(md5('$id'), 'hex'), '\\x00',
        gen_random_uuid(), 'key');
INSERT INTO member_identities (provider, subject, member_id, email)
VALUES ('kakao', '$id', '$id', 'k\@example.com');
INSERT INTO member_devices (member_id, device_hash)
VALUES ('$id', decode(repeat('01', 32), 'hex'));
INSERT INTO oauth_consents (member_id, client_id, scopes)
VALUES ('$id', 'app', '{openid}');
INSERT INTO sessions (id, kind, member_id, token_hash, acr, amr,
                      authenticated_at, expires_at)
VALUES (gen_random_uuid(), 'browser', '$id',
        decode(md5('$id') || md5('$id'), 'hex'), 1, '{pwd}', now(),
        now() + interval '1 day');
INSERT INTO member_consents (member_id, kind, version, given)
VALUES ('$id', 'terms', '2026-11-01', true);
INSERT INTO resort_invitations (id, resort_id, email, role, invited_by,
                                expires_at)
SELECT gen_random_uuid(), r.id, m.email, 'manager', m.id, now()
  FROM members AS m, (SELECT id FROM resorts LIMIT 1) AS r
 WHERE m.id = '$id';
END
}

$t->start(<<'END');
%%GLOBALS%%
worker_processes 2;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

# the last that upkeep does

ok($t->wait_for(sub { $t->db("SELECT count(*) FROM outbox
                               WHERE key = 'old'") == 0 }, 20),
   'events go a week after they were published') or diag($t->error_log);
is($t->db("SELECT count(*) FROM outbox WHERE key LIKE 'young%'"), 2,
   'not before, nor what waits');

is($t->db("SELECT string_agg(device, ', ' ORDER BY device) FROM sessions
            WHERE member_id = '$crew'"), 'young expired, young revoked',
   'sessions go a month after their end');
is($t->db("SELECT count(*) FROM refresh_tokens"), 1, 'refresh tokens, many');
is($t->db("SELECT count(*) || ' ' || min(purpose) FROM one_time_tokens"),
   '2100 young', 'one-time tokens a day after they expired');
is($t->db("SELECT string_agg(display_name, ' ') FROM sign_ups"), '2',
   'sign-ups');
is($t->db("SELECT string_agg(redirect_uri, ' ') FROM authorization_codes"),
   '2', 'authorization codes');
is($t->db("SELECT string_agg(user_code, ' ') FROM device_codes"), 'U2',
   'device codes');
is($t->db("SELECT count(*) FROM used_proofs WHERE expires_at > now()"), 1,
   'a proof that is still good is kept');
is($t->db("SELECT count(*) FROM used_proofs"), 1, 'no other');
is($t->db("SELECT count(*) FROM member_devices WHERE member_id = '$crew'"), 1,
   'devices after a year');
is($t->db("SELECT string_agg(template, ', ' ORDER BY template) FROM mails"),
   'young dead, young queued, young sent', 'mails');

# the erased

is($t->db("SELECT email || ' ' || display_name || ' ' || roles::text || ' '
                  || (erased_at IS NOT NULL) || ' '
                  || num_nonnulls(password_hash, born_on, phone_sealed,
                                  email_verified_at)
             FROM members WHERE id = '$gone'"),
   "erased-$gone\@erased.invalid 탈퇴한 회원 {crew} true 0",
   'the account is erased');

my @tables = qw(totp_factors recovery_codes passkeys member_identities
                member_devices oauth_consents sessions);

for my $table (@tables) {
    is($t->db("SELECT count(*) FROM $table WHERE member_id = '$gone'"), 0,
       "with its $table");
    is($t->db("SELECT count(*) FROM $table WHERE member_id = '$going'"), 1,
       'not those of one who may come back');
}

is($t->db("SELECT count(*) FROM resort_invitations
            WHERE email = 'crew11\@example.com'"), 0,
   'the address is nowhere in invitations');
is($t->db("SELECT count(*) FROM member_consents WHERE member_id = '$gone'"),
   1, 'consents stay');
is($t->db("SELECT action FROM security_events WHERE member_id = '$gone'"),
   'account.erased', 'the trail tells');
is($t->db("SELECT email FROM members WHERE id = '$going'"),
   'crew12@example.com', 'one who may come back is whole');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the trail holds');

ok($t->reload, 'what does it delays no reload');
ok($t->old_workers_gone(5), 'the old workers leave at once');

done_testing;
