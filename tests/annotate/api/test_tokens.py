"""Tokens: what they admit, that they end, and that nobody can read one anywhere."""

import importlib
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotate.errors import Refusal
from annotate.models import ApiToken
from annotate.operations.api_tokens import create_token
from tests.factories import make_member, make_project, make_task, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user("rui")


def with_key(key: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (["read"], (200, 403, 403, 403)),
        (["annotate"], (403, 200, 403, 403)),
        (["manage"], (403, 403, 400, 403)),
        (["release"], (403, 403, 403, 202)),
        (["read", "release"], (200, 403, 403, 202)),
    ],
    ids=lambda value: "+".join(map(str, value)),
)
def test_a_token_does_what_its_scopes_name(user: User, scopes: list[str], statuses: tuple[int, ...]) -> None:
    project = make_project(slug="walk", members={user: ["annotator", "manager"]})
    client = with_key(make_token(user, *scopes))
    asked = [
        client.get("/api/v1/projects/"),
        client.post(f"/api/v1/projects/{project.slug}/claim/"),
        client.post("/api/v1/imports/", {"story": "walk"}),
        client.post(f"/api/v1/projects/{project.slug}/releases/", {}, content_type="application/json"),
    ]
    assert tuple(answer.status_code for answer in asked) == statuses
    refused = [answer.json() for answer in asked if answer.status_code == 403]
    assert {answer["code"] for answer in refused} == {"insufficient_scope"}


def test_a_scope_gives_nothing_that_the_account_has_not(user: User) -> None:
    project = make_project(members={user: "annotator"})
    client = with_key(make_token(user))
    assert client.get(f"/api/v1/projects/{project.slug}/agreement/").status_code == 404
    assert client.get("/api/v1/imports/").status_code == 404


def test_a_token_opens_no_page(user: User) -> None:
    user.is_staff = user.is_superuser = True
    user.save()
    client = with_key(make_token(user))
    assert client.get("/").status_code == client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "token_expired"),
        ({"revoked_at": timezone.now()}, "token_revoked"),
    ],
)
def test_a_token_that_ended_is_401_and_says_so(user: User, fields: dict[str, object], code: str) -> None:
    answer = with_key(make_token(user, **fields)).get("/api/v1/projects/")
    assert (answer.status_code, answer.json()["code"]) == (401, code)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a b", "Token \x7f", f"Bearer {'x' * 300}", "Bearer slw_no"]
)
def test_an_odd_header_is_401(header: str) -> None:
    answer = Client(headers={"Authorization": header}).get("/api/v1/projects/")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")


def test_the_token_of_an_account_that_was_switched_off_is_401(user: User) -> None:
    key = make_token(user)
    User.objects.update(is_active=False)
    assert with_key(key).get("/api/v1/projects/").status_code == 401


def test_the_key_is_stored_nowhere(user: User) -> None:
    token, key = create_token(user=user, name="script", scopes=["read"], days=1, now=timezone.now())
    assert with_key(key).get("/api/v1/projects/").status_code == 200
    token.refresh_from_db()
    assert key not in {str(value) for value in vars(token).values()}
    assert token.last_used_at is not None


def test_use_is_noted_once_a_minute(user: User, django_assert_num_queries: object) -> None:
    client = with_key(make_token(user))
    client.get("/api/v1/projects/")
    with django_assert_num_queries(2):  # type: ignore[operator]  # the token with its account; the (empty) list
        client.get("/api/v1/projects/")


def test_two_tokens_in_force_do_not_share_a_name(user: User) -> None:
    create_token(user=user, name="script", scopes=["read"], days=1, now=timezone.now())
    with pytest.raises(Refusal) as refused:
        create_token(user=user, name="script", scopes=["read"], days=1, now=timezone.now())
    assert refused.value.code == "name_in_use"
    with pytest.raises(IntegrityError, match="one_token_per_person_and_name"), transaction.atomic():
        make_token(user, name="script")
    ApiToken.objects.update(revoked_at=timezone.now())
    create_token(user=user, name="script", scopes=["read"], days=1, now=timezone.now())


@pytest.mark.parametrize(
    "changes", [{"name": " "}, {"scopes": []}, {"scopes": ["all"]}, {"days": 0}, {"days": 366}, {"name": "x" * 81}]
)
def test_a_token_without_end_name_or_scope_is_refused(user: User, changes: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        create_token(**{"user": user, "name": "a", "scopes": ["read"], "days": 1, "now": timezone.now(), **changes})  # type: ignore[arg-type]
    assert not ApiToken.objects.exists()


def test_the_page_shows_the_key_once_and_revokes_after_a_question(user: User, client: Client) -> None:
    client.force_login(user)
    page = reverse("annotate:tokens")
    assert "No token yet" in client.get(page).content.decode()
    made = client.post(page, {"name": "nightly", "scopes": ["read", "release"], "days": 30})
    key = made.context["key"]
    assert key in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert key not in client.get(page).content.decode()
    assert with_key(key).get("/api/v1/projects/").status_code == 200
    token = ApiToken.objects.get()
    question = reverse("annotate:revoke-token", args=[token.pk])
    assert "cannot be taken back" in client.get(question).content.decode()
    assert with_key(key).get("/api/v1/projects/").status_code == 200
    assert client.post(question).status_code == 302
    assert with_key(key).get("/api/v1/projects/").status_code == 401


def test_the_page_says_what_is_wrong(user: User, client: Client) -> None:
    client.force_login(user)
    make_token(user, name="nightly")
    answer = client.post(reverse("annotate:tokens"), {"name": "nightly", "days": 30})
    assert (answer.status_code, "Tick what the token" in answer.content.decode()) == (422, True)
    answer = client.post(reverse("annotate:tokens"), {"name": "nightly", "scopes": "read", "days": 30})
    assert (answer.status_code, "already: revoke it" in answer.content.decode()) == (422, True)


def test_nobody_revokes_anothers_token(user: User, client: Client) -> None:
    make_token(user)
    client.force_login(make_user())
    address = reverse("annotate:revoke-token", args=[ApiToken.objects.get().pk])
    assert client.get(address).status_code == client.post(address).status_code == 404


def test_superusers_revoke_in_the_admin(user: User, client: Client) -> None:
    key = make_token(user)
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    address, chosen = reverse("admin:annotate_apitoken_changelist"), [ApiToken.objects.get().pk]
    asked = client.post(address, {"action": "revoke", "_selected_action": chosen})
    assert "Revoke tokens" in asked.content.decode()
    assert with_key(key).get("/api/v1/projects/").status_code == 200
    client.post(address, {"action": "revoke", "_selected_action": chosen, "confirmed": "yes"})
    assert with_key(key).get("/api/v1/projects/").status_code == 401


def test_the_command_prints_the_key(user: User) -> None:
    out = StringIO()
    call_command("create_token", "rui", "nightly", "--scope", "read", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["scopes"] == ["read"]
    assert with_key(told["key"]).get("/api/v1/projects/").status_code == 200
    with pytest.raises(CommandError, match="already"):
        call_command("create_token", "rui", "nightly")
    with pytest.raises(CommandError, match="no account"):
        call_command("create_token", "nobody", "nightly")


def test_an_annotators_token_sees_no_more_than_their_pages(user: User) -> None:
    project = make_project(blind_fields=["outlet"])
    make_member(project, user)
    make_task(project, annotator=user)
    articles = with_key(make_token(user)).get(f"/api/v1/projects/{project.slug}/articles/").json()["results"]
    assert [set(article) for article in articles] == [{"uuid", "text", "language", "n_chars", "text_sha256", "zones"}]


def test_tokens_of_before_go_on_working_and_their_keys_are_gone(user: User) -> None:
    migration = importlib.import_module("annotate.migrations.0014_let_programs_in")
    with connection.schema_editor() as editor, connection.cursor() as cursor:
        migration.bring_tokens(None, editor)
        assert not ApiToken.objects.exists()
        cursor.execute("CREATE TABLE authtoken_token (key varchar(40), created timestamptz, user_id integer)")
        cursor.execute("INSERT INTO authtoken_token VALUES ('0123456789abcdef', now(), %s)", [user.pk])
        migration.bring_tokens(None, editor)
        cursor.execute("SELECT to_regclass('authtoken_token')")
        assert cursor.fetchone() == (None,)
    assert Client(headers={"Authorization": "Token 0123456789abcdef"}).get("/api/v1/projects/").status_code == 200
    left = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=89) < left <= timedelta(days=90)
