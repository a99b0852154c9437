"""Wrong answers to the exercises of the lesson *lstm_paths*, each with words that explain it."""

UNIT = """
c, o, i, f, g = 0.8, 0.7, 0.4, 0.9, -0.5
w_hi, w_hf, w_hg = -1.0, 2.0, 1.5
dh_dc = {dh}
answer = {direct} + ({f} + {i} + {g}) * dh_dc
"""
PARTS = {
    "direct": "f", "dh": "o * (1 - np.tanh(c) ** 2)", "f": "c * f * (1 - f) * w_hf",
    "i": "g * i * (1 - i) * w_hi", "g": "i * (1 - g**2) * w_hg",
}


def unit(**changed):
    return UNIT.format(**PARTS | changed)


CELL = """
class Mine(rnn.LSTMCell):
    def step(self, x, state):
        h, c = state
        {}
answer = Mine
"""
LONG = """z = self.preactivation(x, h)
        i, f, g, o = self.squashed(z, "σσφσ")
        c = {c}
        h = {h}
        return h, (h, c)"""


def long(c="f * c + i * g", h="o * np.tanh(c)"):
    return CELL.format(LONG.format(c=c, h=h))


ONE_GATE_CUT = CELL.format("""i, f, g, o = self.squashed(self.preactivation(x, h), "σσφσ")
        _, f, _, _ = self.squashed(self.preactivation(x, h.detach()), "σσφσ")
        c = f * c + i * g
        h = o * np.tanh(c)
        return h, (h, c)""")

WRONG = {
    "lstm_paths.1": [
        ("answer = 0.9", "the direct term f_t alone"),
        (unit(direct="0"), "the direct term f_t is missing"),
        (unit(dh="1 - np.tanh(c) ** 2"), "the factor o_{t-1}"),
        (unit(dh="o"), "the factor tanh'(c_{t-1})"),
        (unit(dh="1"), "both factors"),
        (unit(dh="o * (1 - np.tanh(f * c + i * g) ** 2)"), "tanh' was taken at c_t"),
        (unit(f="0"), "the forget gate is missing"),
        (unit(i="0"), "the input gate is missing"),
        (unit(g="0"), "the candidate is missing"),
        (unit(f="c * w_hf", i="g * w_hi", g="i * w_hg"), "the slopes of the gates"),
    ],
    "lstm_paths.2": [
        ("answer = rnn.LSTMCell", "that of an ordinary LSTM, along all ways"),
        ("answer = rnn.LSTMCell(2, 3)", "without calling it"),
        ("answer = rnn.GRUCell", "derived from rnn.LSTMCell"),
        (CELL.format("return super().step(x, (h, c.detach()))"), "the way along c is cut as well"),
        (CELL.format("return super().step(x, (h.detach(), c.detach()))"), "is cut as well"),
        (CELL.format("return super().step(x, (0 * h, c))"), "the values change"),
        (long(h="(o * np.tanh(c)).detach()"), "no gradient goes back at all"),
        (long(c="f.detach() * c + i.detach() * g"), "W_xh of gate i gets no gradient"),
        (long(h="o.detach() * np.tanh(c)"), "of gate o gets no gradient"),
        (long(c="c + i * g"), "the values change: h_1 is off"),
        (ONE_GATE_CUT, "some ways are cut, but not all"),
        (CELL.format("return 1 / 0"), "ZeroDivisionError"),
    ],
    "lstm_paths.3": [
        ("answer = 4", "over one step"),
        ("answer = 16", "some go past it"),
        ("answer = 8", "they multiply"),
        ("answer = 17", "read by three gates"),
        ("answer = 20", "it acts on h_t"),
        ("answer = 25", "the others go through c_{t-1}"),
        ("answer = 18", "larger, by 1"),
        ("answer = [4, 4]", "is one number"),
    ],
}
