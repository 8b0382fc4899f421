"""What the service notes about itself."""

from datetime import datetime, timedelta

from django.db import models


class WorkerHeartbeatQuerySet(models.QuerySet["WorkerHeartbeat"]):
    def alive(self, *, now: datetime) -> "WorkerHeartbeatQuerySet":
        """Workers that beat within ``WorkerHeartbeat.SILENCE``."""
        return self.filter(beat_at__gte=now - WorkerHeartbeat.SILENCE)


class WorkerHeartbeat(models.Model):
    """One running worker: it rewrites ``beat_at`` every ten seconds, and deletes the row when it ends in order."""

    # After so long without a beat a worker counts as dead, and what it was running is taken up again.
    SILENCE = timedelta(seconds=60)

    worker_id = models.CharField(primary_key=True, max_length=64)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    objects = WorkerHeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.worker_id} ({self.beat_at:%Y-%m-%d %H:%M:%S})"
