"""Sketches: the same for ever, and as alike as the texts are."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import sketches
from tests.corpus import edits
from tests.corpus.seeds import needs_seeds, seed_files


def shingles_of(text: str) -> set[tuple[str, ...]]:
    """By the definition, for texts of words and spaces."""
    words = text.casefold().replace(".", "").split()
    n = sketches.SHINGLE
    return {tuple(words[at : at + n]) for at in range(max(1, len(words) - n + 1))} if words else set()


def alike(one: str, other: str) -> float:
    first, second = sketches.sketches_of([one, other])
    return float(sketches.similarity(first[None], second[None])[0])


def test_a_sketch_is_the_same_on_every_machine_and_in_every_release():
    """If this fails, sketches that are stored already do not compare any more: raise VERSION, and then this."""
    [made] = sketches.sketches_of(["Rain falls on the old town: 15,000 people — à 5 h — saw 暴雨。"])

    assert sketches.VERSION == 1
    assert made[:4].tolist() == [385826223, 957578111, 305974533, 9054812]
    assert sketches.bands_of(made[None])[0, :3].tolist() == [268292088, 1994794520, 978360040]


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.3])
def test_similarity_estimates_the_share_of_common_shingles(share):
    rng = random.Random(7)
    texts = [edits.make_text(rng) for _ in range(200)]
    others = [edits.change_words(text, rng, share) for text in texts]
    true = np.array(
        [
            len(shingles_of(one) & shingles_of(other)) / len(shingles_of(one) | shingles_of(other))
            for one, other in zip(texts, others, strict=True)
        ]
    )

    estimated = sketches.similarity(sketches.sketches_of(texts), sketches.sketches_of(others))

    expected_error = np.sqrt((true * (1 - true)).mean() / sketches.PLACES)
    assert abs((estimated - true).mean()) < 0.01
    assert np.sqrt(((estimated - true) ** 2).mean()) < 1.25 * expected_error


@pytest.mark.parametrize(
    ("edit", "least"),
    [
        (edits.change_words, 0.97),
        (edits.change_lead, 0.97),
        (lambda text, _rng: edits.cut_tail(text), 0.97),
    ],
    ids=["3 % of the words", "another lead", "tail cut"],
)
def test_edited_copies_are_found_and_nothing_else(edit, least):
    rng = random.Random(11)
    texts = [edits.make_text(rng) for _ in range(400)]
    made = sketches.sketches_of(texts + [edit(text, rng) for text in texts])
    bands = sketches.bands_of(made)

    originals, copies = made[:400], made[400:]
    share_a_band = (bands[:400] == bands[400:]).any(axis=1)
    found = share_a_band & (sketches.similarity(originals, copies) >= 0.5)
    assert found.mean() >= least
    unrelated = sketches.similarity(originals[1:], originals[:-1])
    assert unrelated.max() < 0.1


def test_texts_without_spaces_are_told_apart_by_runs_of_characters():
    rng = random.Random(5)
    characters = [chr(code) for code in range(0x4E00, 0x4E00 + 2000)]
    text = "".join(rng.choices(characters, k=800))
    copy = "".join(rng.choice(characters) if rng.random() < 0.02 else character for character in text)
    other = "".join(rng.choices(characters, k=800))

    assert alike(text, copy) > 0.75
    assert alike(text, other) < 0.05


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rain falls on the old town.", "RAIN falls — on the “old” town!"),
        ("One.", "one"),
        ("Two words", "two, words"),
    ],
    ids=["case and signs", "one word", "two words"],
)
def test_case_and_punctuation_do_not_count(one, other):
    assert alike(one, other) == 1


@pytest.mark.parametrize(("one", "other"), [("One.", "Two."), ("", ""), ("😀 …", "— !"), ("", "Rain.")])
def test_short_and_wordless_texts_resemble_nothing_else(one, other):
    assert alike(one, other) == 0


def test_bands_tell_their_index():
    """A place value that turns up in another band is another number."""
    made = np.ones((1, sketches.PLACES), dtype=np.uint32)

    assert len(set(sketches.bands_of(made)[0].tolist())) == sketches.BANDS


@given(st.lists(st.text(max_size=60), max_size=12), st.randoms())
def test_a_sketch_depends_on_its_own_text_alone(texts, rng):
    order = list(range(len(texts)))
    rng.shuffle(order)

    together = sketches.sketches_of(texts)
    shuffled = sketches.sketches_of([texts[index] for index in order])

    assert (shuffled == together[order]).all()
    for index, text in enumerate(texts):
        assert (sketches.sketches_of([text])[0] == together[index]).all()


@given(st.text(max_size=200))
def test_storing_a_sketch_loses_nothing(text):
    made = sketches.sketches_of([text, text + " x"])

    assert (sketches.from_bytes([sketches.to_bytes(row) for row in made]) == made).all()


def test_long_texts_and_many_texts_go_through_blocks_unchanged():
    rng = random.Random(2)
    long = " ".join(rng.choices(edits.WORDS, k=60_000))
    texts = [edits.make_text(rng) for _ in range(300)]

    together = sketches.sketches_of([*texts, long, *texts])

    assert (together[:300] == together[301:]).all()
    assert (together[300] == sketches.sketches_of([long])[0]).all()


@needs_seeds
def test_five_reports_of_one_event_are_no_near_duplicates():
    made = sketches.sketches_of([path.read_text(encoding="utf-8") for path in seed_files()])

    for index in range(len(made)):
        others = np.delete(np.arange(len(made)), index)
        assert sketches.similarity(np.broadcast_to(made[index], (4, sketches.PLACES)), made[others]).max() < 0.2
