"""Relinking a rendering: the files that change, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from tests.link.examples import (
    BACKEND_PIN,
    LINKED,
    MAP,
    MIGRATE_PIN,
    OBJECTS,
    OTHER_DIGEST,
    SCOPE,
    SCOPES,
    scope_of,
)
from towpath.errors import TowpathError
from towpath.images.pin import ImagePin
from towpath.link.linker import link_rendering
from towpath.link.relink import relink_rendering

if TYPE_CHECKING:
    from pathlib import Path

    from towpath.link.pinning import PinScope

NEW_MIGRATE = replace(MIGRATE_PIN, tag="2.0")
NEW_BACKEND = replace(BACKEND_PIN, digest=OTHER_DIGEST)


@settings(max_examples=25)
@given(SCOPES, SCOPES)
def test_p17_relinking_a_rendering_is_linking_it(first: PinScope, second: PinScope) -> None:
    """The files that change, over those that do not, are what a fresh link gives."""
    linked = link_rendering(OBJECTS, MAP, first)
    fresh = link_rendering(OBJECTS, MAP, second)
    changed = relink_rendering(MAP, linked, second)
    assert {**linked, **changed} == fresh
    assert all(linked[file] != data for file, data in changed.items())


def test_e17_relinking_again_changes_nothing() -> None:
    """With the same pins no file changes; alternating between two pins comes back to the same bytes."""
    assert relink_rendering(MAP, LINKED, SCOPE) == {}
    files = dict(LINKED)
    for pin in [NEW_BACKEND, BACKEND_PIN] * 35:
        files.update(relink_rendering(MAP, files, scope_of(pin, MIGRATE_PIN)))
    assert files == LINKED


def test_p17_e16_one_pin_changes_its_lines_only() -> None:
    """A change of one pin touches the lines of that image and no other byte."""
    changed = relink_rendering(MAP, LINKED, scope_of(BACKEND_PIN, NEW_MIGRATE), images=["migrate"])
    assert set(changed) == {"deployment_backend.yaml"}
    before, after = (files["deployment_backend.yaml"].splitlines() for files in (LINKED, changed))
    assert [
        number for number, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]
    ] == [12]


def test_a_change_of_one_pin_needs_its_files_only() -> None:
    """Files without the image need not be read."""
    needed = {file: LINKED[file] for file in MAP.files_using(["migrate"])}
    assert len(needed) == 1
    assert relink_rendering(MAP, needed, scope_of(BACKEND_PIN, NEW_MIGRATE), images=["migrate"])


def test_p17_a_pin_that_is_not_named_does_not_come_along() -> None:
    """Where the files lag behind another pin too, a change of one pin refuses to carry that along."""
    with pytest.raises(TowpathError) as caught:
        relink_rendering(MAP, LINKED, scope_of(NEW_BACKEND, NEW_MIGRATE), images=["migrate"])
    assert [(str(problem.place), problem.rule) for problem in caught.value.problems] == [
        ("dist/staging/pms/deployment_backend.yaml:15", "relink.behind")
    ]


def test_c30_edited_files_are_refused_and_not_relinked() -> None:
    """Edited and missing files, and missing pins, are all named at once, and nothing is relinked."""
    present = dict(LINKED)
    present["service_backend.yaml"] = present["service_backend.yaml"].replace(b"80", b"81")
    del present["deployment_worker.yaml"]
    with pytest.raises(TowpathError) as caught:
        relink_rendering(MAP, present, scope_of(NEW_BACKEND))
    assert [(str(problem.place), problem.rule) for problem in caught.value.problems] == [
        ("dist/staging/pms/deployment_backend.yaml:12", "link.missing-pin"),
        ("dist/staging/pms/deployment_worker.yaml", "relink.missing"),
        ("dist/staging/pms/service_backend.yaml", "relink.edited"),
    ]


def test_files_unlinked_by_hand_are_mended() -> None:
    """An image that somebody wrote by hand is no obstacle: relinking is how it is mended."""
    present = {file: data.replace(b":1.4.0@", b":9.9.9@") for file, data in LINKED.items()}
    assert {**present, **relink_rendering(MAP, present, SCOPE)} == LINKED


def test_a_pin_that_no_object_uses_changes_nothing() -> None:
    """A new pin of an image that is not used yet relinks nothing."""
    scope = scope_of(BACKEND_PIN, MIGRATE_PIN, ImagePin("spare", "ghcr.io/example/spare", "1"))
    assert relink_rendering(MAP, {}, scope, images=["spare"]) == {}


def test_relinking_starts_fast(project_root: Path) -> None:
    """What a relink imports holds neither a YAML reader nor pydantic, let alone cdk8s."""
    code = (
        "import sys, towpath.link.relink, towpath.link.verify, towpath.dist.journal, towpath.dist.tree; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(project_root / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"yaml", "pydantic", "cdk8s", "jsii", "constructs", "subprocess", "asyncio"} & set(
        done.stdout.split()
    )
