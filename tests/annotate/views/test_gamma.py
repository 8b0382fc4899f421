"""Asking for gamma on the page of agreement."""

import pytest
from django.utils import timezone

from annotate.models import GammaRun
from annotate.operations.figures import compute_project
from annotate.operations.gamma import run_gamma
from annotate.operations.scoring import refresh_article
from tests.factories import make_article, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TERMS = {"sample_size": 5, "time_limit": 60, "seed": 1}


@pytest.fixture
def project():
    people = make_user(), make_user()
    project = make_project(members={**dict.fromkeys(people, "annotator"), make_user("rui"): "researcher"})
    article = make_article()
    for person in people:
        make_reading(project, article, person, [("FRAME", 0, 10)])
    refresh_article(project=project, article=article)
    compute_project(project=project, bootstrap=10)
    return project


@pytest.fixture
def rui(client, project):
    client.force_login(project.memberships.get(role="researcher").user)
    return client


def test_gamma_is_asked_for_followed_and_shown(rui, project):
    address = f"/projects/{project.slug}/agreement/gamma/"

    waiting = rui.post(address, TERMS, headers=HTMX).content.decode()
    run = GammaRun.objects.get()
    run_gamma(run_id=run.pk, now=timezone.now())
    over = rui.get(address, headers=HTMX)
    done = rui.get(address, follow=True).content.decode()

    assert (run.sample_size, run.time_limit, run.seed, run.requested_by.username) == (5, 60, 1, "rui")
    assert "Waiting for the worker." in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert over.headers["HX-Refresh"] == "true"
    assert 'hx-trigger="every 2s"' not in done
    assert "<code>gamma</code>" in done
    assert "1 of 1 article that two or more people read, seed 1" in done
    assert 'value="5"' in done


def test_a_plain_form_leads_back_to_the_page(rui, project):
    response = rui.post(f"/projects/{project.slug}/agreement/gamma/", TERMS)

    assert response["Location"] == f"/projects/{project.slug}/agreement/#gamma"


def test_only_one_is_computed_at_a_time(rui, project):
    address = f"/projects/{project.slug}/agreement/gamma/"
    rui.post(address, TERMS)

    response = rui.post(address, TERMS, follow=True)

    assert "being computed already" in response.content.decode()
    assert GammaRun.objects.count() == 1


@pytest.mark.parametrize("terms", [{"sample_size": 0}, {"time_limit": 9}, {"seed": "x"}, {"sample_size": 10**6}])
def test_terms_that_cannot_be_met_are_refused(rui, project, terms):
    response = rui.post(f"/projects/{project.slug}/agreement/gamma/", TERMS | terms, headers=HTMX)

    assert "errorlist" in response.content.decode()
    assert not GammaRun.objects.exists()


def test_gamma_is_called_off_and_tried_again(rui, project):
    address = f"/projects/{project.slug}/agreement/gamma/"
    rui.post(address, TERMS)
    run = GammaRun.objects.get()

    off = rui.post(f"{address}{run.pk}/cancel/", headers=HTMX).content.decode()
    again = rui.post(f"{address}{run.pk}/retry/", headers=HTMX).content.decode()

    assert "was called off" in off
    assert "Waiting for the worker." in again


@pytest.mark.parametrize("path", ["", "{pk}/cancel/", "{pk}/retry/"])
def test_who_sees_no_agreement_has_nothing_computed(client, project, path):
    run = GammaRun.objects.create(project=project, sample_size=1, seed=0, time_limit=60)
    client.force_login(project.memberships.filter(role="annotator").first().user)

    assert client.post(f"/projects/{project.slug}/agreement/gamma/{path.format(pk=run.pk)}", TERMS).status_code == 404


def test_the_computation_of_another_project_is_not_found(rui, project):
    run = GammaRun.objects.create(project=make_project(), sample_size=1, seed=0, time_limit=60)

    assert rui.post(f"/projects/{project.slug}/agreement/gamma/{run.pk}/cancel/").status_code == 404
