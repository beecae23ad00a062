/* spaces/base/sync.h - many files on the disk at once: one wait, not one a file.
 *
 * A file system gathers what several threads want to be durable into one write of its journal, so
 * waiting for all files together costs about as much as waiting for one.
 * Thread class: pure; starts threads of its own, which end before it returns. */
#ifndef ATTUNE_SPACES_BASE_SYNC_H
#define ATTUNE_SPACES_BASE_SYNC_H

#include "spaces/base/text.h"

/* On return every file and folder in a folder, and the folder itself, has reached the disk. Links
 * are not followed. NOT_FOUND, IO. */
attune_status attune_tree_sync(const char *folder, attune_error *error);

#endif
