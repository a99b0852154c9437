"""Wrong answers to the exercises of the lesson *unrolling*, each with words that explain it."""

TERMS = """
def answer(W, h0, xs):
    h = [h0]
    for x in xs:
        h.append(h[-1] @ W + x)
    d, T, found = np.ones(len(h0)), len(xs), []
    for t in range(T, 0, -1):
        found.insert(0, {term})
        d = {back}
    return {result}
"""


def terms(term="np.outer(h[t - 1], d)", back="1 + W @ d", result="np.array(found)"):
    return TERMS.format(term=term, back=back, result=result)


WRONG = {
    "unrolling.1": [
        ("answer = [5, 6, 4]", "in the order of the backward pass"),
        ("answer = [1, 3, 5]", "the way from h_t to h_3 is missing"),
        ("answer = [8, 12, 10]", "one factor w too many"),
        ("answer = [12, 10, 11]", "not the one after it, h_t"),
        ("answer = [0, 0, 5]", "the last use alone"),
        ("answer = [5, 5, 5]", "was added, not multiplied"),
        ("answer = [4, 6, 7]", "at [2]: it is smaller, by 2"),
        ("answer = 15", "Give its three terms"),
        ("answer = [5, 5]", "has shape (3,)"),
    ],
    "unrolling.2": [
        (terms(back="1 + W.T @ d"), "W stands where Wᵀ belongs"),
        (terms(back="1 + d"), "the factor Wᵀ is missing"),
        (terms(term="np.outer(h[t], d)"), "h_t was taken for h_{t-1}"),
        (terms(term="np.outer(d, h[t - 1])"), "each term is transposed"),
        (terms(term="np.outer(h[t - 1], W @ d)"), "δh_t Wᵀ was taken for δh_t"),
        (terms(result="np.sum(found, axis=0)"), "Give its terms"),
        (terms(result="np.array(found[::-1])"), "order of the backward pass"),
        (terms(term="np.outer(h[t - 1], d) * (t == T)"), "only the last use, in step 3"),
        (terms(back="W @ d"), "only the loss of the last step, 3, is counted"),
        ("answer = np.zeros((3, 2, 2))", "is a function"),
    ],
    "unrolling.3": [
        ("answer = (108, 6, 4, 3)", "does not depend on T"),
        ("answer = (15, 6, 4, 3)", "the bias is missing"),
        ("answer = (9, 6, 4, 3)", "W_hh alone"),
        ("answer = (18, 4, 4, 3)", "the run goes on after the loss"),
        ("answer = (18, 1, 4, 3)", "stored once"),
        ("answer = (18, 6, 6, 3)", "come after the loss"),
        ("answer = (18, 6, 1, 1)", "the steps before count too"),
        ("answer = (18, 6, 4, 4)", "h_0 = 0"),
        ("answer = 18", "four counts"),
    ],
}
