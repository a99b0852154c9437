"""What is generated for speed can be read: in tracebacks, and as text. That it does what its
definition does is one of the laws of ops."""

import traceback

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.engine.specialise import source_of


def fails(g, x):
    raise ValueError("no slope today")


def test_a_traceback_shows_the_generated_line(monkeypatch):
    """An error in a rule is shown below the line of the generated pullback that called it."""
    monkeypatch.setattr("minigrad.engine.op.OPS", {})  # it is no op of the catalogue
    failing = mg.primitive(vjps=(fails,), name="failing_rule")(lambda x: x * 1)
    x = mg.tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="no slope today") as caught:
        failing(x).backward(np.ones(1))
    text = "".join(traceback.format_exception(caught.value))
    assert "<pullback of failing_rule" in text
    assert "c = rule_0(g, x)" in text


def test_every_source_says_what_it_calls():
    """For every op and argument the source calls its rule with what the rule names."""
    for op in OPS.values():
        if op.joint is not None:
            continue
        source = source_of(op.plan(op.usable))
        for i, rule in enumerate(op.rules):
            if rule is not None:
                line = next(line for line in source.splitlines() if f"c = rule_{i}(" in line)
                named = line.partition("(")[2].rstrip(")").replace("_,", ",").split(", ")[1:]
                assert [name.rstrip("_") for name in named] == list(op.needs(rule))
