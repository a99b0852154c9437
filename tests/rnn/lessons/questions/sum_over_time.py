"""Wrong answers to the exercises of the lesson *sum_over_time*, with words that explain them."""

DELTAS = """
h, answer, carried = [0.0], [], 0.0
for x in (1.0, -0.5, 0.5):
    h.append(np.tanh(0.5 * x - 0.8 * h[-1]))
for t in (3, 2, 1):
    error = 1.5 * h[t] - (0.5, 0.0, -0.5)[t - 1]
    d = {delta}
    answer.insert(0, d)
    carried = {carried}
"""


def deltas(delta="1.5 * error + carried", carried="d * (1 - h[t] ** 2) * -0.8"):
    return DELTAS.format(delta=delta, carried=carried)


BPTT = """
def answer(W_xh, W_hh, W_hy, xs, ys):
    h = [0.0]
    for x in xs:
        h.append(np.tanh(W_xh * x + W_hh * h[-1]))
    x, terms, carried = [0.0, *xs], {{"W_xh": [], "W_hh": [], "W_hy": []}}, 0.0
    for t in range(len(xs), 0, -1):
        d_o = {d_o}
        d_h = d_o * W_hy + carried
        d_z = {d_z}
        terms["W_xh"].insert(0, d_z * x[t])
        terms["W_hh"].insert(0, d_z * {operand})
        terms["W_hy"].insert(0, d_o * h[t])
        carried = {carried}
    return {result}
"""


def bptt(d_o="W_hy * h[t] - ys[t - 1]", d_z="d_h * (1 - h[t] ** 2)", operand="h[t - 1]",
         carried="d_z * W_hh", result="terms"):
    return BPTT.format(d_o=d_o, d_z=d_z, operand=operand, carried=carried, result=result)


WRONG = {
    "sum_over_time.1": [
        (deltas(carried="d * (1 - h[t - 1] ** 2) * -0.8"), "h_{t-1} was taken for h_t"),
        (deltas(carried="d * -0.8"), "the factor 1 − h_t² is missing"),
        (deltas(carried="d * (1 - h[t] ** 2)"), "the factor W_hh is missing"),
        (deltas(carried="0"), "was left out"),
        (deltas(delta="error + carried"), "the factor W_hy is missing"),
        (deltas(carried="d * (1 - h[t] ** 2) * 0.8"), "the sign of the term of δz_t"),
        (deltas(carried="d * (1 - h[t]) * -0.8"), "the square in h_t² was forgotten"),
        (deltas() + "answer = answer[::-1]", "Step 1 comes first"),
        ("answer = 0.2", "has shape (3,)"),
    ],
    "sum_over_time.2": [
        (bptt(carried="d_h * (1 - h[t - 1] ** 2) * W_hh"), "h_{t-1} was taken for h_t"),
        (bptt(carried="d_h * W_hh"), "in what is carried to other steps only"),
        (bptt(carried="0"), "the term of δh_{t-1} through W_hh ⊙ h_{t-1} was left"),
        (bptt(operand="h[t]"), "h_t was taken for h_{t-1}"),
        (bptt(d_o="ys[t - 1] - W_hy * h[t]"), "the sign is wrong"),
        (bptt(d_z="d_h"), "the factor 1 − h_t² is missing"),
        (bptt(d_z="d_h * (1 - h[t]) * h[t]"), "the slope of sigmoid was taken for that of tanh"),
        (bptt(carried="d_z * W_xh"), "W_xh was taken for W_hh"),
        (bptt(result="{k: sum(v) for k, v in terms.items()}"), "give a list of the 3 terms"),
        (bptt(result="list(terms.values())"), "returns a dict"),
    ],
    "sum_over_time.3": [
        ("answer = (-0.7278, -0.7392, -1.1117)", "that is column 3"),
        ("answer = (-0.7413, -0.7392, -1.1117)", "on the diagonal alone"),
        ("answer = (0.0484, -0.7392, -1.1117)", "that is row 4"),
        ("answer = (-1.0878, -0.399, -1.1117)", "that is row 2"),
        ("answer = (-1.0878, -0.7278, -1.1117)", "that is column 3"),
        ("answer = (-1.0878, -0.7392, -1.4384)", "the whole sum"),
        ("answer = (-1.0878, -0.7392, -0.3267)", "what the cut takes away"),
        ("answer = -1.4384", "three numbers"),
    ],
}
