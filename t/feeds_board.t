# A resort's board: the resort and its open posts in one answer, which any site
# may read, kept until the resort or one of its posts changes.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;
my $origin = 'http://localhost:' . $t->port(8080);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity $origin;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $closed = '019b76db-6b50-799c-9a99-90f72729525e';
my $uri = "/api/v1/resorts/$resort/board";
my $open = "resort_id = '$resort' AND live AND least(deadline, ends_on) >= seoul_today()";

my @ids = split /\n/, $t->db("SELECT id FROM posts WHERE $open ORDER BY published_at DESC, id DESC");
my $first = $t->get($uri, headers => { Origin => 'https://resort.example' });
my $board = $first->json;

cmp_ok(scalar @ids, '>', 0, 'it has open posts');
is($first->status, 200, 'a board');
is($board->{id}, $resort, 'of the resort');
is($board->{url}, "$origin/resorts/$resort", 'with its page');
is($board->{url_en}, "$origin/en/resorts/$resort", 'and that in English');
is($board->{count}, scalar @ids, 'how many posts are open');
is_deeply([ map { $_->{id} } @{ $board->{jobs} } ], \@ids, 'all of them, the newest first');
is($board->{jobs}[0]{url}, "$origin/jobs/$ids[0]", 'each with its page');
is($board->{jobs}[0]{url_en}, "$origin/en/jobs/$ids[0]", 'in English, too');

{
    my $job = $t->get("/api/v1/jobs/$ids[0]")->json;

    is_deeply($board->{jobs}[0]{$_}, $job->{$_}, "$_ is the job's")
        for qw(title category employment_type period headcount dormitory meals apply_until
               published_at);
    is($board->{jobs}[0]{pay}{$_}, $job->{pay}{$_}, "and pay.$_") for qw(type min max);
}

for my $r ($first, $t->get($uri)) {
    is($r->header('access-control-allow-origin'), '*', 'any site may read it');
    is($r->header('surrogate-key'), "resort:$resort", 'its tag');
    is($r->header('vary'), undef, 'the same for all');
    like($r->header('cache-control'), qr/^public, max-age=60/, 'may be kept');
    ok($r->header('etag'), 'an ETag');
}

ok(defined $t->get($uri)->header('age'), 'and it is kept');
is($t->get("/api/v1/jobs/$ids[0]")->header('access-control-allow-origin'), undef,
   'other answers are not for any site');


# ---- what changes

$t->wait_for(sub {
    $t->db("UPDATE posts SET title = '준비 $$' WHERE id = '$ids[0]'");
    select undef, undef, undef, 0.3;
    $t->get($uri)->json->{jobs}[0]{title} eq "준비 $$";
}, 20);

$t->db("UPDATE posts SET title = '새 제목' WHERE id = '$ids[0]'");
ok($t->wait_for(sub { $t->get($uri)->json->{jobs}[0]{title} eq '새 제목' }, 3), 'a title');

$t->db("UPDATE resorts SET name_en = 'Another name' WHERE id = '$resort'");
ok($t->wait_for(sub { $t->get($uri)->json->{name_en} eq 'Another name' }, 3), 'the resort');

$t->db("UPDATE posts SET status = 'filled' WHERE id = '$ids[0]'");
ok($t->wait_for(sub { $t->get($uri)->json->{count} == $#ids }, 3), 'a post that was filled');


# ---- what there is none of

{
    my $gone = $t->get("/api/v1/resorts/$closed/board");
    is($gone->status, 410, 'a resort that has left');
    is($gone->json->{code}, 'resort_closed', 'says so');
    is($gone->header('access-control-allow-origin'), '*', 'to any site');
    is($t->get('/api/v1/resorts/019b76da-0000-7000-8000-000000000000/board')->status, 404,
       'no such resort');
}

{
    my $unverified = $t->db('SELECT id FROM resorts WHERE business_verified_at IS NULL LIMIT 1');
    is($t->get("/api/v1/resorts/$unverified/board")->status, 404, 'one that is not verified yet');

    my $empty = $t->db("SELECT id FROM resorts AS r WHERE open AND NOT EXISTS (SELECT FROM posts
        WHERE resort_id = r.id AND live AND least(deadline, ends_on) >= seoul_today()) LIMIT 1");

    if ($empty) {
        my $r = $t->get("/api/v1/resorts/$empty/board")->json;
        is($r->{count}, 0, 'one without open posts');
        is_deeply($r->{jobs}, [], 'has none');
    }
}

done_testing();
