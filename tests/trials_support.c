/* tests/trials_support.c - a small study for the tests of the trials layer. */
#include "tests/trials_support.h"

#include "spaces/space.h"

char *small_space(void)
{
    static const char plan[] = "{\"lr\": {\"log_uniform\": [0.0001, 1]},"
                               " \"model__depth\": {\"rand_int\": [1, 9]},"
                               " \"model__penalty\": {\"choice\": [\"l1\", \"l2\", null]},"
                               " \"model__warm\": {\"boolean\": 0.5}}";
    attune_error error = {0};
    attune_space *space = space_of(plan);
    json_t *json = attune_space_to_json(space, &error);
    char *text = attune_json_write(json, &error);
    assert_non_null(text);
    json_decref(json);
    attune_space_free(space);
    return text;
}

attune_study small_study(const char *name)
{
    attune_study study = {.n_folds = 3};
    study.name = attune_copy_text(name, NULL);
    study.identity = attune_copy_text("{\"seed\":1}", NULL);
    study.plan = attune_copy_text("{\"metric\":\"log_loss\"}", NULL);
    study.space = small_space();
    study.directions = attune_copy_text("[\"minimize\"]", NULL);
    study.metrics = attune_copy_text("[\"log_loss\",\"accuracy\"]", NULL);
    return study;
}

attune_owner self_owner(void)
{
    attune_owner owner;
    attune_error error = {0};
    assert_ok(attune_owner_self(&owner, &error), &error);
    return owner;
}

attune_owner dead_owner(void)
{
    attune_owner owner = self_owner();
    owner.start += 7; /* the process that has this pid now is another one */
    return owner;
}

attune_trial small_trial(int64_t number)
{
    static char hyperparams[] = "[0.0123456789012345,3,1,null]";
    return (attune_trial){.number = number, .hyperparams = hyperparams, .watermark = number / 2};
}

void fill_study(attune_storage *storage, int64_t study, int64_t n)
{
    attune_error error = {0};
    attune_owner owner = self_owner();
    for (int64_t i = 0; i < n; i++) {
        attune_trial trial = small_trial(i);
        bool claimed = false;
        double values[2] = {1 / (1 + (double)i), 0.5};
        assert_ok(storage->type->claim_new(storage->self, study, &trial, &owner, &claimed, &error),
                  &error);
        assert_true(claimed);
        trial.state = ATTUNE_TRIAL_COMPLETE;
        trial.values = values;
        trial.n_values = 2;
        assert_ok(storage->type->finish(storage->self, study, &trial, &error), &error);
    }
}

attune_storage *open_in(const char *folder, bool create)
{
    attune_error error = {0};
    attune_storage *storage = NULL;
    char *path = attune_path_join(folder, "attune.db", &error);
    assert_ok(attune_storage_open(&storage, path, create, &error), &error);
    free(path);
    return storage;
}
