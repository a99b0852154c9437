"""BLAS has one thread inside a loop, and what it had before behind the last one."""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.scanning import cores


class Controller:
    """A stand-in for threadpoolctl's, with two threads at first."""

    threads = 2

    def limit(self, limits):
        self.before, self.threads = self.threads, limits
        return self

    def restore_original_limits(self):
        self.threads = self.before

    def get_original_num_threads(self):
        return {"blas": self.before}

    def info(self):
        return [{"num_threads": self.threads}]


@pytest.fixture
def controller(monkeypatch):
    found = Controller()
    monkeypatch.setattr(cores, "_controller", lambda: found)
    return found


def test_one_thread_inside_and_all_of_them_behind(controller):
    """In nested and overlapping loops too, and after an error."""
    with cores.one_thread():
        assert controller.threads == 1
        with cores.one_thread():
            assert controller.threads == 1
        assert controller.threads == 1
    assert controller.threads == 2
    with pytest.raises(ZeroDivisionError), cores.one_thread():
        1 / 0  # noqa: B018  # the error is all that is wanted
    assert controller.threads == 2


def test_overlapping_loops_of_threads(controller):
    """The first one that ends does not take the limit from the other one."""
    inside, go = threading.Event(), threading.Event()

    def other():
        with cores.one_thread():
            inside.set()
            go.wait(10)

    thread = threading.Thread(target=other)
    with cores.one_thread():
        thread.start()
        inside.wait(10)
    assert controller.threads == 1
    go.set()
    thread.join()
    assert controller.threads == 2


def test_the_loops_of_a_scan_run_so(controller):
    """Forwards and backwards."""
    seen = []
    w = mg.tensor(2.0, requires_grad=True)

    @mg.primitive("()->()", vjps=(lambda g: seen.append(controller.threads) or g,), name="looks")
    def looks(x):
        seen.append(controller.threads)
        return x + 0

    _, last = mg.scan(lambda x, s: (s, looks(s * w + x)), 0.0, np.ones(3))
    last.backward()
    assert seen.count(1) >= 3
    assert controller.threads == 2


def test_one_thread_from_the_way_there_to_the_way_back(controller):
    """Of several workers: a product that is spread in between leaves threads that spin, in their
    way. It ends with the graph, by backward() or because nobody wants it any more."""
    W = mg.tensor(np.ones((3, 3)), requires_grad=True)

    def run():
        ys, _ = mg.scan(lambda x, h: (h, np.tanh(h @ W + x)), np.zeros((4, 3)), np.ones((5, 4, 3)),
                        workers=2)
        return ys.sum()

    loss = run()
    assert controller.threads == 1
    loss.backward()
    assert controller.threads == 2
    loss = run()
    assert controller.threads == 1
    del loss
    assert controller.threads == 2
    with mg.no_grad():
        run()
    assert controller.threads == 2


def test_how_many_threads_there_are(monkeypatch):
    """Inside of a loop too, where there is one; without the package nobody can say."""
    found = Controller()
    monkeypatch.setattr(cores, "_controller", lambda: found)
    with cores.one_thread():
        assert cores.blas_threads() == 2
    assert cores.blas_threads() == 2
    monkeypatch.setattr(cores, "_controller", lambda: None)
    assert cores.blas_threads() == 1
    with cores.one_thread():
        assert found.threads == 2


def test_a_hold_is_given_back_once(controller):
    """However often one calls."""
    first, second = cores.hold(), cores.hold()
    first()
    first()
    assert controller.threads == 1
    second()
    assert controller.threads == 2
