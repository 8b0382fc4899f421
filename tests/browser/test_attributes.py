"""Attributes, links, questions and guidelines on the labelling page, by keyboard and by mouse."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import SpanAnnotation, Task
from tests.browser.test_labelling import drag, open_task, saved, sign_in
from tests.factories import make_article, make_codebook, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CODEBOOK = Path(__file__).resolve().parents[2] / "fixtures" / "codebooks" / "media-framing-3.json"
TEXT = (
    "Bridge fills before noon\n\n"
    "About 7,000 walkers 🙏🏽 crossed the bridge, the mayor said. Dozens turned back at the gate.\n\n"
    "Officials in the port counted 3,000, and the line could reach 15,000 by Friday, they warned. "
    "A baker called it a flood without a source."
)


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


def content() -> dict[str, Any]:
    return json.loads(CODEBOOK.read_text())


@pytest.fixture
def task() -> Task:
    annotator = make_user("mara")
    project = make_project(codebook=make_codebook(content()), members={annotator: "annotator"})
    return make_task(project, make_article(TEXT), annotator)


@pytest.fixture
def context(chromium: Browser, address: str, task: Task) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=address) as context:
        sign_in(context, task)
        yield context


@pytest.fixture
def page(context: BrowserContext, task: Task) -> Iterator[Page]:
    problems: list[str] = []
    page = open_task(context, task, problems)
    yield page
    assert problems == []


def mark(page: Page, words: str, label: str) -> None:
    drag(page, words)
    page.click(f"#toolbar [data-label={label}]")
    expect(page.locator(".card[data-selected]")).to_have_count(1)


def attributes(task: Task) -> list[dict[str, Any]]:
    return [span.attributes for span in SpanAnnotation.objects.filter(task=task, deleted_at=None).order_by("start")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("About 7,000", {"comparator": "approx", "value": 7000, "kind": "count"}),
        ("Dozens", {"comparator": "vague", "value_low": 12, "value_high": 120, "kind": "count"}),
        ("15,000", {"comparator": "eq", "value": 15_000, "kind": "count", "modality": "projected"}),
        ("3,000, and the line could reach 15,000", {"comparator": "range", "value_low": 3000, "value_high": 15_000, "kind": "count"}),
    ],
)  # fmt: skip
def test_a_new_quantity_takes_its_figure_from_the_text(page, task, words, expected):
    mark(page, words, "QUANTITY")
    saved(page)
    assert attributes(task) == [{"unattributed": False} | expected]
    expect(page.locator(".card[data-unchecked] .card__check")).to_contain_text("Proposed from the text: check")


def test_a_proposed_figure_is_checked_by_a_button_and_stays_checked(page, task):
    mark(page, "About 7,000", "QUANTITY")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.click(".card__open")
    page.click("[data-act=checked]")
    expect(page.locator("[data-unchecked]")).to_have_count(0)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator("[data-unchecked]")).to_have_count(0)


def test_a_proposed_figure_is_changed_and_is_a_persons_then(page, task):
    mark(page, "About 7,000", "QUANTITY")
    page.fill("[data-field=value] input", "7,100")
    page.keyboard.press("Enter")
    expect(page.locator("[data-unchecked]")).to_have_count(0)
    saved(page)
    assert attributes(task)[0]["value"] == 7100


def test_submitting_says_which_figures_nobody_checked(page, task):
    mark(page, "Dozens", "QUANTITY")
    page.click("[data-action=submit]")
    expect(page.locator("#missing")).to_contain_text("proposed from the text, not checked")


def test_required_values_are_asked_for_at_once_where_the_annotator_wants_it(page, task):
    page.click(".avatar")
    page.check("#ask-once")
    page.keyboard.press("Escape")
    mark(page, "Officials in the port", "SOURCE")
    expect(page.locator("[data-field=source_type] :focus")).to_have_count(1)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.is_checked("#ask-once")


def test_without_that_setting_the_article_keeps_the_focus(page, task):
    mark(page, "Officials in the port", "SOURCE")
    page.wait_for_timeout(100)
    assert page.evaluate("document.activeElement.id") == "article"


def fields(page: Page) -> list[str]:
    return page.locator(".card[data-selected] [data-field]").evaluate_all("all => all.map((one) => one.dataset.field)")


def test_a_mark_is_filled_in_by_keys_alone(page, task):
    mark(page, "Dozens", "QUANTITY")
    page.keyboard.press("Enter")
    page.keyboard.press("1")  # exactly
    expect(page.locator("[data-field=value] input")).to_be_visible()
    assert fields(page) == ["comparator", "value", "kind", "modality", "unattributed", "comment"]
    page.keyboard.press("Enter")
    page.keyboard.type("2.5 million")
    page.keyboard.press("Enter")
    page.keyboard.press("m")  # measurement
    page.keyboard.press("Enter")
    page.keyboard.press("p")  # projected
    page.keyboard.press("Enter")
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "article"
    saved(page)
    assert attributes(task) == [
        {"comparator": "eq", "value": 2_500_000, "kind": "measurement", "modality": "projected", "unattributed": True}
    ]


def test_a_long_list_of_choices_is_searched(page, task):
    mark(page, "called it a flood", "FRAME")
    page.keyboard.press("Enter")
    page.keyboard.type("courts")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    saved(page)
    assert attributes(task) == [{"frame_dimension": "legality_constitutionality_jurisprudence"}]
    page.fill("[data-field=frame_dimension] input", "no such thing")
    page.focus("#article")
    expect(page.locator("[data-field=frame_dimension]")).to_contain_text("Choose one of the list.")
    page.click("[data-field=frame_dimension] input")
    page.get_by_role("option", name="Economic Costs").click()
    saved(page)
    assert attributes(task) == [{"frame_dimension": "economic"}]


def test_a_low_bound_above_the_high_one_is_said(page, task):
    mark(page, "Dozens", "QUANTITY")
    page.fill("[data-field=value_low] input", "500")
    page.keyboard.press("Enter")
    expect(page.locator(".card[data-selected]")).to_contain_text("The lower bound is above the upper one.")
