"""Which articles are proposed for one story."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cleaning import clean
from corpus.joining import Pair
from corpus.storylines import DAYS, LEAST, Proposed, Report, Weights, pairs_of, propose
from tests.corpus.seeds import needs_seeds, seed_files

DAY = date(2026, 11, 1)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = ["".join(random.Random(n).choices(_LETTERS, k=4 + n % 6)) for n in range(3000)]


def report_on(subject: int, seed: int) -> str:
    """Half of the words are those of the subject, in a wording of its own."""
    subject_words = random.Random(subject).choices(_WORDS, k=60)
    rng = random.Random(subject * 1000 + seed)
    return " ".join(rng.choice(subject_words) if rng.random() < 0.5 else rng.choice(_WORDS) for _ in range(250))


def proposals(texts: dict[int, str], reports: list[Report], **options) -> list[Proposed]:
    weights = Weights(texts.values())
    pairs = pairs_of(reports, lambda some: weights.vectors_of([texts[one.key] for one in some]), days=DAYS, least=LEAST)
    return propose(reports, pairs, **options)


def sets(found: list[Proposed]) -> list[tuple[int | None, list[int]]]:
    return sorted(((p.story, sorted(key for key, _ in p.members)) for p in found), key=lambda item: item[1])


@pytest.fixture(scope="module")
def texts() -> dict[int, str]:
    """Articles 1 to 4 report event 1, 5 to 7 event 2, and 8 to 20 one event each."""
    events = [1, 1, 1, 1, 2, 2, 2, *range(3, 16)]
    return {key: report_on(event, key) for key, event in enumerate(events, start=1)}


def test_articles_on_one_event_are_proposed_and_others_are_not(texts):
    found = proposals(texts, [Report(key, DAY) for key in texts])

    assert sets(found) == [(None, [1, 2, 3, 4]), (None, [5, 6, 7])]
    assert all(LEAST / 2 <= score <= 1 for proposal in found for _, score in proposal.members)


@pytest.mark.parametrize(("gap", "together"), [(DAYS, True), (DAYS + 1, False)])
def test_days_apart_decide(texts, gap, together):
    reports = [Report(5, DAY), Report(6, DAY + timedelta(days=gap)), *(Report(key, DAY) for key in range(8, 21))]

    found = proposals(texts, sorted(reports, key=lambda report: report.day))

    assert sets(found) == ([(None, [5, 6])] if together else [])


def test_articles_without_a_date_are_compared_all_the_same(texts):
    found = proposals(texts, [Report(5), Report(6, DAY), Report(7), *(Report(key) for key in range(8, 21))])

    assert sets(found) == [(None, [5, 6, 7])]


def test_articles_join_an_existing_story_and_stories_are_left_alone(texts):
    reports = [
        Report(1, DAY, story=70), Report(2, DAY, story=70), Report(3, DAY, story=71), Report(4, DAY),
        Report(5, DAY, story=72), Report(6, DAY, story=72), *(Report(key, DAY) for key in range(8, 21)),
    ]  # fmt: skip

    found = proposals(texts, reports)

    assert [(p.story in (70, 71), [key for key, _ in p.members]) for p in found] == [(True, [4])]


def test_what_a_person_told_apart_is_not_proposed_again(texts):
    reports = [Report(key, DAY) for key in texts]
    everybody = [(one, other) for one in range(1, 5) for other in range(one + 1, 5)]

    assert sets(proposals(texts, reports, apart=everybody)) == [(None, [5, 6, 7])]
    storied = [Report(1, DAY, story=70), *(Report(key, DAY) for key in range(2, 21))]
    assert sets(proposals(texts, storied, apart=[(2, -70)]))[0] in [(70, [3, 4]), (None, [2, 3, 4])]


def test_one_odd_article_does_not_chain_two_events():
    pairs = [Pair(1, 2, 0.9), Pair(1, 3, 0.9), Pair(2, 3, 0.9), Pair(4, 5, 0.8), Pair(3, 4, 0.5)]

    found = propose([Report(key) for key in range(1, 6)], pairs)

    assert sets(found) == [(None, [1, 2, 3]), (None, [4, 5])]


@given(
    st.lists(
        st.tuples(st.integers(1, 10), st.integers(1, 10), st.sampled_from([0.4, 0.6])).filter(lambda p: p[0] < p[1]),
        unique_by=lambda p: p[:2],
    ),
    st.dictionaries(st.integers(1, 10), st.integers(1, 3)),
    st.randoms(),
)
def test_the_order_of_articles_does_not_change_what_is_proposed(given_pairs, stories, rng):
    reports = [Report(key, story=stories.get(key)) for key in range(1, 11)]
    pairs = [Pair(*pair) for pair in given_pairs if stories.get(pair[0]) is None or stories.get(pair[1]) is None]

    found = propose(reports, pairs)

    for proposal in found:
        keys = [key for key, _ in proposal.members]
        assert not set(keys) & set(stories)
        assert len(keys) >= (1 if proposal.story else 2)
        assert all(0 < score <= 1 for _, score in proposal.members)
    rng.shuffle(reports), rng.shuffle(pairs)
    assert propose(reports, pairs) == found


def test_the_order_of_equally_dated_articles_does_not_matter(texts):
    reports = [Report(key, DAY) for key in texts]
    shuffled = random.Random(4).sample(reports, len(reports))

    assert sets(proposals(texts, shuffled)) == sets(proposals(texts, reports))


def test_vectors_are_of_length_one_and_empty_texts_are_like_nothing():
    made = Weights(["rain falls"]).vectors_of(["Rain falls on the old town", "", "😀"])

    assert np.allclose(np.linalg.norm(made, axis=1), [1, 0, 0])


@needs_seeds
def test_five_reports_of_one_event_are_proposed_as_one_story(texts):
    read = [clean({"text": path.read_text(encoding="utf-8")}).text for path in seed_files()]
    both = {100 + index: text for index, text in enumerate(read)} | texts

    found = proposals(both, [Report(key, DAY) for key in both])

    assert (None, [100, 101, 102, 103, 104]) in sets(found)
    alone = {key: both[key] for key in both if key >= 100}
    assert sets(proposals(alone, [Report(key) for key in alone])) == [(None, [100, 101, 102, 103, 104])]
