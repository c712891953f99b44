"""A control plane with the resource definitions of the operators, into which `dist/` is synced as Argo CD would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.sync import Sync, define
from tests.support.control_plane import control_plane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kubernetes_api import Api


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Return the API of a control plane that knows every kind that `dist/` has."""
    with control_plane(tmp_path_factory.mktemp("cluster")) as api:
        define(api)
        yield api


@pytest.fixture(scope="session")
def sync(api: Api) -> Sync:
    """Return `dist/` as it went into the control plane: all of it, wave by wave."""
    return Sync.of_everything(api)
