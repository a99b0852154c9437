"""Lessons and examples as programs of the playground's menu."""

import pytest

from playground.programs import _LONG, HERE, example, lesson, menu
from tests.support.paths import ROOT
from tests.support.playground import ran, runner

LESSON = '''---
kernelspec: {name: python3}
---
# The *first* lesson

```python
not_a_cell()
```

## A [title](https://example.org) with `code`

```{code-cell} python
import numpy as np
```

Between.

```{code-cell} python
:tags: [raises-exception, other]

1 / 0
```

### 1. An exercise

```{code-cell} python
check("first.1", ...)
```
```{code-cell} python
:tags: [hide-output]
hint("first.1", level=2)
```
'''
PROGRAM = '''# The first lesson

# %% A title with code
import numpy as np

# %% tags=["raises-exception"]
1 / 0

# %% 1. An exercise
check("first.1", ...)

# hint("first.1", level=2)
'''


def test_a_lesson_becomes_a_program(tmp_path):
    """Code cells alone, under their headings; a cell that may fail says so, hints are comments."""
    path = tmp_path / "03_first.md"
    path.write_text(LESSON)
    assert lesson(path) == {"name": "03_first", "title": "3. The first lesson", "source": PROGRAM}


def test_a_lesson_that_takes_minutes_says_so():
    """Below its title; only lessons that there are."""
    for name, text in _LONG.items():
        program = lesson(ROOT / "docs" / "lessons" / f"{name}.md")
        assert program["source"].split("\n")[1] == f"# {text}"


@pytest.mark.parametrize(("text", "told"), [
    ("# One\n", "no code cell"), ("# One\n```{code-cell} python\n1\n", "is not closed"),
])
def test_a_lesson_that_is_none_is_refused(tmp_path, text, told):
    """A file without code, or with a fence that stays open, fails the build by its reason."""
    path = tmp_path / "01_one.md"
    path.write_text(text)
    with pytest.raises(ValueError, match=told):
        lesson(path)


def test_the_menu_has_every_lesson_and_example():
    """One program for each file, none with the name of another, and each can be parsed."""
    groups = menu(ROOT / "docs" / "lessons")
    found = [program for group in groups for program in group["programs"]]
    names = [program["name"] for program in found]
    files = [*(HERE / "examples").glob("*.py"), *(ROOT / "docs" / "lessons").glob("[0-9]*.md")]
    assert sorted(names) == sorted(path.stem for path in files)
    assert len(set(names)) == len(names) >= 4
    for program in found:
        assert runner.cells(program["source"]), program["name"]


def test_examples_run(a_page):
    """Each example comes to its end, and shows something."""
    for path in sorted((HERE / "examples").glob("*.py")):
        said, whole = ran(example(path)["source"])
        assert whole, path
        assert "show" in dict(said), path
