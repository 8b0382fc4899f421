"""Near-duplicates in the database: linking, what people decide, and what the tables refuse."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from corpus import sketches
from corpus.errors import Refusal
from corpus.grouping_tasks import link_articles
from corpus.import_settings import ImportSettings
from corpus.models import Article, ArticleSketch, DuplicateGroup, GroupMerge, ImportBatch, NotDuplicates
from corpus.operations import duplicates, import_rows
from corpus.operations.duplicates import (
    Linked,
    Resemblance,
    link_identical,
    link_missing,
    link_near_duplicates,
    merge_groups,
    resembled,
    similarities,
    split_group,
)
from corpus.readers.rows import ImportRow
from tests.corpus import edits
from tests.factories import make_article, make_outlet, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def _text(seed=1):
    return edits.make_text(random.Random(seed))


def _copy(text, seed=1):
    return edits.change_words(text, random.Random(seed))


def _between(one, other):
    """One text after the other: half of it is in each."""
    return f"{one}\n\n{other}"


def _groups():
    """The groups as sets of primary keys."""
    found = {}
    for pk, group in Article.objects.exclude(near_duplicate_group=None).values_list("pk", "near_duplicate_group"):
        found.setdefault(group, set()).add(pk)
    return sorted(map(sorted, found.values()))


def _linked(*texts):
    """Articles of different outlets, linked one import after another."""
    articles = []
    for text in texts:
        articles.append(make_article(text, make_outlet()))
        link_missing(now=NOW)
    return articles


def test_copies_of_one_report_are_one_group_whether_they_come_together_or_not():
    text = _text()
    together = [make_article(text, make_outlet()), make_article(_copy(text), make_outlet()), make_article(_text(2))]

    first = link_missing(now=NOW)
    later = make_article(edits.cut_tail(text), make_outlet())
    second = link_missing(now=NOW)

    assert first == Linked(sketched=3, grouped=2, made=1, merged=0)
    assert second == Linked(sketched=1, grouped=1, made=0, merged=0)
    assert _groups() == [sorted([together[0].pk, together[1].pk, later.pk])]
    assert set(DuplicateGroup.objects.values_list("pk", flat=True)) == {
        Article.objects.get(pk=later.pk).near_duplicate_group
    }
    assert link_missing(now=NOW) == Linked()


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_the_order_of_arrival_and_the_chunks_do_not_change_the_groups(monkeypatch, chunk):
    monkeypatch.setattr(duplicates, "CHUNK", chunk)
    originals = [_text(seed) for seed in range(4)]
    texts = [(index, text) for index, text in enumerate(originals)]
    texts += [(index, _copy(text, seed)) for index, text in enumerate(originals[:3]) for seed in range(index + 1)]
    random.Random(chunk).shuffle(texts)
    by_story = {}
    for index, text in texts:
        by_story.setdefault(index, []).append(make_article(text, make_outlet()).pk)

    link_missing(now=NOW)

    assert _groups() == sorted(sorted(pks) for pks in by_story.values() if len(pks) > 1)


def test_an_article_that_bridges_two_groups_merges_them_under_the_older_s_id():
    one, other = _text(1), _text(2)
    with override_settings(NEAR_DUPLICATE_PERCENT=30):
        a, _b, c, _d = _linked(one, _copy(one), other, _copy(other))
        older, younger = (Article.objects.get(pk=x.pk).near_duplicate_group for x in (a, c))
        DuplicateGroup.objects.filter(pk=older).update(created_at=NOW - timedelta(days=1))
        bridge = make_article(_between(one, other), make_outlet())
        result = link_missing(now=NOW)

    assert result == Linked(sketched=1, grouped=1, made=0, merged=1)
    assert set(Article.objects.values_list("near_duplicate_group", flat=True)) == {older}
    assert list(DuplicateGroup.objects.values_list("pk", flat=True)) == [older]
    [merge] = GroupMerge.objects.all()
    assert (merge.group_id, merge.absorbed, merge.merged_at, merge.merged_by) == (older, younger, NOW, None)
    assert bridge.pk in _groups()[0]


def test_a_second_merge_keeps_the_record_of_the_first():
    groups = [DuplicateGroup.objects.create() for _ in range(3)]
    for day, group in enumerate(groups):
        DuplicateGroup.objects.filter(pk=group.pk).update(created_at=NOW + timedelta(days=day))

    merge_groups(groups=[groups[1].pk, groups[2].pk], now=NOW)
    merge_groups(groups=[groups[0].pk, groups[1].pk], now=NOW)

    assert set(GroupMerge.objects.values_list("group", "absorbed")) == {
        (groups[0].pk, groups[1].pk), (groups[0].pk, groups[2].pk),
    }  # fmt: skip


def test_identical_texts_are_grouped_by_their_fingerprint_alone():
    articles = [make_article("Rain\n\nIt rained.", make_outlet()) for _ in range(2)]
    stranger = make_article("Sun\n\nIt shone.", make_outlet())

    result = link_identical(fingerprints={articles[0].fingerprint, stranger.fingerprint}, now=NOW)

    assert result == Linked(grouped=2, made=1)
    assert _groups() == [[articles[0].pk, articles[1].pk]]
    assert link_identical(fingerprints=[], now=NOW) == Linked()
    assert not ArticleSketch.objects.exists()


def test_imports_that_keep_copies_apart_are_passed_over():
    text = _text()
    apart = ImportBatch.objects.create(source="a", format="jsonl", options={"near_duplicates": "keep"})
    linked = ImportBatch.objects.create(source="b", format="jsonl", options={"near_duplicates": "link"})
    silent = ImportBatch.objects.create(source="c", format="jsonl")
    made = [make_article(_copy(text, seed), import_batch=b) for seed, b in enumerate((apart, linked, silent, None))]

    assert link_missing(batch=silent.pk, now=NOW).sketched == 1
    assert link_missing(now=NOW).sketched == 2

    assert _groups() == [[article.pk for article in made[1:]]]


def test_a_superseded_version_is_neither_linked_nor_found():
    text = _text()
    old = make_article(text)
    link_missing(now=NOW)
    new = make_article(_copy(text), version=2, supersedes=old)

    link_missing(now=NOW)

    assert _groups() == []
    assert ArticleSketch.objects.filter(article=new).exists()


def test_sketches_of_an_older_version_are_made_again():
    article = make_article(_text())
    link_missing(now=NOW)
    ArticleSketch.objects.update(version=0, signature=b"\0" * 4 * sketches.PLACES)

    assert link_missing(now=NOW).sketched == 1

    made = ArticleSketch.objects.get()
    assert (made.version, bytes(made.signature)) == (
        sketches.VERSION,
        sketches.to_bytes(sketches.sketches_of([article.text])[0]),
    )


def test_thousands_from_one_template_cost_no_more_and_are_still_one_group(monkeypatch):
    monkeypatch.setattr(duplicates, "CROWD", 3)
    monkeypatch.setattr(duplicates, "CHUNK", 5)
    text = _text()
    for seed in range(17):
        make_article(_copy(text, seed) if seed else text, make_outlet())

    link_missing(now=NOW)

    assert [len(group) for group in _groups()] == [17]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM corpus_articlesketch, unnest(bands) AS band GROUP BY band) AS c"
        )
        assert cursor.fetchone()[0] <= 3


def test_articles_without_a_word_resemble_nothing():
    make_article("😀 …"), make_article("— !")

    assert link_missing(now=NOW) == Linked(sketched=2)


def test_resembled_names_what_is_stored_and_what_came_before_in_the_list():
    text, other = _text(1), _text(2)
    stored = make_article(text, make_outlet())
    link_missing(now=NOW)

    answers = resembled(texts=[_copy(text), other, _text(3), _copy(other), other])

    assert answers[1] is None
    assert answers[2] is None
    assert answers[0] == Resemblance(answers[0].similarity, article=stored.uuid)
    assert answers[3] == Resemblance(answers[3].similarity, earlier=1)
    assert answers[4] == Resemblance(1.0, earlier=1)
    assert answers[0].similarity > 0.6
    assert Article.objects.count() == 1


def test_a_text_is_not_compared_with_one_that_will_not_be_stored():
    """The second resembles the first, the third only the second: with the second skipped, the third is new."""
    one, other = _text(1), _text(2)
    with override_settings(NEAR_DUPLICATE_PERCENT=30):
        answers = resembled(texts=[one, _between(one, other), other])

    assert [answer and answer.earlier for answer in answers] == [None, 0, None]


def test_splitting_is_remembered_by_later_imports():
    text = _text()
    a, b, c = _linked(text, _copy(text, 1), _copy(text, 2))
    group = DuplicateGroup.objects.get()
    boss = make_user()

    split_group(group=group, leaving=[c.pk], by=boss, now=NOW)
    d = make_article(_copy(text, 3), make_outlet())
    link_missing(now=NOW)

    [found] = _groups()
    assert {a.pk, b.pk} <= set(found)
    assert c.pk not in found
    assert d.pk in found
    assert set(NotDuplicates.objects.values_list("one", "other", "decided_by")) == {
        (a.pk, c.pk, boss.pk), (b.pk, c.pk, boss.pk),
    }  # fmt: skip


def test_splitting_two_leaves_no_group_and_identical_texts_stay_apart():
    a, b = (make_article("Rain\n\nIt rained all day.", make_outlet()) for _ in range(2))
    link_identical(fingerprints=[a.fingerprint], now=NOW)

    split_group(group=DuplicateGroup.objects.get(), leaving=[b.pk], now=NOW)
    link_identical(fingerprints=[a.fingerprint], now=NOW)
    link_missing(now=NOW)

    assert _groups() == []
    assert not DuplicateGroup.objects.exists()


def test_a_leaving_part_of_several_is_a_group_of_its_own():
    text = _text()
    made = _linked(text, *(_copy(text, seed) for seed in range(3)))

    split_group(group=DuplicateGroup.objects.get(), leaving=[made[2].pk, made[3].pk], now=NOW)

    assert _groups() == [[made[0].pk, made[1].pk], [made[2].pk, made[3].pk]]
    assert DuplicateGroup.objects.count() == 2


def test_a_person_s_merge_overrules_an_earlier_split():
    text = _text()
    made = _linked(text, *(_copy(text, seed) for seed in range(3)))
    split_group(group=DuplicateGroup.objects.get(), leaving=[made[2].pk, made[3].pk], now=NOW)
    boss = make_user()

    merge_groups(groups=DuplicateGroup.objects.values_list("pk", flat=True), by=boss, now=NOW)

    assert _groups() == [[article.pk for article in made]]
    assert not NotDuplicates.objects.exists()
    assert GroupMerge.objects.get().merged_by == boss


@pytest.mark.parametrize("everybody", [True, False], ids=["everybody", "nobody"])
def test_a_split_needs_somebody_on_both_sides(everybody):
    text = _text()
    made = _linked(text, _copy(text))
    leaving = [article.pk for article in made] if everybody else []

    with pytest.raises(Refusal):
        split_group(group=DuplicateGroup.objects.get(), leaving=leaving, now=NOW)

    assert len(_groups()) == 1


def test_one_group_cannot_be_merged():
    with pytest.raises(Refusal):
        merge_groups(groups=[DuplicateGroup.objects.create().pk, uuid.uuid4()], now=NOW)


def test_similarities_are_told_against_the_first():
    text = _text()
    a, b = _linked(text, _copy(text))
    c = make_article(_text(2))

    told = similarities(articles=[a.pk, b.pk, c.pk])

    assert told[a.pk] == 1
    assert 0.6 < told[b.pk] < 1
    assert told[c.pk] is None


def test_linking_asks_the_same_number_of_questions_for_few_and_for_many(django_assert_max_num_queries):
    counts = []
    for seeds in (range(10, 11), range(20, 40)):
        for seed in seeds:
            make_article(_text(seed), make_outlet())
            make_article(_copy(_text(seed)), make_outlet())
        with django_assert_max_num_queries(25) as captured:
            link_near_duplicates(articles=list(duplicates.sketch_missing()), now=NOW)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        (
            "a_sketch_is_complete",
            lambda a, _b: ArticleSketch.objects.create(article=a, version=1, signature=b"short", bands=[]),
        ),
        (
            "the_older_of_two_articles_comes_first",
            lambda a, b: NotDuplicates.objects.create(one=b, other=a, decided_at=NOW),
        ),
        (
            "two_articles_are_told_apart_once",
            lambda a, b: [NotDuplicates.objects.create(one=a, other=b, decided_at=NOW) for _ in range(2)],
        ),
        (
            "a_group_does_not_absorb_itself",
            lambda _a, _b: GroupMerge.objects.create(
                group=(group := DuplicateGroup.objects.create()), absorbed=group.pk, merged_at=NOW
            ),
        ),
    ],
)
def test_the_tables_refuse(name, write):
    a, b = make_article(), make_article()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        write(a, b)


def _import(texts, near_duplicates="link"):
    """One import of a record for each text, all of different outlets."""
    rows = [
        ImportRow("a.jsonl", line, {"text": text, "outlet": f"Outlet {line}"}, None)
        for line, text in enumerate(texts, start=1)
    ]
    return import_rows(
        rows=rows,
        source="a.jsonl",
        format="jsonl",
        settings=ImportSettings(near_duplicates=near_duplicates),
    )


def test_an_import_links_once_it_is_committed(django_capture_on_commit_callbacks):
    text = _text()
    with django_capture_on_commit_callbacks():
        result = _import([text, _copy(text), _text(2)])
    assert result.created == 3

    assert link_articles.call(result.batch.pk) == {"sketched": 3, "grouped": 2, "made": 1, "merged": 0}
    assert link_articles.call() == {"sketched": 0, "grouped": 0, "made": 0, "merged": 0}


def test_an_import_that_keeps_groups_only_the_very_same_text():
    text = _text()

    result = _import([text, text, _copy(text)], "keep")
    link_missing(now=NOW)

    assert result.created == 3
    assert [len(group) for group in _groups()] == [2]


def test_an_import_that_skips_stores_the_first_and_names_it_for_the_others(monkeypatch):
    monkeypatch.setattr(duplicates, "CHUNK", 2)
    text, other = _text(1), _text(2)
    [first] = _import([text], "skip").articles

    result = _import([_copy(text), other, other, _copy(other), _text(3)], "skip")

    assert (result.created, result.duplicates, len(result.rejected)) == (2, 3, 0)
    told = list(result.resembling)
    stored = {str(found) for found in result.articles}
    assert [(one.line, one.code) for one in told] == [
        (1, "near_duplicate"),
        (3, "near_duplicate"),
        (4, "near_duplicate"),
    ]
    assert str(first) in told[0].message
    assert all(any(key in one.message for key in stored) for one in told)
    assert list(result.batch.issues.values_list("line", "code")) == [(one.line, one.code) for one in told]
    assert first in result.articles
    assert _groups() == []
    assert Article.objects.count() == 3


def test_the_command_links_what_was_not_compared_yet():
    text = _text()
    make_article(text, make_outlet()), make_article(_copy(text), make_outlet())
    out = StringIO()

    call_command("link_articles", "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"sketched": 2, "grouped": 2, "made": 1, "merged": 0}
