"""Wrong answers to the exercises of the lesson *broadcasting*, each with words that explain it."""

from tests.support.answers import changed

UNDO = """
def answer(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    for k, n in enumerate(shape):
        if n == 1 and g.shape[k] != 1:
            g = g.sum(axis=k, keepdims=True)
    return g
"""

WRONG = {
    "broadcasting.1": [
        ("def answer(g, shape):\n    return g", "axes [0] were missing: sum and drop them"),
        ("def answer(g, shape):\n    return g.sum(axis=0)", "Nothing was repeated: it is g itself"),
        (changed(UNDO, ", keepdims=True", ""), "axes [1] had length 1: sum and keep them"),
        (changed(UNDO, "if n == 1 and", "if 0 and"), "(keepdims)"),
        (changed(UNDO, "g.ndim - len(shape)", "g.ndim - len(shape) * 0"), "has shape ()"),
        (changed(UNDO, "g.sum(axis=tuple(range(g.ndim - len(shape))))",
                 "g.sum(axis=tuple(range(len(shape), g.ndim)))"), "has shape (4,)"),
        ("""
def answer(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0) if g.shape[0] not in shape else g.sum(axis=-1)
    for k, n in enumerate(shape):
        g = g.sum(axis=k, keepdims=True) if n == 1 else g
    return g
""", "aligned at the right"),
        (changed(UNDO, "g.sum(axis=tuple", "g.mean(axis=tuple"), "not the mean"),
        (changed(UNDO, "g.sum(axis=k", "g.max(axis=k"), "larger, by"),
        (changed(UNDO, "g.sum(axis=tuple(range(g.ndim - len(shape))))",
                 "g[(0,) * (g.ndim - len(shape))]"), "the part of the first copy"),
        (changed(UNDO, "    g = g.sum", "    g += 0.5\n    g = g.sum"), "it wrote into g"),
        ("answer = 3", "is a function"),
    ],
    "broadcasting.2": [
        ("answer = dict(s=8, c=8, m=24)", "along its own axis; s is repeated"),
        ("answer = dict(s=3, c=3, m=24)", "along its own axis; c is repeated"),
        ("answer = dict(s=3, c=8, m=11)", "multiply"),
        ("answer = dict(s=24, c=8, m=24)", "about one entry"),
        ("answer = dict(s=3, c=8, m=1)", "m is one number"),
        ("answer = dict(s=3, c=8, m=8)", "along both axes"),
        ("answer = (3, 8, 24)", "a dict with the keys"),
    ],
    "broadcasting.3": [
        ("answer = (1 / 3, 1 / 3, 2)", "compares every prediction with every target"),
        ("answer = (21, 1 / 3, 2)", "mean() divides by 9"),
        ("answer = (7, 1 / 3, 2)", "divided by 9, not by 3"),
        ("answer = (7 / 3, 1, 2)", "the mean divides by 3"),
        ("answer = (7 / 3, 1 / 3, 1)", "its own target alone"),
        ("answer = (7 / 3, 1 / 3, 7 / 3)", "the mean of the predictions"),
        ("answer = (7 / 3, 1 / 3)", "has shape (3,)"),
    ],
}
