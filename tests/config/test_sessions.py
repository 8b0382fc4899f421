"""One query to sign in, and no session that outlives what it rests on."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session as DjangoSession
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.models import Session
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
PAGE = "/projects/"


@pytest.fixture
def mara() -> User:
    return make_user("mara", password=PASSWORD)


def signed_in(client: Client, user: User) -> bool:
    """Whether the next page is shown to ``user``, not the sign-in page."""
    answer = client.get(PAGE)
    return answer.status_code == 200 and answer.context["user"] == user


def test_the_session_brings_its_account_in_one_query(client: Client, mara: User) -> None:
    client.force_login(mara)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        assert signed_in(client, mara)
    asked = [query["sql"] for query in captured if "auth_user" in query["sql"] or "config_session" in query["sql"]]
    assert len(asked) == 1


def test_the_row_of_a_session_names_its_user(client: Client, mara: User) -> None:
    assert client.login(username="mara", password=PASSWORD)
    assert Session.objects.get().user == mara


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(mara: User) -> None:
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.force_login(mara)
    new = "another-long-passphrase"
    here.post(reverse("password_change"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert signed_in(here, mara)
    assert not signed_in(elsewhere, mara)


def test_a_session_ends_by_signing_out_and_when_the_account_is_switched_off(client: Client, mara: User) -> None:
    client.force_login(mara)
    client.post(reverse("logout"))
    assert not signed_in(client, mara)
    client.force_login(mara)
    User.objects.filter(pk=mara.pk).update(is_active=False)
    assert not signed_in(client, mara)


def test_deleting_an_account_deletes_its_sessions(client: Client, mara: User) -> None:
    client.force_login(mara)
    mara.delete()
    assert not Session.objects.exists()
    assert client.get(PAGE).status_code == 302


def test_an_expired_session_is_none(client: Client, mara: User) -> None:
    client.force_login(mara)
    Session.objects.update(expire_date=timezone.now())
    assert not signed_in(client, mara)


def test_the_row_alone_signs_nobody_in(client: Client, mara: User) -> None:
    """The signed data decides: another user's key in the column is left out of account."""
    client.force_login(mara)
    Session.objects.update(user=make_user("noor"))
    assert signed_in(client, mara)


def test_a_key_made_up_signs_nobody_in(client: Client, mara: User) -> None:
    client.cookies["sessionid"] = "x" * 32
    assert not signed_in(client, mara)


def test_an_older_secret_key_still_opens_a_session(client: Client, mara: User, settings: Any) -> None:
    settings.SECRET_KEY = "the-older-key"
    client.force_login(mara)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the-newer-key", ["the-older-key"]
    assert signed_in(client, mara)


def test_sessions_of_before_the_table_stay_open(client: Client, mara: User) -> None:
    client.force_login(mara)
    row = Session.objects.get()
    DjangoSession.objects.create(
        session_key=row.session_key, session_data=row.session_data, expire_date=row.expire_date
    )
    executor = MigrationExecutor(connection)
    executor.migrate([("config", "0001_worker_heartbeat")])
    executor.loader.build_graph()
    executor.migrate([("config", "0002_sessions_name_their_user")])
    assert Session.objects.get().user is None
    assert signed_in(client, mara)
