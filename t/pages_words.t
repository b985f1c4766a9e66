# One word for one thing, wherever people read it; times say whose they are;
# what is empty is said to be empty.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite::Identity->world;
my $b = ResortBite::Browser->new($t);

log_in($b, 'crew1@example.com');


# ---- leaving, and not

my $described = $t->get('/openapi.json', headers => { 'Accept-Language' => 'ko' });
utf8::decode(my $openapi = $described->body);

$b->get('/account');
my $account = $b->words;
ok((grep { ($_->{href} // '') eq '/account/delete' } $b->links), 'an account may be left');

my %said = ('the description of the API' => $openapi, '/account' => $account);

for my $page ('/account/delete', '/restore-account?token=x', '/login?notice=restored',
              '/login?notice=deleted')
{
    $b->get($page);
    is($b->status, 200, $page);
    $said{$page} = $b->words;
}

for my $where (sort keys %said) {
    like($said{$where}, qr/탈퇴/, "$where: the word");
    unlike($said{$where}, qr/계정(?:을|) ?삭제|삭제 ?취소|되살|되돌릴/, 'and no other');
}


# ---- times

$b->get('/account');
my ($sessions) = $b->text =~ m{로그인되어 있는 곳</h2>(.*?)</ul>}s;
is(scalar(() = $sessions =~ /한국 시간\(KST\)/g), 1, 'a list of times says whose they are, once');
like($sessions, qr/<time datetime="[^"]+Z">\d{4}-\d\d-\d\d \d\d:\d\d</, 'and has some');
$b->get('/account?lang=en');
like($b->words, qr/Korean time \(KST\)/, 'in English, too');
$b->get('/account?lang=ko');


# ---- what is empty

my $r = api($b, PATCH => '/api/v1/me', { display_name => '' }, 'Accept-Language' => 'en');
is($r->status, 400, 'an empty name');
is($r->json->{errors}[0]{detail}, 'must not be empty.', 'is empty, not too short');
is($r->json->{errors}[0]{code}, 'too_short', 'as programs know it');

done_testing;
