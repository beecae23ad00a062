/* tests/all_storages.c - what every storage must do, whichever it is. */
#include "tests/trials_support.h"

#include "trials/query.h"

#include <pthread.h>
#include <stdio.h>

/* The type under test, a scratch folder, a store in it with a study. */
struct fixture {
    char *folder;
    attune_storage *storage;
    const attune_storage_type *type;
    void *self;
    attune_study study;
};

static int setup(void **state)
{
    const attune_storage_type *type = *state;
    struct fixture *f = calloc(1, sizeof *f);
    attune_error error = {0};
    bool created = false;
    f->folder = scratch_folder();
    char *path = attune_path_join(f->folder, "attune.db", NULL);
    const char *location = type->takes(":memory:") ? ":memory:" : path;
    assert_ok(attune_storage_open(&f->storage, location, true, &error), &error);
    free(path);
    assert_ptr_equal(f->storage->type, type);
    f->type = type;
    f->self = f->storage->self;
    f->study = small_study("churn");
    assert_ok(type->create_study(f->self, &f->study, &created, &error), &error);
    assert_true(created);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    attune_study_clear(&f->study);
    attune_storage_close(f->storage);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

static attune_trial *read_all(struct fixture *f, int64_t *n)
{
    attune_error error = {0};
    attune_trial *trials = NULL;
    assert_ok(f->type->read(f->self, f->study.id, 0, &trials, n, &error), &error);
    return trials;
}

static void claim(struct fixture *f, int64_t number, const attune_owner *owner)
{
    attune_error error = {0};
    attune_trial trial = small_trial(number);
    bool claimed = false;
    assert_ok(f->type->claim_new(f->self, f->study.id, &trial, owner, &claimed, &error), &error);
    assert_true(claimed);
}

static void a_study_is_found_as_it_was_stored(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_study found = {0}, again = small_study("churn"), other = small_study("b's \"x\"");
    attune_study *studies = NULL;
    int64_t n = 0;
    bool created = true;
    assert_ok(f->type->create_study(f->self, &again, &created, &error), &error);
    assert_false(created);
    assert_int_equal(again.id, f->study.id);
    assert_ok(f->type->create_study(f->self, &other, &created, &error), &error);
    assert_true(created);
    assert_ok(f->type->find_study(f->self, "churn", &found, &error), &error);
    assert_string_equal(found.space, f->study.space);
    assert_string_equal(found.identity, "{\"seed\":1}");
    assert_string_equal(found.plan, f->study.plan);
    assert_string_equal(found.metrics, f->study.metrics);
    assert_int_equal(found.n_folds, 3);
    assert_int_equal(strlen(found.started), 26);
    assert_ok(f->type->find_study(f->self, NULL, &found, &error), &error);
    assert_string_equal(found.name, "b's \"x\"");
    assert_ok(f->type->list_studies(f->self, &studies, &n, &error), &error);
    assert_int_equal(n, 2);
    assert_string_equal(studies[0].name, "churn");
    assert_int_equal(f->type->find_study(f->self, "Churn", &found, &error), ATTUNE_NOT_FOUND);
    assert_error(&error, ATTUNE_NOT_FOUND, "\"Churn\"");
    for (int64_t i = 0; i < n; i++)
        attune_study_clear(&studies[i]);
    free(studies);
    attune_study_clear(&found);
    attune_study_clear(&again);
    attune_study_clear(&other);
}

static void set(char **text, const char *words)
{
    free(*text);
    *text = attune_copy_text(words, NULL);
}

static void a_study_that_could_not_be_read_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        size_t member;
        const char *words, *complaint;
    } bad[] = {{offsetof(attune_study, name), "", "name"},
               {offsetof(attune_study, identity), "[]", "identity"},
               {offsetof(attune_study, plan), "{", "not JSON"},
               {offsetof(attune_study, plan), NULL, "plan"},
               {offsetof(attune_study, space), "{}", "space"},
               {offsetof(attune_study, space), "[{\"name\":\"x\"}]", ""},
               {offsetof(attune_study, directions), "[\"down\"]", "minimize"},
               {offsetof(attune_study, directions), "[]", "direction"},
               {offsetof(attune_study, metrics), "[]", "metric"},
               {offsetof(attune_study, metrics), "[1]", "texts"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        attune_error error = {0};
        attune_study study = small_study("new");
        bool created = true;
        set((char **)((char *)&study + bad[i].member), bad[i].words);
        assert_int_equal(f->type->create_study(f->self, &study, &created, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, bad[i].complaint);
        attune_study_clear(&study);
    }
    attune_study study = {0};
    attune_error error = {0};
    assert_int_equal(f->type->find_study(f->self, "new", &study, &error), ATTUNE_NOT_FOUND);
}

static void a_finished_trial_comes_back_to_the_bit(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_owner owner = self_owner();
    double values[] = {0.1 + 0.2, INFINITY}, scores[] = {0.1, NAN, -INFINITY, 1e-310, -0.0, 7};
    attune_report reports[] = {{0, 0.25}, {2, NAN}, {5, INFINITY}};
    claim(f, 0, &owner);
    attune_trial end = {.number = 0,
                        .state = ATTUNE_TRIAL_COMPLETE,
                        .values = values,
                        .n_values = 2,
                        .folds = {scores, 2, 3},
                        .reports = reports,
                        .n_reports = 3,
                        .cost = 0.1,
                        .attributes = "{\"model\":\"ridge\"}"};
    assert_ok(f->type->finish(f->self, f->study.id, &end, &error), &error);
    int64_t n = 0;
    attune_trial *trials = read_all(f, &n);
    assert_int_equal(n, 1);
    const attune_trial *t = &trials[0];
    assert_int_equal(t->state, ATTUNE_TRIAL_COMPLETE);
    assert_string_equal(t->hyperparams, "[0.0123456789012345,3,1,null]");
    assert_int_equal(t->n_values, 2);
    assert_memory_equal(t->values, values, sizeof values);
    assert_int_equal(t->folds.n_metrics, 2);
    assert_int_equal(t->folds.n_folds, 3);
    assert_memory_equal(t->folds.values, scores, sizeof scores);
    assert_int_equal(t->n_reports, 3);
    assert_int_equal(t->reports[2].step, 5);
    assert_true(isnan(t->reports[1].value) && isinf(t->reports[2].value));
    assert_true(t->cost == 0.1);
    assert_string_equal(t->attributes, "{\"model\":\"ridge\"}");
    assert_null(t->reason);
    assert_int_equal(strlen(t->finished), 26);
    assert_true(strcmp(t->started, t->finished) <= 0);
    attune_trials_free(trials, n);
}

static void a_finished_trial_never_changes(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_owner owner = self_owner();
    double scores[2] = {1, 2};
    claim(f, 0, &owner);
    attune_trial end = {.number = 0,
                        .state = ATTUNE_TRIAL_FAIL,
                        .reason = "unfit: one class",
                        .blame = ATTUNE_BLAME_CONFIGURATION};
    assert_ok(f->type->finish(f->self, f->study.id, &end, &error), &error);
    assert_int_equal(f->type->finish(f->self, f->study.id, &end, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "FAIL");
    assert_int_equal(f->type->record_fold(f->self, f->study.id, 0, 0, scores, 0, NULL),
                     ATTUNE_CONFLICT);
    assert_int_equal(
        f->type->record_reports(f->self, f->study.id, 0, &(attune_report){0, 1}, 1, NULL),
        ATTUNE_CONFLICT);
    assert_int_equal(f->type->release(f->self, f->study.id, 0, NULL), ATTUNE_CONFLICT);
    bool claimed = true;
    assert_ok(f->type->claim_waiting(f->self, f->study.id, 0, &owner, &claimed, NULL), &error);
    assert_false(claimed);
    int64_t n = 0;
    attune_trial *trials = read_all(f, &n);
    assert_int_equal(trials[0].blame, ATTUNE_BLAME_CONFIGURATION);
    assert_string_equal(trials[0].reason, "unfit: one class");
    attune_trials_free(trials, n);
}

static void numbers_have_no_gaps(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_owner owner = self_owner();
    attune_trial trial = small_trial(1);
    bool claimed = true;
    int64_t n = -1;
    assert_int_equal(f->type->claim_new(f->self, f->study.id, &trial, &owner, &claimed, &error),
                     ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "no gaps");
    assert_false(claimed);
    claim(f, 0, &owner);
    claim(f, 1, &owner);
    attune_error_clear(&error);
    claimed = true;
    assert_ok(f->type->claim_new(f->self, f->study.id, &trial, &owner, &claimed, &error), &error);
    assert_false(claimed);
    assert_ok(f->type->count(f->self, f->study.id, &n, &error), &error);
    assert_int_equal(n, 2);
    trial.number = 2;
    trial.hyperparams = "[1,2,3]"; /* one too few */
    assert_int_equal(f->type->claim_new(f->self, f->study.id, &trial, &owner, &claimed, &error),
                     ATTUNE_INVALID);
}

static void what_cannot_be_is_refused(void **state)
{
    struct fixture *f = *state;
    attune_owner owner = self_owner();
    double values[] = {NAN, 1, 2}, scores[] = {1, 2};
    attune_report twice[] = {{3, 1}, {1, 1}, {3, 2}};
    attune_trial t = {.values = values, .n_values = 2, .state = ATTUNE_TRIAL_COMPLETE};
    int64_t id = f->study.id;
    claim(f, 0, &owner);
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID); /* NaN */
    values[0] = 1;
    t.n_values = 3;
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID);
    t.n_values = 0;
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID);
    t.n_values = 2;
    t.state = ATTUNE_TRIAL_WAITING;
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID);
    t.state = ATTUNE_TRIAL_COMPLETE;
    t.folds = (attune_fold_scores){scores, 1, 2};
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID);
    t.folds.values = NULL;
    t.reports = twice;
    t.n_reports = 3;
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID);
    t.n_reports = 0;
    t.attributes = "{";
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID);
    t.attributes = NULL;
    t.cost = -1;
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_INVALID);
    assert_int_equal(f->type->record_fold(f->self, id, 0, 3, scores, 0, NULL), ATTUNE_INVALID);
    assert_int_equal(f->type->record_fold(f->self, id, 0, -1, scores, 0, NULL), ATTUNE_INVALID);
    t.cost = 0;
    t.number = 9;
    assert_int_equal(f->type->finish(f->self, id, &t, NULL), ATTUNE_NOT_FOUND);
    assert_int_equal(f->type->release(f->self, id, 9, NULL), ATTUNE_NOT_FOUND);
    bool claimed = true;
    assert_int_equal(f->type->claim_waiting(f->self, id, 9, &owner, &claimed, NULL),
                     ATTUNE_NOT_FOUND);
    t.number = 0;
    assert_int_equal(f->type->finish(f->self, id + 1, &t, NULL), ATTUNE_NOT_FOUND);
    int64_t n = 0;
    assert_int_equal(f->type->count(f->self, id + 1, &n, NULL), ATTUNE_NOT_FOUND);
    attune_error error = {0};
    assert_ok(f->type->finish(f->self, id, &t, &error), &error); /* it was still running */
}

static void folds_and_reports_stay_through_a_release(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_owner owner = self_owner();
    double first[] = {0.5, 0.25}, third[] = {0.125, NAN}, values[] = {0.3};
    int64_t id = f->study.id, n = 0;
    bool claimed = false;
    claim(f, 0, &owner);
    assert_ok(f->type->record_fold(f->self, id, 0, 0, first, 1.5, &error), &error);
    assert_ok(f->type->record_fold(f->self, id, 0, 2, third, 0.5, &error), &error);
    const attune_report reports[] = {{1, 0.9}, {2, 0.8}}, again = {1, 0.7};
    assert_ok(f->type->record_reports(f->self, id, 0, reports, 2, &error), &error);
    assert_ok(f->type->record_reports(f->self, id, 0, &again, 1, &error), &error);
    assert_ok(f->type->release(f->self, id, 0, &error), &error);
    attune_trial *trials = read_all(f, &n);
    assert_int_equal(trials[0].state, ATTUNE_TRIAL_WAITING);
    assert_int_equal(trials[0].crashes, 0);
    attune_trials_free(trials, n);
    assert_ok(f->type->claim_waiting(f->self, id, 0, &owner, &claimed, &error), &error);
    assert_true(claimed);
    attune_trial end = {
        .state = ATTUNE_TRIAL_COMPLETE, .values = values, .n_values = 1, .cost = 2.25};
    assert_ok(f->type->finish(f->self, id, &end, &error), &error);
    trials = read_all(f, &n);
    const attune_trial *t = &trials[0];
    const double wanted[] = {0.5, NAN, 0.125, 0.25, NAN, NAN};
    for (int i = 0; i < 6; i++)
        assert_close(t->folds.values[i], wanted[i], 0);
    assert_int_equal(t->n_reports, 2);
    assert_true(t->reports[0].value == 0.7 && t->reports[1].step == 2);
    assert_true(t->cost == 2.25);
    assert_int_equal(t->n_values, 1);
    attune_trials_free(trials, n);
}

static void only_the_dead_are_reaped(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_owner self = self_owner(), dead = dead_owner();
    int64_t n = 0;
    bool claimed = false;
    claim(f, 0, &self);
    claim(f, 1, &dead);
    claim(f, 2, &dead);
    assert_ok(f->type->renew(f->self, f->study.id, &self, &error), &error);
    assert_ok(f->type->reap(f->self, f->study.id, 60, &n, &error), &error);
    assert_int_equal(n, 2);
    attune_trial *trials = read_all(f, &n);
    assert_int_equal(trials[0].state, ATTUNE_TRIAL_RUNNING);
    assert_int_equal(trials[0].crashes, 0);
    assert_int_equal(trials[2].state, ATTUNE_TRIAL_WAITING);
    assert_int_equal(trials[2].crashes, 1);
    attune_trials_free(trials, n);
    assert_ok(f->type->reap(f->self, f->study.id, 60, &n, &error), &error);
    assert_int_equal(n, 0);
    assert_ok(f->type->claim_waiting(f->self, f->study.id, 1, &self, &claimed, &error), &error);
    assert_true(claimed);
}

static void reading_starts_where_it_is_told(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_trial *trials = NULL;
    int64_t n = 0;
    fill_study(f->storage, f->study.id, 5);
    assert_ok(f->type->read(f->self, f->study.id, 3, &trials, &n, &error), &error);
    assert_int_equal(n, 2);
    assert_int_equal(trials[0].number, 3);
    assert_int_equal(trials[1].watermark, 2);
    attune_trials_free(trials, n);
    assert_ok(f->type->read(f->self, f->study.id, 5, &trials, &n, &error), &error);
    assert_int_equal(n, 0);
    attune_trials_free(trials, n);
}

static void attributes_are_kept_by_key(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    char *json = NULL;
    fill_study(f->storage, f->study.id, 1);
    int64_t id = f->study.id;
    assert_ok(f->type->set_attribute(f->self, id, -1, "looks", "1", &error), &error);
    assert_ok(f->type->set_attribute(f->self, id, 0, "looks", "[2]", &error), &error);
    assert_ok(f->type->set_attribute(f->self, id, -1, "looks", "{\"n\":3}", &error), &error);
    assert_ok(f->type->get_attribute(f->self, id, -1, "looks", &json, &error), &error);
    assert_string_equal(json, "{\"n\":3}");
    free(json);
    assert_ok(f->type->get_attribute(f->self, id, 0, "looks", &json, &error), &error);
    assert_string_equal(json, "[2]");
    free(json);
    assert_ok(f->type->get_attribute(f->self, id, -1, "other", &json, &error), &error);
    assert_null(json);
    assert_int_equal(f->type->set_attribute(f->self, id, -1, "k", "nonsense", NULL),
                     ATTUNE_INVALID);
    assert_int_equal(f->type->set_attribute(f->self, id, -1, "", "1", NULL), ATTUNE_INVALID);
    assert_int_equal(f->type->set_attribute(f->self, id, 1, "k", "1", NULL), ATTUNE_NOT_FOUND);
}

static void another_handle_sees_the_same_store(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_storage *other = NULL;
    int64_t n = 0;
    assert_ok(attune_storage_reopen(f->storage, &other, &error), &error);
    fill_study(f->storage, f->study.id, 2);
    assert_ok(other->type->count(other->self, f->study.id, &n, &error), &error);
    assert_int_equal(n, 2);
    assert_ok(f->type->sync(f->self, &error), &error);
    assert_ok(f->type->set_durable(f->self, true, &error), &error);
    attune_owner owner = self_owner();
    claim(f, 2, &owner);
    assert_ok(f->type->set_durable(f->self, false, &error), &error);
    assert_ok(other->type->count(other->self, f->study.id, &n, &error), &error);
    assert_int_equal(n, 3);
    attune_storage_close(other);
}

/* One of several threads, each with a handle of its own, that create the trials of one study. */
struct racer {
    attune_storage *storage;
    int64_t study, until, claimed;
    attune_status status;
};

static void *race(void *user)
{
    struct racer *r = user;
    attune_owner owner;
    int64_t count = 0;
    r->status = attune_owner_self(&owner, NULL);
    while (!r->status && count < r->until) {
        r->status = r->storage->type->count(r->storage->self, r->study, &count, NULL);
        if (r->status || count >= r->until)
            break;
        attune_trial trial = small_trial(count);
        bool claimed = false;
        r->status =
            r->storage->type->claim_new(r->storage->self, r->study, &trial, &owner, &claimed, NULL);
        r->claimed += claimed;
    }
    return NULL;
}

static void threads_get_each_number_once(void **state)
{
    enum { n_threads = 4, n_trials = 200 };
    struct fixture *f = *state;
    struct racer racers[n_threads];
    pthread_t threads[n_threads];
    int64_t n = 0, claimed = 0;
    for (int i = 0; i < n_threads; i++) {
        racers[i] = (struct racer){.study = f->study.id, .until = n_trials};
        assert_int_equal(attune_storage_reopen(f->storage, &racers[i].storage, NULL), ATTUNE_OK);
    }
    for (int i = 0; i < n_threads; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (int i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < n_threads; i++) {
        assert_int_equal(racers[i].status, ATTUNE_OK);
        claimed += racers[i].claimed;
        attune_storage_close(racers[i].storage);
    }
    assert_int_equal(claimed, n_trials);
    attune_trial *trials = read_all(f, &n);
    assert_int_equal(n, n_trials);
    attune_trials_free(trials, n);
}

static void a_query_answers_or_says_that_it_cannot(void **state)
{
    struct fixture *f = *state;
    attune_query query = {.where = "1"};
    attune_query_rows rows = {0};
    attune_error error = {0};
    if (f->type->query)
        return; /* tests/test_query.c */
    assert_int_equal(attune_query_run(f->storage, &query, &rows, &error), ATTUNE_UNSUPPORTED);
    assert_error(&error, ATTUNE_UNSUPPORTED, f->type->name);
}

static const struct CMUnitTest tests[] = {
#define EACH(test)                                                                                 \
    {                                                                                              \
#test, test, setup, teardown, NULL                                                         \
    }
    EACH(a_study_is_found_as_it_was_stored),
    EACH(a_study_that_could_not_be_read_is_refused),
    EACH(a_finished_trial_comes_back_to_the_bit),
    EACH(a_finished_trial_never_changes),
    EACH(numbers_have_no_gaps),
    EACH(what_cannot_be_is_refused),
    EACH(folds_and_reports_stay_through_a_release),
    EACH(only_the_dead_are_reaped),
    EACH(reading_starts_where_it_is_told),
    EACH(attributes_are_kept_by_key),
    EACH(another_handle_sees_the_same_store),
    EACH(threads_get_each_number_once),
    EACH(a_query_answers_or_says_that_it_cannot),
#undef EACH
};

int main(void)
{
    enum { n = sizeof tests / sizeof *tests };
    int failed = 0;
    for (int i = 0; attune_storage_types[i]; i++) {
        struct CMUnitTest of_type[n];
        for (int k = 0; k < n; k++) {
            of_type[k] = tests[k];
            of_type[k].initial_state = (void *)(uintptr_t)attune_storage_types[i];
        }
        printf("storage %s\n", attune_storage_types[i]->name);
        failed += cmocka_run_group_tests(of_type, NULL, NULL);
    }
    return failed;
}
