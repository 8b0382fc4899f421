"""Filling the table of searched words: after imports, late commits, and again."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from corpus import search_tasks as tasks
from corpus.models import Article, ArticleSearch
from corpus.operations import import_rows
from corpus.operations.search import index_articles, index_pending, index_stragglers, pending_articles
from corpus.readers.rows import ImportRow
from tests.factories import TEXT, make_article

pytestmark = pytest.mark.django_db


def indexed() -> list[int]:
    return list(ArticleSearch.objects.order_by("pk").values_list("pk", flat=True))


def test_pending_articles_are_indexed_in_the_order_they_came() -> None:
    articles = [make_article() for _ in range(5)]

    assert index_pending(limit=3) == 3
    assert indexed() == [article.pk for article in articles[:3]]
    assert list(pending_articles()) == articles[3:]
    assert index_pending(limit=3) == 2
    assert index_pending(limit=3) == 0


def test_an_article_committed_late_is_found_by_the_sweep() -> None:
    late, *_ = articles = [make_article() for _ in range(5)]
    index_articles()
    ArticleSearch.objects.filter(pk=late.pk).delete()

    assert index_pending(limit=10) == 0
    first = index_stragglers(after=0, look_at=3)
    second = index_stragglers(after=first.next_key, look_at=3)

    assert (first.indexed, first.next_key) == (1, articles[2].pk)
    assert (second.indexed, second.next_key) == (0, 0)
    assert indexed() == [article.pk for article in articles]


def test_indexing_again_takes_the_words_anew() -> None:
    article = make_article("Walks\n\nWalking.", language="en")
    index_articles()
    ArticleSearch.objects.update(config="simple", vector="nothing")

    assert index_articles() == 1

    row = ArticleSearch.objects.get(pk=article.pk)
    assert (row.config, row.vector) == ("english", "'walk':1A,2B")


def test_two_workers_do_not_index_the_same_articles() -> None:
    make_article()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [0x51A28])
        assert index_pending(limit=10) == 0
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [0x51A28])
    finally:
        other.close()
    assert index_pending(limit=10) == 1


def test_deleting_an_article_takes_its_words() -> None:
    article = make_article()
    index_articles()

    article.delete()

    assert indexed() == []


def test_a_job_that_leaves_some_enqueues_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    for _ in range(3):
        make_article()

    tasks.index_new_articles.func()
    assert (len(indexed()), DBTaskResult.objects.count()) == (2, 1)
    tasks.index_new_articles.func()
    assert (len(indexed()), DBTaskResult.objects.count()) == (3, 1)


def test_the_chore_does_new_articles_first_and_missed_ones_after() -> None:
    articles = [make_article() for _ in range(3)]
    chore = tasks.IndexChore()

    chore(now=timezone.now())
    assert indexed() == [article.pk for article in articles]
    ArticleSearch.objects.filter(pk=articles[0].pk).delete()
    chore(now=timezone.now())
    assert indexed() == [article.pk for article in articles]


def test_the_command_indexes_what_is_missing() -> None:
    for _ in range(2):
        make_article()
    told = [io.StringIO() for _ in range(3)]

    call_command("index_articles", "--json", stdout=told[0])
    call_command("index_articles", "--json", stdout=told[1])
    call_command("index_articles", "--all", stdout=told[2])

    assert [json.loads(one.getvalue()) for one in told[:2]] == [{"indexed": 2}, {"indexed": 0}]
    assert told[2].getvalue() == "2 articles indexed\n"
    assert Article.objects.filter(search=None).count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_import_has_its_articles_indexed_once_it_is_committed() -> None:
    rows = [ImportRow(source="a.jsonl", line=1, fields={"title": "Walks", "text": TEXT})]

    import_rows(rows=rows, source="a.jsonl", format="jsonl", dry_run=True)
    assert DBTaskResult.objects.count() == 0
    import_rows(rows=rows, source="a.jsonl", format="jsonl")
    import_rows(rows=rows, source="a.jsonl", format="jsonl")

    queued = sorted(row.task_path for row in DBTaskResult.objects.all())
    assert queued == ["corpus.grouping_tasks.link_articles", "corpus.search_tasks.index_new_articles"]
    assert indexed() == []
