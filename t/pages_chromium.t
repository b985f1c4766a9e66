# A real Chromium goes through sign-up, the mail's link, log-in, setting up an
# authenticator, a passkey with its virtual authenticator, and being signed out
# everywhere; and looks at each page: nothing is wider than a small phone, all
# fields have labels, nothing complains.
#
# RB_TEST_SHOTS=FOLDER keeps pictures of all pages.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use IPC::Open2 qw(open2);
use JSON::PP ();
use Test::More;
use ResortBite;
use ResortBite::Mail;
use ResortBite::Peers;
use ResortBite::Process qw(wait_until);

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

plan skip_all => 'no /usr/bin/chromium' if !-x '/usr/bin/chromium';
plan skip_all => ResortBite::Mail->missing if ResortBite::Mail->missing;

my $peers = ResortBite::Peers->need('playwright-core');
my $t = ResortBite->new;
my $mail = ResortBite::Mail->start(dir => $t->dir . '/mail');

$t->write_file('mail-password', "$ResortBite::Mail::PASSWORD\n");

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
    resortbite_mail @{[ $mail->url ]} "from=ResortBite <no-reply\@example.com>"
                    password_file=@{[ $t->prefix ]}/mail-password
                    ca=@{[ $mail->ca ]};
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $origin = 'http://localhost:' . $t->port(8080);
my $json = JSON::PP->new->utf8->canonical;


# The link in the newest mail to somebody.

sub mailed_link {
    my ($to) = @_;

    my $link;

    wait_until {
        my ($mail) = grep { ($_->{to} // '') =~ /\Q$to\E/ }
            reverse $mail->messages;
        ($link) = ($mail->{text} // '') =~ m{(http://\S+\?token=[\w-]+)}
            if $mail;
        $link;
    } 20;

    return $link;
}


my %answer = (
    mail => sub { return { link => mailed_link($_[0]{to}) } },
    end_all => sub {
        return { ended => $t->db("UPDATE sessions
               SET revoked_at = now(), revoke_reason = 'revoked'
             WHERE member_id = (SELECT id FROM members
                                 WHERE email = '$_[0]{member}')
               AND revoked_at IS NULL RETURNING 1") };
    },
);

my $pid = open2(my $from, my $to, 'timeout', '240', 'node', '--no-warnings',
                "$peers/pages_chromium.mjs", $origin,
                grep { defined } $ENV{RB_TEST_SHOTS});

my $done;

while (my $line = <$from>) {
    my $said = eval { $json->decode($line) };

    if (ref $said ne 'HASH') {
        diag($line);

    } elsif (my $ask = $said->{ask}) {
        syswrite $to, $json->encode($answer{$ask}->($said)) . "\n";

    } elsif ($said->{done}) {
        $done = 1;

    } else {
        ok($said->{ok}, $said->{name}) or diag($said->{why});
    }
}

waitpid $pid, 0;
ok($done, 'the browser came to the end of its way');

is($t->db("SELECT count(*) FROM members WHERE email = 'chromium\@example.com'
             AND email_verified_at IS NOT NULL"), 1, 'there is the account');
is($t->db("SELECT count(*) FROM passkeys AS p JOIN members AS m
               ON m.id = p.member_id
            WHERE m.email = 'chromium\@example.com' AND p.name = '새 이름'
              AND p.last_used_at IS NOT NULL"), 1, 'and its passkey');
is($t->db("SELECT count(*) FROM security_events_verify()"), 0,
   'the trail is whole');

done_testing;
