# The directives of identity: nginx -t catches every mistake and says what to
# write instead.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $t = ResortBite->new(content => 'none');

my %right = (
    identity => 'resortbite_identity https://resortbite.example;',
    keys => 'resortbite_keys %%KEYS%%;',
    more => '',
    server => '',
    location => 'resortbite_api;',
    postgres => 'resortbite_postgres "host=/nowhere dbname=x";',
);

sub configuration {
    my (%lines) = (%right, @_);

    return <<"END";
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    $lines{postgres}
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    $lines{identity}
    $lines{keys}
    $lines{more}
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        $lines{server}
        location / { $lines{location} }
    }
}
END
}

sub accepted {
    my ($what, %lines) = @_;

    my ($ok, $said) = $t->check(configuration(%lines));
    ok($ok, $what) or diag $said;
}

sub refused {
    my ($what, $says, %lines) = @_;

    my ($ok, $said) = $t->check(configuration(%lines));

    ok(!$ok, "$what is refused");
    like($said, $says, "$what: says what to write instead");
}

accepted('a right configuration');
accepted('none of it', identity => '', keys => '');

for my $issuer ('https://resortbite.example:8443', 'http://localhost',
                'http://localhost:8080', 'http://127.0.0.1:8080',
                'http://[::1]:8080', 'https://[2001:db8::1]')
{
    accepted($issuer, identity => "resortbite_identity $issuer;");
}

for my $wrong (
    [ 'http://resortbite.example', qr/for localhost/ ],
    [ 'resortbite.example', qr/begins with https/ ],
    [ 'https://', qr/begins with https/ ],
    [ 'ftp://resortbite.example', qr/begins with https/ ],
    [ 'https://ResortBite.example', qr/small letters/ ],
    [ 'https://user@resortbite.example', qr/small letters/ ],
    [ 'https://resortbite.example/', qr/not even a slash/ ],
    [ 'https://resortbite.example/auth', qr/no path/ ],
    [ 'https://resortbite.example?x', qr/no query/ ],
    [ 'https://resortbite.example:443', qr/leave it out/ ],
    [ 'http://localhost:80', qr/leave it out/ ],
    [ 'https://resortbite.example:', qr/port is a number/ ],
    [ 'https://resortbite.example:65536', qr/port is a number/ ],
    [ 'https://resortbite.example:8x', qr/no path/ ])
{
    my ($issuer, $says) = @$wrong;
    refused("the issuer $issuer", qr/is no issuer: .*$says.*resortbite_identity https/s,
            identity => qq{resortbite_identity "$issuer";});
}

refused('an issuer twice', qr/duplicate/,
        more => 'resortbite_identity https://other.example;');
refused('an issuer without keys', qr/needs.*resortbite_keys.*scripts\/keys/s,
        keys => '');
refused('keys without an issuer',
        qr/needs.*resortbite_identity https:/s, identity => '');
refused('keys twice', qr/duplicate/, more => 'resortbite_keys %%KEYS%%;');
refused('keys that are missing', qr{no-such.*scripts/keys}s,
        keys => 'resortbite_keys %%DIR%%/no-such;');

refused('a list of passwords without an issuer', qr/needs.*resortbite_identity/s,
        identity => '', keys => '',
        more => 'resortbite_password_blocklist %%ROOT%%/conf/common-passwords.txt;');
accepted('a list of passwords',
         more => 'resortbite_password_blocklist %%ROOT%%/conf/common-passwords.txt;');
refused('a list that is missing', qr/no-such/,
        more => 'resortbite_password_blocklist %%DIR%%/no-such;');

accepted('a place', more => 'resortbite_place "$http_x_city";');
refused('a place without an issuer', qr/needs.*resortbite_identity/s,
        identity => '', keys => '', more => 'resortbite_place "$http_x";');
refused('a place twice', qr/duplicate/,
        more => 'resortbite_place a; resortbite_place b;');

refused('mail by a location, without a server for calls',
        qr/"resortbite_mail" .*needs "resortbite_outbound;"/s,
        more => 'resortbite_mail location=/out/mail from=a@b.example;');

accepted('a server for calls to other services',
         server => 'resortbite_outbound;');
refused('two of them', qr/two servers.*internal locations/,
        server => 'resortbite_outbound;',
        more => 'server { listen 127.0.0.1:%%PORT_8081%%;'
              . ' resortbite_outbound; }');

for my $good ('off', 'optional', 'required', 'required roles=admin',
              'required roles=admin,super_admin scopes=read,write login=/in',
              'required login=https://other.example/login')
{
    accepted("resortbite_auth $good", server => "resortbite_auth $good;");
}

accepted('resortbite_auth where no location serves the API',
         server => 'resortbite_auth required;', location => 'return 204;');

refused('resortbite_auth without an issuer',
        qr/"resortbite_auth" needs.*resortbite_identity.*resortbite_keys/s,
        identity => '', keys => '', server => 'resortbite_auth required;');
refused('resortbite_auth without PostgreSQL',
        qr/"resortbite_auth" needs.*resortbite_postgres/s, postgres => '',
        server => 'resortbite_auth required;', location => 'return 204;');
refused('resortbite_auth twice', qr/duplicate/,
        server => 'resortbite_auth off; resortbite_auth off;');
refused('resortbite_auth on', qr/off, optional or required.*such as/s,
        server => 'resortbite_auth on;');
refused('a role that is none', qr/"crow".*not known.*crew/s,
        server => 'resortbite_auth required roles=crow;');
refused('a role in a resort', qr/"owner".*not known/s,
        server => 'resortbite_auth required roles=owner;');
refused('no role', qr/"" in "roles=" is not known/,
        server => 'resortbite_auth required roles=;');
refused('a scope that is none', qr/"reed".*not known.*read/s,
        server => 'resortbite_auth required scopes=reed;');
refused('a log-in that is nowhere', qr/no parameter.*login=/s,
        server => 'resortbite_auth required login=in;');
refused('a parameter of optional',
        qr/takes no parameters.*resortbite_auth required roles=admin/s,
        server => 'resortbite_auth optional roles=admin;');

# without any of it nobody can sign in, and nothing else is missing

$t->start(configuration(identity => '', keys => ''));

my $r = $t->get('/test/identity/member');
is($r->status, 503, 'a route that names roles, without identity');
is($r->json->{code}, 'identity_not_set_up', 'says what is missing');
is($t->get('/test/identity/optional')->status, 200, 'one that only asks');
is($t->get('/test/hello')->status, 200, 'one that does not');

done_testing;
