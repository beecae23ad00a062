/* search/help_print.h - what `attune help` is made of: names beside words, in lines of 96 columns.
 * Thread class: pure but for the file. */
#ifndef ATTUNE_SEARCH_HELP_PRINT_H
#define ATTUNE_SEARCH_HELP_PRINT_H

#include "spaces/base/field.h"

#include <stdio.h>

enum { ATTUNE_HELP_WIDTH = 96 };

/* "  name   words words", the words beginning at column `indent` and broken at the line's width; a
 * name that is too long stands on a line of its own. */
void attune_help_item(FILE *file, const char *name, const char *words, int indent);

/* The hyperparameters of a table: name, what it takes, default, meaning. Nothing when it has none.
 */
attune_status attune_help_fields(FILE *file, const attune_field *fields, const char *title,
                                 attune_error *error);

#endif
