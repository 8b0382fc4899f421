"""An import that is killed at any moment leaves all of a batch or nothing, and running it again ends it.

``KILLS=20`` kills more often than the tests do by themselves.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch, ImportIssue
from corpus.operations.uploads import queue_import, run_import, silent_imports
from tests.service import environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[3]
ARTICLES, BROKEN = 5000, 10
KILLS = int(os.environ.get("KILLS", "5"))  # of each way in
SEED = 20261122
# Groups are made after an import, in steps of their own.
KEEP = "--near-duplicates=keep"
# Of this import only: a thread of an earlier test may have left a connection open.
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_start >= %s"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("killed") / "articles.jsonl"
    records = [
        json.dumps({"text": f"Headline {n}\n\nThe article number {n} says that {n * 7} came.", "outlet": f"O{n % 5}"})
        for n in range(ARTICLES)
    ]
    for n in range(BROKEN):
        records.insert(n * 500, "{broken")
    path.write_text("\n".join(records), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("imports")


@pytest.fixture(autouse=True)
def _kept(settings: Any, root: Path) -> None:
    settings.STORAGES = settings.STORAGES | {"imports": settings.STORAGES["imports"] | {"OPTIONS": {"location": root}}}


@pytest.fixture(scope="module")
def nursery(django_db_setup: None, django_db_blocker: Any, root: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that forks the imports to be killed: loading everything each time would take longer than they do."""
    with django_db_blocker.unblock():
        given = environment(DJANGO_SETTINGS_MODULE="config.settings", IMPORT_ROOT=str(root))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.corpus.operations.killed"],
        cwd=ROOT,
        env=given,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process


class _Import:
    """An import in a process of its own, under way from the start."""

    def __init__(self, nursery: subprocess.Popen[str], way: str, given: object, *, processes: int) -> None:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        self._answers = nursery.stdout
        with connection.cursor() as cursor:
            (self._since,) = cursor.execute("SELECT clock_timestamp()").fetchone()
        asked = {"way": way, "given": str(given), "processes": processes}
        nursery.stdin.write(json.dumps(asked) + "\n")
        nursery.stdin.flush()
        begins, pid = self._answers.readline().split()
        assert begins == "begins"
        self._pid = int(pid)

    def end(self) -> None:
        assert self._answers.readline() == "ended\n"

    def kill_after(self, seconds: float) -> None:
        time.sleep(seconds)
        with suppress(ProcessLookupError):  # it may be done, and then its parent has taken leave of it
            os.kill(self._pid, signal.SIGKILL)
        self.end()
        # A commit that was sent is done, whoever sent it.
        deadline = time.monotonic() + 120
        with connection.cursor() as cursor:
            while cursor.execute(_OTHERS, [self._since]).fetchone() != (0,):
                assert time.monotonic() < deadline
                time.sleep(0.02)


def _moments(duration: float) -> list[float]:
    """Random moments, one in each stretch of the duration and a little beyond."""
    rng = random.Random(SEED)
    return [1.05 * duration * (stretch + rng.random()) / KILLS for stretch in range(KILLS)]


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE corpus_article, corpus_importbatch CASCADE")


def _check_articles() -> None:
    numbers = [int(text.split()[1]) for text in Article.objects.values_list("text", flat=True)]
    assert sorted(numbers) == list(range(ARTICLES))


def _duration(importing: _Import) -> float:
    begun = time.monotonic()
    importing.end()
    took = time.monotonic() - begun
    _check_articles()
    return took


def test_a_killed_command_leaves_all_or_nothing_and_again_ends_it(
    file: Path, settings: Any, nursery: subprocess.Popen[str]
) -> None:
    settings.IMPORT_PROCESSES = 0
    duration = _duration(_Import(nursery, "command", file, processes=2))
    ended = 0
    for number, moment in enumerate(_moments(duration)):
        _empty()
        _Import(nursery, "command", file, processes=2 * (number % 2)).kill_after(moment)

        left = Article.objects.count()
        assert left in (0, ARTICLES)
        with pytest.raises(SystemExit, match="3"):
            call_command("import_articles", str(file), KEEP, stdout=StringIO(), stderr=StringIO())

        _check_articles()
        # One killed between its commit and its last breath was done, and then there are two.
        done = list(ImportBatch.objects.order_by("pk").values_list("state", "n_created", "n_duplicates", "n_rejected"))
        again = ("done", 0, ARTICLES, BROKEN)
        assert done in ([("done", ARTICLES, 0, BROKEN)], [("done", ARTICLES, 0, BROKEN), again])
        assert ImportIssue.objects.count() == BROKEN * len(done)
        ended += len(done) - 1
    assert ended < KILLS, "no process was killed in the middle"


def test_a_killed_worker_leaves_all_or_nothing_and_the_next_ends_it(
    file: Path, settings: Any, nursery: subprocess.Popen[str]
) -> None:
    settings.IMPORT_PROCESSES = 0

    def queued() -> ImportBatch:
        with file.open("rb") as stream:
            return queue_import(
                files=[File(stream, "a.jsonl")], settings=ImportSettings(near_duplicates="keep"), created_by=None
            )

    duration = _duration(_Import(nursery, "worker", queued().pk, processes=2))
    interrupted = 0
    for number, moment in enumerate(_moments(duration)):
        _empty()
        batch = queued()
        _Import(nursery, "worker", batch.pk, processes=2 * (number % 2)).kill_after(moment)

        batch.refresh_from_db()
        assert (batch.state, Article.objects.count()) in (("running", 0), ("queued", 0), ("done", ARTICLES))
        later = timezone.now() + timedelta(seconds=61)
        if batch.state != "done":
            interrupted += 1
            assert silent_imports(now=later) == [batch.pk]
            assert run_import(batch_id=batch.pk, now=later) is True

        _check_articles()
        batch.refresh_from_db()
        assert (batch.state, batch.n_created, batch.n_duplicates) == ("done", ARTICLES, 0)
        assert ImportIssue.objects.filter(batch=batch).count() == batch.n_rejected == BROKEN
        assert ImportBatch.objects.count() == 1
    assert interrupted, "no process was killed in the middle"


def test_a_killed_cleaner_fails_the_import_and_nothing_is_written(file: Path, settings: Any) -> None:
    settings.IMPORT_PROCESSES = 2
    killer = threading.Thread(target=_kill_one_cleaner)
    killer.start()

    with pytest.raises(CommandError, match=r"ended unexpectedly.*Nothing was written"):
        call_command("import_articles", str(file), stdout=StringIO(), stderr=StringIO())

    killer.join()
    assert (Article.objects.count(), ImportBatch.objects.count()) == (0, 0)


def _kill_one_cleaner() -> None:
    """Kill the first cleaner of this process that appears, before it can have done its work."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for thread in Path("/proc/self/task").iterdir():
            for pid in (thread / "children").read_text().split():
                try:
                    command = Path(f"/proc/{pid}/cmdline").read_text()
                except OSError:
                    continue
                if "corpus.crew" in command:
                    os.kill(int(pid), signal.SIGKILL)
                    return
        time.sleep(0.01)
