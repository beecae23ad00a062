#!/usr/bin/python3
"""tests/golden/gaussian_process.py - writes gaussian_process.json: scikit-learn's likelihoods,
gradients and predictions.

    tests/golden/gaussian_process.py > tests/golden/gaussian_process.json

Classes are one regression a class on its labels; the predictions that leave a row out are made by
leaving it out, and the sharpness is scipy's minimum.
"""
import json

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

rng = np.random.default_rng(5)
N, TRAIN, P = 70, 45, 3


def shape(name, scale):
    if name == "rbf":
        return RBF(scale, (1e-3, 1e3))
    return Matern(scale, (1e-3, 1e3), nu={"matern32": 1.5, "matern52": 2.5}[name])


def covariance(name, scale, noise):
    return ConstantKernel(1.0, (1e-3, 1e3)) * shape(name, scale) + WhiteKernel(noise, (1e-6, 10))


def best(name, x, y, scale):
    model = GaussianProcessRegressor(covariance(name, scale, 0.1), alpha=1e-12, normalize_y=True)
    model.fit(x, y)
    return model.log_marginal_likelihood_value_, model


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def classes(x, codes, scale):
    kernel = ConstantKernel(1.0) * shape("matern52", scale)
    z, out = np.zeros((TRAIN, 3)), np.zeros((N - TRAIN, 3))
    for k in range(3):
        y = (codes[:TRAIN] == k).astype(float)
        mean, deviation = y.mean(), y.std()
        y = (y - mean) / deviation

        def fitted(rows):
            return GaussianProcessRegressor(kernel, alpha=0.1, optimizer=None).fit(x[rows], y[rows])

        everyone = np.arange(TRAIN)
        for i in everyone:
            z[i, k] = mean + deviation * fitted(everyone[everyone != i]).predict(x[i:i + 1])[0]
        out[:, k] = mean + deviation * fitted(everyone).predict(x[TRAIN:])

    def cost(log_b):
        p = softmax(np.exp(log_b) * z)
        return 2 * log_b ** 2 - np.log(p[np.arange(TRAIN), codes[:TRAIN]]).sum()

    b = np.exp(minimize_scalar(cost, bracket=(-1, 3), tol=1e-12).x)
    return softmax(b * out).tolist(), float(b)


def main():
    x = rng.normal(size=(N, P)) * [1, 2, 0.5] + [0, 1, 7]
    y = 40 + 10 * np.sin(x[:, 0]) + 2 * x[:, 1] + rng.normal(size=N)
    codes = np.where(x[:, 2] > 7.3, 2, (np.sin(x[:, 0]) + 0.3 * rng.normal(size=N) > 0)).astype(int)
    weight = 0.25 + (np.arange(N) * 7 % 11) / 4
    cases = []
    for name in ("rbf", "matern32", "matern52"):
        for scale in (1.7, [0.8, 2.5, 4.0]):
            kernel = covariance(name, scale, 0.3)
            model = GaussianProcessRegressor(kernel, alpha=1e-14, optimizer=None)
            standard = (y[:TRAIN] - y[:TRAIN].mean()) / y[:TRAIN].std()
            model.fit(x[:TRAIN], standard)
            value, gradient = model.log_marginal_likelihood(kernel.theta, eval_gradient=True)
            top, found = best(name, x[:TRAIN], y[:TRAIN],
                              np.ones(P) * P ** 0.5 if isinstance(scale, list) else P ** 0.5)
            cases.append({
                "kernel": name, "ard": isinstance(scale, list), "theta": kernel.theta.tolist(),
                "value": value, "gradient": gradient.tolist(), "best": top,
                "best_predictions": found.predict(x[TRAIN:]).tolist()})
    kernel = ConstantKernel(1.0) * shape("matern52", P ** 0.5)
    y_train = y[:TRAIN]
    own = weight[:TRAIN] / weight[:TRAIN].mean()
    plain = GaussianProcessRegressor(kernel, alpha=0.1, optimizer=None, normalize_y=True)
    weighted = GaussianProcessRegressor(kernel, alpha=0.1 / own, optimizer=None, normalize_y=True)
    probabilities, sharpness = classes(x, codes, P ** 0.5)
    print(json.dumps({
        "made_with": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__,
                      "numpy": np.__version__},
        "n_train": TRAIN, "x": x.tolist(), "codes": codes.tolist(), "y": y.tolist(),
        "weight": weight.tolist(), "cases": cases,
        "plain": plain.fit(x[:TRAIN], y_train).predict(x[TRAIN:]).tolist(),
        "weighted": weighted.fit(x[:TRAIN], y_train).predict(x[TRAIN:]).tolist(),
        "probabilities": probabilities, "sharpness": sharpness,
    }, indent=1))


if __name__ == "__main__":
    main()
