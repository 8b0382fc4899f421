"""agreement.clusters: units by single linkage, votes that sum to one, support per character."""

from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement.clusters import Cluster, LabelShare, LayerMark, Support, clusters


def mark(annotator, start, end, label="QUANTITY", *, layer="numeric", fragments=(), mark_id=None):
    return LayerMark(mark_id or f"{annotator}#{start}-{end}-{label}", annotator, layer, label, start, end, fragments)


@st.composite
def readings(draw):
    number = count()
    marks = []
    for _ in range(draw(st.integers(0, 9))):
        start = draw(st.integers(0, 20))
        end = start + draw(st.integers(1, 8))
        label = draw(st.sampled_from(["X", "Y", "Z"]))
        layer = draw(st.sampled_from(["one", "two"]))
        marks.append(mark(draw(st.sampled_from("abc")), start, end, label, layer=layer, mark_id=f"m{next(number)}"))
    return marks


def test_a_unit_in_full():
    found = clusters([mark("a", 64, 75), mark("b", 70, 75)], ["a", "b", "c"], threshold=Fraction(2, 5))
    assert found == [
        Cluster(
            layer="numeric",
            n_annotators=3,
            n_marked=2,
            members=("a#64-75-QUANTITY", "b#70-75-QUANTITY"),
            start=64,
            end=75,
            core_start=70,
            core_end=75,
            union_start=64,
            union_end=75,
            char_support=(Support(64, 70, 1 / 3), Support(70, 75, 2 / 3)),
            soft_label=(LabelShare("QUANTITY", 2 / 3), LabelShare("O", 1 / 3)),
            hard_label="QUANTITY",
            resolution="majority",
            mean_iou=5 / 11,
        )
    ]


@pytest.mark.parametrize(("end", "units"), [(10, 1), (9, 2)], ids=["10 of 20", "9 of 20"])
def test_half_is_a_link_and_less_is_not(end, units):
    assert len(clusters([mark("a", 0, 20), mark("b", 0, end)], ["a", "b"])) == units


def test_layers_do_not_mix_and_labels_do():
    found = clusters([mark("a", 0, 5, "X"), mark("b", 0, 5, "Y"), mark("b", 0, 5, "X", layer="framing")], ["a", "b"])
    assert [(unit.layer, unit.n_marked, unit.hard_label, unit.resolution) for unit in found] == [
        ("framing", 1, None, "tie"),
        ("numeric", 2, None, "tie"),
    ]


def test_two_marks_of_one_annotator_join_only_through_another():
    own = [mark("a", 0, 5, "X"), mark("a", 0, 5, "Y")]
    assert [unit.members for unit in clusters(own, ["a", "b"])] == [("a#0-5-X",), ("a#0-5-Y",)]
    (joined,) = clusters([*own, mark("b", 0, 5, "X")], ["a", "b"])
    assert joined.soft_label == (LabelShare("X", 0.75), LabelShare("Y", 0.25), LabelShare("O", 0.0))
    assert joined.hard_label == "X"


def test_unanimous_means_every_reader_and_one_label():
    (unit,) = clusters([mark("a", 0, 5), mark("b", 0, 5)], ["a", "b"])
    assert (unit.resolution, unit.hard_label, unit.mean_iou) == ("unanimous", "QUANTITY", 1.0)


def test_most_marked_nothing():
    (unit,) = clusters([mark("a", 3, 5)], ["a", "b", "c"])
    assert (unit.hard_label, unit.resolution, unit.core_start, unit.core_end) == ("O", "majority", None, None)
    assert (unit.start, unit.end, unit.mean_iou) == (3, 5, None)


def test_fragments_leave_gaps_without_support():
    split = mark("a", 0, 20, fragments=((0, 5), (12, 20)))
    (unit,) = clusters([split], ["a"])
    assert unit.char_support == (Support(0, 5, 1.0), Support(12, 20, 1.0))


def test_marks_of_someone_who_did_not_complete_are_left_out():
    assert clusters([mark("a", 0, 5), mark("z", 0, 5)], ["a", "b"]) == clusters([mark("a", 0, 5)], ["a", "b"])


@pytest.mark.parametrize("threshold", [Fraction(0), Fraction(3, 2)])
def test_a_threshold_outside_its_range_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold"):
        clusters([], ["a"], threshold)


def test_an_id_used_twice_is_refused():
    with pytest.raises(ValueError, match="'x'"):
        clusters([mark("a", 0, 5, mark_id="x"), mark("b", 0, 5, mark_id="x")], ["a", "b"])


@settings(max_examples=150, deadline=None)
@given(marks=readings(), data=st.data())
def test_units_partition_the_marks_and_do_not_depend_on_order(marks, data):
    found = clusters(marks, ["a", "b", "c", "d"])
    assert sorted(x for unit in found for x in unit.members) == sorted(one.id for one in marks)
    assert clusters(data.draw(st.permutations(marks)), ["d", "c", "b", "a"]) == found


@settings(max_examples=150, deadline=None)
@given(marks=readings())
def test_votes_sum_to_one_and_linked_marks_share_a_unit(marks):
    found = clusters(marks, ["a", "b", "c", "d"])
    home = {one: unit for unit in found for one in unit.members}
    for unit in found:
        assert sum(share.p for share in unit.soft_label) == pytest.approx(1.0, abs=1e-12)
        assert unit.union_start <= unit.start < unit.end <= unit.union_end
        assert all(0 < run.support <= 1 for run in unit.char_support)
    for a in marks:
        for b in marks:
            shared = min(a.end, b.end) - max(a.start, b.start)
            union = max(a.end, b.end) - min(a.start, b.start)
            if a.layer == b.layer and a.annotator != b.annotator and 2 * shared >= union:
                assert home[a.id] is home[b.id]
