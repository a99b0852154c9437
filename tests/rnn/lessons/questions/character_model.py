"""Wrong answers to the exercises of the lesson *character_model*, each with words for it."""

BIGRAMS = """
def answer(training, held_out, V):
    {counted}
    n = np.zeros((V, V))
    for a, b in zip(training[:-1], training[1:]):
        n[{pair}] += 1
    p = {p}
    before = np.concatenate([last, held_out[:-1]])
    return {loss}
"""
PARTS = {
    "counted": "last = training[-1:]", "pair": "a, b",
    "p": "(n + 1) / (n.sum(axis=1, keepdims=True) + V)",
    "loss": "-np.log2(p[before, held_out]).mean()",
}
CAREFUL = "last, training = training[-1:], {}"


def bigrams(**changed):
    return BIGRAMS.format(**PARTS | changed)


WINDOW = """
def answer(tokens, batch, steps, i):
    starts = np.arange(batch) * (len(tokens) // batch)
    place = {}
    return {}
"""
PLACE, BOTH = "starts + i * steps + np.arange(steps)[:, None]", "tokens[place], tokens[place + 1]"
IN_A_ROW = """
def answer(tokens, batch, steps, i):
    start = i * batch * steps
    inputs = tokens[start : start + batch * steps].reshape(batch, steps).T
    return inputs, tokens[start + 1 : start + 1 + batch * steps].reshape(batch, steps).T
"""

WRONG = {
    "character_model.1": [
        (bigrams(loss="-np.log(p[before, held_out]).mean()"), "in nats"),
        (bigrams(loss="-np.log2(p[before, held_out]).sum()"), "not their mean"),
        (bigrams(loss="np.log2(p[before, held_out]).mean()"), "sign of the logarithm"),
        (bigrams(counted=CAREFUL.format("held_out")), "counted in the held-out text"),
        (bigrams(counted=CAREFUL.format("np.concatenate([training, held_out])")), "of both texts"),
        (bigrams(p="(n + 1) / (n.sum(axis=0, keepdims=True) + V)"), "normalised over"),
        (bigrams(pair="b, a"), "the wrong way round"),
        (bigrams(p="(n + 1) / np.maximum(n.sum(axis=1, keepdims=True), 1)"), "V is missing below"),
        (bigrams(p="(n + 1) / (n.sum() + V)"), "not the count of all pairs"),
        (bigrams(p="n / n.sum(axis=1, keepdims=True)"), "never met"),
        (bigrams(p="np.tile((n.sum(0) + 1) / (n.sum() + V), (V, 1))"), "is not used"),
        (bigrams(loss="-np.log2(p[held_out[:-1], held_out[1:]]).mean()"), "first held-out"),
        ("answer = lambda training, held_out, V: np.log2(V)", "knowing nothing"),
    ],
    "character_model.2": [
        (IN_A_ROW, "they do not go on"),
        (WINDOW.format(PLACE, "tokens[place].T, tokens[place + 1].T"), "time runs down"),
        (WINDOW.format(PLACE, "tokens[place], tokens[place]"), "only learn to copy"),
        (WINDOW.format(PLACE, "tokens[place + 1], tokens[place]"), "before the inputs"),
        (WINDOW.format(PLACE, "place, place + 1"), "look like positions"),
        (WINDOW.format(PLACE, "tokens[place]"), "is a pair"),
        (WINDOW.format(PLACE, "tokens[place], tokens[place + 2]"), "the character after its input"),
        (WINDOW.format(PLACE.replace("i * steps", "i"), BOTH), "they do not go on"),
        (WINDOW.format(PLACE.replace("i * steps", "i * steps * batch"), BOTH), "do not go on"),
        (WINDOW.format(PLACE.replace("starts", "np.arange(batch)"), BOTH), "the streams overlap"),
        (WINDOW.format(PLACE, "tokens[place.reshape(-1)[:24].reshape(4, 6).T], tokens[place]"),
         "does not read on"),
        (WINDOW.format(PLACE.replace("np.arange(steps)", "np.arange(steps + 1)"), BOTH),
         "wanted (steps, batch)"),
    ],
    "character_model.3": [
        ("answer = 0.5", "81 : 1"),
        ("answer = 3", "its logarithm is"),
        ("answer = 1 / 3", "the other way round"),
        ("answer = 1", "the model's own"),
        ("answer = np.log(9)", "the difference of the logits, ln 9"),
        ("answer = np.log(3)", "that is wanted"),
        ("answer = 4", "smaller, by 2"),
    ],
}
