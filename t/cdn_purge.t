#!/usr/bin/perl

# Caches in front of us are told what to drop: of each change exactly what it
# changed, soon, and whatever becomes of them, of us or of a reload meanwhile.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;
use ResortBite::Account;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $a = ResortBite->new(postgres => {});
my $b = ResortBite->new;


# ---- the cache: what it is sent is a line of a file, what it answers stands
# in another

my ($log, $mode) = map { $a->dir . "/$_" } qw(purges mode);
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64,
    LocalPort => $a->port(8090), Proto => 'tcp', ReuseAddr => 1) or die "listen: $!\n";

sub answer {
    my ($s) = @_;
    my ($head, $body) = ('', '');

    while (defined(my $line = readline $s)) {
        last if $line =~ /^\r?\n/;
        $head .= $line;
    }

    read $s, $body, $1 if $head =~ /^content-length: *(\d+)/im;

    my $how = ResortBite::slurp($mode);

    open my $out, '>>', $log or die;
    syswrite $out, JSON::PP->new->canonical->encode({
        at => time, how => $how, body => $body,
        line => $head =~ /^(.*?)\r?\n/ ? "$1" : '',
        key => $head =~ /^surrogate-key: *(.*?)\r?$/im ? "$1" : undef,
        id => $head =~ /^x-resortbite-purge: *(.*?)\r?$/im ? "$1" : undef }) . "\n";
    close $out;

    sleep 2 if $how eq 'slow';
    sleep 60 if $how eq 'hang';
    return if $how eq 'close';
    print $s $how eq '502' ? "HTTP/1.1 502 Bad\r\n" : "HTTP/1.1 200 OK\r\n",
        "Content-Length: 0\r\nConnection: close\r\n\r\n";
}

my $cache = fork // die "fork: $!\n";

if ($cache == 0) {
    $SIG{$_} = 'DEFAULT' for qw(TERM INT);
    $SIG{PIPE} = 'IGNORE';
    $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $s = $listen->accept or next;
        if (!fork) {
            $s->autoflush(1);
            answer($s);
            POSIX::_exit(0);
        }
        close $s;
    }
}

close $listen;
my $owner = $$;

END {
    if ($$ == $owner && $cache) {
        my $status = $?;
        kill 'KILL', $cache;
        waitpid $cache, 0;
        $? = $status;
    }
}

sub be {
    my ($how) = @_;

    open my $out, '>', "$mode.new" or die;
    print $out $how;
    close $out;
    rename "$mode.new", $mode;
}

my $seen = 0;                           # bytes of the log

# What was sent since the last time, as decoded lines.

sub calls {
    my $text = substr ResortBite::slurp($log), $seen;

    return map { JSON::PP->new->decode($_) } split /\n/, $text;
}

sub forget { $seen = -s $log || 0 }

sub keys_of { return sort map { @{ JSON::PP->new->decode($_->{body})->{keys} || [] } } @_ }

sub waiting {
    return 0 + $a->db("SELECT count(*) FROM outbox WHERE topic = 'cdn.purge'
                          AND published_at IS NULL");
}

# Of both nodes, as either may pass an event on.

sub metric {
    my ($name) = @_;

    my $sum = 0;
    for my $node ($a, $b) {
        return unless $node->get('/metrics')->body =~ /^resortbite_\Q$name\E (\d+)$/m;
        $sum += $1;
    }

    return $sum;
}

# Changes something; returns the keys that the cache is told, how many calls.

sub told {
    my ($sql) = @_;

    forget();
    $a->db($sql);
    my $committed = time;

    if (!$a->wait_for(sub { calls() && !waiting() }, 5)) {
        return ('nothing');
    }

    my @calls = calls();
    my $took = $calls[0]{at} - $committed;
    cmp_ok($took, '<', 1, sprintf 'told within a second (%.0f ms)', $took * 1000);

    return keys_of(@calls);
}

sub silent {
    my ($what, $sql) = @_;

    forget();
    $a->db($sql);
    sleep 0.6;
    is(scalar calls(), 0, "$what: nothing is told");
    is(waiting(), 0, "$what: and nothing waits");
}


# ---- two nodes

my $config = <<'END';
%%GLOBALS%%
worker_processes 2;
events { worker_connections 512; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "POSTGRES";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    PURGE
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_outbound;
        location / { resortbite_api; }
        location = /out/cdn {
            internal;
            proxy_pass http://127.0.0.1:CACHE/service/purge;
        }
    }
}
END

my ($postgres, $port) = ($a->postgres->conninfo, $a->port(8090));
$config =~ s/POSTGRES/$postgres/;
$config =~ s/CACHE/$port/;

my $without = $config =~ s/PURGE//r;
my $with = $config =~ s/PURGE/resortbite_purge location=\/out\/cdn s_maxage=1h keys=20;/r;

be('200');

# with no such directive nothing is written

$_->start($without) for $a, $b;
ok($a->wait_ready && $b->wait_ready, 'two nodes');

my @posts = map { { id => $_->[0], resort => $_->[1], region => $_->[2] } }
    map { [ split /\|/ ] }
    split /\n/, $a->db("SELECT DISTINCT ON (resort_id) id, resort_id, region_code FROM posts
                         WHERE live AND least(deadline, ends_on) > seoul_today() + 1
                         ORDER BY resort_id, id LIMIT 60");
my $p = $posts[0];
my ($job, $resort, $region) = ("job:$p->{id}", "resort:$p->{resort}", "jobs:region:$p->{region}");

sub edit { return "UPDATE posts SET title = '바꾼 제목 " . ($_[1] // time) . "' WHERE id = '$_[0]{id}'" }

$a->db(edit($p));
is($a->db("SELECT count(*) FROM outbox WHERE topic = 'cdn.purge'"), 0,
   'without a cache no event waits for one');
like($a->get("/api/v1/jobs/$p->{id}")->header('cache-control'), qr/s-maxage=30\b/,
     'and caches keep answers as long as browsers do');

# with it, all is dropped first

ok($_->reload($with), 'now there is one') for $a, $b;
ok($a->wait_for(sub { grep { $_->{body} eq '{"all":true}' } calls() }, 10), 'which drops all');
is((calls())[0]{key}, undef, 'with no keys named');
is((calls())[0]{line}, 'POST /service/purge HTTP/1.0', 'by a POST');
cmp_ok(waiting(), '>=', 1, 'and will once more, for what had begun before');
$a->db("UPDATE outbox SET published_at = now() WHERE topic = 'cdn.purge'");
ok($_->old_workers_gone, 'the old workers have gone') for $a, $b;

my $r = $a->get("/api/v1/jobs/$p->{id}?fields=title");
my ($age) = $r->header('cache-control') =~ /\bs-maxage=(\d+)/;
my $left = $a->db("SELECT extract(epoch FROM (seoul_today() + 1)::timestamp AT TIME ZONE 'Asia/Seoul'
                                             - now())::integer");
my $most = $left < 3600 ? $left : 3600;
ok($age <= $most + 2 && $age > $most - 10, 'caches may keep answers longer, until midnight')
    or diag($age);
is($r->header('surrogate-key'), "$job $resort", 'under the keys that they are told');


# ---- exactly what changed

is_deeply([ told(edit($p)) ], [ sort $job, $resort, 'jobs', $region ], 'an edit');
is(metric('purges_total{result="failed"}'), 0, 'no call failed');
cmp_ok(metric('purges_total{result="passed"}'), '>=', 2, 'calls are counted');
cmp_ok(metric('purge_keys_total'), '>=', 4, 'and their keys');
is(metric('purge_events_waiting'), 0, 'nothing waits');
my ($call) = calls();
is($call->{key}, join(' ', sort $job, $resort, 'jobs', $region), 'Surrogate-Key');
like($call->{id}, qr/^[0-9a-f]{32}$/, 'X-ResortBite-Purge');
is(scalar calls(), 1, 'once');

is_deeply([ told("UPDATE posts SET status = 'hidden',
                         status_reason = '신고가 여러 건 들어와 확인하고 있습니다.'
                   WHERE id = '$p->{id}'") ],
          [ sort $job, $resort, 'jobs', $region ], 'hidden');
silent('an edit of what is hidden', edit($p));
is_deeply([ told("UPDATE posts SET status = 'approved' WHERE id = '$p->{id}'") ],
          [ sort $job, $resort, 'jobs', $region ], 'published');
is_deeply([ told("UPDATE resorts SET name = name || ' 2' WHERE id = '$p->{resort}'") ],
          [ sort $resort, 'resorts', 'jobs', $region ], 'a resort is renamed');
is_deeply([ told("UPDATE dormitories SET description = description || ' 새로 고쳤습니다.'
                   WHERE id = (SELECT id FROM dormitories WHERE resort_id = '$p->{resort}' LIMIT 1)") ],
          [ $resort ], 'a dormitory');
forget();
$a->db("UPDATE categories SET position = position");
ok($a->wait_for(sub { calls() }, 5), 'the words that everything shows');
is((calls())[0]{body}, '{"all":true}', 'are everything');

silent('what changes nothing', "UPDATE posts SET title = title WHERE id = '$p->{id}'");
silent('a draft', edit({ id => '019b76da-afd0-7c5a-a690-0a23b14cfdce' }));
silent('a change that is rolled back', 'BEGIN; ' . edit($p) . '; ROLLBACK');
silent('applications', "UPDATE applications SET message = message || '.'
    WHERE post_id = '$p->{id}'");
silent('what is counted', "SELECT counters_add(uuid_v7(now(), md5('x')::uuid),
    ARRAY['$p->{id}']::uuid[], '{5}', '{t}')");

my $crew = ResortBite::Account->new($a);
silent('a session', "UPDATE sessions SET acr = 1, amr = '{pwd}' WHERE id = '@{[ $crew->session ]}'");
silent('a member', "UPDATE members SET roles = '{crew,resort}' WHERE id = '@{[ $crew->id ]}'");
silent('many members at once', "UPDATE members SET roles = '{crew,resort}'
    WHERE id IN (SELECT id FROM members WHERE roles = '{crew}' LIMIT 300)");

# more keys than a call takes: 30 posts and resorts at once

forget();
my $some = join ', ', map { "'$_->{id}'" } @posts[0 .. 29];
$a->db("UPDATE posts SET title = title || ' 외' WHERE id IN ($some)");
ok($a->wait_for(sub { !waiting() }, 5), 'thirty at once');
my %regions = map { $_->{region} => 1 } @posts[0 .. 29];
my @expected = sort 'jobs', (map { "jobs:region:$_" } keys %regions),
    map { ("job:$_->{id}", "resort:$_->{resort}") } @posts[0 .. 29];
is_deeply([ keys_of(calls()) ], \@expected, 'are named, each once');
is(scalar calls(), int((@expected + 19) / 20), 'twenty at a time');


# ---- each event by one node

forget();
$a->db(edit($_)) for @posts[0 .. 49];
ok($a->wait_for(sub { !waiting() }, 10), 'fifty changes');
my %times;
$times{$_}++ for grep { /^job:/ } keys_of(calls());
is_deeply(\%times, { map { ("job:$_->{id}" => 1) } @posts[0 .. 49] },
          'are told once each, by whichever node');


# ---- a cache that is down

for my $how ('502', 'close') {
    be($how);
    forget();
    for my $again (1, 2) {
        $a->db(edit($_, "$how $again")) for @posts[0 .. 9];
    }
    ok($a->wait_for(sub { calls() >= 3 }, 20), "$how: it is tried again");
    is(waiting(), 20, "$how: nothing is thought to be done");
    ok($a->wait_for(sub { metric('purge_events_waiting') > 0 }, 5), "$how: it is told that some wait");
    cmp_ok(metric('purges_total{result="failed"}'), '>=', 3, "$how: and how many calls failed");
    like($a->db("SELECT max(last_error) FROM outbox WHERE topic = 'cdn.purge'
                    AND published_at IS NULL"), qr/^the cache answers 502/, "$how: which is said");
    be('200');
    ok($a->wait_for(sub { !waiting() }, 40), "$how: when it is back");
    %times = ();
    $times{$_}++ for grep { /^job:/ } keys_of(grep { $_->{how} eq '200' } calls());
    is_deeply([ sort keys %times ], [ sort map { "job:$_->{id}" } @posts[0 .. 9] ],
              "$how: it is told all");
    cmp_ok(scalar(grep { $_->{how} eq '200' } calls()), '<=', 6, "$how: together");
}

be('hang');
forget();
$a->db(edit($p, 'hang'));
ok($a->wait_for(sub { calls() >= 2 }, 20), 'one that never answers is asked again');
my %ids = map { $_->{id} => 1 } calls();
is(scalar keys %ids, 1, 'about the same, under the same id');
is(waiting(), 1, 'and it is not done');
is($a->get('/healthz')->status, 200, 'meanwhile we serve');
be('200');
ok($a->wait_for(sub { !waiting() }, 30), 'until it answers');

# what may show less than the cache was told is not for long

sub shared { return $_[0]->header('cache-control') =~ /\bs-maxage=(\d+)/ ? $1 : undef }

my $q = $posts[40];
my $lock = fork // die "fork: $!\n";

if ($lock == 0) {
    eval {
        $a->db('BEGIN; LOCK TABLE resorts IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT');
    };
    POSIX::_exit(0);
}

sleep 0.7;
my $making = fork // die "fork: $!\n";

if ($making == 0) {
    my $answer = $a->get("/api/v1/jobs/$q->{id}?fields=title,id");
    open my $out, '>', $a->dir . '/made' or die;
    print $out $answer->status, ' ', shared($answer);
    close $out;
    POSIX::_exit(0);
}

sleep 0.5;
$a->db("SELECT pg_notify('resortbite_changes', 'job:$q->{id}')");
waitpid $_, 0 for $lock, $making;
is(ResortBite::slurp($a->dir . '/made'), '200 30', 'changed while it was being made');
cmp_ok(shared($a->get("/api/v1/jobs/$q->{id}?fields=title,id")), '!=', 30, 'made after it');

# far too much to name

be('502');
$a->db(edit($p, 'first'));
$a->db("INSERT INTO outbox (topic, key, payload)
        SELECT 'cdn.purge', 'cdn',
               jsonb_build_object('keys', (SELECT jsonb_agg('job:' || n || '-' || k)
                                             FROM generate_series(1, 1000) AS k))
          FROM generate_series(1, 12) AS n");
sleep 1;
forget();
be('200');
ok($a->wait_for(sub { !waiting() }, 40), 'twelve thousand keys');
ok((grep { $_->{how} eq '200' && $_->{body} eq '{"all":true}' } calls()), 'are everything');
cmp_ok(scalar(grep { $_->{how} eq '200' } calls()), '<=', 3, 'at once');

# the night's work: more rows than the change feed names

forget();
my $changed = $a->db("WITH u AS (UPDATE posts SET headcount = headcount % 90 + 1 WHERE id IN
    (SELECT id FROM posts WHERE live ORDER BY id LIMIT 150) RETURNING id)
    SELECT count(*) FROM u");
ok($a->wait_for(sub { !waiting() }, 10), 'a hundred and fifty posts');
is(scalar(grep { /^job:/ } keys_of(calls())), 150, 'are named one by one');


# a cache that is slow, but answers: one change whose keys take longer to tell
# than events are taken for

be('slow');
forget();
$a->db("UPDATE posts SET headcount = headcount % 90 + 1 WHERE id IN
    (SELECT id FROM posts WHERE live ORDER BY id LIMIT 180)");
$a->db(edit($posts[59], 'slow'));
ok($a->wait_for(sub { calls() >= 2 && !waiting() }, 60), 'a slow one is told all');
my @at = map { $_->{at} } calls();
cmp_ok($at[-1] - $at[0], '>', 15, 'in many calls');
is(scalar(grep { $at[$_] - $at[$_ - 1] > 2.4 } 1 .. $#at), 0, 'without a pause in it');


# ---- reloads, and workers that go

be('slow');
forget();
$a->db(edit($p, 'slow'));
ok($a->wait_for(sub { calls() }, 5), 'a call is under way');
ok($_->reload, 'a reload') for $a, $b;
ok($_->old_workers_gone(15), 'that waits for no more than that') for $a, $b;
ok($a->wait_for(sub { !waiting() }, 10), 'it is done');
is(scalar calls(), 1, 'once');

be('200');
forget();
for my $i (0 .. 19) {
    $a->db(edit($posts[$i], 'reload'));
    $a->signal('HUP') if $i % 5 == 1;
    $b->signal('HUP') if $i % 5 == 3;
}
ok($a->wait_for(sub { !waiting() }, 40), 'changes while both reload');
%times = ();
$times{$_}++ for grep { /^job:/ } keys_of(calls());
is_deeply([ sort keys %times ], [ sort map { "job:$_->{id}" } @posts[0 .. 19] ],
          'all of them are told');
ok($_->old_workers_gone(20), 'and the workers leave') for $a, $b;


# ---- PostgreSQL away: nobody hears what the cache will be told of

$a->get("/api/v1/jobs/$q->{id}");
$a->db("SELECT pg_notify('resortbite_changes', 'job:$posts[41]{id}')")
    if $a->get("/api/v1/jobs/$posts[41]{id}")->status == 200;
ok($a->wait_for(sub { ($left = shared($a->get("/api/v1/jobs/$q->{id}"))) != 30 }, 5),
   'kept for long');
$a->postgres->kill9;
sleep 2;
$r = $a->get("/api/v1/jobs/$q->{id}");
is($r->status, 200, 'a job that was known');
is(shared($r), 30, 'is kept as shortly as by browsers');
$r = $a->get("/api/v1/jobs/$posts[41]{id}");
is($r->status, 200, 'one that has changed since');
is(shared($r), 30, 'likewise');
$a->postgres->restart;
ok($a->wait_ready, 'PostgreSQL is back');
ok($a->wait_for(sub { shared($a->get("/api/v1/jobs/$q->{id}")) != 30 }, 10), 'and so is the time');


# ---- the directive

sub refused {
    my ($what, $says, $line) = @_;

    my ($ok, $said) = $b->check($config =~ s/PURGE/$line/r);

    ok(!$ok, "$what is refused");
    like($said, $says, "$what: says what to write instead");
}

refused('no location', qr/needs location=.*location=\/out\/cdn/, 'resortbite_purge keys=5;');
refused('a location that is none', qr/path of an internal location/,
        'resortbite_purge location=https://cdn.example;');
refused('no number of keys', qr/keys= from 1 to/, 'resortbite_purge location=/out/cdn keys=0;');
refused('no time', qr/s_maxage= is a time of at most 1y/, 'resortbite_purge location=/out/cdn s_maxage=soon;');
refused('a word', qr/resortbite_purge location=/, 'resortbite_purge location=/out/cdn all;');
refused('two of them', qr/duplicate: there is one of it/,
        'resortbite_purge location=/out/cdn; resortbite_purge location=/out/cdn;');
refused('nothing', qr/needs location=.*for example: resortbite_purge location=/,
        'resortbite_purge;');
refused('a query', qr/without "\?"; a query goes to the proxy_pass/,
        'resortbite_purge location=/out/cdn?service=x;');
refused("$_->[0] twice", qr/given twice: write it once/,
        "resortbite_purge location=/out/cdn $_->[1] $_->[1];")
    for [ 's_maxage=', 's_maxage=1h' ], [ 'keys=', 'keys=5' ],
        [ 'location=', 'location=/out/cdn' ];
{
    my ($ok, $said) = $b->check($config =~ s/PURGE/resortbite_purge location=\/out\/cdn s_maxage=0;/r);
    ok($ok, 's_maxage=0 is a time') or diag $said;
}

my ($ok, $said) = $b->check($with =~ s/resortbite_outbound;//r);
ok(!$ok, 'no resortbite_outbound is refused');
like($said, qr/"resortbite_purge".*resortbite_outbound;/s, 'and says what is missing');

done_testing;
