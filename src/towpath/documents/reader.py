"""Read the YAML that people and other tools write, and refuse whatever could be misread.

`Dialect.STRICT` is for settings, pins and `towpath.yaml`: a value is accepted when YAML 1.1, YAML 1.2 and
Kubernetes read it alike. `Dialect.KUBERNETES` is for manifests: it reads as Kubernetes does, and expands
anchors and merges. What Kubernetes would drop, round or read in two ways, such as duplicate keys, both
refuse.

A problem names the file as the caller gave it, with line and column, and an error holds all that were found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.documents import problems
from towpath.documents.composition import Composer, Dialect
from towpath.documents.source import LIMITS, Limits, decode
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from towpath.documents.node import Node
    from towpath.errors import Place

__all__ = ["LIMITS", "Dialect", "Limits", "read", "read_all"]


def read(
    data: bytes, file: str, dialect: Dialect = Dialect.STRICT, *, limits: Limits = LIMITS
) -> Node | None:
    """Return the one document of a file, or None where the file holds nothing but comments.

    `file` is the name that messages and places carry. Raises TowpathError for a second document and for all
    that `read_all` refuses.
    """
    found, composer = _compose(data, file, dialect, limits)
    composer.problems.extend(problems.second_document(start) for _, start in found[1 : limits.problems])
    if composer.problems:
        raise TowpathError(composer.problems)
    return found[0][0] if found else None


def read_all(
    data: bytes, file: str, dialect: Dialect = Dialect.KUBERNETES, *, limits: Limits = LIMITS
) -> list[Node]:
    """Return the documents of a file in order, each a Mapping or a Sequence. Empty ones are skipped.

    Raises TowpathError with every problem of the file: size, encoding, syntax, limits, duplicate keys, keys
    that are not text, tags, values that readers disagree on, and documents that are lone scalars. After
    wrong syntax and after a limit nothing more is found.
    """
    found, composer = _compose(data, file, dialect, limits)
    if composer.problems:
        raise TowpathError(composer.problems)
    return [node for node, _ in found]


def _compose(
    data: bytes, file: str, dialect: Dialect, limits: Limits
) -> tuple[list[tuple[Node, Place]], Composer]:
    composer = Composer(decode(data, file, limits), file, dialect, limits)
    return list(composer.documents()), composer
