"""Wrong answers to the exercises of the lesson *truncation*, each with words that explain it."""

from tests.support.answers import changed, solved

LOOP = solved("truncation.2")
FULL = """
def answer(cell, xs, ys, k):
    state, loss = None, 0
    for a in range(0, len(xs), k):
        outputs, state = rnn.unroll(cell, xs[a : a + k], state)
        loss = loss + ((outputs - ys[a : a + k]) ** 2).sum()
    loss.backward()
    return cell.W_hh.grad.numpy()
"""

ESTIMATE = """
def answer(terms, cuts, p):
    total, weight = terms[0], {first}
    for term, cut in zip(terms[1:], cuts):
        if cut:
            {cut}
        {passing}
        total += weight * term
    return total
"""
PARTS = {"first": "1.0", "cut": "break", "passing": "weight /= 1 - p"}


def estimate(**other):
    return ESTIMATE.format(**PARTS | other)


WRONG = {
    "truncation.1": [
        ("answer = 0.0784", "the full gradient"),
        ("answer = 0.0499", "the part that is lost"),
        ("answer = 0.0356", "windows of one step"),
        ("answer = 0.0427", "k1 = 1 and k2 = 2"),
        ("answer = 0.0714", "the last window alone"),
        ("answer = -0.0429", "the first window alone"),
        ("answer = 0", "on the other side of the diagonal"),
        ("answer = -0.0285", "its sign is the other one"),
        ("answer = 'all'", "made of numbers"),
    ],
    "truncation.2": [
        (changed(LOOP, "rnn.detach(state)", "state"), "has to be detached"),
        (changed(LOOP, "rnn.detach(state)", "None"), "only the graph is cut"),
        (changed(LOOP, "rnn.detach(state)", "rnn.detach(state); cell.W_hh.grad = "
                      "cell.W_hh.grad if a + k >= len(xs) else None"), "the last window alone"),
        (changed(LOOP, "range(0, len(xs), k)", "range(0, len(xs) - k + 1, k)"),
         "the last window, which is shorter, is missing"),
        (changed(LOOP, "range(0, len(xs), k)", "[0]"), "the first window alone"),
        (FULL, "nothing was cut"),
        (changed(LOOP, ".sum().backward()", ".sum(axis=(1, 2)).mean().backward()"), "not a mean"),
        (changed(LOOP, "** 2)", "** 2 / 2)"), "a factor of 2"),
        (changed(LOOP, "state = None\n", "state = None\n    k = -(-len(xs) // k)\n"),
         "not the number of windows"),
        (changed(LOOP, "return cell.W_hh.grad.numpy()", "return cell.W_xh.grad.numpy()"),
         "has shape (3, 3)"),
        (changed(LOOP, "rnn.unroll(cell, xs[a : a + k], state)",
                      "map(rnn.detach, rnn.unroll(cell, xs[a : a + k], state))"),
         "does not require grad"),
        ("answer = 3", "is a function"),
    ],
    "truncation.3": [
        (estimate(passing="pass"), "nothing makes up for them"),
        (estimate(passing="weight = 1 / (1 - p)"), "here it has one in all"),
        (estimate(passing="weight *= 1 - p"), "not by 1 - p"),
        (estimate(passing="weight /= p"), "not by that of a cut"),
        (estimate(first="1 / (1 - p)", passing="weight /= 1 - p").replace(
            "= terms[0], 1", "= terms[0] / (1 - p), 1"), "passes no place"),
        ("answer = lambda terms, cuts, p: sum(terms)", "lie behind the cut"),
        (estimate(cut="continue"), "lie behind the cut"),
        ("answer = lambda terms, cuts, p: terms[0]", "the mean over all ways to cut"),
        ("answer = sum([1.0, -0.7, 0.5, 0.3])", "is a function"),
    ],
}
