"""Files that PyTorch and Keras themselves have written: the layers read from them compute the same
outputs; and what is written here, they read."""

import os
from functools import partial

import numpy as np
import pytest

from rnn import GRU
from rnn.convert import from_file, from_torch, load, to_file, to_torch
from tests.support import comparing

pytestmark = pytest.mark.peers

X = np.random.default_rng(0).normal(size=(2, 6, 5)).astype(np.float32)


close = partial(comparing.close, rtol=1e-4, atol=2e-5)


def test_short_floats_of_pytorch(tmp_path):
    """A model saved in bfloat16 or float16: the values that PyTorch widens to float32."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    path = tmp_path / "m.safetensors"
    for dtype in (torch.bfloat16, torch.float16):
        model = torch.nn.Sequential(torch.nn.LSTM(5, 3, 2, bidirectional=True)).to(dtype)
        save_file(model.state_dict(), path)
        layer = from_file(path, "0").layer().float()
        given = from_torch(model[0].state_dict())
        for one, two in zip(given.all(), from_file(path, "0").all(), strict=True):
            np.testing.assert_array_equal(one.W_hh, two.W_hh)
        wanted = torch.nn.LSTM(5, 3, 2, bidirectional=True)
        wanted.load_state_dict({k: v.float() for k, v in model[0].state_dict().items()})
        x = X.swapaxes(0, 1).copy()
        close(layer(x)[0].numpy(), wanted(torch.from_numpy(x))[0].detach().numpy())


def test_bfloat16_of_jax():
    """Its arrays are NumPy's with a type of another package."""
    jnp = pytest.importorskip("jax.numpy")
    arrays = {name: jnp.asarray(a, jnp.bfloat16) for name, a in to_torch(GRU(5, 3)).items()}
    for name, array in to_torch(from_torch(arrays)).items():
        np.testing.assert_array_equal(array, np.asarray(arrays[name].astype(np.float32)))


MODULES = {
    "lstm": ("LSTM", {"num_layers": 2, "bidirectional": True}), "gru": ("GRU", {"num_layers": 2}),
    "relu": ("RNN", {"nonlinearity": "relu", "bias": False}),
    "rows": ("GRU", {"batch_first": True}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, options", MODULES.values(), ids=MODULES)
def test_onnx_files_of_pytorch(name, options, tmp_path):
    """The graph that its exporter writes, weights that it computes from constants included."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    module = getattr(torch.nn, name)(5, 3, **options)
    x = torch.from_numpy(X)
    path = tmp_path / "m.onnx"
    for folded in (True, False):
        torch.onnx.export(module, (x,), path, dynamo=False, do_constant_folding=folded)
        layer = from_file(path).layer(batch_first=options.get("batch_first", False))
        close(layer(X)[0].numpy(), module(x)[0].detach().numpy())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, options", [case for case in MODULES.values() if case[0] != "RNN"],
                         ids=[name for name, case in MODULES.items() if case[0] != "RNN"])
def test_onnx_files_of_dynamo(name, options, tmp_path):
    """Its newer exporter too; of an RNN that one writes the steps, and no layer to be found."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    module = getattr(torch.nn, name)(5, 3, **options)
    x = torch.from_numpy(X)
    torch.onnx.export(module, (x,), tmp_path / "m.onnx", dynamo=True, verbose=False)
    layer = from_file(tmp_path / "m.onnx").layer(batch_first=options.get("batch_first", False))
    close(layer(X)[0].numpy(), module(x)[0].detach().numpy())


@pytest.fixture
def keras():
    """Keras on JAX."""
    pytest.importorskip("h5py")
    pytest.importorskip("jax")
    os.environ.setdefault("KERAS_BACKEND", "jax")
    return pytest.importorskip("keras")


STACKS = {
    "lstm": (
        lambda L: [
            L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="sum") for _ in range(2)
        ], {"merge": "sum"},
    ),
    "gru, reset before": (
        lambda L: [
            L.GRU(3, return_sequences=True, reset_after=False, activation="relu", name=name)
            for name in ("upper", "lower")
        ], {"activation": "relu"},
    ),
    "twelve": (
        lambda L: [L.GRU(3, return_sequences=True, use_bias=False) for _ in range(12)],
        {"reset_after": True},
    ),
    "simple": (
        lambda L: [L.SimpleRNN(3, return_sequences=True, activation="relu")],
        {"nonlinearity": "relu"},
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make, said", STACKS.values(), ids=STACKS)
def test_files_of_keras(make, said, keras, tmp_path):
    """Weights, a model, and the HDF5 of earlier versions; and each of the first two written."""
    rng = np.random.default_rng(1)

    def model():
        return keras.Sequential([keras.Input((6, 5)), *make(keras.layers)])

    theirs = model()
    theirs.set_weights([rng.normal(size=w.shape) for w in theirs.get_weights()])
    wanted = np.asarray(theirs(X))
    theirs.save_weights(tmp_path / "m.weights.h5")
    theirs.save(tmp_path / "m.keras")
    theirs.save(tmp_path / "m.h5")
    for name in ("m.weights.h5", "m.keras", "m.h5"):
        weights = from_file(tmp_path / name, **(said if name == "m.weights.h5" else {}))
        close(weights.layer(batch_first=True)(X)[0].numpy(), wanted)
    to_file(weights, tmp_path / "w.weights.h5")
    to_file(weights, tmp_path / "w.keras")
    close(np.asarray(keras.models.load_model(tmp_path / "w.keras")(X)), wanted)
    again = model()
    again.load_weights(tmp_path / "w.weights.h5")
    close(np.asarray(again(X)), wanted)


@pytest.mark.filterwarnings("ignore")
def test_one_layer_of_a_keras_model(keras, tmp_path):
    """By the name that it has in the model, in a nested one too."""
    L = keras.layers
    given = keras.Input((6, 5))
    inner = keras.Model(given, L.GRU(4, return_sequences=True, name="encoder")(given))
    whole = keras.Model(given, L.Dense(2)(L.LSTM(3, name="decoder")(inner(given))))
    whole.save(tmp_path / "m.keras")
    layer = GRU(5, 4, batch_first=True)
    load(layer, from_file(tmp_path / "m.keras", "encoder"))
    close(layer(X)[0].numpy(), np.asarray(inner(X)))
    assert from_file(tmp_path / "m.keras", "decoder").kind == "lstm"
    with pytest.raises(ValueError, match="'encoder' and 'decoder' are no stack"):
        from_file(tmp_path / "m.keras")
