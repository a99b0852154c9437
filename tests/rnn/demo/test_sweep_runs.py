"""``train --sweep``: a run for every combination, each as it would be alone."""

import json

import pytest

from rnn.demo.checkpoint import load_run
from rnn.parallel import Group
from tests.support.small_runs import OPTIONS, TONGUE_TWISTER
from tests.support.small_runs import run_command as run

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_every_combination_is_the_run_that_it_names(text, out, capsys, small_run):
    """Its checkpoint is, bit for bit, that of the run with those options alone."""
    assert small_run(text, out, "--updates", 4, "--validate-every", 2, "--csv",
                     "--sweep", "cell=gru,lstm", "--sweep", "seed=3,4", "--json") == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [r["options"] for r in runs] == [
        {"cell": c, "seed": s} for c in ("gru", "lstm") for s in ("3", "4")]
    alone = out / "alone"
    assert small_run(text, alone, "--updates", 4, "--validate-every", 2, "--cell", "lstm",
                     "--seed", 3) == 0
    one, other = (load_run(path / "checkpoint.safetensors", TONGUE_TWISTER)
                  for path in (alone, out / "cell=lstm,seed=3"))
    assert one.losses == other.losses
    assert one.settings == other.settings
    for name, array in one.model.state_dict().items():
        assert array.tobytes() == other.model.state_dict()[name].tobytes()
    assert all(r["updates"] == 4 and r["ended"] == "done" for r in runs)
    assert (out / "cell=gru,seed=4" / "log.csv").read_text().count("\n") == 5


def test_the_best_stands_first(text, out, capsys, small_run):
    """Ranked by bits per held-out character, with the means over seeds."""
    assert small_run(text, out, "--updates", 30, "--sweep", "learning-rate=0.02,1e-9",
                     "--sweep", "seed=0,1") == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split(",")[0] for row in rows[1:5]] == 2 * ["  learning-rate=0.02"] + 2 * [
        "  learning-rate=1e-9"]
    assert rows[5].startswith("over the seeds")
    assert rows[6].startswith("  learning-rate=0.02: ")
    assert "best.safetensors" in rows[-1]


def test_a_run_that_diverges_does_not_end_the_others(text, out, capsys, small_run, monkeypatch):
    """It is told as such, and ranked last; the others are whole."""
    from minigrad.errors import GradientError
    from rnn.demo.run import Run

    train = Run.train

    def diverging(self, **options):
        if self.settings.seed == 0:
            raise GradientError("not finite")
        return train(self, **options)

    monkeypatch.setattr(Run, "train", diverging)
    assert small_run(text, out, "--updates", 2, "--sweep", "seed=0,1") == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[1].startswith("  seed=1: ")
    assert rows[2] == "  seed=0: diverged"


def test_ctrl_c_ends_the_sweep(text, out, capsys, small_run, monkeypatch):
    """The running run keeps its checkpoint, the rest is not begun, the exit code says it."""
    from rnn.demo.run import Run

    monkeypatch.setattr(Run, "train", lambda self, **options: False)
    assert small_run(text, out, "--updates", 2, "--sweep", "seed=0,1", "--json") == 130
    assert [r["ended"] for r in json.loads(capsys.readouterr().out)["runs"]] == [
        "interrupted", "not begun"]


def test_a_sweep_in_a_file(text, out, tmp_path, capsys):
    """A table of lists means the same; the command line wins."""
    config = tmp_path / "sweep.toml"
    config.write_text("updates = 1\n[sweep]\nseed = [0, 1]\ntie = [true]\n")
    assert run("train", "--text", text, *OPTIONS, "--config", config, "--out", out) == 0
    assert sorted(p.name for p in out.iterdir()) == ["seed=0,tie=true", "seed=1,tie=true"]
    config.write_text("sweep = 3\n")
    assert run("train", "--config", config) == 2
    assert "wanted a table of lists" in capsys.readouterr().err


@pytest.mark.parametrize("options, words", [
    (["--sweep", "hiden=3"], "did you mean"),
    (["--sweep", "minutes=1,2"], "'minutes' is no setting"),
    (["--sweep", "hidden="], "there are no values"),
    (["--sweep", "hidden=3,0"], "received '0', wanted an integer of at least 1"),
    (["--sweep", "tie=maybe"], "wanted yes or no"),
    (["--sweep", "seed=0", "--sweep", "seed=1"], "swept already"),
    (["--sweep", "embedding=3", "--sweep", "tie=yes"], "as wide"),
    (["--sweep", "seed=0", "--live"], "--live is for one run"),
    (["--sweep", "seed=0", "--resume", "x"], "--resume is for one run"),
])
def test_refused_before_anything_is_written(options, words, text, out, refused):
    """Every setting of the grid is looked at before the first run."""
    assert words in refused("train", "--text", text, *OPTIONS, "--out", out, *options)
    assert not any(out.glob("*")) if out.exists() else True


def test_ranks_share_the_runs(text, out, monkeypatch, capsys, small_run):
    """Each rank of a group trains every N-th run, alone."""
    class Second:
        rank, size = 1, 2

        def gather(self, value):
            return [value, value]

    from rnn.demo import sweep_runs

    monkeypatch.setattr(sweep_runs, "world", lambda: Group(Second()))
    assert small_run(text, out, "--updates", 1, "--sweep", "seed=0,1,2,3") == 0
    assert sorted(p.name for p in out.iterdir()) == ["seed=1", "seed=3"]
    assert capsys.readouterr().out == ""
