"""The two worked examples of the source notes in exact arithmetic, through the public interface.

The expected numbers were computed independently in float64, not with this package.
"""

import numpy as np
import pytest

import minigrad as mg
from rnn import ElmanCell, each_step, steps, unroll
from rnn.bptt import ledger, two_time


def nine(value, expected):
    """Equal in all nine decimals that are given."""
    np.testing.assert_allclose(np.ravel(value), np.ravel(expected), rtol=0, atol=5.1e-10)


class ScalarRNN:
    """h_t = tanh(0.6 x_t + 0.9 h_{t-1}), o_t = 0.8 h_t, L = ½ Σ (o_t - y_t)²."""

    def __init__(self):
        self.cell = ElmanCell(1, 1, biases=0, dtype=float)
        self.cell.gate("h").W_xh = [[0.6]]
        self.cell.gate("h").W_hh = [[0.9]]
        self.W_hy = mg.Parameter([[0.8]], name="W_hy")
        xs = np.array([0.5, 0.1, 0.4]).reshape(3, 1, 1)
        self.hs = [h for h, _ in steps(self.cell, xs)]
        for h in self.hs:
            h.retain_grad()
        self.outputs = each_step(lambda h: h @ self.W_hy, self.hs)
        self.losses = each_step(
            lambda o, y: ((o - y) ** 2).sum() / 2, self.outputs, [0.4, 0.2, 0.1], name="loss"
        )
        self.loss = sum(self.losses)
        self.params = {"W_xh": self.cell.W_xh, "W_hh": self.cell.W_hh, "W_hy": self.W_hy}


@pytest.fixture
def scalar():
    return ScalarRNN()


def test_scalar_rnn_forward(scalar):
    """Hidden states, outputs and loss of the scalar tanh RNN."""
    nine([h.item() for h in scalar.hs], [0.291312612, 0.311477977, 0.477954805])
    nine([o.item() for o in scalar.outputs], [0.233050090, 0.249182382, 0.382363844])
    nine(scalar.loss.item(), 0.055010260)


def test_scalar_rnn_gradients(scalar):
    """Its gradients with respect to the weights and to the hidden states."""
    scalar.loss.backward()
    nine(scalar.W_hy.grad.item(), 0.101641770)
    nine(scalar.cell.W_hh.grad.item(), 0.105898791)
    nine(scalar.cell.W_xh.grad.item(), 0.099280112)
    nine([h.grad.item() for h in scalar.hs], [0.025892936, 0.196205410, 0.225891075])


def test_scalar_rnn_ledger(scalar):
    """The sum over time, taken apart."""
    terms = ledger(scalar.loss, scalar.params)
    assert terms.steps == (1, 2, 3)
    nine(terms["W_xh"], [0.011847792, 0.017716985, 0.069715335])
    nine(terms["W_hh"], [0, 0.051611812, 0.054286979])
    nine(terms["W_hy"], [-0.048634614, 0.015319229, 0.134957156])
    nine(terms.total("W_hh"), 0.105898791)


def test_scalar_rnn_two_time_table(scalar):
    """The same for W_hh by the step of the loss, too."""
    table = two_time(scalar.losses, scalar.cell.W_hh)
    nine(table.values, [[0, 0, 0], [0, 0.010349936, 0], [0, 0.041261876, 0.054286979]])


def test_counting_example():
    """The one-to-many example with linear units: states, outputs, loss gradients, as they are and
    with the two slips of the notes."""
    U = [[-0.1565, 0.9190], [0.8315, 0.3115], [0.5844, -0.9286]]
    V = [[0.6983, 0.3575, 0.4863], [0.8680, 0.5155, -0.2155]]
    W = [[0.3110, 0.4121], [-0.6576, -0.9363]]
    cell = ElmanCell(3, 2, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_xh, cell.gate("h").W_hh = U, W
    head = mg.Parameter(V, name="V")
    xs = np.array([[[1.0, 0, 0]], [[0, 0, 0]]])
    targets = np.array([[[0.0, 1, 0]], [[0, 0, 1]]])
    hs, _ = unroll(cell, xs)
    outputs = hs @ head
    loss = ((targets - outputs) ** 2).sum()
    terms = ledger(loss, cell)
    loss.backward()

    def four(value, expected, slack=5.1e-5):
        np.testing.assert_allclose(value, expected, rtol=0, atol=slack)

    notes = 5e-4  # the notes computed with rounded intermediate values

    four(hs.numpy()[:, 0], [[-0.1565, 0.9190], [-0.6530, -0.9250]])
    four(outputs.numpy()[1, 0], [-1.2589, -0.7103, -0.1182])
    four(head.grad.numpy(), [[1.4286, 1.1098, 1.5461], [3.5940, 0.2438, 1.5646]], notes)
    four(cell.W_hh.grad.numpy(), [[0.5248, 0.3812], [-3.0819, -2.2384]])
    four(cell.W_xh.grad.numpy(), [[-1.7682, 5.1988], [0, 0], [0, 0]])

    # ∂J/∂W has one use, at step 2. The notes' value is that term times one Wᵀ too many.
    assert not terms["W_hh"][0].any()
    four(terms["W_hh"][1] @ np.transpose(W), [[0.3203, -0.7019], [-1.8805, 4.1222]], notes)
    # The notes pair the error of step 2 with x_2 = 0: what is left is the error of step 1 alone.
    first = 2 * (outputs.numpy()[0, 0] - targets[0, 0]) @ np.transpose(V)
    four(first, [0.2785, 0.7130], notes)
    four(terms["W_xh"][1], np.zeros((3, 2)))


def test_counting_example_by_gradient_descent():
    """With η = 0.1 the true gradient stops after 50 iterations, at the targets."""
    cell = ElmanCell(3, 2, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_xh = [[-0.1565, 0.9190], [0.8315, 0.3115], [0.5844, -0.9286]]
    cell.gate("h").W_hh = [[0.3110, 0.4121], [-0.6576, -0.9363]]
    head = mg.Parameter([[0.6983, 0.3575, 0.4863], [0.8680, 0.5155, -0.2155]])
    params = [*cell.parameters(), head]
    xs = np.array([[[1.0, 0, 0]], [[0, 0, 0]]])
    targets = np.array([[[0.0, 1, 0]], [[0, 0, 1]]])
    errors = []
    while len(errors) < 200:
        outputs = unroll(cell, xs)[0] @ head
        loss = ((targets - outputs) ** 2).sum()
        errors.append(float(np.sqrt(loss.item() / 2)))
        if len(errors) > 1 and abs(errors[-1] - errors[-2]) < 1e-4:
            break
        for p in params:
            p.zero_grad()
        loss.backward()
        with mg.no_grad():
            for p in params:
                p -= 0.1 * p.grad
    assert len(errors) == 50
    assert [int(np.argmax(o)) for o in outputs.numpy()] == [1, 2]
