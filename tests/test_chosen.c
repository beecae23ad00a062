/* tests/test_chosen.c - names with settings, as a plan has them. */
#include "search/chosen.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

struct toy {
    double low, high;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct toy, low, 0.25, "one end", .no_low = true, .no_high = true),
    ATTUNE_REAL(struct toy, high, 0.75, "the other", .no_low = true, .no_high = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct toy *toy = self;
    return toy->low < toy->high ? NULL : "need low < high";
}

/* What reading a text as the choice of a toy gives: its settings written again, or the error. */
static void assert_read(const char *text, const char *written, const char *complaint)
{
    attune_error error = {0};
    attune_document document = {0};
    attune_chosen chosen = {0};
    assert_ok(attune_document_parse(&document, "plan", text, (int64_t)strlen(text), &error),
              &error);
    attune_at top = attune_at_top(&document), place = attune_at_key(&top, "toy");
    struct toy *toy = attune_chosen_make(fields, sizeof *toy, &error);
    assert_non_null(toy);
    attune_status status =
        attune_chosen_read(&chosen, json_object_get(document.root, "toy"), &place, &error);
    if (!status)
        status = attune_chosen_set(&chosen, fields, check, toy, &error);
    if (complaint) {
        assert_error(&error, ATTUNE_INVALID, complaint);
    } else {
        assert_ok(status, &error);
        json_t *json = attune_chosen_to_json(chosen.name, fields, toy, &error);
        char *again = attune_json_write(json, &error);
        assert_string_equal(again, written);
        free(again);
        json_decref(json);
    }
    attune_chosen_free(fields, toy);
    attune_document_clear(&document);
}

static void a_name_or_an_object_of_one_name(void **state)
{
    (void)state;
    assert_read("{\"toy\": \"a\"}", "{\"a\":{\"high\":0.75,\"low\":0.25}}", NULL);
    assert_read("{\"toy\": {\"a\": {}}}", "{\"a\":{\"high\":0.75,\"low\":0.25}}", NULL);
    assert_read("{\"toy\": {\"a\": {\"low\": 0.5}}}", "{\"a\":{\"high\":0.75,\"low\":0.5}}", NULL);
    assert_read("{\"toy\": {\"a\": {\"low\": 0.8}}}", NULL, "need low < high");
    assert_read("{\"toy\": {\"a\": {\"lov\": 0.8}}}", NULL, "did you mean \"low\"");
    assert_read("{\"toy\": {\"a\": {}, \"b\": {}}}", NULL, "must be a name, or");
    assert_read("{\"toy\": {}}", NULL, "must be a name, or");
    assert_read("{\"toy\": 3}", NULL, "must be a name, or");
}

static void an_unknown_name_says_what_is_near(void **state)
{
    (void)state;
    const char *const names[] = {"median", "threshold"};
    attune_error error = {0};
    attune_chosen_unknown("pruner", "medain", names, 2, &error);
    assert_error(&error, ATTUNE_INVALID, "unknown pruner \"medain\"");
    assert_error(&error, ATTUNE_INVALID, "did you mean \"median\"");
    error = (attune_error){0};
    attune_chosen_unknown("pruner", "zzz", names, 2, &error);
    assert_error(&error, ATTUNE_INVALID, "`attune help pruners` lists them");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_or_an_object_of_one_name),
        cmocka_unit_test(an_unknown_name_says_what_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
