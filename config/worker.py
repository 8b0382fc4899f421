"""The background worker: runs queued tasks, shows that it is alive, takes up what a dead worker left.

django-tasks-db supplies the queue and how one task is run; the loop is ours because theirs neither ends
within a deadline nor notices tasks whose worker was killed.
"""

import logging
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

from django.db import close_old_connections, connection, transaction
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker as LibraryWorker
from django_tasks_db.models import DBTaskResult

from annotate.door_tasks import resume_silent_uploads
from annotate.operations.announcing import send_due_webhooks
from annotate.operations.doors.uploads import forget_old_annotation_uploads
from annotate.operations.kept_answers import forget_old_answers
from annotate.operations.stages import settle_some_stages
from annotate.operations.tasks.expiry import expire_leases
from annotate.tasks import ask_for_late_figures, resume_silent_gamma
from config.models import WorkerHeartbeat
from corpus.operations.drafts import discard_old_drafts
from corpus.operations.uploads import forget_old_uploads
from corpus.search_tasks import index_what_was_missed
from corpus.tasks import resume_silent_imports
from release.tasks import resume_silent_releases

logger = logging.getLogger(__name__)

# Seconds.
BEAT = 10.0
INTERVAL = 0.5
# What a running task gets to finish after the first signal; the whole service ends within five.
GRACE = 1.2


class StopWorkerNow(BaseException):
    """Raised into a running task, or out of the pause between two, when the worker must end."""


def requeue_abandoned_tasks(*, now: datetime) -> int:
    """Put tasks back into the queue whose worker has not beaten for ``SILENCE``; how many.

    The last entry of ``worker_ids`` is the worker that claimed the task. Jobs are idempotent by row id,
    so running one twice is harmless.
    """
    alive = set(WorkerHeartbeat.objects.alive(now=now).values_list("worker_id", flat=True))
    requeued = 0
    with transaction.atomic():
        # A worker beats before it claims, so a task claimed a moment ago has its worker among the living.
        started = DBTaskResult.objects.running().filter(started_at__lt=now - timedelta(seconds=BEAT))
        for row in started.select_for_update(skip_locked=True):
            if not row.worker_ids or row.worker_ids[-1] not in alive:
                _requeue(row)
                requeued += 1
    WorkerHeartbeat.objects.filter(beat_at__lt=now - 10 * WorkerHeartbeat.SILENCE).delete()
    return requeued


def _requeue(row: Any) -> None:
    row.status = TaskResultStatus.READY
    row.started_at = row.finished_at = None
    row.exception_class_path = row.traceback = ""
    row.save(update_fields=["status", "started_at", "finished_at", "exception_class_path", "traceback"])


# Called every ``BEAT`` seconds between two tasks, each with ``now``; an error in one is logged and not fatal.
CHORES: tuple[Callable[..., object], ...] = (
    requeue_abandoned_tasks,
    expire_leases,
    resume_silent_releases,
    resume_silent_imports,
    resume_silent_uploads,
    resume_silent_gamma,
    forget_old_uploads,
    discard_old_drafts,
    forget_old_annotation_uploads,
    index_what_was_missed,
    settle_some_stages,
    ask_for_late_figures,
    send_due_webhooks,
    forget_old_answers,
)


class Worker(LibraryWorker):
    """Runs tasks of every queue until a signal; see the module."""

    def __init__(self, *, batch: bool = False) -> None:
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=INTERVAL,
            batch=batch,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=worker_ids_here() + secrets.token_hex(8),
        )
        self.pausing = False
        self.interrupted = False
        self.next_chores = 0.0
        self.ended = threading.Event()

    def configure_signals(self) -> None:
        """Explicit handlers, so that a signal inherited as ignored (nohup, background shells) ends us too."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self.shutdown)
        signal.signal(signal.SIGALRM, self._out_of_time)

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """The first signal lets a running task finish within ``GRACE`` seconds; a second one does not."""
        if not self.running:
            self._out_of_time(signum, frame)
            return
        self.running = False
        signal.setitimer(signal.ITIMER_REAL, GRACE)
        if self.pausing:
            raise StopWorkerNow

    def _out_of_time(self, _signum: int, _frame: FrameType | None) -> None:
        if self.running_task and not self.interrupted:
            self.interrupted = True
            raise StopWorkerNow

    def run(self) -> None:
        """Work until a signal, or (batch) until the queue is empty."""
        beat(worker_id=self.worker_id, now=timezone.now())
        heart = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        heart.start()
        try:
            while self.running:
                close_old_connections()
                self._do_chores()
                if not self.run_next() and not self._pause():
                    break
        except StopWorkerNow:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.ended.set()
            heart.join(timeout=1)
            WorkerHeartbeat.objects.filter(worker_id=self.worker_id).delete()

    def run_next(self) -> bool:
        """Claim and run the next ready task; False if there is none."""
        with transaction.atomic():
            row = DBTaskResult.objects.ready().filter(backend_name=self.backend_name).get_locked()
            if row is None:
                return False
            row.claim(self.worker_id)
        self.run_task(row)
        if self.interrupted:
            # The library noted the interruption as the task's failure; it is ours, so the task goes back.
            _requeue(row)
        return True

    def _pause(self) -> bool:
        """Wait before the next look; False if the worker is to end instead."""
        if self.batch:
            return False
        self.pausing = True
        try:
            if self.running:
                time.sleep(self.interval)
        finally:
            self.pausing = False
        return True

    def _do_chores(self) -> None:
        if time.monotonic() < self.next_chores:
            return
        self.next_chores = time.monotonic() + BEAT
        for chore in CHORES:
            try:
                chore(now=timezone.now())
            except Exception:
                logger.exception("The chore %s failed; it is tried again in %s s", chore.__name__, BEAT)

    def _keep_beating(self) -> None:
        """In a thread of its own: a task that takes minutes must not make its worker look dead."""
        while not self.ended.wait(BEAT):
            try:
                close_old_connections()
                beat(worker_id=self.worker_id, now=timezone.now())
            except Exception:
                logger.exception("The worker's heartbeat failed; it is tried again in %s s", BEAT)
        connection.close()


def worker_ids_here() -> str:
    """How the id of every worker on this machine (or in this container) begins."""
    return f"{socket.gethostname()[:40]}/"


def beat(*, worker_id: str, now: datetime) -> None:
    """Note that the worker is alive."""
    WorkerHeartbeat.objects.update_or_create(
        worker_id=worker_id, defaults={"beat_at": now}, create_defaults={"beat_at": now, "started_at": now}
    )
