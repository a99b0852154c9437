"""Wrong answers to the exercises of the lesson *compiler*, each with words that explain it."""

FIRE = """
def answer(x, h):
    h = h + x
    fired = np.where(h > 1, 1.0, 0.0)
    return fired, {}
"""
BACK = """
def answer(W, hs, d_hs):
    d, d_a = np.zeros(len(W)), np.zeros(d_hs.shape)
    for t in reversed(range(len(d_hs))):
        d_a[t] = (d_hs[t] + d) * (1 - hs[t + 1] ** 2)
        d = d_a[t] @ W.T
    return hs[:-1].T @ d_a, d_a
"""

WRONG = {
    "compiler.1": [
        ("answer = {'a'}", "m can leave as well"),
        ("answer = {'a', 'm', 'e'}", "f can leave as well"),
        ("answer = {'a', 'm', 'f'}", "once is enough"),
        ("answer = {'a', 'm', 'd', 'e', 'f'}", "d has to stay in the loop"),
        ("answer = {'a', 'm', 'c', 'e', 'f'}", "c has to stay in the loop"),
        ("answer = list('amefg')", "g has to stay in the loop"),
        ("answer = {'a', 'm', 'e', 'f', 'h'}", "there is no 'h'"),
        ("answer = 4", "a set of names"),
    ],
    "compiler.2": [
        (FIRE.format("h - fired").replace("np.where(h > 1, 1.0, 0.0)", "1.0 if h > 1 else 0.0"),
         "TraceError (in `answer`, line 4)"),
        (FIRE.format("h * (1 - fired)"), "what is above 1 is kept"),
        (FIRE.format("h - fired").replace("1.0, 0.0", "0.0, 1.0"), "branches of np.where"),
        (FIRE.format("h"), "never stops"),
        (FIRE.format("h - fired").replace("    h = h + x\n", "").replace("h - ", "h + x - "),
         "before x is added"),
        (FIRE.format("h - fired").replace("return fired, ", "h = h - fired\n    return h, ")
         .replace("return h, h - fired", "return h, h"), "these are states"),
        (FIRE.format("(h - fired).detach()"), "nothing flows back"),
        ("answer = mg.scan(lambda x, h: (h, h + x), np.zeros(2), np.ones((3, 2)))", "a function"),
    ],
    "compiler.3": [
        (BACK.replace("d_hs[t] + d)", "d_hs[t])"), "nothing is carried"),
        (BACK.replace("reversed(range(len(d_hs)))", "range(len(d_hs))"), "runs forward"),
        (BACK.replace("@ W.T", "@ W"), "went through W"),
        (BACK.replace(" * (1 - hs[t + 1] ** 2)", ""), "1 - h² is missing"),
        (BACK.replace("1 - hs[t + 1]", "1 - hs[t]"), "the state before, hs[t]"),
        (BACK.replace("hs[:-1].T @ d_a", "d_a.T @ hs[:-1]"), "it is transposed"),
        (BACK.replace("hs[:-1].T @ d_a", "hs[1:].T @ d_a"), "the state of its own step"),
        (BACK.replace("hs[:-1].T @ d_a", "np.outer(hs[0], d_a[0])"), "the first step alone"),
        (BACK.replace(", d_a\n", "\n"), "returns a pair"),
    ],
}
