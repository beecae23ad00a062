/* search/plan/plan.h - what a person asks for: data, metric, validation, pipeline, search.
 *
 * A plan is JSON. Reading checks every key and builds what it names; nothing touches the data yet.
 * The plan's canonical JSON (no comments, overrides in place) is kept: it is stored with the study
 * and goes into the dump.
 * Thread class: one thread while read; the space, splitter and pipeline are then read-only. */
#ifndef ATTUNE_SEARCH_PLAN_PLAN_H
#define ATTUNE_SEARCH_PLAN_PLAN_H

#include "search/pruner.h"
#include "search/sampler.h"
#include "steps/blueprint.h"
#include "steps/metric.h"
#include "steps/data/schema.h"
#include "steps/splitter.h"

enum { ATTUNE_DEFAULT_TRIALS = 100, ATTUNE_DEFAULT_STAGES = 12, ATTUNE_MOST_METRICS = 32 };

/* A metric that has to stay at or below a bound, or at or above it. */
typedef struct attune_limit {
    const attune_metric_type *metric;
    double bound;
    bool is_max;
} attune_limit;

typedef struct attune_plan {
    json_t *json; /* canonical */
    char *folder; /* relative paths start here; "" is the working folder */
    char *name;   /* of the study: the plan's or data file's stem unless given */
    char *file;   /* of the data, as the plan writes it; "-" is standard input */
    char *test;   /* held-out data; NULL */
    char delimiter;
    char *target, *positive, *time, *weight; /* NULL: not given */
    attune_texts id, group, ignore, missing;
    json_t *kinds;                                          /* borrowed from json; NULL */
    const attune_metric_type *metrics[ATTUNE_MOST_METRICS]; /* the objectives, then `also` */
    int64_t n_metrics;                            /* 0: no metric named, the task decides */
    int64_t n_objectives;                         /* 1 or more */
    attune_limit limits[2 * ATTUNE_MOST_METRICS]; /* what must be kept */
    int64_t n_limits;
    attune_splitter *splitter;
    attune_blueprint blueprint;
    attune_sampler *sampler;
    attune_pruner *pruner; /* NULL: none, or not given */
    bool pruner_given;     /* else the folds decide (experiment.h) */
    json_t *fixed; /* flat name to value: hyperparameters that are not searched; NULL; borrowed */
    const char *from, *from_study; /* an older study to learn from: its store, its name or NULL;
                                      borrowed from json; from NULL: none */
    bool stop_rule;                /* the search ends when nothing is left to win */
    json_t *queue;     /* what the first trials are given (queue.h); owned; NULL: nothing */
    int64_t trials;    /* total of the study; 0: not given */
    int64_t lookahead; /* most jobs in flight at once; 0: not given, it grows (lookahead.h) */
    int64_t stages;    /* most values scored of a staged dimension; 0: none is staged */
    int64_t seed;
    double seconds; /* time budget of one run; 0: none */
    double timeout; /* of one trial; 0: none */
} attune_plan;

/* Takes the document's root as it is after overrides; stem names the study when the plan does not.
 * INVALID with line and column. */
attune_status attune_plan_read(attune_plan *plan, attune_document *document, const char *folder,
                               const char *stem, attune_error *error);
void attune_plan_clear(attune_plan *plan);

/* path=value on a JSON tree before it is read: "search.trials=10", "pipeline.steps.3.name=lr".
 * Missing objects on the way are made. The value is JSON when it reads as JSON, else a text. */
attune_status attune_plan_override(json_t *root, const char *assignment, attune_error *error);

/* A plan that fixes hyperparameters ("fixed") becomes one that searches around them: every space
 * keeps the share `kept` (above 0, at most 1) of its spread. INVALID: it fixes none. */
attune_status attune_plan_narrow(json_t *plan, double kept, attune_error *error);

/* A member that is a duration, "8h" or a number of seconds, above 0; one that is missing leaves
 * *seconds as it was. INVALID at its place. */
attune_status attune_plan_duration(json_t *object, const attune_at *at, const char *key,
                                   double *seconds, attune_error *error);

/* A path of the plan from its folder; the caller frees. "-" stays. */
char *attune_plan_path(const attune_plan *plan, const char *path, attune_error *error);

/* The point of the plan's space that fixed (flat name to value; nullable) leads to: what it leaves
 * open takes the step's default where that is in its range, else the middle of it. INVALID when
 * that breaks a relation. The caller clears sample. */
attune_status attune_plan_sample(const attune_plan *plan, const json_t *fixed,
                                 attune_sample *sample, attune_error *error);

/* A plan fit for the data: a choose over the models there are, with preprocessing inside each
 * branch. Models whose most_rows is below the rows of the file are left out. path is what
 * "data.file" will say. New reference. */
json_t *attune_plan_default(const attune_schema *schema, int64_t n_rows, const char *path,
                            attune_error *error);

/* NULL-terminated documentation of every key: path, what it takes, what it means. */
typedef struct attune_plan_key {
    const char *path, *takes, *doc;
} attune_plan_key;
extern const attune_plan_key attune_plan_keys[];

#endif
