/* steps/transforms/impute.c - something in the place of what is missing.
 *
 * Real columns get a number learnt from the finite values of the training rows; a column that has
 * none there gets fill_value, with a warning. What is infinite stays.
 *
 * Nominal columns: that a value is missing often says something itself. So where the training rows
 * have missing values, `constant` makes them a level of their own; fill_level may also be a level
 * that is there. A value that is missing in a column that had none missing is given the most
 * frequent level. A level that was never seen is not missing, and stays.
 *
 * Datetime and text columns are left alone. */
#include "steps/numeric/sort.h"
#include "steps/step.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum strategy { MEAN, MEDIAN, MOST_FREQUENT, CONSTANT };
enum nominal { LEVEL_CONSTANT, LEVEL_MOST_FREQUENT };

static const char *const strategies[] = {"mean", "median", "most_frequent", "constant", NULL};
static const char *const nominals[] = {"constant", "most_frequent", NULL};

struct impute {
    int strategy, nominal;
    double fill_value;
    char *fill_level;
    bool indicator;
    attune_texts names, nominal_names, indicators;
    attune_array fills;     /* f64, one a name */
    attune_array indicated; /* i64, the place in names of each indicator */
    attune_array levels;    /* i32, one a nominal name: the code that is filled in */
    attune_array
        new_levels; /* u8, one a nominal name: that code is new, those from it on move up */
};

static const attune_field fields[] = {
    ATTUNE_ENUM(struct impute, strategy, strategies, MEAN, "what real columns are filled with"),
    ATTUNE_REAL(struct impute, fill_value, 0,
                "the constant for real columns, and for those with nothing to learn from",
                .no_low = true, .no_high = true),
    ATTUNE_ENUM(struct impute, nominal, nominals, LEVEL_CONSTANT,
                "what nominal columns are filled with; constant: fill_level where training rows "
                "have missing values"),
    ATTUNE_TEXT(struct impute, fill_level, "missing", "the constant for nominal columns"),
    ATTUNE_BOOLEAN(struct impute, indicator, false,
                   "whether to add a column, 1 where a value was missing, for each real column "
                   "with missing values in the training rows"),
    ATTUNE_FITTED_TEXTS(struct impute, names, "real columns that are filled"),
    ATTUNE_FITTED_TEXTS(struct impute, nominal_names, "nominal columns that are filled"),
    ATTUNE_FITTED_TEXTS(struct impute, indicators, "columns that are added"),
    ATTUNE_FITTED_ARRAY(struct impute, fills, "one a real column"),
    ATTUNE_FITTED_ARRAY(struct impute, indicated, "the real column of each that is added"),
    ATTUNE_FITTED_ARRAY(struct impute, levels, "the code that is filled in, one a nominal column"),
    ATTUNE_FITTED_ARRAY(struct impute, new_levels,
                        "1 when that code is a new level: codes from it on move up"),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct impute *s = self;
    return isfinite(s->fill_value) ? NULL : "fill_value must be finite";
}

/* The middle, or the most frequent value (the smallest of several); values is left sorted. */
static attune_status of_sorted(enum strategy strategy, double *values, int64_t n, double *fill,
                               attune_error *error)
{
    attune_sort_item *items = attune_alloc(n, sizeof *items, error);
    if (!items)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++)
        items[i] = (attune_sort_item){attune_sort_key_real(values[i]), i};
    attune_status status = attune_sort_items(items, n, error);
    if (!status && strategy == MEDIAN) {
        *fill = 0.5 * values[items[(n - 1) / 2].row] + 0.5 * values[items[n / 2].row];
    } else if (!status) {
        int64_t most = 0;
        for (int64_t i = 0, start = 0; i < n; i++) {
            if (items[i].key != items[start].key)
                start = i;
            if (i - start + 1 <= most)
                continue;
            most = i - start + 1;
            *fill = values[items[i].row];
        }
    }
    free(items);
    return status;
}

static attune_status learn_fill(const struct impute *s, const attune_column *column,
                                const attune_rows *rows, const attune_context *context,
                                double *values, double *fill, attune_error *error)
{
    double deviation = 0;
    *fill = s->fill_value;
    if (s->strategy == CONSTANT)
        return ATTUNE_OK;
    int64_t n = attune_finite_values(column, rows, values);
    if (n == 0) {
        attune_context_log(context, ATTUNE_LOG_WARNING,
                           "column \"%s\" has no value in the training rows: filled with %g",
                           column->name, s->fill_value);
        return ATTUNE_OK;
    }
    if (s->strategy != MEAN)
        return of_sorted((enum strategy)s->strategy, values, n, fill, error);
    attune_mean_and_deviation(values, n, fill, &deviation);
    return ATTUNE_OK;
}

static bool has_missing(const attune_column *column, const attune_rows *rows)
{
    for (int64_t i = 0; i < rows->n; i++)
        if (attune_column_missing(column, rows->index[i]))
            return true;
    return false;
}

static attune_status name_indicator(struct impute *s, const attune_column *column, int64_t place,
                                    attune_error *error)
{
    attune_text name = {0};
    attune_text_printf(&name, "%s_missing", column->name);
    attune_status status = name.failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory: a name")
                                       : attune_texts_add(&s->indicators, name.bytes, error);
    attune_text_clear(&name);
    if (!status)
        s->indicated.i64[s->indicators.n - 1] = place;
    return status;
}

static attune_status learn_reals(struct impute *s, const attune_data *data, const attune_rows *rows,
                                 const attune_context *context, attune_error *error)
{
    attune_touched touched = {0};
    double *values = attune_alloc(rows->n, sizeof *values, error);
    attune_status status = values ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_touched_select(&touched, data, 1u << ATTUNE_REAL_COLUMN, context, &s->names,
                                       error);
    if (!status)
        status = attune_array_make_1d(&s->fills, ATTUNE_ARRAY_F64, touched.n, error);
    if (!status)
        status = attune_array_make_1d(&s->indicated, ATTUNE_ARRAY_I64, touched.n, error);
    for (int64_t i = 0; i < touched.n && !status; i++) {
        const attune_column *column = attune_touched_column(&touched, i);
        status = learn_fill(s, column, rows, context, values, &s->fills.f64[i], error);
        if (!status && s->indicator && has_missing(column, rows))
            status = name_indicator(s, column, i, error);
        if (!status)
            status = attune_context_stop(context, error);
    }
    if (!status) {
        s->indicated.shape[0] = s->indicators.n;
        status = attune_names_make_unique(&s->indicators, data, error);
    }
    attune_touched_clear(&touched);
    free(values);
    return status;
}

/* Where a new level has its place in the order of levels. */
static int32_t place_of(const attune_levels *levels, const char *name)
{
    int32_t at = 0;
    while (at < levels->n && attune_level_order(levels->names[at], name) < 0)
        at++;
    return at;
}

static attune_status learn_level(const struct impute *s, const attune_column *column,
                                 const attune_rows *rows, int32_t *fill, uint8_t *is_new,
                                 attune_error *error)
{
    int32_t n = column->levels->n, best = -1;
    bool missing = false;
    int64_t *counts = attune_alloc(n, sizeof *counts, error);
    if (!counts)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t code = column->codes[rows->index[i] * column->stride];
        missing |= code == ATTUNE_CODE_MISSING;
        if (code >= 0 && code < n)
            counts[code]++;
    }
    for (int32_t code = 0; code < n; code++)
        if (counts[code] > (best < 0 ? 0 : counts[best]))
            best = code;
    free(counts);
    if (best < 0 || (missing && s->nominal == LEVEL_CONSTANT)) {
        best = attune_levels_find(column->levels, s->fill_level);
        *is_new = best < 0;
        if (best < 0)
            best = place_of(column->levels, s->fill_level);
    }
    *fill = best;
    return ATTUNE_OK;
}

static attune_status learn_nominals(struct impute *s, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    attune_error *error)
{
    attune_touched touched = {0};
    attune_status status = attune_touched_select(&touched, data, 1u << ATTUNE_NOMINAL_COLUMN,
                                                 context, &s->nominal_names, error);
    if (!status)
        status = attune_array_make_1d(&s->levels, ATTUNE_ARRAY_I32, touched.n, error);
    if (!status)
        status = attune_array_make_1d(&s->new_levels, ATTUNE_ARRAY_U8, touched.n, error);
    for (int64_t i = 0; i < touched.n && !status; i++) {
        status = learn_level(s, attune_touched_column(&touched, i), rows, &s->levels.i32[i],
                             &s->new_levels.u8[i], error);
        if (!status)
            status = attune_context_stop(context, error);
    }
    attune_touched_clear(&touched);
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    attune_status status = learn_reals(self, data, rows, context, error);
    return status ? status : learn_nominals(self, data, rows, context, error);
}

static bool any_missing(const attune_column *column)
{
    for (int64_t r = 0; r < column->n_rows; r++)
        if (attune_column_missing(column, r))
            return true;
    return false;
}

/* Real columns with something missing, side by side; the others are shared as they are. */
static attune_status fill_reals(const struct impute *s, const attune_data *data,
                                const attune_context *context, attune_change *change,
                                attune_error *error)
{
    attune_touched touched = {0};
    attune_block block = {0};
    int64_t n = 0;
    attune_status status =
        attune_touched_find(&touched, data, ATTUNE_REAL_COLUMN, &s->names, context, error);
    int64_t *filled = attune_alloc(touched.n, sizeof *filled, error);
    if (!status && !filled)
        status = ATTUNE_MEMORY;
    for (int64_t i = 0; i < touched.n && !status; i++)
        if (any_missing(attune_touched_column(&touched, i)))
            filled[n++] = i;
    if (!status)
        status = attune_block_make(&block, data->n_rows, n, error);
    for (int64_t k = 0; k < n && !status; k++) {
        const attune_column *column = attune_touched_column(&touched, filled[k]);
        for (int64_t r = 0; r < data->n_rows; r++) {
            double x = column->reals[r * column->stride];
            block.values[r * block.stride + k] = isnan(x) ? s->fills.f64[filled[k]] : x;
        }
        attune_key id = attune_context_derive(context, column->id, 0);
        status =
            attune_change_replace_take(change, touched.index[filled[k]],
                                       attune_block_column(&block, k, column->name, id, error));
    }
    free(filled);
    attune_block_clear(&block);
    attune_touched_clear(&touched);
    return status;
}

static attune_status add_indicators(const struct impute *s, const attune_data *data,
                                    const attune_context *context, attune_change *change,
                                    attune_error *error)
{
    attune_block block = {0};
    attune_status status = attune_block_make(&block, data->n_rows, s->indicators.n, error);
    for (int64_t k = 0; k < s->indicators.n && !status; k++) {
        const char *name = s->names.items[s->indicated.i64[k]];
        const attune_column *column = data->columns[attune_data_find(data, name)];
        for (int64_t r = 0; r < data->n_rows; r++)
            block.values[r * block.stride + k] = isnan(column->reals[r * column->stride]);
        attune_key id = attune_context_derive(context, column->id, 1);
        status = attune_change_add_take(
            change, attune_block_column(&block, k, s->indicators.items[k], id, error));
    }
    attune_block_clear(&block);
    return status;
}

static attune_levels *levels_with(const attune_levels *levels, int32_t at, const char *name,
                                  attune_error *error)
{
    const char **names = attune_alloc(levels->n + 1, sizeof *names, error);
    if (!names)
        return NULL;
    for (int32_t i = 0; i <= levels->n; i++)
        names[i] = i < at ? levels->names[i] : i == at ? name : levels->names[i - 1];
    attune_levels *made = attune_levels_new(names, levels->n + 1, error);
    free((void *)names);
    return made;
}

static attune_column *filled_level(const struct impute *s, const attune_column *column, int64_t i,
                                   attune_key id, attune_error *error)
{
    attune_column *made = NULL;
    int32_t fill = s->levels.i32[i], is_new = s->new_levels.u8[i];
    attune_levels *levels = is_new ? levels_with(column->levels, fill, s->fill_level, error)
                                   : attune_levels_ref(column->levels);
    attune_buffer *buffer = levels ? attune_buffer_new(column->n_rows * 4, error) : NULL;
    if (buffer) {
        int32_t *codes = attune_buffer_bytes(buffer);
        for (int64_t r = 0; r < column->n_rows; r++) {
            int32_t code = column->codes[r * column->stride];
            codes[r] = code == ATTUNE_CODE_MISSING ? fill : code >= fill ? code + is_new : code;
        }
        made = attune_column_new(column->name, ATTUNE_NOMINAL_COLUMN, id, column->n_rows, buffer,
                                 codes, 1, levels, error);
    }
    attune_buffer_free(buffer);
    attune_levels_free(levels);
    return made;
}

static attune_status fill_nominals(const struct impute *s, const attune_data *data,
                                   const attune_context *context, attune_change *change,
                                   attune_error *error)
{
    attune_touched touched = {0};
    attune_status status = attune_touched_find(&touched, data, ATTUNE_NOMINAL_COLUMN,
                                               &s->nominal_names, context, error);
    for (int64_t i = 0; i < touched.n && !status; i++) {
        const attune_column *column = attune_touched_column(&touched, i);
        if (s->levels.i32[i] >= column->levels->n + s->new_levels.u8[i])
            status = attune_fail(error, ATTUNE_INVALID,
                                 "%s: column \"%s\" has fewer levels than in the training data",
                                 context->name, column->name);
        /* A new level moves codes in all rows, so that they mean the same in any data. */
        else if (s->new_levels.u8[i] || any_missing(column))
            status = attune_change_replace_take(
                change, touched.index[i],
                filled_level(s, column, i, attune_context_derive(context, column->id, 0), error));
    }
    attune_touched_clear(&touched);
    return status;
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct impute *s = self;
    attune_change change = {0};
    attune_status status = attune_change_begin(&change, data, s->indicators.n, error);
    if (!status)
        status = fill_reals(s, data, context, &change, error);
    if (!status)
        status = add_indicators(s, data, context, &change, error);
    if (!status)
        status = fill_nominals(s, data, context, &change, error);
    if (!status)
        status = attune_change_finish(&change, out, error);
    attune_change_clear(&change);
    return status;
}

static const char *check_fitted(const void *self)
{
    const struct impute *s = self;
    if (s->fills.type != ATTUNE_ARRAY_F64 || attune_array_count(&s->fills) != s->names.n)
        return "fills must be reals, one a name";
    if (s->indicated.type != ATTUNE_ARRAY_I64 ||
        attune_array_count(&s->indicated) != s->indicators.n)
        return "indicated must be integers, one an indicator";
    for (int64_t i = 0; i < s->indicators.n; i++)
        if (s->indicated.i64[i] < 0 || s->indicated.i64[i] >= s->names.n)
            return "an indicator is of no column";
    if (s->levels.type != ATTUNE_ARRAY_I32 || s->new_levels.type != ATTUNE_ARRAY_U8 ||
        attune_array_count(&s->levels) != s->nominal_names.n ||
        attune_array_count(&s->new_levels) != s->nominal_names.n)
        return "levels and new_levels must be integers, one a nominal name";
    for (int64_t i = 0; i < s->nominal_names.n; i++)
        if (s->levels.i32[i] < 0 || s->new_levels.u8[i] > 1)
            return "a level is out of range";
    return NULL;
}

static void describe(const void *self, attune_text *text)
{
    const struct impute *s = self;
    attune_text_printf(text, "%lld real columns by %s, %lld nominal by %s", (long long)s->names.n,
                       strategies[s->strategy], (long long)s->nominal_names.n,
                       nominals[s->nominal]);
    if (s->indicators.n)
        attune_text_printf(text, ", %lld indicators", (long long)s->indicators.n);
}

/* Levels stay levels. */
static int64_t widen(const void *self, attune_kind kind, int64_t levels)
{
    (void)levels;
    const struct impute *s = self;
    return kind == ATTUNE_REAL_COLUMN ? 1 + s->indicator : 0;
}

const attune_step_type attune_step_impute = {
    .name = "impute",
    .doc = "Fills in what is missing in real and nominal columns.",
    .version = 1,
    .size = sizeof(struct impute),
    .fields = fields,
    .space = "{\"strategy\": {\"choice\": [\"mean\", \"median\"]}}",
    .check = check,
    .fit = fit,
    .widen = widen,
    .transform = transform,
    .check_fitted = check_fitted,
    .describe = describe,
};
