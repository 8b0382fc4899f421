"""Imports over the API: files in, the worker's part, and keys by which a request is one however often it is sent."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from annotate.models import KeptAnswer
from annotate.operations.kept_answers import forget_old_answers
from corpus.models import Article, ImportBatch
from corpus.operations.uploads import run_import
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db

LINES = b'{"text": "A walk\\n\\nThousands walk north."}\n{"title": "no text"}\n'


@pytest.fixture(autouse=True)
def _storage(tmp_path: Any, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "imports": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def manager() -> Client:
    user = make_user("mia")
    make_project(slug="walk", members={user: "manager"})
    client = Client()
    client.force_login(user)
    return client


def file(content: bytes = LINES, name: str = "articles.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def send(client: Client, key: str | None = None, **fields: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/api/v1/imports/", {"files": file(), **fields}, headers=headers)


def test_files_are_imported_by_the_worker_and_the_import_tells_what_became_of_them(manager: Client) -> None:
    answer = send(manager, project="walk", story="march")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    run_import(batch_id=answer.json()["id"], now=timezone.now())
    done = manager.get(answer["Location"]).json()
    assert (done["state"], done["counts"]) == ("done", {"created": 1, "duplicates": 0, "rejected": 1})
    rejected = manager.get(f"{answer['Location']}rejected/").json()["results"]
    assert [(row["source"], row["line"], bool(row["message"])) for row in rejected] == [("articles.jsonl", 2, True)]
    article = Article.objects.get()
    assert article.story is not None
    assert article.story.slug == "march"
    listed = manager.get("/api/v1/projects/walk/articles/").json()["results"]
    assert [row["uuid"] for row in listed] == [str(article.uuid)]


def test_columns_of_a_table_are_named(manager: Client) -> None:
    table = file(b"headline;body\nA walk;Thousands walk north.\n", "table.csv")
    columns = json.dumps({"title": "headline", "text": "body"})
    answer = manager.post("/api/v1/imports/", {"files": table, "columns": columns})
    run_import(batch_id=answer.json()["id"], now=timezone.now())
    assert Article.objects.get().text == "A walk\n\nThousands walk north."


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"files": ""}, "files", "required"),
        ({"files": SimpleUploadedFile("empty.jsonl", b"")}, "files", "empty"),
        ({"format": "word"}, "format", "invalid_choice"),
        ({"project": "theirs"}, "project", "invalid_choice"),
        ({"columns": "text"}, "columns", "bad_columns"),
        ({"columns": '{"body": "text"}'}, "columns", "bad_columns"),
        ({"columns": '{"text": "\\u0000"}'}, "columns", "bad_columns"),
        ({"rules_off": "none"}, "rules_off", "unknown_rule"),
        ({"encoding": "klingon"}, "encoding", "invalid"),
        ({"storry": "walk"}, "storry", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    manager: Client, fields: dict[str, Any], field: str, code: str
) -> None:
    make_project(slug="theirs")
    answer = send(manager, **fields)
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert not ImportBatch.objects.exists()


def test_json_is_415(manager: Client) -> None:
    answer = manager.post("/api/v1/imports/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_an_import_is_called_off_and_tried_again(manager: Client) -> None:
    address = send(manager)["Location"]
    assert manager.post(f"{address}cancel/").json()["state"] == "cancelled"
    assert manager.post(f"{address}cancel/").status_code == 409
    assert manager.post(f"{address}retry/").json()["state"] == "queued"
    answer = manager.post(f"{address}retry/")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_who_manages_nothing_has_no_imports(manager: Client) -> None:
    address = send(manager)["Location"]
    researcher = make_user()
    make_project(members={researcher: ["researcher", "annotator"]})
    client = Client()
    client.force_login(researcher)
    for asked in (client.get(address), client.get("/api/v1/imports/"), send(client), client.post(f"{address}cancel/")):
        assert asked.status_code == 404


def test_another_manager_does_not_find_ones_import(manager: Client) -> None:
    address = send(manager)["Location"]
    other = make_user()
    make_project(members={other: "manager"})
    client = Client()
    client.force_login(other)
    assert client.get(address).status_code == 404
    assert client.get("/api/v1/imports/").json()["results"] == []


def test_a_request_with_a_key_is_one_however_often_it_is_sent(manager: Client) -> None:
    first, second = send(manager, "k1"), send(manager, "k1")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert (first["Location"], second["Idempotency-Replayed"]) == (second["Location"], "true")
    assert ImportBatch.objects.count() == 1
    assert send(manager, "k2").json()["id"] != first.json()["id"]


def test_a_key_with_another_request_is_422(manager: Client) -> None:
    send(manager, "k1")
    answers = [send(manager, "k1", story="walk"), send(manager, "k1", files=file(LINES + b"\n"))]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "idempotency_key_reused")] * 2
    assert ImportBatch.objects.count() == 1


def test_a_refused_request_may_be_put_right_under_its_key(manager: Client) -> None:
    assert send(manager, "k1", format="word").status_code == 400
    assert send(manager, "k1").status_code == 202


def test_keys_of_others_and_of_yesterday_are_free(manager: Client) -> None:
    send(manager, "k1")
    other = make_user()
    make_project(members={other: "manager"})
    client = Client()
    client.force_login(other)
    assert send(client, "k1", story="x").status_code == 202
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert send(manager, "k1", story="y").status_code == 202
    assert forget_old_answers(now=timezone.now()) == 1
    assert KeptAnswer.objects.get().user == User.objects.get(username="mia")


@pytest.mark.parametrize("key", ["", " ", "ä", "x" * 201, "a b"])
def test_an_odd_key_is_400(manager: Client, key: str) -> None:
    answer = send(manager, key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
