"""Golden figures for calibrate: temperature from scipy, isotonic and sigmoid from scikit-learn.

    python3 tests/golden/calibration.py > tests/golden/calibration.json
"""
import json

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression

GRID = [0, 0.01, 0.13, 0.25, 0.5, 0.617, 0.75, 0.9, 0.99, 1]


def made(rng, n, classes, sharpness, weighted):
    """Scores that are too sure of themselves, rounded, so that some are equal."""
    truth = rng.normal(size=(n, classes))
    codes = np.array([rng.choice(classes, p=np.exp(t) / np.exp(t).sum()) for t in truth])
    p = np.exp(sharpness * truth)
    p = np.round(p / p.sum(1, keepdims=True), 2)
    p[:, -1] = np.round(1 - p[:, :-1].sum(1), 2)
    weight = np.round(rng.uniform(0.2, 3, n), 2) if weighted else np.ones(n)
    return np.clip(p, 0, 1), codes, weight


def temperature(p, codes, weight):
    z = np.log(np.clip(p, 1e-15, 1))

    def loss(log_b):
        b = np.exp(log_b)
        most = (b * z).max(1, keepdims=True)
        total = np.log(np.exp(b * z - most).sum(1)) + most[:, 0]
        return weight @ (total - b * z[np.arange(len(codes)), codes]) / weight.sum()

    best = minimize_scalar(loss, bounds=np.log([0.01, 100]), method="bounded",
                           options={"xatol": 1e-12})
    return float(np.exp(-best.x)), float(best.fun)


def case(p, codes, weight):
    column, yes = p[:, 1], (codes == 1).astype(float)
    iso = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(column, yes, weight)
    odds = np.log(np.clip(column, 1e-15, 1)) - np.log(np.clip(1 - column, 1e-15, 1))
    slope, offset = _sigmoid_calibration(odds, yes, weight)
    t, loss = temperature(p, codes, weight)
    return {"p": p.tolist(), "codes": codes.tolist(), "weight": weight.tolist(),
            "temperature": t, "loss": loss, "isotonic": iso.predict(GRID).tolist(),
            "slope": float(slope), "offset": float(offset)}


rng = np.random.default_rng(7)
cases = [case(*made(rng, 60, 2, 3, False)), case(*made(rng, 45, 3, 2, True)),
         case(*made(rng, 30, 2, 0.3, True)), case(*made(rng, 12, 4, 1, False))]
print(json.dumps({"made_with": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__},
                  "grid": GRID, "cases": cases}, indent=None))
