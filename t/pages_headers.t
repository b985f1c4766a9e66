#!/usr/bin/perl

# Pages: their header fields, that everything in them is escaped, forms that
# are shown again with what was wrong, errors, languages, files.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Browser;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    gzip on;
    gzip_types *;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $b = ResortBite::Browser->new($t);


# ---- header fields

$b->get('/test/page');
is($b->status, 200, 'a page');
is($b->header('Content-Type'), 'text/html; charset=utf-8', 'is HTML');
is($b->header('Cache-Control'), 'no-store', 'not to be kept');
is($b->header('Referrer-Policy'), 'same-origin', 'tells others nothing');
is($b->header('X-Content-Type-Options'), 'nosniff', 'no sniffing');
is($b->header('ETag'), undef, 'has no tag');
is($b->header('Content-Language'), 'ko', 'is in Korean');

sub policy {
    return map { my ($name, @sources) = split ' ';
                 $name => join ' ', @sources }
        split /;\s*/, $b->header('Content-Security-Policy');
}

is_deeply({ policy() }, {
    'default-src' => "'none'", 'style-src' => "'self'",
    'img-src' => "'self' data:", 'base-uri' => "'none'",
    'frame-ancestors' => "'none'",
    'form-action' => "'self' https://app.example:8443",
}, 'nothing is allowed but what it has, and where its form may lead');

$b->get('/test/page?why=/x');
my %policy = policy();
is($policy{'script-src'}, "'self'", 'a script only where there is one');
is($policy{'connect-src'}, "'self'", 'and what it asks');

unlike($b->text, qr/<style|style=|<script(?! src)|\son\w+=/i,
       'nothing inline');

is($b->get('/test/page', headers => { 'Accept-Encoding' => 'gzip' })
     ->header('Content-Encoding'), undef, 'it is not compressed');

my $r = $t->get('/test/page', headers => { Accept => 'application/json' });
is($r->status, 406, 'who takes no HTML');
is($r->header('Content-Type'), 'text/html; charset=utf-8', 'is told in HTML');
is($t->request('HEAD', '/test/page')->status, 200, 'HEAD');


# ---- escaping

my $evil = q{"><script>alert('1')</script>&};
$b->get('/test/page?why=' . ($evil =~ s/(\W)/sprintf '%%%02x', ord $1/ger));
unlike($b->text, qr/<script>/, 'no script gets in');
like($b->text, qr/&quot;&gt;&lt;script&gt;alert\(&#39;1&#39;\)/, 'it is text');
like($b->text, qr/<h1>시험 &lt;페이지&gt;<\/h1>/, 'and our own as well');
is($b->value('csrf'), 'tok"en', 'in attributes, too');

for my $href ('javascript:alert(1)', '//evil.example/', '/\\evil.example',
              'data:text/html,x', ' javascript:x', 'vbscript:x', 'evil')
{
    $b->get('/test/page?why='
            . ($href =~ s/(\W)/sprintf '%%%02x', ord $1/ger));
    my ($link) = grep { ($_->{class} // '') eq 'mine' } $b->links;
    is($link->{href}, undef, "no address: $href");
}

for my $href ('/a?b=c', 'https://x.example/', '#top', '?lang=en') {
    $b->get('/test/page?why='
            . ($href =~ s/(\W)/sprintf '%%%02x', ord $1/ger));
    my ($link) = grep { ($_->{class} // '') eq 'mine' } $b->links;
    is($link->{href}, $href, "an address: $href");
}


# ---- a page is whole and accessible

$b->get('/test/page');
like($b->text, qr/^<!DOCTYPE html>\n<html lang="ko">/, 'its language');
like($b->text, qr/<title>[^<]+ · 리조트바이트<\/title>/, 'its title');
like($b->text, qr/<meta name="viewport"/, 'fits a small screen');
like($b->text, qr/<main id="main">/, 'its main part');

my %ids;
$ids{$_}++ for $b->text =~ /\sid="([^"]+)"/g;
is((grep { $_ > 1 } values %ids), 0, 'ids are unique');

for my $input (grep { $_->{type} !~ /hidden|radio/ } $b->elements('input')) {
    my ($label) = grep { ($_->{for} // '') eq $input->{id} }
        $b->elements('label');
    ok($label, "$input->{name} has a label");
    ok($input->{autocomplete} || $input->{type} eq 'checkbox',
       'and says what it is');
    ok($ids{$_}, "$_ is there")
        for split ' ', $input->{'aria-describedby'} // '';
}

my $form = $b->form;
is($form->{method}, 'POST', 'forms are sent by POST');
my %fields = map { $_->{name} => $_ } grep { $_->{type} ne 'radio' }
    @{ $form->{fields} };
ok(exists $fields{name}{required}, 'what is required');
ok(exists $fields{name}{autofocus}, 'where to begin');
ok(exists $fields{yes}{checked}, 'a checked box');
is((grep { $_->{type} eq 'radio' && exists $_->{checked} }
    @{ $form->{fields} })[0]{value}, 'green', 'a chosen one');


# ---- shown again

$b->submit({ name => 'far too long', password => 'secret-1', colours => 'red',
             yes => 0 });
is($b->status, 400, 'a wrong field');
is($b->value('name'), 'far too long', 'what was typed is there');
is($b->value('password'), '', 'but no password');
unlike($b->text, qr/secret-1/, 'anywhere');
ok(!exists((grep { $_->{type} eq 'checkbox' } @{ $b->form->{fields} })[0]
     {checked}), 'a box that was unchecked is');

my ($name) = grep { ($_->{name} // '') eq 'name' } $b->elements('input');
is($name->{'aria-invalid'}, 'true', 'the field is marked');
ok(exists $name->{autofocus}, 'and has the focus');

my ($id) = grep { /error/ } split ' ', $name->{'aria-describedby'};
like($b->text, qr/<p class="error" id="\Q$id\E">8자 이하여야 합니다/,
     'what is wrong is beside it');
like($b->text, qr/<div class="notice bad" role="alert">/, 'and said aloud');

$b->{language} = 'en';
$b->get('/test/page');
$b->submit({ name => '' });
like($b->words, qr/Name is required: give it a value\./,
     'in English it is a sentence with the label');

$b->post_form('/test/page', [ name => "x\xff", name => 'y' ]);
is($b->status, 400, 'no UTF-8, twice');
ok(utf8::decode(my $body = $b->response->body), 'comes back as UTF-8');
like($b->words, qr/may be given only once/, 'with what is wrong');

$b->post_form('/test/page', { name => 'x', nmae => '<b>' });
like($b->words, qr/nmae is not known\. Did you mean name\?/,
     'what has no input is told as well');

$b->post_form('/test/page', { name => 'x' });
is($b->status, 200, 'right');


# ---- languages

$b = ResortBite::Browser->new($t);
$b->get('/test/page?why=/x');
$b->click(qr/^English$/);
is($b->uri, '/test/page?why=/x&lang=en', 'the switch keeps the address');
like($b->text, qr/<html lang="en">/, 'in English');
is($b->cookie('__Host-rb_lang'), 'en', 'a cookie keeps it');
is_deeply($b->{refused}, undef, 'which a browser takes');
$b->get('/test/page');
like($b->text, qr/<html lang="en">/, 'on the next page, too');
is($t->get('/api/v1/meta', headers => { Cookie => '__Host-rb_lang=en' })
     ->json->{language}, 'ko', 'but the API goes by its header alone');
$b->get('/test/page?lang=xx');
like($b->text, qr/<html lang="en">/, 'no other language');
$b->get('/test/page?lang=ko');
is($b->cookie('__Host-rb_lang'), 'ko', 'and back');
$b->get('/test/page?ui_locales=en-GB%20ko');
like($b->text, qr/<html lang="en">/, 'as an application asks for it');
is($b->get('/test/page?utm_source=mail&x=%41')->status, 200,
   'words that others add to an address are no errors');


# ---- errors

$b = ResortBite::Browser->new($t);
$b->get('/test/page/refused?why=r');
is($b->status, 403, 'an error');
is($b->header('Content-Type'), 'text/html; charset=utf-8', 'as a page');
like($b->words, qr/권한이 없습니다\. .*admin super_admin/, 'says what is wrong');
my $id_said = $b->header('X-Request-Id');
like($b->words, qr/\Q$id_said\E/, 'and its number');
is($b->cookie('kept'), '1', 'and cookies are kept');
ok($b->header('Content-Security-Policy'), 'its policy');
is($b->get('/test/page/refused?why=d')->status, 503, 'the database away');
ok($b->header('Retry-After'), 'when to try again');
is($b->get('/test/page/refused?why=x')->status, 500, 'our fault');
is($b->post_form('/test/page/refused', { why => 'x', z => 1 })->status, 400,
   'a wrong form of a page that shows none');
like($b->words, qr/z: 알 수 없는/, 'says what');

$b->get('/test/page/refused?why=sign%26in&x=1');
is($b->status, 303, 'who has to sign in');
is($b->location, '/login?next=/test/page/refused?why%3Dsign%2526in',
   'is led there, and back');
$b->get('/test/page/refused?why=again');
is($b->location, '/login/again?next=/test/page/refused?why%3Dagain',
   'and who has to prove it again, there');

$b->get('/test/page?why=/x');
$b->post_form('/test/page/refused', { why => 's' });
is($b->location, '/login?next=/test/page?why%3D/x',
   'out of a form the way back is to its page');
$b->post_form('/test/page/refused', { why => 's' },
              headers => { Referer => 'https://evil.example/x' });
is($b->location, '/login?next=/account', 'of ours');
$b->post_form('/test/page/refused', { why => 's' },
              headers => { Referer => $b->origin . '//evil.example/x' });
is($b->location, '/login?next=/account', 'truly');

done_testing;
