# POST /api/v1/admin/posts/bulk: many posts at once, each for itself; a dry run
# says what the real one does; and nobody waits for another in a circle.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;
use ResortBite::Account;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;
my $issuer = 'http://localhost:' . $t->port(8080);

$t->start(<<"END");
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%" write=4;
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity $issuer;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $mod = ResortBite::Account->new($t, roles => [ 'moderator' ]);
my $auditor = ResortBite::Account->new($t, roles => [ 'auditor' ]);

my @models = split /\n/, $t->db('SELECT DISTINCT ON (p.resort_id) p.id
      FROM posts AS p JOIN resorts AS r ON r.id = p.resort_id
     WHERE p.live AND r.open AND p.apply_until > seoul_today() + 5
       AND NOT EXISTS (SELECT FROM post_findings(p))
     ORDER BY p.resort_id, p.id LIMIT 6');

my $columns = $t->db("SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = 'posts'::regclass AND attnum > 0 AND NOT attisdropped
      AND attgenerated = '' AND attname NOT IN ('id', 'status', 'status_reason',
          'published_at', 'version', 'revision', 'approved_version', 'deleted_at',
          'edited_by', 'edited_at')");

my $made = 0;

sub post {
    my ($status, $model) = @_;

    my $public = $status =~ /^(?:approved|paused|hidden|filled|expired)$/ ? 'now()' : 'NULL';

    return $t->db("INSERT INTO posts (id, status, status_reason, published_at, $columns)
        SELECT uuid_v7(now(), md5('made " . ++$made . "')::uuid), '$status', '이유', $public, $columns
          FROM posts WHERE id = '" . ($model // $models[$made % @models]) . "' RETURNING id");
}

sub bulk {
    my ($action, $items, %with) = @_;

    return ($with{by} // $mod)->post('/api/v1/admin/posts/bulk', json => {
        action => $action, items => $items,
        dry_run => $with{dry} ? JSON::PP::true() : JSON::PP::false(),
        defined $with{reason} ? (reason => $with{reason}) : (),
    }, headers => { $with{key} ? ('Idempotency-Key' => $with{key}) : (),
                    'Accept-Language' => $with{lang} // 'ko' });
}

sub item { return { id => $_[0], revision => 0 + ($_[1] // 1) } }

# what a dry run can't know is the revision to come
sub told {
    my ($r) = @_;

    return [ map { my %item = %$_; delete $item{revision} if $item{outcome} eq 'done'; \%item }
             @{ $r->json->{items} } ];
}

sub state_of { return $t->db("SELECT status FROM posts WHERE id = '$_[0]'") }


# ---- of every outcome one

my $ready = post('pending');
my $second = post('pending');
my $stale = post('pending');
my $hidden = post('hidden');
my $poor = post('pending');
my $gone = $ready =~ s/^....../000000/r;

$t->db("UPDATE posts SET title = '다른 제목' WHERE id = '$stale';
        UPDATE posts SET pay_type = 'hourly', pay_min_krw = 5000, pay_max_krw = 5000
         WHERE id = '$poor'");

my @items = (item($second), item($gone), item($stale), item($hidden), item($poor, 2),
             item($ready));

my @before = map { $t->db("SELECT count(*) FROM $_") }
    qw(outbox audit_events post_status_changes);
my $dry = bulk('approve', \@items, dry => 1);

is($dry->status, 200, 'a dry run') or diag $dry->body;
is_deeply([ map { $_->{outcome} } @{ $dry->json->{items} } ],
          [ qw(done not_found stale state_conflict rules_not_met done) ],
          'of each post, in the order given, what would happen');
is($dry->json->{done}, 2, 'how many would be moved');
is($dry->json->{refused}, 4, 'and would not');
is($dry->json->{dry_run}, JSON::PP::true(), 'it says that it is one');
is(state_of($_), 'pending', 'nothing moved') for $ready, $second;
is_deeply([ map { $t->db("SELECT count(*) FROM $_") }
            qw(outbox audit_events post_status_changes) ], \@before, 'nothing was written');

my $real = bulk('approve', \@items);
is($real->status, 200, 'the real one') or diag $real->body;
is_deeply(told($real), told($dry), 'says the same');
is($real->json->{dry_run}, JSON::PP::false(), 'but what it is');

my @told = @{ $real->json->{items} };
is($told[0]{to}, 'approved', 'the new state');
is_deeply($told[0]{allowed_states}, [ 'hidden' ], 'and where it may go from there');
is_deeply($dry->json->{items}[0]{allowed_states}, [ 'hidden' ], 'or could');
is($told[0]{revision}, $t->db("SELECT revision FROM posts WHERE id = '$second'"),
   'and revision');
is($told[2]{revision}, 2, 'of one that was stale the present one');
is($told[3]{from}, 'hidden', 'where the others are');
is_deeply($told[3]{allowed_states}, [ 'approved' ], 'and may go');
is($told[4]{findings}[0]{field}, 'pay.min', 'what the law finds');
like($told[4]{findings}[0]{detail}, qr/최저임금/, 'in words');
is(state_of($_), 'approved', 'moved') for $ready, $second;
is(state_of($stale), 'pending', 'the others are where they were');
is($t->db("SELECT count(*) FROM post_status_changes WHERE to_status = 'approved'
              AND actor_id = '" . $mod->id . "'"), 2, 'two steps of history');
is($t->db("SELECT count(*) FROM audit_events WHERE action = 'post.approved'
              AND request_id = '" . $real->header('x-request-id') . "'"), 2, 'in the trail');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'post.approved'
              AND key IN ('job:$ready', 'job:$second')"), 2, 'two events');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.post_public'
              AND key IN ('mail:$ready', 'mail:$second')"),
   $t->db("SELECT count(*) FROM posts AS p JOIN resort_members AS o ON o.resort_id = p.resort_id
            WHERE p.id IN ('$ready', '$second')
              AND (o.role = 'owner' OR o.member_id = p.created_by)"), 'and mails to authors and owners');
is($t->get("/api/v1/jobs/$ready")->status, 200, 'the public sees them');
like(bulk('approve', [ item($poor, 2) ], dry => 1, lang => 'en')->json
     ->{items}[0]{findings}[0]{detail}, qr/minimum wage/, 'in English, too');


# ---- dry and real, of every action and state

for my $action (qw(approve request_changes reject hide unhide)) {
    my @set = map { item(post($_)) }
        qw(draft pending changes_requested approved rejected paused hidden filled expired);
    my $reason = $action =~ /^(?:approve|unhide)$/ ? undef : '규정과 다릅니다';
    my $dry = bulk($action, \@set, dry => 1, reason => $reason);
    my $real = bulk($action, \@set, reason => $reason);

    is_deeply(told($real), told($dry), "$action: dry and real agree");
    is_deeply([ map { $_->{to} // $_->{from} } @{ $real->json->{items} } ],
              [ map { state_of($_->{id}) } @set ], 'and so do the rows');
    is($real->json->{done} + $real->json->{refused}, 9, 'all are told of');
    cmp_ok($real->json->{done}, '>=', 1, 'some are done');
}


# ---- once

{
    my @set = map { item(post('pending')) } 1 .. 3;
    my $first = bulk('approve', \@set, key => 'once');
    my $again = bulk('approve', \@set, key => 'once');

    is($again->status, 200, 'again with the same key');
    is($again->body, $first->body, 'the same answer, to the byte');
    is($again->header('idempotency-replayed'), 'true', 'and it says so');
    is($first->json->{done}, 3, 'all were done');
    is(bulk('reject', \@set, key => 'once', reason => '다른 일')->status, 422,
       'for something else the key is refused');
    is(bulk('approve', \@set, key => 'twice')->json->{done}, 0, 'another key: stale now');

    @set = map { item(post('pending')) } 1 .. 5;
    my @answers = $t->parallel(6, sub { [ map { $_->status, $_->body }
                                          bulk('approve', \@set, key => 'at-once') ] });
    is_deeply([ map { $_->[0] } @answers ], [ (200) x 6 ], 'six at once');
    my %bodies = map { $_->[1] => 1 } @answers;
    is(scalar keys %bodies, 1, 'get one answer');
    is($t->db("SELECT count(*) FROM post_status_changes WHERE post_id IN ("
              . join(', ', map { "'$_->{id}'" } @set) . ')'), 5, 'and have one effect');
}


# ---- what is refused as a whole

my @wrong = (
    [ { action => 'approve', items => [] }, 'items' ],
    [ { action => 'approve', items => [ ({ %{ item($ready) } }) x 101 ] }, 'items' ],
    [ { action => 'approve', items => { id => $ready } }, 'items' ],
    [ { action => 'approve', items => [ $ready ] }, 'items[0]' ],
    [ { action => 'approve', items => [ item($ready), item($ready) ] }, 'items[1].id' ],
    [ { action => 'approve', items => [ { id => $ready } ] }, 'items[0].revision' ],
    [ { action => 'approve', items => [ { id => $ready, revision => 0 } ] }, 'items[0].revision' ],
    [ { action => 'approve', items => [ { id => 'x', revision => 1 } ] }, 'items[0].id' ],
    [ { action => 'approve', items => [ { %{ item($ready) }, x => 1 } ] }, 'items[0]' ],
    [ { action => 'delete', items => [ item($ready) ] }, 'action' ],
    [ { action => 'hide', items => [ item($ready) ] }, 'reason' ],
    [ { action => 'hide', items => [ item($ready) ], reason => "\x{3000} " }, 'reason' ],
);

for my $wrong (@wrong) {
    my ($json, $field) = @$wrong;
    my $r = $mod->post('/api/v1/admin/posts/bulk',
                       json => { dry_run => JSON::PP::true(), %$json });
    is($r->status, 400, "refused: $field");
    is($r->json->{errors}[0]{field}, $field, 'by its name') or diag $r->body;
}

is($mod->post('/api/v1/admin/posts/bulk',
              json => { action => 'approve', items => [ item($ready) ] })
   ->json->{errors}[0]{field}, 'dry_run', 'whether it is a dry run has to be said');
is(bulk('approve', [ item($ready) ], by => $auditor)->status, 403, 'an auditor does none');


# ---- a hundred

my @many = map { item(post('pending')) } 1 .. 100;
my $started = time;
my $r = bulk('approve', \@many);
is($r->json->{done}, 100, 'a hundred at once') or diag $r->body;
note sprintf '%.0f ms', 1000 * (time - $started);


# ---- no circle: two orders of the same posts, a resort's change of address,
# edits, all at once; PostgreSQL would break a circle with 40P01

my @resorts = split /\n/, $t->db('SELECT DISTINCT resort_id FROM posts WHERE id IN ('
    . join(', ', map { "'$_->{id}'" } @many) . ') ORDER BY 1');
my $until = time + ($ENV{RB_TEST_LONG} ? 20 : 4);

my @faults = map { @$_ } $t->parallel(8, sub {
    my ($n) = @_;
    my ($round, @faults) = (0);

    while (time < $until) {
        $round++;

        if ($n < 4) {
            my @some = map { $many[($_ * 7 + $n * 31 + $round) % @many]{id} } 0 .. 39;
            my %seen;
            @some = grep { !$seen{$_}++ } @some;
            @some = reverse @some if $n % 2;

            my %revision = map { split /\|/ } split /\n/, $t->db(
                'SELECT id, revision FROM posts WHERE id IN ('
                . join(', ', map { "'$_'" } @some) . ')');
            my $r = bulk($round % 2 ? 'hide' : 'unhide',
                         [ map { item($_, $revision{$_}) } @some ],
                         $round % 2 ? (reason => '돌아가며') : ());
            push @faults, $r->status . ' ' . substr $r->body, 0, 300 if $r->status != 200;
        } else {
            # as the desk does it: the resort first
            my $resort = $resorts[($round + $n) % @resorts];
            my $answer = eval { $t->db($n % 2
                ? "UPDATE resorts SET address = '강원특별자치도 평창군 올림픽로 $n$round'
                    WHERE id = '$resort'"
                : "WITH r AS MATERIALIZED (SELECT id FROM resorts WHERE id = '$resort' FOR SHARE)
                   UPDATE posts SET title = '제목 $n $round'
                    WHERE resort_id = (SELECT id FROM r) AND id = (SELECT id FROM posts
                       WHERE resort_id = '$resort' ORDER BY id LIMIT 1)"); 1 };
            push @faults, $@ if !$answer;
        }
    }

    return \@faults;
});

is_deeply(\@faults, [], 'bulk actions, changes of address and edits in each other\'s way');


# what a post offers goes away while its approval waits for it: that post's
# outcome, and nothing of the others'

my $bare = $t->db("INSERT INTO dormitories (SELECT (jsonb_populate_record(d, jsonb_build_object('id',
        uuid_v7(now(), md5('bare')::uuid), 'name', '곧 헐릴 숙소'))).*
      FROM dormitories AS d JOIN posts AS p ON p.resort_id = d.resort_id AND p.id = '$models[0]' LIMIT 1) RETURNING id");
my @both = (post('pending', $models[0]), post('pending', $models[0]));
$t->db("UPDATE posts SET has_dormitory = true, dormitory_id = '$bare' WHERE id = '$both[0]'");
my %at = map { split /\|/ } split /\n/, $t->db("SELECT id, revision FROM posts WHERE id IN ('$both[0]', '$both[1]')");

my ($r2) = grep { ref } $t->parallel(2, sub {
    if ($_[0] == 0) {
        $t->db("BEGIN; UPDATE dormitories SET deleted_at = now() WHERE id = '$bare'; SELECT pg_sleep(1); COMMIT");
        return 0;
    }

    sleep 0.3;
    my $r = bulk('approve', [ map { item($_, $at{$_}) } @both ]);
    return [ $r->status, map { $_->{outcome} } @{ $r->json->{items} || [] } ];
});

is_deeply($r2, [ 200, 'rules_not_met', 'done' ], 'a dormitory that goes meanwhile is one post\'s matter');

done_testing;
