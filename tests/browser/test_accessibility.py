"""Every page under axe-core in both themes; zoom, calm, forced colours; what a screen reader is told on the way."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import Project, Task
from annotate.operations.codebooks import save_codebook
from annotate.operations.figures import compute_project
from annotate.operations.scoring import recount_project
from corpus.models import Article, ImportBatch, ImportIssue
from corpus.operations.search import index_articles
from tests.factories import (
    PASSWORD,
    make_article,
    make_mark,
    make_outlet,
    make_project,
    make_reading,
    make_story,
    make_task,
    make_user,
)
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
TEXT = (
    "Harbour counts its boats\n\n"
    "About 7,500 people left the town on Sunday, officials said. “We only want to work,” said María López.\n\n"
    "By noon the line had grown to 8,000, a family told us. The mayor promised “a firm answer” within the week."
)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Colours are all that the theme changes.
LIGHT: dict[str, Any] = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
DARK: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}

# Resolves when the colours stand; a sign of progress that turns for ever is not waited for.
FADED = """() => Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime < 5000).map(({ finished }) => finished))"""


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def mara() -> User:
    return make_user("mara")


@pytest.fixture
def boss(mara: User) -> User:
    return make_user("boss", is_staff=True, is_superuser=True)


@pytest.fixture
def project(mara: User, boss: User) -> Project:
    """Something of everything: a task in each state, marks of all layers, agreement, an import with a rejected record."""
    codebook, _ = save_codebook(
        content=json.loads((ROOT / "fixtures/codebooks/media-framing-3.json").read_text(encoding="utf-8"))
    )
    noor = make_user("noor")
    project = make_project(
        codebook,
        members={mara: "annotator", noor: "annotator", boss: ["manager", "researcher"]},
        slug="harbour",
        title="Harbour",
        guidelines="Mark **little**.\n\n## When in doubt\n\n- Leave it.",
    )
    story = make_story("boats", title="The boats")
    batch = ImportBatch.objects.create(source="week.jsonl", format="jsonl", state="done")
    ImportIssue.objects.create(batch=batch, source="week.jsonl", line=3, code="empty_text", message="It has no text.")

    def article(number: int) -> Article:
        outlet = make_outlet(f"The Post {number}")
        return make_article(TEXT.replace("counts", f"counts {number}"), outlet, story, import_batch=batch)

    for number in range(2):
        shared = article(number)
        make_reading(project, shared, mara, [("QUANTITY", 28, 39)], active_seconds=300 + number)
        make_reading(project, shared, noor, [("QUANTITY", 28, 39), ("SOURCE", 70, 79)])
    returned = make_task(project, article(5), mara, state="returned", note="Please link the sources.")
    make_mark(returned, "QUANTITY", 28, 39)
    make_task(project, article(6), mara, state="skipped", reason="a list of scores")
    current = make_task(project, article(7), mara)
    for label, start, end in (("FRAME", 0, 7), ("QUANTITY", 28, 39), ("SOURCE", 70, 79), ("CONTENT", 28, 79)):
        make_mark(current, label, start, end)
    make_task(project, article(8))
    recount_project(project=project)
    compute_project(project=project, bootstrap=20)
    index_articles()
    return project


@pytest.fixture
def current(project: Project, mara: User) -> Task:
    return Task.objects.get(project=project, annotator=mara, state="claimed")


def signed_in(chromium: Browser, address: str, user: User, **more: Any) -> BrowserContext:
    context = chromium.new_context(**{"viewport": {"width": 1400, "height": 900}, "base_url": address} | more)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")
    page.close()
    return context


@pytest.fixture
def as_mara(chromium: Browser, address: str, mara: User, project: Project) -> Iterator[BrowserContext]:
    with signed_in(chromium, address, mara) as context:
        yield context


def shot(page: Page, name: str) -> None:
    """The page as an image, where SCREENSHOTS names a directory for people to look at them."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def found(page: Page, name: str) -> list[str]:
    """What axe finds on the page as it stands, in both themes: one line each with the element."""
    lines = []
    schemes: tuple[tuple[Literal["light", "dark"], dict[str, Any]], ...] = (("light", LIGHT), ("dark", DARK))
    for scheme, options in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate("() => new Promise(requestAnimationFrame)")
        # The admin's own links fade from theme to theme, calm or not.
        page.evaluate(FADED)
        for one in Axe().run(page, options=options).response["violations"]:
            for node in one["nodes"]:
                why = " ".join(node.get("failureSummary", "").split())
                lines.append(f"{name} ({scheme}) {one['id']}: {node['html'][:160]} | {why[:240]}")
        shot(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")
    return lines


def open_task(context: BrowserContext, task: Task) -> Page:
    page = context.new_page()
    page.goto(f"/tasks/{task.uuid}/")
    page.wait_for_selector("html[data-ready]")
    return page


def test_the_labelling_page_has_no_violation_whatever_is_open(as_mara: BrowserContext, current: Task) -> None:
    page = open_task(as_mara, current)
    lines = found(page, "task")
    page.focus("#article")
    page.keyboard.press("n")
    page.keyboard.press("n")
    lines += found(page, "task-selected")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#toolbar")).to_be_visible()
    lines += found(page, "task-toolbar")
    page.keyboard.press("Escape")
    for tab in ("#tab-questions", "#tab-guide"):
        if page.locator(tab).count():
            page.click(tab)
            lines += found(page, f"task-{tab[5:]}")
    page.keyboard.press("Escape")
    page.focus("#article")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    lines += found(page, "task-help")
    page.keyboard.press("Escape")
    page.click("[data-action=skip]")
    lines += found(page, "task-skip")
    page.keyboard.press("Escape")
    page.click("[data-action=submit]")
    lines += found(page, "task-submit")
    page.keyboard.press("Escape")
    page.click(".avatar")
    lines += found(page, "task-menu")
    page.click("#user-menu [data-action=settings]")
    expect(page.locator("#settings")).to_be_visible()
    lines += found(page, "task-settings")
    assert lines == [], "\n".join(lines)


def test_the_pages_of_an_annotator_have_no_violation(as_mara: BrowserContext, project: Project, mara: User) -> None:
    page = as_mara.new_page()
    lines = []
    addresses = {
        "work": "/",
        "settings": "/settings/",
        "projects": "/projects/",
        "password": "/accounts/password_change/",
    }
    addresses |= {
        f"task-{task.state}": f"/tasks/{task.uuid}/"
        for task in Task.objects.filter(annotator=mara).exclude(state="claimed")
    }
    addresses |= {"codebook": f"/projects/{project.slug}/codebook/", "missing": "/tasks/none/"}
    for name, path in addresses.items():
        page.goto(path)
        lines += found(page, name)
    as_mara.clear_cookies()
    page.goto("/accounts/login/")
    lines += found(page, "login")
    page.fill("[name=username]", "mara")
    page.fill("[name=password]", "wrong")
    page.press("[name=password]", "Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    lines += found(page, "login-wrong")
    assert lines == [], "\n".join(lines)


def test_the_pages_of_a_researcher_have_no_violation(
    chromium: Browser, address: str, boss: User, project: Project
) -> None:
    article = Article.objects.filter(projects=project).earliest("pk")
    base = f"/projects/{project.slug}/"
    addresses = {
        "dashboard": base, "agreement": f"{base}agreement/", "articles": f"{base}articles/",
        "article": f"{base}articles/{article.uuid}/", "releases": f"{base}releases/",
        "all-articles": "/articles/?q=harbour", "reading": f"/articles/{article.uuid}/", "story": "/stories/boats/",
    }  # fmt: skip
    lines = []
    with signed_in(chromium, address, boss) as context:
        page = context.new_page()
        for name, path in addresses.items():
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            lines += found(page, name)
    assert lines == [], "\n".join(lines)


def test_the_admin_pages_have_no_violation(chromium: Browser, address: str, boss: User, project: Project) -> None:
    batch = ImportBatch.objects.latest("pk")
    addresses = {
        "admin": "/admin/", "imports": "/admin/corpus/importbatch/", "import-add": "/admin/corpus/importbatch/add/",
        "import": f"/admin/corpus/importbatch/{batch.pk}/change/", "admin-projects": "/admin/annotate/project/",
        "admin-articles": "/admin/corpus/article/", "admin-tasks": "/admin/annotate/task/",
    }  # fmt: skip
    lines = []
    with signed_in(chromium, address, boss) as context:
        page = context.new_page()
        for name, path in addresses.items():
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            lines += found(page, name)
    assert lines == [], "\n".join(lines)


# Words and controls that lie outside the window's width, and cannot be scrolled to.
LOST = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth;
  const lost = [...document.querySelectorAll("a, button, input, select, textarea, h1, h2, h3, p")].filter((node) => {
    if (!node.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) return false;
    if (node.closest(".visually-hidden, .skip-link, dialog:not([open]), .scroller, .labels, .legend")) return false;
    const { left, right, width } = node.getBoundingClientRect();
    return width > 0 && (left < -1 || right > innerWidth + 1);
  });
  return [...(wide ? [`page is ${document.documentElement.scrollWidth} wide`] : []), ...lost.map((node) => node.outerHTML.slice(0, 120))];
}"""


def test_at_twice_the_size_nothing_is_lost(
    chromium: Browser, address: str, mara: User, current: Task, project: Project
) -> None:
    """200 % of a window of 1400 x 900 is one of 700 x 450."""
    lines = []
    with signed_in(chromium, address, mara, viewport={"width": 700, "height": 450}) as context:
        page = context.new_page()
        for path in ("/", "/settings/", f"/tasks/{current.uuid}/"):
            page.goto(path)
            lines += [f"{path}: {line}" for line in page.evaluate(LOST)]
        page.wait_for_selector("html[data-ready]")
        shot(page, "zoom-task")
        for opener, dialog in (("[data-action=skip]", "#skip"), ("[data-action=submit]", "#submit")):
            page.click(opener)
            lines += page.evaluate(LOST)
            last = page.locator(f"{dialog} button:visible").last
            last.scroll_into_view_if_needed()
            expect(last).to_be_in_viewport()
            shot(page, f"zoom-{dialog[1:]}")
            page.keyboard.press("Escape")
    assert lines == [], "\n".join(lines)


def test_who_wants_calm_gets_no_motion(as_mara: BrowserContext, current: Task) -> None:
    page = open_task(as_mara, current)
    page.emulate_media(reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((node) => {
      const { transitionDuration: change, animationName: name } = getComputedStyle(node);
      return change.split(", ").some((one) => parseFloat(one) > 0) || name !== "none";
    }).map((node) => node.outerHTML.slice(0, 80))"""
    assert page.evaluate(moving) == []


def test_with_forced_colours_marks_and_choices_still_differ(as_mara: BrowserContext, current: Task) -> None:
    page = open_task(as_mara, current)
    page.emulate_media(forced_colors="active")
    page.focus("#article")
    page.keyboard.press("n")
    style = "node => { const { textDecorationLine, outlineStyle } = getComputedStyle(node); return [textDecorationLine, outlineStyle]; }"
    assert page.locator("mark[data-selected]").first.evaluate(style) == ["underline", "solid"]
    assert page.locator("mark[data-span-ids]:not([data-selected])").first.evaluate(style) == ["underline", "none"]
    shot(page, "forced-task")


def test_a_screen_reader_finds_its_way_and_is_told_what_happens(as_mara: BrowserContext, current: Task) -> None:
    page = open_task(as_mara, current)
    for role, name in (
        ("banner", None),
        ("main", None),
        ("region", "Article"),
        ("complementary", "Marks and guidelines"),
    ):
        expect(page.get_by_role(role, name=name) if name else page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_role("tab", name="Marks")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("listitem")).not_to_have_count(0)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("#article").get_attribute("lang") == "en"

    live = page.locator("#live")
    assert (live.get_attribute("role"), live.get_attribute("aria-live")) == ("status", "polite")
    page.focus("#article")
    page.keyboard.press("ArrowRight")
    expect(live).to_have_text("Harbour")
    page.keyboard.press("n")
    expect(live).to_contain_text(", 1 of 4")
    page.keyboard.press("u")
    expect(live).to_have_text("Marked as unsure")
    page.keyboard.press("Delete")
    expect(live).to_contain_text("Control Z brings it back.")
    page.keyboard.press("Control+z")
    expect(live).to_have_text("Undone. 4 marks")

    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Submit this article?")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.querySelector('#submit').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
