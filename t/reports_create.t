# POST /api/v1/jobs/{id}/reports: what a report is and leaves behind, once a
# caller, post and day.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_cache off;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my @posts = split /\n/, $t->db('SELECT id FROM posts WHERE live'
    . ' AND least(deadline, ends_on) >= seoul_today()'
    . ' AND id NOT IN (SELECT post_id FROM reports) ORDER BY id LIMIT 12');


sub report {
    my ($post, $json, %headers) = @_;

    return $t->post("/api/v1/jobs/$post/reports", json => $json,
                    headers => \%headers);
}


my $r = report($posts[0], { reason => 'wage', detail => "시급이 달라요.\n둘째 줄" });

is($r->status, 201, 'reported') or diag($r->body);

my $report = $r->json;
like($report->{id}, qr/^[0-9a-f]{8}-[0-9a-f]{4}-7/, 'it has an id');
is($report->{job_id}, $posts[0], 'is about the post');
is($report->{reason}, 'wage', 'has its reason');
is($report->{status}, 'open', 'and waits');
is($r->header('location'), "/api/v1/jobs/$posts[0]/reports/$report->{id}",
   'Location says where');
is($r->header('cache-control'), 'no-store', 'and is not to be kept');

my $again = $t->get($r->header('location'));
is($again->status, 200, 'what has become of it can be asked');
is_deeply($again->json, $report, 'and is what was answered');
is($t->get("/api/v1/jobs/$posts[1]/reports/$report->{id}")->status, 404,
   'not under another post');

# what it leaves in the database

is($t->db("SELECT post_id || '|' || reason || '|' || detail || '|' || day
             FROM reports WHERE id = '$report->{id}'"),
   "$posts[0]|wage|시급이 달라요.\n둘째 줄|" . $t->db('SELECT seoul_today()'),
   'the row');
is($t->db("SELECT octet_length(reporter_hash) || ' ' || (reporter_id IS NULL)
             FROM reports WHERE id = '$report->{id}'"), '32 true',
   'the caller is a hash of 32 bytes');
is($t->db("SELECT topic || ' ' || key || ' ' || (payload->>'job_id')
             FROM outbox WHERE payload->>'report_id' = '$report->{id}'"),
   "report.created job:$posts[0] $posts[0]", 'the event');
is($t->db("SELECT action || ' ' || subject_type || ' ' || subject_id
                  || ' ' || request_id
             FROM audit_events WHERE detail->>'report_id' = '$report->{id}'"),
   "report.created job $posts[0] " . $r->header('x-request-id'),
   'the audit trail');
unlike($t->db('SELECT string_agg(payload::text, $$ $$) FROM outbox'),
       qr/시급이/, 'the event does not spread the detail');

# once a day

$r = report($posts[0], { reason => 'scam' }, 'Accept-Language' => 'en');
is($r->status, 409, 'the same post again: 409');
is($r->json->{code}, 'already_reported', 'its code');

my $wait = $t->db("SELECT ceil(extract(epoch FROM
    ((seoul_today() + 1)::timestamp AT TIME ZONE 'Asia/Seoul' - now())))");
cmp_ok(abs($r->header('retry-after') - $wait), '<', 20,
       'Retry-After: until midnight in Seoul');
is($t->db("SELECT count(*) FROM reports WHERE post_id = '$posts[0]'"), 1,
   'nothing was added');
is($t->db("SELECT count(*) FROM outbox WHERE key = 'job:$posts[0]'"), 1,
   'nor told');

is(report($posts[1], { reason => 'scam' })->status, 201, 'another post may be');

$t->db("UPDATE reports SET created_at = created_at - interval '1 day'
         WHERE post_id = '$posts[0]'");
is(report($posts[0], { reason => 'scam' })->status, 201, 'the next day too');

# text: NFC, trimmed, quoted

is(report($posts[2], { reason => 'other',
                       detail => "  \x{1112}\x{1161}\x{11ab} '; DROP --\n" })
       ->status, 201, 'decomposed Hangul and quotes');
is($t->db("SELECT detail FROM reports WHERE post_id = '$posts[2]'"),
   "\x{d55c} '; DROP --", 'are stored composed, trimmed and harmless');

is(report($posts[8], { reason => 'other',
                       detail => "\x{3000}\x{feff}\x{200b}밤\x{3000}낮"
                           . " \x{2764}\x{fe0f}\x{3164}\x{a0}" })->status, 201,
   'spaces of Unicode around');
is($t->db("SELECT detail FROM reports WHERE post_id = '$posts[8]'"),
   "밤\x{3000}낮 \x{2764}\x{fe0f}", 'are trimmed too, none within');

is(report($posts[3], { reason => 'other', detail => '가' x 2000 })->status,
   201, '2,000 characters');
$r = report($posts[4], { reason => 'other', detail => '가' x 2001 });
is($r->status, 400, 'not one more');
is($r->json->{errors}[0]{code}, 'too_long', 'and why');

# U+0958 has no composed form: NFC makes two characters of it
$r = report($posts[4], { reason => 'other', detail => "\x{958}" x 2000 });
is($r->status, 400, 'nor after normalising');
is($r->json->{errors}[0]{code}, 'too_long', 'and why');

# what is refused

my @wrong = (
    [ {}, 'reason', 'required' ],
    [ { reason => 'boring' }, 'reason' ],
    [ { reason => 'other' }, 'detail', 'required' ],
    [ { reason => 'other', detail => " \n " }, 'detail', 'required' ],
    (map { [ { reason => 'other', detail => $_ }, 'detail', 'required' ] }
         "\x{3000}", "\x{200b}\x{feff} \x{2060}", "\x{a0}\x{2028}\x{2003}",
         "\x{3164}\x{115f}\x{1160}\x{ffa0}", "\x{ad}\x{fe0f}\x{e0020}"),
    [ { reason => 'wage', detail => 7 }, 'detail', 'wrong_type' ],
    [ { reason => 'wage', author => 'me' }, 'author', 'unknown' ],
);

for my $wrong (@wrong) {
    my ($json, $field, $code) = @$wrong;
    my $r = report($posts[5], $json);
    is($r->status, 400, 'refused: ' . JSON::PP->new->encode($json));
    is($r->json->{errors}[0]{field}, $field, 'by its name');
    is($r->json->{errors}[0]{code}, $code, 'with why') if $code;
}

is($t->post("/api/v1/jobs/$posts[5]/reports", body => '{"reason":"wage"}',
            headers => { 'Content-Type' => 'text/plain' })->status, 415,
   'only JSON');
is($t->post("/api/v1/jobs/$posts[5]/reports", body => '{"reason":',
            headers => { 'Content-Type' => 'application/json' })->status, 400,
   'only whole JSON');
is($t->db("SELECT count(*) FROM reports WHERE post_id = '$posts[5]'"), 0,
   'nothing of it was stored');

# posts that are not open

is(report('019b76da-afd0-7c5a-a690-0a23b14cfdce', { reason => 'wage' })
       ->status, 404, 'a draft');
is(report('019b76da-c740-7422-9c93-0a005a0b75a4', { reason => 'wage' })
       ->status, 410, 'a filled post');
is(report('019b76da-0000-7000-8000-000000000000', { reason => 'wage' })
       ->status, 404, 'no post');

# at one instant from one caller

my @codes = $t->parallel(8, sub {
    report($posts[6], { reason => 'wage' })->status;
});

is_deeply([ sort @codes ], [ 201, (409) x 7 ], 'eight at once: one is taken');
is($t->db("SELECT count(*) FROM reports WHERE post_id = '$posts[6]'"), 1,
   'one row');
is($t->db("SELECT count(*) FROM outbox WHERE key = 'job:$posts[6]'"), 1,
   'one event');

done_testing;
