"""The address of an environment repository: which ones Towpath talks to, and what it calls them. Pure.

An address never holds an account: it stands in argument lists, which every user of a machine can read.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass

from towpath.repository.port import Fault, RepositoryError

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/]*)(?P<path>/.*)?", re.DOTALL)
_SCP = re.compile(r"(?:(?P<user>[^@:/]+)@)?(?P<host>[^@:/]+):(?P<path>(?!/?/).+)", re.DOTALL)
_USER = re.compile(r"[a-z_][a-z0-9_.-]{0,63}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,45}\]")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_PATH = re.compile(r"/?[A-Za-z0-9._~+@%=,/-]*[A-Za-z0-9._~+@%=,/]")
_SCHEMES = ("https", "ssh", "file", "http")
_DEFAULT_PORTS = {"https": "443", "http": "80", "ssh": "22"}
_EXPECTED = "https://host/path, ssh://user@host/path, user@host:path, or file:///path"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a repository is."""

    url: str
    """As Git takes it; holds no account but the user name that ssh needs."""
    scheme: str
    """`https`, `http`, `ssh` or `file`."""
    host: str
    """Host in lower case, with its port where that is not the usual one; empty of a file."""
    path: str
    """Without a slash at its end."""

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent: the only servers that may see an account."""
        return self.scheme == "https" or (self.scheme == "http" and is_loopback(self.host))

    @property
    def key(self) -> str:
        """A name for the repository, the same for the spellings of its address; 16 hex digits."""
        where = f"{self.host}/{self.path.strip('/').removesuffix('.git')}"
        return hashlib.sha256(where.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return self.url


def parse_address(url: str, *, allow_http: bool = False) -> Address:
    """Return the address that a text says. Plain HTTP is for this machine alone, unless `allow_http`.

    Raises:
        RepositoryError: address. An account in the text is not repeated.

    """
    if url.startswith("/"):
        url = f"file://{url}"
    if found := _URL.fullmatch(url):
        address = _parsed(found["scheme"].lower(), found["authority"], found["path"] or "", url)
    elif found := _SCP.fullmatch(url):
        user = f"{found['user']}@" if found["user"] else ""
        address = _parsed("ssh", f"{user}{found['host']}", found["path"], url)
    else:
        raise _wrong("the address of the environment repository is none that Towpath knows")
    if address.scheme == "http" and not allow_http and not is_loopback(address.host):
        raise RepositoryError(
            Fault.ADDRESS,
            f"the environment repository {address} would be reached without encryption",
            "https, or http to this machine alone",
            "write https:// in repository.url of towpath.yaml",
        )
    return address


def is_loopback(host: str) -> bool:
    """Tell whether a host, with or without a port, is this machine."""
    name = host.rpartition(":")[0] if re.search(r":[0-9]+\Z", host) and not host.endswith("]") else host
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _parsed(scheme: str, authority: str, path: str, url: str) -> Address:
    user, at, server = authority.rpartition("@")
    if at and (scheme != "ssh" or ":" in user):
        raise RepositoryError(
            Fault.ADDRESS,
            "the address of the environment repository holds an account",
            _EXPECTED,
            "take it out of the address, and give TOWPATH_GIT_HOST and TOWPATH_GIT_TOKEN in the environment; "
            "if it was a real one, have a new one made",
        )
    if scheme not in _SCHEMES:
        raise _wrong("the address of the environment repository has a scheme that Towpath does not use")
    if "?" in path or "#" in path:
        # Such parts are where some services put tokens, so the address is not repeated.
        raise _wrong("the address of the environment repository has a `?` or `#`")
    host, port = _host_and_port(server.lower())
    if scheme == "file":
        fits = not authority and path.startswith("/")
    else:
        fits = bool(_HOST.fullmatch(host)) and (not port or bool(_PORT.fullmatch(port)))
    fits = fits and (not at or bool(_USER.fullmatch(user))) and not path.startswith("-")
    if not fits or not path.strip("/") or not _PATH.fullmatch(path):
        raise _wrong("the address of the environment repository is malformed")
    if port and port != _DEFAULT_PORTS.get(scheme):
        host = f"{host}:{port}"
    return Address(url, scheme, host, path.rstrip("/"))


def _host_and_port(server: str) -> tuple[str, str]:
    if server.startswith("["):
        host, bracket, rest = server.partition("]")
        return f"{host}{bracket}", rest.removeprefix(":") if rest.startswith(":") else rest
    host, _, port = server.partition(":")
    return host, port


def _wrong(what: str) -> RepositoryError:
    return RepositoryError(Fault.ADDRESS, what, _EXPECTED, "correct repository.url in towpath.yaml")
