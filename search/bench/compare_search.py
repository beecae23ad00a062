#!/usr/bin/python3
"""A whole random search, ours beside scikit-learn's, in one run.

    search/bench/compare_search.py ATTUNE DATA.csv TARGET [--model NAME] [--trials 60] [--repeats 3]

NAME is logistic_regression (after imputing and scaling; scikit-learn's liblinear) or
gradient_boosting (100 rounds on both sides; XGBoost's hist, lossguide). Both sides search it by 5
stratified folds, log-loss, accuracy and ROC AUC (of two classes), on 2 threads (n_jobs=2).
scikit-learn is given the very candidates that ours drew. Ours is the wall time of the whole process:
reading, searching, storing, refitting, dumping, printing; theirs is that of RandomizedSearchCV.fit
alone, worker processes already started. The two take turns; the ratio of medians is printed as a row
of a table.

Needs Debian's python3-sklearn, python3-pandas, and python3-xgboost for boosting.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import warnings

import pandas
from joblib import Parallel, delayed
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

LOGISTIC = {
    "C": {"log_uniform": [0.01, 10.0]},
    "fit_intercept": {"boolean": 0.5},
    "dual": {"boolean": 0.5},
    "penalty": {"choice": ["l1", "l2"]},
    "max_iter": {"rand_int": [20, 200]},
}
BOOSTING = {
    "learning_rate": {"log_uniform": [0.02, 0.3]},
    "num_leaves": {"log_int": [4, 128]},
    "min_child_weight": {"log_uniform": [0.1, 10.0]},
    "subsample": {"uniform": [0.5, 1.0]},
    "colsample_bytree": {"uniform": [0.4, 1.0]},
    "reg_lambda": {"log_uniform": [0.01, 100.0]},
}
STEPS = {
    "logistic_regression": [
        {"step": "impute"}, {"step": "one_hot"}, {"step": "standard_scale"},
        {"step": "logistic_regression", "space": LOGISTIC}],
    "gradient_boosting": [
        {"step": "gradient_boosting", "hyperparams": {"min_child_samples": 0}, "space": BOOSTING}],
}
OTHER_NAMES = {"num_leaves": "max_leaves"}


def run_attune(program, data, target, steps, also, trials, folder):
    plan = {
        "data": {"file": os.path.abspath(data), "target": target},
        "metric": "log_loss",
        "also": also,
        "validation": {"folds": 5, "shuffle": True, "stratify": True},
        "pipeline": {"name": "p", "steps": steps},
        "search": {"sampler": "random", "pruner": "none", "trials": trials, "seed": 1,
                   "lookahead": 16},
    }
    with open(os.path.join(folder, "plan.json"), "w") as file:
        json.dump(plan, file)
    store = tempfile.mkdtemp(dir=folder)
    begun = time.perf_counter()
    subprocess.run([program, "search", os.path.join(folder, "plan.json"), "--jobs", "2", "--quiet",
                    "--store", os.path.join(store, "s.db"), "--out", os.path.join(store, "best")],
                   check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    rows = subprocess.run([program, "trials", os.path.join(store, "s.db"), "--format", "jsonl",
                           "--columns", "number,value,hyperparams"],
                          check=True, capture_output=True, text=True).stdout
    return seconds, [json.loads(row) for row in rows.splitlines()]


def candidates(trials):
    """The drawn hyperparameters by the other side's names, each as a choice of one."""
    for trial in trials:
        given = trial["hyperparams"]
        given = json.loads(given) if isinstance(given, str) else given
        names = {name: name.split("__")[-1] for name in given}
        yield {"model__" + OTHER_NAMES.get(names[name], names[name]): [value]
               for name, value in given.items()}


def other_pipeline(model):
    if model == "logistic_regression":
        return Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler()),
                         ("model", LogisticRegression(solver="liblinear"))])
    from xgboost import XGBClassifier

    return Pipeline([("model", XGBClassifier(tree_method="hist", grow_policy="lossguide",
                                             max_depth=0, n_jobs=1))])


def run_sklearn(model, inputs, target, also, given):
    scoring = {"log_loss": "neg_log_loss"} | {name: name for name in also}
    search = RandomizedSearchCV(
        other_pipeline(model), given, n_iter=len(given),
        cv=StratifiedKFold(5, shuffle=True, random_state=0), scoring=scoring, refit="log_loss",
        n_jobs=2, random_state=0)
    begun = time.perf_counter()
    search.fit(inputs, target)
    return time.perf_counter() - begun, -search.best_score_


def read_numbers(path, target):
    """Inputs, with a column a level, and classes as numbers."""
    frame = pandas.read_csv(path)
    classes = pandas.Categorical(frame.pop(target)).codes
    return pandas.get_dummies(frame).to_numpy(float), classes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attune")
    parser.add_argument("data")
    parser.add_argument("target")
    parser.add_argument("--model", choices=STEPS, default="logistic_regression")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    os.environ["PYTHONWARNINGS"] = "ignore"
    inputs, classes = read_numbers(options.data, options.target)
    also = ["accuracy"] + (["roc_auc"] if classes.max() == 1 else [])
    Parallel(n_jobs=2)(delayed(abs)(i) for i in range(4))  # starts the workers
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeats):
            seconds, trials = run_attune(options.attune, options.data, options.target,
                                         STEPS[options.model], also, options.trials, folder)
            ours.append(seconds)
            seconds, best = run_sklearn(options.model, inputs, classes, also,
                                        list(candidates(trials)))
            theirs.append(seconds)
    name = os.path.splitext(os.path.basename(options.data))[0]
    best_ours = min(trial["value"] for trial in trials if trial["value"] is not None)
    print(f"| {name} | {options.trials} x 5 | {statistics.median(ours):.2f} s | "
          f"{statistics.median(theirs):.2f} s | "
          f"{statistics.median(theirs) / statistics.median(ours):.1f} | "
          f"{best_ours:.4f} | {best:.4f} |")


if __name__ == "__main__":
    main()
