#!/usr/bin/python3
"""tests/golden/gradient_boosting.py - what scikit-learn's and XGBoost's histogram trees score.

    tests/golden/gradient_boosting.py > tests/golden/gradient_boosting.json

Every fifth row of a set in tests/data is tested, the others are fitted: 100 rounds of 31 leaves,
learning rate 0.1, lambda 1, 20 rows a leaf. Losses: log loss, or RMSE for numbers.
"""
import json
import os

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
import sklearn
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

HERE = os.path.dirname(os.path.abspath(__file__))


def loss_of(y, p):
    if p.ndim == 1:
        return float(np.sqrt(np.mean((y - p) ** 2)))
    return float(-np.mean(np.log(np.maximum(p[np.arange(len(y)), y.astype(int)], 1e-15))))


def score(file, target):
    frame = pd.read_csv(os.path.join(HERE, "..", "data", file))
    frame = frame[frame[target].notna()]
    y = frame.pop(target)
    classes = y.dtype == object
    y = pd.Categorical(y).codes.astype(float) if classes else y.to_numpy(float)
    levels = [i for i, kind in enumerate(frame.dtypes) if kind == object]
    x = np.column_stack([pd.Categorical(frame[c]).codes.astype(float) if i in levels
                         else frame[c].to_numpy(float) for i, c in enumerate(frame)])
    for i in levels:
        x[x[:, i] < 0, i] = np.nan
    tested = np.arange(len(y)) % 5 == 0
    settings = dict(max_iter=100, learning_rate=0.1, max_leaf_nodes=31, min_samples_leaf=20,
                    l2_regularization=1, early_stopping=False, categorical_features=levels or None)
    make = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    model = make(**settings).fit(x[~tested], y[~tested])
    theirs = model.predict_proba(x[tested]) if classes else model.predict(x[tested])
    other = dict(tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, eta=0.1,
                 nthread=1, base_score=0.5 if classes else float(y[~tested].mean()))
    if classes:
        other.update(objective="multi:softprob", num_class=int(y.max()) + 1, min_child_weight=1)
    else:
        other.update(min_child_weight=20)
    kinds = ["c" if i in levels else "q" for i in range(x.shape[1])]
    matrix = [xgboost.DMatrix(x[rows], y[rows], feature_types=kinds, enable_categorical=True)
              for rows in (~tested, tested)]
    boosted = xgboost.train(other, matrix[0], 100).predict(matrix[1])
    constant = (np.tile(np.bincount(y[~tested].astype(int)) / (~tested).sum(), (tested.sum(), 1))
                if classes else np.full(tested.sum(), y[~tested].mean()))
    return {"file": file, "target": target, "scikit-learn": loss_of(y[tested], theirs),
            "xgboost": loss_of(y[tested], boosted), "constant": loss_of(y[tested], constant)}


print(json.dumps({"versions": {"scikit-learn": sklearn.__version__, "xgboost": xgboost.__version__},
                  "cases": [score("penguins.csv", "species"),
                            score("credit.csv", "Status"), score("credit.csv", "Amount")]},
                 indent=1))
