package ResortBiteSocket;

# Test::Nginx::Socket suites against the module, with a private PostgreSQL
# and Redis behind it:
#
#   use lib 't/lib';
#   use ResortBiteSocket;             # exports what Test::Nginx::Socket does
#   plan tests => repeat_each() * blocks() * 2;
#   run_tests();
#
#   __DATA__
#
#   === TEST 1: the list answers
#   --- request
#   GET /api/v1/jobs
#   --- error_code: 200
#   --- response_headers
#   Content-Type: application/json
#
# A block without http_config gets the resortbite_ directives, one without
# config gets `location / { resortbite_api; }`.  In its own configuration a
# block can use $TEST_NGINX_RB_POSTGRES, $TEST_NGINX_RB_REDIS and
# $TEST_NGINX_RB_SECRET, and %{ ResortBiteSocket::world() } is the ResortBite
# object.  What new() of ResortBite takes may follow `use ResortBiteSocket`.

use strict;
use warnings;

use ResortBite;
use ResortBite::Process qw(free_port user);

my $world;


sub world { return $world }


sub import {
    my ($class, %options) = @_;

    $world = ResortBite->new(%options);

    my $prefix = $world->prefix;

    %ENV = (%ENV,
        TEST_NGINX_BINARY => ResortBite::binary(),
        TEST_NGINX_SERVROOT => "$prefix/servroot",
        TEST_NGINX_SERVER_PORT => free_port(),
        TEST_NGINX_LOG_LEVEL => 'info',
        TEST_NGINX_NO_SHUFFLE => 1,
        TEST_NGINX_TIMEOUT => 10,
        TEST_NGINX_WORKER_USER => $> == 0 ? user() : '',
        TEST_NGINX_RB_POSTGRES => $world->postgres->conninfo,
        TEST_NGINX_RB_REDIS => $world->redis->address,
        TEST_NGINX_RB_SECRET => $world->secret_file,
    );

    if ($ENV{RB_NGINX_BIN}) {
        $ENV{ASAN_OPTIONS} = "detect_leaks=0,log_path=$prefix/sanitizer";
        $ENV{UBSAN_OPTIONS} = "print_stacktrace=1,log_path=$prefix/sanitizer";
    }

    delete $ENV{TEST_NGINX_WORKER_USER} if $> != 0;

    ($ENV{TEST_NGINX_LOAD_MODULES} = ResortBite::load_modules())
        =~ s/load_module|;|\n/ /g;

    my $caller = caller;

    # Test::Base looks for its blocks and its exports in who uses it
    eval "package $caller; use Test::Nginx::Socket; 1" or die $@;

    Test::Nginx::Socket::no_root_location();

    Test::Nginx::Socket::add_block_preprocessor(\&fill_in);
}


sub fill_in {
    my ($block) = @_;

    # each block has a log of its own, which is gone before the end
    $block->set_value('main_config', ($block->main_config // '')
        . "\nerror_log " . $world->prefix . "/error.log info;\n");

    if (!defined $block->http_config) {
        $block->set_value('http_config', <<'END');
    resortbite_postgres "$TEST_NGINX_RB_POSTGRES";
    resortbite_redis $TEST_NGINX_RB_REDIS;
    resortbite_secret_file $TEST_NGINX_RB_SECRET;
    resortbite_zone 8m;
END
    }

    if (!defined $block->config) {
        $block->set_value('config', "    location / { resortbite_api; }\n");
    }
}

1;
