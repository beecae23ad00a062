/* search/bench/parts/settings.c - hyperparameters from the command line of a bench program. */
#include "search/bench/parts/settings.h"

#include <string.h>

attune_status attune_bench_set_all(attune_step *step, char **words, int count, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int i = 0; i < count && !status; i++) {
        char *equals = strchr(words[i], '=');
        attune_value value = {0};
        if (!equals)
            return attune_fail(error, ATTUNE_INVALID, "%s is not name=value", words[i]);
        *equals = 0;
        status = attune_value_from_words(&value, equals + 1, error);
        if (!status)
            status = attune_step_set(step, words[i], &value, error);
        attune_value_clear(&value);
    }
    return status;
}
