"""`towpath schema`: what it prints, where it writes, and what it says of files that name no schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import ROOT, edit, towpath, tree

if TYPE_CHECKING:
    from pathlib import Path

NO_NODE = {"JSII_NODE": "/bin/false"}
LINE = "# yaml-language-server: $schema=../schemas/shop.json"


def test_the_schemas_of_this_checkout_are_fresh() -> None:
    """`towpath schema --write`, and commit what it changes."""
    done = towpath(ROOT, "schema", "--check", env=NO_NODE)
    assert done.code == 0, done.out


def test_one_is_printed(shop: Path) -> None:
    """It is JSON, and starts no Node."""
    done = towpath(shop, "schema", "shop", env=NO_NODE)
    assert done.code == 0, done.err
    schema = json.loads(done.out)
    assert schema["properties"]["application"]["anyOf"][0] == {"$ref": "#/$defs/Application"}
    assert towpath(shop, "schema", "cluster", env=NO_NODE).code == 0


def test_one_goes_to_a_file(shop: Path, tmp_path: Path) -> None:
    """The file holds what would be printed."""
    target = tmp_path / "shop.json"
    assert towpath(shop, "schema", "shop", "-o", str(target)).code == 0
    assert target.read_text() == towpath(shop, "schema", "shop").out


def test_writing_and_checking(shop: Path) -> None:
    """Stale schemas and files without the line are found; writing mends the first and says the second."""
    before = tree(shop)
    done = towpath(shop, "schema", "--check", "--format", "json")
    assert (done.code, done.json["stale"]) == (1, ["envs/schemas/cluster.json", "envs/schemas/shop.json"])
    assert {each["file"] for each in done.json["unnamed"]} >= {"envs/defaults/shop.yaml"}
    assert tree(shop) == before
    done = towpath(shop, "schema", "--write")
    assert done.code == 0
    assert f"envs/defaults/shop.yaml does not name its schema; add as its first line: {LINE}" in done.out
    for file in shop.glob("envs/*/*.yaml"):
        if not file.name.endswith(".images.yaml"):
            line = LINE.replace("shop", file.stem)
            file.write_text(f"{line}\n{file.read_text()}")
    assert towpath(shop, "schema", "--check").code == 0
    edit(shop / "charts/shop/settings.py", 'greeting: str = "hello"', "greeting: int = 3")
    done = towpath(shop, "schema", "--check", "--format", "json")
    assert (done.code, done.json["stale"]) == (1, ["envs/schemas/shop.json"])


def test_a_schema_compiles_nothing(shop: Path) -> None:
    """No compile reads a schema, so writing one leaves the cache as it is."""
    assert towpath(shop, "schema", "--write").code == 0
    assert towpath(shop, "synth", env=NO_NODE).code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("shp",), "did you mean `shop`?", id="mistyped"),
        pytest.param((), "0 platforms named", id="none"),
        pytest.param(("shop", "cluster"), "2 platforms named", id="two"),
        pytest.param(("shop", "-o", "x", "--write"), "--output stands beside", id="file-and-folder"),
    ],
)
def test_usage(shop: Path, arguments: tuple[str, ...], words: str) -> None:
    """A mistake of the command line is 2, and nothing is written."""
    before = tree(shop)
    done = towpath(shop, "schema", *arguments)
    assert (done.code, words in done.err) == (2, True), done.err
    assert tree(shop) == before


def test_a_module_that_fails_is_named(shop: Path) -> None:
    """The message is that of a synth, with the module's line."""
    edit(shop / "charts/shop/settings.py", "class Application", "boom\n\n\nclass Application")
    done = towpath(shop, "schema", "shop")
    assert done.code == 1
    assert "charts/shop/settings.py:" in done.err
