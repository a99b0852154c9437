"""The profile counts what is there: every call of a plan, in the part that it belongs to."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import in_minigrad
from benchmarks.inside import Kernel, Probe, watching, with_ticks
from benchmarks.kernels import product_rates
from benchmarks.profile import part_of, profile
from benchmarks.tables import markdown, rates
from benchmarks.task import Shape

SMALL = Shape(T=7, B=3, H=4, V=5)


def test_watching_changes_no_result() -> None:
    """Loss and gradients of a plan that is watched, at each statement or not, are the same bits;
    plans of other times report nothing."""
    plain = in_minigrad.own(SMALL, kind="lstm")
    loss = plain.forward()
    plain.backward(loss)
    probe = Probe()
    with watching(probe):
        for within in (False, True):
            probe.forget()
            probe.within = within
            watched = in_minigrad.own(SMALL, kind="lstm")
            found = watched.forward()
            watched.backward(found)
            assert found.item() == loss.item()
            for name, g in watched.gradients().items():
                np.testing.assert_array_equal(g, plain.gradients()[name], err_msg=name)
            assert probe.seconds.keys() == {"forward", "backward", "trace"}
            assert bool(probe.ticks) == within
    probe.forget()
    plain.backward(plain.forward())
    assert not probe.seconds
    assert not probe.ticks


def test_every_statement_is_counted() -> None:
    """Calls inside a loop as often as it runs; the function that is called is the name, and views
    have none; what raises is still an error."""
    source = (
        "def forward(T, x):\n"
        "    y = np.empty(3)\n"
        "    with nothing():\n"
        "        for t in range(T):\n"
        "            row = x[t]\n"
        "            y = np.add(row, y, out=y)\n"
        "    return y\n"
    )
    from contextlib import nullcontext

    probe = Probe()
    forward = with_ticks(source, {"np": np, "nothing": nullcontext}, probe)["forward"]
    forward(4, np.ones((4, 3)))
    steps = [Kernel("", True), Kernel("add", True)] * 4
    assert [kernel for kernel, _ in probe.ticks] == [Kernel("empty", False), *steps]
    assert all(seconds > 0 for _, seconds in probe.ticks)
    with pytest.raises(IndexError):
        forward(5, np.ones((4, 3)))


@pytest.mark.parametrize(("kernel", "part"), [
    (Kernel("matmul", True), "products in the loops"),
    (Kernel("sum_of_products", False), "products before and behind the loops"),
    (Kernel("tanh", True), "activations"),
    (Kernel("multiply", True), "other arithmetic"),
    (Kernel("empty", False), "making arrays"),
    (Kernel("embedding", False), "gathering, sums of rows, copies"),
    (Kernel("", True), "views, names and loops in Python"),
])
def test_kernels_have_their_part(kernel: Kernel, part: str) -> None:
    """Each kind of call is counted where the table says."""
    assert part_of(kernel) == part


def test_profile_has_all_parts() -> None:
    """Parts are positive and add up; the loops' products are there, T calls each way; each pass of
    the compiler is left out once; the tables name them all."""
    from minigrad.scanning.passes import PASSES

    found = profile(SMALL._asdict(), seconds=0.0)
    parts = found["parts"]
    assert all(ms >= 0 for ms in parts.values())
    others = ("sum", "the fastest whole pass", "in the system, of these")
    assert parts["sum"] == pytest.approx(
        sum(ms for name, ms in parts.items() if name not in others)
    )
    assert parts["products in the loops"] > 0
    assert found["kernels"]["matmul, in the loops"][0] >= 2 * SMALL.T - 1
    assert found["passes"].keys() == {"", *PASSES}
    text = markdown({4: found})
    assert all(name in text for name in (*parts, *PASSES, "matmul, in the loops"))
    layer = profile(SMALL._asdict(), kind="gru", seconds=0.0)
    assert "passes" not in layer
    assert "without" not in markdown({4: layer})


def test_rates_are_named_by_their_kernels() -> None:
    """A line for each product, with what NumPy chooses and with AVX2."""
    assert rates({"forwards": 200.4}, {"forwards": 99.6}) == {
        "forwards": "200", "forwards, AVX2": "100",
    }
    assert product_rates(H=2, B=3, T=2).keys() == {"forwards", "backwards", "behind"}
