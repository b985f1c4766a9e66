# An account is deleted, and brought back within thirty days.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

my $t = ResortBite::Identity->world;
my $b = ResortBite::Browser->new($t);
my $there = ResortBite::Browser->new($t);
my $member = log_in($b, 'crew1@example.com')->json->{session}{member_id};

log_in($there, 'crew1@example.com');


sub restore {
    my ($id) = @_;

    return $there->request('POST', '/api/v1/accounts/restore', site => 'same-origin',
        json => { token => token($t, 'restore_account', $id) });
}


$t->db("UPDATE sessions SET authenticated_at = now() - interval '1 hour'
         WHERE member_id = '$member'");
is(api($b, DELETE => '/api/v1/me')->json->{code}, 'insufficient_user_authentication',
   'not without a recent log-in');
is(api($b, POST => '/api/v1/me/step-up', { method => 'password', password => $PASSWORD })
       ->status, 204, 'proved anew');

my $r = api($b, DELETE => '/api/v1/me');
is($r->status, 204, 'deleted') or diag($r->body);
ok(!$b->cookie('__Host-rb_session'), 'the cookie goes');
is($there->get('/api/v1/me')->status, 401, 'nobody is in any more');
is($t->db("SELECT status || ' ' || (deleted_at IS NOT NULL) FROM members WHERE id = '$member'"),
   'deleted true', 'the row waits');
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$member'
              AND revoke_reason = 'account_deleted'"), 2, 'sessions have ended');
like(events($t, $member), qr/account\.deleted$/, 'the trail');

my ($mail) = mails($t, 'account_deleted', 'crew1@example.com');
is($mail->{params}{until}, $t->db('SELECT seoul_today() + 30'), 'a mail says until when');

is(log_in($b, 'crew1@example.com')->json->{code}, 'account_deleted',
   'with the password one is told');
is(log_in($b, 'crew1@example.com', 'not it')->json->{code}, 'wrong_credentials',
   'without it not');
$b->request('POST', '/api/v1/password-resets', site => 'same-origin',
            json => { email => 'crew1@example.com' });
is(scalar mails($t, 'reset_password', 'crew1@example.com'), 0, 'no new password for it');

# brought back

is(restore($mail->{token_id})->status, 204, 'the link brings it back');
is(restore($mail->{token_id})->status, 410, 'once');
is(log_in($b, 'crew1@example.com')->status, 201, 'one signs in again');
is($t->db("SELECT status || ' ' || (deleted_at IS NULL) FROM members WHERE id = '$member'"),
   'active true', 'the row is as it was');
like(events($t, $member), qr/account\.restored session\.started$/, 'the trail');

# erased: nothing brings it back, and the address is free

api($b, DELETE => '/api/v1/me');
($mail) = reverse mails($t, 'account_deleted', 'crew1@example.com');
$t->db("UPDATE members SET email = 'erased-$member\@erased.invalid', password_hash = NULL,
               erased_at = now() WHERE id = '$member'");
is(restore($mail->{token_id})->status, 410, 'what is erased stays so');
is($b->request('POST', '/api/v1/accounts', site => 'same-origin', json => {
    email => 'crew1@example.com', password => 'again from the start', display_name => '다시',
    born_on => '1999-09-09', role => 'crew', terms => JSON::PP::true, privacy => JSON::PP::true,
})->status, 202, 'the address signs up again');
is(scalar mails($t, 'verify_email', 'crew1@example.com'), 1, 'and is sent a link');

# an owner whose resort and people would be left alone

my $owner = ResortBite::Browser->new($t);
my $owns = log_in($owner, 'owner1@example.com')->json->{session}{member_id};
my $resort = $t->db("SELECT resort_id FROM resort_members
                      WHERE member_id = '$owns' AND role = 'owner' LIMIT 1");
my $heir = $t->db("SELECT id FROM members WHERE email = 'crew2\@example.com'");

$r = api($owner, DELETE => '/api/v1/me');
is($r->status . ' ' . $r->json->{code}, '409 close_or_hand_over_resort',
   'the owner of an open resort may not go');

$t->db("INSERT INTO resort_members (resort_id, member_id, role)
        VALUES ('$resort', '$heir', 'manager') ON CONFLICT DO NOTHING");
$r = api($owner, DELETE => '/api/v1/me');
is($r->status, 409, 'the only owner of others may not go');
is($r->json->{code}, 'close_or_hand_over_resort', 'and is told why');
is($t->db("SELECT status FROM members WHERE id = '$owns'"), 'active', 'nothing changed');

$t->db("UPDATE resort_members SET role = 'owner'
         WHERE resort_id = '$resort' AND member_id = '$heir'");

# the heir goes at the same instant, or the owner makes another resort

sub meanwhile {
    my ($sql) = @_;

    my @answers = $t->parallel(2, sub {
        if ($_[0] == 0) {
            $t->db("BEGIN; $sql; SELECT pg_sleep(2); COMMIT");
            return '';
        }

        sleep 1;
        return api($owner, DELETE => '/api/v1/me')->status;
    });

    return $answers[1];
}

is(meanwhile("SELECT FROM resort_members WHERE resort_id = '$resort' ORDER BY member_id FOR UPDATE;
              UPDATE members SET status = 'deleted', deleted_at = now() WHERE id = '$heir'"), 409,
   'of two owners who go at once one stays');
is($t->db("SELECT status FROM members WHERE id = '$owns'"), 'active', 'indeed');
$t->db("UPDATE members SET status = 'active', deleted_at = NULL WHERE id = '$heir'");

is(meanwhile("SELECT FROM members WHERE id = '$owns' FOR UPDATE;
              INSERT INTO resorts (id, name, type, region_code, address, lat, lng, business_number)
              SELECT uuid_v7(now(), md5('late')::uuid), '늦은 리조트', type, region_code, address,
                     lat, lng, '1248100998' FROM resorts WHERE id = '$resort';
              INSERT INTO resort_members (resort_id, member_id, role)
              SELECT id, '$owns', 'owner' FROM resorts WHERE name = '늦은 리조트'"), 409,
   'one who makes a resort at the same instant stays');
is($t->db("SELECT status FROM members WHERE id = '$owns'"), 'active', 'indeed');
$t->db("UPDATE resorts SET deleted_at = now() WHERE name = '늦은 리조트'");

is(api($owner, DELETE => '/api/v1/me')->status, 204, 'after handing it over they may');

done_testing;
