/* search/signals.c - Ctrl-C, SIGTERM and SIGHUP, taken by one thread and turned into a stop. */
#include "search/signals.h"

#include "search/command.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static bool is_ignored(int number)
{
    struct sigaction how;
    return sigaction(number, NULL, &how) == 0 && how.sa_handler == SIG_IGN;
}

static sigset_t taken(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (!is_ignored(SIGHUP)) /* as under nohup */
        sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1); /* from attune_signals_end */
    return set;
}

static void *wait_for_signals(void *user)
{
    attune_signals *signals = user;
    sigset_t set = taken();
    int number = 0;
    while (sigwait(&set, &number) == 0 && number != SIGUSR1) {
        bool second = signals->received != 0;
        __atomic_store_n(&signals->received, number, __ATOMIC_RELAXED);
        if (number == SIGINT && !second)
            fprintf(stderr, "%sattune: finishing the trials that run; Ctrl-C again stops now\n",
                    isatty(STDERR_FILENO) ? "\n" : ""); /* after the line of progress */
        attune_stop_raise(signals->stop, number != SIGINT || second ? 2 : 1);
    }
    return NULL;
}

attune_status attune_signals_begin(attune_signals *signals, attune_stop *stop, attune_error *error)
{
    sigset_t set = taken();
    *signals = (attune_signals){.stop = stop};
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
        pthread_create(&signals->thread, NULL, wait_for_signals, signals) != 0)
        return attune_fail(error, ATTUNE_IO, "cannot start the thread that takes signals");
    return ATTUNE_OK;
}

int attune_signals_end(attune_signals *signals)
{
    sigset_t set = taken();
    pthread_kill(signals->thread, SIGUSR1);
    pthread_join(signals->thread, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return signals->received;
}
