"""Addresses: host names, URLs, Git repositories and e-mail addresses, none with a credential in it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from towpath.settings.secrets import credential_in
from towpath.settings.text import Text

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


class HostName(Text):
    """A host name (RFC 1123) in lower case, without scheme, port or path; not an address, not a wildcard."""

    __slots__ = ()
    expected = "a host name in lower case"
    examples = ("app.example.com",)
    longest = 253

    @classmethod
    def _fault(cls, text: str) -> str | None:
        fault: str | None = None
        if "://" in text:
            fault = "it has a scheme"
        elif "/" in text:
            fault = "it has a path"
        elif ":" in text:
            fault = "it has a port"
        elif text.startswith("*"):
            fault = "it is a wildcard"
        elif text.endswith("."):
            fault = "it ends with a dot"
        elif text != text.lower():
            fault = "it has upper-case letters"
        elif not all(_LABEL.fullmatch(label) for label in text.split(".")):
            fault = ""
        elif text.rpartition(".")[2].isdigit():
            fault = "it is an address"
        return fault


_WEB = frozenset({"http", "https"})
_SCHEMES: Final = (
    "http", "https", "mongodb", "mongodb+srv", "redis", "rediss", "postgresql", "amqp", "amqps",
)  # fmt: skip
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\<>\"`{}|^]")


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:
        return None


class Url(Text):
    """An address of a service, without a password: such a secret belongs into the secret store.

    Several hosts may stand in it, separated by commas, as MongoDB and PostgreSQL allow.
    """

    __slots__ = ()
    expected = "a URL (" + ", ".join(_SCHEMES) + ") without a password"
    examples = ("https://api.example.com/v1",)

    @classmethod
    def _fault(cls, text: str) -> str | None:
        url = _split(text)
        if url is None or _UNSAFE.search(text):
            return ""
        if text.partition(":")[0] not in _SCHEMES:
            return "its scheme is not one of these"
        kind = credential_in(text)
        user, _, hosts = url.netloc.rpartition("@")
        if kind or ":" in user:
            return f"it holds {kind or 'a password'}"
        return _hosts_fault(hosts, many=url.scheme not in _WEB)

    @property
    def scheme(self) -> str:
        """The scheme, such as `https`."""
        return urlsplit(self).scheme

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts with their ports as written, at least one."""
        return tuple(urlsplit(self).netloc.rpartition("@")[2].split(","))


def _hosts_fault(hosts: str, *, many: bool) -> str | None:
    parts = hosts.split(",")
    if not hosts:
        return "it has no host"
    if len(parts) > 1 and not many:
        return "it has several hosts"
    for part in parts:
        host, _, port = part.rpartition(":") if re.search(r":[^\]]*$", part) else (part, "", "80")
        if not port.isascii() or not port.isdecimal() or not 1 <= int(port[:6]) <= 65535:  # noqa: PLR2004 -- the last port
            return "its port is not between 1 and 65535"
        if not re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", host):
            return "its host is malformed"
    return None


class RepositoryUrl(Text):
    """Where a Git repository is: `https://`, `ssh://` or `git@host:path`, without a credential."""

    __slots__ = ()
    expected = "the address of a Git repository (https://, ssh:// or git@host:path) without a password"
    examples = ("https://github.com/example/environments.git",)

    @classmethod
    def _fault(cls, text: str) -> str | None:
        kind = credential_in(text)
        if kind:
            return f"it holds {kind}"
        if _UNSAFE.search(text):
            return ""
        if re.fullmatch(r"[a-z][a-z0-9_-]*@[A-Za-z0-9.-]+:[^/:][^:]*", text):
            return None
        url = _split(text)
        if url is None or url.scheme not in ("http", "https", "ssh"):
            return ""
        user, _, host = url.netloc.rpartition("@")
        if ":" in user:
            return "it holds a password"
        return _hosts_fault(host, many=False) if url.path.strip("/") else "it has no path"


class EmailAddress(Text):
    """An e-mail address in its plain form, without a display name."""

    __slots__ = ()
    expected = "an e-mail address"
    examples = ("team@example.com",)
    longest = 254

    @classmethod
    def _fault(cls, text: str) -> str | None:
        local, at, domain = text.rpartition("@")
        if not at:
            return "it has no @"
        atom = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
        if len(local) > 64 or not re.fullmatch(rf"{atom}(\.{atom})*", local):  # noqa: PLR2004 -- RFC 5321
            return "the part before the @ is malformed"
        return (
            None
            if all(_LABEL.fullmatch(part.lower()) for part in domain.split("."))
            else "its domain is malformed"
        )
