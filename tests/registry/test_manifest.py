"""Indexes and redirects in the small: rules that no server on this machine can show."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.registry.scripted import BACKEND, INDEX, MANIFEST, FakeClock
from towpath.images.reference import ImageReference
from towpath.registry.answers import redirected
from towpath.registry.credentials import Challenge
from towpath.registry.fetch import Fetcher, Limits
from towpath.registry.manifest import Descriptor, Index, Manifest, parse_configuration, parse_manifest, sha256
from towpath.registry.mirrors import Endpoint
from towpath.registry.port import Fault, RegistryError, ResolvedImage

REMOTE = Endpoint("https", "ghcr.io", 443)
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"


def _child(platform: str, media_type: str = MANIFEST) -> Descriptor:
    return Descriptor(media_type, sha256(platform.encode()), 1, platform)


@pytest.mark.parametrize(
    ("platforms", "sample"),
    [
        pytest.param(("linux/386", "linux/amd64"), "linux/amd64", id="preferred"),
        pytest.param(("linux/s390x", "linux/arm64"), "linux/arm64", id="first"),
        pytest.param(("", "linux/arm64"), "linux/arm64", id="attestation"),
        pytest.param(("",), "", id="none"),
    ],
)
def test_labels_come_from_the_same_platform_each_time(platforms: tuple[str, ...], sample: str) -> None:
    """The order of the entries does not matter."""
    children = tuple(_child(platform) for platform in platforms)
    for index in (Index(INDEX, children), Index(INDEX, children[::-1])):
        found = index.sample
        assert (found.platform if found else "") == sample


def test_a_nested_index_is_no_sample() -> None:
    """Only a manifest has a configuration."""
    assert Index(INDEX, (_child("linux/amd64", INDEX),)).sample is None


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        pytest.param({"os": "linux", "architecture": "arm", "variant": "v7"}, "linux/arm/v7", id="variant"),
        pytest.param({"os": "linux"}, "", id="no-architecture"),
        pytest.param({"os": "unknown", "architecture": "unknown"}, "", id="attestation"),
        pytest.param({"os": "li nux", "architecture": "a"}, "", id="space"),
        pytest.param({"os": ["linux"], "architecture": "amd64"}, "", id="list"),
        pytest.param("linux/amd64", "", id="text"),
        pytest.param(None, "", id="none"),
    ],
)
def test_platforms_of_an_index(platform: object, text: str) -> None:
    """What is no platform is left out of the pin."""
    entry = {"mediaType": MANIFEST, "digest": BACKEND.digest, "size": 1, "platform": platform}
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    index = parse_manifest("x", json.dumps(document).encode(), INDEX)
    assert isinstance(index, Index)
    assert index.platforms == ((text,) if text else ())


@pytest.mark.parametrize(
    ("document", "labels"),
    [
        pytest.param({"config": {"Labels": {"a": "b", "c": 1}}}, {"a": "b"}, id="numbers-are-left-out"),
        pytest.param({"config": {"Labels": None}}, {}, id="null"),
        pytest.param({"config": {"Labels": ["a"]}}, {}, id="list"),
        pytest.param({"config": None}, {}, id="no-config"),
        pytest.param({"created": 7}, {}, id="created-number"),
    ],
)
def test_labels_are_strings(document: object, labels: dict[str, str]) -> None:
    """A configuration without labels is a configuration."""
    configuration = parse_configuration("x", json.dumps(document).encode(), CONFIG_TYPE)
    assert configuration.labels == labels
    assert configuration.created == ""


@pytest.mark.parametrize(
    ("label", "revision"),
    [
        pytest.param("8d5f1c0", "8d5f1c0", id="hash"),
        pytest.param("v1.0-5-gabc+dirty", "v1.0-5-gabc+dirty", id="describe"),
        pytest.param("a b", "", id="space"),
        pytest.param("<!-- @team -->", "", id="e81-markup"),
        pytest.param("a" * 200, "", id="long"),
        pytest.param("abc\n", "", id="newline"),
    ],
)
def test_e81_a_revision_is_one_plain_word(label: str, revision: str) -> None:
    """A label that is anything else does not get into a pin."""
    labels = {"org.opencontainers.image.revision": label}
    resolved = ResolvedImage(BACKEND.digest, INDEX, ("linux/amd64",), is_index=True, size=1, labels=labels)
    assert resolved.pin("a", ImageReference("ghcr.io/x", "1")).revision == revision


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://store.example/x", id="plain-http"),
        pytest.param("http://127.0.0.1:8080/x", id="loopback"),
        pytest.param("https://localhost/x", id="localhost"),
        pytest.param("https://[::1]/x", id="ipv6-loopback"),
    ],
)
def test_p12_a_remote_registry_cannot_send_the_client_to_this_machine(location: str) -> None:
    """Nor from TLS to plain http."""
    with pytest.raises(RegistryError) as caught:
        redirected(REMOTE, "/v2/x/blobs/y", location)
    assert caught.value.fault is Fault.UNREACHABLE


def test_a_redirect_keeps_its_signature() -> None:
    """Path and query go to the store as they came."""
    location = "https://store.example/a%2Fb?sig=x%2By&t=1"
    assert redirected(REMOTE, "/v2", location) == (
        Endpoint("https", "store.example", 443),
        "/a%2Fb?sig=x%2By&t=1",
    )
    assert redirected(REMOTE, "/v2/x", "/y") == (REMOTE, "/y")


@pytest.mark.parametrize(
    "realm", ["http://127.0.0.1/token", "https://localhost/token", "http://ghcr.io/token"]
)
def test_p12_a_remote_registry_cannot_name_this_machine_as_token_service(realm: str) -> None:
    """Nor a service that others can read along with."""
    fetcher = Fetcher(None, {}, Limits(), FakeClock())
    source = fetcher.source(REMOTE, ImageReference("ghcr.io/example/x", "1"))
    with pytest.raises(RegistryError, match="cannot be trusted"):
        fetcher._realm(source, Challenge("bearer", realm))


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.just(BACKEND.digest)
    | st.just(MANIFEST),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["config", "mediaType", "digest", "size", "platform"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {"schemaVersion": st.just(2), "mediaType": st.sampled_from([INDEX, MANIFEST])},
        optional={"manifests": _JSON, "config": _JSON, "layers": _JSON},
    ),
    st.sampled_from([INDEX, MANIFEST, "application/json", ""]),
)
@settings(max_examples=150, deadline=None)
def test_any_json_is_a_manifest_or_refused(document: dict[str, object], content_type: str) -> None:
    """Nothing but a RegistryError comes out of a hostile document."""
    try:
        content = parse_manifest("x", json.dumps(document).encode(), content_type)
    except RegistryError:
        return
    assert isinstance(content, Index | Manifest)
    assert content.media_type == document["mediaType"]
