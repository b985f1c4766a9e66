package ResortBite::Identity;

# The world of the tests of accounts and sessions, and what they all do.
#
#   my $t = ResortBite::Identity->world;            # started, ready
#   my $b = ResortBite::Browser->new($t);           # a browser: its own device
#
#   log_in($b, 'crew1@example.com');                # the demo's password
#   api($b, PUT => '/api/v1/me/password', { … });   # with its CSRF token
#   mails($t, 'verify_email', $address);            # payloads of the outbox
#   token($t, 'verify_email', $id);                 # what the mail's link has
#
# world() takes options of ResortBite->new() and `more': lines for the "http"
# block.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use ResortBite;
use ResortBite::Browser;

our @EXPORT = qw(api csrf events log_in mails token $PASSWORD);

our $PASSWORD = 'resortbite-demo-2026';


sub world {
    my ($class, %options) = @_;

    my $more = delete $options{more} // '';
    my $t = ResortBite->new(%options);

    $t->start(<<"END");
%%GLOBALS%%
events { worker_connections 1024; }
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    $more
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

    $t->wait_ready or die "nginx isn't ready\n";

    return $t;
}


sub log_in {
    my ($browser, $email, $password) = @_;

    return $browser->request('POST', '/api/v1/sessions', site => 'same-origin',
        json => { email => $email, password => $password // $PASSWORD });
}


# A request of a page's script.

sub api {
    my ($browser, $method, $uri, $json, %headers) = @_;

    $headers{'X-CSRF-Token'} //= csrf($browser) if $method ne 'GET';

    return $browser->request($method, $uri, site => 'same-origin',
        ($json ? (json => $json) : ()), headers => \%headers);
}


sub csrf {
    my ($browser) = @_;

    return $browser->get('/api/v1/csrf')->json->{csrf_token};
}


sub mails {
    my ($t, $template, $to) = @_;

    my @rows = split /\n/, $t->db("SELECT payload FROM outbox
        WHERE topic = 'mail.$template' AND payload->>'to' = '$to' ORDER BY id");

    return map { JSON::PP->new->decode($_) } @rows;
}


# The trail of an account: actions in their order.

sub events {
    my ($t, $member) = @_;

    return join ' ', split /\n/, $t->db("SELECT action FROM security_events
        WHERE member_id = '$member' ORDER BY at, seq");
}


sub token {
    my ($t, $purpose, $id) = @_;

    open my $in, '<:raw', $t->secret_file or die "secret: $!\n";
    my $key = do { local $/; <$in> };
    my $bytes = pack 'H*', $id =~ tr/-//dr;

    return encode_base64url(
        $bytes . substr hmac_sha256("$purpose\0$bytes", $key), 0, 16);
}

1;
