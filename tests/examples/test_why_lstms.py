"""The example of a gradient that is watched while a network learns."""

import numpy as np
import pytest

from examples import why_lstms
from rnn import LSTM, RNN
from rnn.tasks import Adding


@pytest.fixture
def short(monkeypatch):
    """A task of eight steps, looked at after every second update."""
    monkeypatch.setattr(why_lstms, "TASK", Adding(T=8))
    monkeypatch.setattr(why_lstms, "EVERY", 2)
    monkeypatch.setattr(why_lstms, "PAUSE", 1)


def test_the_course(short, monkeypatch):
    """What is seen on the way: as many pictures as there are, the norm by each step, that of the
    first below that of the last; and a training that is not disturbed by being watched."""
    course = why_lstms.train(LSTM, updates=5, hidden=6)
    assert course.updates == [0, 2, 4]
    assert np.shape(course.norms) == (3, 8)
    assert np.isfinite(course.norms).all()
    plain = why_lstms.train(RNN, updates=1, hidden=6)
    assert plain.norms[0][0] < plain.norms[0][-1]
    monkeypatch.setattr(why_lstms, "EVERY", 4)
    rarely = why_lstms.train(LSTM, updates=5, hidden=6)
    assert rarely.errors == course.errors[::2]


def test_it_prints_and_draws(short, capsys, tmp_path):
    """Run as a program it prints three errors and writes a film of all pictures."""
    image = pytest.importorskip("PIL.Image")
    why_lstms.main(tmp_path, updates=3)
    printed = capsys.readouterr().out
    assert "the mean    0.1667" in printed
    assert "LSTM " in printed
    with image.open(tmp_path / "why_lstms.gif") as film:
        assert film.n_frames == 2
