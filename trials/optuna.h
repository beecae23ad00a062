/* trials/optuna.h - our distributions in Optuna's words.
 *
 * It has three: floats and integers between two ends, linear or log, and choices. What they cannot
 * say is projected: an order among choices is left out, lists and objects are choices of their JSON
 * text, and what has no end gets the range that all but one draw in 10^9 fall in. The distribution
 * as we know it stands beside, under "attune", where Optuna's readers do not look.
 * Thread class: pure. */
#ifndef ATTUNE_TRIALS_OPTUNA_H
#define ATTUNE_TRIALS_OPTUNA_H

#include "spaces/distribution.h"

/* {"name": "FloatDistribution", "attributes": {...}, "attune": {...}}; the caller frees. NULL with
 * error set. */
char *attune_optuna_distribution(const attune_distribution *distribution, attune_error *error);

#endif
