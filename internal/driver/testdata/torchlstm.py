"""Writes torchlstm.json: PyTorch's LSTM in float64, one layer over a few
sequences, its states and its gradients by everything.

    python3 torchlstm.py > torchlstm.json

Its weights are laid out as one matrix [4H, D + H] over (x, h), as
the model in the test has them.
"""
import json, torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
B, T, D, H = 3, 5, 2, 4
net = torch.nn.LSTM(D, H, batch_first=True)
x = torch.randn(B, T, D, requires_grad=True)
h0, c0 = torch.randn(1, B, H, requires_grad=True), torch.randn(1, B, H, requires_grad=True)
hs, (h, c) = net(x, (h0, c0))
weight = torch.cos(torch.arange(B*T*H, dtype=torch.float64)).reshape(B, T, H)
loss = ((hs*weight).sum((1, 2)) + (c[0]**2).sum(1)).mean()
loss.backward()
flat = lambda t: [float(v) for v in t.detach().reshape(-1)]
W = lambda a, b: flat(torch.cat([a, b], 1))
print(json.dumps(dict(
    torch=torch.__version__, W=W(net.weight_ih_l0, net.weight_hh_l0), b=flat(net.bias_ih_l0 + net.bias_hh_l0),
    x=flat(x), h0=flat(h0), c0=flat(c0), k=flat(weight), loss=loss.item(), hs=flat(hs),
    dW=W(net.weight_ih_l0.grad, net.weight_hh_l0.grad), db=flat(net.bias_ih_l0.grad),
    dx=flat(x.grad), dh0=flat(h0.grad), dc0=flat(c0.grad)), indent=0))
