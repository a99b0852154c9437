"""A second hand derivation, audited: learning to count with a linear one-to-many RNN.

    h_t = h_{t-1} W + x_t U,  ŷ_t = h_t V,  J = Σ_t ‖y_t - ŷ_t‖²

The input "1" comes at step 1, nothing after it; the outputs should be "2" and "3", one-hot. A set
of slides derives the gradients by hand. ∂J/∂V is right. The other two have one slip each:

- ∂J/∂W carries one Wᵀ too many: the product that leads back from step t to the use at step t
  should be empty, and starts one step early;
- ∂J/∂U pairs the error of step t with the input of the same step, and x_2 is zero: the error of
  step 2 is never carried back to x_1, through which alone U matters.

Training still works with the wrong gradients. That is why such slips live long.

Run it with ``python -m examples.counting``.
"""

from __future__ import annotations

import numpy as np

import minigrad as mg
from examples._command import command

X = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
Y = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
WEIGHTS = {
    "U": np.array([[-0.1565, 0.9190], [0.8315, 0.3115], [0.5844, -0.9286]]),
    "V": np.array([[0.6983, 0.3575, 0.4863], [0.8680, 0.5155, -0.2155]]),
    "W": np.array([[0.3110, 0.4121], [-0.6576, -0.9363]]),
}


def forward(weights):
    """States, outputs and losses of the two steps."""
    h, states, outputs, losses = mg.tensor(np.zeros(2)), [], [], []
    for t, (x_t, y_t) in enumerate(zip(X, Y, strict=True), start=1):
        with mg.scope("rnn", t=t):
            h = h @ weights["W"] + x_t @ weights["U"]
            states.append(h)
        with mg.scope("output", t=t):
            outputs.append(h @ weights["V"])
        with mg.scope("loss", t=t):
            losses.append(((outputs[-1] - y_t) ** 2).sum())
    return states, outputs, losses


def true_gradients(weights):
    """What the tape computes: the loss and the gradient for each weight."""
    return mg.value_and_grad(lambda w: sum(forward(w)[2]))(weights)


def slide_gradients(weights):
    """What the slides' formulas give: the loss, and their ∂J/∂U, ∂J/∂V, ∂J/∂W."""
    u, v, w = weights["U"], weights["V"], weights["W"]
    h, loss = [np.zeros(2)], 0.0
    found = {name: np.zeros_like(value) for name, value in weights.items()}
    for t in (1, 2):
        h.append(h[t - 1] @ w + X[t - 1] @ u)
        error = h[t] @ v - Y[t - 1]
        loss += float((error**2).sum())
        delta = 2 * error
        back = delta @ v.T @ np.linalg.matrix_power(w.T, t - 1)  # the product over z = 2 … t
        found["V"] += np.outer(h[t], delta)
        found["W"] += np.outer(h[t - 1], back)
        found["U"] += np.outer(X[t - 1], back)
    return loss, found


def train(gradients, rate=0.1, tolerance=1e-4):
    """Gradient descent until the RMSE √(J/T) changes by less than `tolerance`.

    Returns the number of iterations and the final weights.
    """
    weights = {name: value.copy() for name, value in WEIGHTS.items()}
    before = np.inf
    for iteration in range(1, 1000):
        loss, found = gradients(weights)
        weights = {name: value - rate * found[name] for name, value in weights.items()}
        rmse = np.sqrt(float(loss) / len(X))
        if abs(rmse - before) < tolerance:
            return iteration, weights
        before = rmse
    raise RuntimeError("gradient descent did not settle in 1,000 iterations")


def show(array):
    """Four decimals on one line, without negative zeros."""
    rounded = np.round(np.asarray(array), 4) + 0.0
    return np.array2string(rounded, suppress_small=True).replace("\n", "")


def main():
    states, outputs, _ = forward(WEIGHTS)
    for t, (h, o) in enumerate(zip(states, outputs, strict=True), start=1):
        print(f"h_{t} = {show(h)}   ŷ_{t} = {show(o)}")
    _, true = true_gradients(WEIGHTS)
    _, slides = slide_gradients(WEIGHTS)
    remarks = {
        "V": "the slides are right",
        "W": "the slides carry one Wᵀ too many",
        "U": "the slides drop the error of step 2 on its way back to x_1",
    }
    for name, remark in remarks.items():
        print(f"\n∂J/∂{name}: {remark}")
        print(f"  slides    {show(slides[name])}\n  the tape  {show(true[name])}")
    for title, gradients in (("slides' rule", slide_gradients), ("true gradient", true_gradients)):
        iterations, weights = train(gradients)
        print(f"\ntraining with the {title}: {iterations} iterations; then")
        for t, o in enumerate(forward(weights)[1], start=1):
            print(f"  ŷ_{t} = {show(o)}")


if __name__ == "__main__":
    command(main, __doc__)
