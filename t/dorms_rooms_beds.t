# Rooms and beds at a resort's desk: made, named, taken out of use and back, but
# not from under somebody who has been given one, even at the same instant.

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
my $r;

my $id = $in{owner}->post($houses, json => { name => '가온재', type => 'studio' })->json->{id};
my $other = $in{owner}->post($houses, json => { name => '나루재', type => 'studio' })->json->{id};
my $rooms = "$houses/$id/rooms";
my @crew = split /\n/, $t->db("SELECT id FROM members AS m WHERE NOT EXISTS (SELECT FROM occupancies
    WHERE crew_id = m.id) AND 'crew' = ANY (roles) ORDER BY id LIMIT 3");

sub match { return (headers => { 'If-Match' => qq("$_[0]") }) }

sub refused { my ($r) = @_; return join ' ', $r->status, $r->json->{code},
                  map { $_->{field} } @{ $r->json->{errors} || [] } }

sub stay {
    my ($bed, $from, $until, $crew) = @_;

    $t->db("INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
            VALUES (uuid_v7(now()), '$here', '$bed', '@{[ $crew // $crew[0] ]}',
                    daterange(seoul_today() + $from, seoul_today() + $until), 'assigned')");

    return;
}

sub house { return $in{recruiter}->get("$houses/$id")->json }

sub audits {
    return $t->db("SELECT count(*) FROM audit_events WHERE action = '$_[0]'
                      AND detail->>'dormitory_id' = '$id'");
}


# a room with its beds

$r = $in{manager}->post($rooms, json => { name => ' 101호', gender => 'female', beds => 3 });
is($r->status, 201, 'a manager adds a room') or diag $r->body;

my $room = $r->json;

is_deeply([ @$room{qw(name floor gender dormitory_id revision retired_at)} ],
          [ '101호', 1, 'female', $id, 1, undef ], 'as wanted');
is($r->header('etag'), '"1"', 'its revision');
is_deeply([ map { $_->{label} } @{ $room->{beds} } ], [ qw(A B C) ], 'with three beds');
is($t->db("SELECT string_agg(label, '' ORDER BY label) FROM beds WHERE room_id = '$room->{id}'"),
   'ABC', 'in the database');
is(audits('room.created'), 1, 'and the trail');

$r = $in{owner}->post($rooms, json => { name => '지하', floor => -1, gender => 'any',
                                        labels => [ '창가', '문가' ] });
is_deeply([ map { $_->{label} } @{ $r->json->{beds} } ], [ '문가', '창가' ], 'or with labels');

my $below = $r->json;

my @wrong = (
    [ { name => '101호', gender => 'any' }, '409 name_taken name' ],
    [ { name => 'x', gender => 'any', labels => [ 'A', 'A' ] }, '409 name_taken labels' ],
    [ { name => 'x', gender => 'any', labels => [ 'x' x 21 ] }, '400 invalid_request labels' ],
    [ { name => 'x', gender => 'any', labels => [ 'A' ], beds => 1 }, '400 invalid_request labels' ],
    [ { name => 'x', gender => 'any', beds => 27 }, '400 invalid_request beds' ],
    [ { name => 'x', gender => 'all' }, '400 invalid_request gender' ],
    [ { name => 'x', gender => 'any', floor => 99 }, '400 invalid_request floor' ],
    [ { name => ' ', gender => 'any' }, '400 invalid_request name' ],
    [ { name => 'x', gender => 'any', labels => [ "\x{3000}" ] }, '400 invalid_request labels' ],
    [ { name => 'x', gender => 'any', labels => [ "\x{200b}\x{3164}" ] }, '400 invalid_request labels' ],
    [ { name => 'x', gender => 'any', labels => [ 'A', "A\x{200b}" ] }, '409 name_taken labels' ],
    [ { name => 'x', gender => 'any', labels => [ 'A', "A\x{a0}" ] }, '409 name_taken labels' ],
);

for my $one (@wrong) {
    is(refused($in{owner}->post($rooms, json => $one->[0])), $one->[1], "refused: $one->[1]");
}

is(scalar @{ house()->{rooms} }, 2, 'nothing else was made');
is(house()->{beds}, 5, 'five beds');


# who may, and nobody else's

my ($a, $b, $c) = map { $_->{id} } @{ $room->{beds} };
my $beds = "$rooms/$room->{id}/beds";
my %patch = (json => { name => 'x' });
my %label = (json => { label => 'x' });

for my $route ([ POST => $rooms, json => { name => 'x', gender => 'any' } ],
               [ PATCH => "$rooms/$room->{id}", %patch ], [ DELETE => "$rooms/$room->{id}" ],
               [ POST => "$rooms/$room->{id}/restore" ], [ POST => $beds, %label ],
               [ PATCH => "$beds/$a", %label ], [ DELETE => "$beds/$a" ],
               [ POST => "$beds/$a/restore" ])
{
    my ($method, $uri, @more) = @$route;
    my $short = $uri =~ s/.*\/dormitories//r;

    push @more, match(1);

    is($in{recruiter}->request($method, $uri, @more)->status, 403, "$method $short: no recruiter");
    is($stranger->request($method, $uri, @more)->status, 403, 'nor another resort');
    is($stranger->request($method, $uri =~ s/$here/$there/r, @more)->status, 404,
       'nor by its own address');
    is($in{owner}->request($method, $uri =~ s/$id/$other/r, @more)->status, 404,
       'nor by another house') if $uri ne $rooms;
    is($in{owner}->request($method, $uri =~ s/$room->{id}/$below->{id}/r, @more)->status, 404,
       'nor by another room') if $uri =~ m{/beds/};
}

is(house()->{rooms}[1]{name}, '101호', 'nothing has changed');


# changed

is($in{owner}->patch("$rooms/$room->{id}", %patch)->status, 428, 'not without If-Match');
$r = $in{owner}->patch("$rooms/$room->{id}", match(1), json => { name => '102호', floor => 2 });
is($r->status, 200, 'a room changes') or diag $r->body;
is_deeply([ @{ $r->json }{qw(name floor gender)} ], [ '102호', 2, 'female' ], 'what was given');
is($r->header('etag'), '"2"', 'the next revision');
is(scalar @{ $r->json->{beds} }, 3, 'with its beds');
is($in{owner}->patch("$rooms/$room->{id}", match(1), json => { floor => 3 })->status, 412,
   'not by who has seen an older one');
is($in{owner}->patch("$rooms/$room->{id}", match(2), json => { floor => 2 })->header('etag'),
   '"2"', 'nothing changed');
is(audits('room.changed'), 1, 'once in the trail');
is(refused($in{owner}->patch("$rooms/$room->{id}", match(2), json => { name => '지하' })),
   '409 name_taken name', 'not to another\'s name');
is($in{owner}->patch("$rooms/$room->{id}", match(2), json => { gender => 'any' })->status, 200,
   'an empty room becomes anybody\'s');

stay($a, 5, 9);
$r = $in{owner}->patch("$rooms/$room->{id}", match(3), json => { gender => 'male' });
is(refused($r), '409 beds_occupied beds', 'one with somebody to come doesn\'t');
like($r->json->{errors}[0]{detail}, qr/1.*@{[ $t->db('SELECT seoul_today() + 9') ]}/, 'until when');
is($in{owner}->patch("$rooms/$room->{id}", match(3), json => { floor => 4 })->status, 200,
   'its floor does');
is($t->db("SELECT gender, floor FROM rooms WHERE id = '$room->{id}'"), 'any|4', 'in the database');

$r = $in{owner}->patch("$beds/$b", match(1), json => { label => '창가' });
is($r->status, 200, 'a bed changes its label') or diag $r->body;
is_deeply([ @{ $r->json }{qw(id label revision room_id)} ], [ $b, '창가', 2, $room->{id} ], 'as told');
is($in{owner}->patch("$beds/$b", match(1), json => { label => 'Z' })->status, 412, 'not if stale');
is($in{owner}->patch("$beds/$b", %label)->status, 428, 'nor without If-Match');
is(refused($in{owner}->patch("$beds/$b", match(2), json => { label => 'A' })),
   '409 name_taken label', 'not to another\'s');
is(refused($in{owner}->patch("$beds/$b", match(2), json => { label => $_ })),
   '400 invalid_request label', 'nor to nothing') for ' ', "\x{3000}";

$r = $in{manager}->post($beds, json => { label => 'D' });
is($r->status, 201, 'a bed is added') or diag $r->body;
is($r->header('etag'), '"1"', 'new');
is(refused($in{manager}->post($beds, json => { label => 'D' })), '409 name_taken label', 'once');

my $d = $r->json->{id};


# out of use, and back

is(refused($in{owner}->delete("$beds/$a")), '409 beds_occupied beds', 'not a bed that is taken');
is($in{owner}->delete("$beds/$d", match(9))->status, 412, 'nor if stale');
is($in{owner}->delete("$beds/$d")->status, 204, 'one that is free');
is($in{owner}->delete("$beds/$d")->status, 204, 'again: as good');
is(audits('bed.retired'), 1, 'once in the trail');
is(house()->{beds}, 5, 'it counts no more');
is((grep { $_->{id} eq $d } map { @{ $_->{beds} } } @{ house()->{rooms} })[0]{retired_at} // '',
   $t->db("SELECT to_char(retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
             FROM beds WHERE id = '$d'"), 'the desk sees since when');
is(refused($in{owner}->patch("$beds/$d", match(2), json => { label => 'E' })), '409 out_of_use',
   'it can\'t be changed');
eval { stay($d, 1, 2, $crew[1]) };
like($@, qr/out of use/, 'nor given to anybody');
eval { stay($d, -9, -2, $crew[1]) };
is($@, '', 'what is over may be entered');
is($in{owner}->post($beds, json => { label => 'D' })->status, 201, 'its label is free');
is(refused($in{owner}->post("$beds/$d/restore")), '409 name_taken label',
   'so it doesn\'t come back with it');
$t->db("UPDATE beds SET label = 'E' WHERE label = 'D' AND retired_at IS NULL
           AND room_id = '$room->{id}'");
$r = $in{owner}->post("$beds/$d/restore");
is($r->status, 200, 'and then it does') or diag $r->body;
is($r->json->{retired_at}, undef, 'in use');
is($in{owner}->post("$beds/$d/restore")->status, 200, 'again: as good');
is(audits('bed.restored'), 1, 'once in the trail');

is(refused($in{owner}->delete("$rooms/$room->{id}")), '409 beds_occupied beds',
   'not a room in which somebody sleeps');
$t->db("UPDATE occupancies SET status = 'refused' WHERE bed_id = '$a'");
is($in{owner}->delete("$rooms/$room->{id}", match(1))->status, 412, 'nor if stale');
is($in{owner}->delete("$rooms/$room->{id}")->status, 204, 'when nobody does');
is($in{owner}->delete("$rooms/$room->{id}")->status, 204, 'again: as good');
is(audits('room.retired'), 1, 'once in the trail');
is(house()->{beds}, 2, 'its beds count no more');
is_deeply([ map { $_->{name} } @{ (grep { $_->{id} eq $id }
    @{ $t->get("/api/v1/resorts/$here/dorms?limit=100")->json->{items} })[0]{rooms} } ],
          [ '지하' ], 'the public sees the other room');
eval { stay($b, 1, 2, $crew[1]) };
like($@, qr/out of use/, 'its beds are out of use with it');
is(refused($in{owner}->post($beds, json => { label => 'Z' })), '409 out_of_use', 'none is added');
is(refused($in{owner}->patch("$rooms/$room->{id}", json => { floor => 1 },
                             headers => { 'If-Match' => '*' })), '409 out_of_use', 'nor changed');
is(refused($in{owner}->post("$beds/$b/restore")), '409 out_of_use', 'nor comes a bed back');
$r = $in{owner}->post($rooms, json => { name => '102호', gender => 'any' });
is($r->status, 201, 'its name is free');
is(refused($in{owner}->post("$rooms/$room->{id}/restore")), '409 name_taken name', 'and taken');
is($in{owner}->delete("$rooms/" . $r->json->{id})->status, 204, 'until it is free again');
$r = $in{owner}->post("$rooms/$room->{id}/restore");
is($r->status, 200, 'a room comes back') or diag $r->body;
is(scalar(grep { !$_->{retired_at} } @{ $r->json->{beds} }), 5, 'with its beds');
is(audits('room.restored'), 1, 'once in the trail');


# at one instant: two edits; a bed that is retired and given away

my $revision = $t->db("SELECT revision FROM rooms WHERE id = '$room->{id}'");
is_deeply([ sort $t->parallel(6, sub {
    $in{owner}->patch("$rooms/$room->{id}", match($revision), json => { floor => 10 + $_[0] })->status
}) ], [ 200, (412) x 5 ], 'of six edits one is the first');

my %seen;

for my $round (1 .. 6) {
    my $bed = $in{owner}->post($beds, json => { label => "R$round" })->json->{id};
    my @went = $t->parallel(4, sub {
        my ($n) = @_;

        return $in{owner}->delete("$beds/$bed")->status if $n % 2 == $round % 2;
        return eval { stay($bed, 0, 30, $crew[ $n % 3 ]); 1 } ? 'taken' : 'not taken';
    });
    my ($retired, $stays) = split /\|/, $t->db("SELECT (retired_at IS NOT NULL)::integer,
        (SELECT count(*) FROM occupancies WHERE bed_id = '$bed') FROM beds WHERE id = '$bed'");

    is($retired + $stays, 1, "round $round: retired or taken (@went)");
    $seen{ $retired ? 'retired' : 'taken' }++;
    $t->db("DELETE FROM occupancies WHERE bed_id = '$bed'");
}

note join ' ', %seen;

# what the server's statement is too old to see, the row's own trigger does

{
    my $bed = $in{owner}->post($beds, json => { label => 'S' })->json->{id};
    my $pid = open(my $from, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        $t->db("BEGIN; INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
            VALUES (uuid_v7(now()), '$here', '$bed', '$crew[0]',
                    daterange(seoul_today(), seoul_today() + 3), 'assigned');
            SELECT pg_sleep(1); COMMIT");
        POSIX::_exit(0);
    }

    select undef, undef, undef, 0.4;
    is(refused($in{owner}->delete("$beds/$bed")), '409 beds_occupied beds',
       'who retires a bed waits for who is giving it away, and hears of it');
    close $from;
    is($t->db("SELECT retired_at IS NULL FROM beds WHERE id = '$bed'"), 't', 'it is in use');
}


# no end of them

$t->db("INSERT INTO rooms (id, dormitory_id, name, gender)
        SELECT uuid_v7(now()), '$other', 'n' || n, 'any' FROM generate_series(1, 300) AS n");
is(refused($in{owner}->post("$houses/$other/rooms", json => { name => 'x', gender => 'any' })),
   '409 limit_reached', 'three hundred rooms are enough');
$t->db("INSERT INTO beds (id, room_id, label)
        SELECT uuid_v7(now()), '$below->{id}', 'n' || n FROM generate_series(3, 26) AS n");
is(refused($in{owner}->post("$rooms/$below->{id}/beds", %label)), '409 limit_reached',
   'and twenty-six beds');

# nor at one instant: of eight that would be the last, one is

$t->db("UPDATE rooms SET retired_at = now()
         WHERE id = (SELECT id FROM rooms WHERE dormitory_id = '$other' LIMIT 1);
        UPDATE beds SET retired_at = now() WHERE room_id = '$below->{id}' AND label = 'n3'");

is_deeply([ sort $t->parallel(8, sub {
    $in{owner}->post("$houses/$other/rooms", json => { name => "동시 $_[0]", gender => 'any' })->status
}) ], [ 201, (409) x 7 ], 'one more room');
is_deeply([ sort $t->parallel(8, sub {
    $in{owner}->post("$rooms/$below->{id}/beds", json => { label => "동시 $_[0]" })->status
}) ], [ 201, (409) x 7 ], 'one more bed');
is($t->db("SELECT (SELECT count(*) FROM rooms WHERE dormitory_id = '$other' AND retired_at IS NULL),
                  (SELECT count(*) FROM beds WHERE room_id = '$below->{id}' AND retired_at IS NULL)"),
   '300|26', 'in the database');


# who has waited for the last one counts it

{
    $t->db("UPDATE rooms SET retired_at = now()
             WHERE id = (SELECT id FROM rooms WHERE dormitory_id = '$other'
                            AND retired_at IS NULL LIMIT 1)");
    my $pid = open(my $from, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        $t->db("BEGIN; SELECT FROM dormitories WHERE id = '$other' FOR NO KEY UPDATE;
            INSERT INTO rooms (id, dormitory_id, name, gender)
            VALUES (uuid_v7(now()), '$other', '먼저', 'any'); SELECT pg_sleep(1); COMMIT");
        POSIX::_exit(0);
    }

    select undef, undef, undef, 0.4;
    is(refused($in{owner}->post("$houses/$other/rooms", json => { name => '다음', gender => 'any' })),
       '409 limit_reached', 'who has waited for the last one counts it');
    close $from;
}


# two that trade names don't wait for each other: none is a deadlock

my $deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
my $before = $t->db($deadlocks);
my @trading = map { $_->{id} } grep { !$_->{retired_at} } @{ house()->{rooms} };
my @names = ('가', '나');

$t->parallel(8, sub {
    my ($n) = @_;

    for my $i (0 .. 14) {
        $in{owner}->patch("$rooms/$trading[ ($n + $i) % 2 ]", headers => { 'If-Match' => '*' },
                          json => { name => $names[ ($n + int $i / 2) % 2 ] });
    }
});
select undef, undef, undef, 1.5;             # counters are written once a second
is($t->db($deadlocks), $before, 'names are traded without a deadlock');

done_testing;
