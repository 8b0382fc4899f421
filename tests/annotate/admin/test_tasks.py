"""Tasks in the admin: filters, and what a manager may do with one."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotate.models import Project, SpanAnnotation, Task
from tests.factories import make_article, make_mark, make_project, make_task, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/annotate/task/"


@pytest.fixture
def manager() -> User:
    return make_user("mia", is_staff=True)


@pytest.fixture
def project(manager: User) -> Project:
    anna = make_user("anna")
    return make_project(members={manager: "manager", anna: "annotator"}, annotators_per_article=1)


@pytest.fixture
def submitted(project: Project) -> Task:
    task = make_task(project, annotator=User.objects.get(username="anna"), state="submitted")
    make_mark(task, "FRAME", 0, 6, dimension="economic")
    return task


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def listed(browser: Client, **query: str) -> list[Task]:
    return list(browser.get(LIST, query).context["cl"].queryset.order_by("pk"))


def test_it_filters_by_project_state_and_annotator(browser: Client, manager: User, submitted: Task) -> None:
    other = make_project(members={manager: "manager"})
    opened = make_task(other)
    anna = submitted.annotator
    assert anna is not None
    assert listed(browser, project__id__exact=str(other.pk)) == [opened]
    assert listed(browser, state__exact="submitted") == [submitted]
    assert listed(browser, annotator=str(anna.pk)) == [submitted]
    assert listed(browser, annotator="nobody") == [opened]


def test_a_headline_is_cut_and_kept_whole_in_the_tooltip(browser: Client, project: Project) -> None:
    headline = "Walk " * 30
    make_task(project, make_article(f"{headline.strip()}\n\nBody."))
    page = browser.get(LIST).content.decode()
    assert f'title="{headline.strip()}"' in page
    assert "Walk Walk…" in page


def test_a_task_goes_back_with_a_note_after_a_confirmation(browser: Client, submitted: Task) -> None:
    sent = {"action": "return_with_note", "_selected_action": submitted.pk}
    page = browser.post(LIST, sent)
    assert "1 task will go back to the annotator" in page.content.decode()
    submitted.refresh_from_db()
    assert submitted.state == "submitted"
    page = browser.post(LIST, sent | {"confirmed": "yes", "note": " "})
    assert "This field is required." in page.content.decode()
    browser.post(LIST, sent | {"confirmed": "yes", "note": "Look at the numbers again."})
    submitted.refresh_from_db()
    assert (submitted.state, submitted.note) == ("returned", "Look at the numbers again.")


def test_reassigning_closes_the_task_and_opens_its_slot(browser: Client, project: Project, submitted: Task) -> None:
    sent = {"action": "reassign", "_selected_action": submitted.pk}
    browser.post(LIST, sent)
    assert Task.objects.count() == 1
    browser.post(LIST, sent | {"confirmed": "yes"})
    submitted.refresh_from_db()
    assert submitted.state not in Task.LIVE
    opened = Task.objects.get(state="open")
    assert (opened.slot, opened.article_id) == (submitted.slot, submitted.article_id)
    assert SpanAnnotation.objects.filter(task=submitted).count() == 1


@pytest.mark.parametrize("action", ["return_with_note", "reassign"])
def test_an_open_task_is_left_out_and_said_so(action: str, browser: Client, project: Project) -> None:
    task = make_task(project)
    page = browser.post(LIST, {"action": action, "_selected_action": task.pk}, follow=True)
    assert "1 task left out." in page.content.decode()
    task.refresh_from_db()
    assert task.state == "open"


@pytest.mark.parametrize("action", ["return_with_note", "reassign"])
def test_a_foreign_task_is_out_of_reach(action: str, browser: Client, project: Project) -> None:
    foreign = make_task(make_project(), annotator=make_user(), state="submitted")
    sent = {"action": action, "_selected_action": foreign.pk, "confirmed": "yes", "note": "Mine now."}
    browser.post(LIST, sent)
    foreign.refresh_from_db()
    assert (foreign.state, foreign.note) == ("submitted", "")


def test_marks_are_shown_and_nothing_can_be_edited(browser: Client, submitted: Task) -> None:
    url = reverse("admin:annotate_task_change", args=[submitted.pk])
    page = browser.get(url)
    mark = submitted.spans.get()
    assert mark.quote in page.content.decode()
    assert page.context["adminform"].form.fields == {}
    assert browser.post(url, {"note": "x", "_save": "Save"}).status_code == 403
    assert browser.get(reverse("admin:annotate_task_add")).status_code == 403
    assert browser.post(reverse("admin:annotate_task_delete", args=[submitted.pk]), {"post": "yes"}).status_code == 403


def test_the_annotator_filter_passes_over_what_is_no_number(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:annotate_task_changelist"), {"annotator": "\u00b2"})
    assert page.status_code == 200
