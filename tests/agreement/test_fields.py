"""Answers to questions, attributes of matched spans, relations: against the reference package and the definitions."""

import random
from itertools import combinations

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import (
    Document,
    Field,
    Mark,
    Relation,
    Schema,
    document_metrics,
    document_rows,
    metric_names,
    metrics,
    printed,
)
from agreement.coding import key_of
from agreement.schema import field_of_values
from agreement.values import bits_of, hashed, number_of
from tests.agreement.samples import LABELS

KINDS = ("economic", "political", "moral")
SCHEMA = Schema(
    questions={
        "tone": Field("rank", ("pro", "neutral", "anti")),
        "frame": Field("nominal", KINDS),
        "conflict": Field("nominal"),
        "people": Field("number"),
        "themes": Field("set", KINDS),
    },
    attributes={
        "number.value": Field("number"),
        "number.kind": Field("nominal", ("count", "money")),
        "number.size": Field("rank", ("small", "middle", "large")),
        "source.themes": Field("set", KINDS),
    },
    relations=("said_by", "of"),
)


def alpha(units, distance):
    """From the definition: units are lists of the values that were given to one thing."""
    units = [unit for unit in units if len(unit) >= 2]
    values = [value for unit in units for value in unit]
    n = len(values)
    observed = sum(distance(a, b) / (len(unit) - 1) for unit in units for a, b in combinations(unit, 2)) * 2 / n
    expected = sum(distance(a, b) for a, b in combinations(values, 2)) * 2 / (n * (n - 1))
    return 1 - observed / expected


def jaccard(a, b):
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def masi(a, b):
    if a == b:
        return 0.0
    weight = 2 / 3 if a <= b or b <= a else 1 / 3 if a & b else 0
    return 1 - (1 - jaccard(a, b)) * weight


def by_package(units, level):
    width = max(map(len, units))
    data = np.array([[*unit, *[np.nan] * (width - len(unit))] for unit in units], dtype=float).T
    return krippendorff.alpha(data, level_of_measurement=level)


def answered(n=40, seed=3):
    """Documents with answers to everything by up to four people, some left out, some of people who did not finish."""
    rng = random.Random(seed)
    docs = []
    for number in range(n):
        people = rng.sample("abcd", rng.randint(1, 4))
        docs.append(
            Document(
                f"d{number:02}",
                0,
                tuple(people),
                answers={
                    "tone": {a: rng.choice(["pro", "neutral", "neutral", "anti"]) for a in "abcd"},
                    "frame": {a: rng.choice(KINDS) for a in people if rng.random() < 0.8},
                    "conflict": {a: rng.random() < 0.3 for a in people},
                    "people": {a: rng.choice([0, 7500, 7500.0, 8000, 12.5]) for a in people},
                    "themes": {a: rng.sample(KINDS, rng.randint(0, 3)) for a in people},
                },
            )
        )
    return docs


def units_of(docs, question):
    return [
        [value for name, value in d.answers[question].items() if name in d.annotators and value not in ([], None)]
        for d in docs
    ]


def test_answers_to_each_question_equal_the_reference_package():
    docs = answered()
    found = document_metrics(docs, LABELS, schema=SCHEMA)
    tones = [[["pro", "neutral", "anti"].index(v) for v in unit] for unit in units_of(docs, "tone")]
    frames = [[KINDS.index(v) for v in unit] for unit in units_of(docs, "frame")]
    expected = {
        "doc_alpha_nominal:tone": by_package(tones, "nominal"),
        "doc_alpha_ordinal:tone": by_package(tones, "ordinal"),
        "doc_alpha_nominal:frame": by_package(frames, "nominal"),
        "doc_alpha_nominal:conflict": by_package(units_of(docs, "conflict"), "nominal"),
        "doc_alpha_interval:people": by_package(units_of(docs, "people"), "interval"),
        "doc_alpha_ratio:people": by_package(units_of(docs, "people"), "ratio"),
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, abs=1e-9)


def test_sets_of_options_are_compared_as_sets_and_option_by_option():
    docs = answered()
    found = document_metrics(docs, LABELS, schema=SCHEMA)
    units = [[frozenset(value) for value in unit] for unit in units_of(docs, "themes")]
    expected = {
        "doc_alpha_set_jaccard:themes": alpha(units, jaccard),
        "doc_alpha_set_masi:themes": alpha(units, masi),
        **{
            f"doc_alpha_option:themes={kind}": alpha(
                [[kind in v for v in u] for u in units], lambda a, b: float(a != b)
            )
            for kind in KINDS
        },
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, abs=1e-12)


def test_a_question_rests_on_those_who_answered_it():
    docs = answered()
    found = document_metrics(docs, LABELS, schema=SCHEMA)
    pairable = [unit for unit in units_of(docs, "frame") if len(unit) >= 2]
    assert found["doc_alpha_nominal:frame"].n_documents == len(pairable)
    assert found["doc_alpha_nominal:frame"].n_annotators == 4
    pairs = [a == b for unit in pairable for a, b in combinations(unit, 2)]
    assert found["doc_share_equal:frame"].value == sum(pairs) / len(pairs)
    other = [Document("e1", 0, ("a", "b"), answers={"conflict": {"a": True, "b": True}})]
    again = document_metrics([*docs, *other], LABELS, schema=SCHEMA)
    assert again["doc_alpha_nominal:frame"] == found["doc_alpha_nominal:frame"]


def numbers(*values, other=()):
    """Two annotators who marked the same spans and gave each the two values; ``other`` marks come on top."""
    marks = []
    for place, pair in enumerate(values):
        for annotator, value in zip("ab", pair, strict=True):
            attributes = {} if value is None else {"value": value}
            marks.append(Mark(annotator, 10 * place, 10 * place + 5, "number", attributes=attributes))
    return Document("d", 1000, ("a", "b"), (*marks, *other))


def test_numbers_of_matched_spans_equal_the_reference_package():
    pairs = [(7500, 7500.0), (1200, 1250), (0, 10), (3, 3), (12.5, 12.5), (900, 100)]
    found = document_metrics([numbers(*pairs, (5, None), (None, None))], LABELS, schema=SCHEMA)
    for level in ("interval", "ratio"):
        figure = found[f"attribute_alpha_{level}:number.value"]
        assert figure.value == pytest.approx(by_package(pairs, level), abs=1e-9)
        assert figure.n_pairs == 6
    logs = [[np.sign(x) * np.log1p(abs(x)) for x in pair] for pair in pairs]
    assert found["attribute_alpha_interval_signedlog1p:number.value"].value == pytest.approx(
        by_package(logs, "interval"), abs=1e-9
    )
    equal = found["attribute_share_equal:number.value"]
    # The pair in which one gave nothing is a difference, the one without any value is nothing.
    assert (equal.value, equal.n_pairs) == (3 / 7, 7)
    assert printed(found)["attribute_share_equal:number.value"]["n_pairs"] == 7


def test_choices_ranks_and_sets_of_matched_spans_follow_their_definitions():
    rng = random.Random(4)
    docs, kinds, sizes, themes = [], [], [], []
    for number in range(30):
        marks = []
        for place in range(3):
            start = 20 * place
            for label in ("number", "source"):
                given = []
                for annotator in "ab":
                    attributes = (
                        {"kind": rng.choice(["count", "money"]), "size": rng.choice(["small", "middle", "large"])}
                        if label == "number"
                        else {"themes": rng.sample(KINDS, rng.randint(1, 3))}
                    )
                    given.append(attributes)
                    shift = rng.randint(0, 3)
                    marks.append(Mark(annotator, start + shift, start + 9, label, attributes=attributes))
                if label == "number":
                    kinds.append([one["kind"] == "money" for one in given])
                    sizes.append([["small", "middle", "large"].index(one["size"]) for one in given])
                else:
                    themes.append([frozenset(one["themes"]) for one in given])
        docs.append(Document(f"d{number:02}", 100, ("a", "b"), tuple(marks)))
    found = document_metrics(docs, LABELS, bootstrap=20, schema=SCHEMA)
    expected = {
        "attribute_alpha_nominal:number.kind": by_package(kinds, "nominal"),
        "attribute_alpha_ordinal:number.size": by_package(sizes, "ordinal"),
        "attribute_alpha_set_jaccard:source.themes": alpha(themes, jaccard),
        "attribute_alpha_set_masi:source.themes": alpha(themes, masi),
        "attribute_alpha_option:source.themes=moral": alpha(
            [["moral" in v for v in unit] for unit in themes], lambda a, b: float(a != b)
        ),
        "attribute_share_equal:source.themes": sum(a == b for a, b in themes) / len(themes),
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, abs=1e-9)
    assert found["attribute_alpha_nominal:number.kind"].ci is not None
    rows = {d.id: document_rows(d, LABELS, SCHEMA) for d in docs}
    assert metrics(rows, LABELS, 20, schema=SCHEMA) == found


def test_the_closest_spans_are_compared():
    """b's span shares one character with a's first and nearly all with a's second."""
    marks = (
        Mark("a", 0, 10, "number", attributes={"value": 1}),
        Mark("a", 11, 30, "number", attributes={"value": 2}),
        Mark("b", 9, 30, "number", attributes={"value": 2}),
    )
    found = document_metrics([Document("d", 50, ("a", "b"), marks)], LABELS, schema=SCHEMA)
    assert (found["attribute_share_equal:number.value"].value, found["attribute_share_equal:number.value"].n_pairs) == (
        1.0,
        1,
    )


def test_a_span_of_another_label_is_no_partner():
    marks = (
        Mark("a", 0, 10, "number", attributes={"value": 1}),
        Mark("b", 0, 10, "source", attributes={"themes": ["moral"]}),
    )
    found = document_metrics([Document("d", 50, ("a", "b"), marks)], LABELS, schema=SCHEMA)
    assert found["attribute_share_equal:number.value"].reason == "no_pairable_units"
    assert found["attribute_share_equal:number.value"].n_pairs == 0


def related(*relations, annotators="ab"):
    """Both marked x, y and z, b a little aside; ids are the annotator and the place: a0, b2."""
    marks = []
    for place in range(3):
        for shift, annotator in enumerate(annotators):
            start = 20 * place + shift
            marks.append(Mark(annotator, start, start + 9, "source", id=f"{annotator}{place}"))
    found = tuple(Relation(one[1][0], *one) for one in relations)
    return Document("d", 100, tuple(annotators), tuple(marks), relations=found)


def relation_values(document):
    found = document_metrics([document], LABELS, schema=SCHEMA)
    return {name: found[name].value for name in found if name.startswith("relation_")}


def test_relations_match_where_both_ends_do_and_the_type_does():
    document = related(
        ("said_by", "a0", "a1"),
        ("said_by", "b0", "b1"),
        ("of", "a1", "a2"),
        ("said_by", "b1", "b2"),
        ("of", "a2", "a0"),
        ("of", "b0", "b2"),
    )
    assert relation_values(document) == {
        "relation_f1": 2 / 6,
        "relation_f1_unlabelled": 4 / 6,
        "relation_f1_type:said_by": 2 / 3,
        "relation_f1_type:of": 0.0,
    }


def test_relations_of_one_kind_between_the_same_spans_count_once():
    document = related(("of", "a0", "a1"), ("of", "a0", "a1"), ("of", "b0", "b1"), ("said_by", "b0", "b1"))
    assert relation_values(document) == {
        "relation_f1": 2 / 3,
        "relation_f1_unlabelled": 1.0,
        "relation_f1_type:said_by": 0.0,
        "relation_f1_type:of": 1.0,
    }


def test_a_relation_whose_end_nobody_else_marked_is_missed_and_one_without_its_mark_does_not_count():
    alone = Mark("a", 90, 95, "source", id="a9")
    document = related(("of", "a0", "a9"), ("of", "b0", "b1"), ("of", "a0", "gone"))
    document = Document("d", 100, ("a", "b"), (*document.marks, alone), relations=document.relations)
    assert relation_values(document)["relation_f1"] == 0.0
    (row,) = (row for row in document_rows(document, LABELS, SCHEMA) if row.measure == "relation_f1")
    assert (row.n, row.size_a, row.size_b) == (0, 1, 1)


def test_without_anything_to_compare_figures_say_why():
    found = document_metrics([Document("d", 9, ("a", "b"))], LABELS, 5, schema=SCHEMA, jackknife=True)
    assert list(found) == metric_names(LABELS, schema=SCHEMA)
    new = {name: found[name] for name in found if name.startswith(("doc_", "attribute_", "relation_"))}
    assert len(new) == 36
    assert {metric.value for metric in new.values()} == {None}
    assert {metric.reason for name, metric in new.items() if name.startswith("relation_")} == {"no_relations"}
    assert {metric.reason for name, metric in new.items() if not name.startswith("relation_")} == {"no_pairable_units"}


def test_more_values_than_there_is_room_for_leave_only_what_needs_no_column_each():
    values = [(n, n + 1) for n in range(600)]
    document = numbers(*values)
    document = Document("d", 10_000, ("a", "b"), document.marks)
    found = document_metrics([document], LABELS, schema=SCHEMA)
    assert found["attribute_alpha_ratio:number.value"].reason == "too_many_values"
    # By hand: krippendorff would build a table of 600 values squared for each mark.
    pooled = [value for pair in values for value in pair]
    observed = sum(2 * (a - b) ** 2 for a, b in values) / len(pooled)
    expected = 2 * len(pooled) * sum(v * v for v in pooled) - 2 * sum(pooled) ** 2
    expected /= len(pooled) * (len(pooled) - 1)
    assert found["attribute_alpha_interval:number.value"].value == pytest.approx(1 - observed / expected)
    assert found["attribute_share_equal:number.value"].value == 0.0


@st.composite
def rich_documents(draw):
    """Documents of up to three annotators with attributes and relations; spans may overlap."""
    docs = []
    for number in range(draw(st.integers(0, 3))):
        people = draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1, max_size=3))
        marks = []
        for place in range(draw(st.integers(0, 8))):
            start = draw(st.integers(0, 20))
            label = draw(st.sampled_from(["number", "source"]))
            attributes = (
                {"value": draw(st.sampled_from([1, 2, 2.5])), "size": draw(st.sampled_from(["small", "large"]))}
                if label == "number"
                else {"themes": draw(st.lists(st.sampled_from(KINDS), max_size=2))}
            )
            marks.append(
                Mark(
                    draw(st.sampled_from(people)),
                    start,
                    start + draw(st.integers(1, 9)),
                    label,
                    id=f"m{place}",
                    attributes=attributes,
                )
            )
        relations = []
        for one, other in combinations(marks, 2):
            if one.annotator == other.annotator and draw(st.booleans()):
                relations.append(Relation(one.annotator, draw(st.sampled_from(["of", "said_by"])), one.id, other.id))
        answers = {"tone": {a: draw(st.sampled_from(["pro", "anti"])) for a in people}}
        docs.append(
            Document(f"d{number}", 40, tuple(people), tuple(marks), answers=answers, relations=tuple(relations))
        )
    return docs


@settings(max_examples=80, deadline=None)
@given(docs=rich_documents(), data=st.data())
def test_order_and_names_do_not_matter_and_rows_give_the_figures_of_the_documents(docs, data):
    found = document_metrics(docs, LABELS, schema=SCHEMA)
    rows = {d.id: data.draw(st.permutations(document_rows(d, LABELS, SCHEMA))) for d in reversed(docs)}
    assert metrics(rows, LABELS, schema=SCHEMA) == found
    new = dict(zip("abc", "zyx", strict=True))
    renamed = [
        Document(
            d.id,
            d.length,
            tuple(new[a] for a in d.annotators),
            tuple(
                Mark(new[m.annotator], m.start, m.end, m.label, m.fragments, m.id, m.attributes)
                for m in data.draw(st.permutations(d.marks))
            ),
            answers={question: {new[a]: v for a, v in given.items()} for question, given in d.answers.items()},
            relations=tuple(Relation(new[r.annotator], r.type, r.start, r.end) for r in d.relations),
        )
        for d in docs
    ]
    assert document_metrics(renamed, LABELS, schema=SCHEMA) == found


@settings(max_examples=40, deadline=None)
@given(docs=rich_documents())
def test_sums_of_the_rows_of_documents_give_the_same_values(docs):
    """Rows added up over documents stand for the corpus, as a database that keeps only totals has them."""
    rows = [row for d in docs for row in document_rows(d, LABELS, SCHEMA)]
    sums = {}
    for row in rows:
        before = sums.get(row[:7], (0, 0, 0))
        sums[row[:7]] = tuple(x + y for x, y in zip(before, row[7:], strict=True))
    together = [type(rows[0])(*key, *amounts) for key, amounts in sums.items()]
    found = metrics({"all": together}, LABELS, schema=SCHEMA)
    expected = document_metrics(docs, LABELS, schema=SCHEMA)
    assert {n: (m.value, m.reason, m.n_pairs) for n, m in found.items()} == {
        n: (m.value, m.reason, m.n_pairs) for n, m in expected.items()
    }


def test_rows_without_a_schema_tell_their_kinds():
    docs = answered(6)
    rows = {d.id: document_rows(d, LABELS, SCHEMA) for d in docs}
    told = metrics(rows, LABELS)
    known = metrics(rows, LABELS, schema=SCHEMA)
    assert told["doc_alpha_ordinal:tone"] == known["doc_alpha_ordinal:tone"]
    assert "doc_alpha_option:themes=moral" not in told


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(7500, 7500.0, True), (0.0, -0.0, True), (0.1, 0.2, False), (-1, 1, False)],
)
def test_numbers_are_kept_as_their_double(one, other, equal):
    assert (bits_of(one) == bits_of(other)) is equal
    assert number_of(bits_of(one)) == float(one)
    assert -(2**63) <= bits_of(one) < 2**63


def test_what_does_not_fit_a_field_is_not_given():
    assert key_of("7500", Field("number")) is None
    assert key_of(True, Field("number")) is None
    assert key_of("mixed", Field("rank", ("pro", "anti"))) is None
    assert key_of("anti", Field("rank", ("pro", "anti"))) == 1
    assert key_of([], Field("set")) is None
    assert key_of("moral", Field("set")) == key_of(["moral", "moral"], Field("set"))
    assert hashed(1) == hashed(1.0) != hashed(True)
    assert hashed("1") != hashed(1)


def test_fields_follow_from_values_where_nothing_is_declared():
    assert field_of_values([1, 2.5]) == Field("number")
    assert field_of_values([True, False]) == Field("nominal")
    assert field_of_values([1, "x"]) == Field("nominal")
    assert field_of_values([["x"], ["y", "x"]]) == Field("set", ("x", "y"))
    assert field_of_values([]) == Field("nominal")
