"""Readers of environment variables: typed, and loud where a value is odd."""

import importlib
import os
from ipaddress import ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}


def boolean(name: str, *, default: bool) -> bool:
    """``1/true/yes/on`` or ``0/false/no/off``; anything else is refused."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; set it to 1 or 0.")


def integer(name: str, *, default: int, least: int = 0) -> int:
    """A whole number of at least ``least``."""
    value = os.environ.get(name, "")
    if not value:
        return default
    if not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a whole number of at least {least}.")
    return int(value)


def processors(*, most: int) -> int:
    """How many processes are worth starting beside ours: none where there is one processor."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, most) if usable > 1 else 0


def words(name: str, *, default: str) -> list[str]:
    """Comma-separated words, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def networks(name: str, *, default: str) -> list[str]:
    """Comma-separated networks such as 10.1.0.0/16 or fd00::/8."""
    found = words(name, default=default)
    for word in found:
        try:
            ip_network(word)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} names {word!r}, which is no network; write them like 10.1.0.0/16, with commas between."
            ) from None
    return found


def write_once(path: Path, content: str) -> str:
    """What ``path`` holds after writing ``content`` there (0600) unless somebody was first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and linked into place: a reader never sees half a key, and two writers agree on one.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        content = path.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()
    return content


def start_sentry(dsn: str) -> None:
    """Report errors to Sentry; needs the extra ``sentry``."""
    try:
        sentry_sdk = importlib.import_module("sentry_sdk")
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set: install the extra with pip install 'slantwise[sentry]'."
        ) from error
    sentry_sdk.init(dsn=dsn, send_default_pii=False)
