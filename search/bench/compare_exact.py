#!/usr/bin/python3
"""search/bench/compare_exact.py - models with one right answer, beside scikit-learn's.

    search/bench/compare_exact.py ATTUNE DATA [--most ROWS] [SET ...]

ATTUNE is the program, DATA a folder of CSV files with a manifest.json. Both sides get the same
numbers: medians and commonest levels put in, levels as flags, columns standardised, in the same
five folds of each set of at most ROWS rows (10,000). A row has the largest figure of the folds:
for ridge, knn, naive_bayes and lda the largest difference of a prediction for rows that were not
fitted (probabilities; numbers in deviations of the target), for elastic_net and
logistic_regression how much larger ours leaves the objective, as a share of it (below 0: it found
the lower one).

Rows of knn with a tie at the edge of the neighbourhood are left out: which of the rows at one
distance are asked is free.
"""
import argparse
import json
import os
import subprocess
import tempfile
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from compare_models import FOLDS, folds_of


def numbers_of(x, train):
    """All columns as standardised numbers, learnt from the training rows; constants left out."""
    texts = [c for c in x if x[c].dtype == object]
    levels = make_pipeline(SimpleImputer(strategy="most_frequent"),
                           OneHotEncoder(handle_unknown="ignore", sparse=False))
    numbers = [c for c in x if c not in texts]
    parts = ColumnTransformer([("n", SimpleImputer(strategy="median"), numbers),
                               ("t", levels, texts)])
    pipeline = make_pipeline(parts, StandardScaler()).fit(x[train])
    z = pipeline.transform(x)
    return z[:, z[train].std(axis=0) > 0]


class Ours:
    """One model of attune's, fitted on train and asked of test."""

    def __init__(self, attune, folder, target):
        self.attune, self.folder, self.target = attune, folder, target

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, *words):
        done = subprocess.run([self.attune, *words], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"attune {' '.join(words)}: {done.stderr}")

    def write(self, z, y, train):
        frame = pd.DataFrame(z, columns=[f"x{j}" for j in range(z.shape[1])])
        frame[self.target] = np.asarray(y)
        frame[train].to_csv(self.path("train.csv"), index=False)
        frame[~train].to_csv(self.path("test.csv"), index=False)
        self.kinds = {f"x{j}": "real" for j in range(z.shape[1])}

    def fit(self, model, settings):
        plan = {"data": {"file": self.path("train.csv"), "target": self.target,
                         "columns": self.kinds},
                "validation": {"holdout": 0.1},
                "pipeline": {"name": "p", "steps": [{"step": model, "hyperparams": settings}]}}
        with open(self.path("plan.json"), "w") as file:
            json.dump(plan, file)
        subprocess.run(["rm", "-rf", self.path("dump")], check=True)
        self.run("fit", self.path("plan.json"), "--out", self.path("dump"))

    def predict(self, labels):
        self.run("predict", self.path("dump"), self.path("test.csv"), "-o", self.path("said.csv"))
        said = pd.read_csv(self.path("said.csv"))
        if labels is None:
            return said["prediction"].to_numpy()
        return said[[f"probability_{v}" for v in labels]].to_numpy()

    def coefs(self, model):
        load = lambda name: np.load(self.path("dump", "p", model, name + ".npy"))
        return load("coef"), load("intercept")


def untied(z, train, k):
    """Test rows whose k nearest are no matter of choice."""
    distances = NearestNeighbors(n_neighbors=k + 1).fit(z[train]).kneighbors(z[~train])[0]
    return distances[:, k] > distances[:, k - 1] + 1e-6


def elastic_net_objective(z, y, coef, intercept, alpha, ratio):
    rest = y - z @ coef.ravel() - intercept.ravel()[0]
    return rest @ rest / (2 * len(y)) + alpha * (ratio * np.abs(coef).sum()
                                                 + (1 - ratio) / 2 * (coef ** 2).sum())


def logistic_objective(z, codes, coef, intercept, c):
    scores = z @ coef.T + intercept
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    top = scores.max(axis=1)
    sums = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return c * (sums - scores[np.arange(len(codes)), codes]).sum() + (coef ** 2).sum() / 2


def regressions(ours, z, y, train):
    spread, fitted, tested = y[train].std(), z[train], z[~train]
    ours.fit("ridge", {"alpha": 1})
    result = {"ridge": np.abs(ours.predict(None)
                              - Ridge(1).fit(fitted, y[train]).predict(tested)).max() / spread}
    ours.fit("knn", {})
    said = ours.predict(None) - KNeighborsRegressor().fit(fitted, y[train]).predict(tested)
    result["knn"] = np.abs(said[untied(z, train, 5)]).max(initial=0) / spread
    alpha = 0.01 * spread
    ours.fit("elastic_net", {"alpha": alpha})
    peer = ElasticNet(alpha, tol=1e-10, max_iter=100000).fit(fitted, y[train])
    at = elastic_net_objective(fitted, y[train], peer.coef_, np.array(peer.intercept_), alpha, 0.5)
    own = elastic_net_objective(fitted, y[train], *ours.coefs("elastic_net"), alpha, 0.5)
    result["elastic_net"] = own / at - 1
    return result


def classifications(ours, z, y, train):
    labels, fitted, tested = sorted(np.unique(y)), z[train], z[~train]
    own_y = y[train]

    def difference(model, peer, settings=None, rows=None):
        ours.fit(model, settings or {})
        gap = np.abs(ours.predict(labels) - peer.fit(fitted, own_y).predict_proba(tested))
        return gap[rows].max(initial=0) if rows is not None else gap.max()

    result = {"knn": difference("knn", KNeighborsClassifier(), None, untied(z, train, 5)),
              "naive_bayes": difference("naive_bayes", GaussianNB()),
              "lda": difference("lda", LinearDiscriminantAnalysis(solver="lsqr")),
              "lda, shrunken": difference("lda", LinearDiscriminantAnalysis(
                  solver="lsqr", shrinkage=0.1), {"shrinkage": 0.1})}
    ours.fit("logistic_regression", {})
    peer = LogisticRegression(tol=1e-10, max_iter=10000).fit(fitted, own_y)
    codes = np.searchsorted(labels, own_y)
    at = logistic_objective(fitted, codes, peer.coef_, peer.intercept_, 1)
    own = logistic_objective(fitted, codes, *ours.coefs("logistic_regression"), 1)
    result["logistic_regression"] = own / at - 1
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attune")
    parser.add_argument("data")
    parser.add_argument("--most", type=int, default=10000)
    parser.add_argument("sets", nargs="*")
    given = parser.parse_intermixed_args()
    warnings.filterwarnings("ignore")
    with open(os.path.join(given.data, "manifest.json")) as file:
        entries = json.load(file)["datasets"]
    columns = ["ridge", "knn", "elastic_net", "naive_bayes", "lda", "lda, shrunken",
               "logistic_regression"]
    print("| set | rows | " + " | ".join(columns) + " |\n|" + "-|" * (len(columns) + 2))
    for entry in sorted(entries, key=lambda e: e["rows"]):
        if entry["rows"] > given.most or given.sets and entry["name"] not in given.sets:
            continue
        frame = pd.read_csv(os.path.join(given.data, entry["file"]), keep_default_na=False,
                            na_values=[""])
        fold, target, worst = folds_of(frame, entry), entry["target"], {}
        x, y = frame.drop(columns=[target]), frame[target].to_numpy()
        each = regressions if entry["task"] == "regression" else classifications
        for k in range(FOLDS):
            train = fold != k
            z = numbers_of(x, train)
            with tempfile.TemporaryDirectory() as folder:
                ours = Ours(given.attune, folder, target)
                ours.write(z, y, train)
                for model, figure in each(ours, z, y, train).items():
                    worst[model] = max(worst.get(model, -np.inf), figure)
        print(f"| {entry['name']} | {len(frame)} | "
              + " | ".join(f"{worst[c]:.1e}" if c in worst else "" for c in columns) + " |",
              flush=True)


if __name__ == "__main__":
    main()
