"""Writes strict.txt: values of the functions of templates/go/strict.go.tmpl by mpmath, as the next float64 and what that lacks."""
import random

import mpmath as mp

mp.mp.prec = 1300
random.seed(1)

ONE = {  # name: function, ranges of arguments
    "Exp": (mp.exp, (-745, 709), (-1, 1)),
    "Exp2": (lambda x: mp.mpf(2) ** x, (-1060, 1023), (-1, 1)),
    "Expm1": (mp.expm1, (-40, 700), (-0.01, 0.01), (-1, 1)),
    "Log": (mp.log, (0, 1e300), (0.5, 2)),
    "Log2": (lambda x: mp.log(x) / mp.log(2), (0, 1e300), (0.5, 2)),
    "Log10": (mp.log10, (0, 1e300), (0.5, 2)),
    "Log1p": (mp.log1p, (-1, 10), (-1e-5, 1e-5)),
    "Sinh": (mp.sinh, (-709, 709), (-3, 3), (-0.01, 0.01)),
    "Cosh": (mp.cosh, (-709, 709), (-3, 3)),
    "Tanh": (mp.tanh, (-20, 20), (-1, 1)),
    "Asinh": (mp.asinh, (-10, 10), (-1e10, 1e10), (-1e-3, 1e-3)),
    "Acosh": (mp.acosh, (1, 3), (1, 1e10)),
    "Atanh": (mp.atanh, (-1, 1), (-1e-3, 1e-3)),
    "Cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), (-1e300, 1e300), (-2, 2)),
    "Sin": (mp.sin, (-10, 10), (-1e6, 1e6), (-1e300, 1e300)),
    "Cos": (mp.cos, (-10, 10), (-1e6, 1e6), (-1e300, 1e300)),
    "Tan": (mp.tan, (-10, 10), (-1e6, 1e6), (-1e300, 1e300)),
    "Asin": (mp.asin, (-1, 1), (-1e-3, 1e-3)),
    "Acos": (mp.acos, (-1, 1), (-1e-3, 1e-3)),
    "Atan": (mp.atan, (-10, 10), (-1e10, 1e10)),
    "Erf": (mp.erf, (-6, 6), (-1e-3, 1e-3)),
    "Erfc": (mp.erfc, (-6, 26), (-1, 1)),
    "Lgamma": (lambda x: mp.log(abs(mp.gamma(x))), (0, 3), (2, 9), (9, 1e5), (-0.4, 0.1)),
    "J0": (lambda x: mp.besselj(0, x), (0, 60), (0, 1)),
    "J1": (lambda x: mp.besselj(1, x), (0, 60), (0, 1)),
    "Y0": (lambda x: mp.bessely(0, x), (0, 60), (0, 1)),
    "Y1": (lambda x: mp.bessely(1, x), (0, 60), (0, 1)),
}
TWO = {
    "Pow": (lambda x, y: x**y, (0, 20), (-100, 100)),
    "Atan2": (mp.atan2, (-2, 2), (-2, 2)),
    "Hypot": (mp.hypot, (-1e-3, 1e-3), (-1, 1)),
}


def put(name, want, *args):
    y = float(want)
    print(name, *[float(a).hex() for a in args], y.hex(), "%.6e" % float(want - mp.mpf(y)))


for name, (f, *ranges) in ONE.items():
    for low, high in ranges:
        for i in range(14):
            x = random.uniform(low, high) if i % 4 else random.uniform(low, high) * 2.0 ** random.randint(-30, 0)
            if low <= x <= high:
                put(name, f(mp.mpf(x)), x)
for name, (f, xs, ys) in TWO.items():
    for i in range(40):
        x, y = random.uniform(*xs), random.uniform(*ys)
        put(name, f(mp.mpf(x), mp.mpf(y)), x, y)
# Subnormal numbers.
for name, x in ("Log", 1e-320), ("Log2", 5e-324), ("Cbrt", 1e-320), ("Exp", -744.5), ("Expm1", 1e-320), ("Sinh", 1e-320):
    put(name, ONE[name][0](mp.mpf(x)), x)
# A number next to a multiple of a right angle.
for name in "Sin", "Cos", "Tan":
    x = 6381956970095103.0 * 2.0**797
    put(name, ONE[name][0](mp.mpf(x)), x)
