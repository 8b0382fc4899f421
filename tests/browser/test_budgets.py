"""What the labelling page weighs and how it comes up, as a browser meets it."""

import gzip
import re
import urllib.request
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from annotate.models import Task
from tests.browser.test_labelling import sign_in
from tests.factories import make_article, make_project, make_task, make_user
from tests.service import running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PACKED, RAW = 60_000, 200_000
IMPORTED = re.compile(r"""(?:from|import\()\s*"(\./[^"]+)"|^import "(\./[^"]+)";""", re.MULTILINE)
SHIFTS = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().map(({ value, sources }) =>
    [value, sources.map(({ node }) => node?.id || node?.className || node?.nodeName)]))).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve([]), 1500);
})"""


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with running(workers=1, threads=6) as url:
        yield url


@pytest.fixture
def task() -> Task:
    annotator = make_user("weigher")
    return make_task(make_project(members={annotator: "annotator"}), make_article(), annotator)


@pytest.fixture
def context(chromium: Browser, address: str, task: Task) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=address) as context:
        sign_in(context, task)
        yield context


def opened(context: BrowserContext, task: Task) -> tuple[Page, list[Request]]:
    page = context.new_page()
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - playwright writes on its handlers
    page.goto(f"/tasks/{task.uuid}/")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_load_state("networkidle")
    return page, requests


def fetched(url: str) -> tuple[bytes, bytes]:
    """(as sent, as read) of a file whose sender packs it."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        sent = answer.read()
        return sent, gzip.decompress(sent) if answer.headers["Content-Encoding"] == "gzip" else sent


def with_imports(urls: set[str], *, lazy: bool) -> dict[str, tuple[bytes, bytes]]:
    """The files and all that they import, also on first use where ``lazy``."""
    found: dict[str, tuple[bytes, bytes]] = {}
    wanted = set(urls)
    while wanted - found.keys():
        url = (wanted - found.keys()).pop()
        found[url] = fetched(url)
        for match in IMPORTED.finditer(found[url][1].decode()) if url.endswith(".js") else ():
            if lazy or "import(" not in match[0]:
                wanted.add(urljoin(url, match[1] or match[2]))
    return found


def test_scripts_and_styles_stay_within_their_weight(context, task, record_property):
    _, requests = opened(context, task)
    urls = {request.url for request in requests if request.resource_type in ("script", "stylesheet")}
    files = with_imports(urls, lazy=True)
    packed, raw = (sum(len(file[part]) for file in files.values()) for part in range(2))
    record_property("packed_bytes", packed)
    record_property("raw_bytes", raw)
    weights = sorted(((len(sent), urlsplit(url).path) for url, (sent, _) in files.items()), reverse=True)
    assert packed < PACKED, weights
    assert raw < RAW


def test_nothing_is_asked_of_another_host(context, task, address):
    _, requests = opened(context, task)
    assert len(requests) > 5
    assert {urlsplit(request.url).netloc for request in requests if not request.url.startswith("data:")} == {
        urlsplit(address).netloc
    }


def test_modules_are_fetched_before_they_are_found(context, task):
    """No module waits for the one that imports it."""
    page, requests = opened(context, task)
    named = set(page.eval_on_selector_all("link[rel=modulepreload]", "(links) => links.map(({ href }) => href)"))
    entry = page.eval_on_selector("script[src*='task.js']", "(script) => script.src")
    assert named == with_imports({entry}, lazy=False).keys() - {entry}
    counted = [request.url for request in requests if request.resource_type == "script"]
    assert len(counted) == len(set(counted))


@pytest.mark.parametrize("viewport", [(1400, 900), (390, 844)], ids=["desktop", "phone"])
def test_nothing_moves_after_the_first_paint(context, task, viewport, record_property):
    page, _ = opened(context, task)
    page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(SHIFTS) == []
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    record_property("first_contentful_paint_ms", round(paint))
    assert paint > 0
