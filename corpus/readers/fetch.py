"""One page from the web, under a policy: the address that was checked is the address that is connected to."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from corpus.readers.fetch_policy import FetchPolicy
from corpus.readers.http_message import Response, decoded_body
from corpus.readers.options import MIB
from corpus.readers.rows import BadFieldError, excerpt_of

_PIECE = 64 * 1024
_ROBOTS_BYTES = 512 * 1024
_MOST_HEADERS = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Names that never lead to a public site; their addresses would be refused too.
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa")
_AGENT = "Slantwise"


@dataclass(frozen=True, slots=True)
class Fetched:
    """``url``: where the last redirect led."""

    url: str
    response: Response


@dataclass(slots=True)
class Fetcher:
    """Fetches one page after another, politely. Limits in bytes count packed and unpacked."""

    policy: FetchPolicy
    most: int
    expansion: int
    _robots: dict[str, RobotFileParser] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)

    def page(self, url: str) -> Fetched:
        """Raises BadFieldError whose message says what was refused or failed."""
        return self._follow(url, most=self.most, robots=True)

    def _follow(self, url: str, *, most: int, robots: bool) -> Fetched:
        for _ in range(self.policy.redirects + 1):
            target = Target.of(url, self.policy)
            if robots:
                self._check_robots(target)
            self._wait(target.host)
            response = self._get(target, most)
            if response.status not in _REDIRECTS or not response.headers.get("location"):
                return Fetched(target.url, response)
            url = _redirected(target.url, response.headers["location"])
        raise BadFieldError(
            "url",
            "too_many_redirects",
            f"The address redirects more than {self.policy.redirects} times. Use the last one itself.",
        )

    def _check_robots(self, target: Target) -> None:
        """RFC 9309: without a file everything is allowed; where it cannot be had, nothing is."""
        rules = self._robots.get(target.origin)
        if rules is None:
            rules = RobotFileParser()
            fetched = self._follow(f"{target.origin}/robots.txt", most=_ROBOTS_BYTES, robots=False)
            if fetched.response.status >= 500:
                rules.parse(["User-agent: *", "Disallow: /"])
            elif fetched.response.status >= 400:
                rules.parse(["User-agent: *", "Allow: /"])
            else:
                rules.parse(fetched.response.body.decode("utf-8", "replace").splitlines())
            self._robots[target.origin] = rules
        if not rules.can_fetch(_AGENT, target.url):
            raise BadFieldError(
                "url",
                "robots",
                "The site's robots.txt does not let programs fetch this address. Save the page in a browser.",
            )

    def _wait(self, host: str) -> None:
        before = self._last.get(host)
        if before is not None:
            time.sleep(max(0.0, before + self.policy.pause_seconds - time.monotonic()))
        self._last[host] = time.monotonic()

    def _get(self, target: Target, most: int) -> Response:
        """One request. Raises BadFieldError."""
        connection = PinnedConnection(target, self.policy)
        # Time-outs of single reads do not end a server that sends a byte now and then: this does.
        clock = threading.Timer(self.policy.total_seconds, connection.cut)
        clock.daemon = True
        clock.start()
        try:
            connection.request(
                "GET",
                target.path,
                headers={
                    "Host": target.netloc,
                    "User-Agent": self.policy.user_agent,
                    "Accept": "text/html,application/xhtml+xml;q=0.9",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                },
            )
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()[:_MOST_HEADERS]}
            body = b"" if answer.status in _REDIRECTS else _body(answer, headers, most)
            if connection.was_cut:
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, BadFieldError):
                raise
            raise failure(error, self.policy, cut=connection.was_cut) from None
        finally:
            clock.cancel()
            connection.close()
        headers.pop("transfer-encoding", None)  # undone by http.client
        response = Response(answer.status, headers, body)
        unpacked = decoded_body(response, most=most, expansion=self.expansion)
        headers.pop("content-encoding", None)
        return Response(answer.status, headers, unpacked)


def failure(error: Exception, policy: FetchPolicy, *, cut: bool) -> BadFieldError:
    """What went wrong on the way, as a refusal with its remedy."""
    if cut or isinstance(error, TimeoutError):
        return BadFieldError(
            "url",
            "timeout",
            f"The server did not answer in full within {policy.total_seconds:g} seconds. Try again later.",
        )
    if isinstance(error, ssl.SSLError):
        return BadFieldError(
            "url",
            "tls",
            f"The connection is not safe: {_reason(error)}. Save the page in a browser if you trust it.",
        )
    return BadFieldError(
        "url",
        "unreachable",
        f"The page cannot be fetched: {_reason(error)}. Check the address, or try again later.",
    )


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be asked: its name was resolved, and all it resolved to was permitted."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    netloc: str
    addresses: tuple[str, ...]

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @classmethod
    def of(cls, url: str, policy: FetchPolicy) -> Target:
        """Raises BadFieldError."""
        try:
            parts = urlsplit(url.strip())
            host = (parts.hostname or "").rstrip(".")
            port = parts.port or (443 if parts.scheme == "https" else 80)
            literal = ":" in host
            name = host if literal else host.encode("idna").decode("ascii").lower()
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            sent = path.encode("ascii", "backslashreplace").decode() if path.isascii() else _quoted(path)
        except (ValueError, UnicodeError):
            raise BadFieldError(
                "url", "bad_url", "This is no web address. Write http:// or https:// and a host."
            ) from None
        if parts.scheme not in ("http", "https") or not name or any(c <= " " or c == "\x7f" for c in sent):
            raise BadFieldError("url", "bad_url", "This is no web address. Write http:// or https:// and a host.")
        if parts.username is not None or parts.password is not None:
            raise BadFieldError(
                "url", "credentials", "Addresses with a user name or password are not fetched. Take them out."
            )
        if port not in policy.ports:
            allowed = ", ".join(map(str, sorted(policy.ports)))
            raise BadFieldError(
                "url", "bad_port", f"Port {port} is not asked; only {allowed}. Save the page in a browser."
            )
        usual = 443 if parts.scheme == "https" else 80
        shown = f"[{name}]" if literal else name
        netloc = shown if port == usual else f"{shown}:{port}"
        addresses = _checked(name, port, policy)
        return cls(f"{parts.scheme}://{netloc}{sent}", parts.scheme, name, port, sent, netloc, addresses)


def _checked(host: str, port: int, policy: FetchPolicy) -> tuple[str, ...]:
    """The host's addresses; one that is not permitted refuses them all, since an answer may mix them on purpose."""
    if any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES):
        _refuse(host)
    try:
        addresses = tuple(dict.fromkeys((policy.resolve or _resolved)(host, port)))
    except (OSError, UnicodeError):
        addresses = ()
    if not addresses:
        raise BadFieldError(
            "url",
            "unresolved",
            f"The host {excerpt_of(host)[:100]} has no address. Check how it is spelt, or try again later.",
        )
    if not all(policy.permits(address) for address in addresses):
        _refuse(host)
    return addresses


def _refuse(host: str) -> NoReturn:
    raise BadFieldError(
        "url",
        "private_address",
        f"{excerpt_of(host)[:100]} is not on the public Internet, and other addresses are never fetched. Save the page in a browser.",
    )


def _resolved(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _quoted(path: str) -> str:
    return "".join(c if c.isascii() else "".join(f"%{byte:02X}" for byte in c.encode("utf-8")) for c in path)


def _redirected(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        raise BadFieldError("url", "bad_url", "The address redirects to one that is none. Leave it out.") from None


class PinnedConnection(http.client.HTTPConnection):
    """Connects to a checked address, whatever the name resolves to by now; no proxy, no cookie."""

    def __init__(self, target: Target, policy: FetchPolicy) -> None:
        super().__init__(target.host, target.port, timeout=policy.connect_seconds)
        self._target = target
        self._policy = policy
        self.was_cut = False
        # http.client lets go of its socket once the header is there and the server will close.
        self._live: socket.socket | None = None

    def connect(self) -> None:
        failed: OSError | None = None
        for address in self._target.addresses:
            try:
                # Numbers only: nothing is looked up again.
                self.sock = socket.create_connection((address, self._target.port), timeout=self._policy.connect_seconds)
                break
            except OSError as error:
                failed = error
        else:
            raise failed or OSError("no address")
        self._live = self.sock
        if self._target.scheme == "https":
            context = self._policy.tls or ssl.create_default_context()
            # Not within wrap_socket: while it shakes hands there, the clock could not end it.
            wrapped = context.wrap_socket(self.sock, server_hostname=self._target.host, do_handshake_on_connect=False)
            self.sock = self._live = wrapped
            wrapped.do_handshake()
        if self.was_cut:
            raise TimeoutError

    def cut(self) -> None:
        """End a request from the clock's thread."""
        self.was_cut = True
        if self._live is not None:
            with suppress(OSError):
                self._live.shutdown(socket.SHUT_RDWR)


def _body(answer: http.client.HTTPResponse, headers: dict[str, str], most: int) -> bytes:
    """At most ``most`` bytes as sent; one that breaks off is refused. Raises BadFieldError, OSError, HTTPException."""
    pieces: list[bytes] = []
    length = 0
    while piece := answer.read1(_PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > most:
            raise BadFieldError(
                "text", "too_large", f"The page is larger than {most / MIB:.3g} MB (IMPORT_RECORD_KIB). Leave it out."
            )
    said = headers.get("content-length", "")
    if "transfer-encoding" not in headers and said.isdigit() and length < int(said[:18]):
        raise BadFieldError("text", "broken_record", "The page broke off while it was sent. Try again later.")
    return b"".join(pieces)


def _reason(error: Exception) -> str:
    return excerpt_of(getattr(error, "strerror", None) or str(error) or type(error).__name__)[:100].rstrip(".")
