# Answers are what the description of the API says: status, type and JSON
# schema of every operation, and no operation is left out.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Digest::SHA qw(hmac_sha1 hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use Test::More;
use ResortBite;
use ResortBite::Account;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

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
        resortbite_cache off;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $api = $t->get('/openapi.json')->json;

like($api->{openapi}, qr/^3\.1\./, 'OpenAPI 3.1');


sub resolve {
    my ($schema) = @_;

    while (my $ref = $schema->{'$ref'}) {
        $schema = $api;
        $schema = $schema->{$_} // die "$ref leads nowhere\n"
            for split m{/}, $ref =~ s{^#/}{}r;
    }

    return $schema;
}


my $JSON = JSON::PP->new->canonical->allow_nonref;

sub type_of {
    my ($value) = @_;

    return 'null' if !defined $value;
    return 'boolean' if JSON::PP::is_bool($value);
    return ref $value eq 'HASH' ? 'object' : 'array' if ref $value;

    my $text = $JSON->encode($value);

    return $text =~ /^"/ ? 'string' : $text =~ /^-?\d+$/ ? 'integer' : 'number';
}


# What is wrong with a value; empty if nothing is.

sub faults {
    my ($schema, $value, $at) = @_;

    $schema = resolve($schema);

    my $type = type_of($value);
    my @types = ref $schema->{type} ? @{ $schema->{type} } : $schema->{type} // ();

    if (my $choices = $schema->{anyOf} // $schema->{oneOf}) {
        my @tries = map { [ faults($_, $value, $at) ] } @$choices;
        return (grep { !@$_ } @tries) ? () : @{ $tries[0] };
    }

    if (@types && !grep { $_ eq $type || $_ eq 'number' && $type eq 'integer' }
            @types)
    {
        return "$at is $type, not @types";
    }

    return if $type eq 'null';

    if ($schema->{enum} && !grep { $_ eq $value } @{ $schema->{enum} }) {
        return "$at is $value";
    }

    if ($type eq 'array' && $schema->{items}) {
        return map { faults($schema->{items}, $value->[$_], "$at\[$_]") }
            0 .. $#$value;
    }

    return if $type ne 'object' || !$schema->{properties};

    my %known = %{ $schema->{properties} };

    return (
        (map { "$at.$_ is missing" }
         grep { !exists $value->{$_} } @{ $schema->{required} || [] }),
        (map { "$at.$_ is not described" }
         grep { !$known{$_} && !$schema->{additionalProperties} }
         sort keys %$value),
        map { faults($known{$_}, $value->{$_}, "$at.$_") }
        grep { $known{$_} } sort keys %$value);
}


# the check itself, on what is wrong

{
    my $schema = { type => 'object', required => [ 'id' ], properties => {
        id => { type => 'string' }, n => { type => [ 'integer', 'null' ] } } };

    is_deeply([ faults($schema, { id => 'x', n => undef }, 'it') ], [],
              'right is right');
    is_deeply([ faults($schema, { n => 1 }, 'it') ], [ 'it.id is missing' ],
              'missing is missing');
    is_deeply([ faults($schema, { id => 'x', n => 1.5, z => 1 }, 'it') ],
              [ 'it.z is not described', 'it.n is number, not integer null' ],
              'wrong is wrong');
}


my $id = '019b76da-abe8-7c79-a76b-31a250353f75';
my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $day = $t->db('SELECT seoul_today()');

my $ended = $t->db("SELECT id FROM posts WHERE status = 'filled'
    AND published_at IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT 1");

my $report = $t->post("/api/v1/jobs/$id/reports", json => { reason => 'wage' });

# People: one of the staff, an owner, two members; one can sign in.

my $super = ResortBite::Account->new($t, roles => [ 'super_admin' ]);
my $owner = ResortBite::Account->new($t, resort => [ $resort, 'owner' ]);
my $recruiter = ResortBite::Account->new($t, resort => [ $resort, 'recruiter' ]);
my $crew = ResortBite::Account->new($t);
my $leaves = ResortBite::Account->new($t);
my $bad = ResortBite::Account->new($t);

my $password = 'a chair lift, four geese & one kettle';
my $hash = '$scrypt$ln=14,r=8,p=5$MDEyMzQ1Njc4OWFiY2RlZg$UsJmEkW/OpPn0q9Izxew/Tg0h5GchQmUbKVz/d7SSLY';
my $somi = ResortBite::Account->new($t, email => 'somi@example.com', acr => 1);
$t->db("UPDATE members SET password_hash = '$hash' WHERE id = '$_'")
    for $somi->id, $crew->id;

my %app = (name => '앱', auth_method => 'client_secret_basic',
           redirect_uris => [ 'https://app.example/cb' ],
           grant_types => [ 'authorization_code' ], scopes => [ 'openid' ]);
my $app = $super->post('/api/v1/admin/clients', json => { %app, id => 'app' });
my $member = '/api/v1/admin/members/' . $bad->id;
my $invitations = "/api/v1/resorts/$resort/members/invitations";
my $factors = '/api/v1/me/factors';

sub base32 {
    my ($text) = @_;

    my %value;
    @value{ 'A' .. 'Z', 2 .. 7 } = 0 .. 31;

    my $bits = join '', map { sprintf '%05b', $value{$_} } split //, $text;

    return pack 'B' . 8 * int(length($bits) / 8), $bits;
}

sub code {
    my ($secret) = @_;

    my $mac = hmac_sha1(pack('Q>', int(time / 30)), base32($secret));
    my $at = ord(substr $mac, 19) & 0xf;

    return sprintf '%06d',
        (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1_000_000;
}

# The token of a mail's link: of the newest such row.

sub link_token {
    my ($purpose, $table, $where) = @_;

    my $row = $t->db("SELECT id FROM $table WHERE $where ORDER BY id DESC LIMIT 1");
    my $bytes = pack 'H*', $row =~ tr/-//dr;

    open my $in, '<:raw', $t->secret_file or die "secret: $!\n";
    my $key = do { local $/; <$in> };

    return encode_base64url($bytes . substr hmac_sha256("$purpose\0$bytes",
                                                        $key), 0, 16);
}

sub once_token {
    my ($purpose) = @_;

    return link_token($purpose, 'one_time_tokens', "purpose = '$purpose'");
}

my @recovery;

# anybody's write: from our own page, with the token of the device's cookie

my ($device, $csrf);

sub anybody {
    my ($method, $uri, $json) = @_;

    if (!$csrf) {
        my $r = $t->get('/api/v1/csrf');
        my $cookies = $r->header('set-cookie');

        $csrf = $r->json->{token} // $r->json->{csrf} // '';
        ($device) = map { /^(__Host-rb_device=[^;]+)/ } ref $cookies
            ? @$cookies : $cookies // ();
    }

    return $t->request($method, $uri, json => $json, headers => {
        Cookie => $device, Origin => $issuer, 'X-CSRF-Token' => $csrf });
}

my $reported = "/api/v1/jobs/$id/reports";

my @calls = (
    'get /api/v1/jobs' => [
        '/api/v1/jobs', '/api/v1/jobs?limit=100&count=exact&lat=37.5&lng=127',
        '/api/v1/jobs?order=distance&lat=37.5&lng=127' ],
    'get /api/v1/jobs/{id}' => [ "/api/v1/jobs/$id" ],
    'get /api/v1/jobs/{id}/reports/{report_id}' => [
        $report->header('location') ],
    'get /api/v1/resorts' => [ '/api/v1/resorts?limit=100&count=planned' ],
    'get /api/v1/resorts/{id}' => [ "/api/v1/resorts/$resort" ],
    'get /api/v1/resorts/{id}/jobs' => [ "/api/v1/resorts/$resort/jobs" ],
    'get /api/v1/resorts/{id}/dorms' => [
        "/api/v1/resorts/$resort/dorms",
        "/api/v1/resorts/$resort/dorms?from=$day&until="
            . $t->db('SELECT seoul_today() + 7') ],
    'get /api/v1/meta' => [ '/api/v1/meta' ],
    'post /api/v1/jobs/{id}/reports' => [ $report ],

    'get /api/v1/csrf' => [ '/api/v1/csrf' ],
    'get /api/v1/auth/providers' => [ '/api/v1/auth/providers' ],
    'get /api/v1/consents' => [ '/api/v1/consents' ],

    'post /api/v1/accounts' => [ sub { anybody(POST => '/api/v1/accounts', {
        email => 'new@example.com', password => $password,
        display_name => '새 크루', born_on => '2001-05-17', role => 'crew',
        terms => JSON::PP::true(), privacy => JSON::PP::true() }) } ],
    'post /api/v1/accounts/verify' => [ sub {
        anybody(POST => '/api/v1/accounts/verify', { token => link_token(
            'verify_email', 'sign_ups', "email = 'new\@example.com'"),
            password => $password }) } ],
    'post /api/v1/password-resets' => [ sub {
        anybody(POST => '/api/v1/password-resets', { email => $bad->email })
    } ],
    'put /api/v1/password-resets' => [ sub {
        anybody(PUT => '/api/v1/password-resets', {
            token => once_token('reset_password'),
            password => 'somebody elses geese' }) } ],
    'post /api/v1/sessions' => [ sub { anybody(POST => '/api/v1/sessions',
        { email => $somi->email, password => $password }) } ],
    'post /api/v1/sessions/passkey/options' => [ sub {
        anybody(POST => '/api/v1/sessions/passkey/options', {}) } ],

    (map { my ($op, $path) = @$_; ("get $op" => [ sub { $crew->get($path) } ]) }
        (map { [ $_, $_ ] } qw(/api/v1/me /api/v1/me/consents
            /api/v1/me/events /api/v1/me/identities /api/v1/me/resorts
            /api/v1/sessions), $factors),
        [ '/api/v1/me/consents/{kind}', '/api/v1/me/consents/marketing' ]),
    'patch /api/v1/me' => [ sub { $crew->patch('/api/v1/me',
        json => { display_name => '다른 이름' }) } ],
    'put /api/v1/me/consents/{kind}' => [ sub {
        $crew->put('/api/v1/me/consents/marketing',
                   json => { given => JSON::PP::true() }) } ],
    'put /api/v1/me/email' => [ sub { $crew->put('/api/v1/me/email',
        json => { email => 'elsewhere@example.com' }) } ],
    'post /api/v1/accounts/confirm-email' => [ sub {
        anybody(POST => '/api/v1/accounts/confirm-email',
                { token => once_token('confirm_email'),
                  password => $password }) } ],
    'put /api/v1/me/password' => [ sub { $somi->put('/api/v1/me/password',
        json => { old_password => $password,
                  password => 'not even one goose' }) } ],
    'post /api/v1/me/step-up' => [ sub { $somi->post('/api/v1/me/step-up',
        json => { method => 'password', password => 'not even one goose' }) } ],
    'delete /api/v1/me' => [ sub { $leaves->delete('/api/v1/me') } ],
    'post /api/v1/accounts/restore' => [ sub {
        anybody(POST => '/api/v1/accounts/restore',
                { token => once_token('restore_account') }) } ],

    "post $factors/totp" => [ sub { $crew->post("$factors/totp") } ],
    "post $factors/totp/confirm" => [ sub {
        my $secret = $crew->post("$factors/totp")->json->{secret};
        my $r = $crew->post("$factors/totp/confirm",
                            json => { code => code($secret) });
        @recovery = @{ $r->json->{recovery_codes} || [] };
        $r } ],
    'post /api/v1/sessions/second' => [ sub {
        my $first = anybody(POST => '/api/v1/sessions', {
            email => 'elsewhere@example.com', password => $password });
        anybody(POST => '/api/v1/sessions/second', {
            ticket => $first->json->{second_factor}{ticket}, method => 'rcv',
            code => $recovery[0] }) } ],
    "post $factors/recovery-codes" => [ sub {
        $crew->post("$factors/recovery-codes") } ],
    "post $factors/passkeys/options" => [ sub {
        $crew->post("$factors/passkeys/options") } ],
    "delete $factors/totp" => [ sub { $crew->delete("$factors/totp") } ],

    'get /api/v1/resorts/{id}/members' => [ sub {
        $owner->get("/api/v1/resorts/$resort/members") } ],
    'patch /api/v1/resorts/{id}/members/{member_id}' => [ sub {
        $owner->patch("/api/v1/resorts/$resort/members/" . $recruiter->id,
                      json => { role => 'manager' }) } ],
    'delete /api/v1/resorts/{id}/members/{member_id}' => [ sub {
        $owner->delete("/api/v1/resorts/$resort/members/" . $recruiter->id)
    } ],
    'get /api/v1/resorts/{id}/members/invitations' => [ sub {
        $owner->get($invitations) } ],
    'post /api/v1/resorts/{id}/members/invitations' => [ sub {
        $owner->post($invitations, json => {
            email => 'invited@example.com', role => 'recruiter' }) } ],
    'delete /api/v1/resorts/{id}/members/invitations/{invitation_id}' => [
        sub {
            my $one = $owner->post($invitations, json => {
                email => 'uninvited@example.com', role => 'recruiter' });
            $owner->delete("$invitations/" . $one->json->{id});
        } ],

    (map { my $path = "/api/v1/admin/$_";
           ("get $path" => [ sub { $super->get($path) } ]) }
        qw(clients mails members security-events
           security-events/verification)),
    'post /api/v1/admin/clients' => [ $app ],
    'get /api/v1/admin/clients/{id}' => [ sub {
        $super->get('/api/v1/admin/clients/app') } ],
    'patch /api/v1/admin/clients/{id}' => [ sub {
        $super->patch('/api/v1/admin/clients/app',
                      json => { name => '다른 앱' }) } ],
    'post /api/v1/admin/clients/{id}/secret' => [ sub {
        $super->post('/api/v1/admin/clients/app/secret') } ],
    'delete /api/v1/admin/clients/{id}' => [ sub {
        $super->post('/api/v1/admin/clients', json => { %app, id => 'gone' });
        $super->delete('/api/v1/admin/clients/gone') } ],
    'get /api/v1/admin/members/{id}' => [ sub { $super->get($member) } ],
    'put /api/v1/admin/members/{id}/roles' => [ sub {
        $super->put("$member/roles", json => { roles => [ 'crew' ] }) } ],
    'put /api/v1/admin/members/{id}/suspension' => [ sub {
        $super->put("$member/suspension", json => { reason => 'x' }) } ],
    'delete /api/v1/admin/members/{id}/suspension' => [ sub {
        $super->delete("$member/suspension") } ],

    # those that end what the others need come last

    'delete /api/v1/sessions/{id}' => [ sub {
        my $s = anybody(POST => '/api/v1/sessions', {
            email => $somi->email, password => 'not even one goose' });
        my ($other) = grep { !$_->{current} }
            @{ $somi->get('/api/v1/sessions')->json->{items} };
        $somi->delete("/api/v1/sessions/$other->{id}") } ],
    'delete /api/v1/sessions' => [ sub {
        $somi->delete('/api/v1/sessions') } ],
    'delete /api/v1/sessions/current' => [ sub {
        $owner->delete('/api/v1/sessions/current') } ],
);

my %calls = @calls;
my %order;
$order{ $calls[ 2 * $_ ] } = $_ for 0 .. $#calls / 2;

# What takes a browser's authenticator, a provider or a mail server is done in
# another test, and only refused here.

my %elsewhere = (
    'post /api/v1/sessions/passkey' => 'factors_passkeys',
    "post $factors/passkeys" => 'factors_passkeys',
    "patch $factors/passkeys/{id}" => 'factors_passkeys',
    "delete $factors/passkeys/{id}" => 'factors_passkeys',
    'delete /api/v1/me/identities/{provider}' => 'social_',
    'post /api/v1/invitations/accept' => 'admin_members',
    'post /api/v1/admin/mails/{id}/retry' => 'admin_',
);


sub check {
    my ($operation, $r, $what) = @_;

    my $described = resolve($operation->{responses}{ $r->status } // {});

    ok(%$described, "$what: " . $r->status . ' is described')
        or return diag($r->body);

    if (!$described->{content}) {
        is($r->body, '', "$what: and has no content");
        return;
    }

    my ($type) = ($r->header('content-type') // '') =~ /^([^;]+)/;
    my $schema = $described->{content}{$type}{schema};

    ok($schema, "$what: so is $type") or return;

    my @faults = faults($schema, $r->json, 'answer');
    is(scalar @faults, 0, "$what: it is as described")
        or diag(join "\n", @faults[0 .. ($#faults < 9 ? $#faults : 9)]);

    return;
}


my @operations;

for my $path (sort keys %{ $api->{paths} }) {
    next if $path !~ m{^/api/v1/};

    for my $method (grep { /^(get|post|put|patch|delete)$/ }
                    sort keys %{ $api->{paths}{$path} })
    {
        push @operations, [ $method, $path, $api->{paths}{$path}{$method} ];
    }
}

# in the order in which they need each other: that of @calls

for my $one (sort { ($order{"$a->[0] $a->[1]"} // 1e9)
                    <=> ($order{"$b->[0] $b->[1]"} // 1e9) } @operations)
{
    my ($method, $path, $operation) = @$one;
    my $elsewhere = delete $elsewhere{"$method $path"};
    my $calls = delete $calls{"$method $path"};

    if ($elsewhere) {
        my @tests = glob "$ResortBite::ROOT/t/$elsewhere*.t";
        ok(scalar @tests, "$method $path is done in $elsewhere*.t");

    } else {
        ok($calls, "$method $path has a call here");
    }

    for my $call (@{ $calls || [] }) {
        my $r = ref $call eq 'CODE' ? $call->() : ref $call ? $call
            : $t->get($call);

        like($r->status, qr/^2/, "$method $path is done") or diag $r->body;
        check($operation, $r, "$method " . (ref $call ? $path : $call));
    }

    # and errors of each: what isn't understood, and nobody's

    my $uri = $path =~ s/\{(?:kind)\}/marketing/r =~ s/\{\w+\}/$id/gr;

    check($operation, $t->request(uc $method, "$uri?nonsense=1",
        $method eq 'get' || $method eq 'delete' ? () : (json => {})),
        "$method $path, wrong");
    check($operation, $t->request(uc $method, $uri,
        $method eq 'get' || $method eq 'delete' ? () : (json => {})),
        "$method $path, of nobody");
}

is_deeply([ keys %calls, keys %elsewhere ], [], 'and none is called that is not described');


# what only some routes answer

# a resort that has left (sql/README.md)
my $closed = '019b76db-6b50-799c-9a99-90f72729525e';

my %problems = (
    'get /api/v1/jobs/{id}' => [
        [ 410, $t->get("/api/v1/jobs/$ended") ],
        [ 412, $t->get("/api/v1/jobs/$id", headers => { 'If-Match' => '"x"' }) ],
    ],
    (map { ("get /api/v1/resorts/{id}$_" =>
            [ [ 410, $t->get("/api/v1/resorts/$closed$_") ] ]) }
        '', '/dorms', '/jobs'),
    'post /api/v1/jobs/{id}/reports' => [
        [ 409, $t->post("/api/v1/jobs/$id/reports",
                        json => { reason => 'scam' }) ],
        [ 410, $t->post("/api/v1/jobs/$ended/reports",
                        json => { reason => 'scam' }) ],
    ],
);

for my $call (sort keys %problems) {
    my ($method, $path) = split ' ', $call;
    my $operation = $api->{paths}{$path}{$method};

    for my $problem (@{ $problems{$call} }) {
        my ($status, $r) = @$problem;

        is($r->status, $status, "$call: $status");
        check($operation, $r, $call);

        my $headers = resolve($operation->{responses}{$status} // {})->{headers};
        ok(!$r->header('retry-after') || $headers->{'Retry-After'},
           'and its Retry-After');
    }
}

is_deeply([ sort grep { m{ /api/v1/(?:jobs|resorts/\{id\}(?!/members))} }
            map { my $path = $_;
                  map { $api->{paths}{$path}{$_}{responses}{409}
                        || $api->{paths}{$path}{$_}{responses}{410}
                        ? "$_ $path" : () } keys %{ $api->{paths}{$path} } }
            keys %{ $api->{paths} } ],
          [ sort keys %problems ], 'no other route says that it answers so');

ok($api->{paths}{'/readyz'}{get}{responses}{503}, 'not ready is described');
ok(!$api->{paths}{'/healthz'}{get}{responses}{503}, 'not to be healthy is not');

done_testing;
