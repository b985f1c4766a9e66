package ResortBite::OAuth;

# The OAuth provider's clients and members, for tests.
#
#   my $o = ResortBite::OAuth->new($t);             # of a world with identity
#   $t->start(ResortBite::OAuth->config);           # or one of the test's own
#
#   my $client = $o->client('app', scopes => 'openid read');
#   my $browser = $o->browser($o->member(1));       # signed in
#   my $back = $o->authorize($browser, client_id => 'app');
#   my $r = $o->token(client_id => 'app', grant_type => 'authorization_code',
#                     code => $back->{code}, …);
#
# authorize() fills in what is not given (redirect_uri, PKCE …; undef leaves
# a parameter out), agrees on the consent page, and returns what the client
# gets back, with the code_verifier; {page} is the status of a page instead.

use strict;
use warnings;

use Carp qw(croak);
use Digest::SHA qw(sha256 sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use ResortBite::Browser;
use ResortBite::Tokens;

our $CALLBACK = 'http://127.0.0.1:9/cb';
our $DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';


sub config {
    return <<'END';
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_redis %%REDIS%%;
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
}


sub new {
    my ($class, $t, %options) = @_;

    return bless { t => $t, tokens => ResortBite::Tokens->new(
        $t, issuer => 'http://localhost:' . $t->port),
                   %options }, $class;
}


sub issuer { return 'http://localhost:' . $_[0]{t}->port }


sub random { return ResortBite::Tokens::base64url(ResortBite::Tokens::random(32)) }


# A client's row; returns { id, secret }.

sub client {
    my ($self, $id, %with) = @_;

    my $secret = $with{secret} // random();
    my $method = $with{auth_method} // 'none';
    my $hash = $method =~ /secret/
        ? q{'\x} . sha256_hex($secret) . q{'} : 'NULL';
    my $list = sub { '{' . join(',', split / /, $_[0]) . '}' };
    my $bool = sub { $_[0] ? 'true' : 'false' };

    my $redirect = $list->($with{redirect_uris} // $CALLBACK);
    my $logout = $list->($with{post_logout_redirect_uris} // '');
    my $grants = $list->($with{grant_types}
        // "authorization_code refresh_token $DEVICE"
           . ($method eq 'none' ? '' : ' client_credentials'));
    my $scopes = $list->($with{scopes}
        // 'openid profile email offline_access read write');
    my $jwks = $with{jwks} ? "'$with{jwks}'" : 'NULL';

    $self->{t}->db("INSERT INTO oauth_clients
            (id, name, auth_method, secret_hash, jwks, redirect_uris,
             post_logout_redirect_uris, grant_types, scopes, require_par,
             require_dpop, first_party)
        VALUES ('$id', '" . ($with{name} // "The $id") . "', '$method',
                $hash, $jwks, '$redirect', '$logout', '$grants', '$scopes',
                " . join(', ', map { $bool->($with{$_}) }
                             qw(require_par require_dpop first_party)) . ')');

    return { id => $id, secret => $secret };
}


# The n-th crew member of the demo; their verified address is theirs.

sub member {
    my ($self, $n) = @_;

    return $self->{t}->db('SELECT id FROM members WHERE email = '
        . "'crew" . ($n // 1) . "\@example.com'");
}


# A browser in which the member is signed in; row: columns of its session.

sub browser {
    my ($self, $member, %row) = @_;

    my $browser = ResortBite::Browser->new($self->{t},
        language => delete $row{language}, port => delete $row{port},
        origin => $self->issuer);

    if (defined $member) {
        my $session = $self->{tokens}->browser(member => $member, %row);
        $browser->set_cookie('__Host-rb_session', $session->{cookie});
        $browser->{session} = $session->{id};
    }

    return $browser;
}


sub pkce {
    my $verifier = random();

    return ($verifier, encode_base64url(sha256($verifier)));
}


sub request_uri {
    my ($self, %params) = @_;

    return '/oauth/authorize?' . ResortBite::Browser::encode_form(
        map { $_ => $params{$_} } grep { defined $params{$_} }
        sort keys %params);
}


# A request's parameters, with what every right one has; and its verifier.

sub params {
    my ($self, %given) = @_;

    my ($verifier, $challenge) = pkce();

    my %params = (
        client_id => 'app', redirect_uri => $CALLBACK,
        response_type => 'code', scope => 'openid', state => 'st&a te',
        nonce => 'n-1', code_challenge => $challenge,
        code_challenge_method => 'S256', %given);

    return ($verifier, %params);
}


# What came back to the client in an address, or with a page's Refresh.

sub back {
    my ($r) = @_;

    my $to = $r->header('location') // '';

    if ($r->status == 200 && ($r->header('refresh') // '') =~ /^0;url=(.*)/) {
        $to = $1;
    }

    my %back = (page => $r->status, uri => $to);

    if ($to =~ m{^(?!/)([^?]*)\?(.*)}s) {
        my ($base, $query) = ($1, $2);
        $back{base} = $base;

        for my $pair (split /&/, $query) {
            my ($name, $value) = map { s/%([0-9A-F]{2})/chr hex $1/ger }
                split /=/, $pair, 2;
            $back{$name} = $value;
        }
    }

    return \%back;
}


sub authorize {
    my ($self, $browser, %given) = @_;

    my $decision = delete $given{decision} // 'accept';
    my ($verifier, %params) = $self->params(%given);

    my $r = $browser->get($self->request_uri(%params));

    $r = $browser->follow if $browser->follows;

    if ($r->status == 200 && !defined $r->header("refresh")) {
        $r = $browser->submit({}, button => [ decision => $decision ]);
    }

    return { %{ back($r) }, verifier => $verifier,
             redirect_uri => $params{redirect_uri} };
}


# POST /oauth/<what> (token unless said); secret => … is sent as Basic.

sub post {
    my ($self, $path, %form) = @_;

    my %headers = ('Content-Type' => 'application/x-www-form-urlencoded',
                   Host => $self->issuer =~ s{^http://}{}r,
                   %{ delete $form{headers} || {} });
    my $port = delete $form{port};
    my $basic = delete $form{basic};

    if ($basic) {
        $headers{Authorization} = 'Basic '
            . MIME::Base64::encode_base64("$basic->{id}:$basic->{secret}", '');
    }

    return $self->{t}->post($path, headers => \%headers, port => $port,
        body => ResortBite::Browser::encode_form(
            map { $_ => $form{$_} } grep { defined $form{$_} }
            sort keys %form));
}


sub token { my ($self, %form) = @_; return $self->post('/oauth/token', %form) }


# Uses what authorize() has returned.

sub redeem {
    my ($self, $back, %form) = @_;

    return $self->token(grant_type => 'authorization_code',
        code => $back->{code}, redirect_uri => $back->{redirect_uri},
        code_verifier => $back->{verifier},
        ($form{basic} ? () : (client_id => 'app')), %form);
}


# A grant of the client's, as its token response (decoded).

sub grant {
    my ($self, $browser, %given) = @_;

    my $basic = delete $given{basic};
    my $headers = delete $given{headers};
    my $back = $self->authorize($browser, %given);

    croak 'no code: ' . join ' ', %$back if !defined $back->{code};

    my $r = $self->redeem($back, basic => $basic, headers => $headers,
        $basic ? () : (client_id => $given{client_id} // 'app'));

    croak 'no tokens: ' . $r->body if $r->status != 200;

    return $r->json;
}


sub refresh {
    my ($self, $token, %form) = @_;

    return $self->token(grant_type => 'refresh_token',
        refresh_token => $token,
        ($form{basic} ? () : (client_id => 'app')), %form);
}


# Lets a member log in with a password.

sub password {
    my ($self, $member, $password) = @_;

    my $salt = ResortBite::Tokens::random(16);
    my $hex = ResortBite::Tokens::run('', qw(openssl kdf -keylen 32
        -kdfopt n:16384 -kdfopt r:8 -kdfopt p:5 -kdfopt), "pass:$password",
        '-kdfopt', 'hexsalt:' . unpack('H*', $salt), 'SCRYPT');
    my $hash = pack 'H*', $hex =~ s/[^0-9A-Fa-f]//gr;
    my $phc = join '$', '', 'scrypt', 'ln=14,r=8,p=5',
        map { MIME::Base64::encode_base64($_, '') =~ s/=+$//r } $salt, $hash;

    $self->{t}->db("UPDATE members SET password_hash = '$phc'
                     WHERE id = '$member'");

    return $password;
}


# What the scripts of t/peers are given: clients of each kind, and a member
# who can log in.

sub peer {
    my ($self) = @_;

    my $key = $self->private_jwk;
    my %public = map { $_ => $key->{$_} } grep { $_ ne 'd' } keys %$key;

    $self->client('app', name => 'App');
    $self->client('pushing', name => 'Pushing', require_par => 1);
    $self->client('signed', auth_method => 'private_key_jwt',
                  jwks => JSON::PP->new->encode({ keys => [ \%public ] }));

    my %secrets = map {
        $_->[0] => $self->client($_->[0], auth_method => "client_secret_$_->[1]",
            post_logout_redirect_uris => 'http://127.0.0.1:9/bye')->{secret}
    } [ web => 'basic' ], [ form => 'post' ];

    my $member = $self->member(1);

    return {
        issuer => $self->issuer, member => $member, secrets => \%secrets,
        private_jwk => $key, email => 'crew1@example.com',
        password => $self->password($member, 'correct horse ' . random()),
    };
}


# A key of a client's own: with its private member.

sub private_jwk {
    my ($self) = @_;

    my $key = $self->{tokens}->dpop_key;
    my $text = ResortBite::Tokens::run('', 'openssl', 'pkey', '-in',
                                       $key->{file}, '-noout', '-text');
    my ($hex) = $text =~ /priv:\s*((?:[0-9a-f]{2}[:\s]*)+)/ or croak $text;
    my $d = pack 'H*', $hex =~ s/[^0-9a-f]//gr;
    $d =~ s/^\0+//;

    return { %{ $key->{jwk} }, kid => 'own', use => 'sig', alg => 'ES256',
             d => encode_base64url(("\0" x (32 - length $d)) . $d) };
}


1;
