"""Cron schedules, as the library that Kubernetes uses reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.settings.schedule import CronSchedule
from towpath.settings.text import FieldError


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("* * * * *", id="always"),
        pytest.param("0 2 * * *", id="nightly"),
        pytest.param("*/5 8-18/2 1,15 jan-mar MON-fri", id="everything"),
        pytest.param("5/15 ? ? * ?", id="question-marks"),
        pytest.param("0 0 29 2 *", id="leap-day"),
        pytest.param("0 0 31 4,5 *", id="one-month-has-it"),
        pytest.param("0 0 30 2 sun", id="day-of-the-week-is-enough"),
        pytest.param("@daily", id="daily"),
        pytest.param("@annually", id="annually"),
    ],
)
def test_good(text: str) -> None:
    """What Kubernetes accepts and runs is taken as it is."""
    assert CronSchedule(text) == text


FIVE = "it needs five fields, one space apart"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("", FIVE, id="empty"),
        pytest.param("0 2 * *", FIVE, id="four"),
        pytest.param("0 0 2 * * *", FIVE, id="six"),
        pytest.param("0  2 * * *", FIVE, id="two-spaces"),
        pytest.param("0\t2 * * *", FIVE, id="tab"),
        pytest.param(
            "0 2 * * *\n", "the day of the week is not a number or a name such as mon", id="newline"
        ),
        pytest.param("@nightly", "no such name starts with @", id="name"),
        pytest.param("TZ=UTC 0 2 * * *", FIVE, id="time-zone"),
        pytest.param("60 * * * *", "the minute is not between 0 and 59", id="minute"),
        pytest.param("* 24 * * *", "the hour is not between 0 and 23", id="hour"),
        pytest.param("* * 0 * *", "the day of the month is not between 1 and 31", id="day"),
        pytest.param("* * * 13 *", "the month is not between 1 and 12", id="month"),
        pytest.param("* * * * 7", "the day of the week counts from 0 (Sunday) to 6", id="sunday-is-0"),
        pytest.param("* * * * 8", "the day of the week is not between 0 and 6", id="day-of-the-week"),
        pytest.param("* * * janu *", "the month is not a number or a name such as feb", id="month-name"),
        pytest.param("*/0 * * * *", "the minute has a step that is not a number above 0", id="step-zero"),
        pytest.param("*/ * * * *", "the minute has a step that is not a number above 0", id="no-step"),
        pytest.param("*/2/3 * * * *", "the minute has a step that is not a number above 0", id="two-steps"),
        pytest.param("30-10 * * * *", "the minute has a range that ends before it starts", id="backwards"),
        pytest.param("1-2-3 * * * *", "the minute is not a number", id="two-ranges"),
        pytest.param("-5 * * * *", "the minute is not a number", id="negative"),
        pytest.param("1,,2 * * * *", "the minute is not a number", id="empty-part"),
        pytest.param("*-5 * * * *", "the minute is not a number", id="star-range"),
        pytest.param("0 0 L * *", "the day of the month is not a number", id="last"),
        pytest.param("0 0 30 2 *", "no such day exists in these months", id="never"),
        pytest.param("0 0 31 apr,jun ?", "no such day exists in these months", id="never-either"),
    ],
)
def test_bad(text: str, fault: str) -> None:
    """The message names the field and what is wrong with it."""
    with pytest.raises(FieldError) as caught:
        CronSchedule(text)
    assert caught.value.fault == fault


_BOUNDS = ((0, 59), (0, 23), (1, 28), (1, 12), (0, 6))


@given(st.tuples(*(st.lists(st.integers(least, most), min_size=1) for least, most in _BOUNDS)))
def test_numbers_within_bounds_are_good(fields: tuple[list[int], ...]) -> None:
    """Any list of numbers within the bounds is a schedule, if the text is not too long."""
    text = " ".join(",".join(map(str, numbers)) for numbers in fields)
    if len(text) <= CronSchedule.longest:
        assert CronSchedule(text) == text
