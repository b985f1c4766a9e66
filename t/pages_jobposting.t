# The JobPosting of every post that is open in the demo: schema.org's own
# definition takes it, it has what Google requires and recommends, and it says
# what the post says.  What is wrong is found: that is tried, too.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use JSON::PP ();
use Test::More;
use ResortBite;
use ResortBite::Peers;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

ResortBite::Peers->need('schema-dts', 'typescript');

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity https://resortbite.example;
    resortbite_keys %%KEYS%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        resortbite_cache off;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my $json = JSON::PP->new->utf8->canonical;
my $origin = 'https://resortbite.example';

my %UNIT = (hourly => 'HOUR', daily => 'DAY', monthly => 'MONTH');
my %KIND = (seasonal => 'TEMPORARY', part_time => 'PART_TIME', full_time => 'FULL_TIME',
            day_labor => 'PER_DIEM', internship => 'INTERN');


sub posting_of {
    my ($body) = @_;

    my ($text) = $body =~ m{<script type="application/ld\+json">(.*?)</script>}s or return;
    my ($posting) = grep { $_->{'@type'} eq 'JobPosting' } @{ $json->decode($text) };

    return $posting;
}


# What is wrong with one by Google's guidelines and by the post itself.

sub faults {
    my ($p, $job) = @_;

    my @faults;
    # a pattern that doesn't match is nothing at all in a list
    my $must = sub { push @faults, $_[-1] if @_ < 2 || !$_[0] };

    # required

    $must->(($p->{title} // '') eq $job->{title}, 'title');
    $must->(($p->{description} // '') =~ m{^<p>.*</(?:p|ul)>\s*$}s, 'description is HTML');
    $must->(($p->{description} // '') !~ m{<(?!/?(?:p|ul|li)>|br>)}, 'of tags that are allowed');
    $must->(($p->{datePosted} // '') eq $job->{published_at}, 'datePosted');
    my $org = $p->{hiringOrganization} // {};
    $must->(($org->{'@type'} // '') eq 'Organization', 'hiringOrganization');
    $must->(($org->{name} // '') eq $job->{resort}{name}, 'its name');
    $must->(($org->{sameAs} // '') =~ m{^https://}, 'its sameAs');
    my $address = $p->{jobLocation}{address} // {};
    $must->(($address->{addressCountry} // '') eq 'KR', 'addressCountry');
    $must->("$address->{addressRegion} $address->{addressLocality} $address->{streetAddress}"
            eq $job->{workplace}{address}, 'address') if $address->{streetAddress};
    $must->($address->{streetAddress}, 'streetAddress');

    # recommended

    my $geo = $p->{jobLocation}{geo} // {};
    $must->(($geo->{latitude} // 0) == $job->{workplace}{lat}
            && ($geo->{longitude} // 0) == $job->{workplace}{lng}, 'geo');
    my $value = $p->{baseSalary}{value} // {};
    $must->(($p->{baseSalary}{currency} // '') eq 'KRW', 'currency');
    $must->(($value->{minValue} // 0) == $job->{pay}{min}
            && ($value->{maxValue} // 0) == $job->{pay}{max}
            && ($value->{unitText} // '') eq $UNIT{$job->{pay}{type}}, 'baseSalary');
    $must->(($p->{employmentType} // '') eq $KIND{$job->{employment_type}}, 'employmentType');
    $must->(exists $p->{directApply} && !$p->{directApply}, 'directApply');
    $must->(($p->{identifier}{value} // '') eq $job->{id}, 'identifier');
    my ($last) = sort grep { defined } $job->{apply_until}, $job->{period}{until};
    $must->(($p->{validThrough} // '') eq (defined $last ? "${last}T23:59:59+09:00" : ''),
            'validThrough');

    # and more

    $must->(($p->{jobStartDate} // '') eq $job->{period}{from}, 'jobStartDate');
    $must->(($p->{totalJobOpenings} // 0) == $job->{headcount}, 'totalJobOpenings');
    $must->(($p->{workHours} // '') =~ /\d\d:00–\d\d:00/, 'workHours');
    $must->(!grep({ index($p->{jobBenefits} // '', $_) < 0 } @{ $job->{benefits} }), 'jobBenefits');
    $must->(!$job->{dormitory} || ($p->{jobBenefits} // '') =~ /숙소 제공/, 'the bed');
    $must->(($p->{qualifications} // '') eq $job->{requirements}, 'qualifications');
    $must->(length($p->{occupationalCategory} // ''), 'occupationalCategory');
    $must->(length($p->{industry} // ''), 'industry');
    $must->(($p->{url} // '') =~ m{^\Q$origin\E(?:/en)?/jobs/\Q$job->{id}\E$}, 'url');

    return @faults;
}


# ---- all of them

my @ids = split /\n/, $t->db(
    'SELECT id FROM posts WHERE live AND least(deadline, ends_on) >= seoul_today() ORDER BY id');
cmp_ok(scalar @ids, '>', 1000, scalar(@ids) . ' posts are open');

my (@postings, @faults, %job, $large);
my $n = 0;

for my $id (@ids) {
    my $prefix = $n++ % 10 ? '' : '/en';        # some in English
    my $r = $t->get("$prefix/jobs/$id");
    my $p = posting_of($r->body);

    $large++ if length $r->body >= 50_000;

    if (!$p) {
        push @faults, "$id has none (" . $r->status . ')';
        next;
    }

    $job{$id} = $t->get("/api/v1/jobs/$id")->json;
    push @faults, map { "$id: $_" } faults($p, $job{$id});
    push @postings, { name => $id, json => $json->encode($p) };
}

is(scalar @postings, scalar @ids, 'each has one');
is(scalar @faults, 0, 'with all that Google asks for, as the post says it')
    or diag(join "\n", @faults[0 .. ($#faults > 9 ? 9 : $#faults)]);
is($large, undef, 'no page has 50 KB');


sub wrong {
    my (@given) = @_;

    my $file = $t->write_file('postings.json', JSON::PP->new->encode({ postings => \@given }));

    return ResortBite::Peers->run('job_postings.mjs', { file => $file },
                                  timeout => 300);
}


# ---- and some that are wrong

my $good = $json->decode($postings[0]{json});

my %spoilt = (
    'a number for a title' => { title => 5 },
    'a country for an address' => { jobLocation => 7 },
    'a kind of its own' => { '@type' => 'Job' },
    'pay by the word' => { baseSalary => { '@type' => 'MonetaryAmount', currency => 5 } },
    'a property that there is not' => { hiringCompany => 'x' },
);

my @wrong = map {
    { name => $_, json => $json->encode({ %$good, %{ $spoilt{$_} } }) }
} sort keys %spoilt;

for my $posting (@postings, @wrong) { utf8::decode($posting->{json}) }

my $said = wrong(@postings, @wrong);

is($said->{looked}, @postings + @wrong, 'all were looked at');
is_deeply([ sort keys %{ $said->{wrong} } ], [ sort keys %spoilt ],
          'schema.org takes every posting, and none that is wrong')
    or diag($json->encode($said));

for my $field ('title', 'description', 'datePosted', 'hiringOrganization', 'jobLocation',
               'baseSalary', 'validThrough', 'identifier', 'employmentType', 'directApply')
{
    my ($first) = grep { $job{$_}{apply_until} } map { $_->{name} } @postings;
    my ($p) = map { JSON::PP->new->decode($_->{json}) } grep { $_->{name} eq $first } @postings;
    delete $p->{$field};
    cmp_ok(scalar faults($p, $job{$first}), '>', 0, "without $field it is at fault");
}

done_testing;
