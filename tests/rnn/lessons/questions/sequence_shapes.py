"""Wrong answers to the exercises of *sequence_shapes*, each with words that explain it."""

LOSS = """
def answer(ys, targets, lengths):
    mask = np.arange(len(ys))[:, None] < lengths
    squares = np.where(mask, (ys - targets) ** 2, 0.0)
    {}
"""
ATTEND = """
from minigrad.functional import softmax
def answer(h, states, lengths):
    mask = np.arange(len(states))[:, None] < lengths
    scores = (states * h).sum(axis=-1)
    {}
    return (shares[:, :, None] * states).sum(axis=0), shares
"""
RIGHT = "shares = softmax(np.where(mask, scores, -np.inf), axis=0)"

WRONG = {
    "sequence_shapes.1": [
        ("answer = 1.0", "paired with x_2 = 0"),
        ("answer = 0.0", "passes w on its way back"),
        ("answer = -0.5", "of the second loss alone"),
        ("answer = -2.0", "∂L/∂w"),
        ("answer = [1.0, -0.5]", "is one number"),
        ("answer = 3.0", "it is smaller"),
    ],
    "sequence_shapes.2": [
        (LOSS.format("return (mask * (ys - targets) ** 2).sum() / mask.sum()"), "0 · NaN is NaN"),
        (LOSS.format("return squares.sum() / mask.sum()"), "long sequences count more"),
        (LOSS.format("return squares.mean()"), "divided by T = 3 for every sequence"),
        (LOSS.format("return (squares.sum(axis=0) / lengths).sum()"), "sum over the sequences"),
        (LOSS.format("return squares.sum(axis=0).mean()"), "sum over steps"),
        (LOSS.format("return (0.5 * squares.sum(axis=0) / lengths).mean()"), "no factor ½"),
        (LOSS.format("return squares[0].mean()"), "that all sequences have"),
        (LOSS.format("return (squares.detach().sum(axis=0) / lengths).mean()"), "off the graph"),
        (LOSS.format("(squares.sum(axis=0) / lengths).mean()"), "without `return`"),
        (LOSS.format("return np.nanmean((ys - targets) ** 2)"), "long sequences count more"),
    ],
    "sequence_shapes.3": [
        (ATTEND.format("shares = softmax(scores, axis=0)"), "lengths were not looked at"),
        (ATTEND.format("shares = mask * softmax(scores, axis=0)"), "out after the softmax"),
        (ATTEND.format("shares = softmax(mask * scores, axis=0)"), "its power is 1"),
        (ATTEND.format(RIGHT.replace("axis=0", "axis=1")), "sequences compete"),
        (ATTEND.format(RIGHT.replace("scores, -np", "scores / np.sqrt(3), -np")), "1/√H"),
        (ATTEND.format(RIGHT + ".detach()"), "left the graph"),
        (ATTEND.format(RIGHT + "\n    return states.mean(axis=0), shares"), "plain mean"),
        (ATTEND.format(RIGHT + "\n    return shares"), "returns a pair"),
    ],
}
