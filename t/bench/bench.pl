# The program behind scripts/bench.
#
# What is measured is a table of measures: each has a name, what it is called
# in the report, code that measures it once, and mostly another measure it is
# a ratio to, with the ratio to reach.  They are run in turns, so that what
# else happens on the machine falls on all of them alike.

use strict;
use warnings;

use File::Basename qw(dirname);
use Getopt::Long qw(GetOptions);
use Time::HiRes qw(sleep);

use Bench::Identity qw(register token tokens begin_log_ins);
use Bench::Load qw(wrk pgbench);
use Bench::Process qw(cpu_seconds memory private_bytes open_and_ask);
use Bench::Publication qw(publication);
use Bench::Report qw(machine table write_json);
use Bench::Statement qw(statement);
use Bench::World;

# how many statements a pipeline of pgbench holds
my $PIPELINE = 16;

# the part of what the server can take at most, at which delays are measured
my $PACED = 0.7;

my $KEPT = 10_000;
my $WAITING = 1_000;

# the pace of job pages beside log-ins, a second; how many log-ins; and for how
# long, which is about what they take: passwords are slow to look at
my $PAGES = 2_000;
my $LOG_INS = 200;
my $LOG_IN_SECONDS = 10;

my %option = (rounds => 3, seconds => 5);
my ($world, %clients, %results);

my @MEASURES = (
    { name => 'return_job', title => 'nginx return 200, the job\'s body',
      run => sub { http(8082, '/job') } },
    { name => 'return_full', title => 'the same, with the job\'s fields',
      run => sub { http(8082, '/full') }, against => 'return_job' },
    { name => 'job_cached', title => 'GET a job from the cache',
      run => sub { http(8080, $world->job_path) },
      against => 'return_job', target => 0.88, aim => 0.95 },
    { name => 'job_304', title => 'the same, If-None-Match: 304',
      run => \&not_modified, against => 'return_job' },
    { name => 'job_any', title => 'GET any job from the cache',
      run => sub { http(8080, '', paths => $world->{paths}) },
      against => 'return_job' },
    { name => 'return_hello', title => 'nginx return 200, hello\'s body',
      run => sub { http(8082, '/hello') } },
    { name => 'hello', title => 'a fiber that answers hello',
      run => sub { http(8080, '/test/hello') },
      against => 'return_hello', target => 0.95 },

    { name => 'pg_job', title => 'pgbench, a job',
      run => sub { pg('job', 1) } },
    { name => 'pg_job_pipeline', title => "pgbench, $PIPELINE jobs a pipeline",
      run => sub { pg('job', $PIPELINE) }, against => 'pg_job' },
    { name => 'job_uncached', title => 'GET any job, uncached',
      run => sub { http(8081, '', paths => $world->{paths}) },
      against => 'pg_job', target => 1.0, aim => 1.4 },
    { name => 'job_paced', title => 'the same at 70 % of that',
      run => \&paced, p99 => 10, needs => 'job_uncached' },

    { name => 'job_open', title => 'GET any job, uncached, again',
      run => sub { http(8081, '', paths => $world->{paths}) } },
    { name => 'job_signed_in', title => 'the same with a token, verdict kept',
      run => \&signed_in, against => 'job_open', target => 0.95 },
    { name => 'token_cold', title => 'hello, each token for the first time',
      run => \&cold, against => 'hello' },
    { name => 'pages', title => "$PAGES job pages a second",
      run => \&pages },
    { name => 'pages_log_ins', title => "the same during $LOG_INS log-ins",
      run => \&pages_beside_log_ins, against => 'pages', p99_times => 2 },

    { name => 'return_page', title => 'nginx return 200, a job page\'s body',
      run => sub { http(8082, '/page') } },
    { name => 'page_cached', title => 'GET a job page from the cache',
      run => sub { http(8080, $world->page_path) },
      against => 'return_page', target => 0.8 },
    { name => 'page_any', title => 'GET any job page from the cache',
      run => sub { http(8080, '', paths => $world->{pages}) },
      against => 'return_page' },
    { name => 'page_uncached', title => 'GET any job page, uncached',
      run => sub { http(8081, '', paths => $world->{pages}) },
      against => 'job_open', target => 0.4 },
    { name => 'publication', title => 'a post until all of 2 nodes show it',
      run => sub { publication($world) }, most => 1000, unit => 'ms' },

    { name => 'pg_list', title => 'pgbench, the list',
      run => sub { pg('list', 1) } },
    { name => 'pg_list_pipeline',
      title => "pgbench, $PIPELINE lists a pipeline",
      run => sub { pg('list', $PIPELINE) }, against => 'pg_list' },
    { name => 'list', title => 'GET the list, uncached',
      run => sub { http(8081, '/api/v1/jobs') },
      against => 'pg_list', target => 0.7, aim => 0.8 },

    { name => 'idle', title => 'an idle worker beside the zone',
      run => \&idle, most => 25e6 },
    { name => 'keepalive', title => "each of $KEPT idle connections",
      run => \&keepalive, most => 1.5 * 1024 },
    { name => 'waiting', title => "each of $WAITING waiting requests",
      run => \&waiting, most => 14 * 1024 },
);

main();


sub main {
    GetOptions(\%option, 'rounds=i', 'seconds=f', 'quick', 'million', 'json=s')
        && $option{rounds} > 0 && $option{seconds} > 0
        or die "usage: scripts/bench [--rounds N] [--seconds S] [--quick] "
               . "[--million] [--json FILE] [NAME…]\n";

    $option{seconds} = 1 if $option{quick};
    $option{json} //= "$ResortBite::BUILD/bench.json";

    my @measures = chosen(@ARGV);

    say_step('starting PostgreSQL, Redis and nginx');
    $world = Bench::World->new(million => $option{million});

    my %machine = machine($world);

    register($world);
    write_scripts();
    find_clients(@measures);

    for my $round (1 .. $option{rounds}) {
        for my $m (@measures) {
            say_step("round $round of $option{rounds}: $m->{title}");
            push @{ $results{ $m->{name} } }, $m->{run}->();
        }
    }

    $machine{load_after} = Bench::Report::load_average();
    Bench::Publication::stop();
    $world->stop;

    my $report = { machine => \%machine, options => { %option },
                   clients => \%clients, pipeline => $PIPELINE,
                   body_bytes => { map { $_ => $world->body_size($_) }
                                       qw(job hello page) },
                   jobs => scalar @{ $world->ids } };

    print table($report, \@measures, \%results);
    write_json($option{json}, $report, \@measures, \%results);
    say_step("the figures of every round are in $option{json}");
}


sub say_step { print STDERR "bench: @_\n" }


# The measures named, with those they are compared with; in the table's order.

sub chosen {
    my (@names) = @_;

    return @MEASURES if !@names;

    my %by_name = map { $_->{name} => $_ } @MEASURES;
    my %wanted;

    for my $name (@names) {
        my $m = $by_name{$name}
            or die "no measure is called $name; there are: "
                   . join(' ', map { $_->{name} } @MEASURES) . "\n";

        $wanted{$_} = 1 for grep { defined } $name, @$m{qw(against needs)};
    }

    # what is needed is compared with something itself
    $wanted{ $by_name{$_}{against} } = 1
        for grep { $by_name{$_}{against} } keys %wanted;

    return grep { $wanted{ $_->{name} } } @MEASURES;
}


# ---- HTTP

# cpu is what the workers spent on an answer, in microseconds: unlike the rate
# it hardly depends on what else runs.

sub http {
    my ($port, $path, %more) = @_;

    my @workers = $world->test->workers;
    my $before = cpu_seconds(@workers);

    my $result = wrk(url => $world->url($port, $path),
                     seconds => $option{seconds}, %more);

    $result->{cpu} = (cpu_seconds(@workers) - $before) * 1e6
                     / $result->{answers};

    return $result;
}


sub not_modified {
    return http(8080, $world->job_path,
                headers => [ 'If-None-Match: ' . $world->etag ]);
}


# With 256 connections that never pause, the time an answer takes is 256
# divided by the rate, however fast the server; how long one waits on a server
# that is busy but not overrun is seen with pauses.

sub paced {
    my $rate = $results{job_uncached}[-1]{rate} * $PACED;

    return http(8081, '', paths => $world->{paths},
                delay => 256 / $rate * 1000);
}


# ---- signed in

sub signed_in {
    return http(8083, '', paths => $world->{paths},
                headers => [ 'Authorization: Bearer ' . token($world) ]);
}


# Tokens that no worker has seen, as many as there is time for: each is
# verified, and its session asked for.

sub cold {
    my $file = $world->test->write_file(
        'tokens', join '', map { "$_\n" }
            tokens($world, int($option{seconds} * 6000)));

    return http(8083, '/test/hello', tokens => $file);
}


# The same load of job pages from the cache, far below what the server can
# take.  What passwords cost goes to threads, and must not be felt.

sub pages {
    return http(8080, $world->job_path, delay => 256 / $PAGES * 1000,
                seconds => $option{quick} ? 1 : $LOG_IN_SECONDS);
}


sub pages_beside_log_ins {
    my $end = begin_log_ins($world, $LOG_INS);
    my $result = pages();
    my $looked_at = $end->();

    $result->{fault} //= "only $looked_at of $LOG_INS log-ins were looked at"
        if $looked_at < $LOG_INS;

    return $result;
}


# ---- PostgreSQL

# The list is that of GET /api/v1/jobs without any parameter: a page of 20,
# and one more to see whether there is a next.

sub write_scripts {
    my %texts = (
        job => statement($ResortBite::ROOT, 'jobs_get'),
        list => statement($ResortBite::ROOT, 'jobs_list', 'by_newest'),
    );

    for my $name (keys %texts) {
        my $text = $texts{$name};

        $world->test->write_file("$name-1.sql", $text);
        $world->test->write_file(
            "$name-$PIPELINE.sql",
            "\\startpipeline\n" . $text x $PIPELINE . "\\endpipeline\n");
    }
}


sub variables {
    my ($name) = @_;

    return { ids => "{$world->{job}}" } if $name eq 'job';

    return { open_on => $world->{day}, pay_min => 0, limit => 21 };
}


sub pg {
    my ($name, $each, %more) = @_;

    return pgbench(
        postgres => $world->postgres, seconds => $option{seconds},
        script => $world->test->prefix . "/$name-$each.sql",
        variables => variables($name), each => $each,
        clients => $clients{"$name-$each"},
        log => "$world->{logs}/pgbench", %more);
}


# pgbench is taken at its best: with the number of clients that gives most.

sub find_clients {
    my %wanted = map { $_->{name} => 1 } @_;

    for my $name (qw(job list)) {
        for my $each (1, $PIPELINE) {
            next if !$wanted{ "pg_$name" . ($each > 1 ? '_pipeline' : '') };

            my %rate;

            for my $clients (1, 2, 4, 8, 16, 32) {
                $clients{"$name-$each"} = $clients;
                say_step("trying pgbench, $name, $each at once, "
                         . "$clients clients");
                $rate{$clients} = pg(
                    $name, $each, seconds => $option{quick} ? 1 : 3)->{rate};
            }

            ($clients{"$name-$each"})
                = sort { $rate{$b} <=> $rate{$a} } keys %rate;
        }
    }
}


# ---- memory; value is in bytes

sub idle {
    $world->restart_nginx;

    my ($most) = sort { $b->{pss} <=> $a->{pss} }
        map { memory($_) } $world->test->workers;

    return { value => $most->{pss}, %$most };
}


sub request {
    my ($path) = @_;

    return "GET $path HTTP/1.1\r\nHost: localhost\r\n"
        . "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n"
        . "Accept: application/json\r\n\r\n";
}


# What the first half takes tells what a worker needs once, such as room for
# the answers under way; what the other half takes beyond that is its own.

sub keepalive {
    $world->restart_nginx;

    my $port = $world->test->port;
    my @workers = $world->test->workers;
    my $request = request($world->job_path);

    my $first = open_and_ask($port, $KEPT / 2, $request, 1);
    sleep 0.5;

    my $before = private_bytes(@workers);
    my $others = open_and_ask($port, $KEPT / 2, $request, 1);
    sleep 0.5;

    return { value => (private_bytes(@workers) - $before) / @$others };
}


sub waiting {
    $world->restart_nginx;

    my @workers = $world->test->workers;

    my $before = private_bytes(@workers);
    my $connections = open_and_ask($world->test->port, $WAITING,
                                   request('/test/wait?seconds=20'), 0);
    sleep 1;

    my $waiting = fibers_waiting();
    die "$waiting fibers wait\n" if $waiting < $WAITING;

    return { value => (private_bytes(@workers) - $before) / @$connections };
}


sub fibers_waiting {
    my $text = $world->test->get('/metrics')->{body};

    return $text =~ /^resortbite_fibers_waiting (\d+)/m ? $1 : 0;
}
