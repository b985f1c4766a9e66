# Whether there is an account can't be told from answers: status, headers and
# body are the same, and so is the time that they take.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use Time::HiRes qw(time);
use ResortBite::Identity;

my $t = ResortBite::Identity->world;

my @there = map { "crew$_\@example.com" } 1 .. 9;
my @not = map { "nobody$_\@example.com" } 1 .. 9;
my %sign_up = (
    password => 'same for everybody', display_name => '누구', born_on => '2000-01-01',
    role => 'crew', terms => JSON::PP::true, privacy => JSON::PP::true,
);

# a member without a password is one whose password is wrong
$t->db("UPDATE members SET password_hash = NULL WHERE email = 'crew9\@example.com'");


sub post {
    my ($uri, $json) = @_;

    my $from = time;
    my $r = $t->post($uri, json => $json, headers => { 'X-Request-Id' => 'the-same' });

    return ($r, time - $from);
}


# What somebody could see: all header fields but those that differ each time.

sub seen {
    my ($r) = @_;

    my %headers = %{ $r->{headers} };
    delete @headers{qw(date set-cookie server-timing)};

    return { status => $r->status, headers => \%headers, body => $r->body,
             cookies => $r->header('set-cookie') ? 1 : 0 };
}


sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ @sorted / 2 ] }


# Asks in turns, so that whatever else the machine does hits both.

sub same {
    my ($what, $uri, $json, $n) = @_;

    my (@took, @answers);

    for my $i (0 .. $n - 1) {
        for my $who (0, 1) {
            my ($r, $took) = post($uri, $json->($who ? $not[$i] : $there[$i]));
            push @{ $took[$who] }, $took;
            $answers[$who] //= $r;
        }
    }

    is_deeply(seen($answers[0]), seen($answers[1]), "$what: the answers are the same");
    is(scalar(grep { $answers[0]->status == $_ } 202, 401), 1, "$what: and not refused");

    my $ratio = median(@{ $took[0] }) / median(@{ $took[1] });

    cmp_ok($ratio, '>', 0.5, "$what: known ones aren't quicker");
    cmp_ok($ratio, '<', 2, "$what: nor slower");
}


same('log-in', '/api/v1/sessions',
     sub { return { email => $_[0], password => 'not the password' } }, 9);
same('forgotten password', '/api/v1/password-resets', sub { return { email => $_[0] } }, 5);
same('sign-up', '/api/v1/accounts', sub { return { %sign_up, email => $_[0] } }, 5);

# one wrong password more for each, from other addresses: delays are the same

for my $email ('crew1@example.com', 'nobody1@example.com') {
    post('/api/v1/sessions', { email => $email, password => 'no' }) for 1 .. 4;
    my ($r) = post('/api/v1/sessions', { email => $email, password => 'no' });
    is($r->status, 429, "$email has to wait");
}

is($t->db("SELECT count(*) FROM security_events WHERE action = 'session.failed'
              AND member_id IS NULL"), 13, 'guesses at nobody are in the trail');

done_testing;
