"""Marks: labelled spans, relations between them, answers about the article, and the log of operations."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotate.models.codebooks import Codebook, Label
from annotate.models.tasks import Task


class SpanAnnotation(models.Model):
    """A labelled span by one annotator. ``start`` and ``end`` are the hull of ``fragments`` in code points, half-open.

    The database refuses a span beyond the text, a quote that is not the text at [start, end), fragments that do not
    fill the hull in order, and a label of another codebook (triggers and composite keys in the migrations).
    """

    class Origin(models.TextChoices):
        HUMAN = "human", "human"
        ACCEPTED = "accepted", "suggestion accepted"
        EDITED = "edited", "suggestion edited"

    id = models.UUIDField(primary_key=True, help_text="Made by the client.")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="spans")
    codebook = models.ForeignKey(Codebook, on_delete=models.PROTECT, related_name="+")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    fragments = models.JSONField(help_text="[[start, end], …] in order, not touching.")
    quote = models.TextField(help_text="The text at [start, end).")
    attributes = models.JSONField(default=dict)
    unsure = models.BooleanField(default=False)
    confidence = models.FloatField(null=True, blank=True)
    comment = models.TextField(blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.HUMAN)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["start", "end", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start__lt=F("end")),
                name="span_starts_before_it_ends",
                violation_error_message="A span must cover at least one character.",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
                name="confidence_is_a_share",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "start"], condition=Q(deleted_at__isnull=True), name="span_kept_by_task"),
        ]

    def __str__(self) -> str:
        return f"[{self.start}, {self.end})"


class RelationAnnotation(models.Model):
    """A typed link between two marks of one task."""

    id = models.UUIDField(primary_key=True, help_text="Made by the client.")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="relations")
    type = models.CharField(max_length=60)
    from_span = models.ForeignKey(SpanAnnotation, on_delete=models.PROTECT, related_name="relations_out")
    to_span = models.ForeignKey(SpanAnnotation, on_delete=models.PROTECT, related_name="relations_in")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(from_span=F("to_span")), name="a_relation_joins_two_marks"),
            models.UniqueConstraint(
                fields=["task", "type", "from_span", "to_span"],
                condition=Q(deleted_at__isnull=True),
                name="a_relation_stands_once",
            ),
        ]

    def __str__(self) -> str:
        return self.type


class ArticleAnnotation(models.Model):
    """One answer to an article question."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="answers")
    question = models.CharField(max_length=60)
    value = models.JSONField()

    class Meta:
        ordering = ["question"]
        constraints = [models.UniqueConstraint(fields=["task", "question"], name="one_answer_per_question")]

    def __str__(self) -> str:
        return self.question


class Operation(models.Model):
    """Audit and undo log of a task, append-only (a trigger refuses changes).

    ``before`` and ``after`` are images of every row the operation changed:
    {"spans": {id: span | null}, "relations": {id: relation | null}, "answers": {question: value | null}}.
    """

    class Kind(models.TextChoices):
        ADD = "add", "add"
        CHANGE = "change", "change"
        DELETE = "delete", "delete"
        RELATE = "relate", "relate"
        UNRELATE = "unrelate", "unrelate"
        ANSWER = "answer", "answer"
        UNDO = "undo", "undo"
        REDO = "redo", "redo"

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="operations")
    seq = models.PositiveIntegerField()
    op_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    target = models.UUIDField(null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undoes = models.UUIDField(null=True, blank=True, help_text="op_id of the operation taken back.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["task", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["task", "op_id"], name="an_operation_is_applied_once"),
            models.UniqueConstraint(fields=["task", "seq"], name="operations_of_a_task_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
