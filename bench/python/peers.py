"""A peer in Python: what task.Serve is for Go.

Started with the name of a library, it answers the lines of the harness; see
task/serve.go for them. It works in the folder with the data.
"""

import importlib
import os
import sys
import time

THREADS = int(os.environ.get("BENCH_THREADS", "1"))
LR = 0.01
ADAM_LR = 1e-3
SHOWN = 100_000


# The shapes of layered nets' parameters, as task/layers.go has them.
LAYERED = {
    "conv": [(8, 1, 3, 3), (8,), (16, 8, 3, 3), (16,), (10, 784), (10,)],
    "lstm": [(512, 192), (512,), (10, 128), (10,)],
    "block": [(128,), (128,)] + [(128, 128)] * 4 + [(128,), (128,), (512, 128), (512,), (128, 512), (128,), (10, 128), (10,)],
}


class Spec:
    """One computation, as task.Spec has it."""

    def __init__(self, words):
        self.kind = words[0]
        self.net = self.kind in ("step", "forward")
        if self.net:
            self.act, self.loss = words[1:3]
            self.batch, *self.sizes = map(int, words[3:])
        else:
            self.n = int(words[1])

    def layers(self, block):
        """Cuts a block of parameters into those of a net, in the order in which they lie."""
        shapes = LAYERED.get(self.kind) or [s for m, n in zip(self.sizes, self.sizes[1:]) for s in ((n, m), (n,))]
        parts = []
        for shape in shapes:
            size = 1
            for d in shape:
                size *= d
            parts.append(block[:size].reshape(shape))
            block = block[size:]
        return parts


class Data:
    """The numbers that a task begins with, as arrays of NumPy's."""

    def __init__(self, np):
        for name, dtype in dict(w="f4", g="f4", x="f4", t="f4", y="i4", points="f8").items():
            setattr(self, name, np.fromfile(name + ".bin", dtype="<" + dtype))


def answer(line, peer, state):
    """Does what a line asks and returns the answer."""
    command, *words = line.split()
    if command == "about":
        return "ok " + peer.about()
    if command == "drop":
        state.clear()
        return "ok"
    import numpy as np

    if command == "load":
        task = peer.open(Spec(words), Data(np))
        if task is None:
            return "none"
        state["task"] = task
        return "ok"
    task, n = state["task"], int(words[0])
    task.reset()
    start = time.perf_counter_ns()
    task.run(n)
    took = time.perf_counter_ns() - start
    if command == "run":
        return f"ok {took}"
    if command == "check":
        np.concatenate([np.ravel(np.asarray(r)) for r in task.result()]).astype("<f8").tofile("out.bin")
        return "ok"
    return "error cannot do " + line


def main():
    # What a library prints must not come between the answers.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer, state = None, {}
    for line in sys.stdin:
        try:
            if peer is None:
                peer = importlib.import_module(sys.argv[1] + "_peer")
            reply = answer(line, peer, state)
        except Exception as e:  # whatever it is, the harness reports it
            reply = f"error {type(e).__name__}: {e}".replace("\n", " ")
        print(reply, file=out, flush=True)


if __name__ == "__main__":
    main()
