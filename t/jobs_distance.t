# order=distance and radius_km: nearest first, what is equally near in one
# order over all pages, distances as on a map.

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

my ($LAT, $LNG) = (37.6, 128.7);


# Great-circle distance in km (haversine).

sub km {
    my ($lat, $lng) = @_;

    my $rad = atan2(1, 1) / 45;
    my ($a, $b) = (sin(($lat - $LAT) * $rad / 2), sin(($lng - $LNG) * $rad / 2));
    my $h = $a * $a + cos($lat * $rad) * cos($LAT * $rad) * $b * $b;

    return 2 * 6371.0088 * atan2(sqrt $h, sqrt(1 - $h));
}


sub walk {
    my ($query, $limit) = @_;

    my (@items, $next);

    do {
        my $r = $t->get("/api/v1/jobs?lat=$LAT&lng=$LNG&$query&limit=$limit"
                        . (defined $next ? "&cursor=$next" : ''));
        die $r->body if $r->status != 200;
        push @items, @{ $r->json->{items} };
        $next = $r->json->{next};
    } while (defined $next && @items < 10000);

    return @items;
}


# seventy posts at one place: a page's end falls among what is equally near
$t->db(<<"SQL");
UPDATE posts
   SET lat = 37.61, lng = 128.71
 WHERE id IN (SELECT id
                FROM posts
               WHERE live AND least(deadline, ends_on) >= seoul_today()
               ORDER BY md5(id::text)
               LIMIT 70)
SQL

my @expected = split /\n/, $t->db(<<"SQL");
SELECT id
  FROM posts
 WHERE live
   AND least(deadline, ends_on) >= seoul_today()
 ORDER BY location <-> geo_point($LAT, $LNG), id
SQL

for my $limit (7, 100) {
    is_deeply([ map { $_->{id} } walk('order=distance', $limit) ], \@expected,
              "pages of $limit: all, nearest first, nothing twice");
}

my %place = map { split /,/ } split /\n/, $t->db(
    "SELECT id || ',' || lat || ' ' || lng FROM posts WHERE live");

my $wrong = 0;

for my $item (walk('order=newest', 100)) {
    my $km = km(split / /, $place{ $item->{id} });
    $wrong++ if abs($item->{distance_km} - $km) > 0.01 + $km * 0.005;
}

is($wrong, 0, 'distances are right to half a percent, in any order');

for my $order (qw(distance newest)) {
    my @near = walk("order=$order&radius_km=30.5", 50);
    my %near = map { $_->{id} => 1 } @near;

    cmp_ok(scalar @near, '>=', 70, "order=$order: some are within 30.5 km");
    is(scalar(grep { $_->{distance_km} > 30.5 } @near), 0, 'none is farther');

    my @missing = grep { !$near{$_} && km(split / /, $place{$_}) < 30 } @expected;
    is(scalar @missing, 0, 'and none within is left out');
}

my $r = $t->get("/api/v1/jobs?lat=$LAT&lng=$LNG&radius_km=30.5&count=exact");
is($r->json->{count}, scalar walk('radius_km=30.5', 100), 'they are counted');

is($t->get('/api/v1/jobs?limit=1')->json->{items}[0]{distance_km}, undef,
   'without a place there is no distance');

done_testing;
