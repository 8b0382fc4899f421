"""Importing annotations in the admin: looked through first, mapped, then imported; by the project's managers only."""

import csv
import json
import re
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from annotate.models import AnnotationImport, Project, Task
from annotate.operations.doors import DoorResult, running, uploads
from annotate.operations.doors.running import Heart, silent_uploads
from annotate.operations.doors.uploads import ask_again, cancel_upload, forget_old_annotation_uploads, run_upload
from annotate.operations.tasks import ensure_slots
from corpus import workers
from tests.factories import make_article, make_member, make_project, make_user

pytestmark = pytest.mark.django_db
TEXT = "Crowd 😀 grows\n\nAbout 7,500 people left, officials said."


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    """Where uploads wait for the worker."""
    settings.STORAGES = settings.STORAGES | {
        "imports": settings.STORAGES["imports"] | {"OPTIONS": {"location": tmp_path / "imports"}}
    }
    return tmp_path / "imports"


@pytest.fixture
def project() -> Project:
    project = make_project(articles=[make_article(TEXT, external_id="crowd-1")], annotators_per_article=1)
    make_member(project, make_user("mara"))
    make_member(project, make_user("rosa", is_staff=True), "manager")
    ensure_slots(project=project)
    return project


@pytest.fixture
def rosa(project: Project) -> Client:
    client = Client()
    client.force_login(project.memberships.get(role="manager").user)
    return client


def address(project: Project, upload: AnnotationImport | None = None) -> str:
    return f"/admin/annotate/project/{project.pk}/annotations/" + (f"{upload.pk}/" if upload else "")


def send(client: Client, project: Project, *records: dict, **fields: str) -> AnnotationImport:
    content = "\n".join(json.dumps(record) for record in records).encode()
    data = {"format": "slantwise", "pages": SimpleUploadedFile("readings.jsonl", content), **fields}
    response = client.post(address(project), data)
    upload = AnnotationImport.objects.get()
    assert (response.status_code, response["Location"]) == (302, address(project, upload))
    return upload


def reading(annotator: str, *labels: str) -> dict:
    places = {"SOURCE": (42, 51), "Quantities": (15, 26), "Weather": (0, 5)}
    spans = [{"label": label, "start": places[label][0], "end": places[label][1]} for label in labels]
    return {"article": "crowd-1", "annotator": annotator, "spans": spans}


def test_an_upload_is_looked_through_mapped_and_imported(rosa, project):
    page = rosa.get(address(project)).content.decode()
    assert "Nothing was imported into this project this way yet." in page

    upload = send(rosa, project, reading("mara9", "SOURCE", "Quantities", "Weather"))

    assert (upload.state, upload.is_check, Task.objects.exclude(state="open").count()) == ("checked", True, 0)
    page = rosa.get(address(project, upload)).content.decode()
    assert "This is what would happen. Nothing is written yet." in page
    assert "There is no account “mara9”" in page

    # First whose work it is: then the labels are known to be missing.
    rosa.post(address(project, upload), {"check": "1", "person-0": "mara"})
    page = rosa.get(address(project, upload)).content.decode()
    assert "Quantity (QUANTITY), nearest" in page

    rosa.post(address(project, upload), {"import": "1", "person-0": "mara", "label-0": "QUANTITY", "label-1": "-"})

    upload.refresh_from_db()
    assert (upload.state, upload.result["created"], upload.n_rejected) == ("done", 1, 0)
    task = Task.objects.get(project=project)
    assert (task.state, sorted(task.spans.values_list("label__code", flat=True))) == (
        "submitted",
        ["QUANTITY", "SOURCE"],
    )
    page = rosa.get(address(project, upload)).content.decode()
    assert "Nothing: everything in the files was taken." in page
    rosa.post(address(project, upload), {"import": "1"})
    assert Task.objects.filter(project=project).count() == 1


def test_what_is_wrong_is_said_on_the_page(rosa, project):
    assert "Choose at least one file." in rosa.post(address(project), {"format": "slantwise"}).content.decode()
    upload = send(rosa, project, reading("mara"), format="brat")
    assert upload.state == "failed"
    assert "There is nothing of brat standoff in the files." in rosa.get(address(project, upload)).content.decode()


def test_large_files_are_left_to_the_worker_and_running_them_twice_is_once(rosa, project, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_AT_ONCE", 10)
    upload = send(rosa, project, reading("mara", "SOURCE"))
    assert upload.state == "waiting"
    assert 'hx-trigger="load delay:1s, every 1s"' in rosa.get(address(project, upload)).content.decode()
    assert [run_upload(upload_id=upload.pk, now=timezone.now()) for _ in range(2)] == [True, False]
    upload.refresh_from_db()
    assert (upload.state, upload.result["created"], upload.progress, upload.total) == ("checked", 1, 1, 1)
    ended = rosa.get(f"{address(project, upload)}progress/")
    assert (ended["HX-Refresh"], ended.content) == ("true", b"")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "waiting"}, "Waiting for the worker."),
        ({"state": "running"}, "Counting the readings in the files."),
        ({"state": "running", "progress": 37, "total": 120}, "<strong>30 %</strong> · 37 of 120 looked through"),
        ({"state": "running", "progress": 3, "total": 3, "is_check": False}, "agreement is being counted"),
        ({"state": "running", "heartbeat": timezone.now() - timedelta(seconds=90)}, "No sign of life since"),
    ],
)
def test_the_share_done_is_shown(rosa, project, fields, words, monkeypatch):
    monkeypatch.setattr(workers, "_checks", [])
    fields = {"heartbeat": timezone.now()} | fields
    upload = AnnotationImport.objects.create(project=project, format="slantwise", **fields)
    fragment = rosa.get(f"{address(project, upload)}progress/").content.decode()
    assert words in fragment
    assert "<html" not in fragment
    assert ('value="30"' in fragment) == ("30 %" in words)


def test_what_waits_says_that_no_worker_runs(rosa, project, monkeypatch):
    monkeypatch.setattr(workers, "_checks", [lambda *_args, **_kwargs: False])
    upload = AnnotationImport.objects.create(project=project, format="slantwise")
    assert "No worker is running." in rosa.get(address(project, upload)).content.decode()


def test_an_upload_is_called_off_and_looked_through_again(rosa, project, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_AT_ONCE", 10)
    upload = send(rosa, project, reading("mara", "SOURCE"))
    assert rosa.get(f"{address(project, upload)}cancel/").status_code == 405
    rosa.post(f"{address(project, upload)}cancel/")
    assert not run_upload(upload_id=upload.pk, now=timezone.now())
    assert "This was called off. Nothing was written" in rosa.get(address(project, upload)).content.decode()
    monkeypatch.undo()
    rosa.post(address(project, upload), {"check": "1"})
    upload.refresh_from_db()
    assert (upload.state, upload.result["created"]) == ("checked", 1)
    late = rosa.post(f"{address(project, upload)}cancel/", follow=True).content.decode()
    assert "too late to cancel" in late


def test_a_run_that_was_overtaken_writes_nothing(rosa, project, monkeypatch):
    """Called off between its last entry and its end."""
    upload = send(rosa, project, reading("mara", "SOURCE"))
    ask_again(upload=upload, options={}, is_check=False, now=timezone.now())

    stop = Heart.stop

    def stopped(heart):
        AnnotationImport.objects.filter(pk=upload.pk).update(attempt=9)
        stop(heart)

    monkeypatch.setattr(Heart, "stop", stopped)
    assert not run_upload(upload_id=upload.pk, now=timezone.now())
    assert not Task.objects.submitted().exists()


@pytest.mark.django_db(transaction=True)
def test_progress_is_noted_and_a_cancel_heard_while_the_import_is_under_way(project, monkeypatch):
    monkeypatch.setattr(running, "BEAT", 0.02)
    upload = AnnotationImport.objects.create(project=project, format="slantwise", state="running", attempt=1)
    deadline = time.monotonic() + 10
    with Heart(upload.pk, 1) as heart:
        heart.total = 12
        heart.note(DoorResult(seen=7))
        while (upload.progress, upload.total) != (7, 12) and time.monotonic() < deadline:
            upload.refresh_from_db()
        assert upload.heartbeat > timezone.now() - timedelta(seconds=10)
        cancel_upload(upload=upload)

        def go_on():
            while time.monotonic() < deadline:
                heart.note(DoorResult(seen=8))

        with pytest.raises(running.NotOursError):
            go_on()
    upload.refresh_from_db()
    assert (upload.state, upload.progress) == ("cancelled", 7)


def test_the_worker_takes_up_what_fell_silent_and_gives_up_what_kills_it(project):
    now = timezone.now()
    made = {"project": project, "format": "slantwise"}
    late, fresh = now - timedelta(seconds=61), now - timedelta(seconds=59)
    silent = AnnotationImport.objects.create(**made, state="running", heartbeat=late, tries=1)
    lost = AnnotationImport.objects.create(**made, state="waiting", heartbeat=late)
    deadly = AnnotationImport.objects.create(**made, state="running", heartbeat=late, tries=5)
    for state in ("running", "waiting"):
        AnnotationImport.objects.create(**made, state=state, heartbeat=fresh)
    assert sorted(silent_uploads(now=now)) == [silent.pk, lost.pk]
    assert silent_uploads(now=now) == []
    deadly.refresh_from_db()
    assert (deadly.state, "The worker ended 5 times" in deadly.error) == ("failed", True)


def test_what_could_not_be_taken_is_said_in_the_words_of_the_page_and_downloaded(rosa, project):
    upload = send(rosa, project, reading("mara", "SOURCE", "Weather"), reading("=cmd"), reading("mara"))

    page = rosa.get(address(project, upload)).content.decode()
    table = b"".join(rosa.get(f"{address(project, upload)}not-taken.csv").streaming_content).decode()
    lines = b"".join(rosa.get(f"{address(project, upload)}not-taken.jsonl").streaming_content).decode().splitlines()

    assert "--" not in re.sub(r"<[^>]*>", "", page)
    assert "Choose under “Labels the project does not have” what it is here, or to leave it out." in page
    rows = [json.loads(line) for line in lines]
    assert [(row["file"], row["line"], row["field"], row["code"]) for row in rows] == [
        ("readings.jsonl", 1, "label", "unknown_label"),
        ("readings.jsonl", 2, "annotator", "unknown_annotator"),
        ("readings.jsonl", 3, "", "read_twice"),
    ]
    assert rows[1]["reason"] == "There is no account “=cmd”."
    assert "tick “Make accounts and memberships that are missing”" in rows[1]["remedy"]
    head, first, *_ = csv.reader(table.removeprefix("\ufeff").splitlines())
    assert head == ["file", "line", "entry", "field", "code", "reason", "remedy"]
    assert first == [str(rows[0][name]) for name in head]


def test_the_page_asks_the_same_number_of_queries_however_much_was_rejected(rosa, project, django_assert_num_queries):
    upload = send(rosa, project, reading("mara", "SOURCE"))
    counts = []
    for _ in range(3):
        upload.issues.create(code="read_twice", message="Twice.", remedy={"kind": "check_unit", "values": {}})
        with django_assert_num_queries(1000, exact=False) as found:
            rosa.get(address(project, upload))
        counts.append(len(found))
    assert counts == [counts[0]] * 3


def test_names_that_the_database_cannot_keep_do_no_harm(rosa, project):
    upload = send(rosa, project, {"article": "crowd-1", "annotator": "a\0b", "spans": []})
    assert (upload.state, upload.n_rejected) == ("checked", 1)


def test_the_bytes_go_with_the_import_and_old_uploads_are_forgotten(
    rosa, project, kept, django_capture_on_commit_callbacks
):
    upload = send(rosa, project, reading("mara", "SOURCE"))
    assert [path.name for path in kept.rglob("*") if path.is_file()] == ["0"]
    with django_capture_on_commit_callbacks(execute=True):
        rosa.post(address(project, upload), {"import": "1"})
    assert [path for path in kept.rglob("*") if path.is_file()] == []
    AnnotationImport.objects.update(state="checked", created_at=timezone.now() - timedelta(days=8))
    assert forget_old_annotation_uploads(now=timezone.now()) == 1
    assert not AnnotationImport.objects.exists()


def test_only_the_project_s_managers_reach_it(project):
    other = make_project()
    upload = AnnotationImport.objects.create(project=project, format="slantwise", state="checked")
    for person, role in ((make_user("sam", is_staff=True), "manager"), (make_user("ann", is_staff=True), "annotator")):
        make_member(other if role == "manager" else project, person, role)
        client = Client()
        client.force_login(person)
        page = address(project, upload)
        for url in (address(project), page, f"{page}progress/", f"{page}cancel/", f"{page}not-taken.csv"):
            assert client.get(url).status_code in (302, 403, 404, 405)
            assert client.post(url, {"import": "1"}).status_code in (302, 403, 404)
    sam = Client()
    sam.force_login(other.memberships.get().user)
    # The upload of one project is not found under another.
    assert sam.get(address(other, upload)).status_code == 404
    upload.refresh_from_db()
    assert upload.state == "checked"
