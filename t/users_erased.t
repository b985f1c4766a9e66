# The end of an account: at once on every node, undone by its link on any, and
# after thirty days for good; then its address is free.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite::Identity;

my $t = ResortBite::Identity->world;
my $issuer = 'http://localhost:' . $t->port(8080);

my $node = ResortBite->new(redis => 0);

$node->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "@{[ $t->postgres->conninfo ]}";
    resortbite_zone 16m;
    resortbite_secret_file @{[ $t->secret_file ]};
    resortbite_identity $issuer;
    resortbite_keys @{[ $t->keys_folder ]};
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($node->wait_ready, 'another node');

my $b = ResortBite::Browser->new($t);
my $phone = ResortBite::Browser->new($node, origin => $issuer);
my $member = log_in($b, 'crew1@example.com')->json->{session}{member_id};

is(log_in($phone, 'crew1@example.com')->status, 201, 'signed in on the other node');
is($phone->get('/api/v1/me')->status, 200, 'which keeps its verdict');


sub restore {
    my ($id) = @_;

    return $phone->request('POST', '/api/v1/accounts/restore', site => 'same-origin',
        json => { token => token($t, 'restore_account', $id) });
}


# a link of before is void

$b->request('POST', '/api/v1/password-resets', site => 'same-origin',
            json => { email => 'crew1@example.com' });
my ($reset) = mails($t, 'reset_password', 'crew1@example.com');

is(api($b, DELETE => '/api/v1/me')->status, 204, 'deleted');
my $at = time;

ok($t->wait_for(sub { $phone->get('/api/v1/me')->status == 401 }, 5), 'out on the other node');
cmp_ok(time - $at, '<', 1.5, 'at once');
is(log_in($phone, 'crew1@example.com')->json->{code}, 'account_deleted', 'and not in again');
is($b->request('PUT', '/api/v1/password-resets', site => 'same-origin',
    json => { token => token($t, 'reset_password', $reset->{token_id}),
              password => 'before the end' })->status, 410, 'a link of before is void');

# who signs up with the address meanwhile

my %again = (
    email => 'crew1@example.com', password => 'again from the start', display_name => '다시',
    born_on => '1999-09-09', role => 'crew', terms => JSON::PP::true, privacy => JSON::PP::true,
);
is($b->request('POST', '/api/v1/accounts', site => 'same-origin', json => \%again)->status, 202,
   'a sign-up in the meantime');
is(scalar mails($t, 'verify_email', 'crew1@example.com'), 0, 'gets no link: the account waits');

# back, on the other node

my ($mail) = mails($t, 'account_deleted', 'crew1@example.com');
is(restore($mail->{token_id})->status, 204, 'brought back');
is($phone->get('/api/v1/me')->status, 401, 'old sessions aren\'t');
is(log_in($b, 'crew1@example.com')->status, 201, 'one logs in');

# for good

my $consents = $t->db("SELECT count(*) FROM member_consents WHERE member_id = '$member'");

is(api($b, DELETE => '/api/v1/me')->status, 204, 'deleted once more');
is(restore($mail->{token_id})->status, 410, 'the old link doesn\'t bring it back');
($mail) = reverse mails($t, 'account_deleted', 'crew1@example.com');

$t->db("UPDATE members SET deleted_at = now() - interval '29 days 23 hours' WHERE id = '$member'");
$t->reload;
$t->old_workers_gone;
sleep 2;
is($t->db("SELECT erased_at IS NULL FROM members WHERE id = '$member'"), 't', 'not before its time');

$t->db("UPDATE members SET deleted_at = now() - interval '30 days 1 minute' WHERE id = '$member'");
$_->stop for $node;
$t->reload;
ok($t->wait_for(sub { $t->db("SELECT erased_at IS NOT NULL FROM members
                               WHERE id = '$member'") eq 't' }, 20), 'then it is erased');
ok($t->wait_ready, 'ready');

is($t->db("SELECT count(*) FROM members WHERE email = 'crew1\@example.com'"), 0,
   'the address is nobody\'s');
is($t->db("SELECT num_nonnulls(password_hash, born_on) FROM members WHERE id = '$member'"), 0,
   'nothing personal is left');
is($t->db("SELECT count(*) FROM member_consents WHERE member_id = '$member'"), $consents,
   'what was agreed to is');
is($b->request('POST', '/api/v1/accounts/restore', site => 'same-origin',
    json => { token => token($t, 'restore_account', $mail->{token_id}) })->status, 410,
   'the link is no good any more');
is(log_in($b, 'crew1@example.com')->json->{code}, 'wrong_credentials',
   'as if there had never been one');
like(events($t, $member), qr/account\.deleted account\.erased/, 'the trail tells')
    or diag(events($t, $member));

is($b->request('POST', '/api/v1/accounts', site => 'same-origin', json => \%again)->status, 202,
   'the address signs up');
my ($verify) = mails($t, 'verify_email', 'crew1@example.com');
my $r = $b->request('POST', '/api/v1/accounts/verify', site => 'same-origin',
                    json => { token => token($t, 'verify_email', $verify->{token_id}) });
is($r->status, 201, 'for another account');
isnt($r->json->{id}, $member, 'with another id');

done_testing;
