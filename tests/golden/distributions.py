"""Writes tests/golden/distributions.inc: figures of the same distributions, made without attune.

Those of cut-off normals are sums by Gauss-Legendre over 256 panels of 40 points, relative to the
peak within the ends, because SciPy's own moments lose digits in the tails; SciPy checks them where
it can.
"""
import numpy as np
import scipy
import scipy.stats as st

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def integral(f, a, b, panels=256):
    edges = np.linspace(a, b, panels + 1)
    half = (edges[1:] - edges[:-1])[:, None] / 2
    t = edges[:-1, None] + half * (NODES + 1)
    return float(np.sum(f(t) * WEIGHTS * half))


def cut_normal(mean, sd, low, high, x, out=lambda t: t):
    peak = min(max(mean, low), high)
    density = lambda t: np.exp(((peak - mean) ** 2 - (t - mean) ** 2) / (2 * sd * sd))
    total = integral(density, low, high)
    m = integral(lambda t: out(t) * density(t), low, high) / total
    v = integral(lambda t: (out(t) - m) ** 2 * density(t), low, high) / total
    return integral(density, low, x) / total, m, v


rows = []
for mean, sd, low, high, x in [(0, 1, 0, 10, 0.5), (0, 1, 5, 6, 5.25), (2.5, 1.5, 0, 4, 1),
                               (0, 1, -9, -8, -8.1), (0, 1, 30, 40, 30.01)]:
    c, m, v = cut_normal(mean, sd, low, high, x)
    rows.append((f'{{\\"normal\\":[{mean},{sd},{low},{high}]}}', x, c, m, v))
    if low > -8 and low < 20:
        check = st.truncnorm((low - mean) / sd, (high - mean) / sd, mean, sd)
        assert abs(check.cdf(x) / c - 1) < 1e-9, (check.cdf(x), c)
for mean, sd, low, high, x in [(-3, 1.5, 0.001, 10, 0.05)]:
    c, m, v = cut_normal(mean, sd, np.log(low), np.log(high), np.log(x), np.exp)
    rows.append((f'{{\\"log_normal\\":[{mean},{sd},{low},{high}]}}', x, c, m, v))
for low, high, x in [(0.01, 10, 0.3), (1e-5, 0.1, 0.001)]:
    d = st.loguniform(low, high)
    rows.append((f'{{\\"log_uniform\\":[{low},{high}]}}', x, d.cdf(x), d.mean(), d.var()))
for rate, x in [(4.5, 3), (0.7, 0), (1234.5, 1200)]:
    d = st.poisson(rate)
    rows.append((f'{{\\"poisson\\":{rate}}}', x, d.cdf(x), d.mean(), d.var()))
with open("tests/golden/distributions.inc", "w") as out:
    out.write(f"/* Made by tests/golden/distributions.py with SciPy {scipy.__version__}. */\n")
    for text, *numbers in rows:
        out.write(f'{{"{text}", ' + ", ".join(repr(float(n)) for n in numbers) + "},\n")
