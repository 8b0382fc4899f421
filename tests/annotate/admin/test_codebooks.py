"""Codebooks in the admin: one text to edit, errors that name their place, frozen once work began."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotate.admin.codebooks import next_version
from annotate.models import Codebook
from annotate.operations.codebooks import save_codebook
from tests.factories import codebook_content, make_project, make_user

pytestmark = pytest.mark.django_db
ADD = "/admin/annotate/codebook/add/"


@pytest.fixture
def manager() -> User:
    manager = make_user("mia", is_staff=True)
    make_project(members={manager: "manager"})
    return manager


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def added(browser: Client, **changes: Any) -> Codebook:
    browser.post(ADD, {"source": json.dumps(codebook_content(**changes))})
    return Codebook.objects.get(name=changes.get("name", "small"))


def page_of(codebook: Codebook) -> str:
    return reverse("admin:annotate_codebook_change", args=[codebook.pk])


def test_who_adds_a_codebook_can_edit_it(browser: Client) -> None:
    codebook = added(browser)
    assert list(codebook.labels.values_list("code", flat=True)) == ["FRAME", "SOURCE", "CONTENT", "QUANTITY"]
    answer = browser.post(page_of(codebook), {"source": json.dumps(codebook_content(title="Renamed"))})
    assert answer.status_code == 302
    codebook.refresh_from_db()
    assert codebook.title == "Renamed"


def _broken() -> dict[str, Any]:
    content = codebook_content()
    content["layers"][0]["labels"][0]["colour"] = "purple"
    return content


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{", "Not JSON: Expecting property name enclosed in double quotes in line 1, column 2."),
        ('{"name": "a"}', "version"),
        (json.dumps(_broken()), "layers[0].labels[0].colour"),
        ("[" * 100_000, "Not "),
        ("[]", "must be"),
        ("1" * 5_000, "Not JSON: a number has too many digits."),
    ],
    ids=["no-json", "missing", "colour", "deep", "list", "digits"],
)
def test_an_error_names_the_place(source: str, said: str, browser: Client) -> None:
    page = browser.post(ADD, {"source": source})
    assert page.status_code == 200
    assert said in str(page.context["adminform"].form.errors["source"])
    assert not Codebook.objects.filter(name="small").exists()


def test_other_content_under_a_known_version_is_refused(browser: Client) -> None:
    added(browser)
    page = browser.post(ADD, {"source": json.dumps(codebook_content(title="Another"))})
    assert "Raise the version." in str(page.context["adminform"].form.errors["source"])


def test_a_frozen_one_is_read_only_and_copied_as_a_new_version(browser: Client) -> None:
    codebook = added(browser)
    Codebook.objects.update(frozen_at=timezone.now())
    page = browser.get(page_of(codebook))
    assert "Frozen since" in page.content.decode()
    assert browser.post(page_of(codebook), {"source": "{}"}).status_code == 403
    copy = browser.get(ADD, {"copy": codebook.pk}).context["adminform"].form.initial["source"]
    assert json.loads(copy)["version"] == "1.1"
    browser.post(ADD, {"source": copy})
    assert set(Codebook.objects.filter(name="small").values_list("version", flat=True)) == {"1.0", "1.1"}


def test_a_codebook_in_somebody_elses_project_is_not_edited(browser: Client) -> None:
    codebook = added(browser)
    make_project(codebook)
    assert browser.post(page_of(codebook), {"source": json.dumps(codebook_content())}).status_code == 403


def test_a_foreign_codebook_is_not_copied(browser: Client) -> None:
    foreign, _ = save_codebook(content=codebook_content(name="foreign"))
    assert browser.get(ADD, {"copy": foreign.pk}).context["adminform"].form.initial == {}


def test_the_preview_reads_without_json(browser: Client) -> None:
    page = browser.get(page_of(added(browser))).content.decode()
    assert "A span that cues one dimension of the issue." in page
    assert "CONTENT, QUANTITY → SOURCE" in page


@pytest.mark.parametrize(
    ("version", "taken", "following"),
    [
        ("1.0", {"1.0"}, "1.1"),
        ("1.0", {"1.0", "1.1"}, "1.2"),
        ("1.9", {"1.9"}, "1.10"),
        ("2", {"2"}, "3"),
        ("draft", {"draft"}, "draft.1"),
    ],
)
def test_the_next_version_counts_the_last_number_up(version: str, taken: set[str], following: str) -> None:
    assert next_version(version, taken) == following
