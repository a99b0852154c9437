"""Wrong answers to the exercises of the lesson *own_cell*, each with words that explain it."""

BY_HAND = """
a, b, h = 1.0, 2.0, 0.5
z, n = 1 / (1 + np.exp(-a * h)), np.tanh(b * h)
answer = {}
"""
RATES = """
from minigrad.functional import sigmoid
class answer(rnn.Cell):
    gates = ("h",)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.a = mg.Parameter(np.zeros(self.hidden_size, self.dtype))
    def step(self, x, h):
        rate = sigmoid(self.a)
        n = np.tanh(self.preactivation(x, h))
        h = (1 - rate) * h + rate * n
        return h, h
"""
TEST = """
from minigrad.testing import check_grads
def answer(cell_class):
    cell = cell_class(2, 3, dtype=float, rng=0)
    rng = np.random.default_rng(0)
    xs, h0 = rng.normal(size=(4, 2, 2)), rng.normal(size=(2, 3))
    outputs, last = rnn.unroll(cell, xs, h0)
"""
TWICE = "    assert np.array_equal(outputs.numpy(), rnn.unroll(cell, xs, h0)[0].numpy())\n"
ALONE = ("    alone = rnn.unroll(cell, xs[:, :1], h0[:1])[0].numpy()\n"
         "    assert np.allclose(outputs.numpy()[:, :1], alone)\n")
STATE = "    assert np.allclose(outputs.numpy()[-1], last.numpy())\n"
USED = "    outputs.sum().backward()\n    assert np.all(cell.W_hh.grad.numpy() != 0)\n"

WRONG = {
    "own_cell.1": [
        (BY_HAND.format("1 - z"), "the direct way alone"),
        (BY_HAND.format("1 - z + (n - h) * z * (1 - z)"), "through the candidate n is missing"),
        (BY_HAND.format("1 - z + z * (1 - n**2) * 2"), "through the gate z is missing"),
        (BY_HAND.format("1 - z + (h - n) * z * (1 - z) + z * (1 - n**2) * 2"), "not h - n"),
        (BY_HAND.format("1 - z + n * z * (1 - z) + z * (1 - n**2) * 2"), "taken away as well"),
        (BY_HAND.format("1 - z + (n - h) * z * (1 - z) + z * (1 - n**2)"), "b is missing"),
        (BY_HAND.format("1 - z + (n - h) * z * (1 - z) + z * 2"), "1 - n², is missing"),
    ],
    "own_cell.2": [
        (RATES.replace("sigmoid(self.a)", "self.a"), "'reference'"),
        (RATES.replace("(1 - rate) * h + rate * n", "rate * h + (1 - rate) * n"), "'reference'"),
        (RATES.replace("mg.Parameter(np.zeros(self.hidden_size, self.dtype))", "0.0"),
         "no Parameter `a`"),
        (RATES.replace("(self.hidden_size, self.dtype)", "(1, self.dtype)"), "each unit"),
        (RATES.replace(", self.dtype))", "))"), "with it everything becomes float64"),
        (RATES.replace("np.zeros", "np.ones"), "wanted zeros"),
        (RATES.replace("sigmoid(self.a)", "sigmoid(self.a).detach()"), "'parameters_used'"),
        (RATES.replace("h = (1 - rate) * h + rate * n", "h *= 1 - rate; h += rate * n"),
         "make a new one"),
        (RATES.replace("return h, h", "return h"), "wanted the pair"),
        (RATES.replace("        return h, h", "        self.h = h\n        return h, h").replace(
            "        n = np", "        h = getattr(self, 'h', h)\n        n = np"), "'pure'"),
        (RATES + "\nanswer = answer(2, 3)", "give the class itself"),
    ],
    "own_cell.3": [
        (TEST + "    assert outputs.shape == (4, 2, 3)", "caught 0 of 5"),
        (TEST + STATE + TWICE + USED, "centres its gate over the batch"),
        (TEST + STATE + ALONE + USED, "keeps its state on itself"),
        (TEST + TWICE + ALONE + USED, "returns the state as it was given"),
        (TEST + STATE + TWICE + ALONE, "takes its gate off the graph"),
        (TEST + STATE + TWICE + ALONE + USED, "lets no gradient through (1 - z) h"),
        (TEST + "    assert np.all(outputs.numpy() > 0)", "fails for a cell that is right"),
        (TEST + "    return outputs.shape == (4, 2, 3)", "your test returns True"),
    ],
}
