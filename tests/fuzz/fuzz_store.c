/* tests/fuzz/fuzz_store.c - any bytes as a store: refused with a reason, or read without harm. */
#include "spaces/base/file.h"
#include "trials/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static attune_status ignore_row(void *user, const attune_value *values, int64_t n,
                                attune_error *error)
{
    (void)user, (void)values, (void)n, (void)error;
    return ATTUNE_OK;
}

static void read_study(attune_storage *storage, const attune_study *study)
{
    attune_trial *trials = NULL;
    int64_t n = 0;
    char *json = NULL;
    attune_query query = {.study = study->name, .sort = "value", .top = 100};
    attune_query_rows rows = {.row = ignore_row};
    if (storage->type->read(storage->self, study->id, 0, &trials, &n, NULL) == ATTUNE_OK)
        attune_trials_free(trials, n);
    attune_query_run(storage, &query, &rows, NULL);
    storage->type->get_attribute(storage->self, study->id, -1, "looks", &json, NULL);
    storage->type->reap(storage->self, study->id, 60, &n, NULL);
    free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char path[64], side[80];
    static const char *const sides[] = {"", "-wal", "-shm", "-journal"};
    attune_storage *storage = NULL;
    attune_study *studies = NULL;
    int64_t n = 0;
    snprintf(path, sizeof path, "/dev/shm/attune-fuzz-%d.db", (int)getpid());
    if (attune_file_write_new(path, bytes, (int64_t)length, NULL))
        abort();
    if (attune_storage_open(&storage, path, false, NULL) == ATTUNE_OK &&
        storage->type->list_studies(storage->self, &studies, &n, NULL) == ATTUNE_OK)
        for (int64_t i = 0; i < n; i++) {
            read_study(storage, &studies[i]);
            attune_study_clear(&studies[i]);
        }
    free(studies);
    attune_storage_close(storage);
    for (int i = 0; i < 4; i++) {
        snprintf(side, sizeof side, "%s%s", path, sides[i]);
        unlink(side);
    }
    return 0;
}
