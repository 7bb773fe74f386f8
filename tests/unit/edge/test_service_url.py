"""Spellings of service URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edge.service_url import ServiceUrlError, is_https_or_loopback, normalise

TEAMS = frozenset({"smba.trafficmanager.net"})
ALL = TEAMS | {"127.0.0.1", "localhost", "[::1]"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://smba.trafficmanager.net/emea/", "https://smba.trafficmanager.net/emea"),
        ("HTTPS://SMBA.TrafficManager.net/Emea", "https://smba.trafficmanager.net/Emea"),
        ("https://smba.trafficmanager.net:443", "https://smba.trafficmanager.net"),
        ("https://smba.trafficmanager.net:8443/", "https://smba.trafficmanager.net:8443"),
        ("http://127.0.0.1:56150/_connector", "http://127.0.0.1:56150/_connector"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:9/x//", "http://[::1]:9/x"),
    ],
)
def test_one_spelling(url: str, expected: str) -> None:
    assert normalise(url, allowed_hosts=ALL) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smba.trafficmanager.net/emea",
        "http://smba.trafficmanager.net/emea",
        "ftp://smba.trafficmanager.net/",
        "//smba.trafficmanager.net/",
        "https://evil.example/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evil.example/smba.trafficmanager.net",
        "https://smba.trafficmanager.net@evil.example/",
        "https://user:pass@smba.trafficmanager.net/",
        "https://evil.example\\@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net\\.evil.example/",
        "https://smba.trafficmanager.net/emea?x=1",
        "https://smba.trafficmanager.net/emea#x",
        "https://smba.trafficmanager.net/%2e%2e/",
        "https://smba.trafficmanager.net/../admin",
        "https://smba.trafficmanager.net/..",
        "https://smba.trafficmanager.net/./x",
        "https://smba.trafficmanager.net /",
        " https://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net/\n",
        "https://smba.trafficmanager.net/\r\nHost: evil",
        "https://smba.trafficmanager.net:/x",
        "https://smba.trafficmanager.net:123456/",
        "https://smba.trafficmanager.net:٣/",
        "https://\u017fmba.trafficmanager.net/",
        "https://smba。trafficmanager.net/",
        "http://169.254.169.254/latest",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "https://smba.trafficmanager.net/" + "a" * 3000,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ServiceUrlError):
        normalise(url, allowed_hosts=ALL)


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z.@:/\\%?#0-9]{0,40}", fullmatch=True))
def test_what_is_allowed_is_a_fixed_point_at_an_allowed_host(url: str) -> None:
    try:
        spelling = normalise(url, allowed_hosts=TEAMS)
    except ServiceUrlError:
        return

    assert normalise(spelling, allowed_hosts=TEAMS) == spelling
    assert spelling.startswith("https://smba.trafficmanager.net")


def test_configured_addresses() -> None:
    assert is_https_or_loopback("https://login.botframework.com/v1/.well-known/x")
    assert is_https_or_loopback("http://127.0.0.1:9/x")
    assert not is_https_or_loopback("http://login.botframework.com/")
    assert not is_https_or_loopback("https://user@login.botframework.com/")
