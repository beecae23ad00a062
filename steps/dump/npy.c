/* steps/dump/npy.c - arrays as .npy files. Source: numpy's NEP 1, format version 1.0. */
#include "steps/dump/npy.h"

#include "spaces/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { magic_size = 8, start_size = 10, alignment = 64, most_dims = 3 };

static const char magic[] = "\x93NUMPY\x01"; /* and a zero: its terminator */

static const struct {
    const char *word, *descr;
} types[ATTUNE_ARRAY_TYPES] = {
    [ATTUNE_ARRAY_F64] = {"f64", "<f8"}, [ATTUNE_ARRAY_F32] = {"f32", "<f4"},
    [ATTUNE_ARRAY_I64] = {"i64", "<i8"}, [ATTUNE_ARRAY_I32] = {"i32", "<i4"},
    [ATTUNE_ARRAY_U8] = {"u8", "|u1"},
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "items are written as they lie");

const char *attune_array_type_word(attune_array_type type)
{
    return types[type].word;
}

bool attune_array_type_from_word(const char *word, attune_array_type *type)
{
    for (int i = 0; i < ATTUNE_ARRAY_TYPES; i++)
        if (strcmp(types[i].word, word) == 0) {
            *type = (attune_array_type)i;
            return true;
        }
    return false;
}

static void append_header(attune_text *text, const attune_array *array)
{
    attune_text_append_bytes(text, magic, magic_size);
    attune_text_append_bytes(text, "\0", 2); /* the length, filled in below */
    attune_text_printf(text, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                       types[array->type].descr);
    for (int i = 0; i < array->n_dims; i++)
        attune_text_printf(text, "%s%lld", i ? ", " : "", (long long)array->shape[i]);
    attune_text_append(text, array->n_dims == 1 ? ",), }" : "), }");
    while (!text->failed && (text->length + 1) % alignment != 0)
        attune_text_append(text, " ");
    attune_text_append(text, "\n");
    if (text->failed)
        return;
    int64_t size = text->length - start_size; /* well below 65536: three numbers at most */
    text->bytes[magic_size] = (char)(size & 0xff);
    text->bytes[magic_size + 1] = (char)(size >> 8);
}

attune_status attune_npy_write(const attune_array *array, char **bytes, int64_t *length,
                               attune_error *error)
{
    attune_text text = {0};
    append_header(&text, array);
    int64_t items = attune_array_count(array) * (int64_t)attune_array_item_size(array->type);
    attune_text_append_bytes(&text, array->data, items);
    int64_t total = text.length;
    char *taken = attune_text_take(&text, error);
    if (!taken)
        return ATTUNE_MEMORY;
    *bytes = taken;
    *length = total;
    return ATTUNE_OK;
}

/* What is left of a header's text. */
struct cursor {
    const char *at, *end;
};

static void skip_spaces(struct cursor *c)
{
    while (c->at < c->end && *c->at == ' ')
        c->at++;
}

/* Passes over spaces and then over word, if that is what stands there. */
static bool eat(struct cursor *c, const char *word)
{
    size_t length = strlen(word);
    skip_spaces(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

static bool eat_number(struct cursor *c, int64_t *number)
{
    skip_spaces(c);
    const char *start = c->at;
    int64_t value = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *c->at - '0', &value))
            return false;
    *number = value;
    return c->at > start;
}

static const char *read_descr(struct cursor *c, attune_array *array)
{
    for (int i = 0; i < ATTUNE_ARRAY_TYPES; i++) {
        struct cursor trial = *c;
        if (eat(&trial, "'") && eat(&trial, types[i].descr) && eat(&trial, "'")) {
            array->type = (attune_array_type)i;
            *c = trial;
            return NULL;
        }
    }
    return "its items are none of <f8, <f4, <i8, <i4, |u1";
}

static const char *read_shape(struct cursor *c, attune_array *array)
{
    if (!eat(c, "("))
        return "its shape is not a tuple";
    array->n_dims = 0;
    while (!eat(c, ")")) {
        if (array->n_dims == most_dims)
            return "it has more than three dimensions";
        if (!eat_number(c, &array->shape[array->n_dims++]))
            return "its shape is not made of whole numbers";
        /* The comma after the last number is needed in (n,) and allowed elsewhere. */
        bool comma = eat(c, ",");
        struct cursor next = *c;
        if (!comma && (array->n_dims == 1 || !eat(&next, ")")))
            return "its shape is not a tuple";
    }
    return NULL;
}

/* NULL, or what is wrong with the dictionary. */
static const char *read_dictionary(struct cursor *c, attune_array *array)
{
    bool descr = false, order = false, shape = false;
    const char *wrong = NULL;
    if (!eat(c, "{"))
        return "its header is not a dictionary";
    while (!wrong && !eat(c, "}")) {
        if (!descr && eat(c, "'descr':")) {
            descr = true;
            wrong = read_descr(c, array);
        } else if (!order && eat(c, "'fortran_order':")) {
            order = true;
            wrong = eat(c, "False") ? NULL : "it is not in C order";
        } else if (!shape && eat(c, "'shape':")) {
            shape = true;
            wrong = read_shape(c, array);
        } else {
            return "its header has an unknown member";
        }
        struct cursor next = *c;
        if (!wrong && !eat(c, ",") && !eat(&next, "}"))
            wrong = "its header is not a dictionary";
    }
    if (!wrong && !(descr && order && shape))
        wrong = "its header lacks descr, fortran_order or shape";
    return wrong;
}

static const char *read_header(const char *bytes, int64_t length, int64_t *items,
                               attune_array *array)
{
    if (length < start_size || memcmp(bytes, magic, 6) != 0)
        return "it does not begin as one";
    if (memcmp(bytes, magic, magic_size) != 0)
        return "it is not of format 1.0";
    *items = start_size + (unsigned char)bytes[8] + 256 * (unsigned char)bytes[9];
    if (*items > length)
        return "it ends within its header";
    struct cursor c = {bytes + start_size, bytes + *items};
    const char *wrong = read_dictionary(&c, array);
    if (!wrong && (!eat(&c, "\n") || c.at != c.end))
        wrong = "its header does not end with a newline";
    return wrong;
}

/* Bytes of the items; false when the product leaves 63 bits. A dimension may be 0. */
static bool items_size(const attune_array *array, int64_t *size)
{
    *size = (int64_t)attune_array_item_size(array->type);
    for (int i = 0; i < array->n_dims; i++)
        if (__builtin_mul_overflow(*size, array->shape[i], size))
            return false;
    return true;
}

attune_status attune_npy_read(const char *source, const void *bytes, int64_t length,
                              attune_array *array, attune_error *error)
{
    attune_array header = {0}, made = {0};
    int64_t items = 0, size = 0;
    const char *wrong = read_header(bytes, length, &items, &header);
    if (wrong)
        return attune_fail_in(error, ATTUNE_CORRUPT, source, 0, 0, "not a .npy file of ours: %s",
                              wrong);
    if (!items_size(&header, &size) || size != length - items)
        return attune_fail_in(error, ATTUNE_CORRUPT, source, 0, 0,
                              "its shape does not fit the %lld bytes that follow the header",
                              (long long)(length - items));
    attune_status status =
        attune_array_make(&made, header.type, header.n_dims, header.shape, error);
    if (status)
        return status;
    if (size)
        memcpy(made.data, (const char *)bytes + items, (size_t)size);
    attune_array_clear(array);
    *array = made;
    return ATTUNE_OK;
}
