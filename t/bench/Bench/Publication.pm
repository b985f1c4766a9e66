package Bench::Publication;

# How long a post that becomes public takes to be seen everywhere: in the
# list, its page, the sitemap and the API's answers, all of them kept in the
# caches of two nodes before.

use strict;
use warnings;

use Exporter 'import';
use Time::HiRes qw(time);

use ResortBite;

our @EXPORT_OK = qw(publication);

my $PATIENCE = 10;                      # seconds; then it is not seen

my $CONFIG = <<'END';
%%GLOBALS%%

worker_processes 2;
events { worker_connections 1024; }

http {
    %%GLOBALS_HTTP%%
    access_log off;

    resortbite_postgres "%%POSTGRES%%";
    resortbite_redis %%REDIS%%;
    resortbite_secret_file @SECRET@;
    resortbite_zone 64m;
    resortbite_identity @ISSUER@;
    resortbite_keys @KEYS@;

    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

my $other;


# The second node; the first is the world's own.

sub other_node {
    my ($world) = @_;

    return $other if $other;

    my $first = $world->test;
    my %parts = (SECRET => $first->secret_file, KEYS => $first->keys_folder,
                 ISSUER => 'http://localhost:' . $first->port(8080));

    $other = ResortBite->new(log_level => 'warn', redis => {});
    $other->{pg} = $first->postgres;
    $other->{redis_server} = $first->redis;
    $other->start($CONFIG =~ s/\@(\w+)\@/$parts{$1}/gr);
    $other->wait_ready(60) or die "the second node doesn't get ready\n";

    return $other;
}


# value is in milliseconds: until the last of them shows it.

sub publication {
    my ($world) = @_;

    my ($id, $region) = paused_post($world);
    my @places;

    for my $node ($world->test, other_node($world)) {
        push @places, map { [ $node, $_ ] } places($id, $region);
    }

    # kept by all of them as it was
    get(@$_) for @places;

    $world->test->db("UPDATE posts SET status = 'approved', "
                     . "published_at = now() WHERE id = '$id'");

    my $start = time;
    my @missing = @places;

    while (@missing && time - $start < $PATIENCE) {
        @missing = grep { get(@$_) !~ /\Q$id\E/ } @missing;
    }

    my $took = (time - $start) * 1000;

    $world->test->db("UPDATE posts SET status = 'paused' WHERE id = '$id'");

    return { value => $took,
             fault => @missing ? join(' ', 'not seen in',
                                      map { $_->[1] } @missing) : undef };
}


sub paused_post {
    my ($world) = @_;

    return split /\|/, $world->test->db(<<'END');
        SELECT p.id || '|' || p.region_code
          FROM posts AS p
          JOIN resorts AS r
            ON r.id = p.resort_id
           AND r.open
         WHERE p.status = 'paused'
           AND p.deleted_at IS NULL
           AND least(p.deadline, p.ends_on) > seoul_today()
         ORDER BY p.id
         LIMIT 1
END
}


sub places {
    my ($id, $region) = @_;

    return ('/api/v1/jobs?limit=1', "/api/v1/jobs?region=$region&limit=1",
            "/api/v1/jobs/$id", '/jobs', "/jobs/$id", 'sitemap');
}


# The body; of an answer that isn't 200, none.  The sitemap is all its files
# of jobs: by which one a post is in nobody needs to know.

sub get {
    my ($node, $path) = @_;

    return join '', map { get($node, $_) }
        get($node, '/sitemap.xml')
        =~ m{<loc>[^<]*?(/sitemaps/jobs[^<]*)</loc>}g
        if $path eq 'sitemap';

    my $r = $node->get($path, headers => { Accept => '*/*' });

    return $r && $r->{status} == 200 ? $r->{body} : '';
}


sub stop { $other->stop if $other }

1;
