"""Golden figures for the transforms, from scikit-learn. Writes transforms.json beside this file.

Made with Python 3.11, numpy 1.24.2, scikit-learn 1.2.1.
"""
import json
import pathlib

import numpy
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

rng = numpy.random.default_rng(2385)
n, train = 60, 45
x = numpy.column_stack([
    rng.normal(100, 0.37, n),          # a large mean beside a small deviation
    numpy.exp(rng.normal(0, 3, n)),    # skewed
    rng.integers(0, 5, n).astype(float),  # ties
    numpy.full(n, 0.1),                # constant
])
holes = x.copy()
holes[rng.random((n, 4)) < 0.2] = numpy.nan
codes = rng.integers(0, 6, n)
codes[:train][codes[:train] == 5] = 2  # level 5 is not in the training rows


def columns(a):
    return [[None if numpy.isnan(v) else float(v) for v in c] for c in numpy.asarray(a).T]


def fitted(transformer, a):
    return columns(transformer.fit(a[:train]).transform(a))


def encoded(**options):
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, **options)
    return columns(encoder.fit(codes[:train, None]).transform(codes[:, None]))


golden = {
    "versions": {"numpy": numpy.__version__, "sklearn": sklearn.__version__},
    "train": train,
    "x": columns(x),
    "holes": columns(holes),
    "codes": codes.tolist(),
    "mean": fitted(SimpleImputer(strategy="mean"), holes),
    "median": fitted(SimpleImputer(strategy="median"), holes),
    "most_frequent": fitted(SimpleImputer(strategy="most_frequent"), holes),
    "constant": fitted(SimpleImputer(strategy="constant", fill_value=-7.25), holes),
    "standard": fitted(StandardScaler(), holes),
    "standard_no_mean": fitted(StandardScaler(with_mean=False), holes),
    "standard_no_std": fitted(StandardScaler(with_std=False), holes),
    "min_max": fitted(MinMaxScaler(), holes),
    "min_max_clip": fitted(MinMaxScaler((-2, 3), clip=True), holes),
    "one_hot": encoded(),
    "one_hot_first": encoded(drop="first"),
    "one_hot_most": encoded(max_categories=4),  # three of their own, and the rest
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, separators=(",", ":")).replace('],[', '],\n[').replace(',"', ',\n"') + "\n")
