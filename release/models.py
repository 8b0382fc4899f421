"""Releases: frozen exports of a project's readings."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotate.models import Project


class Release(models.Model):
    """One version of a project's dataset. Immutable once built."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        BUILDING = "building", "building"
        BUILT = "built", "built"
        FAILED = "failed", "failed"

    class TextMode(models.TextChoices):
        FULL = "full", "full text"
        QUOTES = "quotes", "quotes with context"
        POSITIONS = "positions", "positions only"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=40, help_text="Semantic version, e.g. 1.0.0.")
    text_mode = models.CharField(max_length=10, choices=TextMode.choices, default=TextMode.FULL)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    built_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    manifest = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of manifest.json.")
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    heartbeat = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "version"],
                name="one_release_per_version",
                violation_error_message="This version exists already; releases never change, so raise the version.",
            ),
            models.CheckConstraint(
                condition=~Q(state="built") | (~Q(sha256="") & Q(built_at__isnull=False)),
                name="a_built_release_has_its_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.version}"
