/* tests/test_cmaes_model.c - the distribution of cmaes finds a minimum, learns its shape, and keeps
 * every category alive. */
#include "tests/support.h"

#include "search/samplers/cmaes_categories.h"
#include "search/samplers/cmaes_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_dimensions = 300, most_population = 24 };

struct ranked {
    double value, x[most_dimensions];
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* A long valley through (0.3, 0.3, ...), across the axes: 1,000 times as steep on its sides. */
static double valley(const double *x, int64_t d)
{
    double sum = 0, along = 0;
    for (int64_t i = 0; i < d; i++) {
        sum += (x[i] - 0.3) * (x[i] - 0.3);
        along += (x[i] - 0.3) / sqrt((double)d);
    }
    return 1e6 * (sum - along * along) + along * along;
}

/* Each coordinate by itself, a thousandfold apart. */
static double slopes(const double *x, int64_t d)
{
    double sum = 0;
    for (int64_t i = 0; i < d; i++)
        sum += pow(1e3, (double)i / (double)(d - 1)) * (x[i] - 0.3) * (x[i] - 0.3);
    return sum;
}

static double minimise(attune_cma *cma, double (*value)(const double *x, int64_t d),
                       int64_t generations)
{
    attune_stream stream = attune_stream_new(attune_key_start("cmaes"));
    struct ranked *items = calloc(most_population, sizeof *items);
    double *samples = calloc((size_t)(cma->population * cma->d), sizeof *samples), best = INFINITY;
    for (int64_t g = 0; g < generations; g++) {
        for (int64_t k = 0; k < cma->population; k++) {
            attune_cma_draw(cma, &stream, items[k].x);
            items[k].value = value(items[k].x, cma->d);
        }
        qsort(items, (size_t)cma->population, sizeof *items, by_value);
        for (int64_t k = 0; k < cma->population; k++)
            memcpy(samples + k * cma->d, items[k].x, (size_t)cma->d * sizeof *samples);
        attune_cma_update(cma, samples);
        best = fmin(best, items[0].value);
    }
    free(items);
    free(samples);
    return best;
}

static void a_valley_is_followed(void **state)
{
    (void)state;
    attune_cma cma;
    attune_error error = {0};
    assert_ok(attune_cma_init(&cma, 5, 8, 0.25, &error), &error);
    assert_true(minimise(&cma, valley, 400) < 1e-12);
    for (int i = 0; i < 5; i++)
        assert_close(cma.mean[i], 0.3, 1e-5);
    /* The covariance lies along the valley: coordinates go together. */
    double together = cma.covariance[5] / sqrt(cma.covariance[0] * cma.covariance[6]);
    assert_true(together > 0.9);
    attune_cma_clear(&cma);
}

static void many_dimensions_keep_the_diagonal(void **state)
{
    (void)state;
    attune_cma cma;
    attune_error error = {0};
    assert_ok(attune_cma_init(&cma, most_dimensions, 21, 0.25, &error), &error);
    assert_true(cma.diagonal);
    double before = slopes(cma.mean, most_dimensions);
    minimise(&cma, slopes, 1200);
    assert_true(slopes(cma.mean, most_dimensions) < 0.001 * before);
    assert_true(attune_cma_deviation(&cma, 0) > 10 * attune_cma_deviation(&cma, 299));
    attune_cma_clear(&cma);
}

static void what_came_from_elsewhere_does_no_harm(void **state)
{
    (void)state;
    attune_cma cma;
    attune_error error = {0};
    double samples[6 * 2] = {1e9, -1e9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1e-300, 1e300};
    assert_ok(attune_cma_init(&cma, 2, 6, 0.25, &error), &error);
    for (int i = 0; i < 20; i++)
        attune_cma_update(&cma, samples);
    for (int i = 0; i < 2; i++) {
        assert_true(isfinite(cma.mean[i]) && fabs(cma.mean[i]) < 1e9);
        assert_true(isfinite(attune_cma_deviation(&cma, i)) && attune_cma_deviation(&cma, i) > 0);
    }
    attune_cma_clear(&cma);
    assert_ok(attune_cma_init(&cma, 0, 6, 0.25, &error), &error); /* nothing is ordered */
    attune_cma_update(&cma, samples);
    attune_cma_clear(&cma);
}

static const char nominal[] = "{\"a\": [\"p\", \"q\", \"r\", \"s\"], \"b\": [1, 2]}";

/* A generation in which the two best of six share the weight; "r" is best. */
static void learn_generation(attune_cma_categories *c, attune_stream *stream)
{
    int64_t values[6][2];
    int n = 0;
    attune_cma_categories_begin(c);
    for (int k = 0; k < 6; k++)
        attune_cma_categories_draw(c, stream, values[k]);
    for (int k = 0; k < 12 && n < 2; k++)
        if ((values[k % 6][0] == 2) == (k < 6)) {
            attune_cma_categories_add(c, values[k % 6], 0.5);
            n++;
        }
    attune_cma_categories_end(c);
}

static void assert_margin(const attune_cma_categories *c, int64_t k)
{
    int64_t first = c->first[k], end = c->first[k + 1];
    double sum = 0;
    for (int64_t i = first; i < end; i++) {
        assert_true(c->chances[i] >= c->margin / (double)(end - first - 1) - 1e-12);
        sum += c->chances[i];
    }
    assert_close(sum, 1, 1e-12);
}

static void the_better_category_becomes_likely(void **state)
{
    (void)state;
    static const int64_t dimensions[] = {0, 1};
    attune_space *space = space_of(nominal);
    attune_cma_categories c;
    attune_error error = {0};
    attune_stream stream = attune_stream_new(attune_key_start("categories"));
    assert_ok(attune_cma_categories_init(&c, space, dimensions, 2, 0.12, &error), &error);
    assert_close(c.chances[2], 0.25, 1e-12);
    for (int g = 0; g < 80; g++) {
        learn_generation(&c, &stream);
        for (int k = 0; k < 2; k++)
            assert_margin(&c, k);
    }
    assert_close(c.chances[2], 0.88, 1e-6); /* all but the margin */
    attune_cma_categories_clear(&c);
    attune_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valley_is_followed),
        cmocka_unit_test(many_dimensions_keep_the_diagonal),
        cmocka_unit_test(what_came_from_elsewhere_does_no_harm),
        cmocka_unit_test(the_better_category_becomes_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
