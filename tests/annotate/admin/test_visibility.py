"""A staff manager finds own projects' rows on every page of the admin, and nobody else's on any."""

import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.sites import site
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotate.models import ApiToken, Codebook, Project, ProjectArticle, Task, Webhook, WebhookDelivery
from annotate.visibility import articles_for, manages, projects_for
from corpus.models import Article, DuplicateGroup, ImportBatch, ImportIssue, Outlet, Story, StoryProposal
from corpus.scoped_admin import ScopedAdmin
from tests.annotate.admin.scene import Side, make_side
from tests.factories import make_article, make_member, make_project, make_task, make_user

pytestmark = pytest.mark.django_db

OURS = ("annotate", "corpus", "release")
# Nothing of a project: tests/annotate/admin/test_people.py shows that managers are refused.
SUPERUSERS_ONLY = {ApiToken}
ROWS = {
    Article: lambda side: side.article,
    Outlet: lambda side: side.article.outlet,
    Story: lambda side: side.article.story,
    ImportBatch: lambda side: side.batch,
    ImportIssue: lambda side: side.issue,
    DuplicateGroup: lambda side: side.group,
    StoryProposal: lambda side: side.proposal,
    Codebook: lambda side: side.codebook,
    Project: lambda side: side.project,
    ProjectArticle: lambda side: ProjectArticle.objects.get(project=side.project),
    Task: lambda side: side.task,
    User: lambda side: side.annotator,
    Webhook: lambda side: side.delivery.webhook,
    WebhookDelivery: lambda side: side.delivery,
}
# Foreign keys that a form of the admin searches in.
AUTOCOMPLETES = [
    (Project, "codebook", "own", "foreign"),
    (Project, "articles", "own headline", "foreign headline"),
    (Article, "story", "own story", "foreign story"),
    (Article, "import_batch", "own.jsonl", "foreign.jsonl"),
    (apps.get_model("annotate", "Membership"), "user", "own-annotator", "foreign-annotator"),
]


@pytest.fixture
def manager() -> User:
    return make_user("mia", is_staff=True)


@pytest.fixture
def own(manager: User) -> Side:
    return make_side("own", manager)


@pytest.fixture
def foreign() -> Side:
    return make_side("foreign", make_user("other-manager", is_staff=True))


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def test_every_model_of_ours_in_the_admin_is_scoped() -> None:
    unscoped = [
        model.__name__
        for model, model_admin in site._registry.items()
        if model._meta.app_label in OURS and model not in SUPERUSERS_ONLY and not isinstance(model_admin, ScopedAdmin)
    ]
    assert unscoped == []


def test_every_registered_model_of_corpus_and_annotate_is_tried_here() -> None:
    registered = {model for model in site._registry if model._meta.app_label in ("annotate", "corpus")}
    assert registered <= set(ROWS) | SUPERUSERS_ONLY


def test_every_foreign_key_of_our_forms_leads_to_a_scoped_admin() -> None:
    for model_admin in site._registry.values():
        for inline in (*getattr(model_admin, "inlines", ()), type(model_admin)):
            for name in getattr(inline, "autocomplete_fields", ()):
                related = (getattr(inline, "model", None) or model_admin.model)._meta.get_field(name).remote_field.model
                assert isinstance(site.get_model_admin(related), ScopedAdmin), (inline, name)


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_list_holds_own_rows_only(model: type, browser: Client, own: Side, foreign: Side) -> None:
    page = browser.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    assert page.status_code == 200
    listed = set(page.context["cl"].queryset.values_list("pk", flat=True))
    assert ROWS[model](own).pk in listed
    assert ROWS[model](foreign).pk not in listed
    assert "foreign" not in page.content.decode().casefold()


@pytest.mark.parametrize("view", ["change", "history", "delete"])
@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_foreign_row_is_not_there(model: type, view: str, browser: Client, own: Side, foreign: Side) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"
    page = browser.get(reverse(name, args=[ROWS[model](foreign).pk]))
    # Deleting is nobody's right in most lists, which is said before the row is looked for.
    assert page.status_code == 404 or (view == "delete" and page.status_code == 403)
    assert "foreign" not in page.content.decode().casefold().replace(f"/{ROWS[model](foreign).pk}/", "")


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_an_own_row_opens_without_foreign_choices(model: type, browser: Client, own: Side, foreign: Side) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    page = browser.get(reverse(name, args=[ROWS[model](own).pk]))
    assert page.status_code == 200
    assert "foreign" not in page.content.decode().casefold()


@pytest.mark.parametrize(
    "name",
    [
        "annotate_project_add",
        "annotate_codebook_add",
        "corpus_outlet_add",
        "corpus_story_add",
        "corpus_importbatch_add",
        "index",
    ],
)
def test_a_form_offers_no_foreign_choices(name: str, browser: Client, own: Side, foreign: Side) -> None:
    page = browser.get(reverse(f"admin:{name}"))
    assert page.status_code in (200, 403)
    assert "foreign" not in page.content.decode().casefold()


@pytest.mark.parametrize(("model", "field", "own_term", "foreign_term"), AUTOCOMPLETES)
def test_an_autocomplete_finds_own_rows_only(
    model: type, field: str, own_term: str, foreign_term: str, browser: Client, own: Side, foreign: Side
) -> None:
    def found(term: str) -> list[str]:
        answer = browser.get(
            reverse("admin:autocomplete"),
            {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field,
                "term": term,
            },
        )
        assert answer.status_code == 200
        return [row["text"] for row in json.loads(answer.content)["results"]]

    assert not [text for text in found("") if "foreign" in text.casefold()]
    if model is not Project or field != "codebook":
        assert found(own_term)
    if field != "user":
        assert found(foreign_term) == []


def test_a_stranger_is_found_by_the_whole_username_only(browser: Client, own: Side, foreign: Side) -> None:
    def found(term: str) -> list[str]:
        query = {"app_label": "annotate", "model_name": "membership", "field_name": "user", "term": term}
        answer = browser.get(reverse("admin:autocomplete"), query)
        return [row["text"] for row in json.loads(answer.content)["results"]]

    assert found("foreign-annot") == []
    assert found("foreign-annotator") == ["foreign-annotator"]


@pytest.mark.parametrize(
    ("is_staff", "role"),
    [(True, "annotator"), (True, "adjudicator"), (True, "researcher"), (True, ""), (False, "manager")],
)
def test_only_staff_managers_enter(is_staff: bool, role: str, client: Client, own: Side) -> None:
    person = make_user("person", is_staff=is_staff)
    if role:
        make_member(own.project, person, role)
    client.force_login(person)
    for model in ROWS:
        page = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        assert page.status_code == (403 if is_staff else 302), model
        assert "own" not in page.content.decode()


def test_a_superuser_sees_both(client: Client, own: Side, foreign: Side) -> None:
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    for model, row in ROWS.items():
        page = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        listed = set(page.context["cl"].queryset.values_list("pk", flat=True))
        assert {row(own).pk, row(foreign).pk} <= listed, model


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_list_asks_as_many_queries_for_three_rows_as_for_one(
    model: type, browser: Client, manager: User, own: Side
) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    browser.get(url)  # content types are read once a process
    one = _queries(browser, url)
    make_side("second", manager)
    make_side("third", manager)
    assert _queries(browser, url) == one


def _queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_while_reading_blind_a_manager_is_an_annotator(manager: User) -> None:
    article = make_article()
    project = make_project(articles=[article], members={manager: ["manager", "annotator"]}, blind_fields=["outlet"])
    make_task(project, article)
    assert list(projects_for(manager)) == []
    assert not manages(manager)
    assert list(articles_for(manager)) == []


def test_after_reading_everything_a_manager_manages_again(manager: User) -> None:
    article = make_article()
    project = make_project(articles=[article], members={manager: ["manager", "annotator"]}, blind_fields=["outlet"])
    make_task(project, article, manager, state="submitted")
    make_task(project, article)
    assert list(projects_for(manager)) == [project]
    assert list(articles_for(manager)) == [article]


def test_an_article_to_be_read_blind_is_hidden_in_ones_other_project_too(manager: User) -> None:
    article = make_article()
    make_project(articles=[article], members={manager: "manager"})
    blind = make_project(articles=[article], members={manager: "annotator"}, blind_fields=["outlet"])
    make_task(blind, article)
    assert list(articles_for(manager)) == []


def test_the_site_bears_our_name() -> None:
    assert admin.site.site_header == "Slantwise"
