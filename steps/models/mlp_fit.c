/* steps/models/mlp_fit.c - which rows are fitted, and what is to be learnt of them. */
#include "steps/models/mlp_train.h"

#include "steps/held_out.h"
#include "steps/models/classes.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_TO_SPLIT = 20 };

static void side_clear(attune_mlp_side *side)
{
    free(side->x);
    free(side->labels);
    free(side->y);
    free(side->weight);
    *side = (attune_mlp_side){0};
}

/* Codes of classes become numbers of outputs; numbers are standardised. */
static attune_status take_target(const attune_mlp *s, const attune_data *data,
                                 const attune_linear_rows *rows, attune_mlp_side *side,
                                 attune_error *error)
{
    if (!s->n_classes) {
        double mean = 0;
        side->y = attune_alloc(rows->n, sizeof *side->y, error);
        attune_status status = side->y
                                   ? attune_linear_target(rows, data, false, side->y, &mean, error)
                                   : ATTUNE_MEMORY;
        for (int64_t i = 0; i < rows->n && !status; i++)
            side->y[i] = (side->y[i] - s->target.f64[0]) / s->target.f64[1];
        return status;
    }
    side->labels = attune_alloc(rows->n, sizeof *side->labels, error);
    if (!side->labels)
        return ATTUNE_MEMORY;
    attune_status status =
        attune_classes_take(data, rows->index, rows->n, "mlp", side->labels, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        int32_t k = 0;
        while (s->classes.i32[k] != side->labels[i])
            k++;
        side->labels[i] = k;
    }
    return status;
}

static attune_status take_side(const attune_mlp *s, const attune_data *data,
                               const attune_rows *rows, attune_mlp_side *side, attune_error *error)
{
    attune_linear_rows gathered = {0};
    attune_status status = attune_linear_gather(&gathered, data, rows, false, false, error);
    if (!status)
        status = take_target(s, data, &gathered, side, error);
    int64_t wide = attune_mlp_wide(gathered.p);
    side->n = gathered.n;
    side->x = status ? NULL : attune_alloc(side->n * wide, sizeof *side->x, error);
    if (!status && !side->x)
        status = ATTUNE_MEMORY;
    for (int64_t i = 0; i < side->n && !status; i++)
        attune_mlp_encode(s, gathered.x + i * gathered.stride, side->x + i * wide);
    side->weight = gathered.weight;
    gathered.weight = NULL;
    attune_linear_clear(&gathered);
    return status;
}

/* The classes that are there, ascending. */
static attune_status list_classes(attune_mlp *s, const attune_data *data,
                                  const attune_linear_rows *rows, attune_error *error)
{
    int32_t *codes = attune_alloc(rows->n, sizeof *codes, error), n = 0;
    uint8_t *there = attune_alloc(s->n_classes, 1, error);
    attune_status status = codes && there ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_classes_take(data, rows->index, rows->n, "mlp", codes, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        n += !there[codes[i]];
        there[codes[i]] = 1;
    }
    if (!status)
        status = attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, n, error);
    n = 0;
    for (int32_t k = 0; k < s->n_classes && !status; k++)
        if (there[k])
            s->classes.i32[n++] = k;
    free(codes);
    free(there);
    return status;
}

static attune_status measure_target(attune_mlp *s, const attune_data *data,
                                    const attune_linear_rows *rows, attune_error *error)
{
    double none = 0, *y = attune_alloc(rows->n, sizeof *y, error);
    attune_status status =
        y ? attune_linear_target(rows, data, false, y, &none, error) : ATTUNE_MEMORY;
    if (!status) {
        double *t = s->target.f64;
        attune_mean_and_deviation(y, rows->n, &t[0], &t[1]);
        t[2] = t[3] = y[0];
        for (int64_t i = 1; i < rows->n; i++) {
            t[2] = fmin(t[2], y[i]);
            t[3] = fmax(t[3], y[i]);
        }
        t[0] = t[1] > 0 ? t[0] : t[2];
        if (!isfinite(t[0]) || !isfinite(t[1]))
            status =
                attune_fail(error, ATTUNE_UNFIT, "the target's values are too large: scale it");
    }
    free(y);
    return status;
}

/* What the fitted members say of the target, from all rows. *varies: there is something to learn.
 */
static attune_status learn_target(attune_mlp *s, const attune_data *data,
                                  const attune_linear_rows *rows, bool *varies, attune_error *error)
{
    s->n_classes = attune_data_n_classes(data);
    attune_status status =
        attune_array_make_1d(&s->target, ATTUNE_ARRAY_F64, s->n_classes ? 0 : 4, error);
    if (!status && !s->n_classes)
        status = attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, 0, error);
    if (!status)
        status = s->n_classes ? list_classes(s, data, rows, error)
                              : measure_target(s, data, rows, error);
    *varies =
        !status && (s->n_classes ? attune_array_count(&s->classes) > 1 : s->target.f64[1] > 0);
    return status;
}

/* The rows that weigh something. */
static attune_rows *weighed_rows(const attune_linear_rows *weighed, attune_error *error)
{
    int64_t *index = attune_alloc(weighed->n, sizeof *index, error);
    if (!index)
        return NULL;
    memcpy(index, weighed->index, (size_t)weighed->n * sizeof *index);
    return attune_rows_new_take(index, weighed->n, error);
}

/* Some rows are held out where that is wanted and can be. */
static attune_status split(const attune_mlp *s, const attune_data *data, attune_rows *all,
                           const attune_context *context, attune_rows **fitted,
                           attune_rows **held_out)
{
    attune_status status = ATTUNE_UNFIT;
    if (s->validation_fraction > 0 && all->n >= FEWEST_TO_SPLIT)
        status = attune_held_out_split(data, all, s->validation_fraction,
                                       attune_key_text(context->stream, "held out"), fitted,
                                       held_out, NULL);
    if (status == ATTUNE_UNFIT) { /* too few rows, or all in one group: the last epoch is kept */
        attune_rows_free(*fitted);
        attune_rows_free(*held_out);
        *fitted = attune_rows_ref(all);
        *held_out = NULL;
        status = ATTUNE_OK;
    }
    return status;
}

static attune_status train_one(const attune_mlp *s, const attune_data *data, attune_rows *rows,
                               const attune_context *context, float *coefs, int64_t *epoch,
                               attune_error *error)
{
    attune_rows *fitted = NULL, *held_out = NULL;
    attune_mlp_side sides[2] = {{0}, {0}};
    attune_status status = split(s, data, rows, context, &fitted, &held_out);
    if (!status)
        status = take_side(s, data, fitted, &sides[0], error);
    if (!status && held_out)
        status = take_side(s, data, held_out, &sides[1], error);
    if (!status)
        status = attune_mlp_train(s, &sides[0], &sides[1], context, coefs, epoch, error);
    side_clear(&sides[0]);
    side_clear(&sides[1]);
    attune_rows_free(fitted);
    attune_rows_free(held_out);
    return status;
}

/* Every network has draws and held-out rows of its own. */
static attune_status train(attune_mlp *s, const attune_data *data, attune_rows *rows,
                           const attune_context *context, attune_error *error)
{
    attune_mlp_shape shape = attune_mlp_shape_of(s);
    int64_t n = attune_mlp_n_dense(&shape), epochs = 0;
    attune_status status = attune_array_make_1d(&s->coefs, ATTUNE_ARRAY_F32, s->n_ens * n, error);
    for (int64_t m = 0; m < s->n_ens && !status; m++) {
        attune_context own = *context;
        int64_t epoch = 0;
        own.stream = attune_key_integer(context->stream, m);
        status = train_one(s, data, rows, &own, s->coefs.f32 + m * n, &epoch, error);
        epochs += epoch;
    }
    s->best_epoch = epochs / s->n_ens;
    return status;
}

attune_status attune_mlp_fit(attune_mlp *s, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_error *error)
{
    attune_linear_rows gathered = {0};
    attune_rows *weighed = NULL;
    bool varies = false;
    attune_status status = attune_linear_gather(&gathered, data, rows, false, false, error);
    if (!status)
        status = attune_linear_inputs(data, &s->inputs, error);
    if (!status)
        status = learn_target(s, data, &gathered, &varies, error);
    if (!status)
        status = attune_mlp_learn_inputs(s, &gathered, error);
    if (!status && !(weighed = weighed_rows(&gathered, error)))
        status = ATTUNE_MEMORY;
    attune_linear_clear(&gathered); /* each network gathers its own */
    if (!status && varies)
        status = train(s, data, weighed, context, error);
    if (!status && !varies)
        status = attune_array_make_1d(&s->coefs, ATTUNE_ARRAY_F32, 0, error);
    attune_rows_free(weighed);
    return status;
}
