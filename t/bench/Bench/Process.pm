package Bench::Process;

# What workers take: processor time, from /proc/PID/stat; memory, from
# /proc/PID/smaps, apart from the zone, which is one mapping shared by all.

use strict;
use warnings;

use Carp qw(croak);
use Exporter 'import';
use IO::Select;
use POSIX ();
use Socket qw(AF_INET SOCK_STREAM SOL_SOCKET SO_LINGER inet_aton
              pack_sockaddr_in);
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(cpu_seconds memory private_bytes open_and_ask);

# how many connections are made and answered at a time
my $BATCH = 250;


# Of all these processes together, in user mode and in the kernel.

sub cpu_seconds {
    my $ticks = 0;

    for my $pid (@_) {
        open my $in, '<', "/proc/$pid/stat" or croak "/proc/$pid/stat: $!";

        # the name may hold spaces; utime and stime are fields 14 and 15
        my @fields = split ' ', <$in> =~ s/.*\)//sr;
        $ticks += $fields[11] + $fields[12];
    }

    return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}


# { rss, pss, private } of one process beside the zone, and { zone }, what of
# the zone it has touched; in bytes

sub memory {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/smaps" or croak "/proc/$pid/smaps: $!";

    my %sum = (rss => 0, pss => 0, private => 0, zone => 0);
    my $shared = 0;

    while (my $line = <$in>) {
        if ($line =~ m{^[0-9a-f]+-[0-9a-f]+ ...(.)}) {
            $shared = $1 eq 's';

        } elsif ($line =~ /^(Rss|Pss|Private_Dirty):\s+(\d+) kB/) {
            my ($what, $bytes) = (lc $1, $2 * 1024);

            if ($shared) {
                $sum{zone} += $bytes if $what eq 'rss';
            } else {
                $sum{ $what eq 'private_dirty' ? 'private' : $what } += $bytes;
            }
        }
    }

    return \%sum;
}


sub private_bytes {
    my $sum = 0;

    $sum += memory($_)->{private} for @_;

    return $sum;
}


# open_and_ask(PORT, COUNT, REQUEST, wait for the answers?): that many
# connections, on each of which the request was sent.  Returns them; when they
# go out of scope they are reset, so that none lingers on this machine.

sub open_and_ask {
    my ($port, $count, $request, $wait) = @_;

    my $address = pack_sockaddr_in($port, inet_aton('127.0.0.1'));
    my @connections;

    while (@connections < $count) {
        my @batch;

        while (@batch < $BATCH && @connections + @batch < $count) {
            socket my $socket, AF_INET, SOCK_STREAM, 0
                or die "socket: $!; is the limit of open files too low?\n";
            setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
            connect $socket, $address or die "connect: $!\n";
            push @batch, $socket;
        }

        defined syswrite $_, $request or die "write: $!\n" for @batch;

        if ($wait) {
            read_answer($_) for @batch;
        } else {
            sleep 0.05;
        }

        push @connections, @batch;
    }

    return \@connections;
}


# Reads one answer that has a Content-Length and is 200.

sub read_answer {
    my ($socket) = @_;

    my $in = '';
    my $size;

    while (!defined $size || length $in < $size) {
        IO::Select->new($socket)->can_read(10) or die "no answer in 10 s\n";
        sysread $socket, $in, 65536, length $in or die "no whole answer\n";

        my $end = index $in, "\r\n\r\n";
        $size = $end + 4 + content_length($in) if $end >= 0;
    }

    $in =~ m{^HTTP/1\.1 200 } or die "not 200:\n$in\n";
}


sub content_length {
    return $_[0] =~ /\r\nContent-Length: (\d+)/i ? $1
        : die "an answer without Content-Length:\n$_[0]\n";
}

1;
