#!/usr/bin/python3
"""tests/golden/svm.py - writes svm.json: what scikit-learn's SVC and SVR (libsvm) decide.

    tests/golden/svm.py > tests/golden/svm.json

Sigmoids are scipy's minimum of the cross entropy with Platt's targets, coupled probabilities the
solution of the linear system that the least squares have.
"""
import json

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from sklearn.svm import SVC, SVR

rng = np.random.default_rng(11)
N, TRAIN, P = 90, 60, 4
CASES = [
    {"kernel": "rbf"},
    {"kernel": "rbf", "C": 20, "gamma": "auto"},
    {"kernel": "rbf", "C": 0.3, "gamma": 0.7, "class_weight": "balanced"},
    {"kernel": "linear", "C": 0.5},
    {"kernel": "poly", "C": 2, "degree": 2, "coef0": 1, "gamma": 0.3},
    {"kernel": "sigmoid", "C": 0.8, "gamma": 0.1, "coef0": -0.2},
]


def settings(case):
    given = dict(case, tol=1e-7)
    if given.get("class_weight") is None:
        given.pop("class_weight", None)
    return given


def platt(f, y):
    high, low = (y.sum() + 1) / (y.sum() + 2), 1 / ((~y).sum() + 2)
    t = np.where(y, high, low)

    def cost(v):
        z = v[0] * f + v[1]
        return np.sum(t * np.logaddexp(0, z) + (1 - t) * np.logaddexp(0, -z))

    return minimize(cost, [0, 0], method="BFGS", options={"gtol": 1e-9}).x.tolist()


def couple(pairs, n):
    r, k = np.zeros((n, n)), 0
    for i in range(n):
        for j in range(i + 1, n):
            r[i, j], r[j, i] = pairs[k], 1 - pairs[k]
            k += 1
    q = -r.T * r
    np.fill_diagonal(q, (r ** 2).sum(axis=0))
    system = np.block([[q, np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
    return np.linalg.solve(system, np.append(np.zeros(n), 1))[:n].tolist()


def main():
    x = rng.normal(size=(N, P)) * [1, 2, 0.5, 1] + [0, 1, 0, -3]
    codes = (np.abs(x[:, 0]) + x[:, 1] + 0.5 * rng.normal(size=N) > 1.5).astype(int)
    codes[x[:, 2] > 0.5] = 2
    y = 40 + 10 * np.sin(x[:, 0]) + 4 * x[:, 1] + rng.normal(size=N)
    weight = 0.25 + (np.arange(N) * 7 % 11) / 4
    cases = []
    for case in CASES:
        svc = SVC(decision_function_shape="ovo", **settings(case))
        two = codes[:TRAIN] < 2
        numbers = settings(case)
        numbers.pop("class_weight", None)
        svr = SVR(epsilon=0.5, **numbers).fit(x[:TRAIN], y[:TRAIN])
        svc.fit(x[:TRAIN], codes[:TRAIN])
        cases.append(dict(case, decisions=svc.decision_function(x[TRAIN:]).tolist(),
                          n_support=svc.n_support_.tolist(),
                          numbers=svr.predict(x[TRAIN:]).tolist()))
        if case["kernel"] != "sigmoid":  # its programme is not convex: there are several ends
            svc.fit(x[:TRAIN], codes[:TRAIN], sample_weight=weight[:TRAIN])
            cases[-1]["weighted"] = svc.decision_function(x[TRAIN:]).tolist()
        svc.fit(x[:TRAIN][two], codes[:TRAIN][two])
        cases[-1]["two"] = (-svc.decision_function(x[TRAIN:])).tolist()
    f = rng.normal(size=40)
    truth = f + rng.normal(size=40) > 0.3
    pairs = rng.uniform(0.05, 0.95, size=10)
    print(json.dumps({
        "made_with": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__,
                      "numpy": np.__version__},
        "n_train": TRAIN, "x": x.tolist(), "codes": codes.tolist(), "y": y.tolist(),
        "weight": weight.tolist(), "cases": cases,
        "platt": {"f": f.tolist(), "positive": truth.tolist(), "sigmoid": platt(f, truth)},
        "couple": {"pairs": pairs.tolist(), "p": couple(pairs, 5)},
    }, indent=1))


if __name__ == "__main__":
    main()
