/* search/bench/fit_model.c - fits one model on four fifths of a data file, again and again, and
 * prints what it took and how well it does on the rest.
 *
 *     fit_model FILE TARGET STEP REPEATS [hyperparam=value ...]
 *
 * Row i is tested when i mod 5 is 0. Prints JSON: loss (log loss or RMSE), seconds of CPU of the
 * first fit, which makes what fits share, the median of the others, and of predicting all rows. */
#include "search/bench/parts/settings.h"
#include "search/keep_memory.h"
#include "search/shared_work.h"
#include "spaces/base/clock.h"
#include "spaces/base/number.h"
#include "steps/metric.h"
#include "steps/data/schema.h"
#include "steps/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REPEATS = 100 };

static attune_status read_data(const char *path, const char *target, attune_data **data,
                               attune_error *error)
{
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    attune_schema_request request = {.target = target};
    attune_status status = attune_table_read(&table, path, NULL, error);
    if (!status)
        status = attune_schema_infer(&schema, table, &request, NULL, error);
    if (!status)
        status = attune_schema_data(schema, table, true, data, NULL, error);
    attune_schema_free(schema);
    attune_table_free(table);
    return status;
}

/* The rows of which (i mod 5 is 0) is as wanted. */
static attune_rows *some_rows(int64_t n, bool tested, attune_error *error)
{
    int64_t *index = attune_alloc(n, sizeof *index, error), count = 0;
    for (int64_t i = 0; index && i < n; i++)
        if ((i % 5 == 0) == tested)
            index[count++] = i;
    return index ? attune_rows_new_take(index, count, error) : NULL;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct bench {
    attune_data *data;
    attune_rows *train, *test;
    attune_step *step;
    attune_context context;
    double fits[MOST_REPEATS], predicts[MOST_REPEATS], score;
};

static attune_status fit_once(struct bench *b, int i, attune_error *error)
{
    attune_predictions p = {0};
    attune_truth truth = {0};
    double start = attune_clock_cpu_seconds();
    attune_status status = attune_step_fit(b->step, b->data, b->train, &b->context, error);
    b->fits[i] = attune_clock_cpu_seconds() - start;
    start = attune_clock_cpu_seconds();
    if (!status)
        status = attune_step_predict(b->step, b->data, b->test, &b->context, &p, error);
    b->predicts[i] = attune_clock_cpu_seconds() - start;
    if (!status)
        status = attune_truth_gather(&truth, b->data, b->test, error);
    if (!status)
        status =
            attune_metric_score(attune_metric_default(b->data->task), &truth, &p, &b->score, error);
    attune_predictions_clear(&p);
    attune_truth_clear(&truth);
    return status;
}

static void print(struct bench *b, int repeats)
{
    double first = b->fits[0];
    if (repeats > 1)
        b->fits[0] = b->fits[--repeats];
    qsort(b->fits, (size_t)repeats, sizeof *b->fits, by_size);
    qsort(b->predicts, (size_t)repeats, sizeof *b->predicts, by_size);
    printf("{\"loss\": %.6f, \"first\": %.6f, \"fit\": %.6f, \"predict\": %.6f, \"rows\": %lld}\n",
           b->score, first, b->fits[repeats / 2], b->predicts[repeats / 2], (long long)b->test->n);
}

static attune_status run(struct bench *b, char **words, int count, attune_error *error)
{
    int64_t wanted = 1;
    const attune_step_type *type = attune_step_type_find(words[2]);
    if (!attune_integer_read(words[3], (int64_t)strlen(words[3]), &wanted) || wanted < 1)
        return attune_fail(error, ATTUNE_INVALID, "REPEATS must be 1 or more, not %s", words[3]);
    int repeats = wanted < MOST_REPEATS ? (int)wanted : MOST_REPEATS;
    attune_status status = type ? read_data(words[0], words[1], &b->data, error)
                                : attune_step_type_unknown(words[2], error);
    if (!status)
        status = attune_step_new(&b->step, type, type->name, error);
    if (!status)
        status = attune_bench_set_all(b->step, words + 4, count - 4, error);
    if (status)
        return status;
    b->train = some_rows(b->data->n_rows, false, error);
    b->test = some_rows(b->data->n_rows, true, error);
    status = b->train && b->test ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int i = 0; i < repeats && !status; i++)
        status = fit_once(b, i, error);
    if (!status)
        print(b, repeats);
    return status;
}

static attune_status shared(void *user, attune_key key, const attune_shared_kind *kind,
                            attune_shared_build build, void *build_user, void **value,
                            attune_error *error)
{
    return attune_shared_work_get(user, key, kind, build, build_user, value, error);
}

int main(int count, char **words)
{
    attune_keep_memory();
    attune_error error = {0};
    attune_shared_work *work = NULL;
    struct bench bench = {0};
    if (count < 5)
        return fputs("usage: fit_model FILE TARGET STEP REPEATS [name=value ...]\n", stderr), 2;
    attune_status status = attune_shared_work_new(&work, INT64_C(1) << 30, &error);
    attune_services services = {.user = work, .shared = shared};
    bench.context = attune_context_root(&services, attune_key_start("bench"));
    if (!status)
        status = run(&bench, words + 1, count - 1, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    attune_step_free(bench.step);
    attune_rows_free(bench.train);
    attune_rows_free(bench.test);
    attune_data_free(bench.data);
    attune_shared_work_free(work);
    return attune_status_exit_code(status);
}
