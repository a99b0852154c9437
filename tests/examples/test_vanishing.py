"""Vanishing and exploding gradients side by side: what the example says about its figures."""

import numpy as np

from examples import vanishing as example
from rnn.bptt import vanishing


def last(name, cell):
    """What is left at lag 99, by scale."""
    return vanishing(T=example.T, **example.SETTINGS[name]).relative(cell)[:, -1]


def test_the_vanilla_network():
    """Nothing left at 0.5, a third at 1, an explosion at 1.5 that stays below its bound."""
    left = last("vanishing", "rnn")
    np.testing.assert_allclose(left, [1.5e-30, 0.33, 7.0e3], rtol=0.05)
    assert left[2] < 1.5**99


def test_gated_cells():
    """At 0.5 they keep many powers of ten more; at 1.5 the LSTM explodes too."""
    np.testing.assert_allclose(last("vanishing", "lstm"), [6.9e-8, 4.6e-2, 57], rtol=0.05)
    np.testing.assert_allclose(last("vanishing", "gru"), [7.7e-11, 2.0e-7, 3.2e-4], rtol=0.05)


def test_gate_biases():
    """Chrono initialisation leaves some four tenths at every scale; the forget gate opened alone
    lets the LSTM explode at every scale."""
    for cell in ("lstm", "gru"):
        left = last("vanishing_chrono", cell)
        assert np.all((left > 0.35) & (left < 0.55))
    assert np.all(last("vanishing_forget_gates_open", "lstm") > 100)


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program, it prints a table and writes a figure for each setting."""
    example.main(tmp_path)
    printed = capsys.readouterr().out
    assert printed.count("Vanishing: ‖∂L/∂state_{T-k}‖") == 3
    for name in example.SETTINGS:
        assert (tmp_path / f"{name}.png").stat().st_size > 20_000
