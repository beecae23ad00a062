/* trials/owner.c - which process holds a running trial, and whether it still lives. */
#define _GNU_SOURCE /* gethostname without an X/Open level */
#include "trials/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { longest_stat = 1024 };

/* The text of /proc/PID/stat; false: there is no such process (or no /proc). */
static bool read_stat(int64_t pid, char text[longest_stat])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, text, longest_stat - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* State (field 3) and start in ticks since boot (field 22). The name, field 2, may hold spaces and
 * parentheses: fields are counted from its last closing one. */
static bool parse_stat(const char *text, char *state, int64_t *start)
{
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || !at[2])
        return false;
    *state = at[2];
    at += 1;
    for (int field = 3; field <= 22; field++) {
        at = strchr(at, ' ');
        if (!at)
            return false;
        at++;
    }
    *start = strtoll(at, NULL, 10);
    return *start >= 0;
}

attune_status attune_owner_of(attune_owner *owner, int64_t pid, attune_error *error)
{
    char text[longest_stat], state = 0;
    memset(owner, 0, sizeof *owner);
    if (gethostname(owner->host, sizeof owner->host - 1))
        return attune_fail(error, ATTUNE_IO, "the name of this host: %s", strerror(errno));
    owner->pid = pid;
    if (!read_stat(owner->pid, text) || !parse_stat(text, &state, &owner->start))
        return attune_fail(error, ATTUNE_IO,
                           "/proc/%lld/stat cannot be read: attune needs /proc to tell a running "
                           "search from a dead one",
                           (long long)owner->pid);
    return ATTUNE_OK;
}

attune_status attune_owner_self(attune_owner *owner, attune_error *error)
{
    return attune_owner_of(owner, getpid(), error);
}

bool attune_owner_alive(const attune_owner *owner)
{
    char host[sizeof owner->host] = "", text[longest_stat], state = 0;
    int64_t start = -1;
    if (gethostname(host, sizeof host - 1) || strcmp(host, owner->host) != 0)
        return true; /* only its heartbeat can tell */
    if (owner->pid < 1 || !read_stat(owner->pid, text) || !parse_stat(text, &state, &start))
        return false;
    return state != 'Z' && state != 'X' && start == owner->start;
}
