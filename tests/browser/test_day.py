"""An annotator's day in the browser: settings in a dialog, the time worked, handing back."""

import json
import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.models import Task
from annotate.operations.user_settings import change_settings
from annotate.user_settings import settings_of
from tests.factories import PASSWORD, make_article, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def task() -> Task:
    annotator = make_user("mara")
    project = make_project(members={annotator: "annotator"}, title="Harbour")
    return make_task(project, make_article("Harbour reopens\n\nAbout 7,500 people left the town."), annotator)


@pytest.fixture
def context(chromium: Browser, address: str, task: Task) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=address) as context:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("input[name=username]", "mara")
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation():
            page.press("input[name=password]", "Enter")
        page.close()
        yield context


@pytest.fixture
def page(context: BrowserContext, task: Task) -> Iterator[Page]:
    problems: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield page
    assert problems == []


def open_task(page: Page, task: Task) -> None:
    page.goto(f"/tasks/{task.uuid}/")
    page.wait_for_selector("html[data-ready]")


def test_settings_show_at_once_are_kept_and_are_there_at_the_first_paint(page: Page, task: Task) -> None:
    open_task(page, task)
    size = "getComputedStyle(document.getElementById('article')).fontSize"
    before = page.evaluate(size)
    page.click(".avatar")
    page.click("#user-menu [data-action=settings]")
    dialog = page.get_by_role("dialog", name="Settings")
    expect(dialog).to_be_visible()
    for words in ("Huge", "Dark", "On the left", "Characters"):
        with page.expect_response("**/me/settings/"):
            dialog.get_by_label(words, exact=True).check()
    assert page.evaluate(size) == "26px" != before
    expect(dialog.get_by_role("status")).to_have_text("Kept.")
    page.keyboard.press("Escape")
    assert not page.is_checked("#whole-words")
    article, panel = (page.locator(place).bounding_box() for place in ("#article", "#panel"))
    assert article is not None
    assert panel is not None
    assert panel["x"] < article["x"]

    # Before any script of the page ran, on a device that knows nothing of them.
    plain = page.context.browser.new_context(  # type: ignore[union-attr]
        storage_state={"cookies": page.context.cookies()},
        java_script_enabled=False,  # type: ignore[typeddict-item]
    )
    first = plain.new_page()
    first.goto(page.url)
    look = {"data-theme": "dark", "data-font-size": "huge", "data-panel": "left"}
    assert {name: first.locator("html").get_attribute(name) for name in look} == look
    plain.close()
    assert task.annotator is not None
    assert settings_of(task.annotator).own == {
        "theme": "dark", "font_size": "huge", "panel": "left", "snap": "characters",
    }  # fmt: skip


def test_the_page_of_settings_works_without_scripts(context: BrowserContext, chromium: Browser, address: str) -> None:
    with chromium.new_context(
        base_url=address,
        java_script_enabled=False,
        storage_state=context.storage_state(),
        viewport={"width": 390, "height": 844},
    ) as plain:
        page = plain.new_page()
        page.goto("/settings/")
        page.get_by_label("Dark", exact=True).last.check()
        page.get_by_label("Large", exact=True).check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Your settings are kept.")).to_be_visible()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_theme_of_the_menu_is_kept_by_the_server(page: Page, task: Task) -> None:
    page.goto("/")
    page.click(".avatar")
    with page.expect_response("**/me/settings/") as answer:
        page.locator("#user-menu").get_by_label("Dark", exact=True).check()
    assert answer.value.status == 200
    assert task.annotator is not None
    assert settings_of(task.annotator)["theme"] == "dark"
    change_settings(user=task.annotator, changes={"theme": "light"})
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "light"


def test_time_is_counted_without_pauses_and_outlives_a_reload(page: Page, task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(claimed_at=task.claimed_at.replace(year=2020))  # type: ignore[union-attr]
    page.clock.install()
    open_task(page, task)
    page.clock.fast_forward(30_000)
    page.mouse.move(300, 300)
    page.clock.fast_forward(20_000)
    page.mouse.move(320, 320)
    page.clock.fast_forward(3600_000)  # an hour's pause counts a minute
    page.mouse.move(340, 340)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    kept = json.loads(page.evaluate("localStorage.getItem('slantwise.time')"))
    assert kept["task"] == str(task.uuid)
    assert 110 <= kept["seconds"] <= 125
    page.focus("#article")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    page.clock.run_for(500)
    page.wait_for_selector("#save-state[data-state=saved]")
    task.refresh_from_db()
    assert 110 <= task.active_seconds <= 130


def test_handing_back_leads_to_my_work_and_the_marks_come_back(page: Page, task: Task) -> None:
    open_task(page, task)
    page.focus("#article")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    page.click("[data-action=skip]")
    page.click("#hand-back")
    expect(page).to_have_url(re.compile(r":\d+/$"))
    task.refresh_from_db()
    assert (task.state, task.spans.count()) == ("handed_back", 1)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".card")).to_have_count(1)


def test_a_page_fetched_ahead_has_the_last_marks_too(page: Page, task: Task) -> None:
    for marks in (0, 1):
        page.goto("/")
        page.wait_for_load_state("networkidle")
        page.get_by_role("link", name="Continue").first.click()
        page.wait_for_selector("html[data-ready]")
        expect(page.locator(".card")).to_have_count(marks)
        page.focus("#article")
        page.keyboard.press("ArrowRight")
        if not marks:
            page.keyboard.press("1")
            page.wait_for_selector("#save-state[data-state=saved]")
            page.wait_for_function("() => document.querySelector('#mark-count').textContent === '1'")


def test_after_submitting_the_next_task_is_there_and_looking_at_the_dialog_claims_none(page: Page, task: Task) -> None:
    following = make_task(task.project, make_article("Ferry sails\n\nIt was full."))
    open_task(page, task)
    page.focus("#article")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#submit")).to_be_visible()
    page.wait_for_load_state("networkidle")
    following.refresh_from_db()
    assert following.state == "open"
    page.click("#submit-confirm")
    page.wait_for_url(f"**/tasks/{following.uuid}/")
    page.wait_for_selector("html[data-ready]")
    following.refresh_from_db()
    assert following.annotator == task.annotator


def test_my_work_fits_a_phone(page: Page, task: Task) -> None:
    for number in range(3):
        done = make_task(
            task.project, make_article(f"Walk {number}\n\nText."), task.annotator, "submitted", active_seconds=240
        )
        Task.objects.filter(pk=done.pk).update(note="Link the sources, all of them.")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.get_by_text("at your pace")).to_be_visible()
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/work-390.png", full_page=True)
        page.set_viewport_size({"width": 1400, "height": 900})
        page.screenshot(path=f"{folder}/work-1400.png", full_page=True)
