"""My work, the list of projects, claiming, signing in and out."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    PASSWORD,
    make_article,
    make_mark,
    make_outlet,
    make_project,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


def words(response):
    """The page's text in one line, without tags."""
    return " ".join(response.content.decode().split())


@pytest.fixture
def mara(client):
    user = make_user("mara")
    client.force_login(user)
    return user


def test_my_work_sends_a_stranger_to_the_sign_in_page(client):
    response = client.get("/")

    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/")


def test_without_a_project_my_work_says_what_to_do(client, mara):
    assert "Ask the manager of your project to do so; your user name is <strong>mara</strong>" in words(client.get("/"))


def test_my_work_offers_the_next_article(client, mara):
    project = make_project(title="Caravan", members={mara: "annotator"})
    make_task(project)

    page = words(client.get("/"))

    assert f'action="/projects/{project.slug}/claim/"' in page
    assert "All done" not in page


def test_my_work_leads_back_to_the_task_in_hand(client, mara):
    project = make_project(members={mara: "annotator"})
    article = make_article("A headline of mine\n\nText here.")
    task = make_task(project, article, mara)
    make_mark(task, "FRAME", 0, 5)

    page = words(client.get("/"))

    assert "A headline of mine" in page
    assert "· 1 mark ·" in page
    # fetched ahead, headline and button, button of the project
    assert page.count(reverse("annotate:task", args=[task.uuid])) == 4
    assert "/claim/" not in page


def test_a_returned_task_shows_the_note(client, mara):
    project = make_project(members={mara: "annotator"})
    make_task(project, annotator=mara, state="returned", note="Please link the sources.")

    assert "Please link the sources." in words(client.get("/"))


def test_my_work_says_when_everything_is_done(client, mara):
    project = make_project(members={mara: "annotator"})
    make_task(project, annotator=mara, state="submitted")

    page = words(client.get("/"))

    assert "All done" in page
    assert "1 submitted of 1 article" in page


def test_an_article_done_already_is_not_offered_again(client, mara):
    project = make_project(members={mara: "annotator"})
    article = make_article()
    make_task(project, article, mara, state="submitted")
    make_task(project, article)

    assert "All done" in words(client.get("/"))


def test_drafts_are_not_shown_to_annotators(client, mara):
    make_project(title="Secret draft", members={mara: "annotator"}, state="draft")

    assert "Secret draft" not in words(client.get("/"))


def test_history_is_paged_and_htmx_gets_it_alone(client, mara):
    project = make_project(members={mara: "annotator"})
    for number in range(12):
        make_task(project, make_article(f"Report number {number:02}\n\nBody."), mara, state="submitted")

    first = client.get("/")
    second = client.get("/?page=2", headers={"HX-Request": "true"})

    assert "Report number 11" in words(first)
    assert "Report number 01" not in words(first)
    assert "Report number 01" in words(second)
    assert "<html" not in words(second)


@pytest.mark.parametrize("number", [1, 3])
def test_my_work_asks_a_constant_number_of_questions(client, mara, number, django_assert_num_queries):
    for _ in range(number):
        project = make_project(members={mara: ["annotator", "researcher"]})
        make_task(project, make_article(), mara)
        make_task(project, make_article(), mara, state="submitted")

    with django_assert_num_queries(8):
        client.get("/")


def test_my_work_tells_nothing_that_a_blind_project_hides(client, mara):
    outlet = make_outlet("Canary Herald")
    article = make_article(
        outlet=outlet, byline="Byline Canary", url="https://canary.example/x", published_at=timezone.now()
    )
    project = make_project(members={mara: "annotator"}, blind_fields=["outlet", "byline", "date", "url"])
    make_task(project, article, mara)
    other = make_article(outlet=outlet, byline="Byline Canary", url="https://canary.example/y")
    make_task(project, other, mara, state="submitted")

    page = client.get("/").content.decode().lower()

    assert article.title.lower() in page
    assert "canary" not in page


def test_tasks_of_others_and_of_left_projects_are_not_shown(client, mara):
    project = make_project(members={mara: "annotator"})
    make_task(project, make_article("Not mine at all\n\nText."), make_user())
    left = make_project()
    make_task(left, make_article("From a project I left\n\nText."), mara)

    page = words(client.get("/"))

    assert "Not mine at all" not in page
    assert "From a project I left" not in page


def test_claim_goes_to_the_task(client, mara):
    project = make_project(members={mara: "annotator"})
    task = make_task(project)

    response = client.post(f"/projects/{project.slug}/claim/")

    task.refresh_from_db()
    assert (response.status_code, response.url) == (302, f"/tasks/{task.uuid}/")
    assert (task.annotator, task.state) == (mara, "claimed")


def test_claim_says_when_nothing_is_left(client, mara):
    project = make_project(title="Caravan", members={mara: "annotator"})

    response = client.post(f"/projects/{project.slug}/claim/", follow=True)

    assert "Nothing is left for you in “Caravan”" in words(response)


def test_claim_in_a_closed_project_says_so(client, mara):
    project = make_project(title="Caravan", members={mara: "annotator"}, state="closed")
    make_task(project)

    response = client.post(f"/projects/{project.slug}/claim/", follow=True)

    assert "“Caravan” hands out no articles: it is closed." in words(response)


@pytest.mark.parametrize("role", [None, "researcher"])
def test_only_annotators_claim(client, mara, role):
    project = make_project(members={mara: role} if role else {})
    task = make_task(project)

    assert client.post(f"/projects/{project.slug}/claim/").status_code == 404

    task.refresh_from_db()
    assert task.state == "open"


def test_claim_needs_a_post(client, mara):
    project = make_project(members={mara: "annotator"})

    assert client.get(f"/projects/{project.slug}/claim/").status_code == 405


def test_projects_lists_own_ones_with_roles(client, mara):
    make_project(title="Mine", members={mara: ["annotator", "researcher"]})
    make_project(title="Somebody else's", members={make_user(): "manager"})

    page = words(client.get("/projects/"))

    assert "annotator, researcher" in page
    assert "Somebody else" not in page


@pytest.mark.parametrize("number", [1, 3])
def test_projects_asks_a_constant_number_of_questions(client, mara, number, django_assert_num_queries):
    for _ in range(number):
        make_project(members={mara: "manager"})

    with django_assert_num_queries(4):
        client.get("/projects/")


def test_signing_in_leads_to_my_work_and_out_needs_a_post(client):
    make_user("mara")

    signed_in = client.post("/accounts/login/", {"username": "mara", "password": PASSWORD})
    by_link = client.get("/accounts/logout/")
    by_form = client.post("/accounts/logout/")

    assert (signed_in.status_code, signed_in.url) == (302, "/")
    assert by_link.status_code == 405
    assert (by_form.status_code, by_form.url) == (302, "/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_is_told(client):
    response = client.post("/accounts/login/", {"username": "mara", "password": "no"})

    assert "Please enter a correct username and password" in words(response)


def test_the_password_can_be_changed(client, mara):
    new = "another-long-passphrase-7"
    response = client.post(
        "/accounts/password_change/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
        follow=True,
    )

    mara.refresh_from_db()
    assert mara.check_password(new)
    assert "It holds from now on." in words(response)


def test_the_time_left_is_told_at_the_persons_own_pace(client, mara):
    project = make_project(members={mara: "annotator"})
    for seconds in (100, 300, 5000):
        make_task(project, make_article(), mara, state="submitted", active_seconds=seconds)
    for _ in range(3):
        make_task(project, make_article())
    make_task(project, make_article(), mara)

    assert "The rest: about 20 min at your pace" in words(client.get("/"))


@pytest.mark.parametrize("changes", [{"timed": 2}, {"state": "closed"}, {"left": 0}])
def test_no_time_is_told_without_a_pace_or_anything_left(client, mara, changes):
    project = make_project(members={mara: "annotator"}, state=changes.get("state", "open"))
    for _ in range(changes.get("timed", 3)):
        make_task(project, make_article(), mara, state="submitted", active_seconds=200)
    make_task(project, make_article(), mara, state="submitted", active_seconds=0)
    for _ in range(changes.get("left", 2)):
        make_task(project, make_article())

    assert "at your pace" not in words(client.get("/"))


def test_the_history_says_why_something_was_skipped_and_what_the_reviewer_wrote(client, mara):
    project = make_project(members={mara: "annotator"})
    make_task(project, make_article(), mara, state="skipped", reason="a <list> of scores")
    make_task(project, make_article(), mara, state="submitted", note="Link the sources.")

    page = words(client.get("/"))

    assert "Skipped: a &lt;list&gt; of scores" in page
    assert "Sent back once: Link the sources." in page


def test_the_task_in_hand_is_fetched_ahead_and_no_task_is_claimed_for_that(client, mara):
    project = make_project(members={mara: "annotator"})
    make_task(project, make_article())
    assert 'rel="prefetch"' not in words(client.get("/"))
    task = make_task(project, make_article(), mara)

    assert f'<link rel="prefetch" href="/tasks/{task.uuid}/">' in words(client.get("/"))
    assert project.tasks.filter(annotator=mara).count() == 1
