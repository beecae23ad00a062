"""log(phi(z) + z Phi(z)) in 100 digits, for tests/test_gp_model.c.

    /usr/bin/python3 tests/golden/log_improvement.py > tests/golden/log_improvement.inc
Python 3.11's decimal alone: for z < 0 it is phi(z) (1 - x R(x)) with x = -z and Mills' ratio R by
its continued fraction; for z > 0 the value at -z is z less.
"""
from decimal import Decimal, getcontext

getcontext().prec = 100
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")


def log_tail(x):
    fraction = Decimal(0)
    for k in range(20000, 0, -1):
        fraction = k / (x + fraction)
    return -x * x / 2 - (2 * PI).ln() / 2 + (1 - x / (x + fraction)).ln()


print("/* Made by tests/golden/log_improvement.py: z, log(phi(z) + z Phi(z)). */")
for z in ("3.7", "1.1", "0.4", "-0.3", "-1.7", "-4.2", "-9.5", "-17.3", "-24.9", "-25.1", "-38.6",
          "-140.5", "-2385.5"):
    x = abs(Decimal(z))
    value = log_tail(x) if Decimal(z) < 0 else (x + log_tail(x).exp()).ln()
    print("{%s, %.17g}," % (z, value))
