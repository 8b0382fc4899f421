"""The list of articles in the browser: keys, filters that take effect at once, and nothing that needs them."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from corpus.operations.search import index_articles
from tests.factories import PASSWORD, make_article, make_outlet, make_project, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def address(live_server: LiveServer) -> str:
    rui: User = make_user("rui")
    wire, post = make_outlet("Northgate Wire"), make_outlet("Harbour Post")
    articles = [make_article(f"Walk {n}\n\nPeople walked {n}.", wire if n % 2 else post) for n in range(6)]
    project = make_project(articles=articles, members={rui: "researcher"}, slug="walks")
    index_articles()
    return f"{live_server.url}/projects/{project.slug}/articles/"


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, address: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_server.url}/accounts/login/")
    page.fill("[name=username]", "rui")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{live_server.url}/")
    page.goto(address)
    yield page
    context.close()
    assert said == []


def test_keys_lead_to_the_search_field_and_through_the_articles(page: Page, address: str) -> None:
    focused = "document.activeElement.textContent.trim()"
    page.keyboard.press("j")
    first = page.evaluate(focused)
    page.keyboard.press("j")
    second = page.evaluate(focused)
    page.keyboard.press("k")
    assert [first, second, page.evaluate(focused)] == ["Walk 5", "Walk 4", "Walk 5"]

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("jk/")
    assert page.input_value("[name=q]") == "jk/"

    page.fill("[name=q]", "walked 3")
    page.keyboard.press("Enter")
    page.wait_for_selector("#results mark")
    assert page.url == f"{address}?q=walked+3"
    assert page.locator("[data-result]").all_text_contents() == ["Walk 3"]
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Walk 3')")


def test_a_filter_takes_effect_at_once_and_goes_with_its_chip(page: Page, address: str) -> None:
    page.fill("[name=outlet]", "Harbour Post")
    page.press("[name=outlet]", "Tab")
    page.wait_for_selector(".chip")
    assert page.url == f"{address}?outlet=Harbour+Post"
    assert page.locator("[data-result]").count() == 3

    page.click(".chip")
    page.wait_for_url(address)
    assert page.locator("[data-result]").count() == 6
    page.go_back()
    page.wait_for_selector(".chip")
    assert page.locator("[data-result]").count() == 3


def test_the_list_fits_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}?q=walk")

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not page.is_visible("[name=outlet]")


def test_it_works_without_scripts(chromium: Browser, page: Page, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(address)
    plain.fill("[name=outlet]", "Harbour Post")
    plain.fill("[name=q]", "walk")
    plain.click("button:has-text('Search')")

    assert plain.locator("[data-result]").count() == 3
    assert plain.locator(".chip").count() == 2
    context.close()
