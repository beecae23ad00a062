/* tests/test_allocation.c - every allocation of whole operations failed in turn
 * (tests/fail_each.h).
 */
#include "tests/fail_each.h"
#include "tests/support.h"

#include "search/attune.h"
#include "search/predicted.h"
#include "search/program/words.h"
#include "search/study.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char space_text[] =
    "{\"lr\": {\"log_uniform\": [1e-5, 0.1]}, \"layers\": {\"rand_int\": [1, 4]},"
    " \"opt\": {\"choice\": [\"adam\", \"sgd\", [1, 2.385]]}, \"warm\": {\"boolean\": 0.25},"
    " \"momentum\": {\"uniform\": [0, 1], \"when\": \"opt = 'sgd'\"},"
    " \"mix\": {\"mixture\": [{\"uniform\": [0, 1]}, {\"normal\": [3, 1]}]},"
    " \"require\": \"layers < 3 or lr < 0.05\"}";

/* A space and a point of it through JSON and back. */
static attune_status space_both_ways(attune_space *space, json_t **json, json_t **point,
                                     char **stored, attune_error *error)
{
    attune_space *again = NULL;
    attune_sample sample = {0}, other = {0};
    double unit[6] = {0.25, 0.5, 0.4, 0.125, 0.75, 0.625};
    attune_at top = attune_at_top(NULL);
    attune_status status = attune_sample_init(&sample, space, error);
    if (!status)
        attune_space_decode(space, unit, &sample);
    if (!status)
        status = (*json = attune_space_to_json(space, error)) ? ATTUNE_OK : error->status;
    if (!status)
        status = attune_space_from_json(&again, *json, &top, error);
    if (!status)
        status = (*stored = attune_sample_write(again, &sample, error)) ? ATTUNE_OK : error->status;
    if (!status)
        status = attune_sample_init(&other, again, error);
    if (!status)
        status = attune_sample_read(again, *stored, &other, error);
    if (!status)
        status = (*point = attune_sample_to_json(again, &other, error)) ? ATTUNE_OK : error->status;
    if (!status)
        status = attune_sample_from_json(again, *point, &top, &other, error);
    attune_sample_clear(&sample);
    attune_sample_clear(&other);
    attune_space_free(again);
    return status;
}

/* Appends a value as text once nothing fails any more. */
static void show(attune_text *result, const json_t *json)
{
    char *text = attune_json_write(json, NULL);
    attune_text_append(result, text ? text : "out of memory");
    attune_text_append(result, "\n");
    free(text);
}

static attune_status run_space(const char *place, attune_text *result, attune_error *error)
{
    (void)place;
    attune_document document = {0};
    json_t *json = NULL, *point = NULL;
    char *stored = NULL;
    attune_space *space = attune_space_new(error);
    attune_status status = space ? attune_document_parse(&document, "space", space_text,
                                                         (int64_t)strlen(space_text), error)
                                 : error->status;
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_space_add_json(space, document.root, &top, "", ATTUNE_NO_BRANCH, error);
    if (!status)
        status = space_both_ways(space, &json, &point, &stored, error);
    failing_end(NULL);
    if (!status) {
        show(result, json);
        show(result, point);
        attune_text_append(result, stored);
    }
    attune_document_clear(&document);
    attune_space_free(space);
    json_decref(json);
    json_decref(point);
    free(stored);
    return status;
}

/* Data of every kind, small enough to be read a thousand times. */
static const char data_text[] = "id,when,colour,size,word,kind\n"
                                "1,2026-01-02,red,1.5,\"a, b\",yes\n2,2026-01-03,green,,c,no\n"
                                "3,2026-02-03,red,2.385,d,yes\n4,2026-02-04,,4,e,no\n"
                                "5,2026-03-05,blue,0.25,f,yes\n6,2026-03-06,green,7,g,no\n"
                                "7,2026-04-07,red,1.25,h,yes\n8,2026-04-08,blue,6.5,i,no\n";

static attune_status run_table(const char *place, attune_text *result, attune_error *error)
{
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    attune_data *data = NULL;
    attune_texts notes = {0}, ids = {0};
    char *path = attune_path_join(place, "data.csv", error), name[ATTUNE_KEY_TEXT_SIZE];
    attune_table_options options = {0};
    attune_schema_request request = {.target = "kind", .id = &ids};
    attune_status status = path ? attune_texts_add(&ids, "id", error) : error->status;
    if (!status)
        status = attune_table_read(&table, path, &options, error);
    if (!status)
        status = attune_schema_infer(&schema, table, &request, &notes, error);
    if (!status)
        status = attune_schema_data(schema, table, true, &data, &notes, error);
    failing_end(NULL);
    if (!status) {
        json_t *json = attune_schema_to_json(schema, error);
        show(result, json);
        json_decref(json);
        attune_text_append(result, attune_key_name(attune_data_fingerprint(data), name));
    }
    attune_table_free(table);
    attune_schema_free(schema);
    attune_data_free(data);
    attune_texts_clear(&notes);
    attune_texts_clear(&ids);
    free(path);
    return status;
}

#define PLAN(steps)                                                                                \
    "{\"data\": {\"file\": \"data.csv\", \"target\": \"kind\", \"id\": \"id\"},"                   \
    " \"metric\": \"log_loss\", \"also\": [\"accuracy\"],"                                         \
    " \"validation\": {\"folds\": 2, \"shuffle\": true},"                                          \
    " \"pipeline\": {\"steps\": [" steps "]}, \"search\": {\"trials\": 2, \"seed\": 3,"            \
    " \"sampler\": \"random\"}}"

static const char plan_text[] =
    PLAN("{\"step\": \"date_parts\"}, {\"step\": \"impute\", \"hyperparams\": {\"indicator\": "
         "true}}, {\"step\": \"one_hot\"},"
         "{\"step\": \"choose\", \"name\": \"model\", \"steps\": [{\"step\": \"pipeline\", "
         "\"name\": \"linear\", \"steps\": [{\"step\": \"standard_scale\"}, {\"step\": "
         "\"logistic_regression\", \"space\": {\"C\": {\"log_uniform\": [0.01, 10]}}}]}, "
         "{\"step\": \"gradient_boosting\", \"hyperparams\": {\"n_estimators\": 3}}]}");

struct planned {
    attune_document document;
    attune_plan plan;
    attune_experiment experiment;
    attune_open_study study;
};

static attune_status read_plan(struct planned *p, const char *place, attune_error *error)
{
    memset(p, 0, sizeof *p);
    attune_status status =
        attune_document_parse(&p->document, "plan", plan_text, (int64_t)strlen(plan_text), error);
    return status ? status : attune_plan_read(&p->plan, &p->document, place, "plan", error);
}

static attune_status open_planned(struct planned *p, const char *place, const char *store,
                                  attune_error *error)
{
    attune_status status = read_plan(p, place, error);
    if (!status)
        status = attune_experiment_open(&p->experiment, &p->plan, error);
    if (!status)
        status = attune_open_study_open(&p->study, &p->experiment, store, error);
    return status;
}

static void close_planned(struct planned *p)
{
    attune_open_study_close(&p->study);
    attune_experiment_clear(&p->experiment);
    attune_plan_clear(&p->plan);
    attune_document_clear(&p->document);
}

static attune_status run_plan(const char *place, attune_text *result, attune_error *error)
{
    struct planned p;
    attune_status status = read_plan(&p, place, error);
    failing_end(NULL);
    if (!status) {
        json_t *space = attune_space_to_json(p.plan.blueprint.space, error);
        show(result, p.plan.json);
        show(result, space);
        json_decref(space);
    }
    attune_plan_clear(&p.plan);
    attune_document_clear(&p.document);
    return status;
}

static attune_status search_planned(struct planned *p, attune_shared_work *shared,
                                    attune_error *error)
{
    attune_objective objective = attune_experiment_objective(&p->experiment);
    attune_loop_result result;
    attune_loop_options loop = {.storage = p->study.storage,
                                .study = &p->study.study,
                                .space = p->plan.blueprint.space,
                                .sampler = p->plan.sampler,
                                .objective = &objective,
                                .shared = shared,
                                .seed = p->experiment.seed,
                                .trials = 2,
                                .budget = p->study.budget,
                                .lookahead = p->study.lookahead,
                                .threads = 1};
    return attune_loop_run(&loop, &result, error);
}

/* A trial that failed for want of memory is as good as none: the search says so and goes on. */
static void show_trials(struct planned *p, attune_text *result, attune_error *error)
{
    attune_trial *trials = NULL;
    int64_t n = 0;
    assert_ok(attune_open_study_read(&p->study, &trials, &n, error), error);
    for (int64_t i = 0; i < n; i++) {
        const attune_trial *t = &trials[i];
        bool starved = t->state == ATTUNE_TRIAL_FAIL && t->blame == ATTUNE_BLAME_ENVIRONMENT &&
                       t->reason && strstr(t->reason, "memory");
        attune_text_printf(result, "%d %s %s %.17g\n", (int)i, t->hyperparams,
                           starved ? STARVED : attune_trial_state_word(t->state),
                           t->n_values ? t->values[0] : 0.0);
    }
    attune_trials_free(trials, n);
}

static attune_status run_search(const char *place, attune_text *result, attune_error *error)
{
    struct planned p;
    attune_shared_work *shared = NULL;
    attune_status status = open_planned(&p, place, ":memory:", error);
    if (!status)
        status = attune_shared_work_new(&shared, 1 << 20, error);
    if (!status)
        status = search_planned(&p, shared, error);
    failing_end(NULL);
    if (!status)
        show_trials(&p, result, error);
    attune_shared_work_free(shared);
    close_planned(&p);
    return status;
}

/* As after the end of this process: what it left running belongs to nobody. */
static void end_owners(const char *store)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(store, &db), SQLITE_OK);
    sqlite3_exec(db, "UPDATE attune_owners SET pid = 0", NULL, NULL, NULL); /* none: no table yet */
    sqlite3_close(db);
}

/* A search in a file that a failure ends: the next one, with memory, ends as if nothing had been.
 */
static attune_status run_store(const char *place, attune_text *result, attune_error *error)
{
    struct planned p;
    char *store = attune_path_join(place, "attune.db", error);
    attune_status status = store ? open_planned(&p, place, store, error) : error->status;
    if (!status)
        status = search_planned(&p, NULL, error);
    bool failed = false;
    failing_end(&failed);
    if (store)
        close_planned(&p);
    free(store);
    if (failed || !status) {
        attune_error why = {0};
        store = attune_path_join(place, "attune.db", &why);
        end_owners(store);
        assert_ok(open_planned(&p, place, store, &why), &why);
        assert_ok(search_planned(&p, NULL, &why), &why);
        if (!status)
            show_trials(&p, result, &why);
        close_planned(&p);
        unlink(store);
        free(store);
    }
    return status;
}

/* Nothing in the folder but what was there before. */
static void assert_tidy(const char *place, const char *added)
{
    attune_texts names = {0};
    assert_ok(attune_folder_list(place, &names, NULL), NULL);
    for (int64_t i = 0; i < names.n; i++)
        if (strcmp(names.items[i], "data.csv") != 0 && strcmp(names.items[i], "whole") != 0 &&
            (!added || strcmp(names.items[i], added) != 0))
            fail_msg("%s is left behind", names.items[i]);
    attune_texts_clear(&names);
}

/* The one study that dumps are made of: opened and searched once. */
static struct planned finished;

static attune_status publish(const char *place, const char *name, attune_error *error)
{
    attune_trial *trials = NULL;
    int64_t n = 0;
    char *path = attune_path_join(place, name, error);
    attune_status status =
        path ? attune_open_study_read(&finished.study, &trials, &n, error) : error->status;
    if (!status)
        status = attune_open_study_publish(&finished.study, &trials[0], path, false, error);
    attune_trials_free(trials, n);
    free(path);
    return status;
}

static attune_status run_publish(const char *place, attune_text *result, attune_error *error)
{
    attune_bundle bundle = {0};
    attune_status status = publish(place, "best", error);
    failing_end(NULL);
    char *path = attune_path_join(place, "best", NULL);
    assert_tidy(place, status ? NULL : "best");
    if (!status)
        status = attune_bundle_read(&bundle, path, error);
    for (int64_t i = 0; i < bundle.n; i++)
        attune_text_printf(result, "%s %lld\n%s\n", bundle.files[i].path,
                           (long long)bundle.files[i].length,
                           strstr(bundle.files[i].path, ".npy") ? "" : bundle.files[i].bytes);
    attune_bundle_clear(&bundle);
    assert_ok(attune_folder_remove(path, NULL), NULL);
    free(path);
    return status;
}

static attune_status run_predict(const char *place, attune_text *result, attune_error *error)
{
    attune_predicted predicted = {0};
    char *dump = attune_path_join(place, "whole", error);
    char *file = dump ? attune_path_join(place, "data.csv", error) : NULL;
    attune_status status =
        file ? attune_predicted_make(&predicted, dump, file, false, error) : error->status;
    failing_end(NULL);
    for (int64_t i = 0; !status && i < predicted.predictions.n; i++)
        attune_text_printf(result, "%.17g\n", predicted.predictions.values[2 * i]);
    attune_predicted_clear(&predicted);
    free(dump);
    free(file);
    return status;
}

static attune_status loss(attune_candidate *candidate, double *values, void *user)
{
    (void)user;
    values[0] = attune_candidate_real(candidate, "lr") +
                (attune_candidate_active(candidate, "momentum") ? 1 : 2.385);
    attune_candidate_report(candidate, 1, values[0]);
    return attune_candidate_check(candidate, NULL);
}

/* The library as a caller has it: asked and told, run, read. */
static attune_status use_library(attune_search *search, attune_candidate **best,
                                 attune_error *error)
{
    attune_candidate *candidate = NULL;
    attune_run_options options = {.size = sizeof options, .trials = 4, .threads = 1};
    double value = 9;
    int64_t number = 0;
    attune_status status = attune_search_ask(search, &candidate, error);
    if (!status)
        status = attune_search_tell(search, attune_candidate_number(candidate), &value, 1, error);
    attune_candidate_free(candidate);
    if (!status)
        status = attune_search_run(search, loss, NULL, &options, error);
    if (!status)
        status = attune_search_best(search, 0, &number, error);
    return status ? status : attune_search_read(search, number, best, error);
}

/* A candidate that failed for want of memory is told so; then the best may be another. */
static void show_candidates(attune_search *search, int64_t best, attune_text *result)
{
    int64_t n = 0;
    bool any = false;
    assert_ok(attune_search_count(search, &n, NULL), NULL);
    for (int64_t i = 0; i < n; i++) {
        attune_candidate *candidate = NULL;
        assert_ok(attune_search_read(search, i, &candidate, NULL), NULL);
        const char *reason = attune_candidate_reason(candidate);
        bool starved = reason && strstr(reason, "memory");
        any |= starved;
        attune_text_printf(result, "%s %.17g %s\n", starved ? STARVED : "told",
                           attune_candidate_value(candidate, 0), attune_candidate_json(candidate));
        attune_candidate_free(candidate);
    }
    attune_text_printf(result, "best %lld%s", (long long)best, any ? " " STARVED : "");
}

static attune_status run_library(const char *place, attune_text *result, attune_error *error)
{
    (void)place;
    attune_search *search = NULL;
    attune_candidate *best = NULL;
    attune_search_options options = {.size = sizeof options, .space = space_text, .sampler = "tpe"};
    attune_status status = attune_search_open(&search, &options, error);
    if (!status)
        status = use_library(search, &best, error);
    failing_end(NULL);
    if (!status)
        show_candidates(search, attune_candidate_number(best), result);
    attune_candidate_free(best);
    attune_search_close(search);
    return status;
}

static const char command_text[] =
    "{\"command\": [\"train\", \"--lr={lr}\", [\"--momentum\", \"{momentum}\"], \"{dir}/{{\"],"
    " \"env\": {\"SLOT\": \"{slot} {seed}\"}, \"files\": [\"data.csv\"], \"slots\": 2,"
    " \"steps\": 9, \"timeout\": \"9s\"}";

/* What makes a command a study of its own, and the line of one of its trials. */
static attune_status command_line(const attune_program_plan *plan, const attune_space *space,
                                  attune_text *line, attune_error *error)
{
    attune_sample sample = {0};
    double unit[6] = {0.25, 0.5, 0.4, 0.125, 0.75, 0.625};
    attune_program_facts facts = {
        .space = space, .sample = &sample, .dir = "runs/7", .slot = "it's", .seed = 42};
    attune_status status = attune_sample_init(&sample, space, error);
    if (!status)
        attune_space_decode(space, unit, &sample);
    if (!status)
        status = attune_program_line(plan, &facts, line, error);
    if (!status && line->failed)
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a line");
    attune_sample_clear(&sample);
    return status;
}

static attune_status run_command(const char *place, attune_text *result, attune_error *error)
{
    attune_document document = {0}, tuned = {0};
    attune_program_plan plan = {0};
    json_t *identity = NULL;
    attune_text line = {0};
    attune_space *space = attune_space_new(error);
    attune_status status = space ? attune_document_parse(&tuned, "space", space_text,
                                                         (int64_t)strlen(space_text), error)
                                 : error->status;
    attune_at space_at = attune_at_top(&tuned), top = attune_at_top(&document);
    if (!status)
        status = attune_space_add_json(space, tuned.root, &space_at, "", ATTUNE_NO_BRANCH, error);
    if (!status)
        status = attune_document_parse(&document, "objective", command_text,
                                       (int64_t)strlen(command_text), error);
    if (!status)
        status = attune_program_plan_read(&plan, document.root, &top, space, error);
    if (!status)
        status = attune_program_plan_identity(&plan, place, &identity, error);
    if (!status)
        status = command_line(&plan, space, &line, error);
    failing_end(NULL);
    if (!status) {
        show(result, identity);
        attune_text_append(result, line.bytes);
    }
    attune_text_clear(&line);
    json_decref(identity);
    attune_program_plan_clear(&plan);
    attune_document_clear(&document);
    attune_document_clear(&tuned);
    attune_space_free(space);
    return status;
}

static void in_a_folder(attune_operation *run)
{
    attune_error error = {0};
    char *place = scratch_folder();
    char *path = attune_path_join(place, "data.csv", NULL);
    write_whole(path, data_text);
    free(path);
    assert_ok(open_planned(&finished, place, ":memory:", &error), &error);
    assert_ok(search_planned(&finished, NULL, &error), &error);
    assert_ok(publish(place, "whole", &error), &error);
    fail_each(run, place);
    close_planned(&finished);
    scratch_remove(place);
}

#define IN_TURN(name)                                                                              \
    static void name##_survives(void **state)                                                      \
    {                                                                                              \
        (void)state;                                                                               \
        in_a_folder(run_##name);                                                                   \
    }

IN_TURN(space)
IN_TURN(table)
IN_TURN(plan)
IN_TURN(search)
IN_TURN(store)
IN_TURN(publish)
IN_TURN(predict)
IN_TURN(library)
IN_TURN(command)

int main(int n, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(space_survives),   cmocka_unit_test(table_survives),
        cmocka_unit_test(plan_survives),    cmocka_unit_test(search_survives),
        cmocka_unit_test(store_survives),   cmocka_unit_test(publish_survives),
        cmocka_unit_test(predict_survives), cmocka_unit_test(library_survives),
        cmocka_unit_test(command_survives),
    };
    if (n > 1)
        cmocka_set_test_filter(words[1]); /* one of them by its name */
    failing_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
