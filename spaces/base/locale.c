/* spaces/base/locale.c - the C locale for a thread, for the length of a call. */
#include "spaces/base/locale.h"

#include <stdio.h>

attune_locale attune_locale_hold(void)
{
    /* "C" is glibc's own object: it is there always, and making it costs nothing. */
    attune_locale own = {.plain = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    own.kept = uselocale(own.plain);
    return own;
}

void attune_locale_release(attune_locale own)
{
    uselocale(own.kept);
    if (own.plain)
        freelocale(own.plain);
}

int attune_locale_format(char *text, size_t size, const char *format, va_list values)
{
    attune_locale own = attune_locale_hold();
    int length = vsnprintf(text, size, format, values);
    attune_locale_release(own);
    return length;
}
