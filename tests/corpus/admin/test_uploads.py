"""The first step of an import: what is asked, what is refused, and that one upload is one import."""

import io
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from corpus import cleaning
from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch
from corpus.operations.drafts import discard_old_drafts, draft_import, start_draft
from corpus.operations.uploads import run_import
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PAGE = b"Skip to content\n\nRain falls on the old town\n\nBy Ana Ruiz\n\nIt rained for <b>three</b> days.\n\nLeave a comment\n"
ADD = "admin:corpus_importbatch_add"


def uploaded(name: str, data: bytes) -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file


def send(client: Client, *files: tuple[str, bytes], **fields: Any) -> Any:
    every_rule = [rule["name"] for rule in cleaning.describe()]
    return client.post(
        reverse(ADD),
        {"pages": [uploaded(*file) for file in files], "rules": every_rule, "submission": str(uuid.uuid4())} | fields,
    )


@pytest.mark.django_db(transaction=True)
def test_upload_stores_several_files_and_queues_their_import(client: Client, boss: User) -> None:
    answer = send(
        client, ("a.txt", PAGE), ("b.jsonl", b'{"text": "One line."}\n{"text": ""}\n'), story="rain", outlet="El Sol"
    )

    batch = ImportBatch.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("admin:corpus_importbatch_change", args=[batch.pk]))
    assert (batch.created_by, batch.state, batch.source) == (boss, "queued", "a.txt, b.jsonl")
    assert ImportSettings.from_json(batch.options) == ImportSettings(story="rain", outlet="El Sol")
    assert [row.args_kwargs["args"] for row in DBTaskResult.objects.all()] == [[batch.pk]]

    assert run_import(batch_id=batch.pk, now=timezone.now())

    assert list(Article.objects.values_list("title", "byline", "outlet__name", "story__slug")) == [
        ("Rain falls on the old town", "Ana Ruiz", "El Sol", "rain"),
        ("One line.", None, "El Sol", "rain"),
    ]
    page = client.get(answer.url).content.decode()
    assert "<dt>Imported</dt><dd>2</dd>" in page
    assert "<code>empty_text</code>" in page


def test_every_choice_is_kept_with_the_import(client: Client, boss: User) -> None:
    rules = [rule["name"] for rule in cleaning.describe()]

    send(
        client, ("a.txt", PAGE), format="text", encoding="cp1252", near_duplicates="skip", repair_mojibake="on",
        outlet_from_host="on", summaries="on",
        rules=rules[1:],
    )  # fmt: skip

    assert ImportSettings.from_json(ImportBatch.objects.get().options) == ImportSettings(
        format="text",
        encoding="cp1252",
        near_duplicates="skip",
        repair_mojibake=True,
        rules_off=(rules[0],),
        outlet_from_host=True,
        summaries=True,
    )


def test_the_same_form_sent_twice_is_one_import(client: Client, boss: User) -> None:
    first, second = (send(client, ("a.txt", PAGE), submission="0" * 32) for _ in range(2))

    batch = ImportBatch.objects.get()
    assert first.url == second.url == reverse("admin:corpus_importbatch_change", args=[batch.pk])
    assert batch.files.count() == 1


def test_other_files_in_the_same_form_are_another_import(client: Client, boss: User) -> None:
    for name in ("a.txt", "b.txt"):
        send(client, (name, PAGE), submission="0" * 32)

    assert list(ImportBatch.objects.order_by("pk").values_list("source", flat=True)) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("files", "fields", "words"),
    [
        ([], {}, "Choose at least one file."),
        ([("a.txt", PAGE)], {"encoding": "klingon"}, "No such encoding is known"),
        ([("a.txt", PAGE)], {"encoding": "klingon"}, "Choose the files again"),
        ([("a.txt", b"")], {}, "This file is empty"),
        ([("a.txt", PAGE)], {"near_duplicates": "eat"}, "Select a valid choice"),
        ([("a.txt", PAGE)], {"rules": ["none_such"]}, "Select a valid choice"),
    ],
    ids=["no file", "encoding", "files again", "empty", "near-duplicates", "rule"],
)
def test_upload_says_what_is_wrong(
    client: Client, boss: User, files: list[tuple[str, bytes]], fields: dict[str, Any], words: str
) -> None:
    answer = send(client, *files, **fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_limit_is_refused_in_the_form(client: Client, boss: User, settings: Any, kept: Path) -> None:
    settings.IMPORT_LIMITS = settings.IMPORT_LIMITS | {"file_bytes": 50}

    answer = send(client, ("small.txt", b"It rained."), ("large.txt", PAGE))

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "large.txt has" in page
    assert "IMPORT_FILE_MIB" in page
    assert "small.txt has" not in page
    assert not ImportBatch.objects.exists()
    assert not kept.exists()


def test_the_page_lists_every_format_and_every_rule(client: Client, boss: User) -> None:
    page = client.get(reverse(ADD)).content.decode()

    for rule in cleaning.describe():
        assert f'id="rule-{rule["name"]}" checked' in page
    for suffix in (".txt", ".jsonl", ".parquet", ".warc.gz"):
        assert suffix in page


@pytest.mark.parametrize("fetch", [True, False])
def test_a_format_that_is_switched_off_says_so(client: Client, boss: User, settings: Any, fetch: bool) -> None:
    settings.IMPORT_FETCH = fetch

    page = client.get(reverse(ADD)).content.decode()

    assert ("Fetching pages is switched off here (IMPORT_FETCH)." in page) is not fetch


def test_the_former_address_leads_to_the_upload(client: Client, boss: User) -> None:
    assert client.get(reverse("admin:corpus_article_upload")).url == reverse(ADD)


def test_staff_without_a_project_may_not_upload(client: Client) -> None:
    client.force_login(make_user("clerk", is_staff=True))

    assert send(client, ("a.txt", PAGE)).status_code in (302, 403)
    assert not ImportBatch.objects.exists()


def _draft(name: str = "a.txt") -> ImportBatch:
    return draft_import(files=[ContentFile(PAGE, name=name)], settings=ImportSettings(), created_by=None)


def _files(kept: Path) -> list[Path]:
    return [path for path in kept.rglob("*") if path.is_file()]


def test_a_draft_starts_once(django_capture_on_commit_callbacks: Any) -> None:
    batch = _draft()

    with django_capture_on_commit_callbacks(execute=True):
        assert [start_draft(batch=batch, settings=ImportSettings(story="s")) for _ in range(2)] == [True, False]

    assert (batch.state, batch.options["story"]) == ("queued", "s")
    assert DBTaskResult.objects.count() == 1


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (25, 0)])
def test_drafts_older_than_a_day_are_removed_with_their_files(kept: Path, hours: int, left: int) -> None:
    now = timezone.now()
    batch, started = _draft(), _draft("b.txt")
    start_draft(batch=started)
    ImportBatch.objects.update(created_at=now - timedelta(hours=hours))

    assert discard_old_drafts(now=now) == 1 - left

    assert ImportBatch.objects.filter(pk=batch.pk).count() == left
    assert len(_files(kept)) == 1 + left
