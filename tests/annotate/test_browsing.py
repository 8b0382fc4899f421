"""What filters and orders give, page by page, and that a longer corpus does not make a longer walk."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from annotate import browsing
from annotate.browsing import (
    EXCLUDED,
    ROWS,
    SORTS,
    Cursor,
    Wanted,
    WrongCursorError,
    list_articles,
    matching,
    members_in,
    newest_versions,
    understand_query,
)
from annotate.models import ProjectArticle
from annotate.operations.stages import settle_stages
from corpus import search
from corpus.models import Article
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
Stage = ProjectArticle.Stage
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def titles(wanted, project=None, after="", *, few=False):
    query = understand_query(wanted)
    found = matching(Article.objects.all(), wanted, query, project)
    return [article.title for article in list_articles(found, wanted, query, after, project=project, few=few).articles]


@pytest.fixture
def world():
    """Four articles that differ in everything."""
    wire, post = make_outlet("Northgate Wire", slug="northgate-wire"), make_outlet("Harbour Post")
    walk = make_story("walk", title="The long walk")
    group = uuid4()
    make_article("A walk\n\nx", wire, walk, published_at=DAY, language="en", near_duplicate_group=group)
    make_article("b walk\n\n" + "x" * 50, post, walk, published_at=DAY, language="en-GB", near_duplicate_group=group)
    make_article("C\n\n" + "x" * 90, wire, None, published_at=DAY + timedelta(hours=11, minutes=59), language="es")
    make_article("D walk\n\n" + "x" * 20, None, None, published_at=None, language=None)
    index_articles()
    return group


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), ["C", "b walk", "A walk", "D walk"]),
        (Wanted(sort="oldest"), ["A walk", "b walk", "C", "D walk"]),
        (Wanted(sort="longest"), ["C", "b walk", "D walk", "A walk"]),
        (Wanted(sort="shortest"), ["A walk", "D walk", "b walk", "C"]),
        (Wanted(sort="headline"), ["A walk", "b walk", "C", "D walk"]),
        (Wanted(outlet="northgate WIRE"), ["C", "A walk"]),
        (Wanted(outlet="northgate-wire"), ["C", "A walk"]),
        (Wanted(outlet="nobody"), []),
        (Wanted(story="walk"), ["b walk", "A walk"]),
        (Wanted(story="the long WALK"), ["b walk", "A walk"]),
        (Wanted(story="none"), []),
        (Wanted(language="EN"), ["b walk", "A walk"]),
        (Wanted(language="en-gb"), ["b walk"]),
        (Wanted(language="e"), []),
        (Wanted(since=DAY.date()), ["C", "b walk", "A walk"]),
        (Wanted(since=DAY.date() + timedelta(days=1)), []),
        (Wanted(until=DAY.date()), ["C", "b walk", "A walk"]),
        (Wanted(until=DAY.date() - timedelta(days=1)), []),
        (Wanted(shortest=28, longest=58), ["b walk", "D walk"]),
        (Wanted(q="walk", sort="newest"), ["b walk", "A walk", "D walk"]),
        (Wanted(q="walk", outlet="Harbour Post", sort="relevance"), ["b walk"]),
        (Wanted(q="nowhere", sort="relevance"), []),
    ],
)
def test_filters_and_orders(world, wanted, expected):
    assert titles(wanted) == expected
    assert titles(wanted, few=True) == expected


@pytest.mark.parametrize(
    ("data", "sort"),
    [
        ({}, "newest"),
        ({"q": "walk"}, "relevance"),
        ({"q": "walk", "sort": "oldest"}, "oldest"),
        ({"sort": "relevance"}, "newest"),
    ],
)
def test_the_order_is_by_relevance_where_something_is_searched(data, sort):
    assert Wanted.of(data).sort == sort


def test_near_duplicates_are_listed_by_their_group(world):
    assert titles(Wanted(group=world, sort="oldest")) == ["A walk", "b walk"]


def test_states_of_labelling_tell_every_article_apart():
    project, other = make_project(), make_project()
    names = ["untouched", "without tasks", "claimed", "half", "returned", "done", "out", "done elsewhere"]
    articles = {name: make_article(f"{name}\n\nx") for name in names}
    people = [make_user(), make_user()]
    for name, states in {
        "untouched": ["open", "open"],
        "without tasks": [],
        "claimed": ["claimed", "open"],
        "half": ["submitted", "open"],
        "returned": ["submitted", "returned"],
        "done": ["submitted", "submitted"],
        "out": ["submitted"],
        "done elsewhere": ["open"],
    }.items():
        ProjectArticle.objects.create(
            project=project,
            article=articles[name],
            excluded=name == "out",
            excluded_reason="not news" if name == "out" else "",
        )
        for user, state in zip(people, states, strict=False):
            make_task(project, articles[name], None if state == "open" else user, state)
    make_task(project, articles["done"], make_user(), "skipped")
    make_reading(other, articles["done elsewhere"], people[0])

    settle_stages()

    told = {
        state: sorted(members_in(project, state).values_list("article__title", flat=True))
        for state in (Stage.NOT_STARTED, Stage.IN_PROGRESS, Stage.LABELLED, EXCLUDED)
    }

    assert told == {
        Stage.NOT_STARTED: ["done elsewhere", "untouched", "without tasks"],
        Stage.IN_PROGRESS: ["claimed", "half", "returned"],
        Stage.LABELLED: ["done"],
        EXCLUDED: ["out"],
    }


@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("sort", [*filter(None, SORTS), "relevance"])
def test_pages_join_without_gap_or_repetition_while_articles_come_in(sort, few):
    for number in range(2 * ROWS + 5):
        # Many ties, and a third without a date, so that the primary key has to decide.
        date = None if number % 3 == 0 else DAY + timedelta(days=number % 4)
        make_article(f"Walk {number % 5}\n\n" + "x " * (number % 7 + 1) + str(number), published_at=date)
    index_articles()
    before = set(Article.objects.values_list("pk", flat=True))
    wanted = Wanted(q="walk" if sort == "relevance" else "", sort=sort)

    pages, after = [], ""
    for _ in range(5):
        query = understand_query(wanted)
        found = matching(Article.objects.all(), wanted, query, None)
        listing = list_articles(found, wanted, query, after, few=few)
        pages.append([article.pk for article in listing.articles])
        for date in (None, DAY - timedelta(days=9), DAY + timedelta(days=2), DAY + timedelta(days=9)):
            make_article(f"Walk 2\n\nx {uuid4()}", published_at=date)
        index_articles()
        if listing.after is None:
            break
        after = str(listing.after)

    shown = [key for page in pages for key in page]
    assert len(shown) == len(set(shown))
    assert before <= set(shown)
    assert [len(page) for page in pages[:2]] == [ROWS, ROWS]


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("nonsense", "newest"),
        ("", "newest"),
        ("bnVsbA", "newest"),
        (str(Cursor("x", 1)), "newest"),
        (str(Cursor("2026-01-01T00:00:00", 1)), "newest"),
        (str(Cursor("x", 1)), "longest"),
        (str(Cursor(2**40, 1)), "longest"),
        (str(Cursor(1, "x")), "longest"),
        (str(Cursor(1, 2**64)), "longest"),
        (str(Cursor(1, True)), "longest"),
        (str(Cursor("a\x00b", 1)), "headline"),
        (str(Cursor(float("nan"), 1)), "longest"),
        ("[" * 5000, "newest"),
        ("é", "newest"),
    ],
)
def test_a_cursor_written_by_hand_is_refused(text, sort):
    with pytest.raises(WrongCursorError):
        Cursor.read(text, sort)


@pytest.mark.parametrize(
    ("cursor", "sort"),
    [
        (Cursor(DAY, 7), "newest"),
        (Cursor(None, 7), "oldest"),
        (Cursor(7, 8), "longest"),
        (Cursor("é 移", 8), "headline"),
        (Cursor(0.12345678901234567, 8), "relevance"),
    ],
)
def test_a_cursor_comes_back_as_it_was(cursor, sort):
    assert Cursor.read(str(cursor), sort) == cursor


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


@pytest.fixture
def filled():
    """4,000 articles of 20 outlets, a project with all of them, a few of them begun; statistics are up to date."""
    outlets = [make_outlet() for _ in range(20)]
    story = make_story("walk")
    project = make_project()
    sample = make_article()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO corpus_article SELECT made.*
            FROM generate_series(1, 4000) i, left(repeat('words of it ', 450), 1000 + (i * 7919) %% 4000) words,
                corpus_article sample,
                jsonb_populate_record(sample, jsonb_build_object(
                    'id', sample.id + i, 'uuid', gen_random_uuid(), 'outlet_id', (%s::bigint[])[1 + i %% 20],
                    'story_id', CASE WHEN i %% 400 = 0 THEN %s::bigint END, 'title', 'Headline ' || md5(i::text),
                    'published_at', now() - i * interval '1 hour',
                    'language', CASE WHEN i %% 50 = 0 THEN 'es' ELSE 'en' END,
                    'raw', words, 'text', words, 'n_chars', length(words), 'zones', '[]'::jsonb,
                    'text_sha256', md5(i::text), 'fingerprint', md5(i::text))) made
            WHERE sample.id = %s
            """,
            [[outlet.pk for outlet in outlets], story.pk, sample.pk],
        )
        cursor.execute(
            """
            INSERT INTO corpus_articlesearch (article_id, config, vector)
            SELECT id, 'english', to_tsvector('english', title || CASE WHEN id %% 500 = 0 THEN ' rare' ELSE ' common' END)
            FROM corpus_article WHERE id <> %s
            """,
            [sample.pk],
        )
        cursor.execute(
            "INSERT INTO annotate_projectarticle (project_id, article_id, priority, excluded, excluded_reason) "
            "SELECT %s, id, 0, false, '' FROM corpus_article",
            [project.pk],
        )
    for article in Article.objects.order_by("pk")[100:130]:
        make_task(project, article, make_user(), "submitted")
    settle_stages()
    with connection.cursor() as cursor:
        for table in ("corpus_article", "corpus_articlesearch", "annotate_projectarticle", "annotate_task"):
            cursor.execute(f"ANALYZE {table}")
    return project


@pytest.mark.parametrize("scoped", [False, True], ids=["all", "project"])
@pytest.mark.parametrize(
    "wanted",
    [
        *(Wanted(sort=sort) for sort in ("newest", "oldest", "longest", "shortest", "headline")),
        Wanted(outlet="Northgate"),
        Wanted(story="walk"),
        Wanted(language="es"),
        Wanted(since=(timezone.now() - timedelta(days=5)).date()),
        Wanted(shortest=4900),
        Wanted(q="rare", sort="relevance"),
        Wanted(q="common", sort="newest"),
        Wanted(q="common", sort="relevance"),
        Wanted(state=Stage.LABELLED),
        Wanted(state=Stage.NOT_STARTED),
        Wanted(state=Stage.LABELLED, sort="longest"),
    ],
    ids=repr,
)
def test_no_page_reads_the_whole_table(filled, wanted, scoped, django_assert_max_num_queries, monkeypatch):
    # As small against 4,000 articles as what is counted is against a large corpus.
    monkeypatch.setattr(browsing, "COUNTED", 100)
    monkeypatch.setattr(search, "GATHERED", 100)
    if wanted.state and not scoped:
        pytest.skip("a state belongs to a project")
    if wanted.outlet:
        wanted = Wanted(outlet=Article.objects.exclude(outlet=None)[0].outlet.name)
    project = filled if scoped else None
    scope = Article.objects.filter(projects=filled) if scoped else newest_versions(Article.objects.all())
    query = understand_query(wanted)
    found = matching(scope, wanted, query, project)

    with django_assert_max_num_queries(6) as captured:
        listing = list_articles(found, wanted, query, "", project=project)

    assert listing.articles
    for statement in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + statement["sql"].replace("%", "%%"))
            (plan,) = cursor.fetchone()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        scanned = {
            node["Relation Name"]
            for node in nodes(plan[0]["Plan"])
            if node["Node Type"] == "Seq Scan" and node["Plan Rows"] > 100
        }
        assert scanned.isdisjoint({"corpus_article", "corpus_articlesearch", "annotate_task"}), statement["sql"]
