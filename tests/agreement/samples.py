"""Random documents, and the character matrix that the reference package reads."""

import random

import numpy as np
from hypothesis import strategies as st

from agreement import Document, Mark
from agreement.alignment import Unit

LABELS = ("framing", "source", "number")


@st.composite
def documents(draw, min_size=0, max_size=5):
    """Up to five short documents of up to four annotators: absent ones, silent ones, overlapping and split spans."""
    result = []
    for number in range(draw(st.integers(min_size, max_size))):
        length = draw(st.integers(0, 25))
        annotators = draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=4))
        marks = []
        if length and annotators:
            for _ in range(draw(st.integers(0, 8))):
                start = draw(st.integers(0, length - 1))
                end = draw(st.integers(start + 1, length))
                fragments = ()
                if end - start >= 3 and draw(st.booleans()):
                    cut = draw(st.integers(start + 1, end - 2))
                    fragments = ((start, cut), (cut + 1, end))
                label = draw(st.sampled_from(LABELS))
                marks.append(Mark(draw(st.sampled_from(annotators)), start, end, label, fragments))
        result.append(Document(f"d{number}", length, tuple(annotators), tuple(marks)))
    return result


def random_documents(n, seed=0, length=400, annotators=3):
    """Annotators who agree in part, so that no figure is trivial."""
    rng = random.Random(seed)
    result = []
    for number in range(n):
        marks = []
        for _ in range(4):
            start = rng.randrange(length - 30)
            label = rng.choice(LABELS)
            for slot in range(annotators):
                if rng.random() < 0.7:
                    shifted = start + rng.randint(0, 6)
                    other = label if rng.random() < 0.8 else rng.choice(LABELS)
                    marks.append(Mark(f"a{slot}", shifted, shifted + rng.randint(5, 20), other))
        result.append(Document(f"d{number:04}", length, tuple(f"a{s}" for s in range(annotators)), tuple(marks)))
    return result


def label_sets(document, annotator):
    """The set of labels on each character, one by one: slow and plain."""
    sets = [frozenset()] * document.length
    for mark in document.marks:
        if mark.annotator == annotator:
            for start, end in mark.pieces:
                for c in range(start, end):
                    sets[c] |= {mark.label}
    return sets


def matrix(documents, value_of):
    """Annotators x characters of all documents, NaN for who did not complete one."""
    names = sorted({name for document in documents for name in document.annotators})
    parts = [np.zeros((len(names), 0))]
    for document in documents:
        part = np.full((len(names), document.length), np.nan)
        for name in document.annotators:
            part[names.index(name)] = [value_of(s) for s in label_sets(document, name)]
        parts.append(part)
    return np.concatenate(parts, axis=1)


def _three_readings():
    """The worked continuum of Mathet, Widlöcher & Métivier's software, as pygamma-agreement tests it (AlexPaulSuzan)."""
    readings = {
        "Alex": "1:2-9 2:11-17 5:24-30 6:32-36 6:36-44 7:44-60",
        "Paul": "1:2-9 3:11-17 5:19-25 6:32-44",
        "Suzan": "1:2-9 4:11-17 5:21-27 6:32-36 6:36-40 6:40-44",
    }
    return {
        name: [Unit(*map(int, place.split("-")), label) for label, place in (unit.split(":") for unit in units.split())]
        for name, units in readings.items()
    }


ALEX_PAUL_SUZAN = _three_readings()
