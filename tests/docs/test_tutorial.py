"""`docs/tutorial.md`: a reader who does what it says sees what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.walkthrough import Command, File, follow, matches, steps
from tests.support.kubeconform import kubeconform

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """A sixth platform needs a chart, settings and pins, and what comes of it is valid."""
    surroundings = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}", "NO_COLOR": "1"}
    assert follow(PAGE, tmp_path, surroundings) == []
    assert kubeconform(tmp_path / "demo/dist", "1.33") == []


def test_only_a_chart_settings_and_pins_are_written() -> None:
    """The page asks for no other file."""
    written = {step.path for step in steps(PAGE) if isinstance(step, File)}
    assert {path.split("/")[0] for path in written} == {"charts", "envs"}


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        pytest.param("a\n", "a\n", True, id="equal"),
        pytest.param("a\n", "b\n", False, id="another"),
        pytest.param("a\n", "a\nb\n", False, id="more"),
        pytest.param("a\n...\n", "a\nb\nc\n", True, id="any-lines"),
        pytest.param("a\n...\nd\n", "a\nd\n", True, id="no-lines"),
        pytest.param("a ... c\n", "a b c\n", True, id="any-text"),
        pytest.param("a ... c\n", "a b d\n", False, id="other-end"),
        pytest.param("", "", True, id="silent"),
        pytest.param("", "a\n", False, id="not-silent"),
    ],
)
def test_the_comparison_bites(expected: str, printed: str, same: bool) -> None:
    """What the page leaves open is open, and nothing else."""
    assert matches(expected, printed) is same


def test_steps() -> None:
    """Files and commands in order; a command may go on in the next line."""
    page = "```yaml a.yaml\nx: 1\n```\ntext\n```console\n$ one \\\n  two\nsaid\n$ three\n```\n"
    assert steps(page) == [File("a.yaml", "x: 1\n"), Command("one \\\n  two", "said\n"), Command("three", "")]
