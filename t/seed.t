# scripts/seed: the demo is what the documents say, the same every time, and
# live on the day it is looked at; the large seed's pieces keep their promises
# (the whole of it takes minutes and is not for a test).

use strict;
use warnings;
use utf8;

use Test::More;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use POSIX ();

use lib dirname(__FILE__) . '/lib';
use ResortBite::Postgres;

my $root = dirname(__FILE__) . '/..';
my $home = tempdir('/tmp/rbtest-XXXXXXXX', CLEANUP => 1);
chmod 0755, $home;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

# the shared server with all its templates, whichever is asked for first
my @databases = ResortBite::Postgres->shared(home => $home, content => 'demo');


sub new_database {
    my ($content) = @_;

    push @databases,
        ResortBite::Postgres->shared(home => $home, content => $content);

    return $databases[-1];
}


sub start_seed {
    my ($file, $db, @arguments) = @_;

    my $pid = fork() // die "fork: $!\n";

    if ($pid == 0) {
        delete $ENV{RESORTBITE_POSTGRES};
        push @arguments, '--dsn', $db->conninfo(user => 'resortbite_owner')
            if $db;
        open STDOUT, '>', $file;
        open STDERR, '>&', \*STDOUT;
        exec 'bash', "$root/scripts/seed", @arguments or POSIX::_exit(127);
    }

    return $pid;
}


sub output {
    my ($file) = @_;

    open my $in, '<:utf8', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}


sub seed {
    my ($db, @arguments) = @_;

    waitpid start_seed("$home/out", $db, @arguments), 0;

    return (output("$home/out"), $? >> 8);
}


# A line a table: its rows, and a checksum of all they hold.

my @tables = qw(
    members resorts resort_members dormitories dormitory_rents rooms beds occupancies
    work_types posts post_work_types applications reports favourites
);

sub checksums {
    my ($db, $what) = @_;

    return $db->db('SELECT line FROM (' . join(' UNION ALL ', map {
        my $row = $what && /resort_members|post_work_types|favourites/ ? 'NULL'
            : $what ? "t.$what" : 't';
        "SELECT '$_ ' || count(*) || ' ' || md5(string_agg(h, '' ORDER BY h))
           FROM (SELECT md5(($row)::text) AS h FROM $_ AS t) AS hashes"
    } @tables) . ') AS lines (line) ORDER BY line');
}


# ---- usage

my ($out, $status) = seed(undef, 'everything');
is($status, 2, 'an unknown seed is wrong usage');

($out, $status) = seed(undef, 'demo');
is($status, 2, 'so is no database');
like($out, qr/--dsn/, 'and it says how to give one');

($out, $status) = seed(new_database('none'), 'demo');
is($status, 1, 'a database without a schema is refused');
like($out, qr/scripts\/migrate/, 'with what to run first');

my $one = new_database('empty');

($out, $status) = seed($one, 'none');
is($status, 0, 'none is a seed');
is($one->db('SELECT count(*) FROM posts'), 0, 'and adds nothing');


# ---- the demo, twice at once into one database, and into another

my $two = new_database('empty');

my %runs = map { $_->[0] => start_seed("$home/$_->[0]", $_->[1], 'demo') }
    [ a => $one ], [ b => $one ], [ c => $two ];

for my $run (sort keys %runs) {
    waitpid $runs{$run}, 0;
    is($? >> 8, 0, "run $run") or diag(output("$home/$run"));
}

my $both = output("$home/a") . output("$home/b");
is(scalar(() = $both =~ /300 resorts, 3000 posts/g), 1,
   'of two runs at once one seeds') or diag($both);
is(scalar(() = $both =~ /nothing to change/g), 1, 'and one has nothing to do');

unlike($both . output("$home/c"), qr/WARNING/,
       'the owner is not warned of what is not to be analyzed');
is($one->db("SELECT count(*) FROM pg_class WHERE relname IN ('posts', 'beds', 'regions')
             AND reltuples > 0"), 3, 'our own tables were');

my $sums = checksums($one);
is(checksums($two), $sums, 'two databases come out the same');

($out, $status) = seed($one, 'demo');
is($status, 0, 'a second run is fine');
like($out, qr/nothing to change/, 'says that nothing changes');
is(checksums($one), $sums, 'and nothing did');

$one->db('CREATE TABLE kept AS TABLE seed_steps; TRUNCATE seed_steps');
($out, $status) = seed($one, 'demo');
is($status, 1, 'posts that no seed made are not mixed with');
like($out, qr/posts of its own/, 'and it says why');
is(checksums($one), $sums, 'nothing changed');
$one->db('INSERT INTO seed_steps TABLE kept');


# ---- what is in it

is($one->db('SELECT count(*), count(DISTINCT name), count(DISTINCT region_code),
             count(DISTINCT type) FROM resorts'), '300|300|17|8',
   '300 resorts of eight types in all 17 regions');
is($one->db("SELECT count(*) FROM resorts AS r JOIN regions AS g ON g.code = r.region_code
             WHERE r.address LIKE g.name_ko || '%'"), 300,
   'whose addresses begin with their region');
is($one->db("SELECT string_agg(status || ' ' || n, ', ' ORDER BY status)
             FROM (SELECT resort_verification(r) AS status, count(*) AS n
                     FROM resorts AS r WHERE deleted_at IS NULL GROUP BY 1) AS counts"),
   'none 1, refused 1, verified 282, waiting 13', 'most of them verified, some not yet');
is($one->db('SELECT count(*) FROM posts'), 3000, '3,000 posts');
is($one->db('SELECT count(DISTINCT status), count(*) FILTER (WHERE deleted_at IS NOT NULL) > 0
             FROM posts'), '9|t', 'in all states, some deleted');
is($one->db("SELECT count(*) FROM posts AS p WHERE status IN ('approved', 'paused', 'hidden')
                AND deleted_at IS NULL
                AND EXISTS (SELECT FROM post_findings(p) WHERE severity = 'refuse')"), 0,
   'and the law would refuse none that the public sees or may see again');
is($one->db('SELECT count(DISTINCT status) FROM applications'), 8,
   'applications in all states');
is($one->db('SELECT count(*) > 1000, count(DISTINCT member_id) > 500 FROM favourites'), 't|t',
   'jobs that are kept');
is($one->db('SELECT count(*) FROM post_counters AS c JOIN posts AS p ON p.id = c.post_id
             WHERE p.live AND c.views > 0
               AND c.applications = (SELECT count(*) FROM applications AS a WHERE a.post_id = p.id)
               AND c.favourites = (SELECT count(*) FROM favourites AS f WHERE f.post_id = p.id)
            HAVING count(*) > 1500') > 0, 1, 'and counted');
is($one->db('SELECT count(*) > 1500 FROM posts WHERE live'), 't', 'many are live');
is($one->db('SELECT count(*) FROM posts WHERE live AND deadline < seoul_today() + 7'), 0,
   'and stay so for a week at least');
is($one->db('SELECT min(pay_hourly_krw) >= 10320 FROM posts'), 't',
   'none pays less than the minimum wage');
is($one->db('SELECT count(DISTINCT category_code), count(DISTINCT employment_type),
             count(DISTINCT pay_type), count(DISTINCT has_dormitory) FROM posts WHERE live'),
   '18|5|3|2', 'every filter has something to find');
is($one->db("SELECT count(*) FROM posts WHERE title !~ '[가-힣]' OR description !~ '[가-힣]'"), 0,
   'in Korean');
is($one->db("SELECT count(*) FROM posts WHERE (title || description || requirements)
             ~ '(키가|몸무게|외모|출신지|결혼 여부)'"), 0, 'asking for nothing the law forbids');
is($one->db('SELECT count(DISTINCT title) > 1500 FROM posts'), 't', 'with titles of their own');
is($one->db('SELECT count(*) > 5000 FROM beds'), 't', 'beds');
is($one->db("SELECT count(*) > 1000 FROM occupancies WHERE stay @> seoul_today()"), 't',
   'some of them taken today');
is($one->db('SELECT count(*) FROM posts AS p WHERE NOT EXISTS (SELECT FROM post_work_types
             WHERE post_id = p.id)'), 0, 'every post has work');
is($one->db("SELECT to_regnamespace('resortbite_seed') IS NULL"), 't',
   'and the tools are put away');

my $checked = 0;

open my $readme, '<:utf8', "$root/sql/README.md" or die "sql/README.md: $!\n";

while (<$readme>) {
    my ($what, $id) = /^\| (.+?) \| `([0-9a-f-]{36})` \|$/ or next;
    my ($n, $state) = $what =~ /^post (\d+), (\w+)/;
    my $found = !$n
        ? $one->db("SELECT count(*) FROM (SELECT id FROM resorts UNION ALL SELECT id FROM members
                    UNION ALL SELECT id FROM dormitories) AS a WHERE id = '$id'")
        : $one->db("SELECT count(*) FROM posts WHERE id = '$id' AND (status::text = '$state'
                    OR live AND '$state' = 'live')");
    is($found, 1, "as documented: $what");
    $checked++;
}

cmp_ok($checked, '>', 10, 'documented ids were found');


# ---- another day: other dates, the same ids

my $later = new_database('empty');
$later->db("INSERT INTO seed_steps (seed, step, rows, seconds, day)
            VALUES ('another', 'all', 0, 0, '2027-05-05')");
($out, $status) = seed($later, 'demo');
is($status, 0, 'seeded as on another day') or diag($out);
is(checksums($later, 'id'), checksums($one, 'id'), 'ids do not depend on the day');
is($later->db("SELECT min(apply_until) >= '2027-05-12', max(published_at) < '2027-05-05T00:00:00+09'
               FROM posts WHERE live"), 't|t', 'dates do');


# ---- the pieces of the million

($out, $status) = seed($one, 'million');
is($status, 1, 'the million needs a superuser');
like($out, qr/session_replication_role/, 'and says so');

open my $script, '>:utf8', "$home/pieces.sql" or die "$home/pieces.sql: $!\n";
print $script <<"END";
\\set day 2026-11-23
\\set day_start '2026-11-23 00:00:00+09'
\\set last_resort 5000
BEGIN;
\\i '$root/sql/seed/words.sql'
\\i '$root/sql/seed/resorts.sql'
\\i '$root/sql/seed/million.sql'
SET LOCAL session_replication_role = replica;
SELECT 'live ' || count(*) FROM generate_series(3001, 500000) AS n WHERE post_is_live(n);
SELECT 'resorts ' || add_resorts(301, 340);
SELECT 'members ' || add_members(2001, 2300);
SELECT 'posts ' || add_posts(3001, 3800);
DROP TABLE plan;
SELECT 'planned ' || plan_applications(3000);
SELECT 'applications ' || add_applications(3001, 3800);
SELECT 'right live ' || count(*) FROM generate_series(3001, 3800) AS n
  JOIN posts AS p ON p.id = seed_id('post', n) WHERE p.live = post_is_live(n);
SELECT 'own texts ' || (count(DISTINCT description) > 780) FROM generate_series(3001, 3800) AS n
  JOIN posts AS p ON p.id = seed_id('post', n);
SELECT 'minimum ' || count(*) FROM posts WHERE live AND pay_hourly_krw < 10320;
SELECT 'refused ' || count(*) FROM posts AS p WHERE status IN ('approved', 'paused', 'hidden')
   AND deleted_at IS NULL AND EXISTS (SELECT FROM post_findings(p) WHERE severity = 'refuse');
SELECT 'numbers ' || count(DISTINCT business_number(n)) FROM generate_series(1, 5000) AS n;
-- By Zipf's law the word of rank r comes up 1/r times as often as the first.
CREATE TEMPORARY TABLE forms AS
SELECT n AS rank, form
  FROM nouns
 CROSS JOIN LATERAL (VALUES (word), (subject), (object), (topic), (companion)) AS f (form);
CREATE TEMPORARY TABLE used AS
SELECT rank, count(*) AS times
  FROM texts('zipf', 1, 3000, 5, 5) AS t
 CROSS JOIN LATERAL regexp_split_to_table(t.body, '[ .]+') AS w (form)
  JOIN forms USING (form)
 GROUP BY rank;
SELECT 'head ' || (sum(times) FILTER (WHERE rank <= 10) BETWEEN 0.15 * sum(times) AND 0.45 * sum(times))
  FROM used;
SELECT 'tail ' || (count(*) FILTER (WHERE rank > 1000) > 2000) FROM used;
ROLLBACK;
END
close $script;

my $pieces = `psql -qAtX -v ON_ERROR_STOP=1 -f $home/pieces.sql "@{[
    $one->conninfo(user => 'postgres') ]}" 2>&1`;

is($?, 0, 'the pieces run') or diag($pieces);
like($pieces, qr/^$_$/m, $_) for 'live 98224', 'resorts 40', 'members 300',
    'posts 800', 'planned 3000', 'applications 3000', 'right live 800',
    'own texts true', 'minimum 0', 'refused 0', 'numbers 5000', 'head true', 'tail true';
is(checksums($one), $sums, 'and left nothing in this test');

$_->drop for @databases;

done_testing;
