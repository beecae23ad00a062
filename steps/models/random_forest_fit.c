/* steps/models/random_forest_fit.c - growing a forest, of either kind. */
#include "steps/models/forest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DRAWN = 15 }; /* times a row, 15 * ATTUNE_LEVELS < 2^15: fewer than 1 in 10^12 more */

struct fit {
    attune_forest *s;
    const attune_context *context;
    attune_boosting_rows rows;
    attune_boosting b; /* targets and weights, as boosting reads them */
    attune_grower *grower;
    attune_trees_builder builder;
    int32_t levels, n_mixed; /* n_mixed: leaves so far of several classes of more than two */
    int64_t n_bag;
    double to_g, to_h;      /* levels of one unit */
    int32_t *once, *packed; /* rows as one, and as the tree at hand sees them */
    int32_t *bag, *inputs;
    double *values;                /* one a node */
    double *target;                /* one a row: what trees are to tell */
    double *sums;                  /* one a class */
    attune_tree_classes classes;   /* more than two */
    double *unseen, *unseen_trees; /* n x width sums over trees that did not see a row; counts */
    double *unseen_loss;           /* of a row, by them */
    uint8_t *drawn;                /* how often, into the bag of the tree at hand */
};

static void release(struct fit *f)
{
    attune_grower_free(f->grower);
    attune_boosting_release(&f->rows, &f->b);
    free(f->once);
    free(f->packed);
    free(f->bag);
    free(f->inputs);
    free(f->values);
    free(f->target);
    free(f->sums);
    free(f->classes.codes);
    free(f->classes.ranks);
    free(f->classes.own);
    free(f->classes.sorted);
    free(f->classes.sums);
    free(f->classes.lanes);
    free(f->classes.table);
    free(f->classes.numbers);
    free(f->classes.present);
    free(f->classes.places);
    free(f->unseen);
    free(f->unseen_trees);
    free(f->unseen_loss);
    free(f->drawn);
}

/* Features of a node, as a share of all. */
static double features(const struct fit *f)
{
    int32_t p = f->rows.bins->p;
    if (!isnan(f->s->max_features))
        return f->s->max_features;
    return f->s->n_classes && p ? floor(sqrt(p)) / p : 1;
}

static attune_status make_classes(struct fit *f, attune_error *error)
{
    attune_tree_classes *c = &f->classes;
    c->labels = f->b.labels;
    c->n = f->b.n_outputs;
    c->codes = attune_alloc(f->b.n, sizeof *c->codes, error);
    c->ranks = attune_alloc(f->b.n, sizeof *c->ranks, error);
    c->own = attune_alloc(f->b.n, sizeof *c->own, error);
    c->sorted = attune_alloc(f->b.n, sizeof *c->sorted, error);
    c->sums = attune_alloc(2 * (int64_t)c->n, sizeof *c->sums, error);
    c->lanes = attune_alloc(ATTUNE_LANES * (int64_t)c->n, sizeof *c->lanes, error);
    c->table = attune_alloc(ATTUNE_CLASS_CELLS, sizeof *c->table, error);
    c->numbers = attune_alloc(c->n, sizeof *c->numbers, error);
    c->present = attune_alloc(c->n, sizeof *c->present, error);
    c->places = attune_alloc(c->n, sizeof *c->places, error);
    return c->codes && c->ranks && c->own && c->sorted && c->sums && c->lanes && c->table &&
                   c->numbers && c->present && c->places
               ? ATTUNE_OK
               : ATTUNE_MEMORY;
}

static attune_status make_room(struct fit *f, bool cuts, attune_error *error)
{
    const attune_forest *s = f->s;
    int64_t n = f->b.n, width = f->b.n_outputs;
    attune_tree_options options = {
        .num_leaves = s->max_leaf_nodes == INT64_MIN ? INT64_MAX : s->max_leaf_nodes,
        .max_depth = s->max_depth,
        .min_split_samples = s->min_samples_split,
        .min_child_samples = s->min_samples_leaf,
        .colsample_bynode = features(f),
        .constant_uncounted = true,
        .extra_trees = cuts,
    };
    int64_t levels = INT32_MAX / 2 / (n + 1); /* as many are drawn, at most */
    f->levels = (int32_t)(levels < ATTUNE_LEVELS ? levels : ATTUNE_LEVELS);
    f->once = attune_alloc(n, sizeof *f->once, error);
    f->packed = attune_alloc(s->bootstrap ? n : 0, sizeof *f->packed, error);
    f->bag = attune_alloc(n, sizeof *f->bag, error);
    f->inputs = attune_alloc(f->rows.bins->p, sizeof *f->inputs, error);
    f->values = attune_alloc(2 * n, sizeof *f->values, error);
    f->target = attune_alloc(n, sizeof *f->target, error);
    f->sums = attune_alloc(width, sizeof *f->sums, error);
    f->unseen = attune_alloc(s->bootstrap ? n * width : 0, sizeof *f->unseen, error);
    f->unseen_trees = attune_alloc(s->bootstrap ? n : 0, sizeof *f->unseen_trees, error);
    f->unseen_loss = attune_alloc(s->bootstrap ? n : 0, sizeof *f->unseen_loss, error);
    f->drawn = attune_alloc(n, sizeof *f->drawn, error);
    if (!f->once || !f->packed || !f->bag || !f->inputs || !f->values || !f->target || !f->sums ||
        !f->unseen || !f->unseen_trees || !f->unseen_loss || !f->drawn)
        return ATTUNE_MEMORY;
    for (int32_t c = 0; c < f->rows.bins->p; c++)
        f->inputs[c] = c;
    if (width > 1 && make_classes(f, error))
        return ATTUNE_MEMORY;
    return attune_grower_new(&f->grower, f->rows.bins, f->b.n_used, &options, error);
}

/* The rows of a tree, ascending, and how often each was drawn. */
static void draw_bag(struct fit *f, attune_stream *stream)
{
    int64_t n = f->b.n_used, wanted = (int64_t)ceil(f->s->max_samples * (double)n);
    f->n_bag = 0;
    if (!f->s->bootstrap) {
        memcpy(f->bag, f->b.used, (size_t)n * sizeof *f->bag);
        f->n_bag = n;
        return;
    }
    memset(f->drawn, 0, (size_t)f->b.n * sizeof *f->drawn);
    for (int64_t i = 0; i < wanted; i++) {
        int32_t row = f->b.used[attune_stream_below(stream, (uint64_t)n)];
        if (f->drawn[row] < MOST_DRAWN)
            f->drawn[row]++;
    }
    for (int64_t i = 0; i < n; i++) {
        f->bag[f->n_bag] = f->b.used[i];
        f->n_bag += f->drawn[f->b.used[i]] > 0;
    }
}

static double weight_of(const struct fit *f, int64_t row)
{
    return f->b.weights ? f->b.weights[row] : 1;
}

/* In this tree. */
static double weight_here(const struct fit *f, int64_t row)
{
    return f->s->bootstrap ? f->drawn[row] * weight_of(f, row) : weight_of(f, row);
}

/* What trees are to tell of each row, from -1 to 1 (more than two classes have their labels), and
 * the levels of one unit of it and of a weight. */
static void set_target(struct fit *f)
{
    double low = INFINITY, high = -INFINITY, most = 0;
    for (int64_t i = 0; i < f->b.n_used && f->b.y; i++) {
        low = fmin(low, f->b.y[f->b.used[i]]);
        high = fmax(high, f->b.y[f->b.used[i]]);
    }
    double middle = low / 2 + high / 2, half = high > low ? high / 2 - low / 2 : 1;
    for (int64_t i = 0; i < f->b.n && f->b.y; i++)
        f->target[i] = fmin(1, fmax(-1, (f->b.y[i] - middle) / half));
    for (int64_t i = 0; i < f->b.n_used; i++)
        most = fmax(most, weight_of(f, f->b.used[i]));
    f->to_h = f->b.weights ? f->levels / most : 1;
    f->to_g = f->b.weights ? f->levels / most : f->levels;
}

/* Each row once. Classes are rounded the same way each time, so that a pure node is seen to be
 * pure; numbers at random, so that sums are right on average. */
static void quantise(struct fit *f, attune_stream *stream)
{
    for (int64_t i = 0; i < f->b.n; i++) {
        double w = weight_of(f, i);
        double part = f->s->n_classes ? 0.5 : attune_stream_uniform(stream);
        int32_t g = (int32_t)floor(w * f->target[i] * f->to_g + part);
        int32_t h = (int32_t)floor(w * f->to_h + 0.5);
        f->once[i] = (int32_t)((uint32_t)g << 16) + (h > 0 || w == 0 ? h : 1);
    }
}

/* Rows as often as they were drawn. */
static attune_tree_target target_of(struct fit *f)
{
    for (int64_t i = 0; i < f->b.n && f->s->bootstrap; i++)
        f->packed[i] = f->drawn[i] * f->once[i];
    return (attune_tree_target){.packed = f->s->bootstrap ? f->packed : f->once,
                                .gradient_scale = 1 / f->to_g,
                                .hessian_scale = 1 / f->to_h,
                                .classes = f->b.n_outputs > 1 ? &f->classes : NULL};
}

/* The weighted mean of a leaf's rows. */
static double mean_of(const struct fit *f, const int32_t *rows, int64_t n)
{
    double sum = 0, weight = 0, first = f->b.y[rows[0]]; /* from the first: keeps digits */
    for (int64_t i = 0; i < n; i++) {
        sum += weight_here(f, rows[i]) * (f->b.y[rows[i]] - first);
        weight += weight_here(f, rows[i]);
    }
    return first + sum / weight;
}

/* Mixed leaves that the forest may come to, with some to spare: by its trees so far. */
static int64_t mixed_of_all(const struct fit *f)
{
    int64_t so_far = f->n_mixed, trees = f->builder.n_trees + 1;
    int64_t all = (int64_t)(1.05 * (double)so_far / (double)trees * (double)f->s->n_estimators);
    int64_t least = so_far + so_far / 4 + 64, most = 2 * so_far + 64;
    return trees == 1 || all > INT32_MAX ? most : all < least ? least : all;
}

/* The share of each class in a leaf, as a new row of shares. */
static attune_status add_shares(struct fit *f, const int32_t *rows, int64_t n, attune_error *error)
{
    attune_array *shares = &f->s->shares;
    int64_t m = f->b.n_outputs;
    double weight = 0;
    if (f->n_mixed == INT32_MAX)
        return attune_fail(error, ATTUNE_UNFIT, "too many leaves: take fewer trees");
    if (f->n_mixed == shares->shape[0] && attune_array_resize(shares, mixed_of_all(f), error))
        return ATTUNE_MEMORY;
    for (int32_t k = 0; k < m; k++)
        f->sums[k] = 0;
    for (int64_t i = 0; i < n; i++) {
        f->sums[f->b.labels[rows[i]]] += weight_here(f, rows[i]);
        weight += weight_here(f, rows[i]);
    }
    for (int32_t k = 0; k < m; k++)
        shares->f32[f->n_mixed * m + k] = (float)(f->sums[k] / weight);
    f->n_mixed++;
    return ATTUNE_OK;
}

/* What a leaf of more than two classes says: which one it has, or where its shares are. */
static attune_status set_classes(struct fit *f, const int32_t *rows, int64_t n, double *leaf,
                                 attune_error *error)
{
    const int32_t *labels = f->b.labels;
    int64_t i = 1;
    while (i < n && labels[rows[i]] == labels[rows[0]])
        i++;
    *leaf = i < n ? f->n_mixed : -1 - labels[rows[0]];
    return i < n ? add_shares(f, rows, n, error) : ATTUNE_OK;
}

static attune_status set_values(struct fit *f, const attune_node *nodes, int32_t n_nodes,
                                attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int32_t k = 0; k < n_nodes && !status; k++) {
        const int32_t *rows = f->bag + nodes[k].first;
        f->values[k] = 0;
        if (nodes[k].input >= 0)
            continue;
        if (f->b.n_outputs > 1)
            status = set_classes(f, rows, nodes[k].n, &f->values[k], error);
        else
            f->values[k] = mean_of(f, rows, nodes[k].n);
    }
    return status;
}

/* The loss of one row, given sums over the trees that did not see it. */
static double loss_of(const struct fit *f, int64_t row)
{
    const double tiny = 1e-15;
    const double *sums = f->unseen + row * f->b.n_outputs;
    double n = f->unseen_trees[row], p = sums[0] / n;
    if (!f->s->n_classes)
        return (p - f->b.y[row]) * (p - f->b.y[row]);
    double own = f->b.n_outputs > 1 ? sums[f->b.labels[row]] / n : f->b.y[row] > 0 ? p : 1 - p;
    return -log(fmax(own, tiny));
}

/* What a leaf says, for one row. */
static void add_value(const struct fit *f, double value, double *sums)
{
    int64_t m = f->b.n_outputs;
    if (m == 1) {
        sums[0] += value;
        return;
    }
    if (value < 0) {
        sums[-1 - (int64_t)value] += 1;
        return;
    }
    for (int64_t k = 0; k < m; k++)
        sums[k] += (double)f->s->shares.f32[(int64_t)value * m + k];
}

/* What the tree says of rows that it did not see, which take the place of those it saw. */
static void tell_unseen(struct fit *f, const attune_node *nodes, int32_t n_nodes)
{
    int64_t n = 0;
    for (int64_t i = 0; i < f->b.n_used; i++) {
        f->bag[n] = f->b.used[i];
        n += !f->drawn[f->b.used[i]];
    }
    attune_grower_route(f->grower, f->bag, n);
    for (int32_t k = 0; k < n_nodes; k++)
        for (int64_t i = 0; i < nodes[k].n && nodes[k].input < 0; i++) {
            int32_t row = f->bag[nodes[k].first + i];
            add_value(f, f->values[k], f->unseen + row * (int64_t)f->b.n_outputs);
            f->unseen_trees[row]++;
            f->unseen_loss[row] = loss_of(f, row);
        }
}

/* The mean loss of all rows that some tree did not see. */
static double score_unseen(const struct fit *f)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < f->b.n_used; i++) {
        int32_t row = f->b.used[i];
        double counts = f->unseen_trees[row] > 0 ? weight_of(f, row) : 0;
        sum += counts * f->unseen_loss[row];
        weight += counts;
    }
    return f->s->n_classes ? sum / weight : sqrt(sum / weight);
}

static attune_status grow_tree(struct fit *f, int64_t tree, attune_error *error)
{
    attune_status status = attune_context_stop(f->context, error);
    attune_key key = attune_key_integer(attune_key_text(f->context->stream, "tree"), tree);
    attune_stream stream = attune_stream_new(key);
    if (status)
        return status;
    draw_bag(f, &stream);
    if (tree == 0 || !f->s->n_classes)
        quantise(f, &stream);
    attune_tree_target target = target_of(f);
    int32_t n_nodes = attune_grower_grow(f->grower, f->bag, f->n_bag, f->inputs, f->rows.bins->p,
                                         &target, &stream);
    const attune_node *nodes = attune_grower_nodes(f->grower);
    status = set_values(f, nodes, n_nodes, error);
    if (!status && f->s->bootstrap) {
        tell_unseen(f, nodes, n_nodes);
        f->s->oob_score.f64[tree] = score_unseen(f);
    }
    return status ? status
                  : attune_trees_add(&f->builder, f->rows.bins, nodes, n_nodes, f->values, error);
}

/* Targets and weights are read as boosting reads them. */
static attune_status gather(struct fit *f, const attune_data *data, const attune_rows *rows,
                            attune_error *error)
{
    attune_gradient_boosting like = {.objective = ATTUNE_LOSS_SQUARED,
                                     .max_bin = f->s->max_bin,
                                     .class_weight = f->s->class_weight};
    attune_status status =
        attune_boosting_gather(&f->rows, &f->b, &like, data, rows, f->context, error);
    f->s->classes = like.classes;
    f->s->n_classes = like.n_classes;
    attune_array_clear(&like.start);
    return status;
}

attune_status attune_forest_fit(attune_forest *s, bool cuts, const attune_data *data,
                                const attune_rows *rows, const attune_context *context,
                                attune_error *error)
{
    struct fit f = {.s = s, .context = context};
    attune_status status = gather(&f, data, rows, error);
    if (!status)
        status = make_room(&f, cuts, error);
    if (!status)
        set_target(&f);
    if (!status)
        status = attune_trees_begin(&f.builder, &s->trees, data, error);
    f.builder.expected = s->n_estimators;
    if (!status)
        status = attune_array_make_2d(&s->shares, ATTUNE_ARRAY_F32, 0,
                                      f.b.n_outputs > 1 ? f.b.n_outputs : 0, error);
    if (!status)
        status = attune_array_make_1d(&s->oob_score, ATTUNE_ARRAY_F64,
                                      s->bootstrap ? s->n_estimators : 0, error);
    for (int64_t t = 0; t < s->n_estimators && !status; t++)
        status = grow_tree(&f, t, error);
    if (!status)
        status = attune_trees_finish(&f.builder, s->n_estimators, error);
    if (!status)
        status = attune_array_resize(&s->shares, f.n_mixed, error);
    release(&f);
    return status;
}
