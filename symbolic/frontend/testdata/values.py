"""Fills values.json from values.bp by the definitional interpreter bpeval.py:

    python3 values.py DIR

where DIR holds bpeval.py. Each func of values.bp is called with arguments drawn
at random in the shapes given here."""
import glob, json, os, random, sys, tempfile

sys.path.insert(0, sys.argv[1])
import bpeval as E

here = os.path.dirname(os.path.abspath(__file__))
random.seed(1)
R = lambda *sh: [R(*sh[1:]) for _ in range(sh[0])] if sh else round(random.uniform(-2, 2), 3)
P = lambda: round(random.uniform(0.5, 2), 3)

calls = {
    "Powers": [[P()]], "Ints": [[7, 2], [-7, 2], [0, 3]], "Bools": [[0.5, 1.0], [0.0, 1.0], [2.0, 1.0], [2.0, 4.0]],
    "Lists": [[R()]], "Consts": [[R()]],
    "Affine": [[R(2, 3), R(3), R(2)]], "VecMat": [[R(3), R(3, 2)]], "MatMat": [[R(2, 3), R(3, 4)]],
    "BatchedShared": [[R(2, 2, 3), R(3, 2)]], "Gram": [[R(3, 2)]], "Rows": [[R(2, 3), R(3)]],
    "Parts": [[R(6)]], "Flat": [[R(2, 3)]], "Cat": [[R(2, 3), R(2, 1)]], "Outer": [[R(2), R(3)]],
    "Cross": [[R(3), R(3)]], "Norm": [[R(4)], [[0.0, 0.0]]], "Reduce": [[R(4)]], "Extremes": [[R(5), R(5)]],
    "Soft": [[R(2, 3)]], "Best": [[R(3, 4)]], "Eyes": [[R(3)]], "Stacked": [[R(), R()]],
    "Trace": [[R(3, 3)]], "Attend": [[R(2, 3), R(4, 3), R(4, 3)]], "Causal": [[R(3, 3)]], "Conv": [[R(6), R(3)]],
    "Pool": [[R(6)]], "Cumsum": [[R(4)]], "Shifted": [[R(4)]], "Reverse": [[R(4)]], "Grid": [[R()]],
    "Poly": [[R(4), R()], [R(3), 0.0]], "Gather": [[R(4, 2), [3, 0, 3]]], "Pick": [[R(4, 2), [3, 0, 3], 1]],
    "Where": [[R(5)]], "Triangle": [[R(6), R(4)]], "Any": [[[1.0, 3.0]], [[1.0, 2.0]]],
    "Twice": [[R()]], "Mapped": [[R(3, 2)]], "Two": [[R(2, 3)]], "Local": [[R(), R()]],
    "Unrolled": [[R()]], "Emitted": [[R()]], "Fact": [[R()]], "Later": [[R(5)]],
}


def plain(v):
    if isinstance(v, E.T):
        return {"shape": list(v.sh), "data": [float(E.val(x)) for x in v.d]}
    return {"shape": [], "data": [float(E.val(v))]}


with tempfile.TemporaryDirectory() as tmp:
    src = open(os.path.join(here, "values.bp")).read()
    open(os.path.join(tmp, "values.bp"), "w").write(src)
    with open(os.path.join(tmp, "nn.bp"), "w") as lib:  # in one file, as the interpreter has it
        lib.write("package nn\n")
        for f in sorted(glob.glob(os.path.join(here, "../../../templates/bp/nn/*.bp"))):
            lib.write(open(f).read().replace("package nn\n", ""))
    I = E.Interp(os.path.join(tmp, "values.bp"))
    out = []
    for name, argss in calls.items():
        for args in argss:
            v = I.apply(I.env.get(name), [E.tens(a) for a in args], "", ("call", (0, 0)))
            vs = v if isinstance(v, tuple) else (v,)
            out.append({"func": name, "args": args, "want": [plain(x) for x in vs]})
with open(os.path.join(here, "values.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
