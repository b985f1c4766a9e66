
/*
 * Operations and variants: what is sent, in one allocation each, and the text
 * of statements once their variant is chosen.
 *
 * A worker knows up to RB_PG_VARIANTS variants by index; on each connection a
 * bit says whether it is prepared there.  A statement without labels has the
 * index of its id, so that it always has one; the others get one as they are
 * met.  Variants beyond that (a client that tries every combination of
 * filters) belong to their operation, go as text and are planned each time.
 */


#include "io/rb_pg_lane.h"


_Static_assert(RB_STMT_COUNT <= RB_PG_VARIANTS / 2,
               "more statements than RB_PG_VARIANTS has room for: raise it");


static rb_pg_variant_t *rb_pg_variant_create(const rb_stmt_t *stmt,
    uint64_t when, ngx_uint_t index);


rb_pg_op_t *
rb_pg_op_create(rb_pg_op_kind_e kind, rb_pg_variant_t *variant,
    const ngx_str_t *params)
{
    char             *p;
    size_t            size;
    unsigned          k, n;
    rb_pg_op_t       *op;
    const ngx_str_t  *param;

    n = variant ? variant->nparams : 0;
    size = sizeof(rb_pg_op_t) + n * sizeof(char *);

    for (k = 0; k < n; k++) {
        size += params[variant->map[k]].len + 1;
    }

    op = ngx_alloc(size, rb_pg.log);
    if (op == NULL) {
        return NULL;
    }

    ngx_memzero(op, sizeof(rb_pg_op_t));

    op->kind = kind;
    op->variant = variant;
    op->values = (char **) (op + 1);
    ngx_queue_init(&op->calls);

    p = (char *) (op->values + n);

    for (k = 0; k < n; k++) {
        param = &params[variant->map[k]];

        if (param->data == NULL) {
            op->values[k] = NULL;
            continue;
        }

        op->values[k] = p;
        p = (char *) ngx_cpymem(p, param->data, param->len);
        *p++ = '\0';
    }

    return op;
}


void
rb_pg_op_free(rb_pg_op_t *op)
{
    if (op->result) {
        PQclear(op->result);
    }

    if (op->variant && op->variant->index >= RB_PG_VARIANTS) {
        rb_pg_variant_free(op->variant);
    }

    ngx_free(op);
}


rb_pg_variant_t *
rb_pg_variant(const rb_stmt_t *stmt, uint64_t when)
{
    ngx_uint_t        i;
    rb_pg_variant_t  *variant;

    if (when == 0 && stmt >= rb_statements
        && stmt < rb_statements + RB_STMT_COUNT)
    {
        i = stmt - rb_statements;

        if (rb_pg.variants[i] == NULL) {
            rb_pg.variants[i] = rb_pg_variant_create(stmt, when, i);
        }

        return rb_pg.variants[i];
    }

    for (i = RB_STMT_COUNT; i < rb_pg.nvariants; i++) {
        variant = rb_pg.variants[i];

        if (variant->stmt == stmt && variant->when == when) {
            return variant;
        }
    }

    variant = rb_pg_variant_create(stmt, when, i);

    if (variant && i < RB_PG_VARIANTS) {
        rb_pg.variants[rb_pg.nvariants++] = variant;
    }

    return variant;
}


static rb_pg_variant_t *
rb_pg_variant_create(const rb_stmt_t *stmt, uint64_t when, ngx_uint_t index)
{
    rb_pg_variant_t  *variant;

    variant = ngx_alloc(sizeof(rb_pg_variant_t) + stmt->max_size
                        + stmt->nparams, rb_pg.log);
    if (variant == NULL) {
        return NULL;
    }

    variant->stmt = stmt;
    variant->when = when;
    variant->index = index;
    variant->text = (char *) (variant + 1);
    variant->map = (uint8_t *) variant->text + stmt->max_size;

    (void) rb_stmt_text(stmt, when, variant->text, stmt->max_size,
                        variant->map, &variant->nparams);

    return variant;
}


void
rb_pg_variant_free(rb_pg_variant_t *variant)
{
    ngx_free(variant);
}
