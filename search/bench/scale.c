/* search/bench/scale.c - how a fit grows with rows and columns: made data, time, peak memory, and
 * what was thought beforehand that it would need.
 *
 *     scale STEP ROWS COLUMNS [hyperparam=value ...]
 *
 * Columns are normal, a twentieth of their values missing where the step takes that; the target is
 * a sum over the first ten of them with noise, or whether that is above 0 for a step that takes
 * classes alone. Prints a row of a table: step, rows, columns, seconds of CPU of making the
 * data, of a fit (which makes the bins), of a second one (which has them), and of predicting every
 * row; the peak of the process's memory in MiB, of that what the data took, and the estimate of
 * the rest (attune_step_need). */
#include "search/bench/parts/settings.h"
#include "search/shared_work.h"
#include "spaces/base/clock.h"
#include "spaces/base/number.h"
#include "steps/memory.h"
#include "steps/step.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double peak_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* A column of n values, of which sum (nullable) gets a part. */
static attune_column *make_column(int64_t number, int64_t n, bool complete, double *sum,
                                  attune_error *error)
{
    char name[32];
    attune_key key = attune_key_integer(attune_key_start("scale"), number);
    attune_stream stream = attune_stream_new(key);
    attune_buffer *buffer = attune_buffer_new(n * (int64_t)sizeof(double), error);
    if (!buffer)
        return NULL;
    double *values = attune_buffer_bytes(buffer);
    for (int64_t i = 0; i < n; i++) {
        bool missing = attune_stream_below(&stream, 20) == 0 && !complete;
        values[i] = missing ? NAN : attune_stream_normal(&stream);
        if (sum)
            sum[i] += missing ? 0.5 : number % 2 ? values[i] : fabs(values[i]);
    }
    snprintf(name, sizeof name, "x%lld", (long long)number);
    attune_column *column =
        attune_column_new(name, ATTUNE_REAL_COLUMN, key, n, buffer, values, 1, NULL, error);
    attune_buffer_free(buffer);
    return column;
}

/* Whether a value is above 0, in classes. */
static attune_column *make_classes(const double *values, int64_t n, attune_key key,
                                   attune_error *error)
{
    static const char *const names[] = {"above", "below"};
    attune_levels *levels = attune_levels_new(names, 2, error);
    attune_buffer *buffer = attune_buffer_new(n * (int64_t)sizeof(int32_t), error);
    int32_t *codes = buffer ? attune_buffer_bytes(buffer) : NULL;
    attune_column *column = NULL;
    for (int64_t i = 0; i < n && codes; i++)
        codes[i] = !(values[i] > 0);
    if (levels && codes)
        column =
            attune_column_new("y", ATTUNE_NOMINAL_COLUMN, key, n, buffer, codes, 1, levels, error);
    attune_levels_free(levels);
    attune_buffer_free(buffer);
    return column;
}

static attune_column *make_target(attune_buffer *buffer, int64_t n, bool classes,
                                  attune_error *error)
{
    attune_key key = attune_key_integer(attune_key_start("scale target"), n);
    attune_stream stream = attune_stream_new(key);
    double *values = attune_buffer_bytes(buffer);
    for (int64_t i = 0; i < n; i++)
        values[i] += attune_stream_normal(&stream);
    if (classes)
        return make_classes(values, n, key, error);
    return attune_column_new("y", ATTUNE_REAL_COLUMN, key, n, buffer, values, 1, NULL, error);
}

static attune_data *make_data(const attune_step_type *type, int64_t n, int64_t p,
                              attune_error *error)
{
    enum { TOLD = 10 };
    bool classes = !(type->tasks >> ATTUNE_REGRESSION & 1);
    attune_column **columns = attune_alloc(p + 1, sizeof *columns, error);
    attune_role *roles = attune_alloc(p + 1, sizeof *roles, error);
    attune_buffer *sum = attune_buffer_new(n * (int64_t)sizeof(double), error);
    attune_data *data = NULL;
    bool whole = columns && roles && sum;
    for (int64_t c = 0; c < p && whole; c++) {
        columns[c] = make_column(c, n, !type->takes_missing,
                                 c < TOLD ? attune_buffer_bytes(sum) : NULL, error);
        roles[c] = ATTUNE_INPUT;
        whole = columns[c] != NULL;
    }
    if (whole)
        whole = (columns[p] = make_target(sum, n, classes, error)) != NULL;
    if (whole) {
        roles[p] = ATTUNE_TARGET;
        data =
            attune_data_new(columns, roles, p + 1, n, classes ? ATTUNE_BINARY : ATTUNE_REGRESSION,
                            classes ? 0 : -1, error);
    }
    for (int64_t c = 0; columns && c <= p; c++)
        attune_column_free(columns[c]);
    attune_buffer_free(sum);
    free((void *)columns);
    free(roles);
    return data;
}

static attune_status shared(void *user, attune_key key, const attune_shared_kind *kind,
                            attune_shared_build build, void *build_user, void **value,
                            attune_error *error)
{
    return attune_shared_work_get(user, key, kind, build, build_user, value, error);
}

struct bench {
    attune_data *data;
    attune_rows *rows;
    attune_step *step;
    attune_predictions predictions;
    attune_context context;
    attune_memory_need need;
};

/* Seconds of making the data, of both fits, and of predicting. */
static attune_status run(struct bench *b, int64_t n, int64_t p, double *seconds, double *mib,
                         attune_error *error)
{
    double start = attune_clock_cpu_seconds();
    b->data = make_data(b->step->type, n, p, error);
    b->rows = b->data ? attune_rows_all(n, error) : NULL;
    attune_status status = b->rows ? ATTUNE_OK : ATTUNE_MEMORY;
    seconds[0] = attune_clock_cpu_seconds() - start;
    *mib = peak_mib();
    if (!status)
        status = attune_step_need(b->step, b->data, n, &b->need, error);
    for (int k = 1; k <= 2 && !status; k++) {
        start = attune_clock_cpu_seconds();
        status = attune_step_fit(b->step, b->data, b->rows, &b->context, error);
        seconds[k] = attune_clock_cpu_seconds() - start;
    }
    start = attune_clock_cpu_seconds();
    if (!status)
        status =
            attune_step_predict(b->step, b->data, b->rows, &b->context, &b->predictions, error);
    seconds[3] = attune_clock_cpu_seconds() - start;
    return status;
}

int main(int count, char **words)
{
    attune_error error = {0};
    attune_shared_work *work = NULL;
    struct bench b = {0};
    double s[4], mib = 0;
    int64_t n = 0, p = 0;
    if (count < 4 || !attune_integer_read(words[2], (int64_t)strlen(words[2]), &n) ||
        !attune_integer_read(words[3], (int64_t)strlen(words[3]), &p) || n < 1 || p < 1)
        return fputs("usage: scale STEP ROWS COLUMNS [name=value ...]\n", stderr), 2;
    const attune_step_type *type = attune_step_type_find(words[1]);
    attune_status status = type ? attune_shared_work_new(&work, INT64_C(4) << 30, &error)
                                : attune_step_type_unknown(words[1], &error);
    attune_services services = {.user = work, .shared = shared};
    b.context = attune_context_root(&services, attune_key_start("scale"));
    if (!status)
        status = attune_step_new(&b.step, type, type->name, &error);
    if (!status)
        status = attune_bench_set_all(b.step, words + 4, count - 4, &error);
    if (!status)
        status = run(&b, n, p, s, &mib, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("| %s | %lld | %lld | %.2f | %.3f | %.3f | %.3f | %.0f | %.0f | %.0f |\n", words[1],
               (long long)n, (long long)p, s[0], s[1], s[2], s[3], peak_mib(), mib,
               (double)b.need.bytes / (1 << 20));
    attune_predictions_clear(&b.predictions);
    attune_step_free(b.step);
    attune_rows_free(b.rows);
    attune_data_free(b.data);
    attune_shared_work_free(work);
    return attune_status_exit_code(status);
}
