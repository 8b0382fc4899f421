"""Imports of annotations over the API: looked through, mapped, taken; what was not taken, with its remedy."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from annotate.models import AnnotationImport, Project, Task
from annotate.operations.doors.uploads import run_upload
from annotate.operations.tasks import ensure_slots
from tests.factories import make_article, make_project, make_token, make_user

pytestmark = pytest.mark.django_db

LIST = "/api/v1/projects/walk/annotation-imports/"
TEXT = "Crowd 😀 grows\n\nAbout 7,500 people left, officials said."


@pytest.fixture(autouse=True)
def _storage(tmp_path: Any, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "imports": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def project() -> Project:
    project = make_project(
        slug="walk",
        articles=[make_article(TEXT, external_id="crowd-1")],
        members={make_user("mia"): "manager", make_user("mara"): "annotator"},
        annotators_per_article=1,
    )
    ensure_slots(project=project)
    return project


@pytest.fixture
def manager(project: Project) -> Client:
    client = Client()
    client.force_login(project.memberships.get(role="manager").user)
    return client


def file(annotator: str = "1", label: str = "Sources") -> SimpleUploadedFile:
    reading = {
        "article": "crowd-1",
        "annotator": annotator,
        "spans": [{"label": label, "start": 40, "end": 49}, {"label": "QUANTITY", "start": 15, "end": 26}],
    }
    return SimpleUploadedFile("readings.jsonl", json.dumps(reading).encode())


def send(client: Client, key: str | None = None, **fields: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(LIST, {"files": file(), "format": "slantwise", **fields}, headers=headers)


def work(answer: Any) -> None:
    run_upload(upload_id=answer.json()["id"], now=timezone.now())


def test_a_dry_run_asks_what_unknown_names_mean_and_the_import_takes_the_maps(manager: Client) -> None:
    answer = send(manager, dry_run="true", annotator_map='{"1": "mara"}')
    assert (answer.status_code, answer.json()["state"], answer.json()["dry_run"]) == (202, "waiting", True)
    work(answer)
    looked = manager.get(answer["Location"]).json()
    assert (looked["state"], looked["counts"]["created"], looked["counts"]["rejected"]) == ("checked", 1, 1)
    assert looked["progress"] == {"done": 1, "total": 1}
    assert looked["unknown"] == [{"name": "Sources", "kind": "label", "count": 1, "nearest": ["SOURCE"]}]
    assert not Task.objects.submitted().exists()
    [row] = manager.get(f"{answer['Location']}rejected/").json()["results"]
    assert row == {
        "file": "readings.jsonl",
        "line": 1,
        "entry": "",
        "field": "label",
        "code": "unknown_label",
        "reason": "1 mark with “Sources”, which this project does not have.",
        "remedy": 'Map "Sources" in label_map to "SOURCE", or to "" to leave it out.',
    }

    again = manager.post(f"{answer['Location']}run/", {"label_map": {"Sources": "SOURCE"}}, "application/json")
    assert (again.status_code, again.json()["state"], again["Location"]) == (202, "waiting", answer["Location"])
    work(again)
    done = manager.get(answer["Location"]).json()
    assert (done["state"], done["counts"]["spans"], done["counts"]["rejected"]) == ("done", 2, 0)
    assert Task.objects.submitted().get().annotator.username == "mara"
    once_more = manager.post(f"{answer['Location']}run/", {}, "application/json")
    assert (once_more.status_code, once_more.json()["code"]) == (409, "conflict")


def test_files_are_imported_at_once_where_nothing_else_is_asked(manager: Client) -> None:
    answer = send(manager, files=file("mara", "SOURCE"))
    work(answer)
    assert manager.get(LIST, {"state": "done"}).json()["results"][0]["counts"]["created"] == 1
    assert manager.get(f"{answer['Location']}rejected/").json()["results"] == []


def test_what_fails_as_a_whole_says_why(manager: Client) -> None:
    answer = send(manager, label_map='{"Sources": "Weather"}')
    work(answer)
    failed = manager.get(answer["Location"]).json()
    assert failed["state"] == "failed"
    assert "sends Sources to Weather, which this project does not have" in failed["error"]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"files": ""}, "files", "required"),
        ({"files": SimpleUploadedFile("empty.jsonl", b"")}, "files", "empty"),
        ({"format": "word"}, "format", "invalid_choice"),
        ({"unit": "bytes"}, "unit", "invalid_choice"),
        ({"label_map": "Number"}, "label_map", "bad_map"),
        ({"label_map": '{"Number": 1}'}, "label_map", "bad_map"),
        ({"annotator_map": '{"1": "\\u0000"}'}, "annotator_map", "bad_map"),
        ({"labelmap": "{}"}, "labelmap", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    manager: Client, fields: dict[str, Any], field: str, code: str
) -> None:
    answer = send(manager, **fields)
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert not AnnotationImport.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [([], ""), ({"label_map": {"A": "\u0000"}}, "label_map.A"), ({"maps": {}}, "maps"), ({"widen": 3}, "widen")],
)
def test_what_is_wrong_with_another_run_is_named(manager: Client, body: Any, field: str) -> None:
    answer = send(manager, dry_run="true")
    work(answer)
    wrong = manager.post(f"{answer['Location']}run/", body, "application/json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"].startswith(field.split(".")[0])) == (400, True)
    assert AnnotationImport.objects.get().state == "checked"


def test_an_import_is_called_off_and_run_all_the_same(manager: Client) -> None:
    answer = send(manager, files=file("mara"))
    assert manager.post(f"{answer['Location']}cancel/").json()["state"] == "cancelled"
    work(answer)
    assert not Task.objects.submitted().exists()
    assert manager.post(f"{answer['Location']}cancel/").status_code == 409
    work(manager.post(f"{answer['Location']}run/", {}, "application/json"))
    assert Task.objects.submitted().count() == 1


def test_a_request_with_a_key_is_one_import(manager: Client) -> None:
    first, second = send(manager, "k1"), send(manager, "k1")
    assert (first.status_code, first.json(), second["Idempotency-Replayed"]) == (202, second.json(), "true")
    assert AnnotationImport.objects.count() == 1
    assert send(manager, "k1", widen="true").status_code == 422


def test_it_takes_the_project_s_managers_and_the_scope(manager: Client, project: Project) -> None:
    address = send(manager)["Location"]
    elsewhere = make_user()
    make_project(members={elsewhere: "manager"})
    for user in (elsewhere, project.memberships.get(role="annotator").user):
        client = Client()
        client.force_login(user)
        for asked in (client.get(LIST), client.get(address), client.get(f"{address}rejected/"), send(client)):
            assert asked.status_code == 404
        assert client.post(f"{address}run/", {}, "application/json").status_code == 404
        assert client.post(f"{address}cancel/").status_code == 404
    key = make_token(project.memberships.get(role="manager").user, scopes=["read"])
    bearer = {"Authorization": f"Bearer {key}"}
    assert Client().get(address, headers=bearer).status_code == 200
    assert Client().post(f"{address}cancel/", headers=bearer).json()["code"] == "insufficient_scope"


def test_a_list_asks_the_same_number_of_queries_for_one_and_three_imports(
    manager: Client, django_assert_num_queries: Any
) -> None:
    counts = []
    for _ in range(3):
        send(manager)
        with django_assert_num_queries(1000, exact=False) as found:
            manager.get(LIST)
        counts.append(len(found))
    assert counts == [counts[0]] * 3
