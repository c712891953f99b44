"""PyYAML made fit for Kubernetes: the same reading of numbers as Go's, and no anchors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TextIO

import yaml

if TYPE_CHECKING:
    from pathlib import Path

# PyYAML takes 7e2 and 0047 for text and writes them without quotes; Kubernetes then reads numbers.
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_FIRST = list("-+.0123456789")
_FLOAT = "tag:yaml.org,2002:float"


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- PyYAML asks for each value
        return True


class _Loader(yaml.CSafeLoader):
    pass


_Dumper.add_implicit_resolver(_FLOAT, _NUMBER, _FIRST)
_Loader.add_implicit_resolver(_FLOAT, _NUMBER, _FIRST)


def dump(body: dict[str, Any], file: TextIO) -> None:
    """Write one object."""
    yaml.dump(body, file, Dumper=_Dumper, sort_keys=False)


def load_folder(folder: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return every object below a folder, by namespace, kind and name."""
    found = {}
    for path in sorted(folder.rglob("*.yaml")):
        for body in yaml.load_all(path.read_bytes(), Loader=_Loader):
            key = identity(body)
            if key in found:
                message = f"{path}: {key} is there twice"
                raise ValueError(message)
            found[key] = body
    return found


def identity(body: dict[str, Any]) -> tuple[str, str, str]:
    """Return an object's namespace, kind and name."""
    metadata = body["metadata"]
    return metadata.get("namespace", ""), body["kind"], metadata["name"]
