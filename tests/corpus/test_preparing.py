"""Rows made ready for the database."""

from corpus.preparing import COLUMNS, Cleaning, Prepared, cell, prepare
from corpus.readers.rows import ImportRow, Rejection


class Odd(str):
    """A text that fails when it is looked at."""

    __slots__ = ()

    def __len__(self) -> int:
        raise ArithmeticError("odd")


def test_an_article_that_cleaning_cannot_take_is_a_rejection_and_the_others_go_on() -> None:
    rows = [ImportRow("a", 1, {"text": Odd("One.")}), ImportRow("a", 2, {"text": "Two was here."})]

    [bad, good] = prepare(rows, Cleaning())

    assert isinstance(bad, Rejection)
    assert (bad.line, bad.code) == (1, "cannot_clean")
    assert "ArithmeticError: odd" in bad.message
    assert isinstance(good, Prepared)


def test_what_copy_gives_a_meaning_to_is_escaped() -> None:
    row = ImportRow("a", 1, {"text": 'A \\N and \\. stood\there.\r\nThen "more" came.', "id": "\\N", "rights": "a\tb"})

    [found] = prepare([row], Cleaning())

    assert isinstance(found, Prepared)
    cells = dict(zip(COLUMNS, found.cells.decode().split("\t"), strict=True))
    assert (cells["external_id"], cells["url"], cells["rights"]) == ("\\\\N", "\\N", "a\\tb")
    assert cells["text"] == 'A \\\\N and \\\\. stood here.\\n\\nThen "more" came.'
    assert [cell(value) for value in (None, 3, True, "x\\")] == ["\\N", "3", "True", "x\\\\"]


def test_missing_metadata_is_named() -> None:
    rows = [
        ImportRow("a", 1, {"text": "One was here."}),
        ImportRow("a", 2, {"text": "Two was here.", "byline": "Ana Ruiz", "language": "es"}),
    ]

    assert [found.missing for found in prepare(rows, Cleaning()) if isinstance(found, Prepared)] == [
        ("date", "byline", "language"),
        ("date",),
    ]
