"""JAX, compiled by XLA for the CPU."""

import os

import jax
import jax.numpy as jnp

from peers import ADAM_LR, LAYERED, LR, SHOWN

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")


def about():
    return f"JAX {jax.__version__} {os.environ.get('XLA_FLAGS', '')}"


def open(spec, data):
    if spec.net:
        return Net(spec, data)
    if spec.kind in LAYERED:
        return Layered(spec, data)
    if spec.kind == "adam":
        return Adam(data)
    if spec.kind in ("circuit", "neuron"):
        return Points(spec, data)
    if spec.kind in ("circuits", "neurons"):
        return ManyPoints(spec, data)
    return Vector(spec, data)


class Net:
    def __init__(self, spec, data):
        self.spec = spec
        self.start = [p.copy() for p in spec.layers(data.w)]
        self.x = jnp.asarray(data.x.reshape(spec.batch, spec.sizes[0]))
        self.y, self.t = jnp.asarray(data.y), jnp.asarray(data.t)
        act = jax.nn.relu if spec.act == "relu" else jax.nn.sigmoid

        def scores(p, x):
            h = x
            for i in range(0, len(p) - 2, 2):
                h = act(h @ p[i].T + p[i + 1])
            return h @ p[-2].T + p[-1]

        def loss(p, x, y, t):
            z = scores(p, x)
            if spec.loss == "bce":
                return jnp.mean(jax.nn.softplus(z[:, 0]) - t * z[:, 0])
            picked = jnp.take_along_axis(z, y[:, None], 1)[:, 0]
            return jnp.mean(jax.nn.logsumexp(z, 1) - picked)

        def step(p, x, y, t):
            value, grads = jax.value_and_grad(loss)(p, x, y, t)
            return value, [a - jnp.float32(LR) * g for a, g in zip(p, grads)]

        def forward(p, x):
            z = scores(p, x)
            return jax.nn.sigmoid(z) if spec.loss == "bce" else z

        self.step = jax.jit(step, donate_argnums=0)
        self.forward = jax.jit(forward)

    def reset(self):
        self.params = [jnp.array(p) for p in self.start]
        jax.block_until_ready(self.params)

    def run(self, n):
        p, x, y, t = self.params, self.x, self.y, self.t
        if self.spec.kind == "step":
            for _ in range(n):
                self.out, p = self.step(p, x, y, t)
            self.params = p
        else:
            for _ in range(n):
                self.out = self.forward(p, x)
        jax.block_until_ready((self.out, self.params))

    def result(self):
        return [self.out] + (self.params if self.spec.kind == "step" else [])


def conv(p, x):
    F1, b1, F2, b2, W, b = p

    def layer(x, F, b):
        y = jax.lax.conv_general_dilated(x, F, (1, 1), "SAME") + b[:, None, None]
        return jax.lax.reduce_window(jax.nn.relu(y), -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    h = layer(layer(x.reshape(-1, 1, 28, 28), F1, b1), F2, b2)
    return h.reshape(len(h), -1) @ W.T + b


def lstm(p, x):
    W, b, V, c = p
    gates = x.reshape(-1, 32, 64) @ W[:, :64].T + b

    def cell(state, g):
        h, c = state
        i, f, g, o = jnp.split(g + h @ W[:, 64:].T, 4, 1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None
    zeros = jnp.zeros((len(gates), 128), x.dtype)
    (h, _), _ = jax.lax.scan(cell, (zeros, zeros), gates.transpose(1, 0, 2))
    return h @ V.T + c


def block(p, x):
    g1, s1, Wq, Wk, Wv, Wo, g2, s2, W1, b1, W2, b2, W, b = p

    def norm(x, g, s):
        d = x - x.mean(-1, keepdims=True)
        return g * d * jax.lax.rsqrt(jnp.square(d).mean(-1, keepdims=True) + jnp.float32(1e-5)) + s
    x = x.reshape(-1, 64, 128)
    n = norm(x, g1, s1)
    q, k, v = (jnp.reshape(n @ w.T, (-1, 64, 4, 32)) for w in (Wq, Wk, Wv))
    a = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    x = x + a.reshape(-1, 64, 128) @ Wo.T
    x = x + jax.nn.gelu(norm(x, g2, s2) @ W1.T + b1, approximate=False) @ W2.T + b2
    return x.mean(1) @ W.T + b


class Layered:
    """A step of a net of layers."""

    def __init__(self, spec, data):
        scores = dict(conv=conv, lstm=lstm, block=block)[spec.kind]
        self.start = [p.copy() for p in spec.layers(data.w)]
        self.x, self.y = jnp.asarray(data.x.reshape(spec.n, -1)), jnp.asarray(data.y)

        def loss(p, x, y):
            z = scores(p, x)
            picked = jnp.take_along_axis(z, y[:, None], 1)[:, 0]
            return jnp.mean(jax.nn.logsumexp(z, 1) - picked)

        def step(p, x, y):
            value, grads = jax.value_and_grad(loss)(p, x, y)
            return value, [a - jnp.float32(LR) * g for a, g in zip(p, grads)]

        self.step = jax.jit(step, donate_argnums=0)

    def reset(self):
        self.params = [jnp.array(p) for p in self.start]
        jax.block_until_ready(self.params)

    def run(self, n):
        p, x, y = self.params, self.x, self.y
        for _ in range(n):
            self.out, p = self.step(p, x, y)
        self.params = p
        jax.block_until_ready((self.out, p))

    def result(self):
        return [self.out] + self.params


class Adam:
    def __init__(self, data):
        self.start, self.g = data.w, jnp.asarray(data.g)

        def update(state, g):
            w, m, v, step = state
            step = step + 1
            m = jnp.float32(0.9) * m + jnp.float32(0.1) * g
            v = jnp.float32(0.999) * v + jnp.float32(0.001) * g * g
            r1 = (ADAM_LR / (1 - 0.9**step)).astype(jnp.float32)
            r2 = (1 / jnp.sqrt(1 - 0.999**step)).astype(jnp.float32)
            return w - r1 * m / (jnp.sqrt(v) * r2 + jnp.float32(1e-8)), m, v, step

        self.update = jax.jit(update, donate_argnums=0)

    def reset(self):
        w = jnp.array(self.start)
        self.state = w, jnp.zeros_like(w), jnp.zeros_like(w), jnp.float64(0)
        jax.block_until_ready(self.state)

    def run(self, n):
        for _ in range(n):
            self.state = self.update(self.state, self.g)
        jax.block_until_ready(self.state)

    def result(self):
        return [s[:SHOWN] for s in self.state[:3]]


def circuit(x, y, z):
    return (x + y) * z


def neuron(w0, w1, w2, x0, x1):
    return 1 / (1 + jnp.exp(-(w0 * x0 + w1 * x1 + w2)))


class Points:
    """One call for each point."""

    def __init__(self, spec, data):
        f = circuit if spec.kind == "circuit" else neuron
        self.points = [[jnp.asarray(v) for v in row] for row in data.points.reshape(spec.n, -1)]
        self.f = jax.jit(jax.value_and_grad(f, argnums=range(len(self.points[0]))))

    def reset(self):
        pass

    def run(self, n):
        f = self.f
        for _ in range(n):
            self.out = [f(*p) for p in self.points]
        jax.block_until_ready(self.out)

    def result(self):
        return [jnp.stack([f, *g]) for f, g in self.out]


class ManyPoints:
    """All points at once."""

    def __init__(self, spec, data):
        f = circuit if spec.kind == "circuits" else neuron
        self.args = [jnp.array(c) for c in data.points.reshape(spec.n, -1).T]
        self.f = jax.jit(jax.vmap(jax.value_and_grad(f, argnums=range(len(self.args)))))

    def reset(self):
        pass

    def run(self, n):
        for _ in range(n):
            self.out = self.f(*self.args)
        jax.block_until_ready(self.out)

    def result(self):
        f, g = self.out
        return [jnp.stack([f, *g], 1)]


class Vector:
    def __init__(self, spec, data):
        fs = dict(exp=jnp.exp, tanh=jnp.tanh, log=jnp.log, sigmoid=jax.nn.sigmoid, softmax=jax.nn.softmax)
        self.x, self.f = jnp.asarray(data.x), jax.jit(fs[spec.kind])

    def reset(self):
        pass

    def run(self, n):
        for _ in range(n):
            self.out = self.f(self.x)
        jax.block_until_ready(self.out)

    def result(self):
        return [self.out]
