"""Word and sentence borders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uniseg import wordbreak

from corpus.borders import sentences_of, words_of


def _cut(text, flat):
    return [text[start:end] for start, end in zip(flat[::2], flat[1::2], strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("He isn’t here.", ["He", "isn’t", "here"]),
        ("the U.S. Secretary", ["the", "U.S.", "Secretary"]),
        ("7,500 people, 3.5% of $1.2 million", ["7,500", "people", "3.5", "of", "1.2", "million"]),
        ("“US-Mexico” 👩\u200d💻 López", ["US", "Mexico", "López"]),
        ("墨西哥总统", ["墨", "西", "哥", "总", "统"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert _cut(text, words_of(text)) == words


@given(st.text(st.sampled_from("ab É9.,'’-_:  \n“x5Ж👩\u200d💻\u0301漢ア"), max_size=40))
def test_words_are_those_of_uax_29(text):
    """Cutting at white space first, and taking plain letters as one word, changes nothing."""
    expected = [piece for piece in wordbreak.words(text) if any(c.isalnum() for c in piece)]

    assert [word.rstrip(".") for word in _cut(text, words_of(text))] == [piece.rstrip(".") for piece in expected]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. López met Dr. Ruiz."],
        ["The U.S. Secretary of State spoke.", "He left."],
        ["They came into the U.S.", "These include 7,500 people."],
        ["“Go!” he said.", "“Stay.”", "She stayed."],
        ["It rose 3.5% to $1.2 million.", "Why?", "Nobody knows…", "Perhaps never."],
        ["The year ended on Sept. 30.", "A new one began."],
        ["J. R. Smith wrote it."],
        ["He works for Acme Inc.", "The firm is small."],
    ],
)
def test_sentences(sentences):
    text = " ".join(sentences)

    assert _cut(text, sentences_of(text)) == sentences


def test_no_sentence_reaches_over_a_line_break_and_scripts_without_spaces_are_cut():
    text = "A headline without a point\n\nOne. Two\n\n墨西哥总统会见布林肯。他们讨论了移民。"

    assert _cut(text, sentences_of(text)) == [
        "A headline without a point", "One.", "Two", "墨西哥总统会见布林肯。", "他们讨论了移民。",
    ]  # fmt: skip
