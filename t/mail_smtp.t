#!/usr/bin/perl

# Mail, from an event in the outbox to the inbox of a real server that wants
# STARTTLS and AUTH: what arrives, what is tried again, what never will be.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Mail;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

plan skip_all => ResortBite::Mail->missing if ResortBite::Mail->missing;

my $t = ResortBite->new;
my $mail = ResortBite::Mail->start(dir => $t->dir . '/mail');

$t->write_file('mail-password', "$ResortBite::Mail::PASSWORD\n");

my $config = <<'END';
%%GLOBALS%%
worker_processes 2;
events { worker_connections 512; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    MAIL
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

my $good = 'resortbite_mail ' . $mail->url . ' "from=리조트바이트'
    . ' <no-reply@example.com>" password_file=' . $t->prefix
    . '/mail-password ca=' . $mail->ca . ';';


sub config { my ($line) = @_; return $config =~ s/MAIL/$line/r }


sub event {
    my ($template, $to, %with) = @_;

    my $params = JSON::PP->new->encode($with{params} // { name => '김하늘' });
    $params =~ s/'/''/g;
    my $token = $with{token_id} ? "'$with{token_id}'" : 'NULL';
    my $locale = $with{locale} // 'ko';

    return $t->db("INSERT INTO outbox (topic, key, payload)
        VALUES ('mail.$template', 'mail:test',
                jsonb_build_object('to', '$to', 'locale', '$locale',
                                   'token_id', $token,
                                   'params', \$p\$$params\$p\$::jsonb))
        RETURNING id");
}


sub row {
    my ($outbox, $columns) = @_;

    return $t->db("SELECT $columns FROM mails WHERE outbox_id = $outbox");
}


# Makes what waits for its next attempt due.

sub due { $t->db("UPDATE mails SET available_at = now()
                   WHERE status = 'queued'") }


$t->start(config($good));
ok($t->wait_ready, 'ready');

# ---- one mail, to its last character

my $id = '019b76da-abe8-7409-b745-9cf1e2829bb1';
my $began = time;
my $outbox = event('verify_email', 'haneul@example.com', token_id => $id);
my ($got) = $mail->wait_for(1);

ok($got, 'a mail arrives') or diag($mail->log, $t->error_log);
cmp_ok(time - $began, '<=', 5, 'soon');
is($got->{to}, 'haneul@example.com', 'to whom it is for');
is($got->{header}{subject}, '[리조트바이트] 이메일 주소를 확인해 주세요',
   'its subject, decoded');
is($got->{header}{from}, '리조트바이트 <no-reply@example.com>', 'From');
is($got->{header}{to}, '<haneul@example.com>', 'To');
is($got->{header}{'auto-submitted'}, 'auto-generated',
   'nobody is to answer it by a machine');
is($got->{header}{'message-id'}, '<' . row($outbox, 'id') . '@example.com>',
   'Message-ID is of the mail, not of the attempt');
like($got->{header}{date}, qr/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/,
     'Date');
like($got->{text}, qr/김하늘님, 안녕하세요/, 'text');
like($got->{html}, qr{<p>김하늘님, 안녕하세요\.</p>}, 'HTML');
unlike($got->{raw}, qr/[^\x00-\x7f]/, 'over the wire it is ASCII');
ok(!grep({ length > 78 } split /\r?\n/,
         (split /\r?\n\r?\n/, $got->{raw}, 2)[1]), 'no line is long');

my ($link) = $got->{text} =~ m{(http://localhost:\d+/verify-email\?token=\S+)};
ok($link, 'with a link') or diag($got->{text});
like($got->{html}, qr/href="\Q$link\E"/, 'the same in HTML');

$t->wait_for(sub { row($outbox, 'status') eq 'sent' });
is(row($outbox, "status || ' ' || attempts || ' ' || (sent_at IS NOT NULL)"),
   'sent 1 true', 'it is noted');
is($t->db("SELECT published_at IS NOT NULL FROM outbox WHERE id = $outbox"),
   't', 'the event is published');
like($mail->log, qr/X=TLS1\.[23].* A=plain:sender\@example\.com/s,
     'it came over TLS, from one who has logged in');

$t->wait_for(sub {
    $t->get('/metrics')->body =~ /^resortbite_mails_total\{result="sent"\} 1$/m }, 5);
like($t->get('/metrics')->body, qr/^resortbite_mails_total\{result="sent"\} 1$/m,
     'it is counted');

# ---- links to a post's page, in the reader's language

for my $lang ([ ko => '' ], [ en => '/en' ]) {
    for my $template (qw(post_public post_changed post_expired)) {
        $mail->clear;
        event($template, 'p@example.com', locale => $lang->[0], params => {
            name => 'N', resort => 'R', title => 'T', until => '2026-12-01',
            changes => [ 'x' ], post_id => $id });
        ($got) = $mail->wait_for(1);
        like($got->{text}, qr{^http://localhost:\d+$lang->[1]/jobs/$id\r?$}m,
             "$template: where the post is");
        like($got->{html}, qr{href="http://localhost:\d+$lang->[1]/jobs/$id"}, 'in HTML, too');
    }
}

# ---- English; injection; what people write makes no link

$mail->clear;
event('new_sign_in', 'eve@example.com', locale => 'en', params => {
    name => "Eve\r\nBcc: all\@example.com\r\n\r\n.\r\nRSET <b>http://evil.example/",
    device => 'Chrome on "Windows" & <script>', place => '' });
($got) = $mail->wait_for(1);

is($got->{header}{subject}, '[ResortBite] New log-in to your account',
   'English');
is($got->{header}{bcc}, undef, 'a name makes no header');
like($got->{text}, qr/Device: Chrome on "Windows" & <script>/, 'text as it is');
like($got->{html}, qr/Windows&quot; &amp; &lt;script&gt;/, 'HTML escaped');
like($got->{text}, qr/Place: unknown/, 'what is not known');
unlike("$got->{text}$got->{html}", qr{http://evil|evil\.example},
       'a name makes no link');

$mail->clear;
my @bad = map { event('already_member', $_) } (
    "a\@example.com\r\nRCPT TO:<b\@example.com>", 'a b@example.com',
    'a@example.com>', 'no address', '', 'a@b@example.com');

$t->wait_for(sub { $t->db("SELECT count(*) FROM mails WHERE status = 'dead'")
                       == @bad });
is($t->db("SELECT count(*) FROM mails WHERE status = 'dead'"), scalar @bad,
   'what is no address is given up at once');
event('invitation', 'i@example.com', token_id => $id, params => {
    resort => "라온\r\nBcc: all\@example.com", role => 'manager',
    inviter => '서나현' });
($got) = $mail->wait_for(1);
like($got->{header}{subject}, qr/^\[리조트바이트\] 라온  Bcc/, 'its subject');
is($got->{header}{bcc}, undef, 'nor does what is in a subject');
like($got->{text}, qr/서나현님이 회원님을 .*에 초대했습니다. 역할: 관리자/, 'codes are named');
is(scalar($mail->messages), 1, 'and nobody else got mail');

# ---- what can't be written

for my $wrong ([ 'no_such_template', {} ], [ 'reset_password', {} ],
               [ 'confirm_email', { name => 'x' } ])
{
    my $event = event($wrong->[0], 'x@example.com', params => $wrong->[1],
                      token_id => $id);
    ok($t->wait_for(sub { row($event, 'status') eq 'dead' }),
       "dead: $wrong->[0]");
    like(row($event, 'last_error'), qr/no such template, or it lacks/, 'why');
}

$t->db("INSERT INTO outbox (topic, key, payload)
        VALUES ('mail.verify_email', 'mail:x', '{}'),
               ('mail.verify_email', 'mail:x', '{\"params\": 7, \"to\": []}')");
ok($t->wait_for(sub { $t->db(
    "SELECT count(*) FROM outbox WHERE topic LIKE 'mail.%'
        AND published_at IS NULL") == 0 }), 'a broken event holds up nobody');

# ---- refused for now, refused for good

$mail->clear;
$mail->hold;
my $later = event('email_changed', 'later@example.com');
my $never = event('email_changed', 'nobody@example.com');
my $other = event('email_changed', 'other@example.com');

($got) = $mail->wait_for(1);
is($got->{to}, 'other@example.com', 'the next in the same batch is sent');

ok($t->wait_for(sub { row($later, 'last_error') ne '' }), '451: kept');
is(row($later, "status || ' ' || attempts"), 'queued 1', 'for another attempt');
like(row($later, 'last_error'), qr/^451 4\.2\.1 come back later/, 'and why');
my $wait = row($later, 'extract(epoch FROM available_at - now())');
ok($wait > 45 && $wait < 67, 'in a minute') or diag($wait);

ok($t->wait_for(sub { row($never, 'status') eq 'dead' }), '550: dead');
is(row($never, 'attempts'), 1, 'at once');
like(row($never, 'last_error'), qr/^550 5\.1\.1 no such user/, 'and why');
unlike($t->error_log, qr/nobody\@example|haneul\@example/,
       'no address is in the log');

$mail->let_go;
due();
ok($t->wait_for(sub { row($later, 'status') eq 'sent' }), 'later it goes');
is(row($later, 'attempts'), 2, 'by the second attempt');
is(row($later, 'last_error'), '', 'and the error is forgotten');

$t->db("UPDATE mails SET attempts = 9, status = 'queued', sent_at = NULL,
               available_at = now() WHERE outbox_id = $later");
$mail->hold;
due();
ok($t->wait_for(sub { row($later, 'status') eq 'dead' }),
   'after ten attempts it is dead');
is(row($later, 'attempts'), 10, 'ten');
$mail->let_go;

# ---- the server is away

$mail->clear;
$mail->stop;
my $away = event('email_changed', 'away@example.com');
ok($t->wait_for(sub { row($away, 'last_error') =~ /refused/ }),
   'the server is away') or diag(row($away, 'last_error'));
is(row($away, 'status'), 'queued', 'the mail waits');
like($t->error_log, qr/no mail can be sent by "127\.0\.0\.1": Connection ref/,
     'the log says why');
$mail->run;
due();
ok($mail->wait_for(1, 30), 'and goes when it is back');
ok($t->wait_for(sub { row($away, 'status') eq 'sent' }), 'noted');

# ---- many, and a reload among them

$mail->clear;
$t->db("INSERT INTO outbox (topic, key, payload)
        SELECT 'mail.email_changed', 'mail:many',
               jsonb_build_object('to', 'm' || n || '\@example.com',
                                  'params', jsonb_build_object('name', '나'))
          FROM generate_series(1, 150) AS n");
$mail->wait_for(5, 30);
ok($t->reload, 'a reload in the midst');
ok($t->old_workers_gone(10), 'is not held up');
my @all = $mail->wait_for(150, 60);
is(scalar(@all), 150, 'all of many arrive');
my %to = map { $_->{to} => 1 } @all;
is(scalar(keys %to), 150, 'each once');

# ---- AUTH LOGIN; a wrong password

$mail->clear;
$mail->touch('login');
event('email_changed', 'login@example.com');
ok($mail->wait_for(1), 'AUTH LOGIN');
like($mail->log, qr/A=login:/, 'was it');
unlink $mail->{dir} . '/login';

$t->write_file('mail-password', 'wrong');
$t->reload;
$t->old_workers_gone;
my $locked = event('email_changed', 'locked@example.com');
ok($t->wait_for(sub { row($locked, 'last_error') =~ /^535 / }),
   'a wrong password is told') or diag(row($locked, 'last_error'));
is(row($locked, 'status'), 'queued', 'and the mail waits');
$t->write_file('mail-password', $ResortBite::Mail::PASSWORD);

# ---- a certificate that nobody vouches for, or of another

for my $wrong ([ $good =~ s/ ca=\S+;/;/r, 'self-signed' ],
               [ $good =~ s/127\.0\.0\.1/127.0.0.2/r, 'refused|mismatch' ])
{
    $t->reload(config($wrong->[0]));
    $t->old_workers_gone;
    due();
    ok($t->wait_for(sub { row($locked, 'last_error') =~ /$wrong->[1]/ }, 20),
       "not sent: $wrong->[1]") or diag(row($locked, 'last_error'));
}

is(row($locked, 'status'), 'queued', 'it still waits');

$t->reload(config($good));
due();
ok($t->wait_for(sub { row($locked, 'status') eq 'sent' }, 20),
   'until all is well');

done_testing;
