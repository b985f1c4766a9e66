package Bench::Statement;

# A statement of sql/queries as pgbench takes it: the very text the module
# prepares, with :name for a parameter.
#
# One thing has to be written otherwise: a colon in a literal would be taken
# for a parameter, so it becomes an escape, which PostgreSQL reads as the same
# constant.  A parameter for which pgbench has no variable is sent as a null.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(statement);


# statement($root, NAME, labels…)

sub statement {
    my ($root, $name, @labels) = @_;

    my @files = glob "$root/sql/queries/*.sql";

    open my $from, '-|', "$root/scripts/statements", '--json', @files
        or die "scripts/statements: $!\n";
    my $all = do { local $/; JSON::PP->new->utf8->decode(<$from>) };
    close $from or die "scripts/statements failed\n";

    my ($st) = grep { $_->{name} eq $name } @$all;
    die "sql/queries has no statement $name\n" if !$st;

    my $params = $st->{params};

    my @pieces = @{ $st->{fragments} } ? chosen($st, @labels)
        : map { /^\$(\d+)$/ ? { text => '', param => $1 - 1 }
                            : { text => $_ } }
          split /(\$\d+)/, $st->{text};

    my $text = join '', map { escape_colons($_->{text})
        . (defined $_->{param} ? ":$params->[ $_->{param} ]" : '')
    } @pieces;

    return "$text;\n";
}


sub chosen {
    my ($st, @labels) = @_;

    my %on = map { $_ => 1 } @labels;
    my @names = @{ $st->{labels} };

    return grep {
        (!@{ $_->{any} } || grep { $on{ $names[$_] } } @{ $_->{any} })
            && !grep { $on{ $names[$_] } } @{ $_->{not} }
    } @{ $st->{fragments} };
}


sub escape_colons {
    my ($text) = @_;

    $text =~ s{'([^'\\]*:[^'\\]*)'}{
        my $literal = $1;
        $literal =~ s/:/\\x3a/g;
        "E'$literal'";
    }ge;

    return $text;
}

1;
