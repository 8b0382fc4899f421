"""A person's own settings: what there is to set, its values and defaults, and how a page takes it up.

A choice that changes the look becomes an attribute of <html>, so that the first paint has it; base.css and labelling.css
say what each value means. Numbers and lengths are not stored: a named value cannot make a page unreadable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User

from annotate.errors import Refusal
from annotate.models import ProjectMemory, UserSettings
from annotate.values import is_storable

MOST_KEYS = 100
# Characters of JSON that one name of the labelling page's memory may have: guidelines of some thirty thousand words.
LONGEST_MEMORY = 200_000
_ACTION = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,39}")
# As keymap.js writes a chord; the empty one: this action has no key.
_CHORD = re.compile(r"|(Ctrl\+)?(Shift\+)?(\S|Space|[A-Z][A-Za-z0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values. ``attribute``: of <html>, where the look follows."""

    title: str
    default: str
    values: tuple[tuple[str, str], ...]
    attribute: str = ""
    help: str = ""

    def check(self, value: Any) -> str:
        codes = [code for code, _ in self.values]
        if not isinstance(value, str) or value not in codes:
            raise ValueError(f"one of {', '.join(codes)}")
        return value


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    title: str
    default: bool
    help: str = ""

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("true or false")
        return value


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of one's own: {action: chord}, both as keymap.js names them."""

    title: str
    help: str = ""

    @property
    def default(self) -> dict[str, str]:
        return {}

    def check(self, value: Any) -> dict[str, str]:
        words = f"an object of at most {MOST_KEYS} actions with their keys"
        if not isinstance(value, dict) or len(value) > MOST_KEYS:
            raise ValueError(words)
        for action, chord in value.items():
            written = isinstance(chord, str) and chord.isprintable() and _CHORD.fullmatch(chord)
            if not written or not _ACTION.fullmatch(action):
                raise ValueError(f'{words}, such as {{"undo": "Ctrl+z"}}; “{str(action)[:40]}” has none')
        chords = [chord for chord in value.values() if chord]
        if len(set(chords)) < len(chords):
            raise ValueError("keys of which each is given to one action only")
        return value


Field = Choice | Switch | Keys

# A new setting is one row here; its default must be what people had before.
FIELDS: dict[str, Field] = {
    "theme": Choice("Theme", "system", (("system", "System"), ("light", "Light"), ("dark", "Dark")), "data-theme"),
    "font_size": Choice(
        "Text size",
        "normal",
        (("small", "Small"), ("normal", "Normal"), ("large", "Large"), ("huge", "Huge")),
        "data-font-size",
    ),
    "line_height": Choice(
        "Line height", "normal", (("tight", "Tight"), ("normal", "Normal"), ("loose", "Loose")), "data-line-height"
    ),
    "width": Choice(
        "Column width", "normal", (("narrow", "Narrow"), ("normal", "Normal"), ("wide", "Wide")), "data-width"
    ),
    "density": Choice("Lists and forms", "normal", (("compact", "Compact"), ("normal", "Roomy")), "data-density"),
    "panel": Choice("Panel of marks", "right", (("left", "On the left"), ("right", "On the right")), "data-panel"),
    "snap": Choice(
        "Selections snap to",
        "words",
        (("words", "Whole words"), ("characters", "Characters")),
        help="Alt turns it round.",
    ),
    "ask": Choice("Required attributes", "submit", (("submit", "Asked for at submit"), ("once", "Asked for at once"))),
    "single_keys": Switch("Single-key shortcuts", default=True, help="Letters and digits without Ctrl."),
    "keys": Keys("Own keys"),
}


class Settings:
    """A person's settings, defaults filled in."""

    __slots__ = ("_own",)

    def __init__(self, own: Mapping[str, Any] | None = None) -> None:
        """``own``: as stored. What this version does not know, or no longer admits, counts as not set."""
        self._own = {name: value for name, value in (own or {}).items() if _admitted(name, value)}

    def __getitem__(self, name: str) -> Any:
        return self._own.get(name, FIELDS[name].default)

    def as_json(self) -> dict[str, Any]:
        return {name: self[name] for name in FIELDS}

    def as_text(self) -> str:
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":"))

    @property
    def own(self) -> dict[str, Any]:
        """What differs from the defaults: the document that is stored."""
        return {name: value for name, value in self._own.items() if value != FIELDS[name].default}

    @property
    def html_attributes(self) -> dict[str, str]:
        """Attributes of <html>; none for what is at its default."""
        return {
            field.attribute: self[name]
            for name, field in FIELDS.items()
            if isinstance(field, Choice) and field.attribute and self[name] != field.default
        }

    def with_changes(self, changes: Mapping[str, Any]) -> Settings:
        """These with some changed; Refusal names the first that is unknown or has no such value."""
        for name, value in changes.items():
            field = FIELDS.get(name)
            if field is None:
                raise Refusal("unknown_setting", f"There is no setting “{name[:40]}”; there are {', '.join(FIELDS)}.")
            try:
                field.check(value)
            except ValueError as error:
                raise Refusal("bad_setting", f"{name} must be {error}.") from None
        return Settings({**self._own, **changes})


def settings_of(user: User | AnonymousUser) -> Settings:
    """The person's settings; no query where the account came with its session. Defaults for who is not signed in."""
    if not user.is_authenticated:
        return Settings()
    try:
        return Settings(user.own_settings.document)
    except UserSettings.DoesNotExist:
        return Settings()


# What the labelling page remembers in a project: {label: {attribute: value last given}}, the guidelines' paragraphs.
MEMORY = {"values": dict, "guide": list}


def check_memory(changes: Mapping[str, Any]) -> None:
    """Raises Refusal where a name is unknown, or its value is of another kind, too long, or cannot be stored."""
    for name, value in changes.items():
        kind = MEMORY.get(name)
        if kind is None:
            raise Refusal("unknown_memory", f"Nothing is remembered under “{name[:40]}”; only {', '.join(MEMORY)} are.")
        text = json.dumps(value, ensure_ascii=False)
        if not isinstance(value, kind) or len(text) > LONGEST_MEMORY or not is_storable(text) or "\\u0000" in text:
            words = "an object" if kind is dict else "a list"
            raise Refusal(
                "bad_memory", f"{name} must be {words} of at most {LONGEST_MEMORY:,} characters, without NUL."
            )


def memory_of(user: User, slug: str) -> dict[str, Any]:
    """What is remembered for the person in the project of this name; empty where nothing is."""
    row = ProjectMemory.objects.filter(user=user, project__slug=slug).first()
    return {} if row is None else row.document


def bring_settings(user: User, document: str | None) -> None:
    """Tell ``user`` its row, read together with the account (its document as JSON; None: there is no row)."""
    row = None if document is None else UserSettings(user=user, document=json.loads(document))
    UserSettings._meta.get_field("user").remote_field.set_cached_value(user, row)


def _admitted(name: str, value: Any) -> bool:
    field = FIELDS.get(name)
    if field is None:
        return False
    try:
        field.check(value)
    except ValueError:
        return False
    return True
