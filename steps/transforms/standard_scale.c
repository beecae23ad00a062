/* steps/transforms/standard_scale.c - mean 0 and standard deviation 1, column by column. */
#include "steps/step.h"
#include "steps/transforms/touch.h"

struct standard_scale {
    bool with_mean, with_std;
    attune_texts names;
    attune_array means, scales;
};

static const attune_field fields[] = {
    ATTUNE_BOOLEAN(struct standard_scale, with_mean, true, "whether to take the mean away"),
    ATTUNE_BOOLEAN(struct standard_scale, with_std, true,
                   "whether to divide by the standard deviation (of the population)"),
    ATTUNE_FITTED_TEXTS(struct standard_scale, names, "columns that are scaled"),
    ATTUNE_FITTED_ARRAY(struct standard_scale, means, "what is taken away, one a column"),
    ATTUNE_FITTED_ARRAY(struct standard_scale, scales, "what is divided by, one a column"),
    ATTUNE_FIELDS_END,
};

/* Missing and infinite values are not learnt from; a constant column is divided by 1. */
static void learn(void *self, int64_t i, const double *values, int64_t n)
{
    struct standard_scale *s = self;
    double mean = 0, deviation = 0;
    attune_mean_and_deviation(values, n, &mean, &deviation);
    s->means.f64[i] = s->with_mean ? mean : 0;
    s->scales.f64[i] = s->with_std && deviation > 0 ? deviation : 1;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct standard_scale *s = self;
    attune_array *const arrays[] = {&s->means, &s->scales};
    return attune_learn_reals(&s->names, arrays, 2, learn, s, data, rows, context, error);
}

static void map(const void *self, int64_t i, int64_t n, const double *from, int64_t from_stride,
                double *to, int64_t to_stride)
{
    const struct standard_scale *s = self;
    double mean = s->means.f64[i], scale = s->scales.f64[i];
    for (int64_t r = 0; r < n; r++)
        to[r * to_stride] = (from[r * from_stride] - mean) / scale;
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct standard_scale *s = self;
    return attune_map_reals(&s->names, map, s, data, context, out, error);
}

static const char *check_fitted(const void *self)
{
    const struct standard_scale *s = self;
    bool reals = s->means.type == ATTUNE_ARRAY_F64 && s->scales.type == ATTUNE_ARRAY_F64;
    return reals && attune_array_count(&s->means) == s->names.n &&
                   attune_array_count(&s->scales) == s->names.n
               ? NULL
               : "means and scales must be reals, one a name";
}

static void describe(const void *self, attune_text *text)
{
    const struct standard_scale *s = self;
    attune_text_printf(text, "%lld columns to mean 0 and deviation 1", (long long)s->names.n);
}

const attune_step_type attune_step_standard_scale = {
    .name = "standard_scale",
    .doc = "Scales real columns to mean 0 and standard deviation 1.",
    .version = 1,
    .size = sizeof(struct standard_scale),
    .fields = fields,
    .fit = fit,
    .transform = transform,
    .check_fitted = check_fitted,
    .describe = describe,
};
