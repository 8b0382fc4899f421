"""Sending what waits for a webhook: in order, signed, with rests between failures. Called by the worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from annotate.models import Webhook, WebhookDelivery
from annotate.webhooks.policy import policy, refusal
from annotate.webhooks.signing import sign
from corpus.readers.posting import post
from corpus.readers.rows import BadFieldError

# After a failure the webhook rests for the first, after the next for the second …; after the last it is switched off.
RESTS = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
)
# Of one job: other work waits meanwhile.
MOST_MESSAGES = 50
LONGEST_JOB = timedelta(seconds=30)
# A worker that died holds a webhook no longer than this.
BUSY = timedelta(seconds=90)

_PROBLEMS = {
    "bad_url": "The address is none: write https:// and a host.",
    "credentials": "The address has a user name or password in it: take them out; the signature tells who sends.",
    "bad_port": "Only ports 80 and 443 are reached.",
    "private_address": "The address is not on the public Internet. Whoever runs this service can allow its network (WEBHOOK_NETWORKS).",
    "unresolved": "The host has no address: check how it is spelt.",
    "timeout": "No answer came in time.",
    "tls": "The connection is not safe: the receiver's certificate was not accepted.",
    "unreachable": "The receiver could not be reached.",
}
# A message that fails so often is given up, though others arrive.
MOST_ATTEMPTS = 8


class Attempt(NamedTuple):
    """What came of sending one message; ``status`` is None where there was no answer."""

    status: int | None
    error: str

    @property
    def is_ok(self) -> bool:
        return not self.error


def send_waiting(*, webhook_id: int, clock: Callable[[], datetime]) -> int:
    """Send what waits for the webhook, what never failed first, until one message fails; how many arrived.

    One worker at a time sends for a webhook. A worker that dies in between sends its message again later: receivers
    know it by its id.
    """
    now = clock()
    webhook = _take(webhook_id, now)
    if webhook is None:
        return 0
    until, arrived = now + LONGEST_JOB, 0
    try:
        waiting = WebhookDelivery.objects.filter(webhook=webhook, state=WebhookDelivery.State.WAITING).order_by(
            "attempts", "pk"
        )
        for delivery in waiting[:MOST_MESSAGES]:
            if clock() > until:
                break
            attempt = deliver(webhook, delivery, now=clock())
            _note(webhook, delivery, attempt, now=clock())
            if not attempt.is_ok:
                break
            arrived += 1
    finally:
        Webhook.objects.filter(pk=webhook_id).update(busy_until=None)
    return arrived


def deliver(webhook: Webhook, delivery: WebhookDelivery, *, now: datetime) -> Attempt:
    """Post one message; every answer of 200 to 299 counts as received. Redirects are not followed."""
    if refused := refusal(webhook.url):
        return Attempt(None, refused)
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    message_id, timestamp = f"msg_{delivery.uuid.hex}", int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(webhook.secret, message_id=message_id, timestamp=timestamp, body=body),
    }
    try:
        status = post(webhook.url, body=body, headers=headers, policy=policy())
    except BadFieldError as error:
        return Attempt(None, _PROBLEMS.get(error.code, error.message))
    if 200 <= status < 300:
        return Attempt(status, "")
    moved = " Redirects are not followed: give the last address itself." if 300 <= status < 400 else ""
    return Attempt(status, f"The receiver answered {status} instead of 2xx.{moved}")


@transaction.atomic
def _take(webhook_id: int, now: datetime) -> Webhook | None:
    """The webhook, ours to send for; None where it is off, resting, or in another worker's hands."""
    free = Webhook.objects.filter(
        Q(rests_until__isnull=True) | Q(rests_until__lte=now),
        Q(busy_until__isnull=True) | Q(busy_until__lte=now),
        pk=webhook_id,
        active=True,
    )
    return Webhook.objects.get(pk=webhook_id) if free.update(busy_until=now + BUSY) else None


@transaction.atomic
def _note(webhook: Webhook, delivery: WebhookDelivery, attempt: Attempt, *, now: datetime) -> None:
    """Write down what came of it. After too many failures in a row the webhook is off."""
    delivery.attempts += 1
    delivery.tried_at, delivery.status, delivery.error = now, attempt.status, attempt.error
    if attempt.is_ok:
        delivery.state, delivery.delivered_at = WebhookDelivery.State.DELIVERED, now
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.state = WebhookDelivery.State.GIVEN_UP
    delivery.save(update_fields=["attempts", "tried_at", "status", "error", "state", "delivered_at"])
    locked = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    if attempt.is_ok:
        locked.failures, locked.rests_until = 0, None
    else:
        locked.failures += 1
        if locked.failures > len(RESTS):
            locked.active, locked.rests_until = False, None
            locked.disabled_reason = (
                f"Switched off on {now:%Y-%m-%d %H:%M} UTC after {locked.failures} failures in a row. The last one: "
                f"{attempt.error} Put it right and tick Active; what waits is kept for a week."
            )
        else:
            locked.rests_until = now + RESTS[locked.failures - 1]
    locked.save(update_fields=["failures", "rests_until", "active", "disabled_reason"])
