#!/usr/bin/python3
"""tests/golden/mlp.py - writes mlp.json: what a small perceptron gives, and its gradient.

    tests/golden/mlp.py > tests/golden/mlp.json

Forward is numpy in double precision, gradients are central differences of it; for ReLU they are
held against scikit-learn's own backward pass. Steps of Adam are scikit-learn's optimiser, robust
scales its RobustScaler.
"""
import json

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer
from sklearn.preprocessing import LabelBinarizer, RobustScaler

rng = np.random.default_rng(7)
WIDTHS, N = [3, 5, 20, 4], 11


def activate(name, z):
    if name == "relu":
        return np.maximum(z, 0)
    if name == "selu":
        return 1.0507009873554804934 * np.where(z > 0, z, 1.6732632423543772848 * np.expm1(z))
    return z * np.tanh(np.logaddexp(0, z))


def unpack(dense):
    scale, at, layers = dense[:WIDTHS[0]], WIDTHS[0], []
    for a, b in zip(WIDTHS[:-1], WIDTHS[1:]):
        layers.append((dense[at:at + a * b].reshape(a, b), dense[at + a * b:at + a * b + b]))
        at += a * b + b
    return scale, layers


def forward(name, dense, x):
    scale, layers = unpack(dense)
    h = x * scale
    for i, (w, b) in enumerate(layers):
        h = h @ w / np.sqrt(len(w)) + b
        h = activate(name, h) if i + 1 < len(layers) else h
    return h


def loss(name, dense, x, y):
    z = forward(name, dense, x)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(N), y])


def differences(name, dense, x, y):
    step, out = 1e-5, np.zeros_like(dense)
    for i in range(len(dense)):
        up, down = dense.copy(), dense.copy()
        up[i] += step
        down[i] -= step
        out[i] = (loss(name, up, x, y) - loss(name, down, x, y)) / (2 * step)
    return out


def sklearn_gradient(dense, x, y):
    scale, layers = unpack(dense)
    model = MLPClassifier(tuple(WIDTHS[1:-1]), alpha=0)
    one_hot = LabelBinarizer().fit(np.arange(4)).transform(y)
    model._validate_input = None
    model.n_layers_, model.n_outputs_, model.out_activation_ = len(WIDTHS), 4, "softmax"
    model.loss, model.coefs_ = "log_loss", [w / np.sqrt(len(w)) for w, _ in layers]
    model.intercepts_ = [b for _, b in layers]
    activations = [x * scale] + [None] * len(layers)
    room = [np.empty((N, n)) for n in WIDTHS[1:]]
    coefs, intercepts = [np.empty_like(w) for w, _ in layers], [np.empty_like(b) for _, b in layers]
    _, coefs, intercepts = model._backprop(x * scale, one_hot, activations, room, coefs, intercepts)
    return np.concatenate([np.concatenate([(g / np.sqrt(len(g))).ravel(), h])
                           for g, h in zip(coefs, intercepts)])


def main():
    size = WIDTHS[0] + sum((a + 1) * b for a, b in zip(WIDTHS[:-1], WIDTHS[1:]))
    dense = rng.normal(size=size).astype(np.float32).astype(float)
    x, y = rng.normal(size=(N, 3)).astype(np.float32).astype(float), rng.integers(0, 4, N)
    gradient = {name: differences(name, dense, x, y) for name in ("selu", "mish", "relu")}
    assert np.allclose(gradient["relu"][3:], sklearn_gradient(dense, x, y), atol=1e-8)
    start = rng.normal(size=6)
    steps, params = rng.normal(size=(5, 6)), [start.copy()]
    adam = AdamOptimizer(params, 0.05, 0.9, 0.95, 1e-30)
    for step in steps:
        adam.update_params(params, [step])
    raw = np.vstack([rng.normal(3, 50, 9), rng.integers(0, 2, 9), np.full(9, 2.385),
                     [0, 0, 0, 0, 0, 0, 0, 0, 5]]).T
    scaler = RobustScaler().fit(raw)
    print(json.dumps({
        "made_with": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
        "widths": WIDTHS, "x": x.tolist(), "y": y.tolist(), "dense": dense.tolist(),
        "outputs": {k: forward(k, dense, x).tolist() for k in gradient},
        "gradient": {k: g.tolist() for k, g in gradient.items()},
        "adam": {"start": start.tolist(), "gradients": steps.tolist(), "end": params[0].tolist()},
        "robust": {"x": raw.tolist(), "center": scaler.center_.tolist(),
                   "scale": scaler.scale_.tolist()},
    }, indent=1))


if __name__ == "__main__":
    main()
