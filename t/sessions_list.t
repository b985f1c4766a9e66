# What is signed in to one's account, and how it ends: one, all, all others.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

my $t = ResortBite::Identity->world;
my ($here, $there, $phone, $other) = map { ResortBite::Browser->new($t) } 1 .. 4;

$phone->{headers}{'User-Agent'} = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) '
    . 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1';

my $member = log_in($here, 'crew1@example.com')->json->{session}{member_id};
my $theirs = log_in($other, 'crew2@example.com')->json->{session}{id};

log_in($_, 'crew1@example.com') for $there, $phone;


sub sessions { return @{ $_[0]->get('/api/v1/sessions')->json->{items} } }

sub is_in { return $_[0]->get('/api/v1/me')->status == 200 ? 1 : 0 }


my @list = sessions($here);
is(scalar @list, 3, 'three of them');
is(join(' ', map { $_->{current} ? 1 : 0 } @list), '0 0 1', 'the newest first, one is this');
is($list[0]{device}, 'Safari on iPhone', 'on what');
is($list[2]{device}, 'Chrome on Linux', 'on what');
is($list[0]{kind}, 'browser', 'a browser');
is($list[0]{client}, undef, 'no application');
unlike($here->response->body, qr/hash/, 'nothing of a secret');

my $r = $here->get('/api/v1/sessions?limit=2');
is(scalar @{ $r->json->{items} }, 2, 'a page');
is($here->get("/api/v1/sessions?limit=2&cursor=" . $r->json->{next})->json->{items}[0]{id},
   $list[2]{id}, 'and the next');

# one

is(api($here, DELETE => "/api/v1/sessions/$list[0]{id}")->status, 204, 'one is ended');
is(is_in($phone), 0, 'the phone is out');
is(is_in($there), 1, 'the other isn\'t');
is(api($here, DELETE => "/api/v1/sessions/$list[0]{id}")->status, 404, 'it has ended');
is(api($here, DELETE => "/api/v1/sessions/$theirs")->status, 404, 'nobody else\'s');
is(is_in($other), 1, 'who stays in');
is($t->db("SELECT revoke_reason FROM sessions WHERE id = '$list[0]{id}'"), 'revoked',
   'the row says why');
is($t->db("SELECT actor_id || ' ' || (detail->>'reason') FROM security_events
            WHERE session_id = '$list[0]{id}' AND action = 'session.revoked'"),
   "$member revoked", 'the trail who');

# grants given in it

my ($lasting, $passing) = split /\|/, $t->db("
    INSERT INTO oauth_clients (id, name, auth_method, redirect_uris, grant_types, scopes)
    VALUES ('app', '우리 앱', 'none', '{https://app.example/back}',
            '{authorization_code,refresh_token}', '{openid,read,offline_access}');
    WITH made AS (
        INSERT INTO sessions (id, kind, member_id, client_id, parent_id, scopes, acr, amr,
                              authenticated_at, expires_at)
        SELECT uuid_v7(now(), md5(s)::uuid), 'grant', '$member', 'app', '$list[1]{id}',
               s::text[], 1, '{pwd}', now(), now() + interval '1 day'
          FROM (VALUES ('{read,offline_access}'), ('{read}')) AS v (s)
        RETURNING id, scopes)
    SELECT string_agg(id::text, '|' ORDER BY cardinality(scopes) DESC) FROM made");

is((grep { $_->{id} eq $passing } sessions($here))[0]{client}{name}, '우리 앱',
   'an application is listed by its name');
is(api($there, DELETE => '/api/v1/sessions/current')->status, 204, 'logged out');
ok(!$there->cookie('__Host-rb_session'), 'the cookie goes');
is(is_in($there), 0, 'out');
is($t->db("SELECT revoke_reason FROM sessions WHERE id = '$passing'"), 'signed_out',
   'what was granted in it ends with it');
is($t->db("SELECT coalesce(revoke_reason, '-') FROM sessions WHERE id = '$lasting'"), '-',
   'unless it was granted to last');

# all but this

log_in($_, 'crew1@example.com') for $there, $phone;
is(api($here, DELETE => '/api/v1/sessions?keep_current=true')->status, 204, 'all others');
is(join(' ', map { is_in($_) } $here, $there, $phone, $other), '1 0 0 1', 'are out');
is($t->db("SELECT revoke_reason FROM sessions WHERE id = '$lasting'"), 'signed_out_everywhere',
   'applications, too');
is($t->db("SELECT detail->>'sessions' FROM security_events WHERE member_id = '$member'
              AND detail->>'reason' = 'signed_out_everywhere'"), 3, 'the trail how many');

# all

log_in($there, 'crew1@example.com');
is(api($here, DELETE => '/api/v1/sessions')->status, 204, 'everywhere');
is(join(' ', map { is_in($_) } $here, $there, $other), '0 0 1', 'all are out');
ok(!$here->cookie('__Host-rb_session'), 'the cookie goes');
is($here->get('/api/v1/sessions')->status, 401, 'there is nothing to list');

# another site's page ends nothing

log_in($here, 'crew1@example.com');
is(api($here, DELETE => '/api/v1/sessions/current', undef, 'Sec-Fetch-Site' => 'cross-site',
       Origin => 'https://evil.example')->status, 403, 'another site');
is(api($here, DELETE => '/api/v1/sessions/current', undef, 'X-CSRF-Token' => 'x')->status, 403,
   'without the token');
is(is_in($here), 1, 'still in');

# a browser's session lasts fourteen days after it was last seen, and ninety

is($t->db("SELECT bool_and(expires_at - created_at = interval '90 days')
             FROM sessions WHERE kind = 'browser' AND device <> 'made by hand'
              AND device_hash IS NOT NULL"), 't', 'ninety days in all');

done_testing;
