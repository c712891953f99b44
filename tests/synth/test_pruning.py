"""What leaves dist/ and what stays: objects that charts no longer declare, platforms that go, files of other people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.projects import edit, towpath, tree, write

if TYPE_CHECKING:
    from pathlib import Path

# With it a synth that starts Node fails.
NO_NODE = {"JSII_NODE": "/bin/false"}


def test_c26_removed_object(shop: Path) -> None:
    """The file of an object that left the chart goes, is listed, and nothing else changes but who knew of it."""
    before = tree(shop / "dist/production")
    edit(shop / "charts/shop/chart.py", '            ("worker", settings.worker_replicas, ()),\n', "")
    edit(shop / "envs/production/shop.images.yaml", "worker", "web-2")
    done = towpath(shop, "synth", "-e", "production", "--format", "json")
    assert done.code == 0, done.err
    (rendering,) = [each for each in done.json["renderings"] if each["platform"] == "shop"]
    gone = {f"shop/{kind}_worker.yaml" for kind in ("deployment", "networkpolicy", "serviceaccount")}
    assert {f"production/{name}" for name in gone} == {
        name.removeprefix("dist/") for name in rendering["delete"]
    }
    after = tree(shop / "dist/production")
    assert before.keys() - after.keys() == gone
    assert not after.keys() - before.keys()
    changed = {name for name in after if after[name] != before[name]}
    # Whom Redis lets in, and how much the namespace may use.
    assert changed == {"shop.links", "shop/networkpolicy_redis.yaml", "shop/resourcequota_quota.yaml"}
    assert towpath(shop, "verify", "-e", "production").code == 0


def test_c26_foreign_files_survive(shop: Path) -> None:
    """Files and folders that Towpath did not write stay as they are and are reported."""
    foreign = {
        "dist/production/shop/mine.yaml": "a: 1\n",
        "dist/production/shop/.hidden": "x",
        "dist/production/shop/folder/deployment_web.yaml": "b: 1\n",
        "dist/production/notes/readme.txt": "notes\n",
        "dist/README.md": "# mine\n",
        "dist/unknown/shop/deployment_web.yaml": "c: 1\n",
    }
    for path, text in foreign.items():
        write(shop / path, text)
    edit(shop / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"')
    done = towpath(shop, "synth", "--allow-removal", env=NO_NODE)
    assert done.code == 0, done.err
    for path, text in foreign.items():
        assert (shop / path).read_text(encoding="utf-8") == text
    reported = {line for line in done.err.splitlines() if line.startswith("left alone: ")}
    assert {line.split()[2] for line in reported} == {
        "production/shop/.hidden",
        "production/shop/mine.yaml",
        "production/shop/folder",
        "production/notes",
    }
    verified = towpath(shop, "verify")
    assert verified.code == 1
    for path in ("dist/production/shop/mine.yaml", "dist/production/shop/folder", "dist/README.md"):
        assert f"{path}: error: " in verified.out


def test_c28_most_objects_gone(shop: Path) -> None:
    """A compile that loses most objects is refused and says by which option it is accepted; with that it is done."""
    before = tree(shop)
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: 2\nclosed: true")
    refused = towpath(shop, "synth")
    assert refused.code == 1
    assert "14 of 19 objects of production/shop would be removed" in refused.err
    assert "--allow-removal" in refused.err
    assert tree(shop / "dist") == {
        name.removeprefix("dist/"): data for name, data in before.items() if name.startswith("dist/")
    }
    allowed = towpath(shop, "synth", "--allow-removal", env=NO_NODE)
    assert allowed.code == 0, allowed.err
    assert sorted(path.name for path in (shop / "dist/production/shop").iterdir()) == [
        "limitrange_defaults.yaml",
        "namespace_shop-production.yaml",
        "networkpolicy_allow-dns.yaml",
        "networkpolicy_default-deny.yaml",
        "resourcequota_quota.yaml",
    ]


def test_c28_platform_without_settings(shop: Path) -> None:
    """A platform without settings is removed only when that is asked for: folder, map, and its Argo CD objects."""
    for name in ("shop.yaml", "shop.images.yaml"):
        (shop / "envs/production" / name).unlink()
    before = tree(shop)
    stale = towpath(shop, "verify", "--compile", "--format", "json")
    assert stale.code == 1
    named = {each["file"] for each in stale.json["findings"] if each["rule"] == "verify.stale"}
    assert "dist/production/shop/deployment_web.yaml" in named
    assert "dist/production/argocd/application.argoproj.io_shop-production.yaml" in named
    refused = towpath(shop, "synth", env=NO_NODE)
    assert refused.code == 1
    assert "production/shop renders no objects" in refused.err
    assert tree(shop) == before
    allowed = towpath(shop, "synth", "--allow-removal", env=NO_NODE)
    assert allowed.code == 0, allowed.err
    assert not (shop / "dist/production").exists()
    assert "production/shop" in allowed.out
    assert (shop / "dist/development/shop").is_dir()
    assert towpath(shop, "verify", "--compile").code == 0


def test_c28_one_platform_is_not_the_whole(shop: Path) -> None:
    """A synthesis of named platforms removes no other platform."""
    before = tree(shop / "dist")
    write(shop / "dist/production/other.links", '{"format":1,"kubernetes":"1.33"}\n')
    done = towpath(shop, "synth", "--platform", "shop", env=NO_NODE)
    assert done.code == 0, done.err
    assert tree(shop / "dist").keys() - before.keys() == {"production/other.links"}


@pytest.mark.parametrize("option", ["--check", ""])
def test_check_lists_and_writes_nothing(shop: Path, option: str) -> None:
    """--check says what would be written and deleted and exits with 1; without it, it is done and the exit is 0."""
    edit(shop / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"')
    before = tree(shop)
    done = towpath(shop, "synth", *filter(None, [option]), env=NO_NODE)
    assert done.code == (1 if option else 0)
    assert (tree(shop) == before) is bool(option)
    if option:
        assert "  write  production/shop/statefulset_redis.yaml\n" in done.out
        assert "1 would be written" in done.out
