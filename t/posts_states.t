# The state machine of posts as a resort sees it: every edge, allowed and
# refused, by everybody.  What is expected comes from the table post_moves,
# and of that table all but the moderators' part is held against what is
# written here.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Account;
use ResortBite::Desk;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $desk = ResortBite::Desk->new;

my @states = qw(draft pending changes_requested approved rejected paused hidden filled expired);

is($desk->db("SELECT string_agg(concat_ws(' ', from_status, to_status, actor, verb, needs_reason),
                                E'\\n' ORDER BY from_status, verb)
                FROM post_moves WHERE from_status <> to_status AND actor <> 'moderator'"), join("\n",
   'draft pending resort submit f',
   'changes_requested pending resort submit f',
   'approved expired system expire f',
   'approved filled resort fill f',
   'approved paused resort pause f',
   'approved pending system review t',
   'rejected pending resort submit f',
   'paused approved resort resume f',
   'paused pending system review t'), 'what a resort and the system may do is this');
is($desk->db("SELECT count(*) FROM post_moves WHERE from_status = to_status
                 AND actor = 'resort' AND verb IN ('delete', 'restore')"), 18,
   'any state can be deleted and restored');
is($desk->db("SELECT has_table_privilege('resortbite_app', 'post_moves', 'UPDATE')"), 'f',
   'and the server can\'t change that');

my %to;
for (split /\n/, $desk->db("SELECT from_status || ' ' || verb || ' ' || to_status || ' ' || event
                              FROM post_moves WHERE actor = 'resort'"))
{
    my ($from, $verb, $next, $event) = split / /;
    $to{$verb}{$from} = [ $next, $event ];
}

my %allowed;
for (sort keys %to) {
    for my $from (keys %{ $to{$_} }) {
        my $next = $to{$_}{$from}[0];
        $allowed{$from}{$next} = 1 if $next ne $from;
    }
}

my %who = (
    owner => $desk->owner, manager => $desk->manager, recruiter => $desk->recruiter,
    stranger => $desk->stranger,
    moderator => ResortBite::Account->new($desk->t, roles => [ 'moderator' ], second => 1),
    crew => ResortBite::Account->new($desk->t), nobody => undef,
);


sub move {
    my ($who, $verb, $post, @more) = @_;

    my ($method, $uri) = $verb eq 'delete' ? (DELETE => $desk->at($post))
        : (POST => $desk->at($post) . "/$verb");

    return $who{$who} ? $who{$who}->request($method, $uri, @more)
        : $desk->t->request($method, $uri, json => {});
}

sub row { return $desk->db("SELECT status, deleted_at IS NOT NULL, version, revision
                              FROM posts WHERE id = '$_[0]'") }

sub last_of { return $desk->db("SELECT $_[1] FROM $_[0] ORDER BY id DESC LIMIT 1") }


for my $verb (qw(submit pause resume fill delete restore)) {
    for my $state (@states) {
        my $deleted = $verb eq 'restore';
        my @gone = $deleted ? (deleted_at => '2026-01-01') : ();

        # who may not: nothing happens
        my $post = $desk->insert(status => $state, @gone);
        my $before = row($post);

        for my $who (qw(stranger moderator crew nobody),
                     $verb =~ /^(?:delete|restore)$/ ? 'recruiter' : ())
        {
            my $r = move($who, $verb, $post);
            is($r->status, $who eq 'nobody' ? 401 : 403, "$who may not $verb a post ($state)");
        }

        is(row($post), $before, 'and it stays as it was');

        # who may: where the table says, and nowhere else
        for my $who (qw(owner manager recruiter)) {
            next if $verb =~ /^(?:delete|restore)$/ && $who eq 'recruiter';

            my $post = $desk->insert(status => $state, @gone);
            my $before = row($post);
            my $edge = $to{$verb}{$state};
            my $r = move($who, $verb, $post);

            if (!$edge) {
                is($r->status, 409, "$who can't $verb: $state");
                my $json = $r->json;
                is($json->{code}, 'state_conflict', 'that is why');
                is($json->{state}, $state, 'it says where it is');
                is_deeply([ sort @{ $json->{allowed_states} } ],
                          [ sort keys %{ $allowed{$state} || {} } ], 'and where it may go');
                is(row($post), $before, 'and nothing has changed');
                next;
            }

            my ($next, $event) = @$edge;
            is($r->status, $verb eq 'delete' ? 204 : 200, "$who may $verb: $state") or diag $r->body;
            is(row($post), "$next|" . ($verb eq 'delete' ? 't' : 'f') . '|1|2', "it is $next");
            is(last_of('post_status_changes', "concat_ws(' ', post_id, step, from_status, to_status,
                                                         version, actor_id)"),
               join(' ', $post, $verb eq 'delete' ? 'deleted' : $deleted ? 'restored' : 'status',
                    $state, $next, 1, $who{$who}->id), 'the history has it');
            is(last_of('audit_events', "concat_ws(' ', action, subject_id, actor_id)"),
               "$event $post " . $who{$who}->id, 'so has the trail');
            is($desk->db("SELECT count(*) FROM outbox WHERE topic = '$event'
                             AND key = 'job:$post'"), 1, 'and the event is out');
            is($r->header('etag'), '"2"', 'the answer has its revision') if $verb ne 'delete';
        }
    }
}


# what was deleted moves no more, and what wasn't isn't restored

for my $state (@states) {
    my $post = $desk->insert(status => $state, deleted_at => '2026-01-01');
    my $before = row($post);

    for my $verb (qw(submit pause resume fill)) {
        my $r = move('owner', $verb, $post);
        is($r->status, 409, "deleted ($state): no $verb");
        is_deeply([ $r->json->{state}, $r->json->{allowed_states} ], [ 'deleted', [ $state ] ],
                  'it can be restored to what it was');
    }

    is(move('owner', 'delete', $post)->status, 204, 'deleting again is as good');
    is(row($post), $before, 'and changes nothing');

    $post = $desk->insert(status => $state);
    is(move('owner', 'restore', $post)->status, 409, "not deleted ($state): not restored");
}


# moderators' moves aren't the resort's

is($desk->owner->post($desk->at($desk->insert(status => 'pending')) . "/$_")->status, 404,
   "no $_ at the desk") for qw(approve reject request_changes hide unhide expire review);


# another resort's address finds nothing, not even for its own owner

my $post = $desk->insert(status => 'draft');
my $there = "/api/v1/resorts/@{[ $desk->other ]}/posts/$post";

is($desk->stranger->post("$there/$_")->status, 404, "$_ under another resort: 404")
    for qw(submit pause resume fill restore copy);
is($desk->stranger->get($there)->status, 404, 'and can\'t be read there');
is($desk->stranger->delete($there)->status, 404, 'nor deleted');


# a move heeds If-Match when it is there

my $r = move('owner', 'submit', $post, headers => { 'If-Match' => '"9"' });
is($r->status, 412, 'a stale revision: 412');
is(row($post), 'draft|f|1|1', 'nothing moved');
is(move('owner', 'submit', $post, headers => { 'If-Match' => '"1"' })->status, 200, 'the right one');


# ten at once: one moves, the others are told where it is

$post = $desk->insert(status => 'approved');
my @pids;
for my $n (1 .. 6) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $status = eval { move('owner', $n % 2 ? 'pause' : 'fill', $post)->status } // 0;
        require POSIX;
        POSIX::_exit($status == 200 ? 1 : $status == 409 ? 2 : 3);
    }
    push @pids, $pid;
}
my %seen;
for (@pids) { waitpid $_, 0; $seen{ $? >> 8 }++ }
is_deeply(\%seen, { 1 => 1, 2 => 5 }, 'of many at once one wins, the others get 409');
is($desk->db("SELECT count(*) FROM post_status_changes WHERE post_id = '$post'"), 1,
   'and the history has one step');

done_testing;
