# A post becomes another draft; and one that was deleted comes back, but not to
# the public against the law.

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
my ($owner, $resort, $other) = ($desk->owner, $desk->resort, $desk->other);
my $content = 'post_content(posts)';
my $r;


sub copy { my ($who, $post, $json, %headers) = @_;
           return $who->post($desk->at($post) . '/copy', json => $json, headers => \%headers) }


# all of it, whatever state the post is in

my $bed = $desk->db("SELECT id FROM dormitories WHERE resort_id = '$resort' AND deleted_at IS NULL LIMIT 1");
my @work = split /\n/, $desk->db("SELECT id FROM work_types WHERE resort_id = '$resort' AND deleted_at IS NULL
                                   ORDER BY id LIMIT 2");
my %all = (dormitory_id => $bed, work_type_ids => "{$work[1],$work[0]}", requirements => '주말 근무');

for my $state (qw(draft pending changes_requested approved rejected paused hidden filled expired)) {
    my $post = $desk->insert(status => $state, %all, $state eq 'rejected' ? (deleted_at => '2026-01-01') : ());
    $r = copy($desk->recruiter, $post, {});
    is($r->status, 201, "a copy of one that is $state") or diag $r->body;
    my $new = $r->json->{id};
    is($r->header('location'), $desk->at($new), 'where it is');
    is($r->header('etag'), '"' . $desk->column($new, 'revision') . '"', 'what it is edited by');
    is($desk->column($new, $content), $desk->column($post, $content), 'says the same');
    is($desk->column($new, "concat_ws(' ', status, version, approved_version, published_at, deleted_at, created_by)"),
       'draft 1 ' . $desk->recruiter->id, 'is a draft, and whose copy it is');
    is($desk->db("SELECT count(*) FROM post_work_types WHERE post_id = '$new'"), 2, 'with its work types');
}

# another title, other dates

my $post = $desk->insert(%all);
$r = copy($owner, $post, { title => '다음 시즌', period => { from => $desk->day(100), until => $desk->day(200) },
                           apply_until => $desk->day(90) });
is($desk->column($r->json->{id}, "concat_ws(' ', title, starts_on, ends_on, apply_until)"),
   join(' ', '다음 시즌', $desk->day(100), $desk->day(200), $desk->day(90)), 'title and dates');
is($desk->db("SELECT detail->>'copy_of' FROM audit_events WHERE subject_id = '@{[ $r->json->{id} ]}'"), $post,
   'the trail says of what');
is(copy($owner, $post, { period => { until => $desk->day(10) } })->status, 400, 'dates that can\'t be: 400');

# what is past or gone isn't copied

my $old = $desk->insert(status => 'expired', starts_on => $desk->day(-90), ends_on => $desk->day(-10),
                        apply_until => $desk->day(-100));
$r = copy($owner, $old, {});
is($desk->column($r->json->{id}, 'num_nonnulls(starts_on, ends_on, apply_until)'), 0, 'no dates that are past');
$r = copy($owner, $old, { period => { from => $desk->day(5), until => $desk->day(50) } });
is($desk->column($r->json->{id}, 'starts_on'), $desk->day(5), 'but those that are given');

my $gone = $desk->db("INSERT INTO dormitories (id, resort_id, name, type, deleted_at)
    VALUES (uuid_v7(now()), '$resort', '옛 기숙사', 'building', now()) RETURNING id") =~ s/\n.*//sr;
my $former = $desk->db("INSERT INTO work_types (id, resort_id, name, category_code, schedule, pay_type,
                                                pay_min_krw, pay_max_krw, deleted_at)
    SELECT uuid_v7(now()), resort_id, '옛 일', category_code, schedule, pay_type, pay_min_krw, pay_max_krw, now()
      FROM work_types WHERE id = '$work[0]' RETURNING id") =~ s/\n.*//sr;
$r = copy($owner, $desk->insert(status => 'expired', %all, dormitory_id => $gone, work_type_ids => "{$former,$work[1]}"), {});
is($desk->column($r->json->{id}, "concat_ws(' ', has_dormitory, dormitory_id, work_type_ids)"),
   "t {$work[1]}", 'nor a dormitory and work types that were deleted');

# with a key it is made once

my %key = ('Idempotency-Key' => "\"copy-$$\"");
$r = copy($owner, $post, { title => '한 번 복사' }, %key);
my $again = copy($owner, $post, { title => '한 번 복사' }, %key);
is($again->body, $r->body, 'the same again');
is($desk->db("SELECT count(*) FROM posts WHERE title = '한 번 복사'"), 1, 'one post');

# into another resort, of whoever is a member there, too

is(copy($owner, $post, { resort => $other })->status, 404, 'not into a resort of others');
$desk->db("INSERT INTO resort_members (resort_id, member_id, role) VALUES ('$other', '@{[ $owner->id ]}', 'recruiter')");
$r = copy($owner, $post, { resort => $other, title => '옮긴 공고' });
is($r->status, 201, 'into one of one\'s own') or diag $r->body;
is($r->header('location'), "/api/v1/resorts/$other/posts/" . $r->json->{id}, 'which is where it is');
is($desk->column($r->json->{id}, "concat_ws(' ', resort_id, address, dormitory_id, work_type_ids, pay_min_krw)"),
   join(' ', $other, $desk->db("SELECT address FROM resorts WHERE id = '$other'"), '{}', 12000),
   'with that one\'s place, without beds and work of this one');
is($desk->stranger->post("/api/v1/resorts/$other/posts/$post/copy")->status, 404, 'nobody copies what isn\'t theirs');
is(copy($desk->stranger, $post, {})->status, 403, 'nor here');


# deleted and restored: to what it was

for my $state (qw(draft approved hidden filled)) {
    $post = $desk->insert(status => $state);
    is($desk->manager->delete($desk->at($post))->status, 204, "deleted ($state)");
    is($desk->t->get("/api/v1/jobs/$post")->status, $state eq 'draft' ? 404 : 410, 'the public has lost it');
    is($owner->get($desk->at($post))->json->{allowed_states}[0], $state, 'the desk hasn\'t');
    $r = $desk->manager->post($desk->at($post) . '/restore');
    is($r->status, 200, 'restored');
    is_deeply([ @{ $r->json }{qw(status deleted_at version)} ], [ $state, undef, 1 ], 'to what it was');
}

$post = $desk->insert(status => 'approved');
$owner->delete($desk->at($post));
is($owner->delete($desk->at($post), headers => { 'If-Match' => '"1"' })->status, 204, 'deleted again: as good');
is($owner->post($desk->at($post) . '/restore', headers => { 'If-Match' => '"1"' })->status, 412, 'restore heeds If-Match');
$r = $owner->post($desk->at($post) . '/restore', headers => { 'If-Match' => '"2"' });
is($r->status, 200, 'the right one');
is($desk->t->get("/api/v1/jobs/$post")->status, 200, 'and the public has it again');
is($desk->db("SELECT string_agg(step || ' ' || version, ', ' ORDER BY id) FROM post_status_changes
               WHERE post_id = '$post'"), 'deleted 1, restored 1', 'both are in its history');

# never to the public against the law

for ([ 'a passed deadline', 'apply_until apply_until_passed', apply_until => $desk->day(-1) ],
     [ 'less than the minimum', 'pay.min minimum_wage', pay_min_krw => 9000 ])
{
    my ($what, $wrong, @column) = @$_;
    $post = $desk->insert(status => 'approved', deleted_at => '2026-01-01', @column);
    $r = $owner->post($desk->at($post) . '/restore');
    is($r->status, 422, "$what: not restored");
    is(join('; ', map { "$_->{field} $_->{code}" } @{ $r->json->{errors} }), $wrong, 'it says why');
    is($desk->column($post, 'deleted_at IS NULL'), 'f', 'and it stays deleted');
    is(copy($owner, $post, {})->status, 201, 'a copy can be made of it');

    $post = $desk->insert(status => 'filled', deleted_at => '2026-01-01', @column);
    is($owner->post($desk->at($post) . '/restore')->status, 200, 'what nobody sees is restored all the same');
}


# the history, step by step

$post = $desk->insert(status => 'draft');
$owner->post($desk->at($post) . '/submit');
$desk->db("UPDATE posts SET status = 'rejected', status_reason = '급여가 분명하지 않습니다.',
                  updated_by = '@{[ $desk->stranger->id ]}' WHERE id = '$post'");
$desk->recruiter->post($desk->at($post) . '/submit');
$owner->delete($desk->at($post));
$r = $desk->recruiter->get($desk->at($post) . '/history');
is($r->status, 200, 'the history');
my @steps = @{ $r->json->{items} };
is_deeply([ map { join ' ', $_->{step}, $_->{from}, $_->{to}, $_->{actor}{kind}, $_->{actor}{name} // '-', $_->{reason} // '-' }
            @steps ],
          [ 'deleted pending pending resort 여기 owner -', 'status rejected pending resort 여기 recruiter -',
            'status pending rejected moderator - 급여가 분명하지 않습니다.', 'status draft pending resort 여기 owner -' ],
          'who did what and why; moderators aren\'t named');
$r = $owner->get($desk->at($post) . '/history?limit=3');
$r = $owner->get($desk->at($post) . '/history?limit=3&cursor=' . $r->json->{next});
is_deeply([ map { $_->{id} } @{ $r->json->{items} } ], [ $steps[3]{id} ], 'page by page');

done_testing;
