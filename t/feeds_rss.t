# The feed of new posts: XML that any parser reads, whatever is in a post; the
# newest first, of a region or a category; and gone from it as soon as closed.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Xml;

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

my $open = 'live AND least(deadline, ends_on) >= seoul_today()';

sub feed {
    my ($uri) = @_;

    my $r = $t->get($uri);
    return $r->status == 200 ? ResortBite::Xml->new($t, $r->body) : undef;
}

sub ids {
    my ($where, $n) = @_;

    return split /\n/, $t->db("SELECT id FROM posts WHERE $open AND $where
        ORDER BY published_at DESC, id DESC LIMIT 50");
}


# ---- pages lead to it

like($t->get("/$_/nothing", headers => { Accept => 'text/html' })->body,
     qr{<link rel="alternate" type="application/rss\+xml" href="(?:/en)?/feeds/jobs\.xml">},
     'pages lead to it') for 'ko', 'en';


# ---- the channel

my $r = $t->get('/feeds/jobs.xml');
my $xml = feed('/feeds/jobs.xml');

is($r->status, 200, 'a feed');
like($r->header('content-type'), qr{^application/rss\+xml; charset=utf-8$}, 'its type');
is($r->header('surrogate-key'), 'jobs', 'its tag');
is($r->header('vary'), undef, 'the same for all');
like($r->header('cache-control'), qr/^public, max-age=60, s-maxage=60, stale-while-revalidate=/,
     'may be kept');
ok(defined $t->get('/feeds/jobs.xml', headers => { Accept => 'application/rss+xml' })
       ->header('age'), 'and is, for readers that want nothing else');
is($t->get('/feeds/jobs.xml', headers => { 'If-None-Match' => $r->header('etag') })->status, 304,
   'not sent twice');

is($xml->text('/rss/@version'), '2.0', 'RSS 2.0');
is($xml->text('/rss/channel/title'), '리조트바이트 새 공고', 'its title');
is($xml->text('/rss/channel/link'), "$origin/jobs", 'what it is of');
is($xml->text('/rss/channel/language'), 'ko', 'its language');
ok($xml->text('/rss/channel/description'), 'its description');
is($xml->text('/rss/channel/atom:link[@rel="self"]/@href'), "$origin/feeds/jobs.xml",
   'its own address');


# ---- its items

my @guids = $xml->texts('//item/guid');

is_deeply(\@guids, [ ids('true') ], 'the newest 50, in order');
is($xml->count('//item/guid[@isPermaLink="false"]'), 50, 'ids are no addresses');

{
    my ($title, $at, $category, $region) = split /\|/, $t->db(
        "SELECT p.title, to_char(p.published_at AT TIME ZONE 'UTC',
                                 'Dy, DD Mon YYYY HH24:MI:SS \"+0000\"'), c.name_ko, g.name_ko
           FROM posts AS p
           JOIN categories AS c ON c.code = p.category_code
           JOIN regions AS g ON g.code = p.region_code
          WHERE p.id = '$guids[0]'");
    utf8::decode($_) for $title, $category, $region;

    is($xml->text('//item[1]/title'), $title, 'title');
    is($xml->text('//item[1]/link'), "$origin/jobs/$guids[0]", 'link');
    is($xml->text('//item[1]/pubDate'), $at, 'when');
    like($at, qr/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} \+0000$/,
         'as RFC 822 has it');
    is_deeply([ $xml->texts('//item[1]/category') ], [ $category, $region ], 'categories');
}


# ---- of a region, a category, both, in English

for my $case ([ 'region=jeju', "region_code = 'jeju'", 'jobs:region:jeju' ],
              [ 'category=lift', "category_code = 'lift'", 'jobs' ],
              [ 'region=gangwon&category=ski_school',
                "region_code = 'gangwon' AND category_code = 'ski_school'",
                'jobs:region:gangwon' ])
{
    my ($query, $where, $tag) = @$case;

    my $answer = $t->get("/feeds/jobs.xml?$query");

    if ($answer->status == 400) {
        fail("$query: " . $answer->body);
        next;
    }

    my $of = feed("/feeds/jobs.xml?$query&utm_source=x");
    my @ids = ids($where);

    cmp_ok(scalar @ids, '>', 0, "$query: there are some");
    is_deeply([ $of->texts('//item/guid') ], \@ids, "$query: those and no others");
    is($of->text('//channel/link'), "$origin/jobs?$query", 'linked to their list');
    is($of->text('//atom:link/@href'), "$origin/feeds/jobs.xml?$query", 'and to itself');
    is($answer->header('surrogate-key'), $tag, 'their tag');
}

is($t->get('/feeds/jobs.xml?region=mars')->status, 400, 'no such region');

{
    my $en = feed('/en/feeds/jobs.xml?region=jeju');

    is($en->text('//channel/language'), 'en', 'in English');
    like($en->text('//item[1]/link'), qr{^\Q$origin\E/en/jobs/}, 'linked to English pages');
    my $name = $t->db("SELECT name_en FROM regions WHERE code = 'jeju'");
    is($en->text('//item[1]/category[2]'), $name, 'with English words');
    is($en->text('//atom:link/@href'), "$origin/en/feeds/jobs.xml?region=jeju", 'itself');
}


# ---- whatever a post says

{
    my $text = qq{</description>]]>\x{1}\x{8}\x{b}<b>굵게</b> & "인용" '작은'\n다음 줄 \x{1f3bf}\x{fffe}};
    my $sql = $text =~ s/'/''/gr;

    utf8::encode(my $bytes = $sql);
    $t->db("UPDATE posts SET title = 'A & B <c> \"d\" ]]>', description = '$bytes'
            WHERE id = '$guids[0]'");

    my $of;
    ok($t->wait_for(sub {
        $of = feed('/feeds/jobs.xml');
        $of->text('//item[1]/title') eq 'A & B <c> "d" ]]>';
    }, 10), 'the title as it is');

    my $html = $of->text('//item[1]/description');
    my $shown = $text =~ s/[\x{1}\x{8}\x{b}\x{fffe}]//gr
        =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr =~ s/'/&#39;/gr;

    like($html, qr/\Q$shown\E$/, 'the description is HTML that shows it');
    like($html, qr/<br>/, 'below the resort');
}


# ---- a change

{
    $t->db("UPDATE posts SET status = 'filled' WHERE id = '$guids[1]'");
    ok($t->wait_for(sub { !grep { $_ eq $guids[1] } feed('/feeds/jobs.xml')->texts('//item/guid') },
                    5), 'a post that was filled is gone');
}

done_testing();
