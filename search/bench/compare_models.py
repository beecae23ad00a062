#!/usr/bin/python3
"""search/bench/compare_models.py - a model of attune's beside scikit-learn's, each at its defaults.

    search/bench/compare_models.py ATTUNE DATA MODEL [--set name=value ...] [--ours] [SET ...]

ATTUNE is the program, DATA a folder of CSV files with a manifest.json, MODEL mlp, svm or
gaussian_process. Both sides fit the same five folds (stratified for classes) of each set of at most
10,000 rows (2,500 for gaussian_process), behind the same preprocessing: impute by the median or the
commonest level, one_hot, standard_scale. A row has the mean log-loss or RMSE over the folds with
its standard error over their differences, and the CPU seconds of a fit. --ours: leave the other out.
"""
import argparse
import json
import os
import sqlite3
import subprocess
import tempfile
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDS = 5


def folds_of(frame, entry):
    y = frame[entry["target"]]
    regression = entry["task"] == "regression"
    splitter = (KFold if regression else StratifiedKFold)(FOLDS, shuffle=True, random_state=1)
    fold = np.zeros(len(frame), dtype=int)
    for k, (_, test) in enumerate(splitter.split(frame, None if regression else y)):
        fold[test] = k
    return fold


def ours(attune, folder, frame, entry, model, settings):
    """Losses of the folds, and CPU seconds of a fit."""
    data = os.path.join(folder, "data.csv")
    frame.to_csv(data, index=False)
    texts = [c for c in frame if frame[c].dtype == object and c != entry["target"]]
    steps = [{"step": "impute"}] + ([{"step": "one_hot"}] if texts else [])
    steps += [{"step": "standard_scale"}, {"step": model, "hyperparams": settings}]
    plan = {"data": {"file": data, "target": entry["target"], "ignore": []},
            "metric": "rmse" if entry["task"] == "regression" else "log_loss",
            "validation": {"column": "fold"}, "pipeline": {"steps": steps},
            "search": {"trials": 1, "sampler": "random", "pruner": "none", "seed": 1}}
    path, store = os.path.join(folder, "plan.json"), os.path.join(folder, "store.db")
    with open(path, "w") as file:
        json.dump(plan, file)
    if os.path.exists(store):
        os.remove(store)
    subprocess.run([attune, "search", path, "--jobs", "1", "--store", store, "--out",
                    os.path.join(folder, "best")], check=True, capture_output=True, text=True)
    with sqlite3.connect(store) as base:
        row = base.execute("SELECT folds, cost, reason FROM attune_trials").fetchone()
    if row[0] is None:
        raise SystemExit(f"{entry['name']}: {row[2]}")
    return np.frombuffer(row[0], dtype="<f8"), row[1] / FOLDS


def estimator(model, regression):
    from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.svm import SVC, SVR

    kinds = {
        "mlp": lambda: (MLPRegressor if regression else MLPClassifier)(random_state=0),
        "svm": lambda: SVR() if regression else SVC(probability=True, random_state=0),
        "gaussian_process": lambda: gaussian_process(),
    }

    def gaussian_process():
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

        if not regression:
            return GaussianProcessClassifier(ConstantKernel() * RBF(), random_state=0)
        return GaussianProcessRegressor(ConstantKernel() * RBF() + WhiteKernel(), normalize_y=True,
                                        random_state=0)

    return kinds[model]()


def theirs(frame, fold, entry, model):
    regression = entry["task"] == "regression"
    y, x = frame[entry["target"]], frame.drop(columns=[entry["target"], "fold"])
    texts = [c for c in x if x[c].dtype == object]
    numbers = [c for c in x if c not in texts]
    labels = None if regression else sorted(y.unique())
    losses, start = [], time.process_time()
    for k in range(FOLDS):
        train, test = fold != k, fold == k
        levels = make_pipeline(SimpleImputer(strategy="most_frequent"),
                               OneHotEncoder(handle_unknown="ignore", sparse=False))
        parts = ColumnTransformer([("n", SimpleImputer(strategy="median"), numbers),
                                   ("t", levels, texts)])
        pipeline = make_pipeline(parts, StandardScaler(), estimator(model, regression))
        pipeline.fit(x[train], y[train])
        if regression:
            losses.append(np.sqrt(np.mean((pipeline.predict(x[test]) - y[test]) ** 2)))
            continue
        p = pipeline.predict_proba(x[test])
        own = p[np.arange(test.sum()), [labels.index(v) for v in y[test]]]
        losses.append(-np.mean(np.log(np.maximum(own, 1e-15))))
    return np.array(losses), time.process_time() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attune")
    parser.add_argument("data")
    parser.add_argument("model")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("sets", nargs="*")
    given = parser.parse_intermixed_args()
    warnings.filterwarnings("ignore")
    settings = {}
    for item in given.set:
        name, value = item.split("=")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    with open(os.path.join(given.data, "manifest.json")) as file:
        entries = json.load(file)["datasets"]
    most = 2500 if given.model == "gaussian_process" else 10000
    print("| data | rows | attune | scikit-learn | difference (se) | CPU s: attune, scikit-learn |")
    print("|-|-|-|-|-|-|")
    for entry in entries:
        if entry["rows"] > most or given.sets and entry["name"] not in given.sets:
            continue
        frame = pd.read_csv(os.path.join(given.data, entry["file"]), keep_default_na=False,
                            na_values=[""])
        frame["fold"] = fold = folds_of(frame, entry)
        with tempfile.TemporaryDirectory() as folder:
            a, seconds = ours(given.attune, folder, frame, entry, given.model, settings)
        line = f"| {entry['name']} | {len(frame)} | {a.mean():.5g} | "
        if given.ours:
            print(line + f"| | {seconds:.2f} |", flush=True)
            continue
        b, other = theirs(frame, fold, entry, given.model)
        error = (a - b).std(ddof=1) / FOLDS ** 0.5
        print(line + f"{b.mean():.5g} | {(a - b).mean():.3g} ({error:.2g}) | "
              f"{seconds:.2f}, {other / FOLDS:.2f} |", flush=True)


if __name__ == "__main__":
    main()
