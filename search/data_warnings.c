/* search/data_warnings.c - what about the data will make a search worse than it could be. */
#include "search/data_warnings.h"

#include "search/grid.h"
#include "spaces/base/locale.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct work {
    const attune_experiment *e;
    attune_texts *warnings;
    attune_error *error;
};

static attune_status warn(struct work *w, const char *format, ...) ATTUNE_FORMAT(2, 3);

static attune_status warn(struct work *w, const char *format, ...)
{
    char line[600];
    va_list values;
    va_start(values, format);
    attune_locale_format(line, sizeof line, format, values);
    va_end(values);
    return attune_texts_add(w->warnings, line, w->error);
}

static bool same_cell(const attune_column *c, int64_t a, int64_t b)
{
    a *= c->stride;
    b *= c->stride;
    switch (c->kind) {
    case ATTUNE_REAL_COLUMN:
        return c->reals[a] == c->reals[b] || (isnan(c->reals[a]) && isnan(c->reals[b]));
    case ATTUNE_NOMINAL_COLUMN:
        return c->codes[a] == c->codes[b];
    case ATTUNE_DATETIME_COLUMN:
        return c->times[a] == c->times[b];
    default:
        return c->texts[a] == c->texts[b] ||
               (c->texts[a] && c->texts[b] && strcmp(c->texts[a], c->texts[b]) == 0);
    }
}

static attune_status warn_constant(struct work *w, const attune_column *c, bool *constant)
{
    *constant = true;
    for (int64_t i = 1; i < c->n_rows && *constant; i++)
        *constant = same_cell(c, 0, i);
    if (!*constant)
        return ATTUNE_OK;
    return attune_column_missing(c, 0)
               ? warn(w, "%s: every value is missing; ignore it", c->name)
               : warn(w, "%s: constant, it tells nothing; ignore it", c->name);
}

/* 1, 2, 3, ... down the file. */
static bool numbers_rows(const attune_column *c)
{
    for (int64_t i = 1; i < c->n_rows; i++)
        if (c->reals[i * c->stride] != c->reals[(i - 1) * c->stride] + 1)
            return false;
    return c->n_rows > 10;
}

static attune_status warn_levels(struct work *w, const attune_column *c)
{
    char once[32], all[32];
    int32_t n = c->levels->n, n_once = 0;
    int64_t *counts = attune_alloc(n, sizeof *counts, w->error);
    if (!counts)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < c->n_rows; i++)
        if (c->codes[i * c->stride] >= 0)
            counts[c->codes[i * c->stride]]++;
    for (int32_t k = 0; k < n; k++)
        n_once += counts[k] == 1;
    free(counts);
    if (n == c->n_rows && n > 10)
        return warn(w, "%s: another value in every row, like an id; name it under data.id",
                    c->name);
    if (n_once)
        return warn(w, "%s: %s levels, %s of them once", c->name, attune_count_text(n, all),
                    attune_count_text(n_once, once));
    return ATTUNE_OK;
}

/* A class target that a nominal input tells, one to one. */
static bool tells_classes(const attune_column *c, const attune_column *target, int32_t n_classes)
{
    int32_t n = c->kind == ATTUNE_NOMINAL_COLUMN ? c->levels->n : 0;
    int64_t first[64];
    if (n_classes > 64 || n != n_classes)
        return false;
    memset(first, -1, sizeof first);
    for (int64_t i = 0; i < c->n_rows; i++) {
        int32_t code = c->codes[i * c->stride], class = target->codes[i * target->stride];
        if (code < 0 || class < 0)
            return false;
        if (first[class] < 0)
            first[class] = i;
        if (!same_cell(c, first[class], i))
            return false;
    }
    return true;
}

static bool tells_target(const attune_column *c, const attune_data *data)
{
    const attune_column *target = attune_data_target(data);
    if (!target)
        return false;
    if (data->task != ATTUNE_REGRESSION)
        return c->kind == ATTUNE_NOMINAL_COLUMN &&
               tells_classes(c, target, attune_data_n_classes(data));
    if (c->kind != ATTUNE_REAL_COLUMN || target->kind != ATTUNE_REAL_COLUMN)
        return false;
    for (int64_t i = 0; i < c->n_rows; i++)
        if (c->reals[i * c->stride] != target->reals[i * target->stride])
            return false;
    return true;
}

static attune_status warn_column(struct work *w, const attune_column *c)
{
    bool constant = false;
    attune_status status = warn_constant(w, c, &constant);
    if (status || constant)
        return status;
    if (tells_target(c, w->e->data))
        return warn(w, "%s: it tells the target in every row; is it known beforehand?", c->name);
    if (c->kind == ATTUNE_NOMINAL_COLUMN)
        return warn_levels(w, c);
    if (c->kind == ATTUNE_REAL_COLUMN && numbers_rows(c))
        return warn(w, "%s: it numbers the rows; name it under data.id or data.ignore", c->name);
    return ATTUNE_OK;
}

/* How many of these rows are of each class. */
static void count_classes(const attune_column *target, const attune_rows *rows, int64_t *counts,
                          int32_t n)
{
    memset(counts, 0, (size_t)n * sizeof *counts);
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t code = target->codes[rows->index[i] * target->stride];
        if (code >= 0 && code < n)
            counts[code]++;
    }
}

/* Classes of which one side of a fold has no row; counts has room for all. */
static attune_status warn_lacking(struct work *w, int64_t f, bool tested, int64_t *counts)
{
    const attune_experiment *e = w->e;
    const attune_column *target = attune_data_target(e->data);
    const attune_rows *rows = tested ? e->folds.items[f].test : e->folds.items[f].train;
    int32_t n = attune_data_n_classes(e->data);
    attune_status status = ATTUNE_OK;
    count_classes(target, rows, counts, n);
    for (int32_t k = 0; k < n && !status; k++)
        if (counts[k] == 0)
            status = warn(w, "class \"%s\" is missing from the rows that fold %lld %s",
                          target->levels->names[k], (long long)f, tested ? "tests" : "fits");
    return status;
}

static attune_status warn_classes(struct work *w)
{
    const attune_experiment *e = w->e;
    const attune_column *target = attune_data_target(e->data);
    int32_t n = attune_data_n_classes(e->data);
    int64_t n_folds = e->folds.n;
    char rows[32];
    int64_t *counts = n ? attune_alloc(n, sizeof *counts, w->error) : NULL;
    attune_status status = n && !counts ? ATTUNE_MEMORY : ATTUNE_OK;
    if (!n || !counts)
        return status;
    count_classes(target, e->all, counts, n);
    for (int32_t k = 0; k < n && !status; k++)
        if (counts[k] < n_folds)
            status = warn(w, "class \"%s\": %s row%s, fewer than the %lld folds",
                          target->levels->names[k], attune_count_text(counts[k], rows),
                          counts[k] == 1 ? "" : "s", (long long)n_folds);
    for (int64_t f = 0; f < 2 * n_folds && !status; f++)
        status = warn_lacking(w, f / 2, f % 2 == 1, counts);
    free(counts);
    return status;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many cells of `test` are among those of `train`, a column of the same kind; -1: no memory. */
static int64_t count_shared(const attune_column *train, const attune_column *test,
                            attune_error *error)
{
    bool text = train->kind == ATTUNE_TEXT_COLUMN;
    size_t size = text ? sizeof(char *) : sizeof(double), n = 0;
    int64_t shared = 0;
    double *numbers = text ? NULL : attune_alloc(train->n_rows, size, error);
    const char **texts = text ? attune_alloc(train->n_rows, size, error) : NULL;
    if (!numbers && !texts)
        return -1;
    for (int64_t i = 0; i < train->n_rows; i++) {
        if (attune_column_missing(train, i))
            continue;
        if (texts)
            texts[n++] = train->texts[i * train->stride];
        else
            numbers[n++] = train->reals[i * train->stride];
    }
    if (texts)
        qsort(texts, n, size, by_text);
    else
        qsort(numbers, n, size, by_number);
    for (int64_t i = 0; i < test->n_rows; i++)
        if (!attune_column_missing(test, i))
            shared +=
                texts
                    ? bsearch(&test->texts[i * test->stride], texts, n, size, by_text) != NULL
                    : bsearch(&test->reals[i * test->stride], numbers, n, size, by_number) != NULL;
    free(texts);
    free(numbers);
    return shared;
}

static attune_status read_test(const attune_experiment *e, attune_data **data, attune_error *error)
{
    const attune_plan *plan = e->plan;
    attune_table *table = NULL;
    attune_table_options how = {.delimiter = plan->delimiter,
                                .missing = plan->missing.n ? &plan->missing : NULL};
    char *path = attune_plan_path(plan, plan->test, error);
    attune_status status = path ? attune_table_read(&table, path, &how, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_schema_data(e->schema, table, true, data, NULL, error);
    attune_table_free(table);
    free(path);
    return status;
}

static attune_status warn_shared_groups(struct work *w)
{
    const attune_plan *plan = w->e->plan;
    const attune_data *train = w->e->data;
    attune_data *test = NULL;
    char count[32];
    attune_status status = read_test(w->e, &test, w->error);
    for (int64_t i = 0; i < plan->group.n && !status; i++) {
        int64_t here = attune_data_find(train, plan->group.items[i]);
        int64_t there = attune_data_find(test, plan->group.items[i]);
        if (here < 0 || there < 0)
            continue;
        attune_kind kind = train->columns[here]->kind;
        if (kind != ATTUNE_TEXT_COLUMN && kind != ATTUNE_REAL_COLUMN)
            continue;
        int64_t n = count_shared(train->columns[here], test->columns[there], w->error);
        if (n < 0)
            status = ATTUNE_MEMORY;
        else if (n > 0)
            status = warn(w, "%s: %s rows share %s with %s", plan->test,
                          attune_count_text(n, count), plan->group.items[i], plan->file);
    }
    attune_data_free(test);
    return status;
}

attune_status attune_data_warnings(const attune_experiment *experiment, attune_texts *warnings,
                                   attune_error *error)
{
    struct work w = {experiment, warnings, error};
    const attune_data *data = experiment->data;
    const attune_plan *plan = experiment->plan;
    attune_status status = ATTUNE_OK;
    if (data->n_rows < 50)
        status = warn(&w, "only %lld rows: scores will say little", (long long)data->n_rows);
    for (int64_t i = 0; i < data->n_columns && !status; i++)
        if (data->roles[i] == ATTUNE_INPUT)
            status = warn_column(&w, data->columns[i]);
    if (!status)
        status = warn_classes(&w);
    if (!status && plan->time && strcmp(plan->splitter->type->name, "walk_forward") != 0)
        status = warn(&w,
                      "data.time is %s, but the folds do not keep its order: later rows are fitted "
                      "to predict earlier ones; use validation.walk_forward",
                      plan->time);
    if (!status && plan->test)
        status = warn_shared_groups(&w);
    return status;
}
