/* steps/context.h - what a step is told about where it runs, and what it may ask for.
 *
 * The caller of a lifecycle makes a context at the root; every container makes one for each child,
 * so that `parent` leads from the step that runs up to the root. What a run offers (log, deadline,
 * shared work, reports) are callbacks in attune_services, which search/ implements; steps know
 * nothing of it. All of them may be missing.
 *
 * Keys. A fit is a pure function of its key: (seed, data id, rows id, step and hyperparameters).
 * The framework sets `key` before it calls fit, and gives the same key to transform and predict of
 * what was fitted. Randomness comes from attune_context_stream, derived columns are named by
 * attune_context_derive, and both follow from the key alone.
 * Thread class: one per thread (it lives on the caller's stack); services are locked inside. */
#ifndef ATTUNE_STEPS_CONTEXT_H
#define ATTUNE_STEPS_CONTEXT_H

#include "spaces/base/stream.h"
#include "spaces/base/text.h"
#include "steps/data/data.h"
#include "steps/data/rows.h"

typedef enum attune_phase {
    ATTUNE_PHASE_TRAIN,
    ATTUNE_PHASE_EVALUATE,
    ATTUNE_PHASE_CONTROL /* same folds, same draws, one step switched off: ablation */
} attune_phase;

typedef enum attune_log_level { ATTUNE_LOG_INFO, ATTUNE_LOG_WARNING } attune_log_level;

/* How values that go through the door to shared work are counted; values are read-only there. */
typedef struct attune_shared_kind {
    const char *name; /* what hit rates are counted under: "prefix", "bins" */
    void *(*ref)(void *value);
    void (*free)(void *value);
    int64_t (*bytes)(const void *value);
} attune_shared_kind;

/* Makes the value of a key; called without a lock held; may itself ask for other keys. */
typedef attune_status (*attune_shared_build)(void *user, void **value, attune_error *error);

typedef struct attune_services {
    void *user;
    void (*log)(void *user, attune_log_level level, const char *text);
    /* STOPPED or TIMEOUT with error set when the fit shall be cut short, else OK. Cheap. */
    attune_status (*stop)(void *user, attune_error *error);
    /* Each key is built once, also when several threads ask at once. */
    attune_status (*shared)(void *user, attune_key key, const attune_shared_kind *kind,
                            attune_shared_build build, void *build_user, void **value,
                            attune_error *error);
    /* Before a fit that will need so many bytes: waits for its turn, or MEMORY when it can never
     * have them. Given back after it. Both or none. */
    attune_status (*reserve)(void *user, int64_t bytes, attune_error *error);
    void (*release)(void *user, int64_t bytes);
    /* One point of a growing budget; STOPPED when a pruner says so. */
    attune_status (*report)(void *user, int64_t step, double value, attune_error *error);
} attune_services;

typedef struct attune_context {
    const attune_services *services;     /* nullable */
    const struct attune_context *parent; /* NULL at the root */
    const char *name;                    /* of the step that runs; "" at the root */
    attune_phase phase;
    attune_key seed;   /* of the study */
    attune_key key;    /* of this fit */
    attune_key stream; /* the same without budgets: a longer fit continues a shorter one */
    int64_t reach;     /* of its budget a fit may spend before it returns; 0: all of it */
    /* Names, kinds or patterns of what the step shall touch; NULL or empty: all. */
    const attune_texts *columns;
} attune_context;

/* Where a lifecycle begins: borrows services (nullable), which must outlive it. */
attune_context attune_context_root(const attune_services *services, attune_key seed);
attune_context attune_context_enter(const attune_context *parent, const char *name);

/* "a__b" of the steps on the way from the root, appended. */
void attune_context_path(const attune_context *context, attune_text *path);

/* Every long loop (tree, epoch, block of rows) asks; anything but OK is handed up at once. */
attune_status attune_context_stop(const attune_context *context, attune_error *error);

/* One line to the run's log, led by the path of the step; lost when nobody listens. */
void attune_context_log(const attune_context *context, attune_log_level level, const char *format,
                        ...) ATTUNE_FORMAT(3, 4);

/* The stream of a purpose within this fit ("shuffle", "tree 3"). */
attune_stream attune_context_stream(const attune_context *context, const char *purpose);

/* The id of output number k that this fitted step makes of a source column. */
attune_key attune_context_derive(const attune_context *context, attune_key source, int64_t k);

/* The one door to shared work. *value gets a share, to be freed by kind->free. With no service the
 * value is simply built: the result is the same. */
attune_status attune_shared_get(const attune_context *context, attune_key key,
                                const attune_shared_kind *kind, attune_shared_build build,
                                void *user, void **value, attune_error *error);

/* One point of a growing budget. Anything but OK (a pruner says stop) is handed up at once. */
attune_status attune_context_report(const attune_context *context, int64_t step, double value,
                                    attune_error *error);

/* Which columns of data a transform shall touch: inputs of the kinds in a mask (1 << kind) that
 * context->columns selects: a name, a pattern with * or ?, or a kind's word. index has room for
 * data->n_columns; returns how many. */
int64_t attune_context_select(const attune_context *context, const attune_data *data,
                              unsigned kinds, int64_t *index);

#endif
