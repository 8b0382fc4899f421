"""What all tests share: how many inputs are tried, a browser, Node, and the rule that neither is skipped in CI."""

import gc
import os
import shutil
from collections.abc import Generator, Iterator

import pytest
from django.db import connection
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

# Inputs of each property test. Machines differ in speed, so a test has no deadline; readers have one of their own.
settings.register_profile("default", max_examples=200, deadline=None, print_blob=True)
settings.register_profile("nightly", settings.get_profile("default"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "default")

IN_CI = os.environ.get("CI") == "true" or os.environ.get("SLANTWISE_CI") == "1"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a browser or Node test that skips is a failure: nobody reads the list of skips there."""
    report = yield
    needed = [name for name in ("browser", "node") if item.get_closest_marker(name)]
    if IN_CI and needed and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"A {needed[0]} test must not skip in CI: {report.longrepr}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI a browser test may be tried once more: on a busy machine Chromium is slow at times. The summary names it.

    What takes long begins first there, so that at the end no process waits for another one's last file.
    """
    if IN_CI:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))
        long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
        items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the collector need not go through them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's, which drops the database at the end: not while a killed server's connection is still there."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless Chromium of this machine; mark the test with ``browser``."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed (on Debian: apt-get install chromium)")
    # Playwright's synchronous calls run a loop in this thread, in which Django would refuse every query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node (22 or newer is known to do); mark the test with ``node``."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("Node is not installed (on Debian: apt-get install nodejs)")
    return path
