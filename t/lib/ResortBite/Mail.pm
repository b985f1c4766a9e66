package ResortBite::Mail;

# A real mail server (Exim) of the test's own on a port of the loopback: it
# wants STARTTLS and AUTH, takes mail for everybody and puts it into a folder.
#
#   my $mail = ResortBite::Mail->start(dir => "$dir/mail");
#   $mail->url            what resortbite_mail takes
#   $mail->wait_for(2)    the messages, parsed, once there are two
#
# For whom it is decides what becomes of it:
#   nobody…@   550, for good
#   later…@    451, while the file "later" is in its folder (hold, let_go)
#
# A test is skipped where another mail server is installed, which must not be
# replaced.  Options: tls => 0 (offers none), port.

use strict;
use warnings;

use Carp qw(croak);
use Encode ();
use IO::Socket::INET ();
use MIME::Base64 qw(decode_base64);

use ResortBite::Process qw(free_port user wait_until);

our $USER = 'sender@example.com';
our $PASSWORD = 'correct-horse.battery';


sub binary { return '/usr/sbin/exim4' }


# Why there can be none; empty if there can.

sub missing {
    return -x binary() ? '' : 'no exim4: another mail server is installed';
}


sub start {
    my ($class, %options) = @_;

    my $dir = $options{dir} // croak 'dir is needed';

    mkdir $dir, 0755 or die "$dir: $!\n";

    for my $folder ("$dir/spool", "$dir/log", "$dir/inbox") {
        mkdir $folder, 0755 or die "$folder: $!\n";
    }

    my $self = bless { port => free_port(), tls => 1, %options }, $class;

    $self->certificate;

    open my $out, '>', "$dir/exim.conf" or die "$dir/exim.conf: $!\n";
    print $out $self->config;
    close $out;

    if ($> == 0) {
        chown((getpwnam(user()))[2, 3], $dir, glob "$dir/*");
        chown 0, 0, "$dir/exim.conf";
    }

    return $self->run;
}


# One for 127.0.0.1 and localhost that signs itself.

sub certificate {
    my ($self) = @_;

    my $dir = $self->{dir};

    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2"
           . " -keyout $dir/key.pem -out $dir/cert.pem -subj /CN=localhost"
           . " -addext subjectAltName=IP:127.0.0.1,DNS:localhost"
           . " 2>$dir/openssl.log") == 0
        or croak 'openssl made no certificate';

    chmod 0644, "$dir/cert.pem";
    chmod 0600, "$dir/key.pem";

    return;
}


sub config {
    my ($self) = @_;

    my ($dir, $user) = ($self->{dir}, user());
    my $group = getgrgid((getpwnam($user))[3]);
    my $tls = $self->{tls} ? '*' : ':';


    return <<"END";
primary_hostname = mail.example.com
qualify_domain = example.com
exim_user = $user
exim_group = $group
spool_directory = $dir/spool
log_file_path = $dir/log/%slog
pid_file_path = $dir/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = $self->{port}
tls_advertise_hosts = $tls
tls_certificate = $dir/cert.pem
tls_privatekey = $dir/key.pem
auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
smtputf8_advertise_hosts = *
host_lookup =
rfc1413_hosts =
keep_environment =
smtp_banner = mail.example.com ESMTP
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = rcpt

begin acl
rcpt:
    deny  !authenticated = *
          message = 5.7.0 log in first
    deny  condition = \${if match{\$local_part}{^nobody}}
          message = 5.1.1 no such user here
    defer condition = \${if match{\$local_part}{^later}}
          condition = \${if exists{$dir/later}}
          message = 4.2.1 come back later
    accept

begin routers
everybody:
    driver = accept
    transport = folder

begin transports
folder:
    driver = appendfile
    maildir_format
    directory = $dir/inbox
    user = $user
    group = $group
    initgroups = false
    envelope_to_add

begin authenticators
plain:
    driver = plaintext
    public_name = PLAIN
    server_condition = \${if and{{eq{\$auth2}{$USER}}{eq{\$auth3}{$PASSWORD}}}}
    server_set_id = \$auth2
    server_advertise_condition = \${if exists{$dir/login}{no}{yes}}
login:
    driver = plaintext
    public_name = LOGIN
    server_prompts = Username:: : Password::
    server_condition = \${if and{{eq{\$auth1}{$USER}}{eq{\$auth2}{$PASSWORD}}}}
    server_set_id = \$auth1
END
}


sub run {
    my ($self) = @_;

    $self->{process} = ResortBite::Process->start(
        [ binary(), '-C', "$self->{dir}/exim.conf", '-bdf' ],
        log => "$self->{dir}/exim.log");

    wait_until { !$self->{process}->alive || $self->answers } 20;

    croak 'Exim does not start: ' . $self->log if !$self->answers;

    return $self;
}


sub answers {
    my ($self) = @_;

    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $self->{port}, Timeout => 2);

    return $s && defined readline $s;
}


sub stop {
    my ($self) = @_;

    $self->{process}->signal('TERM');
    $self->{process}->wait_end(10) or $self->{process}->kill9;
}


sub log {
    my ($self) = @_;

    return join '', map { slurp($_) } "$self->{dir}/exim.log",
        glob "$self->{dir}/log/*";
}


sub port { return $_[0]{port} }
sub ca   { return "$_[0]{dir}/cert.pem" }


# As resortbite_mail takes it, but for the password's file.

sub url { return "smtp://$USER\@127.0.0.1:$_[0]{port}" }


# Files that change what it does.

sub touch {
    my ($self, $name) = @_;

    open my $out, '>', "$self->{dir}/$name" or croak "$name: $!";

    return;
}


sub hold   { $_[0]->touch('later') }
sub let_go { unlink "$_[0]{dir}/later" }


# All messages so far, oldest first, parsed.

sub messages {
    my ($self) = @_;

    return map { parse(slurp($_)) }
        sort { (stat $a)[9] <=> (stat $b)[9] || $a cmp $b }
        glob "$self->{dir}/inbox/new/*";
}


# Waits until there are n; returns them, or those that there are.

sub wait_for {
    my ($self, $n, $seconds) = @_;

    wait_until {
        my @files = glob "$self->{dir}/inbox/new/*";
        @files >= $n;
    } $seconds // 15;

    return $self->messages;
}


sub clear {
    my ($self) = @_;

    unlink glob "$self->{dir}/inbox/new/*";

    return;
}


# { to, header => { subject => … }, raw, text, html }, decoded.

sub parse {
    my ($raw) = @_;

    my ($head, $body) = split /\r?\n\r?\n/, $raw, 2;

    $head =~ s/\r?\n[ \t]+/ /g;

    my %header;

    for my $line (split /\r?\n/, $head) {
        my ($name, $value) = split /:\s*/, $line, 2;
        $header{ lc $name } //= Encode::decode('MIME-Header', $value);
    }

    my %mail = (raw => $raw, head => $head, header => \%header,
                to => $header{'envelope-to'});

    my ($boundary) = ($header{'content-type'} // '') =~ /boundary="(.*?)"/;

    for my $part (split /^--\Q$boundary\E(?:--)?\r?\n/m, $body) {
        my ($fields, $content) = split /\r?\n\r?\n/, $part, 2;
        next if ($fields // '') !~ m{Content-Type: text/(plain|html)};
        $mail{ $1 eq 'plain' ? 'text' : 'html' }
            = Encode::decode('UTF-8', decode_base64($content));
    }

    return \%mail;
}


sub slurp {
    my ($file) = @_;

    open my $in, '<:raw', $file or return '';
    local $/;
    return <$in> // '';
}

1;
