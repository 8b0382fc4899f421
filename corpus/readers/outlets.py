"""An outlet's name from the host of an address, where nothing better is known."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# First parts of a host that name a view of the site, not the site.
_VIEWS = frozenset({"www", "www2", "www3", "m", "mobile", "amp", "edition", "us", "uk", "eu", "en", "es", "de", "fr"})
_NUMBERS = re.compile(r"[\d.]+|\[.*|.*:.*")
# Second-level registries such as .co.uk or .com.mx: a short generic name before a country of two letters.
_GENERIC = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gouv", "govt", "info", "net", "ne", "or", "org", "web"})


def outlet_of_host(host: str) -> str:
    """``edition.cnn.com`` → ``cnn.com``; ``www.bbc.co.uk`` → ``bbc.co.uk``; "" for an address in numbers.

    The rule is simple on purpose and needs no list of suffixes: leading parts that name a view (``www``, ``m``, ``amp``,
    a language) are dropped as long as a name and its registry remain. Another first part stays, since
    ``blog.example.org`` may well be another outlet than ``example.org``.
    """
    name = host.strip().rstrip(".").lower()
    if not name or "." not in name or _NUMBERS.fullmatch(name):
        return ""
    parts = name.split(".")
    while len(parts) > _least(parts) and parts[0] in _VIEWS:
        parts = parts[1:]
    return _readable(".".join(parts))


def outlet_of_url(url: str) -> str:
    """The outlet's name by the address's host; "" where it has none."""
    try:
        return outlet_of_host(urlsplit(url.strip()).hostname or "")
    except ValueError:
        return ""


def _least(parts: list[str]) -> int:
    """How many parts a site's name has at least: three under ``co.uk`` and the like, else two."""
    return 3 if len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in _GENERIC else 2


def _readable(name: str) -> str:
    """Letters instead of ``xn--…``, if they can be read."""
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name
