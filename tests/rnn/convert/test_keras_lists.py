"""Flat lists of Keras' arrays: what the shapes can say is read, what they cannot is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.convert import from_keras
from tests.support.stacks import assert_same_weights

G = {"rnn": 1, "lstm": 4, "gru": 3}


def arrays(kind, K, H, biased, reset_after=True, seed=0):
    """The arrays of one layer in one direction, as get_weights() lists them."""
    rng = np.random.default_rng(seed)
    width = G[kind] * H
    bias = (2, width) if kind == "gru" and reset_after else (width,)
    shapes = [(K, width), (H, width), *([bias] if biased else [])]
    return [rng.normal(size=shape) for shape in shapes]


def model(kind, widths, directions, biased, reset_after):
    """The arrays of stacked layers, one list for each layer."""
    layers, K = [], widths[0]
    for n, H in enumerate(widths[1:]):
        layers.append([
            a for d in range(directions)
            for a in arrays(kind, K, H, biased, reset_after, seed=10 * n + d)
        ])
        K = H * directions
    return layers


@given(
    st.sampled_from(sorted(G)), st.lists(st.integers(1, 4), min_size=2, max_size=5),
    st.integers(1, 2), st.booleans(), st.booleans(),
)
def test_a_flat_list_is_its_layers_or_refused(kind, widths, directions, biased, reset_after):
    """``model.get_weights()`` is read as the nested list of its layers, or refused; never as
    something else. Where the direction is told, only a bias can still be doubtful."""
    layers = model(kind, widths, directions, biased, reset_after)
    flat = [array for layer in layers for array in layer]
    options = {"reset_after": reset_after} if kind == "gru" else {}
    wanted = from_keras(layers, **options)
    for told in ({}, {"bidirectional": directions == 2}):
        try:
            found, refused = from_keras(flat, **options, **told), ""
        except ValueError as error:
            refused = str(error)
        if refused:
            assert "nothing tells which" in refused
            assert not told or kind == "gru"
        else:
            assert_same_weights(found, wanted)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("kind", sorted(G))
def test_two_layers_or_two_directions(kind, biased):
    """Two layers with K = H have the shapes of a Bidirectional: both readings are named, and each
    way of saying which gives that one."""
    one, two = arrays(kind, 4, 4, biased), arrays(kind, 4, 4, biased, seed=1)
    options = {"reset_after": True} if kind == "gru" else {}
    word = "with" if biased else "without"
    message = (
        f"fit 2 layers {word} a bias, or 1 Bidirectional layer {word} a bias, and nothing tells "
        f"which; pass bidirectional=True or bidirectional=False, or nest the list"
    )
    with pytest.raises(ValueError, match=message):
        from_keras([*one, *two], **options)
    stacked = from_keras([*one, *two], bidirectional=False, **options)
    assert_same_weights(stacked, from_keras([one, two], **options))
    assert (len(stacked.layers), stacked.bidirectional) == (2, False)
    both = from_keras([*one, *two], bidirectional=True, **options)
    assert_same_weights(both, from_keras([[*one, *two]], **options))
    assert (len(both.layers), both.bidirectional) == (1, True)


def test_widths_tell():
    """Where K and H differ there is one reading, with layers of other widths too."""
    assert from_keras([*arrays("lstm", 5, 3, True), *arrays("lstm", 5, 3, True)]).bidirectional
    deep = from_keras([*arrays("lstm", 5, 3, True), *arrays("lstm", 3, 7, True)])
    assert [row[0].hidden_size for row in deep.layers] == [3, 7]
    deep = from_keras([*arrays("rnn", 5, 3, False)] + 4 * arrays("rnn", 3, 3, False))
    assert len(deep.layers) == 5


def test_a_bias_with_the_shape_of_a_kernel():
    """A GRU with H = K = 2 has a bias (2, 6) like its kernels: three layers or two."""
    flat = 3 * arrays("gru", 2, 2, False)
    with pytest.raises(ValueError, match="3 layers without a bias, or 2 layers with a bias"):
        from_keras(flat, reset_after=True, bidirectional=False)
    with pytest.raises(ValueError, match=r"\[w\[0:2\], w\[2:4\], w\[4:6\]\] or \[w\[0:3\], w\["):
        from_keras(flat, reset_after=True, bidirectional=False)
    assert len(from_keras([flat[:2], flat[2:4], flat[4:]], reset_after=True).layers) == 3
    assert len(from_keras([flat[:3], flat[3:]]).layers) == 2


def test_merged_directions_that_are_added():
    """What the directions are merged to is the width of the next layer's inputs."""
    one = arrays("lstm", 3, 3, True)
    with pytest.raises(ValueError, match=r"4 layers .* or 2 Bidirectional layers"):
        from_keras(4 * one, merge="sum")
    with pytest.raises(ValueError, match=r"fit 4 layers|received 12 arrays"):
        from_keras(4 * one, bidirectional=True)    # side by side the second would take 6
    assert len(from_keras(4 * one, bidirectional=True, merge="sum").layers) == 2


@pytest.mark.parametrize("given", [
    [arrays("lstm", 3, 3, True)], {"kernel": np.ones((3, 12)), "recurrent_kernel": np.ones((3, 12))}
], ids=["nested", "named"])
def test_directions_that_are_told_otherwise(given):
    """A nested list or a dictionary says how many directions there are; another word is refused."""
    with pytest.raises(ValueError, match=r"=True\): the layers given have 1 direction"):
        from_keras(given, bidirectional=True)


def test_paths_in_the_order_of_the_alphabet():
    """Numbered paths in another order, as from a file sorted by name, are refused where the shapes
    fit either way; where they fit one way only, the order given is held to them."""
    def named(numbers, widths):
        found = {}
        for n in numbers:
            for part, a in zip(("kernel", "recurrent_kernel"), arrays("rnn", *widths[n], False),
                               strict=True):
                found[f"m/simple_rnn_{n}/{part}"] = a
        return found

    square = {9: (3, 3), 10: (3, 3)}
    assert len(from_keras(named([9, 10], square)).layers) == 2
    with pytest.raises(ValueError, match=r"'m/simple_rnn_10/' and 'm/simple_rnn_9/', and by their"):
        from_keras(named([10, 9], square))
    with pytest.raises(ValueError, match="layer 1 takes inputs of width"):
        from_keras(named([10, 9], {9: (3, 2), 10: (2, 4)}))
