"""The cache: unchanged input starts no Node, changed input compiles what it must, a damaged entry costs time only."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import Done, edit, run, towpath, tree, write
from towpath.project import Project, Target
from towpath.synth.cache import Cache
from towpath.synth.inputs import Tool, cache_key
from towpath.synth.run import Options, synthesize
from towpath.synth.workers import compile_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from towpath.synth.object_files import ObjectFiles

# With it a synth that starts Node fails.
NO_NODE = {"JSII_NODE": "/bin/false"}
DEVELOPMENT = Target("development", "shop")
PRODUCTION = Target("production", "shop")


def _synth(folder: Path, *arguments: str) -> Done:
    done = towpath(folder, "synth", "--format", "json", *arguments)
    assert done.code == 0, done.err
    return done


def test_unchanged_input_starts_no_node(shop: Path) -> None:
    """Everything comes from the cache: Node cannot start, and dist/ is made again to the byte."""
    before = tree(shop / "dist")
    for path in sorted((shop / "dist").rglob("*.yaml")):
        path.unlink()
    done = towpath(shop, "synth", "--format", "json", env=NO_NODE)
    assert (done.code, done.compiled) == (0, []), done.err
    assert tree(shop / "dist") == before


def test_changed_pins_start_no_node(shop: Path) -> None:
    """Pins are linked, not compiled."""
    edit(shop / "envs/production/shop.images.yaml", '7.2-alpine"', '7.4-alpine"')
    done = towpath(shop, "synth", "--format", "json", env=NO_NODE)
    assert done.code == 0, done.err
    assert b"redis:7.4-alpine" in (shop / "dist/production/shop/statefulset_redis.yaml").read_bytes()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            lambda root: edit(root / "envs/production/shop.yaml", "replicas: 2", "replicas: 3"),
            {PRODUCTION},
            id="settings-of-one-environment",
        ),
        pytest.param(
            lambda root: edit(root / "envs/defaults/shop.yaml", "256Mi", "128Mi"),
            {DEVELOPMENT, PRODUCTION},
            id="defaults",
        ),
        pytest.param(
            lambda root: edit(root / "envs/development/cluster.yaml", '"1.33"', '"1.34"'),
            {DEVELOPMENT},
            id="cluster",
        ),
        pytest.param(
            lambda root: edit(root / "charts/shop/chart.py", "1001, 1001", "1002, 1001"),
            {DEVELOPMENT, PRODUCTION},
            id="chart",
        ),
        pytest.param(
            lambda root: write(root / "charts/shop/note.txt", "closed\n"),
            {DEVELOPMENT, PRODUCTION},
            id="data-beside-the-chart",
        ),
        pytest.param(
            lambda root: write(root / "charts/shop/deep/er/note.txt", ""),
            {DEVELOPMENT, PRODUCTION},
            id="new-file-in-a-folder",
        ),
        pytest.param(
            lambda root: (root / "charts/shop/note.txt").rename(root / "charts/shop/other.txt"),
            {DEVELOPMENT, PRODUCTION},
            id="renamed-file",
        ),
        pytest.param(lambda root: write(root / "charts/__init__.py", ""), set(), id="empty-file-is-as-none"),
        pytest.param(
            lambda root: write(root / "charts/__init__.py", "X = 1\n"),
            {DEVELOPMENT, PRODUCTION},
            id="package-of-the-charts",
        ),
        pytest.param(
            lambda root: write(root / "charts/other/chart.py", "X = 1\n"), set(), id="another-platform"
        ),
        pytest.param(
            lambda root: edit(root / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"'),
            set(),
            id="pins",
        ),
        pytest.param(
            lambda root: write(root / "charts/shop/__pycache__/chart.pyc", "x"), set(), id="bytecode"
        ),
        pytest.param(lambda root: os.utime(root / "charts/shop/chart.py", (1, 1)), set(), id="time"),
        pytest.param(
            lambda root: (root / "charts/shop/.#chart.py").symlink_to("someone@host.1"),
            {DEVELOPMENT, PRODUCTION},
            id="editor-lock-that-leads-nowhere",
        ),
    ],
)
def test_key(shop: Path, change: Callable[[Path], object], expected: set[Target]) -> None:
    """A change gives exactly those targets another key whose compile may read it."""
    tool = Tool("fixed")
    before = {target: cache_key(Project(shop), target, tool) for target in (DEVELOPMENT, PRODUCTION)}
    change(shop)
    assert {each for each, key in before.items() if cache_key(Project(shop), each, tool) != key} == expected


def test_key_follows_the_tool(shop: Path) -> None:
    """Another Towpath, or other installed packages, compile everything again."""
    keys = {cache_key(Project(shop), PRODUCTION, Tool(digest)) for digest in "ab"}
    assert len(keys) == 2
    assert Tool.installed() == Tool.installed()


def test_installed_packages_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The versions of installed distributions are part of the tool."""
    packages = tmp_path / "site-packages"
    (packages / "cdk8s-1.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(packages)])
    before = Tool.installed()
    (packages / "cdk8s-1.0.dist-info").rename(packages / "cdk8s-1.1.dist-info")
    assert Tool.installed() != before


def test_one_change_compiles_one_target(shop: Path) -> None:
    """A changed setting compiles its environment alone; changed back, it comes from the cache again."""
    before = tree(shop / "dist")
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: 3")
    assert _synth(shop).compiled == ["production/shop"]
    assert tree(shop / "dist") != before
    edit(shop / "envs/production/shop.yaml", "replicas: 3", "replicas: 2")
    assert _synth(shop).compiled == []
    assert tree(shop / "dist") == before


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _other_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"replicas: 2", b"replicas: 5"))


def _other_map(path: Path) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    value["map"] = "not a map"
    path.write_text(json.dumps(value), encoding="utf-8")


def _lose_file(path: Path) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    del value["files"]["service_web.yaml"]
    path.write_text(json.dumps(value), encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_truncate, id="truncated"),
        pytest.param(_other_bytes, id="other-bytes"),
        pytest.param(_other_map, id="other-map"),
        pytest.param(_lose_file, id="lost-file"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"\xff\xfe"), id="no-text"),
        pytest.param(lambda path: path.write_bytes(b"[1]"), id="no-mapping"),
        pytest.param(lambda path: path.write_bytes(b'{"map": 1, "files": {}}'), id="wrong-kind"),
        pytest.param(lambda path: path.write_bytes(b"[" * 100_000), id="too-deep"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), id="a-folder"),
    ],
)
def test_damaged_entry(shop: Path, damage: Callable[[Path], object]) -> None:
    """What is not the entry that was put in counts as none."""
    (path,) = (shop / ".towpath/cache/production/shop").iterdir()
    cache = Cache(shop)
    assert cache.get("production/shop", path.stem) is not None
    damage(path)
    assert cache.get("production/shop", path.stem) is None


def test_damaged_entry_is_compiled_again(shop: Path) -> None:
    """A damaged entry gives the right bytes, by a compile of that target alone."""
    before = tree(shop / "dist")
    (path,) = (shop / ".towpath/cache/production/shop").iterdir()
    _other_bytes(path)
    assert _synth(shop).compiled == ["production/shop"]
    assert tree(shop / "dist") == before
    assert _synth(shop).compiled == []


def test_no_cache(shop: Path) -> None:
    """--no-cache neither reads nor writes it."""
    before = {path: path.read_bytes() for path in (shop / ".towpath/cache").rglob("*.json")}
    for path in before:
        _truncate(path)
    damaged = {path: path.read_bytes() for path in before}
    done = _synth(shop, "--no-cache", "--environment", "development")
    assert done.compiled == ["development/shop"]
    assert {path: path.read_bytes() for path in (shop / ".towpath/cache").rglob("*.json")} == damaged


def test_old_entries_go(shop: Path) -> None:
    """Of one target the cache keeps the entries used last, and no more."""
    cache = Cache(shop)
    folder = shop / ".towpath/cache/production/shop"
    (first,) = folder.iterdir()
    content = first.read_text(encoding="utf-8")
    for number in range(20):
        cache.put("production/shop", f"{number:040}", content)
        assert cache.get("production/shop", first.stem) is not None
    assert 2 < len(list(folder.iterdir())) < 20


def test_settings_saved_while_compiling(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes between the key and the compile does not put its result under the old key."""
    project = Project(shop)
    settings = shop / "envs/production/shop.yaml"
    edit(settings, "replicas: 2", "replicas: 3")
    key = cache_key(project, PRODUCTION, Tool.installed())

    def saving(root: Path, targets: Sequence[Target], **_: object) -> dict[Target, tuple[str, ObjectFiles]]:
        edit(settings, "replicas: 3", "replicas: 4")
        return compile_targets(root, targets)

    monkeypatch.setattr("towpath.synth.run.compile_targets", saving)
    outcome = synthesize(project, [PRODUCTION], project.output(), options=Options())
    assert any(b"replicas: 4" in (change.data or b"") for change in outcome.changes.writes)
    assert Cache(shop).get("production/shop", key) is None


def test_bytecode_is_not_read(shop: Path) -> None:
    """Bytecode of an older source with the same time and size is not taken for the new source."""
    chart = shop / "charts/shop/chart.py"
    status = chart.stat()
    # Somebody else's Python wrote bytecode; then the source changed within the same second, to the same length.
    run(shop, [sys.executable, "-m", "compileall", "-q", "charts"])
    assert list((shop / "charts/shop/__pycache__").glob("chart.*.pyc"))
    edit(chart, "User(1001, 1001)", "User(2002, 2002)")
    os.utime(chart, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert _synth(shop, "--environment", "production").compiled == ["production/shop"]
    assert b"runAsUser: 2002" in (shop / "dist/production/shop/deployment_web.yaml").read_bytes()
