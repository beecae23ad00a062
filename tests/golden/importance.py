"""Golden figures for importance, from scikit-learn: permutation and partial dependence.

    python3 tests/golden/importance.py > tests/golden/importance.json

A linear regression on three columns, of which the second has few values.
"""
import json

import numpy as np
import sklearn
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LinearRegression

rng = np.random.default_rng(3)
n = 200
x = np.column_stack([rng.normal(size=n), rng.integers(0, 6, n), rng.uniform(-1, 1, n)]).round(6)
y = (3 * x[:, 0] - 0.5 * x[:, 1] + 0.1 * x[:, 2] + 0.3 * rng.normal(size=n)).round(6)
model = LinearRegression().fit(x, y)
permuted = permutation_importance(model, x, y, scoring="neg_root_mean_squared_error", n_repeats=400,
                                  random_state=0)
few = partial_dependence(model, x, [1], kind="average", grid_resolution=20)
print(json.dumps({
    "made_with": {"scikit-learn": sklearn.__version__},
    "x": x.tolist(), "y": y.tolist(),
    "rmse": float(((model.predict(x) - y) ** 2).mean() ** 0.5),
    "permutation": permuted.importances_mean.tolist(),
    "coef_times_deviation": (np.abs(model.coef_) * x.std(0)).tolist(),
    "partial_at": few["values"][0].tolist(), "partial": few["average"][0].tolist(),
}))
