package ResortBite::Desk;

# A resort's desk for its posts: the world, a resort with an owner, a manager
# and a recruiter, and posts in whatever state a test wants.
#
#   my $desk = ResortBite::Desk->new;
#   my $post = $desk->insert(status => 'paused', pay_min_krw => 12000);
#
#   is($desk->owner->post($desk->at($post) . '/resume')->status, 200);
#   is($desk->column($post, 'status'), 'approved');

use strict;
use warnings;
use utf8;

use Test::More;

use ResortBite;
use ResortBite::Account;

my $count = 0;


sub new {
    my ($class) = @_;

    my $t = ResortBite->new;

    $t->start(<<'END');
%%GLOBALS%%
worker_processes 2;
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

    ok($t->wait_ready, 'ready');

    # its work types and dormitory are in the demo
    my ($here, $there) = split /\n/, $t->db(
        'SELECT r.id FROM resorts AS r WHERE r.open
            AND EXISTS (SELECT FROM work_types WHERE resort_id = r.id AND deleted_at IS NULL)
            AND EXISTS (SELECT FROM dormitories WHERE resort_id = r.id AND deleted_at IS NULL)
          ORDER BY r.id LIMIT 2');

    my %in = map { $_ => ResortBite::Account->new($t, resort => [ $here, $_ ], name => "여기 $_") }
        qw(owner manager recruiter);

    return bless { t => $t, resort => $here, other => $there, %in,
                   stranger => ResortBite::Account->new($t, resort => [ $there, 'owner' ]) },
        $class;
}


sub t         { return $_[0]{t} }
sub db        { my ($self, $sql) = @_; return $self->{t}->db($sql) }
sub resort    { return $_[0]{resort} }
sub other     { return $_[0]{other} }
sub owner     { return $_[0]{owner} }
sub manager   { return $_[0]{manager} }
sub recruiter { return $_[0]{recruiter} }
sub stranger  { return $_[0]{stranger} }

sub base { return "/api/v1/resorts/$_[0]{resort}/posts" }
sub at   { return $_[0]->base . "/$_[1]" }


# A complete post as a client sends it; what is given is merged.

sub post {
    my ($self, %more) = @_;

    return {
        title => '곤돌라 승하차 안내', description => '손님이 안전하게 타고 내리도록 돕습니다.',
        category => 'lift', employment_type => 'seasonal',
        pay => { type => 'hourly', min => 12000, max => 13000 },
        period => { from => $self->day(30), until => $self->day(90) },
        apply_until => $self->day(20), headcount => 4, dormitory => JSON::PP::true(), meals => 2,
        benefits => [ '시즌권', '셔틀' ], %more,
    };
}


# Days from today in Seoul.

sub day {
    my ($self, $days) = @_;

    return $self->{days}{$days} //= $self->db("SELECT seoul_today() + $days");
}


# A row of posts, complete and by the owner; columns as SQL literals without
# quotes, numbers and NULL apart.

sub insert {
    my ($self, %columns) = @_;

    my $status = $columns{status} // 'approved';
    my $id = $self->db("SELECT uuid_v7(now(), md5('desk $$ " . ++$count . "')::uuid)");
    my $owner = $self->{owner}->id;

    my %row = (
        id => $id, resort_id => $self->{resort}, title => "공고 $count",
        description => '손님이 안전하게 타고 내리도록 돕습니다.', category_code => 'lift',
        employment_type => 'seasonal', pay_type => 'hourly', pay_min_krw => 12000,
        pay_max_krw => 13000, starts_on => $self->day(30), ends_on => $self->day(90),
        apply_until => $self->day(20), headcount => 4, has_dormitory => 'true',
        meals_a_day => 2, benefits => '{시즌권,셔틀}', region_code => 'gangwon',
        address => '강원특별자치도 평창군 대관령면 1', lat => 37.6, lng => 128.7,
        status => $status, created_by => $owner, updated_by => $owner,
        $status =~ /^(?:rejected|changes_requested|hidden)$/ ? (status_reason => '까닭') : (),
        $status =~ /^(?:approved|paused|hidden|filled|expired)$/
            ? (published_at => $self->db('SELECT now()')) : (),
        %columns,
    );

    my @names = sort keys %row;
    my $values = join ', ', map { defined $row{$_} ? "'" . $row{$_} =~ s/'/''/gr . "'" : 'NULL' }
        @names;

    $self->db('INSERT INTO posts (' . join(', ', @names) . ") VALUES ($values)");

    return $id;
}


sub column {
    my ($self, $post, $column) = @_;

    return $self->db("SELECT $column FROM posts WHERE id = '$post'");
}


# Somebody who has applied.

sub applicant {
    my ($self, $post, %options) = @_;

    my $who = ResortBite::Account->new($self->{t}, locale => $options{locale} // 'ko');
    my $status = $options{status} // 'pending';
    my $at = $options{at} // 'now()';

    $self->db("INSERT INTO applications (id, post_id, crew_id, status, status_reason, resume, created_at)
        VALUES (uuid_v7(now()), '$post', '@{[ $who->id ]}', '$status', '까닭', '{}', $at)");

    return $who;
}

1;
