package ResortBite::Redis;

# Redis for tests: a server of the test's own on a unix socket or a port, or
# a cluster of such.

use strict;
use warnings;

use Carp qw(croak);

use ResortBite::Process qw(free_port run_as_user user wait_until);


# start(dir => DIR, tcp => 1, config => 'maxmemory 1mb')

sub start {
    my ($class, %options) = @_;

    my $dir = $options{dir} // croak 'dir is needed';

    mkdir $dir, 0700 or die "$dir: $!\n";
    chown((getpwnam(user()))[2, 3], $dir) if $> == 0;

    my $port = $options{cluster} ? free_port(bus => 1)
             : $options{tcp} ? free_port() : 0;

    my $config = join "\n", (
        "port $port", 'bind 127.0.0.1', "unixsocket $dir/redis.sock",
        "dir $dir", 'save ""', 'appendonly no', 'daemonize no',
        $options{cluster}
            ? ('cluster-enabled yes', 'cluster-node-timeout 1000',
               'cluster-require-full-coverage no')
            : (),
        $options{config} // '');

    open my $out, '>', "$dir/redis.conf" or die "$dir/redis.conf: $!\n";
    print $out "$config\n";
    close $out;
    chmod 0644, "$dir/redis.conf";

    my $self = bless { dir => $dir, port => $port }, $class;

    return $self->run;
}


# cluster(dir => DIR, nodes => 3): all slots served, in equal parts

sub cluster {
    my ($class, %options) = @_;

    my $count = $options{nodes} // 3;

    my @nodes = map {
        $class->start(%options, dir => "$options{dir}-$_", cluster => 1)
    } 1 .. $count;

    for my $i (0 .. $#nodes) {
        $nodes[$i]->cli('cluster', 'addslotsrange',
                        int(16384 * $i / $count),
                        int(16384 * ($i + 1) / $count) - 1);
        $nodes[$i]->cli('cluster', 'set-config-epoch', $i + 1);
    }

    $nodes[0]->cli('cluster', 'meet', '127.0.0.1', $_->{port})
        for @nodes[1 .. $#nodes];

    for my $node (@nodes) {
        wait_until {
            my $info = $node->cli('cluster', 'info');
            $info =~ /cluster_state:ok/
                && $info =~ /cluster_slots_ok:16384/
                && $info =~ /cluster_size:$count\b/
        } 20 or croak "no cluster: " . $node->cli('cluster', 'info');
    }

    return @nodes;
}


# Starts it again as it was, after stop or kill9.

sub run {
    my ($self) = @_;

    $self->{process} = ResortBite::Process->start(
        [ 'redis-server', "$self->{dir}/redis.conf" ],
        log => "$self->{dir}/redis.log");

    wait_until {
        !$self->{process}->alive || eval { $self->cli('ping') } // '' eq 'PONG'
    } 20;

    croak "Redis does not start: " . $self->log if !$self->{process}->alive;

    return $self;
}


sub stop {
    my ($self) = @_;

    $self->{process}->signal('TERM');
    $self->{process}->wait_end(10) or $self->{process}->kill9;
}


sub restart {
    my ($self) = @_;

    $self->stop;
    $self->run;
}


sub kill9   { $_[0]{process}->kill9 }
sub pause   { $_[0]{process}->pause }
sub resume  { $_[0]{process}->resume }
sub running { return $_[0]{process}->alive }
sub port    { return $_[0]{port} || croak 'no TCP: ask for tcp => 1' }


# As resortbite_redis takes it.

sub address {
    my ($self) = @_;

    return $self->{port} ? "127.0.0.1:$self->{port}"
                         : "unix:$self->{dir}/redis.sock";
}


# cluster_address(@nodes)

sub cluster_address {
    return 'cluster://' . join ',', map { '127.0.0.1:' . $_->port } @_;
}


# redis-cli with these arguments; returns its output, without the newline.

sub cli {
    my ($self, @arguments) = @_;

    my $output = run_as_user('redis-cli', '-s', "$self->{dir}/redis.sock",
                             @arguments);
    chomp $output;

    return $output;
}


sub log {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/redis.log" or return '';
    local $/;
    return scalar <$in>;
}

1;
