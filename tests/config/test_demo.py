"""The sample project: what it opens on, that it can be loaded twice, and that it stays out of production."""

import json
from collections import Counter

import pytest
from django.contrib.auth import authenticate
from pytest_django import Settings

from annotate.models import (
    AgreementStat,
    Membership,
    Operation,
    Project,
    RelationAnnotation,
    SpanAnnotation,
    Task,
)
from config import demo
from corpus.models import Article, ImportBatch

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def _debug(settings: Settings) -> None:
    settings.DEBUG = True


def _everything() -> dict[str, list[tuple[object, ...]]]:
    models = (Project, Membership, Task, SpanAnnotation, RelationAnnotation, Operation, Article, ImportBatch)
    return {model.__name__: sorted(map(repr, model.objects.values_list())) for model in models}


@pytest.mark.usefixtures("_debug")
def test_it_opens_on_work_done_work_begun_and_work_left() -> None:
    accounts = demo.load_demo()
    assert [name for name, _, _ in accounts] == ["admin", "mara", "noor", "ivo", "ada", "rui"]
    assert all(authenticate(username=name, password=password) for name, password, _ in accounts)
    tasks = Task.objects.filter(project__slug="caravan")
    assert Counter(tasks.values_list("annotator__username", "state")) == {
        ("mara", "submitted"): 3,
        ("noor", "submitted"): 3,
        ("ivo", "submitted"): 2,
        ("ivo", "claimed"): 1,
        (None, "open"): 6,
    }
    project = Project.objects.get(slug="caravan")
    assert (project.blind_fields, project.annotators_per_article) == (["outlet", "byline", "date", "url"], 3)
    assert project.articles.count() == 5
    assert AgreementStat.objects.filter(project=project).values("article").distinct().count() == 3


@pytest.mark.usefixtures("_debug")
def test_loading_it_again_changes_nothing() -> None:
    demo.load_demo()
    before = _everything()
    demo.load_demo()
    assert _everything() == before


@pytest.mark.usefixtures("_debug")
def test_marks_are_where_their_quotes_are_also_after_an_emoji() -> None:
    demo.load_demo()
    marks = SpanAnnotation.objects.select_related("task__article")
    assert {mark.task.article.text[mark.start : mark.end] == mark.quote for mark in marks} == {True}
    after = [
        mark for mark in marks if any(ord(character) > 0xFFFF for character in mark.task.article.text[: mark.start])
    ]
    assert len(after) > 30
    assert any(
        one.start < other.start < one.end < other.end or (one.start <= other.start and other.end <= one.end)
        for one in marks
        for other in marks
        if one.task_id == other.task_id and one.pk != other.pk
    )


@pytest.mark.usefixtures("_debug")
def test_the_annotators_disagree_in_part() -> None:
    demo.load_demo()
    spans = {}
    for name in ("mara", "noor", "ivo"):
        marks = SpanAnnotation.objects.filter(task__annotator__username=name, task__article__external_id="caravan-02")
        spans[name] = set(marks.values_list("label__code", "start", "end"))
    shared = spans["mara"] & spans["noor"] & spans["ivo"]
    assert 3 < len(shared) < min(map(len, spans.values()))


def test_without_debug_it_is_refused_and_makes_nothing() -> None:
    with pytest.raises(demo.DemoRefusedError, match="DEBUG"):
        demo.load_demo()
    assert not Project.objects.exists()


@pytest.mark.parametrize(("occurrence", "expected"), [(1, (4, 5)), (2, (6, 7))])
def test_a_quote_is_found_by_its_occurrence_in_code_points(occurrence: int, expected: tuple[int, int]) -> None:
    assert tuple(demo.locate("😀 é:b b", "b", occurrence, "here")) == expected


def test_a_quote_that_does_not_stand_there_is_named() -> None:
    with pytest.raises(demo.ImproperlyConfigured, match="caravan-01 by mara: 'x' does not stand 1 times"):
        demo.locate("abc", "x", 1, "caravan-01 by mara")


def test_every_fixture_line_has_the_fields_that_the_loader_reads() -> None:
    lines = [json.loads(line) for line in demo.ANNOTATIONS.read_text(encoding="utf-8").splitlines()]
    assert {tuple(sorted(line)) for line in lines} == {("annotator", "article", "relations", "spans", "status")}
