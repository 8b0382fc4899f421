"""Importing annotations in the admin: looked through first, mapped, then imported; by the project's managers only."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from annotate.models import AnnotationImport, Project, Task
from annotate.operations.doors import uploads
from annotate.operations.doors.uploads import forget_old_annotation_uploads, run_upload
from annotate.operations.tasks import ensure_slots
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
    assert 'http-equiv="refresh"' in rosa.get(address(project, upload)).content.decode()
    for _ in range(2):
        run_upload(upload_id=upload.pk, now=timezone.now())
    upload.refresh_from_db()
    assert (upload.state, upload.result["created"]) == ("checked", 1)


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
        for url in (address(project), address(project, upload)):
            assert client.get(url).status_code in (302, 403, 404)
            assert client.post(url, {"import": "1"}).status_code in (302, 403, 404)
    sam = Client()
    sam.force_login(other.memberships.get().user)
    # The upload of one project is not found under another.
    assert sam.get(address(other, upload)).status_code == 404
    upload.refresh_from_db()
    assert upload.state == "checked"
