"""The pipeline, from `towpath.yaml`: the order of environments, and which registries may be used.

Read on the way to every command, so it is checked by hand: a relink must not have to import pydantic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from towpath.documents.node import Mapping as MappingNode
from towpath.documents.node import Scalar
from towpath.documents.node import Sequence as SequenceNode
from towpath.documents.reader import read
from towpath.errors import NOWHERE, Place, Problem, TowpathError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.documents.node import Node

PIPELINE_FILE = "towpath.yaml"
ARGOCD = "argocd"

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Names that Windows takes for devices, whatever the folder.
_DEVICES = frozenset({"con", "nul", "prn", "aux"})
_CREDENTIAL = re.compile(r"token|passw|secret|credential|api_?key", re.IGNORECASE)
# `ssh://git@host` names a user, and no secret.
_LOGIN = re.compile(r"^https?://[^/]*@|://[^/@]*:[^/@]*@", re.IGNORECASE)
# What tells a registry's host from a word: `token.example.org` is no key of ours.
_HOST = re.compile(r"[.:]")
_ELSEWHERE = "set it in the environment of the process, and change it if it was committed"
_KEYS = ("digests", "environments", "forge", "registries", "repository")
_REGISTRY_KEYS = ("allowed", "mirrors", "own")
_REPOSITORY_KEYS = ("branch", "url")
_FORGES = ("local",)
_DIGESTS = ("optional", "required")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What `towpath.yaml` says."""

    environments: tuple[str, ...]
    """In the order of promotion."""
    digests_required: bool = False
    allowed_registries: tuple[str, ...] = ()
    """Hosts; empty allows every one."""
    mirrors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Registry host: the base URL that its bytes come from."""
    mirror_places: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}))
    own_builds: tuple[str, ...] = ()
    """Repositories of one's own builds, or their prefixes: `ghcr.io/example`. They are what a promotion moves."""
    repository: str = ""
    """The URL of the environment repository; empty for the `origin` of the project's own."""
    branch: str = "main"
    """The branch of it that Argo CD follows."""
    forge: str = _FORGES[0]
    """Where pull requests are opened."""
    environments_place: Place = NOWHERE


def name_fault(name: str) -> str:
    """Return why a name cannot be an environment's or a platform's (P14), or an empty string."""
    if not _NAME.fullmatch(name):
        return "it is not made of lower-case ASCII letters, digits and inner hyphens, at most 63"
    if name in _DEVICES:
        return "some systems reserve it for a device"
    if name in {ARGOCD, "cluster", "defaults", "root", "schemas"}:
        return "Towpath uses it itself"
    return ""


def parse_pipeline(data: bytes, file: str = PIPELINE_FILE) -> Pipeline:
    """Return the pipeline that a `towpath.yaml` describes.

    Raises:
        TowpathError: with every problem of the file, each at its line and column.

    """
    node = read(data, file)
    reading = _Reading(file)
    top = reading.mapping(node, "the file", _KEYS) if node is not None else {}
    registries = top.get("registries")
    parts = reading.mapping(registries, "registries", _REGISTRY_KEYS) if registries is not None else {}
    where = top.get("repository")
    repository = reading.mapping(where, "repository", _REPOSITORY_KEYS) if where is not None else {}
    mirrors = parts.get("mirrors")
    table = reading.mapping(mirrors, "mirrors", None) if mirrors is not None else {}
    pipeline = Pipeline(
        environments=reading.environments(top.get("environments")),
        digests_required=reading.choice(top.get("digests"), "digests", _DIGESTS) == "required",
        allowed_registries=tuple(text for text, _ in reading.texts(parts.get("allowed"), "allowed")),
        mirrors={host: reading.text(value, f"the mirror of {host}") for host, value in table.items()},
        mirror_places={host: value.place for host, value in table.items()},
        own_builds=tuple(text for text, _ in reading.texts(parts.get("own"), "own")),
        repository=reading.text(repository["url"], "url") if "url" in repository else "",
        branch=reading.text(repository["branch"], "branch") if "branch" in repository else "main",
        forge=reading.choice(top.get("forge"), "forge", _FORGES),
        environments_place=top["environments"].place if "environments" in top else NOWHERE,
    )
    if reading.problems:
        raise TowpathError(reading.problems)
    return pipeline


class _Reading:
    """Takes values out of nodes and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, place: Place, what: str, expected: str = "", remedy: str = "") -> None:
        self.problems.append(Problem(place, what, expected, remedy, rule="pipeline"))

    def mapping(self, node: Node | None, what: str, known: tuple[str, ...] | None) -> dict[str, Node]:
        """Return the values of a mapping by key. Without known keys it is a table by host."""
        if not isinstance(node, MappingNode):
            place = node.place if node is not None else Place(self.file)
            self.wrong(place, f"{what} is no mapping", "keys with values")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            name = str(key.value)
            if known is None and "@" in name:
                fault = f"a host of {what} holds a credential (it is not shown)"
                self.wrong(key.place, fault, "a host alone", _ELSEWHERE)
            elif _CREDENTIAL.search(name) and not (known is None and _HOST.search(name)):
                self.wrong(
                    key.place, f"`{name}` looks like a credential", "no credentials in this file", _ELSEWHERE
                )
            elif known is not None and name not in known:
                like = nearest(name, known)
                self.wrong(
                    key.place,
                    f"unknown key `{name}`",
                    "one of " + ", ".join(known),
                    f"did you mean `{like}`?" if like else "",
                )
            else:
                found[name] = value
        return found

    def texts(self, node: Node | None, what: str) -> list[tuple[str, Place]]:
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.wrong(node.place, f"{what} is no list", "a list of names")
            return []
        return [(self.text(item, f"an item of {what}"), item.place) for item in node.items]

    def text(self, node: Node, what: str) -> str:
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
            if _LOGIN.search(node.value):
                self.wrong(
                    node.place,
                    f"{what} holds a credential (it is not shown)",
                    "a URL without user and password",
                    _ELSEWHERE,
                )
            return node.value
        self.wrong(node.place, f"{what} is no text", "text")
        return ""

    def choice(self, node: Node | None, what: str, known: tuple[str, ...]) -> str:
        if node is None:
            return known[0]
        text = self.text(node, what)
        if text and text not in known:
            self.wrong(node.place, f"{what} is `{text}`", "one of " + ", ".join(known))
        return text

    def environments(self, node: Node | None) -> tuple[str, ...]:
        names = self.texts(node, "environments")
        if not names:
            place = node.place if node is not None else Place(self.file)
            self.wrong(place, "no environments are named", "a list such as [development, production]")
        seen: set[str] = set()
        for name, place in names:
            fault = name_fault(name) if name else ""
            if fault:
                self.wrong(place, f"`{ascii(name)[1:-1]}` cannot be the name of an environment: {fault}")
            if name and name in seen:
                self.wrong(place, f"the environment `{name}` is named twice", "each once")
            seen.add(name)
        return tuple(name for name, _ in names)
