"""All faults, by area."""

from . import (
    bptt,
    cells,
    convert,
    drawing,
    language,
    lessons,
    ops,
    page,
    ranks,
    scanning,
    sheets,
    storage,
    sweep,
    tensors,
    training,
    transforms,
)

__all__ = ["AREAS"]

AREAS = {
    "Tape and sweep": sweep.FAULTS,
    "Tensors, modes and messages": tensors.FAULTS,
    "Ops": ops.FAULTS,
    "The compiler behind scan": scanning.FAULTS,
    "Transforms and checkpoints": transforms.FAULTS,
    "Layers, losses and optimizers": training.FAULTS,
    "Modules and files": storage.FAULTS,
    "Checkpoints, files and ranks": ranks.FAULTS,
    "Pictures": drawing.FAULTS,
    "Pages of pictures": page.FAULTS,
    "Cells and recurrent layers": cells.FAULTS,
    "Backpropagation through time": bptt.FAULTS,
    "Layouts of other programs": convert.FAULTS,
    "Sequences, text and training": language.FAULTS,
    "Exercises": lessons.FAULTS,
    "Worksheets and slides": sheets.FAULTS,
}
