# /api/v1/admin/clients: applications are registered, changed, given a new
# secret and disabled by administrators, and a secret is shown once.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Digest::SHA qw(sha256_hex);
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

my $admin = ResortBite::Account->new($t, roles => [ 'admin' ]);
my $auditor = ResortBite::Account->new($t, roles => [ 'auditor' ]);
my $base = '/api/v1/admin/clients';
my %app = (name => '모바일 앱', auth_method => 'client_secret_basic',
           redirect_uris => [ 'https://app.example/cb', 'https://app.example/other' ],
           grant_types => [ 'authorization_code', 'refresh_token' ],
           scopes => [ 'openid', 'profile' ]);
my $r;

is($t->get($base)->status, 401, 'a stranger sees none');
is($auditor->get($base)->status, 403, 'nor does an auditor');
is($auditor->post($base, json => \%app)->status, 403, 'who registers none');


# made

$r = $admin->post($base, json => { %app, id => 'mobile' });
is($r->status, 201, 'an admin does') or diag $r->body;
is($r->json->{id}, 'mobile', 'with the id asked for');
is($r->header('location'), "$base/mobile", 'where it is');
is($r->header('cache-control'), 'no-store', 'what is shown is kept by nobody');

my $secret = $r->json->{secret};
like($secret, qr/^[A-Za-z0-9_-]{43}$/, 'a secret is shown');
is($t->db("SELECT encode(secret_hash, 'hex') FROM oauth_clients WHERE id = 'mobile'"),
   sha256_hex($secret), 'and its hash kept');
is($t->db("SELECT action || ' ' || actor_id FROM security_events WHERE client_id = 'mobile'
               OR detail->>'client_id' = 'mobile'"), 'client.registered ' . $admin->id,
   'it is in the trail');

$r = $admin->get("$base/mobile");
is($r->status, 200, 'it can be read');
is_deeply({ %{ $r->json }{qw(name auth_method redirect_uris grant_types scopes)} }, \%app,
          'as it was registered');
unlike($r->body, qr/secret_hash|\Q$secret\E/, 'but for its secret');
is($admin->post($base, json => { %app, id => 'mobile' })->status, 409, 'an id is taken once');

$r = $admin->post($base, json => { %app, auth_method => 'none', redirect_uris => [ 'https://x.example/' ] });
is($r->status, 201, 'a public one');
is($r->json->{secret}, undef, 'has no secret');
my $public = $r->json->{id};
like($public, qr/^[A-Za-z0-9_.-]{3,64}$/, 'and an id made for it');


# what is wrong is named

for my $wrong ([ redirect_uris => [ 'http://evil.example/cb' ] ], [ redirect_uris => [ 'x y' ] ],
               [ redirect_uris => {} ], [ redirect_uris => [ 7 ] ], [ redirect_uris => [] ],
               [ grant_types => [ 'password' ] ], [ scopes => [ 'root' ] ], [ name => '' ],
               [ auth_method => 'magic' ])
{
    my ($member, $value) = @$wrong;
    $r = $admin->post($base, json => { %app, $member => $value });
    is($r->status, 400, "$member: " . JSON::PP->new->allow_nonref->encode($value));
    is($r->json->{errors}[0]{field}, $member, 'by its name') or diag $r->body;
}


# changed

$r = $admin->patch("$base/mobile", json => { name => '새 이름', require_par => JSON::PP::true });
is($r->status, 200, 'changed') or diag $r->body;
is($r->json->{name}, '새 이름', 'what was sent');
ok($r->json->{require_par}, 'both of it');
is_deeply($r->json->{redirect_uris}, $app{redirect_uris}, 'the rest stays');
is($admin->patch("$base/mobile", json => { auth_method => 'none' })->status, 400,
   'its method stays what it is');
is($admin->patch("$base/none", json => { name => 'x' })->status, 404, 'one that is not there');
is($auditor->patch("$base/mobile", json => { name => 'x' })->status, 403, 'not by an auditor');

$r = $admin->post("$base/mobile/secret");
is($r->status, 200, 'a new secret') or diag $r->body;
isnt($r->json->{secret}, $secret, 'is another one');
is($t->db("SELECT encode(secret_hash, 'hex') FROM oauth_clients WHERE id = 'mobile'"),
   sha256_hex($r->json->{secret}), 'and the only one');
is($admin->post("$base/$public/secret")->status, 409, 'a public one has none');


# disabled: what it was granted ends

$t->db("INSERT INTO sessions (id, kind, member_id, client_id, acr, amr, authenticated_at, expires_at)
        VALUES ('01900000-0000-7000-8000-000000000001', 'grant', '@{[ $admin->id ]}', 'mobile', 1,
                '{pwd}', now(), now() + interval '1 day')");
is($admin->delete("$base/mobile")->status, 204, 'disabled');
is($t->db("SELECT revoked_at IS NOT NULL FROM sessions WHERE client_id = 'mobile'"), 't',
   'its grants end');
like($admin->get("$base/mobile")->json->{disabled_at}, qr/^\d{4}-/, 'since when is told');
is($admin->delete("$base/mobile")->status, 204, 'again: as good');
is($admin->patch("$base/mobile", json => { disabled => JSON::PP::false })->json->{disabled_at}, undef,
   'and enabled');
is($admin->delete("$base/none")->status, 404, 'one that is not there');


# lists

$admin->post($base, json => { %app, id => "app$_" }) for 1 .. 5;
$r = $admin->get("$base?limit=4");
is_deeply([ map { $_->{id} } @{ $r->json->{items} } ],
          [ (sort 'mobile', $public, map { "app$_" } 1 .. 5)[0 .. 3] ], 'in the order of ids');
is(scalar @{ $admin->get("$base?limit=4&cursor=" . $r->json->{next})->json->{items} }, 3,
   'page by page');

my $old = ResortBite::Account->new($t, roles => [ 'admin' ], age => 1000);
is($old->post($base, json => \%app)->status, 401, 'with an old log-in nothing is changed');

done_testing;
