/* search/store_check.c - whether a store is whole: its file, its studies, every trial. */
#include "search/store_check.h"

#include "search/stored.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_faults = 20 };

static void fault(attune_store_found *found, const char *study, int64_t trial, const char *words)
{
    char line[700];
    if (found->faults.n >= most_faults)
        return;
    if (!study)
        snprintf(line, sizeof line, "%s", words);
    else if (trial < 0)
        snprintf(line, sizeof line, "study %s: %s", study, words);
    else
        snprintf(line, sizeof line, "study %s, trial %lld: %s", study, (long long)trial, words);
    attune_texts_add(&found->faults, line, NULL);
}

/* SQLite's own check of its pages and indices; a line each that is not "ok". */
static attune_status check_pages(const char *location, attune_store_found *found,
                                 attune_error *error)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    int code = sqlite3_open_v2(location, &db, SQLITE_OPEN_READONLY, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db, 10000);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(20)", -1, &row, NULL);
    if (code == SQLITE_OK)
        while ((code = sqlite3_step(row)) == SQLITE_ROW) {
            const char *words = (const char *)sqlite3_column_text(row, 0);
            if (words && strcmp(words, "ok") != 0)
                fault(found, NULL, -1, words);
        }
    attune_status status = ATTUNE_OK;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        fault(found, NULL, -1, sqlite3_errmsg(db));
    else if (code != SQLITE_DONE && code != SQLITE_OK)
        status = attune_fail_in(error, ATTUNE_IO, location, 0, 0, "cannot be checked: %s",
                                db ? sqlite3_errmsg(db) : "out of memory");
    sqlite3_finalize(row);
    sqlite3_close(db);
    return status;
}

/* NULL, or what is wrong with a trial that could be read. */
static const char *complaint(const attune_stored *stored, const attune_trial *trial)
{
    if (trial->state != ATTUNE_TRIAL_COMPLETE)
        return NULL;
    if (trial->n_values < 1 || trial->n_values > stored->metrics.n)
        return "complete, but without its values";
    if (!isfinite(trial->values[0]))
        return "complete, but its value is not a number";
    if (trial->folds.n_folds != 0 && trial->folds.n_folds != stored->study.n_folds)
        return "it has another number of folds than its study";
    return NULL;
}

static void check_trials(const attune_stored *stored, attune_store_found *found)
{
    for (int64_t i = 0; i < stored->n; i++) {
        const attune_trial *trial = &stored->trials[i];
        attune_error problem = {0};
        json_t *hyperparams = NULL;
        const char *words = complaint(stored, trial);
        if (trial->number != i)
            fault(found, stored->study.name, trial->number, "a trial before it is missing");
        if (words)
            fault(found, stored->study.name, trial->number, words);
        if (attune_stored_hyperparams(stored, trial, &hyperparams, &problem))
            fault(found, stored->study.name, trial->number, problem.message);
        json_decref(hyperparams);
    }
    found->n_trials += stored->n;
}

static void check_study(const char *location, const char *name, attune_store_found *found)
{
    attune_stored stored = {0};
    attune_error problem = {0};
    if (attune_stored_open(&stored, location, name, &problem))
        fault(found, name, -1, problem.message);
    else
        check_trials(&stored, found);
    attune_stored_clear(&stored);
}

attune_status attune_store_check(const char *location, attune_store_found *found,
                                 attune_error *error)
{
    attune_storage *storage = NULL;
    attune_study *studies = NULL;
    int64_t n = 0;
    memset(found, 0, sizeof *found);
    attune_status status = attune_storage_open(&storage, location, false, error);
    if (!status)
        status = check_pages(location, found, error);
    if (!status)
        status = storage->type->list_studies(storage->self, &studies, &n, error);
    found->n_studies = n;
    for (int64_t i = 0; i < n && !status; i++)
        check_study(location, studies[i].name, found);
    for (int64_t i = 0; i < n; i++)
        attune_study_clear(&studies[i]);
    free(studies);
    attune_storage_close(storage);
    return status;
}

void attune_store_found_clear(attune_store_found *found)
{
    attune_texts_clear(&found->faults);
}
