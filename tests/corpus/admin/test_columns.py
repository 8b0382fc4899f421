"""The second step of an import: columns guessed, chosen, previewed; what is wrong is said where it is."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch
from corpus.operations.uploads import run_import
from corpus.readers.rows import FIELDS
from tests.corpus.admin.test_uploads import send
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db

TABLE = (
    "Headline,Words of it,When,Paper\n"
    "Harbour reopens,The harbour was opened again on Tuesday.,2024-04-02,The Courier\n"
    "Storm ends,It went on for two days.,yesterday,The Courier\n"
)
CHOSEN = {"title": "Headline", "text": "Words of it", "published": "When", "outlet": "Paper"}


def draft(client: Client, *files: tuple[str, str], **fields: Any) -> ImportBatch:
    given = files or (("a.csv", TABLE),)
    send(client, *((name, data.encode()) for name, data in given), **fields)
    return ImportBatch.objects.earliest("pk")


def columns(batch: ImportBatch) -> str:
    return reverse("admin:corpus_importbatch_columns", args=[batch.pk])


def test_a_table_waits_for_its_columns_with_a_guess(client: Client, boss: User) -> None:
    batch = draft(client)

    page = client.get(reverse("admin:corpus_importbatch_change", args=[batch.pk]), follow=True)

    assert batch.state == "draft"
    assert page.redirect_chain == [(columns(batch), 302)]
    assert page.context["form"].initial == {"title": "Headline", "encoding": ""}
    assert '<option value="Headline" selected>' in page.content.decode()
    assert "<td" in page.content.decode()


def test_the_preview_shows_records_as_they_would_come_in(client: Client, boss: User) -> None:
    batch = draft(client)

    answer = client.post(columns(batch), CHOSEN | {"preview": "1"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Harbour reopens</h3>" in page
    assert "The harbour was opened again on Tuesday." in page
    assert "The Courier · 2 Apr 2024" in page
    [note] = [note for field, note in answer.context["rows"] if note]
    assert note.startswith("1 of the first 2: ")
    assert "published:</strong>" in page
    assert client.get(columns(batch)).context["batch"].state == "draft"


def test_htmx_gets_the_step_without_the_page_around_it(client: Client, boss: User) -> None:
    batch = draft(client)

    page = client.post(columns(batch), CHOSEN | {"preview": "1"}, headers={"HX-Request": "true"}).content.decode()

    assert page.strip().startswith('<div id="columns-step"')
    assert "Harbour reopens</h3>" in page


def test_start_queues_the_import_with_the_columns_alone(client: Client, boss: User) -> None:
    batch = draft(client)

    answer = client.post(columns(batch), CHOSEN | {"start": "1"})

    batch.refresh_from_db()
    assert (answer.status_code, answer.url) == (302, reverse("admin:corpus_importbatch_change", args=[batch.pk]))
    assert batch.state == "queued"
    assert ImportSettings.from_json(batch.options).columns == dict.fromkeys(FIELDS, "") | CHOSEN
    assert run_import(batch_id=batch.pk, now=timezone.now())
    assert list(Article.objects.values_list("title", "outlet__name")) == [("Harbour reopens", "The Courier")]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"text": ""}, "text", "Choose the column that holds the article’s text."),
        ({"title": "Words of it"}, "title", "“Words of it” is Text already."),
        ({"text": "None such"}, "text", "There is no column of this name"),
        ({"encoding": "klingon"}, "encoding", "No such encoding is known"),
    ],
    ids=["no text", "twice", "unknown", "encoding"],
)
def test_what_is_wrong_is_said_beside_the_field(
    client: Client, boss: User, changes: dict[str, str], field: str, words: str
) -> None:
    batch = draft(client)

    answer = client.post(columns(batch), CHOSEN | changes | {"start": "1"})

    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    batch.refresh_from_db()
    assert batch.state == "draft"


def test_another_encoding_is_tried_at_once(client: Client, boss: User) -> None:
    [_, batch] = [
        send(client, ("a.csv", TABLE.replace("days", "días").encode("cp1252"))),
        ImportBatch.objects.get(),
    ]

    before = client.post(columns(batch), CHOSEN | {"preview": "1"}).content.decode()
    after = client.post(columns(batch), CHOSEN | {"preview": "1", "encoding": "cp1252"}).content.decode()

    assert "días" not in before
    assert (
        "días"
        in client.post(
            columns(batch), CHOSEN | {"published": "", "preview": "1", "encoding": "cp1252"}
        ).content.decode()
    )
    assert "Harbour reopens</h3>" in after


def test_json_lines_without_a_text_are_matched_and_others_are_not(client: Client, boss: User) -> None:
    send(client, ("ours.jsonl", json.dumps({"text": "One."}).encode()))
    send(client, ("theirs.jsonl", json.dumps({"body": {"words": "Two."}, "kicker": "News"}).encode()))

    ours, theirs = ImportBatch.objects.order_by("pk")
    assert (ours.state, theirs.state) == ("queued", "draft")
    page = client.post(columns(theirs), {"text": "body.words", "preview": "1"}).content.decode()
    assert "Two." in page


def test_files_with_other_columns_are_imports_of_their_own(client: Client, boss: User) -> None:
    answer = send(
        client, ("a.csv", TABLE.encode()), ("b.csv", TABLE.encode()), ("c.csv", b"body,date\nIt rained.,2024-01-01\n"),
        ("d.txt", b"Rain\n\nIt rained for two days."),
    )  # fmt: skip

    assert list(ImportBatch.objects.order_by("pk").values_list("source", "state")) == [
        ("a.csv, b.csv", "draft"), ("c.csv", "draft"), ("d.txt", "queued"),
    ]  # fmt: skip
    first = ImportBatch.objects.earliest("pk")
    assert answer.url == columns(first)
    told = client.post(columns(first), CHOSEN | {"start": "1"}, follow=True).content.decode()
    assert "the columns of c.csv</a>" in told


def test_sending_several_imports_twice_makes_each_once(client: Client, boss: User) -> None:
    for _ in range(2):
        send(client, ("a.csv", TABLE.encode()), ("d.txt", b"Rain\n\nIt rained."), submission="0" * 32)

    assert ImportBatch.objects.count() == 2


def test_a_started_import_has_no_columns_to_match(client: Client, boss: User) -> None:
    batch = draft(client)
    client.post(columns(batch), CHOSEN | {"start": "1"})

    for method in (client.get, client.post):
        assert method(columns(batch)).url == reverse("admin:corpus_importbatch_change", args=[batch.pk])


def test_a_draft_can_be_thrown_away(client: Client, boss: User, kept: Any) -> None:
    batch = draft(client)

    answer = client.post(reverse("admin:corpus_importbatch_discard", args=[batch.pk]))

    assert answer.url == reverse("admin:corpus_importbatch_changelist")
    assert not ImportBatch.objects.exists()
    assert not [path for path in kept.rglob("*") if path.is_file()]


def test_another_manager_does_not_find_the_draft(client: Client) -> None:
    mia, rosa = (make_user(name, is_staff=True) for name in ("mia", "rosa"))
    for user in (mia, rosa):
        make_project(members={user: "manager"})
    client.force_login(mia)
    batch = draft(client)
    client.force_login(rosa)

    assert client.get(columns(batch)).status_code == 404
    assert client.post(columns(batch), CHOSEN | {"start": "1"}).status_code == 404
    assert client.post(reverse("admin:corpus_importbatch_discard", args=[batch.pk])).status_code == 404
    batch.refresh_from_db()
    assert batch.state == "draft"


def test_a_table_that_cannot_be_read_says_why_and_waits(client: Client, boss: User) -> None:
    batch = draft(client, ("a.csv", "\x00\x00binary\x00"))

    answer = client.get(columns(batch))

    assert answer.status_code == 200
    assert answer.context["table"].problem
    assert client.post(columns(batch), {"start": "1"}).status_code == 422
