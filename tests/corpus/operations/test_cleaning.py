"""Articles cleaned again with other rules: new versions, the old ones and their marks untouched."""

import io
import json

import pytest
from django.utils import timezone

from annotate.models import Project, ProjectArticle, Task
from annotate.visibility import articles_for
from corpus.cleaning import ALL_RULES, RuleSet
from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch, ImportIssue
from corpus.operations import clean_again, import_rows
from corpus.operations.cleaning_jobs import queue_cleaning
from corpus.operations.uploads import cancel_import, retry_import, run_import
from corpus.readers import read, upload
from tests.corpus.invariants import assert_maps
from tests.factories import make_member, make_project, make_task, make_user

pytestmark = pytest.mark.django_db
KEEP_SHARE = RuleSet.without(["share"])
RECORD = {
    "id": "x1", "title": "Rain in Mérida", "text": "By Ana Ruiz\n\nIt rained all day.\n\nShare this story", "outlet": "El Día",
    "language": "es", "url": "https://example.org/1", "published": "2023-12-27", "rights": "CC BY", "story": "rain",
}  # fmt: skip


def _import(*records, **options):
    data = "\n".join(map(json.dumps, records)).encode()
    rows = read([upload("a.jsonl", io.BytesIO(data))])
    return import_rows(rows=rows, source="a.jsonl", format="jsonl", **options)


def _again(*articles, rules=KEEP_SHARE, created_by=None):
    return clean_again(articles=[article.pk for article in articles], rules=rules, created_by=created_by)


def test_a_new_version_carries_everything_over_and_leaves_the_old_one():
    _import(RECORD)
    old = Article.objects.get()
    before = Article.objects.filter(pk=old.pk).values().get()
    user = make_user("mona")

    result = _again(old, created_by=user)

    new = Article.objects.current().get()
    assert result.made == [new]
    assert Article.objects.filter(pk=old.pk).values().get() == before
    assert new.text == "Rain in Mérida\n\nIt rained all day.\n\nShare this story"
    assert (new.version, new.supersedes, new.first_version, new.cleaner_version) == (2, old, old, KEEP_SHARE.version)
    for name in (
        "raw",
        "raw_fields",
        "outlet",
        "story",
        "external_id",
        "url",
        "published_at",
        "language",
        "rights",
        "byline",
    ):
        assert getattr(new, name) == getattr(old, name)
    assert new.uuid != old.uuid
    assert_maps(new)
    batch = new.import_batch
    assert (batch.format, batch.source, batch.created_by) == ("cleaning", "1 article cleaned again", user)
    assert (batch.state, batch.n_created, batch.n_duplicates) == ("done", 1, 0)
    assert batch.options["rules_off"] == ["share"]


def test_an_article_whose_text_stays_gets_no_new_version():
    _import(RECORD)

    result = _again(Article.objects.get(), rules=RuleSet.without(["tags"]))

    assert (result.made, result.unchanged) == ([], 1)
    assert Article.objects.count() == 1


def test_only_the_newest_version_is_cleaned_and_a_third_remembers_the_first():
    _import(RECORD)
    first = Article.objects.get()
    second = _again(first).made[0]

    assert _again(first, rules=ALL_RULES).superseded == 1
    third = _again(second, rules=ALL_RULES).made[0]

    assert (third.version, third.supersedes, third.first_version) == (3, second, first)
    assert third.text == first.text
    assert list(Article.objects.current()) == [third]
    assert set(Article.objects.of_import(first.import_batch)) == {first, second, third}


def test_rules_that_leave_nothing_are_refused_for_that_article_alone():
    _import({"text": "Share this story\n\nShare on Facebook", "outlet": "A"}, RECORD, settings=_settings(KEEP_SHARE))
    empty, other = Article.objects.order_by("pk")

    result = _again(empty, other, rules=ALL_RULES)

    assert [(refusal.article, refusal.code) for refusal in result.refused] == [(empty, "empty_text")]
    assert [article.supersedes for article in result.made] == [other]
    issue = ImportIssue.objects.get(batch=result.batch)
    assert (issue.source, issue.code) == (f"article {empty.uuid}", "empty_text")
    assert result.batch.n_rejected == 1


def test_two_articles_of_one_outlet_cannot_become_the_same_text():
    with_tags = RECORD | {"text": "It rained all day.\n\nTags: rain"}
    _import(with_tags, settings=_settings(RuleSet.without(["tags"])))
    _import(RECORD, settings=_settings(KEEP_SHARE))
    first, second = Article.objects.order_by("pk")

    assert len(_again(first, rules=ALL_RULES).made) == 1
    result = _again(second, rules=ALL_RULES)

    assert [refusal.code for refusal in result.refused] == ["same_text"]
    assert result.made == []
    assert ImportIssue.objects.get().code == "same_text"


def test_an_import_knows_every_version_again():
    _import(RECORD)
    first = Article.objects.get()
    second = _again(first).made[0]

    assert _import(RECORD).articles == [first.uuid]
    assert _import(RECORD, settings=_settings(KEEP_SHARE)).articles == [second.uuid]
    assert Article.objects.count() == 2


def test_a_project_keeps_its_version():
    _import(RECORD)
    first = Article.objects.get()
    project = make_project(articles=[first])

    _again(first)

    assert [row.article for row in ProjectArticle.objects.filter(project=project)] == [first]


def test_the_queries_do_not_grow_with_the_articles(django_assert_num_queries):
    _import(*(RECORD | {"text": f"Day {n} was wet.\n\nShare this"} for n in range(60)))
    keys = list(Article.objects.values_list("pk", flat=True))

    with django_assert_num_queries(9):
        clean_again(articles=keys[:2], rules=KEEP_SHARE, created_by=None)
    with django_assert_num_queries(9):
        clean_again(articles=keys[2:], rules=KEEP_SHARE, created_by=None)


def test_many_are_cleaned_by_the_worker_and_again_does_nothing_more():
    _import(RECORD, RECORD | {"text": "It rained again.\n\nShare this"})
    batch = queue_cleaning(articles=Article.objects.values_list("pk", flat=True), rules=KEEP_SHARE, created_by=None)
    assert batch.state == "queued"

    assert run_import(batch_id=batch.pk, now=timezone.now())
    assert not run_import(batch_id=batch.pk, now=timezone.now())

    batch.refresh_from_db()
    assert (batch.state, batch.n_created, batch.n_duplicates, batch.progress) == ("done", 2, 0, 2)
    assert Article.objects.current().filter(import_batch=batch, version=2).count() == 2


def test_a_cleaning_that_was_called_off_can_be_tried_again():
    _import(RECORD)
    batch = queue_cleaning(articles=[Article.objects.get().pk], rules=KEEP_SHARE, created_by=None)

    assert cancel_import(batch=batch)
    assert retry_import(batch=batch)

    assert ImportBatch.objects.get(pk=batch.pk).state == "queued"


def test_another_version_of_what_a_person_reads_blind_stays_hidden():
    user = make_user("mara")
    _import(RECORD, created_by=user)
    first = Article.objects.get()
    second = _again(first, created_by=user).made[0]
    third = _again(second, rules=ALL_RULES, created_by=user).made[0]
    _import(RECORD | {"text": "Something else."}, created_by=user)
    other = Article.objects.get(text__endswith="else.")
    assert set(articles_for(user)) == {first, second, third, other}

    for blind in (first, third):
        project = make_project(articles=[blind], blind_fields=["outlet"], state=Project.State.OPEN)
        make_member(project, user)
        make_task(project, blind)
        assert set(articles_for(user)) == {other}
        Task.objects.all().delete()


def _settings(rules):
    return ImportSettings(rules_off=tuple(rules.off), repair_mojibake=rules.repair_mojibake)
