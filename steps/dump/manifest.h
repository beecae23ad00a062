/* steps/dump/manifest.h - the list of a dump's files, by which the dump proves itself.
 *
 * manifest.json says what the dump is (facts: study, trial, seed, metric, scores, ...), which
 * reader it needs, and the size and SHA-256 of every other file; its id is the SHA-256 of its own
 * canonical text without the id, so that the id names the whole dump.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_DUMP_MANIFEST_H
#define ATTUNE_STEPS_DUMP_MANIFEST_H

#include "spaces/base/json.h"
#include "steps/dump/bundle.h"

enum { ATTUNE_DUMP_VERSION = 1 }; /* of the format we write; we read this and all before it */

/* Adds manifest.json for all files that are in the bundle. pipeline is the folder of the outermost
 * step; facts (an object, borrowed) become members beside ours: INVALID when one has a name that
 * is taken. */
attune_status attune_manifest_seal(attune_bundle *bundle, const char *pipeline, const json_t *facts,
                                   attune_error *error);

/* Reads and checks it against every file. *manifest is a new reference. INVALID: not a dump at
 * all; UNSUPPORTED: needs a newer reader; CORRUPT: a byte anywhere is not as it was written, a
 * file is missing or does not belong there. O(bytes). */
attune_status attune_manifest_check(const attune_bundle *bundle, json_t **manifest,
                                    attune_error *error);

/* Only what it says, unchecked but for its format: for deciding what stands at a place. */
attune_status attune_manifest_read(const char *bytes, int64_t length, json_t **manifest,
                                   attune_error *error);

/* The facts as they were given to _seal. New reference; NULL with error set: no memory. */
json_t *attune_manifest_facts(const json_t *manifest, attune_error *error);

#endif
