/* tests/test_numeric_record.c - a study begun elsewhere goes on, and that is said. */
#include "search/numeric_record.h"

#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

static void another_class_is_named(void **state)
{
    (void)state;
    char name[] = "s", empty[] = "{}", space[] = "[]", directions[] = "[\"minimize\"]",
         metrics[] = "[\"loss\"]";
    attune_study study = {.name = name,
                          .identity = empty,
                          .plan = empty,
                          .space = space,
                          .directions = directions,
                          .metrics = metrics,
                          .n_folds = 1};
    attune_storage *storage = NULL;
    attune_error error = {0};
    char *note = NULL, *stored = NULL;
    bool created = false;
    assert_ok(attune_storage_open(&storage, ":memory:", true, &error), &error);
    const attune_storage_type *type = storage->type;
    assert_ok(type->create_study(storage->self, &study, &created, &error), &error);
    for (int i = 0; i < 2; i++) { /* stored, then found again */
        assert_ok(attune_numeric_record(storage, study.id, &note, &error), &error);
        assert_null(note);
    }
    assert_ok(type->get_attribute(storage->self, study.id, -1, "numeric_class", &stored, &error),
              &error);
    assert_non_null(strstr(stored, "\"cpu\""));
    free(stored);
    assert_ok(type->set_attribute(storage->self, study.id, -1, "numeric_class",
                                  "{\"arch\":\"vax\",\"cpu\":\"abacus\"}", &error),
              &error);
    assert_ok(attune_numeric_record(storage, study.id, &note, &error), &error);
    assert_non_null(strstr(note, "cpu abacus there, "));
    assert_non_null(strstr(note, "arch vax there, "));
    assert_non_null(strstr(note, "libc not told there, "));
    free(note);
    attune_storage_close(storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_class_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
