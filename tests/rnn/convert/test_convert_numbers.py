"""Cells with converted weights compute what the other frameworks' documented formulas say.

The references below are written from those formulas, in NumPy, and share nothing with the package.
"""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn import GRUCell, LSTMCell, MGUCell, unroll
from rnn.convert import (
    Weights,
    from_gates,
    from_keras,
    from_onnx,
    from_torch,
    load,
    to_keras,
    to_onnx,
    to_torch,
    weights_of,
)
from rnn.convert.forward import forward, zero_state
from tests.support import comparing
from tests.support.handwritten_cells import sigma
from tests.support.stacks import cell_weights, run, stack

close = partial(comparing.close, rtol=0)

sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)


# -- Keras: the call methods of keras/src/layers/rnn/{simple_rnn,lstm,gru}.py, Keras 3


def keras_rnn(x, kernel, recurrent_kernel, bias=0.0):
    h, outputs = np.zeros((x.shape[0], len(recurrent_kernel))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ kernel + bias + h @ recurrent_kernel)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def keras_lstm(x, kernel, recurrent_kernel, bias=0.0):
    h = c = np.zeros((x.shape[0], len(recurrent_kernel)))
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z0, z1, z2, z3 = np.split(z, 4, axis=1)
        c = sigma(z1) * c + sigma(z0) * np.tanh(z2)
        h = sigma(z3) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def keras_gru(x, kernel, recurrent_kernel, bias=None, *, reset_after):
    U = len(recurrent_kernel)
    h, outputs = np.zeros((x.shape[0], U)), []
    both = (0.0, 0.0) if bias is None else bias
    input_bias, recurrent_bias = both if reset_after or bias is None else (bias, 0.0)
    for t in range(x.shape[1]):
        x_z, x_r, x_h = np.split(x[:, t] @ kernel + input_bias, 3, axis=1)
        inner = h @ recurrent_kernel + recurrent_bias
        z, r = sigma(x_z + inner[:, :U]), sigma(x_r + inner[:, U : 2 * U])
        before = (r * h) @ recurrent_kernel[:, 2 * U :]
        hh = np.tanh(x_h + (r * inner[:, 2 * U :] if reset_after else before))
        h = z * h + (1 - z) * hh
        outputs.append(h)
    return np.stack(outputs, axis=1)


def keras_arrays(rng, kind, K, H, use_bias, reset_after):
    G = {"rnn": 1, "lstm": 4, "gru": 3}[kind]
    arrays = [rng.normal(size=(K, G * H)), rng.normal(size=(H, G * H))]
    shape = (2, G * H) if kind == "gru" and reset_after else (G * H,)
    return [*arrays, rng.normal(size=shape)] if use_bias else arrays


@given(
    seeds, st.sampled_from(["rnn", "lstm", "gru"]), sizes, sizes, st.integers(1, 3),
    st.booleans(), st.booleans(), st.booleans(),
)
def test_keras(seed, kind, K, H, layers, bidirectional, use_bias, reset_after):
    """Stacked and Bidirectional layers of Keras, with and without bias, reset_after both ways."""
    rng = np.random.default_rng(seed)
    function = {"rnn": keras_rnn, "lstm": keras_lstm, "gru": keras_gru}[kind]
    options = {"reset_after": reset_after} if kind == "gru" else {}
    x = rng.normal(size=(2, 5, K))
    given_arrays, expected, width = [], x, K
    for _ in range(layers):
        sides = [
            keras_arrays(rng, kind, width, H, use_bias, reset_after)
            for _ in range(1 + bidirectional)
        ]
        outputs = [function(expected, *sides[0], **options)]
        if bidirectional:
            outputs.append(function(expected[:, ::-1], *sides[1], **options)[:, ::-1])
        given_arrays.append([array for side in sides for array in side])
        expected = np.concatenate(outputs, axis=-1)
        width = expected.shape[-1]
    if layers > 1:
        weights = from_keras(given_arrays, **options)
    else:
        weights = from_keras(given_arrays[0], bidirectional=bidirectional, **options)
    ours, _ = run(weights, x.swapaxes(0, 1))
    close(ours.swapaxes(0, 1), expected)


def test_keras_names():
    """Names as Keras makes them: its own layers' paths, and those of the writer."""
    rng = np.random.default_rng(0)
    f, b, top = (keras_arrays(rng, "lstm", k, 3, True, None) for k in (4, 4, 6))
    names = ("kernel", "recurrent_kernel", "bias")
    paths = (
        "bidirectional/forward_lstm/lstm_cell", "bidirectional/backward_lstm/lstm_cell",
        "lstm_1/lstm_cell",
    )
    named = {
        f"sequential/{path}/{name}": array
        for path, arrays in zip(paths[:2], (f, b), strict=True)
        for name, array in zip(names, arrays, strict=True)
    }
    weights = from_keras(named)
    assert weights.bidirectional
    assert list(to_keras(weights)) == [
        f"bidirectional/{side}_lstm/{name}" for side in ("forward", "backward") for name in names
    ]
    named = {f"{paths[2]}/{name}": array for name, array in zip(names, top, strict=True)}
    two = from_keras({**{f"lstm/{n}": a for n, a in zip(names, top, strict=True)},
                      **{f"lstm_1/{n}": a for n, a in
                         zip(names, keras_arrays(rng, "lstm", 3, 3, True, None), strict=True)}})
    assert len(two.layers) == 2
    assert list(to_keras(two))[3:] == [f"lstm_1/{name}" for name in names]
    assert list(to_keras(from_keras(named))) == list(names)


# -- ONNX: the equations in the documentation of the operators RNN, LSTM and GRU, version 22


def onnx_rnn(X, W, R, B, activation):
    Wb, Rb = np.split(B, 2)
    H, outputs = np.zeros((X.shape[1], R.shape[1])), []
    f = {"Tanh": np.tanh, "Relu": lambda a: np.maximum(0, a), "Sigmoid": sigma}[activation]
    for Xt in X:
        H = f(Xt @ W.T + H @ R.T + Wb + Rb)
        outputs.append(H)
    return np.stack(outputs)


def onnx_lstm(X, W, R, B, P):
    Wi, Wo, Wf, Wc = np.split(W, 4)
    Ri, Ro, Rf, Rc = np.split(R, 4)
    Wbi, Wbo, Wbf, Wbc, Rbi, Rbo, Rbf, Rbc = np.split(B, 8)
    Pi, Po, Pf = np.split(P, 3)
    H = C = np.zeros((X.shape[1], R.shape[1]))
    outputs = []
    for Xt in X:
        it = sigma(Xt @ Wi.T + H @ Ri.T + Pi * C + Wbi + Rbi)
        ft = sigma(Xt @ Wf.T + H @ Rf.T + Pf * C + Wbf + Rbf)
        ct = np.tanh(Xt @ Wc.T + H @ Rc.T + Wbc + Rbc)
        C = ft * C + it * ct
        ot = sigma(Xt @ Wo.T + H @ Ro.T + Po * C + Wbo + Rbo)
        H = ot * np.tanh(C)
        outputs.append(H)
    return np.stack(outputs)


def onnx_gru(X, W, R, B, linear_before_reset):
    Wz, Wr, Wh = np.split(W, 3)
    Rz, Rr, Rh = np.split(R, 3)
    Wbz, Wbr, Wbh, Rbz, Rbr, Rbh = np.split(B, 6)
    H, outputs = np.zeros((X.shape[1], R.shape[1])), []
    for Xt in X:
        zt = sigma(Xt @ Wz.T + H @ Rz.T + Wbz + Rbz)
        rt = sigma(Xt @ Wr.T + H @ Rr.T + Wbr + Rbr)
        if linear_before_reset:
            ht = np.tanh(Xt @ Wh.T + rt * (H @ Rh.T + Rbh) + Wbh)
        else:
            ht = np.tanh(Xt @ Wh.T + (rt * H) @ Rh.T + Rbh + Wbh)
        H = (1 - zt) * ht + zt * H
        outputs.append(H)
    return np.stack(outputs)


@given(seeds, st.sampled_from(["rnn", "lstm", "gru"]), sizes, sizes, st.integers(1, 2),
       st.booleans(), st.sampled_from(["Tanh", "Relu", "Sigmoid"]))
def test_onnx(seed, kind, K, H, D, flag, activation):
    """RNN with its activations, LSTM with peepholes, GRU with linear_before_reset both ways."""
    rng = np.random.default_rng(seed)
    G = {"rnn": 1, "lstm": 4, "gru": 3}[kind]
    arrays = {"W": rng.normal(size=(D, G * H, K)), "R": rng.normal(size=(D, G * H, H)),
              "B": rng.normal(size=(D, 2 * G * H))}
    attributes = {}
    if kind == "lstm":
        arrays["P"] = rng.normal(size=(D, 3 * H)) * flag
        function = onnx_lstm
    elif kind == "gru":
        attributes["linear_before_reset"] = int(flag)

        def function(*given):
            return onnx_gru(*given, flag)
    else:
        attributes["activations"] = [activation] * D

        def function(*given):
            return onnx_rnn(*given, activation)

    X = rng.normal(size=(5, 2, K))
    expected = [function(X, *(a[0] for a in arrays.values()))]
    if D == 2:
        expected.append(function(X[::-1], *(a[1] for a in arrays.values()))[::-1])
    ours, _ = run(from_onnx(arrays, kind, **attributes), X)
    close(ours, np.concatenate(expected, axis=-1))


def test_onnx_defaults():
    """Without attributes a GRU resets before the product, and an RNN is tanh, as in ONNX."""
    arrays = {"W": np.ones((1, 9, 5)), "R": np.ones((1, 9, 3))}
    assert from_onnx(arrays).only().reset == "before"
    arrays = {"W": np.ones((1, 3, 5)), "R": np.ones((1, 3, 3))}
    assert from_onnx(arrays).only().nonlinearity == "tanh"


# -- the notes


def random_gates(rng, names, H, K, side):
    shape = (H, H + K) if side == "left" else (H + K, H)
    matrices = {f"W_{name}": rng.normal(size=shape) for name in names}
    return matrices, {f"b_{name}": rng.normal(size=H) for name in names}


@given(seeds, sizes, sizes, st.booleans())
def test_notes_lstm_on_h_x(seed, K, H, forget):
    """f = σ(W_f·[h, x] + b_f) and so on for columns h and x; without W_f, C = C + i ∘ C̃."""
    rng = np.random.default_rng(seed)
    W, b = random_gates(rng, "fiCo" if forget else "iCo", H, K, "left")
    xs = rng.normal(size=(5, K))
    h = C = np.zeros(H)
    expected = []
    for x in xs:
        a = {g[2:]: M @ np.concatenate([h, x]) + b[f"b{g[1:]}"] for g, M in W.items()}
        f = sigma(a["f"]) if forget else 1
        C = f * C + sigma(a["i"]) * np.tanh(a["C"])
        h = sigma(a["o"]) * np.tanh(C)
        expected.append(h)
    cell = from_gates({**W, **b}, concat="hx").cell()
    close(unroll(cell, xs[:, None])[0][:, 0], np.stack(expected))


@given(seeds, sizes, sizes)
def test_notes_lstm_on_x_h(seed, K, H):
    """f = σ([x, h] W_f) and so on for rows x and h, without biases."""
    rng = np.random.default_rng(seed)
    W, _ = random_gates(rng, "fioC", H, K, "right")
    xs = rng.normal(size=(5, 2, K))
    h = C = np.zeros((2, H))
    expected = []
    for x in xs:
        v = np.concatenate([x, h], axis=1)
        C = sigma(v @ W["W_f"]) * C + sigma(v @ W["W_i"]) * np.tanh(v @ W["W_C"])
        h = sigma(v @ W["W_o"]) * np.tanh(C)
        expected.append(h)
    close(unroll(from_gates(W, concat="xh").cell(), xs)[0], np.stack(expected))


@given(seeds, sizes, sizes, st.sampled_from(["new", "keep"]))
def test_notes_gru(seed, K, H, update):
    """h̃ = tanh(W_h·[r ⊙ h, x] + b_h), and h in both senses of z."""
    rng = np.random.default_rng(seed)
    W, b = random_gates(rng, "zrh", H, K, "left")
    xs = rng.normal(size=(5, K))
    h = np.zeros(H)
    expected = []
    for x in xs:
        v = np.concatenate([h, x])
        z, r = sigma(W["W_z"] @ v + b["b_z"]), sigma(W["W_r"] @ v + b["b_r"])
        n = np.tanh(W["W_h"] @ np.concatenate([r * h, x]) + b["b_h"])
        h = (1 - z) * h + z * n if update == "new" else z * h + (1 - z) * n
        expected.append(h)
    cell = from_gates({**W, **b}, concat="hx", update=update).cell()
    close(unroll(cell, xs[:, None])[0][:, 0], np.stack(expected))


@given(seeds, sizes, sizes)
def test_notes_rnn(seed, K, H):
    """h = tanh([x, h] W + b) with one matrix (K+H, H)."""
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(K + H, H)), rng.normal(size=H)
    xs = rng.normal(size=(5, 2, K))
    h, expected = np.zeros((2, H)), []
    for x in xs:
        h = np.tanh(np.concatenate([x, h], axis=1) @ W + b)
        expected.append(h)
    close(unroll(from_gates({"W": W, "b": b}, concat="xh").cell(), xs)[0], np.stack(expected))


# -- what computes: the same function in other conventions


@given(
    seeds, st.sampled_from(["rnn", "lstm", "gru", "mgu"]), st.integers(0, 2),
    st.sampled_from(["gate", "none", "coupled"]), st.sampled_from(["before", "after"]),
    st.sampled_from(["keep", "new"]), st.booleans(), st.booleans(),
)
def test_rewritten_weights_are_the_same_function(
    seed, kind, biases, forget, reset, update, peepholes, projected
):
    """Another order of gates, another sense of z, more biases or fewer, a forget gate where there
    was none: the outputs stay; and the cell and the plain forward pass agree."""
    rng = np.random.default_rng(seed)
    words = {"lstm": {"forget": forget}, "gru": {"reset": reset, "update": update}}.get(kind, {})
    lstm = kind == "lstm"
    cell = cell_weights(
        rng, kind, 3, 4, biases, P=2 if lstm and projected else None,
        peepholes="io" if lstm and peepholes else "", **words,
    )
    xs = rng.normal(size=(6, 2, 3))
    expected = forward(cell, xs, zero_state(cell, 2))
    others = [cell.ordered(cell.gates[::-1]), cell.standard(), cell.with_update("keep"),
              cell.with_update("new"), cell.with_biases(max(1, biases)), cell.with_biases(2)]
    if biases == 2 and not (kind == "gru" and reset == "after"):
        others.append(cell.with_biases(1))
    for other in others:
        close(forward(other, xs, zero_state(other, 2)), expected)
    if not (cell.peepholes and (forget != "gate" or projected)) and not (
        projected and forget != "gate"
    ):
        if lstm and peepholes:
            cell = cell_weights(rng, kind, 3, 4, biases, peepholes="ifo")
            expected = forward(cell, xs, zero_state(cell, 2))
        close(run(Weights(((cell,),)), xs)[0], expected)


def test_biases_are_kept_to_the_last_bit_where_the_other_is_zero():
    """Adding two biases changes nothing where the second is 0, signs of zeros included."""
    rng = np.random.default_rng(0)
    cell = cell_weights(rng, "lstm", 2, 2, 1)
    cell.biases[0][:3] = [-0.0, np.nan, -np.inf]
    again = cell.with_biases(2).with_biases(1)
    assert again.biases[0].tobytes() == cell.biases[0].tobytes()
    assert not np.any(cell.with_biases(2).biases[1])
    zero = cell_weights(rng, "gru", 2, 2, 2).with_biases(2)
    assert len(zero.biases) == 2


def test_a_forget_gate_that_is_always_open():
    """An LSTM without a forget gate, written for PyTorch, has f = 1 exactly."""
    cell = cell_weights(np.random.default_rng(0), "lstm", 2, 3, 0, forget="none", dtype=np.float32)
    theirs = to_torch(cell, cell=True)
    f = np.float32(1) / (1 + np.exp(-theirs["bias_ih"][3:6]))
    np.testing.assert_array_equal(f, np.ones(3, np.float32))
    assert not theirs["weight_hh"][3:6].any()
    xs = np.random.default_rng(1).normal(size=(5, 2, 2))
    ours, _ = run(from_torch(theirs), xs)
    expected, _ = run(weights_of(cell), xs)
    np.testing.assert_array_equal(ours.numpy(), expected.numpy())


def test_minimal_gated_units_elsewhere():
    """Keras and ONNX run an MGU as the GRU that resets before and has two equal gates."""
    cell = MGUCell(3, 4, dtype=float, rng=0)
    xs = np.random.default_rng(1).normal(size=(5, 2, 3))
    expected = unroll(cell, xs)[0]
    for weights in (from_keras(to_keras(cell)), from_onnx(to_onnx(cell))):
        assert weights.kind == "gru"
        close(run(weights, xs)[0], expected.numpy())
    gru = GRUCell(3, 4, reset="before", update="new", dtype=float)
    load(gru, cell)
    close(unroll(gru, xs)[0], expected.numpy())


def test_loading_across_conventions():
    """PyTorch's two biases into a cell with one; float64 into float32 on request; peepholes 0."""
    rng = np.random.default_rng(0)
    weights = stack(rng, "lstm", 3, 4, 1, 1, 2)
    cell = LSTMCell(3, 4, dtype=np.float32)
    with pytest.raises(KeyError, match=r"W_xh: received float64.*cast=True"):
        load(cell, weights)
    load(cell, weights, cast=True)
    first, second = weights.only().biases
    np.testing.assert_allclose(cell.b_h.numpy(), first + second, rtol=1e-6)
