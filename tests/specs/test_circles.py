"""Circles: which line is named, and what is said of each step around."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.kubernetes.sample import connect, database, job, lowered, platform, workload
from towpath.errors import NOWHERE, Place, TowpathError
from towpath.specs.platform import sync_waves

if TYPE_CHECKING:
    from towpath.specs.parts import Connection

CHART = "charts/shop/chart.py"


def at(line: int, source: str, target: str, **variables: str) -> Connection:
    """Return a connection that stands on a line of the chart."""
    return replace(connect(source, target), place=Place(CHART, line), variables=variables)


@pytest.mark.parametrize(
    ("connections", "line", "steps"),
    [
        pytest.param(
            (at(5, "a", "b"), at(6, "b", "a")),
            6,
            "a -> b -> a (a connects to b at {}:5; b connects to a at {}:6)",
            id="two",
        ),
        pytest.param(
            (at(9, "b", "a"), at(8, "a", "b")),
            8,
            "a -> b -> a (a connects to b at {}:8; b connects to a at {}:9)",
            id="the-one-stated-last-wherever-it-stands",
        ),
        pytest.param(
            (at(4, "a", "b"), at(5, "b", "c"), at(6, "c", "b"), at(7, "a", "c")),
            6,
            "b -> c -> b (b connects to c at {}:5; c connects to b at {}:6)",
            id="behind-a-tail",
        ),
        pytest.param(
            (at(4, "j", "db"), at(5, "a", "db"), at(6, "j", "a")),
            6,
            "a -> j -> a (a connects to db, which j prepares, at {}:5; j connects to a at {}:6)",
            id="through-a-job",
        ),
    ],
)
def test_c29_a_circle_has_the_line_that_closes_it(
    connections: tuple[Connection, ...], line: int, steps: str
) -> None:
    """Every connection on the way around is named with its own line."""
    spec = platform(
        workloads=tuple(workload(name) for name in "abc"),
        stores=(database(),),
        jobs=(job("j", prepares=("db",)),),
        connections=connections,
    )
    with pytest.raises(TowpathError) as caught:
        sync_waves(spec)
    [problem] = caught.value.problems
    assert problem.place == Place(CHART, line)
    assert problem.what == f"platform shop: connects_to makes a circle: {steps.replace('{}', CHART)}"


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        pytest.param({"URL": "http://$(HOST)/"}, Place(CHART, 9), id="the-connection-that-closes-it"),
        pytest.param({"OTHER": "x"}, Place(CHART, 3), id="the-part-where-all-are-its-own"),
    ],
)
def test_a_circle_of_variables(variables: dict[str, str], place: Place) -> None:
    """It has the line of the connection that brings one of them, or else of the part."""
    own = {"HOST": "$(URL)", **({} if "URL" in variables else {"URL": "$(HOST)"})}
    spec = replace(
        platform(
            workloads=(workload("a", environment=own), workload("b")),
            connections=(at(9, "a", "b", **variables),),
        ),
        places={"a": Place(CHART, 3)},
    )
    with pytest.raises(TowpathError, match="a: the variables refer to one another in a circle") as caught:
        lowered(spec)
    assert [each.place for each in caught.value.problems] == [place]


def test_specs_are_equal_wherever_they_were_written() -> None:
    """A place is for messages only."""
    assert at(1, "a", "b") == at(2, "a", "b")
    assert replace(platform(), places={"a": NOWHERE}) == platform()
