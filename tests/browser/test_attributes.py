"""Attributes, links, questions and guidelines on the labelling page, by keyboard and by mouse."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import ArticleAnnotation, Project, RelationAnnotation, SpanAnnotation, Task
from tests.browser.test_labelling import POINT, drag, open_task, saved, sign_in
from tests.factories import make_article, make_codebook, make_mark, make_project, make_task, make_user
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


def reload(page: Page) -> None:
    """Once all is saved: before that a page asks whether to leave it."""
    expect(page.locator("#save-state[data-state=saved]")).to_have_count(1)
    page.reload()
    page.wait_for_selector("html[data-ready]")


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
    reload(page)
    page.click(".card__open")
    page.click("[data-act=checked]")
    expect(page.locator("[data-unchecked]")).to_have_count(0)
    reload(page)
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
    reload(page)
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


def make(task: Task, label: str, words: str) -> SpanAnnotation:
    start = TEXT.index(words)
    return make_mark(task, label, start, start + len(words))


def links(task: Task) -> list[tuple[str, str, str]]:
    rows = RelationAnnotation.objects.filter(task=task, deleted_at=None).select_related("from_span", "to_span")
    return sorted((row.type, row.from_span.quote, row.to_span.quote) for row in rows)


@pytest.fixture
def linked(task: Task) -> dict[str, SpanAnnotation]:
    """Marks that can be linked, made before the page opens."""
    return {
        "mayor": make(task, "SOURCE", "the mayor"),
        "officials": make(task, "SOURCE", "Officials in the port"),
        "content": make(task, "CONTENT", "they warned"),
        "quantity": make(task, "QUANTITY", "15,000"),
    }


def middle(page: Page, words: str) -> tuple[float, float]:
    left, top, right, _ = page.evaluate(POINT, words)
    return (left + right) / 2, top


def drag_link(page: Page, type_: str, words: str) -> None:
    box = page.locator(f".card[data-selected] [data-act=link][data-type={type_}]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(*middle(page, words), steps=10)
    expect(page.locator("mark[data-linked]").first).to_have_text(words)
    page.mouse.up()


def test_a_link_is_drawn_by_dragging_its_button_to_a_mark_in_the_text(linked, page, task):
    page.click(f"[data-card='{linked['quantity'].id}'] .card__open")
    drag_link(page, "ATTRIBUTED_TO", "Officials in the port")
    saved(page)
    assert links(task) == [("ATTRIBUTED_TO", "15,000", "Officials in the port")]
    expect(page.locator("#mode")).to_be_hidden()


def test_a_drag_that_ends_on_nothing_links_nothing(linked, page, task):
    page.click(f"[data-card='{linked['quantity'].id}'] .card__open")
    drag_link(page, "ATTRIBUTED_TO", "the mayor")
    page.keyboard.press("Control+z")
    saved(page)
    box = page.locator(".card[data-selected] [data-act=link]").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(*middle(page, "without a source"), steps=5)
    page.mouse.up()
    expect(page.locator("#mode")).to_be_hidden()
    saved(page)
    assert links(task) == []


def test_a_link_is_made_by_keys_shown_on_both_marks_followed_and_removed(linked, page, task):
    page.click(f"[data-card='{linked['content'].id}'] .card__open")
    page.focus("#article")
    page.keyboard.press("l")
    expect(page.locator("mark[data-linked]").first).to_have_text("Officials in the port")
    page.keyboard.press("Enter")
    saved(page)
    assert links(task) == [("ATTRIBUTED_TO", "they warned", "Officials in the port")]
    expect(page.locator("mark[data-linked]")).to_have_text(["Officials in the port"])
    page.focus(".card[data-selected] [data-act=follow]")
    page.keyboard.press("Enter")
    expect(page.locator(".card[data-selected] .card__quote")).to_have_text("Officials in the port")
    expect(page.locator(".card[data-selected] .relation").last).to_contain_text("they warned")
    expect(page.locator("mark[data-linked]")).to_have_text(["they warned"])
    page.locator(".card[data-selected] [data-act=follow]").last.click()
    page.click(".card[data-selected] [data-act=unlink]")
    saved(page)
    assert links(task) == []


def test_hovering_a_mark_shows_what_it_is_linked_with(linked, page, task):
    page.click(f"[data-card='{linked['content'].id}'] .card__open")
    drag_link(page, "ATTRIBUTED_TO", "the mayor")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.mouse.move(5, 5)
    page.mouse.move(*middle(page, "the mayor"))
    expect(page.locator("mark[data-linked]")).to_have_text(["they warned"])


def test_a_second_link_where_one_is_allowed_takes_the_place_of_the_first_and_says_so(linked, page, task):
    page.click(f"[data-card='{linked['content'].id}'] .card__open")
    drag_link(page, "ATTRIBUTED_TO", "the mayor")
    drag_link(page, "ATTRIBUTED_TO", "Officials in the port")
    expect(page.locator("#live")).to_contain_text("instead of ‘the mayor’")
    saved(page)
    assert links(task) == [("ATTRIBUTED_TO", "they warned", "Officials in the port")]


QUESTIONS: list[dict[str, Any]] = [
    {
        "code": "tone",
        "title": "Tone",
        "definition": "Towards the bridge.",
        "type": "choice",
        "required": True,
        "values": [{"code": "pro", "title": "For"}, {"code": "anti", "title": "Against"}],
    },
    {"code": "topics", "title": "Topics", "type": "text", "many": True},
    {"code": "people", "title": "People named", "type": "number"},
    {"code": "day", "title": "Day of the event", "type": "date"},
    {"code": "days", "title": "Other days", "type": "date", "many": True},
    {"code": "conflict", "title": "Conflict", "type": "boolean"},
]


def answers(task: Task) -> dict[str, Any]:
    return dict(ArticleAnnotation.objects.filter(task=task).values_list("question", "value"))


@pytest.fixture
def asked(chromium: Browser, address: str) -> Iterator[tuple[Page, Task]]:
    """A task whose codebook asks about the whole article."""
    annotator = make_user("nils")
    project = make_project(
        codebook=make_codebook(content() | {"name": "asking", "questions": QUESTIONS}),
        members={annotator: "annotator"},
        guidelines="# Project\n\nMark the bridge.\n\nLeave the port.",
    )
    task = make_task(project, make_article(TEXT), annotator)
    problems: list[str] = []
    with chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=address) as context:
        sign_in(context, task)
        yield open_task(context, task, problems), task
    assert problems == []


def test_the_articles_questions_are_answered_by_keys_alone(asked):
    page, task = asked
    page.keyboard.press("o")
    expect(page.locator("#pane-questions")).to_contain_text("Towards the bridge.")
    page.keyboard.press("a")  # against
    page.keyboard.press("Enter")
    page.keyboard.type("bridges; ports")
    page.keyboard.press("Enter")
    page.keyboard.type("2,5oo")
    page.keyboard.press("Enter")
    expect(page.locator("#pane-questions [data-field=people]")).to_contain_text("This is no number")
    page.fill("#pane-questions [data-field=people] input", "2,500")
    page.keyboard.press("Enter")
    page.keyboard.type("10212018")
    page.keyboard.press("Enter")
    page.keyboard.type("2018-10-22; 2018-10-23")
    page.keyboard.press("Enter")
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "article"
    saved(page)
    assert answers(task) == {
        "tone": "anti",
        "topics": ["bridges", "ports"],
        "people": 2500,
        "day": "2018-10-21",
        "days": ["2018-10-22", "2018-10-23"],
        "conflict": True,
    }


def test_a_required_question_stands_in_the_way_of_submitting_until_it_is_answered(asked):
    page, task = asked
    page.click("[data-action=submit]")
    expect(page.locator("#missing")).to_contain_text("Not answered: Tone")
    expect(page.locator("#submit-confirm")).to_be_disabled()
    page.click("#missing button")
    page.click("#pane-questions label:has-text('For')")
    saved(page)
    page.click("[data-action=submit]")
    expect(page.locator("#submit-confirm")).to_be_enabled()
    assert answers(task) == {"tone": "pro"}


def test_guidelines_open_at_the_label_and_are_searched(linked, page, task):
    page.click(f"[data-card='{linked['quantity'].id}'] .card__open")
    page.focus("#article")
    page.keyboard.press("g")
    expect(page.locator("#guide-QUANTITY h3")).to_be_in_viewport()
    page.fill("#guide-search", "vague counts")
    expect(page.locator(".guide__label:not([hidden])")).to_have_count(1)
    expect(page.locator(".guide__search [role=status]")).to_have_text(re.compile("^1 of "))
    page.keyboard.press("Escape")
    assert page.locator(".guide__label:not([hidden])").count() > 5
    page.fill("#guide-search", "nothing of the kind")
    expect(page.locator(".guide__search [role=status]")).to_have_text("nothing found")
    page.focus("#article")
    page.keyboard.press("g")
    expect(page.locator("#guide-QUANTITY h3")).to_be_in_viewport()


def test_what_changed_in_the_guidelines_since_the_last_look_is_shown_until_looked_at(asked):
    page, task = asked
    expect(page.locator("#guide-search")).to_have_count(1)
    expect(page.locator("#tab-guide ins")).to_have_count(0)
    Project.objects.filter(pk=task.project_id).update(guidelines="# Project\n\nMark the bridge.\n\nMark the port too.")
    for _ in range(2):  # a second visit without a look changes nothing
        page.reload()
        page.wait_for_selector("html[data-ready]")
        expect(page.locator("#tab-guide ins")).to_be_visible()
    page.click("#tab-guide")
    expect(page.locator("[data-new]")).to_have_text(["New Mark the port too."])
    expect(page.locator("#pane-guide .notice")).to_contain_text("1 new, 1 gone")
    expect(page.locator("#pane-guide del")).to_have_text("Leave the port.")
    expect(page.locator("#tab-guide ins")).to_have_count(0)
    # Another device, so to say: what was seen there is not new here, and what is new is.
    page.evaluate("localStorage.clear()")
    page.reload()
    page.wait_for_selector("#guide-search", state="attached")
    expect(page.locator("#tab-guide ins")).to_have_count(0)
    Project.objects.filter(pk=task.project_id).update(guidelines="# Project\n\nMark the bridge.")
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator("#pane-guide del")).to_have_text("Mark the port too.")


def test_a_finger_draws_a_link_to_a_card_of_the_list(chromium, address, linked, task):
    problems: list[str] = []
    with chromium.new_context(
        viewport={"width": 390, "height": 844}, base_url=address, has_touch=True, is_mobile=True
    ) as context:
        sign_in(context, task)
        page = open_task(context, task, problems)
        page.locator("mark", has_text="15,000").tap()
        button = page.locator(".card[data-selected] [data-act=link]").first
        expect(button).to_be_visible()
        source = page.locator(f"[data-card='{linked['officials'].id}'] .card__quote")
        # Both ends of the finger's way on the screen; the selected card alone is longer than the sheet.
        source.evaluate("(one) => one.closest('.card').scrollIntoView({ block: 'start' })")
        touch = context.new_cdp_session(page)

        def finger(kind: str, x: float = 0, y: float = 0) -> None:
            points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        expect(source).to_be_in_viewport()
        expect(button).to_be_in_viewport()
        top = page.evaluate("document.querySelector('#panel-body').scrollTop")
        start, end = button.bounding_box(), source.bounding_box()
        assert start is not None
        assert end is not None
        finger("touchStart", start["x"] + 10, start["y"] + 10)
        for step in range(1, 9):
            share = step / 8
            finger(
                "touchMove",
                start["x"] + 10 + share * (end["x"] - start["x"]),
                start["y"] + 10 + share * (end["y"] + 4 - start["y"] - 10),
            )
        expect(page.locator(".card[data-candidate]")).to_contain_text("Officials in the port")
        assert page.evaluate("document.querySelector('#panel-body').scrollTop") == top, (
            "the list moved under the finger"
        )
        finger("touchEnd")
        saved(page)
    assert links(task) == [("ATTRIBUTED_TO", "15,000", "Officials in the port")]
    assert problems == []
