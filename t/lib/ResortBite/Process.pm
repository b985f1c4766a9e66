package ResortBite::Process;

# A server that a test starts, breaks and starts again.
#
# It runs as a child of the test (not as a daemon), as an unprivileged user
# when the test runs as root.  kill9 and pause reach its children as well,
# which leave its process group (PostgreSQL's do).  What a test forgets to
# stop is killed when the test ends.

use strict;
use warnings;

use Carp qw(croak);
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

use Exporter 'import';

our @EXPORT_OK = qw(as_user children descendants free_port run_as_user user
                    wait_until);

my %running;


# The account that servers run as: postgres when we are root, else our own.

sub user {
    return $> == 0 ? 'postgres' : scalar getpwuid($>);
}


# Becomes that account for good; for use after fork.

sub as_user {
    return if $> != 0;

    my (undef, undef, $uid, $gid) = getpwnam(user())
        or die "no account \"" . user() . "\"\n";

    $( = $gid;
    $) = "$gid $gid";
    POSIX::setuid($uid);
    die "could not become " . user() . ": $!\n" if $> != $uid;
}


# Runs a command as that account; dies with its output if it fails.

sub run_as_user {
    my (@command) = @_;

    my $pid = open(my $from, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        as_user();
        chdir '/';
        open STDERR, '>&', \*STDOUT;
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    my $output = do { local $/; <$from> } // '';

    croak "@command failed:\n$output" if !close $from;

    return $output;
}


# Polls until the code is true or the seconds are over; returns its value.

sub wait_until(&;$) {
    my ($code, $seconds) = @_;

    my $end = time + ($seconds // 10);

    while (1) {
        my $value = $code->();
        return $value if $value || time > $end;
        sleep 0.02;
    }
}


# A TCP port on the loopback that nobody uses.  Two tests may ask at once, so
# each test looks through numbers of its own, below the ephemeral ports.

my $next_port;

sub free_port {
    my (%want) = @_;

    require IO::Socket::INET;

    $next_port //= 10000 + ($$ * 37) % 10000;

    for (1 .. 2000) {
        my $port = 10000 + ($next_port++ - 10000) % 10000;

        # a Redis Cluster node listens 10000 above as well
        my @ports = $want{bus} ? ($port, $port + 10000) : ($port);

        my $free = grep {
            IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_,
                                  Listen => 1, Proto => 'tcp')
        } @ports;

        return $port if $free == @ports;
    }

    croak 'no free port';
}


sub children {
    my ($pid) = @_;

    my @children;

    for my $file (glob "/proc/$pid/task/*/children") {
        open my $in, '<', $file or next;
        push @children, split ' ', <$in> // '';
    }

    return @children;
}


sub descendants {
    my ($pid) = @_;

    return map { ($_, descendants($_)) } children($pid);
}


# ResortBite::Process->start(\@command, log => FILE, env => { … })

sub start {
    my ($class, $command, %options) = @_;

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        POSIX::setsid();
        as_user();
        chdir '/';
        %ENV = (%ENV, %{ $options{env} || {} });
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $options{log} // '/dev/null';
        open STDERR, '>&', \*STDOUT;

        # it goes even if the test has no time to see to it
        exec 'setpriv', '--pdeathsig', 'KILL', '--', @$command
            or POSIX::_exit(127);
    }

    my $self = bless { pid => $pid, name => $command->[0] }, $class;

    return $running{$pid} = $self;
}


sub pid { return $_[0]{pid} }


sub alive {
    my ($self) = @_;

    return 0 if !$running{ $self->{pid} };

    if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
        $self->{status} = $?;
        delete $running{ $self->{pid} };
        return 0;
    }

    return 1;
}


sub signal {
    my ($self, $signal) = @_;

    kill $signal, $self->{pid};
}


# Waits for its end; false if it is still there after the seconds.

sub wait_end {
    my ($self, $seconds) = @_;

    return wait_until { !$self->alive } $seconds;
}


sub kill9 {
    my ($self) = @_;

    # frozen, it can't start another while we look
    kill 'STOP', $self->{pid};
    kill 'KILL', $self->{pid}, descendants($self->{pid});

    $self->wait_end(10);
}


sub pause {
    my ($self) = @_;

    kill 'STOP', $self->{pid};
    kill 'STOP', descendants($self->{pid});
}


sub resume {
    my ($self) = @_;

    kill 'CONT', descendants($self->{pid}), $self->{pid};
}


# Signals each test's last servers away; called when the test ends.

sub stop_all {
    $_->kill9 for grep { $_->alive } values %running;
}


# a forked child of a test must not end its parent's servers
my $owner = $$;

END {
    if ($$ == $owner) {
        my $status = $?;
        stop_all();
        $? = $status;
    }
}

1;
