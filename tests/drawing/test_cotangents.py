"""Backward arrows: against every wire along which a gradient comes back, and no other."""

import math

import pytest

import minigrad as mg
from minigrad.drawing.render.themes import THEMES
from tests.drawing.test_models import MODELS
from tests.support.pictures import elman, lstm, parameter


def arrows(drawing):
    """The backward arrows, by the id of the wire that each is against."""
    return {p.data["along"]: p for p in drawing.scene.paths if p.kind == "cotangent"}


@pytest.mark.parametrize("name", MODELS)
def test_one_against_each_wire(name):
    """From its end to its start, a little aside all along; wires of inputs, constants and detached
    states have none."""
    steps = {"max_steps": 6} if name == "T = 200" else {}
    drawing = mg.draw(MODELS[name](), backward=True, **steps)
    scene, found = drawing.scene, arrows(drawing)
    kinds = {mark.id: mark.kind for mark in scene.marks}
    there = {scene.slugs[p.id]: p for p in scene.paths if p.kind != "cotangent"}
    for own, wire in there.items():
        constant = kinds[wire.tail] in ("constant", "input", "initial")
        if constant or wire.data.get("cut"):
            assert own not in found
        elif kinds[wire.tail] in ("weight", "cell", "op"):
            assert own in found
    for own, back in found.items():
        assert (back.tail, back.head) == (there[own].head, there[own].tail)
        assert back.dash
        for end, start in ((0, -1), (-1, 0)):
            apart = math.dist(back.points[end], there[own].points[start])
            assert apart == pytest.approx(3.2, abs=1e-6)


def test_a_cut_lets_nothing_back():
    """Nothing comes back over a detached state, and over all others it does."""
    drawing = mg.draw(elman(4, cut=3), backward=True)
    states = {drawing.scene.slugs[p.id]: p.data["step"]
              for p in drawing.scene.paths if p.kind == "state" and "shape" in p.data}
    assert {states[own] for own in arrows(drawing) if own in states} == {1, 3}


@pytest.mark.parametrize("theme", THEMES)
def test_colour_and_dash_are_their_own(theme):
    """They are in one colour of the theme, dashed, and none is there without being asked for."""
    drawing = mg.draw(lstm(2), backward=True, theme=theme, ledger=True)
    found = arrows(drawing).values()
    assert {p.color for p in found} == {THEMES[theme].back}
    assert {p.dash for p in found} == {"4 2"}
    assert arrows(mg.draw(lstm(2))) == {}
    assert mg.draw(lstm(2), show=["backward"]).dot == mg.draw(lstm(2), backward=True).dot


def test_two_uses_have_two_arrows():
    """x · x: one comes back through each operand."""
    x = parameter("x")
    assert len(arrows(mg.draw(x * x, backward=True))) == 2


def test_highlighted_with_their_wires():
    """The arrows against the wires of what is highlighted stay as they are, others fainter."""
    drawing = mg.draw(lstm(2), backward=True, highlight="W_hh")
    for back in arrows(drawing).values():
        assert (back.color == THEMES["light"].back) is (back.data.get("weight") == "W_hh")
