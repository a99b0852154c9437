"""The ledger and the two-time table: terms that sum to the gradient, placed at the right step."""

import numpy as np
import pytest

import minigrad as mg
from rnn import each_step, steps, unroll
from rnn.bptt import ledger, two_time
from tests.support.cells import chosen
from tests.support.running import B, H, K, T, sequence

CELLS = chosen("elman, lstm, gru after, gru before", K, H)
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)


def head():
    return mg.Parameter(np.random.default_rng(1).normal(size=(H, 2)), name="W_hy")


@every_cell
def test_terms_sum_to_the_gradient(make):
    """Σ_t G_t of every weight is the gradient that backward computes, which the ledger neither
    needs nor touches."""
    cell = make()
    loss = (unroll(cell, sequence())[0] ** 2).sum()
    terms = ledger(loss, cell)
    assert all(p.grad is None for p in cell.parameters())
    loss.backward()
    assert set(terms) == {name for name, _ in cell.named_parameters()}
    assert terms.steps == tuple(range(1, T + 1))
    for name, parameter in cell.named_parameters():
        assert terms[name].shape == (T, *parameter.shape)
        np.testing.assert_allclose(terms.total(name), parameter.grad.numpy(), 1e-12, 1e-14)
        np.testing.assert_array_equal(terms.total(name), terms[name].sum(0))
        assert not terms.outside(name).any()


@every_cell
def test_a_term_is_the_gradient_of_that_steps_copy(make):
    """G_t is the gradient of the copy of the weights that step t alone uses."""
    cell, xs = make(), sequence()
    terms = ledger((unroll(cell, xs)[0] ** 2).sum(), cell)
    copies, state, loss = [], None, 0
    for x in xs:
        copies.append(make())
        output, state = copies[-1](x, state)
        loss = loss + (output**2).sum()
    loss.backward()
    for t, copy in enumerate(copies):
        for name, parameter in copy.named_parameters():
            np.testing.assert_allclose(terms[name][t], parameter.grad.numpy(), 1e-12, 1e-14)


@every_cell
def test_token_inputs(make):
    """The terms of W_xh are right where its rows are looked up: step t writes only into the rows
    of its tokens."""
    cell = type(make())(7, H, dtype=float)
    tokens = np.random.default_rng(0).integers(0, 7, size=(T, B))
    loss = (unroll(cell, tokens)[0] ** 2).sum()
    terms = ledger(loss, cell)
    loss.backward()
    np.testing.assert_allclose(terms.total("W_xh"), cell.W_xh.grad.numpy(), 1e-12, 1e-14)
    for t, present in enumerate(tokens):
        absent = np.setdiff1d(np.arange(7), present)
        assert not terms["W_xh"][t, absent].any()


def test_uses_outside_of_any_step():
    """One product with all outputs belongs to no step; in scopes of the steps it is taken apart,
    to the same total."""
    cell, W = CELLS["lstm"](), head()
    outputs, _ = unroll(cell, sequence())
    whole = ledger(((outputs @ W) ** 2).sum(), {"W_hy": W, "W_hh": cell.W_hh})
    assert not whole["W_hy"].any()
    assert whole.outside("W_hy").any()
    by_step = ledger(sum(each_step(lambda h: ((h @ W) ** 2).sum(), outputs)), [W, cell.W_hh])
    assert not by_step.outside("W_hy").any()
    assert (by_step.norms("W_hy") > 0).all()
    np.testing.assert_allclose(by_step["W_hh"], whole["W_hh"], rtol=1e-12)
    np.testing.assert_allclose(by_step.total("W_hy"), whole.total("W_hy"), rtol=1e-12)


def test_several_uses_outside_and_several_within_a_step():
    """Uses of one step are one term, uses outside of any step one remainder."""
    w = mg.tensor([1.0, 2.0], requires_grad=True, name="w")
    with mg.scope("cell", t=3):
        inside = (w * 2).sum() + (w * 3).sum()
    terms = ledger(inside + (w * 5).sum() + (w * 7).sum(), w)
    assert terms.steps == (3,)
    np.testing.assert_array_equal(terms["w"], [[5, 5]])
    np.testing.assert_array_equal(terms.outside("w"), [12, 12])


def test_steps_that_do_not_use_a_weight_hold_zeros():
    """A loss at step 3 leaves no terms after it, and the first W_hh meets h_0 = 0."""
    cell = CELLS["elman"]()
    states = [h for _, h in steps(cell, sequence())]
    later = ledger(states[-1].sum() * 0 + (states[2] ** 2).sum(), cell)
    np.testing.assert_array_equal(later.norms("W_hh")[[0, 3, 4]], 0)
    assert (later.norms("W_xh")[:3] > 0).all()


def test_a_weight_that_the_loss_does_not_reach():
    """It has the same steps as the others, and zeros; alone it has none."""
    cell, W = CELLS["elman"](), head()
    loss = unroll(cell, sequence())[0].sum()
    terms = ledger(loss, {"W_hh": cell.W_hh, "unused": W})
    assert terms["unused"].shape == (T, H, 2)
    assert not terms["unused"].any()
    alone = ledger(loss, W)
    assert alone["W_hy"].shape == (0, H, 2)
    assert alone.norms("W_hy").shape == (0,)
    assert not alone.total("W_hy").any()


def test_norms_of_tiny_huge_and_broken_terms():
    """Norms neither underflow nor overflow where their squares would, and NaN stays visible."""
    w = mg.tensor(np.ones(2), requires_grad=True, name="w")
    loss = 0
    for t, scale in enumerate((1e-200, 0.0, 1e200, np.nan), 1):
        with mg.scope("step", t=t):
            loss = loss + (w * scale).sum()
    norms = ledger(loss, w).norms("w")
    np.testing.assert_allclose(norms[:3], np.sqrt(2) * np.array([1e-200, 0, 1e200]), rtol=1e-14)
    assert np.isnan(norms[3])


def test_cotangent_of_outputs_that_are_no_scalar():
    """With ``gradient`` the ledger is that of the weighted sum."""
    cell, weight = CELLS["elman"](), np.random.default_rng(1).normal(size=(T, B, H))
    outputs, _ = unroll(cell, sequence())
    given = ledger(outputs, cell, gradient=weight)
    summed = ledger((outputs * weight).sum(), cell)
    np.testing.assert_allclose(given["W_hh"], summed["W_hh"], rtol=1e-12)
    with pytest.raises(mg.errors.GradientError, match="needs the cotangent"):
        ledger(outputs, cell)


def test_what_a_ledger_prints():
    """The repr is a table with the totals and the largest terms."""
    cell = CELLS["elman"]()
    lines = repr(ledger(unroll(cell, sequence())[0].sum(), cell)).splitlines()
    assert lines[0] == "Ledger, steps 1 to 5"
    assert [line.split()[0] for line in lines[2:]] == ["W_xh", "W_hh", "b_h"]
    assert "at t=" in lines[2]
    assert repr(ledger(unroll(cell, sequence())[0].sum(), [])) == "Ledger of no weights"


def test_errors_of_the_ledger():
    """Wrong weights, unknown names, a freed graph and a loss without a graph say what is wrong."""
    cell = CELLS["elman"]()
    loss = unroll(cell, sequence())[0].sum()
    with pytest.raises(KeyError, match="its weights are W_xh, W_hh, b_h"):
        _ = ledger(loss, cell)["W_hy"]
    with pytest.raises(TypeError, match="'a' is float; wanted a Module"):
        ledger(loss, {"a": 1.0})
    with pytest.raises(ValueError, match="'h' does not require grad"):
        ledger(loss, {"h": mg.tensor(1.0)})
    with pytest.raises(ValueError, match=r"two tensors are called 'a\.W_hh'"):
        ledger(loss, {"a": cell, "a.W_hh": CELLS["lstm"]().W_hh})
    loss.backward()
    with pytest.raises(mg.errors.GraphFreedError):
        ledger(loss, cell)
    with pytest.raises(mg.errors.GradientError, match="does not require grad"):
        ledger(loss.detach(), cell)


# -- two times


@every_cell
def test_two_time_table_sums_to_ledger_and_gradient(make):
    """Columns sum to the ledger, everything to the gradient; no loss depends on later uses."""
    cell = make()
    losses = [(h**2).sum() for h, _ in steps(cell, sequence())]
    table = two_time(losses, cell.W_hh)
    assert table.shape == (T, T, *cell.W_hh.shape)
    assert table.loss_steps == table.use_steps == (1, 2, 3, 4, 5)
    loss = sum(losses)
    np.testing.assert_allclose(table.values.sum(0), ledger(loss, cell)["W_hh"], 1e-12, 1e-14)
    loss.backward()
    total = np.asarray(table).sum((0, 1))
    np.testing.assert_allclose(total, cell.W_hh.grad.numpy(), 1e-12, 1e-14)
    assert not np.triu(table.norms(), 1).any()
    np.testing.assert_array_equal(table[3, 2], table.values[3, 2])
    assert len(table) == T


def test_two_time_of_losses_without_the_weight():
    """A loss that does not reach the weight, or has no graph, is a row of zeros."""
    cell = CELLS["elman"]()
    losses = [(h**2).sum() for h, _ in steps(cell, sequence())]
    losses[1] = mg.tensor(3.0)
    table = two_time(losses, cell.W_hh, start=4)
    assert table.loss_steps == (4, 5, 6, 7, 8)
    assert not table[1].any()
    assert table[2].any()
    with pytest.raises(TypeError, match="wanted a sequence of scalar Tensors"):
        two_time(sum(losses), cell.W_hh)


# -- plots


def test_plots_are_written(tmp_path):
    """Both pictures are files of the kind that the path says, and figures that can be drawn on."""
    cell = CELLS["elman"]()
    losses = [(h**2).sum() for h, _ in steps(cell, sequence())]
    table, terms = two_time(losses, cell.W_hh), ledger(sum(losses), cell)
    for k, drawn in enumerate((terms, table)):
        figure = drawn.plot(tmp_path / "new" / f"{k}.png")
        assert figure.axes
        assert (tmp_path / "new" / f"{k}.png").read_bytes().startswith(b"\x89PNG")
        drawn.plot(str(tmp_path / f"{k}.svg"))
        assert "<svg" in (tmp_path / f"{k}.svg").read_text("utf-8")


def test_axis_follows_the_spread_of_the_terms():
    """Terms over many decades get a logarithmic axis, with a mark for every exact zero; terms of
    one size a linear axis from 0."""
    w = mg.tensor(np.ones(2), requires_grad=True, name="w")

    def drawn(scales):
        loss = 0
        for t, scale in enumerate(scales, 1):
            with mg.scope("step", t=t):
                loss = loss + (w * scale).sum()
        return ledger(loss, w).plot().axes[0]

    axes = drawn([1e-9, 0.0, 1e-3, 1.0])
    assert axes.get_yscale() == "log"
    line, zeros = axes.get_lines()
    assert list(zeros.get_xdata()) == [2]
    assert np.isnan(line.get_ydata()[1])
    axes = drawn([0.5, 0.0, 1.0])
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] == 0
    assert len(axes.get_lines()) == 1
    for scales in ([0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0], []):
        axes = drawn([*scales, 0.0])
        axes.figure.canvas.draw()


def test_a_choice_of_weights():
    """``names`` plots some of the weights, in that order."""
    cell = CELLS["elman"]()
    terms = ledger((unroll(cell, sequence())[0] ** 2).sum(), cell)
    legend = terms.plot(names=["b_h", "W_hh"]).axes[0].get_legend()
    assert [text.get_text().split()[0] for text in legend.get_texts()] == ["b_h", "W_hh"]
    with pytest.raises(KeyError, match="its weights are"):
        terms.plot(names=["W_hy"])
