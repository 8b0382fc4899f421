"""Telling other programs what happened: noted with the event itself, sent by the worker afterwards."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction

from annotate.models import Project, Webhook, WebhookDelivery
from annotate.tasks import send_webhook

# How long what was sent, or given up, stays in the log.
KEPT = timedelta(days=30)
# What still waits after this long (its webhook is switched off) is given up.
WAITS = timedelta(days=7)


@transaction.atomic
def announce(*, project: Project, event: str, data: Mapping[str, str | int | None], now: datetime) -> int:
    """Note ``event`` for every address of the project that wants it, in the caller's transaction; how many do.

    ``data`` holds keys, states and times: never text, labels or names. One query where nobody listens.
    """
    listening = Webhook.objects.filter(project=project, active=True, events__contains=[event]).values_list(
        "pk", flat=True
    )
    payload = {"type": event, "timestamp": now.astimezone(UTC).isoformat(), "data": {"project": project.slug, **data}}
    noted = [WebhookDelivery(webhook_id=key, event=event, payload=payload, created_at=now) for key in listening]
    if not noted:
        return 0
    WebhookDelivery.objects.bulk_create(noted)
    for delivery in noted:
        transaction.on_commit(partial(send_webhook.enqueue, delivery.webhook_id))
    return len(noted)


@transaction.atomic
def resend(*, delivery: WebhookDelivery) -> bool:
    """Send an event that was given up or delivered once more; False where it waits already."""
    again = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=WebhookDelivery.State.WAITING)
    if not again.update(state=WebhookDelivery.State.WAITING, attempts=0, error=""):
        return False
    transaction.on_commit(partial(send_webhook.enqueue, delivery.webhook_id))
    return True


def send_due_webhooks(*, now: datetime) -> int:
    """A chore of the worker: take up webhooks whose rest is over, give up and forget what is old; how many it takes up."""
    WebhookDelivery.objects.filter(created_at__lt=now - KEPT).exclude(state=WebhookDelivery.State.WAITING).delete()
    WebhookDelivery.objects.filter(created_at__lt=now - WAITS, state=WebhookDelivery.State.WAITING).update(
        state=WebhookDelivery.State.GIVEN_UP, error="Not sent: the webhook was switched off, or failed, for a week."
    )
    waiting = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).order_by().values("webhook")
    due = (
        Webhook.objects.filter(active=True, pk__in=waiting)
        .exclude(rests_until__gt=now)
        .exclude(busy_until__gt=now)
        .values_list("pk", flat=True)
    )
    keys = list(due)
    for key in keys:
        send_webhook.enqueue(key)
    return len(keys)
