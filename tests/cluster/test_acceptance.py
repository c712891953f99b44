"""Every object of `dist/` is taken by a real API server as it is written, and a second sync finds nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.cluster.sync import RENDERINGS, changed, is_known
from tests.support.projects import ROOT

if TYPE_CHECKING:
    from tests.cluster.sync import Sync
    from tests.support.kubernetes_api import Api

pytestmark = pytest.mark.cluster


def test_the_server_is_of_the_version_that_the_clusters_have(api: Api) -> None:
    """What a newer server takes, or warns of, would say little."""
    stated = {
        yaml.safe_load(file.read_text("utf-8"))["kubernetes"] for file in ROOT.glob("envs/*/cluster.yaml")
    }
    version = api.request("GET", "/version").body["gitVersion"]
    assert {".".join(version.removeprefix("v").split(".")[:2])} == stated


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_is_accepted(sync: Sync, rendering: str) -> None:
    """No unknown field, nothing against a schema, Pod Security, a quota or a limit range."""
    refused = [f"{each.file}: {each.first}" for each in sync.renderings[rendering] if not each.first.is_good]
    assert refused == []


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_gives_no_warning(sync: Sync, rendering: str) -> None:
    """Nothing deprecated, doubled, or against the level of Pod Security that is warned of."""
    warnings = [
        f"{each.file}: {warning}"
        for each in sync.renderings[rendering]
        for warning in each.first.warnings
        if not is_known(warning)
    ]
    assert warnings == []


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_is_kept_as_it_is_written(sync: Sync, rendering: str) -> None:
    """No value is dropped or written in another way, which Argo CD would show as a difference for ever."""
    different = [
        path
        for each in sync.renderings[rendering]
        for path in changed(each.manifest, each.first.body, f"{each.file}: ")
    ]
    assert different == []


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_is_the_same_the_second_time(sync: Sync, rendering: str) -> None:
    """Applying it again changes nothing."""
    unsettled = [
        each.file
        for each in sync.renderings[rendering]
        if _without_state(each.first.body) != _without_state(each.second.body)
    ]
    assert unsettled == []


def _without_state(body: dict[str, Any]) -> dict[str, Any]:
    """Return an object without what controllers note in it."""
    metadata = {
        name: value
        for name, value in body["metadata"].items()
        if name not in {"managedFields", "resourceVersion", "annotations", "finalizers"}
    }
    return {name: value for name, value in body.items() if name != "status"} | {"metadata": metadata}
