# A resort's work types: made, listed, changed, copied and deleted; that what
# posts offer stays, that other resorts' people may nothing, that an edit needs
# If-Match; and what the public sees of them.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
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

# two resorts: one with a live post that offers something
my ($post, $here, $offered) = split /\|/, $t->db(
    "SELECT p.id, p.resort_id, p.work_type_ids[1] FROM posts AS p
      WHERE p.live AND p.deadline >= seoul_today() AND cardinality(p.work_type_ids) > 0
      ORDER BY p.id LIMIT 1");
my $there = $t->db("SELECT id FROM resorts WHERE open AND id <> '$here' ORDER BY id LIMIT 1");

my %in = map { $_ => ResortBite::Account->new($t, resort => [ $here, $_ ]) }
    qw(owner manager recruiter);
my $stranger = ResortBite::Account->new($t, resort => [ $there, 'owner' ]);
my $guest = ResortBite::Account->new($t);
my $base = "/api/v1/resorts/$here/work-types";
my $other = "/api/v1/resorts/$there/work-types";
my $owner = $in{owner};
my $r;

my @nights = map { { day => $_, start => '22:00', end => '06:00' } } qw(fri sat sun);
my %work = (name => '야간 제설', category => 'facility', schedule => \@nights, headcount => 3,
            pay => { type => 'hourly', min => 12000, max => 13500 }, daily_minutes => 420,
            requirements => '추위에 강한 분');


sub errors { return { map { $_->{field} => $_->{code} } @{ $_[0]->json->{errors} || [] } } }

sub edit {
    my ($id, $match, $json) = @_;

    return $owner->patch("$base/$id", json => $json,
                         headers => { defined $match ? ('If-Match' => $match) : () });
}

sub bits { return $t->db("SELECT schedule FROM work_types WHERE id = '$_[0]'") }

sub trail {
    return $t->db("SELECT string_agg(action, ' ' ORDER BY id) FROM audit_events
                    WHERE subject_id = '$_[0]' AND subject_type = 'work_type'
                      AND actor_id = '@{[ $owner->id ]}'");
}


# ---- made

$r = $owner->post($base, json => \%work);
is($r->status, 201, 'made') or diag $r->body;

my $made = $r->json;
my $id = $made->{id};

is($r->header('location'), "$base/$id", 'where it is');
is($r->header('etag'), '"1"', 'its revision');
is_deeply($made->{schedule}, \@nights, 'ranges come back as they went');
is($made->{hours_a_week}, 24, 'hours of a week');
is_deeply($made->{pay}, { type => 'hourly', min => 12000, max => 13500, hourly => 12000 }, 'pay');
is_deeply($made->{warnings}, [], 'nothing to warn of');
is($made->{resort_id}, $here, 'whose');
like(bits($id), qr/^1{6}0{@{[ 4 * 24 + 22 - 6 ]}}1{8}0{16}1{8}0{16}11$/,
     'Monday first: Sunday night ends on Monday morning');
is($t->db("SELECT name || '|' || headcount || '|' || daily_minutes FROM work_types
            WHERE id = '$id'"),
   '야간 제설|3|420', 'the row');
is(trail($id), 'work_type.created', 'the trail');

$r = $owner->get("$base/$id");
is($r->status, 200, 'read');
is($r->header('etag'), '"1"', 'with its revision');
is_deeply($r->json, $made, 'the same');

is($in{$_}->get("$base/$id")->status, 200, "the $_ reads") for sort keys %in;
is($in{$_}->post($base, json => { %work, name => "업무 $_" })->status, 201, "the $_ makes")
    for qw(manager recruiter);

$r = $owner->post($base, json => { %work, name => '  겹치는 시간 ',
    schedule => [ { day => 'tue', start => '12:00', end => '18:00' },
                  { day => 'tue', start => '09:00', end => '13:00' },
                  { day => 'mon', start => '20:00', end => '24:00' },
                  { day => 'tue', start => '00:00', end => '04:00' } ] });
is_deeply($r->json->{schedule}, [ { day => 'mon', start => '20:00', end => '04:00' },
                                  { day => 'tue', start => '09:00', end => '18:00' } ],
          'overlapping and touching ranges merge');
is($r->json->{name}, '겹치는 시간', 'a name has no blanks around it');

$r = $owner->post($base, json => { %work, name => '최소', headcount => undef });
is_deeply(errors($r), { headcount => 'not_null' }, 'null is no number of people');

my %least = %work;
delete @least{qw(headcount daily_minutes requirements)};
$r = $owner->post($base, json => { %least, name => '최소',
    schedule => [ { day => 'mon', start => '09:00', end => '13:00' } ] });
is($r->status, 201, 'what may be left out') or diag $r->body;
is(join('|', @{ $r->json }{qw(headcount daily_minutes requirements)}), '1|240|',
   'has what is usual, within the schedule');

$r = $owner->post($base, json => { %work, name => '적은 급여',
    pay => { type => 'daily', min => 60000, max => 60000 } });
is($r->status, 201, 'pay below the minimum wage is a draft\'s');
is_deeply([ map { "$_->{field} $_->{code} $_->{hourly} $_->{minimum}" } @{ $r->json->{warnings} } ],
          [ 'pay.min below_minimum_wage 8571 '
            . $t->db('SELECT min_wage_krw(seoul_today(), seoul_today())') ], 'which is told');


# ---- what is wrong is named

my @wrong = (
    [ {}, { 'pay.type' => 'required', 'pay.min' => 'required', 'pay.max' => 'required' } ],
    [ { pay => $work{pay} }, { name => 'required', category => 'required',
                               schedule => 'required' } ],
    [ { %work, pay => 5 }, { pay => 'not_an_object', 'pay.type' => 'required',
                             'pay.min' => 'required', 'pay.max' => 'required' } ],
    [ { %work, pay => { %{ $work{pay} }, maxx => 1 } }, { 'pay.maxx' => 'unknown' } ],
    [ { %work, pay => { %{ $work{pay} }, max => 11999 } }, { 'pay.max' => 'less_than_min' } ],
    [ { %work, schedule => [] }, { schedule => 'out_of_range' } ],
    [ { %work, schedule => 'mon' }, { schedule => 'wrong_type' } ],
    [ { %work, schedule => [ @nights, { day => 'Sun', start => '9:00', end => '24:00' } ] },
      { 'schedule[3].day' => 'not_allowed', 'schedule[3].start' => 'not_an_hour' } ],
    [ { %work, schedule => [ { day => 'mon', start => '09:00', end => '09:00' } ] },
      { 'schedule[0].end' => 'same_as_start' } ],
    [ { %work, daily_minutes => 481 }, { daily_minutes => 'too_long', schedule => 'too_short' } ],
    [ { %work, name => "한\n줄" }, { name => 'invalid' } ],
    [ { %work, name => '   ' }, { name => 'invalid' } ],
    [ { %work, category => 'skiing' }, { category => 'not_allowed' } ],
    [ { %work, template => 'no_such' }, { template => 'not_allowed' } ],
    [ { %work, id => $id }, { id => 'unknown' } ]);

for my $case (@wrong) {
    my ($json, $errors) = @$case;

    $r = $owner->post($base, json => $json);
    is($r->status, 400, 'refused: ' . join ' ', sort keys %$errors) or diag $r->body;
    is_deeply(errors($r), $errors, 'by name') or diag $r->body;
}

$r = $owner->post($base, json => { %work, daily_minutes => 481 });
like($r->json->{errors}[0]{detail}, qr/480분/, 'a day that is too long: what would do');

$r = $owner->post($base, json => \%work);
is($r->status, 409, 'a name that is taken');
is($r->json->{code}, 'name_taken', 'is said to be');


# ---- again with the same key

my %key = (headers => { 'Idempotency-Key' => 'work-1' });

$r = $owner->post($base, json => { %work, name => '한 번만' }, %key);
is($r->status, 201, 'with a key');
my $once = $r->body;

edit($r->json->{id}, '"1"', { headcount => 9 });

$r = $owner->post($base, json => { %work, name => '한 번만' }, %key);
is($r->status, 201, 'again');
is($r->header('idempotency-replayed'), 'true', 'is a repetition');
is($r->body, $once, 'with the same answer, though it was changed meanwhile');
is($t->db("SELECT count(*) FROM work_types WHERE name = '한 번만'"), 1, 'and one work type');
is($owner->post($base, json => { %work, name => '다른 것' }, %key)->status, 422,
   'not for another request');
is($in{manager}->post($base, json => { %work, name => '다른 사람' }, %key)->status, 201,
   'another\'s key is another key');


# ---- templates

$r = $t->get('/api/v1/work-type-templates');
is($r->status, 200, 'templates are public');

my %template = map { $_->{code} => $_ } @{ $r->json->{items} };
cmp_ok(scalar keys %template, '>=', 15, scalar(keys %template) . ' of them');
is($template{snow_making_night}{name}, '야간 제설', 'in Korean');
is_deeply($template{snow_making_night}{schedule}[0],
          { day => 'mon', start => '22:00', end => '06:00' }, 'with a night as one range');
is($t->get('/api/v1/work-type-templates', headers => { 'Accept-Language' => 'en' })
     ->json->{items}[2]{name}, 'Snow making (night)', 'and in English');

$t->db("UPDATE work_type_templates SET name_ko = '밤 제설' WHERE code = 'snow_making_night'");
my $name;
for (1 .. 100) {
    ($name) = map { $_->{name} } grep { $_->{code} eq 'snow_making_night' }
        @{ $t->get('/api/v1/work-type-templates')->json->{items} };
    last if $name eq '밤 제설';
    sleep 0.05;
}
is($name, '밤 제설', 'a change of them is seen at once');

my %given = (template => 'front_desk_night', pay => $work{pay});

$r = $owner->post($base, json => \%given);
is($r->status, 201, 'made of a template') or diag $r->body;
is_deeply([ @{ $r->json }{qw(name category daily_minutes requirements schedule)} ],
          [ @{ $template{front_desk_night} }
              {qw(name category daily_minutes requirements schedule)} ],
          'with what it says');
$r = $owner->post($base, json => { %given, name => '프런트', schedule => \@nights });
is(join('|', @{ $r->json }{qw(name category hours_a_week daily_minutes)}),
   '프런트|front_desk|24|420', 'but what is given comes first');
$r = $owner->post($base, json => \%given, headers => { 'Accept-Language' => 'en' });
is($r->json->{name}, 'Front desk (night shift)', 'in the caller\'s language');
is($t->db("SELECT detail->>'template' FROM audit_events
            WHERE subject_id = '@{[ $r->json->{id} ]}'"),
   'front_desk_night', 'the trail names it');


# ---- the list

my (@names, $next);
do {
    $r = $owner->get("$base?limit=4" . ($next ? "&cursor=$next" : ''));
    push @names, map { $_->{name} } @{ $r->json->{items} };
    $next = $r->json->{next};
} while ($next && @names < 100);

is_deeply(\@names, [ split /\n/, $t->db("SELECT name FROM work_types WHERE resort_id = '$here'
                                           AND deleted_at IS NULL ORDER BY name, id") ],
          'the list, page by page, by name');


# ---- nobody else's

my @routes = ([ GET => $base ], [ POST => $base, { %work, name => 'x' } ], [ GET => "$base/$id" ],
              [ PATCH => "$base/$id", { headcount => 8 } ], [ DELETE => "$base/$id" ],
              [ POST => "$base/$id/copy", { name => 'x' } ]);

for my $route (@routes) {
    my ($method, $uri, $json) = @$route;
    my @body = ($json ? (json => $json) : (), headers => { 'If-Match' => '*' });

    for my $who ($stranger, $guest) {
        is($who->request($method, $uri, @body)->status, 403, "$method $uri: not by another");
    }

    is($t->request($method, $uri, @body)->status, 401, 'nor by nobody');

    next if $uri eq $base;

    # by their own resort's path
    is($stranger->request($method, $uri =~ s/\Q$base\E/$other/r, @body)->status, 404,
       'nor by the path of their own');
}

is($owner->get("$base/" . ($t->db("SELECT id FROM work_types WHERE resort_id = '$there' LIMIT 1")))
     ->status, 404, 'another resort\'s isn\'t here');
is($owner->get("$base/$id")->json->{revision}, 1, 'nothing has changed');


# ---- If-Match

$r = edit($id, undef, { headcount => 4 });
is($r->status, 428, 'an edit needs If-Match');
is($r->json->{code}, 'precondition_required', 'it says');

for my $stale ('"2"', '"0"', 'W/"1"', '"1', '1x', '""', '"x"', '"1" "1"', '"99999999999"', ',',
               '"1;"', 'W/"1", "2"')
{
    $r = edit($id, $stale, { headcount => 4 });
    is($r->status, 412, "not of $stale");
    is($r->json->{code}, 'precondition_failed', 'which is told');
}

$r = edit($id, '1', { headcount => 4 });
is($r->status, 400, 'a number without its quotes');
is($r->json->{errors}[0]{code}, 'not_quoted', 'is told what it lacks');
like($r->json->{errors}[0]{detail}, qr/"1"/, 'and what to send');

is($owner->get("$base/$id")->json->{headcount}, 3, 'nothing has changed');

$r = edit($id, '"7", "1"', { headcount => 4 });
is($r->status, 200, 'one of several') or diag $r->body;
is($r->header('etag'), '"2"', 'there is a new revision');
is($r->json->{headcount}, 4, 'with what was changed');
is(edit($id, '"1"', { headcount => 5 })->status, 412, 'the one before has gone stale');

$r = edit($id, '"2"', { headcount => 4 });
is($r->header('etag'), '"2"', 'what changes nothing raises nothing');
is($r->json->{updated_at}, $owner->get("$base/$id")->json->{updated_at}, 'and is no edit');
is(trail($id), 'work_type.created work_type.changed', 'nor in the trail');

$r = edit($id, '*', { pay => { max => 20000 } });
is($r->status, 200, 'any');
is_deeply($r->json->{pay}, { type => 'hourly', min => 12000, max => 20000, hourly => 12000 },
          'a member of an object, the others stay');
is($t->db("SELECT detail->'changed' FROM audit_events WHERE subject_id = '$id'
            ORDER BY id DESC LIMIT 1"), '["pay_max_krw"]', 'the trail says what');
is(edit('019b76da-abe8-7d62-948b-000000000000', '*', { headcount => 1 })->status, 404,
   'of nothing');

is_deeply(errors(edit($id, '*', { pay => { min => 20001 } })), { 'pay.max' => 'less_than_min' },
          'against what stays: pay');
is_deeply(errors(edit($id, '*', { schedule => [ { day => 'mon', start => '09:00',
                                                   end => '15:00' } ] })),
          { daily_minutes => 'too_long', schedule => 'too_short' }, 'and the day');
is_deeply(errors(edit($id, '*', { pay => undef })),
          { map { ("pay.$_" => 'not_null') } qw(type min max) },
          'an object that is null: so is all in it');
is_deeply(errors(edit($id, '*', { name => undef, pay => { min => undef } })),
          { name => 'not_null', 'pay.min' => 'not_null' }, 'nor a value');
is(edit($id, '*', { name => '한 번만' })->json->{code}, 'name_taken', 'a name that is taken');
is(edit($id, '*', { name => '야간 제설' })->status, 200, 'but its own');

$r = edit($id, '*', { schedule => [ { day => 'sat', start => '08:00', end => '07:00' } ],
                      category => 'lift' });
is($r->json->{hours_a_week}, 23, 'another schedule, where nobody offers it');
is($r->json->{category}, 'lift', 'and category');


# ---- at the same time: none is lost, and of one revision one edit is made

my $storm = $owner->post($base, json => { %work, name => '여럿이' })->json->{id};

sub at_once {
    my ($children, $code) = @_;

    my @pids;

    for my $n (1 .. $children) {
        my $pid = fork // die "fork: $!\n";

        if (!$pid) {
            $code->($n);
            POSIX::_exit(0);
        }

        push @pids, $pid;
    }

    waitpid $_, 0 for @pids;

    return;
}

at_once(8, sub { my ($n) = @_; edit($storm, '*', { headcount => $n * 10 + $_ }) for 1 .. 5 });
is($t->db("SELECT revision FROM work_types WHERE id = '$storm'"), 41, 'forty edits raise it forty times');
is($t->db("SELECT count(*) || ' ' || count(DISTINCT detail->>'revision') FROM audit_events
            WHERE subject_id = '$storm' AND action = 'work_type.changed'"), '40 40',
   'and each is in the trail');

at_once(8, sub { edit($storm, '"41"', { headcount => 100 + $_[0] }) });
is($t->db("SELECT revision FROM work_types WHERE id = '$storm'"), 42, 'of one revision, one edit');

at_once(6, sub { $owner->post($base, json => { %work, name => '단 하나' },
                              headers => { 'Idempotency-Key' => 'storm' }) });
is($t->db("SELECT count(*) FROM work_types WHERE name = '단 하나'"), 1, 'of one key, one work type');


# ---- what posts offer stays

my %was = %{ $owner->get("$base/$offered")->json };
my $title = $t->db("SELECT title FROM posts WHERE id = '$post'");

for my $status ('approved', 'pending', 'paused', 'hidden') {
    $t->db("UPDATE posts SET status = '$status', status_reason = '시험 중' WHERE id = '$post'");
    $t->db("UPDATE posts SET status = 'filled' WHERE id <> '$post' AND live
               AND '$offered' = ANY (work_type_ids)");

    for my $change ({ schedule => \@nights }, { category => 'office' }) {
        $r = edit($offered, '*', $change);
        is($r->status, 409, "of a post that is $status: no other " . join '', keys %$change);
        is($r->json->{code}, 'work_type_in_use', 'and why');
        is_deeply([ sort keys %{ errors($r) } ], [ keys %$change ], 'in what');
        like($r->json->{errors}[0]{detail}, qr/\Q$title\E.*\Q$status\E.*\Q$post\E/,
             'by which post');
        like($r->json->{title}, qr/복사/, 'and what to do instead');
    }

    $r = $owner->delete("$base/$offered");
    is($r->status, 409, 'nor is it deleted');
    is($r->json->{code}, 'work_type_in_use', 'for the same reason');
}

# nor does it get words that the review of those posts hasn't seen

for my $change ([ name => '객실정비 (여성 우대)', '여성 우대' ],
                [ requirements => '밝은 분. 20대 환영', '20대 환영' ],
                [ requirements => "밝은 분\n기혼 가능", '기혼' ],
                [ name => "객실정비 (여성\x{200b} 우대)", '여성 우대' ],
                [ name => "객실정비 (여\x{fe0f}성 우대)", '여성 우대' ],
                [ requirements => '밝은 분 ｏｐｅｎ．ｋａｋａｏ．ｃｏｍ/o/x', 'open.kakao.com' ])
{
    my ($field, $text, $word) = @$change;

    $r = edit($offered, '*', { $field => $text });
    is($r->status, 409, "no such words in the $field");
    is($r->json->{code}, 'work_type_in_use', 'while posts offer it');
    my ($told) = grep { $_->{code} eq 'watched_word' } @{ $r->json->{errors} };
    is($told->{field}, $field, 'where');
    like($told->{detail}, qr/‘\Q$word\E’/, 'which');
    like((grep { $_->{code} eq 'offered' } @{ $r->json->{errors} })[0]{detail}, qr/\Q$post\E/, 'by which post');
    ok(!eval { $t->db("UPDATE work_types SET $field = '$text' WHERE id = '$offered'"); 1 },
       'whoever writes the UPDATE');
}

# nor does its pay become less than what was applied for

for ([ 'pay.type', pay => { type => 'daily', min => 200000, max => 200000 } ],
     [ 'pay.min', pay => { min => $was{pay}{min} - 10 } ],
     [ 'pay.min', pay => { min => 6000, max => $was{pay}{max} + 100 } ],
     [ 'pay.max', pay => { min => $was{pay}{min}, max => $was{pay}{max} - 10 }, max => 1 ],
     [ 'daily_minutes', daily_minutes => $was{daily_minutes} + 10 ])
{
    my ($field, %change) = @$_;

    # the least and the most may be the same
    next if delete $change{max} && $was{pay}{max} - 10 < $was{pay}{min};

    $r = edit($offered, '*', \%change);
    is_deeply([ $r->status, $r->json->{code} ], [ 409, 'work_type_in_use' ], "$field: not while posts offer it")
        or diag $r->body;
    is_deeply([ keys %{ errors($r) } ], [ $field ], 'in what');
    like($r->json->{errors}[0]{detail}, qr/\Q$post\E/, 'by which post');
}

ok(!eval { $t->db("UPDATE work_types SET $_ WHERE id = '$offered'"); 1 }, "whoever writes the UPDATE: $_")
    for 'pay_min_krw = pay_min_krw - 1', "pay_type = 'daily'", 'daily_minutes = daily_minutes + 1';

is_deeply($owner->get("$base/$offered")->json, \%was, 'nothing has changed');

my $watched = $owner->post($base, json => { %work, name => '아무도 안 쓰는 업무' })->json->{id};
is(edit($watched, '*', { requirements => '여성 우대' })->status, 200, 'one that no post offers may be changed');
$t->db("UPDATE posts SET status = 'filled', work_type_ids = work_type_ids || '{$watched}' WHERE id = '$post'");
is(edit($watched, '*', { requirements => '여성 우대, 20대 환영' })->status, 200, 'also one of a post that has ended');
is(edit($watched, '*', { pay => { min => 10500 } })->status, 200, 'and its pay');
$t->db("UPDATE posts SET status = 'approved' WHERE id = '$post'");
is(edit($watched, '*', { requirements => '20대 환영. 여성 우대' })->status, 200, 'what had the words keeps them');
is(edit($watched, '*', { requirements => '20대 환영. 남성 우대' })->status, 409, 'but gets no others of their kind');
is(edit($watched, '*', { requirements => '누구나' })->status, 200, 'and may lose them');
is(edit($watched, '*', { requirements => '여성 우대' })->status, 409, 'but not get them back');

# words without end cost one look at a text, not one for each of them

my $often = $owner->post($base, json => { %work, name => '자주', requirements => '여성만 ' x 400 })->json->{id};
$t->db("UPDATE posts SET work_type_ids = work_type_ids || '{$often}' WHERE id = '$post'");
is(edit($often, '*', { name => '더 자주' })->status, 200, 'a text full of words is as quickly changed');


# a deleted post doesn't hold its work types; the public gets it back as it
# was reviewed, or after another review

my $offers = $t->db("SELECT work_type_ids FROM posts WHERE id = '$post'");

for my $change ([ '{"headcount": 1}', 'approved' ], [ '{"pay": {"min": 10500, "max": 10500}}', 'pending' ]) {
    my ($body, $state) = @$change;
    my $id = $owner->post($base, json => { %work, name => "몰래 $state", headcount => 1 })->json->{id};
    my $posts = "/api/v1/resorts/$here/posts/$post";
    $t->db("UPDATE posts SET status = 'approved', work_type_ids = '{$id}' WHERE id = '$post'");

    is($owner->delete($posts)->status, 204, 'deleted');
    is(edit($id, '*', JSON::PP->new->decode($body))->status, 200, 'its work type may change');
    my $r = $owner->post("$posts/restore");
    is_deeply([ $r->status, $r->json->{status} ], [ 200, $state ], "restored: $state") or diag $r->body;
}

$t->db("UPDATE posts SET status = 'approved', work_type_ids = '$offers' WHERE id = '$post'");
$t->db("UPDATE posts SET work_type_ids = array_remove(work_type_ids, '$watched') WHERE id = '$post'");

is(edit($offered, '*', { schedule => $was{schedule}, headcount => 77, name => '이름은 바뀐다',
                         pay => { max => $was{pay}{max} + 100 } })->status, 200,
   'the rest may change');
is($t->db("SELECT schedule::text || category_code FROM work_types WHERE id = '$offered'"),
   bits($offered) . $was{category}, 'and nothing else has');

ok(!eval { $t->db("UPDATE work_types SET schedule = ~schedule WHERE id = '$offered'"); 1 },
   'whoever writes the UPDATE');

# one that is submitted at the same time

my $draft = $t->db("SELECT uuid_v7(now(), md5('draft')::uuid)");
my $wanted = $owner->post($base, json => { %work, name => '동시에' })->json->{id};

$t->db("INSERT INTO posts (id, resort_id, title, description, category_code, employment_type,
            pay_type, pay_min_krw, pay_max_krw, starts_on, region_code, address, lat, lng,
            created_by, updated_by, work_type_ids)
        SELECT '$draft', resort_id, title, description, category_code, employment_type, pay_type,
               pay_min_krw, pay_max_krw, starts_on, region_code, address, lat, lng, created_by,
               updated_by, '{$wanted}' FROM posts WHERE id = '$post'");

my $pid = fork // die "fork: $!\n";

if (!$pid) {
    $t->db("BEGIN; UPDATE posts SET status = 'pending' WHERE id = '$draft';
            SELECT pg_sleep(1.5); COMMIT");
    POSIX::_exit(0);
}

my $until = time + 10;
sleep 0.02 while time < $until
    && !$t->db("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1.5)%'
                   AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()");

$r = $owner->delete("$base/$wanted");
waitpid $pid, 0;
is($r->status, 409, 'a post that is submitted while it is deleted') or diag $r->body;
like($r->json->{errors}[0]{detail} // '', qr/\Q$draft\E/, 'is seen');
is($t->db("SELECT deleted_at IS NULL FROM work_types WHERE id = '$wanted'"), 't', 'and it stays');

# and the other way: it has gone before

$t->db("UPDATE posts SET status = 'rejected', status_reason = '시험 중' WHERE id = '$draft'");
$r = $owner->get("$base/$wanted");
is($owner->delete("$base/$wanted", headers => { 'If-Match' => '"9"' })->status, 412,
   'a delete heeds If-Match');
is($owner->delete("$base/$wanted", headers => { 'If-Match' => $r->header('etag') })->status, 204,
   'what only a rejected post names can go');
is($t->db("SELECT deleted_at IS NOT NULL FROM work_types WHERE id = '$wanted'"), 't',
   'it is marked');
is(trail($wanted), 'work_type.created work_type.deleted', 'the trail');
is($owner->delete("$base/$wanted")->status, 404, 'and has gone');
is($owner->get("$base/$wanted")->status, 404, 'for all');
ok(!eval { $t->db("UPDATE posts SET status = 'pending' WHERE id = '$draft'"); 1 },
   'no post is submitted with it');
is($owner->post($base, json => { %work, name => '동시에' })->status, 201, 'its name is free');


# ---- no end of them: of eight that would be the last one, one is

my $most = 200 - $t->db("SELECT count(*) FROM work_types WHERE resort_id = '$here' AND deleted_at IS NULL");

$t->db("INSERT INTO work_types (id, resort_id, name, category_code, schedule, pay_type, pay_min_krw, pay_max_krw)
        SELECT uuid_v7(now()), '$here', '끝없이 ' || n, 'lift', repeat('1', 168)::bit(168), 'hourly', 20000, 20000
          FROM generate_series(2, $most) AS n");

my @last = $t->parallel(8, sub {
    my ($n) = @_;
    my $r = $n % 2 ? $owner->post("$base/$id/copy", json => { name => "마지막 $n" })
                   : $owner->post($base, json => { %work, name => "마지막 $n" });

    return $r->status . ' ' . ($r->json->{code} // '');
});
is_deeply([ sort @last ], [ '201 ', ('409 limit_reached') x 7 ], 'two hundred are enough');
is($t->db("SELECT count(*) FROM work_types WHERE resort_id = '$here' AND deleted_at IS NULL"), 200,
   'in the database');

$t->db("UPDATE work_types SET deleted_at = now() WHERE resort_id = '$here' AND name = '끝없이 2'");
my $waiting = fork // die "fork: $!\n";

if (!$waiting) {
    $t->db("BEGIN; SELECT FROM resorts WHERE id = '$here' FOR NO KEY UPDATE;
            UPDATE work_types SET deleted_at = NULL WHERE resort_id = '$here' AND name = '끝없이 2';
            SELECT pg_sleep(1); COMMIT");
    POSIX::_exit(0);
}

sleep 0.4;
is($owner->post($base, json => { %work, name => '다음' })->json->{code}, 'limit_reached',
   'who has waited for the last one counts it');
waitpid $waiting, 0;
$t->db("UPDATE work_types SET deleted_at = now() WHERE resort_id = '$here' AND name ~ '^(끝없이|마지막) '");


# ---- copies

$r = $owner->post("$base/$id/copy", json => { name => '복사본' });
is($r->status, 201, 'copied') or diag $r->body;
is($r->json->{name}, '복사본', 'under another name');
isnt($r->json->{id}, $id, 'it is another one');
is($r->header('location'), "$base/" . $r->json->{id}, 'which is there');
is($r->header('etag'), '"1"', 'and new');

my $source = $owner->get("$base/$id")->json;
is_deeply([ map { $r->json->{$_} } qw(category schedule headcount pay daily_minutes requirements) ],
          [ map { $source->{$_} } qw(category schedule headcount pay daily_minutes requirements) ],
          'the same work');
is($t->db("SELECT detail->>'of' FROM audit_events WHERE action = 'work_type.copied'
              AND subject_id = '@{[ $r->json->{id} ]}'"), $id, 'the trail says of what');
is($owner->post("$base/$id/copy", json => {})->json->{code}, 'name_taken',
   'within a resort it needs another name');
is($owner->post("$base/$id/copy", json => { resort => $there })->status, 403,
   'not to a resort that one is nobody in');
is($owner->post("$base/$id/copy",
                json => { resort => '019b76da-abe8-7d62-948b-000000000000' })->status, 403,
   'nor to none');
is($t->db("SELECT count(*) FROM work_types WHERE resort_id = '$there' AND name = '야간 제설'"), 0,
   'nothing was');

$t->db("INSERT INTO resort_members (resort_id, member_id, role)
        VALUES ('$there', '@{[ $owner->id ]}', 'recruiter')");
$r = $owner->post("$base/$id/copy", json => { resort => $there });
is($r->status, 201, 'to one that one acts for') or diag $r->body;
is($r->json->{resort_id}, $there, 'it is theirs');
is($r->header('location'), "$other/" . $r->json->{id}, 'and there');
is($stranger->get("$other/" . $r->json->{id})->json->{name}, '야간 제설', 'under its name');
is($stranger->post("$other/$id/copy", json => { name => 'x' })->status, 404,
   'another resort\'s isn\'t copied');


# ---- what the public sees

$t->db("UPDATE posts SET status = 'approved' WHERE id = '$post'");
my $public = "/api/v1/jobs/$post/work-types";

$r = $t->get($public);
is($r->status, 200, 'of a job') or diag $r->body;
is_deeply([ map { $_->{id} } @{ $r->json->{items} } ],
          [ split /\n/, $t->db("SELECT unnest(work_type_ids) FROM posts WHERE id = '$post'") ],
          'what it offers, in its order');
is_deeply([ sort keys %{ $r->json->{items}[0] } ],
          [ qw(category daily_minutes headcount hours_a_week id name pay requirements schedule) ],
          'and nothing of the desk\'s');
like($r->header('cache-control'), qr/public/, 'kept by caches');

edit($offered, '*', { name => '새 이름' });
for (1 .. 100) {
    ($name) = map { $_->{name} } grep { $_->{id} eq $offered } @{ $t->get($public)->json->{items} };
    last if ($name // '') eq '새 이름';
    sleep 0.05;
}
is($name, '새 이름', 'until it changes');

$t->db("UPDATE posts SET status = 'paused' WHERE id = '$post'");
my $status;
for (1 .. 100) {
    last if ($status = $t->get($public)->status) == 404;
    sleep 0.05;
}
is($status, 404, 'of a post that is paused: nothing');
is($t->get('/api/v1/jobs/' . $t->db("SELECT id FROM posts WHERE status = 'filled'
    AND published_at IS NOT NULL AND deleted_at IS NULL LIMIT 1") . '/work-types')->status, 410,
   'of one that has ended: gone');


# ---- any week: what is shown is what is stored, and SQL and C mean the same
#      by a day

$t->db("DELETE FROM resort_members WHERE resort_id = '$there';
        INSERT INTO resort_members (resort_id, member_id, role)
        VALUES ('$there', '@{[ $stranger->id ]}', 'owner');
        UPDATE posts SET status = 'filled' WHERE live AND resort_id = '$there';
        UPDATE posts SET deleted_at = now() WHERE resort_id = '$there';
        UPDATE work_types SET deleted_at = now() WHERE resort_id = '$there'");
$t->db("SELECT setseed(0.26);
        INSERT INTO work_types (id, resort_id, name, category_code, schedule, pay_type,
                                pay_min_krw, pay_max_krw)
        SELECT uuid_v7(now(), md5('week' || n)::uuid), '$there', 'w' || lpad(n::text, 3, '0'),
               'lift', b.bits::bit(168), 'hourly', 12000, 12000
          FROM generate_series(1, 100) AS n
         CROSS JOIN LATERAL (
             SELECT string_agg(repeat((k % 2)::text, 1 + (random() * (n % 30))::int), '' ORDER BY k)
               FROM generate_series(0, 400) AS k) AS b (bits)
         WHERE b.bits ~ '1'");

my %day = (mon => 0, tue => 1, wed => 2, thu => 3, fri => 4, sat => 5, sun => 6);
my @faults;

for my $w (@{ $stranger->get("$other?limit=100")->json->{items} }) {
    my ($bits, @hours) = ('0' x 168, (0) x 7);

    for my $range (@{ $w->{schedule} }) {
        my ($from, $to) = map { 0 + substr $_, 0, 2 } @$range{qw(start end)};
        my $n = $to > $from ? $to - $from : $to + 24 - $from;

        $hours[ $day{ $range->{day} } ] += $n;
        substr($bits, ($day{ $range->{day} } * 24 + $from + $_) % 168, 1) = '1' for 0 .. $n - 1;
    }

    my ($longest) = sort { $b <=> $a } @hours;
    my $is = $t->db("SELECT schedule::text || ' ' || week_longest_day(schedule) FROM work_types
                      WHERE id = '$w->{id}'");

    push @faults, "$w->{name}: $bits $longest\n       $is" if $is ne "$bits $longest";
}

ok(!@faults, 'a hundred weeks') or diag join "\n", @faults;

done_testing;
