"""What is generated for speed can be read: in tracebacks, and as text. That it does what its
definition does is one of the laws of ops."""

import threading
import traceback

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.expressions import expression_of
from minigrad.engine.op import OPS
from minigrad.engine.specialise import source_of


def fails(g, x):
    raise ValueError("no slope today")


def test_a_traceback_shows_the_generated_line(monkeypatch):
    """An error in a rule is shown below the line of the generated pullback that called it."""
    monkeypatch.setattr("minigrad.engine.declared.OPS", {})  # it is no op of the catalogue
    failing = mg.primitive(vjps=(fails,), name="failing_rule")(lambda x: x * 1)
    x = mg.tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="no slope today") as caught:
        failing(x).backward(np.ones(1))
    text = "".join(traceback.format_exception(caught.value))
    assert "<pullback of failing_rule" in text
    assert "c = rule_0(g, x)" in text


def test_every_source_says_what_it_calls():
    """For every op and argument the source calls its rule with what the rule names, or says it."""
    for op in OPS.values():
        if op.joint is not None:
            continue
        source = source_of(op.pullback(op.usable))
        for i, rule in enumerate(op.rules):
            if rule is not None and op.elementwise and (said := expression_of(rule)):
                assert f"        c = {said}\n" in source
            elif rule is not None:
                line = next(line for line in source.splitlines() if f"c = rule_{i}(" in line)
                named = line.partition("(")[2].rstrip(")").replace("_,", ",").split(", ")[1:]
                assert [name.rstrip("_") for name in named] == list(op.needs(rule))


def broken(x, *, axis=0):
    raise ValueError("no value today")


def test_a_traceback_shows_the_generated_call(monkeypatch):
    """An error in a forward is shown below the line of the generated call that called it."""
    monkeypatch.setattr("minigrad.engine.declared.OPS", {})  # it is no op of the catalogue
    failing = mg.primitive("(n)->(m)", vjps=(lambda g: g,), name="failing_forward")(broken)
    with pytest.raises(ValueError, match=r"failing_forward\(x: \(2,\) float64, axis=1\)") as caught:
        failing(mg.tensor([1.0, 2.0]), axis=1)
    text = "".join(traceback.format_exception(caught.value))
    assert "<call of failing_forward" in text
    assert "data = forward(x_data, axis=axis)" in text


def test_what_is_generated_is_the_definition_where_it_does_not_fit():
    """An op of any number of arrays, or with several results, is called by its definition."""
    for name in ("concatenate", "split"):
        assert OPS[name].source is None
    assert OPS["tanh"].source.startswith("def tanh(x):\n")


def test_names_of_an_op_do_not_meet_those_of_its_function(monkeypatch):
    """Arguments and keywords may have the names that the template has for itself."""
    monkeypatch.setattr("minigrad.engine.declared.OPS", {})

    @mg.primitive("(),()->()", vjps=(lambda g, frame, data: g * frame * data, None), name="out")
    def out(node, frame, *, data=1.0, shape=None, dtype=None, more=0, others=0, t0=1.0):
        return node * frame * data * t0 + more + others

    x = mg.tensor(2.0, requires_grad=True)
    y = out(x, 3.0, 5.0, None, None, 1, others=2)
    y.backward()
    assert (y.item(), x.grad.item()) == (33.0, 15.0)
    assert out(x, mg.tensor(3.0), t0=2.0).item() == 12.0


def test_two_threads_call_an_op_for_the_first_time(monkeypatch):
    """The function is written at its first call, whoever makes it."""
    monkeypatch.setattr("minigrad.engine.declared.OPS", {})
    for k in range(50):
        twice = mg.primitive(vjps=(lambda g, times: g * times,), name=f"twice_{k}")(
            lambda x, *, times=2.0: x * times
        )
        start, found = threading.Barrier(4), []

        def run(twice=twice, start=start, found=found):
            start.wait()
            found.extend(twice(mg.tensor(3.0), 4.0).item() for _ in range(3))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [12.0] * 12
