/* steps/saver.h - saving and loading steps, and how to add a way of doing it.
 *
 * A step is a folder of a bundle: step.json says what it is, its children are folders in it, and
 * each of its savers keeps a part of what was fitted. A type lists its savers; the first is always
 * "default", which writes step.json and one .npy for each array. Saving runs the list backwards:
 * a special saver claims the fitted members that it keeps, and default writes what is left.
 * Loading runs it forwards: when a special saver loads, what default keeps is there.
 *
 *     attune_bundle bundle = {0};
 *     attune_step_save(pipeline, true, &bundle, "pipeline", NULL, error);
 *     attune_step_load(&bundle, "pipeline", NULL, &again, error);
 *
 * To add one, write one file in steps/savers/ and its row in steps/savers.def.
 * Thread class: a bundle belongs to one thread; a fitted step may be saved by several at once. */
#ifndef ATTUNE_STEPS_SAVER_H
#define ATTUNE_STEPS_SAVER_H

#include "steps/dump/bundle.h"
#include "steps/step.h"

typedef struct attune_saver_type attune_saver_type;

/* Types that are not built in: each list ends with NULL, or is NULL itself. A built-in type of the
 * same name goes first. */
typedef struct attune_plugins {
    const attune_step_type *const *steps;
    const attune_saver_type *const *savers;
} attune_plugins;

/* One step on its way out or in. */
typedef struct attune_save_job {
    attune_bundle *bundle;
    const char *folder; /* of the step, in the bundle */
    json_t *json;       /* step.json as it will be written; a saver may add a member of its name */
    attune_texts claimed; /* fitted members that some saver has taken */
} attune_save_job;

typedef struct attune_load_job {
    const attune_bundle *bundle;
    const char *folder;
    const attune_document *document; /* step.json; its places are for messages */
    int version;                     /* of the type when it was saved; at most the present one */
    attune_texts claimed;            /* fitted members that some saver has loaded */
} attune_load_job;

struct attune_saver_type {
    const char *name, *doc;
    /* Adds files for fitted members that nobody has claimed, and claims them. */
    attune_status (*save)(const attune_step *step, attune_save_job *job, attune_error *error);
    /* Sets those members from its files, and claims them. CORRUPT when they cannot be. */
    attune_status (*load)(attune_step *step, attune_load_job *job, attune_error *error);
};

/* All types in the order of savers.def, NULL at the end. */
extern const attune_saver_type *const attune_saver_types[];
const attune_saver_type *attune_saver_find(const char *name, const attune_plugins *plugins);
/* UNSUPPORTED, with the nearest name. */
attune_status attune_saver_unknown(const char *name, attune_error *error);

/* For savers: a file of the step's folder (bytes are taken, also on failure); NULL: not there. */
attune_status attune_saver_add_take(attune_save_job *job, const char *name, char *bytes,
                                    int64_t length, attune_error *error);
const attune_bundle_file *attune_saver_file(const attune_load_job *job, const char *name);

/* Saves into bundle under folder ("" is the top). full: everything; else only those steps that
 * were set or fitted since they were last saved, and are set up. plugins is nullable. The marks
 * stay until attune_step_mark_saved, which is for when the bundle has reached the disk. */
attune_status attune_step_save(const attune_step *step, bool full, attune_bundle *bundle,
                               const char *folder, const attune_plugins *plugins,
                               attune_error *error);
void attune_step_mark_saved(attune_step *step);

/* The step of a folder with all its children. CORRUPT: files that are missing or do not fit the
 * step; UNSUPPORTED: a step or saver that is not known here, a newer version, an older one that
 * the step cannot upgrade. What it returns saves to the same bytes. */
attune_status attune_step_load(const attune_bundle *bundle, const char *folder,
                               const attune_plugins *plugins, attune_step **step,
                               attune_error *error);

/* Where in a bundle the child of that name of the step in folder ("" is the top) is. In the last
 * part letters, digits, _ and - stand for themselves, any other byte is '.' and two hexadecimal
 * digits; different names never share a folder. The caller frees. */
char *attune_step_child_folder(const char *folder, const char *name, attune_error *error);

#endif
