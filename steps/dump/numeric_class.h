/* steps/dump/numeric_class.h - what decides the last bits of a result, besides plan, data and seed.
 *
 * Two machines of one class give the same bits; of two classes, the same to about 1e-9. A dump
 * and a study record it, so that a difference can be explained.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_DUMP_NUMERIC_CLASS_H
#define ATTUNE_STEPS_DUMP_NUMERIC_CLASS_H

#include "spaces/base/json.h"

/* {"arch", "attune", "compiler", "cpu", "libc"}, all texts; cpu lists the features by which the C
 * library picks its exp, log and the like. New reference, NULL with error set when memory is out.
 */
json_t *attune_numeric_class(attune_error *error);

#endif
