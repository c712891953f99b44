"""A page of limited length: whole items, the important ones first, exact counts of the others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.report.page import Item, Section, fit


def section(head: str, *items: tuple[str, int]) -> Section:
    """Return a section that says how many of its items are left out."""
    return Section(head, tuple(Item(*item) for item in items), lambda left: f"-{len(left)}\n")


def test_items_of_low_weight_get_room_first() -> None:
    """Their order on the page stays the same."""
    page = fit([section("A\n", ("aaaa\n", 2), ("bb\n", 1)), section("B\n", ("cc\n", 0))], 16)
    assert page == "A\nbb\n-1\nB\ncc\n"


def test_everything_fits_where_there_is_room() -> None:
    """Nothing is said about what is left out where nothing is."""
    assert fit([section("A\n", ("a\n", 0)), Section("B\n", tail="end\n")], 100) == "A\na\nB\nend\n"


def test_no_page_without_room_for_the_heads() -> None:
    """Then the caller has to show less."""
    assert fit([section("A\n" * 10, ("a\n", 0))], 10) is None


@pytest.mark.parametrize(("limit", "page"), [(9, "A\n-2\n"), (10, "A\naaaa\n-1\n")])
def test_e51_an_item_needs_room_for_what_is_said_of_the_others(limit: int, page: str) -> None:
    """One character too few, and it is left out."""
    assert fit([section("A\n", ("aaaa\n", 0), ("b" * 99 + "\n", 1))], limit) == page


@given(
    sizes=st.lists(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3)), max_size=12), max_size=5),
    limit=st.integers(0, 400),
)
@settings(max_examples=60)
def test_e51_never_longer_than_the_limit_and_every_item_accounted_for(
    sizes: list[list[tuple[int, int]]], limit: int
) -> None:
    """Shown and left out add up, in each section."""
    sections = [section("=\n", *((f"{'x' * size}\n", weight) for size, weight in items)) for items in sizes]
    page = fit(sections, limit)
    if page is None:
        return
    assert len(page) <= limit
    parts = page.split("=\n")[1:]
    for items, part in zip(sizes, parts, strict=True):
        lines = part.split("\n")[:-1]
        left = [int(line[1:]) for line in lines if line.startswith("-")]
        assert len(lines) - len(left) + sum(left) == len(items)
