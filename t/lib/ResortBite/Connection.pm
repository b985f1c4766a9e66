package ResortBite::Connection;

# One connection to nginx, used as a test likes: bytes sent as they are,
# responses read one by one, kept alive, shut down half, reset.
#
# A response is a hash: status, reason, headers (by lower-case name; a list
# if it came more than once), body, and json (decoded when asked for with
# ResortBite::json).

use strict;
use warnings;

use Carp qw(croak);
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

our $TIMEOUT = $ENV{RB_TEST_TIMEOUT} // 20;


sub new {
    my ($class, $port, %options) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp',
        Timeout => $TIMEOUT, %options) or return;

    return bless { socket => $socket, port => $port, in => '' }, $class;
}


sub socket { return $_[0]{socket} }


sub send {
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';

    my $sent = 0;

    while ($sent < length $bytes) {
        my $n = syswrite $self->{socket}, $bytes, length($bytes) - $sent,
            $sent;
        return 0 if !defined $n;
        $sent += $n;
    }

    return 1;
}


# send_request('GET', '/x', headers => { … }, body => …, json => …)

sub send_request {
    my ($self, $method, $uri, %options) = @_;

    my %headers = (Host => 'localhost', %{ $options{headers} || {} });
    my $body = $options{body};

    if (exists $options{json}) {
        $body = JSON::PP->new->utf8->canonical->encode($options{json});
        $headers{'Content-Type'} //= 'application/json';
    }

    $headers{'Content-Length'} //= length $body if defined $body;
    $headers{Connection} = 'close' if $options{close};

    my $head = "$method $uri HTTP/1.1\r\n";

    for my $name (sort keys %headers) {
        my $values = $headers{$name} // next;
        $head .= "$name: $_\r\n" for ref $values ? @$values : $values;
    }

    $self->{method} = $method;

    return $self->send("$head\r\n" . ($body // ''));
}


sub request {
    my ($self, $method, $uri, %options) = @_;

    $self->send_request($method, $uri, %options);

    return $self->read_response(%options);
}


sub get { my ($self, $uri, %o) = @_; return $self->request('GET', $uri, %o) }


# Reads more from the socket; false at the end, on a reset or a timeout.

sub fill {
    my ($self) = @_;

    my $left = ($self->{deadline} // time + $TIMEOUT) - time;

    if ($left <= 0
        || !IO::Select->new($self->{socket})->can_read($left))
    {
        $self->{timed_out} = 1;
        return 0;
    }

    my $n = sysread $self->{socket}, $self->{in}, 65536, length $self->{in};

    return $n;
}


# True if bytes (or the end) are there within the seconds.

sub readable {
    my ($self, $seconds) = @_;

    return 1 if length $self->{in};
    return IO::Select->new($self->{socket})->can_read($seconds // 0) ? 1 : 0;
}


sub read_line {
    my ($self) = @_;

    my $end;

    while (($end = index $self->{in}, "\n") < 0) {
        $self->fill or return;
    }

    return substr $self->{in}, 0, $end + 1, '';
}


sub read_bytes {
    my ($self, $n) = @_;

    while (length $self->{in} < $n) {
        $self->fill or return;
    }

    return substr $self->{in}, 0, $n, '';
}


# Everything up to the end of the connection.

sub read_all {
    my ($self, %options) = @_;

    local $self->{deadline} = time + ($options{timeout} // $TIMEOUT);

    1 while $self->fill;

    return delete($self->{in}) . ($self->{in} = '');
}


# The next response; undef if the connection ended or was silent instead.

sub read_response {
    my ($self, %options) = @_;

    local $self->{deadline} = time + ($options{timeout} // $TIMEOUT);

    my $line = $self->read_line // return;

    my ($status, $reason) = $line =~ m{^HTTP/1\.[01] (\d{3}) ?(.*?)\r?\n}
        or croak "not a status line: $line";

    my %headers;

    while (1) {
        $line = $self->read_line // return;
        last if $line =~ /^\r?\n/;

        my ($name, $value) = $line =~ /^([^:\s]+):[ \t]*(.*?)[ \t]*\r?\n/
            or croak "not a header: $line";

        $name = lc $name;

        $headers{$name} = !exists $headers{$name} ? $value
            : [ (ref $headers{$name} ? @{ $headers{$name} }
                                     : $headers{$name}), $value ];
    }

    if ($status == 100 || $status == 103) {
        return $self->read_response(%options);
    }

    my $response = bless {
        status => $status + 0, reason => $reason, headers => \%headers,
        body => '',
    }, 'ResortBite::Response';

    return $response if $options{head_only};

    $response->{body} = $self->read_body($status, \%headers);
    $response->{cut} = 1 if !defined $response->{body};
    $response->{body} //= '';

    return $response;
}


sub read_body {
    my ($self, $status, $headers) = @_;

    if (($self->{method} // '') eq 'HEAD' || $status == 204 || $status == 304
        || $status == 101)
    {
        return '';
    }

    if (($headers->{'transfer-encoding'} // '') =~ /chunked/i) {
        my $body = '';

        while (1) {
            my $chunk = $self->read_chunk // return;
            last if $chunk eq '';
            $body .= $chunk;
        }

        return $body;
    }

    if (defined $headers->{'content-length'}) {
        return $self->read_bytes($headers->{'content-length'});
    }

    1 while $self->fill;

    my $body = $self->{in};
    $self->{in} = '';

    return $body;
}


sub read_chunk {
    my ($self) = @_;

    my $line = $self->read_line // return;
    my ($size) = $line =~ /^([0-9a-f]+)/i or croak "not a chunk: $line";

    my $chunk = $self->read_bytes(hex $size) // return;
    $self->read_line // return;

    return $chunk;
}


# We have no more to say, but listen.

sub shut { $_[0]{socket}->shutdown(1) }


sub close { $_[0]{socket}->close }


# Goes away with an RST.

sub reset {
    my ($self) = @_;

    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    $self->{socket}->close;
}


package ResortBite::Response;

sub status { return $_[0]{status} }
sub body   { return $_[0]{body} }
sub header { return $_[0]{headers}{ lc $_[1] } }


# The body as JSON; dies with the body in the message if it isn't.

sub json {
    my ($self) = @_;

    return $self->{json} //= eval { JSON::PP->new->utf8->decode($self->{body}) }
        // Carp::croak("not JSON: $@$self->{body}");
}

1;
