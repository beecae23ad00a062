/* tests/test_sample.c - one point of a space: decoded, encoded, stored, named. */
#include "tests/support.h"

#include "spaces/base/stream.h"
#include "spaces/space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of every type, some with a condition. */
static attune_space *wide_space(void)
{
    attune_text text = {0};
    attune_text_append(&text, "{\"opt\": [\"adam\", \"sgd\", null],"
                              "\"momentum\": {\"uniform\": [0.8, 0.99], \"when\": \"opt = 'sgd'\"},"
                              "\"nesterov\": {\"boolean\": 0.5, \"when\": \"momentum > 0.9\"},"
                              "\"wide\": {\"rand_int\": [0, 9007199254740991]}");
    for (int64_t i = 0; attune_distribution_types[i]; i++)
        attune_text_printf(&text, ",\"d%lld\": {\"%s\": %s}", (long long)i,
                           attune_distribution_types[i]->name,
                           attune_distribution_types[i]->example);
    attune_text_append(&text, "}");
    attune_space *space = space_of(text.bytes);
    attune_text_clear(&text);
    return space;
}

static void draw(const attune_space *space, attune_stream *stream, attune_sample *sample,
                 double *unit)
{
    for (int64_t i = 0; i < space->n; i++)
        unit[i] = attune_stream_uniform(stream);
    attune_space_decode(space, unit, sample);
}

static void assert_same_bits(const attune_sample *a, const attune_sample *b)
{
    for (int64_t i = 0; i < a->n; i++) {
        assert_int_equal(a->active[i], b->active[i]);
        if (a->active[i])
            assert_memory_equal(&a->x[i], &b->x[i], sizeof a->x[i]);
    }
    assert_true(attune_key_same(attune_sample_key(a), attune_sample_key(b)));
}

/* Stored and read back to the bit; its coordinates decode to the same active dimensions, to the
 * same discrete values, and as near as a coordinate can say for the rest. */
static void coordinates_come_from_the_stored_value(void **state)
{
    (void)state;
    attune_space *space = wide_space();
    attune_stream stream = attune_stream_new(attune_key_start("samples"));
    attune_sample sample, back, again;
    attune_error error = {0};
    double unit[64], stored[64], stored_again[64];
    int actives = 0;
    assert_in_range(space->n, 18, 64);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    assert_ok(attune_sample_init(&back, space, &error), &error);
    assert_ok(attune_sample_init(&again, space, &error), &error);
    int64_t nesterov = attune_space_find(space, "nesterov", &error);
    for (int i = 0; i < 2000; i++) {
        draw(space, &stream, &sample, unit);
        char *text = attune_sample_write(space, &sample, &error);
        assert_ok(attune_sample_read(space, text, &back, &error), &error);
        assert_same_bits(&sample, &back);
        attune_space_encode(space, &sample, stored);
        attune_space_encode(space, &back, stored_again);
        assert_memory_equal(stored, stored_again, (size_t)space->n * sizeof *stored);
        attune_space_decode(space, stored, &again);
        for (int64_t j = 0; j < space->n; j++) {
            const attune_distribution *d = space->dimensions[j].distribution;
            assert_true(sample.active[j] || stored[j] == 0.5);
            if (sample.active[j] && attune_distribution_is_discrete(d))
                assert_true(again.x[j] == sample.x[j]);
            else if (sample.active[j])
                assert_close(again.x[j] / sample.x[j], 1, 1e-9);
        }
        actives += sample.active[nesterov];
        free(text);
    }
    assert_in_range(actives, 2000 / 3 / 4, 2000 / 3 * 3 / 4); /* a third, about half of it */
    attune_sample_clear(&sample);
    attune_sample_clear(&back);
    attune_sample_clear(&again);
    attune_space_free(space);
}

static const char small[] = "{\"opt\": [\"adam\", \"sgd\"], \"lr\": {\"log_uniform\": [0.001, 1]},"
                            "\"momentum\": {\"uniform\": [0.8, 0.99], \"when\": \"opt = 'sgd'\"},"
                            "\"layers\": {\"rand_int\": [1, 5]}}";
/* In space order: layers, lr, opt, momentum. */

static void stored_form_is_compact(void **state)
{
    (void)state;
    attune_space *space = space_of(small);
    attune_sample sample;
    attune_error error = {0};
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    attune_space_decode(space, (double[]){0.5, 1.0, 0.1, 0.5}, &sample);
    char *text = attune_sample_write(space, &sample, &error);
    assert_string_equal(text, "[3,1,0,null]");
    free(text);
    attune_space_decode(space, (double[]){1, 0, 1, 1}, &sample);
    text = attune_sample_write(space, &sample, &error);
    assert_string_equal(text, "[5,0.001,1,0.99]");
    free(text);
    attune_sample_clear(&sample);
    attune_space_free(space);
    space = attune_space_new(NULL);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    text = attune_sample_write(space, &sample, &error);
    assert_string_equal(text, "[]");
    assert_ok(attune_sample_read(space, text, &sample, &error), &error);
    free(text);
    attune_sample_clear(&sample);
    attune_space_free(space);
}

static void what_does_not_fit_is_not_read(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "not JSON"},
        {"{}", "a list of 4"},
        {"[]", "a list of 4"},
        {"[1,1,0]", "a list of 4"},
        {"[1,1,0,null,1]", "a list of 4"},
        {"[0,1,0,null]", "layers: not one of its values"},
        {"[1.5,1,0,null]", "layers: not one of its values"},
        {"[1,1e9,0,null]", "lr: not one of its values"},
        {"[1,1,2,null]", "opt: not one of its values"},
        {"[1,1,0.5,null]", "opt: not one of its values"},
        {"[1,1,-1,null]", "opt: not one of its values"},
        {"[1,1,1e300,null]", "opt: not one of its values"},
        {"[1,1,\"adam\",null]", "opt: needs a number"},
        {"[1,null,0,null]", "lr: needs a number"},
        {"[1,1,0,0.9]", "momentum has a value, but is not active"},
        {"[1,1,1,null]", "momentum: needs a number"},
    };
    (void)state;
    attune_space *space = space_of(small);
    attune_sample sample;
    assert_ok(attune_sample_init(&sample, space, NULL), NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_error error = {0};
        assert_int_equal(attune_sample_read(space, cases[i].text, &sample, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, cases[i].words);
    }
    attune_sample_clear(&sample);
    attune_space_free(space);
}

static attune_status set(const attune_space *space, const char *text, attune_sample *sample,
                         attune_error *error)
{
    attune_document document;
    attune_status status =
        attune_document_parse(&document, "given", text, (int64_t)strlen(text), error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_sample_from_json(space, document.root, &top, sample, error);
    attune_document_clear(&document);
    return status;
}

static void assert_names(const attune_space *space, const attune_sample *sample,
                         const char *expected)
{
    attune_error error = {0};
    json_t *json = attune_sample_to_json(space, sample, &error);
    char *text = attune_json_write(json, &error);
    assert_string_equal(text, expected);
    json_decref(json);
    free(text);
}

static void names_and_values(void **state)
{
    (void)state;
    attune_space *space = space_of(small);
    attune_sample sample;
    attune_error error = {0};
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    attune_space_decode(space, (double[]){0, 1, 0, 0}, &sample);
    assert_names(space, &sample, "{\"layers\":1,\"lr\":1,\"opt\":\"adam\"}");
    assert_ok(set(space, "{\"layers\": 4, \"// x\": 0}", &sample, &error), &error);
    assert_names(space, &sample, "{\"layers\":4,\"lr\":1,\"opt\":\"adam\"}");
    assert_ok(set(space, "{\"opt\": \"sgd\"}", &sample, &error), &error);
    assert_int_equal(sample.active[3], 1); /* active now: its middle value */
    assert_close(sample.x[3], 0.895, 1e-12);
    assert_ok(set(space, "{\"momentum\": 0.9}", &sample, &error), &error);
    assert_names(space, &sample, "{\"layers\":4,\"lr\":1,\"momentum\":0.9,\"opt\":\"sgd\"}");
    attune_value value = {0};
    assert_ok(attune_sample_value(space, &sample, 2, &value, &error), &error);
    assert_string_equal(value.text, "sgd");
    assert_ok(set(space, "{\"opt\": \"adam\"}", &sample, &error), &error);
    assert_ok(attune_sample_value(space, &sample, 3, &value, &error), &error);
    assert_int_equal(value.kind, ATTUNE_VALUE_NULL);
    attune_sample_clear(&sample);
    attune_space_free(space);
}

static void a_refused_setting_changes_nothing(void **state)
{
    static const struct {
        const char *text;
        int column;
        const char *words;
    } cases[] = {
        {"{\"layers\": 2, \"momentum\": 0.9}", 15, "not active"},
        {"{\"layers\": 2, \"lr\": 7}", 15, "7 is not one of the values of lr"},
        {"{\"layers\": 2.5}", 2, "not one of the values"},
        {"{\"layers\": true}", 2, "not one of the values"},
        {"{\"layers\": 2, \"opt\": \"rms\"}", 15, "rms is not one of the values of opt"},
        {"{\"layers\": 2, \"layer\": 2}", 15, "did you mean \"layers\"?"},
        {"[2]", 1, "must be an object"},
    };
    (void)state;
    attune_space *space = space_of(small);
    attune_sample sample;
    assert_ok(attune_sample_init(&sample, space, NULL), NULL);
    attune_space_decode(space, (double[]){0, 1, 0, 0}, &sample);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_error error = {0};
        assert_int_equal(set(space, cases[i].text, &sample, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, cases[i].words);
        assert_int_equal(error.column, cases[i].column);
        assert_names(space, &sample, "{\"layers\":1,\"lr\":1,\"opt\":\"adam\"}");
    }
    attune_sample_clear(&sample);
    attune_space_free(space);
}

static void keys_tell_samples_apart(void **state)
{
    (void)state;
    attune_space *space = space_of(small);
    attune_sample a, b;
    assert_ok(attune_sample_init(&a, space, NULL), NULL);
    assert_ok(attune_sample_init(&b, space, NULL), NULL);
    attune_space_decode(space, (double[]){.5, .5, 0, .1}, &a);
    attune_space_decode(space, (double[]){.5, .5, 0, .9}, &b); /* differs where inactive */
    assert_true(attune_key_same(attune_sample_key(&a), attune_sample_key(&b)));
    attune_space_decode(space, (double[]){.9, .5, 0, .9}, &b);
    assert_false(attune_key_same(attune_sample_key(&a), attune_sample_key(&b)));
    attune_sample_clear(&a);
    attune_sample_clear(&b);
    attune_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coordinates_come_from_the_stored_value),
        cmocka_unit_test(stored_form_is_compact),
        cmocka_unit_test(what_does_not_fit_is_not_read),
        cmocka_unit_test(names_and_values),
        cmocka_unit_test(a_refused_setting_changes_nothing),
        cmocka_unit_test(keys_tell_samples_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
