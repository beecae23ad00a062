/* search/program/output.h - what a program prints, read line by line: its value, its reports.
 *
 *     0.25                          the value: the last line that is a number
 *     {"value": 0.25}               the same
 *     {"step": 3, "value": 0.31}    a report on the way; the last one is the value where no other
 * is
 *
 * Anything else is for people. Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_PROGRAM_OUTPUT_H
#define ATTUNE_SEARCH_PROGRAM_OUTPUT_H

#include "spaces/base/text.h"

enum { ATTUNE_OUTPUT_LONGEST = 65536 }; /* a longer line is for people */

typedef struct attune_program_output {
    int file;         /* gets a copy of every byte */
    int64_t steps;    /* no report may come later; 0: any may */
    attune_text line; /* the unfinished one */
    int64_t n_lines;
    bool is_long; /* the unfinished line is too long to be kept */
    bool has_value, has_report;
    double value, report; /* the last of each */
    void *user;
    attune_status (*reported)(void *user, int64_t step, double value, attune_error *error);
} attune_program_output;

/* UNFIT: a line that should say a value and does not, or a report that is no number or too late.
 * IO: the copy cannot be written. Else what `reported` says. */
attune_status attune_program_output_take(attune_program_output *output, const char *bytes,
                                         int64_t length, attune_error *error);

/* The last line may lack its end. UNFIT: there was no value, or it is not finite. */
attune_status attune_program_output_end(attune_program_output *output, double *value,
                                        attune_error *error);
void attune_program_output_clear(attune_program_output *output);

#endif
