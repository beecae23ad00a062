/* search/program/words.h - the words of a command in one trial, and the line a person would write.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_PROGRAM_WORDS_H
#define ATTUNE_SEARCH_PROGRAM_WORDS_H

#include "search/plan/program.h"
#include "search/program/template.h"

/* Appends the program and its arguments; what has no value in the trial is left out with its group.
 * UNFIT: nothing is left. */
attune_status attune_program_words(const attune_program_plan *plan,
                                   const attune_program_facts *facts, attune_texts *words,
                                   attune_error *error);

/* Appends NAME=value of what the plan sets. */
attune_status attune_program_variables(const attune_program_plan *plan,
                                       const attune_program_facts *facts, attune_texts *variables,
                                       attune_error *error);

/* What {seed} stands for: below 2^31, which every library takes. study: the key of its seed. */
int64_t attune_program_seed(attune_key study, int64_t trial);

/* What {slot} stands for: the plan's, or the number itself. Returns it; text is room for it. */
const char *attune_program_slot(const attune_program_plan *plan, int64_t slot, char text[24]);

/* Appends what runs it from a shell: variables, then words, quoted where they have to be. */
attune_status attune_program_line(const attune_program_plan *plan,
                                  const attune_program_facts *facts, attune_text *line,
                                  attune_error *error);

#endif
