"""Settings of a proxy: what they take, and what they say of a mistake in a file."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from towpath.errors import TowpathError
from towpath.settings.layers import load_settings, read_layer
from towpath.settings.model import Probe, Resources, SettingsModel
from towpath.settings.proxy import (
    AddressRange,
    CipherList,
    HeaderName,
    HeaderValue,
    MediaType,
    ProxySettings,
    Size,
)
from towpath.settings.text import FieldError, Text

RESOURCES = "resources: {}\n"


class Edge(SettingsModel):
    """The settings of an edge with a proxy."""

    proxy: ProxySettings


def load(text: str) -> ProxySettings:
    """Read a proxy's settings from YAML, with the required ones added."""
    lines = "".join(f"  {line}\n" for line in (RESOURCES + text).splitlines())
    layer = read_layer("staging", "envs/staging/shop.yaml", f"proxy:\n{lines}".encode())
    return load_settings(Edge, [layer]).value.proxy


DOCUMENT = """\
replicas: 2
workers: auto
worker_connections: 1024
multi_accept: true
body_size: 10m
timeouts: {connect: 60s, send: 60s, read: 60s}
websocket_timeout: 1h
buffers: {header: 128k, number: 4, size: 256k, busy: 256k}
headers:
  Content-Security-Policy: "default-src 'self';"
  X-XSS-Protection: 1; mode=block
compression:
  types: [text/css, application/xml+rss]
  min_length: 1024
  level: 6
connections: 20
refused_status: 429
upstreams: {keepalive: 32, least_conn: true, max_fails: 3, fail_timeout: 30s}
cache: {size: 1Gi, valid: 10m}
trusted: [10.0.0.0/8, fd00::/8]
"""


def test_the_documents_numbers() -> None:
    """All that the documents say of their nginx can be said."""
    found = load(DOCUMENT)
    assert found.workers == "auto"
    assert found.headers[HeaderName("X-XSS-Protection")] == "1; mode=block"
    assert found.cache
    assert (found.buffers.busy, found.upstreams.fail_timeout.seconds, found.cache.size.bytes) == (
        "256k",
        30,
        2**30,
    )
    assert found.trusted == ("10.0.0.0/8", "fd00::/8")


def test_defaults() -> None:
    """What is not set is nginx's own default, and nothing is added."""
    found = load("")
    assert (found.replicas, found.workers, found.body_size, found.refused_status) == (1, 1, "1m", 503)
    assert (found.headers, found.compression, found.cache, found.connections) == ({}, None, None, None)
    assert found.health.path == "/health"


@pytest.mark.parametrize(
    ("text", "what", "expected"),
    [
        pytest.param(
            "body_size: 10M",
            "proxy.body_size is '10M': it is written 10m",
            "a size in nginx's notation, such as 10m or 4k",
            id="size",
        ),
        pytest.param(
            "workers: 0", "proxy.workers is 0", "a whole number from 1 to 64 or 'auto'", id="workers"
        ),
        pytest.param(
            "timeouts: {connect: 90s}",
            "proxy.timeouts.connect is 90s",
            "from 1s to 1m15s",
            id="connect-timeout",
        ),
        pytest.param("timeouts: {read: 0s}", "proxy.timeouts.read is 0s", "from 1s to 24h", id="no-time"),
        pytest.param(
            "buffers: {header: 128k}",
            "proxy.buffers.number is 8 of 4k, and busy is more than all buffers but one hold together",
            "buffers that nginx takes: more of them, or greater ones",
            id="buffers",
        ),
        pytest.param(
            "buffers: {header: 8k, busy: 4k}",
            "proxy.buffers.number is 8 of 4k, and busy is less than 8k, the greatest single buffer",
            "buffers that nginx takes: more of them, or greater ones",
            id="busy-buffers",
        ),
        pytest.param(
            "headers: {X-Frame-Options: DENY, x-frame-options: DENY}",
            "proxy.headers.x-frame-options is there in two spellings",
            "each header once",
            id="header-twice",
        ),
        pytest.param(
            "compression: {types: [text/css, text/css]}",
            "proxy.compression.types[1] is text/css, which stands there already",
            "",
            id="type-twice",
        ),
        pytest.param(
            "cache: {size: 512}",
            "proxy.cache.size is 512, which is less than one megabyte",
            "a size such as 512Mi",
            id="cache",
        ),
        pytest.param(
            "cache: {size: 1Gi, valid: 0s}", "proxy.cache.valid is 0s", "from 1s to 8760h", id="cache-valid"
        ),
        pytest.param(
            "upstreams: {fail_timeout: 0s}",
            "proxy.upstreams.fail_timeout is 0s",
            "from 1s to 24h",
            id="fail-timeout",
        ),
        pytest.param(
            "websocket_timeout: 0s", "proxy.websocket_timeout is 0s", "from 1s to 168h", id="websocket"
        ),
        pytest.param(
            "keepalive_timeout: 0s", "proxy.keepalive_timeout is 0s", "from 1s to 24h", id="keepalive"
        ),
        pytest.param(
            'health: {command: ["x"]}',
            "proxy.health.command cannot stand beside path",
            "either path or command",
            id="health",
        ),
        pytest.param(
            "health: {path: /health, port: 80}",
            "proxy.health.port is not the proxy's own",
            "no port: there is but one",
            id="health-port",
        ),
        pytest.param(
            "trusted: []",
            "proxy.trusted is a list",
            "a list of at least 1 elements, each element a range of addresses, such as 10.0.0.0/8",
            id="nobody-trusted",
        ),
    ],
)
def test_mistake(text: str, what: str, expected: str) -> None:
    """The message names the setting and what would fit."""
    with pytest.raises(TowpathError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert problem.place.file == "envs/staging/shop.yaml"
    assert (problem.what, problem.expected) == (what, expected)


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        pytest.param(HeaderName, "X Frame", "", id="header-name"),
        pytest.param(HeaderName, "Content-Length", "nginx sets this header itself", id="own-header"),
        pytest.param(HeaderName, "X" * 41, "it is longer than 40 characters", id="long-name"),
        pytest.param(HeaderValue, "a\nb", "it has characters that are not printable ASCII", id="newline"),
        pytest.param(HeaderValue, "$x", "it has a $, which nginx would read as a variable", id="variable"),
        pytest.param(HeaderValue, "token=abcdef", "it holds a password", id="credential"),
        pytest.param(HeaderValue, "x" * 3001, "it is longer than 3000 characters", id="long-value"),
        pytest.param(Size, "10 MB", "it is written 10m", id="megabytes"),
        pytest.param(Size, "4KiB", "it is written 4k", id="kibibytes"),
        pytest.param(Size, "1g", "", id="gigabytes"),
        pytest.param(Size, "0", "", id="nothing"),
        pytest.param(MediaType, "css", "", id="half-a-type"),
        pytest.param(MediaType, "text/html", "it is always compressed", id="html"),
        pytest.param(AddressRange, "10.0.0.1", "it has no length after a /", id="address"),
        pytest.param(AddressRange, "10.0.0.1/8", "it has bits set beyond its length", id="bits"),
        pytest.param(AddressRange, "all/0", "", id="word"),
        pytest.param(CipherList, "A;B", "", id="ciphers"),
    ],
)
def test_not_of_its_kind(kind: type[Text], text: str, fault: str) -> None:
    """Text of a wrong form is refused, and what is meant is said where it can be known."""
    with pytest.raises(FieldError) as caught:
        kind(text)
    assert caught.value.fault == fault


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(HeaderName, "X-Frame-Options", id="header-name"),
        pytest.param(HeaderValue, "max-age=31536000; includeSubDomains", id="header-value"),
        pytest.param(HeaderValue, "", id="no-header"),
        pytest.param(Size, "10m", id="size"),
        pytest.param(MediaType, "text/css", id="type"),
        pytest.param(AddressRange, "100.64.0.0/10", id="range"),
        pytest.param(AddressRange, "fc00::/7", id="range-6"),
        pytest.param(CipherList, "ECDHE-RSA-AES256-GCM-SHA384:!MD5", id="ciphers"),
    ],
)
def test_of_its_kind(kind: type[Text], text: str) -> None:
    """These are taken as they are."""
    assert kind(text) == text


def test_the_longest_times() -> None:
    """These are just taken."""
    found = load("timeouts: {connect: 75s, send: 24h, read: 1s}")
    assert (found.timeouts.connect.seconds, found.timeouts.send.seconds) == (75, 86_400)


def test_a_proxy_is_asked_by_http() -> None:
    """A chart cannot pass a health check of another kind either."""
    with pytest.raises(ValidationError) as caught:
        ProxySettings(resources=Resources(), health=Probe(command=("true",)))
    (error,) = caught.value.errors()
    assert error["ctx"]["path"] == ("health", "path")
