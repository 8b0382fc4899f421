"""Webhooks: noted with the event, signed, sent again after failures, and never sent to where nobody may reach."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotate.models import Project, Webhook, WebhookDelivery
from annotate.operations.announcing import announce, resend, send_due_webhooks
from annotate.operations.sending import MOST_ATTEMPTS, RESTS, send_waiting
from annotate.operations.tasks import submit_task
from annotate.operations.webhooks import switch_on
from annotate.webhooks.signing import is_genuine, sign
from release.models import Release
from release.operations.releases import build_release
from tests.factories import make_article, make_mark, make_member, make_project, make_reading, make_task, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Receiver(HTTPServer):
    """A program of somebody's: it keeps what it was sent, and answers ``status``."""

    status = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver(server: Receiver, settings: Any) -> Receiver:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    server.received, server.status = [], 204
    return server


@pytest.fixture
def project() -> Project:
    return make_project(slug="walk", articles=[make_article()], annotators_per_article=1)


@pytest.fixture
def webhook(project: Project, receiver: Receiver) -> Webhook:
    return Webhook.objects.create(project=project, url=receiver.url, events=list(Webhook.Event.values))


class Clock:
    """Steps by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def note(project: Project, n: int = 1) -> None:
    for number in range(n):
        announce(project=project, event="task.submitted", data={"task": f"t{number}"}, now=NOW)


def test_a_submission_is_noted_with_ids_states_and_times_only(project: Project, webhook: Webhook) -> None:
    user = make_user("mara")
    make_member(project, user)
    task = make_task(project, annotator=user)
    make_mark(task, "SOURCE", 0, 6)
    submit_task(task=task, user=user, revision=0, now=NOW)
    payload = WebhookDelivery.objects.get().payload
    assert payload == {
        "type": "task.submitted",
        "timestamp": "2026-11-22T12:00:00+00:00",
        "data": {
            "project": "walk",
            "task": str(task.uuid),
            "article": str(task.article.uuid),
            "state": "submitted",
            "revision": 0,
            "submitted_at": "2026-11-22T12:00:00+00:00",
        },
    }


def test_a_submission_that_is_taken_back_is_not_noted(project: Project, webhook: Webhook) -> None:
    with transaction.atomic():
        note(project)
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_a_release_that_was_built_is_noted(project: Project, webhook: Webhook, tmp_path: Any, settings: Any) -> None:
    settings.RELEASE_ROOT = tmp_path
    make_reading(project, project.articles.all()[0], make_user(), [("SOURCE", 0, 6)])
    release = Release.objects.create(project=project, version="1.0.0")
    build_release(release_id=release.pk, now=timezone.now())
    release.refresh_from_db()
    data = WebhookDelivery.objects.get().payload["data"]
    assert (data["release"], data["state"], data["sha256"]) == ("1.0.0", "built", release.sha256)


@pytest.mark.parametrize(("fields", "noted"), [({}, 1), ({"active": False}, 0), ({"events": ["release.built"]}, 0)])
def test_only_who_wants_the_event_is_told(project: Project, webhook: Webhook, fields: Any, noted: int) -> None:
    Webhook.objects.update(**fields)
    Webhook.objects.create(project=make_project(), url="https://other.example/", events=["task.submitted"])
    note(project)
    assert WebhookDelivery.objects.count() == noted


def test_nobody_listening_costs_one_query(project: Project) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        note(project)
    assert len([query for query in captured if "SELECT" in query["sql"]]) == 1


def test_a_message_is_signed_as_the_standard_has_it(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    note(project)
    assert send_waiting(webhook_id=webhook.pk, clock=timezone.now) == 1
    headers, body = receiver.received[0]
    delivery = WebhookDelivery.objects.get()
    assert json.loads(body) == delivery.payload
    assert headers["webhook-id"] == f"msg_{delivery.uuid.hex}"
    said = {
        "message_id": headers["webhook-id"],
        "timestamp": headers["webhook-timestamp"],
        "signatures": f"v1,b3RoZXI= {headers['webhook-signature']}",
    }
    assert is_genuine(webhook.secret, body=body, **said)
    assert not is_genuine(webhook.secret, body=body + b" ", **said)
    assert not is_genuine("whsec_b3RoZXI=", body=body, **said)
    assert not is_genuine(webhook.secret, body=body, **said, now=timezone.now().timestamp() + 301)
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries."""
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_messages_arrive_in_order_once(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    note(project, 3)
    assert [send_waiting(webhook_id=webhook.pk, clock=timezone.now) for _ in range(2)] == [3, 0]
    assert [json.loads(body)["data"]["task"] for _, body in receiver.received] == ["t0", "t1", "t2"]


def test_a_failure_is_tried_again_after_a_rest_that_grows(
    project: Project, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.status = 500
    clock = Clock()
    note(project, 2)
    send_waiting(webhook_id=webhook.pk, clock=clock)
    assert len(receiver.received) == 1
    webhook.refresh_from_db()
    assert webhook.rests_until == NOW + RESTS[0]
    send_waiting(webhook_id=webhook.pk, clock=clock)
    assert len(receiver.received) == 1
    clock.now += RESTS[0]
    send_waiting(webhook_id=webhook.pk, clock=clock)
    webhook.refresh_from_db()
    assert webhook.rests_until == clock.now + RESTS[1]
    # The message that never failed went first: one that always fails does not hold up the others.
    assert [json.loads(body)["data"]["task"] for _, body in receiver.received] == ["t0", "t1"]
    receiver.status = 200
    clock.now += RESTS[1]
    assert send_waiting(webhook_id=webhook.pk, clock=clock) == 2
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.rests_until) == (0, None)


def test_after_many_failures_the_webhook_is_off_and_says_why(
    project: Project, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.status = 404
    clock = Clock()
    note(project, 3)
    for _ in range(len(RESTS) + 3):
        send_waiting(webhook_id=webhook.pk, clock=clock)
        clock.now += timedelta(days=1)
    webhook.refresh_from_db()
    assert (webhook.active, len(receiver.received)) == (False, len(RESTS) + 1)
    assert "answered 404" in webhook.disabled_reason
    receiver.status = 204
    switch_on(webhook=webhook)
    assert send_waiting(webhook_id=webhook.pk, clock=clock) == 3
    assert webhook.disabled_reason == ""


def test_a_message_that_always_fails_is_given_up(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.status = 500
    clock = Clock()
    note(project)
    for _ in range(MOST_ATTEMPTS):
        send_waiting(webhook_id=webhook.pk, clock=clock)
        clock.now += timedelta(days=1)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status) == ("given_up", MOST_ATTEMPTS, 500)
    receiver.status = 200
    assert resend(delivery=delivery)
    assert send_waiting(webhook_id=webhook.pk, clock=clock) == 1
    assert not resend(delivery=WebhookDelivery(pk=0))


def test_redirects_are_not_followed(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.status = 302
    note(project)
    send_waiting(webhook_id=webhook.pk, clock=timezone.now)
    assert "Redirects are not followed" in WebhookDelivery.objects.get().error


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/", "Only https"),
        ("https://127.0.0.1/", "not on the public Internet"),
        ("https://[::1]/", "not on the public Internet"),
        ("https://169.254.169.254/latest/meta-data/", "not on the public Internet"),
        ("https://10.0.0.1/", "not on the public Internet"),
        ("https://[::ffff:10.0.0.1]/", "not on the public Internet"),
        ("https://localhost/", "not on the public Internet"),
        ("https://me:secret@example.org/", "user name"),
        ("https://8.8.8.8:25/", "ports 80 and 443"),
    ],
)
def test_what_is_not_public_is_never_reached(project: Project, settings: Any, url: str, words: str) -> None:
    settings.WEBHOOK_NETWORKS = []
    webhook = Webhook.objects.create(project=project, url=url, events=["task.submitted"])
    note(project)
    assert send_waiting(webhook_id=webhook.pk, clock=timezone.now) == 0
    assert words in WebhookDelivery.objects.get().error


def test_two_workers_do_not_send_for_one_webhook(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    Webhook.objects.update(busy_until=NOW + timedelta(seconds=5))
    note(project)
    clock = Clock()
    assert send_waiting(webhook_id=webhook.pk, clock=clock) == 0
    clock.now += timedelta(seconds=6)
    assert send_waiting(webhook_id=webhook.pk, clock=clock) == 1


def test_the_chore_takes_up_what_is_due_and_forgets_what_is_old(project: Project, webhook: Webhook) -> None:
    note(project, 2)
    assert send_due_webhooks(now=NOW) == 1
    Webhook.objects.update(rests_until=NOW + timedelta(minutes=1))
    assert send_due_webhooks(now=NOW) == 0
    assert send_due_webhooks(now=NOW + timedelta(minutes=2)) == 1
    assert send_due_webhooks(now=NOW + timedelta(days=8)) == 0
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"given_up"}
    send_due_webhooks(now=NOW + timedelta(days=31))
    assert not WebhookDelivery.objects.exists()


def test_one_address_is_told_once_per_project(project: Project, webhook: Webhook) -> None:
    with pytest.raises(IntegrityError, match="one_webhook_per_project_and_address"), transaction.atomic():
        Webhook.objects.create(project=project, url=webhook.url)


@pytest.fixture
def browser(project: Project, client: Client) -> Client:
    manager = make_user("mia", is_staff=True)
    make_member(project, manager, "manager")
    client.force_login(manager)
    return client


def test_a_manager_makes_a_webhook_and_finds_its_secret_and_log(
    browser: Client, project: Project, receiver: Receiver
) -> None:
    form = {"project": project.pk, "url": receiver.url, "events": ["task.submitted"], "active": "on"}
    assert browser.post(reverse("admin:annotate_webhook_add"), form).status_code == 302
    webhook = Webhook.objects.get()
    page = browser.get(reverse("admin:annotate_webhook_change", args=[webhook.pk])).content.decode()
    assert webhook.secret in page
    note(project)
    assert "task.submitted" in browser.get(reverse("admin:annotate_webhookdelivery_changelist")).content.decode()
    chosen = {"action": "give_new_secret", "_selected_action": [webhook.pk]}
    browser.post(reverse("admin:annotate_webhook_changelist"), chosen)
    assert Webhook.objects.get().secret != webhook.secret


def test_ticking_active_begins_anew(browser: Client, project: Project, webhook: Webhook) -> None:
    Webhook.objects.update(active=False, failures=10, disabled_reason="Switched off")
    address = reverse("admin:annotate_webhook_change", args=[webhook.pk])
    assert "Switched off" in browser.get(address).content.decode()
    form = {"project": project.pk, "url": webhook.url, "events": ["task.submitted"], "active": "on"}
    browser.post(address, form)
    webhook.refresh_from_db()
    assert (webhook.active, webhook.failures, webhook.disabled_reason) == (True, 0, "")


def test_a_manager_sees_no_webhook_of_another_project(browser: Client) -> None:
    other = Webhook.objects.create(project=make_project(), url="https://other.example/", events=["task.submitted"])
    assert browser.get(reverse("admin:annotate_webhook_change", args=[other.pk])).status_code == 404
    assert "other.example" not in browser.get(reverse("admin:annotate_webhook_changelist")).content.decode()
    form = {"project": other.project_id, "url": "https://mine.example/", "events": ["task.submitted"]}
    assert browser.post(reverse("admin:annotate_webhook_add"), form).status_code == 200
    assert not User.objects.filter(username="nobody").exists()
    assert Webhook.objects.count() == 1


def test_an_address_in_the_clear_is_refused_in_the_form(browser: Client, project: Project, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []
    form = {"project": project.pk, "url": "http://example.org/", "events": ["task.submitted"]}
    assert "Only https" in browser.post(reverse("admin:annotate_webhook_add"), form).content.decode()
