"""The files of a new project: templates with a few names filled in. Pure, but for reading the package's own files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, TowpathError
from towpath.pipeline import name_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_ENDING = ".template"
# Packaging passes over names that begin with a dot.
_DOT = "dot."
_TOKEN = re.compile(r"\{\{([a-z]+)\}\}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_REPOSITORY = re.compile(r"[a-z0-9.:-]+(/[a-z0-9._-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a person decides about a new project."""

    platform: str
    domain: str = "example.com"
    """Below which staging and production have their host names."""
    images: str = "ghcr.io/example"
    """Where one's own images are."""
    repository: str = "https://github.com/example/environments.git"
    """Where Argo CD finds `dist/`."""

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the names."""
        fault = name_fault(self.platform)
        if fault:
            yield _wrong(f"`{ascii(self.platform)[1:-1]}` cannot be the name of a platform: {fault}", "")
        elif not self.platform[0].isalpha():
            yield _wrong(f"the platform's name {self.platform} does not start with a letter", "such as shop")
        if not _HOST.fullmatch(self.domain):
            yield _wrong(f"{self.domain!a} is no domain", "such as example.com")
        if not _REPOSITORY.fullmatch(self.images):
            yield _wrong(f"{self.images!a} names no place for images", "such as ghcr.io/example")
        if not re.fullmatch(r"(https://|ssh://|git@)[!-~]+", self.repository):
            yield _wrong(
                f"{self.repository!a} is no address of a Git repository",
                "https://, ssh:// or git@host:path, without a password",
            )

    def tokens(self, version: str) -> dict[str, str]:
        """Return what stands for each name in the templates."""
        package = self.platform.replace("-", "_")
        return {
            "platform": self.platform,
            "package": package,
            "chart": "".join(part.capitalize() for part in self.platform.split("-")),
            "domain": self.domain,
            "own": self.images,
            "repository": self.repository,
            "version": version,
        }


def project_files(names: Names, version: str) -> dict[str, bytes]:
    """Return the files of a new project by path.

    Raises:
        TowpathError: with every name that cannot be used.

    """
    problems = list(names.problems())
    if problems:
        raise TowpathError(problems)
    tokens = names.tokens(version)
    found: dict[str, bytes] = {}
    for path, text in _templates(resources.files(__package__) / "files", ""):
        named = path.replace("charts/PLATFORM", f"charts/{tokens['package']}").replace(
            "PLATFORM", names.platform
        )
        found[named] = _TOKEN.sub(lambda match: tokens[match[1]], text).encode()
    # Python finds charts by their package; an empty file makes the folder one.
    found["charts/__init__.py"] = b""
    return dict(sorted(found.items()))


def _templates(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for each in folder.iterdir():
        name = f".{each.name.removeprefix(_DOT)}" if each.name.startswith(_DOT) else each.name
        if each.is_dir():
            yield from _templates(each, f"{path}{name}/")
        elif name.endswith(_ENDING):
            yield f"{path}{name.removesuffix(_ENDING)}", each.read_text(encoding="utf-8")


def _wrong(what: str, expected: str) -> Problem:
    return Problem(NOWHERE, what, expected, rule="init.name")
