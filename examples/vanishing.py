"""Vanishing and exploding gradients: RNN, LSTM and GRU side by side, for three scales of weights.

‖∂L/∂state_{T-k}‖ over the lag k, for a loss at step T = 100 alone, beside the bound
‖∂h_T/∂h_{T-k}‖₂ ≤ (γ_W γ_h)^k of the vanilla network. Recurrent weights are orthogonal times 0.5, 1
or 1.5, so the bound is 0.5^k, 1 or 1.5^k.

What to see:

- The vanilla network follows its bound at 0.5 and has nothing left after 40 steps; at 1 the
  gradient barely shrinks; at 1.5 it explodes, more slowly than allowed, as tanh' is below 1.
- Gated cells at 0.5 lie far above that bound: their gradient has a way back that does not lead
  through the weights. How much they keep is a matter of the gates, not of the weights: with biases
  of ±ln(T - 1), chrono initialisation, some four tenths are left at every scale.
- Gates are no protection from explosion. The LSTM at 1.5 explodes, and if one opens its forget
  gates and leaves the input gates half open, at every scale: ∂c_t/∂c_{t-1} is f_t ≈ 1 and on top of
  it what comes through the candidate, and both together are above 1.

Run it with ``python -m examples.vanishing [FOLDER]``.
"""

from __future__ import annotations

import math
from pathlib import Path

from examples._command import command
from rnn.bptt import vanishing

T = 100
LONG = math.log(T - 1)
SETTINGS = {
    "vanishing": {"keep_bias": 1.0},
    "vanishing_chrono": {"keep_bias": LONG, "write_bias": -LONG},
    "vanishing_forget_gates_open": {"keep_bias": LONG},
}


def main(folder="out"):
    for name, biases in SETTINGS.items():
        found = vanishing(T=T, **biases)
        said = ", ".join(f"{gate} {bias:.2f}" for gate, bias in biases.items())
        print(f"{said}\n{found}")
        path = Path(folder) / f"{name}.png"
        found.plot(path)
        print(f"{path}\n")


if __name__ == "__main__":
    command(main, __doc__)
