"""Answers of learners, made from a right one."""

from rnn.lessons import solution


def solved(name):
    """The source of the solution of an exercise, as a learner would type it."""
    return solution(name).text.strip().removeprefix("```python\n").removesuffix("\n```") + "\n"


def changed(source, *pairs):
    """The source with the second of each two of `pairs` in the place of the first."""
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in source, old
        source = source.replace(old, new)
    return source
