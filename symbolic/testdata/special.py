"""Writes special.json: values of special functions and their derivatives up to
the third, from mpmath with 40 digits.

    python3 special.py
"""
import json, os
import mpmath as mp

mp.mp.dps = 40
right = [1e-6, 0.01, 0.3, 1, 1.4616321449683622, 2, 3.7, 6, 10.5, 25, 170]
left = [-0.3, -0.5, -1.7, -3.2, -10.6]
around = [-5, -2.5, -1, -0.1, 0, 1e-3, 0.5, 1, 2, 3.99, 4.01, 6, 9, 20]
erfcx = lambda x: mp.exp(x*x)*mp.erfc(x)
functions = {
    "lgamma": (lambda x: mp.log(abs(mp.gamma(x))), right + left),
    "digamma": (mp.digamma, right + left),
    "trigamma": (lambda x: mp.polygamma(1, x), right + left),
    "erf": (mp.erf, [x for x in around if abs(x) < 6]),
    "erfc": (mp.erfc, around),
    "erfcx": (erfcx, around),
}
for n in range(4):
    functions[f"besselj {n}"] = (lambda x, n=n: mp.besselj(n, x), [-7, -1, -0.1, 0, 1e-3, 0.5, 2, 5, 12, 30])
    functions[f"bessely {n}"] = (lambda x, n=n: mp.bessely(n, x), [0.05, 0.5, 2, 5, 12, 30])
gammas = {"lgamma": -1, "digamma": 0, "trigamma": 1}


def derivative(name, f, x, k):
    if k == 0:
        return f(x)
    if name in gammas:
        return mp.polygamma(gammas[name] + k, x)
    return mp.diff(f, x, k)


out = [{"name": name, "x": x, "values": [float(derivative(name, f, mp.mpf(x), k)) for k in range(4)]}
       for name, (f, xs) in functions.items() for x in xs]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "special.json"), "w") as f:
    f.write("[" + ",".join("\n" + json.dumps(v) for v in out) + "\n]\n")
