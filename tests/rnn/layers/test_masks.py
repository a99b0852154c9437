"""Masks with holes, layers in reverse, merging: what a plain NumPy layer gives, and the laws of
layers with all of it at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import check_grads
from rnn import (
    GRU,
    LSTM,
    RNN,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    SkipCell,
    ZoneoutCell,
    bptt,
    generate,
    last,
)
from rnn.cells.state import unpack
from rnn.layers.stack import MERGES
from tests.support import plain_layers
from tests.support.running import B, H, K, T, every_layer, sequence

CELLS = {
    "elman": lambda width, rng: ElmanCell(width, H, dtype=float, rng=rng),
    "lstm": lambda width, rng: LSTMCell(width, H, dtype=float, rng=rng),
    "gru": lambda width, rng: GRUCell(width, H, dtype=float, rng=rng),
    "peephole": lambda width, rng: PeepholeLSTMCell(width, H, dtype=float, rng=rng),
    "projected": lambda width, rng: ProjectedLSTMCell(width, H, 3, dtype=float, rng=rng),
    "skip": lambda width, rng: SkipCell(GRUCell(width, H, dtype=float, rng=rng), 2),
    "zoneout": lambda width, rng: ZoneoutCell(LSTMCell(width, H, dtype=float, rng=rng), 0.2).eval(),
}
HOLES = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], bool)    # (T, B)


def make_layer(kind, layers=1, directions="forward", **options):
    rng = np.random.default_rng(0)
    if directions == "reverse":
        options["reverse"] = True
    elif directions != "forward":
        options |= {"bidirectional": True, "merge": directions}
    return Recurrent(
        lambda width: CELLS[kind](width, rng), input_size=K, num_layers=layers, **options
    )


def outputs_of(found):
    return list(found) if isinstance(found, tuple) else [found]


def by_cell(layer, state):
    """The parts of the last state of each cell, of a stacked one."""
    return [unpack(one) for one in layer.split_state(state, B)]


@given(
    kind=st.sampled_from(sorted(CELLS)), layers=st.integers(1, 2),
    directions=st.sampled_from(["forward", "reverse", *MERGES]), batch_first=st.booleans(),
    mask=st.none() | st.lists(st.booleans(), min_size=T * B, max_size=T * B),
    zero=st.booleans(), lengths=st.none() | st.lists(st.integers(0, T), min_size=B, max_size=B),
    started=st.booleans(),
)
def test_layers_in_plain_numpy(kind, layers, directions, batch_first, mask, zero, lengths, started):
    """Every kind of cell, stacked, forward, in reverse and both ways merged in each way, with
    masks, lengths and states: outputs and last states are those of loops over single sequences,
    whatever stands at steps that are masked."""
    layers = 1 if directions is None else layers
    layer = make_layer(kind, layers, directions, batch_first=batch_first)
    mask = None if mask is None else np.reshape(mask, (T, B))
    xs, rng = sequence(), np.random.default_rng(1)
    states = given_state = None
    if started:
        states = [
            [rng.normal(size=(B, n)) for n in cell.state_sizes.values()]
            for row in layer.cells for cell in row
        ]
        given_state = layer.join_states(
            [mg.tensor(s[0]) if len(s) == 1 else tuple(map(mg.tensor, s)) for s in states]
        )
    wanted, wanted_last = plain_layers.run(layer, xs, states, lengths, mask, zero)
    dirty = xs.copy()
    if mask is not None:
        dirty[~mask] = np.nan
    options = {} if mask is None else {
        "mask": mask.T if batch_first else mask, "zero_output_for_mask": zero
    }
    found, state = layer(
        dirty.swapaxes(0, 1) if batch_first else dirty, given_state, lengths, **options
    )
    for ours, theirs in zip(outputs_of(found), outputs_of(wanted), strict=True):
        ours = ours.numpy().swapaxes(0, 1) if batch_first else ours.numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(by_cell(layer, state), wanted_last, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.numpy(), b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("directions", ["forward", "reverse", "concat", "ave"])
@every_layer
def test_masked_steps_reach_nothing(make, directions):
    """NaN at masked steps reaches no output and no gradient; gradients are those of the sequences
    with these steps taken out."""
    options = {"reverse": True} if directions == "reverse" else {}
    if directions not in ("forward", "reverse"):
        options = {"bidirectional": True, "merge": directions}
    layer = make(K, H, 2, dtype=float, rng=0, **options)
    xs = sequence()
    dirty = xs.copy()
    dirty[~HOLES] = np.nan
    x = mg.tensor(dirty, requires_grad=True)
    ys, state = layer(x, mask=HOLES, zero_output_for_mask=True)
    (ys**2).sum().backward()
    found = [p.grad.numpy() for p in layer.parameters()]
    assert np.isfinite(x.grad.numpy()).all()
    assert not x.grad.numpy()[~HOLES].any()
    layer.zero_grad()
    for b in range(B):
        if HOLES[:, b].any():
            alone, ends = layer(xs[HOLES[:, b], b : b + 1])
            np.testing.assert_allclose(ys.numpy()[HOLES[:, b], b], alone.numpy()[:, 0], atol=1e-12)
            for part, end in zip(unpack(state), unpack(ends), strict=True):
                np.testing.assert_allclose(part.numpy()[:, b], end.numpy()[:, 0], atol=1e-12)
            (alone**2).sum().backward()
    for p, g in zip(layer.parameters(), found, strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_a_mask_without_holes_is_lengths():
    """True up to each one's end, with outputs of 0 at masked steps: exactly what lengths give."""
    lengths = np.array([3, 0, T])
    mask = np.arange(T)[:, None] < lengths
    for options in ({}, {"bidirectional": True}, {"reverse": True}):
        layer = LSTM(K, H, 2, rng=0, **options)
        ys, (h, c) = layer(sequence(), lengths=lengths)
        zs, (g, d) = layer(sequence(), mask=mask, zero_output_for_mask=True)
        for a, b in ((ys, zs), (h, g), (c, d)):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    ys, _ = layer(sequence(), mask=np.ones((T, B), bool))
    np.testing.assert_array_equal(ys.numpy(), layer(sequence())[0].numpy())


def test_held_outputs_carry_the_gradient():
    """An output that is repeated at masked steps has the gradient of all its places."""
    layer = GRU(K, H, dtype=float, rng=0)
    mask = np.array([[True], [False], [False], [True], [False]])
    xs = sequence(T, 1, K)
    ys, _ = layer(xs, mask=mask)
    np.testing.assert_array_equal(ys.numpy()[1], ys.numpy()[0])
    np.testing.assert_array_equal(ys.numpy()[4], ys.numpy()[3])
    ys.sum().backward()
    found = [p.grad.numpy() for p in layer.parameters()]
    layer.zero_grad()
    ys, _ = layer(xs[mask[:, 0]])
    (ys * np.array([3.0, 2.0])[:, None, None]).sum().backward()
    for p, g in zip(layer.parameters(), found, strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("directions", ["forward", "reverse", "concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_derivatives(kind, directions):
    """First and second derivatives in inputs and weights agree with differences, with holes, held
    outputs and lengths."""
    layer = make_layer(kind, 1 if directions is None else 2, directions)
    names = [name for name, _ in layer.named_parameters()][:2]
    params = dict(layer.named_parameters())

    def f(xs, *weights):
        before = {n: (params[n]._data, params[n]._node) for n in names}
        try:
            for n, w in zip(names, weights, strict=True):
                params[n]._data, params[n]._node = w._data, w._node
            ys, state = layer(xs, lengths=[T, 4, 2], mask=HOLES)
            sides = outputs_of(ys)
            return (*sides, *unpack(state))
        finally:
            for n, (data, node) in before.items():
                params[n]._data, params[n]._node = data, node

    check_grads(f, sequence(), *(params[n].numpy() for n in names), full=0, directions=1)


@every_layer
def test_checkpointed(make):
    """Recomputed in the backward pass: the same bits."""
    layer = make(K, H, 2, bidirectional=True, merge="ave", dtype=float, rng=0)

    def run(xs):
        return layer(xs, lengths=[T, 2, 4], mask=HOLES)[0]

    found = []
    for function in (run, lambda xs: mg.checkpoint(run, xs)):
        layer.zero_grad()
        x = mg.tensor(sequence(), requires_grad=True)
        (function(x) ** 2).sum().backward()
        found.append([x.grad.numpy(), *(p.grad.numpy() for p in layer.parameters())])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("directions", ["forward", "reverse", "ave"])
def test_the_ledger(directions):
    """The gradient by step adds up to the whole, and a step that is nobody's has no part in it."""
    layer = make_layer("lstm", 2, directions)
    mask = HOLES.copy()
    mask[2] = False
    loss = (layer(sequence(), mask=mask)[0] ** 2).sum()
    ledger = bptt.ledger(loss, layer)
    totals = {name: ledger.total(name) for name, _ in layer.named_parameters()}
    assert 3 not in ledger.steps
    loss.backward()
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(totals[name], p.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_dropout_and_zoneout_in_training():
    """In training with masks: the same seeds give the same numbers, held outputs repeat them, and
    masked steps keep the state."""
    for wrap in (lambda c: DropoutCell(c, hidden=0.5, rng=3), lambda c: ZoneoutCell(c, 0.5, rng=3)):
        results = []
        for filling in (0.0, np.nan):
            layer = Recurrent(wrap(GRUCell(K, H, rng=0)))
            xs = sequence()
            xs[~HOLES] = filling
            results.append(layer(xs, mask=HOLES)[0].numpy())
        np.testing.assert_array_equal(*results)
        for t in range(1, T):
            held = ~HOLES[t]
            np.testing.assert_array_equal(results[0][t, held], results[0][t - 1, held])


# -- in reverse


@given(
    kind=st.sampled_from(sorted(CELLS)), layers=st.integers(1, 3), batch_first=st.booleans(),
    lengths=st.none() | st.lists(st.integers(0, T), min_size=B, max_size=B),
)
def test_reverse_is_forward_on_the_reversed_sequence(kind, layers, batch_first, lengths):
    """A layer in reverse is the layer on sequences turned around within their lengths, with the
    outputs turned back; its last state is the same."""
    layer = make_layer(kind, layers, "reverse", batch_first=batch_first)
    plain = Recurrent([row[0] for row in layer.cells])
    xs = sequence()
    ends = np.full(B, T) if lengths is None else np.array(lengths)

    def turned(values):
        values = values.copy()
        for b, n in enumerate(ends):
            values[:n, b] = values[:n, b][::-1]
        return values

    found, state = layer(xs.swapaxes(0, 1) if batch_first else xs, lengths=lengths)
    wanted, wanted_state = plain(turned(xs), lengths=lengths)
    ours = found.numpy().swapaxes(0, 1) if batch_first else found.numpy()
    np.testing.assert_allclose(ours, turned(wanted.numpy()), rtol=1e-12, atol=1e-14)
    for a, b in zip(by_cell(layer, state), by_cell(plain, wanted_state), strict=True):
        for one, two in zip(a, b, strict=True):
            np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-12, atol=1e-14)


@every_layer
def test_reverse_is_half_of_bidirectional(make):
    """With the weights of the reverse cell, its half of the outputs and of the states."""
    both, reverse = (make(K, H, rng=0, **o) for o in ({"bidirectional": True}, {"reverse": True}))
    for p, q in zip(reverse.parameters(), both.cells[0][1].parameters(), strict=True):
        p.data = q.data
    ys, state = both(sequence(), lengths=[T, 1, 3])
    zs, last_state = reverse(sequence(), lengths=[T, 1, 3])
    np.testing.assert_array_equal(zs.numpy(), ys.numpy()[..., H:])
    for a, b in zip(unpack(last_state), unpack(state), strict=True):
        np.testing.assert_array_equal(a.numpy()[0], b.numpy()[1])
    np.testing.assert_array_equal(last(zs, reverse=True).numpy(), zs.numpy()[0])
    np.testing.assert_array_equal(last(zs, [T, 1, 3], reverse=True).numpy(),
                                  unpack(last_state)[0].numpy()[0])


def test_steps_in_reverse_know_their_place():
    """The scope of the step that reads x_t is t, whichever way the layer runs."""
    layer = GRU(K, H, reverse=True)
    _, _, ((*_, first_run),) = layer(sequence(), return_states=True)
    steps = {node.scope.step for node in mg.Tape(first_run.sum()) if node.op and node.scope}
    assert steps == {T}
    assert "reverse" in repr(layer)


@pytest.mark.parametrize("make", [
    lambda: GRU(K, H, reverse=True), lambda: GRU(K, H, 2, bidirectional=True)], ids=["one", "two"])
def test_what_reads_from_the_end_cannot_go_step_by_step(make):
    """step() and generate() of it are refused."""
    layer = make()
    states = layer.split_state(None, B)
    with pytest.raises(ValueError, match="begins at the end of a sequence"):
        layer.step(sequence()[0], states)
    with pytest.raises(ValueError, match="begins at the end of a sequence"):
        generate(layer, lambda y: y, sequence()[0], steps=2)


# -- merging


@pytest.mark.parametrize("lengths", [None, [T, 2, 0]], ids=str)
@every_layer
def test_merging(make, lengths):
    """Each merge of the same weights is that of the two outputs which merge=None gives."""
    layers = {merge: make(K, H, bidirectional=True, merge=merge, rng=0) for merge in MERGES}
    forward, reverse = layers[None](sequence(), lengths=lengths)[0]
    assert forward.shape == reverse.shape == (T, B, H)
    for merge, layer in layers.items():
        wanted = plain_layers.merged(merge, forward.numpy(), reverse.numpy())
        found = layer(sequence(), lengths=lengths)[0]
        for a, b in zip(outputs_of(found), outputs_of(wanted), strict=True):
            np.testing.assert_allclose(a.numpy(), b, rtol=1e-6)
        assert layer.output_size == (2 * H if merge == "concat" else H)


def test_two_outputs():
    """merge=None with batch_first: a pair (B, T, H), and each has gradients of its own cell."""
    layer = LSTM(K, H, bidirectional=True, merge=None, batch_first=True, rng=0)
    forward, reverse = layer(sequence().swapaxes(0, 1))[0]
    assert forward.shape == reverse.shape == (B, T, H)
    forward.sum().backward()
    here, there = layer.cells[0]
    assert here.W_hh.grad is not None
    assert there.W_hh.grad is None


# -- what does not fit


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"mask": np.ones((T, B), int)}, TypeError, r"LSTM: mask has dtype int64; wanted booleans"),
        ({"mask": np.ones((B, T), bool)}, ValueError,
         r"mask has shape \(3, 5\); wanted \(5, 3\), that is \(T, B\); the layer is time-major"),
        ({"mask": np.ones(T, bool)}, ValueError, r"mask has shape \(5,\); wanted \(5, 3\)"),
        ({"mask": [[True]]}, ValueError, r"shape \(1, 1\)"),
        ({"zero_output_for_mask": True}, ValueError, "there is no mask"),
        ({"mask": HOLES, "zero_output_for_mask": 1}, TypeError, "zero_output_for_mask=1"),
        ({"mask": HOLES, "lengths": [1]}, ValueError, "received 1 lengths"),
    ],
)
def test_masks_that_do_not_fit(options, error, message):
    """Other dtypes and shapes, and words without their object."""
    with pytest.raises(error, match=message):
        LSTM(K, H)(sequence(), **options)


def test_masks_in_any_form():
    """Arrays, lists and Tensors; the caller's array may change afterwards; tokens may be anything
    at masked steps."""
    layer = RNN(K, H, rng=0)
    wanted = layer(sequence(), mask=HOLES)[0].numpy()
    for form in (list, mg.tensor, np.asfortranarray, lambda m: m.tolist()):
        np.testing.assert_array_equal(layer(sequence(), mask=form(HOLES))[0].numpy(), wanted)
    mask = HOLES.copy()
    ys, _ = layer(sequence(), mask=mask)
    mask[:] = True
    ys.sum().backward()
    tokens = np.where(HOLES, 1, -7)
    np.testing.assert_array_equal(layer(tokens, mask=HOLES)[0].numpy(),
                                  layer(np.where(HOLES, 1, 0), mask=HOLES)[0].numpy())
