"""What names stand for in the modules that are followed: those of charts, and those that make objects of specs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from towpath.origins.sources import FunctionNode, Source

_FOLLOWED = ("charts/", "towpath/constructs/", "towpath/specs/", "towpath/kubernetes/")


class Modules:
    """The modules behind imported names. `source_of` gives a file's source, or None where there is no such file."""

    def __init__(self, source_of: Callable[[str], Source | None]) -> None:
        self._source_of = source_of

    def functions(self, source: Source, module: str, name: str) -> list[tuple[Source, FunctionNode]]:
        """Return the functions of a module that is followed; without a module, of the same file, also those inside."""
        holder = self._module(source, module)
        if holder is None:
            return []
        inner = f".<locals>.{name}"
        return [
            (holder, each)
            for each in holder.functions
            if holder.name(each) == name or (not module and holder.name(each).endswith(inner))
        ]

    def with_bases(self, classes: Iterable[tuple[Source, str]]) -> list[tuple[Source, str]]:
        """Return classes, each once, with their bases as far as these are followed."""
        found = list(dict.fromkeys(classes))
        for source, name in found:
            kind = source.classes.get(name)
            for base in (each.id for each in kind.bases if isinstance(each, ast.Name)) if kind else ():
                holder = self._module(source, source.imported.get(base, ""))
                if holder is not None and base in holder.classes and (holder, base) not in found:
                    found.append((holder, base))
        return found

    def _module(self, source: Source, name: str) -> Source | None:
        """Return a module that is followed; without a name, the file itself. A package stands for what it passes on."""
        if not name:
            return source
        file = f"{name.replace('.', '/')}.py"
        return self._source_of(file) if file.startswith(_FOLLOWED) else None
