"""Settings of a reverse proxy: the numbers that a platform's document gives for its nginx."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from towpath.settings.fields import PercentOrCount
from towpath.settings.measures import Duration, Quantity
from towpath.settings.model import Probe, Resources, SettingsModel, misfit
from towpath.settings.secrets import credential_in
from towpath.settings.text import Text
from towpath.specs.http_values import (
    buffers_fault,
    ciphers_fault,
    header_name_fault,
    header_value_fault,
    media_type_fault,
    size_fault,
)
from towpath.specs.proxy import HEALTH_PATH, PRIVATE_RANGES


class HeaderName(Text):
    """The name of a response header."""

    __slots__ = ()
    expected = "the name of a response header"
    examples = ("X-Frame-Options",)
    longest = 40

    @classmethod
    def _fault(cls, text: str) -> str | None:
        return header_name_fault(text)


class HeaderValue(Text):
    """The value of a response header; empty where a header of a wider level is not wanted."""

    __slots__ = ()
    expected = "the value of a header, in printable ASCII without $"
    examples = ("nosniff",)
    longest = 3000

    @classmethod
    def _fault(cls, text: str) -> str | None:
        kind = credential_in(text)
        return f"it holds {kind}" if kind else header_value_fault(text)


class Size(Text):
    """A number of bytes in nginx's notation: `10m`, `4k`, `512`."""

    __slots__ = ()
    expected = "a size in nginx's notation"
    examples = ("10m", "4k")
    longest = 8

    @classmethod
    def _fault(cls, text: str) -> str | None:
        fault = size_fault(text)
        meant = re.fullmatch(r"([0-9]+)\s?([kKmM])i?[bB]?", text)
        return f"it is written {meant[1]}{meant[2].lower()}" if fault is not None and meant else fault


class MediaType(Text):
    """A media type whose responses are compressed."""

    __slots__ = ()
    expected = "a media type"
    examples = ("text/css",)
    longest = 127

    @classmethod
    def _fault(cls, text: str) -> str | None:
        return media_type_fault(text)


class AddressRange(Text):
    """A range of IP addresses."""

    __slots__ = ()
    expected = "a range of addresses"
    examples = ("10.0.0.0/8",)
    longest = 49

    @classmethod
    def _fault(cls, text: str) -> str | None:
        if "/" not in text:
            return "it has no length after a /"
        try:
            ip_network(text)
        except ValueError:
            return (
                "it has bits set beyond its length" if re.fullmatch(r"[0-9a-f.:]+/[0-9]{1,3}", text) else ""
            )
        return None


class CipherList(Text):
    """TLS ciphers in OpenSSL's notation."""

    __slots__ = ()
    expected = "a list of ciphers in OpenSSL's notation"
    examples = ("ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-GCM-SHA384",)
    longest = 2048

    @classmethod
    def _fault(cls, text: str) -> str | None:
        return ciphers_fault(text)


def _bounded(duration: Duration, name: str, most: int = 86_400) -> None:
    if not 1 <= duration.seconds <= most:
        raise misfit(f"is {duration}", name, expected=f"from 1s to {Duration.of(most)}")


class TimeoutSettings(SettingsModel):
    """How long the proxy waits for a workload. The defaults are nginx's own."""

    connect: Duration = Duration("60s")
    send: Duration = Duration("60s")
    """Between two writes of a request."""
    read: Duration = Duration("60s")
    """Between two reads of a response."""

    @model_validator(mode="after")
    def _in_bounds(self) -> Self:
        # The kernel gives up a connection after that time, whatever nginx is told.
        _bounded(self.connect, "connect", most=75)
        _bounded(self.send, "send")
        _bounded(self.read, "read")
        return self


class BufferSettings(SettingsModel):
    """Where a response waits for a slow client. The defaults are nginx's own."""

    enabled: bool = True
    """Without, each piece of a response is sent on as it comes."""
    header: Size = Size("4k")
    """`proxy_buffer_size`: the most that the headers of a response may take."""
    number: Annotated[int, Field(ge=2, le=1024)] = 8
    size: Size = Size("4k")
    """`proxy_buffers` are `number` of `size`."""
    busy: Size | None = None
    """`proxy_busy_buffers_size`; twice the greatest buffer where it is not set."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        fault = buffers_fault(self.header, self.number, self.size, self.busy or "")
        if fault is not None:
            raise misfit(
                f"is {self.number} of {self.size}, and {fault}",
                "number",
                expected="buffers that nginx takes: more of them, or greater ones",
            )
        return self


class CompressionSettings(SettingsModel):
    """Which responses are compressed with gzip; HTML always is."""

    types: tuple[MediaType, ...]
    min_length: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1024
    """Bytes; a shorter response is sent as it is."""
    level: Annotated[int, Field(ge=1, le=9)] = 1
    vary: bool = True
    """Whether caches are told that there are two forms of a response."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for index, media_type in enumerate(self.types):
            if media_type in self.types[:index]:
                raise misfit(f"is {media_type}, which stands there already", "types", index)
        return self


class CacheSettings(SettingsModel):
    """Responses that the proxy keeps and sends again, for locations that ask for it."""

    size: Quantity
    """How much is kept. The volume has twice the size, because nginx removes what is too much a little later."""
    inactive: Duration = Duration("10m")
    """What nobody asked for within this time is dropped."""
    valid: Duration | None = None
    """How long an answer is kept where the workload says nothing of it; where this is not set, it is not kept."""

    _SMALLEST: ClassVar[int] = 2**20

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.size.amount < self._SMALLEST:
            raise misfit(
                f"is {self.size}, which is less than one megabyte", "size", expected="a size such as 512Mi"
            )
        for name in ("inactive", "valid"):
            if getattr(self, name) is not None:
                _bounded(getattr(self, name), name, most=365 * 86_400)
        return self


class UpstreamSettings(SettingsModel):
    """How the proxy treats the addresses of a workload. A workload's Service is one address."""

    keepalive: Annotated[int, Field(ge=0, le=10_000)] = 32
    """Idle connections that each worker keeps open to each workload."""
    least_conn: bool = False
    """Of several addresses take the one with the fewest connections; with one address it chooses nothing."""
    max_fails: Annotated[int, Field(ge=0, le=1000)] = 1
    """Failures within `fail_timeout` after which an address is left out for as long. A single one never is."""
    fail_timeout: Duration = Duration("10s")

    @model_validator(mode="after")
    def _in_bounds(self) -> Self:
        _bounded(self.fail_timeout, "fail_timeout")
        return self


class ProxySettings(SettingsModel):
    """A reverse proxy in front of a platform's workloads."""

    replicas: Annotated[int, Field(ge=1, le=100)] = 1
    resources: Resources
    health: Probe = Probe(path=HEALTH_PATH)
    """The proxy answers this path itself, whatever the host; it asks no workload."""
    max_unavailable: PercentOrCount | None = None
    """Pods that a node's drain may take away at once; none set, none is protected."""
    workers: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = 1
    """`worker_processes`; `auto` is one for each CPU of the node, whatever the container's limit."""
    worker_connections: Annotated[int, Field(ge=64, le=65_536)] = 1024
    multi_accept: bool = False
    log_level: Literal["debug", "info", "notice", "warn", "error", "crit"] = "warn"
    body_size: Size = Size("1m")
    """The greatest request body. The default is nginx's own."""
    timeouts: TimeoutSettings = TimeoutSettings()
    websocket_timeout: Duration | None = None
    """How long a WebSocket may be silent; `timeouts` where it is not set."""
    buffers: BufferSettings = BufferSettings()
    keepalive_timeout: Duration = Duration("65s")
    """How long an idle connection of the ingress controller stays open; longer than the controller keeps it."""
    headers: Mapping[HeaderName, HeaderValue] = Field(default={})
    """Headers of every response, errors among them."""
    compression: CompressionSettings | None = None
    connections: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """Requests that one address may have under way at once."""
    refused_status: Literal[429, 503] = 503
    """What a request beyond a rate or a number of connections gets; 503 is nginx's own."""
    upstreams: UpstreamSettings = UpstreamSettings()
    cache: CacheSettings | None = None
    trusted: Annotated[tuple[AddressRange, ...], Field(min_length=1)] = tuple(
        map(AddressRange, PRIVATE_RANGES)
    )
    """Where the ingress controller's pods have their addresses: its word on the client's address counts."""

    @model_validator(mode="after")
    def _works(self) -> Self:
        if self.health.path is None:
            raise misfit("is not set", "health", "path", expected=f"a path such as {HEALTH_PATH}")
        if self.health.port is not None:
            raise misfit("is not the proxy's own", "health", "port", expected="no port: there is but one")
        if self.websocket_timeout is not None:
            _bounded(self.websocket_timeout, "websocket_timeout", most=7 * 86_400)
        _bounded(self.keepalive_timeout, "keepalive_timeout")
        seen: dict[str, str] = {}
        for name in self.headers:
            if seen.setdefault(name.lower(), name) != name:
                raise misfit("is there in two spellings", "headers", name, expected="each header once")
        return self
