/* spaces/space.h - what can be tuned: named dimensions, their conditions and relations.
 *
 * A space is built in the order of the pipeline. A dimension may belong to a branch (it is active
 * only when an earlier dimension has a value) and may have a `when` expression over earlier
 * dimensions of its own step. Relations (`require`) must not be false.
 *
 *     attune_space *space = attune_space_new(error);
 *     attune_space_add(space, "model__choice", choice_take, NULL_BRANCH, NULL, error);
 *     attune_space_add(space, "model__svc__C", c_take, (attune_branch){0, 1}, NULL, error);
 *
 * Flat names are step__hyperparam, nested a__b__c. On input the shortest unique suffix will do.
 * Files: space.c builds and finds, sample.c is one point and its stored form, stages.c is about
 * what is not drawn, held.c about what stays as it is while the rest is searched, sample_json.c and
 * space_json.c speak JSON.
 * Thread class: shared read-only once built. */
#ifndef ATTUNE_SPACES_SPACE_H
#define ATTUNE_SPACES_SPACE_H

#include "spaces/base/key.h"
#include "spaces/distribution.h"
#include "spaces/expression.h"

/* Active only while dimension `dimension` is active and has the x `x` (a choice's index, a
 * boolean's 0 or 1). dimension -1: no branch. */
typedef struct attune_branch {
    int64_t dimension;
    double x;
} attune_branch;

#define ATTUNE_NO_BRANCH ((attune_branch){-1, 0})

typedef struct attune_dimension {
    char *name; /* flat */
    attune_distribution *distribution;
    attune_branch branch;
    attune_expression *when; /* nullable */
    int64_t *when_names;     /* the dimension of each name of when */
    /* Not drawn: every point has the highest value, a run of which shows what all lower ones would
     * have given, and the best of them is stored when it has ended. */
    bool staged;
} attune_dimension;

typedef struct attune_relation {
    attune_expression *expression;
    char *reason;            /* why it must hold; nullable */
    int64_t *names;          /* the dimension of each name; -1: a constant */
    attune_value *constants; /* per name, where names[i] is -1 */
} attune_relation;

typedef struct attune_space {
    attune_dimension *dimensions;
    int64_t n;
    attune_relation *relations;
    int64_t n_relations;
} attune_space;

enum { ATTUNE_MOST_STAGES = 64 };

/* One point: x of every dimension, with what is active. Owned arrays of space->n. */
typedef struct attune_sample {
    double *x;       /* NaN where inactive */
    uint8_t *active; /* 0 or 1 */
    int64_t n;
} attune_sample;

/* An empty space, owned by the caller; NULL with error set when memory is out. */
attune_space *attune_space_new(attune_error *error);
void attune_space_free(attune_space *space);

/* Takes distribution, also on failure. when: nullable text, its names are siblings: looked up as
 * the prefix of `name` up to its last "__" plus the name, then as a flat name or unique suffix
 * among the dimensions before it. */
attune_status attune_space_add(attune_space *space, const char *name,
                               attune_distribution *distribution_take, attune_branch branch,
                               const char *when, attune_error *error);

/* A relation whose names are looked up with `prefix` first ("" at the top; "model__svc__" for what
 * a step declares). Names that are no dimension get their value from `constant` (nullable), which
 * answers NOT_FOUND when it does not know them either: INVALID then. reason: nullable. */
typedef attune_status (*attune_constant_of)(void *user, const char *name, attune_value *value);
attune_status attune_space_require(attune_space *space, const char *text, const char *prefix,
                                   const char *reason, attune_constant_of constant, void *user,
                                   attune_error *error);

/* Whether dimension i can be staged: an integer with two ends that nothing else depends on. */
bool attune_space_may_stage(const attune_space *space, int64_t i);
/* The x that every point has in dimension i: its highest when it is staged, NaN when it is drawn.
 */
double attune_space_held(const attune_space *space, int64_t i);
/* The values of a staged dimension that are looked at: at most `most` (and ATTUNE_MOST_STAGES),
 * spread as its distribution is, ascending, the highest among them. Returns how many. */
int64_t attune_space_stages(const attune_space *space, int64_t i, int64_t most, int64_t *stages);
/* The dimension that is staged in a sample, the first of several; -1: none. */
int64_t attune_sample_staged(const attune_space *space, const attune_sample *sample);

/* The dimension of a flat name or of its shortest unique suffix ("C", "svc__C"): -1 with error
 * set when there is none (nearest name given) or several (all named). */
int64_t attune_space_find(const attune_space *space, const char *name, attune_error *error);

/* The shortest end of dimension i's name that finds it and says enough: what chooses a branch keeps
 * the name of what it chooses for ("model__choice"). Borrowed from the space. O(n). */
const char *attune_space_short_name(const attune_space *space, int64_t i);

attune_status attune_sample_init(attune_sample *sample, const attune_space *space,
                                 attune_error *error);
void attune_sample_clear(attune_sample *sample);

/* Whether dimension i of a sample is active, given the x of those before it. No allocation. */
bool attune_space_is_active(const attune_space *space, const attune_sample *sample, int64_t i);

/* Unit cube point (space->n coordinates) to a sample: activity is decided dimension by dimension.
 * A staged one has its highest value, whatever the coordinate. No allocation. O(n). */
void attune_space_decode(const attune_space *space, const double *unit, attune_sample *sample);

/* The coordinates of a sample: attune_distribution_unit of each x, 0.5 where inactive; of a staged
 * dimension that of its highest value. */
void attune_space_encode(const attune_space *space, const attune_sample *sample, double *unit);

/* NULL, or the relation that a sample breaks. */
const attune_relation *attune_space_broken(const attune_space *space, const attune_sample *sample);

/* The value of dimension i of a sample; NULL kind when inactive. */
attune_status attune_sample_value(const attune_space *space, const attune_sample *sample, int64_t i,
                                  attune_value *value, attune_error *error);

/* The compact stored form: a JSON array in space order, x per dimension (integral x as integers,
 * indices for nominal and ordinal), null where inactive; and back (INVALID when it does not fit
 * the space: length, range, activity). Reading gives the same bits. */
char *attune_sample_write(const attune_space *space, const attune_sample *sample,
                          attune_error *error);
attune_status attune_sample_read(const attune_space *space, const char *text, attune_sample *sample,
                                 attune_error *error);

/* {"name": value} of the active dimensions, for people and exports. New reference. */
json_t *attune_sample_to_json(const attune_space *space, const attune_sample *sample,
                              attune_error *error);

/* The reverse, from flat names or unique suffixes; what is not given stays as it is in sample, and
 * activity is decided again: what becomes active without a value gets its middle one, a value for
 * what is not active is INVALID. On failure sample is as it was. */
attune_status attune_sample_from_json(const attune_space *space, json_t *json, const attune_at *at,
                                      attune_sample *sample, attune_error *error);

/* Values that some hyperparameters are held at while others are free, from flat names or unique
 * suffixes: x (space->n) gets theirs, NaN where nothing is said. INVALID: an unknown name, one that
 * is given twice, or no value of it. Whether it is ever active is another question: */
attune_status attune_space_hold(const attune_space *space, json_t *json, const attune_at *at,
                                double *x, attune_error *error);
/* *never: the first dimension that is held and inactive whatever the free ones are, or -1. */
attune_status attune_space_check_held(const attune_space *space, const double *x, int64_t *never,
                                      attune_error *error);

/* Identity: what two samples share exactly when they are the same point. */
attune_key attune_sample_key(const attune_sample *sample);

/* The canonical JSON of a space, an array of {name, distribution, branch?, when?} in space order,
 * then its relations, {require, names, constants?, reason?}; and back. Stored with a study. */
json_t *attune_space_to_json(const attune_space *space, attune_error *error);
attune_status attune_space_from_json(attune_space **space, json_t *json, const attune_at *at,
                                     attune_error *error);

/* A plan's free-standing space, {"lr": {...}, "opt": {"choice": [...]}, "momentum": {"uniform":
 * [...], "when": "opt = 'sgd'"}}: each member added under prefix. Dimensions come in the order of
 * their names, but after the siblings their `when` speaks of, whatever the order in the file: the
 * same space written in another order is the same. A member "require" is a relation, or a list of
 * them, over what is named here. */
attune_status attune_space_add_json(attune_space *space, json_t *json, const attune_at *at,
                                    const char *prefix, attune_branch branch, attune_error *error);

#endif
