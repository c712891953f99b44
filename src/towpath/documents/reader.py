"""Read the YAML that people and other tools write, and refuse whatever could be misread.

`Dialect.STRICT` is for settings, pins and `towpath.yaml`: a value is accepted when YAML 1.1, YAML 1.2 and Kubernetes
read it alike. `Dialect.KUBERNETES` is for manifests: it reads as Kubernetes does, and expands anchors and merges.

An error names the file as the caller gave it, with line and column, and holds all problems that were found.
"""

from __future__ import annotations

from towpath.documents.composition import Composer, Dialect, is_blank
from towpath.documents.node import Node, Scalar
from towpath.documents.source import LIMITS, Limits, decode
from towpath.errors import Place, Problem, TowpathError

__all__ = ["LIMITS", "Dialect", "Limits", "read", "read_all"]


def read(
    data: bytes, file: str, dialect: Dialect = Dialect.STRICT, *, limits: Limits = LIMITS
) -> Node | None:
    """Return the one document of a file, or None where the file holds nothing but comments.

    `file` is the name that messages and places carry. Raises TowpathError for a second document and for everything
    that `read_all` refuses.
    """
    found, composer = _documents(data, file, dialect, limits)
    for _, start in found[1:]:
        composer.problems.append(
            Problem(
                start,
                "a second document begins here",
                "one document in this file",
                "remove the line --- or move the document to a file of its own",
                rule="yaml.many-documents",
            )
        )
    if composer.problems:
        raise TowpathError(composer.problems)
    return found[0][0] if found else None


def read_all(
    data: bytes, file: str, dialect: Dialect = Dialect.KUBERNETES, *, limits: Limits = LIMITS
) -> list[Node]:
    """Return the documents of a file in order. Documents without content are skipped.

    Each is a Mapping or a Sequence. Raises TowpathError with every problem of the file: size, encoding, syntax,
    limits, duplicate keys, keys that are not text, tags, values that readers disagree on, and a document that is a
    lone scalar.
    """
    found, composer = _documents(data, file, dialect, limits)
    if composer.problems:
        raise TowpathError(composer.problems)
    return [node for node, _ in found]


def _documents(
    data: bytes, file: str, dialect: Dialect, limits: Limits
) -> tuple[list[tuple[Node, Place]], Composer]:
    composer = Composer(decode(data, file, limits), file, dialect, limits)
    found: list[tuple[Node, Place]] = []
    for node, start in composer.documents():
        if node is None or is_blank(node):
            continue
        if isinstance(node, Scalar):
            composer.report(
                Problem(
                    node.place,
                    "the document is a lone value",
                    "keys with values, or a list",
                    "check that the file is YAML and that its templates are rendered",
                    rule="yaml.scalar-document",
                )
            )
        found.append((node, start))
    return found, composer
