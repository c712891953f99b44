"""What may stand in a proxy's configuration: every text that could mean more than itself is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from towpath.specs import http_values as values

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("check", "text"),
    [
        pytest.param(values.host_fault, "a", id="host-of-one-label"),
        pytest.param(values.host_fault, "app.example-1.com", id="host"),
        pytest.param(values.host_fault, "a" * 63 + "." + "b" * 63, id="longest-labels"),
        pytest.param(values.header_name_fault, "X-Frame-Options", id="header-name"),
        pytest.param(values.header_value_fault, "default-src 'self'; img-src *", id="policy"),
        pytest.param(values.header_value_fault, '"quoted" \\ and #', id="value-to-be-escaped"),
        pytest.param(values.header_value_fault, "", id="no-value"),
        pytest.param(values.header_value_fault, "a" * 3000, id="longest-value"),
        pytest.param(values.path_fault, "/" + "a" * 511, id="longest-path"),
        pytest.param(values.pattern_fault, "a" * 512, id="longest-pattern"),
        pytest.param(values.path_fault, "/", id="root"),
        pytest.param(values.path_fault, "/_next/static/~v1.2-3@x+y,z=!&", id="path"),
        pytest.param(values.pattern_fault, r"\.(js|css|png)$", id="pattern"),
        pytest.param(values.size_fault, "10m", id="megabytes"),
        pytest.param(values.size_fault, "4k", id="kilobytes"),
        pytest.param(values.size_fault, "512", id="bytes"),
        pytest.param(values.time_fault, "1y", id="year"),
        pytest.param(values.time_fault, "max", id="longest-time"),
        pytest.param(values.media_type_fault, "application/xml+rss", id="media-type"),
        pytest.param(values.name_fault, "conn_limit-1", id="name"),
        pytest.param(values.ciphers_fault, "ECDHE-RSA-AES256-GCM-SHA384:!aNULL", id="ciphers"),
    ],
)
def test_right(check: Callable[[object], str | None], text: str) -> None:
    """These are taken."""
    assert check(text) is None


@pytest.mark.parametrize(
    ("check", "text", "fault"),
    [
        pytest.param(values.host_fault, "", "", id="no-host"),
        pytest.param(values.host_fault, 7, "", id="host-number"),
        pytest.param(values.host_fault, "App.example.com", "", id="upper-case"),
        pytest.param(values.host_fault, "*.example.com", "", id="wildcard"),
        pytest.param(values.host_fault, "~^app", "", id="host-pattern"),
        pytest.param(values.host_fault, "a.com; return 200", "", id="host-semicolon"),
        pytest.param(values.host_fault, "a.com\n", "", id="host-newline"),
        pytest.param(values.host_fault, "$host", "", id="host-variable"),
        pytest.param(values.host_fault, "_", "", id="host-underscore"),
        pytest.param(values.host_fault, "10.0.0.1", "it is an address", id="address"),
        pytest.param(values.host_fault, "a" * 64, "", id="label-too-long"),
        pytest.param(values.host_fault, ".".join(["a" * 60] * 5), "", id="host-too-long"),
        pytest.param(values.header_name_fault, "X Frame", "", id="name-space"),
        pytest.param(values.header_name_fault, "X-Frame\n", "", id="name-newline"),
        pytest.param(values.header_name_fault, "X;", "", id="name-semicolon"),
        pytest.param(values.header_name_fault, "$x", "", id="name-variable"),
        pytest.param(values.header_name_fault, "X" * 41, "", id="name-too-long"),
        pytest.param(
            values.header_name_fault, "content-LENGTH", "nginx sets this header itself", id="own-header"
        ),
        pytest.param(values.header_value_fault, 1, "it is no text", id="value-number"),
        pytest.param(
            values.header_value_fault,
            "a$b",
            "it has a $, which nginx would read as a variable",
            id="value-variable",
        ),
        pytest.param(
            values.header_value_fault,
            "a\nb",
            "it has characters that are not printable ASCII",
            id="value-newline",
        ),
        pytest.param(
            values.header_value_fault,
            "a\x00",
            "it has characters that are not printable ASCII",
            id="value-zero",
        ),
        pytest.param(
            values.header_value_fault,
            "né",
            "it has characters that are not printable ASCII",
            id="value-accent",
        ),
        pytest.param(values.header_value_fault, " a", "it begins or ends with a space", id="value-space"),
        pytest.param(
            values.header_value_fault, "a" * 3001, "it is longer than 3000 characters", id="value-long"
        ),
        pytest.param(values.path_fault, "api/", "it does not start with /", id="path-relative"),
        pytest.param(values.path_fault, 3, "it does not start with /", id="path-number"),
        pytest.param(
            values.path_fault, "/a b", "it has characters that no path may have here", id="path-space"
        ),
        pytest.param(
            values.path_fault, "/a;b", "it has characters that no path may have here", id="path-semicolon"
        ),
        pytest.param(
            values.path_fault, "/a{", "it has characters that no path may have here", id="path-brace"
        ),
        pytest.param(
            values.path_fault, "/$a", "it has characters that no path may have here", id="path-variable"
        ),
        pytest.param(
            values.path_fault, "/a\n", "it has characters that no path may have here", id="path-newline"
        ),
        pytest.param(
            values.path_fault, "/a?b", "it has characters that no path may have here", id="path-query"
        ),
        pytest.param(
            values.path_fault, "/a%20", "it has characters that no path may have here", id="path-encoded"
        ),
        pytest.param(
            values.path_fault, "/a//b", "it has an empty part, or one that is . or ..", id="path-empty-part"
        ),
        pytest.param(
            values.path_fault, "//", "it has an empty part, or one that is . or ..", id="path-slashes"
        ),
        pytest.param(
            values.path_fault, "/a/../b", "it has an empty part, or one that is . or ..", id="path-climbs"
        ),
        pytest.param(
            values.path_fault, "/a/.", "it has an empty part, or one that is . or ..", id="path-dot"
        ),
        pytest.param(values.path_fault, "/" + "a" * 512, "it is longer than 512 characters", id="path-long"),
        pytest.param(values.pattern_fault, "(", "it is no regular expression", id="pattern-open"),
        pytest.param(
            values.pattern_fault, "a{99999999999999999999}", "it is no regular expression", id="pattern-big"
        ),
        pytest.param(
            values.pattern_fault,
            "a\nb",
            "it is empty or has characters that are not printable ASCII",
            id="pattern-newline",
        ),
        pytest.param(values.pattern_fault, "a" * 513, "it is longer than 512 characters", id="pattern-long"),
        pytest.param(values.size_fault, "0", "", id="size-nothing"),
        pytest.param(values.size_fault, "10M", "", id="size-upper-case"),
        pytest.param(values.size_fault, "1g", "", id="size-gigabytes"),
        pytest.param(values.size_fault, "10m;", "", id="size-semicolon"),
        pytest.param(values.size_fault, "10m\n", "", id="size-newline"),
        pytest.param(values.time_fault, "1 y", "", id="time-space"),
        pytest.param(values.time_fault, "$x", "", id="time-variable"),
        pytest.param(values.media_type_fault, "text", "", id="media-type-half"),
        pytest.param(values.media_type_fault, "text/css;", "", id="media-type-semicolon"),
        pytest.param(values.media_type_fault, "text/html", "it is always compressed", id="html"),
        pytest.param(values.name_fault, "a:10m rate", "", id="name-of-a-zone"),
        pytest.param(values.ciphers_fault, "A B", "", id="ciphers-space"),
    ],
)
def test_wrong(check: Callable[[object], str | None], text: object, fault: str) -> None:
    """These are refused; the fault never quotes the text."""
    assert check(text) == fault


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        pytest.param("X-Forwarded-Server", "$host", None, id="variable"),
        pytest.param("X-Tier", "gold", None, id="text"),
        pytest.param(
            "X-Tier", "$secret", "it has a $, which nginx would read as a variable", id="other-variable"
        ),
        pytest.param(
            "X-Tier", "$host$host", "it has a $, which nginx would read as a variable", id="two-variables"
        ),
        pytest.param("x-real-ip", "$host", "the proxy sets this header itself", id="own"),
        pytest.param("Connection", "close", "nginx sets this header itself", id="connection"),
        pytest.param("a b", "x", "", id="name"),
    ],
)
def test_request_header(name: str, value: str, fault: str | None) -> None:
    """A workload gets texts and known variables."""
    assert values.request_header_fault(name, value) == fault


@pytest.mark.parametrize(
    "name",
    [
        *("Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date"),
        *("Keep-Alive", "Server", "Transfer-Encoding", "Upgrade", "Vary"),
    ],
)
def test_headers_of_nginx(name: str) -> None:
    """A second one of these would let clients read a response in two ways."""
    assert values.header_name_fault(name) == "nginx sets this header itself"


@pytest.mark.parametrize(
    "name", ["Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"]
)
def test_headers_of_the_proxy(name: str) -> None:
    """Another value of these would lie about the client."""
    assert values.request_header_fault(name, "x") == "the proxy sets this header itself"


@pytest.mark.parametrize("value", ["$host", "$http_host", "$remote_addr", "$request_id", "$request_uri"])
def test_variables_for_workloads(value: str) -> None:
    """These say something of the request, and are known to every nginx."""
    assert values.request_header_fault("X-Tier", value) is None


@pytest.mark.parametrize(
    ("size", "count"),
    [
        pytest.param("512", 512, id="bytes"),
        pytest.param("4k", 4096, id="kilobytes"),
        pytest.param("10m", 10 * 2**20, id="megabytes"),
    ],
)
def test_size_in_bytes(size: str, count: int) -> None:
    """A size counts in powers of two, as nginx does."""
    assert values.size_bytes(size) == count


def test_no_size_has_no_bytes() -> None:
    """What is no size is an error, not nothing."""
    with pytest.raises(ValueError, match="10M"):
        values.size_bytes("10M")


@pytest.mark.parametrize(
    ("sizes", "fault"),
    [
        pytest.param(("4k", 8, "4k", ""), None, id="defaults"),
        pytest.param(("128k", 4, "256k", "256k"), None, id="document"),
        pytest.param(("4k", 3, "4k", ""), None, id="just-enough"),
        pytest.param(
            ("4k", 2, "4k", ""), "busy is more than all buffers but one hold together", id="too-few"
        ),
        pytest.param(
            ("128k", 8, "4k", ""),
            "busy is more than all buffers but one hold together",
            id="header-too-great",
        ),
        pytest.param(
            ("8k", 8, "4k", "4k"), "busy is less than 8k, the greatest single buffer", id="busy-too-small"
        ),
    ],
)
def test_buffers(sizes: tuple[str, int, str, str], fault: str | None) -> None:
    """What nginx would refuse together is refused; `nginx -t` says the same, see the tests of the real one."""
    assert values.buffers_fault(*sizes) == fault


@pytest.mark.parametrize(
    ("header", "size", "busy"),
    [pytest.param("4k", "8k", "16k", id="kilobytes"), pytest.param("500", "100", "1000", id="bytes")],
)
def test_busy_size(header: str, size: str, busy: str) -> None:
    """It is twice the greatest buffer."""
    assert values.busy_size(header, size) == busy
