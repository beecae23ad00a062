/* steps/models/knn.c - the mean of the nearest training rows: of their numbers, or of their
 * classes.
 *
 * All distances are computed: exact. In a search, what is looked up is a table of the nearest
 * 128 training rows of each row asked for, which serves every n_neighbors and weights; a larger
 * n_neighbors makes its own. */
#include "steps/models/classes.h"
#include "steps/models/linear_model.h"
#include "steps/models/neighbours.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum weights { UNIFORM, DISTANCE };

struct knn {
    int64_t n_neighbors;
    int weights, metric;
    attune_texts inputs;
    attune_array x, target, weight;
    int64_t n_classes;
    bool trained_here;  /* else it was loaded, and nobody shares its neighbours */
    attune_key trained; /* the rows that were learnt */
};

static const char *const weightings[] = {"uniform", "distance", NULL};
static const char *const metrics[] = {"euclidean", "manhattan", "chebyshev", "cosine", NULL};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct knn, n_neighbors, 5, "how many training rows are asked", .low = 1,
                   .no_high = true),
    ATTUNE_ENUM(struct knn, weights, weightings, UNIFORM,
                "distance: a row counts by one over its distance, and where some are at 0 only "
                "those do"),
    ATTUNE_ENUM(struct knn, metric, metrics, ATTUNE_EUCLIDEAN, "what near means"),
    ATTUNE_FITTED_TEXTS(struct knn, inputs, "columns, in the order of x"),
    ATTUNE_FITTED_ARRAY(struct knn, x,
                        "training rows, sixteen side by side: tiles, inputs, rows of the tile"),
    ATTUNE_FITTED_ARRAY(struct knn, target, "one a training row: a number, or a class"),
    ATTUNE_FITTED_ARRAY(struct knn, weight, "one a training row"),
    ATTUNE_FITTED_INTEGER(struct knn, n_classes, "classes of the target, 0 for numbers"),
    ATTUNE_FIELDS_END,
};

static attune_status keep_target(struct knn *s, const attune_data *data,
                                 const attune_linear_rows *rows, attune_error *error)
{
    const attune_column *target = attune_data_target(data);
    s->n_classes = attune_data_n_classes(data);
    if (s->n_classes > 0) {
        attune_status status = attune_array_make_1d(&s->target, ATTUNE_ARRAY_I32, rows->n, error);
        return status
                   ? status
                   : attune_classes_take(data, rows->index, rows->n, "knn", s->target.i32, error);
    }
    if (!target || target->kind != ATTUNE_REAL_COLUMN)
        return attune_fail(error, ATTUNE_UNFIT, "knn needs a target of classes or numbers");
    attune_status status = attune_array_make_1d(&s->target, ATTUNE_ARRAY_F64, rows->n, error);
    for (int64_t i = 0; i < rows->n && !status; i++)
        s->target.f64[i] = target->reals[rows->index[i] * target->stride];
    if (!status && !attune_all_finite(s->target.f64, rows->n))
        return attune_fail(error, ATTUNE_UNFIT, "the target \"%s\" has missing or infinite values",
                           target->name);
    return status;
}

static attune_status keep_rows(struct knn *s, const attune_linear_rows *rows, attune_error *error)
{
    int64_t p = rows->p;
    const int64_t shape[] = {(rows->n + ATTUNE_TILE_ROWS - 1) / ATTUNE_TILE_ROWS, p,
                             ATTUNE_TILE_ROWS};
    attune_status status = attune_array_make(&s->x, ATTUNE_ARRAY_F64, 3, shape, error);
    if (!status)
        status = attune_array_make_1d(&s->weight, ATTUNE_ARRAY_F64, rows->n, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        double *from = rows->x + i * rows->stride;
        double *to = s->x.f64 + i / ATTUNE_TILE_ROWS * p * ATTUNE_TILE_ROWS + i % ATTUNE_TILE_ROWS;
        if (s->metric == ATTUNE_COSINE)
            attune_neighbours_unit(from, p);
        for (int64_t j = 0; j < p; j++)
            to[j * ATTUNE_TILE_ROWS] = from[j];
        s->weight.f64[i] = rows->weight[i];
    }
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct knn *s = self;
    attune_linear_rows gathered = {0};
    attune_status status = attune_linear_gather(&gathered, data, rows, false, false, error);
    if (!status && gathered.n > INT32_MAX)
        status = attune_fail(error, ATTUNE_UNFIT, "knn takes at most %d training rows", INT32_MAX);
    if (!status)
        status = attune_context_stop(context, error);
    if (!status)
        status = attune_linear_inputs(data, &s->inputs, error);
    if (!status)
        status = keep_target(s, data, &gathered, error);
    if (!status)
        status = keep_rows(s, &gathered, error);
    if (!status && s->n_neighbors > gathered.n)
        attune_context_log(context, ATTUNE_LOG_WARNING,
                           "n_neighbors is %lld, there are %lld training rows: all are asked",
                           (long long)s->n_neighbors, (long long)gathered.n);
    s->trained_here = !status;
    s->trained =
        attune_key_join(attune_key_join(attune_key_start("neighbours"), data->id), rows->id);
    attune_linear_clear(&gathered);
    return status;
}

/* What one neighbour's word weighs. A distance that is next to nothing is nothing. */
static double say(const struct knn *s, const attune_neighbours *found, int64_t at, bool at_zero)
{
    double own = s->weight.f64[found->row[at]], near = 1 / found->distance[at];
    if (s->weights == UNIFORM)
        return own;
    return isfinite(near) ? at_zero ? 0 : own * near : own;
}

/* One row of predictions from the first k neighbours. */
static void vote(const struct knn *s, const attune_neighbours *found, int64_t i, int64_t k,
                 double *out)
{
    int64_t first = i * found->k;
    bool at_zero = !isfinite(1 / found->distance[first]);
    double total = 0;
    for (int64_t a = first; a < first + k; a++)
        total += say(s, found, a, at_zero);
    bool all_far = !(total > 0) || !isfinite(total); /* beyond what a double holds */
    total = all_far ? 0 : total;
    for (int64_t a = first; all_far && a < first + k; a++)
        total += s->weight.f64[found->row[a]];
    for (int64_t a = first; a < first + k; a++) {
        int32_t row = found->row[a];
        double word = all_far ? s->weight.f64[row] : say(s, found, a, at_zero);
        if (s->n_classes > 0)
            out[s->target.i32[row]] += word;
        else
            out[0] += word / total * s->target.f64[row];
    }
    /* Sums before the quotient: a class that all say has exactly 1. */
    for (int64_t c = 0; c < s->n_classes; c++)
        out[c] /= total;
}

struct asked {
    const struct knn *model;
    attune_training_rows training;
    attune_matrix matrix;
    const attune_context *context;
    const int64_t *index;
    int64_t n, k;
};

static attune_status build(void *user, void **value, attune_error *error)
{
    const struct asked *a = user;
    attune_neighbours *found = NULL;
    attune_status status = attune_neighbours_new(&found, &a->training, &a->matrix, a->index, a->n,
                                                 a->k, a->context, error);
    *value = found;
    return status;
}

enum { SHARED_K = 128, SHARED_CELLS = 1 << 26, BLOCK = 1024 };

static bool is_shared(const struct asked *a)
{
    return a->context->services && a->context->services->shared && a->model->trained_here &&
           a->k <= SHARED_K && a->n <= SHARED_CELLS / SHARED_K;
}

/* The first k of a longer list of the nearest are the k nearest: both ways give the same bits. */
static attune_status predict_shared(struct asked *a, const attune_data *data,
                                    const attune_rows *rows, attune_predictions *out,
                                    attune_error *error)
{
    attune_key key = attune_key_integer(a->model->trained, a->model->metric);
    key = attune_key_join(attune_key_join(key, data->id), rows->id);
    int64_t k = a->k;
    void *value = NULL;
    a->k = SHARED_K;
    attune_status status =
        attune_shared_get(a->context, key, &attune_neighbours_kind, build, a, &value, error);
    for (int64_t i = 0; i < a->n && !status; i++)
        vote(a->model, value, i, k, out->values + i * out->width);
    attune_neighbours_free(value);
    return status;
}

static attune_status predict_blocks(struct asked *a, const attune_rows *rows,
                                    attune_predictions *out, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t first = 0; first < rows->n && !status; first += BLOCK) {
        void *found = NULL;
        a->index = rows->index + first;
        a->n = rows->n - first < BLOCK ? rows->n - first : BLOCK;
        status = build(a, &found, error);
        for (int64_t i = 0; i < a->n && !status; i++)
            vote(a->model, found, i, a->k, out->values + (first + i) * out->width);
        attune_neighbours_free(found);
    }
    return status;
}

static attune_status check_rows(const struct asked *a, const attune_data *data,
                                const attune_rows *rows, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < rows->n && a->training.p && !status; i++)
        if (!attune_all_finite(a->matrix.values + rows->index[i] * a->matrix.stride, a->training.p))
            status = attune_linear_blame(data, rows->index[i], error);
    return status;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    const struct knn *s = self;
    int64_t n = s->weight.shape[0];
    struct asked asked = {
        .model = s,
        .training = {s->x.f64, n, s->inputs.n, (attune_distance)s->metric},
        .context = context,
        .index = rows->index,
        .n = rows->n,
        .k = s->n_neighbors < n ? s->n_neighbors : n,
    };
    attune_status status = attune_linear_matrix(data, &s->inputs, &asked.matrix, error);
    if (!status)
        status = check_rows(&asked, data, rows, error);
    if (!status)
        status = s->n_classes > 0
                     ? attune_classes_make(out, rows->n, s->n_classes, error)
                     : attune_predictions_make(out, ATTUNE_REGRESSION, rows->n, 0, error);
    if (!status)
        status = is_shared(&asked) ? predict_shared(&asked, data, rows, out, error)
                                   : predict_blocks(&asked, rows, out, error);
    attune_matrix_clear(&asked.matrix);
    return status;
}

static const char *check_target(const struct knn *s, int64_t n)
{
    attune_array_type type = s->n_classes > 0 ? ATTUNE_ARRAY_I32 : ATTUNE_ARRAY_F64;
    if (s->n_classes < 0 || s->n_classes > INT32_MAX)
        return "n_classes must be 0 or more";
    if (s->target.type != type || s->target.n_dims != 1 || s->target.shape[0] != n)
        return "target must be one real a row, or one class";
    for (int64_t i = 0; i < n; i++)
        if (s->n_classes > 0 ? s->target.i32[i] < 0 || s->target.i32[i] >= s->n_classes
                             : !isfinite(s->target.f64[i]))
            return "target must be finite, and within the classes";
    return NULL;
}

static const char *check_fitted(const void *self)
{
    const struct knn *s = self;
    int64_t n = s->weight.n_dims == 1 ? s->weight.shape[0] : 0;
    if (s->weight.type != ATTUNE_ARRAY_F64 || n < 1 || n > INT32_MAX)
        return "weight must be one real a row";
    for (int64_t i = 0; i < n; i++)
        if (!(s->weight.f64[i] > 0) || !isfinite(s->weight.f64[i]))
            return "weight must be above 0, and finite";
    if (s->x.type != ATTUNE_ARRAY_F64 || s->x.n_dims != 3 || s->x.shape[1] != s->inputs.n ||
        s->x.shape[2] != ATTUNE_TILE_ROWS ||
        s->x.shape[0] != (n + ATTUNE_TILE_ROWS - 1) / ATTUNE_TILE_ROWS)
        return "x must be tiles of sixteen rows";
    if (!attune_all_finite(s->x.f64, attune_array_count(&s->x)))
        return "x must be finite";
    return check_target(s, n);
}

static void describe(const void *self, attune_text *text)
{
    const struct knn *s = self;
    attune_text_printf(text, "the nearest %lld of %lld rows in %lld inputs, %s",
                       (long long)s->n_neighbors, (long long)s->weight.shape[0],
                       (long long)s->inputs.n, metrics[s->metric]);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    double bytes = 8.0 * 2.0 * (double)n * (double)(p + 8) + 12.0 * SHARED_K * (double)n;
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

const attune_step_type attune_step_knn = {
    .name = "knn",
    .doc = "The nearest training rows: the mean of their numbers, or their shares of classes.",
    .version = 1,
    .size = sizeof(struct knn),
    .fields = fields,
    .tasks = ATTUNE_FOR_ANY,
    .simplicity = 2,
    .space = "{\"n_neighbors\": {\"log_int\": [1, 100]}, "
             "\"weights\": {\"choice\": [\"uniform\", \"distance\"]}, "
             "\"metric\": {\"choice\": [\"euclidean\", \"manhattan\", \"cosine\"]}}",
    .most_rows = 50000,
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .estimate_memory = estimate_memory,
};
