# scripts/migrate, and what the schema it makes refuses.
#
# The script is tried on a copy of itself and of sql/schema, so that files can
# be edited, added and taken away.  Then every CHECK, UNIQUE and exclusion
# constraint is handed a row it must refuse (a constraint nobody tries fails
# the test), every foreign key a row that isn't there, and the server's role
# what it may not do.

use strict;
use warnings;
use utf8;

use Test::More;

use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);

use lib dirname(__FILE__) . '/lib';
use ResortBite::Postgres;

my $root = dirname(__FILE__) . '/..';
my $home = tempdir('/tmp/rbtest-XXXXXXXX', CLEANUP => 1);
chmod 0755, $home;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

# the server; the database itself is for the constraints, further down
my $demo = ResortBite::Postgres->shared(home => $home, content => 'demo');
my @databases = $demo;


sub new_database {
    push @databases,
        ResortBite::Postgres->shared(home => $home, content => 'none');

    return $databases[-1];
}


sub spew {
    my ($file, $text) = @_;

    open my $out, '>:utf8', $file or die "$file: $!\n";
    print $out $text;
    close $out;
}


# A copy of the script and the schema, to be spoilt.

my $trees = 0;

sub new_tree {
    my $tree = "$home/tree" . ++$trees;

    make_path("$tree/scripts", "$tree/sql/schema");
    copy("$root/scripts/migrate", "$tree/scripts/migrate");
    copy($_, "$tree/sql/schema/") for glob "$root/sql/schema/*.sql";

    return $tree;
}


# Its output and exit status; $db may be undef.

sub migrate {
    my ($tree, $db, @arguments) = @_;

    my $pid = start_migrate($tree, $db, "$home/out", @arguments);

    waitpid $pid, 0;

    return (finished("$home/out"), $? >> 8);
}


sub start_migrate {
    my ($tree, $db, $file, @arguments) = @_;

    my $pid = fork() // die "fork: $!\n";

    if ($pid == 0) {
        delete $ENV{RESORTBITE_POSTGRES};
        $ENV{RESORTBITE_POSTGRES} = $db->conninfo(user => 'resortbite_owner')
            if $db;
        open STDOUT, '>', $file;
        open STDERR, '>&', \*STDOUT;
        exec 'bash', "$tree/scripts/migrate", @arguments
            or POSIX::_exit(127);
    }

    return $pid;
}


sub finished {
    my ($file) = @_;

    open my $in, '<:utf8', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}


# ---- the script

my $count = () = glob "$root/sql/schema/*.sql";
my $tree = new_tree();
my $db = new_database();

my ($out, $status) = migrate($tree, undef);
is($status, 2, 'no database given: wrong usage');
like($out, qr/--dsn/, 'and says how to give one');

($out, $status) = migrate($tree, $db, '--nonsense');
is($status, 2, 'an unknown option is wrong usage');

($out, $status) = migrate($tree, $db, '--status');
is($status, 0, 'status of an empty database');
is(scalar(() = $out =~ /^pending /mg), $count, 'everything is pending');
is($db->db("SELECT to_regclass('schema_migrations') IS NULL"), 't',
   'status changed nothing');

($out, $status) = migrate($tree, $db);
is($status, 0, 'an empty database is migrated') or diag($out);
like($out, qr/applied $count, up to date/, 'and says how far');
is($db->db('SELECT count(*) FROM schema_migrations'), $count,
   'each is recorded');

my $applied = $db->db('SELECT string_agg(version || sha256 || applied_at,
                       chr(10) ORDER BY version) FROM schema_migrations');

($out, $status) = migrate($tree, $db);
is($status, 0, 'a second run is fine');
like($out, qr/^migrate: up to date \($count migrations\)$/m, 'and has nothing to do');
is($db->db('SELECT string_agg(version || sha256 || applied_at,
            chr(10) ORDER BY version) FROM schema_migrations'),
   $applied, 'and changed nothing');

($out) = migrate($tree, $db, '--status');
is(scalar(() = $out =~ /^applied /mg), $count, 'status says applied');


# ---- what it refuses

my $spoilt = new_tree();
my ($third) = glob "$spoilt/sql/schema/0003_*.sql";
my ($last) = (sort glob "$spoilt/sql/schema/*.sql")[-1];

spew("$spoilt/sql/schema/0900_more.sql", "CREATE TABLE more (a integer);\n");
system("echo '-- a change' >> $third");
($out, $status) = migrate($spoilt, $db);
is($status, 1, 'an edited migration is refused');
like($out, qr/0003_\w+\.sql was edited.*restore the file/,
     'with what to do about it');
is($db->db("SELECT to_regclass('more') IS NULL"), 't',
   'and nothing is applied');
($out) = migrate($spoilt, $db, '--status');
like($out, qr/^edited +0003_/m, 'status says edited');
like($out, qr/^pending +0900_more/m, 'status says pending');

$spoilt = new_tree();
unlink glob "$spoilt/sql/schema/0005_*.sql";
($out, $status) = migrate($spoilt, $db);
is($status, 1, 'a missing migration is refused');
like($out, qr/0005_\w+\.sql was applied and is missing/, 'by name');

$spoilt = new_tree();
spew("$spoilt/sql/schema/0000_early.sql", "SELECT 1;\n");
($out, $status) = migrate($spoilt, $db);
is($status, 1, 'a migration before the last applied one is refused');
like($out, qr/0000_early\.sql.*next free number/, 'with what to do about it');

$spoilt = new_tree();
spew("$spoilt/sql/schema/0001_twin.sql", "SELECT 1;\n");
($out, $status) = migrate($spoilt, $db);
is($status, 1, 'two migrations of one number are refused');
like($out, qr/two migrations have the number 0001/, 'by number');

$spoilt = new_tree();
spew("$spoilt/sql/schema/next.sql", "SELECT 1;\n");
($out, $status) = migrate($spoilt, $db);
is($status, 1, 'a file without a number is refused');


# ---- a migration that fails

$tree = new_tree();
spew("$tree/sql/schema/0901_good.sql", "CREATE TABLE good (a integer);\n");
spew("$tree/sql/schema/0902_half.sql",
     "CREATE TABLE half (a integer);\nSELECT 1 / 0;\n");
spew("$tree/sql/schema/0903_after.sql", "CREATE TABLE after (a integer);\n");

($out, $status) = migrate($tree, $db);
is($status, 1, 'a failing migration fails the run');
like($out, qr/division by zero/, 'with the reason');
is($db->db("SELECT to_regclass('good') IS NOT NULL, to_regclass('half') IS NULL,
                   to_regclass('after') IS NULL"), 't|t|t',
   'what came before stays, it leaves nothing, nothing comes after');
is($db->db('SELECT max(version) FROM schema_migrations'), 901,
   'and it is not recorded');

spew("$tree/sql/schema/0902_half.sql", "CREATE TABLE half (a integer);\n");
($out, $status) = migrate($tree, $db);
is($status, 0, 'put right, the next run goes on from there') or diag($out);
is($db->db("SELECT to_regclass('half') IS NOT NULL,
                   to_regclass('after') IS NOT NULL"), 't|t', 'to the end');


# ---- two at once, one of them building an index concurrently

my $contested = new_database();

$tree = new_tree();
spew("$tree/sql/schema/0901_slow.sql",
     "CREATE TABLE once (a integer);\nSELECT pg_sleep(1.5);\n");
spew("$tree/sql/schema/0902_index.sql",
     "-- no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS once_a;\n"
     . "CREATE INDEX CONCURRENTLY once_a ON once (a);\n");

my @runs = map { start_migrate($tree, $contested, "$home/run$_") } 1, 2;
my @statuses = map { waitpid $_, 0; $? >> 8 } @runs;
my $both = finished("$home/run1") . finished("$home/run2");

is("@statuses", '0 0', 'two runs at once both succeed') or diag($both);
is(scalar(() = $both =~ /applying 0901_slow/g), 1, 'each migration runs once');
like($both, qr/another run is at work/, 'one of them waited');
is($contested->db("SELECT indisvalid FROM pg_index
                   WHERE indexrelid = 'once_a'::regclass"), 't',
   'and an index was built concurrently meanwhile');


# ---- a table in use

$tree = new_tree();
copy("$_", "$tree/sql/schema/")
    for map { glob "$home/tree" . ($trees - 1) . "/sql/schema/090*" } 1;
spew("$tree/sql/schema/0903_busy.sql", "ALTER TABLE once ADD COLUMN b text;\n");

my $holder = fork() // die "fork: $!\n";

if ($holder == 0) {
    $contested->db('BEGIN; LOCK TABLE once; SELECT pg_sleep(6)');
    require POSIX;
    POSIX::_exit(0);
}

select undef, undef, undef, 0.5;
($out, $status) = migrate($tree, $contested);
waitpid $holder, 0;

is($status, 0, 'a table in use holds a migration up') or diag($out);
like($out, qr/a table is in use, try 2/, 'which lets go and tries again');


# ---- rows of before posts and resorts could be edited

my $grown = new_database();

sub up_to {
    my ($number) = @_;

    $tree = new_tree();
    m{/(\d{4})_[^/]*$} && $1 > $number && unlink $_ for glob "$tree/sql/schema/*.sql";

    return migrate($tree, $grown);
}

up_to(109);
$grown->db(<<'END');
    INSERT INTO members (id, email, display_name)
    VALUES (uuid_v7(now(), md5('m')::uuid), 'm@example.com', '주인');

    INSERT INTO resorts (id, name, type, region_code, address, lat, lng, business_number,
                         business_verified_at, created_at)
    SELECT uuid_v7(now(), md5('r' || number)::uuid), '리조트 ' || number, 'ski', 'gangwon',
           '강원특별자치도 평창군', 37.5, 128.5, number,
           CASE number WHEN '1248100998' THEN '2026-02-02'::timestamptz END, '2026-01-01'
      FROM unnest('{1248100998,2208162517}'::text[]) AS number;

    INSERT INTO work_types (id, resort_id, name, category_code, schedule, pay_type, pay_min_krw,
                            pay_max_krw)
    SELECT uuid_v7(now(), md5('w' || n)::uuid), id, '업무 ' || n, 'lift', repeat('1', 168)::bit(168),
           'hourly', 20000, 20000
      FROM resorts, generate_series(1, 2) AS n
     WHERE business_verified_at IS NOT NULL;

    UPDATE resorts
       SET photos = '{/a.jpg,http://plain.example/b.jpg,https://img.example/c.jpg,NULL,c.jpg}'
     WHERE business_verified_at IS NOT NULL;
    INSERT INTO dormitories (id, resort_id, name, type, photos)
    SELECT uuid_v7(now(), md5('d' || name)::uuid), id, '별관', 'studio', photos || '{//x.example/d.jpg}'
      FROM resorts;

    INSERT INTO posts (id, resort_id, title, description, category_code, employment_type, pay_type,
                       pay_min_krw, pay_max_krw, starts_on, region_code, address, lat, lng, status,
                       published_at, created_by, updated_by)
    SELECT uuid_v7(now(), md5('p' || state)::uuid), r.id, state, repeat('소개 ', 9), 'lift',
           'seasonal', 'hourly', 20000, 20000, '2026-12-01', r.region_code, r.address, r.lat, r.lng,
           state::post_status, CASE WHEN state <> 'draft' THEN now() END, m.id, m.id
      FROM resorts AS r, members AS m, unnest('{draft,approved,filled}'::text[]) AS state
     WHERE r.business_verified_at IS NOT NULL;

    INSERT INTO post_work_types (post_id, work_type_id, resort_id)
    SELECT p.id, w.id, w.resort_id
      FROM posts AS p, work_types AS w
     WHERE p.title = 'approved' OR (p.title = 'draft' AND w.name = '업무 1');

    UPDATE posts SET description = repeat('새 소개 ', 9) WHERE title = 'approved';
    UPDATE work_types SET deleted_at = now() WHERE name = '업무 2';
END

my ($first) = up_to(119);

my $reader = fork() // die "fork: $!\n";

if ($reader == 0) {
    $grown->db('BEGIN; SELECT count(*) FROM posts; SELECT pg_sleep(5)');
    POSIX::_exit(0);
}

select undef, undef, undef, 0.5;
($out, $status) = migrate(new_tree(), $grown);
is($status, 0, 'rows of before are brought along') or diag($out);
unlike($out, qr/a table is in use/, 'who reads posts meanwhile is in nobody\'s way');
waitpid $reader, 0;

is($grown->db("SELECT p.title, p.version, p.approved_version, p.revision,
                      (SELECT string_agg(w.name, ',' ORDER BY w.name)
                         FROM unnest(p.work_type_ids) AS o (id)
                         JOIN work_types AS w USING (id)),
                      (SELECT count(*) FROM post_versions WHERE post_id = p.id)
                 FROM posts AS p ORDER BY p.title"),
   "approved|2|2|1|업무 1,업무 2|1\ndraft|1||1|업무 1|0\nfilled|1|1|1||0",
   'a post has its work types and what was approved, and no new version');
is($grown->db("SELECT string_agg(title || ' ' || (edited_by = updated_by AND edited_at = updated_at), ',')
                 FROM posts WHERE edited_by IS NOT NULL OR edited_at IS NOT NULL"), 'approved true',
   'and who changed it last, where somebody did');
is($grown->db("SELECT name, resort_verification(resorts), verification_asked_at = created_at,
                      first_verified_at = business_verified_at, revision
                 FROM resorts ORDER BY business_number"),
   "리조트 1248100998|verified|t|t|2\n리조트 2208162517|none|||1",
   'a resort that was verified is, another has not told enough');

like($first, qr/NOTICE.* resorts [-0-9a-f]{36}: of its photos \{.*plain\.example/, 'photos that are none are told');
like($first, qr/NOTICE.* dormitories [-0-9a-f]{36}: of its photos \{/, 'of dormitories, too');
is($grown->db("SELECT r.photos::text || ' ' || d.photos::text FROM resorts AS r
                 JOIN dormitories AS d ON d.resort_id = r.id ORDER BY business_number"),
   "{/a.jpg,https://img.example/c.jpg} {/a.jpg,https://img.example/c.jpg}\n{} {}", 'and gone');
is($grown->db("SELECT string_agg(conrelid::regclass || ' ' || conname, ', ')
                 FROM pg_constraint WHERE NOT convalidated"), '', 'what every row must be is validated');


# ---- wrong rows

$demo->db(<<'END');
    CREATE FUNCTION attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
        broken text;
        state  text;
    BEGIN
        EXECUTE statement;
        RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ001';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME, state = RETURNED_SQLSTATE;
        RETURN CASE WHEN state = 'ZZ001' THEN 'accepted'
                    WHEN broken <> '' THEN broken
                    ELSE state END;
    END
    $$
END

# Post 1 is live and has a bed, post 2 a draft, post 9 expired (sql/README.md).
my %ids = (
    POST    => '019b76da-abe8-7c79-a76b-31a250353f75',
    DRAFT   => '019b76da-afd0-7c5a-a690-0a23b14cfdce',
    PENDING => '019b76da-b3b8-75cf-ac7e-25b1d83a55e9',
    RESORT  => '019b76da-abe8-7d62-948b-d35b18e5716b',
    CREW    => '019b76da-abe8-7409-b745-9cf1e2829bb1',
    NEW     => '01900000-0000-7000-8000-000000000001',
    ONE     => '01900000-0000-7000-8000-0000000000a1',
    TWO     => '01900000-0000-7000-8000-0000000000a2',
    THREE   => '01900000-0000-7000-8000-0000000000a3',
);


sub with_ids {
    my ($sql) = @_;

    $sql =~ s/\b(POST|DRAFT|PENDING|RESORT|CREW|NEW|ONE|TWO|THREE)\b/'$ids{$1}'/g;

    return $sql;
}


# One row of each table of identity, which the demo has none of; the first of
# the sessions is a grant.
$demo->db(with_ids(<<'END'));
    INSERT INTO sign_ups (id, email, password_hash, display_name, born_on, role,
                          consents, expires_at)
    VALUES (ONE, 'new@example.com', '$scrypt$', '새내기', '2000-01-01', 'crew', '{}', now());
    INSERT INTO member_consents (member_id, kind, version, given)
    VALUES (CREW, 'terms', '2026-11-01', true);
    INSERT INTO oauth_clients (id, name, auth_method, redirect_uris, grant_types, scopes, created_by)
    VALUES ('sample', 'Sample', 'none', '{https://client.example/cb}',
            '{authorization_code,refresh_token}', '{openid}', CREW);
    INSERT INTO sessions (id, kind, member_id, client_id, token_hash, device_hash, acr, amr,
                          authenticated_at, expires_at)
    VALUES (ONE, 'grant', CREW, 'sample', NULL, NULL, 1, '{pwd}', now(), now() + interval '1 day'),
           (TWO, 'browser', CREW, NULL, sha256('two'), sha256('device'), 1, '{pwd}', now(),
            now() + interval '1 day'),
           (THREE, 'client', NULL, 'sample', NULL, NULL, 1, '{}', now(), now() + interval '1 day');
    INSERT INTO refresh_tokens (hash, session_id, expires_at)
    VALUES (sha256('token'), ONE, now());
    INSERT INTO member_devices (member_id, device_hash) VALUES (CREW, sha256('device'));
    INSERT INTO one_time_tokens (id, purpose, member_id, expires_at)
    VALUES (ONE, 'reset_password', CREW, now());
    INSERT INTO used_proofs (hash, expires_at) VALUES (sha256('proof'), now());
    INSERT INTO authorization_codes (hash, client_id, member_id, parent_id, redirect_uri, scopes,
                                     code_challenge, acr, amr, authenticated_at, expires_at)
    VALUES (sha256('code'), 'sample', CREW, TWO, 'https://client.example/cb', '{openid}', 'x', 1,
            '{pwd}', now(), now());
    INSERT INTO device_codes (hash, user_code, client_id, scopes, expires_at)
    VALUES (sha256('device code'), 'BCDF-GHJK', 'sample', '{openid}', now());
    INSERT INTO oauth_consents (member_id, client_id, scopes) VALUES (CREW, 'sample', '{openid}');
    INSERT INTO member_identities (provider, subject, member_id) VALUES ('kakao', '1', CREW);
    INSERT INTO totp_factors (member_id, secret_sealed) VALUES (CREW, '\x00');
    INSERT INTO recovery_codes (member_id, place, hash) VALUES (CREW, 1, sha256('recovery'));
    INSERT INTO passkeys (id, member_id, credential_id, public_key, aaguid, name)
    VALUES (ONE, CREW, sha256('credential'), '\x00', ONE, '내 전화기');
    INSERT INTO resort_invitations (id, resort_id, email, role, invited_by, expires_at)
    VALUES (ONE, RESORT, 'new@example.com', 'manager', CREW, now());
    INSERT INTO mails (id, outbox_id, template, recipient, locale, params)
    VALUES (ONE, 1, 'invitation', 'new@example.com', 'ko', '{}');
    INSERT INTO security_events (action, member_id) VALUES ('session.started', CREW);
    INSERT INTO favourites (member_id, post_id) VALUES (CREW, POST);
    INSERT INTO post_counters (post_id, views) VALUES (POST, 1)
        ON CONFLICT (post_id) DO UPDATE SET views = 1;
END


my $work_type = "INSERT INTO work_types (id, resort_id, name, category_code,
    schedule, pay_type, pay_min_krw, pay_max_krw)
    SELECT NEW, RESORT, 'x', 'kitchen', B'1'::bit(168), 'hourly', 11000, 12000";
my $stay = "INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
    SELECT NEW, resort_id, bed_id, %s, stay, 'assigned'
      FROM occupancies WHERE status = 'checked_in' AND crew_id <> CREW LIMIT 1";
my $application = "INSERT INTO applications (id, post_id, crew_id, resume, work_type_ids)
    SELECT NEW, POST, CREW, '{}', '{%s}'";
my $report = "INSERT INTO reports (id, post_id, reporter_id, reporter_hash, reason, detail)
    VALUES (NEW, POST, %s, 'scam', '')";
my $key = "INSERT INTO idempotency_keys (caller, key, route, request_hash, status, response)
    VALUES ('c', 'k', 'r', sha256(''), 201, '{}')";
my $event = "INSERT INTO outbox (topic, key, payload) VALUES ('report.created', 'k', '{}')";
my $audit = "INSERT INTO audit_events (action, subject_type) VALUES ('report.created', 'report')";
my $security = "INSERT INTO security_events (action, member_id) VALUES ('session.started', CREW)";

sub changed {
    my ($sql, $from, $to) = @_;

    index($sql, $from) >= 0 or die "no $from in $sql\n";
    $sql =~ s/\Q$from\E/$to/;

    return $sql;
}


sub of_post { return "UPDATE posts SET $_[0] WHERE id = POST" }
sub of_resort { return "UPDATE resorts SET $_[0] WHERE id = RESORT" }
sub of_member { return "UPDATE members SET $_[0] WHERE id = CREW" }
sub of_grant { return "UPDATE sessions SET $_[0] WHERE id = ONE" }
sub of_browser { return "UPDATE sessions SET $_[0] WHERE id = TWO" }
sub of_client { return "UPDATE oauth_clients SET $_[0] WHERE id = 'sample'" }
sub of_any { return "UPDATE $_[0] SET $_[1] WHERE ctid = (SELECT min(ctid) FROM $_[0])" }

my @good = (
    'a pay raise', of_post('pay_max_krw = pay_max_krw + 10'),
    'a work type', $work_type,
    'an application with a work type of the post', "INSERT INTO applications
        (id, post_id, crew_id, resume, work_type_ids)
        SELECT NEW, POST, m.id, '{}', (SELECT array_agg(work_type_id)
          FROM post_work_types WHERE post_id = POST)
          FROM members AS m WHERE NOT EXISTS (SELECT FROM applications
            WHERE crew_id = m.id AND post_id = POST) LIMIT 1",
    'a report of a member', sprintf($report, 'CREW, NULL'),
    'a report of a stranger', sprintf($report, q(NULL, sha256('x'))),
    'the same reporter the day after', "INSERT INTO reports
        (id, post_id, reporter_id, reason, created_at)
        VALUES (NEW, POST, CREW, 'scam', '2026-03-01T14:59:59Z'),
               (POST, POST, CREW, 'scam', '2026-03-01T15:00:00Z')",
    'a key', $key, 'an event', $event, 'an audit event', $audit,
    'a security event', $security,
    'a client with a secret', of_client("auth_method = 'client_secret_post',
        secret_hash = sha256('secret')"),
    'a session that has ended', of_browser("revoked_at = now(), revoke_reason = 'signed_out'"),
    'a token that was exchanged', of_any('refresh_tokens',
        "used_at = now(), successor_sealed = '\\x00'"),
    'a suspension without end', of_member("status = 'suspended', suspended_until = 'infinity'"),
    'an account that is to be erased', of_member("status = 'deleted', deleted_at = now()"),
    'the next stay from the day of leaving', "INSERT INTO occupancies
        (id, resort_id, bed_id, crew_id, stay, status)
        SELECT NEW, resort_id, bed_id, crew_id,
               daterange(upper(stay), upper(stay) + 7), 'assigned'
          FROM occupancies WHERE status = 'checked_in' LIMIT 1",
    'a request for a taken bed', changed(sprintf($stay, 'CREW'), q('assigned'), q('requested')),
    'exactly the minimum wage a month', of_post("pay_type = 'monthly',
        pay_min_krw = 2156880, pay_max_krw = 2156880"),
    'less than the minimum in a draft', 'UPDATE posts SET pay_min_krw = 1 WHERE id = DRAFT',
    'a draft with nothing in it', "INSERT INTO posts
        (id, resort_id, title, region_code, address, lat, lng, created_by, updated_by)
        VALUES (NEW, RESORT, '새 공고', 'gangwon', '강원특별자치도 평창군', 37, 128, CREW, CREW)",
);

my @bad = (
    regions_code_ck      => of_any('regions', "code = 'Gangwon'"),
    regions_iso_ck       => of_any('regions', "iso = '42'"),
    regions_place_ck     => of_any('regions', 'lat = 51'),
    categories_code_ck   => of_any('categories', "code = 'front desk'"),
    min_wages_hourly_ck  => of_any('min_wages', 'hourly_krw = 0'),
    min_wages_hours_ck   => of_any('min_wages', 'monthly_hours = 0'),

    members_email_ck     => of_member("email = 'Crew1\@example.com'"),
    members_email_ck     => of_member("email = 'nobody'"),
    members_email_key    => of_member("email = 'crew2\@example.com'"),
    members_name_ck      => of_member("display_name = ''"),
    members_name_ck      => of_member("display_name = normalize('서나현', NFD)"),
    members_name_ck      => of_member("display_name = E'a\\nb'"),
    members_locale_ck    => of_member("locale = 'fr'"),
    members_roles_ck     => of_member("roles = '{}'"),
    members_suspended_ck => of_member("status = 'suspended'"),
    '22P02'              => of_member("roles = '{boss}'"),

    members_password_ck  => of_member("password_hash = 'crew'"),
    members_deleted_ck   => of_member("status = 'deleted'"),
    members_deleted_ck   => of_member('erased_at = now()'),

    sign_ups_role_ck     => of_any('sign_ups', "role = 'admin'"),
    sign_ups_device_ck   => of_any('sign_ups', "device_hash = '\\\\x00'"),
    sign_ups_consents_ck => of_any('sign_ups', "consents = '[]'"),
    consent_documents_version_ck => "INSERT INTO consent_documents
        SELECT kind, '2', effective_from, required, title_ko, title_en, text_ko, text_en
          FROM consent_documents",
    member_consents_member_id_fkey => "INSERT INTO member_consents (member_id, kind, version, given)
        VALUES (NEW, 'terms', '2026-11-01', true)",
    member_consents_kind_version_fkey => "INSERT INTO member_consents
        (member_id, kind, version, given) VALUES (CREW, 'terms', '1999-01-01', true)",
    42501                => 'UPDATE member_consents SET given = false',
    42501                => 'DELETE FROM member_consents',

    oauth_clients_id_ck  => "INSERT INTO oauth_clients (id, name, auth_method, redirect_uris,
        grant_types, scopes) SELECT 'a b', name, auth_method, redirect_uris, grant_types, scopes
        FROM oauth_clients",
    oauth_clients_name_ck => of_client("name = ''"),
    oauth_clients_secret_ck => of_client("secret_hash = sha256('x')"),
    oauth_clients_secret_ck => of_client("auth_method = 'client_secret_basic'"),
    oauth_clients_secret_ck => of_client("auth_method = 'client_secret_basic',
        secret_hash = '\\x00'"),
    oauth_clients_jwks_ck => of_client("auth_method = 'private_key_jwt'"),
    oauth_clients_grants_ck => of_client("grant_types = '{password}'"),
    oauth_clients_grants_ck => of_client("grant_types = '{}'"),
    oauth_clients_grants_ck => of_client("grant_types = '{client_credentials}'"),
    oauth_clients_grants_ck => of_client("redirect_uris = '{}'"),

    sessions_kind_ck     => of_grant('client_id = NULL'),
    sessions_kind_ck     => of_grant("token_hash = sha256('x')"),
    sessions_kind_ck     => of_grant("kind = 'client'"),
    sessions_hash_ck     => of_browser("token_hash = '\\x00'"),
    sessions_hash_ck     => of_browser("device_hash = '\\x00'"),
    sessions_acr_ck      => of_grant('acr = 3'),
    sessions_device_ck   => of_grant("device = repeat('x', 201)"),
    sessions_device_ck   => of_grant("place = repeat('x', 101)"),
    sessions_revoked_ck  => of_grant('revoked_at = now()'),
    sessions_token_key   => "INSERT INTO sessions (id, kind, member_id, token_hash, acr, amr,
        authenticated_at, expires_at)
        VALUES (NEW, 'browser', CREW, sha256('two'), 1, '{pwd}', now(), now())",
    refresh_tokens_hash_ck => of_any('refresh_tokens', "hash = '\\x00'"),
    refresh_tokens_used_ck => of_any('refresh_tokens', 'used_at = now()'),
    member_devices_hash_ck => of_any('member_devices', "device_hash = '\\x00'"),
    one_time_tokens_purpose_ck => of_any('one_time_tokens', "purpose = 'A b'"),
    one_time_tokens_data_ck => of_any('one_time_tokens', "data = '[]'"),
    used_proofs_hash_ck  => of_any('used_proofs', "hash = '\\x00'"),
    authorization_codes_hash_ck => of_any('authorization_codes', "hash = '\\x00'"),
    device_codes_hash_ck => of_any('device_codes', "hash = '\\x00'"),
    device_codes_user_code_key => "INSERT INTO device_codes
        (hash, user_code, client_id, scopes, expires_at)
        VALUES (sha256('other'), 'BCDF-GHJK', 'sample', '{}', now())",
    member_identities_provider_ck => of_any('member_identities', "provider = 'Kakao'"),
    member_identities_subject_ck => of_any('member_identities', "subject = ''"),
    member_identities_one_a_provider_key => "INSERT INTO member_identities
        (provider, subject, member_id) VALUES ('kakao', '2', CREW)",
    recovery_codes_place_ck => of_any('recovery_codes', 'place = 11'),
    recovery_codes_hash_ck => of_any('recovery_codes', "hash = '\\x00'"),
    passkeys_credential_ck => of_any('passkeys', "credential_id = '\\x00'"),
    passkeys_public_key_ck => of_any('passkeys',
        "public_key = decode(repeat('00', 2001), 'hex')"),
    passkeys_name_ck     => of_any('passkeys', "name = ''"),
    passkeys_credential_key => "INSERT INTO passkeys
        (id, member_id, credential_id, public_key, aaguid, name)
        SELECT NEW, member_id, credential_id, public_key, aaguid, name FROM passkeys",
    resort_invitations_role_ck => of_any('resort_invitations', "role = 'owner'"),
    mails_params_ck      => of_any('mails', "params = '[]'"),
    mails_sent_ck        => of_any('mails', "status = 'sent'"),
    mails_sent_ck        => of_any('mails', 'sent_at = now()'),
    mails_outbox_id_key  => "INSERT INTO mails (id, outbox_id, template, recipient, locale, params)
        SELECT NEW, outbox_id, template, recipient, locale, params FROM mails",

    security_events_action_ck => changed($security, 'session.started', 'x'),
    security_events_request_ck => "INSERT INTO security_events (action, request_id)
        VALUES ('session.started', repeat('x', 101))",
    security_events_detail_ck => "INSERT INTO security_events (action, detail)
        VALUES ('session.started', '[]')",
    42501 => "UPDATE security_events SET action = 'x.y'",
    42501 => 'DELETE FROM security_events',
    42501 => 'TRUNCATE security_events',

    resorts_name_ck      => of_resort("name = '가'"),
    resorts_name_en_ck   => of_resort("name_en = ''"),
    resorts_text_ck      => of_resort("description = repeat('가', 5001)"),
    resorts_benefits_ck  => of_resort("benefits = '{\"\"}'"),
    resorts_photos_ck    => of_resort("photos = array_fill('/p'::text, ARRAY[31])"),
    resorts_address_ck   => of_resort("address = '서울'"),
    resorts_place_ck     => of_resort('lng = -122'),
    resorts_phone_ck     => of_resort("contact_phone = '12345'"),
    resorts_email_ck     => of_resort("contact_email = 'x'"),
    resorts_website_ck   => of_resort("website = 'javascript:alert(1)'"),
    resorts_business_number_ck => of_resort("business_number = '1248100999'"),
    resorts_business_number_ck => of_resort("business_number = '124-81-00998'"),
    resorts_business_number_key => "UPDATE resorts SET business_number
        = (SELECT business_number FROM resorts WHERE id = RESORT)
        WHERE id <> RESORT AND open",
    resorts_verified_ck  => "UPDATE resorts SET business_verified_by = CREW
        WHERE business_verified_at IS NULL",
    resorts_rating_ck    => of_resort('rating_count = 1, rating_avg = 6'),
    resorts_rating_ck    => of_resort('rating_count = 1, rating_avg = NULL'),
    resorts_no_live_posts_ck => of_resort('deleted_at = now()'),
    resorts_no_live_posts_ck => of_resort("business_name = '다른 상호'"),
    resorts_no_pending_posts_ck => "UPDATE resorts AS r SET deleted_at = now()
        WHERE EXISTS (SELECT FROM posts WHERE resort_id = r.id AND status = 'pending'
                                          AND deleted_at IS NULL)
          AND NOT EXISTS (SELECT FROM posts WHERE resort_id = r.id AND live)",
    resorts_business_name_ck => of_resort("business_name = ''"),
    resorts_representative_ck => of_resort("representative = E'a\\nb'"),
    resorts_opened_on_ck => of_resort("opened_on = 'infinity'"),
    resorts_refused_ck   => "UPDATE resorts SET verification_refused_at = now()
        WHERE id = (SELECT id FROM resorts
                     WHERE business_verified_at IS NULL AND verification_refused_at IS NULL LIMIT 1)",
    resorts_refused_ck   => "UPDATE resorts
        SET verification_refused_at = now(), verification_reason = 'x'
        WHERE id = (SELECT id FROM resorts
                     WHERE business_verified_at IS NULL AND verification_refused_at IS NULL LIMIT 1)",

    dormitories_name_ck  => of_any('dormitories', "name = ''"),
    dormitories_name_key => "INSERT INTO dormitories (id, resort_id, name, type)
        SELECT NEW, resort_id, name, type FROM dormitories LIMIT 1",
    dormitories_text_ck  => of_any('dormitories', "rules = repeat('가', 5001)"),
    dormitories_facilities_ck => of_any('dormitories', "facilities = '{NULL}'"),
    resorts_photo_addresses_ck => of_resort("photos = '{http://plain.example/a.jpg}'"),
    resorts_photo_addresses_ck => of_resort("photos = '{//elsewhere.example/a.jpg}'"),
    dormitories_photo_addresses_ck => of_any('dormitories', "photos = '{javascript:alert(1)}'"),
    dormitories_photos_ck => of_any('dormitories', "photos = array_fill('/p'::text, ARRAY[31])"),
    dormitories_money_ck => of_any('dormitories', 'rent_monthly_krw = -1'),
    dormitories_distance_ck => of_any('dormitories', 'distance_m = -1'),
    dormitories_address_ck => of_any('dormitories', "address = ''"),
    dormitories_place_ck => of_any('dormitories', 'lat = 37.5'),
    dormitories_place_ck => of_any('dormitories', 'lat = 39.5, lng = 128'),
    dormitories_vacant_ck => "UPDATE dormitories SET deleted_at = now() WHERE id = (
        SELECT r.dormitory_id FROM occupancies AS o JOIN beds AS b ON b.id = o.bed_id
          JOIN rooms AS r ON r.id = b.room_id
         WHERE o.status = 'checked_in' AND o.stay @> seoul_today() LIMIT 1)",
    dormitories_no_live_posts_ck => "INSERT INTO dormitories (id, resort_id, name, type)
        VALUES (NEW, RESORT, '새 집', 'studio');
        UPDATE posts SET has_dormitory = true, dormitory_id = NEW WHERE id = POST;
        UPDATE dormitories SET deleted_at = now() WHERE id = NEW",
    posts_dormitory_in_use_ck => "INSERT INTO dormitories (id, resort_id, name, type, deleted_at)
        VALUES (NEW, RESORT, '새 집', 'studio', now());
        UPDATE posts SET has_dormitory = true, dormitory_id = NEW WHERE id = POST",
    dormitory_rents_season_ck => of_any('dormitory_rents', "season = 'empty'"),
    dormitory_rents_season_ck => of_any('dormitory_rents', "season = '[2026-01-01,)'"),
    dormitory_rents_season_ck => of_any('dormitory_rents', "season = '[2026-01-01,2027-06-01)'"),
    dormitory_rents_label_ck => of_any('dormitory_rents', "label = ''"),
    dormitory_rents_money_ck => of_any('dormitory_rents', 'rent_monthly_krw = -1'),
    dormitory_rents_one_a_day => "INSERT INTO dormitory_rents
        (id, dormitory_id, season, label, rent_monthly_krw)
        SELECT NEW, dormitory_id, season, label, 0 FROM dormitory_rents LIMIT 1",
    rooms_name_ck        => of_any('rooms', "name = ''"),
    rooms_name_key       => "INSERT INTO rooms (id, dormitory_id, name, gender)
        SELECT NEW, dormitory_id, name, gender FROM rooms LIMIT 1",
    rooms_floor_ck       => of_any('rooms', 'floor = 99'),
    rooms_vacant_ck      => "UPDATE rooms SET retired_at = now() WHERE id = (SELECT b.room_id
        FROM occupancies AS o JOIN beds AS b ON b.id = o.bed_id
        WHERE o.status = 'checked_in' AND o.stay @> seoul_today() LIMIT 1)",
    beds_vacant_ck       => "UPDATE beds SET retired_at = now() WHERE id = (SELECT bed_id
        FROM occupancies WHERE status = 'checked_in' AND stay @> seoul_today() LIMIT 1)",
    occupancies_bed_in_use_ck => "INSERT INTO beds (id, room_id, label, retired_at)
        SELECT NEW, id, 'z', now() FROM rooms LIMIT 1;
        INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
        SELECT NEW, RESORT, NEW, CREW, daterange('2040-01-01', '2040-02-01'), 'assigned'",
    beds_label_ck        => of_any('beds', "label = ''"),
    beds_label_key       => "INSERT INTO beds (id, room_id, label)
        SELECT NEW, room_id, label FROM beds LIMIT 1",

    occupancies_one_a_bed_and_day => sprintf($stay, 'CREW'),
    occupancies_one_a_crew_and_day => "INSERT INTO occupancies
        (id, resort_id, bed_id, crew_id, stay, status)
        SELECT NEW, resort_id, (SELECT id FROM beds WHERE id NOT IN (
                   SELECT bed_id FROM occupancies WHERE bed_id IS NOT NULL) LIMIT 1),
               crew_id, stay, 'assigned'
          FROM occupancies WHERE status = 'checked_in' LIMIT 1",
    occupancies_stay_ck  => of_any('occupancies', "stay = 'empty'"),
    occupancies_stay_ck  => of_any('occupancies', "stay = '[2026-01-01,)'"),
    occupancies_bed_ck   => of_any('occupancies', 'bed_id = NULL'),

    work_types_name_ck      => changed($work_type, q('x'), q('')),
    work_types_name_key     => "UPDATE work_types SET name = 'same' WHERE resort_id = RESORT",
    work_types_schedule_ck  => changed($work_type, q(B'1'), q(B'0')),
    22026                   => changed($work_type, q(B'1'::bit(168)), q(B'1')),
    work_types_headcount_ck => of_any('work_types', 'headcount = 0'),
    work_types_pay_ck       => changed($work_type, '12000', '10999'),
    work_types_minutes_ck   => of_any('work_types', 'daily_minutes = 0'),
    work_types_requirements_ck => of_any('work_types', "requirements = repeat('가', 2001)"),
    work_types_in_use_ck => "UPDATE work_types SET schedule = ~schedule
        WHERE id = (SELECT work_type_ids[1] FROM posts WHERE id = POST)",
    work_types_in_use_ck => "UPDATE work_types SET category_code = 'office'
        WHERE id = (SELECT work_type_ids[1] FROM posts WHERE id = POST)",
    work_types_in_use_ck => "UPDATE work_types SET deleted_at = now()
        WHERE id = (SELECT work_type_ids[1] FROM posts WHERE id = POST)",
    work_type_templates_code_ck => of_any('work_type_templates', "code = 'Lift'"),
    post_fields_name_key     => "UPDATE post_fields SET name = 'title'",
    post_fields_position_key => 'UPDATE post_fields SET position = 1',
    post_moves_actor_ck      => of_any('post_moves', "actor = 'anybody'"),
    post_moves_verb_ck       => of_any('post_moves', "verb = 'Submit'"),
    post_moves_event_ck      => of_any('post_moves', "event = 'submitted'"),
    watched_patterns_code_ck    => of_any('watched_patterns', "code = ''"),
    watched_patterns_rule_ck    => of_any('watched_patterns', "rule = 'taste'"),
    watched_patterns_pattern_ck => of_any('watched_patterns', "pattern = 'a*'"),
    work_type_templates_position_key => "UPDATE work_type_templates SET position = 1
        WHERE position = 2",
    work_type_templates_name_ck => of_any('work_type_templates', "name_en = ''"),
    work_type_templates_minutes_ck => of_any('work_type_templates',
        'daily_minutes = 60 * week_longest_day(schedule) + 1'),
    work_type_templates_minutes_ck => of_any('work_type_templates', 'daily_minutes = 59'),
    work_type_templates_requirements_ck => of_any('work_type_templates',
        "requirements_ko = repeat('가', 2001)"),

    posts_complete_ck    => "UPDATE posts SET category_code = NULL WHERE id = PENDING",
    posts_complete_ck    => of_post("description = '짧다'"),
    posts_title_ck       => of_post("title = 'x'"),
    posts_title_ck       => of_post("title = E'두 줄\\n제목'"),
    posts_text_ck        => of_post("description = repeat('가', 10001)"),
    posts_pay_ck         => of_post('pay_min_krw = pay_max_krw + 1'),
    posts_pay_ck         => of_post('pay_min_krw = 0'),
    posts_minutes_ck     => of_post('daily_minutes = 30'),
    posts_period_ck      => of_post('ends_on = starts_on - 1'),
    posts_period_ck      => of_post("starts_on = 'infinity'"),
    posts_period_start_ck => 'UPDATE posts SET starts_on = NULL WHERE id = DRAFT',
    posts_apply_until_ck => of_post('apply_until = ends_on + 1'),
    posts_headcount_ck   => of_post('headcount = 0'),
    posts_address_ck     => of_post("address = ''"),
    posts_place_ck       => of_post('lat = 48.8'),
    posts_has_dormitory_ck => of_post('has_dormitory = false'),
    posts_meals_ck       => of_post('meals_a_day = 4'),
    posts_benefits_ck    => of_post("benefits = ARRAY[repeat('가', 3000)]"),
    posts_reason_ck      => of_post("status = 'rejected', status_reason = NULL"),
    posts_reason_ck      => of_post("status = 'hidden', status_reason = ''"),
    posts_work_types_ck  => of_post("work_type_ids = array_fill(id, ARRAY[21])"),
    posts_approved_version_ck => 'ALTER TABLE posts DISABLE TRIGGER USER;
        UPDATE posts SET approved_version = version + 1 WHERE id = POST',
    posts_version_ck     => "INSERT INTO posts
        (id, resort_id, title, region_code, address, lat, lng, version, created_by, updated_by)
        VALUES (NEW, RESORT, '새 공고', 'gangwon', '강원특별자치도', 37, 128, 0, CREW, CREW)",
    posts_published_ck   => of_post('published_at = NULL'),
    posts_dormitory_fk   => of_post('dormitory_id = (SELECT id FROM dormitories
                                     WHERE resort_id <> RESORT LIMIT 1)'),
    posts_min_wage_ck    => of_post('pay_min_krw = 10319'),
    posts_min_wage_ck    => of_post("pay_type = 'monthly', pay_min_krw = 2156879,
                                     pay_max_krw = 2156879"),
    posts_min_wage_ck    => of_post("pay_type = 'daily', pay_min_krw = 82559,
                                     pay_max_krw = 82559, daily_minutes = 480"),
    posts_resort_open_ck => "UPDATE posts SET status = 'approved', published_at = now()
        WHERE status = 'pending' AND resort_id IN (SELECT id FROM resorts WHERE NOT open)",
    posts_resort_open_ck => "INSERT INTO posts
        (id, resort_id, title, description, category_code, employment_type, pay_type, pay_min_krw,
         pay_max_krw, starts_on, region_code, address, lat, lng, status, created_by, updated_by)
        SELECT NEW, r.id, p.title, p.description, p.category_code, p.employment_type, p.pay_type,
               p.pay_min_krw, p.pay_max_krw, p.starts_on, r.region_code, r.address, r.lat, r.lng,
               'pending', CREW, CREW
          FROM posts AS p, resorts AS r
         WHERE p.id = POST AND r.deleted_at IS NOT NULL LIMIT 1",
    '22P02'              => of_post("status = 'open'"),
    '428C9'              => of_post('live = true'),
    post_work_types_work_type_fk => "INSERT INTO post_work_types (post_id, work_type_id, resort_id)
        SELECT POST, id, RESORT FROM work_types WHERE resort_id <> RESORT LIMIT 1",
    post_work_types_work_type_fk => changed("$work_type; UPDATE work_types SET deleted_at = now()
        WHERE id = NEW; UPDATE posts SET work_type_ids = ARRAY[NEW]::uuid[] WHERE id = POST",
        q('x'), q('gone')),
    post_work_types_post_fk => "INSERT INTO post_work_types (post_id, work_type_id, resort_id)
        SELECT POST, id, resort_id FROM work_types WHERE resort_id <> RESORT LIMIT 1",

    applications_once_key => 'INSERT INTO applications (id, post_id, crew_id, resume)
        SELECT NEW, post_id, crew_id, resume FROM applications LIMIT 1',
    applications_message_ck => of_any('applications', "message = repeat('가', 2001)"),
    applications_resume_ck => of_any('applications', "resume = '[]'"),
    applications_answers_ck => of_any('applications', "answers = '{}'"),
    applications_work_types_ck => of_any('applications', "work_type_ids = '{NULL}'"),
    applications_work_type_offered_ck => sprintf($application, $ids{RESORT}),
    applications_reason_ck => of_any('applications',
        "status = 'rejected', on_hold = false, status_reason = NULL"),
    applications_hold_ck => of_any('applications', "status = 'accepted', on_hold = true"),

    reports_once_a_day_key => "INSERT INTO reports (id, post_id, reporter_id, reason)
        VALUES (NEW, POST, CREW, 'scam'), (POST, POST, CREW, 'wage')",
    reports_once_a_day_key => "INSERT INTO reports (id, post_id, reporter_hash, reason)
        VALUES (NEW, POST, sha256('x'), 'scam'), (POST, POST, sha256('x'), 'scam')",
    reports_reporter_ck  => sprintf($report, q(CREW, sha256('x'))),
    23502                => sprintf($report, 'NULL, NULL'),
    reports_hash_ck      => sprintf($report, q(NULL, '\x00')),
    reports_detail_ck    => of_any('reports', "detail = repeat('가', 2001)"),
    reports_other_ck     => of_any('reports', "reason = 'other', detail = ''"),
    reports_handled_ck   => of_any('reports', "status = 'upheld'"),
    reports_taken_ck     => of_any('reports', 'assigned_to = CREW'),
    reports_outcome_ck   => of_any('reports', "answer = '처리했습니다'"),
    reports_outcome_ck   => of_any('reports', "action = 'none'"),
    reports_outcome_ck   => "UPDATE reports SET status = 'dismissed', action = 'post_hidden',
        handled_by = CREW, handled_at = now()",
    reports_text_ck      => "UPDATE reports SET status = 'upheld', action = 'none',
        handled_by = CREW, handled_at = now(), answer = repeat('가', 1001)",
    '428C9'              => of_any('reports', "day = '2020-01-01'"),

    idempotency_keys_pkey      => "$key, ('c', 'k', 'r', sha256('other'), 201, '{}')",
    idempotency_keys_caller_ck => changed($key, q('c'), q('')),
    idempotency_keys_key_ck    => changed($key, q('k'), q(repeat('k', 256))),
    idempotency_keys_route_ck  => changed($key, q('r'), q('')),
    idempotency_keys_hash_ck   => changed($key, q(sha256('')), q('\x00')),
    idempotency_keys_status_ck => changed($key, '201', '99'),
    idempotency_keys_answer_ck => changed($key, '201', 'NULL'),

    outbox_topic_ck      => changed($event, 'report.created', 'Report created'),
    outbox_key_ck        => changed($event, q('k'), q('')),
    outbox_payload_ck    => changed($event, q('{}'), q('[]')),
    outbox_attempts_ck   => "$event; UPDATE outbox SET attempts = -1",
    post_counters_ck     => 'UPDATE post_counters SET views = -1 WHERE post_id = POST',
    purge_wanted_one_ck  => 'INSERT INTO purge_wanted (one, until) VALUES (false, now())',
    audit_events_action_ck  => changed($audit, 'report.created', 'x'),
    audit_events_subject_ck => changed($audit, q('report'), q('A report')),
    audit_events_request_ck => "INSERT INTO audit_events (action, subject_type, request_id)
        VALUES ('report.created', 'report', repeat('x', 101))",
    audit_events_detail_ck  => "INSERT INTO audit_events (action, subject_type, detail)
        VALUES ('report.created', 'report', '[]')",
    42501 => "$audit; UPDATE audit_events SET action = 'x.y'",
    42501 => "INSERT INTO audit_events (created_at, action, subject_type)
        VALUES ('2026-01-15', 'x.y', 'x'); DELETE FROM audit_events_2026_01",
    42501 => 'TRUNCATE audit_events',
    42501 => 'TRUNCATE post_versions',
    42501 => 'DELETE FROM post_status_changes',
    42501 => 'DELETE FROM application_status_changes',
    22023 => "SELECT outbox_purge('1 hour')",
);


# All attempts in one session; the answers come back in order.

sub attempts {
    my ($role, @statements) = @_;

    my $sql = join ';', map {
        my $statement = with_ids($_);
        "SELECT attempt(\$attempt\$$statement\$attempt\$)"
    } @statements;

    open my $psql, '|-', 'psql', '-qAtX', '-o', "$home/answers",
        $demo->conninfo(user => $role) or die "psql: $!\n";
    binmode $psql, ':utf8';
    print $psql "$sql;\n";
    close $psql;

    return split /\n/, finished("$home/answers");
}


my (@names, @statements);

while (@good) {
    push @names, shift @good;
    push @statements, shift @good;
}

my @answers = attempts('postgres', @statements);
is($answers[$_], 'accepted', "accepted: $names[$_]") for 0 .. $#names;

(@names, @statements) = ();

while (@bad) {
    push @names, shift @bad;
    push @statements, shift @bad;
}

@answers = attempts('postgres', @statements);
is($answers[$_], $names[$_], "refused by $names[$_]")
    or diag($statements[$_]) for 0 .. $#names;

my %tried = map { $_ => 1 } @names;
my @untried = grep { !$tried{$_} } split /\n/, $demo->db(<<'END');
    SELECT DISTINCT conname
      FROM pg_constraint AS c
      JOIN pg_class AS t ON t.oid = c.conrelid
     WHERE c.connamespace = 'public'::regnamespace
       AND c.contype IN ('c', 'u', 'x')
       AND NOT t.relispartition
       -- the target of a composite key: id alone is unique already
       AND conname NOT LIKE '%_of_resort_key'
       AND t.relname NOT IN ('regions', 'categories')
     ORDER BY 1
END

is("@untried", '', 'every constraint was tried');


# ---- keys to rows that are not there

my @keys = map { [ split /\|/ ] } split /\n/, $demo->db(<<'END');
    SELECT c.conrelid::regclass, a.attname, c.conname, a.atttypid = 'uuid'::regtype
      FROM pg_constraint AS c
      JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.contype = 'f'
       AND c.connamespace = 'public'::regnamespace
       AND cardinality(c.conkey) = 1
       AND c.conrelid::regclass::text NOT IN (
           'post_versions', 'post_status_changes', 'application_status_changes',
           'member_consents', 'security_events')
       -- a trigger sets it, whatever is written
       AND NOT (c.conrelid = 'posts'::regclass AND a.attname = 'edited_by')
     ORDER BY 1, 2
END

@answers = attempts('postgres', map {
    my ($table, $column, undef, $is_id) = @$_;
    of_any($table, "$column = " . ($is_id eq 't' ? 'NEW' : q('nowhere')))
} @keys);

# Where two rules speak for one column, either may be the one that answers.
like($answers[$_], qr/^\Q$keys[$_][2]\E$|_fk$|^reports_reporter_ck$|^resorts_verified_ck$|^reports_handled_ck$|^reports_taken_ck$/,
     "refused: $keys[$_][0].$keys[$_][1] of nobody") for 0 .. $#keys;
cmp_ok(scalar @keys, '>', 15, 'there were keys to try');


# ---- what the server's role may not do

(@names, @statements) = ();

my @may = (
    'a report, its event, its key and its trail in one statement',
    'WITH r AS (' . sprintf($report, 'CREW, NULL') . " RETURNING id), k AS ($key), e AS ($event) $audit",
    'an event that is published', "$event; UPDATE outbox SET published_at = now()",
    'a post that is closed', of_post("status = 'filled', updated_by = CREW"),
    'a security event', $security,
    'old sessions, tokens and codes removed',
    'DELETE FROM authorization_codes; DELETE FROM one_time_tokens; DELETE FROM sessions',
    'old mails removed', 'DELETE FROM mails',
    'months of the trail added', 'SELECT audit_events_keep_months(24)',
    'old keys removed', 'DELETE FROM idempotency_keys',
    'a job that is kept, and no longer',
    'INSERT INTO favourites (member_id, post_id) SELECT CREW, id FROM posts WHERE id = DRAFT;
     DELETE FROM favourites',
    'a batch of counts', "SELECT counters_add(NEW, ARRAY[POST]::uuid[], '{3}', '{t}')",
    'a purge that is wanted',
    'INSERT INTO purge_wanted (until) VALUES (now()) ON CONFLICT (one) DO UPDATE SET until = now()',
    'a clean-up of the outbox', "SELECT outbox_purge('7 days')",
);

while (@may) {
    push @names, shift @may;
    push @statements, shift @may;
}

@answers = attempts('resortbite_web', @statements);
is($answers[$_], 'accepted', "may: $names[$_]") for 0 .. $#names;

my @may_not = (
    'CREATE TABLE mine (a integer)', 'ALTER TABLE posts ADD COLUMN x text',
    'DROP TABLE reports', 'TRUNCATE posts', 'DELETE FROM posts',
    'DELETE FROM members', 'DELETE FROM applications', 'DELETE FROM outbox',
    "UPDATE outbox SET payload = '{}'", "UPDATE reports SET detail = ''",
    'DELETE FROM reports', 'UPDATE audit_events SET actor_id = NULL',
    'DELETE FROM audit_events', 'DELETE FROM audit_events_default',
    'UPDATE post_versions SET version = 9', 'DELETE FROM post_status_changes',
    "UPDATE application_status_changes SET reason = ''",
    "INSERT INTO regions SELECT * FROM regions", 'UPDATE min_wages SET hourly_krw = 1',
    'UPDATE work_type_templates SET position = 99',
    'DELETE FROM schema_migrations', "SELECT audit_events_add_months('2030-01-01', 1)",
    'SET session_replication_role = replica', 'CREATE ROLE boss',
    'DELETE FROM seed_steps',
    "UPDATE security_events SET action = 'x.y'", 'DELETE FROM security_events',
    'TRUNCATE security_events', 'UPDATE security_chains SET seq = 0',
    'INSERT INTO security_chains VALUES (16)', 'DELETE FROM security_chains',
    'DELETE FROM member_consents', 'UPDATE member_consents SET given = true',
    'DELETE FROM oauth_clients', 'DELETE FROM resort_invitations',
    'UPDATE consent_documents SET required = false',
);

@answers = attempts('resortbite_web', @may_not);
is($answers[$_], '42501', "may not: $may_not[$_]") for 0 .. $#may_not;


# ---- history

is($demo->db(with_ids(<<'END')), '2|1|1|approved|paused', 'a change keeps the version before');
    BEGIN;
    UPDATE posts SET title = '새 제목', status = 'paused', updated_by = CREW WHERE id = POST;
    UPDATE posts SET updated_at = now() WHERE id = POST;
    SELECT p.version, v.version, (SELECT count(*) FROM post_versions WHERE post_id = p.id),
           s.from_status, s.to_status
      FROM posts AS p
      JOIN post_versions AS v ON v.post_id = p.id AND v.content ->> 'title' <> p.title
      JOIN post_status_changes AS s ON s.post_id = p.id AND s.actor_id = CREW
     WHERE p.id = POST;
    ROLLBACK;
END

is($demo->db(with_ids(<<'END')), 't', 'posts move with their resort');
    BEGIN;
    UPDATE resorts SET lat = 33.5, lng = 126.5, region_code = 'jeju' WHERE id = RESORT;
    SELECT bool_and(region_code = 'jeju' AND lat = 33.5)
      FROM posts WHERE resort_id = RESORT AND deleted_at IS NULL;
    ROLLBACK;
END


# ---- pure functions

is($demo->db("SELECT business_number_valid('1248100998'), business_number_valid('2208162517'),
                     business_number_valid('1248100997'), business_number_valid('0000000000')"),
   't|t|f|f', 'business numbers are checked by their last digit');
is($demo->db("SELECT uuid_v7('2022-02-22T19:22:22Z', '00000000-0000-0cc3-18c4-dc0c0c07398f')"),
   '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', 'the UUIDv7 of RFC 9562');
is($demo->db("SELECT min_wage_krw('2025-06-01', '2025-12-31'), min_wage_krw('2025-12-01', '2026-01-31'),
                     min_wage_krw('2027-01-01', NULL), min_wage_krw('2025-12-31', NULL)"),
   '10030|10320|10320|10030', 'the minimum wage is the highest of the dates');
is($demo->db("SELECT round((geo_point(37.5665, 126.9780) <-> geo_point(35.1796, 129.0756))::numeric, -3)"),
   '325000', 'Seoul to Busan is 325 km');


# ---- the change feed

sub notifications {
    my ($sql) = @_;

    my $file = "$home/feed.sql";
    spew($file, "LISTEN resortbite_changes;\nBEGIN;\n" . with_ids($sql)
                . ";\nCOMMIT;\nSELECT 1;\n");

    my $output = `psql -qAtX -v ON_ERROR_STOP=1 -f $file "@{[
        $demo->conninfo(user => 'postgres') ]}" 2>&1`;
    die $output if $? != 0;
    utf8::decode($output);

    return sort $output =~ /"resortbite_changes" with payload "([^"]*)"/g;
}


my ($post, $resort, $draft) = @ids{qw(POST RESORT DRAFT)};

is_deeply([ notifications('UPDATE posts SET title = title || 1 WHERE id = POST') ],
          [ "job:$post jobs jobs:region:gangwon resort:$resort" ],
          'a change to a live post names it, its resort and its lists');
is_deeply([ notifications("UPDATE posts SET region_code = 'jeju' WHERE id = POST") ],
          [ "job:$post jobs jobs:region:gangwon jobs:region:jeju resort:$resort" ],
          'a post that moves names both regions');
is_deeply([ notifications("UPDATE posts SET status = 'paused' WHERE id = POST") ],
          [ "job:$post jobs jobs:region:jeju resort:$resort" ],
          'a post that stops being live is named');
is_deeply([ notifications('UPDATE posts SET title = title || 1 WHERE id = DRAFT') ], [],
          'a change to a draft says nothing');
is_deeply([ notifications('UPDATE posts SET title = title WHERE live') ], [],
          'nor an update that changes nothing');
is_deeply([ notifications("UPDATE posts SET status = 'approved' WHERE id = POST") ],
          [ "job:$post jobs jobs:region:jeju resort:$resort" ],
          'a post that becomes live is named');
is_deeply([ notifications("UPDATE posts SET region_code = 'gangwon' WHERE id = POST") ],
          [ "job:$post jobs jobs:region:gangwon jobs:region:jeju resort:$resort" ],
          'and moves back');
is_deeply([ notifications('UPDATE posts SET headcount = headcount + 1 WHERE live') ], [ '*' ],
          'a change to many rows is a single *');

my @hundred = notifications('UPDATE posts SET headcount = headcount + 1
    WHERE id IN (SELECT id FROM posts WHERE live ORDER BY id LIMIT 100)');
is(scalar(grep { length >= 8000 } @hundred), 0, 'a payload fits');
is(scalar(() = join(' ', @hundred) =~ /job:[0-9a-f-]{36}/g), 100,
   'and a hundred changes are each named');
cmp_ok(scalar @hundred, '<=', 2, 'in two payloads at most');

is_deeply([ notifications("UPDATE resorts SET description = '새 소개' WHERE id = RESORT") ],
          [ "resort:$resort resorts" ], 'a resort is named');
is_deeply([ notifications("UPDATE resorts SET name = '새 이름' WHERE id = RESORT") ],
          [ "jobs jobs:region:gangwon resort:$resort resorts" ],
          'with the lists that show its name');
is_deeply([ notifications('UPDATE resorts SET rating_count = rating_count WHERE id = RESORT') ], [],
          'but not for nothing');
is_deeply([ notifications("UPDATE dormitories SET name = '새 집' WHERE resort_id = RESORT") ],
          [ "resort:$resort" ], 'a dormitory names its resort');
is_deeply([ notifications("UPDATE beds SET label = label || '2' WHERE room_id IN (SELECT r.id
              FROM rooms AS r JOIN dormitories AS d ON d.id = r.dormitory_id
             WHERE d.resort_id = RESORT)") ],
          [ "resort:$resort" ], 'all its beds name it once');
is_deeply([ notifications("INSERT INTO dormitory_rents (id, dormitory_id, season, label, rent_monthly_krw)
              SELECT NEW, id, '[2040-01-01,2040-02-01)', '겨울', 1 FROM dormitories
               WHERE resort_id = RESORT LIMIT 1") ],
          [ "resort:$resort" ], 'rent by season, too');
is_deeply([ notifications("UPDATE work_types SET name = name || '2' WHERE resort_id = RESORT") ],
          [ "resort:$resort" ], 'its work types too');
is_deeply([ notifications("UPDATE work_type_templates SET name_en = 'Lifts' WHERE position = 1") ],
          [ '*' ], 'templates are everybody\'s');
is_deeply([ notifications("DELETE FROM post_work_types WHERE post_id = DRAFT") ], [],
          'the work of a draft does not');
is_deeply([ notifications("INSERT INTO applications (id, post_id, crew_id, resume)
              SELECT NEW, POST, id, '{}' FROM members AS m WHERE NOT EXISTS (SELECT
                FROM applications WHERE post_id = POST AND crew_id = m.id) LIMIT 1") ], [],
          'an application says nothing');
is_deeply([ notifications("UPDATE categories SET name_en = 'Cooking' WHERE code = 'kitchen'") ],
          [ '*' ], 'a word that everything shows is *');

is_deeply([ notifications("UPDATE members SET roles = '{crew,resort}' WHERE id = CREW") ],
          [ "member:$ids{CREW}" ], 'whose roles change is named');
is_deeply([ notifications("UPDATE members SET status = 'suspended', suspended_until = 'infinity'
              WHERE id = CREW") ],
          [ "member:$ids{CREW}" ], 'who is suspended too');
is_deeply([ notifications("UPDATE members SET display_name = '새 이름', updated_at = now()
              WHERE id = CREW") ], [],
          'a new name is not');
is_deeply([ notifications("UPDATE sessions SET revoked_at = now(), revoke_reason = 'revoked'
              WHERE member_id = CREW") ],
          [ "session:$ids{ONE} session:$ids{TWO}" ], 'sessions that end are named');
is_deeply([ notifications('UPDATE sessions SET last_seen_at = now()') ], [],
          'one that was seen is not');
is_deeply([ notifications('DELETE FROM sessions') ], [ "session:$ids{THREE}" ],
          'of those that are deleted, one that was still good');
is_deeply([ notifications("UPDATE oauth_clients SET disabled_at = now() WHERE id = 'sample'") ],
          [ 'client:sample' ], 'a client that is disabled is named');
is_deeply([ notifications("INSERT INTO security_events (action) VALUES ('session.failed')") ], [],
          'the trail says nothing');


# ---- months of the trail

$demo->db(<<'END');
    INSERT INTO audit_events (created_at, action, subject_type, subject_id)
    VALUES ('2029-01-31 14:59:59Z', 'x.y', 'x', '01900000-0000-7000-8000-000000000001'),
           ('2029-01-31 15:00:00Z', 'x.y', 'x', NULL),
           ('2029-03-01 00:00:00Z', 'x.y', 'x', NULL),
           ('2033-01-01 00:00:00Z', 'x.y', 'x', NULL);
END
my $caught = "SELECT string_agg(a::text, ' ' ORDER BY id) FROM audit_events AS a
               WHERE action = 'x.y'";
my $before = $demo->db($caught);

is($demo->db("SELECT audit_events_add_months('2029-01-01', 2)"), 2,
   'months are made of what the default partition has caught');
is($demo->db($caught), $before, 'with its rows as they were');
is($demo->db("SELECT count(*) FROM audit_events_2029_01"), 1, 'a month is one in Seoul');
is($demo->db('SELECT count(*) FROM audit_events_default'), 2, 'the others wait');
is($demo->db("SELECT audit_events_add_months('2029-01-01', 3)"), 1, 'only what is missing is made');
is($demo->db('SELECT count(*) FROM audit_events_2029_03'), 1, 'with its rows');
is($demo->db("SELECT attempt('DELETE FROM audit_events_default') || ' '
                  || attempt('UPDATE audit_events_2029_03 SET request_id = NULL')"), '42501 42501',
   'all is append-only as before');
is($demo->db("SELECT count(*) FROM pg_class WHERE relname LIKE 'audit_events_caught%'"), 0,
   'nothing else is left');
cmp_ok($demo->db('SELECT audit_events_keep_months(36)'), '>=', 0, 'three years ahead');
is($demo->db("SELECT to_regclass('audit_events_' || to_char(
                  now() AT TIME ZONE 'Asia/Seoul' + interval '36 months', 'YYYY_MM'))
              IS NOT NULL"), 't', 'are there');
is($demo->db('SELECT audit_events_keep_months(36)'), 0, 'and made once');

$_->drop for @databases;

done_testing;
