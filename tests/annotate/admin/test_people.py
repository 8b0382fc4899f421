"""Accounts in the admin: managers invite, and cannot raise anybody, themselves included."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db
RIGHTS = ("is_superuser", "is_staff", "user_permissions", "groups")


@pytest.fixture
def manager() -> User:
    manager = make_user("mia", is_staff=True)
    make_project(members={manager: "manager", make_user("anna"): "annotator"})
    return manager


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def test_a_manager_makes_a_plain_account(browser: Client) -> None:
    secret = "an-uncommon-passphrase-4711"
    sent = {"username": "new", "password1": secret, "password2": secret, "usable_password": "true"}
    answer = browser.post(reverse("admin:auth_user_add"), sent | {"is_superuser": "on", "is_staff": "on"})
    assert answer.status_code == 302
    made = User.objects.get(username="new")
    assert (made.is_superuser, made.is_staff, made.check_password(secret)) == (False, False, True)
    assert "new" in browser.get(reverse("admin:auth_user_changelist")).content.decode()


@pytest.mark.parametrize("name", ["mia", "anna"])
def test_a_manager_changes_no_account_and_sees_no_rights(name: str, browser: Client) -> None:
    person = User.objects.get(username=name)
    page = browser.get(reverse("admin:auth_user_change", args=[person.pk]))
    assert not [right for right in RIGHTS if f'name="{right}"' in page.content.decode()]
    assert "id_password" not in page.content.decode()
    answer = browser.post(
        reverse("admin:auth_user_change", args=[person.pk]), {"username": name, "is_superuser": "on", "is_staff": "on"}
    )
    assert answer.status_code == 403
    person.refresh_from_db()
    assert person.is_superuser is False


def test_a_manager_sets_no_password(browser: Client) -> None:
    anna = User.objects.get(username="anna")
    url = reverse("admin:auth_user_password_change", args=[anna.pk])
    assert browser.get(url).status_code == 403
    assert browser.post(url, {"password1": "x", "password2": "x"}).status_code == 403


def test_a_manager_has_no_groups_and_no_tokens(browser: Client) -> None:
    assert browser.get(reverse("admin:auth_group_changelist")).status_code == 403
    assert browser.get(reverse("admin:annotate_apitoken_changelist")).status_code == 403


def test_a_superuser_hands_out_rights(client: Client) -> None:
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    anna = make_user("anna2")
    page = client.get(reverse("admin:auth_user_change", args=[anna.pk])).content.decode()
    assert [right for right in RIGHTS if f'name="{right}"' in page] == list(RIGHTS)
