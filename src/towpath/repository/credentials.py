"""The account for one Git host, from the environment alone, and the one way in which Git is told of it.

`TOWPATH_GIT_HOST` names the host (`github.com`, or `127.0.0.1:8080` with a port), `TOWPATH_GIT_TOKEN` the token, and
`TOWPATH_GIT_USERNAME` the user name where a host wants another than `x-access-token`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from towpath.errors import NOWHERE, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.repository.address import Address

HOST = "TOWPATH_GIT_HOST"
USERNAME = "TOWPATH_GIT_USERNAME"
TOKEN = "TOWPATH_GIT_TOKEN"  # noqa: S105 -- the variable's name, not a token

_DEFAULT_USERNAME = "x-access-token"
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?")
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class GitCredentials:
    """An account at one Git host. Its text form never shows the token."""

    host: str
    token: str = field(repr=False)
    username: str = field(default=_DEFAULT_USERNAME, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot stand in a header. The values are not repeated."""
        problems = []
        if not _HOST.fullmatch(self.host):
            problems.append(_wrong(HOST, "the host of one Git server in lower case, such as github.com"))
        if not _is_plain(self.token):
            problems.append(_wrong(TOKEN, "printable ASCII characters without spaces"))
        if not _is_plain(self.username) or ":" in self.username:
            problems.append(_wrong(USERNAME, "printable ASCII characters without spaces and `:`"))
        if problems:
            raise UsageError(problems)

    @property
    def basic(self) -> str:
        """What HTTP's basic scheme sends."""
        return base64.b64encode(f"{self.username}:{self.token}".encode()).decode()

    def belong_to(self, address: Address) -> bool:
        """Whether the server at `address` may see the account: this very host, and nobody who listens."""
        return address.is_private and address.host == self.host.removesuffix(_usual_port(address))

    def configuration(self, address: Address) -> tuple[tuple[str, str], ...]:
        """Return Git's settings that send the account to this host; none where it is another's.

        The key names the host, so that Git sends the header nowhere else.
        """
        if not self.belong_to(address):
            return ()
        key = f"http.{address.scheme}://{address.host}/.extraHeader"
        return ((key, f"Authorization: Basic {self.basic}"),)

    def hide(self, text: str) -> str:
        """Return `text` without the token, also where it is encoded."""
        for secret in {self.basic, self.token, quote(self.token, safe=""), quote_plus(self.token)}:
            text = text.replace(secret, _HIDDEN)
        return text


def git_credentials_from(environment: Mapping[str, str]) -> GitCredentials | None:
    """Return the account that the environment names, or None where it names none.

    Raises:
        UsageError: where only a part of it is set, for half an account must not become an anonymous request.

    """
    host, token = environment.get(HOST, ""), environment.get(TOKEN, "")
    if not host and not token:
        return None
    missing = [name for name, value in ((HOST, host), (TOKEN, token)) if not value]
    if missing:
        raise UsageError(
            _wrong(name, "a value, because another variable of the account is set") for name in missing
        )
    return GitCredentials(host, token, environment.get(USERNAME) or _DEFAULT_USERNAME)


def _usual_port(address: Address) -> str:
    return ":443" if address.scheme == "https" else ":80"


def _is_plain(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _wrong(variable: str, expected: str) -> Problem:
    return Problem(
        NOWHERE,
        f"the environment variable {variable} cannot be used",
        expected,
        "set all of the account's variables, or none",
        rule="repository.credentials",
    )
