package Bench::World;

# What is measured: nginx with the module, a PostgreSQL and a Redis of its
# own, and beside them in the same nginx the servers to compare with.  All
# have the same settings, those of conf/nginx.conf, but no access log.
#
#   8080   the API, as it is used
#   8081   the API without the cache, so that each GET goes to PostgreSQL
#   8082   /job, /hello and /page: `return 200` of the bodies that the API and
#          a job's page answer with; /full: of the job with the same header
#          fields as well
#   8083   the API without the cache, for who is signed in

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use Time::HiRes qw(sleep);

use ResortBite;
use ResortBite::Postgres;
use ResortBite::Process qw(run_as_user user);

# more ids than this make the load's own table slow, and nothing truer
my $MAX_IDS = 100_000;

my $CONFIG = <<'END';
%%GLOBALS%%

worker_processes 2;
worker_rlimit_nofile @FILES@;

events {
    worker_connections 12000;
}

http {
    %%GLOBALS_HTTP%%

    default_type application/json;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    client_max_body_size 1m;
    reset_timedout_connection on;

    gzip on;
    gzip_comp_level 1;
    gzip_min_length 1000;
    gzip_vary on;
    gzip_proxied any;
    gzip_types application/json application/problem+json;

    resortbite_postgres "%%POSTGRES%%";
    resortbite_redis %%REDIS%%;
    resortbite_secret_file %%SECRET%%;
    resortbite_zone 256m;
    resortbite_fibers 10000;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;

@PIECES@

    server {
        listen 127.0.0.1:%%PORT_8080%% backlog=4096;
        access_log off;
        resortbite_timeout 60s;

        location / {
            resortbite_api;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8081%% backlog=4096;
        access_log off;
        resortbite_cache off;

        location / {
            resortbite_api;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8083%% backlog=4096;
        access_log off;
        resortbite_cache off;
        resortbite_auth required;

        location / {
            resortbite_api;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8082%% backlog=4096;
        access_log off;

@SAME@
    }
}
END


# Bench::World->new(million => 0)

sub new {
    my ($class, %options) = @_;

    # the million fits into these buffers nearly, the demo wholly
    my %config = (shared_buffers => '1GB', effective_cache_size => '4GB',
                  max_wal_size => '4GB', max_connections => 200,
                  jit => 'off', random_page_cost => '1.1');

    my $test = ResortBite->new(
        log_level => 'warn', redis => {},
        postgres => { config => \%config });

    my $self = bless { test => $test, logs => $test->dir . '/logs' }, $class;

    mkdir $self->{logs}, 0700 or die "$self->{logs}: $!\n";
    chown((getpwnam(user()))[2, 3], $self->{logs}) if $> == 0;

    $test->{pg} = million($test->dir, \%config) if $options{million};

    $self->{config} = $CONFIG =~ s/\@FILES\@/files()/er;
    $test->start($self->{config} =~ s/\@\w+\@//gr);
    $test->wait_ready(60) or die "nginx doesn't get ready:\n" . $self->ready;

    $self->choose_jobs;
    $self->compare_with;

    return $self;
}


sub test { return $_[0]{test} }
sub postgres { return $_[0]{test}->postgres }
sub ids { return $_[0]{ids} }

sub job_path { return "/api/v1/jobs/$_[0]{job}" }
sub page_path { return "/jobs/$_[0]{job}" }


sub url {
    my ($self, $port, $path) = @_;

    return 'http://127.0.0.1:' . $self->{test}->port($port) . $path;
}


sub ready {
    my ($self) = @_;

    my $r = eval { $self->{test}->get('/readyz') };

    return $r ? $r->{body} : '';
}


sub files {
    my $hard = `bash -c 'ulimit -Hn'`;

    return $hard =~ /^(\d+)/ && $1 < 65536 ? $1 : 65536;
}


# The open jobs there are, and of them the one whose answer is of the middle
# size.

sub choose_jobs {
    my ($self) = @_;

    my $open = 'live AND least(deadline, ends_on) >= seoul_today()';

    my @ids = split /\n/, $self->{test}->db(
        "SELECT id FROM posts WHERE $open ORDER BY id LIMIT $MAX_IDS");

    die "no open jobs: the seed is too old\n" if !@ids;

    $self->{ids} = \@ids;
    $self->{day} = $self->{test}->db('SELECT seoul_today()');
    $self->{job} = $self->{test}->db(<<"END");
        SELECT id
          FROM posts
         WHERE $open
         ORDER BY octet_length(description), id
        OFFSET @{[ int(@ids / 2) ]}
         LIMIT 1
END

    $self->{paths} = $self->{test}->write_file(
        'paths', join '', map { "/api/v1/jobs/$_\n" } @ids);
    $self->{pages} = $self->{test}->write_file(
        'pages', join '', map { "/jobs/$_\n" } @ids);
}


# The same bodies from `return 200`.  The second answer is looked at: it comes
# from the cache.

sub compare_with {
    my ($self) = @_;

    my $test = $self->{test};
    my %parts = (SAME => '', PIECES => '');

    for ([ 'job', $self->job_path ], [ 'hello', '/test/hello' ],
         [ 'page', $self->page_path ])
    {
        my ($name, $original) = @$_;

        $test->get($original);
        my $r = $test->get($original);

        die "$original answers $r->{status}\n" if $r->status != 200;

        my ($pieces, $body) = pieces($name, $r->{body});

        $self->{answers}{$name} = $r;
        $parts{PIECES} .= $pieces;
        $parts{SAME} .= location($name, type($r), $body);
        $parts{SAME} .= location('full', fields($r), $body) if $name eq 'job';
    }

    $test->reload($self->{config} =~ s/\@(\w+)\@/$parts{$1}/gr)
        or die "nginx doesn't reload\n";
    $test->old_workers_gone(30) or die "old workers stay\n";
    $test->wait_ready(60);

    $self->check_same(@$_)
        for [ 'job', 'job' ], [ 'full', 'job' ], [ 'hello', 'hello' ],
            [ 'page', 'page' ];
}


# nginx reads no parameter of more than 4096 bytes, and takes a dollar sign for
# a variable: such a body is made of variables with a constant value.

sub pieces {
    my ($name, $body) = @_;

    utf8::decode($body);

    return ('', quoted($body)) if $body !~ /\$/ && length $body < 1000;

    my ($pieces, $value, $i) = ('', '', 0);

    for my $piece ($body =~ /.{1,1000}/gs) {
        my $variable = "\$${name}_" . $i++;

        $pieces .= "    geo $variable { default " . quoted($piece) . "; }\n";
        $value .= $variable;
    }

    return ($pieces, $value);
}


# What nginx itself adds is left to it; an id is as new as it is there.

my %NGINX_ADDS = map { $_ => 1 } qw(server date content-type content-length
                                    connection transfer-encoding vary);

sub fields {
    my ($r) = @_;

    my $fields = '';

    for my $name (grep { !$NGINX_ADDS{$_} } sort keys %{ $r->{headers} }) {
        my $value = $name eq 'x-request-id'
            ? '$request_id' : quoted($r->{headers}{$name});

        $fields .= "            add_header $name $value;\n";
    }

    return $fields;
}


sub type {
    my ($r) = @_;

    my $type = $r->header('content-type');

    return $type eq 'application/json' ? ''
        : "            default_type \"$type\";\n";
}


sub location {
    my ($name, $fields, $body) = @_;

    return "        location = /$name {\n$fields"
        . "            return 200 $body;\n        }\n";
}


sub quoted { return '"' . ($_[0] =~ s/([\\"])/\\$1/gr) . '"' }


sub check_same {
    my ($self, $path, $name) = @_;

    my ($is, $was) = ($self->{test}->get("/$path", port => 8082),
                      $self->{answers}{$name});

    die "/$path isn't the same\n"
        if $is->{body} ne $was->{body}
        || $is->header('content-type') ne $was->header('content-type');

    return if $path ne 'full';

    my @missing = grep { !exists $is->{headers}{$_} }
        keys %{ $was->{headers} };

    die "/$path has no @missing\n" if @missing;
}


sub etag { return $_[0]{answers}{job}{headers}{etag} }

sub body_size { return length $_[0]{answers}{ $_[1] }{body} }


# Starts nginx anew: workers that have done nothing yet.

sub restart_nginx {
    my ($self) = @_;

    $self->{test}->stop or die "nginx doesn't leave\n";
    $self->{test}->start;
    $self->{test}->wait_ready(60) or die "nginx doesn't get ready\n";

    # connections to PostgreSQL and Redis are made, and timers have run
    sleep 1;
}


# The end: the million's server must leave its files as they should be.

sub stop {
    my ($self) = @_;

    $self->{test}->stop;
    $self->postgres->stop;
}


# The million is made once, where PostgreSQL's account can reach it, and kept:
# it takes minutes.  The dates in it are counted from the day it was made, so
# after a week it is made anew.

sub million {
    my ($dir, $config) = @_;

    my $home = "/var/tmp/resortbite-bench-$>/"
        . ResortBite::Postgres::checksum();

    if (-f "$home/complete" && -M "$home/complete" < 7) {
        return million_server($home, "$dir/postgres", $config);
    }

    print STDERR "bench: making the million in $home\n";

    remove_tree($home);
    make_path($home);
    chown((getpwnam(user()))[2, 3], $home) if $> == 0;
    chmod 0700, $home;
    run_as_user('cp', '-r', ResortBite::Postgres::template('demo'),
                "$home/data");

    my $pg = million_server($home, "$dir/postgres", $config);
    my $dsn = $pg->conninfo(user => 'postgres');

    system("$ResortBite::ROOT/scripts/seed", 'million', '--dsn', $dsn) == 0
        or die "scripts/seed million failed\n";

    open my $mark, '>', "$home/complete" or die "$home/complete: $!\n";

    return $pg;
}


sub million_server {
    my ($home, $socket_dir, $config) = @_;

    mkdir $socket_dir, 0700 or die "$socket_dir: $!\n";
    chown((getpwnam(user()))[2, 3], $socket_dir) if $> == 0;

    my $pg = ResortBite::Postgres->start_server("$home/data", $socket_dir,
                                                $config);

    $pg->{database} = 'resortbite_demo';

    return $pg;
}

1;
