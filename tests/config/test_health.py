"""/healthz and /readyz."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config.worker import beat


def test_healthz_needs_no_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_healthz_changes_nothing(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_ready_with_a_living_worker(client: Client) -> None:
    beat(worker_id="worker", now=timezone.now())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": True, "migrations": True, "worker": True}}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_when_the_worker_is_silent(client: Client) -> None:
    beat(worker_id="worker", now=timezone.now() - timedelta(seconds=61))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": True, "migrations": True, "worker": False}


@pytest.mark.django_db
def test_not_ready_when_a_migration_is_missing(client: Client) -> None:
    beat(worker_id="worker", now=timezone.now())
    MigrationRecorder(connection).record_unapplied("config", "0002_sessions_name_their_user")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": True, "migrations": False, "worker": True}
