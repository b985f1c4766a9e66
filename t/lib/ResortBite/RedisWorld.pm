package ResortBite::RedisWorld;

# What the Redis tests share: an nginx whose Redis is the one given (its
# PostgreSQL is not there: none of this needs it), commands through it, and
# servers that answer as a test likes.

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use POSIX ();

use ResortBite::Process qw(free_port wait_until);

our @EXPORT = qw(start_with command stats heard fake_redis until_ready);

my @fakes;


# start_with($t, 'unix:/…', http => 'more directives', main => '…')

sub start_with {
    my ($t, $address, %options) = @_;

    $options{$_} //= '' for qw(main http redis);

    $t->start(<<"END");
%%GLOBALS%%
$options{main}
events { worker_connections 4096; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "host=%%DIR%% dbname=none";
    resortbite_redis "$address" $options{redis};
    resortbite_zone 8m;
    resortbite_secret_file %%SECRET%%;
    $options{http}
    server {
        listen 127.0.0.1:%%PORT_8080%% backlog=2048;
        location / { resortbite_api; }
    }
}
END
}


# command($t, 'GET key', times => 1): the reply; an error of the server's as
# '-ERR …', one of ours as '!code'

sub command {
    my ($t, $argv, %options) = @_;

    return reply($t->get(uri($argv, %options), timeout => 20));
}


sub uri {
    my ($argv, %options) = @_;

    $argv =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge;

    return "/test/redis/command?argv=$argv&times=" . ($options{times} // 1);
}


sub reply {
    my ($response) = @_;

    return '!nothing' if !$response;

    my $json = $response->json;

    return '!' . $json->{code} if $response->status != 200;

    my $reply = $json->{reply};

    return ref $reply eq 'HASH' ? "-$reply->{error}" : $reply;
}


sub stats { my ($t) = @_; return $t->get('/test/redis/stats')->json }
sub heard { my ($t) = @_; return $t->get('/test/redis/heard')->json }


# Waits until commands are answered.

sub until_ready {
    my ($t, $seconds) = @_;

    return wait_until { stats($t)->{answers} } $seconds // 10;
}


# A server on a port of its own that gives what it is sent to the code, with
# how often that has happened on this connection and its own port, and sends
# back what it returns; nothing for undef.  Returns the port.

sub fake_redis {
    my ($code) = @_;

    my $listen = IO::Socket::INET->new(
        Listen => 128, LocalAddr => '127.0.0.1', LocalPort => 0,
        ReuseAddr => 1) or die "listen: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = 'IGNORE';
        serve($listen, $code);
        POSIX::_exit(0);
    }

    push @fakes, $pid;

    return $listen->sockport;
}


sub serve {
    my ($listen, $code) = @_;

    my $select = IO::Select->new($listen);
    my %times;

    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $listen) {
                $select->add(scalar $listen->accept);
                next;
            }

            if (!sysread $socket, my $bytes, 65536) {
                delete $times{ fileno $socket };
                $select->remove($socket);
                close $socket;
                next;

            } else {
                my $answer = $code->($bytes, $times{ fileno $socket }++ // 0,
                                    $listen->sockport);
                syswrite $socket, $answer if defined $answer;
            }
        }
    }
}


END {
    my $status = $?;

    if (@fakes) {
        kill KILL => @fakes;
        waitpid $_, 0 for @fakes;
    }

    $? = $status;
}

1;
