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
STEPS = 200


# ---- rules of learning, as the language's standard library has them; each
# takes and returns a parameter and the rule's state. Steps count from 1.

def sgd(lr, momentum=0.0, nesterov=False):
    def start(w):
        return np.zeros_like(w)

    def update(w, g, v, step):
        v = momentum * v + g
        return w - lr * (g + momentum * v if nesterov else v), v
    return start, update


def adam(lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """lr is a function of the step."""
    def start(w):
        return np.zeros_like(w), np.zeros_like(w)

    def update(w, g, state, step):
        m, v = state
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
    cases = [[0, 1, 2, 3, 4, 5, 6], [8], [3, 9, 3, 11]]

    def penalty(self, p):
        return 0.0

    def metrics(self, p, a):
        return {}

    def kinks(self, p, a):
        return jnp.ones(1)


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


class Digits(Model):
    source = "examples/digits/digits.bp"
    static = {"hidden": 32}
    params = {"h.W": (32, 64), "h.b": (32,), "z.W": (10, 32), "z.b": (10,)}
    train = adam(lambda step: 2e-3)
    batch = 32
    cases = [list(range(32)), [40], [50, 51, 52, 53, 50]]

    def examples(self, rng):
        rows = []
        with gzip.open(os.path.join(HERE, "../../examples/digits/data/digits.csv.gz"), "rt") as f:
            for line in f:
                rows.append([int(v) for v in line.split(",")])
        rows = np.array(rows[:300])
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
    start = {k: jnp.asarray(start_values(rng, s)) for k, s in model.params.items()}

    def take(batch):
        return {a["name"]: jnp.asarray(a["values"][batch], jnp.float64 if a["type"] == "real" else jnp.int64)
                for a in args}

    def total(p, inputs, indices):
        """The reported loss: the mean of the examples' losses, and each penalty once."""
        losses = jax.vmap(lambda a: model.loss(p, a))({**inputs, **indices})
        return jnp.mean(losses) + model.penalty(p)

    def split(batch):
        a = take(batch)
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
    while len(batches) < STEPS:
        order = rng.permutation(n)
        batches += [order[i:i + model.batch].tolist() for i in range(0, n, model.batch)]
    batches = batches[:STEPS]
    begin, update = model.train
    p = {k: np.asarray(w) for k, w in start.items()}
    state = {k: begin(w) for k, w in p.items()}
    losses = []
    nearest = math.inf
    for step, batch in enumerate(batches, 1):
        r, i = split(batch)
        loss, g = by_params(p, r, i)
        nearest = min(nearest, float(kinks(p, take(batch))))
        losses.append(float(loss))
        for k in p:
            p[k], state[k] = update(p[k], np.asarray(g[k]), state[k], step)
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
        "training": {"batches": batches, "losses": losses, "final": [{"name": k, "values": p[k]} for k in model.params]},
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


MODELS = [Scorer, LayerNet, ShortCuts, Softmax, Margin, Digits, Window]

if __name__ == "__main__":
    want = sys.argv[1:]
    makers = {m.__name__.lower(): (lambda m=m, i=i: make(m(), 1000 + i)) for i, m in enumerate(MODELS)}
    makers["funcs"] = lambda: make_funcs(2000)
    for name in want or makers:
        t = text(makers[name]())
        json.loads(t)
        with open(os.path.join(HERE, name + ".json"), "w") as f:
            f.write(t + "\n")
