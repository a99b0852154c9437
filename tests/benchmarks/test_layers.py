"""All systems do the same task: equal losses and gradients from equal weights. Nothing is timed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import in_minigrad, lstm
from benchmarks.layer import SYSTEMS
from benchmarks.pairs import NotInstalled
from benchmarks.products import products
from benchmarks.rows.layers import Peer, against, check_losses
from benchmarks.task import KINDS, Shape, weights
from benchmarks.workload import Workload

Array = np.ndarray[Any, Any]
SMALL = Shape(T=7, B=3, H=4, V=5)
LAYERS = ("lstm", "gru", "elman")
PEERS = [
    *[("torch", kind) for kind in KINDS], *[("jax", kind) for kind in KINDS], ("autograd", "lstm"),
]


def passed(workload: Workload) -> tuple[float, dict[str, Array]]:
    """The loss and the gradients of a pass, after another one before it."""
    for _ in range(2):
        loss = workload.forward()
        value = loss.item() if hasattr(loss, "item") else loss
        workload.backward(loss)
    return float(value), workload.gradients()


def check_same(found: Workload, wanted: Workload) -> None:
    """Equal losses, and a gradient for each parameter, equal but for the rounding of float32."""
    (loss, gradients), (wanted_loss, wanted_gradients) = passed(found), passed(wanted)
    assert loss == pytest.approx(wanted_loss, rel=1e-5)
    assert gradients.keys() == wanted_gradients.keys()
    for name, g in gradients.items():
        np.testing.assert_allclose(
            g, wanted_gradients[name], rtol=1e-4, atol=1e-6, err_msg=name
        )


def unrolled(kind: str) -> Workload:
    """The same on the tape, op by op: the definition."""
    if kind == "own":
        return in_minigrad.own(SMALL, how="unroll")
    return in_minigrad.layer(SMALL, kind, how="unroll")


@pytest.mark.parametrize("kind", KINDS)
def test_scan_is_the_step_of_the_tape(kind: str) -> None:
    """Layers on scan, and a cell of one's own, do what the tape does."""
    check_same(SYSTEMS["minigrad"](SMALL, kind), unrolled(kind))


@pytest.mark.parametrize(("system", "kind"), PEERS, ids="-".join)
@pytest.mark.peers
def test_peers_do_the_same(system: str, kind: str) -> None:
    """PyTorch, JAX and autograd have the loss and every gradient of the tape."""
    pytest.importorskip(system)
    check_same(SYSTEMS[system](SMALL, kind), unrolled(kind))


@pytest.mark.peers
def test_without_onednn_does_the_same() -> None:
    """PyTorch's own LSTM too; what is allowed besides is as it was."""
    torch = pytest.importorskip("torch")
    check_same(SYSTEMS["torch"](SMALL, "lstm", onednn=False), unrolled("lstm"))
    assert torch.backends.mkldnn.enabled


def test_by_hand_does_the_same() -> None:
    """So does the plan that is written by hand, and the cell in eight lines with scan."""
    check_same(SYSTEMS["by_hand"](SMALL), unrolled("lstm"))
    check_same(in_minigrad.own(SMALL, kind="lstm"), unrolled("lstm"))
    check_same(lstm.minigrad(SMALL), unrolled("lstm"))


@pytest.mark.parametrize("system", ["by_hand", "products", "autograd"])
def test_systems_with_one_cell_say_so(system: str) -> None:
    """Another kind of cell is an error, and not an LSTM under its name."""
    with pytest.raises(ValueError, match="gru"):
        SYSTEMS[system](SMALL, "gru")


def test_last_state_alone_has_the_gradients_of_the_loop() -> None:
    """The scan without outputs has the gradients of T steps on the tape, in any way of running."""
    wanted = passed(in_minigrad.states(SMALL, how="unroll"))[1]
    for how in ("scan", "checkpoint"):
        for name, g in passed(in_minigrad.states(SMALL, how=how))[1].items():
            np.testing.assert_allclose(g, wanted[name], rtol=1e-4, atol=1e-6, err_msg=name)
    assert all(np.any(g) for g in wanted.values())


def test_products_alone_are_those_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many flops as an LSTM has: T times the product with W_hh forwards and backwards, its
    gradient once, and the three of the head; that of W_xh is made of sums, for which less counts.
    """
    T, B, H, V = SMALL
    matmul, flops = np.matmul, []

    def counted(a: Array, b: Array, out: Array) -> Array:
        flops.append(2 * out.size * a.shape[-1])
        return matmul(a, b, out=out)

    workload = products(SMALL)
    monkeypatch.setattr(np, "matmul", counted)
    workload.backward(workload.forward())
    assert sum(flops) == 2 * T * B * (3 * 4 * H * H + 3 * H * V)


@pytest.mark.parametrize("kind", LAYERS)
def test_weights_are_those_of_the_layers(kind: str) -> None:
    """Names and shapes of the parameters are those of the layers of `rnn`."""
    import rnn

    layer = {"lstm": rnn.LSTM, "gru": rnn.GRU, "elman": rnn.RNN}[kind](SMALL.V, SMALL.H)
    given = weights(SMALL, kind=kind)
    for name, p in layer.cell.named_parameters():
        assert given[name].shape == p.shape


def clocked(total: float, loss: float | None = 1.0) -> Any:
    """A system that takes so long."""
    return lambda: [{"total": total, "median": 2 * total, "loss": loss}]


def test_each_peer_has_a_line() -> None:
    """Lines come by shape and peer; a peer that is missing is "not measured", with the way out."""

    def absent() -> Any:
        raise NotInstalled("jax is not installed; `make bench` installs it")

    peers = [Peer("torch", clocked(2.0), (1.0,)), Peer("jax", absent, (1.0,))]
    torch, jax = against(["layer"], clocked(1.0), peers, rounds=2)
    assert (torch.what, torch.measured) == ("layer / torch", "0.50× (0.50 to 0.50)")
    assert torch.verdict == "ok"
    assert (jax.what, jax.measured, jax.verdict) == ("layer / jax", "not measured", "")
    assert "make bench" in jax.detail


def test_other_losses_are_no_comparison() -> None:
    """Systems that compute something else are an error, and not a ratio."""
    check_losses("a / b", 1.0, 1.0 + 1e-6)
    check_losses("a / products", 1.0, None)
    with pytest.raises(AssertionError, match="a / b: the losses are 1"):
        check_losses("a / b", 1.0, 1.01)
