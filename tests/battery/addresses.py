"""Forgeries of where the bot is to answer: body, token, both, and hosts that only look right."""

from collections.abc import Iterator

from tests.battery.forgery import Forgery, Group, Row
from tests.battery.letter import ABSENT, Ground, Value, both, put

_BODY = Row("J08", Group.SERVICE_URL, "body")
_TOKEN = Row("J08", Group.SERVICE_URL, "token")
_SIGNED = Row("J08", Group.SERVICE_HOST, "signed")


def forgeries() -> Iterator[Forgery]:
    """Yield all of them."""
    for name, value in {**_NOT_ADDRESSES, **_OTHERS, **_STRANGERS}.items():
        yield from _BODY.values("activity.serviceUrl", {name: value})
        yield from _TOKEN.values("claims.serviceurl", {name: value})
    for name, value in {**_NOT_ADDRESSES, **_STRANGERS}.items():
        spoil = both(put("activity.serviceUrl", value), put("claims.serviceurl", value))
        yield _SIGNED.one(name, spoil, is_single=False, what=f"service URL {name} in both")
    yield _TOKEN.one(
        "spelt-in-camel-case",
        both(
            put("claims.serviceurl", ABSENT),
            put("claims.serviceUrl", lambda ground: ground.service_url),
        ),
        is_single=False,
    )


def _port(ground: Ground) -> str:
    return ground.service_url.rpartition(":")[2].partition("/")[0]


def _host(host: str) -> Value:
    """Return the good address with another host in it."""
    return lambda ground: ground.service_url.replace("127.0.0.1", host)


_NOT_ADDRESSES: dict[str, Value] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "space": " ",
    "number": 5,
    "list": lambda ground: [ground.service_url],
    "object": {},
    "true": True,
    "no-scheme": lambda ground: ground.service_url.removeprefix("http:"),
    "path-only": "/emea",
    "javascript": "javascript:alert(1)",
    "file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/emea",
    "data": "data:text/plain,x",
    "gopher": "gopher://127.0.0.1:70/",
    "stream": "urn:botframework:websocket:wss://evil.example",
    "websocket": "wss://smba.trafficmanager.net/emea",
}
_OTHERS: dict[str, Value] = {
    # These would be allowed, had token and body said the same.
    "other-allowed-host": _host("localhost"),
    "other-allowed-host-in-capitals": _host("LOCALHOST"),
    "other-port": lambda ground: ground.service_url.replace(_port(ground), "9"),
    "no-port": lambda ground: ground.service_url.replace(f":{_port(ground)}", ""),
    "other-path": lambda ground: ground.service_url.replace("/emea", "/amer"),
    "longer-path": lambda ground: f"{ground.service_url}/x",
    "path-in-capitals": lambda ground: ground.service_url.replace("/emea", "/EMEA"),
    "no-path": lambda ground: ground.service_url.removesuffix("/emea"),
    "other-scheme": lambda ground: ground.service_url.replace("http:", "https:"),
    "query": lambda ground: f"{ground.service_url}?x=1",
    "fragment": lambda ground: f"{ground.service_url}#x",
    "dot-segments": lambda ground: ground.service_url.replace("/emea", "/x/../emea"),
    "escaped": lambda ground: ground.service_url.replace("emea", "%65mea"),
    "space-after": lambda ground: f"{ground.service_url} ",
    "newline": lambda ground: f"{ground.service_url}\n",
}
_STRANGERS: dict[str, Value] = {
    "stranger": "https://evil.example/emea",
    "stranger-http": "http://evil.example/emea",
    "teams-but-http": "http://smba.trafficmanager.net/emea",
    "suffix": "https://smba.trafficmanager.net.evil.example/emea",
    "prefix": "https://evil-smba.trafficmanager.net/emea",
    "neighbour": "https://evil.trafficmanager.net/emea",
    "user-info": _host("127.0.0.1@evil.example"),
    "user-info-in-front": _host("evil.example@127.0.0.1"),
    "user-info-and-password": _host("smba.trafficmanager.net:443@evil.example"),
    "backslash": _host("evil.example\\@127.0.0.1"),
    "decimal": _host("2130706433"),
    "hexadecimal": _host("0x7f000001"),
    "octal": _host("0177.0.0.1"),
    "short-address": _host("127.1"),
    "zero": _host("0.0.0.0"),  # noqa: S104 - sent, not bound
    "next-loopback": _host("127.0.0.2"),
    "ipv6": _host("[::1]"),
    "ipv6-mapped": _host("[::ffff:127.0.0.1]"),
    "metadata-service": "http://169.254.169.254/latest/meta-data",
    "metadata-service-https": "https://169.254.169.254/metadata/instance",
    "metadata-service-ipv6": "http://[fd00:ec2::254]/",
    "private-network": "https://10.0.0.1/emea",
    "trailing-dot": _host("127.0.0.1."),
    "teams-trailing-dot": "https://smba.trafficmanager.net./emea",
    "homoglyph": "https://smba.traffi\u0441manager.net/emea",
    "punycode": "https://smba.xn--traffimanager-tpj.net/emea",
    "fullwidth-digits": _host("\uff11\uff12\uff17.0.0.1"),
    "fullwidth-dots": _host("127\u30020\u30020\u30021"),
    "percent-host": _host("%31%32%37.0.0.1"),
    "tab-in-host": _host("127.0.\t0.1"),
    "nul-in-host": _host("127.0.0.1\u0000.evil.example"),
    "wildcard": _host("*"),
    "long": lambda ground: f"{ground.service_url}/{'a' * 3_000}",
    "port-out-of-range": lambda ground: ground.service_url.replace(_port(ground), "99999999"),
}
