"""What scans leave behind: a bounded number of plans, and nothing else."""

import gc
import linecache
import sys
from itertools import pairwise

import numpy as np

import minigrad as mg
from minigrad.scanning import plan as plans

W = mg.tensor(np.eye(3), requires_grad=True)


def step(x, h):
    h = np.tanh(h @ W + x)
    return h, h


def call(rows, **options):
    ys, _ = mg.scan(step, np.zeros((rows, 3)), np.zeros((2, rows, 3)), **options)
    W.zero_grad()
    ys.sum().backward()


def sources():
    return [name for name in linecache.cache if name.startswith("<scan of")]


def test_plans_of_many_shapes_are_forgotten():
    """With their sources, by the oldest first; without the garbage collector too."""
    gc.collect()
    before = len(sources())
    for rows in range(2, plans._MOST + 20):
        call(rows, workers=1 + rows % 2)
    assert len(plans._plans) <= plans._MOST
    assert len(sources()) <= before + 3 * plans._MOST  # of a plan, and of its shares


def test_no_plan_leads_back_to_itself(collector_off):
    """Nor does the way in which it was made."""
    for rows in range(200, 205 + plans._MOST):
        call(rows, workers=1 + rows % 2)
    gc.collect()
    for rows in range(300, 305):
        call(rows, workers=1 + rows % 2)
    plans.forget()
    assert gc.collect() == 0


def test_the_source_of_a_plan_in_use_stays():
    """However many others come: tracebacks show it."""
    h0, xs = np.zeros((1, 3)), np.zeros((2, 1, 3))
    plan = mg.scan.plan(step, h0, xs)
    file = plan.forward.__code__.co_filename
    for rows in range(400, 405 + plans._MOST):
        mg.scan.plan(step, np.zeros((rows, 3)), np.zeros((2, rows, 3)))
    assert "".join(linecache.getlines(file)) == plan.source
    assert plan.forward(2, [h0], [xs], [W.detach().numpy()])[1][0].shape == (2, 1, 3)


def test_calls_of_one_plan_take_no_memory():
    """Not an object a call. Objects are counted and not bytes, since a table that the process has
    filled long before may have to grow at any call; other threads may make some, but not at all
    times."""
    def of_calls():
        for _ in range(50):
            call(5, workers=2)
        gc.collect()  # of cycles there are none; it empties Python's own stores of tuples
        return sys.getallocatedblocks()

    found = [of_calls() for _ in range(5)]
    assert min(b - a for a, b in pairwise(found)) < 50
