"""What the service notes about itself."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
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


class Session(AbstractBaseSession):
    """A browser's session. ``user`` repeats what the signed data says, so that both are read in one query."""

    # Without a constraint in the database: it would be checked at the end of saving, where Django's store takes every
    # integrity error for a key that is in use and draws the next one. Deleting an account deletes its sessions.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, db_constraint=False, on_delete=models.CASCADE, related_name="+"
    )

    class Meta(AbstractBaseSession.Meta):
        db_table = "config_session"
