#!/usr/bin/perl

# What operators look at: health, readiness, metrics.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep);
use ResortBite;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
worker_processes 2;
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_redis %%REDIS%%;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    log_format json escape=json
        '{"id":"$resortbite_request_id","route":"$resortbite_route",'
        '"cache":"$resortbite_cache","pg":"$resortbite_pg_time",'
        '"redis":"$resortbite_redis_time","trace":"$resortbite_traceparent"}';
    access_log %%DIR%%/json.log json;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');
is($t->get('/healthz')->json->{status}, 'ok', 'healthy');
is($t->get($_)->status, 200, "$_: a probe past caches")
    for '/healthz?x', '/readyz?t=1', '/metrics?%zz&' . 'a=1&' x 100,
        '/openapi.json?v=2';

my $trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
my $r = $t->get('/api/v1/jobs?limit=1', headers => { traceparent => $trace });
my $id = $r->json->{items}[0]{id};

is($t->get("/api/v1/jobs/$id")->status, 200, 'a job') for 1 .. 3;
is($t->get('/api/v1/jobs?limit=0')->status, 400, 'a wrong request');
is($t->get('/nowhere')->status, 404, 'no route');

$r = $t->get('/metrics');
is($r->status, 200, 'metrics');
like($r->header('content-type'), qr{^text/plain; version=0\.0\.4},
     "Prometheus' text format");
is($t->get('/metrics', headers => { Accept => 'text/plain' })->status, 200,
   'for who accepts only that');

my $file = $t->write_file('metrics', $r->body);
is(`promtool check metrics < $file 2>&1`, '', 'promtool finds nothing');
is($?, 0, 'and says so');

like(`promtool check rules $ResortBite::ROOT/conf/alerts.yml 2>&1`,
     qr/SUCCESS/, 'the alert rules are right');

# ... and ring

{
    my %rings = (
        ResortBitePurgesRefused => [ 'resortbite_purges_total', failed => '0+1x30', passed => '9+0x30' ],
        ResortBiteMailsFailing => [ 'resortbite_mails_total', failed => '0+2x30', sent => '0+1x30' ],
        ResortBiteMailsWaiting => [ 'resortbite_mails_waiting', none => '2000+0x30' ],
        ResortBiteMailsDead => [ 'resortbite_mails_total', dead => '0+1x30' ],
        ResortBitePurgesWaiting => [ 'resortbite_purge_events_waiting', none => '2000+0x30' ] );
    my $tests = "rule_files: [ $ResortBite::ROOT/conf/alerts.yml ]\ntests:\n";

    for my $alert (sort keys %rings) {
        my ($metric, %series) = @{ $rings{$alert} };

        $tests .= "- interval: 1m\n  input_series:\n";
        $tests .= "  - series: '$metric\{job=\"resortbite\",instance=\"a\",result=\"$_\"}'\n"
            . "    values: '$series{$_}'\n" for sort keys %series;
        $tests .= "  promql_expr_test:\n  - eval_time: 20m\n"
            . "    expr: count(ALERTS{alertname=\"$alert\",alertstate=\"firing\"})\n"
            . "    exp_samples: [ { value: 1 } ]\n";
    }

    my $rules = $t->write_file('alerts_test.yml', $tests);
    like(`promtool test rules $rules 2>&1`, qr/SUCCESS/, 'caches and mail have alerts that ring');
}

sub value {
    my ($name) = @_;

    return $r->body =~ /^\Q$name\E (\S+)$/m ? $1 : undef;
}

is(value('resortbite_http_requests_total{route="jobs_get",method="GET",'
         . 'status="2xx"}'), 3, 'requests by route and status');
is(value('resortbite_http_requests_total{route="jobs_list",method="GET",'
         . 'status="4xx"}'), 1, 'the wrong one, too');
is(value('resortbite_http_cache_answers_total{route="jobs_get",'
         . 'result="hit"}'), 2, 'answers out of the cache');
is(value('resortbite_http_request_duration_seconds_count{route="jobs_get",'
         . 'method="GET"}'), 3, 'their latencies');
is(value('resortbite_workers'), 2, 'workers');
is(value("resortbite_purges_total{result=\"$_\"}"), 0, "purges $_") for qw(passed failed);
is(value("resortbite_mails_total{result=\"$_\"}"), 0, "mails $_") for qw(sent failed dead);
is(value("resortbite_$_"), 0, $_) for qw(purge_keys_total purge_events_waiting mails_waiting);
ok(defined value("resortbite_postgres_connections_ready{lane=\"$_\"}"),
   "connections of the lane $_") for qw(point slow write exclusive);


# every metric that a rule or the dashboard asks for is there

{
    my %known = map { $_ => 1 }
        $r->body =~ /^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{|\s)/mg;
    my %asked;

    for my $name (qw(alerts.yml dashboard.json)) {
        my $text = ResortBite::slurp("$ResortBite::ROOT/conf/$name");
        $asked{ $1 =~ s/_(?:bucket|sum|count)$//r } = 1
            while $text =~ /\b(resortbite_[a-z_]+)(?=[\[{ )"])/g;
    }

    delete $asked{resortbite_zone};    # a directive that a text names

    is_deeply([ grep { !$known{$_} } sort keys %asked ], [],
              'alerts and dashboard ask only for what there is');
}


# the log's variables

ok($t->wait_for(sub {
    ResortBite::slurp($t->prefix . '/json.log') =~ /"route":"ops_metrics"/
}, 5), 'the log is written');

my @lines = map { JSON::PP->new->decode($_) }
    split /\n/, ResortBite::slurp($t->prefix . '/json.log');

my ($list) = grep { $_->{route} eq 'jobs_list' } @lines;

is($list->{trace}, $trace, '$resortbite_traceparent');
is($list->{cache}, 'miss', '$resortbite_cache');
like($list->{pg}, qr/^0\.\d{6}$/, '$resortbite_pg_time');
cmp_ok($list->{pg}, '>', 0, 'which was spent');
like($list->{id}, qr/^[0-9a-f-]{36}$/, '$resortbite_request_id');

my ($hit) = grep { $_->{route} eq 'jobs_get' && $_->{cache} eq 'hit' } @lines;
ok($hit, 'a hit');
cmp_ok($hit->{pg}, '==', 0, 'that asked PostgreSQL nothing');
isnt($hit->{id}, '', 'has an id, too');

done_testing;
