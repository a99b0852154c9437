"""Numbers that a reader turns."""

import numpy as np
import pytest

from rnn.lessons.knobs import knob, listen


def test_a_knob_is_a_number():
    """Its value, or the middle of its range, as a float; NumPy's numbers are numbers."""
    assert knob("scale", 0.5, 1.5) == 1.0
    assert knob("n", np.float64(1), 9, value=np.int64(3)) == 3.0
    assert type(knob("n", 1, 9, value=3)) is float


def test_one_listener_says_where_it_stands():
    """It hears name, range and value; the one before comes back, and None is nobody."""
    heard = []
    assert listen(lambda *told: heard.append(told) or told[2]) is None
    try:
        assert knob("scale", 0.5, 1.5, value=0.75) == 1.5
        assert heard == [("scale", 0.5, 1.5, 0.75)]
    finally:
        assert listen(None) is not None
    assert knob("scale", 0.5, 1.5) == 1.0


@pytest.mark.parametrize(("arguments", "error", "told"), [
    (("", 0, 1), TypeError, r"knob\('', …\): wanted a name"),
    ((3, 0, 1), TypeError, r"knob\(3, …\): wanted a name"),
    (("s", "0", 1), TypeError, r"knob\('s', '0', 1\): low and high are numbers"),
    (("s", 1, 1), ValueError, r"knob\('s', 1, 1\): low has to be below high"),
    (("s", 0, np.inf), ValueError, "both are finite"),
    (("s", 0, 1, 2), ValueError, r"knob\('s', 0, 1, value=2\): it begins between 0 and 1"),
    (("s", 0, 1, "a"), TypeError, r"value='a'\): wanted a number"),
])
def test_a_knob_that_is_none_is_refused(arguments, error, told):
    """Every wrong argument is named, with what was received."""
    with pytest.raises(error, match=told):
        knob(*arguments)
