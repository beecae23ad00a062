/* search/attune.h - the library: search what your own function needs, serve what attune fitted.
 *
 * A search over a space, run on many threads:
 *
 *     static attune_status loss(attune_candidate *candidate, double *values, void *user)
 *     {
 *         values[0] = train(attune_candidate_real(candidate, "lr"));
 *         return ATTUNE_OK;
 *     }
 *
 *     attune_search_options options = {.size = sizeof options,
 *                                      .space = "{\"lr\": {\"log_uniform\": [1e-5, 0.1]}}"};
 *     attune_search *search = NULL;
 *     attune_error error = {0};
 *     if (attune_search_open(&search, &options, &error) ||
 *         attune_search_run(search, loss, NULL, NULL, &error))
 *         fprintf(stderr, "%s\n", error.message);
 *     attune_search_close(search);
 *
 * The same space, seed and lookahead give the same trials for any number of threads, and after a
 * crash and a restart. This header needs nothing but the C library; it is C11 and C++.
 *
 * Errors: every call that can fail returns an attune_status; an attune_error, which the caller owns
 * and may leave out (NULL), is cleared when the call begins and says why when it is not OK. Nothing
 * here prints, exits or aborts.
 * Ownership: handles come from _open, _ask and _read and go to _close and _free, which take NULL.
 * Texts that are returned are borrowed from the handle. Arguments are borrowed for the call.
 * Options: a struct that begins with its own size, so that it may grow; zero means the default.
 * Units: seconds, bytes, UTF-8 texts, rows and trial numbers from 0. */
#ifndef ATTUNE_SEARCH_ATTUNE_H
#define ATTUNE_SEARCH_ATTUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* attune's own sources have the next block from spaces/base/status.h: the two are held to one
 * layout when the library is built. */
#ifndef ATTUNE_STATUS_TYPES
#define ATTUNE_STATUS_TYPES

#define ATTUNE_API __attribute__((visibility("default")))

typedef enum attune_status {
    ATTUNE_OK = 0,
    ATTUNE_INVALID = 1,      /* the input is wrong; nothing was started */
    ATTUNE_NOT_FOUND = 2,    /* a file, column, trial or name that is not there */
    ATTUNE_CONFLICT = 3,     /* what is frozen differs, or something stands there */
    ATTUNE_UNFIT = 4,        /* this configuration cannot be; others may */
    ATTUNE_CORRUPT = 5,      /* a stored file is not what it says it is */
    ATTUNE_MISSED = 6,       /* a gate was not met */
    ATTUNE_WAIT = 7,         /* nothing to give now, something later */
    ATTUNE_EXHAUSTED = 8,    /* nothing left to give */
    ATTUNE_STOPPED = 9,      /* cut short by request or deadline */
    ATTUNE_TERMINATED = 10,  /* cut short by SIGTERM */
    ATTUNE_TIMEOUT = 11,     /* one trial took longer than it was given */
    ATTUNE_MEMORY = 12,      /* an allocation failed or a limit was met */
    ATTUNE_IO = 13,          /* the operating system refused */
    ATTUNE_UNSUPPORTED = 14, /* not built in, or not on this machine */
    ATTUNE_INTERNAL = 15     /* a fault of attune's */
} attune_status;

typedef struct attune_error {
    attune_status status;
    int line, column;   /* from 1; 0 when not known */
    char source[256];   /* the file it is about, or "" */
    char message[1024]; /* one sentence, no newline at its end */
} attune_error;
#endif

/* The status's word ("invalid"). Thread class: pure. */
ATTUNE_API const char *attune_status_word(attune_status status);

/* "source:line:column: message" as far as they are known, cut at size, terminated. */
ATTUNE_API void attune_error_text(const attune_error *error, char *text, size_t size);

/* Back to zero. Calls do so by themselves. */
ATTUNE_API void attune_error_clear(attune_error *error);

/* "0.1.0": of the library that is linked. Thread class: pure. */
ATTUNE_API const char *attune_version(void);

/* What attune_init may change for the whole process; no other call changes any such thing. */
enum {
    ATTUNE_INIT_SIGPIPE = 1 /* SIGPIPE ignored: writing to a closed pipe is an error, not a death */
};

/* Optional, once, before threads begin; flags: ATTUNE_INIT_... or 0. INVALID: an unknown flag. */
ATTUNE_API attune_status attune_init(uint64_t flags, attune_error *error);

/* ---- A search ---- */

typedef struct attune_search attune_search;
typedef struct attune_candidate attune_candidate;

typedef enum attune_goal { ATTUNE_GOAL_MINIMIZE, ATTUNE_GOAL_MAXIMIZE } attune_goal;

typedef enum attune_state {
    ATTUNE_STATE_RUNNING,
    ATTUNE_STATE_COMPLETE,
    ATTUNE_STATE_PRUNED,
    ATTUNE_STATE_FAILED,
    ATTUNE_STATE_WAITING /* was begun and given back: it runs first */
} attune_state;

/* What a study is. It is frozen when the study is made, but for store and study, which find it. */
typedef struct attune_search_options {
    size_t size; /* sizeof(attune_search_options) */
    /* JSON, as a plan writes a space: {"lr": {"log_uniform": [1e-5, 0.1]}, "layers": {"rand_int":
     * [1, 4]}, "opt": ["adam", "sgd"], "momentum": {"uniform": [0, 1], "when": "opt = 'sgd'"}}.
     * NULL: the study is in the store (study NULL: the newest there) and is taken as it is frozen;
     * nothing but store, study and trials is then read. */
    const char *space;
    const char *store;        /* a file, made when it is not there; NULL: ":memory:" */
    const char *study;        /* its name in the store; NULL: "study" */
    const char *sampler;      /* a name, or JSON {"name": {its settings}}; NULL: "auto" */
    const attune_goal *goals; /* one an objective; NULL: minimize */
    int64_t n_objectives;     /* 0: one */
    int64_t seed;
    /* Most trials in flight, at most 4096. 0: what the study has; of a new one 8, one more for
     * every 12 trials, at most 32. */
    int64_t lookahead;
    int64_t budget; /* planned trials, for samplers that plan; 0: not known */
    /* Who says at a report that a trial is not worth finishing: a name, or JSON {"name": {its
     * settings}}; NULL: nobody. For one objective. */
    const char *pruner;
    /* What the first trials are given, a JSON list: [{"lr": 0.1}, "default"]. What one leaves open
     * is the sampler's to say; "default" is the middle of the space. NULL: nothing. */
    const char *queue;
    /* A store with an older study (JSON {"store": ..., "study": ...} names it), one of Optuna's
     * too, whose results the sampler is shown before trial 0. Copied into a study that is made; of
     * one that is there, not read. random, sobol, halton and grid learn nothing from it. NULL:
     * none.
     */
    const char *from;
    int64_t trials;        /* asking gives no trial beyond so many; 0: no limit. Not frozen */
    int64_t n_constraints; /* numbers that must not be above 0 (attune_candidate_constraint) */
    /* What else makes results what they are (the version of a program, the hash of its data), JSON:
     * a study made with another is another study. NULL: nothing. */
    const char *objective;
    const char *plan; /* JSON that is kept with a study that is made, and not looked at; NULL: {} */
} attune_search_options;

/* Opens a study, or makes it. INVALID: the options, with what is wrong in the space by line and
 * column. NOT_FOUND: without a space, no such store or study. CONFLICT: a study of that name is
 * there and is frozen otherwise; the first difference is named. Thread class of a search: locked
 * inside, any thread may call anything. */
ATTUNE_API attune_status attune_search_open(attune_search **search,
                                            const attune_search_options *options,
                                            attune_error *error);

/* Everything finished is in the store already. No call may be under way, and every candidate of it
 * must have been freed. */
ATTUNE_API void attune_search_close(attune_search *search);

/* The hyperparameters in the order of the study, by their full names; NULL: no such index. */
ATTUNE_API int64_t attune_search_n_hyperparams(const attune_search *search);
ATTUNE_API const char *attune_search_hyperparam(const attune_search *search, int64_t index);

/* ---- Running it ---- */

/* What is made better: reads the candidate, writes one value an objective. Called by many threads
 * at once, for different candidates. OK: values are set (one that is not finite fails the trial).
 * UNFIT or INVALID: this configuration cannot be, and samplers learn that. STOPPED: gives the trial
 * back and ends the run. Any other status: the trial fails and its configuration is not blamed. */
typedef attune_status (*attune_function)(attune_candidate *candidate, double *values, void *user);

typedef struct attune_run_progress {
    size_t size;
    int64_t n_complete, n_pruned, n_failed, n_running;
    int64_t trials;    /* 0: no limit */
    int64_t best;      /* trial number, -1: none yet */
    double best_value; /* of the first objective; NaN: none yet */
    double elapsed;    /* seconds */
    double remaining;  /* seconds; NaN when it cannot be told */
} attune_run_progress;

/* What may change from run to run: no result depends on it. */
typedef struct attune_run_options {
    size_t size;     /* sizeof(attune_run_options) */
    int64_t trials;  /* total of the study; 0: no limit when seconds is set, else 100 */
    double seconds;  /* no trial begins later; 0: no limit */
    double timeout;  /* of one trial, seen by _report and _should_stop; 0: none */
    int64_t threads; /* 0: every processor that may be used */
    /* Nullable; one thread at a time, about 5 times a second and once at the end. It may call
     * attune_search_cancel, nothing else of this search. */
    void (*progress)(const attune_run_progress *progress, void *user);
} attune_run_options;

/* Runs until the trials are done, the time is over, no new point is left (all OK) or somebody
 * cancels (STOPPED). Goes on with what the study has; each trial is stored the moment it ends. What
 * this handle was asked for and not told is run too; what another living process has is waited for.
 * options NULL: the defaults. UNFIT: the first 8 trials, or 50 in a row, failed; the first reason
 * is told. INVALID: an option, or a callback that asked its candidate for another kind; NOT_FOUND:
 * or for a name that is not there. CONFLICT: the search is running already. Any other: the store or
 * memory failed. */
ATTUNE_API attune_status attune_search_run(attune_search *search, attune_function function,
                                           void *user, const attune_run_options *options,
                                           attune_error *error);

/* Ends the run under way, or else the next one: now false lets trials finish, now true also tells
 * them to stop. From any thread or signal handler. */
ATTUNE_API void attune_search_cancel(attune_search *search, bool now);

/* ---- Asking and telling ---- */

/* The next trial to try, to be freed: one given back first, else a new one. What trial j is depends
 * on the study and on results of trials before its lookahead alone, whoever asks. WAIT: as many
 * trials as the lookahead allows are in flight; tell one. EXHAUSTED: no new point is left, or all
 * trials were given. UNFIT: as in a run. Not while a run is under way (CONFLICT). */
ATTUNE_API attune_status attune_search_ask(attune_search *search, attune_candidate **candidate,
                                           attune_error *error);

/* A trial with these values, a JSON object by name, that waits to be asked for or run, before any
 * new one; what they leave open is the sampler's to say. *number (nullable) is its number: of the
 * trial they made before, when they were enqueued already. INVALID: values that cannot be. Not
 * while a run is under way (CONFLICT). */
ATTUNE_API attune_status attune_search_enqueue(attune_search *search, const char *values,
                                               int64_t *number, attune_error *error);

/* What came of an asked trial, from any process: n_values is n_objectives, then n_constraints, all
 * finite. NOT_FOUND: no such trial. CONFLICT: it is finished already. On disk when the call
 * returns. */
ATTUNE_API attune_status attune_search_tell(attune_search *search, int64_t number,
                                            const double *values, int64_t n_values,
                                            attune_error *error);

/* The trial failed: UNFIT or INVALID blame the configuration, any other status the environment.
 * reason: a sentence, nullable. */
ATTUNE_API attune_status attune_search_tell_failure(attune_search *search, int64_t number,
                                                    attune_status failure, const char *reason,
                                                    attune_error *error);

/* The trial was stopped early: its value is that of its last report. INVALID: it has none, or the
 * study has several objectives. */
ATTUNE_API attune_status attune_search_tell_pruned(attune_search *search, int64_t number,
                                                   attune_error *error);

/* A value on the way of an asked trial, from any process, as attune_candidate_report. *go_on
 * (nullable) says what the study's pruner makes of it: false, the trial is not worth finishing and
 * should be told as pruned. What it answers depends on trials before its lookahead alone. */
ATTUNE_API attune_status attune_search_report(attune_search *search, int64_t number, int64_t step,
                                              double value, bool *go_on, attune_error *error);

/* A trial that was asked for and will not be told: it goes to whoever asks next. CONFLICT: it is
 * not running. */
ATTUNE_API attune_status attune_search_give_back(attune_search *search, int64_t number,
                                                 attune_error *error);

/* Gives back every running trial whose process has died; *n says how many. A run does so by itself;
 * asking does not, because an asker may end long before it is told. */
ATTUNE_API attune_status attune_search_recover(attune_search *search, int64_t *n,
                                               attune_error *error);

/* ---- A candidate: one trial's hyperparameters, and what came of it ----
 * Thread class: one thread. A name may be shortened to its unique end ("lr" of "model__lr"). Asking
 * for a name that is not there, of another kind or not active is a fault of the program: it gives
 * NaN, 0, false or NULL, and is kept for attune_candidate_check; a run ends with it. */

ATTUNE_API int64_t attune_candidate_number(const attune_candidate *candidate);
ATTUNE_API double attune_candidate_real(attune_candidate *candidate, const char *name);
ATTUNE_API int64_t attune_candidate_integer(attune_candidate *candidate, const char *name);
ATTUNE_API bool attune_candidate_boolean(attune_candidate *candidate, const char *name);
/* Borrowed until the candidate ends; a listed object or list comes as JSON. */
ATTUNE_API const char *attune_candidate_text(attune_candidate *candidate, const char *name);
/* Whether it has a value in this trial; false, and kept, when there is no such name. */
ATTUNE_API bool attune_candidate_active(attune_candidate *candidate, const char *name);
/* {"name": value} of all that is active, borrowed; NULL when memory is out. */
ATTUNE_API const char *attune_candidate_json(attune_candidate *candidate);

/* A value on the way (an epoch, a fold), stored with the trial; a step that comes again replaces
 * its value. True: go on; false: stop and return, what you return is then not looked at (of an
 * asked trial: tell it as pruned when attune_candidate_check is OK). */
ATTUNE_API bool attune_candidate_report(attune_candidate *candidate, int64_t step, double value);
/* The same question without a value; cheap. */
ATTUNE_API bool attune_candidate_should_stop(attune_candidate *candidate);

/* Constraint `index` of the trial that a callback was given: kept when value is 0 or less. A trial
 * that breaks one is never the best, and samplers learn where that is; one without a finite value
 * for each fails. */
ATTUNE_API void attune_candidate_constraint(attune_candidate *candidate, int64_t index,
                                            double value);

/* Says why a trial fails, and returns status: return attune_candidate_fail(c, ATTUNE_UNFIT, "...").
 */
ATTUNE_API attune_status attune_candidate_fail(attune_candidate *candidate, attune_status status,
                                               const char *reason);

/* The first fault of the program with this candidate, or OK. */
ATTUNE_API attune_status attune_candidate_check(const attune_candidate *candidate,
                                                attune_error *error);

/* Of a trial that was read: its state, the value of an objective (NaN: none; n_objectives and on:
 * of a constraint), why it failed (NULL: it did not). */
ATTUNE_API attune_state attune_candidate_state(const attune_candidate *candidate);
ATTUNE_API double attune_candidate_value(const attune_candidate *candidate, int64_t objective);
ATTUNE_API const char *attune_candidate_reason(const attune_candidate *candidate);

/* Of one that was asked for or read; never of one that a callback was given. */
ATTUNE_API void attune_candidate_free(attune_candidate *candidate);

/* ---- What was tried ---- */

/* Trials in any state: their numbers are 0 to *n - 1. */
ATTUNE_API attune_status attune_search_count(attune_search *search, int64_t *n,
                                             attune_error *error);

/* The complete trial that is best in an objective, the lowest of equals. NOT_FOUND: none is
 * complete and keeps the constraints. O(trials). */
ATTUNE_API attune_status attune_search_best(attune_search *search, int64_t objective,
                                            int64_t *number, attune_error *error);

/* Calls visit for each trial that keeps the constraints and that no other beats in every objective,
 * by number, until it returns false; candidates end with the call. Of one objective: its best. */
ATTUNE_API attune_status attune_search_front(attune_search *search,
                                             bool (*visit)(attune_candidate *candidate, void *user),
                                             void *user, attune_error *error);

/* One trial, to be freed. NOT_FOUND: no such number. O(trials from it on): to see all, visit. */
ATTUNE_API attune_status attune_search_read(attune_search *search, int64_t number,
                                            attune_candidate **candidate, attune_error *error);

/* Calls visit for each trial in order, until it returns false; candidates end with the call. */
ATTUNE_API attune_status attune_search_visit(attune_search *search,
                                             bool (*visit)(attune_candidate *candidate, void *user),
                                             void *user, attune_error *error);

/* ---- A dumped pipeline ---- */

typedef struct attune_model attune_model;

typedef enum attune_input_kind {
    ATTUNE_INPUT_REAL,
    ATTUNE_INPUT_NOMINAL,
    ATTUNE_INPUT_DATETIME, /* microseconds since 1970-01-01, no zone */
    ATTUNE_INPUT_TEXT
} attune_input_kind;

/* Loads a dump's folder and proves it: every byte, and the predictions of its reference rows.
 * INVALID, UNSUPPORTED, CORRUPT say what is wrong with which file. Thread class of a model: shared
 * read-only, any number of threads may predict at once. */
ATTUNE_API attune_status attune_model_open(attune_model **model, const char *folder,
                                           attune_error *error);
ATTUNE_API void attune_model_close(attune_model *model);

/* What it needs to predict, in the order of its training data: name and kind; NULL: no such index.
 * Of a nominal input also its levels, by code from 0. */
ATTUNE_API int64_t attune_model_n_inputs(const attune_model *model);
ATTUNE_API const char *attune_model_input(const attune_model *model, int64_t input);
ATTUNE_API attune_input_kind attune_model_input_kind(const attune_model *model, int64_t input);
ATTUNE_API int64_t attune_model_n_levels(const attune_model *model, int64_t input);
ATTUNE_API const char *attune_model_level(const attune_model *model, int64_t input, int64_t code);

/* Numbers it gives for a row: one probability a class, or 1 of a regression; and the classes' names
 * in their order (NULL: a regression, or no such class). */
ATTUNE_API int64_t attune_model_n_outputs(const attune_model *model);
ATTUNE_API const char *attune_model_class(const attune_model *model, int64_t output);

typedef enum attune_layout {
    ATTUNE_LAYOUT_F64,  /* double; NaN is missing. REAL */
    ATTUNE_LAYOUT_F32,  /* float; NaN is missing. REAL */
    ATTUNE_LAYOUT_I64,  /* int64_t. REAL, and DATETIME (INT64_MIN is missing) */
    ATTUNE_LAYOUT_I32,  /* int32_t. REAL, and NOMINAL: the code of a level, -1 missing, -2 a
                           level that the model does not know */
    ATTUNE_LAYOUT_UTF8, /* bytes with int32_t offsets. NOMINAL (an unknown level is one that the
                           model does not know) and TEXT */
    ATTUNE_LAYOUT_LARGE_UTF8 /* the same with int64_t offsets */
} attune_layout;

/* One column in the caller's memory, as Arrow has it. Found by name; order does not matter. */
typedef struct attune_column_view {
    const char *name;
    attune_layout layout;
    const void *values;  /* row r at values + r * stride; of texts: all bytes */
    int64_t stride;      /* bytes from row to row; 0: dense. Not of texts */
    const void *offsets; /* of texts: n_rows + 1; row r is the bytes offsets[r] .. offsets[r+1] */
    const uint8_t *validity; /* bit r % 8 of byte r / 8 is 1: a value, 0: missing; NULL: all are */
} attune_column_view;

/* Predicts n_rows rows into out, row r at out + r * out_stride (in doubles; 0: n_outputs). The same
 * bits as `attune predict` gives for the same values, for all rows at once and for each alone.
 * Columns that it does not need are passed over. NOT_FOUND: a column is missing; INVALID: one that
 * has another kind, an infinity or a code that is not a level, with its name and row. out is
 * written only on OK. O(rows): the views are read once into columns of its own. */
ATTUNE_API attune_status attune_model_predict(const attune_model *model,
                                              const attune_column_view *columns, int64_t n_columns,
                                              int64_t n_rows, double *out, int64_t out_stride,
                                              attune_error *error);

#ifdef __cplusplus
}
#endif

#endif
