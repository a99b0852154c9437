"""Wrong answers to the exercises of *second_derivatives*, each with words that explain it."""

HAND = "y = np.tanh(0.3)\nanswer = {}"
PENALTY = """
def answer(f, xs):
    x = mg.tensor(xs, requires_grad=True)
    (slopes,) = mg.gradients(f(x).sum(), x, create_graph=True)
    norms = np.sqrt((slopes**2).sum(axis=-1))
    return ((norms - 1) ** 2).mean()
"""
DIFFERENCES = """
def answer(f, x, v):
    g = mg.grad(f)
    return (g(x + 1e-4 * v) - g(x - 1e-4 * v)) / 2e-4
"""
ROWS = """
def answer(f, x, v):
    rows = [mg.grad(lambda x, i=i: mg.grad(f)(x)[i])(x) for i in range(len(x))]
    return np.stack(rows) @ v
"""

WRONG = {
    "second_derivatives.1": [
        (HAND.format("(1 - y**2) * 0.5"), "this is the first derivative"),
        (HAND.format("-2 * y * (1 - y**2) * 0.5"), "here it came once"),
        (HAND.format("-2 * y * (1 - y**2)"), "missing, twice"),
        (HAND.format("-2 * y * 0.5"), "y' = (1 - y²) x is missing"),
        (HAND.format("-y * (1 - y**2) * 0.25"), "factor 2"),
        (HAND.format("2 * y * (1 - y**2) * 0.25"), "negative there"),
        (HAND.format("-2 * y * (1 - y**2) * 0.36"), "the other factor"),
    ],
    "second_derivatives.2": [
        ("answer = lambda f, x, v: mg.hessian(f)(x) @ v", "the whole Hessian was formed"),
        (ROWS, "12 backward passes went through f"),
        (DIFFERENCES, "measured by differences"),
        ("answer = lambda f, x, v: mg.grad(f)(x)", "this is the gradient"),
        ("answer = lambda f, x, v: mg.grad(f)(x) * v", "entry by entry"),
        ("answer = lambda f, x, v: mg.jvp(mg.grad(f), [x], [np.ones(6)])[1]", "v was not used"),
        ("answer = lambda f, x, v: np.diag(mg.hessian(f)(x)) * v", "diagonal of H"),
        ("answer = lambda f, x, v: mg.jvp(f, [x], [v])[1]", "has shape (6,)"),
    ],
    "second_derivatives.3": [
        (PENALTY.replace(", create_graph=True", ""), "it is a constant"),
        (PENALTY.replace("sum(axis=-1)", "sum()"), "all rows together"),
        (PENALTY.replace("np.sqrt((slopes**2).sum(axis=-1))", "(slopes**2).sum(axis=-1)"),
         "not its square"),
        (PENALTY.replace("norms - 1", "norms"), "1 has to be taken away"),
        (PENALTY.replace(".mean()", ".sum()"), "wanted the mean"),
        (PENALTY.replace("((norms - 1) ** 2).mean()", "(norms.mean() - 1) ** 2"),
         "before the square"),
        (PENALTY.replace("f(x).sum()", "f(x).mean()"), "too small by 1/B"),
        (PENALTY.replace("slopes**2", "slopes.detach()**2"), "it is a constant"),
        (PENALTY.replace("return ", "return 0 * f(xs).sum() + ").replace("slopes**2",
                                                                       "slopes.detach()**2"),
         "left the graph"),
    ],
}
