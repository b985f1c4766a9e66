# Public pages are kept like JSON answers: sent without a fiber, in the
# language of their path, with header fields that a shared cache can go by.
# Problems of theirs are pages, too.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

my $config = <<'END';
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    IDENTITY
    log_format served '$resortbite_request_id $resortbite_cache $resortbite_route $status';
    access_log %%DIR%%/served.log served;
    gzip on;
    gzip_min_length 1;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

my $id = '019b76da-abe8-7c79-a76b-31a25035000';


sub start {
    my ($identity) = @_;

    (my $text = $config) =~ s/IDENTITY/$identity/;
    $t->start($text);
    ok($t->wait_ready, 'ready');
    return;
}

# How an answer was served: its line in the log is found by the request's id.

sub served {
    my ($r) = @_;

    my $id = $r->header('x-request-id');
    my $line;

    $t->wait_for(sub {
        ($line) = ResortBite::slurp($t->prefix . '/served.log') =~ /^\Q$id\E (.*)$/m;
        return defined $line;
    }, 5);

    return $line;
}

sub meta {
    my ($r, $name) = @_;

    return ($r->body =~ /<(?:meta|link) [^>]*"\Q$name\E"[^>]* (?:content|href)="([^"]*)"/)[0];
}


start('');


# ---- what an answer carries, just made and kept

my %languages = (ko => "/test/public/${id}1", en => "/en/test/public/${id}1");

for my $lang (sort keys %languages) {
    my $uri = $languages{$lang};
    my $other = $lang eq 'ko' ? 'en' : 'ko';

    my @answers = map {
        $t->get($uri, headers => { 'Accept-Language' => $other,
                                   'Accept' => 'text/html,*/*;q=0.8',
                                   'Cookie' => "__Host-rb_lang=$other" })
    } 1 .. 2;

    is($answers[1]->body, $answers[0]->body, "$lang: the same bytes");
    ok(!defined $answers[0]->header('age'), "$lang: made");
    ok(defined $answers[1]->header('age'), "$lang: kept");

    for my $r (@answers) {
        is($r->status, 200, "$lang: 200");
        like($r->header('content-type'), qr{^text/html; charset=utf-8}, 'its type');
        is($r->header('content-language'), $lang, 'the language of its path');
        like($r->body, qr/<html lang="$lang">/, 'which the page is in');
        is($r->header('vary'), undef, 'no Vary');
        is($r->header('set-cookie'), undef, 'no cookie');
        is($r->header('surrogate-key'), "test:${id}1 jobs", 'its tags');
        is($r->header('cache-control'),
           'public, max-age=30, s-maxage=30, stale-while-revalidate=60, stale-if-error=600',
           'for how long');
        like($r->header('etag'), qr/^"[^"]+"$/, 'an ETag');
        is($r->header('x-content-type-options'), 'nosniff', 'nosniff');
        is($r->header('referrer-policy'), 'strict-origin-when-cross-origin', 'Referrer-Policy');
        my $policy = $r->header('content-security-policy');
        like($policy, qr/^default-src 'none'/, 'a policy');
        like($policy, qr/img-src 'self' https: data:/, 'photos from anywhere');
        unlike($policy, qr/script-src/, 'no script');
    }

    is($t->get($uri, headers => { 'If-None-Match' => $answers[0]->header('etag') })->status,
       304, "$lang: 304");
    is($t->get($uri, headers => { 'Accept-Encoding' => 'gzip' })->header('content-encoding'),
       'gzip', "$lang: may be compressed");
    is($t->request('HEAD', $uri)->header('content-length'), length $answers[0]->body,
       "$lang: HEAD");
}

is(served($t->get($languages{ko}, headers => { Accept => 'application/json' })),
   'bypass testPublic 406', 'it is no JSON, though it is kept');
is(served($t->get($languages{ko}, headers => { Accept => '*/*' })), 'hit testPublic 200',
   'whoever accepts all gets what was kept');


# ---- one entry, whatever else is in the query

{
    my $plain = $t->get("/test/public/${id}2?region=jeju");
    my $lower = uc "${id}2";

    for my $query ('region=jeju&utm_source=x', 'fbclid=1&region=jeju', 'region=jeju&lang=en',
                   'page=1&region=jeju')
    {
        my $r = $t->get("/test/public/${id}2?$query");

        is($r->body, $plain->body, "$query: the same page");
        is(served($r), 'hit testPublic 200', 'out of the cache');
    }

    is(served($t->get("/test/public/$lower?region=jeju")), 'hit testPublic 200',
       'the id in capitals');

    isnt($t->get("/test/public/${id}2?region=gangwon")->body, $plain->body,
         'a parameter of its own makes another page');
}


# ---- the head

{
    my $r = $t->get("/en/test/public/${id}3?region=jeju&utm_source=x");
    my $path = "test/public/${id}3?region=jeju";

    is(meta($r, 'canonical'), "/en/$path", 'canonical, a path as the origin is not known');
    is(meta($r, 'description'), 'what &quot;it&quot; says', 'the description, escaped');
    is(meta($r, 'og:title'), 'Test &lt;page&gt;', 'og:title');
    is(meta($r, 'og:type'), 'article', 'og:type');
    is(meta($r, 'og:image'), 'https://elsewhere.example/p.jpg', 'og:image');
    is(meta($r, 'og:url'), undef, 'og:url must be absolute');
    is(meta($r, 'test'), 1, 'what the page adds');
    is(meta($r, 'robots'), undef, 'may be found');
    is(meta($t->get("/test/public/${id}e"), 'robots'), 'noindex', 'unless it says so');

    my ($json) = $r->body =~ m{<script type="application/ld\+json">(.*?)</script>}s;
    is($json, '{"name":"\\u003c/script>\\u003c!--"}', 'JSON-LD cannot end its element');

    like($r->body, qr{<a lang="ko" hreflang="ko" href="/\Q$path\E"}, 'the way to Korean');
    like($t->get("/$path")->body, qr{<a lang="en" hreflang="en" href="/en/\Q$path\E"},
         'and to English');
    like($r->body, qr{href="/assets/[0-9a-f]{16}/site\.css"}, 'its style');
    like($r->body, qr{<a class="brand" href="/en">}, 'the brand leads home');

    my ($css) = $r->body =~ m{href="(/assets/[0-9a-f]{16}/site\.css)"};
    like($t->get($css)->header('content-type'), qr{^text/css}, 'which is there');
}


# ---- a change drops it; and what is gone does not come back

{
    my $uri = "/test/public/${id}4";

    $t->get($uri);
    is(served($t->get($uri)), 'hit testPublic 200', 'kept');

    ok($t->wait_for(sub {
        $t->get($uri);
        $t->db("NOTIFY resortbite_changes, 'test:${id}4'");
        select undef, undef, undef, 0.2;
        return served($t->get($uri)) eq 'miss testPublic 200';
    }, 20), 'a change of its tag drops it');
}


# ---- problems

my %problems = (
    a => [ 404, qr/찾을 수 없습니다/, qr/Not found/ ],
    b => [ 410, qr/더 이상 볼 수 없습니다/, qr/No longer available/ ],
    c => [ 410, qr/다른 것들/, qr/Other ones/ ],
    d => [ 503, qr/잠시 뒤에/, qr/Try again/ ],
);

for my $last (sort keys %problems) {
    my ($status, @texts) = @{ $problems{$last} };

    for my $lang ('ko', 'en') {
        my $prefix = $lang eq 'en' ? '/en' : '';
        my $r = $t->get("$prefix/test/public/$id$last",
                        headers => { 'Accept-Language' => $lang eq 'en' ? 'ko' : 'en' });

        my $body = $r->body;
        utf8::decode($body);

        is($r->status, $status, "$last, $lang: $status");
        like($body, shift @texts, 'says so in the language of its path');
        is($r->header('content-language'), $lang, 'Content-Language');
        is($r->header('vary'), undef, 'no Vary');
        is($r->header('cache-control'), 'no-store', 'not to be kept');
        is($r->header('surrogate-key'), undef, 'and so without tags');
        is(meta($r, 'robots'), 'noindex', 'nor to be found');
        is(meta($r, 'canonical'), undef, 'with no address of its own');
        like($r->header('content-security-policy'), qr/^default-src 'none'/, 'a policy');
        like($body, qr{href="$prefix/jobs"}, 'a way on');
    }
}

for my $path ('/nothing/here', '/en/nothing') {
    my $lang = $path =~ m{^/en} ? 'en' : 'ko';
    my $r = $t->get($path, headers => { Accept => 'text/html,application/xhtml+xml,*/*;q=0.8' });

    is($r->status, 404, "$path is no page");
    like($r->body, qr/<html lang="$lang">.*href="\/(?:en\/)?jobs"/s, 'which a browser is told by one');
    like($r->header('content-security-policy'), qr/^default-src 'none'/, 'with a policy');
    is($t->get($path)->json->{code}, 'not_found', 'and a program by a problem');
}

for my $path ('/jobs', '/en', '/en/jobs', '/resorts', "/jobs/${id}1", '/jobs?region=jeju&x=%0D%0A') {
    my $r = $t->get($path =~ s{(\?|$)}{/$1}r);

    is($r->status, 308, "$path with a slash at its end");
    like($r->header('location'), qr{^(?:http://[^/]+)?\Q$path\E$}, 'is at the address without');
    is($r->header('vary'), undef, 'for everybody');
    is($t->request('HEAD', $path =~ s{(\?|$)}{/$1}r)->status, 308, 'so says a HEAD');
    isnt($t->post($path =~ s{(\?|$)}{/$1}r)->status, 308, 'but not a POST');
}

is($t->get($_)->status, 404, "$_ is nowhere, still")
    for '//', '//jobs/', '/jobs//', '/nothing/', '/login/', '/api/v1/jobs/x/', '//evil.example/';

{
    my $r = $t->get('/favicon.ico');

    is($r->status, 308, '/favicon.ico');
    like($t->get($r->header('location') =~ s{^http://[^/]+}{}r)->header('content-type'),
         qr{^image/svg}, 'is the icon of our pages');
}

is($t->get('/api/v1/nothing', headers => { Accept => 'text/html' })->json->{code}, 'not_found',
   'the API has no pages');

{
    my $r = $t->get('/test/public/nonsense');

    is($r->status, 404, 'an id that is none is not found');
    like($r->body, qr{hreflang="en" href="/en"}, 'and of it the other language leads home');
}

is($t->get("/test/public/${id}1?region=mars")->status, 400, 'a wrong value is told');
is($t->get("/test/public/${id}1?page=2&page=3")->status, 400, 'and so are two');


# ---- JSON: Vary only where it differs, tags, s-maxage

{
    my ($job) = split /\n/, $t->db('SELECT id FROM posts WHERE live
        AND least(deadline, ends_on) >= seoul_today() ORDER BY id LIMIT 1');
    my ($resort) = split /\n/, $t->db("SELECT resort_id FROM posts WHERE id = '$job'");

    for my $n (1 .. 2) {
        my $r = $t->get("/api/v1/jobs/$job");

        is($r->header('vary'), undef, "a job, $n: no Vary");
        my %tags = map { $_ => 1 } split / /, $r->header('surrogate-key');
        ok($tags{"job:$job"}, "its tag");
        like($r->header('cache-control'), qr/max-age=\d+, s-maxage=\d+, stale-while-revalidate/,
             's-maxage');

        my $list = $t->get('/api/v1/jobs?region=jeju');
        is($list->header('surrogate-key'), 'jobs:region:jeju', 'a list of a region');
        is($list->header('vary'), undef, 'no Vary');

        is($t->get('/api/v1/meta')->header('vary'), 'Accept-Language',
           'words differ by language');
    }

    my $r = $t->get('/api/v1/jobs/' . '0' x 8 . '-0000-7000-8000-' . '0' x 12);
    is($r->status, 404, 'no such job');
    is($r->header('vary'), 'Accept-Language', 'problems differ by language');
    is($r->header('surrogate-key'), undef, 'and have no tags');
}



# ---- what is stale is sent, and made anew behind it, in its own language

{
    my %pages = ('/jobs?region=jeju' => 'ko', '/en/jobs?region=jeju' => 'en');
    my %etag = map { $_ => $t->get($_)->header('etag') } keys %pages;

    for my $uri (sort keys %pages) {
        ok($t->wait_for(sub { served($t->get($uri)) =~ /^stale / }, 12), "$uri: stale");

        my $r;
        ok($t->wait_for(sub { served($r = $t->get($uri)) =~ /^hit / }, 5), 'then made anew');
        is($r->header('etag'), $etag{$uri}, 'the same page');
        like($r->body, qr/<html lang="$pages{$uri}">/, 'in its language');
        is($r->header('content-language'), $pages{$uri}, 'which it says');
    }
}


# ---- with an origin, addresses are whole, also in what was kept without it

{
    my $page = $t->get("/test/public/${id}5?page=3");
    is(meta($page, 'canonical'), "/test/public/${id}5?page=3", 'kept without an origin');

    (my $text = $config) =~ s/IDENTITY/resortbite_identity http:\/\/localhost:%%PORT_8080%%;
        resortbite_keys %%KEYS%%;/;
    $t->reload($text);
    ok($t->wait_ready, 'ready again');
    ok($t->old_workers_gone(10), 'and alone');

    my $origin = 'http://localhost:' . $t->port(8080);
    my $r = $t->get("/test/public/${id}5?page=3");
    my $path = "test/public/${id}5?page=3";
    my $body = $r->body;

    is(meta($r, 'canonical'), "$origin/$path", 'canonical');
    is(meta($r, 'og:url'), "$origin/$path", 'og:url');
    is(meta($r, 'next'), "$origin/test/next?page=2", 'rel="next"');
    like($body, qr{<link rel="alternate" hreflang="ko" href="\Q$origin/$path\E">}, 'hreflang ko');
    like($body, qr{<link rel="alternate" hreflang="en" href="\Q$origin/en/$path\E">},
         'hreflang en');
    like($body, qr{<link rel="alternate" hreflang="x-default" href="\Q$origin/$path\E">},
         'hreflang x-default');
}

done_testing();
