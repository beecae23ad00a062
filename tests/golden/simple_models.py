"""Golden figures for naive_bayes, lda, knn and elastic_net, from scikit-learn.

    python3 tests/golden/simple_models.py > tests/golden/simple_models.json

Each set has inputs x (rounded, so that both sides read the same), classes y, numbers target and
nominal codes; models learn from the first n_train rows and are asked about every seventh row, so
about rows that they know and rows that they do not. No two distances are equal.
"""
import itertools
import json

import numpy as np
import pathlib
import pandas as pd
import sklearn
import warnings
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import ElasticNet
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent
STREAM = np.random.default_rng(2385)


def weights(n):
    return 0.25 + (np.arange(n) * 7 % 11) / 4


def penguins():
    frame = pd.read_csv(HERE.parent / "data" / "penguins.csv")
    names = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    frame = frame.dropna(subset=names).sample(90, random_state=1)
    x = (frame[names] - frame[names].mean()) / frame[names].std()
    x = x.to_numpy() + STREAM.normal(size=(90, 4)) * 1e-2
    return x, np.unique(frame["species"], return_inverse=True)[1]


def made(n, p):
    x = STREAM.normal(size=(n, p)) @ STREAM.normal(size=(p, p)) + 3 * STREAM.normal(size=p)
    return x, (x[:, 0] + x[:, 1] + STREAM.normal(size=n) * 2 > np.quantile(x[:, 0] + x[:, 1], 0.7)
               ).astype(int)


def priors(n):
    share = np.arange(1, n + 1, dtype=float)
    return (share / share.sum()).tolist()


def bayes(s):
    for smooth, weighted in ((1e-9, False), (0.02, False), (0, True)):
        for given in (None, priors(s["n_classes"])):
            model = GaussianNB(var_smoothing=smooth, priors=given)
            model.fit(s["train"], s["y_train"],
                      sample_weight=weights(len(s["y_train"])) if weighted else None)
            yield dict(var_smoothing=smooth, weighted=weighted, priors=given,
                       probabilities=model.predict_proba(s["asked"]).tolist())


def counted(s):
    """Nominal columns alone, and with the real ones: the prior counts once."""
    real = GaussianNB(var_smoothing=0.001).fit(s["train"], s["y_train"])
    for alpha in (1.0, 0.3):
        model = CategoricalNB(alpha=alpha, min_categories=4)
        model.fit(s["codes"][:s["n_train"]], s["y_train"])
        both = (model.predict_log_proba(s["codes"][::7]) + real.predict_log_proba(s["asked"])
                - np.log(real.class_prior_))
        both = np.exp(both - both.max(1, keepdims=True))
        yield dict(alpha=alpha, nominal=model.predict_proba(s["codes"][::7]).tolist(),
                   both=(both / both.sum(1, keepdims=True)).tolist())


def discriminant(s):
    for shrinkage in ("auto", 0.3, None, 1.0):
        for given in (None, priors(s["n_classes"])):
            if shrinkage is None and len(s["train"]) <= s["train"].shape[1]:
                continue
            model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=given)
            model.fit(s["train"], s["y_train"])
            yield dict(shrinkage=shrinkage, priors=given,
                       probabilities=model.predict_proba(s["asked"]).tolist())


def neighbours(s):
    metrics = ("euclidean", "manhattan", "chebyshev", "cosine")
    for k, how, metric in itertools.product((1, 4, 15), ("uniform", "distance"), metrics):
        algorithm = "brute" if metric == "cosine" else "kd_tree"  # which takes differences
        options = dict(n_neighbors=k, weights=how, metric=metric, algorithm=algorithm)
        classes = KNeighborsClassifier(**options).fit(s["train"], s["y_train"])
        numbers = KNeighborsRegressor(**options).fit(s["train"], s["target_train"])
        # Cosines of a row with itself are 0 up to rounding, which is not what is asked here.
        known = metric == "cosine" and how == "distance"
        asked = s["asked"][s["n_known"]:] if known else s["asked"]
        yield dict(n_neighbors=k, weights=how, metric=metric,
                   first=s["n_known"] if known else 0,
                   probabilities=classes.predict_proba(asked).tolist(),
                   numbers=numbers.predict(asked).tolist())


def objective(x, y, w, coef, intercept, alpha, ratio):
    rest = y - x @ coef - intercept
    return ((w * rest**2).sum() / (2 * w.sum()) + alpha * ratio * np.abs(coef).sum()
            + alpha * (1 - ratio) / 2 * (coef**2).sum())


def nets(s):
    for alpha, ratio, fit_intercept in ((0.5, 0.5, True), (0.05, 0.9, True), (0.003, 0.4, True),
                                        (0.02, 1.0, True), (0.1, 0.2, False), (30, 0.7, True),
                                        (1e-4, 0.95, True)):
        for weighted in (False, True):
            w = weights(len(s["y_train"])) if weighted else np.ones(len(s["y_train"]))
            model = ElasticNet(alpha=alpha, l1_ratio=ratio, fit_intercept=fit_intercept,
                               tol=1e-15, max_iter=1000000)
            model.fit(s["train"], s["target_train"], sample_weight=w if weighted else None)
            yield dict(alpha=alpha, l1_ratio=ratio, fit_intercept=fit_intercept, weighted=weighted,
                       coef=model.coef_.tolist(), intercept=float(model.intercept_),
                       gap=abs(float(model.dual_gap_)),
                       objective=objective(s["train"], s["target_train"], w, model.coef_,
                                           model.intercept_, alpha, ratio))


def sets():
    for name, (x, y) in (("penguins", penguins()), ("made", made(70, 8)), ("wide", made(40, 48))):
        x = np.round(x, 5)
        n = len(x)
        target = np.round(x[:, 0] - 2 * x[:, 1] + 0.5 * x[:, 2] ** 2 + STREAM.normal(size=n), 5)
        codes = np.stack([(y + STREAM.integers(0, 2, n)) % 4, STREAM.integers(0, 3, n)], 1)
        n_train = n * 5 // 7
        s = dict(train=x[:n_train], y_train=y[:n_train], target_train=target[:n_train],
                 n_train=n_train, asked=x[::7], n_known=len(range(0, n_train, 7)),
                 n_classes=int(y.max()) + 1, codes=codes)
        yield dict(name=name, x=x.tolist(), y=y.tolist(), target=target.tolist(),
                   codes=codes.tolist(), n_train=n_train, naive_bayes=list(bayes(s)),
                   counted=list(counted(s)), lda=list(discriminant(s)), knn=list(neighbours(s)),
                   elastic_net=list(nets(s)))


print(json.dumps({
    "made_by": "tests/golden/simple_models.py",
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "sets": list(sets()),
}))
