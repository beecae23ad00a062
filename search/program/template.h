/* search/program/template.h - words of a command with names in braces: "--lr={lr}".
 *
 * A name is a hyperparameter (the shortest end of it that is unique will do), or one of {dir},
 * {trial}, {seed} and {slot}; {{ writes a brace.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_PROGRAM_TEMPLATE_H
#define ATTUNE_SEARCH_PROGRAM_TEMPLATE_H

#include "spaces/space.h"

/* What the names stand for in one trial. Borrowed. */
typedef struct attune_program_facts {
    const attune_space *space;
    const attune_sample *sample;
    const char *dir, *slot;
    int64_t trial, seed;
} attune_program_facts;

/* What a text names: adds to what is there. */
typedef struct attune_template_names {
    uint8_t *hyperparams; /* one a dimension of the space */
    bool dir;
} attune_template_names;

/* INVALID at its place: a name that is nothing, or a brace that is not closed. */
attune_status attune_template_check(const char *text, const attune_space *space,
                                    const attune_at *at, attune_template_names *names,
                                    attune_error *error);

/* INVALID: a hyperparameter of the space is called as one of the other names. */
attune_status attune_template_check_space(const attune_space *space, attune_error *error);

/* Appends the text with its names replaced, as a person writes the values (true, 3, 0.1, adam).
 * *left_out becomes true when it names what has no value in this trial; else it stays. */
attune_status attune_template_fill(const char *text, const attune_program_facts *facts,
                                   attune_text *to, bool *left_out, attune_error *error);

#endif
