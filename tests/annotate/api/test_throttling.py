"""How many requests a minute, by account, token and address."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from annotate.api import throttling
from tests.factories import make_project, make_task, make_token, make_user

pytestmark = pytest.mark.django_db


class Clock:
    """A time of our own for the counters."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Clock]:
    settings.API_RATES = {"account": 3, "work": 5, "anonymous": 2}
    cache.clear()
    clock = Clock()
    monkeypatch.setattr(throttling, "time", clock)
    yield clock
    cache.clear()


def statuses(client: Client, times: int, path: str = "/api/v1/projects/") -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_too_many_are_429_and_told_when_to_come_again(clock: Clock) -> None:
    client = Client()
    client.force_login(make_user())
    assert statuses(client, 4) == [200, 200, 200, 429]
    answer = client.get("/api/v1/projects/")
    wait = int(answer["Retry-After"])
    assert answer.json()["code"] == "throttled"
    clock.now += wait - 2
    assert client.get("/api/v1/projects/").status_code == 429
    clock.now += 2
    assert client.get("/api/v1/projects/").status_code == 200
    clock.now += 120
    assert statuses(client, 4) == [200, 200, 200, 429]


def test_each_token_and_each_account_has_its_own_count(clock: Clock) -> None:
    user = make_user()
    for client in (Client(headers={"Authorization": f"Bearer {make_token(user)}"}) for _ in range(2)):
        assert statuses(client, 4) == [200, 200, 200, 429]
    client = Client()
    client.force_login(user)
    assert client.get("/api/v1/projects/").status_code == 200


def test_labelling_has_a_rate_of_its_own(clock: Clock) -> None:
    user = make_user()
    task = make_task(make_project(members={user: "annotator"}), annotator=user)
    client = Client()
    client.force_login(user)
    assert statuses(client, 4)[-1] == 429
    assert statuses(client, 6, f"/api/v1/tasks/{task.uuid}/") == [200] * 5 + [429]


def test_who_is_signed_out_is_counted_by_address(clock: Clock) -> None:
    assert statuses(Client(), 3) == [401, 401, 429]
    wrong = Client(headers={"Authorization": "Bearer slw_guess"})
    assert wrong.get("/api/v1/projects/").status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get("/api/v1/projects/").status_code == 401


def test_a_rate_of_0_is_no_limit(clock: Clock, settings: Any) -> None:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, 0)
    client = Client()
    client.force_login(make_user())
    assert set(statuses(client, 8)) == {200}


def test_the_default_leaves_room_for_the_fastest_hands(settings: Any) -> None:
    """A mark takes a person at least a second, and the page sends several at once."""
    assert settings.API_RATES["work"] >= 10 * 60
    assert time.time() > 0
