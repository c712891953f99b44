"""Image pins: the exact image that one environment runs, and a pin as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

_ALGORITHM = "sha256:"
_SHORT = 12


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


class Length(Enum):
    """How much of a pin a text shows."""

    WHOLE = auto()
    """The reference: `ghcr.io/example/app:1.4.2@sha256:` and 64 digits."""
    SHORT = auto()
    """The digest cut off: `ghcr.io/example/app:1.4.2@sha256:` and twelve digits."""
    NAME = auto()
    """The repository's last part alone: `app:1.4.2@` and twelve digits."""
    PARTS = auto()
    """No repository: `:1.4.2@sha256:` and twelve digits."""
    VERSION = auto()
    """The tag, or twelve digits where there is none."""


def short_digest(digest: str) -> str:
    """Return `sha256:` and twelve digits."""
    return digest[: len(_ALGORITHM) + _SHORT]


def short_digits(digest: str) -> str:
    """Return the first twelve digits of a digest."""
    return short_digest(digest).removeprefix(_ALGORITHM)


def pin_text(pin: ImagePin | None, length: Length) -> str:
    """Return a pin as text in one line, less a part that it lacks; `not pinned` where there is none."""
    if pin is None:
        return "not pinned"
    match length:
        case Length.WHOLE:
            return _joined(pin.repository, pin.tag, pin.digest)
        case Length.SHORT:
            return _joined(pin.repository, pin.tag, short_digest(pin.digest))
        case Length.NAME:
            return _joined(pin.repository.rpartition("/")[2], pin.tag, short_digits(pin.digest))
        case Length.PARTS:
            return _joined("", pin.tag, short_digest(pin.digest))
        case Length.VERSION:
            return pin.tag or short_digits(pin.digest)


def _joined(repository: str, tag: str, digest: str) -> str:
    return repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
