/* steps/trees/trees_predict.c - what fitted trees say of rows. libc only. */
#include "steps/numeric/clones.h"
#include "steps/trees/trees.h"
#include "steps/trees/trees_scan.h"
#include "steps/trees/trees_walk.h"

#include <math.h>
#include <stdlib.h>

static attune_status find_inputs(const attune_trees *trees, const attune_data *data,
                                 const attune_context *context, const attune_column **columns,
                                 attune_error *error)
{
    for (int64_t i = 0; i < trees->inputs.n; i++) {
        const char *name = trees->inputs.items[i];
        int64_t at = attune_data_find(data, name);
        attune_kind kind = trees->n_levels.i32[i] < 0 ? ATTUNE_REAL_COLUMN : ATTUNE_NOMINAL_COLUMN;
        if (at < 0 || data->roles[at] != ATTUNE_INPUT)
            return attune_fail(error, ATTUNE_INVALID,
                               "%s: column \"%s\" is %s; it was an input in the training data",
                               context->name, name, at < 0 ? "missing" : "no input here");
        if (data->columns[at]->kind != kind)
            return attune_fail(error, ATTUNE_INVALID,
                               "%s: column \"%s\" is %s; it was %s in the training data",
                               context->name, name, attune_kind_word(data->columns[at]->kind),
                               attune_kind_word(kind));
        columns[i] = data->columns[at];
    }
    return ATTUNE_OK;
}

/* Row by row, without anything made first: for few rows, and trees that others cannot take. */
static int64_t leaf_of(const attune_trees *trees, int64_t tree, const attune_column *const *columns,
                       int64_t row)
{
    int64_t from = trees->start.i64[tree], at = from;
    while (trees->node_input.i32[at] >= 0) {
        int32_t input = trees->node_input.i32[at], n_levels = trees->n_levels.i32[input];
        const attune_column *column = columns[input];
        uint8_t flags = trees->node_flags.u8[at];
        double x = n_levels < 0 ? column->reals[row * column->stride] : 0;
        int32_t code = n_levels < 0 ? 0 : column->codes[row * column->stride];
        bool left = x <= trees->node_value.f64[at];
        if (isnan(x) || (n_levels >= 0 && (code < 0 || code >= n_levels)))
            left = flags & ATTUNE_NODE_MISSING_LEFT;
        else if (n_levels >= 0)
            left = trees->sets.u8[trees->node_set.i32[at] + code / 8] >> code % 8 & 1;
        at = from + trees->node_left.i32[at] + !left;
    }
    return at;
}

/* Three ways to the same bits. */
struct predictor {
    const attune_trees *trees;
    const attune_trees_request *request;
    const attune_rows *rows;
    attune_scan *scan;       /* small trees: all rows of a block are asked each cut */
    attune_trees_walk *walk; /* large ones: the rows of a block walk together */
    const attune_column **columns;
    int64_t block;  /* rows, at most */
    double *said;   /* by a tree, of a block */
    double *scores; /* of a block */
};

/* For so few rows that making a scan or a walk takes longer than going alone. */
static bool is_short(const attune_trees *trees, const attune_rows *rows)
{
    int64_t nodes = attune_array_count(&trees->node_input);
    return rows->n < 32 || rows->n < nodes / (attune_trees_count(trees) + 1) / 32;
}

/* So many rows that a tree need not be made ready often, while what is kept of them is small. */
static int64_t block_of(const attune_trees *trees, int64_t n_outputs, const attune_rows *rows)
{
    enum { BYTES = 1 << 22, LEAST = 256, MOST = 1 << 15 };
    int64_t n = BYTES / (8 * trees->inputs.n + 8 * n_outputs + 8);
    n = n < LEAST ? LEAST : n > MOST ? MOST : n;
    return n < rows->n ? n : rows->n;
}

static attune_status predictor_make(struct predictor *p, attune_error *error)
{
    const attune_trees *trees = p->trees;
    int64_t width = p->request->n_outputs;
    attune_status status = ATTUNE_OK;
    p->block = p->rows->n < ATTUNE_SCAN_ROWS ? p->rows->n : ATTUNE_SCAN_ROWS;
    if (!p->request->vectors && !is_short(trees, p->rows))
        status = attune_scan_make(&p->scan, trees, error);
    if (!status && !p->scan && !is_short(trees, p->rows)) {
        p->block = block_of(trees, width, p->rows);
        status = attune_trees_walk_make(&p->walk, trees, p->block, error);
    }
    p->columns = attune_alloc(trees->inputs.n, sizeof *p->columns, error);
    p->said = attune_alloc(p->block, sizeof *p->said, error);
    p->scores = attune_alloc(width, (size_t)p->block * sizeof *p->scores, error);
    return !status && (!p->columns || !p->said || !p->scores) ? ATTUNE_MEMORY : status;
}

static void predictor_clear(struct predictor *p)
{
    attune_scan_free(p->scan);
    attune_trees_walk_free(p->walk);
    free((void *)p->columns);
    free(p->said);
    free(p->scores);
}

ATTUNE_CLONES static void add_vectors(const float *vectors, const double *said, int64_t n,
                                      int64_t width, double *restrict scores)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t leaf = (int64_t)said[i];
        if (leaf < 0) {
            scores[i * width - 1 - leaf] += 1;
            continue;
        }
        for (int64_t k = 0; k < width; k++)
            scores[i * width + k] += (double)vectors[leaf * width + k];
    }
}

/* n rows from `first` on through tree t. */
static void predict_tree(struct predictor *p, int64_t t, int64_t first, int64_t n)
{
    int64_t width = p->request->n_outputs;
    double *scores = p->scores + t % width;
    if (p->scan) {
        attune_scan_tree(p->scan, t, n, scores, width);
        return;
    }
    if (p->walk)
        attune_trees_walk_one(p->walk, t, n, p->said);
    else
        for (int64_t i = 0; i < n; i++)
            p->said[i] = p->trees->node_value
                             .f64[leaf_of(p->trees, t, p->columns, p->rows->index[first + i])];
    if (p->request->vectors)
        add_vectors(p->request->vectors, p->said, n, width, p->scores);
    else
        for (int64_t i = 0; i < n; i++)
            scores[i * width] += p->said[i];
}

/* Through all trees, with a stop at each stage. */
static attune_status predict_block(struct predictor *p, int64_t first, int64_t n,
                                   const attune_context *context, attune_error *error)
{
    const attune_trees_request *request = p->request;
    int64_t width = request->n_outputs, t = 0;
    attune_status status = attune_context_stop(context, error);
    if (p->scan)
        attune_scan_encode(p->scan, p->columns, p->rows->index + first, n);
    if (p->walk)
        attune_trees_walk_read(p->walk, p->columns, p->rows->index + first, n);
    for (int64_t i = 0; i < n * width; i++)
        p->scores[i] = request->start ? request->start[i % width] : 0;
    for (int64_t stage = 0; stage < request->n_stages && !status; stage++) {
        for (; t < request->counts[stage] && !status; t++) {
            predict_tree(p, t, first, n);
            status = p->walk ? attune_context_stop(context, error) : ATTUNE_OK;
        }
        request->take(request->user, stage, first, n, p->scores);
    }
    return status;
}

attune_status attune_trees_predict(const attune_trees *trees, const attune_trees_request *request,
                                   const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_error *error)
{
    struct predictor p = {.trees = trees, .request = request, .rows = rows};
    attune_status status = predictor_make(&p, error);
    if (!status)
        status = find_inputs(trees, data, context, p.columns, error);
    for (int64_t i = 0; i < rows->n && !status; i += p.block)
        status =
            predict_block(&p, i, rows->n - i < p.block ? rows->n - i : p.block, context, error);
    predictor_clear(&p);
    return status;
}
