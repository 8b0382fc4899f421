"""Releases over the API: asked for, listed, downloaded in one go or in parts."""

import io
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from annotate.models import Project
from release.models import Release
from release.operations.releases import build_release
from tests.factories import make_article, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db

LIST = "/api/v1/projects/walk/releases/"


@pytest.fixture
def project(tmp_path: Path, settings: Any) -> Project:
    settings.RELEASE_ROOT = tmp_path
    rui, mara = make_user("rui"), make_user("mara")
    project = make_project(slug="walk", articles=[make_article()], members={rui: "researcher", mara: "annotator"})
    make_reading(project, project.articles.all()[0], mara, [("SOURCE", 0, 6)])
    return project


@pytest.fixture
def researcher(project: Project) -> Client:
    client = Client()
    client.force_login(project.memberships.get(role="researcher").user)
    return client


def ask(client: Client, body: Any, **headers: str) -> Any:
    return client.post(LIST, body, content_type="application/json", headers=headers)


@pytest.fixture
def built(researcher: Client) -> str:
    """Address of the archive."""
    answer = ask(researcher, {"version": "1.0.0"})
    build_release(release_id=Release.objects.get().pk, now=timezone.now())
    return str(researcher.get(answer["Location"]).json()["download"])


def test_a_release_is_asked_for_built_and_described(researcher: Client) -> None:
    answer = ask(researcher, {})
    assert (answer.status_code, answer.json()["version"], answer.json()["state"]) == (202, "1.0.0", "waiting")
    assert answer.json()["download"] is None
    build_release(release_id=Release.objects.get().pk, now=timezone.now())
    one = researcher.get(answer["Location"]).json()
    assert (one["state"], one["manifest"]["version"]) == ("built", "1.0.0")
    assert [row["sha256"] for row in researcher.get(LIST).json()["results"]] == [one["sha256"]]
    assert researcher.get(LIST, {"state": "failed"}).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": "one"}, "version"),
        ({"text_mode": "some"}, "text_mode"),
        ({"times": "hour"}, "times"),
        ({"formats": ["brat"], "text_mode": "positions"}, "formats"),
        ({"versoin": "1"}, "versoin"),
        ({"threshold": 0}, "threshold"),
        ({"threshold": "NaN"}, "threshold"),
        ({"threshold": 0.125}, "threshold"),
        ({"exclusions": [{"article": "nowhere", "reason": "Not news."}]}, "exclusions"),
        ([], ""),
    ],
)
def test_what_is_wrong_is_named(researcher: Client, body: Any, field: str) -> None:
    answer = ask(researcher, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert not Release.objects.exists()


def test_a_version_that_there_is_is_409(researcher: Client) -> None:
    assert ask(researcher, {"version": "1.0.0"}).status_code == 202
    answer = ask(researcher, {"version": "1.0.0"})
    assert (answer.status_code, answer.json()["code"]) == (409, "version_taken")


def test_a_request_with_a_key_is_one_release(researcher: Client) -> None:
    first, second = (ask(researcher, {}, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == second.json()
    assert Release.objects.count() == 1
    assert ask(researcher, {"version": "2.0.0"}, **{"Idempotency-Key": "k"}).status_code == 422


def test_a_failed_release_is_built_again(researcher: Client) -> None:
    address = ask(researcher, {})["Location"]
    assert researcher.post(f"{address}retry/").status_code == 409
    Release.objects.update(state="failed", error="The disk is full.")
    assert researcher.get(address).json()["error"] == "The disk is full."
    assert researcher.post(f"{address}retry/").json()["state"] == "waiting"


def test_one_file_is_downloaded_or_a_part_of_it(researcher: Client, built: str) -> None:
    address = built.replace("download/", "files/")
    files = researcher.get(built.replace("download/", "")).json()["manifest"]["files"]
    [annotations] = [file for file in files if file["path"] == "data/annotations.jsonl"]
    answer = researcher.get(f"{address}data/annotations.jsonl")
    data = b"".join(answer.streaming_content)
    assert (answer["Content-Type"], len(data)) == ("application/jsonl", annotations["bytes"])
    assert answer["ETag"] == f'"{annotations["sha256"]}"'
    part = researcher.get(f"{address}data/annotations.jsonl", headers={"Range": "bytes=10-"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, data[10:])
    gone = researcher.get(f"{address}data/none.jsonl")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_a_release_is_called_off(researcher: Client) -> None:
    address = ask(researcher, {})["Location"]
    assert researcher.post(f"{address}cancel/").json()["state"] == "cancelled"
    answer = researcher.post(f"{address}cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert ask(researcher, {}).json()["version"] == "1.0.0"


def test_threshold_and_exclusions_are_taken(researcher: Client, project: Project) -> None:
    [article] = project.articles.all()
    left_out = [{"article": str(article.uuid), "reason": "Not news."}]
    answer = ask(researcher, {"threshold": 0.3, "exclusions": left_out})
    assert (answer.status_code, answer.json()["threshold"], answer.json()["exclusions"]) == (202, 0.3, left_out)


def test_annotators_and_strangers_are_told_404(project: Project, built: str) -> None:
    for user in (project.memberships.get(role="annotator").user, make_user()):
        client = Client()
        client.force_login(user)
        for address in (LIST, f"{LIST}1.0.0/", built, f"{LIST}1.0.0/files/README.md"):
            assert client.get(address).status_code == 404
        assert ask(client, {}).status_code == client.post(f"{LIST}1.0.0/retry/").status_code == 404
    assert Client().get(built).status_code == 401


def whole(response: Any) -> bytes:
    return b"".join(response)


def test_the_archive_is_the_release(researcher: Client, built: str) -> None:
    answer = researcher.get(built)
    assert answer["Accept-Ranges"] == "bytes"
    with zipfile.ZipFile(io.BytesIO(whole(answer))) as archive:
        assert archive.testzip() is None
        assert "walk-1.0.0/manifest.json" in archive.namelist()
    assert researcher.get(built, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_a_download_goes_on_where_it_broke_off(researcher: Client, built: str) -> None:
    first = researcher.get(built)
    all_of_it, tag = whole(first), first["ETag"]
    size = len(all_of_it)
    for said, start, end in (
        ("bytes=0-99", 0, 100),
        (f"bytes={size // 2}-", size // 2, size),
        ("bytes=-10", size - 10, size),
        (f"bytes=5-{size * 2}", 5, size),
    ):
        part = researcher.get(built, headers={"Range": said, "If-Range": tag})
        assert (part.status_code, whole(part)) == (206, all_of_it[start:end])
        assert part["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert part["Content-Length"] == str(end - start)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("bytes=99999999-", 416),
        ("bytes=9-3", 200),
        ("bytes=-0", 416),
        ("bytes=-", 200),
        ("lines=1-2", 200),
        (f"bytes={'9' * 5000}-", 200),
        ("bytes=0-1,5-6", 200),
    ],
)
def test_a_range_that_is_none_is_416_or_the_whole(researcher: Client, built: str, said: str, status: int) -> None:
    assert researcher.get(built, headers={"Range": said}).status_code == status


def test_a_part_of_another_build_is_not_continued(researcher: Client, built: str) -> None:
    answer = researcher.get(built, headers={"Range": "bytes=10-", "If-Range": '"another"'})
    assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_requests_with_one_key_at_the_same_moment_are_one(project: Project) -> None:
    user = project.memberships.get(role="researcher").user
    gate = threading.Barrier(4)

    def send(_: int) -> tuple[int, str]:
        try:
            client = Client()
            client.force_login(user)
            gate.wait(timeout=20)
            answer = ask(client, {}, **{"Idempotency-Key": "k"})
            return answer.status_code, answer.json()["version"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(send, range(4)))
    assert told == [(202, "1.0.0")] * 4
    assert Release.objects.count() == 1
