"""Writes the golden files of this folder: losses, gradients and training runs
of the example models, computed by JAX in float64 from formulas written here by
hand, so independent of bpgen. Tests read the files; only this script needs
Python (numpy and jax):

    python3 make.py             writes all files
    python3 make.py margin      writes margin.json

README.md describes the format. The script draws everything from fixed seeds,
so a second run writes the same files up to the last digits of sums.
"""
import gzip
import json
import math
import os
import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- rules of learning, as the language's standard library has them; each
# takes and returns a parameter and the rule's state, for a gradient whose norm
# over all parameters is norm. Steps count from 1.

def sgd(lr, momentum=0.0, nesterov=False):
    def start(w):
        return np.zeros_like(w)

    def update(w, g, v, step, norm):
        v = momentum * v + g
        return w - lr * (g + momentum * v if nesterov else v), v
    return start, update


def adam(lr, beta1=0.9, beta2=0.999, eps=1e-8, clip=math.inf):
    """lr is a function of the step; clip is the most that the norm of the gradient counts."""
    def start(w):
        return np.zeros_like(w), np.zeros_like(w)

    def update(w, g, state, step, norm):
        m, v = state
        g = g * min(1, clip / norm)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        mh = m / (1 - beta1**step)
        vh = v / (1 - beta2**step)
        return w - lr(step) * (mh / (np.sqrt(vh) + eps)), (m, v)
    return start, update


def cosine(warm, last, floor=0.0):
    def rate(step):
        if step < warm:
            return step / warm
        if step < last:
            return floor + (1 - floor) / 2 * (1 + math.cos(math.pi * (step - warm) / (last - warm)))
        return floor
    return rate


# ---- formulas the models share; all are of one example

sigmoid = jax.nn.sigmoid


def sumsq(*ws):
    return sum(jnp.sum(w**2) for w in ws)


def xent(z, y):
    return jax.scipy.special.logsumexp(z) - z[y]


def score(p, x):
    a2 = sigmoid(p["W1"] @ x + p["b1"])
    a3 = sigmoid(p["W2"] @ a2 + p["b2"])
    return p["U"] @ a3


# ---- the models
#
# A model has shapes of its parameters, an example's loss, output and metrics
# given parameters and arguments, a penalty, its train line, and arguments. Its
# kinks are numbers that a non-smooth operator compares with 0; the script makes
# sure that none comes so near to 0 that rounding decides a gradient.

class Model:
    source = "examples/lecture/lecture.bp"
    static = {}       # dims set with -D when generating
    dims = {}         # dims set when the program runs
    by_inputs = []    # arguments that gradients are given for
    batch = 8
    steps = 200       # of training
    cases = [[0, 1, 2, 3, 4, 5, 6], [8], [3, 9, 3, 11]]

    def penalty(self, p):
        return 0.0

    def metrics(self, p, a):
        return {}

    def kinks(self, p, a):
        return jnp.ones(1)

    def start(self, rng):
        return {k: start_values(rng, s) for k, s in self.params.items()}

    def samples(self, n, step):
        """Random numbers for n examples in a step, 0 without one."""
        return {}


class Scorer(Model):
    params = {"W1": (8, 20), "b1": (8,), "W2": (6, 8), "b2": (6,), "U": (6,)}
    train = sgd(lr=0.5)
    by_inputs = ["x", "y"]

    def examples(self, rng):
        n = 43
        x = real(rng, n, 20)
        y = (x[:, 4] * x[:, 8] + x[:, 9] > 0).astype(float)
        return [arg("x", "real", x), arg("y", "real", y)]

    def output(self, p, a):
        return score(p, a["x"])

    def loss(self, p, a):
        s = score(p, a["x"])
        return jax.nn.softplus(s) - a["y"] * s

    def metrics(self, p, a):
        return {"accuracy": (score(p, a["x"]) > 0) == (a["y"] > 0.5)}


class LayerNet(Model):
    params = {"h[0].W": (12, 16), "h[0].b": (12,), "h[1].W": (10, 12), "h[1].b": (10,),
              "h[2].W": (8, 10), "h[2].b": (8,), "z.W": (5, 8), "z.b": (5,)}
    train = sgd(lr=0.2, momentum=0.9)

    def examples(self, rng):
        y = rng.integers(0, 5, 43)
        x = real(rng, 43, 16)
        x[np.arange(43), y] += 2
        return [arg("x", "real", round4(x)), arg("y", "index", y, 5)]

    def scores(self, p, a):
        h = a["x"]
        for l in range(3):
            h = sigmoid(p[f"h[{l}].W"] @ h + p[f"h[{l}].b"])
        return p["z.W"] @ h + p["z.b"]

    def output(self, p, a):
        return jax.nn.softmax(self.scores(p, a))

    def loss(self, p, a):
        return xent(self.scores(p, a), a["y"])

    def penalty(self, p):
        return 1e-3 / 2 * sumsq(p["h[0].W"], p["h[1].W"], p["h[2].W"], p["z.W"])

    def metrics(self, p, a):
        return {"accuracy": jnp.argmax(self.scores(p, a)) == a["y"]}


class ShortCuts(Model):
    params = {"h1.W": (10, 6), "h1.b": (10,), "h2.W": (10, 10), "h2.b": (10,),
              "h3.W": (10, 10), "h3.b": (10,), "z.W": (2, 16), "z.b": (2,)}
    train = sgd(lr=0.05, momentum=0.9, nesterov=True)
    by_inputs = ["x", "y"]

    def examples(self, rng):
        x = real(rng, 43, 6)
        y = np.stack([np.sin(x[:, 0] + x[:, 1]), x[:, 2] * x[:, 3]], 1)
        return [arg("x", "real", x), arg("y", "real", round4(y))]

    def output(self, p, a):
        h1 = jnp.tanh(p["h1.W"] @ a["x"] + p["h1.b"])
        h2 = jnp.tanh(p["h2.W"] @ h1 + p["h2.b"])
        h3 = jnp.tanh(p["h3.W"] @ h2 + p["h3.b"] + h1)
        return p["z.W"] @ jnp.concatenate([h3, a["x"]]) + p["z.b"]

    def loss(self, p, a):
        return sumsq(self.output(p, a) - a["y"]) / 2


class Softmax(Model):
    params = {"V": (8, 7), "W": (4, 8)}
    train = sgd(lr=0.5)
    by_inputs = ["x"]

    def examples(self, rng):
        y = rng.integers(0, 4, 43)
        x = real(rng, 43, 7)
        x[np.arange(43), y] += 2
        return [arg("x", "real", round4(x)), arg("y", "index", y, 4)]

    def scores(self, p, a):
        return p["W"] @ sigmoid(p["V"] @ a["x"])

    def output(self, p, a):
        return jax.nn.softmax(self.scores(p, a))

    def loss(self, p, a):
        return -jnp.log(jax.nn.softmax(self.scores(p, a))[a["y"]])

    def metrics(self, p, a):
        return {"accuracy": jnp.argmax(self.scores(p, a)) == a["y"]}


class Margin(Model):
    dims = {"vocab": 11}
    params = {"L": (11, 4), "W1": (8, 20), "b1": (8,), "W2": (6, 8), "b2": (6,), "U": (6,)}
    train = sgd(lr=0.5)

    def examples(self, rng):
        pos = rng.integers(0, 11, (43, 5))
        neg = pos.copy()
        pos[:, 2] = rng.integers(0, 4, 43)
        neg[:, 2] = rng.integers(3, 11, 43)
        return [arg("pos", "index", pos, 11), arg("neg", "index", neg, 11)]

    def side(self, p, ids):
        return score(p, p["L"][ids].reshape(-1))

    def output(self, p, a):
        return self.side(p, a["pos"])

    def kinks(self, p, a):
        return 1 - self.side(p, a["pos"]) + self.side(p, a["neg"])

    def loss(self, p, a):
        t = self.kinks(p, a)
        return jnp.where(t > 0, t, 0.0)

    def penalty(self, p):
        return 1e-3 / 2 * sumsq(p["W1"], p["W2"], p["U"])


def read_digits(n):
    with gzip.open(os.path.join(HERE, "../../examples/digits/data/digits.csv.gz"), "rt") as f:
        return np.array([[int(v) for v in line.split(",")] for line, _ in zip(f, range(n))])


class Digits(Model):
    source = "examples/digits/digits.bp"
    static = {"hidden": 32}
    params = {"h.W": (32, 64), "h.b": (32,), "z.W": (10, 32), "z.b": (10,)}
    train = adam(lambda step: 2e-3)
    batch = 32
    cases = [list(range(32)), [40], [50, 51, 52, 53, 50]]

    def examples(self, rng):
        rows = read_digits(300)
        return [arg("image", "real", rows[:, :64]), arg("y", "index", rows[:, 64], 10)]

    def before(self, p, a):
        return p["h.W"] @ ((a["image"] - 8) / 4) + p["h.b"]

    def kinks(self, p, a):
        return self.before(p, a)

    def scores(self, p, a):
        t = self.before(p, a)
        return p["z.W"] @ jnp.where(t > 0, t, 0.0) + p["z.b"]

    def output(self, p, a):
        return jax.nn.softmax(self.scores(p, a))

    def loss(self, p, a):
        return xent(self.scores(p, a), a["y"])

    def penalty(self, p):
        return 1e-4 * sumsq(p["h.W"], p["z.W"])

    def metrics(self, p, a):
        return {"accuracy": jnp.argmax(self.scores(p, a)) == a["y"]}


class Window(Model):
    source = "examples/window/window.bp"
    static = {"embed": 3, "hidden": 6, "affixes": 10}
    dims = {"vocab": 20}
    params = {"L": (20, 3), "F": (8, 4), "P": (10, 16), "S": (10, 16),
              "h.W": (6, 195), "h.b": (6,), "z.W": (5, 6), "z.b": (5,)}
    rate = staticmethod(cosine(50, 4000))
    train = adam(lambda step: 2e-3 * Window.rate(step))

    def examples(self, rng):
        ids = rng.integers(0, 20, (43, 5))
        form = rng.integers(0, 8, (43, 5))
        head = rng.integers(0, 10, (43, 5))
        tail = rng.integers(0, 10, (43, 5))
        tag = np.where(rng.random(43) < 0.7, ids[:, 2] % 5, form[:, 1] % 5)
        return [arg("ids", "index", ids, 20), arg("form", "index", form, 8), arg("head", "index", head, 10),
                arg("tail", "index", tail, 10), arg("tag", "index", tag, 5)]

    def scores(self, p, a):
        x = jnp.concatenate([p["L"][a["ids"]].reshape(-1), p["F"][a["form"]].reshape(-1),
                             p["P"][a["head"]].reshape(-1), p["S"][a["tail"]].reshape(-1)])
        return p["z.W"] @ jnp.tanh(p["h.W"] @ x + p["h.b"]) + p["z.b"]

    def output(self, p, a):
        return jax.nn.softmax(self.scores(p, a))

    def loss(self, p, a):
        return xent(self.scores(p, a), a["tag"])

    def penalty(self, p):
        return 2e-3 * sumsq(p["h.W"], p["z.W"])

    def metrics(self, p, a):
        return {"accuracy": jnp.argmax(self.scores(p, a)) == a["tag"]}


# ---- the examples beside those


class Example(Model):
    """One of the examples: examples/name/name.bp, with its name in small letters."""
    steps = 100

    def __init__(self):
        self.source = "examples/{0}/{0}.bp".format(self.folder)


class Logistic(Example):
    folder = "logistic"
    static = {"features": 5}
    params = {"w": (5,), "b": ()}
    train = sgd(lr=0.05)

    def examples(self, rng):
        x = real(rng, 40, 5)
        return [arg("x", "real", x), arg("y", "real", (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(float))]

    def score(self, p, a):
        return p["w"] @ a["x"] + p["b"]

    def output(self, p, a):
        return sigmoid(self.score(p, a))

    def loss(self, p, a):
        q = sigmoid(self.score(p, a))
        return -a["y"] * jnp.log(q) - (1 - a["y"]) * jnp.log(1 - q)

    def penalty(self, p):
        return 1e-3 * sumsq(p["w"])

    def metrics(self, p, a):
        return {"accuracy": (self.score(p, a) > 0) == (a["y"] > 0.5)}


class Factors(Example):
    folder = "factors"
    static = {"users": 7, "items": 5, "width": 3}
    params = {"P": (7, 3), "Q": (5, 3), "a": (7,), "b": (5,), "level": ()}
    train = adam(lambda step: 0.02)

    def examples(self, rng):
        return [arg("u", "index", rng.integers(0, 7, 43), 7), arg("i", "index", rng.integers(0, 5, 43), 5),
                arg("rating", "real", rng.integers(1, 6, 43))]

    def output(self, p, a):
        u, i = a["u"], a["i"]
        return p["level"] + p["a"][u] + p["b"][i] + p["P"][u] @ p["Q"][i]

    def loss(self, p, a):
        return (self.output(p, a) - a["rating"])**2 + 0.02 * sumsq(p["P"][a["u"]], p["Q"][a["i"]])


class Mixture(Example):
    folder = "mixture"
    static = {"parts": 4, "size": 3}
    params = {"a": (4,), "mu": (4, 3), "q": (4, 3), "L": (4, 3, 3)}
    train = adam(lambda step: 0.05)

    def examples(self, rng):
        return [arg("x", "real", round4(rng.normal(0, 1, (43, 3)) + 2*rng.integers(0, 2, (43, 1))))]

    def logs(self, p, a):
        """The logarithm of the density of each part, by its covariance, weighed."""
        def part(w, mu, q, L):
            Q = jnp.tril(L, -1) + jnp.diag(jnp.exp(q))
            cov = jnp.linalg.inv(Q.T @ Q)
            return jnp.log(w) + jax.scipy.stats.multivariate_normal.logpdf(a["x"], mu, cov)
        return jax.vmap(part)(jax.nn.softmax(p["a"]), p["mu"], p["q"], p["L"])

    def output(self, p, a):
        return jax.nn.softmax(self.logs(p, a))

    def loss(self, p, a):
        return -jax.scipy.special.logsumexp(self.logs(p, a))


class Ode(Example):
    folder = "ode"
    static = {"hidden": 4, "steps": 5}
    params = {"slope.h[0].W": (4, 2), "slope.h[0].b": (4,), "slope.h[1].W": (2, 4), "slope.h[1].b": (2,), "scale.W": (2, 2)}
    train = adam(lambda step: 0.02 * cosine(10, 800)(step))

    def examples(self, rng):
        t = 0.1 * np.arange(1, 6)[:, None] + rng.uniform(0, 6, (19, 1, 1))
        path = np.concatenate([np.cos(t), -np.sin(t)], 2)
        return [arg("start", "real", round4(path[:, 0])), arg("path", "real", round4(path))]

    def output(self, p, a):
        def f(s):
            for l in range(2):
                s = jnp.tanh(p[f"slope.h[{l}].W"] @ s + p[f"slope.h[{l}].b"])
            return p["scale.W"] @ s
        s, way, h = a["start"], [], 0.1
        for _ in range(5):
            k1 = f(s)
            k2 = f(s + h * k1 / 2)
            k3 = f(s + h * k2 / 2)
            k4 = f(s + h * k3)
            s = s + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
            way.append(s)
        return jnp.stack(way)

    def loss(self, p, a):
        return jnp.mean((self.output(p, a) - a["path"])**2)


class Text(Example):
    """Both models of chars: what they read is a text's windows of 6 characters of 7."""
    folder = "chars"
    batch = 4
    cases = [[0, 1, 2], [3], [5, 2, 5]]

    def examples(self, rng):
        text = [0]
        while len(text) < 40:  # what comes next depends on two before
            text.append((text[-1] + 2 * (text[-2] if len(text) > 1 else 0) + (rng.random() < 0.3)) % 7)
        ids = np.array([text[i:i + 6] for i in range(0, 33, 2)])
        following = np.array([text[i + 1:i + 7] for i in range(0, 33, 2)])
        return [arg("ids", "index", ids, 7), arg("following", "index", following, 7)]

    def output(self, p, a):
        return jax.nn.softmax(self.scores(p, a))

    def loss(self, p, a):
        return jnp.mean(jax.vmap(xent)(self.scores(p, a), a["following"]))


class Lstm(Text):
    static = {"vocab": 7, "T": 6, "width": 4, "hidden": 4, "context": 9}
    params = {"e.E": (7, 4), "hs.cell.W": (16, 8), "hs.cell.b": (16,), "z.W": (7, 4), "z.b": (7,)}
    train = adam(lambda step: 0.01, clip=1)

    def scores(self, p, a):
        h, c, zs = jnp.zeros(4), jnp.zeros(4), []
        for x in p["e.E"][a["ids"]]:
            i, f, g, o = jnp.split(p["hs.cell.W"] @ jnp.concatenate([x, h]) + p["hs.cell.b"], 4)
            c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
            h = sigmoid(o) * jnp.tanh(c)
            zs.append(p["z.W"] @ h + p["z.b"])
        return jnp.stack(zs)


def norm_layer(p, name, x):
    m = x.mean(-1, keepdims=True)
    return p[name + ".scale"] * (x - m) / jnp.sqrt(((x - m)**2).mean(-1, keepdims=True) + 1e-5) + p[name + ".shift"]


def block(l):
    """The parameters of GPT's block l."""
    shapes = {"n.scale": (8,), "n.shift": (8,), "a.Wq": (4, 2, 8), "a.Wk": (4, 2, 8), "a.Wv": (4, 2, 8), "a.Wo": (8, 4, 2),
              "m.scale": (8,), "m.shift": (8,), "up.W": (32, 8), "up.b": (32,), "down.W": (8, 32), "down.b": (8,)}
    return {f"h[{l}].{k}": s for k, s in shapes.items()}


class GPT(Text):
    static = {"vocab": 7, "T": 6, "width": 8, "context": 9, "depth": 2}
    params = {"E": (7, 8), "x.P": (9, 8), **block(0), **block(1), "n.scale": (8,), "n.shift": (8,)}
    train = adam(lambda step: 3e-3 * cosine(20, 2000)(step), clip=1)

    def scores(self, p, a):
        h = p["E"][a["ids"]] + p["x.P"][:6]
        for l in 0, 1:
            q = {k.removeprefix(f"h[{l}]."): v for k, v in p.items() if k.startswith(f"h[{l}].")}
            n = norm_layer(q, "n", h)
            Q, K, V = (jnp.einsum("hkd,td->htk", q["a." + w], n) for w in ("Wq", "Wk", "Wv"))
            S = jnp.where(jnp.tril(jnp.ones((6, 6))) > 0, jnp.einsum("htk,hsk->hts", Q, K) / math.sqrt(2), -jnp.inf)
            h = h + jnp.einsum("dhk,htk->td", q["a.Wo"], jax.nn.softmax(S) @ V)
            up = jax.nn.gelu(norm_layer(q, "m", h) @ q["up.W"].T + q["up.b"], approximate=False)
            h = h + up @ q["down.W"].T + q["down.b"]
        return norm_layer(p, "n", h) @ p["E"].T


class LeNet(Example):
    folder = "lenet"
    static = {"first": 2, "second": 3, "hidden": 5}
    params = {"a.F": (2, 1, 3, 3), "a.b": (2,), "b.F": (3, 2, 3, 3), "b.b": (3,), "h.W": (5, 12), "h.b": (5,), "z.W": (10, 5), "z.b": (10,)}
    train = sgd(lr=0.02, momentum=0.9)
    batch = 16

    def examples(self, rng):
        rows = read_digits(60)
        return [arg("image", "real", rows[:, :64].reshape(-1, 1, 8, 8)), arg("y", "index", rows[:, 64], 10)]

    def through(self, p, a):
        """The scores, and what the relus see."""
        seen = []

        def conv(x, name):
            y = jax.lax.conv_general_dilated(x[None], p[name + ".F"], (1, 1), "SAME")[0] + p[name + ".b"][:, None, None]
            seen.append(y)
            y = jnp.where(y > 0, y, 0.0)
            C, H, W = y.shape
            return y.reshape(C, H // 2, 2, W // 2, 2).max((2, 4))
        x = conv(conv((a["image"] - 8) / 4, "a"), "b")
        t = p["h.W"] @ x.reshape(-1) + p["h.b"]
        seen.append(t)
        return p["z.W"] @ jnp.where(t > 0, t, 0.0) + p["z.b"], seen

    def kinks(self, p, a):
        return jnp.concatenate([s.reshape(-1) for s in self.through(p, a)[1]])

    def output(self, p, a):
        return jax.nn.softmax(self.through(p, a)[0])

    def loss(self, p, a):
        return xent(self.through(p, a)[0], a["y"])

    def metrics(self, p, a):
        return {"accuracy": jnp.argmax(self.through(p, a)[0]) == a["y"]}


def threefry(k0, k1, a, b):
    """Threefry2x32 in 20 rounds, by the paper: of counters (a, b) under a key."""
    mask, key = 0xffffffff, [k0, k1, k0 ^ k1 ^ 0x1bd11bda]
    a, b = (a + k0) & mask, (b + k1) & mask
    for r in range(20):
        turn = [13, 15, 26, 6, 17, 29, 16, 24][r % 8]
        a = (a + b) & mask
        b = ((b << turn | b >> (32 - turn)) & mask) ^ a
        if r % 4 == 3:
            n = r // 4 + 1
            a, b = (a + key[n % 3]) & mask, (b + key[(n + 1) % 3] + n) & mask
    return a, b


def sample_key(seed, step, sample):
    """The key of a model's sample, the first being 0, in a step."""
    mask = (1 << 64) - 1

    def mix(x):
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & mask
        x = (x ^ x >> 27) * 0x94d049bb133111eb & mask
        return x ^ x >> 31
    x = mix(seed + 0x9e3779b97f4a7c15 & mask)
    x = mix(x ^ (step + 1) * 0xd1342543de82ef95 & mask)
    x = mix(x + (sample + 1) * 0x9e3779b97f4a7c15 & mask)
    return x >> 32, x & 0xffffffff


def normal_samples(shape, seed, step, sample):
    """Standard normal numbers by Box and Muller, two uniform numbers each."""
    key = sample_key(seed, step, sample)

    def uniform(at):
        a, b = threefry(*key, at, 0)
        return ((a << 32 | b) >> 12) / 2**52 + 0.5**53
    return np.array([math.sqrt(-2 * math.log(uniform(2 * i))) * math.cos(2 * math.pi * uniform(2 * i + 1))
                     for i in range(math.prod(shape))]).reshape(shape)


class VAE(Example):
    folder = "vae"
    static = {"hidden": 6, "code": 2}
    params = {"h.W": (6, 64), "h.b": (6,), "mu.W": (2, 6), "mu.b": (2,), "s.W": (2, 6), "s.b": (2,),
              "g.W": (6, 2), "g.b": (6,), "y.W": (64, 6), "y.b": (64,)}
    train = adam(lambda step: 3e-3)

    def examples(self, rng):
        return [arg("image", "real", read_digits(40)[:, :64])]

    def samples(self, n, step):
        return {"noise": normal_samples((n, 2), 1, step, 0)}

    def encode(self, p, a):
        h = jnp.tanh(p["h.W"] @ (a["image"] / 16) + p["h.b"])
        return p["mu.W"] @ h + p["mu.b"], p["s.W"] @ h + p["s.b"]

    def output(self, p, a):
        return self.encode(p, a)[0]

    def loss(self, p, a):
        mu, s = self.encode(p, a)
        g = jnp.tanh(p["g.W"] @ (mu + jnp.exp(s / 2) * a["noise"]) + p["g.b"])
        q = sigmoid(p["y.W"] @ g + p["y.b"])
        x = a["image"] / 16
        return -jnp.sum(x * jnp.log(q) + (1 - x) * jnp.log(1 - q)) + jnp.sum(mu**2 + jnp.exp(s) - s - 1) / 2


class Bundle(Example):
    folder = "bundle"
    dims = {"cameras": 3, "points": 6}
    params = {"C": (3, 9), "X": (6, 3)}
    train = adam(lambda step: 0.01)

    def project(self, c, X):
        r = c[:3]
        angle = jnp.sqrt(r @ r)
        n = r / angle
        K = jnp.array([[0, -n[2], n[1]], [n[2], 0, -n[0]], [-n[1], n[0], 0]])
        Y = (jnp.eye(3) + jnp.sin(angle) * K + (1 - jnp.cos(angle)) * K @ K) @ X + c[3:6]
        p = -Y[:2] / Y[2]
        return c[6] * (1 + c[7] * (p @ p) + c[8] * (p @ p)**2) * p

    def start(self, rng):
        C = np.concatenate([rng.uniform(-0.2, 0.2, (3, 5)), -5 + rng.uniform(-0.5, 0.5, (3, 1)), rng.uniform(1, 2, (3, 1)), rng.uniform(-0.1, 0.1, (3, 2))], 1)
        return {"C": round4(C), "X": round4(rng.uniform(-1, 1, (6, 3)))}

    def examples(self, rng):
        c, x = np.repeat(np.arange(3), 6), np.tile(np.arange(6), 3)
        return [arg("camera", "index", c, 3), arg("point", "index", x, 6), arg("seen", "real", round4(rng.uniform(-1.5, 1.5, (18, 2))))]

    def output(self, p, a):
        return self.project(p["C"][a["camera"]], p["X"][a["point"]]) - a["seen"]

    def kinks(self, p, a):
        return jnp.abs(self.output(p, a)) - 1

    def loss(self, p, a):
        e = jnp.abs(self.output(p, a))
        return jnp.sum(jnp.where(e <= 1, e**2 / 2, e - 0.5))


# ---- drawing inputs: few decimals, so that the files stay short

def round4(x):
    return np.round(x, 4)


def real(rng, *shape):
    return round4(rng.normal(0, 1, shape))


def arg(name, kind, values, bound=None):
    return {"name": name, "type": kind, "bound": bound, "values": np.asarray(values)}


def start_values(rng, shape):
    """Matrices and vectors alike start away from 0, so that a term lost in a
    gradient shows."""
    fan = shape[0] + shape[1] if len(shape) > 1 else 24
    return np.round(rng.uniform(-1, 1, shape) * math.sqrt(6 / fan), 6)


# ---- one golden file

def make(model, seed):
    rng = np.random.default_rng(seed)
    args = model.examples(rng)
    n = len(args[0]["values"])
    start = {k: jnp.asarray(v) for k, v in model.start(rng).items()}

    def take(batch, step=0):
        drawn = {k: jnp.asarray(v) for k, v in model.samples(len(batch), step).items()}
        return drawn | {a["name"]: jnp.asarray(a["values"][batch], jnp.float64 if a["type"] == "real" else jnp.int64)
                        for a in args}

    def total(p, inputs, indices):
        """The reported loss: the mean of the examples' losses, and each penalty once."""
        losses = jax.vmap(lambda a: model.loss(p, a))({**inputs, **indices})
        return jnp.mean(losses) + model.penalty(p)

    def split(batch, step=0):
        a = take(batch, step)
        real_ = {g["name"]: a[g["name"]] for g in args if g["type"] == "real"}
        return real_, {k: v for k, v in a.items() if k not in real_}

    grads = jax.jit(jax.value_and_grad(total, argnums=(0, 1)))
    by_params = jax.jit(jax.value_and_grad(total))
    kinks = jax.jit(lambda p, a: jnp.min(jnp.abs(jax.vmap(lambda e: model.kinks(p, e))(a))))

    cases = []
    for batch in model.cases:
        r, i = split(batch)
        loss, (gp, gx) = grads(start, r, i)
        a = take(batch)
        assert kinks(start, a) > 1e-7
        metrics = jax.vmap(lambda e: model.metrics(start, e))(a)
        cases.append({
            "batch": batch,
            "loss": float(loss),
            "outputs": jax.vmap(lambda e: model.output(start, e))(a),
            "metrics": {k: float(jnp.mean(v.astype(jnp.float64))) for k, v in metrics.items()},
            "gradients": {k: gp[k] for k in model.params},
            "input_gradients": {k: gx[k] for k in model.by_inputs},
        })

    # Training: the examples in a new order each epoch, the last batch of an
    # epoch shorter than the rest.
    batches = []
    while len(batches) < model.steps:
        order = rng.permutation(n)
        batches += [order[i:i + model.batch].tolist() for i in range(0, n, model.batch)]
    batches = batches[:model.steps]
    begin, update = model.train
    p = {k: np.asarray(w) for k, w in start.items()}
    state = {k: begin(w) for k, w in p.items()}
    losses = []
    nearest = math.inf
    for step, batch in enumerate(batches, 1):
        r, i = split(batch, step)
        loss, g = by_params(p, r, i)
        nearest = min(nearest, float(kinks(p, take(batch, step))))
        losses.append(float(loss))
        norm = math.sqrt(sum(float(np.sum(np.asarray(v)**2)) for v in g.values()))
        for k in p:
            p[k], state[k] = update(p[k], np.asarray(g[k]), state[k], step, norm)
    assert nearest > 1e-9, nearest
    print(f"{type(model).__name__}: loss {losses[0]:.4f} to {losses[-1]:.4f}, nearest kink {nearest:.1e}")
    return {
        "source": model.source,
        "model": type(model).__name__,
        "static": model.static,
        "dims": model.dims,
        "args": [{"name": a["name"], "type": a["type"], "shape": list(a["values"].shape[1:]),
                  **({"bound": a["bound"]} if a["bound"] else {}), "values": a["values"]} for a in args],
        "params": [{"name": k, "shape": list(s), "start": start[k]} for k, s in model.params.items()],
        "cases": cases,
        "training": {"batches": batches, "losses": losses, "final": [{"name": k, "values": np.asarray(p[k])} for k in model.params]},
    }


# ---- the funcs of the lecture

def make_funcs(seed):
    rng = np.random.default_rng(seed)

    def score_(x, W1, b1, W2, b2, U):
        return U @ sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2)

    def circuit(x, y, z):
        return (x + y) * z

    def neuron(w, x):
        return 1 / (1 + jnp.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))

    def paths(x, y):
        a = jnp.tanh(x + y)
        return a * x * jnp.exp(a) + a

    v = lambda *shape: real(rng, *shape)
    calls = [
        ("Score", score_, dict(x=v(20), W1=v(8, 20), b1=v(8), W2=v(6, 8), b2=v(6), U=v(6))),
        ("Score", score_, dict(x=v(3), W1=v(2, 3), b1=v(2), W2=v(4, 2), b2=v(4), U=v(4))),
        ("Circuit", circuit, dict(x=-2.0, y=5.0, z=-4.0)),
        ("Circuit", circuit, dict(x=0.5, y=-1.25, z=3.0)),
        ("Neuron", neuron, dict(w=np.array([2.0, -3.0, -3.0]), x=np.array([-1.0, -2.0]))),
        ("Neuron", neuron, dict(w=v(3), x=v(2))),
        ("Paths", paths, dict(x=0.3, y=0.4)),
        ("Paths", paths, dict(x=-1.5, y=0.25)),
    ]
    out = []
    for name, f, args in calls:
        args = {k: np.asarray(a, np.float64) for k, a in args.items()}
        value, grad = jax.value_and_grad(lambda a: f(**a))(args)
        out.append({"func": name, "value": float(value),
                    "args": [{"name": k, "shape": list(a.shape), "values": a, "gradient": grad[k]}
                             for k, a in args.items()]})
    print("funcs:", len(out), "calls")
    return {"source": "examples/lecture/lecture.bp", "calls": out}


# ---- the Gaussian process, whose data are one argument and not examples

def make_gaussian(seed):
    rng = np.random.default_rng(seed)

    def kernel(theta, A, B):
        d = jnp.sum((A[:, None] - B[None])**2, -1)
        return jnp.exp(theta[0]) * jnp.exp(-d / (2 * jnp.exp(theta[1])**2))

    def evidence(theta, X, y):
        K = kernel(theta, X, X) + jnp.exp(theta[2]) * jnp.eye(len(y))
        return -jax.scipy.stats.multivariate_normal.logpdf(y, jnp.zeros_like(y), K)

    def predict(theta, X, y, Z):
        K = kernel(theta, X, X) + jnp.exp(theta[2]) * jnp.eye(len(y))
        k = kernel(theta, X, Z)
        return k.T @ jnp.linalg.solve(K, y), jnp.diag(kernel(theta, Z, Z) - k.T @ jnp.linalg.solve(K, k))

    both = jax.jit(jax.value_and_grad(evidence))
    cases = []
    for n, d, m in (9, 2, 3), (4, 1, 1), (1, 3, 2):
        theta, X, y, Z = np.array([0.3, -0.2, -1.5]), real(rng, n, d), real(rng, n), real(rng, m, d)
        f, g = both(theta, X, y)
        center, variance = predict(theta, X, y, Z)
        case = dict(n=n, d=d, m=m, theta=theta, X=X, y=y, Z=Z, evidence=float(f), gradient=g, center=center, variance=variance, rate=0.02)
        steps, t = [], theta
        for _ in range(100):
            f, g = both(t, X, y)
            steps.append(float(f))
            t = t - 0.02 * np.asarray(g)
        cases.append({**case, "steps": steps, "final": t})
        print(f"gaussian: {steps[0]:.4f} to {steps[-1]:.4f}")
    return {"source": "examples/gaussian/gaussian.bp", "cases": cases}


# ---- writing: tensors flat in row-major order, one to a line

def number(x):
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    return repr(float(x)).removesuffix(".0")    # the shortest text that reads back as the same float64


def text(x, indent=""):
    inner = indent + " "
    if isinstance(x, dict):
        if not x:
            return "{}"
        rows = [f"{inner}{json.dumps(k)}: {text(v, inner)}" for k, v in x.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(x, list):
        if all(isinstance(v, (int, float, np.number)) for v in x):
            return "[" + ",".join(number(v) for v in x) + "]"
        return "[\n" + ",\n".join(inner + text(v, inner) for v in x) + f"\n{indent}]"
    if isinstance(x, (np.ndarray, jax.Array)):
        return text(list(np.asarray(x).reshape(-1)), indent)
    if isinstance(x, (int, float, np.number)):
        return number(x)
    return json.dumps(x)


MODELS = [Scorer, LayerNet, ShortCuts, Softmax, Margin, Digits, Window, Logistic, Factors, Mixture, Ode, Lstm, GPT, LeNet, Bundle, VAE]

if __name__ == "__main__":
    want = sys.argv[1:]
    makers = {m.__name__.lower(): (lambda m=m, i=i: make(m(), 1000 + i)) for i, m in enumerate(MODELS)}
    makers["funcs"] = lambda: make_funcs(2000)
    makers["gaussian"] = lambda: make_gaussian(2001)
    for name in want or makers:
        t = text(makers[name]())
        json.loads(t)
        with open(os.path.join(HERE, name + ".json"), "w") as f:
            f.write(t + "\n")
