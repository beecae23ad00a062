# Writes the .npy files that tests/test_npy.c reads and must write to the same bytes.
# Made with numpy 1.24.2, Python 3.11.2: python3 tests/golden/npy.py
import os
import numpy as np

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "npy")
arrays = {
    "f64_2d": np.array([[1.5, -0.0, np.inf], [2.385, np.nan, 5e-324]]),
    "f32_scalar": np.array(0.1, dtype="<f4"),
    "i64_1d": np.array([-(2**63), 0, 2**63 - 1], dtype="<i8"),
    "i32_empty": np.zeros((0, 7), dtype="<i4"),
    "u8_3d": np.arange(24, dtype="u1").reshape(2, 3, 4),
}
for name, array in arrays.items():
    with open(os.path.join(folder, name + ".npy"), "wb") as f:
        np.lib.format.write_array(f, array, version=(1, 0))
with open(os.path.join(folder, "fortran.npy"), "wb") as f:
    np.lib.format.write_array(f, np.asfortranarray(arrays["f64_2d"]), version=(1, 0))
