/* tests/test_distribution.c - distributions as a plan writes them, and what is refused. */
#include "tests/support.h"

#include "spaces/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static attune_status read_text(attune_distribution **distribution, const char *text,
                               attune_error *error)
{
    attune_document document;
    attune_status status =
        attune_document_parse(&document, "plan.json", text, (int64_t)strlen(text), error);
    if (status)
        return status;
    attune_at top = attune_at_top(&document);
    status = attune_distribution_from_json(distribution, document.root, &top, error);
    attune_document_clear(&document);
    return status;
}

/* Read and written again, with every field named. */
static void assert_becomes(const char *text, const char *expected)
{
    attune_distribution *distribution = NULL;
    attune_error error = {0};
    assert_ok(read_text(&distribution, text, &error), &error);
    json_t *json = attune_distribution_to_json(distribution, &error);
    char *written = attune_json_write(json, &error);
    assert_string_equal(written, expected);
    json_decref(json);
    free(written);
    attune_distribution_free(distribution);
}

static void shapes(void **state)
{
    (void)state;
    assert_becomes("{\"log_uniform\":[0.01,10]}", "{\"log_uniform\":{\"high\":10,\"low\":0.01}}");
    assert_becomes("{\"log_uniform\":{\"low\":0.01,\"high\":10}}",
                   "{\"log_uniform\":{\"high\":10,\"low\":0.01}}");
    assert_becomes("{\"uniform\":[-2]}", "{\"uniform\":{\"high\":1,\"low\":-2}}");
    assert_becomes("{\"boolean\":0.25}", "{\"boolean\":{\"p\":0.25}}");
    assert_becomes("{\"boolean\":[]}", "{\"boolean\":{\"p\":0.5}}");
    assert_becomes("{\"choice\":[\"l1\",\"l2\"]}",
                   "{\"choice\":{\"values\":[\"l1\",\"l2\"],\"weights\":[]}}");
    assert_becomes("{\"choice\":{\"values\":[null,[64,32]],\"weights\":[1,2]}}",
                   "{\"choice\":{\"values\":[null,[64,32]],\"weights\":[1,2]}}");
    assert_becomes("[1,2.5,{\"a\":1}]",
                   "{\"choice\":{\"values\":[1,2.5,{\"a\":1}],\"weights\":[]}}");
    assert_becomes("3", "{\"fixed\":{\"value\":3}}");
    assert_becomes("null", "{\"fixed\":{\"value\":null}}");
    assert_becomes("\"sgd\"", "{\"fixed\":{\"value\":\"sgd\"}}");
    assert_becomes("{\"fixed\":[1,2]}", "{\"fixed\":{\"value\":[1,2]}}");
    assert_becomes("{\"fixed\":{\"value\":{\"a\":[]}}}", "{\"fixed\":{\"value\":{\"a\":[]}}}");
    assert_becomes("{\"// why\":\"memory\",\"rand_int\":[1,3]}",
                   "{\"rand_int\":{\"high\":3,\"low\":1}}");
    assert_becomes("{\"normal\":[0,1]}",
                   "{\"normal\":{\"high\":null,\"low\":null,\"mean\":0,\"sd\":1}}");
    assert_becomes("{\"quantized\":[{\"uniform\":[0,2]},0.5]}",
                   "{\"quantized\":{\"distribution\":{\"uniform\":{\"high\":2,\"low\":0}},"
                   "\"step\":0.5}}");
    assert_becomes("{\"mixture\":[{\"uniform\":[0,2]}]}",
                   "{\"mixture\":{\"distributions\":[{\"uniform\":{\"high\":2,\"low\":0}}],"
                   "\"weights\":[]}}");
}

static void refusals_say_where_and_why(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *words;
    } cases[] = {
        {"{\n  \"log_uniform\": [10, 0.01]}", 2, 3, "log_uniform: need 0 < low < high"},
        {"{\"log_uniform\":[0,1]}", 1, 2, "need 0 < low"},
        {"{\"uniform\":[1,1]}", 1, 2, "need low < high"},
        {"{\"rand_int\":[5,1]}", 1, 2, "need low < high"},
        {"{\"rand_int\":[1.5,3]}", 1, 14, "low: need a whole number"},
        {"{\"rand_int\":[1,2,3]}", 1, 18, "rand_int takes 2 values, got 3"},
        {"{\"rand_int\":[-9007199254740992,9007199254740992]}", 1, 2, "at most 2^53"},
        {"{\"log_int\":[0,5]}", 1, 13, "low: need a whole number from 1"},
        {"{\"boolean\":1.5}", 1, 2, "a number from 0 to 1"},
        {"{\"boolean\":0}", 1, 2, "need 0 < p < 1"},
        {"{\"boolean\":true}", 1, 2, "need a number"},
        {"{\"choice\":[]}", 1, 2, "at least one value"},
        {"{\"choice\":[1,2,1.0]}", 1, 2, "the same"},
        {"{\"choice\":{\"values\":[1,2],\"weights\":[1]}}", 1, 2, "as many weights"},
        {"{\"choice\":{\"values\":[1,2],\"weights\":[1,0]}}", 1, 27, "above 0"},
        {"{\"choice\":{\"values\":[1,2],\"weights\":[1,1e-30]}}", 1, 2, "value 2 would never"},
        {"{\"choice\":\"l1\"}", 1, 2, "need a list"},
        {"{\"chioce\":[1]}", 1, 2, "did you mean \"choice\"?"},
        {"{\"zzz\":[1]}", 1, 2, "unknown distribution"},
        {"{\"uniform\":{\"lo\":1}}", 1, 13, "did you mean \"low\"?"},
        {"{\"uniform\":[0,1],\"normal\":[0,1]}", 1, 18, "one distribution is given already"},
        {"{}", 1, 1, "need a distribution"},
        {"[]", 1, 1, "at least one value"},
        {"{\"normal\":[0,0]}", 1, 14, "sd: need a number above 0"},
        {"{\"normal\":[0,1,50,60]}", 1, 2, "almost nothing"},
        {"{\"log_normal\":[0,1,-1,2]}", 1, 2, "need 0 < low"},
        {"{\"log_normal\":[0,100]}", 1, 2, "give low and high"},
        {"{\"quantized\":[3,1]}", 1, 2, "need a distribution, such as"},
        {"{\"quantized\":[{\"rand_int\":[0,9]},2]}", 1, 2, "continuous distribution, not rand_int"},
        {"{\"quantized\":[{\"uniform\":[0,1]},2]}", 1, 2, "fits at least twice"},
        {"{\"quantized\":[{\"uniform\":[0,1]},1e-9]}", 1, 2, "at most 100,000"},
        {"{\"quantized\":[{\"uniform\":[2,1]},1]}", 1, 2, "need low < high"},
        {"{\"mixture\":[]}", 1, 2, "1 to 64"},
        {"{\"mixture\":[{\"poisson\":3}]}", 1, 2, "not poisson"},
        {"{\"histogram\":[[0,1],[1,2]]}", 1, 2, "one weight a bin"},
        {"{\"histogram\":[[0,0],[1]]}", 1, 2, "edges that increase"},
        {"{\"poisson\":-1}", 1, 2, "need a number from 0 (not itself)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_distribution *distribution = NULL;
        attune_error error = {0};
        if (read_text(&distribution, cases[i].text, &error) != ATTUNE_INVALID)
            fail_msg("%s: should be refused", cases[i].text);
        if (!strstr(error.message, cases[i].words) || error.line != cases[i].line ||
            error.column != cases[i].column)
            fail_msg("%s: %d:%d: %s", cases[i].text, error.line, error.column, error.message);
        assert_null(distribution);
    }
}

static void nesting_is_limited(void **state)
{
    (void)state;
    attune_text text = {0};
    attune_distribution *distribution = NULL;
    attune_error error = {0};
    for (int i = 0; i < 40; i++)
        attune_text_append(&text, "{\"mixture\":[");
    attune_text_append(&text, "{\"uniform\":[0,1]}");
    for (int i = 0; i < 40; i++)
        attune_text_append(&text, "]}");
    assert_int_equal(read_text(&distribution, text.bytes, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "more than 8 deep");
    attune_text_clear(&text);
}

static void made_from_values(void **state)
{
    (void)state;
    attune_distribution *distribution = NULL;
    attune_error error = {0};
    const attune_distribution_type *type = attune_distribution_type_find("rand_int");
    const attune_value both[] = {attune_value_integer(2), attune_value_real(6),
                                 attune_value_integer(1)};
    assert_ok(attune_distribution_new(&distribution, type, both, 2, &error), &error);
    assert_true(attune_distribution_quantile(distribution, 0.99) == 6);
    attune_distribution_free(distribution);
    distribution = NULL;
    assert_int_equal(attune_distribution_new(&distribution, type, both, 3, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "takes 2 values, got 3");
    assert_null(distribution);
    const attune_value infinite[] = {attune_value_real(-INFINITY), attune_value_real(INFINITY)};
    attune_error_clear(&error);
    assert_int_equal(attune_distribution_new(&distribution,
                                             attune_distribution_type_find("uniform"), infinite, 2,
                                             &error),
                     ATTUNE_INVALID);
    attune_distribution_free(NULL);
}

static void known_figures(void **state)
{
    static const struct {
        const char *text;
        double x, cdf, mean, variance;
    } cases[] = {
    /* SciPy's truncnorm, loguniform and poisson: see tests/golden/distributions.py. */
#include "tests/golden/distributions.inc"
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_distribution *d = NULL;
        attune_error error = {0};
        assert_ok(read_text(&d, cases[i].text, &error), &error);
        assert_close(attune_distribution_cdf(d, cases[i].x) / cases[i].cdf, 1, 1e-10);
        assert_close(d->type->mean(d->self) / cases[i].mean, 1, 1e-9);
        assert_close(d->type->variance(d->self) / cases[i].variance, 1, 1e-6);
        attune_distribution_free(d);
    }
}

static void steps_are_written_as_people_do(void **state)
{
    (void)state;
    attune_distribution *d = NULL;
    attune_error error = {0};
    assert_ok(read_text(&d, "{\"quantized\":[{\"uniform\":[0,1]},0.1]}", &error), &error);
    double x = 0;
    for (int i = 0; i <= 10; i++) {
        attune_value value = attune_value_real(i / 10.0);
        assert_true(attune_distribution_x(d, &value, &x));
        assert_true(x == i / 10.0);
    }
    attune_value between = attune_value_real(0.25);
    assert_false(attune_distribution_x(d, &between, &x));
    attune_distribution_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(refusals_say_where_and_why),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(made_from_values),
        cmocka_unit_test(known_figures),
        cmocka_unit_test(steps_are_written_as_people_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
