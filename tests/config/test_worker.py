"""The worker: what it leaves behind when it is stopped or killed, and how it shows that it lives."""

import signal
from datetime import UTC, datetime, timedelta

import pytest
from django.tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from config.models import WorkerHeartbeat
from config.worker import Worker, beat, requeue_abandoned_tasks

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CALLS: list[str] = []


@task
def note(word: str) -> None:
    CALLS.append(word)


@task
def interrupt_me() -> None:
    """Does to its worker what a second Ctrl+C does."""
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    CALLS.append("not interrupted")


@task
def fail() -> None:
    raise ValueError("on purpose")


@pytest.fixture(autouse=True)
def no_calls() -> None:
    CALLS.clear()


@pytest.fixture
def worker() -> Worker:
    return Worker(batch=True)


@pytest.mark.django_db(transaction=True)
def test_it_runs_what_is_queued_and_removes_its_heartbeat(worker: Worker) -> None:
    note.enqueue("first")
    fail.enqueue()
    note.enqueue("second")
    worker.run()
    assert CALLS == ["first", "second"]
    assert sorted(DBTaskResult.objects.values_list("status", flat=True)) == ["FAILED", "SUCCESSFUL", "SUCCESSFUL"]
    assert not WorkerHeartbeat.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_task_goes_back_into_the_queue(worker: Worker) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    interrupt_me.enqueue()
    note.enqueue("not reached")
    worker.configure_signals()
    try:
        worker.run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert CALLS == []
    assert list(DBTaskResult.objects.values_list("status", flat=True)) == [TaskResultStatus.READY] * 2
    assert not DBTaskResult.objects.exclude(traceback="").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("silence", "requeued"),
    [(timedelta(seconds=59), 0), (timedelta(seconds=61), 1), (None, 1)],
    ids=["alive", "silent", "gone"],
)
def test_a_task_whose_worker_is_dead_is_taken_up_again(silence: timedelta | None, requeued: int) -> None:
    note.enqueue("once more")
    row = DBTaskResult.objects.get()
    row.claim("worker")
    DBTaskResult.objects.update(started_at=NOW - timedelta(minutes=5))
    if silence is not None:
        beat(worker_id="worker", now=NOW - silence)
    assert requeue_abandoned_tasks(now=NOW) == requeued
    row.refresh_from_db()
    assert row.status == (TaskResultStatus.READY if requeued else TaskResultStatus.RUNNING)


@pytest.mark.django_db
def test_a_beat_keeps_the_start_and_moves_on() -> None:
    beat(worker_id="worker", now=NOW)
    beat(worker_id="worker", now=NOW + timedelta(seconds=10))
    row = WorkerHeartbeat.objects.get()
    assert (row.started_at, row.beat_at) == (NOW, NOW + timedelta(seconds=10))
