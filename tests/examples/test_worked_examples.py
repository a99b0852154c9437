"""The numbers of the two audited hand derivations, to every digit that is known."""

import numpy as np
import pytest

from examples import counting, scalar_rnn


def agree(have, want, digits=9):
    np.testing.assert_allclose(have, want, rtol=0, atol=0.5 * 10.0**-digits * 1.01)


def test_scalar_rnn_forward():
    """States, outputs and loss agree with the exact values to nine decimals."""
    states, outputs, losses = scalar_rnn.forward(scalar_rnn.tensors())
    agree([h.item() for h in states], [0.291312612, 0.311477977, 0.477954805])
    agree([o.item() for o in outputs], [0.233050090, 0.249182382, 0.382363844])
    agree(sum(losses).item(), 0.055010260)


def test_scalar_rnn_gradients():
    """The tape and the corrected recursion agree; the notes' rule gives the notes' numbers."""
    weights = scalar_rnn.tensors()
    sum(scalar_rnn.forward(weights)[2]).backward()
    exact = {"W_hy": 0.101641770, "W_hh": 0.105898791, "W_xh": 0.099280112}
    slipped = {"W_hy": 0.101641770, "W_hh": 0.112927064, "W_xh": 0.112744100}
    for name, w in weights.items():
        agree(w.grad.item(), exact[name])
        agree(scalar_rnn.by_hand(slip=False)[name], exact[name])
        agree(scalar_rnn.by_hand(slip=True)[name], slipped[name])
        assert abs(scalar_rnn.PRINTED[name] - slipped[name]) < 3e-4  # the notes round as they go
    agree(scalar_rnn.state_gradients(), [0.025892936, 0.196205410, 0.225891075])


def test_scalar_rnn_ledger_and_two_time_table():
    """The per-step terms and the two-time table are exact, and sum to the gradient."""
    ledger = scalar_rnn.ledger()
    agree(ledger["W_xh"], [0.011847792, 0.017716985, 0.069715335])
    agree(ledger["W_hh"], [0, 0.051611812, 0.054286979])
    agree(ledger["W_hy"], [-0.048634614, 0.015319229, 0.134957156])
    table = scalar_rnn.two_time("W_hh")
    agree(table, [[0, 0, 0], [0, 0.010349936, 0], [0, 0.041261876, 0.054286979]])
    agree(table.sum(axis=0), ledger["W_hh"], digits=12)


def test_counting_forward():
    """The second components carry the minus signs that a scan of the slides lost."""
    states, outputs, _ = counting.forward(counting.WEIGHTS)
    agree(states[0], [-0.1565, 0.9190], 4)
    agree(states[1], [-0.6530, -0.9250], 4)
    agree(outputs[0], [0.6884, 0.4178, -0.2742], 4)
    agree(outputs[1], [-1.2589, -0.7103, -0.1182], 4)


def test_counting_gradients():
    """The slides' rules give the slides' numbers; two of the three are not the gradient."""
    true = counting.true_gradients(counting.WEIGHTS)[1]
    slides = counting.slide_gradients(counting.WEIGHTS)[1]
    v = [[1.4286, 1.1098, 1.5461], [3.5940, 0.2438, 1.5646]]
    for found in (true, slides):
        np.testing.assert_allclose(found["V"], v, atol=2e-4)
    np.testing.assert_allclose(slides["W"], [[0.3203, -0.7019], [-1.8805, 4.1222]], atol=5e-4)
    agree(true["W"], [[0.5248, 0.3812], [-3.0819, -2.2384]], 4)
    np.testing.assert_allclose(slides["U"], [[0.2785, 0.7130], [0, 0], [0, 0]], atol=5e-5)
    agree(true["U"], [[-1.7682, 5.1988], [0, 0], [0, 0]], 4)


def test_counting_training():
    """The slides' rule stops after 56 iterations at the slides' weights, the gradient after 50."""
    iterations, weights = counting.train(counting.slide_gradients)
    assert iterations == 56
    printed = {
        "V": [[0.0007, -0.9555, -0.4747], [-0.0001, 0.3239, -0.4533]],
        "W": [[0.2870, 0.4962], [-0.4082, -1.5386]],
        "U": [[-0.7724, 0.8089], [0.8315, 0.3115], [0.5844, -0.9286]],
    }
    for name, want in printed.items():
        np.testing.assert_allclose(weights[name], want, atol=1e-3)
    iterations, other = counting.train(counting.true_gradients)
    assert iterations == 50
    assert np.abs(other["W"] - weights["W"]).max() > 0.1
    for t, target in enumerate(counting.Y):
        for trained in (weights, other):
            np.testing.assert_allclose(counting.forward(trained)[1][t], target, atol=1e-3)


@pytest.mark.parametrize("example", [scalar_rnn, counting])
def test_examples_print_both_gradients(example, capsys):
    """Run as programs, they show the notes' gradient beside the tape's and name the slip."""
    example.main()
    printed = capsys.readouterr().out
    assert "tape" in printed
    assert ("dropped term" in printed) or ("too many" in printed)
