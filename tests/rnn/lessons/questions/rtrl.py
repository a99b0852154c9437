"""Wrong answers to the exercises of the lesson *rtrl*, each with words that explain it."""

ADVANCE = """
def answer(S, h, before, W):
    D, eye = (1 - h**2)[:, None, None], np.eye(len(h))
    direct = np.einsum("ik,j->ijk", eye, before)
    carried = np.einsum("mi,mjk->ijk", W, S)
    return {}
"""

WRONG = {
    "rtrl.1": [
        ("answer = 1.5", "the direct part alone"),
        ("answer = 2.5", "without the factor w"),
        ("answer = 2.75", "h_3 itself"),
        ("answer = 3.75", "the state before it, not h_t"),
        ("answer = 1.0", "one step too early"),
        ("answer = 0.25", "∂h_3/∂h_1"),
        ("answer = -2.0", "its sign is the other one"),
    ],
    "rtrl.2": [
        ("answer = [0, 0.1, 0.4]", "sums of the columns"),
        ("answer = [0, 0.2, 0.5]", "running totals"),
        ("answer = [0, 0.2, 0.4]", "the diagonal"),
        ("answer = [0, -0.1, 0.4]", "the last row"),
        ("answer = [0.3, 0.2, 0]", "turned round"),
        ("answer = 0.5", "has shape (3,)"),
    ],
    "rtrl.3": [
        (ADVANCE.format('D * (direct + np.einsum("im,mjk->ijk", W, S))'), "by W[m, i]"),
        (ADVANCE.format("direct + carried"), "slope 1 - h² is missing"),
        (ADVANCE.format("D * direct + carried"), "on the direct part only"),
        (ADVANCE.format("direct + D * carried"), "on what is carried only"),
        (ADVANCE.format("D * carried"), "the direct part is missing"),
        (ADVANCE.format("D * direct"), "a test of one step would not see it"),
        (ADVANCE.format('D * (np.einsum("ik,j->ijk", eye, h) + carried)'), "the one before it"),
        (ADVANCE.format('D * (np.einsum("ij,k->ijk", eye, before) + carried)'), "exchanged"),
        (ADVANCE.format("D * (before[None, :, None] + carried)"), "acts on unit k alone"),
        (ADVANCE.format("D[:, :, 0]"), "has shape (3, 3, 3)"),
        (ADVANCE.format("D * direct * 2 + carried * W"), "it is smaller, by"),
    ],
}
