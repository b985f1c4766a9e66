# The minimum wage, as a property: of hundreds of posts by chance (what pay is
# for, dates across the years, schedules by day and by night) the number that a
# refusal names passes, one won less doesn't, and it is the one that is computed
# here in another way.
#
# RB_TEST_SEED=n repeats a run.

use strict;
use warnings;
use utf8;

use Test::More;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use List::Util qw(max sum0);
use POSIX qw(ceil);

use lib dirname(__FILE__) . '/lib';
use ResortBite::Postgres;

my $seed = int($ENV{RB_TEST_SEED} // time ^ $$);
srand $seed;
diag "RB_TEST_SEED=$seed";

my $home = tempdir('/tmp/rbtest-XXXXXXXX', CLEANUP => 1);
chmod 0755, $home;

my $db = ResortBite::Postgres->shared(home => $home, content => 'demo');
my @wages = map { [ split /\|/ ] } split /\n/, $db->db(
    'SELECT effective_from, hourly_krw FROM min_wages ORDER BY 1');
my ($resort, $member) = split /\|/, $db->db(
    'SELECT r.id, m.member_id FROM resorts AS r JOIN resort_members AS m ON m.resort_id = r.id
      WHERE r.open ORDER BY r.id LIMIT 1');


# The highest of the wages of any day of the work; an open end is as long as its
# first day, and a year that is not known yet pays as the last one known.

sub wage {
    my ($from, $until) = @_;

    $until //= $from;
    my ($first) = grep { $_->[0] le $from } reverse @wages;
    my @in = grep { $_->[0] gt $from && $_->[0] le $until } @wages;

    return max(map { $_->[1] } $first // (), @in);
}

# Paid minutes of each working day: the hours from the beginning of work on (a
# day's work ends a day after it began), less the break that the law orders.

sub paid {
    my @works = split //, $_[0];
    my @present = (0) x 7;

    if (!grep { !$_ } @works) {
        @present = (24) x 7;
    } else {
        for my $begins (grep { $works[$_] && !$works[$_ - 1] } 0 .. 167) {
            my $length = 0;
            $length++ while $works[($begins + $length) % 168];
            my $day = int $begins / 24;

            for (; $length > 0; $length -= 24, $day++) {
                $present[$day % 7] += $length > 24 ? 24 : $length;
            }
        }
    }

    return map { 60 * $_ - ($_ >= 9 ? 60 : $_ >= 5 ? 30 : 0) } grep { $_ } @present;
}

sub needed {
    my ($post, @schedules) = @_;

    my $wage = wage(@$post{qw(from until)}) // return;
    my @days = map { [ paid($_) ] } @schedules;

    # a day has the minutes that are said, which aren't less than its schedule's
    my $longest = max(0, map { @$_ } @days);
    $post->{minutes_needed} = $longest if $post->{type} eq 'daily' && $longest > $post->{minutes};

    return $wage if $post->{type} eq 'hourly';
    return ceil($wage * $post->{minutes} / 60 - 1e-9) if $post->{type} eq 'daily';

    my $week = max(0, map { sum0 @$_ } @days) / 60;

    # weeks of a month are 365 / 7 / 12; with the holiday that is paid
    return $wage * ($week <= 40 ? 209 : ceil(($week + 8) * 365 / 84 - 1e-9));
}


# ---- posts by chance

sub schedule {
    my @works = (0) x 168;
    my $kind = int rand 6;

    return '1' x 168 if $kind == 0 && rand() < 0.2;

    my $start = int rand 24;
    my $length = $kind == 1 ? 1 + int rand 40 : 2 + int rand 13;

    for my $day (grep { rand() < 0.7 } 0 .. 6) {
        my $at = $day * 24 + ($kind == 2 ? int rand 24 : $start);
        $works[$_ % 168] = 1 for $at .. $at + $length - 1;
        $works[($at + $length + 2 + $_) % 168] = 1 for $kind == 3 ? 0 .. 2 : ();
    }
    $works[5] = 1 if !grep { $_ } @works;

    return join '', @works;
}

my @edges = qw(2024-12-31 2025-01-01 2025-12-31 2026-01-01 2026-12-31 2027-01-01 2028-02-29);
my (@posts, @rows);

for my $n (0 .. 399) {
    my @dates = sort map { rand() < 0.5 ? $edges[rand @edges]
        : sprintf '%d-%02d-%02d', 2024 + int rand 4, 1 + int rand 12, 1 + int rand 28 } 1, 2;
    my %post = (type => (qw(hourly daily monthly))[$n % 3], minutes => 60 + 5 * int rand 277,
                from => $dates[0], until => rand() < 0.2 ? undef : $dates[1]);
    my @schedules = map { schedule() } 1 .. int rand 4;

    $post{needed} = needed(\%post, @schedules);
    push @posts, \%post;

    push @rows, "INSERT INTO work_types (id, resort_id, name, category_code, schedule, pay_type,
                                         pay_min_krw, pay_max_krw, daily_minutes)
        VALUES (md5('w $n $_')::uuid, '$resort', '업무 $n $_', 'lift', B'$schedules[$_]', 'hourly',
                20000, 20000, 60)" for 0 .. $#schedules;
    push @rows, "INSERT INTO asked VALUES ($n, '$post{type}', $post{minutes}, '$post{from}', "
        . (defined $post{until} ? "'$post{until}'" : 'NULL')
        . ", ARRAY[" . join(', ', map { "md5('w $n $_')::uuid" } 0 .. $#schedules) . ']::uuid[])';
}

$db->db('CREATE TABLE asked (n integer, type text, minutes integer, starts date, ends date,
                             work uuid[])');
$db->db(join ";\n", splice @rows, 0, 100) while @rows;

my $out = $db->db(<<'END');
    CREATE FUNCTION wanted(a asked, pay bigint, rule text DEFAULT 'minimum_wage')
    RETURNS text LANGUAGE sql RETURN (
        SELECT concat_ws(' ', f.needed, f.found)
          FROM post_findings(jsonb_populate_record(NULL::posts, jsonb_build_object(
                   'pay_type', a.type, 'pay_min_krw', pay, 'pay_max_krw', pay,
                   'daily_minutes', a.minutes, 'starts_on', a.starts, 'ends_on', a.ends,
                   'work_type_ids', a.work))) AS f
         WHERE f.rule = wanted.rule AND f.field LIKE 'pay.%');

    SELECT n, needed, wanted(a, needed), wanted(a, needed - 1),
           pay_per_hour(a.type::pay_type, needed::integer, a.minutes)
               >= min_wage_krw(a.starts, a.ends),
           split_part(wanted(a, 1, 'daily_minutes'), ' ', 1)
      FROM asked AS a, LATERAL (SELECT split_part(wanted(a, 1), ' ', 1)::bigint) AS w (needed)
     ORDER BY n
END

my @got = map { [ split /\|/, $_, -1 ] } split /\n/, $out;
is(scalar @got, scalar @posts, 'all of them');

my (@other, @refused, @passed, @guarded, @days);

for (@got) {
    my ($n, $needed, $at, $below, $guard, $minutes) = @$_;
    my $what = join ' ', $n, map { $_ // '-' } @{ $posts[$n] }{qw(type minutes from until needed)};

    push @other, "$what: $needed" if $needed ne ($posts[$n]{needed} // '');
    push @days, "$what: $minutes" if $minutes ne ($posts[$n]{minutes_needed} // '');
    push @refused, "$what: $at" if $at ne '';
    push @passed, $what if $needed ne '' && $below !~ /^\Q$needed\E \d+$/;
    push @guarded, $what if $needed ne '' && $guard ne 't';
}

is_deeply(\@other, [], 'what is needed is what it comes to in another way');
is_deeply(\@days, [], 'and so are the minutes of a day');
is_deeply(\@refused, [], 'with it the post passes');
is_deeply(\@passed, [], 'and with one won less it doesn\'t');
is_deeply(\@guarded, [], 'nor does the last guard refuse what passes');

done_testing;
