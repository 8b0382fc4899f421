"""An outlet's name from a host, by a rule that needs no list of suffixes."""

import io
import json

import pytest

from corpus.readers import ReadOptions, read, upload
from corpus.readers.outlets import outlet_of_host, outlet_of_url


@pytest.mark.parametrize(
    ("host", "outlet"),
    [
        ("www.example.org", "example.org"),
        ("WWW.Example.ORG.", "example.org"),
        ("m.example.com", "example.com"),
        ("amp.edition.example.com", "example.com"),
        ("us.example.com", "example.com"),
        ("www.example.co.uk", "example.co.uk"),
        ("m.example.com.mx", "example.com.mx"),
        ("blog.example.org", "blog.example.org"),
        ("m.uk", "m.uk"),
        ("www.co.uk", "www.co.uk"),
        ("www.xn--mnchen-3ya.de", "münchen.de"),
        ("www.xn--\xff.de", "xn--\xff.de"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("localhost", ""),
        ("", ""),
    ],
)
def test_outlet_of_host(host, outlet):
    assert outlet_of_host(host) == outlet


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.example.org:443/a?b", "example.org"),
        ("http://[x", ""),
        ("mailto:a@example.org", ""),
        ("https://", ""),
    ],
)
def test_outlet_of_url(url, outlet):
    assert outlet_of_url(url) == outlet


@pytest.mark.parametrize(
    ("record", "asked", "outlet"),
    [
        pytest.param({"url": "https://www.example.org/a"}, True, "example.org", id="asked for"),
        pytest.param({"url": "https://www.example.org/a"}, False, "", id="not asked for"),
        pytest.param(
            {"url": "https://www.example.org/a", "outlet": "The Example"}, True, "", id="the record names one"
        ),
        pytest.param({}, True, "", id="no address"),
    ],
)
def test_rows_get_the_host_as_outlet_where_asked(record, asked, outlet):
    data = json.dumps({"text": "Some words.", **record}).encode()

    [row] = read([upload("a.jsonl", io.BytesIO(data))], ReadOptions(outlet_from_host=asked))

    assert row.outlet == outlet
