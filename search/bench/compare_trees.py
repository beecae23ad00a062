#!/usr/bin/python3
"""search/bench/compare_trees.py - attune's trees beside XGBoost's and scikit-learn's, one thread each.

    search/bench/compare_trees.py BENCH DATA [SET ...]

BENCH is the folder of the built attune-bench-fit-model, DATA one of CSV files with a manifest.json.
Each library fits the same four fifths with the same settings; a row has the CPU of the median fit,
its ratio to ours, and the loss on the other fifth. Level columns are codes for XGBoost and
scikit-learn, which are told that they are levels.
"""
import json
import os
import subprocess
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd

ROUNDS, RATE, LEAVES, LEAST = 100, 0.1, 31, 20


def read(folder, entry, rows):
    frame = pd.read_csv(os.path.join(folder, entry["file"]), nrows=rows)
    target = frame.pop(entry["target"])
    levels = [i for i, kind in enumerate(frame.dtypes) if kind == object]
    x = np.empty(frame.shape)
    for i, name in enumerate(frame):
        values = frame[name]
        if i in levels:
            codes = pd.Categorical(values).codes.astype(float)
            codes[codes < 0] = np.nan
            values = codes
        x[:, i] = values
    if entry["task"] != "regression":
        target = pd.Categorical(target).codes
    return x, np.asarray(target, dtype=float), levels


def split(x, y):
    tested = np.arange(len(y)) % 5 == 0
    return x[~tested], y[~tested], x[tested], y[tested]


def loss_of(entry, y, p):
    if entry["task"] == "regression":
        return float(np.sqrt(np.mean((y - p) ** 2)))
    if p.ndim == 1:
        p = np.column_stack([1 - p, p])
    p = p / p.sum(axis=1, keepdims=True)
    own = p[np.arange(len(y)), y.astype(int)]
    return float(-np.mean(np.log(np.maximum(own, 1e-15))))


def timed(work, repeats):
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return sorted(seconds)[len(seconds) // 2], result


def run_xgboost(entry, x, y, levels, max_bin, repeats):
    import xgboost

    a, b, c, d = split(x, y)
    kind = ["c" if i in levels else "q" for i in range(x.shape[1])]
    settings = {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": LEAVES,
                "max_depth": 0, "eta": RATE, "max_bin": max_bin, "nthread": 1, "lambda": 1,
                "min_child_weight": 1 if entry["task"] != "regression" else LEAST}
    if entry["task"] == "multiclass":
        settings.update(objective="multi:softprob", num_class=int(y.max()) + 1)
    elif entry["task"] == "binary":
        settings["objective"] = "binary:logistic"
    else:
        settings["base_score"] = float(b.mean())

    def quantised():
        return xgboost.DMatrix(a, b, feature_types=kind, enable_categorical=True, nthread=1)

    def fit():
        return xgboost.train(settings, train, ROUNDS)

    train = quantised()
    fit()  # makes the quantised matrix, which is kept with the data
    seconds, model = timed(fit, repeats)
    model.set_param({"nthread": 1})

    def serve_rows():  # a matrix remembers what was predicted of it: a new one each time
        test = xgboost.DMatrix(c, feature_types=kind, enable_categorical=True, nthread=1)
        return model.predict(test)

    serve, p = timed(serve_rows, repeats)
    return seconds, serve, loss_of(entry, d, p)


def run_sklearn(entry, x, y, levels, max_bin, repeats):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    a, b, c, d = split(x, y)
    regression = entry["task"] == "regression"
    make = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    few = [i for i in levels if np.nanmax(x[:, i]) < 255]
    settings = dict(max_iter=ROUNDS, learning_rate=RATE, max_leaf_nodes=LEAVES,
                    min_samples_leaf=LEAST, l2_regularization=1, max_bins=max_bin,
                    early_stopping=False, categorical_features=few or None)
    seconds, model = timed(lambda: make(**settings).fit(a, b), max(1, repeats // 2))
    serve, p = timed(lambda: model.predict(c) if regression else model.predict_proba(c), repeats)
    return seconds, serve, loss_of(entry, d, p)


def run_ours(bench, path, entry, max_bin, repeats):
    command = [os.path.join(bench, "attune-bench-fit-model"), path, entry["target"],
               "gradient_boosting", str(repeats + 1), f"n_estimators={ROUNDS}",
               f"learning_rate={RATE}", f"num_leaves={LEAVES}", f"min_child_samples={LEAST}"]
    if max_bin:
        command.append(f"max_bin={max_bin}")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return found["fit"], found["predict"], found["loss"]


def main():
    bench, folder, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(os.path.join(folder, "manifest.json")) as file:
        entries = {entry["name"]: entry for entry in json.load(file)["datasets"]}
    print("| data | rows | library | bins | fit, CPU s | ratio | predict, CPU s | ratio | loss |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in wanted or ["letter", "spam", "credit", "diamonds", "flights"]:
        entry, repeats = entries[name], 5
        path, rows = os.path.join(folder, entry["file"]), 200000
        if entry["rows"] > rows:
            cut = f"/tmp/attune_{name}_{rows}.csv"
            pd.read_csv(path, nrows=rows, dtype=str, keep_default_na=False).to_csv(cut, index=False)
            path, repeats = cut, 3
            entry = dict(entry, file=os.path.relpath(cut, folder))
        x, y, levels = read(folder, entry, rows)
        ours = run_ours(bench, path, entry, 255, repeats)
        lines = [("attune", 255, ours), ("attune", "default", run_ours(bench, path, entry, 0, repeats)),
                 ("xgboost", 256, run_xgboost(entry, x, y, levels, 256, repeats)),
                 ("scikit-learn", 255, run_sklearn(entry, x, y, levels, 255, repeats))]
        for library, bins, (fit, serve, loss) in lines:
            print(f"| {name} | {len(y)} | {library} | {bins} | {fit:.4f} | {fit / ours[0]:.2f} | "
                  f"{serve:.4f} | {serve / ours[1]:.2f} | {loss:.5g} |", flush=True)


if __name__ == "__main__":
    main()
