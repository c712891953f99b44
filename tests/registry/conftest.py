"""What the registry's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.registry import RunningRegistry, start_registry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def registry() -> Iterator[RunningRegistry]:
    """Return a real registry, empty at the start of the session."""
    with start_registry() as running:
        yield running
