package ResortBite::Social;

# Providers of log-ins elsewhere, for one test: t/peers/social_peer.mjs, and
# the way of a browser to them and back.
#
#   my $social = ResortBite::Social->start($t);      # skips without node
#   my $way = $social->begin($browser, 'kakao', '/next');
#   $social->back($browser, $way, { id => 7 });      # what it is to answer
#
# The plan is the code that the browser comes back with; social_peer.mjs says
# what may be in it.

use strict;
use warnings;

use File::Basename qw(basename);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use Test::More ();

use ResortBite::Process qw(free_port wait_until);
use ResortBite::Connection;


sub start {
    my ($class, $t) = @_;

    Test::More::plan(skip_all => 'no node')
        if system('node --version >/dev/null 2>&1') != 0;

    my $self = bless { world => $t, port => free_port(), secret => 's3cr+t/%' },
        $class;

    $self->{process} = $self->run(
        "$ResortBite::ROOT/t/peers/social_peer.mjs", $self->{port},
        'resortbite', $self->{secret}, 'http://localhost:' . $t->port(8080));

    return $self;
}


# Starts a script and waits until it says that it is ready.

sub run {
    my ($self, $script, @arguments) = @_;

    my $log = "$self->{world}{prefix}/" . basename($script) . '.log';

    my $process = ResortBite::Process->start([ 'node', $script, @arguments ],
                                             log => $log);

    wait_until { ResortBite::slurp($log) =~ /^ready$/m } 20
        or die "$script doesn't start: " . ResortBite::slurp($log) . "\n";

    return $process;
}


sub port { return $_[0]{port} }
sub stop { return $_[0]{process}->kill9 }


sub secret_file {
    my ($self) = @_;

    # with the end of line that an editor leaves
    return $self->{world}->write_file('client.secret', "$self->{secret}\n");
}


# Sends the browser off: what it is to bring there.

sub begin {
    my ($self, $browser, $provider, $next, $link) = @_;

    $browser->get("/auth/social/$provider" . ($link ? '/link' : '')
                  . (defined $next ? '?next=' . escape($next) : ''));

    my ($uri, $query) = split /\?/, $browser->location // '', 2;

    return { uri => $uri, provider => $provider, map {
        my ($name, $value) = split /=/, $_, 2;
        $name => ($value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger);
    } split /&/, $query // '' };
}


# It comes back with a code for the plan.

sub back {
    my ($self, $browser, $way, $plan, %more) = @_;

    my $code = encode_base64url(JSON::PP->new->utf8->canonical->encode($plan));

    my $uri = "/auth/social/$way->{provider}/callback?"
        . join '&', map { "$_->[0]=" . escape($_->[1]) }
              [ state => $way->{state} ], [ code => $code ],
              map { [ $_ => $more{$_} ] } sort keys %more;

    return $browser->get($uri, site => 'cross-site', timeout => 15);
}


# Asks the peer itself.

sub peer {
    my ($self, $method, $path) = @_;

    return ResortBite::Connection->new($self->{port})
        ->request($method, $path, close => 1)->json;
}


sub count { return $_[0]->peer('GET', "/count$_[1]")->{count} }


sub escape {
    my ($text) = @_;

    return $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
}

1;
