/* steps/dump/npy.h - arrays as .npy files, which numpy and others read.
 *
 * Format 1.0, little-endian, C order. The reader is for untrusted bytes: a size is believed only
 * when it is the size of what follows.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_DUMP_NPY_H
#define ATTUNE_STEPS_DUMP_NPY_H

#include "spaces/base/array.h"

/* The file of a made array; the caller frees *bytes. The same array gives the same bytes, which
 * are aligned to 64 where the items begin. O(bytes). */
attune_status attune_npy_write(const attune_array *array, char **bytes, int64_t *length,
                               attune_error *error);

/* The array of a file; what array held is freed. CORRUPT, naming source: not format 1.0, an item
 * type that we have not, Fortran order, over three dimensions, a shape that does not fill exactly
 * the bytes that are there. O(bytes). */
attune_status attune_npy_read(const char *source, const void *bytes, int64_t length,
                              attune_array *array, attune_error *error);

/* The word of an item type in JSON, "f64", and back. */
const char *attune_array_type_word(attune_array_type type);
bool attune_array_type_from_word(const char *word, attune_array_type *type);

#endif
