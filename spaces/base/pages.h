/* spaces/base/pages.h - large memory made ready at once.
 * Thread class: pure. */
#ifndef ATTUNE_SPACES_BASE_PAGES_H
#define ATTUNE_SPACES_BASE_PAGES_H

#include "spaces/base/status.h"

/* Asks the kernel for all pages of a block that is about to be filled: one call, where a fault for
 * each page costs up to 10 microseconds on a virtual machine. A hint: what it cannot do (a small
 * block, an old kernel) is left to the faults. Contents are kept. */
void attune_pages_touch(void *block, int64_t bytes);

#endif
