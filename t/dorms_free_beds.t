# GET /api/v1/resorts/{id}/dorms: rooms, rent, and the beds that are free for
# the dates asked about.

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

my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $url = "/api/v1/resorts/$resort/dorms";

# a house of our own: four beds in two rooms, one of them out of use

$t->db(<<"SQL");
INSERT INTO dormitories (id, resort_id, name, type, rent_monthly_krw,
                         deposit_krw, utilities_included, distance_m,
                         facilities)
VALUES ('019b0000-0000-7000-8000-000000000001', '$resort', '가온재', 'studio',
        150000, 300000, true, 400, '{세탁기}');

INSERT INTO rooms (id, dormitory_id, name, floor, gender)
VALUES ('019b0000-0000-7000-8000-000000000011',
        '019b0000-0000-7000-8000-000000000001', '101', 1, 'female'),
       ('019b0000-0000-7000-8000-000000000012',
        '019b0000-0000-7000-8000-000000000001', '201', 2, 'any');

INSERT INTO beds (id, room_id, label, retired_at)
VALUES ('019b0000-0000-7000-8000-000000000021',
        '019b0000-0000-7000-8000-000000000011', 'A', NULL),
       ('019b0000-0000-7000-8000-000000000022',
        '019b0000-0000-7000-8000-000000000011', 'B', NULL),
       ('019b0000-0000-7000-8000-000000000023',
        '019b0000-0000-7000-8000-000000000012', 'A', NULL),
       ('019b0000-0000-7000-8000-000000000024',
        '019b0000-0000-7000-8000-000000000012', 'B', now());
SQL


sub house {
    my ($query) = @_;

    my $r = $t->get($url . ($query // ''));
    is($r->status, 200, 'answered') or diag($r->body);

    return (grep { $_->{name} eq '가온재' } @{ $r->json->{items} })[0];
}


sub stay {
    my ($n, $bed, $from, $until, $status) = @_;

    $t->db(<<"SQL");
INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
SELECT '019b0000-0000-7000-8000-0000000001$n', '$resort',
       '019b0000-0000-7000-8000-0000000000$bed',
       (SELECT id FROM members WHERE email = 'crew19$n\@example.com'),
       daterange('$from', '$until'), '$status'
SQL

    return;
}


my $house = house();

is_deeply($house->{rent}, {
    monthly => 150000, min => 150000, max => 150000, total => undef,
    deposit => 300000, utilities_included => JSON::PP::true, seasons => [] },
          'rent');
is_deeply([ @$house{qw(type distance_m beds facilities)} ],
          [ 'studio', 400, 3, [ '세탁기' ] ], 'a bed out of use is none');
is($house->{free_beds}, undef, 'without dates nothing is said of free beds');
is_deeply($house->{rooms}, [
    { name => '101', floor => 1, gender => 'female', beds => 2,
      free_beds => undef },
    { name => '201', floor => 2, gender => 'any', beds => 1,
      free_beds => undef } ], 'rooms');

is(house('?from=2027-06-01&until=2027-06-10')->{free_beds}, 3, 'all are free');

stay(11, 21, '2027-06-05', '2027-06-10', 'assigned');
stay(12, 22, '2027-06-01', '2027-06-05', 'checked_in');

my %free = (
    'from=2027-06-01&until=2027-06-10' => 1,
    'from=2027-06-01&until=2027-06-05' => 2,
    'from=2027-06-05&until=2027-06-10' => 2,
    'from=2027-06-04&until=2027-06-06' => 1,
    'from=2027-06-10&until=2027-06-11' => 3,
    'from=2027-05-31&until=2027-06-01' => 3,
);

for my $dates (sort keys %free) {
    is(house("?$dates")->{free_beds}, $free{$dates},
       "?$dates: $free{$dates}, for the day of leaving is free");
}

is_deeply([ map { $_->{free_beds} }
            @{ house('?from=2027-06-04&until=2027-06-06')->{rooms} } ],
          [ 0, 1 ], 'by room');

# who only asked for a bed takes none

$t->db(<<"SQL");
INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
SELECT '019b0000-0000-7000-8000-000000000113', '$resort', NULL,
       (SELECT id FROM members WHERE email = 'crew1913\@example.com'),
       daterange('2027-06-01', '2027-06-10'), 'requested'
SQL

is(house('?from=2027-06-01&until=2027-06-10')->{free_beds}, 1,
   'a request takes no bed');

# pages

{
    my (@names, $next);

    do {
        my $page = $t->get("$url?limit=1"
                           . (defined $next ? "&cursor=$next" : ''))->json;
        push @names, map { $_->{name} } @{ $page->{items} };
        $next = $page->{next};
    } while (defined $next && @names < 100);

    is_deeply(\@names, [ split /\n/, $t->db(
        "SELECT name FROM dormitories WHERE resort_id = '$resort'
          AND deleted_at IS NULL ORDER BY name") ], 'page by page');
}

# a room out of use, with its bed

$t->db("UPDATE rooms SET retired_at = now() WHERE name = '201'
           AND dormitory_id = '019b0000-0000-7000-8000-000000000001'");
is_deeply([ map { $_->{name} } @{ house()->{rooms} } ], [ '101' ],
          'a room out of use is none');
is(house()->{beds}, 2, 'nor are its beds');

$t->db("DELETE FROM occupancies WHERE bed_id IN (
            SELECT b.id FROM beds AS b JOIN rooms AS r ON r.id = b.room_id
             WHERE r.dormitory_id = '019b0000-0000-7000-8000-000000000001')");
$t->db("UPDATE dormitories SET deleted_at = now() WHERE name = '가온재'");
is(house(), undef, 'a deleted house is not shown');

# what is refused

my %wrong = (
    'from=2027-06-01' => 'until',
    'until=2027-06-01' => 'from',
    'from=2027-06-02&until=2027-06-01' => 'until',
    'from=2027-06-01&until=2027-06-01' => 'until',
    'from=2027-06-01&until=2029-06-01' => 'until',
    'from=june&until=2027-06-01' => 'from',
);

for my $query (sort keys %wrong) {
    my $r = $t->get("$url?$query");
    is($r->status, 400, "?$query is refused");
    is($r->json->{errors}[0]{field}, $wrong{$query}, 'by its name');
}

is($t->get('/api/v1/resorts/019b76da-f238-7989-9de9-ce11d3275682/dorms')
       ->status, 404, 'of a resort that is not verified nothing is shown');
is($t->get('/api/v1/resorts/019b76db-6b50-799c-9a99-90f72729525e/dorms')
       ->status, 410, 'of a deleted one neither');

done_testing;
