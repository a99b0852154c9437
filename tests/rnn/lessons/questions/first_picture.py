"""Wrong answers to the exercises of the lesson *first_picture*, each with words that explain it."""

from tests.support.answers import changed

LOOP = """
def answer(w, xs):
    h = mg.tensor(0.0)
    for t, x in enumerate(xs, start=1):
        with mg.scope("rnn", t=t):
            h = np.tanh(x + w * h)
    return h
"""

WRONG = {
    "first_picture.1": [
        ("answer = (10, 3, 15)", "a loss at the last step only"),
        ("answer = (5, 3, 11)", "the loss is a box too"),
        ("answer = (6, 11, 11)", "a weight is one box"),
        ("answer = (6, 2, 10)", "W_hy is a weight too"),
        ("answer = (6, 3, 15)", "W_hy is used where there is a loss"),
        ("answer = (6, 3, 10)", "one is missing"),
        ("answer = (6, 3, 3)", "each weight has one wire"),
        ("answer = (9, 3, 11)", "of the weights, are not counted"),
        ("answer = 6", "has shape (3,)"),
    ],
    "first_picture.2": [
        ("answer = (0.307, 0.0543, 1)", "grow by 0.01, not by 1"),
        ("answer = (0.00106, 0.000543, 1)", "the effect of W_hh alone"),
        ("answer = (0.00404, 0.000543, 1)", "the first tap of W_hy is negative"),
        ("answer = (-0.00307, 0.000543, 1)", "here it grows"),
        ("answer = (0.00307, 0.0543, 1)", "the number at the tap"),
        ("answer = (0.00307, 0.00106, 1)", "moves W_hh at every step"),
        ("answer = (0.00307, 0.000516, 1)", "the tap at t = 2"),
        ("answer = (0.00307, 0.000353, 1)", "the taps are not alike"),
        ("answer = (0.00307, 0.000543, 0)", "counted from 1"),
    ],
    "first_picture.3": [
        (changed(LOOP, "return h", "return float(h)"), "not a Tensor"),
        (changed(LOOP, "w * h", "w.item() * h"), "no tap at all"),
        (changed(LOOP, "w * h", "w * h.detach()"), "1 of the 4 taps"),
        (changed(LOOP, '"rnn", t=t', '"rnn"'), "no columns"),
        (changed(LOOP, "start=1", "start=0"), "counted from 1"),
        (changed(LOOP, "t=t", "t=1"), "4 taps in the column t = 1"),
        (changed(LOOP, "x + w * h", "w * (x + h)"), "w multiplies the state, not the input"),
        (changed(LOOP, "xs, start", "reversed(xs), start"), "read from its end"),
        (changed(LOOP, "x + w * h", "x + w * mg.tensor(0.0)"), "not carried on"),
        (changed(LOOP, "mg.tensor(0.0)", "mg.tensor(1.0)"), "begins at 0"),
        (changed(LOOP, "w * h", "0.5 * w * h + 0.5 * w * h"), "used more than once in a step"),
        ("answer = 0.7", "is a function"),
    ],
}
