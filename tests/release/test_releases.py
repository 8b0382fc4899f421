"""Building in the worker: once, resumed, fenced, immutable."""

import hashlib
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate.models import Project
from release.exceptions import BadVersionError, SupersededError, VersionTakenError
from release.models import Release
from release.operations import releases
from release.operations.releases import build_release, cancel_release, request_release
from release.operations.versions import checked_version, suggested_version
from release.storage import LocalReleases, archive_of, folder_of, store
from release.tasks import resume_silent_releases
from tests.factories import make_article, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db


def directory_of(release: Release) -> Path:
    return Path(LocalReleases().path(folder_of(release)))


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RELEASE_ROOT = tmp_path / "releases"
    user = make_user()
    project = make_project(members={user: "annotator"})
    make_reading(project, make_article(), user, [("FRAME", 0, 6)])
    return project


@pytest.fixture
def release(project: Project) -> Release:
    return request_release(project=project, version="1.0.0", text_mode="full", actor=None)


def test_building_twice_builds_once(release: Release) -> None:
    now = timezone.now()

    assert [build_release(release_id=release.pk, now=now) for _ in range(2)] == [True, False]

    release.refresh_from_db()
    assert (release.state, release.attempt, release.progress, release.total) == ("built", 1, 1, 1)
    assert (directory_of(release) / "manifest.json").is_file()
    assert release.manifest["version"] == "1.0.0"


def test_a_release_in_living_hands_is_left_alone_and_a_silent_one_taken_over(release: Release) -> None:
    now = timezone.now()
    Release.objects.filter(pk=release.pk).update(state="building", attempt=1, heartbeat=now - timedelta(seconds=59))

    assert build_release(release_id=release.pk, now=now) is False
    assert build_release(release_id=release.pk, now=now + timedelta(seconds=2)) is True

    release.refresh_from_db()
    assert (release.state, release.attempt) == ("built", 2)


def test_the_worker_takes_up_what_fell_silent(release: Release) -> None:
    now = timezone.now()
    Release.objects.filter(pk=release.pk).update(state="building", attempt=1, heartbeat=now - timedelta(seconds=61))

    resume_silent_releases(now=now)
    resume_silent_releases(now=now)

    assert [row.args_kwargs["args"] for row in DBTaskResult.objects.all()] == [[release.pk]]
    assert build_release(release_id=release.pk, now=now) is True


def test_files_of_an_attempt_that_died_before_its_commit_are_replaced(release: Release) -> None:
    directory_of(release).mkdir(parents=True)
    (directory_of(release) / "half.jsonl").write_text("{}")

    build_release(release_id=release.pk, now=timezone.now())

    assert not (directory_of(release) / "half.jsonl").exists()
    left = sorted(path.name for path in directory_of(release).parent.iterdir())
    assert left == ["1.0.0", f"{release.project.slug}-1.0.0.zip"]


def test_a_worker_that_was_overtaken_writes_nothing(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    original = releases.write_release

    def overtaken(**arguments: Any) -> Any:
        built = original(**arguments)
        Release.objects.filter(pk=release.pk).update(attempt=7)
        return built

    monkeypatch.setattr(releases, "write_release", overtaken)

    assert build_release(release_id=release.pk, now=timezone.now()) is False

    assert not directory_of(release).exists()
    release.refresh_from_db()
    assert (release.state, release.attempt) == ("building", 7)


def test_a_worker_that_is_stopped_leaves_the_release_waiting(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(**arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(releases, "write_release", stopped)

    with pytest.raises(KeyboardInterrupt):
        build_release(release_id=release.pk, now=timezone.now())

    release.refresh_from_db()
    assert release.state == "waiting"
    assert list(directory_of(release).parent.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_builder_hears_that_its_release_was_called_off(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "BEAT", 0.02)
    Release.objects.update(state="building", attempt=1)
    deadline = time.monotonic() + 10
    with releases.Heart(release.pk, 1) as heart:
        heart.note(7, 12)
        while (release.progress, release.total) != (7, 12) and time.monotonic() < deadline:
            release.refresh_from_db()
        assert cancel_release(release=release)

        def go_on() -> None:
            while time.monotonic() < deadline:
                heart.note(8, 12)

        with pytest.raises(SupersededError):
            go_on()
    release.refresh_from_db()
    assert (release.state, release.progress) == ("cancelled", 0)


def test_a_built_release_cannot_be_changed_or_deleted(release: Release) -> None:
    build_release(release_id=release.pk, now=timezone.now())

    for change in (lambda: Release.objects.update(version="9.0.0"), lambda: Release.objects.all().delete()):
        with pytest.raises(IntegrityError, match="built_releases_never_change"), transaction.atomic():
            change()


def test_a_version_is_taken_once(release: Release) -> None:
    with pytest.raises(VersionTakenError):
        request_release(project=release.project, version="1.0.0", text_mode="full", actor=None)


@pytest.mark.parametrize("version", ["1.0", "01.0.0", "1.0.0-", "v1.0.0", "1.0.0\n", "", "1.0.0+" + "a" * 40])
def test_what_is_not_a_semantic_version_is_refused(version: str) -> None:
    with pytest.raises(BadVersionError):
        checked_version(version)


@pytest.mark.parametrize("version", ["0.0.0", "10.20.30", "1.0.0-rc.1", "1.0.0-alpha+build.5"])
def test_semantic_versions_pass(version: str) -> None:
    assert checked_version(version) == version


def test_the_suggestion_follows_the_highest_version(project: Project) -> None:
    suggestions = [suggested_version(project)]
    for version in ("1.9.0", "1.10.2", "1.2.0"):
        request_release(project=project, version=version, text_mode="full", actor=None)
        suggestions.append(suggested_version(project))

    assert suggestions == ["1.0.0", "1.10.0", "1.11.0", "1.11.0"]


def test_the_previous_version_is_named(release: Release) -> None:
    build_release(release_id=release.pk, now=timezone.now())
    following = request_release(project=release.project, version="1.1.0", text_mode="full", actor=None)

    build_release(release_id=following.pk, now=timezone.now())

    following.refresh_from_db()
    assert following.manifest["previous_version"] == "1.0.0"


def test_a_store_without_directories_keeps_every_file_and_the_archive(project: Project, settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "releases": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    release = request_release(project=project, version="1.0.0", text_mode="full", actor=None)
    store().save(f"{project.slug}/1.0.0/README.md", ContentFile(b"left by an attempt that died"))

    build_release(release_id=release.pk, now=timezone.now())

    release.refresh_from_db()
    assert release.state == "built"
    for file in [*release.manifest["files"], {"path": "manifest.json", "sha256": release.sha256}]:
        with store().open(f"{project.slug}/1.0.0/{file['path']}") as kept:
            assert hashlib.sha256(kept.read()).hexdigest() == file["sha256"], file["path"]
    with store().open(archive_of(release)) as kept, zipfile.ZipFile(kept) as archive:
        assert len(archive.namelist()) == len(release.manifest["files"]) + 1
    assert not Path(settings.RELEASE_ROOT).exists()
