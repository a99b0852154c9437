"""Faults in what reads and writes the layouts of other programs."""

from ..fault import Fault

NUMBERS = "tests/rnn/convert/test_convert_numbers.py"
ROUND = "tests/rnn/convert/test_convert_round_trips.py"
ERRORS = "tests/rnn/convert/test_convert_errors.py"
EXPORT = "tests/rnn/convert/test_onnx_graph.py"
TORCH, KERAS, ONNX = (f"rnn/convert/{name}.py" for name in ("pytorch", "keras", "operators"))
GATES, WEIGHTS = "rnn/convert/gates.py", "rnn/convert/cell_weights.py"

FAULTS = [
    Fault(
        TORCH,
        "kind, turned(W_ih), turned(W_hh), biases,",
        "kind, turned(W_ih), W_hh.copy(), biases,",
        f"{NUMBERS} {ROUND}", "PyTorch: the recurrent weights are not transposed",
    ),
    Fault(
        TORCH, "zip((\"ih\", \"hh\"), cell.biases, strict=False)",
        "zip((\"hh\", \"ih\"), cell.biases, strict=False)",
        f"{NUMBERS} {ROUND}", "PyTorch: the two biases swapped",
    ),
    Fault(
        TORCH, "found.setdefault((int(layer or 0), int(bool(reverse))), {})",
        "found.setdefault((int(layer or 0), int(not reverse)), {})",
        f"{NUMBERS} {ROUND}", "PyTorch: forward and reverse swapped",
    ),
    Fault(
        TORCH, "    if cell.kind == \"gru\" and cell.reset != \"after\":\n", "    if False:\n",
        f"{ROUND} {ERRORS}",
        "PyTorch: a GRU that resets before the product is written all the same",
    ),
    Fault(
        KERAS, "\"lstm\": (\"i\", \"f\", \"g\", \"o\"), \"gru\": (\"z\", \"r\", \"n\")}\n_PARTS",
        "\"lstm\": (\"i\", \"f\", \"g\", \"o\"), \"gru\": (\"r\", \"z\", \"n\")}\n_PARTS",
        NUMBERS, "Keras: the gates of a GRU in PyTorch's order",
    ),
    Fault(
        KERAS, "reset=\"before\" if kind == \"gru\" and not reset_after else \"after\",",
        "reset=\"after\",",
        NUMBERS, "Keras: reset_after=False is read as True",
    ),
    Fault(
        KERAS, "arrays[\"bias\"] = np.stack(biases) if two else biases[0].copy()",
        "arrays[\"bias\"] = np.stack(biases[::-1]) if two else biases[0].copy()",
        f"{NUMBERS} {ROUND}", "Keras: the two rows of the bias swapped",
    ),
    Fault(
        "rnn/convert/keras.py",
        "rows = [[group[d] for d in sorted(group)] for group in layers.values()]",
        "rows = [list(group.values()) for group in layers.values()]",
        "tests/rnn/convert/test_key_orders.py", "Keras: the directions in the order of the keys",
    ),
    Fault(
        ONNX, "\"lstm\": (\"i\", \"o\", \"f\", \"g\")", "\"lstm\": (\"i\", \"f\", \"o\", \"g\")",
        f"{NUMBERS} {EXPORT}", "ONNX: output and forget gate swapped",
    ),
    Fault(
        ONNX, "_PEEPHOLES = (\"i\", \"o\", \"f\")", "_PEEPHOLES = (\"i\", \"f\", \"o\")",
        f"{NUMBERS} {EXPORT}", "ONNX: peepholes in the wrong order",
    ),
    Fault(
        "rnn/convert/operators.py", "if D == 2 else _DIRECTIONS[reverse]",
        "if D == 2 else _DIRECTIONS[not reverse]",
        "tests/rnn/convert/test_onnx_operators.py tests/rnn/convert/test_onnx_graph.py",
        "ONNX: the direction",
    ),
    Fault(
        ONNX, "fields[\"reset\"] = \"after\" if value else \"before\"",
        "fields[\"reset\"] = \"before\" if value else \"after\"",
        NUMBERS, "ONNX: linear_before_reset in the other sense",
    ),
    Fault(
        ONNX, "attributes[\"linear_before_reset\"] = int(cells[0].reset == \"after\")",
        "attributes[\"linear_before_reset\"] = int(cells[0].reset == \"before\")",
        EXPORT, "ONNX: linear_before_reset is written in the other sense",
    ),
    Fault(
        "rnn/convert/onnx_files.py",
        "arrays.get(\"B\", \"\"), ends]", "arrays.get(\"B\", \"\"), \"\"]",
        EXPORT, "ONNX: lengths are not handed on to the operators",
    ),
    Fault(
        "rnn/convert/onnx_files.py", "perm=[0, 2, 1, 3]", "perm=[0, 1, 2, 3]",
        EXPORT, "ONNX: directions and sequences mixed up in the outputs",
    ),
    Fault(
        "rnn/convert/onnx_graph.py", "{\"sum\": \"Add\", \"mul\": \"Mul\", \"ave\"",
        "{\"sum\": \"Mul\", \"mul\": \"Add\", \"ave\"",
        "tests/rnn/convert/test_onnx_graph.py", "ONNX: merge by sum and by product swapped",
    ),
    Fault(
        GATES, "        return whole[H:].copy(), whole[:H].copy()\n",
        "        return whole[:-H].copy(), whole[-H:].copy()\n",
        f"{NUMBERS} {ROUND}", "gates: [h, x] read as [x, h]",
    ),
    Fault(
        "rnn/convert/gates.py", "biases.append(np.concatenate([gates[gate][1] for gate in order]))",
        "biases.append(np.concatenate([gate[1] for gate in gates.values()]))",
        "tests/rnn/convert/test_key_orders.py",
        "gates: biases in the order in which they are given",
    ),
    Fault(
        GATES, "rows.append(turned(matrix) if matrix.shape[0] == H else matrix)",
        "rows.append(matrix.reshape(joined, H))",
        f"{NUMBERS} {ROUND}", "gates: reshaped instead of transposed",
    ),
    Fault(
        "rnn/convert/one_cell.py", "    refuse(\"load\", found.faults)\n", "",
        f"{ROUND} {ERRORS}", "load: writes what fits and says nothing of the rest",
    ),
    Fault(
        WEIGHTS, "{g: -v if g == \"z\" else v for g, v in b.items()}",
        "{g: -v if g == \"r\" else v for g, v in b.items()}",
        f"{NUMBERS} {ROUND}", "with_update: the sign of the reset gate is changed",
    ),
    Fault(
        WEIGHTS, "return self.by_gate(lambda blocks: {g: blocks[g] for g in order})",
        "return replace(self, gates=order)",
        f"{NUMBERS} {ROUND}", "ordered: names change and blocks stay",
    ),
    Fault(
        WEIGHTS, "cell = self.by_gate(lambda b: {**b, \"f\": -b[\"i\"]}, forget=\"gate\")",
        "cell = self.by_gate(lambda b: {**b, \"f\": b[\"i\"]}, forget=\"gate\")",
        f"{NUMBERS} {ROUND}", "a coupled LSTM written as f = i, not as f = 1 - i",
    ),
    Fault(
        WEIGHTS, "return replace(self, biases=(np.where(b_hh == 0, b_xh, b_xh + b_hh),))",
        "return replace(self, biases=(b_xh,))",
        f"{NUMBERS} {ROUND}", "with_biases(1): the second bias dropped",
    ),
]
