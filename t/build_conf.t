# The configurations that are handed out are ones that nginx takes: that of
# scripts/run as it fills it in, and the one for production.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ResortBite;

my $t = ResortBite->new(content => 'none');


sub template {
    my ($name) = @_;

    return ResortBite::slurp("$ResortBite::ROOT/conf/$name");
}


# The modules as the test has them, and the accounts it runs as.

sub local_modules {
    my ($config) = @_;

    $config =~ s/^load_module .*;\n//m;

    return $t->load_modules . $config;
}


my %values = (
    MODULE => '', HOME => '%%DIR%%', PORT => '%%PORT_8080%%', FILES => 1024,
    CONNECTIONS => 512, POSTGRES => '%%POSTGRES%%', REDIS => '%%REDIS%%',
    USER => $> == 0 ? 'user ' . ResortBite::user() . ';' : '',
    BLOCKLIST => '%%ROOT%%/conf/common-passwords.txt',
);

my $config = local_modules(template('nginx.conf'));

my @names = $config =~ /@([A-Z]+)@/g;
is_deeply([ grep { !exists $values{$_} } @names ], [],
          'its names are those that scripts/run knows');

$config =~ s/@([A-Z]+)@/$values{$1}/g;

$t->secret_file;
$t->keys_folder;

my ($ok, $said) = $t->check($config);
ok($ok, 'nginx.conf') or diag($said);


# production.conf: its files are made up here, its hosts are not looked up

my $home = $t->prefix;

system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=example.com"
       . " -keyout $home/key -out $home/cert 2>/dev/null") == 0
    or die "openssl failed\n";

$config = local_modules(template('production.conf'));

$t->write_file("$_-secret", "a secret\n") for qw(kakao naver google smtp);

for my $change (
    [ qr{/etc/resortbite/tls/fullchain\.pem}, "$home/cert" ],
    [ qr{/etc/resortbite/tls/privkey\.pem}, "$home/key" ],
    [ qr{/etc/resortbite/secret}, "$home/secret" ],
    [ qr{/etc/resortbite/keys}, "$home/keys" ],
    [ qr{/etc/resortbite/common-passwords\.txt},
      '%%ROOT%%/conf/common-passwords.txt' ],
    [ qr{/etc/resortbite/smtp-password}, "$home/smtp-secret" ],
    [ qr{/etc/resortbite/(kakao|naver|google)-secret}, $home ],
    [ qr{/var/log/nginx}, $home ],
    [ qr{/run/nginx\.pid}, "$home/nginx.pid" ],
    [ qr{listen (\[::\]:)?(?:80|443)\b}, undef ],
    [ qr{127\.0\.0\.1:9145}, '127.0.0.1:%%PORT_9145%%' ],
) {
    my ($from, $to) = @$change;

    ok(defined $to ? $config =~ s/$from/defined $1 ? "$to\/$1-secret" : $to/ge
                   : $config =~ s/$from/'listen ' . ($1 ? '[::1]:' : '127.0.0.1:')
                                        . $t->port(length $& )/ge,
       "it says $from");
}

($ok, $said) = $t->check($config);
ok($ok, 'production.conf') or diag($said);

done_testing;
