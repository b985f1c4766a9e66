# A real Chromium looks at the public pages, in windows of 320 and 1280 pixels,
# light and dark: nothing is too wide, too faint or too small, nothing
# complains; and with script turned off it searches, filters, pages, opens a job.
#
# RB_TEST_SHOTS=FOLDER keeps pictures of all pages.

use strict;
use warnings;
use utf8;

use lib 't/lib';
use Test::More;
use ResortBite;
use ResortBite::Peers;

binmode $_, ':utf8' for Test::More->builder->output,
    Test::More->builder->failure_output;

plan skip_all => 'no /usr/bin/chromium' if !-x '/usr/bin/chromium';

ResortBite::Peers->need('playwright-core');

my $t = ResortBite->new;

$t->start(<<'END');
%%GLOBALS%%
events {}
http {
    %%GLOBALS_HTTP%%
    resortbite_postgres "%%POSTGRES%%";
    resortbite_zone 16m;
    resortbite_secret_file %%SECRET%%;
    server {
        listen 127.0.0.1:%%PORT_8080%%;
        location / { resortbite_api; }
    }
}
END

ok($t->wait_ready, 'ready');

my ($job, $resort) = split /\|/, $t->db(<<'END');
SELECT id, resort_id FROM posts
 WHERE live AND least(deadline, ends_on) >= seoul_today() AND dormitory_id IS NOT NULL
   AND pay_type = 'monthly' AND pay_max_krw > pay_min_krw
 ORDER BY cardinality(work_type_ids) DESC, char_length(title) DESC, id LIMIT 1
END

# what is hard to fit: long words, much of everything

$t->db("UPDATE posts SET description = description || E'\\n\\n' || repeat('https://a-very-long-address.example/', 8)
         WHERE id = '$job';
        UPDATE resorts SET website = 'https://' || repeat('long', 40) || '.example' WHERE id = '$resort'");

ResortBite::Peers->tap('pages_site_chromium.mjs', {
    origin => 'http://localhost:' . $t->port(8080), job => $job, resort => $resort,
    region => 'gangwon', shots => $ENV{RB_TEST_SHOTS},
    ended => $t->db("SELECT id FROM posts WHERE status = 'expired' AND deleted_at IS NULL LIMIT 1"),
}, timeout => 240);

done_testing;
