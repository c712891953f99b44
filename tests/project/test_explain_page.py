"""What docs/explain.md shows is what the real project answers, less the numbers, which change with its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import ROOT, edit, towpath

if TYPE_CHECKING:
    from pathlib import Path

NO_NODE = {"JSII_NODE": "/bin/false"}
_BLOCK = re.compile(r"```console\n\$ towpath (.*)\n((?:.*\n)*?)```")
_PAGE = (ROOT / "docs/explain.md").read_text(encoding="utf-8")
SHOWN = [(match[1], match[2]) for match in _BLOCK.finditer(_PAGE)]
INDENTED = re.findall(r"^    towpath (explain .*)$", _PAGE, re.MULTILINE)


def _plain(text: str) -> set[str]:
    """Return the lines of a text with one blank for many, and without line numbers."""
    return {re.sub(r":[0-9]+", ":N", " ".join(line.split())) for line in text.splitlines() if line.strip()}


@pytest.mark.parametrize(("command", "output"), [pytest.param(*each, id=each[0]) for each in SHOWN[:-1]])
def test_what_is_shown(fresh: Path, command: str, output: str) -> None:
    """Every line that the page shows is printed."""
    done = towpath(fresh, *command.split(), env=NO_NODE)
    assert done.code == 0, done.err
    assert _plain(output) <= _plain(done.out)


@pytest.mark.parametrize("command", INDENTED)
def test_commands(fresh: Path, command: str) -> None:
    """They work as they are written."""
    done = towpath(fresh, *command.split(), env=NO_NODE)
    assert done.code == 0, done.err


def test_when_it_does_not_know(project: Path) -> None:
    """The last block is what is said once a setting changed."""
    command, output = SHOWN[-1]
    edit(project / "envs/production/pms.yaml", "log_level: warn", "log_level: info")
    done = towpath(project, *command.split(), env=NO_NODE)
    assert done.code == 1
    assert _plain(output) <= _plain(done.err)
