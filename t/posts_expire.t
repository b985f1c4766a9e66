# Posts end with their last day in Seoul: soon after it, once, by one node,
# with history, event, trail and a mail to the author; the public is told that
# they have ended.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(time);
use ResortBite;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $a = ResortBite->new;
my $b = ResortBite->new;

sub config {
    return <<"END";
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "@{[ $a->postgres->conninfo ]}";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END
}

# what is over already when the first node starts: more than one batch

my $over = $a->db("WITH picked AS (SELECT id FROM posts WHERE live ORDER BY id LIMIT 250)
    UPDATE posts SET apply_until = seoul_today() - 1, starts_on = least(starts_on, seoul_today() - 2)
     WHERE id IN (SELECT id FROM picked) AND (ends_on IS NULL OR ends_on >= seoul_today() - 1)
    RETURNING id");
my @over = split /\n/, $over;
my %due = map { $_ => 1 } @over;

cmp_ok(scalar @over, '>', 200, scalar(@over) . ' posts are over');

$_->start(config()) for $a, $b;
ok($_->wait_ready, 'ready') for $a, $b;

sub left {
    return $a->db('SELECT count(*) FROM posts WHERE live'
                  . ' AND least(deadline, ends_on) < seoul_today()');
}

ok($a->wait_for(sub { left() == 0 }, 15), 'all of them end');

my $in = join ', ', map { "'$_'" } @over;
is($a->db("SELECT count(*) FROM posts WHERE id IN ($in) AND status = 'expired'"),
   scalar @over, 'as expired');
is($a->db("SELECT count(*) FROM post_status_changes WHERE post_id IN ($in)
              AND from_status = 'approved' AND to_status = 'expired' AND actor_id IS NULL"),
   scalar @over, 'by the system, once each, though there are two nodes');
is($a->db("SELECT count(*) FROM outbox WHERE topic = 'post.expired'"
          . ' AND key IN (' . join(', ', map { "'job:$_'" } @over) . ')'), scalar @over,
   'an event each');
is($a->db("SELECT count(*) FROM audit_events WHERE action = 'post.expired'
              AND actor_id IS NULL AND subject_id IN ($in)"), scalar @over, 'a row in the trail');

# two days: apply_until, and the last day of work

my ($first, $second, $third) = split /\n/, $a->db('SELECT p.id FROM posts AS p
      JOIN resort_members AS m ON m.resort_id = p.resort_id AND m.member_id = p.created_by
     WHERE p.live AND p.apply_until > seoul_today() AND p.ends_on > seoul_today() + 5
     ORDER BY p.id LIMIT 3');

is($_->get("/api/v1/jobs/$first")->status, 200, 'a post that is open, on each node') for $a, $b;

my $started = time;

$a->db("UPDATE posts SET apply_until = seoul_today() - 1 WHERE id = '$first';
        UPDATE posts SET starts_on = seoul_today() - 30, ends_on = seoul_today() - 1,
               apply_until = NULL
         WHERE id = '$second';
        UPDATE posts SET apply_until = seoul_today() WHERE id = '$third'");

ok($a->wait_for(sub { left() == 0 }, 10), 'the day is over');
cmp_ok(time - $started, '<', 8, 'and they ended within seconds');
is($a->db("SELECT string_agg(status::text, ' ') FROM posts WHERE id IN ('$first', '$second')"),
   'expired expired', 'by either day');
is($a->db("SELECT status FROM posts WHERE id = '$third'"), 'approved',
   'the last day itself is open');

for my $node ($a, $b) {
    ok($node->wait_for(sub { $node->get("/api/v1/jobs/$first")->status == 410 }, 5),
       'the public hears that it has ended');
}

is($a->db("SELECT (payload->>'to' = m.email) || ' ' || (payload->'params'->>'title' = p.title)
                  || ' ' || (payload->'params'->>'until')
             FROM outbox AS o JOIN posts AS p ON p.id = '$first'
             JOIN members AS m ON m.id = p.created_by
            WHERE o.topic = 'mail.post_expired' AND o.key = 'mail:$first'"),
   'true true ' . $a->db('SELECT seoul_today() - 1'), 'its author is told');

# one that holds the lock leaves the others nothing to do

my ($wanted) = $a->db('SELECT id FROM posts WHERE live ORDER BY id LIMIT 1');
my $sql = do {
    open my $in, '<:utf8', 'sql/queries/upkeep.sql' or die "upkeep.sql: $!\n";
    local $/;
    <$in> =~ /-- name: upkeep_expire_posts[^\n]*\n(.*?);/s ? $1 : die "no such statement\n";
};

$_->signal('QUIT') for $a, $b;
ok($_->wait_for(sub { !$a->workers }, 10), 'both nodes leave') for $a;
$a->wait_for(sub { !$b->workers }, 10);

$a->db("UPDATE posts SET apply_until = seoul_today() - 1 WHERE id = '$wanted'");

my @ended = map { scalar split /\n/, $_ // '' } $a->parallel(6, sub { $a->db($sql) });
is_deeply([ sort @ended ], [ 0, 0, 0, 0, 0, 1 ], 'six at once: one of them ends it');
is($a->db("SELECT count(*) FROM post_status_changes WHERE post_id = '$wanted'
              AND to_status = 'expired'"), 1, 'once');

done_testing;
