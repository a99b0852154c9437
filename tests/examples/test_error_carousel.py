"""Hochreiter 1997 and Gers 2000: the carousel is exact where the ways through h are cut."""

import numpy as np
import pytest

import rnn
from examples import error_carousel as example
from rnn.bptt import jacobian
from tests.support.verdicts import assert_all_hold


@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_carousel_is_the_product_of_the_forget_gates(seed, scale):
    """To 1e-12, for any weights, from c_0 and from any c_k; the gates come without the tape."""
    run = example.run(T=20, scale=scale, seed=seed)
    np.testing.assert_allclose(
        example.carousel(run), np.diag(example.product(run)), rtol=1e-12, atol=0
    )
    later = example.carousel(run, 12) @ example.carousel(run._replace(cs=run.cs[:12]))
    np.testing.assert_allclose(later, example.carousel(run), rtol=1e-12, atol=0)


def test_without_a_forget_gate_it_is_the_identity():
    """1.0 at each step, to the last bit, over 200 steps."""
    run = example.run(rnn.LSTM1997Cell, 200)
    np.testing.assert_array_equal(example.carousel(run), np.eye(example.H))


def test_the_truncated_gradient_is_the_same():
    """A cell whose gates read h detached has the Jacobian of one whose paths through h are cut."""
    run, cut = example.run(T=20), example.run(example.Truncated, T=20)
    np.testing.assert_array_equal(run.cs[-1].numpy(), cut.cs[-1].numpy())
    np.testing.assert_array_equal(jacobian(cut.cs[-1], cut.c_0)[0], example.carousel(run))


def test_along_all_ways_it_is_another():
    """Not even diagonal; but where the gates do not read h there are no other ways."""
    run, deaf = example.run(T=20), example.run(T=20, scale=0.0)
    every = jacobian(run.cs[-1], run.c_0)[0]
    assert np.abs(every - np.diag(np.diag(every))).max() > 0.1
    np.testing.assert_allclose(jacobian(deaf.cs[-1], deaf.c_0)[0], example.carousel(deaf), 1e-12)


def test_the_weight_from_which_a_logistic_unit_keeps_the_error():
    """|f'(net) w| ≤ |w|/4, reached at net = 0."""
    for w in (-4.0, 0.5, 3.9, 4.0):
        assert example.logistic(w) == pytest.approx(abs(w) / 4, rel=1e-12)


def test_it_draws_and_every_statement_holds(monkeypatch, capsys, tmp_path):
    """Run as a program, it ends with its verdict. (With 50 for the thousand steps.)"""
    claims = example.claims
    monkeypatch.setattr(example, "claims", lambda: claims(far=50))
    assert_all_hold(example, tmp_path, capsys)
