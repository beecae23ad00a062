/* tests/test_sqlite.c - the store as a file: what is refused, damage, a full disk, many processes.
 *
 * With an argument this program is a helper process of its own tests. */
#define _GNU_SOURCE /* kill, posix_spawn */
#include "tests/trials_support.h"

#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trials/storages/sqlite.h"

extern char **environ;

static char *path_in(const char *folder, const char *name)
{
    return attune_path_join(folder, name, NULL);
}

/* Opening gives this status with these words, and leaves the file as it was. */
static void assert_refused(const char *folder, const char *name, bool create, attune_status status,
                           const char *words)
{
    attune_error error = {0};
    attune_storage *storage = NULL;
    char *path = path_in(folder, name);
    struct stat before = {0}, after = {0};
    stat(path, &before);
    assert_int_equal(attune_storage_open(&storage, path, create, &error), status);
    assert_null(storage);
    assert_error(&error, status, words);
    stat(path, &after);
    assert_true(before.st_size == after.st_size && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    free(path);
}

static void make_database(const char *folder, const char *name, const char *sql)
{
    sqlite3 *db = NULL;
    char *path = path_in(folder, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    free(path);
}

static void what_is_no_store_is_refused_untouched(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    char junk[3000];
    memset(junk, 'x', sizeof junk - 1);
    junk[sizeof junk - 1] = '\0';
    char *path = path_in(folder, "junk.csv"), *empty = path_in(folder, "empty"),
         *small = path_in(folder, "small");
    write_whole(path, junk);
    write_whole(small, "a,b\n1,2\n");
    write_whole(empty, "");
    make_database(folder, "other.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    make_database(folder, "optuna.db", "CREATE TABLE alembic_version (version_num)");
    make_database(
        folder, "newer.db",
        "CREATE TABLE t (a); PRAGMA application_id = 1096045653; PRAGMA user_version = 9");
    for (int create = 0; create < 2; create++) {
        assert_refused(folder, "junk.csv", create, ATTUNE_INVALID, "not an attune store");
        assert_refused(folder, "small", create, ATTUNE_INVALID, "not an attune store");
        assert_refused(folder, "other.db", create, ATTUNE_INVALID, "not an attune store");
        assert_refused(folder, "optuna.db", create, ATTUNE_INVALID, "of Optuna");
        assert_refused(folder, "newer.db", create, ATTUNE_INVALID, "version 9");
        assert_refused(folder, ".", create, ATTUNE_INVALID, "folder");
        assert_refused(folder, "no/such.db", create, ATTUNE_NOT_FOUND, "no folder");
    }
    assert_refused(folder, "missing.db", false, ATTUNE_NOT_FOUND, "no store");
    assert_refused(folder, "empty", false, ATTUNE_INVALID, "empty");
    attune_storage *storage = NULL;
    attune_error error = {0};
    assert_ok(attune_storage_open(&storage, empty, true, &error), &error);
    attune_storage_close(storage);
    assert_int_equal(attune_storage_open(&storage, "postgresql://host/db", true, &error),
                     ATTUNE_INVALID);
    free(path);
    free(empty);
    free(small);
    scratch_remove(folder);
}

static attune_storage *with_study(const char *folder, int64_t n, int64_t *study)
{
    attune_error error = {0};
    attune_storage *storage = open_in(folder, true);
    attune_study made = small_study("churn");
    bool created = false;
    assert_ok(storage->type->create_study(storage->self, &made, &created, &error), &error);
    *study = made.id;
    attune_study_clear(&made);
    fill_study(storage, *study, n);
    return storage;
}

static void a_damaged_row_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *change, *words;
    } damages[] = {{"hyperparams = '[1,2'", "hyperparams"},
                   {"hyperparams = '[1,2,3]'", "hyperparams"},
                   {"hyperparams = x'00'", "hyperparams"},
                   {"folds = x'0102'", "folds"},
                   {"folds = 'text'", "folds"},
                   {"reports = '[[1]]'", "reports"},
                   {"more = '{}'", "more"},
                   {"more = '[1,2,3]'", "more"},
                   {"value = 'many'", "value"},
                   {"value = NULL, more = NULL", "value"},
                   {"state = 17", "state"},
                   {"watermark = -1", "watermark"},
                   {"crashes = -1", "crashes"},
                   {"cost = -1", "cost"},
                   {"cost = 'text'", "cost"},
                   {"blame = 3", "blame"},
                   {"attributes = '[]'", "attributes"},
                   {"attributes = '{'", "attributes"},
                   {"reason = 'a' || char(0) || 'b'", "reason"},
                   {"number = 5", "trial 1 should be here"},
                   {"number = -5", "trial 1 should be here"}};
    char *folder = scratch_folder();
    int64_t study = 0, n = 0;
    attune_storage *storage = with_study(folder, 3, &study);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        char sql[300];
        attune_error error = {0};
        attune_trial *trials = NULL;
        snprintf(sql, sizeof sql,
                 "CREATE TABLE keep AS SELECT * FROM attune_trials;"
                 "UPDATE attune_trials SET %s WHERE number = 1",
                 damages[i].change);
        make_database(folder, "attune.db", sql);
        assert_int_equal(storage->type->read(storage->self, study, 0, &trials, &n, &error),
                         ATTUNE_CORRUPT);
        assert_error(&error, ATTUNE_CORRUPT, damages[i].words);
        make_database(folder, "attune.db",
                      "DELETE FROM attune_trials; INSERT INTO attune_trials SELECT * FROM keep;"
                      "DROP TABLE keep");
    }
    attune_trial *trials = NULL;
    attune_error error = {0};
    assert_ok(storage->type->read(storage->self, study, 0, &trials, &n, &error), &error);
    assert_int_equal(n, 3);
    attune_trials_free(trials, n);
    attune_storage_close(storage);
    make_database(folder, "attune.db", "UPDATE attune_studies SET metrics = '[1'");
    storage = open_in(folder, false);
    assert_int_equal(storage->type->count(storage->self, study, &n, &error), ATTUNE_CORRUPT);
    assert_error(&error, ATTUNE_CORRUPT, "a study is damaged");
    attune_storage_close(storage);
    scratch_remove(folder);
}

static void a_full_disk_leaves_nothing_half_written(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    attune_error error = {0};
    attune_owner owner = self_owner();
    int64_t study = 0, n = 0, claimed_trials = 5;
    attune_storage *storage = with_study(folder, claimed_trials, &study);
    attune_sqlite *sqlite = storage->self;
    attune_status status = ATTUNE_OK;
    char sql[64];
    sqlite3_stmt *row = NULL;
    assert_ok(attune_sqlite_prepare(sqlite, "PRAGMA page_count", &row, &error), &error);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %d", sqlite3_column_int(row, 0) + 2);
    sqlite3_finalize(row);
    assert_ok(attune_sqlite_exec(sqlite, sql, &error), &error);
    while (!status && claimed_trials < 1000) {
        attune_trial trial = small_trial(claimed_trials);
        bool claimed = true;
        status = storage->type->claim_new(storage->self, study, &trial, &owner, &claimed, &error);
        assert_int_equal(claimed, !status);
        claimed_trials += claimed;
    }
    assert_int_equal(status, ATTUNE_IO);
    assert_error(&error, ATTUNE_IO, "the disk is full");
    attune_error_clear(&error);
    assert_ok(storage->type->count(storage->self, study, &n, &error), &error);
    assert_int_equal(n, claimed_trials);
    /* Space again: it goes on where it was. */
    assert_ok(attune_sqlite_exec(sqlite, "PRAGMA max_page_count = 100000", &error), &error);
    attune_trial trial = small_trial(n);
    bool claimed = false;
    assert_ok(storage->type->claim_new(storage->self, study, &trial, &owner, &claimed, &error),
              &error);
    assert_true(claimed);
    attune_storage_close(storage);
    scratch_remove(folder);
}

static void a_silent_host_is_reaped_after_its_lease(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    attune_error error = {0};
    int64_t study = 0, n = -1;
    attune_storage *storage = with_study(folder, 0, &study);
    attune_owner far_away = {.host = "another-host", .pid = 1, .start = 1};
    attune_trial trial = small_trial(0);
    bool claimed = false;
    assert_ok(storage->type->claim_new(storage->self, study, &trial, &far_away, &claimed, &error),
              &error);
    assert_ok(storage->type->reap(storage->self, study, 60, &n, &error), &error);
    assert_int_equal(n, 0);
    make_database(folder, "attune.db",
                  "UPDATE attune_owners SET heartbeat = datetime('now', '-61 seconds')");
    assert_ok(storage->type->reap(storage->self, study, 90, &n, &error), &error);
    assert_int_equal(n, 0);
    assert_ok(storage->type->reap(storage->self, study, 60, &n, &error), &error);
    assert_int_equal(n, 1);
    attune_storage_close(storage);
    scratch_remove(folder);
}

static void thousands_of_columns_fit(void **state)
{
    (void)state;
    enum { many = 2500 };
    char *folder = scratch_folder();
    attune_error error = {0};
    attune_text space = {0}, point = {0};
    int64_t n = 0;
    bool created = false, claimed = false;
    attune_text_append(&space, "[");
    attune_text_append(&point, "[");
    for (int i = 0; i < many; i++) {
        attune_text_printf(&space, "%s{\"name\":\"h%d\",\"distribution\":{\"rand_int\":[0,9]}}",
                           i ? "," : "", i);
        attune_text_append(&point, i ? ",7" : "7");
    }
    attune_text_append(&space, "]");
    attune_text_append(&point, "]");
    attune_study study = small_study("wide");
    free(study.space);
    study.space = attune_text_take(&space, NULL);
    attune_storage *storage = open_in(folder, true);
    assert_ok(storage->type->create_study(storage->self, &study, &created, &error), &error);
    attune_owner owner = self_owner();
    attune_trial trial = {.hyperparams = point.bytes};
    assert_ok(storage->type->claim_new(storage->self, study.id, &trial, &owner, &claimed, &error),
              &error);
    sqlite3_stmt *row = NULL;
    assert_ok(attune_sqlite_prepare(storage->self, "SELECT * FROM study_wide", &row, &error),
              &error);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    n = sqlite3_column_count(row);
    assert_int_equal(n, 2000);
    assert_int_equal(sqlite3_column_int(row, (int)n - 1), 7);
    sqlite3_finalize(row);
    assert_ok(
        attune_sqlite_prepare(storage->self, "SELECT count(*) FROM trial_params", &row, &error),
        &error);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(row, 0), many);
    sqlite3_finalize(row);
    attune_text_clear(&point);
    attune_study_clear(&study);
    attune_storage_close(storage);
    scratch_remove(folder);
}

static pid_t spawn(const char *folder, const char *what)
{
    char *const words[] = {"test_sqlite", (char *)(uintptr_t)what, (char *)(uintptr_t)folder, NULL};
    pid_t pid = 0;
    char self[4096] = ""; /* read, not run: under valgrind the link itself leads to valgrind */
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    assert_int_equal(posix_spawn(&pid, self, NULL, NULL, words, environ), 0);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

enum { hammered = 300 };

/* A helper: claims and finishes trials until the study has enough. Returns its exit code. */
static int hammer(const char *folder)
{
    attune_storage *storage = NULL;
    attune_owner owner;
    attune_study study = {0};
    int64_t count = 0;
    double value = 0.5;
    char *path = path_in(folder, "attune.db");
    attune_status status = attune_storage_open(&storage, path, false, NULL);
    if (!status)
        status = storage->type->find_study(storage->self, NULL, &study, NULL);
    if (!status)
        status = attune_owner_self(&owner, NULL);
    while (!status && count < hammered) {
        attune_trial trial = small_trial(count);
        bool claimed = false;
        status = storage->type->claim_new(storage->self, study.id, &trial, &owner, &claimed, NULL);
        trial.state = ATTUNE_TRIAL_COMPLETE;
        trial.values = &value;
        trial.n_values = 1;
        if (!status && claimed)
            status = storage->type->finish(storage->self, study.id, &trial, NULL);
        if (!status)
            status = storage->type->count(storage->self, study.id, &count, NULL);
    }
    attune_study_clear(&study);
    attune_storage_close(storage);
    free(path);
    return (int)status;
}

static void processes_get_each_number_once(void **state)
{
    (void)state;
    enum { n_processes = 4 };
    char *folder = scratch_folder();
    attune_error error = {0};
    pid_t pids[n_processes];
    int64_t study = 0, n = 0;
    attune_storage *storage = with_study(folder, 0, &study);
    for (int i = 0; i < n_processes; i++)
        pids[i] = spawn(folder, "hammer");
    for (int i = 0; i < n_processes; i++)
        assert_int_equal(wait_for(pids[i]), 0);
    attune_trial *trials = NULL;
    assert_ok(storage->type->read(storage->self, study, 0, &trials, &n, &error), &error);
    assert_true(n >= hammered); /* reading fails when a number is missing or comes twice */
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(trials[i].state, ATTUNE_TRIAL_COMPLETE);
    attune_trials_free(trials, n);
    attune_storage_close(storage);
    scratch_remove(folder);
}

/* A helper: claims one trial, records a fold, and waits to be killed. */
static int hang(const char *folder)
{
    attune_storage *storage = NULL;
    attune_owner owner;
    char *path = path_in(folder, "attune.db");
    attune_trial trial = small_trial(0);
    bool claimed = false;
    double scores[] = {0.5, 0.25};
    attune_status status = attune_storage_open(&storage, path, false, NULL);
    if (!status)
        status = attune_owner_self(&owner, NULL);
    if (!status)
        status = storage->type->claim_new(storage->self, 1, &trial, &owner, &claimed, NULL);
    if (!status)
        status = storage->type->record_fold(storage->self, 1, 0, 1, scores, 1, NULL);
    if (!status)
        pause();
    attune_storage_close(storage);
    free(path);
    return (int)status;
}

static attune_trial first_trial(attune_storage *storage, int64_t study)
{
    attune_error error = {0};
    attune_trial *trials = NULL, first = {0};
    int64_t n = 0;
    assert_ok(storage->type->read(storage->self, study, 0, &trials, &n, &error), &error);
    if (n)
        assert_ok(attune_trial_copy(&first, &trials[0], &error), &error);
    attune_trials_free(trials, n);
    return first;
}

static void a_killed_process_loses_no_fold(void **state)
{
    (void)state;
    const struct timespec moment = {.tv_nsec = 5000000};
    char *folder = scratch_folder();
    attune_error error = {0};
    int64_t study = 0, n = 0;
    attune_storage *storage = with_study(folder, 0, &study);
    pid_t pid = spawn(folder, "hang");
    attune_trial trial = {0};
    for (int i = 0; i < 4000 && !trial.folds.values; i++) {
        attune_trial_clear(&trial);
        nanosleep(&moment, NULL);
        trial = first_trial(storage, study);
    }
    assert_non_null(trial.folds.values);
    assert_ok(storage->type->reap(storage->self, study, 60, &n, &error), &error);
    assert_int_equal(n, 0); /* it lives */
    kill(pid, SIGKILL);
    wait_for(pid);
    assert_ok(storage->type->reap(storage->self, study, 60, &n, &error), &error);
    assert_int_equal(n, 1);
    attune_trial_clear(&trial);
    trial = first_trial(storage, study);
    assert_int_equal(trial.state, ATTUNE_TRIAL_WAITING);
    assert_int_equal(trial.crashes, 1);
    assert_true(trial.folds.values[1] == 0.5 && trial.folds.values[4] == 0.25);
    attune_trial_clear(&trial);
    attune_storage_close(storage);
    scratch_remove(folder);
}

static void killed_in_the_middle_the_store_stays_whole(void **state)
{
    (void)state;
    const struct timespec moment = {.tv_nsec = 15000000};
    char *folder = scratch_folder();
    attune_error error = {0};
    int64_t study = 0, n = 0;
    attune_storage *storage = with_study(folder, 0, &study);
    for (int i = 0; i < 5; i++) {
        pid_t pid = spawn(folder, "hammer");
        nanosleep(&moment, NULL);
        kill(pid, SIGKILL);
        wait_for(pid);
        assert_ok(storage->type->reap(storage->self, study, 60, &n, &error), &error);
        assert_true(n <= 1);
    }
    assert_int_equal(wait_for(spawn(folder, "hammer")), 0);
    attune_trial *trials = NULL;
    assert_ok(storage->type->read(storage->self, study, 0, &trials, &n, &error), &error);
    assert_int_equal(n, hammered);
    attune_trials_free(trials, n);
    attune_storage_close(storage);
    scratch_remove(folder);
}

static void a_trial_takes_under_700_bytes(void **state)
{
    (void)state;
    enum { n_trials = 10000, n_dimensions = 10 };
    char *folder = scratch_folder();
    attune_error error = {0};
    attune_study study = small_study("big");
    attune_text space = {0};
    bool created = false;
    for (int i = 0; i < n_dimensions; i++)
        attune_text_printf(&space,
                           "%s{\"name\":\"model__h%d\",\"distribution\":{\"uniform\":[0,1]}}",
                           i ? "," : "[", i);
    attune_text_append(&space, "]");
    free(study.space);
    study.space = attune_text_take(&space, NULL);
    study.n_folds = 5;
    attune_storage *storage = open_in(folder, true);
    assert_ok(storage->type->create_study(storage->self, &study, &created, &error), &error);
    assert_ok(attune_sqlite_begin(storage->self, &error), &error);
    assert_ok(attune_sqlite_exec(
                  storage->self,
                  "WITH RECURSIVE t(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM t WHERE i < 9999) "
                  "INSERT INTO attune_trials (study_id, number, state, owner, hyperparams, "
                  "watermark, value, more, se, folds, cost, attributes, started, finished) SELECT "
                  "1, i, 1, 1, '[0.1234567890123456,0.1234567890123456,0.1234567890123456,"
                  "0.1234567890123456,0.1234567890123456,0.1234567890123456,0.1234567890123456,"
                  "0.1234567890123456,0.1234567890123456,0.1234567890123456]', i, i / 3.0, "
                  "'[0.1234567890123456]', i / 7.0, randomblob(80), i / 9.0, "
                  "'{\"model\":\"logistic_regression\"}', '2026-01-01 00:00:00.000000', "
                  "'2026-01-01 00:00:00.000000' FROM t",
                  &error),
              &error);
    assert_ok(attune_sqlite_end(storage->self, ATTUNE_OK, &error), &error);
    attune_study_clear(&study);
    attune_storage_close(storage);
    char *path = path_in(folder, "attune.db");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    print_message("%.0f bytes a trial\n", (double)info.st_size / n_trials);
    assert_true(info.st_size < (off_t)700 * n_trials);
    free(path);
    scratch_remove(folder);
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return strcmp(argv[1], "hammer") == 0 ? hammer(argv[2]) : hang(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_store_is_refused_untouched),
        cmocka_unit_test(a_damaged_row_is_named),
        cmocka_unit_test(a_full_disk_leaves_nothing_half_written),
        cmocka_unit_test(a_silent_host_is_reaped_after_its_lease),
        cmocka_unit_test(thousands_of_columns_fit),
        cmocka_unit_test(processes_get_each_number_once),
        cmocka_unit_test(a_killed_process_loses_no_fold),
        cmocka_unit_test(killed_in_the_middle_the_store_stays_whole),
        cmocka_unit_test(a_trial_takes_under_700_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
