"""The catalogue of mistakes: each kind is recognised, and told in the words of the code."""

import numpy as np
import pytest

from rnn import GRUCell, LSTMCell
from rnn.bptt import audit
from rnn.bptt.audits.model import Model, named_parameters
from rnn.bptt.audits.rule_mistakes import Both, rule_mistakes
from rnn.bptt.audits.sum_mistakes import sum_mistakes
from rnn.bptt.audits.wording import wording
from tests.support.audited import B, H, K, T, elman, readout, share
from tests.support.running import sequence


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    """The audits of a test, which are many, are of one run."""
    share(monkeypatch)


def model_of(cell):
    """A cell with a readout and a loss, as `audit` sees it."""
    params, loss = readout(cell)
    xs = sequence(T, B, cell.input_size)
    return Model(cell, xs, loss, named_parameters(cell, params), None), xs, loss, params


KINDS = {
    "tanh": elman, "sigmoid": lambda: elman("sigmoid"),
    "lstm": lambda: LSTMCell(K, H, dtype=float, rng=0),
    "gru": lambda: GRUCell(K, H, dtype=float, rng=0),
}


def assert_recognised(claimed, tables, model, xs, loss, params):
    """What is claimed is found wrong, and the first explanation has just these terms."""
    found = audit(claimed, model, xs, loss, params=params)
    wrong = [name for name in found if not found[name].agrees]
    assert wrong
    for name in wrong:
        assert found[name].explanations
        terms = tables[name].sum(axis=0)[:T]
        first = found[name].explanations[0]
        np.testing.assert_allclose(first.gradient, claimed[name], rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(first.terms, terms, rtol=1e-5, atol=1e-7 * np.abs(terms).max())


@pytest.mark.parametrize("form", ["total", "terms", "two times"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_mistake_is_recognised(kind, form):
    """Gradients worked out with a mistake in one rule are found wrong, and explained by it, or by
    another that has the same terms at every step: for each kind of change, one at random."""
    cell = KINDS[kind]()
    model, xs, loss, params = model_of(cell)
    names = list(model.named)
    right = model.tables([None], names)
    by_kind = {}
    for mistake in rule_mistakes(model.derivation):
        by_kind.setdefault((mistake.change.kind, mistake.scope), []).append(mistake)
    rng = np.random.default_rng(sum(map(ord, kind + form)))
    groups = sorted(by_kind)
    for k in rng.choice(len(groups), size=5, replace=False):
        mistake = by_kind[groups[k]][rng.integers(len(by_kind[groups[k]]))]
        tables = {name: found[0] for name, found in model.tables([mistake], names).items()}
        if all(np.allclose(tables[n], right[n][0], rtol=1e-4, atol=1e-9) for n in names):
            continue
        axes = {"total": (0, 1), "terms": (0,), "two times": ()}[form]
        kept = {n: t if form == "total" else t[:, :T] for n, t in tables.items()}
        claimed = {name: table.sum(axis=axes) for name, table in kept.items()}
        assert_recognised(claimed, tables, cell, xs, loss, params)


@pytest.mark.parametrize("kind", ["tanh", "lstm"])
def test_every_mistake_in_the_sums_is_recognised(kind):
    """Terms left out, counted too often or carried too far have their names."""
    cell = KINDS[kind]()
    model, xs, loss, params = model_of(cell)
    names = list(model.named)
    truth = {name: found[0] for name, found in model.tables([None], names).items()}
    keys = []
    for mistake in sum_mistakes(model, truth):
        claimed = {name: t[:, :T].sum(axis=0) for name, t in mistake.tables.items()}
        found = audit(claimed, cell, xs, loss, params=params)
        wrong = [name for name in found if not found[name].agrees]
        assert wrong, mistake.key
        for name in wrong:
            assert mistake.key in [e.key for e in found[name].explanations], (mistake.key, name)
        keys.append(mistake.key)
    assert keys == [
        "only the last loss", "only the last use", "only the first use", "total for immediate",
        "reach 2", "reach 3",
        "error of step {t-1}", "error of step {t+1}", "product one factor too long",
        "product one factor too short", "whole product", "times -1", "times 2", "times 0.5",
        "times 0.25", "times 4",
    ]


def test_mistakes_are_told_in_the_words_of_the_code():
    """Where it is, in which line, the rule as it was used and as it should be, also in LaTeX."""
    cell = KINDS["lstm"]()
    model, xs, loss, params = model_of(cell)
    mistake = next(
        m for m in rule_mistakes(model.derivation)
        if wording(model.derivation, m).key == "δf_t: c_t for c_{t-1}"
    )
    claimed = {n: t[0].sum(axis=(0, 1)) for n, t in model.tables([mistake], ["W_hh"]).items()}
    first = audit(claimed, cell, xs, loss, params=params)["W_hh"].explanations[0]
    assert first.key == "δf_t: c_t for c_{t-1}"
    assert (first.where.of, first.where.op) == ("δf_t", "multiply")
    assert first.where.line.text == "c = f * c + i * g"
    assert first.where.line.file.endswith("lstm.py")
    assert (first.where.right, first.where.used) == ("δc_t ⊙ c_{t-1}", "δc_t ⊙ c_t")
    assert "in `c = f * c + i * g` (lstm.py:" in first.says
    assert first._repr_latex_() == (
        r"$\displaystyle \delta f_{t} \leftarrow \delta c_{t} \odot c_{t} "
        r"\quad\text{instead of}\quad \delta c_{t} \odot c_{t-1}$"
    )


def test_two_mistakes_are_told_together():
    """Where no single mistake leads to a gradient, two do: both are told, with their lines; and
    where one explains some of the gradients, the other is told with it of the rest."""
    cell = KINDS["lstm"]()
    model, xs, loss, params = model_of(cell)
    names = list(model.named)
    by_key = {wording(model.derivation, m).key: m for m in rule_mistakes(model.derivation)}
    keys = "δf_t: c_t for c_{t-1}", "δi_t: without g_t"
    both = Both(*(by_key[key] for key in keys))
    claimed = {n: t[0].sum(axis=(0, 1)) for n, t in model.tables([both], names).items()}
    found = audit(claimed, cell, xs, loss, params=params)
    for name in ("W_xh", "W_hh", "b_h"):
        first = found[name].explanations[0]
        assert set(first.key.split(" and ")) == set(keys)
        assert "; and " in first.says
        assert r"\\" in first._repr_latex_()
    late = Both(by_key["δf_t: c_t for c_{t-1}"], by_key["∂L/∂W_hh: h_t for h_{t-1}"])
    claimed = {n: t[0].sum(axis=(0, 1)) for n, t in model.tables([late], names).items()}
    found = audit(claimed, cell, xs, loss, params=params)
    assert found["b_h"].explanations[0].key == "δf_t: c_t for c_{t-1}"
    assert found["W_hh"].explanations[0].key == (
        "δf_t: c_t for c_{t-1} and ∂L/∂W_hh: h_t for h_{t-1}"
    )


@pytest.mark.parametrize("kind", ["tanh", "gru"])
def test_derivations_side_by_side_do_not_see_each_other(kind):
    """A mistake leads to the same numbers alone as among others, and the right derivation among
    them stays right."""
    model, *_ = model_of(KINDS[kind]())
    names = list(model.named)
    every = rule_mistakes(model.derivation)
    rng = np.random.default_rng(0)
    some = [None, *(every[k] for k in rng.choice(len(every), size=25, replace=False)), None]
    with np.errstate(all="ignore"):
        together = model.by_step(some, names)
        for k, mistake in enumerate(some):
            alone = model.by_step([mistake], names)
            for name in names:
                np.testing.assert_allclose(
                    together[name][k], alone[name][0], rtol=1e-12, atol=1e-14
                )
    for name in names:
        np.testing.assert_array_equal(together[name][0], together[name][-1])
