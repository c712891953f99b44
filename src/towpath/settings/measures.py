"""Text that measures something: Kubernetes quantities and durations. They compare by amount."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from pydantic_core import core_schema

from towpath.settings.text import Text

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


class Measure(Text):
    """Text that stands for an amount.

    Order is by amount, equality by text: `1000m` and `1` render to different bytes, so they are different
    settings, and yet neither is less than the other.
    """

    __slots__ = ()

    @property
    def amount(self) -> Fraction:
        """The exact amount, in the base unit of the type."""
        raise NotImplementedError

    # Without these a `str` would compare letter by letter, and 9Gi would be more than 10Gi.
    def _other(self, other: str) -> Fraction:
        if not isinstance(other, type(self)):
            message = f"cannot compare {type(self).__name__} with {type(other).__name__}"
            raise TypeError(message)
        return other.amount

    def __lt__(self, other: str) -> bool:
        return self.amount < self._other(other)

    def __le__(self, other: str) -> bool:
        return self.amount <= self._other(other)

    def __gt__(self, other: str) -> bool:
        return self.amount > self._other(other)

    def __ge__(self, other: str) -> bool:
        return self.amount >= self._other(other)


_DECIMAL = {
    unit: Fraction(1000) ** power for power, unit in enumerate(["n", "u", "m", "", *"kMGTPE"], start=-3)
}
_BINARY = {f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", start=1)}
_SCALE = _DECIMAL | _BINARY
_QUANTITY = re.compile(
    r"(?P<number>[0-9]+(\.[0-9]*)?|\.[0-9]+)"
    r"((?P<suffix>[KMGTPE]i|[numkMGTPE]?)|[eE](?P<exponent>[+-]?[0-9]{1,2}))",
    re.ASCII,
)
_QUANTITY_MOST = 2**63 - 1


class Quantity(Measure):
    """A Kubernetes quantity that is not negative: `250m` of a CPU, `512Mi` of memory, `10Gi` of storage.

    In YAML a plain number is taken too (`cpu: 2`). Amounts finer than a billionth or above 2^63-1 are
    refused, because Kubernetes would change them.
    """

    __slots__ = ()
    expected = "a Kubernetes quantity"
    examples = ("250m", "512Mi")
    longest = 32

    @classmethod
    def _fault(cls, text: str) -> str | None:
        if text.startswith(("-", "+")):
            return "it has a sign"
        match = _QUANTITY.fullmatch(text)
        if match is None:
            unit = text.lstrip("0123456789.")
            # 512MB, 512mib, 1gb: people mean the binary unit.
            meant = re.fullmatch(r"([kmgt])i?b?", unit.lower()) if unit != text else None
            return f"the unit is written {meant[1].upper()}i" if meant else ""
        amount = _amount(match)
        if amount > _QUANTITY_MOST:
            return "it is more than 2^63-1"
        if (amount * 10**9).denominator != 1:
            return "it is finer than a billionth"
        return None

    @property
    def amount(self) -> Fraction:
        """The exact amount: CPUs, bytes or a count."""
        match = _QUANTITY.fullmatch(self)
        if match is None:  # pragma: no cover -- __new__ has checked the form
            raise AssertionError(self)
        return _amount(match)

    @property
    def bytes(self) -> int:
        """The amount as a whole number of bytes, rounded up as Kubernetes does."""
        return math.ceil(self.amount)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return the schema: strictly text or a number, then this class."""
        text = core_schema.str_schema(strict=True)
        return core_schema.no_info_before_validator_function(
            _number_as_text, core_schema.no_info_after_validator_function(cls, text)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the JSON schema: text, or a number that is not negative."""
        found = super().__get_pydantic_json_schema__(schema, handler)
        del found["type"]
        return found | {"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}]}


def _amount(match: re.Match[str]) -> Fraction:
    number = match["number"]
    # Fraction reads neither "5." nor ".5" in every release of Python that we run on.
    whole = Fraction(f"0{number}0" if "." in number else number)
    if match["exponent"] is not None:
        return whole * Fraction(10) ** int(match["exponent"])
    return whole * _SCALE[match["suffix"]]


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_DURATION = re.compile(r"(?=[0-9])(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?", re.ASCII)


class Duration(Measure):
    """A time span of whole seconds: `30s`, `5m`, `1h30m`. The same text is a duration to Go programs, too.

    A plain number is refused, because it does not say of what.
    """

    __slots__ = ()
    expected = "a duration of hours, minutes and seconds"
    examples = ("30s", "1h30m")
    longest = 32

    @classmethod
    def of(cls, seconds: int) -> Self:
        """Return the shortest text for a number of seconds, which must not be negative."""
        hours, rest = divmod(seconds, 3600)
        parts = ((hours, "h"), (rest // 60, "m"), (rest % 60, "s"))
        return cls("".join(f"{count}{unit}" for count, unit in parts if count) or "0s")

    @classmethod
    def _fault(cls, text: str) -> str | None:
        if _DURATION.fullmatch(text):
            return None
        if text.isdecimal():
            return "it has no unit"
        if text.endswith("d") and text[:-1].isdecimal():
            return "days are written in hours"
        return "whole seconds are the finest unit" if text.endswith("ms") else ""

    @property
    def seconds(self) -> int:
        """The time span in seconds."""
        match = _DURATION.fullmatch(self)
        if match is None:  # pragma: no cover -- __new__ has checked the form
            raise AssertionError(self)
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds

    @property
    def amount(self) -> Fraction:
        """The time span in seconds."""
        return Fraction(self.seconds)
