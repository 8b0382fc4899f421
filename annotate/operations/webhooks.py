"""Webhooks themselves: switched on again, given another secret."""

from functools import partial

from django.db import transaction

from annotate.models import Webhook
from annotate.models.webhooks import draw_secret
from annotate.tasks import send_webhook


@transaction.atomic
def switch_on(*, webhook: Webhook) -> None:
    """Begin anew: failures are forgotten, and what waits is sent."""
    Webhook.objects.filter(pk=webhook.pk).update(active=True, failures=0, rests_until=None, disabled_reason="")
    transaction.on_commit(partial(send_webhook.enqueue, webhook.pk))
    webhook.refresh_from_db()


@transaction.atomic
def renew_secret(*, webhook: Webhook) -> str:
    """Sign with another secret from now on; the receiver has to be told."""
    secret = draw_secret()
    Webhook.objects.filter(pk=webhook.pk).update(secret=secret)
    return secret
