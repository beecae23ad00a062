/* spaces/base/locale.h - the C locale for a thread, for the length of a call.
 *
 * A host of the library may have set a locale; what we read and write does not follow it. Around a
 * call of the C library, jansson or SQLite that takes the decimal mark of the locale:
 *
 *     attune_locale own = attune_locale_hold();
 *     ...
 *     attune_locale_release(own);
 *
 * Nothing but this thread sees the change. No allocation; cannot fail.
 * Thread class: pure. */
#ifndef ATTUNE_SPACES_BASE_LOCALE_H
#define ATTUNE_SPACES_BASE_LOCALE_H

#include <locale.h>
#include <stdarg.h>
#include <stddef.h>

#include "spaces/base/status.h"

typedef struct attune_locale {
    locale_t plain, kept;
} attune_locale;

/* The C locale from here on; what was there before goes back with release. Holds nest. */
attune_locale attune_locale_hold(void);
void attune_locale_release(attune_locale own);

/* vsnprintf whose numbers have a point in every locale. */
ATTUNE_FORMAT(3, 0)
int attune_locale_format(char *text, size_t size, const char *format, va_list values);

#endif
