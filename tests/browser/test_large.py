"""A long list of marks: all of them in their order, but buttons only where the reader looks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from annotate.models import SpanAnnotation, Task
from tests.browser.test_labelling import open_task, saved, sign_in
from tests.factories import make_article, make_mark, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MARKS = 170
TEXT = "\n\n".join(" ".join(f"word{n:03}" for n in range(m, m + 10)) for m in range(0, 200, 10))
ORDER = """() => [...document.querySelectorAll('#cards .card')].map((card) => card.textContent.match(/word\\d+/)[0])"""


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def task() -> Task:
    annotator = make_user("mara")
    task = make_task(make_project(members={annotator: "annotator"}), make_article(TEXT), annotator)
    for n in range(MARKS):
        start = TEXT.index(f"word{n:03}")
        make_mark(task, "SOURCE", start, start + 7)
    return task


@pytest.fixture
def page(chromium: Browser, address: str, task: Task) -> Iterator[Page]:
    problems: list[str] = []
    with chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=address) as context:
        sign_in(context, task)
        yield open_task(context, task, problems)
    assert problems == []


def quotes(task: Task) -> list[str]:
    return list(
        SpanAnnotation.objects.filter(task=task, deleted_at=None).order_by("start").values_list("quote", flat=True)
    )


def test_a_long_list_holds_every_mark_in_order_and_buttons_where_it_is_looked_at(page, task):
    assert page.evaluate(ORDER) == quotes(task)
    assert page.locator("#cards ol").count() > 2
    last = page.locator("#cards .card").last
    expect(last).to_have_text("Source: word169")
    expect(last.locator("button")).to_have_count(0)
    page.evaluate("document.querySelector('#panel-body').scrollTop = 1e6")
    expect(last.locator("button")).to_have_count(4)
    expect(page.locator("#cards .card").first.locator("button")).to_have_count(0)
    # From mark to mark: the card is there and open at once, and what is left behind is let go.
    page.evaluate("document.querySelector('#panel-body').scrollTop = 0")
    for _ in range(100):
        page.keyboard.press("n")
    expect(page.locator(".card[data-selected] .card__quote")).to_have_text("word099")
    expect(page.locator(".card[data-selected]")).to_be_in_viewport()
    expect(page.locator("#cards .card").first.locator("button")).to_have_count(0)
    assert page.locator("#cards button").count() < 4 * MARKS
    assert page.evaluate(ORDER) == quotes(task)


def test_marks_made_moved_deleted_and_brought_back_keep_the_list_in_order(page, task):
    page.evaluate("document.querySelector('#panel-body').scrollTop = 1e6")
    for _ in range(3):
        page.keyboard.press("p")
    expect(page.locator(".card[data-selected] .card__quote")).to_have_text("word167")
    page.keyboard.press("Delete")
    expect(page.locator(".card[data-selected] .card__quote")).to_have_text("word168")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")  # the first word
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    expect(page.locator(".card[data-selected] .card__quote")).to_have_text("word000 word001")
    saved(page)
    assert page.evaluate(ORDER) == [quote.split()[0] for quote in quotes(task)]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("#mark-count")).to_have_text(str(MARKS))
    saved(page)
    assert page.evaluate(ORDER) == quotes(task) == [f"word{n:03}" for n in range(MARKS)]
