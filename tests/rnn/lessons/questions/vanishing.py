"""Wrong answers to the exercises of the lesson *vanishing*, each with words that explain it."""

CHAIN = """
def answer(W, states):
    J = np.eye(len(W))
    for h in {states}:
        J = {step}
    return {result}
"""


def chain(states="states[1:]", step="np.diag(1 - h**2) @ W.T @ J", result="J"):
    return CHAIN.format(states=states, step=step, result=result)


WRONG = {
    "vanishing.1": [
        ("answer = 10", "with the largest eigenvalue"),
        ("answer = 25", "not the best"),
        ("answer = 15", "not yet below 0.001"),
        ("answer = 15.5", "it is larger, by 0.5"),
        ("answer = 17", "one step sooner"),
        ("answer = np.inf", "there is such a k"),
        ("answer = None", "is made of numbers"),
    ],
    "vanishing.2": [
        ("answer = [[0.9, 0.0], [0.0, 0.8]]", "at right angles"),
        ("answer = [[0.0, 0.9], [-0.9, 0.0]]", "at right angles"),
        ("answer = [[3.0, 0.0], [0.0, 3.0]]", "has the modulus 3"),
        ("answer = [[0.0, 20.0], [20.0, 0.0]]", "has the modulus 20"),
        ("answer = [[0.8, 2.0], [0.0, 0.7]]", "Bring them closer"),
        ("answer = [[0.9, 0.01], [0.0, 0.9]]", "wanted more than 10"),
        ("answer = [[0.9, 1.7e308], [0.0, 0.9]]", "leave the range"),
        ("answer = 0.9", "has shape (2, 2)"),
        ("answer = [[0.9, np.nan], [0.0, 0.9]]", "finite"),
    ],
    "vanishing.3": [
        (chain(result="J.T"), "it is the transpose"),
        (chain(step="np.diag(1 - h**2) @ W @ J"), "W_hh stands where W_hhᵀ belongs"),
        (chain(step="J @ np.diag(1 - h**2) @ W.T"), "in the other order"),
        (chain(states="states[:-1]"), "those of the steps before"),
        (chain(states="states"), "one factor too many"),
        (chain(states="states[2:]"), "one factor too few"),
        (chain(step="W.T @ J"), "the slopes of tanh are missing"),
        (chain(step="np.diag(1 - h) @ W.T @ J"), "not 1 - h"),
        (chain(step="W.T @ np.diag(1 - h**2) @ J"), "the slopes belong to the rows"),
        (chain(step="np.diag(1 - np.tanh(h) ** 2) @ W.T @ J"), "without another tanh"),
        ("answer = np.eye(3)", "is a function"),
    ],
}
