/* steps/trees_predict.c - walking rows through fitted trees. libc only. */
#include "steps/clones.h"
#include "steps/trees.h"
#include "steps/trees_scan.h"

#include <math.h>
#include <stdlib.h>

enum { WALK_ROWS = 64 }; /* rows that walk through all trees together */

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

/* Row-major values of a block; a level is its code, one that is not known NaN. */
static void gather(const attune_trees *trees, const attune_column *const *columns,
                   const int64_t *rows, int64_t n, double *x)
{
    int64_t p = trees->inputs.n;
    for (int64_t c = 0; c < p; c++) {
        const attune_column *column = columns[c];
        int32_t n_levels = trees->n_levels.i32[c];
        for (int64_t i = 0; i < n; i++)
            if (n_levels < 0) {
                x[i * p + c] = column->reals[rows[i] * column->stride];
            } else {
                int32_t code = column->codes[rows[i] * column->stride];
                x[i * p + c] = code >= 0 && code < n_levels ? (double)code : (double)NAN;
            }
    }
}

/* What a walk reads of a node, in 16 bytes. A leaf leads to itself. */
struct step {
    double value; /* of a nominal node: where its set begins */
    int32_t input;
    uint32_t left; /* times 4, and the flags below */
};

enum { MISSING_RIGHT = 1, NOMINAL = 2 };

struct walk {
    struct step *steps;
    double *leaves; /* what each node says, if it is a leaf */
    int32_t *depth; /* of each tree */
    const int64_t *start;
    const uint8_t *sets;
    int64_t n_trees, p, n_outputs;
    const float *vectors; /* nullable */
    bool any_nominal;
};

static inline uint32_t go_by_number(const struct step *step, double x)
{
    uint32_t missing = (uint32_t)isnan(x) & step->left; /* its lowest bit is MISSING_RIGHT */
    return (step->left >> 2) + ((uint32_t)(x > step->value) | (missing & MISSING_RIGHT));
}

static inline uint32_t go_by_level(const struct walk *w, const struct step *step, double x)
{
    if (isnan(x))
        return (step->left >> 2) + (step->left & MISSING_RIGHT);
    const uint8_t *set = w->sets + (int64_t)step->value;
    return (step->left >> 2) + !(set[(int64_t)x / 8] >> (int64_t)x % 8 & 1);
}

/* Rows that walk together until none moves, at most as many steps as the tree is deep: a branch
 * that would end each walk by itself cannot be foreseen, and costs more than the steps. */
static ATTUNE_INLINE void walk_some(const struct walk *w, const struct step *tree, int32_t depth,
                                    const double *x, int64_t n, bool nominal, uint32_t *at)
{
    uint32_t moved = 1;
    for (int32_t d = 0; d < depth && moved; d++) {
        moved = 0;
        for (int64_t j = 0; j < n; j++) {
            const struct step *step = &tree[at[j]];
            double value = x[j * w->p + step->input];
            uint32_t next = nominal && (step->left & NOMINAL) ? go_by_level(w, step, value)
                                                              : go_by_number(step, value);
            moved |= next ^ at[j];
            at[j] = next;
        }
    }
}

static inline void add_vector(const struct walk *w, double leaf, double *scores)
{
    const float *vector = w->vectors + (int64_t)leaf * w->n_outputs;
    for (int64_t k = 0; k < w->n_outputs; k++)
        scores[k] += (double)vector[k];
}

static void walk_tree(const struct walk *w, int64_t t, const double *x, int64_t n, int64_t k,
                      double *scores)
{
    enum { TOGETHER = 16 };
    const struct step *tree = w->steps + w->start[t];
    const double *leaves = w->leaves + w->start[t];
    for (int64_t i = 0; i < n; i += TOGETHER) {
        int64_t count = n - i < TOGETHER ? n - i : TOGETHER;
        uint32_t at[TOGETHER] = {0};
        if (w->any_nominal)
            walk_some(w, tree, w->depth[t], x + i * w->p, count, true, at);
        else if (count == TOGETHER)
            walk_some(w, tree, w->depth[t], x + i * w->p, TOGETHER, false, at);
        else
            walk_some(w, tree, w->depth[t], x + i * w->p, count, false, at);
        for (int64_t j = 0; j < count; j++)
            if (w->vectors)
                add_vector(w, leaves[at[j]], scores + (i + j) * w->n_outputs);
            else
                scores[(i + j) * w->n_outputs + k] += leaves[at[j]];
    }
}

/* The deepest node of a tree; room has one item a node. Children come after their parent. */
static int32_t depth_of(const attune_trees *trees, int64_t from, int64_t n, int32_t *room)
{
    int32_t most = 0;
    room[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        if (trees->node_input.i32[from + i] < 0)
            continue;
        int32_t *child = room + trees->node_left.i32[from + i];
        child[0] = child[1] = room[i] + 1;
        most = child[0] > most ? child[0] : most;
    }
    return most;
}

static void fill_steps(const attune_trees *trees, int64_t from, int64_t n, struct walk *w)
{
    for (int64_t i = from; i < from + n; i++) {
        uint8_t flags = trees->node_flags.u8[i];
        bool leaf = trees->node_input.i32[i] < 0, nominal = flags & ATTUNE_NODE_NOMINAL;
        struct step *step = &w->steps[i];
        w->leaves[i] = trees->node_value.f64[i];
        if (leaf) {
            *step = (struct step){INFINITY, 0, (uint32_t)(i - from) << 2};
            continue;
        }
        step->value = nominal ? trees->node_set.i32[i] : trees->node_value.f64[i];
        step->input = trees->node_input.i32[i];
        step->left = (uint32_t)trees->node_left.i32[i] << 2 | (nominal ? NOMINAL : 0) |
                     (flags & ATTUNE_NODE_MISSING_LEFT ? 0 : MISSING_RIGHT);
        w->any_nominal |= nominal;
    }
}

static attune_status walk_make(const attune_trees *trees, int64_t n_outputs, struct walk *w,
                               attune_error *error)
{
    int64_t n = attune_array_count(&trees->node_input), n_trees = attune_trees_count(trees);
    int32_t *room = attune_alloc(n, sizeof *room, error);
    *w = (struct walk){.start = trees->start.i64,
                       .sets = trees->sets.u8,
                       .n_trees = n_trees,
                       .p = trees->inputs.n,
                       .n_outputs = n_outputs};
    w->steps = attune_alloc(n, sizeof *w->steps, error);
    w->leaves = attune_alloc(n, sizeof *w->leaves, error);
    w->depth = attune_alloc(n_trees, sizeof *w->depth, error);
    attune_status status = room && w->steps && w->leaves && w->depth ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t t = 0; t < n_trees && !status; t++) {
        int64_t from = w->start[t], size = w->start[t + 1] - from;
        w->depth[t] = depth_of(trees, from, size, room);
        fill_steps(trees, from, size, w);
    }
    free(room);
    return status;
}

static void walk_clear(struct walk *w)
{
    free(w->steps);
    free(w->leaves);
    free(w->depth);
}

/* Of two ways to the same bits, the one that suits the trees: all rows of a block are asked each
 * cut of a tree, or each row walks. */
struct predictor {
    const attune_trees_request *request;
    attune_scan *scan; /* nullable: then walk and x are there */
    struct walk walk;
    double *x;
    const attune_column **columns;
    double *scores; /* of a block */
};

/* For so few rows that making a scan takes longer than walks do. */
static bool is_short(const attune_rows *rows)
{
    return rows->n < 32;
}

static attune_status predictor_make(struct predictor *p, const attune_trees *trees,
                                    const attune_rows *rows, attune_error *error)
{
    const attune_trees_request *request = p->request;
    attune_status status = ATTUNE_OK;
    if (!request->vectors && !is_short(rows))
        status = attune_scan_make(&p->scan, trees, error);
    if (!status && !p->scan) {
        status = walk_make(trees, request->n_outputs, &p->walk, error);
        p->walk.vectors = request->vectors;
        p->x = attune_alloc(trees->inputs.n, WALK_ROWS * sizeof *p->x, error);
    }
    p->columns = attune_alloc(trees->inputs.n, sizeof *p->columns, error);
    p->scores = attune_alloc(request->n_outputs, ATTUNE_SCAN_ROWS * sizeof *p->scores, error);
    return !status && (!p->columns || !p->scores || (!p->scan && !p->x)) ? ATTUNE_MEMORY : status;
}

static void predictor_clear(struct predictor *p)
{
    attune_scan_free(p->scan);
    walk_clear(&p->walk);
    free((void *)p->columns);
    free(p->x);
    free(p->scores);
}

/* n rows from `first` on through all trees, with a stop at each stage. */
static void predict_block(struct predictor *p, int64_t first, int64_t n)
{
    const attune_trees_request *request = p->request;
    int64_t width = request->n_outputs, t = 0;
    for (int64_t i = 0; i < n * width; i++)
        p->scores[i] = request->start ? request->start[i % width] : 0;
    for (int64_t stage = 0; stage < request->n_stages; stage++) {
        for (; t < request->counts[stage]; t++)
            if (p->scan)
                attune_scan_tree(p->scan, t, n, p->scores + t % width, width);
            else
                walk_tree(&p->walk, t, p->x, n, t % width, p->scores);
        request->take(request->user, stage, first, n, p->scores);
    }
}

attune_status attune_trees_predict(const attune_trees *trees, const attune_trees_request *request,
                                   const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_error *error)
{
    struct predictor p = {.request = request};
    attune_status status = predictor_make(&p, trees, rows, error);
    int64_t block = p.scan ? ATTUNE_SCAN_ROWS : WALK_ROWS;
    if (!status)
        status = find_inputs(trees, data, context, p.columns, error);
    for (int64_t i = 0; i < rows->n && !status; i += block) {
        int64_t n = rows->n - i < block ? rows->n - i : block;
        if (p.scan)
            attune_scan_encode(p.scan, p.columns, rows->index + i, n);
        else
            gather(trees, p.columns, rows->index + i, n, p.x);
        predict_block(&p, i, n);
        status = attune_context_stop(context, error);
    }
    predictor_clear(&p);
    return status;
}
