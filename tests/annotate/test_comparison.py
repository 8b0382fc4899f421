"""One text as several people marked it."""

from dataclasses import dataclass, field

from annotate.comparison import Piece, compare

TEXT = "Headline\n\nOne two three.\n\nFour."


@dataclass(frozen=True)
class Mark:
    start: int
    end: int
    fragments: list = field(default_factory=list)

    @classmethod
    def of(cls, start, end):
        return cls(start, end, [[start, end]])


def drawn(paragraph):
    return [(piece.text, piece.votes, piece.share) for piece in paragraph.pieces]


def test_votes_are_counted_by_reader():
    one, two, three = Mark.of(10, 17), Mark.of(14, 23), Mark.of(14, 17)

    _, body, last = compare(TEXT, 8, {"a": [one, three], "b": [two], "c": []})

    assert drawn(body) == [("One ", 1, "some"), ("two", 2, "most"), (" three", 1, "some"), (".", 0, "")]
    assert last.pieces == (Piece("Four.", 0, ""),)


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
