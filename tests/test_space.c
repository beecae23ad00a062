/* tests/test_space.c - spaces built, searched by name, read from a plan, stored and read back. */
#include "tests/support.h"

#include "spaces/base/stream.h"
#include "spaces/space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static attune_distribution *make(const char *text)
{
    attune_document document;
    attune_distribution *distribution = NULL;
    attune_error error = {0};
    assert_ok(attune_document_parse(&document, "case", text, (int64_t)strlen(text), &error),
              &error);
    attune_at top = attune_at_top(&document);
    assert_ok(attune_distribution_from_json(&distribution, document.root, &top, &error), &error);
    attune_document_clear(&document);
    return distribution;
}

static void add(attune_space *space, const char *name, const char *distribution,
                attune_branch branch, const char *when)
{
    attune_error error = {0};
    assert_ok(attune_space_add(space, name, make(distribution), branch, when, &error), &error);
}

/* model: linear (C, penalty) or svc (C, kernel: rbf (gamma) or poly (degree when C > 1)). */
static attune_space *nested(void)
{
    attune_space *space = attune_space_new(NULL);
    add(space, "model__choice", "[\"linear\",\"svc\"]", ATTUNE_NO_BRANCH, NULL);
    add(space, "model__linear__C", "{\"log_uniform\":[0.01,10]}", (attune_branch){0, 0}, NULL);
    add(space, "model__linear__penalty", "[\"l1\",\"l2\"]", (attune_branch){0, 0}, NULL);
    add(space, "model__svc__C", "{\"log_uniform\":[0.01,100]}", (attune_branch){0, 1}, NULL);
    add(space, "model__svc__kernel", "[\"rbf\",\"poly\"]", (attune_branch){0, 1}, NULL);
    add(space, "model__svc__gamma", "{\"log_uniform\":[1e-4,1]}", (attune_branch){4, 0}, NULL);
    add(space, "model__svc__degree", "{\"rand_int\":[2,5]}", (attune_branch){4, 1}, "C > 1");
    return space;
}

static void decode(const attune_space *space, const double *unit, attune_sample *sample)
{
    attune_error error = {0};
    assert_ok(attune_sample_init(sample, space, &error), &error);
    attune_space_decode(space, unit, sample);
}

static void assert_active(const attune_space *space, const double *unit, const char *expected)
{
    attune_sample sample;
    char active[32] = {0};
    decode(space, unit, &sample);
    for (int64_t i = 0; i < space->n; i++) {
        active[i] = sample.active[i] ? '1' : '0';
        assert_true(isnan(sample.x[i]) == !sample.active[i]);
    }
    assert_string_equal(active, expected);
    attune_sample_clear(&sample);
}

static void branches_at_any_depth(void **state)
{
    (void)state;
    attune_space *space = nested();
    assert_active(space, (double[]){.1, .5, .5, .5, .5, .5, .5}, "1110000");
    assert_active(space, (double[]){.9, .5, .5, .9, .2, .5, .5}, "1001110");
    assert_active(space, (double[]){.9, .5, .5, .9, .8, .5, .5}, "1001101");
    assert_active(space, (double[]){.9, .5, .5, .1, .8, .5, .5}, "1001100"); /* C <= 1 */
    attune_space_free(space);
    space = attune_space_new(NULL);
    add(space, "d0", "{\"boolean\":0.5}", ATTUNE_NO_BRANCH, NULL);
    for (int i = 1; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        add(space, name, "{\"boolean\":0.5}", (attune_branch){i - 1, 1}, NULL);
    }
    double unit[200];
    for (int i = 0; i < 200; i++)
        unit[i] = i == 150 ? 0.1 : 0.9; /* the chain breaks here */
    attune_sample sample;
    decode(space, unit, &sample);
    for (int i = 0; i < 200; i++)
        assert_int_equal(sample.active[i], i <= 150);
    attune_sample_clear(&sample);
    attune_space_free(space);
}

static void names_are_found_by_their_ends(void **state)
{
    (void)state;
    attune_space *space = nested();
    attune_error error = {0};
    assert_int_equal(attune_space_find(space, "model__svc__C", &error), 3);
    assert_int_equal(attune_space_find(space, "svc__C", &error), 3);
    assert_int_equal(attune_space_find(space, "gamma", &error), 5);
    assert_int_equal(attune_space_find(space, "C", &error), -1);
    assert_error(&error, ATTUNE_INVALID, "model__linear__C, model__svc__C");
    attune_error_clear(&error);
    assert_int_equal(attune_space_find(space, "gama", &error), -1);
    assert_error(&error, ATTUNE_NOT_FOUND, "did you mean \"gamma\"?");
    attune_error_clear(&error);
    assert_int_equal(attune_space_find(space, "amma", &error), -1); /* half a part is none */
    assert_int_equal(attune_space_find(space, "", NULL), -1);
    assert_int_equal(attune_space_find(space, "__C", NULL), -1);
    attune_space_free(space);
}

static void a_short_name_finds_its_dimension(void **state)
{
    (void)state;
    static const char *const expected[] = {"model__choice", "linear__C", "svc__kernel", "gamma"};
    attune_space *space = nested();
    int64_t n_seen = 0;
    for (int64_t i = 0; i < space->n; i++) {
        const char *name = attune_space_short_name(space, i);
        assert_int_equal(attune_space_find(space, name, NULL), i);
        for (size_t k = 0; k < sizeof expected / sizeof *expected; k++)
            n_seen += strcmp(name, expected[k]) == 0;
    }
    assert_int_equal(n_seen, 4);
    attune_space_free(space);
}

static void what_cannot_be_added_is_refused(void **state)
{
    static const struct {
        const char *name;
        attune_branch branch;
        const char *when, *words;
    } cases[] = {
        {"", {-1, 0}, NULL, "needs a name"},
        {"model__svc__C", {-1, 0}, NULL, "already"},
        {"x", {9, 0}, NULL, "no dimension before"},
        {"x", {-2, 0}, NULL, "no dimension before"},
        {"x", {0, 2}, NULL, "no value of model__choice"},
        {"x", {0, 0.5}, NULL, "no value of model__choice"},
        {"x", {3, 0.5}, NULL, "no value of model__svc__C"}, /* continuous */
        {"x", {-1, 0}, "C > 1", "is the end of 2 names"},
        {"x", {-1, 0}, "gamm > 1", "x: when: no hyperparameter \"gamm\""},
        {"x", {-1, 0}, "x > 1", "no hyperparameter \"x\""},
        {"x", {-1, 0}, "gamma >", "x: when: column 8"},
    };
    (void)state;
    attune_space *space = nested();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_error error = {0};
        if (!attune_space_add(space, cases[i].name, make("1"), cases[i].branch, cases[i].when,
                              &error) ||
            !strstr(error.message, cases[i].words))
            fail_msg("%s %s: %s", cases[i].name, cases[i].when ? cases[i].when : "", error.message);
        assert_int_equal(space->n, 7);
    }
    attune_space_free(space);
}

static attune_status constant_of(void *user, const char *name, attune_value *value)
{
    *value = attune_value_boolean(true);
    return strcmp(name, user) == 0 ? ATTUNE_OK : ATTUNE_NOT_FOUND;
}

static void relations_refuse_what_is_false(void **state)
{
    (void)state;
    attune_space *space = attune_space_new(NULL);
    attune_error error = {0};
    attune_sample sample;
    add(space, "m__dual", "{\"boolean\":0.5}", ATTUNE_NO_BRANCH, NULL);
    add(space, "m__penalty", "[\"l1\",\"l2\"]", ATTUNE_NO_BRANCH, NULL);
    add(space, "m__leaves", "{\"rand_int\":[1,100]}", (attune_branch){0, 0}, NULL);
    assert_ok(attune_space_require(space, "not (dual and penalty = 'l1' and lib)", "m__",
                                   "dual needs l2", constant_of, (void *)(uintptr_t) "lib", &error),
              &error);
    assert_ok(attune_space_require(space, "leaves <= 50", "", NULL, NULL, NULL, &error), &error);
    decode(space, (double[]){.9, .1, .5}, &sample);
    assert_non_null(attune_space_broken(space, &sample));
    assert_string_equal(attune_space_broken(space, &sample)->reason, "dual needs l2");
    attune_space_decode(space, (double[]){.9, .9, .5}, &sample);
    assert_null(attune_space_broken(space, &sample)); /* leaves is inactive: unknown */
    attune_space_decode(space, (double[]){.1, .1, .3}, &sample);
    assert_null(attune_space_broken(space, &sample));
    attune_space_decode(space, (double[]){.1, .1, .7}, &sample);
    assert_ptr_equal(attune_space_broken(space, &sample), &space->relations[1]);
    assert_null(space->relations[1].reason);
    assert_int_equal(attune_space_require(space, "other = 1", "", NULL, constant_of,
                                          (void *)(uintptr_t) "lib", &error),
                     ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "require: no hyperparameter \"other\"");
    assert_int_equal(space->n_relations, 2);
    attune_sample_clear(&sample);
    attune_space_free(space);
}

static char *write(const attune_space *space)
{
    attune_error error = {0};
    json_t *json = attune_space_to_json(space, &error);
    assert_non_null(json);
    char *text = attune_json_write(json, &error);
    json_decref(json);
    return text;
}

static attune_status read_stored(attune_space **space, const char *text, attune_error *error)
{
    attune_document document;
    attune_status status =
        attune_document_parse(&document, "store", text, (int64_t)strlen(text), error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_space_from_json(space, document.root, &top, error);
    attune_document_clear(&document);
    return status;
}

static void stored_and_read_back(void **state)
{
    (void)state;
    attune_space *space = nested(), *back = NULL;
    attune_error error = {0};
    assert_ok(attune_space_require(space, "not (penalty = 'l1' and dual)", "model__linear__",
                                   "because", constant_of, (void *)(uintptr_t) "dual", &error),
              &error);
    assert_ok(attune_space_require(space, "C < 50", "model__svc__", NULL, NULL, NULL, &error),
              &error);
    char *text = write(space);
    assert_ok(read_stored(&back, text, &error), &error);
    char *again = write(back);
    assert_string_equal(text, again);
    assert_int_equal(back->n, 7);
    assert_int_equal(back->relations[1].names[0], 3);
    assert_true(back->relations[0].constants[1].boolean);
    attune_stream stream = attune_stream_new(attune_key_start("spaces"));
    attune_sample a, b;
    double unit[7];
    assert_ok(attune_sample_init(&a, space, &error), &error);
    assert_ok(attune_sample_init(&b, back, &error), &error);
    for (int i = 0; i < 1000; i++) {
        for (int j = 0; j < 7; j++)
            unit[j] = attune_stream_uniform(&stream);
        attune_space_decode(space, unit, &a);
        attune_space_decode(back, unit, &b);
        assert_true(attune_key_same(attune_sample_key(&a), attune_sample_key(&b)));
        assert_int_equal(!attune_space_broken(space, &a), !attune_space_broken(back, &b));
    }
    attune_sample_clear(&a);
    attune_sample_clear(&b);
    free(text);
    free(again);
    attune_space_free(space);
    attune_space_free(back);
}

static void bad_stored_spaces_are_refused(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[1]",
        "[{}]",
        "[{\"name\":\"a\"}]",
        "[{\"name\":1,\"distribution\":1}]",
        "[{\"name\":\"a\",\"distribution\":{\"nope\":1}}]",
        "[{\"name\":\"a\",\"distribution\":1,\"extra\":1}]",
        "[{\"name\":\"a\",\"distribution\":1},{\"name\":\"a\",\"distribution\":1}]",
        "[{\"name\":\"a\",\"distribution\":1,\"branch\":{\"dimension\":\"b\",\"value\":1}}]",
        "[{\"name\":\"a\",\"distribution\":1,\"branch\":{}}]",
        "[{\"name\":\"a\",\"distribution\":1,\"branch\":3}]",
        "[{\"name\":\"a\",\"distribution\":1,\"branch\":{\"dimension\":\"a\",\"value\":2}}]",
        "[{\"name\":\"a\",\"distribution\":1,\"when\":\"b = 1\"}]",
        "[{\"name\":\"a\",\"distribution\":1,\"when\":3}]",
        "[{\"require\":\"a = 1\"}]",
        "[{\"require\":3}]",
        "[{\"require\":\"a = 1\",\"names\":{\"a\":\"gone\"},\"constants\":{\"a\":1}}]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        attune_space *space = NULL;
        attune_error error = {0};
        if (read_stored(&space, texts[i], &error) != ATTUNE_INVALID || error.line != 1)
            fail_msg("%s: %s", texts[i], error.message);
        assert_null(space);
    }
}

static attune_status read_plan(attune_space *space, const char *text, attune_error *error)
{
    attune_document document;
    attune_status status =
        attune_document_parse(&document, "plan.json", text, (int64_t)strlen(text), error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_space_add_json(space, document.root, &top, "m__", ATTUNE_NO_BRANCH, error);
    attune_document_clear(&document);
    return status;
}

static void a_plan_in_any_order_is_the_same_space(void **state)
{
    (void)state;
    attune_space *one = attune_space_new(NULL), *other = attune_space_new(NULL);
    attune_error error = {0};
    assert_ok(read_plan(one,
                        "{\"lr\": {\"log_uniform\": [1e-5, 0.1]}, \"// why\": 1,"
                        " \"opt\": {\"choice\": [\"adam\", \"sgd\"]},"
                        " \"momentum\": {\"uniform\": [0.8, 0.99], \"when\": \"opt = 'sgd'\"},"
                        " \"fast\": {\"boolean\": 0.5, \"when\": \"momentum > 0.9\"},"
                        " \"layers\": [1, 2], \"seed\": 3,"
                        " \"require\": [\"layers = 1 or lr < 0.01\"]}",
                        &error),
              &error);
    assert_ok(read_plan(other,
                        "{\"require\": \"layers = 1 or lr < 0.01\", \"seed\": 3, "
                        "\"fast\": {\"when\": \"momentum > 0.9\", \"boolean\": 0.5},"
                        " \"momentum\": {\"uniform\": [0.8, 0.99], \"when\": \"opt = 'sgd'\"},"
                        " \"layers\": [1, 2], \"opt\": [\"adam\", \"sgd\"],"
                        " \"lr\": {\"log_uniform\": [1e-5, 0.1]}}",
                        &error),
              &error);
    char *a = write(one), *b = write(other);
    assert_string_equal(a, b);
    static const char *const order[] = {"m__layers", "m__lr",       "m__opt",
                                        "m__seed",   "m__momentum", "m__fast"};
    assert_int_equal(one->n, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(one->dimensions[i].name, order[i]);
    assert_int_equal(one->n_relations, 1);
    free(a);
    free(b);
    attune_space_free(one);
    attune_space_free(other);
}

static void bad_plans_say_where(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *words;
    } cases[] = {
        {"[]", 1, 1, "must be an object"},
        {"{\"C\":\n {\"uniform\": [2, 1]}}", 2, 3, "need low < high"},
        {"{\"C\": {\"unifrom\": [1, 2]}}", 1, 8, "did you mean \"uniform\"?"},
        {"{\"C\": {\"when\": \"a = 1\"}}", 1, 2, "need a distribution"},
        {"{\"C\": {\"fixed\": 1, \"when\": 3}}", 1, 20, "must be a text"},
        {"{\"C\": {\"fixed\": 1, \"when\": \"a ==\"}}", 1, 20, "write ="},
        {"{\"C\": {\"fixed\": 1, \"when\": \"a = 1\"}}", 1, 2, "no hyperparameter \"a\""},
        {"{\"C\": {\"fixed\": 1, \"when\": \"C = 1\"}}", 1, 2, "speaks of C"},
        {"{\"a\": {\"fixed\": 1, \"when\": \"b = 1\"}, \"b\": {\"fixed\": 1, \"when\": \"a = 1\"}}",
         1, 38, "speaks of a"},
        {"{\"a\": 1, \"require\": \"b = 1\"}", 1, 10, "no hyperparameter \"b\""},
        {"{\"a\": 1, \"require\": [\"a = 1\", 3]}", 1, 31, "must be a text"},
        {"{\"a\": 1, \"require\": 3}", 1, 10, "must be a text"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_space *space = attune_space_new(NULL);
        attune_error error = {0};
        if (read_plan(space, cases[i].text, &error) != ATTUNE_INVALID ||
            !strstr(error.message, cases[i].words) || error.line != cases[i].line ||
            error.column != cases[i].column)
            fail_msg("%s: %d:%d: %s", cases[i].text, error.line, error.column, error.message);
        attune_space_free(space);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_at_any_depth),
        cmocka_unit_test(names_are_found_by_their_ends),
        cmocka_unit_test(a_short_name_finds_its_dimension),
        cmocka_unit_test(what_cannot_be_added_is_refused),
        cmocka_unit_test(relations_refuse_what_is_false),
        cmocka_unit_test(stored_and_read_back),
        cmocka_unit_test(bad_stored_spaces_are_refused),
        cmocka_unit_test(a_plan_in_any_order_is_the_same_space),
        cmocka_unit_test(bad_plans_say_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
