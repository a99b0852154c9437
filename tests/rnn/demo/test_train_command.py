"""What ``train`` takes, how it ends, and what it can write beside the model while it runs."""

import csv
import json
import re
import sys
import types

import pytest

from minigrad import io
from rnn.demo.checkpoint import load_run
from rnn.demo.live import LivePage, chart, norms_by_lag
from rnn.demo.run import Run
from rnn.demo.settings import Settings
from rnn.demo.watching import OverfitWarning
from rnn.training import TensorBoard
from tests.support.small_runs import OPTIONS, TONGUE_TWISTER
from tests.support.small_runs import run_command as run

pytestmark = pytest.mark.usefixtures("no_pictures")

# -- training


def test_train_as_json(text, out, capsys, small_run):
    """stdout is one object, all words are on stderr."""
    assert small_run(text, out, "--updates", 12, "--json") == 0
    output, errors = capsys.readouterr()
    data = json.loads(output)
    assert data["updates"] == 12
    assert data["bits_per_character"].keys() == {"frequencies", "trigrams", "model", "best"}
    assert data["settings"]["hidden"] == 5
    assert "-- after 10 updates" in errors


def test_demo_is_train(text, out, capsys):
    """The two have the same options."""
    assert run("demo", "--text", text, *OPTIONS, "--updates", 1, "--out", out) == 0
    assert (out / "checkpoint.safetensors").exists()


def test_options_from_a_file(text, tmp_path, capsys):
    """The file wins over defaults, the command line over the file; all is in the checkpoint."""
    config = tmp_path / "ä ö.toml"
    config.write_text(
        f'text = "{text.as_posix()}"\nhidden = 7\nbatch = 2\nsteps = 6\ncell = "gru"\nlayers = 2\n'
        f'tie = true\nminutes = 50\nlearning_rate = 0.01\nclip = 1\nseed-word = "peck"\n'
        f'csv = true\n', "utf-8")
    out = tmp_path / "größe 1"
    options = ["--config", config, "--hidden", 6, "--updates", 2, "--no-tie", "--out", out]
    assert run("train", *options) == 0
    run_ = load_run(out / "checkpoint.safetensors", TONGUE_TWISTER)
    assert run_.settings == Settings(
        hidden=6, batch=2, steps=6, cell="gru", layers=2, tie=False, learning_rate=0.01, max_norm=1)
    assert (run_.seed_word, run_.updates) == ("peck", 2)
    assert json.loads(io.load_metadata(out / "best.safetensors")["config"])["options"] == {
        "text": str(text), "minutes": None, "updates": 2, "temperature": 0.7}
    assert (out / "log.csv").exists()


FILES = [
    ("hiden = 3", "the key 'hiden', which is no option of training; did you mean hidden?"),
    ("hidden = 0", "hidden: received '0', wanted an integer of at least 1"),
    ("hidden = true", "hidden = True: wanted a number or text"),
    ("hidden = [1]", "wanted a number or text"),
    ("tie = 1", "tie = 1: wanted true or false"),
    ('cell = "lsmt"', "did you mean lstm?"),
    ("hidden", "is no TOML file"),
    ("minutes = 1\nupdates = 2", "both given"),
    ("[model]\nhidden = 3", "the key 'model'"),
    ('config = "x"', "the key 'config'"),
    (b"\xff", "is no TOML file"),
    (None, "cannot be read (No such file"),
]


@pytest.mark.parametrize("content, message", FILES)
def test_files_of_options_that_are_refused(content, message, tmp_path, out, refused):
    """Unknown keys, wrong values and what is no TOML, in one line with what was meant."""
    path = tmp_path / "options.toml"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in refused("train", "--config", path, "--out", out)
    assert not out.exists()


def test_settings_that_do_not_go_together(text, out, refused):
    """A tied embedding has the width of the outputs."""
    line = refused("train", "--text", text, *OPTIONS, "--tie", "--embedding", 3, "--out", out)
    assert "tied" in line
    assert not out.exists()


def test_resume_may_be_more_patient(checkpoint, text, tmp_path, capsys, small_run):
    """What only watches may change: patience, and how often it looks."""
    new = tmp_path / "new"
    options = ["--resume", checkpoint, "--updates", 5, "--patience", 4, "--validate-every", 1]
    assert small_run(text, new, *options) == 0
    run_ = load_run(new / "checkpoint.safetensors", TONGUE_TWISTER)
    assert (run_.settings.patience, run_.settings.validate_every) == (4, 1)
    assert [step for step, _ in run_.trainer.history.validations] == [3, 4, 5]


def test_patience_ends_training(text, out, capsys, monkeypatch, small_run):
    """It stops behind the best, says so, and the table has the best beside the last."""
    values = iter([3.0, 2.0, 2.5, 2.6, 2.7])
    monkeypatch.setattr(Run, "bits", lambda self, model: next(values))
    options = ["--updates", 99, "--validate-every", 2, "--patience", 2]
    assert small_run(text, out, *options) == 0
    output = capsys.readouterr().out
    assert "the best of 4 validations was after step 4" in output
    assert "LSTM after 4 updates, the best" in output
    assert "-- after 8 updates" in output
    best = load_run(out / "best.safetensors", TONGUE_TWISTER)
    assert (best.updates, best.trainer.best) == (4, 2.0)


@pytest.mark.parametrize("worse, falls, warned", [(True, True, True), (False, True, False),
                                                  (True, False, False)])
def test_overfitting_is_told_in_words(worse, falls, warned):
    """Once, when the held-out text gets worse while the loss of training falls."""
    said = []
    warning = OverfitWarning(said.append)
    run_ = Run(Settings(hidden=2, batch=2, steps=4), TONGUE_TWISTER)
    history = run_.trainer.history
    for k in range(1, 9):
        run_.trainer.steps = k
        history.add(3.0 - 0.1 * k * falls, 1.0, 0.1)
        history.validations.append((k, 2.0 + 0.1 * (k - 2) if worse and k > 2 else 2.0 - 0.1 * k))
        warning.on_validation(run_.trainer)
    assert len(said) == warned
    if warned:
        assert "it learns by heart" in said[0]
        assert "--patience 3" in said[0]


# -- what it writes while it runs


def test_the_log_has_a_row_for_each_update(text, out, tmp_path, capsys, small_run):
    """Rows are those of the history, validations beside their step, also after a resume."""
    options = ["--validate-every", 2, "--csv"]
    assert small_run(text, out, "--updates", 3, *options) == 0
    path = out / "checkpoint.safetensors"
    assert small_run(text, out, "--updates", 5, *options, "--resume", path) == 0
    rows = list(csv.DictReader((out / "log.csv").read_text("utf-8").splitlines()))
    history = load_run(path, TONGUE_TWISTER).trainer.history
    assert [float(row["loss"]) for row in rows] == history.losses
    assert [float(row["gradient_norm"]) for row in rows] == history.norms
    found = [(int(r["step"]), float(r["validation"])) for r in rows if r["validation"]]
    assert found == history.validations


def test_the_live_page(text, out, capsys, small_run):
    """One file without scripts and network, that refreshes while it runs and not afterwards."""
    assert small_run(text, out, "--updates", 12, "--live", "a page.html") == 0
    page = (out / "a page.html").read_text("utf-8")
    for part in ("12 updates", "Bits per character", "by lag", "Last sample", "trigrams", "done"):
        assert part in page
    assert "http-equiv" not in page
    assert not re.search(r"<script|https?://|src=|href=", page)
    assert page.count("<polyline") == 4


def test_the_page_refreshes_while_it_runs(tmp_path):
    """Before the end it asks to be read again."""
    run_ = Run(Settings(hidden=2, batch=2, steps=4), TONGUE_TWISTER)
    pages = []
    page = LivePage(tmp_path / "live.html", run_, {"trigrams": 2.0}, every=0.0)
    run_.trainer.watch(page, lambda trainer: pages.append(page.path.read_text("utf-8")))
    run_.train(steps=2)
    assert all('http-equiv="refresh"' in text for text in pages)


def test_norms_by_lag_are_those_of_bptt():
    """The newest state has lag 0, and the loss of the last step reaches back with less."""
    run_ = Run(Settings(hidden=4, batch=2, steps=8), TONGUE_TWISTER)
    lags, values = norms_by_lag(run_)
    assert lags.tolist() == list(range(8))
    assert values[0] > values[-1] > 0


def test_charts_of_anything():
    """No points, one point, and values that have no logarithm are drawn as far as they go."""
    assert "not yet" in chart("a", {"b": ([], [])})
    assert "<polyline" in chart("a", {"b": ([1], [2.0])}, {"c": 1.0})
    drawn = chart("<a>", {"b": (range(5000), [0.0, 1.0] * 2500)}, logarithmic=True)
    assert "&lt;a&gt;" in drawn
    assert len(drawn) < 30_000
    assert "nan" not in drawn


def test_tensorboard_through_whichever_package_is_there(tmp_path, monkeypatch):
    """tensorboardX writes the numbers; without any package the error says what to install."""
    written = []

    class SummaryWriter:
        def __init__(self, folder):
            self.folder = folder

        def add_scalar(self, *numbers):
            written.append(numbers)

        def flush(self):
            written.append("flush")

    fake = types.ModuleType("tensorboardX")
    fake.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "tensorboardX", fake)
    run_ = Run(Settings(hidden=2, batch=2, steps=4), TONGUE_TWISTER)
    run_.trainer.watch(TensorBoard(tmp_path))
    run_.train(steps=1)
    history = run_.trainer.history
    assert written == [("loss", history.losses[0], 1), ("gradient_norm", history.norms[0], 1),
                       ("learning_rate", history.rates[0], 1),
                       ("validation", history.validations[0][1], 1), "flush"]
    for name in ("tensorboardX", "tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboardX"):
        TensorBoard(tmp_path)
