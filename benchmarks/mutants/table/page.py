"""Faults in the page of a picture: what it carries, two times, and the model that runs in it."""

from ..fault import Fault

PACKING, TIMES = "tests/drawing/page/test_packing.py", "tests/drawing/page/test_two_times.py"
REPLAY = "tests/drawing/page/test_replay.py"

FAULTS = [
    Fault(
        "minigrad/drawing/page/packing.py", '.replace("<", "\\\\u003c")', "",
        PACKING, "a label can end the script that it is in",
    ),
    Fault(
        "minigrad/drawing/page/packing.py", "parts[np.isnan(values)] = _NAN", "pass",
        PACKING, "NaN in a heat map is a 0",
    ),
    Fault(
        "minigrad/drawing/page/two_times.py", "missing = missing - self.by_lag.get(lag, 0.0)",
        "missing = missing - self.by_lag.get(lag + 1, 0.0)",
        TIMES, "the error of a truncation is that of another number of steps",
    ),
    Fault(
        "minigrad/drawing/page/two_times.py",
        "lag = abs(row - (box.column or 0))", "lag = row",
        TIMES, "a truncation counts from the first step",
    ),
    Fault(
        "minigrad/drawing/reading/calls.py", "value = result + values[call.args[1]] if first",
        "value = result - values[call.args[1]] if first",
        REPLAY, "a constant that was subtracted from is found with the wrong sign",
    ),
    Fault(
        "minigrad/drawing/page/lengths.py", "again = first + (at - first) % (self.count - first)",
        "again = first",
        REPLAY, "further steps have the inputs of others",
    ),
    Fault(
        "minigrad/drawing/page/javascript.py",
        "given = [next(parts) if on else None for on in active]",
        "given = [next(parts) if on else None for on in active][::-1]",
        REPLAY, "the rules of an op in JavaScript are each other's",
    ),
]
