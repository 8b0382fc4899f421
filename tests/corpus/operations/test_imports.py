"""The one operation that articles come in by."""

import io
import json
import uuid
from importlib import import_module
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from corpus.cleaning import RuleSet, UnknownRuleError
from corpus.import_settings import ImportSettings
from corpus.models import Article, ArticleBorders, ImportBatch, ImportIssue, Outlet, Story
from corpus.operations import borders_for, import_rows
from corpus.operations.bulk import ArticleCopy, NewArticle
from corpus.operations.cleaning import clean_again
from corpus.preparing import Cleaning, prepare
from corpus.readers import read, sources_of, upload
from corpus.readers.rows import ImportRow
from spans.offsets import Segment, SegmentMap
from tests.corpus.invariants import assert_maps
from tests.corpus.seeds import SEEDS, needs_seeds

pytestmark = pytest.mark.django_db
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


def _rows(*records):
    data = "\n".join(json.dumps(record) for record in records).encode()
    return read([upload("a.jsonl", io.BytesIO(data))])


def _import(*records, **options):
    return import_rows(rows=_rows(*records), source="a.jsonl", format="jsonl", **options)


def test_an_article_is_stored_with_all_its_fields():
    result = _import(
        {
            "id": "x1", "title": "Rain in Mérida", "text": "By Ana Ruiz\n\nIt rained.", "outlet": "El Día", "language": "es",
            "url": "https://example.org/1", "published": "2023-12-27", "rights": "CC BY", "story": "rain",
        }
    )  # fmt: skip

    article = Article.objects.get()
    assert (result.created, result.duplicates, result.rejected, result.articles) == (1, 0, [], [article.uuid])
    assert article.text == "Rain in Mérida\n\nIt rained."
    assert (article.title, article.byline, article.external_id) == ("Rain in Mérida", "Ana Ruiz", "x1")
    assert (article.outlet.name, article.outlet.slug, article.story.slug) == ("El Día", "el-dia", "rain")
    assert (article.language, article.url, article.rights) == ("es", "https://example.org/1", "CC BY")
    assert article.published_at.isoformat() == "2023-12-27T00:00:00+00:00"
    assert article.n_chars == len(article.text)
    assert article.import_batch == result.batch
    rained = article.raw.index("It rained.")
    found = SegmentMap([Segment(**segment) for segment in article.segments]).to_text(rained, rained + 10)
    assert article.text[slice(*found)] == "It rained."
    assert [article.raw[r["start"] : r["end"]].strip() for r in article.removed if r["rule"] == "byline"] == [
        "By Ana Ruiz"
    ]


def test_the_same_article_twice_in_one_file_and_again_is_stored_once():
    record = {"title": "Rain", "text": "It rained all day."}
    shouted = {"title": "RAIN", "text": "It rained\u00a0ALL day."}

    first = _import(record, shouted)
    second = _import(record)

    assert (first.created, first.duplicates) == (1, 1)
    assert (second.created, second.duplicates, second.articles) == (0, 1, first.articles)
    assert Article.objects.count() == 1


def test_the_same_text_of_another_outlet_is_another_article_in_one_group():
    record = {"title": "Rain", "text": "It rained all day."}
    [alone] = _import(record).articles
    result = _import(record | {"outlet": "A"}, record | {"outlet": "B"}, record | {"outlet": "a"})

    assert (result.created, result.duplicates, len(result.articles)) == (2, 1, 2)
    groups = set(Article.objects.values_list("near_duplicate_group", flat=True))
    assert len(groups) == 1
    assert None not in groups
    assert Article.objects.get(uuid=alone).outlet is None
    assert list(Outlet.objects.values_list("name", flat=True)) == ["A", "B"]


def test_a_text_without_a_copy_has_no_group():
    _import({"text": "It rained all day."})

    assert Article.objects.get().near_duplicate_group is None


def test_options_stand_in_where_a_record_names_nothing():
    _import({"text": "One was here."}, {"text": "Two was here.", "outlet": "B", "story": "b"}, story="a", outlet="A")

    found = Article.objects.values_list("outlet__name", "story__slug")
    assert list(found) == [("A", "a"), ("B", "b")]
    assert Story.objects.count() == 2


def test_the_host_stands_in_before_the_option_where_nothing_names_an_outlet():
    rows = [
        ImportRow("a", 1, {"text": "It rained all day."}, outlet="example.org"),
        ImportRow("a", 2, {"text": "It snowed all day.", "outlet": "El Sol"}, outlet="example.org"),
        ImportRow("a", 3, {"text": "It hailed all day."}),
    ]

    import_rows(rows=rows, source="a", format="html", outlet="La Luna")

    assert list(Article.objects.order_by("pk").values_list("outlet__name", flat=True)) == [
        "example.org",
        "El Sol",
        "La Luna",
    ]


def test_outlets_whose_names_share_a_slug_are_kept_apart():
    _import(
        {"text": "One was here.", "outlet": "El Día"},
        {"text": "Two.", "outlet": "El Dia"},
        {"text": "Three.", "outlet": "日報"},
    )

    assert list(Outlet.objects.order_by("pk").values_list("name", "slug")) == [
        ("El Día", "el-dia"), ("El Dia", "el-dia-2"), ("日報", "outlet"),
    ]  # fmt: skip


def test_rejections_are_recorded_with_their_batch():
    result = _import({"text": "Good."}, {"text": ""}, {"text": "Share this"}, {"text": "Fine."}, sha256="ab")

    assert [(r.line, r.field, r.code) for r in result.rejected] == [
        (2, "text", "empty_text"),
        (3, "text", "empty_text"),
    ]
    issues = ImportIssue.objects.values_list("batch", "source", "line", "field", "code")
    assert list(issues) == [
        (result.batch.pk, "a.jsonl", 2, "text", "empty_text"), (result.batch.pk, "a.jsonl", 3, "text", "empty_text"),
    ]  # fmt: skip
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.n_created, batch.n_duplicates, batch.n_rejected, batch.progress) == ("done", 2, 0, 2, 4)
    assert batch.finished_at is not None


def test_a_dry_run_says_the_same_and_writes_nothing():
    known = _import({"text": "Here before."}).articles

    result = _import({"text": "Here before."}, {"text": "New.", "outlet": "A"}, {"text": ""}, dry_run=True)

    assert (result.created, result.duplicates, len(result.rejected), result.articles) == (1, 1, 1, known)
    assert result.batch is None
    assert (Article.objects.count(), Outlet.objects.count(), ImportBatch.objects.count()) == (1, 0, 1)


def test_a_failure_in_the_middle_writes_nothing():
    def rows():
        for number in range(700):
            yield ImportRow("a", number, {"text": f"Article number {number} was here."})
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"), transaction.atomic():
        import_rows(rows=rows(), source="a", format="jsonl")

    assert (Article.objects.count(), ImportBatch.objects.count()) == (0, 0)


def test_the_database_refuses_the_same_text_twice_around_the_operation():
    _import({"text": "It rained all day."})
    copy = Article.objects.get()
    copy.pk, copy.uuid = None, "00000000-0000-4000-8000-000000000001"

    with pytest.raises(IntegrityError, match="one_text_per_outlet_and_version"), transaction.atomic():
        copy.save(force_insert=True)


def test_many_articles_at_once_are_refused_like_one_and_by_name():
    batch = _import({"text": "It rained all day."}).batch
    [same] = prepare([ImportRow("a", 1, {"text": "It rained all day."})], Cleaning())
    copy = ArticleCopy(batch, now=timezone.now())

    with pytest.raises(IntegrityError, match="one_text_per_outlet_and_version"), transaction.atomic():
        copy.write([NewArticle(same, uuid.uuid4(), outlet=None, story=None)])


def test_the_queries_of_an_import_do_not_grow_with_its_articles(django_assert_num_queries):
    with django_assert_num_queries(10):
        _import(*({"text": f"Article {n} was here."} for n in range(3)), outlet="A")
    with django_assert_num_queries(8):
        _import(*({"text": f"Article {n} is here."} for n in range(30)), outlet="A")


def test_a_long_import_in_several_processes_gives_what_a_short_one_gives(settings):
    settings.IMPORT_PROCESSES = 2
    records = [{"text": f"Article {n % 2400} was here.", "outlet": "AB"[n % 2]} for n in range(3000)]
    records[5] = {"text": ""}

    result = _import(*records)

    assert (result.created, result.duplicates, len(result.rejected)) == (2400, 599, 1)
    stored = list(Article.objects.order_by("pk").values_list("uuid", "text"))
    assert result.articles == [found for found, _ in stored]
    first = [record["text"] for record in records[:2400] if record["text"]]
    assert [text for _, text in stored] == [*first, "Article 5 was here."]
    assert result.missing == {"date": 2400, "byline": 2400, "language": 2400}
    again = _import(*records[:1500])
    assert (again.created, again.articles) == (0, [found for found, text in stored if text in first[:1499]])


def test_a_rule_that_is_off_leaves_its_debris_and_is_named_by_the_article():
    record = {"title": "Rain", "text": "It rained all day.\n\nShare this"}
    _import(record, settings=ImportSettings(rules_off=("share",)))

    article = Article.objects.get()
    assert article.text.endswith("Share this")
    assert article.cleaner_version.endswith("-share")
    with pytest.raises(UnknownRuleError, match="called polish"):
        _import(record, settings=ImportSettings(rules_off=("polish",)))


LONG = " ".join(f"Word{n} stands here as the number {n * 7} of them." for n in range(60))


def test_near_duplicates_are_skipped_where_that_is_asked_for():
    chosen = ImportSettings(near_duplicates="skip")
    [first, second] = _import({"text": LONG}, {"text": "It rained all day."}, settings=chosen).articles

    result = _import(
        {"text": LONG + " And that was all.", "story": "not-made"},
        {"text": "Another text altogether, which is new."},
        {"text": LONG.replace("Word9 ", "Word ")},
        settings=chosen,
    )

    assert (result.created, result.duplicates, result.articles[0]) == (1, 2, first)
    assert len(result.articles) == 2
    assert not Story.objects.exists()
    assert second not in result.articles


def test_borders_are_computed_once():
    [found] = _import({"title": "Rain", "text": "It rained in the U.S. all day."}).articles
    article = Article.objects.get(uuid=found)

    first = borders_for(article)
    again = borders_for(Article.objects.get(uuid=found))

    words = [article.text[s:e] for s, e in zip(first.words[::2], first.words[1::2], strict=True)]
    assert words == ["Rain", "It", "rained", "in", "the", "U.S.", "all", "day"]
    assert again.words == first.words
    assert again.sentences == [0, 4, 6, article.n_chars]
    assert ArticleBorders.objects.count() == 1


def test_the_shipped_articles_go_in_by_both_formats():
    pages = import_rows(rows=read(sources_of([FIXTURES / "articles"])), source="pages", format="auto", story="caravan")
    records = import_rows(rows=read(sources_of([FIXTURES / "articles.jsonl"])), source="records", format="auto")

    assert (pages.created, pages.duplicates, pages.rejected) == (5, 0, [])
    # Three pages name their outlet behind the headline and are the same article; two do not.
    assert (records.created, records.duplicates, records.rejected) == (2, 3, [])


@needs_seeds
def test_the_seeds_go_in_once():
    first = import_rows(rows=read(sources_of([SEEDS])), source="seeds", format="auto", story="caravan")
    second = import_rows(rows=read(sources_of([SEEDS])), source="seeds", format="auto", story="caravan")

    assert (first.created, first.duplicates, first.rejected) == (5, 0, [])
    assert (second.created, second.duplicates, second.rejected) == (0, 5, [])
    assert second.articles == first.articles
    assert Article.objects.filter(story__slug="caravan").count() == 5


def test_agencies_and_wrongly_decoded_text_are_noted_and_repair_is_asked_for():
    record = {"title": "Rain in Merida", "text": "MERIDA (Reuters) - The mayor doesnâ€™t mind."}

    _import(record)
    _import(record | {"outlet": "Ocho"}, settings=ImportSettings(repair_mojibake=True))

    as_came, repaired = Article.objects.order_by("pk")
    assert (as_came.agency, as_came.n_mojibake, as_came.cleaner_version) == ("Reuters", 1, "2")
    assert (repaired.agency, repaired.n_mojibake, repaired.cleaner_version) == ("Reuters", 0, "2+mojibake")
    assert repaired.raw == as_came.raw + "\n\nOcho"
    assert repaired.text == "Rain in Merida\n\nThe mayor doesn’t mind."
    assert_maps(as_came)
    assert_maps(repaired)


def test_what_came_before_is_known_where_the_rules_make_another_text_of_it_now() -> None:
    rows = [
        ImportRow(
            "a.jsonl", n, {"title": f"Walks {n}", "text": f"It rained {n}.\n\nShare this story", "outlet": "Ocho"}
        )
        for n in range(3)
    ]
    # As an edition without the rule, or an import with it switched off, stored them.
    before = import_rows(rows=rows, source="a", format="jsonl", settings=ImportSettings(rules_off=("share",)))
    [elsewhere] = [ImportRow("b.jsonl", 1, rows[0].fields | {"outlet": "Nueve"})]

    again = import_rows(rows=[*rows, elsewhere], source="a", format="jsonl")

    assert (before.created, again.created, again.duplicates) == (3, 1, 3)
    assert list(again.articles)[:3] == list(before.articles)
    assert Article.objects.filter(outlet__name="Ocho", text__contains="Share this").count() == 3


def test_the_newest_version_is_what_comes_again() -> None:
    fields = {"title": "Walks", "text": "It rained.\n\nShare this story", "outlet": "Ocho"}
    first = import_rows(
        rows=[ImportRow("a", 1, fields)], source="a", format="jsonl", settings=ImportSettings(rules_off=("share",))
    )
    [old] = Article.objects.all()
    [new] = clean_again(articles=[old.pk], rules=RuleSet.without(["outlet_suffix"]), created_by=None).made

    again = import_rows(rows=[ImportRow("a", 1, fields | {"byline": "Ilse Marten"})], source="a", format="jsonl")

    assert (first.created, again.created, again.duplicates) == (1, 0, 1)
    assert new.received_hash == old.received_hash
    assert list(again.articles) == [new.uuid]


def test_the_migration_counts_the_hash_as_python_does() -> None:
    rows = [
        ImportRow("a", 1, {"title": "Élan 😀", "text": "Il a plu\u00a0— “fort”.", "outlet": "Ocho"}),
        ImportRow("a", 2, {"text": "It rained.", "byline": "Ilse Marten"}),
    ]
    import_rows(rows=rows, source="a", format="jsonl")
    counted = dict(Article.objects.values_list("pk", "received_hash"))
    Article.objects.update(received_hash=None)

    with connection.cursor() as cursor:
        cursor.execute(import_module("corpus.migrations.0010_know_articles_by_what_was_received").FILL)

    assert dict(Article.objects.values_list("pk", "received_hash")) == counted
    assert None not in counted.values()
