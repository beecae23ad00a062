/* search/program/output.c - what a program prints, read line by line. */
#include "search/program/output.h"

#include "spaces/base/file.h"
#include "spaces/base/json.h"
#include "spaces/base/number.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static attune_status copy(const attune_program_output *output, const char *bytes, int64_t length,
                          attune_error *error)
{
    while (length > 0) {
        ssize_t n = write(output->file, bytes, (size_t)length);
        if (n < 0 && errno != EINTR)
            return attune_fail_errno(error, "write", "the copy of a program's output");
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? n : 0;
    }
    return ATTUNE_OK;
}

static attune_status take_report(attune_program_output *output, const json_t *step, double value,
                                 attune_error *error)
{
    double number = NAN;
    if (!attune_json_number(step, &number) || !(number >= 0 && number < 1e15) ||
        number != floor(number))
        return attune_fail(error, ATTUNE_UNFIT,
                           "line %lld of its output: a step is a whole number from 0 on",
                           (long long)output->n_lines);
    if (!isfinite(value))
        return attune_fail(error, ATTUNE_UNFIT, "the value at step %.0f is not a finite number",
                           number);
    if (output->steps && number > (double)output->steps)
        return attune_fail(error, ATTUNE_UNFIT,
                           "it reported step %.0f, and the plan says that %lld is the last "
                           "(objective.steps)",
                           number, (long long)output->steps);
    output->has_report = true;
    output->report = value;
    return output->reported(output->user, (int64_t)number, value, error);
}

/* A line of JSON that speaks of a value has to be right: one that is not must not be passed over.
 */
static attune_status take_object(attune_program_output *output, attune_error *error)
{
    const char *line = output->line.bytes;
    if (!strstr(line, "\"value\""))
        return ATTUNE_OK;
    json_t *json = attune_json_parse(line);
    json_t *step = json_object_get(json, "step");
    double value = NAN;
    attune_status status = ATTUNE_OK;
    if (!attune_json_number(json_object_get(json, "value"), &value))
        status = attune_fail(error, ATTUNE_UNFIT,
                             "line %lld of its output is not as in {\"value\": 0.25} or {\"step\": "
                             "3, \"value\": 0.31}: %.100s",
                             (long long)output->n_lines, line);
    else if (step)
        status = take_report(output, step, value, error);
    else {
        output->has_value = true;
        output->value = value;
    }
    json_decref(json);
    return status;
}

static attune_status take_line(attune_program_output *output, attune_error *error)
{
    attune_text *line = &output->line;
    double value = 0;
    attune_status status = ATTUNE_OK;
    output->n_lines++;
    const char *text = line->bytes ? line->bytes : "";
    text += strspn(text, " \t");
    int64_t length = (int64_t)strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        length--;
    if (output->is_long || length == 0)
        ;
    else if (*text == '{')
        status = take_object(output, error);
    else if (attune_real_read(text, length, &value)) {
        output->has_value = true;
        output->value = value;
    }
    line->length = 0;
    if (line->bytes)
        line->bytes[0] = '\0';
    output->is_long = false;
    return status;
}

attune_status attune_program_output_take(attune_program_output *output, const char *bytes,
                                         int64_t length, attune_error *error)
{
    attune_status status = copy(output, bytes, length, error);
    while (length > 0 && !status) {
        const char *end = memchr(bytes, '\n', (size_t)length);
        int64_t n = end ? end - bytes : length;
        output->is_long |= output->line.length + n > ATTUNE_OUTPUT_LONGEST;
        if (!output->is_long)
            attune_text_append_bytes(&output->line, bytes, n);
        if (output->line.failed)
            return attune_fail(error, ATTUNE_MEMORY, "out of memory: a line of output");
        if (end)
            status = take_line(output, error);
        bytes += n + (end != NULL);
        length -= n + (end != NULL);
    }
    return status;
}

attune_status attune_program_output_end(attune_program_output *output, double *value,
                                        attune_error *error)
{
    attune_status status = output->line.length ? take_line(output, error) : ATTUNE_OK;
    if (status)
        return status;
    if (!output->has_value && !output->has_report)
        return attune_fail(error, ATTUNE_UNFIT,
                           "it printed no value, a number on a line of its own or {\"value\": "
                           "0.25}");
    *value = output->has_value ? output->value : output->report;
    return isfinite(*value) ? ATTUNE_OK
                            : attune_fail(error, ATTUNE_UNFIT, "the value is not a finite number");
}

void attune_program_output_clear(attune_program_output *output)
{
    attune_text_clear(&output->line);
}
