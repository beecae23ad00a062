/* search/program/left.h - programs that go on though the attune that ran them was killed.
 *
 * A file beside what a program writes says which process it is. Who takes its trial up again ends
 * it first, so that no two write there. Thread class: pure. */
#ifndef ATTUNE_SEARCH_PROGRAM_LEFT_H
#define ATTUNE_SEARCH_PROGRAM_LEFT_H

#include "spaces/base/status.h"

/* Writes which process leads a group of its own. */
attune_status attune_left_note(const char *path, int64_t pid, attune_error *error);

/* Kills the group of the process that path names, if it is that process still and on this host.
 * Nothing there, or no such file, is fine. */
void attune_left_end(const char *path);

#endif
