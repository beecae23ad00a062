/* steps/models/gradient_boosting_rows.c - targets, weights and held-out rows of a boosting fit. */
#include "steps/models/gradient_boosting_rows.h"

#include "steps/splitter.h"

#include <math.h>
#include <stdlib.h>

void attune_boosting_release(attune_boosting_rows *rows, attune_boosting *b)
{
    attune_bins_free(rows->bins);
    free(rows->held_out);
    free(b->y);
    free(b->labels);
    free(b->weights);
    free(b->used);
    *rows = (attune_boosting_rows){0};
    *b = (attune_boosting){0};
}

/* Weights, where there are any; rows that weigh nothing are not used. */
static attune_status weigh(attune_boosting *b, const attune_data *data, const attune_rows *rows,
                           attune_error *error)
{
    const attune_column *column = attune_data_role(data, ATTUNE_WEIGHT);
    b->used = attune_alloc(b->n, sizeof *b->used, error);
    if (!b->used)
        return ATTUNE_MEMORY;
    if (column && column->kind != ATTUNE_REAL_COLUMN)
        return attune_fail(error, ATTUNE_UNFIT, "weights in column \"%s\" must be numbers",
                           column->name);
    if (column && !(b->weights = attune_alloc(b->n, sizeof *b->weights, error)))
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < b->n; i++) {
        double weight = column ? column->reals[rows->index[i] * column->stride] : 1;
        if (!(weight >= 0) || !isfinite(weight))
            return attune_fail(error, ATTUNE_UNFIT,
                               "weights in column \"%s\" must be 0 or more, and finite",
                               column ? column->name : "");
        if (b->weights)
            b->weights[i] = weight;
        if (weight > 0)
            b->used[b->n_used++] = (int32_t)i;
    }
    return b->n_used ? ATTUNE_OK
                     : attune_fail(error, ATTUNE_UNFIT, "no training row weighs more than 0");
}

static attune_status read_numbers(attune_boosting *b, attune_gradient_boosting *s,
                                  const attune_column *target, const attune_rows *rows,
                                  attune_error *error)
{
    b->loss = (attune_loss)s->objective;
    b->n_outputs = 1;
    b->y = attune_alloc(b->n, sizeof *b->y, error);
    if (!b->y)
        return ATTUNE_MEMORY;
    double sum = 0;
    for (int64_t i = 0; i < b->n; i++) {
        b->y[i] = target->reals[rows->index[i] * target->stride];
        if (!isfinite(b->y[i]))
            return attune_fail(error, ATTUNE_UNFIT,
                               "the target \"%s\" has missing or infinite values", target->name);
        if (fabs(b->y[i]) > 1e30)
            return attune_fail(error, ATTUNE_UNFIT,
                               "the target \"%s\" has values above 1e30: scale it", target->name);
        if (b->loss == ATTUNE_LOSS_POISSON && b->y[i] < 0)
            return attune_fail(error, ATTUNE_UNFIT,
                               "the target \"%s\" has negative values: poisson is for counts",
                               target->name);
        sum += b->y[i];
    }
    if (b->loss == ATTUNE_LOSS_POISSON && sum == 0)
        return attune_fail(error, ATTUNE_UNFIT,
                           "the target \"%s\" is 0 everywhere: poisson has no finite fit",
                           target->name);
    return ATTUNE_OK;
}

/* Classes that are there are numbered anew: a fold may lack some. number[code] is -1 for others. */
static attune_status number_classes(attune_boosting *b, attune_gradient_boosting *s,
                                    const int64_t *counts, int32_t *number, attune_error *error)
{
    int32_t present = 0;
    for (int64_t k = 0; k < s->n_classes; k++)
        number[k] = counts[k] ? present++ : -1;
    attune_status status = attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, present, error);
    for (int32_t k = 0; k < s->n_classes && !status; k++)
        if (number[k] >= 0)
            s->classes.i32[number[k]] = k;
    b->loss = present > 2 ? ATTUNE_LOSS_SOFTMAX : ATTUNE_LOSS_LOGISTIC;
    b->n_outputs = present > 2 ? present : 1;
    return status;
}

static attune_status balance(attune_boosting *b, int32_t n_present, const int32_t *labels,
                             attune_error *error)
{
    double *sums = attune_alloc(n_present, sizeof *sums, error);
    double total = 0;
    if (!sums || (!b->weights && !(b->weights = attune_alloc(b->n, sizeof(double), error)))) {
        free(sums);
        return ATTUNE_MEMORY;
    }
    bool plain = b->weights[b->used[0]] == 0; /* just made */
    for (int64_t i = 0; i < b->n_used; i++) {
        int32_t row = b->used[i];
        if (plain)
            b->weights[row] = 1;
        sums[labels[row]] += b->weights[row];
        total += b->weights[row];
    }
    for (int64_t i = 0; i < b->n_used; i++) {
        int32_t row = b->used[i];
        b->weights[row] *= total / (n_present * sums[labels[row]]);
    }
    free(sums);
    return ATTUNE_OK;
}

static attune_status read_classes(attune_boosting *b, attune_gradient_boosting *s,
                                  const attune_column *target, const attune_rows *rows,
                                  attune_error *error)
{
    int64_t *counts = attune_alloc(s->n_classes, sizeof *counts, error);
    int32_t *number = attune_alloc(s->n_classes, sizeof *number, error);
    b->labels = attune_alloc(b->n, sizeof *b->labels, error);
    attune_status status = counts && number && b->labels ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < b->n && !status; i++) {
        b->labels[i] = target->codes[rows->index[i] * target->stride];
        if (b->labels[i] < 0 || b->labels[i] >= s->n_classes)
            status = attune_fail(error, ATTUNE_UNFIT, "the target of row %lld is missing",
                                 (long long)rows->index[i] + 1);
    }
    for (int64_t i = 0; i < b->n_used && !status; i++)
        counts[b->labels[b->used[i]]]++;
    if (!status)
        status = number_classes(b, s, counts, number, error);
    for (int64_t i = 0; i < b->n && !status;
         i++) /* weightless rows may have no class: any will do */
        b->labels[i] = number[b->labels[i]] < 0 ? 0 : number[b->labels[i]];
    if (!status && s->class_weight)
        status = balance(b, (int32_t)attune_array_count(&s->classes), b->labels, error);
    if (!status && b->loss == ATTUNE_LOSS_LOGISTIC)
        status = (b->y = attune_alloc(b->n, sizeof *b->y, error)) ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < b->n && !status && b->y; i++)
        b->y[i] = b->labels[i];
    free(counts);
    free(number);
    return status;
}

static bool target_varies(const attune_boosting *b)
{
    for (int64_t i = 1; i < b->n_used; i++)
        if (b->labels ? b->labels[b->used[i]] != b->labels[b->used[0]]
                      : b->y[b->used[i]] != b->y[b->used[0]])
            return true;
    return false;
}

/* The splitter that rows are held out by: the last ones where there is a time, else a draw that
 * keeps groups together and spreads classes evenly. */
static attune_status make_splitter(const attune_gradient_boosting *s, const attune_data *data,
                                   attune_splitter **splitter, attune_error *error)
{
    bool timed = attune_data_role(data, ATTUNE_TIME) != NULL;
    const char *name = timed ? "walk_forward" : "holdout";
    attune_status status = attune_splitter_new(splitter, attune_splitter_type_find(name), error);
    if (status)
        return status;
    /* One fold of walk_forward tests one of two equal shares of the times: so many folds that one
     * share is what is wanted, of which the last is taken. */
    double folds = fmax(1, fmin(100, round(1 / s->validation_fraction) - 1));
    attune_value value =
        timed ? (attune_value){.kind = ATTUNE_VALUE_INTEGER, .integer = (int64_t)folds}
              : (attune_value){.kind = ATTUNE_VALUE_REAL, .real = s->validation_fraction};
    const attune_field *field =
        attune_field_find((*splitter)->type->fields, timed ? "folds" : "share");
    return attune_field_set(field, (*splitter)->self, &value, error);
}

/* Marks the rows of the last fold's test, and keeps those of its train as used. */
static attune_status take_fold(attune_boosting_rows *r, attune_boosting *b, const attune_rows *all,
                               const attune_fold *fold, const attune_data *data,
                               attune_error *error)
{
    uint8_t *side = attune_alloc(data->n_rows, 1, error);
    r->held_out = attune_alloc(b->n, sizeof *r->held_out, error);
    if (!side || !r->held_out) {
        free(side);
        return ATTUNE_MEMORY;
    }
    for (int64_t i = 0; i < fold->train->n; i++)
        side[fold->train->index[i]] = 1;
    for (int64_t i = 0; i < fold->test->n; i++)
        side[fold->test->index[i]] = 2;
    int64_t n = 0;
    for (int64_t i = 0; i < b->n_used; i++) {
        int32_t row = b->used[i];
        if (side[all->index[row]] == 2)
            r->held_out[r->n_held_out++] = row;
        else if (side[all->index[row]] == 1)
            b->used[n++] = row;
    }
    b->n_used = n;
    free(side);
    return n && r->n_held_out ? ATTUNE_OK
                              : attune_fail(error, ATTUNE_UNFIT,
                                            "too few rows to hold some out for early "
                                            "stopping: set early_stopping_rounds to 0");
}

static attune_status hold_out(attune_boosting_rows *r, attune_boosting *b,
                              const attune_gradient_boosting *s, const attune_data *data,
                              const attune_rows *rows, const attune_context *context,
                              attune_error *error)
{
    attune_splitter *splitter = NULL;
    attune_folds folds = {0};
    attune_key seed = attune_key_text(context->stream, "early stopping");
    attune_status status = make_splitter(s, data, &splitter, error);
    if (!status)
        status = attune_splitter_split(splitter, data, rows, seed, &folds, error);
    if (!status)
        status = take_fold(r, b, rows, &folds.items[folds.n - 1], data, error);
    else if (status == ATTUNE_INVALID && error) /* too few rows: no fault of the plan */
        status = error->status = ATTUNE_UNFIT;
    attune_folds_clear(&folds);
    attune_splitter_free(splitter);
    return status;
}

static attune_status read_target(attune_boosting *b, attune_gradient_boosting *s,
                                 const attune_data *data, const attune_rows *rows,
                                 attune_error *error)
{
    const attune_column *target = attune_data_target(data);
    s->n_classes = attune_data_n_classes(data);
    if (!target || (s->n_classes < 1 && target->kind != ATTUNE_REAL_COLUMN))
        return attune_fail(error, ATTUNE_UNFIT, "trees need a target of classes or numbers");
    attune_status status = s->n_classes ? read_classes(b, s, target, rows, error)
                                        : read_numbers(b, s, target, rows, error);
    if (!status && !s->n_classes)
        status = attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, 0, error);
    if (!status)
        status = attune_array_make_1d(&s->start, ATTUNE_ARRAY_F64, b->n_outputs, error);
    s->loss = b->loss;
    return status;
}

attune_status attune_boosting_gather(attune_boosting_rows *r, attune_boosting *b,
                                     attune_gradient_boosting *s, const attune_data *data,
                                     const attune_rows *selection, const attune_context *context,
                                     attune_error *error)
{
    *r = (attune_boosting_rows){0};
    *b = (attune_boosting){.alpha = s->alpha, .n = selection->n};
    int64_t max_bin = s->max_bin == INT64_MIN ? attune_bins_default(selection->n) : s->max_bin;
    attune_status status = attune_bins_get(&r->bins, data, selection, max_bin, context, error);
    if (!status)
        status = weigh(b, data, selection, error);
    if (!status)
        status = read_target(b, s, data, selection, error);
    if (!status)
        r->varies = target_varies(b);
    if (!status && s->early_stopping_rounds > 0 && r->varies)
        status = hold_out(r, b, s, data, selection, context, error);
    return status;
}
