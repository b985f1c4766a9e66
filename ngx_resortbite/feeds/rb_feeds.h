
/*
 * What machines read of the market: sitemaps for search engines (the protocol
 * of sitemaps.org, 0.9), a feed of new posts (RSS 2.0), a resort's board for
 * its own web site.
 *
 * A sitemap file has the number of a node of a binary tree whose leaves are
 * the slots of ids (id_slot() in the database): 1 is all of them, 2n and 2n+1
 * are the halves of n.  The index names a node whole, or, when it has more
 * than RB_FEEDS_FILE_PAGES pages, its halves.  So a page stays in the file
 * that it is in until that one is cut, and a file's number says by itself
 * what is in it, whatever has become of the index since.
 */


#ifndef _RB_FEEDS_H_INCLUDED_
#define _RB_FEEDS_H_INCLUDED_


#include "base/rb_buf.h"
#include "io/rb_pg.h"


/*
 * A file names each page in two languages; the protocol allows 50,000 names
 * and 50 MB.  Of 1,000 pages it has 0.7 MB, which the cache can keep and a
 * worker writes in 2 ms.  By a number that was given up a file can be had
 * while it isn't much larger: who read the index then may still come.
 */

#define RB_FEEDS_FILE_PAGES  1000
#define RB_FEEDS_FILE_MOST   4000

#define RB_FEEDS_DEPTH       12                     /* halvings */
#define RB_FEEDS_SLOTS       (1 << RB_FEEDS_DEPTH)
#define RB_FEEDS_NODES       (2 * RB_FEEDS_SLOTS)   /* numbers are below it */


typedef enum {
    RB_FEEDS_JOBS = 0,
    RB_FEEDS_RESORTS,
    RB_FEEDS_KINDS
} rb_feeds_kind_e;


typedef struct {
    ngx_uint_t    node;
    ngx_uint_t    pages;
    ngx_str_t     updated_at;           /* RFC 3339; of its newest page */
} rb_feeds_file_t;


/*
 * Which files there are of a kind (yields): *files is an array in the task's
 * pool, in the order of their slots; files without pages are left out.
 * Errors are those of rb_pg_query().
 */
rb_err_t *rb_feeds_files(rb_task_t *task, rb_feeds_kind_e kind,
    rb_feeds_file_t **files, ngx_uint_t *count);

/* The cut itself, of rows of slot, pages and updated_at in slots' order. */
ngx_uint_t rb_feeds_cut(const rb_feeds_file_t *slots, ngx_uint_t count,
    ngx_uint_t most, rb_feeds_file_t *files);

/*
 * A file's pages (yields): rows of id and updated_at, at most
 * RB_FEEDS_FILE_MOST.  rb_err_not_found when node is no number of a file, or
 * of one that would have more.
 */
rb_err_t *rb_feeds_file(rb_task_t *task, rb_feeds_kind_e kind,
    ngx_uint_t node, rb_pg_rows_t *rows);

/* The lists with something in them (yields): rows of region, category (one of
 * them may be NULL) and published_at. */
rb_err_t *rb_feeds_lists(rb_task_t *task, rb_pg_rows_t *rows);


/* Columns of rb_feeds_newest(). */

enum {
    RB_FEEDS_C_ID = 0,
    RB_FEEDS_C_TITLE,
    RB_FEEDS_C_DESCRIPTION,
    RB_FEEDS_C_PUBLISHED_AT,            /* RFC 822 */
    RB_FEEDS_C_PUBLISHED_ON,
    RB_FEEDS_C_RESORT,
    RB_FEEDS_C_REGION,
    RB_FEEDS_C_CATEGORY
};

/*
 * The 50 newest posts (yields), of a region, a category, both or, with those
 * empty, of all; names are in the language given.
 */
rb_err_t *rb_feeds_newest(rb_task_t *task, const ngx_str_t *region,
    const ngx_str_t *category, rb_lang_e lang, rb_pg_rows_t *rows);

/*
 * A resort and its open posts (yields): one row, the columns of statement
 * feeds_board.  origin is put before the addresses of pages, and may be empty.
 * rb_err_not_found, rb_err_resort_closed (410).
 */
rb_err_t *rb_feeds_board(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *origin, rb_pg_rows_t *rows);


/*
 * Text as an XML 1.0 document may have it (§2.2, §2.4), in content and in
 * attributes: characters that it can't have, in any way of writing, are left
 * out, and so are bytes that are no UTF-8.
 */
void rb_feeds_escape(rb_buf_t *b, const ngx_str_t *text);


#endif /* _RB_FEEDS_H_INCLUDED_ */
