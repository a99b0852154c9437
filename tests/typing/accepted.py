"""What users write: both type checkers accept it without a word, and it runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
import minigrad.functional as F
import rnn
from minigrad import optim

w = mg.tensor([1.0, 2.0], requires_grad=True, name="w")
W = mg.Tensor(np.ones((2, 2)), requires_grad=True)
array: NDArray[np.float64] = np.ones(2)
others = [mg.tensor(1), mg.tensor([[1, 2.5]]), mg.tensor(range(3)), mg.tensor(np.float32(1)),
          mg.tensor((True, False)), mg.tensor(w.detach(), dtype=np.float32), mg.Parameter(array)]


# -- NumPy's functions and operators

np.tanh(w[0]).backward()
np.sum(w).backward()
np.mean(w, axis=0).backward()
np.exp(-w).sum(axis=0).backward()
np.concatenate([w, w]).sum()
np.where(w > 0, w, 0.0).sum()
np.stack([w, w], axis=1)
(array @ W + w).sum().backward()
(2 * w - 1 / w + w**2 + 2**w + array * w).sum()
np.maximum(w, 0.0).sum().backward()
np.einsum("ij,j->i", W, w)
np.linalg.norm(w)
np.testing.assert_allclose(w.detach(), [1.0, 2.0])


def activated(t: mg.Tensor) -> mg.Tensor:
    return np.tanh(t)


def affine(x: mg.Tensor, weight: mg.Tensor, b: mg.Tensor) -> mg.Tensor:
    return x @ weight + b


def of_array(x: NDArray[np.float64], weight: mg.Tensor) -> mg.Tensor:
    return np.tanh(x @ weight)


def loss_of(x: mg.Tensor) -> mg.Tensor:
    return np.mean((x - 1.0) ** 2)


# -- methods, under NumPy's names and PyTorch's

total: mg.Tensor = w.sum()
rows: mg.Tensor = W.sum(axis=1, keepdims=True) + W.sum(dim=1, keepdim=True) + W.sum(1, True)
largest: mg.Tensor = W.max(axis=0)
values, indices = W.max(dim=0)
ranked: mg.Tensor = W.topk(1).values + W.sort(dim=0).values
part: mg.Tensor = w[1:3] + w[..., None].reshape(2).reshape((2,)).view(-1) + W[:, 0].tanh()
product: mg.Tensor = W.T @ W.transpose(1, 0) @ W.permute(1, 0).unsqueeze(0)
pieces: tuple[mg.Tensor, ...] = W.split(1)
spread: mg.Tensor = W.std(axis=0, ddof=1) + W.std(dim=0) + W.var(0, unbiased=False)
W.mean().backward(retain_graph=True)
gradient: mg.Tensor | None = W.grad
plain: NDArray[np.float64] = w.detach().numpy()
shape: tuple[int, ...] = W.shape
number: float = float(total.detach())
count: int = W.dim() + W.numel() + len(W)
with mg.no_grad():
    w -= 0.1 * w
    w.mul_(2.0).clamp_(0.0, 1.0)
for row in W:
    row.sum()
w.register_hook(lambda g: 2 * g)
copied: mg.Tensor = w.astype(np.float32).to(np.float64).clone()

# -- functions

hidden: mg.Tensor = F.relu(F.linear(w, W))
F.cross_entropy(W, np.array([0, 1])).backward()
F.softmax(W, dim=-1).sum()
F.dropout(w, 0.5, training=False)


def network(x: mg.Tensor) -> mg.Tensor:
    return F.sigmoid(F.layer_norm(x, (2,)))


# -- transforms

mg.grad(loss_of)(array)
mg.value_and_grad(loss_of)(array)
mg.hessian(loss_of)(array)
mg.jacobian(np.tanh)(array)
mg.vmap(loss_of)(W)
mg.jvp(np.tanh, (array,), (array,))
mg.checkpoint(activated, w).sum().backward()

# -- modules and optimizers


class Affine(mg.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        self.W = mg.Parameter(np.zeros((inputs, outputs)))
        self.b = mg.Parameter(np.zeros(outputs))

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        return np.tanh(x @ self.W + self.b)


model = Affine(2, 3)
optimizer = optim.Adam(model.parameters(), lr=0.01)
optimizer.zero_grad()
model(w).sum().backward()
optim.clip_grad_norm(model.parameters(), 1.0)
optimizer.step()
model.load_state_dict(model.state_dict())


def rule_of_tanh(g: mg.Tensor, out: mg.Tensor) -> mg.Tensor:
    return g * (1 + out) * (1 - out)


@mg.primitive("()->()", vjps=(rule_of_tanh,))
def squeezed_in(x: mg.Tensor) -> mg.Tensor:
    """tanh(x), from a user"""
    return np.tanh(x)


squashed: mg.Tensor = squeezed_in(w)

# -- recurrent cells and layers


class LeakyCell(rnn.Cell):
    gates = ("h",)

    def step(self, x: mg.Tensor, h: mg.Tensor) -> tuple[mg.Tensor, mg.Tensor]:
        h = 0.9 * h + 0.1 * np.tanh(self.preactivation(x, h))
        return h, h


cell = rnn.LSTMCell(input_size=5, hidden_size=3, rng=0)
outputs, (h, c) = rnn.unroll(cell, np.zeros((4, 2, 5)))
loss = (outputs**2).sum()
rnn.bptt.ledger(loss, cell).norms("W_hh")
by_layer: dict[str, rnn.bptt.Ledger] = rnn.bptt.ledger(loss, {"net": cell}).by_layer()
by_layer["net"].norms((cell.W_hh, "f")).sum()
table: rnn.bptt.TwoTime = rnn.bptt.two_time([loss], cell.W_hh)
tables: rnn.bptt.TwoTimes = rnn.bptt.two_time([loss], [cell])
gradient_report: rnn.bptt.Report = rnn.bptt.report(loss, [cell])
half_life: float = gradient_report[cell.W_hh].half_life
loss.backward()
h.sum()
rnn.unroll(LeakyCell(5, 3), np.zeros((4, 2, 5)))
cell.gate("f").W_hh = np.eye(3)
layer = rnn.LSTM(5, 3, num_layers=2, batch_first=True)
out, state = layer(np.zeros((2, 4, 5)))
out.mean().backward()
with mg.scope("rnn", t=1):
    rnn.losses.cross_entropy(outputs, np.zeros((4, 2), int))
report: tuple[str, ...] = (mg.__version__, rnn.__version__, str(mg.Tape(loss)))
