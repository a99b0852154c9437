"""Every exercise of the book: solutions pass, plausible wrong answers are explained."""

import importlib

import numpy as np
import pytest

import minigrad as mg
import rnn
from rnn.lessons import check, exercises, hint, solution
from rnn.lessons.asking import LESSONS
from tests.support.answers import solved
from tests.support.paths import ROOT

# Lessons that are written: each has a page, three exercises and a table of wrong answers.
WRITTEN = [p.stem.partition("_")[2] for p in sorted((ROOT / "docs/lessons").glob("[0-9]*.md"))]
NAMES = [name for lesson in LESSONS if lesson in WRITTEN for name in exercises(lesson)]


def run(source):
    """The answer that a source makes."""
    names = {"np": np, "mg": mg, "rnn": rnn, "__name__": "learner"}
    exec(compile(source, "<answer>", "exec"), names)
    return names["answer"]


def wrong_answers(name):
    lesson = name.partition(".")[0]
    return importlib.import_module(f"tests.rnn.lessons.questions.{lesson}").WRONG[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes(name):
    """What is shown as a solution is right, says something about itself, and passes twice."""
    source = solved(name)
    for _ in range(2):
        found = check(name, run(source))
        assert found.passed, found
        assert len(found.text) > 10


@pytest.mark.parametrize("name", NAMES)
def test_wrong_answers_are_explained(name):
    """At least five plausible wrong answers fail, each with the words that explain it."""
    cases = wrong_answers(name)
    assert len({source for source, _ in cases}) >= 5
    assert len({words for _, words in cases}) >= 3, "one message for all explains nothing"
    for source, words in cases:
        found = check(name, run(source))
        assert found.passed is False, f"{source}: {found}"
        assert words in found.text, f"{source}: {found}"


ODD = (
    None, "", "h", 0, True, float("nan"), np.inf, 1j, 10**400, (0, 0, 0), [], {}, {"s": 0}, {1, 2},
    np.full((2, 3), np.nan), mg.tensor([1.0, 2.0], requires_grad=True), object(), int, np,
    lambda: None, lambda *args, **keywords: None, lambda *args, **keywords: args,
    lambda *args, **keywords: float("nan"), lambda *args, **keywords: np.full((2, 2), np.nan),
)


@pytest.mark.parametrize("name", NAMES)
def test_odd_answers_are_refused(name):
    """What is no answer, of whatever kind, comes back with an explanation; nothing is raised."""
    for answer in ODD:
        found = check(name, answer)
        assert found.passed is False, repr(answer)
        assert len(found.text) > 20, repr(answer)


@pytest.mark.parametrize("name", NAMES)
def test_tasks_and_hints_say_something(name):
    """A task, two different hints; the first does not give the solution away."""
    assert check(name).passed is None
    assert len(check(name).text) > 30
    assert hint(name).text != hint(name, 2).text
    last = solution(name).text.strip("`\n").splitlines()[-1].removeprefix("answer = ")
    assert last not in hint(name).text


@pytest.mark.parametrize("lesson", WRITTEN)
def test_a_lesson_asks_three(lesson):
    """Each page asks the three exercises of its lesson, with hints and solution."""
    (page,) = (ROOT / "docs/lessons").glob(f"[0-9]*_{lesson}.md")
    text = page.read_text("utf-8")
    assert len(exercises(lesson)) == 3
    for name in exercises(lesson):
        for call in (f'check("{name}", ...)', f'hint("{name}")', f'hint("{name}", level=2)',
                     f'solution("{name}")'):
            assert call in text, call


def test_answers_that_raise_are_told_where():
    """An error in the learner's code comes back with its line; nothing is raised at them."""
    def answer(*args):
        return 1 / 0

    found = check("chain_rule.2", answer)
    assert found.passed is False
    assert "ZeroDivisionError (in `answer`" in found.text


def test_a_solution_is_a_block_of_code():
    """In a notebook its fence begins a line, and a task goes on behind its name."""
    assert "\n```python\n" in solution("chain_rule.1")._repr_markdown_()
    assert check("chain_rule.1")._repr_markdown_().startswith("**chain_rule.1** For")


@pytest.mark.parametrize("name, words", [
    ("chain_rul.1", "did you mean 'chain_rule'"), ("chain_rule.9", "has chain_rule.1"), (3, "'3'"),
])
def test_unknown_names(name, words):
    """A name that is none is answered with those that are."""
    with pytest.raises(ValueError, match=words):
        check(name)


def test_hints_have_two_levels():
    """A third one is refused."""
    with pytest.raises(ValueError, match="levels are 1 and 2"):
        hint("chain_rule.1", level=3)
