"""Quantities and durations: their grammar, their exact amounts, and their order."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from towpath.settings.measures import Duration, Quantity
from towpath.settings.text import FieldError

UNITS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY_UNITS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param("0", Fraction(0), id="zero"),
        pytest.param("250m", Fraction(1, 4), id="milli"),
        pytest.param("1.5", Fraction(3, 2), id="fraction"),
        pytest.param(".5", Fraction(1, 2), id="no-digit-before-the-point"),
        pytest.param("5.", Fraction(5), id="no-digit-after-the-point"),
        pytest.param("1.5Gi", Fraction(3 * 2**29), id="binary"),
        pytest.param("12e3", Fraction(12000), id="exponent"),
        pytest.param("12E-3", Fraction(12, 1000), id="negative-exponent"),
        pytest.param("3E", Fraction(3 * 10**18), id="exa-is-no-exponent"),
        pytest.param("9223372036854775807", Fraction(2**63 - 1), id="most"),
        pytest.param("1n", Fraction(1, 10**9), id="finest"),
    ],
)
def test_quantity(text: str, amount: Fraction) -> None:
    """The amount is exact."""
    assert Quantity(text).amount == amount


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("", "", id="empty"),
        pytest.param(".", "", id="point"),
        pytest.param("Mi", "", id="unit-alone"),
        pytest.param("-1", "it has a sign", id="negative"),
        pytest.param("+1", "it has a sign", id="plus"),
        pytest.param("512MB", "the unit is written Mi", id="megabyte"),
        pytest.param("1gib", "the unit is written Gi", id="lower-case"),
        pytest.param("1 Gi", "", id="space"),
        pytest.param("1,5", "", id="comma"),
        pytest.param("5e", "", id="exponent-without-digits"),
        pytest.param("1e999", "", id="exponent-bomb"),
        pytest.param("8Ei", "it is more than 2^63-1", id="too-much"),
        pytest.param("0.5n", "it is finer than a billionth", id="too-fine"),
        pytest.param("1" * 33, "it is longer than 32 characters", id="too-long"),
        pytest.param("1Gi\n", "", id="newline"),
        pytest.param("١", "", id="other-digit"),
    ],
)
def test_not_a_quantity(text: str, fault: str) -> None:
    """What Kubernetes would refuse or change is refused."""
    with pytest.raises(FieldError) as caught:
        Quantity(text)
    assert caught.value.fault == fault


@given(number=st.integers(0, 10**12), unit=st.sampled_from(sorted(UNITS | BINARY_UNITS)))
def test_every_unit_scales(number: int, unit: str) -> None:
    """A number with a unit is that many times the unit, or refused where it is too much."""
    scale = Fraction(10) ** UNITS[unit] if unit in UNITS else Fraction(2) ** BINARY_UNITS[unit]
    if number * scale > 2**63 - 1:
        with pytest.raises(FieldError):
            Quantity(f"{number}{unit}")
        return
    quantity = Quantity(f"{number}{unit}")
    assert quantity.amount == number * scale
    assert quantity.bytes - 1 < quantity.amount <= quantity.bytes


@given(st.tuples(st.integers(0, 8191), st.sampled_from(["Ki", "Mi", "Gi"])), st.integers(0, 2**40))
def test_quantities_compare_by_amount(left: tuple[int, str], right: int) -> None:
    """Order is that of the amounts, not that of the letters."""
    one, other = Quantity(f"{left[0]}{left[1]}"), Quantity(str(right))
    assert (one < other) is (one.amount < other.amount)
    assert (one <= other) is (one.amount <= other.amount)
    assert (one > other) is (one.amount > other.amount)
    assert (one >= other) is (one.amount >= other.amount)
    assert min(one, other).amount == min(one.amount, other.amount)


def test_equal_amounts_are_different_settings() -> None:
    """1000m and 1 render to different bytes, so they are not equal; neither is less."""
    assert Quantity("1000m") != Quantity("1")
    assert not Quantity("1000m") < Quantity("1")
    assert Quantity("1000m") <= Quantity("1")


def test_measures_compare_with_their_own_kind_only() -> None:
    """Comparing with text, or seconds with bytes, is a mistake and not an order of letters."""
    with pytest.raises(TypeError, match="cannot compare Quantity with str"):
        _ = Quantity("1") < "2"
    with pytest.raises(TypeError, match="cannot compare Duration with Quantity"):
        _ = Duration("1s") >= Quantity("1")


@pytest.mark.parametrize(
    ("json", "text"),
    [
        pytest.param(b"2", "2", id="whole"),
        pytest.param(b"0.5", "0.5", id="fraction"),
        pytest.param(b"1e-05", "1e-05", id="small"),
        pytest.param(b'"250m"', "250m", id="text"),
    ],
)
def test_numbers_are_quantities(json: bytes, text: str) -> None:
    """In YAML people write `cpu: 2`; that is as good as text."""
    assert TypeAdapter(Quantity).validate_json(json, strict=True) == Quantity(text)


@pytest.mark.parametrize("json", [b"true", b"-1", b"null", b"[1]", b"1e300"])
def test_other_values_are_not_quantities(json: bytes) -> None:
    """No other kind of value, and no negative number, is a quantity."""
    with pytest.raises(ValidationError):
        TypeAdapter(Quantity).validate_json(json, strict=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("0s", 0, id="zero"),
        pytest.param("30s", 30, id="seconds"),
        pytest.param("90m", 5400, id="minutes"),
        pytest.param("1h30m", 5400, id="two-units"),
        pytest.param("1h1m1s", 3661, id="three-units"),
        pytest.param("8760h", 31536000, id="year"),
    ],
)
def test_duration(text: str, seconds: int) -> None:
    """A duration says its seconds."""
    assert Duration(text).seconds == Duration(text).amount == seconds


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("30", "it has no unit", id="no-unit"),
        pytest.param("30d", "days are written in hours", id="days"),
        pytest.param("500ms", "whole seconds are the finest unit", id="milliseconds"),
        pytest.param("30m1h", "", id="order"),
        pytest.param("1.5h", "", id="fraction"),
        pytest.param("-1s", "", id="negative"),
        pytest.param("1 h", "", id="space"),
        pytest.param("1s\n", "", id="newline"),
        pytest.param("9999999999s", "", id="too-long-a-number"),
    ],
)
def test_not_a_duration(text: str, fault: str) -> None:
    """What is no duration of whole seconds is refused, with a word on the usual slips."""
    with pytest.raises(FieldError) as caught:
        Duration(text)
    assert caught.value.fault == fault


@given(st.integers(0, 10**9))
def test_durations_from_seconds(seconds: int) -> None:
    """The text made from seconds says the same seconds, and the order is that of the seconds."""
    duration = Duration.of(seconds)
    assert duration.seconds == seconds
    assert duration < Duration.of(seconds + 1)


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_durations_of_every_form(hours: int, minutes: int, seconds: int) -> None:
    """Each unit counts, whatever its number."""
    assert Duration(f"{hours}h{minutes}m{seconds}s").seconds == hours * 3600 + minutes * 60 + seconds
