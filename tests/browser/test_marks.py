"""Every action on marks in a real browser, by keyboard and by mouse; what Postgres holds is compared with Python's offsets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import RelationAnnotation, SpanAnnotation, Task, UserSettings
from tests.browser.test_labelling import POINT, drag, open_task, saved, sign_in
from tests.factories import make_article, make_codebook, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = (
    "Count at the bridge\n\n"
    "About 7,000 people 🙏🏽 crossed q\u0303uay Nord, the police said; 7,000 people came back. Then the police left.\n\n"
    "A 👩‍👩‍👧‍👦 family waited. قال الشهود إن سبعة آلاف شخص عبروا. POLICE closed it; the policeman left."
)
LAYER = {"definition": "", "labels": []}
LABEL = {
    "definition": "Any words.",
    "include": [],
    "exclude": [],
    "example": "words",
    "colour": "#7c3aed",
    "shortcut": None,
    "enabled": True,
    "attributes": [],
}


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


@pytest.fixture
def page(context: BrowserContext, task: Task) -> Iterator[Page]:
    problems: list[str] = []
    page = open_task(context, task, problems)
    yield page
    assert problems == []


def marks(task: Task) -> list[tuple[str, list[str]]]:
    """(label, the words of each fragment as Python counts them), in reading order."""
    rows = SpanAnnotation.objects.filter(task=task, deleted_at=None).select_related("label")
    for row in rows:
        assert row.quote == TEXT[row.start : row.end]
    rows = sorted(rows, key=lambda row: (row.start, -row.end, row.label.code))
    return [(row.label.code, [TEXT[start:end] for start, end in row.fragments]) for row in rows]


def find(page: Page, words: str) -> None:
    """Select words by the search, which needs no mouse."""
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")


def sweep(page: Page, words: str) -> None:
    """Drag over words where no palette opens."""
    left, top, right, bottom = page.evaluate(POINT, words)
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=6)
    page.mouse.up()
    page.wait_for_timeout(100)


def mark(page: Page, words: str, digit: str) -> None:
    find(page, words)
    page.keyboard.press(digit)


def card(page: Page, name: str) -> None:
    page.click(f"[data-selected] .card__edits button:text-is('{name}')")


def test_words_are_taken_away_and_added_by_keyboard(page, task):
    mark(page, "About 7,000 people 🙏🏽 crossed q\u0303uay", "4")
    page.keyboard.press("f")
    find(page, "🙏🏽")
    page.keyboard.press("Delete")
    page.keyboard.press("f")
    find(page, "Nord, the police")
    page.keyboard.press("Enter")
    saved(page)
    assert marks(task) == [("QUANTITY", ["About 7,000 people", "crossed q\u0303uay Nord, the police"])]
    quote = page.locator(".card__quote")
    expect(quote).to_have_text("About 7,000 people […] crossed q\u0303uay Nord, the police")
    assert page.locator("mark[data-selected]").count() == 2
    assert page.evaluate("CSS.highlights.get('gaps').size") == 1
    for _ in range(2):
        page.keyboard.press("Control+z")
    saved(page)
    assert marks(task) == [("QUANTITY", ["About 7,000 people 🙏🏽 crossed q\u0303uay"])]


def test_words_are_taken_away_and_added_by_mouse(page, task):
    drag(page, "About 7,000 people 🙏🏽 crossed")
    page.click("#toolbar [data-label=QUANTITY]")
    card(page, "Words")
    sweep(page, "people 🙏🏽")
    page.click("#mode button:text-is('Take away')")
    card(page, "Words")
    sweep(page, "police said")
    page.click("#mode button:text-is('Add')")
    page.click("[aria-label='Take away ‘About 7,000’']")
    saved(page)
    assert marks(task) == [("QUANTITY", ["crossed", "police said"])]


def test_a_whole_sentence_by_keyboard_and_by_mouse(page, task):
    find(page, "came")
    page.keyboard.press("w")
    page.keyboard.press("3")
    drag(page, "شهود إن")
    page.click("#toolbar [data-run=sentence]")
    page.click("#toolbar [data-label=CONTENT]")
    saved(page)
    first = TEXT[TEXT.index("About") : TEXT.index(" Then")]
    assert marks(task) == [("CONTENT", [first]), ("CONTENT", ["قال الشهود إن سبعة آلاف شخص عبروا."])]


def test_a_mark_is_split_by_keyboard_and_joined_again(page, task):
    mark(page, "people 🙏🏽 crossed q\u0303uay Nord", "2")
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽"]), ("SOURCE", ["crossed q\u0303uay Nord"])]
    page.keyboard.press("p")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽 crossed q\u0303uay Nord"])]
    page.keyboard.press("Control+z")
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽"]), ("SOURCE", ["crossed q\u0303uay Nord"])]
    page.keyboard.press("Control+z")
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽 crossed q\u0303uay Nord"])]
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert len(marks(task)) == 2


def test_a_mark_is_split_and_two_are_joined_by_mouse(page, task):
    drag(page, "سبعة آلاف شخص")
    page.click("#toolbar [data-label=SOURCE]")
    card(page, "Split")
    left, top, right, _ = page.evaluate(POINT, "شخص")
    page.mouse.click((left + right) / 2, top)
    page.wait_for_timeout(100)
    page.click("#mode button:text-is('Split')")
    expect(page.locator("#mode")).to_be_hidden()
    saved(page)
    assert marks(task) == [("SOURCE", ["سبعة آلاف"]), ("SOURCE", ["شخص"])]
    drag(page, "people came")
    page.click("#toolbar [data-label=SOURCE]")
    card(page, "Join")
    left, top, right, _ = page.evaluate(POINT, "سبعة")
    page.mouse.click((left + right) / 2, top)
    expect(page.locator("#mode")).to_be_hidden()
    saved(page)
    assert marks(task) == [("SOURCE", ["people came", "سبعة آلاف"]), ("SOURCE", ["شخص"])]


def links(task: Task) -> list[tuple[str, str]]:
    rows = RelationAnnotation.objects.filter(task=task, deleted_at=None).select_related("from_span", "to_span")
    return sorted((row.from_span.quote, row.to_span.quote) for row in rows)


def test_links_go_along_with_joined_and_split_marks_and_come_back_with_undo(page, task):
    mark(page, "police", "2")
    mark(page, "said", "2")
    mark(page, "people came back", "3")
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    saved(page)
    assert links(task) == [("people came back", "said")]
    page.keyboard.press("p")
    page.keyboard.press("p")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    saved(page)
    assert links(task) == [("people came back", "police said")]
    page.keyboard.press("n")
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    saved(page)
    assert links(task) == [("came back", "police said"), ("people", "police said")]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)
    assert links(task) == [("people came back", "said")]
    assert [label for label, _ in marks(task)] == ["SOURCE", "SOURCE", "CONTENT"]


def test_a_mark_is_copied_and_relabelled_by_keyboard_and_by_mouse(page, task):
    mark(page, "7,000 people", "4")
    page.keyboard.press("d")
    page.keyboard.press("3")
    page.keyboard.press("r")
    expect(page.locator("#toolbar [data-label=CONTENT]")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    saved(page)
    assert marks(task) == [("QUANTITY", ["7,000 people"]), ("SOURCE", ["7,000 people"])]
    card(page, "Copy")
    page.click("#toolbar [data-label=FRAME]")
    card(page, "Label")
    page.click("#toolbar [data-label=CONTENT]")
    expect(page.locator("#toolbar")).to_be_hidden()
    saved(page)
    assert [label for label, _ in marks(task)] == ["CONTENT", "QUANTITY", "SOURCE"]


def pull(page: Page, side: str, words: str, *, release: bool = True, before: bool = False) -> None:
    """Drag a handle of the selected mark to the end (or the beginning) of words."""
    box = page.locator(f".handle[data-side={side}]").bounding_box()
    left, top, right, bottom = page.evaluate(POINT, words)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(*((left, top) if before else (right, bottom)), steps=8)
    if release:
        page.mouse.up()


def test_handles_move_the_borders_in_one_operation_each(page, task):
    drag(page, "people 🙏🏽")
    page.click("#toolbar [data-label=SOURCE]")
    pull(page, "end", "q\u0303uay No")
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽 crossed q\u0303uay Nord"])]
    pull(page, "start", "out 7,000", before=True)
    page.keyboard.press("Control+z")
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽 crossed q\u0303uay Nord"])]
    page.keyboard.down("Alt")
    pull(page, "end", "crossed q\u0303ua")
    page.keyboard.up("Alt")
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽 crossed q\u0303ua"])]
    pull(page, "start", "About", release=False, before=True)
    page.keyboard.press("Escape")
    page.mouse.up()
    saved(page)
    assert marks(task) == [("SOURCE", ["people 🙏🏽 crossed q\u0303ua"])]
    mark(page, "سبعة", "2")
    pull(page, "end", "شخص", before=True)
    saved(page)
    assert marks(task)[1:] == [("SOURCE", ["سبعة آلاف شخص"])]
    assert list(task.operations.order_by("seq").values_list("kind", flat=True)) == [
        "add",
        "change",
        "change",
        "undo",
        "change",
        "add",
        "change",
    ]


def test_every_occurrence_is_marked_after_a_look_and_undone_at_once(page, task):
    mark(page, "the police left", "3")
    find(page, "police")
    page.keyboard.press("a")
    dialog = page.locator("#occurrences")
    expect(dialog.locator("p[role=status]")).to_have_text("3 found, 0 marked so already, 3 to mark")
    page.keyboard.press("S")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    saved(page)
    assert marks(task) == [
        ("SOURCE", ["police"]),
        ("CONTENT", ["the police left"]),
        ("SOURCE", ["police"]),
        ("SOURCE", ["POLICE"]),
    ]
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.focus("#article")
    page.keyboard.press("Control+z")
    saved(page)
    assert marks(task) == [("CONTENT", ["the police left"])]
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert len(marks(task)) == 4


def test_occurrences_are_chosen_by_mouse(page, task):
    drag(page, "the police")
    page.click("#toolbar [data-label=SOURCE]")
    card(page, "All")
    dialog = page.locator("#occurrences")
    expect(dialog.locator("li")).to_have_count(2)
    expect(dialog.locator("li em")).to_have_text("(marked: Source)")
    dialog.get_by_text("Whole words only").click()
    expect(dialog.locator("p[role=status]")).to_have_text("3 found, 1 marked so already, 2 to mark")
    dialog.locator("li").nth(1).click()
    dialog.get_by_role("button", name="Mark 1").click()
    saved(page)
    assert marks(task) == [("SOURCE", ["the police"]), ("SOURCE", ["the police"])]
    assert SpanAnnotation.objects.filter(task=task, start=TEXT.index("the policeman")).exists()


def test_a_key_of_ones_own_is_kept_and_clashes_are_refused(context, page, task):
    mark(page, "family", "2")
    page.keyboard.press("?")
    page.click("#keys-change")
    page.click("#keys [data-run=unsure]")
    page.keyboard.press("c")
    expect(page.locator("#keys-note")).to_have_text("This key is taken: Comment. The key stays as it was.")
    page.click("#keys [data-run=unsure]")
    page.keyboard.press("k")
    expect(page.locator("#keys [data-run=unsure]")).to_have_text("k")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("k")
    saved(page)
    assert SpanAnnotation.objects.get(task=task).unsure
    assert UserSettings.objects.get(user=task.annotator).document["keys"] == {"unsure": "k"}
    again = open_task(context, task, [])
    again.keyboard.press("n")
    again.keyboard.press("u")
    again.keyboard.press("k")
    saved(again)
    assert not SpanAnnotation.objects.get(task=task).unsure
    again.keyboard.press("?")
    again.click("#keys-reset")
    expect(again.locator("#keys-reset")).to_be_hidden()
    expect(again.locator("#keys")).to_contain_text("Unsure")
    again.keyboard.press("Escape")
    again.keyboard.press("u")
    saved(again)
    assert SpanAnnotation.objects.get(task=task).unsure


def test_a_finger_drags_the_handles_and_splits(chromium, address, task):
    with chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, base_url=address
    ) as phone:
        sign_in(phone, task)
        problems: list[str] = []
        page = open_task(phone, task, problems)
        page.evaluate(
            """() => {
              const words = document.querySelector('#article p').firstChild;
              getSelection().setBaseAndExtent(words, 6, words, 11);
            }"""
        )
        page.locator("#toolbar [data-label=QUANTITY]").tap()
        box = page.locator(".handle[data-side=end]").bounding_box()
        assert min(box["width"], box["height"]) >= 24
        _, _, right, bottom = page.evaluate(POINT, "people")
        finger = phone.new_cdp_session(page)
        places = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), (right - 20, bottom), (right, bottom)]
        for number, (x, y) in enumerate(places):
            kind = "touchMove" if number else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        saved(page)
        expect(page.locator("#live")).to_have_text("Quantity is now ‘7,000 people’")
        assert marks(task) == [("QUANTITY", ["7,000 people"])]
        page.locator("mark[data-selected]").tap()
        expect(page.locator("#panel")).to_have_attribute("data-open", "")
        page.locator("[data-selected] [data-act=split]").tap()
        expect(page.locator("#panel")).not_to_have_attribute("data-open", "")
        page.locator("#mode button", has_text="Split").tap()
        saved(page)
        assert marks(task) == [("QUANTITY", ["7,000"]), ("QUANTITY", ["people"])]
        assert problems == []


def test_more_than_nine_labels_take_the_layers_key_first(context, task):
    annotator, article = task.annotator, task.article
    layers = [
        {
            **LAYER,
            "code": f"LAYER_{letter.upper()}",
            "name": f"Layer {letter}",
            "shortcut": letter,
            "labels": [{**LABEL, "code": f"{letter.upper()}{n}", "name": f"{letter}{n}"} for n in range(1, 11)],
        }
        for letter in "bf"
    ]
    content = {"name": "wide", "version": "1.0", "title": "Many", "layers": layers}
    book = make_codebook({**content, "relations": [], "rules": [], "questions": []})
    task = make_task(make_project(codebook=book, members={annotator: "annotator"}), article, annotator)
    page = open_task(context, task, [])
    find(page, "7,000 people")
    expect(page.locator("#toolbar [data-label=B2] .tag__key")).to_have_text("b 2")
    page.keyboard.press("b")
    expect(page.locator("#live")).to_have_text("Layer b: now the label's digit")
    page.keyboard.press("2")
    # f adds words to a mark, so the layer whose shortcut it is goes by its number.
    expect(page.locator("#legend [data-label=F9] .tag__key")).to_have_text("2 9")
    find(page, "family")
    page.keyboard.press("2")
    page.keyboard.press("9")
    # The tenth label of a layer has no digit.
    find(page, "police left")
    page.keyboard.press("r")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    saved(page)
    assert marks(task) == [("B2", ["7,000 people"]), ("F10", ["police left"]), ("F9", ["family"])]


def test_without_whole_words_the_borders_go_by_characters(page, task):
    mark(page, "people", "2")
    page.click(".avatar")
    page.uncheck("#whole-words")
    page.keyboard.press("Escape")
    page.focus("#article")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("e")
    page.keyboard.press("Shift+ArrowRight")
    saved(page)
    assert marks(task) == [("SOURCE", ["eople 🙏🏽"])]
