"""The address of an environment repository."""

from __future__ import annotations

import pytest

from towpath.repository.address import is_loopback, parse_address
from towpath.repository.port import Fault, RepositoryError

CANARY = "c4n4ry-t0ken"


@pytest.mark.parametrize(
    ("url", "scheme", "host"),
    [
        pytest.param("https://github.com/example/env.git", "https", "github.com", id="https"),
        pytest.param("https://GitHub.com:443/example/env", "https", "github.com", id="usual-port"),
        pytest.param("https://git.example:8443/env", "https", "git.example:8443", id="port"),
        pytest.param("ssh://git@github.com/example/env.git", "ssh", "github.com", id="ssh"),
        pytest.param("git@github.com:example/env.git", "ssh", "github.com", id="scp"),
        pytest.param("file:///srv/env.git", "file", "", id="file"),
        pytest.param("/srv/env.git", "file", "", id="path"),
        pytest.param("http://127.0.0.1:8080/env.git", "http", "127.0.0.1:8080", id="loopback"),
        pytest.param("http://[::1]:8080/env.git", "http", "[::1]:8080", id="loopback-6"),
        pytest.param("http://localhost/env.git", "http", "localhost", id="localhost"),
    ],
)
def test_addresses_that_are_used(url: str, scheme: str, host: str) -> None:
    """The usual spellings of an address are understood."""
    address = parse_address(url)
    assert (address.scheme, address.host) == (scheme, host)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param("../env.git", id="relative"),
        pytest.param("ext::sh -c id", id="program"),
        pytest.param("git://example.com/env.git", id="git-protocol"),
        pytest.param("ftp://example.com/env.git", id="ftp"),
        pytest.param("http://example.com/env.git", id="plain-http"),
        pytest.param("http://127.0.0.1.example.com/env.git", id="looks-like-loopback"),
        pytest.param("https://", id="no-host"),
        pytest.param("https://example.com", id="no-path"),
        pytest.param("https://exämple.com/env.git", id="not-ascii"),
        pytest.param("https://example.com/env.git?x=1", id="query"),
        pytest.param("https://example.com/env.git#x", id="fragment"),
        pytest.param("https://example.com/a b", id="space"),
        pytest.param("https://example.com/env\n.git", id="newline"),
        pytest.param("https://example.com:port/env.git", id="port-in-letters"),
        pytest.param("https://example.com\\@evil.example/env.git", id="backslash"),
        pytest.param("ssh://-oProxyCommand=x/env.git", id="option-as-host"),
        pytest.param("-oProxyCommand=x@host:env.git", id="option-as-user"),
        pytest.param("git@host:-x", id="option-as-path"),
        pytest.param("--upload-pack=x", id="option"),
        pytest.param("file://host/env.git", id="file-with-host"),
    ],
)
def test_e80_addresses_that_are_refused(url: str) -> None:
    """An address that Git could take for something else, or that others could read, is refused."""
    with pytest.raises(RepositoryError) as caught:
        parse_address(url)
    assert caught.value.fault is Fault.ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"https://user:{CANARY}@github.com/example/env.git", id="user-and-password"),
        pytest.param(f"https://{CANARY}@github.com/example/env.git", id="token-alone"),
        pytest.param(f"http://x:{CANARY}@127.0.0.1/env.git", id="loopback"),
        pytest.param(f"ssh://git:{CANARY}@github.com/env.git", id="ssh-password"),
        pytest.param(f"https://github.com/env.git?token={CANARY}", id="query"),
        pytest.param(f"https://a@b:{CANARY}@github.com/env.git", id="two-ats"),
    ],
)
def test_e78_an_account_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    """An address stands in argument lists, so it holds no account; the message holds none either."""
    with pytest.raises(RepositoryError) as caught:
        parse_address(url)
    assert CANARY not in f"{caught.value!s} {caught.value!r} {caught.value.problems!r}"


def test_e37_spellings_of_one_repository_share_a_clone() -> None:
    """The key is that of the repository, whatever the scheme, the ending and the case of the host."""
    spellings = (
        "https://github.com/example/env",
        "https://github.com/example/env.git",
        "https://GITHUB.com/example/env.git/",
        "git@github.com:example/env.git",
        "ssh://git@github.com:22/example/env",
    )
    assert len({parse_address(url).key for url in spellings}) == 1
    assert parse_address("https://github.com/example/env2").key != parse_address(spellings[0]).key


def test_plain_http_by_an_explicit_setting() -> None:
    """Plain HTTP to another machine is used only where it is allowed, and never sees an account."""
    address = parse_address("http://git.example/env.git", allow_http=True)
    assert not address.is_private
    assert parse_address("http://127.0.0.1/env.git").is_private


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("127.0.0.1:80", True, id="port"),
        pytest.param("127.8.9.1", True, id="whole-network"),
        pytest.param("[::1]", True, id="version-6"),
        pytest.param("localhost:1", True, id="name"),
        pytest.param("localhost.example", False, id="longer-name"),
        pytest.param("10.0.0.1", False, id="private-network"),
    ],
)
def test_what_is_this_machine(host: str, expected: bool) -> None:
    """Only addresses of the loopback network and the one name for it."""
    assert is_loopback(host) is expected
