"""Writes NAME.json for every NAME.bp of this folder: what PyTorch in float64
says of the layers and losses of the standard library, values and gradients.

    python3 make.py               all files
    python3 make.py conv losses   some

Tests read the JSON files, which have the form of those in ../conformance; only
this script needs Python (torch). Everything is drawn from seeds that depend on
names only.
"""
import json, os, random, sys, zlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))


class Index:
    """The type of whole numbers below a bound."""

    def __init__(self, bound, *shape):
        self.bound, self.shape = bound, shape


class Between:
    """The type of reals that are drawn from elsewhere than -2 to 2."""

    def __init__(self, lo, hi, *shape):
        self.lo, self.hi, self.shape = lo, hi, shape


class Row(tuple):
    """The type of distributions over so many."""


def draw(rng, kind, batch=()):
    if isinstance(kind, int):  # the value itself
        return torch.tensor(kind)
    if isinstance(kind, torch.Tensor):
        return kind
    if isinstance(kind, Index):
        shape = batch + kind.shape
        return torch.tensor([rng.randrange(kind.bound) for _ in range(size(shape))]).reshape(shape)
    lo, hi, shape = (kind.lo, kind.hi, batch + kind.shape) if isinstance(kind, Between) else (-2, 2, batch + tuple(kind))
    x = torch.tensor([round(rng.uniform(lo, hi), 3) for _ in range(size(shape))], dtype=torch.float64).reshape(shape)
    return torch.softmax(x, -1) if isinstance(kind, Row) else x


def size(shape):
    n = 1
    for s in shape:
        n *= s
    return n


def plain(x):
    x = x.detach()
    return {"shape": list(x.shape), "data": [v if v == v and abs(v) != float("inf") else repr(v) for v in x.reshape(-1).tolist()]}


def real(x):
    return x.is_floating_point()


def func(name, f, **kinds):
    """A call of a func."""
    rng = random.Random(zlib.crc32(f"{name} {[str(k) for k in kinds]} {func.calls}".encode()))
    func.calls += 1
    args = {k: draw(rng, t) for k, t in kinds.items()}
    reals = [a.requires_grad_() for a in args.values() if real(a)]
    y = f(*args.values())
    seed = torch.tensor(1.0) if y.dim() == 0 else draw(rng, tuple(y.shape))
    grads = torch.autograd.grad((y*seed).sum(), reals)
    return {"name": name, "args": [plain(a) for a in args.values()], "results": [plain(y)], "seeds": [plain(seed)],
            "grads": dict(zip([k for k, a in args.items() if real(a)], map(plain, grads)))}


func.calls = 0


def model(name, f, args, params, batch=3, **dims):
    """A batch through a model with one output z and, as its last argument, k: its
    loss is Σ z∘k."""
    rng = random.Random(zlib.crc32(f"{name} {dims} {batch}".encode()))
    a = {k: draw(rng, t, (batch,)) for k, t in args.items()}
    p = {k: draw(rng, Between(-1, 1, *s)).requires_grad_() for k, s in params.items()}
    inputs = [x.requires_grad_() for x in a.values() if real(x)]
    *xs, k = a.values()
    z = f(p, *xs)
    assert z.shape == k.shape, (name, z.shape, k.shape)
    loss = (z*k).sum()/batch
    grads = torch.autograd.grad(loss, [*p.values(), *inputs])
    return {"name": name, "numbers": dims, "batch": batch, "args": [plain(x) for x in a.values()],
            "params": {k: plain(v) for k, v in p.items()}, "loss": loss.item(), "train": loss.item(), "metrics": {},
            "results": [plain(z)], "grads": dict(zip(p, map(plain, grads))),
            "inputs": dict(zip([k for k, x in a.items() if real(x)], map(plain, grads[len(p):])))}


# ---- losses


def ctc(z, y, steps, labels, blank=0):
    """Of one sequence; an infinite loss has a derivative of 0."""
    loss = F.ctc_loss(torch.log_softmax(z, 1)[:, None], y[None], steps[None], labels[None], blank=blank, reduction="sum")
    return loss if torch.isfinite(loss) else loss.detach() + 0*z.sum()


def kl(p, q):
    return F.kl_div(q.log(), p, reduction="sum")


def klnormal(m, s):
    N = torch.distributions.Normal
    return torch.distributions.kl_divergence(N(m, (s/2).exp()), N(0.0, 1.0)).sum()


def one(loss, **more):
    """A loss of one example by PyTorch's of a batch."""
    return lambda z, y: loss(z[None], y[None], reduction="sum", **more)


def rows(loss, **more):
    """The mean over the rows that count, 0 if none does."""
    return lambda z, y: loss(z, y, **more) if (y != more.get("ignore_index", -100)).any() else 0*z.sum()


def losses():
    yield func("Leaky", F.leaky_relu, x=[7])
    yield func("Leakier", lambda x: F.leaky_relu(x, 0.3), x=[5])
    yield func("Hardtanh", F.hardtanh, x=[7])
    yield func("Unit", lambda x: F.normalize(x, dim=0), x=[3])
    for n in 5, 1:
        yield func("Mse", F.mse_loss, a=[n], b=[n])
        yield func("Huber", F.huber_loss, a=[n], b=[n])
        yield func("Huber2", lambda a, b: F.huber_loss(a, b, delta=0.4), a=[n], b=[n])
        truth = Between(0, 1, n)
        yield func("Bce", F.binary_cross_entropy_with_logits, z=[n], y=truth)
        weight = torch.tensor(3.0)
        yield func("BceWeighted", lambda z, y: F.binary_cross_entropy_with_logits(z, y, pos_weight=weight), z=[n], y=truth)
        sign = torch.tensor([1.0, -1, 1, -1, -1][:n])
        yield func("Hinge", lambda z, y: F.relu(1 - y*z).mean(), z=[n], y=sign)
    for K in 5, 2, 1:
        yield func("Xent", one(F.cross_entropy), z=[K], y=Index(K))
        yield func("XentSmooth", one(F.cross_entropy, label_smoothing=0.1), z=[K], y=Index(K))
    for y in 0, 1, 2:
        yield func("XentIgnore", one(F.cross_entropy, ignore_index=1), z=[4], y=y)
    for y in [2, 0, 1, 0], [0, 0], [1]:
        yield func("Xents", rows(F.cross_entropy), z=[len(y), 3], y=torch.tensor(y))
        yield func("XentsBoth", rows(F.cross_entropy, label_smoothing=0.2, ignore_index=0), z=[len(y), 3], y=torch.tensor(y))
    for K in 5, 1:
        yield func("Multimargin", one(F.multi_margin_loss), z=[K], y=Index(K))
        yield func("Multimargin2", one(F.multi_margin_loss, margin=0.5), z=[K], y=Index(K))
    first = torch.tensor(1.0)
    for y in 0, 2:
        yield func("XentAll", one(F.cross_entropy, ignore_index=2, label_smoothing=0.3), z=[4], y=y)
    for big in 40, 800:  # scores whose exponentials overflow
        yield func("Xent", one(F.cross_entropy), z=Between(-big, big, 5), y=Index(5))
        yield func("Bce", F.binary_cross_entropy_with_logits, z=Between(-big, big, 5), y=Between(0, 1, 5))
        yield func("Ctc", ctc, z=Between(-big, big, 7, 4), y=torch.tensor([2, 2, 3]), steps=7, labels=3)
    yield func("MseOf", F.mse_loss, A=[3, 5], B=[3, 5])
    for a, b in (0.3, 0.1), (2.0, 0.4):
        yield func("Margin", lambda a, b: F.margin_ranking_loss(a, b, first, margin=0.5), a=torch.tensor(a), b=torch.tensor(b))
    for D in 3, 1:
        yield func("Triplet", lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=0.7, eps=0), a=[D], p=[D], n=[D])
        yield func("Klnormal", klnormal, m=[D], s=[D])
    for K in 4, 2:
        yield func("Kl", kl, p=Row([K]), q=Row([K]))
    for x, y in (1.0, 1.0), (-3.0, 0.5), (700.0, 720.0), (-1e30, -1e30):
        yield func("Logadd", torch.logaddexp, x=torch.tensor(x), y=torch.tensor(y))
    # Labels: different ones, equal ones, fewer than there is room for, too many
    # for the steps, none at all, and steps beyond the sequence.
    for y, steps, labels in ([1, 2, 3], 7, 3), ([2, 2, 2], 7, 3), ([1, 2, 3], 5, 2), ([1, 1, 2], 3, 3), ([3, 1, 2], 4, 0), ([3, 1, 3], 3, 3):
        yield func("Ctc", ctc, z=[7, 4], y=torch.tensor(y), steps=steps, labels=labels)
    yield func("Ctc", ctc, z=[1, 2], y=torch.tensor([1]), steps=1, labels=1)
    yield func("CtcLast", lambda z, y: ctc(z, y, torch.tensor(6), torch.tensor(2), blank=2), z=[6, 3], y=torch.tensor([1, 0]))


# ---- layers


def layers():
    yield model("Dense", lambda p, x: F.linear(x, p["z.W"], p["z.b"]), {"x": [3], "k": [4]}, {"z.W": [4, 3], "z.b": [4]})
    for T in 4, 1:
        yield model("Linear", lambda p, x: F.linear(x, p["z.W"]), {"x": [T, 5], "k": [T, 1]}, {"z.W": [1, 5]}, T=T)
        yield model("Embedding", lambda p, i: F.embedding(i, p["z.E"]), {"i": Index(6, T), "k": [T, 3]}, {"z.E": [6, 3]}, T=T)
        yield model("Layernorm", lambda p, x: F.layer_norm(x, [5], p["z.scale"], p["z.shift"]),
                    {"x": [T, 5], "k": [T, 5]}, {"z.scale": [5], "z.shift": [5]}, T=T)
        yield model("Rmsnorm", lambda p, x: F.rms_norm(x, [4], p["z.scale"], 1e-5), {"x": [T, 4], "k": [T, 4]}, {"z.scale": [4]}, T=T)
    yield model("Layernorm2", lambda p, x: F.layer_norm(x, [3], p["z.scale"], p["z.shift"], 0.1),
                {"x": [2, 3], "k": [2, 3]}, {"z.scale": [3], "z.shift": [3]})

    def mlp(p, x):
        for l in 0, 1:
            x = torch.tanh(F.linear(x, p[f"net.h[{l}].W"], p[f"net.h[{l}].b"]))
        return x
    yield model("Mlp", mlp, {"x": [3], "k": [2]}, {"net.h[0].W": [4, 3], "net.h[0].b": [4], "net.h[1].W": [2, 4], "net.h[1].b": [2]})


# ---- filters and windows


def conv():
    def conv2d(name, x, filters, k, **more):
        out = list(F.conv2d(torch.zeros(1, *x), torch.zeros(*filters), **more).shape[1:])
        return model(name, lambda p, x: F.conv2d(x, p["z.F"], p["z.b"], **more),
                     {"x": x, "k": out}, {"z.F": filters, "z.b": filters[:1]}, batch=k)
    yield conv2d("Plain", [1, 5, 4], [2, 1, 3, 3], 3)
    yield conv2d("Plain", [1, 5, 4], [2, 1, 3, 3], 1)
    yield conv2d("Padded", [2, 7, 6], [3, 2, 3, 3], 2, stride=2, padding=1)
    yield conv2d("Dilated", [2, 7, 5], [2, 2, 2, 2], 2, dilation=2)
    yield conv2d("Groups", [4, 5, 6], [6, 2, 2, 2], 2, stride=2, groups=2)
    yield conv2d("Depthwise", [3, 4, 4], [3, 1, 3, 3], 2, padding=1, groups=3)
    yield conv2d("Pointwise", [3, 2, 3], [4, 3, 1, 1], 2)
    yield conv2d("All", [4, 9, 8], [4, 2, 3, 3], 1, stride=2, padding=1, dilation=2, groups=2)
    yield conv2d("Framed", [2, 3, 2], [1, 2, 2, 2], 2, padding=4)
    yield conv2d("Wide", [1, 3, 2], [2, 1, 4, 4], 2, stride=2, padding=2)
    yield conv2d("Multiplied", [3, 5, 4], [6, 1, 3, 3], 2, stride=2, padding=1, groups=3)
    for W in 7, 1:
        yield model("SignalDepthwise", lambda p, x: F.conv1d(x, p["z.F"], p["z.b"], padding=2, dilation=2, groups=3),
                    {"x": [3, W], "k": [3, W]}, {"z.F": [3, 1, 3], "z.b": [3]}, W=W)
    for W in 6, 1:
        yield model("Signal", lambda p, x: F.conv1d(x, p["z.F"], p["z.b"], padding=1),
                    {"x": [2, W], "k": [3, W]}, {"z.F": [3, 2, 3], "z.b": [3]}, W=W)
    yield model("SignalStrided", lambda p, x: F.conv1d(x, p["z.F"], p["z.b"], stride=3, padding=2, dilation=2, groups=2),
                {"x": [4, 11], "k": [2, 4]}, {"z.F": [2, 2, 3], "z.b": [2]})
    for name, f in ("Max", F.max_pool2d), ("Avg", F.avg_pool2d):
        yield func(name, lambda x: f(x, 2), x=[2, 5, 7])
        yield func(name + "Over", lambda x: f(x, 3, 2, 1), x=[2, 5, 7])
    yield func("MaxOdd", lambda x: F.max_pool2d(x, 3, 3), x=[1, 3, 5])
    yield func("AvgOdd", lambda x: F.avg_pool2d(x, 2, 1, 1), x=[3, 4, 1])
    yield func("MaxOne", lambda x: F.max_pool2d(x, 1, 2), x=[2, 3, 3])
    yield func("Max1", lambda x: F.max_pool1d(x, 3, 2, 1), x=[2, 9])
    yield func("Avg1", lambda x: F.avg_pool1d(x, 3, 2, 1), x=[2, 9])


# ---- sequences: [batch, T, D]


def weights(W, b, D):
    """PyTorch's weights of a recurrent net from a matrix of (x, h): the bias is one, not two."""
    return [W[:, :D], W[:, D:], b, torch.zeros_like(b)]


def run(net, states, xs, ws):
    H = ws[1].shape[1]
    zeros = [torch.zeros(1, len(xs), H)]*states
    return net(xs, zeros if states > 1 else zeros[0], ws, True, 1, 0.0, False, False, True)[0]


def rnn(p, xs, name="hs"):
    return run(torch.rnn_tanh, 1, xs, weights(p[name + ".cell.W"], p[name + ".cell.b"], xs.shape[2]))


def lstm(p, xs, name="hs"):
    return run(torch.lstm, 2, xs, weights(p[name + ".cell.W"], p[name + ".cell.b"], xs.shape[2]))


def gru(p, xs, name="hs"):
    W, b, V, c, U, d = (p[f"{name}.cell.{k}"] for k in ["W", "b", "V", "c", "U", "d"])
    D = xs.shape[2]
    return run(torch.gru, 1, xs, [torch.cat([W[:, :D], V]), torch.cat([W[:, D:], U]), torch.cat([b, c]), torch.cat([torch.zeros_like(b), d])])


def cell(name, gates, D, H):
    return {name + ".cell.W": [gates*H, D + H], name + ".cell.b": [gates*H]}


def gru_cell(name, D, H):
    return {**cell(name, 2, D, H), f"{name}.cell.V": [H, D], f"{name}.cell.c": [H], f"{name}.cell.U": [H, H], f"{name}.cell.d": [H]}


def attention(p, x, m, heads, causal):
    D = x.shape[2]
    flat = lambda W: W.reshape(D, -1)
    mask = torch.triu(torch.ones(x.shape[1], m.shape[1], dtype=torch.bool), 1) if causal else None
    bias = torch.cat([p[f"z.b{q}.b"].reshape(-1) for q in "qkv"]) if "z.bq.b" in p else None
    z, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), m.transpose(0, 1), m.transpose(0, 1), D, heads, None, bias, None, None, False, 0.0,
        flat(p["z.Wo"]), None if bias is None else p["z.bo.b"].reshape(-1), attn_mask=mask, use_separate_proj_weight=True,
        q_proj_weight=flat(p["z.Wq"]), k_proj_weight=flat(p["z.Wk"]), v_proj_weight=flat(p["z.Wv"]))
    return z.transpose(0, 1)


def heads(n, D, E):
    K = D//n
    return {"z.Wq": [n, K, D], "z.Wk": [n, K, E], "z.Wv": [n, K, E], "z.Wo": [D, n, K]}


def biases(n, D):
    K = D//n
    return {"z.bq.b": [n, K], "z.bk.b": [n, K], "z.bv.b": [n, K], "z.bo.b": [1, D]}


def sinusoids(x):
    """As Vaswani et al. have it, by pairs."""
    T, D = x.shape
    angle = torch.arange(float(T))[:, None]/10000**(torch.arange(0.0, D, 2)/D)
    return x + torch.stack([angle.sin(), angle.cos()], 2).reshape(T, D)


def sequences():
    for T in 5, 2, 1:
        io = {"xs": [T, 3], "k": [T, 4]}
        yield model("Rnn", rnn, io, cell("hs", 1, 3, 4), T=T)
        yield model("Gru", gru, io, gru_cell("hs", 3, 4), T=T)
        yield model("Lstm", lstm, io, cell("hs", 4, 3, 4), T=T)
    yield model("Stacked", lambda p, xs: gru(p, lstm(p, xs, "a"), "b"), {"xs": [3, 1], "k": [3, 2]}, {**cell("a", 4, 1, 3), **gru_cell("b", 3, 2)})
    for T in 5, 1:
        yield model("Causal", lambda p, x: attention(p, x, x, 2, True), {"xs": [T, 6], "k": [T, 6]}, heads(2, 6, 6), batch=2, T=T)
        yield model("Attention", lambda p, x: attention(p, x, x, 1, False), {"xs": [T, 4], "k": [T, 4]}, heads(1, 4, 4), batch=2, T=T)
    for T, S in (3, 4), (4, 1):
        yield model("Cross", lambda p, x, m: attention(p, x, m, 3, False), {"xs": [T, 6], "m": [S, 5], "k": [T, 6]}, heads(3, 6, 5), batch=2, T=T, S=S)
    for T in 5, 1:
        yield model("Biased", lambda p, x: attention(p, x, x, 2, True), {"xs": [T, 6], "k": [T, 6]}, {**heads(2, 6, 6), **biases(2, 6)}, batch=2, T=T)
    for T, S in (3, 4), (4, 1):
        yield model("CrossBiased", lambda p, x, m: attention(p, x, m, 3, False), {"xs": [T, 6], "m": [S, 5], "k": [T, 6]},
                    {**heads(3, 6, 5), **biases(3, 6)}, batch=2, T=T, S=S)
    yield model("Learned", lambda p, x: x + p["z.P"][:3], {"xs": [3, 4], "k": [3, 4]}, {"z.P": [5, 4]})
    yield func("Attend", lambda Q, M, V: F.scaled_dot_product_attention(Q, M, V), Q=[2, 3], M=[4, 3], V=[4, 5])
    yield func("Attend", lambda Q, M, V: F.scaled_dot_product_attention(Q, M, V), Q=[1, 1], M=[1, 1], V=[1, 2])
    for T in 4, 1:
        yield func("Sinusoids", sinusoids, x=[T, 6])


if __name__ == "__main__":
    files = {f.__name__: f for f in (losses, layers, conv, sequences)}
    for name in sys.argv[1:] or files:
        func.calls = 0
        cases = list(files[name]())
        lines = lambda cs: "[" + ",".join("\n" + json.dumps(c) for c in cs) + "\n]"
        text = '{"funcs": ' + lines([c for c in cases if "batch" not in c]) + ',\n"models": ' + lines([c for c in cases if "batch" in c]) + "}\n"
        with open(os.path.join(HERE, name + ".json"), "w") as f:
            f.write(text)
        print(f"{name}: {len(cases)} cases")
