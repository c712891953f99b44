"""The port to image registries: one question, its answer, and the errors that an answer can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from towpath.errors import NOWHERE, Problem, TowpathError
from towpath.images.pin import ImagePin
from towpath.images.pinfile import REVISION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.reference import ImageReference

REVISION_LABEL = "org.opencontainers.image.revision"


class Fault(StrEnum):
    """Why a registry gave no answer that can be used. The problem's rule is `registry.<fault>`."""

    UNREACHABLE = "unreachable"
    """No connection, or no whole answer."""
    TIMEOUT = "timeout"
    BUSY = "busy"
    """The registry asks to come back later, or fails again and again."""
    NOT_FOUND = "not-found"
    UNAUTHORIZED = "unauthorized"
    WRONG_BYTES = "wrong-bytes"
    """The bytes are not what their digest or size says."""
    TOO_LARGE = "too-large"
    NOT_A_MANIFEST = "not-a-manifest"
    CHILD_DIGEST = "child-digest"
    """The digest is that of one platform of a multi-platform image."""
    NO_VERSION = "no-version"
    """The reference has neither tag nor digest."""


class RegistryError(TowpathError):
    """A registry did not answer, or not with an image that can be trusted."""

    def __init__(self, fault: Fault, what: str, expected: str, remedy: str) -> None:
        self.fault = fault
        super().__init__(Problem(NOWHERE, what, expected, remedy, rule=f"registry.{fault}"))


@dataclass(frozen=True, slots=True)
class ResolvedImage:
    """What a reference stands for. Labels and dates are the builder's words: data, never instructions."""

    digest: str
    """The sha256 of the manifest's bytes, or of the index's where the image has several platforms."""
    media_type: str
    platforms: tuple[str, ...]
    """Sorted `os/architecture[/variant]`; of a single manifest, that of its configuration."""
    is_index: bool
    size: int
    """Length of the manifest or index in bytes."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of one platform's configuration: linux/amd64 where there is one, or else the first."""
    created: str = ""
    """When that configuration says the image was built (RFC 3339), or empty."""
    tag_digest: str = ""
    """What the reference's tag stands for right now; empty where it has no tag or the tag is gone.

    Differs from `digest` where the reference has both and the tag has moved on: worth a warning.
    """

    @property
    def revision(self) -> str:
        """The source revision that the labels name, or empty where it is not one plain word."""
        revision = self.labels.get(REVISION_LABEL, "")
        return revision if REVISION.fullmatch(revision) else ""

    def pin(self, image: str, reference: ImageReference) -> ImagePin:
        """Return the pin that gives `image` these exact bytes under the name and tag of `reference`."""
        return ImagePin(
            image,
            reference.repository,
            tag=reference.tag,
            digest=self.digest,
            platforms=self.platforms if self.is_index else (),
            revision=self.revision,
        )


class Registry(Protocol):
    """Where images come from."""

    def resolve(self, reference: ImageReference) -> ResolvedImage:
        """Return what `reference` stands for right now.

        A digest in the reference decides; its tag is then only compared. Raises RegistryError: there is no
        answer in part, so that a failing registry never leads to a decision.
        """
        ...
