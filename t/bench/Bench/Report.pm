package Bench::Report;

# What came out: medians of the rounds with their spread, as a table and as
# JSON.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use POSIX ();

our @EXPORT_OK = qw(machine table write_json);


# ---- the machine

sub machine {
    my ($world) = @_;

    my ($cpu) = slurp('/proc/cpuinfo') =~ /^model name\s*: (.*)$/m;
    my ($memory) = slurp('/proc/meminfo') =~ /^MemTotal:\s*(\d+)/m;
    my ($system) = slurp('/etc/os-release') =~ /^PRETTY_NAME="(.*)"$/m;
    my (undef, undef, $kernel, undef, $arch) = POSIX::uname();

    return (
        cpu => $cpu // 'unknown', cores => first('nproc') + 0,
        memory_mb => int($memory / 1024), system => $system,
        kernel => $kernel, arch => $arch,
        load_before => load_average(),
        date => POSIX::strftime('%F', localtime),
        versions => {
            nginx => match(ResortBite::binary() . ' -v', qr{nginx/(\S+)}),
            postgresql => $world->test->db('SHOW server_version'),
            pgbench => match('pgbench --version', qr{(\d[\d.]*)}),
            redis => match('redis-server --version', qr{v=(\S+)}),
            wrk => match('wrk -v', qr{wrk \S*?(\d\S*)}),
            gcc => match('gcc --version', qr{(\d+\.\d+\.\d+)$}m),
        },
    );
}


sub load_average { return (split ' ', slurp('/proc/loadavg'))[0] + 0 }


sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;
    return scalar <$in>;
}


sub first {
    my ($line) = split /\n/, `$_[0] 2>&1`;

    return $line;
}


sub match {
    my ($command, $pattern) = @_;

    return `$command 2>&1` =~ $pattern ? $1 : 'unknown';
}


# ---- the figures

sub median {
    my @sorted = sort { $a <=> $b } grep { defined } @_;

    return undef if !@sorted;
    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}


# The distance between the least and the greatest, in percent of the median.

sub spread {
    my @sorted = sort { $a <=> $b } @_;

    return median(@_) ? 100 * ($sorted[-1] - $sorted[0]) / median(@_) : 0;
}


# One hash for a measure's row: what table and JSON are made of.

sub summary {
    my ($m, $results) = @_;

    my @rounds = @{ $results->{ $m->{name} } };
    my $what = defined $rounds[0]{value} ? 'value' : 'rate';
    my @values = map { $_->{$what} } @rounds;

    my %row = (
        name => $m->{name}, title => $m->{title}, rounds => \@rounds,
        $what => median(@values), spread_percent => spread(@values),
        p50_ms => median(map { $_->{p50} } @rounds),
        p99_ms => median(map { $_->{p99} } @rounds),
        cpu_us => median(map { $_->{cpu} } @rounds),
        faults => [ grep { defined } map { $_->{fault} } @rounds ],
    );

    if ($m->{p99_times}) {
        my @others = map { $_->{p99} } @{ $results->{ $m->{against} } };

        $row{p99_ratio} = median(map { $rounds[$_]{p99} / $others[$_] }
                                 0 .. $#rounds);
    }

    if ($m->{against} && $results->{ $m->{against} }) {
        my $others = $results->{ $m->{against} };

        # round by round: what disturbed one disturbed its neighbour
        $row{against} = $m->{against};
        $row{ratio} = median(map { $rounds[$_]{rate} / $others->[$_]{rate} }
                             0 .. $#rounds);
    }

    judge($m, \%row);

    return \%row;
}


# What was to be reached: a ratio, a p99 or a size, and how much of it was.

sub judge {
    my ($m, $row) = @_;

    if (defined $m->{target}) {
        @$row{qw(target aim)} = @$m{qw(target aim)};
        $row->{reached} = $row->{ratio} / $m->{target};
        $row->{wanted} = sprintf '>= %.2f', $m->{target};

    } elsif (defined $m->{most}) {
        $row->{target} = $m->{most};
        $row->{reached} = $m->{most} / ($row->{value} > 0 ? $row->{value} : 1);
        $row->{wanted} = '<= ' . amount($m, $m->{most});

    } elsif (defined $m->{p99_times}) {
        $row->{target} = $m->{p99_times};
        $row->{reached} = $m->{p99_times} / $row->{p99_ratio};
        $row->{wanted} = "p99 < x$m->{p99_times}";

    } elsif (defined $m->{p99}) {
        $row->{target} = $m->{p99};
        $row->{reached} = $m->{p99} / $row->{p99_ms};
        $row->{wanted} = "p99 < $m->{p99}";
    }
}


sub bytes {
    my ($n) = @_;

    return $n >= 1e6 ? sprintf('%.1f MB', $n / 1e6)
         : sprintf('%.2f KB', $n / 1024);
}


# A value as the measure counts it: bytes, unless it says otherwise.

sub amount {
    my ($m, $n) = @_;

    return $m->{unit} ? sprintf('%.0f %s', $n, $m->{unit}) : bytes($n);
}


sub commas {
    my ($n) = @_;

    my $text = sprintf '%.0f', $n;
    1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;

    return $text;
}


# ---- the table

sub table {
    my ($report, $measures, $results) = @_;

    my ($m, $v) = ($report->{machine}, $report->{machine}{versions});
    my $format = "%-34s %9s %7s %7s %7s %7s %6s  %-11s %s\n";

    my $text = "\n$m->{cpu}, $m->{cores} cores, $m->{memory_mb} MB, "
        . "$m->{system}, Linux $m->{kernel} $m->{arch}\n"
        . join(', ', map { "$_ $v->{$_}" } sort keys %$v) . "\n"
        . "load average $m->{load_before} before, $m->{load_after} after; "
        . "$report->{options}{rounds} rounds of "
        . "$report->{options}{seconds} s, medians\n"
        . "wrk with 256 connections and one thread, nginx with 2 workers; "
        . "$report->{jobs} open jobs,\n"
        . "a job of $report->{body_bytes}{job} bytes; "
        . "cpu us: what an answer costs the workers;\n"
        . "pgbench at its best"
        . clients($report->{clients}) . "\n\n"
        . sprintf($format, '', 'a second', 'spread', 'p50 ms', 'p99 ms',
                  'cpu us', 'ratio', 'to reach', '')
        . ('-' x 106) . "\n";

    for my $measure (@$measures) {
        my $row = summary($measure, $results);

        $text .= sprintf $format, $row->{title},
            defined $row->{rate} ? commas($row->{rate}) : amount($measure, $row->{value}),
            sprintf('%.1f %%', $row->{spread_percent}),
            (map { defined $row->{$_} ? sprintf('%.2f', $row->{$_}) : '' }
                 qw(p50_ms p99_ms cpu_us ratio)),
            $row->{wanted} // '', verdict($row);

        $text .= "    $_\n" for @{ $row->{faults} };
    }

    return "$text\n";
}


sub clients {
    my ($clients) = @_;

    my @each = map { "$_: $clients->{$_}" } sort keys %$clients;

    return @each ? ' number of clients (' . join(', ', @each) . ')' : '';
}


sub verdict {
    my ($row) = @_;

    return '' if !defined $row->{reached};

    return sprintf '%s, %.2f of it',
        $row->{reached} >= 1 ? 'reached' : 'short', $row->{reached};
}


# ---- JSON

sub write_json {
    my ($file, $report, $measures, $results) = @_;

    my %all = (%$report,
               measures => [ map { summary($_, $results) } @$measures ]);

    open my $out, '>', "$file.new" or die "$file.new: $!\n";
    print $out JSON::PP->new->canonical->pretty->encode(\%all);
    close $out or die "$file.new: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
}

1;
