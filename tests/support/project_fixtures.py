"""Fixtures of projects on disk: synthesized once in a test run, and copied for each test that changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.projects import copy, made_once, synthesized

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def project_fixtures(name: str, write: Callable[[Path], Path]) -> tuple[Any, Any]:
    """Return two fixtures: a project with its dist/ and cache that nobody changes, and a copy of it to be changed.

    They have the names that a test module or a conftest.py gives them. `write` writes the project into a folder.
    """

    def made(factory: pytest.TempPathFactory) -> Path:
        return made_once(factory, name, lambda folder: synthesized(write(folder)))

    @pytest.fixture(scope="session")
    def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Return the project with its dist/ and cache. Nobody changes it."""
        return made(tmp_path_factory)

    @pytest.fixture
    def copied(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
        """Return a copy of the project, with its dist/ and cache, to be changed."""
        return copy(made(tmp_path_factory), tmp_path / name)

    return kept, copied
