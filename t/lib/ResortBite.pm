package ResortBite;

# The world of one test: nginx with the module, PostgreSQL, Redis, all its
# own, in a folder that goes when the test ends.
#
#   use lib 't/lib';
#   use Test::More;
#   use ResortBite;
#
#   my $t = ResortBite->new;
#
#   $t->start(<<'END');
#   %%GLOBALS%%
#   events {}
#   http {
#       %%GLOBALS_HTTP%%
#       resortbite_postgres "%%POSTGRES%%";
#       resortbite_redis %%REDIS%%;
#       server {
#           listen 127.0.0.1:%%PORT_8080%%;
#           location / { resortbite_api; }
#       }
#   }
#   END
#
#   my $r = $t->get('/api/v1/jobs');
#   is($r->status, 200);
#   is($t->db('SELECT count(*) FROM reports'), 0);
#   done_testing;
#
# What new() takes:
#   content => 'demo'     what the database holds: demo, empty (tables only)
#                         or none
#   postgres => { … }     a server of the test's own (see Postgres.pm: config,
#                         tcp, tls) instead of a database in the shared one
#   redis => { … }        options of Redis.pm; 0 for none
#   allow => [ qr/…/ ]    what the error log may hold although it is grave
#   log_level => 'info'
#
# PostgreSQL and Redis start when first asked for: by %%POSTGRES%%, by db(),
# by postgres().  A test fails at its end if nginx didn't leave when asked,
# or if its error log holds [alert], [emerg] or [crit], "open socket" left,
# "count is zero" or a sanitizer's report.
#
# Environment: RB_NGINX_BIN, an nginx with the modules in it, such as
# .build/sanitize/nginx; RB_TEST_KEEP=1 keeps the folder;
# RB_TEST_POSTGRES, the socket folder of the run's shared server.

use strict;
use warnings;

use Carp qw(croak);
use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use File::Temp ();
use JSON::PP ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use ResortBite::Process qw(children free_port user wait_until);
use ResortBite::Postgres;
use ResortBite::Redis;
use ResortBite::Connection;

our $ROOT = Cwd::abs_path(dirname(__FILE__) . '/../..');
our $BUILD = $ENV{RESORTBITE_BUILD} // "$ROOT/.build";

my @worlds;

# so that END runs
$SIG{$_} //= sub { exit 1 } for qw(INT TERM HUP PIPE);


sub new {
    my ($class, %options) = @_;

    my $dir = File::Temp::tempdir('/tmp/rbtest-XXXXXXXX');
    chmod 0755, $dir;

    my $self = bless {
        dir => $dir, prefix => "$dir/nginx", content => 'demo',
        log_level => 'info', allow => [], ports => {}, servers => 0,
        owner => $$, %options,
    }, $class;

    mkdir "$dir/nginx", 0755;
    chown((getpwnam(user()))[2, 3], "$dir/nginx") if $> == 0;

    push @worlds, $self;

    return $self;
}


sub dir { return $_[0]{dir} }
sub prefix { return $_[0]{prefix} }


# ---- what nginx stands on

sub postgres {
    my ($self) = @_;

    return $self->{pg} //= $self->{postgres}
        ? ResortBite::Postgres->private(
              content => $self->{content}, %{ $self->{postgres} },
              dir => "$self->{dir}/postgres")
        : ResortBite::Postgres->shared(
              content => $self->{content}, home => $self->{dir});
}


sub redis {
    my ($self) = @_;

    return $self->{redis_server} //= ResortBite::Redis->start(
        %{ ref $self->{redis} ? $self->{redis} : {} },
        dir => "$self->{dir}/redis");
}


# More servers than the one: another_redis(tcp => 1), redis_cluster(3) …

sub another_redis {
    my ($self, %options) = @_;

    return ResortBite::Redis->start(
        %options, dir => "$self->{dir}/redis-" . ++$self->{servers});
}


sub redis_cluster {
    my ($self, $nodes, %options) = @_;

    return ResortBite::Redis->cluster(
        %options, nodes => $nodes // 3,
        dir => "$self->{dir}/cluster-" . ++$self->{servers});
}


sub another_postgres {
    my ($self, %options) = @_;

    return ResortBite::Postgres->private(
        content => $self->{content}, %options,
        dir => "$self->{dir}/postgres-" . ++$self->{servers});
}


sub db { my ($self, $sql) = @_; return $self->postgres->db($sql) }


# ---- nginx

# The port that stands for a number: %%PORT_8080%% in the configuration.

sub port {
    my ($self, $number) = @_;

    return $self->{ports}{ $number // 8080 } //= free_port();
}


sub binary { return $ENV{RB_NGINX_BIN} // '/usr/sbin/nginx' }


sub load_modules {
    return '' if $ENV{RB_NGINX_BIN} && !$ENV{RB_NGINX_MODULES};

    my $dir = $ENV{RB_NGINX_MODULES} // $BUILD;

    return join '', map { "load_module $dir/$_.so;\n" }
        grep { -f "$dir/$_.so" } qw(ngx_resortbite_module ngx_rbtest_module);
}


sub globals {
    my ($self) = @_;

    my $user = $> == 0 ? 'user ' . user() . ' '
        . getgrgid((getpwnam(user()))[3]) . ";\n" : '';

    return $self->load_modules . $user
        . "pid $self->{prefix}/nginx.pid;\n"
        . "error_log $self->{prefix}/error.log $self->{log_level};\n"
        . "env ASAN_OPTIONS;\nenv UBSAN_OPTIONS;\nenv LSAN_OPTIONS;\n";
}


sub globals_http {
    my ($self) = @_;

    return join '', "access_log $self->{prefix}/access.log;\n", map {
        "${_}_temp_path $self->{prefix}/$_;\n"
    } qw(client_body proxy fastcgi uwsgi scgi);
}


# A file of 32 random bytes, for resortbite_secret_file.

sub secret_file {
    my ($self) = @_;

    my $file = "$self->{prefix}/secret";

    if (!-f $file) {
        open my $in, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
        read $in, my $secret, 32;
        open my $out, '>:raw', $file or die "$file: $!\n";
        print $out $secret;
        close $out;
        chmod 0600, $file;
    }

    return $file;
}


# A folder with fresh keys, one of each algorithm, for resortbite_keys.

sub keys_folder {
    my ($self) = @_;

    my $dir = "$self->{prefix}/keys";

    if (!-d $dir) {
        for my $how ('init', '--alg eddsa rotate') {
            my $said = `"$ROOT/scripts/keys" $how "$dir" 2>&1`;
            croak "scripts/keys: $said" if $? != 0;
        }
    }

    return $dir;
}


# Fills in the configuration's %%NAMES%%.

sub expand {
    my ($self, $config) = @_;

    my %values = (
        GLOBALS => sub { $self->globals },
        GLOBALS_HTTP => sub { $self->globals_http },
        POSTGRES => sub { $self->postgres->conninfo },
        REDIS => sub { $self->redis->address },
        SECRET => sub { $self->secret_file },
        KEYS => sub { $self->keys_folder },
        DIR => sub { $self->{prefix} },
        ROOT => sub { $ROOT },
    );

    $config =~ s{%%(?:PORT_(\d+)|([A-Z_]+))%%}{
        defined $1 ? $self->port($1)
                   : ($values{$2} // croak "%%$2%% means nothing")->()
    }ge;

    return $config;
}


sub write_file {
    my ($self, $name, $content) = @_;

    my $file = $name =~ m{^/} ? $name : "$self->{prefix}/$name";

    open my $out, '>:utf8', $file or croak "$file: $!";
    print $out $content;
    close $out or croak "$file: $!";

    return $file;
}


# Runs nginx once with arguments; returns its exit status and its words.

sub run_nginx {
    my ($self, @arguments) = @_;

    my $log = "$self->{prefix}/sanitizer";

    # with a wrong configuration nginx itself leaves without freeing all
    my $leaks = grep({ $_ eq '-t' } @arguments) ? 0 : 1;

    local $ENV{ASAN_OPTIONS} = "log_path=$log:detect_leaks=$leaks:"
        . ($ENV{ASAN_OPTIONS} // '');
    local $ENV{LSAN_OPTIONS} = "suppressions=$ROOT/t/lib/leaks.supp:"
        . 'print_suppressions=0:' . ($ENV{LSAN_OPTIONS} // '');
    local $ENV{UBSAN_OPTIONS} = "log_path=$log:print_stacktrace=1:"
        . ($ENV{UBSAN_OPTIONS} // '');

    my @command = (binary(), '-p', "$self->{prefix}/", '-c',
                   "$self->{prefix}/nginx.conf", '-e',
                   "$self->{prefix}/error.log", @arguments);

    # what it says goes to a file: a daemon would hold a pipe open
    my $said = "$self->{prefix}/said";
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $said;
        open STDERR, '>&', \*STDOUT;
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    waitpid $pid, 0;
    my $status = $?;

    return ($status, slurp($said));
}


# True and what nginx says of a configuration (nginx -t), or false and that.

sub check {
    my ($self, $config) = @_;

    $self->write_file('nginx.conf', $self->expand($config));

    my ($status, $said) = $self->run_nginx('-t');

    # what is wrong is meant to be wrong: it is not in the log's account
    truncate "$self->{prefix}/error.log", 0;

    return ($status == 0, $said);
}


sub start {
    my ($self, $config) = @_;

    $self->write_file('nginx.conf', $self->expand($config))
        if defined $config;

    my ($status, $said) = $self->run_nginx;

    croak "nginx does not start:\n$said" . $self->sanitizer_report
        if $status != 0;

    wait_until { $self->pid } 10 or croak 'nginx wrote no pid file';
    wait_until { $self->workers } 10 or croak 'nginx has no worker';

    $self->{started} = 1;

    return $self;
}


sub pid {
    my ($self, $file) = @_;

    return slurp("$self->{prefix}/" . ($file // 'nginx.pid')) =~ /^(\d+)$/m
        ? $1 : undef;
}


# The pids of the workers; those that are on their way out with `old`.

sub workers {
    my ($self, $old) = @_;

    my $master = $self->pid // return;

    return grep {
        my $title = slurp("/proc/$_/cmdline");
        $title =~ /worker process/
            && ($title =~ /is shutting down/ ? $old : !$old);
    } children($master);
}


sub signal {
    my ($self, $signal) = @_;

    kill $signal, $self->pid // croak 'nginx does not run';
}


# Loads the configuration again (a new one if given); returns when new
# workers are there.  The old ones may still be busy: see old_workers_gone.

sub reload {
    my ($self, $config) = @_;

    $self->write_file('nginx.conf', $self->expand($config))
        if defined $config;

    my %before = map { $_ => 1 } $self->workers;

    $self->signal('HUP');

    return wait_until {
        my @now = $self->workers;
        @now && !grep { $before{$_} } @now;
    } 20;
}


sub old_workers_gone {
    my ($self, $seconds) = @_;

    return wait_until { !$self->workers('old') } $seconds // 20;
}


# Replaces the binary: USR2, then WINCH and QUIT to the old master.  Returns
# true when the new one is alone.

sub upgrade {
    my ($self) = @_;

    my $old = $self->pid;

    kill 'USR2', $old;

    wait_until {
        my $pid = $self->pid;
        $pid && $pid != $old && $self->pid('nginx.pid.oldbin')
            && $self->workers
    } 20 or return 0;

    kill 'WINCH', $old;
    wait_until { !grep { slurp("/proc/$_/cmdline") =~ /worker process/ }
                     children($old) } 20;
    kill 'QUIT', $old;

    return wait_until { !alive($old) } 20;
}


# Asks nginx to leave (QUIT: in order; TERM: now) and waits.

sub stop {
    my ($self, $signal) = @_;

    my $pid = $self->pid;

    return 1 if !$pid || !alive($pid);

    kill $signal // 'QUIT', $pid;

    my $gone = wait_until { !alive($pid) } $self->{stop_timeout} // 15;

    if (!$gone) {
        push @{ $self->{faults} }, 'nginx did not leave when asked';
        kill 'KILL', children($pid), $pid;
    }

    return $gone;
}


# A dead child of an init that doesn't reap is dead all the same.

sub alive {
    my ($pid) = @_;

    return kill(0, $pid) && slurp("/proc/$pid/stat") !~ /\) Z /;
}


sub error_log { my ($self) = @_; return slurp("$self->{prefix}/error.log") }

sub access_log { my ($self) = @_; return slurp("$self->{prefix}/access.log") }


# Waits for a line in the error log.

sub wait_log {
    my ($self, $pattern, $seconds) = @_;

    return wait_until { $self->error_log =~ $pattern } $seconds;
}


# Polls until the code is true or the seconds are over; returns its value.

sub wait_for {
    my ($self, $code, $seconds) = @_;

    return &wait_until($code, $seconds);
}


# Waits until /readyz says so.

sub wait_ready {
    my ($self, $seconds) = @_;

    return wait_until {
        my $r = eval { $self->get('/readyz', timeout => 2) };
        $r && $r->status == 200;
    } $seconds // 20;
}


# ---- requests; options: headers, body, json, timeout, port

sub connection {
    my ($self, $number) = @_;

    return ResortBite::Connection->new($self->port($number))
        // croak "can't connect: $!";
}


sub request {
    my ($self, $method, $uri, %options) = @_;

    return $self->connection(delete $options{port})
        ->request($method, $uri, close => 1, %options);
}


sub get  { my ($self, @rest) = @_; return $self->request('GET', @rest) }
sub post { my ($self, @rest) = @_; return $self->request('POST', @rest) }


# Sends bytes as they are; returns all that comes back.

sub raw {
    my ($self, $bytes, %options) = @_;

    my $c = $self->connection($options{port});

    $c->send($bytes);

    return $c->read_all(%options);
}


# Runs code in n processes at once, each given its number; returns what each
# returned (anything JSON can hold), in order.

sub parallel {
    my ($self, $n, $code) = @_;

    my @pipes = map {
        my $i = $_;
        my $pid = open(my $from, '-|') // die "fork: $!\n";

        if ($pid == 0) {
            my $result = eval { [ $code->($i) ] } // { died => "$@" };
            print STDOUT JSON::PP->new->utf8->allow_nonref->encode($result);
            close STDOUT;
            POSIX::_exit(0);
        }

        $from;
    } 0 .. $n - 1;

    return map {
        my $text = do { local $/; readline $_ };
        my $result = JSON::PP->new->utf8->decode($text);
        croak $result->{died} if ref $result eq 'HASH';
        @$result == 1 ? $result->[0] : $result;
    } @pipes;
}


# Requests without end from another process, until load_stop, which returns
# { requests, statuses => { 200 => n }, errors => [ … ] }.  Options: uri,
# headers, connections (default 4), keepalive (default 1), port.  A kept-alive
# connection that the server has closed between two requests is no error.

sub load_start {
    my ($self, %options) = @_;

    my $port = $self->port($options{port});

    # the writing end held open here is what keeps it going
    pipe my $run, my $hold or die "pipe: $!\n";
    pipe my $from, my $to or die "pipe: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $hold;
        my $result = load($run, $port, %options);
        print $to JSON::PP->new->utf8->encode($result);
        close $to;
        POSIX::_exit(0);
    }

    close $run;
    close $to;

    return { pid => $pid, from => $from, hold => $hold };
}


sub load_stop {
    my ($self, $load) = @_;

    close $load->{hold};

    my $text = do { local $/; readline $load->{from} };

    waitpid $load->{pid}, 0;

    return JSON::PP->new->utf8->decode($text);
}


sub load {
    my ($run, $port, %options) = @_;

    my %result = (requests => 0, statuses => {}, errors => []);
    my $stopped = IO::Select->new($run);
    my @connections = (undef) x ($options{connections} // 4);

    while (!$stopped->can_read(0)) {
        my @fresh = map { !$_ } @connections;

        for my $c (@connections) {
            $c //= ResortBite::Connection->new($port);
            $c->send_request('GET', $options{uri} // '/', %options) if $c;
        }

        for my $i (0 .. $#connections) {
            my $c = $connections[$i];
            my $r = $c && eval { $c->read_response };

            if ($r && !$r->{cut}) {
                $result{requests}++;
                $result{statuses}{ $r->status }++;
                next if ($options{keepalive} // 1)
                    && ($r->header('connection') // '') !~ /close/i;

            } elsif (!$c || $fresh[$i] || length $c->{in} || $r
                     || $c->{timed_out})
            {
                push @{ $result{errors} },
                    !$c ? "connect: $!" : $r ? 'response cut'
                    : $c->{timed_out} ? 'timeout' : 'closed without response';
            }

            $connections[$i] = undef;
        }
    }

    return \%result;
}


# ---- the end

sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;
    return <$in> // '';
}


sub sanitizer_report {
    my ($self) = @_;

    return join '', map { slurp($_) } glob "$self->{prefix}/sanitizer*";
}


# What is wrong with the error log; empty if nothing is.

sub faults {
    my ($self) = @_;

    my @lines = grep {
        /\[(?:alert|emerg|crit)\]|open socket #|count is zero/
            || /(?:ERROR|WARNING): \w*Sanitizer|runtime error: /
    } split /\n/, $self->error_log;

    for my $allowed (@{ $self->{allow} }) {
        @lines = grep { !/$allowed/ } @lines;
    }

    my $report = $self->sanitizer_report;

    return (@{ $self->{faults} || [] }, @lines,
            $report ne '' ? "sanitizer: $report" : ());
}


# Stops everything and returns the faults; called by itself at the end.

sub finish {
    my ($self) = @_;

    return if $self->{finished}++;

    $self->stop if $self->{started};

    my @faults = $self->faults;

    if ($self->{redis_server}) { eval { $self->{redis_server}->kill9 } }
    if ($self->{pg}) { eval { $self->{pg}->drop } }

    return @faults;
}


END {
    my $status = $?;

    for my $self (grep { $_->{owner} == $$ } @worlds) {
        for my $fault ($self->finish) {
            print STDERR "# fault: $fault\n";
            $status ||= 1;
        }

        ResortBite::Process::stop_all();

        if ($ENV{RB_TEST_KEEP}) {
            print STDERR "# kept: $self->{dir}\n";
        } else {
            remove_tree($self->{dir});
        }
    }

    $? = $status;
}

1;
