"""agreement.dawid_skene: against crowd-kit on 200 corpora, against expectation by hand, and on its promises."""

import json
from collections import Counter

import pytest

from agreement import Document, Mark, label_models, score_segments
from agreement.dawid_skene import Pattern, ScoreSegment, dawid_skene
from tests.agreement.dawid_skene_by_crowd_kit import CORPORA, ITERATIONS, RESULT, votes_of
from tests.agreement.samples import LABELS, random_documents

TRIO = ("a", "b", "c")


def patterns_of(votes):
    by_item = {}
    for item, name, vote in votes:
        by_item.setdefault(item, {})[name] = vote
    found = [
        Pattern(tuple(sorted(given)), tuple(name for name in sorted(given) if given[name]))
        for _, given in sorted(by_item.items())
    ]
    return found, Counter(found)


def test_two_hundred_corpora_give_what_crowd_kit_gives():
    expected = json.loads(RESULT.read_text(encoding="utf-8"))
    assert len(expected) == CORPORA
    for seed, one in enumerate(expected):
        items, patterns = patterns_of(votes_of(seed))
        model = dawid_skene(patterns, tolerance=0, most_iterations=ITERATIONS)
        assert model.iterations == ITERATIONS
        assert model.prevalence == pytest.approx(one["prevalence"], abs=1e-9)
        assert [model.scores[item] for item in items] == pytest.approx(one["scores"], abs=1e-9)
        for competence in model.annotators:
            assert [competence.sensitivity, competence.specificity] == pytest.approx(
                one["annotators"][competence.annotator], abs=1e-9
            )


def test_one_step_by_hand():
    # Shares of votes to begin with: 2/3 on the four places that a and b mark, 1/3 on the two of c, 0 on the rest.
    patterns = {Pattern(TRIO, ("a", "b")): 4, Pattern(TRIO, ("c",)): 2, Pattern(TRIO, ()): 6}
    model = dawid_skene(patterns, tolerance=0, most_iterations=1)
    yes = 4 * 2 / 3 + 2 / 3
    no = 12 - yes
    marked_of_yes = {"a": (8 / 3) / yes, "b": (8 / 3) / yes, "c": (2 / 3) / yes}
    left_of_no = {"a": (no - 4 / 3) / no, "b": (no - 4 / 3) / no, "c": (no - 4 / 3) / no}
    for_yes, for_no = yes / 12, no / 12
    for name in TRIO:
        for_yes *= marked_of_yes[name] if name != "c" else 1 - marked_of_yes[name]
        for_no *= 1 - left_of_no[name] if name != "c" else left_of_no[name]
    assert model.scores[Pattern(TRIO, ("a", "b"))] == pytest.approx(for_yes / (for_yes + for_no), abs=1e-12)


def test_a_careless_annotator_has_the_lowest_competence():
    # a and b agree nearly always; c marks half of what they mark and as much elsewhere.
    patterns = {
        Pattern(TRIO, ("a", "b", "c")): 50,
        Pattern(TRIO, ("a", "b")): 50,
        Pattern(TRIO, ("c",)): 50,
        Pattern(TRIO, ("a",)): 2,
        Pattern(TRIO, ("b",)): 2,
        Pattern(TRIO, ()): 846,
    }
    model = dawid_skene(patterns)
    found = {one.annotator: (round(one.sensitivity, 2), round(one.specificity, 2), one.n) for one in model.annotators}
    assert found == {"a": (1.0, 1.0, 1000), "b": (1.0, 1.0, 1000), "c": (0.5, 0.94, 1000)}
    assert model.converged
    assert model.prevalence == pytest.approx(0.1, abs=0.01)


def documents():
    """a and b agree, c does not, on ten documents."""
    return [
        Document(
            f"d{n}",
            100,
            TRIO,
            (Mark("a", n, n + 20, "source"), Mark("b", n, n + 20, "source"), Mark("c", n + 15, n + 40, "source")),
        )
        for n in range(10)
    ]


def test_places_weigh_by_characters_or_one_each():
    by_length = label_models(documents(), ["source"])["source"]
    by_segment = label_models(documents(), ["source"], "segments")["source"]
    assert by_length.n == 1000
    # a and b, all three, c alone: three runs of votes, and a stretch without any before (but at d0) and behind.
    assert by_segment.n == 10 * 3 + 9 + 10
    assert by_length.prevalence != by_segment.prevalence


def test_scores_are_those_of_the_voters():
    docs = documents()
    models = label_models(docs, ["source"])
    found = score_segments(docs[3], models)
    assert [(one.start, one.end) for one in found] == [(3, 18), (18, 23), (23, 43)]
    assert found[0] == ScoreSegment("source", 3, 18, models["source"].scores[Pattern(TRIO, ("a", "b"))])
    assert found[2].score < 0.5 < found[0].score <= found[1].score


def test_the_order_of_documents_annotators_and_marks_does_not_matter():
    docs = random_documents(8)
    turned = [Document(d.id, d.length, d.annotators[::-1], d.marks[::-1]) for d in reversed(docs)]
    assert label_models(turned, LABELS) == label_models(docs, LABELS)


def test_renaming_annotators_renames_the_result():
    docs = random_documents(6)
    new = {"a0": "z", "a1": "y", "a2": "x"}
    renamed = [
        Document(
            d.id,
            d.length,
            tuple(new[a] for a in d.annotators),
            tuple(Mark(new[x.annotator], x.start, x.end, x.label) for x in d.marks),
        )
        for d in docs
    ]
    before = {one.annotator: one for one in label_models(docs, LABELS)["source"].annotators}
    after = {one.annotator: one for one in label_models(renamed, LABELS)["source"].annotators}
    for old, name in new.items():
        assert after[name].sensitivity == pytest.approx(before[old].sensitivity, abs=1e-6)
        assert after[name].specificity == pytest.approx(before[old].specificity, abs=1e-6)


def test_documents_of_one_reader_or_without_text_add_nothing():
    docs = random_documents(5)
    more = [
        Document("x1", 90, ("a0",), (Mark("a0", 0, 50, "source"),)),
        Document("x2", 0, ("a0", "a1")),
        Document("x3", 50, ()),
    ]
    assert label_models(docs + more, LABELS) == label_models(docs, LABELS)


def test_a_silent_reader_voted_no():
    docs = documents()
    without = [Document(d.id, d.length, d.annotators, d.marks) for d in docs]
    with_silent = [Document(d.id, d.length, (*d.annotators, "silent"), d.marks) for d in docs]
    competence = {one.annotator: one for one in label_models(with_silent, ["source"])["source"].annotators}
    assert competence["silent"].sensitivity == pytest.approx(0.0, abs=1e-6)
    assert competence["silent"].specificity == pytest.approx(1.0, abs=1e-6)
    assert "silent" not in {one.annotator for one in label_models(without, ["source"])["source"].annotators}


@pytest.mark.parametrize(
    ("docs", "reason"),
    [
        pytest.param([], "no_pairable_units", id="nothing"),
        pytest.param([Document("d", 9, TRIO)], "no_variation", id="nobody marked"),
        pytest.param(
            [Document("d", 9, TRIO, tuple(Mark(a, 0, 9, "source") for a in TRIO))], "no_variation", id="all marked all"
        ),
        pytest.param(
            [Document("d", 9, ("a", "b"), (Mark("a", 0, 5, "source"),))], "too_few_annotators", id="two annotators"
        ),
    ],
)
def test_an_undefined_model_says_why(docs, reason):
    model = label_models(docs, ["source"])["source"]
    assert (model.prevalence, model.reason, model.annotators, model.converged) == (None, reason, (), False)
    assert model.printed()["reason"] == reason


def test_many_characters_keep_a_rare_mistake_possible():
    # 1e9 characters without a mistake of a: the floor of 1e-10 must not be rounded to certainty, nor warn.
    patterns = {Pattern(TRIO, TRIO): 10**9, Pattern(TRIO, ()): 10**9, Pattern(TRIO, ("a",)): 1}
    model = dawid_skene(patterns)
    assert all(0 <= score <= 1 for score in model.scores.values())
    assert model.scores[Pattern(TRIO, TRIO)] == 1.0
