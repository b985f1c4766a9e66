# Rent by season: seasons at the desk, which don't overlap, and what a stay
# costs, at the borders of months and seasons and anywhere else.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use POSIX ();
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

my ($here, $there) = split /\n/, $t->db('SELECT id FROM resorts WHERE open ORDER BY id LIMIT 2');
my %in = map { $_ => ResortBite::Account->new($t, resort => [ $here, $_ ]) }
    qw(owner manager recruiter);
my $stranger = ResortBite::Account->new($t, resort => [ $there, 'owner' ]);
my $houses = "/api/v1/resorts/$here/dormitories";
my $r;

my $id = $in{owner}->post($houses, json => {
    name => '가온재', type => 'studio', rent => { monthly => 300000, deposit => 500000,
    utilities_included => JSON::PP::true() } })->json->{id};
my $other = $in{owner}->post($houses, json => { name => '나루재', type => 'studio' })->json->{id};
my $seasons = "$houses/$id/seasons";

sub match { return (headers => { 'If-Match' => qq("$_[0]") }) }

sub refused { my ($r) = @_; return join ' ', $r->status, $r->json->{code},
                  map { $_->{field} } @{ $r->json->{errors} || [] } }

sub season {
    my ($label, $from, $until, $rent) = @_;

    return { label => $label, from => $from, until => $until, rent => { monthly => $rent } };
}

sub audits {
    return $t->db("SELECT count(*) FROM audit_events WHERE action = 'dormitory.season_$_[0]'
                      AND detail->>'dormitory_id' = '$id'");
}


# seasons

$r = $in{manager}->post($seasons, json => season('겨울 성수기', '2027-12-01', '2028-03-01', 450000));
is($r->status, 201, 'a manager adds a season') or diag $r->body;

my $winter = $r->json;

is_deeply({ %$winter, id => 'id' },
          { id => 'id', %{ season('겨울 성수기', '2027-12-01', '2028-03-01', 450000) }, revision => 1 },
          'as wanted');
is($t->db("SELECT season, rent_monthly_krw, label FROM dormitory_rents WHERE dormitory_id = '$id'"),
   '[2027-12-01,2028-03-01)|450000|겨울 성수기', 'in the database');
is(audits('created'), 1, 'and the trail');

$r = $in{owner}->post($seasons, json => season('봄', '2028-02-28', '2028-06-01', 0));
is(refused($r), '409 season_overlaps from', 'it may not overlap');
like($r->json->{errors}[0]{detail}, qr/겨울 성수기.*2027-12-01.*2028-03-01/, 'and is told with what');
is($in{owner}->post($seasons, json => season('봄', '2028-03-01', '2028-06-01', 0))->status, 201,
   'but begin where it ends');

for my $one ([ season('x', '2029-02-01', '2029-02-01', 1), 'until' ],
             [ season('x', '2029-02-01', '2029-01-01', 1), 'until' ],
             [ season('x', '2029-02-01', '2030-02-03', 1), 'until' ],
             [ season('x', '2029-02-30', '2029-03-03', 1), 'from' ],
             [ season(' ', '2029-02-01', '2029-03-03', 1), 'label' ],
             [ season('x', '2029-02-01', '2029-03-03', -1), 'rent.monthly' ])
{
    is(refused($in{owner}->post($seasons, json => $one->[0])), "400 invalid_request $one->[1]",
       "a wrong $one->[1] is named");
}

my @same = sort map { "@$_" } $t->parallel(4, sub {
    my ($n) = @_;
    my $r = $in{owner}->post($seasons, json => season("동시 $n", '2029-06-01', '2029-09-01', 1));
    [ $r->status, $r->json->{code} // '' ];
});
is_deeply(\@same, [ '201 ', ('409 season_overlaps') x 3 ], 'of four at one instant one is the first');


# who may, and nobody else's

for my $route ([ POST => $seasons, json => season('x', '2031-01-01', '2031-02-01', 1) ],
               [ PATCH => "$seasons/$winter->{id}", json => { label => 'x' } ],
               [ DELETE => "$seasons/$winter->{id}" ])
{
    my ($method, $uri, @more) = @$route;

    push @more, match(1);

    is($in{recruiter}->request($method, $uri, @more)->status, 403, "$method: no recruiter");
    is($stranger->request($method, $uri, @more)->status, 403, 'nor another resort');
    is($stranger->request($method, $uri =~ s/$here/$there/r, @more)->status, 404,
       'nor by its own address');
    is($in{owner}->request($method, $uri =~ s/$id/$other/r, @more)->status, 404,
       'nor by another house') if $method ne 'POST';
    is($t->request($method, $uri, @more)->status, 401, 'nor nobody');
}


# changed, taken away

is($in{owner}->patch("$seasons/$winter->{id}", json => { label => 'x' })->status, 428,
   'not without If-Match');
$r = $in{owner}->patch("$seasons/$winter->{id}", match(1), json => { rent => { monthly => 465000 } });
is($r->status, 200, 'a season changes') or diag $r->body;
is_deeply($r->json, { %$winter, rent => { monthly => 465000 }, revision => 2 }, 'what was given');
is($r->header('etag'), '"2"', 'the next revision');
is($in{owner}->patch("$seasons/$winter->{id}", match(1), json => { label => 'x' })->status, 412,
   'not if stale');
is(refused($in{owner}->patch("$seasons/$winter->{id}", match(2), json => { until => '2028-03-02' })),
   '409 season_overlaps from', 'nor into another');
is(refused($in{owner}->patch("$seasons/$winter->{id}", match(2), json => { until => '2027-12-01' })),
   '400 invalid_request until', 'nor into nothing');
is($in{owner}->patch("$seasons/$winter->{id}", match(2), json => { from => '2027-12-01' })
       ->header('etag'), '"2"', 'nothing changed');
is(audits('changed'), 1, 'once in the trail');

my ($twin) = grep { $_->{label} =~ /^동시/ } @{ $in{recruiter}->get("$houses/$id")->json->{seasons} };
is($in{owner}->delete("$seasons/$twin->{id}", match(2))->status, 412, 'not taken away if stale');
is($in{owner}->delete("$seasons/$twin->{id}")->status, 204, 'taken away');
is($in{owner}->delete("$seasons/$twin->{id}")->status, 404, 'then there is none');
is(audits('removed'), 1, 'in the trail');
is_deeply([ map { "$_->{label} $_->{from} $_->{until} $_->{rent}{monthly}" }
            @{ $in{recruiter}->get("$houses/$id")->json->{seasons} } ],
          [ '겨울 성수기 2027-12-01 2028-03-01 465000', '봄 2028-03-01 2028-06-01 0' ],
          'the desk sees them in order');


# what a stay costs

sub quote {
    my ($from, $until) = @_;

    return $t->get("$houses/$id/quote?from=$from&until=$until");
}

sub parts {
    my ($r) = @_;

    return [ map { join ' ', $_->{from}, $_->{until}, $_->{season} // '-', $_->{nights},
                   $_->{month_days}, $_->{monthly}, $_->{amount} } @{ $r->json->{parts} } ];
}

$r = quote('2027-10-01', '2027-11-01');
is($r->status, 200, 'anybody may ask') or diag $r->body;
is_deeply(parts($r), [ '2027-10-01 2027-11-01 - 31 31 300000 300000' ], 'a whole month is its rent');
is_deeply([ @{ $r->json }{qw(rent deposit nights)} ], [ 300000, 500000, 31 ], 'in all');
ok($r->json->{utilities_included}, 'utilities are in it');
is($r->header('cache-control'), 'no-store', 'and is not kept');

my @costs = (
    # nights of a month: 300000 * n / days, down to 10 won
    [ '2027-10-31', '2027-11-01', [ '2027-10-31 2027-11-01 - 1 31 300000 9670' ] ],
    [ '2027-10-02', '2027-11-01', [ '2027-10-02 2027-11-01 - 30 31 300000 290320' ] ],
    [ '2027-10-15', '2027-11-15', [ '2027-10-15 2027-11-01 - 17 31 300000 164510',
                                    '2027-11-01 2027-11-15 - 14 30 300000 140000' ] ],
    # the night before a season, its first, its last, the first after it
    [ '2027-11-30', '2027-12-01', [ '2027-11-30 2027-12-01 - 1 30 300000 10000' ] ],
    [ '2027-11-30', '2027-12-02', [ '2027-11-30 2027-12-01 - 1 30 300000 10000',
                                    '2027-12-01 2027-12-02 겨울 성수기 1 31 465000 15000' ] ],
    # a February of 29 days, and a season next to a season
    [ '2028-02-01', '2028-03-02', [ '2028-02-01 2028-03-01 겨울 성수기 29 29 465000 465000',
                                    '2028-03-01 2028-03-02 봄 1 31 0 0' ] ],
    [ '2028-02-29', '2028-03-01', [ '2028-02-29 2028-03-01 겨울 성수기 1 29 465000 16030' ] ],
    # over the new year
    [ '2027-12-20', '2028-01-10', [ '2027-12-20 2028-01-01 겨울 성수기 12 31 465000 180000',
                                    '2028-01-01 2028-01-10 겨울 성수기 9 31 465000 135000' ] ],
);

for my $one (@costs) {
    my ($from, $until, $wanted) = @$one;

    $r = quote($from, $until);
    is_deeply(parts($r), $wanted, "$from to $until") or diag $r->body;

    my $sum = 0;
    $sum += (split ' ', $_)[-1] for @$wanted;
    is($r->json->{rent}, $sum, 'the sum');
}

# a season within a month

$in{owner}->post($seasons, json => season('축제', '2027-10-10', '2027-10-20', 620000));
is_deeply(parts(quote('2027-10-01', '2027-11-01')), [
    '2027-10-01 2027-10-10 - 9 31 300000 87090',
    '2027-10-10 2027-10-20 축제 10 31 620000 200000',
    '2027-10-20 2027-11-01 - 12 31 300000 116120' ], 'a season within a month');

# a year and no more

is(quote('2027-10-01', '2028-10-01')->json->{nights}, 366, 'a year');

for my $wrong ('from=2027-10-01&until=2028-10-03', 'from=2027-10-01&until=2027-10-01',
               'from=2027-10-02&until=2027-10-01', 'from=2027-10-02&until=x', 'from=2027-10-02')
{
    is(refused($t->get("$houses/$id/quote?$wrong")), '400 invalid_request until', "?$wrong");
}

my $closed = $t->db("SELECT id FROM resorts WHERE NOT open AND business_verified_at IS NOT NULL LIMIT 1");
my $unknown = $t->db("SELECT id FROM resorts WHERE business_verified_at IS NULL LIMIT 1");
my $dates = 'from=2027-10-01&until=2027-10-02';

is($t->get("/api/v1/resorts/$there/dormitories/$id/quote?$dates")->status, 404, 'of another resort');
is($t->get("/api/v1/resorts/$closed/dormitories/$id/quote?$dates")->status, 410, 'of one that left');
is($t->get("/api/v1/resorts/$unknown/dormitories/$id/quote?$dates")->status, 404,
   'of one that isn\'t verified');


# the same, counted night by night, of stays that nobody has chosen

sub day { return POSIX::strftime('%Y-%m-%d', gmtime(86400 * $_[0])) }

sub month_days {
    my ($date) = @_;
    my ($year, $month) = $date =~ /^(\d+)-(\d+)/;

    return (31, $year % 4 ? 28 : 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[$month - 1];
}

sub counted {
    my ($first, $last, $base, @seasons) = @_;
    my (@parts, $previous);

    for my $n ($first .. $last - 1) {
        my ($season) = grep { $n >= $_->[0] && $n < $_->[1] } @seasons;
        my $kind = substr(day($n), 0, 7) . ($season ? " $season->[2]" : '');

        push @parts, { from => $n, rent => $season ? $season->[3] : $base,
                       season => $season ? $season->[2] : '-' }
            if $kind ne ($previous // '');
        $parts[-1]{nights}++;
        $previous = $kind;
    }

    return [ map {
        my $days = month_days(day($_->{from}));
        my $amount = $_->{nights} == $days
            ? $_->{rent} : int($_->{rent} * $_->{nights} / ($days * 10)) * 10;

        join ' ', day($_->{from}), day($_->{from} + $_->{nights}), $_->{season}, $_->{nights},
            $days, $_->{rent}, $amount;
    } @parts ];
}

srand 20271123;

my $begin = 21184;                      # 2028-01-01, a leap year
my @table;

for my $house (1 .. 40) {
    my $n = $begin + int rand 40;
    my @seasons;

    while ($n < $begin + 500) {
        my $length = 1 + int rand(rand() < 0.3 ? 3 : 120);
        push @seasons, [ $n, $n + $length, 's' . @seasons,
                         (0, 1, 9, 299999, 5000000, int rand 5000001)[rand 6] ];
        $n += $length + (rand() < 0.4 ? 0 : int rand 60);
    }

    push @table, [ "집 $house", (0, 333333, 5000000)[$house % 3], \@seasons ];
}

$t->db(join '', map {
    my ($name, $base, $seasons) = @$_;
    "INSERT INTO dormitories (id, resort_id, name, type, rent_monthly_krw)
     VALUES (md5('$name')::uuid, '$here', '$name', 'studio', $base);\n"
    . join '', map { "INSERT INTO dormitory_rents (id, dormitory_id, season, label, rent_monthly_krw)
     VALUES (md5('$name$_->[2]')::uuid, md5('$name')::uuid,
             '[@{[ day($_->[0]) ]},@{[ day($_->[1]) ]})', '$_->[2]', $_->[3]);\n" } @$seasons;
} @table);

my (@stays, @wanted);

for my $house (@table) {
    for (1 .. 25) {
        my $from = $begin + int rand 400;
        my $until = $from + (1, 2, 366, 1 + int rand 40, 1 + int rand 366)[rand 5];

        push @stays, sprintf "(%d, md5('%s')::uuid, daterange('%s', '%s'))",
            scalar @stays, $house->[0], day($from), day($until);
        push @wanted, @{ counted($from, $until, $house->[1], @{ $house->[2] }) };
    }
}

my @told = split /\n/, $t->db("SELECT concat_ws(' ', lower(piece), upper(piece), coalesce(label, '-'),
        upper(piece) - lower(piece), month_days, rent_monthly_krw, amount_krw)
    FROM (VALUES " . join(', ', @stays) . ") AS stay (n, house, days)
   CROSS JOIN LATERAL dormitory_rent(house, days)
   ORDER BY n, piece");
is_deeply(\@told, \@wanted, scalar(@stays) . ' stays cost what they do night by night');


# the public list

sub house {
    my ($query) = @_;

    my $r = $t->get("/api/v1/resorts/$here/dorms?limit=100$query");
    return (grep { $_->{id} eq $id } @{ $r->json->{items} })[0];
}

my $rent = house('&from=2027-11-30&until=2027-12-02')->{rent};
is_deeply([ @$rent{qw(monthly min max total deposit)} ], [ 300000, 300000, 465000, 25000, 500000 ],
          'rent for the dates');
is_deeply($rent->{seasons}, [ { label => '겨울 성수기', from => '2027-12-01', until => '2028-03-01',
                                monthly => 465000 } ], 'with the seasons of these dates');
$rent = house('&from=2027-12-02&until=2027-12-03')->{rent};
is_deeply([ @$rent{qw(min max total)} ], [ 465000, 465000, 15000 ], 'within a season');

# a change reaches the cached list

is(house('')->{rent}{max}, 620000, 'without dates: all to come');
is(house('')->{rent}{total}, undef, 'and no sum');

my $id_of_more = $in{owner}->post($seasons,
    json => season('특별', '2029-01-01', '2029-02-01', 900000))->json->{id};
my $until = time + 5;
select undef, undef, undef, 0.1 while house('')->{rent}{max} != 900000 && time < $until;
is(house('')->{rent}{max}, 900000, 'a new season is seen at once');
$in{owner}->delete("$seasons/$id_of_more");
$until = time + 5;
select undef, undef, undef, 0.1 while house('')->{rent}{max} != 620000 && time < $until;
is(house('')->{rent}{max}, 620000, 'and gone at once');


# no end of them

$t->db("INSERT INTO dormitory_rents (id, dormitory_id, season, label, rent_monthly_krw)
        SELECT uuid_v7(now()), '$id', daterange('2040-01-01'::date + n, '2040-01-02'::date + n), 'n', 1
          FROM generate_series(1, 60) AS n");
is(refused($in{owner}->post($seasons, json => season('x', '2031-01-01', '2031-02-01', 1))),
   '409 limit_reached', 'sixty are enough');

done_testing;
