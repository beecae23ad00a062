/* search/predicted.h - a dump applied to a file: what `predict` prints and `score` scores.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_PREDICTED_H
#define ATTUNE_SEARCH_PREDICTED_H

#include "steps/dump/dump.h"
#include "steps/predictions.h"
#include "steps/data/rows.h"

typedef struct attune_predicted {
    attune_dump *dump;
    attune_table *table;
    attune_data *data; /* typed by the dump's schema */
    attune_rows *rows; /* all */
    attune_predictions predictions;
    attune_texts notes; /* unknown levels, reference rows of another machine, ... */
} attune_predicted;

/* Loads and proves the dump, reads the file ("-": standard input) and predicts its rows; columns
 * are matched by name. need_target: the target must be there too. INVALID: no dump, a column that
 * is missing, a text in a number column with its line. */
attune_status attune_predicted_make(attune_predicted *predicted, const char *dump, const char *file,
                                    bool need_target, attune_error *error);
void attune_predicted_clear(attune_predicted *predicted);

/* The target's column of the schema; NULL when there is none. */
const attune_schema_column *attune_schema_target_column(const attune_schema *schema);

/* Loads a dump; a folder that is none, or a path where nothing is, is explained. */
attune_status attune_dump_open(const char *path, attune_dump **dump, attune_texts *notes,
                               attune_error *error);

#endif
