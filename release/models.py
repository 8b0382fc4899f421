"""Releases: frozen exports of a project's readings."""

import uuid
from decimal import Decimal

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
        CANCELLED = "cancelled", "called off"

    class TextMode(models.TextChoices):
        FULL = "full", "full text"
        QUOTES = "quotes", "quotes with context"
        POSITIONS = "positions", "positions only"

    class Times(models.TextChoices):
        SECOND = "second", "to the second"
        DAY = "day", "to the day"
        MONTH = "month", "to the month"
        NONE = "none", "left out"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=40, help_text="Semantic version, e.g. 1.0.0.")
    text_mode = models.CharField(max_length=10, choices=TextMode.choices, default=TextMode.FULL)
    times = models.CharField(max_length=10, choices=Times.choices, default=Times.SECOND)
    formats = models.JSONField(default=list, blank=True, help_text="Names of the optional formats.")
    threshold = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.5"),
        help_text="Least intersection over union of two marks in one unit.",
    )
    exclusions = models.JSONField(
        default=dict, blank=True, help_text="Uuids of articles that this release leaves out, with the reasons."
    )
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
            models.CheckConstraint(
                condition=Q(threshold__gt=0, threshold__lte=1), name="a_threshold_is_above_0_and_at_most_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.version}"


class DataStatement(models.Model):
    """What only the people behind a project know of its data; each release takes it as it is then. Markdown."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="data_statement")
    authors = models.TextField(
        blank=True, help_text="One a line, as they are to be cited, e.g. María López, University of Example."
    )
    licence = models.CharField(
        max_length=60,
        blank=True,
        help_text="Of the annotations, as an SPDX identifier, e.g. CC-BY-4.0. The texts keep their own rights.",
    )
    curation_rationale = models.TextField(blank=True, help_text="Which articles were chosen, and why these.")
    source_datasets = models.TextField(blank=True, help_text="Data sets that the articles or labels were taken from.")
    language_user_demographic = models.TextField(blank=True, help_text="Who wrote and edited the articles.")
    annotator_demographic = models.TextField(
        blank=True, help_text="Who annotated, as coarsely as keeps them unknown: training, languages, how paid."
    )
    text_characteristics = models.TextField(blank=True, help_text="Time, place, genre, topics, events of the news.")
    preprocessing = models.TextField(blank=True, help_text="What was done to the texts before they were imported.")
    capture_quality = models.TextField(blank=True, help_text="What got lost or damaged when the texts were collected.")
    limitations = models.TextField(blank=True, help_text="What the data cannot show, and should not be used for.")
    personal_information = models.TextField(blank=True, help_text="Persons in the texts, and what protects them.")
    ethical_review = models.TextField(blank=True, help_text="Review board, consent of the annotators, funding.")
    distribution = models.TextField(blank=True, help_text="Where the data set is to be had, and how it is cited.")
    maintenance = models.TextField(blank=True, help_text="Who answers for it, and how errors are reported.")

    class Meta:
        verbose_name = "data statement"

    def __str__(self) -> str:
        return f"Data statement of {self.project}"
