"""Words that NumPy and PyTorch share: the table says whose meaning a call has, and it has it."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.pytorch.words import WORDS, table

A = np.array([[3.0, -1.0, 2.0], [0.0, 5.0, -4.0]])

# What NumPy or PyTorch 2.13, whichever the row names, made of the call with x = A.
WANTED = {
    "x.flatten('F')": [3.0, 0.0, -1.0, 5.0, 2.0, -4.0],
    "x.flatten(0, 1)": [3.0, -1.0, 2.0, 0.0, 5.0, -4.0],
    "x.max(0)": [3.0, 5.0, 2.0],
    "x.max(axis=0, keepdims=True)": [[3.0, 5.0, 2.0]],
    "x.max(dim=0)": ([3.0, 5.0, 2.0], [0, 1, 0]),
    "x.max(0, True)": ([[3.0, 5.0, 2.0]], [[0, 1, 0]]),
    "x.min(0)": [0.0, -1.0, -4.0],
    "x.min(dim=0)": ([0.0, -1.0, -4.0], [1, 0, 1]),
    "x.median()": 0.0,
    "x.median(0)": ([0.0, -1.0, -4.0], [1, 0, 1]),
    "x.median(axis=0)": [1.5, 2.0, -1.0],
    "x.nanmedian(0)": ([0.0, -1.0, -4.0], [1, 0, 1]),
    "x.nonzero()": ([0, 0, 0, 1, 1], [0, 1, 2, 1, 2]),
    "x.nonzero(as_tuple=False)": [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2]],
    "x.norm(1)": 15.0,
    "x.norm(p=1)": 15.0,
    "x.norm(1, (0, 1))": 15.0,
    "x.norm(ord=1)": 6.0,
    "x.repeat(2, 1)": [[3.0, 3.0, -1.0, -1.0, 2.0, 2.0], [0.0, 0.0, 5.0, 5.0, -4.0, -4.0]],
    "x.repeat_interleave(2, 1)":
        [[3.0, 3.0, -1.0, -1.0, 2.0, 2.0], [0.0, 0.0, 5.0, 5.0, -4.0, -4.0]],
    "x.tile(2, 1)": [[3.0, -1.0, 2.0], [0.0, 5.0, -4.0], [3.0, -1.0, 2.0], [0.0, 5.0, -4.0]],
    "x.size": 6,
    "x.sort()": ([[-1.0, 2.0, 3.0], [-4.0, 0.0, 5.0]], [[1, 2, 0], [2, 0, 1]]),
    "x.split(2)": ([[3.0, -1.0, 2.0], [0.0, 5.0, -4.0]],),
    "x[:1].squeeze(0)": [3.0, -1.0, 2.0],
    "x.squeeze(dim=0)": [[3.0, -1.0, 2.0], [0.0, 5.0, -4.0]],
    "x.std(0)": [1.5, 3.0, 3.0],
    "x.std(0, ddof=1)": [2.12132, 4.242641, 4.242641],
    "x.std(dim=0)": [2.12132, 4.242641, 4.242641],
    "x.std(0, False)": [1.5, 3.0, 3.0],
    "x.transpose(0, 1)": [[3.0, -1.0, 2.0], [0.0, 5.0, -4.0]],
    "x.transpose(dim0=0, dim1=1)": [[3.0, 0.0], [-1.0, 5.0], [2.0, -4.0]],
    "x.var(0)": [2.25, 9.0, 9.0],
    "x.var(dim=0)": [4.5, 18.0, 18.0],
    "x.view(-1)": [3.0, -1.0, 2.0, 0.0, 5.0, -4.0],
}


def plain(result):
    if isinstance(result, tuple):
        return tuple(plain(part) for part in result)
    return plain_of_numpy(result.detach().numpy()) if isinstance(result, mg.Tensor) else result


@pytest.mark.parametrize("word", WORDS, ids=[word.call for word in WORDS])
def test_the_table(word):
    """Each row has the result that whose meaning it is gives, and its gradient flows."""
    x = mg.tensor(A, requires_grad=True)
    result = eval(word.call, {"x": x})
    assert plain(result) == WANTED[word.call]
    floats = [y for y in (result if isinstance(result, tuple) else (result,))
              if isinstance(y, mg.Tensor) and y.dtype.kind == "f"]
    assert all(y.requires_grad for y in floats)
    if word.whose == "NumPy" and hasattr(np.ndarray, word.call[2:].partition("(")[0]):
        np.testing.assert_equal(plain(result), plain_of_numpy(eval(word.call, {"x": A})))


def plain_of_numpy(result):
    if isinstance(result, tuple):
        return tuple(map(plain_of_numpy, result))
    return np.round(result, 6).tolist() if np.asarray(result).dtype != bool else result.tolist()


def test_the_table_is_complete():
    """Every row has its numbers, says whose, and is printed."""
    assert [word.call for word in WORDS] == list(WANTED)
    assert {word.whose for word in WORDS} == {"NumPy", "PyTorch"}
    assert len(table().splitlines()) == len(WORDS)


# name, what comes before the axis, and whether there is a keepdim
ALONG = [
    *[(name, (), True) for name in (
        "sum", "mean", "prod", "amax", "amin", "all", "any", "argmax", "argmin", "logsumexp",
        "count_nonzero", "nansum", "nanmean", "mode")],
    *[(name, (), False) for name in (
        "cumsum", "cumprod", "softmax", "log_softmax", "unsqueeze", "unbind", "flip", "argsort",
        "cummax", "cummin")],
    ("quantile", (0.3,), True), ("nanquantile", (0.3,), True), ("kthvalue", (2,), True),
    ("topk", (2,), False), ("roll", (1,), False), ("repeat_interleave", (2,), False),
    ("norm", (2,), False), ("diff", (1,), False), ("chunk", (2,), False), ("split", (2,), False),
    ("tensor_split", (2,), False), ("renorm", (2,), None),
]


@pytest.mark.parametrize("row", ALONG, ids=[row[0] for row in ALONG])
def test_words_of_both(row):
    """Where the meaning is one, dim= is axis= is the position, and keepdim= is keepdims=."""
    name, before, keeps = row
    x = mg.tensor(np.abs(A) + np.arange(6).reshape(2, 3) / 10)
    f = getattr(x, name)
    after = {"maxnorm": 1.0} if name == "renorm" else {}
    wanted = f(*before, -1, *after.values())
    for found in (f(*before, dim=-1, **after), f(*before, axis=-1, **after)):
        np.testing.assert_equal(plain(found), plain(wanted))
    if keeps:
        kept = f(*before, -1, keepdim=True)
        for found in (
            f(*before, -1, True), f(*before, dim=-1, keepdim=True), f(*before, -1, keepdims=True),
            f(*before, axis=-1, keepdims=True),
        ):
            np.testing.assert_equal(plain(found), plain(kept))
        kept = kept.values if isinstance(kept, tuple) else kept
        assert kept.shape == (2, 1)


def test_axes_in_a_list():
    """PyTorch's lists of axes, and its empty one, which means all."""
    x = mg.tensor(A)
    for name in ("sum", "mean", "prod", "amax", "amin", "logsumexp"):
        f = getattr(x, name)
        for dims in ([0, 1], (0, 1)):
            assert f(dims).item() == f(dim=dims).item() == pytest.approx(f().item())
        assert f(dim=()).item() == f(dim=[]).item() == f().item()
        assert f([0], True).shape == f(dim=[0], keepdim=True).shape == (1, 3)


@pytest.mark.parametrize(("call", "parts"), [
    (lambda x: x.std(dim=0, ddof=1), ("x.std(dim=, ddof=)", "'ddof'", "'dim'", "words of one")),
    (lambda x: x.max(dim=0, keepdims=True), ("x.max", "'keepdims'", "'dim'")),
    (lambda x: x.max(0, True, keepdims=True), ("x.max", "'keepdims'", "truth value")),
    (lambda x: x.norm(p=1, axis=0), ("x.norm", "'p'", "'axis'")),
    (lambda x: x.median(axis=0, keepdim=True), ("x.median", "'axis'", "'keepdim'")),
    (lambda x: x.sum(dim=0, axis=1), ("sum", "dim, axis", "give one")),
    (lambda x: x.topk(1, dim=0, axis=1), ("topk", "dim, axis", "give one")),
    (lambda x: x.sort(axis=0), ("x.sort(axis=)", "in place", "np.sort(x, axis=...)", "x.sort(dim")),
    (lambda x: x.sort(kind="stable"), ("x.sort(kind=)", "np.sort")),
    (lambda x: x.view(np.float32), ("x.view(shape)", "astype", "numpy().view")),
    (lambda x: x.view(dtype="f4"), ("x.view(shape)", "astype")),
    (lambda x: x.flip(0, dims=1), ("flip", "dims=")),
    (lambda x: x.reshape(2, shape=3), ("reshape", "one shape")),
])
def test_words_that_do_not_go_together(call, parts):
    """Are refused, with both words and the fix."""
    with pytest.raises(TypeError) as error:
        call(mg.tensor(A))
    for part in parts:
        assert part in str(error.value)
