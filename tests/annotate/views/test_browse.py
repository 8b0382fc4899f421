"""The lists of articles and the reading page: who reaches them, what they say, and that their cost is constant."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from corpus.operations.search import index_articles
from tests.factories import (
    make_article,
    make_outlet,
    make_project,
    make_reading,
    make_story,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def people():
    return {
        "mara": make_user("mara"),
        "ada": make_user("ada"),
        "rui": make_user("rui"),
        "max": make_user("max"),
        "both": make_user("both"),
        "root": make_user("root", is_superuser=True),
        "nobody": make_user("nobody"),
    }


@pytest.fixture
def project(people):
    """A blind project of two articles, one of which ``both`` could still read, and an article outside it."""
    wire = make_outlet("Northgate Wire")
    articles = [
        make_article("Walks north\n\n<script>alert(1)</script> walking & resting", wire, make_story("walk")),
        make_article("Dams hold\n\nWater"),
    ]
    make_article("Elsewhere\n\nA text of nobody's project")
    project = make_project(
        articles=articles,
        blind_fields=["outlet"],
        members={
            people["mara"]: "annotator",
            people["ada"]: "adjudicator",
            people["rui"]: "researcher",
            people["max"]: "manager",
            people["both"]: ["annotator", "manager"],
        },
    )
    make_task(project, articles[0])
    index_articles()
    return project


@pytest.mark.parametrize(
    ("name", "in_project", "everywhere"),
    [
        ("mara", 404, 404),
        ("ada", 404, 404),
        ("both", 404, 404),
        ("nobody", 404, 404),
        ("rui", 200, 200),
        ("max", 200, 200),
        ("root", 200, 200),
    ],
)
def test_only_managers_and_researchers_reach_the_lists(client, people, project, name, in_project, everywhere):
    client.force_login(people[name])
    article = project.articles.get(title="Walks north")

    assert client.get(f"/projects/{project.slug}/articles/").status_code == in_project
    assert client.get("/articles/").status_code == everywhere
    assert client.get(f"/articles/{article.uuid}/").status_code == everywhere
    assert ('href="/articles/"' in client.get("/").content.decode()) == (everywhere == 200)


def test_the_list_of_all_articles_has_the_newest_version_of_each(client, people, project):
    old = project.articles.get(title="Dams hold")
    new = make_article("Dams hold, cleaned\n\nWater", supersedes=old, version=2)
    make_project(articles=[new], members={people["rui"]: "researcher"})
    client.force_login(people["rui"])

    assert re.findall(r"Dams hold[^<]*", client.get("/articles/").content.decode()) == ["Dams hold, cleaned"]
    assert "Dams hold" in words(client.get(f"/projects/{project.slug}/articles/"))


def test_who_is_signed_out_is_sent_to_sign_in(client, project):
    assert client.get("/articles/").status_code == 302
    assert client.get(f"/projects/{project.slug}/articles/").status_code == 302


def test_each_sees_the_articles_of_their_own_projects(client, people, project):
    other = make_project(articles=[make_article("Other\n\ntext")], members={make_user("olga"): "researcher"})
    client.force_login(people["rui"])
    mine = words(client.get("/articles/"))
    assert client.get(f"/projects/{other.slug}/articles/").status_code == 404
    assert client.get(f"/articles/{other.articles.get().uuid}/").status_code == 404
    client.force_login(people["root"])
    all_of_them = words(client.get("/articles/"))

    assert ["Walks north" in mine, "Dams hold" in mine, "Elsewhere" in mine, "Other" in mine] == [
        True,
        True,
        False,
        False,
    ]
    assert "Elsewhere" in all_of_them
    assert "4 articles" in all_of_them


def test_what_one_is_to_read_blind_is_not_told_through_another_project(client, people, project):
    article = project.articles.get(title="Walks north")
    own = make_project(articles=[article, make_article("Mine\n\ntext")], members={people["mara"]: "manager"})
    client.force_login(people["mara"])

    for address in ("/articles/", f"/projects/{own.slug}/articles/"):
        page = words(client.get(address))
        assert "Mine" in page
        assert "Walks north" not in page
    assert client.get(f"/articles/{article.uuid}/").status_code == 404


def test_a_search_marks_what_matched_and_escapes_the_rest(client, people, project):
    client.force_login(people["rui"])

    page = client.get(f"/projects/{project.slug}/articles/?q=walk").content.decode()

    assert "<mark>Walks</mark> north" in page
    assert "<mark>walking</mark> &amp; resting" in page
    assert "<script>alert" not in page
    assert "Dams hold" not in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("q=nowhere", "No article fits all of this"),
        ("q=the", "Nothing to search for"),
        ("outlet=Nobody&language=xx", "Remove a filter above"),
        ("since=2026-02-03&until=2026-01-01", "This day is before the first one"),
        ("since=yesterday", "Enter a valid date"),
        ("shortest=-1", "greater than or equal to 0"),
        ("shortest=9&longest=3", "less than the shortest"),
        ("group=x", "valid UUID"),
        ("q=" + "x" * 201, "at most 200 characters"),
        ("state=odd", "not one of the available choices"),
    ],
)
def test_what_finds_nothing_says_what_to_do(client, people, project, query, says):
    client.force_login(people["rui"])

    assert says in words(client.get(f"/projects/{project.slug}/articles/?{query}"))


def test_an_empty_project_says_how_articles_come_in(client, people):
    project = make_project(members={people["rui"]: "researcher"})
    client.force_login(people["rui"])

    assert "No articles yet" in words(client.get(f"/projects/{project.slug}/articles/"))


def test_filters_are_shown_as_chips_that_take_themselves_off(client, people, project):
    client.force_login(people["rui"])

    page = client.get("/articles/?q=walk&outlet=Northgate+Wire&shortest=1000&sort=oldest").content.decode()
    chips = re.findall(r'class="chip" href="([^"]+)"', page)

    assert [chip.replace("&amp;", "&") for chip in chips] == [
        "/articles/?outlet=Northgate+Wire&shortest=1000&sort=oldest",
        "/articles/?q=walk&shortest=1000&sort=oldest",
        "/articles/?q=walk&outlet=Northgate+Wire&sort=oldest",
    ]
    assert "at least 1,000 characters" in page


def test_the_page_says_how_many_articles_wait_for_the_index(client, people, project):
    make_project(articles=[make_article(), make_article()], members={people["rui"]: "researcher"})
    client.force_login(people["rui"])

    assert "2 articles are not searchable yet" in words(client.get("/articles/"))
    assert "not searchable" not in words(client.get(f"/projects/{project.slug}/articles/"))


def test_pages_follow_each_other(client, people):
    articles = [make_article(f"Number {number:02}\n\ntext {number}") for number in range(60)]
    project = make_project(articles=articles, members={people["rui"]: "researcher"})
    client.force_login(people["rui"])
    address = f"/projects/{project.slug}/articles/?sort=headline"

    first = client.get(address).content.decode()
    following = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = client.get(following).content.decode()

    assert re.findall(r"Number \d+", first) == [f"Number {number:02}" for number in range(50)]
    assert re.findall(r"Number \d+", second) == [f"Number {number:02}" for number in range(50, 60)]
    assert "60 articles" in words(client.get(following))
    assert client.get(f"{address}&after=nonsense").status_code == 404


def test_htmx_is_given_the_results_alone_and_a_short_address(client, people, project):
    client.force_login(people["rui"])

    part = client.get("/articles/?q=walk&outlet=&since=", headers={"HX-Request": "true"})
    restored = client.get("/articles/?q=walk", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert part.content.decode().strip().startswith('<section class="block" id="results"')
    assert part["HX-Push-Url"] == "/articles/?q=walk"
    assert "HX-Request" in part["Vary"]
    assert "<html" in restored.content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_asks_a_constant_number_of_questions(client, people, number, django_assert_num_queries):
    articles = [
        make_article(
            f"Walk {n}\n\ntext {n}", make_outlet(), make_story(), published_at=datetime(2026, 1, n + 1, tzinfo=UTC)
        )
        for n in range(number)
    ]
    project = make_project(articles=articles, members={people["rui"]: "researcher"})
    for article in articles:
        make_reading(project, article, make_user())
    index_articles()
    client.force_login(people["rui"])

    with django_assert_num_queries(18):
        client.get(f"/projects/{project.slug}/articles/?q=walk&sort=newest")
    with django_assert_num_queries(16):
        client.get("/articles/?q=walk&sort=newest")


def test_the_reading_page_shows_the_text_by_zones_and_where_it_comes_from(client, people, project):
    text = "A headline\n\nThe body.\n\nA caption."
    zones = [
        {"zone": "headline", "start": 0, "end": 10},
        {"zone": "body", "start": 12, "end": 21},
        {"zone": "caption", "start": 23, "end": 33},
    ]
    group = uuid4()
    old = make_article("Old\n\ntext")
    article = make_article(
        text, make_outlet("Harbour Post"), make_story("walk-2"), zones=zones, byline="Ann Example",
        url="https://news.example/a", near_duplicate_group=group, version=2, supersedes=old,
    )  # fmt: skip
    copy = make_article("Copy\n\ntext", make_outlet("Copy Post"), near_duplicate_group=group)
    hidden = make_article("Hidden copy\n\ntext", near_duplicate_group=group)
    own = make_project(articles=[article, copy, old], members={people["rui"]: "researcher"})
    client.force_login(people["rui"])

    page = words(client.get(f"/articles/{article.uuid}/"))

    for shown in (
        "A headline",
        "The body.",
        "caption A caption.",
        "Harbour Post",
        "Ann Example",
        "news.example",
        own.title,
    ):
        assert shown in page
    assert "Copy Post" in page
    assert hidden.title not in page
    assert "after version 1" in page
    assert "later version" in words(client.get(f"/articles/{old.uuid}/"))
