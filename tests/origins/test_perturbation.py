"""The real platform, one setting at a time: what changes in its objects is what `towpath explain` names.

Each setting gets another value that settings and chart accept, the target is compiled again, and every object whose
bytes differ has to name that setting. Nothing may be missed; that not too much is named is bounded too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.origins.changing import SettingsFile, changed_files, other_values, shape_at, working
from tests.support.projects import copy_real
from towpath.origins.recording import CLUSTER, SETTINGS
from towpath.project import Project, Target
from towpath.settings.messages import dotted
from towpath.settings.shape import Shape
from towpath.synth.explanation import compiled_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.origins.changing import SettingPath, Worker
    from towpath.synth.explanation import Compiled, Group

TARGET = Target("production", "pms")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this checkout's project, to be changed and compiled."""
    return copy_real(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def worker(root: Path) -> Iterator[Worker]:
    """Return a worker for the copy."""
    with working(root) as found:
        yield found


@pytest.fixture(scope="module")
def compiled(root: Path, worker: Worker) -> Compiled:
    """Return the target as it is."""
    objects = worker.compile(TARGET.environment, TARGET.platform)
    assert objects is not None, worker.refusal
    return compiled_from(Project(root), TARGET, objects)


def _named(compiled: Compiled, kind: str) -> dict[SettingPath, set[str]]:
    """Return the files of the objects that name each setting."""
    found: dict[SettingPath, set[str]] = {}
    for file in compiled.files:
        for each in compiled.shaped(file).influences:
            if each.of == kind:
                found.setdefault(each.setting.path, set()).add(file)
    return found


def _changes(
    root: Path, compiled: Compiled, group: Group, file: str
) -> Iterator[tuple[SettingPath, set[str]]]:
    """Change one setting after the other, and yield the files of objects that differ then."""
    settings = SettingsFile(root / file, group.loaded)
    # A worker keeps the facts of a cluster once it has read them.
    kept = None if group.kind == CLUSTER else working(root)
    try:
        worker = kept.__enter__() if kept else None
        for path, origin in group.loaded.origins.items():
            for other in other_values(shape_at(Shape(group.model), path), origin.value):
                settings.write(path, other)
                if worker is not None:
                    after = worker.compile(TARGET.environment, TARGET.platform)
                else:
                    with working(root) as fresh:
                        after = fresh.compile(TARGET.environment, TARGET.platform)
                if after is not None:
                    yield path, changed_files(compiled.files, after.files)
                    break
    finally:
        settings.restore()
        if kept:
            kept.__exit__(None, None, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "file", "bounds"),
    [
        pytest.param(SETTINGS, "envs/production/pms.yaml", (150, 2.0), id="settings"),
        pytest.param(CLUSTER, "envs/production/cluster.yaml", (20, 4.0), id="facts-of-the-cluster"),
    ],
)
def test_nothing_is_missed(
    root: Path, compiled: Compiled, kind: str, file: str, bounds: tuple[int, float]
) -> None:
    """At least so many settings can be changed, no object misses one, and so many times what changes is named."""
    least, most = bounds
    group = next(each for each in compiled.groups if each.kind == kind)
    named = _named(compiled, kind)
    changes = dict(_changes(root, compiled, group, file))
    missed = {dotted(path): found - named.get(path, set()) for path, found in changes.items()}
    assert not {name: found for name, found in missed.items() if found}
    assert len(changes) >= least
    listed = sum(len(named.get(path, set())) for path in changes)
    assert listed <= most * sum(map(len, changes.values()))


@pytest.mark.parametrize(
    ("setting", "files"),
    [
        pytest.param("backend.replicas", {"deployment_backend.yaml"}, id="replicas-of-one-workload"),
        pytest.param("frontend.replicas", {"deployment_frontend.yaml"}, id="replicas-of-another"),
        pytest.param(
            "application.log_level",
            {"configmap_pms-config.yaml", "deployment_backend.yaml", "deployment_worker.yaml"},
            id="a-variable-in-shared-configuration",
        ),
        pytest.param("secrets.jwt_secret", {"deployment_backend.yaml"}, id="a-reference-to-a-secret"),
        pytest.param(
            "mongodb.mode",
            {"deployment_backend.yaml", "networkpolicy_backend.yaml", "networkpolicy_worker.yaml"},
            id="a-mode-that-cannot-be-changed-alone",
        ),
        pytest.param("edge.tls", {"ingress_edge.yaml"}, id="an-edge"),
    ],
)
def test_what_a_setting_shapes(compiled: Compiled, setting: str, files: set[str]) -> None:
    """It shapes these objects, and the replicas of a workload no other's."""
    named = {dotted(path): found for path, found in _named(compiled, SETTINGS).items()}
    assert files <= named[setting]
    if setting.endswith("replicas"):
        workloads = {each for each in named[setting] if each.startswith(("deployment", "networkpolicy"))}
        assert workloads == files


def test_an_account_is_shaped_by_no_setting(compiled: Compiled) -> None:
    """An object that is the same whatever the settings are names none."""
    assert not [
        each for each in compiled.shaped("serviceaccount_backend.yaml").influences if each.of == SETTINGS
    ]


def test_facts_of_the_cluster(compiled: Compiled) -> None:
    """Facts that shaped an object are named, with their place in cluster.yaml."""
    influences = compiled.shaped("ingress_edge.yaml").influences
    [found] = [each for each in influences if each.name == "cluster: ingress.class_name"]
    assert found.setting.origin.place.file == "envs/production/cluster.yaml"
    assert found.shows == (("spec", "ingressClassName"),)
