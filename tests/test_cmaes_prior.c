/* tests/test_cmaes_prior.c - evolution that begins where an older study was good. */
#include "tests/support.h"

#include "search/samplers/cmaes_prior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { n_prior = 60, d = 3 };

/* x is best at 0.8, kind at "b"; depth is there for every second row alone. */
struct made {
    attune_space *space;
    double unit[n_prior * d], values[n_prior];
    uint8_t active[n_prior * d], outcome[n_prior], ignore[n_prior];
    attune_history history;
};

static void make(struct made *made)
{
    static const char text[] =
        "{\"x\": {\"uniform\": [0, 1]}, \"kind\": {\"choice\": [\"a\", \"b\", \"c\", \"e\"]},"
        "\"depth\": {\"uniform\": [0, 1]}}";
    attune_error error = {0};
    attune_document document;
    memset(made, 0, sizeof *made);
    assert_ok(attune_document_parse(&document, "space", text, (int64_t)strlen(text), &error),
              &error);
    attune_at top = attune_at_top(&document);
    made->space = attune_space_new(&error);
    assert_ok(attune_space_add_json(made->space, document.root, &top, "", ATTUNE_NO_BRANCH, &error),
              &error);
    attune_document_clear(&document);
    const attune_distribution *kind = made->space->dimensions[1].distribution;
    for (int64_t i = 0; i < n_prior; i++) {
        double *unit = made->unit + i * d, x = ((double)i + 0.5) / n_prior;
        unit[0] = x;
        unit[1] = attune_distribution_unit(kind, fabs(x - 0.8) < 0.1 ? 1 : (double)(i % 4));
        unit[2] = 0.5;
        memcpy(made->active + i * d, (uint8_t[]){1, 1, i % 2 == 0}, d);
        made->values[i] = i == 3 ? NAN : (x - 0.8) * (x - 0.8);
        made->outcome[i] = i == 3 ? ATTUNE_FAILED : ATTUNE_COMPLETED;
    }
    made->history = (attune_history){.space = made->space,
                                     .n_prior = n_prior,
                                     .n = n_prior,
                                     .n_known = n_prior,
                                     .unit = made->unit,
                                     .active = made->active,
                                     .outcome = made->outcome,
                                     .ignore = made->ignore,
                                     .values = made->values,
                                     .n_objectives = 1,
                                     .seed = attune_key_start("seed")};
}

static void the_best_tenth_is_where_it_begins(void **state)
{
    (void)state;
    static struct made made;
    attune_error error = {0};
    double mean = 0, deviation = 0;
    int64_t n = 0;
    make(&made);
    int64_t *rows = attune_cma_prior_best(&made.history, &n, &error);
    assert_non_null(rows);
    assert_int_equal(n, 5); /* of 59 that have a value */
    for (int64_t k = 0; k < n; k++)
        assert_true(fabs(made.unit[rows[k] * d] - 0.8) < 0.05);
    assert_true(attune_cma_prior_place(&made.history, rows, n, 0, &mean, &deviation));
    assert_true(fabs(mean - 0.8) < 0.02);
    assert_true(deviation > 0.1 && deviation < 0.12);
    for (int64_t k = 0; k < n; k++)
        made.active[rows[k] * d + 2] = 0;
    assert_false(attune_cma_prior_place(&made.history, rows, n, 2, &mean, &deviation));
    free(rows);
    attune_space_free(made.space);
}

static void suggestions_are_near_it(void **state)
{
    (void)state;
    static struct made made;
    attune_error error = {0};
    attune_sampler *sampler = NULL;
    attune_sample sample;
    attune_answer answer;
    double unit[d], far = 0;
    int64_t n_kind = 0;
    make(&made);
    assert_ok(attune_sample_init(&sample, made.space, &error), &error);
    for (int64_t i = 0; i < 200; i++) {
        made.history.seed = attune_key_integer(attune_key_start("seed"), i);
        attune_stream stream = attune_stream_new(made.history.seed);
        assert_ok(attune_sampler_new(&sampler, "cmaes", &error), &error);
        assert_ok(
            attune_sampler_ask(sampler, &made.history, &stream, unit, &sample, &answer, &error),
            &error);
        far += fabs(sample.x[0] - 0.8) / 200;
        n_kind += sample.x[1] == 1;
        attune_sampler_free(sampler);
    }
    assert_true(far < 0.12); /* 0.3 from the centre */
    assert_true(n_kind > 100);
    attune_sample_clear(&sample);
    attune_space_free(made.space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_tenth_is_where_it_begins),
        cmocka_unit_test(suggestions_are_near_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
