/* search/api/parts.h - what the files behind the public header share.
 *
 * study.c opens a study, stored.c one that is in its store already, prior.c shows it an older
 * one; run.c runs it, ask.c and tell.c drive it by hand; candidate.c is one trial, query.c reads
 * what was tried; model.c serves a dump, view.c shows it a caller's columns; base.c is the rest.
 * Thread class: what each says; the locks of a search are named at its members.
 */
#ifndef ATTUNE_SEARCH_API_PARTS_H
#define ATTUNE_SEARCH_API_PARTS_H

#include "search/attune.h"

#include "search/goals.h"
#include "search/loop/parts.h"
#include "search/plan/plan.h"

struct attune_search {
    attune_space *space; /* read-only once open, as all up to the locks */
    attune_study study;
    attune_direction *directions; /* of n_metrics */
    int64_t n_objectives, n_metrics;
    attune_constraint *constraints; /* n_metrics - n_objectives, of the metrics from there on */
    attune_key seed;
    int64_t lookahead, budget;
    int64_t trials;   /* of asking; 0: no limit */
    attune_stop stop; /* atomic: a signal handler may raise it */
    pthread_mutex_t lock;
    bool running;                    /* under lock; the members below then belong to the run */
    attune_storage *storage;         /* the loop's, and asking's */
    attune_sampler *sampler;         /* likewise */
    attune_pruner *pruner;           /* NULL: none */
    json_t *queue;                   /* NULL: none */
    attune_prior prior;              /* of an older study; n 0: none */
    struct loop *asking;             /* opened by the first ask or tell */
    attune_objective objective;      /* what asking knows of the values */
    attune_loop_options ask_options; /* asking's */
    pthread_mutex_t read_lock;
    attune_storage *reader; /* queries: they go on while a search runs */
};

struct attune_candidate {
    const attune_space *space; /* of the search, which outlives it */
    int64_t number;
    attune_sample sample;            /* owned */
    attune_value *values;            /* one a dimension, NULL kind where inactive */
    char *json;                      /* made when asked for */
    attune_error misuse;             /* the first fault of the program */
    attune_error failure;            /* what _fail was told */
    bool stopped;                    /* it was told to stop */
    const attune_services *services; /* in a run */
    double *constraints;             /* likewise: n_constraints, to be set */
    int64_t n_constraints;
    attune_search *search; /* asked for: where reports go */
    attune_state state;    /* of one that was read, as the rest */
    double *results;       /* n_results, or NULL */
    int64_t n_results;
    char *reason;
};

/* Copies an option struct that begins with its size into the one this build knows (zeroed beyond
 * what is given). INVALID: no size, or a newer caller who set what this build does not know. */
attune_status attune_options_take(void *to, size_t known, const void *from, const char *type,
                                  attune_error *error);

/* A candidate with its values; the sample is copied. */
attune_status attune_candidate_new(attune_candidate **candidate, const attune_space *space,
                                   int64_t number, const attune_sample *sample,
                                   attune_error *error);

/* The same of a stored trial, with what came of it. */
attune_status attune_candidate_from_trial(attune_candidate **candidate, const attune_space *space,
                                          const attune_trial *trial, attune_error *error);

/* n numbers after the objectives that are kept when 0 or less; n_objectives is set. */
attune_status attune_search_set_constraints(attune_search *search, int64_t n, attune_error *error);

/* What the search wants; borrows it. */
attune_goals attune_search_goals(const attune_search *search);

/* With the lock of the search held: the loop that asking works on, made current with the store.
 * CONFLICT while a run is under way. */
attune_status attune_search_window(attune_search *search, struct loop **loop, attune_error *error);

/* With the lock of the search held: what this handle gave out and was not told goes back, so that a
 * run does not wait for its own process. */
attune_status attune_search_take_back(attune_search *search, attune_error *error);

/* What a study of the store is frozen with, in place of options; name NULL: the newest. */
attune_status attune_search_open_stored(attune_search *search, const char *location,
                                        const char *name, attune_error *error);

/* A name as it is, or JSON of one with its settings: what options write. *canonical (a new
 * reference) goes into the identity; of a pruner it is NULL when there is none. */
attune_status attune_search_read_sampler(attune_search *search, const char *text,
                                         json_t **canonical, attune_error *error);
attune_status attune_search_read_pruner(attune_search *search, const char *text, json_t **canonical,
                                        attune_error *error);

/* prior.c: the results of an older study: read for a study that is to be made, and made known
 * to its identity; stored with it; taken from a study that is there. */
attune_status attune_search_read_prior(attune_search *search, const char *from,
                                       attune_error *error);
attune_status attune_search_store_prior(attune_search *search, attune_error *error);
attune_status attune_search_load_prior(attune_search *search, attune_error *error);

/* The budget that samplers see is that of the study's making. */
attune_status attune_search_settle_budget(attune_search *search, bool created, attune_error *error);

#endif
