# Every named statement, against the real schema, as the server's own role:
#
#   it can be prepared, in every variant that a label makes
#   its columns are those of the view that shows them, in their order
#   its plan, with parameters that the planner doesn't know, reads no large
#   table from end to end
#   a page of jobs is chosen by an index alone, however few match the filters
#
# Plans depend on how much there is: the tables are filled first, in the shape
# of a market with 50,000 posts.  No planner setting is touched, and the
# checks are tried on statements that are wrong: one that can't fail is none.
#
# A statement's labels: of those named by_… a variant has exactly one, and an
# after_x goes with by_x; any other may be added.

use strict;
use warnings;
use utf8;

use Test::More;

use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use JSON::PP ();

use lib dirname(__FILE__) . '/lib';
use ResortBite::Postgres;

my $root = dirname(__FILE__) . '/..';
my $home = tempdir('/tmp/rbtest-XXXXXXXX', CLEANUP => 1);
chmod 0755, $home;

my $db = ResortBite::Postgres->shared(home => $home, content => 'empty');

END {
    my $status = $?;
    $db->drop if $db;
    ResortBite::Process::stop_all();
    $? = $status;
}

my $LARGE = 1000;                       # rows; reference tables have fewer


sub slurp {
    my ($file) = @_;

    open my $in, '<:utf8', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}


# ---- a market

sub fill {
    my ($server) = @_;

    $server->db(<<'SQL');
BEGIN;
SET LOCAL session_replication_role = replica;

INSERT INTO members (id, email, display_name)
SELECT uuid_v7('2026-01-01', md5('member' || n)::uuid),
       'm' || n || '@example.com',
       '크루 ' || n
  FROM generate_series(1, 5000) AS n;

INSERT INTO resorts (id, name, type, region_code, address, lat, lng,
                     business_number, business_verified_at, created_at)
SELECT uuid_v7('2026-01-01', md5('resort' || n)::uuid),
       '리조트 ' || n,
       (enum_range(NULL::resort_type))[1 + n % 8],
       (SELECT code FROM regions WHERE position = 1 + n % 17),
       '강원특별자치도 평창군 대관령면 올림픽로 ' || n,
       33.2 + (n * 37 % 1000) / 220.0,
       126.3 + (n * 91 % 1000) / 350.0,
       b.number,
       CASE WHEN n % 20 <> 0 THEN now() END,
       timestamptz '2026-01-01' + n * interval '1 minute'
  FROM generate_series(1, 5000) AS n
 CROSS JOIN LATERAL (
           SELECT (1000000000 + n * 10 + digit)::text AS number
             FROM generate_series(0, 9) AS digit
            WHERE business_number_valid((1000000000 + n * 10 + digit)::text)
            LIMIT 1
       ) AS b;

INSERT INTO dormitories (id, resort_id, name, type)
SELECT uuid_v7('2026-01-01', md5('dorm' || n)::uuid),
       uuid_v7('2026-01-01', md5('resort' || 1 + n % 5000)::uuid),
       '기숙사 ' || n,
       'building'
  FROM generate_series(1, 10000) AS n;

INSERT INTO dormitory_rents (id, dormitory_id, season, label, rent_monthly_krw)
SELECT uuid_v7('2026-01-01', md5('rent' || n)::uuid),
       uuid_v7('2026-01-01', md5('dorm' || 1 + n % 10000)::uuid),
       daterange('2027-01-01'::date + n / 10000 * 100, '2027-03-01'::date + n / 10000 * 100),
       '시즌',
       300000
  FROM generate_series(1, 20000) AS n;

INSERT INTO rooms (id, dormitory_id, name, gender)
SELECT uuid_v7('2026-01-01', md5('room' || n)::uuid),
       uuid_v7('2026-01-01', md5('dorm' || 1 + n % 10000)::uuid),
       n || '호',
       'any'
  FROM generate_series(1, 20000) AS n;

INSERT INTO beds (id, room_id, label)
SELECT uuid_v7('2026-01-01', md5('bed' || n)::uuid),
       uuid_v7('2026-01-01', md5('room' || 1 + n % 20000)::uuid),
       'B' || n
  FROM generate_series(1, 40000) AS n;

INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
SELECT uuid_v7('2026-01-01', md5('stay' || n)::uuid),
       uuid_v7('2026-01-01', md5('resort' || 1 + n % 5000)::uuid),
       uuid_v7('2026-01-01', md5('bed' || n)::uuid),
       uuid_v7('2026-01-01', md5('member' || n)::uuid),
       daterange('2026-12-01', '2027-02-28'),
       'assigned'
  FROM generate_series(1, 5000) AS n;

INSERT INTO posts (id, resort_id, title, description, category_code,
                   employment_type, pay_type, pay_min_krw, pay_max_krw,
                   starts_on, ends_on, apply_until, region_code, address,
                   lat, lng, has_dormitory, meals_a_day, benefits, status,
                   created_by, updated_by, published_at)
SELECT uuid_v7('2026-01-01', md5('post' || n)::uuid),
       r.id,
       '모집 ' || n,
       repeat('하는 일을 적은 글입니다. ', 30),
       (SELECT code FROM categories WHERE position = 1 + n * 7 % 18),
       (enum_range(NULL::employment_type))[1 + n * 11 % 5],
       'hourly',
       11000 + n % 9000,
       21000,
       seoul_today() + n % 60,
       seoul_today() + 90 + n % 60,
       CASE WHEN n % 4 > 0 THEN seoul_today() + n % 50 END,
       r.region_code,
       r.address,
       r.lat,
       r.lng,
       n % 3 = 0,
       n % 4,
       '{식사 제공,셔틀버스}',
       (ARRAY['approved', 'filled', 'expired', 'pending', 'filled'])
           [1 + n % 5]::post_status,
       m.id,
       m.id,
       now() - n * interval '1 minute'
  FROM generate_series(1, 50000) AS n
  JOIN resorts AS r
    ON r.id = uuid_v7('2026-01-01', md5('resort' || 1 + n * 13 % 5000)::uuid)
 CROSS JOIN (SELECT id FROM members LIMIT 1) AS m;

INSERT INTO reports (id, post_id, reporter_hash, reason)
SELECT uuid_v7('2026-01-01', md5('report' || n)::uuid),
       uuid_v7('2026-01-01', md5('post' || n)::uuid),
       decode(repeat(md5('caller' || n), 2), 'hex'),
       'wage'
  FROM generate_series(1, 5000) AS n;

INSERT INTO favourites (member_id, post_id)
SELECT uuid_v7('2026-01-01', md5('member' || n % 5000 + 1)::uuid),
       uuid_v7('2026-01-01', md5('post' || n)::uuid)
  FROM generate_series(1, 10000) AS n;

INSERT INTO post_counters (post_id, views)
SELECT uuid_v7('2026-01-01', md5('post' || n)::uuid), n
  FROM generate_series(1, 10000) AS n;

INSERT INTO counter_batches (id, applied_at)
SELECT uuid_v7('2026-01-01', md5('batch' || n)::uuid), now() - n * interval '1 minute'
  FROM generate_series(1, 5000) AS n;

INSERT INTO outbox (topic, key, payload, published_at)
SELECT 'cdn.purge', 'cdn', '{"keys": ["jobs"]}', CASE WHEN n % 1000 > 0 THEN now() END
  FROM generate_series(1, 5000) AS n;

INSERT INTO idempotency_keys (caller, key, route, request_hash, status, response)
SELECT 'anon:' || repeat(md5('caller' || n), 2),
       'key ' || n,
       'reports_create',
       decode(repeat(md5('caller' || n), 2), 'hex'),
       201,
       '{}'
  FROM generate_series(1, 5000) AS n;

COMMIT;
SQL

    $server->db('VACUUM ANALYZE');

    return;
}


# ---- statements

# One label each: { labels, text, params => how many }.

sub variants {
    my ($st) = @_;

    my @labels = @{ $st->{labels} };
    my @orders = grep { /^by_/ } @labels;
    my @chosen;

    for my $order (@orders ? @orders : undef) {
        my @base = $order // ();
        my ($after) = $order && $order =~ /^by_(.*)/ ? "after_$1" : '';

        push @chosen, [ @base ],
            map { [ @base, $_ ] }
            grep { !/^by_/ && (!@orders || !/^after_/ || $_ eq $after) }
            @labels;
    }

    return map { { labels => $_, text($st, $_) } } @chosen;
}


sub text {
    my ($st, $labels) = @_;

    return (text => $st->{text}, params => scalar @{ $st->{params} })
        if defined $st->{text};

    my %on = map { $_ => 1 } @$labels;
    my ($text, %number) = ('');

    for my $f (@{ $st->{fragments} }) {
        next if @{ $f->{any} } && !grep { $on{ $st->{labels}[$_] } } @{ $f->{any} };
        next if grep { $on{ $st->{labels}[$_] } } @{ $f->{not} };

        $text .= $f->{text};

        my $param = $f->{param} // next;
        my $next = 1 + keys %number;
        $text .= '$' . ($number{$param} //= $next);
    }

    return (text => $text, params => scalar keys %number);
}


# SQL's own EXPLAIN can't be prepared by PREPARE: what it explains can be.

sub explained {
    my ($text) = @_;

    return $text =~ /^\s*EXPLAIN\s*\([^)]*\)\s*(.*)/s ? $1 : $text;
}


# The plan as JSON, or why there is none.

sub plan_of {
    my ($server, $variant) = @_;

    my $execute = 'EXECUTE s'
        . ($variant->{params}
           ? '(' . join(', ', ('NULL') x $variant->{params}) . ')' : '');

    my $answer = eval {
        $server->db_as('resortbite_web',
            "SET plan_cache_mode = force_generic_plan;\n"
            . 'PREPARE s AS ' . explained($variant->{text}) . ";\n"
            . "EXPLAIN (FORMAT JSON, VERBOSE) $execute");
    };

    return (undef, $@) if !defined $answer;

    return JSON::PP->new->decode($answer)->[0]{Plan};
}


sub nodes {
    my ($plan) = @_;

    return ($plan, map { nodes($_) } @{ $plan->{Plans} || [] });
}


my %rows;

# The large tables that a plan reads from end to end.

sub sequential {
    my ($plan) = @_;

    return grep { ($rows{$_} // 0) > $LARGE }
        map { $_->{'Relation Name'} }
        grep { $_->{'Node Type'} eq 'Seq Scan' } nodes($plan);
}


# How a plan comes at a table's rows, but for looking up what it has an id of.

sub ways {
    my ($plan, $table) = @_;

    my %seen;

    return sort grep { !$seen{$_}++ }
        map { $_->{'Node Type'} }
        grep { ($_->{'Relation Name'} // '') eq $table
               && ($_->{'Index Cond'} // '') !~ /\.id = [^()]*\)$/ }
        nodes($plan);
}


# The names of what the statement returns.

sub columns {
    my ($server, $variant) = @_;

    my $answer = $server->db_as('resortbite_web',
        'CREATE TEMPORARY TABLE t AS '
        . with_nulls($variant->{text}) . ' WITH NO DATA;'
        . ' SELECT attname FROM pg_attribute'
        . " WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum");

    return split /\n/, $answer;
}


sub with_nulls {
    my ($text) = @_;

    $text =~ s/\$\d+/NULL/g;

    # a table has each name once: the keys that follow a view's columns
    $text =~ s/ AS key\b/ AS key_of_order/g;

    return $text;
}


# The field names of every view of the source, by the name of its table.

sub views {
    my %views;

    for my $file (glob "$root/ngx_resortbite/*/rb_*_http.c") {
        my $text = slurp($file);

        while ($text =~ /rb_view_field_t\s+(\w+)\[\]\s*=\s*\{(.*?)\n\};/gs) {
            my ($name, $table) = ($1, $2);
            $views{$name} = [ $table =~ /^ {4}\{ ngx_string\("([^"]+)"\)/mg ];
        }
    }

    return \%views;
}


# "-- view: rb_job_fields" in the comment above a statement.

sub shown_as {
    my %view;

    for my $file (glob "$root/sql/queries/*.sql") {
        my $view;

        for my $line (split /\n/, slurp($file)) {
            if ($line =~ /^-- view: (\w+)$/) { $view = $1; }
            if ($line =~ /^-- name: (\w+)/) {
                $view{$1} = $view if $view;
                undef $view;
            }
        }
    }

    return \%view;
}


# ---- the checks, on what is wrong

fill($db);

%rows = map { split /\|/ } split /\n/, $db->db(
    "SELECT relname || '|' || reltuples::bigint FROM pg_class"
    . " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace");

cmp_ok($rows{posts}, '>=', 50000, 'the market is there');

{
    my ($plan) = plan_of($db, {
        params => 1, text => 'SELECT id FROM posts WHERE title = $1' });
    is_deeply([ sequential($plan) ], ['posts'], 'a sequential scan is seen');

    ($plan) = plan_of($db, {
        params => 0, text => 'SELECT count(*) FROM regions' });
    is_deeply([ sequential($plan) ], [], 'one of a small table may be');

    ($plan) = plan_of($db, {
        params => 1, text => 'SELECT id FROM posts WHERE live'
            . ' AND CASE WHEN title = $1 THEN true ELSE false END'
            . ' ORDER BY published_at DESC, id DESC LIMIT 101' });
    is_deeply([ ways($plan, 'posts') ], ['Index Scan'],
              'a walk that looks into the table is seen');

    ($plan) = plan_of($db, {
        params => 1, text => 'SELECT title FROM posts WHERE id = $1' });
    is_deeply([ ways($plan, 'posts') ], [], 'a look-up by id is none');

    (undef, my $why) = plan_of($db, {
        params => 1, text => 'SELECT nothing FROM posts WHERE id = $1' });
    like($why, qr/column "nothing" does not exist/, 'a wrong name is seen');

    (undef, $why) = plan_of($db, {
        params => 0, text => 'DELETE FROM audit_events' });
    like($why, qr/permission denied/, 'a right that the role lacks is seen');
}

# ---- all statements

my $json = do {
    my @command = ("$root/scripts/statements", '--json',
                   glob "$root/sql/queries/*.sql");
    open my $from, '-|', @command or die "scripts/statements: $!\n";
    local $/;
    <$from>;
};

my @statements = @{ JSON::PP->new->utf8->decode($json) };
my ($views, $shown_as) = (views(), shown_as());

cmp_ok(scalar @statements, '>', 5, 'there are statements');

# resorts are thousands at most: counting them all may read them all
my %READS_ALL = (resorts_count => 'resorts');

for my $st (@statements) {
    my $name = $st->{name};

    for my $variant (variants($st)) {
        my $what = join ' ', $name, @{ $variant->{labels} };
        my ($plan, $why) = plan_of($db, $variant);

        ok($plan, "$what can be prepared") or diag($why), next;

        my @read = grep { $_ ne ($READS_ALL{$name} // '') } sequential($plan);

        is_deeply(\@read, [], "$what scans no large table")
            or diag(JSON::PP->new->pretty->encode($plan));

        # a resort's own posts are few
        next if $name ne 'jobs_list'
            || grep { $_ eq 'resort' } @{ $variant->{labels} };

        is_deeply([ ways($plan, 'posts') ], ['Index Only Scan'],
                  "$what chooses its page by an index alone")
            or diag(JSON::PP->new->pretty->encode($plan));

        # nearest is sorted among equals, and a radius is found by its own index
        next if grep { /^(?:by_distance|radius)$/ } @{ $variant->{labels} };

        is_deeply([ grep { /Sort/ } map { $_->{'Node Type'} } nodes($plan) ], [],
                  "$what is not sorted");
    }

    my $view = $shown_as->{$name} // next;
    my ($first) = variants($st);
    my @fields = @{ $views->{$view} || [] };
    my @columns = columns($db, $first);

    ok(scalar @fields, "$view is a view of the source");
    is_deeply([ @columns[0 .. $#fields] ], \@fields,
              "$name returns the columns of $view");
}

# those whose rows are no statement's, and that a handler writes itself
my %BY_HAND = map { $_ => 1 } qw(
    rb_meta_fields
    rb_factors_fields rb_totp_setup_fields rb_codes_fields
    rb_passkey_fields rb_passkey_options_fields
    rb_verification_fields rb_admin_secret_fields
    rb_provider_fields rb_account_made_fields
    rb_login_fields rb_login_csrf_fields rb_login_options_fields
    rb_post_created_fields
    rb_moderation_moved_fields rb_moderation_bulk_fields
);

my %shown = map { $_ => 1 } map { $shown_as->{ $_->{name} } // () } @statements;

is_deeply([ sort keys %shown ],
          [ sort grep { !$BY_HAND{$_} } keys %$views ],
          'every view has its statement');

# the page of a job reads what both have by the places of jobs_get's columns
{
    my %named = map { $_->{name} => $_ } @statements;
    my ($get, $page) = map { [ columns($db, (variants($named{$_}))[0]) ] }
        qw(jobs_get pages_job);
    my ($last) = grep { $get->[$_] eq 'resort.type' } 0 .. $#$get;

    is_deeply([ @$page[0 .. $last] ], [ @$get[0 .. $last] ],
              'pages_job begins with the columns of jobs_get');
    is($page->[-1], $get->[-1], 'and ends with the same');
}


# ---- a total counts what the list lists

{
    my %text = map { $_->{name} => { text($_, [ @{ $_->{labels} } ]) } }
        grep { $_->{name} =~ /^(jobs|resorts)_(list|count)$/ } @statements;

    for my $room (qw(jobs resorts)) {
        my ($list, $count) = map { filters($text{"${room}_$_"}{text}) }
            qw(list count);

        is_deeply($list, $count, "$room: both have the same filters");
        cmp_ok(scalar @$list, '>', 2, "$room: there are filters");
    }
}


# The conditions that both statements have, in order, numbers left out.

sub filters {
    my ($text) = @_;

    $text =~ s/\$\d+/\$/g;
    $text =~ s/\bp\.//g;
    $text =~ s/\s+/ /g;

    my %seen;

    return [ sort grep { !$seen{$_}++ }
             $text =~ /(\(\$::\S+ IS NULL OR .*?\$::\w+(?:\[\])?\)+)/g,
             $text =~ /(least\(.*?\) >= \$::date)/g,
             $text =~ /(pay_hourly_krw >= \$::integer)/g,
             $text =~ /(location <@ circle\(.*?1000\))/g,
             $text =~ /((?:region_code|category_code|type|resort_id) = \$\S*)/g ];
}

done_testing;
