"""The labelling page when things go wrong: it goes on by itself, says what is the matter, and loses no mark."""

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect

from annotate.models import Operation, Task
from annotate.operations.marks import apply_operations
from annotate.operations.tasks import claim_task, expire_leases, submit_task
from config.models import Session
from tests.browser.test_labelling import TEXT, address, context, drag, mark_of, marks, open_task, saved, sign_in
from tests.conftest import CHROMIUM_FLAGS
from tests.factories import PASSWORD, make_article, make_member, make_project, make_task, make_user

__all__ = ["address", "context"]  # fixtures that the labelling page's other tests use too

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OPERATIONS = "**/operations/"


@pytest.fixture
def task() -> Task:
    annotator = make_user("mara")
    project = make_project(members={annotator: "annotator"}, lease_minutes=30, annotators_per_article=1)
    return make_task(project, make_article(TEXT), annotator)


@pytest.fixture
def page(context: BrowserContext, task: Task) -> Iterator[Page]:
    problems: list[str] = []
    yield open_task(context, task, problems)
    assert problems == []


def mark(page: Page, words: str) -> None:
    """``words`` as SOURCE."""
    drag(page, words)
    page.keyboard.press("2")


def says(page: Page, words: str) -> None:
    expect(page.locator("#save-text")).to_have_text(words)


def save_elsewhere(task: Task, kind: str, target: str = "", **fields: object) -> str:
    """Another window saves an operation; the id of the mark."""
    target = target or str(uuid4())
    assert task.annotator is not None
    operation = {"op_id": str(uuid4()), "kind": kind, "target": target, "before": None, "after": None, "undoes": None}
    apply_operations(
        uuid=task.uuid, user=task.annotator, base_revision=0, operations=[operation | fields], now=timezone.now()
    )
    return target


def mark_elsewhere(task: Task, words: str) -> str:
    _, start, end, quote = mark_of("SOURCE", words)
    return save_elsewhere(task, "add", after={"label": "SOURCE", "start": start, "end": end, "quote": quote})


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_that_fails_is_asked_again(page, task, status):
    failures = iter([status, status])

    def answer(route: Route) -> None:
        code = next(failures, None)
        if code is None:
            route.continue_()
        else:
            route.fulfill(status=code, content_type="text/html", body="<h1>Sorry</h1>")

    page.route(OPERATIONS, answer)
    mark(page, "officials")
    says(page, "No answer: 1 change kept here, trying again")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_an_answer_that_never_came_does_not_apply_the_change_twice(page, task):
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            route.fetch()
            route.abort("timedout")
        else:
            route.continue_()

    page.route(OPERATIONS, lose)
    mark(page, "officials")
    saved(page)
    assert len(sent) == 2
    assert Operation.objects.filter(task=task).count() == 1
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_an_expired_session_asks_for_the_password_and_goes_on(page, task):
    Session.objects.all().delete()
    mark(page, "officials")
    expect(page.locator("#sign-in")).to_be_visible()
    says(page, "Signed out: 1 change kept here, sign in to send")
    page.fill("#sign-in-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in")).to_be_hidden()
    saved(page)
    mark(page, "María López")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials"), mark_of("SOURCE", "María López")]


def test_who_signed_in_again_in_another_tab_need_not_do_it_twice(context, page, task):
    Session.objects.all().delete()
    mark(page, "officials")
    expect(page.locator("#sign-in")).to_be_visible()
    sign_in(context, task)
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#sign-in")).to_be_hidden()
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_a_change_that_a_newer_server_cannot_read_is_kept_shown_and_can_be_downloaded(page, task):
    page.route(
        OPERATIONS,
        lambda route: route.fulfill(
            status=400, json={"code": "wrong_shape", "message": "operations[0].kind is unknown."}
        ),
    )
    mark(page, "officials")
    held = page.locator("#held")
    expect(held).to_contain_text("1 change is not saved, but kept on this device.")
    expect(held).to_contain_text("add ‘officials’: operations[0].kind is unknown.")
    page.unroute(OPERATIONS)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    with page.expect_download() as download:
        held.get_by_role("link", name="Download").click()
    [entry] = json.loads(Path(download.value.path()).read_text())
    assert entry["operation"]["after"]["quote"] == "officials"
    assert entry["task"] == str(task.uuid)
    page.on("dialog", lambda dialog: dialog.accept())
    held.get_by_role("button", name="Throw away").click()
    expect(held).to_have_count(0)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(held).to_have_count(0)
    mark(page, "María López")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "María López")]


def test_of_several_changes_only_the_one_that_cannot_be_read_is_put_by(page, task):
    """As after a deployment that no longer knows one kind of operation."""
    page.route(OPERATIONS, lambda route: route.abort())
    for words in ("officials", "María López", "family"):
        mark(page, words)
    says(page, "No answer: 3 changes kept here, trying again")

    def newer(route: Route) -> None:
        if "María López" in (route.request.post_data or ""):
            route.fulfill(status=400, json={"code": "wrong_shape", "message": "No."})
        else:
            route.continue_()

    page.unroute(OPERATIONS)
    page.route(OPERATIONS, newer)
    saved(page)
    expect(page.locator("#held")).to_contain_text("add ‘María López’: No.")
    expect(page.locator("mark[data-span-ids]")).to_have_text(["officials", "family"])
    assert marks(task) == [mark_of("SOURCE", "officials"), mark_of("SOURCE", "family")]


def test_a_part_that_an_update_took_away_asks_to_reload_and_the_rest_works_on(page, task):
    page.route("**/rare.js", lambda route: route.fulfill(status=404))
    page.keyboard.press("?")
    expect(page.locator("#notices")).to_contain_text("Reload the page when it does: nothing is lost.")
    page.locator("#notices").get_by_role("button", name="Close").click()
    mark(page, "officials")
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_what_was_changed_elsewhere_wins_and_the_own_change_stays_at_hand(page, task):
    target = mark_elsewhere(task, "officials")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.focus("#article")
    save_elsewhere(task, "change", target, after={"unsure": True})
    page.keyboard.press("n")
    page.keyboard.press("u")
    expect(page.locator("#held")).to_contain_text("The same was changed elsewhere.")
    saved(page)
    assert Operation.objects.filter(task=task).count() == 2
    # Other rows are no conflict: both changes stand.
    mark_elsewhere(task, "family")
    mark(page, "María López")
    saved(page)
    expect(page.locator("mark[data-span-ids]")).to_have_text(["officials", "María López", "family"])


def test_the_back_button_shows_what_was_done_meanwhile(page, task):
    mark(page, "officials")
    saved(page)
    page.goto("/")
    mark_elsewhere(task, "María López")
    page.go_back()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("mark[data-span-ids]")).to_have_text(["officials", "María López"])
    mark(page, "family")
    saved(page)
    assert len(marks(task)) == 3


def test_the_page_comes_back_to_life_from_the_browsers_memory(page, task):
    """Chromium without a head keeps no page in memory: the event is what it would send."""
    mark_elsewhere(task, "officials")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.locator("mark[data-span-ids]")).to_have_text("officials")


def test_a_full_disk_keeps_the_changes_on_the_page_and_says_so(context, task):
    context.add_init_script(
        "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    problems: list[str] = []
    page = open_task(context, task, problems)
    page.route(OPERATIONS, lambda route: route.abort())
    mark(page, "officials")
    page.keyboard.press("u")
    expect(page.locator("#notices")).to_contain_text("QuotaExceededError")
    says(page, "No answer: 2 changes kept here, trying again")
    page.unroute(OPERATIONS)
    saved(page)
    assert marks(task) == [mark_of("SOURCE", "officials")]
    assert task.spans.get().unsure
    assert problems == []


def test_without_web_locks_a_clock_that_jumps_stops_nothing(context, task):
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', {value: undefined});")
    problems: list[str] = []
    page = open_task(context, task, problems)
    page.clock.install()
    now = timezone.now()
    for days, words in ((2, "officials"), (-3, "María López"), (0, "family")):
        page.clock.set_system_time(now + timedelta(days=days))
        mark(page, words)
        page.clock.run_for(1500)
        saved(page)
    assert len(marks(task)) == 3
    assert problems == []


def test_a_browser_that_crashes_has_kept_the_changes(address, task, tmp_path, chromium: Browser):
    playwright_type = chromium.browser_type
    profile = tmp_path / "profile"

    def launch() -> BrowserContext:
        return playwright_type.launch_persistent_context(
            str(profile), executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS, base_url=address
        )

    first = launch()
    sign_in(first, task)
    problems: list[str] = []
    page = open_task(first, task, problems)
    page.route(OPERATIONS, lambda route: route.abort())
    mark(page, "officials")
    mark(page, "María López")
    says(page, "No answer: 2 changes kept here, trying again")
    for pid in processes_with(str(profile)):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(Error):
        page.evaluate("new Promise(() => 1)")
    second = launch()
    try:
        sign_in_where_asked(second, task)
        page = open_task(second, task, problems)
        expect(page.locator("mark[data-span-ids]")).to_have_text(["officials", "María López"])
        saved(page)
    finally:
        second.close()
    assert marks(task) == [mark_of("SOURCE", "officials"), mark_of("SOURCE", "María López")]
    assert problems == []


def sign_in_where_asked(context: BrowserContext, task: Task) -> None:
    page = context.new_page()
    page.goto("/")
    if "/accounts/login/" in page.url:
        sign_in(context, task)
    page.close()


def processes_with(words: str) -> list[int]:
    """Processes whose command line has ``words``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if words in line:
                found.append(int(entry.name))
    return found


def test_a_task_that_another_got_meanwhile_keeps_the_late_changes_and_says_so(context, page, task):
    context.set_offline(True)
    mark(page, "officials")
    says(page, "Offline: 1 change kept here until the network is back")
    Task.objects.filter(pk=task.pk).update(lease_expires=timezone.now() - timedelta(minutes=1))
    other = make_user("noor")
    make_member(task.project, other)
    assert expire_leases(now=timezone.now()) == 1
    theirs = claim_task(project=task.project, user=other, now=timezone.now())
    assert theirs is not None
    assert theirs.article == task.article
    context.set_offline(False)
    saved(page)
    expect(page.locator("#notices")).to_contain_text("This task was closed; your marks are kept, but do not count.")
    expect(page.locator("#closed-words")).to_have_text("This task is expired: you can read it, but not change it.")
    expect(page.locator("mark[data-span-ids]")).to_have_text("officials")
    task.refresh_from_db()
    assert task.state == Task.State.EXPIRED
    assert marks(task) == [mark_of("SOURCE", "officials")]
    assert marks(theirs) == []


def test_a_lease_that_ran_out_offline_is_taken_up_again_while_the_task_is_free(context, page, task):
    context.set_offline(True)
    mark(page, "officials")
    Task.objects.filter(pk=task.pk).update(lease_expires=timezone.now() - timedelta(minutes=1))
    assert expire_leases(now=timezone.now()) == 1
    context.set_offline(False)
    saved(page)
    task.refresh_from_db()
    assert task.state == Task.State.CLAIMED
    assert marks(task) == [mark_of("SOURCE", "officials")]


def test_changes_to_a_task_that_was_submitted_in_another_tab_are_put_by(context, page, task):
    context.set_offline(True)
    mark(page, "officials")
    submit_task(task=task, user=task.annotator, revision=0, now=timezone.now())
    context.set_offline(False)
    expect(page.locator("#held")).to_contain_text("add ‘officials’: The task is submitted; nothing more is changed.")
    expect(page.locator("#closed-words")).to_have_text(re.compile("This task is submitted"))
    expect(page.locator("mark[data-span-ids]")).to_have_count(0)
    saved(page)
    assert marks(task) == []
