"""Cells whose state is a structure of arrays: whatever takes a state takes it."""

import re

import numpy as np
import pytest

import minigrad as mg
import rnn
from rnn import bptt
from rnn.cells.state import unpack
from rnn.testing import cell_mutants, check_cell, survivors
from tests.support.nested_cells import (
    NESTED,
    XS,
    B,
    Counting,
    FastWeights,
    H,
    K,
    Sampling,
    SharedCount,
    Stack,
    StackCell,
    T,
    TwoCells,
    TwoSpeeds,
    agree,
    arrays,
    made,
    results,
)

every_cell = pytest.mark.parametrize("make", NESTED.values(), ids=NESTED)


# -- running it


@every_cell
def test_its_laws_hold(make):
    """Run in any way, in chunks, with padding and holes, backwards, by its ledger, by forward
    sensitivities, against differences."""
    check_cell(make, examples=2)


@every_cell
def test_every_way_runs_it(make):
    """Scanned or checkpointed a layer gives what it gives unrolled: draws of a generator in the
    state too, and backwards."""
    def layer():
        return rnn.Recurrent(made(make), reverse=make is Sampling)

    wanted = results(layer(), how="unroll")
    for how in ("scan", "checkpoint"):
        agree(results(layer(), how=how), wanted)


def test_one_count_for_all_sequences():
    """A number without axes goes with sequences of one length, and is refused for others."""
    layer = rnn.Recurrent(made(SharedCount))
    agree(arrays(layer(XS, lengths=[3, 3])[1]), arrays(layer(XS[:3])[1]))
    with pytest.raises(ValueError, match="state t has no axes"):
        layer(XS, lengths=[3, 4])
    with pytest.raises(ValueError, match="state t has no axes"):
        layer(XS, mask=np.array([[1, 0]] * T, bool))


def test_faults_are_noticed():
    """Those that are planted in parts of the state, by their names."""
    places = {m.place for m in cell_mutants(StackCell) if m.kind == "kept_state"}
    assert places == {("rows",)}
    laws = ["declared", "derivatives", "alone", "unbatched"]
    assert survivors(
        FastWeights, lambda: check_cell(FastWeights, laws=laws, examples=5),
        kinds=["detached_state", "shifted_rows", "state_of_one_lost"],
    ) == []


@every_cell
@pytest.mark.parametrize("batch_first", [False, True])
def test_stacks_of_it(make, batch_first):
    """Layers and directions: the state is stacked part by part, or a tuple by cell, and is taken
    again; one sequence without the axis of the batch too."""
    layer = rnn.Recurrent(
        lambda width: make(width, H, dtype=float, rng=1), input_size=K, num_layers=2,
        bidirectional=True, batch_first=batch_first,
    ).eval()
    xs = XS.swapaxes(0, 1) if batch_first else XS
    outputs, state = layer(xs)
    assert outputs.shape == (*xs.shape[:2], 2 * H)
    again, _ = layer(xs, rnn.detach(state))
    layer(xs, layer.initial_state(B))
    one, alone = layer(XS[:, 0])
    agree([one.numpy()], [outputs.numpy()[0] if batch_first else outputs.numpy()[:, 0]])
    one_again, _ = layer(XS[:, 0], alone)
    agree([one_again.numpy()], [again.numpy()[0] if batch_first else again.numpy()[:, 0]])


def test_stacked_parts_keep_the_structure():
    """A dict of two layers is a dict of parts (2, B, ...)."""
    _, state = rnn.Recurrent([made(FastWeights), made(FastWeights)])(XS)
    assert {k: v.shape for k, v in state.items()} == {"h": (2, B, H), "A": (2, B, H, H)}
    _, state = rnn.Recurrent([made(StackCell), made(StackCell)])(XS)
    assert isinstance(state, Stack)
    assert state.pointer.dtype == int
    assert state.full.dtype == bool


@every_cell
def test_wrappers_take_it(make):
    """Zoneout, skips, dropout and residuals around such a cell."""
    wraps = [
        lambda c: rnn.ZoneoutCell(c, 0.3, rng=0), lambda c: rnn.SkipCell(c, 2),
        lambda c: rnn.DropoutCell(c, hidden=0.3, rng=0), rnn.ResidualCell,
    ]
    for wrap in wraps:
        cell = wrap(made(make))
        layer = rnn.Recurrent(cell)
        _, state = layer(XS)
        layer(XS, state, how="scan")[0].sum().backward()
        assert len(unpack(state)) == len(cell.state_form.parts)


@every_cell
def test_learned_initial_states(make):
    """Its real parts are learned, under their names, from what the cell starts with."""
    layer = rnn.Recurrent(made(make), learn_initial_state=True)
    assert list(layer.initial) == [f"{name}_0" for name in layer.cell.state_form.real]
    agree([layer(XS)[0].numpy()], [rnn.Recurrent(made(make))(XS)[0].numpy()])
    layer.load_state_dict(layer.state_dict())


# -- what it is called


def test_names_of_parts():
    """Paths, or what cells declare that stand there."""
    names = {kind: list(made(kind).state_form.parts) for kind in NESTED.values()}
    assert names[FastWeights] == ["h", "A"]
    assert names[Counting] == ["h", "n"]
    assert names[StackCell] == ["rows", "pointer", "full"]
    assert names[TwoSpeeds] == ["fast", "slow"]
    assert names[TwoCells] == ["cells.0.h", "cells.1.h", "cells.1.c"]


def test_pictures_and_steps_have_the_names():
    """The nodes of the states, the boxes of a picture, the same for a scan that is opened."""
    cell = made(TwoCells)
    states = [state for _, state in rnn.steps(cell, XS)]
    assert states[-1]["cells"][1][1].name == "cells.1.c"
    pictures = {
        how: mg.draw(rnn.Recurrent(made(TwoCells))(XS, how=how)[0], view="rolled").dot
        for how in ("unroll", "scan")
    }
    assert pictures["scan"] == pictures["unroll"]
    assert "cells.1.c" in pictures["unroll"]
    learned = rnn.Recurrent(made(TwoCells), learn_initial_state=True)
    for layer in (rnn.Recurrent(cell), learned):
        for xs in (XS, XS[:1]):
            dot = mg.draw(layer(xs)[0], view="steps").dot
            found = re.findall(r'^\s*"([^"]*)\[t=0\]" \[', dot, re.MULTILINE)
            assert found == ["cells.0.h", "cells.1.h", "cells.1.c"]


@every_cell
def test_pictures_of_it(make):
    """Columns, rolled, one step opened up; with the parts that a ledger takes apart."""
    cell = made(make).eval()
    outputs, _ = rnn.unroll(cell, XS)
    for view in ("steps", "rolled"):
        assert mg.draw(outputs, view=view).dot
    mg.draw(outputs.sum(), view="steps", ledger=bptt.ledger(outputs.sum(), cell))
    assert "tanh" in rnn.draw_cell(cell).dot


# -- taken apart


def started(cell):
    """A first state on the graph, and the states behind it."""
    first = cell.as_state(None, B)
    rng = np.random.default_rng(2)
    leaves = [
        mg.tensor(rng.normal(size=p.shape), requires_grad=True)
        if isinstance(p, mg.Tensor) and p.dtype.kind == "f" else p
        for p in unpack(first)
    ]
    first = rnn.cells.state.repacked(leaves, first)
    return [first, *(state for _, state in rnn.steps(cell, XS, first))]


@every_cell
def test_jacobians_obey_the_chain_rule(make):
    """∂s_3/∂s_1 = ∂s_3/∂s_2 · ∂s_2/∂s_1 for whole states, and named parts are their blocks."""
    states = started(made(make).eval())
    one, two, both = (
        bptt.jacobian(states[t], states[s]).matrix for t, s in ((3, 2), (2, 1), (3, 1))
    )
    agree([one @ two], [both])
    assert bptt.norms(states[-1], states[1:]).values.shape == (T,)
    assert bptt.norms((unpack(states[-1])[0] * 1.0).sum(), states[1:]).rate > 0


def test_jacobians_between_parts():
    """The block of a whole Jacobian, by the names of rows and columns: against differences."""
    cell = made(FastWeights)
    states = started(cell)
    whole = bptt.jacobian(states[2], states[1])
    block = bptt.jacobian(states[2], states[1], of="A", by="h")
    assert (whole.shape, block.shape) == ((B, 12, 12), (B, 9, 3))
    agree([block.matrix], [whole.matrix[:, 3:, :3]])
    agree([bptt.jacobian(states[2], states[1], of="A", by="h", full=True).matrix[0, :, 0]],
         [block.matrix[0]])
    assert repr(block).startswith("Jacobian ∂A_2/∂h_1: shape (2, 9, 3)")

    def after(h):
        state = {"h": mg.tensor(h), "A": states[1]["A"].detach()}
        return cell(XS[1], state)[1]["A"].numpy().reshape(B, -1)

    h, eps = states[1]["h"].detach().numpy(), 1e-6
    for j in range(H):
        step = np.zeros_like(h)
        step[:, j] = eps
        wanted = (after(h + step) - after(h - step)) / (2 * eps)
        np.testing.assert_allclose(block.matrix[:, :, j], wanted, atol=1e-8)
    with pytest.raises(ValueError, match=r"jacobian\(by='c'\): the parts of h_s are h, A"):
        bptt.jacobian(states[2], states[1], by="c")


def test_the_other_parts_are_held():
    """∂(h, c)_3/∂c_1 of an LSTM is a block of ∂(h, c)_3/∂(h, c)_1, h_1 held: not what c_1 alone has
    by way of h_1 too."""
    states = [state for _, state in rnn.steps(made(rnn.LSTMCell), XS)]
    whole, by_c = bptt.jacobian(states[2], states[0]), bptt.jacobian(states[2], states[0], by="c")
    agree([by_c.matrix], [whole.matrix[:, :, H:]])
    assert not np.allclose(by_c.matrix, bptt.jacobian(states[2], states[0][1]).matrix)


def test_a_part_that_is_constant_is_named_only_where_it_is_asked_for():
    """A_1 is made of h_0 = 0, a constant: as a column it has no derivative that a graph knows."""
    states = [state for _, state in rnn.steps(made(FastWeights), XS)]
    assert bptt.jacobian(states[2], states[0], by="h").shape == (B, 12, 3)
    with pytest.raises(mg.errors.GradientError, match="does not require grad"):
        bptt.jacobian(states[2], states[0])


def test_generation_with_it():
    """A model that writes from such a state."""
    found = rnn.generate(
        rnn.Recurrent(made(FastWeights)), rnn.Readout(H, K, dtype=float), np.zeros((B, K)),
        steps=3, feed=lambda y: y,
    )
    assert found.outputs.shape == (3, B, K)
    assert set(found.state) == {"h", "A"}


# -- a generator in the state


def test_a_state_with_a_generator_is_a_value():
    """From the same state the same is drawn, though the state says what was drawn before."""
    cell = made(Sampling)
    _, state = cell(XS[0])
    place = state["rng"].bit_generator.state
    agree([cell(XS[1], state)[0].numpy()], [cell(XS[1], state)[0].numpy()])
    assert state["rng"].bit_generator.state == place
    layer = rnn.Recurrent(cell)
    for how in ("unroll", "scan", "checkpoint"):
        found = [layer(XS, state, how=how)[0].numpy() for _ in range(2)]
        agree(found[:1], found[1:])
    assert (layer(XS)[0].numpy() != layer(XS)[0].numpy()).any()    # each from where the last ended


def test_scan_takes_a_generator():
    """mg.scan with a generator in the state draws as the loop does, and leaves the one given."""
    def step(x, state):
        h, rng = state
        h = h * 0.5 + x + rng.normal(size=h.shape)
        return h, (h, rng)

    given = np.random.default_rng(0)
    found = {}
    for how in ("unroll", "scan", "checkpoint"):
        found[how], (_, after) = mg.scan(step, (np.zeros(2), given), np.ones((5, 2)), how=how)
        assert after is not given
    agree([found["scan"].numpy(), found["checkpoint"].numpy()], [found["unroll"].numpy()] * 2)
    with pytest.raises(TypeError, match=r"returned Generator.* as state 1; wanted the generator"):
        mg.scan(lambda x, s: (x, (s[0], np.random.default_rng(1))), (0.0, given), np.ones(3))
