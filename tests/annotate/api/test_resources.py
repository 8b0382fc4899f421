"""Projects, articles, stories, annotations, agreement over the API: who sees what, how lists are asked for."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.models import Membership, Project, ProjectAgreement, ProjectArticle
from tests.factories import (
    make_article,
    make_mark,
    make_member,
    make_outlet,
    make_project,
    make_reading,
    make_story,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db

CANARY = "CanaryGazette"


@pytest.fixture
def project() -> Project:
    """Blind, with two outlets' articles on one story, each read by two people."""
    story = make_story("walk", title="The walk")
    outlet = make_outlet(name=CANARY, slug="canary")
    articles = [
        make_article(outlet=outlet, story=story, byline=CANARY, published_at="2024-10-20T08:00Z"),
        make_article(outlet=make_outlet(), language="es", published_at="2024-11-02T08:00Z"),
    ]
    annotators = [make_user("mara"), make_user("noor")]
    project = make_project(
        articles=articles, members=dict.fromkeys(annotators, "annotator"), slug="walk", blind_fields=["outlet"]
    )
    for article in articles:
        for user in annotators:
            make_reading(project, article, user, [("SOURCE", 0, 6)])
    return project


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member(project: Project, role: str) -> Client:
    user = make_user()
    make_member(project, user, role)
    return client_of(user)


def results(client: Client, address: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{address}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


LISTS_AND_DETAILS = [
    "projects/walk/",
    "projects/walk/progress/",
    "projects/walk/articles/",
    "projects/walk/articles/{article}/",
    "projects/walk/stories/",
    "projects/walk/stories/walk/articles/",
    "projects/walk/annotations/",
    "projects/walk/annotations/{task}/",
    "projects/walk/agreement/",
    "tasks/{task}/",
    "imports/",
]


def address(template: str, project: Project) -> str:
    task = project.tasks.all()[0]
    return "/api/v1/" + template.format(article=task.article.uuid, task=task.uuid)


@pytest.mark.parametrize("template", LISTS_AND_DETAILS)
def test_a_stranger_is_told_404_and_who_is_signed_out_401(project: Project, template: str) -> None:
    stranger, nobody = client_of(make_user()).get(address(template, project)), Client().get(address(template, project))
    assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not_authenticated")
    assert nobody["Content-Type"] == stranger["Content-Type"] == "application/problem+json"
    assert nobody["WWW-Authenticate"].startswith("Bearer")


def test_the_lists_of_ones_own_are_empty_for_a_stranger(project: Project) -> None:
    stranger = client_of(make_user())
    assert results(stranger, "projects/") == results(stranger, "tasks/") == []


@pytest.mark.parametrize(
    ("template", "roles"),
    [
        ("projects/walk/stories/", {"researcher", "manager"}),
        ("projects/walk/agreement/", {"adjudicator", "researcher", "manager"}),
        ("imports/", {"manager"}),
    ],
)
def test_each_role_reads_what_the_table_of_permissions_says(project: Project, template: str, roles: set[str]) -> None:
    seen = {
        role
        for role in ("annotator", "adjudicator", "researcher", "manager")
        if member(project, role).get(address(template, project)).status_code == 200
    }
    assert seen == roles


def test_projects_are_listed_with_ones_roles(project: Project) -> None:
    make_project()
    user = make_user()
    for role in ("annotator", "researcher"):
        make_member(project, user, role)
    found = results(client_of(user), "projects/")
    assert [(one["slug"], one["roles"]) for one in found] == [("walk", ["annotator", "researcher"])]


def test_a_project_tells_what_one_may_do_there(project: Project) -> None:
    answer = member(project, "researcher").get("/api/v1/projects/walk/").json()
    assert "build_release" in answer["actions"]
    assert "manage" not in answer["actions"]
    assert answer["codebook"] == str(project.codebook)


def test_progress_is_ones_own_for_annotators_and_everybodys_by_pseudonym_for_researchers(project: Project) -> None:
    ProjectAgreement.objects.create(
        project=project,
        computed_at=timezone.now(),
        summary={
            "tasks": {"submitted": 4},
            "annotators": {str(User.objects.get(username="mara").pk): {"submitted": 2}},
        },
    )
    own = client_of(User.objects.get(username="mara")).get("/api/v1/projects/walk/progress/").json()
    assert own == {"own": {"submitted": 2, "articles": 2, "left": 0, "in_hand": 0}, "project": None}
    whole = member(project, "researcher").get("/api/v1/projects/walk/progress/").json()
    pseudonyms = list(Membership.objects.filter(role="annotator").order_by("pk").values_list("pseudonym", flat=True))
    assert whole["own"] is None
    assert whole["project"]["tasks"] == {"submitted": 4}
    assert [(row["annotator"], row["submitted"]) for row in whole["project"]["annotators"]] == [
        (pseudonyms[0], 2),
        (pseudonyms[1], 0),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 2),
        ({"story": "walk"}, 1),
        ({"outlet": "canary"}, 1),
        ({"language": "es"}, 1),
        ({"since": "2024-11-02"}, 1),
        ({"until": "2024-11-01"}, 1),
        ({"since": "2024-10-20", "until": "2024-11-02"}, 2),
        ({"stage": "labelled"}, 0),
        ({"excluded": "true"}, 0),
        ({"excluded": "false"}, 2),
    ],
)
def test_articles_are_filtered(project: Project, query: dict[str, str], found: int) -> None:
    assert len(results(member(project, "researcher"), "projects/walk/articles/", **query)) == found


def test_a_filter_that_there_is_not_is_refused_and_those_there_are_named(project: Project) -> None:
    answer = member(project, "researcher").get("/api/v1/projects/walk/articles/?storry=walk&page_size=0")
    assert answer.status_code == 400
    errors = {error["field"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"storry", "page_size"}
    assert "story, outlet, language" in errors["storry"]["message"]


def test_an_annotator_cannot_ask_which_articles_are_an_outlets(project: Project) -> None:
    """Filters would be an oracle for what the allow-list hides."""
    mara = client_of(User.objects.get(username="mara"))
    for query in ("outlet=canary", "story=walk", "since=2024-10-20", "stage=labelled"):
        answer = mara.get(f"/api/v1/projects/walk/articles/?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert CANARY not in mara.get("/api/v1/projects/walk/articles/").content.decode()


def test_one_article_is_told_as_in_the_list(project: Project) -> None:
    article = project.articles.all()[0]
    researcher, mara = member(project, "researcher"), client_of(User.objects.get(username="mara"))
    whole = researcher.get(f"/api/v1/projects/walk/articles/{article.uuid}/").json()
    assert (whole["outlet"], whole["stage"]) == (CANARY, "not-started")
    assert whole == results(researcher, "projects/walk/articles/")[0]
    shown = mara.get(f"/api/v1/projects/walk/articles/{article.uuid}/").json()
    assert set(shown) == {"uuid", "text", "language", "n_chars", "text_sha256", "zones"}
    make_task(project, other := make_article())
    assert mara.get(f"/api/v1/projects/walk/articles/{other.uuid}/").status_code == 404


def test_a_researcher_who_is_to_read_an_article_blind_elsewhere_does_not_find_it_here(project: Project) -> None:
    user, shared = make_user(), project.articles.all()[0]
    make_member(project, user, "researcher")
    elsewhere = make_project(articles=[shared], members={user: "annotator"}, blind_fields=["outlet"])
    make_task(elsewhere, shared)
    listed = results(client_of(user), "projects/walk/articles/")
    assert [row["uuid"] for row in listed] == [str(project.articles.all()[1].uuid)]
    assert client_of(user).get(f"/api/v1/projects/walk/articles/{shared.uuid}/").status_code == 404
    assert results(client_of(user), "projects/walk/stories/") == []


def test_stories_lead_to_what_each_outlet_wrote(project: Project) -> None:
    researcher = member(project, "researcher")
    assert results(researcher, "projects/walk/stories/") == [{"slug": "walk", "title": "The walk", "date": None}]
    rows = results(researcher, "projects/walk/stories/walk/articles/")
    assert [row["outlet"] for row in rows] == [CANARY]
    assert "text" not in rows[0]


def test_annotations_are_found_by_article_and_annotator(project: Project) -> None:
    researcher = member(project, "researcher")
    pseudonym = Membership.objects.get(user__username="noor").pseudonym
    article = str(project.articles.all()[0].uuid)
    found = results(researcher, "projects/walk/annotations/", article=article, annotator=pseudonym)
    assert [(row["article"], row["annotator"]) for row in found] == [(article, pseudonym)]
    one = researcher.get(f"/api/v1/projects/walk/annotations/{found[0]['task']}/").json()
    assert one == found[0]
    assert results(researcher, "projects/walk/annotations/", since="2999-01-01T00:00:00Z") == []


def test_an_annotator_does_not_find_anothers_annotation(project: Project) -> None:
    mara = client_of(User.objects.get(username="mara"))
    theirs = project.tasks.filter(annotator__username="noor")[0]
    assert mara.get(f"/api/v1/projects/walk/annotations/{theirs.uuid}/").status_code == 404
    pseudonym = Membership.objects.get(user__username="noor").pseudonym
    assert results(mara, "projects/walk/annotations/", annotator=pseudonym) == []


def test_agreement_comes_with_what_it_rests_on(project: Project) -> None:
    figure = {"value": 0.5, "ci": [0.4, 0.6], "n_documents": 2, "n_annotators": 2}
    ProjectAgreement.objects.create(
        project=project,
        revision=4,
        computed_revision=3,
        computed_at=timezone.now(),
        intervals_revision=2,
        metrics={"char_alpha_any": figure, "char_alpha_label:SOURCE": figure, "u_alpha": figure},
    )
    researcher = member(project, "researcher")
    answer = researcher.get("/api/v1/projects/walk/agreement/").json()
    assert (answer["stale"], answer["metrics"]["char_alpha_any"]) == (True, figure)
    assert (answer["computed_revision"], answer["intervals_revision"], answer["intervals_as_of"]) == (3, 2, None)
    for query, names in (("label=SOURCE", ["char_alpha_label:SOURCE"]), ("metric=u_", ["u_alpha"])):
        answer = researcher.get(f"/api/v1/projects/walk/agreement/?{query}").json()
        assert list(answer["metrics"]) == names


def test_ones_tasks_are_listed_the_latest_first_without_what_they_are_about(project: Project) -> None:
    mara = User.objects.get(username="mara")
    own = list(project.tasks.filter(annotator=mara).order_by("-pk"))
    answer = client_of(mara).get("/api/v1/tasks/")
    assert [row["task"] for row in answer.json()["results"]] == [str(task.uuid) for task in own]
    assert CANARY not in answer.content.decode()
    assert results(client_of(mara), "tasks/", state="claimed") == []
    assert len(results(client_of(mara), "tasks/", project="walk", state="submitted")) == 2
    Membership.objects.filter(user=mara).delete()
    assert results(client_of(mara), "tasks/") == []


@pytest.mark.parametrize(
    ("role", "template"),
    [
        ("researcher", "projects/walk/articles/"),
        ("researcher", "projects/walk/articles/{article}/"),
        ("researcher", "projects/walk/agreement/"),
        ("annotator", "tasks/"),
    ],
)
def test_who_has_an_answer_already_is_told_so(project: Project, role: str, template: str) -> None:
    client = member(project, role)
    first = client.get(address(template, project))
    again = client.get(address(template, project), headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    ProjectArticle.objects.update(stage="labelled")
    ProjectAgreement.objects.create(project=project, revision=9)
    changed = client.get(address(template, project), headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == (304 if role == "annotator" else 200)


@pytest.mark.parametrize(
    "template",
    [
        "projects/",
        "projects/walk/progress/",
        "projects/walk/articles/",
        "projects/walk/stories/",
        "projects/walk/stories/walk/articles/",
        "projects/walk/annotations/",
        "tasks/",
    ],
)
def test_queries_do_not_grow_with_the_rows(project: Project, template: str) -> None:
    user = make_user()
    for role in ("manager", "annotator"):
        make_member(project, user, role)
    Project.objects.update(blind_fields=[])
    client = client_of(user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(template, project)).status_code == 200
        return len(captured)

    queries()
    few = queries()
    story = project.articles.all()[0].story
    for _ in range(4):
        make_member(make_project(), user)
        other = make_story()
        reading = make_reading(project, make_article(outlet=make_outlet(), story=other), user, [("SOURCE", 0, 6)])
        make_mark(reading, "QUANTITY", 22, 33)
        make_task(project, make_article(outlet=make_outlet(), story=story), make_user(), state="submitted")
        make_member(project, make_user())
    assert queries() == few


def test_a_walk_over_the_pages_meets_every_article_once(project: Project) -> None:
    for _ in range(5):
        ProjectArticle.objects.create(project=project, article=make_article())
    client, seen = member(project, "researcher"), []
    following: str | None = "/api/v1/projects/walk/articles/?page_size=3"
    while following:
        page = client.get(following).json()
        seen += [row["uuid"] for row in page["results"]]
        following = page["next"]
    assert len(seen) == len(set(seen)) == 7


def test_there_is_no_route_but_an_answer_in_json(client: Client) -> None:
    for path in ("/api/v1/nothing/", "/api/v1/projects", f"/api/v1/imports/{uuid.uuid4()}/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert "slash" in client.get("/api/v1/projects").json()["detail"]
