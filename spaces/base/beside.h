/* spaces/base/beside.h - what is written beside a path before it takes its place.
 *
 *     attune_beside made;
 *     attune_beside_folder(&made, "best", error);     best.1f0c22d3a95b7e64.tmp
 *     ... fill made.path, then rename it to best ...
 *     attune_beside_end(&made);
 *     attune_beside_sweep("best");                    what earlier writers of best left
 *
 * The last 8 digits follow from the first 8, which are drawn, and from the name: nobody else's file
 * is called so by chance. Its writer holds a lock on it (flock), which ends with the process
 * however that ends. So what has such a name and no lock was left by a writer that was killed.
 * Thread class: pure. */
#ifndef ATTUNE_SPACES_BASE_BESIDE_H
#define ATTUNE_SPACES_BASE_BESIDE_H

#include "spaces/base/status.h"

typedef struct attune_beside {
    char *path;
    int file; /* what is locked: the new file, open to be written, or the new folder */
} attune_beside;

/* "path.<16 digits>.<ending>"; the caller frees name. */
attune_status attune_beside_name(const char *path, const char *ending, char **name,
                                 attune_error *error);

/* A new empty file or folder; the umask says who may read it. After a failure there is none, and
 * nothing to end. */
attune_status attune_beside_file(attune_beside *made, const char *path, attune_error *error);
attune_status attune_beside_folder(attune_beside *made, const char *path, attune_error *error);

/* Lets the lock go; what is still called made->path stays, for the next sweep. */
void attune_beside_end(attune_beside *made);

/* Removes what writers of path that were killed have left. What cannot be removed stays, as does
 * all on a file system that hosts share: a lock of another host may not be seen. */
void attune_beside_sweep(const char *path);

#endif
