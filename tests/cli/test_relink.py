"""`towpath relink`: renderings that were never synthesized, or whose link map is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.projects import edit, towpath, tree

if TYPE_CHECKING:
    from pathlib import Path

PINS = "envs/development/shop.images.yaml"
MAP = "dist/production/shop.links"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="everything"),
        pytest.param(("production/shop",), id="named"),
        pytest.param(("-e", "production"), id="environment"),
        pytest.param(("-p", "shop", "--check"), id="check"),
    ],
)
def test_without_a_map(shop: Path, arguments: tuple[str, ...]) -> None:
    """It is an error with what to do; other renderings, which could follow their pins, stay as they are too."""
    (shop / MAP).unlink()
    edit(shop / PINS, '"7.2-alpine"', '"7.4-alpine"')
    before = tree(shop)
    done = towpath(shop, "relink", *arguments)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(
        f"error: {MAP}: production/shop has no link map, so there is nothing to relink\n"
        "  to do: run `towpath synth`, or restore it with Git\n"
    )
    assert tree(shop) == before


def test_every_missing_map_is_named(shop: Path) -> None:
    """One run names them all, together with what else is in the way."""
    for environment in ("development", "production"):
        (shop / f"dist/{environment}/shop.links").unlink()
    done = towpath(shop, "relink", "--format", "json")
    assert done.code == 1
    assert [each["rule"] for each in done.json["problems"]] == ["relink.no-map"] * 2


def test_a_rendering_without_a_map_is_in_nobodys_way(shop: Path) -> None:
    """Where another environment is chosen, that one is relinked."""
    (shop / MAP).unlink()
    edit(shop / PINS, '"7.2-alpine"', '"7.4-alpine"')
    done = towpath(shop, "relink", "-e", "development", "--format", "json")
    assert done.code == 0, done.err
    assert done.json["write"] == ["dist/development/shop/statefulset_redis.yaml"]
