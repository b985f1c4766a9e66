package ResortBite::Tokens;

# Sessions, access tokens and DPoP proofs made by hand: by SQL and with the
# keys of the test's own folder, so that a test can have wrong ones too.
#
#   my $tokens = ResortBite::Tokens->new($t, issuer => 'http://localhost:8080');
#
#   my $s = $tokens->browser(member => $id);       # { id, cookie }
#   my $g = $tokens->grant(member => $id, scopes => [ 'read' ]);  # { id, … }
#   my $token = $tokens->token($g);                # what the server would sign
#   my $bad = $tokens->token($g, claims => { exp => 0 }, typ => 'JWT');
#
#   my $key = $tokens->dpop_key;                   # { file, jwk, jkt }
#   my $proof = $tokens->proof($key, 'GET', $uri, token => $token);
#
# keys => FOLDER takes another one's than those of $t.  Columns of a session are
# taken by their names; dates are SQL.

use strict;
use warnings;

use Carp qw(croak);
use Digest::SHA qw(sha256 sha256_hex);
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64url);

use Exporter qw(import);
our @EXPORT_OK = qw(uuid base64url);

my $JSON = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, $t, %options) = @_;

    return bless { t => $t, client => 'test-app', %options }, $class;
}


sub base64url { return encode_base64url($_[0]) }


sub random {
    my ($n) = @_;

    open my $in, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
    read($in, my $bytes, $n);

    return $bytes;
}


sub uuid {
    my $hex = unpack 'H*', random(16);

    substr $hex, 12, 1, '7';
    substr $hex, 16, 1, '8';

    return join '-', unpack 'A8 A4 A4 A4 A12', $hex;
}


# ---- rows

sub client {
    my ($self, %with) = @_;

    my $id = $with{id} // $self->{client};

    my $own = $with{first_party} // 1 ? 'true' : 'false';

    $self->{t}->db("INSERT INTO oauth_clients
               (id, name, auth_method, redirect_uris, grant_types, scopes,
                first_party)
        VALUES ('$id', 'A test', 'none', '{http://127.0.0.1/cb}',
                '{authorization_code,refresh_token}',
                '{openid,profile,email,offline_access,read,write}', $own)
            ON CONFLICT DO NOTHING");

    return $id;
}


sub row {
    my ($self, %row) = @_;

    $row{id} = "'" . ($row{id} // uuid()) . "'";
    $row{acr} //= 1;
    $row{amr} //= "'{pwd}'";
    $row{authenticated_at} //= 'now()';
    $row{expires_at} //= "now() + INTERVAL '1 day'";

    my @columns = sort keys %row;

    $self->{t}->db('INSERT INTO sessions (' . join(', ', @columns)
        . ') VALUES (' . join(', ', @row{@columns}) . ')');

    return $row{id} =~ s/'//gr;
}


sub browser {
    my ($self, %with) = @_;

    my $cookie = base64url(random(32));
    my $member = delete $with{member};

    my $id = $self->row(kind => "'browser'", member_id => "'$member'",
        token_hash => "'\\x" . sha256_hex($cookie) . "'", %with);

    return { id => $id, member => $member, cookie => $cookie };
}


sub grant {
    my ($self, %with) = @_;

    my $client = $self->client(id => delete $with{client});
    my $member = delete $with{member};
    my $scopes = delete $with{scopes} // [ 'read', 'write' ];

    my $id = $self->row(
        kind => $member ? "'grant'" : "'client'", client_id => "'$client'",
        $member ? (member_id => "'$member'") : (),
        scopes => "'{" . join(',', @$scopes) . "}'", %with);

    return { id => $id, member => $member, client => $client,
             scopes => $scopes };
}


# ---- signing

sub run {
    my ($in, @command) = @_;

    my $dir = File::Temp::tempdir('/tmp/rbtoken-XXXXXXXX', CLEANUP => 1);

    open my $file, '>:raw', "$dir/in" or die "$dir/in: $!\n";
    print $file $in;
    close $file;

    s/%IN/$dir\/in/ for @command;

    open my $from, '-|:raw', @command or die "$command[0]: $!\n";
    local $/;
    my $out = <$from>;
    close $from or croak "@command failed";

    return $out;
}


# ECDSA's signature as JWS has it: r and s of 32 bytes (RFC 7518 section 3.4).

sub raw_signature {
    my ($der) = @_;

    my $at = 2;
    my $raw = '';

    for (1 .. 2) {
        my $length = ord substr $der, $at + 1, 1;
        my $number = substr $der, $at + 2, $length;
        $number =~ s/^\0+//;
        $raw .= ("\0" x (32 - length $number)) . $number;
        $at += 2 + $length;
    }

    return $raw;
}


sub is_ed25519 {
    my ($file) = @_;

    return run('', 'openssl', 'pkey', '-in', $file, '-noout', '-text')
        =~ /ED25519/i;
}


sub sign {
    my ($text, $file) = @_;

    return run($text, 'openssl', 'pkeyutl', '-sign', '-inkey', $file,
               '-rawin', '-in', '%IN') if is_ed25519($file);

    return raw_signature(run($text, 'openssl', 'dgst', '-sha256', '-sign',
                             $file, '%IN'));
}


sub jwt {
    my ($header, $claims, $file) = @_;

    my $text = join '.', map { base64url($JSON->encode($_)) } $header, $claims;

    return "$text." . ($file ? base64url(sign($text, $file)) : '');
}


# The test's keys of one algorithm: the file.

sub key {
    my ($self, $alg) = @_;

    my $folder = $self->{keys} // $self->{t}->keys_folder;

    for my $file (sort glob "$folder/*.pem") {
        return $file if ($alg eq 'EdDSA') == !!is_ed25519($file);
    }

    croak "no key for $alg";
}


# Options: alg, typ, header => { … }, claims => { … } (undef leaves out), key
# (a file; '' for no signature).

sub token {
    my ($self, $session, %with) = @_;

    my $alg = $with{alg} // 'ES256';
    my $file = $with{key} // $self->key($alg);
    my ($kid) = $file =~ m{([^/]+)\.pem$};

    my %header = (alg => $alg, typ => $with{typ} // 'at+jwt',
                  $kid ? (kid => $kid) : (), %{ $with{header} // {} });

    my %claims = (
        iss => $self->{issuer}, aud => $self->{issuer},
        sub => $session->{member} // $session->{client},
        client_id => $session->{client}, sid => $session->{id},
        scope => join(' ', @{ $session->{scopes} }),
        iat => time, exp => time + 600, jti => uuid(),
        auth_time => time, acr => '1', amr => [ 'pwd' ],
        %{ $with{claims} // {} });

    delete @claims{ grep { !defined $claims{$_} } keys %claims };

    return jwt(\%header, \%claims, $file);
}


# ---- DPoP

sub dpop_key {
    my ($self) = @_;

    my $dir = $self->{dpop_dir}
        //= File::Temp::tempdir('/tmp/rbtoken-XXXXXXXX', CLEANUP => 1);
    my $file = "$dir/" . ++$self->{dpop_keys} . '.pem';

    run('', 'openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-out', $file);

    # the point is at the end of the public key's DER
    my $point = substr run('', 'openssl', 'pkey', '-in', $file, '-pubout',
                           '-outform', 'DER'), -64;

    my %jwk = (kty => 'EC', crv => 'P-256', x => base64url(substr $point, 0, 32),
               y => base64url(substr $point, 32));

    return { file => $file, jwk => \%jwk,
             jkt => base64url(sha256($JSON->encode(\%jwk))) };
}


sub proof {
    my ($self, $key, $method, $uri, %with) = @_;

    my %claims = (
        htm => $method, htu => "$self->{issuer}$uri", iat => time,
        jti => uuid(),
        $with{token} ? (ath => base64url(sha256($with{token}))) : (),
        %{ $with{claims} // {} });

    return jwt({ typ => 'dpop+jwt', alg => 'ES256', jwk => $key->{jwk} },
               \%claims, $key->{file});
}

1;
