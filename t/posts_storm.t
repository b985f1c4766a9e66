# A storm: edits, moves by the resort and by moderators, one by one and many at
# once, deletions and changes of address on the same few posts, through two
# nodes.  Whatever came of each, nothing is lost, nothing is done twice, and the
# histories tell of it without gaps or contradictions.
#
# RB_TEST_SEED=n repeats a storm as far as its choices go; RB_TEST_STORM=s is how
# many seconds it lasts.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(time);
use ResortBite;
use ResortBite::Account;
use ResortBite::Desk;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $seed = $ENV{RB_TEST_SEED} // time ^ $$;
my $lasts = $ENV{RB_TEST_STORM} // 8;
my $callers = 8;

$seed = int $seed;
diag "RB_TEST_SEED=$seed";

my $desk = ResortBite::Desk->new;
my $one = $desk->t;
my $two = ResortBite->new;
my $issuer = 'http://localhost:' . $one->port(8080);

$two->start(<<"END");
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "@{[ $one->postgres->conninfo ]}";
    resortbite_zone 16m;
    resortbite_secret_file @{[ $one->secret_file ]};
    resortbite_identity $issuer;
    resortbite_keys @{[ $one->keys_folder ]};
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($two->wait_ready, 'and another node');

my $mod = ResortBite::Account->new($one, roles => [ 'moderator' ]);


# ---- ten posts of two resorts, where their resorts are

my @states = qw(draft pending approved approved pending paused hidden changes_requested
                rejected approved);
my (@posts, %resort, %first);

for my $i (0 .. $#states) {
    my $resort = $i % 3 ? $desk->resort : $desk->other;
    my %place;

    @place{qw(region_code address lat lng)} = split /\|/, $one->db(
        "SELECT region_code, address, lat, lng FROM resorts WHERE id = '$resort'");

    my $id = $desk->insert(status => $states[$i], resort_id => $resort, %place);
    push @posts, $id;
    $resort{$id} = $resort;
    $first{$id} = $states[$i];
}

my %owner = ($desk->resort => $desk->owner, $desk->other => $desk->stranger);


# ---- what a caller may do

sub ask {
    my ($node, $who, $method, $uri, %with) = @_;

    return $node->request($method, $uri,
        $method eq 'GET' ? () : (json => $with{json} // {}),
        headers => { $who->headers($method),
                     defined $with{match} ? ('If-Match' => qq("$with{match}")) : () });
}

# What somebody has read of a post, now or a while ago: the revision, and which
# moves would do then.

my (%read, %state);

sub revision {
    my ($node, $post) = @_;

    return $read{$post} if $read{$post} && rand() < 0.15;

    my $r = ask($node, $mod, 'GET', "/api/v1/admin/posts/$post");

    $state{$post} = $r->json->{deleted_at} ? 'deleted' : $r->json->{status};

    return $read{$post} = $r->header('etag') =~ s/"//gr;
}

my %sensible = (
    resort => { draft => [ 'submit' ], changes_requested => [ 'submit' ],
                rejected => [ 'submit' ], approved => [ 'pause' ], paused => [ 'resume' ],
                deleted => [ 'restore' ] },
    moderator => { pending => [ qw(approve approve approve request-changes reject) ],
                   approved => [ 'hide' ], hidden => [ 'unhide' ] },
);

sub verb {
    my ($by, $post, @any) = @_;

    my $some = $sensible{$by}{ $state{$post} // '' };

    return $some && rand() < 0.6 ? $some->[rand @$some] : $any[rand @any];
}

my @told;                               # what was acknowledged
my %count;
my @faults;

# Notes what came of it; true when it was done.
sub note_answer {
    my ($what, $r, %of) = @_;

    $count{"$what " . $r->status}++;

    if ($r->status !~ /^(?:200|204|409|412|422)$/) {
        push @faults, "$what: " . $r->status . ' ' . substr $r->body, 0, 300;
    }

    return if $r->status >= 300;

    my $etag = $r->header('etag');
    push @faults, "$what: its ETag is of another revision than what it shows"
        if $of{post} && defined $etag && $etag ne '"' . ($r->json->{revision} // '') . '"';
    push @told, { what => $what, %of, defined $etag ? (etag => 0 + $etag =~ s/"//gr) : () }
        if $of{post};

    return 1;
}

my $n = 0;

sub edit {
    my ($node, $post) = @_;

    my $match = revision($node, $post);
    my $r = ask($node, $owner{ $resort{$post} }, 'PATCH',
        "/api/v1/resorts/$resort{$post}/posts/$post", match => $match, json => {
            title => "폭풍 $$ " . ++$n,
            rand() < 0.5 ? (pay => { min => 11000 + int rand 1500 }) : (),
            rand() < 0.2 ? (meals => int rand 4) : () });
    note_answer('edit', $r, post => $post, exact => 1, match => 0 + $match);
}

sub by_resort {
    my ($node, $post) = @_;

    my $match = rand() < 0.5 ? revision($node, $post) : undef;
    my $verb = rand() < 0.003 ? 'fill'
        : verb('resort', $post, qw(submit submit pause resume restore));
    my $r = ask($node, $owner{ $resort{$post} }, 'POST',
        "/api/v1/resorts/$resort{$post}/posts/$post/$verb", match => $match);
    note_answer($verb, $r, post => $post, exact => 1,
                defined $match ? (match => 0 + $match) : ());
}

sub erase {
    my ($node, $post) = @_;

    my $r = ask($node, $owner{ $resort{$post} }, 'DELETE',
                "/api/v1/resorts/$resort{$post}/posts/$post");
    note_answer('delete', $r);
}

sub by_moderator {
    my ($node, $post) = @_;

    my $match = revision($node, $post);
    my $verb = verb('moderator', $post, qw(approve hide unhide unhide request-changes reject));
    undef $match if $verb !~ /^(?:approve|unhide)$/ && rand() < 0.7;
    my $r = ask($node, $mod, 'POST', "/api/v1/admin/posts/$post/$verb", match => $match,
        json => $verb =~ /^(?:approve|unhide)$/ ? {} : { reason => '폭풍 속에서' });
    note_answer($verb, $r, post => $post, exact => 1,
                defined $match ? (match => 0 + $match) : ());
}

sub by_many {
    my ($node) = @_;

    my @some = grep { rand() < 0.6 } rand() < 0.5 ? @posts : reverse @posts;
    return if !@some;

    my $action = (qw(approve approve hide unhide))[rand 4];
    my %match = map { $_ => revision($node, $_) } @some;
    my $dry = rand() < 0.2;
    my $r = ask($node, $mod, 'POST', '/api/v1/admin/posts/bulk', json => {
        action => $action, dry_run => $dry ? JSON::PP::true() : JSON::PP::false(),
        items => [ map { { id => $_, revision => 0 + $match{$_} } } @some ],
        $action eq 'hide' ? (reason => '여럿을 한 번에') : () });

    note_answer($dry ? 'dry run' : 'bulk', $r) or return;

    for my $item ($dry ? () : grep { $_->{outcome} eq 'done' } @{ $r->json->{items} }) {
        push @told, { what => "bulk $action", post => $item->{id}, exact => 1,
                      match => 0 + $match{ $item->{id} }, etag => $item->{revision} };
    }
}

sub relocate {
    my ($node) = @_;

    my ($resort) = (keys %owner)[rand 2];
    my $uri = "/api/v1/resorts/$resort/profile";
    my $etag = ask($node, $owner{$resort}, 'GET', $uri)->header('etag') // '"1"';
    my $r = ask($node, $owner{$resort}, 'PATCH', $uri, match => $etag =~ s/"//gr,
                json => { region => 'gangwon', lat => 37.66, lng => 128.68,
                          address => "강원특별자치도 평창군 대관령면 올림픽로 $$-" . ++$n });
    note_answer('address', $r);
}


# ---- the storm

my $deadlocks = $one->db('SELECT deadlocks FROM pg_stat_database'
                         . ' WHERE datname = current_database()');
my $until = time + $lasts;

my @seen = $one->parallel($callers, sub {
    my ($i) = @_;

    srand $seed + $i;
    my $node = $i % 2 ? $two : $one;

    while (time < $until) {
        my $post = $posts[rand @posts];
        my $dice = rand;

        $dice < 0.35 ? edit($node, $post)
            : $dice < 0.60 ? by_resort($node, $post)
            : $dice < 0.62 ? erase($node, $post)
            : $dice < 0.83 ? by_moderator($node, $post)
            : $dice < 0.95 ? by_many($node)
            : relocate($node);
    }

    return { told => \@told, count => \%count, faults => \@faults };
});

@told = map { @{ $_->{told} } } @seen;
@faults = map { @{ $_->{faults} } } @seen;
for my $one_seen (@seen) { $count{$_} += $one_seen->{count}{$_} for keys %{ $one_seen->{count} } }

note join ', ', map { "$_: $count{$_}" } sort keys %count;

is_deeply(\@faults, [], 'every answer is one of those that are meant');
is($one->db('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
   $deadlocks, 'PostgreSQL had to break no circle');
unlike($_->error_log, qr/40P01|deadlock/, 'nor does a node tell of one') for $one, $two;

for my $what ('edit 200', 'edit 412', 'approve 200', 'approve 412', 'submit 200', 'submit 409',
              'bulk 200', 'address 200', 'delete 204', 'restore 200', 'hide 200')
{
    ok($count{$what}, "there was: $what");
}


# ---- afterwards

my %moves = map { $_ => 1 } split /\n/, $one->db(
    "SELECT from_status || '>' || to_status FROM post_moves");

for my $post (@posts) {
    my ($version, $revision, $status, $deleted) = split /\|/, $one->db(
        "SELECT version, revision, status, (deleted_at IS NOT NULL)::integer
           FROM posts WHERE id = '$post'");

    # versions

    is($one->db("SELECT string_agg(version::text, ' ' ORDER BY version)
                   FROM post_versions WHERE post_id = '$post'"),
       join(' ', 1 .. $version - 1), "$post: version $version, and all before it");
    is($one->db("WITH all_of AS (SELECT version, content FROM post_versions WHERE post_id = '$post'
                                  UNION ALL
                                 SELECT version, post_content(p) FROM posts AS p WHERE id = '$post')
                 SELECT count(*) FROM all_of AS a JOIN all_of AS b ON b.version = a.version + 1
                  WHERE a.content = b.content"), 0, 'no two in a row say the same');

    # the way through the states

    my ($at, $gone, $reviews, $steps, $deletions, @wrong) = ($first{$post}, 0, 0, 0, 0);

    for (split /\n/, $one->db("SELECT step, from_status, to_status FROM post_status_changes
                                WHERE post_id = '$post' ORDER BY id"))
    {
        my ($step, $from, $to) = split /\|/;

        push @wrong, "$step $from>$to after $at" if $from ne $at;
        push @wrong, "$step $from>$to is no move" if !$moves{"$from>$to"};
        push @wrong, "$step of what was $gone" if $step ne 'status'
            && $gone == ($step eq 'deleted' ? 1 : 0);
        push @wrong, "$from>$to of what is deleted" if $step eq 'status' && $gone && $to ne 'hidden';

        $steps++;
        $deletions++ if $step eq 'deleted';
        $reviews++ if $step eq 'status' && $to eq 'pending' && $from =~ /^(?:approved|paused)$/;
        $gone = $step eq 'deleted' ? 1 : $step eq 'restored' ? 0 : $gone;
        $at = $to;
    }

    is_deeply(\@wrong, [], 'its history is a chain');
    is("$at $gone", "$status $deleted", 'that leads to what it is');

    # what was acknowledged: nobody's change was lost or made twice

    my @own = grep { $_->{post} eq $post } @told;
    my %used;
    $used{ $_->{match} }++ for grep { defined $_->{match} } @own;
    is_deeply([ grep { $used{$_} > 1 } sort keys %used ], [],
              'of those who had read one revision, one changed it');
    is_deeply([ grep { $_->{exact} && defined $_->{match} && $_->{etag} != $_->{match} + 1 } @own ],
              [], 'into the next');

    my %given;
    $given{ $_->{etag} }++ for grep { $_->{exact} } @own;
    is_deeply([ grep { $given{$_} > 1 } sort keys %given ], [],
              'each change has a revision of its own');
    is_deeply([ grep { defined $_->{etag} && $_->{etag} > $revision } @own ], [],
              'none is ahead of the row');

    my $edits = grep { $_->{what} eq 'edit' } @own;
    my $moves = grep { $_->{what} ne 'edit' } @own;
    my $relocations = $one->db("WITH all_of AS (
             SELECT version, content FROM post_versions WHERE post_id = '$post'
              UNION ALL
             SELECT version, post_content(p) FROM posts AS p WHERE id = '$post')
        SELECT count(*) FROM all_of AS a JOIN all_of AS b ON b.version = a.version + 1
         WHERE a.content->'address' <> b.content->'address'");

    is($edits, $version - 1 - $relocations, "$edits edits acknowledged, as many versions");
    is($moves, $steps - $reviews - $deletions, "$moves moves acknowledged, as many steps");
    is($revision - 1, $version - 1 + $steps - $reviews, 'and the revision counts them all');
}

is($one->db('SELECT count(*) FROM posts AS p WHERE live AND EXISTS (
                 SELECT FROM post_findings(p) WHERE severity = $$refuse$$)
                 AND id IN (' . join(', ', map { "'$_'" } @posts) . ')'), 0,
   'what is live keeps the law');

done_testing;
