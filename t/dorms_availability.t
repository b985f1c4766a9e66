# Which beds are free when, at a resort's desk: rooms and beds in use, dates
# that are taken, never by whom.

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

my ($here, $there) = split /\n/, $t->db('SELECT id FROM resorts WHERE open ORDER BY id LIMIT 2');
my %in = map { $_ => ResortBite::Account->new($t, resort => [ $here, $_ ]) }
    qw(owner manager recruiter);
my $stranger = ResortBite::Account->new($t, resort => [ $there, 'owner' ]);
my $houses = "/api/v1/resorts/$here/dormitories";
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
my $r;

my $id = $in{owner}->post($houses, json => { name => '가온재', type => 'studio' })->json->{id};
my $low = $in{owner}->post("$houses/$id/rooms",
    json => { name => '101', gender => 'female', beds => 4 })->json;
my $high = $in{owner}->post("$houses/$id/rooms",
    json => { name => '201', gender => 'any', floor => 2, beds => 1 })->json;
my $gone = $in{owner}->post("$houses/$id/rooms",
    json => { name => '001', gender => 'any', beds => 2 })->json;
my ($a, $b, $c, $d) = map { $_->{id} } @{ $low->{beds} };

is($in{owner}->delete("$houses/$id/rooms/$gone->{id}")->status, 204, 'a room out of use');
is($in{owner}->delete("$houses/$id/rooms/$low->{id}/beds/$d")->status, 204, 'and a bed');

my @crew = split /\n/, $t->db("SELECT id FROM members AS m WHERE NOT EXISTS (SELECT FROM occupancies
    WHERE crew_id = m.id) AND 'crew' = ANY (roles) ORDER BY id LIMIT 6");

sub stay {
    my ($bed, $from, $until, $status) = @_;

    $t->db("INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
            VALUES (uuid_v7(now()), '$here', '$bed', '@{[ shift @crew ]}',
                    daterange('$from', '$until'), '$status')");

    return;
}

sub asked {
    my ($from, $until) = @_;

    return $in{recruiter}->get("$houses/$id/availability?from=$from&until=$until");
}

$r = asked('2027-06-01', '2027-07-01');
is($r->status, 200, 'a recruiter asks') or diag $r->body;
is_deeply([ @{ $r->json }{qw(id name from until beds free_beds)} ],
          [ $id, '가온재', '2027-06-01', '2027-07-01', 4, 4 ], 'all are free');
is_deeply([ map { "$_->{name} $_->{floor} $_->{gender} $_->{free_beds}" } @{ $r->json->{rooms} } ],
          [ '101 1 female 3', '201 2 any 1' ], 'rooms in use, by floor and name');
is_deeply($r->json->{rooms}[1]{beds}, [ { id => $high->{beds}[0]{id}, label => 'A', free => $true,
                                          free_from => '2027-06-01', taken => [] } ],
          'a free bed is free from the first day');

stay($a, '2027-06-10', '2027-06-20', 'assigned');
stay($a, '2027-06-20', '2027-06-25', 'checked_in');
stay($b, '2027-05-01', '2027-06-05', 'checked_in');
stay($b, '2027-06-28', '2027-07-20', 'assigned');
stay($b, '2027-07-20', '2027-08-01', 'assigned');
stay($c, '2027-06-01', '2027-07-01', 'requested');

sub beds {
    my ($from, $until) = @_;

    return { map { my $bed = $_;
                   ($bed->{label} => join ' ', $bed->{free} ? 'free' : 'taken', $bed->{free_from},
                       map { "$_->{from}/$_->{until}" } @{ $bed->{taken} }) }
             @{ asked($from, $until)->json->{rooms}[0]{beds} } };
}

is_deeply(beds('2027-06-01', '2027-07-01'), {
    A => 'taken 2027-06-25 2027-06-10/2027-06-25',
    B => 'taken 2027-08-01 2027-06-01/2027-06-05 2027-06-28/2027-07-01',
    C => 'free 2027-06-01',
}, 'dates that are taken, cut to those asked for; free when the last is really over');
is_deeply(beds('2027-06-25', '2027-06-28'), {
    A => 'free 2027-06-25', B => 'free 2027-06-25', C => 'free 2027-06-25',
}, 'the day of leaving is free');
is_deeply(beds('2027-06-24', '2027-06-29'), {
    A => 'taken 2027-06-25 2027-06-24/2027-06-25',
    B => 'taken 2027-08-01 2027-06-28/2027-06-29',
    C => 'free 2027-06-24',
}, 'a night is enough');
is(asked('2027-06-01', '2027-07-01')->json->{free_beds}, 2, 'two are free all the time');

my ($public) = grep { $_->{id} eq $id } @{ $t->get(
    "/api/v1/resorts/$here/dorms?limit=100&from=2027-06-01&until=2027-07-01")->json->{items} };
is_deeply([ @$public{qw(beds free_beds)} ], [ 4, 2 ], 'the public list counts the same');
is_deeply([ map { $_->{name} } @{ $public->{rooms} } ], [ '101', '201' ], 'of the same rooms');

my $who = join '|', split /\n/, $t->db("SELECT crew_id FROM occupancies WHERE bed_id IN ('$a', '$b')");
unlike(asked('2027-06-01', '2027-07-01')->body, qr/crew|$who/, 'never who');

# what is refused

for my $wrong ('from=2027-06-01&until=2028-06-03', 'from=2027-06-01&until=2027-06-01', 'from=2027-06-01') {
    $r = $in{owner}->get("$houses/$id/availability?$wrong");
    is_deeply([ $r->status, $r->json->{errors}[0]{field} ], [ 400, 'until' ], "?$wrong");
}

my $dates = 'from=2027-06-01&until=2027-06-02';

is($t->get("$houses/$id/availability?$dates")->status, 401, 'nobody');
is($stranger->get("$houses/$id/availability?$dates")->status, 403, 'nor another resort');
is($stranger->get("/api/v1/resorts/$there/dormitories/$id/availability?$dates")->status, 404,
   'nor by its own address');

$t->db("DELETE FROM occupancies WHERE bed_id IN ('$a', '$b')");
is($in{owner}->delete("$houses/$id")->status, 204, 'deleted');
is($in{owner}->get("$houses/$id/availability?$dates")->status, 404, 'then nothing is free');

done_testing;
