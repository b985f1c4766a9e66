# What was found out about a token or cookie is kept, and is forgotten on every
# node within a second of a revocation: with Redis, without it, with a node
# that can't hear.  While PostgreSQL is away nobody gets in.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use IO::Select;
use IO::Socket::INET;
use ResortBite::Process;
use ResortBite::Tokens;
use Time::HiRes qw(sleep time);

my $crew = '019b76da-abe8-7409-b745-9cf1e2829bb1';


# Nodes over one database.

sub nodes {
    my ($number, $conninfo, $redis) = @_;

    my @nodes = map { ResortBite->new(redis => $redis ? {} : 0) } 1 .. $number;
    my $issuer = 'http://localhost:' . $nodes[0]->port(8080);

    $nodes[1]{redis_server} = $nodes[0]->redis if $redis;

    my $folder = $nodes[0]->keys_folder;

    for my $node (@nodes) {
        $node->start(<<"END");
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "$conninfo" timeout=2s;
    @{[ $redis ? 'resortbite_redis %%REDIS%%;' : '' ]}
    resortbite_zone 16m;
    resortbite_secret_file @{[ $nodes[0]->secret_file ]};
    resortbite_identity $issuer;
    resortbite_keys $folder;
    server {
        listen 127.0.0.1:%%PORT_8080%% reuseport;
        location / { resortbite_api; }
        add_header X-Pg-Time \$resortbite_pg_time;
    }
}
END
    }

    ok($_->wait_ready, 'a node is ready') for @nodes;

    return @nodes;
}


my $world = ResortBite->new(postgres => { tcp => 1 });
my $pg = $world->postgres;


sub asks {
    my ($node, $headers) = @_;

    return $node->get('/test/identity/member', headers => $headers,
                      timeout => 5)->status;
}


# What requests have waited for PostgreSQL at the most, of those that did last:
# each of the workers has to come to know.

sub longest {
    my ($node, $headers) = @_;

    my @times = map {
        $node->get('/test/identity/member', headers => $headers)
             ->header('x-pg-time')
    } 1 .. 6;

    return (sort { $b <=> $a } @times[3 .. 5])[0];
}


# Between a node and PostgreSQL: passes everything on, but nothing of a
# connection that has sent LISTEN while the file `hole' is there.

sub proxy {
    my ($from, $to, $hole) = @_;

    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64,
        LocalPort => $from, ReuseAddr => 1) or die "proxy: $!\n";

    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;

    my $select = IO::Select->new($server);
    my (%peer, %deaf, %held);

    for (;;) {
        my @ready = $select->can_read(0.02);

        if (!-e $hole) {
            push @ready, grep { length $held{$_} } map { $peer{$_} } keys %peer;
        }

        for my $in (@ready) {
            if ($in == $server) {
                my $near = $server->accept or next;
                my $far = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                                PeerPort => $to) or next;
                @peer{$near, $far} = ($far, $near);
                @held{$near, $far} = ('', '');
                $select->add($near, $far);
                next;
            }

            my $out = $peer{$in} or next;
            my $bytes = '';

            if ($select->exists($in) && IO::Select->new($in)->can_read(0)) {
                if (!sysread $in, $bytes, 65536) {
                    $select->remove($in, $out);
                    delete @peer{$in, $out};
                    close $_ for $in, $out;
                    next;
                }
            }

            $deaf{$in} = $deaf{$out} = 1 if $bytes =~ /LISTEN /;
            $held{$in} .= $bytes;
            next if $deaf{$in} && -e $hole;

            syswrite $out, $held{$in};
            $held{$in} = '';
        }
    }
}


# Seconds until all nodes refuse after the change; -1: they don't.

sub bites {
    my ($nodes, $headers, $sql) = @_;

    $world->db($sql);

    my $changed = time;

    for my $node (@$nodes) {
        while (asks($node, $headers) == 200) {
            return -1 if time - $changed > 5;
            sleep 0.01;
        }
    }

    return time - $changed;
}


for my $redis (1, 0) {
    my @nodes = nodes(2, $pg->conninfo, $redis);
    my $with = $redis ? 'with Redis' : 'without Redis';
    my $tokens = ResortBite::Tokens->new($world, keys => $nodes[0]->keys_folder,
        issuer => 'http://localhost:' . $nodes[0]->port(8080));

    my $service = "service-$redis";

    my %cases = (
        'a session that is revoked' => sub {
            my $s = $tokens->browser(member => $crew);
            ({ Cookie => "__Host-rb_session=$s->{cookie}" },
             "UPDATE sessions SET revoked_at = now(), revoke_reason = 'test'
               WHERE id = '$s->{id}'");
        },
        'a grant that is revoked' => sub {
            my $g = $tokens->grant(member => $crew);
            ({ Authorization => 'Bearer ' . $tokens->token($g) },
             "UPDATE sessions SET revoked_at = now(), revoke_reason = 'test'
               WHERE id = '$g->{id}'");
        },
        'a session that is deleted' => sub {
            my $s = $tokens->browser(member => $crew);
            ({ Cookie => "__Host-rb_session=$s->{cookie}" },
             "DELETE FROM sessions WHERE id = '$s->{id}'");
        },
        'a member who is suspended' => sub {
            my $s = $tokens->browser(member => $crew);
            ({ Cookie => "__Host-rb_session=$s->{cookie}" },
             "UPDATE members SET status = 'suspended',
                     suspended_until = now() + INTERVAL '1 day'
               WHERE id = '$crew'",
             "UPDATE members SET status = 'active', suspended_until = NULL
               WHERE id = '$crew'");
        },
        'a client that is disabled' => sub {
            my $g = $tokens->grant(member => $crew, client => $service);
            ({ Authorization => 'Bearer ' . $tokens->token($g) },
             "UPDATE oauth_clients SET disabled_at = now() WHERE id = '$service'");
        },
    );

    for my $what (sort keys %cases) {
        my ($headers, $change, $undo) = $cases{$what}->();

        for my $node (@nodes) {
            is(asks($node, $headers), 200, "$with, before $what")
                for 1 .. 4;
        }

        cmp_ok(longest($nodes[0], $headers), '==', 0, 'known without the database');

        my $seconds = bites(\@nodes, $headers, $change);

        cmp_ok($seconds, '>=', 0, "$with, $what is refused by both nodes");
        cmp_ok($seconds, '<', 1, sprintf 'within a second (%.3f s)', $seconds);

        next if !$undo;

        $world->db($undo);
        ok($_->wait_for(sub { asks($_[0] // $nodes[0], $headers) == 200 }, 2),
           'and let in again') for @nodes;
    }

    # roles

    my $admin = $world->db("SELECT id FROM members WHERE email = 'admin\@example.com'");
    my $s = $tokens->browser(member => $admin, acr => 2);
    my $headers = { Cookie => "__Host-rb_session=$s->{cookie}" };
    my $staff = sub { $_[0]->get('/test/identity/staff', headers => $headers)->status };

    is($staff->($_), 200, "$with, an administrator") for @nodes;
    $world->db("UPDATE members SET roles = '{moderator}' WHERE id = '$admin'");
    my $changed = time;
    for my $node (@nodes) {
        ok($node->wait_for(sub { $staff->($node) == 403 }, 2), 'is one no more');
    }
    cmp_ok(time - $changed, '<', 1, 'within a second');
    $world->db("UPDATE members SET roles = '{admin}' WHERE id = '$admin'");
    for my $node (@nodes) {
        ok($node->wait_for(sub { $staff->($node) == 200 }, 2), 'and is again');
    }

    # a suspension that has run out is none

    $world->db("UPDATE members SET status = 'suspended',
                       suspended_until = now() - INTERVAL '1 minute'
                 WHERE id = '$crew'");
    my $after = $tokens->browser(member => $crew);
    is(asks($nodes[0], { Cookie => "__Host-rb_session=$after->{cookie}" }), 200,
       'a suspension that has run out');
    $world->db("UPDATE members SET status = 'active', suspended_until = NULL
                 WHERE id = '$crew'");

    # a reload keeps what is known, and whether it may be relied upon

    my $again = { Cookie => "__Host-rb_session=$after->{cookie}" };
    ok($nodes[0]->reload, "$with, reloaded");
    ok($nodes[0]->wait_for(sub { longest($nodes[0], $again) == 0 }, 10),
       'known without the database after a reload');

    # the database stops without a word

    my $known = { Cookie => "__Host-rb_session=$after->{cookie}" };
    is(asks($_, $known), 200, "$with, known") for @nodes;

    $pg->pause;
    sleep 1;

    my $before = time;
    for my $node (@nodes) {
        my $r = $node->get('/test/identity/member', headers => $known, timeout => 10);
        is($r->status, 503, "$with, PostgreSQL stopped: nobody gets in");
        ok($r->header('retry-after'), 'and is told to come back');
    }
    is($nodes[0]->get('/test/identity/optional', headers => $known,
                      timeout => 10)->status, 503,
       'nor is somebody taken for nobody');
    is($nodes[0]->get('/test/identity/optional')->status, 200,
       'who says nothing needs no database');

    $pg->resume;
    for my $node (@nodes) {
        ok($node->wait_for(sub { asks($node, $known) == 200 }, 20),
           'it goes on, and so does the session');
    }

    $_->finish for @nodes;
}

# a node whose listening connection is dead without a sign

my $port = ResortBite::Process::free_port();
my $hole = $world->prefix . '/hole';
my $proxy = proxy($port, $pg->port, $hole);
my ($node) = nodes(1, $pg->conninfo(tcp => 1) =~ s/\bport=\d+/port=$port/r, 0);

{
    my $tokens = ResortBite::Tokens->new($world, issuer => 'http://localhost:'
                                             . $node->port(8080));
    my $s = $tokens->browser(member => $crew);
    my $other = $tokens->browser(member => $crew);
    my $headers = { Cookie => "__Host-rb_session=$s->{cookie}" };

    is(asks($node, $headers), 200, 'let in') for 1 .. 4;
    cmp_ok(longest($node, $headers), '==', 0, 'known without the database');

    for my $when ('at once', 'after a while') {
        my $s = $tokens->browser(member => $crew);
        my $headers = { Cookie => "__Host-rb_session=$s->{cookie}" };

        is(asks($node, $headers), 200, 'let in') for 1 .. 4;

        open my $mark, '>', $hole or die "$hole: $!\n";
        close $mark;
        sleep 2 if $when eq 'after a while';

        my $seconds = bites([ $node ], $headers,
            "UPDATE sessions SET revoked_at = now(), revoke_reason = 'test'
              WHERE id = '$s->{id}'");

        cmp_ok($seconds, '>=', 0, "it hears nothing, revoked $when: refused");
        cmp_ok($seconds, '<', 1, sprintf 'within a second (%.3f s)', $seconds);

        is(asks($node, { Cookie => "__Host-rb_session=$other->{cookie}" }), 200,
           'others are still let in, by the database');

        unlink $hole;
        ok($node->wait_for(sub { longest($node, {
               Cookie => "__Host-rb_session=$other->{cookie}" }) == 0 }, 15),
           'it hears again: what is known counts again');
    }
}

kill 'KILL', $proxy;
waitpid $proxy, 0;

done_testing;
