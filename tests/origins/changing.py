"""Changing one setting at a time in a project on disk, and compiling again: what the tests of origins are held against.

Other values are found by the type of a setting and by trying: whatever the settings and the chart accept will do.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from towpath.documents.node import plain
from towpath.documents.reader import read
from towpath.settings.model import SettingsModel
from towpath.settings.text import Text
from towpath.synth.object_files import ObjectFiles
from towpath.synth.workers import BOOT, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from towpath.settings.layers import Loaded
    from towpath.settings.shape import Shape

SettingPath = tuple[str | int, ...]
_TEXTS = (
    "x",
    "10m",
    "10Gi",
    "1h",
    "/x",
    "x.example.com",
    "x#y",
    "10.0.0.0/8",
    "x@example.com",
    "https://x.example.com",
)
_NUMBERS = (1, 2, 3, 5, 60, 8081)


class Worker:
    """A worker process that compiles targets of one project, again and again."""

    def __init__(self, root: Path) -> None:
        self.refusal = ""
        """Why the last target was refused."""
        # Killed in the end, so that its temporary files have to go by themselves.
        self._scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [sys.executable, "-c", BOOT, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings(self._scratch.name),
            cwd=root,
            encoding="utf-8",
        )

    def compile(self, environment: str, platform: str) -> ObjectFiles | None:
        """Return the object files of a target; None where its settings or its chart are refused."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{environment} {platform}\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "bug" not in answer, answer
        self.refusal = "; ".join(str(each["what"]) for each in answer.get("problems", ()))
        return ObjectFiles.from_json(answer["objects"]) if "objects" in answer else None

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._scratch.cleanup()


@contextmanager
def working(root: Path) -> Iterator[Worker]:
    """Return a worker, and end it afterwards."""
    worker = Worker(root)
    try:
        yield worker
    finally:
        worker.stop()


class SettingsFile:
    """A file of settings in which one value after the other is changed, and the rest stays as it was."""

    def __init__(self, path: Path, loaded: Loaded[Any]) -> None:
        self._path = path
        self._before = path.read_bytes()
        node = read(self._before, path.name)
        self._data: Any = {} if node is None else plain(node)
        self._loaded = loaded

    def write(self, path: SettingPath, value: Any) -> None:
        """Write the file with another value for one setting. JSON is YAML."""
        data = copy.deepcopy(self._data)
        holder: Any = data
        for index, part in enumerate(path[:-1]):
            key: Any = part if isinstance(holder, list) else str(part)
            inner = holder[key] if isinstance(holder, list) else holder.get(key)
            if not isinstance(inner, dict | list):
                # A list is stated as a whole; the layer below may have stated it.
                inner = (
                    to_jsonable_python(self._at(path[: index + 1]))
                    if isinstance(path[index + 1], int)
                    else {}
                )
                holder[key] = inner
            holder = inner
        holder[path[-1] if isinstance(holder, list) else str(path[-1])] = value
        self._path.write_text(json.dumps(data), encoding="utf-8")

    def restore(self) -> None:
        """Write the file as it was."""
        self._path.write_bytes(self._before)

    def _at(self, path: SettingPath) -> Any:
        value: Any = self._loaded.value
        for part in path:
            value = getattr(value, str(part)) if isinstance(value, SettingsModel) else value[part]
        return value


def shape_at(shape: Shape, path: SettingPath) -> Shape | None:
    """Return the shape of the setting at a path."""
    found: Shape | None = shape
    for part in path:
        if found is None:
            return None
        choices = [found, *found.choices]
        if isinstance(part, int):
            found = next((each.element(part) for each in choices if each.is_list), None)
        else:
            fields = (each.field(part) or each.value for each in choices)
            found = next((each for each in fields if each is not None), None)
    return found


def other_values(shape: Shape | None, value: Any) -> Iterator[Any]:
    """Yield other values that may do for a setting."""
    if shape is None:
        return
    for each in shape.choices:
        yield from other_values(each, value)
    yield from (word for word in shape.words if word != value)
    if shape.type is bool:
        yield not value
    elif shape.type is int:
        number = value if isinstance(value, int) else 0
        yield from (each for each in (number + 1, number - 1, 2 * number, *_NUMBERS) if each != value)
    elif isinstance(shape.type, type) and issubclass(shape.type, str):
        yield from (each for each in _other_texts(shape.type, value) if each != value)
    elif shape.is_list and not shape.element(0).model:
        items = list(value or [])
        yield from ([*items, each] for each in list(other_values(shape.element(0), None))[:8])
        yield from (items[1:], items[:-1]) if items else ()
    elif shape.value is not None and not shape.value.model:
        added = list(other_values(shape.value, None))[:3]
        yield from ({**(value or {}), key: each} for key in ("X_NEW", "x-new") for each in added)


def _other_texts(kind: type[str], value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        number = re.search(r"\d+", value)
        if number:
            yield value[: number.start()] + str(int(number[0]) + 1) + value[number.end() :]
        yield from (
            f"{value}x",
            f"x{value}",
            f"{value}/x",
            value.replace("a", "b", 1),
            value.replace("e", "i", 1),
        )
    yield from kind.examples if issubclass(kind, Text) else ()
    yield from _TEXTS


def changed_files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """Return the names of the files that are not the same; a new file shaped nothing that was there."""
    return {name for name in before if before[name] != after.get(name)}
