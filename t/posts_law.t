# Law as rules: what can't be submitted says which rule, what it found and
# what would pass, and that passes; what has to be looked at goes along to the
# moderators.  And the words that are watched, with those that only look so.

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
my ($owner, $resort) = ($desk->owner, $desk->resort);
my $minimum = $desk->db('SELECT hourly_krw FROM min_wages ORDER BY effective_from DESC LIMIT 1');
my $r;


sub submit { my ($post, %headers) = @_;
             return $owner->post($desk->at($post) . '/submit', headers => \%headers) }

sub edit { my ($post, %patch) = @_;
           return $owner->patch($desk->at($post), json => \%patch, headers => { 'If-Match' => '*' }) }

sub wrong { return join '; ', sort map { "$_->{field} $_->{code}" } @{ $_[0]->json->{errors} || [] } }


sub told { return join ' ', map { $_->{detail} } @{ $_[0]->json->{errors} || [] } }


# A draft that a rule refuses, and what makes it pass.

sub refused {
    my ($name, $post, $wrong, $like, %mend) = @_;

    $r = submit($post);
    is($r->status, 422, "$name: 422") or diag $r->body;
    is($r->json->{code}, 'rules_not_met', 'rules that aren\'t kept');
    is(wrong($r), $wrong, 'which');
    like(told($r), $like->[0], 'in Korean, with the number');
    like(told(submit($post, 'Accept-Language' => 'en')), $like->[1], 'and in English');
    is($desk->column($post, 'status'), 'draft', 'it stays a draft');
    is($desk->db("SELECT count(*) FROM post_status_changes WHERE post_id = '$post'"), 0, 'without a step');

    my ($finding) = grep { "$_->{field} $_->{code}" eq $wrong }
        @{ $owner->get($desk->at($post))->json->{findings} };
    ok($finding && $finding->{severity} eq 'refuse', 'the post says so before it is submitted');

    return $finding if !%mend;

    $r = edit($post, %mend);
    is($r->status, 200, 'mended') or diag $r->body;
    $r = submit($post);
    is($r->status, 200, 'it passes') or diag $r->body;
    is($r->json->{status}, 'pending', 'and waits for a moderator');

    return $finding;
}


# incomplete

my $post = $desk->insert(status => 'draft', description => '', category_code => undef,
    employment_type => undef, pay_type => undef, pay_min_krw => undef, pay_max_krw => undef,
    starts_on => undef, ends_on => undef, apply_until => undef);
$r = submit($post);
is($r->status, 422, 'an empty draft: 422');
is(wrong($r), join('; ', sort map { "$_ incomplete" }
   qw(description category employment_type pay.type pay.min pay.max period.from)), 'each thing that lacks');
is(submit($desk->insert(status => 'draft', description => '손님을 맞는 일'))->status, 422, 'nine characters: 422');

my $whole = $desk->post;
edit($post, map { $_ => $whole->{$_} } qw(description category employment_type pay period));
is(submit($post)->status, 200, 'complete: it passes');


# the resort's identity

my $unverified = $desk->db("SELECT id FROM resorts WHERE business_verified_at IS NULL AND deleted_at IS NULL LIMIT 1");
my $new = ResortBite::Account->new($desk->t, resort => [ $unverified, 'owner' ]);
my $theirs = $desk->insert(status => 'draft', resort_id => $unverified);
my $at = "/api/v1/resorts/$unverified/posts/$theirs";
$r = $new->post("$at/submit");
is($r->status, 422, 'a resort that nobody has verified: 422');
is(wrong($r), 'resort resort_not_verified', 'says so');
like(told($r), qr/사업자등록번호/, 'in words');
$desk->db("UPDATE resorts SET business_verified_at = now() WHERE id = '$unverified'");
is($new->post("$at/submit")->status, 200, 'verified: it passes');


# the minimum wage, hourly

my %pay = (pay_min_krw => $minimum - 1, pay_max_krw => 20000);
my $shown = $minimum =~ s/(\d)(?=(\d{3})+$)/$1,/gr;
my $f = refused('a won less an hour', $desk->insert(status => 'draft', %pay), 'pay.min minimum_wage',
    [ qr/최저임금은 시간당 \Q$shown\E원/, qr/hourly pay must be at least \Q$shown\E KRW/ ],
    pay => { min => $minimum });
is_deeply([ @$f{qw(found needed)} ], [ $minimum - 1, $minimum ], 'found and needed');
like($f->{source}, qr/최저임금법 제6조/, 'and the law');

# by the days of the work: the next year's wage, once it is known

$desk->db("INSERT INTO min_wages (effective_from, hourly_krw) VALUES ('2027-01-01', 10700)");
$post = $desk->insert(status => 'draft', pay_min_krw => 10320, starts_on => '2026-12-20', ends_on => '2026-12-31',
                      apply_until => undef);
is($desk->db("SELECT count(*) FROM post_findings((SELECT p FROM posts AS p WHERE id = '$post'))"), 0,
   'this year\'s wage does for this year\'s days');
$post = $desk->insert(status => 'draft', pay_min_krw => 10320, starts_on => '2026-12-20', ends_on => '2027-01-01',
                      apply_until => undef);
refused('a day of the next year', $post, 'pay.min minimum_wage', [ qr/10,700원/, qr/10,700 KRW/ ], pay => { min => 10700 });
$desk->db("DELETE FROM min_wages WHERE effective_from = '2027-01-01'");

# daily: through the paid hours of the day

my $day = $minimum * 8;
$f = refused('a day of eight hours', $desk->insert(status => 'draft', pay_type => 'daily', pay_min_krw => $day - 1,
                                                   pay_max_krw => 200000),
    'pay.min minimum_wage', [ qr/하루 480분 기준/, qr/480 minutes a day/ ], pay => { min => $day });
is_deeply([ @$f{qw(found needed)} ], [ $minimum - 1, $day ], 'as an hour, and as a day');
$f = refused('of seven and a half', $desk->insert(status => 'draft', pay_type => 'daily', daily_minutes => 450,
                                        pay_min_krw => 77399, pay_max_krw => 200000),
    'pay.min minimum_wage', [ qr/77,400원/, qr/77,400 KRW/ ], pay => { min => 77400 });

# … and of the longest day of its work types, without the break that is due

sub work {
    my ($grid, $name) = @_;

    return $desk->db("INSERT INTO work_types (id, resort_id, name, category_code, schedule, pay_type,
                                              pay_min_krw, pay_max_krw)
        VALUES (uuid_v7(now()), '$resort', '$name', 'lift', B'$grid', 'hourly', 12000, 12000) RETURNING id")
        =~ s/\n.*//sr;
}

sub grid {
    my @on = (0) x 168;
    for (@_) { my ($d, $from, $to) = @$_; $on[ ($d * 24 + $_) % 168 ] = 1 for $from .. $to - 1 }
    return join '', @on;
}

sub minutes { return $desk->db("SELECT longest || ' ' || week FROM schedule_minutes(B'$_[0]')") }

is(minutes(grid(map { [ $_, 9, 18 ] } 0 .. 4)), '480 2400', 'nine to six: eight hours, forty a week');
is(minutes(grid(map { [ $_, 22, 30 ] } 0 .. 4)), '450 2250', 'a night shift is one day');
is(minutes(grid([ 6, 20, 29 ])), '480 480', 'over the end of the week, too');
is(minutes(grid([ 0, 9, 13 ])), '240 240', 'four hours');
is(minutes(grid([ 0, 8, 11 ], [ 0, 17, 22 ])), '450 450', 'a day in two parts');
is(minutes('1' x 168), '1380 9660', 'day and night');

my $long = work(grid([ 0, 8, 19 ], [ 2, 9, 18 ]), '긴 날');
$f = refused('work of ten hours', $desk->insert(status => 'draft', pay_type => 'daily', pay_min_krw => $day,
                                                pay_max_krw => 200000, work_type_ids => "{$long}"),
    'pay.daily_minutes daily_minutes', [ qr/480분.*600분/, qr/480 minutes.*600 minutes/ ],
    pay => { min => $minimum * 10, daily_minutes => 600 });
is_deeply([ @$f{qw(found needed)} ], [ 480, 600 ], 'the minutes said are those of the longest day');
$f = refused('paid for eight of them', $desk->insert(status => 'draft', pay_type => 'daily', daily_minutes => 600,
                 pay_min_krw => $day, pay_max_krw => 200000, work_type_ids => "{$long}"),
    'pay.min minimum_wage', [ qr/하루 600분 기준/, qr/600 minutes a day/ ], pay => { min => $minimum * 10 });
is_deeply([ @$f{qw(found needed)} ], [ int($day / 10), $minimum * 10 ], 'by ten hours');
is(submit($desk->insert(status => 'draft', work_type_ids => "{$long}"))->status, 200, 'an hour\'s pay needs no minutes');

# the list divides by what the rule does

$post = $desk->insert(status => 'approved', pay_type => 'daily', daily_minutes => 600, pay_min_krw => $minimum * 10,
                      pay_max_krw => 200000, work_type_ids => "{$long}");
is($desk->column($post, 'pay_hourly_krw'), $minimum, 'the same hour in both');
$r = edit($post, pay => { daily_minutes => 480 });
is_deeply([ $r->status, wrong($r) ], [ 422, 'pay.daily_minutes daily_minutes' ], 'which doesn\'t become dearer by saying less');

# monthly: 209 hours, more when the week has more than forty

my $month = $minimum * 209;
$f = refused('a month', $desk->insert(status => 'draft', pay_type => 'monthly', pay_min_krw => $month - 1,
                                      pay_max_krw => 9000000),
    'pay.min minimum_wage', [ qr/한 달 209시간 기준/, qr/209 hours a month/ ], pay => { min => $month });
is_deeply([ @$f{qw(found needed)} ], [ $minimum - 1, $month ], 'against 209 hours');

my $forty = work(grid(map { [ $_, 9, 18 ] } 0 .. 4), '주 40시간');
is(submit($desk->insert(status => 'draft', pay_type => 'monthly', pay_min_krw => $month, pay_max_krw => 9000000,
                        work_type_ids => "{$forty}"))->status, 200, 'forty hours a week are those 209');

my $fifty = work(grid(map { [ $_, 8, 18 ] } 0 .. 5), '주 54시간');
$f = refused('fifty-four hours a week', $desk->insert(status => 'draft', pay_type => 'monthly', pay_min_krw => $month,
                                  pay_max_krw => 9000000, work_type_ids => "{$forty,$fifty}"),
    'pay.min minimum_wage', [ qr/한 달 270시간 기준/, qr/270 hours a month/ ], pay => { min => $minimum * 270 });
is($f->{needed}, $minimum * 270, '(54 + 8) × 365 ÷ 84');

# what each work type pays itself

sub paid {
    my ($name, $type, $pay, %more) = @_;

    my $id = work($more{grid} || grid(map { [ $_, 9, 18 ] } 0 .. 4), $name);
    $desk->db("UPDATE work_types SET pay_type = '$type', pay_min_krw = $pay, pay_max_krw = $pay,
                      daily_minutes = " . ($more{minutes} || 480) . " WHERE id = '$id'");
    return $id;
}

for ([ '시급 일', 'hourly', 6000, $minimum ], [ '일급 일', 'daily', $day - 1, $day ],
     [ '짧게 적은 일', 'daily', $minimum * 4, $day, minutes => 240 ],
     [ '월급 일', 'monthly', $month - 1, $month ],
     [ '긴 월급 일', 'monthly', $month, $minimum * 270, grid => grid(map { [ $_, 8, 18 ] } 0 .. 5) ])
{
    my ($name, $type, $pay, $least, %more) = @$_;

    $f = refused("$name below the minimum", $desk->insert(status => 'draft', work_type_ids => '{'
            . join(',', $forty, paid($name, $type, $pay, %more)) . '}'),
        'work_type_ids minimum_wage', [ qr/‘$name’.*최저임금/, qr/"$name" pays less than the minimum wage/ ],
        work_type_ids => [ $forty ]);
    is_deeply([ @$f{qw(found needed)} ], [ $pay, $least ], "$name: in its own pay");
    is(submit($desk->insert(status => 'draft', work_type_ids => '{' . paid("$name, 바로", $type, $least, %more)
                            . '}'))->status, 200, "$name: the least passes");
}

$post = $desk->insert(status => 'approved', work_type_ids => "{$forty}");
$r = edit($post, work_type_ids => [ $forty, paid('나중 일', 'hourly', 6000) ]);
is_deeply([ $r->status, wrong($r) ], [ 422, 'work_type_ids minimum_wage' ], 'nor is it added to a public post');


# an employer who can't be reached

{
    my $kept = $desk->db("SELECT concat_ws('|', contact_phone, contact_email, website) FROM resorts WHERE id = '$resort'");
    my ($phone, $email, $site) = split /\|/, $kept;

    # which takes its posts from the public first (resorts_keep_contact)
    my $live = $desk->db("WITH p AS (UPDATE posts SET status = 'paused' WHERE resort_id = '$resort' AND live RETURNING id)
        SELECT string_agg(format('%L', id), ',') FROM p");

    $desk->db("UPDATE resorts SET contact_phone = NULL, contact_email = NULL, website = NULL WHERE id = '$resort'");
    $post = $desk->insert(status => 'draft');
    $f = refused('a resort without a contact', $post, 'resort no_contact',
        [ qr{연락처.*PATCH /api/v1/resorts/$resort/profile}, qr{contact.*PATCH /api/v1/resorts/$resort/profile} ]);
    like($f->{source}, qr/시행령 제34조/, 'by the law on false advertisements');

    for ("contact_phone = '$phone'", "contact_phone = NULL, contact_email = '$email'",
         "contact_email = NULL, website = '$site'")
    {
        $desk->db("UPDATE resorts SET $_ WHERE id = '$resort'");
        is(submit($desk->insert(status => 'draft'))->status, 200, "one is enough: $_");
    }

    $desk->db("UPDATE resorts SET contact_phone = '$phone', contact_email = '$email' WHERE id = '$resort'");
    $desk->db("UPDATE posts SET status = 'approved' WHERE id IN ($live)");
}


# dates that are past, work and dormitories that are gone

my ($yesterday, $today) = ($desk->day(-1), $desk->day(0));
$f = refused('yesterday\'s deadline', $desk->insert(status => 'draft', apply_until => $yesterday),
    'apply_until apply_until_passed', [ qr/\Q$yesterday\E.*\Q$today\E/, qr/\Q$yesterday\E.*\Q$today\E/ ], apply_until => $today);
is($f->{needed}, $today, 'today would do');
refused('work that has ended', $desk->insert(status => 'draft', apply_until => undef, starts_on => $desk->day(-9),
                                             ends_on => $yesterday),
    'period.until period_passed', [ qr/\Q$yesterday\E/, qr/has ended/ ], period => { until => $desk->day(1) });

my $gone = work(grid([ 0, 9, 12 ]), '지운 일');
$desk->db("UPDATE work_types SET deleted_at = now() WHERE id = '$gone'");
refused('a work type that was deleted', $desk->insert(status => 'draft', work_type_ids => "{$gone}"),
    'work_type_ids work_type_deleted', [ qr/지운 일/, qr/was deleted/ ], work_type_ids => []);

my $house = $desk->db("INSERT INTO dormitories (id, resort_id, name, type, deleted_at)
    VALUES (uuid_v7(now()), '$resort', '옛 기숙사', 'building', now()) RETURNING id") =~ s/\n.*//sr;
refused('a dormitory that was deleted', $desk->insert(status => 'draft', dormitory_id => $house),
    'dormitory_id dormitory_deleted', [ qr/옛 기숙사/, qr/was deleted/ ], dormitory_id => undef);


# the law is asked again when a post goes back to the public

$post = $desk->insert(status => 'paused', apply_until => $yesterday);
$r = $owner->post($desk->at($post) . '/resume');
is_deeply([ $r->status, wrong($r) ], [ 422, 'apply_until apply_until_passed' ], 'a passed deadline isn\'t resumed');
is(edit($post, apply_until => undef)->json->{status}, 'paused', 'changed');
is($owner->post($desk->at($post) . '/resume')->json->{status}, 'approved', 'it is');

# and of what is public when it is edited: what is new, not what was there

$post = $desk->insert(status => 'approved');
$r = edit($post, pay => { min => $minimum - 1 });
is_deeply([ $r->status, wrong($r) ], [ 422, 'pay.min minimum_wage' ], 'a public post can\'t fall below it');
is($desk->column($post, "pay_min_krw || ' ' || status"), '12000 approved', 'and hasn\'t');
$post = $desk->insert(status => 'pending', apply_until => $yesterday);
is(edit($post, title => '새 제목')->status, 200, 'what was wrong before doesn\'t stand in the way');
$post = $desk->insert(status => 'paused', pay_min_krw => 9000);
is(edit($post, title => '새 제목')->status, 200, 'nor does what was too little');
is(edit($post, pay => { min => 9500 })->status, 422, 'but another amount must be enough');
is(edit($desk->insert(status => 'draft'), pay => { min => 1 })->status, 200, 'a draft may say anything');


# the last guard: who writes past the statements is stopped by the table

like(eval { $desk->db("UPDATE posts SET pay_min_krw = 9000 WHERE id = '"
                      . $desk->insert(status => 'approved') . "'"); 'written' } // $@,
     qr/minimum wage/, 'not even by hand');


# watched words: they don't refuse, they go along

$post = $desk->insert(status => 'draft', requirements => '용모 단정하고 만 35세 이하인 분');
$r = submit($post);
is($r->status, 200, 'watched words don\'t refuse');
is_deeply([ sort map { "$_->{rule} $_->{code} $_->{severity} $_->{field}" } @{ $r->json->{findings} } ],
          [ 'age age review requirements', 'personal_question looks review requirements' ], 'they are told');
like($r->json->{findings}[0]{source}, qr/법률 제/, 'with the law');

my %hits = (
    looks => [ '용모 단정', '외모 준수하신 분', '훈남훈녀 환영', '전신 사진 첨부', 'attractive appearance required' ],
    height => [ '키 170cm 이상', '신장 165 이상', '키는 최소 160', '키 제한 있음', '키 큰 분', 'height: 170 cm or more' ],
    weight => [ '체중 기재', '몸무게 60kg 이하' ],
    origin => [ '출신 지역 기재', '본적', '강원도 출신 우대', '출생지', 'place of birth' ],
    marriage => [ '미혼 우대', '기혼자 제외', '결혼 여부', '혼인 관계', 'marital status' ],
    assets => [ '재산 정도', '재산이 있는 분', '부동산 보유 여부' ],
    family => [ '부모님 직업', '가족의 학력', '가족 관계 기재', 'parents\' occupation' ],
    gender => [ '여성만 모집', '남자만', '여직원 우대', '남성 구함', '성별: 여', 'female only', 'only men' ],
    age => [ '만 35세 이하', '20~30세', '25세에서 35세 미만', '연령 제한 있음', '20대만', '30대 우대', '젊은 분',
             '1995년 이후 출생', 'under 30 years old', 'age limit 35' ],
    nationality => [ '내국인만 지원 가능', '한국인 우대', '한국인만', '외국인 지원 불가', '외국인은 받지 않습니다', '조선족 사절',
                     '외국인 채용 불가', '대한민국 국민에 한함', '국적 기재', '국적: 대한민국', 'Koreans only', 'No foreigners' ],
    religion => [ '기독교인 우대', '불교 신자만', '종교 기재', '종교: 기독교', '신앙 여부', '교인 우대', '무교인 분',
                  '신앙심이 깊은 분', 'Christians only' ],
    military => [ '군필자 우대', '군필만', '병역필', '병역을 마친 분', '군복무를 마치신 분', '미필 불가', '병역 사항 기재',
                  'military service completed' ],
    money => [ '보증금 10만원을 먼저 입금', '선입금', '가입비 3만원', '교육비 본인 부담', '유니폼비 50,000원 입금', '신원보증금',
               '입금 후 출근', '계좌로 송금해 주세요', '소개비 있음', '체크카드를 보내 주세요', '통장을 빌려주시면',
               'deposit paid in advance', 'pay a training fee' ],
    contact => [ '카톡 아이디 resort77', '카톡으로 문의', '카카오톡 ID: job77', '카톡: job77', '텔레그램으로 연락', '텔레그램 @job',
                 '오픈채팅으로 지원', '오픈카톡', '라인 아이디', 'https://open.kakao.com/o/abc', 'https://t.me/job77',
                 'wa.me/8210', 'contact us on Telegram', 'Line ID job77' ],
);
my @misses = (
    '키친 보조', '키즈 카페', '스키 170cm 대여', '스키 165 길이', '키오스크 150대', '신장 개업한 리조트',
    '무게 있는 짐', '20kg 무게를 듭니다', '체중계 정리', '스키 강습에서 체중 이동을 가르칩니다',
    '기본적인 인사', '근본적으로', '국가대표 출신 강사', '호텔 출신 셰프와 함께', '고향의 맛',
    '미혼모 시설 봉사', '결혼식 연회 서빙', '초기 혼잡 시간', '재산세 없음', '고객의 재산을 보호합니다',
    '무형문화재산업', '가족 같은 분위기', '가족 단위 손님', '가족 할인', '여자 기숙사 있음', '남녀 모두 환영',
    '여성 사우나 청소', '여성만 이용하는 탈의실 관리', '남성만큼', '성별 무관', '성별: 무관', '만 18세 이상',
    '19세 이상', '나이 제한 없음', '연령 제한은 두지 않습니다', '7세 이하 어린이 돌봄', '13세 이하 어린이 강습',
    '리프트 30대 운영', '2019년 생긴 리조트', '외모 무관', '용모는 보지 않습니다', 'well done', 'women and men welcome',
    '하루 8~10시간', '경력 1~3년',
    '외국인 환영', '외국어 가능자', '외국인 손님 응대', '외국인 관광객이 많습니다', '외국인도 지원 가능', '국적 무관', '국적: 무관',
    '국적 제한 없음', '외국인 지원 제한 없음', '외국인 등록증', '한국인과 외국인이 함께', '교포 손님 안내',
    '종교 시설 안내', '종교 무관', '종교: 무관', '종교 제한 없음', '불교 문화 체험 안내', '인근 불교 사찰', '신도시 셔틀', '무교동 출발',
    '군부대 인근', '군필 무관', '병역 무관', '병역 사항 무관', '군복 대여', '장군봉 코스', '군대 근처 정류장',
    '숙소 보증금 없음', '기숙사 보증금 10만원', '교육비 지원', '교육비 전액 회사 부담', '등록비 없음', '급여는 통장으로 입금됩니다',
    '계좌로 이체해 드립니다', '입금 내역 확인', '통장 사본 제출', '선입선출', '예약금 환불 업무', '수수료 없음', '장비 보증금 받는 일',
    '체크카드 결제', 'deposit handling at the front desk',
    '카카오맵', '카카오페이 결제', '카카오프렌즈 매장', '카카오톡 채널 상담 업무', '온라인 아이디 관리', '오픈 준비', '오픈 주방', '채팅으로 물어봐 주세요',
    '텔레마케팅 없음', '텔레비전 있음', '온라인 문의', 'start.me/page', 'online identity', 'the finish line idea',
);

sub words {
    my ($text) = @_;

    $text =~ s/'/''/g;
    return $desk->db("SELECT coalesce(string_agg(code, ' ' ORDER BY code), '-') FROM watched_patterns
                       WHERE '$text' ~* pattern");
}

for my $code (sort keys %hits) {
    like(words($_), qr/\b$code\b/, "$code: $_") for @{ $hits{$code} };
}
is(words($_), '-', "innocent: $_") for @misses;
is($desk->db('SELECT count(*) FROM watched_patterns'), scalar keys %hits, 'each pattern is tried');

# as they look, each that is said

sub found {
    my ($text) = @_;

    my $id = $desk->insert(status => 'draft', description => $text);
    return $desk->db("SELECT coalesce(string_agg(f.found, ', '), '') FROM posts AS p CROSS JOIN LATERAL post_findings(p) AS f
                       WHERE p.id = '$id' AND f.severity = 'review'");
}

is(found("손님을 반갑게 맞습니다. 오픈$_" . "채팅 문의"), '오픈채팅', sprintf 'through U+%04X', ord)
    for map { chr } 0xad, 0x34f, 0x115f, 0x1160, 0x180b, 0x200b, 0x200d, 0x2060, 0x3164, 0xfe0f, 0xffa0, 0xe0020, 0xe0100;
is(found('손님을 반갑게 맞습니다. ｏｐｅｎ．ｋａｋａｏ．ｃｏｍ/o/x'), 'open.kakao.com', 'of any width');
is(found('손님을 반갑게 맞습니다. 카톡 문의. 텔레그램으로 연락. 카톡 문의'), '카톡 문의, 텔레그램', 'each, once');

$post = $desk->insert(status => 'approved', description => '손님을 반갑게 맞습니다. 카톡 문의 가능');
$r = edit($post, description => '손님을 반갑게 맞습니다. 카톡 문의 가능. 텔레그램으로 연락');
is($r->json->{status}, 'pending', 'one more of a kind goes back to review');
is(edit($desk->insert(status => 'approved', description => '손님을 반갑게 맞습니다. 카톡 문의 가능'),
        description => '손님을 반갑게 맞습니다. 언제든 카톡 문의 가능')->json->{status}, 'approved', 'none more doesn\'t');


# in all that a post says, and in its work types

my $asks = work(grid([ 0, 9, 12 ]), '남자만 하는 일');
my $says = join ' ', sort split /\n/, $desk->db("SELECT DISTINCT field FROM posts AS p CROSS JOIN LATERAL post_findings(p)
    WHERE p.id = '" . $desk->insert(status => 'draft', title => '여성만', description => '여성만 모시는 열 글자',
        requirements => '여성만', benefits => '{여성만}', work_type_ids => "{$asks}") . "' AND severity = 'review'");
is($says, 'benefits description requirements title work_type_ids', 'wherever it is said');

# however it is hidden: blanks of no width, joiners, wide letters, letters in parts

for my $hidden ("여\x{200b}성\x{2060}만", "여\x{ad}성만", "여\x{200d}성만", "여\x{3164}성만",
                "ｆｅｍａｌｅ　ｏｎｌｙ", "\x{110b}\x{1167}\x{1109}\x{1165}\x{11bc}만", "외\x{feff}모 단정")
{
    is($desk->db("SELECT count(*) FROM posts AS p CROSS JOIN LATERAL post_findings(p)
        WHERE p.id = '" . $desk->insert(status => 'draft', requirements => $hidden)
        . "' AND severity = 'review'"), 1, 'found: ' . join ' ', map { sprintf '%x', ord } split //, $hidden);
}

done_testing;
