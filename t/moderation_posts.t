# The moderators' desk for posts: the queue, one post with all that is to be
# known of it, and every move of theirs from every state, by role.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Account;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;
my $issuer = 'http://localhost:' . $t->port(8080);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
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

my $model = $t->db('SELECT p.id FROM posts AS p JOIN resorts AS r ON r.id = p.resort_id
                     WHERE p.live AND r.open AND p.apply_until > seoul_today() + 5
                       AND NOT EXISTS (SELECT FROM post_findings(p))
                     ORDER BY p.id LIMIT 1');
my ($resort, $author) = split /\|/, $t->db(
    "SELECT resort_id, created_by FROM posts WHERE id = '$model'");

my $mod = ResortBite::Account->new($t, roles => [ 'moderator' ], name => '가람');
my %staff = (moderator => $mod, map { $_ => ResortBite::Account->new($t, roles => [ $_ ]) }
             qw(admin super_admin));
my %others = (auditor => ResortBite::Account->new($t, roles => [ 'auditor' ]),
              crew => ResortBite::Account->new($t),
              owner => ResortBite::Account->new($t, resort => [ $resort, 'owner' ]));

my $columns = $t->db("SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = 'posts'::regclass AND attnum > 0 AND NOT attisdropped
      AND attgenerated = '' AND attname NOT IN ('id', 'status', 'status_reason',
          'published_at', 'version', 'revision', 'approved_version', 'deleted_at',
          'edited_by', 'edited_at', 'updated_at')");

my $made = 0;


# A post like the model, in another state.

sub post {
    my ($status, %with) = @_;

    my $public = $status =~ /^(?:approved|paused|hidden|filled|expired)$/
        || $with{published} ? 'now()' : 'NULL';
    my $deleted = $with{deleted} ? 'now()' : 'NULL';
    my $from = $with{from} // $model;

    return $t->db("INSERT INTO posts (id, status, status_reason, published_at, deleted_at, $columns)
        SELECT uuid_v7(now(), md5('made " . ++$made . "')::uuid), '$status', '이유', $public,
               $deleted, $columns
          FROM posts WHERE id = '$from' RETURNING id");
}

sub revision { return $t->db("SELECT revision FROM posts WHERE id = '$_[0]'") }

sub state_of {
    return $t->db("SELECT status || CASE WHEN deleted_at IS NULL THEN '' ELSE ' deleted' END"
                  . " FROM posts WHERE id = '$_[0]'");
}

my %needs_reason = map { $_ => 1 } qw(request-changes reject hide);

sub move {
    my ($who, $post, $verb, %with) = @_;

    my $match = exists $with{if_match} ? $with{if_match}
        : $verb =~ /^(?:approve|unhide)$/ ? '"' . revision($post) . '"' : undef;

    return $who->post("/api/v1/admin/posts/$post/$verb",
        json => $with{json} // ($needs_reason{$verb} ? { reason => '규정과 다릅니다' } : {}),
        headers => { defined $match ? ('If-Match' => $match) : (), %{ $with{headers} || {} } });
}


# ---- every edge, allowed and refused

my @states = qw(draft pending changes_requested approved rejected paused hidden filled expired);
my @verbs = qw(approve request-changes reject hide unhide);

my %edge = (
    'pending approve' => 'approved', 'pending request-changes' => 'changes_requested',
    'pending reject' => 'rejected', 'approved hide' => 'hidden',
    'paused hide' => 'hidden', 'hidden unhide' => 'approved',
);
my %next = (pending => [ qw(approved changes_requested rejected) ],
            approved => [ 'hidden' ], paused => [ 'hidden' ], hidden => [ 'approved' ]);

for my $state (@states) {
    for my $verb (@verbs) {
        my $post = post($state);
        my $before = revision($post);
        my $to = $edge{"$state $verb"};
        my $r = move($mod, $post, $verb);

        if ($to) {
            is($r->status, 200, "$state: $verb") or diag $r->body;
            is_deeply($r->json, { id => $post, from => $state, status => $to, version => 1,
                                  revision => $before + 1 }, 'the answer');
            is($r->header('etag'), '"' . ($before + 1) . '"', 'its ETag');
            is($t->db("SELECT status || ' ' || revision FROM posts WHERE id = '$post'"),
               "$to " . ($before + 1), 'the row');
            is($t->db("SELECT from_status || '>' || to_status || ' ' || coalesce(reason, '-')
                              || ' ' || (actor_id = '" . $mod->id . "')
                         FROM post_status_changes WHERE post_id = '$post'"),
               "$state>$to " . ($needs_reason{$verb} ? '규정과 다릅니다' : '-') . ' true',
               'its history');
            is($t->db("SELECT count(*) FROM audit_events WHERE subject_id = '$post'
                          AND request_id = '" . $r->header('x-request-id') . "'"), 1,
               'the trail');
            is($t->db("SELECT count(*) FROM outbox WHERE key = 'job:$post'"
                      . " AND topic LIKE 'post.%'"), 1, 'the event');
            is($t->db("SELECT string_agg(topic || ' ' || (payload->>'to'), ' ' ORDER BY payload->>'to')
                         FROM outbox WHERE key = 'mail:$post'"),
               $t->db("SELECT string_agg('mail.post_" . ($needs_reason{$verb} ? 'returned' : 'public')
                      . " ' || m.email, ' ' ORDER BY m.email)
                         FROM members AS m JOIN resort_members AS o ON o.member_id = m.id
                        WHERE o.resort_id = '$resort' AND (o.role = 'owner' OR m.id = '$author')"),
               'and a mail to its author and the owners');
        } else {
            is($r->status, 409, "$state: no $verb");
            is($r->json->{state}, $state, 'it says where it is');
            is_deeply([ sort @{ $r->json->{allowed_states} } ], $next{$state} || [],
                      'and where it may go');
            is($t->db("SELECT status || ' ' || revision FROM posts WHERE id = '$post'"),
               "$state $before", 'nothing happened');
        }

        my $deleted = post($state, deleted => 1);
        $r = move($mod, $deleted, $verb);

        if ($verb eq 'hide' && $to) {
            is($r->status, 200, "$state, deleted: $verb");
            is($t->db("SELECT status || ' ' || (deleted_at IS NOT NULL) FROM posts WHERE id = '$deleted'"),
               'hidden true', 'as which it would be restored');
            next;
        }

        is($r->status, 409, "$state, deleted: no $verb");
        is($r->json->{state}, 'deleted', 'since it was deleted');
        is_deeply($r->json->{allowed_states}, $state =~ /^(?:approved|paused)$/ ? [ 'hidden' ] : [],
                  'and where it may go');
    }
}


# ---- by role

for my $role (sort keys %staff) {
    my $post = post('pending');
    is(move($staff{$role}, $post, 'approve')->status, 200, "$role: approves");
    is(move($staff{$role}, $post, 'hide')->status, 200, "$role: hides");
    is(move($staff{$role}, $post, 'unhide')->status, 200, "$role: unhides");
    is($staff{$role}->get('/api/v1/admin/posts?limit=1')->status, 200, "$role: reads");
}

my $post = post('pending');

for my $role (sort keys %others) {
    is(move($others{$role}, $post, $_)->status, 403, "$role: $_ is not theirs") for @verbs;
    is($others{$role}->get("/api/v1/admin/posts/$post")->status,
       $role eq 'auditor' ? 200 : 403, "$role: " . ($role eq 'auditor' ? 'reads' : 'no reader'));
}

is($t->post("/api/v1/admin/posts/$post/approve", json => {})->status, 401, 'nobody: 401');
is(state_of($post), 'pending', 'none of it happened');


# ---- what was read is what is approved

$post = post('pending');
my $r = move($mod, $post, 'approve', if_match => undef);
is($r->status, 428, 'If-Match is needed');
is(move($mod, $post, 'approve', if_match => '"99"')->status, 412, 'and has to be right');

my $one = $mod->get("/api/v1/admin/posts/$post");
is($one->header('etag'), '"1"', 'a post read has an ETag');
$t->db("UPDATE posts SET title = '다른 제목' WHERE id = '$post'");
is(move($mod, $post, 'approve', if_match => $one->header('etag'))->status, 412,
   'edited since: not what was read');
is(state_of($post), 'pending', 'so it waits');
is(move($mod, $post, 'reject', if_match => '"1"')->status, 412, 'for other moves likewise');
is(move($mod, $post, 'reject', json => {})->status, 400, 'with a reason');
is(move($mod, $post, 'reject', json => { reason => 'x' })->status, 400, 'that says something');
is(move($mod, $model =~ s/^....../000000/r, 'hide')->status, 404, 'no such post');

$post = post('hidden');
is(move($mod, $post, 'unhide', if_match => undef)->status, 428, 'what is shown again is read before');
$t->db("UPDATE posts SET title = '숨긴 동안 바뀐 제목' WHERE id = '$post'");
is(move($mod, $post, 'unhide', if_match => '"1"')->status, 412, 'edited while it was hidden: read again');
is(state_of($post), 'hidden', 'so it stays hidden');
is(move($mod, $post, 'unhide', if_match => '"2"')->status, 200, 'which is its review');


# ---- what it offers is there to be read, as the resort's people see it

{
    my $day = '0' x 9 . '1' x 9 . '0' x 6;
    my @weeks = ($day x 5 . '0' x 48, ('0' x 22 . '1' x 2 . '1' x 6 . '0' x 18) x 3 . '0' x 24,
                 '1' x 6 . '0' x 156 . '1' x 6, '1' x 168, '0' x 10 . '1' x 30 . '0' x 128,
                 '0' . '1' x 167, '0' x 16 . '1' x 8 . '0' x 144, '10' x 84, '0' x 1 . '1' x 23 . '0' x 144);
    my @work = map {
        $t->db("INSERT INTO work_types (id, resort_id, name, category_code, schedule, pay_type, pay_min_krw,
                                        pay_max_krw, requirements)
                VALUES (uuid_v7(now()), '$resort', '볼 일 $_', 'lift', B'$weeks[$_]', 'hourly', 12000, 13000,
                        '보건증') RETURNING id") =~ s/\n.*//sr;
    } 0 .. $#weeks;
    my $house = $t->db("SELECT id FROM dormitories WHERE resort_id = '$resort' AND deleted_at IS NULL LIMIT 1");
    my $post = post('pending');
    my $bed = $house ? ", has_dormitory = true, dormitory_id = '$house'" : '';

    $t->db("UPDATE posts SET work_type_ids = '{" . join(',', reverse @work) . "}'$bed WHERE id = '$post'");
    my $json = $mod->get("/api/v1/admin/posts/$post")->json;

    for my $told (@{ $json->{work_types} }) {
        my $desk = $others{owner}->get("/api/v1/resorts/$resort/work-types/$told->{id}")->json;

        is_deeply({ map { $_ => $told->{$_} } qw(name daily_minutes schedule requirements) },
                  { map { $_ => $desk->{$_} } qw(name daily_minutes schedule requirements) }, "$told->{name}: as at the desk");
        is_deeply($told->{pay}, { map { $_ => $desk->{pay}{$_} } qw(type min max) }, 'with its pay');
    }

    is_deeply([ map { $_->{id} } @{ $json->{work_types} } ], [ reverse @work ], 'in the order chosen');

    my @rent = split /\|/, $t->db("SELECT name, rent_monthly_krw, deposit_krw, utilities_included FROM dormitories
                                    WHERE id = '" . ($house || $post) . "'");
    is_deeply($json->{dormitory_details} && [ $json->{dormitory_details}{name},
                  @{ $json->{dormitory_details}{rent} }{qw(monthly deposit)},
                  $json->{dormitory_details}{rent}{utilities_included} ? 't' : 'f' ],
              $house ? \@rent : undef, 'the dormitory and its rent');

    $t->db("UPDATE posts SET work_type_ids = '{}', dormitory_id = NULL WHERE id = '$post'");
    $json = $mod->get("/api/v1/admin/posts/$post")->json;
    is_deeply([ @{ $json }{qw(work_types dormitory_details)} ], [ [], undef ], 'or that there is none');
}


# ---- nobody decides about posts of a resort that they are a member of

my $insider = ResortBite::Account->new($t, roles => [ 'moderator' ], resort => [ $resort, 'recruiter' ]);

for my $edge ([ pending => 'approve' ], [ pending => 'reject' ], [ pending => 'request-changes' ],
              [ approved => 'hide' ], [ hidden => 'unhide' ])
{
    my ($from, $verb) = @$edge;
    my $own = post($from);
    my $r = move($insider, $own, $verb);

    is($r->status . ' ' . ($r->json->{code} // ''), '403 own_resort', "$verb of one's own");
    is($t->db("SELECT status || ' ' || revision FROM posts WHERE id = '$own'"), "$from 1",
       'changes nothing');
}

{
    my $own = post('pending');
    my $item = { id => $own, revision => 1 };

    for my $dry (JSON::PP::true(), JSON::PP::false()) {
        my $r = $insider->post('/api/v1/admin/posts/bulk', json => {
            action => 'approve', dry_run => $dry, items => [ $item ] });
        is($r->json->{items}[0]{outcome}, 'own_resort', 'nor among many');
    }
    is(state_of($own), 'pending', 'it waits for another');

    $t->db("INSERT INTO reports (id, post_id, reporter_hash, reason, detail)
            VALUES (uuid_v7(now(), md5('own')::uuid), '$own', sha256('y'), 'wage', '시급이 다릅니다')");
    is(scalar @{ $mod->get("/api/v1/admin/posts/$own")->json->{reports} }, 1, 'its reports are shown');
    is_deeply($insider->get("/api/v1/admin/posts/$own")->json->{reports}, [],
              'but not to whom they are about');
}


# ---- the law

$post = post('pending');
$t->db("UPDATE posts SET pay_type = 'hourly', pay_min_krw = 5000, pay_max_krw = 5000
         WHERE id = '$post'");
$r = move($mod, $post, 'approve', headers => { 'Accept-Language' => 'en' });
is($r->status, 422, 'less than the minimum wage is not approved') or diag $r->body;
is($r->json->{code}, 'rules_not_met', 'its code');
is($r->json->{errors}[0]{field}, 'pay.min', 'where');
like($r->json->{errors}[0]{detail}, qr/minimum wage/, 'why');

my $unverified = $t->db('SELECT id FROM resorts WHERE business_verified_at IS NULL'
                        . ' AND deleted_at IS NULL ORDER BY id LIMIT 1');
my $strange = post('pending');
$t->db("UPDATE posts SET dormitory_id = NULL, work_type_ids = '{}' WHERE id = '$strange';
        UPDATE posts SET resort_id = '$unverified' WHERE id = '$strange'");
is(move($mod, $strange, 'approve')->json->{errors}[0]{field}, 'resort',
   'nor is one of a resort that is not verified');

my $old = post('hidden');
$t->db("UPDATE posts SET apply_until = seoul_today() - 1 WHERE id = '$old'");
is(move($mod, $old, 'unhide')->status, 422, 'nor shown again what has ended');
is(state_of($_->[0]), $_->[1], 'none of them moved')
    for [ $post, 'pending' ], [ $strange, 'pending' ], [ $old, 'hidden' ];


# ---- the queue

my (@seen, $cursor);

do {
    my $page = $mod->get('/api/v1/admin/posts?limit=50'
                         . ($cursor ? "&cursor=$cursor" : ''))->json;
    push @seen, @{ $page->{items} };
    $cursor = $page->{next};
} while ($cursor);

is_deeply([ map { $_->{id} } @seen ], [ split /\n/, $t->db(
    "SELECT id FROM posts WHERE status = 'pending' AND deleted_at IS NULL
      ORDER BY updated_at, id") ], 'all that is pending, the oldest first');

my ($low) = grep { $_->{id} eq $post } @seen;
is($low->{findings}, 1, 'with how much is found');
is($low->{refusals}, 1, 'and how much of it stands in the way');
is_deeply($low->{worse}, [], 'nothing is worse in what was never public');
is($low->{first_of_resort}, JSON::PP::false(), 'the resort has published before');
is($low->{resort}{verified}, JSON::PP::true(), 'and is verified');

my ($other) = grep { $_->{id} eq $strange } @seen;
is($other->{resort}{verified}, JSON::PP::false(), 'another is not');
is($other->{first_of_resort}, JSON::PP::true(), 'and it would be the first');

my $flagged = $mod->get("/api/v1/admin/posts?flagged=true&limit=100&resort=$resort")->json;
ok((grep { $_->{id} eq $post } @{ $flagged->{items} }), 'flagged: the one found wanting');
ok(!(grep { !$_->{findings} } @{ $flagged->{items} }), 'and no other');

{
    my (@found, $next);

    do {
        my $page = $mod->get('/api/v1/admin/posts?flagged=true&limit=2'
                             . ($next ? "&cursor=$next" : ''))->json;
        push @found, map { $_->{id} } @{ $page->{items} };
        $next = $page->{next};
    } while ($next);

    is_deeply(\@found, [ map { $_->{id} } grep { $_->{findings} } @seen ],
              'page by page, in the order of the queue');
}

for my $state (qw(hidden approved changes_requested)) {
    my ($first, $second) = map { $mod->get("/api/v1/admin/posts?status=$state&limit=3"
                                           . ($_ ? "&cursor=$_" : ''))->json } '';
    is_deeply([ map { $_->{status} } @{ $first->{items} } ], [ ($state) x 3 ], "status=$state");
    $second = $mod->get("/api/v1/admin/posts?status=$state&limit=3&cursor=$first->{next}")->json;
    my %ids = map { $_->{id} => 1 } @{ $first->{items} }, @{ $second->{items} };
    is(scalar keys %ids, @{ $first->{items} } + @{ $second->{items} }, 'and its next page');
}

is($mod->get('/api/v1/admin/posts?status=approved&flagged=true')->status, 400,
   'what is public is not gone through for findings');


# ---- one post: what is different, what it was

my $edited = post('approved');
$t->db("UPDATE posts SET pay_type = 'hourly', pay_min_krw = 30000, pay_max_krw = 40000
         WHERE id = '$edited';
        UPDATE posts SET pay_min_krw = 20000, title = '새 제목입니다', status = 'pending'
         WHERE id = '$edited';
        INSERT INTO reports (id, post_id, reporter_hash, reason)
        VALUES (uuid_v7(now(), md5('of edited')::uuid), '$edited', sha256('x'), 'wage')");

$r = $mod->get("/api/v1/admin/posts/$edited");
is($r->status, 200, 'a post that was edited') or diag $r->body;

my %change = map { $_->{field} => $_ } @{ $r->json->{changes} };
is_deeply([ sort keys %change ], [ 'pay.min', 'title' ], 'what is different');
is($change{'pay.min'}{before}, 30000, 'from what');
is($change{'pay.min'}{after}, 20000, 'to what');
ok($change{'pay.min'}{worse}, 'which is worse');
ok(!$change{title}{worse}, 'as a title is not');
is($r->json->{history}[0]{from}, 'approved', 'its history');
is($r->json->{reports}[0]{reason}, 'wage', 'its open reports');
like($r->json->{resort}{business_number}, qr/^\d{10}$/, 'its resort');
is($mod->get("/api/v1/admin/posts/" . post('pending'))->json->{changes}, undef,
   'one that was never public differs from nothing');

my ($listed) = grep { $_->{id} eq $edited }
    @{ $mod->get("/api/v1/admin/posts?limit=100&resort=$resort")->json->{items} };
is_deeply($listed->{worse}, [ 'pay.min' ], 'the queue says what is worse');
is($listed->{open_reports}, 1, 'and that it is reported');

is(move($mod, $edited, 'approve')->status, 200, 'approved');
is($t->get("/api/v1/jobs/$edited")->json->{title}, '새 제목입니다', 'the public sees it');


# ---- a queue that nobody has looked after: there is an end to what is gone through

$t->db("INSERT INTO posts (id, status, updated_at, $columns)
    SELECT uuid_v7(now(), md5('clean ' || n)::uuid), 'pending', '2020-01-01', $columns
      FROM posts, generate_series(1, 1000) AS n WHERE id = '$model'");
is_deeply($mod->get('/api/v1/admin/posts?flagged=true')->json,
          { items => [], next => undef }, 'a thousand posts before the first that is flagged');

done_testing;
