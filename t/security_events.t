# The trail of security events: many at once leave whole chains, whatever is
# changed or taken away is found, and the server can add to it but not choose
# what is written, nor touch what is there.

use strict;
use warnings;
use utf8;

use Test::More;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(time);

use lib dirname(__FILE__) . '/lib';
use ResortBite::Postgres;

my $home = tempdir('/tmp/rbtest-XXXXXXXX', CLEANUP => 1);
chmod 0755, $home;

my $db = ResortBite::Postgres->shared(home => $home, content => 'empty');

END {
    my $status = $?;
    $db->drop if $db;
    ResortBite::Process::stop_all();
    $? = $status;
}

my $WRITERS = 8;
my $EVENTS = 200;                       # of each


sub verify { return $db->db('SELECT chain, seq, fault FROM security_events_verify()') }

sub web { my ($sql) = @_; return $db->db_as('resortbite_web', $sql) }

# An error's SQLSTATE, or `done'.

sub attempt {
    my ($sql) = @_;

    $sql =~ s/'/''/g;

    return $db->db_as('resortbite_web', <<"END");
        SET client_min_messages = warning;
        CREATE FUNCTION pg_temp.attempt(statement text) RETURNS text LANGUAGE plpgsql AS \$\$
        BEGIN
            EXECUTE statement;
            RETURN 'done';
        EXCEPTION WHEN OTHERS THEN
            RETURN SQLSTATE;
        END \$\$;
        SELECT pg_temp.attempt('$sql');
END
}


is(verify(), '', 'an empty trail is whole');


# ---- many at once

my $start = time;

my @pids = map {
    my $writer = $_;
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        my $insert = join '', map {
            "INSERT INTO security_events (action, member_id, request_id, detail) VALUES"
            . " ('session.started', uuid_v7(now(), md5('$writer $_')::uuid), '$writer-$_',"
            . " '{\"n\": 1.50, \"text\": \"\\u00e9 \\\"\"}');\n"
        } 1 .. $EVENTS;

        open my $psql, '|-', 'psql', '-qAtX', '-v', 'ON_ERROR_STOP=1',
            $db->conninfo(user => 'resortbite_web') or POSIX::_exit(1);
        print $psql $insert;
        POSIX::_exit(close $psql ? 0 : 1);
    }

    $pid;
} 1 .. $WRITERS;

my @failed = grep { waitpid $_, 0; $? != 0 } @pids;

diag sprintf '%d events of %d connections: %.0f a second', $WRITERS * $EVENTS,
    $WRITERS, $WRITERS * $EVENTS / (time - $start);

is("@failed", '', 'all could write');
is($db->db('SELECT count(*) FROM security_events'), $WRITERS * $EVENTS, 'all is there');
is($db->db('SELECT count(DISTINCT chain) FROM security_events'), 16, 'in sixteen chains');
is(verify(), '', 'which are whole');
is($db->db('SELECT count(*) FROM security_events AS e
             WHERE chain <> get_byte(uuid_send(member_id), 15) & 15'), 0,
   "an account's events are in one chain");
is($db->db('SET TimeZone = \'Asia/Seoul\'; SET extra_float_digits = 0;
            SET bytea_output = escape; SELECT count(*) FROM security_events_verify()'), 0,
   'wherever and however one looks');

web("INSERT INTO security_events (action) VALUES ('session.failed')");
is($db->db("SELECT chain FROM security_events WHERE action = 'session.failed'"), 0,
   'what concerns no account is in the first');

my $taken_back = web("BEGIN; INSERT INTO security_events (action) VALUES ('session.failed');
                      ROLLBACK; INSERT INTO security_events (action) VALUES ('session.failed');
                      SELECT count(*) FROM security_events WHERE action = 'session.failed'");
is($taken_back, 2, 'what is taken back was never there');
is(verify(), '', 'and leaves no gap');


# ---- what the server may choose

web("INSERT INTO security_events (chain, seq, at, action, member_id, prev_hash, hash)
     VALUES (7, 1000000, '2020-01-01', 'password.changed',
             '01900000-0000-7000-8000-000000000003', sha256('x'), sha256('y'))");
is($db->db("SELECT chain, seq = (SELECT seq FROM security_chains AS c WHERE c.chain = e.chain),
                   at > now() - interval '1 hour', hash <> sha256('y')
              FROM security_events AS e WHERE action = 'password.changed'"), '3|t|t|t',
   'chain, number, time and hashes are not its to say');
is(verify(), '', 'and the chain is whole');

is(attempt($_), '42501', "it may not: $_") for
    "UPDATE security_events SET detail = '{}'", 'DELETE FROM security_events',
    'TRUNCATE security_events', 'UPDATE security_chains SET hash = sha256($$x$$)',
    'DELETE FROM security_chains', 'INSERT INTO security_chains (chain) VALUES (16)',
    'ALTER TABLE security_events DISABLE TRIGGER ALL', 'DROP TABLE security_events',
    'SET session_replication_role = replica';
is(attempt('SELECT count(*) FROM security_events_verify()'), 'done', 'it may verify');


# ---- what even the owner can't do unseen; each is undone

sub owner {
    my ($what, $expected, @statements) = @_;

    my $found = $db->db_as('resortbite_owner', join ";\n", 'BEGIN',
        'ALTER TABLE security_events DISABLE TRIGGER USER', @statements,
        'SELECT chain, seq - (SELECT min(seq) FROM picked), fault FROM security_events_verify()',
        'ROLLBACK');

    like($found, $expected, $what);
}

$db->db_as('resortbite_owner', 'CREATE TABLE picked AS SELECT chain, seq FROM security_events
            WHERE chain = 5 AND seq = (SELECT max(seq) / 2 FROM security_events WHERE chain = 5)');

my $here = 'WHERE (chain, seq) IN (TABLE picked)';

owner('unchanged: nothing is found', qr/^$/);
owner("a changed $$_[0]: found", qr/^5\|0\|was changed$/, "UPDATE security_events SET $$_[1] $here")
    for [ action => "action = 'session.ended'" ],
        [ time => "at = at + interval '1 microsecond'" ],
        [ detail => q(detail = '{"n": 2}') ],
        [ actor => "actor_id = '01900000-0000-7000-8000-000000000003'" ],
        [ session => "session_id = '01900000-0000-7000-8000-000000000003'" ],
        [ client => "client_id = ''" ],
        [ address => "address_hash = ''" ],
        [ request => 'request_id = NULL' ];
owner('a changed account: found', qr/^5\|0\|was changed$/,
      "UPDATE security_events SET member_id = NULL $here");
owner('a changed row with a new hash: found at the next', qr/^5\|1\|does not follow/,
      "UPDATE security_events SET request_id = 'other' $here",
      "UPDATE security_events AS e SET hash = security_event_hash(e) $here");
owner('a row taken out: found', qr/^5\|1\|an event before it is missing$/,
      "DELETE FROM security_events $here");
owner('rows numbered anew after that: found', qr/^5\|0\|does not follow|^5\|0\|was changed/,
      "DELETE FROM security_events $here",
      'UPDATE security_events SET seq = -seq WHERE chain = 5 AND seq > (SELECT seq FROM picked)',
      'UPDATE security_events SET seq = -seq - 1 WHERE chain = 5 AND seq < 0');
owner('two rows that change places: found', qr/^5\|0\|/,
      'UPDATE security_events SET seq = -seq WHERE chain = 5
          AND seq IN (SELECT seq + n FROM picked, generate_series(0, 1) AS n)',
      'UPDATE security_events SET seq = (SELECT 2 * seq + 1 FROM picked) + seq
        WHERE chain = 5 AND seq < 0');
owner('the first taken away: found', qr/^5\|-?\d+\|an event before it is missing$/,
      'DELETE FROM security_events WHERE chain = 5 AND seq = 1');
owner('the last taken away: found', qr/^5\|\d+\|the last event is missing$/,
      'DELETE FROM security_events WHERE chain = 5
          AND seq = (SELECT max(seq) FROM security_events WHERE chain = 5)');
owner('a whole chain taken away: found', qr/^5\|\d+\|the last event is missing$/,
      'DELETE FROM security_events WHERE chain = 5');
owner('one put in: found', qr/^5\|\d+\|/,
      "INSERT INTO security_events (chain, seq, action, prev_hash, hash)
       SELECT chain, seq + 1, 'session.started', hash, sha256('x') FROM security_events
        WHERE chain = 5 ORDER BY seq DESC LIMIT 1");
owner('one put in with its right hash: found', qr/^5\|\d+\|/,
      "INSERT INTO security_events (chain, seq, action, prev_hash, hash)
       SELECT chain, seq + 1, 'session.started', hash, sha256('x') FROM security_events
        WHERE chain = 5 ORDER BY seq DESC LIMIT 1",
      'UPDATE security_events AS e SET hash = security_event_hash(e)
        WHERE chain = 5 AND seq = (SELECT max(seq) FROM security_events WHERE chain = 5)');
owner('asked for one chain, only that is looked at', qr/^t\|t$/,
      "UPDATE security_events SET request_id = NULL $here",
      'SELECT count(*) = 1, (SELECT count(*) = 0 FROM security_events_verify(4::smallint))
         FROM security_events_verify(5::smallint)', 'ROLLBACK', 'BEGIN');
is(verify(), '', 'and what was undone is whole');

done_testing;
