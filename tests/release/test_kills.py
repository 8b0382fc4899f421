"""A build that is killed at any moment leaves no release or a whole one, and the next build succeeds.

``KILLS=20`` kills more often than the tests do by themselves.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from annotate.models import Project
from release.models import Release
from release.operations.building import export_release, partial_directory
from release.operations.releases import build_release, request_release, silent_releases
from release.storage import LocalReleases, folder_of
from release.verification import verify_release
from tests.factories import make_article, make_project, make_reading, make_user
from tests.service import environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "5"))
SEED = 20261122


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> Path:
    settings.RELEASE_ROOT = tmp_path / "releases"
    return tmp_path / "releases"


@pytest.fixture
def project() -> Project:
    ana, bo = make_user(), make_user()
    project = make_project(members={ana: "annotator", bo: "annotator"})
    for number in range(30):
        article = make_article(f"Headline {number}\n\nAbout {number} people left the town on Sunday, officials said.")
        make_reading(project, article, ana, [("FRAME", 0, 8), ("SOURCE", 20, 30)])
        make_reading(project, article, bo, [("FRAME", 0, 9)])
    return project


@pytest.fixture
def nursery(db: None, root: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.release.killed"],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="config.settings", RELEASE_ROOT=str(root)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process


def build(nursery: subprocess.Popen[str], release: Release, *, kill_after: float | None = None) -> float:
    """Seconds until the process that builds was gone."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    with connection.cursor() as cursor:
        (since,) = cursor.execute("SELECT clock_timestamp()").fetchone()
    nursery.stdin.write(f"{release.pk}\n")
    nursery.stdin.flush()
    begins, pid = nursery.stdout.readline().split()
    assert begins == "begins"
    begun = time.monotonic()
    if kill_after is not None:
        time.sleep(kill_after)
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    assert nursery.stdout.readline() == "ended\n"
    took = time.monotonic() - begun
    # Of this build only: a thread of an earlier test may have left a connection open.
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_start >= %s"
    deadline = time.monotonic() + 120
    with connection.cursor() as cursor:
        while cursor.execute(others, [since]).fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    return took


def directory_of(release: Release) -> Path:
    return Path(LocalReleases().path(folder_of(release)))


def test_a_killed_build_leaves_nothing_half_and_the_next_succeeds(
    project: Project, root: Path, nursery: subprocess.Popen[str]
) -> None:
    def asked(version: str) -> Release:
        return request_release(project=project, version=version, text_mode="full", actor=None, formats=["w3c"])

    duration = build(nursery, asked("0.1.0"))
    rng = random.Random(SEED)
    interrupted = 0
    for number in range(KILLS):
        release = asked(f"1.{number}.0")
        build(nursery, release, kill_after=1.05 * duration * (number + rng.random()) / KILLS)

        release.refresh_from_db()
        if release.state == "built":
            assert verify_release(directory_of(release)).problems == []
            continue
        interrupted += 1
        later = timezone.now() + timedelta(seconds=61)
        assert silent_releases(now=later) == ([release.pk] if release.state == "building" else [])
        assert build_release(release_id=release.pk, now=later) is True
        assert verify_release(directory_of(release)).problems == []
    assert interrupted, "no process was killed in the middle"
    left = sorted(path.name for path in root.rglob("*") if "partial" in path.name)
    assert left == []


def test_several_builds_at_once_do_not_touch_each_other(project: Project, root: Path, tmp_path: Path) -> None:
    def export(name: str) -> None:
        try:
            export_release(project=project, out=tmp_path / "out" / name, version="1.0.0")
        finally:
            connection.close()

    threads = [Thread(target=export, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "two"]
    found = [verify_release(tmp_path / "out" / name) for name in ("one", "two")]
    assert [report.problems for report in found] == [[], []]
    assert found[0].sha256 == found[1].sha256


def test_what_a_dead_builder_left_is_swept_and_a_living_ones_work_is_not(tmp_path: Path) -> None:
    out = tmp_path / "release"
    (tmp_path / "release.partial-dead").mkdir()
    (tmp_path / "release.partial-dead" / "half.jsonl").write_text("{")
    (tmp_path / "other.partial-dead").mkdir()

    with partial_directory(out) as living, partial_directory(out) as second:
        (living / "data.jsonl").write_text("{}")

        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
            ["other.partial-dead", living.name, second.name]
        )
    assert [path.name for path in tmp_path.iterdir()] == ["other.partial-dead"]
