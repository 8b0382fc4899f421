"""A project's pages: who sees what, what they say, and at which cost."""

import re

import pytest
from django.utils import timezone

from annotate.models import ProjectAgreement
from annotate.operations.figures import compute_project
from annotate.operations.scoring import refresh_article
from tests.factories import (
    make_article,
    make_mark,
    make_outlet,
    make_project,
    make_reading,
    make_story,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db
PAGES = ["", "agreement/", "codebook/"]


def words(response):
    """The page's text in one line, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def read_project(n_articles=2, **fields):
    """A project whose articles mara and noor read alike but for one mark; rui researches, max manages."""
    people = {name: make_user(name) for name in ("mara", "noor", "rui", "max")}
    roles = {
        people["mara"]: "annotator",
        people["noor"]: "annotator",
        people["rui"]: "researcher",
        people["max"]: "manager",
    }
    project = make_project(title="Caravan", members=roles, annotators_per_article=2, **fields)
    for _ in range(n_articles):
        article = make_article()
        make_reading(project, article, people["mara"], [("FRAME", 0, 10), ("QUANTITY", 20, 30)], active_seconds=600)
        make_reading(project, article, people["noor"], [("FRAME", 0, 10)], active_seconds=1200)
        refresh_article(project=project, article=article)
    compute_project(project=project, bootstrap=50)
    return project, people


@pytest.mark.parametrize("page", PAGES)
def test_a_project_is_hidden_from_strangers(client, page):
    project = make_project()
    client.force_login(make_user())

    assert client.get(f"/projects/{project.slug}/{page}").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_project_asks_for_signing_in(client, page):
    project = make_project()

    assert client.get(f"/projects/{project.slug}/{page}").status_code == 302


def test_the_dashboard_shows_head_figures_and_agreement(client):
    project, people = read_project()
    client.force_login(people["rui"])

    page = words(client.get(f"/projects/{project.slug}/"))

    assert "submitted 4 of 4" in page
    assert "marks 6" in page
    assert "articles read by two or more 2 of 2" in page
    assert "Frame 4 1.00 1.00 – 1.00 , from fewer than 20 articles * 100 %" in page
    assert "Quantity 2 " in page
    assert "Source is not defined yet, because nothing varies" in page
    assert "Content is not defined yet, because nothing varies" in page
    assert "fewer than 20 articles" in page


def test_the_dashboard_shows_the_figures_of_the_score_command(client):
    project, people = read_project()
    client.force_login(people["rui"])
    value = ProjectAgreement.objects.get(project=project).metrics["char_alpha_set_nominal"]["value"]

    page = words(client.get(f"/projects/{project.slug}/agreement/"))

    assert f"char_alpha_set_nominal ? {value:.3f}" in page


def test_the_plot_draws_a_dot_for_each_defined_label(client):
    project, people = read_project()
    client.force_login(people["rui"])

    page = client.get(f"/projects/{project.slug}/").content.decode()

    (drawn,) = re.findall(r'<svg class="plot plot--wide".*?</svg>', page, re.DOTALL)
    assert (
        len(re.findall(r'<circle class="dot dot--open" cx="\d+\.\d" cy=', drawn)) == 4
    )  # Frame, Quantity and their layers
    assert drawn.count(">undefined: nothing varies</text>") == 2
    assert "style=" not in page


def test_managers_see_names_and_researchers_pseudonyms(client):
    project, people = read_project()
    pseudonym = project.memberships.get(user=people["mara"]).pseudonym

    client.force_login(people["rui"])
    for_researcher = words(client.get(f"/projects/{project.slug}/"))
    client.force_login(people["max"])
    for_manager = words(client.get(f"/projects/{project.slug}/"))

    assert (pseudonym in for_researcher, "mara" in for_researcher) == (True, False)
    assert (pseudonym in for_manager, "mara 2 2 of 2 0 % 10 min" in for_manager) == (False, True)


def test_the_share_of_unsure_marks_is_shown(client):
    project, people = read_project(n_articles=1)
    mark = project.tasks.get(annotator=people["noor"]).spans.get()
    mark.unsure = True
    mark.save()
    compute_project(project=project, bootstrap=10)
    client.force_login(people["max"])

    assert "noor 1 1 of 1 100 % 20 min today" in words(client.get(f"/projects/{project.slug}/"))


def test_a_project_without_readings_says_what_is_missing(client):
    rui = make_user()
    project = make_project(members={rui: "researcher"})
    client.force_login(rui)

    page = words(client.get(f"/projects/{project.slug}/"))

    assert "as soon as two people have submitted the same article" in page
    assert "Nobody annotates here yet" in page
    assert "Import some with" in page
    assert "Nothing to compare yet" in words(client.get(f"/projects/{project.slug}/agreement/"))


def test_new_readings_make_the_figures_stale_until_they_are_computed(client):
    project, people = read_project()
    client.force_login(people["rui"])
    address = f"/projects/{project.slug}/"
    refresh_article(project=project, article=project.articles.first())

    stale = words(client.get(address))
    waiting = client.post(f"{address}agreement/refresh/", headers={"HX-Request": "true"}).content.decode()
    still = client.get(f"{address}agreement/freshness/", headers={"HX-Request": "true"})
    compute_project(project=project, bootstrap=10)
    done = client.get(f"{address}agreement/freshness/", headers={"HX-Request": "true"})

    assert "Readings came in since these figures were computed" in stale
    assert 'hx-trigger="every 2s"' in waiting
    assert ("being computed" in words(still), "HX-Refresh" in still.headers) == (True, False)
    assert done.headers["HX-Refresh"] == "true"
    assert "Readings came in" not in words(client.get(address))


def test_figures_are_asked_for_by_a_plain_form_too(client):
    project, people = read_project()
    client.force_login(people["rui"])

    response = client.post(f"/projects/{project.slug}/agreement/refresh/", follow=True)

    assert "The figures are being computed." in words(response)


@pytest.mark.parametrize("role", [None, "annotator"])
def test_who_sees_no_agreement_cannot_have_it_computed(client, role):
    user = make_user()
    project = make_project(members={user: role} if role else {})
    client.force_login(user)

    assert client.post(f"/projects/{project.slug}/agreement/refresh/").status_code == 404
    assert client.get(f"/projects/{project.slug}/agreement/freshness/").status_code == 404


def test_an_annotator_sees_own_progress_only(client):
    project, people = read_project()
    make_task(project, make_article("My next article\n\nText."), people["mara"])
    client.force_login(people["mara"])

    page = words(client.get(f"/projects/{project.slug}/"))

    assert "submitted by you 2" in page
    assert "My next article" in page
    assert "noor" not in page
    assert "Agreement" not in page
    assert client.get(f"/projects/{project.slug}/agreement/").status_code == 404
    assert client.get(f"/projects/{project.slug}/codebook/").status_code == 200


def test_in_a_blind_project_the_annotator_prevails_while_work_is_left(client):
    user = make_user()
    project = make_project(members={user: ["annotator", "researcher"]}, blind_fields=["outlet"])
    task = make_task(project)
    client.force_login(user)
    address = f"/projects/{project.slug}/"

    before = words(client.get(address))
    task.delete()
    after = words(client.get(address))

    assert ("You annotate here." in before, "Agreement by label" in before) == (True, False)
    assert ("You annotate here." in after, "Agreement by label" in after) == (False, True)


def test_articles_are_listed_with_outlet_and_states(client):
    rui, ada = make_user(), make_user()
    outlet, story = make_outlet("Northgate Wire"), make_story("caravan", title="The caravan")
    article = make_article("A headline\n\nText.", outlet=outlet, story=story)
    project = make_project(members={rui: "researcher", ada: "adjudicator"}, annotators_per_article=3)
    make_task(project, article, state="submitted")
    make_task(project, article, make_user())
    make_task(project, article)
    client.force_login(rui)

    page = client.get(f"/projects/{project.slug}/")
    client.force_login(ada)
    for_adjudicator = words(client.get(f"/projects/{project.slug}/"))

    assert "A headline Northgate Wire The caravan 1 of 3" in words(page)
    assert re.findall(r'<i data-state="(\w+)">', page.content.decode()) == ["submitted", "claimed", "open"]
    assert "Northgate Wire" not in for_adjudicator


def test_an_excluded_article_says_so(client):
    rui = make_user()
    project = make_project(members={rui: "researcher"}, articles=[make_article()])
    project.projectarticle_set.update(excluded=True, excluded_reason="a duplicate")
    client.force_login(rui)

    assert 'title="a duplicate">left out' in client.get(f"/projects/{project.slug}/").content.decode()


def test_articles_come_in_pages(client):
    rui = make_user()
    articles = [make_article(f"Headline {number:02}\n\nText {number}.") for number in range(27)]
    project = make_project(members={rui: "researcher"}, articles=articles)
    client.force_login(rui)
    address = f"/projects/{project.slug}/"

    first = words(client.get(address))
    after = project.projectarticle_set.order_by("pk")[24].pk
    second = client.get(f"{address}?after={after}", headers={"HX-Request": "true"})

    assert ("Headline 24" in first, "Headline 25" in first) == (True, False)
    assert ("Headline 25" in words(second), "Headline 24" in words(second), "<html" in words(second)) == (
        True,
        False,
        False,
    )
    assert "Headline 00" in words(client.get(f"{address}?after=nonsense"))
    assert client.get(f"{address}?after={10**30}").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_the_dashboard_asks_a_constant_number_of_questions(client, number, django_assert_num_queries):
    project, people = read_project(n_articles=number)
    for _ in range(number):
        project.memberships.create(user=make_user(), role="annotator")
    client.force_login(people["rui"])

    with django_assert_num_queries(7):
        client.get(f"/projects/{project.slug}/")


def test_the_codebook_shows_what_is_switched_on(client):
    user = make_user()
    project = make_project(members={user: "annotator"}, switches={"SOURCE": False})
    client.force_login(user)

    page = words(client.get(f"/projects/{project.slug}/codebook/"))

    assert "Frame 1 A span that cues one dimension of the issue." in page
    assert "the shortest phrase that cues it" in page
    assert "Not marked in this project: Source." in page


def test_names_in_a_codebook_are_escaped(client):
    user = make_user()
    project = make_project(members={user: "researcher"}, title="<script>alert(1)</script>")
    client.force_login(user)

    for page in PAGES:
        assert b"<script>alert" not in client.get(f"/projects/{project.slug}/{page}").content


def test_marks_of_a_blind_project_are_hidden_from_its_annotators(client):
    user = make_user()
    outlet = make_outlet("Canary Herald")
    article = make_article(outlet=outlet, byline="Byline Canary", url="https://canary.example/x")
    project = make_project(members={user: "annotator"}, blind_fields=["outlet"])
    task = make_task(project, article, user)
    make_mark(task, "FRAME", 0, 4)
    make_reading(project, article, make_user("somebody-else"), submitted_at=timezone.now())
    client.force_login(user)

    for page in ("", "codebook/"):
        text = client.get(f"/projects/{project.slug}/{page}").content.decode().lower()
        assert "canary" not in text
        assert "somebody-else" not in text
