"""Tasks: wanted annotations, and whose they become."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotate.models.codebooks import Codebook
from annotate.models.projects import Project
from corpus.models import Article


class TaskQuerySet(models.QuerySet["Task"]):
    """Conditions on tasks."""

    def of_annotator(self, user: object) -> "TaskQuerySet":
        return self.filter(annotator=user)

    def live(self) -> "TaskQuerySet":
        """Tasks that hold a slot."""
        return self.filter(state__in=Task.LIVE)

    def submitted(self) -> "TaskQuerySet":
        """Readings: what counts in agreement and releases."""
        return self.filter(state=Task.State.SUBMITTED)


class Task(models.Model):
    """One wanted annotation of an article; later one person's. Slots run from 1 to k.

    ``open`` has no annotator; once claimed a task keeps its annotator for ever. Closing one (skipped, expired,
    handed back) puts a fresh open row into its slot; the closed row keeps its person's marks, out of agreement.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLAIMED = "claimed", "claimed"
        SUBMITTED = "submitted", "submitted"
        RETURNED = "returned", "returned"
        SKIPPED = "skipped", "skipped"
        EXPIRED = "expired", "expired"
        HANDED_BACK = "handed_back", "handed back"

    LIVE = (State.OPEN, State.CLAIMED, State.SUBMITTED, State.RETURNED)
    WORKABLE = (State.CLAIMED, State.RETURNED)
    RESUMABLE = (State.EXPIRED, State.HANDED_BACK)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks")
    codebook = models.ForeignKey(Codebook, on_delete=models.PROTECT, related_name="+", editable=False)
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="tasks")
    round = models.PositiveSmallIntegerField(default=1)
    slot = models.PositiveSmallIntegerField()
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was skipped.")
    note = models.TextField(blank=True, help_text="The manager's note when it was returned.")
    position = models.FloatField(help_text="Place in the order of work: random in [0, 1), or a rank.")
    priority = models.IntegerField(default=0)
    revision = models.PositiveIntegerField(default=0, help_text="Raised by every operation applied.")
    active_seconds = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_expires = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", annotator__isnull=True) | (~Q(state="open") & Q(annotator__isnull=False)),
                name="a_task_is_open_or_somebodys",
            ),
            models.CheckConstraint(condition=Q(slot__gte=1), name="slots_count_from_one"),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(lease_expires__isnull=False), name="a_claimed_task_has_a_lease"
            ),
            models.CheckConstraint(
                condition=~Q(state="submitted") | Q(submitted_at__isnull=False), name="a_submitted_task_has_its_time"
            ),
            models.CheckConstraint(condition=~Q(state="skipped") | ~Q(reason=""), name="a_skip_says_why"),
            models.UniqueConstraint(
                fields=["project", "article", "round", "slot"],
                condition=Q(state__in=["open", "claimed", "submitted", "returned"]),
                name="one_live_task_per_slot",
            ),
            models.UniqueConstraint(
                fields=["project", "article", "round", "annotator"], name="nobody_twice_on_one_article"
            ),
            models.UniqueConstraint(
                fields=["project", "annotator"],
                condition=Q(state="claimed"),
                name="one_claimed_task_per_person_and_project",
            ),
        ]
        indexes = [
            # Claiming: a circular scan of open tasks from the annotator's offset.
            models.Index(fields=["project", "position"], condition=Q(state="open"), name="task_open_by_position"),
            models.Index(
                fields=["project", "-priority", "position"], condition=Q(state="open"), name="task_open_by_priority"
            ),
            # My work and resuming.
            models.Index(fields=["annotator", "state"], name="task_by_annotator"),
            # Expiry.
            models.Index(fields=["lease_expires"], condition=Q(state="claimed"), name="task_by_lease"),
            # Agreement of one article.
            models.Index(fields=["project", "article", "state"], name="task_by_article"),
            # A list of readings, page by page: the next page is read from the index, wherever the project's rows lie.
            models.Index(fields=["project", "id"], condition=Q(state="submitted"), name="task_submitted_by_age"),
            # Browsing by state of labelling: what was begun is soon read, also in a project of a million articles.
            models.Index(
                fields=["project", "article"],
                condition=Q(state__in=["claimed", "submitted", "returned"]),
                name="task_begun_by_article",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uuid} ({self.state})"
