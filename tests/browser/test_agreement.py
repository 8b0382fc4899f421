"""The page of agreement and the strip over an article as people use them: by keyboard, by mouse, as files."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import Project
from annotate.operations.figures import compute_project
from annotate.operations.scoring import recount_project
from corpus.models import Article
from tests.browser.test_accessibility import DARK, LIGHT, LOST, signed_in
from tests.factories import make_article, make_member, make_outlet, make_project, make_reading, make_story, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BODY = "About 7,500 people left the town on Sunday, officials said. The mayor promised a firm answer within the week."


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def boss() -> User:
    return make_user("boss", is_superuser=True)


@pytest.fixture
def project(boss: User) -> Project:
    """Four articles under two outlets, read by three annotators in two groups, who differ; two labels stay undefined."""
    project = make_project(slug="harbour", title="Harbour", members={boss: ["manager", "researcher"]})
    readers = [make_user(name) for name in ("mara", "noor", "ivo")]
    for number, reader in enumerate(readers):
        make_member(project, reader, group="students" if number < 2 else "journalists")
    story = make_story("boats", title="The boats")
    outlets = [make_outlet("The Harbour Post"), make_outlet("Northgate Wire")]
    for number in range(4):
        text = f"Harbour counts {number} boats\n\n" + "\n\n".join([BODY] * 12)
        article = make_article(text, outlets[number % 2], story)
        place = text.index("About")
        last = text.rindex("firm answer")
        for shift, reader in enumerate(readers):
            marks = [("QUANTITY", place, place + 11 + shift), ("FRAME", 0, 7)]
            make_reading(project, article, reader, [*marks, ("FRAME", last, last + 11)] if shift else marks)
    recount_project(project=project)
    compute_project(project=project, bootstrap=20)
    return project


@pytest.fixture
def context(chromium: Browser, address: str, boss: User, project: Project) -> Iterator[BrowserContext]:
    with signed_in(chromium, address, boss, accept_downloads=True) as context:
        yield context


def violations(page: Page) -> list[str]:
    lines = []
    for scheme, options in (("light", LIGHT), ("dark", DARK)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for one in Axe().run(page, options=options).response["violations"]:
            lines += [f"{scheme} {one['id']}: {node['html'][:160]}" for node in one["nodes"]]
    return lines


def test_the_page_of_agreement_is_read_and_worked_by_keyboard(context: BrowserContext, project: Project) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto("/projects/harbour/agreement/")

    # Plots are pictures with words; the table beside has the values.
    picture = page.get_by_role("img", name="Agreement per label and layer")
    expect(picture).to_have_count(1)
    expect(page.get_by_role("region", name="Agreement table").get_by_role("rowheader", name="Quantity")).to_be_visible()
    expect(page.get_by_role("region", name="Agreement table")).to_contain_text("undefined: nothing varies")

    # What is this? Enter opens it, Escape closes it and the button has the focus again.
    asked = page.get_by_role("button", name="What is Prevalence?")
    asked.focus()
    page.keyboard.press("Enter")
    text = page.get_by_role("dialog", name="Prevalence")
    expect(text).to_contain_text("prevalence paradox")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(text).to_be_hidden()
    expect(asked).to_be_focused()
    for button in page.locator("button[popovertarget^=what-]:visible").all():
        name = button.get_attribute("popovertarget")
        assert name
        assert page.locator(f"#{name} dt").count() >= 2, name

    # A part of the project, chosen and given up by keyboard.
    page.get_by_text("Show a part of the project").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Outlet").fill("Northgate Wire")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 4 articles that two or more people read")).to_be_visible()
    chip = page.get_by_role("link", name="Remove outlet: Northgate Wire")
    expect(page.get_by_role("link", name="Agreement by label as CSV")).to_have_attribute(
        "href", re.compile(r"\?outlet=")
    )
    assert violations(page) == []
    chip.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/agreement/$"))

    # Files bear names, and the plot stands alone.
    with page.expect_download() as table:
        page.get_by_role("link", name="Agreement by label as CSV").click()
    assert table.value.suggested_filename == "harbour-agreement-labels.csv"
    assert Path(table.value.path()).read_text(encoding="utf-8-sig").startswith("layer,label,label_name,alpha_value,")
    with page.expect_download() as plot:
        page.get_by_role("link", name="Agreement by label as SVG").click()
    source = Path(plot.value.path()).read_text(encoding="utf-8")
    assert ElementTree.fromstring(source).get("width") == "480"
    alone = context.new_page()
    alone.set_content(source)
    dot = alone.locator("circle.dot").first
    assert dot.evaluate("node => getComputedStyle(node).stroke") != "none"
    alone.close()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(LOST) == []
    expect(picture).to_have_count(1)
    assert said == []


def test_the_strip_leads_from_passage_to_passage(context: BrowserContext, project: Project) -> None:
    article = Article.objects.filter(projects=project).earliest("pk")
    page = context.new_page()
    page.goto(f"/projects/harbour/articles/{article.uuid}/")
    strip = page.get_by_role("slider", name="Passages where readers differ")
    expect(strip).to_have_attribute("aria-valuemax", "2")
    assert violations(page) == []

    strip.focus()
    page.keyboard.press("End")
    expect(strip).to_have_attribute("aria-valuenow", "2")
    expect(strip).to_have_attribute(
        "aria-valuetext", "2 of 2. Paragraph 13: “firm answer”, up to two thirds of the pairs differ"
    )
    last = page.locator(".piece[data-current]")
    expect(last).to_have_text("firm answer")
    expect(last).to_be_in_viewport()
    expect(strip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(last).to_be_focused()
    page.keyboard.press("Escape")
    expect(strip).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".piece[data-current]").first).to_be_in_viewport()
    expect(strip).to_have_attribute("aria-valuenow", "1")

    box = strip.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    expect(strip).to_have_attribute("aria-valuenow", "2")

    page.get_by_role("radio", name="Where readers differ").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Marked by")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(LOST) == []


def test_without_scripts_the_strip_is_a_picture_and_its_list_leads_on(
    chromium: Browser, address: str, boss: User, project: Project
) -> None:
    article = Article.objects.filter(projects=project).earliest("pk")
    with signed_in(chromium, address, boss, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"/projects/harbour/articles/{article.uuid}/")
        expect(page.get_by_role("img", name="2 passages where readers differ")).to_be_visible()
        place = page.get_by_role("link", name="firm answer").get_attribute("href")
        assert place
        page.goto(f"/projects/harbour/articles/{article.uuid}/{place}")
        box = page.locator(place).bounding_box()
        assert box
        assert 0 < box["y"] < 900
