"""Which addresses webhooks may reach: the rules of imports (``corpus.readers.fetch_policy``), with its own networks."""

from functools import lru_cache
from ipaddress import ip_network

from django.conf import settings

from corpus.readers.fetch_policy import FetchPolicy

CONNECT_SECONDS = 5
TOTAL_SECONDS = 10
_ANY_PORT = range(1, 65536)


def policy() -> FetchPolicy:
    """As ``settings.WEBHOOK_NETWORKS`` has it: the public Internet by https, and the networks named there on any port."""
    return _policy(tuple(settings.WEBHOOK_NETWORKS))


@lru_cache(maxsize=4)
def _policy(networks: tuple[str, ...]) -> FetchPolicy:
    return FetchPolicy(
        allowed=tuple(ip_network(name) for name in networks),
        ports=frozenset(_ANY_PORT) if networks else frozenset({80, 443}),
        connect_seconds=CONNECT_SECONDS,
        total_seconds=TOTAL_SECONDS,
        redirects=0,
        user_agent="Slantwise/0.1 (webhooks)",
    )


def refusal(url: str) -> str:
    """Why an address is not posted to whatever it resolves to, and what to do; "" where it may be tried."""
    if not url.startswith("https://") and not settings.WEBHOOK_NETWORKS:
        return "Only https is posted to: events must not travel in the clear."
    return ""
