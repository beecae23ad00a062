/* spaces/base/file.h - whole files and folders: written to the side, synced, then renamed.
 *
 * A reader sees the old file or the new one, never half of one, and what was written survives a
 * crash. Thread class: pure; two writers of one path leave one of the two whole. */
#ifndef ATTUNE_SPACES_BASE_FILE_H
#define ATTUNE_SPACES_BASE_FILE_H

#include "spaces/base/text.h"

/* "cannot VERB PATH: REASON" of errno: NOT_FOUND, MEMORY or IO. */
attune_status attune_fail_errno(attune_error *error, const char *verb, const char *path);

/* The whole of a regular file, terminated, at most limit bytes; the caller frees. NOT_FOUND, IO,
 * INVALID (a folder, or longer than limit). */
attune_status attune_file_read(const char *path, int64_t limit, char **bytes, int64_t *length,
                               attune_error *error);

/* Writes a file through one beside it: fsync, then rename over path. */
attune_status attune_file_write(const char *path, const void *bytes, int64_t length,
                                attune_error *error);

/* Writes a file in a folder that is itself not yet in place: attune_folder_commit brings it to the
 * disk with all others. */
attune_status attune_file_write_new(const char *path, const void *bytes, int64_t length,
                                    attune_error *error);

/* Links are followed; a file that may not be looked at is not there. */
bool attune_file_exists(const char *path);
bool attune_folder_exists(const char *path);

/* Whether a path is on a file system that other hosts share: one host's locks and shared memory do
 * not reach another. */
bool attune_path_is_shared(const char *path);

/* Puts a filled folder (attune_beside_folder) where path is: all in it is synced, then one rename.
 * What stood at path is exchanged in the same step, then removed. After a failure temporary is
 * still there, for the caller to remove. */
attune_status attune_folder_commit(const char *temporary, const char *path, attune_error *error);

/* Removes a folder and all in it, or a file; nothing there is not an error. */
attune_status attune_folder_remove(const char *path, attune_error *error);

attune_status attune_folder_make(const char *path, attune_error *error); /* there already: fine */

/* Names of what is in a folder, sorted by bytes, without . and .. */
attune_status attune_folder_list(const char *path, attune_texts *names, attune_error *error);

/* "folder/name"; the caller frees; NULL with error set when memory is out. An absolute name, or an
 * empty folder, gives the name alone. */
char *attune_path_join(const char *folder, const char *name, attune_error *error);
char *attune_path_folder(const char *path,
                         attune_error *error); /* "a/b.c", "a/b/" give "a"; "b.c" "" */
char *attune_path_stem(const char *path, attune_error *error); /* "a/b.csv.gz" gives "b" */

#endif
