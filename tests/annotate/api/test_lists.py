"""Read-only lists: everything for who may see it, one's own for annotators, nothing for strangers."""

import base64
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Membership, Project
from tests.factories import make_article, make_mark, make_member, make_outlet, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db

CANARY = "CanaryGazette"


def client_of(project: Project, role: str = "") -> Client:
    user = make_user()
    if role:
        make_member(project, user, role)
    client = Client()
    client.force_login(user)
    return client


def blind_project(readings: int = 2) -> Project:
    project = make_project(blind_fields=["outlet", "byline", "url"])
    outlet = make_outlet(name=f"{CANARY}")
    for _ in range(readings):
        annotator = make_user()
        make_member(project, annotator)
        make_reading(project, make_article(outlet=outlet, byline=CANARY), annotator, [("SOURCE", 0, 6)])
    return project


def results(client: Client, project: Project, what: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/projects/{project.slug}/{what}/")
    assert answer.status_code == 200
    return answer.json()["results"]


@pytest.mark.parametrize("what", ["articles", "annotations"])
def test_a_stranger_is_told_that_there_is_no_such_project(what: str):
    project = blind_project()
    assert client_of(project).get(f"/api/v1/projects/{project.slug}/{what}/").status_code == 404
    assert Client().get(f"/api/v1/projects/{project.slug}/{what}/").status_code == 401


def test_a_researcher_sees_articles_with_their_outlets_and_readings_with_pseudonyms():
    project = blind_project()
    researcher = client_of(project, "researcher")
    assert [article["outlet"] for article in results(researcher, project, "articles")] == [CANARY, CANARY]
    readings = results(researcher, project, "annotations")
    assert {reading["annotator"] for reading in readings} == set(
        Membership.objects.filter(project=project, role="annotator").values_list("pseudonym", flat=True)
    )
    assert [len(reading["spans"]) for reading in readings] == [1, 1]


def test_an_annotator_sees_own_articles_and_marks_and_no_outlet():
    project = blind_project()
    task = project.tasks.first()
    annotator = Client()
    annotator.force_login(task.annotator)
    articles = annotator.get(f"/api/v1/projects/{project.slug}/articles/")
    assert CANARY not in articles.content.decode()
    assert [article["uuid"] for article in articles.json()["results"]] == [str(task.article.uuid)]
    assert [reading["task"] for reading in results(annotator, project, "annotations")] == [str(task.uuid)]


def test_a_researcher_who_still_has_work_to_do_in_a_blind_project_is_an_annotator_there():
    project = blind_project()
    task = project.tasks.first()
    make_member(project, task.annotator, "researcher")
    client = Client()
    client.force_login(task.annotator)
    assert CANARY in client.get(f"/api/v1/projects/{project.slug}/articles/").content.decode()
    project.tasks.filter(pk=task.pk).update(state="returned")
    assert CANARY not in client.get(f"/api/v1/projects/{project.slug}/articles/").content.decode()


@pytest.mark.parametrize("what", ["articles", "annotations"])
def test_a_list_takes_the_same_queries_for_three_rows_as_for_one(what: str):
    counts = []
    for readings in (1, 3):
        project = blind_project(readings) if readings == 1 else make_project()
        for _ in range(readings if readings == 3 else 0):
            task = make_reading(project, make_article(), make_user())
            make_mark(task, "SOURCE", 0, 6)
        client = client_of(project, "manager")
        with CaptureQueriesContext(connection) as captured:
            assert len(results(client, project, what)) == readings
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_list_is_read_page_by_page():
    project = blind_project(3)
    manager = client_of(project, "manager")
    first = manager.get(f"/api/v1/projects/{project.slug}/annotations/?page_size=2").json()
    second = manager.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)


@pytest.mark.parametrize("position", ["abc", "1.5", "nan", "-1", "%00", "9" * 40])
@pytest.mark.parametrize("what", ["articles", "annotations"])
def test_a_cursor_written_by_hand_is_not_found(what: str, position: str):
    project = blind_project(readings=1)
    cursor = base64.b64encode(f"p={position}".encode()).decode()
    answer = client_of(project, "researcher").get(f"/api/v1/projects/{project.slug}/{what}/", {"cursor": cursor})
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
