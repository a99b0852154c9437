"""The Hypothesis strategies: what they draw is valid, and reaches the awkward cases."""

import inspect

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.domain import Domain
from minigrad.testing import LAYOUTS, drawn_calls
from minigrad.testing.calls import draw_values
from minigrad.testing.strategies import (
    KINDS,
    arrays,
    axes,
    broadcastable_shapes,
    indices,
    op_calls,
    operands,
    shapes,
    tensors,
)
from tests.support.planted import planted

# What is found need not be the smallest.
thorough_search = settings(
    max_examples=3000, database=None, derandomize=True, phases=[Phase.generate]
)

# A NumPy function that takes each kind, for an array x of the drawn shape.
TAKES = {
    "bool": lambda x, v: np.sum(x, keepdims=v),
    "axis": lambda x, v: np.cumsum(x, axis=v),
    "optional_axis": lambda x, v: np.cumsum(x, axis=v),
    "axes": lambda x, v: np.sum(x, axis=v),
    "axis_pair": lambda x, v: np.rot90(x, axes=v),
    "permutation": np.transpose,
    "new_axes": np.expand_dims,
    "shape": np.reshape,
    "broadcast_shape": np.broadcast_to,
    "index": lambda x, v: x[v],
    "int": np.roll,
    "count": np.tile,
    "positive": lambda x, v: np.clip(x, -v, v),
    "fraction": lambda x, v: np.quantile(np.append(x, 0), v),
    "dtype": lambda x, v: x.astype(v),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_what_it_says(kind):
    """Every kind of sample is documented and accepted by a NumPy function that takes it."""
    documentation = inspect.getdoc(inspect.getmodule(op_calls))
    assert f'``"{kind}"``' in documentation
    least = {"axis": 1, "axis_pair": 2}.get(kind, 0)

    @given(st.data())
    def check(data):
        shape = data.draw(shapes(min_dims=least))
        TAKES[kind](np.zeros(shape), data.draw(KINDS[kind]([shape])))

    check()


def test_an_axis_is_valid_for_every_operand():
    """Where operands have different numbers of axes, an axis is counted from the end."""

    @given(st.data())
    def check(data):
        _, found = data.draw(broadcastable_shapes([("n",), ("n",)]))
        axis = data.draw(KINDS["axis"](found))
        for shape in found:
            np.sum(np.zeros(shape), axis=axis)

    check()


@given(st.data())
def test_operands_broadcast(data):
    """Operands broadcast with each other, to their loop shape outside of the core dimensions."""
    core = data.draw(st.lists(st.sampled_from([(), ("n",), ("n", "k"), ("2",)]), min_size=1))
    loops, found = data.draw(broadcastable_shapes(core))
    cut = [s[: len(s) - len(c)] for s, c in zip(found, core, strict=True)]
    np.broadcast_shapes(loops, *cut)
    sizes = {}
    for shape, names in zip(found, core, strict=True):
        for name, size in zip(names, shape[len(shape) - len(names) :], strict=True):
            assert size == (int(name) if name.isdigit() else sizes.setdefault(name, size))


AWKWARD = {
    "0-d": lambda a: a.ndim == 0,
    "empty": lambda a: a.size == 0,
    "negative strides": lambda a: any(s < 0 for s in a.strides),
    "zero strides": lambda a: a.size > 1 and 0 in a.strides,
    "wide strides": lambda a: a.size > 1 and min(a.strides) > 8,
    "Fortran order": lambda a: a.flags.f_contiguous and not a.flags.c_contiguous,
    "unaligned": lambda a: not a.flags.aligned,
    "read-only": lambda a: not a.flags.writeable,
}


@pytest.mark.parametrize("wanted", AWKWARD)
def test_every_memory_layout_is_drawn(wanted):
    """arrays() reaches every awkward layout, and tensors() keeps it."""
    awkward = AWKWARD[wanted]
    find(arrays(), awkward, settings=thorough_search)
    t = find(tensors(), lambda t: awkward(np.asarray(t._data)), settings=thorough_search)
    assert t.requires_grad


def test_operands_of_different_shapes_are_drawn():
    """operands() reaches pairs that have to be broadcast, and all of them can be."""
    found = find(operands(), lambda xs: xs[0].shape != xs[1].shape, settings=thorough_search)
    assert np.broadcast_shapes(*(x.shape for x in found))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2), (2, 1, 3)])
def test_a_layout_changes_nothing_but_the_layout(layout, shape):
    """A layout keeps shape, dtype and values (zero strides: those of the first slice)."""
    a = np.random.default_rng(0).normal(size=shape)
    b = LAYOUTS[layout](a)
    assert (b.shape, b.dtype) == (a.shape, a.dtype)
    if layout == "zero strides" and a.ndim and a.size:
        a = np.repeat(a[:1], len(a), axis=0)
    assert np.array_equal(a, b)


INDICES = {
    "an integer": lambda i: isinstance(i, int),
    "a negative step": lambda i: any(isinstance(p, slice) and (p.step or 0) < 0 for p in _parts(i)),
    "None": lambda i: None in [p for p in _parts(i) if not isinstance(p, np.ndarray | list)],
    "an ellipsis": lambda i: any(p is Ellipsis for p in _parts(i)),
    "a mask": lambda i: any(isinstance(p, np.ndarray) and p.dtype == bool for p in _parts(i)),
    "a list": lambda i: any(isinstance(p, list) for p in _parts(i)),
    "two arrays": lambda i: sum(_is_integers(p) for p in _parts(i)) == 2,
    "repeats": lambda i: any(
        _is_integers(p) and p.ndim == 1 and len(np.unique(p)) < p.size for p in _parts(i)
    ),
    "array and slice": lambda i: any(map(_is_integers, _parts(i)))
    and any(isinstance(p, slice) for p in _parts(i)),
    "array, None, array": lambda i: [type(p) for p in _parts(i)][:3]
    == [np.ndarray, type(None), np.ndarray],
}


def _parts(index):
    return index if isinstance(index, tuple) else (index,)


def _is_integers(part):
    return isinstance(part, np.ndarray) and part.dtype.kind == "i"


@pytest.mark.parametrize("form", INDICES)
def test_every_form_of_index_is_drawn(form):
    """indices() reaches every form of getitem."""
    find(indices((2, 3)), INDICES[form], settings=thorough_search)


@given(shapes().flatmap(lambda s: st.tuples(st.just(s), indices(s), axes(len(s)))))
def test_indices_and_axes_are_valid(drawn):
    """NumPy accepts every index and every axis for the shape that it was drawn for."""
    shape, index, axis = drawn
    np.zeros(shape)[index]
    np.sum(np.zeros(shape), axis=axis)


@given(
    st.floats(-5, 5), st.floats(0.1, 8), st.booleans(), st.integers(0, 999),
    st.lists(shapes(), min_size=1, max_size=3),
)
def test_values_keep_to_their_domain(low, width, distinct, seed, drawn):
    """Values lie inside the domain, a margin away from kinks, and differ if they have to."""
    kinks = (low, low + width / 3, low + width / 2)
    domain = Domain(low, low + width, () if distinct else kinks, distinct)
    found = draw_values([domain] * len(drawn), drawn, np.random.default_rng(seed))
    assert [a.shape for a in found] == drawn
    flat = np.concatenate([a.ravel() for a in found])
    assert np.all((flat >= low) & (flat <= low + width))
    if distinct:
        assert np.diff(np.sort(flat)).min(initial=np.inf) > 0.2 * width / max(1, flat.size)
    else:
        for kink in kinks:
            assert np.abs(flat - kink).min(initial=np.inf) > width / 60


def test_calls_are_drawn_from_the_record():
    """A call has the operands of the signature, in the domains, and the keywords of samples."""
    op = planted(
        "(n,k),(k)->(n)", vjps=(None, None), domains=(Domain(1, 2), Domain(5, 6)),
        samples={"axis": "axis", "mode": ("a", "b")},
    )(lambda x, y, *, axis, mode="a", other=7: x @ y)
    modes = set()
    for call in drawn_calls(op, 40):
        x, y = call.args
        assert x.shape[-1] == y.shape[-1]
        assert np.all((x >= 1) & (x <= 2))
        assert np.all((y >= 5) & (y <= 6))
        assert call.params.keys() == {"axis", "mode"}
        modes.add(call.params["mode"])
    assert modes == {"a", "b"}


def test_a_function_makes_whole_calls():
    """A samples function gets a seeded generator; its call is the one that is checked."""
    op = planted(
        "(n),(m)->(m)", vjps=(None, None),
        samples=lambda rng: ((rng.normal(size=4), rng.integers(0, 4, 3)), {"axis": 0}),
    )(lambda x, index, *, axis: np.take(x, index, axis))
    for call in drawn_calls(op, 10):
        assert call.args[1].dtype.kind == "i"
        assert call.live == ()
        assert call.params == {"axis": 0}


def test_what_is_drawn_can_be_read():
    """The repr of a call shows the op, its arguments with their layouts, and the keywords."""
    calls = [c for c in drawn_calls("sum", 60) if "read-only" in c.layouts]
    call = next(c for c in calls if c.args[0].size)
    assert repr(call).startswith("sum(x=[["[: 6 + call.args[0].ndim])
    assert "(read-only), axis=" in repr(call)


NO_INPUT = {
    "signature": (("(n+1)->(n)",), {}, lambda x: x, "input dimension 'n\\+1'"),
    "count": (("(n),(n)->()",), {}, lambda x: x, "has 2 inputs, and the op has 1"),
    "keyword": ((), {}, lambda x, *, axis: x, "'axis' has neither a default nor a kind"),
    "kind": ((), {"samples": {"axis": "axles"}}, lambda x, *, axis: x, "the kind 'axles'"),
    "unknown": ((), {"samples": {"axes": "axes"}}, lambda x, *, axis=0: x, r"\['axes'\]"),
}


@pytest.mark.parametrize("case", NO_INPUT)
def test_an_op_without_input_is_an_error(case):
    """Where no call can be drawn, the error says why, and what to give."""
    signature, record, forward, reason = NO_INPUT[case]
    op = planted(*signature, vjps=(lambda g: g,), **record)(forward)
    with pytest.raises(ValueError, match=f"no input can be generated for op 'planted': .*{reason}"):
        op_calls(op)


def test_what_is_no_op():
    """A name, a function of minigrad or a record is an op; anything else is an error."""
    assert op_calls("tanh") is not None
    with pytest.raises(TypeError, match="'tan_h' is no op"):
        op_calls("tan_h")
    with pytest.raises(TypeError, match="is no op"):
        op_calls(mg.grad)
    bad = planted(vjps=(None,), samples=lambda rng: rng.normal(size=3))(lambda x: x)
    with pytest.raises(TypeError, match=r"wanted \(args, kwargs\)"):
        drawn_calls(bad, 1)
