# A resort writes a post and changes it: what may be said, If-Match, versions,
# and that a public post which becomes worse goes back to review by itself.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use JSON::PP ();
use Test::More;
use ResortBite;
use ResortBite::Account;
use ResortBite::Desk;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $desk = ResortBite::Desk->new;
my ($owner, $base, $resort) = ($desk->owner, $desk->base, $desk->resort);
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
my $r;


sub edit {
    my ($post, $json, $match, %headers) = @_;

    $match //= '"' . $desk->column($post, 'revision') . '"';

    return $owner->patch($desk->at($post), json => $json,
                         headers => { $match ? ('If-Match' => $match) : (), %headers });
}

sub fields { return [ map { "$_->{field} $_->{code}" } @{ $_[0]->json->{errors} || [] } ] }


# a draft needs a title only, and is where the resort is

$r = $desk->recruiter->post($base, json => { title => '  겨울 알바  ' });
is($r->status, 201, 'a draft') or diag $r->body;
my $draft = $r->json;
is($draft->{title}, '겨울 알바', 'trimmed');
is($owner->post($base, json => { title => "\x{202e}바알\x{200b} 울겨\x{2066}" })->json->{title}, '바알 울겨',
   'without what turns text round or isn\'t seen');
is($owner->post($base, json => { title => "\x{200b}\x{2060}\x{3164}" })->json->{errors}[0]{field}, 'title',
   'of which nothing is left: 400');
is($r->header('location'), "$base/$draft->{id}", 'Location says where');
is($r->header('etag'), '"1"', 'the ETag what it is edited by');
is_deeply([ @$draft{qw(resort_id status version revision)} ], [ $resort, 'draft', 1, 1 ], 'all of it');

$r = $owner->get("$base/$draft->{id}");
is($r->status, 200, 'which can be read');
is($r->header('etag'), '"1"', 'with its revision');
my $json = $r->json;
is_deeply([ @{ $json->{workplace} }{qw(region address)} ],
          [ split /\|/, $desk->db("SELECT region_code, address FROM resorts WHERE id = '$resort'") ],
          'the place is the resort\'s');
is_deeply([ @{ $json->{pay} }{qw(type min max hourly daily_minutes)} ],
          [ undef, undef, undef, undef, 480 ], 'pay is not settled');
is_deeply([ $json->{category}, $json->{period}, $json->{apply_until} ], [ undef, undef, undef ],
          'nor what else a draft may lack');
is_deeply($json->{allowed_states}, [ 'pending' ], 'it may be submitted');
is_deeply([ sort map { $_->{field} } grep { $_->{rule} eq 'incomplete' } @{ $json->{findings} } ],
          [ sort qw(description category employment_type pay.type pay.min pay.max period.from) ],
          'and it says what is lacking');
is($desk->db("SELECT action || ' ' || actor_id FROM audit_events WHERE subject_id = '$draft->{id}'"),
   'post.created ' . $desk->recruiter->id, 'the trail');

# what is wrong is told, all at once, by the names that the client wrote

$r = $owner->post($base, json => { pay => { min => 0, type => 'yearly', bonus => 1 },
                                   period => { from => 'soon' }, meals => 4, benefits => [ '' ] });
is($r->status, 400, 'wrong: 400');
is_deeply([ sort map { $_->{field} } @{ $r->json->{errors} } ],
          [ sort qw(title pay.min pay.type pay.bonus period.from meals benefits) ], 'each of them')
    or diag $r->body;

my $dormitory = $desk->db("SELECT id FROM dormitories WHERE resort_id = '@{[ $desk->other ]}' LIMIT 1");
my $work = $desk->db("SELECT id FROM work_types WHERE resort_id = '@{[ $desk->other ]}' LIMIT 1");

for ([ 'pay.max below_min', pay => { type => 'hourly', min => 20000, max => 15000 } ],
     [ 'period.until before_from', period => { from => '2027-03-02', until => '2027-03-01' } ],
     [ 'period.from required', period => { until => '2027-03-01' } ],
     [ 'apply_until after_until', period => { from => '2027-01-01', until => '2027-03-01' },
       apply_until => '2027-03-02' ],
     [ 'title length', title => ' x ' ],
     [ 'pay.min not_nested', 'pay.min' => 12000 ],
     [ 'description too_long', description => '가' x 6001 ],
     [ 'requirements too_long', requirements => '가' x 2001 ],
     [ 'dormitory_id without_dormitory', dormitory => $false, dormitory_id => $dormitory ],
     [ 'dormitory_id unknown', dormitory_id => $dormitory ],
     [ 'work_type_ids unknown', work_type_ids => [ $work ] ])
{
    my ($wrong, %body) = @$_;
    $r = $owner->post($base, json => { title => '제목', %body });
    is($r->status, 400, "$wrong: 400");
    is_deeply(fields($r), [ $wrong ], 'and says so') or diag $r->body;
}

# all that a post says comes back as it was written

my $bed = $desk->db("SELECT id FROM dormitories WHERE resort_id = '$resort' AND deleted_at IS NULL LIMIT 1");
my @work = split /\n/, $desk->db("SELECT id FROM work_types WHERE resort_id = '$resort'
                                     AND deleted_at IS NULL ORDER BY id DESC LIMIT 2");
my $whole = $desk->post(
    dormitory_id => $bed, work_type_ids => \@work, requirements => "주말 근무 가능\n밝은 분",
    workplace => { region => 'jeju', address => '제주특별자치도 제주시 첨단로 242',
                   lat => 33.45, lng => 126.57 });

$r = $owner->post($base, json => $whole);
is($r->status, 201, 'a whole one') or diag $r->body;
my $post = $r->json->{id};
$json = $owner->get($desk->at($post))->json;
is_deeply({ map { $_ => $json->{$_} } grep { !ref $whole->{$_} || ref $whole->{$_} eq 'ARRAY' } keys %$whole },
          { map { $_ => $whole->{$_} } grep { !ref $whole->{$_} || ref $whole->{$_} eq 'ARRAY' } keys %$whole },
          'is read as it was written');
is_deeply({ map { $_ => $json->{pay}{$_} } qw(type min max) }, $whole->{pay}, 'its pay');
is_deeply($json->{period}, $whole->{period}, 'its dates');
is($json->{workplace}{$_}, $whole->{workplace}{$_}, "its $_") for qw(region address lat lng);
is_deeply([ map { $_->{id} } @{ $json->{work_types} } ], \@work, 'its work types, in their order');
is($desk->db("SELECT count(*) FROM post_work_types WHERE post_id = '$post'"), 2, 'as keys, too');


# repeated with its key it is made once

my %key = (headers => { 'Idempotency-Key' => "\"make-$$\"" });
$r = $owner->post($base, json => { title => '한 번만' }, %key);
my $again = $owner->post($base, json => { title => '한 번만' }, %key);
is($again->status, 201, 'the same again');
is($again->body, $r->body, 'the same bytes');
is($again->header('idempotency-replayed'), 'true', 'said so');
is($again->header('etag'), '"1"', 'with the ETag');
is(edit($again->json->{id}, { headcount => 2 }, $again->header('etag'))->status, 200, 'by which it is edited');
is($desk->db("SELECT count(*) FROM posts WHERE title = '한 번만'"), 1, 'one post');
is($owner->post($base, json => { title => '다른 것' }, %key)->status, 422, 'the key for another: 422');
is($desk->manager->post($base, json => { title => '한 번만' }, %key)->status, 201, 'keys are each member\'s own');


my @twins;
for (1 .. 6) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $status = eval { $owner->post($base, json => { title => '여섯이 함께' },
            headers => { 'Idempotency-Key' => "\"twins-$$desk{resort}\"" })->status } // 0;
        require POSIX;
        POSIX::_exit($status == 201 ? 0 : 1);
    }
    push @twins, $pid;
}
is((grep { waitpid $_, 0; $? } @twins), 0, 'six at once with one key');
is($desk->db("SELECT count(*) FROM posts WHERE title = '여섯이 함께'"), 1, 'make one post');


# If-Match

is(edit($post, { meals => 1 }, '')->status, 428, 'without If-Match: 428');
is(edit($post, { meals => 1 }, '"7"')->status, 412, 'another revision: 412');
is($desk->column($post, 'revision'), 1, 'nothing changed');
$r = edit($post, { meals => 1 }, '"1"');
is($r->status, 200, 'the right one') or diag $r->body;
is($r->header('etag'), '"2"', 'makes the next');
is(edit($post, { meals => 2 }, '"1"')->status, 412, 'and is good once');
is(edit($post, { meals => 2 }, '"1", "2"')->status, 200, 'one of several');
is(edit($post, { meals => 3 }, '*')->status, 200, 'any');
$r = edit($post, { meals => 3 });
is($r->status, 200, 'what changes nothing');
is($r->header('etag'), '"4"', 'raises nothing');

my $edited = $desk->db("SELECT updated_at FROM posts WHERE id = '$post'");


# null empties what may be empty, and nothing else

$r = edit($post, { apply_until => undef, dormitory_id => undef, period => { until => undef } });
is($r->status, 200, 'null empties') or diag $r->body;
is_deeply([ $r->json->{apply_until}, $r->json->{dormitory_id}, $r->json->{period}{until} ],
          [ undef, undef, undef ], 'them');
$r = edit($post, { title => undef, pay => { daily_minutes => undef }, benefits => undef });
is($r->status, 400, 'but not what can\'t be');
is_deeply(fields($r), [ 'title not_null', 'pay.daily_minutes not_null', 'benefits not_null' ], 'says which');


# a workplace is one place: it changes as a whole, and its address is of its region

{
    my %place = (region => 'gangwon', address => '강원특별자치도 평창군 대관령면 올림픽로 715',
                 lat => 37.6584, lng => 128.6811);

    for my $kept ([qw(region)], [qw(address)], [qw(lat)], [qw(lng)], [qw(lat lng)], [qw(region address)],
                  [qw(region lat lng)], [qw(address lat lng)])
    {
        my %some = map { $_ => $place{$_} } @$kept;
        my $lacks = [ map { "workplace.$_ missing" } grep { !exists $some{$_} } qw(region address lat lng) ];

        $r = edit($post, { workplace => \%some });
        is($r->status, 400, "@$kept alone: 400");
        is_deeply(fields($r), $lacks, 'names what lacks') or diag $r->body;
        like($r->json->{errors}[0]{detail}, qr/workplace\.$kept->[0]/, 'and what it belongs to');
        $r = $owner->post($base, json => { title => '반쪽', workplace => \%some });
        is_deeply([ $r->status, fields($r) ], [ 400, $lacks ], 'of a new one, too');
    }

    my %of = (gangwon => [ '강원도 평창군 1', '강원 평창군 1', '강원특별자치도 평창군 1', ' 강원도 평창군 1' ],
              jeonbuk => [ '전라북도 무주군 1', '전북 무주군 1', '전북특별자치도 무주군 1' ],
              chungbuk => [ '충청북도 단양군 1', '충북 단양군 1' ]);

    for my $region (sort keys %of) {
        is(edit($post, { workplace => { %place, region => $region, address => $_ } })->status, 200, "$region: $_")
            for @{ $of{$region} };
    }

    for ([ 'jeju', '강원특별자치도 평창군 1' ], [ 'gangwon', '전라북도 무주군 1' ], [ 'gangwon', '평창군 강원로 1' ],
         [ 'jeonnam', '전라북도 무주군 1' ])
    {
        my ($region, $address) = @$_;

        $r = edit($post, { workplace => { %place, region => $region, address => $address } });
        is_deeply([ $r->status, fields($r) ], [ 400, [ 'workplace.address other_region' ] ], "$region isn't $address");
        like($r->json->{errors}[0]{detail}, qr/\($region\).*시작해야/, 'which region');
    }

    like($owner->patch($desk->at($post), headers => { 'If-Match' => '*', 'Accept-Language' => 'en' },
                       json => { workplace => { %place, region => 'jeju' } })->json->{errors}[0]{detail},
         qr/must begin with the name of its region \(jeju\)/, 'in English, too');
    is(edit($post, { workplace => { %place, region => undef } })->json->{errors}[0]{code}, 'not_null', 'none is null');

    $desk->db("UPDATE posts SET region_code = 'jeju', address = '제주특별자치도 제주시 첨단로 242', lat = 33.45,
                      lng = 126.57 WHERE id = '$post'");
}
$r = edit($post, { dormitory => $false });
is_deeply([ $r->json->{dormitory}, $r->json->{dormitory_id} ], [ $false, undef ], 'without a bed, no dormitory');
$r = edit($post, { dormitory_id => $bed });
is_deeply([ $r->json->{dormitory}, $r->json->{dormitory_id} ], [ $true, $bed ], 'with one, there is a bed');
$r = edit($post, { benefits => [], work_type_ids => [ $work[1], $work[1] ], requirements => '' });
is_deeply([ @{ $r->json }{qw(benefits work_type_ids requirements)} ], [ [], [ $work[1] ], '' ], 'empty lists');


# every change of what it says is a version

$r = $owner->get($desk->at($post) . '/versions');
is($r->status, 200, 'its versions');
my @versions = @{ $r->json->{items} };
is_deeply([ map { $_->{version} } @versions ], [ reverse 1 .. $desk->column($post, 'version') ], 'all, without a gap');
is_deeply($versions[-1]{changed}, [], 'the first changed nothing');
is_deeply($versions[-2]{changed}, [ 'meals' ], 'the second the meals');
is_deeply($versions[-2]{worse}, [ 'meals' ], 'which became fewer');
is_deeply($versions[-3]{worse}, [], 'then more');
is_deeply([ map { $_->{current} ? 1 : 0 } @versions[0, 1] ], [ 1, 0 ], 'the first is the present one');
is($versions[0]{changed_by}{id}, $owner->id, 'by whom');

$r = $owner->get($desk->at($post) . '/versions?limit=2');
is_deeply([ map { $_->{version} } @{ $r->json->{items} } ], [ map { $_->{version} } @versions[0, 1] ], 'page by page');
$r = $owner->get($desk->at($post) . '/versions?limit=100&cursor=' . $r->json->{next});
is_deeply([ map { $_->{version} } @{ $r->json->{items} } ], [ map { $_->{version} } @versions[2 .. $#versions] ], 'to the end');

$r = $owner->get($desk->at($post) . '/versions/1');
is($r->status, 200, 'what one said');
is_deeply({ map { $_ => $r->json->{pay}{$_} } qw(type min max) }, $whole->{pay}, 'its pay');
is_deeply([ $r->json->{meals}, $r->json->{period}, $r->json->{work_type_ids}, $r->json->{dormitory_id} ],
          [ 2, $whole->{period}, \@work, $bed ], 'as it was');
is($owner->get($desk->at($post) . "/versions/$versions[0]{version}")->json->{dormitory_id}, $bed, 'the present one, too');
is($owner->get($desk->at($post) . '/versions/99')->status, 404, 'one there isn\'t');
is($owner->get("$base/$resort/versions")->status, 404, 'of a post there isn\'t');


# a public one that becomes worse goes back to review, and says why

my %bed = (dormitory_id => $bed, work_type_ids => "{$work[0],$work[1]}");

for ([ 'less pay', [ 'pay.min' ], pay => { min => 11000 } ],
     [ 'less at most', [ 'pay.max' ], pay => { max => 12500 } ],
     [ 'other dates', [ 'period.from' ], period => { from => $desk->day(31) } ],
     [ 'another end', [ 'period.until' ], period => { until => $desk->day(91) } ],
     [ 'no bed', [ 'dormitory' ], dormitory => $false ],
     [ 'fewer meals', [ 'meals' ], meals => 1 ],
     [ 'a benefit less', [ 'benefits' ], benefits => [ '셔틀' ] ],
     [ 'other work', [ 'work_type_ids' ], work_type_ids => [ $work[0] ] ],
     [ 'another address', [ 'workplace.address' ],
       workplace => { region => 'gangwon', address => '강원특별자치도 정선군 고한읍 1', lat => 37.2, lng => 128.8 } ],
     [ 'another region', [ 'workplace.region', 'workplace.address' ],
       workplace => { region => 'jeju', address => '제주특별자치도 제주시 1', lat => 33.45, lng => 126.57 } ],
     [ 'another place by the same address', [ 'workplace.lat' ],
       workplace => { region => 'gangwon', address => '강원특별자치도 평창군 대관령면 1', lat => 37.62, lng => 128.7 } ],
     [ 'less and fewer', [ 'pay.min', 'meals' ], pay => { min => 11000 }, meals => 0 ])
{
    my ($what, $worse, %patch) = @$_;

    for my $state (qw(approved paused)) {
        my $post = $desk->insert(status => $state, %bed);
        $r = edit($post, \%patch);
        is($r->status, 200, "$what ($state)") or diag $r->body;
        is($r->json->{status}, 'pending', 'back in review');
        is($r->json->{back_in_review}, $true, 'which it says');
        is_deeply($r->json->{worse}, $worse, 'and what is worse');
        like($r->json->{status_reason}, qr/지원자에게 불리해진 항목: \S/, 'in words, too');
        is_deeply([ @{ $r->json }{qw(version approved_version)} ], [ 2, 1 ], 'the public saw the one before');
        is($desk->db("SELECT concat_ws(' ', from_status, to_status, actor_id) FROM post_status_changes
                       WHERE post_id = '$post'"), "$state pending " . $owner->id, 'a step of its history');
        is($desk->db("SELECT count(*) FROM outbox WHERE key = 'job:$post' AND topic = 'post.sent_to_review'"),
           1, 'the moderators hear of it');
    }
}

for ([ 'the place, more exactly',
       workplace => { region => 'gangwon', address => '강원특별자치도 평창군 대관령면 1', lat => 37.603, lng => 128.704 } ],
     [ 'more pay', pay => { min => 12500, max => 14000 } ], [ 'a typo', title => '곤돌라 안내' ],
     [ 'more meals', meals => 3 ], [ 'one more benefit', benefits => [ '시즌권', '셔틀', '식사' ] ],
     [ 'more people', headcount => 9 ], [ 'a later deadline', apply_until => undef ])
{
    my ($what, %patch) = @$_;
    my $post = $desk->insert(status => 'approved', %bed);
    $r = edit($post, \%patch);
    is($r->json->{status}, 'approved', "$what: it stays public") or diag $r->body;
    is_deeply([ @{ $r->json }{qw(version approved_version worse back_in_review)} ], [ 2, 2, [], $false ],
              'and that is what the public sees');
}

# a resort that moves takes its posts along: nothing of it is to be reviewed

{
    my %there = map { $_ => $desk->insert(status => 'approved', %bed) } qw(approved paused);
    my ($region, $address, $lat, $lng) = split /\|/, $desk->db(
        "SELECT region_code, address, lat, lng FROM resorts WHERE id = '$resort'");

    $desk->db("UPDATE posts SET region_code = '$region', address = '$address', lat = $lat, lng = $lng
                WHERE id IN ('$there{approved}', '$there{paused}')");
    $desk->db("UPDATE posts SET status = 'paused' WHERE id = '$there{paused}'");
    my $at = $desk->column($there{paused}, 'version');

    $r = $owner->patch("/api/v1/resorts/$resort/profile", headers => { 'If-Match' => '*' },
                       json => { region => 'jeju', address => '제주특별자치도 제주시 옮긴길 1', lat => 33.45, lng => 126.57 });
    is($r->status, 200, 'a resort moves') or diag $r->body;

    for my $state (sort keys %there) {
        my $json = $owner->get($desk->at($there{$state}))->json;
        is($json->{workplace}{address}, '제주특별자치도 제주시 옮긴길 1', "its $state post goes along");
        is_deeply([ @{ $json }{qw(status worse)} ], [ $state, [] ], 'and stays what it was');
        is($json->{approved_version}, $json->{version}, 'as the public sees it');
        is(edit($there{$state}, { title => '옮긴 뒤 제목' })->json->{status}, $state, 'another title, too');
    }
    cmp_ok($desk->column($there{paused}, 'version'), '>', $at, 'as a version');

    $owner->patch("/api/v1/resorts/$resort/profile", headers => { 'If-Match' => '*' },
                  json => { region => $region, address => $address, lat => 0 + $lat, lng => 0 + $lng });
}

# a new word that somebody must look at does the same; an old one doesn't

$post = $desk->insert(status => 'approved', requirements => '용모 단정한 분');
is(edit($post, { title => '제목만' })->json->{status}, 'approved', 'a word that was there before');
$r = edit($post, { requirements => '용모 단정한 분, 키 170cm 이상' });
is($r->json->{status}, 'pending', 'a new word goes to review');
like($r->json->{status_reason}, qr/확인이 필요한 표현: .*키 170/, 'and says which');

# the reason is said in whose language it is read

{
    my $post = $desk->insert(status => 'approved', %bed, requirements => '없음');
    edit($post, { meals => 0, pay => { min => 11500 }, requirements => '키 170cm 이상' });
    my $moderator = ResortBite::Account->new($desk->t, roles => [ 'moderator' ], second => 1);
    my $said = { ko => '지원자에게 불리해진 항목: 최저 급여, 하루 식사 / 확인이 필요한 표현: 키 170',
                 en => 'worse for applicants: Least pay, Meals a day / words to be looked at: 키 170' };

    for my $lang (qw(ko en)) {
        my %in = (headers => { 'Accept-Language' => $lang });
        is($owner->get($desk->at($post), %in)->json->{status_reason}, $said->{$lang}, "one in $lang");
        my ($in_list) = grep { $_->{id} eq $post } @{ $owner->get("$base?status=pending&limit=100", %in)->json->{items} };
        is($in_list->{status_reason}, $said->{$lang}, 'the list');
        is($owner->get($desk->at($post) . '/history', %in)->json->{items}[0]{reason}, $said->{$lang}, 'the history');
        is($moderator->get("/api/v1/admin/posts/$post", %in)->json->{status_reason}, $said->{$lang}, 'a moderator');
        my ($in_queue) = grep { $_->{id} eq $post }
            @{ $moderator->get("/api/v1/admin/posts?resort=$resort&limit=100", %in)->json->{items} };
        is($in_queue->{status_reason}, $said->{$lang}, 'their queue');
    }

    # what a moderator writes is as it was written, whatever it looks like
    for my $reason ('급여를 다시 확인해 주세요', '@worse', '@worse {"x', '@words ') {
        $desk->db("UPDATE posts SET status = 'pending', status_reason = '$reason' WHERE id = '$post'");
        is($owner->get($desk->at($post))->json->{status_reason}, $reason, "\"$reason\"") if $reason !~ / $|\{/;
        is($owner->get($desk->at($post))->status, 200, 'is no error');
    }
}

# less pay twice, once better again: worse is what the public doesn't know

$post = $desk->insert(status => 'approved');
edit($post, { pay => { min => 11000 } });
$r = edit($post, { pay => { min => 11500 } });
is_deeply([ $r->json->{status}, $r->json->{worse} ], [ 'pending', [ 'pay.min' ] ], 'better than before, worse than public');
$r = edit($post, { pay => { min => 12000 } });
is_deeply([ $r->json->{status}, $r->json->{worse} ], [ 'pending', [] ], 'as it was: still to be looked at');


# where it can be edited

for my $state (qw(draft pending changes_requested rejected hidden approved paused)) {
    is(edit($desk->insert(status => $state), { headcount => 7 })->json->{status}, $state, "$state: may be edited");
}
for my $state (qw(filled expired)) {
    $r = edit($desk->insert(status => $state), { headcount => 7 });
    is_deeply([ $r->status, $r->json->{state}, $r->json->{allowed_states} ], [ 409, $state, [] ], "$state: 409");
}
$post = $desk->insert(status => 'draft', deleted_at => '2026-01-01');
$r = edit($post, { headcount => 7 });
is_deeply([ $r->status, $r->json->{state}, $r->json->{allowed_states} ], [ 409, 'deleted', [ 'draft' ] ], 'deleted: 409');

# what waits or was sent back stays complete

for my $state (qw(pending changes_requested rejected hidden approved paused)) {
    $post = $desk->insert(status => $state);
    $r = edit($post, { category => undef, description => '짧다' });
    is($r->status, 422, "$state: may not lack anything");
    is_deeply([ sort @{ fields($r) } ], [ 'category incomplete', 'description incomplete' ], 'and says what');
    is($desk->column($post, 'version'), 1, 'nothing changed');
}


# members see the desk, others don't

$post = $desk->insert(status => 'draft');
for ([ stranger => $desk->stranger ], [ guest => ResortBite::Account->new($desk->t) ]) {
    my ($name, $who) = @$_;
    is($who->get($_)->status, 403, "$name: no $_") for $base, $desk->at($post), $desk->at($post) . '/history';
    is($who->patch($desk->at($post), json => { title => '남의 것' }, headers => { 'If-Match' => '*' })->status,
       403, "$name can't edit");
    is($who->post($base, json => { title => '남의 것' })->status, 403, "$name can't write");
}


# the list: newest first, by state, deleted ones apart

$desk->db("UPDATE posts SET deleted_at = now() WHERE resort_id = '$resort' AND created_at < now() - interval '1 minute'
              AND status NOT IN ('approved')");
my @all = split /\n/, $desk->db("SELECT id FROM posts WHERE resort_id = '$resort' AND deleted_at IS NULL ORDER BY id DESC");
my (@seen, $next);
do {
    $r = $owner->get("$base?limit=7" . ($next ? "&cursor=$next" : ''));
    push @seen, map { $_->{id} } @{ $r->json->{items} };
    $next = $r->json->{next};
} while ($next);
is_deeply(\@seen, \@all, 'all of them, newest first, page by page');

$r = $owner->get("$base?status=hidden,rejected&limit=100");
is_deeply([ map { $_->{id} } @{ $r->json->{items} } ],
          [ split /\n/, $desk->db("SELECT id FROM posts WHERE resort_id = '$resort' AND deleted_at IS NULL
                                      AND status IN ('hidden', 'rejected') ORDER BY id DESC") ], 'of two states');
$r = $owner->get("$base?status=draft&limit=100");
is((grep { $_->{status} ne 'draft' } @{ $r->json->{items} }), 0, 'of one');
$r = $owner->get("$base?deleted=true&limit=100");
is_deeply([ map { $_->{id} } @{ $r->json->{items} } ],
          [ split /\n/, $desk->db("SELECT id FROM posts WHERE resort_id = '$resort'
                                      AND deleted_at IS NOT NULL ORDER BY id DESC LIMIT 100") ], 'the deleted ones');
is($owner->get("$base?status=lost")->status, 400, 'no such state: 400');


# many edits at once: each is a version, in a row without gaps

$post = $desk->insert(status => 'draft');
my @pids;
for my $n (1 .. 8) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $good = 0;
        for my $k (1 .. 5) { $good++ if eval { edit($post, { title => "제목 $n-$k" }, '*')->status == 200 } }
        require POSIX;
        POSIX::_exit($good);
    }
    push @pids, $pid;
}
my $good = 0;
for (@pids) { waitpid $_, 0; $good += $? >> 8 }
is($good, 40, 'forty edits at once');
is($desk->column($post, "version || ' ' || revision"), '41 41', 'each raised it by one');
is($desk->db("SELECT count(*) || ' ' || min(version) || ' ' || max(version) || ' ' || count(DISTINCT content->>'title')
                FROM post_versions WHERE post_id = '$post'"), '40 1 40 40', 'and left its version');

# writing too much is slowed down

my $busy = ResortBite::Account->new($desk->t, resort => [ $resort, 'recruiter' ]);
my $status = 201;
for (1 .. 70) {
    $status = $busy->post($base, json => { title => "많은 공고 $_" })->status;
    last if $status != 201;
}
is($status, 429, 'after sixty in an hour: 429');
is($desk->db("SELECT count(*) FROM posts WHERE created_by = '@{[ $busy->id ]}'"), 60, 'sixty were made');

done_testing;
