# GET /api/v1/jobs: filters, orders, pages and totals, held against the
# database.

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

my $WHERE = 'live AND least(deadline, ends_on) >= seoul_today()';

sub list {
    my ($query) = @_;

    my $r = $t->get("/api/v1/jobs?$query");
    is($r->status, 200, "?$query") or diag($r->body);

    return $r->json;
}


# All pages of a list, by following next.

sub walk {
    my ($path, $query, $limit) = @_;

    my (@items, $next);

    do {
        my $r = $t->get("$path?$query&limit=$limit"
                        . (defined $next ? "&cursor=$next" : ''));
        die $r->body if $r->status != 200;
        push @items, @{ $r->json->{items} };
        $next = $r->json->{next};
    } while (defined $next && @items < 10000);

    return @items;
}


sub ids_of {
    my ($condition, $order) = @_;

    return split /\n/, $t->db("SELECT id FROM posts WHERE $WHERE"
        . " AND ($condition) ORDER BY $order");
}


# ---- the first page

my $page = list('');
is(scalar @{ $page->{items} }, 20, 'a page has 20');
ok(defined $page->{next}, 'and there is another');
ok(!exists $page->{count}, 'nothing is counted unasked');
ok(!exists $page->{items}[0]{description}, 'a list has no descriptions');

my $r = $t->get('/api/v1/jobs?limit=1');
like($r->header('link'), qr/^<\/api\/v1\/jobs\?[^>]*cursor=[^>]+>; rel="next"/,
     'Link leads to the next page');

# ---- orders, page by page

my %order = (
    newest => 'published_at DESC, id DESC',
    pay => 'pay_hourly_krw DESC, id DESC',
    deadline => 'deadline, id',
);

for my $order (sort keys %order) {
    is_deeply([ map { $_->{id} } walk('/api/v1/jobs', "order=$order", 100) ],
              [ ids_of('true', $order{$order}) ],
              "order=$order: all pages, nothing twice, nothing left out");
}

is_deeply([ map { $_->{id} }
            walk('/api/v1/jobs', 'order=pay&region=jeju', 3) ],
          [ ids_of("region_code = 'jeju'", $order{pay}) ],
          'pages of three with a filter');

# ---- filters

my %filters = (
    'region=jeju' => "region_code = 'jeju'",
    'region=jeju,gangwon' => "region_code IN ('jeju', 'gangwon')",
    'category=kitchen' => "category_code = 'kitchen'",
    'category=kitchen,lift' => "category_code IN ('kitchen', 'lift')",
    'region=gangwon&category=lift' =>
        "region_code = 'gangwon' AND category_code = 'lift'",
    'employment_type=part_time' => "employment_type = 'part_time'",
    'employment_type=part_time,internship' =>
        "employment_type IN ('part_time', 'internship')",
    'pay_type=monthly' => "pay_type = 'monthly'",
    'pay_min=12000' => 'pay_hourly_krw >= 12000',
    'pay_min=12000&order=pay' => 'pay_hourly_krw >= 12000',
    'pay_min=9999999' => 'pay_hourly_krw >= 9999999',
    'employment_type=internship&pay_type=monthly&pay_min=11000' =>
        "employment_type = 'internship' AND pay_type = 'monthly'"
        . ' AND pay_hourly_krw >= 11000',
    'dormitory=true' => 'has_dormitory',
    'dormitory=false' => 'NOT has_dormitory',
    'from=2027-01-01' => "starts_on >= '2027-01-01'",
    'until=2027-03-01' => "ends_on <= '2027-03-01'",
    'from=2026-12-01&until=2027-02-28' =>
        "starts_on >= '2026-12-01' AND ends_on <= '2027-02-28'",
    'resort=019b76da-abe8-7d62-948b-d35b18e5716b' =>
        "resort_id = '019b76da-abe8-7d62-948b-d35b18e5716b'",
);

for my $query (sort keys %filters) {
    my $order = $query =~ /order=pay/ ? 'pay' : 'newest';
    my @ids = ids_of($filters{$query}, $order{$order});

    is_deeply([ map { $_->{id} } walk('/api/v1/jobs', $query, 100) ], \@ids,
              "?$query: " . @ids . ' posts');

    is(list("$query&count=exact&limit=1")->{count}, scalar @ids,
       'and as many are counted');
}

{
    my $day = $t->db('SELECT seoul_today() + 30');
    is(list("apply_until=$day&count=exact")->{count},
       $t->db("SELECT count(*) FROM posts WHERE live
                AND least(deadline, ends_on) >= '$day'"),
       'apply_until: those that can still be applied for then');

    is(list('apply_until=2020-01-01&count=exact')->{count},
       scalar ids_of('true', 'id'), 'a day that has passed changes nothing');
}

$t->db('ANALYZE posts');

for my $query ('', 'region=gangwon&') {
    my ($guess, $exact) = map { list("${query}count=$_&limit=1")->{count} }
        qw(planned exact);
    like($guess, qr/^\d+$/, 'a planned count is a number');
    ok($guess > $exact / 1.5 && $guess < $exact * 1.5,
       "planned ($guess) is not far from exact ($exact)");
}

# what is past is not listed, before the job that expires posts has run

{
    my ($id) = ids_of('apply_until IS NOT NULL', 'id');
    $t->db("UPDATE posts SET apply_until = seoul_today() - 1 WHERE id = '$id'");
    ok(!grep({ $_->{id} eq $id } walk('/api/v1/jobs', 'order=deadline', 100)),
       'past its deadline a post is not listed');
}

# ---- fields

is_deeply([ sort keys %{ list('fields=title&limit=1')->{items}[0] } ],
          [ qw(id title) ], 'only these fields');
is_deeply([ sort keys %{ list('fields=resort.name&limit=1')
                             ->{items}[0]{resort} } ],
          [ 'name' ], 'also within an object');

# where the work is may be elsewhere than the resort

{
    my ($id, $resort) = split /\|/, $t->db(
        "SELECT id || '|' || resort_id FROM posts WHERE $WHERE"
        . " AND region_code = 'gangwon' ORDER BY id DESC LIMIT 1");

    $t->db("UPDATE posts
               SET region_code = 'jeju', lat = 33.25, lng = 126.41,
                   address = '제주특별자치도 서귀포시 중문관광로 1'
             WHERE id = '$id'");

    for my $path ("/api/v1/jobs?region=jeju&resort=$resort",
                  "/api/v1/resorts/$resort/jobs?limit=100")
    {
        my ($item) = grep { $_->{id} eq $id }
            @{ $t->get($path)->json->{items} };

        is_deeply($item->{workplace},
                  { region => 'jeju', city => '서귀포시',
                    lat => 33.25, lng => 126.41 }, "$path: the place of work");
        is($item->{resort}{region}, 'gangwon', "and the resort's own");
    }
}

# ---- what is refused

my %wrong = (
    'limit=0' => 'limit',
    'limit=101' => 'limit',
    'limit=x' => 'limit',
    'region=atlantis' => 'region',
    'category=lift,cook' => 'category',
    'order=best' => 'order',
    'pay_min=-1' => 'pay_min',
    'dormitory=maybe' => 'dormitory',
    'from=2027-02-30' => 'from',
    'from=0000-01-01' => 'from',
    'until=9999-12-31' => 'until',
    'from=2027-03-01&until=2027-02-01' => 'until',
    'resort=17' => 'resort',
    'count=all' => 'count',
    'order=distance' => 'lat',
    'lat=37.5' => 'lng',
    'radius_km=10&lng=127' => 'lat',
    'lat=37.5&lng=127&radius_km=1000' => 'radius_km',
    'lat=-37.5&lng=127' => 'lat',
    'lat=NaN&lng=127' => 'lat',
    'cursor=AAAA' => 'cursor',
    'color=red' => 'color',
);

for my $query (sort keys %wrong) {
    my $r = $t->get("/api/v1/jobs?$query");
    is($r->status, 400, "?$query is refused");
    is($r->json->{errors}[0]{field}, $wrong{$query}, 'by its name');
}

# a cursor belongs to its list and order

my $next = $page->{next};
is($t->get("/api/v1/jobs?cursor=$next&limit=5")->status, 200,
   'the next page may be of another size');
is($t->get("/api/v1/jobs?cursor=$next&order=pay")->status, 400,
   'but not of another order');
is($t->get("/api/v1/jobs?cursor=$next&region=jeju")->status, 400,
   'nor with other filters');
substr($next, 10, 1) =~ tr/A-Za-y/B-Zb-z/;
is($t->get("/api/v1/jobs?cursor=$next")->status, 400,
   'one that was changed is refused');

# ---- text is never SQL

for my $evil ("newest'--", '1%27%20OR%201=1', 'a%00b') {
    is($t->get("/api/v1/jobs?region=$evil")->status, 400, "region=$evil");
    is($t->get("/api/v1/jobs?resort=$evil")->status, 400, "resort=$evil");
}

done_testing;
