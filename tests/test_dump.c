/* tests/test_dump.c - a dump written, loaded and proved; nothing that was changed is accepted. */
#include "steps/dump/dump.h"

#include "steps/blueprint.h"
#include "steps/dump/manifest.h"
#include "steps/dump/npy.h"
#include "steps/dump/numeric_class.h"
#include "steps/dump/reference.h"
#include "tests/support.h"
#include "tests/toys.h"

#include <sys/stat.h>
#include <unistd.h>

/* A little of everything that a file can hold, secrets included. */
static const char csv[] = "id,\"width, \"\"in\"\" mm\",height,town,day,note,group,y\n"
                          "secret-1,1.25,0.1,\"Paris, \"\"the\"\" city\",2026-01-02,aa bb,g1,yes\n"
                          "secret-2,NA,0.30000000000000004,\"two\nlines\",2026-03-01,cc dd,g1,no\n"
                          "secret-3,-7e-12,1e300,Oslo,2026-01-02 07:30:15.25,,g2,yes\n"
                          "secret-4,2.385,,Oslo,,ee ff,g2,no\n"
                          "secret-5,3,5e-324,,2026-11-22,gg hh,g3,yes\n";

struct fixture {
    attune_step *pipeline;
    attune_schema *schema;
    attune_data *data;
    json_t *facts;
    attune_dump_content content;
    char *scratch, *path; /* path is scratch/best */
};

static void make_data(struct fixture *f)
{
    attune_error error = {0};
    attune_table *table = NULL;
    attune_texts ids = {0}, groups = {0};
    assert_ok(attune_texts_add(&ids, "id", &error), &error);
    assert_ok(attune_texts_add(&groups, "group", &error), &error);
    json_t *kinds = json_pack("{s:s, s:s}", "town", "nominal", "note", "nominal");
    attune_schema_request request = {
        .target = "y", .positive = "yes", .id = &ids, .group = &groups, .kinds = kinds};
    assert_ok(attune_table_parse(&table, "made.csv", csv, (int64_t)strlen(csv), NULL, &error),
              &error);
    assert_ok(attune_schema_infer(&f->schema, table, &request, NULL, &error), &error);
    assert_ok(attune_schema_data(f->schema, table, true, &f->data, NULL, &error), &error);
    attune_table_free(table);
    attune_texts_clear(&ids);
    attune_texts_clear(&groups);
    json_decref(kinds);
}

static void make_pipeline(struct fixture *f)
{
    attune_error error = {0};
    attune_step *inner = NULL, *model = NULL;
    assert_ok(attune_step_new(&f->pipeline, &toy_box, "seed_pipeline", &error), &error);
    assert_ok(attune_step_new(&inner, &toy_box, "inner box", &error), &error);
    assert_ok(attune_step_new(&model, &toy_model, "model", &error), &error);
    assert_ok(attune_step_add_take(inner, model, &error), &error);
    assert_ok(attune_step_add_take(f->pipeline, inner, &error), &error);
    attune_rows *rows = attune_rows_all(f->data->n_rows, &error);
    attune_context context = attune_context_root(NULL, attune_key_start("test"));
    assert_ok(attune_step_fit(f->pipeline, f->data, rows, &context, &error), &error);
    attune_rows_free(rows);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->scratch = scratch_folder();
    f->path = attune_path_join(f->scratch, "best", NULL);
    make_data(f);
    make_pipeline(f);
    f->facts = json_pack("{s:s, s:i, s:f, s:o}", "study", "made", "trial", 7, "score", 1e-05,
                         "numeric_class", attune_numeric_class(NULL));
    assert_non_null(f->facts);
    f->content = (attune_dump_content){.pipeline = f->pipeline,
                                       .schema = f->schema,
                                       .plan = "{\"data\":{},\"search\":{}}",
                                       .facts = f->facts,
                                       .data = f->data,
                                       .plugins = &toys};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    attune_step_free(f->pipeline);
    attune_schema_free(f->schema);
    attune_data_free(f->data);
    json_decref(f->facts);
    free(f->path);
    scratch_remove(f->scratch);
    free(f);
    return 0;
}

static attune_bundle made(const struct fixture *f)
{
    attune_bundle bundle = {0};
    attune_error error = {0};
    assert_ok(attune_dump_make(&f->content, &bundle, &error), &error);
    return bundle;
}

static void goes_there_and_back(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_dump *dump = NULL;
    attune_texts notes = {0};
    assert_ok(attune_dump_write(&f->content, f->path, false, &error), &error);
    assert_ok(attune_dump_load(f->path, &toys, &dump, &notes, &error), &error);
    assert_int_equal(notes.n, 0);
    assert_string_equal(dump->plan, f->content.plan);
    assert_string_equal(dump->pipeline->name, "seed_pipeline");
    json_t *facts = attune_manifest_facts(dump->manifest, &error);
    assert_true(json_equal(facts, f->facts));
    /* Loaded and written again, from the dump alone: the same bytes. */
    attune_dump_content content = attune_dump_contents(dump, facts);
    content.plugins = &toys;
    char *other = attune_path_join(f->scratch, "again", NULL);
    assert_ok(attune_dump_write(&content, other, false, &error), &error);
    attune_bundle a = {0}, b = {0}, c = made(f);
    assert_ok(attune_bundle_read(&a, f->path, &error), &error);
    assert_ok(attune_bundle_read(&b, other, &error), &error);
    assert_true(attune_bundle_same(&a, &b));
    assert_true(attune_bundle_same(&a, &c));
    assert_ok(attune_dump_check(other, &toys, NULL, &error), &error);
    attune_bundle_clear(&a);
    attune_bundle_clear(&b);
    attune_bundle_clear(&c);
    json_decref(facts);
    attune_dump_free(dump);
    free(other);
}

static void lets_no_row_out(void **state)
{
    struct fixture *f = *state;
    attune_bundle bundle = made(f);
    const attune_bundle_file *rows = attune_bundle_find(&bundle, ATTUNE_REFERENCE_ROWS);
    const attune_bundle_file *file = attune_bundle_find(&bundle, ATTUNE_REFERENCE_PREDICTIONS);
    attune_array predictions = {0};
    assert_non_null(rows);
    assert_non_null(file);
    char *text = strndup(rows->bytes, (size_t)rows->length);
    assert_null(strstr(text, "secret"));
    assert_null(strstr(text, "group"));
    assert_null(strstr(text, "yes"));
    assert_int_equal(strncmp(text, "\"width, \"\"in\"\" mm\",height,town,day", 33), 0);
    assert_ok(attune_npy_read("p", file->bytes, file->length, &predictions, NULL), NULL);
    assert_int_equal(predictions.shape[0], 8);
    assert_int_equal(predictions.shape[1], 2);
    bool differ = false;
    for (int i = 2; i < 16; i += 2)
        differ = differ || predictions.f64[i] != predictions.f64[0];
    assert_true(differ);
    attune_array_clear(&predictions);
    free(text);
    attune_bundle_clear(&bundle);
}

static void loads_by_path(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_step *step = NULL;
    assert_ok(attune_dump_write(&f->content, f->path, false, &error), &error);
    static const char *const paths[] = {"inner box/model", "inner box__model"};
    for (int i = 0; i < 2; i++) {
        assert_ok(attune_dump_load_step(f->path, paths[i], &toys, &step, &error), &error);
        assert_true(step->fitted && step->type == &toy_model);
        attune_step_free(step);
    }
    assert_ok(attune_dump_load_step(f->path, "", &toys, &step, &error), &error);
    assert_string_equal(step->name, "seed_pipeline");
    attune_step_free(step);
    attune_dump_load_step(f->path, "inner box/modle", &toys, &step, &error);
    assert_error(&error, ATTUNE_NOT_FOUND, "there is no step \"inner box/modle\"");
    attune_error_clear(&error);
    attune_dump_load_step(f->path, "../../..", &toys, &step, &error);
    assert_error(&error, ATTUNE_NOT_FOUND, "there is no step");
}

static void refuse_write(const struct fixture *f, const char *words)
{
    attune_error error = {0};
    assert_int_equal(attune_dump_write(&f->content, f->path, false, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, words);
}

static void write_in(const struct fixture *f, const char *name)
{
    char *path = attune_path_join(f->path, name, NULL);
    write_whole(path, "kept\n");
    free(path);
}

static void remove_in(const struct fixture *f, const char *name)
{
    char *path = attune_path_join(f->path, name, NULL);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void overwrites_its_own_study_only(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    struct stat before, after;
    assert_ok(attune_folder_make(f->path, &error), &error); /* empty: taken */
    assert_ok(attune_dump_write(&f->content, f->path, false, &error), &error);
    assert_int_equal(stat(f->path, &before), 0);
    assert_ok(attune_dump_write(&f->content, f->path, false, &error), &error);
    assert_int_equal(stat(f->path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); /* the same dump: left alone */
    json_object_set_new(f->facts, "trial", json_integer(8));
    write_in(f, "notes.md"); /* somebody's own file is not removed with the old dump */
    refuse_write(f, "best/notes.md is not of the dump");
    remove_in(f, "notes.md");
    assert_ok(attune_dump_write(&f->content, f->path, false, &error), &error);
    assert_int_equal(stat(f->path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino); /* another trial: replaced */
    json_object_set_new(f->facts, "study", json_string("other"));
    refuse_write(f, "holds a dump of study \"made\", and this one is of \"other\"");
    assert_ok(attune_dump_write(&f->content, f->path, true, &error), &error);
    assert_ok(attune_dump_check(f->path, &toys, NULL, &error), &error);
    scratch_remove(strdup(f->path));
    assert_ok(attune_folder_make(f->path, &error), &error);
    write_in(f, "thesis.tex");
    refuse_write(f, "is not a dump (it holds thesis.tex)");
    scratch_remove(strdup(f->path));
    write_whole(f->path, "a file");
    refuse_write(f, "best is a file");
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(symlink("/nowhere", f->path), 0);
    refuse_write(f, "best is a link");
    attune_texts names = {0};
    assert_ok(attune_folder_list(f->scratch, &names, &error), &error);
    assert_int_equal(names.n, 1); /* no temporary folder is left */
    attune_texts_clear(&names);
}

static void refuse_bundle(const attune_bundle *bundle, attune_status status, const char *words)
{
    attune_error error = {0};
    attune_dump *dump = NULL;
    attune_dump_load_bundle(bundle, &toys, &dump, NULL, &error);
    assert_error(&error, status, words);
    assert_null(dump);
}

/* Every file with one bit flipped, at its ends and at several places between. */
static void refuses_a_flipped_bit(void **state)
{
    struct fixture *f = *state;
    attune_bundle bundle = made(f);
    int64_t tried = 0;
    for (int64_t i = 0; i < bundle.n; i++) {
        attune_bundle_file *file = &bundle.files[i];
        bool manifest = strcmp(file->path, "manifest.json") == 0;
        int64_t stride = manifest ? 1 : file->length / 16 + 1;
        for (int64_t at = 0; at < file->length; at += stride, tried++) {
            attune_error error = {0};
            attune_dump *dump = NULL;
            char was = file->bytes[at];
            file->bytes[at] = (char)(was ^ (1 << at % 8));
            attune_status status = attune_dump_load_bundle(&bundle, &toys, &dump, NULL, &error);
            file->bytes[at] = was;
            bool named = strstr(error.message, file->path) || strstr(error.source, file->path);
            if (status == ATTUNE_OK || dump || (!manifest && !named))
                fail_msg("%s, byte %lld: accepted, or not named: %s", file->path, (long long)at,
                         error.message);
            if (!manifest)
                assert_int_equal(status, ATTUNE_CORRUPT);
        }
    }
    assert_true(tried > 500);
    attune_bundle_clear(&bundle);
}

/* In the manifest also what reads as the same JSON is a change: 1e-05 and 1E-05. */
static void refuses_another_spelling(void **state)
{
    struct fixture *f = *state;
    attune_bundle bundle = made(f);
    const attune_bundle_file *file = attune_bundle_find(&bundle, "manifest.json");
    char *text = strndup(file->bytes, (size_t)file->length);
    char *e = strstr(text, "1e-05");
    assert_non_null(e);
    file->bytes[e - text + 1] = 'E';
    refuse_bundle(&bundle, ATTUNE_CORRUPT, "manifest.json was changed");
    free(text);
    attune_bundle_clear(&bundle);
}

static void refuses_missing_extra_and_cut_files(void **state)
{
    struct fixture *f = *state;
    attune_bundle bundle = made(f), less = {0};
    less.files = calloc((size_t)bundle.n, sizeof *less.files);
    assert_non_null(less.files);
    for (int64_t gone = 0; gone < bundle.n; gone++) {
        bool manifest = strcmp(bundle.files[gone].path, "manifest.json") == 0;
        less.n = 0;
        for (int64_t i = 0; i < bundle.n; i++)
            if (i != gone)
                less.files[less.n++] = bundle.files[i]; /* borrowed */
        refuse_bundle(&less, manifest ? ATTUNE_INVALID : ATTUNE_CORRUPT,
                      manifest ? "not a dump" : "is missing");
        bundle.files[gone].length--;
        attune_dump *dump = NULL;
        assert_int_equal(attune_dump_load_bundle(&bundle, &toys, &dump, NULL, NULL),
                         ATTUNE_CORRUPT);
        bundle.files[gone].length++;
    }
    free(less.files);
    assert_ok(attune_bundle_add_text_take(&bundle, "extra", attune_copy_text("", NULL), NULL),
              NULL);
    refuse_bundle(&bundle, ATTUNE_CORRUPT, "extra does not belong to the dump");
    attune_bundle_clear(&bundle);
}

/* The manifest with a member set, and its id made right again. */
static void edit_manifest(attune_bundle *bundle, const char *path, const char *key, json_t *value)
{
    attune_error error = {0};
    char id[ATTUNE_SHA256_TEXT_SIZE];
    const attune_bundle_file *file = attune_bundle_find(bundle, "manifest.json");
    json_t *manifest = json_loadb(file->bytes, (size_t)file->length, 0, NULL);
    assert_non_null(manifest);
    json_object_set_new(path ? json_object_get(manifest, path) : manifest, key, value);
    json_object_del(manifest, "id");
    char *text = attune_json_write(manifest, &error);
    assert_ok(attune_sha256(text, (int64_t)strlen(text), id, &error), &error);
    free(text);
    json_object_set_new(manifest, "id", json_string(id));
    text = attune_json_write_pretty(manifest, &error);
    assert_ok(attune_bundle_put_take(bundle, "manifest.json", text, (int64_t)strlen(text), &error),
              &error);
    json_decref(manifest);
}

static void refuses_bad_manifests(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *object, *key, *json;
        attune_status status;
        const char *words;
    } edits[] = {
        {NULL, "min_reader", "2", ATTUNE_UNSUPPORTED, "made by a newer attune (0.1.0)"},
        {NULL, "min_reader", "\"1\"", ATTUNE_CORRUPT, "min_reader"},
        {NULL, "format", "\"zip\"", ATTUNE_INVALID, "not a dump"},
        {NULL, "files", "[]", ATTUNE_CORRUPT, "lists no files"},
        {NULL, "pipeline", "\"../seed_pipeline\"", ATTUNE_CORRUPT, "not a folder's name"},
        {NULL, "pipeline", "7", ATTUNE_CORRUPT, "not a folder's name"},
        {NULL, "pipeline", "\"reference\"", ATTUNE_CORRUPT, "reference/step.json is missing"},
        {"files", "../../etc/passwd", "{\"sha256\": \"\", \"size\": 1}", ATTUNE_CORRUPT,
         "no dump may hold"},
        {"files", "/etc/passwd", "{\"sha256\": \"\", \"size\": 1}", ATTUNE_CORRUPT,
         "no dump may hold"},
        {"files", "manifest.json", "{}", ATTUNE_CORRUPT, "no dump may hold"},
        {"files", "plan.json", "{\"sha256\": 5}", ATTUNE_CORRUPT, "plan.json was changed"},
        {"files", "plan.json", "5", ATTUNE_CORRUPT, "plan.json was changed"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        attune_bundle bundle = made(f);
        edit_manifest(&bundle, edits[i].object, edits[i].key, attune_json_parse(edits[i].json));
        refuse_bundle(&bundle, edits[i].status, edits[i].words);
        attune_bundle_clear(&bundle);
    }
    attune_error error = {0};
    attune_bundle bundle = {0};
    json_object_set_new(f->facts, "files", json_true());
    attune_dump_make(&f->content, &bundle, &error);
    assert_error(&error, ATTUNE_INVALID, "a fact cannot be called \"files\"");
    assert_int_equal(bundle.n, 0);
}

/* Puts bytes in the place of a file and seals the dump anew, as a forger or a faulty tool would. */
static attune_bundle resealed(const struct fixture *f, const char *path, const char *bytes,
                              int64_t length)
{
    attune_bundle bundle = made(f), sealed = {0};
    for (int64_t i = 0; i < bundle.n; i++) {
        attune_bundle_file *file = &bundle.files[i];
        bool replaced = strcmp(file->path, path) == 0;
        int64_t n = replaced ? length : file->length;
        char *copy = malloc((size_t)n + 1);
        assert_non_null(copy);
        memcpy(copy, replaced ? bytes : file->bytes, (size_t)n);
        if (strcmp(file->path, "manifest.json") == 0)
            free(copy);
        else
            assert_ok(attune_bundle_add_take(&sealed, file->path, copy, n, NULL), NULL);
    }
    assert_ok(attune_manifest_seal(&sealed, "seed_pipeline", f->facts, NULL), NULL);
    attune_bundle_clear(&bundle);
    return sealed;
}

/* The dump with the reference predictions moved by a relative amount. */
static attune_bundle moved(const struct fixture *f, double by)
{
    attune_bundle bundle = made(f);
    const attune_bundle_file *file = attune_bundle_find(&bundle, ATTUNE_REFERENCE_PREDICTIONS);
    attune_array array = {0};
    char *bytes = NULL;
    int64_t length = 0;
    assert_ok(attune_npy_read("p", file->bytes, file->length, &array, NULL), NULL);
    for (int64_t i = 0; i < attune_array_count(&array); i++)
        array.f64[i] += by * array.f64[i];
    assert_ok(attune_npy_write(&array, &bytes, &length, NULL), NULL);
    attune_bundle sealed = resealed(f, ATTUNE_REFERENCE_PREDICTIONS, bytes, length);
    attune_bundle_clear(&bundle);
    attune_array_clear(&array);
    free(bytes);
    return sealed;
}

static void proves_its_predictions(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_texts notes = {0};
    attune_dump *dump = NULL;
    attune_bundle near = moved(f, 1e-12), far = moved(f, 1e-6);
    assert_ok(attune_dump_load_bundle(&near, &toys, &dump, &notes, &error), &error);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.items[0], "reference rows: equal within 1e-9 (made on another CPU)");
    attune_dump_free(dump);
    refuse_bundle(&far, ATTUNE_CORRUPT, "not even within 1e-9");
    attune_texts_clear(&notes);
    attune_bundle_clear(&near);
    attune_bundle_clear(&far);
    static const struct {
        const char *path, *text, *words;
    } bad[] = {
        {ATTUNE_REFERENCE_ROWS, "height\n1\n", "cannot be predicted"},
        {ATTUNE_REFERENCE_ROWS, "", "cannot be predicted"},
        {ATTUNE_REFERENCE_PREDICTIONS, "junk", "not a .npy file"},
        {"schema.json", "{}", ""},
        {"schema.json", "{", "not JSON"},
        {"plan.json", "{", "not JSON"},
        {"seed_pipeline/step.json", "[]", "must be an object"},
        {"seed_pipeline/inner.20box/model/coef.npy", "", "not a .npy file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        attune_bundle bundle = resealed(f, bad[i].path, bad[i].text, (int64_t)strlen(bad[i].text));
        refuse_bundle(&bundle, ATTUNE_CORRUPT, bad[i].words);
        attune_bundle_clear(&bundle);
    }
}

static void says_which_folder(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_dump *dump = NULL;
    attune_dump_load(f->path, &toys, &dump, NULL, &error);
    assert_error(&error, ATTUNE_NOT_FOUND, "best");
    attune_error_clear(&error);
    assert_ok(attune_dump_write(&f->content, f->path, false, &error), &error);
    write_in(f, "plan.json");
    attune_dump_load(f->path, &toys, &dump, NULL, &error);
    assert_error(&error, ATTUNE_CORRUPT, "best: plan.json was changed: it has 5 bytes, not 23");
    remove_in(f, "plan.json");
    char *link = attune_path_join(f->path, "plan.json", NULL);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    attune_error_clear(&error);
    assert_int_equal(attune_dump_check(f->path, &toys, NULL, &error), ATTUNE_CORRUPT);
    assert_error(&error, ATTUNE_CORRUPT, "plan.json is a link");
    free(link);
    attune_error_clear(&error);
    attune_dump_check(f->scratch, &toys, NULL, &error);
    assert_int_not_equal(error.status, ATTUNE_OK);
}

/* A pipeline may be called as our own folder is; what is not fitted is no model to dump. */
static void minds_names_and_fits(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_dump *dump = NULL;
    free(f->pipeline->name);
    f->pipeline->name = strdup("reference");
    attune_bundle bundle = made(f);
    assert_ok(attune_dump_load_bundle(&bundle, &toys, &dump, NULL, &error), &error);
    assert_string_equal(dump->pipeline->name, "reference");
    attune_dump_free(dump);
    attune_bundle_clear(&bundle);
    f->pipeline->fitted = false;
    attune_dump_make(&f->content, &bundle, &error);
    assert_error(&error, ATTUNE_INVALID, "fit comes before dump");
    f->pipeline->fitted = true;
    f->content.plan = "{";
    attune_error_clear(&error);
    attune_dump_make(&f->content, &bundle, &error);
    assert_error(&error, ATTUNE_INVALID, "not JSON");
}

/* A real pipeline on real data: the loaded one says the same of every row, to the bit. */
static void serves_a_real_pipeline(void **state)
{
    struct fixture *f = *state;
    static const char plan[] =
        "{\"name\": \"penguins\", \"steps\": [{\"step\": \"impute\"}, {\"step\": \"one_hot\"},"
        " {\"step\": \"standard_scale\"}, {\"step\": \"logistic_regression\"}]}";
    attune_error error = {0};
    attune_document document;
    attune_blueprint blueprint = {0};
    attune_table *table = NULL;
    attune_dump *dump = NULL;
    attune_predictions before = {0}, after = {0};
    attune_schema_request request = {.target = "species"};
    attune_context context = attune_context_root(NULL, attune_key_start("test"));
    attune_schema_free(f->schema);
    attune_data_free(f->data);
    f->schema = NULL;
    f->data = NULL;
    assert_ok(attune_table_read(&table, ATTUNE_TEST_DATA "/penguins.csv", NULL, &error), &error);
    assert_ok(attune_schema_infer(&f->schema, table, &request, NULL, &error), &error);
    assert_ok(attune_schema_data(f->schema, table, true, &f->data, NULL, &error), &error);
    assert_ok(attune_document_parse(&document, "plan", plan, (int64_t)strlen(plan), &error),
              &error);
    attune_at top = attune_at_top(&document);
    assert_ok(attune_blueprint_read(&blueprint, document.root, &top, &error), &error);
    attune_step *pipeline = blueprint.pipeline;
    attune_rows *rows = attune_rows_all(f->data->n_rows, &error);
    assert_ok(attune_step_fit(pipeline, f->data, rows, &context, &error), &error);
    attune_dump_content content = f->content;
    content.pipeline = pipeline;
    content.schema = f->schema;
    content.data = f->data;
    content.plugins = NULL;
    assert_ok(attune_dump_write(&content, f->path, false, &error), &error);
    assert_ok(attune_dump_load(f->path, NULL, &dump, NULL, &error), &error);
    assert_ok(attune_step_predict(pipeline, f->data, rows, &context, &before, &error), &error);
    assert_ok(attune_step_predict(dump->pipeline, f->data, rows, &context, &after, &error), &error);
    assert_int_equal(after.n, f->data->n_rows);
    assert_int_equal(after.width, 3);
    assert_memory_equal(before.values, after.values,
                        (size_t)(after.n * after.width) * sizeof(double));
    attune_predictions_clear(&before);
    attune_predictions_clear(&after);
    attune_rows_free(rows);
    attune_table_free(table);
    attune_dump_free(dump);
    attune_document_clear(&document);
    attune_blueprint_clear(&blueprint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lets_no_row_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loads_by_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(overwrites_its_own_study_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_flipped_bit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_another_spelling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_missing_extra_and_cut_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_bad_manifests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(proves_its_predictions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_which_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(minds_names_and_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(serves_a_real_pipeline, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
