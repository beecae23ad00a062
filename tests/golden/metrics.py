"""tests/golden/metrics.py - writes metrics.json beside it: scores that other software gives.

    python3 tests/golden/metrics.py

scikit-learn's metrics on small made data, with and without weights, with ties among the
probabilities and with certainties of 0 and 1. The Brier score of many classes, which it lacks, is
written out in numpy.
"""
import json
import os

import numpy as np
import sklearn
from sklearn import metrics


def round_rows(p):
    """Coarse probabilities, for ties, whose rows still sum to 1 exactly."""
    p = np.floor(p * 8) / 8
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    return p


def classes_case(rng, name, n, k, positive, weighted, coarse):
    truth = rng.integers(0, k, n)
    p = rng.dirichlet(np.ones(k), n)
    p[np.arange(n), truth] += rng.uniform(0, 1, n)
    p /= p.sum(axis=1, keepdims=True)
    if coarse:
        p = round_rows(p)
    w = rng.choice([0.0, 0.25, 1.0, 1.7, 3.0], n) if weighted else None
    said = p.argmax(axis=1)
    scores = {
        "log_loss": metrics.log_loss(truth, p, sample_weight=w, labels=range(k)),
        "accuracy": metrics.accuracy_score(truth, said, sample_weight=w),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, said, sample_weight=w),
        "mcc": metrics.matthews_corrcoef(truth, said, sample_weight=w),
    }
    if k == 2:
        y, s = (truth == positive).astype(int), p[:, positive]
        scores["roc_auc"] = metrics.roc_auc_score(y, s, sample_weight=w)
        scores["average_precision"] = metrics.average_precision_score(y, s, sample_weight=w)
        scores["f1"] = metrics.f1_score(truth, said, pos_label=positive, sample_weight=w)
        scores["brier"] = metrics.brier_score_loss(y, s, sample_weight=w)
    else:
        one_hot = np.eye(k, dtype=int)[truth]
        scores["roc_auc"] = metrics.roc_auc_score(
            truth, p, sample_weight=w, multi_class="ovr", average="macro")
        scores["average_precision"] = metrics.average_precision_score(
            one_hot, p, sample_weight=w, average="macro")
        scores["f1"] = metrics.f1_score(truth, said, average="macro", sample_weight=w)
        scores["brier"] = np.average(((one_hot - p) ** 2).sum(axis=1), weights=w)
    return {"name": name, "task": "binary" if k == 2 else "multiclass", "classes": k,
            "positive": positive, "truth": truth.tolist(), "predictions": p.ravel().tolist(),
            "weights": None if w is None else w.tolist(),
            "scores": {key: float(value) for key, value in scores.items()}}


def numbers_case(rng, name, n, weighted, zero=False):
    truth = rng.normal(3, 2, n)
    if zero:
        truth[1] = 0.0
    p = truth + rng.normal(0, 1, n)
    w = rng.choice([0.0, 0.25, 1.0, 1.7, 3.0], n) if weighted else None
    scores = {
        "rmse": metrics.mean_squared_error(truth, p, sample_weight=w, squared=False),
        "mae": metrics.mean_absolute_error(truth, p, sample_weight=w),
        "mape": metrics.mean_absolute_percentage_error(truth, p, sample_weight=w),
        "r2": metrics.r2_score(truth, p, sample_weight=w),
    }
    return {"name": name, "task": "regression", "classes": 0, "positive": -1,
            "truth": truth.tolist(), "predictions": p.tolist(),
            "weights": None if w is None else w.tolist(),
            "scores": {key: float(value) for key, value in scores.items()}}


def main():
    rng = np.random.default_rng(20261122)
    cases = [
        classes_case(rng, "binary", 37, 2, 1, False, False),
        classes_case(rng, "binary, weights", 41, 2, 1, True, False),
        classes_case(rng, "binary, ties", 150, 2, 1, False, True),
        classes_case(rng, "binary, ties, weights, the first class positive", 83, 2, 0, True, True),
        classes_case(rng, "four classes", 60, 4, -1, False, False),
        classes_case(rng, "four classes, ties, weights", 90, 4, -1, True, True),
        numbers_case(rng, "numbers", 33, False),
        numbers_case(rng, "numbers, weights", 47, True),
        numbers_case(rng, "numbers, a true zero", 9, False, zero=True),
    ]
    made = {"made_with": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
            "cases": cases}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"made_with": %s,\n"cases": [\n' % json.dumps(made["made_with"]))
        file.write(",\n".join(json.dumps(case) for case in made["cases"]))
        file.write("\n]}\n")


main()
