"""Pages are fetched from the public Internet only, whatever names, redirects and servers try. A real server on 127.0.0.1."""

import contextlib
import gzip
import io
import shutil
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network

import pytest

from corpus.readers import ImportRow, Limits, ReadOptions, read, upload
from corpus.readers.fetch_policy import FetchPolicy, is_public
from tests.corpus.readers.pages import TITLE, page

HERE = ip_network("127.0.0.1/32")
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Server:
    """Answers by path: (status, headers, body), or a function that is given the handler. ``asked`` is what came in."""

    def __init__(self, context=None):
        self.answers = {"/robots.txt": (404, {}, b"")}
        self.asked = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.asked.append((self.path, dict(self.headers)))
                answer = server.answers.get(self.path, (404, HTML, b"nothing"))
                self.close_connection = True
                if callable(answer):
                    with contextlib.suppress(OSError):
                        answer(self)
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_port
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *args):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def paths(self):
        return [path for path, _ in self.asked if path != "/robots.txt"]

    def url(self, path="/a", host="news.example"):
        return f"http://{host}:{self.port}{path}"

    def policy(self, **chosen):
        terms = {"allowed": (HERE,), "ports": frozenset({self.port}), "pause_seconds": 0, "total_seconds": 5,
                 "resolve": lambda host, port: {"news.example": ["127.0.0.1"]}.get(host, [host])}  # fmt: skip
        return FetchPolicy(**(terms | chosen))


@pytest.fixture
def server():
    with Server() as running:
        running.answers["/a"] = (200, HTML, page().encode())
        yield running


def _fetch(policy, *urls, **options):
    listed = "".join(f"{url}\n" for url in urls).encode()
    return list(read([upload("a.urls", io.BytesIO(listed))], ReadOptions(fetch=policy, **options)))


def _codes(outcomes):
    return [o.fields.get("title") if isinstance(o, ImportRow) else o.code for o in outcomes]


def test_fetching_is_off_unless_switched_on(server):
    [rejection] = _fetch(None, server.url())

    assert rejection.code == "fetch_off"
    assert "IMPORT_FETCH=1" in rejection.message
    assert server.asked == []


def test_a_list_becomes_its_pages(server):
    server.answers["/b"] = (200, HTML, page(title="Another").encode())

    outcomes = _fetch(
        server.policy(), "\ufeff# two pages", "", server.url(), server.url(), server.url("/b"), server.url("/c")
    )

    assert _codes(outcomes) == [TITLE, "Another", "http_status"]
    assert [o.line for o in outcomes] == [3, 5, 6]
    assert (outcomes[0].fields["url"], outcomes[0].outlet) == (server.url(), "news.example")
    assert server.paths == ["/a", "/b", "/c"]
    headers = server.asked[-1][1]
    assert headers["User-Agent"].startswith("Slantwise/")
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
        "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%1", "fec0::1", "fc00::1",
        "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "100::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address):
    assert not is_public(ip_address(address))
    assert not FetchPolicy().permits(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]
)
def test_public_addresses_are_permitted(address):
    assert is_public(ip_address(address))


def test_what_is_no_address_is_not_permitted():
    assert not FetchPolicy().permits("news.example")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/a", "http://localhost:{port}/a", "http://localhost.:{port}/a", "http://x.localhost:{port}/a",
        "http://[::1]:{port}/a", "http://[::ffff:127.0.0.1]:{port}/a", "http://127.1:{port}/a", "http://2130706433:{port}/a",
        "http://0x7f000001:{port}/a", "http://0:{port}/a", "http://metadata.google.internal:{port}/", "http://printer.local:{port}/",
    ],
)  # fmt: skip
def test_the_guard_refuses_this_machine_by_every_name(server, url):
    policy = FetchPolicy(ports=frozenset({server.port}), pause_seconds=0)

    assert _codes(_fetch(policy, url.format(port=server.port))) in (["private_address"], ["unresolved"])
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://news.example/a", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://news.example/a", "bad_url"),
        ("news.example/a", "bad_url"),
        ("http://", "bad_url"),
        ("http://[x", "bad_url"),
        ("http://news.example:99999/a", "bad_url"),
        ("http://news.example/a b", "bad_url"),
        (f"http://{'a' * 70}.example/", "bad_url"),
        ("http://news.example:22/a", "bad_port"),
        ("http://user:secret@news.example/a", "credentials"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("https://nowhere.invalid/a", "unresolved"),
    ],
)
def test_addresses_that_are_not_fetched(url, code):
    [rejection] = _fetch(
        FetchPolicy(pause_seconds=0, resolve=lambda host, port: [] if "invalid" in host else [host]), url
    )

    assert rejection.code == code
    assert rejection.message.endswith(".")


def test_one_private_address_among_public_ones_refuses_the_name(server):
    policy = server.policy(resolve=lambda host, port: ["127.0.0.1", "10.0.0.1"])

    assert _codes(_fetch(policy, server.url())) == ["private_address"]
    assert server.asked == []


def test_the_address_that_was_checked_is_connected_to(server):
    """DNS rebinding: the name would lead elsewhere at a second look, and never gets one within a request."""
    looked = []

    def resolve(host, port):
        looked.append(host)
        return ["127.0.0.1"]

    assert _codes(_fetch(server.policy(resolve=resolve), server.url())) == [TITLE]
    assert len(looked) == 2  # one look for the page, one for robots.txt


def _redirect(location, status=302):
    return (status, {"Location": location}, b"")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server, status):
    server.answers["/old"] = _redirect("/a", status)

    [row] = _fetch(server.policy(), server.url("/old"))

    assert row.fields["url"] == server.url("/a")


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.2:{port}/a", "http://10.0.0.1:{port}/a", "//127.0.0.2:{port}/a", "http://169.254.169.254:{port}/", "http://[::1]:{port}/a",
     "http://localhost:{port}/a", "http://evil.example:{port}/a"],
)  # fmt: skip
def test_a_redirect_to_a_private_address_is_refused(server, location):
    names = {"news.example": ["127.0.0.1"], "evil.example": ["10.0.0.1"]}
    server.answers["/old"] = _redirect(location.format(port=server.port))
    policy = server.policy(resolve=lambda host, port: names.get(host, [host]))

    assert _codes(_fetch(policy, server.url("/old"))) == ["private_address"]
    assert server.paths == ["/old"]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("file:///etc/passwd", "bad_url"),
        ("http://news.example:22/", "bad_port"),
        ("http://u:p@news.example/", "credentials"),
        ("http://[", "bad_url"),
    ],
)
def test_a_redirect_is_judged_like_an_address(server, location, code):
    server.answers["/old"] = _redirect(location)

    assert _codes(_fetch(server.policy(), server.url("/old"))) == [code]


def test_endless_redirects_end(server):
    server.answers["/old"] = _redirect("/old")

    assert _codes(_fetch(server.policy(), server.url("/old"))) == ["too_many_redirects"]
    assert len(server.paths) == 6


def test_robots_txt_is_obeyed_and_asked_once(server):
    server.answers["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /private\n")
    server.answers["/private/a"] = (200, HTML, page().encode())

    assert _codes(_fetch(server.policy(), server.url(), server.url("/private/a"))) == [TITLE, "robots"]
    assert [path for path, _ in server.asked] == ["/robots.txt", "/a"]


def test_a_site_whose_robots_txt_fails_is_left_alone(server):
    server.answers["/robots.txt"] = (503, {}, b"")

    assert _codes(_fetch(server.policy(), server.url())) == ["robots"]


def _endless(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    while True:
        handler.wfile.write(b"<p>Some words.</p>" * 5000)


def _dripping(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def _dripping_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def _silent(handler):
    time.sleep(1.5)


def _broken(handler):
    handler.wfile.write(b"not HTTP at all\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(_endless, "too_large", id="endless"),
        pytest.param(_dripping, "timeout", id="drop by drop"),
        pytest.param(_dripping_headers, "timeout", id="header drop by drop"),
        pytest.param(_silent, "timeout", id="silent"),
        pytest.param(_broken, "unreachable", id="no HTTP"),
        pytest.param((200, {"Content-Type": "application/pdf"}, b"%PDF"), "not_a_page", id="other type"),
        pytest.param((200, {}, b"words"), "not_a_page", id="no type"),
        pytest.param((404, HTML, page().encode()), "http_status", id="404"),
        pytest.param((200, HTML | {"Content-Length": "99999"}, b"<p>cut"), "broken_record", id="cut off"),
        pytest.param((200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(b" " * (60 << 20))), "expansion", id="bomb"),
        pytest.param((200, HTML, b"<html></html>"), "no_article", id="no article"),
    ],
)  # fmt: skip
def test_what_a_server_does_costs_its_own_page_only(server, answer, code):
    server.answers["/bad"] = answer
    started = time.monotonic()

    outcomes = _fetch(
        server.policy(total_seconds=0.7), server.url("/bad"), server.url(), limits=Limits(record_bytes=1 << 20)
    )

    assert _codes(outcomes) == [code, TITLE]
    assert time.monotonic() - started < 10


def test_a_packed_answer_is_unpacked(server):
    server.answers["/a"] = (200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(page().encode()))

    assert _codes(_fetch(server.policy(), server.url())) == [TITLE]


def test_no_proxy_of_the_environment_is_used(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert _codes(_fetch(server.policy(), server.url())) == [TITLE]


def test_requests_to_one_host_keep_their_distance(server):
    started = time.monotonic()

    _fetch(server.policy(pause_seconds=0.2), server.url())

    assert time.monotonic() - started >= 0.2


def test_a_closed_port_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    policy = FetchPolicy(allowed=(HERE,), ports=frozenset({port}), pause_seconds=0)

    assert _codes(_fetch(policy, f"http://127.0.0.1:{port}/a")) == ["unreachable"]


@pytest.fixture
def certificate(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
            "-days", "2", "-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example"]  # fmt: skip
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


@pytest.mark.parametrize(
    ("host", "trusted", "code"),
    [("news.example", True, TITLE), ("other.example", True, "tls"), ("news.example", False, "tls")],
    ids=["its name", "another name", "unknown issuer"],
)
def test_certificates_are_checked_against_the_name(certificate, host, trusted, code):
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with Server(context) as server:
        server.answers["/a"] = (200, HTML, page().encode())
        trust = ssl.create_default_context(cafile=cert if trusted else None)

        outcomes = _fetch(
            server.policy(tls=trust, resolve=lambda host, port: ["127.0.0.1"]), f"https://{host}:{server.port}/a"
        )

    assert _codes(outcomes) == [code]


@pytest.mark.parametrize("data", [b"", b"\n# nothing\n", b"\xff\xfe\x00"])
def test_a_list_without_addresses_is_refused(data):
    outcomes = list(read([upload("a.urls", io.BytesIO(data))], ReadOptions(fetch=FetchPolicy(pause_seconds=0))))

    assert [o.code for o in outcomes] in (["empty_file"], ["bad_url"])


def test_too_many_addresses_are_refused(server):
    assert _codes(_fetch(server.policy(), server.url(), server.url("/b"), limits=Limits(entries=1))) == [
        TITLE,
        "too_many_entries",
    ]
