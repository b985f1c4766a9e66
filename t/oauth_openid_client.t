# openid-client as a relying party: code, refresh, client credentials, device,
# PAR, DPoP, userinfo, introspection, revocation and logout.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;
use ResortBite::Peers;

ResortBite::Peers->need(qw(openid-client jose));

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'ready');

ResortBite::Peers->tap('openid_client.mjs', $o->peer);

is($t->db("SELECT revoked_at IS NOT NULL FROM sessions
            WHERE kind = 'browser' ORDER BY id LIMIT 1"), 't',
   'the browser is logged out in the database');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the trail is whole');

done_testing;
