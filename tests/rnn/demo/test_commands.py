"""The commands for a model that is there, and what training can write beside it."""

import io as streams
import json
import sys

import numpy as np
import pytest

from minigrad import io
from rnn import LanguageModel, convert, load_model
from rnn.demo import model_commands
from rnn.demo.baselines import ngram_bits
from rnn.demo.checkpoint import load_writer
from rnn.demo.diagnosis import opened
from rnn.demo.exporting import onnx_graph_of, torch_state
from rnn.demo.language_model import held_out_bits
from rnn.demo.text import split
from tests.support.small_runs import OPTIONS, TONGUE_TWISTER
from tests.support.small_runs import run_command as run

pytestmark = pytest.mark.usefixtures("no_pictures")

# -- sample, eval


def test_temperature_0_is_greedy(checkpoint, capsys):
    """The likeliest token always: no seed plays a part."""
    written = []
    for seed in (1, 2):
        assert run("sample", "--checkpoint", checkpoint, "--temperature", 0, "--seed", seed) == 0
        written.append(capsys.readouterr().out)
    assert written[0] == written[1]


def test_sample_as_json(checkpoint, capsys):
    """The text and the word that it goes on from."""
    assert run("sample", "--checkpoint", checkpoint, "--json", "--length", 7, "--seed", 0) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["seed_word"] == load_writer(checkpoint).seed_word
    assert len(data["text"]) == 7


def test_eval_is_the_held_out_text_beside_the_baselines(checkpoint, text, tmp_path, capsys):
    """The numbers are those of the functions, for the text of the training or another one."""
    writer = load_writer(checkpoint)
    data = split(writer.vocabulary.encode(TONGUE_TWISTER))
    assert run("eval", "--checkpoint", checkpoint, "--text", text, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["bits_per_character"] == pytest.approx({
        "frequencies": ngram_bits(data, len(writer.vocabulary), 1),
        "trigrams": ngram_bits(data, len(writer.vocabulary), 3),
        "model": held_out_bits(writer.model, data),
    }, rel=1e-6)
    assert (found["same_text"], found["characters"]) == (True, 92)
    other = tmp_path / "other.txt"
    other.write_text(TONGUE_TWISTER[::-1])
    assert run("eval", "--checkpoint", checkpoint, "--text", other) == 0
    assert "which is not the one of the training" in capsys.readouterr().out


# -- draw, lab, export


def test_draw_shows_the_trained_model(checkpoint, tmp_path, capsys):
    """Still and page are of its own weights, as it reads the word, with the gradient by step."""
    files = [tmp_path / "a b.svg", tmp_path / "ü.html"]
    options = ["--steps", 3, "--seed-word", "peck", "--out", *files]
    assert run("draw", "--checkpoint", checkpoint, *options) == 0
    assert capsys.readouterr().out.splitlines() == [str(file) for file in files]
    svg, page = (file.read_text("utf-8") for file in files)
    assert "lstm, 5 units, reads &#x27;pec&#x27;" in svg
    assert "W_hh" in svg
    assert "<html" in page


def test_lab_says_what_bptt_says(checkpoint, text, tmp_path, capsys):
    """The JSON is that of rnn.bptt on the window that was read, and there is a plot of each."""
    out = tmp_path / "a lab"
    options = ["--text", text, "--steps", 4, "--streams", 2, "--out", out]
    assert run("lab", "--checkpoint", checkpoint, *options, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["norms_by_lag"]) == 4
    assert np.shape(data["two_time"]) == (4, 4)
    assert data["spectral_radius"].keys() == {"i", "f", "g", "o"}
    assert {p.name for p in out.iterdir()} == {
        "report.png", "ledger.png", "norms_by_lag.png", "two_time.png", "spectrum.png"}
    assert run("lab", "--checkpoint", checkpoint, *options) == 0
    assert "half-life" in capsys.readouterr().out


def test_a_window_is_read_as_in_evaluation():
    """What bptt is asked about has no dropout, and is the loss of the model."""
    model = LanguageModel(4, 3, layers=2, dropout=0.5, embedding=2, rng=0)
    tokens = np.random.default_rng(0).integers(0, 4, (4, 2))
    window = opened(model, tokens[:-1], tokens[1:])
    assert model.training
    logits, _ = model.eval()(tokens[:-1])
    for t, loss in enumerate(window.losses):
        p = np.exp(logits.numpy()[t])
        wanted = -np.log(p[range(2), tokens[t + 1]] / p.sum(-1)).mean()
        assert loss.item() == pytest.approx(wanted, rel=1e-5)


KINDS = [{}, {"cell": "gru", "layers": 2}, {"cell": "elman", "tie": True}, {"embedding": 3}]
SCANNED = [{"cell": "mgu"}, {"cell": "coupled", "layers": 2, "embedding": 3}]


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_names_of_pytorch(options):
    """The parameters under PyTorch's names are read back to the same outputs."""
    model = LanguageModel(4, 3, rng=0, **options)
    state = torch_state(model)
    assert {name.partition(".")[0] for name in state} == {"encoder", "rnn", "decoder"}
    layer = convert.from_torch(state, prefix="rnn.").layer()
    tokens = np.array([[0, 3], [1, 1], [2, 0]])
    h, _ = layer(state["encoder.weight"][tokens])
    logits = h.numpy() @ state["decoder.weight"].T + state["decoder.bias"]
    np.testing.assert_allclose(model(tokens)[0].numpy(), logits, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("options", [*KINDS, *SCANNED], ids=str)
def test_onnx_runs_to_the_same_logits(options, tmp_path):
    """onnxruntime computes what the model does, states in and out."""
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from rnn.demo.exporting import onnx_model

    model = LanguageModel(4, 3, rng=0, **options)
    onnx_model(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    x, *states = [value.name for value in session.get_inputs()]
    tokens = np.array([[0, 3], [1, 1], [2, 0]])
    zeros = np.zeros((model.layer.num_layers, 2, 3), np.float32)
    logits, h, *_ = session.run(None, {x: tokens, **dict.fromkeys(states, zeros)})
    found, state = model(tokens)
    np.testing.assert_allclose(logits, found.numpy(), rtol=1e-4, atol=1e-6)
    last = state[0] if isinstance(state, tuple) else state
    np.testing.assert_allclose(h, last.numpy(), rtol=1e-4, atol=1e-6)


def test_onnx_graph_takes_tokens():
    """With an embedding and without the input is tokens, and the first output logits."""
    for options in ({}, {"embedding": 3}):
        graph = onnx_graph_of(LanguageModel(4, 3, rng=0, **options))
        assert graph.inputs[0].dtype == np.int64
        assert graph.outputs[0].shape == ("T", "B", 4)


def test_export_writes_files(checkpoint, tmp_path, capsys):
    """PyTorch's names in safetensors, with the vocabulary beside them."""
    path = tmp_path / "model.safetensors"
    assert run("export", "--checkpoint", checkpoint, "--torch", path, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(path)]}
    assert io.load(path)["decoder.weight"].shape == (len(load_writer(checkpoint).vocabulary), 5)
    assert "P" in json.loads(io.load_metadata(path)["vocabulary"])


def test_load_model_reads_what_train_writes(checkpoint):
    """The public way: the model alone, ready to be called."""
    model = load_model(checkpoint)
    tokens = np.zeros((2, 1), int)
    found = load_writer(checkpoint).model(tokens)[0]
    np.testing.assert_array_equal(model(tokens)[0].numpy(), found.numpy())
    assert not model.training


REFUSED = [
    (["draw", "--out", "x.foo"], "wanted a name that ends in .svg"),
    (["draw", "--seed-word", ""], "empty"),
    (["draw", "--seed-word", "Ü"], "does not know: 'Ü'"),
    (["lab", "--steps", "500"], "lower --steps"),
    (["lab", "--steps", "1"], "wanted an integer of at least 2"),
    (["export"], "--onnx FILE or --torch FILE"),
    (["eval", "--text", "no-such-file"], "cannot be read"),
]


@pytest.mark.parametrize("arguments, message", REFUSED, ids=lambda a: " ".join(a)[:24])
def test_wrong_use_of_a_model(arguments, message, checkpoint, text, refused, monkeypatch, tmp_path):
    """One line that says what is wrong, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    command, *options = arguments
    if command == "lab":
        options = ["--text", text, *options]
    assert message in refused(command, "--checkpoint", checkpoint, *options)
    assert set(tmp_path.iterdir()) == before


def test_cells_that_others_do_not_have(text, out, refused, capsys, small_run):
    """Export says which cell it is that PyTorch has no name for."""
    assert small_run(text, out, "--updates", 1, "--cell", "mgu") == 0
    capsys.readouterr()
    path = out / "checkpoint.safetensors"
    assert "mgu: " in refused("export", "--checkpoint", path, "--torch", out / "x")
    assert not (out / "x").exists()


# -- bench


def test_bench_writes_nothing(text, tmp_path, monkeypatch, capsys):
    """Times of the model that the options mean."""
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    assert run("bench", "--text", text, *OPTIONS, "--updates", 3, "--cell", "gru", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["updates"] == 3
    assert data["tokens_per_second"] > 0
    assert run("bench", "--text", text, *OPTIONS, "--updates", 1) == 0
    assert "tokens/s" in capsys.readouterr().out
    assert set(tmp_path.iterdir()) == before


# -- terminals


COMMANDS = [
    ["train", "--updates", 12, "--out", "OUT"], ["sample", "--length", 30, "--seed", 1], ["eval"],
    ["draw", "--out", "OUT/x.svg"], ["lab", "--steps", 3, "--out", "OUT"],
    ["export", "--torch", "OUT/x.safetensors"], ["bench", "--updates", 1], ["eval", "--json"],
    ["sample", "--seed-word", "ł"],
]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_consoles_that_lack_characters(encoding, tmp_path, monkeypatch):
    """Every command prints on a console of Windows: what its encoding lacks is spelled out."""
    table = "‖∂L/∂W‖ ▁▂▃"    # the plots, which take long, are another test's
    monkeypatch.setattr(model_commands, "write_lab", lambda *args: ({"loss": 1.0}, table, []))
    text = tmp_path / "текст 1.txt"
    text.write_text("Жук → łąka ‖ é. " * 40, "utf-8")
    out = tmp_path / "ausgäng → 2"
    small = ["--hidden", 3, "--batch", 2, "--steps", 4]
    assert run("train", "--text", text, *small, "--updates", 1, "--out", out) == 0
    for command, *options in COMMANDS:
        options = [str(o).replace("OUT", str(out)) for o in options]
        if command in ("train", "bench"):
            options = ["--text", text, *small, *options]
        else:
            options += ["--checkpoint", out / "checkpoint.safetensors"]
            options += ["--text", text] if command in ("eval", "lab") else []
        pipes = [streams.TextIOWrapper(streams.BytesIO(), encoding=encoding) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", pipes[0])
            patch.setattr(sys, "stderr", pipes[1])
            code = run(command, *options)
        shown = [pipe.flush() or pipe.buffer.getvalue().decode(encoding) for pipe in pipes]
        assert code == 0, (command, shown)
        assert pipes[0].errors == "strict"
        assert shown[0]
