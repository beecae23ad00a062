#!/usr/bin/env python3
"""tests/checks/optuna_writes.py PROGRAM - a store that Optuna wrote: shown, and learnt from.

PROGRAM is attune. Ends with 77 where Optuna is not installed. Run with Optuna 3.1.0 of Debian 12.
"""
import csv
import io
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
except ImportError:
    print("optuna is not installed: skipped")
    sys.exit(77)

optuna.logging.set_verbosity(optuna.logging.ERROR)
attune = os.path.abspath(sys.argv[1])


def run(*words, code=0):
    done = subprocess.run([attune, *words], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"attune {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def objective(trial):
    lr = trial.suggest_float("lr", 1e-5, 0.1, log=True)
    opt = trial.suggest_categorical("opt", ["adam", "sgd", None])
    layers = trial.suggest_int("layers", 1, 5)
    step = trial.suggest_float("step", 0, 1, step=0.1)
    if trial.number == 7:
        raise ValueError("this one cannot be")
    if opt == "sgd":
        trial.suggest_float("momentum", 0.5, 1)
    trial.report(lr, 1)
    if trial.number == 5:
        raise optuna.TrialPruned()
    return abs(lr - 0.003) + 0.01 * layers + 0.01 * step


def make(path):
    study = optuna.create_study(storage=f"sqlite:///{path}", study_name="tuned",
                                sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(objective, n_trials=30, catch=(ValueError,))
    study.enqueue_trial({"lr": 0.01})
    two = optuna.create_study(storage=f"sqlite:///{path}", study_name="two",
                              directions=["minimize", "maximize"])
    two.optimize(lambda t: (t.suggest_float("x", 0, 1), float("inf")), n_trials=3)
    return study


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: attune has {got!r}, Optuna {wanted!r}")


def check_trials(path, study):
    text = run("trials", path, "--study", "tuned", "--format", "csv", "--columns",
               "number,state,value,hyperparams")
    rows = list(csv.DictReader(io.StringIO(text)))
    check("trials", len(rows), len(study.trials))
    for row, trial in zip(rows, study.trials):
        check("number", int(row["number"]), trial.number)
        check(f"state of {trial.number}", row["state"], trial.state.name)
        value = float(row["value"]) if row["value"] else None
        if trial.state.name != "FAIL":
            check(f"value of {trial.number}", value, trial.value)
        check(f"hyperparameters of {trial.number}", json.loads(row["hyperparams"]), trial.params)
    best = json.loads(run("trials", path, "--study", "tuned", "--where", "state = 'COMPLETE'",
                          "--sort", "value", "--top", "1", "--format", "jsonl"))
    check("the best", best["number"], study.best_trial.number)
    run("show", path)
    run("show", "3", "--store", path, "--study", "tuned")
    run("trials", path)
    run("tell", "0", "1", "--store", path, "--study", "tuned", code=2)


def check_warm_start(path, study):
    fitting = [t for t in study.trials if t.state.name in ("COMPLETE", "PRUNED")
               and t.params["lr"] >= 1e-4]
    space = {"space": {"lr": {"log_uniform": [1e-4, 0.1]}, "layers": {"rand_int": [1, 8]},
                       "opt": ["sgd", "adam", None]},
             "search": {"from": {"store": path, "study": "tuned"}}}
    with open("warm.json", "w", encoding="utf-8") as file:
        json.dump(space, file)
    first = json.loads(run("ask", "warm.json", "--store", "warm.db"))["hyperparams"]
    del space["search"]["from"]
    with open("cold.json", "w", encoding="utf-8") as file:
        json.dump(space, file)
    cold = json.loads(run("ask", "cold.json", "--store", "cold.db"))["hyperparams"]
    if first == cold:
        sys.exit(f"the older study changed nothing: {first}")
    run("ask", "cold.json", "--from", path, "--study", "other", "--store", "warm.db", code=2)
    os.rename(path, "gone.db")
    run("tell", "0", "0.1", "--store", "warm.db")
    run("ask", "--store", "warm.db")
    kept = sqlite3.connect("warm.db").execute(
        "SELECT value_json FROM study_user_attributes WHERE key = 'prior'").fetchone()[0]
    rows = json.loads(kept)
    check("results", len(rows), len(fitting))
    for row, trial in zip(rows, fitting):
        check(f"value of {trial.number}", row[1], [trial.value])
        check(f"layers of {trial.number}", row[0][0], trial.params["layers"])
        check(f"lr of {trial.number}", row[0][1], trial.params["lr"])


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    made = make("optuna.db")
    before = open("optuna.db", "rb").read()
    check_trials("optuna.db", made)
    if open("optuna.db", "rb").read() != before:
        sys.exit("the store of Optuna was changed")
    check_warm_start("optuna.db", made)
    print(f"Optuna {optuna.__version__}: shown and learnt from as it is")
