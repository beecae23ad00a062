/* search/api/ask.c - asking by number: the loop's own state, driven by hand.
 *
 * Nothing is kept between calls that the store does not have: each call first takes over what
 * other processes did meanwhile, so that whoever asks gets the same. */
#include "search/api/parts.h"

#include "spaces/base/clock.h"

#include <stdlib.h>
#include <string.h>

/* The objective of asking is never called; its shape is what values are recorded by. */
static attune_status open_window(attune_search *search, attune_error *error)
{
    struct loop *loop = attune_alloc(1, sizeof *loop, error);
    if (!loop)
        return ATTUNE_MEMORY;
    search->objective =
        (attune_objective){.n_folds = 1,
                           .n_metrics = search->n_metrics,
                           .n_objectives = search->n_objectives,
                           .directions = search->directions,
                           .constraints = search->constraints,
                           .n_constraints = search->n_metrics - search->n_objectives};
    search->ask_options = (attune_loop_options){.storage = search->storage,
                                                .study = &search->study,
                                                .space = search->space,
                                                .sampler = search->sampler,
                                                .pruner = search->pruner,
                                                .queue = search->queue,
                                                .prior = search->prior.n ? &search->prior : NULL,
                                                .objective = &search->objective,
                                                .seed = search->seed,
                                                .trials = search->trials,
                                                .budget = search->budget,
                                                .lookahead = search->lookahead,
                                                .threads = 1};
    loop->options = &search->ask_options;
    loop->durable = true; /* what is told cannot be computed again */
    attune_status status = attune_loop_open(loop, error);
    if (status) {
        attune_loop_close(loop);
        free(loop);
    } else {
        search->asking = loop;
    }
    return status;
}

attune_status attune_search_window(attune_search *search, struct loop **loop, attune_error *error)
{
    if (search->running)
        return attune_fail(error, ATTUNE_CONFLICT,
                           "this search is running: its trials are its own until it ends");
    attune_status status = search->asking ? ATTUNE_OK : open_window(search, error);
    if (!status)
        status =
            attune_loop_take_over(search->asking, search->asking->jobs.first_unfinished, error);
    if (!status)
        *loop = search->asking;
    return status;
}

/* Whoever tells may be another process: the store alone says what became of it. `started` marks
 * what this handle gave out. */
static void hand_out(attune_loop_job *job)
{
    job->claimed = false;
    job->foreign = true;
    job->started = attune_clock_seconds();
}

/* The lowest trial that was given back; *given NULL: there is none. */
static attune_status claim_waiting(struct loop *loop, attune_loop_job **given, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n && !status; i++) {
        attune_loop_job *job = loop->jobs.items[i];
        attune_trial trial = {.number = i};
        bool claimed = false;
        if (job->finished || job->foreign)
            continue;
        status = attune_loop_claim(loop, &trial, false, &claimed, error);
        if (!status && claimed) {
            *given = job;
            return ATTUNE_OK;
        }
    }
    return status;
}

static attune_status why_not(const struct loop *loop, attune_error *error)
{
    if (loop->failing)
        return attune_fail(error, ATTUNE_UNFIT,
                           "the first 8 trials, or 50 in a row, failed; read their reasons");
    int64_t trials = loop->options->trials;
    if (trials && loop->jobs.n >= trials)
        return attune_fail(error, ATTUNE_EXHAUSTED,
                           "all %lld trials of the study were given: nothing is left to ask for",
                           (long long)trials);
    if (loop->exhausted)
        return attune_fail(error, ATTUNE_EXHAUSTED, "there is no new point left");
    return attune_fail(error, ATTUNE_WAIT,
                       "%lld trials are in flight, or the sampler wants a result first; tell one",
                       (long long)(loop->jobs.n - loop->jobs.first_unfinished));
}

/* *given NULL and OK: another process was quicker, try again. */
static attune_status create(struct loop *loop, attune_loop_job **given, attune_error *error)
{
    int64_t n = loop->jobs.n;
    loop->no_more = loop->waits = loop->exhausted = loop->failing = false;
    if (!attune_loop_may_create(loop))
        return why_not(loop, error);
    attune_status status = attune_loop_create_job(loop, error);
    if (!status && (loop->exhausted || loop->waits))
        return why_not(loop, error);
    if (!status && loop->jobs.n > n && loop->jobs.items[n]->claimed)
        *given = loop->jobs.items[n];
    return status;
}

static attune_status ask(attune_search *search, attune_candidate **candidate, attune_error *error)
{
    struct loop *loop = NULL;
    attune_loop_job *given = NULL;
    attune_status status = ATTUNE_OK;
    while (!status && !given) {
        status = attune_search_window(search, &loop, error);
        if (!status)
            status = claim_waiting(loop, &given, error);
        if (!status && !given)
            status = create(loop, &given, error);
    }
    if (status)
        return status;
    hand_out(given);
    status = attune_candidate_new(candidate, search->space, given->number, &given->sample, error);
    if (!status)
        (*candidate)->search = search;
    else
        attune_loop_give_back(loop, given->number, NULL);
    return status;
}

attune_status attune_search_ask(attune_search *search, attune_candidate **candidate,
                                attune_error *error)
{
    attune_error_clear(error);
    if (!search || !candidate)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_ask: there is no %s",
                           search ? "place for the candidate" : "search");
    *candidate = NULL;
    pthread_mutex_lock(&search->lock);
    attune_status status = ask(search, candidate, error);
    pthread_mutex_unlock(&search->lock);
    return status;
}

static attune_status enqueue(attune_search *search, const char *values, int64_t *number,
                             attune_error *error)
{
    attune_document document = {0};
    struct loop *loop = NULL;
    int64_t made = -1;
    attune_status status =
        attune_document_parse(&document, "values", values, (int64_t)strlen(values), error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_queue_check(search->space, document.root, &top, error);
    if (!status)
        status = attune_search_window(search, &loop, error);
    if (!status)
        status = attune_loop_enqueue(loop, document.root, &made, error);
    if (!status && number)
        *number = made;
    attune_document_clear(&document);
    return status;
}

attune_status attune_search_enqueue(attune_search *search, const char *values, int64_t *number,
                                    attune_error *error)
{
    attune_error_clear(error);
    if (!search || !values)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_enqueue: there are no %s",
                           search ? "values" : "searches");
    pthread_mutex_lock(&search->lock);
    attune_status status = enqueue(search, values, number, error);
    pthread_mutex_unlock(&search->lock);
    return status;
}
