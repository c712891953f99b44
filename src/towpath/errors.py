"""Problems: what every part of Towpath reports, and the exceptions that carry them.

A problem names the thing, the place, what was expected and what to do. An exception carries all problems of one
step at once, sorted, so that a person mends a file in one pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_BUG = 3
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Where a problem is: a file relative to the project's root, and a line and column that count from 1.

    A line of 0 means the whole file; an empty file means that no file is involved.
    """

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


NOWHERE = Place()


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One thing that is wrong. Sorts by place, then by text."""

    place: Place
    what: str
    expected: str = ""
    remedy: str = ""
    # A word for machines, such as `settings.unknown-key`; stable between releases.
    rule: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        head = f"{self.place}: {self.what}" if self.place.file else self.what
        tail = [f"  expected: {self.expected}"] if self.expected else []
        if self.remedy:
            tail.append(f"  to do: {self.remedy}")
        return "\n".join([head, *tail])

    def to_json(self) -> dict[str, object]:
        """Return the JSON form: `file`, `line`, `column`, `rule`, `what`, `expected`, `remedy`."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "rule": self.rule,
            "what": self.what,
            "expected": self.expected,
            "remedy": self.remedy,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Problem:
        """Return the problem that `to_json` gave this form."""
        return cls(
            Place(value["file"], value["line"], value["column"]),
            value["what"],
            value["expected"],
            value["remedy"],
            rule=value["rule"],
        )


class TowpathError(Exception):
    """Refused input: one or more problems. The command line prints them and exits with `exit_code`."""

    exit_code = EXIT_FINDINGS

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(sorted(set(problems)))
        )
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(TowpathError):
    """The command line itself cannot be carried out (an unknown environment, a malformed argument)."""

    exit_code = EXIT_USAGE


class BugError(TowpathError):
    """Towpath broke one of its own promises; nobody's input is at fault."""

    exit_code = EXIT_BUG


def refuse(
    what: str, *, place: Place = NOWHERE, expected: str = "", remedy: str = "", rule: str = ""
) -> TowpathError:
    """Return an error of one problem, ready to be raised."""
    return TowpathError(Problem(place, what, expected, remedy, rule=rule))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like `word`, or an empty string where none is near."""
    import difflib  # noqa: PLC0415 -- only needed once something is already wrong; keeps start-up short

    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""
