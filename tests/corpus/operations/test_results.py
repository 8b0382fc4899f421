"""What an import did, packed."""

import uuid

from corpus.operations.results import Marks, PackedIds, Rejections
from corpus.readers.rows import Rejection

IDS = [uuid.UUID(int=n) for n in (7, 2**127, 3)]


def test_packed_ids_are_a_sequence_like_any_other() -> None:
    packed = PackedIds(IDS[:2])
    packed.append(IDS[2])

    assert packed == IDS
    assert (len(packed), packed[-1], packed[:2], IDS[1] in packed) == (3, IDS[2], IDS[:2], True)
    assert packed != IDS[:2]
    assert PackedIds() == []


def test_rejections_come_back_in_order_and_can_be_walked_twice_at_once() -> None:
    given = [
        Rejection("a", n, "text", "odd" if n % 2 else "even", f"Nummer {n} ü\ud800\n", "x" * 300) for n in range(9000)
    ]
    kept = Rejections()
    for one in given:
        kept.append(one)

    assert kept == given
    assert list(zip(kept, kept, strict=True)) == list(zip(given, given, strict=True))
    assert (len(kept), kept.codes) == (9000, {"odd": 4500, "even": 4500})


def test_a_key_is_marked_once() -> None:
    marks = Marks()

    assert [marks.add(key) for key in (9, 1, 9, 4_000_000, 1)] == [True, True, False, True, False]
