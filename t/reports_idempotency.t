# Idempotency-Key on reports: one effect and one answer, whatever is repeated
# and whenever, also at the same instant.

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
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
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
    . ' AND id NOT IN (SELECT post_id FROM reports) ORDER BY id LIMIT 30');


# an address may make ten reports an hour, so there are several

my $from = '10.0.0.1';

sub report {
    my ($post, $key, $json) = @_;

    return $t->post("/api/v1/jobs/$post/reports",
                    json => $json // { reason => 'wage' },
                    headers => { 'Idempotency-Key' => $key,
                                 'X-Forwarded-For' => $from });
}


sub rows {
    my ($post) = @_;

    return join ' ', map {
        $t->db($_)
    } "SELECT count(*) FROM reports WHERE post_id = '$post'",
      "SELECT count(*) FROM outbox WHERE key = 'job:$post'",
      "SELECT count(*) FROM audit_events WHERE subject_id = '$post'";
}


# one after the other

my $first = report($posts[0], 'key-0');
is($first->status, 201, 'taken');
is($first->header('idempotency-replayed'), undef, 'for the first time');

my $second = report($posts[0], 'key-0');
is($second->status, 201, 'repeated: the same answer');
is($second->body, $first->body, 'to the byte');
is($second->header('location'), $first->header('location'), 'and place');
is($second->header('idempotency-replayed'), 'true', 'and says so');
is(rows($posts[0]), '1 1 1', 'one effect');

is($t->post("/api/v1/jobs/$posts[0]/reports",
            body => qq({ "reason" :\n"wage" }),
            headers => { 'Content-Type' => 'application/json',
                         'Idempotency-Key' => 'key-0',
                         'X-Forwarded-For' => $from })->status, 201,
   'the same request, written otherwise');

# the same key for something else

my $r = report($posts[0], 'key-0', { reason => 'scam' });
is($r->status, 422, 'another reason with the same key');
is($r->json->{code}, 'idempotency_key_reused', 'its code');
is(report($posts[1], 'key-0')->status, 422, 'another post with the same key');
is(rows($posts[1]), '0 0 0', 'has no effect');
is(report($posts[1], 'key-1')->status, 201, 'its own key is free');

# another key for the same thing

$r = report($posts[0], 'key-2');
is($r->status, 409, 'another key: already reported today');
is(report($posts[0], 'key-2')->status, 409, 'and again');

# what was refused may be repeated when it is put right

is(report($posts[2], 'key-3', { reason => 'other' })->status, 400, 'refused');
is(report($posts[2], 'key-3', { reason => 'other', detail => '!' })->status,
   201, 'put right, with the same key');

# the answer outlives the post

my $kept = report($posts[3], 'key-4');
is($kept->status, 201, 'taken');
$t->db("UPDATE posts SET status = 'hidden', status_reason = '신고가 맞습니다'
         WHERE id = '$posts[3]'");
$r = report($posts[3], 'key-4');
is($r->status, 201, 'the post is hidden now; repeated: the same answer');
is($r->body, $kept->body, 'to the byte');
is(report($posts[3], 'key-5')->status, 404, 'a new report finds no post');

# at the same instant

for my $round (0 .. 3) {
    my $post = $posts[10 + $round];

    $from = "10.0.1.$round";

    my @answers = $t->parallel(8, sub {
        my $r = report($post, "same-$round");
        [ $r->status, $r->json->{id},
          $r->header('idempotency-replayed') // 'false' ];
    });

    is_deeply([ map { $_->[0] } @answers ], [ (201) x 8 ],
              'eight equal requests at once: all are answered 201');
    is(scalar(grep { $_->[2] eq 'false' } @answers), 1, 'one of them first');

    my %ids = map { $_->[1] // 'none' => 1 } @answers;
    is(scalar keys %ids, 1, 'all with one id');
    is(rows($post), '1 1 1', 'and one effect');
}

# one key for eight posts at the same instant

{
    $from = '10.0.2.1';

    my @answers = $t->parallel(8, sub {
        report($posts[15 + $_[0]], 'one-for-eight')->status;
    });

    is_deeply([ sort @answers ], [ 201, (422) x 7 ],
              'one key for eight posts at once: one is taken');
    is($t->db('SELECT count(*) FROM reports WHERE post_id IN ('
              . join(', ', map { "'$_'" } @posts[15 .. 22]) . ')'), 1,
       'one row');
}

# a key is somebody's own: another caller's is another key

$from = '10.0.0.1';

is($t->db("SELECT count(DISTINCT caller) FROM idempotency_keys
            WHERE key LIKE 'key-%'"), 1, 'keys are kept by caller');

$t->db("UPDATE idempotency_keys SET caller = 'anon:' || repeat('0', 64)
         WHERE key = 'key-1'");
is(report($posts[23], 'key-1')->status, 201,
   "another caller's key is not in the way");

is($t->db("SELECT string_agg(DISTINCT status || ' ' || route, ',')
             FROM idempotency_keys WHERE key LIKE '%-%'"),
   '201 reports_create', 'what is kept');

# who may report no more is still answered what was answered before

$from = '10.0.3.1';
my @ten = map { report($posts[24 + $_ % 6], "ten-$_")->status } 0 .. 5;
$t->db("UPDATE reports SET created_at = created_at - interval '1 day'");
push @ten, map { report($posts[24 + $_ % 6], "ten-$_")->status } 6 .. 9;
is_deeply(\@ten, [ (201) x 10 ], 'ten in an hour');
is(report($posts[23], 'ten-10')->status, 429, 'not one more');

$r = report($posts[24], 'ten-0');
is($r->status, 201, 'but the first one once more');
is($r->header('idempotency-replayed'), 'true', 'as it was answered');
is(report($posts[25], 'ten-0')->status, 422, 'and for nothing else');

done_testing;
