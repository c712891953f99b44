"""The shape of this checkout's charts: they read like their documents and never ask which environment they are in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHARTS = [pytest.param(file, id=file.parent.name) for file in sorted((ROOT / "charts").glob("*/chart.py"))]
ENVIRONMENTS = {"development", "staging", "production"}


@pytest.mark.parametrize("chart", CHARTS)
def test_no_chart_asks_for_its_environment(chart: Path) -> None:
    """What differs is a setting: no condition looks at an environment, and no environment is named in one."""
    tree = ast.parse(chart.read_text(encoding="utf-8"))
    conditions = [each.test for each in ast.walk(tree) if isinstance(each, ast.If | ast.IfExp | ast.While)]
    compared = [each for each in ast.walk(tree) if isinstance(each, ast.Compare | ast.Subscript | ast.Match)]
    asked = [
        node.lineno
        for place in (*conditions, *compared)
        for node in ast.walk(place)
        if isinstance(node, ast.Constant) and node.value in ENVIRONMENTS
    ]
    asked += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environment", "purpose"}
    ]
    assert asked == []


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_short_enough_to_be_read(chart: Path) -> None:
    """Declarations, and no more than a person reads at once."""
    assert 100 <= len(chart.read_text(encoding="utf-8").splitlines()) <= 300
