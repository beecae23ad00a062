/* steps/transforms/min_max_scale.c - every column to the same range. */
#include "steps/step.h"
#include "steps/transforms/touch.h"

#include <math.h>

struct min_max_scale {
    double low, high;
    bool clip;
    attune_texts names;
    attune_array mins, maxs;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct min_max_scale, low, 0, "where the smallest value goes", .no_low = true,
                .no_high = true),
    ATTUNE_REAL(struct min_max_scale, high, 1, "where the largest value goes", .no_low = true,
                .no_high = true),
    ATTUNE_BOOLEAN(struct min_max_scale, clip, false,
                   "whether values outside the training range are moved to its ends"),
    ATTUNE_FITTED_TEXTS(struct min_max_scale, names, "columns that are scaled"),
    ATTUNE_FITTED_ARRAY(struct min_max_scale, mins, "the smallest value, one a column"),
    ATTUNE_FITTED_ARRAY(struct min_max_scale, maxs, "the largest value, one a column"),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct min_max_scale *s = self;
    return s->low < s->high && isfinite(s->low) && isfinite(s->high) ? NULL : "need low < high";
}

/* Missing and infinite values are not learnt from; a column without others has the range 0 to 0. */
static void learn(void *self, int64_t i, const double *values, int64_t n)
{
    struct min_max_scale *s = self;
    double min = n ? values[0] : 0, max = min;
    for (int64_t r = 1; r < n; r++) {
        min = values[r] < min ? values[r] : min;
        max = values[r] > max ? values[r] : max;
    }
    s->mins.f64[i] = min;
    s->maxs.f64[i] = max;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct min_max_scale *s = self;
    attune_array *const arrays[] = {&s->mins, &s->maxs};
    return attune_learn_reals(&s->names, arrays, 2, learn, s, data, rows, context, error);
}

static void map(const void *self, int64_t i, int64_t n, const double *from, int64_t from_stride,
                double *to, int64_t to_stride)
{
    const struct min_max_scale *s = self;
    /* Halves, so that the width of the widest range does not overflow; a constant column's is 1. */
    double min = 0.5 * s->mins.f64[i], half = 0.5 * s->maxs.f64[i] - min;
    double width = half > 0 ? half : 0.5;
    for (int64_t r = 0; r < n; r++) {
        double part = (0.5 * from[r * from_stride] - min) / width;
        double value = s->low + part * (s->high - s->low);
        to[r * to_stride] = s->clip ? attune_clamp(value, s->low, s->high) : value;
    }
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct min_max_scale *s = self;
    return attune_map_reals(&s->names, map, s, data, context, out, error);
}

static const char *check_fitted(const void *self)
{
    const struct min_max_scale *s = self;
    bool reals = s->mins.type == ATTUNE_ARRAY_F64 && s->maxs.type == ATTUNE_ARRAY_F64;
    return reals && attune_array_count(&s->mins) == s->names.n &&
                   attune_array_count(&s->maxs) == s->names.n
               ? NULL
               : "mins and maxs must be reals, one a name";
}

static void describe(const void *self, attune_text *text)
{
    const struct min_max_scale *s = self;
    attune_text_printf(text, "%lld columns to the same range", (long long)s->names.n);
}

const attune_step_type attune_step_min_max_scale = {
    .name = "min_max_scale",
    .doc = "Scales real columns to a range, 0 to 1 at first.",
    .version = 1,
    .size = sizeof(struct min_max_scale),
    .fields = fields,
    .check = check,
    .fit = fit,
    .transform = transform,
    .check_fitted = check_fitted,
    .describe = describe,
};
