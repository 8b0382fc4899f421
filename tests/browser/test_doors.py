"""Annotations in and a release out, in Chromium and by keyboard: what the worker does is watched, called off, downloaded."""

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from annotate.models import Project, Task
from annotate.operations.tasks import ensure_slots
from release.models import Release
from tests import service
from tests.factories import PASSWORD, make_article, make_member, make_project, make_user

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WIDE = {"width": 1400, "height": 900}
TEXT = "Harbour opens again\n\nAbout 7,500 people came on Sunday, officials said."
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# Above it the worker takes the files, not the page.
PAD = " " * (1 << 20)


@pytest.fixture
def project() -> Project:
    project = make_project(
        slug="harbour",
        title="Harbour",
        articles=[make_article(TEXT, external_id="h-1"), make_article(f"{TEXT} Twice.", external_id="h-2")],
        annotators_per_article=1,
    )
    make_member(project, make_user("mara"))
    boss = make_user("boss", is_staff=True)
    for one in (project, make_project(slug="second", title="Second")):
        make_member(one, boss, "manager")
    ensure_slots(project=project)
    return project


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    return {"IMPORT_ROOT": str(tmp_path / "imports"), "RELEASE_ROOT": str(tmp_path / "releases")}


@pytest.fixture
def page(chromium: Browser, project: Project, place: dict[str, str]) -> Iterator[Page]:
    problems: list[str] = []
    with (
        service.running(workers=1, threads=4, **place) as url,
        chromium.new_context(viewport=WIDE, base_url=url, accept_downloads=True) as context,
    ):
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
        page.goto(f"/admin/login/?next=/admin/annotate/project/{project.pk}/annotations/")
        page.fill("input[name=username]", "boss")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/annotations/")
        yield page
    # Taking an image of the page puts a style into it.
    assert os.environ.get("SCREENSHOTS") or problems == []


def looked_at(page: Page, name: str) -> None:
    """No violation by axe; and an image."""
    shot(page, name)
    assert [
        f"{name} {one['id']}: {node['html'][:200]}"
        for one in Axe().run(page, options=WCAG).response["violations"]
        for node in one["nodes"]
    ] == []


def shot(page: Page, name: str) -> None:
    """The page as an image, where SCREENSHOTS names a directory for people to look at them."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width, height in ((1400, 900), (390, 844)):
                page.set_viewport_size({"width": width, "height": height})
                page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)


def tab_to(page: Page, wanted: Locator) -> None:
    """Reach a control with the Tab key alone."""
    page.locator("main, #content").first.evaluate("node => { node.tabIndex = -1; node.focus(); }")
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"{wanted} cannot be reached with the Tab key")


def reading(article: str, *labels: str) -> str:
    spans = [{"label": label, "start": 21, "end": 32} for label in labels]
    return json.dumps({"article": article, "annotator": "mara", "spans": spans})


def test_annotations_come_in_and_a_release_goes_out(page: Page, project: Project, place: dict[str, str]) -> None:
    shot(page, "annotations-empty")
    content = "\n".join([reading("h-1", "QUANTITY"), reading("h-2", "Figure"), reading("h-9"), PAD]).encode()
    page.set_input_files(
        "input[type=file]", [{"name": "export.jsonl", "mimeType": "application/jsonl", "buffer": content}]
    )
    tab_to(page, page.get_by_role("button", name="Look through"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/annotations/\d+/$"))
    upload = page.url
    expect(page.locator("#upload-state")).to_contain_text("No worker is running.")
    looked_at(page, "annotations-waiting")
    tab_to(page, page.get_by_role("button", name="Cancel"))
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_contain_text("This was called off.")
    shot(page, "annotations-cancelled")

    page.goto("/admin/release/release/")
    page.get_by_role("link", name="Add release").press("Enter")
    looked_at(page, "releases-choose")
    tab_to(page, page.locator("#content").get_by_role("link", name="Harbour"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/harbour/releases/")
    shot(page, "releases-empty")
    expect(page.get_by_label("Version")).to_have_value("1.0.0")
    tab_to(page, page.get_by_label("Articles to leave out"))
    page.keyboard.type("h-7 Not news.")
    tab_to(page, page.get_by_role("button", name="Build", exact=True))
    page.keyboard.press("Enter")
    expect(page.locator(".errorlist")).to_contain_text("no article with the uuid or id “h-7”")
    looked_at(page, "releases-error")
    page.get_by_label("Articles to leave out").fill("h-2 Not news.")
    page.get_by_role("button", name="Build", exact=True).press("Enter")
    expect(page.locator("#releases")).to_contain_text("No worker is running.")
    looked_at(page, "releases-waiting")
    page.get_by_role("button", name="Cancel 1.0.0").press("Enter")
    again = page.get_by_role("button", name="Build 1.0.0 again")
    expect(again).to_be_visible()
    shot(page, "releases-cancelled")

    with service.working(**place):
        page.goto(upload)
        page.get_by_role("button", name="Look again").press("Enter")
        expect(page.locator("#rejected")).to_be_visible(timeout=30_000)
        looked_at(page, "annotations-checked")
        for name, read in (("CSV", rows_of_csv), ("JSON Lines", rows_of_jsonl)):
            with page.expect_download() as download:
                page.locator(".issues__tools a", has_text=name).press("Enter")
            rows = read(Path(download.value.path()))
            assert [row["code"] for row in rows] == ["nothing_taken", "unknown_label", "unknown_article"]
            assert "“Labels the project does not have”" in rows[1]["remedy"]
        tab_to(page, page.get_by_label("Figure"))
        page.keyboard.type("Quant")
        tab_to(page, page.get_by_role("button", name="Look again"))
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Import 2 readings").press("Enter", timeout=30_000)
        expect(page.locator("#content")).to_contain_text("Imported.", timeout=30_000)
        shot(page, "annotations-done")
        assert Task.objects.filter(project=project).submitted().count() == 2

        page.goto("/projects/harbour/releases/")
        again.press("Enter")
        ready = page.get_by_role("link", name="Download .zip")
        expect(ready).to_be_visible(timeout=40_000)
        looked_at(page, "releases-built")
        with page.expect_download() as download:
            tab_to(page, ready)
            page.keyboard.press("Enter")
        page.get_by_role("link", name="1.0.0").press("Enter")
        expect(page.get_by_role("link", name="data/annotations.jsonl")).to_be_visible()
        looked_at(page, "release")
    with zipfile.ZipFile(download.value.path()) as archive:
        manifest = json.loads(archive.read("harbour-1.0.0/manifest.json"))
    assert manifest["counts"]["articles"] == 1
    assert [row["reason"] for row in manifest["excluded"]] == ["Not news."]
    assert Release.objects.get().state == "built"


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def rows_of_jsonl(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
