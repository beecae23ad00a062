/* tests/test_schema.c - kinds, roles and tasks as a person would expect them; typing; JSON. */
#include "tests/support.h"

#include "steps/data/schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static attune_table *parse(const char *text)
{
    attune_error error = {0};
    attune_table *table = NULL;
    assert_ok(attune_table_parse(&table, "test.csv", text, (int64_t)strlen(text), NULL, &error),
              &error);
    return table;
}

static attune_schema *infer(const attune_table *table, const attune_schema_request *request,
                            attune_texts *notes)
{
    attune_error error = {0};
    attune_schema *schema = NULL;
    assert_ok(attune_schema_infer(&schema, table, request, notes, &error), &error);
    return schema;
}

static attune_data *type(const attune_schema *schema, const char *text, bool need_target,
                         attune_texts *notes)
{
    attune_error error = {0};
    attune_data *data = NULL;
    attune_table *table = parse(text);
    assert_ok(attune_schema_data(schema, table, need_target, &data, notes, &error), &error);
    attune_table_free(table);
    return data;
}

/* The text with this request is refused with these words. */
static void refused(const char *text, const attune_schema_request *request, const char *words)
{
    attune_error error = {0};
    attune_schema *schema = NULL;
    attune_table *table = parse(text);
    attune_schema_infer(&schema, table, request, NULL, &error);
    assert_error(&error, ATTUNE_INVALID, words);
    assert_null(schema);
    attune_table_free(table);
}

static bool noted(const attune_texts *notes, const char *words)
{
    for (int64_t i = 0; i < notes->n; i++)
        if (strstr(notes->items[i], words))
            return true;
    return false;
}

static const char people[] = "id,age,joined,plan,empty,zip,weight,churn\n"
                             "007,31,2026-01-05,basic,,01234,1,yes\n"
                             "008,,2026-02-05,pro,,01235,2,no\n"
                             "009,44.5,,basic,,01234,0.5,no\n"
                             "010,28,2026-03-09,,,99999,1,yes\n";

static attune_schema *people_schema(attune_texts *notes)
{
    char id[] = "id";
    char *ids[] = {id};
    attune_texts id_list = {ids, 1};
    json_t *kinds = json_pack("{s:s}", "zip", "nominal");
    attune_schema_request request = {
        .target = "churn", .weight = "weight", .id = &id_list, .kinds = kinds};
    attune_table *table = parse(people);
    attune_schema *schema = infer(table, &request, notes);
    attune_table_free(table);
    json_decref(kinds);
    return schema;
}

static void kinds_and_roles_are_inferred(void **state)
{
    (void)state;
    attune_texts notes = {0};
    attune_schema *schema = people_schema(&notes);
    static const attune_kind kinds[] = {
        ATTUNE_TEXT_COLUMN, ATTUNE_REAL_COLUMN,    ATTUNE_DATETIME_COLUMN, ATTUNE_NOMINAL_COLUMN,
        ATTUNE_REAL_COLUMN, ATTUNE_NOMINAL_COLUMN, ATTUNE_REAL_COLUMN,     ATTUNE_NOMINAL_COLUMN};
    static const attune_role roles[] = {ATTUNE_ID,    ATTUNE_INPUT, ATTUNE_INPUT,  ATTUNE_INPUT,
                                        ATTUNE_INPUT, ATTUNE_INPUT, ATTUNE_WEIGHT, ATTUNE_TARGET};
    assert_int_equal(schema->n, 8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(schema->columns[i].kind, kinds[i]);
        assert_int_equal(schema->columns[i].role, roles[i]);
    }
    assert_int_equal(schema->task, ATTUNE_BINARY);
    assert_int_equal(schema->positive, 1); /* yes comes after no */
    assert_string_equal(schema->columns[5].levels->names[0], "01234");
    assert_true(noted(&notes, "empty: all values are missing"));
    assert_true(noted(&notes, "the positive class is \"yes\""));
    attune_texts_clear(&notes);
    attune_schema_free(schema);
}

static void values_are_typed(void **state)
{
    (void)state;
    attune_schema *schema = people_schema(NULL);
    attune_data *data = type(schema, people, true, NULL);
    const attune_column *age = data->columns[1], *joined = data->columns[2];
    const attune_column *plan = data->columns[3], *churn = attune_data_target(data);
    assert_string_equal(data->columns[0]->texts[0], "007");
    assert_close(age->reals[2], 44.5, 0);
    assert_true(isnan(age->reals[1]));
    assert_int_equal(joined->times[0], 1767571200000000);
    assert_true(joined->times[2] == ATTUNE_TIME_MISSING);
    assert_int_equal(plan->codes[1], 1);
    assert_int_equal(plan->codes[3], ATTUNE_CODE_MISSING);
    assert_int_equal(churn->codes[0], 1);
    assert_true(isnan(data->columns[4]->reals[0]));
    assert_int_equal(data->task, ATTUNE_BINARY);
    assert_int_equal(data->positive, 1);
    attune_data_free(data);
    attune_schema_free(schema);
}

static void order_and_extra_columns_do_not_matter(void **state)
{
    (void)state;
    attune_schema *schema = people_schema(NULL);
    attune_data *data = type(schema, people, true, NULL);
    attune_data *other = type(schema,
                              "more,churn,plan,zip,joined,empty,weight,id,age\n"
                              "x,yes,basic,01234,2026-01-05,,1,007,31\n"
                              "x,no,pro,01235,2026-02-05,NA,2,008,\n"
                              "x,no,basic,01234,,,0.5,009,44.50\n"
                              "x,yes,,99999,2026-03-09,,1,010,2.8e1\n",
                              true, NULL);
    assert_int_equal(data->n_columns, other->n_columns);
    for (int64_t i = 0; i < data->n_columns; i++)
        assert_true(attune_key_same(data->columns[i]->id, other->columns[i]->id));
    assert_true(attune_key_same(data->id, other->id));
    assert_true(attune_key_same(attune_data_fingerprint(data), attune_data_fingerprint(other)));
    attune_data_free(other);
    attune_data_free(data);
    attune_schema_free(schema);
}

static void fingerprint_sees_every_value(void **state)
{
    (void)state;
    attune_schema *schema = people_schema(NULL);
    attune_data *data = type(schema, people, true, NULL);
    attune_key key = attune_data_fingerprint(data);
    attune_data_free(data);
    for (size_t i = 0; i < sizeof people - 1; i++) {
        char text[sizeof people];
        memcpy(text, people, sizeof people);
        if (text[i] != '4' && text[i] != '9')
            continue; /* other letters would make it another file altogether */
        text[i] = '8';
        attune_data *other = type(schema, text, true, NULL);
        assert_false(attune_key_same(key, attune_data_fingerprint(other)));
        attune_data_free(other);
    }
    attune_schema_free(schema);
}

static void predicting_needs_the_inputs_only(void **state)
{
    (void)state;
    attune_schema *schema = people_schema(NULL);
    attune_texts notes = {0};
    attune_data *data =
        type(schema, "zip,plan,joined,empty,age\n01234,promo,,,3\n5,promo,,,\n7,pro,,,\n", false,
             &notes);
    assert_int_equal(data->n_columns, 5);
    assert_null(attune_data_target(data));
    const attune_column *plan = data->columns[attune_data_find(data, "plan")];
    assert_int_equal(plan->codes[0], ATTUNE_CODE_UNSEEN);
    assert_int_equal(plan->codes[2], 1);
    assert_true(noted(&notes, "unknown level plan=\"promo\" in 2 rows"));
    assert_true(noted(&notes, "unknown level zip=\"5\" in 1 row"));
    attune_data_free(data);
    attune_texts_clear(&notes);
    attune_error error = {0};
    attune_table *table = parse("zip,plan,churn\n01234,pro,yes\n");
    attune_schema_data(schema, table, false, &data, NULL, &error);
    assert_error(&error, ATTUNE_INVALID, "columns are missing: \"age\", \"joined\", \"empty\"");
    attune_table_free(table);
    attune_schema_free(schema);
}

static void many_unknown_levels_are_summed_up(void **state)
{
    (void)state;
    attune_table *table = parse("x,y\na,1.5\nb,2.5\na,3\nb,4\n");
    attune_schema_request request = {.target = "y"};
    attune_schema *schema = infer(table, &request, NULL);
    attune_texts notes = {0};
    attune_data *data = type(schema, "x\nc\nd\ne\nf\ng\nh\ni\nc\n", false, &notes);
    assert_int_equal(notes.n, 6);
    assert_true(noted(&notes, "unknown level x=\"c\" in 2 rows"));
    assert_string_equal(notes.items[5], "and more unknown levels of x in 2 rows");
    attune_data_free(data);
    attune_texts_clear(&notes);
    attune_schema_free(schema);
    attune_table_free(table);
}

static void typing_refuses(void **state)
{
    (void)state;
    attune_table *train = parse("x,d,y\n1,2026-01-01,a\n2,2026-01-02,b\n");
    attune_schema_request request = {.target = "y"};
    attune_schema *schema = infer(train, &request, NULL);
    static const struct {
        const char *text, *words;
        int line;
    } wrong[] = {
        {"x,d,y\n1,2026-01-01,a\noops,2026-01-02,b\n", "column \"x\": \"oops\" is not a number", 3},
        {"x,d,y\n1,2026-01-01,a\n\n\ninf,2026-01-02,b\n", "column \"x\": \"inf\" is not finite", 5},
        {"x,d,y\n1,2026-02-30,a\n2,,b\n", "\"2026-02-30\" is not an ISO 8601 date", 2},
        {"x,d,y\n1,2026-01-01,a\n1,2026-01-01,\n", "target \"y\" is missing", 3},
        {"x,d,y\n1,2026-01-01,c\n", "has \"c\" in 1 rows, a class that the training data", 0},
        {"x,y\n1,a\n", "column is missing: \"d\"", 0},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        attune_error error = {0};
        attune_data *data = NULL;
        attune_table *table = parse(wrong[i].text);
        attune_schema_data(schema, table, true, &data, NULL, &error);
        assert_error(&error, ATTUNE_INVALID, wrong[i].words);
        assert_int_equal(error.line, wrong[i].line);
        assert_string_equal(error.source, "test.csv");
        assert_null(data);
        attune_table_free(table);
    }
    attune_schema_free(schema);
    attune_table_free(train);
}

static void tasks_follow_target_and_metric(void **state)
{
    (void)state;
    static const struct {
        const char *values[4];
        attune_task asked, task;
    } cases[] = {
        {{"0", "1", "1", "0"}, ATTUNE_NO_TASK, ATTUNE_BINARY},
        {{"0", "1", "1", "0"}, ATTUNE_REGRESSION, ATTUNE_REGRESSION},
        {{"0", "1", "2", "0"}, ATTUNE_NO_TASK, ATTUNE_MULTICLASS},
        {{"0.5", "1", "2", "0"}, ATTUNE_NO_TASK, ATTUNE_REGRESSION},
        {{"0.5", "1", "0.5", "1"}, ATTUNE_BINARY, ATTUNE_BINARY},
        {{"a", "b", "c", "a"}, ATTUNE_BINARY, ATTUNE_MULTICLASS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *v = cases[i].values;
        attune_text text = {0};
        attune_text_printf(&text, "x,y\n1,%s\n2,%s\n3,%s\n4,%s\n", v[0], v[1], v[2], v[3]);
        attune_table *table = parse(text.bytes);
        attune_schema_request request = {.target = "y", .task = cases[i].asked};
        attune_schema *schema = infer(table, &request, NULL);
        assert_int_equal(schema->task, cases[i].task);
        assert_int_equal(schema->positive, cases[i].task == ATTUNE_BINARY ? 1 : -1);
        attune_schema_free(schema);
        attune_table_free(table);
        attune_text_clear(&text);
    }
}

static void levels_are_in_order_of_value(void **state)
{
    (void)state;
    attune_table *table = parse("x,y\n1,10\n2,9\n3,-1\n4,10\n");
    attune_schema_request request = {.target = "y", .positive = NULL};
    attune_schema *schema = infer(table, &request, NULL);
    const attune_levels *levels = schema->columns[1].levels;
    assert_int_equal(levels->n, 3);
    assert_string_equal(levels->names[0], "-1");
    assert_string_equal(levels->names[1], "9");
    assert_string_equal(levels->names[2], "10");
    attune_schema_free(schema);
    attune_table_free(table);
}

static void texts_of_too_many_levels_are_ignored(void **state)
{
    (void)state;
    attune_text text = {0};
    attune_text_append(&text, "name,city,nearly,y\n");
    for (int i = 0; i < 40; i++)
        attune_text_printf(&text, "n%d,c%d,%s%d,%d.5\n", i, i % 20, i == 30 ? "x" : "", i, i);
    attune_table *table = parse(text.bytes);
    attune_schema_request request = {.target = "y"};
    attune_texts notes = {0};
    attune_schema *schema = infer(table, &request, &notes);
    assert_int_equal(schema->columns[0].kind, ATTUNE_TEXT_COLUMN);
    assert_int_equal(schema->columns[0].role, ATTUNE_IGNORE);
    assert_int_equal(schema->columns[1].kind, ATTUNE_NOMINAL_COLUMN);
    assert_true(noted(&notes, "name: 40 different texts in 40 rows; treated as text and ignored"));
    assert_true(noted(&notes, "nearly: 39 of 40 values are numbers, but line 32 has \"x30\""));
    attune_texts_clear(&notes);
    attune_schema_free(schema);
    attune_table_free(table);
    attune_text_clear(&text);
}

static void wrong_requests_are_refused(void **state)
{
    (void)state;
    static const char text[] =
        "survived,age,fare,day,w\nyes,1,2,2026-01-01,1\nno,3,x,2026-01-02,-1\n";
    char age[] = "age";
    char *ages[] = {age};
    attune_texts list = {ages, 1};
    json_t *real = json_pack("{s:s}", "fare", "real"), *odd = json_pack("{s:s}", "fare", "number");
    refused("a,b\n", &(attune_schema_request){.target = "b"}, "no data rows");
    refused(text, &(attune_schema_request){.target = "survive"}, "did you mean \"survived\"?");
    refused(text, &(attune_schema_request){.target = "zzzzz"},
            "it has survived, age, fare, day, w");
    refused(text, &(attune_schema_request){.target = "age", .ignore = &list},
            "ignore: \"age\" is the target already; a column has one role");
    refused(text, &(attune_schema_request){.target = "survived", .task = ATTUNE_REGRESSION},
            "line 2 of test.csv has \"yes\"; choose a metric for classes");
    refused(text, &(attune_schema_request){.target = "survived", .positive = "Yes"},
            "positive: \"Yes\" is no class of \"survived\", did you mean \"yes\"?");
    refused(text, &(attune_schema_request){.target = "survived", .time = "fare"}, "ISO 8601");
    refused(text, &(attune_schema_request){.target = "survived", .weight = "w"},
            "weight: \"w\" is negative in line 3");
    refused(text, &(attune_schema_request){.target = "survived", .kinds = real},
            "fare is declared real, but \"x\" in line 3");
    refused(text, &(attune_schema_request){.target = "survived", .kinds = odd}, "a kind is one of");
    refused("x,y\n1,a\n2,a\n", &(attune_schema_request){.target = "y"},
            "\"y\" has one class only, \"a\"");
    refused("x,y\n1,a\n2,\n3,b\n4,NA\n", &(attune_schema_request){.target = "y"},
            "missing in 2 rows of test.csv, first in line 3");
    refused("y\na\nb\n", &(attune_schema_request){.target = "y"}, "no column is left as an input");
    json_decref(real);
    json_decref(odd);
}

static void errors_stand_at_the_plan(void **state)
{
    (void)state;
    static const char plan[] = "{\n  \"data\": {\n    \"target\": \"z\"\n  }\n}";
    attune_document document;
    attune_error error = {0};
    assert_ok(attune_document_parse(&document, "plan.json", plan, sizeof plan - 1, &error), &error);
    attune_at top = attune_at_top(&document), at = attune_at_key(&top, "data");
    attune_schema_request request = {.target = "z", .at = &at};
    attune_table *table = parse("x,y\n1,2\n");
    attune_schema *schema = NULL;
    attune_schema_infer(&schema, table, &request, NULL, &error);
    assert_error(&error, ATTUNE_INVALID, "target: test.csv has no column \"z\"");
    assert_int_equal(error.line, 3);
    assert_string_equal(error.source, "plan.json");
    attune_table_free(table);
    attune_document_clear(&document);
}

static char *write_schema(const attune_schema *schema)
{
    json_t *json = attune_schema_to_json(schema, NULL);
    assert_non_null(json);
    char *text = attune_json_write(json, NULL);
    json_decref(json);
    return text;
}

static void json_there_and_back(void **state)
{
    (void)state;
    attune_schema *schema = people_schema(NULL), *back = NULL;
    char *text = write_schema(schema);
    attune_error error = {0};
    json_t *json = attune_schema_to_json(schema, &error);
    attune_document document = {0};
    attune_at at = attune_at_top(&document);
    assert_ok(attune_schema_from_json(&back, json, &at, &error), &error);
    char *again = write_schema(back);
    assert_string_equal(text, again);
    assert_non_null(strstr(text, "{\"kind\":\"nominal\",\"levels\":[\"basic\",\"pro\"],\"name\":"
                                 "\"plan\",\"role\":\"input\"}"));
    assert_non_null(strstr(text, "\"positive\":\"yes\",\"task\":\"binary\""));
    free(text);
    free(again);
    json_decref(json);
    attune_schema_free(back);
    attune_schema_free(schema);
}

static void broken_json_is_refused(void **state)
{
    (void)state;
#define X "{\"name\":\"x\",\"kind\":\"real\",\"role\":\"input\"}"
#define Y "{\"name\":\"y\",\"kind\":\"nominal\",\"role\":\"target\",\"levels\":[\"a\",\"b\"]}"
    static const char *const broken[][2] = {
        {"[]", "must be an object"},
        {"{}", "must be a list of columns"},
        {"{\"columns\":[],\"task\":\"none\"}", "must be a list of columns"},
        {"{\"columns\":[3],\"task\":\"none\"}", "must be an object"},
        {"{\"columns\":[" X "]}", "must be one of none, regression"},
        {"{\"columns\":[" X "," X "],\"task\":\"none\"}", "two columns are called \"x\""},
        {"{\"columns\":[" X "],\"task\":\"binary\",\"positive\":\"a\"}", "does not fit"},
        {"{\"columns\":[" Y "],\"task\":\"regression\"}", "does not fit"},
        {"{\"columns\":[" Y "," X "],\"task\":\"multiclass\"}", "does not fit"},
        {"{\"columns\":[" Y "],\"task\":\"binary\"}", "goes with two classes"},
        {"{\"columns\":[" Y "],\"task\":\"binary\",\"positive\":\"c\"}", "\"c\" is no class"},
        {"{\"columns\":[" X "],\"task\":\"none\",\"tusk\":1}", "unknown key"},
        {"{\"columns\":[" X "],\"task\":\"none\",\"missing\":[1]}", "must be a text"},
        {"{\"columns\":[{\"name\":\"\",\"kind\":\"real\",\"role\":\"input\"}]}", "needs name"},
        {"{\"columns\":[{\"name\":\"x\",\"kind\":\"rael\",\"role\":\"input\"}]}", "no such kind"},
        {"{\"columns\":[{\"name\":\"x\",\"kind\":\"real\",\"role\":\"in\"}]}", "no such role"},
        {"{\"columns\":[{\"name\":\"x\",\"kind\":\"nominal\",\"role\":\"input\"}]}",
         "needs its levels"},
        {"{\"columns\":[{\"name\":\"x\",\"kind\":\"real\",\"role\":\"input\",\"levels\":[]}]}",
         "only a nominal column has levels"},
        {"{\"columns\":[{\"name\":\"x\",\"kind\":\"nominal\",\"role\":\"input\","
         "\"levels\":[\"b\",\"a\"]}]}",
         "level 2 is not after the one before it"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        attune_document document;
        attune_error error = {0};
        attune_schema *schema = NULL;
        assert_ok(attune_document_parse(&document, "schema.json", broken[i][0],
                                        (int64_t)strlen(broken[i][0]), &error),
                  &error);
        attune_at at = attune_at_top(&document);
        attune_schema_from_json(&schema, document.root, &at, &error);
        assert_error(&error, ATTUNE_INVALID, broken[i][1]);
        assert_null(schema);
        attune_document_clear(&document);
    }
}

/* Every dress of the same table gives the same data. */
static void good_files_are_all_the_same(void **state)
{
    (void)state;
    attune_texts names = {0};
    attune_error error = {0};
    attune_key first = {0, 0};
    int n = 0;
    assert_ok(attune_folder_list(ATTUNE_TEST_DATA "/good_csv", &names, &error), &error);
    for (int64_t i = 0; i < names.n; i++) {
        if (!attune_matches("*sv", names.items[i]) && !attune_matches("*.gz", names.items[i]))
            continue;
        char *path = attune_path_join(ATTUNE_TEST_DATA "/good_csv", names.items[i], &error);
        attune_table *table = NULL;
        attune_data *data = NULL;
        attune_schema_request request = {.target = "kind"};
        assert_ok(attune_table_read(&table, path, NULL, &error), &error);
        attune_schema *schema = infer(table, &request, NULL);
        assert_ok(attune_schema_data(schema, table, true, &data, NULL, &error), &error);
        first = n++ ? first : data->id;
        if (!attune_key_same(first, data->id))
            fail_msg("%s gives other data", path);
        assert_close(data->columns[1]->reals[2], -300, 0);
        assert_string_equal(schema->columns[3].levels->names[1], "say \"hi\"");
        attune_data_free(data);
        attune_schema_free(schema);
        attune_table_free(table);
        free(path);
    }
    assert_int_equal(n, 13);
    attune_texts_clear(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_roles_are_inferred),
        cmocka_unit_test(values_are_typed),
        cmocka_unit_test(order_and_extra_columns_do_not_matter),
        cmocka_unit_test(fingerprint_sees_every_value),
        cmocka_unit_test(predicting_needs_the_inputs_only),
        cmocka_unit_test(many_unknown_levels_are_summed_up),
        cmocka_unit_test(typing_refuses),
        cmocka_unit_test(tasks_follow_target_and_metric),
        cmocka_unit_test(levels_are_in_order_of_value),
        cmocka_unit_test(texts_of_too_many_levels_are_ignored),
        cmocka_unit_test(wrong_requests_are_refused),
        cmocka_unit_test(errors_stand_at_the_plan),
        cmocka_unit_test(json_there_and_back),
        cmocka_unit_test(broken_json_is_refused),
        cmocka_unit_test(good_files_are_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
