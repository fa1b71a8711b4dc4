"""NumPy: functions of a vector."""

import numpy as np


def about():
    return "NumPy " + np.__version__


def open(spec, data):
    if spec.net or not hasattr(Vector, spec.kind):
        return None
    return Vector(data.x, spec.kind)


class Vector:
    def __init__(self, x, kind):
        self.x, self.y = x, np.empty_like(x)
        self.f = getattr(self, kind)

    def reset(self):
        pass

    def run(self, n):
        for _ in range(n):
            self.f()

    def result(self):
        return [self.y]

    def exp(self):
        np.exp(self.x, out=self.y)

    def tanh(self):
        np.tanh(self.x, out=self.y)

    def log(self):
        np.log(self.x, out=self.y)

    def sigmoid(self):
        y = self.y
        np.negative(self.x, out=y)
        np.exp(y, out=y)
        np.add(y, np.float32(1), out=y)
        np.reciprocal(y, out=y)

    def softmax(self):
        y = self.y
        np.subtract(self.x, self.x.max(), out=y)
        np.exp(y, out=y)
        np.multiply(y, np.float32(1) / y.sum(), out=y)
