/* search/named.h - what a word on the command line names: a trial, a plan, a dump, a store or data.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_NAMED_H
#define ATTUNE_SEARCH_NAMED_H

#include "spaces/base/text.h"

typedef enum attune_named {
    ATTUNE_NAMED_TRIAL, /* a whole number that is no file */
    ATTUNE_NAMED_PLAN,  /* ends in .json */
    ATTUNE_NAMED_DUMP,  /* a folder */
    ATTUNE_NAMED_STORE, /* a file that begins as a store does, or ends in .db */
    ATTUNE_NAMED_DATA   /* anything else; "-" too */
} attune_named;

/* number (nullable) gets the trial's. */
attune_named attune_named_of(const char *what, int64_t *number);

/* NOT_FOUND when nothing of that name is there, with what to do about it; a trial's number and "-"
 * are always there. */
attune_status attune_named_check(const char *what, attune_error *error);

/* Whether a dump may be put at path, as far as the path tells: its folder is there (NOT_FOUND), and
 * nothing but a dump or an empty folder is in its place (CONFLICT). Not even --overwrite replaces
 * anything else: it might be somebody's data. */
attune_status attune_named_check_out(const char *path, attune_error *error);

#endif
