"""A promotion and a settings change meet in Git, and nobody has to mend anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.link.examples import BACKEND_PIN, MAP, MIGRATE_PIN, OBJECTS, OTHER_DIGEST, SYMBOLS, scope_of
from tests.support.git_command import git
from towpath.dist import journal
from towpath.dist.changes import FileChange, plan_rendering
from towpath.dist.tree import read_rendering
from towpath.images.pinfile import format_pins, parse_pins
from towpath.link.linker import link_rendering, locate
from towpath.link.map import LinkMap, parse_map
from towpath.link.pinning import PinScope
from towpath.link.relink import relink_rendering
from towpath.link.verify import verify_rendering

if TYPE_CHECKING:
    from pathlib import Path

    from towpath.findings import Finding
    from towpath.images.pin import ImagePin

PINS_FILE = "envs/staging/pms.images.yaml"


def _compile(repository: Path, objects: dict[str, bytes], *pins: ImagePin) -> None:
    """Write pins, linked files and map, as a compile does."""
    link_map = LinkMap("1.33.4", tuple(locate(file, text, SYMBOLS[file]) for file, text in objects.items()))
    linked = link_rendering(objects, link_map, scope_of(*pins))
    plan = plan_rendering(
        "staging", "pms", linked, link_map, read_rendering(repository / "dist", "staging", "pms")
    )
    journal.apply(repository, [*plan.under("dist").all, FileChange(PINS_FILE, format_pins(pins))])


def _promote(repository: Path, pin: ImagePin) -> None:
    """Change one pin and relink, as a promotion does: no object file is at hand."""
    data = (repository / PINS_FILE).read_bytes()
    pins = {**parse_pins(data, PINS_FILE).images, pin.image: pin}
    found = read_rendering(repository / "dist", "staging", "pms")
    assert found.map_data is not None
    link_map = parse_map(found.map_data, "dist/staging/pms.links")
    changed = relink_rendering(link_map, found.files, PinScope("staging", "pms", pins), images=[pin.image])
    changes = [FileChange(f"dist/staging/pms/{file}", data) for file, data in changed.items()]
    journal.apply(repository, [*changes, FileChange(PINS_FILE, format_pins(pins.values()))])


def _findings(repository: Path) -> tuple[Finding, ...]:
    pins = parse_pins((repository / PINS_FILE).read_bytes(), PINS_FILE)
    found = read_rendering(repository / "dist", "staging", "pms")
    scope = PinScope("staging", "pms", pins.images, pins.places)
    return verify_rendering(found.map_data, found.files, scope, unexpected=found.unexpected)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one compiled environment, committed."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / ".gitignore").write_text(".towpath/\n")
    _compile(tmp_path, OBJECTS, BACKEND_PIN, MIGRATE_PIN)
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=compile")
    assert _findings(tmp_path) == ()
    return tmp_path


def _merged(repository: Path, other: str) -> str:
    git(repository, "commit", "--quiet", "--all", "--message=ours")
    git(repository, "merge", "--quiet", "--no-edit", other)
    return git(repository, "status", "--porcelain")


@pytest.mark.parametrize("file", ["deployment_worker.yaml", "service_backend.yaml"])
def test_e40_a_promotion_merges_with_a_change_of_settings(repository: Path, file: str) -> None:
    """A promotion touches no map, so `git merge` joins it with a new compile, and the result verifies clean.

    The files are those that hold the promoted image too, away from its line, and those that do not.
    """
    git(repository, "checkout", "--quiet", "-b", "promotion")
    _promote(repository, replace(BACKEND_PIN, digest=OTHER_DIGEST))
    assert "dist/staging/pms.links" not in git(repository, "diff", "--name-only").split()
    git(repository, "commit", "--quiet", "--all", "--message=promote")
    git(repository, "checkout", "--quiet", "main")
    changed = OBJECTS[file].replace(b"replicas: 1", b"replicas: 4").replace(b"port: 80", b"port: 8080")
    assert changed != OBJECTS[file]
    _compile(repository, {**OBJECTS, file: changed}, BACKEND_PIN, MIGRATE_PIN)
    assert "dist/staging/pms.links" in git(repository, "diff", "--name-only").split()
    assert _merged(repository, "promotion") == ""
    assert _findings(repository) == ()
    worker = (repository / "dist/staging/pms/deployment_worker.yaml").read_text()
    assert OTHER_DIGEST in worker
    assert ("replicas: 4" in worker) == (file == "deployment_worker.yaml")


def test_two_promotions_of_different_images_merge(repository: Path) -> None:
    """Two promotions that name different images meet in one file and still merge clean."""
    git(repository, "checkout", "--quiet", "-b", "other")
    _promote(repository, replace(MIGRATE_PIN, tag="2.0"))
    git(repository, "commit", "--quiet", "--all", "--message=promote migrate")
    git(repository, "checkout", "--quiet", "main")
    _promote(repository, replace(BACKEND_PIN, digest=OTHER_DIGEST))
    assert _merged(repository, "other") == ""
    assert _findings(repository) == ()


def test_a_settings_change_made_with_old_pins_is_found_unlinked(repository: Path) -> None:
    """A new file compiled against pins that a merge moved on is named, and one relink mends it."""
    git(repository, "checkout", "--quiet", "-b", "promotion")
    _promote(repository, replace(BACKEND_PIN, digest=OTHER_DIGEST))
    git(repository, "commit", "--quiet", "--all", "--message=promote")
    git(repository, "checkout", "--quiet", "main")
    SYMBOLS["deployment_zed.yaml"] = SYMBOLS["deployment_worker.yaml"]
    try:
        zed = OBJECTS["deployment_worker.yaml"].replace(b"worker", b"zed")
        _compile(
            repository,
            dict(sorted({**OBJECTS, "deployment_zed.yaml": zed}.items())),
            BACKEND_PIN,
            MIGRATE_PIN,
        )
    finally:
        del SYMBOLS["deployment_zed.yaml"]
    git(repository, "add", "--all")
    assert _merged(repository, "promotion") == ""
    assert [(finding.rule, finding.place.file) for finding in _findings(repository)] == [
        ("verify.unlinked", "dist/staging/pms/deployment_zed.yaml")
    ]
    _promote(repository, replace(BACKEND_PIN, digest=OTHER_DIGEST))
    assert _findings(repository) == ()
    assert MAP.files != ()
