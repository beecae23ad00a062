/* search/loop/stop.c - the stop rule, asked when certain numbers of jobs are known.
 *
 * What is known when job j is made depends on j alone, so the search ends before the same job for
 * any number of threads, and again there when it is started once more. */
#include "search/loop/parts.h"
#include "search/loop/stop_rule.h"

#include <math.h>

static bool is_due(const struct loop *loop)
{
    int64_t more = loop->jobs.n_known - ATTUNE_STOP_RULE_FIRST;
    return loop->options->stop_rule && more >= 0 && more % ATTUNE_STOP_RULE_EVERY == 0 &&
           loop->jobs.n_known != loop->looked;
}

void attune_loop_look(struct loop *loop)
{
    const attune_loop_options *options = loop->options;
    attune_error error = {0};
    if (!is_due(loop))
        return;
    int64_t best = loop->jobs.best[loop->jobs.n_known - 1];
    attune_history history = attune_jobs_history(&loop->jobs, options->budget);
    history.seed = options->seed;
    history.held = options->sampler->holds ? options->sampler->held : NULL;
    loop->looked = loop->jobs.n_known;
    if (best < 0)
        return;
    if (attune_stop_rule_left(&history, &loop->left, &error)) {
        attune_loop_break_off(loop, &error);
        return;
    }
    loop->left_error =
        attune_stop_rule_error(loop->jobs.items[best]->losses, options->objective->n_folds);
    loop->settled = loop->left < loop->left_error;
    loop->no_more = loop->no_more || loop->settled;
}
