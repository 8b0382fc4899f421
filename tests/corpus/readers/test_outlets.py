"""An outlet's name from a host, by a rule that needs no list of suffixes."""

import pytest

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
