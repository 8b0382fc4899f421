"""Who is told when something happened in a project, and what became of telling them."""

from __future__ import annotations

import base64
import secrets
import uuid

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from annotate.models.projects import Project


def draw_secret() -> str:
    """A signing secret as Standard Webhooks writes it: 24 random bytes in base64 after ``whsec_``."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode('ascii')}"


class Webhook(models.Model):
    """An address of somebody's program that is told of events in one project.

    One that fails rests, longer each time, so that it costs the worker little; after a number of failures in a row it is
    switched off, and ``disabled_reason`` says why. What waits meanwhile is sent once it is switched on again.
    """

    class Event(models.TextChoices):
        TASK_SUBMITTED = "task.submitted", "a task was submitted"
        RELEASE_BUILT = "release.built", "a release was built"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(
        "address",
        max_length=500,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Where events are posted, e.g. https://example.org/slantwise. It must be on the public Internet.",
    )
    secret = models.CharField(
        max_length=100, default=draw_secret, editable=False, help_text="The receiver checks signatures with it."
    )
    events = models.JSONField(default=list, help_text="Which events are sent.")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Failed attempts in a row.")
    rests_until = models.DateTimeField(null=True, blank=True, editable=False)
    busy_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="A worker is sending till then.")
    disabled_reason = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["project", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "url"],
                name="one_webhook_per_project_and_address",
                violation_error_message="This address is told already: change its events instead.",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event on its way to one address. ``uuid`` is the message's id: the receiver knows a repetition by it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DELIVERED = "delivered", "delivered"
        GIVEN_UP = "given_up", "given up"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the last answer.")
    error = models.TextField(blank=True, help_text="What went wrong the last time.")

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["webhook", "id"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.uuid}"
