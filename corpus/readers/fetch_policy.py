"""Whether and how pages are fetched: which addresses on the network may be reached at all."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

# Beside what Python calls not global, whose tables differ by version: a cloud's own service behind a public address, the
# 6to4 relays, and the rest of IANA's special-purpose registries.
_REFUSED = tuple(
    ip_network(name)
    for name in (
        "168.63.129.16/32", "192.88.99.0/24", "192.0.0.0/24", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "100::/63",
    )
)  # fmt: skip
_NAT64 = ip_network("64:ff9b::/96")
_IPV4_COMPATIBLE = ip_network("::/96")


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Pages are fetched under these terms. ``allowed``: networks that may be reached although they are not public.

    ``pause_seconds`` lie between two requests to one host. ``resolve`` gives the addresses of a name, by default the
    system's; ``tls`` replaces the system's certificates.
    """

    allowed: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({80, 443})
    connect_seconds: float = 10
    total_seconds: float = 60
    redirects: int = 5
    pause_seconds: float = 1
    user_agent: str = "Slantwise/0.1 (imports articles for research; obeys robots.txt)"
    resolve: Callable[[str, int], Sequence[str]] | None = None
    tls: ssl.SSLContext | None = None

    def permits(self, address: str) -> bool:
        """Whether this address, as a resolver gave it, may be connected to."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found.version == network.version and found in network for network in self.allowed) or is_public(
            found
        )


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public Internet, by its own number and by any IPv4 address inside it.

    Refused are private, loopback, link-local (clouds' metadata services), shared (100.64/10), multicast, reserved and
    unique-local addresses, and the same ones mapped, translated or tunnelled (::ffff:…, NAT64, 6to4, Teredo).
    """
    if isinstance(address, IPv6Address):
        if address.scope_id or address.is_site_local:
            return False
        inner = _inside(address)
        if inner:
            return all(is_public(one) for one in inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address.version == network.version and address in network for network in _REFUSED)
    )


def _inside(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that packets to this one end up at."""
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return []
