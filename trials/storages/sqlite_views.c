/* trials/storages/sqlite_views.c - Optuna's tables as views over ours.
 *
 * Its readers (load_study, the dashboard, plots) open a store live, and nothing is stored twice.
 * Names, columns, order and values are those of its relational schema, revision v3.2.0.a. Ids are
 * unique and stable: id of the owner * 4096 + index. */
#include "trials/storages/sqlite.h"

/* A stored number x is a real, or one of the texts 'nan', 'inf', '-inf'; real: x where it is one.
 */
#define FINITE(x, real) "CASE WHEN typeof(" x ") <> 'text' THEN " real " END"
#define TYPE(x)                                                                                    \
    "CASE " x " WHEN 'inf' THEN 'INF_POS' WHEN '-inf' THEN 'INF_NEG' WHEN 'nan' THEN 'NAN' "       \
    "ELSE 'FINITE' END"

/* The layout tool breaks texts beside macros into stairs. */
/* clang-format off */
static const char views[] =
    "CREATE VIEW studies AS SELECT study_id, name AS study_name FROM attune_studies;"

    "CREATE VIEW study_directions AS"
    " SELECT s.study_id * 4096 + d.key AS study_direction_id, upper(d.value) AS direction,"
    " s.study_id AS study_id, d.key AS objective"
    " FROM attune_studies s CROSS JOIN json_each(s.directions) d;"

    "CREATE VIEW trials AS"
    " SELECT trial_id, number, study_id, CASE state WHEN 0 THEN 'RUNNING' WHEN 1 THEN 'COMPLETE'"
    " WHEN 2 THEN 'PRUNED' WHEN 3 THEN 'FAIL' ELSE 'WAITING' END AS state,"
    " started AS datetime_start, finished AS datetime_complete FROM attune_trials;"

    "CREATE VIEW trial_params AS"
    " SELECT t.trial_id * 4096 + h.key AS param_id, t.trial_id AS trial_id,"
    " d.name AS param_name, " ATTUNE_SQL_REAL("t.hyperparams", "h.fullkey") " AS param_value,"
    " d.distribution_json AS distribution_json"
    " FROM attune_trials t CROSS JOIN json_each(t.hyperparams) h CROSS JOIN attune_dimensions d"
    " WHERE h.type <> 'null' AND d.study_id = t.study_id AND d.position = h.key;"

    /* A pruned trial's value is what it reported last; its own value only without any report. A
     * value that is not a number has no row. */
    "CREATE VIEW trial_values AS"
    " SELECT trial_id * 4096 AS trial_value_id, trial_id, 0 AS objective,"
    " " FINITE("x", "real") " AS value, " TYPE("x") " AS value_type"
    " FROM (SELECT trial_id, value AS x, CAST(value AS REAL) AS real FROM attune_trials"
    " WHERE state = 1 OR (state = 2 AND coalesce(reports, '[]') = '[]')"
    " UNION ALL"
    " SELECT trial_id, json_extract(reports, '$[#-1][1]'),"
    " " ATTUNE_SQL_REAL("reports", "'$[#-1][1]'")
    " FROM attune_trials WHERE state = 2 AND coalesce(reports, '[]') <> '[]')"
    " WHERE x IS NOT NULL AND x IS NOT 'nan'"
    " UNION ALL"
    " SELECT t.trial_id * 4096 + 1 + m.key, t.trial_id, 1 + m.key,"
    " " FINITE("m.value", ATTUNE_SQL_REAL("t.more", "m.fullkey")) ", " TYPE("m.value")
    " FROM attune_trials t CROSS JOIN attune_studies s CROSS JOIN json_each(t.more) m"
    " WHERE t.state = 1 AND s.study_id = t.study_id"
    " AND 1 + m.key < json_array_length(s.directions);"

    /* A row has ids for its first 4096 reports; the rest stay in attune_trials. */
    "CREATE VIEW trial_intermediate_values AS"
    " SELECT trial_id * 4096 + key AS trial_intermediate_value_id, trial_id, step,"
    " " FINITE("x", "real") " AS intermediate_value, " TYPE("x") " AS intermediate_value_type"
    " FROM (SELECT t.trial_id AS trial_id, r.key AS key, json_extract(r.value, '$[0]') AS step,"
    " json_extract(r.value, '$[1]') AS x, " ATTUNE_SQL_REAL("r.value", "'$[1]'") " AS real"
    " FROM attune_trials t CROSS JOIN json_each(t.reports) r WHERE r.key < 4096);"

    "CREATE VIEW trial_heartbeats AS"
    " SELECT t.trial_id * 4096 AS trial_heartbeat_id, t.trial_id AS trial_id,"
    " o.heartbeat AS heartbeat"
    " FROM attune_trials t JOIN attune_owners o ON o.owner_id = t.owner WHERE t.state = 0;";
/* clang-format on */

attune_status attune_sqlite_make_views(attune_sqlite *store, attune_error *error)
{
    return attune_sqlite_exec(store, views, error);
}
