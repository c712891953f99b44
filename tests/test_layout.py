"""Where renderings stand."""

from __future__ import annotations

import pytest

from towpath.errors import TowpathError
from towpath.layout import map_path, rendering_folder


def test_layout() -> None:
    """A rendering has a folder, and its map stands beside that."""
    assert str(rendering_folder("staging", "pms")) == "staging/pms"
    assert str(map_path("staging", "pms")) == "staging/pms.links"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("..", id="parent"),
        pytest.param("a/b", id="slash"),
        pytest.param("/etc", id="absolute"),
        pytest.param("Production", id="upper-case"),
        pytest.param("\u0440rod", id="cyrillic"),
        pytest.param("prod\u200b", id="zero-width-space"),
        pytest.param("-a", id="leading-dash"),
        pytest.param("a-", id="trailing-dash"),
        pytest.param("a" * 64, id="long"),
        pytest.param("nul", id="device"),
        pytest.param("a.links", id="dot"),
        pytest.param("a\n", id="newline"),
    ],
)
def test_e80_names_that_are_refused(name: str) -> None:
    """No name of an environment or a platform leads elsewhere, or looks like another one."""
    with pytest.raises(TowpathError, match="environment"):
        rendering_folder(name, "pms")
    with pytest.raises(TowpathError, match="platform"):
        map_path("staging", name)
