"""An import that is killed at any moment leaves all of a batch or nothing, and running it again ends it."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
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
KILLS = 10  # of each way in
SEED = 20261122
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


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


@pytest.fixture(autouse=True)
def kept(settings: Any, tmp_path: Path) -> Path:
    root = tmp_path / "imports"
    settings.STORAGES = settings.STORAGES | {"imports": settings.STORAGES["imports"] | {"OPTIONS": {"location": root}}}
    return root


def _begin(kept: Path, *arguments: object, processes: int) -> subprocess.Popen[str]:
    """The import in a process of its own; it is under way when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.corpus.operations.killed", *map(str, arguments)],
        cwd=ROOT,
        env=environment(
            DJANGO_SETTINGS_MODULE="config.settings", IMPORT_ROOT=str(kept), IMPORT_PROCESSES=str(processes)
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    time.sleep(seconds)
    process.kill()
    _end(process)
    # A commit that was sent is done, whoever sent it.
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while cursor.execute(_OTHERS).fetchone() != (0,):
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


def _duration(process: subprocess.Popen[str]) -> float:
    begun = time.monotonic()
    assert process.stdout is not None
    process.stdout.read()
    took = time.monotonic() - begun
    _end(process)
    _check_articles()
    return took


def test_a_killed_command_leaves_all_or_nothing_and_again_ends_it(file: Path, kept: Path, settings: Any) -> None:
    settings.IMPORT_PROCESSES = 0
    duration = _duration(_begin(kept, "command", file, processes=2))
    ended = 0
    for number, moment in enumerate(_moments(duration)):
        _empty()
        _kill_after(_begin(kept, "command", file, processes=2 * (number % 2)), moment)

        left = Article.objects.count()
        assert left in (0, ARTICLES)
        with pytest.raises(SystemExit, match="3"):
            call_command("import_articles", str(file), stdout=StringIO(), stderr=StringIO())

        _check_articles()
        # One killed between its commit and its last breath was done, and then there are two.
        done = list(ImportBatch.objects.order_by("pk").values_list("state", "n_created", "n_duplicates", "n_rejected"))
        again = ("done", 0, ARTICLES, BROKEN)
        assert done in ([("done", ARTICLES, 0, BROKEN)], [("done", ARTICLES, 0, BROKEN), again])
        assert ImportIssue.objects.count() == BROKEN * len(done)
        ended += len(done) - 1
    assert ended < KILLS, "no process was killed in the middle"


def test_a_killed_worker_leaves_all_or_nothing_and_the_next_ends_it(file: Path, kept: Path, settings: Any) -> None:
    settings.IMPORT_PROCESSES = 0

    def queued() -> ImportBatch:
        with file.open("rb") as stream:
            return queue_import(files=[File(stream, "a.jsonl")], settings=ImportSettings(), created_by=None)

    duration = _duration(_begin(kept, "worker", queued().pk, processes=2))
    interrupted = 0
    for number, moment in enumerate(_moments(duration)):
        _empty()
        batch = queued()
        _kill_after(_begin(kept, "worker", batch.pk, processes=2 * (number % 2)), moment)

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
