/* steps/dump/dump.h - the dump is the model: one folder that holds everything and runs nothing.
 *
 *     best/manifest.json             what it is, and the size and SHA-256 of every other file
 *     best/plan.json                 the plan; with the data it is enough to refit
 *     best/schema.json               the columns; the target and its classes
 *     best/reference/                made rows and their predictions, checked whenever it loads
 *     best/<pipeline>/...            step.json and .npy files, nested as the steps are
 *
 * Its bytes depend on its content alone: no time, no host, no thread count. Loading it and writing
 * it again gives the same bytes.
 * Thread class: a dump is shared read-only once loaded. */
#ifndef ATTUNE_STEPS_DUMP_DUMP_H
#define ATTUNE_STEPS_DUMP_DUMP_H

#include "steps/dump/bundle.h"
#include "steps/saver.h"
#include "steps/data/schema.h"

/* What goes in; all borrowed. */
typedef struct attune_dump_content {
    const attune_step *pipeline; /* fitted */
    const attune_schema *schema;
    const char *plan;               /* JSON text, kept as it is */
    const json_t *facts;            /* an object: study, trial, seed, metric, scores, ... */
    const attune_data *data;        /* the training data: what reference rows are drawn from */
    const attune_bundle *reference; /* or the reference files of a dump, kept; data is NULL then */
    const attune_plugins *plugins;  /* nullable */
} attune_dump_content;

typedef struct attune_dump {
    attune_step *pipeline;
    attune_schema *schema;
    json_t *manifest; /* all of it: facts, files, id */
    char *plan;
    attune_bundle reference; /* the files of reference/ */
} attune_dump;

/* The files of a dump, in memory. INVALID: not fitted, a plan that is not JSON, a fact that is
 * called as a member of ours. */
attune_status attune_dump_make(const attune_dump_content *content, attune_bundle *bundle,
                               attune_error *error);

/* Writes it to a folder, whole or not at all. What stands there is replaced in one step when it is
 * a dump of the same study (facts "study"), and left alone when it is the same dump. Anything else
 * that stands there is CONFLICT, which says what it is, unless overwrite. */
attune_status attune_dump_write(const attune_dump_content *content, const char *path,
                                bool overwrite, attune_error *error);

/* Whether _write would put a dump with these facts at path: asked before a night's work, not after
 * it. OK, or the CONFLICT. */
attune_status attune_dump_judge(const char *path, const json_t *facts, attune_error *error);

/* The content of a loaded dump, for writing it again: borrows dump and facts, which the caller
 * makes with attune_manifest_facts and keeps. */
attune_dump_content attune_dump_contents(const attune_dump *dump, const json_t *facts);

/* Loads and proves: every byte, every step, the reference rows. notes (nullable) get what a person
 * should know. INVALID: not a dump; UNSUPPORTED: a newer one, or a plug-in is needed; CORRUPT with
 * the file that is not as it was written. */
attune_status attune_dump_load(const char *path, const attune_plugins *plugins, attune_dump **dump,
                               attune_texts *notes, attune_error *error);
attune_status attune_dump_load_bundle(const attune_bundle *bundle, const attune_plugins *plugins,
                                      attune_dump **dump, attune_texts *notes, attune_error *error);
void attune_dump_free(attune_dump *dump);

/* One step of it, by its path in the pipeline ("model/one_hot", "model__one_hot"; "" is the
 * pipeline). Every byte of the dump is checked, the reference rows are not. */
attune_status attune_dump_load_step(const char *path, const char *child,
                                    const attune_plugins *plugins, attune_step **step,
                                    attune_error *error);

/* Loads, and keeps nothing. */
attune_status attune_dump_check(const char *path, const attune_plugins *plugins,
                                attune_texts *notes, attune_error *error);

#endif
