# GET /api/v1/resorts and /api/v1/resorts/{id}: open resorts and no others.

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

my $ONE = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $UNVERIFIED = '019b76da-f238-7989-9de9-ce11d3275682';
my $DELETED = '019b76db-6b50-799c-9a99-90f72729525e';


sub walk {
    my ($query, $limit) = @_;

    my (@items, $next);

    do {
        my $r = $t->get("/api/v1/resorts?$query&limit=$limit"
                        . (defined $next ? "&cursor=$next" : ''));
        die $r->body if $r->status != 200;
        push @items, @{ $r->json->{items} };
        $next = $r->json->{next};
    } while (defined $next && @items < 10000);

    return @items;
}


sub ids_of {
    my ($condition, $order) = @_;

    return split /\n/, $t->db("SELECT id FROM resorts WHERE open"
        . " AND ($condition) ORDER BY $order");
}


my %order = (name => 'name, id', newest => 'created_at DESC, id DESC');

for my $order (sort keys %order) {
    is_deeply([ map { $_->{id} } walk("order=$order", 30) ],
              [ ids_of('true', $order{$order}) ],
              "order=$order: all open resorts, each once");
}

my %filters = (
    'type=ski' => "type = 'ski'",
    'type=ski,beach' => "type IN ('ski', 'beach')",
    'region=jeju' => "region_code = 'jeju'",
    'region=jeju,gangwon&type=ski' =>
        "region_code IN ('jeju', 'gangwon') AND type = 'ski'",
);

for my $query (sort keys %filters) {
    my @ids = ids_of($filters{$query}, $order{name});

    is_deeply([ map { $_->{id} } walk($query, 7) ], \@ids,
              "?$query: " . @ids . ' resorts');
    is($t->get("/api/v1/resorts?$query&count=exact")->json->{count},
       scalar @ids, 'counted');
    like($t->get("/api/v1/resorts?$query&count=planned")->json->{count},
         qr/^\d+$/, 'guessed');
}

for my $wrong ('type=castle', 'order=distance', 'limit=1000', 'near=me') {
    is($t->get("/api/v1/resorts?$wrong")->status, 400, "?$wrong is refused");
}

# one of them

my $r = $t->get("/api/v1/resorts/$ONE");
is($r->status, 200, 'a resort');

my $row = JSON::PP->new->decode(
    $t->db("SELECT to_jsonb(r) FROM resorts AS r WHERE id = '$ONE'"));
my $resort = $r->json;

is_deeply([ @$resort{qw(id name name_en type description environment region
                        address lat lng benefits photos)} ],
          [ @$row{qw(id name name_en type description environment region_code
                     address lat lng benefits photos)} ], 'what it shows');
is_deeply($resort->{contact}, {
    phone => $row->{contact_phone}, email => $row->{contact_email},
    website => $row->{website} }, 'how to reach it');
is_deeply($resort->{rating}, {
    average => $row->{rating_avg}, count => $row->{rating_count} },
    'its rating');
unlike($r->body, qr/\Q$row->{business_number}\E/, 'no business number');
unlike($r->body, qr/\Q$row->{representative}\E|\Q$row->{business_name}\E/, 'nor what belongs to it');
is($resort->{open_jobs}, $t->db("SELECT count(*) FROM posts WHERE resort_id = '$ONE' AND live
    AND least(deadline, ends_on) >= seoul_today()"), 'how many jobs are open');

is($t->get("/api/v1/resorts/$UNVERIFIED")->status, 404,
   'one that is not verified is not there');

$r = $t->get("/api/v1/resorts/$DELETED");
is($r->status, 410, 'a deleted one is gone');
is($r->json->{code}, 'resort_closed', 'and says so');

is_deeply([ sort keys %{ $t->get("/api/v1/resorts/$ONE?fields=name,rating")
                             ->json } ],
          [ qw(id name rating) ], 'only these fields');

done_testing;
