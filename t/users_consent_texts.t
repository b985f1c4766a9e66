# What a sign-up asks to be agreed to can be read before, by anybody, in both
# languages; and a new version from the day on which it is in force.

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


sub documents {
    my ($lang) = @_;

    my $r = $t->get('/api/v1/consents', headers => { 'Accept-Language' => $lang });
    is($r->status, 200, "documents in $lang");

    return map { $_->{kind} => $_ } @{ $r->json->{items} };
}


# Until nginx has heard of what was changed.

sub soon {
    my ($kind, $version) = @_;

    for (1 .. 50) {
        my ($one) = grep { $_->{kind} eq $kind }
            @{ $t->get('/api/v1/consents')->json->{items} };
        return 1 if $one->{version} eq $version;
        select undef, undef, undef, 0.1;
    }

    return 0;
}


# ---- as they come along

my %ko = documents('ko');
my %en = documents('en');

is(join(' ', sort keys %ko), 'marketing privacy terms', 'of every kind one');
ok($ko{terms}{required} && $ko{privacy}{required} && !$ko{marketing}{required},
   'what is required');
is($ko{terms}{title}, '이용약관', 'a title');
is($en{terms}{title}, 'Terms of service', 'in English');

for my $kind (sort keys %ko) {
    like($ko{$kind}{text}, qr/\p{Hangul}.*\n\n.*\p{Hangul}/s, "$kind in Korean");
    unlike($en{$kind}{text}, qr/\p{Hangul}/, 'in English, without any');
    unlike($_, qr/\A\s|[^\n]\n[^\n]|\s\z/, 'in paragraphs')
        for $ko{$kind}{text}, $en{$kind}{text};

    for my $lang ('ko', 'en') {
        my $one = $lang eq 'ko' ? $ko{$kind} : $en{$kind};
        my $page = ResortBite::Browser->new($t);

        is($page->get("/$kind?lang=$lang")->status, 200, "/$kind");
        like($page->words, qr/\Q$one->{title}\E/, 'its title');
        like($page->words, qr/\Q$one->{version}\E/, 'its version');

        my @paragraphs = split /\n\n/, $one->{text};
        my $found = grep { index($page->words, $_) >= 0 } @paragraphs;
        is($found, @paragraphs, 'all of it');
        ok(@paragraphs >= 4, 'and that is not little');
    }
}

# what the law wants to be told: what, why, how long, rights, whom to ask

like($ko{privacy}{text}, qr/이메일.*생년월일.*기기.*30일.*탈퇴.*운영자/s, 'privacy');
like($en{privacy}{text}, qr/e-mail.*birth.*device.*30 days.*operator/is, 'and in English');


# ---- the ways there

for my $page ('/signup', '/account') {
    log_in($b, 'crew1@example.com') if $page eq '/account';
    $b->get($page);
    my %to = map { ($_->{href} // '') => 1 } $b->links;
    ok($to{"/$_"}, "$page leads to $_") for sort keys %ko;
}


# ---- a new version

$t->db("INSERT INTO consent_documents VALUES
        ('terms', '2099-01-01', seoul_today() + 1, true, '내일 약관', 'Of tomorrow',
         '내일의 글', 'Text of tomorrow'),
        ('privacy', '2098-01-01', seoul_today(), true, '오늘 방침', 'Of today',
         '오늘의 <글>' || E'\\n\\n' || '둘째', 'Text of today')");

ok(soon('privacy', '2098-01-01'), 'what is in force from today is there');
%ko = documents('ko');
is($ko{terms}{version}, '2026-11-01', 'what will be tomorrow is not');

$b = ResortBite::Browser->new($t);
$b->get('/terms');
unlike($b->words, qr/내일/, 'nor on its page');
$b->get('/privacy');
like($b->text, qr{<p>오늘의 &lt;글&gt;</p>\s*<p>둘째</p>}, 'its paragraphs, as text');

is($t->db("SELECT count(*) FROM consent_documents WHERE kind = 'privacy'"), 2,
   'what was agreed to before is kept');

done_testing;
