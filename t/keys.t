# scripts/keys: makes, rolls over and retires keys; nginx takes what it makes,
# and says of what is wrong with a folder how to put it right.

use strict;
use warnings;

use lib 't/lib';
use Test::More;
use ResortBite;

my $t = ResortBite->new(redis => 0, content => 'none');
my $dir = $t->dir . '/ring';


sub keys_ {
    my (@arguments) = @_;

    my $said = `"$ResortBite::ROOT/scripts/keys" @arguments 2>&1`;

    return ($? >> 8, $said);
}

sub kids { return map { m{([^/]+)\.pem$} } glob "$dir/*.pem" }

sub older {
    my ($kid, $seconds) = @_;

    my $time = time - $seconds;
    utime $time, $time, "$dir/$kid.pem" or die "$kid: $!\n";
}

sub state_of {
    my ($kid) = @_;

    my (undef, $list) = keys_("list $dir");

    return $list =~ /^\Q$kid\E  (.*)$/m ? $1 : '';
}


is((keys_(''))[0], 2, 'nothing asked: usage');
is((keys_("frobnicate $dir"))[0], 2, 'something else: usage');
is((keys_("--alg rs256 init $dir"))[0], 2, 'another algorithm: usage');
like((keys_("rotate $dir"))[1], qr/keys init/, 'no folder yet: says how');

# made

my ($status, $said) = keys_("init $dir");
is($status, 0, 'a folder is made') or diag $said;

my ($first) = kids();
like($first, qr/^\d{8}-[0-9a-f]{8}$/, 'with a signing key');
is(-s "$dir/1.seal", 32, 'and one that seals');
is(sprintf('%o', (stat $dir)[2] & 07777), '700', 'nobody else looks in');
is(sprintf('%o', (stat "$dir/$first.pem")[2] & 07777), '600', 'nor reads one');
is(sprintf('%o', (stat "$dir/1.seal")[2] & 07777), '600', 'nor the other');
like(state_of($first), qr/^es256 .* signs$/, 'it signs with ES256');

keys_("init $dir");
is_deeply([ kids() ], [ $first ], 'init again changes nothing');

# rolled over

($status, $said) = keys_("--alg eddsa rotate $dir");
is($status, 0, 'a second key');
like($said, qr/begins to sign at \d{4}-.*reload nginx/, 'and when it signs');

my ($second) = grep { $_ ne $first } kids();
like(state_of($second), qr/^eddsa .* signs from \d/, 'not yet');
like(state_of($first), qr/ signs$/, 'the first still does');

($status, $said) = keys_("retire $dir $first");
isnt($status, 0, 'the one that signs is not retired');
like($said, qr/--now/, 'but there is a way');

older($first, 180000);
older($second, 700);
like(state_of($second), qr/ signs$/, 'ten minutes later it signs');
like(state_of($first), qr/is still accepted$/, 'the first is accepted');

keys_("prune $dir");
is(scalar(() = kids()), 2, 'pruning leaves what signed within a day');
older($second, 90000);
keys_("prune $dir");
is_deeply([ kids() ], [ $second ], 'and takes what signed before');

isnt((keys_("retire --now $dir $second"))[0], 0, 'an option too late');
isnt((keys_("--now retire $dir $second"))[0], 0, 'the last is not retired');

keys_("rotate $dir");
is((keys_("--now retire $dir $second"))[0], 0, 'one that others have seen is');
is(scalar(() = kids()), 1, 'at once');
my ($third) = kids();
like(state_of($third), qr/ signs$/, 'and the new one signs though it is new');

isnt((keys_("retire $dir nobody"))[0], 0, 'no such key');
is((keys_("retire $dir ../../etc/passwd"))[0], 2, 'nor anything elsewhere');

# sealing

($status, $said) = keys_("seal $dir");
is(-s "$dir/2.seal", 32, 'another that seals');
like((keys_("list $dir"))[1], qr/^1\.seal .* opens$/m, 'the older one opens');
like((keys_("list $dir"))[1], qr/^2\.seal .* seals and opens$/m,
     'the newer seals');

# as nginx sees it

my $config = <<"END";
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "host=/nonexistent";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    resortbite_identity http://localhost:%%PORT_8080%%;
    resortbite_keys $dir;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

my ($good, $why) = $t->check($config);
ok($good, 'nginx takes it') or diag $why;

chmod 0644, "$dir/$third.pem";
($good, $why) = $t->check($config);
ok(!$good && $why =~ /\Q$third\E.*chmod 600/, 'but not one that all may read')
    or diag $why;
chmod 0600, "$dir/$third.pem";

open my $out, '>', "$dir/broken.pem" or die $!;
print $out "not a key\n";
close $out;
chmod 0600, "$dir/broken.pem";
($good, $why) = $t->check($config);
ok(!$good && $why =~ /broken\.pem.*scripts\/keys/, 'nor what is no key');
unlink "$dir/broken.pem";

system 'openssl', 'genpkey', '-quiet', '-algorithm', 'RSA', '-out',
    "$dir/rsa.pem";
chmod 0600, "$dir/rsa.pem";
($good, $why) = $t->check($config);
ok(!$good && $why =~ /rsa\.pem.*P-256/, 'nor one of another kind');
unlink "$dir/rsa.pem";

unlink glob "$dir/*.seal";
($good, $why) = $t->check($config);
ok(!$good && $why =~ /scripts\/keys seal/, 'nor a folder with none that seals');

unlink glob "$dir/*.pem";
($good, $why) = $t->check($config);
ok(!$good && $why =~ /scripts\/keys init/, 'nor an empty one');

done_testing;
