"""Articles in other scripts than Latin on the labelling page: what is marked is what Python counts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import Task
from tests.browser.test_labelling import POINT, marks, open_task, saved, sign_in
from tests.factories import make_article, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# (language, direction, whether words are known, text, what is dragged over, what is marked then)
ARTICLES = {
    "arabic": (
        "ar",
        "rtl",
        True,
        "جسر جديد\n\nقال رئيس البلدية إن نحو 7,500 شخص 🙏🏽 عبروا الجسر يوم الأحد.",
        "بروا الجس",
        "عبروا الجسر",
    ),
    "hebrew": ("he", "rtl", True, "גשר חדש\n\nראש העיר אמר כי כ־7,500 איש 👩‍👩‍👧‍👦 חצו את הגשר.", "איש", "איש"),
    "chinese": ("zh", "ltr", False, "新桥\n\n市长说，🙏🏽星期天大约有七千五百人走过新桥。", "七千五百人", "七千五百人"),
    "japanese": (
        "ja",
        "ltr",
        False,
        "新しい橋\n\n市長は🙏🏽日曜日に約7,500人が橋を渡ったと述べた。",
        "橋を渡った",
        "橋を渡った",
    ),
    "thai": ("th", "ltr", False, "สะพานใหม่\n\nนายกเทศมนตรีกล่าวว่า 🙏🏽 มีคนข้ามสะพานใหม่ราวเจ็ดพันคน", "ข้ามสะพาน", "ข้ามสะพาน"),
}


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def task(request: pytest.FixtureRequest) -> Task:
    language, _, _, text, _, _ = ARTICLES[request.param]
    annotator = make_user("reader")
    project = make_project(members={annotator: "annotator"})
    return make_task(project, make_article(text, language=language), annotator)


@pytest.fixture
def context(chromium: Browser, address: str, task: Task) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=address) as context:
        sign_in(context, task)
        yield context


def drag(page: Page, words: str, *, rtl: bool) -> None:
    left, top, right, bottom = page.evaluate(POINT, words)
    start, end = (right, left) if rtl else (left, right)
    page.mouse.move(start, top)
    page.mouse.down()
    page.mouse.move(end, bottom, steps=6)
    page.mouse.up()
    expect(page.locator("#toolbar")).to_be_visible()


@pytest.mark.parametrize(("task", "name"), [(name, name) for name in ARTICLES], indirect=["task"])
def test_what_is_dragged_over_is_stored_as_python_counts_it(context, task, name):
    language, direction, words_known, text, dragged, marked = ARTICLES[name]
    problems: list[str] = []
    page = open_task(context, task, problems)
    article = page.locator("#article")
    expect(article).to_have_attribute("lang", language)
    expect(article).to_have_attribute("dir", direction)
    expect(page.get_by_text("selections snap to characters")).to_have_count(0 if words_known else 1)
    drag(page, dragged, rtl=direction == "rtl")
    page.keyboard.press("1")
    saved(page)
    start = text.index(marked)
    assert [row[1:] for row in marks(task)] == [(start, start + len(marked), marked)]
    expect(page.locator(".card__quote")).to_have_attribute("dir", direction)
    assert problems == []


@pytest.mark.parametrize("task", ["arabic"], indirect=True)
def test_arrows_go_where_they_point(context, task):
    """To the left is the next word of a text that runs from right to left."""
    text = ARTICLES["arabic"][3]
    problems: list[str] = []
    page = open_task(context, task, problems)
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight", "Shift+ArrowLeft"):
        page.keyboard.press(key)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator("#live")).to_contain_text("جديد")
    page.keyboard.press("1")
    saved(page)
    words = text[text.index("جديد") : text.index(" رئيس")]
    assert [row[1:] for row in marks(task)] == [(text.index(words), text.index(words) + len(words), words)]
    assert problems == []


@pytest.mark.parametrize("task", ["arabic"], indirect=True)
def test_underline_starts_at_the_right_and_the_palette_stays_on_the_page(context, task):
    problems: list[str] = []
    page = open_task(context, task, problems)
    drag(page, "عبروا", rtl=True)
    box = page.locator("#toolbar").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1400
    page.keyboard.press("1")
    saved(page)
    inset = "(mark) => ['--a0', '--z0'].map((name) => getComputedStyle(mark).getPropertyValue(name))"
    page.locator("#article mark").first.wait_for()
    assert page.locator("#article mark").first.evaluate(inset) == ["1.5px", "1.5px"]
    # The start of the mark lies right of its end.
    handles = page.locator(".handle")
    start, end = (handles.nth(n).bounding_box() for n in range(2))
    assert start is not None
    assert end is not None
    assert start["x"] > end["x"]
    assert problems == []
