"""A pin as people read it, and the registries that it may name."""

from __future__ import annotations

import pytest

from towpath.errors import NOWHERE, Place, Problem
from towpath.images.allowed import registry_problem
from towpath.images.pin import ImagePin, Length, pin_text

DIGITS = "5acdf8a1bff53f5564243d2558dfe8196b5f2ac2dd64c44331415ffcdbdf5270"
REPOSITORY = "ghcr.io/example/pms/backend"
PIN = ImagePin("backend", REPOSITORY, "1.4.2", f"sha256:{DIGITS}")
TAGGED = ImagePin("backend", REPOSITORY, "1.4.2")
UNTAGGED = ImagePin("backend", REPOSITORY, digest=f"sha256:{DIGITS}")
PLACE = Place("envs/staging/pms.images.yaml", 3)


@pytest.mark.parametrize(
    ("length", "pin", "text"),
    [
        pytest.param(Length.WHOLE, PIN, f"{REPOSITORY}:1.4.2@sha256:{DIGITS}", id="whole"),
        pytest.param(Length.WHOLE, TAGGED, f"{REPOSITORY}:1.4.2", id="whole-without-digest"),
        pytest.param(Length.WHOLE, UNTAGGED, f"{REPOSITORY}@sha256:{DIGITS}", id="whole-without-tag"),
        pytest.param(Length.SHORT, PIN, f"{REPOSITORY}:1.4.2@sha256:5acdf8a1bff5", id="short"),
        pytest.param(Length.SHORT, TAGGED, f"{REPOSITORY}:1.4.2", id="short-without-digest"),
        pytest.param(Length.NAME, PIN, "backend:1.4.2@5acdf8a1bff5", id="name"),
        pytest.param(Length.NAME, TAGGED, "backend:1.4.2", id="name-without-digest"),
        pytest.param(Length.NAME, UNTAGGED, "backend@5acdf8a1bff5", id="name-without-tag"),
        pytest.param(Length.PARTS, PIN, ":1.4.2@sha256:5acdf8a1bff5", id="parts"),
        pytest.param(Length.PARTS, UNTAGGED, "@sha256:5acdf8a1bff5", id="parts-without-tag"),
        pytest.param(Length.VERSION, PIN, "1.4.2", id="version"),
        pytest.param(Length.VERSION, UNTAGGED, "5acdf8a1bff5", id="version-without-tag"),
    ],
)
def test_lengths(length: Length, pin: ImagePin, text: str) -> None:
    """Each length has its form, less a part that the pin lacks."""
    assert pin_text(pin, length) == text


@pytest.mark.parametrize("length", Length, ids=lambda length: length.name.lower())
def test_no_pin(length: Length) -> None:
    """Where there is no pin, every length says so."""
    assert pin_text(None, length) == "not pinned"


@pytest.mark.parametrize(
    ("repository", "allowed"),
    [
        pytest.param(REPOSITORY, (), id="every-one"),
        pytest.param(REPOSITORY, ("docker.io", "ghcr.io"), id="one-of-them"),
        pytest.param("localhost:5000/app", ("localhost:5000",), id="with-its-port"),
    ],
)
def test_an_allowed_registry(repository: str, allowed: tuple[str, ...]) -> None:
    """No list allows every registry, a list those on it."""
    assert registry_problem("backend", repository, allowed, rule="pin.registry") is None


@pytest.mark.parametrize(
    ("repository", "registry"),
    [
        pytest.param("ghcr.io.evil.example/app", "ghcr.io.evil.example", id="p18-begins-alike"),
        pytest.param("evil.example/ghcr.io/app", "evil.example", id="p18-in-the-path"),
        pytest.param("ghcr.io:8443/app", "ghcr.io:8443", id="p18-another-port"),
    ],
)
def test_a_registry_that_is_not_allowed(repository: str, registry: str) -> None:
    """The host is compared whole, with its port."""
    found = registry_problem("backend", repository, ("ghcr.io", "docker.io"), rule="pin.registry")
    assert found == Problem(
        NOWHERE,
        f"backend: the registry {registry} is not allowed",
        "one of ghcr.io, docker.io",
        "add it to registries.allowed in towpath.yaml, if it may be used",
        rule="pin.registry",
    )


def test_a_pin_that_stands_has_its_place_and_command() -> None:
    """The message leads to the pin, and says how to replace it."""
    found = registry_problem(
        "backend",
        "evil.example/app",
        ("ghcr.io",),
        rule="link.registry",
        place=PLACE,
        command="towpath pin x",
    )
    assert found is not None
    assert (found.place, found.rule) == (PLACE, "link.registry")
    assert found.remedy.endswith("if it may be used; if not, run `towpath pin x`")
