"""What `towpath init` writes is taken by a real API server as well, before anybody has changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.sync import Sync, changed, is_known
from tests.support.projects import towpath

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubernetes_api import Api

pytestmark = pytest.mark.cluster


def test_what_init_writes_is_accepted(api: Api, tmp_path: Path) -> None:
    """Every object as it is written, without a warning."""
    assert towpath(tmp_path, "init", "shop").code == 0
    done = towpath(tmp_path / "shop", "synth")
    assert done.code == 0, done.err
    applied = [
        each for rendering in Sync.of(api, tmp_path / "shop/dist").renderings.values() for each in rendering
    ]
    assert {each.manifest["kind"] for each in applied} >= {"Deployment", "StatefulSet", "Application"}
    assert [f"{each.file}: {each.first}" for each in applied if not each.first.is_good] == []
    assert [text for each in applied for text in each.first.warnings if not is_known(text)] == []
    assert [path for each in applied for path in changed(each.manifest, each.first.body, each.file)] == []
