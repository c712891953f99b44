"""Line differences: right for every text, and fast for the worst of them."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.diff import hunks
from towpath.diff.hunks import unified

if TYPE_CHECKING:
    from pathlib import Path

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "- d", "@@", "\u2028"]), max_size=30)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("", "", (), id="nothing"),
        pytest.param("a\n", "a\n", (), id="same"),
        pytest.param("a\n", "a", (), id="last-line-feed"),
        pytest.param("", "a\nb\n", ("@@ -0,0 +1,2 @@", "+a", "+b"), id="added"),
        pytest.param("a\n", "", ("@@ -1,1 +0,0 @@", "-a"), id="removed"),
        pytest.param("1\n2\n3\n", "1\nx\n3\n", ("@@ -1,3 +1,3 @@", " 1", "-2", "+x", " 3"), id="changed"),
        pytest.param("a\n", "a\n\n", ("@@ -1,1 +1,2 @@", " a", "+"), id="an-empty-line-more"),
        pytest.param(
            "".join(f"{n}\n" for n in range(1, 20)),
            "".join(f"{n}\n" for n in [1, "x", *range(3, 18), "y", 19]),
            (
                *("@@ -1,5 +1,5 @@", " 1", "-2", "+x", " 3", " 4", " 5"),
                *("@@ -15,5 +15,5 @@", " 15", " 16", " 17", "-18", "+y", " 19"),
            ),
            id="two-hunks",
        ),
        pytest.param(
            "a\u2028b\n", "a\u2028c\n", ("@@ -1,1 +1,1 @@", "-a\u2028b", "+a\u2028c"), id="separator"
        ),
    ],
)
def test_hunks(before: str, after: str, expected: tuple[str, ...]) -> None:
    """Each text has exactly these hunks."""
    assert unified(before, after) == expected


@given(old=LINES, new=LINES, compared=st.sampled_from([0, 4, 40_000]))
@settings(max_examples=100)
def test_both_texts_are_in_the_hunks(old: list[str], new: list[str], compared: int) -> None:
    """With all lines as context, the hunks hold both texts, however the texts are cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hunks, "_COMPARED", compared)
        found = unified("".join(f"{line}\n" for line in old), "".join(f"{line}\n" for line in new), 100)
    assert bool(found) == (old != new)
    if found:
        assert [line[1:] for line in found[1:] if line[0] in " -"] == old
        assert [line[1:] for line in found[1:] if line[0] in " +"] == new


def test_git_applies_the_hunks(tmp_path: Path) -> None:
    """The line numbers are what `git apply` expects, also far down and with parts that occur again."""
    old = [f"line {n % 7} of {n // 50}" for n in range(400)]
    new = [*old[:3], "new", *old[5:200], *old[210:390], "last", *old[390:]]
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    (tmp_path / "file").write_text(before)
    patch = "--- a/file\n+++ b/file\n" + "".join(f"{line}\n" for line in unified(before, after))
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / "file").read_text() == after


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(["x"] * 60_000, ["x"] * 30_000 + ["y"] + ["x"] * 30_000, id="one-line-again-and-again"),
        pytest.param(
            [str(n % 700) for n in range(30_000)], [str(n % 690) for n in range(30_000)], id="periods"
        ),
        pytest.param(
            [str(n) for n in range(30_000)], [str(n * 7919 % 30_011) for n in range(30_000)], id="shuffled"
        ),
        pytest.param(
            [str(n) for n in range(30_000)], [str(n) for n in range(30_000) if n % 9], id="every-ninth-gone"
        ),
    ],
)
def test_c39_long_texts_take_no_quadratic_time(old: list[str], new: list[str]) -> None:
    """`difflib` would take minutes for these."""
    start = time.process_time()
    found = unified("\n".join(old), "\n".join(new))
    assert time.process_time() - start < 3
    assert found


def test_unique_lines_hold_a_long_text_together() -> None:
    """A line inserted into a long text with many repeated lines is one line of difference."""
    old = [part for n in range(500) for part in (f"name: {n}", "value: 1", "---")]
    new = [*old[:600], "name: new", "value: 1", "---", *old[600:1200], "inserted", *old[1200:]]
    found = [line for line in unified("\n".join(old), "\n".join(new), 0) if not line.startswith("@@")]
    assert len(found) == 4
    assert all(line.startswith("+") for line in found)
