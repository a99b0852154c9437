"""Wrong answers to the exercises of the lesson *chain_rule*, each with words that explain it."""

NEURON = """
def answer(w, b, x, y):
    out = np.tanh(w * x + b)
    d = {}
    return d * x, d
"""

RIGHT = {"square": 1, "add": 9, "multiply": 9, "q": 27, "p": 13.5}


def filled_in(**wrong):
    return f"answer = {RIGHT | wrong}"


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
    "chain_rule.3": [
        (filled_in(p=4.5), "p goes into the sum too"),
        (filled_in(p=9), "p goes into the product too"),
        (filled_in(p=40.5), "added, not multiplied"),
        (filled_in(p=1.5), "what arrives is missing"),
        (filled_in(q=4.5), "multiply exchanges: to q"),
        (filled_in(p=36), "multiply exchanges: to p"),
        (filled_in(add=4.5), "that is its value; the slope of x² is 2x"),
        (filled_in(multiply=4.5), "undivided"),
        (filled_in(square=20.25), "L moves with itself"),
        ("answer = [1, 9, 9, 27, 13.5]", "a dict with the keys"),
    ],
}
