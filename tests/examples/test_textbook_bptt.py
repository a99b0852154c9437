"""The textbook's derivation of BPTT against the ledger, and the objection to it."""

import numpy as np

from examples import textbook_bptt
from rnn.bptt import audit


def test_the_book_is_the_ledger():
    """∂L/∂h_t times the immediate derivative is G_t, term by term; the error of each loss times the
    total derivative is what real-time recurrent learning has, and both have one sum."""
    found = textbook_bptt.readings()
    terms, _, by_loss = textbook_bptt.by_the_tape()
    for have, want in ((found["A"], terms), (found["B"], by_loss)):
        np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-14)
    sums = [found[name].sum(axis=0) for name in "AB"]
    np.testing.assert_allclose(*sums, rtol=1e-12, atol=1e-14)
    assert np.abs(found["A"] - found["B"]).max() > 0.01


def test_the_objection_counts_paths_again():
    """Total times total counts the path from step i to the use at step s for every step on it, and
    the audit says so; of the book's it says that it is right."""
    found = textbook_bptt.readings()
    _, table, _ = textbook_bptt.by_the_tape()
    steps = np.arange(textbook_bptt.T)
    often = np.maximum(np.subtract.outer(steps, steps) + 1, 0)
    counted = np.einsum("is,isjk->jk", often, table)
    np.testing.assert_allclose(found["C"].sum(axis=0), counted, rtol=1e-12, atol=1e-14)
    arguments, _ = textbook_bptt.model()
    assert audit({"W_hh": found["A"]}, **arguments).agrees
    wrong = audit({"W_hh": found["C"].sum(axis=0)}, **arguments)["W_hh"]
    assert wrong.explanations[0].key == "total for immediate"


def test_it_prints(capsys):
    """The three readings, with their numbers."""
    textbook_bptt.main()
    printed = capsys.readouterr().out
    assert "sum  0.044139122" in printed
    assert "sum  0.093276026" in printed
    assert "total derivative ∂h_t/∂θ was taken for the immediate one" in " ".join(printed.split())
