"""Credentials for one registry, from the environment alone, and the rules for who may see them.

`TOWPATH_REGISTRY_HOST` names the server (`ghcr.io`), `TOWPATH_REGISTRY_USERNAME` and
`TOWPATH_REGISTRY_PASSWORD` the account. Where that registry keeps its token service on another host,
`TOWPATH_REGISTRY_TOKEN_HOST` names it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, UsageError
from towpath.images.reference import DOCKER_HUB, repository_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.registry.mirrors import Endpoint

HOST = "TOWPATH_REGISTRY_HOST"
USERNAME = "TOWPATH_REGISTRY_USERNAME"
PASSWORD = "TOWPATH_REGISTRY_PASSWORD"  # noqa: S105 -- the variable's name, not a password
TOKEN_HOST = "TOWPATH_REGISTRY_TOKEN_HOST"  # noqa: S105 -- the variable's name, not a token

# The one registry whose server this package itself names differently from the registry.
_TOKEN_HOSTS = {DOCKER_HUB: "auth.docker.io"}
_PARAMETER = re.compile(r'([A-Za-z]+)\s*=\s*(?:"([^"\\]*)"|([^\s",]+))')
_HIDDEN = "***"
_SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account at one registry. Its text form never shows the account."""

    host: str
    """The registry's name, or host and port of the mirror, that the account belongs to."""
    username: str = field(repr=False)
    password: str = field(repr=False)
    token_host: str = ""
    """The only other host that may be sent the account, as the registry's token service; or empty."""

    def __post_init__(self) -> None:
        """Refuse what cannot stand in a header. The values are not repeated."""
        problems = []
        if not self.username or ":" in self.username or not _is_plain(self.username):
            problems.append(_wrong(USERNAME, "printable characters without `:`"))
        if not self.password or not _is_plain(self.password):
            problems.append(_wrong(PASSWORD, "printable characters"))
        if not _is_host(self.host):
            problems.append(_wrong(HOST, "the host of one registry, such as ghcr.io"))
        if self.token_host and not _is_host(self.token_host):
            problems.append(_wrong(TOKEN_HOST, "one host, such as auth.example.com"))
        if problems:
            raise UsageError(problems)

    @property
    def basic(self) -> str:
        """The value of an `Authorization` header."""
        login = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(login).decode()}"

    def belongs_to(self, registry: str, endpoint: Endpoint) -> bool:
        """Whether `endpoint` may see the account while it serves `registry`."""
        name = endpoint.netloc if endpoint.is_mirror else registry
        return endpoint.is_private and name == self.host

    def may_go_to(self, realm: Endpoint, endpoint: Endpoint) -> bool:
        """Whether the token service `realm`, named by `endpoint`, may see the account."""
        expected = self.token_host or _TOKEN_HOSTS.get(self.host, "")
        return realm.is_private and (realm.origin == endpoint.origin or realm.netloc == expected)

    def hide(self, text: str) -> str:
        """Return `text` without the account."""
        encoded = self.basic.partition(" ")[2]
        for secret in (encoded, self.password, self.username):
            if len(secret) >= _SHORTEST_SECRET or secret == self.password:
                text = text.replace(secret, _HIDDEN)
        return text


def credentials_from(environment: Mapping[str, str]) -> Credentials | None:
    """Return the account that the environment names, or None where it names none.

    Raises UsageError where only a part of it is set: half an account must not become an anonymous request.
    """
    values = {name: environment.get(name, "") for name in (HOST, USERNAME, PASSWORD)}
    if not any(values.values()):
        return None
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise UsageError(
            _wrong(name, "a value, because other variables of the account are set") for name in missing
        )
    return Credentials(values[HOST], values[USERNAME], values[PASSWORD], environment.get(TOKEN_HOST, ""))


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for: `basic`, or a `bearer` token from the service at `realm`."""

    scheme: str
    realm: str = ""
    service: str = ""


def parse_challenge(header: str) -> Challenge | None:
    """Return the first challenge of a `WWW-Authenticate` header that can be met, or None."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "basic":
        return Challenge("basic")
    if scheme.lower() != "bearer":
        return None
    # Read backwards, so that of two values with one name the first stands.
    found = reversed(_PARAMETER.findall(rest))
    parameters = {name.lower(): quoted or bare for name, quoted, bare in found}
    return Challenge("bearer", parameters.get("realm", ""), parameters.get("service", ""))


def _is_host(text: str) -> bool:
    return "/" not in text and repository_problem(f"{text}/x/x") is None


def _is_plain(text: str) -> bool:
    return text.isprintable() and text == text.strip()


def _wrong(variable: str, expected: str) -> Problem:
    return Problem(
        place=NOWHERE,
        what=f"the environment variable {variable} cannot be used",
        expected=expected,
        remedy="set all of the account's variables, or none.",
        rule="registry.credentials",
    )
