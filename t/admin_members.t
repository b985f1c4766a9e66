# /api/v1/admin/members: who may read and change accounts, what it leaves in
# the trail, and that a change bites at once.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Encode ();
use Test::More;
use ResortBite;
use ResortBite::Account;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
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

my %by = map { $_ => ResortBite::Account->new($t, roles => [ 'crew', $_ ], name => "운영 $_") }
    qw(moderator auditor admin super_admin);
my $crew = ResortBite::Account->new($t, name => '가나다라');
my $base = '/api/v1/admin/members';

sub events {
    my ($member) = @_;

    return $t->db("SELECT string_agg(action, ' ' ORDER BY at) FROM security_events
                    WHERE member_id = '$member'");
}

sub mails {
    my ($to) = @_;

    return $t->db("SELECT coalesce(string_agg(topic, ' ' ORDER BY id), '') FROM outbox
                    WHERE payload->>'to' = '$to'");
}


# reading

my $r = $t->get($base);
is($r->status, 401, 'a stranger may not read');
$r = $crew->get($base);
is($r->status, 403, 'nor may a member');
is_deeply([ sort @{ $r->json->{missing_roles} || [] } ], [ qw(admin auditor super_admin) ],
          'who is told which role is missing') or diag $r->body;
is($by{moderator}->get($base)->status, 403, 'nor may a moderator');

$r = $by{auditor}->get("$base?email=" . uc $crew->email);
is($r->status, 200, 'an auditor may') or diag $r->body;
is(scalar @{ $r->json->{items} }, 1, 'one account has the address');
is($r->json->{items}[0]{id}, $crew->id, 'this one');
is_deeply($r->json->{items}[0]{roles}, [ 'crew' ], 'with its roles');
is($r->header('cache-control'), 'no-store', 'nobody keeps it');
is($t->db("SELECT count(*) FROM audit_events WHERE action = 'member.read'
              AND actor_id = '@{[ $by{auditor}->id ]}' AND subject_id = '@{[ $crew->id ]}'
              AND request_id = '@{[ $r->header('x-request-id') ]}'"), 1, 'and it is on record');
is(scalar @{ $by{admin}->get("$base?email=nobody\@example.com")->json->{items} }, 0, 'or none');

$r = $by{admin}->get("$base?q=" . join '', map { sprintf '%%%02X', $_ } unpack 'C*', Encode::encode('UTF-8', '운영 '));
is_deeply([ map { $_->{name} } @{ $r->json->{items} } ],
          [ map { "운영 $_" } qw(admin auditor moderator super_admin) ],
          'by the beginning of a name, in order') or diag $r->body;

my (@seen, %seen, $next);
my $trail = $t->db("SELECT count(*) FROM audit_events WHERE action = 'member.read'");
do {
    $r = $by{super_admin}->get("$base?limit=100" . ($next ? "&cursor=$next" : ''));
    push @seen, map { $_->{id} } @{ $r->json->{items} };
    $next = $r->json->{next};
} while ($next && @seen < 300);
$seen{$_}++ for @seen;
is(scalar @seen, 300, 'page by page');
is(scalar keys %seen, 300, 'each once');
is($t->db("SELECT count(*) FROM audit_events WHERE action = 'member.read'") - $trail, 300,
   'and each that was shown, none more, is on record');

$r = $by{auditor}->get("$base/" . $crew->id);
is($r->json->{email}, $crew->email, 'one by its id');
is($by{auditor}->get("$base/01900000-0000-7000-8000-000000000000")->status, 404, 'or none');

my $once = ResortBite::Account->new($t, roles => [ 'admin' ], acr => 1);
$r = $once->get($base);
is($r->status, 401, 'staff without a second factor reads nothing');
is($r->json->{code}, 'insufficient_user_authentication', 'and is told why');


# roles

sub roles { return [ sort @{ $_[0]->json->{roles} || [] } ] }

my $id = $crew->id;

$r = $by{auditor}->put("$base/$id/roles", json => { roles => [ 'crew', 'resort' ] });
is($r->status, 403, 'an auditor changes nothing');
$r = $by{admin}->put("$base/$id/roles", json => { roles => [ 'crew', 'resort' ] });
is($r->status, 200, 'an admin gives a role') or diag $r->body;
is_deeply(roles($r), [ qw(crew resort) ], 'which is there');
is(events($id), 'roles.changed', 'in the trail');
is(mails($crew->email), 'mail.roles_changed', 'and told');
is($t->db("SELECT actor_id || ' ' || session_id || ' ' || (detail->>'before') || (detail->>'after')
                  || octet_length(address_hash)
             FROM security_events WHERE member_id = '$id'"),
   $by{admin}->id . ' ' . $by{admin}->session . ' ["crew"]["crew", "resort"]32',
   'with who and what');

$by{admin}->put("$base/$id/roles", json => { roles => [ 'resort', 'crew' ] });
is(events($id), 'roles.changed', 'the same roles change nothing');

$r = $by{admin}->put("$base/$id/roles", json => { roles => [ 'crew', 'moderator' ] });
is($r->status, 403, 'an admin makes nobody staff');
is_deeply($r->json->{missing_roles}, [ 'super_admin' ], 'and is told who does');
$r = $by{admin}->put("$base/" . $by{moderator}->id . '/roles', json => { roles => [ 'crew' ] });
is($r->status, 403, 'nor takes it away');
$r = $by{admin}->put("$base/" . $by{admin}->id . '/roles', json => { roles => [ 'admin', 'super_admin' ] });
is($r->status, 403, 'nor makes oneself more');
$r = $by{super_admin}->put("$base/" . $by{super_admin}->id . '/roles', json => { roles => [ 'crew' ] });
is($r->status, 409, 'a super_admin stays one');
is($r->json->{code}, 'not_to_oneself', 'as far as they alone can say');
$r = $by{super_admin}->put("$base/" . $by{super_admin}->id . '/roles',
                           json => { roles => [ 'resort', 'super_admin' ] });
is($r->status, 200, 'the rest of one\'s roles may be changed');

for my $wrong ([], [ 'boss' ], 'crew', undef) {
    is($by{admin}->put("$base/$id/roles", json => { roles => $wrong })->status, 400,
       'no roles: ' . JSON::PP->new->allow_nonref->encode($wrong));
}

is($crew->get($base)->status, 403, 'before');
$r = $by{super_admin}->put("$base/$id/roles", json => { roles => [ 'crew', 'auditor' ] });
is($r->status, 200, 'a super_admin makes staff');
ok($t->wait_for(sub { $crew->get($base)->status == 200 }, 2), 'which is so at once');
$r = $by{super_admin}->put("$base/$id/roles", json => { roles => [ 'crew' ] });
ok($t->wait_for(sub { $crew->get($base)->status == 403 }, 2), 'and taken at once');

# two who take each other's role at once leave one

for my $round (1 .. 5) {
    my @two = map { ResortBite::Account->new($t, roles => [ 'super_admin' ]) } 1, 2;
    my @statuses = $t->parallel(2, sub {
        my ($i) = @_;
        $two[$i]->put("$base/" . $two[1 - $i]->id . '/roles', json => { roles => [ 'crew' ] })->status;
    });
    is(join(' ', sort @statuses), '200 403', "two take each other's role: one does ($round)")
        or last;
}


# suspension

my $until = $t->db("SELECT seoul_today() + 3");
my $victim = ResortBite::Account->new($t);
my $uri = "$base/" . $victim->id . '/suspension';

is($victim->get('/api/v1/me/resorts')->status =~ /^(200|404)$/ ? 1 : 0, 1, 'signed in');
$r = $by{moderator}->put($uri, json => { reason => 'x' });
is($r->status, 403, 'a moderator suspends nobody');
is($by{admin}->put($uri, json => {})->status, 400, 'not without a reason');
is($by{admin}->put($uri, json => { reason => 'x', until => $t->db('SELECT seoul_today()') })
       ->json->{errors}[0]{field}, 'until', 'not until today');

$r = $by{admin}->put($uri, json => { reason => '거짓 지원', until => $until });
is($r->status, 200, 'an admin suspends') or diag $r->body;
is($r->json->{status}, 'suspended', 'it is');
is($t->db("SELECT suspended_until AT TIME ZONE 'Asia/Seoul' FROM members
            WHERE id = '@{[ $victim->id ]}'"), "$until 00:00:00", 'until the day begins');
is(events($victim->id), 'account.suspended', 'in the trail');
is(mails($victim->email), 'mail.suspended', 'and told');
is($t->db("SELECT revoke_reason FROM sessions WHERE id = '@{[ $victim->session ]}'"), 'suspended',
   'the session has ended');
ok($t->wait_for(sub { $victim->get("$base")->status == 401 }, 2), 'and is refused');

is($by{admin}->delete($uri)->status, 204, 'lifted');
is(events($victim->id), 'account.suspended account.unsuspended', 'in the trail, too');
is($by{admin}->delete($uri)->status, 204, 'again: as good');
is(events($victim->id), 'account.suspended account.unsuspended', 'and nothing new');
is($t->db("SELECT status FROM members WHERE id = '@{[ $victim->id ]}'"), 'active', 'it may sign in');
is($by{admin}->put($uri, json => { reason => '끝' })->json->{suspended_until}, undef, 'for good');
is($t->db("SELECT suspended_until FROM members WHERE id = '@{[ $victim->id ]}'"), 'infinity', 'is');

for my $pair ([ admin => 'moderator', 403 ], [ admin => 'super_admin', 403 ], [ admin => 'admin', 409 ],
              [ super_admin => 'super_admin', 409 ])
{
    my ($who, $whom, $status) = @$pair;
    is($by{$who}->put("$base/" . $by{$whom}->id . '/suspension', json => { reason => 'x' })->status,
       $status, "$who does not suspend $whom");
}

my $peer = ResortBite::Account->new($t, roles => [ 'super_admin' ]);
is($by{super_admin}->put("$base/" . $peer->id . '/suspension', json => { reason => 'x' })
       ->json->{code}, 'is_super_admin', 'nor a super_admin another one');
my $other = ResortBite::Account->new($t, roles => [ 'admin' ]);
is($by{admin}->put("$base/" . $other->id . '/suspension', json => { reason => 'x' })->status, 403,
   'nor an admin another one');
is($by{super_admin}->put("$base/" . $other->id . '/suspension', json => { reason => 'x' })->status,
   200, 'a super_admin does an admin');
is($by{admin}->put("$base/01900000-0000-7000-8000-000000000000/suspension",
                   json => { reason => 'x' })->status, 404, 'nobody');


# a log-in that is old, a token without the page's secret

my $old = ResortBite::Account->new($t, roles => [ 'admin' ], age => 1000);
is($old->get($base)->status, 200, 'an old log-in reads');
$r = $old->put("$base/$id/roles", json => { roles => [ 'crew' ] });
is($r->status, 401, 'and proves itself anew to change');
is($r->json->{code}, 'insufficient_user_authentication', 'as it is told');
is($by{admin}->put("$base/$id/roles", json => { roles => [ 'resort' ] },
                   headers => { 'X-CSRF-Token' => 'x' })->status, 403, 'not from another site');
is($t->db("SELECT roles FROM members WHERE id = '$id'"), '{crew}', 'nothing was changed');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0, 'the trail is whole');

done_testing;
