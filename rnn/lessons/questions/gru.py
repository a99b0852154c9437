"""GRU and its conventions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cells import GRUCell
from ...convert import from_gates
from ...sequence.unrolling import unroll
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]
K, H = 2, 3


def _sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _of_notes(seed: int) -> dict[str, Array]:
    """A matrix (H, H+K) on [h, x] and a bias for each gate, as the notes name them."""
    rng = np.random.default_rng(seed)
    weights = {f"W_{gate}": rng.normal(size=(H, H + K)) for gate in "zrh"}
    return weights | {f"b_{gate}": rng.normal(size=H) for gate in "zrh"}


def _step(x: Array, h: Array, w: dict[str, Array], *, reset: str = "before", update: str = "new",
          concat: str = "hx", squash: Any = np.tanh) -> Array:
    """One step in other conventions: what plausible slips compute."""
    def sums(gate: str, h: Array) -> Array:
        both = np.concatenate([h, x] if concat == "hx" else [x, h])
        found: Array = w[f"W_{gate}"] @ both + w[f"b_{gate}"]
        return found

    z, r = _sigma(sums("z", h)), _sigma(sums("r", h))
    if reset == "after":
        inside = sums("h", np.zeros(H)) + r * (w["W_h"][:, :H] @ h)
    else:
        inside = sums("h", h if reset == "none" else r * h)
    n = squash(inside)
    out: Array = (1 - z) * h + z * n if update == "new" else z * h + (1 - z) * n
    return out


def _written(answer: Any) -> str:
    step = as_function(answer, "a step of the GRU")
    for seed in (0, 1):
        rng, w = np.random.default_rng(10 + seed), _of_notes(seed)
        x, h = rng.normal(size=K), rng.normal(size=H)
        found = as_array(step(x, h_given := h.copy(), w), "h_t", (H,))
        if (h_given != h).any():
            raise Wrong("the step has written into h, its argument; it is to return a new h_t.")
        cell = from_gates(w, concat="hx", reset="before", update="new").cell()
        wanted = cell(x[None], h[None])[0].numpy()[0]
        compare(found, wanted, "h_t", slips={
            "z stands at the old state: by the formula it weighs the candidate, and 1 - z the "
            "state": _step(x, h, w, update="keep"),
            f"r multiplies after the product, r ⊙ (W h), which is PyTorch's form. With one unit "
            f"the two agree; with {H} units they do not":
                _step(x, h, w, reset="after"),
            "r multiplies after the product, and z stands at the old state, as in PyTorch":
                _step(x, h, w, reset="after", update="keep"),
            "r is used nowhere: the candidate reads r ⊙ h": _step(x, h, w, reset="none"),
            "the matrices act on [h, x], the state first": _step(x, h, w, concat="xh"),
            "the candidate goes through tanh, not through σ": _step(x, h, w, squash=_sigma),
            "the candidate goes through tanh": _step(x, h, w, squash=lambda a: a),
            "the biases are missing":
                _step(x, h, {k: v * (k[0] == "W") for k, v in w.items()}),
            "z and r are interchanged": _step(x, h, {
                **w, "W_z": w["W_r"], "b_z": w["b_r"], "W_r": w["W_z"], "b_r": w["b_z"]}),
        })
    return "It agrees with the cell that rnn.convert.from_gates makes of these matrices."


_WRITE = Exercise(
    name="gru.1",
    task="Write one step of the GRU as the notes have it (002 §7), in NumPy: "
         "`def step(x, h, w)` returns $h_t$. `w` is a dictionary with the matrices `W_z`, `W_r`, "
         "`W_h` of shape (H, H+K), which act from the left on $[h, x]$ joined together, and the "
         "biases `b_z`, `b_r`, `b_h`:\n\n"
         r"$$z = \sigma(W_z [h, x] + b_z), \quad r = \sigma(W_r [h, x] + b_r)$$"
         "\n"
         r"$$\tilde h = \tanh(W_h [r \odot h, x] + b_h), \quad "
         r"h_t = (1 - z) \odot h + z \odot \tilde h$$"
         "\n\nGive the function.",
    examine=_written,
    hints=(
        "`np.concatenate([h, x])` joins them. What does W_h read in the place of h?",
        ("z and r from `np.concatenate([h, x])`, then `W_h @ np.concatenate([r * h, x]) + b_h` "
         "through tanh, and h_t = (1 - z) ⊙ h + z ⊙ candidate."),
    ),
    solution="""
import numpy as np

def sigma(a):
    return 1 / (1 + np.exp(-a))

def step(x, h, w):
    both = np.concatenate([h, x])
    z = sigma(w["W_z"] @ both + w["b_z"])
    r = sigma(w["W_r"] @ both + w["b_r"])
    candidate = np.tanh(w["W_h"] @ np.concatenate([r * h, x]) + w["b_h"])
    return (1 - z) * h + z * candidate

answer = step
""",
)


def _run(update: str, weights: dict[str, Any]) -> Array:
    cell = GRUCell(K, H, reset="before", update=update, dtype=float)
    cell.load_state_dict(weights)
    return unroll(cell, np.random.default_rng(3).normal(size=(5, 1, K)))[0].numpy()


def _turned(answer: Any) -> str:
    turn = as_function(answer, "the conversion")
    given = {name: p.numpy().copy() for name, p in GRUCell(
        K, H, reset="before", dtype=float, rng=2).named_parameters()}
    found = turn({name: array.copy() for name, array in given.items()})
    if not isinstance(found, dict) or found.keys() != given.keys():
        raise Wrong(f"what comes back is a dictionary with {', '.join(given)}; this is "
                    f"{list(found) if isinstance(found, dict) else type(found).__name__}.")
    arrays = {name: as_array(found[name], name, given[name].shape) for name in given}
    for name, array in given.items():
        for k, gate in enumerate("rzn"):
            old, new = (a[..., k * H : (k + 1) * H] for a in (array, arrays[name]))
            where = f"in {name}, the columns of {gate}"
            if gate != "z" and not np.array_equal(old, new):
                raise Wrong(f"{where} have changed. Only z means something else in the two senses.")
            if gate == "z" and np.array_equal(old, new):
                raise Wrong(f"{where} are as before, so the two compute different things: after 5 "
                            f"steps h is off by {_off(given, arrays):.3g}.")
            if gate == "z" and not np.allclose(-old, new):
                raise Wrong(f"{where} do not give 1 - z, so after 5 steps h is off by "
                            f"{_off(given, arrays):.3g}. Which input of σ gives 1 - σ(a)?")
    return f"1 - σ(a) = σ(-a): the outputs differ by {_off(given, arrays):.0e}."


def _off(given: dict[str, Any], found: dict[str, Any]) -> float:
    return float(np.abs(_run("new", given)[-1] - _run("keep", found)[-1]).max())


_TURN = Exercise(
    name="gru.2",
    task="A file has the weights of a GRU in which $z$ is what is new, and your cell is one in "
         "which $z$ is what is kept. Write `def turned(weights)`: it gets a dictionary with `W_xh` "
         "(K, 3H), `W_hh` (H, 3H) and `b_h` (3H,), the gates in the order r, z, n, and returns one "
         "for the other sense, with which the cell computes the same. Give the function.",
    examine=_turned,
    hints=(
        "1 - σ(a) is a sigmoid itself. Of what?",
        ("1 - σ(a) = σ(-a), and a = x W + h W + b. So the block of z, the middle third of the "
         "columns, changes its sign in all three arrays."),
    ),
    solution="""
def turned(weights):
    new = {}
    for name, array in weights.items():
        H = array.shape[-1] // 3
        new[name] = array.copy()
        new[name][..., H : 2 * H] *= -1
    return new

answer = turned
""",
)


def _example(answer: Any) -> str:
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        raise Wrong("a counterexample is a triple, (W, r, h).")
    W, r, h = (as_array(part, name, shape) for part, name, shape in
               zip(answer, ("W", "r", "h"), ((2, 2), (2,), (2,)), strict=True))
    if not ((r > 0) & (r < 1)).all():
        raise Wrong(f"r is {shown(r)}; a gate is a sigmoid, so its entries lie between 0 and 1.")
    if not ((h > -1) & (h < 1)).all():
        raise Wrong(f"h is {shown(h)}; the state of a GRU lies between -1 and 1, as a mean of "
                    "values of tanh.")
    before, after = (r * h) @ W, r * (h @ W)
    if not np.allclose(before, after, rtol=1e-9, atol=1e-9):
        return f"(r ⊙ h) W = {shown(before)}, and r ⊙ (h W) = {shown(after)}."
    both = f"both are {shown(before)}"
    if not h.any():
        raise Wrong(f"{both}: h is 0. At the first step, from a state of zeros, no test can tell "
                    "the two apart.")
    if np.isclose(r[0], r[1]):
        raise Wrong(f"{both}: the entries of r are the same, and one number can be moved through a "
                    "product.")
    if np.array_equal(W, np.diag(np.diag(W))):
        raise Wrong(f"{both}: W is diagonal, so that no unit reads another one, and every unit is "
                    "scaled by its own r either way.")
    raise Wrong(f"{both}: where W passes something on from one unit to the other, that "
                "unit of h is 0.")


_EXAMPLE = Exercise(
    name="gru.3",
    task=r"Show that no rule can turn $(r \odot h) W$ into $r \odot (h W)$ in general: give "
         "numbers for two units, as `(W, r, h)` with `W` (2, 2), `r` (2,) and `h` (2,), for which "
         "the two differ. They have to be values that a GRU can have.",
    examine=_example,
    hints=(
        "With one unit they never differ. What do two units do that one cannot?",
        ("Unit 1 has to read unit 2, so W is not diagonal; and r is to let one pass more than the "
         "other."),
    ),
    solution="""
W = [[0.0, 1.0], [1.0, 0.0]]          # each unit reads the other one
r = [0.9, 0.1]
h = [0.5, 0.5]
answer = (W, r, h)
""",
)

EXERCISES = (_WRITE, _TURN, _EXAMPLE)
