"""What the database itself refuses, whoever writes: each test goes around the operations."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotate.models import ArticleAnnotation, Label, Operation, RelationAnnotation, SpanAnnotation, Task
from tests.factories import (
    make_article,
    make_codebook,
    make_mark,
    make_member,
    make_project,
    make_relation,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


def refused(name: str, write: Callable[[], Any]) -> None:
    """The database refuses ``write`` by the constraint ``name``, at once or when the transaction ends."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():  # noqa: PT012 - some wait for the check
        write()
        connection.check_constraints()


def a_task(**fields: Any) -> Task:
    return make_task(make_project(), make_article(), make_user(), **fields)


def update(task: Task, **fields: Any) -> Callable[[], Any]:
    return lambda: Task.objects.filter(pk=task.pk).update(**fields)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a_task_is_open_or_somebodys", {"state": "open"}),
        ("slots_count_from_one", {"slot": 0}),
        ("a_claimed_task_has_a_lease", {"lease_expires": None}),
        ("a_submitted_task_has_its_time", {"state": "submitted"}),
        ("a_skip_says_why", {"state": "skipped"}),
    ],
)
def test_a_task_in_an_impossible_state_is_refused(name: str, fields: dict[str, Any]):
    refused(name, update(a_task(), **fields))


def test_a_slot_holds_one_live_task():
    task = a_task()
    refused("one_live_task_per_slot", lambda: make_task(task.project, task.article, make_user(), slot=task.slot))


def test_a_closed_task_leaves_its_slot_to_another():
    task = a_task(state="expired")
    assert make_task(task.project, task.article, make_user(), slot=task.slot).slot == task.slot


def test_nobody_has_two_tasks_on_one_article():
    task = a_task(state="submitted")
    refused("nobody_twice_on_one_article", lambda: make_task(task.project, task.article, task.annotator))


def test_nobody_has_two_claimed_tasks_in_one_project():
    task = a_task()
    refused("one_claimed_task_per_person_and_project", lambda: make_task(task.project, make_article(), task.annotator))


def test_a_task_keeps_its_annotator():
    task = a_task()
    refused("task_keeps_its_annotator", update(task, annotator=make_user()))
    refused("task_keeps_its_annotator", update(task, annotator=None, state="open"))


def test_a_task_keeps_its_article():
    refused("task_keeps_its_annotator", update(a_task(), article=make_article()))


def test_a_task_uses_the_codebook_of_its_project():
    refused("task_uses_its_projects_codebook", lambda: make_task(make_project(), codebook_id=make_codebook().pk))


def test_a_role_is_held_once():
    project, user = make_project(), make_user()
    make_member(project, user)
    refused("a_role_is_held_once", lambda: make_member(project, user))


SPANS: list[tuple[str, dict[str, Any]]] = [
    ("span_lies_in_the_text", {"end": 10_000, "fragments": [[0, 10_000]]}),
    ("span_quotes_its_text", {"quote": "Repart"}),
    ("span_quotes_its_text", {"start": 1, "fragments": [[1, 6]]}),
    ("span_starts_before_it_ends", {"start": 6, "end": 6, "quote": "", "fragments": [[6, 6]]}),
    ("fragments_fill_the_hull", {"fragments": []}),
    ("fragments_fill_the_hull", {"fragments": [[0, 5]]}),
    ("fragments_fill_the_hull", {"fragments": [[0, 3], [3, 6]]}),
    ("fragments_fill_the_hull", {"fragments": [[0, 4], [2, 6]]}),
    ("confidence_is_a_share", {"confidence": 1.5}),
]


@pytest.mark.parametrize(("name", "fields"), SPANS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(SPANS)])
def test_a_mark_that_does_not_lie_on_its_text_is_refused(name: str, fields: dict[str, Any]):
    mark = make_mark(a_task(), "SOURCE", 0, 6)
    # An empty range violates two rules at once; which of them is named is the database's choice.
    expected = "span_starts_before_it_ends|fragments_fill_the_hull" if "starts" in name else name
    refused(expected, lambda: SpanAnnotation.objects.filter(pk=mark.pk).update(**fields))


def test_a_mark_bears_a_label_of_its_tasks_codebook():
    mark, other = make_mark(a_task(), "SOURCE", 0, 6), make_codebook()
    foreign = Label.objects.get(codebook=other, code="SOURCE")
    rows = SpanAnnotation.objects.filter(pk=mark.pk)
    refused("span_uses_a_label_of_its_codebook", lambda: rows.update(label=foreign))
    refused("span_uses_its_tasks_codebook", lambda: rows.update(label=foreign, codebook=other))


def test_a_relation_joins_marks_of_its_own_task():
    mine, theirs = make_mark(a_task(), "CONTENT", 0, 6), make_mark(a_task(), "SOURCE", 0, 6)
    refused("relation_ends_in_its_task", lambda: make_relation(mine, theirs))
    refused(
        "relation_starts_in_its_task",
        lambda: RelationAnnotation.objects.create(
            id=uuid.uuid4(), task=theirs.task, type="ATTRIBUTED_TO", from_span=mine, to_span=theirs
        ),
    )


def test_a_relation_joins_two_marks_and_stands_once():
    task = a_task()
    content, source = make_mark(task, "CONTENT", 0, 6), make_mark(task, "SOURCE", 0, 6)
    refused("a_relation_joins_two_marks", lambda: make_relation(content, content))
    make_relation(content, source)
    refused("a_relation_stands_once", lambda: make_relation(content, source))


def test_a_question_is_answered_once_per_task():
    task = a_task()
    ArticleAnnotation.objects.create(task=task, question="tone", value="pro")
    refused(
        "one_answer_per_question", lambda: ArticleAnnotation.objects.create(task=task, question="tone", value="anti")
    )


def an_operation(task: Task, **fields: Any) -> Operation:
    given = {"seq": 1, "op_id": uuid.uuid4(), "kind": "add", "actor": task.annotator, "at": timezone.now()}
    return Operation.objects.create(task=task, **given | fields)


def test_an_operation_is_applied_once_and_numbered_in_its_task():
    task = a_task()
    first = an_operation(task)
    refused("an_operation_is_applied_once", lambda: an_operation(task, seq=2, op_id=first.op_id))
    refused("operations_of_a_task_are_numbered", lambda: an_operation(task))


def test_the_log_is_append_only():
    entry = an_operation(a_task())
    refused("operations_are_append_only", lambda: Operation.objects.filter(pk=entry.pk).update(seq=2))
    refused("operations_are_append_only", lambda: Operation.objects.filter(pk=entry.pk).delete())
