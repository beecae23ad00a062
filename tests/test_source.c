/* tests/test_source.c - from what stands on a command line to a plan. */
#include "search/source.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    ATTUNE_PLAN_OPTIONS,
    {"trials", "N", "how many"},
    {"study", "NAME", "its name"},
    {"store", "FILE", "its store"},
    {NULL, NULL, NULL},
};

static const attune_command_type verb = {
    .name = "verb", .usage = "WHAT", .doc = "Does.", .options = options, .least = 0, .most = 1};

struct fixture {
    char *folder, *data, *plan;
    attune_arguments *arguments;
    attune_source source;
    attune_error error;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = scratch_folder();
    f->data = attune_path_join(f->folder, "cats.csv", NULL);
    f->plan = attune_path_join(f->folder, "mine.json", NULL);
    write_whole(f->data, "a,b,when,y\n1,u,2026-01-01,yes\n2,v,2026-01-02,no\n3,u,,yes\n4,v,,no\n");
    write_whole(f->plan, "{\"data\": {\"file\": \"cats.csv\", \"target\": \"y\"},\n \"pipeline\": "
                         "{\"steps\": [{\"step\": \"dummy\"}]},\n \"search\": {\"trials\": 4}}");
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    attune_arguments_free(f->arguments);
    attune_source_clear(&f->source);
    scratch_remove(f->folder);
    free(f->data);
    free(f->plan);
    free(f);
    return 0;
}

static attune_status open_with(struct fixture *f, const char *what, const char *data, int n,
                               char **words)
{
    attune_error_clear(&f->error);
    attune_source_clear(&f->source);
    attune_arguments_free(f->arguments);
    f->arguments = NULL;
    assert_ok(attune_arguments_read(&f->arguments, &verb, n, words, &f->error), &f->error);
    return attune_source_open(&f->source, what, data, f->arguments, &f->error);
}

static void test_data_gets_a_default_plan(void **state)
{
    struct fixture *f = *state;
    char *words[] = {"--target", "y", "--seed", "7", "--trials=3", "--set", "validation.folds=2"};
    assert_ok(open_with(f, f->data, NULL, 7, words), &f->error);
    attune_plan *plan = &f->source.plan;
    assert_string_equal(plan->name, "cats");
    assert_string_equal(plan->file, f->data);
    assert_int_equal(plan->seed, 7);
    assert_int_equal(plan->trials, 3);
    assert_int_equal(plan->n_metrics, 1);
    assert_string_equal(plan->metrics[0]->name, "log_loss");
    char *text = attune_json_write(plan->json, &f->error);
    assert_non_null(strstr(text, "date_parts"));
    assert_non_null(strstr(text, "one_hot"));
    assert_non_null(strstr(text, "\"folds\":2"));
    free(text);
    assert_int_equal(open_with(f, f->data, NULL, 0, NULL), ATTUNE_INVALID);
    assert_error(&f->error, ATTUNE_INVALID, "--target COL");
    assert_int_equal(open_with(f, "-", NULL, 2, words), ATTUNE_INVALID);
    assert_error(&f->error, ATTUNE_INVALID, "standard input");
}

static void test_a_plan_and_what_overrides_it(void **state)
{
    struct fixture *f = *state;
    char *words[] = {"--trials", "9", "--study", "other", "--target", "a"};
    assert_ok(open_with(f, f->plan, NULL, 0, NULL), &f->error);
    assert_string_equal(f->source.plan.name, "mine");
    assert_int_equal(f->source.plan.trials, 4);
    char *path = attune_plan_path(&f->source.plan, f->source.plan.file, &f->error);
    assert_string_equal(path, f->data);
    free(path);
    assert_ok(open_with(f, f->plan, f->data, 6, words), &f->error);
    assert_string_equal(f->source.plan.target, "a");
    assert_string_equal(f->source.plan.name, "other");
    assert_int_equal(f->source.plan.trials, 9);
    assert_string_equal(f->source.plan.file, f->data);
    assert_string_equal(f->source.plan.folder, "");
}

static void test_the_plan_of_a_dump(void **state)
{
    struct fixture *f = *state;
    char *path = attune_path_join(f->folder, "plan.json", NULL);
    assert_int_equal(open_with(f, f->folder, NULL, 0, NULL), ATTUNE_INVALID);
    assert_error(&f->error, ATTUNE_INVALID, "no plan.json");
    write_whole(path, "{\"name\": \"n\", \"data\": {\"file\": \"cats.csv\", \"target\": \"y\"}, "
                      "\"pipeline\": {\"steps\": [{\"step\": \"dummy\"}]}}");
    assert_ok(open_with(f, f->folder, NULL, 0, NULL), &f->error);
    assert_string_equal(f->source.plan.name, "n");
    assert_string_equal(f->source.plan.folder, ""); /* where one is, not where the dump lies */
    free(path);
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    char *none = attune_path_join(f->folder, "none.json", NULL);
    char *store = attune_path_join(f->folder, "x.db", NULL);
    char *words[] = {"--trials", "0"};
    char *where[] = {"--store", store};
    assert_int_equal(open_with(f, none, NULL, 0, NULL), ATTUNE_NOT_FOUND);
    assert_int_equal(open_with(f, f->plan, NULL, 2, words), ATTUNE_INVALID);
    assert_error(&f->error, ATTUNE_INVALID, "--trials");
    assert_int_equal(open_with(f, "203", NULL, 2, where), ATTUNE_NOT_FOUND);
    assert_error(&f->error, ATTUNE_NOT_FOUND, "there is no store");
    write_whole(none, "[1]");
    assert_int_equal(open_with(f, none, NULL, 0, NULL), ATTUNE_INVALID);
    assert_error(&f->error, ATTUNE_INVALID, "a plan is an object");
    write_whole(store, "");
    assert_int_equal(open_with(f, store, NULL, 0, NULL), ATTUNE_INVALID);
    assert_error(&f->error, ATTUNE_INVALID, "is a store");
    free(none);
    free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_data_gets_a_default_plan, begin, end),
        cmocka_unit_test_setup_teardown(test_a_plan_and_what_overrides_it, begin, end),
        cmocka_unit_test_setup_teardown(test_the_plan_of_a_dump, begin, end),
        cmocka_unit_test_setup_teardown(test_refusals, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
