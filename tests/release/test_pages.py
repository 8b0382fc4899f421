"""The page of a project's releases: who sees it, building, progress, downloading."""

import hashlib
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate.models import Project, ProjectArticle
from corpus import workers
from release import tasks
from release.models import Release
from release.operations import releases
from release.operations.releases import build_release, cancel_release, request_release
from release.storage import archive_of, store
from release.verification import verify_release
from tests.factories import make_article, make_member, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db


def run_queued() -> None:
    """What the worker does with its queue, in this transaction."""
    for row in DBTaskResult.objects.order_by("enqueued_at"):
        tasks.build.call(*row.args_kwargs["args"])


ROLES = ("annotator", "adjudicator", "researcher", "manager")


@pytest.fixture
def people() -> dict[str, User]:
    return {role: make_user(f"page-canary-{role}") for role in ROLES}


@pytest.fixture
def project(people: dict[str, User], settings: Any, tmp_path: Path) -> Project:
    settings.RELEASE_ROOT = tmp_path / "releases"
    project = make_project(slug="caravan", members={user: role for role, user in people.items()})
    make_reading(project, make_article(), people["annotator"], [("FRAME", 0, 6)])
    return project


@pytest.fixture
def built(project: Project, people: dict[str, User]) -> Release:
    release = request_release(project=project, version="1.0.0", text_mode="full", actor=people["manager"])
    build_release(release_id=release.pk, now=timezone.now())
    release.refresh_from_db()
    return release


@pytest.mark.parametrize(
    ("role", "status"), [("annotator", 404), ("adjudicator", 404), ("researcher", 200), ("manager", 200)]
)
def test_researchers_and_managers_see_and_download(
    client: Client, people: dict[str, User], built: Release, role: str, status: int
) -> None:
    client.force_login(people[role])

    assert client.get("/projects/caravan/releases/").status_code == status
    for address in ("", "download/", "files/README.md"):
        assert client.get(f"/projects/caravan/releases/1.0.0/{address}").status_code == status


def test_a_release_has_a_page_that_leads_to_each_of_its_files(
    client: Client, people: dict[str, User], built: Release
) -> None:
    client.force_login(people["researcher"])
    assert 'href="/projects/caravan/releases/1.0.0/"' in client.get("/projects/caravan/releases/").content.decode()

    page = client.get("/projects/caravan/releases/1.0.0/").content.decode()

    assert built.sha256 in page
    paths = re.findall(r'href="/projects/caravan/releases/1.0.0/files/([^"]+)"', page)
    assert sorted(paths) == sorted(["manifest.json", *(file["path"] for file in built.manifest["files"])])
    for file in built.manifest["files"]:
        answer = client.get(f"/projects/caravan/releases/1.0.0/files/{file['path']}")
        data = b"".join(answer.streaming_content)
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert answer["Content-Disposition"].startswith("attachment")
    manifest = client.get("/projects/caravan/releases/1.0.0/files/manifest.json")
    assert hashlib.sha256(b"".join(manifest.streaming_content)).hexdigest() == built.sha256


@pytest.mark.parametrize("path", ["../1.0.0/README.md", "data", "data/none.jsonl", "/etc/passwd", "%2e%2e/x"])
def test_what_is_no_file_of_the_release_is_not_there(
    client: Client, people: dict[str, User], built: Release, path: str
) -> None:
    client.force_login(people["researcher"])
    assert client.get(f"/projects/caravan/releases/1.0.0/files/{path}").status_code == 404


def test_only_a_built_release_has_a_page(client: Client, people: dict[str, User], project: Project) -> None:
    client.force_login(people["manager"])
    request_release(project=project, version="1.0.0", text_mode="full", actor=people["manager"])
    assert client.get("/projects/caravan/releases/1.0.0/").status_code == 404


@pytest.mark.parametrize("role", ["annotator", "adjudicator"])
def test_others_cannot_build(client: Client, people: dict[str, User], project: Project, role: str) -> None:
    client.force_login(people[role])

    response = client.post("/projects/caravan/releases/", {"version": "1.0.0", "text_mode": "full"})

    assert response.status_code == 404
    assert not Release.objects.exists()


@pytest.mark.parametrize("address", ["", "1.0.0/", "1.0.0/download/", "1.0.0/files/README.md"])
def test_a_stranger_is_told_404(client: Client, built: Release, address: str) -> None:
    stranger = make_user()
    make_member(make_project(slug="other"), stranger, "manager")
    client.force_login(stranger)

    assert client.get(f"/projects/caravan/releases/{address}").status_code == 404
    assert client.get(f"/projects/nowhere/releases/{address}").status_code == 404


def test_an_empty_list_says_what_to_do(client: Client, people: dict[str, User], project: Project) -> None:
    client.force_login(people["researcher"])

    page = client.get("/projects/caravan/releases/").content.decode()

    assert "No release yet" in page
    assert 'value="1.0.0"' in page
    assert "hx-trigger" not in page


def test_building_polls_until_built_and_then_stops(
    client: Client, people: dict[str, User], project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(people["manager"])
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post("/projects/caravan/releases/", {"version": "1.0.0", "text_mode": "quotes"})
    waiting = client.get("/projects/caravan/releases/", headers={"HX-Request": "true"}).content.decode()

    run_queued()

    done = client.get("/projects/caravan/releases/", headers={"HX-Request": "true"}).content.decode()
    assert asked.status_code == 302
    assert 'hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting
    assert "Waiting for the worker" in waiting
    assert "hx-trigger" not in done
    assert "Download .zip" in done
    release = Release.objects.get()
    assert (release.state, release.text_mode, release.created_by) == ("built", "quotes", people["manager"])


def test_the_next_version_is_suggested(client: Client, people: dict[str, User], built: Release) -> None:
    client.force_login(people["manager"])

    assert 'value="1.1.0"' in client.get("/projects/caravan/releases/").content.decode()


@pytest.mark.parametrize(
    ("version", "says"),
    [("1.0.0", "exists already"), ("one", "not a semantic version"), ("../../etc", "not a semantic version")],
    ids=["taken", "words", "path"],
)
def test_a_bad_version_is_refused_in_words(
    client: Client, people: dict[str, User], built: Release, version: str, says: str
) -> None:
    client.force_login(people["manager"])

    response = client.post("/projects/caravan/releases/", {"version": version, "text_mode": "full"})

    assert response.status_code == 422
    assert says in response.content.decode()
    assert Release.objects.count() == 1


def test_the_download_is_a_whole_release_and_always_the_same(
    client: Client, people: dict[str, User], built: Release, tmp_path: Path
) -> None:
    client.force_login(people["researcher"])

    first = client.get("/projects/caravan/releases/1.0.0/download/")
    data = b"".join(first.streaming_content)
    again = b"".join(client.get("/projects/caravan/releases/1.0.0/download/").streaming_content)

    assert first.headers["Content-Disposition"] == 'attachment; filename="caravan-1.0.0.zip"'
    assert data == again
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path / "unpacked")
    report = verify_release(tmp_path / "unpacked" / "caravan-1.0.0")
    assert report.problems == []
    assert report.sha256 == built.sha256
    assert b"page-canary" not in b"".join(p.read_bytes() for p in (tmp_path / "unpacked").rglob("*") if p.is_file())


def test_a_download_goes_on_where_it_stopped(client: Client, people: dict[str, User], built: Release) -> None:
    client.force_login(people["researcher"])
    address = "/projects/caravan/releases/1.0.0/download/"
    whole = client.get(address)
    data = b"".join(whole.streaming_content)
    tag = whole.headers["ETag"]

    def part(wanted: str, **more: str) -> tuple[int, str | None, bytes]:
        response = client.get(address, headers={"Range": wanted, **more})
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return response.status_code, response.headers.get("Content-Range"), content

    size = len(data)
    assert int(whole.headers["Content-Length"]) == size
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert part("bytes=100-", **{"If-Range": tag}) == (206, f"bytes 100-{size - 1}/{size}", data[100:])
    assert part("bytes=0-9") == (206, f"bytes 0-9/{size}", data[:10])
    assert part("bytes=-5") == (206, f"bytes {size - 5}-{size - 1}/{size}", data[-5:])
    assert part(f"bytes={size}-") == (416, f"bytes */{size}", b"")
    assert part("bytes=100-", **{"If-Range": '"another"'}) == (200, None, data)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_an_archive_that_is_gone_is_made_again(client: Client, people: dict[str, User], built: Release) -> None:
    client.force_login(people["researcher"])
    first = b"".join(client.get("/projects/caravan/releases/1.0.0/download/").streaming_content)
    store().delete(archive_of(built))

    assert b"".join(client.get("/projects/caravan/releases/1.0.0/download/").streaming_content) == first


def test_options_of_the_form_reach_the_release(client: Client, people: dict[str, User], project: Project) -> None:
    client.force_login(people["manager"])
    given = {"version": "1.0.0", "text_mode": "positions", "times": "month", "formats": ["w3c"]}

    refused = client.post("/projects/caravan/releases/", given | {"formats": ["brat"]})
    client.post("/projects/caravan/releases/", given)

    assert refused.status_code == 422
    assert "brat holds the articles’ text" in refused.content.decode().replace("&#x27;", "’")
    release = Release.objects.get()
    assert (release.times, release.formats) == ("month", ["w3c"])


def test_threshold_and_exclusions_reach_the_release(
    client: Client, people: dict[str, User], project: Project, tmp_path: Path
) -> None:
    client.force_login(people["manager"])
    article = make_article(external_id="crowd-1")
    ProjectArticle.objects.create(project=project, article=article)
    make_reading(project, article, people["annotator"], [("FRAME", 0, 6)])
    given = {"version": "1.0.0", "text_mode": "full", "threshold": "0.75", "exclusions": "crowd-1  Not news.\n\n"}

    client.post("/projects/caravan/releases/", given)
    release = Release.objects.get()
    build_release(release_id=release.pk, now=timezone.now())

    release.refresh_from_db()
    assert release.total == 1
    assert release.manifest["clustering"]["threshold"] == "3/4"
    assert release.manifest["excluded"] == [{"article_id": str(article.uuid), "reason": "Not news."}]
    assert release.manifest["counts"]["annotations"] == {"complete": 1}
    page = client.get("/projects/caravan/releases/").content.decode()
    assert "units from 0.75 · 1 article left out" in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"threshold": "0"}, "greater than or equal to 0.01"),
        ({"threshold": "1.5"}, "less than or equal to 1"),
        ({"threshold": "half"}, "Write a number from 0.01 to 1"),
        ({"exclusions": "crowd-9 Not news."}, "no article with the uuid or id “crowd-9”"),
        ({"exclusions": "\ncrowd-9"}, "Line 2 gives no reason"),
        ({"exclusions": f"crowd-9 {'x' * 301}"}, "The reason of “crowd-9” is too long"),
    ],
)
def test_a_bad_threshold_or_exclusion_is_refused_in_words(
    client: Client, people: dict[str, User], project: Project, given: dict[str, str], says: str
) -> None:
    client.force_login(people["manager"])

    response = client.post("/projects/caravan/releases/", {"version": "1.0.0", "text_mode": "full", **given})

    assert response.status_code == 422
    assert says in response.content.decode()
    assert not Release.objects.exists()


def test_a_release_is_called_off_and_gives_its_version_up(
    client: Client, people: dict[str, User], project: Project
) -> None:
    client.force_login(people["manager"])
    release = request_release(project=project, version="1.0.0", text_mode="full", actor=people["manager"])

    client.post("/projects/caravan/releases/1.0.0/cancel/")

    assert not build_release(release_id=release.pk, now=timezone.now())
    page = client.get("/projects/caravan/releases/").content.decode()
    assert "called off" in page
    assert "hx-trigger" not in page
    assert 'value="1.0.0"' in page
    client.post("/projects/caravan/releases/", {"version": "1.0.0", "text_mode": "quotes"})
    assert [(one.state, one.text_mode) for one in Release.objects.all()] == [("waiting", "quotes")]
    assert not build_release(release_id=release.pk, now=timezone.now())


def test_a_release_called_off_while_it_is_built_leaves_nothing(
    people: dict[str, User], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = request_release(project=project, version="1.0.0", text_mode="full", actor=None)
    write = releases.write_release

    def called_off_meanwhile(**given: Any) -> Any:
        built = write(**given)
        assert cancel_release(release=release)
        return built

    monkeypatch.setattr(releases, "write_release", called_off_meanwhile)

    assert not build_release(release_id=release.pk, now=timezone.now())
    release.refresh_from_db()
    assert (release.state, release.sha256) == ("cancelled", "")
    assert not cancel_release(release=release)


def test_those_who_may_not_build_may_not_call_off(client: Client, people: dict[str, User], project: Project) -> None:
    release = request_release(project=project, version="1.0.0", text_mode="full", actor=people["manager"])
    client.force_login(people["adjudicator"])

    assert client.post("/projects/caravan/releases/1.0.0/cancel/").status_code == 404
    release.refresh_from_db()
    assert release.state == "waiting"


def test_without_a_worker_the_page_says_so(
    client: Client, people: dict[str, User], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_checks", [lambda *_args, **_kwargs: False])
    client.force_login(people["manager"])
    assert "No worker is running" not in client.get("/projects/caravan/releases/").content.decode()
    request_release(project=project, version="1.0.0", text_mode="full", actor=people["manager"])
    assert "No worker is running" in client.get("/projects/caravan/releases/").content.decode()


def test_the_admin_leads_a_manager_to_the_page_that_builds(client: Client, project: Project) -> None:
    manager = make_user(is_staff=True)
    make_member(project, manager, "manager")
    client.force_login(manager)
    assert client.get("/admin/release/release/add/")["Location"] == "/projects/caravan/releases/"
    make_member(make_project(slug="second"), manager, "manager")
    make_project(slug="third")

    page = client.get("/admin/release/release/add/").content.decode()

    assert "/projects/caravan/releases/" in page
    assert "/projects/second/releases/" in page
    assert "/projects/third/releases/" not in page


def test_a_failed_release_says_why_and_can_be_tried_again(
    client: Client,
    people: dict[str, User],
    project: Project,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    (tmp_path / "in-the-way").write_text("a file where the directory should be")
    settings.RELEASE_ROOT = tmp_path / "in-the-way"
    release = request_release(project=project, version="1.0.0", text_mode="full", actor=people["manager"])
    with pytest.raises(OSError, match="in-the-way"):
        build_release(release_id=release.pk, now=timezone.now())
    client.force_login(people["manager"])

    failed = client.get("/projects/caravan/releases/").content.decode()
    settings.RELEASE_ROOT = tmp_path / "fine"
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/projects/caravan/releases/1.0.0/retry/")
    run_queued()

    assert "in-the-way" in failed
    assert "Build again" in failed
    release.refresh_from_db()
    assert release.state == "built"


def test_the_list_asks_the_same_number_of_queries_for_one_and_three_releases(
    client: Client, people: dict[str, User], project: Project, django_assert_num_queries: Any
) -> None:
    client.force_login(people["manager"])
    counts = []
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        request_release(project=project, version=version, text_mode="full", actor=people["manager"])
        with django_assert_num_queries(1000, exact=False) as found:
            client.get("/projects/caravan/releases/", headers={"HX-Request": "true"})
        counts.append(len(found))

    assert counts == [counts[0]] * 3


def test_the_admin_shows_a_manager_their_releases_read_only(client: Client, built: Release) -> None:
    manager = make_user(is_staff=True)
    make_member(built.project, manager, "manager")
    elsewhere = make_user(is_staff=True)
    make_member(make_project(), elsewhere, "manager")

    client.force_login(manager)
    page = client.get(f"/admin/release/release/{built.pk}/change/")
    listed = client.get("/admin/release/release/").content.decode()
    client.force_login(elsewhere)
    hidden = client.get(f"/admin/release/release/{built.pk}/change/")

    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert "1.0.0" in listed
    assert hidden.status_code == 404
