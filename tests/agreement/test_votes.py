"""agreement.votes: shares of votes in runs, against counting character by character."""

from itertools import pairwise

from hypothesis import given, settings

from agreement import Document, Mark, vote_segments
from agreement.clusters import LayerMark, clusters
from agreement.votes import VoteSegment, covers_by_label, voter_runs
from tests.agreement.samples import LABELS, documents, label_sets


def test_votes_of_three_readers():
    marks = (Mark("a", 2, 8, "source"), Mark("b", 4, 8, "source"), Mark("b", 8, 9, "source"), Mark("a", 5, 6, "tone"))
    found = vote_segments(Document("d", 20, ("a", "b", "c"), marks))
    assert found == [
        VoteSegment("source", 2, 4, 1, 3),
        VoteSegment("source", 4, 8, 2, 3),
        VoteSegment("source", 8, 9, 1, 3),
        VoteSegment("tone", 5, 6, 1, 3),
    ]
    assert [run.share for run in found] == [1 / 3, 2 / 3, 1 / 3, 1 / 3]


def test_a_run_is_of_one_number_of_votes_and_of_voters_where_they_matter():
    document = Document("d", 9, ("a", "b"), (Mark("a", 0, 4, "source"), Mark("b", 4, 9, "source")))
    assert vote_segments(document) == [VoteSegment("source", 0, 9, 1, 2)]
    assert voter_runs(covers_by_label(document)["source"]) == [(0, 4, frozenset("a")), (4, 9, frozenset("b"))]


def test_who_did_not_complete_the_document_has_no_vote_and_is_not_among_the_readers():
    marks = (Mark("a", 0, 4, "source"), Mark("z", 0, 9, "source"))
    assert vote_segments(Document("d", 9, ("a",), marks)) == [VoteSegment("source", 0, 4, 1, 1)]
    assert vote_segments(Document("d", 9, (), marks)) == []


@settings(max_examples=80, deadline=None)
@given(docs=documents(max_size=2))
def test_runs_hold_the_votes_of_every_character(docs):
    for document in docs:
        sets = {a: label_sets(document, a) for a in document.annotators}
        found = vote_segments(document)
        assert found == sorted(found, key=lambda run: (run.label, run.start))
        for label in LABELS:
            runs = [run for run in found if run.label == label]
            counted = [0] * document.length
            for run in runs:
                assert run.m == len(document.annotators)
                counted[run.start : run.end] = [run.n_votes] * (run.end - run.start)
            assert counted == [sum(label in sets[a][c] for a in sets) for c in range(document.length)]
            # Maximal: where two runs touch, their numbers differ.
            for before, after in pairwise(runs):
                assert before.end < after.start or before.n_votes != after.n_votes


def test_support_in_a_release_is_the_same_votes():
    marks = [("a", 2, 8), ("b", 3, 8), ("c", 2, 10)]
    document = Document("d", 20, ("a", "b", "c", "d"), tuple(Mark(a, s, e, "X") for a, s, e in marks))
    (unit,) = clusters([LayerMark(a, a, "one", "X", s, e) for a, s, e in marks], document.annotators)
    shares = [(run.start, run.end, run.share) for run in vote_segments(document)]
    assert [(run.start, run.end, run.support) for run in unit.char_support] == shares
