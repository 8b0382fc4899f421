"""A manager makes a project in one form, opens it, changes it and closes it, all with the mouse."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotate.codebook import parse_codebook
from annotate.models import Codebook, Membership, Project, ProjectArticle, Task
from corpus.models import Article, ImportBatch
from tests.annotate.admin.scene import make_side
from tests.factories import (
    codebook_content,
    make_article,
    make_codebook,
    make_member,
    make_project,
    make_story,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return make_user("mia", is_staff=True)


@pytest.fixture
def codebook(manager: User) -> Codebook:
    """In a project of the manager, so within reach."""
    codebook = make_codebook()
    make_project(codebook, members={manager: "manager"}, slug="first")
    return codebook


@pytest.fixture
def batch(manager: User) -> ImportBatch:
    return ImportBatch.objects.create(source="up.jsonl", format="jsonl", created_by=manager, state="done")


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def form(**changes: Any) -> dict[str, Any]:
    """What the browser sends for a new project with no people."""
    return {
        "title": "Second",
        "slug": "second",
        "annotators_per_article": "2",
        "ordering": "random",
        "lease_minutes": "60",
        "guidelines": "Mark what the text does.",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        "memberships-MIN_NUM_FORMS": "0",
        "memberships-MAX_NUM_FORMS": "1000",
    } | changes


def people(*rows: tuple[User, str]) -> dict[str, Any]:
    sent: dict[str, Any] = {"memberships-TOTAL_FORMS": str(len(rows))}
    for number, (user, role) in enumerate(rows):
        sent |= {f"memberships-{number}-user": user.pk, f"memberships-{number}-role": role}
    return sent


def test_one_form_makes_project_articles_and_members(
    browser: Client, manager: User, codebook: Codebook, batch: ImportBatch
) -> None:
    story = make_story("walk")
    of_story = make_article(story=story, import_batch=batch)
    picked = make_article(import_batch=batch)
    make_article(import_batch=batch)
    anna = make_user("anna")
    sent = form(codebook=codebook.pk, blind_fields=["outlet", "url"], story=story.pk, picked=[picked.pk])
    answer = browser.post(reverse("admin:annotate_project_add"), sent | people((anna, "annotator")))
    project = Project.objects.get(slug="second")
    assert answer.headers["Location"] == reverse("admin:annotate_project_change", args=[project.pk])
    assert (project.state, project.blind_fields, project.annotators_per_article) == ("draft", ["outlet", "url"], 2)
    assert set(project.articles.all()) == {of_story, picked}
    assert set(Membership.objects.filter(project=project).values_list("user__username", "role")) == {
        ("mia", "manager"),
        ("anna", "annotator"),
    }
    assert not Task.objects.exists()


def test_all_articles_of_an_import(browser: Client, codebook: Codebook, batch: ImportBatch) -> None:
    articles = {make_article(import_batch=batch) for _ in range(3)}
    make_article()
    browser.post(reverse("admin:annotate_project_add"), form(codebook=codebook.pk, batch=batch.pk))
    assert set(Project.objects.get(slug="second").articles.all()) == articles


@pytest.mark.parametrize("field", ["codebook", "story", "batch", "picked"])
def test_a_foreign_row_is_no_choice_even_when_sent(field: str, browser: Client, codebook: Codebook) -> None:
    foreign = make_side("foreign", make_user())
    rows = {
        "codebook": foreign.codebook,
        "story": foreign.article.story,
        "batch": foreign.batch,
        "picked": foreign.article,
    }
    page = browser.post(reverse("admin:annotate_project_add"), form(**{"codebook": codebook.pk, field: rows[field].pk}))
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "first"}, "slug"),
        ({"slug": "Se cond"}, "slug"),
        ({"annotators_per_article": "0"}, "annotators_per_article"),
        ({"blind_fields": ["lean"]}, "blind_fields"),
        ({"title": ""}, "title"),
    ],
)
def test_a_form_with_an_error_names_its_field(
    changes: dict[str, Any], field: str, browser: Client, codebook: Codebook
) -> None:
    page = browser.post(reverse("admin:annotate_project_add"), form(codebook=codebook.pk) | changes)
    assert list(page.context["adminform"].form.errors) == [field]
    assert not Project.objects.filter(title="Second").exists()


def test_opening_is_confirmed_and_makes_the_tasks(browser: Client, manager: User) -> None:
    project = make_project(
        articles=[make_article()], members={manager: "manager"}, state="draft", annotators_per_article=2
    )
    url = reverse("admin:annotate_project_open", args=[project.pk])
    assert "1 article, 2 annotators each, 0 invited" in browser.get(url).content.decode()
    project.refresh_from_db()
    assert project.state == "draft"
    browser.post(url)
    project.refresh_from_db()
    assert (project.state, project.tasks.filter(state="open").count()) == ("open", 2)


def test_closing_is_confirmed(browser: Client, manager: User) -> None:
    project = make_project(members={manager: "manager"})
    make_task(project, annotator=make_user(), state="submitted")
    url = reverse("admin:annotate_project_close", args=[project.pk])
    assert "1 of 1 readings are submitted;" in browser.get(url).content.decode()
    project.refresh_from_db()
    assert project.state == "open"
    browser.post(url)
    project.refresh_from_db()
    assert project.state == "closed"


@pytest.mark.parametrize("name", ["open", "close"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_opens_or_closes(name: str, method: str, browser: Client, codebook: Codebook) -> None:
    foreign = make_project(state="open" if name == "close" else "draft")
    answer = getattr(browser, method)(reverse(f"admin:annotate_project_{name}", args=[foreign.pk]))
    assert answer.status_code == 404
    before = foreign.state
    foreign.refresh_from_db()
    assert foreign.state == before


def change(project: Project, **changes: Any) -> dict[str, Any]:
    members = list(project.memberships.all())
    sent = form(title=project.title, slug=project.slug, annotators_per_article=project.annotators_per_article)
    sent |= {"memberships-TOTAL_FORMS": len(members), "memberships-INITIAL_FORMS": len(members)}
    for number, member in enumerate(members):
        sent |= {
            f"memberships-{number}-id": member.pk,
            f"memberships-{number}-user": member.user_id,
            f"memberships-{number}-role": member.role,
        }
    ticked = ["FRAME", "FRAME.dimension", "SOURCE", "CONTENT", "QUANTITY", "QUANTITY.value", "ATTRIBUTED_TO"]
    return sent | {"codebook": project.codebook_id, "switched_on": ticked} | changes


@pytest.mark.parametrize(
    ("ticked", "switches"),
    [
        (["FRAME", "FRAME.dimension", "SOURCE", "CONTENT", "QUANTITY", "QUANTITY.value", "ATTRIBUTED_TO"], {}),
        (
            ["FRAME", "FRAME.dimension", "SOURCE", "CONTENT", "ATTRIBUTED_TO"],
            {"QUANTITY": False, "QUANTITY.value": False},
        ),
    ],
)
def test_boxes_become_switches_against_the_codebook(
    ticked: list[str], switches: dict[str, bool], browser: Client, manager: User
) -> None:
    codebook = make_codebook(parse_codebook(codebook_content()))
    project = make_project(codebook, members={manager: "manager"}, state="draft")
    url = reverse("admin:annotate_project_change", args=[project.pk])
    answer = browser.post(url, change(project, switched_on=ticked))
    assert answer.status_code == 302, answer.context["errors"]
    project.refresh_from_db()
    assert project.switches == switches
    form_shown = browser.get(url).context["adminform"].form
    assert set(form_shown.fields["switched_on"].initial) == set(ticked)


def test_articles_added_to_an_open_project_get_their_tasks(browser: Client, manager: User, batch: ImportBatch) -> None:
    project = make_project(members={manager: "manager"}, annotators_per_article=2)
    article = make_article(import_batch=batch)
    url = reverse("admin:annotate_project_change", args=[project.pk])
    browser.post(url, change(project, picked=[article.pk]))
    assert list(project.tasks.values_list("article", "slot")) == [(article.pk, 1), (article.pk, 2)]


def test_once_tasks_exist_the_codebook_stands(browser: Client, manager: User, codebook: Codebook) -> None:
    project = make_project(members={manager: "manager"})
    make_task(project)
    before = project.codebook_id
    url = reverse("admin:annotate_project_change", args=[project.pk])
    browser.post(url, change(project, codebook=codebook.pk, title="New title"))
    project.refresh_from_db()
    assert (project.codebook_id, project.title) == (before, "New title")


def test_an_annotator_with_tasks_is_not_taken_off(browser: Client, manager: User) -> None:
    anna = make_user("anna")
    project = make_project(members={manager: "manager", anna: "annotator"})
    make_task(project, annotator=anna)
    number = [member.user_id for member in project.memberships.all()].index(anna.pk)
    url = reverse("admin:annotate_project_change", args=[project.pk])
    page = browser.post(url, change(project, **{f"memberships-{number}-DELETE": "on"}))
    assert "anna has tasks in this project" in page.content.decode()
    assert project.memberships.filter(user=anna).exists()


def test_the_list_shows_progress(browser: Client, manager: User) -> None:
    project = make_project(members={manager: "manager"}, slug="p")
    article = make_article()
    make_task(project, article, make_user(), state="submitted")
    make_task(project, article, make_user())
    make_task(project, article)
    make_task(project, article, make_user(), state="skipped")
    assert "1 of 3" in browser.get(reverse("admin:annotate_project_changelist")).content.decode()


def test_an_excluded_article_loses_its_open_tasks_and_says_why(browser: Client, manager: User) -> None:
    project = make_project(members={manager: "manager"}, annotators_per_article=2)
    article = make_article()
    kept = make_task(project, article, make_user(), state="submitted")
    make_task(project, article)
    row = ProjectArticle.objects.get(project=project)
    url = reverse("admin:annotate_projectarticle_change", args=[row.pk])
    page = browser.post(url, {"priority": "0", "excluded": "on", "excluded_reason": ""})
    assert "Say why the article is excluded." in page.content.decode()
    browser.post(url, {"priority": "3", "excluded": "on", "excluded_reason": "An advertisement."})
    row.refresh_from_db()
    assert (row.excluded, row.priority) == (True, 3)
    assert list(project.tasks.all()) == [kept]


def test_a_member_who_manages_elsewhere_has_no_say_here(browser: Client, manager: User, codebook: Codebook) -> None:
    project = make_project(slug="theirs")
    make_member(project, manager, "researcher")
    assert browser.get(reverse("admin:annotate_project_change", args=[project.pk])).status_code == 404
    assert Article.objects.count() == 0


@pytest.mark.parametrize("changed", ["user", "role"])
def test_an_annotator_with_tasks_is_not_made_somebody_or_something_else(
    changed: str, browser: Client, manager: User
) -> None:
    anna = make_user("anna")
    project = make_project(members={manager: "manager", anna: "annotator"})
    make_task(project, annotator=anna)
    number = [member.user_id for member in project.memberships.all()].index(anna.pk)
    values = {"user": make_user("bert").pk, "role": "researcher"}
    url = reverse("admin:annotate_project_change", args=[project.pk])
    page = browser.post(url, change(project, **{f"memberships-{number}-{changed}": values[changed]}))
    assert "anna has tasks in this project" in page.content.decode()
    assert project.memberships.filter(user=anna, role="annotator").exists()


@pytest.mark.parametrize("changes", [{"DELETE": "on"}, {"role": "researcher"}])
def test_the_last_manager_stays(changes: dict[str, str], browser: Client, manager: User) -> None:
    project = make_project(members={manager: "manager"})
    url = reverse("admin:annotate_project_change", args=[project.pk])
    sent = {f"memberships-0-{name}": value for name, value in changes.items()}
    page = browser.post(url, change(project, **sent))
    assert "A project needs a manager" in page.content.decode()
    assert project.memberships.filter(user=manager, role="manager").exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_closing_a_draft_says_that_there_is_nothing_to_close(method: str, browser: Client, manager: User) -> None:
    project = make_project(members={manager: "manager"}, state="draft")
    page = getattr(browser, method)(reverse("admin:annotate_project_close", args=[project.pk]), follow=True)
    assert "was never opened" in page.content.decode()
    project.refresh_from_db()
    assert project.state == "draft"
