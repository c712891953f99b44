"""The registry client: asks a registry over HTTP and believes nothing that it cannot prove.

Every document is hashed as received. A tag is looked up anew each time, and an answer is whole or an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.images.reference import ImageReference
from towpath.registry.fetch import Fetcher, Limits, Source
from towpath.registry.manifest import (
    ACCEPTED,
    CONFIG_LIMIT,
    MANIFEST_LIMIT,
    Configuration,
    Descriptor,
    Index,
    Manifest,
    check_digest,
    check_header,
    check_size,
    parse_configuration,
    parse_manifest,
    sha256,
)
from towpath.registry.mirrors import Mirrors
from towpath.registry.port import Fault, RegistryError, ResolvedImage
from towpath.registry.transport import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.registry.credentials import Credentials


@dataclass(frozen=True, slots=True)
class _Document:
    """A manifest or index with its proved bytes."""

    digest: str
    size: int
    content: Index | Manifest


class HttpRegistry:
    """The registries of the world, or their mirrors.

    Args:
        mirrors: which servers to ask instead.
        credentials: an account at one of them.
        environment: where `HTTPS_PROXY` and `NO_PROXY` are read.
        limits: how long to wait and how often to try.
        clock: the time.
    """

    def __init__(
        self,
        mirrors: Mirrors | None = None,
        *,
        credentials: Credentials | None = None,
        environment: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._mirrors = mirrors or Mirrors()
        self._fetcher = Fetcher(credentials, environment or {}, limits or Limits(), clock or Clock())

    def resolve(self, reference: ImageReference) -> ResolvedImage:
        """Return what `reference` stands for right now. See `towpath.registry.port.Registry`."""
        if not (reference.tag or reference.digest):
            raise RegistryError(
                Fault.NO_VERSION,
                f"`{reference}` names no version",
                "a tag, a digest, or both",
                f"write the tag that you mean, such as `{reference}:1.0.0`.",
            )
        source = self._fetcher.source(self._mirrors.endpoint(reference.registry), reference)
        tagged = self._manifest(source, reference, reference.tag) if reference.tag else None
        document = tagged
        if reference.digest and (tagged is None or tagged.digest != reference.digest):
            if tagged is not None:
                _refuse_child(reference, tagged)
            document = self._manifest(source, reference, reference.digest)
        if document is None:
            raise _not_found(str(reference), source)
        return self._image(source, reference, document, tagged)

    def _manifest(self, source: Source, reference: ImageReference, version: str) -> _Document | None:
        """Return the manifest of `version` (a tag or digest), proved, or None where there is none."""
        answer = self._fetcher.manifest(source, version, accept=", ".join(ACCEPTED), limit=MANIFEST_LIMIT)
        if answer is None:
            return None
        is_digest = ":" in version
        separator = "@" if is_digest else ":"
        name = f"`{reference.repository}{separator}{version}`"
        check_header(name, answer.body, answer.header("Docker-Content-Digest"))
        if is_digest:
            check_digest(name, answer.body, version)
        content_type = answer.header("Content-Type").partition(";")[0].strip().lower()
        content = parse_manifest(name, answer.body, content_type)
        return _Document(sha256(answer.body), len(answer.body), content)

    def _image(
        self, source: Source, reference: ImageReference, document: _Document, tagged: _Document | None
    ) -> ResolvedImage:
        content = document.content
        if isinstance(content, Index):
            configuration = self._sample(source, reference, content)
            platforms = content.platforms
        else:
            configuration = self._configuration(source, reference, content.config)
            platforms = (configuration.platform,) if configuration.platform else ()
        return ResolvedImage(
            digest=document.digest,
            media_type=content.media_type,
            platforms=platforms,
            is_index=isinstance(content, Index),
            size=document.size,
            labels=configuration.labels,
            created=configuration.created,
            tag_digest="" if tagged is None else tagged.digest,
        )

    def _sample(self, source: Source, reference: ImageReference, index: Index) -> Configuration:
        """Return the configuration of the index's sample platform, each step proved by digest and size."""
        child = index.sample
        if child is None:
            raise RegistryError(
                Fault.NOT_A_MANIFEST,
                f"`{reference}` is an index without an image for any platform",
                "at least one image for a platform such as linux/amd64",
                "check that the reference names a container image.",
            )
        name = f"`{reference.repository}@{child.digest}`"
        document = self._manifest(source, reference, child.digest)
        if document is None:
            raise RegistryError(
                Fault.NOT_FOUND,
                f"`{reference}` lists an image for {child.platform} that the registry does not have",
                name,
                "push the image anew with all its platforms.",
            )
        check_size(name, document.size, child.size)
        if not isinstance(document.content, Manifest) or document.content.media_type != child.media_type:
            raise RegistryError(
                Fault.NOT_A_MANIFEST,
                f"{name} is `{document.content.media_type}`, but its index says something else",
                "what the index says",
                "push the image anew with a current tool.",
            )
        return self._configuration(source, reference, document.content.config)

    def _configuration(
        self, source: Source, reference: ImageReference, descriptor: Descriptor
    ) -> Configuration:
        name = f"the configuration of `{reference}`"
        if descriptor.size > CONFIG_LIMIT:
            raise RegistryError(
                Fault.TOO_LARGE,
                f"{name} has {descriptor.size} bytes",
                f"at most {CONFIG_LIMIT}",
                "check that the reference names a container image.",
            )
        data = self._fetcher.blob(source, descriptor.digest, limit=CONFIG_LIMIT)
        if data is None:
            raise RegistryError(
                Fault.NOT_FOUND,
                f"{name} is gone from the registry",
                descriptor.digest,
                "push the image anew.",
            )
        check_size(name, len(data), descriptor.size)
        check_digest(name, data, descriptor.digest)
        return parse_configuration(f"`{reference}`", data, descriptor.media_type)


def _refuse_child(reference: ImageReference, tagged: _Document) -> None:
    """Refuse a digest that is one platform's part of what the tag stands for."""
    content = tagged.content
    if not isinstance(content, Index):
        return
    for child in content.children:
        if child.digest == reference.digest:
            part = f"the image for {child.platform} alone" if child.platform else "one part of the image"
            raise RegistryError(
                Fault.CHILD_DIGEST,
                f"the digest of `{reference}` is that of {part}",
                f"the digest of the whole image: {tagged.digest}",
                f"use `{ImageReference(reference.repository, reference.tag, tagged.digest)}`.",
            )


def _not_found(name: str, source: Source) -> RegistryError:
    return RegistryError(
        Fault.NOT_FOUND,
        f"`{name}` is not in the registry (asked {source.endpoint})",
        "an image that was pushed and not deleted",
        "check the spelling, push the image, or choose another version.",
    )
