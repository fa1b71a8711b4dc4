"""PyTorch, eager."""

import torch
from torch.nn import functional as F

from peers import ADAM_LR, LAYERED, LR, SHOWN, THREADS

torch.set_num_threads(THREADS)
torch.set_num_interop_threads(1)
torch.set_flush_denormal(True)


def about():
    return f"PyTorch {torch.__version__}, eager, {torch.backends.cpu.get_cpu_capability()}"


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
        self.start = [torch.from_numpy(p.copy()) for p in spec.layers(data.w)]
        self.params = [p.clone().requires_grad_(spec.kind == "step") for p in self.start]
        self.x = torch.from_numpy(data.x).reshape(spec.batch, spec.sizes[0])
        self.y = torch.from_numpy(data.y).long()
        self.t = torch.from_numpy(data.t).reshape(-1, 1)
        self.act = torch.relu if spec.act == "relu" else torch.sigmoid

    def reset(self):
        with torch.no_grad():
            for p, s in zip(self.params, self.start):
                p.copy_(s)

    def scores(self):
        h, p = self.x, self.params
        for i in range(0, len(p) - 2, 2):
            h = self.act(F.linear(h, p[i], p[i + 1]))
        return F.linear(h, p[-2], p[-1])

    def step(self):
        z = self.scores()
        if self.spec.loss == "bce":
            loss = F.binary_cross_entropy_with_logits(z, self.t)
        else:
            loss = F.cross_entropy(z, self.y)
        grads = torch.autograd.grad(loss, self.params)
        with torch.no_grad():
            torch._foreach_add_(self.params, grads, alpha=-LR)
        return loss

    def run(self, n):
        if self.spec.kind == "step":
            for _ in range(n):
                self.out = self.step()
            return
        with torch.inference_mode():
            for _ in range(n):
                z = self.scores()
                self.out = torch.sigmoid(z) if self.spec.loss == "bce" else z

    def result(self):
        out = [self.out.detach().numpy()]
        if self.spec.kind == "step":
            out += [p.detach().numpy() for p in self.params]
        return out


class Layered:
    """A step of a net of layers, by PyTorch's own layers."""

    def __init__(self, spec, data):
        self.start = [torch.from_numpy(p.copy()) for p in spec.layers(data.w)]
        self.params = [p.clone().requires_grad_() for p in self.start]
        self.x = torch.from_numpy(data.x).reshape(spec.n, -1)
        self.y = torch.from_numpy(data.y).long()
        self.scores = getattr(self, spec.kind)

    def conv(self):
        F1, b1, F2, b2, W, b = self.params
        h = F.max_pool2d(torch.relu(F.conv2d(self.x.view(-1, 1, 28, 28), F1, b1, padding=1)), 2)
        h = F.max_pool2d(torch.relu(F.conv2d(h, F2, b2, padding=1)), 2)
        return F.linear(h.flatten(1), W, b)

    def lstm(self):
        W, b, V, c = self.params
        x = self.x.view(-1, 32, 64)
        zeros = torch.zeros(1, len(x), 128)
        hs, _, _ = torch.lstm(x, (zeros, zeros), [W[:, :64], W[:, 64:], b, torch.zeros_like(b)], True, 1, 0.0, True, False, True)
        return F.linear(hs[:, -1], V, c)

    def block(self):
        g1, s1, Wq, Wk, Wv, Wo, g2, s2, W1, b1, W2, b2, W, b = self.params
        x = self.x.view(-1, 64, 128)
        n = F.layer_norm(x, (128,), g1, s1)
        q, k, v = (F.linear(n, w).view(-1, 64, 4, 32).transpose(1, 2) for w in (Wq, Wk, Wv))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(a.transpose(1, 2).flatten(2), Wo)
        x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (128,), g2, s2), W1, b1)), W2, b2)
        return F.linear(x.mean(1), W, b)

    def reset(self):
        with torch.no_grad():
            for p, s in zip(self.params, self.start):
                p.copy_(s)

    def run(self, n):
        for _ in range(n):
            self.out = F.cross_entropy(self.scores(), self.y)
            grads = torch.autograd.grad(self.out, self.params)
            with torch.no_grad():
                torch._foreach_add_(self.params, grads, alpha=-LR)

    def result(self):
        return [p.detach().numpy() for p in (self.out, *self.params)]


class Adam:
    def __init__(self, data):
        self.start = torch.from_numpy(data.w)
        self.w = self.start.clone().requires_grad_()
        self.w.grad = torch.from_numpy(data.g)
        self.opt = torch.optim.Adam([self.w], lr=ADAM_LR, fused=True)

    def reset(self):
        with torch.no_grad():
            self.w.copy_(self.start)
        for s in self.opt.state.values():
            for t in s.values():
                t.zero_()
        if not self.opt.state:
            self.opt.step()  # makes the state, with its memory
            self.reset()

    def run(self, n):
        for _ in range(n):
            self.opt.step()

    def result(self):
        s = self.opt.state[self.w]
        return [t.detach()[:SHOWN].numpy() for t in (self.w, s["exp_avg"], s["exp_avg_sq"])]


def circuit(x, y, z):
    return (x + y) * z


def neuron(w0, w1, w2, x0, x1):
    return 1 / (1 + torch.exp(-(w0 * x0 + w1 * x1 + w2)))


class Points:
    """One call for each point."""

    def __init__(self, spec, data):
        self.f = circuit if spec.kind == "circuit" else neuron
        rows = torch.from_numpy(data.points).reshape(spec.n, -1)
        self.points = [[v.clone().requires_grad_() for v in row] for row in rows]

    def reset(self):
        pass

    def run(self, n):
        for _ in range(n):
            self.out = []
            for p in self.points:
                f = self.f(*p)
                self.out.append((f, torch.autograd.grad(f, p)))

    def result(self):
        return [torch.stack([f.detach(), *g]).numpy() for f, g in self.out]


class ManyPoints:
    """All points at once."""

    def __init__(self, spec, data):
        self.f = circuit if spec.kind == "circuits" else neuron
        rows = torch.from_numpy(data.points).reshape(spec.n, -1)
        self.args = [c.clone().contiguous().requires_grad_() for c in rows.T]
        self.ones = torch.ones(spec.n, dtype=torch.float64)

    def reset(self):
        pass

    def run(self, n):
        for _ in range(n):
            f = self.f(*self.args)
            self.out = f, torch.autograd.grad(f, self.args, self.ones)

    def result(self):
        f, g = self.out
        return [torch.stack([f.detach(), *g], 1).numpy()]


class Vector:
    def __init__(self, spec, data):
        self.x = torch.from_numpy(data.x)
        self.y = torch.empty_like(self.x)
        self.f = getattr(torch, spec.kind)
        self.args = (0,) if spec.kind == "softmax" else ()

    def reset(self):
        pass

    @torch.inference_mode()
    def run(self, n):
        for _ in range(n):
            self.f(self.x, *self.args, out=self.y)

    def result(self):
        return [self.y.numpy()]
