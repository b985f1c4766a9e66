# Sitemaps: an index with what was changed when, files that are cut when they
# become too full and else keep their pages, every open page in both languages
# and no other; and what robots are told.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Xml;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $MOST = 1000;                        # pages of a file

my $config = <<'END';
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 64m;
    resortbite_secret_file %%SECRET%%;
    IDENTITY
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

my $t = ResortBite->new;
my $origin = 'http://localhost:' . $t->port(8080);


sub start {
    my ($identity) = @_;

    (my $text = $config) =~ s/IDENTITY/$identity/;
    $t->start($text);
    ok($t->wait_ready, 'ready');
    return;
}


# The index: file => lastmod.

sub files {
    my $body = $t->get('/sitemap.xml')->body;
    my %files;

    while ($body =~ m{<sitemap><loc>\Q$origin\E(/[^<]+)</loc>(?:<lastmod>([^<]+)</lastmod>)?}g) {
        $files{$1} = $2;
    }

    return %files;
}


# What a file names: address => { lastmod, ko, en }.

sub pages {
    my ($file) = @_;

    my $body = $t->get($file)->body;
    my %pages;

    while ($body =~ m{<url>(.*?)</url>}g) {
        my $one = $1;
        my ($loc) = $one =~ m{<loc>([^<]+)</loc>};
        my ($lastmod) = $one =~ m{<lastmod>([^<]+)</lastmod>};
        my %other = $one =~ m{hreflang="(\w+)" href="([^"]+)"}g;

        $pages{$loc} = { lastmod => $lastmod, %other };
    }

    return %pages;
}

sub all_jobs {
    my %all;

    for my $file (grep { m{/jobs-} } @_) {
        my %pages = pages($file);
        cmp_ok(scalar keys %pages, '<=', 2 * $MOST, "$file is not too full");
        @all{ keys %pages } = values %pages;
    }

    return %all;
}

my $open = 'live AND least(deadline, ends_on) >= seoul_today()';

sub rfc3339 {
    my ($column) = @_;
    return "to_char($column AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
}


# ---- without an address of its own it has none to list

start('');

{
    my $r = $t->get('/sitemap.xml');

    is($r->status, 503, 'no origin: 503');
    is($r->json->{code}, 'origin_not_set_up', 'which says why');
    like($r->json->{title}, qr/resortbite_identity/, 'and what to configure');
    is($t->get('/sitemaps/jobs-1.xml')->status, 503, 'nor do files');

    my $robots = $t->get('/robots.txt');
    is($robots->status, 200, 'robots are told all the same');
    unlike($robots->body, qr/Sitemap/, 'but of no sitemap');
}

$t->stop;
start("resortbite_identity $origin; resortbite_keys %%KEYS%%;");


# ---- the index and the files

my %files = files();

{
    my $r = $t->get('/sitemap.xml');

    like($r->header('content-type'), qr{^application/xml}, 'XML');
    like($r->header('cache-control'), qr/^public, max-age=\d+, s-maxage=/, 'public');
    is($r->header('surrogate-key'), 'jobs resorts', 'its tags');
    ok($r->header('etag'), 'an ETag');
    is($t->get('/sitemap.xml', headers => { 'If-None-Match' => $r->header('etag') })->status,
       304, 'and 304');
    is($r->header('vary'), undef, 'the same for all');

    my $xml = ResortBite::Xml->new($t, $r->body);
    is($xml->count('/s:sitemapindex/s:sitemap'), scalar keys %files, 'a parser reads it');
    is($xml->text('//s:sitemap[1]/s:lastmod'), $files{ $xml->text('//s:sitemap[1]/s:loc')
                                                       =~ s/^\Q$origin//r }, 'lastmod');
}

my %jobs = all_jobs(keys %files);
my %expected = map { my ($id, $at) = split /\|/; ($id => $at) } split /\n/,
    $t->db('SELECT id, ' . rfc3339('updated_at') . " FROM posts WHERE $open");

cmp_ok(scalar keys %expected, '>', $MOST, 'there are more posts than one file takes');
cmp_ok(scalar(grep { m{/jobs-} } keys %files), '>', 1, 'and so more files than one');
ok(!$files{'/sitemaps/jobs-1.xml'}, 'of which the whole is none');

is_deeply([ sort keys %jobs ],
          [ sort map { ("$origin/jobs/$_", "$origin/en/jobs/$_") } keys %expected ],
          'every open post in both languages, and no other');

is(scalar(grep {
    my ($id) = /([-0-9a-f]{36})$/;
    $jobs{$_}{lastmod} ne $expected{$id} || $jobs{$_}{ko} ne "$origin/jobs/$id"
        || $jobs{$_}{en} ne "$origin/en/jobs/$id"
} keys %jobs), 0, 'each with its lastmod and both addresses');

{
    my ($file) = grep { m{/jobs-} } sort keys %files;
    my %pages = pages($file);
    my ($newest) = reverse sort map { $_->{lastmod} } values %pages;
    my $xml = ResortBite::Xml->new($t, $t->get($file)->body);

    is($files{$file}, $newest, 'the index has the lastmod of the newest page');
    is($xml->count('/s:urlset/s:url'), scalar keys %pages, 'a parser reads the file');
    is($xml->count('//s:url[1]/xhtml:link[@rel="alternate"]'), 2, 'and its alternates');
}

{
    my %resorts;
    for my $file (grep { m{/resorts-} } keys %files) {
        my %pages = pages($file);
        @resorts{ keys %pages } = values %pages;
    }

    is_deeply([ sort keys %resorts ],
              [ sort map { ("$origin/resorts/$_", "$origin/en/resorts/$_") }
                split /\n/, $t->db('SELECT id FROM resorts WHERE open') ],
              'every open resort, and no other');
}

{
    my %lists = pages('/sitemaps/lists.xml');
    my @combinations = split /\n/, $t->db("SELECT DISTINCT region_code || '&' || category_code
        FROM posts WHERE $open");

    ok($lists{"$origin/jobs"} && $lists{"$origin/en/jobs"}, 'the list of all jobs');
    ok($lists{"$origin/"} && $lists{"$origin/en"}, 'the home');
    ok($lists{"$origin/jobs?region=gangwon"}, 'the list of a region');
    is(scalar(grep {
        my ($region, $category) = split /&/;
        !$lists{"$origin/jobs?region=$region&amp;category=$category"}
            || !$lists{"$origin/en/jobs?region=$region&amp;category=$category"}
    } @combinations), 0, 'those of a region and a category with something in them');
    is(scalar(grep { /region=.*category=/ } keys %lists), 2 * @combinations, 'and only those');
    ResortBite::Xml->new($t, $t->get('/sitemaps/lists.xml')->body);
}

is($t->get("/sitemaps/$_")->status, 404, "$_ is no file")
    for qw(jobs-0.xml jobs-01.xml jobs-8192.xml jobs-x.xml jobs-1 people-1.xml), 'jobs-.xml',
        'jobs-99999999999999999999.xml';

{
    my %whole = pages('/sitemaps/jobs-1.xml');
    is(scalar keys %whole, 2 * keys %expected, 'a number that was given up still has its pages');
}


# ---- a change: the file of one post, and no other

{
    my ($id) = sort keys %expected;
    my %before = map { $_ => $t->get($_)->body } grep { m{/jobs-} } keys %files;
    my ($in) = grep { $before{$_} =~ /$id/ } keys %before;

    ok($t->wait_for(sub {
        $t->db("UPDATE posts SET title = '고친 제목 $$', updated_at = now() WHERE id = '$id'");
        my $at = $t->db('SELECT ' . rfc3339('updated_at') . " FROM posts WHERE id = '$id'");
        select undef, undef, undef, 0.5;
        my %pages = pages($in);
        return $pages{"$origin/jobs/$id"}{lastmod} eq $at;
    }, 20), 'a change is seen at once');

    is(scalar(grep { $_ ne $in && $t->get($_)->body ne $before{$_} } keys %before), 0,
       'other files are as they were');

    my %now = files();
    isnt($now{$in}, $files{$in}, 'the index tells');
    is(scalar(grep { $_ ne $in && ($now{$_} // '') ne ($files{$_} // '') } keys %files), 0,
       'of that file alone');

    $t->db("UPDATE posts SET status = 'filled', updated_at = now() WHERE id = '$id'");
    ok($t->wait_for(sub { !exists { pages($in) }->{"$origin/jobs/$id"} }, 5),
       'a post that was filled is gone');
}


# ---- many more posts: files are cut, each in two

{
    my $like = $t->db("SELECT id FROM posts WHERE $open ORDER BY id LIMIT 1");

    $t->db(<<"SQL");
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO posts (id, resort_id, title, description, category_code, employment_type, pay_type,
                   pay_min_krw, pay_max_krw, starts_on, ends_on, apply_until, region_code, address,
                   lat, lng, has_dormitory, meals_a_day, benefits, status, created_by, updated_by,
                   published_at, headcount)
SELECT uuid_v7(now(), md5('sitemap' || n)::uuid), resort_id, title, description, category_code,
       employment_type, pay_type, pay_min_krw, pay_max_krw, starts_on, ends_on, apply_until,
       region_code, address, lat, lng, has_dormitory, meals_a_day, benefits, status, created_by,
       updated_by, published_at, headcount
  FROM posts
 CROSS JOIN generate_series(1, 5000) AS n
 WHERE posts.id = '$like';
COMMIT;
NOTIFY resortbite_changes, '*';
SQL

    my $n = $t->db("SELECT count(*) FROM posts WHERE $open");
    my %many;
    ok($t->wait_for(sub { %many = files(); keys %many > keys %files }, 10), 'more files');

    my %all = all_jobs(keys %many);
    is(scalar keys %all, 2 * $n, 'all posts are in them');

    is($t->get('/sitemaps/jobs-1.xml')->status, 404,
       'a number is forgotten when its file would be far too large');

    my @numbers = map { m{/jobs-(\d+)} } keys %many;
    is(scalar(grep { my $x = $_; grep { my $y = $_; $y > $x && grep { $_ == $x }
        map { $y >> $_ } 1 .. 13 } @numbers } @numbers), 0, 'none is part of another');
}


# ---- robots

{
    my $r = $t->get('/robots.txt');

    like($r->header('content-type'), qr{^text/plain}, 'text');
    like($r->body, qr{^Sitemap: \Q$origin\E/sitemap\.xml$}m, 'names the sitemap');
    like($r->body, qr{^Disallow: \Q$_\E$}m, "not $_") for qw(/account /api/ /oauth/ /login);
    unlike($r->body, qr{^Disallow: /(?:jobs|resorts|assets)?$}m, 'but pages, and their style');
}

done_testing();
