/* spaces/base/clock.c - time, for budgets and records; never for a result. */
#include "spaces/base/clock.h"

#include "spaces/base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double attune_clock_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double attune_clock_cpu_seconds(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

const char *attune_clock_now(char text[ATTUNE_TIME_TEXT_SIZE])
{
    struct timespec now = {0};
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char date[20];
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &utc);
    snprintf(text, ATTUNE_TIME_TEXT_SIZE, "%s.%06d", date, (int)(now.tv_nsec / 1000 % 1000000));
    return text;
}

static double unit_seconds(const char *unit, size_t length)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1},     {"ms", 1e-3}, {"s", 1},    {"m", 60},
                 {"min", 60}, {"h", 3600},  {"d", 86400}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == length && strncmp(units[i].name, unit, length) == 0)
            return units[i].seconds;
    return 0;
}

bool attune_duration_read(const char *text, double *seconds)
{
    double sum = 0;
    const char *at = text;
    if (!*at)
        return false;
    while (*at) {
        size_t number = strspn(at, "0123456789.");
        size_t unit = strcspn(at + number, "0123456789.");
        double value = 0;
        double scale = unit_seconds(at + number, unit);
        /* A number without a unit stands alone: in "1h30" nobody means 30 seconds. */
        bool lost = unit == 0 && (at != text || at[number]);
        if (number == 0 || scale == 0 || lost || !attune_real_read(at, (int64_t)number, &value))
            return false;
        sum += value * scale;
        at += number + unit;
    }
    *seconds = sum;
    return isfinite(sum);
}

const char *attune_duration_text(double seconds, char *text, size_t size)
{
    seconds = seconds > 0 ? fmin(seconds, 1e15) : 0; /* NaN too */
    long long s = (long long)seconds;
    if (seconds < 1)
        snprintf(text, size, "%dms", (int)(1000 * seconds));
    else if (seconds < 60)
        snprintf(text, size, "%lld.%llds", s, (long long)((seconds - (double)s) * 10));
    else if (s < 3600)
        snprintf(text, size, "%lldm%02llds", s / 60, s % 60);
    else
        snprintf(text, size, "%lldh%02lldm", s / 3600, s / 60 % 60);
    return text;
}

bool attune_until_read(const char *text, double *seconds)
{
    int hour = 0, minute = 0, second = 0, used = 0;
    int parts = sscanf(text, "%2d:%2d%n:%2d%n", &hour, &minute, &used, &second, &used);
    if (parts < 2 || text[used] != '\0' || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return false;
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    bool past = hour * 3600 + minute * 60 + second <=
                local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec;
    local.tm_mday += past;
    local.tm_hour = hour;
    local.tm_min = minute;
    local.tm_sec = second;
    local.tm_isdst = -1; /* the clock may change in the night */
    *seconds = difftime(mktime(&local), now);
    return true;
}
