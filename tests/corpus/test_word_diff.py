"""Where two texts differ."""

from hypothesis import given
from hypothesis import strategies as st

from corpus.word_diff import Difference, Piece, word_diff


def test_changed_words_are_told_from_common_ones():
    found = word_diff("Rain fell\n\non the old town.", "Rain fell\n\non the new town, again.")

    assert found == Difference(
        [Piece("Rain fell\n\non the", own=False), Piece("old town.", own=True)],
        [Piece("Rain fell\n\non the", own=False), Piece("new town, again.", own=True)],
        cut=False,
    )


def test_white_space_between_words_does_not_count():
    assert word_diff("a  b\nc", "a b c").one == [Piece("a b c", own=False)]


def test_long_texts_are_compared_as_far_as_told():
    found = word_diff("a b c d", "a b x d", most=2)

    assert found == Difference([Piece("a b", own=False)], [Piece("a b", own=False)], cut=True)


@given(st.text(alphabet="ab \n", max_size=40), st.text(alphabet="ab \n", max_size=40))
def test_no_word_is_lost_and_common_pieces_are_the_same_on_both_sides(one, other):
    found = word_diff(one, other)

    assert " ".join(piece.text for piece in found.one).split() == one.split()
    assert " ".join(piece.text for piece in found.other).split() == other.split()
    assert [p.text for p in found.one if not p.own] == [p.text for p in found.other if not p.own]
