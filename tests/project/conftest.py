"""What the tests of the real project share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.projects import copy, copy_real, made_once, synthesized

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this checkout's project, synthesized afresh. Nobody changes it."""
    return made_once(tmp_path_factory, "project", lambda folder: synthesized(copy_real(folder)))


@pytest.fixture
def project(fresh: Path, tmp_path: Path) -> Path:
    """Return a copy of the freshly synthesized project, to be changed."""
    return copy(fresh, tmp_path / "project")
