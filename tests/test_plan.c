/* tests/test_plan.c - plans read, refused at their place, printed, described. */
#include "search/plan/plan.h"
#include "search/plan/print.h"
#include "search/plan/schema.h"
#include "search/refit.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#define STEPS                                                                                      \
    "\"pipeline\": {\"steps\": [{\"step\": \"impute\"}, {\"step\": \"logistic_regression\", "      \
    "\"space\": {\"C\": {\"log_uniform\": [0.01, 10]}, \"max_iter\": {\"rand_int\": [150, "        \
    "200]}}}]}"
#define DATA "\"data\": {\"file\": \"a.csv\", \"target\": \"y\"}"

static attune_status read(const char *text, attune_plan *plan, attune_document *document,
                          attune_error *error)
{
    memset(error, 0, sizeof *error);
    memset(plan, 0, sizeof *plan);
    attune_status status =
        attune_document_parse(document, "p.json", text, (int64_t)strlen(text), error);
    return status ? status : attune_plan_read(plan, document, "here", "stem", error);
}

static void test_a_whole_plan(void **state)
{
    (void)state;
    attune_error error;
    attune_plan plan;
    attune_document document = {0};
    const char *text =
        "{\"//\": \"a note\", \"data\": {\"file\": \"a.csv\", \"target\": \"y\", \"id\": \"row\", "
        "\"ignore\": [\"u\", \"v\"], \"delimiter\": \";\"}, \"metric\": \"log_loss\", \"also\": "
        "[\"roc_auc\"], \"validation\": {\"folds\": 3}, " STEPS
        ", \"fixed\": {\"C\": 0.5}, \"search\": {\"trials\": 9, \"time\": \"90m\", \"seed\": 4, "
        "\"lookahead\": 8}}";
    assert_ok(read(text, &plan, &document, &error), &error);
    assert_string_equal(plan.name, "stem");
    assert_string_equal(plan.target, "y");
    assert_int_equal(plan.id.n, 1);
    assert_string_equal(plan.ignore.items[1], "v");
    assert_int_equal(plan.delimiter, ';');
    assert_int_equal(plan.n_metrics, 2);
    assert_int_equal(plan.trials, 9);
    assert_close(plan.seconds, 5400, 0);
    assert_int_equal(plan.lookahead, 8);
    assert_int_equal(plan.blueprint.space->n, 2);
    assert_null(json_object_get(plan.json, "//"));
    char *path = attune_plan_path(&plan, plan.file, &error);
    assert_string_equal(path, "here/a.csv");
    free(path);
    /* What is fixed is taken; the default of max_iter, 100, is outside its range: the middle. */
    attune_sample sample = {0};
    assert_ok(attune_plan_sample(&plan, plan.fixed, &sample, &error), &error);
    int64_t c = attune_space_find(plan.blueprint.space, "C", &error);
    int64_t iterations = attune_space_find(plan.blueprint.space, "max_iter", &error);
    assert_close(sample.x[c], 0.5, 0);
    assert_true(sample.x[iterations] >= 174 && sample.x[iterations] <= 176);
    attune_sample_clear(&sample);
    assert_ok(attune_plan_sample(&plan, NULL, &sample, &error), &error);
    assert_close(sample.x[c], 1, 0); /* the step's default */
    attune_sample_clear(&sample);
    attune_plan_clear(&plan);
    attune_document_clear(&document);
}

static void test_goals(void **state)
{
    (void)state;
    attune_error error;
    attune_plan plan;
    attune_document document = {0};
    const char *text = "{" DATA ", \"metric\": [\"mae\", \"rmse\"], \"constraints\": {\"r2\": "
                       "{\"max\": 0.99, \"min\": 0.25}, \"mape\": {\"max\": 2.385}}, " STEPS "}";
    assert_ok(read(text, &plan, &document, &error), &error);
    assert_int_equal(plan.n_objectives, 2);
    assert_int_equal(plan.n_metrics, 2);
    assert_int_equal(plan.n_limits, 3); /* in the order of the metrics' list, min before max */
    assert_string_equal(plan.limits[0].metric->name, "mape");
    assert_true(plan.limits[0].is_max && !plan.limits[1].is_max && plan.limits[2].is_max);
    assert_close(plan.limits[1].bound, 0.25, 0);
    attune_plan_clear(&plan);
    attune_document_clear(&document);
}

/* Each is refused with these words; a line break stands before the fault, so line 2 is named. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{\n\"dta\": {}}", "did you mean \"data\""},
        {"{" DATA "}", "needs \"pipeline\""},
        {"{" STEPS "}", "needs \"data\""},
        {"{\"data\": {\"target\": \"y\"}, " STEPS "}", "needs \"file\""},
        {"{\"data\": {\"file\": \"a\"}, " STEPS "}", "needs \"target\""},
        {"{" DATA ", \"metric\": \"logloss\", " STEPS "}", "did you mean \"log_loss\""},
        {"{" DATA ", \"metric\": \"mae\", \"also\": [\"mae\"], " STEPS "}", "named twice"},
        {"{" DATA ", \"also\": \"mae\", " STEPS "}", "needs \"metric\""},
        {"{" DATA ", \"metric\": [], " STEPS "}", "names no metric"},
        {"{" DATA ", \"constraints\": {\"acuracy\": {\"min\": 1}}, " STEPS "}",
         "did you mean \"accuracy\""},
        {"{" DATA ", \"constraints\": {\"accuracy\": {}}, " STEPS "}", "must be a bound"},
        {"{" DATA ", \"constraints\": {\"accuracy\": {\"min\": \"x\"}}, " STEPS "}",
         "must be a number"},
        {"{" DATA ", \"constraints\": {\"brier\": {\"min\": 1, \"max\": 0.5}}, " STEPS "}",
         "nothing is above its min"},
        {"{" DATA ", \"metric\": [\"mae\", \"rmse\"], \"search\": {\"sampler\": \"cmaes\"}, " STEPS
         "}",
         "not made for several objectives"},
        {"{" DATA ", \"metric\": [\"mae\", \"rmse\"], \"search\": {\"pruner\": \"median\"}, " STEPS
         "}",
         "judges by one objective"},
        {"{" DATA ", " STEPS ", \"search\": {\"trials\": 0}}", "at least 1"},
        {"{" DATA ", " STEPS ", \"search\": {\"trails\": 3}}", "did you mean \"trials\""},
        {"{" DATA ", " STEPS ", \"search\": {\"time\": \"soon\"}}", "duration"},
        {"{" DATA ", " STEPS ", \"search\": {\"sampler\": \"rndom\"}}", "did you mean"},
        {"{" DATA ", " STEPS ", \"fixed\": {\"C\": 100}}", "not one of the values"},
        {"{" DATA ", " STEPS ", \"validation\": {\"folds\": 1}}", "folds"},
        {"{" DATA ", \"pipeline\": {\"steps\": [{\"step\": \"min_max_scale\", \"hyperparams\": "
         "{\"low\": 2}}, {\"step\": \"ridge\"}]}}",
         "hyperparams: need low < high"},
        {"{" DATA ", \"pipeline\": {\"steps\": [{\"step\": \"ridg\"}]}}", "did you mean \"ridge\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_error error;
        attune_plan plan;
        attune_document document = {0};
        assert_int_equal(read(cases[i].text, &plan, &document, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, cases[i].words);
        assert_string_equal(error.source, "p.json");
        assert_int_equal(error.line, i == 0 ? 2 : 1);
        attune_document_clear(&document);
    }
}

static void test_overrides(void **state)
{
    (void)state;
    attune_error error = {0};
    json_t *root = attune_json_parse("{\"search\": {\"trials\": 3}, \"list\": [{\"a\": 1}]}");
    assert_ok(attune_plan_override(root, "search.trials=7", &error), &error);
    assert_ok(attune_plan_override(root, "data.target=price", &error), &error);
    assert_ok(attune_plan_override(root, "list.0.a=[1, 2]", &error), &error);
    char *text = attune_json_write(root, &error);
    assert_string_equal(text, "{\"data\":{\"target\":\"price\"},\"list\":[{\"a\":[1,2]}],"
                              "\"search\":{\"trials\":7}}");
    assert_int_equal(attune_plan_override(root, "trials", &error), ATTUNE_INVALID);
    free(text);
    json_decref(root);
}

static void test_printing_keeps_the_plan(void **state)
{
    (void)state;
    attune_error error = {0};
    json_t *plan = attune_json_parse("{\"search\": {\"seed\": 1}, " STEPS ", " DATA "}");
    char *text = attune_plan_print(plan, &error);
    json_t *back = attune_json_parse(text);
    assert_true(json_equal(plan, back));
    assert_true(strstr(text, "\"data\"") < strstr(text, "\"pipeline\""));
    assert_true(strstr(text, "\"pipeline\"") < strstr(text, "\"search\""));
    assert_non_null(strstr(text, "  \"data\": {\"file\": \"a.csv\", \"target\": \"y\"},\n"));
    free(text);
    json_decref(back);
    json_decref(plan);
}

/* Every key that is read is described, and stands in the schema. */
static void test_keys_and_schema(void **state)
{
    (void)state;
    attune_error error = {0};
    json_t *schema = attune_plan_schema(&error);
    json_t *properties = json_object_get(schema, "properties");
    assert_non_null(schema);
    for (const attune_plan_key *key = attune_plan_keys; key->path; key++) {
        char section[64];
        const char *dot = strchr(key->path, '.');
        snprintf(section, sizeof section, "%.*s", (int)strcspn(key->path, "."), key->path);
        json_t *at = json_object_get(properties, section);
        assert_non_null(at);
        if (dot && strcmp(section, "pipeline") != 0)
            assert_non_null(json_object_get(json_object_get(at, "properties"), dot + 1));
    }
    json_t *steps =
        json_object_get(json_object_get(json_object_get(schema, "$defs"), "step"), "anyOf");
    size_t n = 0;
    while (attune_step_types[n])
        n++;
    assert_int_equal(json_array_size(steps), n);
    json_decref(schema);
}

static void test_narrowing(void **state)
{
    (void)state;
    attune_error error = {0};
    static const char text[] =
        "{\"fixed\": {\"model__choice\": \"ridge\", \"model__ridge__alpha\": 1}, \"pipeline\": "
        "{\"steps\": [{\"step\": \"choose\", \"name\": \"model\", \"steps\": [{\"step\": "
        "\"dummy\"}, {\"step\": \"ridge\", \"space\": {\"alpha\": {\"log_uniform\": [0.01, 100], "
        "\"when\": \"fit_intercept = true\"}, \"fit_intercept\": {\"boolean\": 0.5}}}]}]}}";
    json_t *plan = attune_json_parse(text);
    assert_ok(attune_plan_narrow(plan, 0.5, &error), &error);
    json_t *choose = json_array_get(json_object_get(json_object_get(plan, "pipeline"), "steps"), 0);
    json_t *space = json_object_get(json_array_get(json_object_get(choose, "steps"), 1), "space");
    char *choice = attune_json_write(json_object_get(choose, "space"), &error);
    json_t *alpha = json_object_get(json_object_get(space, "alpha"), "log_uniform");
    assert_null(json_object_get(plan, "fixed"));
    assert_string_equal(choice, "{\"choice\":{\"choice\":{\"values\":[\"dummy\",\"ridge\"],"
                                "\"weights\":[0.25,0.75]}}}");
    assert_close(json_number_value(json_object_get(alpha, "low")), 0.1, 1e-9);
    assert_close(json_number_value(json_object_get(alpha, "high")), 10, 1e-9);
    assert_string_equal(json_string_value(json_object_get(json_object_get(space, "alpha"), "when")),
                        "fit_intercept = true");
    assert_int_equal(attune_plan_narrow(plan, 0.5, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "name a trial by its number");
    free(choice);
    json_decref(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_plan),
        cmocka_unit_test(test_goals),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_printing_keeps_the_plan),
        cmocka_unit_test(test_keys_and_schema),
        cmocka_unit_test(test_narrowing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
