"""``manage.py import_annotations``: what comes in, what is refused and why, and that a second time changes nothing."""

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotate.models import AgreementStat, Membership, Operation, Project, SpanAnnotation, Task
from annotate.operations.marks import apply_operations
from annotate.operations.scoring import recount_project
from annotate.operations.tasks import claim_task, ensure_slots, submit_task
from annotate.rows import Rows, load_rows
from corpus.models import Article
from corpus.operations import import_rows
from corpus.readers.rows import row_from
from tests.factories import codebook_content, make_article, make_codebook, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

TEXT = "Crowd 😀 grows\n\nAbout 7,500 people left, officials said. 👨‍👩‍👧 María said 8,000."
TONE = {
    "code": "tone",
    "title": "Tone",
    "type": "choice",
    "many": False,
    "required": False,
    "values": [{"code": "pro", "title": "For"}, {"code": "anti", "title": "Against"}],
}


def run(project: Project, *arguments: Any, format: str = "slantwise") -> tuple[dict[str, Any], int]:
    """The command's JSON and its exit code."""
    out = io.StringIO()
    code = 0
    try:
        call_command("import_annotations", project.slug, *map(str, arguments), "--format", format, "--json", stdout=out)
    except SystemExit as left:
        code = int(left.code or 0)
    return json.loads(out.getvalue()), code


def write(path: Path, *records: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records) + "\n", encoding="utf-8")
    return path


def span(words: str, label: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    start = text.index(words)
    return {"label": label, "start": start, "end": start + len(words), "text": words, **more}


@pytest.fixture
def project() -> Project:
    """Two readings wanted of one article with emoji; mara and noor annotate."""
    content = codebook_content(name=f"doors-{uuid.uuid4().hex[:8]}", questions=[TONE])
    article = make_article(TEXT, external_id="crowd-1")
    made = make_project(make_codebook(content), articles=[article], annotators_per_article=2)
    for name in ("mara", "noor"):
        make_member(made, make_user(name))
    ensure_slots(project=made)
    return made


def marks(project: Project) -> set[tuple[str, str, str]]:
    spans = SpanAnnotation.objects.filter(task__project=project, deleted_at=None)
    return {
        (s.task.annotator.username, s.label.code, s.quote) for s in spans.select_related("task__annotator", "label")
    }


def replayed(task: Task) -> Rows:
    rows = Rows()
    for entry in Operation.objects.filter(task=task).order_by("seq"):
        assert rows.fit(entry.before)
        rows.put(entry.after)
    return rows


def test_a_reading_becomes_a_submitted_task_of_its_annotator(project, tmp_path):
    file = write(
        tmp_path / "a.jsonl",
        {
            "article": "crowd-1",
            "annotator": "mara",
            "status": "complete",
            "spans": [
                span("About 7,500", "QUANTITY", attributes={"value": 7500}),
                span("officials", "SOURCE", unsure=True, comment="who?"),
                {"label": "CONTENT", "fragments": [[15, 20], [27, 33]], "start": 15, "end": 33},
            ],
            "relations": [{"type": "ATTRIBUTED_TO", "from": 0, "to_span": 1}],
            "answers": {"tone": "pro"},
            "seconds": 95,
            "submitted": "2026-03-01T12:00:00Z",
        },
    )

    printed, code = run(project, file)

    task = Task.objects.get(project=project, annotator__username="mara")
    assert code == 0
    assert printed == {
        "created": 1, "updated": 0, "unchanged": 0, "spans": 3, "relations": 1, "answers": 1, "left_out": 0,
        "tasks": [str(task.uuid)], "annotators_created": [], "members_added": [], "unknown": {}, "unknown_annotators": {}, "incomplete": [],
        "rejected": [],
    }  # fmt: skip
    assert (task.state, task.slot, task.active_seconds, str(task.submitted_at)) == (
        "submitted", 1, 95, "2026-03-01 12:00:00+00:00",
    )  # fmt: skip
    rows = load_rows(task)
    assert [(s["label"], s["quote"], s["fragments"]) for s in rows.spans.values()] == [
        ("QUANTITY", "About 7,500", [[15, 26]]),
        ("CONTENT", TEXT[15:33], [[15, 20], [27, 33]]),
        ("SOURCE", "officials", [[40, 49]]),
    ]
    assert [r["type"] for r in rows.relations.values()] == ["ATTRIBUTED_TO"]
    assert rows.answers == {"tone": "pro"}
    assert replayed(task) == rows
    assert Task.objects.filter(project=project, state="open").count() == 1
    assert project.codebook.frozen_at is None
    project.codebook.refresh_from_db()
    assert project.codebook.frozen_at is not None


def test_two_readings_are_counted_in_agreement(project, tmp_path):
    quantity = span("About 7,500", "QUANTITY")
    run(
        project,
        write(
            tmp_path / "a.jsonl",
            {"article": "crowd-1", "annotator": "mara", "status": "complete", "spans": [quantity]},
            {"article": "crowd-1", "annotator": "noor", "status": "complete", "spans": []},
        ),
    )

    assert AgreementStat.objects.filter(project=project).exists()
    assert recount_project(project=project) == []
    empty = Task.objects.get(project=project, annotator__username="noor")
    assert (empty.state, empty.spans.count()) == ("submitted", 0)


def test_a_second_time_changes_nothing(project, tmp_path):
    file = write(
        tmp_path / "a.jsonl",
        {
            "article": "crowd-1",
            "annotator": "mara",
            "spans": [span("officials", "SOURCE"), span("officials", "SOURCE")],
        },
        {"article": "crowd-1", "annotator": "noor", "spans": []},
    )
    run(project, file)
    before = list(Operation.objects.values_list("op_id", "seq")), marks(project)

    printed, code = run(project, file)

    assert (code, printed["created"], printed["updated"], printed["unchanged"]) == (0, 0, 0, 2)
    assert (list(Operation.objects.values_list("op_id", "seq")), marks(project)) == before
    assert len(before[0]) == 2


def test_a_dry_run_says_the_same_and_writes_nothing(project, tmp_path):
    file = write(
        tmp_path / "a.jsonl", {"article": "crowd-1", "annotator": "zoe", "spans": [span("officials", "SOURCE")]}
    )

    printed, code = run(project, file, "--dry-run", "--create-annotators")

    assert (code, printed["created"], printed["spans"], printed["annotators_created"]) == (0, 1, 1, ["zoe"])
    assert not User.objects.filter(username="zoe").exists()
    assert not SpanAnnotation.objects.exists()
    assert not Task.objects.exclude(state="open").exists()


def test_an_unknown_annotator_is_refused_or_made(project, tmp_path):
    file = write(tmp_path / "a.jsonl", {"article": "crowd-1", "annotator": "zoe", "spans": []})

    printed, code = run(project, file)

    assert code == 3
    assert (printed["rejected"][0]["code"], printed["rejected"][0]["line"]) == ("unknown_annotator", 1)
    assert "--create-annotators" in printed["rejected"][0]["message"]

    printed, code = run(project, file, "--create-annotators")

    zoe = User.objects.get(username="zoe")
    assert (code, printed["annotators_created"], printed["members_added"]) == (0, ["zoe"], ["zoe"])
    assert not zoe.has_usable_password()
    assert Membership.objects.get(project=project, user=zoe).role == "annotator"


def test_an_unknown_label_offers_the_map_to_write_and_the_map_completes_the_reading(project, tmp_path):
    file = write(
        tmp_path / "a.jsonl",
        {
            "article": "crowd-1",
            "annotator": "mara",
            "spans": [span("officials", "Sources"), span("About 7,500", "QUANTITY"), span("María", "Weather")],
        },
    )

    printed, code = run(project, file)

    assert code == 3
    assert printed["unknown"]["Sources"] == {"kind": "label", "count": 1, "nearest": ["SOURCE"]}
    assert [r["code"] for r in printed["rejected"]] == ["unknown_label", "unknown_label"]
    assert "--label-map 'Sources=SOURCE'" in printed["rejected"][0]["message"]
    assert marks(project) == {("mara", "QUANTITY", "About 7,500")}

    printed, code = run(project, file, "--label-map", "Sources=SOURCE", "Weather=")

    assert (code, printed["updated"], printed["left_out"]) == (0, 1, 1)
    assert marks(project) == {("mara", "QUANTITY", "About 7,500"), ("mara", "SOURCE", "officials")}
    assert replayed(Task.objects.get(annotator__username="mara")) == load_rows(
        Task.objects.get(annotator__username="mara")
    )


def test_a_reading_of_which_no_mark_can_be_taken_is_not_stored_as_empty(project, tmp_path):
    file = write(tmp_path / "a.jsonl", {"article": "crowd-1", "annotator": "mara", "spans": [span("María", "Person")]})

    printed, code = run(project, file)

    assert (code, [r["code"] for r in printed["rejected"]]) == (3, ["nothing_taken", "unknown_label"])
    assert not Task.objects.exclude(state="open").exists()


def test_a_map_that_leads_nowhere_fails_before_anything_is_written(project, tmp_path):
    file = write(tmp_path / "a.jsonl", {"article": "crowd-1", "annotator": "mara", "spans": []})
    with pytest.raises(CommandError, match="sends A to B, which this project does not have"):
        run(project, file, "--label-map", "A=B")
    assert not Task.objects.exclude(state="open").exists()


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("{broken", "", "bad_json"),
        ("[1]", "", "not_an_object"),
        ('{"article": "crowd-1", "article": "x"}', "article", "duplicate_key"),
        ({"annotator": "mara"}, "article", "missing_field"),
        ({"article": "crowd-1", "annotator": "mara"}, "spans", "missing_field"),
        ({"article": "crowd-1", "spans": []}, "annotator", "missing_annotator"),
        ({"article": "nowhere", "annotator": "mara", "spans": []}, "article", "unknown_article"),
        ({"article": "a\0b", "annotator": "mara", "spans": []}, "article", "unknown_article"),
        ({"article": "crowd-1", "annotator": "mara", "status": "done"}, "status", "unknown_status"),
        ({"article": "crowd-1", "annotator": "mara", "spans": 3}, "spans", "wrong_type"),
        ({"article": "crowd-1", "annotator": "mara", "submitted": "yesterday"}, "submitted", "bad_date"),
        ({"article": "crowd-1", "annotator": "a b\u2028", "spans": []}, "annotator", "unknown_annotator"),
    ],
)
def test_a_line_that_cannot_be_taken_is_listed_and_the_others_come_in(project, tmp_path, line, field, code):
    good = {"article": "crowd-1", "annotator": "noor", "spans": []}

    printed, left = run(project, write(tmp_path / "a.jsonl", line, good))

    assert (left, printed["created"]) == (3, 1)
    assert [(r["line"], r["field"], r["code"]) for r in printed["rejected"]] == [(1, field, code)]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (span("officials", "SOURCE") | {"text": "official"}, "quote_mismatch"),
        ({"label": "SOURCE", "start": 10, "end": 5000}, "outside_text"),
        ({"label": "SOURCE", "start": 10, "end": 10}, "empty"),
        ({"label": "SOURCE", "start": -1, "end": 3}, "outside_text"),
        ({"label": "SOURCE", "start": "1", "end": 3}, "missing_field"),
        ({"start": 1, "end": 3}, "missing_field"),
        ({"label": "SOURCE", "start": 1, "end": 3, "confidence": 7}, "number_out_of_range"),
        ({"label": "SOURCE", "start": 1, "end": 9, "fragments": [[1, 3], [4, 8]]}, "bad_fragments"),
    ],
)
def test_a_mark_that_cannot_be_taken_is_listed_and_the_others_come_in(project, tmp_path, bad, code):
    record = {"article": "crowd-1", "annotator": "mara", "spans": [span("María", "SOURCE"), bad]}

    printed, left = run(project, write(tmp_path / "a.jsonl", record))

    assert (left, [r["code"] for r in printed["rejected"]]) == (3, [code])
    assert marks(project) == {("mara", "SOURCE", "María")}
    assert run(project, write(tmp_path / "a.jsonl", record))[0]["unchanged"] == 1


def test_values_that_do_not_fit_are_listed_and_the_mark_is_taken(project, tmp_path):
    attributes = {"value": "many", "colour": "red"}
    record = {
        "article": "crowd-1",
        "annotator": "mara",
        "spans": [span("About 7,500", "QUANTITY", attributes=attributes), span("grows", "FRAME")],
        "answers": {"tone": "loud", "mood": "good"},
        "mystery": 1,
    }

    printed, _ = run(project, write(tmp_path / "a.jsonl", record))

    assert [(r["field"], r["code"]) for r in printed["rejected"]] == [
        ("mystery", "unknown_field"),
        ("spans[0].value", "wrong_type"),
        ("spans[0].colour", "unknown_attribute"),
        ("tone", "not_an_option"),
        ("mood", "unknown_question"),
    ]
    assert [entry["missing"] for entry in printed["incomplete"]] == [["FRAME “grows”: fill in Dimension."]]
    assert len(marks(project)) == 2


def test_no_more_readings_come_in_than_the_article_wants_unless_it_is_widened(project, tmp_path):
    records = [{"article": "crowd-1", "annotator": name, "spans": []} for name in ("mara", "noor", "zoe")]
    file = write(tmp_path / "a.jsonl", *records)

    printed, code = run(project, file, "--create-annotators")

    assert (code, printed["created"], [r["code"] for r in printed["rejected"]]) == (3, 2, ["no_slot"])
    assert "--widen" in printed["rejected"][0]["message"]

    printed, code = run(project, file, "--widen")

    assert (code, printed["created"], printed["unchanged"]) == (0, 1, 2)
    assert project.projectarticle_set.get().annotators == 3
    ensure_slots(project=project)
    assert Task.objects.filter(project=project).live().count() == 3


def test_what_a_person_marked_here_is_never_changed(project, tmp_path):
    mara = User.objects.get(username="mara")
    task = claim_task(project=project, user=mara, now=timezone.now())
    file = write(tmp_path / "a.jsonl", {"article": "crowd-1", "annotator": "mara", "spans": [span("María", "SOURCE")]})

    assert [r["code"] for r in run(project, file)[0]["rejected"]] == ["has_task"]

    after = {"label": "SOURCE", "start": 0, "end": 5, "quote": "Crowd"}
    sent = {"op_id": str(uuid.uuid4()), "kind": "add", "target": str(uuid.uuid4()), "before": None, "after": after}
    apply_operations(uuid=task.uuid, user=mara, base_revision=0, operations=[sent], now=timezone.now())
    submit_task(task=task, user=mara, revision=1, now=timezone.now())

    assert [r["code"] for r in run(project, file)[0]["rejected"]] == ["already_read"]
    assert marks(project) == {("mara", "SOURCE", "Crowd")}


def test_the_same_person_twice_in_one_import_is_refused(project, tmp_path):
    record = {"article": "crowd-1", "annotator": "mara", "spans": []}
    printed, code = run(project, write(tmp_path / "a.jsonl", record, record))
    assert (code, printed["created"], [(r["line"], r["code"]) for r in printed["rejected"]]) == (
        3,
        1,
        [(2, "read_twice")],
    )


@pytest.mark.parametrize(("status", "state"), [("skipped", "skipped"), ("in_progress", "handed_back")])
def test_unfinished_work_keeps_its_marks_and_takes_no_slot(project, tmp_path, status, state):
    record = {"article": "crowd-1", "annotator": "mara", "status": status, "spans": [span("María", "SOURCE")]}
    file = write(tmp_path / "a.jsonl", record)

    run(project, file)

    task = Task.objects.get(annotator__username="mara")
    assert (task.state, task.spans.count(), Task.objects.filter(state="open").count()) == (state, 1, 2)
    assert run(project, file)[0]["unchanged"] == 1


def test_an_article_is_named_by_uuid_and_by_the_hash_of_its_text(project, tmp_path):
    article = project.articles.get()
    records = [
        {"article": str(article.uuid), "annotator": "mara", "spans": []},
        {"article": article.text_sha256.upper(), "annotator": "noor", "spans": []},
    ]
    assert run(project, write(tmp_path / "a.jsonl", *records))[0]["created"] == 2


def test_a_draft_project_takes_readings_and_opens_with_the_slots_that_are_left(project, tmp_path):
    Task.objects.all().delete()
    Project.objects.update(state="draft")
    run(project, write(tmp_path / "a.jsonl", {"article": "crowd-1", "annotator": "mara", "spans": []}))
    ensure_slots(project=project)
    assert sorted(Task.objects.values_list("slot", "state")) == [(1, "submitted"), (2, "open")]


def test_offsets_into_what_was_received_are_mapped_and_removed_text_is_refused(tmp_path):
    received = "By Ana Ruiz\r\n\r\nCafe\u0301\u00a0crow\u200bds grew 😀 on Sunday in the old town, many said.\r\n\r\nThe second paragraph says more about it."
    result = import_rows(
        rows=[row_from({"id": "r1", "title": "Crowds", "text": received}, source="x", line=1)],
        source="x",
        format="jsonl",
    )
    article = Article.objects.get(uuid__in=result.articles)
    assert "Ana Ruiz" not in article.text
    project = make_project(articles=[article], members={make_user("mara"): "annotator"})
    words = ["Cafe\u0301\u00a0crow\u200bds grew 😀", "Sunday"]
    places = [(received.index(w), received.index(w) + len(w)) for w in (*words, "Ana Ruiz")]
    record = {
        "article": "r1",
        "annotator": "mara",
        "spans": [{"label": "SOURCE", "start": s, "end": e, "text": received[s:e]} for s, e in places],
    }

    printed, code = run(project, write(tmp_path / "a.jsonl", record), "--offsets", "raw")

    assert (code, [(r["field"], r["code"]) for r in printed["rejected"]]) == (3, [("spans[2]", "removed")])
    assert marks(project) == {("mara", "SOURCE", "Café crowds grew 😀"), ("mara", "SOURCE", "Sunday")}


def test_nothing_to_read_and_an_unknown_project_fail(project, tmp_path):
    with pytest.raises(CommandError, match=r"nothing of Slantwise JSON Lines in .* Nothing was written"):
        run(project, write(tmp_path / "a.jsonl", ""))
    with pytest.raises(CommandError, match="No such file"):
        run(project, tmp_path / "missing.jsonl")
    with pytest.raises(CommandError, match="There is no project nowhere"):
        call_command("import_annotations", "nowhere", str(tmp_path), "--format", "slantwise")
