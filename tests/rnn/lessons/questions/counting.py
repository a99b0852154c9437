"""Wrong answers to the exercises of the lesson *counting*, each with words that explain it."""

DATA = """
V = np.array([[0.6983, 0.3575, 0.4863], [0.8680, 0.5155, -0.2155]])
W = np.array([[0.3110, 0.4121], [-0.6576, -0.9363]])
d = np.array([-2.5177, -1.4206, -2.2363])
answer = {}
"""

GRADIENTS = """
def answer(U, V, W, xs, ys):
    h = [np.zeros(len(W))]
    for x in xs:
        h.append(h[-1] @ W + x @ U)
    found, carried = {{"U": 0, "V": 0, "W": 0}}, np.zeros(len(W))
    for t in range(len(xs), 0, -1):
        delta = {delta}
        back = {back}
        found["U"] += np.outer(xs[t - 1], back)
        found["V"] += np.outer({read}, delta)
        found["W"] += np.outer(h[t - 1], {used})
        carried = {carried}
    return {result}
"""


def gradients(delta="2 * (h[t] @ V - ys[t - 1])", back="delta @ V.T + carried", read="h[t]",
              used="back", carried="back @ W.T", result="found"):
    return GRADIENTS.format(delta=delta, back=back, read=read, used=used, carried=carried,
                            result=result)


def power(exponent):
    """The slides' way: the error of step t and the use of step t alone."""
    return gradients(back=f"delta @ V.T @ np.linalg.matrix_power(W.T, {exponent})", carried="0")


WRONG = {
    "counting.1": [
        (DATA.format("d @ V.T"), "through W, is missing"),
        (DATA.format("d @ V.T @ W"), "rows go back by Wᵀ"),
        (DATA.format("d @ V.T @ W.T @ W.T"), "one Wᵀ too many"),
        (DATA.format("d / 2 @ V.T @ W.T"), "a factor 2"),
        (DATA.format("-d @ V.T @ W.T"), "ŷ - y, not y - ŷ"),
        ("answer = [-1.7682, 5.1988]", "that is the whole row"),
        ("answer = [0.2785, 0.7130]", "that is the part of step 1"),
        ("answer = [[-2.0467, 4.4858], [0, 0], [0, 0]]", "has shape (2,)"),
    ],
    "counting.2": [
        (power("t - 1"), "One rule explains them all: the error of step t meets"),
        (power("0"), "the term of δh_{t-1} through h_{t-1} W was left out"),
        (gradients(used="back @ W.T"), "δh_t Wᵀ was taken for δh_t"),
        (gradients(carried="back @ W"), "W stands where Wᵀ belongs"),
        (gradients(carried="back"), "the factor Wᵀ is missing"),
        (gradients(delta="h[t] @ V - ys[t - 1]"), "half the gradient: a factor ½ too many"),
        (gradients(delta="2 * (ys[t - 1] - h[t] @ V)"), "the sign is wrong"),
        (gradients(read="h[t - 1]"), "h_{t-1} was taken for h_t"),
        (gradients(result="tuple(found.values())"), "returns a dict"),
        (gradients(result="{**found, 'W': found['W'].T}"), "it is the transpose of ∂L/∂W"),
    ],
    "counting.3": [
        ("answer = [[0.3110, 0.4121], [-0.6576, -0.9363]]", "by itself does point uphill"),
        ("answer = np.eye(2)", "it falls"),
        ("answer = -2 * np.eye(2)", "it falls"),
        ("answer = np.zeros((2, 2))", "it falls"),
        ("answer = np.full((2, 2), 1e200)", "too large to measure"),
        ("answer = 3.0", "has shape (2, 2)"),
        ("answer = np.full((2, 2), np.inf)", "finite"),
    ],
}
