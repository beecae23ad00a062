/* search/command.h - one verb of the command line: its options, and what it does.
 *
 * One file in search/commands/ and one row in search/commands.def. Results go to standard output,
 * everything else to standard error. A command returns the process's exit code.
 * Thread class: the main thread. */
#ifndef ATTUNE_SEARCH_COMMAND_H
#define ATTUNE_SEARCH_COMMAND_H

#include "spaces/base/text.h"

typedef struct attune_option {
    const char *name;  /* without the dashes; NULL at the end of a table */
    const char *takes; /* what its value is called in help; NULL: a flag */
    const char *doc;
} attune_option;

typedef struct attune_arguments attune_arguments;

typedef struct attune_command_type {
    const char *name;
    const char *usage; /* what follows the name: "DATA.csv --target COL | PLAN.json" */
    const char *doc;   /* one line */
    const char *more;  /* paragraphs for `attune help NAME`; nullable */
    const attune_option *options;
    int least, most; /* positional arguments; most -1: any number */
    attune_status (*run)(const attune_arguments *arguments, attune_error *error);
} attune_command_type;

extern const attune_command_type *const attune_command_types[];
/* The verb of a name, or NULL. */
const attune_command_type *attune_command_find(const char *name);

/* Reads argv after the verb: --name value, --name=value, flags, "--" before what begins with a
 * dash, "-" alone and a number such as -0.5 are positional; "-o" is --out where a command has it.
 * INVALID: an unknown option (with the nearest), a missing value, too many or too few positional
 * arguments (with the usage).
 */
attune_status attune_arguments_read(attune_arguments **arguments, const attune_command_type *type,
                                    int argc, char **argv, attune_error *error);
void attune_arguments_free(attune_arguments *arguments);

int64_t attune_arguments_n(const attune_arguments *arguments);
const char *attune_arguments_at(const attune_arguments *arguments, int64_t i); /* NULL: not given */

/* The last value of an option (or "" of a flag), NULL when not given; all values of one that may
 * come several times. */
const char *attune_option_value(const attune_arguments *arguments, const char *name);
bool attune_option_given(const attune_arguments *arguments, const char *name);
int64_t attune_option_n(const attune_arguments *arguments, const char *name);
const char *attune_option_nth(const attune_arguments *arguments, const char *name, int64_t i);

/* Typed values; *value stays as it is when the option is not given. INVALID names the option. */
attune_status attune_option_integer(const attune_arguments *arguments, const char *name,
                                    int64_t low, int64_t high, int64_t *value, attune_error *error);
attune_status attune_option_seconds(const attune_arguments *arguments, const char *name,
                                    double *value, attune_error *error);

/* A line on standard error, "attune: words". */
void attune_say(const char *format, ...) ATTUNE_FORMAT(1, 2);

#endif
