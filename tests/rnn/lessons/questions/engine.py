"""Wrong answers to the exercises of the lesson *engine*, each with words that explain it."""

from tests.support.answers import changed, solved

OP = '''
@mg.primitive("()->()", vjps=(lambda g, x: g / np.hypot(1, x) ** 3,))
def answer(x):
    """x / √(1 + x²)"""
    return x / np.hypot(1, x)
'''

SWEEP = solved("engine.3")

RECURSIVE = """
def answer(loss, sends):
    gradients = {}
    def go(node, g):
        if node.op is None:
            gradients[node.name] = gradients.get(node.name, 0.0) + g
            return
        for parent, c in sends(node, g):
            go(parent, c)
    go(mg.Tape(loss).nodes[-1], np.ones(()))
    return gradients
"""

WRONG = {
    "engine.1": [
        (changed(OP, "g / np.hypot", "1 / np.hypot"), "what arrives, `g`, is missing"),
        (changed(OP, "** 3", "** 2"), "ratio 1.29436"),
        (changed(OP, "** 3", "** 3 * 1.001"), "ratio 1.001"),
        (changed(OP, "g / np.hypot(1, x)", "g / np.hypot(1, x.detach() if hasattr(x, 'detach') "
                 "else x)"), "the second derivative is wrong"),
        (changed(OP, "return x / np.hypot(1, x)", "return x / np.sqrt(1 + x**2)"), "x² overflows"),
        (changed(OP, "return x / np.hypot(1, x)", "return np.tanh(x)"), "the value at x = 0.75"),
        (changed(OP, "return x / np.hypot(1, x)", "return 1 / np.hypot(1, x)"), "1 / √(1 + x²)"),
        (changed(OP, "g, x: g / np.hypot(1, x) ** 3", "g, out: g * (1 - out**2) ** 1.5"),
         "has lost its digits"),
        (changed(OP, "g, x: g / np.hypot(1, x) ** 3",
                 "g, out: g * ((1 - out) * (1 + out)) ** 1.5"), "has lost its digits"),
        (changed(OP, "g, x:", "g, x, out:"), "names ['out'] and does not use it"),
        (changed(OP, '"""x / √(1 + x²)"""', ""), "has no formula"),
        (changed(OP, "vjps=(lambda g, x: g / np.hypot(1, x) ** 3,)", ""), "no rule"),
        ("def answer(x):\n    return x / np.hypot(1, x)", "no record of it"),
        (changed(OP, "np.hypot(1, x) ** 3", "np.asarray(np.hypot(1, x)) ** 3"), "lose its graph"),
        ("answer = np.tanh(0.5)", "is a function"),
    ],
    "engine.2": [
        ("answer = {'sin', 'multiply'}", "lambda g, x: g * (2 * x)"),
        ("answer = {'tanh', 'sin', 'multiply', 'square'}", "It names out"),
        ("answer = {'exp', 'sin', 'multiply', 'square'}", "It names out"),
        ("answer = {'sin', 'multiply', 'square', 'add'}", "It names nothing but g"),
        ("answer = {'sin', 'multiply', 'square', 'sum'}", "only the shape of x"),
        ("answer = {'multiply', 'square'}", "It names x, so the call keeps an operand"),
        ("answer = {'sin', 'multiply', 'square', 'log'}", "log: not among"),
        ("answer = 'sin'", "a set of names"),
    ],
    "engine.3": [
        (changed(SWEEP, "arrived[parent] + c if parent in arrived else c", "c"),
         "in the recurrence, the total with which"),
        (changed(SWEEP, "in reversed(nodes)", "in nodes"), "KeyError"),
        (changed(SWEEP, "np.ones(())", "np.zeros(())"), "with which sum was asked is not 0"),
        (changed(SWEEP, "            continue\n", ""), "a leaf sends nothing on"),
        (changed(SWEEP, "for parent, c in sends(node, total):",
                 "for k in range(len(sends(node, total))):\n"
                 "            parent, c = sends(node, total)[k]"), "asked twice of sum"),
        (RECURSIVE, "in the recurrence, the total with which"),
        (changed(SWEEP, "gradients[node.name]", "gradients[node]"), "the names of the leaves"),
        (changed(SWEEP, "return gradients", "return [*gradients.values()]"), "this has list"),
        (changed(SWEEP, "gradients[node.name] = total", "gradients[node.name] = -total"),
         "its sign is the other one"),
    ],
}
