package Bench::Identity;

# Who is signed in, for the measures that need somebody: an application with
# tokens of its own, by the client credentials grant as any client gets them;
# and many log-ins at once.

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;
use IO::Select;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);

our @EXPORT_OK = qw(register token tokens begin_log_ins);

my ($CLIENT, $SECRET) = ('bench', 'a-secret-of-the-bench-and-of-nobody-else');


# The application, in the world's database.

sub register {
    my ($world) = @_;

    $world->test->db(<<"END");
        INSERT INTO oauth_clients (id, name, auth_method, secret_hash,
                                   grant_types, scopes)
        VALUES ('$CLIENT', 'Bench', 'client_secret_basic', sha256('$SECRET'),
                '{client_credentials}', '{read}')
            ON CONFLICT DO NOTHING
END
}


sub connection {
    my ($world, %more) = @_;

    return IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $world->test->port, %more)
        // die "connect: $@\n";
}


sub token { return (tokens($_[0], 1))[0] }


# tokens(WORLD, COUNT): that many, each with a session of its own

sub tokens {
    my ($world, $count) = @_;

    my $body = 'grant_type=client_credentials&scope=read';
    my $request = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n"
        . 'Authorization: Basic ' . encode_base64("$CLIENT:$SECRET", '')
        . "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

    my @connections = map { connection($world) } 1 .. ($count < 64 ? 1 : 64);
    my @tokens;

    while (@tokens < $count) {
        syswrite $_, $request or die "write: $!\n" for @connections;
        push @tokens, map { token_in(answer($_)) } @connections;
    }

    return @tokens[0 .. $count - 1];
}


sub token_in {
    my ($status, $body) = @_;

    die "no token: $status $body\n" if $status != 200;

    return JSON::PP::decode_json($body)->{access_token};
}


# One answer with a Content-Length: its status and body.

sub answer {
    my ($socket) = @_;

    my $in = '';

    while (1) {
        IO::Select->new($socket)->can_read(60) or die "no answer in 60 s\n";
        sysread $socket, $in, 65536, length $in or die "no whole answer\n";

        my $end = index $in, "\r\n\r\n";
        next if $end < 0;

        my ($length) = $in =~ /\r\nContent-Length: (\d+)/i
            or die "an answer without Content-Length:\n$in\n";

        if (length $in >= $end + 4 + $length) {
            return ($in =~ m{^HTTP/1\.1 (\d+)}, substr $in, $end + 4, $length);
        }
    }
}


# begin_log_ins(WORLD, COUNT): all at once, each of another account and from
# another address of this machine, so that no budget stops it, and with a
# wrong password, which costs what a right one does.  Returns code that waits
# for them and returns how many were looked at, rather than turned away.

sub begin_log_ins {
    my ($world, $count) = @_;

    my @connections;

    for my $n (1 .. $count) {
        my $socket = connection($world, LocalAddr => '127.0.'
                                . (1 + int($n / 250)) . '.' . ($n % 250 + 1));
        my $body = "{\"email\":\"crew$n\@example.com\","
            . "\"password\":\"not-the-password-$n\"}";

        syswrite $socket, "POST /api/v1/sessions HTTP/1.1\r\n"
            . "Host: localhost\r\nContent-Type: application/json\r\n"
            . 'Content-Length: ' . length($body) . "\r\n\r\n$body"
            or die "write: $!\n";

        push @connections, $socket;
    }

    return sub {
        return scalar grep { (answer($_))[0] == 401 } @connections;
    };
}

1;
