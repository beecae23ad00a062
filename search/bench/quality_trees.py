#!/usr/bin/python3
"""search/bench/quality_trees.py - how well trees predict, beside XGBoost's and scikit-learn's.

    search/bench/quality_trees.py ATTUNE DATA [--forests] [--ours] [--seed N] [--set name=value ...]
                                  [SET ...]

ATTUNE is the program, DATA a folder of CSV files with a manifest.json. Both sides fit the same five
folds (stratified for classes) of each set, of at most 20,000 rows drawn at random, with the same
settings: 100 rounds of rate 0.1, 31 leaves, lambda 1, 255 bins; XGBoost's hist (lossguide) with the
hessian of a leaf at least 1 (classes) or 20 rows (numbers), HistGradientBoosting with 20 rows.
--forests: 100 trees to the end, and with 5 rows a leaf. Columns of levels are told as such to the
boosting ones, and are codes with -1 for a missing value for scikit-learn's forests. A row has the
mean log-loss or RMSE over the folds, the mean difference with its standard error over the folds,
and the verdict: worse is a difference above two standard errors. --set changes our side alone, and
--ours leaves the other out.
"""
import argparse
import json
import os
import sqlite3
import subprocess
import tempfile

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold

FOLDS, MOST_ROWS, ROUNDS, RATE, LEAVES = 5, 20000, 100, 0.1, 31


def read(path, entry, seed):
    """The rows with a column of fold numbers."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    if len(frame) > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=1).reset_index(drop=True)
    y = frame[entry["target"]]
    numbers = entry["task"] == "regression"
    splitter = (KFold if numbers else StratifiedKFold)(FOLDS, shuffle=True, random_state=seed)
    fold = np.zeros(len(frame), dtype=int)
    for k, (_, test) in enumerate(splitter.split(frame, None if numbers else y)):
        fold[test] = k
    return frame.assign(fold=fold)


def ours(attune, folder, frame, entry, step, settings):
    data, plan = os.path.join(folder, "data.csv"), os.path.join(folder, "plan.json")
    store = os.path.join(folder, "store.db")
    frame.to_csv(data, index=False)
    with open(plan, "w") as file:
        json.dump({"data": {"file": data, "target": entry["target"], "ignore": []},
                   "metric": "rmse" if entry["task"] == "regression" else "log_loss",
                   "validation": {"column": "fold"},
                   "pipeline": {"steps": [{"step": step, "hyperparams": settings}]},
                   "search": {"trials": 1, "sampler": "random", "pruner": "none", "seed": 1}}, file)
    if os.path.exists(store):
        os.remove(store)
    subprocess.run([attune, "search", plan, "--jobs", "1", "--store", store, "--out",
                    os.path.join(folder, "best")], check=True, capture_output=True, text=True)
    with sqlite3.connect(store) as base:
        folds, reason = base.execute("SELECT folds, reason FROM attune_trials").fetchone()
    if folds is None:
        raise SystemExit(f"{entry['name']}: {reason}")
    return np.frombuffer(folds, dtype="<f8")


def matrix(frame, entry):
    """Numbers, codes of levels with NaN for a missing one, and which columns have levels."""
    x = frame.drop(columns=[entry["target"], "fold"])
    levels = [i for i, kind in enumerate(x.dtypes) if kind == object]
    columns = [np.where((codes := pd.Categorical(x[c]).codes) < 0, np.nan, codes) if i in levels
               else x[c].to_numpy(float) for i, c in enumerate(x)]
    y = frame[entry["target"]]
    y = y.to_numpy(float) if entry["task"] == "regression" else pd.Categorical(y).codes
    return np.column_stack(columns), y, levels


def xgboost_model(entry, x, y, levels):
    import xgboost

    numbers = entry["task"] == "regression"
    settings = {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": LEAVES,
                "max_depth": 0, "eta": RATE, "max_bin": 255, "nthread": 1, "lambda": 1,
                "min_child_weight": 20 if numbers else 1, "objective": "reg:squarederror"}
    if numbers:
        settings["base_score"] = float(y.mean())
    elif y.max() > 1:
        settings.update(objective="multi:softprob", num_class=int(y.max()) + 1)
    else:
        settings["objective"] = "binary:logistic"
    kinds = ["c" if i in levels else "q" for i in range(x.shape[1])]
    data = [xgboost.DMatrix(x, y, feature_types=kinds, enable_categorical=True, nthread=1)]
    model = xgboost.train(settings, data[0], ROUNDS)
    return lambda a: model.predict(xgboost.DMatrix(a, feature_types=kinds, enable_categorical=True))


def histogram_model(entry, x, y, levels):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    numbers = entry["task"] == "regression"
    make = HistGradientBoostingRegressor if numbers else HistGradientBoostingClassifier
    model = make(max_iter=ROUNDS, learning_rate=RATE, max_leaf_nodes=LEAVES, min_samples_leaf=20,
                 l2_regularization=1, max_bins=255, early_stopping=False,
                 categorical_features=levels or None).fit(x, y)
    return model.predict if numbers else model.predict_proba


def forest_model(name, leaf):
    def make(entry, x, y, levels):
        from sklearn import ensemble

        numbers = entry["task"] == "regression"
        model = getattr(ensemble, name + ("Regressor" if numbers else "Classifier"))(
            n_estimators=ROUNDS, min_samples_leaf=leaf, n_jobs=1, random_state=1)
        model.fit(np.nan_to_num(x, nan=-1), y)
        say = model.predict if numbers else model.predict_proba
        return lambda a: say(np.nan_to_num(a, nan=-1))
    return make


def theirs(frame, entry, make):
    x, y, levels = matrix(frame, entry)
    losses = []
    for k in range(FOLDS):
        train, test = frame["fold"] != k, frame["fold"] == k
        p = make(entry, x[train], y[train], levels)(x[test])
        if entry["task"] == "regression":
            losses.append(np.sqrt(np.mean((p - y[test]) ** 2)))
            continue
        p = np.column_stack([1 - p, p]) if p.ndim == 1 else p
        own = p[np.arange(len(p)), y[test]].astype(float)
        losses.append(-np.mean(np.log(np.maximum(own, 1e-15))))
    return np.array(losses)


def pairs(forests, frame, entry):
    """Name of the peer, its maker, our step and settings. XGBoost's hessian of more than two classes
    is 2 p (1 - p), ours m / (m - 1) p (1 - p), so the same limit has another number."""
    if forests:
        for step, name in ("random_forest", "RandomForest"), ("extra_trees", "ExtraTrees"):
            for leaf in 1, 5:
                yield (f"{name}, {leaf} a leaf", forest_model(name, leaf), step,
                       {"n_estimators": ROUNDS, "min_samples_leaf": leaf})
        return
    same = {"n_estimators": ROUNDS, "learning_rate": RATE, "num_leaves": LEAVES, "max_bin": 255}
    if entry["task"] == "regression":
        limit = {"min_child_samples": 20}
    else:
        m = frame[entry["target"]].nunique()
        limit = {"min_child_samples": 0, "min_child_weight": 1.0 if m == 2 else m / (m - 1) / 2}
    yield "XGBoost", xgboost_model, "gradient_boosting", same | limit
    yield "HistGradientBoosting", histogram_model, "gradient_boosting", same


def settings_of(items):
    settings = {}
    for item in items:
        name, value = item.split("=")
        settings[name] = json.loads(value)
    return settings


def verdict(difference, error):
    return "worse" if difference > 2 * error else "better" if difference < -2 * error else "even"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attune")
    parser.add_argument("data")
    parser.add_argument("--forests", action="store_true")
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("sets", nargs="*")
    given = parser.parse_intermixed_args()
    changes = settings_of(given.set)
    with open(os.path.join(given.data, "manifest.json")) as file:
        entries = json.load(file)["datasets"]
    print("| data | rows | beside | attune | it | difference (se) | verdict |")
    print("|-|-|-|-|-|-|-|")
    for entry in entries:
        if given.sets and entry["name"] not in given.sets:
            continue
        frame = read(os.path.join(given.data, entry["file"]), entry, given.seed)
        for name, make, step, settings in pairs(given.forests, frame, entry):
            with tempfile.TemporaryDirectory() as folder:
                a = ours(given.attune, folder, frame, entry, step, settings | changes)
            line = f"| {entry['name']} | {len(frame)} | {name} | {a.mean():.5g} | "
            if given.ours:
                print(line + "".join(f"{loss:.6g} " for loss in a) + "| | |", flush=True)
                continue
            b = theirs(frame, entry, make)
            difference, error = (a - b).mean(), (a - b).std(ddof=1) / FOLDS ** 0.5
            print(line + f"{b.mean():.5g} | {difference:.3g} ({error:.2g}) | "
                  f"{verdict(difference, error)} |", flush=True)


if __name__ == "__main__":
    main()
