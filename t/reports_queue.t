# The moderators' queue of reports: who sees it, who looks at which, and a
# decision with all that belongs to it, at once or not at all.

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
my $issuer = 'http://localhost:' . $t->port(8080);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity $issuer;
    resortbite_keys %%KEYS%%;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $mod = ResortBite::Account->new($t, roles => [ 'moderator' ], name => '가람');
my $other = ResortBite::Account->new($t, roles => [ 'moderator' ], name => '나래');
my $admin = ResortBite::Account->new($t, roles => [ 'admin' ]);
my $auditor = ResortBite::Account->new($t, roles => [ 'auditor' ]);
my $crew = ResortBite::Account->new($t);
my $english = ResortBite::Account->new($t, locale => 'en');

my @posts = split /\n/, $t->db('SELECT id FROM posts WHERE live'
    . ' AND least(deadline, ends_on) >= seoul_today()'
    . ' AND id NOT IN (SELECT post_id FROM reports) ORDER BY id LIMIT 40');

my $address = 0;

sub report {
    my ($post, %with) = @_;

    my @what = ("/api/v1/jobs/$post/reports",
                json => { reason => 'wage', detail => $with{detail} // '' });
    my %headers = ('X-Forwarded-For' => $with{from} // '10.0.0.' . ++$address);

    my $r = $with{by} ? $with{by}->post(@what)
                      : $t->post(@what, headers => \%headers);

    return $with{whole} ? $r : $r->json->{id};
}

sub decide {
    my ($who, $report, $json, %headers) = @_;

    return $who->post("/api/v1/admin/reports/$report/decide", json => $json,
                      headers => \%headers);
}

sub act {
    my ($who, $report, $act, %with) = @_;

    return $who->post("/api/v1/admin/reports/$report/$act",
        json => $with{json} // {},
        headers => { $with{if_match} ? ('If-Match' => $with{if_match}) : () });
}


# ---- who reports

my $mine = report($posts[0], by => $crew, whole => 1);
is($mine->status, 201, 'a member reports') or diag $mine->body;
is($t->db("SELECT reporter_id || ' ' || (reporter_hash IS NULL) FROM reports"
          . " WHERE id = '" . $mine->json->{id} . "'"), $crew->id . ' true',
   'and is who the report is of: no address is kept');
is($t->db("SELECT actor_id FROM audit_events WHERE action = 'report.created'"
          . " AND detail->>'report_id' = '" . $mine->json->{id} . "'"), $crew->id,
   'in the trail, too');
is(report($posts[0], by => $crew, whole => 1)->json->{code}, 'already_reported',
   'once a post and day');
is(report($posts[0], whole => 1)->status, 201,
   'which is not said to an address of somebody else');
is($crew->post("/api/v1/jobs/$posts[1]/reports", json => { reason => 'wage' },
               headers => { 'X-CSRF-Token' => 'x' })->status, 403,
   'a cookie alone does not report');

my $anonymous = report($posts[0], from => '10.9.9.9');

{
    my @codes = map { report($posts[$_], from => '10.1.1.1', whole => 1) } 1 .. 11;

    is_deeply([ map { $_->status } @codes ], [ (201) x 10, 429 ],
              'ten an hour from one address');
    is($codes[10]->json->{code}, 'too_many_requests', 'its code');
    cmp_ok($codes[10]->header('retry-after'), '>', 60, 'and when again');
    is(report($posts[11], from => '10.1.1.2', whole => 1)->status, 201,
       'another address may');

    my @again = map { report($posts[1], from => '10.1.1.3', whole => 1)->status } 1 .. 15;
    is_deeply(\@again, [ 201, (409) x 14 ], 'what is not taken does not count');

    my $member = ResortBite::Account->new($t);
    my @member = map { report($posts[$_], by => $member, whole => 1)->status } 1 .. 31;
    is_deeply(\@member, [ (201) x 30, 429 ], 'thirty a day of one member');
}


# ---- the queue

for my $who ($crew) {
    is($who->get('/api/v1/admin/reports')->status, 403, 'nothing for members');
}

is($t->get('/api/v1/admin/reports')->status, 401, 'nor for nobody');

my $open = $t->db("SELECT count(*) FROM reports WHERE status = 'open'");
my (@seen, $cursor);

do {
    my $page = $mod->get('/api/v1/admin/reports?limit=7'
                         . ($cursor ? "&cursor=$cursor" : ''))->json;
    push @seen, @{ $page->{items} };
    $cursor = $page->{next};
} while ($cursor);

is(scalar @seen, $open, 'all that is open, page by page');
is_deeply([ map { $_->{id} } @seen ],
          [ split /\n/, $t->db("SELECT id FROM reports WHERE status = 'open'"
                               . ' ORDER BY created_at, id') ],
          'the oldest first');

my ($first) = grep { $_->{id} eq $mine->json->{id} } @seen;
is($first->{open_reports}, 3, 'with how many are open of the post');
is($first->{by_member}, JSON::PP::true(), 'and whether a member made it');
ok(!exists $first->{reporter}, 'but not who');

is($auditor->get('/api/v1/admin/reports?limit=1')->status, 200, 'an auditor reads');
is(act($auditor, $anonymous, 'assign')->status, 403, 'and does nothing');
is(decide($auditor, $anonymous, { decision => 'dismissed' })->status, 403, 'nor decides');
is(act($crew, $anonymous, 'assign')->status, 403, 'nor does a member');

my $one = $mod->get('/api/v1/admin/reports/' . $mine->json->{id});
is($one->json->{reporter}{id}, $crew->id, 'one report says who made it');
is($one->header('etag'), '"1"', 'and its revision');
is($t->db("SELECT count(*) FROM audit_events WHERE action = 'report.read'"
          . " AND actor_id = '" . $mod->id . "'"), 1, 'and that it was read is on record');
is($mod->get("/api/v1/admin/reports/$anonymous")->json->{reporter}, undef,
   'of an address nobody');
is($mod->get("/api/v1/admin/reports/$posts[0]")->status, 404, 'there is no other');


# ---- who looks at it

my $r = act($mod, $anonymous, 'assign');
is($r->status, 200, 'taken') or diag $r->body;
is($r->json->{assigned_to}{id}, $mod->id, 'by who asks');
is($r->json->{assigned_to}{name}, '가람', 'whose name is shown');
is($r->header('etag'), '"2"', 'as another revision');

$r = act($other, $anonymous, 'assign');
is($r->status, 409, 'another moderator does not take it');
is($r->json->{code}, 'report_assigned', 'and hears why');
is(act($other, $anonymous, 'release')->status, 409, 'nor gives it back');
is(decide($other, $anonymous, { decision => 'dismissed' })->status, 409, 'nor decides');
is(act($other, $anonymous, 'assign', if_match => '"1"')->status, 412,
   'nor having read what it was before');
is($t->db("SELECT assigned_to FROM reports WHERE id = '$anonymous'"), $mod->id,
   'nothing of it happened');

$r = act($other, $anonymous, 'assign', if_match => '"2"');
is($r->status, 200, 'but having read whose it is');
is($r->json->{assigned_to}{id}, $other->id, 'it is theirs');
is(act($admin, $anonymous, 'assign', json => { to => $mod->id })->json->{assigned_to}{id},
   $mod->id, 'an admin gives it to whom they like');
$r = act($mod, $anonymous, 'assign', json => { to => $crew->id });
is($r->status, 400, 'to the staff');
is($r->json->{errors}[0]{field}, 'to', 'it says what is wrong');
is(act($mod, $anonymous, 'assign', json => { to => $other->id })->status, 200,
   'handed over');
is(act($mod, $posts[0], 'assign')->status, 404, 'no such report');

is_deeply([ map { $_->{id} } @{ $other->get('/api/v1/admin/reports?assigned=me')
            ->json->{items} } ], [ $anonymous ], 'assigned=me');
is(scalar(grep { $_->{id} eq $anonymous } @{ $mod->get(
       '/api/v1/admin/reports?assigned=none&limit=100')->json->{items} }), 0,
   'assigned=none has not got it');
is(scalar @{ $mod->get("/api/v1/admin/reports?job=$posts[0]")->json->{items} }, 3,
   'those of a post');

is(act($other, $anonymous, 'release')->json->{assigned_to}, undef, 'given back');
is($t->db("SELECT string_agg(action, ' ' ORDER BY id) FROM audit_events"
          . " WHERE subject_id = '$anonymous' AND action LIKE 'report.%ed'"),
   join(' ', ('report.assigned') x 4, 'report.released'), 'all of it is on record');


# ---- decisions: nothing of the post

is($t->get("/api/v1/jobs/$posts[0]")->status, 200, 'three reports hide nothing');

$r = decide($mod, $anonymous, { decision => 'dismissed', action => 'hide_post',
                                reason => '이유가 있습니다' });
is($r->status, 400, 'an unfounded report does nothing to the post');
is($r->json->{errors}[0]{field}, 'action', 'it says so');
$r = decide($mod, $anonymous, { decision => 'upheld', action => 'hide_post' });
is($r->json->{errors}[0]{field}, 'reason', 'the resort has to be told why');
is(decide($mod, $anonymous, { decision => 'upheld', action => 'hide_post',
                              reason => "\x{3000} " })->status, 400, 'in words');

$r = decide($mod, $anonymous, { decision => 'dismissed', answer => '  확인했습니다.  ' });
is($r->status, 200, 'dismissed') or diag $r->body;
is($r->json->{status}, 'dismissed', 'its state');
is($r->json->{action}, 'none', 'nothing was done');
is($r->json->{handled_by}{id}, $mod->id, 'by whom');

$r = decide($mod, $anonymous, { decision => 'upheld' });
is($r->status, 409, 'not twice');
is($r->json->{code}, 'report_decided', 'its code');
is($r->json->{state}, 'dismissed', 'what it is');
is_deeply($r->json->{allowed_states}, [], 'and stays');
is(act($mod, $anonymous, 'assign')->json->{code}, 'report_decided', 'nor taken any more');
is(act($mod, $anonymous, 'release')->json->{code}, 'report_decided', 'or given back');

$r = $t->get("/api/v1/jobs/$posts[0]/reports/$anonymous")->json;
is($r->{status}, 'dismissed', 'who knows the id reads what became of it');
is($r->{answer}, '확인했습니다.', 'and the answer');
like($r->{decided_at}, qr/^20\d\d-/, 'and when');
is($t->db("SELECT count(*) FROM outbox WHERE key = 'mail:$anonymous'"), 0,
   'nobody is written to');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'report.decided'"
          . " AND payload->>'report_id' = '$anonymous'"), 1, 'an event says so');
is($t->get("/api/v1/jobs/$posts[0]")->status, 200, 'the post is where it was');


# ---- decisions: the post is hidden, and all its reports closed

my $resort = $t->db("SELECT resort_id FROM posts WHERE id = '$posts[0]'");
my $owner = ResortBite::Account->new($t, resort => [ $resort, 'owner' ]);
my $recruiter = ResortBite::Account->new($t, resort => [ $resort, 'recruiter' ]);
my $second = report($posts[0], by => $english);
my $before = $t->db("SELECT revision FROM posts WHERE id = '$posts[0]'");

$r = decide($mod, $mine->json->{id}, {
    decision => 'upheld', action => 'hide_post', reason => '시급이 사실과 다릅니다.',
    answer => '알려 주셔서 고맙습니다.', all_of_job => JSON::PP::true() });
is($r->status, 200, 'upheld, and the post hidden') or diag $r->body;
is($r->json->{action}, 'post_hidden', 'what was done');
is($r->json->{job}{status}, 'hidden', 'the post is hidden');
is($r->json->{open_reports}, 0, 'none of its reports is open');
is($t->get("/api/v1/jobs/$posts[0]")->status, 404, 'the public sees it no more');

is($t->db("SELECT count(*) FROM reports WHERE post_id = '$posts[0]'"
          . " AND status = 'upheld' AND action = 'post_hidden'"), 3, 'all three');
is($t->db("SELECT revision - $before FROM posts WHERE id = '$posts[0]'"), 1,
   'the post changed once');
is($t->db("SELECT from_status || '>' || to_status || ' ' || reason || ' ' || (actor_id = '"
          . $mod->id . "') FROM post_status_changes WHERE post_id = '$posts[0]'"
          . ' ORDER BY id DESC LIMIT 1'),
   'approved>hidden 시급이 사실과 다릅니다. true', 'its history says who and why');

is($t->db("SELECT (payload->>'to') || ' ' || (payload->'params'->>'decision') || ' ' || (payload->>'locale')
             FROM outbox WHERE topic = 'mail.report_decided' AND key = 'mail:"
          . $mine->json->{id} . "'"), $crew->email . ' upheld ko', 'the reporter is told');
is($t->db("SELECT (payload->>'to') || ' ' || (payload->'params'->>'decision') || ' ' || (payload->>'locale')
             FROM outbox WHERE topic = 'mail.report_decided' AND key = 'mail:$second'"),
   $english->email . ' upheld en', 'the other one, too, in their language');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.post_returned'
              AND payload->>'to' = '" . $owner->email . "'"), 1, 'and the owner');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.post_returned'
              AND payload->>'to' = '" . $recruiter->email . "'"), 0, 'not everybody');
is($t->db("SELECT string_agg(DISTINCT action, ' ' ORDER BY action) FROM audit_events
            WHERE request_id = '" . $r->header('x-request-id') . "'"),
   'post.hidden report.upheld', 'the trail');

my $list = $crew->get('/api/v1/me/reports')->json->{items};
is(scalar @$list, 1, 'a member reads what they have reported');
is($list->[0]{answer}, '알려 주셔서 고맙습니다.', 'and the answer');
is($list->[0]{job}{id}, $posts[0], 'of which post');
is($t->get('/api/v1/me/reports')->status, 401, 'nobody has none');

is_deeply([ map { $_->{status} } @{ $mod->get('/api/v1/admin/reports?status=upheld&limit=3')
            ->json->{items} } ], [ ('upheld') x 3 ], 'what was decided is a list, too');
is($mod->get('/api/v1/admin/reports?status=dismissed')->json->{items}[0]{id}, $anonymous,
   'the last one first');

# from there the same can't be done again

my $late = $t->db("INSERT INTO reports (id, post_id, reporter_id, reason)
    VALUES (uuid_v7(now(), md5('late')::uuid), '$posts[0]', '" . $owner->id . "', 'scam')
    RETURNING id");
$r = decide($mod, $late, { decision => 'upheld', action => 'hide_post', reason => '다시' });
is($r->status, 409, 'a hidden post is not hidden');
is($r->json->{code}, 'state_conflict', 'its code');
is($r->json->{state}, 'hidden', 'what it is');
is_deeply($r->json->{allowed_states}, [ 'approved' ], 'and what moderators may make of it');
is($t->db("SELECT status FROM reports WHERE id = '$late'"), 'open', 'nothing of it happened');
is(decide($mod, $late, { decision => 'upheld' })->status, 200, 'without an action it is decided');

# one of several

my $sent = report($posts[2]);
is(decide($mod, $sent, { decision => 'upheld', action => 'request_changes',
                         reason => '근무 시간을 적어 주세요.' })->json->{errors}[0]{field},
   'action', 'a public post is hidden, not sent back');
$r = decide($mod, $sent, { decision => 'upheld', action => 'hide_post',
                           reason => '근무 시간을 적어 주세요.' });
is($r->json->{action}, 'post_hidden', 'hidden');
is($t->db("SELECT status || ' ' || status_reason FROM posts WHERE id = '$posts[2]'"),
   'hidden 근무 시간을 적어 주세요.', 'with the reason');
is($t->db("SELECT count(*) FROM reports WHERE post_id = '$posts[2]' AND status = 'open'"),
   $t->db("SELECT count(*) FROM reports WHERE post_id = '$posts[2]'") - 1,
   'the others are open still');
is($t->db("SELECT detail->>'report_id' FROM audit_events WHERE action = 'post.hidden'
              AND subject_id = '$posts[2]'"), $sent, 'the trail says by which report');


# ---- who is a member of the resort sees none of its reports, whatever they are

{
    my $post = $posts[5];
    my $resort = $t->db("SELECT resort_id FROM posts WHERE id = '$post'");
    my %insider = map { $_ => ResortBite::Account->new($t, roles => [ $_ ],
                                                       resort => [ $resort, 'recruiter' ]) }
        qw(moderator auditor super_admin);
    my $report = report($post, by => $crew, detail => '저를 아실 것입니다');

    for my $role (sort keys %insider) {
        my $who = $insider{$role};

        is($who->get("/api/v1/admin/reports/$report")->status, 404, "$role: not to be read");
        is($who->get('/api/v1/admin/reports?assigned=me')->status, 200, 'what is theirs is');
        is_deeply([ grep { $_->{job}{id} eq $post }
                    @{ $who->get('/api/v1/admin/reports?limit=100')->json->{items} } ], [],
                  'nor in the queue');
        is_deeply($who->get("/api/v1/admin/reports?job=$post")->json->{items}, [],
                  'nor asked for by the post');
        next if $role eq 'auditor';
        is(act($who, $report, 'assign')->status, 404, 'nor taken');
        is(decide($who, $report, { decision => 'dismissed' })->status, 404, 'nor decided');
    }

    is($t->db("SELECT count(*) FROM audit_events WHERE action = 'report.read'
                  AND subject_id = '$report'"), 0, 'none of it was read');
    is(act($mod, $report, 'assign', json => { to => $insider{moderator}->id })
       ->json->{errors}[0]{field}, 'to', 'nor are they given it');
    is($mod->get("/api/v1/admin/reports/$report")->status, 200, 'another moderator reads it');
    is(decide($mod, $report, { decision => 'dismissed' })->status, 200, 'and decides');
}

# If-Match

my $matched = report($posts[3]);
is(decide($mod, $matched, { decision => 'dismissed' }, 'If-Match' => '"7"')->status, 412,
   'stale');
is(decide($mod, $matched, { decision => 'dismissed' }, 'If-Match' => '"1"')->status, 200,
   'not stale');

# two at once

my $twice = report($posts[4]);
my @codes = $t->parallel(6, sub {
    decide($mod, $twice, { decision => 'upheld', action => 'hide_post',
                           reason => '동시에' })->status;
});
is_deeply([ sort @codes ], [ 200, (409) x 5 ], 'six at once: one decides');
is($t->db("SELECT count(*) FROM post_status_changes WHERE post_id = '$posts[4]'
              AND to_status = 'hidden'"), 1, 'and the post is hidden once');

done_testing;
