# A resort's dormitories at its desk: made once whatever is repeated, changed
# by who has seen the last revision, deleted only when nobody loses by it, and
# how far they are from work.

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
my $base = "/api/v1/resorts/$here/dormitories";
my $true = JSON::PP::true();
my $r;

my %house = (
    name => ' 가온재 ', type => 'studio', description => "조용합니다.\n숲 옆입니다.",
    rules => '금연', facilities => [ '세탁기', '난방' ],
    photos => [ '/photos/b.webp', 'https://img.example/a.webp' ],
    rent => { monthly => 200000, deposit => 300000, utilities_included => $true },
    distance_m => 400,
);

sub audits {
    my ($action) = @_;

    return $t->db("SELECT count(*) FROM audit_events WHERE action = '$action'
                      AND detail->>'resort_id' = '$here'");
}

sub match { return (headers => { 'If-Match' => qq("$_[0]") }) }

sub field { my ($r) = @_; return $r->json->{errors}[0]{field} // '' }


# made, once

$r = $in{manager}->post($base, json => \%house, headers => { 'Idempotency-Key' => 'one' });
is($r->status, 201, 'a manager makes one') or diag $r->body;

my $first = $r->json;
my $id = $first->{id};

is($first->{name}, '가온재', 'its name without the blanks around it');
is_deeply($first->{photos}, $house{photos}, 'photos in order');
is_deeply($first->{rent}, $house{rent}, 'rent as one object');
is($first->{place}, undef, 'no place');
is_deeply([ @$first{qw(distance_m walk_minutes beds revision)} ], [ 400, 6, 0, 1 ],
          'the distance as typed, six minutes of walking');
is($r->header('etag'), '"1"', 'its revision');
is($r->header('location'), "$base/$id", 'and place');

my $again = $in{manager}->post($base, json => \%house, headers => { 'Idempotency-Key' => 'one' });
is($again->status, 201, 'repeated');
is($again->body, $r->body, 'to the byte');
is($again->header('idempotency-replayed'), 'true', 'and says so');
is($in{manager}->post($base, json => { %house, name => '다른 집' },
                      headers => { 'Idempotency-Key' => 'one' })->status, 422,
   'the key is not for something else');
is($t->db("SELECT count(*) FROM dormitories WHERE resort_id = '$here' AND name LIKE '%가온재%'"), 1,
   'one row');
is(audits('dormitory.created'), 1, 'one in the trail');
is($t->db("SELECT actor_id || ' ' || subject_id FROM audit_events
            WHERE action = 'dormitory.created' AND detail->>'resort_id' = '$here'"),
   $in{manager}->id . " $id", 'of whom and what');

my @same = $t->parallel(6, sub {
    my $r = $in{owner}->post($base, json => { name => '동시', type => 'building' },
                             headers => { 'Idempotency-Key' => 'same' });
    [ $r->status, $r->json->{id} ];
});
is_deeply([ map { $_->[0] } @same ], [ (201) x 6 ], 'six times at one instant');
is(scalar(keys %{ { map { $_->[1] => 1 } @same } }), 1, 'is one');

$r = $in{owner}->post($base, json => \%house);
is($r->status, 409, 'a name is there once');
is($r->json->{code}, 'name_taken', 'its code');
is(field($r), 'name', 'and names it');

my %wrong = (
    name => { %house, name => '' }, type => { %house, type => 'tent' },
    'rent.monthly' => { %house, name => 'x', rent => { monthly => -1 } },
    photos => { %house, name => 'x', photos => [ 'javascript:alert(1)' ] },
    'place.lat' => { %house, name => 'x', place => { lat => 37.5 } },
    'place.lng' => { %house, name => 'x', place => { lat => 37.5, lng => 12 } },
    'rent.rent' => { %house, name => 'x', rent => { rent => 1 } },
);

for my $member (sort keys %wrong) {
    $r = $in{owner}->post($base, json => $wrong{$member});
    is($r->status, 400, "a wrong $member") or diag $r->body;
    is(field($r), $member, 'is named');
}

$r = $in{owner}->post($base, json => { %house, name => "\x{3000} " });
is_deeply([ $r->status, field($r) ], [ 400, 'name' ], 'blanks are no name');


# read

$r = $in{recruiter}->get("$base/$id");
is($r->status, 200, 'a recruiter reads it');
is_deeply($r->json, $first, 'as it was made');
is($r->header('etag'), '"1"', 'with its revision');

my %listed = map { $_->{id} => $_ } @{ $in{recruiter}->get("$base?limit=100")->json->{items} };
is_deeply([ @{ $listed{$id} }{qw(name photo rooms beds revision)} ],
          [ '가온재', '/photos/b.webp', 0, 0, 1 ], 'and the list');

{
    my (@names, $next);

    do {
        my $page = $in{owner}->get("$base?limit=1" . (defined $next ? "&cursor=$next" : ''))->json;
        push @names, map { $_->{name} } @{ $page->{items} };
        $next = $page->{next};
    } while (defined $next && @names < 50);

    is_deeply(\@names, [ split /\n/, $t->db("SELECT name FROM dormitories
        WHERE resort_id = '$here' AND deleted_at IS NULL ORDER BY name") ], 'page by page');
}


# who may, and nobody else's

for my $route ([ POST => $base, \%house ], [ PATCH => "$base/$id", { name => 'x' } ],
               [ DELETE => "$base/$id" ], [ POST => "$base/$id/restore" ])
{
    my ($method, $uri, $json) = @$route;
    my @more = (($json ? (json => $json) : ()), match(1));

    is($in{recruiter}->request($method, $uri, @more)->status, 403, "$method: no recruiter");
    is($stranger->request($method, $uri, @more)->status, 403, 'nor another resort');

    next if $uri eq $base;

    my $other = $uri =~ s/$here/$there/r;
    is($stranger->request($method, $other, @more)->status, 404, 'nor by its own address');
}

is($stranger->get("/api/v1/resorts/$there/dormitories/$id")->status, 404, 'which reads nothing');
is($t->db("SELECT revision FROM dormitories WHERE id = '$id'"), 1, 'nothing has changed');


# changed

is($in{owner}->patch("$base/$id", json => { rules => 'x' })->status, 428, 'not without If-Match');

$r = $in{owner}->patch("$base/$id", json => { rent => { deposit => 500000 },
                                              photos => [ reverse @{ $house{photos} } ] }, match(1));
is($r->status, 200, 'an owner changes it') or diag $r->body;
is_deeply($r->json->{rent}, { %{ $house{rent} }, deposit => 500000 }, 'what was given, no more');
is_deeply($r->json->{photos}, [ reverse @{ $house{photos} } ], 'photos in their new order');
is($r->header('etag'), '"2"', 'the next revision');
is($t->db("SELECT deposit_krw, rent_monthly_krw, revision FROM dormitories WHERE id = '$id'"),
   '500000|200000|2', 'in the database');
is($t->db("SELECT detail->>'changed' FROM audit_events WHERE action = 'dormitory.changed'"),
   '["deposit_krw", "photos"]', 'the trail says what');

$r = $in{manager}->patch("$base/$id", json => { rules => 'x' }, match(1));
is($r->status, 412, 'not by who has seen an older one');
is($r->json->{code}, 'precondition_failed', 'its code');
is($in{manager}->patch("$base/$id", json => {}, match(2))->header('etag'), '"2"',
   'nothing changed is no revision');
is($in{manager}->patch("$base/$id", json => { rent => { monthly => 200000 } }, match(2))
       ->header('etag'), '"2"', 'nor what it was');
is(audits('dormitory.changed'), 1, 'nor in the trail');
is($in{manager}->patch("$base/$id", json => { name => undef }, match(2))->status, 400,
   'a name can\'t be null');

$r = $in{owner}->patch("$base/$id", json => { name => '동시' }, match(2));
is_deeply([ $r->status, field($r) ], [ 409, 'name' ], 'nor another\'s');

my @edits = $t->parallel(8, sub {
    my ($n) = @_;
    $in{owner}->patch("$base/$id", json => { rules => "규칙 $n $$" }, match(2))->status;
});
is_deeply([ sort @edits ], [ 200, (412) x 7 ], 'of eight at one instant one is the first');
is($t->db("SELECT revision FROM dormitories WHERE id = '$id'"), 3, 'one revision on');


# how far

my ($lat, $lng) = split /\|/, $t->db("SELECT lat, lng FROM resorts WHERE id = '$here'");

sub distance { return $t->db("SELECT distance_m FROM dormitories WHERE id = '$id'") }

$r = $in{owner}->patch("$base/$id", match(3), json => {
    place => { address => '강원특별자치도 평창군 1', lat => $lat + 0.01, lng => 0 + $lng },
    distance_m => 7 });
is($r->status, 200, 'it has a place') or diag $r->body;
is_deeply($r->json->{place}, { address => '강원특별자치도 평창군 1',
    lat => $lat + 0.01, lng => 0 + $lng }, 'which is answered');
ok(abs($r->json->{distance_m} - 1112) < 5, 'a hundredth of a degree is 1.1 km')
    or diag $r->json->{distance_m};
is($r->json->{walk_minutes}, 17, 'and 17 minutes');

is($in{owner}->patch("$base/$id", match(4), json => { distance_m => 9 })->header('etag'), '"4"',
   'what they type is of no effect then');

my ($public) = grep { $_->{id} eq $id }
    @{ $t->get("/api/v1/resorts/$here/dorms?limit=100")->json->{items} };
is_deeply([ @$public{qw(distance_m walk_minutes)} ], [ distance(), 17 ], 'the public sees it');

$t->db("UPDATE resorts SET lat = lat + 0.01 WHERE id = '$here'");
is(distance(), 0, 'the resort moves there');
is($t->db("SELECT revision FROM dormitories WHERE id = '$id'"), 5, 'which is a change');
$t->db("UPDATE resorts SET lat = lat - 0.01 WHERE id = '$here'");

$r = $in{owner}->patch("$base/$id", match(6), json => { place => { lat => $lat + 1.5 } });
is_deeply([ $r->status, field($r) ], [ 400, 'place.lat' ], 'not beyond a day\'s way');
$r = $in{owner}->patch("$base/$id", match(6), json => { place => { lng => undef } });
is_deeply([ $r->status, field($r) ], [ 400, 'place.lat' ], 'nor half a place');
$r = $in{owner}->patch("$base/$id", match(6), json => { place => undef, distance_m => 250 });
is($r->status, 200, 'without a place') or diag $r->body;
is_deeply([ @{ $r->json }{qw(place distance_m)} ], [ undef, 250 ], 'it is as far as they say');


# deleted, unless somebody loses by it

my $room = $t->db("SELECT uuid_v7(now())");
my $bed = $t->db("SELECT uuid_v7(now())");
my $crew = $t->db("SELECT id FROM members AS m WHERE NOT EXISTS (SELECT FROM occupancies
                     WHERE crew_id = m.id) AND 'crew' = ANY (roles) LIMIT 1");

$t->db(<<"SQL");
INSERT INTO rooms (id, dormitory_id, name, gender) VALUES ('$room', '$id', '101', 'any');
INSERT INTO beds (id, room_id, label) VALUES ('$bed', '$room', 'A');
INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
VALUES (uuid_v7(now()), '$here', '$bed', '$crew',
        daterange(seoul_today() + 10, seoul_today() + 20), 'assigned')
SQL

$r = $in{owner}->delete("$base/$id");
is($r->status, 409, 'not while a bed is taken');
is($r->json->{code}, 'beds_occupied', 'its code');
like($r->json->{errors}[0]{detail}, qr/@{[ $t->db('SELECT seoul_today() + 20') ]}/, 'until when');
unlike($r->body, qr/$crew/, 'not by whom');

$t->db("UPDATE occupancies SET stay = daterange(seoul_today() - 9, seoul_today())
         WHERE bed_id = '$bed'");

my $post = $t->db("SELECT id FROM posts WHERE resort_id = '$here' AND live LIMIT 1");
$t->db("UPDATE posts SET has_dormitory = true, dormitory_id = '$id' WHERE id = '$post'");

$r = $in{owner}->delete("$base/$id");
is($r->status, 409, 'nor while a live post offers it');
is($r->json->{code}, 'dormitory_offered', 'its code');
like($r->json->{errors}[0]{detail}, qr/$post/, 'which');
is($in{owner}->get("$base/$id")->json->{posts}, 1, 'the desk knows');
is($t->db("SELECT deleted_at IS NULL FROM dormitories WHERE id = '$id'"), 't', 'it is still there');

$t->db("UPDATE posts SET status = 'paused' WHERE id = '$post'");
my $last = $in{owner}->get("$base/$id")->header('etag');
is($in{owner}->delete("$base/$id", match(1))->status, 412, 'nor by who has seen another one');
is($in{owner}->delete("$base/$id", headers => { 'If-Match' => $last })->status, 204, 'deleted')
    or diag $last;
is($in{owner}->delete("$base/$id")->status, 204, 'again: as good');
is(audits('dormitory.deleted'), 1, 'once in the trail');
ok(!(grep { $_->{id} eq $id } @{ $t->get("/api/v1/resorts/$here/dorms?limit=100")->json->{items} }),
   'the public sees it no more');
ok(!(grep { $_->{id} eq $id } @{ $in{owner}->get("$base?limit=100")->json->{items} }),
   'nor does the list');
is_deeply([ map { $_->{id} } @{ $in{owner}->get("$base?deleted=true")->json->{items} } ], [ $id ],
          'it is among those deleted');

$r = $in{owner}->patch("$base/$id", json => { rules => 'x' }, headers => { 'If-Match' => '*' });
is_deeply([ $r->status, $r->json->{code} ], [ 409, 'dormitory_deleted' ], 'it can\'t be changed');
$r = $in{owner}->post("$base/$id/rooms", json => { name => '102', gender => 'any' });
is_deeply([ $r->status, $r->json->{code} ], [ 409, 'dormitory_deleted' ], 'nor have rooms');

eval { $t->db("UPDATE posts SET status = 'approved' WHERE id = '$post'") };
like($@, qr/posts_dormitory_in_use_ck|its dormitory is deleted/, 'nor be offered');
eval { $t->db("UPDATE occupancies SET stay = daterange(seoul_today() - 9, seoul_today() + 1)
                WHERE bed_id = '$bed'") };
like($@, qr/out of use/, 'nor be slept in');

is($in{owner}->post($base, json => { name => '가온재', type => 'studio' })->status, 201,
   'its name is free');
$r = $in{owner}->post("$base/$id/restore");
is_deeply([ $r->status, $r->json->{code} ], [ 409, 'name_taken' ], 'so it can\'t have it back');
$t->db("UPDATE dormitories SET name = '가온재 2' WHERE name = '가온재' AND deleted_at IS NULL");
$r = $in{manager}->post("$base/$id/restore");
is($r->status, 200, 'restored') or diag $r->body;
is($r->json->{deleted_at}, undef, 'it is back');
is($in{manager}->post("$base/$id/restore")->status, 200, 'again: as good');
is(audits('dormitory.restored'), 1, 'once in the trail');


# two things at one instant: a house is deleted while somebody is given a bed

$t->db("DELETE FROM occupancies WHERE bed_id = '$bed'");

for my $round (1 .. 4) {
    $t->parallel(4, sub {
        my ($n) = @_;
        if ($n % 2) {
            eval { $t->db("INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status)
                VALUES (uuid_v7(now()), '$here', '$bed', '$crew',
                        daterange(seoul_today(), seoul_today() + 5), 'assigned')") };
        } else {
            $in{owner}->delete("$base/$id");
        }
        return 1;
    });

    is($t->db("SELECT (deleted_at IS NOT NULL)::integer
                      + (SELECT count(*) FROM occupancies WHERE bed_id = '$bed')
                 FROM dormitories WHERE id = '$id'"), 1, "round $round: one or the other");
    $t->db("DELETE FROM occupancies WHERE bed_id = '$bed'");
    $in{owner}->post("$base/$id/restore");
}


# of eight that would be the last one, one is; so also of those that come back

my $most = 100 - $t->db("SELECT count(*) FROM dormitories
                          WHERE resort_id = '$here' AND deleted_at IS NULL");

$t->db("INSERT INTO dormitories (id, resort_id, name, type, deleted_at)
        SELECT uuid_v7(now()), '$here', 'n' || n, 'studio', CASE WHEN n > $most THEN now() END
          FROM generate_series(2, $most + 4) AS n");

my @gone = split /\n/, $t->db("SELECT id FROM dormitories WHERE resort_id = '$here'
                                  AND deleted_at IS NOT NULL AND name ~ '^n' LIMIT 4");
my @last = $t->parallel(8, sub {
    my ($n) = @_;
    my $r = $n < 4 ? $in{owner}->post("$base/$gone[$n]/restore")
                   : $in{owner}->post($base, json => { name => "끝 $n", type => 'studio' });

    return join ' ', $r->status < 300 ? 'done' : $r->status, $r->json->{code} // '';
});
is_deeply([ sort @last ], [ ('409 limit_reached') x 7, 'done ' ], 'a hundred are enough');
is($t->db("SELECT count(*) FROM dormitories WHERE resort_id = '$here' AND deleted_at IS NULL"),
   100, 'in the database');

done_testing;
