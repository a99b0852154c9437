"""The gradient of a softmax output layer, term by term."""

import numpy as np

from examples import softmax_output


def test_every_term_is_an_outer_product():
    """G_t of W_hy is h_t ⊗ (ŷ_t - y_t), of b_y it is ŷ_t - y_t; their sums are the gradients."""
    by_formula, found = softmax_output.compare()
    assert found.steps == (1, 2, 3, 4)
    for name, terms in by_formula.items():
        np.testing.assert_allclose(found[name], terms, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(found.total(name), terms.sum(axis=0), rtol=1e-12, atol=1e-15)


def test_the_sums_are_what_backward_computes():
    """Σ_t of both, as ``.grad``."""
    by_formula, _ = softmax_output.compare()
    *_, loss, params = softmax_output.run()
    loss.backward()
    for p in params:
        assert by_formula[p.name].sum(axis=0).shape == p.shape  # (H, V), no transpose
        np.testing.assert_allclose(p.grad.numpy(), by_formula[p.name].sum(axis=0), rtol=1e-12)


def test_numbers():
    """The norms that the example prints."""
    _, found = softmax_output.compare()
    np.testing.assert_allclose(
        found.norms("W_hy"), [1.271918111, 0.542584114, 0.532552388, 1.089954090], atol=1e-9
    )
    np.testing.assert_allclose(
        found.norms("b_y"), [0.832940284, 0.994495482, 0.764408203, 0.958894964], atol=1e-9
    )


def test_it_prints_both(capsys):
    """Run as a program, it shows formula and tape one below the other."""
    softmax_output.main()
    printed = capsys.readouterr().out
    assert printed.count("1.271918111") == 2
    assert "softmax does not see a shift" in printed
