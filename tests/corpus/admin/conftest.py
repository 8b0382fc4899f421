"""Somebody who may import, and a place of the test's own for what is uploaded."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_user


@pytest.fixture
def boss(client: Client) -> User:
    user = make_user("boss", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def kept(settings: Any, tmp_path: Path) -> Path:
    """Where uploads wait for the worker."""
    settings.STORAGES = settings.STORAGES | {
        "imports": settings.STORAGES["imports"] | {"OPTIONS": {"location": tmp_path / "imports"}}
    }
    return tmp_path / "imports"
