# Jobs that members keep: keeping, keeping again, letting go, the list page by
# page, what has ended since, and what is counted of it.

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

$t->start(<<'END');
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

$t->db('DELETE FROM favourites; DELETE FROM post_counters');

my $base = '/api/v1/me/favourites';
my $crew = ResortBite::Account->new($t);
my $other = ResortBite::Account->new($t);
my $open = 'live AND least(deadline, ends_on) > seoul_today() + 1';
my ($one, $two, $three) = split /\n/,
    $t->db("SELECT id FROM posts WHERE $open ORDER BY id LIMIT 3");
my $draft = '019b76da-afd0-7c5a-a690-0a23b14cfdce';
my $filled = '019b76da-c740-7422-9c93-0a005a0b75a4';
my $r;

sub kept { return $t->db("SELECT count(*) FROM favourites WHERE member_id = '@{[ $_[0]->id ]}'") }

sub counted { return $t->db("SELECT favourites FROM post_counters WHERE post_id = '$_[0]'") }

sub ids { return [ map { $_->{id} } @{ $_[0]->json->{items} } ] }


# keeping

is($t->request('PUT', "$base/$one", json => {})->status, 401, 'nobody keeps nothing');
is($t->get($base)->status, 401, 'nor has a list');

is_deeply(ids($crew->get($base)), [], 'none at first');
$r = $crew->put("$base/$one");
is($r->status, 204, 'one is kept') or diag $r->body;
is($r->body, '', 'with nothing to say');
my $at = $t->db("SELECT created_at FROM favourites WHERE post_id = '$one'");
is($crew->put("$base/$one")->status, 204, 'again');
is(kept($crew), 1, 'is one');
is($t->db("SELECT created_at FROM favourites WHERE post_id = '$one'"), $at, 'since the first time');

is($crew->put("$base/$draft")->status, 404, 'a draft is not there');
is($crew->put("$base/019b76da-0000-7000-8000-000000000000")->status, 404, 'nor what never was');
$r = $crew->put("$base/$filled");
is($r->status, 410, 'one that is filled has gone');
is($r->json->{code}, 'job_ended', 'and says so');
is($crew->put("$base/nothing")->status, 400, 'what is no id');
is(kept($crew), 1, 'none of which is kept');

is($crew->put("$base/$two")->status, 204, 'another');
is($crew->put("$base/$three")->status, 204, 'and a third');
is($other->put("$base/$one")->status, 204, 'somebody else');


# the list

$t->db("UPDATE favourites SET created_at = '2026-11-01T00:00:00Z'
         WHERE member_id = '@{[ $crew->id ]}' AND post_id = '$three'");

$r = $crew->get($base);
is($r->status, 200, 'the list');
is_deeply(ids($r), [ $two, $one, $three ], 'newest first, of this member only');
is($r->header('cache-control'), 'no-store', 'for nobody else');

my $item = $r->json->{items}[2];
my $job = $t->get("/api/v1/jobs/$three")->json;
is($item->{kept_at}, '2026-11-01T00:00:00Z', 'since when');
is($item->{title}, $job->{title}, 'what');
is_deeply($item->{pay}, $job->{pay}, 'for how much');
is($item->{resort}{name}, $job->{resort}{name}, 'where');
ok(!$item->{ended}, 'it has not ended');

my @pages;
my $cursor = '';

for (1 .. 3) {
    $r = $crew->get("$base?limit=1$cursor");
    push @pages, @{ ids($r) };
    $cursor = '&cursor=' . ($r->json->{next} // '');
}

is_deeply(\@pages, [ $two, $one, $three ], 'page by page');
is($r->json->{next}, undef, 'to the end');
is($other->get("$base?limit=1&cursor=x")->status, 400, 'a cursor that is none');


# ended, hidden

$t->db("UPDATE posts SET status = 'filled' WHERE id = '$two'");
$t->db("UPDATE posts SET status = 'hidden', status_reason = '신고가 여러 건 들어와 확인하고 있습니다.' WHERE id = '$one'");
$r = $crew->get($base);
is_deeply(ids($r), [ $two, $three ], 'what is hidden is not there');
ok($r->json->{items}[0]{ended}, 'what is filled has ended');
is(kept($crew), 3, 'but both are kept');
$t->db("UPDATE posts SET status = 'approved' WHERE id = '$one'");
is_deeply(ids($crew->get($base)), [ $two, $one, $three ], 'and come back');

$t->db("UPDATE posts SET status = 'hidden', status_reason = '신고가 여러 건 들어와 확인하고 있습니다.' WHERE id = '$one'");
$t->db("UPDATE posts SET deleted_at = now() WHERE id = '$one'");
is_deeply(ids($crew->get($base)), [ $two, $three ], 'what is hidden is not there when it is deleted either');
$t->db("UPDATE posts SET deleted_at = NULL WHERE id = '$one'");
$t->db("UPDATE posts SET status = 'approved' WHERE id = '$one'");
$t->db("UPDATE posts SET deleted_at = now() WHERE id = '$three'");
$r = $crew->get($base);
is_deeply(ids($r), [ $two, $one, $three ], 'what was public and is deleted');
ok($r->json->{items}[2]{ended}, 'has ended');
$t->db("UPDATE posts SET deleted_at = NULL WHERE id = '$three'");
is($crew->put("$base/$two")->status, 410, 'what has ended is not kept anew');


# what is counted

ok($t->wait_for(sub { (counted($one) || 0) == 2 && (counted($two) || 0) == 1 }, 10),
   'they are counted');
is($t->db("SELECT applications = (SELECT count(*) FROM applications WHERE post_id = '$one')
             FROM post_counters WHERE post_id = '$one'"), 't', 'and the applications');


# letting go

is($crew->delete("$base/$one")->status, 204, 'one is kept no longer');
is($crew->delete("$base/$one")->status, 204, 'nor after that');
is($crew->delete("$base/$two")->status, 204, 'one that has ended');
is($crew->delete("$base/$draft")->status, 204, 'nor what never was');
is_deeply(ids($crew->get($base)), [ $three ], 'the rest is there');
is(kept($other), 1, 'and what others keep');
ok($t->wait_for(sub { counted($one) == 1 && counted($two) == 0 }, 10), 'counted again');


# many at once

my @statuses = $t->parallel(8, sub { return $crew->put("$base/$one")->status });
is_deeply(\@statuses, [ (204) x 8 ], 'eight at once');
is(kept($crew), 2, 'are one');
ok($t->wait_for(sub { counted($one) == 2 }, 10), 'and counted as one');


# as many as one may keep

my $greedy = ResortBite::Account->new($t);
$t->db("INSERT INTO favourites (member_id, post_id)
        SELECT '@{[ $greedy->id ]}', id FROM posts WHERE id NOT IN ('$one', '$three') ORDER BY id LIMIT 999");
is($greedy->put("$base/$one")->status, 204, 'the thousandth');
$r = $greedy->put("$base/$three");
is($r->status, 409, 'one more is too many');
is($r->json->{code}, 'limit_reached', 'and it says so');
is(kept($greedy), 1000, 'nothing is kept of it');
is($greedy->put("$base/$one")->status, 204, 'what is kept stays kept');
is($greedy->delete("$base/$one")->status, 204, 'one less');
is($greedy->put("$base/$three")->status, 204, 'makes room');
$t->db("DELETE FROM favourites WHERE member_id = '@{[ $greedy->id ]}'");


# a member who is erased

$t->db("UPDATE members SET status = 'deleted', deleted_at = now() - interval '31 days'
         WHERE id = '@{[ $other->id ]}'");
$t->stop;
$t->start;
ok($t->wait_for(sub { kept($other) == 0 }, 10), 'who is erased keeps nothing');
is($t->db("SELECT recount FROM post_counters WHERE post_id = '$one'"), 't',
   'it is to be counted anew');
$t->stop;
$t->start;
ok($t->wait_for(sub { counted($one) == 1 }, 10), 'and is');
is($t->db("SELECT recount FROM post_counters WHERE post_id = '$one'"), 'f', 'once');

done_testing;
