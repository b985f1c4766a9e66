#!/usr/bin/perl

# Mail servers that are wrong or hostile, a provider over HTTP, two nodes on
# one queue, and what nginx -t says of the directive.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use IO::Socket::INET;
use ResortBite::Process qw(free_port);
use Time::HiRes qw(sleep);

my $t = ResortBite->new;


# ---- servers that say what they are told to

my %pids;

# Each connection is served by the code, which gets the socket; what it was
# sent is written to the file.

sub server {
    my ($code) = @_;

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 10,
        LocalPort => free_port(), Proto => 'tcp', ReuseAddr => 1)
        or die "listen: $!\n";
    my $port = $listen->sockport;
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(TERM INT);
        $SIG{PIPE} = 'IGNORE';
        while (my $s = $listen->accept) {
            $s->autoflush(1);
            $code->($s, sub {
                open my $out, '>>', "/tmp/rbmail-$port" or die;
                print $out @_;
                close $out;
            });
            close $s;
        }
        POSIX::_exit(0);
    }

    close $listen;
    $pids{$pid} = $port;

    return $port;
}


sub said { my ($port) = @_; return ResortBite::slurp("/tmp/rbmail-$port") }

my $owner = $$;

END {
    if ($$ == $owner) {
        my $status = $?;
        for my $pid (keys %pids) {
            kill 'KILL', $pid;
            waitpid $pid, 0;
            unlink "/tmp/rbmail-$pids{$pid}";
        }
        $? = $status;
    }
}


# A dialogue: replies by the verb, with defaults that are right.

sub dialogue {
    my (%replies) = @_;

    return sub {
        my ($s, $note) = @_;

        print $s $replies{greeting} // "220 mail ESMTP\r\n";

        while (defined(my $line = readline $s)) {
            $note->($line);
            my $verb = $line =~ /^(\w+)/ ? uc $1 : '';
            my $reply = $replies{$verb};

            if (!defined $reply) {
                $reply = $verb eq 'EHLO' ? "250-mail\r\n250 SIZE 1000\r\n"
                       : $verb eq 'DATA' ? "354 go on\r\n"
                       : $verb eq 'QUIT' ? "221 bye\r\n" : "250 OK\r\n";
            }

            return if $reply eq 'close';
            print $s $reply;
            return if $verb eq 'QUIT';

            if ($verb eq 'DATA' && $reply =~ /^354/) {
                while (defined(my $text = readline $s)) {
                    $note->($text);
                    last if $text eq ".\r\n";
                }
                my $end = $replies{end} // "250 taken\r\n";
                return if $end eq 'close';
                print $s $end;
            }
        }
    };
}

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
    limit_req_zone $server_port zone=sending:1m rate=100r/s;
    log_format mail escape=none '$http_idempotency_key|$request_body';
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_outbound;
        location / { resortbite_api; }
        location = /out/mail {
            internal;
            proxy_set_header X-Api-Key secret;
            proxy_pass http://127.0.0.1:%%PORT_8081%%/send;
        }
    }
    server {
        listen 127.0.0.1:%%PORT_8081%%;
        location /send {
            access_log %%DIR%%/sent.log mail;
            limit_req zone=sending burst=1000;
            proxy_pass http://127.0.0.1:%%PORT_8081%%/end$STATUS;
        }
        location /end200 { return 200 '{}'; }
        location /end422 { return 422 '{}'; }
        location /end500 { return 500 '{}'; }
    }
}
END

my $mail_config = $config =~ s/\$STATUS/200/r;


sub with_server {
    my ($arguments, $base) = @_;

    my $line = "resortbite_mail $arguments from=no-reply\@example.com;";

    return ($base // $mail_config) =~ s/MAIL/$line/r;
}


sub event {
    my ($to) = @_;

    return $t->db("INSERT INTO outbox (topic, key, payload)
        VALUES ('mail.email_changed', 'mail:x', jsonb_build_object(
                'to', '$to', 'params', jsonb_build_object('name', 'A')))
        RETURNING id");
}


sub row {
    my ($outbox, $columns) = @_;

    return $t->db("SELECT $columns FROM mails WHERE outbox_id = $outbox");
}


# Sends one mail by a server; its outbox id.

sub attempt {
    my ($arguments, $to) = @_;

    $t->db("DELETE FROM mails WHERE status = 'queued'");
    $t->reload(with_server($arguments));
    $t->old_workers_gone;

    my $id = event($to // 'a@example.com');
    $t->wait_for(sub { row($id, "status <> 'queued' OR last_error IS NOT NULL")
                           eq 't' }, 20);

    return $id;
}


# ---- the directive

my @wrong = (
    [ 'resortbite_mail smtp://h;', qr/needs from=/ ],
    [ 'resortbite_mail from=a@b.c;', qr/either a server .* or a location=/ ],
    [ 'resortbite_mail smtp://h location=/x from=a@b.c;', qr/either a server/ ],
    [ 'resortbite_mail location=x from=a@b.c;', qr/such as location=\/out/ ],
    [ 'resortbite_mail smtp://h from=nobody;', qr/is nobody mail can come/ ],
    [ 'resortbite_mail smtp://h "from=A <a@b.c";', qr/is nobody mail can come/ ],
    [ 'resortbite_mail smtp://h from=A <a@b.c>;', qr/with the quotes/ ],
    [ 'resortbite_mail smtp://u@h from=a@b.c;', qr/needs both a user/ ],
    [ 'resortbite_mail smtp://h password_file=/dev/null from=a@b.c;',
      qr/needs both a user/ ],
    [ 'resortbite_mail smtp://u@h password_file=/nowhere from=a@b.c;',
      qr/can't read "\/nowhere"/ ],
    [ 'resortbite_mail smtp://u@h password_file=/dev/null from=a@b.c;',
      qr/holds no password/ ],
    [ 'resortbite_mail smtp://u@h tls=off password_file=/dev/null from=a@b.c;',
      qr/in the clear/ ],
    [ 'resortbite_mail smtp://h tls=maybe from=a@b.c;',
      qr/starttls .*implicit or off/ ],
    [ 'resortbite_mail smtp://h ca=/nowhere from=a@b.c;',
      qr/can't read "\/nowhere"/ ],
    [ 'resortbite_mail smtp://h:0 from=a@b.c;', qr/smtp:\/\/\[user@\]host/ ],
    [ 'resortbite_mail smtp://h:70000 from=a@b.c;', qr/smtp:\/\/\[user@\]/ ],
    [ 'resortbite_mail smtp://:25 from=a@b.c;', qr/smtp:\/\/\[user@\]host/ ],
    [ 'resortbite_mail smtp://h from=a@b.c; resortbite_mail smtp://h;',
      qr/duplicate/ ],
    [ 'resortbite_mail smtp://h to=x from=a@b.c;', qr/"to=x" is no parameter/ ]
);

for my $wrong (@wrong) {
    my ($ok, $said) = $t->check($mail_config =~ s/MAIL/$wrong->[0]/r);
    ok(!$ok && $said =~ $wrong->[1], "refused: $wrong->[0]") or diag($said);
}

for my $right ('smtp://h', 'smtp://[::1]:25', 'smtp://h tls=implicit',
               'smtp://h:2525 tls=off', 'location=/out/mail')
{
    my ($ok, $said) = $t->check(with_server($right));
    ok($ok, "taken: $right") or diag($said);
}

# ---- without it

$t->start($mail_config =~ s/MAIL//r);
ok($t->wait_ready, 'ready');
ok($t->wait_log(qr/mails wait, for there is no "resortbite_mail"/),
   'without the directive mails wait, and the log says so');

# ---- no protection where it is wanted

my $port = server(dialogue());
my $id = attempt("smtp://127.0.0.1:$port");
like(row($id, 'last_error'), qr/doesn't offer STARTTLS/, 'no STARTTLS');
unlike(said($port), qr/MAIL FROM/, 'nothing is sent in the clear');

$port = server(dialogue(EHLO => "250-mail\r\n250 STARTTLS\r\n",
                        STARTTLS => "220 go\r\n250 AUTH PLAIN\r\n"));
$id = attempt("smtp://127.0.0.1:$port");
like(row($id, 'last_error'), qr/sent data before TLS/,
     'what was put in before TLS ends it');

$port = server(dialogue(EHLO => "250-mail\r\n250 STARTTLS\r\n",
                        STARTTLS => "220 go\r\n"));
$id = attempt("smtp://127.0.0.1:$port");
isnt(row($id, 'last_error'), '', 'no TLS where it was promised');
is(row($id, 'status'), 'queued', 'the mail waits');
unlike(said($port), qr/MAIL FROM/, 'nothing is sent in the clear');

# ---- in the clear when asked to; dots; no 8 bits

$port = server(dialogue());
$id = attempt("smtp://127.0.0.1:$port tls=off");
is(row($id, 'status'), 'sent', 'tls=off') or diag(row($id, 'last_error'));
like(said($port), qr/^EHLO [\w.-]+\r\nMAIL FROM:<no-reply\@example\.com>\r\nRCPT TO:<a\@example\.com>\r\nDATA\r\n/,
     'the dialogue');
like(said($port), qr/\r\n\.\r\nQUIT\r\n\z/, 'to its end');

$id = attempt("smtp://127.0.0.1:$port tls=off", '한글@example.com');
is(row($id, 'status'), 'dead', 'an address in Korean, without SMTPUTF8');
like(row($id, 'last_error'), qr/SMTPUTF8/, 'and why');

$port = server(dialogue(EHLO => "250-mail\r\n250 SMTPUTF8\r\n"));
$id = attempt("smtp://127.0.0.1:$port tls=off", '한글@example.com');
is(row($id, 'status'), 'sent', 'with it');
like(said($port), qr/^MAIL FROM:<\S+> SMTPUTF8\r\nRCPT TO:<\xed\x95\x9c/m,
     'as it should be');

# ---- nonsense

my @nonsense = (
    [ 'speaks something else', greeting => "SSH-2.0-x\r\n" ],
    [ 'is busy', greeting => "421 too busy\r\n" ],
    [ 'a line without end', greeting => '220 ' . 'x' x 100_000 ],
    [ 'a reply without end', EHLO => "250-x\r\n" x 200 ],
    [ 'two codes in one reply', EHLO => "250-x\r\n220 y\r\n" ],
    [ 'goes away', MAIL => 'close' ],
    [ 'goes away at the end', end => 'close' ],
    [ 'refuses who sends', MAIL => "550 who are you\r\n" ],
    [ 'refuses for now', RCPT => "450 later\r\n" ],
    [ 'refuses what was sent, for now', end => "452 no space\r\n" ],
    [ 'closes', RCPT => "421 bye\r\n" ]
);

for my $nonsense (@nonsense) {
    my ($what, %replies) = @$nonsense;
    $port = server(dialogue(%replies));
    $id = attempt("smtp://127.0.0.1:$port tls=off");
    is(row($id, "status || ' ' || attempts"), 'queued 1', "waits: $what");
    isnt(row($id, 'last_error'), '', 'with why: ' . row($id, 'last_error'));
}

for my $never ([ RCPT => "550 nobody\r\n" ], [ end => "554 spam\r\n" ],
               [ DATA => "554 no\r\n" ])
{
    $port = server(dialogue(@$never));
    $id = attempt("smtp://127.0.0.1:$port tls=off");
    is(row($id, 'status'), 'dead', "dead: $never->[1]");
}

# ---- a server that says nothing holds up no reload

$port = server(sub { sleep 60 });
$t->reload(with_server("smtp://127.0.0.1:$port tls=off"));
$t->old_workers_gone;
event('silent@example.com');
sleep 2;
ok($t->reload(with_server('location=/out/mail')), 'reload');
ok($t->old_workers_gone(8), 'the worker that waits for it leaves');

# ---- a provider

$t->db("DELETE FROM mails WHERE status = 'queued'");
$id = event('p@example.com');
ok($t->wait_for(sub { row($id, 'status') eq 'sent' }), 'sent by a provider')
    or diag(row($id, 'last_error'), $t->error_log);

my ($line) = grep { /p\@example\.com/ }
    split /\n/, ResortBite::slurp($t->prefix . '/sent.log');
my ($key, $body) = split /\|/, $line // '', 2;
my $sent = eval { JSON::PP->new->utf8->decode($body // '') } // {};

is($key, row($id, 'id'), 'with a key, so that it is sent once');
is($sent->{to}, 'p@example.com', 'to');
is($sent->{from}, 'no-reply@example.com', 'from');
is($sent->{message_id}, "<$key\@example.com>", 'its Message-ID');
like($sent->{subject}, qr/이메일 주소가 변경/, 'its subject');
like($sent->{text}, qr/A님, 안녕하세요/, 'text');
like($sent->{html}, qr/<p>A님/, 'HTML');

sub counted {
    my ($result) = @_;

    return $t->get('/metrics')->body =~ /^resortbite_mails_total\{result="$result"\} (\d+)$/m
        ? $1 : -1;
}

for my $status (422, 500) {
    my $result = $status == 422 ? 'dead' : 'failed';
    my $before = counted($result);
    $t->db("DELETE FROM mails WHERE status = 'queued'");
    $t->reload(with_server('location=/out/mail',
                           $config =~ s/\$STATUS/$status/r));
    $t->old_workers_gone;
    $id = event('q@example.com');
    $t->wait_for(sub { row($id, 'last_error') ne '' });
    is(row($id, 'status'), $status == 422 ? 'dead' : 'queued',
       "a provider that says $status");
    is(row($id, 'last_error'), "the provider answers $status", 'and why');
    ok($t->wait_for(sub { counted($result) == $before + 1 }, 5), "which is counted as $result");
}

# ---- its last attempt

{
    my $before = counted('dead');

    $t->db("UPDATE mails SET attempts = 9, available_at = now() WHERE outbox_id = $id");
    ok($t->wait_for(sub { row($id, 'status') eq 'dead' }), 'the tenth attempt is the last');
    ok($t->wait_for(sub { counted('dead') == $before + 1 }, 5), 'which is counted as dead');
}

# ---- what waits is counted by a new worker, and then each minute

$t->db("INSERT INTO mails (id, outbox_id, template, recipient, locale, params, available_at)
        SELECT uuid_v7(now()), -n, 'email_changed', 'w\@example.com', 'ko', '{}', now() + INTERVAL '1 day'
          FROM generate_series(1, 7) AS n");
$t->reload(with_server('location=/out/mail'));
$t->old_workers_gone;
ok($t->wait_for(sub { $t->get('/metrics')->body =~ /^resortbite_mails_waiting 7$/m }, 5),
   'seven mails wait');

# ---- two nodes, one queue

my $log = sub { $t->prefix . '/sent.log' };
$t->db('DELETE FROM mails');
unlink $log->();
$t->reload(with_server('location=/out/mail'));
$t->old_workers_gone;

my $other = ResortBite->new;
$other->start(with_server('location=/out/mail')
    =~ s/%%POSTGRES%%/$t->postgres->conninfo/er
    =~ s/%%PORT_8081%%;\n        location \/send/%%PORT_8082%%;\n        location \/x/r
    =~ s/127\.0\.0\.1:%%PORT_8081%%/'127.0.0.1:' . $t->port(8081)/ger);
ok($other->wait_ready, 'another node');

$t->db("INSERT INTO outbox (topic, key, payload)
        SELECT 'mail.email_changed', 'mail:many',
               jsonb_build_object('to', 'n' || n || '\@example.com',
                                  'params', jsonb_build_object('name', 'N'))
          FROM generate_series(1, 300) AS n");

ok($t->wait_for(sub { $t->db("SELECT count(*) FROM mails
                               WHERE status = 'sent'") == 300 }, 60),
   'all of many are sent');

my %times;
$times{$_}++ for ResortBite::slurp($log->()) =~ /"to":"(n\d+)\@/g;
is(scalar(keys %times), 300, 'by two nodes');
is(scalar(grep { $_ != 1 } values %times), 0, 'each once');

my ($mine, $others) = map { scalar(() = $_->error_log =~ /mail \S+ \(\w+\) is sent/g) }
    $t, $other;
cmp_ok($others, '>', 0, 'both have sent') or diag($mine);

done_testing;
