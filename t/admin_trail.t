# What staff reads of the trail and of mails, and that reading is on record.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Account;

my $t = ResortBite->new(content => 'empty');

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

my %by = map { $_ => ResortBite::Account->new($t, roles => [ $_ ]) }
    qw(crew moderator auditor admin super_admin);
my $events = '/api/v1/admin/security-events';
my $r;


# security events

my $crew = $by{crew}->id;

$t->db("INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                     address_hash, request_id, detail)
        SELECT CASE WHEN n % 5 = 0 THEN 'session.revoked' ELSE 'session.started' END,
               CASE WHEN n % 2 = 0 THEN '$crew'::uuid END, '$crew',
               '@{[ $by{crew}->session ]}', 'app', sha256('x'), 'request ' || n,
               jsonb_build_object('n', n)
          FROM generate_series(1, 60) AS n");

for my $who (qw(crew moderator)) {
    is($by{$who}->get($events)->status, 403, "$who doesn't read the trail");
    is($by{$who}->get("$events/verification")->status, 403, 'nor verifies it');
}
is($t->get($events)->status, 401, 'nor does a stranger');

for my $who (qw(auditor admin super_admin)) {
    is($by{$who}->get($events)->status, 200, "$who does");
    is($by{$who}->get("$events/verification")->status, 200, 'and verifies it');
}

$r = $by{auditor}->get("$events?member=$crew&limit=1")->json->{items}[0];
is($r->{action}, 'session.revoked', 'the last of one account') or diag explain $r;
like($r->{id}, qr/^\d+-\d+$/, 'its place');
like($r->{at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'its time');
is_deeply({ %$r{qw(member_id actor_id session_id client_id request_id detail)} },
          { member_id => $crew, actor_id => $crew, session_id => $by{crew}->session,
            client_id => 'app', request_id => 'request 60', detail => { n => 60 } },
          'and all of it');
is($r->{address_hash}, $t->db("SELECT encode(sha256('x'), 'hex')"), 'the address as a pseudonym');

sub pages {
    my ($query) = @_;

    my ($next, @seen);
    do {
        my $r = $by{auditor}->get("$events?limit=7&$query" . ($next ? "&cursor=$next" : ''));
        $r->status == 200 or return $r->body;
        push @seen, map { $_->{detail}{n} } @{ $r->json->{items} };
        $next = $r->json->{next};
    } while ($next && @seen < 200);

    return "@seen";
}

is(pages(''), join(' ', reverse 1 .. 60), 'page by page, the newest first');
is(pages("member=$crew"), join(' ', reverse grep { $_ % 2 == 0 } 1 .. 60), 'of one account');
is(pages('action=session.revoked'), join(' ', reverse grep { $_ % 5 == 0 } 1 .. 60), 'of one action');
is(pages("member=$crew&action=session.revoked"), join(' ', reverse grep { $_ % 10 == 0 } 1 .. 60),
   'of both');
is(pages('from=' . $t->db('SELECT seoul_today()')), join(' ', reverse 1 .. 60), 'from today on');
is(pages('from=' . $t->db('SELECT seoul_today() + 1')), '', 'from tomorrow on');
is($by{auditor}->get("$events?cursor=x")->status, 400, 'a cursor of nobody');
is($by{auditor}->get("$events?member=x")->status, 400, 'an account of nobody');

$r = $by{auditor}->get("$events?member=$crew&action=session.started");
is($t->db("SELECT count(*) FROM audit_events WHERE action = 'security_events.read'
              AND subject_id = '$crew' AND actor_id = '@{[ $by{auditor}->id ]}'
              AND detail = '{\"action\": \"session.started\"}'
              AND request_id = '@{[ $r->header('x-request-id') ]}'"), 1,
   'what was asked for is on record');


# verification

$r = $by{auditor}->get("$events/verification");
is_deeply($r->json, { whole => JSON::PP::true, faults => [] }, 'the trail is whole');

my $chain = $t->db("SELECT get_byte(uuid_send('$crew'), 15) & 15");
$t->db("ALTER TABLE security_events DISABLE TRIGGER USER;
        UPDATE security_events SET request_id = 'other' WHERE chain = $chain AND seq = 3;
        ALTER TABLE security_events ENABLE TRIGGER USER");

my $fault = [ { chain => $chain + 0, seq => 3, fault => 'was changed' } ];
is_deeply($by{auditor}->get("$events/verification")->json,
          { whole => JSON::PP::false, faults => $fault }, 'or not, and where');
is_deeply($by{auditor}->get("$events/verification?chain=$chain")->json->{faults}, $fault,
          'one chain by itself');
is_deeply($by{auditor}->get("$events/verification?chain=" . ($chain + 1) % 16)->json,
          { whole => JSON::PP::true, faults => [] }, 'another one');
is($by{auditor}->get("$events/verification?chain=16")->status, 400, 'there are sixteen');


# mails

my $mails = '/api/v1/admin/mails';

$t->db("INSERT INTO mails (id, outbox_id, template, recipient, locale, params, status, attempts,
                           created_at, last_error)
        SELECT uuid_v7(now(), md5(n::text)::uuid), n, 'invitation', 'm' || n || '\@example.com', 'ko', '{}',
               CASE WHEN n <= 25 THEN 'dead' ELSE 'queued' END::mail_status, 7,
               now() + n * interval '1 second', '550 nobody'
          FROM generate_series(1, 30) AS n;
        UPDATE mails SET available_at = now() + interval '1 day'");

is($by{$_}->get($mails)->status, 403, "$_ reads no mails") for qw(crew moderator auditor);

$r = $by{admin}->get($mails);
is($r->status, 200, 'an admin does') or diag $r->body;
is_deeply([ map { $_->{recipient} =~ /(\d+)/ } @{ $r->json->{items} } ], [ reverse 6 .. 25 ],
          'those that are dead');
is($r->json->{items}[0]{last_error}, '550 nobody', 'and why');
is_deeply([ map { $_->{recipient} =~ /(\d+)/ }
            @{ $by{admin}->get("$mails?cursor=" . $r->json->{next})->json->{items} } ],
          [ reverse 1 .. 5 ], 'page by page');
is(scalar @{ $by{admin}->get("$mails?status=queued")->json->{items} }, 5, 'those that wait');
is($t->db("SELECT string_agg(detail->>'status', ' ' ORDER BY id) FROM audit_events
            WHERE action = 'mails.read'"), 'dead dead queued', 'which is on record');

my $dead = $r->json->{items}[0]{id};
is($by{auditor}->post("$mails/$dead/retry")->status, 403, 'an auditor sends nothing');
is($by{admin}->post("$mails/$dead/retry")->status, 204, 'an admin sends one anew');
is($t->db("SELECT status, attempts FROM mails WHERE id = '$dead'"), 'queued|0', 'it waits');
is($by{admin}->post("$mails/$dead/retry")->status, 404, 'and is not dead any more');

done_testing;
