"""Findings: what a check says about one rendering, as data that every report format can show."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Place

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """Whether a finding fails the run."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One thing that a check found. Sorts by place, then by rule and text."""

    place: Place = field(default=NOWHERE, kw_only=True)
    rule: str
    """A word for machines, such as `verify.edited`; stable between releases."""
    message: str
    path: str = field(default="", kw_only=True)
    """The field inside the object, such as `spec.replicas`; empty where the whole object or file is meant."""
    key: str = field(default="", kw_only=True)
    """The object, as `ManifestKey` shows itself; empty where no object is involved."""
    remedy: str = field(default="", kw_only=True)
    severity: Severity = field(default=Severity.ERROR, kw_only=True)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place.file else ""
        head = f"{where}{self.severity}: {self.message} ({self.rule})"
        return f"{head}\n  to do: {self.remedy}" if self.remedy else head

    def to_json(self) -> dict[str, object]:
        """Return the JSON form, with the place spread over `file`, `line` and `column`."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "key": self.key,
            "path": self.path,
            "message": self.message,
            "remedy": self.remedy,
        }


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any of the findings fails the run."""
    return any(finding.severity is Severity.ERROR for finding in findings)
