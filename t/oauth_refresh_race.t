# Two hundred tabs that refresh one token at one instant, over two nodes:
# nobody is logged out, and one family is left.  And what comes later with a
# used token ends the family.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;

use Time::HiRes qw(sleep time);

my $TABS = 200;

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

# two nodes of one installation: two zones can't be in one nginx, so two of
# them run, with one secret, one set of keys and one database

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'the first node is ready');

my $second = ResortBite->new;
$second->{pg} = $t->postgres;
$second->{redis_server} = $t->redis;

$second->start(ResortBite::OAuth->config
    =~ s/%%SECRET%%/$t->{prefix}\/secret/r
    =~ s/%%KEYS%%/$t->{prefix}\/keys/r
    =~ s/http:\/\/localhost:%%PORT_8080%%/$o->issuer/er);
ok($second->wait_ready, 'the second node is ready');

$o->client('app', name => 'Mobile');

my $member = $o->member(1);
my $browser = $o->browser($member);
my $first = $o->grant($browser, scope => 'openid read offline_access');

like($first->{refresh_token}, qr/^[\w-]{43}$/, 'a refresh token');


sub refresh_at {
    my ($node, $token) = @_;

    local $o->{t} = $node;
    my $c = ResortBite::Connection->new($node->port) or return 'no connection';

    my $r = $c->request('POST', '/oauth/token', close => 1, headers => {
        'Content-Type' => 'application/x-www-form-urlencoded' },
        body => "grant_type=refresh_token&client_id=app&refresh_token=$token");

    return [ $r->status, $r->body ];
}


# all of them wait for one moment

my $moment = time() + 4;

my @answers = $t->parallel($TABS, sub {
    my ($i) = @_;
    my $left = $moment - time();
    sleep $left if $left > 0;
    return refresh_at($i % 2 ? $second : $t, $first->{refresh_token});
});

my (%statuses, %successors, %access);

for (@answers) {
    my ($status, $body) = @$_;
    $statuses{$status}++;
    my $json = eval { JSON::PP->new->utf8->decode($body) } // {};
    $successors{ $json->{refresh_token} // $body }++;
    $access{ $json->{access_token} // '' }++;
}

is_deeply(\%statuses, { 200 => $TABS }, 'all are answered 200');
is(scalar keys %successors, 1, 'with one and the same refresh token')
    or diag(explain(\%successors));
is(scalar keys %access, $TABS, 'and each with an access token of its own');

my ($next) = keys %successors;

isnt($next, $first->{refresh_token}, 'which is a new one');

is($t->db("SELECT count(*) FROM sessions
            WHERE kind = 'grant' AND revoked_at IS NULL"), 1,
   'one live grant is left');
is($t->db('SELECT count(*) FROM refresh_tokens'), 2,
   'with the used token and its successor');
is($t->db('SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL'), 1,
   'of which one is unused');
is($t->db("SELECT count(*) FROM security_events
            WHERE action = 'token.family_revoked'"), 0, 'nothing was revoked');

# the successor is good, on the other node as well

my $again = refresh_at($second, $next);
is($again->[0], 200, 'the successor refreshes');

my $third = JSON::PP->new->utf8->decode($again->[1])->{refresh_token};

# within ten seconds of its use, the same again; after that it is reuse

is(JSON::PP->new->utf8->decode(refresh_at($t, $next)->[1])->{refresh_token},
   $third, 'an answer that got lost is given again');

$t->db("UPDATE refresh_tokens SET used_at = used_at - interval '9 seconds'
         WHERE used_at IS NOT NULL");

# a token that is no one's, and one by another client, end nothing

$o->client('other');

is(refresh_at($t, $o->random)->[0], 400, 'an unknown token');
is($o->refresh($first->{refresh_token}, client_id => 'other')->json->{error},
   'invalid_grant', "another client's");
is($t->db('SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL'), 0,
   'end nothing');

$t->db("UPDATE refresh_tokens SET used_at = used_at - interval '2 seconds'
         WHERE used_at IS NOT NULL");

my @late = $t->parallel(20, sub {
    my ($i) = @_;
    return refresh_at($i % 2 ? $second : $t, $first->{refresh_token});
});

is(scalar(grep { $_->[0] == 400
                 && $_->[1] =~ /"error":"invalid_grant"/ } @late), 20,
   'later the used token is refused');
is($t->db("SELECT revoke_reason FROM sessions WHERE kind = 'grant'"),
   'token_reused', 'and the family is revoked');
is(refresh_at($t, $third)->[0], 400, 'its live token, too');

is($t->db("SELECT count(*) || ' ' || min(member_id::text) || ' '
                  || min(client_id) || ' ' || min(detail->>'reason')
             FROM security_events WHERE action = 'token.family_revoked'"),
   "1 $member app token_reused", 'one event tells of it');
is($t->db("SELECT count(*) || ' ' || min(payload->>'to') || ' '
                  || min(payload->'params'->>'client')
             FROM outbox WHERE topic = 'mail.token_reused'"),
   '1 crew1@example.com Mobile', 'and one mail');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the trail is whole');

# the browser's own session is nobody's fault

is($t->db("SELECT count(*) FROM sessions
            WHERE kind = 'browser' AND revoked_at IS NULL"), 1,
   'the browser stays signed in');

# lifetimes

my $fresh = $o->grant($browser, scope => 'openid read offline_access');

is($t->db("SELECT round(extract(epoch FROM r.expires_at - r.created_at) / 86400)
                  || ' ' || round(extract(epoch FROM s.expires_at - s.created_at) / 86400)
             FROM refresh_tokens AS r
             JOIN sessions AS s ON s.id = r.session_id
            WHERE s.revoked_at IS NULL AND s.kind = 'grant'"), '30 180',
   'a token lies idle for 30 days at most, a grant lives for 180');

$t->db("UPDATE sessions SET expires_at = now() + interval '3 days'
         WHERE revoked_at IS NULL AND kind = 'grant'");
$fresh = $o->refresh($fresh->{refresh_token})->json;

is($t->db("SELECT round(extract(epoch FROM r.expires_at - r.created_at) / 86400)
             FROM refresh_tokens AS r
             JOIN sessions AS s ON s.id = r.session_id
            WHERE r.used_at IS NULL AND s.revoked_at IS NULL"), 3,
   'and no token outlives its grant');

$t->db("UPDATE refresh_tokens SET expires_at = now() WHERE used_at IS NULL");
is($o->refresh($fresh->{refresh_token})->json->{error}, 'invalid_grant',
   'an idle one has expired');

# without offline_access a grant ends with the browser's session

my $bound = $o->grant($browser, scope => 'openid read');
is($o->refresh($bound->{refresh_token})->status, 200, 'while it lasts');

$bound = $o->grant($browser, scope => 'openid read');
my $free = $o->grant($browser, scope => 'openid read offline_access',
                     prompt => 'consent');
$t->db("UPDATE sessions SET revoked_at = now(), revoke_reason = 'signed_out'
         WHERE id = '$browser->{session}'");

is($o->refresh($bound->{refresh_token})->json->{error}, 'invalid_grant',
   'then a grant ends with it');
is($o->refresh($free->{refresh_token})->status, 200,
   'unless it has offline_access');

# a member who is suspended, and one who is back

$free = $o->grant($o->browser($o->member(2)),
                  scope => 'openid read offline_access');
$t->db("UPDATE members SET status = 'suspended',
               suspended_until = now() + interval '1 day'
         WHERE id = '" . $o->member(2) . "'");
is($o->refresh($free->{refresh_token})->json->{error}, 'invalid_grant',
   'a suspended member is not refreshed');
$t->db("UPDATE members SET suspended_until = now()
         WHERE id = '" . $o->member(2) . "'");
is($o->refresh($free->{refresh_token})->status, 200,
   'when it is over, they are');

# scopes may be fewer, never more; and a wrong wish uses nothing up

my $narrow = $o->grant($o->browser($o->member(3)),
                       scope => 'openid read offline_access');
is($o->refresh($narrow->{refresh_token}, scope => 'write')->json->{error},
   'invalid_scope', 'no more scopes than were granted');
my $r = $o->refresh($narrow->{refresh_token}, scope => 'read');
is($r->json->{scope}, 'read', 'fewer are');
ok(!exists $r->json->{id_token}, 'without openid there is no ID token');
is($o->refresh($r->json->{refresh_token})->json->{scope},
   'openid offline_access read', 'the grant has all of them still');

$second->stop;

done_testing;
