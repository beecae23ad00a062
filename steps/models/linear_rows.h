/* steps/models/linear_rows.h - gathered training rows that several fits share.
 * Thread class: locked inside; the rows are read-only. */
#ifndef ATTUNE_STEPS_MODELS_LINEAR_ROWS_H
#define ATTUNE_STEPS_MODELS_LINEAR_ROWS_H

#include "steps/models/linear_model.h"

/* attune_linear_gather with a column of ones where it centres, and one copy for all fits of these
 * rows as long as it is small beside what a fit costs. Freed by _unshare, which takes NULL too. */
attune_status attune_linear_share(const attune_linear_rows **gathered,
                                  const attune_context *context, const attune_data *data,
                                  const attune_rows *rows, bool centre, attune_error *error);
void attune_linear_unshare(const attune_linear_rows *gathered);

#endif
