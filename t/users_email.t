# One's e-mail address, and the rest of /api/v1/me.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

my $t = ResortBite::Identity->world;
my $b = ResortBite::Browser->new($t);
my $member = log_in($b, 'crew1@example.com')->json->{session}{member_id};


sub ask { return api($b, PUT => '/api/v1/me/email', { email => $_[0] }) }

sub confirm {
    my ($id) = @_;

    return $b->request('POST', '/api/v1/accounts/confirm-email',
        site => 'same-origin', json => { token => token($t, 'confirm_email', $id) });
}


# changed, and both are told

is(ask('New@Example.com')->status, 202, 'asked for') or diag($b->response->body);
is($b->get('/api/v1/me')->json->{email}, 'crew1@example.com', 'nothing has changed yet');

my ($mail) = mails($t, 'confirm_email', 'new@example.com');
ok($mail->{token_id}, 'a link goes to the new address');
is((mails($t, 'email_changing', 'crew1@example.com'))[0]{params}{email}, 'new@example.com',
   'word of it to the old one');

# a link in the old mailbox must not outlive the change
$b->request('POST', '/api/v1/password-resets', site => 'same-origin',
            json => { email => 'crew1@example.com' });
my ($reset) = mails($t, 'reset_password', 'crew1@example.com');

is(confirm($mail->{token_id})->status, 204, 'the link is followed');
is($b->get('/api/v1/me')->json->{email}, 'new@example.com', 'that is the address');
is(scalar mails($t, 'email_changed', $_), 1, "$_ is told")
    for 'crew1@example.com', 'new@example.com';
is(confirm($mail->{token_id})->status, 410, 'once');
like(events($t, $member), qr/email\.change_asked .*email\.changed$/, 'the trail');
is($b->request('PUT', '/api/v1/password-resets', site => 'same-origin',
    json => { token => token($t, 'reset_password', $reset->{token_id}),
              password => 'from the old mailbox' })->status, 410,
   'what waits in the old mailbox is void');
is(log_in($b, 'crew1@example.com')->status, 401, 'the old address is nobody\'s');
is(log_in($b, 'new@example.com')->status, 201, 'the new one signs in');

# somebody else's

is(ask('crew2@example.com')->status, 202, 'another\'s address: the same answer');
is(scalar mails($t, 'confirm_email', 'crew2@example.com'), 0, 'no link goes there');
is(scalar mails($t, 'already_member', 'crew2@example.com'), 1, 'but word of it');

ask('free@example.com');
($mail) = mails($t, 'confirm_email', 'free@example.com');
$t->db("UPDATE members SET email = 'free\@example.com' WHERE email = 'crew3\@example.com'");
is(confirm($mail->{token_id})->json->{code}, 'email_taken', 'taken meanwhile');
is($b->get('/api/v1/me')->json->{email}, 'new@example.com', 'nothing has changed');

is(ask('no address')->json->{errors}[0]{code}, 'not_an_email', 'none at all');

# not without a recent log-in

$t->db("UPDATE sessions SET authenticated_at = now() - interval '16 minutes'
         WHERE member_id = '$member'");
my $r = ask('later@example.com');
is($r->json->{code}, 'insufficient_user_authentication', 'a log-in too long ago');
like($r->header('www-authenticate'), qr/max_age="900"/, 'says how recent');
is(api($b, POST => '/api/v1/me/step-up', { method => 'password', password => $PASSWORD })
       ->status, 204, 'proved anew') or diag($b->response->body);
is(ask('later@example.com')->status, 202, 'then it goes');

# name and language, with versions

$r = $b->get('/api/v1/me');
my $etag = $r->header('etag');
my $me = $r->json;

is($me->{id}, $member, 'who one is');
is_deeply($me->{roles}, [ 'crew' ], 'roles');
ok($me->{has_password}, 'has a password');
unlike($r->body, qr/scrypt/, 'which isn\'t shown');
is($b->get('/api/v1/me', headers => { 'If-None-Match' => $etag })->status, 304, 'unchanged');

$r = api($b, PATCH => '/api/v1/me', { display_name => '새 이름', locale => 'en' },
         'If-Match' => $etag);
is($r->status, 200, 'changed') or diag($r->body);
is($r->json->{display_name} . $r->json->{locale}, '새 이름en', 'to what was sent');
isnt($r->header('etag'), $etag, 'with another tag');
is(api($b, PATCH => '/api/v1/me', { locale => 'ko' }, 'If-Match' => $etag)->status, 412,
   'the old tag is refused');
is(api($b, PATCH => '/api/v1/me', { locale => 'ko' }, 'If-Match' => 'W/"x"')->status, 412,
   'as is one that never was');
is($b->get('/api/v1/me')->json->{locale}, 'en', 'nothing has changed');
is(api($b, PATCH => '/api/v1/me', { locale => 'ko' })->json->{display_name}, '새 이름',
   'without one the rest stays');
is(api($b, PATCH => '/api/v1/me', { display_name => '  ' })->json->{errors}[0]{field},
   'display_name', 'a name of blanks is none');
is(api($b, PATCH => '/api/v1/me', { locale => 'fr' })->status, 400, 'no such language');
like(events($t, $member), qr/account\.changed/, 'the trail');

# what has happened, in pages

$r = $b->get('/api/v1/me/events?limit=2');
is(scalar @{ $r->json->{items} }, 2, 'a page of events');
my @actions = map { $_->{action} } @{ $r->json->{items} };
while (my $next = $r->json->{next}) {
    $r = $b->get("/api/v1/me/events?limit=2&cursor=$next");
    push @actions, map { $_->{action} } @{ $r->json->{items} };
}
is(join(' ', reverse @actions), events($t, $member), 'all of them, the last first');

done_testing;
