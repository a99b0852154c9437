"""Ctrl-C at any bytecode: run something again and again, cut off at another place each time."""

import sys
from dis import opname

from tests.support.paths import ROOT

OURS = tuple(f"{ROOT / package}" for package in ("minigrad", "rnn"))
AROUND = 60   # so many bytecodes before and after what changes anything are tried one by one
ELSEWHERE = 150  # and so many in all of the rest
# They touch nothing but the variables and the stack of their own frame.
IDLE = (
    "LOAD_FAST", "LOAD_CONST", "LOAD_GLOBAL", "LOAD_DEREF", "STORE_FAST", "PUSH_NULL", "PRECALL",
    "KW_NAMES", "RESUME", "COPY", "SWAP", "JUMP", "POP_JUMP", "BUILD", "IS_OP",
)


def thrown_away(frame):
    """Whether the frame may be one of a generator that is let go of: Python 3.12 traces these, and
    nothing can be raised there."""
    return sys.version_info[:2] == (3, 12) and frame.f_code.co_name == "<genexpr>"


def traced(act, at_bytecode):
    """Run ``act()`` and call ``at_bytecode(n, frame)`` before the n-th bytecode of the project's
    code, which is the next one of that frame."""
    count = 0

    def opcode(frame, event, arg):
        nonlocal count
        frame.f_trace_opcodes = True  # what was asked for at the call is forgotten by Python 3.13
        if event == "opcode":
            at_bytecode(count, frame)
            count += 1
        return opcode

    def call(frame, event, arg):
        if not frame.f_code.co_filename.startswith(OURS) or thrown_away(frame):
            return None
        frame.f_trace_opcodes = True
        return opcode

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for one frame that wants them now
    sys.settrace(call)
    try:
        act()
    finally:
        sys.settrace(before)


def interrupted_anywhere(prepare, act, state):
    """Interrupt ``act(subject)`` at every bytecode around those that change something, and at many
    others, each time on a new ``prepare()``: ``state(subject)`` must equal what it was before, or
    what it is after an `act` that nobody interrupts. Returns how often it was each."""
    act(prepare())  # what is made once, such as the functions of the ops, is made
    subject, states, last = prepare(), [], ""
    before = state(subject)

    def look(n, frame):
        nonlocal last
        if last.startswith(IDLE):  # nor has it changed the state
            states.append(states[-1])
        else:
            try:
                states.append(state(subject))
            except (AssertionError, LookupError, ValueError):  # half done: there need be no state
                states.append(None)
        last = opname[frame.f_code.co_code[frame.f_lasti]]

    traced(lambda: act(subject), look)
    after = state(subject)
    assert before != after
    changing = [n for n, found in enumerate(states) if found not in (before, after)]
    changing += [states.index(after)] if after in states else [len(states)]
    near = range(max(min(changing) - AROUND, 0), min(max(changing) + AROUND, len(states)))
    seen = {"before": 0, "after": 0}
    for n in sorted({*near, *range(0, len(states), max(1, len(states) // ELSEWHERE))}):
        found = interrupted_at(n, prepare, act, state)
        assert found in (before, after), f"half done after an interrupt at bytecode {n}: {found}"
        seen["before" if found == before else "after"] += 1
    return seen


def interrupted_at(n, prepare, act, state):
    """The state that an interrupt before the n-th bytecode leaves."""
    subject = prepare()

    def interrupt(k, frame):
        if k == n:
            raise KeyboardInterrupt

    try:
        traced(lambda: act(subject), interrupt)
    except KeyboardInterrupt:
        pass  # and with it the frames that it held go
    else:
        raise AssertionError(f"nothing was interrupted at bytecode {n}")
    return state(subject)
