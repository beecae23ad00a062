/* steps/dump/bundle.h - the files of a folder, held in memory: what is saved, and what is loaded
 * from.
 *
 * Savers add files; the whole is then written at once, to the side, and renamed. Loading reads the
 * whole folder first, so that it is checked before anything is made of it, and so that a bundle
 * that was never on a disk loads as well.
 *
 * Paths are relative, with / between parts of letters, digits, '_', '.' and '-'; they never leave
 * the folder. Files are kept in the order of their paths' bytes.
 * Thread class: one per thread; read-only sharing is fine. */
#ifndef ATTUNE_STEPS_DUMP_BUNDLE_H
#define ATTUNE_STEPS_DUMP_BUNDLE_H

#include "spaces/base/text.h"

enum { ATTUNE_BUNDLE_DEPTH = 64, ATTUNE_BUNDLE_FILES = 65536 };

typedef struct attune_bundle_file {
    char *path;  /* owned */
    char *bytes; /* owned; not always terminated */
    int64_t length;
} attune_bundle_file;

typedef struct attune_bundle {
    attune_bundle_file *files; /* by path */
    int64_t n, capacity;
} attune_bundle;

/* Whether a path is one that a bundle may hold (see above): at most 64 parts of 255 bytes. */
bool attune_bundle_path_ok(const char *path);

/* Takes bytes (malloc'ed), also on failure. _add: CONFLICT when the path is there already; _put
 * takes its place. INVALID: a path that a bundle may not hold, too many files. */
attune_status attune_bundle_add_take(attune_bundle *bundle, const char *path, char *bytes,
                                     int64_t length, attune_error *error);
attune_status attune_bundle_put_take(attune_bundle *bundle, const char *path, char *bytes,
                                     int64_t length, attune_error *error);

/* The same from a text that is taken, without its terminator; NULL (no memory) is handed up. */
attune_status attune_bundle_add_text_take(attune_bundle *bundle, const char *path, char *text,
                                          attune_error *error);

/* NULL: no such file. O(log n). */
const attune_bundle_file *attune_bundle_find(const attune_bundle *bundle, const char *path);

bool attune_bundle_same(const attune_bundle *a, const attune_bundle *b);
void attune_bundle_clear(attune_bundle *bundle);

/* Everything to a new folder at path: written beside it, synced, put in place in one step; what
 * stood there is gone then. On failure path is as it was. */
attune_status attune_bundle_write(const attune_bundle *bundle, const char *path,
                                  attune_error *error);

/* Everything in a folder (which may itself be reached through a link). CORRUPT: a link, an empty
 * folder, a device or a name that a bundle may not hold is in it. INVALID: more than limits allow
 * (65,536 files of 4 GiB, 16 GiB in all), or path is no folder. */
attune_status attune_bundle_read(attune_bundle *bundle, const char *path, attune_error *error);

#endif
