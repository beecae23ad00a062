/* search/program/process.h - a program run to its end: its output taken as it comes, stopped with
 * all that it started.
 *
 * It runs without a shell, in a process group of its own, with nothing to read (/dev/null), no open
 * files of ours and the signals as they are by default. When it has ended, however it did, what is
 * left of its group is killed. Nobody spins: the caller's thread sleeps until there is output, and
 * looks ten times a second whether it has to stop.
 * Thread class: any number of threads at once, one process each. */
#ifndef ATTUNE_SEARCH_PROGRAM_PROCESS_H
#define ATTUNE_SEARCH_PROGRAM_PROCESS_H

#include "spaces/base/status.h"

typedef struct attune_process_request {
    char *const *argv, *const *envp; /* NULL-terminated; argv[0] is looked for in our PATH */
    const char *folder;              /* it runs there; "": here */
    const char *error_path;          /* a file that gets its standard error, made or emptied */
    double grace;                    /* seconds from SIGTERM to SIGKILL when it has to stop */
    void *user;
    attune_status (*started)(void *user, int64_t pid, attune_error *error);
    /* Bytes of its standard output, and whether to go on: any status but OK stops it. */
    attune_status (*take)(void *user, const char *bytes, int64_t length, attune_error *error);
    attune_status (*stop)(void *user, attune_error *error);
} attune_process_request;

typedef struct attune_process_end {
    int exit_code; /* when signal is 0 */
    int signal;    /* it was killed by; 0: by none */
    double cpu;    /* seconds of processor time, with those of its children that it waited for */
} attune_process_end;

/* OK: it ended by itself, end says how. What started, take or stop said: it was stopped for that,
 * and has ended. NOT_FOUND, IO: it could not be started. */
attune_status attune_process_run(const attune_process_request *request, attune_process_end *end,
                                 attune_error *error);

/* Whether there is a program of that name: in PATH, or by its path from folder. NOT_FOUND says what
 * is wrong. */
attune_status attune_process_find(const char *program, const char *folder, attune_error *error);

#endif
