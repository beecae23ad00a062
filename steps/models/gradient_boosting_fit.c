/* steps/models/gradient_boosting_fit.c - from rows to trees. */
#include "steps/numeric/clones.h"
#include "steps/models/gradient_boosting.h"
#include "steps/models/gradient_boosting_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All memory of a fit; nothing is allocated from tree to tree but room for fitted nodes. */
struct room {
    double *scores;     /* n_outputs x n */
    float *probability; /* n_outputs x n, SOFTMAX only */
    float *gradient, *hessian;
    int32_t *packed;
    int32_t *bag, *outside; /* rows of a round, ascending, and the others: n together */
    int32_t *rows;          /* the bag's, by the leaves of a tree */
    int32_t *inputs;
    double *values;   /* one a node */
    double *quantile; /* 2 n, for losses without curvature */
};

struct attune_boosting_fit {
    attune_gradient_boosting *s;
    const attune_context *context;
    attune_boosting_rows rows;
    attune_boosting b;
    int8_t *monotone; /* nullable: one an input */
    attune_grower *grower;
    attune_trees_builder builder;
    struct room room;
    int32_t levels, n_inputs;
    int64_t n_bag, n_outside;
    int64_t rounds;      /* so far */
    int64_t best_rounds; /* of the rows held out */
    bool pauses;         /* there are more rounds, for fit_more */
};

static void room_free(struct room *room)
{
    free(room->scores);
    free(room->probability);
    free(room->gradient);
    free(room->hessian);
    free(room->packed);
    free(room->bag);
    free(room->rows);
    free(room->inputs);
    free(room->values);
    free(room->quantile);
}

static attune_status room_make(struct attune_boosting_fit *f, attune_error *error)
{
    struct room *room = &f->room;
    int64_t n = f->b.n, leaves = f->s->num_leaves < n ? f->s->num_leaves : n;
    bool softmax = f->b.loss == ATTUNE_LOSS_SOFTMAX;
    bool flat = f->b.loss == ATTUNE_LOSS_ABSOLUTE || f->b.loss == ATTUNE_LOSS_QUANTILE;
    room->scores = attune_alloc(n * f->b.n_outputs, sizeof *room->scores, error);
    room->probability =
        attune_alloc(softmax ? n * f->b.n_outputs : 0, sizeof *room->probability, error);
    room->gradient = attune_alloc(n, sizeof *room->gradient, error);
    room->hessian = attune_alloc(n, sizeof *room->hessian, error);
    room->packed = attune_alloc(n, sizeof *room->packed, error);
    room->bag = attune_alloc(n, sizeof *room->bag, error);
    room->rows = attune_alloc(n, sizeof *room->rows, error);
    room->inputs = attune_alloc(f->rows.bins->p, sizeof *room->inputs, error);
    room->values = attune_alloc(2 * leaves + 1, sizeof *room->values, error);
    room->quantile = attune_alloc(flat ? 2 * n : 0, sizeof *room->quantile, error);
    return room->scores && room->probability && room->gradient && room->hessian && room->packed &&
                   room->bag && room->rows && room->inputs && room->values && room->quantile
               ? ATTUNE_OK
               : ATTUNE_MEMORY;
}

/* The rows of a round: all, or each with probability subsample, by a hash of its number. Those
 * outside come after, so that their scores follow too. */
static void draw_bag(struct attune_boosting_fit *f, uint64_t key)
{
    const attune_boosting *b = &f->b;
    int32_t *bag = f->room.bag;
    f->n_bag = b->n_used;
    f->n_outside = 0;
    if (f->s->subsample >= 1) {
        memcpy(bag, b->used, (size_t)b->n_used * sizeof *bag);
        f->room.outside = bag + b->n_used;
        return;
    }
    uint64_t limit = (uint64_t)(f->s->subsample * 0x1p32);
    int64_t in = 0, end = b->n_used;
    for (int64_t i = 0; i < b->n_used; i++) {
        uint64_t x = ((uint64_t)b->used[i] + key) * UINT64_C(0x9E3779B97F4A7C15);
        x = (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
        bool inside = (x ^ x >> 32) >> 32 < limit;
        bag[in] = bag[end - 1] = b->used[i]; /* one of them is free still: no branch */
        in += inside;
        end -= !inside;
    }
    f->n_bag = in;
    f->n_outside = b->n_used - in;
    f->room.outside = bag + in;
}

/* The columns of a tree, ascending. */
static void draw_inputs(struct attune_boosting_fit *f, attune_stream *stream)
{
    int32_t p = f->rows.bins->p, taken = 0;
    int32_t wanted = (int32_t)ceil(f->s->colsample_bytree * p);
    for (int32_t c = 0; c < p && taken < wanted; c++)
        if (wanted == p || (p - c) * attune_stream_uniform(stream) < wanted - taken)
            f->room.inputs[taken++] = c;
    f->n_inputs = taken;
}

static void add_to_scores(double *scores, const int32_t *rows, int64_t n, double value)
{
    for (int64_t i = 0; i < n; i++)
        scores[rows[i]] += value;
}

static void set_values(struct attune_boosting_fit *f, const attune_node *nodes, int32_t n_nodes,
                       double *scores)
{
    attune_boosting_leaf leaf = {f->room.gradient, f->room.hessian,  scores,
                                 f->s->reg_alpha,  f->s->reg_lambda, f->room.quantile};
    for (int32_t k = 0; k < n_nodes; k++) {
        f->room.values[k] = 0;
        if (nodes[k].input >= 0)
            continue;
        const int32_t *rows = f->room.rows + nodes[k].first;
        double value = attune_boosting_value(&f->b, &leaf, rows, nodes[k].n);
        value = attune_grower_clamp(f->grower, k, value);
        f->room.values[k] = f->s->learning_rate * value;
        add_to_scores(scores, rows, nodes[k].n, f->room.values[k]);
    }
}

/* Scores of rows that the tree was not grown on. */
static void follow(struct attune_boosting_fit *f, int32_t n_nodes, double *scores,
                   const int32_t *rows, int64_t n)
{
    const attune_node *nodes = attune_grower_nodes(f->grower);
    for (int64_t from = 0; from < n; from += f->b.n_used) {
        int64_t count = n - from < f->b.n_used ? n - from : f->b.n_used;
        memcpy(f->room.rows, rows + from, (size_t)count * sizeof *rows);
        attune_grower_route(f->grower, f->room.rows, count);
        for (int32_t k = 0; k < n_nodes; k++)
            if (nodes[k].input < 0)
                add_to_scores(scores, f->room.rows + nodes[k].first, nodes[k].n, f->room.values[k]);
    }
}

static attune_status grow_tree(struct attune_boosting_fit *f, int32_t k, attune_stream *stream,
                               attune_error *error)
{
    attune_tree_target target = {0};
    double *scores = f->room.scores + k * f->b.n;
    attune_boosting_gradients(&f->b, f->room.scores, f->room.probability, k, f->room.gradient,
                              f->room.hessian);
    attune_boosting_quantise(&f->b, f->room.gradient, f->room.hessian, f->levels,
                             attune_stream_bits(stream), f->room.packed, &target);
    draw_inputs(f, stream);
    memcpy(f->room.rows, f->room.bag, (size_t)f->n_bag * sizeof *f->room.rows);
    int32_t n_nodes = attune_grower_grow(f->grower, f->room.rows, f->n_bag, f->room.inputs,
                                         f->n_inputs, &target, stream);
    const attune_node *nodes = attune_grower_nodes(f->grower);
    set_values(f, nodes, n_nodes, scores);
    follow(f, n_nodes, scores, f->room.outside, f->n_outside);
    follow(f, n_nodes, scores, f->rows.held_out, f->rows.n_held_out);
    return attune_trees_add(&f->builder, f->rows.bins, nodes, n_nodes, f->room.values, error);
}

/* The loss of the rows held out after so many rounds; whether rounds go on. Remembers the best. */
static attune_status look(struct attune_boosting_fit *f, int64_t rounds, bool *goes_on,
                          attune_error *error)
{
    attune_array *losses = &f->s->held_out_loss;
    attune_status status = ATTUNE_OK;
    if (!f->rows.n_held_out)
        return ATTUNE_OK;
    if (rounds == losses->shape[0])
        status = attune_array_resize(losses, 2 * rounds + 64, error);
    if (status)
        return status;
    double loss = attune_boosting_mean(&f->b, f->room.scores, f->rows.held_out, f->rows.n_held_out);
    losses->f64[rounds] = loss;
    if (loss < losses->f64[f->best_rounds])
        f->best_rounds = rounds;
    *goes_on = rounds - f->best_rounds < f->s->early_stopping_rounds;
    return ATTUNE_OK;
}

/* What is drawn depends on the round, not on how many there will be. */
static attune_status run_round(struct attune_boosting_fit *f, int64_t round, attune_error *error)
{
    attune_status status = attune_context_stop(f->context, error);
    attune_key key = attune_key_integer(attune_key_text(f->context->stream, "round"), round);
    attune_stream stream = attune_stream_new(key);
    draw_bag(f, attune_stream_bits(&stream));
    attune_boosting_prepare(&f->b, f->room.scores, f->room.probability);
    for (int32_t k = 0; k < f->b.n_outputs && !status; k++)
        status = grow_tree(f, k, &stream, error);
    return status;
}

/* Rounds held out are looked at to the end: what they say of the best is not known before. */
static attune_status run(struct attune_boosting_fit *f, int64_t reach, attune_error *error)
{
    attune_array *losses = &f->s->held_out_loss;
    int64_t most = f->rows.varies ? f->s->n_estimators : 0;
    bool goes_on = true, watched = most && f->rows.n_held_out;
    attune_status status = ATTUNE_OK;
    f->pauses = reach > 0 && reach < most && !watched;
    if (f->pauses)
        most = reach;
    if (watched)
        status = look(f, 0, &goes_on, error);
    while (f->rounds < most && goes_on && !status) {
        status = run_round(f, f->rounds++, error);
        if (!status && watched)
            status = look(f, f->rounds, &goes_on, error);
    }
    if (!status)
        status = attune_array_resize(losses, watched ? f->rounds + 1 : 0, error);
    int64_t rounds = watched ? f->best_rounds : f->rounds;
    return status ? status : attune_trees_finish(&f->builder, rounds * f->b.n_outputs, error);
}

/* Gradients of classes end at 1, so where there are many rows, few levels do as well as many, and
 * rows that are fitted come to be 0, which cost nothing; errors and weights may have long tails. No
 * sum may overflow. */
static int32_t levels_of(const struct attune_boosting_fit *f)
{
    enum { FEW = 127, MANY_ROWS = 10000 };
    bool bounded = f->b.loss >= ATTUNE_LOSS_LOGISTIC && !f->b.weights;
    int64_t wanted = f->s->num_grad_quant_bins, most = INT32_MAX / 2 / (f->b.n + 1);
    if (wanted == INT64_MIN)
        wanted = bounded && f->b.n >= MANY_ROWS ? FEW : ATTUNE_LEVELS;
    return (int32_t)(wanted < most ? wanted : most);
}

static attune_status begin(struct attune_boosting_fit *f, const attune_data *data,
                           attune_error *error)
{
    attune_gradient_boosting *s = f->s;
    attune_tree_options options = {
        .num_leaves = s->num_leaves,
        .max_depth = s->max_depth,
        .min_child_samples = s->min_child_samples,
        .min_child_weight = s->min_child_weight,
        .reg_alpha = s->reg_alpha,
        .reg_lambda = s->reg_lambda,
        .min_split_gain = s->min_split_gain,
        .colsample_bynode = s->colsample_bynode,
        .extra_trees = s->extra_trees,
        .cat_smooth = s->cat_smooth,
        .cat_l2 = s->cat_l2,
        .monotone = f->monotone,
    };
    f->levels = levels_of(f);
    attune_status status = room_make(f, error);
    if (!status)
        status = attune_grower_new(&f->grower, f->rows.bins, f->b.n_used, &options, error);
    if (!status)
        status = attune_trees_begin(&f->builder, &s->trees, data, error);
    if (!status)
        status = attune_boosting_start(&f->b, s->start.f64, error);
    for (int64_t i = 0; i < f->b.n_outputs * f->b.n && !status; i++)
        f->room.scores[i] = s->start.f64[i / f->b.n];
    return status;
}

void attune_boosting_fit_free(struct attune_boosting_fit *f)
{
    if (!f)
        return;
    attune_grower_free(f->grower);
    free(f->monotone);
    room_free(&f->room);
    attune_boosting_release(&f->rows, &f->b);
    free(f);
}

attune_status attune_boosting_fit_more(attune_gradient_boosting *s, const attune_context *context,
                                       attune_error *error)
{
    struct attune_boosting_fit *f = s->paused;
    if (!f)
        return ATTUNE_OK; /* it is whole */
    f->context = context;
    attune_status status = run(f, context->reach, error);
    if (!status && f->pauses)
        return ATTUNE_OK;
    attune_boosting_fit_free(f);
    s->paused = NULL;
    return status;
}

attune_status attune_boosting_fit(attune_gradient_boosting *s, const attune_data *data,
                                  const attune_rows *rows, const attune_context *context,
                                  attune_error *error)
{
    attune_boosting_fit_free(s->paused);
    s->paused = attune_alloc(1, sizeof *s->paused, error);
    if (!s->paused)
        return ATTUNE_MEMORY;
    struct attune_boosting_fit *f = s->paused;
    *f = (struct attune_boosting_fit){.s = s, .context = context};
    attune_status status = attune_boosting_gather(&f->rows, &f->b, s, data, rows, context, error);
    if (!status)
        status = attune_boosting_monotone(s, data, context, &f->monotone, error);
    if (!status)
        status = begin(f, data, error);
    if (!status)
        status = attune_array_make_1d(&s->held_out_loss, ATTUNE_ARRAY_F64, 0, error);
    if (!status)
        return attune_boosting_fit_more(s, context, error);
    attune_boosting_fit_free(f);
    s->paused = NULL;
    return status;
}
