# Members of a resort and invitations: who may do what, that another resort's
# people may nothing, and that there always is an owner.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use Test::More;
use ResortBite;
use ResortBite::Account;
use ResortBite::Browser;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

# two resorts with nobody in them yet
my ($here, $there) = split /\n/, $t->db('SELECT id FROM resorts WHERE open ORDER BY id LIMIT 2');
$t->db("DELETE FROM resort_members WHERE resort_id IN ('$here', '$there')");

my %in = map { $_ => ResortBite::Account->new($t, resort => [ $here, $_ ], name => "여기 $_") }
    qw(owner manager recruiter);
my $stranger = ResortBite::Account->new($t, resort => [ $there, 'owner' ]);
my $guest = ResortBite::Account->new($t, name => '손님');
my $base = "/api/v1/resorts/$here/members";
my $r;


# The token of an invitation's link: a signed id.

sub token {
    my ($id) = @_;

    open my $in, '<:raw', $t->secret_file or die;
    my $key = do { local $/; <$in> };
    my $bytes = pack 'H*', $id =~ s/-//gr;

    return encode_base64url($bytes . substr hmac_sha256("invitation\0$bytes", $key), 0, 16);
}


sub invite { my ($who, $email, $role) = @_;
             return $who->post("$base/invitations", json => { email => $email, role => $role }) }

sub role { return $t->db("SELECT role FROM resort_members WHERE resort_id = '$here'
                             AND member_id = '@{[ $_[0]->id ]}'") }

sub owners { return $t->db("SELECT count(*) FROM resort_members WHERE resort_id = '$here'
                               AND role = 'owner'") }


# who sees the members

is($in{$_}->get($base)->status, 200, "the $_ sees them") for sort keys %in;
$r = $in{recruiter}->get($base);
is_deeply([ sort map { "$_->{name} $_->{role} $_->{email}" } @{ $r->json->{items} } ],
          [ sort map { "여기 $_ $_ " . $in{$_}->email } keys %in ], 'all of them');
is(scalar @{ $in{owner}->get("$base?limit=2")->json->{items} }, 2, 'page by page');
is(scalar @{ $in{owner}->get("$base?limit=2&cursor=" . $in{owner}->get("$base?limit=2")->json->{next})
                 ->json->{items} }, 1, 'to the end');
$r = $in{manager}->get('/api/v1/me/resorts');
is_deeply([ map { "$_->{id} $_->{role}" } @{ $r->json->{items} } ], [ "$here manager" ],
          'and each knows of whom they are one');


# another resort's owner, and who has none, may nothing here

my $invitation = invite($in{owner}, 'first@example.com', 'recruiter')->json->{id};
my $member = $in{recruiter}->id;
my @routes = ([ GET => $base ], [ PATCH => "$base/$member", { role => 'owner' } ],
              [ DELETE => "$base/$member" ], [ GET => "$base/invitations" ],
              [ POST => "$base/invitations", { email => 'x@example.com', role => 'recruiter' } ],
              [ DELETE => "$base/invitations/$invitation" ]);

for my $route (@routes) {
    my ($method, $uri, $json) = @$route;
    my @body = $json ? (json => $json) : ();

    for my $who ($stranger, $guest) {
        $r = $who->request($method, $uri, @body);
        is($r->status, 403, "$method $uri: not by " . $who->name);
        is($r->json->{code}, 'role_missing', 'for want of a role');
    }

    is($t->request($method, $uri, @body)->status, 401, 'nor by a stranger');
}

# nor through their own resort
my $other = "/api/v1/resorts/$there/members";
is($stranger->patch("$other/$member", json => { role => 'owner' })->status, 404,
   'a member of here is none of there');
is($stranger->delete("$other/$member")->status, 404, 'nor removed there');
is($stranger->delete("$other/invitations/$invitation")->status, 404, 'nor are invitations');
is(role($in{recruiter}), 'recruiter', 'nothing has changed');
is($t->db("SELECT count(*) FROM resort_invitations WHERE revoked_at IS NOT NULL"), 0, 'nothing at all');


# inviting

$r = invite($in{owner}, ' ' . ucfirst($guest->email), 'manager');
is($r->status, 201, 'an owner invites a manager') or diag $r->body;
is($r->json->{email}, $guest->email, 'at an address in lower case');
is($r->json->{status}, 'open', 'it waits');
is($r->json->{invited_by}{name}, '여기 owner', 'and says who sent it');

my $id = $r->json->{id};
is($t->db("SELECT topic || ' ' || (payload->>'to') || ' ' || (payload->>'token_id') || ' '
                  || (payload->'params'->>'role') || ' ' || (payload->'params'->>'inviter')
             FROM outbox WHERE key = 'mail:$id'"),
   'mail.invitation ' . $guest->email . " $id manager 여기 owner", 'the mail');
is($t->db("SELECT action || ' ' || (detail->>'role') FROM security_events
            WHERE detail->>'invitation_id' = '$id'"), 'invitation.sent manager', 'the trail');
unlike($t->db('SELECT string_agg(detail::text, $$ $$) FROM security_events'), qr/@/,
       'which holds no address');

is(invite($in{manager}, 'second@example.com', 'recruiter')->status, 201, 'a manager a recruiter');
$r = invite($in{manager}, 'third@example.com', 'manager');
is($r->status, 403, 'but no manager');
is_deeply($r->json->{missing_roles}, [ 'owner' ], 'which takes an owner');
is(invite($in{recruiter}, 'fourth@example.com', 'recruiter')->status, 403, 'a recruiter nobody');
is(invite($in{owner}, 'nobody', 'recruiter')->json->{errors}[0]{field}, 'email', 'no address');
is(invite($in{owner}, 'x@example.com', 'owner')->json->{errors}[0]{field}, 'role', 'nobody as owner');
is(invite($in{owner}, $in{manager}->email, 'recruiter')->status, 409, 'nobody twice');

$r = $in{manager}->get("$base/invitations");
is_deeply([ sort map { "$_->{email} $_->{role} $_->{status}" } @{ $r->json->{items} } ],
          [ sort 'first@example.com recruiter open', $guest->email . ' manager open',
            'second@example.com recruiter open' ], 'those that are open');

is($in{manager}->delete("$base/invitations/$id")->status, 403, 'a manager takes no manager\'s back');
is($in{manager}->delete("$base/invitations/$invitation")->status, 204, 'a recruiter\'s');
is($in{manager}->delete("$base/invitations/$invitation")->status, 204, 'again: as good');
is($in{owner}->delete("$base/invitations/$member")->status, 404, 'not what there isn\'t');
is($t->db("SELECT count(*) FROM security_events WHERE action = 'invitation.revoked'"), 1, 'the trail');


# accepting

sub accept_it {
    my ($who, $id) = @_;

    return $who->post('/api/v1/invitations/accept', json => { token => token($id) });
}

is($t->post('/api/v1/invitations/accept', json => { token => token($id) })->status, 401,
   'a stranger accepts nothing');
$r = accept_it($stranger, $id);
is($r->status, 403, 'nor somebody else');
is($r->json->{code}, 'invitation_for_other', 'who is told why');
is($guest->post('/api/v1/invitations/accept', json => { token => 'x' . token($id) })->status, 410,
   'a token that was tampered with');

$t->db("UPDATE members SET email_verified_at = NULL WHERE id = '@{[ $guest->id ]}'");
is(accept_it($guest, $id)->status, 403, 'nor who has not proved the address');
$t->db("UPDATE members SET email_verified_at = now() WHERE id = '@{[ $guest->id ]}'");
is(role($guest), '', 'nobody has come');

$r = accept_it($guest, $id);
is($r->status, 200, 'who was invited does') or diag $r->body;
is("$r->{body}" ne '' && $r->json->{id}, $here, 'the resort');
is($r->json->{role}, 'manager', 'and the role');
is(role($guest), 'manager', 'is theirs');
is($t->db("SELECT roles FROM members WHERE id = '@{[ $guest->id ]}'"), '{crew,resort}',
   'they act for a resort');
is($guest->get($base)->status, 200, 'at once');
is(accept_it($guest, $id)->json->{role}, 'manager', 'a second time is as good');
is($t->db("SELECT count(*) FROM security_events WHERE action = 'invitation.accepted'
              AND member_id = '@{[ $guest->id ]}'"), 1, 'and one event');
is($in{owner}->delete("$base/invitations/$id")->status, 409, 'it can\'t be taken back any more');
is(accept_it($guest, $invitation)->status, 403, 'not what is another\'s');

my $late = ResortBite::Account->new($t);
my $first = invite($in{owner}, $late->email, 'manager')->json->{id};
my $second = invite($in{owner}, $late->email, 'recruiter')->json->{id};
is(accept_it($late, $first)->status, 410, 'an invitation takes the place of the one before');
$t->db("UPDATE resort_invitations SET expires_at = now() WHERE id = '$second'");
is(accept_it($late, $second)->status, 410, 'it is good for a while');
is(role($late), '', 'nobody came by them');

my $many = ResortBite::Account->new($t);
$id = invite($in{owner}, $many->email, 'recruiter')->json->{id};

# the one that has the row holds it until all others wait for it

is_deeply([ $t->parallel(6, sub {
    return accept_it($many, $id)->status if $_[0];
    $t->db("BEGIN; SELECT FROM resort_invitations WHERE id = '$id' FOR UPDATE; SELECT pg_sleep(1); COMMIT");
    return 200;
}) ], [ (200) x 6 ], 'five times at once is once');
is($t->db("SELECT count(*) FROM security_events WHERE action = 'invitation.accepted'
              AND member_id = '@{[ $many->id ]}'"), 1, 'in the trail, too');


# roles

sub change {
    my ($who, $whom, $role) = @_;

    return $who->patch("$base/" . $whom->id, json => { role => $role });
}

is(change($in{manager}, $in{recruiter}, 'manager')->status, 403, 'a manager changes no role');
is(change($in{manager}, $in{manager}, 'owner')->status, 403, 'least of all their own');
is(change($in{owner}, $in{recruiter}, 'boss')->status, 400, 'to what there isn\'t');
is(change($in{owner}, $late, 'manager')->status, 404, 'nor a stranger\'s');

$r = change($in{owner}, $in{recruiter}, 'manager');
is($r->status, 200, 'an owner does') or diag $r->body;
is($r->json->{role}, 'manager', 'as is answered');
is(role($in{recruiter}), 'manager', 'and is so');
is($t->db("SELECT (detail->>'before') || ' ' || (detail->>'after') FROM security_events
            WHERE action = 'roles.changed' AND member_id = '$member'"), 'recruiter manager', 'the trail');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.roles_changed'
              AND payload->>'to' = '@{[ $in{recruiter}->email ]}'"), 1, 'the mail');
change($in{owner}, $in{recruiter}, 'manager');
is($t->db("SELECT count(*) FROM security_events WHERE action = 'roles.changed'
              AND member_id = '$member'"), 1, 'the same role is no change');

my $theirs = invite($in{recruiter}, 'fifth@example.com', 'recruiter')->json->{id};
change($in{owner}, $in{recruiter}, 'recruiter');
is($t->db("SELECT revoked_at IS NOT NULL FROM resort_invitations WHERE id = '$theirs'"), 't',
   'whoever may not invite any more has not invited');

$r = change($in{owner}, $in{owner}, 'manager');
is($r->status, 409, 'the last owner stays one');
is($r->json->{code}, 'last_owner', 'as is said');
is(change($in{owner}, $in{manager}, 'owner')->status, 200, 'there may be two');
is(change($in{owner}, $in{owner}, 'manager')->status, 200, 'then one may go');
is(change($in{owner}, $in{manager}, 'manager')->status, 403, 'and is none any more');
is(change($in{manager}, $in{owner}, 'owner')->status, 200, 'handed back');

for my $round (1 .. 8) {
    my @two = @in{qw(owner manager)};
    $t->db("UPDATE resort_members SET role = 'owner' WHERE resort_id = '$here'
               AND member_id IN ('@{[ $two[0]->id ]}', '@{[ $two[1]->id ]}')");

    my @statuses = $t->parallel(4, sub {
        my ($i) = @_;
        my ($who, $whom) = $i % 2 ? @two : reverse @two;
        return $i < 2 ? change($who, $whom, 'recruiter')->status
                      : $who->delete("$base/" . $who->id)->status;
    });

    is(owners() >= 1, 1, "owners at one another, and leaving: one is left ($round: @statuses)") or last;

    $t->db("INSERT INTO resort_members (resort_id, member_id, role)
            VALUES ('$here', '@{[ $_->id ]}', 'owner')
                ON CONFLICT (resort_id, member_id) DO UPDATE SET role = 'owner'") for @two;
}


# leaving

is(change($in{manager}, $in{owner}, 'owner')->status, 200, 'an owner');
is($in{manager}->delete("$base/" . $in{manager}->id)->status, 204, 'may leave another');
is($in{owner}->delete("$base/" . $in{owner}->id)->status, 409, 'who may not');
is($in{recruiter}->delete("$base/" . $guest->id)->status, 403, 'a recruiter removes nobody');
is($guest->delete("$base/$member")->status, 403, 'nor does a manager');
is($in{recruiter}->delete("$base/$member")->status, 204, 'but leaves');
is($in{recruiter}->get($base)->status, 403, 'and is gone');
is($in{owner}->delete("$base/" . $guest->id)->status, 204, 'an owner removes a member');
is($guest->get($base)->status, 403, 'at once');
is($in{owner}->delete("$base/" . $guest->id)->status, 404, 'who was there');
is(accept_it($guest, $t->db("SELECT id FROM resort_invitations WHERE accepted_by = '@{[ $guest->id ]}'"))
       ->status, 410, 'and does not come back by the old invitation');


# the other owner's account is being deleted: who waited for that is the last

{
    my ($leaves, $goes) = map { ResortBite::Account->new($t, resort => [ $there, 'owner' ]) } 1 .. 2;
    my $members = "/api/v1/resorts/$there/members/" . $leaves->id;

    $t->db("DELETE FROM resort_members WHERE resort_id = '$there'
               AND member_id NOT IN ('@{[ $leaves->id ]}', '@{[ $goes->id ]}')");

    for my $way ('leaves', 'is a manager from now on') {
        my $r = ($t->parallel(2, sub {
            if ($_[0] == 0) {
                $t->db("BEGIN; SELECT FROM resort_members WHERE resort_id = '$there'
                                ORDER BY member_id FOR UPDATE;
                        UPDATE members SET status = 'deleted', deleted_at = now()
                         WHERE id = '@{[ $goes->id ]}';
                        SELECT pg_sleep(2); COMMIT");
                return '';
            }

            sleep 1;
            my $r = $way eq 'leaves' ? $leaves->delete($members)
                                     : $leaves->patch($members, json => { role => 'manager' });
            return $r->status . ' ' . ($r->status == 204 ? '' : $r->json->{code} // '');
        }))[1];

        is($r, '409 last_owner', "whoever $way meanwhile is the last owner");
        is($t->db("SELECT count(*) FROM resort_members AS o JOIN members AS m ON m.id = o.member_id
                    WHERE o.resort_id = '$there' AND o.role = 'owner' AND m.status <> 'deleted'"), 1,
           'and stays it');
        $t->db("UPDATE members SET status = 'active', deleted_at = NULL WHERE id = '@{[ $goes->id ]}'");
    }

    is($leaves->delete($members)->status, 204, 'with the other one there they may leave');
    $t->db("INSERT INTO resort_members (resort_id, member_id, role)
            VALUES ('$there', '@{[ $stranger->id ]}', 'owner')");
}


# the page

$id = invite($in{owner}, $late->email, 'recruiter')->json->{id};
my $browser = ResortBite::Browser->new($t);
my $uri = '/invitation?token=' . token($id);

$browser->get($uri);
is($browser->status, 200, 'the link shows a page');
like($browser->words, qr/여기 owner.*채용 담당자/, 'that says what it is');
ok((grep { $_->{href} =~ m{^/login\?next=.*invitation} } $browser->links), 'and where to sign in');
ok(!$browser->form, 'with nothing to press yet');
is($browser->get('/invitation?token=x')->status, 410, 'another link shows none');

$browser->set_cookie('__Host-rb_session', $stranger->secret);
$browser->get($uri);
like($browser->words, qr/로그인한 계정: .*\Q@{[ $stranger->email ]}\E/, 'somebody else sees who they are');
like($browser->words, qr/초대받은 주소의 것이 아닙니다/, 'and that it is not theirs');
ok(!$browser->form('/invitation'), 'there is nothing to accept');
$browser->post_form('/invitation', { token => token($id), csrf => $browser->csrf });
is($browser->status, 403, 'somebody else is told');
like($browser->words, qr/다른 이메일/, 'why');
$browser->get($uri);
$browser->submit({}, form => '/logout');
like($browser->location, qr{^/login\?next=/invitation\?token%3D}, 'signing out leads back through a log-in');

$browser->set_cookie('__Host-rb_session', $late->secret);
$browser->get($uri);
is(role($late), '', 'looking changes nothing');
$browser->submit({});
is($browser->status, 200, 'the button accepts') or diag $browser->words;
like($browser->words, qr/수락했습니다/, 'as is said');
is(role($late), 'recruiter', 'and is so');
is($browser->post_form('/invitation', { token => token($id) })->status, 403, 'not without its secret');
$browser->get($uri);
like($browser->words, qr/이미 수락한 초대/, 'a used one says so');
ok(!$browser->form('/invitation'), 'and has no button');
$t->db("UPDATE resort_invitations SET revoked_at = now(), accepted_at = NULL, accepted_by = NULL WHERE id = '$id'");
is($browser->get($uri)->status, 410, 'one that was taken back shows none');


# how many mails

my $flooder = ResortBite::Account->new($t, resort => [ $there, 'owner' ]);
my @codes = map { $flooder->post("$other/invitations",
                      json => { email => 'victim@example.com', role => 'recruiter' })->status } 1 .. 7;
is("@codes", '201 201 201 201 201 429 429', 'five mails an hour to one address');

is($t->db('SELECT count(*) FROM security_events_verify()'), 0, 'the trail is whole');

done_testing;
