# Signing in by Kakao and Naver: what each of them says, in its own shape, and
# what becomes of it; whose identity is never linked, and to whom; unlinking.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Browser;
use ResortBite::Social;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;
my $social = ResortBite::Social->start($t);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    resortbite_social kakao kind=kakao client_id=resortbite
                      secret_file=@{[ $social->secret_file ]} location=/out/kakao;
    resortbite_social naver kind=naver client_id=resortbite
                      secret_file=@{[ $social->secret_file ]} location=/out/naver/;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_outbound;
        location / { resortbite_api; }
        location /out/ {
            internal;
            rewrite ^/out(.*) \$1 break;
            proxy_pass http://127.0.0.1:@{[ $social->port ]};
        }
    }
}
END

ok($t->wait_ready, 'ready');

my $KAKAO = { profile => { nickname => '하늘' }, has_email => \1,
              email_needs_agreement => \0, is_email_valid => \1,
              is_email_verified => \1, email => 'Sky@Example.NET' };


sub browser { return ResortBite::Browser->new($t, @_) }

sub identities {
    my ($member) = @_;

    return $t->db("SELECT string_agg(provider || ':' || subject, ' ' ORDER BY provider)
                     FROM member_identities WHERE member_id = '$member'") // '';
}

sub sign_up_fields {
    return { display_name => '하늘', born_on => '2000-01-31', role => 'crew',
             terms => 1, privacy => 1, @_ };
}


# ---- the providers, as everybody may know them

my $r = $t->get('/api/v1/auth/providers', headers => { 'Accept-Language' => 'en' });
is($r->status, 200, 'the providers are told');
is_deeply($r->json->{items},
          [ { provider => 'kakao', label => 'Kakao',
              sign_in_path => '/auth/social/kakao' },
            { provider => 'naver', label => 'Naver',
              sign_in_path => '/auth/social/naver' } ], 'all of them');

# ---- going there

my $b = browser();
my $way = $social->begin($b, 'kakao', '/account/security');

is($b->status, 303, 'the browser is sent to Kakao');
is($way->{uri}, 'https://kauth.kakao.com/oauth/authorize', 'to its address');
is($way->{client_id}, 'resortbite', 'as our client');
is($way->{redirect_uri}, $b->origin . '/auth/social/kakao/callback', 'and back');
is($way->{response_type}, 'code', 'for a code');
is($way->{code_challenge_method}, 'S256', 'with PKCE');
like($way->{code_challenge}, qr/^[\w-]{43}$/, 'its challenge');

my $other = $social->begin(browser(), 'naver');
is($other->{uri}, 'https://nid.naver.com/oauth2.0/authorize', 'Naver likewise');
is(browser()->get('/auth/social/daum')->status, 404, 'no other');

# ---- Kakao with a verified address: sign-up

$social->back($b, $way, { id => 1001, account => $KAKAO,
                          verifier_is => $way->{code_challenge} });
is($b->status, 303, 'an identity that is nobody\'s yet');
like($b->location, qr{^/auth/finish\?token=[\w-]+$}, 'is asked to sign up');
is($t->db('SELECT count(*) FROM member_identities'), 0, 'nothing is made yet');

$b->follow;
is($b->status, 200, 'the page') or diag($b->text);
like($b->words, qr/sky\@example\.net/, 'with the address that Kakao told');
ok(!defined $b->value('email', '/auth/finish'), 'which is not to be typed');
is($b->value('display_name', '/auth/finish'), '하늘', 'and the name filled in');

$b->submit(sign_up_fields(terms => undef), form => '/auth/finish');
is($b->status, 400, 'without consent no account');
is($t->db("SELECT count(*) FROM members WHERE email = 'sky\@example.net'"), 0,
   'none was made');

$b->submit(sign_up_fields(), form => '/auth/finish');
is($b->status, 303, 'signed up') or diag($b->words);
is($b->location, '/account/security', 'and led to where one was going');
ok($b->cookie('__Host-rb_session'), 'signed in');

my $member = $t->db("SELECT id FROM members WHERE email = 'sky\@example.net'");
ok($member, 'there is an account');
is($t->db("SELECT (email_verified_at IS NOT NULL) || ' ' || (password_hash IS NULL)
             FROM members WHERE id = '$member'"), 'true true',
   'its address is verified, a password it has none');
is(identities($member), 'kakao:1001', 'the identity is linked');
is($t->db("SELECT amr FROM sessions WHERE member_id = '$member'"), '{fed}',
   'the session says how');
is($t->db("SELECT count(*) FROM security_events
            WHERE action = 'identity.linked' AND member_id = '$member'
              AND detail->>'provider' = 'kakao'"), 1, 'the trail too');
is($t->db("SELECT payload->>'to' || ' ' || (payload->'params'->>'provider')
             FROM outbox WHERE topic = 'mail.identity_linked'"),
   'sky@example.net 카카오', 'a mail is to be sent');

# ---- and again: signed in

my $again = browser();
$way = $social->begin($again, 'kakao');
$social->back($again, $way, { id => 1001 });
is($again->status, 303, 'a known identity, without an e-mail this time');
ok($again->cookie('__Host-rb_session'), 'signs in');
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$member'"), 2,
   'to the same account');
isnt($t->db("SELECT used_at FROM member_identities WHERE subject = '1001'"), '',
     'and is marked as used');

# ---- states

$social->back($again, $way, { id => 1001 });
is($again->status, 400, 'a state is good once');
is($t->db("SELECT count(*) FROM sessions WHERE member_id = '$member'"), 2,
   'nobody signs in by it again');

my $victim = browser();
$way = $social->begin(browser(), 'kakao');
$social->back($victim, $way, { id => 1001 });
is($victim->status, 400, 'a state of another browser is refused');
ok(!$victim->cookie('__Host-rb_session'), 'and signs nobody in');

$way = $social->begin($victim, 'kakao');
$way->{provider} = 'naver';
$social->back($victim, $way, { response => { id => 'x' } });
is($victim->status, 400, 'a state of another provider too');

$victim->get('/auth/social/kakao/callback?code=x');
is($victim->status, 400, 'and none');

# ---- refusals

$way = $social->begin($victim, 'kakao');
$victim->get("/auth/social/kakao/callback?state=$way->{state}&error=access_denied"
             . '&error_description=User%20denied%20access');
is($victim->status, 403, 'who says no over there');
like($victim->words, qr/취소/, 'is told so');

$way = $social->begin($victim, 'kakao');
$victim->get("/auth/social/kakao/callback?state=$way->{state}&code=x"
             . '&iss=https%3A%2F%2Fevil.example');
is($victim->status, 502, 'iss of another issuer is refused (RFC 9207)');

my @wrong = (
    [ 'kakao', { error => 'invalid_grant' }, 'a code that Kakao refuses' ],
    [ 'kakao', { status => 503 }, 'Kakao down' ],
    [ 'kakao', { garbage => 1 }, 'Kakao with a page of HTML' ],
    [ 'kakao', { userinfo_status => 401 }, 'Kakao refusing the profile' ],
    [ 'kakao', { account => $KAKAO }, 'Kakao without an id' ],
    [ 'kakao', { id => '1001' }, 'Kakao with an id that is no number' ],
    [ 'naver', { error => 'invalid_request' },
      'an error of Naver, which is of status 200' ],
    [ 'naver', { resultcode => '024', response => { id => 'n' } },
      'Naver with a resultcode that is not 00' ],
    [ 'naver', { }, 'Naver without a profile' ],
    [ 'naver', { response => { email => 'x@example.net' } },
      'Naver without an id' ],
    [ 'naver', { userinfo_status => 401 }, 'Naver refusing the profile' ],
);

for my $wrong (@wrong) {
    my ($provider, $plan, $what) = @$wrong;

    $way = $social->begin($victim, $provider);
    $social->back($victim, $way, $plan);
    is($victim->status, 502, "$what: 502");
}

like($victim->words, qr/잘못 응답/, 'the page says whose fault it is');
ok(!$victim->cookie('__Host-rb_session'), 'nobody was signed in');
is($t->db('SELECT count(*) FROM member_identities'), 1, 'nothing was linked');

# ---- an address that is not verified

for my $case ([ is_email_valid => \0 ], [ is_email_verified => \0 ]) {
    my $b = browser();

    $way = $social->begin($b, 'kakao');
    $social->back($b, $way, { id => 1002, account => { %$KAKAO, @$case } });
    $b->follow;
    ok(defined $b->value('email', '/auth/finish'),
       "with @$case[0] false the address is asked for");
}

$b = browser();
$way = $social->begin($b, 'kakao');
$social->back($b, $way, { id => 1002 });
$b->follow;
is($b->value('email', '/auth/finish'), '', 'Kakao without an e-mail: likewise');

$b = browser();
$way = $social->begin($b, 'naver');
$social->back($b, $way, { response => { id => 'naver-1', name => '바다',
                                        email => 'crew1@example.com' } });
$b->follow;
is($b->value('email', '/auth/finish'), 'crew1@example.com',
   'Naver\'s is filled in, nested as it comes');

my $mails = $t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.already_member'");
$b->submit(sign_up_fields(password => 'a-long-enough-phrase'),
           form => '/auth/finish');
is($b->status, 200, 'it goes through the mail') or diag($b->words);
ok(!$b->cookie('__Host-rb_session'), 'nobody is signed in');
is($t->db("SELECT count(*) FROM member_identities WHERE provider = 'naver'"), 0,
   'nor linked to whom the address belongs');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.already_member'"),
   $mails + 1, 'who is told');

$b = browser();
$way = $social->begin($b, 'naver');
$social->back($b, $way, { response => { id => 'naver-2', name => '바다' } });
$b->follow;
$b->submit(sign_up_fields(email => 'sea@example.net',
                          password => 'a-long-enough-phrase'),
           form => '/auth/finish');
is($b->status, 200, 'an address of nobody likewise');
is($t->db("SELECT count(*) FROM sign_ups WHERE email = 'sea\@example.net'"), 1,
   'waits for its link');
is($t->db("SELECT count(*) FROM member_identities WHERE provider = 'naver'"), 0,
   'nothing is linked');

# ---- a verified address that has an account already

$b = browser();
$way = $social->begin($b, 'kakao');
$social->back($b, $way, { id => 1003, account =>
                          { %$KAKAO, email => 'crew2@example.com' } });
$b->follow;
like($b->words, qr/crew2\@example\.com.*이미 있습니다.*로그인해서 연결/,
     'the page says so, and offers to sign in and link');
ok(!$b->form('/auth/finish'), 'there is no form for a second one');
is($t->db("SELECT count(*) FROM member_identities WHERE subject = '1003'"), 0,
   'nothing is linked, though the address is the same');
ok(!$b->cookie('__Host-rb_session'), 'nor signed in');

$b = browser();
$way = $social->begin($b, 'kakao');
$social->back($b, $way, { id => 1004, account =>
                          { %$KAKAO, email => 'late@example.net' } });
$b->follow;
$t->db("INSERT INTO members (id, email, email_verified_at, display_name, roles)
        VALUES (uuid_v7(now()), 'late\@example.net', now(), '늦음', '{crew}')");
$b->submit(sign_up_fields(), form => '/auth/finish');
is($b->status, 409, 'nor is one made that came meanwhile');
is($t->db("SELECT count(*) FROM member_identities WHERE subject = '1004'"), 0,
   'or linked to');

# ---- linking: only by who is signed in, and only with the form

$way = $social->begin($again, 'naver', '/account', 1);
$social->back($again, $way, { response => { id => 'naver-3' } });
like($again->location, qr{^/auth/link\?token=}, 'linking asks first')
    or diag($again->words);
is(identities($member), 'kakao:1001', 'nothing is linked by coming back');

my $stolen = $again->location;
$again->follow;
is($again->status, 200, 'whether to link');
like($again->words, qr/naver-3.*sky\@example\.net/, 'what to what');
$again->submit({}, form => '/auth/link');
is($again->status, 303, 'linked') or diag($again->words);
is(identities($member), 'kakao:1001 naver:naver-3', 'both');

is($again->get($stolen)->status, 410, 'a token of it is good once');

$way = $social->begin($again, 'naver', '/account', 1);
$social->back($again, $way, { response => { id => 'naver-3' } });
is($again->location, '/account', 'what is linked already is no news');

$way = $social->begin($again, 'naver', '/account', 1);
$social->back($again, $way, { response => { id => 'naver-4' } });
$again->follow;
$again->submit({}, form => '/auth/link');
is($again->status, 409, 'not two of one provider');
is(identities($member), 'kakao:1001 naver:naver-3', 'it stays the first');

# another browser's token, another member's identity

$b = browser();
$way = $social->begin($b, 'kakao');
$social->back($b, $way, { id => 2001, account =>
                          { %$KAKAO, email => 'river@example.net' } });
my $token = $b->location;
is(browser()->get($token)->status, 410, 'a kept identity is one browser\'s');

$b->follow;
$b->submit(sign_up_fields(display_name => '강'), form => '/auth/finish');
my $second = $t->db("SELECT id FROM members WHERE email = 'river\@example.net'");
is(identities($second), 'kakao:2001', 'a second member');

$way = $social->begin($b, 'naver', undef, 1);
$social->back($b, $way, { response => { id => 'naver-3' } });
is($b->status, 409, 'an identity of another member is not linked');
is(identities($second), 'kakao:2001', 'to this one');
is(identities($member), 'kakao:1001 naver:naver-3', 'nor taken from that');

$way = $social->begin($b, 'naver', undef, 1);
$b->forget_cookie('__Host-rb_session');
$social->back($b, $way, { response => { id => 'naver-9' } });
is($b->status, 400, 'who signed out meanwhile links nothing');

is(browser()->get('/auth/social/naver/link')->status, 303,
   'linking needs a log-in');

# ---- unlinking

sub unlink_it {
    my ($b, $provider) = @_;

    $b->get('/account');

    return $b->request('DELETE', "/api/v1/me/identities/$provider",
                       headers => { 'X-CSRF-Token' => $b->value('csrf') },
                       json => {})->status;
}

is($again->get('/api/v1/me/identities')->status, 200, 'the list');
is_deeply([ map { $_->{provider} } @{ $again->json->{items} } ],
          [ 'kakao', 'naver' ], 'of both');
is($t->get('/api/v1/me/identities')->status, 401, 'is for members');

is(unlink_it($again, 'kakao'), 204, 'one may go');
is(identities($member), 'naver:naver-3', 'it is gone');
is($t->db("SELECT count(*) FROM security_events
            WHERE action = 'identity.unlinked' AND member_id = '$member'"), 1,
   'the trail has it');
is($t->db("SELECT count(*) FROM outbox WHERE topic = 'mail.identity_unlinked'"),
   1, 'and a mail');
is(unlink_it($again, 'kakao'), 404, 'not twice');
is(unlink_it($again, 'naver'), 409, 'the last way to sign in stays');
is($again->json->{code}, 'last_way_to_sign_in', 'and why');

$t->db("UPDATE members SET password_hash = '\$scrypt\$ln=14,r=8,p=5\$AAAAAAAAAAAAAAAAAAAAAA\$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
         WHERE id = '$member'");
$t->db("UPDATE sessions SET authenticated_at = now() - interval '1 hour'
         WHERE member_id = '$member'");
isnt(unlink_it($again, 'naver'), 204, 'an old log-in has to prove itself anew');
is(identities($member), 'naver:naver-3', 'before it unlinks');
$t->db("UPDATE sessions SET authenticated_at = now() WHERE member_id = '$member'");
is(unlink_it($again, 'naver'), 204, 'with a password the last one may go');
is(identities($member), '', 'all are gone');

# ---- a second factor still counts

$t->db("INSERT INTO totp_factors (member_id, secret_sealed, confirmed_at)
        VALUES ('$second', '\\x00', now())");
$b = browser();
$way = $social->begin($b, 'kakao', '/account');
$social->back($b, $way, { id => 2001 });
is($b->status, 303, 'with a second factor');
like($b->location, qr{^/login/second}, 'that is asked for');
ok(!$b->cookie('__Host-rb_session'), 'before anybody is signed in');

# ---- a provider that doesn't answer

$b = browser();
$way = $social->begin($b, 'kakao');
my $began = time;
$social->back($b, $way, { hang => 1 });
is($b->status, 502, 'a provider that never answers: 502');
cmp_ok(time - $began, '<', 8, 'in time');
$social->stop;
$way = $social->begin($b, 'naver');
$social->back($b, $way, { response => { id => 'naver-1' } });
is($b->status, 502, 'one that is away: 502');

done_testing;
