"""Wrong answers to the exercises of the lesson *saving*, each with words that explain it."""

KERAS = """
def z_first(a):
    r, z, n = np.split(a, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)
def answer(W_xh, W_hh, b_xh, b_hh):
    return {}
"""
RIGHT = "z_first(W_xh), z_first(W_hh), np.stack([z_first(b_xh), z_first(b_hh)])"

WRONG = {
    "saving.1": [
        ("answer = 120", "each takes 4 bytes"),
        ("answer = 4 * 108", "this counts one"),
        ("answer = 4 * 96", "the biases are not counted"),
        ("answer = 8 * 120", "this counts 8"),
        ("answer = 360", "a GRU's"),
        ("answer = 4 * (3 * 12 + 24)", "W_xh (K, 4H) is not counted"),
        ("answer = '480 B'", "made of numbers"),
    ],
    "saving.2": [
        (KERAS.format("W_xh, W_hh, np.stack([b_xh, b_hh])"), "r z n, as in ours"),
        (KERAS.format(RIGHT.replace("z_first(W_hh)", "W_hh")), "recurrent_kernel has its blocks"),
        (KERAS.format(RIGHT).replace("[z, r, n]", "[z, n, r]"), "in the order z n r"),
        (KERAS.format(RIGHT.replace("z_first(W_xh)", "z_first(W_xh).T")), "nothing is transposed"),
        (KERAS.format(RIGHT.replace("np.stack([z_first(b_xh), z_first(b_hh)])",
                                    "z_first(b_xh + b_hh)")), "cannot be added up"),
        (KERAS.format(RIGHT.replace("np.stack", "np.concatenate")), "bias has shape (18,)"),
        (KERAS.format(RIGHT.replace("xh), z_first(b_hh)", "hh), z_first(b_xh)")), "rows exchanged"),
        (KERAS.format(RIGHT.replace("z_first(b_xh), z_first(b_hh)", "b_xh, b_hh")),
         "bias has its blocks"),
        (KERAS.format("z_first(W_xh), z_first(W_hh)"), "returns three arrays"),
    ],
    "saving.3": [
        ("answer = ('ifgo', 'h')", "PyTorch's and Keras'"),
        ("answer = ('i o f g', 'x')", "ONNX's"),
        ("answer = ('igfo', 'h')", "TensorFlow 1's"),
        ("answer = ('fiog', 'x')", "Try the other one"),
        ("answer = ('fogi', 'h')", "wrong are the blocks 2, 3, 4"),
        ("answer = ('rzn', 'h')", "each of the gates i, f, g and o once"),
        ("answer = 'fiog'", "a pair of texts"),
    ],
}
