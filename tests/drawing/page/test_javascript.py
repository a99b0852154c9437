"""Each record that can be written as JavaScript computes there what it computes in Python: results
and cotangents, on calls that are drawn from the record itself."""

import json

import numpy as np
import pytest

import minigrad as mg
from minigrad.drawing.page.javascript import Arrays, Untranslatable, record
from minigrad.engine.op import OPS
from minigrad.testing import drawn_calls
from tests.support.node import answers

CALLS = 4  # of each op
# What small models are made of; those with a rule that decides by values cannot be among them.
WRITTEN = [
    "absolute", "add", "arctan", "astype", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "broadcast_to", "clip", "concatenate", "cos", "divide",
    "dropped", "embedding", "exp", "expand_dims", "expm1", "getitem", "huber_loss", "index_add",
    "kl_div", "l1_loss", "linear", "log", "log1p", "log_softmax", "logsigmoid", "matmul", "mean",
    "mse_loss", "multiply", "negative", "nll_loss", "power", "reciprocal", "relu", "reshape",
    "sigmoid", "sin", "softmax", "softplus", "split", "sqrt", "square", "squeeze", "stack",
    "standardize", "subtract", "sum", "swapaxes", "take_along_axis", "tan", "tanh", "transpose",
    "unstack", "where",
]


def written(name):
    """Calls of an op as [source, arguments, cotangents], with the results and slopes in Python."""
    op, rng, found = OPS[name], np.random.default_rng(0), []
    for call in drawn_calls(name, CALLS):
        args = [np.asarray(a) if isinstance(a, float) else a for a in call.args]
        active = [i in call.live and np.asarray(a).dtype.kind == "f" for i, a in enumerate(args)]
        if any(np.asarray(a).dtype.kind == "c" for a in args):
            continue
        arrays = Arrays()
        try:
            source, _ = record(op, args, dict(call.params), active, arrays)
        except Untranslatable:
            continue
        xs = [mg.tensor(a, requires_grad=True) if on else a
              for a, on in zip(args, active, strict=True)]
        ys = call(*xs)
        gs = [rng.normal(size=y.shape) for y in ys]
        for y, g in zip(ys, gs, strict=True):
            if getattr(y, "requires_grad", False):
                y.backward(g, retain_graph=True)
        slopes = [x.grad.numpy() if on and x.grad is not None else None
                  for x, on in zip(xs, active, strict=True)]
        asked = [source, arrays.sources, [said(a) for a in args], [said(g) for g in gs]]
        found.append((asked, [np.asarray(getattr(y, "_data", y)) for y in ys], slopes))
    return found


def said(array):
    """An array as JSON."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        return None
    words = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
    values = [words.get(str(v), v) for v in array.astype(float).ravel().tolist()]
    return {"shape": array.shape, "data": values}


@pytest.fixture(scope="module")
def calls():
    """All of them, with what the page's scripts make of them, in one run."""
    found = [(name, *one) for name in (*WRITTEN, "cross_entropy", "take") for one in written(name)]
    sources = ",\n".join(
        f"(() => {{ const ARRAYS = [{','.join(asked[1])}]; return {asked[0].split(chr(10), 1)[1]}; "
        f"}})()" for _, asked, *_ in found)
    data = json.dumps([asked[2:] for _, asked, *_ in found])
    made = answers(f"""
const given = (a) => a && array(a.shape, a.data.map(Number));
const plain = (a) => a && {{ shape: asArray(a).shape, data: [...asArray(a).data].map(String) }};
const records = [{sources}];
console.log(JSON.stringify({data}.map(([args, gs], k) => {{
  const inputs = args.map(given), results = records[k].forward(...inputs);
  return [results.map(plain), records[k].backward(gs.map(given), results, inputs).map(plain)];
}})));""")
    return list(zip(found, made, strict=True))


def test_as_in_python(calls):
    """Shapes and numbers, of results and of cotangents."""
    for (name, asked, results, slopes), (made, back) in calls:
        for expected, one in [*zip(results, made, strict=True), *zip(slopes, back, strict=True)]:
            if expected is None or one is None:
                assert expected is None or not np.any(expected), name
                continue
            assert list(np.shape(expected)) == one["shape"], (name, asked)
            numbers = np.array([float(v.replace("Infinity", "inf")) for v in one["data"]])
            np.testing.assert_allclose(
                numbers, np.ravel(expected).astype(float), rtol=1e-6, atol=1e-9, err_msg=name)


def test_what_small_models_are_made_of(calls):
    """Is there, every call of it."""
    names = [name for (name, *_), _ in calls]
    lacking = [name for name in WRITTEN if names.count(name) < CALLS]
    assert lacking == ["reshape"]  # one of its calls is in the order of Fortran
    assert names.count("cross_entropy") >= 2
    assert names.count("take") >= 2


INDICES = [
    3, -1, np.s_[1:4], np.s_[::-1], np.s_[4:1:-2], np.s_[..., 1], np.s_[None, 2], np.s_[:, None, 1],
    np.array([0, 2, 2]), np.s_[:, np.array([1, -1])], np.s_[np.array([0, 1]), np.array([1, 2])],
    np.s_[np.array([[0], [3]]), :, np.array([1, 0])], np.s_[1, :, np.array([0, 1])],
    np.arange(5) % 2 == 0, np.s_[:, np.array([True, False, True])], np.s_[2:2],
    np.s_[..., np.array([0, 1])], np.s_[np.array([1, 0]), None, 0],
]


def test_indices_as_in_numpy():
    """Numbers, slices with steps, None, ..., arrays and masks, alone and together."""
    x = np.arange(30.0).reshape(5, 3, 2)
    sources, expected = [], []
    for index in INDICES:
        arrays = Arrays()
        source, _ = record(OPS["getitem"], [x], {"index": index}, [True], arrays)
        sources.append(f"(() => {{ const ARRAYS = [{','.join(arrays.sources)}]; "
                       f"return {source.split(chr(10), 1)[1]}; }})()")
        back = np.zeros_like(x)
        np.add.at(back, index, x[index])
        expected.append((x[index], back))
    made = answers(f"""
const x = array([5, 3, 2], Array.from({{ length: 30 }}, (_, k) => k));
console.log(JSON.stringify([{','.join(sources)}].map(({{ forward, backward }}) => {{
  const [y] = forward(x), [back] = backward([y], [y], [x]);
  return [y.shape, [...y.data], back.shape, [...back.data]];
}})));""")
    for index, (one, back), (shape, data, back_shape, back_data) in zip(
        INDICES, expected, made, strict=True
    ):
        assert list(one.shape) == shape, index
        assert data == one.ravel().tolist(), index
        assert (back_shape, back_data) == (list(x.shape), back.ravel().tolist()), index
