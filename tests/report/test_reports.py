"""Reports of a difference: exact text for each format, and rules that hold for every difference."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.examples import AFTER, BEFORE, HOSTILE, example, hostile, many
from tests.report.reading import outside_of_code, outside_of_fences
from tests.report.test_inert import ACTIVE
from towpath.diff.change import Diff
from towpath.images.pin import ImagePin
from towpath.report.machine import document
from towpath.report.markdown import markdown
from towpath.report.pull_request import (
    ImageRow,
    Promotion,
    SkippedRow,
    pull_request_body,
    pull_request_title,
)
from towpath.report.terminal import text

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"
PROMOTION = Promotion(
    platform="shop",
    target="staging",
    source="development",
    images=(ImageRow("web", BEFORE, AFTER, 1_767_225_600),),
    skipped=(SkippedRow("redis", "it is a third party's, which moves only by name"),),
    statement="This changes exactly these images and nothing else.",
    notes=("The tag 1.5.0 of web stands for another digest by now.",),
    passed_over=("testing",),
    reason="hotfix for INC-1742, ask @ops",
)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        pytest.param("diff.txt", lambda: text(example()), id="text"),
        pytest.param("diff.md", lambda: markdown(example()), id="markdown"),
        pytest.param("diff.json", lambda: json.dumps(document(example()), indent=2) + "\n", id="json"),
        pytest.param("empty.txt", lambda: text(Diff()), id="empty-text"),
        pytest.param("empty.md", lambda: markdown(Diff()), id="empty-markdown"),
        pytest.param("pull-request.md", lambda: pull_request_body(PROMOTION, example()), id="pull-request"),
        pytest.param(
            "first-pull-request.md",
            lambda: pull_request_body(
                Promotion("shop", "staging", images=(ImageRow("web", None, BEFORE),)), Diff()
            ),
            id="first-pull-request",
        ),
        pytest.param("hostile.md", lambda: markdown(hostile()), id="c41-hostile"),
        pytest.param("hostile.txt", lambda: text(hostile()), id="c41-hostile-text"),
        pytest.param("cut.md", lambda: markdown(many(9), 900), id="c40-cut"),
    ],
)
def test_exact_text(name: str, made: Callable[[], str]) -> None:
    """Each report is this text, to the byte."""
    assert made() == (GOLDEN / name).read_bytes().decode()


def test_colours_only_where_they_are_asked_for() -> None:
    """Escape sequences stand around lines, and taking them out gives the plain text."""
    plain, coloured = text(example()), text(example(), colour=True)
    assert "\x1b" not in plain
    assert "\x1b[32m+" in coloured
    assert "\x1b[31m-" in coloured
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain


def test_a_secret_is_in_no_report() -> None:
    """P22: what changes is seen, the value is not."""
    for report in (text(example()), markdown(example()), json.dumps(document(example()))):
        assert "c4nary" not in report
        assert "password: HIDDEN (value 2)" in report


def test_counts_are_the_same_in_every_report() -> None:
    """All of them say what the difference says."""
    diff = example()
    assert (diff.counts.changed, diff.counts.added, diff.counts.removed) == (3, 1, 1)
    sentence = "5 objects differ in 2 renderings: 3 changed, 1 added, 1 removed; 1 pin differs; 1 file cannot"
    assert sentence in text(diff)
    assert sentence in markdown(diff)
    assert sentence in pull_request_body(PROMOTION, diff)
    assert document(diff)["counts"] == {"changed": 3, "added": 1, "removed": 1, "total": 5}


def shown_and_left(page: str) -> list[int]:
    """Return how many changed, added and removed objects a page shows or says it leaves out."""
    outside = outside_of_fences(page)
    found = [
        len(re.findall(rf"^#+ {kind} `", outside, re.MULTILINE)) for kind in ("changed", "added", "removed")
    ]
    for left in re.findall(
        r"left out here.*?(\d+) changed, (\d+) added, (\d+) removed", outside, re.IGNORECASE
    ):
        found = [one + int(other) for one, other in zip(found, left, strict=True)]
    return found


@pytest.mark.parametrize("limit", [2_000, 10_000, 65_536])
@pytest.mark.parametrize("pull_request", [False, True], ids=["comment", "pull-request"])
def test_c40_e51_a_page_is_cut_at_whole_objects_with_exact_counts(limit: int, pull_request: bool) -> None:
    """Two thousand objects do not fit: what is shown and what is left out adds up, and fences are closed."""
    diff = many(2000)
    page = pull_request_body(PROMOTION, diff, limit) if pull_request else markdown(diff, limit)
    assert limit * 0.6 < len(page) <= limit
    assert shown_and_left(page) == [diff.counts.changed, diff.counts.added, diff.counts.removed]
    outside_of_fences(page)


def test_c40_the_most_telling_changes_are_shown_first() -> None:
    """Where there is no room for all, what takes data away stays."""
    page = markdown(many(900), 4_000)
    headings = re.findall(r"^#### (\w+) `(\w+)", page, re.MULTILINE)
    assert headings
    assert set(headings) == {("removed", "Namespace")}


def test_c39_one_endless_object_does_not_take_the_page() -> None:
    """It is cut, with the number of its lines that are left out, and the others are shown."""
    diff = Diff(changes=(*many(3).changes, *many(1, lines=100_000).changes))
    page = markdown(diff)
    assert len(page) < 65_536
    assert shown_and_left(page) == [diff.counts.changed, diff.counts.added, diff.counts.removed]
    assert "199601 more lines of this object left out." in page
    assert "199001 more lines left out" in "".join(text(diff).rpartition("more lines left out")[:2])


def test_c39_an_object_of_long_lines_is_cut_too() -> None:
    """Few lines can fill a page as well."""
    (change,) = many(1).changes
    diff = Diff(changes=(replace(change, before="", after=f"{'x' * 480}\n" * 300),))
    page = markdown(diff)
    assert "more lines of this object left out." in page
    assert shown_and_left(page) == [1, 0, 0]
    assert len(page) < 20_000


def test_e51_many_renderings_without_room_for_their_headings() -> None:
    """Then they share one section, and no object is lost from the counts."""
    diff = Diff(
        changes=tuple(
            replace(each, environment=f"e{n}", before="a\n", after="b\n")
            for n, each in enumerate(many(600).changes)
        )
    )
    for page in (markdown(diff, 20_000), pull_request_body(PROMOTION, diff, 20_000)):
        assert len(page) <= 20_000
        assert shown_and_left(page) == [200, 200, 200]


LIMITS = st.integers(0, 3_000)


@given(data=st.text(max_size=80), limit=LIMITS)
@settings(max_examples=60)
def test_c41_e81_whatever_the_text_the_page_stays_a_page(data: str, limit: int) -> None:
    """Fences are balanced, the limit holds, and nothing from outside is active."""
    promotion = Promotion(
        data, data, data, (ImageRow(data, None, ImagePin(data, data, data, data, (), data), 2**60),),
        (SkippedRow(data, data),), data, (data,), (data,), data,
    )  # fmt: skip
    for page in (markdown(hostile(data), limit), pull_request_body(promotion, hostile(data), limit)):
        assert len(page) <= limit
        outside_of_fences(page)
    for page in (markdown(hostile(HOSTILE + data)), pull_request_body(promotion, hostile(data))):
        ours = re.sub(r"^#+ |^\| .*\|$|^\|[-|]*$|^- |\*\*", "", outside_of_code(page), flags=re.MULTILINE)
        assert not ACTIVE.search(ours.replace("...", "")), ours


@given(number=st.integers(0, 40), limit=LIMITS)
@settings(max_examples=40)
def test_e51_the_counts_add_up_at_every_limit(number: int, limit: int) -> None:
    """As long as there is a page at all, and not only a line."""
    diff = many(number)
    page = markdown(diff, limit)
    assert len(page) <= limit
    if "\n#" in page:
        assert shown_and_left(page) == [diff.counts.changed, diff.counts.added, diff.counts.removed]


@pytest.mark.parametrize(
    ("images", "limit", "title"),
    [
        pytest.param((), 255, "Promote shop from development to staging", id="none"),
        pytest.param(
            (ImageRow("web", BEFORE, AFTER),),
            255,
            "Promote shop from development to staging: web 1.5.0",
            id="one",
        ),
        pytest.param(
            (ImageRow("web", BEFORE, ImagePin("web", "r", digest="sha256:" + "c" * 64)),),
            255,
            "Promote shop from development to staging: web cccccccccccc",
            id="no-tag",
        ),
        pytest.param(
            tuple(ImageRow(f"image-{n}", None, AFTER) for n in range(50)),
            80,
            "Promote shop from development to staging: image-0 1.5.0, image-1 1.5.0, 48 more",
            id="e51-many",
        ),
        pytest.param(
            tuple(ImageRow(f"image-{n}", None, AFTER) for n in range(50)),
            55,
            "Promote shop from development to staging: 50 images",
            id="e51-none-fits",
        ),
        pytest.param((ImageRow("web", BEFORE, AFTER),), 20, "Promote shop from...", id="e51-short"),
        pytest.param(
            (ImageRow("web", None, ImagePin("web", "r", tag="1\n\u202e")),),
            255,
            "Promote shop from development to staging: web 1<U+000A><U+202E>",
            id="e81-hostile",
        ),
    ],
)
def test_title(images: tuple[ImageRow, ...], limit: int, title: str) -> None:
    """One line that names the images, as many as fit."""
    found = pull_request_title(Promotion("shop", "staging", "development", images), limit)
    assert found == title
    assert len(found) <= limit


def test_a_long_name_does_not_take_the_title() -> None:
    """A tag has up to 128 characters."""
    row = ImageRow("web", None, ImagePin("web", "r", tag="t" * 128))
    title = pull_request_title(Promotion("shop", "staging", "", (row, row, row)))
    assert len(title) < 200
    assert title.count("web ttt") == 3


def test_p17_a_pin_besides_the_promotion_is_named() -> None:
    """A reviewer sees that more than the promotion's images would change."""
    body = pull_request_body(Promotion("shop", "staging"), example())
    assert "**1 pin of other images would change as well:**" in body
    assert "| `staging/shop web` | `ghcr.io/example/web:1.4.0@sha256:aaaaaaaaaaaa` |" in body
    assert "other images" not in pull_request_body(PROMOTION, example())


def test_a_body_says_the_same_every_day() -> None:
    """E42: running a promotion again finds the same text, so no clock is in it."""
    assert "2026-01-01 00:00 UTC" in pull_request_body(PROMOTION, example())
    assert pull_request_body(PROMOTION, example()) == pull_request_body(PROMOTION, example())
