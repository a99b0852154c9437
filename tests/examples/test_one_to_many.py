"""The example of a task one to many."""

from examples import one_to_many


def test_a_curve_from_one_number():
    """After training the curves are ten times closer than their mean curve."""
    error, baseline = one_to_many.score(one_to_many.train())
    assert 0.62 < baseline < 0.63
    assert error < 0.06


def test_it_prints_its_number(capsys):
    """Run as a program it ends with the two errors."""
    one_to_many.main(updates=2)
    assert "the mean curve's 0.624" in capsys.readouterr().out
