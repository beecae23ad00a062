/* steps/data/datetime.c - ISO 8601 dates and times, by our own calendar: no locale, no time zone.
 */
#include "steps/data/table.h"

#include <stdio.h>

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *c, char mark)
{
    bool there = c->at < c->end && *c->at == mark;
    c->at += there;
    return there;
}

/* Exactly n digits with a value from low to high. */
static bool take_number(struct cursor *c, int n, int low, int high, int64_t *value)
{
    if (c->end - c->at < n)
        return false;
    *value = 0;
    for (int i = 0; i < n; i++) {
        unsigned digit = (unsigned)(c->at[i] - '0');
        if (digit > 9)
            return false;
        *value = 10 * *value + digit;
    }
    c->at += n;
    return low <= *value && *value <= high;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, for years from 0 on. The year is
 * taken to begin in March, so that a leap day is its last; 153 days are five months from there. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year + 400 - (month <= 2); /* one era more, so that nothing is negative */
    int64_t months = (month + 9) % 12;
    int64_t of_year = (153 * months + 2) / 5 + day - 1;
    return 365 * y + y / 4 - y / 100 + y / 400 + of_year - (719468 + 146097);
}

static void civil_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t months = (5 * of_year + 2) / 153;
    *day = of_year - (153 * months + 2) / 5 + 1;
    *month = months < 10 ? months + 3 : months - 9;
    *year = y + era * 400 + (*month <= 2);
}

/* ".25": at least one digit; those beyond microseconds are dropped. */
static bool take_fraction(struct cursor *c, int64_t *microseconds)
{
    int n = 0;
    for (*microseconds = 0; c->at < c->end && (unsigned)(*c->at - '0') <= 9; c->at++, n++)
        if (n < 6)
            *microseconds = 10 * *microseconds + (*c->at - '0');
    for (int i = n; i < 6; i++)
        *microseconds *= 10;
    return n > 0;
}

/* "Z", "+01:00", "+0100" or "+01" at the end, as seconds east; nothing is 0. */
static bool take_zone(struct cursor *c, int64_t *seconds)
{
    *seconds = 0;
    if (c->at == c->end || take(c, 'Z'))
        return true;
    bool east = take(c, '+');
    int64_t hours = 0, minutes = 0;
    if ((!east && !take(c, '-')) || !take_number(c, 2, 0, 23, &hours))
        return false;
    if (c->at < c->end) {
        take(c, ':');
        if (!take_number(c, 2, 0, 59, &minutes))
            return false;
    }
    *seconds = (east ? 1 : -1) * (3600 * hours + 60 * minutes);
    return true;
}

static bool take_time(struct cursor *c, int64_t *microseconds)
{
    int64_t hour = 0, minute = 0, second = 0, fraction = 0, zone = 0;
    if (!take_number(c, 2, 0, 23, &hour) || !take(c, ':') || !take_number(c, 2, 0, 59, &minute))
        return false;
    if (take(c, ':')) {
        if (!take_number(c, 2, 0, 59, &second))
            return false;
        if (take(c, '.') && !take_fraction(c, &fraction))
            return false;
    }
    if (!take_zone(c, &zone))
        return false;
    *microseconds = 1000000 * (3600 * hour + 60 * minute + second - zone) + fraction;
    return true;
}

bool attune_datetime_read(const char *text, int64_t length, int64_t *microseconds)
{
    struct cursor c = {text, text + length};
    int64_t year = 0, month = 0, day = 0, time = 0;
    if (length < 10 || text[4] != '-')
        return false;
    if (!take_number(&c, 4, 0, 9999, &year) || !take(&c, '-') ||
        !take_number(&c, 2, 1, 12, &month) || !take(&c, '-') || !take_number(&c, 2, 1, 31, &day) ||
        day > days_in(year, month))
        return false;
    if (c.at < c.end && !((take(&c, 'T') || take(&c, ' ')) && take_time(&c, &time)))
        return false;
    if (c.at != c.end)
        return false;
    *microseconds = 86400000000 * days_from_civil(year, month, day) + time;
    return true;
}

const char *attune_datetime_text(int64_t microseconds, char *text, size_t size)
{
    const int64_t of_day = 86400000000;
    int64_t time = microseconds % of_day;
    time += time < 0 ? of_day : 0;
    int64_t year = 0, month = 0, day = 0;
    civil_from_days((microseconds - time) / of_day, &year, &month, &day);
    int64_t seconds = time / 1000000, fraction = time % 1000000;
    int used = snprintf(text, size, "%04lld-%02lld-%02lld", (long long)year, (long long)month,
                        (long long)day);
    if (time && used > 0 && (size_t)used < size)
        used += snprintf(text + used, size - (size_t)used, " %02lld:%02lld:%02lld",
                         (long long)(seconds / 3600), (long long)(seconds / 60 % 60),
                         (long long)(seconds % 60));
    if (fraction && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, ".%06lld", (long long)fraction);
    return text;
}
