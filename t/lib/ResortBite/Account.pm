package ResortBite::Account;

# Somebody who is signed in, made by SQL alone: no log-in is waited for.
#
#   my $admin = ResortBite::Account->new($t, roles => [ 'admin' ]);
#   my $owner = ResortBite::Account->new($t, resort => [ $id, 'owner' ]);
#
#   is($admin->get('/api/v1/admin/members')->status, 200);
#   is($owner->post("/api/v1/resorts/$id/members/invitations",
#                   json => { … })->status, 201);
#
# Options of new(): roles (default crew), email, name, locale, resort, verified
# (0: the address is not proved), and of the session acr (default 2), age
# (seconds since the log-in), second (1: with a second factor set up).
#
# Requests bear the session's cookie and, where needed, the CSRF token that a
# page would have given it.  The world's configuration has to have
# resortbite_identity http://localhost:%%PORT_8080%%.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256_hex);
use MIME::Base64 qw(encode_base64url);

my $count = 0;


sub new {
    my ($class, $world, %options) = @_;

    my $n = sprintf '%d-%d', $$, ++$count;
    my $secret = encode_base64url(join '', map { chr int rand 256 } 1 .. 32);
    my ($member, $session) = split /\|/, $world->db(
        "SELECT uuid_v7(now(), md5('member $n')::uuid), uuid_v7(now(), md5('session $n')::uuid)");

    my $self = bless {
        world => $world, id => $member, session => $session, secret => $secret,
        roles => [ 'crew' ], acr => 2, age => 0, verified => 1, locale => 'ko',
        email => "account$n\@example.com", name => "계정 $n", %options,
    }, $class;

    utf8::decode($self->{name}) if !utf8::is_utf8($self->{name});

    push @{ $self->{roles} }, 'resort'
        if $self->{resort} && !grep { $_ eq 'resort' } @{ $self->{roles} };

    $self->insert;

    return $self;
}


sub insert {
    my ($self) = @_;

    my $roles = join ',', @{ $self->{roles} };
    my $hash = sha256_hex($self->{secret});
    my $amr = $self->{acr} == 2 ? 'pwd,otp,mfa' : 'pwd';
    my $verified = $self->{verified} ? 'now()' : 'NULL';

    my $sql = "INSERT INTO members (id, email, email_verified_at, display_name, locale, roles)
        VALUES ('$self->{id}', '$self->{email}', $verified, '$self->{name}',
                '$self->{locale}', '{$roles}');
        INSERT INTO sessions (id, kind, member_id, token_hash, acr, amr,
                              authenticated_at, expires_at)
        VALUES ('$self->{session}', 'browser', '$self->{id}', '\\x$hash', $self->{acr},
                '{$amr}', now() - interval '$self->{age} seconds', now() + interval '1 day');";

    $sql .= "INSERT INTO resort_members (resort_id, member_id, role)
        VALUES ('$self->{resort}[0]', '$self->{id}', '$self->{resort}[1]');"
        if $self->{resort};

    $sql .= "INSERT INTO totp_factors (member_id, secret_sealed, confirmed_at)
        VALUES ('$self->{id}', '\\x00', now());"
        if $self->{second};

    $self->{world}->db($sql);

    return;
}


sub id      { return $_[0]{id} }
sub session { return $_[0]{session} }
sub email   { return $_[0]{email} }
sub name    { return $_[0]{name} }
sub secret  { return $_[0]{secret} }


# The token of which rb_csrf_token() gives a page one.

sub csrf {
    my ($self) = @_;

    open my $in, '<:raw', $self->{world}->secret_file or die "secret: $!\n";
    my $key = do { local $/; <$in> };
    my $nonce = join '', map { chr int rand 256 } 1 .. 16;

    return encode_base64url(
        $nonce . hmac_sha256("csrf\0$nonce$self->{session}", $key));
}


sub headers {
    my ($self, $method) = @_;

    return (
        Cookie => "__Host-rb_session=$self->{secret}",
        $method =~ /^(?:GET|HEAD)$/ ? () : (
            'X-CSRF-Token' => $self->csrf,
            Origin => 'http://localhost:' . $self->{world}->port(8080)));
}


sub request {
    my ($self, $method, $uri, %options) = @_;

    $options{headers} = { $self->headers($method), %{ $options{headers} || {} } };
    $options{json} //= {} if $method ne 'GET' && !defined $options{body};

    return $self->{world}->request($method, $uri, %options);
}


sub get    { my ($self, @rest) = @_; return $self->request('GET', @rest) }
sub post   { my ($self, @rest) = @_; return $self->request('POST', @rest) }
sub put    { my ($self, @rest) = @_; return $self->request('PUT', @rest) }
sub patch  { my ($self, @rest) = @_; return $self->request('PATCH', @rest) }
sub delete { my ($self, @rest) = @_; return $self->request('DELETE', @rest) }

1;
