/* search/machine.h - what this machine gives us: processors and memory that we may use.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_MACHINE_H
#define ATTUNE_SEARCH_MACHINE_H

#include "spaces/base/status.h"

/* Processors allowed by affinity and by the control group's quota; at least 1. */
int attune_machine_cpus(void);

/* Memory allowed, in bytes: of the machine or the control group, whichever is less. */
int64_t attune_machine_memory(void);

/* "2GiB", "512MB", "1000000", "off" (0) as bytes; false: not a size. */
bool attune_size_read(const char *text, int64_t *bytes);

#endif
