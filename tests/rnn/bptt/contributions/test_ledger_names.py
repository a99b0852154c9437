"""What a ledger may be asked of and by which names: modules, lists, dicts, weights as keys."""

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, LSTM, ElmanCell, GRUCell, LSTMCell, Readout, Seq2Seq, each_step, unroll
from rnn.bptt import ledger

XS = np.random.default_rng(0).normal(size=(5, 2, 3))


@pytest.fixture(scope="module")
def translation():
    """Two recurrent modules, of which the second starts from the state of the first, a head that
    is used by step, and the loss of all."""
    encoder, decoder = (GRU(3, 4, dtype=float, rng=k) for k in (0, 1))
    head = Readout(4, 2, dtype=float, rng=2)
    _, state = encoder(XS)
    outputs, _ = decoder(XS[:3], state)
    loss = sum(each_step(lambda h: (head(h) ** 2).sum(), outputs))
    return encoder, decoder, head, loss


def test_names_of_several_modules(translation):
    """Keys stand before the names of modules; without them stands what each calls itself, and its
    place where two are called alike. All have the same terms."""
    encoder, decoder, head, loss = translation
    alone = ledger(loss, decoder)["cell.W_hh"]
    for params, name in (
        ({"enc": encoder, "dec": decoder, "out": head}, "dec.cell.W_hh"),
        ([encoder, decoder, head], "gru[1].cell.W_hh"),
        ([head, [encoder, [decoder]]], "gru[2].cell.W_hh"),
        ([head, decoder], "gru.cell.W_hh"),
        ({"nets": {"e": encoder, "d": (decoder, head)}}, "nets.d.gru.cell.W_hh"),
        ((module for module in (encoder, decoder)), "gru[1].cell.W_hh"),
        (dict(decoder.named_parameters()), "cell.W_hh"),
        ([encoder.cell.W_hh, decoder.cell.W_hh], "W_hh[1]"),
        (decoder.parameters(), "W_hh"),
    ):
        terms = ledger(loss, params)
        np.testing.assert_array_equal(terms[name][:3], alone)
        assert name in terms
        if isinstance(params, dict | list):
            np.testing.assert_array_equal(terms[decoder.cell.W_hh][:3], alone)


def test_gates_of_several_modules(translation):
    """The gates of each cell are known under the same names, brackets in them or not."""
    encoder, decoder, _, loss = translation
    columns = decoder.cell.gate("z").columns
    for params, name in (([encoder, decoder], "gru[1].cell"), ({"dec": decoder}, "dec.cell")):
        terms = ledger(loss, params)
        whole = terms[f"{name}.W_hh"]
        np.testing.assert_array_equal(terms[f"{name}.W_hh[z]"], whole[..., columns])
        np.testing.assert_array_equal(terms[decoder.cell.W_hh, "z"], whole[..., columns])
        np.testing.assert_array_equal(terms[f"{name}.W_hh", "z"], whole[..., columns])


def test_a_weight_is_a_key():
    """Everywhere where a name may stand: it is found by what it is, not by its values or name."""
    cell, twin = (LSTMCell(3, 4, dtype=float, rng=0) for _ in range(2))
    loss = (unroll(cell, XS)[0] ** 2).sum()
    terms = ledger(loss, [cell, twin])
    for read in (terms.__getitem__, terms.norms, terms.total, terms.outside):
        np.testing.assert_array_equal(read(cell.W_hh), read("lstm[0].W_hh"))
    assert terms.steps_of(cell.W_hh) == (1, 2, 3, 4, 5)
    assert terms.steps_of(twin.W_hh) == ()
    assert not terms[twin.W_hh].any()
    assert cell.W_xh in terms
    other = mg.tensor(np.ones((4, 16)), requires_grad=True, name="W_hh")
    assert other not in terms
    with pytest.raises(KeyError, match=r"a Tensor W_hh of shape \(4, 16\).*its weights are lstm"):
        terms[other]


def test_the_end_of_a_name():
    """It is enough where no other ends so; else all that do are named."""
    layer = LSTM(3, 4, num_layers=2, dtype=float, rng=0)
    terms = ledger((layer(XS)[0] ** 2).sum(), {"net": layer})
    np.testing.assert_array_equal(terms["1.W_hh[f]"], terms["net.layers.1.W_hh[f]"])
    with pytest.raises(KeyError, match=r"net.layers.0.W_hh, net.layers.1.W_hh; name one of them"):
        terms["W_hh"]
    assert "W_hh" not in terms
    assert "_hh" not in terms
    assert 3 not in terms


def test_tied_weights_are_counted_once():
    """A weight of two modules has one entry, under its first name, with the uses of both."""
    first, second = (ElmanCell(3, 3, dtype=float, rng=k) for k in range(2))
    second.W_hh = first.W_hh
    outputs, _ = unroll(first, XS)
    loss = (unroll(second, outputs, name="b")[0] ** 2).sum()
    terms = ledger(loss, {"a": first, "b": second})
    assert [name for name in terms if name.endswith("W_hh")] == ["a.W_hh"]
    loss.backward()
    np.testing.assert_allclose(terms.total("a.W_hh"), first.W_hh.grad.numpy(), 1e-12)


def test_terms_add_up_exactly():
    """Where no sum is rounded, of whole numbers, Σ_t G_t + what is outside is the gradient to the
    last bit."""
    cell = ElmanCell(2, 3, nonlinearity="identity", dtype=float, rng=0)
    rng = np.random.default_rng(0)
    for name in ("W_xh", "W_hh", "b_h"):
        old = getattr(cell, name)
        old.data = rng.integers(-2, 3, size=old.shape).astype(float)
    outputs, _ = unroll(cell, rng.integers(-3, 4, size=(4, 2, 2)).astype(float))
    loss = (outputs**2).sum() + (cell.W_hh * 3.0).sum()
    terms = ledger(loss, cell)
    loss.backward()
    for name, parameter in cell.named_parameters():
        np.testing.assert_array_equal(terms.total(name), parameter.grad.numpy())
    assert (terms.outside(cell.W_hh) == 3).all()


def test_layers(translation):
    """Each layer has a ledger of its own weights, gates and steps, both directions in one; norms
    of all weights together are the root of the sum of squares."""
    *_, loss = translation
    encoder, decoder, head, _ = translation
    layers = ledger(loss, {"enc": encoder, "dec": decoder, "head": head}).by_layer()
    assert list(layers) == ["enc.cell", "dec.cell", "head"]
    assert [layer.steps for layer in layers.values()] == [(1, 2, 3, 4, 5), (1, 2, 3), (1, 2, 3)]
    assert layers["dec.cell"].gates["W_hh"] == ("r", "z", "n")
    squares = sum(layers["head"].norms(name) ** 2 for name in layers["head"])
    np.testing.assert_allclose(layers["head"].norms() ** 2, squares, rtol=1e-12)

    stack = LSTM(3, 4, num_layers=2, bidirectional=True, dtype=float, rng=0)
    layers = ledger((stack(XS)[0] ** 2).sum(), stack).by_layer()
    assert list(layers) == ["layers.0", "layers.1"]
    assert list(layers["layers.1"])[2:5] == ["b_h", "reverse.W_xh", "reverse.W_hh"]
    cell = stack.cells[1][1]
    assert layers["layers.1"]["reverse.W_hh[f]"].shape == (5, 4, 4)
    np.testing.assert_array_equal(layers["layers.1"][cell.W_hh], layers["layers.1"]["reverse.W_hh"])
    assert list(ledger(unroll(GRUCell(3, 4), XS)[0].sum(), GRUCell(3, 4)).by_layer()) == [""]


def test_what_is_outside_of_the_steps_is_named():
    """The table says by which ops, and shows no largest term of a step that there is not; without
    any step it says why."""
    cell, W = ElmanCell(3, 4, dtype=float, rng=0), mg.Parameter(np.ones((4, 1)), name="W_hy")
    unused = mg.Parameter(np.ones(2), name="v")
    outputs, _ = unroll(cell, XS)
    with mg.scope("head"):
        loss = ((outputs @ W) ** 2).sum() + (W * 2.0).sum()
    terms = ledger(loss, [cell, W, unused])
    assert terms.outside_uses(W) == ("head/matmul", "head/multiply")
    lines = repr(terms).splitlines()
    assert lines[1].endswith("outside of the steps")
    outside = f"{np.linalg.norm(terms.outside(W)):.4g}"
    assert lines[-2].split()[2:] == [outside, "by", "head/matmul,", "head/multiply"]
    assert lines[-1].endswith("not on the graph")
    alone = ledger(loss, W)
    assert "no use of a weight was recorded under a time step; label the steps" in repr(alone)
    with pytest.raises(ValueError, match=r"there are no steps: .* `with minigrad.scope\(name"):
        alone.plot()


def test_many_weights_with_long_names_print_in_100_columns():
    """Of more than 60 the first and the last, and how many there are between; names keep their
    ends, and the columns stand below each other."""
    weights = [mg.Parameter(np.ones(2), name=f"{'deep.' * 12}W_{k}") for k in range(70)]
    loss = 0
    for t in (1, 2):
        with mg.scope("rnn", t=t):
            loss = loss + sum((w * w).sum() for w in weights[:69])
    lines = repr(ledger(loss, weights)).splitlines()
    assert len(lines) == 2 + 61
    assert lines[32] == "… and 10 more"
    assert max(map(len, lines)) <= 100
    assert lines[2].split()[0] == "…" + ("deep." * 12 + "W_0")[-39:]
    assert len({line.index(" at t=") for line in lines if " at t=" in line}) == 1
    assert "W_69 " in lines[-1]


def test_checkpointed_and_scanned_runs():
    """They have the ledger of an unrolled run: the same names, steps and terms."""
    found = {}
    for how in ("unroll", "scan", "checkpoint"):
        model = Seq2Seq(
            GRU(7, 4, how=how, dtype=float, rng=0), GRU(5, 4, how=how, dtype=float, rng=1),
            Readout(4, 5, dtype=float, rng=2), start=4, rng=0,
        )
        tokens = np.random.default_rng(0).integers(0, 4, size=(6, 2))
        found[how] = ledger((model(tokens, tokens[:4]) ** 2).sum(), model)
    for how in ("scan", "checkpoint"):
        assert list(found[how]) == list(found["unroll"])
        for name in found[how]:
            assert found[how].steps_of(name) == found["unroll"].steps_of(name)
            np.testing.assert_allclose(found[how][name], found["unroll"][name], 1e-10, 1e-14)


def test_modules_without_weights_teach():
    """None at all, and none that is trained, are told apart; beside others both are left out."""
    cell = ElmanCell(3, 4, dtype=float, rng=0)
    loss = unroll(cell, XS)[0].sum()
    with pytest.raises(ValueError, match=r"ledger\(params\): Module has no parameters; a Module"):
        ledger(loss, mg.Module())
    frozen = ElmanCell(3, 4, rng=0).requires_grad_(False)
    with pytest.raises(ValueError, match="ElmanCell has parameters, and none is trained"):
        ledger(loss, [frozen])
    assert list(ledger(loss, [mg.Module(), frozen, cell])) == [
        "rnn[2].W_xh", "rnn[2].W_hh", "rnn[2].b_h"
    ]
    for wrong, said in ((ElmanCell, "received the class ElmanCell"), (3, "received int"),
                        ("W_hh", "received str"), ([cell, None], "received NoneType")):
        with pytest.raises(TypeError, match=said):
            ledger(loss, wrong)


def test_the_picture_of_two_modules_of_one_kind():
    """Drawn with the ledger of both, each weight has its own terms, though their names end alike:
    the picture is that of ``ledger=True``."""
    enc, dec = (ElmanCell(3, 2, dtype=float, rng=k) for k in range(2))
    _, state = unroll(enc, XS[:3], name="enc")
    loss = (unroll(dec, XS[:2], state, name="dec")[0] ** 2).sum()
    for params in ({"enc": enc, "dec": dec}, [enc, dec]):
        assert mg.draw(loss, ledger=ledger(loss, params)).dot == mg.draw(loss, ledger=True).dot
