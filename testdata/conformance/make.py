"""Writes NAME.json for every NAME.bp of this folder: what the language's
definitional interpreter says of its funcs and models, values and gradients.

    python3 make.py DIR             all files
    python3 make.py DIR sums nets   some
    python3 make.py DIR --in FOLDER those of another folder: only what has cases

DIR holds the interpreter, bpeval.py. Tests read the JSON files; only this
script needs Python. A comment above a func or model says what to call it with:

    // cases: n=3 k=2 x=-1..1; n=0 k=2; y=[1, 2] p=0.5

Cases are parted by semicolons. NAME=number gives a dim, a given, or an argument
that is one number; NAME=[...] a tensor; NAME=lo..hi draws the argument from there, and -2..2 is
where numbers come from without it. Sizes that are not given are 2, 3, 4, ... in
a first case and 1 in a second. A formula that overflows as it is written has a
comment that says it another way, for the interpreter:

    // as: softplus(x)

Models run on batches of B=3 and B=1.
Everything is drawn from seeds that depend on names only.
"""
import glob, json, math, os, random, re, sys, tempfile, zlib

sys.path.insert(0, sys.argv[1])
import bpeval as E

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.path.join(HERE, "../../templates/bp/nn/*.bp")

# ---- what the interpreter leaves out


def sym(f, d):
    """An operator of one number: its value, and its derivative by a and the value o as numbers that can be differentiated."""
    return lambda a: E.op1(a, E.safe(f), d)


sq = lambda a: E.mul(a, a)
inv = lambda a: E.div(1.0, a)


def half(x):  # to the nearest, halves away from 0
    return math.copysign(math.floor(abs(x) + 0.5), x)


def polygamma(k, x):
    """ψ and its derivatives, by reflection, recurrence and the asymptotic series."""
    if x <= 0:
        if x == math.floor(x):  # as from the right
            return -math.inf if k % 2 == 0 else math.inf
        c, s = math.cos(math.pi*x), math.sin(math.pi*x)
        cot = [c/s, -math.pi/s**2, 2*math.pi**2*c/s**3, -2*math.pi**3*(1 + 2*c*c)/s**4][k]
        return (-1)**k*polygamma(k, 1 - x) - math.pi*cot
    s = 0.0
    while x < 20:
        s -= (-1)**k*math.factorial(k)/x**(k + 1)
        x += 1
    bernoulli = [1/6, -1/30, 1/42, -1/30, 5/66, -691/2730]
    if k == 0:
        return s + math.log(x) - 1/(2*x) - sum(b/(2*j*x**(2*j)) for j, b in enumerate(bernoulli, 1))
    t = math.factorial(k - 1)/x**k + math.factorial(k)/(2*x**(k + 1))
    t += sum(b*math.factorial(2*j + k - 1)/(math.factorial(2*j)*x**(2*j + k)) for j, b in enumerate(bernoulli, 1))
    return s + (-1)**(k - 1)*t


def psi(k):
    return lambda a: E.op1(a, lambda x: polygamma(k, x), lambda a, o: psi(k + 1)(a))


def besselj(n, x):
    """The mean of cos(nt - x sin t), which is exact to the last place for a periodic function."""
    steps = 200
    f = lambda x: sum(math.cos(n*t - x*math.sin(t)) for t in (math.pi*(2*i + 1)/steps for i in range(steps)))/steps
    return E.op1(x, f, lambda a, o: E.div(E.sub(besselj(n - 1, a), besselj(n + 1, a)), 2.0))


phi = lambda a: E.div(E.exp(E.div(E.neg(sq(a)), 2.0)), math.sqrt(2*math.pi))
Phi = lambda a: E.div(E.erfc(E.div(E.neg(a), math.sqrt(2))), 2.0)
log1p = lambda x: math.log1p(x) if x > -1 else (-math.inf if x == -1 else math.nan)
sinh = sym(math.sinh, lambda a, o: cosh(a))
cosh = sym(math.cosh, lambda a, o: sinh(a))
E.lgamma = sym(lambda x: math.inf if x <= 0 and x == math.floor(x) else math.lgamma(x), lambda a, o: psi(0)(a))
root = lambda f: lambda a, o: inv(E.sqrt(f(sq(a))))
E.ELEM.update(
    relu=lambda a: a if E.val(a) > 0 else 0.0,
    expm1=sym(math.expm1, lambda a, o: E.exp(a)), log1p=sym(log1p, lambda a, o: inv(E.add(1.0, a))),
    log2=sym(math.log2, lambda a, o: inv(E.mul(a, math.log(2)))), log10=sym(math.log10, lambda a, o: inv(E.mul(a, math.log(10)))),
    cbrt=sym(lambda x: math.copysign(abs(x)**(1/3), x), lambda a, o: inv(E.mul(3.0, sq(o)))), square=sq,
    ceil=lambda a: math.ceil(E.val(a)), round=lambda a: half(E.val(a)),
    tan=sym(math.tan, lambda a, o: E.add(1.0, sq(o))), asin=sym(math.asin, root(lambda s: E.sub(1.0, s))),
    acos=sym(math.acos, lambda a, o: E.neg(inv(E.sqrt(E.sub(1.0, sq(a)))))), atan=sym(math.atan, lambda a, o: inv(E.add(1.0, sq(a)))),
    sinh=sinh, cosh=cosh,
    asinh=sym(math.asinh, root(lambda s: E.add(s, 1.0))), acosh=sym(math.acosh, root(lambda s: E.sub(s, 1.0))),
    atanh=sym(math.atanh, lambda a, o: inv(E.sub(1.0, sq(a)))),
    logsigmoid=lambda a: E.neg(E.softplus(E.neg(a))), elu=lambda a: a if E.val(a) > 0 else E.op1(a, math.expm1, lambda a, o: E.exp(a)),
    silu=lambda a: E.mul(a, E.sigmoid(a)), gelu=lambda a: E.mul(a, Phi(a)),
    lgamma=E.lgamma, digamma=psi(0), trigamma=psi(1))


def atan2(y, x):
    r = lambda a, b: E.add(sq(a), sq(b))
    return E.op2(y, x, math.atan2, lambda a, b, o: E.div(b, r(a, b)), lambda a, b, o: E.div(E.neg(a), r(a, b)))


def hypot(x, y):
    over = lambda a, o: E.div(a, o) if E.val(o) else 0.0
    return E.op2(x, y, math.hypot, lambda a, b, o: over(a, o), lambda a, b, o: over(b, o))


def xlogy(x, y):
    return E.op2(x, y, lambda a, b: a*math.log(b) if a else 0.0, lambda a, b, o: E.log(b), lambda a, b, o: E.div(a, b) if E.val(a) else 0.0)


def norm(x):
    s = E.sumsq(x)
    return E.sqrt(s) if E.val(s) else 0.0


def power(a, b):
    try:
        return float(a)**b
    except ZeroDivisionError:
        return math.inf


def powr(a, b, old=E.powr):  # for a real exponent; at 0 the derivative by it is 0
    if isinstance(b, int):
        return old(a, b)
    return E.op2(a, b, power, lambda a, b, o: E.mul(b, powr(a, E.sub(b, 1.0))) if E.val(a) or E.val(b) else 0.0,
                 lambda a, b, o: E.mul(o, E.log(a)) if E.val(a) else 0.0)


def reshape(*a): raise E.E("not reached")


def logsoftmax(x):
    if len(x.sh) > 1:
        return E.stack([logsoftmax(r) for r in E.rows(x)])
    l = E.lse(x.d)
    return E.T(x.sh, [E.sub(a, l) for a in x.d])


def matmul(a, b, old=E.matmul):
    a, b = (E.tens(x) if isinstance(x, list) else x for x in (a, b))
    sa, sb = E.shape(a), E.shape(b)
    if len(sb) > 2 and len(sa) >= len(sb):
        return E.stack([matmul(r, b if len(sa) > len(sb) else E.row(b, i)) for i, r in enumerate(E.rows(a))])
    if len(sb) > 2:
        return E.stack([matmul(a, r) for r in E.rows(b)])
    return old(a, b)


def subscript(x, ix, old=E.sub_):  # in subscripts, as in dims, / is exact
    return old(x, [int(i) if isinstance(i, float) and i == int(i) else i for i in ix])


E.powr, E.norm, E.matmul, E.sub_ = powr, norm, matmul, subscript
each = lambda f: lambda a, b: E.bcast(f, a, b)
E.FUN.update(besselj=lambda n, x: E.tmap(lambda v: besselj(int(E.val(n)), v), x), atan2=each(atan2), hypot=each(hypot), xlogy=each(xlogy), norm=norm, reshape=reshape, onehot=reshape, tril=lambda v: tril([], v), logsoftmax=logsoftmax,
             div=each(lambda a, b: a // b), mod=each(lambda a, b: a % b),
             any=lambda x: any(E.data(x)), every=lambda x: all(E.data(x)),
             max=lambda *x: E.fold(E.max2)(*x) if len(x) > 1 or E.data(x[0]) else -math.inf,
             min=lambda *x: E.fold(E.min2)(*x) if len(x) > 1 or E.data(x[0]) else math.inf,
             prod=lambda x: E.fold(E.mul)(x) if E.data(x) else 1.0,
             mean=lambda x: E.div(E.msum(E.data(x)), len(E.data(x))) if E.data(x) else math.nan,
             dot=lambda a, b: E.msum([E.mul(x, y) for x, y in zip(a.d, b.d)]) if a.d else 0.0)


def grid(A):
    n = A.sh[0]
    return [list(A.d[i*n:(i + 1)*n]) for i in range(n)]


def cholesky(A):
    M = grid(A)
    n = len(M)
    M = [[E.div(E.add(M[i][j], M[j][i]), 2.0) for j in range(n)] for i in range(n)]
    L = [[0.0]*n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            s = M[i][j]
            for k in range(j):
                s = E.sub(s, E.mul(L[i][k], L[j][k]))
            L[i][j] = E.sqrt(s) if i == j else E.div(s, L[j][j])
    return E.T(A.sh, [v for r in L for v in r])


def triangle(order):
    def f(A, b):
        M, n, m = grid(A), A.sh[0], len(b.d)//A.sh[0]
        x = [None]*n
        for i in list(range(n))[::order]:
            row = list(b.d[i*m:(i + 1)*m])
            for j in list(range(n))[::order]:
                if x[j] is not None:
                    row = [E.sub(r, E.mul(M[i][j], v)) for r, v in zip(row, x[j])]
            x[i] = [E.div(r, M[i][i]) for r in row]
        return E.T(b.sh, [v for r in x for v in r])
    return f


def det(A):
    M = grid(A)
    if not M:
        return 1.0
    s = 0.0
    for j in range(len(M)):
        minor = [r[:j] + r[j + 1:] for r in M[1:]]
        d = E.mul(M[0][j], det(E.T((len(minor),)*2, [v for r in minor for v in r])))
        s = E.add(s, d) if j % 2 == 0 else E.sub(s, d)
    return s


def logdet(A):
    d = det(A)
    return E.log(d if E.val(d) > 0 else E.neg(d))


unit = lambda A: E.T(A.sh, [float(i == j) for i in range(A.sh[0]) for j in range(A.sh[0])])
E.FUN.update(cholesky=cholesky, lsolve=triangle(1), usolve=triangle(-1), det=det, logdet=logdet, inverse=lambda A: E.solve(A, unit(A)))


def split(axis, x, k):
    if axis == 0:
        return E.split(x, k)
    parts = [split(axis - 1, r, k) for r in E.rows(x)]
    return tuple(E.stack([p[i] for p in parts]) for i in range(k))


def onehot(n, i):
    one = lambda j: [1.0 if int(E.val(j)) == q else 0.0 for q in range(n)]
    return E.T(E.shape(i) + (n,), [v for j in E.data(i) for v in one(j)])


def tril(modes, x):
    """The lower triangle that the numbers along the last dim are, by rows or columns."""
    if len(x.sh) > 1:
        return E.stack([tril(modes, r) for r in E.rows(x)])
    strict = "strict" in modes
    n = next(n for n in range(len(x.d) + 2) if n*(n + 1)//2 == len(x.d)) + strict
    places = [(i, j) for i in range(n) for j in range(i + 1 - strict)]
    at = dict(zip(sorted(places, key=lambda p: p[::-1]) if "columns" in modes else places, x.d))
    return E.T((n, n), [at.get((i, j), 0.0) for i in range(n) for j in range(n)])


class Interp(E.Interp):
    def call(s, x, env, ctx):
        c = x[2]
        if c[0] == "index" and c[2][0] == "name" and c[2][2] in ("reshape", "onehot", "split"):
            st = [s.exact(s.ev(q, env, None)) for q in c[3]]
            a = [s.ev(q, env, ctx) for q in x[3]]
            f = {"reshape": lambda v: E.T(st, E.data(v)), "onehot": lambda v: onehot(st[0], v), "split": lambda v, k: split(st[0], v, k)}[c[2][2]]
            return E.lift(f, *a)
        if c[0] == "index" and c[2][0] == "name" and c[2][2] == "tril":
            return E.lift(lambda v: tril([q[2] for q in c[3]], v), s.ev(x[3][0], env, ctx))
        if c[0] == "name" and c[2] == "stack" and len(x[3]) > 1:
            return E.lift(lambda *a: E.stack(list(a)), *[s.ev(q, env, ctx) for q in x[3]])
        return super().call(x, env, ctx)

    def loop(s, st, env, ctx):
        """Every example makes its own passes of a while."""
        names = E.names_in(st[4:], set())
        if st[2] != "while" or not any(isinstance(env.get(n), E.Bt) for n in names):
            return super().loop(st, env, ctx)
        own = [s.proj(env, e) for e in range(s.B)]
        for e in own:
            super().loop(st, e, ctx)
        for c in st[6]:
            s.bind(st, env, c[0], E.Bt([e.m[c[0]] for e in own]))

    def ev_(s, x, env, ctx):
        if x[0] == "un" and x[2] == "!":
            return E.lift(lambda a: E.tmap(lambda v: not E.val(v), a), s.ev(x[3], env, ctx))
        if x[0] == "bin" and x[2] in ("&&", "||"):
            a = s.ev(x[3], env, ctx)
            if not isinstance(a, E.T):
                return super().ev_(x, env, ctx)
            f = (lambda p, q: p and q) if x[2] == "&&" else (lambda p, q: p or q)
            return E.bcast(f, a, s.ev(x[4], env, ctx))
        if x[0] != "dot":
            return super().ev_(x, env, ctx)

        def name(y):  # a pattern for y's parameters; where a loop made several, all are meant
            if y[0] == "name":
                return re.escape(y[2]) + r"(\[\d+\])*"
            if y[0] == "dot":
                return name(y[2]) + r"\." + re.escape(y[3]) + r"(\[\d+\])*"
            return name(y[2]).removesuffix(r"(\[\d+\])*") + "".join(rf"\[{s.ev(i, env, None)}\]" for i in y[3])
        pattern = re.escape(ctx[0] if ctx else "") + name(x)
        hits = [v for p, v in s.params.items() if re.fullmatch(pattern, p)]
        if not hits:
            s.err(x, f"no parameter {x[3]}")
        return hits if len(hits) > 1 else hits[0]

    def red(s, x, env, ctx):
        _, _, op, bs, body = x
        if op in ("max", "min", "mean"):
            try:
                return super().red(x, env, ctx)
            except (IndexError, ValueError):
                return {"max": -math.inf, "min": math.inf, "mean": math.nan}[op]
        return super().red(x, env, ctx)

    def model_stmt(s, st, env, ctx):
        if st[0] == "output" and st[2]:
            s.bind(st, env, st[2], s.ev(st[3], env, (ctx[0], st[2])))
            st = (st[0], st[1], st[2], ("name", st[1], st[2]))
        super().model_stmt(st, env, ctx)


# ---- cases


def parse_cases(text):
    out = []
    for part in text.split(";"):
        c = {}
        for m in re.finditer(r"(\w+)=(\[.*?\](?=\s+\w+=|\s*$)|\S+)", part):
            c[m.group(1)] = m.group(2)
        out.append(c)
    return out


def comments(src):
    """The cases of every declaration."""
    found, pending = {}, []
    for line in src.split("\n"):
        m = re.match(r"// cases: (.*)", line)
        if m:
            pending += parse_cases(m.group(1))
            continue
        m = re.match(r"(func|model|layer) (\w+)", line)
        if m:
            if pending:
                found[m.group(2)] = pending
            pending = []
    return found


def constants(src):
    """The arguments of every func that are const, as those of their group after them are."""
    found = {}
    for name, head in re.findall(r"^func (\w+)(?:\[[^]]*\])?\((.*?)\)(?= [^,)]*[={]| derive)", src, re.M):
        names, const = set(), False
        for p in re.split(r",(?![^\[]*\])", head):
            const = const or p.strip().startswith("const ")
            words = p.replace("const ", "").split(None, 1)
            if const:
                names.add(words[0])
            const = const and len(words) == 1
        found[name] = names
    return found


def numbers_of(case):
    return {k: json.loads(v) for k, v in case.items() if k not in ("B", ".ones") and re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", v)}


def number(v):
    if isinstance(v, bool):
        return int(v)
    if isinstance(v, int):
        return v
    return v if math.isfinite(v) else repr(v)


def plain(v):
    return {"shape": list(E.shape(v)), "data": [number(E.val(x)) for x in E.data(v)]}


def draw(rng, kind, bound, shape, text):
    if text is not None and ".." not in text:
        v = json.loads(text)
        conv = {"real": float, "bool": bool}.get(kind, int)
        return E.tmap(conv, E.tens(v)) if v != [] else E.T(shape, [])
    lo, hi = (json.loads(t) for t in text.split("..")) if text else (-2, 2) if kind == "real" else (0, 3)
    one = {"real": lambda: round(rng.uniform(lo, hi), 3), "int": lambda: rng.randint(lo, hi),
           "bool": lambda: rng.random() < 0.5, "index": lambda: rng.randrange(bound)}[kind]
    return E.mk(tuple(shape), [one() for _ in range(math.prod(shape))])


def point(x):
    """x as something to differentiate by."""
    return E.tmap(lambda a: E.V(a, []), x)


def gradient(y, x):
    return {"shape": list(E.shape(x)), "data": [number(E.val(g)) for g in E.backward(y, E.data(x))]}


def size(I, env, expr):
    return I.exact(I.ev(expr, env, None))


def run_func(path, d, case, rng, const):
    _, _, name, _, params, _, derive, _ = d
    numbers = numbers_of(case)
    I = Interp(path, dims=numbers)
    env = E.Env(I.env)
    fresh, ones = 2, case.pop(".ones", None)
    in_shapes = set().union(*[E.names_in(q, set()) for _, t, _ in params for q in t[1]])
    for n, t, _ in params:
        if n in in_shapes and t[2] == "int":
            env.m[n] = numbers.pop(n, 3)
    for _, t, _ in params:  # sizes: as said, else 2, 3, ...
        for q in t[1]:
            for n in sorted(E.names_in(q, set())):
                if I.env.get(n) is None and n not in numbers and env.get(n) is None:
                    env.m[n] = fresh if ones is None else 1
                    fresh += 1
    args = []
    for n, t, _ in params:
        shape = [size(I, env, q) for q in t[1]]
        text = case.get(n)
        if n in env.m:  # an int that is a size, given above
            args.append(env.m[n])
            continue
        args.append(draw(rng, t[2], size(I, env, t[3]) if t[3] else 0, shape, text))
    points = [point(a) if t[2] == "real" else a for a, (_, t, _) in zip(args, params)]
    v = I.apply(I.env.get(name), points, "", ("call", d[1]))
    vs = v if isinstance(v, tuple) else (v,)
    out = {"name": name, "args": [plain(a) for a in args], "results": [plain(v) for v in vs]}
    if [q[0] for q in derive or []] == ["none"]:
        return out
    alone = len(vs) == 1 and not E.shape(vs[0])
    seeds = [E.mk(E.shape(v), [1.0 if alone else round(rng.uniform(-1, 1), 3) for _ in E.data(v)]) for v in vs]
    y = 0.0
    for v, s in zip(vs, seeds):
        for a, b in zip(E.data(v), E.data(s)):
            y = E.add(y, E.mul(a, b))
    out["seeds"] = [plain(s) for s in seeds]
    out["grads"] = {n: gradient(y, p) for p, (n, t, _) in zip(points, params) if t[2] == "real"}
    named = {n: p for p, (n, t, _) in zip(points, params) if t[2] == "real"}
    free = [n for n in named if n not in const]
    out["derivs"] = [derivative(kind, [named[n] for n in wrt or free], vs, rng) for kind, _, wrt in derive or []]
    return out


def derivative(kind, xs, vs, rng):
    """What a derivative of a func gives besides its results, and for which seeds."""
    flat = [q for x in xs for q in E.data(x)]
    like = lambda x: E.mk(E.shape(x), [round(rng.uniform(-1, 1), 3) for _ in E.data(x)])
    seeds, data = [], []

    def block(rows, shape, x):  # derivatives of numbers by x, the other xs being constant
        at = sum(len(E.data(q)) for q in xs[:xs.index(x)])
        n = len(E.data(x))
        return {"shape": list(shape + E.shape(x)), "data": [number(E.val(g)) for r in rows for g in E.backward(r, flat)[at:at + n]]}
    along = lambda r, v: sum(E.val(g)*w for g, w in zip(E.backward(r, flat), v))
    y = E.data(vs[0])[0] if E.data(vs[0]) else 0.0
    if kind == "vjp":
        seeds = [like(v) for v in vs]
        y = 0.0
        for v, s in zip(vs, seeds):
            for a, b in zip(E.data(v), E.data(s)):
                y = E.add(y, E.mul(a, b))
    if kind in ("jvp", "hvp"):
        seeds = [like(x) for x in xs]
    v = [q for s in seeds for q in E.data(s)]
    gs = E.backward(y, flat)
    parts, at = [], 0
    for x in xs:
        parts.append(gs[at:at + len(E.data(x))])
        at += len(E.data(x))
    if kind in ("grad", "vjp", "hessian", "hvp"):
        data = [{"shape": list(E.shape(x)), "data": [number(E.val(g)) for g in p]} for x, p in zip(xs, parts)]
    if kind == "jacobian":
        data = [block(E.data(r), E.shape(r), x) for r in vs for x in xs]
    if kind == "hessian":
        data += [block(p, E.shape(x), z) for i, (x, p) in enumerate(zip(xs, parts)) for z in xs[i:]]
    if kind == "jvp":
        data = [{"shape": list(E.shape(r)), "data": [number(along(q, v)) for q in E.data(r)]} for r in vs]
    if kind == "hvp":
        data += [{"shape": list(E.shape(x)), "data": [number(along(g, v)) for g in p]} for x, p in zip(xs, parts)]
    return {"kind": kind, "seeds": [plain(s) for s in seeds], "data": data}


def run_model(path, d, case, rng, B):
    name, params = d[2], d[3]
    numbers = numbers_of(case)
    I = Interp(path, dims=numbers)
    env = I.env
    batch = [[] for _ in range(B)]
    for n, t, _ in params:
        shape = [size(I, env, q) for q in t[1]]
        for row in batch:
            row.append(draw(rng, t[2], size(I, env, t[3]) if t[3] else 0, shape, case.get(n)))
    rows = [tuple(r) for r in batch]
    I.run(name, rows)  # to learn the parameters
    drawn = {k: draw(rng, "real", 0, list(E.shape(v)), "-0.9..0.9") for k, v in I.params.items()}

    def run(training, values, rows):
        J = Interp(path, dims=numbers)
        J.params = dict(values)
        loss = J.run(name, rows, training=training)
        return J, loss
    inputs = [tuple(point(a) if t[2] == "real" else a for a, (_, t, _) in zip(r, params)) for r in rows]
    points = {k: point(v) for k, v in drawn.items()}
    J, loss = run(True, points, inputs)
    out = {"name": name, "numbers": numbers, "batch": B, "args": [plain(E.stack([r[i] for r in rows])) for i in range(len(params))],
           "params": {k: plain(v) for k, v in drawn.items()}}
    if "loss" in J.out:
        out["train"] = number(E.val(loss))
        out["grads"] = {k: gradient(loss, v) for k, v in points.items()}
        out["inputs"] = {}
        for i, (n, t, _) in enumerate(params):
            if t[2] == "real":
                gs = [gradient(loss, r[i]) for r in inputs]
                out["inputs"][n] = {"shape": [B] + gs[0]["shape"], "data": [v for g in gs for v in g["data"]]}
    J, loss = run(False, drawn, rows)
    if "loss" in J.out:
        out["loss"] = number(E.val(loss))
    stacked = lambda v: plain(E.stack(v.xs) if isinstance(v, E.Bt) else v)
    out["results"] = [stacked(v) for _, v in J.out.get("output", [])]
    metric = lambda v: number(sum(map(float, map(E.val, v.xs)))/B if isinstance(v, E.Bt) else float(E.val(v)))
    out["metrics"] = {n: metric(v) for n, v in J.out.get("metric", [])}
    return out


def convert(name, tmp, told):
    src = open(os.path.join(HERE, name + ".bp")).read()
    path = os.path.join(tmp, name + ".bp")
    # The interpreter differentiates by everything, so it does not know const arguments;
    # and keeps everything, so it knows no checkpoints.
    text = re.sub(r"(// as: (.*)\n(?:// cases: .*\n)?func .*?\)) = .*", r"\1 = \2", src)
    open(path, "w").write(re.sub(r"(?<=[(,] )const |(?<=\()const | checkpoint(?= {)", "", text))
    cases, const = comments(src), constants(src)
    naive = re.findall(r"// as: .*\n(?:// cases: .*\n)?func (\w+)", src)
    out = {"funcs": [], "models": []}
    for d in E.parse(path)[1]:
        if d[0] not in ("func", "model") or not d[2][0].isupper():
            continue
        listed = cases.get(d[2])
        if listed is None and told:
            continue
        for i, case in enumerate(listed or [{}, {".ones": "1"}]):
            try:
                if d[0] == "func":
                    if i == 1 and not listed and not any(t[1] for _, t, _ in d[4]) and not d[4]:
                        continue
                    c = run_func(path, d, case, random.Random(zlib.crc32(f"{d[2]} {i}".encode())), const.get(d[2], ()))
                    c["naive"] = d[2] in naive
                    out["funcs"].append(c)
                    continue
                if not listed and i == 1:
                    continue
                for B in [json.loads(case["B"])] if "B" in case else [3, 1]:
                    out["models"].append(run_model(path, d, case, random.Random(zlib.crc32(f"{d[2]} {i} {B}".encode())), B))
            except Exception as e:
                print(f"{name}: {d[2]}: case {i}: {type(e).__name__}: {e}", file=sys.stderr)
                if os.environ.get("TRACE"):
                    raise
    lines = lambda cs: "[" + ",".join("\n" + json.dumps(c) for c in cs) + "\n]"
    with open(os.path.join(HERE, name + ".json"), "w") as f:
        f.write('{"funcs": ' + lines(out["funcs"]) + ',\n"models": ' + lines(out["models"]) + "}\n")
    print(f"{name}: {len(out['funcs'])} calls, {len(out['models'])} batches")


if __name__ == "__main__":
    names, told = sys.argv[2:], sys.argv[2:3] == ["--in"]
    if told:
        HERE, names = names[1], names[2:]
    names = names or sorted(f[:-3] for f in os.listdir(HERE) if f.endswith(".bp"))
    with tempfile.TemporaryDirectory() as tmp:
        with open(os.path.join(tmp, "nn.bp"), "w") as lib:  # in one file, as the interpreter has it
            lib.write("package nn\n")
            for f in sorted(glob.glob(LIBRARY)):
                lib.write(open(f).read().replace("package nn\n", ""))
        for n in names:
            convert(n, tmp, told)
