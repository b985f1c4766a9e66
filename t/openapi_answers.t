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
my $admin_report = '/api/v1/admin/reports/' . $report->json->{id};
my @pending = split /\n/, $t->db("SELECT id FROM posts AS p WHERE status = 'pending'
    AND deleted_at IS NULL AND NOT EXISTS (SELECT FROM post_findings(p)) ORDER BY id LIMIT 3");

# Who makes a resort and closes it again.

my $founder = ResortBite::Account->new($t);
my %founded = (
    name => '새 리조트', type => 'lake', region => 'gangwon',
    address => '강원특별자치도 춘천시 호반로 1', lat => 37.9, lng => 127.7,
    business_name => '주식회사 새 리조트', representative => '김대표',
    opened_on => '2020-02-02',
);

sub founded {
    return '/api/v1/resorts/' . $t->db("SELECT resort_id FROM resort_members
        WHERE member_id = '@{[ $founder->id ]}'");
}
my $work_types = "/api/v1/resorts/$resort/work-types";
my $work_type;

# A post on its way, and its copy, which is deleted and comes back.

my $desk = "/api/v1/resorts/$resort/posts";
my ($draft, $copy);
my %season = (period => { from => $t->db('SELECT seoul_today() + 30') });
my $decide = "UPDATE posts SET status = 'approved', published_at = now() WHERE status = 'pending' AND id = ";

# A house that is made, kept and taken down again.

my $houses = "/api/v1/resorts/$resort/dormitories";
my ($house, $room, $bed, $season);

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
    'get /api/v1/resorts/{id}/board' => [ "/api/v1/resorts/$resort/board" ],
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
    'put /api/v1/me/favourites/{job_id}' => [ sub {
        $crew->put("/api/v1/me/favourites/$id") } ],
    'get /api/v1/me/favourites' => [ sub { $crew->get('/api/v1/me/favourites') } ],
    'delete /api/v1/me/favourites/{job_id}' => [ sub {
        $crew->delete("/api/v1/me/favourites/$id") } ],
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

    'get /api/v1/me/reports' => [ sub {
        $crew->post($reported, json => { reason => 'scam' });
        $crew->get('/api/v1/me/reports') } ],
    'get /api/v1/admin/reports' => [
        sub { $super->get('/api/v1/admin/reports?limit=100') },
        sub { $super->get('/api/v1/admin/reports?status=dismissed&assigned=me') } ],
    'get /api/v1/admin/reports/{id}' => [ sub { $super->get($admin_report) } ],
    'post /api/v1/admin/reports/{id}/assign' => [ sub {
        $super->post("$admin_report/assign") } ],
    'post /api/v1/admin/reports/{id}/release' => [ sub {
        $super->post("$admin_report/release") } ],
    'post /api/v1/admin/reports/{id}/decide' => [ sub {
        $super->post("$admin_report/decide", json => { decision => 'dismissed' }) } ],
    'get /api/v1/admin/posts' => [
        sub { $super->get('/api/v1/admin/posts?limit=20') },
        sub { $super->get('/api/v1/admin/posts?status=approved') } ],
    'get /api/v1/admin/posts/{id}' => [
        sub { $super->get("/api/v1/admin/posts/$pending[0]") },
        sub { $super->get("/api/v1/admin/posts/$id") } ],
    'post /api/v1/admin/posts/{id}/approve' => [ sub {
        $super->post("/api/v1/admin/posts/$pending[0]/approve",
            headers => { 'If-Match' => '"' . $t->db(
                "SELECT revision FROM posts WHERE id = '$pending[0]'") . '"' }) } ],
    'post /api/v1/admin/posts/{id}/hide' => [ sub {
        $super->post("/api/v1/admin/posts/$pending[0]/hide", json => { reason => '까닭' }) } ],
    'post /api/v1/admin/posts/{id}/unhide' => [ sub {
        $super->post("/api/v1/admin/posts/$pending[0]/unhide",
            headers => { 'If-Match' => '"' . $t->db(
                "SELECT revision FROM posts WHERE id = '$pending[0]'") . '"' }) } ],
    'post /api/v1/admin/posts/{id}/reject' => [ sub {
        $super->post("/api/v1/admin/posts/$pending[1]/reject", json => { reason => '까닭' }) } ],
    'post /api/v1/admin/posts/{id}/request-changes' => [ sub {
        $super->post("/api/v1/admin/posts/$pending[2]/request-changes",
                     json => { reason => '까닭' }) } ],
    'post /api/v1/admin/posts/bulk' => [ sub {
        $super->post('/api/v1/admin/posts/bulk', json => {
            action => 'approve', dry_run => JSON::PP::true(),
            items => [ map { { id => $_, revision => 1 } } @pending ] }) } ],

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
    'get /api/v1/resorts/{id}/posts' => [ sub { $owner->get($desk) },
        sub { $owner->get("$desk?deleted=true&status=approved,draft") } ],
    'post /api/v1/resorts/{id}/posts' => [ sub {
        $draft = $owner->post($desk, json => { title => '곤돌라 안내' }) } ],
    'get /api/v1/resorts/{id}/posts/{post_id}' => [ sub {
        $owner->get($draft->header('location')) } ],
    'patch /api/v1/resorts/{id}/posts/{post_id}' => [ sub {
        $owner->patch($draft->header('location'), headers => { 'If-Match' => '"1"' }, json => {
            description => '손님이 안전하게 타고 내리도록 돕습니다.', category => 'lift',
            employment_type => 'seasonal', pay => { type => 'hourly', min => 12000, max => 13000 },
            %season }) } ],
    'get /api/v1/resorts/{id}/posts/{post_id}/versions' => [ sub {
        $owner->get($draft->header('location') . '/versions') } ],
    'get /api/v1/resorts/{id}/posts/{post_id}/versions/{version}' => [ sub {
        $owner->get($draft->header('location') . '/versions/1') } ],
    'post /api/v1/resorts/{id}/posts/{post_id}/copy' => [ sub {
        $copy = $owner->post($draft->header('location') . '/copy', json => { title => '또 하나' }) } ],
    'delete /api/v1/resorts/{id}/posts/{post_id}' => [ sub {
        $owner->delete($copy->header('location')) } ],
    'post /api/v1/resorts/{id}/posts/{post_id}/restore' => [ sub {
        $owner->post($copy->header('location') . '/restore') } ],
    'post /api/v1/resorts/{id}/posts/{post_id}/submit' => [ sub {
        $owner->post($draft->header('location') . '/submit') } ],
    'post /api/v1/resorts/{id}/posts/{post_id}/pause' => [ sub {
        $t->db($decide . "'" . $draft->json->{id} . "'");
        $owner->post($draft->header('location') . '/pause') } ],
    'post /api/v1/resorts/{id}/posts/{post_id}/resume' => [ sub {
        $owner->post($draft->header('location') . '/resume') } ],
    'post /api/v1/resorts/{id}/posts/{post_id}/fill' => [ sub {
        $owner->post($draft->header('location') . '/fill') } ],
    'get /api/v1/resorts/{id}/posts/{post_id}/history' => [ sub {
        $owner->get($draft->header('location') . '/history') } ],
    'get /api/v1/jobs/{id}/changes' => [ sub {
        $t->db("INSERT INTO applications (id, post_id, crew_id, resume)
                VALUES (uuid_v7(now()), '$id', '@{[ $crew->id ]}', '{}')");
        $crew->get("/api/v1/jobs/$id/changes") } ],
    'get /api/v1/jobs/{id}/work-types' => [ "/api/v1/jobs/$id/work-types" ],
    'get /api/v1/work-type-templates' => [ '/api/v1/work-type-templates' ],
    'get /api/v1/resorts/{id}/work-types' => [ sub { $owner->get($work_types) } ],
    'post /api/v1/resorts/{id}/work-types' => [ sub {
        $work_type = $owner->post($work_types, json => {
            template => 'cafe_day', name => '카페 보조',
            pay => { type => 'hourly', min => 9000, max => 9000 } }) } ],
    'get /api/v1/resorts/{id}/work-types/{work_type_id}' => [ sub {
        $owner->get($work_type->header('location')) } ],
    'patch /api/v1/resorts/{id}/work-types/{work_type_id}' => [ sub {
        $owner->patch($work_type->header('location'), json => { headcount => 2 },
                      headers => { 'If-Match' => '"1"' }) } ],
    'post /api/v1/resorts/{id}/work-types/{work_type_id}/copy' => [ sub {
        $owner->post($work_type->header('location') . '/copy',
                     json => { name => '카페 보조 2' }) } ],
    'delete /api/v1/resorts/{id}/work-types/{work_type_id}' => [ sub {
        $owner->delete($work_type->header('location')) } ],

    'delete /api/v1/resorts/{id}/members/invitations/{invitation_id}' => [
        sub {
            my $one = $owner->post($invitations, json => {
                email => 'uninvited@example.com', role => 'recruiter' });
            $owner->delete("$invitations/" . $one->json->{id});
        } ],

    'post /api/v1/resorts/{id}/dormitories' => [ sub {
        my $r = $owner->post($houses, json => { name => '새 숙소', type => 'studio' });
        $house = $r->header('location');
        $r } ],
    'get /api/v1/resorts/{id}/dormitories' => [ sub { $owner->get($houses) } ],
    'get /api/v1/resorts/{id}/dormitories/{dormitory_id}' => [
        sub { $owner->get($house) },
        sub { $owner->get($t->db("SELECT '$houses/' || id FROM dormitories
            WHERE resort_id = '$resort' ORDER BY id LIMIT 1")) } ],
    'patch /api/v1/resorts/{id}/dormitories/{dormitory_id}' => [ sub {
        $owner->patch($house, headers => { 'If-Match' => '"1"' }, json => {
            place => { address => '읍내 1', lat => 37.6, lng => 128.7 } }) } ],
    'post /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms' => [ sub {
        my $r = $owner->post("$house/rooms",
                             json => { name => '101', gender => 'any', beds => 2 });
        $room = "$house/rooms/" . $r->json->{id};
        $r } ],
    'patch /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}' => [ sub {
        $owner->patch($room, headers => { 'If-Match' => '"1"' }, json => { floor => 2 }) } ],
    'post /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds' => [ sub {
        my $r = $owner->post("$room/beds", json => { label => 'C' });
        $bed = "$room/beds/" . $r->json->{id};
        $r } ],
    'patch /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds/{bed_id}' => [
        sub { $owner->patch($bed, headers => { 'If-Match' => '"1"' },
                            json => { label => 'D' }) } ],
    'post /api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons' => [ sub {
        my $r = $owner->post("$house/seasons", json => {
            label => '겨울', from => '2027-12-01', until => '2028-03-01',
            rent => { monthly => 100000 } });
        $season = "$house/seasons/" . $r->json->{id};
        $r } ],
    'patch /api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons/{season_id}' => [ sub {
        $owner->patch($season, headers => { 'If-Match' => '"1"' },
                      json => { until => '2028-02-01' }) } ],
    'get /api/v1/resorts/{id}/dormitories/{dormitory_id}/quote' => [ sub {
        $t->get("$house/quote?from=2027-11-20&until=2028-02-20") } ],
    'get /api/v1/resorts/{id}/dormitories/{dormitory_id}/availability' => [ sub {
        $owner->get("$house/availability?from=2027-11-20&until=2028-02-20") } ],
    'delete /api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons/{season_id}' => [ sub {
        $owner->delete($season) } ],
    'delete /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds/{bed_id}' => [
        sub { $owner->delete($bed) } ],
    'post /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds/{bed_id}/restore'
        => [ sub { $owner->post("$bed/restore") } ],
    'delete /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}' => [ sub {
        $owner->delete($room) } ],
    'post /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/restore' => [ sub {
        $owner->post("$room/restore") } ],
    'delete /api/v1/resorts/{id}/dormitories/{dormitory_id}' => [ sub {
        $owner->delete($house) } ],
    'post /api/v1/resorts/{id}/dormitories/{dormitory_id}/restore' => [ sub {
        $owner->post("$house/restore") } ],

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

    'post /api/v1/resorts' => [ sub { $founder->post('/api/v1/resorts',
        json => { %founded, business_number => '124-81-00998' }) } ],
    'get /api/v1/resorts/{id}/profile' => [ sub {
        $founder->get(founded() . '/profile') } ],
    'patch /api/v1/resorts/{id}/profile' => [ sub {
        $founder->patch(founded() . '/profile',
                        json => { photos => [ '/files/1.jpg' ] },
                        headers => { 'If-Match' => '*' }) } ],
    'get /api/v1/admin/resorts' => [
        map { my $status = $_;
              sub { $super->get("/api/v1/admin/resorts?status=$status") } }
            qw(waiting refused verified) ],
    'get /api/v1/admin/resorts/{id}' => [ sub {
        $super->get(founded() =~ s{/v1}{/v1/admin}r) } ],
    (map { my $move = $_;
           ("post /api/v1/admin/resorts/{id}/$move" => [ sub {
               $super->post(founded() =~ s{/v1}{/v1/admin}r . "/$move",
                            json => $move eq 'verify' ? {}
                                : { reason => '다시 봐 주세요.' },
                            headers => { 'If-Match' => '*' }) } ]) }
        qw(refuse verify withdraw)),
    'delete /api/v1/resorts/{id}' => [ sub { $founder->delete(founded()) } ],

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

my $keeper = ResortBite::Account->new($t, resort => [ $resort, 'owner' ]);

# of its work types: one that a post offers, and one whose name is taken
my $offered = $t->db("SELECT w.id FROM work_types AS w JOIN post_work_types AS o ON o.work_type_id = w.id
    JOIN posts AS p ON p.id = o.post_id WHERE w.resort_id = '$resort'
     AND p.status IN ('approved', 'pending', 'paused', 'hidden') AND p.deleted_at IS NULL
     AND w.category_code <> 'office' ORDER BY w.id LIMIT 1");
my $taken = { template => 'cafe_day', name => '카페 보조 2',
              pay => { type => 'hourly', min => 11000, max => 12000 } };

# A house in which nothing can be done, and one that is deleted.

my %made;

{
    my $made = sub {
        my ($what, $uri, $json) = @_;
        $made{$what} = $keeper->post($uri, json => $json)->json->{id};
    };

    $made->(other => $houses, { name => '남의 이름', type => 'studio' });
    $made->(house => $houses, { name => '찬 숙소', type => 'studio' });
    $made->(gone => $houses, { name => '지운 숙소', type => 'studio' });

    my $at = "$houses/$made{house}";

    $made->(room => "$at/rooms", { name => '101', gender => 'any', beds => 1 });
    $made->(other_room => "$at/rooms", { name => '남의 이름', gender => 'any' });
    $made->(old_room => "$at/rooms", { name => '102', gender => 'any' });
    $made->(bed => "$at/rooms/$made{room}/beds", { label => 'T' });
    $made->(old_bed => "$at/rooms/$made{room}/beds", { label => 'B' });

    my $season = { label => '겨울', from => '2027-12-01', until => '2028-03-01',
                   rent => { monthly => 1 } };
    $made->(season => "$at/seasons", $season);
    $made->(other_season => "$at/seasons", { %$season, from => '2028-03-01', until => '2028-04-01' });
    $made->(gone_season => "$houses/$made{gone}/seasons", $season);

    $t->db("INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
            VALUES (uuid_v7(now()), '$resort', '$made{bed}', '@{[ $crew->id ]}',
                    daterange(seoul_today(), seoul_today() + 1), 'assigned')");
    $t->db("UPDATE rooms SET retired_at = now(), name = '101' WHERE id = '$made{old_room}';
            UPDATE beds SET retired_at = now(), label = 'A' WHERE id = '$made{old_bed}';
            UPDATE dormitories SET deleted_at = now(), name = '찬 숙소' WHERE id = '$made{gone}'");
}

# Posts that pay too little: a draft, one that is paused, one that was deleted.

my %unlawful = map { $_ => $t->db("INSERT INTO posts (id, resort_id, title, description, category_code,
            employment_type, pay_type, pay_min_krw, pay_max_krw, starts_on, region_code, address, lat, lng,
            status, published_at, deleted_at, created_by, updated_by)
        SELECT uuid_v7(now()), id, '급여가 적은 공고', '열 글자가 넘는 설명입니다.', 'lift', 'seasonal', 'hourly',
               9000, 9000, seoul_today(), region_code, address, lat, lng, '$_', now(),
               CASE '$_' WHEN 'approved' THEN now() END, '@{[ $keeper->id ]}', '@{[ $keeper->id ]}'
          FROM resorts WHERE id = '$resort' RETURNING id") =~ s/\n.*//sr }
    qw(draft paused approved);

my $full = "$houses/$made{house}";
my @any = (headers => { 'If-Match' => '*' });

sub house_problems {
    my ($path, @requests) = @_;

    return map {
        my ($method, $uri, $json) = @$_;
        (lc($method) . " /api/v1/resorts/{id}/dormitories$path" =>
            [ [ 409, $keeper->request($method, $uri, $json ? (json => $json) : (), @any) ] ])
    } @requests;
}

my $of_house = '/{dormitory_id}';
my $of_room = "$of_house/rooms/{room_id}";
my $of_bed = "$of_room/beds/{bed_id}";
my $of_season = "$of_house/seasons/{season_id}";
my %taken = (name => '남의 이름');

my %house_problems = (
    house_problems('', [ POST => $houses, { %taken, type => 'studio' } ]),
    house_problems($of_house, [ PATCH => $full, \%taken ], [ DELETE => $full ]),
    house_problems("$of_house/restore", [ POST => "$houses/$made{gone}/restore" ]),
    house_problems("$of_house/rooms", [ POST => "$full/rooms", { %taken, gender => 'any' } ]),
    house_problems($of_room, [ PATCH => "$full/rooms/$made{room}", \%taken ],
                   [ DELETE => "$full/rooms/$made{room}" ]),
    house_problems("$of_room/restore", [ POST => "$full/rooms/$made{old_room}/restore" ]),
    house_problems("$of_room/beds", [ POST => "$full/rooms/$made{room}/beds", { label => 'A' } ]),
    house_problems($of_bed,
                   [ PATCH => "$full/rooms/$made{room}/beds/$made{bed}", { label => 'A' } ],
                   [ DELETE => "$full/rooms/$made{room}/beds/$made{bed}" ]),
    house_problems("$of_bed/restore",
                   [ POST => "$full/rooms/$made{room}/beds/$made{old_bed}/restore" ]),
    house_problems("$of_house/seasons", [ POST => "$full/seasons", {
        label => 'x', from => '2027-11-01', until => '2027-12-02', rent => { monthly => 1 } } ]),
    house_problems($of_season,
                   [ PATCH => "$full/seasons/$made{season}", { until => '2028-03-02' } ],
                   [ DELETE => "$houses/$made{gone}/seasons/$made{gone_season}" ]),
    "get /api/v1/resorts/{id}/dormitories$of_house/quote" => [
        [ 410, $t->get("/api/v1/resorts/$closed/dormitories/$made{house}"
                       . '/quote?from=2027-01-01&until=2027-01-02') ] ],
);

my %problems = (
    %house_problems,
    'get /api/v1/jobs/{id}' => [
        [ 410, $t->get("/api/v1/jobs/$ended") ],
        [ 412, $t->get("/api/v1/jobs/$id", headers => { 'If-Match' => '"x"' }) ],
    ],
    (map { ("get /api/v1/resorts/{id}$_" =>
            [ [ 410, $t->get("/api/v1/resorts/$closed$_") ] ]) }
        '', '/board', '/dorms', '/jobs'),
    'delete /api/v1/resorts/{id}' => [
        [ 409, $keeper->delete("/api/v1/resorts/$resort") ] ],
    'patch /api/v1/resorts/{id}/profile' => [
        [ 409, $keeper->patch("/api/v1/resorts/$resort/profile",
                              json => { business_name => '다른 상호' },
                              headers => { 'If-Match' => '*' }) ] ],
    (map { ("post /api/v1/resorts/{id}/posts/{post_id}/$_" => [
            [ 409, $keeper->post($draft->header('location') . "/$_") ] ]) }
        qw(pause fill)),
    'post /api/v1/resorts/{id}/posts/{post_id}/restore' => [
        [ 409, $keeper->post($draft->header('location') . '/restore') ],
        [ 422, $keeper->post("$desk/$unlawful{approved}/restore") ] ],
    'post /api/v1/resorts/{id}/posts/{post_id}/resume' => [
        [ 409, $keeper->post($draft->header('location') . '/resume') ],
        [ 422, $keeper->post("$desk/$unlawful{paused}/resume") ] ],
    'post /api/v1/resorts/{id}/posts/{post_id}/submit' => [
        [ 409, $keeper->post($draft->header('location') . '/submit') ],
        [ 422, $keeper->post("$desk/$unlawful{draft}/submit") ] ],
    'patch /api/v1/resorts/{id}/posts/{post_id}' => [
        [ 409, $keeper->patch($draft->header('location'), json => { meals => 1 }, @any) ],
        [ 422, $keeper->patch("$desk/$unlawful{paused}", json => { pay => { min => 1 } }, @any) ] ],
    'get /api/v1/jobs/{id}/work-types' => [
        [ 410, $t->get("/api/v1/jobs/$ended/work-types") ] ],
    'post /api/v1/resorts/{id}/work-types' => [
        [ 409, $keeper->post($work_types, json => $taken) ] ],
    'patch /api/v1/resorts/{id}/work-types/{work_type_id}' => [
        [ 409, $keeper->patch("$work_types/$offered", json => { category => 'office' },
                              headers => { 'If-Match' => '*' }) ] ],
    'delete /api/v1/resorts/{id}/work-types/{work_type_id}' => [
        [ 409, $keeper->delete("$work_types/$offered") ] ],
    'post /api/v1/resorts/{id}/work-types/{work_type_id}/copy' => [
        [ 409, $keeper->post("$work_types/$offered/copy", json => {}) ] ],
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
