"""Golden figures for logistic_regression, ridge and linear_regression, from scikit-learn.

    python3 tests/golden/linear_models.py [FOLDER_OF_WHOLE_SETS]  > tests/golden/linear_models.json

Small sets (numbers, rounded to 6 decimals, so that both sides read the same) are written with the
figures; of whole sets (breast_cancer.csv, iris.csv, spam.csv, credit.csv in a folder, target last)
only the objectives are. The objective is C * sum(weight * loss) + penalty, intercept not in it.
"violation" says how nearly optimal the oracle itself is: saga may run out of patience.
"""
import json
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd
import sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent


def numbers(frame):
    """Mean for what is missing, one column a level, mean 0 and deviation 1."""
    texts = list(frame.select_dtypes("object").columns)
    for name in frame.columns.difference(texts):
        frame[name] = frame[name].fillna(frame[name].mean())
    x = pd.get_dummies(frame, columns=texts, dtype=float).to_numpy(float)
    spread = x.std(0)
    return (x - x.mean(0)) / np.where(spread > 0, spread, 1)


def read(path, target):
    frame = pd.read_csv(path)
    y = np.unique(frame[target].astype(str), return_inverse=True)[1]
    return numbers(frame.drop(columns=target)), y


def objective(x, y, coef, intercept, case, weight):
    scores = x @ coef.T + intercept
    if coef.shape[0] == 1:
        loss = np.logaddexp(0, np.where(y == 1, -scores[:, 0], scores[:, 0]))
    else:
        most = scores.max(1, keepdims=True)
        loss = np.log(np.exp(scores - most).sum(1)) + most[:, 0] - scores[np.arange(len(y)), y]
    if case["class_weight"] == "balanced":
        counts = np.bincount(y)
        weight = weight * (len(y) / (len(counts) * counts))[y]
    share = {"l1": 1, "l2": 0, "elastic_net": case["l1_ratio"], "none": 0}[case["penalty"]]
    penalty = share * np.abs(coef).sum() + (1 - share) / 2 * (coef**2).sum()
    return case["C"] * (weight @ loss) + (0 if case["penalty"] == "none" else penalty)


def violation(x, y, probability, coef, intercept, case, weight):
    """How far from optimal: the largest subgradient, as a share of C times all weight."""
    share = {"l1": 1, "l2": 0, "elastic_net": case["l1_ratio"], "none": 0}[case["penalty"]]
    strength = case["penalty"] != "none"
    if case["class_weight"] == "balanced":
        counts = np.bincount(y)
        weight = weight * (len(y) / (len(counts) * counts))[y]
    rest = (probability - np.eye(probability.shape[1])[y]) * weight[:, None] * case["C"]
    rest = rest[:, 1:] if coef.shape[0] == 1 else rest
    slope = rest.T @ x + strength * (1 - share) * coef
    zero = np.maximum(np.abs(slope) - strength * share, 0)
    worst = np.where(coef != 0, np.abs(slope + strength * share * np.sign(coef)), zero).max()
    if case["fit_intercept"]:
        worst = max(worst, np.abs(rest.sum(0)).max())
    return float(worst / (case["C"] * weight.sum()))


def logistic(x, y, case, weight, patience=20000):
    name = case["penalty"]
    options = dict(C=case["C"], fit_intercept=case["fit_intercept"], max_iter=patience, tol=1e-12,
                   class_weight=None if case["class_weight"] == "none" else "balanced")
    if name in ("l2", "none"):
        model = LogisticRegression(penalty=None if name == "none" else "l2", solver="newton-cg",
                                   **options)
    elif name == "l1" and y.max() == 1 and not case["fit_intercept"] and patience < 20000:
        model = LogisticRegression(penalty="l1", solver="liblinear", random_state=0,
                                   **dict(options, max_iter=1000))
    else:
        options["tol"] = 1e-10
        model = LogisticRegression(penalty="elasticnet", solver="saga", random_state=0,
                                   l1_ratio=1 if name == "l1" else case["l1_ratio"], **options)
    model.fit(x, y, sample_weight=weight)
    value = objective(x, y, model.coef_, model.intercept_, case, weight)
    off = violation(x, y, model.predict_proba(x), model.coef_, model.intercept_, case, weight)
    return dict(case, objective=value, violation=off,
                probabilities=model.predict_proba(x[:3]).tolist())


def case(C, penalty="l2", l1_ratio=0.5, fit_intercept=True, class_weight="none", weighted=False):
    return dict(C=C, penalty=penalty, l1_ratio=l1_ratio, fit_intercept=fit_intercept,
                class_weight=class_weight, weighted=weighted)


CASES = [
    case(0.01), case(1), case(37.5), case(1, fit_intercept=False), case(2.5, weighted=True),
    case(0.3, class_weight="balanced"), case(0.1, "l1"), case(0.7, "l1"), case(9, "l1"),
    case(1.3, "l1", fit_intercept=False), case(0.4, "l1", weighted=True),
    case(0.1, "elastic_net"), case(3, "elastic_net", 0.15), case(3, "elastic_net", 0.85),
    case(1, "none"),
]


def small_sets():
    credit, y = read(HERE.parent / "data" / "credit.csv", "Status")
    rows = np.arange(0, len(y), 18)
    yield "credit", credit[rows][:, :12], y[rows], CASES
    frame = pd.read_csv(HERE.parent / "data" / "penguins.csv")
    y = np.unique(frame["species"], return_inverse=True)[1]
    x = numbers(frame[["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]])
    yield "penguins", x[::2], y[::2], [c for c in CASES if c["penalty"] != "none"]
    stream = np.random.default_rng(7)
    x = stream.normal(size=(24, 60)) + stream.normal(size=(24, 1))
    y = (x[:, :3].sum(1) + stream.normal(size=24) > 0).astype(int)
    yield "wide", x, y, [case(0.01), case(1), case(30, fit_intercept=False), case(2, "l1")]


def weights(n):
    return 0.25 + (np.arange(n) * 7 % 11) / 4


def regressions(x, target, weight):
    for alpha in (0.0, 0.1, 1.0, 250.0):
        for fit_intercept in (True, False):
            for weighted in (False, True):
                model = LinearRegression(fit_intercept=fit_intercept) if alpha == 0 else Ridge(
                    alpha=alpha, fit_intercept=fit_intercept, solver="cholesky")
                model.fit(x, target, sample_weight=weight if weighted else None)
                yield dict(alpha=alpha, fit_intercept=fit_intercept, weighted=weighted,
                           coef=model.coef_.tolist(), intercept=float(model.intercept_))


def small():
    for name, x, y, cases in small_sets():
        x = np.round(x, 6)
        weight = weights(len(y))
        target = np.round(x[:, 0] - 2 * x[:, 1] + np.sin(np.arange(len(y))) + 3, 6)
        yield dict(name=name, x=x.tolist(), y=y.tolist(), target=target.tolist(),
                   logistic=[logistic(x, y, c, weight if c["weighted"] else np.ones(len(y)))
                             for c in cases],
                   regression=list(regressions(x, target, weight)))


def whole(folder):
    for name in ("breast_cancer", "iris", "spam", "credit"):
        path = pathlib.Path(folder) / (name + ".csv")
        x, y = read(path, pd.read_csv(path, nrows=1).columns[-1])
        for c in (case(0.01), case(1), case(100), case(0.05, "l1"), case(1, "l1"),
                  case(1, "l1", fit_intercept=False), case(1, "elastic_net")):
            found = logistic(x, y, c, np.ones(len(y)), 4000)
            del found["probabilities"]
            yield dict(name=name, **found)


print(json.dumps({
    "made_by": "tests/golden/linear_models.py",
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "sets": list(small()),
    "whole_sets": list(whole(sys.argv[1])) if len(sys.argv) > 1 else [],
}))
