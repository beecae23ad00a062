/* search/reporter.c - what a person sees while a search runs. */
#include "search/reporter.h"

#include "search/grid.h"
#include "spaces/base/clock.h"
#include "spaces/base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { most_warnings = 20 };

void attune_reporter_init(attune_reporter *reporter, const double *baseline, bool quiet)
{
    *reporter =
        (attune_reporter){.baseline = baseline, .quiet = quiet, .terminal = isatty(STDERR_FILENO)};
    reporter->last = attune_clock_seconds();
}

void attune_reporter_clear(attune_reporter *reporter)
{
    attune_texts_clear(&reporter->said);
}

void attune_reporter_end(attune_reporter *reporter)
{
    if (reporter->line_open)
        fputc('\n', stderr);
    reporter->line_open = false;
}

static void measure_rate(attune_reporter *reporter, const attune_progress *p)
{
    double passed = p->elapsed - reporter->last_elapsed;
    if (passed < 0.5)
        return;
    double now = (double)(p->n_run - reporter->last_run) / passed;
    reporter->rate = reporter->rate > 0 ? 0.7 * reporter->rate + 0.3 * now : now;
    reporter->last_elapsed = p->elapsed;
    reporter->last_run = p->n_run;
}

static void write_line(attune_text *line, const attune_reporter *reporter, const attune_progress *p)
{
    char left[32], best[32], baseline[32];
    attune_text_printf(line, "%lld", (long long)p->n_complete);
    if (p->trials)
        attune_text_printf(line, " of %lld", (long long)p->trials);
    attune_text_append(line, " done");
    if (p->n_pruned)
        attune_text_printf(line, "  %lld pruned", (long long)p->n_pruned);
    if (p->n_failed)
        attune_text_printf(line, "  %lld failed", (long long)p->n_failed);
    if (p->best >= 0)
        attune_text_printf(line, " | best %s #%lld", attune_score_text(p->best_value, best),
                           (long long)p->best);
    if (p->best >= 0 && reporter->baseline)
        attune_text_printf(line, " (baseline %s)",
                           attune_score_text(*reporter->baseline, baseline));
    if (!isnan(p->left))
        attune_text_printf(line, " | at most %.4g to win (error %.4g)", p->left, p->left_error);
    if (reporter->rate > 0)
        attune_text_printf(line, " | %.1f/s", reporter->rate);
    if (!isnan(p->remaining) && p->remaining > 0.5)
        attune_text_printf(line, " | %s left",
                           attune_duration_text(p->remaining, left, sizeof left));
}

void attune_reporter_progress(void *user, const attune_progress *progress)
{
    attune_reporter *reporter = user;
    attune_text line = {0};
    double now = attune_clock_seconds();
    measure_rate(reporter, progress);
    bool due = reporter->terminal || now - reporter->last >= 60;
    if (reporter->quiet || !due)
        return;
    reporter->last = now;
    write_line(&line, reporter, progress);
    if (reporter->terminal)
        fprintf(stderr, "\r\033[K %s", line.bytes ? line.bytes : "");
    else
        fprintf(stderr, "%s\n", line.bytes ? line.bytes : "");
    reporter->line_open = reporter->terminal;
    fflush(stderr);
    attune_text_clear(&line);
}

void attune_reporter_log(void *user, attune_log_level level, const char *text)
{
    attune_reporter *reporter = user;
    if (level != ATTUNE_LOG_WARNING || reporter->quiet || reporter->said.n > most_warnings ||
        attune_texts_find(&reporter->said, text) >= 0)
        return;
    attune_texts_add(&reporter->said, text, NULL);
    attune_reporter_end(reporter);
    if (reporter->said.n > most_warnings)
        fprintf(stderr, "warning: more warnings are not shown\n");
    else
        fprintf(stderr, "warning: %s\n", text);
}
