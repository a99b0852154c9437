"""The printed derivative of the LSTM's memory: right but for one weight and one claim."""

import numpy as np

from examples import lstm_cell_derivative as example
from rnn.bptt import jacobian, lstm_terms


def test_every_line_is_right_with_the_recurrent_block():
    """As printed, with W_hC in the third line, all four terms and their sum are the tape's."""
    found, total = example.check()
    assert list(found) == ["f", "i", "g", "direct"]
    for off in found.values():
        assert off["as printed"] < 1e-15
    assert total < 1e-15


def test_every_other_index_and_factor_is_wrong():
    """Any one factor shifted by a step, left out or put in for another changes the term."""
    found, _ = example.check()
    assert [len(off) - 1 for off in found.values()] == [22, 22, 23, 4]
    for off in found.values():
        for says, error in off.items():
            assert says == "as printed" or error > 1e-3, says


def test_the_third_line_needs_the_recurrent_block():
    """W_C acts on [h, x] and does not fit; of its two blocks only the recurrent one is right."""
    found, _ = example.check()
    assert found["g"]["W_hC̃ → W_xC̃"] > 0.5
    cell, _, _ = example.run()
    gate = cell.gate("g")
    assert np.concatenate([gate.W_hh, gate.W_xh]).shape == (2 * example.H, example.H)


def test_the_tape_agrees_with_its_own_forward_values():
    """The values that the formulas are fed with are those of the cell."""
    cell, xs, states = example.run()
    value = example.values(cell, xs)
    for t, (h, c) in enumerate(states, 1):
        np.testing.assert_allclose(value["h", t], h.numpy()[0], rtol=1e-12)
        np.testing.assert_allclose(value["C", t], c.numpy()[0], rtol=1e-12)
    terms = lstm_terms(cell, states[4], states[3])
    np.testing.assert_allclose(
        sum(terms.values()), jacobian(states[4][1], states[3][1]).matrix, rtol=1e-12, atol=1e-15
    )


def test_multiplying_is_not_enough():
    """The product of two ∂C_t/∂C_{t-1} misses the path through the output gate, a tenth of the
    whole here; with that path, or with Jacobians of whole states, it is exact."""
    whole, product, path, states = example.two_steps()
    missed = np.linalg.norm(whole - product) / np.linalg.norm(whole)
    assert 0.1 < missed < 0.2
    np.testing.assert_allclose(product + path, whole, rtol=0, atol=1e-15)
    assert states < 1e-15


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program, it names what is wrong in the third line and writes a picture."""
    example.main(tmp_path)
    printed = capsys.readouterr().out
    assert "the third line: W_C acts on [h_t-1, x_t] and is (8, 4)" in printed
    assert "with the path through o_t-1 added" in printed
    assert (tmp_path / "lstm_cell_derivative.png").stat().st_size > 10_000
