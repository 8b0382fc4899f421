"""The labelling page in a real browser: real keys, real mouse, what Postgres holds afterwards."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import RelationAnnotation, SpanAnnotation, Task
from tests.factories import PASSWORD, make_article, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = (
    "Mayor’s office counts the marchers\n\n"
    "About 7,500 people 🙏🏽 left the town on Sunday, officials said. “We only want to work,” said María López.\n\n"
    "By noon the line had grown to 8,000, a 👩‍👩‍👧‍👦 family told us."
)


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def task() -> Task:
    annotator = make_user("mara")
    project = make_project(members={annotator: "annotator"})
    return make_task(project, make_article(TEXT), annotator)


@pytest.fixture
def context(chromium: Browser, address: str, task: Task) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=address) as context:
        sign_in(context, task)
        yield context


def sign_in(context: BrowserContext, task: Task) -> None:
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=username]", task.annotator.username)
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")
    page.close()


@pytest.fixture
def page(context: BrowserContext, task: Task) -> Iterator[Page]:
    problems: list[str] = []
    page = open_task(context, task, problems)
    yield page
    assert problems == []


def open_task(context: BrowserContext, task: Task, problems: list[str]) -> Page:
    """The task's page, ready for keys; broken scripts and violations of the content security policy go to problems."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: problems.append(str(error.stack or error)))
    page.on("console", lambda m: problems.append(m.text) if "Content Security Policy" in m.text else None)
    page.goto(f"/tasks/{task.uuid}/")
    page.wait_for_selector("html[data-ready]")
    page.focus("#article")
    return page


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")


def marks(task: Task) -> list[tuple[str, int, int, str]]:
    rows = SpanAnnotation.objects.filter(task=task, deleted_at=None).order_by("start", "-end", "label__code")
    return [(row.label.code, row.start, row.end, row.quote) for row in rows.select_related("label")]


def mark_of(label: str, quote: str) -> tuple[str, int, int, str]:
    start = TEXT.index(quote)
    return (label, start, start + len(quote), quote)


# Where `words` begin and end on the screen, though marks may part them: [left, middle, right, middle].
POINT = """(words) => {
  const block = [...document.querySelectorAll('#article [data-start]')].find((one) => one.textContent.includes(words));
  const place = (left) => {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      if (left <= walker.currentNode.length) return [walker.currentNode, left];
      left -= walker.currentNode.length;
    }
  };
  const at = block.textContent.indexOf(words);
  const range = document.createRange();
  range.setStart(...place(at));
  range.setEnd(...place(at + words.length));
  const rects = [...range.getClientRects()].filter(({ width }) => width > 0);
  const [first, last] = [rects[0], rects[rects.length - 1]];
  return [first.left + 1, first.top + first.height / 2, last.right - 1, last.top + last.height / 2];
}"""


def drag(page: Page, words: str, *, backwards: bool = False) -> None:
    left, top, right, bottom = page.evaluate(POINT, words)
    start, end = ((right, bottom), (left, top)) if backwards else ((left, top), (right, bottom))
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
    expect(page.locator("#toolbar")).to_be_visible()


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_a_drag_over_parts_of_words_marks_whole_words_after_an_emoji(page, task, backwards):
    drag(page, "fficials sai", backwards=backwards)
    page.click("#toolbar [data-label=SOURCE]")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials said")]


def test_a_double_click_marks_a_word_without_its_space(page, task):
    x, y, _, _ = page.evaluate(POINT, "Sunday")
    page.mouse.dblclick(x + 8, y)
    expect(page.locator("#toolbar")).to_be_visible()
    page.keyboard.press("2")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "Sunday")]


def test_a_triple_click_marks_its_paragraph_only(page, task):
    x, y, _, _ = page.evaluate(POINT, "About")
    page.mouse.click(x + 8, y, click_count=3)
    expect(page.locator("#toolbar")).to_be_visible()
    page.keyboard.press("3")
    saved(page)
    assert marks(task) == [mark_of("CONTENT", TEXT.split("\n\n")[1])]


def test_a_selection_that_ends_below_the_article_is_cut_off_at_its_end(page, task):
    left, top, _, _ = page.evaluate(POINT, "family told us")
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 300, top + 140, steps=8)
    page.mouse.up()
    expect(page.locator("#toolbar")).to_be_visible()
    page.keyboard.press("3")
    saved(page)
    assert marks(task) == [mark_of("CONTENT", "family told us.")]


def test_an_emoji_of_many_code_points_is_marked_whole(page, task):
    drag(page, "👩‍👩‍👧‍👦 fam")
    page.keyboard.press("2")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "👩‍👩‍👧‍👦 family")]


def test_words_are_marked_by_keyboard_alone_and_overlap(page, task):
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("7,500 people")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    saved(page)
    assert marks(task) == [mark_of("QUANTITY", "About 7,500"), mark_of("FRAME", "7,500 people")]
    expect(page.locator("mark[data-span-ids*=' ']")).to_have_text("7,500")


def test_what_the_browser_draws_is_what_the_server_draws(page, task):
    drag(page, "people 🙏🏽 left the town")
    page.keyboard.press("1")
    drag(page, "left the town on Sunday, officials")
    page.keyboard.press("3")
    drag(page, "the town on")
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    page.mouse.move(5, 5)
    saved(page)
    drawn = page.locator("#article").inner_html()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert _shape(page.locator("#article").inner_html()) == _shape(drawn)


def _shape(html: str) -> list[str]:
    """Elements with their attributes in a fixed order, and texts."""
    parts = re.findall(r"<[^>]*>|[^<>\s][^<>]*", html)
    return [" ".join(sorted(re.findall(r'[\w-]+="[^"]*"', part))) or part for part in parts]


def test_undo_and_redo_work_after_a_reload(page, task):
    drag(page, "officials")
    page.keyboard.press("2")
    page.keyboard.press("Delete")
    saved(page)
    assert marks(task) == []
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.focus("#article")
    page.keyboard.press("Control+z")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]
    page.keyboard.press("Control+z")
    saved(page)
    assert marks(task) == []
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_borders_move_by_words_and_the_other_edge_after_e(page, task):
    drag(page, "town on")
    page.keyboard.press("2")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("e")
    page.keyboard.press("Shift+ArrowLeft")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "the town on Sunday")]


def test_a_fragment_is_added_and_the_quote_spans_the_hull(page, task):
    drag(page, "About 7,500")
    page.keyboard.press("4")
    page.keyboard.press("f")
    left, top, right, _ = page.evaluate(POINT, "left")
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(right, top, steps=6)
    page.mouse.up()
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    saved(page)
    assert marks(task) == [mark_of("QUANTITY", "About 7,500 people 🙏🏽 left")]
    start = TEXT.index("About")
    assert SpanAnnotation.objects.get(task=task).fragments == [[start, start + 11], [start + 22, start + 26]]


def test_a_link_is_chosen_with_n_and_enter(page, task):
    drag(page, "“We only want to work,”")
    page.keyboard.press("3")
    drag(page, "María López")
    page.keyboard.press("2")
    page.keyboard.press("p")
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    saved(page)
    relation = RelationAnnotation.objects.get(task=task)
    assert (relation.type, relation.from_span.quote, relation.to_span.quote) == (
        "ATTRIBUTED_TO",
        "“We only want to work,”",
        "María López",
    )


def test_offline_marks_are_kept_and_sent_on_return(context, page, task):
    context.set_offline(True)
    drag(page, "officials")
    page.keyboard.press("2")
    drag(page, "María López")
    page.keyboard.press("2")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline")
    expect(page.locator("#save-text")).to_have_text("Offline: 2 changes kept here until the network is back")
    assert marks(task) == []
    context.set_offline(False)
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials"), mark_of("SOURCE", "María López")]


def test_marks_survive_a_reload_while_the_server_is_down(page, task):
    page.route("**/operations/", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    drag(page, "officials")
    page.keyboard.press("2")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("mark[data-span-ids]")).to_have_text("officials")
    page.unroute("**/operations/")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_the_sign_in_page_behind_a_redirect_acknowledges_nothing(page, task):
    page.route("**/operations/", lambda route: route.fulfill(status=200, content_type="text/html", body="<form>"))
    drag(page, "officials")
    page.keyboard.press("2")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline")
    page.unroute("**/operations/")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_signed_out_asks_for_the_password_and_loses_nothing(context, page, task):
    context.clear_cookies(name="sessionid")
    drag(page, "officials")
    page.keyboard.press("2")
    expect(page.locator("#sign-in")).to_be_visible()
    page.fill("#sign-in-password", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in-problem")).to_have_text("That password is not right.")
    page.fill("#sign-in-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in")).to_be_hidden()
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_a_second_tab_takes_over_what_the_first_one_saved(context, page, task):
    problems: list[str] = []
    second = open_task(context, task, problems)
    drag(page, "officials")
    page.keyboard.press("2")
    saved(page)
    expect(second.locator("mark[data-span-ids]")).to_have_text("officials")
    drag(second, "María López")
    second.keyboard.press("2")
    saved(second)
    expect(page.locator("mark[data-span-ids]")).to_have_count(2)
    assert marks(task) == [mark_of("SOURCE", "officials"), mark_of("SOURCE", "María López")]
    assert problems == []


def test_a_change_that_no_longer_fits_is_named_and_dropped(page, task):
    drag(page, "officials")
    page.keyboard.press("2")
    saved(page)
    SpanAnnotation.objects.filter(task=task).update(comment="from elsewhere")
    page.keyboard.press("c")
    page.keyboard.type("mine")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("changed elsewhere")
    saved(page)
    assert SpanAnnotation.objects.get(task=task).comment == "from elsewhere"


def test_submitting_lists_what_is_missing_and_goes_on_once_it_is_there(page, task):
    drag(page, "officials")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#missing")).to_contain_text("Frame: no dimension")
    page.keyboard.press("Enter")
    expect(page.locator("[data-field] :focus")).to_be_attached()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#submit-lead")).to_have_text("1 mark, nothing missing.")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    task.refresh_from_db()
    assert task.state == "submitted"
    assert SpanAnnotation.objects.get(task=task).attributes == {"dimension": "economic"}


def test_skipping_needs_a_reason(page, task):
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    expect(page.locator("#skip-problem")).to_have_text("Say in a few words why.")
    page.keyboard.type("not an article")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    task.refresh_from_db()
    assert (task.state, task.reason) == ("skipped", "not an article")


def test_single_keys_can_be_switched_off_and_do_not_act_in_fields(page, task):
    drag(page, "officials")
    page.keyboard.press("2")
    page.keyboard.press("c")
    page.keyboard.type("u s 1")
    page.keyboard.press("Escape")
    page.click(".avatar")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    page.focus("#article")
    page.keyboard.press("u")
    saved(page)
    span = SpanAnnotation.objects.get(task=task)
    assert (span.comment, span.unsure) == ("u s 1", False)


def test_touch_selection_opens_the_palette(chromium, address, task):
    with chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, base_url=address
    ) as phone:
        sign_in(phone, task)
        problems: list[str] = []
        page = open_task(phone, task, problems)
        page.evaluate(
            """() => {
              const words = document.querySelector('#article p').firstChild;
              getSelection().setBaseAndExtent(words, 7, words, 15);
            }"""
        )
        page.locator("#toolbar [data-label=SOURCE]").tap()
        saved(page)
        assert marks(task) == [mark_of("SOURCE", "7,500 people")]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert problems == []


def test_the_page_stays_within_its_budget(context, page, task):
    sizes: list[int] = []
    fresh = context.new_page()

    def weigh(kind: str) -> Callable[[object], None]:
        return lambda response: sizes.append(len(response.body())) if response.request.resource_type == kind else None

    fresh.on("response", weigh("script"))
    fresh.on("response", weigh("stylesheet"))
    fresh.goto(f"/tasks/{task.uuid}/", wait_until="networkidle")
    assert 50_000 < sum(sizes) < 200_000


WITNESS = """() => new MutationObserver(() => {
  const words = [...document.querySelectorAll('#article > *')].map((one) => one.textContent);
  sessionStorage.seen = JSON.stringify([location.pathname, document.body.inert, words]);
}).observe(document.getElementById('article'), { childList: true })"""


def test_the_next_article_is_read_while_its_page_is_on_the_way(page, task):
    words = ["Port opens again", "The harbour master 🙏🏽 said so."]
    following = make_task(task.project, make_article("\n\n".join(words)))
    page.evaluate(WITNESS)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#submit-confirm")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{following.uuid}/")
    page.wait_for_selector("html[data-ready]")
    # On the page of the task before, with nothing to be done there:
    assert json.loads(page.evaluate("sessionStorage.seen")) == [f"/tasks/{task.uuid}/", True, words]
    expect(page.locator("#article > *")).to_have_text(words)
    expect(page.locator("body[inert]")).to_have_count(0)
