"""The disagreement page of one article, and the articles of a story."""

import json
import re

import pytest

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
TEXT = "A headline\n\nAbout 7,500 people left 😀 the town.\n\nNobody marked this."


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def read(client):
    """An article that mara and noor read, and ivo has in hand; (project, article, people)."""
    people = {name: make_user(name) for name in ("mara", "noor", "ivo", "ada", "max")}
    project = make_project(
        members={
            people["mara"]: "annotator",
            people["noor"]: "annotator",
            people["ivo"]: "annotator",
            people["ada"]: "adjudicator",
            people["max"]: "manager",
        }
    )
    article = make_article(TEXT, outlet=make_outlet("Northgate Wire"))
    first = make_reading(project, article, people["mara"], [("QUANTITY", 12, 23)])
    make_mark(first, "FRAME", 24, 35, dimension="economic")
    make_reading(project, article, people["noor"], [("QUANTITY", 18, 23)])
    make_mark(make_task(project, article, people["ivo"]), "SOURCE", 0, 10)
    client.force_login(people["ada"])
    return project, article, people


def address(project, article):
    return f"/projects/{project.slug}/articles/{article.uuid}/"


def test_a_stranger_does_not_see_the_article(client, read):
    project, article, _ = read
    client.force_login(make_user())

    assert client.get(address(project, article)).status_code == 404


@pytest.mark.parametrize("name", ["mara", "ivo"])
def test_an_annotator_does_not_see_the_marks_of_others(client, read, name):
    project, article, people = read
    client.force_login(people[name])

    assert client.get(address(project, article)).status_code == 404


def test_an_article_of_another_project_is_not_found(client, read):
    project, _, _ = read
    other = make_article()
    make_project(articles=[other])

    assert client.get(address(project, other)).status_code == 404


def test_the_text_shows_how_many_marked_each_place(client, read):
    project, article, _ = read

    page = client.get(address(project, article)).content.decode()

    drawn = re.findall(r'data-share="(\w+)"(?: data-level="(\d)")? title="([^"]+)">([^<]+)<', page)
    assert drawn == [
        ("some", "3", "1 of 2 marked this; 1 of 1 pair differ", "About "),
        ("all", "", "2 of 2 marked this", "7,500"),
        ("some", "3", "1 of 2 marked this; 1 of 1 pair differ", "people left"),
    ]
    assert "😀 the town." in page


def test_the_strip_names_the_passages_where_readers_differ(client, read):
    project, article, _ = read

    page = client.get(address(project, article)).content.decode()

    (source,) = re.findall(r'<script id="strip-passages" type="application/json">(.*?)</script>', page)
    assert json.loads(source) == [
        {"start": 12, "end": 18, "words": "Paragraph 2: “About ”, more than two thirds of the pairs differ"},
        {"start": 24, "end": 35, "words": "Paragraph 2: “people left”, more than two thirds of the pairs differ"},
    ]
    assert [
        (x, width) for x, width in re.findall(r'class="strip__run" data-level="3" x="([\d.]+)" width="([\d.]+)"', page)
    ]
    assert re.findall(r'<a href="#(at-\d+)"><q>([^<]+)', page) == [("at-24", "people left"), ("at-12", "About ")]
    assert {"at-12", "at-24"} <= set(re.findall(r'id="(at-\d+)"', page))
    assert "style=" not in page


@pytest.mark.parametrize(
    ("marks", "told"), [([], "left the whole text unmarked"), ([("FRAME", 0, 10)], "the same way")]
)
def test_a_text_on_which_all_agree_says_so(client, marks, told):
    ada = make_user()
    project, article = make_project(members={ada: "adjudicator"}), make_article(TEXT)
    for _ in range(2):
        make_reading(project, article, make_user(), marks)
    client.force_login(ada)

    assert told in words(client.get(address(project, article)))


def test_one_reader_alone_is_not_compared(client):
    ada = make_user()
    project, article = make_project(members={ada: "adjudicator"}), make_article(TEXT)
    make_reading(project, article, make_user(), [("FRAME", 0, 10)])
    client.force_login(ada)

    page = client.get(address(project, article))

    assert "so there is nothing to compare yet" in words(page)
    assert b"data-strip" not in page.content


def test_only_submitted_readings_are_shown_by_pseudonym(client, read):
    project, article, people = read
    names = {m.user_id: m.pseudonym for m in project.memberships.filter(role="annotator")}

    page = words(client.get(address(project, article)))

    assert names[people["mara"].pk] in page
    assert names[people["noor"].pk] in page
    assert names[people["ivo"].pk] not in page
    assert "2 readers · 3 marks" in page
    assert "Frame people left Dimension: Economic" in page
    assert "mara" not in page


def test_a_manager_sees_names_and_the_outlet(client, read):
    project, article, people = read

    for_adjudicator = words(client.get(address(project, article)))
    client.force_login(people["max"])
    for_manager = words(client.get(address(project, article)))

    assert ("mara" in for_manager, "Northgate Wire" in for_manager) == (True, True)
    assert "Northgate Wire" not in for_adjudicator


def test_one_label_can_be_shown_alone(client, read):
    project, article, _ = read

    page = words(client.get(address(project, article) + "?label=FRAME"))

    assert "Frame people left" in page
    assert "Quantity 7,500" not in page
    assert client.get(address(project, article) + "?label=NOPE").status_code == 404


def test_an_article_nobody_submitted_says_so(client, read):
    project, _, _ = read
    unread = make_article()
    make_task(project, unread)

    assert "Nobody has submitted this article yet" in words(client.get(address(project, unread)))


def test_what_annotators_wrote_is_escaped(client, read):
    project, article, _ = read
    mark = project.tasks.filter(state="submitted").first().spans.first()
    mark.comment = "<img src=x onerror=alert(1)>"
    mark.save()

    assert b"<img" not in client.get(address(project, article)).content


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_a_constant_number_of_questions(client, number, django_assert_num_queries):
    ada = make_user()
    project, article = make_project(members={ada: "adjudicator"}), make_article(TEXT)
    for _ in range(number):
        make_reading(project, article, make_user(), [("FRAME", 0, 4)] * number)
    client.force_login(ada)

    with django_assert_num_queries(8):
        client.get(address(project, article))


@pytest.fixture
def story():
    found = make_story("caravan", title="The caravan")
    make_article("First report\n\nText.", outlet=make_outlet("Northgate Wire"), story=found)
    return found


def test_a_story_lists_its_articles_for_those_who_compare(client, story):
    rui = make_user()
    project = make_project(title="Mine", members={rui: "researcher"}, articles=story.articles.all())
    make_project(title="Not mine", articles=story.articles.all())
    make_project(title="Without it", members={rui: "researcher"}, articles=[make_article()])
    client.force_login(rui)

    page = words(client.get("/stories/caravan/"))

    assert "Mine Outlet Headline Published Characters Northgate Wire First report" in page
    assert "Not mine" not in page
    assert "Without it" not in page
    assert f"/projects/{project.slug}/" in client.get("/stories/caravan/").content.decode()


@pytest.mark.parametrize("role", [None, "annotator", "adjudicator"])
def test_a_story_is_hidden_from_those_who_may_not_compare(client, story, role):
    user = make_user()
    make_project(members={user: role} if role else {}, articles=story.articles.all())
    client.force_login(user)

    assert client.get("/stories/caravan/").status_code == 404


def test_a_story_is_hidden_from_who_still_reads_it_blind(client, story):
    user = make_user()
    article = story.articles.get()
    project = make_project(members={user: ["annotator", "researcher"]}, blind_fields=["outlet"], articles=[article])
    task = make_task(project, article)
    client.force_login(user)

    hidden = client.get("/stories/caravan/").status_code
    task.delete()

    assert (hidden, client.get("/stories/caravan/").status_code) == (404, 200)


def test_an_unknown_story_is_not_found(client):
    client.force_login(make_user())

    assert client.get("/stories/nope/").status_code == 404
