"""The client against a real registry, with images that crane and our own script pushed."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from scripts.example_images import build, digest_of, push, revision_of
from tests.support.registry import crane
from towpath.images.pin import ImagePin
from towpath.images.reference import ImageReference, parse_reference
from towpath.registry.client import HttpRegistry
from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.registry import RunningRegistry

BACKEND = build("pms-backend", "1.0.0")
NEXT = build("pms-backend", "1.1.0")
REFERENCE = ImageReference("ghcr.io/example/pms-backend", "1.0.0")


@pytest.fixture(scope="session")
def client(registry: RunningRegistry) -> HttpRegistry:
    """Return a client to which ghcr.io is the test's registry, with two versions of the backend in it."""
    push(BACKEND, registry.host)
    push(NEXT, registry.host)
    return HttpRegistry(registry.mirrors("ghcr.io"))


@pytest.fixture(scope="session")
def single(registry: RunningRegistry, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the reference of an image for one platform that crane built and labelled."""
    layer = _tar(tmp_path_factory.mktemp("layer") / "layer.tar")
    plain = f"{registry.host}/crane/plain:1"
    crane("append", "--new_layer", str(layer), "--new_tag", plain)
    name = f"{registry.host}/crane/single:1"
    crane("mutate", plain, "--label", "org.opencontainers.image.revision=abc123", "--tag", name)
    return name


def _tar(path: Path) -> Path:
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("hello")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"hi"))
    return path


def test_e70_a_tag_resolves_to_the_digest_of_the_index(
    client: HttpRegistry, registry: RunningRegistry
) -> None:
    """The digest is that of all platforms together, and crane says the same."""
    resolved = client.resolve(REFERENCE)
    assert resolved.digest == BACKEND.digest == resolved.tag_digest
    assert resolved.digest == crane("digest", f"{registry.host}/example/pms-backend:1.0.0")
    assert resolved.is_index
    assert resolved.media_type == "application/vnd.oci.image.index.v1+json"
    assert resolved.size == len(BACKEND.index)
    assert resolved.platforms == ("linux/amd64", "linux/arm64")


def test_labels_come_from_the_configuration(client: HttpRegistry) -> None:
    """The source revision and the date are those of the image."""
    resolved = client.resolve(REFERENCE)
    assert resolved.labels["org.opencontainers.image.version"] == "1.0.0"
    assert resolved.created == "2025-01-01T00:00:00Z"
    assert resolved.pin("backend", REFERENCE) == ImagePin(
        "backend",
        "ghcr.io/example/pms-backend",
        tag="1.0.0",
        digest=BACKEND.digest,
        platforms=("linux/amd64", "linux/arm64"),
        revision=revision_of("pms-backend", "1.0.0"),
    )


def test_a_digest_alone_is_enough(client: HttpRegistry) -> None:
    """A reference without a tag has no tag's digest."""
    resolved = client.resolve(ImageReference(REFERENCE.repository, "", BACKEND.digest))
    assert (resolved.digest, resolved.tag_digest) == (BACKEND.digest, "")


def test_e70_the_digest_of_one_platform_alone_shows_as_one_platform(client: HttpRegistry) -> None:
    """Without a tag nothing tells that an index exists; the answer says that it is none."""
    reference = ImageReference(REFERENCE.repository, "", digest_of(BACKEND.manifests[1]))
    resolved = client.resolve(reference)
    assert (resolved.is_index, resolved.platforms) == (False, ("linux/arm64",))
    assert resolved.pin("backend", reference).platforms == ()


@pytest.mark.parametrize(
    ("tag", "tag_digest"),
    [
        pytest.param("1.0.0", BACKEND.digest, id="same"),
        pytest.param("1.1.0", NEXT.digest, id="tag-moved-on"),
        pytest.param("gone", "", id="tag-gone"),
    ],
)
def test_e71_a_digest_decides_and_its_tag_is_compared(
    client: HttpRegistry, tag: str, tag_digest: str
) -> None:
    """A tag that moved does not change what is promoted, and can be warned about."""
    resolved = client.resolve(ImageReference(REFERENCE.repository, tag, BACKEND.digest))
    assert (resolved.digest, resolved.tag_digest) == (BACKEND.digest, tag_digest)


def test_e70_the_digest_of_one_platform_is_refused(client: HttpRegistry) -> None:
    """The message names the platform and the whole reference to use."""
    child = digest_of(BACKEND.manifests[1])
    with pytest.raises(RegistryError) as caught:
        client.resolve(ImageReference(REFERENCE.repository, "1.0.0", child))
    assert caught.value.fault is Fault.CHILD_DIGEST
    assert "linux/arm64 alone" in str(caught.value)
    assert f"use `{REFERENCE}@{BACKEND.digest}`" in str(caught.value)


def test_an_image_for_one_platform_resolves(
    client: HttpRegistry, registry: RunningRegistry, single: str
) -> None:
    """A manifest without an index is fine; its pin lists no platforms. Loopback needs no mirror."""
    reference = parse_reference(single)
    resolved = HttpRegistry().resolve(reference)
    assert resolved.digest == crane("digest", single)
    assert not resolved.is_index
    assert resolved.revision == "abc123"
    assert resolved.pin("x", reference).platforms == ()


def test_an_index_that_crane_made_resolves(registry: RunningRegistry, single: str) -> None:
    """Children of the Docker media type within an index are read too."""
    name = f"{registry.host}/crane/many:1"
    crane("index", "append", "--manifest", single, "--tag", name)
    parsed = json.loads(crane("manifest", name))
    with pytest.raises(RegistryError, match="without an image for any platform"):
        HttpRegistry().resolve(parse_reference(name))
    assert "platform" not in parsed["manifests"][0] or not parsed["manifests"][0]["platform"].get("os")
    named = f"{registry.host}/crane/named:1"
    crane("mutate", single, "--set-platform", "linux/arm/v7", "--tag", f"{named}-arm")
    crane("index", "append", "--manifest", f"{named}-arm", "--tag", named)
    assert HttpRegistry().resolve(parse_reference(named)).platforms == ("linux/arm/v7",)


@pytest.mark.parametrize(
    ("text", "fault", "message"),
    [
        pytest.param("ghcr.io/example/pms-backend:9", Fault.NOT_FOUND, "push the image", id="e72-tag"),
        pytest.param("ghcr.io/example/nobody:1", Fault.NOT_FOUND, "check the spelling", id="repository"),
        pytest.param(
            f"ghcr.io/example/pms-backend@sha256:{'0' * 64}", Fault.NOT_FOUND, "not deleted", id="e72-digest"
        ),
        pytest.param("ghcr.io/example/pms-backend", Fault.NO_VERSION, "write the tag", id="no-version"),
    ],
)
def test_e72_what_the_registry_lacks_is_an_error(
    client: HttpRegistry, text: str, fault: Fault, message: str
) -> None:
    """There is no default tag, and a missing digest is found before anything is changed."""
    with pytest.raises(RegistryError) as caught:
        client.resolve(parse_reference(text))
    assert caught.value.fault is fault
    assert message in str(caught.value)
    assert caught.value.problems[0].rule == f"registry.{fault}"


def test_e77_the_same_image_in_two_registries_has_one_digest(
    client: HttpRegistry, registry: RunningRegistry
) -> None:
    """The reference keeps its registry's name, wherever the bytes come from."""
    crane("copy", f"{registry.host}/example/pms-backend:1.0.0", f"{registry.host}/mirror/pms-backend:1.0.0")
    mirrored = HttpRegistry(registry.mirrors("registry.example")).resolve(
        ImageReference("registry.example/mirror/pms-backend", "1.0.0")
    )
    assert mirrored.digest == client.resolve(REFERENCE).digest
