"""The article's page beside its raw text, and cleaning again from the page and from the list."""

import io
import json
import re

import pytest
from django.urls import reverse

from corpus.admin.cleaning_page import AT_ONCE
from corpus.admin.side_by_side import changes_between, counts_of, rows_of
from corpus.cleaning import SWITCHABLE, RuleSet
from corpus.models import Article, ImportBatch
from corpus.operations import clean_again, import_rows
from corpus.readers import read, upload
from tests.factories import make_article, make_user

pytestmark = pytest.mark.django_db
PAGE = "By Ana Ruiz\n\nIt rained all day in the old town.\n\nShare this story\n\nIt doesnâ€™t stop.\n\nTags: rain"


@pytest.fixture
def boss(client):
    user = make_user("boss", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def article():
    return _import({"title": "Rain in Mérida", "text": PAGE, "outlet": "El Día"})[0]


def _import(*records):
    data = "\n".join(map(json.dumps, records)).encode()
    import_rows(rows=read([upload("a.jsonl", io.BytesIO(data))]), source="a.jsonl", format="jsonl")
    return list(Article.objects.order_by("pk"))


def _but(*off):
    return [name for name in SWITCHABLE if name not in off]


def test_rows_pair_each_paragraph_with_its_raw_and_hold_all_of_both(article):
    rows = rows_of(article)

    assert "\n\n".join(row.text for row in rows if row.text) == article.text
    shown = "".join(mark.text for row in rows for mark in row.raw)
    assert "".join(shown.split()) == "".join(article.raw.split())
    assert [row.raw[0].rule for row in rows if not row.text] == ["byline", "share", "tags", "metadata"]
    assert all(row.same for row in rows if row.text)
    assert [(one.rule, one.times) for one in counts_of(article)] == [
        ("byline", 1), ("share", 1), ("tags", 1), ("metadata", 1),
    ]  # fmt: skip


def test_a_repaired_paragraph_stands_beside_what_was_received(article):
    [new] = clean_again(articles=[article.pk], rules=RuleSet(repair_mojibake=True), created_by=None).made

    [row] = [row for row in rows_of(new) if "stop" in row.text]
    assert (row.raw[0].text, row.text, row.same) == ("It doesnâ€™t stop.", "It doesn’t stop.", False)


def test_the_page_has_a_legend_and_offers_to_clean_again(client, boss, article):
    page = client.get(reverse("admin:corpus_article_change", args=[article.pk])).content.decode()

    assert 'data-rule="share" data-tone="1" aria-pressed="false"' in page
    assert "1 place of this article looks, wrongly" not in page
    assert "1 place of this article looks wrongly decoded" in " ".join(page.split())
    assert reverse("admin:corpus_article_clean", args=[article.pk]) in page


def test_rules_are_chosen_looked_at_and_then_used(client, boss, article):
    address = reverse("admin:corpus_article_clean", args=[article.pk])
    chosen = {"rules": _but("share"), "repair_mojibake": "on"}

    first = client.get(address)
    preview = client.get(address, chosen | {"preview": "1"}).content.decode()

    assert "What would change" not in first.content.decode()
    assert '<p class="diff__paragraph" data-kind="new" dir="auto"><ins>Share this story</ins></p>' in preview
    assert re.search("<del>[^<]*â€™[^<]*</del><ins>[^<]*’[^<]*</ins>", preview)
    assert Article.objects.count() == 1
    answer = client.post(address, chosen | {"confirmed": "yes"})
    new = Article.objects.current().get()
    assert answer.url == reverse("admin:corpus_article_change", args=[new.pk])
    assert (new.version, new.cleaner_version) == (2, "2-share+mojibake")
    assert new.import_batch.created_by == boss
    old = client.get(reverse("admin:corpus_article_change", args=[article.pk])).content.decode()
    assert "Version 2" in old
    assert client.get(address).url == reverse("admin:corpus_article_change", args=[new.pk])


def test_rules_that_change_nothing_are_said_to(client, boss, article):
    address = reverse("admin:corpus_article_clean", args=[article.pk])

    preview = client.get(address, {"rules": _but("read_time"), "preview": "1"}).content.decode()
    client.post(address, {"rules": _but("read_time"), "confirmed": "yes"})

    assert "Nothing: the text stays as it is" in preview
    assert Article.objects.count() == 1


def test_articles_of_the_list_are_cleaned_in_the_request(client, boss, article):
    _import({"text": "Nothing to take here."})
    address = reverse("admin:corpus_article_changelist")
    asked = {"action": "clean_again", "_selected_action": [str(a.pk) for a in Article.objects.all()]}

    page = client.post(address, asked).content.decode()
    done = client.post(address, asked | {"confirmed": "yes", "rules": _but("tags")})

    assert "0 of 2 articles would get a new version" in " ".join(page.split())
    batch = ImportBatch.objects.get(format="cleaning")
    assert done.url == reverse("admin:corpus_importbatch_change", args=[batch.pk])
    assert (batch.n_created, batch.n_duplicates, batch.state) == (1, 1, "done")
    assert client.get(done.url).status_code == 200


def test_many_articles_go_to_the_worker(client, boss):
    keys = [str(make_article(text=f"Text {number} is here.").pk) for number in range(AT_ONCE + 1)]

    client.post(
        reverse("admin:corpus_article_changelist"),
        {"action": "clean_again", "_selected_action": keys, "confirmed": "yes", "rules": _but()},
    )

    batch = ImportBatch.objects.get(format="cleaning")
    assert (batch.state, len(batch.options["articles"])) == ("queued", AT_ONCE + 1)


def test_the_list_shows_newest_versions_unless_asked(client, boss, article):
    [new] = clean_again(articles=[article.pk], rules=RuleSet.without(["share"]), created_by=None).made
    address = reverse("admin:corpus_article_changelist")

    def listed(**chosen):
        return set(client.get(address, chosen).context["cl"].result_list.values_list("pk", flat=True))

    assert listed() == {new.pk}
    assert listed(versions="all") == {new.pk, article.pk}
    assert listed(versions="older") == {article.pk}


def test_a_stranger_cleans_nothing(client, article):
    client.force_login(make_user("clerk", is_staff=True))

    answer = client.post(reverse("admin:corpus_article_clean", args=[article.pk]), {"confirmed": "yes"})

    assert answer.status_code in (302, 403, 404)
    assert Article.objects.count() == 1


def test_a_comparison_shows_one_paragraph_around_each_change():
    before = "\n\n".join(f"Paragraph {n}." for n in range(9))

    changes = changes_between(before, before.replace("Paragraph 4.", "Paragraph four."))

    assert [change.kind for change in changes] == ["cut", "kept", "changed", "kept", "cut"]
    assert changes[0].parts == [("cut", "3")]
    assert changes[2].parts == [("kept", "Paragraph "), ("gone", "4"), ("new", "four"), ("kept", ".")]
