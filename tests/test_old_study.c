/* tests/test_old_study.c - stores that others wrote, in every spelling they had. */
#include "tests/support.h"

#include "trials/old_study.h"
#include "trials/query.h"
#include "trials/storage.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tables as Optuna 3 makes them; value_type came with it. */
static const char schema[] =
    "CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512) NOT NULL);"
    "CREATE TABLE study_directions (study_direction_id INTEGER PRIMARY KEY, direction VARCHAR(8),"
    " study_id INTEGER, objective INTEGER);"
    "CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER,"
    " state VARCHAR(8), datetime_start DATETIME, datetime_complete DATETIME);"
    "CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER,"
    " param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT);"
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);"
    "INSERT INTO studies VALUES (1, 'first'), (2, 'second');"
    "INSERT INTO study_directions VALUES (1, 'MINIMIZE', 1, 0), (2, 'MAXIMIZE', 2, 0);"
    "INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', '2024-01-01 00:00:00', NULL),"
    " (2, 0, 2, 'COMPLETE', NULL, NULL), (3, 1, 1, 'PRUNED', NULL, NULL),"
    " (4, 2, 1, 'FAIL', NULL, NULL), (5, 3, 1, 'WAITING', NULL, NULL),"
    " (6, 4, 1, 'COMPLETE', NULL, NULL), (7, 5, 1, 'RUNNING', NULL, NULL);"
    "INSERT INTO trial_params VALUES"
    " (1, 1, 'lr', 0.01, '{\"name\": \"LogUniformDistribution\", \"attributes\": {\"low\": 1e-05,"
    " \"high\": 0.1}}'),"
    " (2, 1, 'opt', 1, '{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\":"
    " [\"adam\", \"sgd\", null, NaN, 123456789012345678901234567890]}}'),"
    " (3, 1, 'momentum', 0.9, '{\"type\": \"float\", \"low\": 0.5, \"high\": 1.0, \"log\": false,"
    " \"step\": null}'),"
    " (4, 3, 'lr', 0.02, '{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null,"
    " \"low\": 1e-06, \"high\": 0.1, \"log\": true}}'),"
    " (5, 3, 'layers', 3, '{\"name\": \"IntUniformDistribution\", \"attributes\": {\"low\": 1,"
    " \"high\": 5, \"step\": 2}}'),"
    " (6, 6, 'lr', 0.1, '{\"name\": \"DiscreteUniformDistribution\", \"attributes\": {\"low\": 0,"
    " \"high\": 1, \"q\": 0.1}}'),"
    " (7, 2, 'x', 2.5, '{\"name\": \"UniformDistribution\", \"attributes\": {\"low\": 0,"
    " \"high\": 4}}');";

static const char with_types[] =
    "CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER, objective"
    " INTEGER, value FLOAT, value_type VARCHAR(7));"
    "CREATE TABLE trial_intermediate_values (id INTEGER PRIMARY KEY, trial_id INTEGER, step"
    " INTEGER, intermediate_value FLOAT, intermediate_value_type VARCHAR(7));"
    "INSERT INTO trial_values VALUES (1, 1, 0, 0.25, 'FINITE'), (2, 2, 0, 9, 'FINITE'),"
    " (3, 3, 0, 0.5, 'FINITE'), (4, 6, 0, NULL, 'INF_POS');"
    "INSERT INTO trial_intermediate_values VALUES (1, 3, 2, 0.5, 'FINITE'),"
    " (2, 3, 1, NULL, 'NAN'), (3, 3, 3, NULL, 'INF_NEG');";

static const char without_types[] =
    "CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER, objective"
    " INTEGER, value FLOAT);"
    "CREATE TABLE trial_intermediate_values (id INTEGER PRIMARY KEY, trial_id INTEGER, step"
    " INTEGER, intermediate_value FLOAT);"
    "INSERT INTO trial_values VALUES (1, 1, 0, 0.25), (2, 2, 0, 9), (3, 3, 0, 0.5), (4, 6, 0, 1);"
    "INSERT INTO trial_intermediate_values VALUES (1, 3, 2, 0.5), (2, 3, 1, 0.75);";

static char *make(const char *folder, const char *name, const char *values)
{
    sqlite3 *db = NULL;
    char *path = malloc(512);
    snprintf(path, 512, "%s/%s", folder, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, values, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    return path;
}

static void expect_shown(const attune_old_study *study, int64_t trial, int64_t param,
                         const char *words)
{
    attune_value value = {0};
    attune_text text = {0};
    attune_error error = {0};
    assert_ok(attune_old_value(study, &study->trials[trial].params[param], &value, &error), &error);
    attune_value_append(&text, &value);
    assert_string_equal(text.bytes, words);
    attune_text_clear(&text);
    attune_value_clear(&value);
}

static void test_all_spellings(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *path = make(folder, "optuna.db", with_types);
    attune_old_study study;
    attune_error error = {0};
    assert_ok(attune_old_study_read(&study, path, "first", &error), &error);
    assert_int_equal(study.n, 6);
    assert_string_equal(study.directions.items[0], "minimize");
    expect_shown(&study, 0, 0, "0.01");
    expect_shown(&study, 0, 1, "sgd");
    expect_shown(&study, 0, 2, "0.9");
    expect_shown(&study, 1, 1, "3");
    assert_true(study.distributions[study.trials[0].params[0].distribution].log);
    assert_close(study.distributions[study.trials[4].params[0].distribution].step, 0.1, 0);
    assert_close(study.trials[0].values[0], 0.25, 0);
    assert_true(isinf(study.trials[4].values[0]));
    assert_int_equal(study.trials[1].state, ATTUNE_TRIAL_PRUNED);
    assert_int_equal(study.trials[1].n_reports, 3);
    assert_true(isnan(study.trials[1].reports[0].value)); /* by step */
    assert_true(study.trials[1].reports[2].value == -INFINITY);
    assert_string_equal(study.trials[0].started, "2024-01-01 00:00:00");
    attune_old_study_clear(&study);
    assert_ok(attune_old_study_read(&study, path, NULL, &error), &error);
    assert_string_equal(study.name, "second");
    assert_string_equal(study.directions.items[0], "maximize");
    attune_old_study_clear(&study);
    free(path);
    path = make(folder, "older.db", without_types);
    assert_ok(attune_old_study_read(&study, path, "first", &error), &error);
    assert_close(study.trials[4].values[0], 1, 0);
    assert_close(study.trials[1].reports[0].value, 0.75, 0);
    attune_old_study_clear(&study);
    free(path);
    scratch_remove(folder);
}

static void expect_refused(const char *path, const char *name, attune_status wanted,
                           const char *words)
{
    attune_old_study study;
    attune_error error = {0};
    assert_int_equal(attune_old_study_read(&study, path, name, &error), wanted);
    assert_error(&error, wanted, words);
}

static void test_what_is_no_store(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *path = make(folder, "optuna.db", with_types), other[512];
    snprintf(other, sizeof other, "%s/none.db", folder);
    expect_refused(other, NULL, ATTUNE_NOT_FOUND, "no such store");
    expect_refused(path, "third", ATTUNE_NOT_FOUND, "third");
    write_whole(other, "a,b\n1,2\n");
    expect_refused(other, NULL, ATTUNE_INVALID, "no store");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE trial_params SET distribution_json = '{\"name\": \"x\"}'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    expect_refused(path, NULL, ATTUNE_CORRUPT, "not a distribution");
    free(path);
    scratch_remove(folder);
}

static attune_status count_row(void *user, const attune_value *values, int64_t n,
                               attune_error *error)
{
    (void)values;
    (void)n;
    (void)error;
    ++*(int *)user;
    return ATTUNE_OK;
}

/* Looked at as if it were ours, and left as it is. */
static void test_read_as_a_storage(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *path = make(folder, "optuna.db", with_types);
    attune_storage *storage = NULL;
    attune_study *studies = NULL, study = {0};
    attune_trial *trials = NULL;
    attune_error error = {0};
    int64_t n = 0, n_trials = 0;
    int rows = 0;
    char *before = read_whole(path);
    assert_ok(attune_storage_open(&storage, path, false, &error), &error);
    assert_ok(storage->type->list_studies(storage->self, &studies, &n, &error), &error);
    assert_int_equal(n, 2);
    for (int64_t i = 0; i < n; i++)
        attune_study_clear(&studies[i]);
    free(studies);
    assert_ok(storage->type->find_study(storage->self, "first", &study, &error), &error);
    assert_ok(storage->type->read(storage->self, study.id, 0, &trials, &n_trials, &error), &error);
    assert_int_equal(n_trials, 6);
    assert_string_equal(trials[0].hyperparams, "[0.01,1,0.9,null]");
    assert_int_equal(trials[2].state, ATTUNE_TRIAL_FAIL);
    assert_int_equal(trials[3].state, ATTUNE_TRIAL_WAITING);
    attune_trials_free(trials, n_trials);
    attune_query query = {.study = "first", .where = "lr < 0.05 and value > 0.3"};
    attune_query_rows taker = {.row = count_row, .user = &rows};
    assert_ok(attune_query_run(storage, &query, &taker, &error), &error);
    assert_int_equal(rows, 1);
    assert_int_equal(
        storage->type->set_attribute(storage->self, study.id, -1, "note", "\"no\"", &error),
        ATTUNE_IO);
    attune_study_clear(&study);
    attune_storage_close(storage);
    attune_error_clear(&error);
    assert_int_equal(attune_storage_open(&storage, path, true, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "Optuna");
    char *after = read_whole(path);
    assert_string_equal(before, after);
    free(before);
    free(after);
    free(path);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_spellings),
        cmocka_unit_test(test_what_is_no_store),
        cmocka_unit_test(test_read_as_a_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
