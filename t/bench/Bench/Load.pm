package Bench::Load;

# The two load generators, wrk and pgbench, each run once and read.
#
# A result has rate (answers a second), p50 and p99 (milliseconds) and fault,
# which says what went wrong or is undef.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use JSON::PP ();

use ResortBite::Process qw(run_as_user);

our @EXPORT_OK = qw(wrk pgbench);

my $HERE = dirname(dirname(__FILE__));


# wrk(url => URL, seconds => S, connections => 256, headers => [ … ],
#     paths => FILE, tokens => FILE, delay => MILLISECONDS)

sub wrk {
    my (%o) = @_;

    my @command = (
        'wrk', '-t', 1, '-c', $o{connections} // 256, '-d', "$o{seconds}s",
        '--timeout', '10s', (map { ('-H', $_) } @{ $o{headers} || [] }),
        '-s', "$HERE/load.lua", $o{url}, '--', $o{paths} // '',
        $o{delay} // 0, $o{tokens} // '');

    my $output = run(@command);
    my ($line) = $output =~ /^(\{.*\})$/m or die "wrk said:\n$output";
    my $r = JSON::PP->new->decode($line);

    my @faults;
    push @faults, "$r->{status} answers of 4xx or 5xx" if $r->{status};
    push @faults, "$r->{broken} failed requests" if $r->{broken};

    return {
        answers => $r->{requests} || 1,
        rate => $r->{requests} / $r->{usec} * 1e6,
        p50 => $r->{p50} / 1000, p99 => $r->{p99} / 1000,
        fault => @faults ? join(', ', @faults) : undef,
    };
}


sub run {
    my (@command) = @_;

    open my $from, '-|', @command or die "$command[0]: $!\n";
    my $output = do { local $/; <$from> };
    close $from or die "@command failed:\n$output";

    return $output;
}


# pgbench(postgres => …, script => FILE, seconds => S, clients => N,
#         variables => { … }, each => statements in a transaction,
#         log => PREFIX of its log)
#
# A fiftieth of the transactions is logged, for the percentiles: with all of
# them pgbench would measure its own writing.

sub pgbench {
    my (%o) = @_;

    my ($pg, $variables) = @o{qw(postgres variables)};

    my $output = run_as_user(
        'pgbench', '-n', '-M', 'prepared', '-c', $o{clients}, '-j', 1,
        '-T', $o{seconds}, '-f', $o{script},
        '-l', '--sampling-rate=0.02', '--log-prefix', $o{log},
        (map { ('-D', "$_=$variables->{$_}") } sort keys %$variables),
        '-h', $pg->socket_dir, '-U', 'resortbite_web', $pg->database);

    my ($tps) = $output =~ /^tps = ([\d.]+) \(without/m
        or die "pgbench said:\n$output";

    my @times = sort { $a <=> $b } logged_times(glob "$o{log}.*");
    my ($failed) = $output =~ /failed transactions: (\d+)/;
    my $each = $o{each} // 1;

    return {
        rate => $tps * $each,
        p50 => percentile(50, @times), p99 => percentile(99, @times),
        fault => $failed ? "$failed failed transactions" : undef,
    };
}


# Reads and removes the logs: the third column is a time in microseconds.

sub logged_times {
    my (@files) = @_;

    my @times;

    for my $file (@files) {
        open my $in, '<', $file or die "$file: $!\n";
        push @times, map { (split ' ')[2] / 1000 } <$in>;
        unlink $file;
    }

    return @times;
}


sub percentile {
    my ($percent, @sorted) = @_;

    return undef if !@sorted;
    return $sorted[int($#sorted * $percent / 100 + 0.5)];
}

1;
