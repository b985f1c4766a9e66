package ResortBite::Postgres;

# PostgreSQL for tests.
#
# A *template* data directory is made once for a schema and seed and kept
# between runs (its name holds a checksum of sql/).  It has three databases:
# resortbite_none, resortbite_empty (migrated) and resortbite_demo (seeded).
# A server is started from a copy of it, so it is up in a moment:
#
#   ResortBite::Postgres->shared      one for all tests of a run; a test gets
#                                     a database of its own in it
#   ResortBite::Postgres->private     a server of the test's own, to be
#                                     killed, stopped, filled up
#
# Roles: postgres is superuser, resortbite_owner owns the databases, and
# resortbite_web is what the module logs in as (a member of resortbite_app).
#
# Local connections are trusted: the socket is in a folder that only the
# server's account and root can enter.  Over TCP a password is needed.

use strict;
use warnings;

use Carp qw(croak);
use Digest::SHA;
use Fcntl qw(:flock);
use File::Path qw(make_path remove_tree);

use ResortBite::Process qw(as_user free_port run_as_user user wait_until);

my $ROOT = do {
    require Cwd;
    require File::Basename;
    Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');
};

# what a server started from the template is reached with over TCP
my $PASSWORD = 'only-for-tests';

my $databases = 0;


sub bin {
    my ($name) = @_;

    for my $dir (glob '/usr/lib/postgresql/15/bin') {
        return "$dir/$name" if -x "$dir/$name";
    }

    return $name;
}


# The folder that holds templates: in /tmp, because the account that
# PostgreSQL runs as may not be able to enter the checkout.

sub template_home {
    my $home = "/tmp/resortbite-templates-$>";

    if (!mkdir $home, 0755) {
        my @stat = lstat $home;
        die "$home isn't ours\n" if !-d _ || $stat[4] != $>;
    }

    return $home;
}


sub checksum {
    my $sha = Digest::SHA->new(256);

    # the demo's posts run out in the weeks after the seeding day
    $sha->add(int((time + 9 * 3600) / (3 * 86400)));

    my @files = grep { -f } map { sort glob "$ROOT/$_" }
        'sql/schema/*', 'sql/seed/*', 'sql/seed/*/*', 'scripts/migrate',
        'scripts/seed', 't/lib/ResortBite/Postgres.pm';

    for my $file (@files) {
        $sha->add($file);
        $sha->addfile($file);
    }

    return substr $sha->hexdigest, 0, 16;
}


# The template with at least the databases for `content` (none, empty, demo);
# makes it if need be.  Returns its data directory.

sub template {
    my ($content) = @_;

    my $home = template_home();
    my $dir = $content eq 'none' ? "$home/none" : "$home/" . checksum();

    open my $lock, '>', "$dir.lock" or die "$dir.lock: $!\n";
    flock $lock, LOCK_EX;

    if (!-f "$dir/complete") {
        remove_tree($dir);
        mkdir $dir, 0700 or die "$dir: $!\n";
        chown((getpwnam(user()))[2, 3], $dir) if $> == 0;

        $content eq 'none' ? make_cluster($dir) : make_databases($dir);

        open my $mark, '>', "$dir/complete" or die "$dir/complete: $!\n";

        # templates for older schemas: another checkout may use the last few
        my @old = sort { -M $a <=> -M $b }
            grep { $_ ne $dir && !m{/none$} && -d } glob "$home/*";
        remove_tree(@old[3 .. $#old]) if @old > 3;
    }

    return "$dir/data";
}


# initdb, with the roles

sub make_cluster {
    my ($dir) = @_;

    run_as_user(bin('initdb'), '-D', "$dir/data", '-U', 'postgres', '-N',
                '--wal-segsize=1',
                '-E', 'UTF8', '--locale=C.UTF-8', '--auth-local=trust',
                '--auth-host=scram-sha-256');

    my $self = start_server('ResortBite::Postgres', "$dir/data", $dir, {});

    $self->psql('postgres', <<"END");
        CREATE ROLE resortbite_owner LOGIN CREATEROLE PASSWORD '$PASSWORD';
        CREATE ROLE resortbite_app NOLOGIN;
        CREATE ROLE resortbite_web LOGIN PASSWORD '$PASSWORD'
               IN ROLE resortbite_app;
END
    $self->psql('postgres',
                'CREATE DATABASE resortbite_none OWNER resortbite_owner');
    $self->stop;
}


# the databases with schema and seed, in a copy of the bare cluster

sub make_databases {
    my ($dir) = @_;

    run_as_user('cp', '-r', template('none'), "$dir/data");

    my $self = start_server('ResortBite::Postgres', "$dir/data", $dir, {});

    for my $step ([ 'empty', 'none', 'migrate' ],
                  [ 'demo', 'empty', 'seed', 'demo' ])
    {
        my ($content, $from, $script, @arguments) = @$step;
        my $database = "resortbite_$content";

        $self->psql('postgres', "CREATE DATABASE $database
            TEMPLATE resortbite_$from OWNER resortbite_owner");

        my $dsn = "host=$dir dbname=$database user=resortbite_owner";

        my $output
            = `"$ROOT/scripts/$script" @arguments --dsn "$dsn" 2>&1 </dev/null`;

        if ($? != 0) {
            $self->stop;
            die "scripts/$script @arguments failed:\n$output";
        }

        $self->psql($database, 'VACUUM ANALYZE');
    }

    $self->stop;
}


# ---- servers

sub start_server {
    my ($class, $data, $socket_dir, $config) = @_;

    my $self = bless {
        data => $data, dir => $socket_dir, config => $config,
        database => 'postgres',
    }, $class;

    $self->start;

    return $self;
}


# private(dir => DIR, content => 'demo', tcp => 1, tls => 1,
#         config => { max_connections => 5 })

sub private {
    my ($class, %options) = @_;

    my $dir = $options{dir} // croak 'dir is needed';
    my $content = $options{content} // 'demo';

    mkdir $dir, 0700 or die "$dir: $!\n";
    chown((getpwnam(user()))[2, 3], $dir) if $> == 0;

    run_as_user('cp', '-r', template($content), "$dir/data");

    my %config = %{ $options{config} || {} };
    my $port;

    if ($options{tcp} || $options{tls}) {
        $config{listen_addresses} = '127.0.0.1';
        $config{port} = $port = free_port();
    }

    if ($options{tls}) {
        run_as_user(qw(openssl req -x509 -newkey rsa:2048 -nodes -days 2
                       -subj /CN=localhost -addext),
                    'subjectAltName=DNS:localhost,IP:127.0.0.1',
                    '-keyout', "$dir/data/server.key",
                    '-out', "$dir/data/server.crt");
        run_as_user('chmod', '600', "$dir/data/server.key");
        $config{ssl} = 'on';
    }

    my $self = $class->start_server("$dir/data", $dir, \%config);

    $self->{database} = "resortbite_$content";
    $self->{port} = $port;
    $self->{tls} = $options{tls};

    return $self;
}


# The run's server (scripts/test started it, or we do), with a new database.

my $shared;

sub shared {
    my ($class, %options) = @_;

    my $content = $options{content} // 'demo';

    $shared //= $ENV{RB_TEST_POSTGRES}
        ? bless { dir => $ENV{RB_TEST_POSTGRES} }, $class
        : $class->private(dir => "$options{home}/shared",
                          content => $content eq 'none' ? 'none' : 'demo');

    my $self = bless { %$shared, shared => $shared }, $class;

    $self->{database} = 't_' . $$ . '_' . ++$databases;
    $self->{drop} = $$;

    $shared->psql('postgres', "CREATE DATABASE $self->{database}
        TEMPLATE resortbite_$content OWNER resortbite_owner
        STRATEGY file_copy");

    # a database's own privileges are not copied
    $shared->psql('postgres', "ALTER DATABASE $self->{database}
        SET synchronous_commit = on");

    return $self;
}


# For scripts/test: serves until it is told to end.

sub serve {
    my ($dir) = @_;

    my $self = ResortBite::Postgres->private(
        dir => $dir, content => 'demo', config => { max_connections => 300 });

    $| = 1;
    print "ready\n";
    $SIG{TERM} = $SIG{INT} = sub { $self->stop; exit 0 };
    sleep 1 while getppid() != 1 && $self->{process}->alive;
    exit 0;
}


sub start {
    my ($self) = @_;

    croak 'it runs already' if $self->running;

    my %config = (
        listen_addresses => '', unix_socket_directories => $self->{dir},
        fsync => 'off', full_page_writes => 'off', shared_buffers => '64MB',
        max_connections => 100, max_wal_size => '64MB', min_wal_size => '2MB',
        logging_collector => 'off', log_min_messages => 'warning',
        timezone => 'UTC', %{ $self->{config} },
    );

    # after kill9 the last children may hold on for a moment
    for my $try (1 .. 50) {
        $self->{process} = ResortBite::Process->start(
            [ bin('postgres'), '-D', $self->{data},
              map { ('-c', "$_=$config{$_}") } sort keys %config ],
            log => "$self->{dir}/postgres.log");

        return $self if $self->wait_ready;

        select undef, undef, undef, 0.2;
    }

    croak 'PostgreSQL does not start: ' . $self->log;
}


# False at once if the server ended; dies if it doesn't answer for long.

sub wait_ready {
    my ($self) = @_;

    my $ready = wait_until {
        !$self->{process}->alive ? -1 : $self->accepts
    } 60;

    croak 'PostgreSQL does not answer: ' . $self->log if !$ready;

    return $ready > 0;
}


# It writes its state to the lock file.

sub accepts {
    my ($self) = @_;

    open my $in, '<', "$self->{data}/postmaster.pid" or return 0;
    my @lines = <$in>;

    return @lines >= 8 && $lines[0] == $self->{process}->pid
        && $lines[7] =~ /^ready/ ? 1 : 0;
}


sub running {
    my ($self) = @_;

    return $self->{process} && $self->{process}->alive;
}


sub own {
    my ($self) = @_;

    return $self->{process}
        // croak 'this server is shared by all tests: ask for a private one';
}


# Ends it: fast (the default: rolls back, disconnects), smart, immediate.

sub stop {
    my ($self, $mode) = @_;

    my %signals = (smart => 'TERM', fast => 'INT', immediate => 'QUIT');

    $self->own->signal($signals{ $mode // 'fast' });
    $self->own->wait_end(30) or $self->own->kill9;
}


sub restart {
    my ($self, $mode) = @_;

    $self->stop($mode);
    $self->start;
}


sub kill9  { $_[0]->own->kill9 }
sub pause  { $_[0]->own->pause }
sub resume { $_[0]->own->resume }


sub log {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/postgres.log" or return '';
    local $/;
    return scalar <$in>;
}


# ---- talking to it

sub port { return $_[0]{port} // croak 'no TCP: ask for tcp => 1' }
sub socket_dir { return $_[0]{dir} }
sub database { return $_[0]{database} }


# What the module is given: conninfo(user => …, tcp => 1, MORE => …).

sub conninfo {
    my ($self, %with) = @_;

    my $tcp = delete $with{tcp} // $self->{tls};

    my %info = (user => 'resortbite_web', dbname => $self->{database});

    if ($tcp) {
        %info = (%info, host => '127.0.0.1', port => $self->port,
                 password => $PASSWORD);
    } else {
        $info{host} = $self->{dir};
        $info{port} = $self->{port} if $self->{port};
    }

    $info{sslmode} = 'require' if $self->{tls};

    %info = (%info, %with);

    return join ' ', map { "$_=$info{$_}" } sort keys %info;
}


# SQL as superuser; returns what psql -qAtX prints, without the last newline.

sub db {
    my ($self, $sql) = @_;

    return $self->psql($self->{database}, $sql);
}


# The same as another role.

sub db_as {
    my ($self, $role, $sql) = @_;

    return $self->psql($self->{database}, $sql, $role);
}


sub psql {
    my ($self, $database, $sql, $role) = @_;

    utf8::encode($sql) if utf8::is_utf8($sql);

    my @command = (
        'psql', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-h', $self->{dir},
        '-p', $self->{port} // 5432, '-U', $role // 'postgres',
        '-d', $database, '-c', $sql);

    local $ENV{PGOPTIONS} = '-c client_min_messages=warning';

    my $output = run_as_user(@command);
    chomp $output;
    utf8::decode($output);

    return $output;
}


# Databases in the shared server go with the test.

sub drop {
    my ($self) = @_;

    return if !$self->{drop} || $self->{drop} != $$ || !$ENV{RB_TEST_POSTGRES};

    $self->psql('postgres',
                "DROP DATABASE IF EXISTS $self->{database} WITH (FORCE)");
    delete $self->{drop};
}

1;
