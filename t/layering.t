# Who may include whom (ngx_resortbite/README.md), and where what may be:
#
#   base < crypto < fiber < io < web < gate < rooms
#   rules files of a room see base, fiber, io and rooms' public headers, and
#   never nginx's HTTP; of another room only its public header is seen
#   libpq and hiredis only in io/, stack switching only in fiber/
#   folders are one level deep, files are rb_*
#
# The rules are tried on bad samples first: a check that can't fail is none.

use strict;
use warnings;

use Test::More;

use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

my %LAYER = (base => 0, crypto => 1, fiber => 2, io => 3, web => 4, gate => 5);
my $ROOMS = 6;

# made when the module is configured, from sql/queries
my %GENERATED = ('rb_statements.h' => 'io');


sub layer { return $LAYER{ $_[0] } // $ROOMS }


sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}


# Code without comments and strings.

sub code {
    my ($text) = @_;

    $text =~ s{(/\*.*?\*/)|(//[^\n]*)|"(?:\\.|[^"\\\n])*"|('(?:\\.|[^'\\\n])*')}
              {defined $1 || defined $2 ? ' ' : '""'}gse;

    return $text;
}


sub includes {
    my ($text) = @_;

    return $text =~ /^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]/mg;
}


# True for a file that must know nothing of HTTP: all of base, fiber and io,
# and of a room all but its handlers.

sub is_rules {
    my ($room, $name) = @_;

    return layer($room) <= $LAYER{io}
        || (layer($room) == $ROOMS && $room ne 'pages'
            && $name !~ /_(?:http|module)\.[ch]$/);
}


# All headers that a file sees, through those it includes.

sub closure {
    my ($root, $file, $seen) = @_;

    for my $header (includes(slurp("$root/$file"))) {
        next if $seen->{$header}++;
        closure($root, $header, $seen) if -f "$root/$header";
    }

    return $seen;
}


sub check_include {
    my ($room, $name, $header) = @_;

    if ($header =~ m{^(libpq-fe|libpq/|pg_config|postgres_ext|hiredis)}) {
        return $room eq 'io' ? () : "sees $header, which is for io/";
    }

    return if $GENERATED{$header} && layer($room) >= $LAYER{io};

    my ($other, $base) = $header =~ m{^([a-z0-9_]+)/(rb_\w+\.h)$};

    return if !defined $other && $header !~ /^rb_|\.c$/;

    return "includes \"$header\": say \"room/rb_name.h\"" if !defined $other;

    return if $other eq $room;

    if (layer($other) > layer($room)) {
        return "includes $header, which is above it";
    }

    return if layer($room) < $ROOMS;

    if (layer($other) == $ROOMS) {
        return $base eq "rb_$other.h" ? ()
            : "includes $header: of another room only rb_$other.h is public";
    }

    if (is_rules($room, $name) && layer($other) > $LAYER{io}) {
        return "is a rules file and includes $header";
    }

    return;
}


sub check_file {
    my ($root, $file) = @_;

    my ($room, $name) = (dirname($file), basename($file));

    my $text = slurp("$root/$file");
    my $code = code($text);

    my @faults = map { check_include($room, $name, $_) } includes($text);

    push @faults, 'is not named rb_*' if $name !~ /^rb_[a-z0-9_]+\.[chS]$/;

    if (is_rules($room, $name) && closure($root, $file, {})->{'ngx_http.h'}) {
        push @faults, 'sees ngx_http.h';
    }

    if ($room ne 'fiber'
        && ($code =~ /\b(swapcontext|makecontext|_?_?sig(?:set|long)jmp
                         |_?setjmp|_?longjmp|__asm__|asm
                         |rb_fiber_switch)\s*(?:volatile|goto)?\s*\(/x
            || $text =~ m{^\s*#\s*include\s*"(fiber/rb_fiber_switch\.h)"}m))
    {
        push @faults, "switches stacks ($1), which is for fiber/";
    }

    return map { "$file $_" } @faults;
}


# check(folder): what is wrong in it, sorted

sub check {
    my ($root) = @_;

    my @faults;

    for my $dir (grep { -d } glob "$root/*") {
        my $room = basename($dir);

        push @faults, map { "$room/" . basename($_) . ' is a folder' }
            grep { -d } glob "$dir/*";

        # the objects of the generated sources and of the module's own file
        # have these
        push @faults, "$room is a folder name the build needs"
            if $room =~ /^(resortbite|ngx_resortbite)$/;

        push @faults, map { check_file($root, "$room/" . basename($_)) }
            grep { -f && /\.[chS]$/ } glob "$dir/*";
    }

    for my $file (grep { -f && /\.[chS]$/ } glob "$root/*") {
        push @faults, basename($file) . ' belongs in a folder'
            if basename($file) !~ /^ngx_resortbite_(module\.c|rooms\.h)$/;
    }

    return sort @faults;
}


# A tree that is right, with files of one's own in it.

sub sample {
    my (%files) = @_;

    my $root = tempdir(CLEANUP => 1);

    %files = (
        'base/rb_str.h' => "#include <ngx_core.h>\n",
        'fiber/rb_fiber.h' => qq(#include "base/rb_str.h"\n),
        'fiber/rb_switch.c' => "void f(void) { __asm__(\"nop\"); }\n",
        'io/rb_pg.c' => "#include <libpq-fe.h>\n#include \"rb_statements.h\"\n",
        'io/rb_pg.h' => qq(#include "fiber/rb_fiber.h"\n),
        'web/rb_http.h' => "#include <ngx_http.h>\n",
        'gate/rb_gate.h' => qq(#include "web/rb_http.h"\n),
        'jobs/rb_jobs.h' => qq(#include "io/rb_pg.h"\n),
        'jobs/rb_jobs.c' => qq{#include "jobs/rb_jobs.h"\n/* asm( */\n}
            . qq{#include "resorts/rb_resorts.h"\nchar *s = "longjmp(";\n},
        'jobs/rb_jobs_http.c' => qq(#include "gate/rb_gate.h"\n),
        'resorts/rb_resorts.h' => "\n",
        'resorts/rb_resorts_rows.h' => "\n",
        'ngx_resortbite_module.c' => qq(#include "jobs/rb_jobs.h"\n),
        %files);

    for my $file (keys %files) {
        make_path("$root/" . dirname($file));
        open my $out, '>', "$root/$file" or die "$root/$file: $!\n";
        print $out $files{$file};
        close $out;
    }

    return $root;
}


is_deeply([ check(sample()) ], [], 'a good tree passes');

my @bad = (
    'base sees io', 'base/rb_x.c', qq(#include "io/rb_pg.h"\n),
    'fiber sees web', 'fiber/rb_x.h', qq(#include "web/rb_http.h"\n),
    'web sees gate', 'web/rb_x.h', qq(#include "gate/rb_gate.h"\n),
    'gate sees a room', 'gate/rb_x.c', qq(#include "jobs/rb_jobs.h"\n),
    'libpq in a room', 'jobs/rb_x.c', "#include <libpq-fe.h>\n",
    'hiredis in the gate', 'gate/rb_x.c', "#include <hiredis/hiredis.h>\n",
    'rules see HTTP', 'jobs/rb_x.c', "#include <ngx_http.h>\n",
    'rules see the gate', 'jobs/rb_x.c', qq(#include "gate/rb_gate.h"\n),
    'rules see web', 'jobs/rb_x.h', qq(#include "web/rb_http.h"\n),
    'rules see HTTP through a header of theirs', 'jobs/rb_jobs_http.h',
        "#include <ngx_http.h>\n", 'jobs/rb_x.c',
        qq(#include "jobs/rb_jobs_http.h"\n),
    'io sees HTTP', 'io/rb_x.c', "#include <ngx_http.h>\n",
    "a room sees another's private header", 'jobs/rb_x_http.c',
        qq(#include "resorts/rb_resorts_rows.h"\n),
    'a header without its room', 'jobs/rb_x.c', qq(#include "rb_jobs.h"\n),
    'longjmp in io', 'io/rb_x.c', "void f(void) { longjmp (b, 1); }\n",
    'assembly in the gate', 'gate/rb_x.c', "int x; __asm__ volatile (\"\");\n",
    'the switch out of fiber', 'io/rb_x.c',
        qq(#include "fiber/rb_fiber_switch.h"\n),
    'a file without rb_', 'jobs/jobs.c', "\n",
    'a folder in a folder', 'jobs/more/rb_x.c', "\n",
    'a folder with the name of the generated one', 'resortbite/rb_x.c', "\n",
    'a file of no room', 'rb_x.c', "\n",
);

while (@bad) {
    my ($name, %files) = (shift @bad);

    while (@bad && $bad[0] =~ m{^[\w/]+\.[ch]$}) {
        my ($file, $text) = splice @bad, 0, 2;
        $files{$file} = $text;
    }

    my @faults = check(sample(%files));

    cmp_ok(scalar @faults, '>', 0, "refused: $name")
        or diag('no fault found');
}

my @faults = check(dirname(__FILE__) . '/../ngx_resortbite');

is_deeply(\@faults, [], 'the module keeps to the layers')
    or diag(map { "$_\n" } @faults);

done_testing;
