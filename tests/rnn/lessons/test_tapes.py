"""The tape of the lesson *tape*: its laws let it pass, and refuse each of the broken ones."""

import inspect

import pytest

from rnn.lessons.exercise import Wrong
from rnn.lessons.small_tape import Scalar
from rnn.lessons.tape_faults import FAULTS
from rnn.lessons.tape_laws import LAWS, check_tape


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_laws_hold_of_a_tape_that_is_right(law):
    """The tape of sixty lines obeys each law, and each law says what it demands."""
    law(Scalar)
    assert inspect.getdoc(law)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_fault_escapes(fault):
    """A broken tape computes right values, and breaks a law; its program shows the difference."""
    LAWS[0](fault.tape)
    with pytest.raises(Wrong, match=r"[0-9]"):
        check_tape(fault.tape)
    try:
        assert fault.shows(fault.tape) != fault.shows(Scalar)
    except RecursionError:
        assert "stack" in fault.what


def test_a_tape_is_as_short_as_the_lesson_says():
    """Sixty lines, with its docstring."""
    assert len(inspect.getsource(Scalar).splitlines()) < 60
