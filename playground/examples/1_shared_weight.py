# A weight that is shared by all steps, with a knob
import numpy as np

import minigrad as mg
import rnn
from rnn.lessons import knob

# %% How far does the gradient reach?
scale = knob("scale", 0.2, 3.0, value=1.0)

cell = rnn.RNNCell(input_size=2, hidden_size=4, rng=0)
cell.W_hh.data *= scale
outputs, h = rnn.unroll(cell, np.random.default_rng(1).normal(size=(6, 1, 2)))
loss = (outputs[-1] ** 2).sum()

mg.draw(loss, ledger=True)    # each tap: what one step contributes to the gradient

# %% The same in numbers
norms = rnn.bptt.ledger(loss, cell).norms("W_hh")
for t, norm in enumerate(norms, start=1):
    print(f"t = {t}   ‖G_t‖ = {norm:.2e}   {'█' * int(20 * norm / norms.max())}")
