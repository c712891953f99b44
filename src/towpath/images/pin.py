"""Image pins: the exact image that one environment runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class ImagePin:
    """What an image symbol resolves to in one environment.

    A pin is *unresolved* while it has a tag and no digest; it then links as `repository:tag`.
    """

    image: str
    repository: str
    """Registry host and path in full, such as `ghcr.io/example/pms-backend`; never with a tag."""
    tag: str = ""
    digest: str = ""
    """`sha256:` and 64 lower-case hex digits, or empty."""
    platforms: tuple[str, ...] = ()
    """Sorted `os/architecture[/variant]` of the index, empty where it was a single manifest or is unresolved."""
    revision: str = ""
    """The source revision that the image's labels name (`org.opencontainers.image.revision`)."""

    @property
    def resolved(self) -> bool:
        """Whether the pin holds a digest."""
        return bool(self.digest)

    def to_json(self) -> dict[str, object]:
        """Return the form for machines; the image's name is the key under which it stands."""
        return {
            "repository": self.repository,
            "tag": self.tag,
            "digest": self.digest,
            "platforms": list(self.platforms),
            "revision": self.revision,
        }
