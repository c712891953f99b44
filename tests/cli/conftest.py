"""What the tests of the command line share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.projects import copy, made_once, synthesized, write_shop

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def synthesized_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small project with its dist/ and cache. Nobody changes it."""
    return made_once(tmp_path_factory, "shop", lambda folder: synthesized(write_shop(folder)))


@pytest.fixture
def shop(synthesized_shop: Path, tmp_path: Path) -> Path:
    """Return a copy of the small project, with dist/ and cache, to be changed."""
    return copy(synthesized_shop, tmp_path / "shop")
