"""Image references: the text `registry/path:tag@digest`, by the whole grammar of the distribution project.

A repository always stands in full (`nginx` is `docker.io/library/nginx`), so that one image has one spelling
and an allow-list can compare registries as plain text. What could be taken for another host is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Place, Problem, TowpathError
from towpath.images.fault import Fault, digest_follows, shown
from towpath.images.host import host_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCKER_HUB = "docker.io"

_HUB_ALIASES = frozenset({DOCKER_HUB, "index.docker.io"})
_PATH_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")
_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.-]*://")
# Also keeps the host within the 253 characters that a name may have.
_REPOSITORY_LIMIT = 255

_FORM = "registry/path:tag@sha256:<64 hex digits>, such as ghcr.io/example/backend:1.4.0"
_REPOSITORY_FORM = "a registry host and a lower-case path, such as ghcr.io/example/backend"
_TAG_FORM = "1 to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
_DIGEST_FORM = "sha256: and 64 lower-case hex digits"


@dataclass(frozen=True, order=True, slots=True)
class ImageReference:
    """One image by name. Made by `parse_reference`; the parts are then valid and canonical."""

    repository: str
    """Registry host and path in full and in lower case, such as `docker.io/library/nginx`."""
    tag: str = ""
    digest: str = ""
    """`sha256:` and 64 lower-case hex digits, or empty."""

    @property
    def registry(self) -> str:
        """The registry's host, with its port where it has one: `ghcr.io`, `localhost:5000`."""
        return self.repository.partition("/")[0]

    @property
    def path(self) -> str:
        """The repository within its registry: `example/backend`."""
        return self.repository.partition("/")[2]

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"


def parse_reference(text: str, *, repository: str = "", place: Place = NOWHERE) -> ImageReference:
    """Return the image that `text` names.

    Where `repository` is given, `text` may be `:tag`, `@digest` or `:tag@digest` and keeps that repository.
    `place` is where the text was read. Raises TowpathError with one problem for each wrong part; a message
    never repeats what stands before an `@` that could be a password.
    """
    fault = _text_fault(text)
    if fault is not None:
        raise TowpathError(_problem(text, fault, place))
    name, at, digest = text.partition("@")
    name, tag = _split_tag(name)
    faults: list[Fault] = []
    if repository and not name:
        name = repository
    elif not name:
        faults.append(Fault("names no repository", _FORM, "write the repository before the tag or digest."))
    else:
        name = _in_full(name)
        faults.extend(_repository_faults(name))
    if tag is not None:
        faults.extend(_tag_faults(tag))
    if at:
        faults.extend(_digest_faults(digest))
    if faults:
        raise TowpathError(_problem(text, fault, place) for fault in faults)
    return ImageReference(name, tag or "", digest)


def repository_problem(text: str, place: Place = NOWHERE) -> Problem | None:
    """Return what is wrong with `text` as a repository in full, or None where it is one."""
    fault = _text_fault(text)
    if fault is None and ("@" in text or _split_tag(text)[1] is not None):
        fault = Fault(
            "holds more than a repository", _REPOSITORY_FORM, "move the tag and the digest out of it."
        )
    if fault is None and _in_full(text) != text:
        full = _in_full(text)
        fault = Fault("is not written in full", _REPOSITORY_FORM, f"write `{shown(full)}`.")
    if fault is None:
        fault = next(_repository_faults(text), None)
    return None if fault is None else _problem(text, fault, place, "repository")


def tag_problem(text: str, place: Place = NOWHERE) -> Problem | None:
    """Return what is wrong with `text` as a tag, or None where it is one."""
    fault = next(_tag_faults(text, alone=True), None)
    return None if fault is None else _problem(text, fault, place, "tag")


def digest_problem(text: str, place: Place = NOWHERE) -> Problem | None:
    """Return what is wrong with `text` as a digest, or None where it is one."""
    fault = next(_digest_faults(text, alone=True), None)
    return None if fault is None else _problem(text, fault, place, "digest")


def _problem(text: str, fault: Fault, place: Place, kind: str = "image reference") -> Problem:
    what = f"the {kind} `{shown(text)}` {fault.what}"
    return Problem(place, what, fault.expected, fault.remedy, rule=f"images.{kind.replace('image ', '')}")


def _text_fault(text: str) -> Fault | None:
    """Return a fault of the text as a whole, after which its parts cannot be told."""
    if not text:
        return Fault("is empty", _FORM, "name an image.")
    for position, character in enumerate(text, 1):
        if "!" <= character <= "~":
            continue
        name = f"U+{ord(character):04X}"
        if character.isspace():
            return Fault(f"holds white space ({name}) at character {position}", _FORM, "remove it.")
        if character.isascii():
            return Fault(f"holds a control character ({name}) at character {position}", _FORM, "remove it.")
        return Fault(
            f"holds a character that is not ASCII ({name}) at character {position}",
            _FORM,
            "write the name in plain ASCII; letters of other scripts can pass for another host.",
        )
    if _SCHEME.match(text):
        return Fault("starts with a scheme, as a web address does", _FORM, "leave out what ends in `://`.")
    if "@" in text and not digest_follows(text):
        return Fault(
            "has an `@` that no digest follows; a user name or password has no place in it",
            _FORM,
            "write the digest with its algorithm after the `@`; credentials belong in the environment.",
        )
    return None


def _split_tag(name: str) -> tuple[str, str | None]:
    """Return `name` without its tag, and the tag. A colon before the last slash belongs to a port."""
    colon = name.rfind(":", name.rfind("/") + 1)
    return (name, None) if colon < 0 else (name[:colon], name[colon + 1 :])


def _in_full(name: str) -> str:
    """Return `name` with its registry. As Docker has it, a first part is a host only if it looks like one."""
    first, slash, rest = name.partition("/")
    if not slash or not (re.search(r"[.:\[\]]", first) or first == "localhost" or first != first.lower()):
        first, rest = DOCKER_HUB, name
    if first not in _HUB_ALIASES:
        return name
    return f"{DOCKER_HUB}/{rest}" if "/" in rest else f"{DOCKER_HUB}/library/{rest}"


def _repository_faults(repository: str) -> Iterator[Fault]:
    """Yield the first fault of the host, or else the first one of the path."""
    registry, _, path = repository.partition("/")
    if repository != repository.lower():
        yield Fault(
            "has upper-case letters in its repository",
            _REPOSITORY_FORM,
            f"write `{shown(repository.lower())}`.",
        )
    elif len(repository) > _REPOSITORY_LIMIT:
        yield Fault(
            f"has a repository of {len(repository)} characters",
            f"at most {_REPOSITORY_LIMIT}",
            "shorten the path.",
        )
    else:
        yield from host_faults(registry)
        yield from _path_faults(path)


def _path_faults(path: str) -> Iterator[Fault]:
    for component in path.split("/"):
        if not component:
            yield Fault("has an empty part in its path", _REPOSITORY_FORM, "name it with single slashes.")
        elif ":" in component:
            yield Fault("has more than one `:` in its last parts", _FORM, "keep one tag.")
        elif not _PATH_COMPONENT.fullmatch(component):
            yield Fault(
                f"has the path part `{shown(component)}`",
                "lower-case letters and digits, joined by one `.`, one or two `_`, or hyphens",
                "correct that part.",
            )
        else:
            continue
        return
    if _IMAGE_ID.fullmatch(path.removeprefix("library/")):
        yield Fault("is 64 hex digits, which is an image id and no name", _FORM, "name the repository.")


def _tag_faults(tag: str, *, alone: bool = False) -> Iterator[Fault]:
    """Yield the fault of a tag; `alone` where the message names the tag and not the whole reference."""
    if not tag:
        what = "is empty" if alone else "has an empty tag"
        yield Fault(what, _TAG_FORM, "write a tag, or leave it out.")
    elif not _TAG.fullmatch(tag):
        what = "has characters that no tag has, or too many" if alone else f"has the tag `{shown(tag)}`"
        yield Fault(what, _TAG_FORM, "correct the tag.")


def _digest_faults(digest: str, *, alone: bool = False) -> Iterator[Fault]:
    """Yield the fault of a digest; `alone` where the message names the digest and not the whole reference."""
    if _DIGEST.fullmatch(digest):
        return
    algorithm, _, hexadecimal = digest.partition(":")
    if not hexadecimal:
        what = "has no hex digits"
    elif algorithm != "sha256":
        what = f"has the algorithm `{shown(algorithm)}`"
    elif len(hexadecimal) != 64:  # noqa: PLR2004 -- the length of the form that the message itself states
        what = f"has {len(hexadecimal)} hex digits"
    elif _DIGEST.fullmatch(digest.lower()):
        what = "has upper-case letters"
    else:
        what = "has characters that are no hex digits"
    yield Fault(what if alone else f"{what} in its digest", _DIGEST_FORM, "copy it anew from the registry.")
