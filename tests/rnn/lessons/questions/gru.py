"""Wrong answers to the exercises of the lesson *gru*, each with words that explain it."""

STEP = """
def sigma(a):
    return 1 / (1 + np.exp(-a))

def answer(x, h, w):
    both = {both}
    z, r = sigma(w["W_z"] @ both + w["b_z"]), sigma(w["W_r"] @ both + w["b_r"])
    n = {n}
    return {out}
"""
PARTS = {
    "both": "np.concatenate([h, x])",
    "n": 'np.tanh(w["W_h"] @ np.concatenate([r * h, x]) + w["b_h"])',
    "out": "(1 - z) * h + z * n",
}
AFTER = 'np.tanh(r * (w["W_h"][:, :3] @ h) + w["W_h"][:, 3:] @ x + w["b_h"])'
KEEP = "z * h + (1 - z) * n"
SQUASHED = 'sigma(w["W_h"] @ np.concatenate([r * h, x]) + w["b_h"])'


def step(**changed):
    return STEP.format(**PARTS | changed)


TURN = """
def answer(weights):
    H = weights["b_h"].shape[0] // 3
    new = {{name: array.copy() for name, array in weights.items()}}
    {}
    return new
"""

WRONG = {
    "gru.1": [
        (step(out=KEEP), "z stands at the old state"),
        (step(n=AFTER), "With one unit the two agree"),
        (step(n=AFTER, out=KEEP), "as in PyTorch"),
        (step(n=PARTS["n"].replace("r * h", "h")), "r is used nowhere"),
        (step(both="np.concatenate([x, h])", n=PARTS["n"].replace("r * h, x", "x, r * h")),
         "the state first"),
        (step(n=SQUASHED), "not through σ"),
        (step(n=PARTS["n"].removeprefix("np.tanh")), "goes through tanh"),
        (step().replace(' + w["b_z"]', "").replace(' + w["b_r"]', "").replace(' + w["b_h"]', ""),
         "the biases are missing"),
        (step().replace("z, r = ", "r, z = "), "z and r are interchanged"),
        (step(out="h.__imul__(1 - z).__iadd__(z * n)"), "has written into h"),
        (step(out="n"), "h_t is not"),
        ("answer = None", "is a function"),
    ],
    "gru.2": [
        (TURN.format("pass"), "are as before"),
        (TURN.format("new = {k: -v for k, v in new.items()}"), "columns of r have changed"),
        (TURN.format('new["W_hh"][:, H:2*H] *= -1'), "in W_xh, the columns of z are as before"),
        (TURN.format('new["W_xh"][:, H:2*H] *= -1; new["W_hh"][:, H:2*H] *= -1'),
         "in b_h, the columns of z are as before"),
        (TURN.format("for a in new.values(): a[..., :H] *= -1"), "columns of r have changed"),
        (TURN.format("for a in new.values(): a[..., 2*H:] *= -1"), "z are as before"),
        (TURN.format("for a in new.values(): a[..., H:2*H] = 1 - a[..., H:2*H]"),
         "do not give 1 - z"),
        (TURN.format("for a in new.values(): a[..., H:2*H] = 1 / a[..., H:2*H]"),
         "do not give 1 - z"),
        (TURN.format('new = new["W_hh"]'), "is a dictionary"),
        (TURN.format("for a in new.values(): a[H:2*H] *= -1"), "in W_xh, the columns of z are as"),
    ],
    "gru.3": [
        ("answer = ([[0, 1], [1, 0]], [0.5, 0.5], [0.3, 0.4])", "the entries of r are the same"),
        ("answer = (np.eye(2), [0.1, 0.9], [0.3, 0.4])", "W is diagonal"),
        ("answer = ([[0, 1], [1, 0]], [0.1, 0.9], [0, 0])", "h is 0. At the first step"),
        ("answer = ([[1, 0], [1, 1]], [0.1, 0.9], [0.3, 0])", "that unit of h is 0"),
        ("answer = ([[0, 1], [1, 0]], [0, 2], [0.3, 0.4])", "between 0 and 1"),
        ("answer = ([[0, 1], [1, 0]], [0.1, 0.9], [3, 4])", "between -1 and 1"),
        ("answer = (1.0, 0.5, 0.2)", "W has shape (2, 2)"),
        ("answer = 0.5", "is a triple"),
    ],
}
