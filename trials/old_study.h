/* trials/old_study.h - a study of another store, read as Optuna's relational schema shows it.
 *
 * Optuna's own stores, in any version that has these tables, and ours, which have them as views:
 * names and values of what was tried, and what came of it. Nothing is written.
 * Thread class: one thread reads; what was read is then read-only. */
#ifndef ATTUNE_TRIALS_OLD_STUDY_H
#define ATTUNE_TRIALS_OLD_STUDY_H

#include "spaces/value.h"
#include "trials/trial.h"

typedef enum attune_old_kind {
    ATTUNE_OLD_REAL,
    ATTUNE_OLD_INTEGER,
    ATTUNE_OLD_CHOICE
} attune_old_kind;

/* One text of a distribution, parsed: all its spellings come to this. */
typedef struct attune_old_distribution {
    char *text;
    attune_old_kind kind;
    double low, high, step; /* step 0: none */
    bool log;
    json_t *choices; /* of a choice */
} attune_old_distribution;

typedef struct attune_old_param {
    char *name;
    double raw;           /* as stored: of a choice its index */
    int64_t distribution; /* in the study's list */
} attune_old_param;

typedef struct attune_old_trial {
    int64_t id, number;
    attune_trial_state state;
    attune_old_param *params;
    int64_t n_params;
    double *values; /* one an objective; NaN: none */
    attune_report *reports;
    int64_t n_reports;
    char *started, *finished; /* NULL: not known */
} attune_old_trial;

typedef struct attune_old_study {
    char *name;
    attune_texts directions; /* "minimize" or "maximize", one an objective */
    attune_old_distribution *distributions;
    int64_t n_distributions;
    attune_old_trial *trials; /* by id */
    int64_t n;
} attune_old_study;

/* name NULL: the newest study of the file. NOT_FOUND: no such file or study. INVALID: not a store.
 * CORRUPT: what is in it is damaged. */
attune_status attune_old_study_read(attune_old_study *study, const char *path, const char *name,
                                    attune_error *error);
void attune_old_study_clear(attune_old_study *study);

/* The names of all studies of a file, in the order in which they were made. */
attune_status attune_old_study_names(const char *path, attune_texts *names, attune_error *error);

/* The JSON of a distribution in any of its spellings. CORRUPT: none of them. */
attune_status attune_old_distribution_read(attune_old_distribution *distribution, const char *text,
                                           attune_error *error);
/* The value behind what is stored. CORRUPT: an index that is none. */
attune_status attune_old_value(const attune_old_study *study, const attune_old_param *param,
                               attune_value *value, attune_error *error);

/* JSON as Python writes it: NaN, Infinity and integers of any size are taken (the first two as the
 * texts "nan", "inf", "-inf"). A list or an object; new reference; NULL: not JSON. */
json_t *attune_python_json(const char *text);

#endif
