"""An import's page: progress, outcome, rejected records, and the buttons; who may see and press what."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.worker import beat
from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch, ImportIssue
from corpus.operations.uploads import cancel_import, queue_import, run_import
from tests.factories import make_article, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

MOJIBAKE = "Rain at the café\n\nThe cafÃ© on the corner was closed for a day.".replace("\n", "\\n")


def page_of(batch: ImportBatch, step: str = "change") -> str:
    return reverse(f"admin:corpus_importbatch_{step}", args=[batch.pk])


def queued(*records: dict[str, str], created_by: User | None = None, **chosen: Any) -> ImportBatch:
    data = "\n".join(json.dumps(record) for record in records or ({"text": "It rained all day."},))
    return queue_import(
        files=[ContentFile(data.encode(), name="a.jsonl")], settings=ImportSettings(**chosen), created_by=created_by
    )


def imported(*records: dict[str, str], created_by: User | None = None, **chosen: Any) -> ImportBatch:
    batch = queued(*records, created_by=created_by, **chosen)
    assert run_import(batch_id=batch.pk, now=timezone.now())
    batch.refresh_from_db()
    return batch


def running(**fields: Any) -> ImportBatch:
    now = timezone.now()
    fields = {"started_at": now - timedelta(seconds=10), "heartbeat": now} | fields
    return ImportBatch.objects.create(source="a.jsonl", format="jsonl", state="running", **fields)


def test_a_running_import_shows_how_far_it_is_and_asks_again(client: Client, boss: User) -> None:
    beat(worker_id="w", now=timezone.now())
    batch = running(progress=2000, bytes_read=250, bytes_total=1000, n_created=1990, n_rejected=10)

    for address in (page_of(batch), page_of(batch, "progress")):
        page = client.get(address).content.decode()
        assert 'max="100" value="25"' in page
        assert re.search(r"2,000 records read · \d+ a second · about [34]\d seconds left", page)
        assert "<dt>New</dt><dd>1,990</dd>" in page
        assert f'hx-get="{page_of(batch, "progress")}" hx-trigger="load delay:1s, every 1s"' in page
    assert "<html" not in page


def test_an_ended_import_orders_the_whole_page_and_asks_no_more(client: Client, boss: User) -> None:
    batch = imported()

    assert client.get(page_of(batch, "progress")).headers["HX-Refresh"] == "true"
    page = client.get(page_of(batch)).content.decode()
    assert "hx-get" not in page
    assert "http-equiv" not in page


@pytest.mark.parametrize(("alive", "words"), [(False, "No worker is running."), (True, "Waiting for the worker.")])
def test_a_waiting_import_says_what_it_waits_for(client: Client, boss: User, alive: bool, words: str) -> None:
    if alive:
        beat(worker_id="w", now=timezone.now())

    page = client.get(page_of(queued())).content.decode()

    assert words in page
    assert "http-equiv" in page


def test_a_silent_import_says_so(client: Client, boss: User) -> None:
    beat(worker_id="w", now=timezone.now())
    batch = running(heartbeat=timezone.now() - timedelta(seconds=90), progress=5)

    assert "No sign of life since" in client.get(page_of(batch)).content.decode()


def test_cancelling_asks_first_and_keeps_nothing(client: Client, boss: User) -> None:
    batch = queued(created_by=boss)

    question = client.get(page_of(batch, "cancel")).content.decode()
    assert "Cancel the import" in question
    assert "Let it run" in question
    batch.refresh_from_db()
    assert batch.state == "queued"

    answer = client.post(page_of(batch, "cancel"), follow=True)

    batch.refresh_from_db()
    assert batch.state == "cancelled"
    page = answer.content.decode()
    assert "Nothing of it is in the corpus." in page
    assert "Run it again" in page
    assert not Article.objects.exists()


def test_cancelling_what_is_done_changes_nothing(client: Client, boss: User) -> None:
    batch = imported(created_by=boss)

    for method in (client.get, client.post):
        assert method(page_of(batch, "cancel")).url == page_of(batch)

    batch.refresh_from_db()
    assert batch.state == "done"


def test_a_cancelled_import_can_be_run_again(client: Client, boss: User) -> None:
    batch = queued(created_by=boss)
    cancel_import(batch=batch)

    client.post(page_of(batch, "retry"))

    assert run_import(batch_id=batch.pk, now=timezone.now())
    assert Article.objects.filter(import_batch=batch).count() == 1


def test_a_failed_import_says_why_and_offers_another_try(client: Client, boss: User) -> None:
    batch = ImportBatch.objects.create(
        source="a.jsonl", format="jsonl", state="failed", error="The disk is full.", created_by=boss
    )

    page = client.get(page_of(batch)).content.decode()
    assert "The disk is full." in page
    assert "Run it again" in page

    again = client.post(page_of(batch, "retry"), follow=True).content.decode()
    assert "Upload them again." in again


def test_the_page_names_what_is_worth_a_look(client: Client, boss: User) -> None:
    long = "Rain falls on the old town. " * 4
    batch = imported(
        {
            "text": json.loads(f'"{MOJIBAKE}"'),
            "outlet": "A",
            "published": "2024-01-02",
            "byline": "Ana",
            "language": "en",
        },
        {"text": f"Share this article\n\nFloods\n\n{long}\n\nLeave a comment", "outlet": "A"},
        {"text": "The same words.", "outlet": "A"},
        {"text": "The same words.", "outlet": "B"},
    )

    page = client.get(page_of(batch)).content.decode()

    for lack, count in (("date", 3), ("byline", 3), ("language", 3)):
        assert f'lacks={lack}">{count} articles</a> with no {lack}' in page
    assert "with no outlet" not in page
    assert "1 group of near-duplicates" in page
    assert ">2 articles</a>" in page
    assert "1 article</a> with characters that look wrongly decoded" in page
    assert 'class="cleaned__share"' in page


def test_links_of_the_summary_lead_to_those_articles(client: Client, boss: User) -> None:
    batch = imported({"text": "One was here.", "outlet": "A"}, {"text": "Two was here."})
    make_article("Elsewhere\n\nAn article of no import and without an outlet.")

    listed = client.get(reverse("admin:corpus_article_changelist"), {"import": batch.pk, "lacks": "outlet"})

    assert [article.text for article in listed.context["cl"].result_list] == ["Two was here."]


def _rejecting(**fields: Any) -> ImportBatch:
    batch = ImportBatch.objects.create(source="a.csv", format="csv", state="done", n_rejected=61, **fields)
    ImportIssue.objects.bulk_create(
        ImportIssue(batch=batch, source="a.csv", line=n, field="text", code="empty_text", message="Fill it.")
        for n in range(1, 61)
    )
    ImportIssue.objects.create(
        batch=batch, source="=cmd()", line=None, code="bad_date", message="-1", excerpt='+49 "quoted", @here'
    )
    return batch


def test_rejected_records_come_in_pages_and_by_code(client: Client, boss: User) -> None:
    batch = _rejecting()

    first = client.get(page_of(batch)).context
    second = client.get(page_of(batch), {"page": "2"}).context
    dates = client.get(page_of(batch), {"code": "bad_date"}).context
    unknown = client.get(page_of(batch), {"code": "none_such", "page": "x"}).context

    assert ([len(c["issues"]) for c in (first, second, dates, unknown)]) == [50, 11, 1, 50]
    assert first["codes"] == [{"code": "empty_text", "n": 60}, {"code": "bad_date", "n": 1}]


def test_what_was_rejected_can_be_downloaded_as_jsonl(client: Client, boss: User) -> None:
    batch = imported({"text": "Good."}, {"text": ""}, {"text": "Fine."})

    answer = client.get(page_of(batch, "rejected"))

    [line] = b"".join(answer.streaming_content).decode().splitlines()
    record = json.loads(line)
    assert (record["source"], record["line"], record["field"], record["code"]) == ("a.jsonl", 2, "text", "empty_text")
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-{batch.pk}.jsonl"'


def test_no_cell_of_the_csv_acts_as_a_formula(client: Client, boss: User) -> None:
    answer = client.get(page_of(_rejecting(), "rejected_csv"))

    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeffsource,line,field,code,message,excerpt")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1] == ["a.csv", "1", "text", "empty_text", "Fill it.", ""]
    assert rows[-1] == ["'=cmd()", "", "", "bad_date", "'-1", '\'+49 "quoted", @here']


def test_the_list_shows_progress(client: Client, boss: User) -> None:
    running(bytes_read=430, bytes_total=1000)

    page = client.get(reverse("admin:corpus_importbatch_changelist")).content.decode()

    assert '<span class="badge" data-tone="busy">running 43 %</span>' in page


def test_pages_cost_the_same_queries_for_one_article_and_for_three(
    client: Client, boss: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for records in ([{"text": "A."}, {"text": ""}], [{"text": "B."}, {"text": ""}, {"text": "C."}, {"text": "D."}]):
        batch = imported(*records)
        with django_assert_max_num_queries(12) as captured:
            client.get(page_of(batch))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_progress_is_cheap(client: Client, boss: User, django_assert_num_queries: Any) -> None:
    batch = running()

    with django_assert_num_queries(3):  # session with account, import, worker
        client.get(page_of(batch, "progress"))


STEPS = ("change", "progress", "cancel", "rejected", "rejected_csv")


def test_another_manager_finds_nothing_of_an_import(client: Client) -> None:
    mia, rosa = (make_user(name, is_staff=True) for name in ("mia", "rosa"))
    make_project(members={mia: "manager"})
    make_project(members={rosa: "manager"})
    batch = queued(created_by=mia)
    client.force_login(rosa)

    assert [client.get(page_of(batch, step)).status_code for step in STEPS] == [404] * len(STEPS)
    assert [client.post(page_of(batch, step)).status_code for step in ("cancel", "retry", "discard")] == [404] * 3
    batch.refresh_from_db()
    assert batch.state == "queued"


def test_a_page_that_asks_when_nobody_is_signed_in_is_loaded_anew(client: Client) -> None:
    batch = running()

    answer = client.get(page_of(batch, "progress"), headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Refresh"], answer.content) == (200, "true", b"")
    assert client.get(page_of(batch, "progress")).status_code == 302


def test_the_summary_names_only_articles_that_the_person_sees(client: Client) -> None:
    rosa = make_user("rosa", is_staff=True)
    debris = "\n\nIt rained for three days, and the river rose by two metres.\n\nLeave a comment"
    batch = imported({"text": f"Seen{debris}", "outlet": "A"}, {"text": f"Secret matter{debris}", "outlet": "B"})
    make_member(make_project(articles=Article.objects.filter(text__startswith="Seen")), rosa, "manager")
    client.force_login(rosa)

    page = client.get(page_of(batch)).content.decode()

    assert "Show the 1 article<" in page
    assert "Secret" not in page


def test_whoever_sees_an_import_by_its_articles_may_look_and_not_steer(client: Client) -> None:
    rosa = make_user("rosa", is_staff=True)
    batch = imported(created_by=make_user("mia", is_staff=True))
    make_member(make_project(articles=Article.objects.all()), rosa, "manager")
    client.force_login(rosa)

    assert client.get(page_of(batch)).status_code == 200
    ImportBatch.objects.update(state="running")
    assert "cancel/" not in client.get(page_of(batch)).content.decode()
    assert client.post(page_of(batch, "cancel")).status_code == 404


@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "²"])
def test_an_import_that_is_not_there_is_a_404(client: Client, boss: User, key: str) -> None:
    for step in STEPS:
        assert client.get(reverse(f"admin:corpus_importbatch_{step}", args=[key])).status_code == 404


def test_staff_without_a_project_see_nothing(client: Client) -> None:
    batch = imported()
    client.force_login(make_user("clerk", is_staff=True))

    for step in STEPS:
        assert client.get(page_of(batch, step)).status_code in (302, 403, 404)
