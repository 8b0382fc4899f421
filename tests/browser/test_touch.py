"""The labelling page under a finger: 390 px wide, touch, no hover, an on-screen keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from annotate.models import Task
from tests.browser.test_labelling import TEXT, mark_of, marks, open_task, saved, sign_in
from tests.factories import make_article, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What the system's handles do: the selection changes without any pointer event on the page.
SELECT = """(words) => {
  const block = [...document.querySelectorAll('#article [data-start]')].find((one) => one.textContent.includes(words));
  const text = block.firstChild;
  const at = text.data.indexOf(words);
  getSelection().setBaseAndExtent(text, at, text, at + words.length);
}"""
SMALL = """(least) => [...document.querySelectorAll('button, a, input, select, textarea, summary, [role=tab]')]
  .filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !one.closest('.skip-link'))
  .map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
  .filter(([, { width, height }]) => width > 2 && (width < least || height < least))
  .map(([one, { width, height }]) => `${one.className || one.id || one.nodeName} ${Math.round(width)}x${Math.round(height)}`)"""
# As the browser tells of a keyboard of 300 px: the page stays as high, what is seen of it does not.
KEYBOARD = """(height) => {
  Object.defineProperty(visualViewport, 'height', { configurable: true, get: () => innerHeight - height });
  visualViewport.dispatchEvent(new Event('resize'));
}"""


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def task() -> Task:
    annotator = make_user("finger")
    return make_task(make_project(members={annotator: "annotator"}), make_article(TEXT), annotator)


@pytest.fixture
def page(chromium: Browser, address: str, task: Task) -> Iterator[Page]:
    problems: list[str] = []
    with chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, base_url=address
    ) as context:
        sign_in(context, task)
        yield open_task(context, task, problems)
    assert problems == []


def marked(page: Page, words: str) -> None:
    page.evaluate(SELECT, words)
    expect(page.locator("#toolbar")).to_be_visible()
    page.tap("#toolbar [data-label=SOURCE]")
    saved(page)


def test_the_handles_of_the_system_select_and_a_tap_labels(page, task):
    page.evaluate(SELECT, "official")
    expect(page.locator("#toolbar")).to_be_visible()
    box = page.locator("#toolbar").bounding_box()
    assert box is not None
    # A sheet at the bottom, clear of the system's bubble over the selection.
    assert box["y"] > 844 / 3
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.evaluate(SELECT, "officials sai")
    page.wait_for_timeout(600)
    page.tap("#toolbar [data-label=SOURCE]")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials said")]


def test_a_tap_opens_the_mark_in_the_sheet_and_every_action_shows(page, task):
    marked(page, "officials said")
    page.tap("#article h1")
    page.tap("#article mark")
    expect(page.locator("#panel")).to_have_attribute("data-open", "")
    card = page.locator(".card[data-selected]")
    expect(card).to_be_visible()
    tools = card.locator(".tool")
    assert tools.count() >= 2
    assert tools.evaluate_all("(all) => all.map((one) => getComputedStyle(one).opacity)") == ["1"] * tools.count()
    card.locator("[data-act=unsure]").tap()
    expect(card.locator("[data-act=unsure]")).to_have_attribute("aria-pressed", "true")
    saved(page)
    assert task.spans.get().unsure


def test_targets_are_large_enough_for_a_finger(page):
    marked(page, "officials said")
    page.tap("#article mark")
    expect(page.locator(".card[data-selected]")).to_be_visible()
    assert page.evaluate(SMALL, 24) == []
    page.evaluate(SELECT, "About 7,500 people")
    expect(page.locator("#toolbar")).to_be_visible()
    low = page.eval_on_selector_all(
        "#toolbar .label, .dock__actions .button",
        "(all) => all.map((one) => one.getBoundingClientRect()).filter(({ width, height }) => height > 0 && (height < 44 || width < 44)).length",
    )
    assert low == 0


def test_nothing_hides_behind_the_keyboard_on_the_screen(page):
    marked(page, "officials said")
    page.tap("#article mark")
    page.locator(".card[data-selected] [data-act=comment]").tap()
    page.evaluate(KEYBOARD, 300)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    for name in ("#panel", ".dock"):
        box = page.locator(name).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844 - 300 + 1
    field = page.locator(".card[data-selected] [data-field=comment] input")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 844 - 300 - box["height"]
    page.evaluate(KEYBOARD, 0)


def test_the_page_is_no_wider_than_the_screen(page):
    marked(page, "officials said")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
