/* search/loop/prune.c - what the pruner is shown, when it is asked, and what follows.
 *
 * Verdicts on a job come in order of its folds, those on later jobs build on those on earlier ones:
 * each is a function of the study alone, whatever else has been run meanwhile. */
#include "search/loop/parts.h"

#include <math.h>
#include <stdlib.h>

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool attune_loop_is_settled(const struct loop *loop, const attune_loop_job *job)
{
    int64_t end = lesser(job->pruned_at, job->failed_fold);
    int64_t last = loop->options->objective->n_folds - 1; /* nobody asks after the last fold */
    return attune_job_n_scored(&loop->jobs, job) >= end && job->n_decided >= lesser(end, last);
}

int64_t attune_loop_progress(const struct loop *loop, const attune_loop_job *job)
{
    if (job->finished || attune_loop_is_settled(loop, job))
        return loop->options->objective->n_folds;
    return lesser(attune_job_n_scored(&loop->jobs, job), job->n_decided + 1);
}

int64_t attune_loop_frontier(const struct loop *loop, const attune_loop_job *job)
{
    int64_t frontier = loop->options->objective->n_folds;
    if (loop->peers)
        for (int64_t i = loop->jobs.first_unfinished; i < job->number; i++)
            frontier = lesser(frontier, attune_loop_progress(loop, loop->jobs.items[i]));
    return frontier;
}

/* What is known below a job's watermark; the same at any time. */
static attune_pruner_view view_of(struct loop *loop, const attune_loop_job *job)
{
    bool maximised = loop->options->objective->directions[0] == ATTUNE_MAXIMIZE;
    int64_t known = attune_lookahead_known(loop->options->lookahead, job->number);
    attune_jobs_publish(&loop->jobs, known);
    return (attune_pruner_view){.job = job->number,
                                .n_folds = loop->options->objective->n_folds,
                                .sign = maximised ? -1 : 1,
                                .known = loop->jobs.rows,
                                .n_known = known,
                                .best = known > 0 ? loop->jobs.best[known - 1] : -1};
}

static void show_peers(struct loop *loop, attune_pruner_view *view, int64_t n_folds)
{
    view->peers = loop->peers;
    for (int64_t i = view->n_known; i < view->job; i++) {
        const attune_loop_job *peer = loop->jobs.items[i];
        int64_t scored = peer->ignore ? 0 : attune_job_n_scored(&loop->jobs, peer);
        loop->peers[view->n_peers++] = (attune_pruner_row){.scores = peer->losses,
                                                           .n_scored = lesser(scored, n_folds),
                                                           .outcome = ATTUNE_PENDING,
                                                           .value = NAN};
    }
}

static void prune(attune_loop_job *job, int64_t n_folds, double estimate)
{
    job->estimate = estimate;
    __atomic_store_n(&job->pruned_at, n_folds, __ATOMIC_RELAXED);
}

static void decide(struct loop *loop, attune_loop_job *job, int64_t n_folds)
{
    const attune_pruner *pruner = loop->options->pruner;
    attune_pruner_view view = view_of(loop, job);
    if (loop->peers)
        show_peers(loop, &view, n_folds);
    view.fold = n_folds;
    view.own = (attune_pruner_row){.scores = job->losses, .n_scored = n_folds, .value = NAN};
    attune_verdict verdict = pruner->type->after_fold(pruner->self, &view);
    job->n_decided = n_folds;
    if (verdict.prune)
        prune(job, n_folds, verdict.estimate);
}

void attune_loop_settle(struct loop *loop, attune_loop_job *job, int64_t frontier)
{
    int64_t reach = lesser(lesser(attune_job_n_scored(&loop->jobs, job), frontier),
                           loop->options->objective->n_folds - 1);
    while (job->n_decided < lesser(reach, job->pruned_at))
        decide(loop, job, job->n_decided + 1);
}

/* The reports of one fold of a job up to a step, of those that are sorted by step. */
static attune_pruner_row own_reports(const attune_loop_job *job, int64_t fold, int64_t step)
{
    int64_t first = 0, end = 0;
    while (first < job->n_reports && job->reports[first].step < fold * ATTUNE_FOLD_STEPS)
        first++;
    for (end = first; end < job->n_reports && job->reports[end].step <= step;)
        end++;
    return (attune_pruner_row){.scores = job->losses,
                               .reports = job->reports + first,
                               .n_reports = end - first,
                               .value = NAN};
}

static attune_status take_report(struct loop *loop, attune_loop_job *job, int64_t fold,
                                 int64_t step, double value, attune_error *error)
{
    const attune_pruner *pruner = loop->options->pruner;
    attune_status status = attune_job_report(&loop->jobs, job, step, value, error);
    if (status || !pruner || !pruner->type->at_report)
        return status;
    attune_pruner_view view = view_of(loop, job);
    view.fold = fold;
    view.own = own_reports(job, fold, step);
    attune_verdict verdict = pruner->type->at_report(pruner->self, &view);
    if (!verdict.prune)
        return ATTUNE_OK;
    prune(job, fold, view.own.reports[view.own.n_reports - 1].value);
    return attune_fail(error, ATTUNE_STOPPED, "pruned by %s at step %lld", pruner->type->name,
                       (long long)(step % ATTUNE_FOLD_STEPS));
}

attune_status attune_loop_report(struct loop *loop, attune_loop_job *job, int64_t fold,
                                 int64_t step, double value, attune_error *error)
{
    bool folds = loop->options->objective->n_folds > 1;
    attune_status status = ATTUNE_OK;
    if (folds && (step < 0 || step >= ATTUNE_FOLD_STEPS))
        return attune_fail(error, ATTUNE_INVALID, "a report at step %lld: with folds need 0 to %d",
                           (long long)step, ATTUNE_FOLD_STEPS - 1);
    pthread_mutex_lock(&loop->lock);
    if (job->pruned_at <= fold)
        status = attune_fail(error, ATTUNE_STOPPED, "pruned");
    else
        status = take_report(loop, job, fold, folds ? step + fold * ATTUNE_FOLD_STEPS : step, value,
                             error);
    pthread_mutex_unlock(&loop->lock);
    return status;
}
