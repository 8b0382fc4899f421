"""A kept connection that the server closed is noticed before the next query; one that lives costs none."""

import time

import pytest
from django.db import connection
from django.db.backends.postgresql import base as stock

from config.kept_connections.base import DatabaseWrapper


@pytest.fixture
def kept(transactional_db: None) -> DatabaseWrapper:
    """A second connection, as a thread of the web server holds it between two requests."""
    wrapper = connection.copy()
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.settings_dict["CONN_HEALTH_CHECKS"] = True
    wrapper.settings_dict["CONN_MAX_AGE"] = 60
    return wrapper


def backend_of(wrapper: DatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def next_request(wrapper: DatabaseWrapper) -> int:
    wrapper.close_if_unusable_or_obsolete()
    return backend_of(wrapper)


def test_a_living_connection_is_kept_without_asking(kept: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    first = backend_of(kept)
    monkeypatch.setattr(stock.DatabaseWrapper, "is_usable", lambda _: pytest.fail("the server was asked"))
    try:
        assert next_request(kept) == first
    finally:
        kept.close()


def test_a_connection_that_the_server_ended_is_replaced(kept: DatabaseWrapper) -> None:
    first = backend_of(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [first])
        for _ in range(200):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [first])
            if cursor.fetchone() == (0,):
                break
            time.sleep(0.01)
    try:
        assert next_request(kept) != first
    finally:
        kept.close()


def test_a_closed_connection_is_not_usable(kept: DatabaseWrapper) -> None:
    assert not kept.is_usable()
