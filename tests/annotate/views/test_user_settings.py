"""The page of one's own settings: a plain form, and the same form alone for the dialog of the labelling page."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotate.operations.user_settings import change_settings
from annotate.user_settings import settings_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/settings/"
FORM = {
    "theme": "dark", "font_size": "large", "line_height": "normal", "width": "wide", "density": "compact",
    "panel": "left", "snap": "characters", "ask": "once",
}  # fmt: skip


@pytest.fixture
def mara(client: Client) -> User:
    user = make_user("mara")
    client.force_login(user)
    return user


def test_a_stranger_is_sent_to_the_sign_in_page(client: Client):
    assert client.get(URL)["Location"] == "/accounts/login/?next=/settings/"


def test_the_form_shows_what_is_set_and_stores_what_is_chosen(client: Client, mara: User):
    change_settings(user=mara, changes={"keys": {"undo": "x"}})
    answer = client.post(URL, FORM, follow=True)

    assert "Your settings are kept." in answer.content.decode()
    assert settings_of(User.objects.get()).as_json() == {**FORM, "single_keys": False, "keys": {"undo": "x"}}
    html = client.get(URL).content.decode()
    assert '<input type="radio" name="theme" value="dark" autocomplete="off" checked>' in html
    assert '<input type="checkbox" name="single_keys" autocomplete="off">' in html
    assert '<html lang="en" data-theme="dark" data-font-size="large"' in html


def test_own_keys_can_be_taken_back(client: Client, mara: User):
    assert "drop_keys" not in client.get(URL).content.decode()
    change_settings(user=mara, changes={"keys": {"undo": "x"}})
    assert "drop_keys" in client.get(URL).content.decode()
    client.post(URL, {**FORM, "single_keys": "on", "drop_keys": "on"})
    assert settings_of(User.objects.get())["keys"] == {}


@pytest.mark.parametrize("body", [{}, {**FORM, "theme": "pink"}])
def test_an_odd_form_is_shown_again_and_changes_nothing(client: Client, mara: User, body: dict[str, Any]):
    answer = client.post(URL, body)
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert settings_of(User.objects.get()).own == {}


def test_the_dialog_gets_the_form_alone(client: Client, mara: User):
    html = client.get(URL, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert 'id="settings-title"' in html
    assert html.count('type="radio"') == 21
    assert "csrf" not in html
