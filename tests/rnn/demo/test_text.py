"""Text, vocabulary, windows, and the n-gram baselines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.demo.baselines import NGrams, ngram_bits
from rnn.demo.text import (
    Split,
    TextError,
    Windows,
    documentation,
    frequent_word,
    read,
    split,
)
from rnn.demo.vocabularies import LEVELS, Bytes, Vocabulary, Words, vocabulary_of


def test_documentation_is_long_and_always_the_same():
    """The default text has some 465,000 characters of English, in an order that does not vary."""
    text = documentation()
    assert len(text) > 300_000
    assert text == documentation()
    assert text.count(" the ") > 2_000


def test_documentation_missing_names_the_option(monkeypatch):
    """A Python without pydoc_data says which option replaces it."""
    monkeypatch.setitem(__import__("sys").modules, "pydoc_data.topics", None)
    with pytest.raises(TextError, match="--text FILE"):
        documentation()


# -- vocabulary


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_decode_undoes_encode(text):
    """Every text over the vocabulary comes back unchanged; numbers are dense from 0."""
    vocabulary = Vocabulary(text)
    tokens = vocabulary.encode(text)
    assert vocabulary.decode(tokens) == text
    assert sorted(set(tokens.tolist())) == list(range(len(vocabulary)))
    assert vocabulary.characters == "".join(sorted(vocabulary.characters))


def test_unknown_characters_are_listed():
    """Encoding text with other characters names them, and what is known."""
    with pytest.raises(TextError, match=r"the seed word has .* know: 'x', 'é'; .* knows .*abc"):
        Vocabulary("abc abc").encode("caxéx", "the seed word")
    assert Vocabulary("abc").encode("").tolist() == []


@pytest.mark.parametrize(
    "text, word",
    [("an apple is an apple, pears are not", "apple"), ("ab cd", "a"), ("été été 12345 été", "é")],
)
def test_frequent_word(text, word):
    """Samples start with the most frequent word of four letters, or with the first character."""
    assert frequent_word(text) == word


# -- files


def test_read_takes_utf8_with_any_line_ends(tmp_path):
    """A byte order mark is no character, and line ends of all systems are one."""
    path = tmp_path / "text"
    path.write_bytes("\ufeffä\r\nb\rc\n".encode())
    assert read(path) == "ä\nb\nc\n"


@pytest.mark.parametrize(
    "content, message",
    [(None, r"cannot be read \(No such file"), (b"", "is empty"), (b"\xef\xbb\xbf", "is empty"),
     (b"ab\xff", "not UTF-8 text: byte 2 .* save it as UTF-8"), ("dir", "cannot be read")],
)
def test_read_refuses(tmp_path, content, message):
    """What cannot be read as text is named, with the reason."""
    path = tmp_path / "text"
    if content == "dir":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(TextError, match=message):
        read(path)


# -- split and windows


@given(st.integers(1, 12), st.integers(1, 12))
def test_split_says_exactly_how_long_a_text_must_be(batch, steps):
    """The length in the message is enough, and one character fewer is not."""
    with pytest.raises(TextError) as caught:
        split(np.arange(2), batch, steps)
    needed = int(str(caught.value).split("need ")[1].split(",")[0])
    training, held_out = split(np.arange(needed), batch, steps)
    assert len(training) > batch * steps
    assert len(held_out) == needed // 10 >= 1
    assert [*training, *held_out] == list(range(needed))
    with pytest.raises(TextError, match="lower --batch or --steps"):
        split(np.arange(needed - 1), batch, steps)


def test_split_of_huge_windows_answers_at_once():
    """Sizes beyond any text end in the message, not in a long computation."""
    with pytest.raises(TextError, match="need 1,111,111,111,112"):
        split(np.arange(1000), 10**6, 10**6)


@given(st.data())
def test_windows_follow_one_another(data):
    """Targets are the next characters, and every stream goes on where it was: also at the end of
    the text, so the carried state always belongs to the characters just before."""
    batch, steps = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 6))
    n = data.draw(st.integers(batch * steps + 1, 60))
    windows = Windows(np.arange(n), batch, steps)
    position = data.draw(st.integers(0, 500))
    inputs, targets = windows.at(position)
    assert inputs.shape == targets.shape == (steps, batch)
    np.testing.assert_array_equal(targets, (inputs + 1) % n)
    np.testing.assert_array_equal(inputs[1:], targets[:-1])
    following, _ = windows.at(position + steps)
    np.testing.assert_array_equal(following[0], targets[-1])


def test_windows_read_the_whole_text():
    """A full round of the windows meets every character, each stream its own share first."""
    windows = Windows(np.arange(60), batch=4, steps=5)
    seen = np.concatenate([windows.at(p)[0].ravel() for p in (0, 5, 10)])
    assert sorted(seen.tolist()) == list(range(60))


# -- baselines


tokens = st.lists(st.integers(0, 3), min_size=4, max_size=60).map(np.array)


@given(tokens, st.integers(1, 3))
def test_ngram_probabilities_sum_to_one(text, order):
    """After any context, met or not, the probabilities of all characters are positive and sum
    to 1."""
    model = NGrams(text, 4, order)
    for context in np.ndindex(*[4] * (order - 1)):
        p = [model.probabilities(np.array([*context, c]))[0] for c in range(4)]
        assert min(p) > 0
        assert sum(p) == pytest.approx(1, abs=1e-12)


def test_bigrams_by_hand():
    """Interpolated Kneser-Ney on `aabab`, computed by hand.

    Bigrams aa 1, ab 2, ba 1; D_2 = 2/(2+2·1) = 1/2. Characters before a: {a, b}, before b: {a};
    D_1 = 1/(1+2·1) = 1/3 of 3 continuations. p_1(a) = (2-1/3)/3 + (1/3)(2/3)(1/2) = 2/3.
    p_2(a|a) = (1-1/2)/3 + (1/2)(2/3) p_1(a) = 7/18, and p_2(b|a) = 11/18.
    """
    model = NGrams(np.array([0, 0, 1, 0, 1]), size=2, order=2)
    assert model.probabilities(np.array([0, 0]))[0] == pytest.approx(7 / 18)
    assert model.probabilities(np.array([0, 1]))[0] == pytest.approx(11 / 18)


def test_frequencies_give_the_entropy():
    """With as many held-out characters as counted, in the same proportions, character frequencies
    cost the entropy of those proportions, up to the smoothing."""
    text = np.repeat([0, 1, 2, 3], [800, 100, 60, 40])
    p = np.array([0.8, 0.1, 0.06, 0.04])
    bits = ngram_bits(Split(text, text), 4, 1)
    assert bits == pytest.approx(-np.sum(p * np.log2(p)), abs=2e-3)


def test_longer_contexts_are_better_on_english():
    """On the default text trigrams beat pairs, and pairs beat frequencies, by a wide margin."""
    text = documentation()
    vocabulary = Vocabulary(text)
    data = split(vocabulary.encode(text))
    one, two, three = (ngram_bits(data, len(vocabulary), n) for n in (1, 2, 3))
    assert 4 < one < 5
    assert two < one - 0.8
    assert three < two - 0.5


def test_baselines_learn_from_the_training_part_alone():
    """The first held-out character is judged by what came before it: one that no training text
    has costs more than with any knowledge of it."""
    training = np.zeros(50, np.intp)
    bits = ngram_bits(Split(training, np.array([1])), 2, 3)
    assert bits > 4


def test_ngrams_of_a_huge_alphabet_work():
    """Counts are kept by gram that occurs, not in a table of all that could."""
    text = np.tile(np.arange(20_000), 3)
    assert 0 < ngram_bits(Split(text, text[:100]), 20_000, 3) < 2
    with pytest.raises(ValueError, match="64-bit"):
        NGrams(text, 10**7, 3)


# -- words and bytes


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(TEXTS)
def test_every_level_gives_the_text_back(text):
    """Characters, words and bytes are three ways to write one text, and count its characters."""
    for level, kind in LEVELS.items():
        vocabulary = kind(text)
        tokens = vocabulary.encode(text)
        assert vocabulary.decode(tokens) == text
        assert "".join(vocabulary.written(tokens.tolist())) == text
        assert vocabulary.count(tokens) == len(text)
        assert 0 <= tokens.min() <= tokens.max() < len(vocabulary)
        again = vocabulary_of(level, vocabulary.entry())
        np.testing.assert_array_equal(again.encode(text), tokens)


def test_words_are_the_most_frequent_and_others_are_spelled():
    """Rare words cost one token a letter, so that nothing is unknown."""
    words = Words("to be or not to be", most=1)
    assert words.words == ("to",)
    assert len(words.encode("to be")) == 4
    with pytest.raises(TextError, match="does not know: 'x'"):
        words.encode("tox")


def test_bytes_that_are_no_text():
    """A model can write half of a character; halves of surrogate pairs cannot be read."""
    assert Bytes().decode([195]) == "\ufffd"
    assert "".join(Bytes().written([195, 65])) == "\ufffdA"
    with pytest.raises(TextError, match="surrogate"):
        Bytes().encode("\udce9")


ENTRIES = [("char", 3), ("word", "ab"), ("word", ["ab", ["abc"]]), ("word", ["ab", [3]]),
           ("word", ["ab", ["a"]]), ("byte", 3), ("letter", "ab")]


@pytest.mark.parametrize("level, entry", ENTRIES)
def test_entries_that_are_no_vocabulary(level, entry):
    """What a damaged file says is refused."""
    with pytest.raises(ValueError, match="is no vocabulary"):
        vocabulary_of(level, entry)
