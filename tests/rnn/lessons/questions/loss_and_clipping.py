"""Wrong answers to the exercises of the lesson *loss_and_clipping*, each with words for it."""

HEAD = """
h, y = np.array([[1.0, 0.0], [0.5, -1.0]]), np.eye(3)[[0, 2]]
p = np.full((2, 3), 1 / 3)
answer = {}
"""

RULE = """
def answer(g, y):
    return {}
"""

CLIP = """
def answer(grads, theta):
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    {}
"""

WRONG = {
    "loss_and_clipping.1": [
        (HEAD.format("(p - y).T @ h"), "the transpose"),
        (HEAD.format("h.T @ (y - p)"), "the other sign"),
        (HEAD.format("h.T @ p"), "y is missing"),
        (HEAD.format("-h.T @ y"), "ŷ is missing"),
        (HEAD.format("np.outer(h[1], p[1] - y[1])"), "of the last step alone"),
        (HEAD.format("np.outer(h[0], p[0] - y[0])"), "of the first step alone"),
        (HEAD.format("h.T @ (p - y) / 2"), "the mean over the two steps"),
        (HEAD.format("h.T @ (-y / p)"), "still to go through the softmax"),
        (HEAD.format("h.T @ ((p - y) * p * (1 - p))"), "by the logits already"),
        (HEAD.format("(p - y).sum()"), "has shape (2, 3)"),
    ],
    "loss_and_clipping.2": [
        (RULE.format("g * y * (1 - y)"), "the diagonal of the Jacobian alone"),
        (RULE.format("0 * g"), "`softmax(o).sum()` passes it"),
        (RULE.format("y * (g - g.mean(-1, keepdims=True))"), "not the plain mean"),
        (RULE.format("y * (g - g.mean(-1, keepdims=True))"), "`softmax(o).sum()` passes it"),
        (RULE.format("g - (g * y).sum(-1, keepdims=True)"), "the factor ŷ in front"),
        (RULE.format("y * (g - (g * y).sum())"), "not over the whole array"),
        (RULE.format("y * (g - (g * y).sum(0))"), "not along the rows"),
        (RULE.format("g * y"), "is not subtracted"),
        (RULE.format("-y * (g - (g * y).sum(-1, keepdims=True))"), "its sign is the other one"),
        (RULE.format("y * (g - g.sum(-1, keepdims=True))"), "to be weighted by ŷ"),
        (RULE.format("y - g"), "is not"),
        (RULE.format("(np.diag(y[0]) - np.outer(y[0], y[0])) @ g[0]"), "this has shape (4,)"),
        ("answer = 1.0", "is a function"),
    ],
    "loss_and_clipping.3": [
        (CLIP.format("return [g * min(1, theta / np.linalg.norm(g)) for g in grads]"),
         "a norm of its own"),
        (CLIP.format("return [np.clip(g, -theta, theta) for g in grads]"), "every entry was"),
        (CLIP.format("return [g * theta / norm for g in grads]"), "min(1, …) is missing"),
        (CLIP.format("norm = sum(np.linalg.norm(g) for g in grads)\n"
                     "    return [g * min(1, theta / norm) for g in grads]"), "were added"),
        (CLIP.format("return [g * min(1, theta / norm**2) for g in grads]"), "‖g‖², not"),
        (CLIP.format("return [g / norm if norm > theta else g for g in grads]"), "length 1"),
        (CLIP.format("norm = max(np.linalg.norm(g) for g in grads)\n"
                     "    return [g * min(1, theta / norm) for g in grads]"), "the largest of the"),
        (CLIP.format("return [g / norm * min(norm, theta) for g in grads]"), "becomes NaN"),
        (CLIP.format("for g in grads: g *= min(1, theta / norm)\n    return grads"),
         "have been written to"),
        (CLIP.format("[g * min(1, theta / norm) for g in grads]"), "returned None"),
        (CLIP.format("return grads[:1]"), "1 came out"),
        (CLIP.format("return grads"), "nothing was clipped"),
    ],
}
