/* tests/test_query.c - plain SQL over the trials, which can change nothing. */
#include "tests/trials_support.h"

#include "trials/query.h"

struct fixture {
    char *folder;
    attune_storage *storage;
    int64_t study;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    attune_error error = {0};
    bool created = false;
    attune_study study = small_study("churn");
    f->folder = scratch_folder();
    f->storage = open_in(f->folder, true);
    assert_ok(f->storage->type->create_study(f->storage->self, &study, &created, &error), &error);
    f->study = study.id;
    fill_study(f->storage, study.id, 10);
    attune_study_clear(&study);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    attune_storage_close(f->storage);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

static attune_status add_names(void *user, const char *const *names, int64_t n, attune_error *error)
{
    (void)error;
    for (int64_t i = 0; i < n; i++)
        attune_text_printf(user, "%s%s", i ? "," : "", names[i]);
    return ATTUNE_OK;
}

static attune_status add_row(void *user, const attune_value *values, int64_t n, attune_error *error)
{
    (void)error;
    for (int64_t i = 0; i < n; i++) {
        attune_text_append(user, i ? "|" : ";");
        attune_value_append(user, &values[i]);
    }
    return ATTUNE_OK;
}

static attune_status ask(struct fixture *f, const attune_query *query, attune_text *text,
                         attune_error *error)
{
    attune_query_rows rows = {add_names, add_row, text};
    return attune_query_run(f->storage, query, &rows, error);
}

static void assert_answer(struct fixture *f, const attune_query *query, const char *wanted)
{
    attune_error error = {0};
    attune_text text = {0};
    assert_ok(ask(f, query, &text, &error), &error);
    assert_string_equal(text.bytes, wanted);
    attune_text_clear(&text);
}

static void a_condition_an_order_and_columns(void **state)
{
    char *names[] = {"number", "value", "penalty"};
    attune_query query = {.where = "value < 0.4 and penalty = 'l2' -- a comment",
                          .sort = "VALUE",
                          .top = 2,
                          .columns = {names, 3}};
    assert_answer(*state, &query, "number,value,model__penalty;9|0.1|l2;8|0.1111111111111111|l2");
    query.descending = true;
    assert_answer(*state, &query, "number,value,model__penalty;2|0.3333333333333333|l2;3|0.25|l2");
    query = (attune_query){.sort = "warm", .top = 1};
    assert_answer(*state, &query,
                  "number,state,value,accuracy,lr,model__depth,model__penalty,model__warm;"
                  "0|COMPLETE|1|0.5|0.0123456789012345|3|l2|");
    query = (attune_query){.study = "churn", .where = "depth > 3"};
    assert_answer(*state, &query,
                  "number,state,value,accuracy,lr,model__depth,model__penalty,model__warm");
}

static void missing_values_come_last(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_owner owner = self_owner();
    attune_trial trial = small_trial(10);
    bool claimed = false;
    char *names[] = {"number"};
    assert_ok(
        f->storage->type->claim_new(f->storage->self, f->study, &trial, &owner, &claimed, &error),
        &error);
    attune_query query = {.where = "number in (0, 9, 10)", .sort = "value", .columns = {names, 1}};
    assert_answer(f, &query, "number;9;0;10");
    query.descending = true;
    assert_answer(f, &query, "number;0;9;10");
}

static void what_is_wrong_is_said(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"vale < 3",   "value <", "1); DROP TABLE attune_trials; --",
                                      "1;1",        "",        "\"valu\" < 3",
                                      "value < 3))"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        attune_error error = {0};
        attune_text text = {0};
        attune_query query = {.where = bad[i]};
        if (ask(f, &query, &text, &error) != ATTUNE_INVALID)
            fail_msg("took %s", bad[i]);
        assert_error(&error, ATTUNE_INVALID, "the columns are number, state, value");
        attune_text_clear(&text);
    }
    attune_error error = {0};
    attune_text text = {0};
    attune_query query = {.sort = "acuracy"};
    assert_int_equal(ask(f, &query, &text, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "did you mean \"accuracy\"");
    attune_error_clear(&error);
    query = (attune_query){.study = "other"};
    assert_int_equal(ask(f, &query, &text, &error), ATTUNE_NOT_FOUND);
    assert_error(&error, ATTUNE_NOT_FOUND, "the store has churn");
    attune_text_clear(&text);
}

static void nothing_can_be_changed(void **state)
{
    struct fixture *f = *state;
    static const char *const tries[] = {"1) ; DELETE FROM attune_trials WHERE (1",
                                        "load_extension('x')",
                                        "(SELECT count(*) FROM pragma_journal_mode('delete')) or 1",
                                        "(SELECT writefile('/tmp/attune-should-not-be', 'x')) or 1",
                                        "1) UNION ALL SELECT 1 FROM (DELETE FROM attune_trials"};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        attune_text text = {0};
        attune_query query = {.where = tries[i]};
        if (ask(f, &query, &text, NULL) != ATTUNE_INVALID)
            fail_msg("took %s", tries[i]);
        attune_text_clear(&text);
    }
    attune_error error = {0};
    int64_t n = 0;
    assert_ok(f->storage->type->count(f->storage->self, f->study, &n, &error), &error);
    assert_int_equal(n, 10);
    /* The connection still writes afterwards. */
    assert_ok(f->storage->type->set_attribute(f->storage->self, f->study, -1, "k", "1", &error),
              &error);
}

static attune_status stop(void *user, const attune_value *values, int64_t n, attune_error *error)
{
    (void)values, (void)n;
    ++*(int *)user;
    return attune_fail(error, ATTUNE_STOPPED, "enough");
}

static void a_reader_can_stop(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    int n = 0;
    attune_query query = {0};
    attune_query_rows rows = {.row = stop, .user = &n};
    assert_int_equal(attune_query_run(f->storage, &query, &rows, &error), ATTUNE_STOPPED);
    assert_int_equal(n, 1);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_condition_an_order_and_columns),
        EACH(missing_values_come_last),
        EACH(what_is_wrong_is_said),
        EACH(nothing_can_be_changed),
        EACH(a_reader_can_stop),
    };
#undef EACH
    return cmocka_run_group_tests(tests, NULL, NULL);
}
