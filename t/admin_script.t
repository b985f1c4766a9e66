# scripts/admin: the first super_admin, roles by the operator, the trail.

use strict;
use warnings;
use utf8;

use Test::More;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);

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

$db->db("INSERT INTO members (id, email, display_name)
         SELECT uuid_v7(now(), md5(n::text)::uuid), 'm' || n || '\@example.com', 'm' || n
           FROM generate_series(1, 3) AS n;
         INSERT INTO members (id, email, display_name)
         VALUES ('01900000-0000-7000-8000-000000000001', 'o''x\@example.com', 'o');
         UPDATE members SET status = 'deleted', deleted_at = now() WHERE email = 'm3\@example.com'");


# What it says and its exit status.

sub admin {
    my (@arguments) = @_;

    my $pid = open(my $from, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        delete $ENV{RESORTBITE_POSTGRES};
        open STDERR, '>&', \*STDOUT;
        exec 'bash', "$root/scripts/admin", @arguments or POSIX::_exit(127);
    }

    my $said = do { local $/; <$from> };
    close $from;

    return ($? >> 8, $said);
}

my @dsn = ('--dsn', $db->conninfo(user => 'resortbite_owner'));
my ($status, $said);

for my $wrong ([], [ 'grant' ], [ 'grant', 'm1@example.com' ], [ 'grant', 'm1@example.com', 'boss' ],
               [ 'grant', 'a', 'admin', 'b' ], [ 'verify', 'x' ], [ '--nonsense' ])
{
    ($status, $said) = admin(@$wrong, @dsn);
    is($status, 2, "wrong usage: @$wrong");
    like($said, qr/^usage: /, 'and says the right one');
}
is((admin('verify'))[0], 2, 'without a database');

($status, $said) = admin('grant', 'M1@example.com', 'super_admin', @dsn);
is($status, 0, 'the first super_admin') or diag $said;
is($db->db("SELECT roles FROM members WHERE email = 'm1\@example.com'"), '{crew,super_admin}', 'is one');
is($db->db("SELECT action || ' ' || (detail->>'before') || (detail->>'after') || ' ' || (detail->>'by')
              FROM security_events"),
   'roles.changed ["crew"]["crew", "super_admin"] scripts/admin as resortbite_owner', 'in the trail');
is($db->db("SELECT payload->>'to' FROM outbox WHERE topic = 'mail.roles_changed'"), 'm1@example.com',
   'and told');

($status, $said) = admin('grant', 'm1@example.com', 'super_admin', @dsn);
is($status, 0, 'again');
like($said, qr/nothing to do/, 'is nothing');
is($db->db('SELECT count(*) FROM security_events'), 1, 'and no event');

($status, $said) = admin('revoke', 'm1@example.com', 'super_admin', @dsn);
is($status, 1, 'the last one stays');
like($said, qr/last super_admin/, 'as is said');
is((admin('grant', 'm2@example.com', 'super_admin', @dsn))[0], 0, 'another one');
is((admin('revoke', 'm1@example.com', 'super_admin', @dsn))[0], 0, 'and it may go');
is($db->db("SELECT roles FROM members WHERE email = 'm1\@example.com'"), '{crew}', 'it has');
is((admin('revoke', 'm1@example.com', 'crew', @dsn))[0], 1, 'but not the only role there is');

($status, $said) = admin('grant', 'nobody@example.com', 'admin', @dsn);
is($status, 1, 'nobody has the address');
like($said, qr/sign up/, 'and what to do');
is((admin('grant', 'm3@example.com', 'admin', @dsn))[0], 1, 'a deleted account');
is((admin('grant', q(x' OR true --), 'admin', @dsn))[0], 1, 'a quote is a quote');
is((admin('grant', q(o'x@example.com), 'auditor', @dsn))[0], 0, 'in an address, too');
is($db->db("SELECT count(*) FROM members WHERE 'admin' = ANY (roles)"), 0, 'nobody became one');

is((admin('verify', @dsn))[0], 0, 'the trail is whole');
$db->db("ALTER TABLE security_events DISABLE TRIGGER USER; UPDATE security_events SET detail = '{}'");
($status, $said) = admin('verify', @dsn);
is($status, 1, 'or not');
like($said, qr/^chain \d+, event 1: was changed$/m, 'and where');

done_testing;
