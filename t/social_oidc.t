# Signing in by an OpenID provider: oidc-provider as the honest one, and one
# that lies about who somebody is.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Browser;
use ResortBite::Peers;
use ResortBite::Process qw(free_port);
use ResortBite::Social;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $peers = ResortBite::Peers->need(qw(oidc-provider));
my $t = ResortBite->new(log_level => 'info');
my $social = ResortBite::Social->start($t);
my $port = free_port();
my $secret = $social->secret_file;

my $config = <<"END";
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    resortbite_social peer kind=oidc issuer=http://127.0.0.1:$port
                      client_id=resortbite secret_file=$secret
                      location=/out/peer label_ko=친구 label_en=Peer;
    resortbite_social liar kind=oidc
                      issuer=http://127.0.0.1:@{[ $social->port ]}/oidc
                      client_id=resortbite secret_file=$secret
                      location=/out/liar;
    resortbite_social wrong kind=oidc issuer=http://127.0.0.1:$port/other
                      client_id=resortbite secret_file=$secret
                      location=/out/peer;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_outbound;
        location / { resortbite_api; }
        location /out/peer/ {
            internal;
            proxy_pass http://127.0.0.1:$port/;
            proxy_set_header Host 127.0.0.1:$port;
        }
        location /out/liar/ {
            internal;
            proxy_pass http://127.0.0.1:@{[ $social->port ]}/oidc/;
        }
    }
}
END

# ---- what nginx -t says

my @refused = (
    [ 'fb kind=oidc client_id=a secret_file=%s location=/out/fb',
      qr/needs "issuer=https:/ ],
    [ 'fb kind=oidc issuer=http://example.com client_id=a secret_file=%s location=/out/fb',
      qr/needs "issuer=https:/ ],
    [ 'fb kind=kakao secret_file=%s location=/out/fb', qr/needs "client_id="/ ],
    [ 'fb kind=kakao client_id=a location=/out/fb', qr/needs "secret_file="/ ],
    [ 'fb kind=kakao client_id=a secret_file=%s',
      qr{needs "location=/out/fb" and a "location /out/fb/} ],
    [ 'fb kind=kakao client_id=a secret_file=/nowhere location=/out/fb',
      qr/put the client's secret of "resortbite_social fb" into it/ ],
    [ 'fb client_id=a secret_file=%s location=/out/fb',
      qr/needs "kind=oidc", "kind=kakao" or "kind=naver"/ ],
    [ 'X kind=kakao client_id=a secret_file=%s location=/out/fb',
      qr/invalid name "X"/ ],
    [ 'fb kind=kakao client_id=a secret_file=%s location=/out/fb colour=red',
      qr/invalid parameter "colour=red"/ ],
    [ 'liar kind=kakao client_id=a secret_file=%s location=/out/fb',
      qr/is there twice/ ],
    [ 'fb kind=naver client_id=a secret_file=%s location=/out/fb authorize=ftp://x',
      qr/invalid "authorize=/ ],
);

for my $refused (@refused) {
    my ($line, $says) = @$refused;
    my $text = $line =~ s/%s/$secret/r;
    my ($ok, $said) = $t->check($config =~ s/(    server \{)/    resortbite_social $text;\n$1/r);

    ok(!$ok, "refused: $line");
    like($said, $says, 'with what to write');
}

my $honest = $social->run("$peers/oidc_provider.mjs", $port, 'resortbite',
    $social->{secret},
    'http://localhost:' . $t->port(8080) . '/auth/social/peer/callback');

$t->start($config);
ok($t->wait_ready, 'ready');

sub browser { return ResortBite::Browser->new($t, @_) }


# A browser at the provider: logs in by a name, says yes, and comes back with
# the query of our callback.

sub at_provider {
    my ($way_uri, $name) = @_;

    my %cookies;
    my $uri = $way_uri =~ s{^http://127\.0\.0\.1:\d+}{}r;
    my $body;

    for (1 .. 12) {
        my $r = ResortBite::Connection->new($port)->request(
            defined $body ? 'POST' : 'GET', $uri, close => 1,
            headers => {
                Host => "127.0.0.1:$port",
                Cookie => join('; ', map { "$_=$cookies{$_}" } sort keys %cookies),
                defined $body
                    ? ('Content-Type' => 'application/x-www-form-urlencoded') : () },
            defined $body ? (body => $body) : ());

        my $set = $r->header('set-cookie');
        for my $line (ref $set ? @$set : $set // ()) {
            $cookies{$1} = $2 if $line =~ /^([^=]+)=([^;]*)/;
        }

        $body = undef;

        if (my $to = $r->header('location')) {
            return $1 if $to =~ m{/auth/social/\w+/callback\?(.*)};
            $uri = $to =~ s{^http://127\.0\.0\.1:\d+}{}r;
            next;
        }

        my ($action) = $r->body =~ /<form[^>]*action="([^"]+)"/
            or die 'no form at the provider: ' . $r->body;
        my ($prompt) = $r->body =~ /name="prompt" value="(\w+)"/;
        $uri = $action =~ s{^http://127\.0\.0\.1:\d+}{}r;
        $body = "prompt=$prompt" . ($prompt eq 'login'
                                    ? "&login=$name&password=x" : '');
    }

    die 'the provider goes round in circles';
}


sub through_peer {
    my ($b, $name, $next) = @_;

    my $way = $social->begin($b, 'peer', $next);
    my $query = at_provider($b->location, $name);

    $b->get("/auth/social/peer/callback?$query", site => 'cross-site');

    return ($way, $query);
}


# ---- the honest one

my $b = browser();
my ($way, $query) = through_peer($b, 'minji', '/account');

is($way->{scope}, 'openid email profile', 'what is asked for');
like($way->{nonce}, qr/^[\w-]{43}$/, 'with a nonce');
like($query, qr/\biss=/, 'the provider says who it is (RFC 9207)');
like($b->location, qr{^/auth/finish}, 'somebody new') or diag($b->words);
$b->follow;
like($b->words, qr/minji\@example\.net/, 'whose address came by userinfo');
$b->submit({ display_name => '민지', born_on => '1999-12-31', role => 'crew',
             terms => 1, privacy => 1 }, form => '/auth/finish');
is($b->status, 303, 'signs up') or diag($b->words);
is($t->db("SELECT provider || ' ' || subject || ' ' || i.email
             FROM member_identities AS i JOIN members AS m ON m.id = member_id
            WHERE m.email = 'minji\@example.net'"),
   'peer minji minji@example.net', 'and is linked');

$b = browser();
($way, $query) = through_peer($b, 'minji', '/account');
is($b->location, '/account', 'next time signs in');
ok($b->cookie('__Host-rb_session'), 'indeed');

$b->get("/auth/social/peer/callback?$query", site => 'cross-site');
is($b->status, 400, 'the same way back a second time: refused');

$b = browser();
$social->begin($b, 'peer');
$query = at_provider($b->location, 'minji') =~ s/&?iss=[^&]*//r;
$b->get("/auth/social/peer/callback?$query", site => 'cross-site');
is($b->status, 502, 'without the iss that it promises: refused');
ok(!$b->cookie('__Host-rb_session'), 'nobody is signed in');

for my $name ('unverified-minji', 'silent-minji') {
    $b = browser();
    through_peer($b, $name);
    $b->follow;
    ok(defined $b->value('email', '/auth/finish'),
       "$name: an address has to be proved");
}

is(browser()->get('/auth/social/wrong')->status, 502,
   'discovery that names another issuer is refused');

# ---- the liar

sub lie {
    my ($plan, %more) = @_;

    my $b = browser();
    my $way = $social->begin($b, 'liar');

    $plan->{claims} = { nonce => $way->{nonce}, %{ $plan->{claims} || {} } };
    $social->back($b, $way, $plan, %more);

    return $b;
}

my $now = time;

$b = lie({ claims => { sub => 'ann', email => 'ann@example.net',
                       email_verified => \1 } });
like($b->location, qr{^/auth/finish}, 'the truth passes') or diag($b->words);
$b = lie({ claims => { sub => 'ann', azp => 'resortbite' } });
like($b->location, qr{^/auth/finish}, 'with azp that is us, too');
$b = lie({ claims => { sub => 'ann', aud => [ 'resortbite' ] } });
like($b->location, qr{^/auth/finish}, 'and aud as a list');

my @lies = (
    [ { claims => { nonce => 'another' } }, 'another nonce' ],
    [ { claims => { nonce => undef } }, 'no nonce' ],
    [ { claims => { aud => 'somebody-else' } }, 'another aud' ],
    [ { claims => { aud => [ 'resortbite', 'other' ] } }, 'two auds, no azp' ],
    [ { claims => { azp => 'other' } }, 'another azp' ],
    [ { claims => { iss => 'http://127.0.0.1:1' } }, 'another iss' ],
    [ { claims => { exp => $now - 600 } }, 'expired' ],
    [ { claims => { exp => undef } }, 'never expires' ],
    [ { claims => { iat => $now + 3600 } }, 'of tomorrow' ],
    [ { claims => { sub => '' } }, 'of nobody' ],
    [ { key => 'none' }, 'alg none' ],
    [ { key => 'none', header => { alg => 'NONE' } }, 'alg NONE' ],
    [ { key => 'secret' }, 'alg HS256 with our secret' ],
    [ { key => 'unknown' }, 'a key that is not its own' ],
    [ { key => 'unknown', header => { kid => 'nobody' } }, 'a kid of nobody' ],
    [ { header => { alg => 'ES384' } }, 'an alg that we do not take' ],
    [ { header => { crit => [ 'x' ], x => 1 } }, 'a critical extension' ],
    [ { no_id_token => 1 }, 'no ID token' ],
    [ { status => 500 }, 'a server error' ],
    [ { garbage => 1 }, 'HTML' ],
    [ { claims => { sub => 'ann' }, userinfo => { sub => 'bob',
        email => 'bob@example.net', email_verified => \1 } },
      'userinfo of somebody else' ],
);

for my $lie (@lies) {
    my ($plan, $what) = @$lie;
    my $b = lie($plan);

    is($b->status, 502, "refused: $what") or diag($b->location);
    ok(!$b->cookie('__Host-rb_session'), 'nobody is signed in');
}

is($t->db("SELECT count(*) FROM member_identities WHERE provider = 'liar'"), 0,
   'nothing came of it');

$b = lie({ claims => { sub => 'ann' } }, iss => 'https://evil.example');
is($b->status, 502, 'iss of another');

# ---- its documents are kept, its new keys found

my $asked = $social->count('/oidc/.well-known/openid-configuration');
lie({ claims => { sub => 'ann' } }) for 1 .. 3;
is($social->count('/oidc/.well-known/openid-configuration'), $asked,
   'discovery is not asked for each time');

my $keys = $social->count('/oidc/jwks');
lie({ claims => { sub => 'ann' } });
is($social->count('/oidc/jwks'), $keys, 'nor are the keys');
$social->peer('POST', '/rotate');
$b = lie({ claims => { sub => 'ann' } });
like($b->location, qr{^/auth/finish}, 'a new key of the provider is found');
is($social->count('/oidc/jwks'), $keys + 1, 'by asking once more');

$honest->kill9;
$b = browser();
$b->get('/auth/social/peer');
is($b->status, 303, 'with the provider down its documents are still known');

unlike($t->error_log, qr/\Q$social->{secret}\E/, 'the secret is in no log');

done_testing;
