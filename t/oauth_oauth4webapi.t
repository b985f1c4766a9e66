# oauth4webapi as a client and as a resource server: what it checks of every
# answer is stricter than most clients.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;
use ResortBite::Peers;

ResortBite::Peers->need(qw(oauth4webapi));

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'ready');

ResortBite::Peers->tap('oauth4webapi.mjs', $o->peer);

done_testing;
