"""What the tests of whole promotions share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.promotion.scene import Scene, made_scene, make_bare, stocked_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.registry import RunningRegistry


@pytest.fixture(scope="session")
def stocked() -> Iterator[RunningRegistry]:
    """Return a registry that holds the images. Nobody changes what is there."""
    with stocked_registry() as registry:
        yield registry


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment repository with one platform. Nobody changes it."""
    return make_bare(tmp_path_factory.mktemp("template") / "env.git")


@pytest.fixture
def scene(tmp_path: Path, template: Path, stocked: RunningRegistry) -> Iterator[Scene]:
    """Return an environment repository of one platform, served over HTTP."""
    with made_scene(tmp_path, template, stocked) as made:
        yield made


@pytest.fixture
def near(scene: Scene) -> Scene:
    """Return the same, reached as a file, for tests that the way there is nothing to."""
    return replace(scene, near=True)
