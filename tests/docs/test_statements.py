"""Each platform's table is honest: what it names exists in `dist/`, with the value that it states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.docs.statements import Row, faults, rows
from tests.kubernetes.rules import read_rendering

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = sorted({file.stem for file in (ROOT / "envs/defaults").glob("*.yaml")})
SAMPLE: dict[str, list[Any]] = {
    "staging": [
        {
            "kind": "Deployment",
            "metadata": {"name": "api"},
            "spec": {"replicas": 2, "paused": False, "env": [{"name": "A", "value": "x=1"}], "args": ["-v"]},
        }
    ],
    "production": [
        {"kind": "ConfigMap", "metadata": {"name": "files"}, "data": {"a.conf": "one\ntwo three\n"}}
    ],
}


def manifests(platform: str) -> dict[str, list[Any]]:
    """Return the manifests of a platform by environment."""
    folders = (each for each in sorted((ROOT / "dist").iterdir()) if (each / platform).is_dir())
    return {folder.name: read_rendering(folder / platform) for folder in folders}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_a_platform_table_names_exists(platform: str) -> None:
    """Every statement names an object and a field that carry it, or says why there is none."""
    table = rows((ROOT / f"docs/platforms/{platform}.md").read_text(encoding="utf-8"))
    environments = manifests(platform)
    assert len(table) >= 10
    assert [fault for row in table for fault in faults(row, environments)] == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param("`staging: Deployment/api`", [], id="object"),
        pytest.param("`staging: Deployment/api spec.replicas = 2`", [], id="number"),
        pytest.param("`staging: Deployment/api spec.paused = false`", [], id="truth"),
        pytest.param("`staging: Deployment/api spec.env[A].value = x=1`", [], id="element-by-name"),
        pytest.param("`staging: Deployment/api spec.args[0] = -v`", [], id="element-by-number"),
        pytest.param("`production: ConfigMap/files data[a.conf] ~ two three`", [], id="part-of-a-text"),
        pytest.param("none yet: comes with the operations", [], id="reason"),
        pytest.param("decided: not in a cluster", [], id="decision"),
        pytest.param("soon", ["7: names no object, and gives no reason: soon"], id="nothing"),
        pytest.param("none yet:", ["7: names no object, and gives no reason: none yet:"], id="no-reason"),
        pytest.param("`deployment api`", ["7: is no reference: deployment api"], id="malformed"),
        pytest.param(
            "`Deployment/api`", ["7: production has no such object: Deployment/api"], id="not-everywhere"
        ),
        pytest.param(
            "`staging: Deployment/api spec.replicas = 3`",
            ["7: staging has 2: staging: Deployment/api spec.replicas = 3"],
            id="another-value",
        ),
        pytest.param(
            "`staging: Deployment/api spec.env[B]`",
            ["7: staging has no B there: staging: Deployment/api spec.env[B]"],
            id="no-such-field",
        ),
        pytest.param(
            "`production: ConfigMap/files data[a.conf] ~ three two`",
            ["7: production does not hold it: production: ConfigMap/files data[a.conf] ~ three two"],
            id="text-lacks-it",
        ),
        pytest.param(
            "`canary: Deployment/api`",
            ["7: the platform is not in canary: canary: Deployment/api"],
            id="no-such-environment",
        ),
    ],
)
def test_the_rule_bites(where: str, expected: list[str]) -> None:
    """What does not hold is found, with the line of the table."""
    assert list(faults(Row(7, "something [1.2]", where), SAMPLE)) == expected


def test_a_statement_names_its_section() -> None:
    """A reader has to find the statement in the document."""
    assert list(faults(Row(7, "something", "decided: no"), SAMPLE)) == [
        "7: names no section in brackets: something"
    ]


def test_only_tables_with_the_header_count() -> None:
    """Other tables of the page are left alone; a pipe in a cell is escaped."""
    text = (
        "| a | b |\n|---|---|\n| c | d |\n\n"
        "| the document says | where it is |\n|---|---|\n| e [1] | `A/b c ~ x \\| y` |\n"
    )
    assert rows(text) == [Row(7, "e [1]", "`A/b c ~ x \\| y`")]
