# POST /api/v1/resorts and /api/v1/resorts/{id}/profile: making a resort, what
# its own people see of it, and changing it.

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

my $member = ResortBite::Account->new($t, name => '김대표');
my $other = ResortBite::Account->new($t);
my $r;

my %new = (
    name => '  새벽 스키리조트 ', name_en => 'Dawn Ski Resort', type => 'ski',
    description => "첫째 줄\n둘째 줄", environment => '읍내에서 10분',
    benefits => [ '4대 보험', '식사 제공' ],
    photos => [ 'https://img.example/2.jpg', '/files/1.jpg', 'https://img.example/3.jpg' ],
    region => 'gangwon', address => '강원특별자치도 평창군 대관령면 올림픽로 715',
    lat => 37.6584, lng => 128.6811,
    contact => { phone => '033-330-1234', email => 'jobs@dawn.example',
                 website => 'https://dawn.example' },
    business_name => '주식회사 새벽', representative => '김대표', opened_on => '2019-03-02',
);

# Numbers with the right check digit, as tax offices give them; none is taken.

my $n = 310;

sub number {
    my $nine = sprintf '%03d81%04d', $n++, 1234;
    my @weight = (1, 3, 7, 1, 3, 7, 1, 3, 5);
    my @digit = split //, $nine;
    my $sum = int($digit[8] * 5 / 10);

    $sum += $digit[$_] * $weight[$_] for 0 .. 8;

    return $nine . (10 - $sum % 10) % 10;
}

sub dashed { return $_[0] =~ s/^(...)(..)(.....)$/$1-$2-$3/r }

sub create {
    my ($who, $json, %headers) = @_;

    return $who->post('/api/v1/resorts', json => $json, headers => \%headers);
}

sub events {
    my ($id, $action) = @_;

    return $t->db("SELECT count(*) FROM audit_events WHERE subject_id = '$id' AND action = '$action'");
}


# making one

is($t->post('/api/v1/resorts', json => { %new, business_number => number() })->status, 401,
   'nobody makes a resort');

my $number = number();
$r = create($member, { %new, business_number => dashed($number) });
is($r->status, 201, 'a member makes one') or diag $r->body;

my $made = $r->json;
my $id = $made->{id};
my $profile = "/api/v1/resorts/$id/profile";

is($r->header('location'), $profile, 'Location says where');
is($r->header('etag'), '"1"', 'at its first revision');
is($made->{name}, '새벽 스키리조트', 'its name, without what is around it');
is($made->{business_number}, $number, 'its number, without dashes');
is_deeply($made->{photos}, $new{photos}, 'photos in their order');
is_deeply($made->{contact}, $new{contact}, 'how to reach it');
is($made->{verification}{status}, 'waiting', 'it waits for a moderator');
is($made->{role}, 'owner', 'and has its owner');
ok(!$made->{open}, 'the public does not see it yet');
is($t->get("/api/v1/resorts/$id")->status, 404, 'indeed not');

$r = $member->get($profile);
is($r->status, 200, 'the owner reads it');
is_deeply($r->json, $made, 'and it is what was answered');
is($r->header('etag'), '"1"', 'with its revision');

is($t->db("SELECT roles FROM members WHERE id = '@{[ $member->id ]}'"), '{crew,resort}',
   'they act for a resort');
is($t->db("SELECT role FROM resort_members WHERE resort_id = '$id' AND member_id = '@{[ $member->id ]}'"),
   'owner', 'as its owner');
is($t->db("SELECT actor_id || ' ' || (detail->>'business_number') FROM audit_events
            WHERE subject_id = '$id' AND action = 'resort.created'"), $member->id . " $number",
   'the trail');
is($t->db("SELECT (detail->>'after') || ' ' || (detail->>'resort_id') FROM security_events
            WHERE action = 'roles.changed' AND member_id = '@{[ $member->id ]}'"), "owner $id",
   'that of roles, too');
is_deeply([ map { "$_->{id} $_->{role}" } @{ $member->get('/api/v1/me/resorts')->json->{items} } ],
          [ "$id owner" ], 'it is among theirs');


# the same request again, and another by its key

my %key = ('Idempotency-Key' => 'resort-of-today');
my $second = { %new, name => '두 번째', business_number => number() };
$r = create($member, $second, %key);
is($r->status, 201, 'with a key');
my $first = $r->body;
$r = create($member, $second, %key);
is($r->status, 201, 'sent again');
is($r->body, $first, 'it is answered the same');
is($r->header('idempotency-replayed'), 'true', 'and says so');
is(create($member, { %$second, name => '세 번째' }, %key)->status, 422, 'another with that key is not');
is($t->db("SELECT count(*) FROM resorts WHERE name = '두 번째'"), 1, 'there is one');

my $many = ResortBite::Account->new($t);
my $wanted = { %new, name => '여섯 번 보냄', business_number => number() };
my @answers = $t->parallel(6, sub { create($many, $wanted, 'Idempotency-Key' => 'six')->status });
is_deeply(\@answers, [ (201) x 6 ], 'six times at once is once');
is($t->db("SELECT count(*) FROM resorts WHERE name = '여섯 번 보냄'"), 1, 'one resort');

$wanted = { %new, name => '네 번 보냄', business_number => number() };
my @four = map { ResortBite::Account->new($t) } 1 .. 4;
@answers = sort $t->parallel(4, sub { create($four[$_[0]], $wanted)->status });
is("@answers", '201 409 409 409', 'of four with one number one gets it');


# what is wrong is named

sub wrong {
    my (%change) = @_;

    $r = create($other, { %new, business_number => number(), %change });

    return $r->status != 400 ? $r->status . ' ' . $r->body
        : join ' ', map { "$_->{field}:$_->{code}" } @{ $r->json->{errors} };
}

is(wrong(business_number => '123-45-67890'), 'business_number:check_digit', 'a wrong check digit');
like($r->json->{errors}[0]{detail}, qr/검증 번호/, 'which is what is said');
is(wrong(business_number => '0000000000'), 'business_number:check_digit', 'all zeros');
is(wrong(business_number => '12345'), 'business_number:not_a_business_number', 'too short');
is(wrong(business_number => number() . '1'), 'business_number:not_a_business_number', 'too long');
is(wrong(business_number => 'abc'), 'business_number:not_a_business_number', 'no number');
is(wrong(business_number => undef), 'business_number:required', 'none');
is(wrong(name => undef), 'name:required', 'no name');
is(wrong(name => "두\n줄"), 'name:invalid', 'a name on two lines');
is(wrong(name => '   '), 'name:invalid', 'one of blanks');
like(wrong(type => 'castle'), qr/^type:/, 'no such type');
like(wrong(region => 'atlantis'), qr/^region:/, 'no such region');
like(wrong(lat => 51), qr/^lat:/, 'a place elsewhere');
is(wrong(region => 'jeju'), 'address:other_region', 'an address of another region');
like($r->json->{errors}[0]{detail}, qr/\(jeju\).*제주특별자치도/, 'which it names');
is(wrong(address => '평창군 대관령면 올림픽로 715'), 'address:other_region', 'or of none');
is(wrong(contact => { phone => '010 1234 5678' }), 'contact.phone:invalid', 'a telephone number');
is(wrong(contact => { phone => '0507-1234-5678', website => 'javascript:alert(1)' }),
   'contact.website:invalid', 'a website');
is(wrong(contact => { email => 'nobody' }), 'contact.email:invalid', 'an e-mail address');
like(wrong(contact => { fax => '1' }), qr/^contact\.fax:/, 'nothing unknown');
like(wrong(photos => [ 'http://plain.example/a.jpg' ]), qr/^photos:/, 'photos by https only');
like(wrong(photos => [ ('/p.jpg') x 31 ]), qr/^photos:/, 'and not that many');
is(wrong(opened_on => '2099-01-01'), 'opened_on:in_the_future', 'a day that has not come');
is(wrong(name => "", business_number => '1'), 'name:too_short', 'limits come first');
is(wrong(opened_on => '2099-01-01', business_number => '1'),
   'business_number:not_a_business_number opened_on:in_the_future', 'what is wrong is told at once');
like(wrong(verification => { status => 'verified' }), qr/^verification/, 'nobody verifies themself');
is($t->db("SELECT count(*) FROM resort_members WHERE member_id = '@{[ $other->id ]}'"), 0,
   'nothing was made');

$r = create($other, { %new, business_number => $number });
is($r->status, 409, 'a number that is taken');
is($r->json->{code}, 'business_number_taken', 'is told so');
is($t->db("SELECT roles FROM members WHERE id = '@{[ $other->id ]}'"), '{crew}', 'and nobody acts for it');

my $unproved = ResortBite::Account->new($t, verified => 0);
$r = create($unproved, { %new, business_number => number() });
is($r->status . ' ' . $r->json->{code}, '403 email_not_verified', 'an address that was not proved');

my $busy = ResortBite::Account->new($t);
my @codes = map { create($busy, { %new, business_number => number() })->status } 1 .. 7;
is("@codes", '201 201 201 201 201 429 429', 'five a day by one member');

$busy = ResortBite::Account->new($t);
my @last = ({ %new, business_number => number() }, 'Idempotency-Key' => 'the-fifth');
create($busy, { %new, business_number => number() }) for 1 .. 4;
$r = create($busy, @last);
is($r->status, 201, 'the fifth');
my $fifth = $r->json->{id};
$r = create($busy, @last);
is($r->status, 201, 'who lost its answer gets it again') or diag $r->body;
is($r->json->{id}, $fifth, 'and no sixth');
$last[0] = { %{ $last[0] }, name => '여섯째' };
is(create($busy, @last)->status, 429, 'the key does not get another one in');


# a resort that has not told enough

$r = create($other, { (map { $_ => $new{$_} } qw(name type region address lat lng)),
                      business_number => number() });
is($r->status, 201, 'what is needed is little') or diag $r->body;
is($r->json->{verification}{status}, 'none', 'it does not ask to be verified');
is_deeply($r->json->{contact}, { phone => undef, email => undef, website => undef }, 'has no contact')
    or diag $r->body;

my $little = $r->json->{id};

sub change {
    my ($who, $resort, $json, $match) = @_;

    return $who->patch("/api/v1/resorts/$resort/profile", json => $json,
                       headers => { 'If-Match' => $match // '*' });
}

$r = change($other, $little, { business_name => '작은 상사', representative => '박대표' });
is($r->json->{verification}{status}, 'none', 'nor with half of it');
$r = change($other, $little, { opened_on => '2001-02-03' });
is($r->json->{verification}{status}, 'waiting', 'with all of it it does');
ok($r->json->{verification}{asked_at}, 'since now');
$r = change($other, $little, { representative => undef });
is($r->json->{verification}{status}, 'none', 'and takes that back');


# changing one

$r = $member->patch($profile, json => { name => '다른 이름' });
is($r->status, 428, 'not without If-Match');
$r = change($member, $id, { name => '다른 이름' }, '"7"');
is($r->status, 412, 'nor with another revision');
$r = change($member, $id, { name => '노을 스키리조트', contact => { phone => undef } }, '"1"');
is($r->status, 200, 'with that which was read') or diag $r->body;
is($r->header('etag'), '"2"', 'the revision is another');
is($r->json->{name}, '노을 스키리조트', 'the name is');
is($r->json->{contact}{phone}, undef, 'null empties');
is($r->json->{contact}{email}, 'jobs@dawn.example', 'what was not sent stays');
is_deeply($r->json, $member->get($profile)->json, 'as is read then');
is(change($member, $id, { name => '늦었다' }, '"1"')->status, 412, 'who comes second is late');

is($t->db("SELECT detail FROM audit_events WHERE subject_id = '$id' AND action = 'resort.changed'"),
   '{"after": {"name": "노을 스키리조트"}, "before": {"name": "새벽 스키리조트"}, '
   . '"fields": ["contact_phone", "name"]}', 'the trail says what');

$r = change($member, $id, { name => ' 노을 스키리조트' }, '"2"');
is($r->status . ' ' . $r->header('etag'), '200 "2"', 'the same is no change');
is(events($id, 'resort.changed'), 1, 'in the trail neither');

$r = change($member, $id, { name => undef, type => undef });
is_deeply([ map { "$_->{field}:$_->{code}" } @{ $r->json->{errors} } ],
          [ 'name:not_null', 'type:not_null' ], 'what a resort has to have can\'t be null');
$r = change($member, $id, { business_number => '123-45-67890', contact => { phone => '1' } });
is($r->json->{errors}[0]{field}, 'contact.phone', 'wrong fields are named');
is(change($member, $id, { business_number => '123-45-67890' })->json->{errors}[0]{field},
   'business_number', 'the number, too');
is(change($member, $id, { contact => { website => 'x://y.zzzz' } })->json->{errors}[0]{field},
   'contact.website', 'and what the database finds');
is(change($member, $id, { rating => { average => 5 } })->status, 400, 'not what is only read');
is(change($member, $id, { business_number => $made->{business_number} })->status, 200, 'its own number');
is(change($member, $id, { business_number => $t->db('SELECT business_number FROM resorts WHERE open LIMIT 1') })
       ->json->{code}, 'business_number_taken', 'not another\'s');

my @order = map { "https://img.example/$_.jpg" } 5, 3, 9, 1;
$r = change($member, $id, { photos => \@order, benefits => [] });
is_deeply($r->json->{photos}, \@order, 'photos in a new order');
is_deeply($r->json->{benefits}, [], 'no benefits');
$t->db("UPDATE resorts SET business_verified_at = now() WHERE id = '$id'");
is_deeply($t->get("/api/v1/resorts/$id")->json->{photos}, \@order, 'which the public sees');
change($member, $id, { photos => [ reverse @order ] });

my $shown;

for (1 .. 50) {
    $shown = $t->get("/api/v1/resorts/$id")->json->{photos};
    last if "@$shown" eq join ' ', reverse @order;
    select undef, undef, undef, 0.1;
}

is_deeply($shown, [ reverse @order ], 'and sees changed');


# posts go with the address

my $moved = $t->db("SELECT id FROM posts WHERE live AND resort_id = (
    SELECT resort_id FROM posts WHERE live ORDER BY id LIMIT 1) ORDER BY id LIMIT 1");
my $home = $t->db("SELECT resort_id FROM posts WHERE id = '$moved'");
my $keeper = ResortBite::Account->new($t, resort => [ $home, 'manager' ]);

$r = change($keeper, $home, { region => 'jeju', address => '제주특별자치도 서귀포시 중문로 1',
                              lat => 33.25, lng => 126.41 });
is($r->status, 200, 'a manager moves a resort') or diag $r->body;

{
    my %place = (region => 'jeju', address => '제주특별자치도 서귀포시 중문로 1', lat => 33.25, lng => 126.41);

    for my $kept ([qw(region)], [qw(address)], [qw(lat lng)], [qw(address lat lng)]) {
        my %some = map { $_ => $place{$_} } @$kept;

        my $r = change($keeper, $home, \%some);
        is($r->status, 400, "@$kept alone: 400");
        is_deeply([ map { "$_->{field} $_->{code}" } @{ $r->json->{errors} } ],
                  [ map { "$_ missing" } grep { !exists $some{$_} } qw(region address lat lng) ], 'names what lacks');
    }

    my $r = change($keeper, $home, { %place, address => '강원특별자치도 평창군 1' });
    is_deeply([ $r->status, map { "$_->{field} $_->{code}" } @{ $r->json->{errors} || [] } ],
              [ 400, 'address other_region' ], 'nor an address elsewhere');
}
is($t->db("SELECT region_code || ' ' || address || ' ' || lat FROM posts WHERE id = '$moved'"),
   'jeju 제주특별자치도 서귀포시 중문로 1 33.25', 'its posts move, too');
is($t->get("/api/v1/jobs/$moved")->json->{workplace}{region}, 'jeju', 'as the public sees');

is($r->json->{posts}{approved}, $t->db("SELECT count(*) FROM posts WHERE resort_id = '$home' AND live"),
   'how many are live');
is($r->json->{posts}{draft} + $r->json->{posts}{expired},
   $t->db("SELECT count(*) FROM posts WHERE resort_id = '$home' AND deleted_at IS NULL
              AND status IN ('draft', 'expired')"), 'and not');
is($r->json->{beds}, $t->db("SELECT count(*) FROM beds AS b JOIN rooms AS r ON r.id = b.room_id
    JOIN dormitories AS d ON d.id = r.dormitory_id WHERE d.resort_id = '$home'
      AND b.retired_at IS NULL"), 'and how many beds');

$r = change($keeper, $home, { contact => { phone => undef, email => undef, website => undef } });
is($r->status, 400, 'live posts keep a contact');
is_deeply([ map { "$_->{field} $_->{code}" } @{ $r->json->{errors} } ], [ 'contact required' ],
          'names it');
is($t->db("SELECT count(*) FROM resorts WHERE id = '$home'
            AND coalesce(contact_phone, contact_email, website) IS NOT NULL"), 1, 'and has it still');
is(change($keeper, $home, { contact => { phone => '033-330-9999', email => undef, website => undef } })->status,
   200, 'one is enough');


# public: jobs that are open today

is($t->get("/api/v1/resorts/$home")->json->{open_jobs},
   $t->db("SELECT count(*) FROM posts WHERE resort_id = '$home' AND live
              AND least(deadline, ends_on) >= seoul_today()"), 'the public is told of open jobs');
$t->db("UPDATE posts SET apply_until = seoul_today() - 1 WHERE id = '$moved'");

my $open = $t->db("SELECT count(*) FROM posts WHERE resort_id = '$home' AND live
                      AND least(deadline, ends_on) >= seoul_today()");
my $told;

for (1 .. 50) {
    $told = $t->get("/api/v1/resorts/$home")->json->{open_jobs};
    last if $told == $open;
    select undef, undef, undef, 0.1;
}

is($told, $open, 'one whose time is over is none');


# whose it is

my $recruiter = ResortBite::Account->new($t, resort => [ $home, 'recruiter' ]);
is($recruiter->get("/api/v1/resorts/$home/profile")->json->{role}, 'recruiter', 'a recruiter reads');
$r = change($recruiter, $home, { name => '내 이름' });
is($r->status, 403, 'but changes nothing');

for my $stranger ($member, $other, ResortBite::Account->new($t)) {
    is($stranger->get("/api/v1/resorts/$home/profile")->status, 403, 'another resort\'s people read nothing');
    is(change($stranger, $home, { name => '남의 이름' })->status, 403, 'nor change it');
}

isnt($t->db("SELECT name FROM resorts WHERE id = '$home'"), '남의 이름', 'indeed');


# many at once

my $revision = $t->db("SELECT revision FROM resorts WHERE id = '$id'");
@answers = sort $t->parallel(8, sub {
    my ($i) = @_;
    return change($member, $id, { environment => "동시에 $i" }, qq("$revision"))->status;
});
is("@answers", '200 412 412 412 412 412 412 412', 'of eight with one revision one changes it');
is($t->db("SELECT revision FROM resorts WHERE id = '$id'"), $revision + 1, 'once');

my %each = (
    name => '함께 바꾼 이름', name_en => 'Together', description => '소개',
    environment => '주변', representative => '이대표', benefits => [ '함께' ],
    photos => [ '/files/together.jpg' ],
);
my @fields = sort keys %each;
@answers = $t->parallel(scalar @fields, sub {
    my ($i) = @_;
    return change($member, $id, { $fields[$i] => $each{$fields[$i]} })->status;
});
is("@answers", join(' ', (200) x @fields), 'each another field at once');
$r = $member->get($profile);
is_deeply({ map { $_ => $r->json->{$_} } @fields }, \%each, 'none is lost');
is($t->db("SELECT revision FROM resorts WHERE id = '$id'"), $revision + 1 + @fields, 'nor a revision');


# the check digit is that of the database

my ($state, @tried, @taken) = (20261123);

for (1 .. 40) {
    $state = ($state * 1103515245 + 12345) % 2**31;
    push @tried, sprintf '%010d', ($state * 7919 + $_) % 1e10;
}

for (1 .. 10) {
    push @tried, substr(number(), 0, 9) . $_ % 10;
}

my @valid = split /\n/, $t->db('SELECT business_number_valid(n) FROM unnest(ARRAY['
    . join(', ', map { "'$_'" } @tried) . ']) WITH ORDINALITY AS u (n, i) ORDER BY i');

for my $one (@tried) {
    $r = change($other, $little, { business_number => $one });
    push @taken, $r->status == 400 && $r->json->{errors}[0]{code} eq 'check_digit' ? 'f' : 't';
}

is("@taken", "@valid", 'numbers are right here that are right there');
ok((grep { $_ eq 't' } @valid) && (grep { $_ eq 'f' } @valid), 'of both kinds');

is($t->db('SELECT count(*) FROM security_events_verify()'), 0, 'the trail is whole');

done_testing;
