/* spaces/base/clock.h - time, for budgets and records; never for a result.
 * Thread class: pure. */
#ifndef ATTUNE_SPACES_BASE_CLOCK_H
#define ATTUNE_SPACES_BASE_CLOCK_H

#include "spaces/base/status.h"

double attune_clock_seconds(void);     /* monotonic, since some start */
double attune_clock_cpu_seconds(void); /* of the calling thread */

enum { ATTUNE_TIME_TEXT_SIZE = 32 };

/* "2026-11-22 07:30:00.000000", naive UTC, now. Returns text. */
const char *attune_clock_now(char text[ATTUNE_TIME_TEXT_SIZE]);

/* A duration such as "90", "45s", "30m", "8h", "2d", "1h30m" as seconds; false: not one. */
bool attune_duration_read(const char *text, double *seconds);

/* "4h12m", "3m05s", "14.2s", "120ms" into a buffer; returns it. */
const char *attune_duration_text(double seconds, char *text, size_t size);

/* Seconds from now until the next local "08:00" or "08:00:30"; false: not a time of day. */
bool attune_until_read(const char *text, double *seconds);

#endif
