# What members agree to: apart from one another, by version, with a history.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite::Identity;

my $t = ResortBite::Identity->world;
my $b = ResortBite::Browser->new($t);
my $member = log_in($b, 'crew1@example.com')->json->{session}{member_id};


sub now_given {
    my %given = map { $_->{kind} => $_ } @{ $b->get('/api/v1/me/consents')->json->{items} };
    return \%given;
}


sub say_it {
    my ($kind, $given) = @_;

    return api($b, PUT => "/api/v1/me/consents/$kind",
               { given => $given ? JSON::PP::true : JSON::PP::false })->status;
}


my $given = now_given();
is(join(' ', sort keys %$given), 'marketing privacy terms', 'three kinds');
ok($given->{terms}{required} && !$given->{marketing}{required}, 'marketing is optional');
ok(!$given->{terms}{given}, 'nothing was said yet');
is($given->{terms}{title_ko}, '이용약관', 'each has a title');

is(say_it('marketing', 1), 204, 'agreed');
ok(now_given()->{marketing}{given}, 'is agreed to');
is(say_it('marketing', 1), 204, 'once more');
is(say_it('marketing', 0), 204, 'taken back');
ok(!now_given()->{marketing}{given}, 'is not any more');
is(say_it('marketing', 0), 204, 'once more');

is($t->db("SELECT string_agg(given::text, ' ' ORDER BY id) FROM member_consents
            WHERE member_id = '$member'"), 'true false', 'two words were said');
is(events($t, $member), 'session.started consent.given consent.withdrawn', 'the trail');

# what the service needs

is(say_it('terms', 1), 204, 'terms are agreed to');
is(say_it('terms', 0), 409, 'and can\'t be taken back');
ok(now_given()->{terms}{given}, 'nothing has changed');

# another version

$t->db("INSERT INTO consent_documents VALUES
        ('terms', '2026-11-20', seoul_today(), true, '이용약관', 'Terms', '새 약관', 'New terms'),
        ('terms', '2099-01-01', '2099-01-01', true, '이용약관', 'Terms', '먼 약관', 'Far terms')");
$given = now_given()->{terms};
is("$given->{version} $given->{given_version}", '2026-11-20 2026-11-01',
   'a new version is there, the old one was agreed to');
is(say_it('terms', 1), 204, 'agreed to again');
is(now_given()->{terms}{given_version}, '2026-11-20', 'of that version');

# the history, in pages

say_it('marketing', $_ % 2) for 1 .. 5;

my (@all, $next);
do {
    my $r = $b->get('/api/v1/me/consents/marketing?limit=2' . ($next ? "&cursor=$next" : ''));
    push @all, map { $_->{given} ? 1 : 0 } @{ $r->json->{items} };
    $next = $r->json->{next};
} while ($next);

is("@all", '1 0 1 0 1 0 1', 'each word, the last first');

is($b->get('/api/v1/me/consents/cookies')->status, 400, 'no such kind');
is(ResortBite::Browser->new($t)->get('/api/v1/me/consents')->status, 401, 'for members');

done_testing;
