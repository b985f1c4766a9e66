package ResortBite::Peers;

# Other people's implementations, from npm, that the server is held against.
# t/peers/package.json has their exact versions; they are installed once into
# .build/npm-peers, by whoever comes first.
#
#   my $dir = ResortBite::Peers->need(qw(openid-client jose));
#
# skips the whole test, with npm's own words, where they can't be had.
#
#   my $run = ResortBite::Peers->run('openid_client.mjs', { issuer => … });
#
# runs t/peers/openid_client.mjs, which is given the hash as JSON in
# RB_PEER and finds the packages; it returns what the script wrote to its
# standard output, decoded, if it is JSON (an object or an array), or dies
# with what it said.
#
#   ResortBite::Peers->tap('openid_client.mjs', { … });
#
# takes each line of its standard output, {"ok": true, "name": "…"}, for a
# test.  Options after the hash: timeout => 60 (seconds).
#
#   my $pid = ResortBite::Peers->start('provider.mjs', { … }, $log);
#
# starts one that stays; end it with kill.

use strict;
use warnings;

use Carp qw(croak);
use Cwd ();
use Fcntl qw(:flock);
use File::Basename qw(dirname basename);
use File::Copy ();
use File::Path qw(make_path remove_tree);
use JSON::PP ();
use POSIX ();
use Test::More ();

our $ROOT = Cwd::abs_path(dirname(__FILE__) . '/../../..');
our $DIR = ($ENV{RESORTBITE_BUILD} // "$ROOT/.build") . '/npm-peers';


sub slurp {
    my ($file) = @_;

    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}


sub need {
    my ($class, @packages) = @_;

    my $why = $class->install;

    $why //= "npm has not installed $_"
        for grep { !-f "$DIR/node_modules/$_/package.json" } @packages;

    Test::More::plan(skip_all => $why) if defined $why;

    return $DIR;
}


# undef, or why not.

sub install {
    my ($class) = @_;

    for my $tool (qw(node npm)) {
        return "there is no $tool" if !which($tool);
    }

    make_path($DIR);

    open my $lock, '>', "$DIR/.lock" or return "$DIR/.lock: $!";
    flock $lock, LOCK_EX or return "$DIR/.lock: $!";

    my $wanted = slurp("$ROOT/t/peers/package.json");

    if (slurp("$DIR/.installed") ne $wanted) {
        my $said = npm($wanted);
        return "npm can't install the peers: $said" if defined $said;
    }

    # beside the packages, which is where node looks for them

    for my $script (glob "$ROOT/t/peers/*.mjs") {
        my $copy = "$DIR/" . basename($script);

        if (slurp($copy) ne slurp($script)) {
            File::Copy::copy($script, "$copy.$$") or return "$copy: $!";
            rename "$copy.$$", $copy or return "$copy: $!";
        }
    }

    return;
}


sub which {
    my ($tool) = @_;

    return grep { -x "$_/$tool" } split /:/, $ENV{PATH} // '';
}


# Returns undef, or the last lines of what npm said.

sub npm {
    my ($wanted) = @_;

    remove_tree("$DIR/node_modules");
    unlink "$DIR/.installed";

    open my $out, '>:raw', "$DIR/package.json" or return "$DIR: $!";
    print $out $wanted;
    close $out;

    my $pid = open my $from, '-|';
    return "fork: $!" if !defined $pid;

    if ($pid == 0) {
        chdir $DIR or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        exec qw(timeout 300 npm install --no-package-lock --no-audit
                --no-fund --ignore-scripts --loglevel=error)
            or exit 127;
    }

    my @said = <$from>;
    close $from;

    if ($? != 0) {
        chomp @said;
        splice @said, 0, @said - 5 if @said > 5;
        return join('; ', @said) || "it failed with status $?";
    }

    open $out, '>:raw', "$DIR/.installed" or return "$DIR: $!";
    print $out $wanted;
    close $out;

    return;
}


# The process that runs a script; its standard output and error go to files.

sub spawn {
    my ($class, $script, $given, $out, $err, $timeout) = @_;

    my $why = $class->install;
    croak $why if defined $why;

    my $pid = fork // croak "fork: $!";

    if ($pid == 0) {
        local $ENV{RB_PEER} = JSON::PP->new->canonical->ascii->encode($given);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $out;
        open STDERR, '>', $err;
        chdir $DIR;
        my @command = ('node', '--no-warnings', $script);
        unshift @command, 'timeout', $timeout if $timeout;
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    return $pid;
}


sub start {
    my ($class, $script, $given, $log) = @_;

    return $class->spawn($script, $given, $log, "$log.err");
}


sub output {
    my ($class, $script, $given, %options) = @_;

    my $base = "$DIR/.run-$$";

    my $pid = $class->spawn($script, $given, "$base.out", "$base.err",
                            $options{timeout} // 120);

    waitpid $pid, 0;
    my $status = $?;

    my ($out, $err) = (slurp("$base.out"), slurp("$base.err"));
    unlink "$base.out", "$base.err";

    return ($status, $out, $err);
}


sub run {
    my ($class, $script, $given, %options) = @_;

    my ($status, $out, $err) = $class->output($script, $given, %options);

    croak "$script failed (status $status):\n$err$out" if $status != 0;

    return $out =~ /^\s*[\[{]/ ? JSON::PP->new->utf8->decode($out) : $out;
}


sub tap {
    my ($class, $script, $given, %options) = @_;

    my ($status, $out, $err) = $class->output($script, $given, %options);

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $n = 0;

    for my $line (split /\n/, $out) {
        my $test = eval { JSON::PP->new->utf8->decode($line) };

        if (ref $test ne 'HASH') {
            Test::More::note($line);
            next;
        }

        $n++;
        Test::More::ok($test->{ok}, $test->{name})
            or Test::More::diag($test->{why} // '');
    }

    Test::More::is($status, 0, "$script came to its end")
        or Test::More::diag("$err");
    Test::More::cmp_ok($n, '>', 0, "$script has tested something");

    return;
}


1;
