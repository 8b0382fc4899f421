"""One text as several people marked it."""

from dataclasses import dataclass, field

import pytest

from annotate.dashboard.comparison import Passage, Piece, compare, differing_pairs, level_of, passages, runs

TEXT = "Headline\n\nOne two three.\n\nFour."


@dataclass(frozen=True)
class Mark:
    start: int
    end: int
    fragments: list = field(default_factory=list)
    label: str = "FRAME"

    @classmethod
    def of(cls, start, end, label="FRAME"):
        return cls(start, end, [[start, end]], label)


def drawn(paragraph):
    return [(piece.text, piece.votes, piece.share) for piece in paragraph.pieces]


def test_votes_are_counted_by_reader():
    one, two, three = Mark.of(10, 17), Mark.of(14, 23), Mark.of(14, 17)

    _, body, last = compare(TEXT, 8, {"a": [one, three], "b": [two], "c": []})

    assert drawn(body) == [("One ", 1, "some"), ("two", 2, "most"), (" three", 1, "some"), (".", 0, "")]
    assert last.pieces == (Piece(26, "Four.", 0, ""),)


def test_a_place_that_everybody_marked_is_marked_by_all():
    headline, *_ = compare(TEXT, 8, {"a": [Mark.of(0, 8)], "b": [Mark.of(0, 4)]})

    assert headline.headline
    assert drawn(headline) == [("Head", 2, "all"), ("line", 1, "some")]


def test_marks_are_listed_where_they_begin_with_a_row_for_every_reader():
    over_two, later, early = Mark.of(14, 30), Mark.of(18, 23), Mark.of(10, 13)

    headline, body, last = compare(TEXT, 8, {"a": [later, early], "b": [over_two], "c": []})

    assert headline.readers == ()
    assert [(reader.name, reader.marks) for reader in body.readers] == [
        ("a", (early, later)),
        ("b", (over_two,)),
        ("c", ()),
    ]
    assert (last.readers, drawn(last)) == ((), [("Four", 1, "some"), (".", 0, "")])


def test_the_gap_between_two_fragments_is_not_marked():
    _, body, _ = compare(TEXT, 8, {"a": [Mark(10, 23, [[10, 13], [18, 23]])]})

    assert drawn(body) == [("One", 1, "all"), (" two ", 0, ""), ("three", 1, "all"), (".", 0, "")]


@pytest.mark.parametrize(
    ("said", "readers", "pairs"),
    [
        ([], 3, 0),
        (["A"], 2, 1),
        (["A", "A"], 2, 0),
        (["A", "A"], 3, 2),
        (["A", "B", "AB"], 3, 3),
        (["A", "A", "B"], 5, 8),
        (["A"], 1, 0),
    ],
    ids=str,
)
def test_pairs_differ_whose_sets_of_labels_do(said, readers, pairs):
    assert differing_pairs([set(labels) for labels in said], readers) == pairs


def test_levels_are_thirds_of_the_pairs_begun():
    assert [level_of(differing, 4) for differing in range(7)] == [0, 1, 1, 2, 2, 3, 3]
    assert level_of(0, 1) == 0


def test_readers_differ_where_their_labels_do_not_where_both_marked_alike():
    one, two = Mark.of(10, 17), Mark.of(10, 13)
    other = Mark.of(14, 17, "SOURCE")

    found = compare(TEXT, 8, {"a": [one], "b": [two, other]})

    assert [(piece.text, piece.differing, piece.level, piece.opens) for piece in found[1].pieces] == [
        ("One", 0, 0, False),
        (" ", 1, 3, True),
        ("two", 1, 3, False),
        (" three.", 0, 0, False),
    ]
    assert passages(found, 2) == [Passage(13, 17, " two", 2, 3, 4.0)]
    assert runs(found) == [(13, 17, 3)]


def test_a_passage_ends_with_its_paragraph():
    found = compare(TEXT, 8, {"a": [Mark.of(18, 31)], "b": []})

    assert [(passage.quote, passage.paragraph) for passage in passages(found, 2)] == [("three.", 2), ("Four.", 3)]
    assert runs(found) == [(18, 24, 3), (26, 31, 3)]
