"""A person's own settings: what is admitted, who gets what, what the first paint has of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import Refusal
from annotate.models import UserSettings
from annotate.operations.user_settings import change_settings, replace_settings
from annotate.user_settings import FIELDS, Choice, Settings, settings_of
from tests.factories import make_project, make_task, make_user

URL = "/api/v1/me/settings/"
DEFAULTS = {
    "theme": "system", "font_size": "normal", "line_height": "normal", "width": "normal", "density": "normal",
    "panel": "right", "snap": "words", "ask": "submit", "single_keys": True, "keys": {},
}  # fmt: skip


@pytest.fixture
def mara(client: Client) -> User:
    user = make_user("mara")
    client.force_login(user)
    return user


def send(client: Client, body: Any, method: str = "PUT") -> Any:
    return client.generic(method, URL, json.dumps(body), content_type="application/json")


def test_settings_begin_with_their_defaults():
    assert Settings().as_json() == DEFAULTS
    assert Settings().own == {}
    assert Settings().html_attributes == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"theme": "pink"}, "theme must be one of system, light, dark."),
        ({"theme": None}, "theme must be one of"),
        ({"theme": ["dark"]}, "theme must be one of"),
        ({"single_keys": 1}, "single_keys must be true or false."),
        ({"keys": []}, "keys must be an object"),
        ({"keys": {"undo": 7}}, "keys must be an object"),
        ({"keys": {"undo": "Ctrl+Alt+Delete+x"}}, "“undo” has none"),
        ({"keys": {"<b>": "x"}}, "“<b>” has none"),
        ({"keys": {"undo": "x", "redo": "x"}}, "each is given to one action only"),
        ({"keys": {f"a{n}": "" for n in range(101)}}, "at most 100 actions"),
        ({"font": "large"}, "There is no setting “font”; there are theme, font_size"),
    ],
)
def test_what_no_page_could_follow_is_refused_with_the_remedy(changes: dict[str, Any], words: str):
    with pytest.raises(Refusal, match=re.escape(words)):
        Settings().with_changes(changes)


@pytest.mark.parametrize("chord", ["", "x", "?", "Ctrl+z", "Ctrl+Shift+z", "Shift+ArrowLeft", "F2", "Delete", "ü"])
def test_keys_are_chords_as_the_keymap_writes_them(chord: str):
    assert Settings().with_changes({"keys": {"undo": chord}})["keys"] == {"undo": chord}


def test_two_actions_may_both_be_without_a_key():
    assert Settings().with_changes({"keys": {"undo": "", "redo": ""}}).own == {"keys": {"undo": "", "redo": ""}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "gone"]), json_values, max_size=4))
def test_whatever_is_stored_a_page_gets_settings_it_can_follow(document: dict[str, Any]):
    read = Settings(document)
    assert Settings().with_changes(read.as_json()).as_json() == read.as_json()


@pytest.mark.django_db
def test_the_api_gives_changes_and_replaces_them(client: Client, mara: User):
    assert client.get(URL).json() == DEFAULTS
    assert send(client, {"theme": "dark", "keys": {"undo": "Ctrl+y"}}).json() == {
        **DEFAULTS, "theme": "dark", "keys": {"undo": "Ctrl+y"},
    }  # fmt: skip
    assert send(client, {"ask": "once"}, "PATCH").json()["theme"] == "dark"
    assert client.get(URL).json() == {**DEFAULTS, "theme": "dark", "keys": {"undo": "Ctrl+y"}, "ask": "once"}
    assert send(client, {"width": "wide"}).json() == {**DEFAULTS, "width": "wide"}
    assert UserSettings.objects.get().document == {"width": "wide"}


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("body", [[], 7, "x", None, {"theme": "pink"}, {"x": 1}, {"keys": {"a": "\x00"}}])
def test_a_bad_body_changes_nothing(client: Client, mara: User, method: str, body: Any):
    change_settings(user=mara, changes={"width": "wide"})
    answer = send(client, body, method)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert {"code", "message"} <= set(answer.json())
    assert UserSettings.objects.get().document == {"width": "wide"}


@pytest.mark.django_db
def test_signed_out_there_are_no_settings(client: Client):
    assert client.get(URL).status_code == 401
    assert not UserSettings.objects.exists()


@pytest.mark.django_db
def test_everybody_has_their_own(client: Client, mara: User):
    replace_settings(user=make_user(), document={"theme": "dark"})
    assert client.get(URL).json() == DEFAULTS


@pytest.mark.django_db
def test_the_first_paint_has_them_on_every_page_without_another_query(
    client: Client, mara: User, django_assert_num_queries: Any
):
    project = make_project(members={mara: "annotator"})
    task = make_task(project, annotator=mara)
    page = reverse("annotate:task", args=[task.uuid])
    change_settings(user=mara, changes={"theme": "dark", "font_size": "huge", "panel": "left", "ask": "once"})
    client.get(page)
    with django_assert_num_queries(2):
        html = client.get(page).content.decode()
    opening = '<html lang="en" data-theme="dark" data-font-size="huge" data-panel="left">'
    assert opening in html
    assert "&quot;ask&quot;:&quot;once&quot;" in html
    assert opening in client.get("/").content.decode()
    assert " style=" not in html


@pytest.mark.django_db
def test_who_has_none_or_is_not_signed_in_gets_the_defaults(client: Client, mara: User):
    assert '<html lang="en">' in client.get("/").content.decode()
    client.logout()
    html = client.get("/accounts/login/").content.decode()
    assert '<html lang="en">' in html
    assert 'name="theme"' not in html


@pytest.mark.django_db
def test_the_admin_takes_up_the_theme(client: Client):
    boss = make_user("boss", is_staff=True, is_superuser=True)
    change_settings(user=boss, changes={"theme": "dark"})
    client.force_login(boss)
    assert f'<meta name="theme" content="dark" data-settings="{URL}">' in client.get("/admin/").content.decode()


@pytest.mark.django_db
def test_a_row_of_another_version_hurts_nobody(client: Client, mara: User):
    UserSettings.objects.create(user=mara, document={"theme": "sepia", "gone": 1, "width": "wide"})
    assert client.get(URL).json() == {**DEFAULTS, "width": "wide"}
    assert settings_of(mara).own == {"width": "wide"}


def test_every_look_has_its_rule_in_the_styles():
    folder = Path(site.BASE_DIR) / "annotate/static/annotate"
    css = "".join((folder / name).read_text(encoding="utf-8") for name in ("base.css", "labelling.css"))
    looks = [field for field in FIELDS.values() if isinstance(field, Choice) and field.attribute]
    assert len(looks) >= 6
    for field in looks:
        for value, _ in field.values:
            assert value in {field.default, "system"} or f'[{field.attribute}="{value}"]' in css


def memory(client: Client, slug: str, body: Any = None) -> Any:
    url = f"/api/v1/me/memory/{slug}/"
    if body is None:
        return client.get(url)
    return client.generic("PATCH", url, json.dumps(body), content_type="application/json")


@pytest.mark.django_db
def test_what_the_page_remembers_is_kept_for_one_person_in_one_project(client: Client, mara: User):
    other = make_user("other")
    here, there = (make_project(members={mara: "annotator", other: "annotator"}) for _ in range(2))
    assert memory(client, here.slug).json() == {}
    memory(client, here.slug, {"values": {"BIAS": {"target": "the mayor"}}})
    answer = memory(client, here.slug, {"guide": ["Mark the bridge."]})
    assert answer.json() == {"values": {"BIAS": {"target": "the mayor"}}, "guide": ["Mark the bridge."]}
    assert memory(client, here.slug).json() == answer.json()
    assert memory(client, there.slug).json() == {}
    client.force_login(other)
    assert memory(client, here.slug).json() == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"secrets": {}}, "unknown_memory"),
        ({"values": []}, "bad_memory"),
        ({"guide": "all"}, "bad_memory"),
        ({"guide": ["x" * 200_000]}, "bad_memory"),
        ({"guide": ["\0"]}, "bad_memory"),
        ({"guide": ["\ud800"]}, "bad_memory"),
    ],
)
def test_what_cannot_be_remembered_is_refused_and_changes_nothing(client: Client, mara: User, body: Any, code: str):
    project = make_project(members={mara: "annotator"})
    memory(client, project.slug, {"guide": ["kept"]})
    answer = memory(client, project.slug, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert memory(client, project.slug).json() == {"guide": ["kept"]}


@pytest.mark.django_db
def test_nothing_is_remembered_in_a_project_of_others(client: Client, mara: User):
    project = make_project()
    assert memory(client, project.slug).status_code == 404
    assert memory(client, project.slug, {"guide": []}).status_code == 404
