"""A page whose code blocks are followed step by step: files are written, commands are run, output is compared.

A fence with a path after its language is a file: "```python charts/wiki/chart.py". A fence `console` is a dialogue:
after each `$ command` stands what it prints, where a line `...` stands for any lines and `...` inside of a line for
any text.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FENCE = re.compile(r"^```(?P<language>\w+)(?: (?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class File:
    """A file that the reader writes."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the reader runs, and what it prints."""

    line: str
    output: str


def steps(page: str) -> list[File | Command]:
    """Return what a reader does, in order."""
    found: list[File | Command] = []
    for fence in _FENCE.finditer(page):
        if fence["path"]:
            found.append(File(fence["path"], fence["text"]))
        elif fence["language"] == "console":
            for part in re.split(r"^\$ ", fence["text"], flags=re.MULTILINE)[1:]:
                line, _, output = part.partition("\n")
                while line.endswith("\\"):
                    more, _, output = output.partition("\n")
                    line = f"{line}\n{more}"
                found.append(Command(line, output))
    return found


def follow(page: str, folder: Path, surroundings: Mapping[str, str]) -> list[str]:
    """Do what a page says, beginning in a folder; return where it goes another way than the page says."""
    wrong = []
    for step in steps(page):
        if isinstance(step, File):
            (folder / step.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.path).write_text(step.text, encoding="utf-8")
            continue
        if step.line.startswith("cd "):
            folder /= step.line.removeprefix("cd ")
            continue
        done = subprocess.run(
            ["bash", "-c", step.line],
            cwd=folder,
            env=dict(surroundings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        if not matches(step.output, done.stdout):
            wrong.append(f"$ {step.line}\nthe page says:\n{step.output}\nit prints:\n{done.stdout}")
    return wrong


def matches(expected: str, printed: str) -> bool:
    """Return whether what was printed is what a page says."""
    pattern = ""
    for line in expected.rstrip("\n").split("\n"):
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, line.split("..."))) + "\n"
    return re.fullmatch(pattern or "\n?", printed.rstrip("\n") + "\n") is not None
