# A change is seen at once although answers are cached: the database names the
# tags of what changed, and answers carry the tags of what they show.

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
        resortbite_cache on;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $id = '019b76da-abe8-7c79-a76b-31a250353f75';
my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';

my %shows = (
    "/api/v1/jobs/$id" => sub { $_[0] },
    '/api/v1/jobs?limit=100&resort=' . $resort => sub { $_[0]{items}[0] },
    "/api/v1/jobs?limit=100&region=gangwon&resort=$resort"
        => sub { $_[0]{items}[0] },
    "/api/v1/jobs?region=gangwon,jeju,seoul,busan&resort=$resort"
        => sub { $_[0]{items}[0] },
    "/api/v1/resorts/$resort/jobs" => sub { $_[0]{items}[0] },
);

sub titles {
    return map { $shows{$_}->($t->get($_)->json)->{title} // 'none' }
        sort keys %shows;
}

sub all_say {
    my ($title) = @_;

    return !grep { $_ ne $title } titles();
}

# the listening connection may come up after the first request

$t->db("UPDATE posts SET title = '준비 $$' WHERE id = '$id'");
ok($t->wait_for(sub { all_say("준비 $$") }, 20), 'the first change arrives');

my @hits = map { $t->get($_)->header('age') } sort keys %shows;
is(scalar(grep { defined } @hits), scalar keys %shows,
   'then all are answered from the cache');

for my $n (1 .. 3) {
    titles();
    $t->db("UPDATE posts SET title = '바뀐 제목 $n' WHERE id = '$id'");
    ok($t->wait_for(sub { all_say("바뀐 제목 $n") }, 3),
       "change $n is seen by the post and all its lists");
}

# the resort's name is shown by its jobs

$t->db("UPDATE resorts SET name = '새 이름 리조트' WHERE id = '$resort'");
ok($t->wait_for(sub {
    !grep { $shows{$_}->($t->get($_)->json)->{resort}{name}
                ne '새 이름 리조트' } keys %shows
}, 3), 'a renamed resort is renamed wherever its jobs are shown');

# a filled post goes: 410 and off the lists

$t->db("UPDATE posts SET status = 'filled' WHERE id = '$id'");
ok($t->wait_for(sub { $t->get("/api/v1/jobs/$id")->status == 410 }, 3),
   'filled: the page is gone');
ok($t->wait_for(sub {
    !grep { $_->{id} eq $id }
        @{ $t->get("/api/v1/resorts/$resort/jobs")->json->{items} }
}, 3), 'and it is off the lists');

# an answer for dates is never kept: stays tell nobody

my $r = $t->get("/api/v1/resorts/$resort/dorms?from=2026-12-01&until=2026-12-02");
is($r->header('cache-control'), 'no-store', 'free beds are not cached');

done_testing;
