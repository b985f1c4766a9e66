# /api/v1/admin/resorts: moderators verify a resort's business, refuse to, or
# take it back; what its owners and the trail are told; and what changing what
# was verified does.

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
        resortbite_cache off;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my %staff = map { $_ => ResortBite::Account->new($t, roles => [ $_ ], second => 1, name => "운영 $_") }
    qw(moderator auditor admin super_admin);
my $moderator = $staff{moderator};
my $r;

# one that waits, with an owner and a manager of ours

my $id = $t->db("SELECT id FROM resorts WHERE resort_verification(resorts) = 'waiting'
                  AND deleted_at IS NULL ORDER BY verification_asked_at, id LIMIT 1");
my $name = $t->db("SELECT name FROM resorts WHERE id = '$id'");
my $owner = ResortBite::Account->new($t, resort => [ $id, 'owner' ], locale => 'en');
my $manager = ResortBite::Account->new($t, resort => [ $id, 'manager' ]);
my $case = "/api/v1/admin/resorts/$id";
my $profile = "/api/v1/resorts/$id/profile";

sub state_of { return $t->db("SELECT resort_verification(resorts) FROM resorts WHERE id = '"
                             . ($_[0] // $id) . "'") }

# Puts the resort in a state, and forgets what was said of it.

sub put {
    my ($state) = @_;

    my %columns = (
        none => "business_verified_at = NULL, business_verified_by = NULL,
                 verification_refused_at = NULL, verification_reason = NULL, opened_on = NULL",
        waiting => "business_verified_at = NULL, business_verified_by = NULL,
                    verification_refused_at = NULL, verification_reason = NULL,
                    opened_on = '2001-01-01'",
        refused => "business_verified_at = NULL, business_verified_by = NULL,
                    opened_on = '2001-01-01', verification_refused_at = now(),
                    verification_reason = '상호가 다릅니다.'",
        verified => "business_verified_at = now(), opened_on = '2001-01-01'",
    );

    # one that is refused is set up from one that waits: else it would ask again
    $t->db("UPDATE resorts SET $columns{none} WHERE id = '$id'; UPDATE resorts SET $columns{waiting}
             WHERE id = '$id'; UPDATE resorts SET $columns{$state} WHERE id = '$id'");
    is(state_of(), $state, "it is $state");

    return;
}

sub mails { return $t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.resort_$_[0]'
                              AND payload->>'to' = '@{[ $owner->email ]}'") }

sub decide {
    my ($who, $move, %options) = @_;

    my $json = $move eq 'verify' ? {} : { reason => $options{reason} // '사업자등록증과 다릅니다.' };

    return $who->post("$case/$move", json => $json, headers => $options{match}
                          ? { 'If-Match' => $options{match} }
                          : $move eq 'verify' ? { 'If-Match' => '*' } : {});
}


# the queue

sub walk {
    my ($status, $limit) = @_;

    my (@items, $next);

    do {
        $r = $moderator->get("/api/v1/admin/resorts?status=$status&limit=$limit"
                             . (defined $next ? "&cursor=$next" : ''));
        die $r->body if $r->status != 200;
        push @items, map { $_->{id} } @{ $r->json->{items} };
        $next = $r->json->{next};
    } while (defined $next);

    return @items;
}

sub wanted {
    my ($status) = @_;

    return split /\n/, $t->db("SELECT id FROM resorts WHERE resort_verification(resorts) = '$status'
        AND deleted_at IS NULL ORDER BY verification_asked_at, id");
}

for my $status (qw(waiting refused verified)) {
    my @ids = wanted($status);
    cmp_ok(scalar @ids, '>', 0, "there are some that are $status");
    is_deeply([ walk($status, $status eq 'verified' ? 50 : 4) ], \@ids,
              'all of them, whoever asked first comes first');
}

is($t->db("SELECT count(*) FROM audit_events WHERE action = 'resort.read'
              AND actor_id = '@{[ $moderator->id ]}'"),
   wanted('waiting') + wanted('refused') + wanted('verified'), 'what was read is on record, once each');

$r = $moderator->get('/api/v1/admin/resorts?limit=1');
is($r->json->{items}[0]{id}, $id, 'without a status those that wait');
is($r->json->{items}[0]{business_number}, $t->db("SELECT business_number FROM resorts WHERE id = '$id'"),
   'with their numbers');
is($moderator->get('/api/v1/admin/resorts?status=none')->status, 400, 'what has not asked is nobody\'s work');


# who may: by role

for my $role (sort keys %staff) {
    is($staff{$role}->get('/api/v1/admin/resorts')->status, 200, "a $role reads the queue");
    is($staff{$role}->get($case)->status, 200, 'and a resort');
}

for my $who ($owner, $manager, ResortBite::Account->new($t)) {
    is($who->get('/api/v1/admin/resorts')->status, 403, 'nobody else');
    is($who->get($case)->status, 403, 'no resort');
    is(decide($who, $_)->status, 403, "nor may they $_") for qw(verify refuse withdraw);
}

is(decide($staff{auditor}, $_)->status, 403, "an auditor doesn't $_") for qw(verify refuse withdraw);

my $careless = ResortBite::Account->new($t, roles => [ 'moderator' ], acr => 1);
is(decide($careless, 'verify')->status, 401, 'nor a moderator without their second factor');
is(state_of(), 'waiting', 'nothing was decided');


# one with all that is needed

my $else = $t->db("SELECT id FROM resorts WHERE id <> '$id' AND open ORDER BY id LIMIT 1");
$t->db("INSERT INTO resort_members (resort_id, member_id, role) VALUES ('$else', '@{[ $owner->id ]}', 'owner')");
$owner->patch($profile, json => { name => '새 이름 리조트' }, headers => { 'If-Match' => '*' });
$name = '새 이름 리조트';

$r = $moderator->get($case);
is($r->status, 200, 'a resort') or diag $r->body;

my $seen = $r->json;
is($seen->{name}, $name, 'its name');
is($seen->{representative}, $t->db("SELECT representative FROM resorts WHERE id = '$id'"), 'its head');
ok((grep { $_->{id} eq $owner->id && $_->{email} eq $owner->email } @{ $seen->{owners} }), 'its owners');
ok(!(grep { $_->{id} eq $manager->id } @{ $seen->{owners} }), 'and only those');
is_deeply([ map { "$_->{id} $_->{verification}" } @{ $seen->{other_resorts} } ], [ "$else verified" ],
          'what else they own');
is($seen->{history}[0]{action} . ' ' . $seen->{history}[0]{actor_id}, 'resort.changed ' . $owner->id,
   'what was done to it');
is($seen->{history}[0]{detail}{after}{name}, $name, 'and how');
ok(!(grep { $_->{action} eq 'resort.read' } @{ $seen->{history} }), 'reading aside');
is($seen->{pending_posts}, $t->db("SELECT count(*) FROM posts WHERE resort_id = '$id'
    AND status = 'pending' AND deleted_at IS NULL"), 'what waits for it');
my $etag = $r->header('etag');
is($moderator->get('/api/v1/admin/resorts/' . $moderator->id)->status, 404, 'not what there isn\'t');


# every edge, allowed and refused, by each who may

my %edges = (
    none     => { refuse => 'refused' },
    waiting  => { verify => 'verified', refuse => 'refused' },
    refused  => { verify => 'verified' },
    verified => { withdraw => 'refused' },
);
my %allowed = (none => [ 'waiting', 'refused' ], waiting => [ 'verified', 'refused' ],
               refused => [ 'verified', 'waiting' ], verified => [ 'refused', 'waiting' ]);
my %mail = (verify => 'verified', refuse => 'refused', withdraw => 'verification_withdrawn');

$t->db("UPDATE posts SET status = 'draft' WHERE resort_id = '$id' AND live");

for my $from (sort keys %edges) {
    for my $move (qw(verify refuse withdraw)) {
        for my $role ($edges{$from}{$move} ? qw(moderator admin super_admin) : 'moderator') {
            put($from);

            my $to = $edges{$from}{$move};
            my $mails = mails($mail{$move});
            my $trail = $t->db("SELECT count(*) FROM audit_events WHERE action = 'resort.$mail{$move}'
                AND subject_id = '$id' AND actor_id = '@{[ $staff{$role}->id ]}'");

            $r = decide($staff{$role}, $move);

            if ($to) {
                is($r->status, 200, "$from: a $role may $move") or diag $r->body;
                is($r->json->{verification}{status}, $to, "which makes it $to");
                is($r->json->{verification}{reason}, $to eq 'verified' ? undef : '사업자등록증과 다릅니다.',
                   'with why');
                is(state_of(), $to, 'indeed');
                is($t->db("SELECT open FROM resorts WHERE id = '$id'"), $to eq 'verified' ? 't' : 'f',
                   'the public sees it accordingly');
                is(mails($mail{$move}), $mails + 1, 'the owner is told');
                $trail++;
            } else {
                is($r->status, 409, "$from: not $move");
                is($r->json->{code}, 'verification_state', 'for its state');
                is($r->json->{state}, $from, 'which is named');
                is_deeply($r->json->{allowed_states}, $allowed{$from}, 'and where it may go');
                is(state_of(), $from, 'nothing changed');
                is(mails($mail{$move}), $mails, 'nobody is told');
            }

            is($t->db("SELECT count(*) FROM audit_events WHERE action = 'resort.$mail{$move}'
                AND subject_id = '$id' AND actor_id = '@{[ $staff{$role}->id ]}'"), $trail, 'the trail');
        }
    }
}

is($t->db("SELECT payload->>'locale' || ' ' || (payload->'params'->>'resort') || ' '
                  || (payload->'params'->>'reason')
             FROM outbox WHERE topic = 'mail.resort_refused' AND payload->>'to' = '@{[ $owner->email ]}'
            LIMIT 1"), "en $name 사업자등록증과 다릅니다.", 'a mail says what and why, in the owner\'s language');
is($t->db("SELECT count(*) FROM outbox WHERE topic LIKE 'mail.resort_%'
              AND payload->>'to' = '@{[ $manager->email ]}'"), 0, 'managers get none');
is($t->db("SELECT detail->>'reason' FROM audit_events WHERE action = 'resort.refused'
              AND subject_id = '$id' LIMIT 1"), '사업자등록증과 다릅니다.', 'the reason is in the trail');
put('waiting');
decide($moderator, 'verify');
is($t->db("SELECT business_verified_by FROM resorts WHERE id = '$id'"), $moderator->id, 'who verified it');
is($moderator->get($case)->json->{verification}{decided_by}, '운영 moderator', 'is shown');
is($t->get("/api/v1/resorts/$id")->status, 200, 'the public sees it');
decide($moderator, 'withdraw');
is($t->get("/api/v1/resorts/$id")->status, 404, 'and no more');


# reasons, revisions, whose it is

put('waiting');
is($moderator->post("$case/refuse")->json->{errors}[0]{field}, 'reason', 'no refusal without a reason');
is(decide($moderator, 'refuse', reason => '  x  ')->json->{errors}[0]{field}, 'reason', 'of some length');
is($moderator->post("$case/verify", json => {})->status, 428, 'nobody verifies what they do not name');
is(state_of(), 'waiting', 'it waits');
is(decide($moderator, 'verify', match => '"1"')->status, 412, 'not what was not read');
is(decide($moderator, 'verify', match => $etag)->status, 412, 'nor what has changed since');
$r = $moderator->get($case);
is(decide($moderator, 'verify', match => $r->header('etag'))->status, 200, 'what was read is decided');

put('waiting');
$t->db("INSERT INTO resort_members (resort_id, member_id, role) VALUES ('$id', '@{[ $moderator->id ]}', 'recruiter')");
$r = decide($moderator, 'verify');
is($r->status . ' ' . $r->json->{code}, '403 own_resort', 'nobody verifies their own');
$t->db("DELETE FROM resort_members WHERE member_id = '@{[ $moderator->id ]}'");
is($moderator->post('/api/v1/admin/resorts/' . $moderator->id . '/verify',
                    headers => { 'If-Match' => '*' })->status, 404,
   'nor what there isn\'t');


# two at once

for my $round (1 .. 4) {
    put('waiting');

    my $before = $t->db("SELECT count(*) FROM audit_events WHERE subject_id = '$id'
                            AND action IN ('resort.verified', 'resort.refused')");
    my @answers = $t->parallel(4, sub {
        my ($i) = @_;
        return decide($i % 2 ? $staff{admin} : $moderator, $i % 2 ? 'refuse' : 'verify')->status;
    });
    my $done = grep { $_ == 200 } @answers;

    # who refuses first may be overruled; whoever verifies first is not
    is($done >= 1 && $done <= 2 && !(grep { !/^(?:200|409)$/ } @answers), 1,
       "round $round: at once (@answers)");
    is($t->db("SELECT count(*) FROM audit_events WHERE subject_id = '$id'
                  AND action IN ('resort.verified', 'resort.refused')") - $before, $done,
       'as many in the trail');
}

put('waiting');
my @answers = sort $t->parallel(6, sub { decide($_[0] % 2 ? $staff{admin} : $moderator, 'verify')->status });
is("@answers", '200 409 409 409 409 409', 'six who verify: one does');


# asking again

put('refused');
$r = $owner->get($profile);
is($r->json->{verification}{reason}, '상호가 다릅니다.', 'the owner reads why');

sub edit { my ($who, $json) = @_;
           return $who->patch($profile, json => $json, headers => { 'If-Match' => '*' }) }

$r = edit($owner, { photos => [ '/files/new.jpg' ] });
is($r->json->{verification}{status}, 'refused', 'another photo asks for nothing');
$r = edit($manager, { business_name => '주식회사 바른상호' });
is($r->status, 200, 'a manager corrects it') or diag $r->body;
is($r->json->{verification}{status}, 'waiting', 'it waits again');
is($r->json->{verification}{reason}, undef, 'without a reason');
is((walk('waiting', 100))[-1], $id, 'at the end of the queue');

my $asked = $t->db("SELECT verification_asked_at FROM resorts WHERE id = '$id'");
edit($owner, { representative => '이대표' });
is($t->db("SELECT verification_asked_at FROM resorts WHERE id = '$id'"), $asked, 'and keeps its place');


# what was verified

put('verified');
is(edit($owner, { name => '아무 이름', description => '새 소개' })->json->{verification}{status}, 'verified',
   'a name is free');

for my $change ({ business_name => '다른 상호' }, { representative => '최대표' },
                { opened_on => '2002-02-02' }, { business_number => '1248100998' })
{
    put('verified');
    my ($what) = keys %$change;
    $r = edit($owner, $change);
    is($r->status . ' ' . ($r->json->{verification}{status} // ''), '200 waiting', "another $what is not verified")
        or diag $r->body;
    ok(!$r->json->{open}, 'the resort is closed meanwhile');
}


# live posts

my $live = $t->db("SELECT r.id FROM resorts AS r WHERE open AND EXISTS (SELECT FROM posts AS p
    WHERE p.resort_id = r.id AND p.live) ORDER BY r.id LIMIT 1");
my $count = $t->db("SELECT count(*) FROM posts WHERE resort_id = '$live' AND live");
my $landlord = ResortBite::Account->new($t, resort => [ $live, 'owner' ]);

$r = $landlord->patch("/api/v1/resorts/$live/profile", json => { business_name => '몰래 바꾼 상호' },
                      headers => { 'If-Match' => '*' });
is($r->status . ' ' . $r->json->{code}, '409 resort_has_live_posts', 'not while posts are live');
like($r->json->{errors}[0]{detail}, qr{\Q$count\E.*/api/v1/resorts/$live/posts\?status=approved},
     'how many, and where');
is($landlord->patch("/api/v1/resorts/$live/profile", json => { name => '새 간판' },
                    headers => { 'If-Match' => '*' })->status, 200, 'anything else may change');

$r = $moderator->post("/api/v1/admin/resorts/$live/withdraw", json => { reason => '폐업한 사업자입니다.' });
is($r->status . ' ' . $r->json->{code}, '409 resort_has_live_posts', 'nor is it withdrawn then');
is(state_of($live), 'verified', 'it stays');

$t->db("UPDATE posts SET status = 'hidden', status_reason = '확인 중입니다.' WHERE resort_id = '$live' AND live");
$r = $moderator->post("/api/v1/admin/resorts/$live/withdraw", json => { reason => '폐업한 사업자입니다.' });
is($r->status, 200, 'once they are hidden it is') or diag $r->body;

# posts that go live while it is withdrawn: one of the two is refused

$t->db("UPDATE resorts SET business_verified_at = now() WHERE id = '$live'");
my $hidden = $t->db("SELECT id FROM posts WHERE resort_id = '$live' AND status = 'hidden' LIMIT 1");

for my $round (1 .. 6) {
    $t->db("UPDATE resorts SET business_verified_at = now() WHERE id = '$live' AND NOT open;
            UPDATE posts SET status = 'hidden' WHERE id = '$hidden'");

    $t->parallel(2, sub {
        return $_[0]
            ? $moderator->post("/api/v1/admin/resorts/$live/withdraw", json => { reason => '폐업' })->status
            : eval { $t->db("UPDATE posts SET status = 'approved' WHERE id = '$hidden'"); 1 } // 0;
    });

    is($t->db("SELECT count(*) FROM posts AS p JOIN resorts AS r ON r.id = p.resort_id
                WHERE p.live AND NOT r.open"), 0, "round $round: no live post of a closed resort");
}


# a business number is another's: who was refused doesn't hold it

my $tax = 0;

sub number {
    my @digit = split //, sprintf '%03d82%04d', 410 + $tax++, 4321;
    my @weight = (1, 3, 7, 1, 3, 7, 1, 3, 5);
    my $sum = int($digit[8] * 5 / 10);

    $sum += $digit[$_] * $weight[$_] for 0 .. 8;

    return join '', @digit, (10 - $sum % 10) % 10;
}

sub register {
    my ($who, $number, %more) = @_;

    return $who->post('/api/v1/resorts', json => {
        name => '번호 다툼', type => 'ski', region => 'gangwon', address => '강원특별자치도 평창군 대관령면',
        lat => 37.66, lng => 128.68, business_number => $number, business_name => '주식회사 다툼',
        representative => '김대표', opened_on => '2019-03-02', %more });
}

sub answer { return $_[0]->status . ' ' . ($_[0]->json->{code} // '') }
sub holders { return $t->db("SELECT count(*) FROM resorts WHERE business_number = '$_[0]'
                                AND deleted_at IS NULL AND resort_verification(resorts) <> 'refused'") }
sub change { my ($who, $id, $json) = @_;
             return $who->patch("/api/v1/resorts/$id/profile", json => $json,
                                headers => { 'If-Match' => '*' }) }
sub judge { my ($id, $move) = @_;
            return $moderator->post("/api/v1/admin/resorts/$id/$move",
                                    $move eq 'verify' ? (headers => { 'If-Match' => '*' })
                                        : (json => { reason => '사업자가 다릅니다.' })) }

for my $told ('waiting', 'none') {
    my ($impostor, $true) = map { ResortBite::Account->new($t) } 1 .. 2;
    my $number = number();
    my %little = $told eq 'none' ? (representative => undef) : ();

    my $squat = register($impostor, $number, %little)->json->{id};
    is(state_of($squat), $told, "somebody takes a number, and is $told");

    $r = register($true, $number);
    is(answer($r), '409 business_number_taken', 'its owner can not register yet');
    like($r->json->{title}, qr/고객센터.*운영진이 살펴보고/, 'and is told what to do');

    $r = $moderator->get('/api/v1/admin/resorts?business_number=' . $number =~ s/^(...)(..)/$1-$2-/r);
    is_deeply([ map { "$_->{id} $_->{verification}{status}" } @{ $r->json->{items} } ], [ "$squat $told" ],
              'a moderator finds who has it') or diag $r->body;
    is(judge($squat, 'refuse')->status, 200, 'and refuses');
    is_deeply($moderator->get("/api/v1/admin/resorts?business_number=$number")->json->{items}, [],
              'nobody has it then');

    $r = register($true, $number);
    is($r->status, 201, 'now its owner registers') or diag $r->body;
    my $theirs = $r->json->{id};

    is(answer(change($impostor, $squat, { description => '다시 봐 주세요', %little })),
       '409 business_number_taken', 'who was refused does not ask again by it');
    is(state_of($squat), 'refused', 'and stays so');
    is(change($impostor, $squat, { benefits => [ '식사' ] })->status, 200, 'what asks for nothing may change');
    $r = judge($squat, 'verify');
    is(answer($r), '409 business_number_taken', 'nor is it verified by mistake');
    like($r->json->{errors}[0]{detail}, qr{/api/v1/admin/resorts/\Q$theirs\E}, 'staff read whose it is');
    is(judge($theirs, 'verify')->status, 200, 'the owner\'s is');
    $r = register($impostor, $number);
    is(answer($r), '409 business_number_taken', 'a number that was verified is taken');
    unlike($r->json->{title}, qr/살펴보고/, 'as before');

    is(change($impostor, $squat, { business_number => number() })->status, 200,
       'by another number they ask again');
    is(state_of($squat), $told, 'as they would');
    is(holders($number), 1, 'each has one');
}

# the other order: nobody else came, so who was refused asks again and has it

{
    my ($first, $second) = map { ResortBite::Account->new($t) } 1 .. 2;
    my $number = number();
    my $id = register($first, $number)->json->{id};

    judge($id, 'refuse');
    is(change($first, $id, { representative => '박대표' })->json->{verification}{status}, 'waiting',
       'who was refused asks again while the number is free');
    is(answer(register($second, $number)), '409 business_number_taken', 'and holds it');
    is(judge($id, 'verify')->status, 200, 'it is verified');
}

# at one instant: of who asks again, who is verified after all and who
# registers, one has it

for my $round (1 .. 8) {
    my ($first, $second) = map { ResortBite::Account->new($t) } 1 .. 2;
    my $number = number();
    my $id = register($first, $number)->json->{id};

    judge($id, 'refuse');

    my @answers = $t->parallel(3, sub {
        my $r = $_[0] == 0 ? change($first, $id, { description => "다시 $round" })
              : $_[0] == 1 ? register($second, $number) : register($moderator, $number);
        return $r->status;
    });

    is("@{[ sort @answers ]}" =~ /^20[01] 409 409$/ ? 1 : 0, 1, "round $round: one of (@answers)");
    is(holders($number), 1, 'has it');

    next if $answers[0] == 200;
    $t->db("UPDATE resorts SET deleted_at = now() WHERE business_number = '$number' AND id <> '$id'");

    my $third = ResortBite::Account->new($t);
    @answers = $t->parallel(2, sub { return ($_[0] ? judge($id, 'verify') : register($third, $number))->status });
    is("@{[ sort @answers ]}" =~ /^20[01] 409$/ ? 1 : 0, 1, "verified at the same instant: one of (@answers)");
    is(holders($number), 1, 'has it');
}

is($t->db('SELECT count(*) FROM security_events_verify()'), 0, 'the trail is whole');

done_testing;
