/* steps/trees_predict.c - walking rows through fitted trees. libc only. */
#include "steps/trees.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 64 }; /* rows that go through all trees together */

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

/* What a walk reads of a node, in 16 bytes. */
struct step {
    double value;  /* of a nominal node: where its set begins */
    int32_t input; /* input * 4 + flags; -1: a leaf, where walks stay */
    int32_t left;
};

struct walk {
    const struct step *steps;
    const int64_t *start;
    const uint8_t *sets;
    int64_t n_trees, p, n_outputs;
};

static inline int32_t go_on(const struct walk *w, const struct step *tree, int32_t at,
                            const double *x)
{
    const struct step *step = &tree[at];
    double value = x[step->input >> 2];
    bool missing_left = step->input & ATTUNE_NODE_MISSING_LEFT;
    if (step->input & ATTUNE_NODE_NOMINAL) {
        const uint8_t *set = w->sets + (int64_t)step->value;
        int64_t level = isnan(value) ? 0 : (int64_t)value;
        return step->left + !(isnan(value) ? missing_left : set[level / 8] >> level % 8 & 1);
    }
    return step->left + !(missing_left ? !(value > step->value) : value <= step->value);
}

/* Four rows at a time, for a walk waits for memory most of the time. */
static void walk_block(const struct walk *w, const double *x, int64_t n, double *scores)
{
    enum { TOGETHER = 4 };
    for (int64_t t = 0, k = 0; t < w->n_trees; t++, k = k + 1 == w->n_outputs ? 0 : k + 1) {
        const struct step *tree = w->steps + w->start[t];
        int64_t i = 0;
        for (; i + TOGETHER <= n; i += TOGETHER) {
            int32_t at[TOGETHER] = {0};
            bool inside = true;
            while (inside) {
                inside = false;
                for (int j = 0; j < TOGETHER; j++)
                    if (tree[at[j]].input >= 0) {
                        at[j] = go_on(w, tree, at[j], x + (i + j) * w->p);
                        inside = true;
                    }
            }
            for (int j = 0; j < TOGETHER; j++)
                scores[(i + j) * w->n_outputs + k] += tree[at[j]].value;
        }
        for (; i < n; i++) {
            int32_t at = 0;
            while (tree[at].input >= 0)
                at = go_on(w, tree, at, x + i * w->p);
            scores[i * w->n_outputs + k] += tree[at].value;
        }
    }
}

static struct step *make_steps(const attune_trees *trees, attune_error *error)
{
    int64_t n = attune_array_count(&trees->node_input);
    struct step *steps = attune_alloc(n, sizeof *steps, error);
    for (int64_t i = 0; steps && i < n; i++) {
        int32_t input = trees->node_input.i32[i];
        uint8_t flags = trees->node_flags.u8[i];
        steps[i].value = input >= 0 && (flags & ATTUNE_NODE_NOMINAL) ? trees->node_set.i32[i]
                                                                     : trees->node_value.f64[i];
        steps[i].input = input < 0 ? -1 : (int32_t)(((uint32_t)input << 2) | (flags & 3));
        steps[i].left = trees->node_left.i32[i];
    }
    return steps;
}

attune_status attune_trees_predict(const attune_trees *trees, const attune_data *data,
                                   const attune_rows *rows, const attune_context *context,
                                   int64_t n_outputs, double *scores, attune_error *error)
{
    int64_t p = trees->inputs.n;
    struct step *steps = make_steps(trees, error);
    const attune_column **columns = attune_alloc(p, sizeof *columns, error);
    double *x = attune_alloc(p, BLOCK * sizeof *x, error);
    attune_status status = steps && columns && x ? ATTUNE_OK : ATTUNE_MEMORY;
    struct walk w = {steps, trees->start.i64, trees->sets.u8, attune_trees_count(trees),
                     p,     n_outputs};
    if (!status)
        status = find_inputs(trees, data, context, columns, error);
    for (int64_t i = 0; i < rows->n && !status; i += BLOCK) {
        int64_t n = rows->n - i < BLOCK ? rows->n - i : BLOCK;
        gather(trees, columns, rows->index + i, n, x);
        walk_block(&w, x, n, scores + i * n_outputs);
        status = attune_context_stop(context, error);
    }
    free(steps);
    free((void *)columns);
    free(x);
    return status;
}
