"""What the command line prints: text for people, JSON for machines, colour on a terminal only."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from towpath.errors import Problem
    from towpath.findings import Finding

_CODES = {"red": 31, "green": 32, "yellow": 33, "bold": 1, "dim": 2}


@dataclass(frozen=True, slots=True)
class Output:
    """Where to and how a command prints. Standard output holds the result, standard error all else."""

    as_json: bool = False
    colour: bool | None = None
    """None for colour on a terminal, unless NO_COLOR is set."""
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def line(self, text: str = "") -> None:
        """Print a line of the result, in text format only."""
        if not self.as_json:
            print(text, file=self.out)

    def note(self, text: str) -> None:
        """Print a line about the work, for people; never part of the result."""
        self._say(text)

    def progress(self, text: str) -> None:
        """Print a line that says how far long work is; on a terminal only."""
        if self.err.isatty() and not self.as_json:
            self._say(self.styled(text, "dim", self.err))

    def document(self, value: dict[str, Any]) -> None:
        """Print the result as JSON, in that format only."""
        if self.as_json:
            print(json.dumps(value, indent=2, ensure_ascii=True), file=self.out)

    def styled(self, text: str, style: str, stream: TextIO | None = None) -> str:
        """Return text in a colour where the stream shows colours."""
        stream = stream or self.out
        wanted = (
            self.colour if self.colour is not None else stream.isatty() and not os.environ.get("NO_COLOR")
        )
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if wanted else text

    def problems(self, problems: Iterable[Problem], closing: str = "") -> None:
        """Print what is wrong: to standard error for people, as the result for machines."""
        listed = list(problems)
        if self.as_json:
            self.document({"problems": [problem.to_json() for problem in listed]})
            return
        for problem in listed:
            first, *rest = str(problem).split("\n")
            self._say("\n".join([f"{self.styled('error', 'red', self.err)}: {first}", *rest]))
        if closing:
            self._say(closing)

    def _say(self, text: str) -> None:
        # Where both streams go into one log, what was printed before has to stand before.
        self.out.flush()
        print(text, file=self.err)

    def findings(self, findings: Iterable[Finding], stream: TextIO | None = None) -> None:
        """Print findings for people."""
        for finding in findings:
            print(finding, file=stream or self.out)
