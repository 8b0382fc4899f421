"""Imports in the worker: queued, run, called off, tried again, taken up after a silence."""

import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import TestCase
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate.models import ProjectArticle
from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch, ImportFile, ImportIssue
from corpus.operations import running
from corpus.operations.uploads import (
    cancel_import,
    forget_old_uploads,
    queue_import,
    retry_import,
    run_import,
    silent_imports,
)
from corpus.tasks import resume_silent_imports
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept(settings: Any, tmp_path: Path) -> Path:
    """Where uploads wait, in this test alone."""
    settings.STORAGES = settings.STORAGES | {
        "imports": settings.STORAGES["imports"] | {"OPTIONS": {"location": tmp_path / "imports"}}
    }
    return tmp_path / "imports"


def _file(name: str, *records: Any) -> ContentFile[Any]:
    return ContentFile("\n".join(map(json.dumps, records)).encode(), name=name)


def _queue(*files: ContentFile[Any], created_by: Any = None, **chosen: Any) -> ImportBatch:
    given = files or (_file("a.jsonl", {"text": "One was here."}, {"text": ""}, {"text": "Two was here."}),)
    return queue_import(files=given, settings=ImportSettings(**chosen), created_by=created_by)


def _on_disk(kept: Path) -> list[Path]:
    return [path for path in kept.rglob("*") if path.is_file()]


def test_settings_survive_being_kept() -> None:
    chosen = ImportSettings(format="jsonl", columns={"text": "Body"}, rules_off=("share",), repair_mojibake=True)

    stored = json.loads(json.dumps(chosen.as_json()))

    assert ImportSettings.from_json(stored | {"of_a_later_version": 1}) == chosen
    assert ImportSettings.from_json({}) == ImportSettings()
    assert chosen.read_options().columns == {"text": "Body"}


def test_a_queued_import_waits_with_its_files_and_its_task(kept: Path) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        batch = _queue(_file("../a.jsonl", {"text": "One."}), _file("b.jsonl", {"text": "Two."}), story="walk")

    assert (batch.state, batch.attempt, batch.source) == ("queued", 0, "a.jsonl, b.jsonl")
    assert batch.bytes_total == sum(path.stat().st_size for path in _on_disk(kept)) == 32
    assert list(batch.files.values_list("position", "name")) == [(0, "a.jsonl"), (1, "b.jsonl")]
    assert [row.args_kwargs["args"] for row in DBTaskResult.objects.all()] == [[batch.pk]]
    assert not Article.objects.exists()


def test_running_it_imports_once_and_removes_the_files(kept: Path) -> None:
    batch = _queue(story="walk", outlet="A")
    now = timezone.now()

    with TestCase.captureOnCommitCallbacks(execute=True):
        assert [run_import(batch_id=batch.pk, now=now) for _ in range(2)] == [True, False]

    batch.refresh_from_db()
    assert (batch.state, batch.attempt, batch.progress, batch.error) == ("done", 1, 3, "")
    assert (batch.n_created, batch.n_duplicates, batch.n_rejected) == (2, 0, 1)
    assert batch.bytes_read == batch.bytes_total
    assert len(batch.sha256) == 64
    assert batch.started_at == now
    assert set(Article.objects.values_list("story__slug", "outlet__name", "import_batch")) == {("walk", "A", batch.pk)}
    assert list(ImportIssue.objects.values_list("source", "line")) == [("a.jsonl", 2)]
    assert list(batch.files.values_list("name", "file")) == [("a.jsonl", "")]
    assert _on_disk(kept) == []


def test_articles_go_into_a_project_of_the_person_who_uploaded() -> None:
    manager = make_user()
    project = make_project(members={manager: "manager"})
    batch = _queue(project=project.slug, created_by=manager)

    run_import(batch_id=batch.pk, now=timezone.now())

    assert ProjectArticle.objects.filter(project=project).count() == 2


@pytest.mark.parametrize("gone", ["project", "account", "file"])
def test_a_failure_is_told_and_nothing_written(gone: str, kept: Path) -> None:
    manager = make_user()
    project = make_project(members={} if gone == "project" else {manager: "manager"})
    batch = _queue(project=project.slug, created_by=None if gone == "account" else manager)
    if gone == "file":
        _on_disk(kept)[0].unlink()

    with pytest.raises(
        Exception, match={"project": "may not add", "account": "is gone", "file": "not there any"}[gone]
    ):
        run_import(batch_id=batch.pk, now=timezone.now())

    batch.refresh_from_db()
    assert batch.state == "failed"
    assert "again" in batch.error
    assert not Article.objects.exists()
    assert not ProjectArticle.objects.exists()


def test_an_import_in_living_hands_is_left_alone_and_a_silent_one_taken_over() -> None:
    batch = _queue()
    now = timezone.now()
    ImportBatch.objects.filter(pk=batch.pk).update(state="running", attempt=1, heartbeat=now - timedelta(seconds=59))

    assert run_import(batch_id=batch.pk, now=now) is False
    assert run_import(batch_id=batch.pk, now=now + timedelta(seconds=2)) is True

    batch.refresh_from_db()
    assert (batch.state, batch.attempt) == ("done", 2)


def test_the_worker_takes_up_what_fell_silent_or_was_lost() -> None:
    silent, lost = _queue(), _queue()
    now = timezone.now() + timedelta(seconds=61)
    ImportBatch.objects.filter(pk=silent.pk).update(state="running", attempt=1, heartbeat=now - timedelta(seconds=61))

    resume_silent_imports(now=now)
    resume_silent_imports(now=now)

    assert [row.args_kwargs["args"] for row in DBTaskResult.objects.order_by("enqueued_at")] == [[silent.pk], [lost.pk]]
    assert run_import(batch_id=silent.pk, now=now) is True


def test_an_import_that_kills_its_worker_again_and_again_is_given_up() -> None:
    batch = _queue()
    now = timezone.now()
    ImportBatch.objects.filter(pk=batch.pk).update(state="running", attempt=5, heartbeat=now - timedelta(seconds=61))

    assert silent_imports(now=now) == []

    batch.refresh_from_db()
    assert batch.state == "failed"
    assert "Split the files" in batch.error


def test_a_cancelled_import_is_not_run_and_can_be_tried_again(kept: Path) -> None:
    batch = _queue()

    assert [cancel_import(batch=batch), cancel_import(batch=batch)] == [True, False]
    assert batch.state == "cancelled"
    assert run_import(batch_id=batch.pk, now=timezone.now()) is False
    assert len(_on_disk(kept)) == 1

    assert [retry_import(batch=batch), retry_import(batch=batch)] == [True, False]
    assert run_import(batch_id=batch.pk, now=timezone.now()) is True
    assert Article.objects.count() == 2


def test_a_finished_import_is_neither_cancelled_nor_tried_again() -> None:
    batch = _queue()
    run_import(batch_id=batch.pk, now=timezone.now())

    assert (cancel_import(batch=batch), retry_import(batch=batch)) == (False, False)
    assert batch.state == "done"


def test_files_of_imports_that_came_to_nothing_go_after_a_while(kept: Path) -> None:
    batch, waiting = _queue(), _queue()
    cancel_import(batch=batch)
    now = timezone.now()

    assert forget_old_uploads(now=now + timedelta(days=13)) == 0
    assert forget_old_uploads(now=now + timedelta(days=15)) == 1

    assert set(ImportFile.objects.filter(file="").values_list("batch", flat=True)) == {batch.pk}
    assert len(_on_disk(kept)) == waiting.files.count()
    assert retry_import(batch=batch) is False


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_it_runs_and_cancelling_ends_it(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.IMPORT_PROCESSES = 0
    monkeypatch.setattr(running, "BEAT", 0.02)
    batch = _queue(_file("long.jsonl", *({"text": f"Article {n} was here."} for n in range(20_000))))
    seen: list[tuple[int, int, int]] = []

    def watch() -> None:
        deadline = time.monotonic() + 60
        try:
            while time.monotonic() < deadline and not seen:
                row = ImportBatch.objects.get(pk=batch.pk)
                if row.progress:
                    seen.append((row.progress, row.bytes_read, Article.objects.count()))
                    cancel_import(batch=row)
                time.sleep(0.01)
        finally:
            connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assert run_import(batch_id=batch.pk, now=timezone.now()) is False
    finally:
        watcher.join()

    [(records, read, articles)] = seen
    assert 0 < records < 20_000
    assert 0 < read < batch.bytes_total
    assert articles == Article.objects.count() == 0
    batch.refresh_from_db()
    assert (batch.state, batch.finished_at) == ("cancelled", None)
