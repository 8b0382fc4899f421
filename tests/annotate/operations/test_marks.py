"""Operations on marks: applied once, in order, refused one by one, undone by their images."""

import json
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from annotate.errors import Conflict
from annotate.marking import WrongShape
from annotate.models import Operation, RelationAnnotation, SpanAnnotation, Task
from annotate.operations.marks import Outcome, apply_operations
from annotate.operations.tasks import claim_task, ensure_slots, expire_leases, skip_task, submit_task
from annotate.rows import Rows, load_rows
from tests.factories import codebook_content, make_article, make_codebook, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXT = "Crowd 😀 grows\n\nAbout 7,500 people left, officials said on Sunday."
QUESTION = {
    "code": "tone",
    "title": "Tone",
    "type": "choice",
    "many": False,
    "required": False,
    "values": [{"code": "pro", "title": "pro"}, {"code": "anti", "title": "anti"}],
}


@pytest.fixture
def task() -> Task:
    return claimed_task()


def claimed_task(k: int = 1) -> Task:
    content = codebook_content(name=f"marks-{uuid.uuid4().hex[:8]}", questions=[QUESTION])
    article = make_article(text=TEXT + f"\n\n{uuid.uuid4()}")
    project = make_project(make_codebook(content), articles=[article], annotators_per_article=k)
    ensure_slots(project=project)
    user = make_user()
    make_member(project, user)
    task = claim_task(project=project, user=user, now=NOW)
    assert task is not None
    return task


def new_id() -> str:
    return str(uuid.uuid4())


def op(kind: str, target: str | None = None, **more: Any) -> dict[str, Any]:
    fields = {"before": None, "after": None, "undoes": None}
    return {"op_id": new_id(), "kind": kind, "target": target or new_id(), **fields, **more}


def add(words: str, label: str, **more: Any) -> dict[str, Any]:
    start = TEXT.index(words)
    after = {"label": label, "start": start, "end": start + len(words), "quote": words, **more}
    return op("add", after=after)


def link(source: dict[str, Any], goal: dict[str, Any]) -> dict[str, Any]:
    after = {"type": "ATTRIBUTED_TO", "from_span": source["target"], "to_span": goal["target"]}
    return op("relate", after=after)


def send(task: Task, *operations: dict[str, Any], base: int = 0, now: datetime = NOW) -> Outcome:
    return apply_operations(
        uuid=task.uuid, user=task.annotator, base_revision=base, operations=list(operations), now=now
    )


def refusals(outcome: Outcome) -> list[str]:
    return [entry["code"] for entry in outcome.refused]


def replayed(task: Task) -> Rows:
    rows = Rows()
    for entry in Operation.objects.filter(task=task).order_by("seq"):
        assert rows.fit(entry.before)
        rows.put(entry.after)
    return rows


def test_apply_operations_adds_a_mark_after_an_emoji_in_code_points(task: Task):
    mark = add("About 7,500", "QUANTITY", attributes={"value": 7500})
    outcome = send(task, mark)
    assert (outcome.revision, outcome.applied, outcome.refused) == (1, [mark["op_id"]], [])
    span = SpanAnnotation.objects.get(task=task)
    assert (str(span.pk), span.start, span.quote) == (mark["target"], TEXT.index("About"), "About 7,500")
    assert (span.attributes, span.fragments) == ({"value": 7500}, [[span.start, span.end]])


def test_apply_operations_applies_an_op_id_once(task: Task):
    mark = add("officials", "SOURCE")
    send(task, mark)
    again = send(task, mark, mark, base=1)
    assert (again.revision, again.applied, again.refused) == (1, [mark["op_id"]], [])
    assert SpanAnnotation.objects.count() == 1


def test_apply_operations_takes_the_first_of_two_with_one_op_id(task: Task):
    mark, other = add("officials", "SOURCE"), add("Sunday", "SOURCE")
    outcome = send(task, mark, {**other, "op_id": mark["op_id"]})
    assert outcome.applied == [mark["op_id"]]
    assert SpanAnnotation.objects.get().quote == "officials"


def test_apply_operations_refuses_the_bad_one_and_what_rests_on_it(task: Task):
    good, bad = add("officials", "SOURCE"), add("About 7,500", "QUANTITY", quote="About 7500")
    rests = [link(bad, good), op("change", bad["target"], after={"unsure": True}), op("delete", bad["target"])]
    outcome = send(task, bad, good, *rests)
    assert outcome.applied == [good["op_id"]]
    assert refusals(outcome) == ["quote_mismatch", *["depends_on_refused"] * 3]
    assert "About 7,500" in outcome.refused[0]["message"]
    assert "About 7500" in outcome.refused[0]["message"]


def test_apply_operations_changes_borders_label_and_comment(task: Task):
    mark = add("About 7,500", "QUANTITY")
    start = TEXT.index("7,500")
    moved = {"start": start, "end": start + 5, "fragments": [[start, start + 5]], "quote": "7,500"}
    before = {name: mark["after"][name] for name in ("start", "end", "quote")}
    outcome = send(
        task, mark, op("change", mark["target"], before=before, after=moved), op("change", mark["target"],
        before={"comment": ""}, after={"comment": "rounded", "unsure": True}),
    )  # fmt: skip
    assert (outcome.revision, outcome.refused) == (3, [])
    span = SpanAnnotation.objects.get()
    assert (span.start, span.quote, span.comment, span.unsure) == (start, "7,500", "rounded", True)


def test_apply_operations_reports_a_conflict_and_applies_nothing_of_the_batch(task: Task):
    mark = add("officials", "SOURCE")
    send(task, mark)
    stale = op("change", mark["target"], before={"comment": "other"}, after={"comment": "mine"})
    with pytest.raises(Conflict) as caught:
        send(task, add("Sunday", "SOURCE"), stale, base=1)
    assert caught.value.revision == 1
    assert SpanAnnotation.objects.count() == 1


def test_apply_operations_rebases_what_does_not_touch_the_same_row(task: Task):
    send(task, add("officials", "SOURCE"))
    outcome = send(task, add("Sunday", "SOURCE"), base=0)
    assert (outcome.revision, outcome.refused) == (2, [])


def test_apply_operations_reports_a_conflict_on_a_mark_deleted_in_another_tab(task: Task):
    mark = add("officials", "SOURCE")
    send(task, mark, op("delete", mark["target"]))
    with pytest.raises(Conflict):
        send(task, op("change", mark["target"], after={"unsure": True}), base=2)


def test_apply_operations_reports_a_conflict_on_a_revision_it_never_had(task: Task):
    with pytest.raises(Conflict):
        send(task, base=9)


def test_deleting_a_mark_takes_its_relations_and_undo_brings_them_back(task: Task):
    quantity, source = add("About 7,500", "QUANTITY"), add("officials", "SOURCE")
    relation = link(quantity, source)
    delete = op("delete", source["target"])
    send(task, quantity, source, relation)
    send(task, delete, base=3)
    assert load_rows(task).relations == {}
    undo = op("undo", source["target"], undoes=delete["op_id"])
    assert send(task, undo, base=4).refused == []
    assert list(load_rows(task).relations) == [relation["target"]]
    redo = op("redo", source["target"], undoes=undo["op_id"])
    assert send(task, redo, base=5).refused == []
    assert list(load_rows(task).spans) == [quantity["target"]]
    assert load_rows(task).spans == replayed(task).spans


def test_undo_is_refused_where_the_row_was_changed_since(task: Task):
    mark = add("officials", "SOURCE")
    send(task, mark, op("change", mark["target"], after={"unsure": True}))
    outcome = send(task, op("undo", undoes=mark["op_id"]), base=2)
    assert refusals(outcome) == ["cannot_undo"]


def test_undo_of_a_mark_that_is_linked_is_refused_until_the_link_goes(task: Task):
    quantity, source = add("About 7,500", "QUANTITY"), add("officials", "SOURCE")
    relation = link(quantity, source)
    send(task, quantity, source, relation)
    undo = op("undo", undoes=source["op_id"])
    assert refusals(send(task, undo, base=3)) == ["cannot_undo"]
    assert send(task, op("undo", undoes=relation["op_id"]), {**undo, "op_id": new_id()}, base=3).refused == []


@pytest.mark.parametrize(
    ("kind", "undone", "code"),
    [("undo", None, "unknown_operation"), ("redo", "add", "cannot_undo"), ("undo", "undo", "cannot_undo")],
)
def test_undo_and_redo_are_refused_for_operations_they_do_not_fit(task: Task, kind: str, undone: str | None, code: str):
    mark = add("officials", "SOURCE")
    undo = op("undo", undoes=mark["op_id"])
    send(task, mark, undo)
    ids = {None: new_id(), "add": mark["op_id"], "undo": undo["op_id"]}
    assert refusals(send(task, op(kind, undoes=ids[undone]), base=2)) == [code]


def test_undo_of_a_refused_operation_is_refused(task: Task):
    bad = add("officials", "NO_SUCH_LABEL")
    assert refusals(send(task, bad, op("undo", undoes=bad["op_id"]))) == ["unknown_label", "depends_on_refused"]


def test_answers_are_given_changed_and_taken_away(task: Task):
    pro, anti = {"question": "tone", "value": "pro"}, {"question": "tone", "value": "anti"}
    send(task, op("answer", after=pro))
    with pytest.raises(Conflict):
        send(task, op("answer", before=None, after=anti), base=1)
    change = op("answer", before=pro, after=anti)
    send(task, change, base=1)
    assert load_rows(task).answers == {"tone": "anti"}
    send(task, op("undo", undoes=change["op_id"]), base=2)
    assert load_rows(task).answers == {"tone": "pro"}
    send(task, op("answer", before=pro, after=None), base=3)
    assert load_rows(task).answers == {}
    assert replayed(task).answers == {}


def test_two_marks_are_linked_once_and_may_be_linked_anew(task: Task):
    quantity, source = add("About 7,500", "QUANTITY"), add("officials", "SOURCE")
    first, second = link(quantity, source), link(quantity, source)
    outcome = send(task, quantity, source, first, second)
    assert refusals(outcome) == ["relation_exists"]
    third = link(quantity, source)
    assert send(task, op("unrelate", first["target"]), third, base=3).refused == []
    assert list(load_rows(task).relations) == [third["target"]]


def test_a_mark_added_and_deleted_in_one_batch_comes_back_by_undo(task: Task):
    mark = add("officials", "SOURCE")
    delete = op("delete", mark["target"])
    send(task, mark, delete)
    assert load_rows(task).spans == {}
    assert send(task, op("undo", undoes=delete["op_id"]), base=2).refused == []
    assert load_rows(task).spans == replayed(task).spans
    assert SpanAnnotation.objects.count() == 1


BAD_MARKS: list[tuple[dict[str, Any], str]] = [
    ({"end": 10_000}, "beyond_text"),
    ({"start": 9, "end": 3}, "empty_span"),
    ({"start": 3, "end": 3}, "empty_span"),
    ({"start": -1}, "empty_span"),
    ({"start": 1.0}, "wrong_type"),
    ({"start": True}, "wrong_type"),
    ({"end": 10**400}, "beyond_text"),
    ({"start": None}, "missing_field"),
    ({"quote": "officialx"}, "quote_mismatch"),
    ({"quote": "official\ud800"}, "bad_text"),
    ({"quote": 7}, "wrong_type"),
    ({"label": "FOREIGN"}, "unknown_label"),
    ({"label": ["SOURCE"]}, "unknown_label"),
    ({"fragments": []}, "bad_fragments"),
    ({"fragments": [[0, 1]]}, "bad_fragments"),
    ({"fragments": [["a", "b"]]}, "bad_fragments"),
    ({"fragments": {"0": 1}}, "bad_fragments"),
    ({"comment": "a\0b"}, "bad_text"),
    ({"comment": "a\udc00b"}, "bad_text"),
    ({"comment": "x" * 5001}, "too_long"),
    ({"comment": None}, "wrong_type"),
    ({"unsure": 1}, "wrong_type"),
    ({"confidence": float("nan")}, "number_out_of_range"),
    ({"confidence": 1.5}, "number_out_of_range"),
    ({"confidence": "high"}, "wrong_type"),
    ({"attributes": []}, "wrong_type"),
    ({"attributes": {"colour": "red"}}, "unknown_attribute"),
    ({"attributes": {"\ud800": "red"}}, "unknown_attribute"),
    ({"colour": "red"}, "unknown_field"),
    ({"id": "another"}, "unknown_field"),
    ({"label": "FRAME", "attributes": {"dimension": "astral"}}, "not_an_option"),
    ({"label": "FRAME", "attributes": {"dimension": ["economic"]}}, "not_an_option"),
    ({"label": "QUANTITY", "attributes": {"value": "7"}}, "wrong_type"),
    ({"label": "QUANTITY", "attributes": {"value": True}}, "wrong_type"),
    ({"label": "QUANTITY", "attributes": {"value": float("nan")}}, "number_out_of_range"),
    ({"label": "QUANTITY", "attributes": {"value": float("inf")}}, "number_out_of_range"),
    ({"label": "QUANTITY", "attributes": {"value": 2**53 + 1}}, "number_out_of_range"),
    ({"label": "QUANTITY", "attributes": {"value": -(10**400)}}, "number_out_of_range"),
]


@pytest.mark.parametrize(("wrong", "code"), BAD_MARKS, ids=[f"{code}-{n}" for n, (_, code) in enumerate(BAD_MARKS)])
def test_a_mark_that_is_not_admissible_is_refused_with_a_message_that_can_be_sent(
    task: Task, wrong: dict[str, Any], code: str
):
    bad_mark = add("officials", "SOURCE")
    bad_mark["after"] |= wrong
    outcome = send(task, bad_mark)
    assert refusals(outcome) == [code]
    json.dumps(outcome.refused, ensure_ascii=False).encode()
    assert not SpanAnnotation.objects.exists()
    assert outcome.revision == 0


def test_an_attribute_that_is_null_is_left_out_and_does_not_make_a_conflict(task: Task):
    mark = add("About 7,500", "QUANTITY", attributes={"value": None})
    change = op("change", mark["target"], before={"attributes": {"value": None}}, after={"attributes": {"value": 7500}})
    assert send(task, mark, change).refused == []
    assert SpanAnnotation.objects.get().attributes == {"value": 7500}


def test_ids_of_somebody_elses_marks_are_refused_and_say_nothing_about_them(task: Task):
    other = claimed_task()
    theirs = add("officials", "SOURCE")
    send(other, theirs)
    mine = add("About 7,500", "QUANTITY")
    outcome = send(
        task,
        mine,
        {**add("Sunday", "SOURCE"), "target": theirs["target"]},
        op("delete", theirs["target"]),
        op("change", theirs["target"], after={"unsure": True}),
        link(mine, theirs),
    )
    assert outcome.applied == [mine["op_id"]]
    assert refusals(outcome) == ["id_taken", *["depends_on_refused"] * 3]
    assert SpanAnnotation.objects.get(pk=theirs["target"]).task == other
    assert refusals(send(task, op("delete", theirs["target"]), link(mine, theirs), base=1)) == ["unknown_mark"] * 2


def test_an_op_id_of_another_task_is_a_new_operation_here(task: Task):
    other = claimed_task()
    theirs = add("officials", "SOURCE")
    send(other, theirs)
    mine = {**add("Sunday", "SOURCE"), "op_id": theirs["op_id"]}
    assert send(task, mine).applied == [theirs["op_id"]]
    assert SpanAnnotation.objects.get(task=task).quote == "Sunday"


def test_undo_of_an_operation_in_another_task_is_refused(task: Task):
    other = claimed_task()
    theirs = add("officials", "SOURCE")
    send(other, theirs)
    assert refusals(send(task, op("undo", undoes=theirs["op_id"]))) == ["unknown_operation"]


def test_on_a_submitted_task_known_operations_are_acknowledged_and_new_ones_refused(task: Task):
    known, fresh = add("officials", "SOURCE"), add("Sunday", "SOURCE")
    send(task, known)
    submit_task(task=task, user=task.annotator, revision=1, now=NOW)
    outcome = send(task, known, fresh, base=1)
    assert (outcome.applied, refusals(outcome)) == ([known["op_id"]], ["task_submitted"])
    assert (outcome.revision, outcome.state) == (1, "submitted")


def test_late_operations_resume_an_expired_task_while_its_slot_is_open(task: Task):
    expire_leases(now=NOW + timedelta(hours=9))
    outcome = send(task, add("officials", "SOURCE"), now=NOW + timedelta(hours=9))
    assert (outcome.late, outcome.state, outcome.revision) == (False, "claimed", 1)


def test_late_operations_are_kept_on_a_task_whose_slot_is_gone(task: Task):
    project = task.project
    expire_leases(now=NOW + timedelta(hours=9))
    other = make_user()
    make_member(project, other)
    claim_task(project=project, user=other, now=NOW + timedelta(hours=9))
    mark = add("officials", "SOURCE")
    outcome = send(task, mark, now=NOW + timedelta(hours=9))
    assert (outcome.late, outcome.state, outcome.applied) == (True, "expired", [mark["op_id"]])
    assert list(load_rows(task).spans) == [mark["target"]]


def test_late_operations_are_kept_on_a_skipped_task(task: Task):
    skip_task(task=task, user=task.annotator, reason="paywall", now=NOW)
    assert send(task, add("officials", "SOURCE")).late is True


def test_a_strangers_task_does_not_exist(task: Task):
    stranger = make_user()
    make_member(task.project, stranger)
    with pytest.raises(Task.DoesNotExist):
        apply_operations(uuid=task.uuid, user=stranger, base_revision=0, operations=[], now=NOW)


def test_who_left_the_project_cannot_save_any_more(task: Task):
    task.project.memberships.all().delete()
    with pytest.raises(Task.DoesNotExist):
        send(task)


def test_an_empty_batch_changes_nothing(task: Task):
    assert send(task) == Outcome(revision=0, state="claimed")


WRONG_SHAPES: list[Any] = [
    {},
    "operations",
    [1],
    [{}],
    [{**op("add"), "op_id": "7"}],
    [{**op("add"), "op_id": None}],
    [{**op("add"), "kind": "explode"}],
    [{**op("add"), "kind": ["add"]}],
    [{**op("add"), "target": 7}],
    [{**op("add"), "after": [1]}],
    [{**op("add"), "extra\ud800": 1}],
    [{**op("undo"), "undoes": None}],
    [op("add")] * 201,
]


@pytest.mark.parametrize("operations", WRONG_SHAPES, ids=range(len(WRONG_SHAPES)))
def test_a_batch_of_the_wrong_shape_is_refused_as_a_whole(task: Task, operations: Any):
    with pytest.raises(WrongShape) as caught:
        apply_operations(uuid=task.uuid, user=task.annotator, base_revision=0, operations=operations, now=NOW)
    str(caught.value).encode()


@pytest.mark.parametrize("revision", [None, "0", 1.5, True, -1])
def test_a_base_revision_of_the_wrong_type_is_refused(task: Task, revision: Any):
    with pytest.raises(WrongShape):
        send(task, base=revision)


def statements(task: Task, operations: list[dict[str, Any]]) -> int:
    base = Task.objects.get(pk=task.pk).revision
    assert task.annotator is not None  # loaded now, outside the count
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert send(task, *operations, base=base).refused == []
    return sum(1 for query in captured if "SAVEPOINT" not in query["sql"])


def test_saving_30_marks_takes_as_many_statements_as_saving_one(task: Task):
    send(task, add("Sunday", "SOURCE"))  # the codebook is read once per process
    one, thirty = (
        statements(task, [add("officials", "SOURCE")]),
        statements(task, [add("officials", "SOURCE") for _ in range(30)]),
    )
    # lock and read, write
    assert one == thirty == 2


def test_a_mixed_batch_takes_the_same_statements_whatever_its_size(task: Task):
    def batch(n: int) -> list[dict[str, Any]]:
        operations = []
        for _ in range(n):
            quantity, source = add("About 7,500", "QUANTITY"), add("officials", "SOURCE")
            relation = link(quantity, source)
            operations += [
                quantity,
                source,
                relation,
                op("undo", undoes=relation["op_id"]),
                op("delete", source["target"]),
            ]
        return operations

    send(task, *batch(1))
    # lock and read, write, relations
    assert statements(task, batch(1)) == statements(task, batch(20)) == 3


def test_the_log_replayed_from_nothing_gives_the_rows(task: Task):
    quantity, source, frame = add("About 7,500", "QUANTITY"), add("officials", "SOURCE"), add("Crowd 😀 grows", "FRAME")
    relation = link(quantity, source)
    change = op("change", frame["target"], after={"attributes": {"dimension": "economic"}, "unsure": True})
    delete = op("delete", source["target"])
    undo = op("undo", undoes=delete["op_id"])
    send(task, quantity, source, frame, relation)
    send(task, change, delete, base=4)
    send(task, undo, base=6)
    send(task, op("undo", undoes=change["op_id"]), op("answer", after={"question": "tone", "value": "pro"}), base=7)
    rows, again = load_rows(task), replayed(task)
    assert (rows.spans, rows.relations, rows.answers) == (again.spans, again.relations, again.answers)
    assert len(rows.relations) == 1
    assert RelationAnnotation.objects.filter(deleted_at=None).count() == 1
    assert list(Operation.objects.values_list("seq", flat=True)) == list(range(1, 10))


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_another_batch_sees_what_it_did():
    """What is read beside the locked row is of before the wait, unless it is read again."""
    task = claimed_task()
    mark = add("officials", "SOURCE")
    send(task, mark)
    refused: list[str] = []

    def also() -> None:
        try:
            send(task, op("change", mark["target"], before={"comment": ""}, after={"comment": "mine"}), base=1)
        except Conflict as conflict:
            refused.append(conflict.code)
        finally:
            connection.close()

    other = threading.Thread(target=also)
    with transaction.atomic():
        send(task, op("change", mark["target"], before={"comment": ""}, after={"comment": "first"}), base=1)
        other.start()
        _until_somebody_waits()
    other.join()
    assert refused == ["stale"]
    assert SpanAnnotation.objects.get(task=task).comment == "first"


def _until_somebody_waits() -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for the lock")


def test_an_id_taken_in_another_task_is_refused(task: Task):
    other = claimed_task()
    theirs = add("officials", "SOURCE")
    send(other, theirs)
    outcome = send(task, {**add("Sunday", "SOURCE"), "target": theirs["target"]}, add("officials", "SOURCE"))
    assert refusals(outcome) == ["id_taken"]
    assert SpanAnnotation.objects.get(pk=theirs["target"]).task == other
    assert outcome.revision == 1


def spent(task: Task, seconds: int | None, after: int) -> int:
    """What is stored when the browser sends ``seconds``, ``after`` seconds after the claim."""
    base = Task.objects.get(pk=task.pk).revision
    assert task.annotator is not None
    apply_operations(
        uuid=task.uuid,
        user=task.annotator,
        base_revision=base,
        operations=[add("officials", "SOURCE")],
        now=NOW + timedelta(seconds=after),
        active_seconds=seconds,
    )
    return Task.objects.get(pk=task.pk).active_seconds


def test_the_time_worked_is_the_browsers_never_less_and_never_more_than_passed(task: Task):
    assert spent(task, 40, after=60) == 40
    assert spent(task, 20, after=70) == 40
    assert spent(task, 9999, after=300) == 300
    # a sender that counts nothing: the time since the last sign of life
    assert spent(task, None, after=310) == 310


def test_what_rests_on_a_refused_change_is_refused_too_instead_of_a_conflict_without_end(task):
    mark = add("officials", "SOURCE")
    bad = op("change", mark["target"], before={"attributes": {}}, after={"attributes": {"value": 7500}})
    upon = op("change", mark["target"], before={"attributes": {"value": 7500}}, after={"attributes": {}})
    other = add("Sunday", "SOURCE")
    outcome = send(task, mark, bad, upon, other)
    assert refusals(outcome) == ["unknown_attribute", "depends_on_refused"]
    assert outcome.applied == [mark["op_id"], other["op_id"]]


def test_an_answer_that_rests_on_a_refused_one_is_refused_too(task):
    bad = op("answer", after={"question": "tone", "value": "neither"})
    upon = op("answer", before={"question": "tone", "value": "neither"}, after={"question": "tone", "value": "pro"})
    assert refusals(send(task, bad, upon)) == ["not_an_option", "depends_on_refused"]


def test_the_id_of_a_deleted_mark_is_used_up_within_the_batch_as_after_it(task):
    mark = add("officials", "SOURCE")
    again = {**mark, "op_id": new_id()}
    outcome = send(task, mark, op("delete", mark["target"]), again)
    assert refusals(outcome) == ["id_taken"]
    with pytest.raises(Conflict):
        send(task, op("change", mark["target"], after={"unsure": True}))
