"""Mirrors and endpoints: which server is asked, and over which scheme."""

from __future__ import annotations

import pytest

from towpath.errors import Place, TowpathError
from towpath.registry.mirrors import Endpoint, Mirrors, parse_mirrors


@pytest.mark.parametrize(
    ("registry", "server"),
    [
        pytest.param("ghcr.io", "https://ghcr.io", id="itself"),
        pytest.param("docker.io", "https://registry-1.docker.io", id="docker-hub"),
        pytest.param("registry.example:5000", "https://registry.example:5000", id="port"),
        pytest.param("localhost:5000", "http://localhost:5000", id="localhost"),
        pytest.param("127.0.0.1:5000", "http://127.0.0.1:5000", id="loopback"),
        pytest.param("[::1]:5000", "http://[::1]:5000", id="ipv6-loopback"),
        pytest.param("10.0.0.1:5000", "https://10.0.0.1:5000", id="not-loopback"),
        pytest.param("127.0.evil.example", "https://127.0.evil.example", id="starts-like-loopback"),
        pytest.param("localhost.example", "https://localhost.example", id="starts-like-localhost"),
    ],
)
def test_without_a_mirror_a_registry_is_asked_itself(registry: str, server: str) -> None:
    """Plain http is for this machine only."""
    endpoint = Mirrors().endpoint(registry)
    assert str(endpoint) == server
    assert endpoint.is_private
    assert not endpoint.is_mirror


@pytest.mark.parametrize(
    ("url", "server", "is_private"),
    [
        pytest.param("http://127.0.0.1:5000", "http://127.0.0.1:5000", True, id="loopback"),
        pytest.param("http://mirror.example", "http://mirror.example", False, id="http-as-it-says"),
        pytest.param("https://mirror.example/", "https://mirror.example", True, id="slash"),
        pytest.param("https://mirror.example:443", "https://mirror.example", True, id="standard-port"),
        pytest.param("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443", True, id="ipv6"),
    ],
)
def test_e77_a_mirror_has_the_bytes_of_another_registry(url: str, server: str, *, is_private: bool) -> None:
    """Other registries are asked themselves."""
    mirrors = parse_mirrors({"ghcr.io": url})
    assert str(mirrors.endpoint("ghcr.io")) == server
    assert mirrors.endpoint("ghcr.io").is_mirror
    assert mirrors.endpoint("ghcr.io").is_private is is_private
    assert mirrors.endpoint("quay.io") == Endpoint("https", "quay.io", 443)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("127.0.0.1:5000", id="no-scheme"),
        pytest.param("ftp://mirror.example", id="ftp"),
        pytest.param("https://", id="no-host"),
        pytest.param("https://robot:hunter2@mirror.example", id="p11-password"),
        pytest.param("https://mirror.example/path", id="path"),
        pytest.param("https://mirror.example?hunter2", id="query"),
        pytest.param("https://mirror.example#a", id="fragment"),
        pytest.param("https://mirror.example:0", id="port-0"),
        pytest.param("https://mirror.example:99999", id="port-too-large"),
        pytest.param("https://mirror.example:x", id="port-word"),
        pytest.param("https://m\u0456rror.example", id="cyrillic"),
        pytest.param("https://xn--mrror-1ta.example", id="punycode"),
        pytest.param("http://127.1:5000", id="half-an-address"),
        pytest.param("https://mirror.example\n", id="newline"),
        pytest.param("https://mirror .example", id="space"),
        pytest.param("https://mirror_a.example", id="underscore"),
    ],
)
def test_p18_a_wrong_mirror_is_refused_at_its_place(url: str) -> None:
    """The message names the registry and never repeats the URL, which may hold a password."""
    place = Place("towpath.yaml", 4, 12)
    with pytest.raises(TowpathError) as caught:
        parse_mirrors({"ghcr.io": url}, {"ghcr.io": place})
    (problem,) = caught.value.problems
    assert problem.place == place
    assert "`ghcr.io`" in problem.what
    assert "hunter2" not in str(caught.value)


def test_all_wrong_entries_are_reported_at_once() -> None:
    """A wrong registry and a wrong URL are two problems, also in one entry."""
    with pytest.raises(TowpathError) as caught:
        parse_mirrors({"Ghcr.io": "x", "ghcr.io/x": "https://a.example", "docker.io": "https://b.example"})
    assert len(caught.value.problems) == 3
