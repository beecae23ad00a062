/* tests/cli/die_at.c - preloaded: kills the process at the n-th step of writing a dump.
 *
 * Steps are the calls that change what is on disk, counted from the one that makes the temporary
 * folder on. ATTUNE_DIE_AT is n. */
#define _GNU_SOURCE /* RTLD_NEXT, renameat2 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int begun, steps;

static void step(void)
{
    const char *at = getenv("ATTUNE_DIE_AT");
    if (begun && at && ++steps == (int)strtol(at, NULL, 10))
        kill(getpid(), SIGKILL);
}

/* Where the C library's own function of a name is kept: dlsym gives an object pointer. */
#define NEXT(pointer, name) *(void **)&(pointer) = dlsym(RTLD_NEXT, name)

int mkdir(const char *path, mode_t mode)
{
    int (*next)(const char *, mode_t);
    NEXT(next, "mkdir");
    begun |= strstr(path, ".tmp") != NULL;
    step();
    return next(path, mode);
}

int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...);
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    NEXT(next, "open");
    if (flags & O_CREAT)
        step();
    return next(path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    ssize_t (*next)(int, const void *, size_t);
    NEXT(next, "write");
    step();
    return next(file, bytes, size);
}

int fsync(int file)
{
    int (*next)(int);
    NEXT(next, "fsync");
    step();
    return next(file);
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *);
    NEXT(next, "rename");
    step();
    return next(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    int (*next)(int, const char *, int, const char *, unsigned);
    NEXT(next, "renameat2");
    step();
    return next(from_folder, from, to_folder, to, flags);
}

int unlinkat(int folder, const char *path, int flags)
{
    int (*next)(int, const char *, int);
    NEXT(next, "unlinkat");
    step();
    return next(folder, path, flags);
}
