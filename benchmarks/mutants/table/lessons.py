"""Faults in the examiners of the exercises: a wrong answer passes, or is not explained."""

from ..fault import Fault

ALL, TAPES = "tests/rnn/lessons/test_exercises.py", "tests/rnn/lessons/test_tapes.py"
JUDGING, LAWS = "rnn/lessons/judging.py", "rnn/lessons/tape_laws.py"
ENGINE, FIRST = "rnn/lessons/questions/engine.py", "rnn/lessons/questions/first_picture.py"

FAULTS = [
    Fault(
        "rnn/lessons/asking.py", "return Feedback(exercise, False, f\"{_raised(error)}\")",
        "return Feedback(exercise, True, f\"{_raised(error)}\")",
        ALL, "exercises: an answer that raises passes",
    ),
    Fault(
        JUDGING, "    rtol: float = 1e-4,\n", "    rtol: float = 1e-1,\n",
        ALL, "exercises: an answer that is off by a tenth passes",
    ),
    Fault(
        JUDGING, "in (slips or {}).items()", "in {}.items()",
        ALL, "exercises: no known slip is recognised",
    ),
    Fault(
        "rnn/lessons/small_tape.py", "key=lambda value: value.number, reverse=True)",
        "key=lambda value: value.number)",
        TAPES, "tapes: the one that is shown sweeps the oldest first",
    ),
    Fault(
        LAWS, "only_what_led_here, two_results, the_same_result_twice,", "only_what_led_here,",
        TAPES, "tapes: one sweep is all that is asked for",
    ),
    Fault(
        LAWS, "        if called > most:\n", "        if called < 0:\n",
        ALL, "tapes: one that walks every way passes",
    ),
    Fault(
        LAWS, "    except RecursionError:\n", "    except IndexError:\n",
        ALL, "tapes: that the stack has ended is not explained",
    ),
    Fault(
        "rnn/lessons/questions/tape.py", "    if early:\n", "    if not early:\n",
        ALL, "tapes: the order of a sweep is judged the other way round",
    ),
    Fault(
        ENGINE, "        if node in asked:\n", "        if node.key in asked:\n",
        ALL, "the sweep as an exercise: a node may be asked twice",
    ),
    Fault(
        ENGINE, "            rtol=1e-6, atol=0, slips={", "            rtol=1e-6, slips={",
        ALL, "an op as an exercise: digits that are lost in its slope are not noticed",
    ),
    Fault(
        FIRST, "    if steps != [use.t for use in expected]:\n", "    if False:\n",
        ALL, "a first picture: columns may be counted from 0",
    ),
    Fault(
        "rnn/lessons/questions/broadcasting.py", "        if found.shape != shape:\n",
        "        if found.size != np.prod(shape):\n",
        ALL, "unbroadcast as an exercise: an axis of length 1 may go",
    ),
]
