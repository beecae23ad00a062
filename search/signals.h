/* search/signals.h - Ctrl-C and SIGTERM, taken by one thread and turned into a stop.
 *
 * The first Ctrl-C lets running jobs finish, the second, SIGTERM or SIGHUP (the terminal
 * went away) cuts them short.
 * Thread class: begin before any other thread is started; end after they are gone. */
#ifndef ATTUNE_SEARCH_SIGNALS_H
#define ATTUNE_SEARCH_SIGNALS_H

#include "search/loop/loop.h"

#include <pthread.h>

typedef struct attune_signals {
    attune_stop *stop;
    pthread_t thread;
    int received; /* the last signal, 0: none */
} attune_signals;

attune_status attune_signals_begin(attune_signals *signals, attune_stop *stop, attune_error *error);
/* Returns the signal that ended the run, or 0. */
int attune_signals_end(attune_signals *signals);

#endif
