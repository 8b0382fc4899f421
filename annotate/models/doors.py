"""Annotations that somebody uploads: looked through first, then imported."""

from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models

from annotate.models.projects import Project


def upload_storage() -> Storage:
    """Where uploaded files wait; web and worker must both reach it."""
    return storages["imports"]


class AnnotationImport(models.Model):
    """One upload of annotations: what is to be done with it, and what came of it.

    ``result`` is what ``import_annotations --json`` prints, without what was rejected, which are rows of their own; its
    lists are cut at ``MOST_LISTED`` entries each.
    """

    MOST_LISTED = 500

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "under way"
        CHECKED = "checked", "looked through"
        DONE = "done", "imported"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "called off"

    PENDING: ClassVar = (State.WAITING, State.RUNNING)
    # From these it can be looked through again, or imported.
    RESTING: ClassVar = (State.CHECKED, State.FAILED, State.CANCELLED)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="annotation_imports")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    format = models.CharField(max_length=20)
    options = models.JSONField(default=dict, help_text="Maps, units and what else was chosen.")
    is_check = models.BooleanField(default=True, help_text="Whether to look through it only, and write nothing.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    result = models.JSONField(default=dict, blank=True)
    n_rejected = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, help_text="Why it failed as a whole, and what to do.")
    progress = models.PositiveIntegerField(default=0, help_text="Entries of the files that are dealt with.")
    total = models.PositiveIntegerField(default=0, help_text="Entries in the files; 0 until they are counted.")
    heartbeat = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0, help_text="Grows with every run; only the latest may finish.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Runs since somebody asked for it.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"annotations for {self.project_id} ({self.created_at:%Y-%m-%d %H:%M})"


class AnnotationFile(models.Model):
    """An uploaded file; its bytes go once it is imported."""

    upload = models.ForeignKey(AnnotationImport, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=500, help_text="As the person's machine calls it.")
    file = models.FileField(storage=upload_storage, max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class AnnotationIssue(models.Model):
    """Something of an upload that was not taken, by its last run.

    ``remedy`` is {"kind", "values"} of ``annotate.doors.remedies``, so that each door says it in its own words; empty
    where the message says it.
    """

    upload = models.ForeignKey(AnnotationImport, on_delete=models.CASCADE, related_name="issues")
    source = models.CharField(max_length=500, blank=True, help_text="The file.")
    line = models.PositiveIntegerField(null=True, blank=True)
    entry = models.CharField(max_length=300, blank=True, help_text="Where in the file, if it has no lines.")
    field = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=50)
    message = models.TextField()
    remedy = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.source}: {self.code}"
