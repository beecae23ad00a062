/* search/sampler.h - who decides what is tried next.
 *
 * A sampler works in the unit cube of a space: ask reads a history and gives a point. What job j is
 * given depends on the study's seed, j and the results of jobs below its window (lookahead.h): the
 * history it is shown ends there, and later jobs are pending. One file in search/samplers/ and
 * one row in search/samplers.def.
 * Thread class: one thread at a time (the loop's lock); history is read-only. */
#ifndef ATTUNE_SEARCH_SAMPLER_H
#define ATTUNE_SEARCH_SAMPLER_H

#include "spaces/base/stream.h"
#include "spaces/space.h"

enum { ATTUNE_SAMPLER_ABI = 1 };

typedef enum attune_outcome {
    ATTUNE_PENDING, /* running, or finished above the watermark */
    ATTUNE_COMPLETED,
    ATTUNE_PRUNED_AT, /* value is the estimate of its end result */
    ATTUNE_FAILED     /* the configuration cannot be fitted; value is NaN */
} attune_outcome;

/* Compact and append-only; row i is job i - n_prior. Environment failures are not in it (PENDING
 * for ever would poison models, so they are shown as not active: outcome FAILED with `ignore` set).
 */
typedef struct attune_history {
    const attune_space *space;
    int64_t n_prior;        /* the first rows: of an older study, which no job here has tried */
    int64_t n;              /* those, and the jobs created so far */
    int64_t n_known;        /* jobs below this have their outcome: the watermark */
    const double *unit;     /* n x space->n coordinates, 0.5 where inactive */
    const uint8_t *active;  /* n x space->n */
    const uint8_t *outcome; /* n */
    const uint8_t *ignore;  /* n */
    const double *values;   /* n x n_objectives; smaller is better in every objective */
    int64_t n_objectives;
    const double *constraints; /* n x n_constraints: kept when <= 0; NaN where not known */
    int64_t n_constraints;
    int64_t budget;     /* planned jobs, 0 when not known */
    attune_key seed;    /* of the study: for draws that jobs share, such as a scramble */
    const double *held; /* x of the dimensions that are not drawn, NaN where free; nullable */
    int64_t attempt;    /* how often this job was asked for already */
} attune_history;

/* By how much row i breaks the constraints, in sum: 0 when it keeps all, infinity when a value or a
 * constraint of it is not known or not a number. */
double attune_history_violation(const attune_history *history, int64_t row);
/* Whether the job to be asked for is in the last quarter of those planned, when what a model
 * believes in is worth more than what may still be learnt. False when no number is planned. */
bool attune_history_ends(const attune_history *history);

/* What a type can do beside one objective without constraints. */
enum {
    ATTUNE_ABLE_OBJECTIVES = 1,
    ATTUNE_ABLE_CONSTRAINTS = 2,
    ATTUNE_ABLE_PRIOR = 4 /* learns from rows of an older study; others are shown none */
};

typedef enum attune_answer {
    ATTUNE_ANSWER_POINT,
    ATTUNE_ANSWER_WAIT,
    ATTUNE_ANSWER_EXHAUSTED
} attune_answer;

typedef struct attune_sampler_type {
    uint32_t abi;
    const char *name, *doc;
    size_t size;
    const attune_field *fields;
    uint32_t able; /* ATTUNE_ABLE_... */
    const char *(*check)(const void *self);
    /* Point for job history->n into unit (space->n). The stream is keyed by (study seed, job). A
     * point may break a relation, or in a discrete space have been tried: the caller asks again
     * with the same stream and history->attempt one higher, up to 1,000 times, so that types for
     * which this is a waste can look themselves (search/samplers/points.h). What self keeps from
     * one call to the next is a cache: a new one gives the same answer. */
    attune_status (*ask)(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error);
    void (*clear)(void *self); /* what is not in the table */
} attune_sampler_type;

typedef struct attune_points attune_points;

typedef struct attune_sampler {
    const attune_sampler_type *type;
    void *self;
    json_t *fixed; /* flat name to value, put in place of what is drawn; nullable, borrowed */
    /* The sampler's own: */
    attune_points *points;       /* those that were tried */
    double *held;                /* what fixed says and what is staged, by dimension */
    bool holds;                  /* any of them */
    const json_t *held_of;       /* the fixed that held was read from */
    const attune_space *held_in; /* and its space */
} attune_sampler;

extern const attune_sampler_type *const attune_sampler_types[];
/* "random", or {"name": {"field": ...}}. */
attune_status attune_sampler_from_json(attune_sampler **sampler, json_t *json, const attune_at *at,
                                       attune_error *error);
attune_status attune_sampler_new(attune_sampler **sampler, const char *name, attune_error *error);
void attune_sampler_free(attune_sampler *sampler);

/* INVALID: the type cannot do what is asked of it; those that can are named. */
attune_status attune_sampler_suits(const attune_sampler_type *type, int64_t n_objectives,
                                   int64_t n_constraints, attune_error *error);

/* Asks until the point keeps every relation and, in a space of countable values, is a new one;
 * fills sample (of the space) too. EXHAUSTED when no new one is left. UNFIT when 1,000 points in a
 * row broke a relation: the message names it. */
attune_status attune_sampler_ask(attune_sampler *sampler, const attune_history *history,
                                 attune_stream *stream, double *unit, attune_sample *sample,
                                 attune_answer *answer, attune_error *error);

#endif
