/* trials/storage.h - where studies and trials are kept: a vtable of operations.
 *
 * One file in trials/storages/ and one row in trials/storages.def. Each operation is one
 * transaction: it happened or it did not, whatever is killed. A finished trial is never changed.
 * Thread class: one attune_storage a thread; many of them, and many processes, on one store. */
#ifndef ATTUNE_TRIALS_STORAGE_H
#define ATTUNE_TRIALS_STORAGE_H

#include "spaces/base/json.h"
#include "trials/trial.h"

enum { ATTUNE_STORAGE_ABI = 1 };

/* What a study is; frozen once created. Texts are canonical JSON. */
typedef struct attune_study {
    int64_t id;
    char *name;
    char *identity;   /* an object: what a resume compares member by member */
    char *plan;       /* the plan it was made from; "{}" when there is none (C, ask and tell) */
    char *space;      /* attune_space_to_json */
    char *directions; /* ["minimize"] : one an objective */
    char *metrics;    /* ["log_loss", "accuracy"]: objectives first, then what `also` asked for */
    int64_t n_folds;
    char *started; /* naive UTC; set by the storage */
} attune_study;

/* Frees what a study holds; a deep copy: to must be zeroed or hold a study (which is cleared). */
void attune_study_clear(attune_study *study);
attune_status attune_study_copy(attune_study *to, const attune_study *from, attune_error *error);

/* Who holds running trials: one a process. */
typedef struct attune_owner {
    char host[64];
    int64_t pid;
    int64_t start; /* of the process, in ticks since boot: a pid may come again */
} attune_owner;

attune_status attune_owner_self(attune_owner *owner, attune_error *error);
/* Any process of this host; IO when there is none. */
attune_status attune_owner_of(attune_owner *owner, int64_t pid, attune_error *error);
bool attune_owner_alive(const attune_owner *owner); /* true when on another host */

/* A SELECT over the flat view of a study, and who gets its rows: trials/query.h. */
typedef struct attune_query attune_query;
typedef struct attune_query_rows attune_query_rows;

typedef struct attune_storage_type {
    uint32_t abi;
    const char *name, *doc;
    /* Whether this type takes a location such as "attune.db", ":memory:", "postgresql://...". */
    bool (*takes)(const char *location);
    /* create false: NOT_FOUND when nothing is there. INVALID: a file of another kind. */
    attune_status (*open)(const char *location, bool create, void **self, attune_error *error);
    /* Another handle on the store of self; NULL: opening the location again gives one. */
    attune_status (*share)(void *self, void **other, attune_error *error);
    void (*close)(void *self);

    /* Stores a study, or finds the one of that name: *created says which; study->id is set, nothing
     * else. The caller compares identities. INVALID when its texts are not what they should be. */
    attune_status (*create_study)(void *self, attune_study *study, bool *created,
                                  attune_error *error);
    attune_status (*find_study)(void *self, const char *name, attune_study *study,
                                attune_error *error); /* NULL: the only or the newest one */
    attune_status (*list_studies)(void *self, attune_study **studies, int64_t *n,
                                  attune_error *error);

    /* Stores trial->number as RUNNING under owner. *claimed false: somebody has that number. The
     * numbers of a study have no gaps: CONFLICT when number is above the count. */
    attune_status (*claim_new)(void *self, int64_t study, const attune_trial *trial,
                               const attune_owner *owner, bool *claimed, attune_error *error);
    /* A WAITING trial to RUNNING, started now. *claimed false: it was not waiting any more. */
    attune_status (*claim_waiting)(void *self, int64_t study, int64_t number,
                                   const attune_owner *owner, bool *claimed, attune_error *error);
    /* Scores of one finished fold of a RUNNING trial: one value a metric of the study; cost is
     * added to the trial's. */
    attune_status (*record_fold)(void *self, int64_t study, int64_t number, int64_t fold,
                                 const double *scores, double cost, attune_error *error);
    /* Values on the way, one a step: a step that comes again replaces its value. */
    attune_status (*record_reports)(void *self, int64_t study, int64_t number,
                                    const attune_report *reports, int64_t n, attune_error *error);
    /* RUNNING to COMPLETE, PRUNED or FAIL with values, folds, reports, cost, blame, reason,
     * attributes of trial; without folds, reports or hyperparams it keeps what it has. The storage
     * notes the time. INVALID: COMPLETE without a value that is a number for each objective.
     * CONFLICT: it is finished already, or was taken from a process that seemed dead. */
    attune_status (*finish)(void *self, int64_t study, const attune_trial *trial,
                            attune_error *error);
    /* RUNNING back to WAITING; finished folds stay. */
    attune_status (*release)(void *self, int64_t study, int64_t number, attune_error *error);
    /* Every RUNNING trial whose owner is dead (or silent for lease seconds, on another host) back
     * to WAITING, with crashes + 1. *n says how many. */
    attune_status (*reap)(void *self, int64_t study, double lease, int64_t *n, attune_error *error);
    attune_status (*renew)(void *self, int64_t study, const attune_owner *owner,
                           attune_error *error);

    /* Trials with number >= from in order, into an array the caller clears and frees. */
    attune_status (*read)(void *self, int64_t study, int64_t from, attune_trial **trials,
                          int64_t *n, attune_error *error);
    attune_status (*count)(void *self, int64_t study, int64_t *n, attune_error *error);
    /* NULL: this storage has no SQL. See attune_query_run. */
    attune_status (*query)(void *self, const attune_query *query, const attune_query_rows *rows,
                           attune_error *error);

    /* JSON values by key, of a trial, or of the study when number is -1. Reading a key that is not
     * there gives NULL. */
    attune_status (*set_attribute)(void *self, int64_t study, int64_t number, const char *key,
                                   const char *json, attune_error *error);
    attune_status (*get_attribute)(void *self, int64_t study, int64_t number, const char *key,
                                   char **json, attune_error *error);
    /* Makes sure all is on disk; durable: whether every state change waits for the disk. */
    attune_status (*sync)(void *self, attune_error *error);
    attune_status (*set_durable)(void *self, bool durable, attune_error *error);
    /* What the user should know about this store, or NULL; borrowed. NULL: never anything. */
    const char *(*note)(const void *self);
} attune_storage_type;

typedef struct attune_storage {
    const attune_storage_type *type;
    void *self;
    char *location;
} attune_storage;

extern const attune_storage_type *const attune_storage_types[]; /* NULL at the end */

/* Opens what the first type that takes the location finds there; ":memory:" is a new store. */
attune_status attune_storage_open(attune_storage **storage, const char *location, bool create,
                                  attune_error *error);
/* Another connection to the same store, for another thread. */
attune_status attune_storage_reopen(const attune_storage *storage, attune_storage **other,
                                    attune_error *error);
void attune_storage_close(attune_storage *storage);

/* A sentence for the user ("the store is on a network file system ..."), or NULL; borrowed. */
const char *attune_storage_note(const attune_storage *storage);
void attune_trials_free(attune_trial *trials, int64_t n);

#endif
