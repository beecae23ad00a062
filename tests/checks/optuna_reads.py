#!/usr/bin/env python3
"""tests/checks/optuna_reads.py - Optuna opens a store of ours and finds in it what is there.

    optuna_reads.py STORE            a store that has a study
    optuna_reads.py --make PROGRAM   PROGRAM make PATH writes one first (test_sqlite_views)

Ends with 77 where Optuna is not installed. Our stores say revision v3.2.0.a. An Optuna that is
older than that revision refuses it unread, though its tables are the same (the revision adds an
index alone): for such a one the mark is set back, in a copy. Run with Optuna 3.1.0 of Debian 12.
"""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import warnings

try:
    warnings.simplefilter("ignore")
    import optuna
    from optuna.storages import RDBStorage
except ImportError:
    print("optuna is not installed: skipped")
    sys.exit(77)


def check(what, got, wanted):
    if got != wanted and not (got != got and wanted != wanted):
        sys.exit(f"{what}: Optuna has {got!r}, the store {wanted!r}")


def copy_for_this_optuna(path, copy):
    """A live store is copied by SQLite alone."""
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    source.backup(target)
    known = RDBStorage("sqlite://", skip_compatibility_check=True)
    head = known.get_head_version()
    ours = target.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    if ours not in known.get_all_versions():
        print(f"{ours} is newer than Optuna {optuna.__version__}: read as {head}")
        target.execute("UPDATE alembic_version SET version_num = ?", (head,))
        target.commit()
    source.close()
    return target


def front_of(study, rows):
    """Of rows (number, values), the numbers of those that no other beats."""
    signs = [-1 if d.name == "MAXIMIZE" else 1 for d in study.directions]
    losses = {n: [s * v for s, v in zip(signs, values)] for n, values in rows}
    return {n for n, a in losses.items()
            if not any(b != a and all(x <= y for x, y in zip(b, a)) for b in losses.values())}


def check_front(study, db, name):
    """Several objectives: their values, constraints, and the front (older versions of Optuna leave
    constraints out of account)."""
    study_id = study._study_id
    rows, kept = [], []
    for trial_id, number, value, more in db.execute(
            "SELECT trial_id, number, value, more FROM attune_trials WHERE study_id = ? AND state = 1",
            (study_id,)):
        values = ([float(value)] + json.loads(more))[:len(study.directions)]
        trial = study.trials[number]
        check(f"values of {number}", list(trial.values), values)
        limits = db.execute("SELECT value_json FROM trial_system_attributes WHERE trial_id = ? AND "
                            "key = 'constraints'", (trial_id,)).fetchone()
        check(f"constraints of {number}", trial.system_attrs.get("constraints"),
              limits and json.loads(limits[0]))
        check(f"constraint of {number}", limits and json.loads(limits[0]),
              limits and json.loads(more)[len(values) - 1:])
        rows.append((number, values))
        if not limits or max(json.loads(limits[0])) <= 0:
            kept.append((number, values))
    best = {trial.number for trial in study.best_trials}
    if best != front_of(study, kept):
        check("front", best, front_of(study, rows))
    print(f"{name}: {len(rows)} complete trials, front {sorted(best)}")


def check_study(storage, db, name):
    study = optuna.load_study(study_name=name, storage=storage)
    rows = db.execute(
        "SELECT t.number, t.state, t.value, t.hyperparams FROM attune_trials t JOIN attune_studies s "
        "USING (study_id) WHERE s.name = ? ORDER BY number", (name,)).fetchall()
    words = ["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"]
    trials = study.trials
    check("trials", len(trials), len(rows))
    complete = []
    for trial, (number, state, value, hyperparams) in zip(trials, rows):
        check("number", trial.number, number)
        check(f"state of {number}", trial.state.name, words[state])
        active = sum(x is not None for x in json.loads(hyperparams))
        check(f"hyperparameters of {number}", len(trial.params), active)
        for key, distribution in trial.distributions.items():
            if not distribution._contains(distribution.to_internal_repr(trial.params[key])):
                sys.exit(f"trial {number}: {key} = {trial.params[key]!r} is not in {distribution}")
        if state == 1:
            wanted = float(value)
            check(f"value of {number}", trial.values[0], wanted)
            complete.append((wanted, number))
    several = len(study.directions) > 1
    if several:
        check_front(study, db, name)
    elif complete:
        sign = -1 if study.direction.name == "MAXIMIZE" else 1
        best = min(complete, key=lambda c: (sign * c[0], c[1]))
        check("best value", study.best_value, best[0])
        check("best trial", study.best_trial.number, best[1])
    frame = study.trials_dataframe()
    check("rows of the data frame", len(frame), len(rows))
    best = study.best_value if complete and not several else None
    print(f"{name}: {len(rows)} trials, best {best}")


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        path = sys.argv[-1]
        if sys.argv[1] == "--make":
            path = os.path.join(folder, "made.db")
            subprocess.run([sys.argv[2], "make", path], check=True)
        copy = os.path.join(folder, "copy.db")
        db = copy_for_this_optuna(path, copy)
        storage = RDBStorage("sqlite:///" + copy)
        names = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
        check("studies", sorted(names), sorted(n for n, in db.execute("SELECT name FROM attune_studies")))
        for name in names:
            check_study(storage, db, name)


if __name__ == "__main__":
    main()
