"""The files of a new project: templates with a few names filled in. Pure, but for reading the package's own files."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, TowpathError
from towpath.pipeline import name_fault
from towpath.settings.addresses import HostName, RepositoryUrl
from towpath.settings.text import FieldError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_ENDING = ".template"
# Packaging passes over names that begin with a dot.
_DOT = "dot."
_TOKEN = re.compile(r"\{\{([a-z]+)\}\}")
# Beside the platform's name, a label has room for `-secrets-redis-password`, the longest name of the skeleton's parts.
_LONGEST_NAME = 40
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
        elif keyword.iskeyword(self.package):
            yield _wrong(
                f"{self.platform} is a word of Python, which its charts are written in", "such as shop"
            )
        elif len(self.platform) > _LONGEST_NAME:
            yield _wrong(
                f"the platform's name {self.platform} has {len(self.platform)} characters",
                f"at most {_LONGEST_NAME}, so that those of its parts fit beside it into a label",
            )
        yield from _unfit(HostName, self.domain, f"{self.domain!a} is no domain")
        if not _REPOSITORY.fullmatch(self.images):
            yield _wrong(f"{self.images!a} names no place for images", "such as ghcr.io/example")
        # Not quoted: it may hold a password.
        yield from _unfit(RepositoryUrl, self.repository, "the repository is no address of one")

    @property
    def package(self) -> str:
        """The Python package with the platform's charts."""
        return self.platform.replace("-", "_")

    def tokens(self, version: str) -> dict[str, str]:
        """Return what stands for each name in the templates."""
        return {
            "platform": self.platform,
            "package": self.package,
            # Whatever the platform is called, this is no name that the chart imports, such as Redis, and no None.
            "chart": "".join(part.capitalize() for part in self.platform.split("-")) + "Platform",
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


def _unfit(kind: type[Text], text: str, what: str) -> Iterator[Problem]:
    """Yield what is wrong with a text that is going to be a setting of this kind."""
    try:
        kind(text)
    except FieldError as error:
        yield _wrong(f"{what}{': ' if error.fault else ''}{error.fault}", error.expected)


def _wrong(what: str, expected: str) -> Problem:
    return Problem(NOWHERE, what, expected, rule="init.name")
