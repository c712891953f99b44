"""The field's own types, for settings models: host names, ports, URLs, references to secrets and more.

The text types are subclasses of `str` and the others plain numbers, so a value stands in a manifest as it is.
Each says in a message what was expected, with an example. No message of theirs quotes the value.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import core_schema

from towpath.settings.addresses import EmailAddress, HostName, RepositoryUrl, Url
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


# The entry that is in no store.
_GENERATED = "generated"
_SHORTEST, _LONGEST = 16, 256


class SecretRef(Text):
    """A reference to one value in the environment's secret store, as `<key>#<property>`: `app#jwt-secret`.

    `key` names an entry of the store, below the prefix that `cluster.yaml` states; `property` one value in
    it. The property is required, so a password that was pasted here by mistake is refused and not taken for
    a key.

    `generated#<length>` is in no store: the cluster makes a random value of so many letters and digits, once. It
    is for environments whose secrets nobody has to know, such as development.
    """

    __slots__ = ()
    expected = "a reference <key>#<property> into the secret store"
    examples = ("app#jwt-secret", "generated#48")
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
        if key == _GENERATED:
            fits = re.fullmatch(r"[0-9]{1,3}", name, re.ASCII) and _SHORTEST <= int(name) <= _LONGEST
            return None if fits else f"its length is no number from {_SHORTEST} to {_LONGEST}"
        return None if re.fullmatch(r"[A-Za-z0-9._-]+", name, re.ASCII) else "its property is malformed"

    @property
    def generated_length(self) -> int:
        """The length of the value that the cluster makes; 0 where it stands in the store."""
        return int(self.property) if self.key == _GENERATED else 0

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
