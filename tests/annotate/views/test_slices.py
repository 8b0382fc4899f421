"""The page of agreement limited to a part of the project, and what the pages cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.models import AgreementSlice, ProjectAgreement
from annotate.operations.figures import compute_project, compute_slice
from annotate.operations.scoring import refresh_article
from corpus.models import Outlet, Story
from tests.factories import make_article, make_member, make_outlet, make_project, make_reading, make_story, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def read_project(n_articles=2, n_annotators=2):
    """Articles by two outlets in turn, on one story, read by people of whom the first two are a group."""
    people = [make_user() for _ in range(n_annotators)]
    project = make_project()
    for number, person in enumerate(people):
        make_member(project, person, group="trained" if number < 2 else "")
    make_member(project, make_user(), "researcher")
    make_member(project, make_user(), "adjudicator")
    outlets = Outlet.objects.order_by("-name") or [
        make_outlet("The Harbour", slug="harbour"),
        make_outlet("Northgate Wire", slug="northgate"),
    ]
    story = Story.objects.first() or make_story("caravan", title="The caravan")
    for number in range(n_articles):
        article = make_article(
            outlet=outlets[number % 2], story=story, published_at=datetime(2026, 3, 1 + number, tzinfo=UTC)
        )
        for place, person in enumerate(people):
            make_reading(project, article, person, [("FRAME", place, 10 + number), ("QUANTITY", 30, 41)])
        refresh_article(project=project, article=article)
    return project


@pytest.fixture
def project():
    project = read_project()
    compute_project(project=project, bootstrap=20)
    return project


def sign_in(client, project, role="researcher"):
    client.force_login(project.memberships.get(role=role).user)
    return f"/projects/{project.slug}/agreement/"


def n_documents(response):
    return response.context["page"].overall[1].n_documents


def test_a_part_of_a_small_project_is_computed_while_one_waits(client, project):
    address = sign_in(client, project)

    whole = client.get(address)
    part = client.get(f"{address}?outlet=northgate")

    assert (n_documents(whole), n_documents(part)) == (2, 1)
    assert AgreementSlice.objects.get().filter == {"outlet": "northgate"}
    assert 'href="/projects/' in part.content.decode()
    assert "outlet: Northgate Wire" in part.content.decode()
    assert f"{address}freshness/?outlet=northgate" in part.content.decode()
    assert "?outlet=northgate" in part.content.decode().split("labels.csv")[1][:40]


def test_the_page_waits_until_the_part_has_intervals(client, project):
    address = sign_in(client, project)
    client.get(f"{address}?outlet=northgate")

    waiting = client.get(f"{address}freshness/?outlet=northgate", headers=HTMX)
    compute_slice(kept=AgreementSlice.objects.get(), bootstrap=10)
    done = client.get(f"{address}freshness/?outlet=northgate", headers=HTMX)

    assert "drawn anew in the background" in waiting.content.decode()
    assert done.headers["HX-Refresh"] == "true"
    assert (
        'hx-trigger="every 2s"'
        not in client.get(f"{address}?outlet=northgate").content.decode().split('<nav class="jumps')[0]
    )


def test_a_part_of_a_large_project_is_left_to_the_worker(client, project, monkeypatch):
    monkeypatch.setattr("annotate.scoring.slices.FEW", 1)
    address = sign_in(client, project)

    page = client.get(f"{address}?outlet=northgate").content.decode()

    assert "The figures are being computed" in page
    assert AgreementSlice.objects.get().computed_at is None
    compute_slice(kept=AgreementSlice.objects.get(), bootstrap=10)
    assert n_documents(client.get(f"{address}?outlet=northgate")) == 1


def test_a_group_is_left_to_the_worker(client, project):
    address = sign_in(client, project)
    client.get(f"{address}?group=trained")

    assert AgreementSlice.objects.get().computed_at is None


def test_a_part_follows_later_readings(client, project):
    address = sign_in(client, project)
    client.get(f"{address}?story=caravan")
    article = project.articles.first()
    project.tasks.filter(article=article).update(state="returned")
    refresh_article(project=project, article=article)

    assert n_documents(client.get(f"{address}?story=caravan")) == 1


def test_wrong_filters_are_said_and_left_aside(client, project):
    address = sign_in(client, project)

    page = client.get(f"{address}?outlet=nobody&since=2026-99-99")

    assert n_documents(page) == 2
    assert "There is no such outlet." in page.content.decode()
    assert "Published: Enter a valid date." in page.content.decode()
    assert not AgreementSlice.objects.exists()


def test_adjudicators_do_not_learn_where_articles_come_from(client, project):
    address = sign_in(client, project, "adjudicator")

    page = client.get(f"{address}?outlet=northgate")

    assert n_documents(page) == 2
    assert "Northgate" not in page.content.decode()
    assert "The caravan" not in page.content.decode()


def test_downloads_are_of_the_same_part(client, project):
    address = sign_in(client, project)

    whole = client.get(f"{address}labels.csv").content.decode()
    part = client.get(f"{address}labels.csv?outlet=northgate").content.decode()

    assert whole != part


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in asked.captured_queries]


def test_pages_cost_as_many_queries_however_much_there_is(client):
    """The overview, all figures, and a part, with 2 articles by 2 people and with 6 by 5."""
    counted = []
    for n_articles, n_annotators in ((2, 2), (6, 5)):
        project = read_project(n_articles, n_annotators)
        compute_project(project=project, bootstrap=10)
        address = sign_in(client, project)
        client.get(f"{address}?outlet=northgate")
        compute_slice(kept=AgreementSlice.objects.get(project=project), bootstrap=10)
        overview = f"/projects/{project.slug}/"
        asked = {page: queries_of(client, page) for page in (overview, address, f"{address}?outlet=northgate")}
        counted.append([len(queries) for queries in asked.values()])

    assert counted[0] == counted[1]
    assert counted[0] == [7, 7, 9], asked


def test_a_page_asks_the_worker_once_for_the_same_part(client, project, monkeypatch):
    monkeypatch.setattr("annotate.scoring.slices.FEW", 1)
    address = sign_in(client, project)
    client.get(f"{address}?outlet=northgate")
    asked = AgreementSlice.objects.get().asked_at

    client.get(f"{address}?outlet=northgate")

    assert AgreementSlice.objects.get().asked_at == asked
    assert ProjectAgreement.objects.get().revision == 2


def test_figures_of_a_moment_ago_are_shown_though_readings_came_in_since(client, project, monkeypatch):
    monkeypatch.setattr("annotate.scoring.slices.FEW", 1)
    address = sign_in(client, project)
    client.get(f"{address}?outlet=northgate")
    compute_slice(kept=AgreementSlice.objects.get(), bootstrap=10)
    refresh_article(project=project, article=project.articles.first())

    shown = client.get(f"{address}?outlet=northgate")
    later = timezone.now() - timedelta(minutes=1)
    AgreementSlice.objects.update(intervals_at=later, asked_at=later)
    waiting = client.get(f"{address}?outlet=northgate")

    assert (shown.context["stale"], shown.context["waiting"]) == (True, False)
    assert "Load them anew" in shown.content.decode()
    assert (waiting.context["stale"], waiting.context["waiting"]) == (True, True)
