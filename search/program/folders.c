/* search/program/folders.c - the folders of trials: a fresh one for each, those of the best stay.
 */
#define _GNU_SOURCE /* realpath without an X/Open level */
#include "search/program/folders.h"

#include "spaces/base/file.h"
#include "spaces/base/json.h"
#include "spaces/base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct attune_kept_trial {
    int64_t number;
    double value;
};

static const char *const marker = "trials.json";
static const char *const link_name = "best";

/* What of a trial that failed is for people. */
static const char *const told[] = {"stdout", "stderr", "hyperparams.json"};

/* When it was begun tells a study from one of the same plan in another store. */
static json_t *mark_of(const attune_study *study)
{
    return json_pack("{s:s, s:s?}", "study", study->name, "started", study->started);
}

static attune_status check_marker(const char *path, const char *root, const json_t *mark,
                                  attune_error *error)
{
    attune_document there = {0};
    attune_status status = attune_document_read(&there, path, error);
    if (!status && !json_equal(there.root, mark)) {
        const char *name = json_string_value(json_object_get(there.root, "study"));
        const char *started = json_string_value(json_object_get(there.root, "started"));
        status = attune_fail(error, ATTUNE_CONFLICT,
                             "%s has trials of another study or store (%s, begun %s UTC): name "
                             "another folder (--out DIR), or remove it",
                             root, name ? name : "?", started ? started : "?");
    }
    attune_document_clear(&there);
    return status;
}

attune_status attune_trial_folders_check(const char *root, attune_error *error)
{
    attune_texts names = {0};
    attune_status status =
        attune_folder_exists(root) ? attune_folder_list(root, &names, error) : ATTUNE_OK;
    bool ours = names.n == 0;
    for (int64_t i = 0; i < names.n; i++) /* also one that is just being written */
        ours |= strncmp(names.items[i], marker, strlen(marker)) == 0;
    if (!status && !ours)
        status = attune_fail(error, ATTUNE_CONFLICT,
                             "%s is a folder with other things in it (%s): name one that is new or "
                             "empty for the trials (--out DIR)",
                             root, names.items[0]);
    attune_texts_clear(&names);
    return status;
}

/* A folder that is ours by its marker, or becomes so because it is empty. */
static attune_status claim_root(const char *root, const json_t *mark, attune_error *error)
{
    char *path = attune_path_join(root, marker, error), *text = NULL;
    attune_status status = path ? attune_folder_make(root, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_trial_folders_check(root, error);
    if (!status && !attune_file_exists(path)) {
        text = attune_json_write_pretty(mark, error);
        status = text ? attune_file_write(path, text, (int64_t)strlen(text), error) : ATTUNE_MEMORY;
    } else if (!status) {
        status = check_marker(path, root, mark, error);
    }
    free(text);
    free(path);
    return status;
}

char *attune_trial_folders_path(const attune_trial_folders *folders, int64_t number,
                                attune_error *error)
{
    char name[32];
    snprintf(name, sizeof name, "%lld", (long long)number);
    return attune_path_join(folders->root, name, error);
}

static attune_status remove_folder(const attune_trial_folders *folders, int64_t number,
                                   attune_error *error)
{
    char *path = attune_trial_folders_path(folders, number, error);
    attune_status status = path ? attune_folder_remove(path, error) : ATTUNE_MEMORY;
    free(path);
    return status;
}

/* All but what is for people. */
static attune_status strip_folder(const attune_trial_folders *folders, int64_t number,
                                  attune_error *error)
{
    attune_texts names = {0};
    char *folder = attune_trial_folders_path(folders, number, error);
    attune_status status = folder ? attune_folder_list(folder, &names, error) : ATTUNE_MEMORY;
    for (int64_t i = 0; i < names.n && !status; i++) {
        bool stays = false;
        for (size_t k = 0; k < sizeof told / sizeof *told; k++)
            stays |= strcmp(names.items[i], told[k]) == 0;
        char *path = stays ? NULL : attune_path_join(folder, names.items[i], error);
        if (!stays)
            status = path ? attune_folder_remove(path, error) : ATTUNE_MEMORY;
        free(path);
    }
    attune_texts_clear(&names);
    free(folder);
    return status;
}

/* A link that is there at any moment: made beside it, then renamed. A convenience: no trial fails
 * for want of it, where a file system has no links. */
static void point_to_best(const attune_trial_folders *folders)
{
    char name[32], beside[48], *path = attune_path_join(folders->root, link_name, NULL);
    snprintf(beside, sizeof beside, ".best.%lld", (long long)getpid());
    char *made = attune_path_join(folders->root, beside, NULL);
    if (path && made && folders->n) {
        snprintf(name, sizeof name, "%lld", (long long)folders->best[0].number);
        unlink(made);
        if (symlink(name, made) == 0 && rename(made, path) != 0)
            unlink(made);
    }
    free(made);
    free(path);
}

/* Into its place; *out gets the number of the one that is no longer among the best, or -1. */
static void rank(attune_trial_folders *folders, int64_t number, double value, int64_t *out)
{
    int64_t i = folders->n;
    while (i > 0 && (attune_better(folders->direction, value, folders->best[i - 1].value) ||
                     (value == folders->best[i - 1].value && number < folders->best[i - 1].number)))
        i--;
    bool full = folders->n == folders->keep;
    *out = !full ? -1 : i == folders->n ? number : folders->best[folders->n - 1].number;
    if (i == folders->keep)
        return;
    int64_t moved = folders->n - i - full;
    memmove(folders->best + i + 1, folders->best + i, (size_t)moved * sizeof *folders->best);
    folders->best[i] = (struct attune_kept_trial){number, value};
    folders->n += !full;
}

static bool is_kept(const attune_trial_folders *folders, int64_t number)
{
    for (int64_t i = 0; i < folders->n; i++)
        if (folders->best[i].number == number)
            return true;
    return false;
}

/* What was left when a run was killed between the end of a trial and that of its folder, and can be
 * removed. */
static void sweep(attune_trial_folders *folders, const attune_trial *trials, int64_t n)
{
    int64_t out = -1;
    for (int64_t i = 0; i < n; i++)
        if (trials[i].state == ATTUNE_TRIAL_COMPLETE && trials[i].n_values)
            rank(folders, trials[i].number, trials[i].values[0], &out);
    for (int64_t i = 0; i < n; i++)
        if (trials[i].state == ATTUNE_TRIAL_PRUNED ||
            (trials[i].state == ATTUNE_TRIAL_COMPLETE && !is_kept(folders, trials[i].number)))
            remove_folder(folders, trials[i].number, NULL);
    point_to_best(folders);
}

attune_status attune_trial_folders_open(attune_trial_folders *folders, const char *root,
                                        const attune_study *study, int64_t keep,
                                        attune_direction direction, const attune_trial *trials,
                                        int64_t n, attune_error *error)
{
    json_t *mark = mark_of(study);
    *folders = (attune_trial_folders){.keep = keep, .direction = direction};
    pthread_mutex_init(&folders->lock, NULL);
    folders->best = attune_alloc(keep, sizeof *folders->best, error);
    attune_status status = folders->best && mark ? claim_root(root, mark, error) : ATTUNE_MEMORY;
    if (!status && !(folders->root = realpath(root, NULL)))
        status = attune_fail_errno(error, "find", root);
    if (!status)
        sweep(folders, trials, n);
    json_decref(mark);
    if (status)
        attune_trial_folders_close(folders);
    return status;
}

void attune_trial_folders_close(attune_trial_folders *folders)
{
    if (!folders->best && !folders->root)
        return;
    free(folders->best);
    free(folders->root);
    pthread_mutex_destroy(&folders->lock);
    memset(folders, 0, sizeof *folders);
}

attune_status attune_trial_folders_begin(attune_trial_folders *folders, int64_t number, char **path,
                                         attune_error *error)
{
    attune_status status = remove_folder(folders, number, error);
    *path = status ? NULL : attune_trial_folders_path(folders, number, error);
    if (!status)
        status = *path ? attune_folder_make(*path, error) : ATTUNE_MEMORY;
    return status;
}

attune_status attune_trial_folders_end(attune_trial_folders *folders, int64_t number,
                                       attune_folder_fate fate, double value, attune_error *error)
{
    int64_t out = number;
    if (fate == ATTUNE_FOLDER_FAILED)
        return strip_folder(folders, number, error);
    pthread_mutex_lock(&folders->lock);
    if (fate == ATTUNE_FOLDER_SCORED) {
        rank(folders, number, value, &out);
        if (folders->n && folders->best[0].number == number)
            point_to_best(folders);
    }
    pthread_mutex_unlock(&folders->lock);
    return out < 0 ? ATTUNE_OK : remove_folder(folders, out, error);
}
