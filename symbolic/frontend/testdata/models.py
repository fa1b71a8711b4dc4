"""Fills models.json from models.bp by the definitional interpreter bpeval.py:

    python3 models.py DIR

where DIR holds bpeval.py: the loss of a batch for parameters at random."""
import glob, json, os, random, sys, tempfile

sys.path.insert(0, sys.argv[1])
import bpeval as E

here = os.path.dirname(os.path.abspath(__file__))
random.seed(2)
R = lambda *sh: [R(*sh[1:]) for _ in range(sh[0])] if sh else round(random.uniform(-1, 1), 3)
I = lambda n, *sh: [I(n, *sh[1:]) for _ in range(sh[0])] if sh else random.randrange(n)
vocab = 5
batches = {
    "Window": [(I(vocab, 2), I(vocab, 2)) for _ in range(3)],
    "Deep": [(R(5), I(3)) for _ in range(3)],
    "Net": [(R(5), I(3)) for _ in range(3)],
    "Lenet": [(R(1, 8, 8), I(3)) for _ in range(2)],
    "Norm": [(R(4), R()) for _ in range(4)],
    "Contrast": [(R(4), R(4)) for _ in range(3)],
    "Factor": [(I(vocab), I(4), R()) for _ in range(3)],
    "Experts": [(R(3), R(3)) for _ in range(2)],
    "GPT": [(I(vocab, 3), I(vocab, 3)) for _ in range(2)],
}


def nest(t):
    return [nest(r) for r in E.rows(t)] if isinstance(t, E.T) else float(E.val(t))


E.ELEM["gelu"] = lambda a: E.mul(E.div(a, 2.0), E.add(1.0, E.erf(E.div(a, 2.0 ** 0.5))))
E.ELEM["relu"] = lambda a: E.max2(0.0, a)
out = []
with tempfile.TemporaryDirectory() as tmp:
    open(os.path.join(tmp, "models.bp"), "w").write(open(os.path.join(here, "models.bp")).read())
    with open(os.path.join(tmp, "nn.bp"), "w") as lib:  # in one file, as the interpreter has it
        lib.write("package nn\n")
        for f in sorted(glob.glob(os.path.join(here, "../../../templates/bp/nn/*.bp"))):
            lib.write(open(f).read().replace("package nn\n", ""))
    for name, batch in batches.items():
        case = {"model": name, "batch": batch, "dims": {"vocab": vocab, "T": 3}}
        for training in (True, False):
            J = E.Interp(os.path.join(tmp, "models.bp"), dims={"vocab": vocab, "T": 3})
            J.rng.seed(3)
            case["train" if training else "infer"] = E.val(J.run(name, [tuple(map(E.tens, b)) for b in batch], training=training))
            case["params"] = {k: nest(v) for k, v in J.params.items()}
            case["states"] = {k: nest(v) for k, v in J.state.items()}
            if training:
                case["next"] = {k: nest(v) for k, v in J.newstate.items()}
        out.append(case)
with open(os.path.join(here, "models.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
