"""The registry's host at the start of a reference: what could be taken for another one is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from towpath.images.fault import Fault, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^]]*\]|[^:[]*)(?::(?P<port>.*))?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_PORT_LIMIT = 65535
_HTTPS_PORT = "443"


def host_faults(registry: str) -> Iterator[Fault]:
    """Yield what is wrong with a host and its port, as they stand in a reference."""
    match = _HOST_AND_PORT.fullmatch(registry)
    host, port = (match["host"], match["port"]) if match else (registry, None)
    if port == _HTTPS_PORT:
        yield Fault(
            f"names the registry as `{registry}`; to Kubernetes and to allow-lists that is another registry "
            f"than `{host}`, although the same server answers",
            "a registry host without the standard port",
            f"write `{host}`.",
        )
    elif port is not None and not (_PORT.fullmatch(port) and int(port) <= _PORT_LIMIT):
        yield Fault(
            f"has the port `{shown(port)}`",
            f"a number from 1 to {_PORT_LIMIT} without leading zeros",
            "correct the port, or leave it and its colon out.",
        )
    fault = _host_fault(host)
    if fault is not None:
        yield fault


def _host_fault(host: str) -> Fault | None:
    if host.startswith("["):
        return (
            None
            if _is_canonical_ipv6(host)
            else Fault(
                f"has the registry host `{shown(host)}`",
                "an IPv6 address in brackets in its shortest form, such as [::1]",
                "correct the address.",
            )
        )
    labels = host.split(".")
    wrong = [label for label in labels if not _HOST_LABEL.fullmatch(label)]
    if wrong:
        return Fault(
            f"has the registry host `{shown(host)}`",
            "labels of at most 63 lower-case letters, digits and inner hyphens, joined by single dots",
            "correct the host.",
        )
    if any(label.startswith("xn--") for label in labels):
        return Fault(
            f"has the internationalised registry host `{shown(host)}`",
            "a host without `xn--` labels, which can pass for another host",
            "use a registry with a plain ASCII name, or mirror it under one.",
        )
    if _NUMBER.fullmatch(labels[-1]) and not _IPV4.fullmatch(host):
        return Fault(
            f"has the registry host `{shown(host)}`, which is half an address",
            "four numbers from 0 to 255 without leading zeros, or a name",
            "write the address in full.",
        )
    return None


def _is_canonical_ipv6(host: str) -> bool:
    import ipaddress  # noqa: PLC0415 -- rare, and a relink must start fast

    try:
        return f"[{ipaddress.IPv6Address(host[1:-1])}]" == host and "%" not in host
    except ValueError:
        return False
