"""Wrong answers to the exercises of the lesson *chain_rule*, each with words that explain it."""

NEURON = """
def answer(w, b, x, y):
    out = np.tanh(w * x + b)
    d = {}
    return d * x, d
"""

WRONG = {
    "chain_rule.1": [
        ("answer = 1 - np.tanh(0.3) ** 2", "the factor x of the inner derivative is missing"),
        ("answer = 0.5", "the outer derivative is missing"),
        ("answer = (1 - np.tanh(0.3) ** 2) * 0.6", "∂y/∂x"),
        ("answer = (1 - np.tanh(0.6) ** 2) * 0.5", "taken at w, not at w x"),
        ("answer = -(1 - np.tanh(0.3) ** 2) * 0.5", "its sign is the other one"),
        ("answer = 'a half'", "made of numbers"),
    ],
    "chain_rule.2": [
        (NEURON.format("out - y"), "the slope of tanh, 1 - out², is missing"),
        (NEURON.format("1 - out**2"), "the error out - y is missing"),
        (NEURON.format("(y - out) * (1 - out**2)"), "has the other sign"),
        (NEURON.format("(out - y) * out * (1 - out)"), "the logistic's"),
        (NEURON.format("(out - y) * (1 - out**2)").replace("d * x", "d"), "x is missing"),
        (NEURON.format("(out - y) * (1 - out**2)").replace("d * x", "d * w"), "x, not w"),
        ("answer = 0.1", "is a function"),
    ],
}
