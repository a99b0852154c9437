"""Files of PyTorch's, Keras' and ONNX's: what was written is read to the last bit, by name."""

import json

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import FileFormatError
from rnn import GRU, LSTM, RNN, GRUCell, Recurrent
from rnn.convert import from_file, load, to_file, to_torch, weights_of

STACKS = {
    "lstm": lambda: LSTM(5, 3, num_layers=2, bidirectional=True, biases=2, rng=0),
    "gru": lambda: GRU(5, 3, num_layers=3, rng=0),
    "relu": lambda: RNN(5, 3, nonlinearity="relu", biases=2, rng=0),
    "no bias": lambda: GRU(5, 3, bias=False, rng=0),
    "double": lambda: LSTM(5, 3, biases=2, dtype=float, rng=0),
    "sum": lambda: Recurrent(
        lambda K: GRUCell(K, 3, rng=K), input_size=5, num_layers=2, bidirectional=True, merge="sum"
    ),
}
SUFFIXES = {
    ".safetensors": None, ".weights.h5": "h5py", ".keras": "h5py", ".onnx": "onnx",
}


def assert_same_weights(one, two):
    """Two sets of weights agree to the last bit, in the order of gates of the first."""
    assert (one.merge if one.bidirectional else "") == (two.merge if two.bidirectional else "")
    for a, b in zip(one.all(), two.all(), strict=True):
        b = b.ordered(a.gates).with_biases(len(a.biases))
        assert a.conventions() == b.conventions()
        for name, array in a.arrays().items():
            np.testing.assert_array_equal(array, b.arrays()[name])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("stack", STACKS)
def test_round_trip(stack, suffix, tmp_path):
    """Whole stacks, bidirectional too, through every format that can hold them."""
    if SUFFIXES[suffix]:
        pytest.importorskip(SUFFIXES[suffix])
    layer, path = STACKS[stack](), tmp_path / f"model{suffix}"
    if stack == "sum" and suffix == ".safetensors":
        with pytest.raises(ValueError, match="side by side"):
            to_file(layer, path)
        return
    if layer.cells[0][0].dtype == float and suffix == ".onnx":
        layer.float()
    to_file(layer, path)
    said = {}
    if suffix == ".safetensors" and stack == "relu":
        said = {"nonlinearity": "relu"}
    if suffix == ".weights.h5":
        said = {
            "relu": {"nonlinearity": "relu"}, "no bias": {"reset_after": True},
            "sum": {"merge": "sum"},
        }.get(stack, {})
    if suffix in (".weights.h5", ".keras"):  # one bias, but in a GRU
        layer.load_state_dict({
            name: np.zeros_like(array) if name.endswith("b_hh") and stack in ("lstm", "relu",
                                                                             "double") else array
            for name, array in layer.state_dict().items()
        })
        to_file(layer, path)
    assert_same_weights(weights_of(layer), from_file(path, **said))


def test_a_state_dict_with_prefixes(tmp_path):
    """The modules of a larger PyTorch model, among other parameters, by name; several are a
    stack."""
    encoder, lower, upper = LSTM(5, 3, biases=2, rng=0), GRU(5, 4, rng=1), GRU(4, 4, rng=2)
    path = tmp_path / "model.safetensors"
    mg.save(path, {
        **to_torch(encoder, prefix="encoder.lstm."), "fc.weight": np.ones((2, 3)),
        **to_torch(lower, prefix="decoder.gru1."), **to_torch(upper, prefix="decoder.gru2."),
        "emb.weight": np.ones((7, 5)),
    })
    for prefix in ("encoder.lstm", "encoder.lstm."):
        assert_same_weights(weights_of(encoder), from_file(path, prefix))
    stack = from_file(path, ["decoder.gru1", "decoder.gru2"])
    assert_same_weights(weights_of([lower.cells[0][0], upper.cells[0][0]]), stack)
    target = GRU(5, 4, num_layers=2)
    load(target, stack)
    with pytest.raises(ValueError, match=r"'encoder\.lstm\.', 'decoder\.gru1\.' and 'decoder\.gr"):
        from_file(path)
    with pytest.raises(ValueError, match=r"no recurrent layer 'lstm'; the file has 'encoder"):
        from_file(path, "lstm")


def short_file(path, arrays, code, convert):
    """A safetensors file in a short float type, byte by byte, as PyTorch writes it."""
    header, data = {}, b""
    for name, array in arrays.items():
        raw = convert(array)
        header[name] = {"dtype": code, "shape": array.shape,
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


@pytest.mark.parametrize("code", ["BF16", "F16"])
def test_short_floats(code, tmp_path):
    """bfloat16 comes as float32 and float16 as it is, each value exactly."""
    rng = np.random.default_rng(0)
    exact = {  # numbers with 7 bits of mantissa, which both types have
        name: (rng.integers(-128, 128, array.shape) / 64).astype(np.float32)
        for name, array in to_torch(LSTM(5, 3)).items()
    }
    short_file(tmp_path / "m.safetensors", exact, code, {
        "F16": lambda a: a.astype("<f2").tobytes(),
        "BF16": lambda a: (a.view(np.uint32) >> 16).astype("<u2").tobytes(),
    }[code])
    found = from_file(tmp_path / "m.safetensors")
    assert next(found.all()).dtype == (np.float32 if code == "BF16" else np.float16)
    for name, array in to_torch(found).items():
        np.testing.assert_array_equal(array, exact[name])


REFUSED = {
    "a pickle": ("model.pt", r"pickle can run any code.*safetensors\.torch\.save_file"),
    "another suffix": ("model.txt", r"wanted a file that ends in '\.safetensors'"),
    "no suffix": ("model", "wanted a file that ends in"),
}


@pytest.mark.parametrize("name, message", REFUSED.values(), ids=REFUSED)
def test_other_files_are_refused(name, message, tmp_path):
    """The suffix says the format; pickles are never opened."""
    for call in (lambda p: from_file(p), lambda p: to_file(LSTM(5, 3), p)):
        with pytest.raises(ValueError, match=message):
            call(tmp_path / name)


def test_files_without_recurrent_layers(tmp_path):
    """An error of its own, not an empty stack."""
    mg.save(tmp_path / "m.safetensors", {"fc.weight": np.ones((2, 3))})
    with pytest.raises(ValueError, match="the file has no recurrent layer"):
        from_file(tmp_path / "m.safetensors")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_files(suffix, tmp_path):
    """What is no such file is a FileFormatError, and a file that is not there an OSError."""
    if SUFFIXES[suffix]:
        pytest.importorskip(SUFFIXES[suffix])
    path = tmp_path / f"model{suffix}"
    with pytest.raises(OSError, match="No such file"):
        from_file(path)
    to_file(GRU(5, 3), path)
    raw = path.read_bytes()
    for damaged in (b"", b"\x80\x04K\x01.", raw[: len(raw) // 2]):
        path.write_bytes(damaged)
        with pytest.raises((FileFormatError, ValueError), match=r"model\."):
            from_file(path)


def test_a_checksum_of_ours_is_checked(tmp_path):
    """A flipped byte in a file of minigrad's own is noticed here too."""
    path = tmp_path / "m.safetensors"
    to_file(GRU(5, 3), path)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(FileFormatError, match="checksum"):
        from_file(path)


def test_numbers_that_are_not_in_a_keras_file(tmp_path):
    """A dataset that lies in another file, or claims more numbers than there are bytes, is
    refused."""
    h5py = pytest.importorskip("h5py")
    path, secret = tmp_path / "m.weights.h5", tmp_path / "secret"
    secret.write_bytes(bytes(1000))
    for options in ({"external": str(secret)}, {"chunks": (8, 8)}):
        with h5py.File(path, "w") as file:
            shape = (5, 9) if "external" in options else (10**9, 9)
            file.create_dataset("layers/gru/cell/vars/0", shape, "f4", **options)
        with pytest.raises(FileFormatError, match="claims numbers that are not in the file"):
            from_file(path)


def test_onnx_weights_that_are_inputs(tmp_path):
    """Weights that the graph is given when it runs are none."""
    onnx = pytest.importorskip("onnx")
    to_file(GRU(5, 3), tmp_path / "m.onnx")
    model = onnx.load(str(tmp_path / "m.onnx"))
    kept = [tensor for tensor in model.graph.initializer if tensor.name != "W_0"]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.save(model, str(tmp_path / "m.onnx"))
    with pytest.raises(ValueError, match="'W_0' is computed from 'W_0', an input of the graph"):
        from_file(tmp_path / "m.onnx")
