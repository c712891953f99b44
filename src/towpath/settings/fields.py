"""The field's own types, for settings models: host names, ports, URLs, references to secrets and more.

The text types are subclasses of `str` and the others plain numbers, so a value stands in a manifest as it is.
Each says in a message what was expected, with an example. No message of theirs quotes the value.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import Field
from pydantic_core import core_schema

from towpath.settings.measures import Duration, Quantity
from towpath.settings.schedule import CronSchedule
from towpath.settings.secrets import credential_in
from towpath.settings.text import Expected, FieldError, Text

__all__ = [
    "CronSchedule",
    "Duration",
    "EmailAddress",
    "EnvName",
    "Expected",
    "FieldError",
    "HostName",
    "ImageName",
    "KubernetesVersion",
    "ObjectName",
    "PathPrefix",
    "Percent",
    "PercentOrCount",
    "Port",
    "Quantity",
    "RepositoryUrl",
    "SecretRef",
    "Text",
    "Url",
]

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)

Port = Annotated[int, Field(ge=1, le=65535), Expected("a port, a whole number from 1 to 65535, such as 8080")]
"""A TCP or UDP port."""

Percent = Annotated[
    int, Field(ge=1, le=100), Expected("a percentage, a whole number from 1 to 100, such as 80")
]
"""A share in percent, as a whole number without a sign."""


class ImageName(Text):
    """The name of an image in an environment's pins: lower-case letters, digits and inner hyphens."""

    __slots__ = ()
    expected = "the name of an image, in lower-case letters, digits and hyphens"
    examples = ("backend",)
    longest = 63

    @classmethod
    def _fault(cls, text: str) -> str | None:
        return None if _LABEL.fullmatch(text) else ""


class ObjectName(Text):
    """The name of a Kubernetes object or namespace that is a single DNS label (RFC 1123)."""

    __slots__ = ()
    expected = "a name of lower-case letters, digits and hyphens"
    examples = ("ingress-nginx",)
    longest = 63

    @classmethod
    def _fault(cls, text: str) -> str | None:
        return None if _LABEL.fullmatch(text) else ""


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


class EnvName(Text):
    """The name of an environment variable: letters, digits and underscores, not starting with a digit."""

    __slots__ = ()
    expected = "the name of an environment variable, in letters, digits and underscores"
    examples = ("LOG_LEVEL",)
    longest = 255

    @classmethod
    def _fault(cls, text: str) -> str | None:
        return None if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text, re.ASCII) else ""


_PATH = r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*"


def _climbs(path: str) -> bool:
    return any(part in (".", "..") for part in path.split("/"))


class PathPrefix(Text):
    """A relative path of plain names, such as a folder in a repository or a prefix of keys; may be empty."""

    __slots__ = ()
    expected = "a relative path of letters, digits, dots, hyphens and underscores"
    examples = ("pms/staging",)
    longest = 512

    @classmethod
    def _fault(cls, text: str) -> str | None:
        if text == "":
            return None
        if text.startswith("/") or text.endswith("/"):
            return "it starts or ends with a slash"
        if not re.fullmatch(_PATH, text, re.ASCII):
            return ""
        return "it has a part that is . or .." if _climbs(text) else None


class SecretRef(Text):
    """A reference to one value in the environment's secret store, as `<key>#<property>`: `app#jwt-secret`.

    `key` names an entry of the store, below the prefix that `cluster.yaml` states; `property` one value in
    it. The property is required, so a password that was pasted here by mistake is refused and not taken for
    a key.
    """

    __slots__ = ()
    expected = "a reference <key>#<property> into the secret store"
    examples = ("app#jwt-secret",)
    longest = 512

    @classmethod
    def _fault(cls, text: str) -> str | None:
        if credential_in(text):
            return "it is a credential itself"
        key, hash_sign, name = text.partition("#")
        if not hash_sign:
            return "it has no #"
        if not re.fullmatch(_PATH, key, re.ASCII) or _climbs(key):
            return "its key is malformed"
        return None if re.fullmatch(r"[A-Za-z0-9._-]+", name, re.ASCII) else "its property is malformed"

    @property
    def key(self) -> str:
        """The entry in the store, without the environment's prefix."""
        return self.partition("#")[0]

    @property
    def property(self) -> str:
        """The name of the value in the entry."""
        return self.partition("#")[2]

    def key_below(self, prefix: str) -> str:
        """Return the entry as the store knows it, below `prefix` (which may be empty)."""
        return f"{prefix}/{self.key}" if prefix else self.key


_OLDEST, _NEWEST = 25, 37


class KubernetesVersion(Text):
    """A Kubernetes version with or without its patch number: `1.33` or `1.33.4`."""

    __slots__ = ()
    expected = f"a Kubernetes version from 1.{_OLDEST} to 1.{_NEWEST}"
    examples = ("1.33",)
    longest = 16

    @classmethod
    def _fault(cls, text: str) -> str | None:
        match = re.fullmatch(r"1\.(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2}))?", text, re.ASCII)
        if match is None:
            return "it starts with a v" if text.startswith("v") else ""
        minor = int(match[1])
        if minor < _OLDEST:
            return f"it is older than 1.{_OLDEST}"
        return f"it is newer than 1.{_NEWEST}" if minor > _NEWEST else None

    @property
    def minor(self) -> int:
        """The middle number: 33 of 1.33.4."""
        return int(self.split(".")[1])


class _PercentOrCount:
    """Metadata that makes `int | str` a count or a percentage."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: Any, _handler: Any) -> core_schema.CoreSchema:
        choices: list[core_schema.CoreSchema | tuple[core_schema.CoreSchema, str]] = [
            core_schema.int_schema(ge=0, le=2**31 - 1, strict=True),
            core_schema.str_schema(pattern=r"^(100|[1-9]?[0-9])%$", strict=True),
        ]
        return core_schema.union_schema(
            choices, custom_error_type="percent_or_count", custom_error_message="not a count or a percentage"
        )


PercentOrCount = Annotated[
    int | str, _PercentOrCount(), Expected("a count such as 2, or a percentage from 0% to 100% such as 25%")
]
"""A number of pods, or their share: what `maxSurge` and `maxUnavailable` take."""
