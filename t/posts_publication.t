# A post goes from a draft to the public over the API, and is seen at once in
# everything that two nodes have kept: lists, its page in both languages, the
# sitemap, the feed, the resort's page and board.  When it is hidden it goes
# from all of them as fast; and so does what an edit has changed.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Encode qw(encode);
use Test::More;
use Time::HiRes qw(sleep time);
use ResortBite;
use ResortBite::Account;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $PATIENCE = 10;                      # seconds; then it is not seen

my @nodes = map { ResortBite->new(redis => {}) } 1 .. 2;

$nodes[1]{pg} = $nodes[0]->postgres;
$nodes[1]{redis_server} = $nodes[0]->redis;

for my $node (@nodes) {
    $node->start(<<"END");
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_redis %%REDIS%%;
    resortbite_zone 32m;
    resortbite_secret_file @{[ $nodes[0]->secret_file ]};
    resortbite_identity http://localhost:@{[ $nodes[0]->port(8080) ]};
    resortbite_keys @{[ $nodes[0]->keys_folder ]};
    server {
        listen 127.0.0.1:%%PORT_8080%% reuseport;
        add_header X-Cache \$resortbite_cache;
        location / { resortbite_api; }
    }
}
END
}

ok($_->wait_ready, 'a node is ready') for @nodes;

my $t = $nodes[0];
my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $moderator = ResortBite::Account->new($t, roles => [ 'crew', 'moderator' ]);
my $owner = ResortBite::Account->new($t, roles => [ 'crew', 'resort' ]);

$t->db("INSERT INTO resort_members (resort_id, member_id, role)
        VALUES ('$resort', '@{[ $owner->id ]}', 'owner')");


# ---- a draft, submitted

my $title = '두 노드가 함께 보는 공고';
my $r = $owner->post("/api/v1/resorts/$resort/posts", json => { title => $title });

is($r->status, 201, 'a draft is made') or diag $r->body;

my $post = $r->json->{id};
my $at = "/api/v1/resorts/$resort/posts/$post";

$r = $owner->patch($at, headers => { 'If-Match' => qq("@{[ $r->json->{revision} ]}") }, json => {
    description => '리프트 승하차를 안내하고 대기 줄을 관리합니다.',
    category => 'lift', employment_type => 'seasonal',
    pay => { type => 'hourly', min => 15000, max => 16000 },
    period => { from => $t->db("SELECT seoul_today() + 30"),
                until => $t->db("SELECT seoul_today() + 90") },
});
is($r->status, 200, 'and filled in') or diag $r->body;

$r = $owner->post("$at/submit");
is($r->status, 200, 'and submitted') or diag $r->body;


# ---- everywhere it will be seen

sub body {
    my ($node, $path) = @_;

    return sitemap($node) if $path eq 'sitemap';

    my $got = $node->get($path, headers => { Accept => '*/*' });

    return ($got->status == 200 ? $got->body : '', $got);
}


# All files of jobs together: by which one a post is in nobody needs to know.

sub sitemap {
    my ($node) = @_;

    my ($index) = body($node, '/sitemap.xml');
    my @files = $index =~ m{<loc>[^<]*?(/sitemaps/jobs[^<]*)</loc>}g;

    return join '', map { (body($node, $_))[0] } @files;
}


sub everywhere {
    my @paths = ("/api/v1/jobs?limit=1", "/api/v1/jobs?region=gangwon&limit=1",
                 "/api/v1/jobs/$post", "/api/v1/resorts/$resort/jobs?limit=1",
                 "/api/v1/resorts/$resort/board", '/', '/jobs', '/en/jobs', '/jobs?region=gangwon',
                 "/jobs/$post", "/en/jobs/$post", "/resorts/$resort",
                 '/feeds/jobs.xml', '/feeds/jobs.xml?region=gangwon', 'sitemap');

    return map { my $node = $_; map { [ $node, $_ ] } @paths } @nodes;
}


# Seconds until all that was asked for is so, and what is not.

sub until_all {
    my ($is_so, @places) = @_;

    my $start = time;

    while (@places && time - $start < $PATIENCE) {
        @places = grep { !$is_so->(body(@$_)) } @places;
    }

    return (time - $start, map { $_->[1] } @places);
}


my @places = everywhere();

for my $place (@places) {
    my ($text) = body(@$place);

    unlike($text, qr/\Q$post\E/, "$place->[1] doesn't show it yet");
    body(@$place);
}

$r = $moderator->get("/api/v1/admin/posts/$post");
is($r->status, 200, 'a moderator reads it') or diag $r->body;

my $approved = $moderator->post("/api/v1/admin/posts/$post/approve",
                                headers => { 'If-Match' => $r->header('etag') });
is($approved->status, 200, 'and approves') or diag $approved->body;

my ($took, @missing) = until_all(sub { $_[0] =~ /\Q$post\E/ }, @places);

is("@missing", '', 'it is seen everywhere, on both nodes');
diag(sprintf 'published: %.0f ms', $took * 1000);

for my $place ([ $nodes[0], "/jobs/$post" ], [ $nodes[1], '/jobs' ]) {
    my (undef, $got) = body(@$place);
    is($got->header('x-cache'), 'hit', "$place->[1] is kept again");
}


# ---- an edit that isn't worse

my $new = '두 노드가 새로 보는 공고';

$r = $owner->get($at);
$r = $owner->patch($at, headers => { 'If-Match' => $r->header('etag') },
                   json => { title => $new });
is($r->status, 200, 'its title is changed') or diag $r->body;
is($r->json->{status}, 'approved', 'which needs no review');

my $bytes = encode('UTF-8', $new);
my @with_title = grep { $_->[1] !~ /^sitemap/ } @places;

($took, @missing) = until_all(sub { $_[0] =~ /\Q$bytes\E/ }, @with_title);
is("@missing", '', 'the new title is everywhere');
diag(sprintf 'edited: %.0f ms', $took * 1000);


# ---- hidden

$r = $moderator->get("/api/v1/admin/posts/$post");
$r = $moderator->post("/api/v1/admin/posts/$post/hide", json => { reason => '확인이 필요합니다.' });
is($r->status, 200, 'a moderator hides it') or diag $r->body;

($took, @missing) = until_all(sub { $_[0] !~ /\Q$post\E/ }, @places);
is("@missing", '', 'and it is gone everywhere');
diag(sprintf 'hidden: %.0f ms', $took * 1000);

for my $node (@nodes) {
    is($node->get("/api/v1/jobs/$post")->status, 404, 'its API says 404');
    is($node->get("/jobs/$post", headers => { Accept => 'text/html' })->status, 404, 'and its page');
}

$_->finish for @nodes;
done_testing();
