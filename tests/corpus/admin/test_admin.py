"""The corpus in the admin: lists, both sides of an article, and who sees what."""

import io
import json

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from corpus.admin.side_by_side import raw_pieces, text_pieces
from corpus.cleaning import clean
from corpus.models import Article
from corpus.operations import import_rows
from corpus.readers import read, upload
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PAGE = b"Skip to content\n\nRain falls on the old town\n\nBy Ana Ruiz\n\nIt rained for <b>three</b> days.\n\nLeave a comment\n"


@pytest.fixture
def boss(client) -> User:
    user = make_user("boss", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def _file(name, data):
    file = io.BytesIO(data)
    file.name = name
    return file


def _import(*texts):
    lines = "\n".join(json.dumps({"text": text}) for text in texts).encode()
    return import_rows(
        rows=read([upload("a.jsonl", io.BytesIO(lines))]), source="a.jsonl", format="jsonl", story="rain"
    )


def test_an_article_shows_both_sides_and_each_rule(client, boss):
    [found] = import_rows(rows=read([upload("a.txt", io.BytesIO(PAGE))]), source="a.txt", format="text").articles

    page = client.get(
        reverse("admin:corpus_article_change", args=[Article.objects.get(uuid=found).pk])
    ).content.decode()

    for rule in ("skip to content", "byline", "comment block"):
        assert f'<span class="removed__rule">{rule}</span>' in page
    assert (
        '<p class="article-text__paragraph" data-zone="body">It rained for &lt;b&gt;three&lt;/b&gt; days.</p>' in page
    )
    assert " style=" not in page.split("article-pair")[1]


def test_raw_pieces_hold_all_of_raw_and_text_pieces_all_of_the_text():
    made = clean({"text": PAGE.decode(), "outlet": "El Sol"})
    article = Article(raw=made.raw, text=made.text, removed=made.removed, zones=made.zones)

    assert [piece["rule"] for piece in raw_pieces(article) if piece["rule"]] == [
        "skip to content", "byline", "comment block", "metadata",
    ]  # fmt: skip
    assert "".join("".join(piece["text"] for piece in raw_pieces(article)).split()) == "".join(made.raw.split())
    assert "\n\n".join(piece["text"] for piece in text_pieces(article)) == made.text


def test_text_and_raw_cannot_be_edited_but_the_story_can(client, boss):
    [found] = _import("It rained all day.").articles
    article = Article.objects.get(uuid=found)

    answer = client.post(
        reverse("admin:corpus_article_change", args=[article.pk]),
        {"story": "", "text": "Nothing.", "title": "Nothing."},
    )

    assert answer.status_code == 302
    changed = Article.objects.get()
    assert (changed.story, changed.text, changed.title) == (None, article.text, article.title)
    assert client.get(reverse("admin:corpus_article_add")).status_code == 403


@pytest.mark.parametrize("model", ["article", "outlet", "story", "importbatch", "importissue"])
def test_lists_cost_the_same_queries_for_one_row_and_for_three(client, boss, model, django_assert_max_num_queries):
    counts = []
    for texts in (["One was here.", ""], ["Two was here.", "", "Three was here.", ""]):
        _import(*texts)
        with django_assert_max_num_queries(12) as captured:
            assert client.get(reverse(f"admin:corpus_{model}_changelist")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_list_of_articles_loads_no_texts(client, boss, django_assert_max_num_queries):
    _import("One was here.")

    with django_assert_max_num_queries(12) as captured:
        client.get(reverse("admin:corpus_article_changelist"), {"q": "was"})

    assert not [query["sql"] for query in captured.captured_queries if '"corpus_article"."raw"' in query["sql"]]


def test_staff_without_a_project_and_strangers_see_nothing(client):
    batch = _import("It rained all day.", "").batch
    article = Article.objects.get()
    client.force_login(make_user("clerk", is_staff=True))

    for name, arguments in (
        ("corpus_article_change", [article.pk]), ("corpus_importbatch_add", []), ("corpus_importbatch_change", [batch.pk]),
        ("corpus_importbatch_rejected", [batch.pk]), ("corpus_article_changelist", []),
    ):  # fmt: skip
        answer = client.get(reverse(f"admin:{name}", args=arguments))
        assert answer.status_code in (302, 403, 404), name
        assert b"rained" not in getattr(answer, "content", b"")
