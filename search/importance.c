/* search/importance.c - how much worse without a column: each is shuffled, predicted, scored. */
#include "search/importance.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One task is one repeat of one column. */
struct job {
    const attune_importance_request *request;
    const attune_truth *truth;
    const int64_t *columns; /* of the data */
    int64_t n_tasks, next;  /* next: atomic */
    double *scores;         /* one a task */
    pthread_mutex_t lock;   /* of what follows */
    int64_t failed;         /* the lowest task that failed; n_tasks: none */
    attune_error error;     /* of it */
};

static const size_t sizes[ATTUNE_KINDS] = {sizeof(double), sizeof(int32_t), sizeof(int64_t),
                                           sizeof(char *)};

/* The column with the values of the rows in another order; other rows keep theirs. */
static attune_column *shuffled(const attune_column *column, const attune_rows *rows, attune_key key,
                               attune_error *error)
{
    size_t size = sizes[column->kind];
    const char *from = (const char *)column->reals;
    attune_buffer *buffer = attune_buffer_new(column->n_rows * (int64_t)size, error);
    int64_t *order = attune_alloc(rows->n, sizeof *order, error);
    attune_column *made = NULL;
    if (buffer && order) {
        attune_stream stream = attune_stream_new(key);
        char *to = attune_buffer_bytes(buffer);
        memcpy(order, rows->index, (size_t)rows->n * sizeof *order);
        attune_stream_shuffle(&stream, order, rows->n);
        for (int64_t i = 0; i < column->n_rows; i++)
            memcpy(to + (size_t)i * size, from + (size_t)(i * column->stride) * size, size);
        for (int64_t i = 0; i < rows->n; i++)
            memcpy(to + (size_t)rows->index[i] * size,
                   from + (size_t)(order[i] * column->stride) * size, size);
        made = attune_column_new(column->name, column->kind, attune_key_join(column->id, key),
                                 column->n_rows, buffer, to, 1, column->levels, error);
    }
    attune_buffer_free(buffer);
    free(order);
    return made;
}

static attune_status score_data(const struct job *job, const attune_data *data, double *score,
                                attune_error *error)
{
    const attune_importance_request *r = job->request;
    attune_context context = attune_context_root(NULL, attune_key_start("predict"));
    attune_predictions predictions = {0};
    context.phase = ATTUNE_PHASE_EVALUATE;
    attune_status status =
        attune_step_predict(r->pipeline, data, r->rows, &context, &predictions, error);
    if (!status)
        status = attune_metric_score(r->metric, job->truth, &predictions, score, error);
    if (!status && !isfinite(*score))
        status =
            attune_fail(error, ATTUNE_UNFIT, "%s is not defined on these rows", r->metric->name);
    attune_predictions_clear(&predictions);
    return status;
}

static attune_status run_task(const struct job *job, int64_t task, attune_error *error)
{
    const attune_importance_request *r = job->request;
    int64_t c = job->columns[task / r->repeats];
    const attune_column *column = r->data->columns[c];
    attune_key key =
        attune_key_text(attune_key_join(attune_key_start("permute"), r->key), column->name);
    attune_column **replace = attune_alloc(r->data->n_columns, sizeof *replace, error);
    attune_data *data = NULL;
    if (!replace)
        return ATTUNE_MEMORY;
    replace[c] = shuffled(column, r->rows, attune_key_integer(key, task % r->repeats), error);
    if (replace[c])
        data = attune_data_with(r->data, replace, NULL, NULL, 0, error);
    attune_status status = data ? score_data(job, data, &job->scores[task], error) : ATTUNE_MEMORY;
    attune_data_free(data);
    attune_column_free(replace[c]);
    free(replace);
    return status;
}

static void work(struct job *job)
{
    for (;;) {
        attune_error error = {0};
        int64_t task = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (task >= job->n_tasks)
            return;
        if (run_task(job, task, &error) == ATTUNE_OK)
            continue;
        pthread_mutex_lock(&job->lock);
        if (task < job->failed) {
            job->failed = task;
            job->error = error;
        }
        pthread_mutex_unlock(&job->lock);
    }
}

static void summarise(const struct job *job, attune_importance *importance)
{
    int64_t repeats = job->request->repeats;
    double sign = job->request->metric->direction == ATTUNE_MAXIMIZE ? -1 : 1;
    for (int64_t i = 0; i < importance->names.n; i++) {
        double sum = 0, square = 0;
        for (int64_t k = 0; k < repeats; k++)
            sum += sign * (job->scores[i * repeats + k] - importance->score);
        double mean = sum / (double)repeats;
        for (int64_t k = 0; k < repeats; k++) {
            double apart = sign * (job->scores[i * repeats + k] - importance->score) - mean;
            square += apart * apart;
        }
        importance->mean[i] = mean;
        importance->deviation[i] = sqrt(square / (double)repeats);
    }
}

/* The inputs: their places to index, their names to importance. */
static attune_status list_inputs(const attune_data *data, attune_importance *importance,
                                 int64_t *index, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t c = 0; c < data->n_columns && !status; c++) {
        if (data->roles[c] != ATTUNE_INPUT)
            continue;
        index[importance->names.n] = c;
        status = attune_texts_add(&importance->names, data->columns[c]->name, error);
    }
    return status;
}

static attune_status permute_all(struct job *job, attune_importance *importance,
                                 attune_error *error)
{
    int threads = job->request->threads;
    job->n_tasks = job->failed = importance->names.n * job->request->repeats;
    job->scores = attune_alloc(job->n_tasks, sizeof *job->scores, error);
    if (!job->scores)
        return ATTUNE_MEMORY;
    pthread_mutex_init(&job->lock, NULL);
#pragma omp parallel num_threads(threads) default(none) shared(job)
    work(job);
    pthread_mutex_destroy(&job->lock);
    if (job->failed < job->n_tasks) {
        if (error)
            *error = job->error;
        return job->error.status;
    }
    summarise(job, importance);
    return ATTUNE_OK;
}

attune_status attune_importance_permute(attune_importance *importance,
                                        const attune_importance_request *request,
                                        attune_error *error)
{
    const attune_data *data = request->data;
    attune_truth truth = {0};
    struct job job = {.request = request, .truth = &truth};
    memset(importance, 0, sizeof *importance);
    int64_t *index = attune_alloc(data->n_columns, sizeof *index, error);
    importance->mean = attune_alloc(data->n_columns, sizeof *importance->mean, error);
    importance->deviation = attune_alloc(data->n_columns, sizeof *importance->mean, error);
    attune_status status =
        index && importance->mean && importance->deviation ? ATTUNE_OK : ATTUNE_MEMORY;
    job.columns = index;
    if (!status)
        status = list_inputs(data, importance, index, error);
    if (!status)
        status = attune_truth_gather(&truth, data, request->rows, error);
    if (!status)
        status = score_data(&job, data, &importance->score, error);
    if (!status)
        status = permute_all(&job, importance, error);
    attune_truth_clear(&truth);
    free(job.scores);
    free(index);
    if (status)
        attune_importance_clear(importance);
    return status;
}

void attune_importance_clear(attune_importance *importance)
{
    attune_texts_clear(&importance->names);
    free(importance->mean);
    free(importance->deviation);
    memset(importance, 0, sizeof *importance);
}
