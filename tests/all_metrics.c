/* tests/all_metrics.c - what must hold for every metric, whatever it measures. */
#include "tests/support.h"

#include "spaces/base/stream.h"
#include "steps/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scored {
    attune_truth truth;
    attune_predictions predictions;
};

enum skill { PERFECT, RANDOM };

static void fill_row(struct scored *s, int64_t i, enum skill skill, attune_stream *stream)
{
    double *p = s->predictions.values + i * s->predictions.width;
    if (s->truth.task == ATTUNE_REGRESSION) {
        s->truth.reals[i] = attune_stream_normal(stream) + 5;
        p[0] = skill == PERFECT ? s->truth.reals[i] : attune_stream_normal(stream) + 5;
        return;
    }
    /* Every class is there, the first rows show them in turn. */
    int32_t k = s->truth.n_classes;
    s->truth.codes[i] = i < k ? (int32_t)i : (int32_t)attune_stream_below(stream, (uint64_t)k);
    double sum = 0;
    for (int32_t c = 0; c < k; c++)
        sum += p[c] =
            skill == PERFECT ? c == s->truth.codes[i] : (double)attune_stream_below(stream, 8) + 1;
    for (int32_t c = 0; c < k; c++)
        p[c] /= sum;
}

static struct scored make(attune_task task, int64_t n, enum skill skill, bool weighted)
{
    struct scored s = {{0}, {0}};
    int32_t k = task == ATTUNE_REGRESSION ? 0 : task == ATTUNE_BINARY ? 2 : 4;
    s.truth = (attune_truth){.task = task, .n = n, .n_classes = k, .positive = k == 2 ? 1 : -1};
    s.truth.reals = k ? NULL : attune_alloc(n, sizeof(double), NULL);
    s.truth.codes = k ? attune_alloc(n, sizeof(int32_t), NULL) : NULL;
    s.truth.weights = weighted ? attune_alloc(n, sizeof(double), NULL) : NULL;
    assert_int_equal(attune_predictions_make(&s.predictions, task, n, k, NULL), ATTUNE_OK);
    attune_stream stream = attune_stream_new(attune_key_integer(attune_key_start("test"), n));
    for (int64_t i = 0; i < n; i++) {
        fill_row(&s, i, skill, &stream);
        if (weighted)
            s.truth.weights[i] = (double)attune_stream_below(&stream, 3) + (i < 4);
    }
    return s;
}

static void clear(struct scored *s)
{
    attune_truth_clear(&s->truth);
    attune_predictions_clear(&s->predictions);
}

static double score(const attune_metric_type *metric, const struct scored *s)
{
    attune_error error = {0};
    double value = 0;
    assert_ok(attune_metric_score(metric, &s->truth, &s->predictions, &value, &error), &error);
    return value;
}

/* Row i of a copy is row source(i) of s. */
static struct scored rearrange(const struct scored *s, const int64_t *source, int64_t n)
{
    struct scored made = make(s->truth.task, n, RANDOM, s->truth.weights != NULL);
    int64_t width = s->predictions.width;
    for (int64_t i = 0; i < n; i++) {
        if (s->truth.reals)
            made.truth.reals[i] = s->truth.reals[source[i]];
        else
            made.truth.codes[i] = s->truth.codes[source[i]];
        if (s->truth.weights)
            made.truth.weights[i] = s->truth.weights[source[i]];
        memcpy(made.predictions.values + i * width, s->predictions.values + source[i] * width,
               (size_t)width * sizeof(double));
    }
    return made;
}

static void is_complete(const attune_metric_type *metric, attune_task task)
{
    (void)task;
    assert_ptr_equal(attune_metric_find(metric->name), metric);
    assert_non_null(metric->doc);
    assert_true(metric->doc[strlen(metric->doc) - 1] == '.');
    assert_false(metric->tasks & 1u << ATTUNE_NO_TASK);
}

static void perfect_is_better_than_random(const attune_metric_type *metric, attune_task task)
{
    struct scored perfect = make(task, 60, PERFECT, false), random = make(task, 60, RANDOM, false);
    assert_true(attune_better(metric->direction, score(metric, &perfect), score(metric, &random)));
    double best = metric->direction == ATTUNE_MAXIMIZE ? 1 : 0;
    assert_close(score(metric, &perfect), best, 1e-15);
    assert_close(score(metric, &random), score(metric, &random), 0);
    clear(&perfect);
    clear(&random);
}

static void order_of_rows_does_not_count(const attune_metric_type *metric, attune_task task)
{
    enum { n = 200 };
    int64_t source[n];
    struct scored s = make(task, n, RANDOM, true);
    attune_stream stream = attune_stream_new(attune_key_start("order"));
    for (int64_t i = 0; i < n; i++)
        source[i] = i;
    attune_stream_shuffle(&stream, source, n);
    struct scored other = rearrange(&s, source, n);
    assert_close(score(metric, &other), score(metric, &s), 1e-12);
    clear(&s);
    clear(&other);
}

/* A weight of 2 is the row twice, a weight of 0 is no row at all. */
static void weights_are_copies(const attune_metric_type *metric, attune_task task)
{
    enum { n = 50 };
    int64_t source[3 * n], copies = 0;
    struct scored s = make(task, n, RANDOM, true);
    for (int64_t i = 0; i < n; i++)
        for (double w = s.truth.weights[i]; w > 0; w--)
            source[copies++] = i;
    struct scored copied = rearrange(&s, source, copies);
    free(copied.truth.weights);
    copied.truth.weights = NULL;
    double weighted = score(metric, &s);
    assert_true(isfinite(weighted));
    assert_close(score(metric, &copied), weighted, 1e-12);
    for (int64_t i = 0; i < n; i++)
        s.truth.weights[i] *= 0.125; /* their scale does not count */
    assert_close(score(metric, &s), weighted, 1e-12);
    clear(&s);
    clear(&copied);
}

static void nothing_to_score_is_nan(const attune_metric_type *metric, attune_task task)
{
    struct scored s = make(task, 0, RANDOM, false);
    assert_true(isnan(score(metric, &s)));
    clear(&s);
    s = make(task, 9, RANDOM, true);
    memset(s.truth.weights, 0, 9 * sizeof(double));
    assert_true(isnan(score(metric, &s)));
    clear(&s);
    s = make(task, 9, RANDOM, false);
    s.predictions.values[s.predictions.width * 8] = NAN;
    assert_true(isnan(score(metric, &s)));
    clear(&s);
}

static void few_rows_are_safe(const attune_metric_type *metric, attune_task task)
{
    for (int64_t n = 1; n < 6; n++) {
        struct scored s = make(task, n, RANDOM, false);
        double value = score(metric, &s);
        assert_true(isnan(value) || isfinite(value));
        clear(&s);
    }
}

/* Large enough that the radix sort of the ranks is used, and ties fill it. */
static void many_rows_match_the_sum_of_their_copies(const attune_metric_type *metric,
                                                    attune_task task)
{
    enum { n = 1500 };
    int64_t *source = attune_alloc(3 * n, sizeof *source, NULL);
    struct scored s = make(task, n, RANDOM, false);
    for (int64_t i = 0; i < 3 * n; i++)
        source[i] = i % n;
    struct scored thrice = rearrange(&s, source, 3 * n);
    assert_close(score(metric, &thrice), score(metric, &s), 1e-12);
    clear(&s);
    clear(&thrice);
    free(source);
}

static void other_tasks_are_refused(const attune_metric_type *metric, attune_task task)
{
    (void)task;
    for (int t = ATTUNE_REGRESSION; t <= ATTUNE_MULTICLASS; t++) {
        if (metric->tasks & 1u << t)
            continue;
        struct scored s = make((attune_task)t, 5, RANDOM, false);
        attune_error error = {0};
        double value = 0;
        attune_metric_score(metric, &s.truth, &s.predictions, &value, &error);
        assert_error(&error, ATTUNE_INVALID, metric->name);
        assert_true(isnan(value));
        clear(&s);
    }
}

static void every_metric(void **state)
{
    void (*const *check)(const attune_metric_type *, attune_task) = (void *)*state;
    int n = 0;
    for (const attune_metric_type *const *type = attune_metric_types; *type; type++)
        for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++)
            if ((*type)->tasks & 1u << task) {
                (*check)(*type, (attune_task)task);
                n++;
            }
    assert_true(n >= 20);
}

typedef void (*check)(const attune_metric_type *metric, attune_task task);

int main(void)
{
    static check checks[] = {
        is_complete,
        perfect_is_better_than_random,
        order_of_rows_does_not_count,
        weights_are_copies,
        nothing_to_score_is_nan,
        few_rows_are_safe,
        many_rows_match_the_sum_of_their_copies,
        other_tasks_are_refused,
    };
    const struct CMUnitTest tests[] = {
        {"is_complete", every_metric, NULL, NULL, &checks[0]},
        {"perfect_is_better_than_random", every_metric, NULL, NULL, &checks[1]},
        {"order_of_rows_does_not_count", every_metric, NULL, NULL, &checks[2]},
        {"weights_are_copies", every_metric, NULL, NULL, &checks[3]},
        {"nothing_to_score_is_nan", every_metric, NULL, NULL, &checks[4]},
        {"few_rows_are_safe", every_metric, NULL, NULL, &checks[5]},
        {"many_rows_match_the_sum_of_their_copies", every_metric, NULL, NULL, &checks[6]},
        {"other_tasks_are_refused", every_metric, NULL, NULL, &checks[7]},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
