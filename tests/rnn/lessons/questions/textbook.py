"""Wrong answers to the exercises of the lesson *textbook*, each with words that explain it."""

HIDDEN = """
def answer(W_hh, W_qh, d_o):
    T = len(d_o)
    power = lambda k: np.linalg.matrix_power({W}, k)
    return np.array([
        sum(power({exponent}) @ {out} for j in range({start}, T)) for t in range(T)
    ])
"""

HIDDEN_OTHERS = """
def answer(W_hh, W_qh, d_o):
    found = [np.zeros(len(W_hh))]
    for row in d_o[:0:-1]:
        found.insert(0, W_hh.T @ (found[0] + W_qh.T @ row))
    return np.array(found)
"""


def hidden(W="W_hh.T", exponent="j - t", out="W_qh.T @ d_o[j]", start="t"):
    return HIDDEN.format(W=W, exponent=exponent, out=out, start=start)


WRONG = {
    "textbook.1": [
        ("answer = (5, 2)", "right, and exchanged"),
        ("answer = (0, 5)", "h_2, not h_3"),
        ("answer = (1, 5)", "it drops out"),
        ("answer = (0.5, 5)", "the derivative by the state"),
        ("answer = (4, 5)", "nothing further back counts"),
        ("answer = (2, 2)", "h_2 changes too"),
        ("answer = (2, 4)", "one step only"),
        ("answer = (2, 10)", "costs a factor w"),
        ("answer = (2, 6)", "w² for the use at step 1"),
        ("answer = (2, 3)", "the immediate part, h_2, is missing"),
        ("answer = 5", "has shape (2,)"),
    ],
    "textbook.2": [
        (hidden(exponent="T - 1 - j"), "the power T - i belongs to the output of step T + t - i"),
        (hidden(W="W_hh"), "W_hh stands where W_hhᵀ belongs"),
        (hidden(exponent="j - t + 1"), "the product that leads back to the use is one factor"),
        (hidden(exponent="0"), "the factor W_hhᵀ is missing"),
        (hidden(exponent="abs(j - t)", start="0"), "the sum begins at i = t"),
        (HIDDEN_OTHERS, "the step's own output is missing"),
        ("answer = lambda W_hh, W_qh, d_o: d_o @ W_qh", "was left out"),
        (hidden(out="d_o[j]"), "mismatch"),
        (hidden() + "answer = (lambda f: lambda *a: f(*a)[::-1])(answer)", "step 1 comes first"),
        ("answer = [[0, 0]]", "is a function"),
    ],
    "textbook.3": [
        ("answer = ([2, 4, 5], [7, 3, 1], 20)", "A and B are exchanged"),
        ("answer = ([2, 3, 1], [2, 4, 5], 20)", "on the diagonal"),
        ("answer = ([4, 0, 1], [2, 4, 5], 20)", "the last loss's alone"),
        ("answer = ([7, 3, 1], [7, 3, 1], 20)", "sums of the columns"),
        ("answer = ([7, 3, 1], [2, 4, 5], 11)", "more than once"),
        ("answer = ([7, 3, 1], [2, 4, 5], 9)", "both ends counted"),
        ("answer = ([7, 3, 1], [2, 4, 5], 33)", "not for each step there is"),
        ("answer = ([7, 3, 1], [2, 4, 5], 10)", "how often, not how much"),
        ("answer = 20", "is a triple"),
    ],
}
