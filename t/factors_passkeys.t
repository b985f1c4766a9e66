# Passkeys: an authenticator of the test's own makes keys and signs with
# openssl; what is wrong with an answer is refused, a challenge is good once, a
# counter that falls is put on record.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Tokens;
use Digest::SHA qw(sha256);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);

my $t = ResortBite->new;
my $issuer = 'http://localhost:' . $t->port(8080);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity $issuer;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $tokens = ResortBite::Tokens->new($t, issuer => $issuer);
my $json = JSON::PP->new->utf8->canonical;
my $crew = $t->db("SELECT id FROM members WHERE email = 'crew1\@example.com'");
my $other = $t->db("SELECT id FROM members WHERE email = 'crew2\@example.com'");
my $admin = $t->db("SELECT id FROM members WHERE email = 'admin\@example.com'");


sub strong {
    my ($member) = @_;

    return $tokens->token($tokens->grant(member => $member, acr => 2,
                                         amr => "'{pwd,hwk}'"));
}

sub call {
    my ($method, $path, $token, $body) = @_;

    return $t->request($method, "/api/v1/me/factors$path",
        defined $body ? (json => $body) : (),
        headers => { Authorization => "Bearer $token" });
}


# ---- an authenticator

my $keys = 0;

sub authenticator {
    my ($id) = @_;

    my $file = $t->dir . '/passkey' . ++$keys . '.pem';

    ResortBite::Tokens::run('', 'openssl', 'genpkey', '-quiet', '-algorithm',
        'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', $file);

    my $point = substr ResortBite::Tokens::run('', 'openssl', 'pkey', '-in',
        $file, '-pubout', '-outform', 'DER'), -64;

    return { file => $file, id => $id, count => 0,
             cose => "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"
                 . substr($point, 0, 32) . "\x22\x58\x20"
                 . substr($point, 32) };
}

sub client_data {
    my ($type, $challenge, %with) = @_;

    return $json->encode({ type => "webauthn.$type", challenge => $challenge,
                           origin => $issuer, crossOrigin => \0, %with });
}

sub auth_data {
    my ($a, $flags, %with) = @_;

    my $data = sha256($with{rp} // 'localhost')
        . pack 'CN', $flags, $a->{count};

    $data .= ("\0" x 16) . pack('n/a', $a->{id}) . $a->{cose}
        if $flags & 0x40;

    return $data;
}

# navigator.credentials.create()

sub create {
    my ($a, $options, %with) = @_;

    my $data = auth_data($a, $with{flags} // 0x45, %with);
    my $object = "\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"
        . pack('C/a', $data);

    return {
        id => encode_base64url($a->{id}), rawId => encode_base64url($a->{id}),
        type => 'public-key', clientExtensionResults => {},
        response => {
            attestationObject => encode_base64url($object),
            clientDataJSON => encode_base64url(client_data('create',
                $with{challenge} // $options->{challenge},
                %{ $with{client} // {} })),
            transports => [ 'internal', 'hybrid', 'teleport' ],
        } };
}

# navigator.credentials.get()

sub get {
    my ($a, $options, %with) = @_;

    my $client = client_data('get', $options->{challenge},
                             %{ $with{client} // {} });
    my $data = auth_data($a, $with{flags} // 0x05, %with);
    my $signature = ResortBite::Tokens::run($data . sha256($client), 'openssl',
        'dgst', '-sha256', '-sign', $a->{file}, '%IN');

    return {
        id => encode_base64url($a->{id}), rawId => encode_base64url($a->{id}),
        type => 'public-key',
        response => {
            clientDataJSON => encode_base64url($client),
            authenticatorData => encode_base64url($data),
            signature => encode_base64url($signature),
            defined $with{user}
                ? (userHandle => encode_base64url(pack 'H*',
                                                  $with{user} =~ tr/-//dr)) : (),
        } };
}

sub begin {
    my ($member) = @_;

    return $t->post('/test/factors/options', json =>
                        $member ? { member => $member } : {})->json;
}

sub finish {
    my ($handle, $credential) = @_;

    return $t->post('/test/factors/passkey', json => {
        handle => $handle, credential => $credential });
}


# ---- one is added

my $token = strong($crew);
my $a = authenticator('credential of the first one');
my $r = call(POST => '/passkeys/options', $token);

is($r->status, 200, 'options') or diag $r->body;

my $o = $r->json->{options};
is($o->{rp}{id}, 'localhost', 'for this site');
is(encode_base64url(pack 'H*', $crew =~ tr/-//dr), $o->{user}{id},
   'for this member');
is($o->{user}{name}, 'crew1@example.com', 'by address');
is(length decode_base64url($o->{challenge}), 32, 'a challenge of 32 bytes');
is_deeply([ map { $_->{alg} } @{ $o->{pubKeyCredParams} } ], [ -7, -8, -257 ],
          'of kinds that we know');
is_deeply($o->{excludeCredentials}, [], 'none to be left out');

sub add {
    my ($who, $a, %with) = @_;

    my $begun = call(POST => '/passkeys/options', $who)->json;

    return call(POST => '/passkeys', $who, {
        handle => $with{handle} // $begun->{handle},
        defined $with{name} ? (name => $with{name}) : (),
        credential => $with{credential}
            // create($a, $begun->{options}, %with) });
}

for (
    [ 'another challenge', 'challenge_mismatch', challenge => 'A' x 43 ],
    [ 'another origin', 'origin_mismatch',
      client => { origin => 'https://evil.example' } ],
    [ 'of a frame', 'cross_origin', client => { crossOrigin => \1 } ],
    [ 'another ceremony', 'type_mismatch', client => { type => 'webauthn.get' } ],
    [ 'another site', 'rp_id_mismatch', rp => 'evil.example' ],
    [ 'nobody there', 'user_not_present', flags => 0x40 ],
    [ 'no key', 'no_credential', flags => 0x01 ],
    [ 'no answer', 'bad_credential', credential => { type => 'public-key' } ],
) {
    my ($name, $code, %with) = @$_;

    $r = add($token, $a, %with);
    is($r->status, 400, "$name is refused");
    is($r->json->{errors}[0]{code}, $code, 'and said');
    is($r->json->{errors}[0]{field}, 'credential', 'of the credential');
}

is(add($token, $a, handle => 'nonsense')->json->{errors}[0]{field}, 'handle',
   'no such ceremony');
is($t->db('SELECT count(*) FROM passkeys'), 0, 'nothing came of it');

my $begun = call(POST => '/passkeys/options', $token)->json;
is(call(POST => '/passkeys', strong($other), {
       handle => $begun->{handle}, credential => create($a, $begun->{options})
   })->json->{errors}[0]{field}, 'handle', "another member's ceremony");

my %body = (name => '내 휴대폰', handle => $begun->{handle},
            credential => create($a, $begun->{options}));
$r = call(POST => '/passkeys', $token, \%body);
is($r->status, 201, 'added') or diag $r->body;

my $passkey = $r->json;
is($passkey->{name}, '내 휴대폰', 'by its name');
is(scalar @{ $passkey->{recovery_codes} }, 10, 'the first factor: codes');
is($r->header('location'), "/api/v1/me/factors/passkeys/$passkey->{id}",
   'where it is');
is(call(POST => '/passkeys', $token, \%body)->json->{errors}[0]{field},
   'handle', 'a ceremony is good once');
is($t->db("SELECT transports::text || octet_length(public_key)
             FROM passkeys"), '{hybrid,internal}77', 'the row');
is(add($token, $a)->json->{code}, 'passkey_exists', 'the same once more');
is(add(strong($other), $a)->json->{code}, 'passkey_exists', "or another's");

$r = call(GET => '', $token)->json;
is(scalar @{ $r->{passkeys} }, 1, 'listed');
is($r->{passkeys}[0]{last_used_at}, undef, 'not used yet');
is($t->db("SELECT string_agg(action || ' ' || coalesce(detail->>'factor', '-'),
                             ', ' ORDER BY action)
             FROM security_events WHERE member_id = '$crew'"),
   'factor.added passkey, recovery_codes.made -', 'the trail');
is($t->db("SELECT payload->'params'->>'factor' FROM outbox
            WHERE topic = 'mail.factor_added'"), 'passkey', 'the mail');

# ---- signing in: as a second factor

my $g = begin($crew);
is_deeply($g->{options}{allowCredentials}, [ {
    type => 'public-key', id => encode_base64url($a->{id}),
    transports => [ 'hybrid', 'internal' ] } ], 'asked for by its id');
is($g->{options}{userVerification}, 'preferred', 'its user may be verified');

$r = finish($g->{handle}, get($a, $g->{options}));
is($r->status, 200, 'signed in') or diag $r->body;
is_deeply($r->json, { member => $crew, amr => 0x08 | 0x10 },
          'as its member, verified');
is(finish($g->{handle}, get($a, $g->{options}))->status, 401, 'once');

$g = begin($crew);
is(finish($g->{handle}, get($a, $g->{options}, flags => 0x01))->json->{amr},
   0x08, 'not verified');

for (
    [ 'another origin', client => { origin => 'https://evil.example' } ],
    [ 'another challenge', client => { challenge => 'A' x 43 } ],
    [ 'another site', rp => 'evil.example' ],
    [ 'nobody there', flags => 0x04 ],
    [ 'another user', user => $other ],
) {
    my ($name, %with) = @$_;

    $g = begin($crew);
    is(finish($g->{handle}, get($a, $g->{options}, %with))->status, 401,
       "$name: refused");
    is(finish($g->{handle}, get($a, $g->{options}))->status, 401,
       'and the challenge is spent');
}

$g = begin($crew);
my $broken = get($a, $g->{options});
$broken->{response}{signature} = encode_base64url('0' x 70);
is(finish($g->{handle}, $broken)->status, 401, 'another signature');

$g = begin($other);
is(finish($g->{handle}, get($a, $g->{options}))->status, 401,
   "not for another member's log-in");

$g = begin($crew);
$t->db("UPDATE one_time_tokens SET expires_at = now() - INTERVAL '1 second'
         WHERE purpose = 'passkey_get'");
is(finish($g->{handle}, get($a, $g->{options}))->status, 401, 'too late');

# ---- without a password

$g = begin();
is_deeply($g->{options}{allowCredentials}, [], 'any passkey');
is($g->{options}{userVerification}, 'required', 'that verifies its user');
$r = finish($g->{handle}, get($a, $g->{options}, user => $crew));
is_deeply($r->json, { member => $crew, amr => 0x18 }, 'says whose it is');

$g = begin();
is(finish($g->{handle}, get($a, $g->{options}))->status, 401,
   'one that does not say is refused');
$g = begin();
is(finish($g->{handle}, get($a, $g->{options}, user => $crew, flags => 0x01))
       ->status, 401, 'and one that did not verify');

# ---- counters

$a->{count} = 5;
$g = begin($crew);
is(finish($g->{handle}, get($a, $g->{options}))->status, 200, 'it counts');
$g = begin($crew);
is(finish($g->{handle}, get($a, $g->{options}))->status, 401,
   'the same number again: a copy');
$a->{count} = 4;
$g = begin($crew);
is(finish($g->{handle}, get($a, $g->{options}))->status, 401, 'a lower one');
is($t->db("SELECT string_agg(detail->>'given', ' ' ORDER BY seq)
             FROM security_events WHERE action = 'passkey.counter_fell'
              AND member_id = '$crew'"), '5 4', 'is put on record');
$a->{count} = 6;
$g = begin($crew);
is(finish($g->{handle}, get($a, $g->{options}))->status, 200, 'a higher one');
is($t->db('SELECT sign_count FROM passkeys'), 6, 'is kept');

# ---- names, removal

my $path = "/passkeys/$passkey->{id}";
is(call(PATCH => $path, $token, { name => '  Yubi  ' })->status, 204,
   'renamed');
is(call(GET => '', $token)->json->{passkeys}[0]{name}, 'Yubi', 'trimmed');
is(call(PATCH => $path, $token, { name => '   ' })->status, 400, 'blanks');
is(call(PATCH => $path, strong($other), { name => 'x' })->status, 404,
   'by another member');
is(call(DELETE => $path, strong($other))->status, 404, 'nor removed');

my $second = authenticator('credential of the second one');
$r = add($token, $second);
is($r->json->{name}, 'Passkey', 'a second, without a name');
is($r->json->{recovery_codes}, undef, 'makes no new recovery codes');
is(call(DELETE => $path, $token)->status, 204, 'the first is removed');
is(call(GET => '', $token)->json->{recovery_codes}, 10, 'the codes stay');
is(call(DELETE => "/passkeys/" . $r->json->{id}, $token)->status, 204,
   'the last is removed');
is(call(GET => '', $token)->json->{recovery_codes}, 0, 'the codes go with it');
is(call(DELETE => $path, $token)->status, 404, 'gone is gone');

my $boss = strong($admin);
$r = add($boss, authenticator('credential of an admin'));
is($r->status, 201, 'an administrator adds one');
$path = '/passkeys/' . $r->json->{id};
is(call(DELETE => $path, $boss)->json->{code}, 'last_factor', 'and keeps it');

# ---- as many as are allowed

$t->db("INSERT INTO passkeys (id, member_id, credential_id, public_key, aaguid,
                              name)
        SELECT gen_random_uuid(), '$other', sha256(n::text::bytea), '\\x00',
               gen_random_uuid(), 'x'
          FROM generate_series(1, 20) AS n");
is(call(POST => '/passkeys/options', strong($other))->json->{code},
   'too_many_passkeys', 'twenty are enough');

is($t->db('SELECT count(*) FROM security_events_verify()'), 0,
   'the chain is whole');

done_testing;
