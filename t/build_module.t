# The add-on script and scripts/build, on a small module in a checkout of its
# own: what is compiled again after a change, and what is said when something
# is missing.

use strict;
use warnings;

use Test::More;

use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $root = dirname(__FILE__) . '/..';
my $dir = tempdir('/tmp/rbtest-XXXXXXXX', CLEANUP => 1);

delete $ENV{RESORTBITE_BUILD};


sub write_file {
    my ($name, $text) = @_;

    make_path(dirname("$dir/$name"));
    open my $out, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $out $text;
    close $out;
}


sub build {
    my $said = `$dir/scripts/build @_ 2>&1`;

    return ($? == 0, $said);
}


make_path("$dir/scripts", "$dir/ngx_resortbite/io");

for my $file ('config', (map { "scripts/$_" } qw(build lib.sh statements)),
              map { "ngx_resortbite/io/rb_pg_stmt.$_" } qw(c h))
{
    copy("$root/$file", "$dir/$file") or die "$file: $!\n";
}

chmod 0755, "$dir/scripts/build", "$dir/scripts/statements";

write_file('sql/queries/jobs.sql', "-- name: jobs_get\nSELECT 1\n");
write_file('ngx_resortbite/jobs/rb_jobs.h', "#define RB_JOBS 1\n");
write_file('ngx_resortbite/jobs/rb_jobs.c', <<'END');
#include <ngx_config.h>
#include "jobs/rb_jobs.h"
#include "rb_statements.h"

#if !(RB_HAVE_PQ_SEND_PIPELINE_SYNC || RB_HAVE_VALGRIND || 1)
#error probes
#endif

int rb_jobs(void);

int
rb_jobs(void)
{
    return RB_JOBS + (int) rb_statements[RB_STMT_JOBS_GET].len;
}
END
write_file('ngx_resortbite/ngx_resortbite_module.c', <<'END');
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

static ngx_http_module_t  ctx = {
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
};

ngx_module_t  ngx_resortbite_module = {
    NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};

ngx_module_t  ngx_resortbite_body_module = {
    NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};

ngx_module_t  ngx_resortbite_identity_module = {
    NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};

ngx_module_t  ngx_resortbite_notify_module = {
    NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};

ngx_module_t  ngx_resortbite_social_module = {
    NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};

ngx_module_t  ngx_resortbite_cdn_module = {
    NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};
END

my $module = "$dir/.build/ngx_resortbite_module.so";

my ($ok, $said) = build();
ok($ok && -f $module, 'it builds') or diag($said);

write_file('nginx.conf', "load_module $module;\nevents {}\n");
like(`PATH=\$PATH:/usr/sbin nginx -t -c $dir/nginx.conf -e stderr 2>&1`,
     qr/test is successful/, 'and Debian\'s nginx loads it');

($ok, $said) = build();
is($said, '', 'nothing changed, nothing done');

write_file('ngx_resortbite/ngx_resortbite_module.c',
           do { local (@ARGV, $/) = "$dir/ngx_resortbite/ngx_resortbite_module.c";
                <> } . "\n");
($ok, $said) = build();
like($said, qr/compiling 1 files/, 'one source changed');

write_file('ngx_resortbite/jobs/rb_jobs.h', "#define RB_JOBS 2\n");
($ok, $said) = build();
like($said, qr/compiling 1 files/, 'a header changed: those that see it');

write_file('sql/queries/jobs.sql', "-- name: jobs_get\nSELECT 2\n");
($ok, $said) = build();
like($said, qr/compiling 1 files/, 'a statement changed: the table');

write_file('sql/queries/jobs.sql',
           "-- name: jobs_get\nSELECT 2\n-- name: jobs_x\nSELECT 3\n");
($ok, $said) = build();
like($said, qr/compiling 2 files/, 'a new statement: who sees the names');

write_file('ngx_resortbite/jobs/rb_more.c',
           "int rb_more(void);\nint rb_more(void) { return 1; }\n");
($ok, $said) = build();
like($said, qr/configuring.*compiling 1 files/s,
     'a new source belongs to it, and only that is compiled');
like(`nm $module`, qr/\brb_more\b/);

write_file('ngx_resortbite/jobs/rb_more.c', "static int unused;\n");
($ok, $said) = build();
ok(!$ok && $said =~ /unused/, 'warnings are errors') or diag($said);
unlink "$dir/ngx_resortbite/jobs/rb_more.c";

write_file('sql/queries/jobs.sql', "-- name: Jobs\nSELECT 2\n");
($ok, $said) = build();
ok(!$ok && $said =~ /jobs\.sql:1/, 'wrong SQL is refused by file and line')
    or diag($said);
write_file('sql/queries/jobs.sql', "-- name: jobs_get\nSELECT 2\n");


# ---- what is missing is named

sub configure_without {
    my ($library, @flags) = @_;

    # a compiler that has never heard of it
    write_file('cc', "#!/bin/sh\nfor a; do [ \"\$a\" != \"$library\" ] || exit 1; "
               . "done\nexec gcc \"\$@\"\n");
    chmod 0755, "$dir/cc";

    return `cd /usr/share/nginx/src && ./configure --with-cc=$dir/cc \\
            --builddir=$dir/missing --with-compat @flags \\
            --without-http_rewrite_module --without-http_gzip_module \\
            --add-dynamic-module=$dir 2>&1`;
}


for my $case ([ '-lpq', 'libpq-dev' ], [ '-lhiredis', 'libhiredis-dev' ],
              [ '-ljansson', 'libjansson-dev' ],
              [ '-lpcre2-8', 'libpcre2-dev' ], [ '-lcrypto', 'libssl-dev' ])
{
    my ($library, $package) = @$case;

    $said = configure_without($library, '--with-threads');
    like($said, qr/ResortBite needs .*apt-get install \Q$package\E$/sm,
         "without $library it asks for $package");
}

like(configure_without('none'), qr/add --with-threads/,
     'without threads it asks for them');

done_testing;
