/* search/numeric_record.h - what a study's trials were computed with: machine, compiler, library.
 *
 * The same seed gives the same bits within one numeric class (steps/dump/numeric_class.h). It is
 * kept beside the study and is no part of its identity: a study goes on elsewhere, and that is
 * said. Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_NUMERIC_RECORD_H
#define ATTUNE_SEARCH_NUMERIC_RECORD_H

#include "trials/storage.h"

/* Stores this program's numeric class with a study that has none. *note gets NULL, or a sentence
 * that names how the study's class differs from this one; the caller frees. */
attune_status attune_numeric_record(const attune_storage *storage, int64_t study, char **note,
                                    attune_error *error);

#endif
