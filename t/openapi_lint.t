# The API's description passes the judgement of a linter that others wrote
# (Redocly's, its recommended rules), which is taken from npm once a build.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $VERSION = '2.77.0';

my $npm = "$ResortBite::BUILD/npm";
my $redocly = "$npm/node_modules/.bin/redocly";

if (!-x $redocly) {
    plan skip_all => 'needs npm, to get @redocly/cli' if system(
        'command -v npm >/dev/null 2>&1') != 0;

    mkdir $npm;

    # npm reads what a machine has configured for it
    my $said = `cd '$npm' && npm install --silent --no-fund --no-audit \\
        '\@redocly/cli\@$VERSION' 2>&1`;

    plan skip_all => "npm could not install \@redocly/cli: $said"
        if !-x $redocly;
}

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');


# The linter's exit status and what it says of a description.

sub lint {
    my ($name, $text) = @_;

    my $file = $t->write_file($name, $text);

    local $ENV{REDOCLY_TELEMETRY} = 'off';
    local $ENV{REDOCLY_SUPPRESS_UPDATE_NOTICE} = 'true';

    my $said = `cd '$npm' && '$redocly' lint '$file' 2>&1`;

    return ($? >> 8, $said);
}


my $r = $t->get('/openapi.json');
is($r->status, 200, 'there is a description');

utf8::decode(my $text = $r->body);
my ($status, $said) = lint('openapi.json', $text);

is($status, 0, 'it is clean') or diag($said);
unlike($said, qr/\d+ warning/, 'without a warning') or diag($said);

# a linter that finds nothing wrong with anything is none

(my $wrong = $text) =~ s/"operationId":"[^"]+"/"operationId":"same"/g;
($status, $said) = lint('wrong.json', $wrong);

isnt($status, 0, 'the linter would have told');

done_testing;
