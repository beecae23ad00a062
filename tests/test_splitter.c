/* tests/test_splitter.c - the folds of known data, plans read and written, and every complaint. */
#include "tests/made_data.h"

#include "steps/splitter.h"

#include <math.h>

static const attune_key seed = {1, 2};

static attune_splitter *read_plan(const char *text, attune_error *error)
{
    attune_document document;
    attune_splitter *splitter = NULL;
    assert_ok(attune_document_parse(&document, "plan.json", text, (int64_t)strlen(text), error),
              error);
    attune_at top = attune_at_top(&document);
    attune_at at = attune_at_key(&top, "validation");
    attune_splitter_from_json(&splitter, json_object_get(document.root, "validation"), &at, error);
    attune_document_clear(&document);
    return splitter;
}

static attune_splitter *read_splitter(const char *validation)
{
    char text[400];
    attune_error error = {0};
    snprintf(text, sizeof text, "{\"validation\": %s}", validation);
    attune_splitter *splitter = read_plan(text, &error);
    assert_string_equal(error.message, "");
    assert_non_null(splitter);
    return splitter;
}

/* The canonical text of what was read; the caller frees. */
static char *canonical(const char *validation)
{
    attune_error error = {0};
    attune_splitter *splitter = read_splitter(validation);
    json_t *json = attune_splitter_to_json(splitter, &error);
    char *text = attune_json_write(json, &error);
    assert_non_null(text);
    json_decref(json);
    attune_splitter_free(splitter);
    return text;
}

static void assert_canonical(const char *validation, const char *expected)
{
    char *text = canonical(validation), *again = canonical(text);
    assert_string_equal(text, expected);
    assert_string_equal(again, expected);
    free(text);
    free(again);
}

static void plans_have_one_canonical_form(void **state)
{
    (void)state;
    const char *plain =
        "{\"k_fold\":{\"folds\":5,\"shuffle\":true,\"stratify\":true},\"repeats\":1}";
    assert_canonical("null", plain);
    assert_canonical("{}", plain);
    assert_canonical("{\"folds\": 5, \"// why\": 1, \"stratify\": null}", plain);
    assert_canonical("{\"k_fold\": {}, \"repeats\": 1}", plain);
    assert_canonical("{\"k_fold\": 5}", plain);
    assert_canonical(
        "{\"folds\": 3, \"stratify\": false, \"repeats\": 4}",
        "{\"k_fold\":{\"folds\":3,\"shuffle\":true,\"stratify\":false},\"repeats\":4}");
    assert_canonical("{\"holdout\": 0.25}", "{\"holdout\":{\"share\":0.25,\"shuffle\":true,"
                                            "\"stratify\":true},\"repeats\":1}");
    assert_canonical("{\"column\": \"fold\"}", "{\"column\":{\"name\":\"fold\"},\"repeats\":1}");
    assert_canonical("{\"walk_forward\": {\"folds\": 6, \"test\": \"28d\", \"gap\": 7}}",
                     "{\"repeats\":1,\"walk_forward\":{\"folds\":6,\"gap\":\"7\",\"test\":\"28d\","
                     "\"train\":\"expanding\",\"window\":null}}");
    assert_canonical("{\"walk_forward\": [4, 28, 0, \"rolling\", \"90d\"]}",
                     "{\"repeats\":1,\"walk_forward\":{\"folds\":4,\"gap\":\"0\",\"test\":\"28\","
                     "\"train\":\"rolling\",\"window\":\"90d\"}}");
}

static void no_plan_is_the_default(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_splitter *splitter = NULL;
    assert_ok(attune_splitter_from_json(&splitter, NULL, NULL, &error), &error);
    assert_string_equal(splitter->type->name, "k_fold");
    attune_splitter_free(splitter);
    attune_splitter_free(NULL);
}

static void refuse(const char *validation, const char *words, int column)
{
    char text[400];
    attune_error error = {0};
    snprintf(text, sizeof text, "{\n\"validation\": %s}", validation);
    assert_null(read_plan(text, &error));
    assert_error(&error, ATTUNE_INVALID, words);
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, column);
}

static void bad_plans_are_refused_at_their_place(void **state)
{
    (void)state;
    refuse("{\"fold\": 5}", "fold: unknown key, did you mean \"folds\"?", 16);
    refuse("{\"k_folds\": {}}", "did you mean \"k_fold\"?", 16);
    refuse("{\"k_fold\": {\"fold\": 3}}", "did you mean \"folds\"?", 27);
    refuse("{\"folds\": 1}", "folds: need a whole number from 2 to 1000, got 1", 16);
    refuse("{\"folds\": 2.5}", "folds: need a whole number", 16);
    refuse("{\"folds\": \"five\"}", "folds: need a whole number", 16);
    refuse("{\"repeats\": 0}", "repeats: need a whole number from 1 to 1000", 16);
    refuse("{\"shuffle\": false, \"repeats\": 2}", "without a shuffle", 34);
    refuse("{\"holdout\": 1}", "share must be below 1", 16);
    refuse("{\"holdout\": 0}", "share: need a number", 16);
    refuse("{\"holdout\": 0.2, \"column\": \"a\"}", "one splitter is enough", 32);
    refuse("{\"holdout\": 0.2, \"folds\": 3}", "folds: belongs to k_fold", 32);
    refuse("{\"column\": \"\"}", "name the column", 16);
    refuse("[5]", "must be an object", 1);
    refuse("{\"walk_forward\": {\"test\": \"soon\"}}", "test: need a count of times", 16);
    refuse("{\"walk_forward\": {\"test\": 0}}", "above 0", 16);
    refuse("{\"walk_forward\": {\"test\": -3}}", "above 0", 16);
    refuse("{\"walk_forward\": {\"gap\": \"2.5\"}}", "gap: need a count", 16);
    refuse("{\"walk_forward\": {\"gap\": null}}", "gap: need a text", 33);
    refuse("{\"walk_forward\": {\"train\": \"rolling\"}}", "needs a window", 16);
    refuse("{\"walk_forward\": {\"window\": 3}}", "a window is for", 16);
    refuse("{\"walk_forward\": {\"train\": \"growing\"}}", "one of expanding, rolling", 33);
    refuse("{\"walk_forward\": {\"folds\": 2}, \"repeats\": 3}", "the same folds", 46);
}

static attune_folds split(const char *validation, const attune_data *data)
{
    attune_error error = {0};
    attune_folds folds;
    attune_splitter *splitter = read_splitter(validation);
    attune_rows *rows = attune_rows_all(data->n_rows, &error);
    assert_ok(attune_splitter_split(splitter, data, rows, seed, &folds, &error), &error);
    attune_rows_free(rows);
    attune_splitter_free(splitter);
    return folds;
}

static void refuse_split(const char *validation, const attune_data *data, const char *words)
{
    attune_error error = {0};
    attune_folds folds;
    attune_splitter *splitter = read_splitter(validation);
    attune_rows *rows = attune_rows_all(data->n_rows, &error);
    assert_int_equal(attune_splitter_split(splitter, data, rows, seed, &folds, &error),
                     ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, words);
    assert_null(folds.items);
    assert_int_equal(folds.n, 0);
    attune_rows_free(rows);
    attune_splitter_free(splitter);
}

/* "0-3,7": rows as runs, for reading. */
static void assert_rows(const attune_rows *rows, const char *expected)
{
    attune_text text = {0};
    for (int64_t i = 0; i < rows->n;) {
        int64_t j = i;
        while (j + 1 < rows->n && rows->index[j + 1] == rows->index[j] + 1)
            j++;
        attune_text_printf(&text, "%s%lld", i ? "," : "", (long long)rows->index[i]);
        if (j > i)
            attune_text_printf(&text, "-%lld", (long long)rows->index[j]);
        i = j + 1;
    }
    assert_string_equal(text.bytes ? text.bytes : "", expected);
    attune_text_clear(&text);
}

static attune_data *numbers(int64_t n)
{
    struct made made = {0};
    double *values = attune_alloc(n, sizeof *values, NULL);
    for (int64_t i = 0; i < n; i++)
        values[i] = (double)i;
    made_reals(&made, "y", ATTUNE_TARGET, values, n);
    free(values);
    return made_data(&made, n, ATTUNE_REGRESSION);
}

static void unshuffled_folds_are_runs(void **state)
{
    (void)state;
    attune_data *data = numbers(11);
    attune_folds folds = split("{\"folds\": 3, \"shuffle\": false}", data);
    assert_int_equal(folds.n, 3);
    assert_rows(folds.items[0].test, "0-3");
    assert_rows(folds.items[0].train, "4-10");
    assert_rows(folds.items[1].test, "4-7");
    assert_rows(folds.items[1].train, "0-3,8-10");
    assert_rows(folds.items[2].test, "8-10");
    attune_folds_clear(&folds);
    folds = split("{\"holdout\": [0.3, false]}", data);
    assert_int_equal(folds.n, 1);
    assert_rows(folds.items[0].train, "0-7");
    assert_rows(folds.items[0].test, "8-10");
    attune_folds_clear(&folds);
    attune_data_free(data);
}

static void unshuffled_classes_are_runs_of_each(void **state)
{
    (void)state;
    struct made made = {0};
    made_codes(&made, "y", ATTUNE_TARGET, (int32_t[]){0, 1, 0, 1, 0, 1, 0, 0, 0}, 9, 2);
    attune_data *data = made_data(&made, 9, ATTUNE_BINARY);
    attune_folds folds = split("{\"folds\": 3, \"shuffle\": false}", data);
    assert_rows(folds.items[0].test, "0-2");
    assert_rows(folds.items[1].test, "3-4,6");
    assert_rows(folds.items[2].test, "5,7-8");
    attune_folds_clear(&folds);
    attune_data_free(data);
}

static void too_few_rows_are_counted(void **state)
{
    (void)state;
    attune_data *data = numbers(8);
    refuse_split("{\"folds\": 10}", data,
                 "validation: 10 folds need at least 10 rows, the data have 8");
    refuse_split("{\"walk_forward\": {}}", data, "needs a time column");
    refuse_split("{\"column\": \"yy\"}", data, "no column \"yy\", did you mean \"y\"?");
    attune_data_free(data);
    data = numbers(1);
    refuse_split("{\"holdout\": 0.5}", data, "a holdout needs at least 2 rows, the data have 1");
    attune_data_free(data);
    data = numbers(0);
    refuse_split("null", data, "there are no rows to divide");
    attune_data_free(data);
}

static void groups_are_never_torn(void **state)
{
    (void)state;
    struct made made = {0};
    made_codes(&made, "who", ATTUNE_GROUP, (int32_t[]){0, 1, 0, 2, 2, 1, 3, -1}, 8, 4);
    made_reals(&made, "house", ATTUNE_GROUP, (double[]){7, 8, 7, 9, 9, 8, 7, 5}, 8);
    attune_data *data = made_data(&made, 8, ATTUNE_NO_TASK);
    attune_folds folds = split("{\"folds\": 4, \"shuffle\": false}", data);
    assert_rows(folds.items[0].test, "0,2,6"); /* 6 is another person of the same house */
    assert_rows(folds.items[1].test, "1,5");
    assert_rows(folds.items[2].test, "3-4");
    assert_rows(folds.items[3].test, "7");
    attune_folds_clear(&folds);
    refuse_split("{\"folds\": 5}", data, "5 folds need at least 5 groups, \"who\" has 4");
    attune_data_free(data);
    made_codes(&made, "who", ATTUNE_GROUP, (int32_t[]){0, 0, 0}, 3, 1);
    data = made_data(&made, 3, ATTUNE_NO_TASK);
    refuse_split("{\"holdout\": 0.5}", data, "at least 2 groups, \"who\" has 1");
    attune_data_free(data);
}

static void a_column_names_the_folds(void **state)
{
    (void)state;
    struct made made = {0};
    double fold[] = {10, 2, NAN, 2, 10};
    made_reals(&made, "fold", ATTUNE_IGNORE, fold, 5);
    made_codes(&made, "part", ATTUNE_INPUT, (int32_t[]){1, 1, 0, -1, 2}, 5, 3);
    made_reals(&made, "half", ATTUNE_INPUT, (double[]){0.5, 1, 1, 1, 1}, 5);
    made_reals(&made, "same", ATTUNE_INPUT, (double[]){1, 1, 1, 1, 1}, 5);
    attune_data *data = made_data(&made, 5, ATTUNE_NO_TASK);
    attune_folds folds = split("{\"column\": \"fold\"}", data);
    assert_int_equal(folds.n, 2);
    assert_rows(folds.items[0].test, "1,3");
    assert_rows(folds.items[0].train, "0,2,4");
    assert_rows(folds.items[1].test, "0,4");
    attune_folds_clear(&folds);
    folds = split("{\"column\": \"part\"}", data);
    assert_int_equal(folds.n, 3);
    assert_rows(folds.items[0].test, "2");
    assert_rows(folds.items[1].test, "0-1");
    assert_rows(folds.items[2].train, "0-3");
    attune_folds_clear(&folds);
    refuse_split("{\"column\": \"half\"}", data, "\"half\" has 0.5 in row 1: need whole numbers");
    refuse_split("{\"column\": \"same\"}", data, "one value only");
    attune_data_free(data);
}

static const int64_t a_day = INT64_C(86400000000);

/* Two rows a day from 2026-01-01 on, the later half of the file first. */
static attune_data *panel(int64_t n_days)
{
    struct made made = {0};
    int64_t *times = attune_alloc(2 * n_days, sizeof *times, NULL);
    for (int64_t i = 0; i < 2 * n_days; i++)
        times[i] = (20454 + (i + n_days) % n_days) * a_day;
    made_times(&made, "day", ATTUNE_TIME, times, 2 * n_days);
    free(times);
    return made_data(&made, 2 * n_days, ATTUNE_NO_TASK);
}

static void the_past_is_fitted_and_the_next_days_tested(void **state)
{
    (void)state;
    attune_data *data = panel(20);
    attune_folds folds = split("{\"walk_forward\": {\"folds\": 3, \"test\": 4, \"gap\": 2}}", data);
    assert_int_equal(folds.n, 3);
    assert_rows(folds.items[0].train, "0-5,20-25");
    assert_rows(folds.items[0].test, "8-11,28-31");
    assert_rows(folds.items[2].train, "0-13,20-33");
    assert_rows(folds.items[2].test, "16-19,36-39");
    attune_folds days = split("{\"walk_forward\": [3, \"4d\", \"2d\"]}", data);
    assert_true(attune_key_same(attune_folds_key(&folds), attune_folds_key(&days)));
    attune_folds_clear(&folds);
    attune_folds_clear(&days);
    folds = split("{\"walk_forward\": [2, 5, 1, \"rolling\", 3]}", data);
    assert_rows(folds.items[0].train, "6-8,26-28");
    assert_rows(folds.items[0].test, "10-14,30-34");
    assert_rows(folds.items[1].train, "11-13,31-33");
    days = split("{\"walk_forward\": [2, \"120h\", \"1d\", \"rolling\", \"3d\"]}", data);
    assert_true(attune_key_same(attune_folds_key(&folds), attune_folds_key(&days)));
    attune_folds_clear(&folds);
    attune_folds_clear(&days);
    folds = split("{\"walk_forward\": {\"folds\": 3}}", data); /* 20 / 4 days each */
    assert_rows(folds.items[0].train, "0-4,20-24");
    assert_rows(folds.items[0].test, "5-9,25-29");
    attune_folds_clear(&folds);
    attune_data_free(data);
}

static void walks_that_cannot_be(void **state)
{
    (void)state;
    attune_data *data = panel(12);
    refuse_split("{\"walk_forward\": {\"folds\": 3, \"test\": 4}}", data,
                 "fold 1 of 3 has nothing to fit (test 4, gap 0): \"day\" has 12 distinct times "
                 "from 2026-01-01 to 2026-01-12");
    refuse_split("{\"walk_forward\": {\"folds\": 3, \"test\": \"3d\", \"gap\": \"3d\"}}", data,
                 "nothing to fit");
    refuse_split("{\"walk_forward\": {\"folds\": 30}}", data, "fold 30 of 30 has nothing to test");
    refuse_split("{\"walk_forward\": {\"folds\": 2, \"test\": \"1h\"}}", data,
                 "fold 1 of 2 has nothing to test");
    attune_data_free(data);
    struct made made = {0};
    made_reals(&made, "year", ATTUNE_TIME, (double[]){2001, 2003, 2002, NAN}, 4);
    data = made_data(&made, 4, ATTUNE_NO_TASK);
    refuse_split("{\"walk_forward\": {\"folds\": 2}}", data, "\"year\" is missing in row 4");
    refuse_split("{\"walk_forward\": {\"test\": \"2d\"}}", data, "2d is a duration, but the time");
    attune_data_free(data);
    made_codes(&made, "when", ATTUNE_TIME, (int32_t[]){0, 1}, 2, 2);
    data = made_data(&made, 2, ATTUNE_NO_TASK);
    refuse_split("{\"walk_forward\": {\"folds\": 1}}", data, "\"when\" is nominal");
    attune_data_free(data);
}

static void numbers_are_times_too(void **state)
{
    (void)state;
    struct made made = {0};
    made_reals(&made, "year", ATTUNE_TIME, (double[]){2001, -3, 2002, 0, 2001.5}, 5);
    attune_data *data = made_data(&made, 5, ATTUNE_NO_TASK);
    attune_folds folds = split("{\"walk_forward\": [2, 1]}", data);
    assert_rows(folds.items[0].train, "0-1,3");
    assert_rows(folds.items[0].test, "4");
    assert_rows(folds.items[1].test, "2");
    attune_folds_clear(&folds);
    attune_data_free(data);
}

/* What folds are of a seed is a promise: a change here changes everybody's studies. */
static void folds_of_a_seed_stay_the_same(void **state)
{
    (void)state;
    attune_data *data = numbers(10);
    attune_folds folds = split("{\"folds\": 2, \"repeats\": 2}", data);
    assert_int_equal(folds.n, 4);
    assert_rows(folds.items[0].test, "3-6,8");
    assert_rows(folds.items[2].test, "0,2,5,8-9");
    attune_folds_clear(&folds);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_have_one_canonical_form),
        cmocka_unit_test(no_plan_is_the_default),
        cmocka_unit_test(bad_plans_are_refused_at_their_place),
        cmocka_unit_test(unshuffled_folds_are_runs),
        cmocka_unit_test(unshuffled_classes_are_runs_of_each),
        cmocka_unit_test(too_few_rows_are_counted),
        cmocka_unit_test(groups_are_never_torn),
        cmocka_unit_test(a_column_names_the_folds),
        cmocka_unit_test(the_past_is_fitted_and_the_next_days_tested),
        cmocka_unit_test(walks_that_cannot_be),
        cmocka_unit_test(numbers_are_times_too),
        cmocka_unit_test(folds_of_a_seed_stay_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
