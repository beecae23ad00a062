/* search/bench/sharing.c - what trials of one model save by sharing work, family by family.
 *
 *     sharing FILE TARGET TRIALS [FAMILY ...]
 *
 * For each family that a default plan has (or those named), TRIALS points of its default space are
 * drawn and run over the plan's folds on one thread, with nothing shared and with everything. The
 * rows of a table in Markdown: CPU seconds of fitting and of predicting, their factors, and how
 * often each kind of work was found done. The scores must be the same bits both times, else it
 * says so and ends with 3. */
#include "search/experiment.h"
#include "search/shared_work.h"
#include "search/work_counts.h"
#include "spaces/base/clock.h"
#include "spaces/base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SCORES = 100000 };

struct side {
    attune_shared_work *work; /* NULL: nothing is shared */
    attune_work_counts counts;
    double fit, predict;
    double *scores;
    int64_t n;
};

static attune_status through_work(void *user, attune_key key, const attune_shared_kind *kind,
                                  attune_shared_build build, void *build_user, void **value,
                                  attune_error *error)
{
    struct side *side = user;
    return attune_shared_work_get(side->work, key, kind, build, build_user, value, error);
}

static attune_status shared(void *user, attune_key key, const attune_shared_kind *kind,
                            attune_shared_build build, void *build_user, void **value,
                            attune_error *error)
{
    struct side *side = user;
    return attune_work_counted(&side->counts, through_work, side, key, kind, build, build_user,
                               value, error);
}

static attune_status run_fold(const attune_experiment *e, attune_step *pipeline, int64_t fold,
                              struct side *side, attune_error *error)
{
    attune_services services = {.user = side, .shared = side->work ? shared : NULL};
    attune_context context = attune_context_root(&services, e->seed);
    attune_predictions said = {0};
    double begun = attune_clock_cpu_seconds();
    attune_status status =
        attune_step_fit(pipeline, e->data, e->folds.items[fold].train, &context, error);
    double fitted = attune_clock_cpu_seconds();
    context.phase = ATTUNE_PHASE_EVALUATE;
    if (!status)
        status = attune_step_predict(pipeline, e->data, e->folds.items[fold].test, &context, &said,
                                     error);
    side->fit += fitted - begun;
    side->predict += attune_clock_cpu_seconds() - fitted;
    if (!status)
        status = attune_metric_score(e->metrics[0], &e->truths[fold], &said,
                                     &side->scores[side->n++], error);
    attune_predictions_clear(&said);
    return status;
}

/* All trials of one side: the same points each time. */
static attune_status run_side(const attune_experiment *e, int64_t trials, struct side *side,
                              attune_error *error)
{
    const attune_space *space = e->plan->blueprint.space;
    attune_sample sample = {0};
    double unit[256];
    attune_status status = attune_sample_init(&sample, space, error);
    for (int64_t t = 0; t < trials && !status; t++) {
        attune_stream stream = attune_stream_new(attune_key_integer(attune_key_start("point"), t));
        for (int64_t i = 0; i < space->n && i < 256; i++)
            unit[i] = attune_stream_uniform(&stream);
        attune_space_decode(space, unit, &sample);
        for (int64_t fold = 0; fold < e->folds.n && !status && side->n < MOST_SCORES; fold++) {
            attune_step *pipeline = NULL;
            status = attune_experiment_pipeline(e, &sample, &pipeline, error);
            if (!status)
                status = run_fold(e, pipeline, fold, side, error);
            attune_step_free(pipeline);
        }
    }
    attune_sample_clear(&sample);
    return status;
}

static void print_row(const char *family, const struct side *off, const struct side *on)
{
    double all_off = off->fit + off->predict, all_on = on->fit + on->predict;
    printf("| %s | %.3f, %.3f | %.1f | %.3f, %.3f | %.1f | %.1f |", family, off->fit, on->fit,
           off->fit / on->fit, off->predict, on->predict, off->predict / on->predict,
           all_off / all_on);
    for (int i = 0; i < on->counts.n; i++)
        printf("%s %s %.0f%%", i ? "," : "", on->counts.kinds[i].name,
               100.0 * (double)on->counts.kinds[i].hits /
                   (double)(on->counts.kinds[i].hits + on->counts.kinds[i].misses));
    printf(" |\n");
    fflush(stdout);
}

static attune_status run_family(const char *family, const attune_experiment *e, int64_t trials,
                                attune_error *error)
{
    struct side off = {.work = NULL}, on = {.work = NULL};
    attune_status status = attune_shared_work_new(&on.work, INT64_C(2) << 30, error);
    off.scores = attune_alloc(MOST_SCORES, sizeof *off.scores, error);
    on.scores = attune_alloc(MOST_SCORES, sizeof *on.scores, error);
    if (!status && (!off.scores || !on.scores))
        status = ATTUNE_MEMORY;
    if (!status)
        status = run_side(e, trials, &off, error);
    if (!status)
        status = run_side(e, trials, &on, error);
    if (!status &&
        (off.n != on.n || memcmp(off.scores, on.scores, (size_t)off.n * sizeof *on.scores) != 0))
        status = attune_fail(error, ATTUNE_MISSED, "%s: sharing changed a score", family);
    if (!status)
        print_row(family, &off, &on);
    attune_shared_work_free(on.work);
    free(off.scores);
    free(on.scores);
    return status;
}

/* The default plan with one branch for its pipeline. */
static attune_status try_branch(json_t *plan_json, json_t *branch, int64_t trials,
                                attune_error *error)
{
    attune_document document = {.root = attune_json_copy(plan_json)};
    attune_plan plan = {0};
    attune_experiment experiment = {0};
    json_object_set(document.root, "pipeline", branch);
    attune_status status = attune_plan_read(&plan, &document, "", "sharing", error);
    if (!status)
        status = attune_experiment_open(&experiment, &plan, error);
    if (!status)
        status = run_family(json_string_value(json_object_get(branch, "name")), &experiment, trials,
                            error);
    attune_experiment_clear(&experiment);
    attune_plan_clear(&plan);
    attune_document_clear(&document);
    return status;
}

static bool is_wanted(const char *family, char **words, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], family) == 0)
            return true;
    return count == 0;
}

static attune_status default_plan(const char *path, const char *target, json_t **plan,
                                  attune_error *error)
{
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    attune_schema_request request = {.target = target};
    attune_status status = attune_table_read(&table, path, NULL, error);
    if (!status)
        status = attune_schema_infer(&schema, table, &request, NULL, error);
    if (!status && !(*plan = attune_plan_default(schema, attune_table_n_rows(table), path, error)))
        status = ATTUNE_MEMORY;
    attune_schema_free(schema);
    attune_table_free(table);
    return status;
}

static attune_status run(char **words, int count, attune_error *error)
{
    json_t *plan = NULL, *branch;
    int64_t trials = 0;
    size_t i;
    if (!attune_integer_read(words[2], (int64_t)strlen(words[2]), &trials) || trials < 1)
        return attune_fail(error, ATTUNE_INVALID, "TRIALS must be 1 or more");
    attune_status status = default_plan(words[0], words[1], &plan, error);
    json_t *choose = json_array_get(json_object_get(json_object_get(plan, "pipeline"), "steps"), 0);
    if (!status)
        printf("| family | fit off, on, CPU s | factor | predict off, on | factor | both | found "
               "|\n|-|-|-|-|-|-|-|\n");
    json_array_foreach(json_object_get(choose, "steps"), i, branch)
    {
        if (!status &&
            is_wanted(json_string_value(json_object_get(branch, "name")), words + 3, count - 3))
            status = try_branch(plan, branch, trials, error);
    }
    json_decref(plan);
    return status;
}

int main(int count, char **words)
{
    attune_error error = {0};
    if (count < 4)
        return fputs("usage: sharing FILE TARGET TRIALS [FAMILY ...]\n", stderr), 2;
    attune_status status = run(words + 1, count - 1, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    return attune_status_exit_code(status);
}
