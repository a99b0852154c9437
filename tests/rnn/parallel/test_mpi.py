"""Ranks that mpiexec starts; needs mpi4py and an MPI: ``make test-mpi``."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minigrad import io
from rnn import load_checkpoint
from tests.support.paths import ROOT

pytest.importorskip("mpi4py")
MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
pytestmark = pytest.mark.skipif(MPIEXEC is None, reason="no mpiexec")

PROGRAM = """if True:
    import os, sys
    import numpy as np
    from rnn import GRU
    from rnn.parallel import ParallelTrainer, world
    out, steps, dtype = sys.argv[1], int(sys.argv[2]), np.dtype(sys.argv[3])
    group = world()

    def batch(i):
        return np.random.default_rng(i).normal(size=(6, 5, 2)), np.array([6, 1, 3, 5, 2])

    def loss(model, x, lengths):
        return (model(x, lengths=lengths)[0] ** 2).sum() / int(lengths.sum())

    def told(trainer):
        if group.rank == group.size - 1 and trainer.steps == 3:
            print("PID", os.getpid(), flush=True)
            if len(sys.argv) > 4:
                raise RuntimeError(sys.argv[4])
        if trainer.steps == 2 and steps > 9:
            trainer.save(out + "/early.safetensors")

    trainer = ParallelTrainer(
        GRU(2, 3, dtype=dtype, rng=group.rank), loss, lr=0.05, axis=(1, 0), callbacks=[told],
        weight=lambda x, lengths: lengths.sum(),
    )
    trainer.fit(batch, steps=steps)
    trainer.save(out + "/last.safetensors")
"""


def command(ranks, *arguments):
    return [MPIEXEC, "-n", str(ranks), sys.executable, "-c", PROGRAM, *map(str, arguments)]


def environment():
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("float64", 1e-12)])
def test_two_ranks_are_one(dtype, tolerance, tmp_path):
    """Parameters after ten steps on ragged batches: those of one rank with the joint batch."""
    found = []
    for ranks in (1, 2):
        folder = tmp_path / str(ranks)
        folder.mkdir()
        subprocess.run(
            command(ranks, folder, 9, dtype), check=True, timeout=60, cwd=ROOT, env=environment()
        )
        found.append(io.load(folder / "last.safetensors"))
    for name, array in found[0].items():
        if name.startswith("model."):
            np.testing.assert_allclose(found[1][name], array, atol=tolerance)


def test_a_rank_that_fails_ends_the_others(tmp_path):
    """With its traceback, and which rank it was; the earlier checkpoint is whole."""
    out = subprocess.run(
        command(2, tmp_path, 10**6, "float32", "the disk is gone"), check=False, timeout=60,
        capture_output=True, text=True, cwd=ROOT, env=environment(),
    )
    assert out.returncode != 0
    assert "RuntimeError: the disk is gone" in out.stderr
    assert "Group(rank 1 of 2) has failed, which ends the others" in out.stderr
    assert load_checkpoint(tmp_path / "early.safetensors").position["steps"] == 2


def test_a_rank_that_is_killed_ends_the_others(tmp_path):
    """kill -9: mpiexec says so and ends the rest; the checkpoint is whole, and is gone on from."""
    process = subprocess.Popen(
        command(2, tmp_path, 10**6, "float32"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, cwd=ROOT, env=environment(),
    )
    with process:
        pid = next(int(line.split()[1]) for line in process.stdout if line.startswith("PID"))
        os.kill(pid, signal.SIGKILL)
        text = process.stdout.read()
    assert process.returncode != 0
    assert "KILLED" in text.upper()
    assert load_checkpoint(tmp_path / "early.safetensors").model().hidden_size == 3


def test_ctrl_c_stops_all(tmp_path):
    """mpiexec passes Ctrl-C on; the ranks stop behind one step and end."""
    process = subprocess.Popen(
        command(2, tmp_path, 10**6, "float32"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, cwd=ROOT, env=environment(),
    )
    with process:
        next(line for line in process.stdout if line.startswith("PID"))
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert time.monotonic() - began < 30
    assert process.returncode != 0


def test_the_command_line_trains_on_two_ranks(tmp_path):
    """``mpiexec -n 2 python -m rnn train`` trains the model of one rank, says so once, and goes on
    with another number; what a user gets wrong ends all ranks, with the one line."""
    text = tmp_path / "text.txt"
    text.write_text("the quick brown fox jumps over the lazy dog; " * 40)

    def train(ranks, out, *options):
        command = [MPIEXEC, "-n", ranks, sys.executable, "-m", "rnn", "train", "--text", text,
                   "--out", tmp_path / out, *options]
        return subprocess.run(
            list(map(str, command)), check=False, timeout=120, capture_output=True, text=True,
            cwd=ROOT, env=environment(),
        )

    sizes = ["--hidden", 6, "--batch", 4, "--steps", 5, "--seed", 1, "--learning-rate", 0.01]
    for ranks in (1, 2):
        done = train(ranks, str(ranks), "--updates", 4, *sizes)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("to let it write more") == 1
    one, two = (load_checkpoint(tmp_path / out / "checkpoint.safetensors") for out in "12")
    assert one.position["steps"] == two.position["steps"] == 4
    for name, array in two.model().state_dict().items():
        np.testing.assert_allclose(array, one.model().state_dict()[name], atol=1e-6)
    again = tmp_path / "2" / "checkpoint.safetensors"
    done = train(3, "3", "--updates", 6, "--resume", again)
    assert done.returncode == 0, done.stderr
    assert load_checkpoint(tmp_path / "3" / "checkpoint.safetensors").position["steps"] == 6
    wrong = train(2, "4", "--hidden", 0)
    assert wrong.returncode == 2
    assert wrong.stderr.count("argument --hidden: received '0'") == 1
