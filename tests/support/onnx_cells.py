"""The cells for which ONNX has an operator, by name: classes and their options."""

from rnn import (
    CoupledLSTMCell,
    ElmanCell,
    GRUCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
)

CELLS = {
    **{f"elman {phi}": (ElmanCell, {"nonlinearity": phi})
       for phi in ("tanh", "relu", "sigmoid", "identity")},
    "lstm": (LSTMCell, {}),
    "lstm, two biases": (LSTMCell, {"biases": 2}),
    "lstm, no bias": (LSTMCell, {"biases": 0}),
    "1997": (LSTM1997Cell, {}),
    "coupled": (CoupledLSTMCell, {"biases": 2}),
    "peepholes": (PeepholeLSTMCell, {}),
    **{f"gru {reset} {update}": (GRUCell, {"reset": reset, "update": update})
       for reset in ("before", "after") for update in ("keep", "new")},
    "gru, one bias": (GRUCell, {"biases": 1}),
    "mgu": (MGUCell, {}),
}
