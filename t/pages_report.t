# /jobs/{id}/report: anybody reports a job from its page, without a script, in
# Korean or English; once a day, with the budgets of the API; and no search
# engine and no cache keeps it.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;
use ResortBite::Peers;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite::Identity->world;
my $b = ResortBite::Browser->new($t);

my @posts = split /\n/, $t->db('SELECT id FROM posts WHERE live'
    . ' AND least(deadline, ends_on) >= seoul_today()'
    . ' AND id NOT IN (SELECT post_id FROM reports) ORDER BY id LIMIT 20');

sub reports {
    my ($post, $what) = @_;

    return $t->db("SELECT $what FROM reports WHERE post_id = '$post'");
}


# ---- from the job's page to the form

my $post = shift @posts;
$b->get("/jobs/$post");
my ($link) = grep { $_->{text} eq '이 공고 신고하기' } $b->links;
ok($link, 'a job\'s page has a link');
is($link->{rel}, 'nofollow', 'that robots don\'t follow');
$b->get($link->{href});
is($b->status, 200, 'to a form');
is($b->path, "/jobs/$post/report", 'of its own');
my $title = $t->db("SELECT title FROM posts WHERE id = '$post'");
utf8::decode($title) if !utf8::is_utf8($title);
like($b->words, qr/\Q$title\E/, 'which says of what');
is($b->header('x-robots-tag'), 'noindex', 'in no search');
like($b->header('cache-control'), qr/no-store/, 'in no cache');
unlike($b->text, qr/<script/, 'without a script');

my $meta = $t->get('/api/v1/meta')->json;
is_deeply([ $b->text =~ /<input type="radio" name="reason" value="(\w+)"/g ],
          [ map { $_->{code} } @{ $meta->{report_reasons} } ], 'the reasons are those of meta');
like($b->words, qr/\Q$_->{name}\E/, $_->{code}) for @{ $meta->{report_reasons} };


# ---- what is wrong is said, and what was typed stays

$b->submit({ detail => '글만 <있다>' });
is($b->status, 400, 'no reason');
like($b->words, qr/선택해 주세요/, 'is said');
is($b->value('detail'), '글만 <있다>', 'and the text is still there');

$b->submit({ reason => 'other', detail => " \n\x{3164} " });
is($b->status, 400, '"other" says nothing alone');
like($b->words, qr/내용을 적어 주세요/, 'nor does what can\'t be seen');
ok($b->text =~ /value="other" required checked/, 'the reason is still chosen');

$b->submit({ reason => 'wage', detail => 'ㄱ' x 2001 });
is($b->status, 400, 'too much');
like($b->words, qr/2000자 이하/, 'is said, too');
is(reports($post, 'count(*)'), 0, 'nothing was taken');


# ---- a report

$b->get("/jobs/$post/report");
$b->submit({ reason => 'wage', detail => "시급이 달라요.\r\n" . "둘째 줄\r\n" . 'ㄱ' x 1980 });
is($b->status, 303, 'taken') or diag $b->words;
is($b->location, "/jobs/$post/report/done", 'and on');
$b->follow;
is($b->status, 200, 'to a page');
like($b->words, qr/신고를 받았습니다/, 'which says so');
is($b->header('x-robots-tag'), 'noindex', 'and is in no search');
ok((grep { $_->{href} eq "/jobs/$post" } $b->links), 'and leads back to the job');
is(reports($post, "concat_ws(' ', reason, status, reporter_id IS NULL, reporter_hash IS NOT NULL,
                             left(detail, 15) = E'시급이 달라요.\\n둘째 줄\\nㄱ', char_length(detail))"),
   'wage open t t t 1994', 'and is as one of the API');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'report.created' AND payload->>'job_id' = '$post'"), 1,
   'with its event');

$b->get("/jobs/$post/report");
$b->submit({ reason => 'scam' });
is($b->status, 409, 'the second of a day');
like($b->words, qr/이미 신고하셨어요.*내일/, 'is told kindly');
unlike($b->text, qr/role="alert"/, 'as what is no fault');
cmp_ok($b->header('retry-after'), '>', 0, 'and when there may be another');
is(reports($post, 'count(*)'), 1, 'one is kept');

is($t->post("/api/v1/jobs/$post/reports", json => { reason => 'scam' })->status, 409,
   'the same caller by the API is the same');


# ---- English, somebody signed in, at the same address

my $english = ResortBite::Browser->new($t, language => 'en');
log_in($english, 'crew1@example.com');
$post = shift @posts;
$english->get("/en/jobs/$post");
$english->click('Report this job');
like($english->words, qr/What is wrong\?.*Send the report/, 'in English');
$english->submit({ reason => 'false_info', detail => 'No bed.' });
is($english->follow->status, 200, 'taken');
like($english->words, qr/Your report was taken/, 'and said');
ok((grep { $_->{href} eq "/en/jobs/$post" } $english->links), 'and leads back to the English page');
is(reports($post, '(SELECT email FROM members WHERE id = reporter_id)'), 'crew1@example.com', 'it is theirs');
is($english->request(GET => '/api/v1/me/reports')->json->{items}[0]{job}{id}, $post, 'and among theirs');


# ---- who may not

$post = shift @posts;
$b->get("/jobs/$post/report");
is($b->post_form("/jobs/$post/report", { reason => 'scam' })->status, 403, 'not without the token');
is($b->post_form("/jobs/$post/report", { reason => 'scam', csrf => 'x' x 43 })->status, 403, 'nor with a wrong one');

my $other = ResortBite::Browser->new($t);
$b->get("/jobs/$post/report");
my $csrf = $b->value('csrf');
$other->get("/jobs/$post/report");
is($other->post_form("/jobs/$post/report", { reason => 'scam', csrf => $csrf })->status, 403,
   'nor with that of another device');
is(reports($post, 'count(*)'), 0, 'nothing is taken');

my $ended = $t->db("SELECT id FROM posts WHERE status = 'expired' AND deleted_at IS NULL LIMIT 1");
my $draft = $t->db("SELECT id FROM posts WHERE status = 'draft' LIMIT 1");
is($b->get("/jobs/$ended/report")->status, 410, 'what has ended: 410');
is($b->get("/jobs/$draft/report")->status, 404, 'what isn\'t public: 404');
is($b->post_form("/jobs/$ended/report", { reason => 'scam', csrf => $csrf })->status, 410, 'nor is it taken');


# ---- a real browser, narrow, without a script

SKIP: {
    skip 'no /usr/bin/chromium', 1
        if !-x '/usr/bin/chromium';

    ResortBite::Peers->need('playwright-core');

    $post = shift @posts;
    ResortBite::Peers->tap('pages_report.mjs', {
        origin => 'http://localhost:' . $t->port(8080), job => $post, shots => $ENV{RB_TEST_SHOTS},
    }, timeout => 120);
}

# ---- the budget of an address

my $taken = $t->db('SELECT count(*) FROM reports WHERE reporter_hash IS NOT NULL'
    . " AND created_at > now() - INTERVAL '5 minutes'");

for my $n ($taken + 1 .. 10) {
    my $another = shift @posts;
    $b->get("/jobs/$another/report");
    is($b->submit({ reason => 'scam' })->status, 303, "report $n of the hour");
}

$post = shift @posts;
$b->get("/jobs/$post/report");
is($b->submit({ reason => 'scam', detail => '열한 번째' })->status, 429, 'no more');
is($b->value('detail'), '열한 번째', 'but what was typed is there');
is(reports($post, 'count(*)'), 0, 'and nothing is taken');

done_testing;
