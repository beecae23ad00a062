/* tests/test_sqlite_views.c - Optuna's tables, read as SQL: each rule of its relational schema. */
#include "tests/trials_support.h"

#include <sqlite3.h>
#include <stdio.h>

struct fixture {
    char *folder;
    attune_storage *storage;
    int64_t study;
    sqlite3 *db; /* a reader of its own, as Optuna is */
};

static void claim(struct fixture *f, int64_t number)
{
    attune_error error = {0};
    attune_owner owner = self_owner();
    attune_trial trial = small_trial(number);
    bool claimed = false;
    assert_ok(
        f->storage->type->claim_new(f->storage->self, f->study, &trial, &owner, &claimed, &error),
        &error);
}

static void finish(struct fixture *f, attune_trial trial)
{
    attune_error error = {0};
    claim(f, trial.number);
    assert_ok(f->storage->type->finish(f->storage->self, f->study, &trial, &error), &error);
}

/* Trials: 0 and 1 COMPLETE (1 is infinite), 2 PRUNED with reports, 3 FAIL, 4 WAITING, 5 RUNNING,
 * 6 PRUNED without reports, 7 PRUNED whose last report is no number. */
static void fill(struct fixture *f)
{
    attune_error error = {0};
    bool created = false;
    double first[] = {0.375, 0.9}, second[] = {-INFINITY, NAN};
    attune_report reports[] = {{1, 0.5}, {3, 0.25}}, odd[] = {{0, INFINITY}, {1, NAN}};
    attune_study study = small_study("churn");
    assert_ok(f->storage->type->create_study(f->storage->self, &study, &created, &error), &error);
    f->study = study.id;
    finish(f, (attune_trial){.number = 0,
                             .state = ATTUNE_TRIAL_COMPLETE,
                             .values = first,
                             .n_values = 2,
                             .reports = reports,
                             .n_reports = 2});
    finish(f, (attune_trial){
                  .number = 1, .state = ATTUNE_TRIAL_COMPLETE, .values = second, .n_values = 2});
    finish(f, (attune_trial){.number = 2,
                             .state = ATTUNE_TRIAL_PRUNED,
                             .values = first,
                             .n_values = 2,
                             .reports = reports,
                             .n_reports = 2});
    finish(f, (attune_trial){.number = 3,
                             .state = ATTUNE_TRIAL_FAIL,
                             .values = first,
                             .n_values = 2,
                             .reason = "unfit: no"});
    claim(f, 4);
    assert_ok(f->storage->type->release(f->storage->self, f->study, 4, &error), &error);
    claim(f, 5);
    finish(f, (attune_trial){
                  .number = 6, .state = ATTUNE_TRIAL_PRUNED, .values = first, .n_values = 2});
    finish(f, (attune_trial){.number = 7,
                             .state = ATTUNE_TRIAL_PRUNED,
                             .values = first,
                             .n_values = 2,
                             .reports = odd,
                             .n_reports = 2});
    attune_study_clear(&study);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = scratch_folder();
    f->storage = open_in(f->folder, true);
    fill(f);
    char *path = attune_path_join(f->folder, "attune.db", NULL);
    assert_int_equal(sqlite3_open_v2(path, &f->db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    free(path);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sqlite3_close(f->db);
    attune_storage_close(f->storage);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

/* The rows of a query as "a|b;c|d"; NULL as "-". */
static char *rows_of(sqlite3 *db, const char *sql)
{
    attune_text text = {0};
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(row) == SQLITE_ROW) {
        attune_text_append(&text, text.length ? ";" : "");
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            const char *cell = (const char *)sqlite3_column_text(row, i);
            attune_text_printf(&text, "%s%s", i ? "|" : "", cell ? cell : "-");
        }
    }
    sqlite3_finalize(row);
    return attune_text_take(&text, NULL);
}

static void assert_rows(struct fixture *f, const char *sql, const char *wanted)
{
    char *got = rows_of(f->db, sql);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s\ngave   %s\nwanted %s", sql, got, wanted);
    free(got);
}

static void every_table_has_its_columns_in_order(void **state)
{
    static const struct {
        const char *table, *columns;
    } tables[] = {
        {"studies", "study_id;study_name"},
        {"study_directions", "study_direction_id;direction;study_id;objective"},
        {"study_user_attributes", "study_user_attribute_id;study_id;key;value_json"},
        {"study_system_attributes", "study_system_attribute_id;study_id;key;value_json"},
        {"trials", "trial_id;number;study_id;state;datetime_start;datetime_complete"},
        {"trial_user_attributes", "trial_user_attribute_id;trial_id;key;value_json"},
        {"trial_system_attributes", "trial_system_attribute_id;trial_id;key;value_json"},
        {"trial_params", "param_id;trial_id;param_name;param_value;distribution_json"},
        {"trial_values", "trial_value_id;trial_id;objective;value;value_type"},
        {"trial_intermediate_values",
         "trial_intermediate_value_id;trial_id;step;intermediate_value;intermediate_value_type"},
        {"trial_heartbeats", "trial_heartbeat_id;trial_id;heartbeat"},
        {"version_info", "version_info_id;schema_version;library_version"},
        {"alembic_version", "version_num"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s') ORDER BY cid",
                 tables[i].table);
        assert_rows(*state, sql, tables[i].columns);
    }
}

static void versions_are_those_that_readers_know(void **state)
{
    assert_rows(*state, "SELECT version_num FROM alembic_version", "v3.2.0.a");
    assert_rows(*state, "SELECT version_info_id, schema_version FROM version_info", "1|12");
}

static void a_study_has_its_directions_in_order(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_study two = small_study("two");
    bool created = false;
    free(two.directions);
    two.directions = attune_copy_text("[\"minimize\",\"maximize\"]", NULL);
    assert_ok(f->storage->type->create_study(f->storage->self, &two, &created, &error), &error);
    assert_rows(f,
                "SELECT study_name, direction, objective FROM study_directions NATURAL JOIN "
                "studies ORDER BY study_direction_id",
                "churn|MINIMIZE|0;two|MINIMIZE|0;two|MAXIMIZE|1");
    f->study = two.id;
    double values[] = {0.5, 0.75};
    finish(f, (attune_trial){
                  .number = 0, .state = ATTUNE_TRIAL_COMPLETE, .values = values, .n_values = 2});
    assert_rows(f,
                "SELECT objective, value, value_type FROM trial_values NATURAL JOIN trials "
                "WHERE study_id = 2 ORDER BY objective",
                "0|0.5|FINITE;1|0.75|FINITE");
    attune_study_clear(&two);
}

static void states_are_words(void **state)
{
    assert_rows(*state, "SELECT number, state FROM trials ORDER BY trial_id",
                "0|COMPLETE;1|COMPLETE;2|PRUNED;3|FAIL;4|WAITING;5|RUNNING;6|PRUNED;7|PRUNED");
}

static void numbers_count_the_smaller_ids(void **state)
{
    assert_rows(*state,
                "SELECT count(*) FROM trials t WHERE number <> (SELECT count(*) FROM "
                "trials s WHERE s.study_id = t.study_id AND s.trial_id < t.trial_id)",
                "0");
}

static void times_are_naive_with_six_digits(void **state)
{
    assert_rows(*state,
                "SELECT count(*) FROM trials WHERE datetime_start NOT GLOB "
                "'20[0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9]."
                "[0-9][0-9][0-9][0-9][0-9][0-9]' OR datetime_start IS NULL",
                "0");
    assert_rows(*state, "SELECT group_concat(number) FROM trials WHERE datetime_complete IS NULL",
                "4,5");
}

static void values_are_those_of_objectives_alone(void **state)
{
    /* A pruned trial's is its last report; without one its own; what is no number has no row. */
    assert_rows(*state,
                "SELECT number, objective, value, value_type, typeof(value) FROM trials "
                "NATURAL JOIN trial_values ORDER BY number",
                "0|0|0.375|FINITE|real;1|0|-|INF_NEG|null;2|0|0.25|FINITE|real;"
                "6|0|0.375|FINITE|real");
}

static void reports_are_intermediate_values(void **state)
{
    assert_rows(*state,
                "SELECT number, step, intermediate_value, intermediate_value_type FROM "
                "trials NATURAL JOIN trial_intermediate_values ORDER BY number, step",
                "0|1|0.5|FINITE;0|3|0.25|FINITE;2|1|0.5|FINITE;2|3|0.25|FINITE;"
                "7|0|-|INF_POS;7|1|-|NAN");
}

static void params_are_raw_reals_in_row_order(void **state)
{
    /* lr is not logged, the integer is a double, a choice is its index, what is inactive is not
     * there. */
    assert_rows(*state,
                "SELECT param_name, param_value, typeof(param_value) FROM trial_params "
                "WHERE trial_id = 1 ORDER BY param_id",
                "lr|0.0123456789012345|real;model__depth|3.0|real;model__penalty|1.0|real");
    assert_rows(*state, "SELECT count(*), count(DISTINCT trial_id) FROM trial_params", "24|8");
}

static void distributions_are_in_its_words(void **state)
{
    const char *of = "SELECT json_extract(distribution_json, '$.name'), "
                     "json_extract(distribution_json, '$.attributes') FROM trial_params "
                     "WHERE trial_id = 1 ORDER BY param_id";
    assert_rows(*state, of,
                "FloatDistribution|{\"high\":1,\"log\":true,\"low\":0.0001,\"step\":null};"
                "IntDistribution|{\"high\":9,\"log\":false,\"low\":1,\"step\":1};"
                "CategoricalDistribution|{\"choices\":[\"l1\",\"l2\",null]}");
    /* What Optuna cannot say stands beside, never among the attributes. */
    assert_rows(*state,
                "SELECT DISTINCT json_type(distribution_json, '$.attune') FROM trial_params",
                "object");
    assert_rows(*state,
                "SELECT json_extract(distribution_json, '$.attributes') FROM "
                "attune_dimensions WHERE name = 'model__warm'",
                "{\"choices\":[false,true]}");
}

static void ids_are_unique_and_stable(void **state)
{
    assert_rows(*state, "SELECT count(*) - count(DISTINCT param_id) FROM trial_params", "0");
    assert_rows(*state, "SELECT count(*) - count(DISTINCT trial_value_id) FROM trial_values", "0");
    assert_rows(*state,
                "SELECT count(*) - count(DISTINCT trial_intermediate_value_id) FROM "
                "trial_intermediate_values",
                "0");
    assert_rows(*state, "SELECT param_id FROM trial_params WHERE trial_id = 3",
                "12288;12289;12290");
}

static void the_running_have_heartbeats(void **state)
{
    assert_rows(*state,
                "SELECT number, heartbeat BETWEEN datetime('now', '-60 seconds') AND "
                "datetime('now') FROM trials NATURAL JOIN trial_heartbeats",
                "5|1");
}

static void attributes_can_be_written_by_others(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    sqlite3 *other = NULL;
    char *path = attune_path_join(f->folder, "attune.db", NULL), *json = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    free(path);
    const char *sql = "PRAGMA foreign_keys = ON; INSERT INTO study_user_attributes (study_id, key, "
                      "value_json) VALUES (1, 'note', '\"hello\"'); INSERT INTO "
                      "trial_system_attributes (trial_id, key, value_json) VALUES (1, 'tag', '1')";
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "DELETE FROM trials", NULL, NULL, NULL), SQLITE_ERROR);
    sqlite3_close(other);
    assert_ok(f->storage->type->get_attribute(f->storage->self, 1, -1, "note", &json, &error),
              &error);
    assert_string_equal(json, "\"hello\"");
    free(json);
}

static void the_flat_view_shows_values(void **state)
{
    assert_rows(*state,
                "SELECT number, state, value, accuracy, lr, model__depth, model__penalty, "
                "model__warm FROM study_churn WHERE number < 3",
                "0|COMPLETE|0.375|0.9|0.0123456789012345|3|l2|-;"
                "1|COMPLETE|-Inf|-|0.0123456789012345|3|l2|-;"
                "2|PRUNED|0.375|0.9|0.0123456789012345|3|l2|-");
    assert_rows(*state,
                "SELECT number FROM flat WHERE value > 0 AND model__penalty = 'l2' AND "
                "state = 'COMPLETE'",
                "0");
    assert_rows(*state, "SELECT group_concat(name, ',') FROM pragma_table_info('flat')",
                "number,state,value,se,cost,started,finished,crashes,reason,hyperparams,accuracy,"
                "lr,model__depth,model__penalty,model__warm");
}

static void any_name_makes_a_flat_view(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    static const char *const names[] = {"it's \"odd\"; --", "directions", "CHURN"};
    for (int i = 0; i < 3; i++) {
        attune_study study = small_study(names[i]);
        bool created = false;
        assert_ok(f->storage->type->create_study(f->storage->self, &study, &created, &error),
                  &error);
        attune_study_clear(&study);
    }
    assert_rows(f, "SELECT flat_view FROM attune_studies",
                "study_churn;study_it's \"odd\"; --;study_directions_3;study_CHURN_4");
    assert_rows(f, "SELECT count(*) FROM \"study_it's \"\"odd\"\"; --\"", "0");
    assert_rows(f, "SELECT count(*) FROM flat", "0"); /* of the newest study */
}

/* Writes the same study to a path, for tests/checks/optuna_reads.py. */
static int make(const char *path)
{
    struct fixture f = {0};
    attune_error error = {0};
    if (attune_storage_open(&f.storage, path, true, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    fill(&f);
    attune_storage_close(f.storage);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        return make(argv[2]);
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(every_table_has_its_columns_in_order),
        EACH(versions_are_those_that_readers_know),
        EACH(a_study_has_its_directions_in_order),
        EACH(states_are_words),
        EACH(numbers_count_the_smaller_ids),
        EACH(times_are_naive_with_six_digits),
        EACH(values_are_those_of_objectives_alone),
        EACH(reports_are_intermediate_values),
        EACH(params_are_raw_reals_in_row_order),
        EACH(distributions_are_in_its_words),
        EACH(ids_are_unique_and_stable),
        EACH(the_running_have_heartbeats),
        EACH(attributes_can_be_written_by_others),
        EACH(the_flat_view_shows_values),
        EACH(any_name_makes_a_flat_view),
    };
#undef EACH
    return cmocka_run_group_tests(tests, NULL, NULL);
}
