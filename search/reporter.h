/* search/reporter.h - what a person sees while a search runs: one line on a terminal, a line a
 * minute elsewhere, warnings as they come.
 * Thread class: called under the loop's lock. */
#ifndef ATTUNE_SEARCH_REPORTER_H
#define ATTUNE_SEARCH_REPORTER_H

#include "search/loop/loop.h"
#include "spaces/base/text.h"

typedef struct attune_reporter {
    const double *baseline; /* nullable */
    bool quiet, terminal;
    bool line_open; /* a progress line stands unfinished on the terminal */
    double last;    /* clock of the last line */
    double rate;    /* jobs a second, smoothed */
    double last_elapsed;
    int64_t last_run;
    attune_texts said; /* warnings, each once */
} attune_reporter;

/* baseline: what the best is told beside; borrowed, NULL: nothing. */
void attune_reporter_init(attune_reporter *reporter, const double *baseline, bool quiet);
void attune_reporter_clear(attune_reporter *reporter);
/* For attune_loop_options, with the reporter as user. */
void attune_reporter_progress(void *user, const attune_progress *progress);
void attune_reporter_log(void *user, attune_log_level level, const char *text);
/* Ends an unfinished line, so that what is printed next begins a new one. */
void attune_reporter_end(attune_reporter *reporter);

#endif
