/* steps/models/svm_fit.c - one machine for numbers, one for each pair of classes. */
#include "steps/models/svm.h"

#include "steps/models/classes.h"
#include "steps/splitter.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_BYTES = 1 << 28, INNER_FOLDS = 5 };

struct fit {
    attune_svm *s;
    const attune_data *data;
    const attune_context *context;
    attune_linear_rows rows; /* of classes: those of one after those of another */
    attune_svm_kernel kernel;
    int64_t *start; /* of classes: the first row of each, and the end */
    double *cost;   /* C of each row */
    double *alpha;  /* classes - 1 (or 1) x rows */
};

/* What solving takes: `copies` variables a row of the matrix. */
struct room {
    int64_t copies, tall;
    double *target, *low, *high, *beta, *sums;
};

static void room_free(struct room *r)
{
    free(r->target);
    free(r->low);
    free(r->high);
    free(r->beta);
    free(r->sums);
}

static attune_status room_make(struct room *r, int64_t n_rows, int64_t copies, attune_error *error)
{
    *r = (struct room){.copies = copies, .tall = attune_svm_tall(n_rows)};
    int64_t n = copies * r->tall;
    r->target = attune_alloc(n, sizeof *r->target, error);
    r->low = attune_alloc(n, sizeof *r->low, error);
    r->high = attune_alloc(n, sizeof *r->high, error);
    r->beta = attune_alloc(n, sizeof *r->beta, error);
    r->sums = attune_alloc(r->tall, sizeof *r->sums, error);
    return r->target && r->low && r->high && r->beta && r->sums ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* n: the variables that may move. */
static attune_status solve(const struct fit *f, const struct room *r, int64_t n,
                           attune_svm_matrix *matrix, double *offset, attune_error *error)
{
    int64_t most = f->s->max_iter, steps = 0;
    if (most == INT64_MIN)
        most = 100 * n > 100000 ? 100 * n : 100000;
    attune_svm_problem problem = {r->copies, r->target, r->low, r->high, f->s->tol, most};
    attune_status status =
        attune_svm_solve(&problem, matrix, f->context, r->beta, r->sums, offset, &steps, error);
    if (!status && steps >= most)
        attune_context_log(f->context, ATTUNE_LOG_WARNING,
                           "svm stopped after %lld steps, short of tol: a smaller C or scaled "
                           "inputs converge sooner",
                           (long long)steps);
    return status;
}

static attune_status fit_numbers(struct fit *f, attune_error *error)
{
    attune_svm *s = f->s;
    int64_t n = f->rows.n;
    struct room r;
    attune_svm_matrix matrix = {0};
    double none = 0, offset = 0, *y = attune_alloc(n, sizeof *y, error);
    attune_status status = room_make(&r, n, 2, error);
    if (!status)
        status =
            y ? attune_linear_target(&f->rows, f->data, false, y, &none, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_svm_matrix_make(&matrix, &f->kernel, f->rows.x, n, f->rows.p,
                                        f->rows.stride, KEPT_BYTES, error);
    for (int64_t i = 0; i < n && !status; i++) {
        double value = (y[i] - s->settings.f64[1]) / s->settings.f64[2];
        r.target[i] = value - s->epsilon;
        r.target[r.tall + i] = value + s->epsilon;
        r.high[i] = f->cost[i];
        r.low[r.tall + i] = -f->cost[i];
    }
    if (!status)
        status = solve(f, &r, 2 * n, &matrix, &offset, error);
    for (int64_t i = 0; i < n && !status; i++)
        f->alpha[i] = r.beta[i] + r.beta[r.tall + i];
    if (!status)
        s->intercept.f64[0] = offset;
    attune_svm_matrix_clear(&matrix);
    room_free(&r);
    free(y);
    return status;
}

/* Rows of two classes, side by side, as one problem. */
struct pair {
    int64_t a, b, n_a, n; /* classes; rows of the first; of both */
    double *x, *weight;
    int64_t *index;
    uint8_t *positive;
    attune_svm_matrix matrix;
    struct room room;
    int32_t *fold;    /* of each row */
    double *decision; /* of each row, by machines that have not seen it */
};

static void pair_free(struct pair *p)
{
    attune_svm_matrix_clear(&p->matrix);
    room_free(&p->room);
    free(p->x);
    free(p->weight);
    free(p->index);
    free(p->positive);
    free(p->fold);
    free(p->decision);
}

/* Where row i of the pair is among all rows. */
static int64_t place_of(const struct fit *f, const struct pair *p, int64_t i)
{
    return i < p->n_a ? f->start[p->a] + i : f->start[p->b] + i - p->n_a;
}

static attune_status pair_make(const struct fit *f, struct pair *p, int64_t a, int64_t b,
                               attune_error *error)
{
    int64_t n_a = f->start[a + 1] - f->start[a], n = n_a + f->start[b + 1] - f->start[b];
    int64_t stride = f->rows.stride;
    *p = (struct pair){.a = a, .b = b, .n_a = n_a, .n = n};
    p->x = attune_alloc(n * stride, sizeof *p->x, error);
    p->weight = attune_alloc(n, sizeof *p->weight, error);
    p->index = attune_alloc(n, sizeof *p->index, error);
    p->positive = attune_alloc(n, 1, error);
    p->fold = attune_alloc(n, sizeof *p->fold, error);
    p->decision = attune_alloc(n, sizeof *p->decision, error);
    if (!p->x || !p->weight || !p->index || !p->positive || !p->fold || !p->decision ||
        room_make(&p->room, n, 1, error))
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++) {
        int64_t from = place_of(f, p, i);
        memcpy(p->x + i * stride, f->rows.x + from * stride, (size_t)stride * sizeof *p->x);
        p->weight[i] = f->rows.weight[from];
        p->index[i] = f->rows.index[from];
        p->positive[i] = i < n_a;
    }
    return attune_svm_matrix_make(&p->matrix, &f->kernel, p->x, n, f->rows.p, stride, KEPT_BYTES,
                                  error);
}

/* Solves for the rows that are not in a fold (-1: for all). *sides: whether both classes are there.
 */
static attune_status solve_without(const struct fit *f, struct pair *p, int32_t fold,
                                   double *offset, bool sides[2], attune_error *error)
{
    int64_t n = 0;
    sides[0] = sides[1] = false;
    for (int64_t i = 0; i < p->n; i++) {
        bool out = p->fold[i] == fold && fold >= 0;
        double cost = out ? 0 : f->cost[place_of(f, p, i)];
        sides[p->positive[i]] |= !out;
        n += !out;
        p->room.target[i] = p->positive[i] ? 1 : -1;
        p->room.low[i] = p->positive[i] ? 0 : -cost;
        p->room.high[i] = p->positive[i] ? cost : 0;
    }
    if (!sides[0] || !sides[1])
        return ATTUNE_OK;
    return solve(f, &p->room, n, &p->matrix, offset, error);
}

/* Gives each row a fold; false: they cannot be divided, and are all in fold 0. */
static attune_status deal(const struct fit *f, struct pair *p, int32_t *n_folds,
                          attune_error *error)
{
    int64_t fewest = p->n_a < p->n - p->n_a ? p->n_a : p->n - p->n_a;
    int64_t wanted = fewest < INNER_FOLDS ? fewest : INNER_FOLDS;
    attune_splitter *splitter = NULL;
    attune_folds folds = {0};
    attune_value value = {.kind = ATTUNE_VALUE_INTEGER, .integer = wanted};
    int64_t *index = attune_alloc(p->n, sizeof *index, error);
    int32_t *fold_of = attune_alloc(f->data->n_rows, sizeof *fold_of, error);
    attune_status status = index && fold_of ? ATTUNE_OK : ATTUNE_MEMORY;
    attune_rows *rows = NULL;
    attune_key seed = attune_key_text(f->context->stream, "calibrate");
    seed = attune_key_integer(attune_key_integer(seed, p->a), p->b);
    if (!status) {
        memcpy(index, p->index, (size_t)p->n * sizeof *index);
        rows = attune_rows_new_take(index, p->n, error);
        index = NULL;
        status = rows ? attune_splitter_new(&splitter, attune_splitter_type_find("k_fold"), error)
                      : ATTUNE_MEMORY;
    }
    *n_folds = 0;
    if (!status && wanted >= 2 &&
        !attune_field_set(attune_field_find(splitter->type->fields, "folds"), splitter->self,
                          &value, NULL) &&
        !attune_splitter_split(splitter, f->data, rows, seed, &folds, NULL))
        *n_folds = (int32_t)folds.n;
    for (int32_t k = 0; k < *n_folds; k++)
        for (int64_t i = 0; i < folds.items[k].test->n; i++)
            fold_of[folds.items[k].test->index[i]] = k;
    for (int64_t i = 0; i < p->n && !status; i++)
        p->fold[i] = fold_of[p->index[i]];
    attune_folds_clear(&folds);
    attune_splitter_free(splitter);
    attune_rows_free(rows);
    free(fold_of);
    free(index);
    return status;
}

/* Decisions of rows by machines that have not seen them; where rows cannot be divided, by the one
 * that has. */
static attune_status decide(const struct fit *f, struct pair *p, double offset, attune_error *error)
{
    int32_t n_folds = 0;
    for (int64_t i = 0; i < p->n; i++) /* of the machine that was solved last */
        p->decision[i] = p->room.sums[i] + offset;
    attune_status status = deal(f, p, &n_folds, error);
    for (int32_t fold = 0; fold < n_folds && !status; fold++) {
        bool sides[2];
        double own = 0;
        status = solve_without(f, p, fold, &own, sides, error);
        for (int64_t i = 0; i < p->n && !status; i++)
            if (p->fold[i] == fold)
                p->decision[i] = sides[0] && sides[1] ? p->room.sums[i] + own : sides[1] ? 1 : -1;
    }
    return status;
}

static attune_status fit_pair(struct fit *f, int64_t a, int64_t b, int64_t number,
                              attune_error *error)
{
    attune_svm *s = f->s;
    struct pair p;
    bool sides[2];
    double *own = s->calibration.f64 + 2 * number;
    attune_status status = pair_make(f, &p, a, b, error);
    if (!status)
        status = solve_without(f, &p, -1, &s->intercept.f64[number], sides, error);
    for (int64_t i = 0; i < p.n && !status; i++) {
        int64_t machine = i < p.n_a ? b - 1 : a; /* as libsvm lays its coefficients out */
        f->alpha[machine * f->rows.n + place_of(f, &p, i)] = p.room.beta[i];
    }
    if (!status)
        status = decide(f, &p, s->intercept.f64[number], error);
    if (!status)
        attune_svm_sigmoid(p.decision, p.positive, p.weight, p.n, &own[0], &own[1]);
    pair_free(&p);
    return status;
}

static attune_status fit_classes(struct fit *f, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int64_t n = attune_array_count(&f->s->classes), number = 0;
    for (int64_t a = 0; a < n && !status; a++)
        for (int64_t b = a + 1; b < n && !status; b++)
            status = fit_pair(f, a, b, number++, error);
    return status;
}

/* Rows whose coefficients are all 0 support nothing. */
static attune_status keep_support(struct fit *f, int64_t n_machines, attune_error *error)
{
    attune_svm *s = f->s;
    int64_t n = 0, n_rows = f->rows.n, p = f->rows.p, n_groups = attune_array_count(&s->n_support);
    int64_t *kept = attune_alloc(n_rows, sizeof *kept, error);
    if (!kept)
        return ATTUNE_MEMORY;
    for (int64_t i = 0, group = 0; i < n_rows; i++) {
        bool supports = false;
        for (int64_t m = 0; m < n_machines; m++)
            supports |= f->alpha[m * n_rows + i] != 0;
        while (n_groups && i >= f->start[group + 1])
            group++;
        if (supports && n_groups)
            s->n_support.i32[group]++;
        if (supports)
            kept[n++] = i;
    }
    attune_status status = attune_array_make_2d(&s->support_vectors, ATTUNE_ARRAY_F64, n, p, error);
    if (!status)
        status = attune_array_make_2d(&s->dual_coef, ATTUNE_ARRAY_F64, n_machines, n, error);
    for (int64_t i = 0; i < n && !status; i++) {
        if (p)
            memcpy(s->support_vectors.f64 + i * p, f->rows.x + kept[i] * f->rows.stride,
                   (size_t)p * sizeof(double));
        for (int64_t m = 0; m < n_machines; m++)
            s->dual_coef.f64[m * n + i] = f->alpha[m * n_rows + kept[i]];
    }
    free(kept);
    return status;
}

/* Puts the rows of one class after those of another: returns them so, and where each begins. */
static attune_status group_rows(struct fit *f, const attune_rows *rows, attune_rows **grouped,
                                attune_error *error)
{
    attune_svm *s = f->s;
    attune_linear_rows weighed = {0};
    attune_status status = attune_linear_weigh(&weighed, f->data, rows, error);
    int32_t *codes = attune_alloc(weighed.n, sizeof *codes, error);
    int64_t *index = attune_alloc(weighed.n, sizeof *index, error), n = 0, at = 0;
    int64_t *count = attune_alloc(s->n_classes + 1, sizeof *count, error);
    if (!status && (!codes || !index || !count))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_classes_take(f->data, weighed.index, weighed.n, "svm", codes, error);
    for (int64_t i = 0; i < weighed.n && !status; i++)
        n += count[codes[i]]++ == 0;
    if (!status)
        status = attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, n, error);
    if (!status)
        status =
            (f->start = attune_alloc(n + 1, sizeof *f->start, error)) ? ATTUNE_OK : ATTUNE_MEMORY;
    n = 0;
    for (int64_t k = 0; k < s->n_classes && !status; k++) {
        if (!count[k])
            continue;
        s->classes.i32[n++] = (int32_t)k;
        for (int64_t i = 0; i < weighed.n; i++)
            if (codes[i] == k)
                index[at++] = weighed.index[i];
        f->start[n] = at;
    }
    if (!status) {
        *grouped = attune_rows_new_take(index, at, error);
        index = NULL;
        status = *grouped ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    attune_linear_clear(&weighed);
    free(codes);
    free(index);
    free(count);
    return status;
}

static double variance(const attune_linear_rows *rows, attune_error *error, attune_status *status)
{
    double mean = 0, deviation = 0;
    double *all = attune_alloc(rows->n * rows->p, sizeof *all, error);
    if (!all) {
        *status = ATTUNE_MEMORY;
        return 0;
    }
    for (int64_t i = 0; i < rows->n; i++)
        for (int64_t j = 0; j < rows->p; j++)
            all[i * rows->p + j] = rows->x[i * rows->stride + j];
    attune_mean_and_deviation(all, rows->n * rows->p, &mean, &deviation);
    free(all);
    return deviation * deviation;
}

/* "auto": 1 / inputs; "scale", null: that over the variance of all inputs together. */
static attune_status find_gamma(struct fit *f, double *gamma, attune_error *error)
{
    const attune_value *given = &f->s->gamma;
    double p = f->rows.p ? (double)f->rows.p : 1;
    attune_status status = ATTUNE_OK;
    if (given->kind == ATTUNE_VALUE_REAL)
        *gamma = given->real;
    else if (given->kind == ATTUNE_VALUE_INTEGER)
        *gamma = (double)given->integer;
    else if (given->kind == ATTUNE_VALUE_TEXT && strcmp(given->text, "auto") == 0)
        *gamma = 1 / p;
    else {
        double spread = variance(&f->rows, error, &status);
        *gamma = spread > 0 && isfinite(1 / (p * spread)) ? 1 / (p * spread) : 1;
    }
    return status;
}

static attune_status set_costs(struct fit *f, attune_error *error)
{
    int64_t n = attune_array_count(&f->s->classes);
    f->cost = attune_alloc(f->rows.n, sizeof *f->cost, error);
    if (!f->cost)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < f->rows.n; i++)
        f->cost[i] = f->s->C * f->rows.weight[i];
    for (int64_t k = 0; k < n && f->s->class_weight; k++) {
        double share = (double)f->rows.n / (double)(n * (f->start[k + 1] - f->start[k]));
        for (int64_t i = f->start[k]; i < f->start[k + 1]; i++)
            f->cost[i] *= share;
    }
    return ATTUNE_OK;
}

/* Mean and deviation of numbers, by which they are standardised; 0 deviation: nothing to learn. */
static attune_status measure_target(struct fit *f, double *mean, double *deviation,
                                    attune_error *error)
{
    double none = 0, *y = attune_alloc(f->rows.n, sizeof *y, error);
    attune_status status =
        y ? attune_linear_target(&f->rows, f->data, false, y, &none, error) : ATTUNE_MEMORY;
    if (!status)
        attune_mean_and_deviation(y, f->rows.n, mean, deviation);
    if (!status && !(*deviation > 0))
        *mean = y[0];
    const double most = 1e300; /* a prediction some deviations away is a number too */
    if (!status && !(fabs(*mean) < most && *deviation < most))
        status = attune_fail(error, ATTUNE_UNFIT, "the target's values are too large: scale it");
    if (!status && *deviation > 0 && !f->s->standardize_target) {
        *mean = 0;
        *deviation = 1;
    }
    free(y);
    return status;
}

/* Everything but the machines themselves; *machines: how many rows of coefficients there are. */
static attune_status prepare(struct fit *f, int64_t *machines, attune_error *error)
{
    attune_svm *s = f->s;
    int64_t n = attune_array_count(&s->classes), n_pairs = attune_svm_n_pairs(n);
    attune_status status =
        attune_array_make_1d(&s->settings, ATTUNE_ARRAY_F64, s->n_classes ? 1 : 3, error);
    if (!status)
        status = attune_array_make_1d(&s->n_support, ATTUNE_ARRAY_I32, n, error);
    if (!status)
        status = attune_array_make_2d(&s->calibration, ATTUNE_ARRAY_F64, n_pairs, 2, error);
    if (!status)
        status = attune_array_make_1d(&s->intercept, ATTUNE_ARRAY_F64, s->n_classes ? n_pairs : 1,
                                      error);
    if (!status)
        status = find_gamma(f, &s->settings.f64[0], error);
    if (!status)
        status = set_costs(f, error);
    if (!status && !s->n_classes)
        status = measure_target(f, &s->settings.f64[1], &s->settings.f64[2], error);
    if (status)
        return status;
    *machines = s->n_classes ? n - 1 : s->settings.f64[2] > 0;
    f->kernel = attune_svm_kernel_of(s);
    f->alpha = attune_alloc(*machines * f->rows.n, sizeof *f->alpha, error);
    return f->alpha ? ATTUNE_OK : ATTUNE_MEMORY;
}

attune_status attune_svm_fit(attune_svm *s, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_error *error)
{
    struct fit f = {.s = s, .data = data, .context = context};
    attune_rows *grouped = NULL;
    int64_t machines = 0;
    s->n_classes = attune_data_n_classes(data);
    attune_status status = attune_linear_inputs(data, &s->inputs, error);
    if (!status && s->n_classes)
        status = group_rows(&f, rows, &grouped, error);
    else if (!status)
        status = attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, 0, error);
    if (!status)
        status = attune_linear_gather(&f.rows, data, grouped ? grouped : rows, false, false, error);
    if (!status)
        status = prepare(&f, &machines, error);
    if (!status && machines)
        status = s->n_classes ? fit_classes(&f, error) : fit_numbers(&f, error);
    if (!status)
        status = keep_support(&f, machines, error);
    attune_linear_clear(&f.rows);
    attune_rows_free(grouped);
    free(f.start);
    free(f.cost);
    free(f.alpha);
    return status;
}
