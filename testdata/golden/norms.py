"""Writes norms.json: what norms.bp computes, by PyTorch in float64. Training
mode for loss, gradients and steps; eval mode for eval_loss and outputs."""
import numpy as np
import torch
import torch.nn.functional as F

from make import text, real, start_values, HERE

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rng = np.random.default_rng(77)
N = 40
X, Y = real(rng, N, 2, 4, 3), real(rng, N, 3)
shapes = {"F": (3, 2, 2, 2), "V": (5, 18), "c.scale": (3,), "c.shift": (3,), "n.scale": (5,), "n.shift": (5,), "z.W": (3, 5), "z.b": (3,)}
start = {k: start_values(rng, s) for k, s in shapes.items()}
states = {"c.avg": real(rng, 3), "c.dev": np.round(rng.uniform(0.5, 2, 3), 4), "steps": np.array(7.0),
          "n.avg": real(rng, 5), "n.dev": np.round(rng.uniform(0.5, 2, 5), 4)}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.f = torch.nn.Conv2d(2, 3, 2, bias=False)
        self.c = torch.nn.BatchNorm2d(3)
        self.d = torch.nn.Linear(18, 5, bias=False)
        self.n = torch.nn.BatchNorm1d(5)
        self.z = torch.nn.Linear(5, 3)
        self.p = {"F": self.f.weight, "c.scale": self.c.weight, "c.shift": self.c.bias, "V": self.d.weight,
                  "n.scale": self.n.weight, "n.shift": self.n.bias, "z.W": self.z.weight, "z.b": self.z.bias}
        self.s = {"c.avg": self.c.running_mean, "c.dev": self.c.running_var, "steps": self.c.num_batches_tracked,
                  "n.avg": self.n.running_mean, "n.dev": self.n.running_var}
        with torch.no_grad():
            for k, v in start.items():
                self.p[k].copy_(torch.tensor(v))
            for k, v in states.items():
                self.s[k].copy_(torch.tensor(v))

    def forward(self, x):
        h = torch.tanh(self.c(self.f(x)))
        return self.z(torch.tanh(self.n(self.d(h.flatten(1)))))


def loss(net, batch):
    return ((net(torch.tensor(X[batch])) - torch.tensor(Y[batch]))**2).sum(1).mean()


cases = []
for batch in [[0, 1, 2], list(range(8, 20)), [5, 5, 9, 31, 30]]:
    net = Net().eval()
    out = net(torch.tensor(X[batch]))
    case = {"batch": batch, "outputs": out.detach().numpy(), "eval_loss": loss(net, batch).item()}
    net.train()
    value = loss(net, batch)
    value.backward()
    case |= {"loss": value.item(), "metrics": {}, "gradients": {k: w.grad.numpy() for k, w in net.p.items()},
             "next": {k: v.numpy().copy() for k, v in net.s.items()}}
    cases.append(case)

net = Net().train()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
batches, losses = [], []
while len(batches) < 200:
    order = rng.permutation(N)
    batches += [order[i:i + 12].tolist() for i in range(0, N, 12)]
batches = batches[:200]
for batch in batches:
    opt.zero_grad()
    value = loss(net, batch)
    value.backward()
    opt.step()
    losses.append(value.item())
print("norms: loss", losses[0], "to", losses[-1])
final = [{"name": k, "values": v.detach().numpy()} for k, v in (net.p | net.s).items()]
open(HERE + "/norms.json", "w").write(text({
    "source": "testdata/golden/norms.bp", "model": "Norms", "static": {}, "dims": {},
    "args": [{"name": "x", "type": "real", "shape": [2, 4, 3], "values": X}, {"name": "y", "type": "real", "shape": [3], "values": Y}],
    "params": [{"name": k, "shape": list(v.shape), "start": v} for k, v in start.items()],
    "states": [{"name": k, "shape": list(v.shape), "start": v} for k, v in states.items()],
    "cases": cases, "training": {"batches": batches, "losses": losses, "final": final}}) + "\n")
