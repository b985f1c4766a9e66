# Every route with every role: who has none of those that it names is refused,
# who has one isn't.  The table is what /openapi.json says of the routes.
#
# Requests have a parameter that no route knows.  Who may not ask hears 401 or
# 403; who may, that the parameter is wrong: no handler runs, so that the
# accounts of this test outlive it.  Pages heed no unknown parameter; what is
# posted to them is of a type that no route takes.  To a page who brings a token
# is nobody: it is asked for with a cookie, and has no scopes.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Tokens;

my $t = ResortBite->new;
my $issuer = 'http://localhost:' . $t->port(8080);

$t->start(<<"END");
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity $issuer;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $tokens = ResortBite::Tokens->new($t, issuer => $issuer);
my $resort = '019b76da-abe8-7d62-948b-d35b18e5716b';
my $elsewhere = $t->db("SELECT id FROM resorts WHERE id <> '$resort'"
                       . ' AND deleted_at IS NULL ORDER BY id LIMIT 1');


# A member with these roles, and one in the resort.

sub member {
    my ($role, $roles, $in_resort) = @_;

    my $id = ResortBite::Tokens::uuid();

    $t->db("INSERT INTO members (id, email, email_verified_at, display_name, roles)
            VALUES ('$id', 'matrix-$role\@example.com', now(), '$role', '{$roles}')");
    $t->db("INSERT INTO resort_members (resort_id, member_id, role)
            VALUES ('$resort', '$id', '$in_resort')") if $in_resort;

    return $id;
}

my %bearer = (nobody => {});
my %cookie = (nobody => {});

sub sign_in {
    my ($role, $member) = @_;

    my $s = $tokens->grant(member => $member, acr => 2);
    $bearer{$role} = { Authorization => 'Bearer ' . $tokens->token($s) };

    $s = $tokens->browser(member => $member, acr => 2);
    my $cookie = { Cookie => "__Host-rb_session=$s->{cookie}" };

    $cookie{$role} = { %$cookie, 'X-CSRF-Token' => $t->get('/test/identity/optional',
        headers => $cookie)->json->{csrf} };
}

sign_in($_, member($_, $_)) for qw(crew resort moderator auditor admin super_admin);
sign_in($_, member($_, 'resort', $_)) for qw(owner manager recruiter);

my $service = $tokens->grant;
$bearer{client} = { Authorization => 'Bearer ' . $tokens->token($service) };

# what each has

my %has = map { $_ => { $_ => 1, member => 1 } } keys %bearer;
$has{nobody} = {};
$has{client} = { client => 1 };
$has{$_}{resort} = 1 for qw(owner manager recruiter);

my %in_resort = map { $_ => 1 } qw(owner manager recruiter);

my $api = $t->get('/openapi.json')->json;
my ($routes, $calls) = (0, 0);


# The path with ids for its parameters; the resort's is the first.

sub path {
    my ($path, $resort) = @_;

    my $first = 1;

    return $path =~ s/\{(\w+)\}/
        my $id = $first || $1 eq 'resort_id' ? $resort
            : '019b76da-abe8-7d62-948b-000000000000';
        $first = 0;
        $id
    /gexr;
}


for my $path (sort keys %{ $api->{paths} }) {
    for my $method (sort grep { /^(?:get|put|post|patch|delete)$/ }
                        keys %{ $api->{paths}{$path} })
    {
        my $roles = $api->{paths}{$path}{$method}{'x-roles'} or next;
        my %wanted = map { $_ => 1 } @$roles;
        my $page = !grep { !exists $_->{cookie} }
            @{ $api->{paths}{$path}{$method}{security} };
        my @faults;

        $routes++;

        for my $who (sort keys %bearer) {
            my $uri = path($path, $resort) . '?no_such_parameter=1';
            my $may = grep { $wanted{$_} } keys %{ $has{$who} };
            my $asks = sub {
                $t->request(uc $method, $uri, $method eq 'get'
                    ? (headers => $_[0])
                    : (headers => { %{ $_[0] }, 'Content-Type' => 'text/plain' },
                       body => 'x'));
            };
            my $r = $asks->($bearer{$who});
            my $code = eval { $r->json->{code} } // '';
            my $nobody = $r->status == 401 || $r->status == 303;

            $calls++;

            if ($page) {
                push @faults, "$who by a token: " . $r->status if !$nobody;
                next if !$cookie{$who};

                $r = $asks->($cookie{$who});
                $nobody = $r->status == 401 || $r->status == 303;
            }

            my $as_it_should = $who eq 'nobody' ? $nobody
                : $may ? $r->status != 401 && $code ne 'role_missing'
                : $r->status == 403;

            push @faults, "$who: " . $r->status . " $code" if !$as_it_should;

            if (!$may && $who ne 'nobody' && $code eq 'role_missing') {
                my $missing = join ' ', sort @{ $r->json->{missing_roles} || [] };
                push @faults, "$who: is told of $missing"
                    if $missing ne join ' ', sort @$roles;
            }

            # a role in another resort is none here

            if ($in_resort{$who} && $wanted{$who} && !$wanted{resort}
                && !$wanted{member})
            {
                my $other = $t->request(uc $method,
                    path($path, $elsewhere) . '?no_such_parameter=1',
                    headers => $bearer{$who});
                push @faults, "$who in another resort: " . $other->status
                    if $other->status != 403;
            }
        }

        ok(!@faults, uc($method) . " $path: @$roles")
            or diag join "\n", @faults;
    }
}

cmp_ok($routes, '>', 5, "$routes routes that name roles");
note "$calls calls";

# nobody's answers are open to all

for my $role (sort keys %bearer) {
    is($t->get('/api/v1/meta', headers => $bearer{$role})->status, 200,
       "$role may read what is public");
}

done_testing;
