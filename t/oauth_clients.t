# Registering applications: what an administrator may register, that a secret
# is shown once and kept as a hash, and that disabling ends everything.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::OAuth;

my $t = ResortBite->new;
my $o = ResortBite::OAuth->new($t);

$t->start(ResortBite::OAuth->config);
ok($t->wait_ready, 'ready');

my $admin = $t->db("SELECT id FROM members WHERE email = 'admin\@example.com'");
my $grant = $o->{tokens}->grant(member => $admin, acr => 2,
                                amr => "'{pwd,otp,mfa}'");
my $token = $o->{tokens}->token($grant, claims => {
    acr => '2', amr => [ qw(pwd otp mfa) ] });

my $PATH = '/api/v1/admin/clients';


sub call {
    my ($method, $path, $json) = @_;

    return $t->request($method, $PATH . $path,
        headers => { Authorization => "Bearer $token" },
        defined $json ? (json => $json) : ());
}


my %app = (name => '리조트 관리', auth_method => 'client_secret_basic',
           redirect_uris => [ $ResortBite::OAuth::CALLBACK ],
           grant_types => [ qw(authorization_code refresh_token client_credentials) ],
           scopes => [ qw(openid read) ]);

my $r = call('POST', '', { id => 'office', %app });
is($r->status, 201, 'registered') or diag($r->body);

my $secret = $r->json->{client_secret} // $r->json->{secret};
like($secret, qr/^[\w-]{43}$/, 'its secret');
is($t->db("SELECT secret_hash = sha256('$secret') FROM oauth_clients
            WHERE id = 'office'"), 't', 'of which the hash is kept');
unlike(call('GET', '/office')->body, qr/\Q$secret\E/, 'it is shown once');
is($t->db("SELECT actor_id || ' ' || client_id FROM security_events
            WHERE action = 'client.registered'"), "$admin office",
   'an event tells who did it');
unlike($t->db('SELECT string_agg(detail::text, $$ $$) FROM security_events'),
       qr/\Q$secret\E/, 'without the secret');

is(call('POST', '', { id => 'office', %app })->status, 409, 'an id is had once');

for my $case ([ redirect_uris => [ 'http://a.example/' ] ],
              [ redirect_uris => [ 'https://a.example/#x' ] ],
              [ redirect_uris => [] ],
              [ scopes => [ 'admin' ] ],
              [ grant_types => [ 'password' ] ],
              [ name => "a\nb" ])
{
    my ($field, $value) = @$case;
    my $r = call('POST', '', { %app, $field => $value });

    is($r->status, 400, "a wrong $field");
    like($r->body, qr/"\Q$field\E"/, 'is named');
}

my %office = (id => 'office', secret => $secret);

is($o->token(basic => \%office, grant_type => 'client_credentials')->status,
   200, 'the secret works');

$r = call('POST', '/office/secret');
is($r->status, 200, 'a new secret') or diag($r->body);
my $second = $r->json->{client_secret} // $r->json->{secret};

is($o->token(basic => \%office, grant_type => 'client_credentials')->status,
   401, 'the old one is no good');
$office{secret} = $second;
is($o->token(basic => \%office, grant_type => 'client_credentials')->status,
   200, 'the new one is');

is(call('PATCH', '/office', { name => 'Office', scopes => [ 'read', 'openid', 'email' ] })->status,
   200, 'changed');
is($t->db("SELECT detail->>'changed' FROM security_events
            WHERE action = 'client.changed' ORDER BY seq DESC LIMIT 1"),
   '["name", "scopes"]', 'the event tells what');

# disabling

my $tokens = $o->grant($o->browser($o->member(1)), client_id => 'office',
                       basic => \%office, scope => 'openid read');
my %bearer = (headers => { Authorization => "Bearer $tokens->{access_token}" });

is($t->get('/oauth/userinfo', %bearer)->status, 200, 'a token');
is(call('DELETE', '/office')->status, 204, 'disabled');
ok($t->wait_for(sub { $t->get('/oauth/userinfo', %bearer)->status == 401 }, 1),
   'within a second the token is no good');
is($o->refresh($tokens->{refresh_token}, basic => \%office)->status, 401,
   'nor can it be refreshed');
is($t->db("SELECT count(*) FROM sessions WHERE client_id = 'office'
              AND revoke_reason IS DISTINCT FROM 'client_disabled'"), 0,
   'all that it was granted has ended');
is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the trail is whole');

done_testing;
