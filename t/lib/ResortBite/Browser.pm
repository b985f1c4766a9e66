package ResortBite::Browser;

# A browser without a script: cookies, forms, redirections, and the header
# fields by which a server knows a browser (Origin, Referer, Sec-Fetch-*).
#
#   my $b = ResortBite::Browser->new($t);           # of the world $t
#
#   $b->get('/login');
#   is($b->status, 200);
#   $b->submit({ email => 'a@example.com', password => $password });
#   $b->follow;                                     # the redirection
#   is($b->path, '/account');
#   like($b->text, qr/로그아웃/);
#
# It is at http://localhost:<port of 8080>, which browsers hold to be secure:
# cookies with Secure and the prefix __Host- are kept there.  The connection
# goes to 127.0.0.1.
#
# Options of new(): port => 8081 (another server of the world), follow => 1
# (redirections within the site are followed by themselves), headers => { … }
# (sent with each request), language => 'en'.
#
# Each of get, post_form, submit, follow and request returns the response
# (ResortBite::Response), which response() has, too.  uri() is where it came
# from.  A redirection to another site isn't followed: location() is where to.

use strict;
use warnings;

use Carp qw(croak);
use Encode qw(decode);


sub new {
    my ($class, $world, %options) = @_;

    my $self = bless {
        world => $world, cookies => {}, headers => {}, %options,
    }, $class;

    $self->{origin} //= 'http://localhost:' . $world->port($options{port});

    return $self;
}


sub origin   { return $_[0]{origin} }
sub response { return $_[0]{response} }
sub status   { return $_[0]{response} && $_[0]{response}->status }
sub header   { return $_[0]{response}->header($_[1]) }
sub location { return $_[0]{response}->header('location') }
sub json     { return $_[0]{response}->json }
sub uri      { return $_[0]{uri} }
sub path     { return $_[0]{uri} =~ s/[?#].*//sr }


# The body as text; without tags, spaces made one, with words().

sub text { return decode('UTF-8', $_[0]{response}->body) }

sub words {
    my ($self) = @_;

    my $text = $self->text;

    $text =~ s{<(script|style)\b.*?</\1>}{}gs;
    $text =~ s/<[^>]*>/ /g;
    $text =~ s/\s+/ /g;

    return unescape($text);
}


# ---- cookies

sub cookie { return $_[0]{cookies}{ $_[1] } }

sub set_cookie { $_[0]{cookies}{ $_[1] } = $_[2]; return }

sub forget_cookie { delete $_[0]{cookies}{ $_[1] }; return }

sub cookies { return %{ $_[0]{cookies} } }


# Takes a Set-Cookie as a browser does: refuses a __Host- cookie without
# Secure and Path=/ or with Domain, and drops one that has expired.

sub take_cookie {
    my ($self, $line) = @_;

    my ($pair, @attributes) = split /\s*;\s*/, $line;
    my ($name, $value) = $pair =~ /^([^=]+)=(.*)$/ or return;
    my %has = map { my ($n, $v) = split /=/, $_, 2; (lc $n => $v // '') }
        @attributes;

    if ($name =~ /^__Host-/
        && (!exists $has{secure} || exists $has{domain}
            || ($has{path} // '') ne '/'))
    {
        push @{ $self->{refused} }, $line;
        return;
    }

    if (defined $has{'max-age'} && $has{'max-age'} <= 0
        || ($has{expires} // '') =~ / 1970 /)
    {
        delete $self->{cookies}{$name};
        return;
    }

    $self->{cookies}{$name} = $value;
    $self->{attributes}{$name} = \%has;

    return;
}


# What a cookie was set with: { secure => '', samesite => 'Lax', … }

sub cookie_attributes { return $_[0]{attributes}{ $_[1] } }


# ---- requests; options: headers, body, json, site (cross-site, none …)

sub request {
    my ($self, $method, $uri, %options) = @_;

    # browsers send no fragment
    $uri =~ s/#.*//s;
    $uri =~ s/^\Q$self->{origin}\E//;
    croak "$uri is not of $self->{origin}" if $uri !~ m{^/};

    my $site = $options{site} // (defined $self->{uri} ? 'same-origin' : 'none');
    my $cookies = join '; ', map { "$_=$self->{cookies}{$_}" }
        sort keys %{ $self->{cookies} };
    my $unsafe = $method !~ /^(?:GET|HEAD)$/;
    my $fetched = exists $options{json};

    my %headers = (
        Host => $self->{origin} =~ s{^https?://}{}r,
        Accept => $fetched ? '*/*'
            : 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
        'Accept-Language' => ($self->{language} // 'ko') eq 'en'
            ? 'en-US,en;q=0.9' : 'ko-KR,ko;q=0.9,en;q=0.5',
        'User-Agent' => 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 '
            . '(KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
        'Sec-Fetch-Site' => $site,
        'Sec-Fetch-Mode' => $fetched ? 'cors' : 'navigate',
        'Sec-Fetch-Dest' => $fetched ? 'empty' : 'document',
        (length $cookies ? (Cookie => $cookies) : ()),
        ($unsafe ? (Origin => $site eq 'same-origin' || $site eq 'none'
                              ? $self->{origin} : 'https://evil.example') : ()),
        (defined $self->{uri} && $site eq 'same-origin'
         ? (Referer => $self->{origin} . $self->{uri}) : ()),
        %{ $self->{headers} }, %{ $options{headers} || {} });

    my $r = $self->{world}->request($method, $uri, port => $self->{port},
        headers => \%headers,
        map { $_ => $options{$_} } grep { exists $options{$_} }
            qw(body json timeout));

    my $set = $r->header('set-cookie');
    $self->take_cookie($_) for ref $set ? @$set : $set // ();

    $self->{response} = $r;
    $self->{uri} = $uri if !$fetched;
    $self->{forms} = undef;

    return $self->follow if $self->{follow} && $self->follows;

    return $r;
}


sub get {
    my ($self, $uri, %options) = @_;

    return $self->request('GET', $self->resolve($uri), %options);
}


# Fields: a hash, or a list of pairs when order or repetition matters.

sub post_form {
    my ($self, $uri, $fields, %options) = @_;

    my @pairs = ref $fields eq 'HASH'
        ? map { $_ => $fields->{$_} } sort keys %$fields : @{ $fields || [] };

    $options{headers} = {
        'Content-Type' => 'application/x-www-form-urlencoded',
        %{ $options{headers} || {} } };

    return $self->request('POST', $self->resolve($uri), %options,
                          body => encode_form(@pairs));
}


# Whether the last response is a redirection within the site.

sub follows {
    my ($self) = @_;

    my $r = $self->{response};
    my $to = $r->header('location') // return 0;

    return $r->status =~ /^30[12378]$/
        && ($to !~ /^[a-z][a-z0-9+.-]*:/i || $to =~ m{^\Q$self->{origin}\E/});
}


sub follow {
    my ($self) = @_;

    croak 'nothing to follow: ' . $self->status if !$self->follows;
    croak 'redirected too often' if ++$self->{hops} > 10;

    my $r = $self->request('GET', $self->resolve($self->location));

    $self->{hops} = 0;

    return $r;
}


sub resolve {
    my ($self, $uri) = @_;

    $uri =~ s/^\Q$self->{origin}\E(?=\/)//;

    return $uri if $uri =~ m{^/};
    return ($self->{uri} =~ s/\?.*//sr) . $uri if $uri =~ /^\?/;
    return $self->{uri} if $uri eq '';
    return ($self->{uri} =~ s/\?.*//sr =~ s{[^/]*$}{}r) . $uri
        if $uri !~ /^[a-z][a-z0-9+.-]*:/i;

    croak "$uri is not of $self->{origin}";
}


# ---- what is on a page

sub unescape {
    my ($text) = @_;

    my %named = (amp => '&', lt => '<', gt => '>', quot => '"', apos => "'");

    $text =~ s{&(?:#(\d+)|#x([0-9a-f]+)|(\w+));}{
        defined $1 ? chr $1 : defined $2 ? chr hex $2 : $named{$3} // "&$3;"
    }gie;

    return $text;
}


sub attributes {
    my ($tag) = @_;

    my %has;

    while ($tag =~ /\s([\w-]+)(?:="([^"]*)")?/g) {
        $has{ lc $1 } = unescape($2 // '');
    }

    return \%has;
}


# All elements of a name, as hashes of their attributes.

sub elements {
    my ($self, $name) = @_;

    my $text = $self->text;

    return map { attributes($_) } $text =~ /<\Q$name\E\b([^>]*)>/g;
}


# Links: { text, href }.

sub links {
    my ($self) = @_;

    my $text = $self->text;
    my @links;

    while ($text =~ m{<a\b([^>]*)>(.*?)</a>}gs) {
        my ($tag, $inner) = ($1, $2);
        push @links, { %{ attributes($tag) },
                       text => unescape($inner =~ s/<[^>]*>//gr) };
    }

    return @links;
}


# Follows the link whose text or address matches.

sub click {
    my ($self, $pattern) = @_;

    my ($link) = grep { $_->{text} =~ $pattern || $_->{href} =~ $pattern }
        $self->links;

    croak "no link $pattern" if !$link;

    return $self->get($link->{href});
}


# Forms: { action, method, attributes, fields => [ { name, type, value,
# checked, … } ], buttons => [ { name, value, text } ] }.

sub forms {
    my ($self) = @_;

    return @{ $self->{forms} } if $self->{forms};

    my $text = $self->text;
    my @forms;

    while ($text =~ m{<form\b([^>]*)>(.*?)</form>}gs) {
        my ($tag, $inner) = (attributes($1), $2);

        my $form = { attributes => $tag, action => $tag->{action} // '',
                     method => uc($tag->{method} // 'get'), fields => [],
                     buttons => [] };

        while ($inner =~ m{<(input|textarea|select|button)\b([^>]*)>
                           (?:(.*?)</(?:textarea|select|button)>)?}gsx)
        {
            my ($kind, $has, $content) = ($1, attributes($2), $3);

            # an input has no end tag: go on after its own
            if ($kind eq 'input' && defined $content) {
                pos($inner) = $-[0] + length("<input$2>");
                $content = undef;
            }

            $has->{kind} = $kind;
            $has->{type} //= 'text' if $kind eq 'input';

            if ($kind eq 'button') {
                $has->{text} = unescape($content =~ s/<[^>]*>//gr);
                push @{ $form->{buttons} }, $has;
                next;
            }

            if ($kind eq 'textarea') {
                # a line break right after the tag isn't its
                $has->{value} = unescape(($content // '') =~ s/\A\r?\n//r);

            } elsif ($kind eq 'select') {
                my @options = map { attributes($_) }
                    ($content // '') =~ /<option\b([^>]*)>/g;
                my ($chosen) = ((grep { exists $_->{selected} } @options),
                                @options);
                $has->{value} = $chosen ? $chosen->{value} : '';
            }

            push @{ $form->{fields} }, $has;
        }

        push @forms, $form;
    }

    $self->{forms} = \@forms;

    return @forms;
}


# The form whose action matches, or has a field or a button so named; else the
# first that isn't hidden.

sub form {
    my ($self, $which) = @_;

    my @forms = grep { !exists $_->{attributes}{hidden} || defined $which }
        $self->forms;

    return $forms[0] if !defined $which;

    my ($form) = grep {
        my $form = $_;
        ref $which ? $form->{action} =~ $which
                   : $form->{action} eq $which
                     || grep { ($_->{name} // '') eq $which }
                        @{ $form->{fields} }, @{ $form->{buttons} };
    } @forms;

    return $form;
}


# The value of a field on the page.

sub value {
    my ($self, $name, $which) = @_;

    my $form = $self->form($which // $name) // return;
    my ($field) = grep { ($_->{name} // '') eq $name } @{ $form->{fields} };

    return $field && ($field->{value} // '');
}


# Sends a form as a browser does: hidden fields and what is filled in, with
# the values given in place.  Options: form (see form()), button => its name
# or [ name, value ], and those of request().  A value of undef leaves the
# field out; of a box, true checks it.

sub submit {
    my ($self, $values, %options) = @_;

    my $form = $self->form(delete $options{form})
        // croak 'no such form on the page: ' . ($self->{uri} // '');
    my $button = delete $options{button};
    my %values = %{ $values || {} };
    my @pairs;

    for my $field (@{ $form->{fields} }) {
        my $name = $field->{name} // next;
        my $type = $field->{type} // '';
        my $given = exists $values{$name};

        next if exists $field->{disabled};

        if ($type eq 'checkbox') {
            my $on = $given ? $values{$name} : exists $field->{checked};
            push @pairs, $name => $field->{value} // 'on' if $on;

        } elsif ($type eq 'radio') {
            my $on = $given
                ? defined $values{$name} && $values{$name} eq $field->{value}
                : exists $field->{checked};
            push @pairs, $name => $field->{value} if $on;

        } elsif ($given) {
            push @pairs, $name => $values{$name} if defined $values{$name};

        } else {
            push @pairs, $name => $field->{value} // '';
        }
    }

    my %known = map { $_->{name} // '' => 1 } @{ $form->{fields} };

    for my $name (sort keys %values) {
        croak "the form has no field $name" if !$known{$name};
    }

    my ($pressed) = ref $button
        ? grep { ($_->{name} // '') eq $button->[0]
                 && ($_->{value} // '') eq $button->[1] } @{ $form->{buttons} }
        : defined $button
            ? grep { ($_->{name} // '') eq $button } @{ $form->{buttons} }
            : $form->{buttons}[0];

    croak 'no such button' if defined $button && !$pressed;

    push @pairs, $pressed->{name} => $pressed->{value} // ''
        if $pressed && defined $pressed->{name};

    return $self->get(($form->{action} =~ s/\?.*//r) . '?'
                      . encode_form(@pairs), %options)
        if $form->{method} eq 'GET';

    return $self->post_form($form->{action}, \@pairs, %options);
}


# JSON with the page's CSRF token, as a script of ours would send it.

sub fetch {
    my ($self, $method, $uri, %options) = @_;

    $options{headers} = { 'X-CSRF-Token' => $options{csrf} // $self->csrf // '',
                          %{ $options{headers} || {} } };
    $options{json} //= {} if $method ne 'GET' && !defined $options{body};

    return $self->request($method, $uri, %options);
}


# The token in the page that was last looked at.

sub csrf {
    my ($self) = @_;

    my ($field) = grep { ($_->{name} // '') eq 'csrf' }
        map { @{ $_->{fields} } } $self->forms;

    $self->{csrf} = $field->{value} if $field;

    return $self->{csrf};
}


# ---- application/x-www-form-urlencoded

sub encode_form {
    my (@pairs) = @_;

    my @out;

    while (@pairs) {
        my ($name, $value) = splice @pairs, 0, 2;

        for ($name, $value) {
            utf8::encode($_) if utf8::is_utf8($_);
            s/([^A-Za-z0-9*\-._ ])/sprintf '%%%02X', ord $1/ge;
            tr/ /+/;
        }

        push @out, "$name=$value";
    }

    return join '&', @out;
}

1;
