# What applicants are told when a post became worse since they applied: at
# GET /api/v1/jobs/{id}/changes, and by mail when that is approved.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);
use ResortBite;
use ResortBite::Account;
use ResortBite::Desk;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $desk = ResortBite::Desk->new;
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
my $moderator = ResortBite::Account->new($desk->t, roles => [ 'moderator' ], second => 1);
my $r;


sub edit { my ($post, %patch) = @_;
           return $desk->owner->patch($desk->at($post), json => \%patch, headers => { 'If-Match' => '*' }) }

sub mails { return $desk->db("SELECT count(*) FROM outbox WHERE topic = 'mail.post_changed'
                                 AND payload->>'to' = '@{[ $_[0]->email ]}'") }

sub changes { my ($who, $post, %headers) = @_;
              return $who->get("/api/v1/jobs/$post/changes", headers => \%headers) }


# The statement that moves posts, as the server runs it for a moderator.

sub move_sql {
    my ($post, $verb) = @_;

    open my $in, '<:utf8', 'sql/queries/posts.sql' or die;
    my $sql = do { local $/; <$in> };
    ($sql) = $sql =~ /^-- name: posts_move [^\n]*\n(.*?;)\n/ms or die 'no statement';

    my %value = (post => "'$post'", resort => 'NULL', verb => "'$verb'", by => "'moderator'", reason => 'NULL',
                 if_match => 'NULL', actor => "'@{[ $moderator->id ]}'", request_id => "'r'");
    $sql =~ s/\$([a-z_]+)/exists $value{$1} ? $value{$1} : die $1/ge;

    return $sql;
}

sub approve { my $row = $desk->db(move_sql($_[0], 'approve')); told(); return (split /\|/, $row)[0] }


# Waits until the leader has told everybody; true when it did.

sub told {
    for (1 .. 100) {
        return 1 if !$desk->db("SELECT count(*) FROM outbox WHERE topic = 'post.worse_published'
                                   AND published_at IS NULL");
        sleep 0.1;
    }

    return 0;
}


my $post = $desk->insert(created_at => '2026-01-01', title => '곤돌라 안내');
my $early = $desk->applicant($post, at => "now() - interval '2 days'");
my $english = $desk->applicant($post, locale => 'en');
my $refused = $desk->applicant($post, status => 'rejected');
my $gone = $desk->applicant($post, status => 'withdrawn');
my $guest = ResortBite::Account->new($desk->t);

$r = changes($early, $post);
is($r->status, 200, 'who applied may ask') or diag $r->body;
is_deeply($r->json->{changes}, [], 'nothing has changed');
is($r->json->{id}, $post, 'of this job');
is(changes($guest, $post)->status, 404, 'who hasn\'t applied may not');
is(changes($desk->owner, $post)->status, 404, 'nor the resort');
is($desk->t->get("/api/v1/jobs/$post/changes")->status, 401, 'nor a stranger');
is(changes($early, $desk->insert)->status, 404, 'nor of another job');

# better: at once, and nobody is told

edit($post, meals => 3, title => '곤돌라 안내원');
is_deeply(changes($early, $post)->json->{changes}, [], 'better is no worse');
my $later = $desk->applicant($post);

# worse: not before it is approved

is(edit($post, pay => { min => 11000 }, meals => 1)->json->{status}, 'pending', 'worse: back in review');
is_deeply(changes($early, $post)->json->{changes}, [], 'while it waits the public sees what it saw');
is($desk->db("SELECT count(*) FROM outbox WHERE topic = 'mail.post_changed'"), 0, 'and nobody is told');

is(approve($post), 'done', 'approved');

$r = changes($early, $post)->json->{changes};
is_deeply([ map { "$_->{field} $_->{before} $_->{after}" } @$r ], [ 'pay.min 12000 11000', 'meals 2 1' ],
          'worse than what the first applied to');
is_deeply([ map { "$_->{label}: $_->{before_text} → $_->{after_text}" } @$r ],
          [ '최저 급여: 12,000원 → 11,000원', '하루 식사: 2끼 → 1끼' ], 'in words');
is_deeply([ map { "$_->{label}: $_->{before_text}" } @{ changes($early, $post, 'Accept-Language' => 'en')->json->{changes} } ],
          [ 'Least pay: 12,000 KRW', 'Meals a day: 2' ], 'in English, too');
is_deeply([ map { "$_->{field} $_->{before} $_->{after}" } @{ changes($later, $post)->json->{changes} } ],
          [ 'pay.min 12000 11000', 'meals 3 1' ], 'the second had been promised three meals');

is(mails($_->[1]), $_->[2], "$_->[0]: $_->[2] mail")
    for [ early => $early, 1 ], [ english => $english, 1 ], [ later => $later, 1 ], [ refused => $refused, 0 ],
        [ withdrawn => $gone, 0 ], [ guest => $guest, 0 ];
is($desk->db("SELECT payload->'params'->>'changes' FROM outbox WHERE topic = 'mail.post_changed'
                 AND payload->>'to' = '@{[ $english->email ]}'"),
   '["Least pay: 12,000 KRW → 11,000 KRW", "Meals a day: 3 → 1"]', 'with what has changed, in their language');
is($desk->db("SELECT payload->>'locale' FROM outbox WHERE topic = 'mail.post_changed'
                 AND payload->>'to' = '@{[ $early->email ]}'"), 'ko', 'or in Korean');
is($desk->db("SELECT count(*) FROM outbox WHERE topic = 'mail.post_public'
                 AND payload->>'to' = '@{[ $desk->owner->email ]}'"), 1, 'the resort hears that it is public');

# who applies now knows

my $new = $desk->applicant($post);
is_deeply(changes($new, $post)->json->{changes}, [], 'who applies after it was approved knows it');

# as it was: nobody has anything to complain of

edit($post, pay => { min => 12000 }, meals => 3);
is_deeply(changes($later, $post)->json->{changes}, [], 'better again: nothing is worse');

# every kind of thing can be told

my $bed = $desk->db("SELECT id || '|' || name FROM dormitories WHERE resort_id = '@{[ $desk->resort ]}'
                        AND deleted_at IS NULL LIMIT 1");
my @work = map { [ split /\|/ ] } split /\n/, $desk->db("SELECT id, name FROM work_types
    WHERE resort_id = '@{[ $desk->resort ]}' AND deleted_at IS NULL ORDER BY id LIMIT 2");
my ($bed_id, $bed_name) = split /\|/, $bed;
$post = $desk->insert(created_at => '2026-01-01', dormitory_id => $bed_id, pay_type => 'daily', pay_min_krw => 120000,
                      pay_max_krw => 130000, work_type_ids => "{$work[0][0],$work[1][0]}");
my $who = $desk->applicant($post);
is(edit($post, dormitory => $false, pay => { type => 'hourly', min => 12000, max => 13000 }, category => 'cafe',
        employment_type => 'part_time', period => { from => $desk->day(31), until => undef }, benefits => [ '셔틀' ],
        work_type_ids => [ $work[1][0] ])->json->{status}, 'pending', 'all of it at once');
is(approve($post), 'done', 'approved');
my %told = map { $_->{field} => "$_->{before_text} → $_->{after_text}" } @{ changes($who, $post)->json->{changes} };
is_deeply(\%told, {
    category => '리프트·곤돌라 운영 → 카페·베이커리', employment_type => '시즌 계약 → 파트타임',
    'pay.type' => '일급 → 시급', 'pay.min' => '120,000원 → 12,000원', 'pay.max' => '130,000원 → 13,000원',
    'period.from' => $desk->day(30) . ' → ' . $desk->day(31), 'period.until' => $desk->day(90) . ' → 정하지 않음',
    dormitory => '있음 → 없음', benefits => '시즌권, 셔틀 → 셔틀',
    work_type_ids => "$work[0][1], $work[1][1] → $work[1][1]",
}, 'in words that people know');

# hundreds of applicants: the approval doesn't wait for them, and each is told once

$post = $desk->insert(created_at => '2026-01-01');
$desk->db("INSERT INTO applications (id, post_id, crew_id, resume)
    SELECT uuid_v7(now()), '$post', id, '{}' FROM members WHERE 'crew' = ANY (roles) AND deleted_at IS NULL
     ORDER BY id LIMIT 500");
my $before = $desk->db("SELECT max(id) FROM outbox");
edit($post, meals => 0);
my $sql = move_sql($post, 'approve');
$sql =~ s/;\s*\z//;
is($desk->db("BEGIN; CREATE TEMPORARY TABLE x ON COMMIT DROP AS $sql;
              SELECT count(*) FROM outbox WHERE id > $before AND topic LIKE 'mail.post_changed'; COMMIT") =~ s/\D+//gr, 0,
   'the approval itself tells none of them');
ok(told(), 'the leader does');
is($desk->db("SELECT count(*) || ' ' || count(DISTINCT key) || ' ' || count(DISTINCT payload->>'to') FROM outbox
               WHERE id > $before AND topic = 'mail.post_changed'"), '500 500 500', 'five hundred mails, to each one');

my $again = $desk->applicant($post);
$desk->db("UPDATE outbox SET published_at = NULL WHERE topic = 'post.worse_published'
              AND payload->>'post_id' = '$post' AND NOT payload ? 'after'");
ok(told(), 'told anew');
is(mails($again), 0, 'not to who has applied since');

done_testing;
