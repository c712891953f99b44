"""Stores that others run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from towpath.specs.parts import StoreMode, StoreSpec
from towpath.specs.values import Egress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.specs.values import EnvironmentValue, SecretKey

_PORTS = {"http": 80, "https": 443}


def external(
    name: str,
    *,
    engine: str,
    port: int,
    facts: Mapping[str, EnvironmentValue],
    private: bool,
    credentials: Mapping[str, SecretKey] | None = None,
) -> StoreSpec:
    """Return a store that others run: its facts, and the way out to its port.

    `private` says that it may have a private address, as managed databases mostly do.
    """
    egress = Egress(ports=(port,), excluding=()) if private else Egress(ports=(port,))
    return StoreSpec(
        name=name,
        engine=engine,
        mode=StoreMode.EXTERNAL,
        port=port,
        facts=facts,
        credentials=dict(credentials or {}),
        egress=egress,
    )


def port_of(url: str) -> int:
    """Return the port of a web address: the one that is written, or its scheme's own."""
    parts = urlsplit(url)
    return parts.port or _PORTS.get(parts.scheme, _PORTS["https"])


def host_of(url: str) -> str:
    """Return the host of a web address."""
    return urlsplit(url).hostname or ""
