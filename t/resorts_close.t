# DELETE /api/v1/resorts/{id}: an owner closes a resort for good.

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

my $r;

# an open resort with live posts and such as wait for review

my $id = $t->db("SELECT r.id FROM resorts AS r WHERE open
    AND EXISTS (SELECT FROM posts AS p WHERE p.resort_id = r.id AND p.live)
    AND EXISTS (SELECT FROM posts AS p WHERE p.resort_id = r.id AND p.status = 'pending'
                                         AND p.deleted_at IS NULL)
    ORDER BY r.id LIMIT 1");
$t->db("DELETE FROM resort_members WHERE resort_id = '$id'");

my %in = map { $_ => ResortBite::Account->new($t, resort => [ $id, $_ ]) } qw(owner manager recruiter);
my $owner = $in{owner};
my $uri = "/api/v1/resorts/$id";
my $number = $t->db("SELECT business_number FROM resorts WHERE id = '$id'");

sub is_open { return $t->db("SELECT deleted_at IS NULL FROM resorts WHERE id = '$id'") }
sub posts { return $t->db("SELECT count(*) FROM posts WHERE resort_id = '$id' AND deleted_at IS NULL
                              AND $_[0]") }

is($t->get($uri)->status, 200, 'the public sees it');


# who may

is($in{$_}->delete($uri)->status, 403, "not a $_") for qw(manager recruiter);
is(ResortBite::Account->new($t)->delete($uri)->status, 403, 'not a stranger');
is($t->request(DELETE => $uri)->status, 401, 'nobody');

my $elsewhere = $t->db("SELECT id FROM resorts WHERE open AND id <> '$id' ORDER BY id LIMIT 1");
is(ResortBite::Account->new($t, resort => [ $elsewhere, 'owner' ])->delete($uri)->status, 403,
   'not another resort\'s owner');
is(ResortBite::Account->new($t, resort => [ $id, 'owner' ], age => 3600)->delete($uri)->status, 401,
   'not an owner who logged in an hour ago');
is(is_open(), 't', 'it is open');


# posts

my $live = posts('live');
$r = $owner->delete($uri);
is($r->status . ' ' . $r->json->{code}, '409 resort_has_live_posts', 'not with live posts');
is($r->json->{errors}[0]{code}, 'approved', 'which are named');
like($r->json->{errors}[0]{detail}, qr{\b\Q$live\E\D.*\Q$uri\E/posts\?status=approved}, 'how many, and where');

$t->db("UPDATE posts SET status = 'paused' WHERE resort_id = '$id' AND live");
my $pending = posts("status = 'pending'");
$r = $owner->delete($uri);
is($r->status . ' ' . $r->json->{code}, '409 resort_has_pending_posts', 'nor with such as wait for review');
like($r->json->{errors}[0]{detail}, qr{\b\Q$pending\E\D.*\Q$uri\E/posts\?status=pending}, 'how many, and where');
is(is_open(), 't', 'it is open');

$t->db("UPDATE posts SET status = 'draft' WHERE resort_id = '$id' AND status = 'pending'");


# an account does not leave it without an owner

$t->db("DELETE FROM resort_members WHERE resort_id = '$id' AND member_id <> '@{[ $owner->id ]}'
           AND role = 'owner'");
$r = $owner->delete('/api/v1/me');
is($r->status . ' ' . $r->json->{code}, '409 close_or_hand_over_resort', 'the only owner may not go');
$t->db("DELETE FROM resort_members WHERE resort_id = '$id' AND role <> 'owner'");
$r = $owner->delete('/api/v1/me');
is($r->status . ' ' . $r->json->{code}, '409 close_or_hand_over_resort', 'nor with nobody else there');
is($t->db("SELECT status FROM members WHERE id = '@{[ $owner->id ]}'"), 'active', 'nothing changed');

my $partner = ResortBite::Account->new($t, resort => [ $id, 'owner' ]);
is($partner->delete('/api/v1/me')->status, 204, 'one of two owners may');
is($owner->delete('/api/v1/me')->status, 409, 'then the other is the only one');

for ([ DELETE => '' ], [ PATCH => 'manager' ]) {
    my ($method, $role) = @$_;
    my $me = "$uri/members/" . $owner->id;
    $r = $role ? $owner->patch($me, json => { role => $role }) : $owner->delete($me);
    is($r->status == 409 ? $r->json->{code} : $r->status, 'last_owner',
       "nor may they leave it to who is gone: $method");
}


# a post that is submitted while it closes, and one that comes late

sub race {
    my ($sql, $meanwhile) = @_;

    my @answers = $t->parallel(2, sub {
        if ($_[0] == 0) {
            $t->db("BEGIN; $sql; SELECT pg_sleep(2); COMMIT");
            return '';
        }

        sleep 1;
        return $meanwhile->();
    });

    return $answers[1];
}

my $draft = $t->db("SELECT id FROM posts WHERE resort_id = '$id' AND status = 'draft'
    AND deleted_at IS NULL AND starts_on IS NOT NULL AND char_length(description) >= 10
    AND category_code IS NOT NULL AND employment_type IS NOT NULL AND pay_min_krw IS NOT NULL
    ORDER BY id LIMIT 1");
my $submit = "UPDATE posts SET status = 'pending' WHERE id = '$draft'";

is(race("SELECT FROM resorts WHERE id = '$id' FOR SHARE; $submit", sub {
    my $answer = $owner->delete($uri);
    return $answer->status == 409 ? $answer->json->{code} : $answer->status;
}), 'resort_has_pending_posts', 'a post that is submitted while it closes is seen');
is(is_open(), 't', 'and it stays open');

$t->db("UPDATE posts SET status = 'draft' WHERE id = '$draft'");
is(race("UPDATE resorts SET deleted_at = now() WHERE id = '$id'", sub {
    return eval { $t->db($submit); 1 } ? 'submitted' : $@ =~ /(its resort is closed)/ ? $1 : $@;
}), 'its resort is closed', 'one that comes while it closes is refused');
is($t->db("SELECT status FROM posts WHERE id = '$draft'"), 'draft', 'and stays a draft');
$t->db("UPDATE resorts SET deleted_at = NULL WHERE id = '$id'");


# closing

my $work = "$uri/work-types/" . $t->db("SELECT id FROM work_types WHERE resort_id = '$id'
    AND deleted_at IS NULL ORDER BY id LIMIT 1");
is($owner->get($work)->status, 200, 'it has work types');

my $invitation = $owner->post("$uri/members/invitations",
    json => { email => 'late@example.com', role => 'manager' })->json->{id};
ok($invitation, 'an invitation waits');

my $revision = $t->db("SELECT revision FROM resorts WHERE id = '$id'");
is($owner->delete($uri, headers => { 'If-Match' => '"0"' })->status, 412, 'not at another revision');

my @answers = sort $t->parallel(4, sub {
    return $owner->delete($uri, headers => { 'If-Match' => qq("$revision") })->status;
});
is("@answers", '204 404 404 404', 'of four at once one closes it');

is(is_open(), 'f', 'it is closed');
is($t->db("SELECT count(*) FROM audit_events WHERE subject_id = '$id' AND action = 'resort.closed'
              AND actor_id = '@{[ $owner->id ]}' AND detail->>'invitations' = '1'"), 1, 'the trail, once');
is($t->db("SELECT revoked_at IS NOT NULL FROM resort_invitations WHERE id = '$invitation'"), 't',
   'nobody comes by an invitation');

my $status;

for (1 .. 50) {
    $status = $t->get($uri)->status;
    last if $status == 410;
    select undef, undef, undef, 0.1;
}

is($status, 410, 'the public is told that it is gone');
is($t->get($uri)->json->{code}, 'resort_closed', 'by name');
is($owner->get("$uri/profile")->status, 404, 'its people have no desk');
is_deeply($owner->get("$uri/work-types")->json->{items}, [], 'nor work types');
is($owner->get($work)->status, 404, 'none to read');
is($owner->patch($work, json => { headcount => 9 }, headers => { 'If-Match' => '*' })->status, 404,
   'to change');
is($owner->post("$work/copy", json => { name => '사본' })->status, 404, 'to copy');
is($owner->delete($work)->status, 404, 'or to delete');
is_deeply($owner->get('/api/v1/me/resorts')->json->{items}, [], 'nor is it among theirs');
is($owner->patch("$uri/profile", json => { name => '다시' }, headers => { 'If-Match' => '*' })->status, 404,
   'nothing of it changes');

$r = ResortBite::Account->new($t)->post('/api/v1/resorts', json => {
    name => '새 주인', type => 'ski', region => 'gangwon', address => '강원특별자치도 평창군 1',
    lat => 37.5, lng => 128.5, business_number => $number });
is($r->status, 201, 'its number may be registered again') or diag $r->body;

is($owner->delete('/api/v1/me')->status, 204, 'and its owner may go');


# one that the public has never seen, and one whose verification was taken back

my $waits = $t->db("SELECT id FROM resorts WHERE resort_verification(resorts) = 'waiting'
                       AND deleted_at IS NULL ORDER BY id LIMIT 1");
$t->db("UPDATE posts SET status = 'draft' WHERE resort_id = '$waits' AND status = 'pending'");
my $other = ResortBite::Account->new($t, resort => [ $waits, 'owner' ]);
is($other->delete("/api/v1/resorts/$waits")->status, 204, 'one that was never verified');
is($t->get("/api/v1/resorts/$waits")->status, 404, 'is not gone: it never was there');

$t->db("UPDATE posts SET status = 'draft' WHERE resort_id = '$elsewhere' AND deleted_at IS NULL
            AND status IN ('approved', 'pending');
        UPDATE resorts SET business_verified_at = NULL, business_verified_by = NULL,
               verification_refused_at = now(), verification_reason = '폐업'
         WHERE id = '$elsewhere'");
is($t->get("/api/v1/resorts/$elsewhere")->status, 404, 'one that is not verified any more');
my $third = ResortBite::Account->new($t, resort => [ $elsewhere, 'owner' ]);
is($third->delete("/api/v1/resorts/$elsewhere")->status, 204, 'is closed');

for (1 .. 50) {
    $status = $t->get("/api/v1/resorts/$elsewhere")->status;
    last if $status == 410;
    select undef, undef, undef, 0.1;
}

is($status, 410, 'and was there once');

done_testing;
