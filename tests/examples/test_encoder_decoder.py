"""The example of an encoder and a decoder."""

import numpy as np
import pytest

from examples import encoder_decoder


@pytest.mark.parametrize(
    ("number", "numeral"), [(1, "I"), (4, "IV"), (49, "XLIX"), (444, "CDXLIV"), (999, "CMXCIX")]
)
def test_roman_numerals(number, numeral):
    """The numerals are right."""
    assert encoder_decoder.roman(number) == numeral


def test_numbers_that_were_never_shown_are_translated():
    """After training almost all numbers are translated right digit by digit, also held-out ones, of
    which adding up the symbols gets half."""
    model, training, held_out = encoder_decoder.train()
    assert not set(training) & set(held_out)

    def right(numbers):
        return encoder_decoder.score(encoder_decoder.translate(model, numbers), numbers)

    assert right(training) > 0.98
    assert right(held_out) > 0.94
    assert 0.4 < encoder_decoder.score(encoder_decoder.added_up(held_out), held_out) < 0.6


def test_adding_up():
    """The baseline is right where no symbol is subtracted: for digits other than 4 and 9."""
    numbers = np.arange(1, 1000)
    plain = [not {"4", "9"} & set(str(number)) for number in numbers]
    texts = encoder_decoder.added_up(numbers)
    assert [text == str(n) for text, n in zip(texts, numbers, strict=True)] == plain


def test_the_targets_end():
    """Digits, then the end, then padding; the lengths count the end."""
    tokens, lengths = encoder_decoder.targets([7, 120])
    np.testing.assert_array_equal(tokens.T, [[7, 10, -1, -1], [1, 2, 0, 10]])
    np.testing.assert_array_equal(lengths, [2, 4])


def test_it_prints_its_number(capsys):
    """Run as a program it shows some translations and ends with the fractions."""
    encoder_decoder.main(updates=2)
    printed = capsys.readouterr().out
    assert "DXLIX -> " in printed
    assert "of the 200 others" in printed
