# jose verifies our tokens against our keys, before, during and after a
# rotation: a new key is published before it signs, an old one as long as
# tokens bear it.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;
use ResortBite::Peers;

ResortBite::Peers->need(qw(jose));

my $LEAD = 600;                         # RB_KEY_LEAD

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'ready');

$o->client('app');
my $browser = $o->browser($o->member(1));
my $keys = $t->keys_folder;


sub scripts_keys {
    my (@how) = @_;

    my $said = qx{"$ResortBite::ROOT/scripts/keys" @how "$keys" 2>&1};
    is($?, 0, "scripts/keys @how") or diag($said);
}


# What jose says of an access token and an ID token of this grant.

sub verified {
    my (@grants) = @_;

    return ResortBite::Peers->run('jose.mjs', {
        issuer => $o->issuer, tokens => [ map {
            { token => $_->{access_token}, typ => 'at+jwt',
              audience => $o->issuer },
            { token => $_->{id_token}, typ => 'JWT', audience => 'app' },
        } @grants ] });
}


sub good {
    my ($name, $said) = @_;

    my @wrong = grep { !$_->{ok} } @{ $said->{tokens} };

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply(\@wrong, [], "$name: all tokens verify");
}


my $before = $o->grant($browser, scope => 'openid offline_access read');
my $said = verified($before);

good('at first', $said);
ok(!$said->{private}, 'no private key is published');
like($said->{type}, qr{^application/(?:jwk-set\+)?json}, 'a set of keys');
is($said->{cache}, 'public, max-age=300', 'which may be kept for 300 seconds');
is($said->{tokens}[0]{kid}, $said->{tokens}[1]{kid}, 'one key signs both');

my ($access, $id) = map { $_->{claims} } @{ $said->{tokens} };

is($access->{client_id}, 'app', 'the access token: client');
is($access->{scope}, 'openid offline_access read', 'scope');
is($access->{sid}, $id->{sid}, 'and session, that of the ID token');
is($access->{exp} - $access->{iat}, 600, 'for ten minutes');
is($id->{nonce}, 'n-1', 'the ID token: nonce');
cmp_ok($id->{auth_time}, '<=', $id->{iat}, 'the log-in was before');

my $old_kid = $said->{tokens}[0]{kid};
my %known = map { $_ => 1 } @{ $said->{kids} };


# A new key: published at once, signing after its lead.

scripts_keys('rotate');
ok($t->reload, 'reloaded');
ok($t->wait_ready, 'ready again');

my $lead = $o->grant($browser, scope => 'openid');
$said = verified($before, $lead);

good('with a new key published', $said);

my ($new_kid) = grep { !$known{$_} } @{ $said->{kids} };

ok($new_kid, 'the new key is in the set');
is($said->{tokens}[2]{kid}, $old_kid, 'and the old one signs still');

my $long_ago = time - $LEAD - 60;
utime $long_ago, $long_ago, "$keys/$new_kid.pem";
my $longer_ago = $long_ago - 3600;
utime $longer_ago, $longer_ago, $_
    for grep { !/\Q$new_kid\E/ } glob "$keys/*.pem";
ok($t->reload, 'reloaded when its lead is over');
ok($t->wait_ready, 'ready again');

my $after = $o->grant($browser, scope => 'openid');
$said = verified($before, $lead, $after);

good('after the rotation', $said);
is($said->{tokens}[4]{kid}, $new_kid, 'the new key signs');
is($said->{tokens}[5]{kid}, $new_kid, 'ID tokens, too');

is($t->get('/oauth/userinfo', headers => {
       Authorization => "Bearer $before->{access_token}" })->status, 200,
   'the old access token is taken still');
is($o->refresh($before->{refresh_token})->status, 200,
   'and its refresh token');


# The old one retires.

unlink "$keys/$old_kid.pem";
ok($t->reload, 'reloaded without the old key');
ok($t->wait_ready, 'ready again');
$t->old_workers_gone;

$said = verified($before, $after);

is($said->{tokens}[0]{ok}, JSON::PP::false(), 'its tokens verify no more');
is($said->{tokens}[2]{ok}, JSON::PP::true(), 'those of the new key do');
is($t->get('/oauth/userinfo', headers => {
       Authorization => "Bearer $before->{access_token}" })->status, 401,
   'and are not taken any more');

# Ed25519: the algorithm is the key's

scripts_keys('--alg eddsa', 'rotate');
my ($ed) = sort { -M $a <=> -M $b } glob "$keys/*.pem";
utime $long_ago + 30, $long_ago + 30, $ed;
ok($t->reload, 'reloaded with an Ed25519 key');
ok($t->wait_ready, 'ready again');

my $edwards = $o->grant($browser, scope => 'openid');
$said = verified($edwards, $after);
good('with EdDSA', $said);
is($said->{tokens}[0]{alg}, 'EdDSA', 'by Ed25519');

done_testing;
