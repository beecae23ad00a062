/* tests/test_field.c - what a field table gives: defaults, setting, copies, JSON, messages. */
#include "spaces/base/field.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sample {
    double rate, ratio, limit;
    int64_t depth, seed;
    bool warm;
    char *label, *note;
    int loss, solver;
    attune_reals quantiles;
    attune_values choices;
    attune_texts columns;
    attune_value fill;
    attune_array coef;
    attune_texts classes;
    int64_t n_iter;
};

static const char *const losses[] = {"hinge", "log", NULL};

static const attune_field fields[] = {
    ATTUNE_REAL(struct sample, rate, 0.1, "learning rate", .above_low = true, .high = 1,
                .renamed_from = "eta"),
    ATTUNE_REAL(struct sample, ratio, NAN, "share, or null to decide", .nullable = true, .high = 1),
    ATTUNE_REAL(struct sample, limit, INFINITY, "upper limit"),
    ATTUNE_INTEGER(struct sample, depth, 6, "levels", .low = 1),
    ATTUNE_INTEGER(struct sample, seed, INT64_MIN, "or null", .nullable = true, .no_low = true,
                   .no_high = true),
    ATTUNE_BOOLEAN(struct sample, warm, true, "go on from the last fit"),
    ATTUNE_TEXT(struct sample, label, "none", "a name"),
    ATTUNE_TEXT(struct sample, note, NULL, "or null", .nullable = true),
    ATTUNE_ENUM(struct sample, loss, losses, 1, "what is minimised"),
    ATTUNE_ENUM(struct sample, solver, losses, -1, "or null", .nullable = true),
    ATTUNE_REALS(struct sample, quantiles, "between 0 and 1", .high = 1),
    ATTUNE_VALUES(struct sample, choices, "anything"),
    ATTUNE_TEXTS(struct sample, columns, "names"),
    ATTUNE_VALUE(struct sample, fill, "one of anything"),
    ATTUNE_FITTED_ARRAY(struct sample, coef, "one row"),
    ATTUNE_FITTED_TEXTS(struct sample, classes, "in order"),
    ATTUNE_FITTED_INTEGER(struct sample, n_iter, "rounds taken"),
    ATTUNE_FIELDS_END,
};

static const char defaults[] =
    "{\"choices\":[],\"columns\":[],\"depth\":6,\"fill\":null,\"label\":\"none\",\"limit\":\"inf\","
    "\"loss\":\"log\",\"note\":null,\"quantiles\":[],\"rate\":0.1,\"ratio\":null,\"seed\":null,"
    "\"solver\":null,\"warm\":true}";

static const char full[] =
    "{\"choices\":[1,\"a\",[2.5],null],\"columns\":[\"x\",\"y\"],\"depth\":17,\"fill\":{\"k\":1},"
    "\"label\":\"l\",\"limit\":2.385,\"loss\":\"hinge\",\"note\":\"n\",\"quantiles\":[0.25,1],"
    "\"rate\":1,\"ratio\":0.385,\"seed\":-9,\"solver\":\"log\",\"warm\":false}";

static struct sample made(void)
{
    struct sample self;
    attune_error error = {0};
    memset(&self, 0, sizeof self);
    assert_ok(attune_fields_init(fields, &self, &error), &error);
    return self;
}

static attune_status set_all(struct sample *self, const char *text, attune_error *error)
{
    attune_document document;
    attune_error problem = {0};
    assert_ok(attune_document_parse(&document, "plan.json", text, (int64_t)strlen(text), &problem),
              &problem);
    attune_at at = attune_at_top(&document);
    attune_status status =
        attune_fields_from_json(fields, self, document.root, &at, "sample", error);
    attune_document_clear(&document);
    return status;
}

static void assert_json(const struct sample *self, attune_field_use use, const char *expected)
{
    attune_error error = {0};
    json_t *json = attune_fields_to_json(fields, self, use, &error);
    assert_non_null(json);
    char *text = attune_json_write(json, &error);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void starts_with_its_defaults(void **state)
{
    (void)state;
    struct sample self = made();
    assert_json(&self, ATTUNE_HYPERPARAMS, defaults);
    attune_fields_clear(fields, &self, ATTUNE_ALL);
    assert_true(self.rate == 0 && self.depth == 0 && !self.warm && self.loss == 0);
    assert_null(self.label);
    attune_fields_clear(fields, &self, ATTUNE_ALL); /* twice is fine */
}

static void json_there_and_back(void **state)
{
    (void)state;
    attune_error error = {0};
    struct sample self = made();
    assert_ok(set_all(&self, full, &error), &error);
    assert_json(&self, ATTUNE_HYPERPARAMS, full);
    assert_int_equal(self.columns.n, 2);
    assert_true(self.quantiles.items[0] == 0.25);
    assert_ok(set_all(&self, defaults, &error), &error); /* and every one can be taken back */
    assert_json(&self, ATTUNE_HYPERPARAMS, defaults);
    attune_fields_clear(fields, &self, ATTUNE_ALL);
}

static void every_member_goes_through_a_value(void **state)
{
    (void)state;
    attune_error error = {0};
    struct sample from = made(), to = made();
    assert_ok(set_all(&from, full, &error), &error);
    for (const attune_field *field = fields; field->kind; field++) {
        attune_value value = {0};
        if (field->fitted)
            continue;
        assert_ok(attune_field_get(field, &from, &value, &error), &error);
        assert_ok(attune_field_set(field, &to, &value, &error), &error);
        attune_value_clear(&value);
        /* The default is a value that the field takes, but for lists, which have none. */
        assert_ok(attune_field_default(field, &value, &error), &error);
        bool list = field->kind == ATTUNE_FIELD_REALS || field->kind == ATTUNE_FIELD_VALUES ||
                    field->kind == ATTUNE_FIELD_TEXTS;
        if (!list)
            assert_ok(attune_field_set(field, &from, &value, &error), &error);
        attune_value_clear(&value);
    }
    assert_json(&to, ATTUNE_HYPERPARAMS, full);
    attune_value value = {0};
    assert_int_equal(attune_field_get(attune_field_find(fields, "coef"), &from, &value, &error),
                     ATTUNE_INTERNAL);
    attune_fields_clear(fields, &from, ATTUNE_ALL);
    attune_fields_clear(fields, &to, ATTUNE_ALL);
}

static void copies_are_deep_and_of_one_use(void **state)
{
    (void)state;
    attune_error error = {0};
    struct sample from = made(), to = made();
    assert_ok(set_all(&from, full, &error), &error);
    assert_ok(attune_array_make_1d(&from.coef, ATTUNE_ARRAY_F64, 2, &error), &error);
    assert_ok(attune_texts_add(&from.classes, "yes", &error), &error);
    from.coef.f64[1] = 2.385;
    from.n_iter = 17;
    assert_ok(attune_fields_copy(fields, &to, &from, ATTUNE_HYPERPARAMS, &error), &error);
    assert_null(to.coef.data);
    assert_json(&to, ATTUNE_FITTED, "{\"classes\":[],\"n_iter\":0}");
    assert_ok(attune_fields_copy(fields, &to, &from, ATTUNE_FITTED, &error), &error);
    attune_fields_clear(fields, &from, ATTUNE_FITTED);
    assert_int_equal(from.n_iter, 0);
    assert_json(&from, ATTUNE_HYPERPARAMS, full);
    attune_fields_clear(fields, &from, ATTUNE_ALL);
    assert_json(&to, ATTUNE_HYPERPARAMS, full);
    assert_json(&to, ATTUNE_FITTED, "{\"classes\":[\"yes\"],\"n_iter\":17}");
    assert_true(to.coef.f64[1] == 2.385);
    assert_ok(attune_fields_copy(fields, &to, &to, ATTUNE_ALL, &error), &error);
    assert_json(&to, ATTUNE_HYPERPARAMS, full);
    attune_fields_clear(fields, &to, ATTUNE_ALL);
}

static void an_array_is_in_table_order(void **state)
{
    (void)state;
    attune_error error = {0};
    struct sample self = made();
    assert_ok(set_all(&self, "[0.5, null, 3, 4]", &error), &error);
    assert_true(self.rate == 0.5 && isnan(self.ratio) && self.limit == 3 && self.depth == 4);
    assert_true(self.warm); /* what is not given keeps its value */
    assert_ok(set_all(&self, "0.25", &error), &error);
    assert_true(self.rate == 0.25);
    assert_ok(set_all(&self, "{\"eta\": 0.75, \"// x\": [], \"depth\": 7.0}", &error), &error);
    assert_true(self.rate == 0.75 && self.depth == 7);
    attune_fields_clear(fields, &self, ATTUNE_ALL);
}

/* The text is refused with these words at this place, and the member keeps what it had. */
static void assert_refused(const char *text, int line, int column, const char *words)
{
    attune_error error = {0};
    struct sample self = made();
    if (set_all(&self, text, &error) != ATTUNE_INVALID)
        fail_msg("%s was taken", text);
    if (error.line != line || error.column != column || strcmp(error.message, words) != 0)
        fail_msg("%s: %d:%d: %s", text, error.line, error.column, error.message);
    assert_string_equal(error.source, "plan.json");
    assert_json(&self, ATTUNE_HYPERPARAMS, defaults);
    attune_fields_clear(fields, &self, ATTUNE_ALL);
}

static void what_is_out_of_range_is_refused_at_its_place(void **state)
{
    (void)state;
    assert_refused("{\n \"rate\": 0}", 2, 2, "rate: need a number from 0 (not itself) to 1, got 0");
    assert_refused("{\"rate\": 1.5}", 1, 2,
                   "rate: need a number from 0 (not itself) to 1, got 1.5");
    assert_refused("{\"ratio\": -0.5}", 1, 2,
                   "ratio: need a number from 0 to 1, or null, got -0.5");
    assert_refused("{\"depth\": 0}", 1, 2, "depth: need a whole number of at least 1, got 0");
    assert_refused("{\"depth\": 2.5}", 1, 2, "depth: need a whole number of at least 1, got 2.5");
    assert_refused("{\"depth\": 1e300}", 1, 2,
                   "depth: need a whole number of at least 1, got 1e+300");
    assert_refused("{\"seed\": -9223372036854775808}", 1, 2,
                   "seed: need a whole number, or null, got -9223372036854775808");
    assert_refused("{\"quantiles\": [0.5, 2]}", 1, 2,
                   "quantiles: need a list of numbers from 0 to 1, got 2");
    assert_refused("[0.1, 2]", 1, 7, "ratio: need a number from 0 to 1, or null, got 2");
}

static void what_is_of_another_kind_is_refused(void **state)
{
    (void)state;
    assert_refused("{\"rate\": \"fast\"}", 1, 2,
                   "rate: need a number from 0 (not itself) to 1, got \"fast\"");
    assert_refused("{\"rate\": true}", 1, 2,
                   "rate: need a number from 0 (not itself) to 1, got true");
    assert_refused("{\"rate\": null}", 1, 2,
                   "rate: need a number from 0 (not itself) to 1, got null");
    assert_refused("{\"limit\": \"nan\"}", 1, 2, "limit: need a number, got \"nan\"");
    assert_refused("{\"warm\": 1}", 1, 2, "warm: need true or false, got 1");
    assert_refused("{\"label\": 3}", 1, 2, "label: need a text, got 3");
    assert_refused("{\"loss\": \"Hinge\"}", 1, 2, "loss: need one of hinge, log, got \"Hinge\"");
    assert_refused("{\"columns\": \"x\"}", 1, 2, "columns: need a list of texts, got \"x\"");
    assert_refused("{\"columns\": [\"x\", 1]}", 1, 2, "columns: need a list of texts, got 1");
    assert_refused("{\"choices\": {\"a\": 1}}", 1, 2, "choices: need a list, got {\"a\":1}");
}

static void misspelt_and_fitted_names_are_refused(void **state)
{
    (void)state;
    assert_refused("{\"deph\": 3}", 1, 2, "deph: sample has no \"deph\", did you mean \"depth\"?");
    assert_refused("{\"coef\": [3]}", 1, 2,
                   "coef: sample has no \"coef\"; it has rate, ratio, limit, depth, seed, warm, "
                   "label, note, loss, solver, quantiles, choices, columns, fill");
    attune_error error = {0};
    assert_int_equal(
        attune_field_unknown((attune_field[]){ATTUNE_FIELDS_END}, "x", "dummy", &error),
        ATTUNE_INVALID);
    assert_string_equal(error.message, "dummy has no \"x\": it takes nothing");
}

static void too_many_arguments_are_refused(void **state)
{
    (void)state;
    attune_error error = {0};
    struct sample self = made();
    assert_int_equal(
        set_all(&self,
                "[1, 1, 1, 1, 1, true, \"l\", \"n\", \"log\", \"log\", [], [], [], 0,\n"
                " 5]",
                &error),
        ATTUNE_INVALID);
    assert_string_equal(error.message, "sample takes 14 values, got 15");
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 2);
    attune_fields_clear(fields, &self, ATTUNE_ALL);
}

static void infinity_is_a_number_where_there_is_no_limit(void **state)
{
    (void)state;
    attune_error error = {0};
    struct sample self = made();
    assert_ok(set_all(&self, "{\"limit\": \"-inf\"}", &error), &error);
    assert_true(self.limit == -INFINITY);
    assert_int_equal(set_all(&self, "{\"rate\": \"inf\"}", &error), ATTUNE_INVALID);
    attune_fields_clear(fields, &self, ATTUNE_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_with_its_defaults),
        cmocka_unit_test(json_there_and_back),
        cmocka_unit_test(every_member_goes_through_a_value),
        cmocka_unit_test(copies_are_deep_and_of_one_use),
        cmocka_unit_test(an_array_is_in_table_order),
        cmocka_unit_test(what_is_out_of_range_is_refused_at_its_place),
        cmocka_unit_test(what_is_of_another_kind_is_refused),
        cmocka_unit_test(misspelt_and_fitted_names_are_refused),
        cmocka_unit_test(too_many_arguments_are_refused),
        cmocka_unit_test(infinity_is_a_number_where_there_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
