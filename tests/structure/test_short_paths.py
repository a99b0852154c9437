"""From a user's call to the forward of an op there are few frames, whatever words it is made in."""

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import functional
from minigrad.engine.dispatch import HANDLERS
from minigrad.engine.op import OPS
from minigrad.engine.tensor import Tensor

LONGER = Path(__file__).with_name("longer_paths.txt")
MOST = 6  # frames, the forward's own among them


def frames(call: Callable[[], Any]) -> list[str]:
    """The functions from the call to the first forward of an op that runs, that one included; as
    they are from the second call on: callers are written at the first."""
    call()
    forwards = {getattr(op.forward, "__code__", None) for op in OPS.values()} - {None}
    here, found = sys._getframe(), []

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code in forwards and not found:
            while frame is not here:
                found.append(frame.f_code.co_qualname)
                frame = frame.f_back

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(before)
    return found[-2::-1]  # without the call itself


X = mg.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
SHORT = """
np.sum(x); np.sum(x, 0); np.sum(x, axis=1, keepdims=True); np.sum(x, dtype=np.float32); np.sum(a=x)
x.sum(); x.sum(0); x.sum(dim=1, keepdim=True); x.sum([0, 1]); x.sum(1, True); x.sum(axis=None)
np.mean(x); np.mean(x, 0); x.mean(); x.mean(dim=0); x.mean(-1, True); x.mean(axis=1, keepdims=True)
np.max(x); np.max(x, 0); np.amax(x); x.max(); x.max(0); x.max(axis=0, keepdims=True); x.amax(dim=0)
np.min(x); np.amin(x, axis=1); x.min(); x.min(1); x.amin(); x.amin(1, True)
np.prod(x); np.prod(x, 0); x.prod(); x.prod(dim=1, keepdim=True)
np.std(x); np.std(x, ddof=1); x.std(); x.std(0); x.std(dim=0); x.std(axis=0, ddof=1); x.std(0, True)
np.var(x); np.var(x, 0, None, None, 1); x.var(); x.var(1); x.var(dim=1, keepdim=True)
np.nansum(x); np.nanmean(x, 0); np.nanprod(x); np.nanmax(x); np.nanmin(x); np.nanstd(x)
x.nansum(); x.nanmean(dim=0); x.nanvar(); x.nanmax(0)
np.trace(x); x.trace(); x.logsumexp(); x.logsumexp(dim=0); np.median(x)
np.cumsum(x); np.cumprod(x, 1)
x.cumsum(0); x.cumsum(dim=1); x.cumprod(0); x.norm(); x.softmax(0); x.softmax(dim=1)
x.log_softmax(0)
np.linalg.inv(x); np.linalg.det(x); x.det(); np.transpose(x); x.transpose(); x.T; x.mT; x.reshape(4)
np.expand_dims(x, 0); x.unsqueeze(0); x.unsqueeze(dim=1); x.squeeze(); np.swapaxes(x, 0, 1)
x.relu(); x.sigmoid(); x.clamp(0); x.clip(0, 1); np.clip(x, 0, 1); np.clip(x, a_min=0, a_max=x)
np.where(x > 1, x, 0); x[0]; x.astype(np.float32)
"""


@pytest.mark.parametrize("call", SHORT.strip().replace("\n", "; ").split("; "))
def test_reductions_and_other_frequent_calls(call: str) -> None:
    """At most six frames, from NumPy's entry or the method to the forward, with any words."""
    path = frames(eval(f"lambda: {call}", {"np": np, "x": X}))
    assert 0 < len(path) <= MOST, path


@pytest.mark.parametrize("name", ["any", "all", "argmax", "argmin", "count_nonzero"])
def test_what_has_no_gradient(name: str) -> None:
    """NumPy's own function runs at most six frames below a call."""
    function, seen = getattr(np, name), []

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code is function.__wrapped__.__code__:
            depth = 0
            while frame is not here:
                frame, depth = frame.f_back, depth + 1
            seen.append(depth)

    here = sys._getframe()
    for call in (lambda: function(X), lambda: getattr(X, name)(), lambda: getattr(X, name)(dim=0)):
        sys.setprofile(watch)
        try:
            call()
        finally:
            sys.setprofile(None)
    assert len(seen) == 3
    assert max(seen) - 1 <= MOST  # without the lambda


def _calls() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every method, NumPy function and function of functional, with a few arguments."""
    own = {"__init__", "__array_function__", "__array_ufunc__", "__array__"}
    methods = {
        f"x.{name}": method for name, method in vars(Tensor).items()
        if callable(method) and not name.endswith("_") and name not in own | {"backward"}
    }
    functions = {
        f"{key.__module__}.{key.__name__}": key for key in HANDLERS if not isinstance(key, tuple)
    }
    rest = {f"F.{name}": getattr(functional, name) for name in functional.__all__}
    for name, function in {**methods, **functions, **rest}.items():
        for given in ((), (0,), (X,), (0, 0), (1, 1)):
            label = f"{name}({', '.join('x' if a is X else str(a) for a in given)})"
            yield label, lambda function=function, given=given: function(X, *given)


def test_no_path_grows() -> None:
    """Of every method and function: at most six frames, or as many as the table has; it may only
    become shorter. (A line of the table: what is called, and its frames.)"""
    allowed = dict(line.rsplit(" ", 1) for line in LONGER.read_text().splitlines())
    longer = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for label, call in _calls():
            try:
                depth = len(frames(call))
            except Exception:  # no such call
                continue
            if depth > int(allowed.get(label, MOST)):
                longer[label] = depth
    assert not longer, longer
