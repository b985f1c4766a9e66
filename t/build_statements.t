# scripts/statements: what it makes of good SQL, and what it says of bad.

use strict;
use warnings;

use Test::More;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;

my $root = dirname(__FILE__) . '/..';
my $dir = tempdir(CLEANUP => 1);


sub generate {
    my ($sql, @arguments) = @_;

    open my $out, '>', "$dir/sample.sql" or die "$dir/sample.sql: $!\n";
    print $out $sql;
    close $out;

    @arguments = ('--json') if !@arguments;

    my $said = `$root/scripts/statements @arguments $dir/sample.sql 2>&1`;

    return ($? == 0, $said);
}


# The one statement of the SQL.

sub statement {
    my ($ok, $said) = generate(@_);

    return $ok ? JSON::PP->new->decode($said)->[0] : diag($said);
}


# What a variant is, as rb_stmt_text() does it.

sub variant {
    my ($st, @labels) = @_;

    my %chosen = map { $_ => 1 } @labels;
    my (%number, @params, $text);

    for my $f (@{ $st->{fragments} }) {
        my @any = map { $st->{labels}[$_] } @{ $f->{any} };
        my @not = map { $st->{labels}[$_] } @{ $f->{not} };

        next if @any && !grep { $chosen{$_} } @any;
        next if grep { $chosen{$_} } @not;

        $text .= $f->{text};

        if (defined $f->{param}) {
            my $name = $st->{params}[ $f->{param} ];
            push @params, $name if !$number{$name};
            $text .= '$' . ($number{$name} ||= @params);
        }
    }

    $text =~ s/\s+/ /g;
    $text =~ s/ $//;

    return "$text (@params)";
}


my $st = statement(<<'SQL');
-- name: jobs_get coalesce
-- GET /jobs/{id}
SELECT id, '$no; -- when: no', E'\'$no', "odd$name", $$it's $no$$, a$b
  FROM jobs /* $no; /* $no */ */   -- not here; $no
 WHERE id = $id::uuid;
SQL

is($st->{name}, 'jobs_get');
is($st->{lane}, 'point', 'the lane of a read by default');
ok($st->{coalesce});
is_deeply($st->{params}, ['id'], 'strings, comments, names hold no parameter');
is($st->{text}, <<'SQL' =~ s/\n\z//r, 'the text is as written');
SELECT id, '$no; -- when: no', E'\'$no', "odd$name", $$it's $no$$, a$b
  FROM jobs
 WHERE id = $1::uuid
SQL

$st = statement(<<'SQL');
-- name: jobs_list lane=slow
SELECT $lang::text
  FROM jobs
 WHERE live
   AND region = $region        -- when: region
   AND near($lat, $lng)        -- when: near|by_distance
   AND pay >= $pay             -- when: pay
 ORDER BY pay                  -- when: by_pay
 ORDER BY id                   -- when: !by_pay
 LIMIT $limit + $lang;
SQL

is($st->{lane}, 'slow');
is_deeply($st->{params}, [qw(lang region lat lng pay limit)],
          'parameters in order of first appearance');
is_deeply($st->{labels}, [qw(region near by_distance pay by_pay)]);
is($st->{text}, undef);
is(variant($st), 'SELECT $1::text FROM jobs WHERE live ORDER BY id '
    . 'LIMIT $2 + $1 (lang limit)', 'no label');
is(variant($st, qw(pay by_pay)), 'SELECT $1::text FROM jobs WHERE live '
    . 'AND pay >= $2 ORDER BY pay LIMIT $3 + $1 (lang pay limit)',
    'parameters have no gap');
is(variant($st, qw(by_distance region)), 'SELECT $1::text FROM jobs WHERE '
    . 'live AND region = $2 AND near($3, $4) ORDER BY id LIMIT $5 + $1 '
    . '(lang region lat lng limit)', 'one of several labels');


# ---- the C side makes the same of it

my @chosen = ([], ['region'], [qw(near by_pay)], [qw(by_distance region pay)]);

generate(<<'SQL', '--output', $dir);
-- name: x lane=slow
SELECT $lang::text
  FROM jobs
 WHERE region = $region        -- when: region
   AND near($lat, $lng)        -- when: near|by_distance
   AND pay >= $pay             -- when: pay
 ORDER BY pay                  -- when: by_pay
 ORDER BY id                   -- when: !by_pay
 LIMIT $limit + $lang;
-- name: y
SELECT $a, $b, $a
SQL

my $masks = join ', ', map {
    join(' | ', map { 'RB_X_WHEN_' . uc } @$_) || '0'
} @chosen;

open my $c, '>', "$dir/main.c" or die "$dir/main.c: $!\n";
print $c <<"END";
#include <stdio.h>
#include "rb_statements.h"

static void
show(rb_stmt_id_t id, uint64_t when)
{
    char              text[1000], cut[8];
    uint8_t           map[RB_STMT_MAX_PARAMS];
    unsigned          n, k;
    const rb_stmt_t  *st = &rb_statements[id];

    size_t  len = rb_stmt_text(st, when, text, st->max_size, map, &n);

    if (len >= st->max_size
        || rb_stmt_text(st, when, cut, sizeof(cut), map, &n) != len
        || rb_stmt_text(st, when, NULL, 0, map, &n) != len)
    {
        printf("wrong length ");
    }

    printf("%s (", text);

    for (k = 0; k < n; k++) {
        printf(k ? " %s" : "%s", st->params[map[k]]);
    }

    printf(")%s|", cut);
}

int
main(void)
{
    size_t    i;
    uint64_t  masks[] = { $masks };

    for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        show(RB_STMT_X, masks[i]);
    }

    show(RB_STMT_Y, 0);
    return 0;
}
END
close $c;

is(system("cc -std=c11 -Wall -Wextra -Werror -fsanitize=address,undefined "
          . "-I $root/ngx_resortbite -I $dir -o $dir/main $dir/main.c "
          . "$dir/rb_statements.c $root/ngx_resortbite/io/rb_pg_stmt.c"), 0,
   'it compiles');

(my $made = `$dir/main`) =~ s/\s+/ /g;
my ($sample) = @{ JSON::PP->new->decode((generate(do {
    open my $in, '<', "$dir/sample.sql"; local $/; <$in>
}))[1]) };

is($made, join('', map({ variant($sample, @$_) . 'SELECT |' } @chosen),
               'SELECT $1, $2, $1 (a b)SELECT |'),
   'text, numbers and parameters of each variant');


# ---- refusals name the line

for my $case (
    [ 'no name', "SELECT 1;\n", qr/sample\.sql:1: text before/ ],
    [ 'a bad name', "-- name: Jobs\nSELECT 1\n", qr/:1: a statement needs/ ],
    [ 'a wrong lane', "-- name: a lane=fast\nSELECT 1\n", qr/:1: "lane=fast"/ ],
    [ 'the same name', "-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;\n",
      qr/:3: a was already named at \S+:1/ ],
    [ 'no text', "-- name: a\n\n-- name: b\nSELECT 1\n", qr/:1: a has no text/ ],
    [ 'two statements', "-- name: a\nSELECT 1;\nSELECT 2;\n",
      qr/:3: a goes on after its ";"/ ],
    [ 'a number', "-- name: a\nSELECT\n \$1\n", qr/:3: "\$" starts/ ],
    [ 'an open string', "-- name: a\nSELECT 'x\n", qr/:1: a ends inside of a string/ ],
    [ 'an empty condition', "-- name: a\nSELECT 1 -- when:\n", qr/:2: "when/ ],
    [ 'a bad condition', "-- name: a\nSELECT 1 -- when: a&b\n", qr/:2: "when/ ],
    [ 'a write on a read lane', "-- name: a\nUPDATE x SET y = 1\n",
      qr/:1: a writes or locks \(UPDATE\).*lane=write/ ],
    [ 'coalescing two parameters', "-- name: a coalesce\nSELECT \$x, \$y\n",
      qr/:1: a: coalesce/ ],
    [ 'one C name twice', "-- name: a\nSELECT \$b_p_c\n-- name: a_p_b\nSELECT \$c\n",
      qr/a_p_b yields RB_A_P_B_P_C, and so does a/ ],
) {
    my ($name, $sql, $expected) = @$case;
    my ($ok, $said) = generate($sql);

    ok(!$ok && $said =~ $expected, "refused: $name") or diag($said);
}


# ---- the files

my ($ok) = generate("-- name: a\nSELECT 1\n", '--output', $dir);
ok($ok);
utime 1, 1, "$dir/rb_statements.c", "$dir/rb_statements.h";

generate("-- name: a\nSELECT 1\n", '--output', $dir);
is((stat "$dir/rb_statements.c")[9], 1, 'unchanged, it is not written again');

generate("-- name: a\nSELECT 2\n", '--output', $dir);
isnt((stat "$dir/rb_statements.c")[9], 1, 'changed, it is');
is((stat "$dir/rb_statements.h")[9], 1, 'the header is as it was');

generate("-- nothing yet\n", '--output', $dir);
is(system("cc -std=c11 -Wall -Wextra -Werror -fsyntax-only "
          . "-I $root/ngx_resortbite $dir/rb_statements.c"), 0,
   'no statement at all compiles too');

done_testing;
