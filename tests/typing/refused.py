"""What is wrong: each marked line is an error for both type checkers, and no other line is."""

from __future__ import annotations

import numpy as np

import minigrad as mg
import minigrad.functional as F
import rnn
from minigrad import optim

w = mg.tensor([1.0, 2.0], requires_grad=True)
cell = rnn.GRUCell(2, 3)

w.backwards()  # error
mg.tensr([1.0])  # error
rnn.LTSM(2, 3)  # error
F.rellu(w)  # error
optim.Addam([w])  # error
w.sum(axis="0")  # error
w.sum(axes=0)  # error
w.tahn()  # error
w.sum().backwards()  # error
w.tanh(1)  # error
w.reshape("2")  # error
w.byteswap()  # error
w()  # error
w + None  # error
w @ cell  # error
w.max(dim=0).backward()  # error
w.grad.sum()  # error
mg.tensor([1.0], requires_grad="yes")  # error
mg.tensor()  # error
mg.tensor(None)  # error
mg.Parameter({"a": 1.0})  # error
mg.grad(3)  # error
rnn.LSTMCell("5", 3)  # error
rnn.LSTM(5, 3, batch_frist=True)  # error
rnn.bptt.leger(w, cell)  # error
cell.gaet("r")  # error
optim.Adam(w, lr="fast")  # error
text: str = w.sum()  # error


def as_array(t: mg.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return t.tanh()  # error
