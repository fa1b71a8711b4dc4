"""Computes the goldens of the cases here, each program written down once more for JAX in float64:
python3 oracle.py writes PROGRAM.json beside itself. Needs numpy and jax."""
import json, math, os
import numpy as np, jax, jax.numpy as jnp
from jax.scipy.special import gammaln, logsumexp

jax.config.update("jax_enable_x64", True)
HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(4)
plain = lambda x: np.asarray(x, dtype=np.float64).tolist()
def some(*shape): return rng.uniform(-1, 1, shape).round(3)          # few digits keep the files small

def write(name, cases):
    with open(f"{HERE}/{name}.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps({"name": n, "input": i, "golden": g, **({"tol": t} if t else {})}) for n, i, g, t in cases) + "\n]\n")

def hello():
    return [(f"x={x}", x, {"square": x*x, "double": 2*x}, None) for x in (0, -0.25, 3.0)]

def llsq():
    def f(x, n):
        t = -1 + 2*jnp.arange(n)/(n - 1)
        powers = jnp.stack([t**j for j in range(len(x))], 1)
        return jnp.sum((jnp.sign(t) - powers @ x)**2)/2
    out = []
    for m, n in (1, 3), (2, 2), (5, 1001), (33, 64), (200, 31):
        x = some(m)
        out.append((f"m={m} n={n}", {"x": plain(x), "n": n}, {"primal": float(f(x, n)), "gradient": plain(jax.grad(f)(x, n))}, None))
    return out

def lse():
    out = []
    for name, x in (("one", [-3.5]), ("all equal", [2.0]*5), ("far apart", [-800, 700, 3]), ("far below", [-1e5, -1e5 - 1]), ("many", plain(some(257)))):
        x = np.array(x, float)
        out.append((name, {"x": plain(x)}, {"primal": float(logsumexp(x)), "gradient": plain(jax.nn.softmax(x))}, None))
    return out

def minor(a):                                                        # by Leibniz, so that singular ones are exact enough
    return 1.0 if len(a) == 0 else sum((-1)**j*a[0][j]*minor([r[:j] + r[j+1:] for r in a[1:]]) for j in range(len(a)))

def det():
    out = []
    def case(name, a, functions):
        a = [list(map(float, r)) for r in a]; n = len(a)
        cof = [(-1)**(i + j)*minor([r[:j] + r[j+1:] for k, r in enumerate(a) if k != i]) for i in range(n) for j in range(n)]
        g = {"primal": minor(a), "gradient": cof}
        out.append((name, {"A": [v for r in a for v in r], "ell": n}, {f: g[f] for f in functions}, None))
    both = "primal", "gradient"
    for n in 1, 2, 5, 7: case(f"ell={n}", plain(some(n, n)), both)
    case("identity", plain(np.eye(4)), both)
    case("zeros", plain(np.zeros((3, 3))), both)
    case("rank 1", plain(np.outer([1, 2, 3], [4, 5, 6])), both)
    a = some(6, 6); a[3] = a[1]
    case("two equal rows", plain(a), ("gradient",))
    return out

def ode():
    out = []
    for n, s in (1, 1), (1, 7), (3, 2), (9, 2), (12, 5), (30, 8), (41, 10):
        x = rng.uniform(0.2, 1.6, n).round(3)
        h = 2/s
        step = np.array([1, h, h*h/2, h**3/6, h**4/24]); c = np.array([1.0])
        for _ in range(s): c = np.convolve(c, step)
        c = np.append(c, np.zeros(n + 1))
        y = [c[i + 1]*np.prod(x[:i + 1]) for i in range(n)]
        g = [c[n]*np.prod(np.delete(x, j)) for j in range(n)]
        out.append((f"n={n} s={s}", {"x": plain(x), "s": s}, {"primal": plain(y), "gradient": plain(g)}, None))
    return out

def kmeans():
    out = []
    for k, n, d in (1, 1, 1), (2, 30, 3), (7, 50, 9):
        p = some(n, d); c = p[-k:] + 0.01
        near = ((p[:, None] - c[None])**2).sum(2)
        dir = [c[j] - p[near.argmin(1) == j].mean(0) for j in range(k)]
        out.append((f"k={k} n={n} d={d}", {"points": plain(p), "centroids": plain(c)}, {"cost": float(near.min(1).sum()), "dir": plain(dir)}, None))
    return out

def gmm():
    def f(alpha, mu, q, l, x, m, gamma):
        n, d = x.shape; k = len(alpha)
        rows, cols = [i for j in range(d) for i in range(j + 1, d)], [j for j in range(d) for i in range(j + 1, d)]
        Q = jax.vmap(lambda q, l: jnp.diag(jnp.exp(q)).at[jnp.array(rows, int), jnp.array(cols, int)].set(l))(q, l)
        y = jnp.einsum("cij,ncj->nci", Q, x[:, None] - mu[None])
        beta = alpha + q.sum(1) - (y**2).sum(2)/2
        nu = d + m + 1
        lgam = d*(d - 1)/4*math.log(math.pi) + sum(math.lgamma(nu/2 + (1 - j)/2) for j in range(1, d + 1))
        return (-n*(d/2*math.log(2*math.pi) + logsumexp(alpha)) + logsumexp(beta, axis=1).sum()
                + k*(nu*d*math.log(gamma/math.sqrt(2)) - lgam) + (m*q.sum() - gamma**2/2*(Q**2).sum()))
    out = []
    for d, k, n, m, gamma in (1, 1, 2, 0, 1), (1, 2, 5, 1, 0.5), (2, 1, 3, 0, 1.0), (5, 4, 9, 3, 1.5), (9, 2, 33, 0, 1.0), (17, 3, 20, 1, 0.8):
        t = some(k), some(k, d), some(k, d), some(k, d*(d - 1)//2), 2*some(n, d)
        y, g = jax.value_and_grad(lambda a: f(*a, t[4], m, gamma))(t[:4])
        i = dict(zip(("alpha", "mu", "q", "l", "x"), map(plain, t)), d=d, k=k, n=n, m=m, gamma=gamma)
        out.append((f"d={d} k={k} n={n} m={m}", i, {"objective": float(y), "jacobian": dict(zip(("alpha", "mu", "q", "l"), map(plain, g)))}, None))
    return out

def lstm():
    def f(main, extra, state, seq):
        b = extra.shape[1]; h, e = list(state[0::2]), list(state[1::2]); total = 0.0
        for t in range(len(seq) - 1):
            u = seq[t]*extra[0]
            for y in range(len(h)):
                W, B = main[2*y].reshape(4, b), main[2*y + 1].reshape(4, b)
                fg, og = jax.nn.sigmoid(u*W[0] + B[0]), jax.nn.sigmoid(u*W[2] + B[2])
                ig, g = jax.nn.sigmoid(h[y]*W[1] + B[1]), jnp.tanh(h[y]*W[3] + B[3])
                e[y] = e[y]*fg + ig*g; h[y] = og*jnp.tanh(e[y]); u = h[y]
            v = u*extra[1] + extra[2]
            total += (seq[t + 1]*(v - jnp.log(2 + jnp.exp(v).sum()))).sum()
        return -total/(b*(len(seq) - 1))
    out = []
    for l, c, b in (1, 2, 3), (1, 5, 1), (2, 2, 8), (2, 9, 6), (3, 6, 17), (5, 4, 3):
        a = some(2*l, 4*b), some(3, b), some(2*l, b), rng.integers(0, 2, (c, b)).astype(float)
        y, g = jax.value_and_grad(f, (0, 1))(*a)
        out.append((f"l={l} c={c} b={b}", dict(zip(("main_params", "extra_params", "state", "sequence"), map(plain, a))),
                    {"objective": float(y), "jacobian": [v for t in g for v in plain(t.ravel())]}, None))
    return out

def ba():
    def residual(v, feat):
        r, C, f, uv, k, X, w = v[:3], v[3:6], v[6], v[7:9], v[9:11], v[11:14], v[14]
        P = X - C; s = r @ r; safe = jnp.where(s == 0, 1.0, s); th = jnp.sqrt(safe); a = r/th
        Y = jnp.where(s == 0, P + jnp.cross(r, P), P*jnp.cos(th) + jnp.cross(a, P)*jnp.sin(th) + a*(a @ P)*(1 - jnp.cos(th)))
        z = Y[:2]/Y[2]; q = z @ z
        return w*(f*(1 + k[0]*q + k[1]*q*q)*z + uv - feat)
    out = []
    for name, n, m, p, turn in (("", 1, 1, 10, 1), ("more", 4, 9, 23, 1), ("no turn", 2, 2, 12, 0), ("few of many", 30, 20, 11, 1)):
        cam = np.concatenate([turn*some(3), some(3), 300 + some(1), some(2), 0.1*some(2)]).round(4); X = some(3) + [0, 0, 4]; w = float(some(1)[0]); feat = some(2)
        v = np.concatenate([cam, X, [w]]); e = residual(v, feat); J = jax.jacfwd(residual)(v, feat)
        cols = list(range(11)) + [11*n, 11*n + 1, 11*n + 2, 11*n + 3*m]
        lens = [15]*(2*p) + [1]*p; starts = np.concatenate([[0], np.cumsum(lens)]).tolist()
        out.append((f"n={n} m={m} p={p} {name}", {"n": n, "m": m, "p": p, "cam": plain(cam), "x": plain(X), "w": w, "feat": plain(feat)}, {
            "objective": {"reproj_error": {"elements": plain(e), "repeated": p}, "w_err": {"element": 1 - w*w, "repeated": p}},
            "jacobian": {"rows": starts[:30] + starts[-1:], "cols": cols*2 + [11*n + 3*m + p - 1], "vals": plain(J.ravel()) + [-2*w]}}, None))
    return out

def ht():
    parents = [-1] + [0 if (b - 1) % 4 == 0 else b - 1 for b in range(1, 21)] + [0]
    def vertices(theta, m):
        x, z = [0.0]*22, [0.0]*22
        for p in range(5):
            x[2 + 4*p], z[2 + 4*p], x[3 + 4*p], x[4 + 4*p] = theta[6 + 4*p], theta[7 + 4*p], theta[8 + 4*p], theta[9 + 4*p]
        A = []
        for b in range(22):
            cx, sx, cz, sz = jnp.cos(x[b]), jnp.sin(x[b]), jnp.cos(z[b]), jnp.sin(z[b])
            Rz = jnp.array([[cz, -sz, 0, 0], [sz, cz, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
            Rx = jnp.array([[1, 0, 0, 0], [0, cx, -sx, 0], [0, sx, cx, 0], [0, 0, 0, 1]])
            R = m["base_relatives"][b] @ Rz @ Rx
            A.append(R if parents[b] < 0 else A[parents[b]] @ R)
        M = jnp.stack([A[b] @ m["inverse_base_absolutes"][b] for b in range(22)])
        s = jnp.einsum("vb,bij,vj->vi", m["weights"], M, m["base_positions"])[:, :3]
        if m["is_mirrored"]: s = s*jnp.array([-1.0, 1, 1])
        r = theta[:3]; n2 = r @ r
        if float(jax.lax.stop_gradient(n2)) < 1e-8: G = jnp.eye(3)
        else:
            psi = jnp.sqrt(n2); a = r/psi; K = jnp.array([[0, -a[2], a[1]], [a[2], 0, -a[0]], [-a[1], a[0], 0]])
            G = jnp.cos(psi)*jnp.eye(3) + (1 - jnp.cos(psi))*jnp.outer(a, a) + jnp.sin(psi)*K
        return s @ G.T + theta[3:6]
    V, T = 7, 5; out = []
    for name, N, us, mirrored, turn in (("vertices", 4, False, False, 1), ("mirrored vertices", 3, False, True, 1), ("triangles", 4, True, False, 1),
                                        ("mirrored triangles", 3, True, True, 1), ("no turn", 2, True, False, 0), ("one vertex", 1, False, False, 0), ("none", 0, False, False, 1)):
        theta = some(26); theta[:3] *= turn
        m = {"base_relatives": some(22, 4, 4), "inverse_base_absolutes": some(22, 4, 4), "base_positions": np.concatenate([some(V, 3), np.ones((V, 1))], 1),
             "weights": (some(V, 22)*(rng.random((V, 22)) < 0.2)), "is_mirrored": mirrored}
        for k in "base_relatives", "inverse_base_absolutes": m[k][:, 3] = [0, 0, 0, 1]
        tri, points, u = rng.integers(0, V, (T, 3)), some(N, 3), some(N, 2)
        corr = rng.integers(0, T if us else V, N)
        def err(theta, u=None):
            q = vertices(theta, m)
            if u is None: return (points - q[corr]).ravel()
            a, b, c = (q[tri[corr, i]] for i in range(3))
            return (points - (u[:, :1]*a + u[:, 1:]*b + (1 - u[:, :1] - u[:, 1:])*c)).ravel()
        with jax.disable_jit():
            y, J = err(theta, u if us else None), jax.jacfwd(lambda t: err(t, u if us else None))(theta)
            if us:
                Ju = jax.jacfwd(lambda w: err(theta, w))(u)
                J = jnp.concatenate([jnp.stack([Ju[r, r//3] for r in range(3*N)]), J], 1)
        i = {"theta": plain(theta), "us": plain(u) if us else [], "data": {"correspondences": corr.tolist(), "points": plain(points),
             "model": {"bone_count": 22, "bone_names": ["null"]*22, "parents": parents, "triangles": tri.tolist(),
                       **{k: v if k == "is_mirrored" else plain(v) for k, v in m.items()}}}}
        out.append((name, i, {"objective": plain(y), "jacobian": plain(J)}, None))
    return out

def descend(f, g, x):
    eta, i, fx, gx = 1e-5, 0, f(x), g(x)
    while True:
        if np.sqrt(gx @ gx) <= 1e-5: return x
        if i == 10: eta, i = 2*eta, 0; continue
        x1 = x - eta*gx; d = x - x1
        if np.sqrt(d @ d) <= 1e-5: return x
        f1 = f(x1)
        if f1 < fx: x, fx, gx, i = x1, f1, g(x1), i + 1
        else: eta, i = eta/2, 0

def modes(y): return {m: y for m in ("ff", "fr", "rf", "rr")}

def saddle():
    out = []
    for start in [1.0, 1.0], [0.5, -2.0]:
        s = np.array(start)
        q = descend(lambda q: q @ q, lambda q: 2*q, s)                # the same for every p, for F is a sum
        p = descend(lambda p: p @ p - q @ q, lambda p: 2*p, s)
        q = descend(lambda q: -(p @ p - q @ q), lambda q: 2*q, s)
        out.append((f"start={start}", {"start": start}, modes(plain(np.concatenate([p, q]))), 1e-6))
    return out

def particle():
    def energy(w):                                                    # of a complex w, whose imaginary part carries the derivative
        charges = np.array([[10, 10 - w], [10, 0]]); x, v = np.array([0, 8 + 0j]), np.array([0.75 + 0j, 0])
        while True:
            d = x - charges; a = (d/(d**2).sum(1, keepdims=True)**1.5).sum(0)
            x = x + 0.1*v
            if x[1].real <= 0: return (x[0] - x[1]/v[1]*v[0])**2
            v = v + 0.1*a
    out = []
    for w in 0.0, 0.15:
        y = descend(lambda w: energy(w[0]).real, lambda w: np.array([energy(w[0] + 1e-30j).imag/1e-30]), np.array([w]))
        out.append((f"w={w}", {"w": w}, modes(float(y[0])), 1e-6))
    return out

for program in hello, llsq, lse, det, ode, kmeans, gmm, lstm, ba, ht, saddle, particle: write(program.__name__, program())
