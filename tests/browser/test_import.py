"""An import from end to end in Chromium: files by keyboard, columns, progress, rejected records, the cleaning view."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from corpus.models import Article, ImportBatch
from tests import service
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE = {"width": 1400, "height": 900}
STORY = (
    "The port authority of Santa Lucía opened the harbour again on Tuesday, two days after the storm had passed over "
    "the islands. Twelve fishing boats were damaged. “We lost a week of work,” said Íñigo Ruiz, who owns two of them."
)
BODIES = (
    f"{STORY}\n\nThe ferry sails again from Thursday, number {{n}} of the week.",
    f"Share this article\n\nBy Ana Ruiz\n\n{STORY} It was the {{n}}th closure of the year.\n\nRead more: Ten ways to pack a bag\n\nLeave a comment",
)
# The date of the third cannot be read, the fourth has no text.
ROWS = [
    ("Harbour reopens after storm", "2024-04-02", "The Courier", BODIES[0].format(n=3)),
    ("Ferry returns to the islands", "2024-04-03", "El Sol", BODIES[1].format(n=4)),
    ("Boats wait for repair", "last Friday", "The Courier", BODIES[0].format(n=5)),
    ("No words in this one", "2024-04-05", "The Courier", ""),
    ("=HYPERLINK(\"x\")", "2024-04-06", "", ""),
    ("Markets open late", "2024-04-07", "The Courier", "The fish market opened at noon for the first time since the storm, traders said."),
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where uploads wait for the worker."""
    return tmp_path / "imports"


@pytest.fixture
def address(place: Path) -> Iterator[str]:
    with service.running(workers=1, threads=6, IMPORT_ROOT=str(place)) as url:
        yield url


@pytest.fixture
def worker(place: Path) -> Callable[[], object]:
    """To be entered when the test wants a worker."""
    return lambda: service.working(IMPORT_ROOT=str(place))


@pytest.fixture
def context(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    make_user("boss", is_staff=True, is_superuser=True)
    with chromium.new_context(viewport=WIDE, base_url=address, accept_downloads=True) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    problems: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    page.goto("/admin/login/?next=/admin/corpus/importbatch/")
    page.fill("input[name=username]", "boss")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/importbatch/")
    yield page
    # Taking an image of the page puts a style into it.
    assert os.environ.get("SCREENSHOTS") or problems == []


def shot(page: Page, name: str) -> None:
    """The page as an image, where SCREENSHOTS names a directory for people to look at them."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((1400, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1020, "height": 800})
    page.locator("#content").screenshot(path=f"{folder}/{name}-docs.png")
    page.set_viewport_size(WIDE)


def table() -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("Kop", "Gedaan op", "Blad", "Hele stuk"), *ROWS])
    return out.getvalue().encode()


def tab_to(page: Page, selector: str) -> None:
    """Reach a control with the Tab key alone."""
    page.locator("#content").evaluate("node => { node.tabIndex = -1; node.focus(); }")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def choose(page: Page, name: str, column: str) -> None:
    """A column for one of our fields, by the select's own type-ahead."""
    tab_to(page, f"select[name={name}]")
    page.keyboard.type(column[:6])
    expect(page.locator(f"select[name={name}]")).to_have_value(column)


def test_a_table_is_imported_by_keyboard(page: Page, worker: Callable[[], object], tmp_path: Path) -> None:
    page.get_by_role("link", name="Import articles").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/importbatch/add/")
    shot(page, "1-upload")
    for summary in page.locator("form summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    expect(page.locator(".rules")).to_be_visible()
    expect(page.locator(".formats table")).to_contain_text(".warc.gz")
    shot(page, "1-upload-open")

    page.set_input_files("input[type=file]", [{"name": "week.csv", "mimeType": "text/csv", "buffer": table()}])
    expect(page.locator(".chosen-files")).to_contain_text("week.csv")
    tab_to(page, "input[name=story]")
    page.keyboard.type("storm")
    shot(page, "2-chosen")
    tab_to(page, "input[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/columns/")

    expect(page.locator("select[name=title]")).to_have_value("Kop")
    shot(page, "3-columns")
    tab_to(page, "input[name=start]")
    page.keyboard.press("Enter")
    expect(page.locator(".map__error")).to_have_text("Choose the column that holds the article’s text.")
    shot(page, "4-columns-error")

    for name, column in (("text", "Hele stuk"), ("published", "Gedaan op"), ("outlet", "Blad")):
        choose(page, name, column)
        expect(page.locator("#columns-step")).not_to_have_class(re.compile("htmx-request"))
        page.wait_for_load_state("networkidle")
    expect(page.locator(".record h3").first).to_have_text("Harbour reopens after storm")
    expect(page.locator(".record").first).to_contain_text("2 Apr 2024")
    expect(page.locator(".record[data-rejected]")).to_have_count(3)
    expect(page.locator(".map__error").first).to_contain_text("of the first 5")
    shot(page, "5-preview")

    tab_to(page, "input[name=start]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/importbatch/\d+/change/$"))
    expect(page.locator("#import-state")).to_contain_text("No worker is running.")
    shot(page, "6-no-worker")

    with worker():
        expect(page.locator("#rejected")).to_be_visible(timeout=30_000)
    expect(page.locator(".figures")).to_contain_text(re.compile(r"Imported\s*3"))
    expect(page.locator(".figures")).to_contain_text(re.compile(r"Rejected\s*3"))
    shot(page, "7-done")

    codes = page.locator(".issues tbody code").all_text_contents()
    assert codes == ["bad_date", "empty_text", "empty_text"]
    for name, read in (("CSV", rows_of_csv), ("JSON Lines", rows_of_jsonl)):
        with page.expect_download() as download:
            page.locator(".issues__tools a", has_text=name).focus()
            page.keyboard.press("Enter")
        assert [row["code"] for row in read(Path(download.value.path()))] == codes

    page.locator(".cleaned a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/article/*/change/")
    expect(page.locator("mark.removed, .removed").first).to_be_visible()
    shot(page, "8-article")
    assert set(Article.objects.values_list("story__slug", "outlet__name")) == {
        ("storm", "The Courier"), ("storm", "El Sol"),
    }  # fmt: skip
    page.goto("/admin/corpus/importbatch/")
    shot(page, "9-list")


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def rows_of_jsonl(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_longer_import_is_watched_and_cancelled(page: Page, worker: Callable[[], object], tmp_path: Path) -> None:
    large = tmp_path / "large.jsonl"
    with large.open("w", encoding="utf-8") as lines:
        for number in range(40_000):
            lines.write(json.dumps({"title": f"Report {number}", "text": f"{STORY} {number}. " * 6}) + "\n")
    page.goto("/admin/corpus/importbatch/add/")
    page.set_input_files("input[type=file]", large)
    page.locator("input[type=submit].default").click()
    page.wait_for_url(re.compile(r"/importbatch/\d+/change/$"), timeout=60_000)

    with worker():
        words = page.locator(".import-state__words")
        expect(words).to_contain_text("records read", timeout=30_000)
        expect(words).to_contain_text("a second", timeout=30_000)
        shares = [bar(page)]
        page.wait_for_timeout(2500)
        shares.append(bar(page))
        assert 0 <= shares[0] < shares[1] <= 100
        shot(page, "6-running")

        page.locator(".import__tools a", has_text="Cancel").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/cancel/")
        shot(page, "6-cancel")
        page.locator("input[type=submit].danger").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".messagelist")).to_contain_text("Cancelled.")
    expect(page.locator(".import__tools")).to_contain_text("Import more")
    shot(page, "6-cancelled")
    assert ImportBatch.objects.get().state == "cancelled"
    assert not Article.objects.exists()


def bar(page: Page) -> int:
    return int(page.locator("progress").get_attribute("value") or 0)


def test_a_table_is_imported_without_scripts(chromium: Browser, address: str, worker: Callable[[], object]) -> None:
    make_user("boss", is_staff=True, is_superuser=True)
    with chromium.new_context(viewport=WIDE, base_url=address, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/admin/login/?next=/admin/corpus/importbatch/add/")
        page.fill("input[name=username]", "boss")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.set_input_files("input[type=file]", [{"name": "week.csv", "mimeType": "text/csv", "buffer": table()}])
        page.locator("input[type=submit].default").click()
        page.wait_for_url("**/columns/")
        page.select_option("select[name=text]", "Hele stuk")
        page.locator("input[name=preview]").click()
        expect(page.locator(".record h3").first).to_have_text("Harbour reopens after storm")
        page.locator("input[name=start]").click()
        page.wait_for_url(re.compile(r"/importbatch/\d+/change/$"))
        with worker():
            # The page asks for itself again until the import has ended.
            expect(page.locator("#rejected")).to_be_visible(timeout=40_000)
    assert Article.objects.count() == 4


def test_files_dropped_on_the_page_are_chosen_and_one_is_left_out(page: Page) -> None:
    page.goto("/admin/corpus/importbatch/add/")
    expect(page.locator("[data-drop][data-ready]")).to_be_visible()
    page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          for (const name of ["a.txt", "b.txt", "empty.txt"]) {
            transfer.items.add(new File(name === "empty.txt" ? [] : ["It rained."], name));
          }
          document.querySelector("[data-drop]").dispatchEvent(
            new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }"""
    )
    rows = page.locator(".chosen-files li")
    expect(rows).to_have_count(3)
    expect(page.locator("[data-files-note]")).to_have_text("empty.txt is empty.")

    page.get_by_role("button", name="Leave out empty.txt").press("Enter")

    expect(rows).to_have_count(2)
    expect(page.locator("[data-files-note]")).to_have_text("2 files, 20 B")
    page.locator("input[type=submit].default").click()
    page.wait_for_url(re.compile(r"/importbatch/\d+/change/$"))
    assert list(ImportBatch.objects.values_list("source", flat=True)) == ["a.txt, b.txt"]
