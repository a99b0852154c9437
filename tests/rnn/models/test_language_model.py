"""LanguageModel: the cells by name, embedding, tied weights, dropout, and what is refused."""

import numpy as np
import pytest

from rnn import LanguageModel, LSTMCell, unroll
from rnn.models.language_model import CELLS, WRAPPERS

TOKENS = np.array([[0, 4], [1, 1], [3, 2]])


def test_it_is_a_cell_and_an_affine_head():
    """Written out: one-hot tokens, the cell, h W_hy + b_y, in the order of the draws."""
    model = LanguageModel(5, 3, rng=0)
    rng = np.random.default_rng(0)
    cell = LSTMCell(5, 3, forget_bias=1.0, rng=rng)
    W = rng.uniform(-1 / np.sqrt(3), 1 / np.sqrt(3), (3, 5)).astype(np.float32)
    h, (last, _) = unroll(cell, TOKENS)
    logits, (found, _) = model(TOKENS)
    np.testing.assert_allclose(logits.numpy(), h.numpy() @ W, rtol=1e-6)
    np.testing.assert_allclose(found.numpy()[0], last.numpy(), rtol=1e-6)


@pytest.mark.parametrize("how", ["unroll", "scan"])
@pytest.mark.parametrize("cell", [*CELLS, *(f"{word}+gru" for word in WRAPPERS)])
def test_every_cell_goes_on_from_its_state(cell, how):
    """In pieces, with the state carried, the logits are those of the whole."""
    model = LanguageModel(5, 4, cell=cell, layers=2, embedding=4, rng=1).eval()
    whole, _ = model(TOKENS, how=how)
    first, state = model(TOKENS[:1], how=how)
    rest, _ = model(TOKENS[1:], state, how=how)
    found = np.concatenate([first.numpy(), rest.numpy()])
    np.testing.assert_allclose(found, whole.numpy(), rtol=1e-5, atol=1e-6)


def test_all_cells_of_the_package_have_a_name():
    """A cell that is published, and is no wrapper, can be chosen."""
    import rnn.cells
    from rnn.cells import Cell, Wrapper
    from rnn.cells import __all__ as names

    made = {getattr(rnn.cells, name) for name in names if name.endswith("Cell")}
    cells = {c for c in made if c is not Cell and not issubclass(c, Wrapper)}
    assert cells == set(CELLS.values())


def test_tied_weights_are_one_parameter():
    """Embedding and head are one matrix, whose gradient is the sum of both uses."""
    model = LanguageModel(5, 3, tie=True, dtype=float, rng=0)
    assert [name for name, _ in model.named_parameters() if "layer" not in name] == [
        "embedding", "b_y"]
    logits, _ = model(TOKENS)
    h = model.layer(model.embedded(TOKENS))[0].numpy()
    np.testing.assert_allclose(logits.numpy(), h @ model.embedding.numpy().T)
    assert LanguageModel(5, 6, cell="projected", tie=True).embedding.shape == (5, 3)


def test_dropout_is_for_training_alone():
    """In evaluation all is kept; in training embedding and outputs are dropped too."""
    model = LanguageModel(5, 8, embedding=8, dropout=0.5, rng=0)
    assert (model.embedded(TOKENS).numpy() == 0).mean() > 0.2
    one, other = model(TOKENS)[0].numpy(), model(TOKENS)[0].numpy()
    assert not np.array_equal(one, other)
    model.eval()
    np.testing.assert_array_equal(model(TOKENS)[0].numpy(), model(TOKENS)[0].numpy())


@pytest.mark.parametrize("options", [{}, {"tie": True, "cell": "gru"}, {"layers": 2}])
def test_arguments_make_it_again(options):
    """What it says it was made with makes one with the same parameters."""
    model = LanguageModel(5, 3, **options)
    again = LanguageModel(**model.arguments)
    again.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(model(TOKENS)[0].numpy(), again(TOKENS)[0].numpy())


WRONG = [
    ({"size": 0}, "size"), ({"hidden": 0}, "hidden"), ({"cell": "lsmt"}, "wanted one of elman"),
    ({"cell": "zone+lstm"}, "before it may stand"), ({"cell": 3}, "wanted one of"),
    ({"layers": 0}, "layers"), ({"embedding": -1}, "embedding"), ({"dropout": 1.0}, "dropout"),
    ({"tie": True, "embedding": 2}, "tied embedding is as wide"), ({"dtype": int}, "dtype|float"),
    ({"cell": "residual+gru", "hidden": 5}, "pass embedding="),
]


@pytest.mark.parametrize("options, message", WRONG)
def test_what_cannot_be(options, message):
    """Each argument is refused by name."""
    with pytest.raises((TypeError, ValueError), match=message):
        LanguageModel(**{"size": 5, "hidden": 3, **options})
