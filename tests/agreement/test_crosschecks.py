"""Two hundred random corpora against independent libraries: krippendorff, nltk, nervaluate. (crowd-kit: Dawid-Skene.)"""

import random
from fractions import Fraction
from functools import cache, lru_cache

import krippendorff
import numpy as np
import pytest
from nervaluate import Evaluator
from nltk.metrics.agreement import AnnotationTask

from agreement import Document, Mark, document_metrics
from tests.agreement.samples import LABELS, label_sets, matrix

CORPORA = range(200)
WORDS = ("the", "minister", "said", "so", ",", "no", "7")
BITS = {label: 1 << i for i, label in enumerate(LABELS)}


def corpus(seed):
    """One to three short documents of up to four annotators: absent and silent ones, overlaps, split spans, answers."""
    rng = random.Random(seed)
    result = []
    for number in range(rng.randint(1, 3)):
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 4)))
        annotators = [name for name in "abcd" if rng.random() < 0.75]
        marks = []
        for _ in range(rng.randint(0, 7) if text and annotators else 0):
            start = rng.randrange(len(text))
            end = rng.randint(start + 1, min(len(text), start + 9))
            fragments = ((start, start + 1), (end - 1, end)) if end - start >= 4 and rng.random() < 0.3 else ()
            marks.append(Mark(rng.choice(annotators), start, end, rng.choice(LABELS), fragments))
        answers = {name: rng.choice([0, 1, 1, 2.5, 7]) for name in annotators if rng.random() < 0.8}
        result.append(
            Document(
                f"d{number}", len(text), tuple(annotators), tuple(marks), text=text, ratings=answers, values=answers
            )
        )
    return result


@cache
def figures_of(seed):
    return document_metrics(corpus(seed), LABELS)


def by_krippendorff(data, level="nominal"):
    """None where the package refuses the data."""
    data = data[:, np.count_nonzero(~np.isnan(data), axis=0) >= 2] if data.size else data
    if data.size == 0 or len(np.unique(data[~np.isnan(data)])) < 2:
        return None
    return krippendorff.alpha(data, level_of_measurement=level)


def token_matrix(docs, value_of):
    """As samples.matrix, with a token carrying every label of its characters."""
    names = sorted({name for document in docs for name in document.annotators})
    columns = []
    for document in docs:
        sets = {name: label_sets(document, name) for name in document.annotators}
        at = 0
        for word in document.text.split(" ") if document.text else ():
            column = np.full(len(names), np.nan)
            for name, of_characters in sets.items():
                column[names.index(name)] = value_of(frozenset().union(*of_characters[at : at + len(word)]))
            columns.append(column)
            at += len(word) + 1
    return np.array(columns).T if columns else np.zeros((len(names), 0))


def test_alphas_are_those_of_krippendorff():
    defined = 0
    for seed in CORPORA:
        docs, figures = corpus(seed), figures_of(seed)
        set_of = lambda s: sum(BITS[label] for label in s)  # noqa: E731
        expected = {
            "char_alpha_set_nominal": by_krippendorff(matrix(docs, set_of)),
            "char_alpha_any": by_krippendorff(matrix(docs, lambda s: int(bool(s)))),
            "char_alpha_label:source": by_krippendorff(matrix(docs, lambda s: int("source" in s))),
            "token_alpha_nominal": by_krippendorff(token_matrix(docs, set_of)),
            "token_alpha_label:framing": by_krippendorff(token_matrix(docs, lambda s: int("framing" in s))),
        }
        answers = np.array([[d.ratings.get(name, np.nan) for d in docs] for name in "abcd"], dtype=float)
        for level in ("nominal", "ordinal", "interval", "ratio"):
            if f"doc_alpha_{level}" in figures:
                expected[f"doc_alpha_{level}"] = by_krippendorff(answers, level)
                expected[f"value_alpha_{level}"] = expected[f"doc_alpha_{level}"]
        if "value_alpha_interval_signedlog1p" in figures:
            expected["value_alpha_interval_signedlog1p"] = by_krippendorff(np.log1p(answers), "interval")
        found = {name: figures[name].value for name in expected if name in figures}
        assert found == pytest.approx({name: expected[name] for name in found}, abs=1e-9), seed
        defined += sum(value is not None for value in found.values())
    assert defined > 1000


@lru_cache(maxsize=4096)
def jaccard(one, other):
    return float(1 - Fraction(len(one & other), len(one | other))) if one or other else 0.0


@lru_cache(maxsize=4096)
def masi(one, other):
    """nltk's own rounds the thirds to two places."""
    if one == other:
        return 0.0
    share = Fraction(len(one & other), len(one | other))
    return float(1 - share * (Fraction(2, 3) if one <= other or other <= one else Fraction(1, 3)))


def test_alphas_of_sets_are_those_of_nltk():
    defined = 0
    for seed in CORPORA:
        data = []
        for document in corpus(seed):
            if len(document.annotators) >= 2:
                for name in document.annotators:
                    sets = label_sets(document, name)
                    data += [(name, f"{document.id}-{place}", labels) for place, labels in enumerate(sets)]
        if len({labels for _, _, labels in data}) < 2:
            continue
        for kind, distance in (("jaccard", jaccard), ("masi", masi)):
            expected = AnnotationTask(data, distance=distance).alpha()
            assert figures_of(seed)[f"char_alpha_set_{kind}"].value == pytest.approx(expected, abs=1e-9), seed
            defined += 1
    assert defined > 200


def apart(seed):
    """Documents in which each annotator marks at most one span in every twenty characters.

    Where spans of one annotator lie so far from each other's, taking partners first come, first served (nervaluate)
    finds as many as a maximum matching.
    """
    rng = random.Random(seed)
    result = []
    for number in range(rng.randint(1, 3)):
        annotators = tuple("abc"[: rng.randint(2, 3)])
        marks = []
        for slot in range(rng.randint(0, 5)):
            for name in annotators:
                if rng.random() < 0.7:
                    start = 20 * slot + rng.randint(0, 3)
                    marks.append(Mark(name, start, start + rng.randint(1, 4), rng.choice(LABELS[:2])))
        result.append(Document(f"d{number}", 100, annotators, tuple(marks)))
    return result


def test_span_f1_is_that_of_nervaluate():
    compared = 0
    for seed in CORPORA:
        docs = apart(seed)
        truth, predicted = [], []
        for document in docs:
            own = {
                name: [
                    {"label": mark.label, "start": mark.start, "end": mark.end - 1}
                    for mark in document.marks
                    if mark.annotator == name
                ]
                for name in document.annotators
            }
            for place, name in enumerate(document.annotators):
                for other in document.annotators[place + 1 :]:
                    truth.append(own[name])
                    predicted.append(own[other])
        if not any(truth) and not any(predicted):
            continue
        # Any shared character counts as overlap: the threshold is a percentage, and one of four is 25.
        result = Evaluator(truth, predicted, tags=list(LABELS), loader="dict", min_overlap_percentage=1).evaluate()
        overall, by_label = result["overall"], result["entities"]
        figures = document_metrics(docs, LABELS)
        expected = {
            "span_f1_exact": overall["strict"].f1,
            "span_f1_exact_unlabelled": overall["exact"].f1,
            "span_f1_overlap": overall["ent_type"].f1,
        }
        for label, of_label in by_label.items():
            expected[f"span_f1_exact_label:{label}"] = of_label["strict"].f1
            expected[f"span_f1_overlap_label:{label}"] = of_label["ent_type"].f1
        assert {name: figures[name].value for name in expected} == pytest.approx(expected, abs=1e-9), seed
        compared += len(expected)
    assert compared > 1000
