"""Cron schedules as Kubernetes reads them, which is not quite as cron does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from towpath.settings.text import Text

_MACROS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int | None:
        if word.lower() in self.names:
            return self.names.index(word.lower()) + self.least
        return int(word) if re.fullmatch(r"[0-9]{1,4}", word, re.ASCII) else None


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS),
)


class CronSchedule(Text):
    """When a CronJob runs: five fields (minute, hour, day, month, day of the week), or `@daily` and its like.

    Names of months and days, ranges, lists and steps are read as Kubernetes reads them: Sunday is 0 and not
    7. A schedule that never comes, such as 30 February, is refused.
    """

    __slots__ = ()
    expected = "a cron schedule of five fields (minute, hour, day, month, day of the week) or @daily"
    examples = ("30 2 * * mon-fri",)
    longest = 256

    @classmethod
    def _fault(cls, text: str) -> str | None:
        if text in _MACROS:
            return None
        words = text.split(" ")
        if len(words) != len(_FIELDS) or not all(words):
            return (
                "no such name starts with @"
                if text.startswith("@")
                else "it needs five fields, one space apart"
            )
        values = []
        for field, word in zip(_FIELDS, words, strict=True):
            found = _values(field, word)
            if isinstance(found, str):
                return f"the {field.name} {found}"
            values.append(found)
        _, _, days, months, _ = values
        # Where both a day of the month and one of the week are given, either is enough.
        if words[4] in ("*", "?") and not any(
            day <= _LONGEST_MONTH[month - 1] for day in days for month in months
        ):
            return "no such day exists in these months"
        return None


def _values(field: _Field, word: str) -> frozenset[int] | str:
    """Return the numbers that a field selects, or what is wrong with it."""
    found: set[int] = set()
    for part in word.split(","):
        values = _part(field, part)
        if isinstance(values, str):
            return values
        found.update(values)
    return frozenset(found)


def _part(field: _Field, part: str) -> range | str:
    span, slash, step_text = part.partition("/")
    step = int(step_text) if re.fullmatch(r"[0-9]{1,4}", step_text, re.ASCII) else 0
    if slash and step == 0:
        return "has a step that is not a number above 0"
    first_text, dash, last_text = span.partition("-")
    if span in ("*", "?"):
        first, last = field.least, field.most
    else:
        start = field.number(first_text)
        # "5/15" runs from 5 to the end of the field.
        end = field.number(last_text) if dash else (field.most if slash else start)
        if start is None or end is None:
            names = f" or a name such as {field.names[1]}" if field.names else ""
            return f"is not a number{names}"
        first, last = start, end
    if field.names == _DAYS and 7 in (first, last):  # noqa: PLR2004 -- cron's other number for Sunday
        return "counts from 0 (Sunday) to 6"
    if not (field.least <= first <= field.most and field.least <= last <= field.most):
        return f"is not between {field.least} and {field.most}"
    if first > last:
        return "has a range that ends before it starts"
    return range(first, last + 1, step or 1)
