# The site's pages: home, jobs, a job, resorts, a resort, in two languages; what
# search engines find in them, what they weigh, what has ended, what is kept in
# caches, and that nobody's text becomes markup.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Compress::Zlib ();
use JSON::PP ();
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
    gzip on;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $LIMIT = 50_000;                     # bytes a page may have
my $OPEN = 'live AND least(deadline, ends_on) >= seoul_today()';


sub page {
    my ($path, $status, %options) = @_;

    my $r = $t->get($path, %options);
    is($r->status, $status // 200, $path) or diag($r->body);

    my $text = $r->body;
    utf8::decode($text);

    return wantarray ? ($text, $r) : $text;
}

sub link_of {
    my ($text, $rel) = @_;

    my ($href) = $text =~ /<link [^>]*rel="$rel"[^>]* href="([^"]*)"/;
    $href =~ s/&amp;/&/g if defined $href;

    return $href;
}

sub robots { return ($_[0] =~ /<meta name="robots" content="([^"]*)"/)[0] // '' }
sub json_ld { return JSON::PP->new->decode(($_[0] =~ m{<script type="application/ld\+json">(.*?)</script>}s)[0] // 'null') }
sub cards { return $_[0] =~ m{<li class="card job">.*?href="[^"]*/jobs/([0-9a-f-]{36})"}sg }
sub plain { (my $text = $_[0]) =~ s/<script.*?<\/script>|<[^>]*>/ /gs; return $text }


my ($job, $resort, $region) = split /\|/, $t->db(<<"END");
SELECT id, resort_id, region_code FROM posts
 WHERE $OPEN AND dormitory_id IS NOT NULL AND cardinality(work_type_ids) = 2
   AND apply_until IS NOT NULL
 ORDER BY published_at DESC, id DESC LIMIT 1
END


# ---- every page, in both languages

my @paths = ('/', '/jobs', "/jobs?region=$region", '/jobs?category=cafe', "/jobs/$job", '/resorts',
             "/resorts/$resort");

for my $path (@paths) {
    my $en = $path eq '/' ? '/en' : "/en$path";
    my %other = ($path => $en, $en => $path);

    for my $own ($path, $en) {
        my $lang = $own eq $en ? 'en' : 'ko';
        my ($text, $r) = page($own);

        like($text, qr/<html lang="$lang">/, "in $lang");
        is(scalar(() = $text =~ /<h1/g), 1, 'one h1');
        is(scalar(() = $text =~ /<main /g), 1, 'one main');
        like($text, qr/<meta name="description" content="[^"]{10,}"/, 'a description');
        is(link_of($text, 'canonical'), $own, 'its own address is canonical');
        is(link_of($text, 'alternate" hreflang="ko'), $path, 'the Korean one');
        is(link_of($text, 'alternate" hreflang="en'), $en, 'the English one');
        is(robots($text), '', 'to be found');
        ok(json_ld($text), 'JSON-LD');
        cmp_ok(length $r->body, '<', $LIMIT, 'small');
        unlike($text, qr/<script(?! type="application\/ld\+json")/, 'no script');
        unlike($text, qr/ style="| on\w+="/, 'nothing inline');

        my @ids = $text =~ / id="([^"]+)"/g;
        my %seen;
        is(scalar(grep { $seen{$_}++ } @ids), 0, 'each id once');

        for my $name ($text =~ /<(?:select|input)[^>]* id="([^"]+)"/g) {
            like($text, qr/<label for="$name">/, "$name has a label");
        }

        my @heads = $text =~ /<h([1-6])/g;
        ok((!grep { $heads[$_] > $heads[$_ - 1] + 1 } 1 .. $#heads), 'no heading is skipped')
            or diag("@heads");

        like($r->header('surrogate-key'), qr/^(?:job|resort|jobs)/, 'its tags');
        my $again = $t->get("$own" . ($own =~ /\?/ ? '&' : '?') . 'utm_source=x');
        is($again->body, $r->body, 'the same again, whoever has sent one here');
        ok(defined $again->header('age'), 'out of the cache');
    }
}


# ---- words of codes are those of the database

my $home = page('/');

for my $table ('regions', 'categories') {
    for my $row (split /\n/, $t->db("SELECT code, name_ko, name_en FROM $table ORDER BY position")) {
        my ($code, $ko, $en) = split /\|/, $row;

        like($home, qr{<option value="$code">\Q$ko\E</option>}, "$code in Korean");
        like(scalar page('/en'), qr{<option value="$code">\Q$en\E</option>}, 'in English');
    }
}

for my $row (split /\n/, $t->db('SELECT code, short_ko FROM regions')) {
    my ($code, $short) = split /\|/, $row;
    like($home, qr{<a href="/jobs\?region=$code">$short</a>}, "$code in short");
}


# ---- the list is that of the API

sub api_ids { return map { $_->{id} } @{ $t->get("/api/v1/jobs?$_[0]")->json->{items} } }

for my $query ('', "region=$region", 'category=cafe,kitchen', 'dormitory=true', 'pay_min=12000',
               'employment_type=seasonal&order=pay', 'order=deadline',
               'region=jeju,gangwon&dormitory=true&order=pay')
{
    is_deeply([ cards(page("/jobs?$query")) ], [ api_ids($query) ], "the jobs of ?$query");
}

{
    my ($path, @found) = ('/jobs?region=jeju&order=pay');
    my ($pages, $before, %prev) = (0);

    while (defined $path) {
        my $text = page($path);
        push @found, cards($text);

        my $prev = link_of($text, 'prev');
        is($prev, $before, 'the page before') if $pages < 3;
        is(robots($text), 'noindex', 'not to be found');

        $before = $pages == 0 ? $path : $path =~ s/&back=.*//r;
        $path = link_of($text, 'next');
        $pages++;
    }

    is_deeply(\@found, [ split /\n/, $t->db("SELECT id FROM posts WHERE $OPEN AND region_code = 'jeju'
                                             ORDER BY pay_hourly_krw DESC, id DESC") ],
              "all pages together are all jobs ($pages pages)");
    cmp_ok($pages, '>', 2, 'which are some');
}

{
    my $text = page('/jobs?region=atlantis&pay_min=plenty&order=worst&dormitory=maybe&cursor=x');
    like($text, qr/알 수 없는 조건/, 'what is not known is said');
    is_deeply([ cards($text) ], [ api_ids('') ], 'and left out');
    is(robots($text), 'noindex', 'not to be found');

    like(scalar page('/jobs?region=jeju,atlantis'), qr/알 수 없는 조건/, 'also beside one that is');
    is_deeply([ cards(page('/jobs?pay_min=12,000')) ], [ api_ids('pay_min=12000') ],
              'an amount as people write it');

    my $none = page('/jobs?pay_min=9999999');
    like($none, qr/조건에 맞는 일자리가 없/, 'none is said');
    is(robots($none), 'noindex', 'and not to be found');

    for my $query ('dormitory=true', 'region=jeju,gangwon', 'region=jeju&order=pay',
                   'employment_type=seasonal')
    {
        is(robots(page("/jobs?$query")), 'noindex', "?$query is one of too many");
    }

    is(robots(page('/jobs?region=jeju&category=cafe')), '', 'a region and a kind of work is not');

    my $list = json_ld(page('/jobs'));
    is($list->[0]{'@type'}, 'ItemList', 'a list to machines');
    is(scalar @{ $list->[0]{itemListElement} }, 20, 'of all it shows');
}


# ---- a job

{
    my $text = page("/jobs/$job");
    my $json = $t->get("/api/v1/jobs/$job")->json;
    my ($phone, $email, $dorm) = split /\|/, $t->db(<<"END");
SELECT r.contact_phone, r.contact_email, d.name FROM posts AS p
  JOIN resorts AS r ON r.id = p.resort_id JOIN dormitories AS d ON d.id = p.dormitory_id
 WHERE p.id = '$job'
END
    (my $pay = $json->{pay}{min}) =~ s/(?<=\d)(?=(?:\d{3})+$)/,/g;
    my $left = $t->db("SELECT apply_until - seoul_today() FROM posts WHERE id = '$job'");

    like($text, qr/<h1>\Q$json->{title}\E/, 'its title');
    like($text, qr{<strong>$pay}, 'its pay');
    like($text, qr{>D-$left<}, 'the days left');
    like($text, qr{href="tel:$phone"}, 'the telephone');
    like($text, qr{href="mailto:\Q$email\E"}, 'the mail address');
    like($text, qr{<h3>\Q$dorm\E</h3>}, 'where one lives');
    is(scalar(() = $text =~ /<table class="week">/g), 2, 'hours of both kinds of work');
    like($text, qr{<a href="/resorts/$resort">}, 'the way to the resort');
    unlike($text, qr{지원서|/apply}, 'nothing is promised that there is not');

    my @alike = cards($text);
    cmp_ok(scalar @alike, '>', 0, 'others like it');
    is($t->db("SELECT count(*) FROM posts WHERE $OPEN AND id = ANY ('{@{[ join ',', @alike ]}}')"),
       scalar @alike, 'which are open');
    ok((!grep { $_ eq $job } @alike), 'it is not like itself');

    my $en = page("/en/jobs/$job");
    like($en, qr/<h1 lang="ko">/, "an author's words are Korean");
    like($en, qr{<a href="/en/resorts/$resort">}, 'links stay in English');
    like($en, qr{₩$pay}, 'pay in English');

    # of a resort that has an English name, so that others like it are among them

    my ($named) = split /\n/, $t->db("SELECT max(id::text) FROM posts WHERE $OPEN AND resort_id IN
        (SELECT id FROM resorts WHERE name_en IS NOT NULL) GROUP BY resort_id HAVING count(*) > 1 LIMIT 1");
    my ($english, @cards) = split /<li class="card job">/, scalar page("/en/jobs/$named");

    cmp_ok(scalar @cards, '>', 0, 'jobs like that of a resort with an English name');

    for (@cards) {
        my ($id) = m{/jobs/([0-9a-f-]{36})"};
        my $name = $t->db("SELECT coalesce(r.name_en, r.name) FROM posts AS p
                             JOIN resorts AS r ON r.id = p.resort_id WHERE p.id = '$id'");
        like($_, qr/\Q$name\E/, "$name, as it is called in English");
    }

    # of a resort with one post the region has others

    my ($lonely) = split /\n/, $t->db("SELECT (array_agg(id))[1] FROM posts WHERE $OPEN
                                       GROUP BY resort_id, region_code HAVING count(*) = 1
                                         AND region_code IN ('gangwon', 'jeju') LIMIT 1");
    SKIP: {
        skip 'no such resort', 2 if !$lonely;
        my ($text, $r) = page("/jobs/$lonely");
        cmp_ok(scalar cards($text), '>', 0, 'others of the region');
        cmp_ok(scalar(() = $r->header('surrogate-key') =~ /resort:/g), '>', 1, 'are among its tags');
    }
}


# ---- rent by season

{
    my $dorm = $t->db("SELECT dormitory_id FROM posts WHERE id = '$job'");
    my $season = sub { "INSERT INTO dormitory_rents (id, dormitory_id, season, label, rent_monthly_krw)
        VALUES (gen_random_uuid(), '$dorm', daterange(seoul_today() + $_[0], seoul_today() + $_[1]), 'x$_[0]', $_[2])" };

    $t->db("DELETE FROM dormitory_rents WHERE dormitory_id = '$dorm'");
    $t->db("UPDATE dormitories SET rent_monthly_krw = 150000 WHERE id = '$dorm'");
    $t->db($season->(-30, 0, 990000));
    $t->db($season->(30, 60, 280000));

    for my $path ("/jobs/$job", "/resorts/$resort") {
        ok($t->wait_for(sub { page($path) =~ /한 달 150,000–280,000원, 시기에 따라/ }, 10),
           "$path: rent by seasons to come");
    }
}


# ---- a change is seen

{
    my $title = '바뀐 제목 <b>&"\' ]]> ' . "\x{2028}끝";

    # a hostile author: the schema allows no control characters, but these

    page("/jobs/$job");
    my $quoted = $title =~ s/'/''/gr;
    my $hostile = "</script><script>alert(1)</script>\n\n- <img src=x onerror=alert(1)>\n- \"'&\n\n<!-- ]]> \x{2028}\x{2029}";
    (my $sql = $hostile) =~ s/'/''/g;
    $t->db("UPDATE posts SET title = '$quoted', description = '$sql', requirements = '$sql',
                   benefits = ARRAY['<i>\"''', 'a&b'] WHERE id = '$job';
            UPDATE resorts SET description = '$sql', environment = '$sql',
                   photos = ARRAY['/photos/first.jpg', 'https://photos.example/1.jpg?a=1&b=2']
             WHERE id = '$resort'");

    ok($t->wait_for(sub { scalar(page("/jobs/$job")) =~ /바뀐 제목/ }, 10), 'a change is seen');

    for my $path ("/jobs/$job", "/en/jobs/$job", "/resorts/$resort", "/jobs?region=$region", '/') {
        my $text = page($path);
        my $json = json_ld($text);

        ok($json, "$path: JSON-LD is whole");
        (my $rest = $text) =~ s{<script type="application/ld\+json">(.*?)</script>}{}s;
        my $script = $1;
        unlike($rest, qr/<script|<img src=x|<b>&|<i>"/, 'no markup of an author');
        unlike($script, qr/[<\x{2028}\x{2029}]/, 'nothing in the script that could end it');
    }

    my ($posting) = grep { $_->{'@type'} eq 'JobPosting' } @{ json_ld(page("/jobs/$job")) };
    is($posting->{title}, $title, 'the title to machines is whole');
    unlike($posting->{description}, qr/<script|<img/, 'the description is HTML, escaped');
    like($posting->{description}, qr/&lt;script&gt;/, 'with what was typed');

    my $text = page("/resorts/$resort");
    like($text, qr{<img src="/photos/first.jpg" alt="[^"]+" width="640" height="480">}, 'a photo');
    like($text, qr{src="https://photos.example/1.jpg\?a=1&amp;b=2"}, 'photos in order');

    my @json = @{ json_ld($text) };
    is($json[0]{'@type'}, 'LodgingBusiness', 'a resort to machines');
    is_deeply($json[0]{image}, [ '/photos/first.jpg', 'https://photos.example/1.jpg?a=1&b=2' ],
              'with its photos');

    $t->db("UPDATE resorts SET rating_avg = NULL, rating_count = 0 WHERE id = '$resort'");
    ok($t->wait_for(sub { !json_ld(page("/resorts/$resort"))->[0]{aggregateRating} }, 10),
       'no rating, no aggregateRating');
    $t->db("UPDATE resorts SET rating_avg = 4.5, rating_count = 2 WHERE id = '$resort'");
    ok($t->wait_for(sub { json_ld(page("/resorts/$resort"))->[0]{aggregateRating} }, 10), 'with one');
    is_deeply(json_ld(page("/resorts/$resort"))->[0]{aggregateRating},
              { '@type' => 'AggregateRating', ratingValue => 4.5, ratingCount => 2, bestRating => 5 },
              'as it is');
}


# ---- how much it weighs

{
    my $largest = $t->db("SELECT id FROM posts WHERE $OPEN AND id <> '$job' ORDER BY octet_length(description)
                          + octet_length(requirements) DESC, id LIMIT 1");

    for my $path ("/jobs/$largest", "/en/jobs/$largest") {
        cmp_ok(length $t->get($path)->body, '<', 30_000, "$path: the largest of the demo");
    }

    # the longest texts that a resort may write (t/posts_edit.t), of syllables
    # by chance; and those of posts from before, which are sent compressed

    srand 1;
    my $long = sub { join '', map { rand() < 0.2 ? ' ' : chr(0xac00 + int rand 2350) } 1 .. $_[0] };
    my $texts = sub {
        $t->db("UPDATE posts SET description = '" . $long->($_[0]) . "', requirements = '"
               . $long->($_[1]) . "', benefits = (SELECT array_agg(rpad(n::text, 30, '복리후생'))
                                                    FROM generate_series(1, 30) AS n)
                 WHERE id = '$job'");
    };

    $texts->(10_000, 5_000);
    ok($t->wait_for(sub { length($t->get("/jobs/$job")->body) > $LIMIT }, 10), 'longer than one may write');
    cmp_ok(length(Compress::Zlib::memGzip($t->get("/jobs/$job")->body)), '<', $LIMIT, 'is small as it is sent');

    $texts->(6_000, 2_000);
    ok($t->wait_for(sub { length($t->get("/jobs/$job")->body) < $LIMIT }, 10),
       'all that one may write is small as it is') or diag length $t->get("/jobs/$job")->body;
}


# ---- what has ended, and what never was

{
    my $ended = $t->db("SELECT id FROM posts WHERE status = 'filled' AND deleted_at IS NULL LIMIT 1");
    my $draft = $t->db("SELECT id FROM posts WHERE status = 'draft' LIMIT 1");
    my $closed = $t->db('SELECT id FROM resorts WHERE business_verified_at IS NOT NULL
                          AND deleted_at IS NOT NULL LIMIT 1');

    for my $prefix ('', '/en') {
        my $text = page("$prefix/jobs/$ended", 410);
        like($text, $prefix ? qr/This job has ended/ : qr/모집이 끝난 공고/, 'it says so');
        cmp_ok(scalar cards($text), '>', 0, 'with others that are open');
        is(robots($text), 'noindex', 'not to be found');
        unlike($text, qr/JobPosting/, 'and no posting');

        page("$prefix/jobs/$draft", 404);
        page("$prefix/jobs/nonsense", 404);
        page("$prefix/jobs/00000000-0000-7000-8000-000000000000", 404);

        if ($closed) {
            my $text = page("$prefix/resorts/$closed", 410);
            cmp_ok(scalar cards($text), '>', 0, 'jobs around a resort that has left');
        }
    }

    page("/jobs/$job");
    $t->db("UPDATE posts SET status = 'filled', status_reason = NULL WHERE id = '$job'");
    ok($t->wait_for(sub { $t->get("/jobs/$job")->status == 410 }, 10), 'a post that ends is gone at once');
    ok($t->wait_for(sub { $t->get("/resorts/$resort")->body !~ /$job/ }, 10), "and from its resort's page");
}


# ---- resorts

{
    my ($path, @found) = ('/resorts?type=ski');

    while (defined $path) {
        my $text = page($path);
        push @found, $text =~ m{<li class="card resort">.*?href="/resorts/([0-9a-f-]{36})"}sg;
        $path = link_of($text, 'next');
    }

    is_deeply(\@found, [ split /\n/, $t->db("SELECT id FROM resorts WHERE open AND type = 'ski' ORDER BY name, id") ],
              'all pages of resorts together');
    like(scalar page('/resorts?type=castle'), qr/알 수 없는 조건/, 'what is not known is said');

    my $en = $t->db("SELECT id FROM resorts WHERE open AND name_en IS NOT NULL ORDER BY id LIMIT 1");
    my $name = $t->db("SELECT name_en FROM resorts WHERE id = '$en'");
    like(scalar page("/en/resorts/$en"), qr{<h1>\Q$name\E</h1>}, 'an English name in English');
}

done_testing;
