package ResortBite::Xml;

# XML as a parser that others wrote (libxml2's xmllint) has it.
#
#   use ResortBite::Xml;
#
#   my $doc = ResortBite::Xml->new($t, $r->body);    # dies if it is none
#   my @all = $doc->texts('//s:loc/text()');
#   my $one = $doc->text('count(//item)');
#
# Prefixes of paths are those of %NAMESPACES.  Texts are characters, not
# bytes, with all entities resolved.

use strict;
use warnings;

use Carp qw(croak);

our %NAMESPACES = (
    s     => 'http://www.sitemaps.org/schemas/sitemap/0.9',
    xhtml => 'http://www.w3.org/1999/xhtml',
    atom  => 'http://www.w3.org/2005/Atom',
);

my $files = 0;


sub new {
    my ($class, $t, $text) = @_;

    utf8::decode($text);                # written as UTF-8 again

    my $file = $t->write_file('xml-' . ++$files . '.xml', $text);
    my $self = bless { t => $t, file => $file }, $class;

    my $said = `xmllint --huge --noout '$file' 2>&1`;
    croak("no XML: $said") if $? != 0 || $said ne '';

    return $self;
}


# The text of the first node that a path finds, or the value of an expression.

sub text {
    my ($self, $path) = @_;

    my $long = $path =~ s/\b(@{[ join '|', keys %NAMESPACES ]}):(\w+)/
        "*[local-name()='$2' and namespace-uri()='$NAMESPACES{$1}']"/ger;

    open my $in, '-|', 'xmllint', '--huge', '--xpath', "string($long)", $self->{file}
        or croak("xmllint: $!");
    my $text = do { local $/; <$in> };
    close $in;

    chomp $text;
    utf8::decode($text);

    return $text;
}


sub count {
    my ($self, $path) = @_;

    return $self->text("count($path)") + 0;
}


sub texts {
    my ($self, $path) = @_;

    return map { $self->text("($path)[$_]") } 1 .. $self->count($path);
}


1;
