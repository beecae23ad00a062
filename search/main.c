/* search/main.c - the program: finds the verb, runs it, turns its status into an exit code. */
#include "search/command.h"
#include "search/keep_memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int unknown_command(const char *name)
{
    const char *names[64] = {NULL};
    char hint[128];
    int64_t n = 0;
    for (; attune_command_types[n] && n < 64; n++)
        names[n] = attune_command_types[n]->name;
    attune_did_you_mean(name, names, n, hint, sizeof hint);
    attune_say("there is no command \"%s\"%s", name, *hint ? hint : "; `attune help` lists them");
    return attune_status_exit_code(ATTUNE_INVALID);
}

static int run(const attune_command_type *type, int argc, char **argv)
{
    attune_error error = {0};
    attune_arguments *arguments = NULL;
    attune_status status = attune_arguments_read(&arguments, type, argc, argv, &error);
    if (!status)
        status = type->run(arguments, &error);
    /* A reader that went away has seen what it wanted: nothing is said of it. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && !status) {
        status = ATTUNE_IO;
        if (errno != EPIPE)
            attune_fail(&error, ATTUNE_IO, "cannot write the output: %s", strerror(errno));
    }
    if (status && error.message[0]) {
        char text[sizeof error.message + sizeof error.source + 32];
        attune_error_text(&error, text, sizeof text);
        attune_say("%s", text);
    }
    attune_arguments_free(arguments);
    return attune_status_exit_code(status);
}

int main(int argc, char **argv)
{
    attune_keep_memory();
    /* A reader that goes away (attune trials | head) is a failed write, not a death. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* so is a file that has met its limit */
    signal(SIGCHLD, SIG_DFL); /* how a command ended is asked for, whoever started us */
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("attune " ATTUNE_VERSION);
        return 0;
    }
    bool help = argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    bool about =
        !help && argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
    const attune_command_type *type = attune_command_find(help || about ? "help" : argv[1]);
    if (!type)
        return unknown_command(help ? "help" : argv[1]);
    if (help)
        return run(type, 0, argv);
    return about ? run(type, 1, argv + 1) : run(type, argc - 2, argv + 2);
}
