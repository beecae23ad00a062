#!/usr/bin/python3
"""search/bench/compare_trees.py - attune's trees beside XGBoost's and scikit-learn's, one thread each.

    search/bench/compare_trees.py BENCH DATA [--repeats N] [--brief] [--forests] [SET ...]

BENCH is the folder of the built attune-bench-fit-model, DATA one of CSV files with a manifest.json.
Each library fits the same four fifths with the same settings; a row has the CPU of the median fit,
its ratio to ours, and the loss on the other fifth. Level columns are codes for XGBoost and
scikit-learn, which are told that they are levels. XGBoost is there twice: grown as ours is, and by
its own defaults (depth by depth to 6, 256 bins). --brief leaves scikit-learn's boosting out;
--forests compares random forests and extra trees with scikit-learn's, 100 trees, instead.
"""
import argparse
import json
import os
import subprocess
import tempfile
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


def run_xgboost(entry, x, y, levels, max_bin, repeats, own_growth=False):
    import xgboost

    a, b, c, d = split(x, y)
    kind = ["c" if i in levels else "q" for i in range(x.shape[1])]
    settings = {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": LEAVES,
                "max_depth": 0, "eta": RATE, "max_bin": max_bin, "nthread": 1, "lambda": 1,
                "min_child_weight": 1 if entry["task"] != "regression" else LEAST}
    if own_growth:
        settings.update(grow_policy="depthwise", max_depth=6, max_leaves=0, min_child_weight=1)
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


def run_forest(entry, x, y, kind, repeats):
    from sklearn import ensemble

    a, b, c, d = split(np.nan_to_num(x, nan=-1), y)
    regression = entry["task"] == "regression"
    name = {"random_forest": "RandomForest", "extra_trees": "ExtraTrees"}[kind]
    make = getattr(ensemble, name + ("Regressor" if regression else "Classifier"))
    seconds, model = timed(lambda: make(n_estimators=ROUNDS, n_jobs=1, random_state=1).fit(a, b),
                           repeats)
    serve, p = timed(lambda: model.predict(c) if regression else model.predict_proba(c), repeats)
    return seconds, serve, loss_of(entry, d, p)


def run_bench(bench, path, entry, step, settings, repeats):
    command = [os.path.join(bench, "attune-bench-fit-model"), path, entry["target"], step,
               str(repeats + 1)] + settings
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return found["fit"], found["predict"], found["loss"]


def run_ours(bench, path, entry, max_bin, repeats):
    settings = [f"n_estimators={ROUNDS}", f"learning_rate={RATE}", f"num_leaves={LEAVES}",
                f"min_child_samples={LEAST}"] + ([f"max_bin={max_bin}"] if max_bin else [])
    return run_bench(bench, path, entry, "gradient_boosting", settings, repeats)


def boosted(options, path, entry, data, repeats):
    yield "attune", 255, run_ours(options.bench, path, entry, 255, repeats)
    yield "attune", "default", run_ours(options.bench, path, entry, 0, repeats)
    yield "xgboost", 256, run_xgboost(entry, *data, 256, repeats)
    yield "xgboost, its growth", 256, run_xgboost(entry, *data, 256, repeats, own_growth=True)
    if not options.brief:
        yield "scikit-learn", 255, run_sklearn(entry, *data, 255, repeats)


def forests(options, path, entry, data, repeats):
    for kind in ("random_forest", "extra_trees"):
        yield f"attune {kind}", 255, run_bench(options.bench, path, entry, kind,
                                               [f"n_estimators={ROUNDS}"], repeats)
        yield f"scikit-learn {kind}", "", run_forest(entry, *data[:2], kind, repeats)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("data")
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--forests", action="store_true")
    options = parser.parse_intermixed_args()
    folder = options.data
    with open(os.path.join(folder, "manifest.json")) as file:
        entries = {entry["name"]: entry for entry in json.load(file)["datasets"]}
    print("| data | rows | library | bins | fit, CPU s | ratio | predict, CPU s | ratio | loss |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.sets or ["letter", "spam", "credit", "diamonds", "flights"]:
        entry, repeats = entries[name], options.repeats
        path, rows = os.path.join(folder, entry["file"]), 200000
        if entry["rows"] > rows:
            cut = os.path.join(tempfile.gettempdir(), f"attune_{name}_{rows}.csv")
            pd.read_csv(path, nrows=rows, dtype=str, keep_default_na=False).to_csv(cut, index=False)
            path = cut
            entry = dict(entry, file=os.path.relpath(cut, folder))
        data = read(folder, entry, rows)
        ours = None
        for library, bins, found in (forests if options.forests else boosted)(options, path, entry,
                                                                              data, repeats):
            if ours is None or (options.forests and library.startswith("attune")):
                ours = found
            fit, serve, loss = found
            print(f"| {name} | {len(data[1])} | {library} | {bins} | {fit:.4f} | "
                  f"{fit / ours[0]:.2f} | {serve:.4f} | {serve / ours[1]:.2f} | {loss:.5g} |",
                  flush=True)


if __name__ == "__main__":
    main()
